/* SPDX-License-Identifier: MIT */
/*
 * Assembly: the loop, accepting, timers, signals, the deferred list
 */
#include "npfs/broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/cpus.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/object.h"
#include "npfs/broker/token.h"
#include "npfs/broker/watch.h"
#include "npfs/proto/wire.h"

/* Connections accepted before those who are connected have their turn. */
#define ACCEPTS_PER_TURN 32
#define HANGUPS_PER_LOOK 16
/* Requests served before the loop looks who else wants something. */
#define REQUESTS_PER_LOOK 16

/* Within this a program that goes on has its next request made. */
#define LOOK_NS	      INT64_C(60000)

static int spare_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Every listening instance costs a descriptor: take what the system lets us have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		np_log(NP_LOG_WARNING, "cannot raise the limit of descriptors: %s",
		       strerror(errno));
}

/*
 * Descriptors have run out. Clients that have left and are not dropped yet may hold
 * some; else the connection that waits cannot be served, and left in the queue it would
 * keep the loop busy. Then the spare descriptor is given up to take it and close it, so
 * that its process hears at once.
 */
static void make_room(struct np_broker *broker)
{
	uint32_t n_clients = broker->n_clients;
	int fd;

	np_broker_reap_hangups(broker, NULL);
	if (broker->n_clients < n_clients)
		return;
	broker->spare_fd = np_fd_close(broker->spare_fd);
	fd = accept4(broker->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	np_fd_close(fd);
	broker->spare_fd = spare_open();
	broker->stats.n_dropped++;
	np_log(NP_LOG_WARNING, "no descriptor left for a new connection");
}

static void on_connection(struct np_loop *loop, int listen_fd, uint32_t events,
			  void *user)
{
	struct np_broker *broker = user;
	int i, r;

	(void)loop;
	(void)events;
	for (i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
			make_room(broker);
			continue;
		}
		if (fd < 0) {
			if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
				np_log(NP_LOG_ERROR, "accept: %s", strerror(errno));
			return;
		}
		r = np_client_accept(broker, fd);
		if (r < 0) {
			broker->stats.n_dropped++;
			np_audit_connection(&broker->refused_connections,
					    r == -EDQUOT ? "too many of this user" :
							   strerror(-r),
					    np_clock_now_ns());
			np_fd_close(fd);
		}
	}
}

static void on_signal(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	struct signalfd_siginfo info;

	(void)events;
	(void)user;
	if (read(fd, &info, sizeof(info)) == sizeof(info)) {
		np_log(NP_LOG_INFO, "leaving on signal %u", info.ssi_signo);
		np_loop_quit(loop);
	}
}

static void on_wait_timer(struct np_loop *loop, struct np_timer *timer, void *user)
{
	struct np_broker *broker = user;

	(void)loop;
	(void)timer;
	np_volume_tick(&broker->volume, np_clock_now_ns());
	np_broker_settle(broker);
}

/* Somebody is connected, or something waits for somebody. */
static bool is_needed(const struct np_broker *broker)
{
	return broker->n_clients > 0 || np_map_len(&broker->deposits.targets) > 0 ||
	       np_recovery_is_expecting(&broker->recovery);
}

/* Nobody has been connected for a while. Somebody may be in the queue at this moment. */
static void on_idle_timer(struct np_loop *loop, struct np_timer *timer, void *user)
{
	struct np_broker *broker = user;

	(void)timer;
	on_connection(loop, broker->listener.fd, EPOLLIN, broker);
	if (is_needed(broker))
		return;
	np_log(NP_LOG_INFO, "leaving after %u seconds without a client",
	       broker->options->idle_exit);
	np_loop_quit(loop);
}

/* np_broker_client_gone() - one client fewer: perhaps that was the last one */
void np_broker_client_gone(struct np_broker *broker)
{
	int64_t deadline;

	if (is_needed(broker) || broker->options->idle_exit == 0)
		return;
	deadline = np_deadline_after_ns(np_clock_now_ns(),
					broker->options->idle_exit * NP_NS_PER_SEC);
	if (np_timer_arm(&broker->loop, &broker->idle_timer, deadline) < 0)
		np_log(NP_LOG_WARNING, "no memory for the idle timer; staying");
}

/* Arms the timer for the volume's next deadline. */
static void wait_timer_update(struct np_broker *broker)
{
	int64_t deadline = np_volume_next_deadline(&broker->volume);

	if (deadline == NP_DEADLINE_NEVER) {
		np_timer_cancel(&broker->loop, &broker->wait_timer);
		return;
	}
	if (np_timer_is_armed(&broker->wait_timer) &&
	    broker->wait_timer.deadline_ns == deadline)
		return;
	if (np_timer_arm(&broker->loop, &broker->wait_timer, deadline) < 0)
		np_log(NP_LOG_WARNING, "no memory for a timer; waits may be late");
}

static void settle_one(struct np_done *done)
{
	switch (done->kind) {
	case NP_DONE_WAITER:
		np_op_wait_done(np_container_of(done, struct np_waiter, done),
				done->status);
		break;
	case NP_DONE_CHANNEL:
		np_channel_free(np_container_of(done, struct np_channel, done));
		break;
	case NP_DONE_PIPE:
		np_token_retire(np_container_of(done, struct np_token, done));
		break;
	}
}

/*
 * np_broker_settle() - do what the model has deferred
 *
 * May drop clients that cannot be answered, other than the one whose request is in hand:
 * that one does not wait.
 */
void np_broker_settle(struct np_broker *broker)
{
	struct np_done *done;

	do {
		while ((done = np_done_pop(&broker->volume.done)) != NULL)
			settle_one(done);
		np_watch_settle(broker);
	} while (!np_list_is_empty(&broker->volume.done));
	wait_timer_update(broker);
}

/*
 * np_broker_reap_hangups() - drop every client whose process has left, end the holds of
 * those that closed
 *
 * @current, whose request is in hand, is spared; the loop comes to it by itself.
 */
void np_broker_reap_hangups(struct np_broker *broker, const struct np_client *current)
{
	struct epoll_event events[HANGUPS_PER_LOOK];
	int n, i, n_reaped;

	do {
		n = epoll_wait(broker->hangup_fd, events, HANGUPS_PER_LOOK, 0);
		n_reaped = 0;
		for (i = 0; i < n; i++) {
			struct np_client *client = events[i].data.ptr;

			if (client == current)
				continue;
			np_client_drop(client, NP_CLIENT_LEFT, "hung up");
			n_reaped++;
		}
		np_broker_settle(broker);
	} while (n == HANGUPS_PER_LOOK && n_reaped > 0);
	np_holds_reap(broker);
}

static int signals_init(struct np_broker *broker)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return np_err(-errno);
	broker->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (broker->signal_fd < 0)
		return np_err(-errno);
	return np_loop_add(&broker->loop, broker->signal_fd, EPOLLIN, on_signal, broker);
}

/*
 * A process may have objects and connections of a broker that is gone beside those of this
 * one, and tells them apart by their numbers.
 */
static uint64_t first_number(void)
{
	uint64_t id = 0;

	if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
		id = (uint64_t)np_clock_now_ns();
	return (id >> 2) + 1;
}

/**
 * np_broker_init() - make a broker that does not listen yet
 * @broker:	uninitialised
 * @options:	kept by reference
 *
 * Blocks SIGTERM and SIGINT, which end np_broker_run().
 *
 * Return: 0 or -errno; np_broker_fini() is right in both cases.
 */
int np_broker_init(struct np_broker *broker, const struct np_options *options)
{
	int r;

	memset(broker, 0, sizeof(*broker));
	broker->options = options;
	broker->listener = (struct np_listener)NP_LISTENER_INIT;
	broker->hangup_fd = -1;
	broker->holds.epoll_fd = -1;
	np_list_init(&broker->holds.list);
	np_map_init(&broker->holds.by_id);
	broker->signal_fd = -1;
	broker->spare_fd = -1;
	np_list_init(&broker->clients);
	np_list_init(&broker->watchers);
	np_map_init(&broker->keys);
	np_volume_init(&broker->volume);
	np_changes_init(&broker->volume.changes, first_number());
	np_objects_init(&broker->objects, first_number());
	broker->next_connection = first_number();
	np_list_init(&broker->loans);
	np_limits_init(&broker->limits, &options->limits);
	np_turns_init(&broker->turns);
	np_deposits_init(&broker->deposits);
	np_trace_log_init(&broker->trace_log, first_number());
	np_journal_init(&broker->journal, options->place.path);
	np_recovery_init(broker);
	np_timer_init(&broker->wait_timer, on_wait_timer, broker);
	np_timer_init(&broker->idle_timer, on_idle_timer, broker);
	broker->may_look = np_cpus_are_several();
	raise_descriptor_limit();
	r = np_loop_init(&broker->loop);
	if (r == 0)
		r = np_seal_init(&broker->secret);
	if (r < 0)
		return r;
	broker->in_packet = malloc(NP_WIRE_PACKET_MAX);
	broker->out_packet = malloc(NP_WIRE_PACKET_MAX);
	if (!broker->in_packet || !broker->out_packet)
		return np_err(-ENOMEM);
	broker->hangup_fd = epoll_create1(EPOLL_CLOEXEC);
	if (broker->hangup_fd < 0)
		return np_err(-errno);
	broker->spare_fd = spare_open();
	if (broker->spare_fd < 0)
		return np_err(-errno);
	r = np_holds_init(broker);
	if (r < 0)
		return r;
	return signals_init(broker);
}

/* Descriptors of gone pipes: nobody will ask for them any more. */
static void retired_fini(struct np_broker *broker)
{
	struct np_list *node;

	while ((node = np_list_first(&broker->limits.retired_all)) != NULL)
		np_token_free(np_list_entry(node, struct np_token, all_link));
}

/*
 * np_broker_fini() - drop everybody, release everything; the socket file goes
 *
 * The journal stays if there are names, for the broker that comes next. It is closed first:
 * when the socket is free that one may be here already.
 */
void np_broker_fini(struct np_broker *broker)
{
	struct np_list *node;

	broker->is_leaving = true;
	np_journal_fini(&broker->journal, np_map_len(&broker->volume.by_id) > 0 ||
						  np_map_len(&broker->objects.by_id) > 0);
	np_listener_close(&broker->listener);
	while ((node = np_list_first(&broker->clients)) != NULL)
		np_client_drop(np_list_entry(node, struct np_client, link),
			       NP_CLIENT_LEFT, "the broker is leaving");
	np_recovery_fini(broker);
	np_deposits_fini(broker);
	np_trace_log_fini(&broker->trace_log);
	np_holds_fini(broker);
	np_broker_settle(broker);
	np_object_loans_fini(broker);
	np_timer_cancel(&broker->loop, &broker->idle_timer);
	np_volume_fini(&broker->volume);
	np_map_fini(&broker->keys);
	retired_fini(broker);
	np_objects_fini(&broker->objects);
	np_limits_fini(&broker->limits);
	np_loop_fini(&broker->loop);
	broker->signal_fd = np_fd_close(broker->signal_fd);
	broker->hangup_fd = np_fd_close(broker->hangup_fd);
	broker->spare_fd = np_fd_close(broker->spare_fd);
	free(np_take_ptr(broker->in_packet));
	free(np_take_ptr(broker->out_packet));
}

/**
 * np_broker_listen() - open the socket, or take over the one systemd passed
 *
 * Return: as np_listener_open().
 */
int np_broker_listen(struct np_broker *broker)
{
	int r;

	r = np_listener_open(&broker->listener, broker->options->place.path,
			     broker->options->socket_mode);
	if (r < 0)
		return r;
	np_recovery_begin(broker);
	r = np_loop_add(&broker->loop, broker->listener.fd, EPOLLIN, on_connection,
			broker);
	if (r < 0)
		return r;
	np_broker_client_gone(broker);
	return 0;
}

/* Serves some requests, by turns; then the loop looks who else came. */
static void serve_turns(struct np_broker *broker)
{
	uint64_t per_turn = broker->limits.values.max[NP_LIMIT_REQUESTS];
	struct np_turn *turn;
	unsigned n;

	for (n = 0; n < REQUESTS_PER_LOOK; n++) {
		turn = np_turns_next(&broker->turns, per_turn);
		if (!turn)
			return;
		np_client_serve(np_container_of(turn, struct np_client, turn));
	}
}

/*
 * A program that makes one request after another makes the next sooner than a broker is put
 * to sleep and woken, so before it sleeps the broker looks for it a moment, while that pays.
 *
 * Return: what np_loop_run_once() does.
 */
static int look_for_more(struct np_broker *broker)
{
	int64_t deadline;
	int r;

	if (!broker->may_look || !np_patience_may_look(&broker->patience))
		return 0;
	deadline = np_clock_now_ns() + LOOK_NS;
	do
		r = np_loop_run_once(&broker->loop, 0);
	while (r == 0 && np_clock_now_ns() < deadline);
	np_patience_learn(&broker->patience, r != 0);
	return r;
}

/* np_broker_run() - serve until a signal or idleness ends it. Return: 0 or -errno */
int np_broker_run(struct np_broker *broker)
{
	while (!broker->loop.quit) {
		bool is_idle = np_turns_are_empty(&broker->turns);
		int r = is_idle ? look_for_more(broker) : 0;

		if (r == 0)
			r = np_loop_run_once(&broker->loop,
					     is_idle ? NP_DEADLINE_NEVER : 0);
		if (r < 0)
			return r;
		serve_turns(broker);
	}
	broker->loop.quit = false;
	return 0;
}
