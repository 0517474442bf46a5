/* SPDX-License-Identifier: MIT */
/*
 * An end held by two processes, and the death of one of them (npfs-semantics 3.4, 5.11).
 *
 * The helper gets a duplicate of a handle as a number, or opens a client end of its own,
 * uses it as told line by line, and keeps it until it ends or is killed.
 */
#include <stdlib.h>

#include "conformance/cases/roles.h"
#include "conformance/late.h"
#include "conformance/pipes.h"

#define QUOTA 100

/* Lines in: "handle HEX" or "open NAME"; "write N", an overlapped write; "close". */
int role_handle_holder(int argc, char **argv)
{
	static char buf[4096];
	struct request r;
	HANDLE h = NULL;
	char line[128];

	(void)argc;
	(void)argv;
	role_say("ready");
	while (role_hear(line, sizeof(line))) {
		if (strncmp(line, "handle ", 7) == 0) {
			h = (HANDLE)(uintptr_t)strtoull(line + 7, NULL, 16);
			role_say("taken");
		} else if (strncmp(line, "open ", 5) == 0) {
			h = client_open(line + 5, CLIENT_BOTH, FILE_FLAG_OVERLAPPED);
			role_say(h == INVALID_HANDLE_VALUE ? "failed" : "open");
		} else if (strncmp(line, "write ", 6) == 0) {
			DWORD n = (DWORD)strtoul(line + 6, NULL, 10);

			pattern_fill(buf, sizeof(buf), 1);
			request_init(&r);
			request_write(&r, h, buf, n);
			role_say(r.returned                    ? "done"
				 : r.error == ERROR_IO_PENDING ? "pending"
							       : "failed");
		} else if (strcmp(line, "close") == 0) {
			CloseHandle(h);
			role_say("closed");
		}
	}
	return 0;
}

static struct helper *holder_of(HANDLE h)
{
	struct helper *holder = helper_start(NULL, "role_handle_holder", NULL);
	char line[64];

	EXPECT_HELPER_SAYS(holder, "ready");
	snprintf(line, sizeof(line), "handle %llx",
		 (unsigned long long)(uintptr_t)late_duplicate_into(helper_pid(holder),
								    h));
	helper_tell(holder, line);
	EXPECT_HELPER_SAYS(holder, "taken");
	return holder;
}

static void death_withdraws_a_pended_write(void)
{
	struct pair p = pair_new(PAIR_OV, QUOTA, QUOTA);
	struct helper *holder = holder_of(p.c);
	unsigned char wanted[10], buf[64];
	struct request r;

	helper_tell(holder, "write 300");
	EXPECT_HELPER_SAYS(holder, "pending");
	EXPECT_AVAILABLE(p.s, 300);
	pattern_fill(wanted, sizeof(wanted), 1);
	EXPECT_READS(p.s, 10, wanted, 10);
	helper_kill(holder);
	EXPECT_SOON_AVAILABLE(p.s, 0);
	request_init(&r);
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	WRITE_ALL(p.c, "new", 3);
	EXPECT_DONE(&r, 0, 3);
	EXPECT_MEM(buf, "new", 3);
}

static void completed_write_survives_the_death(void)
{
	struct pair p = pair_new(PAIR_OV, QUOTA, QUOTA);
	struct helper *holder = holder_of(p.c);
	unsigned char wanted[50];

	helper_tell(holder, "write 50");
	EXPECT_HELPER_SAYS(holder, "done");
	helper_kill(holder);
	pattern_fill(wanted, sizeof(wanted), 1);
	EXPECT_READS(p.s, 64, wanted, 50);
}

static void duplicate_elsewhere_keeps_the_end_open(void)
{
	struct pair p = pair_new(PAIR_OV, QUOTA, QUOTA);
	struct helper *holder = holder_of(p.s);
	struct request r;
	char buf[8];

	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_AVAILABLE(p.c, 0);
	WRITE_ALL(p.c, "x", 1);
	request_init(&r);
	request_read(&r, p.c, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	helper_tell(holder, "write 5");
	EXPECT_HELPER_SAYS(holder, "done");
	EXPECT_DONE(&r, 0, 5);
	helper_tell(holder, "close");
	EXPECT_HELPER_SAYS(holder, "closed");
	EXPECT_READ_FAILS(p.c, 8, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_EQ(helper_finish(holder), 0);
}

/* Closing the last handle here leaves a request alone that has an event, or no port. */
static void requests_go_on_while_another_process_has_the_end(void)
{
	struct pair p = pair_new(PAIR_OV, QUOTA, QUOTA);
	struct helper *holder = holder_of(p.s);
	struct request first, second;
	char buf[2][8];

	request_init(&first);
	request_read(&first, p.s, buf[0], sizeof(buf[0]));
	request_init(&second);
	request_read(&second, p.s, buf[1], sizeof(buf[1]));
	EXPECT_STILL_PENDING(&first);
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_STILL_PENDING(&first);
	WRITE_ALL(p.c, "one", 3);
	EXPECT_DONE(&first, 0, 3);
	EXPECT_MEM(buf[0], "one", 3);
	EXPECT_STILL_PENDING(&second);
	helper_tell(holder, "write 5");
	EXPECT_HELPER_SAYS(holder, "done");
	EXPECT_STILL_PENDING(&second);
	WRITE_ALL(p.c, "more", 4);
	EXPECT_DONE(&second, 0, 4);
	EXPECT_EQ(helper_finish(holder), 0);
}

static void requests_end_with_the_last_handle_elsewhere(void)
{
	struct pair p = pair_new(PAIR_OV, QUOTA, QUOTA);
	struct helper *holder = holder_of(p.s);
	struct request r;
	char buf[8];

	request_init(&r);
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_STILL_PENDING(&r);
	helper_tell(holder, "close");
	EXPECT_HELPER_SAYS(holder, "closed");
	EXPECT_DONE(&r, ERROR_BROKEN_PIPE, 0);
	EXPECT_READ_FAILS(p.c, 8, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_EQ(helper_finish(holder), 0);
}

/* ---- ends opened by the helper itself ---- */

/* argv: name, then lines: "write N", "read N"; a client end of its own, synchronous. */
int role_client(int argc, char **argv)
{
	static char buf[4096];
	char line[128];
	HANDLE c;
	DWORD n;

	if (argc < 2)
		return 2;
	c = client_open(argv[1], CLIENT_BOTH, 0);
	if (c == INVALID_HANDLE_VALUE) {
		role_say("error %lu", (unsigned long)GetLastError());
		return 0;
	}
	role_say("connected");
	while (role_hear(line, sizeof(line))) {
		DWORD len = (DWORD)strtoul(line + strcspn(line, " "), NULL, 10);
		BOOL ok = FALSE;

		n = 0;
		if (line[0] == 'w') {
			pattern_fill(buf, sizeof(buf), 1);
			ok = WriteFile(c, buf, len, &n, NULL);
		} else if (line[0] == 'r') {
			ok = ReadFile(c, buf, len, &n, NULL);
		} else if (line[0] == 'c') {
			CloseHandle(c);
			ok = TRUE;
		}
		if (ok)
			role_say("ok %lu", (unsigned long)n);
		else
			role_say("error %lu", (unsigned long)GetLastError());
	}
	return 0;
}

static void client_death_breaks_a_blocked_read(void)
{
	const char *name = case_pipe_name();
	struct helper *client;
	struct blocked b;
	char buf[8];
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	client = helper_start(NULL, "role_client", name, NULL);
	EXPECT_HELPER_SAYS(client, "connected");
	blocked_read(&b, s, buf, sizeof(buf));
	EXPECT_BLOCKED(&b);
	helper_kill(client);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
}

static void client_death_keeps_what_it_wrote(void)
{
	const char *name = case_pipe_name();
	unsigned char wanted[20];
	struct helper *client;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	client = helper_start(NULL, "role_client", name, NULL);
	EXPECT_HELPER_SAYS(client, "connected");
	helper_tell(client, "write 20");
	EXPECT_HELPER_SAYS(client, "ok 20");
	helper_kill(client);
	pattern_fill(wanted, sizeof(wanted), 1);
	EXPECT_READS(s, 64, wanted, 20);
	EXPECT_READ_FAILS(s, 64, ERROR_BROKEN_PIPE, NULL, 0);
}

/* A helper with a client end of its own, which has written 50 bytes and pends with 300. */
static struct helper *writer_to(const char *name)
{
	struct helper *writer = helper_start(NULL, "role_handle_holder", NULL);

	EXPECT_HELPER_SAYS(writer, "ready");
	helper_tell(writer, case_join("open ", name));
	EXPECT_HELPER_SAYS(writer, "open");
	helper_tell(writer, "write 50");
	EXPECT_HELPER_SAYS(writer, "done");
	helper_tell(writer, "write 300");
	EXPECT_HELPER_SAYS(writer, "pending");
	return writer;
}

static void death_of_the_client_withdraws_its_pended_write_only(void)
{
	const char *name = case_pipe_name();
	struct helper *writer;
	unsigned char wanted[50];
	HANDLE s;

	EXPECT_HANDLE(s,
		      server_new_full(name, PIPE_ACCESS_DUPLEX, 0, 1, QUOTA, QUOTA, 0));
	writer = writer_to(name);
	EXPECT_AVAILABLE(s, 350);
	pattern_fill(wanted, sizeof(wanted), 1);
	EXPECT_READS(s, 10, wanted, 10);
	helper_kill(writer);
	EXPECT_READS(s, 400, wanted + 10, 40);
	EXPECT_READ_FAILS(s, 64, ERROR_BROKEN_PIPE, NULL, 0);
}

static void death_of_the_client_withdraws_the_rest_of_a_message(void)
{
	const char *name = case_pipe_name();
	struct helper *writer;
	unsigned char wanted[50];
	HANDLE s;

	EXPECT_HANDLE(s, server_new_full(name, PIPE_ACCESS_DUPLEX,
					 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1,
					 QUOTA, QUOTA, 0));
	writer = writer_to(name);
	pattern_fill(wanted, sizeof(wanted), 1);
	EXPECT_READS(s, 64, wanted, 50);
	EXPECT_READ_FAILS(s, 10, ERROR_MORE_DATA, wanted, 10);
	helper_kill(writer);
	EXPECT_READ_FAILS(s, 400, ERROR_BROKEN_PIPE, NULL, 0);
}

/* argv: name; a server of one listening instance that lives as long as the helper. */
int role_server(int argc, char **argv)
{
	char line[16];
	HANDLE s;

	if (argc < 2)
		return 2;
	s = server_new(argv[1], PIPE_ACCESS_DUPLEX, 0, 4);
	if (s == INVALID_HANDLE_VALUE)
		role_say("error %lu", (unsigned long)GetLastError());
	else
		role_say("listening");
	while (role_hear(line, sizeof(line)))
		;
	return 0;
}

static void server_death_breaks_the_client(void)
{
	const char *name = case_pipe_name();
	struct helper *server = helper_start(NULL, "role_server", name, NULL);
	struct blocked b;
	char buf[8];
	HANDLE c;

	EXPECT_HELPER_SAYS(server, "listening");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	blocked_read(&b, c, buf, sizeof(buf));
	EXPECT_BLOCKED(&b);
	helper_kill(server);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
	EXPECT_WRITE_FAILS(c, 1, ERROR_NO_DATA);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
}

static void server_death_leaves_other_instances(void)
{
	const char *name = case_pipe_name();
	struct helper *server;
	HANDLE s, c, d;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	server = helper_start(NULL, "role_server", name, NULL);
	EXPECT_HELPER_SAYS(server, "listening");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_HANDLE(d, client_open(name, CLIENT_BOTH, 0));
	helper_kill(server);
	WRITE_ALL(c, "alive", 5);
	EXPECT_READS(s, 8, "alive", 5);
	EXPECT_READ_FAILS(d, 8, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
}

const struct conf_case io_processes_cases[] = {
	CASE("126", death_withdraws_a_pended_write, "T", "3.4",
	     "the unread rest of a pended write vanishes with the process that made it"),
	CASE("3.4", completed_write_survives_the_death, "T", "3.4",
	     "a write that had completed is kept in full"),
	CASE("128", duplicate_elsewhere_keeps_the_end_open, "I", "5.11",
	     "an end stays connected until its last handle in any process is closed"),
	CASE("5.11", requests_go_on_while_another_process_has_the_end, "I", "5.11",
	     "closing the last handle of a process leaves its reads without a port pended"),
	CASE("5.11", requests_end_with_the_last_handle_elsewhere, "I", "5.11",
	     "and the last handle anywhere ends them with 109"),
	CASE("3.4", client_death_breaks_a_blocked_read, "T", "3.4",
	     "the death of a client process ends the server's read with 109"),
	CASE("3.4", client_death_keeps_what_it_wrote, "T", "3.4",
	     "what a client wrote before its death is read, then 109"),
	CASE("3.4", death_of_the_client_withdraws_its_pended_write_only, "T", "3.4",
	     "a dead client's completed write is kept, its pended one vanishes, then 109"),
	CASE("3.4", death_of_the_client_withdraws_the_rest_of_a_message, "T", "3.4",
	     "the rest of a partly read message of a pended write vanishes with its writer"),
	CASE("3.4", server_death_breaks_the_client, "T", "3.4",
	     "the death of the only server ends a read with 109 and frees the name"),
	CASE("3.4", server_death_leaves_other_instances, "I", "3.4",
	     "the death of one server leaves the other instances of the name alone"),
	CASE_END};
