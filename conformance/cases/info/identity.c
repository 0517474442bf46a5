/* SPDX-License-Identifier: MIT */
/*
 * Who is at the other end: process and session numbers, computer name (npfs-semantics
 * 3.2, 3.3, 7.7).
 */
#include "conformance/pipes.h"

static void expect_ids(HANDLE h, DWORD client, DWORD server)
{
	ULONG id = 0;

	EXPECT_TRUE(GetNamedPipeClientProcessId(h, &id));
	EXPECT_EQ(id, client);
	id = 0;
	EXPECT_TRUE(GetNamedPipeServerProcessId(h, &id));
	EXPECT_EQ(id, server);
}

static void both_ends_know_both_processes(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD me = GetCurrentProcessId();

	expect_ids(p.s, me, me);
	expect_ids(p.c, me, me);
}

static void sessions_agree(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG a = 1001, b = 1002, c = 1003, d = 1004;

	EXPECT_TRUE(GetNamedPipeClientSessionId(p.s, &a));
	EXPECT_TRUE(GetNamedPipeServerSessionId(p.s, &b));
	EXPECT_TRUE(GetNamedPipeClientSessionId(p.c, &c));
	EXPECT_TRUE(GetNamedPipeServerSessionId(p.c, &d));
	EXPECT_EQ(a, b);
	EXPECT_EQ(c, d);
	EXPECT_EQ(a, c);
}

static void null_pointer_is_122(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_FAILS(GetNamedPipeClientProcessId(p.s, NULL), ERROR_INSUFFICIENT_BUFFER);
	EXPECT_FAILS(GetNamedPipeServerProcessId(p.s, NULL), ERROR_INSUFFICIENT_BUFFER);
	EXPECT_FAILS(GetNamedPipeServerSessionId(p.s, NULL), ERROR_INSUFFICIENT_BUFFER);
}

static void client_is_known_after_its_close(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	CloseHandle(p.c);
	expect_ids(p.s, GetCurrentProcessId(), GetCurrentProcessId());
}

static void server_is_known_after_its_close(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	CloseHandle(p.s);
	expect_ids(p.c, GetCurrentProcessId(), GetCurrentProcessId());
}

static void disconnect_forgets_the_client(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG id = 0;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(GetNamedPipeClientProcessId(p.s, &id), ERROR_NOT_FOUND);
	EXPECT_FAILS(GetNamedPipeClientSessionId(p.s, &id), ERROR_NOT_FOUND);
	EXPECT_TRUE(GetNamedPipeServerProcessId(p.s, &id));
	EXPECT_EQ(id, GetCurrentProcessId());
	EXPECT_FAILS(GetNamedPipeClientProcessId(p.c, &id), ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(GetNamedPipeServerProcessId(p.c, &id), ERROR_PIPE_NOT_CONNECTED);
}

static void listening_server_has_no_client(void)
{
	ULONG id = 0;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_FAILS(GetNamedPipeClientProcessId(s, &id), ERROR_NOT_FOUND);
	EXPECT_TRUE(GetNamedPipeServerProcessId(s, &id));
	EXPECT_EQ(id, GetCurrentProcessId());
}

static void client_process_is_the_one_that_opened(void)
{
	const char *name = case_pipe_name();
	struct helper *client;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	client = helper_start(NULL, "role_client", name, NULL);
	EXPECT_HELPER_SAYS(client, "connected");
	expect_ids(s, helper_pid(client), GetCurrentProcessId());
	EXPECT_EQ(helper_finish(client), 0);
	expect_ids(s, helper_pid(client), GetCurrentProcessId());
}

static void server_process_is_the_one_that_created(void)
{
	const char *name = case_pipe_name();
	struct helper *server = helper_start(NULL, "role_server", name, NULL);
	HANDLE c;

	EXPECT_HELPER_SAYS(server, "listening");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	expect_ids(c, GetCurrentProcessId(), helper_pid(server));
}

static void local_client_has_no_computer_name(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char name[64];
	WCHAR wide[64];

	EXPECT_FAILS(GetNamedPipeClientComputerNameA(p.s, name, sizeof(name)),
		     ERROR_PIPE_LOCAL);
	EXPECT_FAILS(GetNamedPipeClientComputerNameW(p.s, wide, sizeof(wide)),
		     ERROR_PIPE_LOCAL);
}

const struct conf_case info_identity_cases[] = {
	CASE("7.7", both_ends_know_both_processes, "T", "7.7",
	     "either end may ask for either process number"),
	CASE("7.7", sessions_agree, "T", "7.7", "session numbers of one session agree"),
	CASE("272", null_pointer_is_122, "T", "7.7",
	     "a NULL pointer for a process number fails with 122"),
	CASE("273", client_is_known_after_its_close, "T", "3.2",
	     "the client process is known after it closed"),
	CASE("275", server_is_known_after_its_close, "T", "3.3",
	     "the server process is known after it closed"),
	CASE("274", disconnect_forgets_the_client, "T", "3.2",
	     "after a disconnect: client id 1168 at the server, 233 at the client"),
	CASE("3.2", listening_server_has_no_client, "I", "3.2",
	     "before the first client its process number is 1168"),
	CASE("276", client_process_is_the_one_that_opened, "T", "7.7",
	     "the client process is the one that opened the pipe"),
	CASE("7.7", server_process_is_the_one_that_created, "T", "7.7",
	     "the server process is the one that created the instance"),
	CASE("7.7", local_client_has_no_computer_name, "DI", "7.7",
	     "the computer name of a local client fails with 229"),
	CASE_END};
