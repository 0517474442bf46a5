/* SPDX-License-Identifier: MIT */
/*
 * Watched descriptors: each event is told once, freeing ends it and releases what hung on
 * the watch, from outside and from inside a call.
 */
#include <npfs/aio.h>

#include <check.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct probe {
	int fd;
	struct npfs_watch *watch;
	bool frees_itself;
	_Atomic int n_events;
	_Atomic int n_released;
	sem_t seen;
	sem_t released;
};

static void on_event(void *user)
{
	struct probe *p = user;
	uint64_t count;

	ck_assert_int_eq(read(p->fd, &count, sizeof(count)), sizeof(count));
	atomic_fetch_add(&p->n_events, 1);
	if (p->frees_itself)
		npfs_watch_free(p->watch);
	sem_post(&p->seen);
}

static void on_release(void *user)
{
	struct probe *p = user;

	atomic_fetch_add(&p->n_released, 1);
	sem_post(&p->released);
}

static void probe_init(struct probe *p)
{
	memset(p, 0, sizeof(*p));
	sem_init(&p->seen, 0, 0);
	sem_init(&p->released, 0, 0);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(p->fd, 0);
}

static void ring(int fd)
{
	uint64_t one = 1;

	ck_assert_int_eq(write(fd, &one, sizeof(one)), sizeof(one));
}

START_TEST(each_event_is_told)
{
	struct probe p;

	probe_init(&p);
	ck_assert_uint_eq(npfs_watch_new(p.fd, on_event, on_release, &p, &p.watch),
			  STATUS_SUCCESS);
	for (int i = 1; i <= 100; i++) {
		ring(p.fd);
		ck_assert_int_eq(sem_wait(&p.seen), 0);
		ck_assert_int_eq(atomic_load(&p.n_events), i);
	}
	ck_assert_int_eq(atomic_load(&p.n_released), 0);
	npfs_watch_free(p.watch);
	ck_assert_int_eq(sem_wait(&p.released), 0);
	close(p.fd);
}
END_TEST

START_TEST(a_freed_watch_is_silent)
{
	static struct probe p, other; /* a call may be in its last steps at the end */

	probe_init(&p);
	probe_init(&other);
	ck_assert_uint_eq(npfs_watch_new(p.fd, on_event, on_release, &p, &p.watch),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_watch_new(other.fd, on_event, NULL, &other, &other.watch),
			  STATUS_SUCCESS);
	npfs_watch_free(p.watch);
	ck_assert_int_eq(atomic_load(&p.n_released), 1);
	ring(p.fd);
	ring(other.fd);
	ck_assert_int_eq(sem_wait(&other.seen), 0);
	ck_assert_int_eq(atomic_load(&p.n_events), 0);
	npfs_watch_free(other.watch);
	close(p.fd);
	close(other.fd);
}
END_TEST

START_TEST(a_watch_may_be_freed_in_its_own_call)
{
	for (int i = 0; i < 100; i++) {
		struct probe p;

		probe_init(&p);
		p.frees_itself = true;
		ck_assert_uint_eq(
			npfs_watch_new(p.fd, on_event, on_release, &p, &p.watch),
			STATUS_SUCCESS);
		ring(p.fd);
		ck_assert_int_eq(sem_wait(&p.released), 0);
		ck_assert_int_eq(atomic_load(&p.n_events), 1);
		ck_assert_int_eq(atomic_load(&p.n_released), 1);
		close(p.fd);
	}
}
END_TEST

START_TEST(what_cannot_be_waited_for_is_refused)
{
	struct npfs_watch *watch = NULL;

	ck_assert_uint_eq(npfs_watch_new(-1, on_event, on_release, NULL, &watch),
			  STATUS_INVALID_PARAMETER);
	ck_assert_ptr_null(watch);
	npfs_watch_free(NULL);
}
END_TEST

START_TEST(a_child_of_a_fork_watches_nothing)
{
	struct probe p;
	int status;
	pid_t pid;

	probe_init(&p);
	ck_assert_uint_eq(npfs_watch_new(p.fd, on_event, on_release, &p, &p.watch),
			  STATUS_SUCCESS);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		npfs_watch_free(p.watch);
		_exit(atomic_load(&p.n_released) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ring(p.fd);
	ck_assert_int_eq(sem_wait(&p.seen), 0);
	npfs_watch_free(p.watch);
	ck_assert_int_eq(sem_wait(&p.released), 0);
	close(p.fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tc = tcase_create("watch");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, each_event_is_told);
	tcase_add_test(tc, a_freed_watch_is_silent);
	tcase_add_test(tc, a_watch_may_be_freed_in_its_own_call);
	tcase_add_test(tc, what_cannot_be_waited_for_is_refused);
	tcase_add_test(tc, a_child_of_a_fork_watches_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
