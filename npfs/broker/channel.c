/* SPDX-License-Identifier: MIT */
/*
 * Making and giving away channels (ownership: channel.h)
 */
#include "npfs/broker/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/proto/shm.h"

static int shm_new(uint64_t instance_id, uint32_t type, uint32_t inbound_quota,
		   uint32_t outbound_quota, int *fdp)
{
	NP_CLEANUP_FD int fd = -1;
	struct np_shm_header header;
	ssize_t n;
	int r;

	r = np_memfd_new("npfs", np_shm_size(inbound_quota, outbound_quota), &fd);
	if (r < 0)
		return r;
	np_shm_header_init(&header, type, inbound_quota, outbound_quota);
	header.instance_id = instance_id;
	n = pwrite(fd, &header, sizeof(header), 0);
	if (n != sizeof(header))
		return np_err(n < 0 ? -errno : -EIO);
	*fdp = np_take_fd(fd);
	return 0;
}

/**
 * np_channel_new() - prepare a channel
 * @channelp:	the channel, owned by the caller
 * @instance_id: whose it will be
 * @type:	FILE_PIPE_MESSAGE_TYPE or FILE_PIPE_BYTE_STREAM_TYPE
 * @inbound_quota: of the instance
 * @outbound_quota: of the instance
 *
 * Return: 0; -ENOMEM, -EMFILE and other errno.
 */
int np_channel_new(struct np_channel **channelp, uint64_t instance_id, uint32_t type,
		   uint32_t inbound_quota, uint32_t outbound_quota)
{
	const struct np_channel_memfd packet = {
		.magic = NP_CHANNEL_MAGIC,
		.version = NP_CHANNEL_VERSION,
		.instance_id = instance_id,
	};
	struct np_channel *channel = calloc(1, sizeof(*channel));
	int fds[2];
	int r;

	if (!channel)
		return np_err(-ENOMEM);
	np_done_init(&channel->done, NP_DONE_CHANNEL);
	channel->client_fd = -1;
	channel->server_fd = -1;
	channel->shm_fd = -1;
	r = shm_new(instance_id, type, inbound_quota, outbound_quota, &channel->shm_fd);
	if (r < 0)
		goto out;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) <
	    0) {
		r = np_err(-errno);
		goto out;
	}
	channel->server_fd = fds[0];
	channel->client_fd = fds[1];
	r = np_fdpass_send(channel->server_fd, &packet, sizeof(packet), &channel->shm_fd,
			   1, MSG_DONTWAIT);
	if (r < 0)
		goto out;
	*channelp = channel;
	return 0;

out:
	np_channel_free(channel);
	return r;
}

/* np_channel_free() - release; a server that has its part sees that the client is gone */
struct np_channel *np_channel_free(struct np_channel *channel)
{
	if (!channel)
		return NULL;
	np_channel_drop_server(channel, false);
	np_fd_close(channel->client_fd);
	free(channel);
	return NULL;
}

/*
 * np_channel_drop_server() - the server has its descriptors: close ours
 * @keeps_socket: but for the socket, which a hold will need
 */
void np_channel_drop_server(struct np_channel *channel, bool keeps_socket)
{
	if (!keeps_socket)
		channel->server_fd = np_fd_close(channel->server_fd);
	channel->shm_fd = np_fd_close(channel->shm_fd);
}

/**
 * np_channel_introduce() - tell the server who its client is, before the client can speak
 * @channel:	that of the instance
 * @hello:	struct np_channel_hello and the groups
 * @len:	bytes of both
 *
 * Return: 0; -EPIPE and the like when the server's socket is closed.
 */
int np_channel_introduce(struct np_channel *channel, const void *hello, size_t len)
{
	return np_fdpass_send(channel->client_fd, hello, len, NULL, 0,
			      MSG_DONTWAIT);
}

/**
 * np_channel_look() - the memfd, to be looked at only
 * @channel:	with the client's socket, of which nothing has been read
 *
 * Return: a descriptor for reading, owned by the caller; -1 when there is none to be had.
 */
int np_channel_look(const struct np_channel *channel)
{
	struct np_channel_memfd packet;
	NP_CLEANUP_FD int fd = -1;
	unsigned n_fds = 0;
	char path[40];

	if (np_fdpass_recv(channel->client_fd, &packet, sizeof(packet), &fd, 1, &n_fds,
			   MSG_PEEK | MSG_DONTWAIT) < 0 ||
	    n_fds != 1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}
