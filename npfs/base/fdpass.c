/* SPDX-License-Identifier: MIT */
/*
 * sendmsg() and recvmsg() with SCM_RIGHTS, and the closing of surplus descriptors.
 *
 * The control buffer is larger than what a caller asks for: a surplus that fits is seen
 * and closed here, a surplus that does not fit is dropped by the kernel and shows as
 * MSG_CTRUNC. Both end in -EMSGSIZE. MSG_CTRUNC with room left in the buffer says that the
 * process has as many descriptors as it may have.
 */
#include "npfs/base/fdpass.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"

/* How often a packet is asked for that the kernel has no memory for. */
#define TRIES 100

union fd_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(NP_FDPASS_MAX * sizeof(int))];
};

/**
 * np_fdpass_send() - send one packet
 * @sock:	SOCK_SEQPACKET socket
 * @buf:	the packet
 * @len:	its length, not 0: an empty packet reads as end of file
 * @fds:	descriptors to pass; borrowed, they are *not* closed here
 * @n_fds:	how many, at most NP_FDPASS_MAX
 * @flags:	MSG_DONTWAIT or 0; MSG_NOSIGNAL is always added
 *
 * Return: 0 or a negative errno; -EAGAIN is an answer under MSG_DONTWAIT.
 */
int np_fdpass_send(int sock, const void *buf, size_t len, const int *fds, unsigned n_fds,
		   int flags)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_control control;
	struct cmsghdr *cmsg;
	ssize_t n;

	if (len == 0 || n_fds > NP_FDPASS_MAX)
		return np_err(-EINVAL);
	if (n_fds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		assert(cmsg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	do {
		n = sendmsg(sock, &msg, flags | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : np_err(-errno);
	/* A sequenced-packet socket sends a packet whole or not at all. */
	return (size_t)n == len ? 0 : np_err(-EIO);
}

/*
 * Collects the descriptors of @msg into @fds; the surplus is closed. Return: how many
 * came.
 */
static unsigned control_take_fds(struct msghdr *msg, int *fds, unsigned fds_cap)
{
	struct cmsghdr *cmsg;
	unsigned n = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t n_here, i;

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n_here = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n_here; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
			if (n < fds_cap)
				fds[n] = fd;
			else
				np_fd_close(fd);
			n++;
		}
	}
	return n;
}

/**
 * np_fdpass_recv() - receive one packet
 * @sock:	SOCK_SEQPACKET socket
 * @buf:	room for the packet
 * @cap:	size of the room
 * @fds:	room for descriptors; may be NULL with @fds_cap 0
 * @fds_cap:	how many descriptors the caller takes, at most NP_FDPASS_MAX
 * @n_fdsp:	how many came, owned by the caller afterwards; 0 on every failure, and when
 *		they found no room in the process's table of descriptors: then the kernel
 *		has closed them, and the packet is all there is
 * @flags:	MSG_DONTWAIT or 0
 *
 * Return: length of the packet; 0 at end of file; -EMSGSIZE when packet or descriptors
 * did not fit (the packet is gone, its descriptors are closed); -EAGAIN under
 * MSG_DONTWAIT; or another negative errno, never -ECONNRESET. Interrupted calls are repeated.
 */
ssize_t np_fdpass_recv(int sock, void *buf, size_t cap, int *fds, unsigned fds_cap,
		       unsigned *n_fdsp, int flags)
{
	struct iovec iov = {.iov_base = buf, .iov_len = cap};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_control control;
	unsigned n_tries = 0, n_fds, i;
	ssize_t n;

	*n_fdsp = 0;
	if (fds_cap > NP_FDPASS_MAX)
		return np_err(-EINVAL);
	/* A packet that the kernel has no memory for stays in the queue. That the other side
	 * went with something unread shows once, in front of what it had sent. */
	do {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		msg.msg_flags = 0;
		n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET ||
			   (errno == ENOMEM && n_tries++ < TRIES)));
	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : np_err(-errno);
	n_fds = control_take_fds(&msg, fds, fds_cap);
	if ((msg.msg_flags & MSG_CTRUNC) && n_fds < NP_FDPASS_MAX && n_fds <= fds_cap) {
		while (n_fds > 0)
			np_fd_close(fds[--n_fds]);
		msg.msg_flags &= ~MSG_CTRUNC;
	}
	/*
	 * An empty packet looks like end of file; it must not smuggle descriptors past
	 * it.
	 */
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || n_fds > fds_cap ||
	    (n == 0 && n_fds > 0)) {
		for (i = 0; i < np_min_u32(n_fds, fds_cap); i++)
			fds[i] = np_fd_close(fds[i]);
		return np_err(-EMSGSIZE);
	}
	*n_fdsp = n_fds;
	return n;
}
