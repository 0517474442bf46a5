/* SPDX-License-Identifier: MIT */
/*
 * Readiness: one byte to a pipe, and a datagram to systemd
 */
#include "npfs/broker/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/base/log.h"

static void notify_systemd(const char *path)
{
	static const char text[] = "READY=1";
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	NP_CLEANUP_FD int fd = -1;
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	/* A leading @ stands for the zero byte of an abstract address. */
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, text, sizeof(text) - 1, MSG_NOSIGNAL,
		   (const struct sockaddr *)&addr,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		np_log(NP_LOG_WARNING, "cannot notify %s: %s", path, strerror(errno));
}

/* np_notify_parent() - write the byte that says "ready" to the pipe @fd, and close it */
void np_notify_parent(int fd)
{
	ssize_t n;

	do {
		n = write(fd, "1", 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		np_log(NP_LOG_WARNING, "cannot report readiness: %s", strerror(errno));
	np_fd_close(fd);
}

/*
 * np_notify_ready() - tell systemd, and whoever is behind @ready_fd (closed; -1:
 * nobody)
 */
void np_notify_ready(int ready_fd)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path)
		notify_systemd(path);
	if (ready_fd >= 0)
		np_notify_parent(ready_fd);
}
