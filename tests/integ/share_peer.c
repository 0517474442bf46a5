/* SPDX-License-Identifier: MIT */
/*
 * The peer's loop, and the test's side of it (model: share_peer.h)
 */
#include "tests/integ/share_peer.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <npfs/aio.h>
#include <npfs/pipe.h>
#include <npfs/share.h>

#include "npfs/base/fdpass.h"
#include "npfs/client/end.h"
#include "npfs/nt/access.h"
#include "tests/lib/fail.h"
#include "tests/lib/name.h"
#include "tests/lib/tsan.h"

struct slot {
	struct npfs_end *end;
	struct npfs_op op;
	sem_t completed;
	_Atomic bool is_complete;
	enum share_op started;
	pthread_t thread;
	sem_t is_there;
	int tid;
	struct share_request request; /* of the thread */
	struct share_reply reply;
	unsigned char *data; /* owned: SHARE_LEN_MAX, at first use */
};

#define SHARE_MANY_MAX 64u

static struct slot slots[SHARE_SLOTS];
static struct npfs_end *many[SHARE_MANY_MAX]; /* until the process ends */
static unsigned n_many;

/* ---------------------------------------------------------------- in the peer */

static void completed(struct npfs_op *op)
{
	struct slot *slot = op->user;

	atomic_store(&slot->is_complete, true);
	sem_post(&slot->completed);
}

static unsigned char *data_of(struct slot *slot)
{
	if (!slot->data)
		slot->data = calloc(1, SHARE_LEN_MAX);
	test_require(slot->data, "memory");
	return slot->data;
}

static void keep(struct share_reply *reply, const unsigned char *data, uint32_t len)
{
	memcpy(reply->data, data, len < SHARE_DATA_MAX ? len : SHARE_DATA_MAX);
	for (uint32_t i = 0; i < len; i++)
		reply->sum += data[i];
}

static uint32_t end_flags(const struct share_request *request)
{
	return (request->value & SHARE_SYNC ? NPFS_SYNCHRONOUS : 0) |
	       (request->value & SHARE_PLAIN ? 0 : NPFS_INHERITABLE);
}

static npfs_status run_create(struct slot *slot, const struct share_request *request)
{
	struct test_name name = test_name(request->name);
	struct npfs_create_params params = {
		.size = sizeof(params),
		.flags = end_flags(request),
		.access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
		.share = 3,
		.disposition = 3,
		.type = request->value & SHARE_MESSAGE ? NPFS_TYPE_MESSAGE : NPFS_TYPE_BYTE,
		.read_mode = request->value & SHARE_MESSAGE ? NPFS_MODE_MESSAGE :
							      NPFS_MODE_BYTE,
		.completion_mode = request->len,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = request->extra,
		.outbound_quota = request->extra,
		.default_timeout = -500000,
	};

	return npfs_pipe_create(name.units, name.len, &params, &slot->end, NULL);
}

static npfs_status run_open(struct slot *slot, const struct share_request *request)
{
	struct test_name name = test_name(request->name);
	struct npfs_open_params params = {
		.size = sizeof(params),
		.flags = end_flags(request),
		.access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
	};
	npfs_status status = npfs_pipe_open(name.units, name.len, &params, &slot->end);

	if (status == STATUS_SUCCESS && (request->value & SHARE_MESSAGE))
		status = npfs_end_set_modes(slot->end, NPFS_MODE_MESSAGE, NPFS_MODE_WAIT);
	return status;
}

static npfs_status run_transfer(struct slot *slot, struct npfs_end *end,
				const struct share_request *request,
				struct share_reply *reply)
{
	unsigned char *data = data_of(slot);
	struct npfs_op *op = NULL;
	npfs_status status;

	slot->started = request->op;
	if (request->how & SHARE_START) {
		op = &slot->op;
		atomic_store(&slot->is_complete, false);
		npfs_op_init(op, completed, slot);
		op->context = request->extra;
		op->tells = NPFS_TELL_SUCCESS | NPFS_TELL_WARNING |
			    (request->how & SHARE_TELL ? NPFS_TELL_ERROR : 0);
		if (request->how & SHARE_GO_ON)
			op->on_close = request->how & SHARE_UNTIED ?
					       NPFS_CLOSE_GOES_ON_UNTIED : NPFS_CLOSE_GOES_ON;
	}
	switch (request->op) {
	case SHARE_READ:
		status = npfs_end_read(end, data, request->len, op, &reply->count);
		if (status != STATUS_PENDING)
			keep(reply, data, reply->count);
		return status;
	case SHARE_WRITE:
		for (uint32_t i = 0; i < request->len; i++)
			data[i] = (unsigned char)((request->value + i) % 251);
		return npfs_end_write(end, data, request->len, op, &reply->count);
	case SHARE_TRANSACT:
		memset(data + SHARE_DATA_MAX, (int)request->value, request->len);
		status = npfs_end_transact(end, data + SHARE_DATA_MAX, request->len, data,
					   SHARE_DATA_MAX, op, &reply->count);
		if (status != STATUS_PENDING)
			keep(reply, data, reply->count);
		return status;
	case SHARE_FLUSH:
		return npfs_end_flush(end, op);
	default:
		return npfs_end_listen(end, op);
	}
}

static npfs_status run_finish(struct slot *slot, struct share_reply *reply)
{
	while (sem_wait(&slot->completed))
		;
	reply->count = slot->op.information;
	if (slot->started == SHARE_READ || slot->started == SHARE_TRANSACT)
		keep(reply, data_of(slot), reply->count);
	return slot->op.status;
}

static bool is_torn(const unsigned char *data, uint32_t len)
{
	for (uint32_t i = 1; i < len; i++)
		if (data[i] != data[0])
			return true;
	return false;
}

/* Reads whole messages, or what is left of withdrawn ones, until there will be no more. */
static npfs_status run_drain(struct slot *slot, struct npfs_end *end,
			     struct share_reply *reply)
{
	unsigned char *data = data_of(slot);
	npfs_status status;
	uint32_t n;

	while ((status = npfs_end_read(end, data, SHARE_LEN_MAX, NULL, &n)) ==
		       STATUS_SUCCESS ||
	       status == STATUS_BUFFER_OVERFLOW) {
		reply->count++;
		reply->value += is_torn(data, n);
		keep(reply, data, n);
	}
	return status;
}

static npfs_status run_flood(struct slot *slot, struct npfs_end *end,
			     const struct share_request *request, struct share_reply *reply)
{
	unsigned char *data = data_of(slot);
	npfs_status status = STATUS_SUCCESS;
	uint32_t n;

	memset(data, (int)request->value, SHARE_LEN_MAX);
	while (status == STATUS_SUCCESS && reply->count < request->len) {
		status = npfs_end_write(end, data, share_flood_len(reply->count), NULL, &n);
		if (status == STATUS_SUCCESS) {
			reply->count++;
			reply->sum += (uint64_t)n * (unsigned char)request->value;
		}
	}
	return status;
}

static npfs_status run_many(const struct share_request *request)
{
	npfs_status status = STATUS_SUCCESS;

	for (uint32_t i = 0; i < request->value && status == STATUS_SUCCESS; i++) {
		struct share_request create = {
			.name = "many", .value = SHARE_PLAIN, .extra = 64
		};
		struct slot slot;

		status = run_create(&slot, &create);
		if (status == STATUS_SUCCESS)
			many[n_many++ % SHARE_MANY_MAX] = slot.end;
	}
	return status;
}

static npfs_status run_wait(const struct share_request *request)
{
	struct test_name name = test_name(request->name);

	return npfs_pipe_wait(name.units, name.len, -10000LL * TEST_DEADLINE_MS, 0);
}

static npfs_status run_limit(const struct share_request *request)
{
	struct rlimit limit;

	test_require(!getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = request->value;
	test_require(!setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	return STATUS_SUCCESS;
}

static uint32_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint32_t n = 0;

	test_require(dir, "/proc/self/fd");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* It holds its end's lock by then. */
static npfs_status run_reader(struct npfs_end *end)
{
	while (!(atomic_load(&end->peers->armed) & NP_BELL_READ_FUTEX))
		sched_yield();
	return STATUS_SUCCESS;
}

static npfs_status run_query(struct npfs_end *end, const struct share_request *request,
			     struct share_reply *reply)
{
	struct npfs_end_info info;
	struct npfs_peek peek;
	struct npfs_peer client;
	npfs_status status;

	memset(&info, 0, sizeof(info));
	memset(&peek, 0, sizeof(peek));
	memset(&client, 0, sizeof(client));
	switch (request->op) {
	case SHARE_PEEK:
		status = npfs_end_peek(end, reply->data, request->len, &peek);
		reply->count = peek.available;
		reply->value = peek.n_messages;
		return status;
	case SHARE_SET_MODES:
		return npfs_end_set_modes(end, request->value, request->extra);
	case SHARE_GET_MODES:
		return npfs_end_get_modes(end, &reply->value, &reply->count);
	case SHARE_STATE:
		status = npfs_end_query(end, &info);
		reply->value = info.state;
		reply->count = info.current_instances;
		return status;
	case SHARE_CLIENT:
		status = npfs_end_client(end, &client);
		reply->value = client.pid;
		return status;
	case SHARE_CANCEL:
		reply->count = npfs_end_cancel(end, NULL, NULL);
		return STATUS_SUCCESS;
	default:
		reply->count = count_fds();
		return STATUS_SUCCESS;
	}
}

/* packets */

#define PACKETS_MAX 65536u

static struct {
	sem_t gate;
	_Atomic bool is_gated;
	struct npfs_packet packet[PACKETS_MAX];
	_Atomic uint32_t n_come;
	sem_t come;
	uint32_t n_taken;
} packets;

static void packet_comes(void *user, const struct npfs_packet *packet)
{
	uint32_t n = atomic_load(&packets.n_come);

	test_require(user == &packets, "the user of a tie");
	if (atomic_exchange(&packets.is_gated, false))
		while (sem_wait(&packets.gate))
			;
	test_require(n < PACKETS_MAX, "room for packets");
	packets.packet[n] = *packet;
	atomic_store(&packets.n_come, n + 1);
	sem_post(&packets.come);
}

static npfs_status run_tie(struct npfs_end *end, const struct share_request *request)
{
	sem_init(&packets.gate, 0, 0);
	sem_init(&packets.come, 0, 0);
	atomic_store(&packets.is_gated, request->value == 1);
	return npfs_end_tie(end, packet_comes, NULL, &packets);
}

static const struct npfs_packet *next_packet(void)
{
	while (sem_wait(&packets.come))
		;
	return &packets.packet[packets.n_taken++];
}

static npfs_status run_packet(struct share_reply *reply)
{
	const struct npfs_packet *packet = next_packet();

	reply->value = (uint32_t)packet->context;
	reply->count = packet->information;
	return packet->status;
}

/* Each context from 1 to the highest that came, once. */
static uint32_t count_odd(uint32_t n, uint32_t highest_asked)
{
	static uint8_t seen[PACKETS_MAX];
	uint32_t highest = 0, n_odd = 0;

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t context = packets.packet[i].context;

		if (context > highest_asked || context >= PACKETS_MAX)
			continue;
		n_odd += seen[context] != 0;
		seen[context] = 1;
		if (context > highest)
			highest = (uint32_t)context;
	}
	for (uint32_t i = 1; i <= highest; i++)
		n_odd += !seen[i];
	return n_odd;
}

static npfs_status run_await(const struct share_request *request, struct share_reply *reply)
{
	while (next_packet()->context != request->value)
		;
	reply->count = packets.n_taken - 1;
	reply->value = count_odd(reply->count, request->extra);
	return STATUS_SUCCESS;
}

static npfs_status run_pour(struct slot *slot, struct npfs_end *end,
			    const struct share_request *request, struct share_reply *reply)
{
	npfs_status status = STATUS_SUCCESS;
	uint32_t n;

	while (status == STATUS_SUCCESS && reply->count < request->len) {
		npfs_op_init(&slot->op, completed, slot);
		slot->op.context = reply->count + 1;
		slot->op.tells = NPFS_TELL_SUCCESS;
		status = npfs_end_write(end, "", 0, &slot->op, &n);
		if (status == STATUS_SUCCESS)
			reply->count++;
	}
	return status;
}

#define STREAM_MAX 16u

static npfs_status run_stream(struct npfs_end *end, const struct share_request *request)
{
	struct slot *lanes = calloc(STREAM_MAX, sizeof(*lanes));
	uint32_t n = request->value < STREAM_MAX ? request->value : STREAM_MAX, done;
	npfs_status status = STATUS_PENDING;

	test_require(lanes, "memory");
	for (uint32_t i = 0; i < n; i++) {
		sem_init(&lanes[i].completed, 0, 1);
		data_of(&lanes[i]);
	}
	for (uint32_t next = 0; !npfs_status_is_error(status); next++) {
		struct slot *lane = &lanes[next % n];

		while (sem_wait(&lane->completed))
			;
		npfs_op_init(&lane->op, completed, lane);
		lane->op.context = next + 1;
		lane->op.tells = NPFS_TELL_SUCCESS | NPFS_TELL_WARNING;
		status = npfs_end_read(end, lane->data, 100, &lane->op, &done);
		if (status != STATUS_PENDING)
			sem_post(&lane->completed);
	}
	return status; /* what is in flight keeps its memory */
}

static void run(struct slot *slot, const struct share_request *request,
		struct share_reply *reply)
{
	struct npfs_end *end = request->end ? slots[request->end - 1].end : slot->end;

	switch (request->op) {
	case SHARE_CREATE:
		reply->status = run_create(slot, request);
		return;
	case SHARE_OPEN:
		reply->status = run_open(slot, request);
		return;
	case SHARE_WAIT:
		reply->status = run_wait(request);
		return;
	case SHARE_CLOSE:
		npfs_end_free(slot->end);
		slot->end = NULL;
		reply->status = STATUS_SUCCESS;
		return;
	case SHARE_DISCONNECT:
		reply->status = npfs_end_disconnect(end);
		return;
	case SHARE_LISTEN:
	case SHARE_READ:
	case SHARE_WRITE:
	case SHARE_FLUSH:
	case SHARE_TRANSACT:
		reply->status = run_transfer(slot, end, request, reply);
		return;
	case SHARE_FINISH:
		reply->status = run_finish(slot, reply);
		return;
	case SHARE_PROBE:
		reply->value = atomic_load(&slot->is_complete);
		reply->status = STATUS_SUCCESS;
		return;
	case SHARE_DRAIN:
		reply->status = run_drain(slot, end, reply);
		return;
	case SHARE_FLOOD:
		reply->status = run_flood(slot, end, request, reply);
		return;
	case SHARE_TIE:
		reply->status = run_tie(end, request);
		return;
	case SHARE_UNGATE:
		sem_post(&packets.gate);
		return;
	case SHARE_READER:
		reply->status = run_reader(end);
		return;
	case SHARE_PACKET:
		reply->status = run_packet(reply);
		return;
	case SHARE_AWAIT:
		reply->status = run_await(request, reply);
		return;
	case SHARE_POUR:
		reply->status = run_pour(slot, end, request, reply);
		return;
	case SHARE_STREAM:
		reply->status = run_stream(end, request);
		return;
	case SHARE_LIMIT:
		reply->status = run_limit(request);
		return;
	case SHARE_MANY:
		reply->status = run_many(request);
		return;
	default:
		reply->status = run_query(end, request, reply);
		return;
	}
}

static void *call_thread(void *arg)
{
	struct slot *slot = arg;

	slot->tid = (int)syscall(SYS_gettid);
	sem_post(&slot->is_there);
	run(slot, &slot->request, &slot->reply);
	return NULL;
}

static void begin(struct slot *slot, const struct share_request *request,
		  struct share_reply *reply)
{
	slot->request = *request;
	memset(&slot->reply, 0, sizeof(slot->reply));
	test_require(!pthread_create(&slot->thread, NULL, call_thread, slot), "thread");
	while (sem_wait(&slot->is_there))
		;
	reply->tid = slot->tid;
}

static void join(struct slot *slot, struct share_reply *reply)
{
	pthread_join(slot->thread, NULL);
	*reply = slot->reply;
}

static void answer_export(int sock, struct slot *slot)
{
	struct share_reply reply;
	struct npfs_parcel parcel;

	memset(&reply, 0, sizeof(reply));
	reply.status = npfs_end_export(slot->end, &parcel);
	if (reply.status == STATUS_SUCCESS) {
		reply.parcel_len = parcel.len;
		reply.parcel_fds = parcel.n_fds;
		memcpy(reply.body, parcel.body, parcel.len);
	}
	test_require(!np_fdpass_send(sock, &reply, sizeof(reply), parcel.fds, parcel.n_fds, 0),
		     "send");
	npfs_parcel_free(&parcel);
}

static npfs_status run_import(struct slot *slot, const struct share_request *request,
			      const int *fds)
{
	struct npfs_parcel parcel;
	npfs_status status;

	npfs_parcel_init(&parcel);
	parcel.kind = NPFS_PARCEL_END;
	npfs_parcel_set_body(&parcel, request->body, request->parcel_len);
	for (uint32_t i = 0; i < request->parcel_fds; i++)
		parcel.fds[parcel.n_fds++] = fds[i];
	status = npfs_end_import(&parcel, &slot->end);
	npfs_parcel_free(&parcel);
	return status;
}

static int peer_main(int sock, void *arg)
{
	struct share_request request;
	struct share_reply reply;
	int fds[NPFS_PARCEL_FDS];
	unsigned n_fds;

	(void)arg;
	/* A test that fails ends without a word to its peers. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < SHARE_SLOTS; i++) {
		sem_init(&slots[i].completed, 0, 0);
		sem_init(&slots[i].is_there, 0, 0);
	}
	while (np_fdpass_recv(sock, &request, sizeof(request), fds, NPFS_PARCEL_FDS, &n_fds,
			      0) == (ssize_t)sizeof(request)) {
		struct slot *slot = &slots[request.slot % SHARE_SLOTS];

		if (request.op == SHARE_QUIT)
			return 0;
		if (request.op == SHARE_EXPORT) {
			answer_export(sock, slot);
			continue;
		}
		memset(&reply, 0, sizeof(reply));
		if (request.op == SHARE_IMPORT)
			reply.status = run_import(slot, &request, fds);
		else if (request.how & SHARE_THREAD)
			begin(slot, &request, &reply);
		else if (request.op == SHARE_JOIN)
			join(slot, &reply);
		else
			run(slot, &request, &reply);
		if (np_fdpass_send(sock, &reply, sizeof(reply), NULL, 0, 0))
			return 1;
	}
	return 1;
}

/* ---------------------------------------------------------------- in the test */

/* share_start() - a new process; it has not touched the library yet */
void share_start(struct share_peer *peer)
{
	test_child_start(&peer->child, peer_main, NULL);
}

/* share_stop() - the peer ends in good order, with whatever ends it still has open */
void share_stop(struct share_peer *peer)
{
	struct share_request request = {.op = SHARE_QUIT};
	int status;

	share_send(peer, &request);
	status = test_child_wait(&peer->child);
	if (status != 0)
		test_fail("a peer ended with %d", status);
}

/* share_stop_if_there() - the same, unless the peer was killed or never started */
void share_stop_if_there(struct share_peer *peer)
{
	if (peer->child.pid)
		share_stop(peer);
}

/* share_kill() - SIGKILL, and wait until the process is gone */
void share_kill(struct share_peer *peer)
{
	test_child_kill(&peer->child, SIGKILL);
}

/* share_send() - a request alone; its reply is for share_hear() */
void share_send(struct share_peer *peer, const struct share_request *request)
{
	test_require(!np_fdpass_send(peer->child.sock, request, sizeof(*request), NULL, 0, 0),
		     "send to a peer");
}

static struct share_reply hear(struct share_peer *peer, struct npfs_parcel *parcel)
{
	struct share_reply reply;
	int fds[NPFS_PARCEL_FDS];
	unsigned n_fds = 0;
	ssize_t n;

	if (!test_fd_wait(peer->child.sock, TEST_DEADLINE_MS))
		test_fail("a peer does not answer");
	n = np_fdpass_recv(peer->child.sock, &reply, sizeof(reply), fds, NPFS_PARCEL_FDS,
			   &n_fds, 0);
	if (n != (ssize_t)sizeof(reply))
		test_fail("a peer is gone in the middle of a call");
	for (unsigned i = 0; i < n_fds; i++) {
		if (parcel)
			parcel->fds[parcel->n_fds++] = fds[i];
		else
			close(fds[i]);
	}
	return reply;
}

/* share_hear() - the next reply; fails at the deadline, or when the peer is gone */
struct share_reply share_hear(struct share_peer *peer)
{
	return hear(peer, NULL);
}

/* share_call() - one call from begin to end */
struct share_reply share_call(struct share_peer *peer, const struct share_request *request)
{
	share_send(peer, request);
	return share_hear(peer);
}

/* share_begin() - a call by a thread of its own; returns when that sleeps or is over */
void share_begin(struct share_peer *peer, const struct share_request *request)
{
	struct share_request threaded = *request;
	struct share_reply reply;

	threaded.how |= SHARE_THREAD;
	reply = share_call(peer, &threaded);
	test_thread_rests(peer->child.pid, reply.tid);
}

/* share_end() - the answer of the call that share_begin() made */
struct share_reply share_end(struct share_peer *peer, unsigned slot)
{
	struct share_request request = {.op = SHARE_JOIN, .slot = slot};

	return share_call(peer, &request);
}

npfs_status share_try_export(struct share_peer *from, unsigned slot,
			     struct npfs_parcel *parcel)
{
	struct share_request request = {.op = SHARE_EXPORT, .slot = slot};
	struct share_reply reply;

	npfs_parcel_init(parcel);
	share_send(from, &request);
	reply = hear(from, parcel);
	if (reply.status != STATUS_SUCCESS)
		return reply.status;
	parcel->kind = NPFS_PARCEL_END;
	return npfs_parcel_set_body(parcel, reply.body, reply.parcel_len);
}

void share_export(struct share_peer *from, unsigned slot, struct npfs_parcel *parcel)
{
	npfs_status status = share_try_export(from, slot, parcel);

	if (status != STATUS_SUCCESS)
		test_fail("export: %08x", status);
}

npfs_status share_import(struct share_peer *to, unsigned slot,
			 const struct npfs_parcel *parcel)
{
	struct share_request request = {.op = SHARE_IMPORT, .slot = slot};

	request.parcel_len = parcel->len;
	request.parcel_fds = parcel->n_fds;
	memcpy(request.body, parcel->body, parcel->len);
	test_require(!np_fdpass_send(to->child.sock, &request, sizeof(request), parcel->fds,
				     parcel->n_fds, 0),
		     "send to a peer");
	return share_hear(to).status;
}

void share_hand_over(struct share_peer *from, unsigned from_slot, struct share_peer *to,
		     unsigned to_slot)
{
	struct npfs_parcel parcel;
	npfs_status status;

	share_export(from, from_slot, &parcel);
	status = share_import(to, to_slot, &parcel);
	if (status != STATUS_SUCCESS)
		test_fail("import: %08x", status);
	npfs_parcel_free(&parcel);
}
