/* SPDX-License-Identifier: MIT */
/*
 * Nothing is left: each request for memory, descriptors, mappings or threads that a call
 * makes is refused in turn
 *
 * Every operation has a row (exhaustion_calls.h). The call is made with its first request
 * refused, then with its second, until it makes no further one. Each time it either does
 * what it should all the same or fails with the error of an exhausted system; then nothing
 * has changed, which the same call shows by succeeding now, and descriptors, threads and
 * mappings are counted. A second walk interrupts every call that a signal may interrupt:
 * nothing of that may be seen.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "npfs/client/call.h"
#include "tests/fault/exhaustion_calls.h"
#include "tests/fault/inject.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"

#define OTHER "\\\\.\\pipe\\exhausted other"

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
	exhaustion_setup();
}

static void teardown(void)
{
	np_call_shutdown();
	test_broker_stop(&broker);
}

/* Connections that the library keeps for the next call are no leak. */
static void begin(struct test_leak *leak)
{
	np_call_shutdown();
	test_leak_begin(leak);
}

static void end(const struct test_leak *leak)
{
	np_call_shutdown();
	test_leak_end(leak);
}

/* The row once, with the @n-th request refused. Return: whether there was an @n-th. */
static bool walk(const struct exhaustion_call *row, unsigned n)
{
	struct test_leak leak;
	DWORD error;
	bool fired;
	BOOL ok;

	begin(&leak);
	row->before();
	SetLastError(0);
	inject_arm(n);
	ok = row->act();
	error = GetLastError();
	fired = inject_disarm();
	if (!ok) {
		ck_assert_msg(fired && exhaustion_is_told(error),
			      "%s: error %u after %s failed (request %u, from %p)",
			      row->name, error, inject_name(), n, inject_caller());
		exhaustion_serve_again(row);
		ck_assert_msg(row->act(), "%s: %u at the second try, after %s failed "
			      "(request %u, from %p)", row->name, GetLastError(),
			      inject_name(), n, inject_caller());
	}
	row->undo();
	if (getenv("NPFS_TEST_VERBOSE"))
		fprintf(stderr, "%s %u: %s: %s %u\n", row->name, n,
			fired ? inject_name() : "-", ok ? "done" : "refused", error);
	row->after();
	end(&leak);
	return fired;
}

START_TEST(a_refusal_changes_nothing)
{
	const struct exhaustion_call *row = &exhaustion_calls[_i];
	unsigned n = 1;

	/* What a process makes once is made: it stays. */
	row->before();
	ck_assert_msg(row->act(), "%s: %u", row->name, GetLastError());
	row->undo();
	row->after();
	while (walk(row, n))
		ck_assert_uint_lt(n++, EXHAUSTION_N_MOST);
}
END_TEST

/* The table of descriptors has room for @n more. */
static void limit_descriptors(unsigned n)
{
	struct rlimit limit;
	int fds[64], lowest;

	/* The table has gaps: the limit is behind the @n-th free place. */
	ck_assert_uint_lt(n, sizeof(fds) / sizeof(fds[0]));
	for (unsigned i = 0; i <= n; i++) {
		fds[i] = dup(STDERR_FILENO);
		ck_assert_int_ge(fds[i], 0);
	}
	lowest = fds[n];
	for (unsigned i = 0; i <= n; i++)
		close(fds[i]);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void unlimit_descriptors(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What the process has made before is there still, whatever the call that failed wanted. */
START_TEST(a_full_table_of_descriptors_costs_nothing)
{
	const struct exhaustion_call *row = &exhaustion_calls[_i];
	HANDLE bystander = exhaustion_create(OTHER), guest;
	DWORD error;
	BOOL ok;

	ck_assert_ptr_nonnull(bystander);
	row->before();
	ck_assert_msg(row->act(), "%s: %u", row->name, GetLastError());
	row->undo();
	row->after();
	for (unsigned n = 0, is_enough = 0; !is_enough; n++) {
		row->before();
		SetLastError(0);
		limit_descriptors(n);
		ok = row->act();
		error = GetLastError();
		unlimit_descriptors();
		is_enough = ok;
		if (!ok) {
			ck_assert_msg(exhaustion_is_told(error),
				      "%s: error %u with %u descriptors", row->name, error,
				      n);
			ck_assert_msg(row->act(), "%s: %u at the second try after %u "
				      "descriptors", row->name, GetLastError(), n);
		}
		row->undo();
		row->after();
		guest = CreateFileA(OTHER, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		ck_assert_msg(guest != INVALID_HANDLE_VALUE,
			      "%s: a pipe is gone (%u) with %u descriptors", row->name,
			      GetLastError(), n);
		CloseHandle(guest);
		ck_assert(DisconnectNamedPipe(bystander));
		ck_assert(exhaustion_begun(
			ConnectNamedPipe(bystander, &(OVERLAPPED){.hEvent = NULL})));
		ck_assert(CancelIo(bystander));
	}
	CloseHandle(bystander);
}
END_TEST

START_TEST(an_interruption_is_not_seen)
{
	const struct exhaustion_call *row = &exhaustion_calls[_i];
	BOOL ok;

	for (int i = 0; i < 3; i++) {
		row->before();
		inject_interrupts(true);
		ok = row->act();
		inject_interrupts(false);
		ck_assert_msg(ok, "%s: error %u", row->name, GetLastError());
		row->undo();
		row->after();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exhaustion");
	TCase *tc = tcase_create("rows");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_refusal_changes_nothing, 0, (int)exhaustion_n_calls);
	tcase_add_loop_test(tc, a_full_table_of_descriptors_costs_nothing, 0, (int)exhaustion_n_calls);
	tcase_add_loop_test(tc, an_interruption_is_not_seen, 0, (int)exhaustion_n_calls);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
