/* SPDX-License-Identifier: MIT */
/*
 * Handles given to another process
 *
 * DuplicateHandle into another process packs the object, leaves the parcel with the broker
 * for that process, and answers with the handle that the other one will have: a number made
 * of the broker's ticket (handle_table.h). The other process learns the number in whatever
 * way the two have agreed on, uses it, does not find it in its table, and fetches it.
 * Until then the broker keeps the thing open, as the handle would.
 *
 * A handle that was closed, or never was one, costs a question to the broker when its value
 * lies in the range of tickets; other wrong values cost what they always did.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

struct object;
struct process;

/**
 * deposit_put() - give another process a handle
 * @hp: receives the value the handle has there
 *
 * Return: 0; ERROR_NOT_SUPPORTED: such an object cannot leave this process;
 * ERROR_ACCESS_DENIED: another user's process, or one that is ending; other errors of
 * packing, and of the broker.
 */
DWORD deposit_put(struct process *target, struct object *o, DWORD access, uint32_t flags,
		  HANDLE *hp);

/*
 * Put what another process gave us under this value into the table. Returns whether there
 * is now something under it that was not there before, so that a lookup is worth another
 * try.
 */
bool deposit_fetch(HANDLE h);
