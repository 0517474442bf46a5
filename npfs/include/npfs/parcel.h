/* SPDX-License-Identifier: MIT */
/*
 * Parcels: something of this process, packed so that another process can have it too
 *
 * An end of a pipe or a shared object is descriptors and a few bytes that say what they
 * are. A parcel is both. It travels as an inherited descriptor over exec() or through the
 * broker; the one who unpacks it gets a new owner of the same thing, not a copy.
 *
 * Packing never takes anything away from the packer. The descriptors in a parcel are
 * duplicates that the parcel owns.
 */
#ifndef NPFS_PARCEL_H
#define NPFS_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPFS_PARCEL_FDS	     8u
#define NPFS_PARCEL_BODY_MAX 65536u

/* What is in a parcel. */
enum npfs_parcel_kind {
	NPFS_PARCEL_NONE = 0,
	NPFS_PARCEL_END = 1,	/* an end of a pipe */
	NPFS_PARCEL_OBJECT = 2, /* an object that several processes share */
	NPFS_PARCEL_USER = 256, /* from here on: the caller's own kinds */
};

struct npfs_parcel {
	uint32_t kind;	/* enum npfs_parcel_kind, or the caller's own */
	uint32_t n_fds; /* at most NPFS_PARCEL_FDS */
	int fds[NPFS_PARCEL_FDS]; /* owned, close-on-exec */
	uint32_t len;		  /* bytes in @body, at most NPFS_PARCEL_BODY_MAX */
	void *body;		  /* owned, from malloc(); NULL with len 0 */
};

/**
 * npfs_parcel_init() - an empty parcel
 * @parcel: set to kind NPFS_PARCEL_NONE without descriptors and bytes
 *
 * Never blocks, never fails. Any thread; usable after fork.
 */
NPFS_EXPORT void npfs_parcel_init(struct npfs_parcel *parcel);

/**
 * npfs_parcel_add_fd() - put a duplicate of a descriptor into a parcel
 * @parcel: gets a close-on-exec duplicate that it owns
 * @fd:     borrowed
 *
 * Never blocks. One thread at a time per parcel; usable after fork.
 *
 * Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW when NPFS_PARCEL_FDS are in it;
 * STATUS_TOO_MANY_OPENED_FILES; STATUS_INVALID_HANDLE.
 */
NPFS_EXPORT npfs_status npfs_parcel_add_fd(struct npfs_parcel *parcel, int fd);

/**
 * npfs_parcel_set_body() - the bytes of a parcel
 * @parcel: its former bytes are freed
 * @body:   borrowed, copied
 * @len:    bytes, at most NPFS_PARCEL_BODY_MAX
 *
 * Never blocks. One thread at a time per parcel; usable after fork.
 *
 * Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW; STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_parcel_set_body(struct npfs_parcel *parcel, const void *body,
					     uint32_t len);

/**
 * npfs_parcel_free() - close and free what a parcel owns, and leave it empty
 * @parcel: NULL is accepted
 *
 * Never blocks. One thread at a time per parcel; usable after fork.
 */
NPFS_EXPORT void npfs_parcel_free(struct npfs_parcel *parcel);

/**
 * npfs_parcel_deposit() - leave a parcel with the broker, for another process
 * @parcel:  borrowed; may be freed afterwards, the broker keeps what is in it
 * @pid:     the process it is for, of the same user
 * @access:  a number that comes with it, the handle's rights for instance
 * @flags:   another one
 * @ticketp: receives the parcel's number, below 2^23, for the other process
 *
 * It waits until it is collected or the process ends. Waits for the broker. Any thread;
 * usable after fork.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_CID: no such process;
 * STATUS_PROCESS_IS_TERMINATING; STATUS_ACCESS_DENIED: another user's;
 * STATUS_INSUFFICIENT_RESOURCES: too many wait; STATUS_UNSUCCESSFUL: no broker.
 *
 * Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_parcel_deposit(const struct npfs_parcel *parcel, uint32_t pid,
					    uint32_t access, uint32_t flags,
					    uint32_t *ticketp);

/**
 * npfs_parcel_collect() - take a parcel that was left for this process
 * @ticket:  its number
 * @parcelp: receives the parcel; the caller frees it
 * @accessp: receives the numbers that came with it
 * @flagsp:  likewise
 *
 * Each can be taken once. Waits for the broker. Any thread; usable after fork.
 *
 * Return: STATUS_SUCCESS; STATUS_NOT_FOUND: there is none of this number for this process;
 * STATUS_UNSUCCESSFUL: no broker.
 *
 * Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_parcel_collect(uint32_t ticket, struct npfs_parcel *parcelp,
					    uint32_t *accessp, uint32_t *flagsp);

#ifdef __cplusplus
}
#endif

#endif
