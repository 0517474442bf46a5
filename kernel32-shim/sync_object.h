/* SPDX-License-Identifier: MIT */
/*
 * What events, mutexes, semaphores and timers share: creation with or without a name,
 * opening by name, packing for another process, and the way a name goes with its last
 * handle.
 *
 * Names belong to the broker (npfs/object.h): they are seen by every process that uses the
 * same one. What was opened by name, or packed, is a shared object (shared_object.h); the
 * list of those that this process has is here, so that each has one struct object.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <windows.h>

#include <npfs/object.h>

#include "kernel32-shim/object.h"

struct npfs_parcel;

struct sync_object {
	struct object object;
	struct object_link shared_link; /* in the list of shared ones; its lock */
	_Atomic bool is_watched;	/* others ring for us */
	bool is_dead;			/* shared, and made before this process forked */
	void *descriptor;		/* owned: what its maker gave, until it is shared */
	uint32_t descriptor_len;
};

/* What a new object is to be. */
struct sync_params {
	enum object_type type;
	bool manual;
	uint32_t initial; /* signaled, owned by the caller, or the count */
	uint32_t limit;	  /* of a semaphore; else 1 */
};

/**
 * sync_object_create() - a new object, or the one that has the name
 * @params: checked
 * @name: NULL or empty for none
 * @access: what the handle may do, generic rights included
 *
 * Sets the last error: 0 for a new object, ERROR_ALREADY_EXISTS for an existing one.
 * Without a name no other process and no broker is involved.
 *
 * Return: the handle, or NULL.
 */
HANDLE sync_object_create(const struct sync_params *params, const SECURITY_ATTRIBUTES *sa,
			  const char *name, DWORD access);

/* The same with a name in UTF-16. */
HANDLE sync_object_create_wide(const struct sync_params *params,
			       const SECURITY_ATTRIBUTES *sa, const WCHAR *name,
			       DWORD access);

/* Open by name.  NULL and the last error when there is no such object of this kind. */
HANDLE sync_object_open(enum object_type type, DWORD access, BOOL inherit,
			const char *name);
HANDLE sync_object_open_wide(enum object_type type, DWORD access, BOOL inherit,
			     const WCHAR *name);

/* What the general rights in @access mean for an object of this kind; pure. */
DWORD sync_object_access_map(enum object_type type, DWORD access);

/* ops->last_handle_closed, ops->destroy and ops->pack of these kinds. */
void sync_object_closed(struct object *o);
void sync_object_destroy(struct object *o);
DWORD sync_object_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp);

/**
 * sync_object_share() - the object as the broker knows it
 * @pagep: borrowed, stays as long as the object
 *
 * One that was this process's own is made known to the broker, without a name and with the
 * descriptor that its maker gave. Waits for the broker. Return: 0 or a Win32 error.
 */
DWORD sync_object_share(struct object *o, struct npfs_object **pagep);

/**
 * sync_object_unpack() - the object in a parcel of kind NPFS_PARCEL_OBJECT
 * @parcel: borrowed, stays the caller's
 *
 * Waits for the broker. Return: the object, counted, in most cases about to get a handle;
 * NULL and the last error.
 */
struct object *sync_object_unpack(const struct npfs_parcel *parcel);

/* The kinds, each in its file. */

/* Counted; NULL without memory. A mutex with initial 1 is the calling thread's. */
struct sync_object *event_new(const struct sync_params *params);
struct sync_object *semaphore_new(const struct sync_params *params);
struct sync_object *mutex_new(const struct sync_params *params);
struct sync_object *timer_new(const struct sync_params *params);

/*
 * The state of an object that was this process's own moves into @page, which is not
 * signaled, 0, or owned by this process. Dispatcher lock, object marked.
 */
void event_move(struct object *o, struct npfs_object *page);
void semaphore_move(struct object *o, struct npfs_object *page);
void mutex_move(struct object *o, struct npfs_object *page);
void timer_move(struct object *o, struct npfs_object *page);

/* A thread waits for a shared object; if that is a timer, see to it in time. Dispatcher
 * lock. */
void timer_waits(struct object *o);

/* Is it a timer of this process's list? Dispatcher lock; then a reference exists. */
bool timer_is_armed(const struct object *o);

/* The most a semaphore may count. */
uint32_t semaphore_limit(const struct object *o);
