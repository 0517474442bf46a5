/* SPDX-License-Identifier: MIT */
/*
 * Pairs of connected AF_UNIX sockets. The buffer sizes are the system's: they hold more
 * than one message of the longest kind, and a user who picks a socket pair gets these.
 */
#include "bench/sockets.h"

#include "bench/fdio.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int np_sockets_create(int type, struct np_sockets **pairp)
{
	struct np_sockets *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -ENOMEM;
	pair->mine = -1;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair->fd) < 0) {
		int r = -errno;

		free(pair);
		return r;
	}
	*pairp = pair;
	return 0;
}

void np_sockets_free(struct np_sockets *pair)
{
	if (!pair)
		return;
	np_fdio_close(&pair->fd[0]);
	np_fdio_close(&pair->fd[1]);
	free(pair);
}

void np_sockets_attach(struct np_sockets *pair, enum np_side side)
{
	np_fdio_close(
		&pair->fd[side == NP_SIDE_PASSIVE ? NP_SIDE_ACTIVE : NP_SIDE_PASSIVE]);
	pair->mine = pair->fd[side];
}

int np_sockets_peek(void *end, void *data, size_t len)
{
	const struct np_sockets *pair = end;
	ssize_t n = recv(pair->mine, data, len, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return (size_t)n == len;
}
