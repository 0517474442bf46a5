/* SPDX-License-Identifier: MIT */
/*
 * The library's own calls, without a Win32 name in between: message type, and calls that
 * wait. What it is faster than the shim is what handles, last errors and file objects cost.
 */
#include "bench/carrier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/pipe.h>
#include <npfs/status.h>

#define NPFS_BENCH_QUOTA  65536u
#define NPFS_BENCH_ACCESS 0xc0000000u /* GENERIC_READ | GENERIC_WRITE */
#define NPFS_BENCH_NAME	  128

struct npfs_side {
	struct npfs_end *end; /* owned */
	enum np_side side;
};

static int failed(const char *call, npfs_status status)
{
	fprintf(stderr, "npfs-bench: npfs: %s: status 0x%08x\n", call, (unsigned int)status);
	return -EIO;
}

static npfs_status side_create(const uint16_t *name, size_t len, struct npfs_end **endp)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.flags = NPFS_SYNCHRONOUS,
		.access = NPFS_BENCH_ACCESS,
		.share = 3,
		.disposition = 2,
		.type = NPFS_TYPE_MESSAGE,
		.read_mode = NPFS_MODE_MESSAGE,
		.completion_mode = NPFS_MODE_WAIT,
		.max_instances = 1,
		.inbound_quota = NPFS_BENCH_QUOTA,
		.outbound_quota = NPFS_BENCH_QUOTA,
		.default_timeout = -500000,
	};

	return npfs_pipe_create(name, len, &params, endp, NULL);
}

static npfs_status side_open(const uint16_t *name, size_t len, struct npfs_end **endp)
{
	const struct npfs_open_params params = {
		.size = sizeof(params),
		.flags = NPFS_SYNCHRONOUS,
		.access = NPFS_BENCH_ACCESS,
	};
	npfs_status status = npfs_pipe_open(name, len, &params, endp);

	if (status == STATUS_SUCCESS)
		status = npfs_end_set_modes(*endp, NPFS_MODE_MESSAGE, NPFS_MODE_WAIT);
	return status;
}

static void side_detach(void *shared)
{
	struct npfs_side *side = shared;

	npfs_end_free(side->end);
	free(side);
}

static int side_attach(void *shared, const char *text, enum np_side which, void **endp)
{
	struct npfs_side *side = calloc(1, sizeof(*side));
	uint16_t name[NPFS_BENCH_NAME];
	size_t len = strlen(text);
	npfs_status status;

	(void)shared;
	if (!side || len > NPFS_BENCH_NAME) {
		free(side);
		return -ENOMEM;
	}
	for (size_t i = 0; i < len; i++)
		name[i] = (unsigned char)text[i];
	side->side = which;
	status = which == NP_SIDE_PASSIVE ? side_create(name, len, &side->end)
					  : side_open(name, len, &side->end);
	if (status != STATUS_SUCCESS) {
		side_detach(side);
		return failed("attach", status);
	}
	*endp = side;
	return 0;
}

static int side_join(void *shared)
{
	const struct npfs_side *side = shared;
	npfs_status status = STATUS_SUCCESS;

	if (side->side == NP_SIDE_PASSIVE)
		status = npfs_end_listen(side->end, NULL);
	return status == STATUS_SUCCESS || status == STATUS_PIPE_CONNECTED
		       ? 0
		       : failed("npfs_end_listen", status);
}

static int side_send(void *shared, const void *data, size_t len)
{
	const struct npfs_side *side = shared;
	uint32_t n;
	npfs_status status = npfs_end_write(side->end, data, (uint32_t)len, NULL, &n);

	if (status != STATUS_SUCCESS)
		return failed("npfs_end_write", status);
	return n == len ? 0 : -EMSGSIZE;
}

static int side_recv(void *shared, void *data, size_t len)
{
	const struct npfs_side *side = shared;
	uint32_t n;
	npfs_status status = npfs_end_read(side->end, data, (uint32_t)len, NULL, &n);

	if (status != STATUS_SUCCESS)
		return failed("npfs_end_read", status);
	return n == len ? 0 : -EMSGSIZE;
}

static int side_peek(void *shared, void *data, size_t len)
{
	const struct npfs_side *side = shared;
	struct npfs_peek peek;
	npfs_status status = npfs_end_peek(side->end, data, (uint32_t)len, &peek);

	return status == STATUS_SUCCESS ? peek.copied == len : failed("npfs_end_peek", status);
}

const struct np_carrier np_carrier_npfs = {
	.name = "npfs",
	.text = "message pipe through the library's own calls, two programs",
	.spins = true,
	.execs = true,
	.attach = side_attach,
	.join = side_join,
	.send = side_send,
	.recv = side_recv,
	.peek = side_peek,
	.detach = side_detach,
};
