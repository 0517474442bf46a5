/* SPDX-License-Identifier: MIT */
/*
 * The peer: a loop that takes one request and sends one reply, over the child's socket
 *
 * Requests and replies are packets, so a peer that is killed leaves nothing half sent;
 * the test that waits for it hears the end of the socket and fails.
 */
#include "tests/integ/peer.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include "tests/lib/fail.h"
#include "tests/lib/tsan.h"

#define NS_PER_S   1000000000
#define FINISH_MS  TEST_DEADLINE_MS
#define SERVED_MAX 8u

/* One handle of the peer and what is under way on it. */
struct slot {
	HANDLE h;
	OVERLAPPED overlapped;
	HANDLE event;	  /* of the overlapped request; made at first use */
	uint32_t len;	  /* of the data of the overlapped request */
	HANDLE thread;	  /* NULL: no call is being made by a thread */
	HANDLE is_there;  /* set by that thread when its number is known */
	int tid;
	struct peer_request request; /* of that thread */
	struct peer_reply reply;
	unsigned char data[PEER_LEN_MAX]; /* for the requests of this slot */
	unsigned char reply_data[PEER_DATA_MAX];
};

static struct slot slots[PEER_SLOTS];

/* peer_now_ns() - the clock of the replies */
int64_t peer_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* ---------------------------------------------------------------- in the peer */

static OVERLAPPED *begin_overlapped(struct slot *slot, const struct peer_request *request)
{
	if (!(request->how & PEER_START))
		return NULL;
	if (!slot->event)
		slot->event = CreateEventA(NULL, TRUE, FALSE, NULL);
	memset(&slot->overlapped, 0, sizeof(slot->overlapped));
	slot->overlapped.hEvent = slot->event;
	return &slot->overlapped;
}

static void keep_data(struct peer_reply *reply, const unsigned char *data, uint32_t len)
{
	memcpy(reply->data, data, len < PEER_DATA_MAX ? len : PEER_DATA_MAX);
}

static BOOL run_finish(struct slot *slot, struct peer_reply *reply)
{
	DWORD n = 0;
	BOOL r;

	if (WaitForSingleObject(slot->event, FINISH_MS) != WAIT_OBJECT_0) {
		SetLastError(ERROR_TIMEOUT);
		return FALSE;
	}
	r = GetOverlappedResult(slot->h, &slot->overlapped, &n, FALSE);
	reply->count = n;
	keep_data(reply, slot->data, n);
	return r;
}

static BOOL run_transfer(struct slot *slot, const struct peer_request *request,
			 struct peer_reply *reply)
{
	OVERLAPPED *overlapped = begin_overlapped(slot, request);
	DWORD n = 0;
	BOOL r;

	switch (request->op) {
	case PEER_READ:
		r = ReadFile(slot->h, slot->data, request->len, &n, overlapped);
		keep_data(reply, slot->data, n);
		break;
	case PEER_WRITE:
		memset(slot->data, (int)request->value, request->len);
		r = WriteFile(slot->h, slot->data, request->len, &n, overlapped);
		break;
	case PEER_TRANSACT:
		memset(slot->data, (int)request->value, request->len);
		r = TransactNamedPipe(slot->h, slot->data, request->len, slot->reply_data,
				      PEER_DATA_MAX, &n, overlapped);
		keep_data(reply, slot->reply_data, n);
		break;
	default:
		r = ConnectNamedPipe(slot->h, overlapped);
		break;
	}
	reply->count = n;
	return r;
}

static BOOL run_create(struct slot *slot, const struct peer_request *request)
{
	slot->h = CreateNamedPipeA(request->name, request->value, request->extra,
				   PIPE_UNLIMITED_INSTANCES, request->len, request->len, 0,
				   NULL);
	return slot->h != INVALID_HANDLE_VALUE;
}

static BOOL run_open(struct slot *slot, const struct peer_request *request)
{
	slot->h = CreateFileA(request->name, request->value, 0, NULL, OPEN_EXISTING,
			      request->extra, NULL);
	return slot->h != INVALID_HANDLE_VALUE;
}

/* Asks for one property. Its value goes into the reply. */
static BOOL run_query(struct slot *slot, enum peer_op op, struct peer_reply *reply)
{
	DWORD value = 0;
	BOOL r;

	switch (op) {
	case PEER_PEEK:
		r = PeekNamedPipe(slot->h, NULL, 0, NULL, &value, NULL);
		break;
	case PEER_GET_STATE:
		r = GetNamedPipeHandleStateA(slot->h, &value, NULL, NULL, NULL, NULL, 0);
		break;
	case PEER_GET_COUNT:
		r = GetNamedPipeHandleStateA(slot->h, NULL, &value, NULL, NULL, NULL, 0);
		break;
	case PEER_GET_INFO:
		r = GetNamedPipeInfo(slot->h, &value, NULL, NULL, NULL);
		break;
	case PEER_CLIENT_PID:
		r = GetNamedPipeClientProcessId(slot->h, &value);
		break;
	case PEER_SERVER_PID:
		r = GetNamedPipeServerProcessId(slot->h, &value);
		break;
	case PEER_CLIENT_SESSION:
		r = GetNamedPipeClientSessionId(slot->h, &value);
		break;
	case PEER_SERVER_SESSION:
		r = GetNamedPipeServerSessionId(slot->h, &value);
		break;
	case PEER_FILE_TYPE:
		value = GetFileType(slot->h);
		r = value != FILE_TYPE_UNKNOWN;
		break;
	default:
		value = GetFileSize(slot->h, NULL);
		r = value != INVALID_FILE_SIZE;
		break;
	}
	reply->value = value;
	return r;
}

/*
 * Connects again and again. Only two refusals are right: nobody listened just then (231)
 * and the wait was over before anybody did (121). The first other one ends the race.
 */
static BOOL run_race(const struct peer_request *request, struct peer_reply *reply)
{
	char sent = 'x', got = 0;
	DWORD n;
	HANDLE h;

	while (reply->count < request->value) {
		h = CreateFileA(request->name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				OPEN_EXISTING, 0, NULL);
		if (h == INVALID_HANDLE_VALUE) {
			if (GetLastError() != ERROR_PIPE_BUSY)
				return FALSE;
			reply->value++;
			if (!WaitNamedPipeA(request->name, FINISH_MS) &&
			    GetLastError() != ERROR_SEM_TIMEOUT)
				return FALSE;
			continue;
		}
		sent = (char)('a' + reply->count % 26);
		if (!WriteFile(h, &sent, 1, &n, NULL) || !ReadFile(h, &got, 1, &n, NULL))
			return FALSE;
		CloseHandle(h);
		if (got != sent) {
			SetLastError(ERROR_INVALID_DATA);
			return FALSE;
		}
		reply->count++;
	}
	return TRUE;
}

/* What the threads of one server share. */
struct served {
	char name[PEER_NAME_MAX];
	volatile LONG left; /* connections still to be taken */
	volatile LONG error;
};

static BOOL serve_one(HANDLE h)
{
	char byte;
	DWORD n;

	if (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
		return FALSE;
	if (!ReadFile(h, &byte, 1, &n, NULL) || !WriteFile(h, &byte, 1, &n, NULL))
		return FALSE;
	/* The client goes when it has its byte; until then its answer must not be lost. */
	if (ReadFile(h, &byte, 1, &n, NULL) || GetLastError() != ERROR_BROKEN_PIPE)
		return FALSE;
	return DisconnectNamedPipe(h);
}

static DWORD WINAPI serve_thread(void *arg)
{
	struct served *served = arg;
	HANDLE h = CreateNamedPipeA(served->name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE,
				    PIPE_UNLIMITED_INSTANCES, 64, 64, 0, NULL);

	while (h != INVALID_HANDLE_VALUE && InterlockedDecrement(&served->left) >= 0) {
		if (!serve_one(h)) {
			InterlockedExchange(&served->error, (LONG)GetLastError());
			break;
		}
	}
	CloseHandle(h);
	return 0;
}

static BOOL run_serve(const struct peer_request *request)
{
	HANDLE threads[SERVED_MAX] = { NULL };
	struct served served = {.left = (LONG)request->value};
	DWORD i, n = request->slot < SERVED_MAX ? request->slot : SERVED_MAX;

	memcpy(served.name, request->name, sizeof(served.name));
	for (i = 0; i < n; i++)
		threads[i] = CreateThread(NULL, 0, serve_thread, &served, 0, NULL);
	WaitForMultipleObjects(n, threads, TRUE, INFINITE);
	for (i = 0; i < n; i++)
		CloseHandle(threads[i]);
	SetLastError((DWORD)served.error);
	return served.error == 0;
}

static void run(struct slot *slot, const struct peer_request *request,
		struct peer_reply *reply)
{
	DWORD mode = request->value;
	BOOL r;

	switch (request->op) {
	case PEER_CREATE:
		r = run_create(slot, request);
		break;
	case PEER_OPEN:
		r = run_open(slot, request);
		break;
	case PEER_CLOSE:
		r = CloseHandle(slot->h);
		break;
	case PEER_WAIT:
		r = WaitNamedPipeA(request->name, request->value);
		break;
	case PEER_CONNECT:
	case PEER_READ:
	case PEER_WRITE:
	case PEER_TRANSACT:
		r = run_transfer(slot, request, reply);
		break;
	case PEER_DISCONNECT:
		r = DisconnectNamedPipe(slot->h);
		break;
	case PEER_FLUSH:
		r = FlushFileBuffers(slot->h);
		break;
	case PEER_SET_MODE:
		r = SetNamedPipeHandleState(slot->h, &mode, NULL, NULL);
		break;
	case PEER_CANCEL:
		r = CancelIoEx(slot->h, request->value ? &slot->overlapped : NULL);
		break;
	case PEER_FINISH:
		r = run_finish(slot, reply);
		break;
	case PEER_RACE:
		r = run_race(request, reply);
		break;
	case PEER_SERVE:
		r = run_serve(request);
		break;
	default:
		r = run_query(slot, request->op, reply);
		break;
	}
	reply->error = r ? 0 : GetLastError();
	reply->when_ns = peer_now_ns();
	reply->ok = r;
}

static DWORD WINAPI call_thread(void *arg)
{
	struct slot *slot = arg;

	slot->tid = (int)syscall(SYS_gettid);
	SetEvent(slot->is_there);
	run(slot, &slot->request, &slot->reply);
	return 0;
}

static void begin(struct slot *slot, const struct peer_request *request,
		  struct peer_reply *reply)
{
	slot->request = *request;
	memset(&slot->reply, 0, sizeof(slot->reply));
	slot->is_there = CreateEventA(NULL, TRUE, FALSE, NULL);
	slot->thread = CreateThread(NULL, 0, call_thread, slot, 0, NULL);
	WaitForSingleObject(slot->is_there, INFINITE);
	CloseHandle(slot->is_there);
	reply->tid = slot->tid;
	reply->ok = true;
}

static void join(struct slot *slot, struct peer_reply *reply)
{
	if (WaitForSingleObject(slot->thread, FINISH_MS) != WAIT_OBJECT_0) {
		reply->error = ERROR_TIMEOUT;
		return;
	}
	CloseHandle(slot->thread);
	slot->thread = NULL;
	*reply = slot->reply;
}

static int peer_main(int sock, void *arg)
{
	struct peer_request request;
	struct peer_reply reply;
	struct slot *slot;

	(void)arg;
	/* A test that fails ends without a word to its peers. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(sock, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
		if (request.op == PEER_QUIT)
			return 0;
		slot = &slots[request.slot % PEER_SLOTS];
		memset(&reply, 0, sizeof(reply));
		if (request.how & PEER_THREAD)
			begin(slot, &request, &reply);
		else if (request.op == PEER_JOIN)
			join(slot, &reply);
		else
			run(slot, &request, &reply);
		if (send(sock, &reply, sizeof(reply), MSG_NOSIGNAL) != (ssize_t)sizeof(reply))
			return 1;
	}
	return 1;
}

/* ---------------------------------------------------------------- in the test */

/* peer_start() - a new process; it has not touched the library yet */
void peer_start(struct peer *peer)
{
	test_child_start(&peer->child, peer_main, NULL);
}

/* peer_stop() - the peer ends in good order, with whatever handles it still has open */
void peer_stop(struct peer *peer)
{
	struct peer_request request = {.op = PEER_QUIT};
	int status;

	peer_send(peer, &request);
	status = test_child_wait(&peer->child);
	if (status != 0)
		test_fail("a peer ended with %d", status);
}

/* peer_stop_if_there() - the same, unless the peer was killed or never started */
void peer_stop_if_there(struct peer *peer)
{
	if (peer->child.pid)
		peer_stop(peer);
}

/* peer_kill() - SIGKILL, and wait until the process is gone */
void peer_kill(struct peer *peer)
{
	test_child_kill(&peer->child, SIGKILL);
}

/* peer_send() - a request alone; its reply is for peer_hear() */
void peer_send(struct peer *peer, const struct peer_request *request)
{
	test_require(send(peer->child.sock, request, sizeof(*request), MSG_NOSIGNAL) ==
			     (ssize_t)sizeof(*request),
		     "send to a peer");
}

/* peer_hear() - the next reply; fails at the deadline, or when the peer is gone */
struct peer_reply peer_hear(struct peer *peer)
{
	struct peer_reply reply;

	if (!test_fd_wait(peer->child.sock, TEST_DEADLINE_MS + TEST_DEADLINE_MS / 2))
		test_fail("a peer hangs in a call");
	if (recv(peer->child.sock, &reply, sizeof(reply), 0) != (ssize_t)sizeof(reply))
		test_fail("a peer died in a call");
	return reply;
}

/* peer_call() - one call from begin to end */
struct peer_reply peer_call(struct peer *peer, const struct peer_request *request)
{
	peer_send(peer, request);
	return peer_hear(peer);
}

/* peer_begin() - a call by a thread of its own; returns when that sleeps or is over */
void peer_begin(struct peer *peer, const struct peer_request *request)
{
	struct peer_request threaded = *request;
	struct peer_reply reply;

	threaded.how |= PEER_THREAD;
	reply = peer_call(peer, &threaded);
	test_thread_rests(peer->child.pid, reply.tid);
}

/* peer_end() - the answer of the call that peer_begin() made */
struct peer_reply peer_end(struct peer *peer, unsigned slot)
{
	struct peer_request request = {.op = PEER_JOIN, .slot = slot};

	return peer_call(peer, &request);
}
