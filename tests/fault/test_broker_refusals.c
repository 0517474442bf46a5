/* SPDX-License-Identifier: MIT */
/*
 * Nothing is left for the broker: each request for memory, descriptors or disk that it makes
 * for a call is refused in turn
 *
 * The rows are those of exhaustion_calls.h. The broker is npfsd with its calls counted on a
 * page of this process (inject.h): the first fails while the row's call is made, then the
 * second, until it makes no further one. The caller gets what it asked for or the error of an
 * exhausted system; then nothing has changed, which the same call shows by succeeding now.
 * The broker goes on, has no more descriptors than before, and lets its user have no more
 * than a few of everything, so that what is charged and never given back ends the test.
 */
#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "npfs/client/call.h"
#include "tests/fault/exhaustion_calls.h"
#include "tests/fault/inject.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"

static const char *const options[] = {
	"--log-level=error",	"--limit=instances=12",	   "--limit=client-instances=12",
	"--limit=pipes=8",	"--limit=objects=8",	   "--limit=object-opens=12",
	"--limit=waiters=8",	"--limit=connections=16", NULL,
};

static struct test_broker broker;
static struct inject_page *page;

static void setup(void)
{
	char number[16];
	int fd = memfd_create("refusals", 0); /* the broker inherits it */

	test_require(fd >= 0 && ftruncate(fd, sizeof(*page)) == 0, "memfd");
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	test_require(page != MAP_FAILED, "mmap");
	snprintf(number, sizeof(number), "%d", fd);
	setenv(INJECT_ENV, number, 1);
	setenv("NPFSD", TEST_BUILDDIR "/tests/fault/npfsd_refused", 1);
	test_broker_start_with(&broker, options);
	unsetenv(INJECT_ENV);
	close(fd);
	exhaustion_setup();
}

static void teardown(void)
{
	np_call_shutdown();
	test_broker_stop(&broker);
	munmap(page, sizeof(*page));
}

/*
 * What the broker holds for nobody goes when it hears that nobody is there. The library's own
 * thread may have had something to say after the last call, and keeps that connection.
 */
static void wait_for_descriptors(const struct exhaustion_call *row, unsigned n, int before)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	while (test_count_fds(broker.pid) > before) {
		ck_assert_msg(test_now_ms() < end,
			      "%s: the broker keeps a descriptor after %s failed (request %u)",
			      row->name, page->name, n);
		np_call_shutdown();
		sched_yield();
	}
}

/* A kernel that does not say who asks is no friend of his. */
static bool is_told(DWORD error)
{
	return exhaustion_is_told(error) ||
	       (error == ERROR_ACCESS_DENIED && strcmp(page->name, "getsockopt") == 0);
}

/* The row once, with the @n-th request refused. Return: whether there was an @n-th. */
static bool walk(const struct exhaustion_call *row, unsigned n, int before)
{
	DWORD error;
	bool fired;
	BOOL ok;

	row->before();
	SetLastError(0);
	inject_page_arm(page, n);
	ok = row->act();
	error = GetLastError();
	fired = inject_page_disarm(page);
	if (getenv("NPFS_TEST_VERBOSE"))
		fprintf(stderr, "%s %u: %s: %s %u\n", row->name, n, fired ? page->name : "-",
			ok ? "done" : "refused", error);
	if (!ok) {
		ck_assert_msg(fired && is_told(error),
			      "%s: error %u after %s failed (request %u)", row->name, error,
			      page->name, n);
		exhaustion_serve_again(row);
		ck_assert_msg(row->act(),
			      "%s: %u at the second try, after %s failed (request %u)",
			      row->name, GetLastError(), page->name, n);
	}
	row->undo();
	row->after();
	np_call_shutdown();
	wait_for_descriptors(row, n, before);
	return fired;
}

START_TEST(a_refusal_changes_nothing)
{
	const struct exhaustion_call *row = &exhaustion_calls[_i];
	unsigned n = 1;
	int before;

	row->before();
	ck_assert_msg(row->act(), "%s: %u", row->name, GetLastError());
	row->undo();
	row->after();
	np_call_shutdown();
	before = test_count_fds(broker.pid);
	ck_assert_int_gt(before, 0);
	while (walk(row, n, before))
		ck_assert_uint_lt(n++, EXHAUSTION_N_MOST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker refusals");
	TCase *tc = tcase_create("rows");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_refusal_changes_nothing, 0, (int)exhaustion_n_calls);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
