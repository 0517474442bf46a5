/* SPDX-License-Identifier: MIT */
/*
 * A process is killed between any two instructions of a call
 *
 * The victim is traced: it stops before the call, makes so many single steps, and is killed
 * there. So every place in the library, the shim and the C library is a kill point, and the
 * same number is the same place. Each call is first stepped through to its end, which says
 * how many places there are; then as many of them as $NPFS_STEP_KILLS allows for each call
 * are taken, evenly spread, with a different offset for each call.
 *
 * After each kill the survivor looks at its end. What it may see is what npfs-semantics 3.4
 * says of an end whose peer has closed: what was written is there, whole messages only, and
 * then the pipe is broken. Or the call had not happened yet. In the end the survivors have
 * as many descriptors as in the beginning and the broker knows no pipe but theirs.
 */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include "tests/integ/peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"

#define KILLS_DEFAULT 24ul
#define STEPS_MOST    400000ul
#define STEPS_MANY    8000ul /* of these calls fewer places are taken: each takes long */
#define BLOCKED_MS    100

#define PIPE	     "\\\\.\\pipe\\steps"
#define VICTIMS_PIPE "\\\\.\\pipe\\steps-victim"
#define QUOTA	     512u
#define FIRST_LEN    64u
#define SECOND_LEN   300u
#define READ_WRITE   (GENERIC_READ | GENERIC_WRITE)
#define MESSAGE_MODE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
#define SERVER_MODE  (PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED)

static struct test_broker broker;
static struct test_leak leak;
static struct peer server, client;
static unsigned long n_killed;

static unsigned long kills_per_call(void)
{
	const char *text = getenv("NPFS_STEP_KILLS");
	unsigned long n = text ? strtoul(text, NULL, 10) : KILLS_DEFAULT;

	return n ? n : KILLS_DEFAULT;
}

/* ---- the victim ---- */

struct call {
	const char *name;
	void (*prepare)(void);		/* in the test: what the survivor does before */
	HANDLE (*begin)(void);		/* in the victim, before the steps */
	void (*step)(HANDLE h);		/* what is stepped through */
	void (*look)(void);		/* in the test: what the survivor sees */
};

static HANDLE open_as_victim(void)
{
	HANDLE h = CreateFileA(PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	DWORD mode = PIPE_READMODE_MESSAGE;

	if (h == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(h, &mode, NULL, NULL))
		_exit(3);
	return h;
}

static HANDLE create_as_victim(DWORD inherits)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes),
					  .bInheritHandle = inherits != 0};

	return CreateNamedPipeA(VICTIMS_PIPE, PIPE_ACCESS_DUPLEX, MESSAGE_MODE, 2, QUOTA,
				QUOTA, 0, &attributes);
}

/* A server with a client: the peer opens while the victim waits. */
static HANDLE serve_as_victim(DWORD inherits)
{
	HANDLE h = create_as_victim(inherits);
	char message[FIRST_LEN];
	DWORD n;

	memset(message, 'f', sizeof(message));
	if (h == INVALID_HANDLE_VALUE ||
	    (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) ||
	    !WriteFile(h, message, sizeof(message), &n, NULL))
		_exit(3);
	return h;
}

static HANDLE serve(void)
{
	return serve_as_victim(0);
}

static HANDLE serve_inheritable(void)
{
	return serve_as_victim(1);
}

static HANDLE begin_with_nothing(void)
{
	return NULL;
}

static HANDLE create_to_listen(void)
{
	return create_as_victim(0);
}

static HANDLE open_and_write(void)
{
	HANDLE h = open_as_victim();
	char message[FIRST_LEN];
	DWORD n;

	memset(message, 'f', sizeof(message));
	if (!WriteFile(h, message, sizeof(message), &n, NULL))
		_exit(3);
	return h;
}

static void step_create(HANDLE h)
{
	(void)h;
	create_as_victim(0);
}

static void step_open(HANDLE h)
{
	(void)h;
	CreateFileA(PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void step_connect(HANDLE h)
{
	ConnectNamedPipe(h, NULL);
}

static void step_read(HANDLE h)
{
	char buf[SECOND_LEN];
	DWORD n;

	ReadFile(h, buf, sizeof(buf), &n, NULL);
}

static void step_write(HANDLE h)
{
	char buf[SECOND_LEN];
	DWORD n;

	memset(buf, 's', sizeof(buf));
	WriteFile(h, buf, sizeof(buf), &n, NULL);
}

/* More than fits: the call blocks, and what is under way when it is killed vanishes. */
static void step_long_write(HANDLE h)
{
	static char buf[4 * QUOTA];
	DWORD n;

	memset(buf, 'l', sizeof(buf));
	WriteFile(h, buf, sizeof(buf), &n, NULL);
}

static void step_transact(HANDLE h)
{
	char out[SECOND_LEN], in[SECOND_LEN];
	DWORD n;

	memset(out, 's', sizeof(out));
	TransactNamedPipe(h, out, sizeof(out), in, sizeof(in), &n, NULL);
}

static void step_disconnect(HANDLE h)
{
	DisconnectNamedPipe(h);
}

static void step_close(HANDLE h)
{
	CloseHandle(h);
}

static void step_duplicate(HANDLE h)
{
	HANDLE copy = NULL;

	DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
			DUPLICATE_SAME_ACCESS);
	CloseHandle(h);
	CloseHandle(copy);
}

/* The handle goes to a process that ends at once. */
static void step_inherit(HANDLE h)
{
	STARTUPINFOA startup = {.cb = sizeof(startup)};
	PROCESS_INFORMATION process;
	char command[] = "/bin/true";

	(void)h;
	if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup,
			    &process))
		_exit(4);
}

/* ---- the survivor ---- */

static struct peer_reply ask(struct peer *peer, enum peer_op op, uint32_t len)
{
	struct peer_request request = {.op = op, .len = len, .value = 'p'};

	return peer_call(peer, &request);
}

static struct peer_reply open_at(struct peer *peer, const char *name)
{
	struct peer_request request = {.op = PEER_OPEN, .value = READ_WRITE,
				       .extra = FILE_FLAG_OVERLAPPED};

	snprintf(request.name, sizeof(request.name), "%s", name);
	return peer_call(peer, &request);
}

static uint32_t start(struct peer *peer, enum peer_op op)
{
	struct peer_request request = {.op = op, .how = PEER_START, .len = SECOND_LEN};

	return peer_call(peer, &request).error;
}

/* The server peer listens again, whatever its instance went through. */
static void listen_again(void)
{
	ask(&server, PEER_DISCONNECT, 0);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
}

static void prepare_nothing(void)
{
}

/* A message lies ready for the victim when it has come. */
static void prepare_message(void)
{
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	ck_assert(ask(&server, PEER_WRITE, FIRST_LEN).ok);
}

static void prepare_connected(void)
{
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
}

/* The victim is the server; its pipe is there in a moment. */
static void prepare_client(void)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	while (!open_at(&client, VICTIMS_PIPE).ok)
		if (test_now_ms() > end)
			test_fail("the victim's pipe does not come");
}

/* Nothing is left of the victim's name. */
static void expect_no_name(void)
{
	struct peer_request request = {.op = PEER_WAIT, .value = 1, .slot = 7};
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct peer_reply reply;

	snprintf(request.name, sizeof(request.name), "%s", VICTIMS_PIPE);
	do {
		reply = peer_call(&client, &request);
		if (test_now_ms() > end)
			test_fail("the victim's name stays: %u", reply.error);
	} while (reply.error != ERROR_FILE_NOT_FOUND);
}

/* What the server peer can still read: @min to @max whole messages, then the end. */
static void expect_messages(unsigned min, unsigned max)
{
	static const uint32_t lens[] = {FIRST_LEN, SECOND_LEN};
	static const char bytes[] = {'f', 's'};
	struct peer_reply reply;
	unsigned n = 0;

	for (;;) {
		reply = ask(&server, PEER_READ, 4 * QUOTA);
		if (!reply.ok)
			break;
		ck_assert_uint_lt(n, max);
		ck_assert_uint_eq(reply.count, lens[n]);
		ck_assert_int_eq(reply.data[0], bytes[n]);
		n++;
	}
	ck_assert_uint_eq(reply.error, ERROR_BROKEN_PIPE);
	ck_assert_uint_ge(n, min);
	ck_assert_uint_eq(ask(&server, PEER_WRITE, 1).error, ERROR_NO_DATA);
}

static void look_at_create(void)
{
	expect_no_name();
}

/* It had come, or it had not: then the next one can. */
static void look_at_open(void)
{
	struct peer_reply reply = open_at(&client, PIPE);

	if (reply.ok) {
		ck_assert(ask(&server, PEER_FINISH, 0).ok);
		ck_assert(ask(&client, PEER_CLOSE, 0).ok);
	} else {
		ck_assert_uint_eq(reply.error, ERROR_PIPE_BUSY);
		ck_assert(ask(&server, PEER_FINISH, 0).ok);
	}
	expect_messages(0, 0);
	listen_again();
}

static void look_at_connect(void)
{
	expect_no_name();
}

static void look_at_read(void)
{
	expect_messages(0, 0);
	listen_again();
}

static void look_at_write(void)
{
	expect_messages(1, 2);
	listen_again();
}

static void look_at_long_write(void)
{
	expect_messages(1, 1);
	listen_again();
}

static void look_at_transact(void)
{
	expect_messages(1, 2);
	listen_again();
}

/* A disconnect throws away what is queued, a close leaves it. */
static void look_at_server_end(void)
{
	struct peer_reply reply = ask(&client, PEER_READ, QUOTA);

	if (reply.ok) {
		ck_assert_uint_eq(reply.count, FIRST_LEN);
		ck_assert_int_eq(reply.data[0], 'f');
		reply = ask(&client, PEER_READ, QUOTA);
	}
	ck_assert(!reply.ok);
	ck_assert(reply.error == ERROR_BROKEN_PIPE ||
		  reply.error == ERROR_PIPE_NOT_CONNECTED);
	ck_assert(ask(&client, PEER_CLOSE, 0).ok);
	expect_no_name();
}

/* Only a disconnect loses what was written. */
static void look_at_server_close(void)
{
	struct peer_reply reply = ask(&client, PEER_READ, QUOTA);

	ck_assert_msg(reply.ok, "what the victim wrote is lost: %u", reply.error);
	ck_assert_uint_eq(reply.count, FIRST_LEN);
	ck_assert_uint_eq(ask(&client, PEER_READ, QUOTA).error, ERROR_BROKEN_PIPE);
	ck_assert(ask(&client, PEER_CLOSE, 0).ok);
	expect_no_name();
}

static const struct call calls[] = {
	{"create", prepare_nothing, begin_with_nothing, step_create, look_at_create},
	{"open", prepare_nothing, begin_with_nothing, step_open, look_at_open},
	{"connect", prepare_nothing, create_to_listen, step_connect, look_at_connect},
	{"read", prepare_message, open_as_victim, step_read, look_at_read},
	{"write", prepare_connected, open_and_write, step_write, look_at_write},
	{"long write", prepare_connected, open_and_write, step_long_write,
	 look_at_long_write},
	{"transact", prepare_connected, open_and_write, step_transact, look_at_transact},
	{"disconnect", prepare_client, serve, step_disconnect, look_at_server_end},
	{"close", prepare_client, serve, step_close, look_at_server_close},
	{"duplicate", prepare_client, serve, step_duplicate, look_at_server_close},
	{"inherit", prepare_client, serve_inheritable, step_inherit, look_at_server_close},
};

#define N_CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

/* ---- tracing ---- */

static void victim(const struct call *call)
{
	HANDLE h;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	h = call->begin();
	raise(SIGSTOP);
	call->step(h);
	raise(SIGSTOP);
	_exit(0);
}

/* Waits for the next stop. Return: the signal; 0: it blocks in a call. */
static int next_stop(pid_t pid)
{
	const struct timespec blocked = {.tv_nsec = BLOCKED_MS * 1000000};
	int status = 0;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	/* The signal may be of a stop that was seen already. */
	while (waitpid(pid, &status, WNOHANG | __WALL) != pid)
		if (sigtimedwait(&child, NULL, &blocked) < 0 && errno == EAGAIN)
			return 0;
	if (!WIFSTOPPED(status))
		test_fail("the victim ended with 0x%x", (unsigned)status);
	return WSTOPSIG(status);
}

/* Return: the steps that were made; less than @n when the call ended or blocks. */
static unsigned long make_steps(pid_t pid, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
			test_fail("PTRACE_SINGLESTEP: %s", strerror(errno));
		if (next_stop(pid) != SIGTRAP)
			break;
	}
	return i;
}

/* Kills a new victim of @call after @n steps. Return: the steps there were. */
static unsigned long kill_after(const struct call *call, unsigned long n)
{
	unsigned long made;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	test_require(pid >= 0, "fork");
	if (pid == 0)
		victim(call);
	call->prepare();
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != SIGSTOP)
		test_fail("%s: the victim is not ready: 0x%x", call->name, (unsigned)status);
	made = make_steps(pid, n);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) &&
	       !WIFSIGNALED(status))
		;
	n_killed++;
	call->look();
	return made;
}

/* ---- the test ---- */

static bool can_trace(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void setup(void)
{
	struct peer_request create = {.op = PEER_CREATE, .len = QUOTA, .value = SERVER_MODE,
				      .extra = MESSAGE_MODE, .name = PIPE};
	sigset_t child;

	/* next_stop() takes them */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &child, NULL), 0);
	test_leak_begin(&leak);
	test_broker_start(&broker);
	peer_start(&server);
	peer_start(&client);
	ck_assert(peer_call(&server, &create).ok);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
}

static void teardown(void)
{
	peer_stop(&server);
	peer_stop(&client);
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

/* The end of a process is heard of some time after it has been waited for. */
static bool comes_down_to(int pid, int fds)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	while (test_count_fds(pid) > fds) {
		if (test_now_ms() > end)
			return false;
		sched_yield();
	}
	return true;
}

START_TEST(a_kill_at_any_instruction_is_a_close)
{
	const struct call *call = &calls[_i];
	unsigned long n = kills_per_call(), steps, i;
	int server_fds, client_fds, broker_fds;

	/* the first of each kind leaves what the library keeps */
	steps = kill_after(call, STEPS_MOST);
	if (steps > STEPS_MANY)
		n = 1 + n / 8;
	kill_after(call, 0);
	server_fds = test_count_fds(server.child.pid);
	client_fds = test_count_fds(client.child.pid);
	broker_fds = test_count_fds(broker.pid);
	for (i = 0; i < n; i++)
		kill_after(call, (steps * i + steps / 2 * (unsigned long)_i / N_CALLS) / n);
	kill_after(call, 0);
	ck_assert(comes_down_to(server.child.pid, server_fds));
	ck_assert(comes_down_to(client.child.pid, client_fds));
	ck_assert(comes_down_to(broker.pid, broker_fds));
	printf("%s: %lu instructions, %lu kills\n", call->name, steps, n_killed);
	fflush(stdout);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("step_kills");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	if (!can_trace()) {
		puts("skipped: this process may not trace its children");
		return 77;
	}
	tcase_set_timeout(tcase, 120 + (double)kills_per_call());
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_kill_at_any_instruction_is_a_close, 0, N_CALLS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
