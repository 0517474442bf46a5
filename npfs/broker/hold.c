/* SPDX-License-Identifier: MIT */
/*
 * Starting, ending and reaping holds (model: hold.h)
 */
#include "npfs/broker/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"

#define REAPED_AT_ONCE 16

struct np_hold {
	struct np_list link; /* in np_holds.list */
	uint64_t id;         /* of the instance */
	int fd;              /* owned: copy of the server's socket */
	struct np_user *user; /* borrowed: whom it is charged to; NULL: nobody yet */
	const struct np_client *closer; /* closed the server end and is still there, or NULL */
};

/*
 * Ends @hold. What the model makes of it is another matter. The set would keep the copy as
 * long as the server has the same socket open, so it is taken out.
 */
static void hold_free(struct np_broker *broker, struct np_hold *hold)
{
	np_map_remove_u64(&broker->holds.by_id, hold->id);
	np_list_remove(&hold->link);
	epoll_ctl(broker->holds.epoll_fd, EPOLL_CTL_DEL, hold->fd, NULL);
	np_fd_close(hold->fd);
	if (hold->user) {
		np_user_refund(hold->user, NP_LIMIT_INSTANCES, 1);
		np_user_put(&broker->limits, hold->user);
	}
	free(hold);
}

static void on_hangup(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	struct np_broker *broker = user;

	(void)loop;
	(void)fd;
	(void)events;
	np_holds_reap(broker);
}

/* np_holds_init() - Return: 0 or -errno; np_holds_fini() is right in both cases */
int np_holds_init(struct np_broker *broker)
{
	struct np_holds *holds = &broker->holds;

	holds->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (holds->epoll_fd < 0)
		return np_err(-errno);
	return np_loop_add(&broker->loop, holds->epoll_fd, EPOLLIN, on_hangup, broker);
}

/* np_holds_fini() - end all of them; the model lets go of what they held */
void np_holds_fini(struct np_broker *broker)
{
	struct np_holds *holds = &broker->holds;
	struct np_list *node;

	while ((node = np_list_first(&holds->list)) != NULL) {
		struct np_hold *hold = np_list_entry(node, struct np_hold, link);

		np_volume_client_gone(&broker->volume, hold->id);
		hold_free(broker, hold);
	}
	np_map_fini(&holds->by_id);
	if (holds->epoll_fd >= 0)
		np_loop_del(&broker->loop, holds->epoll_fd);
	holds->epoll_fd = np_fd_close(holds->epoll_fd);
}

/* np_holds_reap() - see which clients have closed; what follows is on the deferred list */
void np_holds_reap(struct np_broker *broker)
{
	struct epoll_event events[REAPED_AT_ONCE];
	int n, i;

	if (np_list_is_empty(&broker->holds.list))
		return;
	do {
		n = epoll_wait(broker->holds.epoll_fd, events, REAPED_AT_ONCE, 0);
		for (i = 0; i < n; i++) {
			struct np_hold *hold = events[i].data.ptr;

			np_volume_client_gone(&broker->volume, hold->id);
			hold_free(broker, hold);
		}
	} while (n == REAPED_AT_ONCE);
	np_broker_settle(broker);
}

static int hold_new(struct np_broker *broker, uint64_t id, int fd)
{
	struct np_holds *holds = &broker->holds;
	struct np_hold *hold = calloc(1, sizeof(*hold));
	struct epoll_event event = {.events = 0};
	int r;

	if (!hold)
		return np_err(-ENOMEM);
	hold->id = id;
	hold->fd = fd;
	np_list_init(&hold->link);
	r = np_map_put_u64(&holds->by_id, id, hold);
	if (r < 0)
		goto out_free;
	event.data.ptr = hold;
	if (epoll_ctl(holds->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		r = np_err(-errno);
		goto out_map;
	}
	np_list_push_back(&holds->list, &hold->link);
	return 0;

out_map:
	np_map_remove_u64(&holds->by_id, id);
out_free:
	free(hold);
	return r;
}

/**
 * np_hold_start_take() - watch the client of a connected instance
 * @broker:	the broker
 * @id:		the instance, CONNECTED, without a hold
 * @fd:		copy of the server's socket; taken in any case
 *
 * Without memory or descriptors there is no hold: the instance goes with its server, as
 * it does under the rules of today.
 */
void np_hold_start_take(struct np_broker *broker, uint64_t id, int fd)
{
	struct np_instance *instance = np_volume_find_instance(&broker->volume, id);

	if (!instance || hold_new(broker, id, fd) < 0) {
		np_log(NP_LOG_WARNING, "the client of a pipe cannot be watched");
		np_fd_close(fd);
		return;
	}
	instance->is_watched = true;
}

/* np_hold_end() - the instance has no client any more; nothing happens without a hold */
void np_hold_end(struct np_broker *broker, uint64_t id)
{
	struct np_hold *hold = np_map_get_u64(&broker->holds.by_id, id);

	if (hold)
		hold_free(broker, hold);
}

static void hold_charge(struct np_hold *hold, struct np_user *user)
{
	if (hold->user)
		return;
	np_user_charge(user, NP_LIMIT_INSTANCES, 1);
	hold->user = user;
}

/*
 * np_hold_server_closed() - @client has closed the server end of an instance that may be
 * held; what it wrote may still be on its way
 */
void np_hold_server_closed(struct np_client *client, uint64_t id)
{
	struct np_hold *hold = np_map_get_u64(&client->broker->holds.by_id, id);

	if (!hold)
		return;
	if (!np_volume_find_instance(&client->broker->volume, id)) {
		hold_free(client->broker, hold);
		return;
	}
	hold_charge(hold, client->user);
	hold->closer = client;
}

/*
 * np_holds_server_gone() - the process of @client has ended, or will be treated so: the
 * clients of its instances see the end of the stream. Before the model drops the owner
 */
void np_holds_server_gone(struct np_client *client)
{
	struct np_broker *broker = client->broker;
	struct np_list *node;

	np_list_for_each (node, &broker->holds.list) {
		struct np_hold *hold = np_list_entry(node, struct np_hold, link);
		const struct np_instance *instance =
			np_volume_find_instance(&broker->volume, hold->id);

		if (hold->closer != client &&
		    (!instance || instance->owner != &client->owner))
			continue;
		shutdown(hold->fd, SHUT_WR);
		hold_charge(hold, client->user);
		hold->closer = NULL;
	}
}
