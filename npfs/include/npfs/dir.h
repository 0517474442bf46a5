/* SPDX-License-Identifier: MIT */
/*
 * Listing the names of pipes, and the wildcards that choose among them.
 *
 * A listing walks the name space of the broker in the order the names were made, each pipe
 * once however many instances it has. Unnamed pipes do not appear. It is no snapshot:
 * names that come and go meanwhile are seen or not; one that stays is seen exactly once.
 *
 * A pattern is made of 16-bit units. `*` is any run of units, `?` one unit; `<` is any run
 * that leaves out the last dot of the name, `>` one unit other than a dot, or nothing
 * before a dot and at the end, `"` a dot, or nothing at the end. Everything else is
 * itself, without regard to case. npfs_pattern_from_dos() makes such a pattern from what
 * a program hands to FindFirstFile. Reference: npfs-semantics.md 7.10, [MS-FSA] 2.1.4.4.
 *
 * Threads. One listing is used by one thread at a time; different listings are
 * independent.
 *
 * fork(). The child has its own copy of a listing and may go on with it.
 *
 * Since: 0.1
 */
#ifndef NPFS_DIR_H
#define NPFS_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Units in a pattern at most. */
#define NPFS_PATTERN_MAX 32767

/* flags of npfs_pattern_match() */
#define NPFS_MATCH_CASE 0x1u /* letters match themselves only */

struct npfs_dir;

/* One pipe. */
struct npfs_dir_entry {
	uint32_t current_instances;
	uint32_t max_instances; /* 0xffffffff: unlimited */
	uint32_t index;         /* counts the names this listing has returned, from 1 */
	size_t name_len;        /* units */
	const uint16_t *name;   /* not terminated; borrowed until the next call */
};

/*
 * npfs_dir_open() - begin a listing
 * @pattern, @pattern_len: which names; borrowed for the call; of length 0: all of them
 * @dirp: the listing; the caller owns it and gives it to npfs_dir_close()
 *
 * Does not ask the broker yet and does not block.
 *
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_INVALID: longer than NPFS_PATTERN_MAX;
 * STATUS_INSUFFICIENT_RESOURCES. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_dir_open(const uint16_t *pattern, size_t pattern_len,
				      struct npfs_dir **dirp);

/*
 * npfs_dir_next() - the next name that matches
 * @entryp: written with STATUS_SUCCESS only
 *
 * Asks the broker for a page of names when the last one is used up; waits for the broker,
 * not for other programs.
 *
 * Return: STATUS_SUCCESS; STATUS_NO_SUCH_FILE: not one name matches;
 * STATUS_NO_MORE_FILES: no further one does; STATUS_INSUFFICIENT_RESOURCES;
 * STATUS_PIPE_BROKEN: the broker went away meanwhile; STATUS_REVISION_MISMATCH,
 * STATUS_NOT_SUPPORTED, STATUS_UNSUCCESSFUL: no broker to be had. After a failure of the
 * last kinds the call may be repeated and goes on where it was. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_dir_next(struct npfs_dir *dir,
				      struct npfs_dir_entry *entryp);

/*
 * npfs_dir_rewind() - begin again, with the same pattern
 *
 * Does not block. Names made since are seen. A listing that found something earlier still
 * answers STATUS_NO_SUCH_FILE when this time there is nothing. Since: 0.1
 */
NPFS_EXPORT void npfs_dir_rewind(struct npfs_dir *dir);

/* npfs_dir_close() - give a listing up; NULL is harmless. Since: 0.1 */
NPFS_EXPORT void npfs_dir_close(struct npfs_dir *dir);

/*
 * Watching the names: who comes, who goes, and whose number of instances is another one.
 * What happened is told in its order, and once, as long as whoever watches keeps up: the
 * broker remembers a few hundred changes.
 */
struct npfs_dir_watch;

#define NPFS_DIR_ADDED	   1u /* the numbers of FILE_ACTION_ */
#define NPFS_DIR_REMOVED   2u
#define NPFS_DIR_INSTANCES 3u /* there is another number of them */

struct npfs_dir_change {
	uint32_t action; /* NPFS_DIR_ */
	size_t name_len; /* units */
	const uint16_t *name; /* not terminated; borrowed until the next call */
};

/*
 * npfs_dir_watch_open() - watch from now on
 * @watchp: the caller owns it and gives it to npfs_dir_watch_close()
 *
 * Waits for the broker, not for other programs. In the child of a fork the watch is of no
 * use: it is closed there, or forgotten.
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES; STATUS_UNSUCCESSFUL,
 * STATUS_NOT_SUPPORTED: no broker that can be watched. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_dir_watch_open(struct npfs_dir_watch **watchp);

/*
 * npfs_dir_watch_next() - the next change; blocks until there is one
 * @changep: written with STATUS_SUCCESS only
 *
 * One thread at a time.
 * Return: STATUS_SUCCESS; STATUS_NOTIFY_ENUM_DIR: changes were missed, also because the
 * broker is another one; the next call goes on from now; STATUS_CANCELLED: from
 * npfs_dir_watch_cancel(); STATUS_INSUFFICIENT_RESOURCES; STATUS_PIPE_BROKEN,
 * STATUS_UNSUCCESSFUL: no broker any more. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_dir_watch_next(struct npfs_dir_watch *watch,
					    struct npfs_dir_change *changep);

/* npfs_dir_watch_cancel() - end the call that blocks, and all later ones at once. Any
 * thread, does not block. Since: 0.1 */
NPFS_EXPORT void npfs_dir_watch_cancel(struct npfs_dir_watch *watch);

/* npfs_dir_watch_close() - no call is under way any more; NULL is harmless. Since: 0.1 */
NPFS_EXPORT void npfs_dir_watch_close(struct npfs_dir_watch *watch);

/*
 * npfs_pattern_match() - does the whole name match the pattern?
 * @pattern, @name: borrowed; may be NULL with length 0
 * @flags: NPFS_MATCH_CASE or 0
 *
 * Pure; takes time in proportion to the product of the lengths at most.
 * Return: true when it does. A pattern of length 0 matches the empty name only, one longer
 * than NPFS_PATTERN_MAX nothing. Since: 0.1
 */
NPFS_EXPORT bool npfs_pattern_match(const uint16_t *pattern, size_t pattern_len,
				    const uint16_t *name, size_t name_len,
				    uint32_t flags);

/*
 * npfs_pattern_is() - is there a wildcard in it, any of * ? < > " ?
 * @text: borrowed; may be NULL with length 0
 *
 * Pure. Return: true when there is. Since: 0.1
 */
NPFS_EXPORT bool npfs_pattern_is(const uint16_t *text, size_t len);

/*
 * npfs_pattern_from_dos() - what a DOS program means by a pattern
 * @dos: borrowed; may be NULL with length 0
 * @out: room for @len units; may be @dos
 *
 * Pure. Everything for *.*, and for the rest: ? may match nothing at the end of name and
 * extension, a * before a dot leaves the extension alone, a dot before a wildcard may be
 * missing at the end of the name, and *. at the end means names without extension.
 * Return: units written to @out, never more than @len. Since: 0.1
 */
NPFS_EXPORT size_t npfs_pattern_from_dos(const uint16_t *dos, size_t len, uint16_t *out);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_DIR_H */
