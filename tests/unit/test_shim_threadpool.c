/* SPDX-License-Identifier: MIT */
/*
 * Thread pools: callbacks run as often as they were asked for and not after they were taken
 * back, pools grow when they must and no further, waits lose nothing, what ends ends.
 *
 * Nothing here depends on how long something takes: a test waits for events, with a
 * deadline that only a failure reaches.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/threadpool.h"
#include "tests/lib/sanitizer.h"

#define FAILURE_MS 120000

static HANDLE event_new(BOOL manual)
{
	HANDLE h = CreateEventA(NULL, manual, FALSE, NULL);

	ck_assert_ptr_nonnull(h);
	return h;
}

static void wait_for(HANDLE h)
{
	ck_assert_uint_eq(WaitForSingleObject(h, FAILURE_MS), WAIT_OBJECT_0);
}

static FILETIME due_in_ms(int64_t ms)
{
	uint64_t ticks = (uint64_t)(-ms * 10000);

	return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

/* What callbacks leave for the test. */
struct scene {
	_Atomic unsigned n_calls;
	_Atomic unsigned n_inside;
	_Atomic unsigned most_inside;
	unsigned wanted; /* sets reached at this many calls */
	HANDLE reached;
	HANDLE gate; /* manual: callbacks wait here */
	_Atomic DWORD last_result;
	_Atomic unsigned n_other;
	BOOL answer;
};

static void scene_init(struct scene *s, unsigned wanted)
{
	memset(s, 0, sizeof(*s));
	s->wanted = wanted;
	s->reached = event_new(TRUE);
	s->gate = event_new(TRUE);
}

static void scene_fini(struct scene *s)
{
	ck_assert(CloseHandle(s->reached));
	ck_assert(CloseHandle(s->gate));
}

/* Who is not the last must not look at the scene any more: it may be gone. */
static void count_call(struct scene *s)
{
	unsigned wanted = s->wanted;
	HANDLE reached = s->reached;

	if (atomic_fetch_add(&s->n_calls, 1) + 1 == wanted)
		SetEvent(reached);
}

static void CALLBACK count_work(PTP_CALLBACK_INSTANCE instance, void *context,
				PTP_WORK work)
{
	(void)instance;
	(void)work;
	count_call(context);
}

/* Counts, then waits until the gate is open. */
static void pass_gate(struct scene *s)
{
	unsigned inside = atomic_fetch_add(&s->n_inside, 1) + 1;
	unsigned most = atomic_load(&s->most_inside);

	while (inside > most &&
	       !atomic_compare_exchange_weak(&s->most_inside, &most, inside))
		;
	count_call(s);
	WaitForSingleObject(s->gate, INFINITE);
	atomic_fetch_sub(&s->n_inside, 1);
}

static void CALLBACK gated_work(PTP_CALLBACK_INSTANCE instance, void *context,
				PTP_WORK work)
{
	(void)instance;
	(void)work;
	pass_gate(context);
}

static void CALLBACK gated_simple(PTP_CALLBACK_INSTANCE instance, void *context)
{
	(void)instance;
	pass_gate(context);
}

static void CALLBACK count_simple(PTP_CALLBACK_INSTANCE instance, void *context)
{
	(void)instance;
	count_call(context);
}

static void CALLBACK count_timer(PTP_CALLBACK_INSTANCE instance, void *context,
				 PTP_TIMER timer)
{
	(void)instance;
	(void)timer;
	count_call(context);
}

/* A pool of one thread, which is held up until the scene's gate opens. */
static PTP_POOL pool_held_up(struct scene *s, TP_CALLBACK_ENVIRON *environment)
{
	PTP_POOL pool = CreateThreadpool(NULL);

	ck_assert_ptr_nonnull(pool);
	SetThreadpoolThreadMaximum(pool, 1);
	InitializeThreadpoolEnvironment(environment);
	SetThreadpoolCallbackPool(environment, pool);
	scene_init(s, 1);
	ck_assert(TrySubmitThreadpoolCallback(gated_simple, s, environment));
	wait_for(s->reached);
	return pool;
}

/* work */

START_TEST(work_runs_as_often_as_it_was_submitted)
{
	struct scene s;
	PTP_WORK work;

	scene_init(&s, 1000);
	work = CreateThreadpoolWork(count_work, &s, NULL);
	ck_assert_ptr_nonnull(work);
	for (int i = 0; i < 1000; i++)
		SubmitThreadpoolWork(work);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_eq(s.n_calls, 1000);
	CloseThreadpoolWork(work);
	scene_fini(&s);
}
END_TEST

START_TEST(cancelling_takes_back_what_has_not_begun)
{
	TP_CALLBACK_ENVIRON environment;
	struct scene holder, s;
	PTP_POOL pool = pool_held_up(&holder, &environment);
	PTP_WORK work;

	scene_init(&s, 1);
	work = CreateThreadpoolWork(count_work, &s, &environment);
	for (int i = 0; i < 5; i++)
		SubmitThreadpoolWork(work);
	WaitForThreadpoolWorkCallbacks(work, TRUE);
	SubmitThreadpoolWork(work);
	SetEvent(holder.gate);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_eq(s.n_calls, 1);
	CloseThreadpoolWork(work);
	CloseThreadpool(pool);
	scene_fini(&s);
	scene_fini(&holder);
}
END_TEST

START_TEST(callbacks_that_wait_for_each_other_all_get_threads)
{
	struct scene s;
	PTP_WORK work;

	scene_init(&s, 40);
	work = CreateThreadpoolWork(gated_work, &s, NULL);
	for (int i = 0; i < 40; i++)
		SubmitThreadpoolWork(work);
	wait_for(s.reached);
	ck_assert_uint_eq(s.n_inside, 40);
	SetEvent(s.gate);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	CloseThreadpoolWork(work);
	scene_fini(&s);
}
END_TEST

START_TEST(a_pool_keeps_to_its_maximum)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;
	PTP_WORK work;

	ck_assert_ptr_nonnull(pool);
	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	SetThreadpoolThreadMaximum(pool, 3);
	scene_init(&s, 3);
	work = CreateThreadpoolWork(gated_work, &s, &environment);
	for (int i = 0; i < 30; i++)
		SubmitThreadpoolWork(work);
	wait_for(s.reached);
	ck_assert_uint_eq(tp_pool_n_threads(pool), 3);
	SetEvent(s.gate);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_eq(s.n_calls, 30);
	ck_assert_uint_eq(s.most_inside, 3);
	CloseThreadpoolWork(work);
	CloseThreadpool(pool);
	scene_fini(&s);
}
END_TEST

START_TEST(the_minimum_is_there_at_once_and_a_maximum_below_moves_it)
{
	PTP_POOL pool = CreateThreadpool(NULL);

	ck_assert_ptr_nonnull(pool);
	ck_assert(SetThreadpoolThreadMinimum(pool, 4));
	ck_assert_uint_eq(tp_pool_n_threads(pool), 4);
	SetThreadpoolThreadMaximum(pool, 2);
	ck_assert(SetThreadpoolThreadMinimum(pool, 3));
	ck_assert_uint_eq(tp_pool_n_threads(pool), 4);
	CloseThreadpool(pool);
}
END_TEST

static char order[8];
static _Atomic unsigned n_order;

static void CALLBACK note_order(PTP_CALLBACK_INSTANCE instance, void *context)
{
	(void)instance;
	order[atomic_fetch_add(&n_order, 1)] = *(const char *)context;
}

START_TEST(higher_priority_goes_first)
{
	TP_CALLBACK_ENVIRON environment;
	struct scene holder, s;
	PTP_POOL pool = pool_held_up(&holder, &environment);

	SetThreadpoolCallbackPriority(&environment, TP_CALLBACK_PRIORITY_LOW);
	ck_assert(TrySubmitThreadpoolCallback(note_order, (void *)"l", &environment));
	SetThreadpoolCallbackPriority(&environment, TP_CALLBACK_PRIORITY_NORMAL);
	ck_assert(TrySubmitThreadpoolCallback(note_order, (void *)"n", &environment));
	SetThreadpoolCallbackPriority(&environment, TP_CALLBACK_PRIORITY_HIGH);
	ck_assert(TrySubmitThreadpoolCallback(note_order, (void *)"h", &environment));
	ck_assert(TrySubmitThreadpoolCallback(note_order, (void *)"H", &environment));
	SetThreadpoolCallbackPriority(&environment, TP_CALLBACK_PRIORITY_LOW);
	scene_init(&s, 1);
	ck_assert(TrySubmitThreadpoolCallback(count_simple, &s, &environment));
	SetEvent(holder.gate);
	wait_for(s.reached);
	ck_assert_str_eq(order, "hHnl");
	CloseThreadpool(pool);
	scene_fini(&s);
	scene_fini(&holder);
}
END_TEST

START_TEST(work_may_be_closed_while_it_runs_and_is_pending)
{
	struct scene s;
	PTP_WORK work;

	scene_init(&s, 2);
	work = CreateThreadpoolWork(gated_work, &s, NULL);
	SubmitThreadpoolWork(work);
	SubmitThreadpoolWork(work);
	CloseThreadpoolWork(work);
	wait_for(s.reached);
	SetEvent(s.gate);
	/* The last of them may still be on its way out. */
	while (atomic_load(&s.n_inside))
		sched_yield();
	scene_fini(&s);
}
END_TEST

START_TEST(null_callbacks_are_refused)
{
	HANDLE h = event_new(TRUE), out;

	ck_assert(!TrySubmitThreadpoolCallback(NULL, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(CreateThreadpoolWork(NULL, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(CreateThreadpoolTimer(NULL, NULL, NULL));
	ck_assert_ptr_null(CreateThreadpoolWait(NULL, NULL, NULL));
	ck_assert_ptr_null(CreateThreadpoolIo(h, NULL, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!QueueUserWorkItem(NULL, NULL, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!BindIoCompletionCallback(h, NULL, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!RegisterWaitForSingleObject(&out, h, NULL, NULL, 0, 0));
	ck_assert(!CreateTimerQueueTimer(&out, NULL, NULL, NULL, 0, 0, 0));
	ck_assert_ptr_null(CreateThreadpool(h));
	ck_assert(CloseHandle(h));
}
END_TEST

/* instances */

static CRITICAL_SECTION section;
static HANDLE returns_event, returns_semaphore, returns_mutex;

static void CALLBACK leave_things(PTP_CALLBACK_INSTANCE instance, void *context)
{
	struct scene *s = context;

	EnterCriticalSection(&section);
	WaitForSingleObject(returns_mutex, INFINITE);
	LeaveCriticalSectionWhenCallbackReturns(instance, &section);
	ReleaseMutexWhenCallbackReturns(instance, returns_mutex);
	ReleaseSemaphoreWhenCallbackReturns(instance, returns_semaphore, 2);
	SetEventWhenCallbackReturns(instance, returns_event);
	if (WaitForSingleObject(returns_event, 0) == WAIT_TIMEOUT &&
	    WaitForSingleObject(returns_semaphore, 0) == WAIT_TIMEOUT)
		count_call(s);
}

START_TEST(things_are_released_when_the_callback_returns)
{
	struct scene s;

	scene_init(&s, 1);
	InitializeCriticalSection(&section);
	returns_event = event_new(TRUE);
	returns_mutex = CreateMutexA(NULL, FALSE, NULL);
	returns_semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
	ck_assert(TrySubmitThreadpoolCallback(leave_things, &s, NULL));
	wait_for(returns_event);
	ck_assert_uint_eq(s.n_calls, 1);
	/* The event comes after the others. */
	ck_assert_uint_eq(WaitForSingleObject(returns_semaphore, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(returns_semaphore, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(returns_semaphore, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(WaitForSingleObject(returns_mutex, 0), WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(returns_mutex));
	ck_assert(TryEnterCriticalSection(&section));
	LeaveCriticalSection(&section);
	DeleteCriticalSection(&section);
	CloseHandle(returns_event);
	CloseHandle(returns_mutex);
	CloseHandle(returns_semaphore);
	scene_fini(&s);
}
END_TEST

static void CALLBACK disassociate(PTP_CALLBACK_INSTANCE instance, void *context,
				  PTP_WORK work)
{
	struct scene *s = context;

	DisassociateCurrentThreadFromCallback(instance);
	/* It may even wait for itself now. */
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	pass_gate(s);
}

START_TEST(a_disassociated_callback_is_not_waited_for)
{
	struct scene s;
	PTP_WORK work;

	scene_init(&s, 1);
	work = CreateThreadpoolWork(disassociate, &s, NULL);
	SubmitThreadpoolWork(work);
	wait_for(s.reached);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_eq(s.n_inside, 1);
	SetEvent(s.gate);
	CloseThreadpoolWork(work);
	while (atomic_load(&s.n_inside))
		sched_yield();
	scene_fini(&s);
}
END_TEST

static void CALLBACK ask_for_long(PTP_CALLBACK_INSTANCE instance, void *context,
				  PTP_WORK work)
{
	struct scene *s = context;

	(void)work;
	s->answer = CallbackMayRunLong(instance);
	count_call(s);
}

START_TEST(may_run_long_depends_on_room_for_others)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;
	PTP_WORK work;

	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	scene_init(&s, 0);
	work = CreateThreadpoolWork(ask_for_long, &s, &environment);
	for (DWORD most = 1; most <= 2; most++) {
		SetThreadpoolThreadMaximum(pool, most);
		SubmitThreadpoolWork(work);
		WaitForThreadpoolWorkCallbacks(work, FALSE);
		ck_assert_uint_eq(s.n_calls, most);
		ck_assert_int_eq(s.answer, most > 1);
	}
	CloseThreadpoolWork(work);
	CloseThreadpool(pool);
	scene_fini(&s);
}
END_TEST

static void CALLBACK finalized(PTP_CALLBACK_INSTANCE instance, void *context)
{
	struct scene *s = context;

	(void)instance;
	if (atomic_load(&s->n_calls) == 1)
		SetEvent(s->gate);
}

START_TEST(the_finalization_callback_comes_after_the_callback)
{
	TP_CALLBACK_ENVIRON environment;
	struct scene s;

	InitializeThreadpoolEnvironment(&environment);
	environment.FinalizationCallback = finalized;
	scene_init(&s, 1);
	ck_assert(TrySubmitThreadpoolCallback(count_simple, &s, &environment));
	wait_for(s.gate);
	scene_fini(&s);
}
END_TEST

static void CALLBACK end_thread(PTP_CALLBACK_INSTANCE instance, void *context)
{
	(void)instance;
	count_call(context);
	ExitThread(0);
}

START_TEST(a_pool_survives_threads_that_exit_in_callbacks)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;

	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	SetThreadpoolThreadMaximum(pool, 2);
	scene_init(&s, 10);
	for (int i = 0; i < 10; i++)
		ck_assert(TrySubmitThreadpoolCallback(end_thread, &s, &environment));
	wait_for(s.reached);
	CloseThreadpool(pool);
	scene_fini(&s);
}
END_TEST

/* threads come and go */

static pthread_key_t end_key;
static HANDLE thread_ended; /* semaphore */

static void note_end(void *value)
{
	(void)value;
	ReleaseSemaphore(thread_ended, 1, NULL);
}

static void CALLBACK mark_thread(PTP_CALLBACK_INSTANCE instance, void *context)
{
	(void)instance;
	pthread_setspecific(end_key, context);
	count_call(context);
}

static void ends_begin(void)
{
	thread_ended = CreateSemaphoreA(NULL, 0, 1000, NULL);
	ck_assert_int_eq(pthread_key_create(&end_key, note_end), 0);
}

static void ends_finish(void)
{
	pthread_key_delete(end_key);
	CloseHandle(thread_ended);
}

START_TEST(threads_end_with_their_pool)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;

	ends_begin();
	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	SetThreadpoolThreadMaximum(pool, 1);
	scene_init(&s, 1);
	ck_assert(TrySubmitThreadpoolCallback(mark_thread, &s, &environment));
	wait_for(s.reached);
	CloseThreadpool(pool);
	wait_for(thread_ended);
	ends_finish();
	scene_fini(&s);
}
END_TEST

START_TEST(threads_without_work_end)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;

	tp_set_idle_time(1);
	ends_begin();
	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	scene_init(&s, 1);
	ck_assert(TrySubmitThreadpoolCallback(mark_thread, &s, &environment));
	wait_for(thread_ended);
	ck_assert_uint_eq(tp_pool_n_threads(pool), 0);
	/* and new ones come when they are needed */
	ck_assert(TrySubmitThreadpoolCallback(mark_thread, &s, &environment));
	wait_for(thread_ended);
	ck_assert_uint_eq(s.n_calls, 2);
	CloseThreadpool(pool);
	ends_finish();
	scene_fini(&s);
}
END_TEST

/* Submitting races with threads that leave: nothing may be left lying. */
START_TEST(no_callback_is_lost_to_a_leaving_thread)
{
	PTP_POOL pool = CreateThreadpool(NULL);
	TP_CALLBACK_ENVIRON environment;
	struct scene s;
	PTP_WORK work;

	tp_set_idle_time(0);
	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackPool(&environment, pool);
	scene_init(&s, 0);
	work = CreateThreadpoolWork(count_work, &s, &environment);
	for (unsigned i = 1; i <= 500; i++) {
		SubmitThreadpoolWork(work);
		WaitForThreadpoolWorkCallbacks(work, FALSE);
		ck_assert_uint_eq(s.n_calls, i);
	}
	CloseThreadpoolWork(work);
	CloseThreadpool(pool);
	scene_fini(&s);
}
END_TEST

static DWORD WINAPI submit_many(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		SubmitThreadpoolWork(arg);
		if (i % 64 == 0)
			WaitForThreadpoolWorkCallbacks(arg, i % 128 == 0);
	}
	return 0;
}

START_TEST(submitters_and_cancellers_may_hurry)
{
	struct scene s;
	HANDLE threads[4];
	PTP_WORK work;

	scene_init(&s, 0);
	work = CreateThreadpoolWork(count_work, &s, NULL);
	for (int i = 0; i < 4; i++)
		threads[i] = CreateThread(NULL, 0, submit_many, work, 0, NULL);
	ck_assert_uint_eq(WaitForMultipleObjects(4, threads, TRUE, FAILURE_MS),
			  WAIT_OBJECT_0);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_le(s.n_calls, 8000);
	ck_assert_uint_gt(s.n_calls, 0);
	CloseThreadpoolWork(work);
	for (int i = 0; i < 4; i++)
		CloseHandle(threads[i]);
	scene_fini(&s);
}
END_TEST

/* groups */

static void CALLBACK count_group_cancel(void *object_context, void *cleanup_context)
{
	(void)object_context;
	atomic_fetch_add(&((struct scene *)cleanup_context)->n_other, 1);
}

START_TEST(a_group_closes_its_members_and_waits_for_them)
{
	PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
	TP_CALLBACK_ENVIRON environment;
	struct scene s;
	PTP_WORK work;

	ck_assert_ptr_nonnull(group);
	InitializeThreadpoolEnvironment(&environment);
	SetThreadpoolCallbackCleanupGroup(&environment, group, count_group_cancel);
	scene_init(&s, 10);
	work = CreateThreadpoolWork(count_work, &s, &environment);
	for (int i = 0; i < 8; i++)
		SubmitThreadpoolWork(work);
	ck_assert(TrySubmitThreadpoolCallback(count_simple, &s, &environment));
	ck_assert(TrySubmitThreadpoolCallback(count_simple, &s, &environment));
	/* one the program closes itself */
	CloseThreadpoolWork(CreateThreadpoolWork(count_work, &s, &environment));
	CloseThreadpoolCleanupGroupMembers(group, FALSE, &s);
	ck_assert_uint_eq(s.n_calls, 10);
	ck_assert_uint_eq(s.n_other, 0);
	CloseThreadpoolCleanupGroup(group);
	scene_fini(&s);
}
END_TEST

START_TEST(a_cancelled_group_says_so_to_each_member)
{
	PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
	TP_CALLBACK_ENVIRON environment;
	struct scene holder, s;
	PTP_POOL pool = pool_held_up(&holder, &environment);
	PTP_WORK work;
	FILETIME later = due_in_ms(1000 * 1000);
	PTP_TIMER timer;

	SetThreadpoolCallbackCleanupGroup(&environment, group, count_group_cancel);
	scene_init(&s, 1);
	work = CreateThreadpoolWork(count_work, &s, &environment);
	SubmitThreadpoolWork(work);
	ck_assert(TrySubmitThreadpoolCallback(count_simple, &s, &environment));
	timer = CreateThreadpoolTimer(count_timer, &s, &environment);
	SetThreadpoolTimer(timer, &later, 0, 0);
	CloseThreadpoolCleanupGroupMembers(group, TRUE, &s);
	SetEvent(holder.gate);
	ck_assert_uint_eq(s.n_calls, 0);
	ck_assert_uint_eq(s.n_other, 3);
	CloseThreadpoolCleanupGroup(group);
	CloseThreadpool(pool);
	while (atomic_load(&holder.n_inside))
		sched_yield();
	scene_fini(&s);
	scene_fini(&holder);
}
END_TEST

/* timers */

START_TEST(a_timer_fires_once_or_each_period_until_it_is_taken_away)
{
	FILETIME now = {0, 0}, past = {1, 1}, soon = due_in_ms(1);
	struct scene s;
	PTP_TIMER timer;

	scene_init(&s, 1);
	timer = CreateThreadpoolTimer(count_timer, &s, NULL);
	ck_assert_ptr_nonnull(timer);
	ck_assert(!IsThreadpoolTimerSet(timer));
	SetThreadpoolTimer(timer, &now, 0, 0);
	ck_assert(IsThreadpoolTimerSet(timer));
	wait_for(s.reached);
	ResetEvent(s.reached);
	s.wanted = 2;
	SetThreadpoolTimer(timer, &past, 0, 0); /* absolute, long ago */
	wait_for(s.reached);
	ResetEvent(s.reached);
	s.wanted = 6;
	SetThreadpoolTimer(timer, &soon, 1, 0);
	wait_for(s.reached);
	SetThreadpoolTimer(timer, NULL, 0, 0);
	ck_assert(!IsThreadpoolTimerSet(timer));
	WaitForThreadpoolTimerCallbacks(timer, TRUE);
	s.n_calls = 0;
	CloseThreadpoolTimer(timer);
	ck_assert_uint_eq(s.n_calls, 0);
	scene_fini(&s);
}
END_TEST

START_TEST(setting_a_timer_says_whether_one_was_taken_back)
{
	FILETIME later = due_in_ms(1000 * 1000), now = {0, 0};
	struct scene s;
	PTP_TIMER timer;

	scene_init(&s, 1);
	timer = CreateThreadpoolTimer(count_timer, &s, NULL);
	ck_assert(!SetThreadpoolTimerEx(timer, &later, 0, 0));
	ck_assert(SetThreadpoolTimerEx(timer, &now, 0, 0));
	wait_for(s.reached);
	WaitForThreadpoolTimerCallbacks(timer, FALSE);
	ck_assert(!SetThreadpoolTimerEx(timer, NULL, 0, 0));
	ck_assert_uint_eq(s.n_calls, 1);
	CloseThreadpoolTimer(timer);
	scene_fini(&s);
}
END_TEST

/* Many alarms, set and cleared in all orders: each that stays fires once. At first none is
 * due before it is set again. */
START_TEST(many_timers_fire_each_once)
{
	enum { N = 300 };
	PTP_TIMER timers[N];
	FILETIME due;
	struct scene s;

	scene_init(&s, N - N / 3);
	for (int i = 0; i < N; i++) {
		timers[i] = CreateThreadpoolTimer(count_timer, &s, NULL);
		due = due_in_ms(1000 * 1000 + (i * 7919) % 97);
		SetThreadpoolTimer(timers[i], &due, 0, 0);
	}
	for (int i = 0; i < N; i++) {
		due = due_in_ms(1 + (i * 104729) % 53);
		SetThreadpoolTimer(timers[i], i % 3 ? &due : NULL, 0, 0);
	}
	wait_for(s.reached);
	for (int i = 0; i < N; i++) {
		WaitForThreadpoolTimerCallbacks(timers[i], FALSE);
		CloseThreadpoolTimer(timers[i]);
	}
	ck_assert_uint_eq(s.n_calls, N - N / 3);
	scene_fini(&s);
}
END_TEST

/* waits */

static void CALLBACK count_wait(PTP_CALLBACK_INSTANCE instance, void *context,
				PTP_WAIT wait, TP_WAIT_RESULT result)
{
	struct scene *s = context;

	(void)instance;
	(void)wait;
	s->last_result = result;
	count_call(s);
}

START_TEST(a_wait_calls_back_once_for_a_signal_or_for_the_time)
{
	HANDLE event = event_new(FALSE);
	FILETIME soon = due_in_ms(1), now = {0, 0};
	struct scene s;
	PTP_WAIT wait;

	scene_init(&s, 1);
	wait = CreateThreadpoolWait(count_wait, &s, NULL);
	SetThreadpoolWait(wait, event, NULL);
	ck_assert(SetEvent(event));
	wait_for(s.reached);
	WaitForThreadpoolWaitCallbacks(wait, FALSE);
	ck_assert_uint_eq(s.last_result, WAIT_OBJECT_0);
	/* It took the signal, and it is over. */
	ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	ck_assert(!SetThreadpoolWaitEx(wait, NULL, NULL, NULL));

	ResetEvent(s.reached);
	s.wanted = 2;
	SetThreadpoolWait(wait, event, &soon);
	wait_for(s.reached);
	WaitForThreadpoolWaitCallbacks(wait, FALSE);
	ck_assert_uint_eq(s.last_result, WAIT_TIMEOUT);

	/* Ready and out of time at once counts as ready. */
	ResetEvent(s.reached);
	s.wanted = 3;
	ck_assert(SetEvent(event));
	SetThreadpoolWait(wait, event, &now);
	wait_for(s.reached);
	WaitForThreadpoolWaitCallbacks(wait, FALSE);
	ck_assert_uint_eq(s.last_result, WAIT_OBJECT_0);

	SetThreadpoolWait(wait, event, NULL);
	ck_assert(SetThreadpoolWaitEx(wait, NULL, NULL, NULL));
	ck_assert(SetEvent(event));
	ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(s.n_calls, 3);
	CloseThreadpoolWait(wait);
	CloseHandle(event);
	scene_fini(&s);
}
END_TEST

START_TEST(more_waits_than_one_thread_can_hold)
{
	enum { N = 200 };
	HANDLE events[N];
	PTP_WAIT waits[N];
	struct scene s;

	scene_init(&s, N);
	for (int i = 0; i < N; i++) {
		events[i] = event_new(FALSE);
		waits[i] = CreateThreadpoolWait(count_wait, &s, NULL);
		SetThreadpoolWait(waits[i], events[i], NULL);
	}
	for (int i = 0; i < N; i++)
		ck_assert(SetEvent(events[(i * 77) % N]));
	wait_for(s.reached);
	for (int i = 0; i < N; i++) {
		WaitForThreadpoolWaitCallbacks(waits[i], FALSE);
		CloseThreadpoolWait(waits[i]);
		CloseHandle(events[i]);
	}
	ck_assert_uint_eq(s.n_calls, N);
	scene_fini(&s);
}
END_TEST

static DWORD WINAPI release_many(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		ReleaseSemaphore(arg, 1, NULL);
		sched_yield();
	}
	return 0;
}

START_TEST(withdrawing_a_wait_loses_no_count)
{
	HANDLE semaphore = CreateSemaphoreA(NULL, 0, 100000, NULL);
	struct scene s;
	PTP_WAIT wait;
	HANDLE thread;
	unsigned left = 0;

	scene_init(&s, 0);
	wait = CreateThreadpoolWait(count_wait, &s, NULL);
	thread = CreateThread(NULL, 0, release_many, semaphore, 0, NULL);
	while (WaitForSingleObject(thread, 0) == WAIT_TIMEOUT) {
		SetThreadpoolWait(wait, semaphore, NULL);
		sched_yield();
		SetThreadpoolWait(wait, NULL, NULL);
	}
	WaitForThreadpoolWaitCallbacks(wait, FALSE);
	while (WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0)
		left++;
	ck_assert_uint_eq(s.n_calls + left, 1000);
	CloseThreadpoolWait(wait);
	CloseHandle(thread);
	CloseHandle(semaphore);
	scene_fini(&s);
}
END_TEST

/* the older faces */

static DWORD WINAPI count_item(void *context)
{
	count_call(context);
	return 0;
}

static void CALLBACK count_apc(ULONG_PTR context)
{
	count_call((struct scene *)context);
}

static DWORD WINAPI queue_apc_to_itself(void *context)
{
	QueueUserAPC(count_apc, GetCurrentThread(), (ULONG_PTR)context);
	return 0;
}

START_TEST(work_items_run_and_io_threads_take_their_apcs)
{
	struct scene s;

	scene_init(&s, 100);
	for (int i = 0; i < 100; i++)
		ck_assert(QueueUserWorkItem(count_item, &s,
					    i % 2 ? WT_EXECUTELONGFUNCTION
						  : WT_EXECUTEDEFAULT));
	wait_for(s.reached);
	scene_fini(&s);
	scene_init(&s, 1);
	ck_assert(QueueUserWorkItem(queue_apc_to_itself, &s, WT_EXECUTEINIOTHREAD));
	wait_for(s.reached);
	scene_fini(&s);
}
END_TEST

static void CALLBACK count_registered(void *context, BOOLEAN timed_out)
{
	struct scene *s = context;

	s->last_result = timed_out ? WAIT_TIMEOUT : WAIT_OBJECT_0;
	count_call(s);
}

static void CALLBACK gated_registered(void *context, BOOLEAN timed_out)
{
	(void)timed_out;
	pass_gate(context);
}

START_TEST(a_registered_wait_calls_back_for_each_signal)
{
	HANDLE semaphore = CreateSemaphoreA(NULL, 0, 100, NULL), wait;
	struct scene s;

	scene_init(&s, 20);
	ck_assert(RegisterWaitForSingleObject(&wait, semaphore, count_registered, &s,
					      INFINITE, WT_EXECUTEDEFAULT));
	for (int i = 0; i < 4; i++)
		ck_assert(ReleaseSemaphore(semaphore, 5, NULL));
	wait_for(s.reached);
	/* It is no handle to close. */
	ck_assert(!CloseHandle(wait));
	ck_assert(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
	ck_assert(!UnregisterWait(wait));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_uint_eq(s.n_calls, 20);
	ck_assert(ReleaseSemaphore(semaphore, 1, NULL));
	ck_assert_uint_eq(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
	CloseHandle(semaphore);
	scene_fini(&s);
}
END_TEST

START_TEST(once_is_once_and_time_comes_again)
{
	HANDLE event = event_new(TRUE), wait;
	struct scene s;

	scene_init(&s, 1);
	ck_assert(SetEvent(event));
	ck_assert(RegisterWaitForSingleObject(&wait, event, count_registered, &s,
					      INFINITE, WT_EXECUTEONLYONCE));
	wait_for(s.reached);
	ck_assert_uint_eq(s.last_result, WAIT_OBJECT_0);
	UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(s.n_calls, 1);
	scene_fini(&s);

	ResetEvent(event);
	scene_init(&s, 3);
	ck_assert(RegisterWaitForSingleObject(&wait, event, count_registered, &s, 1,
					      WT_EXECUTEINWAITTHREAD));
	wait_for(s.reached);
	ck_assert_uint_eq(s.last_result, WAIT_TIMEOUT);
	ck_assert(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
	CloseHandle(event);
	scene_fini(&s);
}
END_TEST

START_TEST(unregistering_says_that_a_callback_runs_and_tells_when_it_has_returned)
{
	HANDLE event = event_new(FALSE), done = event_new(TRUE), wait;
	struct scene s;

	scene_init(&s, 1);
	ck_assert(SetEvent(event));
	ck_assert(RegisterWaitForSingleObject(&wait, event, gated_registered, &s,
					      INFINITE, WT_EXECUTEDEFAULT));
	wait_for(s.reached);
	ck_assert(!UnregisterWaitEx(wait, done));
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert_uint_eq(WaitForSingleObject(done, 0), WAIT_TIMEOUT);
	SetEvent(s.gate);
	wait_for(done);
	ck_assert_uint_eq(s.n_inside, 0);

	/* with nothing running the event comes at once */
	ResetEvent(done);
	ck_assert(RegisterWaitForSingleObject(&wait, event, gated_registered, &s,
					      INFINITE, WT_EXECUTEDEFAULT));
	ck_assert(UnregisterWaitEx(wait, done));
	wait_for(done);
	CloseHandle(event);
	CloseHandle(done);
	scene_fini(&s);
}
END_TEST

struct self_wait {
	HANDLE wait;
	HANDLE known; /* the handle is there */
	HANDLE done;
	BOOL result;
	DWORD error;
};

static void CALLBACK unregister_itself(void *context, BOOLEAN timed_out)
{
	struct self_wait *self = context;

	(void)timed_out;
	WaitForSingleObject(self->known, INFINITE);
	self->result = UnregisterWait(self->wait);
	self->error = GetLastError();
	SetEvent(self->done);
}

START_TEST(a_callback_may_unregister_its_own_wait)
{
	static const ULONG flags[] = {WT_EXECUTEDEFAULT, WT_EXECUTEINWAITTHREAD};

	for (int i = 0; i < 2; i++) {
		struct self_wait self = {.known = event_new(TRUE),
					 .done = event_new(TRUE)};
		HANDLE event = event_new(FALSE);

		ck_assert(SetEvent(event));
		ck_assert(RegisterWaitForSingleObject(
			&self.wait, event, unregister_itself, &self, INFINITE, flags[i]));
		SetEvent(self.known);
		wait_for(self.done);
		ck_assert(!self.result);
		ck_assert_uint_eq(self.error, ERROR_IO_PENDING);
		CloseHandle(event);
		CloseHandle(self.known);
		CloseHandle(self.done);
	}
}
END_TEST

START_TEST(bad_handles_are_recognised)
{
	HANDLE event = event_new(TRUE), wait, timer;
	HANDLE queue = CreateTimerQueue();
	struct scene s;

	scene_init(&s, 0);
	ck_assert(!RegisterWaitForSingleObject(&wait, (HANDLE)0x12345678,
					       count_registered, &s, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!UnregisterWait(NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!UnregisterWait(event));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!UnregisterWait(queue));
	ck_assert(!DeleteTimerQueueEx(NULL, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!DeleteTimerQueueTimer(queue, event, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!CreateTimerQueueTimer(&timer, event, count_registered, &s, 0, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!ChangeTimerQueueTimer(queue, event, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(CreateTimerQueueTimer(&timer, queue, count_registered, &s, INFINITE, 0,
					0));
	ck_assert(!DeleteTimerQueueTimer(queue, timer, queue));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(DeleteTimerQueueEx(queue, NULL));
	ck_assert(!DeleteTimerQueueTimer(NULL, timer, NULL));
	ck_assert(!DeleteTimerQueue(queue));
	CloseHandle(event);
	scene_fini(&s);
}
END_TEST

START_TEST(timers_of_a_queue_fire_change_and_go)
{
	HANDLE queue = CreateTimerQueue(), timer, once, done = event_new(TRUE);
	uint32_t n_handles;
	struct scene s, t;
	PTP_WORK work;

	ck_assert_ptr_nonnull(queue);
	/* The pool's own handle shall not count. */
	scene_init(&s, 1);
	work = CreateThreadpoolWork(count_work, &s, NULL);
	SubmitThreadpoolWork(work);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	CloseThreadpoolWork(work);
	scene_fini(&s);
	n_handles = handle_count();
	scene_init(&s, 5);
	scene_init(&t, 1);
	ck_assert(CreateTimerQueueTimer(&timer, queue, count_registered, &s, 0, 1,
					WT_EXECUTEINTIMERTHREAD));
	ck_assert(CreateTimerQueueTimer(&once, queue, count_registered, &t, 1, 0, 0));
	wait_for(s.reached);
	ck_assert_uint_eq(s.last_result, WAIT_TIMEOUT);
	wait_for(t.reached);
	/* An expired one-shot timer does not come back. */
	ck_assert(ChangeTimerQueueTimer(queue, once, 0, 0));
	ck_assert(DeleteTimerQueueTimer(queue, once, INVALID_HANDLE_VALUE));
	ck_assert_uint_eq(t.n_calls, 1);
	ck_assert(ChangeTimerQueueTimer(queue, timer, INFINITE, 0));
	ck_assert(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
	ck_assert(!DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
	scene_fini(&s);
	scene_fini(&t);
	ck_assert_uint_eq(handle_count(), n_handles);

	scene_init(&s, 1);
	ck_assert(CreateTimerQueueTimer(&timer, queue, gated_registered, &s, 0, 0,
					WT_EXECUTELONGFUNCTION));
	for (int i = 0; i < 10; i++)
		ck_assert(CreateTimerQueueTimer(&timer, queue, gated_registered, &s,
						INFINITE, 0, 0));
	wait_for(s.reached);
	ck_assert(!DeleteTimerQueueEx(queue, done));
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert_uint_eq(WaitForSingleObject(done, 0), WAIT_TIMEOUT);
	SetEvent(s.gate);
	wait_for(done);
	CloseHandle(done);
	scene_fini(&s);
}
END_TEST

START_TEST(the_default_queue_serves_without_a_handle)
{
	HANDLE timer;
	struct scene s;

	scene_init(&s, 2);
	ck_assert(CreateTimerQueueTimer(&timer, NULL, count_registered, &s, 1, 1, 0));
	wait_for(s.reached);
	ck_assert(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
	scene_fini(&s);
}
END_TEST

/* I/O: the test stands in for a file that can be tied to a port once */

static struct {
	struct object *port;
	ULONG_PTR key;
	bool refuses;
} file;

static npfs_status file_associate(HANDLE h, struct object *port, ULONG_PTR key)
{
	(void)h;
	if (file.port || file.refuses)
		return STATUS_INVALID_PARAMETER;
	file.port = object_ref(port);
	file.key = key;
	return STATUS_SUCCESS;
}

static HANDLE file_new(void)
{
	port_set_associator(file_associate);
	file.port = NULL;
	return event_new(TRUE);
}

static void file_close(HANDLE h)
{
	object_unref(file.port);
	CloseHandle(h);
}

static void file_completes(OVERLAPPED *ov, DWORD n, npfs_status status)
{
	ck_assert_uint_eq(port_post(file.port, file.key, ov, n, status), STATUS_SUCCESS);
}

static OVERLAPPED *_Atomic seen_ov;
static _Atomic ULONG seen_error;
static _Atomic ULONG_PTR seen_bytes;

static void CALLBACK io_done(PTP_CALLBACK_INSTANCE instance, void *context, void *ov,
			     ULONG error, ULONG_PTR n, PTP_IO io)
{
	(void)instance;
	(void)io;
	seen_ov = ov;
	seen_error = error;
	seen_bytes = n;
	count_call(context);
}

START_TEST(io_calls_back_with_win32_errors)
{
	HANDLE h = file_new();
	OVERLAPPED ov[2];
	struct scene s;
	PTP_IO io;

	scene_init(&s, 1);
	io = CreateThreadpoolIo(h, io_done, &s, NULL);
	ck_assert_ptr_nonnull(io);
	StartThreadpoolIo(io);
	file_completes(&ov[0], 7, STATUS_SUCCESS);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	ck_assert_uint_eq(s.n_calls, 1);
	ck_assert_ptr_eq(seen_ov, &ov[0]);
	ck_assert_uint_eq(seen_error, 0);
	ck_assert_uint_eq(seen_bytes, 7);
	StartThreadpoolIo(io);
	file_completes(&ov[1], 0, STATUS_CANCELLED);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	ck_assert_ptr_eq(seen_ov, &ov[1]);
	ck_assert_uint_eq(seen_error, ERROR_OPERATION_ABORTED);
	/* An operation that failed at once is not waited for. */
	StartThreadpoolIo(io);
	CancelThreadpoolIo(io);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	ck_assert_uint_eq(s.n_calls, 2);
	CloseThreadpoolIo(io);
	file_close(h);
	scene_fini(&s);
}
END_TEST

START_TEST(cancelled_io_callbacks_are_skipped_and_the_next_are_not)
{
	HANDLE h = file_new();
	OVERLAPPED ov;
	struct scene s;
	PTP_IO io;

	scene_init(&s, 1);
	io = CreateThreadpoolIo(h, io_done, &s, NULL);
	StartThreadpoolIo(io);
	StartThreadpoolIo(io);
	WaitForThreadpoolIoCallbacks(io, TRUE);
	file_completes(&ov, 1, STATUS_SUCCESS);
	file_completes(&ov, 2, STATUS_SUCCESS);
	StartThreadpoolIo(io);
	file_completes(&ov, 3, STATUS_SUCCESS);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	ck_assert_uint_eq(s.n_calls, 1);
	ck_assert_uint_eq(seen_bytes, 3);
	CloseThreadpoolIo(io);
	file_close(h);
	scene_fini(&s);
}
END_TEST

START_TEST(packets_for_closed_io_are_dropped)
{
	HANDLE h = file_new(), other;
	struct object *old_port;
	ULONG_PTR old_key;
	OVERLAPPED ov;
	struct scene s;
	PTP_IO io;

	scene_init(&s, 1);
	io = CreateThreadpoolIo(h, io_done, &s, NULL);
	CloseThreadpoolIo(io);
	old_port = file.port;
	old_key = file.key;
	ck_assert_uint_eq(port_post(old_port, old_key, &ov, 1, STATUS_SUCCESS),
			  STATUS_SUCCESS);
	/* The next object gets the same place in the table, and another key. */
	other = file_new();
	io = CreateThreadpoolIo(other, io_done, &s, NULL);
	ck_assert_uint_ne(file.key, old_key);
	ck_assert_uint_eq(port_post(old_port, old_key, &ov, 1, STATUS_SUCCESS),
			  STATUS_SUCCESS);
	StartThreadpoolIo(io);
	file_completes(&ov, 5, STATUS_SUCCESS);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	ck_assert_uint_eq(s.n_calls, 1);
	ck_assert_uint_eq(seen_bytes, 5);
	CloseThreadpoolIo(io);
	object_unref(old_port);
	CloseHandle(h);
	file_close(other);
	scene_fini(&s);
}
END_TEST

START_TEST(io_may_be_closed_with_operations_outstanding)
{
	HANDLE h = file_new();
	OVERLAPPED ov;
	struct scene s;
	PTP_IO io;

	scene_init(&s, 1);
	io = CreateThreadpoolIo(h, io_done, &s, NULL);
	StartThreadpoolIo(io);
	CloseThreadpoolIo(io);
	file_completes(&ov, 9, STATUS_SUCCESS);
	wait_for(s.reached);
	ck_assert_uint_eq(seen_bytes, 9);
	file_close(h);
	scene_fini(&s);
}
END_TEST

static void CALLBACK io_blocks(PTP_CALLBACK_INSTANCE instance, void *context, void *ov,
			       ULONG error, ULONG_PTR n, PTP_IO io)
{
	(void)instance;
	(void)ov;
	(void)error;
	(void)n;
	(void)io;
	pass_gate(context);
}

START_TEST(io_callbacks_that_block_do_not_block_the_others)
{
	HANDLE h = file_new();
	OVERLAPPED ov;
	struct scene s;
	PTP_IO io;

	scene_init(&s, 20);
	io = CreateThreadpoolIo(h, io_blocks, &s, NULL);
	for (int i = 0; i < 20; i++) {
		StartThreadpoolIo(io);
		file_completes(&ov, 0, STATUS_SUCCESS);
	}
	wait_for(s.reached);
	SetEvent(s.gate);
	WaitForThreadpoolIoCallbacks(io, FALSE);
	CloseThreadpoolIo(io);
	file_close(h);
	scene_fini(&s);
}
END_TEST

START_TEST(io_on_what_cannot_be_tied_is_refused)
{
	HANDLE h = file_new();
	struct scene s;
	PTP_IO io;

	scene_init(&s, 0);
	file.refuses = true;
	ck_assert_ptr_null(CreateThreadpoolIo(h, io_done, &s, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	file.refuses = false;
	io = CreateThreadpoolIo(h, io_done, &s, NULL);
	ck_assert_ptr_nonnull(io);
	ck_assert_ptr_null(CreateThreadpoolIo(h, io_done, &s, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(CreateThreadpoolIo((HANDLE)0x12345678, io_done, &s, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	CloseThreadpoolIo(io);
	file_close(h);
	scene_fini(&s);
}
END_TEST

static void NTAPI native_done(PTP_CALLBACK_INSTANCE instance, void *context, void *ov,
			      struct tp_io_status *iosb, PTP_IO io)
{
	(void)instance;
	(void)io;
	seen_ov = ov;
	seen_error = (ULONG)iosb->status;
	seen_bytes = iosb->information;
	count_call(context);
}

START_TEST(native_io_calls_back_with_statuses)
{
	HANDLE h = file_new();
	OVERLAPPED ov;
	struct scene s;
	PTP_IO io = NULL;

	scene_init(&s, 1);
	ck_assert_int_eq(TpAllocIoCompletion(&io, h, native_done, &s, NULL), 0);
	TpStartAsyncIoOperation(io);
	file_completes(&ov, 0, STATUS_CANCELLED);
	TpWaitForIoCompletion(io, FALSE);
	ck_assert_uint_eq(s.n_calls, 1);
	ck_assert_uint_eq(seen_error, STATUS_CANCELLED);
	TpStartAsyncIoOperation(io);
	TpCancelAsyncIoOperation(io);
	TpReleaseIoCompletion(io);
	file_close(h);
	scene_fini(&s);
}
END_TEST

static struct scene bound_scene;

static void CALLBACK bound(DWORD error, DWORD n, OVERLAPPED *ov)
{
	seen_ov = ov;
	seen_error = error;
	seen_bytes = n;
	count_call(&bound_scene);
}

START_TEST(a_bound_function_gets_every_packet_of_its_files)
{
	OVERLAPPED ov;
	ULONG_PTR key;
	HANDLE h = file_new();

	scene_init(&bound_scene, 2);
	ck_assert(BindIoCompletionCallback(h, bound, 0));
	ck_assert(!BindIoCompletionCallback(h, bound, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!BindIoCompletionCallback((HANDLE)0x12345678, bound, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	file_completes(&ov, 3, STATUS_SUCCESS);
	key = file.key;
	file_close(h);
	h = file_new();
	ck_assert(BindIoCompletionCallback(h, bound, 0));
	ck_assert_uint_eq(file.key, key);
	file_completes(&ov, 0, STATUS_PIPE_BROKEN);
	wait_for(bound_scene.reached);
	file_close(h);
	scene_fini(&bound_scene);
}
END_TEST

/* processes */

START_TEST(the_child_of_a_fork_has_working_pools)
{
	FILETIME later = due_in_ms(1000 * 1000);
	struct scene s;
	PTP_WORK work;
	PTP_TIMER timer;
	int status;
	pid_t pid;

	if (TEST_IS_TSAN)
		return; /* it does not support threads in such a child */
	scene_init(&s, 4);
	work = CreateThreadpoolWork(gated_work, &s, NULL);
	timer = CreateThreadpoolTimer(count_timer, &s, NULL);
	SetThreadpoolTimer(timer, &later, 0, 0);
	for (int i = 0; i < 4; i++)
		SubmitThreadpoolWork(work);
	wait_for(s.reached);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* Nothing of the parent's runs here. */
		alarm(FAILURE_MS / 1000);
		WaitForThreadpoolWorkCallbacks(work, FALSE);
		SetEvent(s.gate);
		s.n_calls = 0;
		for (int i = 0; i < 4; i++)
			SubmitThreadpoolWork(work);
		later = (FILETIME){0, 0};
		SetThreadpoolTimer(timer, &later, 0, 0);
		WaitForThreadpoolWorkCallbacks(work, FALSE);
		while (atomic_load(&s.n_calls) < 5)
			sched_yield();
		_exit(s.n_calls == 5 ? 42 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 42);
	SetEvent(s.gate);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	ck_assert_uint_eq(s.n_calls, 4);
	CloseThreadpoolWork(work);
	CloseThreadpoolTimer(timer);
	scene_fini(&s);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, work_runs_as_often_as_it_was_submitted);
	tcase_add_test(tcase, cancelling_takes_back_what_has_not_begun);
	tcase_add_test(tcase, callbacks_that_wait_for_each_other_all_get_threads);
	tcase_add_test(tcase, a_pool_keeps_to_its_maximum);
	tcase_add_test(tcase, the_minimum_is_there_at_once_and_a_maximum_below_moves_it);
	tcase_add_test(tcase, higher_priority_goes_first);
	tcase_add_test(tcase, work_may_be_closed_while_it_runs_and_is_pending);
	tcase_add_test(tcase, null_callbacks_are_refused);
	tcase_add_test(tcase, things_are_released_when_the_callback_returns);
	tcase_add_test(tcase, a_disassociated_callback_is_not_waited_for);
	tcase_add_test(tcase, may_run_long_depends_on_room_for_others);
	tcase_add_test(tcase, the_finalization_callback_comes_after_the_callback);
	tcase_add_test(tcase, a_pool_survives_threads_that_exit_in_callbacks);
	tcase_add_test(tcase, threads_end_with_their_pool);
	tcase_add_test(tcase, threads_without_work_end);
	tcase_add_test(tcase, no_callback_is_lost_to_a_leaving_thread);
	tcase_add_test(tcase, submitters_and_cancellers_may_hurry);
	tcase_add_test(tcase, a_group_closes_its_members_and_waits_for_them);
	tcase_add_test(tcase, a_cancelled_group_says_so_to_each_member);
	tcase_add_test(tcase, a_timer_fires_once_or_each_period_until_it_is_taken_away);
	tcase_add_test(tcase, setting_a_timer_says_whether_one_was_taken_back);
	tcase_add_test(tcase, many_timers_fire_each_once);
	tcase_add_test(tcase, a_wait_calls_back_once_for_a_signal_or_for_the_time);
	tcase_add_test(tcase, more_waits_than_one_thread_can_hold);
	tcase_add_test(tcase, withdrawing_a_wait_loses_no_count);
	tcase_add_test(tcase, work_items_run_and_io_threads_take_their_apcs);
	tcase_add_test(tcase, a_registered_wait_calls_back_for_each_signal);
	tcase_add_test(tcase, once_is_once_and_time_comes_again);
	tcase_add_test(
		tcase,
		unregistering_says_that_a_callback_runs_and_tells_when_it_has_returned);
	tcase_add_test(tcase, a_callback_may_unregister_its_own_wait);
	tcase_add_test(tcase, bad_handles_are_recognised);
	tcase_add_test(tcase, timers_of_a_queue_fire_change_and_go);
	tcase_add_test(tcase, the_default_queue_serves_without_a_handle);
	tcase_add_test(tcase, io_calls_back_with_win32_errors);
	tcase_add_test(tcase, cancelled_io_callbacks_are_skipped_and_the_next_are_not);
	tcase_add_test(tcase, packets_for_closed_io_are_dropped);
	tcase_add_test(tcase, io_may_be_closed_with_operations_outstanding);
	tcase_add_test(tcase, io_callbacks_that_block_do_not_block_the_others);
	tcase_add_test(tcase, io_on_what_cannot_be_tied_is_refused);
	tcase_add_test(tcase, native_io_calls_back_with_statuses);
	tcase_add_test(tcase, a_bound_function_gets_every_packet_of_its_files);
	tcase_add_test(tcase, the_child_of_a_fork_has_working_pools);
}

int main(void)
{
	Suite *suite = suite_create("shim_threadpool");
	TCase *tcase = tcase_create("threadpool");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
