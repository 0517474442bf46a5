/* SPDX-License-Identifier: MIT */
/*
 * GetNamedPipeHandleState, SetNamedPipeHandleState, GetNamedPipeInfo (npfs-semantics 4.5,
 * 4.9, 7.5, 7.6).
 */
#include "conformance/cases/overlapped/api.h"
#include "conformance/pipes.h"

static DWORD state_of(HANDLE h)
{
	DWORD state = 0xCC;

	EXPECT_TRUE(GetNamedPipeHandleStateA(h, &state, NULL, NULL, NULL, NULL, 0));
	return state;
}

static void all_null_works(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, NULL, NULL, NULL, NULL, NULL, 0));
	EXPECT_TRUE(GetNamedPipeHandleStateW(p.c, NULL, NULL, NULL, NULL, NULL, 0));
	EXPECT_TRUE(GetNamedPipeInfo(p.s, NULL, NULL, NULL, NULL));
	EXPECT_TRUE(GetNamedPipeInfo(p.c, NULL, NULL, NULL, NULL));
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, NULL, NULL, NULL));
}

static void collection_queries_are_87(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD value;

	EXPECT_FAILS(GetNamedPipeHandleStateA(p.s, NULL, NULL, &value, NULL, NULL, 0),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(GetNamedPipeHandleStateA(p.s, NULL, NULL, NULL, &value, NULL, 0),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(GetNamedPipeHandleStateA(p.c, NULL, NULL, &value, NULL, NULL, 0),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(GetNamedPipeHandleStateA(p.c, NULL, NULL, NULL, &value, NULL, 0),
		     ERROR_INVALID_PARAMETER);
}

static void collection_settings_are_87(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD value = 10;

	EXPECT_FAILS(SetNamedPipeHandleState(p.c, NULL, &value, NULL),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(SetNamedPipeHandleState(p.c, NULL, NULL, &value),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(SetNamedPipeHandleState(p.s, NULL, &value, &value),
		     ERROR_INVALID_PARAMETER);
}

static void state_has_no_type_bit(void)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_MESSAGE, 1));
	EXPECT_HEX(state_of(s), 0);
	EXPECT_HANDLE(s,
		      server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
				 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT,
				 1));
	EXPECT_HEX(state_of(s), PIPE_READMODE_MESSAGE | PIPE_NOWAIT);
}

static void every_mode_reads_back(void)
{
	struct pair p = pair_new(PAIR_MB, 64, 64);

	for (DWORD mode = 0; mode <= (PIPE_NOWAIT | PIPE_READMODE_MESSAGE); mode++) {
		EXPECT_TRUE(SetNamedPipeHandleState(p.c, &mode, NULL, NULL));
		EXPECT_HEX(state_of(p.c), mode);
		EXPECT_HEX(state_of(p.s), 0);
	}
}

static void unknown_mode_bits_are_87(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	for (unsigned bit = 2; bit < 32; bit++) {
		DWORD mode = (DWORD)1 << bit;

		conf_note("bit %u", bit);
		EXPECT_FAILS(SetNamedPipeHandleState(p.c, &mode, NULL, NULL),
			     ERROR_INVALID_PARAMETER);
		EXPECT_HEX(state_of(p.c), PIPE_READMODE_MESSAGE);
	}
}

static void current_instances_count_servers(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0xCC;
	HANDLE s;

	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 1);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 2);
	EXPECT_TRUE(GetNamedPipeHandleStateA(s, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 2);
	CloseHandle(s);
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 1);
}

static void one_server_is_one_instance_for_the_client(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0;

	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 1);
}

static void flags_tell_end_and_type(void)
{
	struct pair m = pair_new(PAIR_MB, 64, 64), b = pair_new(PAIR_B, 64, 64);
	DWORD flags;

	EXPECT_TRUE(GetNamedPipeInfo(m.s, &flags, NULL, NULL, NULL));
	EXPECT_HEX(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
	EXPECT_TRUE(GetNamedPipeInfo(m.c, &flags, NULL, NULL, NULL));
	EXPECT_HEX(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
	EXPECT_TRUE(GetNamedPipeInfo(b.s, &flags, NULL, NULL, NULL));
	EXPECT_HEX(flags, PIPE_SERVER_END | PIPE_TYPE_BYTE);
	EXPECT_TRUE(GetNamedPipeInfo(b.c, &flags, NULL, NULL, NULL));
	EXPECT_HEX(flags, PIPE_CLIENT_END | PIPE_TYPE_BYTE);
}

static void sizes_are_not_swapped_at_the_client(void)
{
	struct pair p = pair_new(PAIR_B, 200, 100);
	DWORD out = 0, in = 0, max = 0;

	EXPECT_TRUE(GetNamedPipeInfo(p.c, NULL, &out, &in, &max));
	EXPECT_EQ(out, 200);
	EXPECT_EQ(in, 100);
	EXPECT_EQ(max, 4);
}

static void mode_needs_write_attributes(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_BYTE;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_FAILS(SetNamedPipeHandleState(c, &mode, NULL, NULL), ERROR_ACCESS_DENIED);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	CloseHandle(s);
}

static void info_needs_read_attributes(void)
{
	const char *name = case_pipe_name();
	DWORD value;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	/* CreateFile adds FILE_READ_ATTRIBUTES to what it asks for. */
	EXPECT_TRUE(GetNamedPipeInfo(c, &value, NULL, NULL, NULL));
	EXPECT_EQ(state_of(c), 0);
	CloseHandle(s);
}

static void bad_handles_are_6(void)
{
	HANDLE closed = case_event_new(FALSE);
	DWORD value = 0;

	CloseHandle(closed);
	EXPECT_FAILS(GetNamedPipeInfo(closed, &value, NULL, NULL, NULL),
		     ERROR_INVALID_HANDLE);
	EXPECT_FAILS(GetNamedPipeHandleStateA(closed, &value, NULL, NULL, NULL, NULL, 0),
		     ERROR_INVALID_HANDLE);
	EXPECT_FAILS(SetNamedPipeHandleState(closed, &value, NULL, NULL),
		     ERROR_INVALID_HANDLE);
	EXPECT_FAILS(PeekNamedPipe(closed, NULL, 0, NULL, NULL, NULL),
		     ERROR_INVALID_HANDLE);
	EXPECT_FAILS(ConnectNamedPipe(closed, NULL), ERROR_INVALID_HANDLE);
	EXPECT_FAILS(DisconnectNamedPipe(closed), ERROR_INVALID_HANDLE);
	EXPECT_FAILS(FlushFileBuffers(closed), ERROR_INVALID_HANDLE);
	EXPECT_FAILS(TransactNamedPipe(closed, &value, 1, &value, 1, &value, NULL),
		     ERROR_INVALID_HANDLE);
}

static void unread_bytes_are_the_file_size(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	WRITE_ALL(p.c, "0123456789", 10);
	EXPECT_EQ(GetFileSize(p.s, NULL), 10);
	EXPECT_EQ(GetFileSize(p.c, NULL), 0);
}

static void current_instances_are_told_up_to_255(void)
{
	const char *name = case_pipe_name();
	DWORD n = 0xCC;
	HANDLE s = NULL;

	for (int i = 0; i < 300; i++)
		EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0,
					    PIPE_UNLIMITED_INSTANCES));
	EXPECT_TRUE(GetNamedPipeHandleStateA(s, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 255);
}

static void protected_handle_cannot_be_closed(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(API(SetHandleInformation)(p.s, HANDLE_FLAG_PROTECT_FROM_CLOSE,
					      HANDLE_FLAG_PROTECT_FROM_CLOSE));
	EXPECT_FAILS(CloseHandle(p.s), ERROR_INVALID_HANDLE);
	WRITE_ALL(p.s, "still", 5);
	EXPECT_READS(p.c, 8, "still", 5);
	EXPECT_TRUE(API(SetHandleInformation)(p.s, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_READ_FAILS(p.c, 8, ERROR_BROKEN_PIPE, NULL, 0);
}

static void attributes_say_whether_a_handle_is_inherited(void)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, TRUE};
	const char *name = case_pipe_name();
	DWORD flags = 0xCC;
	HANDLE s, c;

	EXPECT_HANDLE(s, CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, &sa));
	EXPECT_TRUE(API(GetHandleInformation)(s, &flags));
	EXPECT_HEX(flags, HANDLE_FLAG_INHERIT);
	EXPECT_HANDLE(c, CreateFileA(name, CLIENT_BOTH, 0, &sa, OPEN_EXISTING, 0, NULL));
	EXPECT_TRUE(API(GetHandleInformation)(c, &flags));
	EXPECT_HEX(flags, HANDLE_FLAG_INHERIT);
	EXPECT_TRUE(API(SetHandleInformation)(c, HANDLE_FLAG_INHERIT, 0));
	EXPECT_TRUE(API(GetHandleInformation)(c, &flags));
	EXPECT_HEX(flags, 0);
}

static void one_way_servers_cannot_be_asked_everything(void)
{
	DWORD mode = 0;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_OUTBOUND, 0, 1));
	EXPECT_FAILS(GetNamedPipeHandleStateA(s, &mode, NULL, NULL, NULL, NULL, 0),
		     ERROR_ACCESS_DENIED);
	EXPECT_TRUE(SetNamedPipeHandleState(s, &mode, NULL, NULL));
	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_INBOUND, 0, 1));
	EXPECT_TRUE(GetNamedPipeHandleStateA(s, &mode, NULL, NULL, NULL, NULL, 0));
	EXPECT_FAILS(SetNamedPipeHandleState(s, &mode, NULL, NULL), ERROR_ACCESS_DENIED);
}

const struct conf_case info_state_cases[] = {
	CASE("7.5", current_instances_are_told_up_to_255, "D", "7.5",
	     "of 300 instances GetNamedPipeHandleState tells 255"),
	CASE("7.5", one_way_servers_cannot_be_asked_everything, "TN", "7.5",
	     "an outbound server's modes can be set and not asked, an inbound one's the reverse"),
	CASE("7.9", protected_handle_cannot_be_closed, "D", "7.9",
	     "HANDLE_FLAG_PROTECT_FROM_CLOSE: CloseHandle fails with 6, the end lives on"),
	CASE("7.9", attributes_say_whether_a_handle_is_inherited, "D", "7.9",
	     "bInheritHandle of CreateNamedPipe and CreateFile marks the handle"),
	CASE("264", all_null_works, "T", "7.5", "every output pointer is optional"),
	CASE("264", collection_queries_are_87, "T", "7.5",
	     "asking for collection values of a local pipe fails with 87"),
	CASE("7.5", collection_settings_are_87, "R", "7.5",
	     "setting collection values of a local pipe fails with 87"),
	CASE("265", state_has_no_type_bit, "T", "7.5",
	     "the state holds read and wait mode only, never the type"),
	CASE("7.5", every_mode_reads_back, "T", "7.5",
	     "each mode of one end reads back and leaves the other end alone"),
	CASE("7.5", unknown_mode_bits_are_87, "WI", "7.5",
	     "mode bits other than 1 and 2 fail with 87 and change nothing"),
	CASE("7.5", current_instances_count_servers, "T", "7.5",
	     "current instances are those with a server"),
	CASE("317", one_server_is_one_instance_for_the_client, "N", "7.5",
	     "the client of the only instance sees one instance"),
	CASE("266", flags_tell_end_and_type, "T", "7.6",
	     "the flags of GetNamedPipeInfo tell end and type"),
	CASE("7.6", sizes_are_not_swapped_at_the_client, "TR", "7.6",
	     "the client sees the sizes as the server does"),
	CASE("271", mode_needs_write_attributes, "N", "7.5",
	     "a read-only client cannot set its mode, a write-only one can"),
	CASE("7.6", info_needs_read_attributes, "T", "6.2",
	     "CreateFile adds the right to query, also for a write-only client"),
	CASE("9.2", bad_handles_are_6, "T", "5.1",
	     "every pipe call refuses a closed handle"),
	CASE("284", unread_bytes_are_the_file_size, "R", "7.9",
	     "GetFileSize is the number of unread bytes"),
	CASE_END};
