/* SPDX-License-Identifier: MIT */
/*
 * The book's programs, each as a process of its own, against a broker of their own
 *
 * The programs are unmodified, so all a test can see is what they print, what their peer
 * gets, and that they end. Standard output is a terminal (a pty): on a pipe the C library
 * would keep a line back until the program ends, and Overlap never does. Exit codes mean
 * nothing, because the programs are "void main".
 *
 * What the book leaves out is done by clients of ours: examples/book/echo_client compares
 * every answer with what it sent; this program itself, started with --receive, is the
 * server that shows what Client sends, and with --send the client that shows what Server
 * takes.
 *
 * Every wait has a deadline. Every process that is started dies with the test: it is
 * killed by its id at the end, and by the kernel when the test itself dies.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <windows.h>

#include "npfs/base/clock.h"
#include "npfs/client/call.h"
#include "tests/lib/broker.h"
#include "tests/lib/proc.h"
#include "tests/lib/leak.h"

#define BOOK	      TEST_BUILDDIR "/examples/book/"
#define JIM	      "\\\\.\\pipe\\jim"
#define N_INSTANCES   5
#define DEADLINE_MS   TEST_DEADLINE_MS
#define PROGRAMS_MAX  16
#define TRANSCRIPT_MAX (1u << 20)

/* One program under test. */
struct program {
	const char *name;
	pid_t pid; /* 0: not running */
	int in_fd; /* owned: what it reads as standard input */
	int out_fd; /* owned: the terminal it prints to */
	char *text; /* owned: all it has printed so far */
	size_t text_len;
	bool has_ended; /* nobody can print any more */
	int status; /* from waitpid, when it has ended */
};

static struct program programs[PROGRAMS_MAX];
static unsigned n_programs;
static struct test_broker broker;
static struct test_leak leak;

/* ---------------------------------------------------------------- programs */

static int open_terminal(int *slavep)
{
	struct termios tio;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	*slavep = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(*slavep, 0);
	ck_assert_int_eq(tcgetattr(*slavep, &tio), 0);
	tio.c_oflag &= ~(tcflag_t)OPOST;
	ck_assert_int_eq(tcsetattr(*slavep, TCSANOW, &tio), 0);
	return master;
}

static struct program *start(const char *name, const char *path, const char *const *argv,
			     bool is_book)
{
	struct program *p = &programs[n_programs];
	int slave, in[2];
	pid_t parent = getpid();

	ck_assert_uint_lt(n_programs, PROGRAMS_MAX);
	n_programs++;
	memset(p, 0, sizeof(*p));
	p->name = name;
	p->text = calloc(1, TRANSCRIPT_MAX);
	ck_assert_ptr_nonnull(p->text);
	p->out_fd = open_terminal(&slave);
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	p->in_fd = in[1];

	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		dup2(in[0], STDIN_FILENO);
		dup2(slave, STDOUT_FILENO);
		/* The sanitizers look at the arguments of printf, and Server's are wrong. */
		if (is_book) {
			setenv("ASAN_OPTIONS", "check_printf=0", 1);
			setenv("TSAN_OPTIONS", "check_printf=0", 1);
		}
		execv(path, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(in[0]);
	close(slave);
	return p;
}

static struct program *start_book(const char *name)
{
	char path[1024];
	const char *argv[] = { name, NULL };

	snprintf(path, sizeof(path), BOOK "%s", name);
	return start(name, path, argv, true);
}

static struct program *start_echo_client(const char *pipe, const char *rounds,
					 const char *connections, bool waits)
{
	const char *argv[6];
	unsigned n = 0;

	argv[n++] = "echo_client";
	if (waits)
		argv[n++] = "-w";
	argv[n++] = pipe;
	argv[n++] = rounds;
	argv[n++] = connections;
	argv[n] = NULL;
	return start("echo_client", BOOK "echo_client", argv, false);
}

static struct program *start_self(const char *role)
{
	const char *argv[] = { "test_book", role, NULL };

	return start(role, "/proc/self/exe", argv, false);
}

static void read_output(struct program *p)
{
	ssize_t n = read(p->out_fd, p->text + p->text_len, TRANSCRIPT_MAX - 1 - p->text_len);

	if (n < 0 && errno == EINTR)
		return;
	/* A terminal whose last writer is gone reads as EIO. */
	if (n <= 0) {
		p->has_ended = true;
		return;
	}
	p->text_len += (size_t)n;
	ck_assert_uint_lt(p->text_len, TRANSCRIPT_MAX - 1);
}

/*
 * Takes what all programs have printed, so that none is held up by a full terminal while
 * another is waited for. Returns false when @p has ended and all it printed is taken.
 */
static bool take_output(struct program *p, int64_t deadline_ns)
{
	int64_t left_ms = (deadline_ns - np_clock_now_ns()) / 1000000;
	struct pollfd pfds[PROGRAMS_MAX];
	unsigned i;

	if (p->has_ended)
		return false;
	for (i = 0; i < n_programs; i++) {
		pfds[i].fd = programs[i].has_ended ? -1 : programs[i].out_fd;
		pfds[i].events = POLLIN;
		pfds[i].revents = 0;
	}
	if (left_ms < 0 || poll(pfds, n_programs, (int)left_ms) == 0)
		ck_abort_msg("%s: nothing more within the deadline; it printed:\n%s", p->name,
			     p->text);
	for (i = 0; i < n_programs; i++) {
		if (pfds[i].revents)
			read_output(&programs[i]);
	}
	return !p->has_ended;
}

static unsigned count(const struct program *p, const char *what)
{
	const char *at = p->text;
	unsigned n = 0;

	while ((at = strstr(at, what)) != NULL) {
		n++;
		at += strlen(what);
	}
	return n;
}

/* Waits until the program has printed @what @n times. */
static void expect(struct program *p, const char *what, unsigned n)
{
	int64_t deadline = np_clock_now_ns() + DEADLINE_MS * INT64_C(1000000);

	while (count(p, what) < n) {
		if (!take_output(p, deadline))
			ck_abort_msg("%s ended without \"%s\"; it printed:\n%s", p->name, what,
				     p->text);
	}
}

/*
 * Waits until the program has at least @n threads and all of them sleep.
 *
 * The book's servers print a line, or make their threads, and call ConnectNamedPipe after
 * that. A client that comes between makes that call fail with ERROR_PIPE_CONNECTED, under
 * Windows as here, and the programs give up. They never sleep before that call.
 */
static void expect_asleep(struct program *p, unsigned n)
{
	int64_t deadline = np_clock_now_ns() + DEADLINE_MS * INT64_C(1000000);
	char path[64], line[512];
	unsigned n_asleep, n_awake;
	struct dirent *entry;
	const char *state;
	DIR *dir;
	FILE *f;

	do {
		n_asleep = 0;
		n_awake = 0;
		snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
		dir = opendir(path);
		ck_assert_ptr_nonnull(dir);
		while ((entry = readdir(dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(line, sizeof(line), "/proc/%d/task/%s/stat", p->pid,
				 entry->d_name);
			f = fopen(line, "re");
			state = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
			if (state && strncmp(state, ") S ", 4) == 0)
				n_asleep++;
			else
				n_awake++;
			if (f)
				fclose(f);
		}
		closedir(dir);
		ck_assert_msg(np_clock_now_ns() < deadline, "%s: %u threads sleep, %u do not",
			      p->name, n_asleep, n_awake);
	} while (n_awake || n_asleep < n);
}

static void say(struct program *p, const char *line)
{
	ck_assert_int_eq(write(p->in_fd, line, strlen(line)), (ssize_t)strlen(line));
}

/* Waits for the end of the program and takes all it printed. */
static void finish(struct program *p)
{
	int64_t deadline = np_clock_now_ns() + DEADLINE_MS * INT64_C(1000000);

	while (take_output(p, deadline))
		;
	ck_assert_int_eq(waitpid(p->pid, &p->status, 0), p->pid);
	p->pid = 0;
	ck_assert_msg(WIFEXITED(p->status), "%s ended by signal %d; it printed:\n%s", p->name,
		      WTERMSIG(p->status), p->text);
}

static void finish_well(struct program *p)
{
	finish(p);
	ck_assert_msg(WEXITSTATUS(p->status) == 0, "%s: exit status %d; it printed:\n%s",
		      p->name, WEXITSTATUS(p->status), p->text);
}

static void kill_program(struct program *p)
{
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, &p->status, 0);
		p->pid = 0;
	}
}

/* ---------------------------------------------------------------- broker */

/*
 * Waits until the pipe jim has exactly @n listening instances. There is no event for
 * that, so the broker is asked again; it cannot tire of being asked.
 */
static void expect_listening(unsigned n)
{
	static const uint16_t jim[] = { 'j', 'i', 'm' };
	int64_t deadline = np_clock_now_ns() + DEADLINE_MS * INT64_C(1000000);
	struct np_call_pipe_info info = { 0 };
	npfs_status status;

	for (;;) {
		status = np_call_query_name(jim, 3, &info);
		if (status == STATUS_SUCCESS && info.n_listening == n)
			return;
		ck_assert_msg(status == STATUS_SUCCESS ||
				      status == STATUS_OBJECT_NAME_NOT_FOUND,
			      "the broker answered 0x%08x", status);
		ck_assert_msg(np_clock_now_ns() < deadline, "%u instances listen, not %u",
			      info.n_listening, n);
	}
}

static void setup(void)
{
	n_programs = 0;
	test_leak_begin(&leak);
	test_broker_start(&broker);
}

static void teardown(void)
{
	unsigned i;

	for (i = 0; i < n_programs; i++) {
		kill_program(&programs[i]);
		close(programs[i].in_fd);
		close(programs[i].out_fd);
		free(programs[i].text);
	}
	n_programs = 0;
	np_call_shutdown();
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

/* ---------------------------------------------------------------- Server, Client */

START_TEST(server_and_client_talk)
{
	struct program *server, *client;

	server = start_book("Server");
	expect(server, "Server is now running\n", 1);
	expect_asleep(server, 1);
	client = start_book("Client");
	finish(client);
	finish(server);
	ck_assert_str_eq(client->text, "Wrote 14 bytes");
	/* "%.s" prints nothing: that is how the book has it. */
	ck_assert_str_eq(server->text, "Server is now running\n\n");
}
END_TEST

START_TEST(client_sends_fourteen_bytes)
{
	struct program *receiver, *client;

	receiver = start_self("--receive");
	expect(receiver, "listening\n", 1);
	client = start_book("Client");
	finish(client);
	finish_well(receiver);
	ck_assert_str_eq(client->text, "Wrote 14 bytes");
	ck_assert_str_eq(receiver->text, "listening\n14 bytes \"This is a test\"\n");
}
END_TEST

START_TEST(server_reads_and_disconnects)
{
	struct program *server, *sender;

	server = start_book("Server");
	expect(server, "Server is now running\n", 1);
	expect_asleep(server, 1);
	sender = start_self("--send");
	finish_well(sender);
	finish(server);
	/* What the sender reads at the end is the server's disconnect. */
	ck_assert_str_eq(sender->text, "wrote 5 bytes, then error 233\n");
	ck_assert_str_eq(server->text, "Server is now running\n\n");
}
END_TEST

START_TEST(client_without_server_says_so)
{
	struct program *client = start_book("Client");

	finish(client);
	ck_assert_str_eq(client->text, "WaitNamedPipe failed with error 2\n");
}
END_TEST

START_TEST(second_server_is_refused)
{
	struct program *first, *second;

	first = start_book("Server");
	expect(first, "Server is now running\n", 1);
	second = start_book("Server");
	finish(second);
	/* One instance is allowed and in use. */
	ck_assert_str_eq(second->text, "CreateNamedPipe failed with error 231\n");
}
END_TEST

/* ---------------------------------------------------------------- Threads */

/* Five clients at once: none begins before all are connected, and a sixth finds it busy. */
static void five_at_once(struct program **clients, const char *rounds)
{
	struct program *sixth;
	unsigned i;

	for (i = 0; i < N_INSTANCES; i++)
		clients[i] = start_echo_client(JIM, rounds, "1", true);
	for (i = 0; i < N_INSTANCES; i++)
		expect(clients[i], "connected\n", 1);
	expect_listening(0);
	sixth = start_self("--try");
	finish_well(sixth);
	ck_assert_str_eq(sixth->text, "error 231\n");
	for (i = 0; i < N_INSTANCES; i++)
		say(clients[i], "go\n");
}

START_TEST(threads_echoes_to_five_clients_at_once)
{
	struct program *server, *clients[N_INSTANCES];
	unsigned i;

	server = start_book("Threads");
	expect(server, "Press a key to stop the server\n", 1);
	expect_listening(N_INSTANCES);
	expect_asleep(server, 1 + N_INSTANCES);
	five_at_once(clients, "100");
	for (i = 0; i < N_INSTANCES; i++) {
		finish_well(clients[i]);
		ck_assert_str_eq(clients[i]->text,
				 "connected\n1 connections, 100 rounds each, 0 times busy\n");
	}
	/* All instances serve again. */
	expect_listening(N_INSTANCES);
	say(server, "x");
	finish(server);
	ck_assert_uint_eq(count(server, " bytes to client\n"), N_INSTANCES * 100);
	ck_assert_uint_eq(count(server, "failed"), 0);
}
END_TEST

START_TEST(clients_that_race_connect_or_wait_again)
{
	enum { N_CLIENTS = 8, N_CONNECTIONS = 50 };
	struct program *server, *clients[N_CLIENTS];
	unsigned i;

	server = start_book("Threads");
	expect(server, "Press a key to stop the server\n", 1);
	expect_listening(N_INSTANCES);
	expect_asleep(server, 1 + N_INSTANCES);
	for (i = 0; i < N_CLIENTS; i++)
		clients[i] = start_echo_client(JIM, "1", "50", false);
	for (i = 0; i < N_CLIENTS; i++) {
		finish_well(clients[i]);
		ck_assert_uint_eq(count(clients[i], "50 connections, 1 rounds each, "), 1);
		ck_assert_uint_eq(count(clients[i], "failed"), 0);
	}
	expect_listening(N_INSTANCES);
	say(server, "x");
	finish(server);
	ck_assert_uint_eq(count(server, " bytes to client\n"), N_CLIENTS * N_CONNECTIONS);
	ck_assert_uint_eq(count(server, "failed"), 0);
}
END_TEST

/* ---------------------------------------------------------------- Overlap */

/*
 * When a client has gone, Overlap's next ReadFile either was pending (the wait ends, the
 * instance starts over) or fails at once. In that case nothing sets the event any more and
 * the instance is lost: the program's own flaw. Which of the two happens is a matter of
 * timing; that each instance shows one of them is not.
 */
START_TEST(overlap_echoes_on_all_five_instances)
{
	struct program *server, *clients[N_INSTANCES];
	unsigned i, n_over, n_lost;

	server = start_book("Overlap");
	expect(server, "Server is now running\n", 1);
	expect_listening(N_INSTANCES);
	five_at_once(clients, "100");
	for (i = 0; i < N_INSTANCES; i++)
		finish_well(clients[i]);
	while (count(server, "start over\n") + count(server, "ReadFile failed with error ") <
	       N_INSTANCES)
		ck_assert(take_output(server, np_clock_now_ns() +
						      DEADLINE_MS * INT64_C(1000000)));
	n_over = count(server, "GetOverlapped result failed 109 start over\n");
	n_lost = count(server, "ReadFile failed with error 109\n");
	printf("Overlap: %u instances started over, %u lost\n", n_over, n_lost);
	ck_assert_uint_eq(n_over + n_lost, N_INSTANCES);
	ck_assert_uint_eq(count(server, " bytes, echo bytes back\n"), N_INSTANCES * 100);
	ck_assert_uint_eq(count(server, "WriteFile failed"), 0);
	ck_assert_uint_eq(count(server, "ConnectNamedPipe"), 0);

	/* Those that started over serve again. */
	expect_listening(n_over);
	for (i = 0; i < n_over; i++)
		clients[i] = start_echo_client(JIM, "10", "1", true);
	for (i = 0; i < n_over; i++)
		expect(clients[i], "connected\n", 1);
	for (i = 0; i < n_over; i++)
		say(clients[i], "go\n");
	for (i = 0; i < n_over; i++)
		finish_well(clients[i]);
	kill_program(server);
}
END_TEST

/* ---------------------------------------------------------------- null DACL */

START_TEST(server_with_null_dacl_serves)
{
	struct program *server, *client;

	server = start_book("nulldacl");
	expect(server, "Server is now running\n", 1);
	client = start_echo_client("\\\\.\\pipe\\nulldacl", "1", "1", false);
	finish_well(client);
	finish_well(server);
	ck_assert_uint_eq(count(server, "Received \"process "), 1);
	ck_assert_uint_eq(count(server, "failed"), 0);
}
END_TEST

/* ---------------------------------------------------------------- roles */

static int role_failed(const char *what)
{
	printf("%s failed with error %u\n", what, GetLastError());
	return 1;
}

/* A server that shows what it gets. */
static int role_receive(void)
{
	char buffer[256];
	HANDLE pipe;
	DWORD n;

	pipe = CreateNamedPipeA(JIM, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
				1, 0, 0, 1000, NULL);
	if (pipe == INVALID_HANDLE_VALUE)
		return role_failed("CreateNamedPipe");
	printf("listening\n");
	if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED &&
	    GetLastError() != ERROR_NO_DATA)
		return role_failed("ConnectNamedPipe");
	if (!ReadFile(pipe, buffer, sizeof(buffer), &n, NULL))
		return role_failed("ReadFile");
	printf("%u bytes \"%.*s\"\n", n, (int)n, buffer);
	CloseHandle(pipe);
	return 0;
}

/* A client that writes and sees how the server ends the connection. */
static int role_send(void)
{
	HANDLE pipe;
	DWORD n, error;
	char byte;

	pipe = CreateFileA(JIM, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	if (pipe == INVALID_HANDLE_VALUE)
		return role_failed("CreateFile");
	if (!WriteFile(pipe, "hello", 5, &n, NULL))
		return role_failed("WriteFile");
	error = ReadFile(pipe, &byte, 1, &n, NULL) ? 0 : GetLastError();
	printf("wrote 5 bytes, then error %u\n", error);
	CloseHandle(pipe);
	return 0;
}

/* A client that does not wait. */
static int role_try(void)
{
	HANDLE pipe;

	pipe = CreateFileA(JIM, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	printf("error %u\n", pipe == INVALID_HANDLE_VALUE ? GetLastError() : 0);
	if (pipe != INVALID_HANDLE_VALUE)
		CloseHandle(pipe);
	return 0;
}

static Suite *book_suite(void)
{
	Suite *s = suite_create("book");
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 2 * DEADLINE_MS / 1000);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, server_and_client_talk);
	tcase_add_test(tc, client_sends_fourteen_bytes);
	tcase_add_test(tc, server_reads_and_disconnects);
	tcase_add_test(tc, client_without_server_says_so);
	tcase_add_test(tc, second_server_is_refused);
	tcase_add_test(tc, threads_echoes_to_five_clients_at_once);
	tcase_add_test(tc, clients_that_race_connect_or_wait_again);
	tcase_add_test(tc, overlap_echoes_on_all_five_instances);
	tcase_add_test(tc, server_with_null_dacl_serves);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	int n_failed;

	if (argc == 2) {
		if (strcmp(argv[1], "--receive") == 0)
			return role_receive();
		if (strcmp(argv[1], "--send") == 0)
			return role_send();
		if (strcmp(argv[1], "--try") == 0)
			return role_try();
	}
	runner = srunner_create(book_suite());
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
