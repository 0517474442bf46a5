/* SPDX-License-Identifier: MIT */
/*
 * Each request of the protocol as a function (contract: call.h)
 */
#include "npfs/client/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/client/conn.h"
#include "npfs/proto/wire.h"

/* A wait whose broker dies each time is given up. */
#define WAIT_TRIES 256

#define NP_CLEANUP_REPLY NP_CLEANUP(np_conn_reply_fini)

/* One round trip; the answer of the broker, or why there is none. */
static npfs_status call(const struct np_conn_request *request,
			struct np_conn_reply *reply)
{
	npfs_status status = np_conn_call(request, reply);

	return status == STATUS_SUCCESS ? reply->status : status;
}

static void info_from_reply(struct np_call_info *info, const struct np_rep_create *rep)
{
	*info = (struct np_call_info){
		.instance_id = rep->instance_id,
		.information = rep->information,
		.type = rep->type,
		.config = rep->config,
		.max_instances = rep->max_instances,
		.inbound_quota = rep->inbound_quota,
		.outbound_quota = rep->outbound_quota,
		.granted_access = rep->granted_access,
		.server_pid = rep->server_pid,
		.server_session = rep->server_session,
		.warrant = rep->warrant,
		.is_held = rep->flags & NP_REP_HELD,
		.ticket = rep->ticket,
	};
}

static void channel_from_reply(struct np_call_channel *channel,
			       struct np_conn_reply *reply)
{
	channel->shm_fd = np_take_fd(reply->fds[0]);
	channel->sock_fd = np_take_fd(reply->fds[1]);
}

/* Takes the name out of a reply, if there is one. */
static void spelling_from_reply(struct np_call_name *spelling, struct np_conn_reply *reply)
{
	if (!spelling || reply->extra_len == 0 || reply->extra_len % sizeof(*spelling->units) != 0 ||
	    reply->extra_len > NP_WIRE_NAME_MAX)
		return;
	spelling->len = reply->extra_len / sizeof(*spelling->units);
	spelling->units = np_take_ptr(reply->extra);
}

/**
 * np_call_create() - create an instance of a pipe, listening
 * @name:	borrowed
 * @name_len:	in units
 * @args:	borrowed
 * @infop:	the instance
 * @channelp:	its channel, for the client that will come; owned by the caller
 *
 * Return: STATUS_SUCCESS, or what np_volume_create() lists: STATUS_INVALID_PARAMETER,
 * STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_INSTANCE_NOT_AVAILABLE, STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_create(const uint16_t *name, size_t name_len,
			   const struct np_call_create_args *args,
			   struct np_call_info *infop, struct np_call_channel *channelp)
{
	const struct np_req_create fixed = {
		.access = args->access,
		.share = args->share,
		.disposition = args->disposition,
		.options = args->options,
		.type = args->type,
		.read_mode = args->read_mode,
		.completion_mode = args->completion_mode,
		.max_instances = args->max_instances,
		.inbound_quota = args->inbound_quota,
		.outbound_quota = args->outbound_quota,
		.default_timeout = args->has_timeout ? args->default_timeout : 0,
		.has_timeout = args->has_timeout,
		.rules = args->rules,
		.as = args->as,
	};
	const struct np_conn_request request = {
		.op = NP_OP_CREATE,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
		.extra = args->sd,
		.extra_len = args->sd ? args->sd_len : 0,
		.registered = args->registered,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	info_from_reply(infop, &reply.rep.create);
	channel_from_reply(channelp, &reply);
	spelling_from_reply(args->spelling, &reply);
	return STATUS_SUCCESS;
}

/*
 * Takes the memfd out of the client's socket, where the broker queued it before anybody
 * else could write there.
 */
static npfs_status channel_take_memfd(int sock_fd, uint64_t instance_id, int *shm_fdp)
{
	struct np_channel_memfd packet;
	unsigned n_fds = 0;
	NP_CLEANUP_FD int fd = -1;
	ssize_t n;

	n = np_fdpass_recv(sock_fd, &packet, sizeof(packet), &fd, 1, &n_fds,
			   MSG_DONTWAIT);
	if (n == -ENOMEM || n == -EMSGSIZE || (n == sizeof(packet) && n_fds == 0))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (n != sizeof(packet) || n_fds != 1 || packet.magic != NP_CHANNEL_MAGIC ||
	    packet.version != NP_CHANNEL_VERSION || packet.instance_id != instance_id)
		return STATUS_PIPE_BROKEN;
	*shm_fdp = np_take_fd(fd);
	return STATUS_SUCCESS;
}

/**
 * np_call_open() - connect to the instance that has listened longest
 * @name:	borrowed
 * @name_len:	in units
 * @args:	borrowed
 * @infop:	the instance; information is FILE_OPENED
 * @channelp:	its channel; owned by the caller
 *
 * On success the instance is connected, and the server finds struct np_channel_hello on
 * its socket.
 *
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_ACCESS_DENIED, STATUS_PIPE_NOT_AVAILABLE, STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_open(const uint16_t *name, size_t name_len,
			 const struct np_call_open_args *args, struct np_call_info *infop,
			 struct np_call_channel *channelp)
{
	const struct np_req_open fixed = {
		.access = args->access,
		.rules = args->rules,
		.flags = args->flags & NP_OPEN_FLAGS,
		.as = args->as,
		.privileges = args->privileges,
	};
	const struct np_conn_request request = {
		.op = NP_OP_OPEN,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);
	int shm_fd = -1;

	if (status != STATUS_SUCCESS)
		return status;
	status = channel_take_memfd(reply.fds[0], reply.rep.open.instance_id, &shm_fd);
	if (status != STATUS_SUCCESS)
		return status;
	info_from_reply(infop, &reply.rep.open);
	channelp->shm_fd = shm_fd;
	channelp->sock_fd = np_take_fd(reply.fds[0]);
	spelling_from_reply(args->spelling, &reply);
	return STATUS_SUCCESS;
}

/**
 * np_call_query_name() - ask about a pipe by its name
 * @name:	borrowed
 * @name_len:	in units
 * @infop:	what the broker knows
 *
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND.
 */
npfs_status np_call_query_name(const uint16_t *name, size_t name_len,
			       struct np_call_pipe_info *infop)
{
	const struct np_req_query fixed = {.instance_id = 0};
	const struct np_conn_request request = {
		.op = NP_OP_QUERY,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*infop = (struct np_call_pipe_info){
		.current_instances = reply.rep.query.current_instances,
		.max_instances = reply.rep.query.max_instances,
		.type = reply.rep.query.type,
		.config = reply.rep.query.config,
		.n_listening = reply.rep.query.n_listening,
		.n_waiters = reply.rep.query.n_waiters,
		.default_timeout = reply.rep.query.default_timeout,
	};
	return STATUS_SUCCESS;
}

static npfs_status wait_once(const uint16_t *name, size_t name_len,
			     const struct np_req_wait *fixed, struct np_call_cancel *cancel)
{
	const struct np_conn_request request = {
		.op = NP_OP_WAIT,
		.fixed = fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status =
		np_conn_call_long(&request, cancel ? cancel->event_fd : -1, &reply);

	return status == STATUS_SUCCESS ? reply.status : status;
}

/* The broker died while somebody waited: @fixed asks the next one for the time that is left. */
static npfs_status wait_on(const uint16_t *name, size_t name_len, int64_t timeout_100ns,
			   bool use_default, int64_t start_ns, struct np_req_wait *fixed)
{
	int64_t passed = (np_clock_now_ns() - start_ns) / 100;
	struct np_call_pipe_info info;
	npfs_status status;

	if (use_default) {
		status = np_call_query_name(name, name_len, &info);
		if (status != STATUS_SUCCESS)
			return status;
		timeout_100ns = info.default_timeout;
	}
	fixed->use_default = 0;
	fixed->timeout = timeout_100ns;
	if (timeout_100ns != INT64_MIN)
		fixed->timeout = timeout_100ns < -passed ? timeout_100ns + passed : 0;
	return STATUS_SUCCESS;
}

/**
 * np_call_wait() - wait until an instance of the name listens
 * @name:	borrowed
 * @name_len:	in units
 * @timeout_100ns: negative: so long; otherwise until that time of day since 1601, which for
 *		small numbers has passed; INT64_MIN: for ever
 * @use_default: wait as long as the pipe's creator said instead
 * @rules:	np_rules_pack() of the caller's personality
 * @cancel:	NULL, or what another thread can fire to end the wait
 *
 * Blocks. Success reserves nothing.
 *
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_IO_TIMEOUT,
 * STATUS_CANCELLED, STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_wait(const uint16_t *name, size_t name_len, int64_t timeout_100ns,
			 bool use_default, uint32_t rules, struct np_call_cancel *cancel)
{
	struct np_req_wait fixed = {
		.timeout = timeout_100ns,
		.use_default = use_default,
		.rules = rules,
	};
	int64_t start_ns = np_clock_now_ns();
	int64_t lost_ns = 0;
	npfs_status status;
	int tries;

	/* The broker's clock is monotonic: a time of day becomes an interval here. */
	if (timeout_100ns > 0 && !use_default) {
		int64_t now = np_clock_now_nt();

		fixed.timeout = timeout_100ns > now ? now - timeout_100ns : 0;
	}
	timeout_100ns = fixed.timeout;
	for (tries = 0; tries < WAIT_TRIES; tries++) {
		do {
			status = wait_once(name, name_len, &fixed, cancel);
		} while (np_conn_await_broker(status, lost_ns));
		if (status != STATUS_PIPE_BROKEN)
			return status;
		lost_ns = np_clock_now_ns();
		status = wait_on(name, name_len, timeout_100ns, use_default, start_ns,
				 &fixed);
		if (status != STATUS_SUCCESS)
			return status;
	}
	return STATUS_PIPE_BROKEN;
}

/*
 * Calls @fn for each entry of a page. Return: whether to go on; false also for
 * nonsense.
 */
static bool list_page(const struct np_conn_reply *reply, np_call_list_fn fn, void *user)
{
	const uint8_t *p = reply->extra;
	size_t left = reply->extra_len;
	uint32_t i;

	for (i = 0; i < reply->rep.list.n_entries; i++) {
		struct np_wire_list_entry raw;
		struct np_call_list_entry entry;
		size_t step;

		if (left < sizeof(raw))
			return false;
		memcpy(&raw, p, sizeof(raw));
		if (raw.name_len > NP_WIRE_NAME_MAX || raw.name_len % 2 != 0)
			return false;
		step = sizeof(raw) + NP_ALIGN_UP((size_t)raw.name_len, 8);
		if (left < step)
			return false;
		entry.current_instances = raw.current_instances;
		entry.max_instances = raw.max_instances;
		entry.name = (const uint16_t *)(const void *)(p + sizeof(raw));
		entry.name_len = raw.name_len / 2;
		if (!fn(&entry, user))
			return false;
		p += step;
		left -= step;
	}
	return true;
}

/**
 * np_call_list() - tell all names, oldest first
 * @fn:		called for each, under no lock; returns false to end
 * @user:	passed to @fn
 *
 * Names that come and go meanwhile are seen or not; one that stays is seen once.
 *
 * Return: STATUS_SUCCESS.
 */
npfs_status np_call_list(np_call_list_fn fn, void *user)
{
	struct np_req_list fixed = {.after = 0};
	const struct np_conn_request request = {.op = NP_OP_LIST, .fixed = &fixed};

	do {
		NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
		npfs_status status = call(&request, &reply);

		if (status != STATUS_SUCCESS)
			return status;
		if (!list_page(&reply, fn, user))
			break;
		fixed.after = reply.rep.list.cursor;
	} while (fixed.after != 0);
	return STATUS_SUCCESS;
}

/**
 * np_call_listen() - listen again, on a fresh channel
 * @via:	the instance's own connection, borrowed; NULL: the process's
 * @instance_id: one of this process's instances, disconnected by its server
 * @channelp:	the channel; owned by the caller
 * @registered:	where the instance is entered; NULL: nowhere
 *
 * Return: STATUS_SUCCESS; STATUS_PIPE_LISTENING when it listens already;
 * STATUS_INVALID_HANDLE when it is not this connection's; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_listen(const struct np_conn_via *via, uint64_t instance_id,
			   struct np_call_channel *channelp,
			   struct np_registered *registered)
{
	const struct np_req_listen fixed = {.instance_id = instance_id};
	const struct np_conn_request request = {
		.via = via,
		.op = NP_OP_LISTEN,
		.fixed = &fixed,
		.registered = registered,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	/*
	 * A disconnect of which no broker was told, because there was none, may be overtaken
	 * by the claim of an instance that still listened: it is told now.
	 */
	if (status == STATUS_PIPE_LISTENING && registered) {
		np_conn_reply_fini(&reply);
		np_call_disconnect(via, instance_id, true, NULL);
		status = call(&request, &reply);
	}
	if (status != STATUS_SUCCESS)
		return status;
	channel_from_reply(channelp, &reply);
	return STATUS_SUCCESS;
}

/**
 * np_call_disconnect() - let no client connect to the instance any more
 * @via:	the instance's own connection, borrowed; NULL: the process's
 * @instance_id: one of this process's instances
 * @want_reply:	false: send and forget, for an instance known to be connected
 * @previous_statep: may be NULL; with a reply, the state before (FILE_PIPE_..._STATE):
 *		CONNECTED when a client had come in the meantime. Written unless the status
 *		is STATUS_INVALID_HANDLE
 *
 * Return: STATUS_SUCCESS; STATUS_PIPE_DISCONNECTED when it was already;
 * STATUS_INVALID_HANDLE when it is not this connection's.
 */
npfs_status np_call_disconnect(const struct np_conn_via *via, uint64_t instance_id,
			       bool want_reply, uint32_t *previous_statep)
{
	const struct np_req_disconnect fixed = {.instance_id = instance_id};
	const struct np_conn_request request = {
		.via = via,
		.op = NP_OP_DISCONNECT,
		.flags = want_reply ? 0 : NP_REQ_NO_REPLY,
		.fixed = &fixed,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (want_reply && previous_statep &&
	    (status == STATUS_SUCCESS || status == STATUS_PIPE_DISCONNECTED))
		*previous_statep = reply.rep.disconnect.previous_state;
	return status;
}

/**
 * np_call_close() - the server end of the instance is gone
 * @via:	the instance's own connection, borrowed; NULL: the process's
 * @instance_id: one of this process's instances
 * @sent:	called with @arg while the broker is at it; as in struct np_conn_request. NULL:
 *		there is nothing to be done meanwhile
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE when it is not this connection's.
 */
npfs_status np_call_close(const struct np_conn_via *via, uint64_t instance_id,
			  void (*sent)(void *arg), void *arg)
{
	const struct np_req_close fixed = {.instance_id = instance_id};
	const struct np_conn_request request = {
		.via = via, .op = NP_OP_CLOSE, .fixed = &fixed, .sent = sent, .arg = arg
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;

	return call(&request, &reply);
}

/**
 * np_call_share() - give an instance a connection of its own
 * @instance_id: one of this process's instances
 * @fdp:	the connection, owned by the caller; requests about the instance go over it
 *		from now on, and the instance is closed when its last copy is
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE when it is not this connection's;
 * STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_share(uint64_t instance_id, int *fdp)
{
	const struct np_req_share fixed = {.instance_id = instance_id};
	const struct np_conn_request request = {.op = NP_OP_SHARE, .fixed = &fixed};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*fdp = np_take_fd(reply.fds[0]);
	return STATUS_SUCCESS;
}

/**
 * np_call_query() - ask about the pipe of an instance, for either end
 * @instance_id: as create or open told it
 * @current_instancesp: 0 when the instance's server end is gone
 * @max_instancesp: may be NULL; not written when the instance's server end is gone
 *
 * Return: STATUS_SUCCESS.
 */
npfs_status np_call_query(uint64_t instance_id, uint32_t *current_instancesp,
			  uint32_t *max_instancesp)
{
	const struct np_req_query fixed = {.instance_id = instance_id};
	const struct np_conn_request request = {.op = NP_OP_QUERY, .fixed = &fixed};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*current_instancesp = reply.rep.query.current_instances;
	if (max_instancesp && reply.rep.query.current_instances > 0)
		*max_instancesp = reply.rep.query.max_instances;
	return STATUS_SUCCESS;
}

/**
 * np_call_get_security() - parts of the descriptor of an end's pipe
 * @ticket:	of the end
 * @information: which parts
 * @sdp:	self-relative, for free()
 * @lenp:	in bytes
 *
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED: the end has not the right;
 * STATUS_PIPE_DISCONNECTED: the broker does not know the pipe any more.
 */
npfs_status np_call_get_security(const struct np_ticket *ticket, uint32_t information,
				 void **sdp, size_t *lenp)
{
	const struct np_req_get_security fixed = {
		.ticket = *ticket,
		.information = information,
	};
	const struct np_conn_request request = {
		.op = NP_OP_GET_SECURITY,
		.fixed = &fixed,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*lenp = reply.extra_len;
	*sdp = np_take_ptr(reply.extra);
	return STATUS_SUCCESS;
}

/**
 * np_call_set_security() - replace parts of the descriptor of an end's pipe
 * @ticket:	of the end
 * @information: which parts
 * @sd:		self-relative, borrowed
 * @len:	in bytes
 * @as:		as whom
 *
 * Return: STATUS_SUCCESS; as np_call_get_security(); STATUS_INVALID_SECURITY_DESCR,
 * STATUS_INVALID_SID, STATUS_INVALID_ACL; STATUS_INVALID_OWNER;
 * STATUS_INVALID_PRIMARY_GROUP; STATUS_NOT_SUPPORTED; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_call_set_security(const struct np_ticket *ticket, uint32_t information,
				 const void *sd, size_t len, const struct np_as *as)
{
	const struct np_req_set_security fixed = {
		.ticket = *ticket,
		.as = *as,
		.information = information,
	};
	const struct np_conn_request request = {
		.op = NP_OP_SET_SECURITY,
		.fixed = &fixed,
		.extra = sd,
		.extra_len = len,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;

	if (len > NP_WIRE_EXTRA_MAX)
		return STATUS_INVALID_SECURITY_DESCR;
	return call(&request, &reply);
}

/**
 * np_call_certify() - have the broker say who the caller is, for the server of an end
 * @ticket:	of the client end
 * @as:		as whom
 * @privileges:	that it has enabled
 * @bytesp:	a struct np_channel_hello with its groups and a seal, for free()
 * @lenp:	in bytes
 *
 * Return: STATUS_SUCCESS; STATUS_CANNOT_IMPERSONATE: another broker's ticket;
 * STATUS_ILLEGAL_FUNCTION: of a server end; as np_call_open() about @as.
 */
npfs_status np_call_certify(const struct np_ticket *ticket, const struct np_as *as,
			    uint64_t privileges, void **bytesp, size_t *lenp)
{
	const struct np_req_certify fixed = {
		.ticket = *ticket,
		.as = *as,
		.privileges = privileges,
	};
	const struct np_conn_request request = {.op = NP_OP_CERTIFY, .fixed = &fixed};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*lenp = reply.extra_len;
	*bytesp = np_take_ptr(reply.extra);
	return STATUS_SUCCESS;
}

/**
 * np_call_verify() - did the broker certify this?
 * @bytes:	as it came from the client, borrowed
 * @len:	in bytes
 *
 * Return: STATUS_SUCCESS; STATUS_CANNOT_IMPERSONATE: it did not.
 */
npfs_status np_call_verify(const void *bytes, size_t len)
{
	const struct np_req_verify fixed = {.reserved = 0};
	const struct np_conn_request request = {
		.op = NP_OP_VERIFY,
		.fixed = &fixed,
		.extra = bytes,
		.extra_len = len,
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;

	return call(&request, &reply);
}

/**
 * np_call_stats() - the broker's counters
 *
 * Return: STATUS_SUCCESS.
 */
npfs_status np_call_stats(struct np_call_stats *statsp)
{
	const struct np_req_stats fixed = {.reserved = 0};
	const struct np_conn_request request = {.op = NP_OP_STATS, .fixed = &fixed};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = call(&request, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*statsp = (struct np_call_stats){
		.broker_pid = reply.rep.stats.broker_pid,
		.n_clients = reply.rep.stats.n_clients,
		.n_pipes = reply.rep.stats.n_pipes,
		.n_instances = reply.rep.stats.n_instances,
		.n_waiters = reply.rep.stats.n_waiters,
		.n_accepted = reply.rep.stats.n_accepted,
		.n_dropped = reply.rep.stats.n_dropped,
		.n_requests = reply.rep.stats.n_requests,
	};
	return STATUS_SUCCESS;
}

/* np_call_cancel_init() - make something that can be fired. Return: 0 or -errno */
int np_call_cancel_init(struct np_call_cancel *cancel)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return np_err(-errno);
	cancel->event_fd = fd;
	return 0;
}

/* np_call_cancel_fini() - release it; no wait uses it any more. Twice is harmless */
void np_call_cancel_fini(struct np_call_cancel *cancel)
{
	cancel->event_fd = np_fd_close(cancel->event_fd);
}

/* np_call_cancel_fire() - end the waits that use it, and all later ones */
void np_call_cancel_fire(struct np_call_cancel *cancel)
{
	const uint64_t one = 1;
	ssize_t n;

	do {
		n = write(cancel->event_fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
	/* A full counter has been fired already. */
}

/* np_call_fork_child() - from pthread_atfork(), in the child: close what was inherited */
void np_call_fork_child(void)
{
	np_conn_fork_child();
}

/* np_call_shutdown() - close the connections; all instances of the process are closed */
void np_call_shutdown(void)
{
	np_conn_shutdown();
}
