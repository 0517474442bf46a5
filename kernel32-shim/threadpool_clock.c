/* SPDX-License-Identifier: MIT */
/*
 * Alarms: one hidden thread per process, started when it is first needed, that sleeps
 * until the earliest is due and fires it.
 *
 * The alarms stand in a binary heap, earliest at the top, each knowing its place; setting
 * and clearing one of ten thousand costs a few steps. The heap's room grows when something
 * that may set an alarm is made, so setting cannot fail.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <npfs/security.h>

#include "kernel32-shim/threadpool.h"
#include "kernel32-shim/wait.h"

#define NS_PER_TICK   100
#define TICKS_TO_1970 INT64_C(116444736000000000)
#define TICKS_PER_S   INT64_C(10000000)

static struct {
	struct tp_alarm **heap; /* owned; heap[1] is the earliest, heap[0] is not used */
	size_t n;
	size_t room;       /* entries of the array */
	size_t n_reserved; /* alarms that may be set at one time */
	bool has_thread;
	_Atomic uint32_t n_changes; /* futex: counts changes of the earliest */
} clock_;

static void put(size_t i, struct tp_alarm *alarm)
{
	clock_.heap[i] = alarm;
	alarm->index = i;
}

static void sift_up(size_t i, struct tp_alarm *alarm)
{
	while (i > 1 && clock_.heap[i / 2]->due_ns > alarm->due_ns) {
		put(i, clock_.heap[i / 2]);
		i /= 2;
	}
	put(i, alarm);
}

static void sift_down(size_t i, struct tp_alarm *alarm)
{
	size_t child;

	while ((child = 2 * i) <= clock_.n) {
		if (child < clock_.n &&
		    clock_.heap[child + 1]->due_ns < clock_.heap[child]->due_ns)
			child++;
		if (clock_.heap[child]->due_ns >= alarm->due_ns)
			break;
		put(i, clock_.heap[child]);
		i = child;
	}
	put(i, alarm);
}

bool tp_alarm_reserve(void)
{
	size_t room = clock_.room ? clock_.room : 16;
	struct tp_alarm **heap;

	while (room < clock_.n_reserved + 2)
		room *= 2;
	if (room != clock_.room) {
		heap = reallocarray(clock_.heap, room, sizeof(*heap));
		if (!heap)
			return false;
		clock_.heap = heap;
		clock_.room = room;
	}
	clock_.n_reserved++;
	return true;
}

void tp_alarm_unreserve(void)
{
	clock_.n_reserved--;
}

bool tp_alarm_clear(struct tp_alarm *alarm)
{
	size_t i = alarm->index;
	struct tp_alarm *last;

	if (!i)
		return false;
	alarm->index = 0;
	last = clock_.heap[clock_.n--];
	if (last == alarm)
		return true;
	if (i > 1 && clock_.heap[i / 2]->due_ns > last->due_ns)
		sift_up(i, last);
	else
		sift_down(i, last);
	return true;
}

void tp_alarm_set(struct tp_alarm *alarm, int64_t due_ns)
{
	tp_alarm_clear(alarm);
	alarm->due_ns = due_ns;
	sift_up(++clock_.n, alarm);
	if (alarm->index == 1) {
		atomic_fetch_add(&clock_.n_changes, 1);
		wait_futex_wake(&clock_.n_changes, 1);
	}
}

static void *clock_main(void *user)
{
	(void)user;
	tp_lock();
	for (;;) {
		uint32_t n_changes = atomic_load(&clock_.n_changes);
		int64_t due = clock_.n ? clock_.heap[1]->due_ns : WAIT_NEVER;

		if (due <= wait_now_ns()) {
			struct tp_alarm *alarm = clock_.heap[1];

			tp_alarm_clear(alarm);
			alarm->fire(alarm);
			continue;
		}
		tp_unlock();
		wait_futex_sleep(&clock_.n_changes, n_changes, due);
		tp_lock();
	}
	return NULL;
}

bool tp_clock_start(void)
{
	if (!clock_.has_thread)
		clock_.has_thread = npfs_thread_start(clock_main, NULL, 0, NULL) == 0;
	return clock_.has_thread;
}

void tp_clock_fork_child(void)
{
	size_t i;

	for (i = 1; i <= clock_.n; i++)
		clock_.heap[i]->index = 0;
	clock_.n = 0;
	clock_.has_thread = false;
}

int64_t tp_due_time(const FILETIME *ft)
{
	int64_t ticks = (int64_t)((uint64_t)ft->dwHighDateTime << 32 | ft->dwLowDateTime);
	int64_t now = wait_now_ns();
	int64_t distance;
	struct timespec ts;

	if (ticks == INT64_MIN)
		return WAIT_NEVER - 1;
	if (ticks <= 0) {
		distance = -ticks;
	} else {
		clock_gettime(CLOCK_REALTIME, &ts);
		distance = ticks - (TICKS_TO_1970 + (int64_t)ts.tv_sec * TICKS_PER_S +
				    ts.tv_nsec / NS_PER_TICK);
	}
	if (distance > (WAIT_NEVER - 1 - now) / NS_PER_TICK)
		return WAIT_NEVER - 1;
	return distance <= 0 ? now : now + distance * NS_PER_TICK;
}
