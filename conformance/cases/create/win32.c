/* SPDX-License-Identifier: MIT */
/*
 * CreateNamedPipe: its arguments one by one, and what a fresh handle is (npfs-semantics
 * 2.1, 2.3).
 */
#include "conformance/pipes.h"

static HANDLE created(const char *name, DWORD open_mode, DWORD pipe_mode,
		      DWORD max_instances)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, open_mode, pipe_mode, max_instances));
	return s;
}

static void zero_instances_is_87(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 0),
			 ERROR_INVALID_PARAMETER);
}

static void instances_over_255_is_87(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 256),
			 ERROR_INVALID_PARAMETER);
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 0xFFFFFFFF),
			 ERROR_INVALID_PARAMETER);
}

static void limits_of_instances_are_1_and_255(void)
{
	DWORD max = 0;

	created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1);
	created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 254);
	EXPECT_TRUE(
		GetNamedPipeInfo(created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 255),
				 NULL, NULL, NULL, &max));
	EXPECT_EQ(max, PIPE_UNLIMITED_INSTANCES);
}

static void no_direction_is_87(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), 0, 0, 1), ERROR_INVALID_PARAMETER);
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), FILE_FLAG_OVERLAPPED, 0, 1),
			 ERROR_INVALID_PARAMETER);
}

static void message_read_on_byte_type_is_87(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1),
			 ERROR_INVALID_PARAMETER);
}

static void unknown_open_mode_bit_is_87(void)
{
	static const DWORD bits[] = {0x4, 0x8, 0x10, 0x80, 0x100, DELETE, READ_CONTROL};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		conf_note("bit 0x%lX", (unsigned long)bits[i]);
		EXPECT_NO_HANDLE(
			server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX | bits[i], 0, 1),
			ERROR_INVALID_PARAMETER);
	}
}

static void unknown_pipe_mode_bit_is_87(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0x10, 1),
			 ERROR_INVALID_PARAMETER);
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0x80000000, 1),
			 ERROR_INVALID_PARAMETER);
}

/* Every single bit, with its documented answer; nothing else may come back. */
static void every_bit_has_its_documented_answer(void)
{
	const DWORD known_open = PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH |
				 FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE |
				 WRITE_DAC;

	for (unsigned bit = 0; bit < 32; bit++) {
		DWORD mask = (DWORD)1 << bit;
		DWORD error;
		HANDLE h;

		if (mask == ACCESS_SYSTEM_SECURITY)
			continue; /* depends on a privilege, has its own case */
		SetLastError(CONF_UNTOUCHED_ERROR);
		h = server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX | mask, 0, 1);
		error = h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
		conf_note("open mode bit %u", bit);
		EXPECT_ERROR(error, mask & known_open ? 0 : ERROR_INVALID_PARAMETER);
		SetLastError(CONF_UNTOUCHED_ERROR);
		h = server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
			       PIPE_TYPE_MESSAGE | mask, 1);
		error = h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
		conf_note("pipe mode bit %u", bit);
		EXPECT_ERROR(error, mask <= 0x8 ? 0 : ERROR_INVALID_PARAMETER);
	}
}

static void reject_remote_clients_admits_local_ones(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	created(name, PIPE_ACCESS_DUPLEX, PIPE_REJECT_REMOTE_CLIENTS, 1);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
}

static void new_server_is_signaled(void)
{
	EXPECT_SIGNALED(created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_SIGNALED(created(case_pipe_name(),
				PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
}

static void new_server_listens_at_once(void)
{
	const char *name = case_pipe_name();
	HANDLE s = created(name, PIPE_ACCESS_DUPLEX, 0, 1), c;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	WRITE_ALL(c, "x", 1);
	EXPECT_READS(s, 4, "x", 1);
}

static void new_server_is_a_pipe_by_type(void)
{
	EXPECT_EQ(GetFileType(created(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1)),
		  FILE_TYPE_PIPE);
}

static void quotas_are_reported_as_asked(void)
{
	static const DWORD sizes[] = {0, 1, 24, 100, 0xF000, 70000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		DWORD out = 0xCC, in = 0xCC;
		HANDLE s;

		EXPECT_HANDLE(s, server_new_full(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0,
						 1, sizes[i], sizes[i], 0));
		EXPECT_TRUE(GetNamedPipeInfo(s, NULL, &out, &in, NULL));
		EXPECT_EQ(out, sizes[i]);
		EXPECT_EQ(in, sizes[i]);
	}
}

static void each_quota_is_its_own(void)
{
	DWORD out = 0, in = 0;
	HANDLE s;

	EXPECT_HANDLE(s, server_new_full(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1, 200,
					 100, 0));
	EXPECT_TRUE(GetNamedPipeInfo(s, NULL, &out, &in, NULL));
	EXPECT_EQ(out, 200);
	EXPECT_EQ(in, 100);
}

static void info_on_outbound_server_is_5(void)
{
	HANDLE s = created(case_pipe_name(), PIPE_ACCESS_OUTBOUND, 0, 1);
	DWORD flags, state;

	EXPECT_FAILS(GetNamedPipeInfo(s, &flags, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(GetNamedPipeHandleStateA(s, &state, NULL, NULL, NULL, NULL, 0),
		     ERROR_ACCESS_DENIED);
}

static void set_state_needs_write_attributes(void)
{
	DWORD mode = PIPE_READMODE_BYTE;

	EXPECT_FAILS(SetNamedPipeHandleState(
			     created(case_pipe_name(), PIPE_ACCESS_INBOUND, 0, 1), &mode,
			     NULL, NULL),
		     ERROR_ACCESS_DENIED);
	EXPECT_TRUE(SetNamedPipeHandleState(
		created(case_pipe_name(), PIPE_ACCESS_OUTBOUND, 0, 1), &mode, NULL,
		NULL));
}

static void wrong_direction_is_5(void)
{
	HANDLE in = created(case_pipe_name(), PIPE_ACCESS_INBOUND, 0, 1);
	HANDLE out = created(case_pipe_name(), PIPE_ACCESS_OUTBOUND, 0, 1);

	EXPECT_WRITE_FAILS(in, 1, ERROR_ACCESS_DENIED);
	EXPECT_READ_FAILS(out, 1, ERROR_ACCESS_DENIED, NULL, 0);
	EXPECT_FAILS(PeekNamedPipe(out, NULL, 0, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(FlushFileBuffers(in), ERROR_ACCESS_DENIED);
}

static void default_timeout_is_50_ms(void)
{
	const char *name = case_pipe_name();
	ULONGLONG start, took;
	HANDLE c;

	created(name, PIPE_ACCESS_DUPLEX, 0, 1);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	start = GetTickCount64();
	EXPECT_FAILS(WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
	took = GetTickCount64() - start;
	conf_note("it took %lu ms", (unsigned long)took);
	EXPECT_THAT(took >= 30); /* clocks tick in steps of up to 16 ms */
	EXPECT_THAT(took < CONF_SOON_MS);
	CloseHandle(c);
}

static void wide_and_ansi_entries_make_the_same_pipe(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, CreateNamedPipeW(case_wide(name), PIPE_ACCESS_DUPLEX, 0, 2, 64,
					  64, 0, NULL));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	WRITE_ALL(c, "w", 1);
	EXPECT_READS(s, 1, "w", 1);
	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_HANDLE(c, CreateFileW(case_wide(name), CLIENT_BOTH, 0, NULL, OPEN_EXISTING,
				     0, NULL));
}

static void write_dac_and_write_owner_on_a_new_name_work(void)
{
	created(case_pipe_name(), PIPE_ACCESS_DUPLEX | WRITE_DAC, 0, 1);
	created(case_pipe_name(), PIPE_ACCESS_DUPLEX | WRITE_OWNER, 0, 1);
	created(case_pipe_name(), PIPE_ACCESS_DUPLEX | WRITE_DAC | WRITE_OWNER, 0, 1);
}

static void system_security_without_privilege_is_1314(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(),
				    PIPE_ACCESS_DUPLEX | ACCESS_SYSTEM_SECURITY, 0, 1),
			 ERROR_PRIVILEGE_NOT_HELD);
}

const struct conf_case create_win32_cases[] = {
	CASE("46", zero_instances_is_87, "R", "2.1", "nMaxInstances 0 fails with 87"),
	CASE("46", instances_over_255_is_87, "R", "2.1",
	     "nMaxInstances over 255 fails with 87"),
	CASE("46", limits_of_instances_are_1_and_255, "RD", "2.1",
	     "1 and 255 instances work, and 255 is reported as unlimited"),
	CASE("47", no_direction_is_87, "T", "2.1",
	     "an open mode without direction fails with 87"),
	CASE("48", message_read_on_byte_type_is_87, "T", "2.2",
	     "message read mode on a byte type pipe fails with 87"),
	CASE("49", unknown_open_mode_bit_is_87, "N", "2.1",
	     "each unknown bit of the open mode fails with 87"),
	CASE("49", unknown_pipe_mode_bit_is_87, "D", "2.1",
	     "an unknown bit of the pipe mode fails with 87"),
	CASE("2.1", every_bit_has_its_documented_answer, "ND", "2.1",
	     "each single bit of both modes gives a handle or 87"),
	CASE("2.3", reject_remote_clients_admits_local_ones, "D", "2.3",
	     "PIPE_REJECT_REMOTE_CLIENTS has no effect on local clients"),
	CASE("50", new_server_is_signaled, "T", "2.1",
	     "a fresh server handle is signaled"),
	CASE("51", new_server_listens_at_once, "T", "2.3",
	     "a client can connect before ConnectNamedPipe is called"),
	CASE("7.9", new_server_is_a_pipe_by_type, "T", "7.9",
	     "GetFileType is FILE_TYPE_PIPE"),
	CASE("72", quotas_are_reported_as_asked, "T", "2.3",
	     "buffer sizes are reported exactly as asked, 0 included"),
	CASE("72", each_quota_is_its_own, "T", "2.1",
	     "the outbound and the inbound size keep their places"),
	CASE("70", info_on_outbound_server_is_5, "T", "2.1",
	     "queries on an outbound server handle lack the access and fail with 5"),
	CASE("71", set_state_needs_write_attributes, "N", "2.1",
	     "setting the mode fails with 5 on an inbound server, works on an outbound one"),
	CASE("9.2", wrong_direction_is_5, "TRD", "9.2",
	     "reading, peeking, writing and flushing against the direction fail with 5"),
	CASE("73", default_timeout_is_50_ms, "RD", "6.1",
	     "default time-out 0 means 50 ms for a waiter that asks for the default"),
	CASE("2.1", wide_and_ansi_entries_make_the_same_pipe, "D", "2.1",
	     "the A and W entry points name the same pipes"),
	CASE("307", write_dac_and_write_owner_on_a_new_name_work, "NT", "2.1",
	     "WRITE_DAC and WRITE_OWNER may be asked for on a new name"),
	CASE("306", system_security_without_privilege_is_1314, "N", "2.1",
	     "ACCESS_SYSTEM_SECURITY without the privilege fails with 1314"),
	CASE_END};
