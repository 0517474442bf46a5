/* SPDX-License-Identifier: MIT */
/*
 * Waiting for one of several handles in a glance: no lock, no pin, no count.
 *
 * A server waits for the same handles again and again. So each thread knows what it found
 * behind the handles of its last wait for many: as long as the program passes the same
 * numbers, and no handle was closed since (handle_closings), the objects behind them are
 * the same, may still be waited for, and exist as long as the glance lasts (glance.h).
 * Then the slots of the table need not be looked at, and of each object one word only.
 *
 * When that has been so a few times, the thread gives each object a place on its board, and
 * from then on looks at those only that have a hint there. The rule that makes this right:
 *
 *	an object that is set, or shared with other processes, has its hint
 *
 * as soon as whoever set it goes on. An object has a place on one board. The last thread
 * that wants it gets it and says so on the other board first, whose thread then looks at all
 * of its objects again; after a few such losses it does so for good.
 *
 * A hint that was in vain is taken away, and the object looked at once more: who set it
 * before that is seen by this look, who sets it later leaves the hint anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/object.h"
#include "kernel32-shim/wait.h"

enum {
	WAIT_KNOWN_MIN = 8,  /* below, looking at the slots costs less */
	WAIT_USES_MIN = 8,   /* before places are worth giving */
	WAIT_LOSSES_MAX = 8, /* of the board; then it is not worth it either */
};

/* Of one thread, and touched by no other. */
struct wait_known {
	DWORD n;           /* 0: nothing is known */
	unsigned n_uses;   /* without hints, of what is known */
	unsigned n_losses; /* of the board */
	bool is_hinted;    /* the objects have their places on the board */
	uint64_t closings; /* handle_closings before the objects were looked up */
	struct object_board *board; /* owned; NULL until the first is needed */
	HANDLE handles[WAIT_MAX_OBJECTS];
	struct object *objects[WAIT_MAX_OBJECTS]; /* neither counted nor touched unless valid */
};

/**
 * wait_glance() - wait for one of several handles, if one is ready and no lock is needed
 * @n: 1 to WAIT_MAX_OBJECTS
 *
 * What is wrong with the handles is for others to find out, and so is what is unusual.
 *
 * Return: whether *@resultp is the result; false: ask wait_objects().
 */
bool wait_glance(const HANDLE *handles, DWORD n, DWORD *resultp);

/* The thread ends: its board is for others. */
void wait_known_forget(struct wait_known *known);
