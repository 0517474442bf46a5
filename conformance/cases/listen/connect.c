/* SPDX-License-Identifier: MIT */
/*
 * ConnectNamedPipe, synchronous and no-wait, and which instance a client gets
 * (npfs-semantics 3.2, 3.5, 6.2, 7.1).
 */
#include "conformance/late.h"
#include "conformance/native.h"
#include "conformance/pipes.h"

static void client_first_gives_535(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_CONNECTED);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_CONNECTED);
}

static void connect_waits_for_a_client(void)
{
	const char *name = case_pipe_name();
	struct blocked b;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	blocked_connect(&b, s);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&b, 0, 0);
	CloseHandle(c);
}

static void connect_on_a_client_is_1(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_FAILS(ConnectNamedPipe(p.c, NULL), ERROR_INVALID_FUNCTION);
	CloseHandle(p.s);
	EXPECT_FAILS(ConnectNamedPipe(p.c, NULL), ERROR_INVALID_FUNCTION);
}

static void client_come_and_gone_gives_232(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	CloseHandle(p.c);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_NO_DATA);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_NO_DATA);
}

static void disconnect_makes_it_listen_again(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct blocked b;
	HANDLE c;

	CloseHandle(p.c);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_NO_DATA);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	blocked_connect(&b, p.s);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&b, 0, 0);
	WRITE_ALL(c, "again", 5);
	EXPECT_READS(p.s, 8, "again", 5);
}

static void nowait_connect_is_536_then_535(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_NOWAIT, 1));
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_LISTENING);
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_LISTENING);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_CONNECTED);
	CloseHandle(c);
}

static void nowait_connect_after_a_lost_client(void)
{
	struct pair p = pair_new(PAIR_S_NOWAIT, 64, 64);
	HANDLE c;

	CloseHandle(p.c);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_NO_DATA);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_LISTENING);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_CONNECTED);
	CloseHandle(c);
}

static void nowait_overlapped_connect_never_pends(void)
{
	const char *name = case_pipe_name();
	struct request r;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				    PIPE_NOWAIT, 1));
	request_init(&r);
	request_connect(&r, s);
	EXPECT_EQ(r.returned, FALSE);
	EXPECT_ERROR(r.error, ERROR_PIPE_LISTENING);
	EXPECT_NOT_SIGNALED(r.event);
}

/* Four listening instances of one name. */
static void four_servers(const char *name, HANDLE s[4], DWORD open_mode)
{
	for (int i = 0; i < 4; i++)
		EXPECT_HANDLE(s[i], server_new(name, open_mode, 0, 4));
}

/* The index of the server this client is connected to. */
static int server_of(HANDLE c, HANDLE s[4])
{
	DWORD avail;

	WRITE_ALL(c, "?", 1);
	for (int i = 0; i < 4; i++)
		if (PeekNamedPipe(s[i], NULL, 0, NULL, &avail, NULL) && avail == 1) {
			EXPECT_READS(s[i], 1, "?", 1);
			return i;
		}
	return -1;
}

static void instances_are_taken_in_creation_order(void)
{
	const char *name = case_pipe_name();
	struct request r;
	HANDLE s[4], c;

	four_servers(name, s, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED);
	request_init(&r);
	request_connect(&r, s[2]);
	EXPECT_PENDS(&r);
	for (int i = 0; i < 4; i++) {
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
		EXPECT_EQ(server_of(c, s), i);
	}
	EXPECT_DONE(&r, 0, 0);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
}

static void relistened_instances_queue_up_behind(void)
{
	static const int wanted[] = {3, 2, 0};
	const char *name = case_pipe_name();
	struct request r[2];
	HANDLE s[4], c;

	four_servers(name, s, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED);
	for (int i = 0; i < 3; i++) {
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
		EXPECT_EQ(server_of(c, s), i);
	}
	EXPECT_TRUE(DisconnectNamedPipe(s[0]));
	EXPECT_TRUE(DisconnectNamedPipe(s[2]));
	request_init(&r[0]);
	request_connect(&r[0], s[2]);
	EXPECT_PENDS(&r[0]);
	request_init(&r[1]);
	request_connect(&r[1], s[0]);
	EXPECT_PENDS(&r[1]);
	for (int i = 0; i < 3; i++) {
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
		EXPECT_EQ(server_of(c, s), wanted[i]);
	}
}

static void client_without_access_connects(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, client_open(name, 0, 0));
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_CONNECTED);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	CloseHandle(c);
}

static void file_attributes_use_up_an_instance(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HEX(late_get_file_attributes(name), FILE_ATTRIBUTE_NORMAL);
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_NO_DATA);
}

static void existence_probe_makes_the_pipe_busy(void)
{
	const char *name = case_pipe_name();
	struct request r;
	HANDLE s, c;

	EXPECT_HANDLE(s,
		      server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	late_get_file_attributes(name);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_DONE(&r, 0, 0);
	CloseHandle(c);
}

static void reopen_of_a_server_is_its_client(void)
{
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, late_reopen_file(s, CLIENT_BOTH, 0, 0));
	WRITE_ALL(s, "reopened", 8);
	EXPECT_READS(c, 16, "reopened", 8);
}

static void synchronous_connect_can_be_cancelled(void)
{
	struct blocked b;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
	blocked_connect(&b, s);
	EXPECT_BLOCKED(&b);
	EXPECT_THAT(late_cancel_synchronous_io(b.thread));
	EXPECT_RETURNS(&b, ERROR_OPERATION_ABORTED, 0);
}

/* ---- 108: an alertable synchronous server ---- */

struct alert_listen {
	HANDLE s, started, done;
	IO_STATUS_BLOCK iosb;
	uint32_t status;
	LONG n_apcs;
};

static DWORD WINAPI alert_listen_main(void *arg)
{
	struct alert_listen *a = arg;

	SetEvent(a->started);
	a->status = (uint32_t)native_need()->fs_control(
		a->s, NULL, NULL, NULL, &a->iosb, NATIVE_FSCTL_LISTEN, NULL, 0, NULL, 0);
	SetEvent(a->done);
	return 0;
}

static void WINAPI alert_apc(void *context, IO_STATUS_BLOCK *iosb, ULONG reserved)
{
	struct alert_listen *a = context;

	(void)iosb;
	(void)reserved;
	InterlockedIncrement(&a->n_apcs);
}

static void apc_aborts_an_alertable_listen(void)
{
	const struct native *nt = native_need();
	const char *name = case_pipe_name();
	struct alert_listen a = {0};
	struct native_create c;
	HANDLE thread, client;

	native_create_default(&c, native_pipe_name(name));
	c.options = NATIVE_SYNC_ALERT;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	a.s = c.h;
	a.started = case_event_new(FALSE);
	a.done = case_event_new(FALSE);
	EXPECT_HANDLE(thread, CreateThread(NULL, 0, alert_listen_main, &a, 0, NULL));
	EXPECT_SIGNALED(a.started);
	EXPECT_EQ(WaitForSingleObject(a.done, CONF_WATCH_MS), WAIT_TIMEOUT);
	EXPECT_STATUS(nt->queue_apc(thread, alert_apc, &a, NULL, NULL), NT_SUCCESS_CODE);
	EXPECT_SIGNALED(a.done);
	EXPECT_STATUS(a.status, NT_CANCELLED);
	EXPECT_EQ(a.n_apcs, 1);
	EXPECT_HANDLE(client, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(client);
}

static void reopen_of_a_taken_server_is_231(void)
{
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, late_reopen_file(s, CLIENT_BOTH, 0, 0));
	EXPECT_NO_HANDLE(late_reopen_file(s, CLIENT_BOTH, 0, 0), ERROR_PIPE_BUSY);
	WRITE_ALL(c, "x", 1);
	EXPECT_READS(s, 8, "x", 1);
}

static void client_that_comes_between_is_not_lost(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE c;

	/* connected, closed and disconnected, listened again: each client its own data */
	for (int i = 0; i < 20; i++) {
		char text[16];
		struct blocked connect;

		snprintf(text, sizeof(text), "%d", i);
		CloseHandle(p.c);
		EXPECT_TRUE(DisconnectNamedPipe(p.s));
		blocked_connect(&connect, p.s);
		EXPECT_TRUE(WaitNamedPipeA(p.name, NMPWAIT_WAIT_FOREVER));
		EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
		WRITE_ALL(c, text, (DWORD)strlen(text));
		WaitForSingleObject(connect.thread, CONF_SOON_MS);
		EXPECT_READS(p.s, 8, text, (DWORD)strlen(text));
		p.c = c;
	}
}

const struct conf_case listen_connect_cases[] = {
	CASE("106", reopen_of_a_taken_server_is_231, "T", "1.6",
	     "ReOpenFile of a server whose instance is taken fails with 231"),
	CASE("3.1", client_that_comes_between_is_not_lost, "T", "3.1",
	     "an instance serves one client after the other, each with its own data"),
	CASE("79", client_first_gives_535, "T", "3.2",
	     "ConnectNamedPipe on a connected instance fails with 535"),
	CASE("3.2", connect_waits_for_a_client, "T", "3.2",
	     "ConnectNamedPipe on a listening instance waits for a client"),
	CASE("80", connect_on_a_client_is_1, "T", "3.3",
	     "ConnectNamedPipe on a client end fails with 1, server there or not"),
	CASE("83", client_come_and_gone_gives_232, "T", "3.2",
	     "after the client has come and gone ConnectNamedPipe fails with 232"),
	CASE("84", disconnect_makes_it_listen_again, "T", "3.2",
	     "after a disconnect the same instance serves another client"),
	CASE("87", nowait_connect_is_536_then_535, "T", "3.2",
	     "a no-wait connect is 536 until a client is there, then 535"),
	CASE("88", nowait_connect_after_a_lost_client, "T", "3.2",
	     "a no-wait connect is 232 for a lost client, 536 after the disconnect"),
	CASE("89", nowait_overlapped_connect_never_pends, "T", "3.2",
	     "a no-wait connect on an overlapped handle answers at once, event reset"),
	CASE("93", instances_are_taken_in_creation_order, "T", "3.5",
	     "clients get instances in the order these began to listen, pended or not"),
	CASE("94", relistened_instances_queue_up_behind, "T", "3.5",
	     "an instance that listens again is behind those that already listened"),
	CASE("104", client_without_access_connects, "T", "6.2",
	     "an open with access 0 connects and uses up the instance"),
	CASE("105", file_attributes_use_up_an_instance, "R", "6.2",
	     "GetFileAttributes of a pipe connects and goes: 0x80, then 232"),
	CASE("318", existence_probe_makes_the_pipe_busy, "F", "6.2",
	     "after an existence probe opens are 231 until the server listens again"),
	CASE("106", reopen_of_a_server_is_its_client, "T", "1.6",
	     "ReOpenFile of a server handle gives the client end"),
	CASE("107", synchronous_connect_can_be_cancelled, "T", "5.7",
	     "CancelSynchronousIo ends a blocked ConnectNamedPipe with 995"),
	CASE("108", apc_aborts_an_alertable_listen, "T", "5.8",
	     "on an alertable server an APC aborts LISTEN; it stays connectable"),
	CASE_END};
