/* SPDX-License-Identifier: MIT */
/*
 * POSIX message queues: message boundaries by the kernel, one queue for each direction. A
 * user may make messages of 8192 bytes and queues of ten of them, so that is what they are;
 * longer messages are not measured on this carrier.
 */
#include "bench/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MQUEUE_MESSAGE 8192
#define MQUEUE_DEPTH   10

struct mqueue_pair {
	mqd_t queue[2]; /* owned, indexed by the side that sends */
	enum np_side side;
};

static void mqueue_free(void *shared)
{
	struct mqueue_pair *pair = shared;

	if (!pair)
		return;
	for (int i = 0; i < 2; i++)
		if (pair->queue[i] != (mqd_t)-1)
			mq_close(pair->queue[i]);
	free(pair);
}

/* The name is gone as soon as it has served. */
static mqd_t queue_new(int i)
{
	struct mq_attr attr = {.mq_maxmsg = MQUEUE_DEPTH, .mq_msgsize = MQUEUE_MESSAGE};
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof(name), "/npfs-bench-%ld-%d", (long)getpid(), i);
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (queue != (mqd_t)-1)
		mq_unlink(name);
	return queue;
}

static int mqueue_create(void **sharedp)
{
	struct mqueue_pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -ENOMEM;
	pair->queue[0] = queue_new(0);
	pair->queue[1] = pair->queue[0] == (mqd_t)-1 ? (mqd_t)-1 : queue_new(1);
	if (pair->queue[1] == (mqd_t)-1) {
		int r = -errno;

		mqueue_free(pair);
		return r;
	}
	*sharedp = pair;
	return 0;
}

static int mqueue_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	struct mqueue_pair *pair = shared;

	(void)name;
	pair->side = side;
	*endp = pair;
	return 0;
}

static int mqueue_send(void *end, const void *data, size_t len)
{
	const struct mqueue_pair *pair = end;
	int r;

	do
		r = mq_send(pair->queue[pair->side], data, len, 0);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* The kernel wants room for the longest message; the workers' buffers have it. */
static int mqueue_recv(void *end, void *data, size_t len)
{
	const struct mqueue_pair *pair = end;
	ssize_t n;

	do
		n = mq_receive(pair->queue[1 - (int)pair->side], data, MQUEUE_MESSAGE, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

const struct np_carrier np_carrier_mqueue = {
	.name = "mqueue",
	.text = "POSIX message queues",
	.create = mqueue_create,
	.destroy = mqueue_free,
	.attach = mqueue_attach,
	.send = mqueue_send,
	.recv = mqueue_recv,
	.detach = mqueue_free,
};
