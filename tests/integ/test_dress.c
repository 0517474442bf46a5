/* SPDX-License-Identifier: MIT */
/*
 * Telling another thread whom to act as: SetThreadToken() of a thread that runs
 *
 * The threads that are told do what threads do: compute, sleep in the kernel, wait in ReadFile,
 * block all signals, or change what they wear themselves. Whether it holds is asked from the
 * kernel, by opening a file that the other user may not read. That takes root; for anybody else
 * the test is skipped.
 */
#include <windows.h>

#include <sddl.h>

#include <npfs/npfs.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"
#include "tests/lib/tsan.h"

#define BOB   61002u
#define CAROL 61003u
#define PIPE  "\\\\.\\pipe\\dressed"

static struct test_broker broker;
static char dir[48], roots[64]; /* a file that root may read and nobody else */

static void setup(void)
{
	static const char *const options[] = {"--all-users", NULL};
	int fd;

	test_dir_make(dir, sizeof(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(roots, sizeof(roots), "%s/roots", dir);
	fd = open(roots, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	test_broker_start_with(&broker, options);
	ck_assert_int_eq(chmod(broker.dir, 0711), 0);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
}

static void teardown(void)
{
	test_broker_stop(&broker);
	unlink(roots);
	test_dir_remove(dir);
}

static bool can_read(void)
{
	int fd = open(roots, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static struct npfs_identity *identity_of(uint32_t uid)
{
	const uint32_t gid = uid;
	const struct npfs_identity_info info = {.size = sizeof(info),
						.level = NPFS_LEVEL_IMPERSONATION,
						.uid = uid,
						.gid = gid,
						.n_gids = 1,
						.gids = &gid};
	struct npfs_identity *identity = NULL;

	if (npfs_identity_new(&info, 0, 0, &identity) != STATUS_SUCCESS)
		abort();
	return identity;
}

/* A process that has become @uid for good. */
static int user_run(int sock, void *arg)
{
	uid_t uid = *(const uid_t *)arg;

	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return 1;
	test_say(sock, 'o');
	test_expect(sock, 'q');
	return 0;
}

/* A token to impersonate with, of a process of @uid. */
static HANDLE token_of(uid_t uid)
{
	HANDLE process, primary = NULL, token = NULL;
	struct test_child child;

	test_child_start(&child, user_run, &uid);
	test_expect(child.sock, 'o');
	process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)child.pid);
	ck_assert_ptr_nonnull(process);
	ck_assert(OpenProcessToken(process, TOKEN_DUPLICATE | TOKEN_QUERY, &primary));
	ck_assert(DuplicateTokenEx(primary, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation,
				   TokenImpersonation, &token));
	CloseHandle(primary);
	CloseHandle(process);
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	return token;
}

/* What a thread does until it is asked to look. */
enum doing { COMPUTES, SLEEPS, READS_A_PIPE, BLOCKS_SIGNALS, N_DOINGS };

struct subject {
	enum doing doing;
	HANDLE thread;
	HANDLE server, client; /* READS_A_PIPE */
	int socks[2];	       /* the others; [1] is the thread's */
	_Atomic unsigned go;   /* COMPUTES */
	_Atomic unsigned is_there;
	unsigned n_rounds;
	struct {
		bool can_read;
		uid_t uid;
		DWORD open_error;
	} found;
};

static void wait_to_be_asked(struct subject *s, unsigned round)
{
	DWORD n;
	char c;

	switch (s->doing) {
	case COMPUTES:
		while (atomic_load(&s->go) <= round) {
#if TEST_IS_TSAN
			poll(NULL, 0, 0); /* it hands a thread its signals in calls only */
#endif
		}
		break;
	case READS_A_PIPE:
		if (!ReadFile(s->server, &c, 1, &n, NULL))
			abort();
		break;
	default:
		if (read(s->socks[1], &c, 1) != 1)
			abort();
	}
}

static DWORD WINAPI subject_main(LPVOID arg)
{
	struct subject *s = arg;
	sigset_t all;
	unsigned i;
	HANDLE h;

	sigfillset(&all);
	if (s->doing == BLOCKS_SIGNALS)
		pthread_sigmask(SIG_SETMASK, &all, NULL);
	atomic_store(&s->is_there, 1);
	for (i = 0; i < s->n_rounds; i++) {
		wait_to_be_asked(s, i);
		if (s->doing == BLOCKS_SIGNALS) {
			/* at the next call of the library */
			h = CreateFileA(PIPE "-roots", GENERIC_READ, 0, NULL, OPEN_EXISTING,
					0, NULL);
			s->found.open_error = h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
			if (h != INVALID_HANDLE_VALUE)
				CloseHandle(h);
		}
		s->found.can_read = can_read();
		s->found.uid = geteuid();
		if (write(s->socks[1], "d", 1) != 1)
			abort();
	}
	return 0;
}

static void subject_start(struct subject *s, enum doing doing, unsigned n_rounds)
{
	memset(s, 0, sizeof(*s));
	s->doing = doing;
	s->n_rounds = n_rounds;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->socks), 0);
	if (doing == READS_A_PIPE) {
		s->server = CreateNamedPipeA(PIPE, PIPE_ACCESS_INBOUND, 0, 1, 0, 0, 0, NULL);
		ck_assert_ptr_ne(s->server, INVALID_HANDLE_VALUE);
		s->client = CreateFileA(PIPE, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		ck_assert_ptr_ne(s->client, INVALID_HANDLE_VALUE);
	}
	s->thread = CreateThread(NULL, 0, subject_main, s, 0, NULL);
	ck_assert_ptr_nonnull(s->thread);
	while (!atomic_load(&s->is_there))
		sched_yield();
}

/* Have it look now. */
static void subject_look(struct subject *s)
{
	DWORD n;

	if (s->doing == COMPUTES)
		atomic_fetch_add(&s->go, 1);
	else if (s->doing == READS_A_PIPE)
		ck_assert(WriteFile(s->client, "x", 1, &n, NULL));
	else
		test_say(s->socks[0], 'l');
	test_expect(s->socks[0], 'd');
}

static void subject_end(struct subject *s)
{
	ck_assert_uint_eq(WaitForSingleObject(s->thread, INFINITE), WAIT_OBJECT_0);
	CloseHandle(s->thread);
	if (s->server) {
		CloseHandle(s->client);
		CloseHandle(s->server);
	}
	close(s->socks[0]);
	close(s->socks[1]);
}

/* A thread that nobody tells anything looks all the time. */
struct watcher {
	pthread_t thread;
	_Atomic bool stop;
	_Atomic bool is_wrong;
};

static void *watcher_main(void *arg)
{
	struct watcher *w = arg;

	while (!atomic_load(&w->stop)) {
		if (!can_read() || geteuid() != 0)
			atomic_store(&w->is_wrong, true);
		sched_yield();
	}
	return NULL;
}

static void check_wears(HANDLE thread, bool wears)
{
	HANDLE token = NULL;

	if (wears) {
		ck_assert(OpenThreadToken(thread, TOKEN_QUERY, TRUE, &token));
		CloseHandle(token);
	} else {
		ck_assert(!OpenThreadToken(thread, TOKEN_QUERY, TRUE, &token));
		ck_assert_uint_eq(GetLastError(), ERROR_NO_TOKEN);
	}
}

START_TEST(a_thread_that_runs_opens_as_it_was_told)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa)};
	struct watcher watcher = {.stop = false};
	HANDLE bob = token_of(BOB), guarded;
	struct subject s;
	unsigned i;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		"D:(A;;GA;;;S-1-22-1-0)", SDDL_REVISION_1, &sa.lpSecurityDescriptor, NULL));
	guarded = CreateNamedPipeA(PIPE "-roots", PIPE_ACCESS_OUTBOUND, 0, 10, 0, 0, 0, &sa);
	ck_assert_ptr_ne(guarded, INVALID_HANDLE_VALUE);
	LocalFree(sa.lpSecurityDescriptor);
	ck_assert_int_eq(pthread_create(&watcher.thread, NULL, watcher_main, &watcher), 0);
	subject_start(&s, (enum doing)_i, 6);
	for (i = 0; i < 3; i++) {
		ck_assert(SetThreadToken(&s.thread, bob));
		check_wears(s.thread, true);
		check_wears(GetCurrentThread(), false);
		subject_look(&s);
		ck_assert_uint_eq(s.found.uid, BOB);
		ck_assert(!s.found.can_read);
		if (s.doing == BLOCKS_SIGNALS)
			ck_assert_uint_eq(s.found.open_error, ERROR_ACCESS_DENIED);
		ck_assert(SetThreadToken(&s.thread, NULL));
		check_wears(s.thread, false);
		subject_look(&s);
		ck_assert_uint_eq(s.found.uid, 0);
		ck_assert(s.found.can_read);
		if (s.doing == BLOCKS_SIGNALS)
			ck_assert_uint_ne(s.found.open_error, ERROR_ACCESS_DENIED);
	}
	subject_end(&s);
	atomic_store(&watcher.stop, true);
	ck_assert_int_eq(pthread_join(watcher.thread, NULL), 0);
	ck_assert(!atomic_load(&watcher.is_wrong));
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	CloseHandle(guarded);
	CloseHandle(bob);
}
END_TEST

START_TEST(another_thread_can_be_made_anonymous)
{
	struct subject s;
	HANDLE token;

	subject_start(&s, SLEEPS, 2);
	ck_assert(ImpersonateAnonymousToken(s.thread));
	ck_assert(!OpenThreadToken(s.thread, TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_CANT_OPEN_ANONYMOUS);
	subject_look(&s);
	ck_assert(!s.found.can_read);
	ck_assert(SetThreadToken(&s.thread, NULL));
	subject_look(&s);
	ck_assert(s.found.can_read);
	subject_end(&s);
}
END_TEST

static DWORD WINAPI short_main(LPVOID arg)
{
	(void)arg;
	return 0;
}

START_TEST(a_thread_that_ends_meanwhile_is_no_trouble)
{
	HANDLE bob = token_of(BOB), t;
	unsigned i;

	for (i = 0; i < 200; i++) {
		t = CreateThread(NULL, 0, short_main, NULL, 0, NULL);
		ck_assert_ptr_nonnull(t);
		if (!SetThreadToken(&t, bob))
			ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
		ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
		CloseHandle(t);
	}
	ck_assert_uint_eq(geteuid(), 0);
	CloseHandle(bob);
}
END_TEST

static DWORD WINAPI look_main(LPVOID arg)
{
	*(bool *)arg = can_read();
	return geteuid();
}

/* Threads and processes are the process's, whoever their maker acts as. */
START_TEST(nobody_inherits_what_a_thread_acts_as)
{
	SECURITY_ATTRIBUTES inherits = {.nLength = sizeof(inherits), .bInheritHandle = TRUE};
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	char shell[] = "/bin/sh", line[160], said[64] = "";
	HANDLE bob = token_of(BOB), thread, out, in;
	DWORD code = 1, n, len = 0;
	PROCESS_INFORMATION process;
	bool reads = false;

	ck_assert(CreatePipe(&out, &in, &inherits, 0));
	ck_assert(SetThreadToken(NULL, bob));
	ck_assert(!can_read());
	thread = CreateThread(NULL, 0, look_main, &reads, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	ck_assert_uint_eq(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert_uint_eq(code, 0);
	ck_assert(reads);
	CloseHandle(thread);

	snprintf(line, sizeof(line), "sh -c \"id -u; id -G; : < %s && echo reads\"", roots);
	info.hStdOutput = info.hStdError = in;
	ck_assert(CreateProcessA(shell, line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process));
	ck_assert(!can_read());
	ck_assert_uint_eq(WaitForSingleObject(process.hProcess, INFINITE), WAIT_OBJECT_0);
	ck_assert(RevertToSelf());
	CloseHandle(in);
	while (len < sizeof(said) - 1 &&
	       ReadFile(out, said + len, (DWORD)sizeof(said) - 1 - len, &n, NULL))
		len += n;
	ck_assert_int_eq(strncmp(said, "0\n", 2), 0);
	ck_assert_ptr_null(strstr(said, "61002"));
	ck_assert_ptr_nonnull(strstr(said, "reads\n"));
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	CloseHandle(out);
	CloseHandle(bob);
}
END_TEST

/* One who is told by several, and changes itself, too. */
struct busy {
	pthread_t thread;
	struct npfs_thread *self;
	_Atomic unsigned stage; /* 1: there; 2: told to hold still; 3: it does; 4: end */
	bool changes_itself;
	bool forks;
	uid_t uid;
	bool agrees; /* what it wears is what the kernel says */
	int child_status;
};

static void stage_wait(struct busy *b, unsigned stage)
{
	while (atomic_load(&b->stage) < stage)
		sched_yield();
}

static void *busy_main(void *arg)
{
	struct npfs_identity *mine = identity_of(CAROL), *worn;
	struct busy *b = arg;
	unsigned i;
	pid_t pid;

	b->self = npfs_thread_self();
	atomic_store(&b->stage, 1);
	for (i = 0; atomic_load(&b->stage) < 2; i++) {
		if (b->changes_itself && i % 2) {
			npfs_thread_impersonate(mine);
			npfs_identity_pause();
			npfs_identity_resume();
		} else if (b->changes_itself) {
			npfs_thread_revert();
		}
		npfs_thread_may_act();
	}
	if (b->changes_itself)
		npfs_thread_revert();
	atomic_store(&b->stage, 3);
	stage_wait(b, 4);
	b->uid = geteuid();
	worn = npfs_thread_identity();
	b->agrees = (worn ? npfs_identity_look(worn)->uid : 0) == b->uid;
	npfs_identity_unref(worn);
	if (b->forks) {
		pid = fork();
		if (pid == 0)
			_exit(geteuid() == b->uid && !can_read() &&
					      npfs_thread_may_act() == STATUS_SUCCESS ?
				      0 :
				      1);
		if (pid < 0 || waitpid(pid, &b->child_status, 0) != pid)
			b->child_status = -1;
	}
	npfs_identity_unref(mine);
	return NULL; /* in what it was told to wear */
}

struct teller {
	pthread_t thread;
	struct busy *busy;
	uint32_t uid;
	unsigned n;
};

static void *teller_main(void *arg)
{
	const struct teller *t = arg;
	struct npfs_identity *identity = identity_of(t->uid), *worn;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (npfs_thread_set_identity(t->busy->self, i % 3 == 2 ? NULL : identity) !=
		    STATUS_SUCCESS)
			abort();
		worn = npfs_thread_get_identity(t->busy->self);
		npfs_identity_unref(worn);
	}
	npfs_identity_unref(identity);
	return NULL;
}

START_TEST(several_may_tell_one_thread_at_once)
{
	struct busy b = {.changes_itself = _i == 1};
	struct teller tellers[2];
	struct npfs_identity *bob = identity_of(BOB), *worn;
	unsigned i;

	ck_assert_int_eq(pthread_create(&b.thread, NULL, busy_main, &b), 0);
	stage_wait(&b, 1);
	for (i = 0; i < 2; i++) {
		tellers[i] = (struct teller){
			.busy = &b, .uid = i ? CAROL : BOB, .n = 150};
		ck_assert_int_eq(pthread_create(&tellers[i].thread, NULL, teller_main,
						&tellers[i]),
				 0);
	}
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(tellers[i].thread, NULL), 0);
	atomic_store(&b.stage, 2);
	stage_wait(&b, 3);
	/* who has the last word is obeyed */
	ck_assert_uint_eq(npfs_thread_set_identity(b.self, bob), STATUS_SUCCESS);
	worn = npfs_thread_get_identity(b.self);
	ck_assert_ptr_eq(worn, bob);
	npfs_identity_unref(worn);
	atomic_store(&b.stage, 4);
	ck_assert_int_eq(pthread_join(b.thread, NULL), 0);
	ck_assert_uint_eq(b.uid, BOB);
	ck_assert(b.agrees);
	/* it is gone, and nobody of its number is told anything */
	ck_assert_uint_eq(npfs_thread_set_identity(b.self, NULL), STATUS_THREAD_IS_TERMINATING);
	ck_assert_ptr_null(npfs_thread_get_identity(b.self));
	npfs_thread_unref(b.self);
	npfs_identity_unref(bob);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
}
END_TEST

START_TEST(the_child_of_a_fork_wears_what_its_thread_was_told)
{
	struct busy b = {.forks = true};
	struct npfs_identity *bob = identity_of(BOB);

	ck_assert_int_eq(pthread_create(&b.thread, NULL, busy_main, &b), 0);
	stage_wait(&b, 1);
	atomic_store(&b.stage, 2);
	stage_wait(&b, 3);
	ck_assert_uint_eq(npfs_thread_set_identity(b.self, bob), STATUS_SUCCESS);
	atomic_store(&b.stage, 4);
	ck_assert_int_eq(pthread_join(b.thread, NULL), 0);
	ck_assert_uint_eq(b.uid, BOB);
	ck_assert_int_eq(b.child_status, 0);
	npfs_thread_unref(b.self);
	npfs_identity_unref(bob);
}
END_TEST

/* A process that may not become others: the thread learns who it is and cannot act as it. */
static int plain_run(int sock, void *arg)
{
	struct npfs_identity *bob = identity_of(BOB), *worn;
	struct busy b = {.forks = false};
	uint32_t level;

	(void)sock;
	(void)arg;
	if (setgroups(0, NULL) < 0 || setresgid(CAROL, CAROL, CAROL) < 0 ||
	    setresuid(CAROL, CAROL, CAROL) < 0)
		return 1;
	if (pthread_create(&b.thread, NULL, busy_main, &b) != 0)
		return 2;
	stage_wait(&b, 1);
	if (npfs_thread_set_identity(b.self, bob) != STATUS_SUCCESS)
		return 3;
	worn = npfs_thread_get_identity(b.self);
	level = worn ? npfs_identity_look(worn)->level : UINT32_MAX;
	npfs_identity_unref(worn);
	atomic_store(&b.stage, 2);
	stage_wait(&b, 3);
	atomic_store(&b.stage, 4);
	pthread_join(b.thread, NULL);
	npfs_thread_unref(b.self);
	npfs_identity_unref(bob);
	if (level != NPFS_LEVEL_IDENTIFICATION)
		return 4;
	return b.uid == CAROL ? 0 : 5;
}

START_TEST(without_the_privilege_it_is_told_who_and_no_more)
{
	struct test_child child;

	test_child_start(&child, plain_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dress");
	TCase *tcase = tcase_create("dress");
	SRunner *runner;
	int failed;

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_thread_that_runs_opens_as_it_was_told, 0, N_DOINGS);
	tcase_add_test(tcase, another_thread_can_be_made_anonymous);
	tcase_add_test(tcase, a_thread_that_ends_meanwhile_is_no_trouble);
	tcase_add_test(tcase, nobody_inherits_what_a_thread_acts_as);
	tcase_add_loop_test(tcase, several_may_tell_one_thread_at_once, 0, 2);
	tcase_add_test(tcase, the_child_of_a_fork_wears_what_its_thread_was_told);
	tcase_add_test(tcase, without_the_privilege_it_is_told_who_and_no_more);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
