/* SPDX-License-Identifier: MIT */
/*
 * Making, inheriting and removing the listening socket
 */
#include "npfs/broker/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"

/* The first descriptor systemd passes. */
#define LISTEN_FDS_START 3

/*
 * Looks for the descriptor systemd passes. Return: 0 with it, or with -1 for none in
 * @fdp;
 * -errno when what was passed is no use.
 */
static int inherited_fd(int *fdp)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	int type = 0, is_listening = 0;
	socklen_t len;
	int r;

	*fdp = -1;
	if (!pid || !fds || strtol(pid, NULL, 10) != (long)getpid() ||
	    strcmp(fds, "1") != 0)
		return 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	len = sizeof(type);
	if (getsockopt(LISTEN_FDS_START, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return np_err(-errno);
	len = sizeof(is_listening);
	if (getsockopt(LISTEN_FDS_START, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) <
	    0)
		return np_err(-errno);
	if (type != SOCK_SEQPACKET || !is_listening)
		return np_err(-EPROTOTYPE);
	r = np_fd_set_cloexec(LISTEN_FDS_START);
	if (r == 0)
		r = np_fd_set_nonblock(LISTEN_FDS_START);
	if (r < 0)
		return r;
	*fdp = LISTEN_FDS_START;
	return 0;
}

/* Makes sure that nothing is at @path. Under the bind lock. */
static int path_clear(const char *path)
{
	struct stat st;
	int fd = -1;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : np_err(-errno);
	if (!S_ISSOCK(st.st_mode))
		return np_err(-EEXIST);
	r = np_place_connect(path, &fd);
	np_fd_close(fd);
	if (r == 0)
		return np_err(-EADDRINUSE);
	if (r != -ECONNREFUSED && r != -ENOENT)
		return r;
	np_log(NP_LOG_NOTICE, "replacing %s, where nobody listens", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return np_err(-errno);
	return 0;
}

/* Under the bind lock. */
static int socket_bind(struct np_listener *listener, const char *path, unsigned mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	NP_CLEANUP_FD int fd = -1;
	struct stat st;
	mode_t mask;
	int r;

	r = path_clear(path);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return np_err(-errno);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	mask = umask(0777 & ~mode);
	r = bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return np_err(r);
	if (listen(fd, SOMAXCONN) < 0 || lstat(path, &st) < 0) {
		r = np_err(-errno);
		unlink(path);
		return r;
	}
	listener->fd = np_take_fd(fd);
	listener->owns_file = true;
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	listener->path = path;
	return 0;
}

/**
 * np_listener_open() - begin to listen
 * @listener:	NP_LISTENER_INIT
 * @path:	where, unless systemd has passed a socket; kept by reference
 * @mode:	permissions of the socket file
 *
 * Return: 0; -EADDRINUSE when somebody listens there; -EEXIST when something that is no
 * socket is there; another errno.
 */
int np_listener_open(struct np_listener *listener, const char *path, unsigned mode)
{
	int lock_fd = -1;
	int r;

	r = inherited_fd(&listener->fd);
	if (r < 0)
		return r;
	listener->path = path;
	if (listener->fd >= 0)
		return 0;
	if (strlen(path) >= NP_PLACE_PATH_MAX)
		return np_err(-ENAMETOOLONG);
	r = np_place_lock(path, NP_PLACE_BIND_LOCK, &lock_fd);
	if (r < 0)
		return r;
	r = socket_bind(listener, path, mode);
	np_place_unlock(path, NP_PLACE_BIND_LOCK, lock_fd);
	return r;
}

/*
 * np_listener_close() - stop listening; the socket file goes if it is still ours
 *
 * Twice is harmless.
 */
void np_listener_close(struct np_listener *listener)
{
	int lock_fd = -1;
	struct stat st;

	if (listener->owns_file &&
	    np_place_lock(listener->path, NP_PLACE_BIND_LOCK, &lock_fd) == 0) {
		if (lstat(listener->path, &st) == 0 && st.st_dev == listener->dev &&
		    st.st_ino == listener->ino)
			unlink(listener->path);
		np_place_unlock(listener->path, NP_PLACE_BIND_LOCK, lock_fd);
	}
	listener->owns_file = false;
	listener->fd = np_fd_close(listener->fd);
}
