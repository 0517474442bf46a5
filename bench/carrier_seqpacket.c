/* SPDX-License-Identifier: MIT */
/*
 * The carrier that a Linux program would pick instead of a message pipe: an AF_UNIX
 * SOCK_SEQPACKET pair. The kernel keeps the message boundaries, one call moves one
 * message, and a message that arrives with another length is an error.
 */
#include "bench/carrier.h"
#include "bench/sockets.h"

#include <errno.h>
#include <sys/socket.h>

static int seqpacket_create(void **sharedp)
{
	struct np_sockets *pair;
	int r = np_sockets_create(SOCK_SEQPACKET, &pair);

	if (r == 0)
		*sharedp = pair;
	return r;
}

static void seqpacket_free(void *shared)
{
	np_sockets_free(shared);
}

static int seqpacket_attach(void *shared, const char *name, enum np_side side,
			    void **endp)
{
	(void)name;
	np_sockets_attach(shared, side);
	*endp = shared;
	return 0;
}

static int seqpacket_send(void *end, const void *data, size_t len)
{
	const struct np_sockets *pair = end;
	ssize_t n;

	do
		n = send(pair->mine, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

static int seqpacket_recv(void *end, void *data, size_t len)
{
	const struct np_sockets *pair = end;
	ssize_t n;

	do
		n = recv(pair->mine, data, len, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

const struct np_carrier np_carrier_seqpacket = {
	.name = "seqpacket",
	.text = "AF_UNIX SOCK_SEQPACKET pair",
	.create = seqpacket_create,
	.destroy = seqpacket_free,
	.attach = seqpacket_attach,
	.send = seqpacket_send,
	.recv = seqpacket_recv,
	.peek = np_sockets_peek,
	.detach = seqpacket_free,
};
