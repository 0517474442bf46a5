/* SPDX-License-Identifier: MIT */
/*
 * Traces: what the broker tells of opens and closes, and what taps show of the data
 * (public face: <npfs/tracing.h>)
 *
 * A round asks the broker for events, then looks at each connection. What it finds is queued
 * and handed out one by one. Of a connection both directions are seen at one moment, if they
 * stand still for one, so that nothing is told before what caused it.
 *
 * A connection is followed from its open, with the memory that comes with the event, or from
 * when it is found. It is let go when the server disconnects it, and when both ends are closed.
 *
 * A client that is killed closes nothing. Its process is watched, by a descriptor, so that a
 * number that is given to another process afterwards misleads nobody.
 */
#include <npfs/tracing.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <npfs/dir.h>
#include <npfs/name.h>
#include <npfs/pipe.h>

#include "npfs/base/clock.h"
#include "npfs/base/fd.h"
#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/client/conn.h"
#include "npfs/client/identity.h"
#include "npfs/client/page.h"
#include "npfs/client/process.h"
#include "npfs/client/tap.h"
#include "npfs/proto/wire.h"

/* Without a connection to look at, only every so many intervals. */
#define IDLE_INTERVALS 5

#define SIGHTS_MAX 8 /* tries to see both directions at one moment */

struct followed {
	struct np_list link; /* in npfs_trace.followed */
	struct npfs_trace_event who; /* what is the same in all events of it */
	uint16_t *name;		     /* owned; who.name_len units */
	struct npfs_tap *tap;	     /* owned */
	struct np_tap_lane lanes[2]; /* by enum np_lane_index */
	uint32_t flags_told;
	bool is_ending; /* the server is gone; the client may still read */
	int client_fd;	/* owned: a pidfd; -1: the process cannot be watched, or is_gone */
	bool is_gone;	/* the client's process has ended */
	bool has_died;	/* it had not closed, and that was told */
	/* while it is told: */
	struct npfs_trace *trace; /* borrowed */
	bool by_client;
	int64_t time_ns;
};

struct queued {
	struct np_list link; /* in npfs_trace.events */
	struct npfs_trace_event event; /* name and data point behind it */
	uint16_t units[];
};

struct npfs_trace {
	uint16_t *pattern; /* owned */
	size_t pattern_len;
	size_t data_len;
	uint64_t cursor;
	pid_t pid; /* whose it is */
	bool has_lost; /* an event, without memory */
	struct np_list followed; /* struct followed, owned */
	struct np_list events;	 /* struct queued, owned */
	struct queued *current;	 /* owned: handed out */
};

/* Of this process: they share one subscription. */
static _Atomic unsigned n_traces;

/* Queues a copy of @event, with its name and data. */
static void emit(struct npfs_trace *trace, const struct npfs_trace_event *event)
{
	size_t name_size = event->name_len * sizeof(*event->name);
	struct queued *queued = malloc(sizeof(*queued) + name_size + event->data_len);
	uint8_t *data;

	if (!queued) {
		trace->has_lost = true;
		return;
	}
	queued->event = *event;
	queued->event.size = sizeof(queued->event);
	if (name_size > 0)
		memcpy(queued->units, event->name, name_size);
	data = (uint8_t *)queued->units + name_size;
	if (event->data_len > 0)
		memcpy(data, event->data, event->data_len);
	queued->event.name = queued->units;
	queued->event.data = data;
	np_list_init(&queued->link);
	np_list_push_back(&trace->events, &queued->link);
}

/* connections */

static void followed_free(struct followed *followed)
{
	np_list_remove(&followed->link);
	np_fd_close(followed->client_fd);
	npfs_tap_close(followed->tap);
	free(followed->name);
	free(followed);
}

static struct followed *followed_find(const struct npfs_trace *trace, uint64_t id)
{
	struct np_list *node;

	np_list_for_each (node, &trace->followed) {
		struct followed *followed = np_list_entry(node, struct followed, link);

		if (followed->who.instance == id && !followed->is_ending)
			return followed;
	}
	return NULL;
}

/* Watch the process of the client. One that is not there any more is dead. */
static void watch_client(struct followed *followed)
{
	followed->client_fd = -1;
	if (followed->who.client_pid == 0)
		return;
	followed->client_fd =
		(int)syscall(SYS_pidfd_open, (pid_t)followed->who.client_pid, 0u);
	followed->is_gone = followed->client_fd < 0 && errno == ESRCH;
}

/* Has the client's process ended? */
static bool client_is_gone(struct followed *followed)
{
	struct pollfd process = {.fd = followed->client_fd, .events = POLLIN};

	if (followed->client_fd >= 0 && poll(&process, 1, 0) == 1)
		followed->is_gone = true;
	return followed->is_gone;
}

/* Begins to follow; @tap is taken. */
static void follow_take(struct npfs_trace *trace, const struct npfs_trace_event *who,
			struct npfs_tap *tap, bool from_start)
{
	struct followed *followed = calloc(1, sizeof(*followed));
	size_t name_size = who->name_len * sizeof(*who->name);
	int i;

	if (followed)
		followed->name = malloc(name_size + 1);
	if (!followed || !followed->name) {
		free(followed);
		npfs_tap_close(tap);
		trace->has_lost = true;
		return;
	}
	memcpy(followed->name, who->name, name_size);
	followed->who = *who;
	followed->who.name = followed->name;
	followed->tap = tap;
	watch_client(followed);
	for (i = NP_LANE_INBOUND; i <= NP_LANE_OUTBOUND; i++)
		np_tap_lane_init(&followed->lanes[i], tap->map, (enum np_lane_index)i,
				 &tap->layout, from_start);
	np_list_init(&followed->link);
	np_list_push_back(&trace->followed, &followed->link);
}

static void tell(struct followed *followed, enum npfs_trace_kind kind, bool by_client,
		 uint64_t bytes, uint64_t count, const void *data, size_t data_len)
{
	struct npfs_trace_event event = followed->who;

	event.kind = kind;
	event.time_ns = followed->time_ns;
	event.by_client = by_client;
	event.bytes = bytes;
	event.count = count;
	event.data = data;
	event.data_len = data_len;
	emit(followed->trace, &event);
}

static void tell_data(void *user, enum npfs_trace_kind kind, uint64_t bytes, uint64_t count,
		      const void *data, size_t data_len)
{
	struct followed *followed = user;

	/* by_client: who writes in this direction */
	tell(followed, kind, followed->by_client == (kind != NPFS_TRACE_READ), bytes, count,
	     data, data_len);
}

/* Loads the counters of both directions, at one moment if there is one. */
static void see(struct followed *followed)
{
	struct np_tap_lane *in = &followed->lanes[NP_LANE_INBOUND];
	struct np_tap_lane *out = &followed->lanes[NP_LANE_OUTBOUND];
	int i;

	np_tap_lane_see(out);
	for (i = 0; i < SIGHTS_MAX; i++) {
		np_tap_lane_see(in);
		if (!np_tap_lane_see(out))
			return;
	}
}

/* Tells what has happened on the connection since the last look. */
static void look(struct npfs_trace *trace, struct followed *followed, int64_t time_ns)
{
	/* what ends writes no more: the process is looked at before its flags, both before data */
	bool is_gone = client_is_gone(followed);
	uint32_t flags = np_tap_flags(followed->tap);
	uint32_t news = flags & ~followed->flags_told;

	followed->trace = trace;
	followed->time_ns = time_ns;
	see(followed);
	followed->by_client = true;
	np_tap_lane_tell(&followed->lanes[NP_LANE_INBOUND], trace->data_len, tell_data, followed);
	followed->by_client = false;
	np_tap_lane_tell(&followed->lanes[NP_LANE_OUTBOUND], trace->data_len, tell_data,
			 followed);
	if (news & NPFS_TAP_CLIENT_CLOSED)
		tell(followed, NPFS_TRACE_CLOSED, true, 0, 0, NULL, 0);
	followed->flags_told |= news;
	if (is_gone && !followed->has_died && !(flags & NPFS_TAP_CLIENT_CLOSED)) {
		followed->has_died = true;
		tell(followed, NPFS_TRACE_DIED, true, 0, 0, NULL, 0);
	}
}

static bool is_over(const struct followed *followed)
{
	return followed->is_ending &&
	       ((followed->flags_told & NPFS_TAP_CLIENT_CLOSED) || followed->has_died ||
		followed->client_fd < 0);
}

static void look_at_all(struct npfs_trace *trace)
{
	struct np_list *node, *next;

	np_list_for_each_safe (node, next, &trace->followed) {
		struct followed *followed = np_list_entry(node, struct followed, link);

		look(trace, followed, np_clock_now_unix_ns());
		if (is_over(followed))
			followed_free(followed);
	}
}

/* what is there already */

struct scan {
	struct npfs_trace *trace;
	const struct npfs_dir_entry *entry;
};

static bool scan_instance(const struct npfs_inspect_instance *instance, void *user)
{
	struct scan *scan = user;
	struct npfs_trace_event who = {
		.kind = NPFS_TRACE_FOUND,
		.instance = instance->id,
		.time_ns = np_clock_now_unix_ns(),
		.server_pid = instance->server_pid,
		.server_uid = instance->server_uid,
		.client_pid = instance->client_pid,
		.client_uid = instance->client_uid,
		.name = scan->entry->name,
		.name_len = scan->entry->name_len,
	};
	struct npfs_tap *tap = NULL;

	if (instance->state != NPFS_STATE_CONNECTED || followed_find(scan->trace, instance->id))
		return true;
	who.status = npfs_tap_open(instance, &tap);
	if (who.status != STATUS_SUCCESS)
		who.kind = NPFS_TRACE_HIDDEN;
	emit(scan->trace, &who);
	if (tap)
		follow_take(scan->trace, &who, tap, false);
	return true;
}

static npfs_status scan_all(struct npfs_trace *trace)
{
	struct npfs_dir_entry entry;
	struct scan scan = {.trace = trace, .entry = &entry};
	struct npfs_dir *dir;
	npfs_status status;

	status = npfs_dir_open(trace->pattern, trace->pattern_len, &dir);
	if (status != STATUS_SUCCESS)
		return status;
	while ((status = npfs_dir_next(dir, &entry)) == STATUS_SUCCESS)
		npfs_inspect_instances(entry.name, entry.name_len, scan_instance, &scan);
	npfs_dir_close(dir);
	return status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE ? STATUS_SUCCESS :
										 status;
}

/* what the broker tells */

static void tell_missed(struct npfs_trace *trace)
{
	const struct npfs_trace_event event = {
		.kind = NPFS_TRACE_MISSED,
		.time_ns = np_clock_now_unix_ns(),
	};

	trace->has_lost = false;
	emit(trace, &event);
}

static void handle(struct npfs_trace *trace, const struct np_wire_trace *raw,
		   const struct np_page_name *name, int fd)
{
	const struct npfs_trace_event event = {
		.kind = raw->kind,
		.instance = raw->instance_id,
		.time_ns = raw->time_ns,
		.server_pid = raw->server_pid,
		.server_uid = raw->server_uid,
		.client_pid = raw->client_pid,
		.client_uid = raw->client_uid,
		.status = raw->status,
		.name = name->units,
		.name_len = name->len,
	};
	struct followed *followed = followed_find(trace, raw->instance_id);
	struct npfs_tap *tap = NULL;

	if (followed && raw->kind != NP_TRACE_OPENED)
		look(trace, followed, raw->time_ns);
	else if (followed)
		followed_free(followed);
	emit(trace, &event);
	if (raw->kind == NP_TRACE_OPENED && fd >= 0 &&
	    np_tap_open_fd(fd, raw->inbound_quota, raw->outbound_quota, &tap) == STATUS_SUCCESS)
		follow_take(trace, &event, tap, true);
	if (!followed || raw->kind == NP_TRACE_OPENED)
		return;
	if (raw->kind == NP_TRACE_CLOSED)
		followed->is_ending = true;
	else
		followed_free(followed);
}

static bool is_name(const struct npfs_trace *trace)
{
	size_t i;

	for (i = 0; i < trace->pattern_len; i++)
		if (trace->pattern[i] < 0x80 && strchr("*?<>\"", trace->pattern[i]))
			return false;
	return trace->pattern_len <= NPFS_NAME_MAX;
}

/* One request. A pattern that is a name goes with it, to be refused if it has to be. */
static npfs_status ask(struct npfs_trace *trace, uint32_t flags, struct np_conn_reply *reply)
{
	struct np_req_trace fixed = {.cursor = trace->cursor, .flags = flags};
	const struct np_conn_request request = {
		.op = NP_OP_TRACE,
		.fixed = &fixed,
		.name = trace->pattern,
		.name_len = trace->cursor == 0 && is_name(trace) ?
				    trace->pattern_len * sizeof(*trace->pattern) :
				    0,
	};

	np_process_init();
	return np_identity_call(&request, &fixed.as, reply);
}

static bool is_wanted(const struct npfs_trace *trace, const struct np_page_name *name)
{
	return trace->pattern_len == 0 ||
	       npfs_pattern_match(trace->pattern, trace->pattern_len, name->units, name->len, 0);
}

/* Handles a page of events. What is in it is checked as it is taken. */
static void handle_page(struct npfs_trace *trace, struct np_conn_reply *reply)
{
	const struct np_rep_trace *rep = &reply->rep.trace;
	struct np_page page = {.bytes = NULL};
	struct np_wire_trace raw;
	struct np_page_name name;
	unsigned i = 0;

	trace->cursor = rep->cursor;
	np_page_put(&page, reply, rep->n_entries);
	while (page.n_left > 0 &&
	       np_page_take(&page, &raw, sizeof(raw), &raw.name_len, &name)) {
		int fd = raw.has_memfd && i < NP_WIRE_FDS_MAX ? reply->fds[i++] : -1;

		if (is_wanted(trace, &name))
			handle(trace, &raw, &name, fd);
	}
	np_page_fini(&page);
}

/* Fetches all there is. */
static npfs_status fetch(struct npfs_trace *trace)
{
	uint32_t n_entries, has_missed = trace->cursor == 0;
	npfs_status status;

	do {
		struct np_conn_reply reply = NP_CONN_REPLY_INIT;

		status = ask(trace, 0, &reply);
		n_entries = status == STATUS_SUCCESS ? reply.rep.trace.n_entries : 0;
		if (status == STATUS_SUCCESS) {
			has_missed |= reply.rep.trace.has_missed;
			handle_page(trace, &reply);
		}
		np_conn_reply_fini(&reply);
	} while (n_entries > 0);
	if (status == STATUS_SUCCESS && has_missed) {
		tell_missed(trace);
		status = scan_all(trace);
	}
	if (status != STATUS_PIPE_BROKEN)
		return status;
	trace->cursor = 0; /* of a broker that is gone */
	return STATUS_SUCCESS;
}

/* the public face */

npfs_status npfs_trace_open(const uint16_t *pattern, size_t pattern_len, size_t data_len,
			    struct npfs_trace **tracep)
{
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	struct npfs_trace *trace;
	npfs_status status;

	if (pattern_len > NPFS_PATTERN_MAX || data_len > NPFS_TRACE_DATA_MAX)
		return STATUS_INVALID_PARAMETER;
	trace = calloc(1, sizeof(*trace));
	if (!trace)
		return STATUS_INSUFFICIENT_RESOURCES;
	np_list_init(&trace->followed);
	np_list_init(&trace->events);
	trace->pid = getpid();
	trace->data_len = data_len;
	trace->pattern = malloc((pattern_len + 1) * sizeof(*pattern));
	if (trace->pattern && pattern_len > 0)
		memcpy(trace->pattern, pattern, pattern_len * sizeof(*pattern));
	trace->pattern_len = trace->pattern ? pattern_len : 0;
	atomic_fetch_add(&n_traces, 1);
	status = trace->pattern ? ask(trace, 0, &reply) : STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS) {
		/* first the cursor, then what is there: nothing comes between */
		trace->cursor = reply.rep.trace.cursor;
		status = scan_all(trace);
	}
	np_conn_reply_fini(&reply);
	if (status != STATUS_SUCCESS) {
		npfs_trace_close(trace);
		return status;
	}
	*tracep = trace;
	return STATUS_SUCCESS;
}

static void sleep_between(const struct npfs_trace *trace)
{
	int ms = np_list_is_empty(&trace->followed) ? NPFS_TRACE_INTERVAL * IDLE_INTERVALS :
						      NPFS_TRACE_INTERVAL;

	/* the others do not ring for who looks on: time is all there is to wait for */
	poll(NULL, 0, ms);
}

npfs_status npfs_trace_next(struct npfs_trace *trace, int64_t timeout,
			    struct npfs_trace_event *eventp)
{
	int64_t now = np_clock_now_ns();
	int64_t deadline = timeout == INT64_MIN ?
				   NP_DEADLINE_NEVER :
				   np_deadline_after_ns(now, -timeout > INT64_MAX / 100 ?
								     INT64_MAX / 2 :
								     -timeout * 100);
	struct np_list *node;

	if (eventp->size != sizeof(*eventp) || timeout > 0)
		return STATUS_INVALID_PARAMETER;
	free(trace->current);
	trace->current = NULL;
	while ((node = np_list_pop_front(&trace->events)) == NULL) {
		npfs_status status = fetch(trace);

		if (status != STATUS_SUCCESS)
			return status;
		look_at_all(trace);
		if (trace->has_lost)
			tell_missed(trace);
		if (!np_list_is_empty(&trace->events))
			continue;
		if (np_deadline_has_passed(np_clock_now_ns(), deadline))
			return STATUS_IO_TIMEOUT;
		sleep_between(trace);
	}
	trace->current = np_list_entry(node, struct queued, link);
	*eventp = trace->current->event;
	return STATUS_SUCCESS;
}

void npfs_trace_close(struct npfs_trace *trace)
{
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	struct np_list *node;

	if (!trace)
		return;
	if (trace->pid == getpid() && atomic_fetch_sub(&n_traces, 1) == 1 &&
	    ask(trace, NP_TRACE_STOP, &reply) != STATUS_SUCCESS) {
		/* a broker that is gone has no subscribers */
	}
	np_conn_reply_fini(&reply);
	while ((node = np_list_first(&trace->followed)) != NULL)
		followed_free(np_list_entry(node, struct followed, link));
	while ((node = np_list_pop_front(&trace->events)) != NULL)
		free(np_list_entry(node, struct queued, link));
	free(trace->current);
	free(trace->pattern);
	free(trace);
}
