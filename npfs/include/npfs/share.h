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
 * a holder has in flight when it closes goes on or is cancelled, as each operation's
 * `on_close` says (<npfs/aio.h>), and does not keep the end open. What it had in flight when
 * it died is cancelled. Of a holder killed in the middle of a
 * call, in the few instructions that move data, the others may see a broken connection.
 *
 * Between processes, a write that comes behind another holder's stalled write goes into the
 * queue when its turn comes, so the peer's peek does not count it before; and a read that
 * waits behind another holder's is not counted into what a write finds waiting. Writes that
 * have completed and wait for room in the ring are lost with the process that made them.
 *
 * Who is told of completions: npfs_end_tie() makes a process the receiver of the end's
 * packets, as associating a file object with a completion port does. It stays so for as long
 * as the end lives, also when that process holds it no more. Operations of the receiver itself
 * complete in it anyhow; of an operation of another holder that has a `context` it gets a
 * packet, also when that holder exits or is killed: then with STATUS_CANCELLED. The packet may
 * be there before `complete` is called: what has to be done before, as writing the result to
 * where the program looks for it, does the operation's `store`. It is called with status and
 * information set, under the end's lock, must not call the library, and `complete` follows.
 *
 * Sources: npfs-semantics.md section 5.8 for the lock, 5.5 and 5.11 for the packets, and
 * 5.11 for closing; inheritance and DuplicateHandle as in the Win32 documentation.
 *
 * Since: 0.1
 */
#ifndef NPFS_SHARE_H
#define NPFS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

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

/* What the receiver learns of another holder's operation. */
struct npfs_packet {
	uint64_t context; /* of the operation; an address of the other process's, perhaps */
	npfs_status status;
	uint32_t information;
};

/**
 * npfs_end_tie() - have this process told of what completes on an end in other processes
 * @end:     borrowed; not a synchronous one
 * @receive: called for each packet, in the order in which the operations completed; in the
 *           library's thread or in one that drives, under no lock and never twice at a time.
 *           Must not block for long. Also after the end was freed here, as long as other
 *           processes hold it
 * @release: called once, when there will be no more packets, in the thread that frees the
 *           end or in the library's
 * @user:    what both are called with, never looked at
 *
 * For good: an end is tied once, in whichever process. Operations that are in flight already
 * are told of when they complete. For an end that this process alone holds nothing is made
 * until it is exported, and its operations cost what they did.
 *
 * At most 8,192 packets wait for a receiver that does not run. So that none is ever lost, an
 * operation with a context that might find no room fails before it begins, with
 * STATUS_INSUFFICIENT_RESOURCES; a receiver that is dead is not waited for. The exception: of
 * more than 4,096 operations that are in flight on one end when it is tied, the rest is not
 * told of if their process dies.
 *
 * Waits for calls on the end that do not sleep. Any thread.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: synchronous, or tied;
 * STATUS_INVALID_HANDLE: closed, or the parent's after a fork; STATUS_INSUFFICIENT_RESOURCES.
 * @release is called for STATUS_SUCCESS only.
 */
NPFS_EXPORT npfs_status npfs_end_tie(struct npfs_end *end,
				     void (*receive)(void *user,
						     const struct npfs_packet *packet),
				     void (*release)(void *user), void *user);

/**
 * npfs_end_is_tied() - has any process tied the end?
 *
 * Does not block. Any thread.
 */
NPFS_EXPORT bool npfs_end_is_tied(const struct npfs_end *end);

#ifdef __cplusplus
}
#endif
#endif
