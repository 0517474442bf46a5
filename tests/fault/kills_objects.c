/* SPDX-License-Identifier: MIT */
#include "tests/fault/kills_objects.h"

#include <sched.h>
#include <stdio.h>

#include <windows.h>

#include "tests/lib/fail.h"
#include "tests/lib/proc.h"

#define MUTEX_NAME "kills counters"
#define REOPEN_AT  16u /* turns */

static const char *const side_names[2] = {"kills turn 0", "kills turn 1"};

static void must(bool ok, const char *what)
{
	if (!ok)
		test_fail("%s: Win32 error %u", what, (unsigned)GetLastError());
}

/* kills_count() - until @step says so */
void kills_count(struct kills_objects *objects, unsigned worker, kills_step step)
{
	do {
		HANDLE mutex = CreateMutexA(NULL, FALSE, MUTEX_NAME);
		uint64_t n;

		must(mutex != NULL, "CreateMutex");
		must(WaitForSingleObject(mutex, TEST_DEADLINE_MS) == WAIT_OBJECT_0,
		     "a wait for the mutex");
		n = objects->first;
		if (objects->second != n)
			test_fail("two owners of one mutex: %llu and %llu",
				  (unsigned long long)n,
				  (unsigned long long)objects->second);
		objects->first = n + 1;
		sched_yield();
		objects->second = n + 1;
		must(ReleaseMutex(mutex), "ReleaseMutex");
		must(CloseHandle(mutex), "CloseHandle");
	} while (!step(worker));
}

static HANDLE semaphore(unsigned side)
{
	HANDLE h = CreateSemaphoreA(NULL, side == 0, 1, side_names[side]);

	must(h != NULL, "CreateSemaphore");
	return h;
}

/* Another handle of the same; the name is there as long as one is open. */
static HANDLE reopened(HANDLE h, unsigned side)
{
	HANDLE other = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, side_names[side]);

	must(other != NULL, "OpenSemaphore");
	must(CloseHandle(h), "CloseHandle");
	return other;
}

/* kills_tick() - until @step says so; the other side's last turn is given to it */
void kills_tick(struct kills_objects *objects, unsigned side, unsigned worker,
		kills_step step)
{
	HANDLE mine = semaphore(side), others = semaphore(1 - side);
	unsigned n = 0;
	bool stops;

	do {
		stops = step(worker);
		if (WaitForSingleObject(mine, stops ? 0 : TEST_DEADLINE_MS) != WAIT_OBJECT_0) {
			if (!stops)
				test_fail("turn %u of side %u does not come", n, side);
			break;
		}
		/* the other side has made as many, or side 0 begins */
		if (objects->turns[side] + side != objects->turns[1 - side])
			test_fail("side %u has made %llu turns, the other one %llu", side,
				  (unsigned long long)objects->turns[side],
				  (unsigned long long)objects->turns[1 - side]);
		objects->turns[side]++;
		must(ReleaseSemaphore(others, 1, NULL), "ReleaseSemaphore");
		if (++n % REOPEN_AT == 0) {
			mine = reopened(mine, side);
			others = reopened(others, 1 - side);
		}
	} while (!stops);
	CloseHandle(mine);
	CloseHandle(others);
}
