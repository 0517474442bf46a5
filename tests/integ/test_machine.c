/* SPDX-License-Identifier: MIT */
/*
 * A broker for the whole machine: it runs as a user of its own without any privilege, on a
 * socket that it was handed as a service manager does, and serves several users, none of
 * whom can take from the others what is theirs.
 *
 * Takes root to become all of them; for anybody else the test is skipped.
 */
#include <npfs/npfs.h>

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/place.h"
#include "npfs/proto/wire.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"

#define GRW	     (GENERIC_READ | GENERIC_WRITE)

#define BROKER_UID 61999
#define ALICE	   61001
#define BOB	   61002

/* As the options below say. */
#define PIPES_MAX	8
#define INSTANCES_MAX	16
#define CONNECTIONS_MAX 12
#define NAME_BYTES_MAX	2048

#define N_FLOODERS	    3
#define N_FLOOD_CONNECTIONS 4
#define N_AT_ONCE	    32
#define N_VISITS   100

extern char **environ;

static char dir[48], path[64], runtime[64];
static pid_t broker;

static void become(uid_t uid)
{
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		_exit(99);
}

static int listen_at(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, path, strlen(path) + 1);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	return fd;
}

/* In the child: npfsd as @BROKER_UID, the socket as descriptor 3. */
static _Noreturn void broker_exec(int listen_fd, int ready_fd, int program_fd)
{
	char *argv[] = {(char[]){"npfsd"},
			(char[]){"--foreground"},
			(char[]){"--all-users"},
			(char[]){"--ready-fd=4"},
			(char[]){"--limit=pipes=8"},
			(char[]){"--limit=instances=16"},
			(char[]){"--limit=connections=12"},
			(char[]){"--limit=name-bytes=2048"},
			NULL};
	char pid[32];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* above those that are about to be taken */
	program_fd = fcntl(program_fd, F_DUPFD_CLOEXEC, 10);
	ready_fd = fcntl(ready_fd, F_DUPFD_CLOEXEC, 10);
	listen_fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 10);
	dup2(listen_fd, 3);
	dup2(ready_fd, 4);
	become(BROKER_UID);
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	fexecve(program_fd, argv, environ);
	_exit(127);
}

static void setup(void)
{
	int listen_fd, program_fd, fds[2];
	char byte = 0;

	test_dir_make(dir, sizeof(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(runtime, sizeof(runtime), "%s/run", dir);
	ck_assert_int_eq(mkdir(runtime, 0700), 0);
	ck_assert_int_eq(chown(runtime, BROKER_UID, BROKER_UID), 0);
	listen_fd = listen_at();
	program_fd = open(test_npfsd_path(), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(program_fd, 0);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	fflush(NULL);
	broker = fork();
	ck_assert_int_ge(broker, 0);
	if (broker == 0)
		broker_exec(listen_fd, fds[1], program_fd);
	close(fds[1]);
	close(listen_fd);
	close(program_fd);
	ck_assert(test_fd_wait(fds[0], TEST_DEADLINE_MS));
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	setenv("NPFS_SOCKET", path, 1);
	setenv("NPFS_NO_AUTOSTART", "1", 1);
}

static void teardown(void)
{
	char own[sizeof(runtime) + 8];
	int status = 0;

	np_call_shutdown();
	ck_assert_int_eq(kill(broker, SIGTERM), 0);
	ck_assert_int_eq(waitpid(broker, &status, 0), broker);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	/* the socket is not the broker's, so it stays */
	ck_assert_int_eq(unlink(path), 0);
	snprintf(own, sizeof(own), "%s/npfs", runtime);
	test_dir_remove(own);
	test_dir_remove(runtime);
	test_dir_remove(dir);
}

static npfs_status create(const char *text, uint32_t disposition, struct npfs_end **endp)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GRW | SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = disposition,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = 64,
		.outbound_quota = 64,
		.default_timeout = -500000,
	};
	struct test_name name = test_name(text);

	return npfs_pipe_create(name.units, name.len, &params, endp, NULL);
}

static npfs_status create_number(const char *stem, unsigned i, struct npfs_end **endp)
{
	char text[32];

	snprintf(text, sizeof(text), "%s-%u", stem, i);
	return create(text, FILE_CREATE, endp);
}

START_TEST(it_runs_as_a_user_of_its_own)
{
	struct stat st;
	char proc[32];

	snprintf(proc, sizeof(proc), "/proc/%d", (int)broker);
	ck_assert_int_eq(stat(proc, &st), 0);
	ck_assert_uint_eq(st.st_uid, BROKER_UID);
}
END_TEST

/* alice serves bob, and is told by the broker who he is. */
static int alice_serves(int sock, void *arg)
{
	struct npfs_identity *identity = NULL;
	struct npfs_end *end = NULL;
	bool is_bob;
	uint32_t n;
	char byte;

	(void)arg;
	become(ALICE);
	if (create("shop", FILE_OPEN_IF, &end) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'l');
	npfs_end_listen(end, NULL);
	if (npfs_end_write(end, "x", 1, NULL, &n) != STATUS_SUCCESS)
		return 2;
	/* without SQOS flags there is nothing to be told before something was read */
	if (npfs_end_client_identity(end, &identity) != STATUS_CANNOT_IMPERSONATE)
		return 3;
	test_say(sock, 'd');
	npfs_end_disconnect(end);
	test_say(sock, 'l');
	npfs_end_listen(end, NULL);
	if (npfs_end_client_identity(end, &identity) != STATUS_SUCCESS)
		return 4;
	is_bob = npfs_identity_look(identity)->uid == BOB;
	npfs_identity_unref(identity);
	test_expect(sock, 'q');
	npfs_end_read(end, &byte, 1, NULL, &n);
	npfs_end_free(end);
	return is_bob ? 0 : 5;
}

static int bob_visits(int sock, void *arg)
{
	const uint32_t *sqos = arg;
	const struct npfs_open_params params = {
		.size = sizeof(params), .access = GENERIC_READ, .sqos = *sqos};
	struct test_name name = test_name("shop");
	struct npfs_end *end = NULL;

	become(BOB);
	/* alice says that she listens before she does */
	if (npfs_pipe_wait(name.units, name.len, INT64_MIN, 0) != STATUS_SUCCESS ||
	    npfs_pipe_open(name.units, name.len, &params, &end) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'o');
	test_expect(sock, 'q');
	npfs_end_free(end);
	return 0;
}

START_TEST(users_reach_each_other)
{
	uint32_t sqos[] = {0, 0x00110000}; /* nothing; present, identification */
	struct test_child alice, bob;
	unsigned i;

	test_child_start(&alice, alice_serves, NULL);
	for (i = 0; i < 2; i++) {
		test_expect(alice.sock, 'l');
		test_child_start(&bob, bob_visits, &sqos[i]);
		test_expect(bob.sock, 'o');
		if (i == 0)
			test_expect(alice.sock, 'd');
		else
			test_say(alice.sock, 'q');
		test_say(bob.sock, 'q');
		ck_assert_int_eq(test_child_wait(&bob), 0);
	}
	ck_assert_int_eq(test_child_wait(&alice), 0);
}
END_TEST

/* Takes as much as there is; says so; keeps it until told. */
static int take_pipes(int sock, void *arg)
{
	struct npfs_end *end = NULL;
	unsigned i;

	(void)arg;
	become(ALICE);
	for (i = 0; i < PIPES_MAX; i++)
		if (create_number("alice", i, &end) != STATUS_SUCCESS)
			return 1;
	if (create_number("alice", i, &end) != STATUS_INSUFFICIENT_RESOURCES)
		return 2;
	test_say(sock, 'f');
	test_expect(sock, 'q');
	return 0;
}

static int take_instances(int sock, void *arg)
{
	struct npfs_end *end = NULL;
	unsigned i;

	(void)arg;
	become(ALICE);
	for (i = 0; i < INSTANCES_MAX; i++)
		if (create("alice", FILE_OPEN_IF, &end) != STATUS_SUCCESS)
			return 1;
	if (create("alice", FILE_OPEN_IF, &end) != STATUS_INSUFFICIENT_RESOURCES)
		return 2;
	test_say(sock, 'f');
	test_expect(sock, 'q');
	return 0;
}

/* Names of 120 units, kept twice: four of them fit. */
static int take_name_bytes(int sock, void *arg)
{
	struct npfs_end *end = NULL;
	char text[121] = "";
	unsigned i;

	(void)arg;
	become(ALICE);
	memset(text, 'n', sizeof(text) - 1);
	for (i = 0; i < NAME_BYTES_MAX / 480; i++) {
		text[0] = (char)('a' + i);
		if (create(text, FILE_CREATE, &end) != STATUS_SUCCESS)
			return 1;
	}
	text[0] = 'z';
	if (create(text, FILE_CREATE, &end) != STATUS_INSUFFICIENT_RESOURCES)
		return 2;
	test_say(sock, 'f');
	test_expect(sock, 'q');
	return 0;
}

static int take_connections(int sock, void *arg)
{
	struct npfs_end *end = NULL;
	char byte;
	int fd, i;

	(void)arg;
	become(ALICE);
	for (i = 0; i < CONNECTIONS_MAX; i++)
		if (np_place_connect(path, &fd) < 0)
			return 1;
	/* one more is closed by the broker without a word */
	if (np_place_connect(path, &fd) < 0 || !test_fd_wait(fd, TEST_DEADLINE_MS) ||
	    read(fd, &byte, 1) != 0)
		return 2;
	if (create("alice", FILE_OPEN_IF, &end) == STATUS_SUCCESS)
		return 3;
	test_say(sock, 'f');
	test_expect(sock, 'q');
	return 0;
}

static int bob_creates(int sock, void *arg)
{
	struct npfs_end *end = NULL;

	(void)sock;
	(void)arg;
	become(BOB);
	if (create("bob", FILE_CREATE, &end) != STATUS_SUCCESS)
		return 1;
	npfs_end_free(end);
	return 0;
}

static const struct {
	const char *what;
	test_child_fn take;
} budgets[] = {
	{"pipes", take_pipes},
	{"instances", take_instances},
	{"name-bytes", take_name_bytes},
	{"connections", take_connections},
};

START_TEST(a_user_at_its_limit_is_refused_and_others_are_not)
{
	struct test_child alice, bob;
	unsigned round;

	for (round = 0; round < 2; round++) {
		/* the second time: all has been given back */
		test_child_start(&alice, budgets[_i].take, NULL);
		test_expect(alice.sock, 'f');
		test_child_start(&bob, bob_creates, NULL);
		ck_assert_int_eq(test_child_wait(&bob), 0);
		test_say(alice.sock, 'q');
		ck_assert_int_eq(test_child_wait(&alice), 0);
	}
	printf("%s: alice is at her limit, bob is served\n", budgets[_i].what);
	fflush(stdout);
}
END_TEST

/*
 * Asks all the time, until killed, on several connections, and for more than one thing at a
 * time: while the answers are read, the next requests lie there.
 */
static int flood_run(int sock, void *arg)
{
	const struct np_req_hello hello = {.version = NP_WIRE_VERSION};
	const struct np_req_stats stats = {.reserved = 0};
	static uint64_t packet[64], answer[64];
	int fds[N_FLOOD_CONNECTIONS];
	bool is_first = true;
	unsigned i, n;
	size_t len;

	(void)arg;
	become(ALICE);
	for (i = 0; i < N_FLOOD_CONNECTIONS; i++)
		if (np_place_connect(path, &fds[i]) < 0)
			return 1;
	for (;;) {
		for (i = 0; i < N_FLOOD_CONNECTIONS; i++) {
			len = np_wire_pack_request(packet, sizeof(packet),
						   is_first ? NP_OP_HELLO : NP_OP_STATS, 1,
						   0,
						   is_first ? (const void *)&hello :
							      (const void *)&stats,
						   NULL, 0, NULL, 0);
			for (n = 0; n < (is_first ? 1 : N_AT_ONCE); n++)
				if (send(fds[i], packet, len, 0) != (ssize_t)len)
					return 2;
		}
		for (i = 0; i < N_FLOOD_CONNECTIONS; i++)
			for (n = 0; n < (is_first ? 1 : N_AT_ONCE); n++)
				if (recv(fds[i], answer, sizeof(answer), 0) <= 0)
					return 3;
		if (is_first)
			test_say(sock, 'f');
		is_first = false;
	}
}

static int bob_visits_often(int sock, void *arg)
{
	struct npfs_end *end = NULL;
	unsigned i;

	(void)sock;
	(void)arg;
	become(BOB);
	for (i = 0; i < N_VISITS; i++) {
		if (create("bob", FILE_CREATE, &end) != STATUS_SUCCESS)
			return 1;
		npfs_end_free(end);
	}
	return 0;
}

/* Turns are per user: bob has his among those of all alice's flooders together. */
START_TEST(a_flood_of_requests_leaves_others_their_turn)
{
	struct test_child floods[N_FLOODERS], bob;
	unsigned i;

	for (i = 0; i < N_FLOODERS; i++) {
		test_child_start(&floods[i], flood_run, NULL);
		test_expect(floods[i].sock, 'f');
	}
	test_child_start(&bob, bob_visits_often, NULL);
	ck_assert_int_eq(test_child_wait(&bob), 0);
	for (i = 0; i < N_FLOODERS; i++)
		test_child_kill(&floods[i], SIGKILL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("machine");
	TCase *tcase = tcase_create("machine");
	SRunner *runner;
	int failed;

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_runs_as_a_user_of_its_own);
	tcase_add_test(tcase, users_reach_each_other);
	tcase_add_loop_test(tcase, a_user_at_its_limit_is_refused_and_others_are_not, 0,
			    NP_ARRAY_LEN(budgets));
	tcase_add_test(tcase, a_flood_of_requests_leaves_others_their_turn);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
