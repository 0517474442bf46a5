/* SPDX-License-Identifier: MIT */
/*
 * Socket paths, the check of the user's directory, and lock files (rules: place.h)
 */
#include "npfs/proto/place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"

static_assert(NP_PLACE_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path),
	      "a place is what a socket address can hold");

#define SOCKET_NAME "/npfsd.sock"

/**
 * np_place_from_env() - the place $NPFS_SOCKET names
 * @place:	written when there is one
 * @errp:	0, or -ENAMETOOLONG for a path no socket can have
 *
 * A relative path is taken from the working directory of the moment, so that a broker
 * that is started for it in another directory means the same place.
 *
 * Return: whether the variable is set.
 */
bool np_place_from_env(struct np_place *place, int *errp)
{
	const char *value = secure_getenv("NPFS_SOCKET");
	char cwd[PATH_MAX];
	int n;

	*errp = 0;
	if (!value || !*value)
		return false;
	memset(place, 0, sizeof(*place));
	if (value[0] == '/')
		n = snprintf(place->path, sizeof(place->path), "%s", value);
	else if (getcwd(cwd, sizeof(cwd)))
		n = snprintf(place->path, sizeof(place->path), "%s/%s", cwd, value);
	else
		n = -1;
	if (n < 0 || (size_t)n >= sizeof(place->path))
		*errp = np_err(-ENAMETOOLONG);
	return true;
}

/**
 * np_place_check_dir() - is @dir a directory of our own that nobody else can enter?
 *
 * Return: 0; -EPERM when it is something else; or why it cannot be looked at.
 */
int np_place_check_dir(const char *dir)
{
	NP_CLEANUP_FD int fd = open(dir, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? np_err(-EPERM)
							  : np_err(-errno);
	if (fstat(fd, &st) < 0)
		return np_err(-errno);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return np_err(-EPERM);
	return 0;
}

/* Tries <base>/<leaf>; makes the last component when it is missing. */
static int user_try(struct np_place *place, const char *base, const char *leaf)
{
	struct np_place try;
	int n, r;

	memset(&try, 0, sizeof(try));
	n = snprintf(try.dir, sizeof(try.dir), "%s/%s", base, leaf);
	if (n < 0 || (size_t)n + sizeof(SOCKET_NAME) > sizeof(try.path))
		return np_err(-ENAMETOOLONG);
	memcpy(try.path, try.dir, (size_t)n);
	memcpy(try.path + n, SOCKET_NAME, sizeof(SOCKET_NAME));
	if (mkdir(try.dir, 0700) < 0 && errno != EEXIST)
		return np_err(-errno);
	r = np_place_check_dir(try.dir);
	if (r < 0)
		return r;
	*place = try;
	return 0;
}

/**
 * np_place_user() - the place of the user's own broker; its directory is made if missing
 * @place:	written on success
 *
 * Return: 0; -EPERM when the directory is not safe; or why there is none.
 */
int np_place_user(struct np_place *place)
{
	const char *base = secure_getenv("XDG_RUNTIME_DIR");
	char leaf[32];
	int r;

	if (base && base[0] == '/') {
		r = user_try(place, base, "npfs");
		if (r == 0 || r == -EPERM)
			return r;
	}
	snprintf(leaf, sizeof(leaf), "npfs-%u", (unsigned)geteuid());
	base = secure_getenv("TMPDIR");
	if (base && base[0] == '/') {
		r = user_try(place, base, leaf);
		if (r == 0 || r == -EPERM)
			return r;
	}
	return user_try(place, "/tmp", leaf);
}

/**
 * np_place_connect() - connect to whoever listens at @path
 * @path:	socket
 * @fdp:	blocking SOCK_SEQPACKET socket, owned by the caller
 *
 * Return: 0; -ENOENT or -ECONNREFUSED when nobody listens, unmarked; another errno.
 */
int np_place_connect(const char *path, int *fdp)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	NP_CLEANUP_FD int fd = -1;
	size_t len = strlen(path);
	int r;

	if (len >= sizeof(addr.sun_path))
		return np_err(-ENAMETOOLONG);
	memcpy(addr.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return np_err(-errno);
	do {
		r = connect(fd, (const struct sockaddr *)&addr, sizeof(addr));
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == ENOENT || errno == ECONNREFUSED ? -errno : np_err(-errno);
	*fdp = np_take_fd(fd);
	return 0;
}

static int lock_path(char *buf, size_t cap, const char *path, const char *suffix)
{
	int n = snprintf(buf, cap, "%s%s", path, suffix);

	return n < 0 || (size_t)n >= cap ? np_err(-ENAMETOOLONG) : 0;
}

/* Does @path lead to the very file behind @fd? */
static bool path_is_fd(const char *path, int fd)
{
	struct stat by_path, by_fd;

	return lstat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino;
}

/*
 * Takes a lock in the way @operation says. Return: 0; -EWOULDBLOCK, unmarked, when the lock is
 * taken and @operation does not wait; another errno.
 */
static int lock(const char *path, const char *suffix, int operation, int *fdp)
{
	char name[NP_PLACE_PATH_MAX + 16];
	int r;

	r = lock_path(name, sizeof(name), path, suffix);
	if (r < 0)
		return r;
	for (;;) {
		NP_CLEANUP_FD int fd =
			open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0)
			return np_err(-errno);
		do {
			r = flock(fd, operation);
		} while (r < 0 && errno == EINTR);
		if (r < 0)
			return errno == EWOULDBLOCK ? -EWOULDBLOCK : np_err(-errno);
		if (path_is_fd(name, fd)) {
			*fdp = np_take_fd(fd);
			return 0;
		}
	}
}

/**
 * np_place_lock() - take a lock of the socket @path; waits for its holder
 * @path:	socket
 * @suffix:	which lock
 * @fdp:	for np_place_unlock()
 *
 * Return: 0 or -errno.
 */
int np_place_lock(const char *path, const char *suffix, int *fdp)
{
	return lock(path, suffix, LOCK_EX, fdp);
}

/* np_place_try_lock() - the same, but waits for nobody. Return: also -EWOULDBLOCK, unmarked */
int np_place_try_lock(const char *path, const char *suffix, int *fdp)
{
	return lock(path, suffix, LOCK_EX | LOCK_NB, fdp);
}

/*
 * np_place_unlock() - give the lock back; its file is gone afterwards
 *
 * A process that was forked meanwhile has the lock too, and would keep it.
 */
void np_place_unlock(const char *path, const char *suffix, int fd)
{
	char name[NP_PLACE_PATH_MAX + 16];

	if (fd < 0)
		return;
	if (lock_path(name, sizeof(name), path, suffix) == 0)
		unlink(name);
	flock(fd, LOCK_UN);
	np_fd_close(fd);
}
