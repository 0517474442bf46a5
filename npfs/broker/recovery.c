/* SPDX-License-Identifier: MIT */
/*
 * Restoring, claiming, giving up (model: recovery.h)
 */
#include "npfs/broker/recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/base/procfs.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/journal.h"
#include "npfs/broker/object.h"
#include "npfs/broker/token.h"

#define GIVE_UP_NS (NP_CLAIM_TIME_MAX * NP_NS_PER_SEC)

/* Claim times for which requests for objects wait, after the first. */
#define OBJECT_PATIENCE 9u

/* A process that had something and has not claimed it yet. */
struct claimant {
	struct np_list link;	  /* in np_recovery.claimants */
	struct np_broker *broker; /* borrowed */
	struct np_user *user;	  /* borrowed and kept; charged for what is not claimed */
	struct np_owner owner;
	struct np_object_owner objects;
	int pid_fd; /* owned; -1: its death is not seen */
};

static struct claimant *claimant_find(const struct np_recovery *recovery, uint32_t pid,
				      uint32_t uid, uint64_t born)
{
	struct np_list *node;

	np_list_for_each (node, &recovery->claimants) {
		struct claimant *claimant = np_list_entry(node, struct claimant, link);

		if (claimant->owner.pid == pid && claimant->owner.uid == uid &&
		    claimant->owner.born == born)
			return claimant;
	}
	return NULL;
}

/* Finds or makes the claimant for @who. Return: 0 or -errno. */
static int claimant_get(struct np_broker *broker, const struct np_owner *who,
			struct claimant **claimantp)
{
	struct claimant *claimant =
		claimant_find(&broker->recovery, who->pid, who->uid, who->born);
	int r;

	if (claimant) {
		*claimantp = claimant;
		return 0;
	}
	claimant = calloc(1, sizeof(*claimant));
	if (!claimant)
		return np_err(-ENOMEM);
	claimant->broker = broker;
	claimant->pid_fd = -1;
	np_owner_init(&claimant->owner, who->pid, who->session);
	claimant->owner.uid = who->uid;
	claimant->owner.born = who->born;
	claimant->owner.is_expected = true;
	np_object_owner_init(&claimant->objects);
	claimant->objects.who = &claimant->owner;
	r = np_user_get(&broker->limits, who->uid, &claimant->user);
	if (r < 0) {
		free(claimant);
		return r;
	}
	claimant->user->n_keepers++;
	np_list_push_back(&broker->recovery.claimants, &claimant->link);
	*claimantp = claimant;
	return 0;
}

/* Whoever is held back is looked at again, and perhaps held back again. */
static void release(struct np_broker *broker)
{
	struct np_list *node;

	np_list_for_each (node, &broker->clients) {
		struct np_client *client = np_list_entry(node, struct np_client, link);

		client->is_held = false;
		np_client_update_events(client);
	}
}

/* No claimant is missing any more, or none for whom anybody waits. */
static void stop_holding(struct np_broker *broker)
{
	struct np_recovery *recovery = &broker->recovery;

	if (!recovery->is_holding && !recovery->is_holding_objects)
		return;
	recovery->is_holding = false;
	recovery->is_holding_objects = false;
	np_timer_cancel(&broker->loop, &recovery->hold_timer);
	release(broker);
}

static bool misses_objects(const struct np_recovery *recovery)
{
	struct np_list *node;

	np_list_for_each (node, &recovery->claimants)
		if (np_list_entry(node, struct claimant, link)->objects.n_holders > 0)
			return true;
	return false;
}

/* Says for whom requests were held back in vain. */
static void log_missing(const struct np_recovery *recovery)
{
	struct np_list *node;

	np_list_for_each (node, &recovery->claimants) {
		const struct claimant *claimant =
			np_list_entry(node, struct claimant, link);

		np_log(NP_LOG_NOTICE,
		       "process %u has not come back: %u instances, %u objects",
		       claimant->owner.pid, claimant->owner.n_instances,
		       claimant->objects.n_holders);
	}
}

/* Closes what @claimant has not claimed, and forgets it. */
static void claimant_end(struct claimant *claimant)
{
	struct np_broker *broker = claimant->broker;
	struct np_holder *holder;
	struct np_list *node;

	while ((holder = np_object_owner_first(&claimant->objects)) != NULL)
		np_object_leave(broker, claimant->user, holder);
	np_list_for_each (node, &claimant->owner.instances)
		np_journal_add_gone(broker, np_list_entry(node, struct np_instance,
							  owner_link)->id);
	np_user_refund(claimant->user, NP_LIMIT_INSTANCES, claimant->owner.n_instances);
	np_volume_drop_owner(&broker->volume, &claimant->owner);
	claimant->user->n_keepers--;
	np_user_put(&broker->limits, claimant->user);
	if (claimant->pid_fd >= 0)
		np_loop_del(&broker->loop, claimant->pid_fd);
	np_fd_close(claimant->pid_fd);
	np_list_remove(&claimant->link);
	free(claimant);
	np_broker_settle(broker);
	if (broker->recovery.is_holding)
		release(broker);
	if (broker->recovery.is_holding_objects && !misses_objects(&broker->recovery))
		stop_holding(broker);
	if (!np_recovery_is_expecting(&broker->recovery)) {
		stop_holding(broker);
		np_timer_cancel(&broker->loop, &broker->recovery.give_up_timer);
		np_broker_client_gone(broker);
	}
}

static void end_all(struct np_broker *broker)
{
	struct np_list *node;

	while ((node = np_list_first(&broker->recovery.claimants)) != NULL)
		claimant_end(np_list_entry(node, struct claimant, link));
}

static void on_hold_timer(struct np_loop *loop, struct np_timer *timer, void *user)
{
	struct np_broker *broker = user;
	struct np_recovery *recovery = &broker->recovery;
	int64_t patience =
		OBJECT_PATIENCE * broker->options->claim_time * NP_NS_PER_SEC;

	(void)loop;
	(void)timer;
	log_missing(recovery);
	if (!recovery->is_holding || !misses_objects(recovery) ||
	    np_timer_arm(&broker->loop, &recovery->hold_timer,
			 np_deadline_after_ns(np_clock_now_ns(), patience)) < 0) {
		stop_holding(broker);
		return;
	}
	recovery->is_holding = false;
	recovery->is_holding_objects = true;
	release(broker);
}

static void on_give_up_timer(struct np_loop *loop, struct np_timer *timer, void *user)
{
	struct np_broker *broker = user;

	(void)loop;
	(void)timer;
	np_log(NP_LOG_NOTICE, "some processes did not claim what they had");
	end_all(broker);
	np_journal_commit(broker);
}

static void on_death(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	struct claimant *claimant = user;
	struct np_broker *broker = claimant->broker;

	(void)loop;
	(void)fd;
	(void)events;
	claimant_end(claimant);
	np_journal_commit(broker);
}

/* np_recovery_init() - nobody is expected */
void np_recovery_init(struct np_broker *broker)
{
	struct np_recovery *recovery = &broker->recovery;

	np_list_init(&recovery->claimants);
	np_timer_init(&recovery->hold_timer, on_hold_timer, broker);
	np_timer_init(&recovery->give_up_timer, on_give_up_timer, broker);
}

/* np_recovery_fini() - expect nobody any more; the journal is closed already */
void np_recovery_fini(struct np_broker *broker)
{
	end_all(broker);
}

/* restoring */

static int restore_head(void *user, const struct np_journal_head *head)
{
	struct np_broker *broker = user;

	broker->secret = head->secret;
	broker->volume.next_id = head->next_id;
	broker->recovery.next_serial = head->next_serial;
	return 0;
}

static int restore_pipe(void *user, const struct np_journal_pipe *record,
			const uint16_t *name, const void *sd)
{
	struct np_broker *broker = user;
	struct np_token *token = NULL;
	struct np_user *payer = NULL;
	struct np_pipe *pipe = NULL;
	int r;

	r = np_pipe_new(&pipe, name, record->name_len / sizeof(*name), sd, record->sd_len);
	if (r < 0)
		return r;
	pipe->type = record->type;
	pipe->config = record->config;
	pipe->max_instances = record->max_instances;
	pipe->rules = record->rules;
	pipe->default_timeout = record->default_timeout;
	pipe->rejects_remote = record->rejects_remote != 0;
	r = np_volume_restore_pipe(&broker->volume, pipe, record->serial);
	if (r < 0) {
		np_pipe_free(pipe);
		return r;
	}
	np_broker_settle(broker); /* one that had the name, and its charge, may have gone */
	if (record->payer == UINT32_MAX ||
	    np_user_get(&broker->limits, record->payer, &payer) < 0)
		return 0;
	/* whoever is over a limit that was lowered keeps what there is */
	if (np_token_new(&token, &broker->limits, payer,
			 2 * (uint64_t)record->name_len + record->sd_len) == 0) {
		pipe->token = &token->done;
		np_token_watch(token, pipe);
	} else {
		np_user_put(&broker->limits, payer);
	}
	return 0;
}

static int set_descriptor(void **sdp, size_t *lenp, const void *sd, size_t sd_len)
{
	void *copy = malloc(sd_len ? sd_len : 1);

	if (!copy)
		return np_err(-ENOMEM);
	memcpy(copy, sd, sd_len);
	free(*sdp);
	*sdp = copy;
	*lenp = sd_len;
	return 0;
}

static int restore_descriptor(void *user, uint64_t serial, const void *sd, size_t sd_len)
{
	struct np_broker *broker = user;
	struct np_pipe *pipe = np_volume_find_serial(&broker->volume, serial);

	return pipe ? set_descriptor(&pipe->sd, &pipe->sd_len, sd, sd_len) : 0;
}

static int restore_instance(void *user, const struct np_journal_instance *record)
{
	struct np_broker *broker = user;
	struct np_pipe *pipe = np_volume_find_serial(&broker->volume, record->serial);
	struct np_instance *instance = NULL;
	struct np_owner who = {.n_instances = 0};
	struct claimant *claimant;
	int r;

	if (!pipe)
		return np_err(-EPROTO);
	who.pid = record->pid;
	who.uid = record->uid;
	who.born = record->born;
	who.session = record->session;
	r = claimant_get(broker, &who, &claimant);
	if (r == 0)
		r = np_volume_restore_instance(&broker->volume, &claimant->owner, pipe,
					       record->id, &instance);
	if (r < 0)
		return r;
	instance->granted_access = record->access;
	instance->inbound_quota = record->inbound_quota;
	instance->outbound_quota = record->outbound_quota;
	np_user_charge(claimant->user, NP_LIMIT_INSTANCES, 1);
	return 0;
}

static void restore_gone(void *user, uint64_t id)
{
	struct np_broker *broker = user;
	struct np_instance *instance = np_volume_find_instance(&broker->volume, id);
	struct claimant *claimant;

	if (!instance)
		return;
	claimant = np_container_of(instance->owner, struct claimant, owner);
	np_volume_restore_gone(&broker->volume, instance);
	np_user_refund(claimant->user, NP_LIMIT_INSTANCES, 1);
}

static int status_err(npfs_status status)
{
	if (status == STATUS_SUCCESS)
		return 0;
	return np_err(status == STATUS_INSUFFICIENT_RESOURCES ? -ENOMEM : -EPROTO);
}

static int restore_object(void *user, const struct np_journal_object *record,
			  const void *key, const void *sd)
{
	struct np_broker *broker = user;
	struct np_object_params params = {
		.type = record->type,
		.flags = record->flags,
		.limit = record->limit,
		.sd = record->sd_len > 0 ? sd : NULL,
		.sd_len = record->sd_len,
	};
	struct np_object_body *body = NULL;
	struct np_object *object = NULL;
	struct np_user *payer = NULL;
	npfs_status status;
	int r;

	if (np_objects_find(&broker->objects, record->id))
		return 0;
	if (np_object_check_params(record->type, record->flags, 0, record->limit) !=
	    STATUS_SUCCESS)
		return np_err(-EPROTO);
	r = np_user_get(&broker->limits, record->payer, &payer);
	if (r < 0)
		return r;
	r = np_object_body_restore(&body, &broker->limits, payer, record);
	if (r < 0) {
		np_user_put(&broker->limits, payer);
		return r;
	}
	params.body = body;
	status = np_objects_restore(&broker->objects, record->id,
				    record->key_len > 0 ? key : NULL, record->key_len,
				    &params, &object);
	if (status != STATUS_SUCCESS)
		np_object_body_free(body);
	return status_err(status);
}

static int restore_object_descriptor(void *user, uint64_t id, const void *sd, size_t sd_len)
{
	struct np_broker *broker = user;
	struct np_object *object = np_objects_find(&broker->objects, id);

	return object ? set_descriptor(&object->sd, &object->sd_len, sd, sd_len) : 0;
}

static int restore_holder(void *user, const struct np_journal_holder *record)
{
	struct np_broker *broker = user;
	struct np_object *object = np_objects_find(&broker->objects, record->object);
	const struct np_owner who = {
		.pid = record->pid,
		.uid = record->uid,
		.born = record->born,
		.session = record->session,
	};
	struct claimant *claimant;
	bool is_new;
	int r;

	if (!object)
		return 0;
	r = claimant_get(broker, &who, &claimant);
	if (r < 0)
		return r;
	is_new = !np_object_holder(object, &claimant->objects);
	r = status_err(np_holder_restore(&broker->objects, object, &claimant->objects,
					 record->number, record->n_opens, record->granted));
	if (r == 0 && is_new)
		np_user_charge(claimant->user, NP_LIMIT_OBJECT_OPENS, 1);
	return r;
}

static void restore_left(void *user, uint64_t id, uint32_t number)
{
	struct np_broker *broker = user;
	struct np_object *object = np_objects_find(&broker->objects, id);
	struct np_holder *holder = object ? np_object_find_number(object, number) : NULL;
	struct claimant *claimant;

	if (!holder)
		return;
	claimant = np_container_of(holder->owner, struct claimant, objects);
	np_object_leave(broker, claimant->user, holder);
}

/* What the last record but one speaks of, and the last one does not, has no holder. */
static void drop_unheld(struct np_broker *broker)
{
	struct np_map_iter iter = NP_MAP_ITER_INIT;
	const void *key;
	size_t key_len;
	void *value;

	while (np_map_next(&broker->objects.by_id, &iter, &key, &key_len, &value)) {
		struct np_object *object = value;

		if (object->n_holders == 0)
			np_object_body_free(np_object_drop(&broker->objects, object));
	}
}

static const struct np_journal_reader reader = {
	.head = restore_head,
	.pipe = restore_pipe,
	.descriptor = restore_descriptor,
	.instance = restore_instance,
	.gone = restore_gone,
	.object = restore_object,
	.object_descriptor = restore_object_descriptor,
	.holder = restore_holder,
	.left = restore_left,
};

/* See when @claimant dies. Return: whether it lives. */
static bool watch_life(struct claimant *claimant)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)claimant->owner.pid, 0u);

	if (fd < 0)
		return errno != ESRCH && errno != EINVAL;
	claimant->pid_fd = (int)fd;
	if (np_fd_set_cloexec(claimant->pid_fd) < 0 ||
	    np_loop_add(&claimant->broker->loop, claimant->pid_fd, EPOLLIN, on_death,
			claimant) < 0)
		claimant->pid_fd = np_fd_close(claimant->pid_fd);
	/* the number may have gone to another process before the pidfd was there */
	return claimant->owner.born == 0 ||
	       np_process_born(claimant->owner.pid) == claimant->owner.born;
}

static void watch_lives(struct np_broker *broker)
{
	struct np_list *node, *next;

	np_list_for_each_safe (node, next, &broker->recovery.claimants) {
		struct claimant *claimant = np_list_entry(node, struct claimant, link);

		if ((np_list_is_empty(&claimant->owner.instances) &&
		     np_list_is_empty(&claimant->objects.holders)) ||
		    !watch_life(claimant))
			claimant_end(claimant);
	}
}

static void hold(struct np_broker *broker)
{
	struct np_recovery *recovery = &broker->recovery;
	int64_t now = np_clock_now_ns();

	recovery->is_holding = true;
	if (np_timer_arm(&broker->loop, &recovery->hold_timer,
			 np_deadline_after_ns(now, broker->options->claim_time *
						     NP_NS_PER_SEC)) < 0 ||
	    np_timer_arm(&broker->loop, &recovery->give_up_timer,
			 np_deadline_after_ns(now, GIVE_UP_NS)) < 0) {
		np_log(NP_LOG_WARNING, "no memory for a timer; nobody is waited for");
		stop_holding(broker);
	}
}

/**
 * np_recovery_begin() - take over what the broker before this one had
 * @broker:	owns the socket, has no client yet
 *
 * Without a journal, or with one that is no use, the broker begins with nothing.
 */
void np_recovery_begin(struct np_broker *broker)
{
	int r = np_journal_read(&broker->journal, &reader, broker);

	if (r == -ENOENT)
		return;
	if (r < 0)
		np_log(NP_LOG_WARNING, "the journal at %s is not used to its end: %s",
		       broker->journal.path, strerror(-r));
	watch_lives(broker);
	drop_unheld(broker);
	np_volume_restore_end(&broker->volume);
	/* a ticket of a pipe that is gone must not be one of a pipe that comes */
	if (broker->volume.next_serial < broker->recovery.next_serial)
		broker->volume.next_serial = broker->recovery.next_serial;
	np_broker_settle(broker);
	np_journal_rewrite(broker);
	if (!np_recovery_is_expecting(&broker->recovery))
		return;
	np_log(NP_LOG_NOTICE,
	       "%zu instances of %zu pipes and %zu objects are expected to be claimed",
	       np_map_len(&broker->volume.by_id), np_map_len(&broker->volume.by_name),
	       np_map_len(&broker->objects.by_id));
	hold(broker);
}

/* claiming */

static struct claimant *claimant_of(const struct np_client *client)
{
	return claimant_find(&client->broker->recovery, client->pid, client->uid,
			     client->owner.born);
}

/**
 * np_recovery_claim() - a process says that an instance is its own
 * @client:	its connection
 * @id:		the instance
 * @warrant:	what the old broker gave to its maker
 *
 * Return: STATUS_SUCCESS with the instance @client's; STATUS_INVALID_HANDLE: it is not, or
 * there is no such instance.
 */
npfs_status np_recovery_claim(struct np_client *client, uint64_t id, uint64_t warrant)
{
	struct np_broker *broker = client->broker;
	struct claimant *claimant = claimant_of(client);

	if (!claimant || warrant != np_seal_warrant(&broker->secret, id))
		return STATUS_INVALID_HANDLE;
	return np_volume_move(&broker->volume, &claimant->owner, id, &client->owner);
}

/* The holder of this number, @client or the claimant that stands for it. */
static struct np_holder *find_holder(const struct np_client *client,
				     const struct np_object *object, uint32_t number)
{
	const struct claimant *claimant = claimant_of(client);
	struct np_holder *holder = np_object_find_number(object, number);

	if (!holder || (holder->owner != &client->objects &&
			(!claimant || holder->owner != &claimant->objects)))
		return NULL;
	return holder;
}

/**
 * np_recovery_claim_object() - a process says that it holds an object
 * @client:	its connection
 * @req:	what it says
 * @fds:	the mapping and the eventfd; taken when they are needed
 *
 * Return: STATUS_SUCCESS with @client a holder; STATUS_INVALID_HANDLE: it was none, or the
 * descriptors are others; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_recovery_claim_object(struct np_client *client,
				     const struct np_req_object_claim *req, int fds[2])
{
	struct np_object *object = np_objects_find(&client->broker->objects, req->id);
	const struct np_object_body *body = object ? object->body : NULL;
	struct np_holder *holder =
		object ? find_holder(client, object, req->holder) : NULL;
	int r;

	if (!holder || ((req->cookie[0] ^ body->cookie[0]) |
			(req->cookie[1] ^ body->cookie[1])) != 0)
		return STATUS_INVALID_HANDLE;
	r = body->page ? 0 : np_object_body_adopt(object, &fds[0], &fds[1]);
	if (r < 0)
		return r == -EBADF ? STATUS_INVALID_HANDLE :
				     STATUS_INSUFFICIENT_RESOURCES;
	if (holder->owner != &client->objects)
		np_holder_move(holder, &client->objects);
	np_holder_claim(holder, req->n_opens);
	return STATUS_SUCCESS;
}

/* What was closed while there was no broker. */
static void close_unclaimed(struct np_client *client)
{
	struct np_list *node;

	np_list_for_each (node, &client->objects.holders) {
		struct np_holder *holder =
			np_list_entry(node, struct np_holder, owner_link);

		if (holder->n_unclaimed == 0)
			continue;
		np_holder_close(&client->broker->objects, holder, holder->n_unclaimed);
		holder->n_unclaimed = 0;
		np_journal_add_holder(client->broker, holder);
	}
}

/* np_recovery_claimed() - the process has claimed all it had */
void np_recovery_claimed(struct np_client *client)
{
	struct claimant *claimant = claimant_of(client);

	close_unclaimed(client);
	if (claimant)
		claimant_end(claimant);
	np_journal_commit(client->broker);
}

/* The next request of @client, which stays where it is. Return: is it one? */
static bool peek_request(const struct np_client *client, struct np_wire_msg *msg)
{
	void *packet = client->broker->in_packet;
	ssize_t n = recv(client->fd, packet, NP_WIRE_PACKET_MAX, MSG_PEEK | MSG_DONTWAIT);
	const struct np_op_info *info;

	if (n < (ssize_t)sizeof(msg->header))
		return false;
	memcpy(&msg->header, packet, sizeof(msg->header));
	info = np_op_find(msg->header.op);
	return info && np_wire_check_request(packet, (size_t)n, info->n_fds_in,
					     !client->has_hello, msg) == 0;
}

/* Is there an instance of the pipe that somebody will claim, or has closed meanwhile? */
static bool expects_instance(const struct np_pipe *pipe)
{
	struct np_list *node;

	np_list_for_each (node, &pipe->instances) {
		const struct np_instance *instance =
			np_list_entry(node, struct np_instance, pipe_link);

		if (instance->owner && instance->owner->is_expected)
			return true;
	}
	return false;
}

/* Could the answer to a request by name be another one when everybody is back? */
static bool depends_on_name(const struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_broker *broker = client->broker;
	const struct np_pipe *pipe = np_volume_find_pipe(&broker->volume, msg->name,
							 msg->header.name_len / 2);

	switch (msg->header.op) {
	case NP_OP_OPEN:
	case NP_OP_WAIT:
		return pipe && pipe->n_listening == 0 && expects_instance(pipe);
	case NP_OP_CREATE: /* whoever has closed something meanwhile may have had the budget */
		return (pipe && expects_instance(pipe)) ||
		       !np_user_can_charge(&broker->limits, client->user,
					   NP_LIMIT_INSTANCES, 1) ||
		       !np_user_can_charge(&broker->limits, client->user, NP_LIMIT_PIPES, 1);
	default:
		return true;
	}
}

/*
 * np_recovery_holds() - must the next request of @client wait until everybody is back?
 *
 * Not one that is part of coming back, nor one about the client's own instance, nor one about
 * a name when nobody who is missed can change the answer. What is no request is looked at by
 * those who deal with that.
 */
bool np_recovery_holds(const struct np_client *client)
{
	const struct np_recovery *recovery = &client->broker->recovery;
	struct np_wire_msg msg;
	unsigned op;

	if (!recovery->is_holding && !recovery->is_holding_objects)
		return false;
	if (!peek_request(client, &msg))
		return false;
	op = msg.header.op;
	if (!recovery->is_holding)
		return op == NP_OP_OBJECT_CREATE || op == NP_OP_OBJECT_OPEN ||
		       op == NP_OP_OBJECT_JOIN;
	if (op == NP_OP_CLAIM || op == NP_OP_OBJECT_CLAIM || op == NP_OP_STATS ||
	    (np_op_find(op)->flags & (NP_OPF_FIRST | NP_OPF_INSTANCE)))
		return false;
	return depends_on_name(client, &msg);
}
