/* SPDX-License-Identifier: MIT */
/*
 * Accepting, receiving, answering, dropping (model: client.h)
 */
#include "npfs/broker/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/base/log.h"
#include "npfs/base/procfs.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/object.h"
#include "npfs/broker/watch.h"

/* A reply the socket had no room for. */
struct reply_entry {
	struct np_list link; /* in np_client.queue */
	int fds[NP_WIRE_FDS_MAX]; /* owned duplicates */
	unsigned n_fds;
	size_t len;
	uint8_t packet[];
};

static struct reply_entry *reply_entry_free(struct reply_entry *entry)
{
	unsigned i;

	if (!entry)
		return NULL;
	for (i = 0; i < entry->n_fds; i++)
		np_fd_close(entry->fds[i]);
	free(entry);
	return NULL;
}

/* NULL with -errno in @errp. */
static struct reply_entry *reply_entry_new(const void *packet, size_t len, const int *fds,
					   unsigned n_fds, int *errp)
{
	struct reply_entry *entry = malloc(sizeof(*entry) + len);
	unsigned i;

	if (!entry) {
		*errp = np_err(-ENOMEM);
		return NULL;
	}
	np_list_init(&entry->link);
	entry->n_fds = 0;
	entry->len = len;
	memcpy(entry->packet, packet, len);
	for (i = 0; i < n_fds; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			*errp = np_err(-errno);
			return reply_entry_free(entry);
		}
		entry->fds[entry->n_fds++] = fd;
	}
	return entry;
}

/* Waiting, or with an answer on the way that is not sent yet. */
static bool is_waiting(const struct np_client *client)
{
	return np_waiter_is_waiting(&client->waiter) ||
	       np_list_is_linked(&client->watch_link) ||
	       np_list_is_linked(&client->waiter.done.link);
}

/* np_client_update_events() - listen for what the client's state has a use for */
void np_client_update_events(struct np_client *client)
{
	uint32_t events = 0;

	if (!is_waiting(client) && !client->is_held)
		events |= EPOLLIN;
	if (!np_list_is_empty(&client->queue))
		events |= EPOLLOUT;
	np_loop_mod(&client->broker->loop, client->fd, events);
}

/*
 * Sends a packet if that goes now. A kernel that has no memory for it is one that has no room
 * for it: neither is the client's doing. Return: 0; -EAGAIN; another -errno.
 */
static int packet_send(const struct np_client *client, const void *packet, size_t len,
		       const int *fds, unsigned n_fds)
{
	int r = np_fdpass_send(client->fd, packet, len, fds, n_fds, MSG_DONTWAIT);

	return r == -ENOBUFS || r == -ENOMEM ? -EAGAIN : r;
}

/* Sends what is queued, as far as it goes. Return: 0 or -errno. */
static int client_flush(struct np_client *client)
{
	struct np_list *node;

	while ((node = np_list_first(&client->queue)) != NULL) {
		struct reply_entry *entry = np_list_entry(node, struct reply_entry, link);
		int r = packet_send(client, entry->packet, entry->len, entry->fds,
				    entry->n_fds);

		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		client->queue_packets--;
		client->queue_bytes -= entry->len;
		np_list_remove(&entry->link);
		reply_entry_free(entry);
	}
	np_client_update_events(client);
	return 0;
}

/* Sends a packet, now or when there is room. The descriptors stay the caller's. */
static int client_send(struct np_client *client, const void *packet, size_t len,
		       const int *fds, unsigned n_fds)
{
	struct reply_entry *entry;
	int r = 0;

	if (np_list_is_empty(&client->queue)) {
		r = packet_send(client, packet, len, fds, n_fds);
		if (r != -EAGAIN)
			return r;
	}
	if (client->queue_packets >= NP_CLIENT_QUEUE_PACKETS ||
	    client->queue_bytes + len > NP_CLIENT_QUEUE_BYTES)
		return np_err(-ENOBUFS);
	entry = reply_entry_new(packet, len, fds, n_fds, &r);
	if (!entry)
		return r;
	np_list_push_back(&client->queue, &entry->link);
	client->queue_packets++;
	client->queue_bytes += len;
	np_client_update_events(client);
	return 0;
}

/**
 * np_client_reply() - answer a request
 * @client:	who asked
 * @op:		operation of the request
 * @tag:	tag of the request
 * @status:	the answer
 * @fixed:	struct np_rep_<op>
 * @extra:	bytes after it, or NULL
 * @extra_len:	how many
 * @fds:	descriptors to pass; borrowed
 * @n_fds:	how many
 *
 * Return: 0; -errno when the client cannot be answered and has to be dropped.
 */
int np_client_reply(struct np_client *client, unsigned op, uint32_t tag,
		    npfs_status status, const void *fixed, const void *extra,
		    size_t extra_len, const int *fds, unsigned n_fds)
{
	void *packet = client->broker->out_packet;
	size_t len;

	len = np_wire_pack_reply(packet, NP_WIRE_PACKET_MAX, op, tag, status, fixed,
				 extra, extra_len);
	if (len == 0)
		return np_err(-EMSGSIZE);
	return client_send(client, packet, len, fds, n_fds);
}

/*
 * Return: 1 after a request, 0 when there is none, -ENODATA at the end, -errno to
 * drop.
 */
static int client_serve_one(struct np_client *client)
{
	struct np_broker *broker = client->broker;
	ssize_t n;
	int r;

	if (np_recovery_holds(client)) {
		client->is_held = true;
		np_client_update_events(client);
		return 0;
	}
	broker->n_in_fds = 0;
	n = np_fdpass_recv(client->fd, broker->in_packet, NP_WIRE_PACKET_MAX,
			   broker->in_fds, NP_WIRE_FDS_MAX, &broker->n_in_fds,
			   MSG_DONTWAIT);
	if (n == -EAGAIN)
		return 0;
	if (n == 0 || n == -ECONNRESET)
		return -ENODATA;
	if (n < 0)
		return (int)n;
	np_broker_reap_hangups(broker, client);
	r = np_dispatch(client, broker->in_packet, (size_t)n, broker->n_in_fds);
	for (unsigned i = 0; i < broker->n_in_fds; i++)
		broker->in_fds[i] = np_fd_close(broker->in_fds[i]);
	np_broker_settle(broker);
	return r < 0 ? r : 1;
}

static const char *drop_reason(int err)
{
	switch (err) {
	case -EPROTO:
		return "not a request";
	case -EPROTONOSUPPORT:
		return "another version of the protocol";
	case -EMSGSIZE:
		return "packet too long, or descriptors nobody asked for";
	case -ENOBUFS:
		return "does not read its replies";
	default:
		return strerror(-err);
	}
}

/* Ends @client for the reason @err. */
static void client_fail(struct np_client *client, int err)
{
	if (err == -ENODATA || err == -EPIPE || err == -ECONNRESET)
		np_client_drop(client, NP_CLIENT_LEFT, "left");
	else
		np_client_drop(client, NP_CLIENT_DROPPED, drop_reason(err));
}

static void client_on_event(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	struct np_client *client = user;
	struct np_broker *broker = client->broker;
	int r = 0;

	(void)loop;
	(void)fd;
	if (events & EPOLLOUT)
		r = client_flush(client);
	/*
	 * After a hang-up nobody is there to be answered: what is unread does not
	 * matter.
	 */
	if (r == 0 && (events & (EPOLLHUP | EPOLLERR)))
		r = -ENODATA;
	if (r < 0)
		client_fail(client, r);
	else if (events & EPOLLIN)
		np_turns_add(&broker->turns, &client->turn);
	np_broker_settle(broker);
}

/*
 * np_client_serve() - serve one request, if there is one; it is the client's turn
 *
 * Without one, and when the next is not to be read yet, its turn is over.
 */
void np_client_serve(struct np_client *client)
{
	struct np_broker *broker = client->broker;
	int r = client_serve_one(client);

	if (r < 0)
		client_fail(client, r);
	else if (r == 0 || is_waiting(client))
		np_turns_remove(&client->turn);
	np_broker_settle(broker);
}

/*
 * Makes a client of an identity that is known. Return: 0; -EDQUOT for a user that has too
 * many connections; another errno.
 */
static int client_new(struct np_broker *broker, int fd, const struct ucred *cred,
		      uint32_t session, struct np_client **clientp)
{
	struct np_client *client = NULL;
	struct np_user *user = NULL;
	struct epoll_event event;
	int r;

	r = np_user_get(&broker->limits, cred->uid, &user);
	if (r < 0)
		return r;
	if (!np_user_can_charge(&broker->limits, user, NP_LIMIT_CONNECTIONS, 1)) {
		r = np_err(-EDQUOT);
		goto out_user;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		r = np_err(-ENOMEM);
		goto out_user;
	}
	client->broker = broker;
	client->user = user;
	client->fd = fd;
	client->pid = (uint32_t)cred->pid;
	client->uid = cred->uid;
	client->gid = cred->gid;
	client->session = session;
	np_list_init(&client->link);
	np_list_init(&client->queue);
	np_turn_init(&client->turn, &user->turns);
	np_owner_init(&client->owner, client->pid, client->session);
	client->owner.uid = client->uid;
	client->owner.born = np_process_born(client->pid);
	np_object_owner_init(&client->objects);
	client->objects.who = &client->owner;
	np_waiter_init(&client->waiter);
	np_list_init(&client->watch_link);

	r = np_loop_add(&broker->loop, fd, EPOLLIN, client_on_event, client);
	if (r < 0)
		goto out_client;
	memset(&event, 0, sizeof(event));
	event.data.ptr = client;
	if (epoll_ctl(broker->hangup_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		r = np_err(-errno);
		goto out_loop;
	}
	r = np_seal_random(client->key);
	if (r == 0)
		r = np_map_put(&broker->keys, client->key, sizeof(client->key), client);
	if (r < 0)
		goto out_loop;
	np_user_charge(user, NP_LIMIT_CONNECTIONS, 1);
	np_list_push_back(&broker->clients, &client->link);
	broker->n_clients++;
	np_timer_cancel(&broker->loop, &broker->idle_timer);
	*clientp = client;
	return 0;

out_loop:
	np_loop_del(&broker->loop, fd);
out_client:
	free(client);
out_user:
	np_user_put(&broker->limits, user);
	return r;
}

/**
 * np_client_accept() - take a new connection in
 * @broker:	the broker
 * @fd:		accepted, non-blocking; owned by the client on success
 *
 * Return: 0; -EACCES for a user that this broker does not serve; -EDQUOT for one that has
 * too many connections; another errno.
 */
int np_client_accept(struct np_broker *broker, int fd)
{
	struct np_client *client = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return np_err(-errno);
	if (!broker->options->serves_all && cred.uid != geteuid() && cred.uid != 0)
		return np_err(-EACCES);
	r = client_new(broker, fd, &cred, np_session_of((uint32_t)cred.pid), &client);
	if (r < 0)
		return r;
	broker->stats.n_accepted++;
	np_debug(NP_DEBUG_CONN, "client %u: connected, uid %u", client->pid, client->uid);
	return 0;
}

/**
 * np_client_split() - one more connection of the same identity, for an instance alone
 * @client:	whose
 * @fd:		the broker's end of a new pair, non-blocking; owned by the new one on success
 * @splitp:	the new one
 *
 * The kernel says of this connection that the broker made it, so nothing that asks who the
 * peer is may be done for it: it is served requests about an instance only.
 *
 * Return: 0; -EDQUOT for a user that has too many connections; another errno.
 */
int np_client_split(struct np_client *client, int fd, struct np_client **splitp)
{
	const struct ucred cred = {
		.pid = (pid_t)client->pid,
		.uid = client->uid,
		.gid = client->gid,
	};
	int r = client_new(client->broker, fd, &cred, client->session, splitp);

	if (r < 0)
		return r;
	(*splitp)->is_split = true;
	(*splitp)->owner.is_transient = true;
	(*splitp)->has_hello = true;
	np_debug(NP_DEBUG_CONN, "client %u: a connection for an instance", client->pid);
	return 0;
}

/*
 * To be committed when they are gone: the journal is written anew then, perhaps, from what there
 * is. It need not say it before the others see it: the process is gone, or was told.
 */
static void record_gone(struct np_client *client)
{
	struct np_list *node;

	if (client->owner.is_transient)
		return;
	np_list_for_each (node, &client->owner.instances)
		np_journal_add_gone(client->broker,
				    np_list_entry(node, struct np_instance, owner_link)->id);
}

/**
 * np_client_drop() - end a client: its instances are closed, its wait is withdrawn
 * @client:	not valid afterwards
 * @end:	whose doing it is
 * @why:	for the log
 *
 * What follows for others is on the deferred list.
 */
void np_client_drop(struct np_client *client, enum np_client_end end, const char *why)
{
	struct np_broker *broker = client->broker;
	struct np_list *node;

	if (end == NP_CLIENT_DROPPED) {
		broker->stats.n_dropped++;
		np_log(NP_LOG_NOTICE, "client %u (uid %u) dropped: %s", client->pid,
		       client->uid, why);
	} else {
		np_debug(NP_DEBUG_CONN, "client %u: %s", client->pid, why);
	}
	np_watch_end(client);
	np_trace_log_unsubscribe(client);
	np_trace_log_add_owner_gone(client);
	if (is_waiting(client))
		np_user_refund(client->user, NP_LIMIT_WAITERS, 1);
	np_waiter_cancel(&client->waiter);
	np_user_refund(client->user, NP_LIMIT_INSTANCES, client->owner.n_instances);
	np_holds_server_gone(client);
	record_gone(client);
	np_volume_drop_owner(&broker->volume, &client->owner);
	np_object_leave_all(client);
	np_journal_commit(broker);

	np_map_remove(&broker->keys, client->key, sizeof(client->key));
	np_turns_remove(&client->turn);
	np_loop_del(&broker->loop, client->fd);
	np_fd_close(client->fd);
	while ((node = np_list_pop_front(&client->queue)) != NULL)
		reply_entry_free(np_list_entry(node, struct reply_entry, link));
	np_user_refund(client->user, NP_LIMIT_CONNECTIONS, 1);
	np_user_put(&broker->limits, client->user);
	np_list_remove(&client->link);
	broker->n_clients--;
	free(client);
	np_broker_client_gone(broker);
}
