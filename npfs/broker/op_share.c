/* SPDX-License-Identifier: MIT */
/*
 * SHARE: an instance gets a connection of its own, for several processes to hold
 *
 * The instance's owner is the new connection from now on, so it lives as long as any
 * descriptor of that one: in a process, or on the way to one. Everybody who has one can
 * make the instance listen, disconnect it and close it.
 *
 * The connection cannot be made again, so a shared instance does not outlive the broker.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

/* The far end is used by calls that wait for the answer. */
static int pair_new(int *nearp, int *farp)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return np_err(-errno);
	*nearp = fds[0];
	*farp = fds[1];
	return np_fd_set_nonblock(fds[0]);
}

static npfs_status share(struct np_client *client, uint64_t id, int *farp)
{
	struct np_volume *volume = &client->broker->volume;
	struct np_client *split = NULL;
	NP_CLEANUP_FD int near = -1;
	NP_CLEANUP_FD int far = -1;
	npfs_status status;

	/* the same owner: only asks whether it is the client's */
	status = np_volume_move(volume, &client->owner, id, &client->owner);
	if (status != STATUS_SUCCESS)
		return status;
	if (pair_new(&near, &far) < 0 || np_client_split(client, near, &split) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	near = -1;
	*farp = np_take_fd(far);
	status = np_volume_move(volume, &client->owner, id, &split->owner);
	np_journal_add_gone(client->broker, id);
	np_journal_commit(client->broker);
	return status;
}

int np_op_share_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_share rep = {.previous_state = 0};
	NP_CLEANUP_FD int far = -1;
	npfs_status status;

	status = share(client, msg->fixed.req.share.instance_id, &far);
	return np_client_reply(client, NP_OP_SHARE, msg->header.tag, status, &rep, NULL, 0,
			       &far, status == STATUS_SUCCESS ? 1 : 0);
}
