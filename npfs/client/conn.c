/* SPDX-License-Identifier: MIT */
/*
 * One round trip, the main connection, and the pool
 *
 * A broker that dies in the middle of a call is no failure of the call. The main connection
 * is made anew, it claims what this process had (registry.h), and the request is sent again,
 * so the program notices a delay and nothing else. What had perhaps been done already:
 *
 *	CREATE		the old broker's instance is not claimed and so is closed
 *	OPEN		the server saw a client that came and went
 *	LISTEN		the channel of the first time reaches nobody
 *	DISCONNECT	the process has done its part; a broker that is told nothing takes the
 *	CLOSE		instance for connected, or drops what is not claimed
 *	COLLECT		what was handed out is gone: the one request that is not made again
 *
 * Parcels do not outlive their broker; requests about them find nothing.
 */
#include "npfs/client/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/base/list.h"
#include "npfs/base/log.h"
#include "npfs/base/patience.h"
#include "npfs/client/claim.h"
#include "npfs/client/end.h"
#include "npfs/client/engine.h"
#include "npfs/client/identity.h"
#include "npfs/client/recover.h"
#include "npfs/client/registry.h"
#include "npfs/client/start.h"

/*
 * A broker that leaves for idleness may do so just as we connect; each time another
 * one. And none so often that it is not the machine that fails.
 */
#define CONNECT_TRIES	   8
#define CONNECT_TRIES_MOST 64

/*
 * A broker that somebody else has to start is missed for so many seconds before a call fails
 * that was under way when it died, or comes after that; $NPFS_BROKER_WAIT says otherwise.
 */
#define MISSED_S     1
#define MISSED_S_MAX 3600
#define MISSED_PAUSE_NS INT64_C(5000000)

/* A call whose broker dies each time is given up. */
#define CALL_TRIES 16

/* Idle connections kept for the next wait. More concurrent waits than that are rare. */
#define POOL_MAX 4u

/* Within this a broker answers that is woken, does what is asked, and has a processor. */
#define LOOK_NS INT64_C(100000)

struct conn {
	struct np_list link; /* in pool.idle */
	int fd;              /* owned */
	uint32_t tag;        /* of the last request */
	void *packet;        /* owned: NP_WIRE_PACKET_MAX bytes, touched as needed */
	struct np_patience patience; /* of looking for an answer */
};

static void watch_nothing(struct np_watch *watch)
{
	(void)watch;
}

static void on_hangup(struct np_watch *watch)
{
	(void)watch;
	np_recover_kick();
}

static const struct np_watch_ops watch_ops = {
	.ref = watch_nothing,
	.unref = watch_nothing,
	.on_event = on_hangup,
	.fork_child = watch_nothing,
};

/* The main connection. Everything under the lock. */
static struct {
	pthread_mutex_t lock;
	struct conn *_Atomic conn; /* owned, or NULL */
	pid_t pid;         /* whose connection it is */
	int64_t lost_ns;   /* when its end was noticed; 0: it was not */
	bool had_broker;   /* there was one before, which may have known something */
	bool is_watched;
	struct np_watch watch; /* an engine may still be at the one before: same words */
} main_conn = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.watch = { .ops = &watch_ops, .fd = -1, .is_for_hangup = true },
};

/* Connections that stand idle between waits. Everything under the lock. */
static struct {
	pthread_mutex_t lock;
	struct np_list idle; /* struct conn, owned */
	unsigned n_idle;
	pid_t pid;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .idle = NP_LIST_INIT(pool.idle)};

static struct conn *conn_free(struct conn *conn)
{
	if (!conn)
		return NULL;
	np_fd_close(conn->fd);
	free(conn->packet);
	free(conn);
	return NULL;
}

/* np_conn_reply_fini() - release what a reply owns */
void np_conn_reply_fini(struct np_conn_reply *reply)
{
	unsigned i;

	free(reply->extra);
	reply->extra = NULL;
	reply->extra_len = 0;
	for (i = 0; i < NP_ARRAY_LEN(reply->fds); i++)
		reply->fds[i] = np_fd_close(reply->fds[i]);
}

/*
 * Return: 0; -ENAMETOOLONG for a name or extra the protocol has no room for, -ENOBUFS when
 * the system had no memory for it: nothing was sent then, and the connection is as it was;
 * -errno.
 */
static int conn_send(struct conn *conn, const struct np_conn_request *request)
{
	size_t len;
	int r;

	len = np_wire_pack_request(conn->packet, NP_WIRE_PACKET_MAX, request->op,
				   ++conn->tag, request->flags, request->fixed,
				   request->name, request->name_len, request->extra,
				   request->extra_len);
	if (len == 0)
		return np_err(-ENAMETOOLONG);
	r = np_fdpass_send(conn->fd, conn->packet, len, request->fds, request->n_fds, 0);
	return r == -ENOMEM || r == -ETOOMANYREFS ? -ENOBUFS : r;
}

/* Reads the answer to a request for @op; as np_wire_check_reply(), or -EMFILE when all is
 * there but the descriptors, for which there was no room. */
static int check_reply(const struct conn *conn, size_t len, unsigned n_fds, unsigned op,
		       struct np_wire_msg *msg)
{
	int r = np_wire_check_reply(conn->packet, len, n_fds, op, conn->tag, msg);

	if (r == -EPROTO && n_fds == 0 &&
	    np_wire_check_reply(conn->packet, len, np_op_find(op)->n_fds_out, op,
				conn->tag, msg) == 0)
		r = -EMFILE;
	return r;
}

/*
 * A broker that has the time answers sooner than a thread is put to sleep and woken, so its
 * answer is looked for a moment, while that pays.
 */
static ssize_t look_for_answer(struct conn *conn, int *fds, unsigned *n_fdsp)
{
	int64_t deadline;
	ssize_t n;

	if (!np_wake_may_spin() || !np_patience_may_look(&conn->patience))
		return -EAGAIN;
	deadline = np_clock_now_ns() + LOOK_NS;
	do
		n = np_fdpass_recv(conn->fd, conn->packet, NP_WIRE_PACKET_MAX, fds,
				   NP_WIRE_FDS_MAX, n_fdsp, MSG_DONTWAIT);
	while (n == -EAGAIN && np_clock_now_ns() < deadline);
	np_patience_learn(&conn->patience, n != -EAGAIN);
	return n;
}

/*
 * Return: 0; -EPROTONOSUPPORT for the answer of another version; -ECONNRESET at the
 * end. -EMFILE, -ENOMEM: the answer has come, and there was no room for its descriptors or
 * its extra bytes; the rest is in @reply.
 */
static int conn_recv(struct conn *conn, unsigned op, struct np_conn_reply *reply)
{
	struct np_wire_msg msg;
	unsigned n_fds = 0, i;
	int fds[NP_WIRE_FDS_MAX];
	ssize_t n;
	int r;

	n = look_for_answer(conn, fds, &n_fds);
	if (n == -EAGAIN)
		n = np_fdpass_recv(conn->fd, conn->packet, NP_WIRE_PACKET_MAX, fds,
				   NP_WIRE_FDS_MAX, &n_fds, 0);
	if (n <= 0)
		return n == -ENOMEM ? np_err(-EIO) : n < 0 ? (int)n : np_err(-ECONNRESET);
	r = check_reply(conn, (size_t)n, n_fds, op, &msg);
	if (r == 0 || r == -EMFILE) {
		reply->status = msg.header.status;
		reply->rep = msg.fixed.rep;
	}
	if (r == 0 && msg.header.extra_len > 0) {
		reply->extra = malloc(msg.header.extra_len);
		if (reply->extra)
			memcpy(reply->extra, msg.extra, msg.header.extra_len);
		else
			r = np_err(-ENOMEM);
	}
	if (r < 0) {
		for (i = 0; i < n_fds; i++)
			np_fd_close(fds[i]);
		return r;
	}
	reply->extra_len = msg.header.extra_len;
	for (i = 0; i < n_fds; i++)
		reply->fds[i] = fds[i];
	return 0;
}

/* The status for a failure to reach the broker. */
static npfs_status connect_status(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return STATUS_NOT_SUPPORTED;
	case -EPROTONOSUPPORT:
		return STATUS_REVISION_MISMATCH;
	case -ECONNRESET:
		return STATUS_PIPE_BROKEN;
	case -ENOBUFS:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return STATUS_INSUFFICIENT_RESOURCES;
	default:
		return STATUS_UNSUCCESSFUL;
	}
}

static int hello(struct conn *conn, uint64_t key[2])
{
	const struct np_req_hello fixed = {.version = NP_WIRE_VERSION};
	const struct np_conn_request request = {.op = NP_OP_HELLO, .fixed = &fixed};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	int r;

	r = conn_send(conn, &request);
	if (r == 0)
		r = conn_recv(conn, NP_OP_HELLO, &reply);
	if (r == 0 && reply.status != STATUS_SUCCESS)
		r = np_err(reply.status == STATUS_REVISION_MISMATCH ? -EPROTONOSUPPORT
								    : -EPROTO);
	if (r == 0) {
		memcpy(key, reply.rep.hello.key, sizeof(reply.rep.hello.key));
		np_debug(NP_DEBUG_CONN, "connected to npfsd %u", reply.rep.hello.pid);
	}
	np_conn_reply_fini(&reply);
	return r;
}

/* Did the broker vanish under us, so that trying again makes sense? */
static bool is_gone(int err)
{
	return err == -EPIPE || err == -ECONNRESET || err == -ENOENT ||
	       err == -ECONNREFUSED;
}

static struct conn *conn_alloc(void)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->fd = -1;
	np_list_init(&conn->link);
	conn->packet = malloc(NP_WIRE_PACKET_MAX);
	return conn->packet ? conn : conn_free(conn);
}

/* Who listened where @fd was connected. */
static pid_t broker_of(int fd)
{
	struct ucred cred = {.pid = 0};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return 0;
	return cred.pid;
}

/*
 * A connection of the whole process, whoever the calling thread is just now.
 *
 * A broker that dies closes one connection and takes no other; one that closes each of them
 * is there and does not want this user's. Closes of brokers that died one after the other
 * are not counted together.
 *
 * Return: 0; -ECONNRESET when the broker died meanwhile; -ECONNABORTED when it refuses;
 * another errno.
 */
static int conn_open(struct conn *conn, bool may_start)
{
	pid_t closer = -1, pid;
	uint64_t key[2];
	int tries, n_closed = 0, r = 0;

	npfs_identity_pause();
	for (tries = 0; tries < CONNECT_TRIES_MOST && n_closed < CONNECT_TRIES; tries++) {
		r = may_start ? np_start_connect(&conn->fd) :
				np_start_connect_only(&conn->fd);
		if (r == 0)
			r = hello(conn, key);
		if (r == 0)
			break;
		if (conn->fd >= 0) {
			pid = broker_of(conn->fd);
			n_closed = pid == closer ? n_closed + 1 : 1;
			closer = pid;
		} else if (tries + 1 >= CONNECT_TRIES) {
			break;
		}
		conn->fd = np_fd_close(conn->fd);
		if (!is_gone(r))
			break;
	}
	npfs_identity_resume();
	if (r < 0)
		conn->fd = np_fd_close(conn->fd);
	if (n_closed == CONNECT_TRIES)
		return np_err(-ECONNABORTED);
	return r == -EOPNOTSUPP && n_closed > 0 ? np_err(-ECONNRESET) : r;
}

/* Return: STATUS_SUCCESS or what connect_status() says. */
static npfs_status conn_new(struct conn **connp, bool may_start)
{
	struct conn *conn = conn_alloc();
	int r;

	if (!conn)
		return STATUS_INSUFFICIENT_RESOURCES;
	r = conn_open(conn, may_start);
	if (r < 0) {
		conn_free(conn);
		return connect_status(r);
	}
	*connp = conn;
	return STATUS_SUCCESS;
}

/**
 * np_conn_side_open() - connect as the calling thread is, to the broker that is there
 * @fdp:	the connection, owned by the caller; nothing is sent over it any more
 * @key:	by which requests over other connections name it (struct np_as)
 *
 * No broker is started: one that this user started would be this user's.
 *
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED when the broker does not let this user in;
 * as np_conn_call() otherwise.
 */
npfs_status np_conn_side_open(int *fdp, uint64_t key[2])
{
	struct conn *conn = conn_alloc();
	int r;

	if (!conn)
		return STATUS_INSUFFICIENT_RESOURCES;
	r = np_start_connect_only(&conn->fd);
	if (r == 0)
		r = hello(conn, key);
	if (r == 0)
		*fdp = np_take_fd(conn->fd);
	conn_free(conn);
	if (r == -EACCES || r == -EPIPE || r == -ECONNRESET)
		return STATUS_ACCESS_DENIED;
	return r == 0 ? STATUS_SUCCESS : connect_status(r);
}

/* The status for a connection that failed in the middle of a request. */
static npfs_status call_status(int err)
{
	switch (err) {
	case -ENAMETOOLONG:
		return STATUS_OBJECT_NAME_INVALID;
	case -ENOBUFS:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EMSGSIZE:
		return STATUS_INSUFFICIENT_RESOURCES;
	default:
		return STATUS_PIPE_BROKEN;
	}
}

/* the main connection; all of it under its lock */

/* The end of the broker is of interest as soon as there is something to claim. */
static void main_watch(void)
{
	if (main_conn.is_watched)
		return;
	main_conn.watch.fd = main_conn.conn->fd;
	main_conn.is_watched = np_engine_add(&main_conn.watch) == 0;
}

/* A fork in another thread copies this at any moment, and the child closes what it finds: so
 * what is closed is not to be found any more. */
static void main_close(void)
{
	if (main_conn.is_watched)
		np_engine_remove(&main_conn.watch);
	main_conn.is_watched = false;
	conn_free(atomic_exchange(&main_conn.conn, NULL));
}

static void main_lose(void)
{
	main_close();
	main_conn.lost_ns = np_clock_now_ns();
}

/* Forgets a connection that another process made before it forked us. */
static void main_check_pid(void)
{
	pid_t pid = getpid();

	if (main_conn.pid == pid)
		return;
	main_close();
	main_conn.pid = pid;
	main_conn.had_broker = false;
}

/*
 * Room in the process's table for the descriptors that an answer brings. It is held while
 * the request is on its way: the request is not made when there is none, and an answer
 * finds it but for other threads that are quick.
 */
struct fd_room {
	int fds[NP_WIRE_FDS_MAX]; /* owned */
	unsigned n;
};

static void room_give(struct fd_room *room)
{
	while (room->n > 0)
		np_fd_close(room->fds[--room->n]);
}

/* Return: 0, or -EMFILE and the like. */
static int room_take(struct fd_room *room, unsigned op)
{
	/* A client finds one more in the socket that it gets. */
	const unsigned n = np_op_find(op)->n_fds_out + (op == NP_OP_OPEN);

	for (room->n = 0; room->n < n; room->n++) {
		room->fds[room->n] = fcntl(main_conn.conn->fd, F_DUPFD_CLOEXEC, 0);
		if (room->fds[room->n] < 0) {
			int err = -errno;

			room_give(room);
			return np_err(err);
		}
	}
	return 0;
}

/* What was done for an answer that cannot be kept is undone. Return: 0 or -errno. */
static int take_back(unsigned op, const struct np_conn_reply *reply)
{
	const struct np_req_close instance = {.instance_id = reply->rep.create.instance_id};
	const struct np_req_object_close object = {.id = reply->rep.object_create.id,
						   .n_opens = 1};
	struct np_conn_request request = {.flags = NP_REQ_NO_REPLY};

	switch (op) {
	case NP_OP_CREATE:
		request.op = NP_OP_CLOSE;
		request.fixed = &instance;
		break;
	case NP_OP_OBJECT_CREATE:
	case NP_OP_OBJECT_OPEN:
		request.op = NP_OP_OBJECT_CLOSE;
		request.fixed = &object;
		break;
	default: /* closing what had come is all */
		return 0;
	}
	return conn_send(main_conn.conn, &request);
}

/**
 * np_conn_exchange() - one request over the main connection that there is; under its lock
 * @request:	what to ask
 * @reply:	as in np_conn_call()
 *
 * Return: 0 with the answer in @reply; -ENOMEM, -EMFILE, -ENOBUFS, -ENAMETOOLONG when
 * nothing has happened and the connection is as it was; another -errno.
 */
int np_conn_exchange(const struct np_conn_request *request, struct np_conn_reply *reply)
{
	struct fd_room room;
	int r = room_take(&room, request->op);

	if (r < 0)
		return np_err(-EMFILE);
	r = conn_send(main_conn.conn, request);
	room_give(&room);
	if (r == 0 && request->sent)
		request->sent(request->arg);
	if (r == 0 && (request->flags & NP_REQ_NO_REPLY)) {
		reply->status = STATUS_SUCCESS;
		return 0;
	}
	if (r == 0)
		r = conn_recv(main_conn.conn, request->op, reply);
	if (r == -EMFILE && reply->status == STATUS_SUCCESS &&
	    take_back(request->op, reply) < 0)
		r = np_err(-EIO);
	return r;
}

/* Whether a request that ended so left the connection as it was. */
static bool is_refusal(int err)
{
	return err == -ENAMETOOLONG || err == -ENOBUFS || err == -ENOMEM ||
	       err == -EMFILE;
}

/* Makes the connection, if there is none. Return: STATUS_SUCCESS or why there is none. */
static npfs_status main_connect(bool may_start)
{
	struct conn *conn = NULL;
	npfs_status status;
	int tries, r = 0;

	main_check_pid();
	for (tries = 0; !main_conn.conn && tries < CONNECT_TRIES; tries++) {
		status = conn_new(&conn, may_start);
		if (status == STATUS_PIPE_BROKEN) {
			main_conn.lost_ns = np_clock_now_ns();
			return STATUS_UNSUCCESSFUL;
		}
		if (status != STATUS_SUCCESS)
			return status;
		main_conn.conn = conn;
		r = main_conn.had_broker ? np_claim_all() : 0;
		if (r == 0 && np_claim_is_needed())
			main_watch();
		main_conn.had_broker = true;
		main_conn.lost_ns = 0;
		if (r < 0)
			main_close();
	}
	return main_conn.conn ? STATUS_SUCCESS : call_status(r);
}

/* Does what the request asks for come true by the connection's end alone? */
static bool ends_with_broker(const struct np_conn_request *request)
{
	return request->op == NP_OP_CLOSE || request->op == NP_OP_DISCONNECT ||
	       request->op == NP_OP_OBJECT_CLOSE;
}

static void register_answer(const struct np_conn_request *request,
			    struct np_conn_reply *reply)
{
	if (reply->status != STATUS_SUCCESS)
		return;
	if (request->landed) {
		request->landed(request->arg, reply);
		main_watch();
	}
	if (!request->registered)
		return;
	if (request->op == NP_OP_CREATE)
		np_registry_enter(request->registered, reply->rep.create.instance_id,
				  reply->rep.create.warrant, reply->fds[1]);
	else
		np_registry_listens(request->registered, reply->fds[1]);
	main_watch();
}

static npfs_status main_call_locked(const struct np_conn_request *request,
				    struct np_conn_reply *reply)
{
	npfs_status status;
	int tries, r = 0;

	for (tries = 0; tries < CALL_TRIES; tries++) {
		if (!main_conn.conn && main_conn.had_broker && ends_with_broker(request)) {
			reply->status = STATUS_SUCCESS;
			return STATUS_SUCCESS;
		}
		status = main_connect(true);
		if (status != STATUS_SUCCESS)
			return status;
		r = np_conn_exchange(request, reply);
		if (r == 0) {
			register_answer(request, reply);
			return STATUS_SUCCESS;
		}
		if (is_refusal(r) && !ends_with_broker(request))
			return call_status(r);
		/* What must not fail is done by the loss of the connection in the end. */
		if (is_refusal(r) && tries + 2 < CALL_TRIES)
			continue;
		main_lose();
		if (np_claim_is_needed())
			np_recover_kick();
		if (!(is_gone(r) || is_refusal(r)) || request->op == NP_OP_COLLECT)
			break;
	}
	return call_status(r);
}

/* np_conn_ensure() - make the main connection if it is missing or broken; claims all */
npfs_status np_conn_ensure(bool may_start)
{
	npfs_status status;
	char byte;

	pthread_mutex_lock(&main_conn.lock);
	main_check_pid();
	if (main_conn.conn &&
	    recv(main_conn.conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		main_lose();
	status = main_connect(may_start);
	pthread_mutex_unlock(&main_conn.lock);
	return status;
}

/*
 * Over the connection of a shared instance. Its users are several processes, and the end's
 * lock is held; so the connection is never closed from here, a broken one stays broken.
 */
static npfs_status via_call(const struct np_conn_request *request,
			    struct np_conn_reply *reply)
{
	NP_CLEANUP_FREE void *packet = malloc(NP_WIRE_PACKET_MAX);
	const struct np_wire_header *header = packet;
	struct np_wire_msg msg;
	size_t len;
	int r;

	if (!packet)
		return STATUS_INSUFFICIENT_RESOURCES;
	len = np_wire_pack_request(packet, NP_WIRE_PACKET_MAX, request->op,
				   request->via->tag, request->flags, request->fixed,
				   request->name, request->name_len, request->extra,
				   request->extra_len);
	if (len == 0)
		return STATUS_OBJECT_NAME_INVALID;
	r = np_fdpass_send(request->via->fd, packet, len, NULL, 0, 0);
	if (r < 0)
		return call_status(r);
	if (request->flags & NP_REQ_NO_REPLY) {
		reply->status = STATUS_SUCCESS;
		return STATUS_SUCCESS;
	}
	for (;;) {
		unsigned n_fds = 0;
		ssize_t n = np_fdpass_recv(request->via->fd, packet, NP_WIRE_PACKET_MAX,
					   reply->fds, NP_ARRAY_LEN(reply->fds), &n_fds, 0);

		if (n <= 0)
			return call_status(n < 0 ? (int)n : -ECONNRESET);
		if ((size_t)n >= sizeof(*header) && header->tag == request->via->tag) {
			r = np_wire_check_reply(packet, (size_t)n, n_fds, request->op,
						request->via->tag, &msg);
			break;
		}
		np_conn_reply_fini(reply);
	}
	if (r < 0) {
		np_conn_reply_fini(reply);
		return call_status(r);
	}
	reply->status = msg.header.status;
	reply->rep = msg.fixed.rep;
	return STATUS_SUCCESS;
}

/*
 * np_conn_adopt_orphans() - channels for ends that got none when they were claimed
 *
 * Over this connection and no later one, which would make new claims: a client may have
 * come through one of those already, and listening again would throw it out.
 *
 * Return: whether there is nothing to be tried again.
 */
bool np_conn_adopt_orphans(void)
{
	uint64_t id;
	int r = 0;

	pthread_mutex_lock(&main_conn.lock);
	main_check_pid();
	while (r == 0 && main_conn.conn && (id = np_registry_find_orphan()) != 0)
		r = np_claim_channel(id);
	if (is_gone(r)) {
		main_lose();
		np_recover_kick();
	}
	pthread_mutex_unlock(&main_conn.lock);
	return r == 0;
}

static int64_t missed_ns(void)
{
	const char *text = secure_getenv("NPFS_BROKER_WAIT");
	long seconds = text && *text ? strtol(text, NULL, 10) : MISSED_S;

	if (seconds < 0 || seconds > MISSED_S_MAX)
		seconds = MISSED_S;
	return seconds * NP_NS_PER_SEC;
}

bool np_conn_await_broker(npfs_status status, int64_t lost_ns)
{
	const struct timespec pause = {.tv_nsec = MISSED_PAUSE_NS};

	if (status != STATUS_NOT_SUPPORTED && status != STATUS_UNSUCCESSFUL)
		return false;
	if (lost_ns == 0 || np_clock_now_ns() - lost_ns > missed_ns())
		return false;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	return true;
}

/**
 * np_conn_call() - one request and its reply over the main connection, or the given one
 * @request:	what to ask; not an operation that blocks
 * @replyp:	initialised; on success holds the reply, see np_conn_reply_fini()
 *
 * Return: STATUS_SUCCESS when there is a reply (its own status is in it; with
 * NP_REQ_NO_REPLY it is STATUS_SUCCESS); otherwise a status listed in call.h.
 */
npfs_status np_conn_call(const struct np_conn_request *request,
			 struct np_conn_reply *replyp)
{
	bool has_begun = false;
	npfs_status status;
	int64_t lost_ns;

	if (request->via)
		return via_call(request, replyp);
	do {
		pthread_mutex_lock(&main_conn.lock);
		if (request->begins && !has_begun)
			request->begins(request->arg);
		has_begun = true;
		status = main_call_locked(request, replyp);
		lost_ns = main_conn.lost_ns;
		pthread_mutex_unlock(&main_conn.lock);
	} while (np_conn_await_broker(status, lost_ns));
	return status;
}

/* Closes all idle connections. Under the lock. */
static void pool_clear(void)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&pool.idle)) != NULL)
		conn_free(np_list_entry(node, struct conn, link));
	pool.n_idle = 0;
}

/* An idle connection, or NULL. */
static struct conn *pool_take(void)
{
	struct np_list *node;

	pthread_mutex_lock(&pool.lock);
	if (pool.pid != getpid()) {
		pool_clear();
		pool.pid = getpid();
	}
	node = np_list_pop_front(&pool.idle);
	if (node)
		pool.n_idle--;
	pthread_mutex_unlock(&pool.lock);
	return node ? np_list_entry(node, struct conn, link) : NULL;
}

static void pool_give(struct conn *conn)
{
	pthread_mutex_lock(&pool.lock);
	if (pool.pid == getpid() && pool.n_idle < POOL_MAX) {
		np_list_push_front(&pool.idle, &conn->link);
		pool.n_idle++;
		conn = NULL;
	}
	pthread_mutex_unlock(&pool.lock);
	conn_free(conn);
}

/* Return: 0 when there is something to receive; -ECANCELED; -errno. */
static int conn_poll(struct conn *conn, int cancel_fd)
{
	struct pollfd pfds[2] = {
		{.fd = conn->fd, .events = POLLIN},
		{.fd = cancel_fd, .events = POLLIN},
	};
	int r;

	do {
		r = poll(pfds, cancel_fd >= 0 ? 2 : 1, -1);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return np_err(-errno);
	return pfds[0].revents ? 0 : -ECANCELED;
}

/**
 * np_conn_call_long() - one request that may take its time, over a connection of its own
 * @request:	what to ask
 * @cancel_fd:	becomes readable to end the call, or -1; borrowed
 * @replyp:	as in np_conn_call()
 *
 * The request is not made again: what is left of its time the caller knows.
 *
 * Return: as np_conn_call(); STATUS_PIPE_BROKEN when the broker died meanwhile;
 * STATUS_CANCELLED when @cancel_fd ended it, and then no answer was there yet.
 */
npfs_status np_conn_call_long(const struct np_conn_request *request, int cancel_fd,
			      struct np_conn_reply *replyp)
{
	struct conn *conn = pool_take();
	npfs_status status;
	int r = 0;

	/* An idle connection may have lost its broker; a fresh one has had an answer. */
	if (conn) {
		r = conn_send(conn, request);
		if (is_gone(r))
			conn = conn_free(conn);
	}
	if (!conn) {
		status = conn_new(&conn, true);
		if (status != STATUS_SUCCESS)
			return status;
		r = conn_send(conn, request);
	}
	if (r == 0)
		r = conn_poll(conn, cancel_fd);
	if (r == 0)
		r = conn_recv(conn, request->op, replyp);
	if (r == 0 || r == -ENAMETOOLONG) {
		pool_give(conn);
		return r == 0 ? STATUS_SUCCESS : call_status(r);
	}
	/* Closing the connection withdraws the request. */
	conn_free(conn);
	return r == -ECANCELED ? STATUS_CANCELLED : call_status(r);
}

/*
 * np_conn_fork_child() - in the child of a fork: close what was inherited
 *
 * Another thread of the parent may have held a lock, or have been in the middle of a
 * request, so the locks are made anew. Connections that were lent out at that moment are
 * close-on-exec and belong to calls that do not exist here; they are not found and stay
 * open until the child execs or ends.
 */
void np_conn_fork_child(void)
{
	pthread_mutex_init(&main_conn.lock, NULL);
	pthread_mutex_init(&pool.lock, NULL);
	main_conn.is_watched = false; /* the engine's sets stayed with the parent */
	main_conn.had_broker = false;
	main_close();
	main_conn.pid = getpid();
	pool_clear();
	pool.pid = getpid();
}

/*
 * np_conn_shutdown() - close all idle connections; the process's instances go with
 * them
 */
void np_conn_shutdown(void)
{
	pthread_mutex_lock(&main_conn.lock);
	main_close();
	main_conn.had_broker = false;
	pthread_mutex_unlock(&main_conn.lock);
	pthread_mutex_lock(&pool.lock);
	pool_clear();
	pthread_mutex_unlock(&pool.lock);
}
