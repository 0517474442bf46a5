/* SPDX-License-Identifier: MIT */
/*
 * Events, mutexes, semaphores and timers that several processes share.
 *
 * An object is made by the broker, with a name or without one, and from then on lives in
 * memory that all its holders have mapped. Taking and giving make no system call; the
 * broker is asked when an object is created, opened, closed or packed, and comes back by
 * itself when a holder dies: the mutexes that process owned are abandoned, and its waiters
 * no longer count.
 *
 * This is a layer to build waiting on, it does not wait. A process that has threads
 * waiting for an object
 *
 *	1. says so, with npfs_object_wait_begin(), once per thread and object,
 *	2. looks, with npfs_object_take(),
 *	3. lets the thread sleep, and looks again whenever the function given to
 *	   npfs_object_on_change() is called, after npfs_object_arm() while anybody waits
 *	   on,
 *	4. says when the thread waits no longer, with npfs_object_wait_end(), unless its
 *	   take did.
 *
 * Whoever makes something available serves the waiting threads of his own process first
 * and then calls npfs_object_ring() for those of the others.
 *
 * What Windows promises holds between processes: an auto-reset event releases one waiter
 * for each time it is set, and those who waited when a manual-reset event was set are
 * released even if it is reset at once.
 *
 * Names are UTF-16 units, at most 260 behind the optional prefix `Global\` or `Local\`,
 * compared as they are written.
 *
 * Threads. Every function may be called from every thread, except that closing is the end
 * of the object for all of them. None may be called from a signal handler.
 *
 * fork(). The child has none of the parent's objects: each call on one answers
 * STATUS_INVALID_HANDLE, and all there is to do with it is to close it. The parent does
 * not notice. The child may open objects of its own.
 *
 * Rights are not looked at here but when an object is opened: what a handle may do is for
 * its owner to keep (npfs_object_info.granted_access).
 *
 * Since: 0.1
 */
#ifndef NPFS_OBJECT_H
#define NPFS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/parcel.h>
#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct npfs_object;

enum npfs_object_type {
	NPFS_OBJECT_EVENT = 1,
	NPFS_OBJECT_MUTEX = 2,
	NPFS_OBJECT_SEMAPHORE = 3,
	NPFS_OBJECT_TIMER = 4,
};

/* flags of struct npfs_object_params: an event or a timer stays signaled when taken */
#define NPFS_OBJECT_MANUAL 0x1u

/* What a new object is to be. */
struct npfs_object_params {
	uint32_t size; /* sizeof(struct npfs_object_params) */
	uint32_t type; /* enum npfs_object_type */
	uint32_t flags;
	uint32_t initial; /* 1: signaled, or owned by this process; a semaphore's count */
	uint32_t limit;	  /* of a semaphore; otherwise 1 */
	uint32_t access;  /* rights, generic ones too */
	const void *descriptor; /* borrowed: self-relative; NULL: the default one */
	uint32_t descriptor_len; /* bytes */
};

struct npfs_object_info {
	uint64_t id; /* the same in every process, for as long as the object lives */
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	uint32_t granted_access;
	bool existed; /* it was not made by the call that opened it */
};

/* How a take is meant. */
enum npfs_object_taker {
	NPFS_TAKE_POLL,	   /* nobody waits, or waits for several objects together */
	NPFS_TAKE_BEGIN,   /* the first look after npfs_object_wait_begin() */
	NPFS_TAKE_WAITING, /* a later one */
};

/* What became of a thread that begins to wait. */
enum npfs_wait_begun {
	NPFS_WAIT_COUNTED,   /* it is among the waiters */
	NPFS_WAIT_UNCOUNTED, /* it waits for several together, or there are too many */
	NPFS_WAIT_NEEDLESS,  /* the object was there for it that moment: nothing has begun */
};

struct npfs_object_want {
	struct npfs_object *object; /* borrowed */
	enum npfs_object_taker taker;
	uint32_t since; /* what npfs_object_wait_begin() told; not for NPFS_TAKE_POLL */
};

/*
 * npfs_object_create() - create an object, or open the one that has the name
 * @name, @name_len: borrowed; with length 0 the object has no name
 * @params: borrowed for the call
 * @objectp: the object, to be given to npfs_object_close()
 *
 * Waits for the broker only. A mutex created with initial 1 belongs to this process; one
 * that existed does not. To open an existing object takes the rights asked for.
 *
 * Return: STATUS_SUCCESS, see npfs_object_info.existed; STATUS_OBJECT_TYPE_MISMATCH: the
 * name is of another kind; STATUS_OBJECT_PATH_NOT_FOUND: a backslash in the name;
 * STATUS_NAME_TOO_LONG; STATUS_OBJECT_NAME_INVALID: nothing behind the prefix;
 * STATUS_ACCESS_DENIED; STATUS_PRIVILEGE_NOT_HELD; STATUS_INVALID_PARAMETER;
 * STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_OWNER and others of a bad descriptor;
 * STATUS_INSUFFICIENT_RESOURCES; STATUS_PIPE_BROKEN, STATUS_UNSUCCESSFUL,
 * STATUS_NOT_SUPPORTED, STATUS_REVISION_MISMATCH: no broker to be had. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_create(const uint16_t *name, size_t name_len,
					   const struct npfs_object_params *params,
					   struct npfs_object **objectp);

/*
 * npfs_object_open() - open the object that has the name
 * @name, @name_len: borrowed
 * @type: the kind that is wanted
 * @access: rights, generic ones too
 *
 * Return: as npfs_object_create(), and STATUS_OBJECT_NAME_NOT_FOUND. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_open(const uint16_t *name, size_t name_len,
					 enum npfs_object_type type, uint32_t access,
					 struct npfs_object **objectp);

/* npfs_object_get_info() - what it is; does not block. Since: 0.1 */
NPFS_EXPORT void npfs_object_get_info(const struct npfs_object *object,
				      struct npfs_object_info *infop);

/*
 * npfs_object_absorb() - two opens of one object become one
 * @object: goes on, and counts the opens of both
 * @same: has the same id; given up, nobody but the caller has used it
 *
 * Does not block. Since: 0.1
 */
NPFS_EXPORT void npfs_object_absorb(struct npfs_object *object, struct npfs_object *same);

/*
 * npfs_object_unname() - the last handle is closed, but the object is still in use
 *
 * Its name goes, unless other processes have it open. Waits for the broker. Since: 0.1
 */
NPFS_EXPORT void npfs_object_unname(struct npfs_object *object);

/*
 * npfs_object_close() - give the object up; NULL is harmless
 *
 * Waits for the broker when it has a name, and for a call of the on_change function that
 * is just running; so never from in there. A mutex this process owns is abandoned.
 * Since: 0.1
 */
NPFS_EXPORT void npfs_object_close(struct npfs_object *object);

/*
 * npfs_object_on_change() - have @fn called when it may be worth looking again
 * @fn: called from the library's engine, under no lock of the caller's; one call at a
 *      time; may call everything but npfs_object_close(). NULL: nobody
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES; STATUS_INVALID_HANDLE after a
 * fork. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_on_change(struct npfs_object *object,
					      void (*fn)(void *arg), void *arg);

/* npfs_object_is_ready() - would a take succeed? Does not block. Since: 0.1 */
NPFS_EXPORT bool npfs_object_is_ready(const struct npfs_object_want *want);

/*
 * npfs_object_take() - take one object, or several together
 * @wants: borrowed; several are taken all or none, each of them once and with
 *         NPFS_TAKE_POLL
 *
 * A mutex then belongs to this process; whose thread it is, and how often, is the caller's
 * business. A thread that took with NPFS_TAKE_BEGIN or _WAITING has ended its wait for
 * this object. Does not block; several processes taking overlapping sets disturb each
 * other only for moments.
 *
 * Return: STATUS_SUCCESS; STATUS_ABANDONED_WAIT_0: taken, and one of them is a mutex that
 * its last owner did not release; STATUS_TIMEOUT: not to be had now;
 * STATUS_INVALID_HANDLE: after a fork. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_take(const struct npfs_object_want *wants, unsigned n);

/* npfs_object_set() - set an event. Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE */
NPFS_EXPORT npfs_status npfs_object_set(struct npfs_object *object);

/* npfs_object_reset() - reset an event. Return: as npfs_object_set() */
NPFS_EXPORT npfs_status npfs_object_reset(struct npfs_object *object);

/* npfs_object_pulse() - set and reset an event in one step. Return: as npfs_object_set() */
NPFS_EXPORT npfs_status npfs_object_pulse(struct npfs_object *object);

/*
 * npfs_object_release_semaphore() - add to a semaphore
 * @n: 1 or more
 * @previousp: its count before, not counting what is due to those who wait; may be NULL
 *
 * Return: STATUS_SUCCESS; STATUS_SEMAPHORE_LIMIT_EXCEEDED, and nothing was added;
 * STATUS_INVALID_HANDLE. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_release_semaphore(struct npfs_object *object,
						      uint32_t n, uint32_t *previousp);

/*
 * npfs_object_release_mutex() - this process gives a mutex up
 * @abandoned: its thread has ended: the next owner is told
 *
 * Return: STATUS_SUCCESS; STATUS_MUTANT_NOT_OWNED; STATUS_INVALID_HANDLE. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_release_mutex(struct npfs_object *object,
						  bool abandoned);

/*
 * npfs_object_ring() - tell the other processes that something may be there
 *
 * One system call when somebody sleeps, none otherwise. Since: 0.1
 */
NPFS_EXPORT void npfs_object_ring(struct npfs_object *object);

/* npfs_object_arm() - ask to be rung; whoever calls looks afterwards. Since: 0.1 */
NPFS_EXPORT void npfs_object_arm(struct npfs_object *object);

/*
 * npfs_object_wait_begin() - a thread begins to wait
 * @alone: it waits until it gets this object, whatever else it waits for; false when it
 *         must get several together
 * @sincep: for its takes
 *
 * Arms. To be free and to be counted are decided in one step, so of several that begin at the
 * same time none takes the others for those whom it belongs to.
 *
 * Return: NPFS_WAIT_COUNTED, to be told to npfs_object_wait_end(). Otherwise its takes are
 * NPFS_TAKE_POLL, except those of a manual-reset event or timer; after NPFS_WAIT_NEEDLESS, when
 * the take fails because another one was faster, it begins again. Since: 0.1
 */
NPFS_EXPORT enum npfs_wait_begun npfs_object_wait_begin(struct npfs_object *object, bool alone,
							uint32_t *sincep);

/* npfs_object_wait_end() - a thread that was counted ends without a take. Since: 0.1 */
NPFS_EXPORT void npfs_object_wait_end(struct npfs_object *object);

/* npfs_object_generation() - of a manual-reset event, for `since`. Since: 0.1 */
NPFS_EXPORT uint32_t npfs_object_generation(struct npfs_object *object);

/*
 * npfs_object_set_timer() - arm a timer, which is not signaled from then on
 * @due_ns: CLOCK_MONOTONIC; 0: disarm, and leave its state as it is
 * @period_ns: 0: once
 *
 * A timer expires by being looked at, npfs_object_is_ready() or _take(), at or after
 * @due_ns; npfs_object_due() says when that pays. Return: as npfs_object_set(). Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_set_timer(struct npfs_object *object, int64_t due_ns,
					      int64_t period_ns);

/*
 * npfs_object_due() - when a timer expires next, and how often that was changed
 * @changesp: counts npfs_object_set_timer() by all processes; may be NULL
 *
 * Return: CLOCK_MONOTONIC ns; 0: it is not armed. Since: 0.1
 */
NPFS_EXPORT int64_t npfs_object_due(struct npfs_object *object, uint32_t *changesp);

/*
 * npfs_object_get_security() - parts of the object's descriptor
 * @information: which parts: 1 owner, 2 group, 4 DACL, 8 SACL
 * @sd: receives a self-relative descriptor of at most @size bytes
 * @neededp: its bytes, also when it does not fit
 *
 * It takes READ_CONTROL, or ACCESS_SYSTEM_SECURITY for the SACL: granted to an open of this
 * process's, lent with the parcel the object came in, or by the descriptor to the caller now.
 * Waits for the broker. Return: STATUS_SUCCESS;
 * STATUS_BUFFER_TOO_SMALL; STATUS_ACCESS_DENIED; STATUS_INVALID_HANDLE: the broker that
 * knew it is gone, or after a fork; STATUS_INSUFFICIENT_RESOURCES; those of a missing
 * broker. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_get_security(struct npfs_object *object,
						 uint32_t information, void *sd,
						 uint32_t size, uint32_t *neededp);

/*
 * npfs_object_set_security() - replace parts of the object's descriptor
 * @information: which parts; high bits as in SetKernelObjectSecurity
 * @sd: borrowed: self-relative, @len bytes
 *
 * It takes WRITE_OWNER for owner and group, WRITE_DAC, or ACCESS_SYSTEM_SECURITY. Holds for
 * the next open; who has the object open keeps what he was granted. Waits for the broker.
 * Return: as npfs_object_get_security(); STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_SID,
 * STATUS_INVALID_ACL: malformed; STATUS_INVALID_OWNER: none, or one the caller may not
 * appoint; STATUS_INVALID_PRIMARY_GROUP: none; STATUS_NOT_SUPPORTED: a label. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_set_security(struct npfs_object *object,
						 uint32_t information, const void *sd,
						 uint32_t len);

/*
 * npfs_object_export() - pack the object for another process
 * @access: rights that go with it, of those that this process was granted, by opens or in a
 *          parcel; more are left out. They count for the descriptor only
 * @parcelp: of kind NPFS_PARCEL_OBJECT; to be given to npfs_parcel_free(). As long as a
 *           parcel or a copy of its descriptor exists the object and its name do
 *
 * Waits for the broker. Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE: the broker that
 * knew it is gone, or after a fork; STATUS_INSUFFICIENT_RESOURCES; those of a missing
 * broker. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_export(struct npfs_object *object, uint32_t access,
					   struct npfs_parcel *parcelp);

/*
 * npfs_object_import() - unpack an object
 * @parcel: borrowed, stays the caller's
 * @objectp: to be given to npfs_object_close()
 *
 * Waits for the broker, which must be the one the object is from. Return: STATUS_SUCCESS;
 * STATUS_INVALID_PARAMETER: no object in it; STATUS_OBJECT_NAME_NOT_FOUND: the broker does
 * not know it, or did not make the parcel; STATUS_INSUFFICIENT_RESOURCES; those of a missing
 * broker. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_object_import(const struct npfs_parcel *parcel,
					   struct npfs_object **objectp);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_OBJECT_H */
