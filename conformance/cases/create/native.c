/* SPDX-License-Identifier: MIT */
/*
 * NtCreateNamedPipeFile: the order of its checks and the exact access of what it returns
 * (npfs-semantics 2.1, 2.2, 8.1).
 */
#include "conformance/native.h"
#include "conformance/pipes.h"

static HANDLE created(const char *name, DWORD open_mode, DWORD max_instances)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, open_mode, 0, max_instances));
	return s;
}

static const char *fresh_name(void)
{
	return native_pipe_name(case_pipe_name());
}

static void granted_access_follows_the_direction(void)
{
	EXPECT_HEX(
		native_granted_access(created(case_pipe_name(), PIPE_ACCESS_INBOUND, 1)),
		0x00120089);
	EXPECT_HEX(
		native_granted_access(created(case_pipe_name(), PIPE_ACCESS_OUTBOUND, 1)),
		0x00120116);
	EXPECT_HEX(
		native_granted_access(created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 1)),
		0x0012019F);
}

static void write_dac_is_added(void)
{
	EXPECT_HEX(native_granted_access(
			   created(case_pipe_name(), PIPE_ACCESS_INBOUND | WRITE_DAC, 1)),
		   0x00120089 | WRITE_DAC);
}

static void first_instance_brings_write_owner(void)
{
	EXPECT_HEX(native_granted_access(created(
			   case_pipe_name(),
			   PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, 1)),
		   0x00120089 | WRITE_OWNER);
}

static void expect_refused(struct native_create *c, uint32_t status)
{
	EXPECT_STATUS(native_create(c), status);
	EXPECT_THAT(c->h == NULL);
}

static void information_says_created_or_opened(void)
{
	struct native_create c;
	const char *name = fresh_name();

	native_create_default(&c, name);
	c.disposition = NATIVE_OPEN_IF;
	c.max_instances = 2;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_EQ(c.iosb.Information, 2);
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_EQ(c.iosb.Information, 1);
}

static void overwrite_dispositions_are_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.disposition = NATIVE_OVERWRITE;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
	c.disposition = NATIVE_OVERWRITE_IF;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void share_zero_is_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.share = 0;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void share_delete_is_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.share |= FILE_SHARE_DELETE;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void type_and_modes_over_their_range_are_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.type = 4;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
	native_create_default(&c, fresh_name());
	c.read_mode = 2;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
	native_create_default(&c, fresh_name());
	c.completion_mode = 2;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void create_disposition_on_an_existing_pipe_is_denied(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.max_instances = 2;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_STATUS(native_create(&c), NT_ACCESS_DENIED);
}

static void open_disposition_adds_an_instance(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.max_instances = 2;
	c.disposition = NATIVE_OPEN;
	EXPECT_STATUS(native_create(&c), NT_OBJECT_NAME_NOT_FOUND);
	c.disposition = NATIVE_CREATE;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	c.disposition = NATIVE_OPEN;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_EQ(c.iosb.Information, 1);
}

static void absolute_timeout_is_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.timeout = 10000000;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
	c.timeout = 0;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void zero_instances_is_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.max_instances = 0;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void local_info_needs_read_attributes(void)
{
	struct native_local_info info;
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.access = SYNCHRONIZE;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_STATUS(native_local_info(c.h, &info), NT_ACCESS_DENIED);
}

static void configuration_is_the_share_mode(void)
{
	static const struct {
		ULONG share;
		uint32_t configuration;
	} rows[] = {
		{FILE_SHARE_READ, 1},
		{FILE_SHARE_WRITE, 0},
		{FILE_SHARE_READ | FILE_SHARE_WRITE, 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct native_local_info info;
		struct native_create c;

		native_create_default(&c, fresh_name());
		c.access = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
		c.share = rows[i].share;
		EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
		EXPECT_STATUS(native_local_info(c.h, &info), NT_SUCCESS_CODE);
		EXPECT_EQ(info.configuration, rows[i].configuration);
	}
}

static void server_without_data_access_must_listen_first(void)
{
	const char *name = case_pipe_name();
	struct native_create c;
	IO_STATUS_BLOCK iosb;
	HANDLE event = case_event_new(FALSE), client;

	native_create_default(&c, native_pipe_name(name));
	c.access = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
	c.options = 0;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	EXPECT_STATUS(native_need()->fs_control(c.h, event, NULL, NULL, &iosb,
						NATIVE_FSCTL_LISTEN, NULL, 0, NULL, 0),
		      NT_PENDING);
	EXPECT_HANDLE(client, client_open(name, CLIENT_BOTH, 0));
	EXPECT_SIGNALED(event);
}

static void bad_handle_pointer_is_a_violation(void)
{
	const struct native *nt = native_need();
	LARGE_INTEGER timeout;
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	UNICODE_STRING us;
	const char *name = fresh_name();

	us.Buffer = (WCHAR *)(uintptr_t)case_wide(name);
	us.Length = us.MaximumLength = (USHORT)(strlen(name) * 2);
	memset(&oa, 0, sizeof(oa));
	oa.Length = sizeof(oa);
	oa.ObjectName = &us;
	timeout.QuadPart = -10000000;
	EXPECT_STATUS(nt->create_named_pipe((HANDLE *)(uintptr_t)0xdeadbee0, GENERIC_READ,
					    &oa, &iosb, 3, NATIVE_CREATE, 0, 0, 0, 0, 1,
					    64, 64, &timeout),
		      NT_ACCESS_VIOLATION);
}

static void failure_sets_the_handle_to_null(void)
{
	struct native_create c;

	native_create_default(&c, "\\Device\\NamedPipe");
	expect_refused(&c, NT_OBJECT_NAME_INVALID);
}

static void both_synchronous_options_are_invalid(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.options = NATIVE_SYNC_ALERT | NATIVE_SYNC_NONALERT;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

static void synchronous_option_needs_synchronize(void)
{
	struct native_create c;

	native_create_default(&c, fresh_name());
	c.access = FILE_READ_ATTRIBUTES;
	EXPECT_STATUS(native_create(&c), NT_INVALID_PARAMETER);
}

const struct conf_case create_native_cases[] = {
	CASE("52", granted_access_follows_the_direction, "T", "2.1",
	     "servers have exactly the generic access of their direction"),
	CASE("53", write_dac_is_added, "T", "2.1",
	     "WRITE_DAC is added to the granted access"),
	CASE("2.1", first_instance_brings_write_owner, "RI", "2.1",
	     "the first-instance flag is the WRITE_OWNER bit and is granted as such"),
	CASE("2.2", information_says_created_or_opened, "RT", "2.2",
	     "Information is FILE_CREATED for the first instance, FILE_OPENED for others"),
	CASE("62", overwrite_dispositions_are_invalid, "T", "2.2",
	     "the overwrite dispositions are INVALID_PARAMETER"),
	CASE("63", share_zero_is_invalid, "T", "2.2",
	     "share access 0 is INVALID_PARAMETER"),
	CASE("2.2", share_delete_is_invalid, "RT", "2.2",
	     "FILE_SHARE_DELETE is INVALID_PARAMETER"),
	CASE("2.2", type_and_modes_over_their_range_are_invalid, "RT", "2.2",
	     "type over 3 and modes over 1 are INVALID_PARAMETER"),
	CASE("64", create_disposition_on_an_existing_pipe_is_denied, "T", "2.2",
	     "FILE_CREATE of an existing pipe is ACCESS_DENIED"),
	CASE("65", open_disposition_adds_an_instance, "R", "2.2",
	     "FILE_OPEN needs an existing pipe and adds an instance to it"),
	CASE("66", absolute_timeout_is_invalid, "R", "2.2",
	     "a default time-out that is not relative is INVALID_PARAMETER"),
	CASE("67", zero_instances_is_invalid, "R", "2.2",
	     "zero maximum instances is INVALID_PARAMETER"),
	CASE("68", local_info_needs_read_attributes, "T", "8.1",
	     "a server handle with SYNCHRONIZE only cannot be queried"),
	CASE("8.1", configuration_is_the_share_mode, "T", "8.1",
	     "the share mode says what the client may do"),
	CASE("69", server_without_data_access_must_listen_first, "T", "2.3",
	     "an instance without data access is not connectable before LISTEN"),
	CASE("77", bad_handle_pointer_is_a_violation, "T", "1.2",
	     "an unwritable handle pointer is ACCESS_VIOLATION"),
	CASE("77", failure_sets_the_handle_to_null, "T", "1.2",
	     "a failed native create sets the handle to NULL"),
	CASE("78", both_synchronous_options_are_invalid, "R", "2.2",
	     "both synchronous options together are INVALID_PARAMETER"),
	CASE("78", synchronous_option_needs_synchronize, "R", "2.2",
	     "a synchronous option without SYNCHRONIZE is INVALID_PARAMETER"),
	CASE_END};
