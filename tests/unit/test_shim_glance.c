/* SPDX-License-Identifier: MIT */
/*
 * Glances: what ends while somebody looks stays until he has stopped, ends then at once,
 * and exactly once; and waits that only glance see what they must.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/glance.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/wait.h"
#include "kernel32-shim/wait_glance.h"

#define N_ROUNDS   20000
#define N_WATCHERS 2
#define N_WATCHED  8

static _Atomic unsigned n_destroyed;

struct probe {
	struct object object;
	_Atomic bool is_destroyed;
};

static void probe_destroy(struct object *o)
{
	struct probe *probe = (struct probe *)(void *)o;

	ck_assert(!atomic_exchange(&probe->is_destroyed, true));
	atomic_fetch_add(&n_destroyed, 1);
	free(probe);
}

static const struct object_ops probe_ops = {
	.type = OBJECT_EVENT,
	.signal_kind = OBJECT_SIGNAL_AUTO,
	.name = "probe",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_flag,
	.last_handle_closed = object_closed_nothing,
	.destroy = probe_destroy,
};

static HANDLE probe_new(bool signaled)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	HANDLE h;

	ck_assert_ptr_nonnull(probe);
	object_init(&probe->object, &probe_ops, signaled);
	h = handle_new_take(&probe->object, SYNCHRONIZE, 0);
	ck_assert_ptr_nonnull(h);
	return h;
}

START_TEST(what_ends_in_a_glance_stays_until_it_is_over)
{
	HANDLE h = probe_new(true);
	_Atomic uint32_t *counter = glance_begin();
	struct handle_slot *slot = handle_glance(h);
	struct object *o;

	ck_assert_ptr_nonnull(slot);
	o = handle_slot_object(slot);
	atomic_store(&n_destroyed, 0);
	ck_assert(handle_glance_holds(slot, h));
	ck_assert(CloseHandle(h));
	ck_assert(!handle_glance_holds(slot, h));
	ck_assert_ptr_null(handle_glance(h));
	ck_assert_uint_eq(n_destroyed, 0);
	ck_assert(object_is_signaled(o));
	glance_end(counter);
	ck_assert_uint_eq(n_destroyed, 1);
	ck_assert_ptr_null(atomic_load(&glance_retired));
}
END_TEST

START_TEST(the_last_of_several_glances_lets_go)
{
	HANDLE h[3] = {probe_new(false), probe_new(false), probe_new(false)};
	_Atomic uint32_t *first = glance_begin(), *second;

	atomic_store(&n_destroyed, 0);
	ck_assert(CloseHandle(h[0]));
	second = &glance_counters[(first == &glance_counters[0].n) ? 1 : 0].n;
	atomic_fetch_add(second, 1);
	ck_assert(CloseHandle(h[1]));
	glance_end(first);
	ck_assert_uint_eq(n_destroyed, 0);
	ck_assert(CloseHandle(h[2]));
	glance_end(second);
	ck_assert_uint_eq(n_destroyed, 3);
}
END_TEST

START_TEST(without_a_glance_the_end_is_at_once)
{
	HANDLE h = probe_new(false);

	atomic_store(&n_destroyed, 0);
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(n_destroyed, 1);
}
END_TEST

START_TEST(a_fork_leaves_nobody_looking_in_the_child)
{
	HANDLE h = probe_new(false);
	_Atomic uint32_t *counter = glance_begin();
	int status;
	pid_t child;

	atomic_store(&n_destroyed, 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		CloseHandle(h);
		_exit(n_destroyed == 1 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	glance_end(counter);
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(n_destroyed, 1);
}
END_TEST

/* watchers and one that replaces what they watch */

static HANDLE _Atomic watched[N_WATCHED];
static _Atomic bool racing;

static void *watch(void *user)
{
	unsigned *n_bad = user;

	while (atomic_load(&racing)) {
		HANDLE h[N_WATCHED];
		DWORD result;

		for (unsigned i = 0; i < N_WATCHED; i++)
			h[i] = atomic_load(&watched[i]);
		result = WaitForMultipleObjects(N_WATCHED, h, FALSE, 0);
		if (result == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE)
			continue;
		if (result >= WAIT_OBJECT_0 + N_WATCHED && result != WAIT_TIMEOUT)
			++*n_bad;
	}
	return NULL;
}

START_TEST(waits_race_with_closes)
{
	pthread_t watchers[N_WATCHERS];
	unsigned n_bad[N_WATCHERS] = {0};

	atomic_store(&n_destroyed, 0);
	for (unsigned i = 0; i < N_WATCHED; i++)
		atomic_store(&watched[i], probe_new(false));
	atomic_store(&racing, true);
	for (unsigned i = 0; i < N_WATCHERS; i++)
		ck_assert_int_eq(pthread_create(&watchers[i], NULL, watch, &n_bad[i]), 0);
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		HANDLE old = atomic_load(&watched[i % N_WATCHED]);

		atomic_store(&watched[i % N_WATCHED], probe_new(i % 3 == 0));
		ck_assert(CloseHandle(old));
	}
	atomic_store(&racing, false);
	for (unsigned i = 0; i < N_WATCHERS; i++) {
		ck_assert_int_eq(pthread_join(watchers[i], NULL), 0);
		ck_assert_uint_eq(n_bad[i], 0);
	}
	for (unsigned i = 0; i < N_WATCHED; i++)
		ck_assert(CloseHandle(atomic_load(&watched[i])));
	ck_assert_uint_eq(n_destroyed, N_ROUNDS + N_WATCHED);
	ck_assert_ptr_null(atomic_load(&glance_retired));
}
END_TEST

/* Each signal of an auto-reset event releases one wait, whoever glances at it. */

static _Atomic unsigned n_taken;

static void *take(void *user)
{
	HANDLE *h = user;

	for (;;) {
		DWORD result = WaitForMultipleObjects(3, h, FALSE, INFINITE);

		if (result == WAIT_OBJECT_0)
			return NULL;
		atomic_fetch_add(&n_taken, 1);
		ck_assert(SetEvent(h[3]));
	}
}

START_TEST(each_signal_is_taken_once)
{
	HANDLE h[4];
	pthread_t takers[N_WATCHERS];

	atomic_store(&n_taken, 0);
	for (unsigned i = 0; i < 4; i++) {
		h[i] = CreateEventA(NULL, i == 0, FALSE, NULL);
		ck_assert_ptr_nonnull(h[i]);
	}
	for (unsigned i = 0; i < N_WATCHERS; i++)
		ck_assert_int_eq(pthread_create(&takers[i], NULL, take, h), 0);
	for (unsigned i = 0; i < N_ROUNDS / 4; i++) {
		ck_assert(SetEvent(h[1 + i % 2]));
		ck_assert_uint_eq(WaitForSingleObject(h[3], INFINITE), WAIT_OBJECT_0);
	}
	ck_assert(SetEvent(h[0]));
	for (unsigned i = 0; i < N_WATCHERS; i++)
		ck_assert_int_eq(pthread_join(takers[i], NULL), 0);
	ck_assert_uint_eq(n_taken, N_ROUNDS / 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(CloseHandle(h[i]));
}
END_TEST

/* The first of two that are set, one after the other, is never passed over. */

static void *set_two(void *user)
{
	HANDLE *h = user;

	for (unsigned i = 0; i < N_ROUNDS / 4; i++) {
		SetEvent(h[0]);
		SetEvent(h[1]);
		WaitForSingleObject(h[2], INFINITE);
	}
	return NULL;
}

START_TEST(the_first_that_was_set_is_found_first)
{
	HANDLE h[3];
	pthread_t setter;

	for (unsigned i = 0; i < 3; i++)
		h[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
	ck_assert_int_eq(pthread_create(&setter, NULL, set_two, h), 0);
	for (unsigned i = 0; i < N_ROUNDS / 4; i++) {
		ck_assert_uint_eq(WaitForMultipleObjects(2, h, FALSE, INFINITE),
				  WAIT_OBJECT_0);
		ck_assert_uint_eq(WaitForMultipleObjects(2, h, FALSE, INFINITE),
				  WAIT_OBJECT_0 + 1);
		ck_assert(SetEvent(h[2]));
	}
	ck_assert_int_eq(pthread_join(setter, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(CloseHandle(h[i]));
}
END_TEST

START_TEST(a_glance_finds_no_fault_with_handles_and_takes_none_over)
{
	HANDLE good = CreateEventA(NULL, FALSE, TRUE, NULL);
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	HANDLE stale = CreateEventA(NULL, FALSE, TRUE, NULL);
	HANDLE deaf = NULL;
	HANDLE with_mutex[2] = {mutex, good};
	HANDLE with_stale[2] = {good, stale};
	HANDLE with_deaf[2] = {good, NULL};

	ck_assert(CloseHandle(stale));
	ck_assert(DuplicateHandle(GetCurrentProcess(), good, GetCurrentProcess(), &deaf,
				  EVENT_MODIFY_STATE, FALSE, 0));
	with_deaf[1] = deaf;
	ck_assert_uint_eq(WaitForMultipleObjects(2, with_stale, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_uint_eq(WaitForMultipleObjects(2, with_deaf, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(WaitForSingleObject(deaf, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(WaitForMultipleObjects(2, with_mutex, FALSE, 0), WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	/* nobody took the event's signal */
	ck_assert_uint_eq(WaitForSingleObject(good, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(good, 0), WAIT_TIMEOUT);
	ck_assert(CloseHandle(good));
	ck_assert(CloseHandle(mutex));
	ck_assert(CloseHandle(deaf));
}
END_TEST

/* many: what is known of a set of handles is right, or not used */

#define MANY WAIT_MAX_OBJECTS

static void many_open(HANDLE *h, unsigned n, bool manual)
{
	for (unsigned i = 0; i < n; i++) {
		h[i] = CreateEventA(NULL, manual, FALSE, NULL);
		ck_assert_ptr_nonnull(h[i]);
	}
}

static void many_close(HANDLE *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert(CloseHandle(h[i]));
}

/* Each one of each number of handles, by the glance itself, and each signal once. */
START_TEST(each_of_many_is_found)
{
	HANDLE h[MANY];
	DWORD result;

	many_open(h, MANY, false);
	for (unsigned n = 1; n <= MANY; n++) {
		for (unsigned i = 0; i < n; i++) {
			ck_assert(SetEvent(h[i]));
			ck_assert(wait_glance(h, n, &result));
			ck_assert_uint_eq(result, WAIT_OBJECT_0 + i);
			ck_assert(!wait_glance(h, n, &result));
			ck_assert_uint_eq(WaitForMultipleObjects(n, h, FALSE, 0), WAIT_TIMEOUT);
		}
	}
	many_close(h, MANY);
}
END_TEST

START_TEST(the_first_of_several_that_are_set_is_the_result)
{
	HANDLE h[MANY];

	many_open(h, MANY, true);
	for (unsigned i = MANY; i-- > 0;) {
		ck_assert(SetEvent(h[i]));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, INFINITE),
				  WAIT_OBJECT_0 + i);
		if (i % 3 == 0) /* and when the later ones are not */
			for (unsigned k = i + 1; k < MANY; k += 2)
				ck_assert(ResetEvent(h[k]));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + i);
	}
	for (unsigned i = 0; i < MANY; i++) {
		DWORD at = WaitForMultipleObjects(MANY, h, FALSE, 0) - WAIT_OBJECT_0;

		ck_assert_uint_ge(at, i);
		if (at == WAIT_TIMEOUT)
			break;
		ck_assert_uint_lt(at, MANY);
		ck_assert(ResetEvent(h[at]));
	}
	ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_TIMEOUT);
	many_close(h, MANY);
}
END_TEST

START_TEST(a_closed_one_of_many_is_missed_at_once)
{
	HANDLE h[MANY], old;

	many_open(h, MANY, true);
	ck_assert(SetEvent(h[0]));
	ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0);
	for (unsigned i = 1; i < MANY; i++) {
		old = h[i];
		ck_assert(CloseHandle(old));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_FAILED);
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
		h[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0);
	}
	many_close(h, MANY);
}
END_TEST

/* While somebody holds it pinned, too. */
START_TEST(a_closed_one_of_many_is_missed_before_it_ends)
{
	HANDLE h[MANY];
	struct handle_slot *slot;

	many_open(h, MANY, true);
	ck_assert(SetEvent(h[0]));
	ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0);
	slot = handle_pin_plain(h[MANY - 1]);
	ck_assert_ptr_nonnull(slot);
	ck_assert(CloseHandle(h[MANY - 1]));
	ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_FAILED);
	handle_unpin_plain(slot);
	many_close(h, MANY - 1);
}
END_TEST

START_TEST(two_sets_in_turn_are_not_confused)
{
	HANDLE h[MANY], turned[MANY];

	many_open(h, MANY, true);
	for (unsigned i = 0; i < MANY; i++)
		turned[i] = h[MANY - 1 - i];
	ck_assert(SetEvent(h[5]));
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + 5);
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, turned, FALSE, 0),
				  WAIT_OBJECT_0 + MANY - 1 - 5);
		ck_assert_uint_eq(WaitForMultipleObjects(MANY / 2, turned, FALSE, 0),
				  WAIT_TIMEOUT);
	}
	many_close(h, MANY);
}
END_TEST

START_TEST(a_mutex_among_many_is_found)
{
	HANDLE h[MANY];

	many_open(h, MANY, false);
	ck_assert(CloseHandle(h[40]));
	h[40] = CreateMutexA(NULL, FALSE, NULL);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + 40);
		ck_assert(ReleaseMutex(h[40]));
		ck_assert(SetEvent(h[39]));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + 39);
	}
	many_close(h, MANY);
}
END_TEST

/* Beside 62 others. */
START_TEST(the_first_of_many_is_found_first)
{
	HANDLE h[3], many[MANY];
	pthread_t setter;

	many_open(h, 3, false);
	many_open(many, MANY, false);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(CloseHandle(many[i ? 50 : 20]));
		many[i ? 50 : 20] = h[i];
	}
	ck_assert_int_eq(pthread_create(&setter, NULL, set_two, h), 0);
	for (unsigned i = 0; i < N_ROUNDS / 4; i++) {
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, many, FALSE, INFINITE),
				  WAIT_OBJECT_0 + 20);
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, many, FALSE, INFINITE),
				  WAIT_OBJECT_0 + 50);
		ck_assert(SetEvent(h[2]));
	}
	ck_assert_int_eq(pthread_join(setter, NULL), 0);
	ck_assert(CloseHandle(h[2]));
	many_close(many, MANY);
}
END_TEST

/* hints: nothing is overlooked, whoever has them */

/* Set and reset at random, and compare each wait with what it must find. */
START_TEST(waits_find_what_was_set)
{
	HANDLE h[MANY];
	bool is_set[MANY] = {false};
	unsigned seed = 1;

	many_open(h, MANY / 2, true);
	many_open(h + MANY / 2, MANY / 2, false);
	for (unsigned step = 0; step < N_ROUNDS; step++) {
		unsigned i = (seed = seed * 1103515245 + 12345) >> 16 & (MANY - 1);
		unsigned n = step / 1000 % 2 ? MANY : 40, first = 0;
		DWORD result;

		if (seed >> 8 & 3) {
			ck_assert(SetEvent(h[i]));
			is_set[i] = true;
		} else {
			ck_assert(ResetEvent(h[i]));
			is_set[i] = false;
		}
		if (i < MANY / 2 && seed >> 24 & 3) {
			ck_assert(ResetEvent(h[i]));
			is_set[i] = false;
		}
		while (first < n && !is_set[first])
			first++;
		result = WaitForMultipleObjects(n, h, FALSE, 0);
		ck_assert_uint_eq(result, first < n ? WAIT_OBJECT_0 + first : WAIT_TIMEOUT);
		if (first < n && first >= MANY / 2)
			is_set[first] = false;
	}
	many_close(h, MANY);
}
END_TEST

START_TEST(the_same_event_twice_among_many)
{
	HANDLE h[MANY];

	many_open(h, MANY, false);
	ck_assert(CloseHandle(h[30]));
	h[30] = h[10];
	for (unsigned i = 0; i < 100; i++) {
		ck_assert(SetEvent(h[10]));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + 10);
		ck_assert(SetEvent(h[11]));
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_OBJECT_0 + 11);
		ck_assert_uint_eq(WaitForMultipleObjects(MANY, h, FALSE, 0), WAIT_TIMEOUT);
	}
	h[30] = h[MANY - 1];
	many_close(h, MANY - 1);
}
END_TEST

/* Two threads have the last event in common, and each its own 63. */

struct lane_of_work {
	HANDLE h[MANY], done;
	unsigned n_bad;
};

static void *work(void *user)
{
	struct lane_of_work *w = user;

	for (unsigned i = 0;; i = (i + 1) % (MANY - 1)) {
		DWORD result = WaitForMultipleObjects(MANY, w->h, FALSE, INFINITE);

		if (result == WAIT_OBJECT_0 + MANY - 1)
			return NULL;
		w->n_bad += result != WAIT_OBJECT_0 + i;
		ck_assert(SetEvent(w->done));
	}
}

START_TEST(two_threads_share_one_of_many)
{
	static struct lane_of_work lanes[2];
	HANDLE stop = CreateEventA(NULL, TRUE, FALSE, NULL);
	pthread_t workers[2];

	for (unsigned i = 0; i < 2; i++) {
		many_open(lanes[i].h, MANY - 1, false);
		lanes[i].h[MANY - 1] = stop;
		lanes[i].done = CreateEventA(NULL, FALSE, FALSE, NULL);
		ck_assert_int_eq(pthread_create(&workers[i], NULL, work, &lanes[i]), 0);
	}
	for (unsigned round = 0; round < N_ROUNDS / 8; round++)
		for (unsigned i = 0; i < 2; i++) {
			ck_assert(SetEvent(lanes[i].h[round % (MANY - 1)]));
			ck_assert_uint_eq(WaitForSingleObject(lanes[i].done, INFINITE),
					  WAIT_OBJECT_0);
		}
	ck_assert(SetEvent(stop));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
		ck_assert_uint_eq(lanes[i].n_bad, 0);
		many_close(lanes[i].h, MANY - 1);
		ck_assert(CloseHandle(lanes[i].done));
	}
	ck_assert(CloseHandle(stop));
}
END_TEST

/* Threads come, take the places of another's events for a while, and go. */

static HANDLE wanted[MANY], again;

static void *steal(void *user)
{
	HANDLE h[MANY];

	(void)user;
	for (unsigned i = 0; i < MANY; i++)
		h[i] = wanted[MANY - 1 - i];
	for (unsigned i = 0; i < 5 * WAIT_USES_MIN; i++)
		WaitForMultipleObjects(MANY, h, FALSE, 0);
	return NULL;
}

static void *steal_on(void *user)
{
	while (atomic_load(&racing)) {
		pthread_t thief;

		ck_assert_int_eq(pthread_create(&thief, NULL, steal, user), 0);
		ck_assert_int_eq(pthread_join(thief, NULL), 0);
	}
	return NULL;
}

static void *set_in_order(void *user)
{
	(void)user;
	for (unsigned i = 0; i < N_ROUNDS / 8; i++) {
		SetEvent(wanted[20]);
		SetEvent(wanted[50]);
		WaitForSingleObject(again, INFINITE);
	}
	return NULL;
}

static void *meet_in_order(void *user)
{
	unsigned *n_badp = user;

	for (unsigned i = 0; i < N_ROUNDS / 8; i++) {
		*n_badp += WaitForMultipleObjects(MANY, wanted, FALSE, INFINITE) !=
			   WAIT_OBJECT_0 + 20;
		ResetEvent(wanted[20]);
		*n_badp += WaitForMultipleObjects(MANY, wanted, FALSE, INFINITE) !=
			   WAIT_OBJECT_0 + 50;
		ResetEvent(wanted[50]);
		SetEvent(again);
	}
	return NULL;
}

START_TEST(the_first_is_found_first_while_places_are_lost)
{
	pthread_t setter, waiter, thieves;
	unsigned n_bad = 0;

	many_open(wanted, MANY, true);
	again = CreateEventA(NULL, FALSE, FALSE, NULL);
	atomic_store(&racing, true);
	ck_assert_int_eq(pthread_create(&thieves, NULL, steal_on, NULL), 0);
	ck_assert_int_eq(pthread_create(&waiter, NULL, meet_in_order, &n_bad), 0);
	ck_assert_int_eq(pthread_create(&setter, NULL, set_in_order, NULL), 0);
	ck_assert_int_eq(pthread_join(setter, NULL), 0);
	ck_assert_int_eq(pthread_join(waiter, NULL), 0);
	atomic_store(&racing, false);
	ck_assert_int_eq(pthread_join(thieves, NULL), 0);
	ck_assert_uint_eq(n_bad, 0);
	many_close(wanted, MANY);
	ck_assert(CloseHandle(again));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_glance");
	TCase *tc = tcase_create("glance");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_ends_in_a_glance_stays_until_it_is_over);
	tcase_add_test(tc, the_last_of_several_glances_lets_go);
	tcase_add_test(tc, without_a_glance_the_end_is_at_once);
	tcase_add_test(tc, a_fork_leaves_nobody_looking_in_the_child);
	tcase_add_test(tc, waits_race_with_closes);
	tcase_add_test(tc, each_signal_is_taken_once);
	tcase_add_test(tc, the_first_that_was_set_is_found_first);
	tcase_add_test(tc, a_glance_finds_no_fault_with_handles_and_takes_none_over);
	tcase_add_test(tc, each_of_many_is_found);
	tcase_add_test(tc, the_first_of_several_that_are_set_is_the_result);
	tcase_add_test(tc, a_closed_one_of_many_is_missed_at_once);
	tcase_add_test(tc, a_closed_one_of_many_is_missed_before_it_ends);
	tcase_add_test(tc, two_sets_in_turn_are_not_confused);
	tcase_add_test(tc, a_mutex_among_many_is_found);
	tcase_add_test(tc, the_first_of_many_is_found_first);
	tcase_add_test(tc, waits_find_what_was_set);
	tcase_add_test(tc, the_same_event_twice_among_many);
	tcase_add_test(tc, two_threads_share_one_of_many);
	tcase_add_test(tc, the_first_is_found_first_while_places_are_lost);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
