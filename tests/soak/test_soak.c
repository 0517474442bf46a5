/* SPDX-License-Identifier: MIT */
/*
 * A mixed load for as long as one likes: everything arrives, and nothing grows
 *
 * $NPFS_SOAK_SECONDS says how long; without it the test is skipped, since this is a campaign
 * (make soak). $NPFS_SOAK_BROKER=1 has the broker killed too. soak.h has the processes and what
 * they check.
 *
 * Half of the servers and of the clients are mortal: they are killed at random moments and
 * started again. The others live from beginning to end, and from time to time everybody is
 * given a pause: the clients between two connections, the servers without any. What the lasting
 * ones and the broker have then is counted: descriptors always, memory in runs that are long
 * enough to say something about it. Early and late must be alike.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "npfs/client/call.h"
#include "tests/fault/payload.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"
#include "tests/lib/tsan.h"
#include "tests/soak/soak.h"

#define SECONDS_OF_LONG 600 /* from here on memory is judged */
#define WARM_MS_MOST	60000
#define TELL_MS		300000
#define KILL_MS_MOST	200u
#define FDS_MORE	4
#define FDS_MORE_BROKER N_WORKERS /* who was started just before had not called it yet */
#define KIB_MORE	1024
#define LOOK_MS_MOST	(TEST_DEADLINE_MS / 4) /* the clients' patience is longer */
#define N_WORKERS	(SOAK_SERVERS + SOAK_CLIENTS)
#define BROKER		N_WORKERS /* behind the workers */

struct soak_board *soak_board;

static struct test_child children[N_WORKERS];
static unsigned numbers[N_WORKERS];
static char dir[64];
static unsigned n_kills[3]; /* of servers, clients, brokers */

static long seconds_to_run(void)
{
	const char *text = getenv("NPFS_SOAK_SECONDS");

	return text ? strtol(text, NULL, 10) : 0;
}

static bool kills_brokers(void)
{
	const char *text = getenv("NPFS_SOAK_BROKER");

	return text && strcmp(text, "1") == 0;
}

/* The second half of the servers and of the clients; so each kind of server has both. */
static bool is_mortal(unsigned worker)
{
	return worker < SOAK_SERVERS ? worker >= SOAK_SERVERS / 2 :
				       worker - SOAK_SERVERS >= SOAK_CLIENTS / 2;
}

/* ---- the processes ---- */

/* Who is alone in the world has nothing to do there. */
static int run_worker(int sock, void *arg)
{
	unsigned worker = (unsigned)((unsigned *)arg - numbers);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return worker < SOAK_SERVERS ? soak_server(sock, arg) : soak_client(sock, arg);
}

static void start(unsigned worker)
{
	numbers[worker] = worker < SOAK_SERVERS ? worker : worker - SOAK_SERVERS;
	test_child_start(&children[worker], run_worker, &numbers[worker]);
	test_expect(children[worker].sock, 'r');
}

/* This process itself has nothing to do with the broker, whom its children start. */
static int ask_broker(int sock, void *arg)
{
	struct np_call_stats stats = {0};

	(void)sock;
	(void)arg;
	if (np_call_stats(&stats) != STATUS_SUCCESS)
		test_fail("no broker can be asked");
	atomic_store(&soak_board->broker_pid, (uint32_t)stats.broker_pid);
	return 0;
}

static pid_t broker_pid(void)
{
	struct test_child child;

	test_child_start(&child, ask_broker, NULL);
	if (test_child_wait(&child) != 0)
		test_fail("the broker's process is not known");
	return (pid_t)atomic_load(&soak_board->broker_pid);
}

static void end_broker(int sig)
{
	pid_t pid = broker_pid();
	int pid_fd = test_pid_open(pid);

	test_require(pid_fd >= 0 && kill(pid, sig) == 0, "kill");
	if (!test_fd_wait(pid_fd, TEST_DEADLINE_MS))
		test_fail("the broker does not end");
	close(pid_fd);
}

/* ---- kills ---- */

static void kill_worker(unsigned worker)
{
	if (worker < SOAK_SERVERS) {
		atomic_store(&soak_board->is_ready[worker], false);
		atomic_fetch_add(&soak_board->kills[worker], 1);
	}
	test_child_kill(&children[worker], SIGKILL);
	if (worker < SOAK_SERVERS)
		atomic_store(&soak_board->n_sessions[worker], 0);
	start(worker);
	n_kills[worker >= SOAK_SERVERS]++;
}

static void kill_somebody(struct payload_random *random)
{
	unsigned what = (unsigned)(payload_random(random) >> 60);
	unsigned which = (unsigned)(payload_random(random) >> 40);

	if (what == 0 && kills_brokers()) {
		end_broker(SIGKILL);
		n_kills[2]++;
	} else if (what < 4) {
		kill_worker(SOAK_SERVERS / 2 + which % (SOAK_SERVERS / 2));
	} else {
		kill_worker(SOAK_SERVERS + SOAK_CLIENTS / 2 + which % (SOAK_CLIENTS / 2));
	}
}

/* A random moment is meant. Nobody ends by itself meanwhile. */
static void let_live(struct payload_random *random)
{
	unsigned worker = (unsigned)(payload_random(random) >> 40) % N_WORKERS;

	if (test_fd_wait(children[worker].pid_fd,
			 (int)((payload_random(random) >> 40) % KILL_MS_MOST)))
		test_fail("worker %u has ended", worker);
}

/* ---- what they have ---- */

struct holding {
	int n_fds;
	long kib; /* memory of its own */
};

static long own_kib(pid_t pid)
{
	char path[64], line[128];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static bool lasts(unsigned who)
{
	return who == BROKER ? !kills_brokers() : !is_mortal(who);
}

/* All instances of all pipes are there again and listen: none was lost, none is left over. */
static int wait_for_listeners(int sock, void *arg)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct np_call_pipe_info info = {0};
	char path[40];
	unsigned pipe;

	(void)arg;
	for (pipe = 0; pipe < SOAK_PIPES; pipe++) {
		struct test_name name;

		soak_pipe_name(pipe, path);
		name = test_name(strrchr(path, '\\') + 1);
		do {
			if (test_now_ms() > end)
				test_fail("%s: %u of %u instances listen", path,
					  info.n_listening, info.current_instances);
			test_fd_wait(sock, 1);
			if (np_call_query_name(name.units, name.len, &info) !=
			    STATUS_SUCCESS)
				test_fail("%s is gone", path);
		} while (info.n_listening != SOAK_INSTANCES ||
			 info.current_instances != SOAK_INSTANCES);
	}
	return 0;
}

static int most_fds(unsigned who, const struct holding *early)
{
	return early[who].n_fds + (int)(who == BROKER ? FDS_MORE_BROKER : FDS_MORE);
}

static void wait_for_quiet(void)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct test_child child;
	unsigned i;

	for (i = SOAK_SERVERS; i < N_WORKERS; i++)
		test_expect(children[i].sock, 'q');
	for (i = 0; i < SOAK_SERVERS; i++) {
		while (atomic_load(&soak_board->n_sessions[i]) != 0) {
			if (test_fd_wait(children[i].pid_fd, 1))
				test_fail("server %u has ended", i);
			if (test_now_ms() > end)
				test_fail("server %u does not lose its last client", i);
		}
	}
	test_child_start(&child, wait_for_listeners, NULL);
	if (test_child_wait(&child) != 0)
		test_fail("not all instances listen");
}

/* Looks until nobody has more descriptors than in @early, if that is given: who was killed may
 * be about to be forgotten still. */
static void look(struct holding now[N_WORKERS + 1], const struct holding *early)
{
	int64_t end = test_now_ms() + LOOK_MS_MOST;
	pid_t broker = broker_pid();
	unsigned i;

	for (i = 0; i <= BROKER; i++) {
		pid_t pid = i == BROKER ? broker : children[i].pid;

		do {
			now[i].n_fds = test_count_fds(pid);
			now[i].kib = own_kib(pid);
			if (!early || !lasts(i) || now[i].n_fds <= most_fds(i, early))
				break;
		} while (!test_fd_wait(children[0].pid_fd, 10) && test_now_ms() < end);
		if (early && lasts(i) && now[i].n_fds > most_fds(i, early))
			test_fail("process %u has %d descriptors, it had %d", i, now[i].n_fds,
				  early[i].n_fds);
	}
}

static void pause_and_look(struct holding now[N_WORKERS + 1], const struct holding *early)
{
	unsigned i;

	atomic_store(&soak_board->must_pause, true);
	wait_for_quiet();
	look(now, early);
	atomic_store(&soak_board->must_pause, false);
	for (i = SOAK_SERVERS; i < N_WORKERS; i++)
		test_say(children[i].sock, 'g');
}

/* What a sanitizer keeps, and what a short run has not yet touched, says nothing. */
static void expect_flat_memory(const struct holding *early, const struct holding *late)
{
	unsigned i;

#if defined(__SANITIZE_ADDRESS__) || defined(TEST_HAS_TSAN)
	return;
#endif
	if (seconds_to_run() < SECONDS_OF_LONG)
		return;
	for (i = 0; i <= BROKER; i++)
		if (lasts(i) && late[i].kib > early[i].kib + KIB_MORE)
			test_fail("process %u has %ld KiB, it had %ld", i, late[i].kib,
				  early[i].kib);
}

/* ---- the test ---- */

static void expect_progress(void)
{
	static uint64_t before[N_WORKERS];
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		while (atomic_load(&soak_board->steps[i]) == before[i]) {
			if (test_fd_wait(children[i].pid_fd, 10))
				test_fail("worker %u has ended", i);
			if (test_now_ms() > end)
				test_fail("worker %u stands still", i);
		}
		before[i] = atomic_load(&soak_board->steps[i]);
	}
}

static void expect_end(unsigned worker)
{
	if (test_child_wait(&children[worker]) != 0)
		test_fail("worker %u failed", worker);
}

static void stop_all(void)
{
	unsigned i;

	atomic_store(&soak_board->must_stop, true);
	for (i = SOAK_SERVERS; i < N_WORKERS; i++)
		expect_end(i);
	atomic_store(&soak_board->servers_stop, true);
	for (i = 0; i < SOAK_SERVERS; i++)
		expect_end(i);
}

static unsigned long long value(_Atomic uint64_t *n)
{
	return (unsigned long long)atomic_load(n);
}

static void report(int64_t ms)
{
	unsigned long long steps = 0, bytes = 0;
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		steps += value(&soak_board->steps[i]);
		bytes += value(&soak_board->bytes[i]);
	}
	printf("%lld s, %llu connections, %llu operations, %llu bytes checked, none lost or "
	       "repeated; %llu ends counted on both sides; killed: %u servers, %u clients, %u "
	       "brokers; %llu connections torn by that; %llu cancels, %llu disconnects, %llu "
	       "closes by the server\n",
	       (long long)ms / 1000, value(&soak_board->n_connections), steps, bytes,
	       value(&soak_board->n_farewells), n_kills[0], n_kills[1], n_kills[2],
	       value(&soak_board->n_torn), value(&soak_board->n_cancels),
	       value(&soak_board->n_disconnects), value(&soak_board->n_leaves));
	fflush(stdout);
}

static void report_holdings(const struct holding *early, const struct holding *late)
{
	unsigned i;

	for (i = 0; i <= BROKER; i++)
		if (lasts(i))
			printf("%s %u: descriptors %d, then %d; memory %ld KiB, then %ld KiB\n",
			       i == BROKER	? "broker" :
			       i < SOAK_SERVERS ? "server" :
						  "client",
			       i, early[i].n_fds, late[i].n_fds, early[i].kib, late[i].kib);
}

static void setup(void)
{
	char path[80];

	test_dir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	setenv("NPFS_SOCKET", path, 1);
	setenv("NPFSD", test_npfsd_path(), 1);
	unsetenv("NPFS_NO_AUTOSTART");
	soak_board = mmap(NULL, sizeof(*soak_board), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_require(soak_board != MAP_FAILED, "mmap");
}

static void teardown(void)
{
	end_broker(SIGTERM);
	test_dir_remove(dir);
	munmap(soak_board, sizeof(*soak_board));
}

START_TEST(a_mixed_load_loses_nothing_and_leaves_nothing)
{
	struct payload_random random = payload_seed(20261123);
	struct holding early[N_WORKERS + 1], late[N_WORKERS + 1];
	int64_t began = test_now_ms(), end = began + 1000 * seconds_to_run();
	int64_t warm = began + (end - began) / 4, tell = began + TELL_MS;
	bool is_warm = false;
	unsigned i;

	if (warm > began + WARM_MS_MOST)
		warm = began + WARM_MS_MOST;
	for (i = 0; i < N_WORKERS; i++)
		start(i);
	while (!is_warm || test_now_ms() < end) {
		let_live(&random);
		kill_somebody(&random);
		if (!is_warm && test_now_ms() >= warm) {
			expect_progress();
			pause_and_look(early, NULL);
			is_warm = true;
		}
		if (test_now_ms() >= tell) {
			expect_progress();
			report(test_now_ms() - began);
			tell += TELL_MS;
		}
	}
	expect_progress();
	pause_and_look(late, early);
	expect_flat_memory(early, late);
	stop_all();
	report(test_now_ms() - began);
	report_holdings(early, late);
}
END_TEST

int main(void)
{
	SRunner *runner;
	TCase *tcase;
	Suite *suite;
	int failed;

	if (seconds_to_run() <= 0) {
		puts("skipped: a campaign, whose length $NPFS_SOAK_SECONDS says");
		return TEST_SKIPPED;
	}
	suite = suite_create("soak");
	tcase = tcase_create("all");
	tcase_set_timeout(tcase, 300 + (double)seconds_to_run());
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_mixed_load_loses_nothing_and_leaves_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
