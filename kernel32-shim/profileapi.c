/* SPDX-License-Identifier: MIT */
/* The fine clock: CLOCK_MONOTONIC in nanoseconds. */
#include <windows.h>

#include "kernel32-shim/wait.h"

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *countp)
{
	countp->QuadPart = wait_now_ns();
	return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequencyp)
{
	frequencyp->QuadPart = 1000000000;
	return TRUE;
}
