/* SPDX-License-Identifier: MIT */
/*
 * Calls of every kind, to be made while something that they need is refused
 *
 * Each has a row: what must be there before, the call itself, what takes its effect back,
 * what takes away what was there. A call that could not be made has changed nothing: made
 * again it succeeds. Two tests walk the rows: what the calling thread asks for is refused, and
 * what the broker asks for.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

#define EXHAUSTION_N_MOST 400u /* requests of one call */

struct exhaustion_call {
	const char *name;
	void (*before)(void);
	BOOL (*act)(void);
	void (*undo)(void);
	void (*after)(void);
};

extern const struct exhaustion_call exhaustion_calls[];
extern const unsigned exhaustion_n_calls;

/* To be called once, before the first row. */
void exhaustion_setup(void);
/* A server end of a pipe of that name, for overlapped requests; NULL: not made. */
HANDLE exhaustion_create(const char *name);
/* Whether a request that returned @ok has begun. */
BOOL exhaustion_begun(BOOL ok);
/* Whether @error is one that a call gives for want of something. */
bool exhaustion_is_told(DWORD error);
/* After @row failed: the server is ready for the second try. */
void exhaustion_serve_again(const struct exhaustion_call *row);
