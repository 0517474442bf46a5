/* SPDX-License-Identifier: MIT */
/*
 * The futex: a changed word does not sleep, a deadline ends the sleep, a wake reaches the
 * sleeper, within a process and across a shared mapping.
 */
#include "npfs/base/futex.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_changed_word_does_not_sleep)
{
	_Atomic uint32_t word = 5;

	ck_assert_int_eq(np_futex_wait(&word, 4, NP_DEADLINE_NEVER, false), 0);
	ck_assert_int_eq(np_futex_wait(&word, 4, NP_DEADLINE_NEVER, true), 0);
}
END_TEST

START_TEST(a_deadline_ends_the_sleep)
{
	_Atomic uint32_t word = 5;
	int64_t deadline = np_deadline_after_ms(np_clock_now_ns(), 20);

	errno = 1234;
	ck_assert_int_eq(np_futex_wait(&word, 5, deadline, false), -ETIMEDOUT);
	ck_assert_int_ge(np_clock_now_ns(), deadline);
	ck_assert_int_eq(np_futex_wait(&word, 5, deadline, true), -ETIMEDOUT);
	ck_assert_int_eq(np_futex_wait(&word, 5, 0, false), -ETIMEDOUT);
	ck_assert_int_eq(np_futex_wait(&word, 5, INT64_MIN, false), -ETIMEDOUT);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(waking_nobody_wakes_nobody)
{
	_Atomic uint32_t word = 0;

	ck_assert_int_eq(np_futex_wake(&word, INT_MAX, false), 0);
	ck_assert_int_eq(np_futex_wake(&word, 1, true), 0);
}
END_TEST

START_TEST(an_address_that_is_not_mapped_is_an_error)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	ck_assert_int_eq(munmap(page, 4096), 0);
	ck_assert_int_eq(np_futex_wait(page, 0, NP_DEADLINE_NEVER, false), -EFAULT);
}
END_TEST

/* Two turns of a token; returns when the word has reached @last. */
static void turn(_Atomic uint32_t *word, uint32_t parity, uint32_t last, bool shared)
{
	uint32_t value;

	while ((value = atomic_load(word)) < last) {
		if (value % 2 == parity) {
			atomic_store(word, value + 1);
			np_futex_wake(word, INT_MAX, shared);
		} else if (np_futex_wait(word, value, NP_DEADLINE_NEVER, shared) < 0) {
			abort();
		}
	}
}

static void *turn_thread(void *word)
{
	turn(word, 1, 2000, false);
	return NULL;
}

START_TEST(threads_take_turns)
{
	_Atomic uint32_t word = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, turn_thread, &word), 0);
	turn(&word, 0, 2000, false);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(atomic_load(&word), 2000);
}
END_TEST

START_TEST(processes_take_turns_over_a_shared_mapping)
{
	_Atomic uint32_t *word;
	int status;
	pid_t pid;

	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	ck_assert_ptr_ne(word, MAP_FAILED);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		turn(word, 1, 2000, true);
		_exit(0);
	}
	turn(word, 0, 2000, true);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_uint_eq(atomic_load(word), 2000);
	ck_assert_int_eq(munmap(word, 4096), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("futex");
	TCase *tc = tcase_create("futex");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, a_changed_word_does_not_sleep);
	tcase_add_test(tc, a_deadline_ends_the_sleep);
	tcase_add_test(tc, waking_nobody_wakes_nobody);
	tcase_add_test(tc, an_address_that_is_not_mapped_is_an_error);
	tcase_add_test(tc, threads_take_turns);
	tcase_add_test(tc, processes_take_turns_over_a_shared_mapping);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
