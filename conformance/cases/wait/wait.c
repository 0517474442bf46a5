/* SPDX-License-Identifier: MIT */
/*
 * WaitNamedPipe: when it answers at once, what wakes it, and that it promises nothing
 * (npfs-semantics 6.1; articles Q59951, Q61568).
 */
#include <stdlib.h>

#include "conformance/cases/roles.h"
#include "conformance/late.h"
#include "conformance/pipes.h"

/* A pipe of one duplex instance that is taken. */
static struct pair busy_pair(unsigned flags)
{
	const char *name = case_pipe_name();
	struct pair p = {.name = name};

	EXPECT_HANDLE(
		p.s,
		server_new_full(name,
				PIPE_ACCESS_DUPLEX |
					(flags & PAIR_S_OV ? FILE_FLAG_OVERLAPPED : 0),
				flags & PAIR_S_NOWAIT ? PIPE_NOWAIT : 0, 4, 64, 64, 0));
	EXPECT_HANDLE(p.c, client_open(name, CLIENT_BOTH, 0));
	return p;
}

static void missing_pipe_is_2_at_once(void)
{
	ULONGLONG start = GetTickCount64();

	EXPECT_FAILS(WaitNamedPipeA(case_pipe_name(), CONF_SOON_MS),
		     ERROR_FILE_NOT_FOUND);
	EXPECT_FAILS(WaitNamedPipeA(case_pipe_name(), NMPWAIT_WAIT_FOREVER),
		     ERROR_FILE_NOT_FOUND);
	EXPECT_FAILS(WaitNamedPipeA(case_pipe_name(), NMPWAIT_USE_DEFAULT_WAIT),
		     ERROR_FILE_NOT_FOUND);
	EXPECT_THAT(GetTickCount64() - start < CONF_SOON_MS);
}

static void listening_pipe_is_true_at_once(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_TRUE(WaitNamedPipeA(name, NMPWAIT_NOWAIT));
	EXPECT_TRUE(WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT));
	EXPECT_TRUE(WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER));
	EXPECT_TRUE(WaitNamedPipeW(case_wide(name), 1000));
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 1), ERROR_PIPE_BUSY);
	CloseHandle(s);
}

static void wait_does_not_connect(void)
{
	const char *name = case_pipe_name();
	struct request r;
	HANDLE s;

	EXPECT_HANDLE(s,
		      server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	EXPECT_TRUE(WaitNamedPipeA(name, 1000));
	EXPECT_STILL_PENDING(&r);
}

static void busy_pipe_times_out_with_121(void)
{
	struct pair p = busy_pair(0);
	ULONGLONG start = GetTickCount64(), took;

	EXPECT_FAILS(WaitNamedPipeA(p.name, 100), ERROR_SEM_TIMEOUT);
	took = GetTickCount64() - start;
	conf_note("it took %lu ms", (unsigned long)took);
	EXPECT_THAT(took >= 80 && took < CONF_SOON_MS);
	EXPECT_FAILS(WaitNamedPipeA(p.name, NMPWAIT_NOWAIT), ERROR_SEM_TIMEOUT);
}

static void default_wait_is_the_time_of_the_pipe(void)
{
	const char *name = case_pipe_name();
	ULONGLONG start, took;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new_full(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 200));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	start = GetTickCount64();
	EXPECT_FAILS(WaitNamedPipeA(name, NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
	took = GetTickCount64() - start;
	conf_note("it took %lu ms", (unsigned long)took);
	EXPECT_THAT(took >= 170 && took < CONF_SOON_MS);
	CloseHandle(c);
	CloseHandle(s);
}

static void new_instance_wakes_a_waiter(void)
{
	struct pair p = busy_pair(0);
	struct blocked b;
	HANDLE s;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_RETURNS(&b, 0, 0);
	CloseHandle(s);
}

static void listening_again_wakes_a_waiter(void)
{
	struct pair p = busy_pair(PAIR_S_OV);
	struct request r;
	struct blocked b;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_BLOCKED(&b);
	request_init(&r);
	request_connect(&r, p.s);
	EXPECT_PENDS(&r);
	EXPECT_RETURNS(&b, 0, 0);
}

static void closing_client_does_not_wake(void)
{
	struct pair p = busy_pair(0);
	struct blocked b;
	HANDLE s;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	CloseHandle(p.c);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_RETURNS(&b, 0, 0);
	CloseHandle(s);
}

static void vanishing_pipe_ends_the_wait_with_2(void)
{
	struct pair p = busy_pair(0);
	struct blocked b;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	CloseHandle(p.s);
	EXPECT_RETURNS(&b, ERROR_FILE_NOT_FOUND, 0);
}

static void all_waiters_wake_and_one_wins(void)
{
	struct pair p = busy_pair(0);
	struct blocked waiters[6];
	HANDLE s, c;

	for (int i = 0; i < 6; i++)
		blocked_wait_pipe(&waiters[i], p.name, NMPWAIT_WAIT_FOREVER);
	for (int i = 0; i < 6; i++)
		EXPECT_BLOCKED(&waiters[i]);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	for (int i = 0; i < 6; i++)
		EXPECT_RETURNS(&waiters[i], 0, 0);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	CloseHandle(c);
	CloseHandle(s);
}

/* argv: name, time-out. Says that it waits, and how the wait ended. */
int role_waiter(int argc, char **argv)
{
	BOOL found;

	if (argc < 3)
		return 2;
	role_say("waiting");
	found = WaitNamedPipeA(argv[1], (DWORD)strtoul(argv[2], NULL, 0));
	role_say("%lu", (unsigned long)(found ? 0 : GetLastError()));
	return 0;
}

#define FOREVER_TEXT "0xFFFFFFFF"

static void many_waiters_end_with_2_when_the_pipe_vanishes(void)
{
	struct pair p = busy_pair(0);
	struct blocked waiters[20];
	struct helper *elsewhere = helper_start(NULL, "role_waiter", p.name, FOREVER_TEXT,
						NULL);

	EXPECT_HELPER_SAYS(elsewhere, "waiting");
	for (int i = 0; i < 20; i++)
		blocked_wait_pipe(&waiters[i], p.name, NMPWAIT_WAIT_FOREVER);
	for (int i = 0; i < 20; i++)
		EXPECT_BLOCKED(&waiters[i]);
	CloseHandle(p.s);
	for (int i = 0; i < 20; i++)
		EXPECT_RETURNS(&waiters[i], ERROR_FILE_NOT_FOUND, 0);
	EXPECT_HELPER_SAYS(elsewhere, "2");
}

static void death_of_the_server_ends_the_wait_with_2(void)
{
	const char *name = case_pipe_name();
	struct helper *server = helper_start(NULL, "role_echo_server", name, "byte", NULL);
	struct helper *elsewhere;
	struct blocked b;
	HANDLE c;

	EXPECT_HELPER_SAYS(server, "listening");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	elsewhere = helper_start(NULL, "role_waiter", name, FOREVER_TEXT, NULL);
	EXPECT_HELPER_SAYS(elsewhere, "waiting");
	blocked_wait_pipe(&b, name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	helper_kill(server);
	EXPECT_RETURNS(&b, ERROR_FILE_NOT_FOUND, 0);
	EXPECT_HELPER_SAYS(elsewhere, "2");
	CloseHandle(c);
}

static void waiter_of_another_process_wakes(void)
{
	struct pair p = busy_pair(0);
	struct helper *elsewhere = helper_start(NULL, "role_waiter", p.name, FOREVER_TEXT,
						NULL);
	HANDLE s;

	EXPECT_HELPER_SAYS(elsewhere, "waiting");
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HELPER_SAYS(elsewhere, "0");
	CloseHandle(s);
}

static void killed_waiter_harms_nobody(void)
{
	struct pair p = busy_pair(0);
	struct helper *doomed = helper_start(NULL, "role_waiter", p.name, FOREVER_TEXT,
					     NULL);
	struct blocked b;
	HANDLE s, c;

	EXPECT_HELPER_SAYS(doomed, "waiting");
	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	helper_kill(doomed);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_RETURNS(&b, 0, 0);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	CloseHandle(c);
	CloseHandle(s);
}

static void each_waiter_has_its_own_time(void)
{
	struct pair p = busy_pair(0);
	struct blocked patient, hasty;
	HANDLE s;

	blocked_wait_pipe(&patient, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&patient);
	blocked_wait_pipe(&hasty, p.name, 20);
	EXPECT_RETURNS(&hasty, ERROR_SEM_TIMEOUT, 0);
	EXPECT_BLOCKED(&patient);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_RETURNS(&patient, 0, 0);
	CloseHandle(s);
}

static void wait_can_be_cancelled(void)
{
	struct pair p = busy_pair(0);
	struct blocked b;
	HANDLE s;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	EXPECT_THAT(late_cancel_synchronous_io(b.thread));
	EXPECT_RETURNS(&b, ERROR_OPERATION_ABORTED, 0);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_TRUE(WaitNamedPipeA(p.name, NMPWAIT_WAIT_FOREVER));
	CloseHandle(s);
}

static void name_that_comes_back_is_another_pipe(void)
{
	struct pair p = busy_pair(0);
	struct blocked b;
	HANDLE s;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	CloseHandle(p.s);
	CloseHandle(p.c);
	EXPECT_HANDLE(s, server_new(p.name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_RETURNS(&b, ERROR_FILE_NOT_FOUND, 0);
	EXPECT_TRUE(WaitNamedPipeA(p.name, NMPWAIT_WAIT_FOREVER));
	CloseHandle(s);
}

static void nowait_connect_wakes_waiters(void)
{
	struct pair p = busy_pair(PAIR_S_NOWAIT);
	struct blocked b;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_LISTENING);
	EXPECT_RETURNS(&b, 0, 0);
}

static void wait_compares_without_case_and_with_backslashes(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	const char *name = case_join(case_join("\\\\.\\pipe\\Mixed\\", tail), "\\Name");
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_TRUE(WaitNamedPipeA(
		case_join(case_join("\\\\.\\PIPE\\mIXED\\", tail), "\\nAME"), 100));
	CloseHandle(s);
}

static void wait_needs_no_access_to_the_pipe(void)
{
	const char *name = case_pipe_name();
	SECURITY_DESCRIPTOR sd;
	SECURITY_ATTRIBUTES sa = {sizeof(sa), &sd, FALSE};
	ACL empty;
	HANDLE s;

	EXPECT_TRUE(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	EXPECT_TRUE(InitializeAcl(&empty, sizeof(empty), ACL_REVISION));
	EXPECT_TRUE(SetSecurityDescriptorDacl(&sd, TRUE, &empty, FALSE));
	EXPECT_HANDLE(s,
		      CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, &sa));
	EXPECT_TRUE(WaitNamedPipeA(name, 100));
	CloseHandle(s);
}

const struct conf_case wait_wait_cases[] = {
	CASE("235", missing_pipe_is_2_at_once, "T", "6.1",
	     "waiting for a missing pipe fails with 2 at once, whatever the time-out"),
	CASE("236", listening_pipe_is_true_at_once, "T", "6.1",
	     "waiting for a listening pipe succeeds at once"),
	CASE("6.1", wait_does_not_connect, "D", "6.1", "a wait never connects"),
	CASE("237", busy_pipe_times_out_with_121, "T", "6.1",
	     "waiting for a busy pipe fails with 121 after its time"),
	CASE("6.1", default_wait_is_the_time_of_the_pipe, "TD", "6.1",
	     "NMPWAIT_USE_DEFAULT_WAIT waits for the time given at creation"),
	CASE("238", new_instance_wakes_a_waiter, "T", "6.1",
	     "a new instance wakes a waiter"),
	CASE("239", listening_again_wakes_a_waiter, "T", "6.1",
	     "a disconnect does not wake a waiter, listening again does"),
	CASE("6.1", closing_client_does_not_wake, "D", "6.1",
	     "a client that closes does not wake a waiter"),
	CASE("240", vanishing_pipe_ends_the_wait_with_2, "R", "6.1",
	     "the end of the last server ends a wait with 2"),
	CASE("241", all_waiters_wake_and_one_wins, "R", "6.1",
	     "all waiters wake for one instance and nothing is reserved"),
	CASE("240", many_waiters_end_with_2_when_the_pipe_vanishes, "R", "6.1",
	     "many waiters, in two processes: the end of the last server ends all with 2"),
	CASE("240", death_of_the_server_ends_the_wait_with_2, "R", "6.1",
	     "so does the death of the server's process"),
	CASE("240", name_that_comes_back_is_another_pipe, "R", "6.1",
	     "a wait ends with 2 although the name is made again at once"),
	CASE("238", waiter_of_another_process_wakes, "T", "6.1",
	     "a new instance wakes a waiter of another process"),
	CASE("6.1", killed_waiter_harms_nobody, "R", "6.1",
	     "a waiter that is killed leaves the others waiting and takes no instance"),
	CASE("6.1", each_waiter_has_its_own_time, "TD", "6.1",
	     "of two waiters one runs out of time, the other goes on"),
	CASE("6.1", wait_can_be_cancelled, "R", "6.1",
	     "CancelSynchronousIo ends a wait with 995"),
	CASE("242", nowait_connect_wakes_waiters, "R", "3.2",
	     "a no-wait connect on a disconnected instance wakes waiters"),
	CASE("6.1", wait_compares_without_case_and_with_backslashes, "D", "6.1",
	     "a wait compares without case, names may have backslashes"),
	CASE("6.1", wait_needs_no_access_to_the_pipe, "RD", "6.1",
	     "a wait needs no access to the pipe itself"),
	CASE_END};
