/* SPDX-License-Identifier: MIT */
/*
 * Ends of pipes that several processes hold.
 *
 * In Windows a handle can be inherited by a child or duplicated into another process; both
 * handles then name the same file object. So it is here: npfs_end_export() packs an end into
 * a parcel (<npfs/parcel.h>), the parcel travels, npfs_end_import() makes a struct npfs_end
 * of it that is the same end. All holders have
 *
 *	one position	a message that one of them read half of is read on by the next
 *	one set of modes	read mode and completion mode
 *	one state	connected, closing, disconnected; a server end that one of them
 *			disconnects and lets listen again does so for all
 *	one lock	when the end is synchronous: a call of one holder waits for that of
 *			another, asleep or not
 *	one order	reads that wait are served in the order in which they came, and so are
 *			writes, whosever they are
 *
 * Each has its own access rights and its own operations in flight; npfs_end_cancel() is about
 * those. The peer sees one end, which closes when the last holder has closed it or died. What
 * a holder had in flight when it died is cancelled. Of a holder killed in the middle of a
 * call, in the few instructions that move data, the others may see a broken connection.
 *
 * Between processes, a write that comes behind another holder's stalled write goes into the
 * queue when its turn comes, so the peer's peek does not count it before; and a read that
 * waits behind another holder's is not counted into what a write finds waiting. Writes that
 * have completed and wait for room in the ring are lost with the process that made them.
 *
 * Sources: npfs-semantics.md section 5.8 for the lock; inheritance and DuplicateHandle as in
 * the Win32 documentation.
 *
 * Since: 0.1
 */
#ifndef NPFS_SHARE_H
#define NPFS_SHARE_H

#include <npfs/parcel.h>
#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct npfs_end;

/* Processes that can hold one end at a time. */
#define NPFS_SHARE_HOLDERS 64u

/**
 * npfs_end_export() - pack an end for another process
 * @end:    borrowed; goes on as it was, with whatever is in flight on it
 * @parcel: empty; on success kind NPFS_PARCEL_END with its own descriptors. Several holders
 *          may be made of one parcel, one after the other
 *
 * While the parcel exists, the end is not closed: free it when it has been delivered.
 *
 * Does not wait for other calls on the end, not even on a synchronous one. The first export
 * of a server end asks the broker. Any thread; in the child of a fork() the end is the
 * parent's and cannot be exported.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE: closed, or the parent's;
 * STATUS_INSUFFICIENT_RESOURCES: memory or descriptors ran out, or the end was made without
 * NPFS_INHERITABLE when the process had many ends, so that what a second holder would need
 * is no longer there; STATUS_PIPE_BROKEN, STATUS_UNSUCCESSFUL: the broker is gone.
 */
NPFS_EXPORT npfs_status npfs_end_export(struct npfs_end *end, struct npfs_parcel *parcel);

/**
 * npfs_end_import() - hold the end that is in a parcel
 * @parcel: borrowed; its descriptors stay its own
 * @endp:   the end, the caller owns it: npfs_end_free(). Its access is that of the exported
 *          end, see npfs_end_narrow()
 *
 * Never waits for another holder, and asks nobody. Any thread; usable in the child of a
 * fork().
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: no end is in the parcel;
 * STATUS_INSUFFICIENT_RESOURCES: memory or descriptors ran out, or NPFS_SHARE_HOLDERS hold it.
 */
NPFS_EXPORT npfs_status npfs_end_import(const struct npfs_parcel *parcel,
					struct npfs_end **endp);

#ifdef __cplusplus
}
#endif
#endif
