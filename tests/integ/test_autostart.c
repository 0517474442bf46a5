/* SPDX-License-Identifier: MIT */
/*
 * The broker nobody started: found, started by the first call, alone, and gone again
 *
 * Each test has a temporary directory of its own that plays the runtime directory.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/client/call.h"
#include "npfs/proto/place.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"

static char dir[64];
static struct test_leak leak;

/* What the environment said before the first test changed it. */
static char program[256];
static char tmpdir[256];

static void setup(void)
{
	if (tmpdir[0])
		setenv("TMPDIR", tmpdir, 1);
	else
		unsetenv("TMPDIR");
	setenv("NPFSD", program, 1);
	test_dir_make(dir, sizeof(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	unsetenv("NPFS_SOCKET");
	unsetenv("NPFS_NO_AUTOSTART");
	test_leak_begin(&leak);
}

static void teardown(void)
{
	np_call_shutdown();
	test_leak_end(&leak);
	test_dir_remove(dir);
}

/* A machine-wide broker would be found first and make these tests speak to it. */
static bool machine_broker_runs(void)
{
	int fd = -1;
	int r = np_place_connect(NP_PLACE_MACHINE_SOCKET, &fd);

	np_fd_close(fd);
	return r == 0;
}

static pid_t broker_pid(void)
{
	struct np_call_stats stats = {0};

	ck_assert_uint_eq(np_call_stats(&stats), STATUS_SUCCESS);
	return (pid_t)stats.broker_pid;
}

/* Ends the broker and waits until it has gone. */
static void broker_end(pid_t pid)
{
	int pid_fd = test_pid_open(pid);

	ck_assert_int_ge(pid_fd, 0);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert(test_fd_wait(pid_fd, TEST_DEADLINE_MS));
	close(pid_fd);
}

static bool exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool exists(const char *format, ...)
{
	char path[160];
	struct stat st;
	va_list ap;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	return lstat(path, &st) == 0;
}

static void use_socket_variable(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/own", dir);
	setenv("NPFS_SOCKET", path, 1);
}

START_TEST(the_first_call_starts_a_broker_in_the_runtime_directory)
{
	char path[96];
	struct stat st;
	pid_t pid;

	if (machine_broker_runs())
		return;
	pid = broker_pid();
	ck_assert_int_gt(pid, 0);
	snprintf(path, sizeof(path), "%s/npfs", dir);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	snprintf(path, sizeof(path), "%s/npfs/npfsd.sock", dir);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0077, 0);
	/* no lock file stays */
	ck_assert(!exists("%s/npfs/npfsd.sock.start", dir));
	ck_assert(!exists("%s/npfs/npfsd.sock.bind", dir));
	broker_end(pid);
	/* nor the directory */
	ck_assert(!exists("%s/npfs", dir));
}
END_TEST

START_TEST(the_broker_is_nobodys_child_and_holds_nothing_of_ours)
{
	char path[64], link[128];
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int secret, i, n_files = 0;
	ssize_t n;
	pid_t pid;

	use_socket_variable();
	secret = open("/proc/self/status", O_RDONLY); /* not close-on-exec */
	ck_assert_int_ge(secret, 0);
	ck_assert_int_eq(sigaction(SIGTERM, &ignore, &before), 0);
	pid = broker_pid();
	ck_assert_int_eq(sigaction(SIGTERM, &before, NULL), 0);
	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, i);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		ck_assert_msg(!strstr(link, "status") && strncmp(link, "pipe:", 5) != 0,
			      "descriptor %d is %s", i, link);
		n_files++;
	}
	ck_assert_int_gt(n_files, 3);
	/* no child to wait for, and an ignored SIGTERM was not inherited */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	broker_end(pid);
	close(secret);
}
END_TEST

#define N_STARTERS 20

static int starter(int sock, void *arg)
{
	struct np_call_stats stats = {0};

	(void)arg;
	test_say(sock, 'r');
	if (test_hear(sock) != 'g')
		return 1;
	if (np_call_stats(&stats) != STATUS_SUCCESS)
		return 2;
	if (send(sock, &stats.broker_pid, sizeof(stats.broker_pid), MSG_NOSIGNAL) !=
	    sizeof(stats.broker_pid))
		return 3;
	/* stays connected until everybody has asked, so that nobody's broker can leave */
	return test_hear(sock) == 'q' ? 0 : 4;
}

START_TEST(twenty_processes_at_once_get_one_broker)
{
	struct test_child children[N_STARTERS];
	uint32_t first = 0, pid;
	int round, i;

	use_socket_variable();
	for (round = 0; round < 5; round++) {
		first = 0;
		for (i = 0; i < N_STARTERS; i++) {
			test_child_start(&children[i], starter, NULL);
			test_expect(children[i].sock, 'r');
		}
		for (i = 0; i < N_STARTERS; i++)
			test_say(children[i].sock, 'g');
		for (i = 0; i < N_STARTERS; i++) {
			ck_assert(test_fd_wait(children[i].sock, TEST_DEADLINE_MS));
			ck_assert_int_eq(recv(children[i].sock, &pid, sizeof(pid), 0),
					 sizeof(pid));
			if (first == 0)
				first = pid;
			ck_assert_uint_eq(pid, first);
		}
		for (i = 0; i < N_STARTERS; i++) {
			test_say(children[i].sock, 'q');
			ck_assert_int_eq(test_child_wait(&children[i]), 0);
		}
		broker_end((pid_t)first);
		ck_assert(!exists("%s/own", dir));
		ck_assert(!exists("%s/own.start", dir));
		ck_assert(!exists("%s/own.bind", dir));
	}
}
END_TEST

struct start_thread {
	pthread_t thread;
	struct np_call_stats stats;
	npfs_status status;
};

static void *start_thread_run(void *arg)
{
	struct start_thread *self = arg;

	self->status = np_call_stats(&self->stats);
	return NULL;
}

static int wait_for_word(int sock, void *arg)
{
	(void)arg;
	test_expect(sock, 'e');
	return 0;
}

/* Stopped, or as slow as if it were: nobody else can tell. */
START_TEST(a_starter_that_stands_still_holds_up_nobody)
{
	int lock_fd = -1;

	use_socket_variable();
	ck_assert_int_eq(np_place_lock(getenv("NPFS_SOCKET"), NP_PLACE_START_LOCK, &lock_fd),
			 0);
	broker_end(broker_pid());
	ck_assert(!exists("%s/own.instead", dir));
	np_place_unlock(getenv("NPFS_SOCKET"), NP_PLACE_START_LOCK, lock_fd);
}
END_TEST

START_TEST(a_child_forked_meanwhile_does_not_keep_the_lock)
{
	struct test_child child;
	char path[96];
	int lock_fd = -1, waiter_fd;

	use_socket_variable();
	ck_assert_int_eq(np_place_lock(getenv("NPFS_SOCKET"), NP_PLACE_START_LOCK, &lock_fd),
			 0);
	snprintf(path, sizeof(path), "%s/own.start", dir);
	waiter_fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(waiter_fd, 0);
	test_child_start(&child, wait_for_word, NULL);
	ck_assert_int_lt(flock(waiter_fd, LOCK_EX | LOCK_NB), 0);
	np_place_unlock(getenv("NPFS_SOCKET"), NP_PLACE_START_LOCK, lock_fd);
	ck_assert_int_eq(flock(waiter_fd, LOCK_EX | LOCK_NB), 0);
	close(waiter_fd);
	test_say(child.sock, 'e');
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

START_TEST(threads_of_one_process_share_one_connection)
{
	struct start_thread threads[8];
	int i;

	use_socket_variable();
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL,
						start_thread_run, &threads[i]),
				 0);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
		ck_assert_uint_eq(threads[i].status, STATUS_SUCCESS);
		ck_assert_uint_eq(threads[i].stats.n_clients, 1);
		ck_assert_uint_eq(threads[i].stats.broker_pid,
				  threads[0].stats.broker_pid);
	}
	broker_end((pid_t)threads[0].stats.broker_pid);
}
END_TEST

START_TEST(starting_can_be_forbidden)
{
	struct np_call_stats stats;

	use_socket_variable();
	setenv("NPFS_NO_AUTOSTART", "1", 1);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_NOT_SUPPORTED);
	setenv("NPFS_NO_AUTOSTART", "0", 1);
	broker_end(broker_pid());
}
END_TEST

START_TEST(a_broker_that_cannot_be_started_is_an_answer)
{
	struct np_call_stats stats;

	use_socket_variable();
	setenv("NPFSD", "/nonexistent/npfsd", 1);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_UNSUCCESSFUL);
	setenv("NPFSD", "/bin/false", 1);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_UNSUCCESSFUL);
	ck_assert(!exists("%s/own.start", dir));
}
END_TEST

START_TEST(a_path_no_socket_can_have_is_an_answer)
{
	struct np_call_stats stats;
	char path[200];

	memset(path, 'p', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("NPFS_SOCKET", path, 1);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_UNSUCCESSFUL);
}
END_TEST

START_TEST(a_directory_others_can_enter_is_refused)
{
	struct np_call_stats stats;
	char path[96];

	if (machine_broker_runs())
		return;
	snprintf(path, sizeof(path), "%s/npfs", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_UNSUCCESSFUL);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_symbolic_link_in_place_of_the_directory_is_refused)
{
	struct np_call_stats stats;
	char path[96], real[96];

	if (machine_broker_runs())
		return;
	snprintf(path, sizeof(path), "%s/npfs", dir);
	snprintf(real, sizeof(real), "%s/real", dir);
	ck_assert_int_eq(mkdir(real, 0700), 0);
	ck_assert_int_eq(symlink(real, path), 0);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_UNSUCCESSFUL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(real), 0);
}
END_TEST

START_TEST(without_a_runtime_directory_the_temporary_one_serves)
{
	pid_t pid;

	if (machine_broker_runs())
		return;
	unsetenv("XDG_RUNTIME_DIR");
	setenv("TMPDIR", dir, 1);
	pid = broker_pid();
	ck_assert(exists("%s/npfs-%u/npfsd.sock", dir, (unsigned)geteuid()));
	broker_end(pid);
	ck_assert(!exists("%s/npfs-%u", dir, (unsigned)geteuid()));
}
END_TEST

/* ---- the program by itself ---- */

START_TEST(an_idle_broker_leaves_and_takes_its_socket_with_it)
{
	static const char *const options[] = {"--idle-exit=1", NULL};
	struct test_broker broker;
	struct np_call_stats stats;
	int64_t begin;

	test_broker_start_with(&broker, options);
	/* it does not leave while somebody is connected, however silent */
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_SUCCESS);
	ck_assert(!test_fd_wait(broker.pid_fd, 1500));
	begin = test_now_ms();
	np_call_shutdown();
	ck_assert_int_eq(test_broker_wait(&broker), 0);
	ck_assert_int_ge(test_now_ms() - begin, 990);
	ck_assert(!exists("%s", broker.path));
	ck_assert(!exists("%s", broker.dir));
}
END_TEST

START_TEST(calls_that_meet_a_leaving_broker_are_served_by_the_next)
{
	struct np_call_stats stats;
	pid_t pid;
	int i;

	use_socket_variable();
	for (i = 0; i < 20; i++) {
		pid = broker_pid();
		ck_assert_int_eq(kill(pid, SIGTERM), 0);
		/* sent or not, answered or not, refused or not: any of it may happen */
		do {
			np_call_shutdown();
		} while (np_call_stats(&stats) != STATUS_SUCCESS ||
			 (pid_t)stats.broker_pid == pid);
	}
	broker_end(broker_pid());
}
END_TEST

static int run_npfsd(int sock, void *arg)
{
	const char *const *argv = arg;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)sock;
	dup2(null_fd, 1);
	dup2(null_fd, 2);
	execv(test_npfsd_path(), (char *const *)(uintptr_t)argv);
	return 127;
}

static int npfsd_status(const char *const *argv)
{
	struct test_child child;

	test_child_start(&child, run_npfsd, (void *)(uintptr_t)argv);
	return test_child_wait(&child);
}

START_TEST(a_second_broker_at_the_same_place_is_an_error)
{
	struct test_broker broker;
	const char *argv[] = {"npfsd", "--foreground", "--socket", broker.path, NULL};
	pid_t pid;

	test_broker_start(&broker);
	pid = broker_pid();
	ck_assert_int_eq(npfsd_status(argv), 1);
	np_call_shutdown();
	ck_assert_int_eq(broker_pid(), pid);
	np_call_shutdown();
	test_broker_stop(&broker);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_not_replaced)
{
	char path[96];
	const char *argv[] = {"npfsd", "--foreground", "--socket", path, NULL};
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(npfsd_status(argv), 1);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(wrong_usage_is_told_from_failure)
{
	const char *const help[] = {"npfsd", "--help", NULL};
	const char *const version[] = {"npfsd", "--version", NULL};
	const char *const unknown[] = {"npfsd", "--no-such-option", NULL};
	const char *const surplus[] = {"npfsd", "surplus", NULL};
	const char *const level[] = {"npfsd", "--log-level=loud", NULL};
	const char *const limit[] = {"npfsd", "--limit=nothing=1", NULL};
	const char *const idle[] = {"npfsd", "--idle-exit=-1", NULL};
	const char *const nowhere[] = {"npfsd", "-f", "-s", "/nonexistent/dir/sock",
				       NULL};

	ck_assert_int_eq(npfsd_status(help), 0);
	ck_assert_int_eq(npfsd_status(version), 0);
	ck_assert_int_eq(npfsd_status(unknown), 2);
	ck_assert_int_eq(npfsd_status(surplus), 2);
	ck_assert_int_eq(npfsd_status(level), 2);
	ck_assert_int_eq(npfsd_status(limit), 2);
	ck_assert_int_eq(npfsd_status(idle), 2);
	ck_assert_int_eq(npfsd_status(nowhere), 1);
}
END_TEST

START_TEST(in_the_background_it_listens_when_the_command_returns)
{
	char path[96];
	const char *argv[] = {"npfsd", "--socket", path, "--idle-exit=60", NULL};

	snprintf(path, sizeof(path), "%s/bg", dir);
	ck_assert_int_eq(npfsd_status(argv), 0);
	setenv("NPFS_SOCKET", path, 1);
	setenv("NPFS_NO_AUTOSTART", "1", 1);
	broker_end(broker_pid());
	ck_assert(!exists("%s", path));
}
END_TEST

struct activation {
	int listen_fd;
};

static int run_activated(int sock, void *arg)
{
	struct activation *activation = arg;
	char pid[16];

	(void)sock;
	/* the parent's place for the descriptor, as the service manager would do it */
	if (dup2(activation->listen_fd, 3) < 0 || fcntl(3, F_SETFD, 0) < 0)
		return 126;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	execl(test_npfsd_path(), "npfsd", "--foreground", "--idle-exit=60", (char *)NULL);
	return 127;
}

START_TEST(a_socket_passed_by_the_service_manager_is_used_and_left_alone)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct activation activation;
	struct test_child child;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/act", dir);
	activation.listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(activation.listen_fd, 0);
	ck_assert_int_eq(
		bind(activation.listen_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(activation.listen_fd, 8), 0);
	setenv("NPFS_SOCKET", addr.sun_path, 1);
	setenv("NPFS_NO_AUTOSTART", "1", 1);
	test_child_start(&child, run_activated, &activation);
	ck_assert_int_eq(broker_pid(), child.pid);
	ck_assert_int_eq(kill(child.pid, SIGTERM), 0);
	ck_assert_int_eq(test_child_wait(&child), 0);
	ck_assert(exists("%s", addr.sun_path));
	close(activation.listen_fd);
	unlink(addr.sun_path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("autostart");
	TCase *start = tcase_create("start");
	TCase *alone = tcase_create("program");
	SRunner *runner = srunner_create(suite);
	int failed;

	snprintf(program, sizeof(program), "%s", test_npfsd_path());
	snprintf(tmpdir, sizeof(tmpdir), "%s", getenv("TMPDIR") ? getenv("TMPDIR") : "");

	tcase_add_checked_fixture(start, setup, teardown);
	tcase_set_timeout(start, 60);
	tcase_add_test(start, the_first_call_starts_a_broker_in_the_runtime_directory);
	tcase_add_test(start, the_broker_is_nobodys_child_and_holds_nothing_of_ours);
	tcase_add_test(start, twenty_processes_at_once_get_one_broker);
	tcase_add_test(start, a_starter_that_stands_still_holds_up_nobody);
	tcase_add_test(start, a_child_forked_meanwhile_does_not_keep_the_lock);
	tcase_add_test(start, threads_of_one_process_share_one_connection);
	tcase_add_test(start, starting_can_be_forbidden);
	tcase_add_test(start, a_broker_that_cannot_be_started_is_an_answer);
	tcase_add_test(start, a_path_no_socket_can_have_is_an_answer);
	tcase_add_test(start, a_directory_others_can_enter_is_refused);
	tcase_add_test(start, a_symbolic_link_in_place_of_the_directory_is_refused);
	tcase_add_test(start, without_a_runtime_directory_the_temporary_one_serves);
	suite_add_tcase(suite, start);

	tcase_add_checked_fixture(alone, setup, teardown);
	tcase_set_timeout(alone, 60);
	tcase_add_test(alone, an_idle_broker_leaves_and_takes_its_socket_with_it);
	tcase_add_test(alone, calls_that_meet_a_leaving_broker_are_served_by_the_next);
	tcase_add_test(alone, a_second_broker_at_the_same_place_is_an_error);
	tcase_add_test(alone, a_file_that_is_no_socket_is_not_replaced);
	tcase_add_test(alone, wrong_usage_is_told_from_failure);
	tcase_add_test(alone, in_the_background_it_listens_when_the_command_returns);
	tcase_add_test(alone,
		       a_socket_passed_by_the_service_manager_is_used_and_left_alone);
	suite_add_tcase(suite, alone);

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
