/* SPDX-License-Identifier: MIT */
/*
 * Queries of the native layer on pipe ends (npfs-semantics 7.8, 7.9, 8.5).
 */
#include "conformance/native.h"
#include "conformance/late.h"
#include "conformance/pipes.h"

static struct native_local_info local_info(HANDLE h)
{
	struct native_local_info info;

	EXPECT_STATUS(native_local_info(h, &info), NT_SUCCESS_CODE);
	return info;
}

static void write_quota_of_an_idle_pipe(void)
{
	struct pair p = pair_new(PAIR_OV, 200, 100);

	EXPECT_EQ(local_info(p.s).write_quota_available, 200);
	EXPECT_EQ(local_info(p.c).write_quota_available, 100);
}

static void pended_read_lowers_the_writers_quota(void)
{
	struct pair p = pair_new(PAIR_OV, 200, 100);
	struct request r;
	char buf[50];

	native_need();
	request_init(&r);
	request_read(&r, p.c, buf, sizeof(buf));
	EXPECT_PENDS(&r);
	EXPECT_EQ(local_info(p.s).write_quota_available, 150);
}

static void queued_bytes_lower_the_writers_quota(void)
{
	struct pair p = pair_new(PAIR_OV, 200, 100);

	native_need();
	WRITE_ALL(p.s, "0123456789", 10);
	EXPECT_EQ(local_info(p.s).write_quota_available, 190);
	EXPECT_EQ(local_info(p.c).read_available, 10);
	EXPECT_EQ(local_info(p.s).read_available, 0);
}

static void local_info_tells_everything(void)
{
	struct pair p = pair_new(PAIR_MB | PAIR_OV, 200, 100);
	struct native_local_info s = local_info(p.s), c = local_info(p.c);

	EXPECT_EQ(s.type, 1);
	EXPECT_EQ(s.configuration, 2);
	EXPECT_EQ(s.max_instances, 4);
	EXPECT_EQ(s.current_instances, 1);
	EXPECT_EQ(s.inbound_quota, 100);
	EXPECT_EQ(s.outbound_quota, 200);
	EXPECT_EQ(s.state, 3);
	EXPECT_EQ(s.end, 1);
	EXPECT_EQ(c.inbound_quota, 100);
	EXPECT_EQ(c.outbound_quota, 200);
	EXPECT_EQ(c.state, 3);
	EXPECT_EQ(c.end, 0);
}

static void states_have_their_numbers(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	native_need();
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_EQ(local_info(s).state, 2);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_EQ(local_info(s).state, 3);
	CloseHandle(c);
	EXPECT_EQ(local_info(s).state, 4);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_EQ(local_info(s).state, 1);
}

static uint32_t set_pipe_info(HANDLE h, uint32_t read_mode, uint32_t completion_mode)
{
	struct native_pipe_info info = {read_mode, completion_mode};
	IO_STATUS_BLOCK iosb;

	return (uint32_t)native_need()->set_file(h, &iosb, &info, sizeof(info),
						 NATIVE_CLASS_PIPE);
}

static void modes_over_1_are_invalid(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	EXPECT_STATUS(set_pipe_info(p.s, 2, 0), NT_INVALID_PARAMETER);
	EXPECT_STATUS(set_pipe_info(p.s, 0, 2), NT_INVALID_PARAMETER);
	EXPECT_STATUS(set_pipe_info(p.s, 1, 0), NT_SUCCESS_CODE);
}

static void set_pipe_info_needs_write_attributes(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	native_need();
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_STATUS(set_pipe_info(c, 0, 0), NT_ACCESS_DENIED);
	CloseHandle(s);
}

static void short_buffer_for_the_name(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;
	const struct native *nt = native_need();

	memset(&iosb, 0, sizeof(iosb));
	EXPECT_STATUS(nt->query_file(p.s, &iosb, &info, 20, NATIVE_CLASS_NAME),
		      NT_BUFFER_OVERFLOW);
	EXPECT_EQ(info.len, (strlen(case_name_tail(p.name)) + 1) * 2);
	EXPECT_EQ(iosb.Information, 20);
	EXPECT_STATUS(nt->query_file(p.s, &iosb, &info, 4, NATIVE_CLASS_NAME),
		      NT_INFO_LENGTH_MISMATCH);
	EXPECT_STATUS(nt->query_file(p.s, &iosb, &info, sizeof(info), NATIVE_CLASS_NAME),
		      NT_SUCCESS_CODE);
	EXPECT_MEM(info.name + 1, case_wide(case_name_tail(p.name)), info.len - 2);
}

/* The name's letters in the other case. */
static const char *spelled_otherwise(const char *name)
{
	static char text[256];
	size_t i, len = strlen(name);

	EXPECT_TRUE(len < sizeof(text));
	for (i = 0; i <= len; i++) {
		char c = name[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		text[i] = c;
	}
	return text;
}

static void a_client_sees_the_creators_spelling(void)
{
	const char *name = case_pipe_name();
	const struct native *nt = native_need();
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, client_open(spelled_otherwise(name), CLIENT_BOTH, 0));
	EXPECT_STATUS(nt->query_file(c, &iosb, &info, sizeof(info), NATIVE_CLASS_NAME),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(info.len, (strlen(case_name_tail(name)) + 1) * 2);
	EXPECT_MEM(info.name + 1, case_wide(case_name_tail(name)), info.len - 2);
	CloseHandle(s);
}

static void a_later_server_sees_the_first_ones_spelling(void)
{
	const char *name = case_pipe_name();
	const struct native *nt = native_need();
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;
	HANDLE first, later;

	EXPECT_HANDLE(first, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(later, server_new(spelled_otherwise(name), PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_STATUS(nt->query_file(later, &iosb, &info, sizeof(info), NATIVE_CLASS_NAME),
		      NT_SUCCESS_CODE);
	EXPECT_MEM(info.name + 1, case_wide(case_name_tail(name)), info.len - 2);
	CloseHandle(first);
}

static void synchronize_only_client(void)
{
	const char *name = case_pipe_name();
	const struct native *nt = native_need();
	struct native_local_info local;
	struct native_pipe_info pipe_info;
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_STATUS(native_open(NULL, native_pipe_name(name), SYNCHRONIZE,
				  NATIVE_SYNC_NONALERT, &c),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(nt->query_file(c, &iosb, &info, sizeof(info), NATIVE_CLASS_NAME),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(nt->query_file(c, &iosb, &pipe_info, sizeof(pipe_info),
				     NATIVE_CLASS_PIPE),
		      NT_ACCESS_DENIED);
	EXPECT_STATUS(native_local_info(c, &local), NT_ACCESS_DENIED);
	CloseHandle(s);
}

static void not_a_file_is_a_type_mismatch(void)
{
	struct native_pipe_info info;
	IO_STATUS_BLOCK iosb;

	EXPECT_STATUS(native_need()->query_file(INVALID_HANDLE_VALUE, &iosb, &info,
						sizeof(info), NATIVE_CLASS_PIPE),
		      NT_OBJECT_TYPE_MISMATCH);
}

static void unknown_class_is_refused(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	IO_STATUS_BLOCK iosb;
	char buf[64];
	uint32_t status;

	status = (uint32_t)native_need()->query_file(p.s, &iosb, buf, sizeof(buf),
						     (int)0xdeadbeef);
	if (status != NT_NOT_IMPLEMENTED)
		EXPECT_STATUS(status, NT_INVALID_INFO_CLASS);
}

static void duplicate_maps_generic_access(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	native_need();
	EXPECT_HEX(native_granted_access(late_duplicate_access(p.c, GENERIC_READ)),
		   0x120089);
	EXPECT_HEX(native_granted_access(late_duplicate_access(p.c, GENERIC_WRITE)),
		   0x120116);
	EXPECT_HEX(native_granted_access(late_duplicate_access(p.c, 0)), 0);
}

static void anonymous_pipe_has_exact_access(void)
{
	HANDLE r, w;

	native_need();
	EXPECT_TRUE(CreatePipe(&r, &w, NULL, 0));
	EXPECT_HEX(native_granted_access(r),
		   SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES |
			   FILE_WRITE_ATTRIBUTES | FILE_READ_EA | FILE_READ_DATA);
	EXPECT_HEX(native_granted_access(w),
		   SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES |
			   FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA | FILE_APPEND_DATA |
			   FILE_WRITE_DATA);
}

const struct conf_case info_native_cases[] = {
	CASE("267", write_quota_of_an_idle_pipe, "T", "8.5",
	     "an idle pipe offers each end the quota it writes to"),
	CASE("268", pended_read_lowers_the_writers_quota, "RC", "4.1",
	     "a pended read holds quota of the end that writes"),
	CASE("8.5", queued_bytes_lower_the_writers_quota, "R", "8.5",
	     "queued bytes take quota and show as readable at the other end"),
	CASE("8.5", local_info_tells_everything, "T", "8.5",
	     "type, configuration, instances, quotas, state and end are reported"),
	CASE("8.5", states_have_their_numbers, "T", "3.1",
	     "disconnected 1, listening 2, connected 3, closing 4"),
	CASE("269", modes_over_1_are_invalid, "T", "4.9",
	     "read or completion mode 2 is INVALID_PARAMETER"),
	CASE("270", set_pipe_info_needs_write_attributes, "T", "4.9",
	     "setting the modes without WRITE_ATTRIBUTES is ACCESS_DENIED"),
	CASE("277", short_buffer_for_the_name, "T", "8.5",
	     "a short buffer for the name is BUFFER_OVERFLOW with the full length"),
	CASE("1.2", a_client_sees_the_creators_spelling, "R", "1.2",
	     "a client that spells the name otherwise is told the creator's spelling"),
	CASE("1.2", a_later_server_sees_the_first_ones_spelling, "R", "1.2",
	     "a further instance has the spelling of the first"),
	CASE("278", synchronize_only_client, "T", "8.5",
	     "a SYNCHRONIZE-only client can query its name and nothing else"),
	CASE("279", not_a_file_is_a_type_mismatch, "T", "8.5",
	     "a query on a handle that is no file is OBJECT_TYPE_MISMATCH"),
	CASE("286", unknown_class_is_refused, "T", "8.5",
	     "an unknown class is NOT_IMPLEMENTED or INVALID_INFO_CLASS"),
	CASE("285", duplicate_maps_generic_access, "T", "7.9",
	     "DuplicateHandle maps generic rights to file rights"),
	CASE("281", anonymous_pipe_has_exact_access, "T", "7.8",
	     "the ends of CreatePipe have exactly the documented access"),
	CASE_END};
