/* SPDX-License-Identifier: MIT */
/*
 * Windows paths and the pipe names in them.
 *
 * A program names a pipe by a path, \\.\pipe\name or \\server\pipe\name. The library's
 * other calls take the name alone: what follows the keyword "pipe" and its backslash, in
 * 16-bit units. A name is opaque; it may contain any unit, backslashes included.
 *
 * There are two readings of a path. Creating and opening apply the rules of DOS paths to
 * it, waiting takes it nearly literally; so a path can create a pipe that the same path
 * cannot wait for, and that is how Windows is.
 *
 * All functions here are pure: they do not block, may be called from any thread and
 * signal handler, and work in the child of a fork.
 */
#ifndef NPFS_NAME_H
#define NPFS_NAME_H

#include <npfs/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Units in a pipe name at most. */
#define NPFS_NAME_MAX 32748

/* What a path leads to. */
enum npfs_path_class {
	NPFS_PATH_INVALID_EMPTY, /* an empty path */
	NPFS_PATH_PIPE,          /* a pipe of this computer */
	NPFS_PATH_PIPE_DEVICE,   /* \\.\pipe: the file system itself */
	NPFS_PATH_PIPE_ROOT,     /* \\.\pipe\: its root directory */
	NPFS_PATH_REMOTE_PIPE,   /* \\server\pipe\name; the name may be empty */
	NPFS_PATH_DEVICE_OTHER,  /* another device: \\.\mailslot\x, NUL */
	NPFS_PATH_FILE           /* anything else */
};

/* A path taken apart. Offsets and lengths are units in the output buffer of the call. */
struct npfs_path {
	enum npfs_path_class path_class;
	size_t server_off; /* REMOTE_PIPE: the server; otherwise an empty range */
	size_t server_len;
	size_t name_off; /* PIPE, REMOTE_PIPE: the pipe; DEVICE_OTHER: the device */
	size_t name_len;
};

/**
 * npfs_path_parse_dos() - read a path as CreateNamedPipe and CreateFile do
 * @path:	units, borrowed; may be NULL when @len is 0
 * @len:	how many units
 * @out:	room for the parts; must not overlap @path
 * @out_cap:	units of room; @len is always enough
 * @resultp:	what the path is; written on STATUS_SUCCESS, and with an empty path
 *
 * \\.\ paths, and \\server\ paths, are normalised: a slash is a backslash, runs of
 * separators are one, "." and ".." are resolved, dots and blanks at the end of the whole
 * path are dropped, and so is a single dot at the end of an inner component. A path that
 * begins with exactly \\?\ or \??\ is taken as it stands. Keywords are found in any case.
 *
 * Return:
 * STATUS_SUCCESS - @resultp says what it is;
 * STATUS_OBJECT_PATH_NOT_FOUND - the path is empty;
 * STATUS_OBJECT_NAME_INVALID - a pipe name is longer than NPFS_NAME_MAX;
 * STATUS_BUFFER_TOO_SMALL - @out_cap does not suffice. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_path_parse_dos(const uint16_t *path, size_t len,
					    uint16_t *out, size_t out_cap,
					    struct npfs_path *resultp);

/**
 * npfs_path_parse_wait() - read a path as WaitNamedPipe does
 * @path:	units, borrowed; may be NULL when @len is 0
 * @len:	how many units
 * @out:	room for the parts; must not overlap @path
 * @out_cap:	units of room; @len is always enough
 * @resultp:	a pipe or a remote pipe; written on STATUS_SUCCESS only
 *
 * A slash is a backslash; then the path must begin with \\.\pipe\ or \\server\pipe\, and
 * the rest is the name as it stands.
 *
 * Return:
 * STATUS_SUCCESS - @resultp is a pipe, local or remote, with a name that is not empty;
 * STATUS_OBJECT_PATH_SYNTAX_BAD - the path is of another form;
 * STATUS_INVALID_PARAMETER - the name is empty or too long for the request;
 * STATUS_BUFFER_TOO_SMALL - @out_cap does not suffice. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_path_parse_wait(const uint16_t *path, size_t len,
					     uint16_t *out, size_t out_cap,
					     struct npfs_path *resultp);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_NAME_H */
