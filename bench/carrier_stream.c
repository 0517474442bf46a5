/* SPDX-License-Identifier: MIT */
/*
 * An AF_UNIX SOCK_STREAM pair: no message boundaries, so a message is as many bytes as
 * both sides agreed on.
 */
#include "bench/carrier.h"
#include "bench/fdio.h"
#include "bench/sockets.h"

#include <sys/socket.h>

static int stream_create(void **sharedp)
{
	struct np_sockets *pair;
	int r = np_sockets_create(SOCK_STREAM, &pair);

	if (r == 0)
		*sharedp = pair;
	return r;
}

static void stream_free(void *shared)
{
	np_sockets_free(shared);
}

static int stream_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	(void)name;
	np_sockets_attach(shared, side);
	*endp = shared;
	return 0;
}

static int stream_send(void *end, const void *data, size_t len)
{
	const struct np_sockets *pair = end;

	return np_fdio_write(pair->mine, data, len);
}

static int stream_recv(void *end, void *data, size_t len)
{
	const struct np_sockets *pair = end;

	return np_fdio_read(pair->mine, data, len);
}

const struct np_carrier np_carrier_stream = {
	.name = "stream",
	.text = "AF_UNIX SOCK_STREAM pair",
	.create = stream_create,
	.destroy = stream_free,
	.attach = stream_attach,
	.send = stream_send,
	.recv = stream_recv,
	.peek = np_sockets_peek,
	.detach = stream_free,
};
