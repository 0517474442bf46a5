/* SPDX-License-Identifier: MIT */
/*
 * Two pipe(2) pairs, one for each direction, with the system's capacity. A stream of
 * bytes, so a message is as many bytes as both sides agreed on.
 */
#include "bench/carrier.h"
#include "bench/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* All four are owned; -1 when this process does not hold that end. */
struct pipe_end {
	int in[2];  /* read end of each side, indexed by enum np_side */
	int out[2]; /* write end of each side */
	int from;   /* borrowed from in[], once attached */
	int to;     /* borrowed from out[], once attached */
};

static void pipe_free(void *shared)
{
	struct pipe_end *end = shared;

	if (!end)
		return;
	for (int side = 0; side < 2; side++) {
		np_fdio_close(&end->in[side]);
		np_fdio_close(&end->out[side]);
	}
	free(end);
}

static int pipe_create(void **sharedp)
{
	struct pipe_end *end = malloc(sizeof(*end));

	if (!end)
		return -ENOMEM;
	*end = (struct pipe_end){{-1, -1}, {-1, -1}, -1, -1};
	for (int side = 0; side < 2; side++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0) {
			int r = -errno;

			pipe_free(end);
			return r;
		}
		end->in[side] = fds[0];
		end->out[1 - side] = fds[1];
	}
	*sharedp = end;
	return 0;
}

static int pipe_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	struct pipe_end *end = shared;

	(void)name;
	np_fdio_close(&end->in[1 - (int)side]);
	np_fdio_close(&end->out[1 - (int)side]);
	end->from = end->in[side];
	end->to = end->out[side];
	*endp = end;
	return 0;
}

static int pipe_send(void *shared, const void *data, size_t len)
{
	const struct pipe_end *end = shared;

	return np_fdio_write(end->to, data, len);
}

static int pipe_recv(void *shared, void *data, size_t len)
{
	const struct pipe_end *end = shared;

	return np_fdio_read(end->from, data, len);
}

const struct np_carrier np_carrier_pipe = {
	.name = "pipe",
	.text = "two pipe(2) pairs",
	.create = pipe_create,
	.destroy = pipe_free,
	.attach = pipe_attach,
	.send = pipe_send,
	.recv = pipe_recv,
	.detach = pipe_free,
};
