/* SPDX-License-Identifier: MIT */
/* The peer's loop and its workers. See object_peer.h. */
#include "tests/integ/object_peer.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/parcel.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"
#include "npfs/base/fdpass.h"
#include "tests/lib/fail.h"
#include "tests/lib/tsan.h"

struct worker {
	HANDLE thread; /* NULL: there is none */
	HANDLE go;
	HANDLE done;
	struct object_request request;
	struct object_reply reply;
};

static HANDLE slots[OBJECT_SLOTS];
static struct worker workers[OBJECT_WORKERS];
static volatile LONG n_routines;
static int sock;

/* ---------------------------------------------------------------- in the peer */

/* An access list as the request wants it. NULL: the default one. */
static SECURITY_ATTRIBUTES *attributes(enum object_list list)
{
	static SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};
	static SECURITY_DESCRIPTOR descriptor;
	static SECURITY_ATTRIBUTES result = {sizeof(result), &descriptor, FALSE};
	static DWORD acl[64];
	PSID everyone;

	if (list == OBJECT_LIST_DEFAULT)
		return NULL;
	InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
	InitializeAcl((PACL)(void *)acl, sizeof(acl), ACL_REVISION);
	if (list == OBJECT_LIST_WAIT_ONLY) {
		AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0,
					 0, &everyone);
		AddAccessAllowedAce((PACL)(void *)acl, ACL_REVISION, SYNCHRONIZE, everyone);
		FreeSid(everyone);
	}
	SetSecurityDescriptorDacl(&descriptor, TRUE, (PACL)(void *)acl, FALSE);
	return &result;
}

static HANDLE create(const struct object_request *r)
{
	SECURITY_ATTRIBUTES *sa = attributes(r->list);
	const char *name = r->name[0] ? r->name : NULL;

	switch (r->kind) {
	case OBJECT_KIND_EVENT:
		return CreateEventA(sa, r->a, r->b, name);
	case OBJECT_KIND_MUTEX:
		return CreateMutexA(sa, r->a, name);
	case OBJECT_KIND_SEMAPHORE:
		return CreateSemaphoreA(sa, r->b, r->c, name);
	case OBJECT_KIND_TIMER:
		return CreateWaitableTimerA(sa, r->a, name);
	}
	return NULL;
}

static HANDLE open_name(const struct object_request *r)
{
	switch (r->kind) {
	case OBJECT_KIND_EVENT:
		return OpenEventA(r->access ? r->access : EVENT_ALL_ACCESS, FALSE, r->name);
	case OBJECT_KIND_MUTEX:
		return OpenMutexA(r->access ? r->access : MUTEX_ALL_ACCESS, FALSE, r->name);
	case OBJECT_KIND_SEMAPHORE:
		return OpenSemaphoreA(r->access ? r->access : SEMAPHORE_ALL_ACCESS, FALSE,
				      r->name);
	case OBJECT_KIND_TIMER:
		return OpenWaitableTimerA(r->access ? r->access : TIMER_ALL_ACCESS, FALSE,
					  r->name);
	}
	return NULL;
}

static DWORD wait_for(const struct object_request *r)
{
	HANDLE handles[OBJECT_SLOTS];
	DWORD n = 0;

	for (unsigned i = 0; i < OBJECT_SLOTS; i++)
		if (r->mask & 1u << i)
			handles[n++] = slots[i];
	if (n == 1)
		return WaitForSingleObject(handles[0], r->timeout);
	return WaitForMultipleObjects(n, handles, r->all, r->timeout);
}

static VOID CALLBACK routine(LPVOID arg, DWORD low, DWORD high)
{
	(void)arg;
	(void)low;
	(void)high;
	InterlockedIncrement(&n_routines);
}

static BOOL set_timer(const struct object_request *r)
{
	LARGE_INTEGER due = {.QuadPart = (LONGLONG)r->a * -10000};

	return SetWaitableTimer(slots[r->slot], &due, r->b, r->c ? routine : NULL, NULL,
				FALSE);
}

static BOOL pack(const struct object_request *r)
{
	struct npfs_parcel parcel;
	uint32_t access;
	struct object *o = handle_get(slots[r->slot], OBJECT_ANY, &access);
	DWORD error = o ? o->ops->pack(o, access, &parcel) : ERROR_INVALID_HANDLE;

	object_unref(o);
	if (error) {
		SetLastError(error);
		return FALSE;
	}
	test_require(np_fdpass_send(sock, parcel.body, parcel.len, parcel.fds, parcel.n_fds,
				    0) == 0,
		     "parcel");
	npfs_parcel_free(&parcel);
	return TRUE;
}

static BOOL unpack(const struct object_request *r)
{
	unsigned char body[256];
	struct npfs_parcel parcel;
	struct object *o;
	ssize_t n;

	npfs_parcel_init(&parcel);
	n = np_fdpass_recv(sock, body, sizeof(body), parcel.fds, NPFS_PARCEL_FDS,
			   &parcel.n_fds, 0);
	test_require(n > 0, "parcel");
	parcel.kind = NPFS_PARCEL_OBJECT;
	npfs_parcel_set_body(&parcel, body, (uint32_t)n);
	o = sync_object_unpack(&parcel);
	npfs_parcel_free(&parcel);
	if (!o)
		return FALSE;
	slots[r->slot] = handle_new_take(o, EVENT_ALL_ACCESS, 0);
	return slots[r->slot] != NULL;
}

/* What a child of a fork may do with the slot, and with the name by itself. */
static int fork_and_try(const struct object_request *r)
{
	int status;
	pid_t pid = fork();

	test_require(pid >= 0, "fork");
	if (pid == 0) {
		HANDLE h;

		if (WaitForSingleObject(slots[r->slot], 0) != WAIT_FAILED ||
		    GetLastError() != ERROR_INVALID_HANDLE || SetEvent(slots[r->slot]))
			_exit(1);
		CloseHandle(slots[r->slot]);
		h = OpenEventA(EVENT_ALL_ACCESS, FALSE, r->name);
		_exit(h && SetEvent(h) && CloseHandle(h) ? 0 : 2);
	}
	test_require(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct object_reply run(const struct object_request *r)
{
	struct object_reply reply = {.is_done = true};
	LONG previous = 0;

	SetLastError(0);
	switch (r->op) {
	case OBJECT_CREATE:
	case OBJECT_OPEN_NAME:
		slots[r->slot] = r->op == OBJECT_CREATE ? create(r) : open_name(r);
		reply.result = slots[r->slot] != NULL;
		break;
	case OBJECT_SHUT:
		reply.result = (uint32_t)CloseHandle(slots[r->slot]);
		break;
	case OBJECT_SET:
		reply.result = (uint32_t)SetEvent(slots[r->slot]);
		break;
	case OBJECT_RESET:
		reply.result = (uint32_t)ResetEvent(slots[r->slot]);
		break;
	case OBJECT_PULSE:
		reply.result = (uint32_t)PulseEvent(slots[r->slot]);
		break;
	case OBJECT_RELEASE:
		reply.result = (uint32_t)ReleaseMutex(slots[r->slot]);
		break;
	case OBJECT_POST:
		reply.result = (uint32_t)ReleaseSemaphore(slots[r->slot], r->a, &previous);
		reply.value = previous;
		break;
	case OBJECT_WAIT:
		reply.result = wait_for(r);
		break;
	case OBJECT_SET_TIMER:
		reply.result = (uint32_t)set_timer(r);
		break;
	case OBJECT_CANCEL_TIMER:
		reply.result = (uint32_t)CancelWaitableTimer(slots[r->slot]);
		break;
	case OBJECT_ALERT:
		reply.result = SleepEx(r->timeout, TRUE);
		reply.value = n_routines;
		break;
	case OBJECT_PACK:
		reply.result = (uint32_t)pack(r);
		break;
	case OBJECT_UNPACK:
		reply.result = (uint32_t)unpack(r);
		break;
	case OBJECT_FORK:
		reply.value = fork_and_try(r);
		reply.result = TRUE;
		break;
	case OBJECT_END_WORKER:
	case OBJECT_QUIT:
		break;
	}
	reply.error = GetLastError();
	return reply;
}

static DWORD WINAPI worker_main(LPVOID arg)
{
	struct worker *w = arg;

	for (;;) {
		WaitForSingleObject(w->go, INFINITE);
		w->reply = run(&w->request);
		if (w->request.op == OBJECT_END_WORKER)
			return 0;
		SetEvent(w->done);
	}
}

static void worker_make(struct worker *w)
{
	if (w->thread)
		return;
	if (!w->go) {
		w->go = CreateEventA(NULL, FALSE, FALSE, NULL);
		w->done = CreateEventA(NULL, FALSE, FALSE, NULL);
	}
	w->thread = CreateThread(NULL, 0, worker_main, w, 0, NULL);
	test_require(w->thread != NULL, "CreateThread");
}

/* Does the worker wait for what its request says? */
static bool worker_waits(struct worker *w)
{
	struct object *o = handle_get(w->thread, OBJECT_THREAD, NULL);
	struct object *go = handle_get(w->go, OBJECT_ANY, NULL);
	const struct wait *wait = &thread_from_object(o)->wait;
	bool waits;

	dispatcher_lock();
	waits = wait->in_progress && wait->n_blocks > 0 && wait->blocks[0].object != go;
	dispatcher_unlock();
	object_unref(go);
	object_unref(o);
	return waits;
}

static struct object_reply worker_run(struct worker *w, const struct object_request *r)
{
	const struct object_reply pending = {.is_done = false};

	worker_make(w);
	w->request = *r;
	SetEvent(w->go);
	if (r->op == OBJECT_END_WORKER) {
		WaitForSingleObject(w->thread, INFINITE);
		CloseHandle(w->thread);
		w->thread = NULL;
		return w->reply;
	}
	if (!r->begins) {
		WaitForSingleObject(w->done, INFINITE);
		return w->reply;
	}
	while (!worker_waits(w)) {
		if (WaitForSingleObject(w->done, 0) == WAIT_OBJECT_0) {
			SetEvent(w->done);
			break;
		}
		sched_yield();
	}
	return pending;
}

static int peer_main(int s, void *arg)
{
	struct object_request r;
	struct object_reply reply;

	(void)arg;
	sock = s;
	while (recv(s, &r, sizeof(r), 0) == (ssize_t)sizeof(r)) {
		struct worker *w = &workers[r.worker];

		if (r.worker == 0) {
			reply = run(&r);
		} else if (r.op == OBJECT_QUIT) {
			WaitForSingleObject(w->done, INFINITE);
			reply = w->reply;
		} else {
			reply = worker_run(w, &r);
		}
		if (send(s, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
			return 1;
		if (r.op == OBJECT_QUIT && r.worker == 0)
			break;
	}
	return 0;
}

/* ---------------------------------------------------------------- in the test */

void object_peer_start(struct test_child *peer)
{
	test_child_start(peer, peer_main, NULL);
}

void object_peer_stop(struct test_child *peer)
{
	const struct object_request request = {.op = OBJECT_QUIT};

	if (!peer->pid)
		return;
	ask(peer, &request);
	if (test_child_wait(peer) != 0)
		test_fail("a peer did not end well");
}

static void send_request(struct test_child *peer, const struct object_request *request)
{
	test_require(send(peer->sock, request, sizeof(*request), MSG_NOSIGNAL) ==
			     (ssize_t)sizeof(*request),
		     "send");
}

static struct object_reply hear_reply(struct test_child *peer)
{
	struct object_reply reply;

	if (!test_fd_wait(peer->sock, TEST_DEADLINE_MS))
		test_fail("nothing heard from a peer");
	test_require(recv(peer->sock, &reply, sizeof(reply), 0) == (ssize_t)sizeof(reply),
		     "recv");
	return reply;
}

struct object_reply ask(struct test_child *peer, const struct object_request *request)
{
	send_request(peer, request);
	return hear_reply(peer);
}

void begin(struct test_child *peer, const struct object_request *request)
{
	struct object_request copy = *request;

	copy.begins = true;
	ask(peer, &copy);
}

struct object_reply end(struct test_child *peer, unsigned worker)
{
	const struct object_request request = {.op = OBJECT_QUIT, .worker = worker};

	return ask(peer, &request);
}

void send_parcel_on(struct test_child *from, const struct object_request *pack_request,
		    struct test_child *to, const struct object_request *unpack_request)
{
	unsigned char body[256];
	int fds[NPFS_PARCEL_FDS];
	unsigned n_fds = 0;
	ssize_t n;

	send_request(from, pack_request);
	if (!test_fd_wait(from->sock, TEST_DEADLINE_MS))
		test_fail("no parcel");
	n = np_fdpass_recv(from->sock, body, sizeof(body), fds, NPFS_PARCEL_FDS, &n_fds, 0);
	if (n <= 0 || n_fds == 0)
		test_fail("not a parcel");
	hear_reply(from);
	send_request(to, unpack_request);
	test_require(np_fdpass_send(to->sock, body, (size_t)n, fds, n_fds, 0) == 0,
		     "parcel");
	while (n_fds > 0)
		close(fds[--n_fds]);
	if (!hear_reply(to).result)
		test_fail("the parcel cannot be unpacked");
}

/* what tests ask for */

struct object_reply create_in(struct test_child *peer, unsigned slot,
			      enum object_kind kind, const char *name, int x, int y, int z)
{
	struct object_request r = {.op = OBJECT_CREATE, .slot = slot, .kind = kind,
				   .a = x, .b = y, .c = z};

	snprintf(r.name, sizeof(r.name), "%s", name);
	return ask(peer, &r);
}

struct object_reply open_in(struct test_child *peer, unsigned slot, enum object_kind kind,
			    const char *name, uint32_t access)
{
	struct object_request r = {.op = OBJECT_OPEN_NAME, .slot = slot, .kind = kind,
				   .access = access};

	snprintf(r.name, sizeof(r.name), "%s", name);
	return ask(peer, &r);
}

struct object_reply simple(struct test_child *peer, enum object_op op, unsigned slot)
{
	const struct object_request r = {.op = op, .slot = slot};

	return ask(peer, &r);
}

void must(struct test_child *peer, enum object_op op, unsigned slot)
{
	struct object_reply reply = simple(peer, op, slot);

	if (!reply.result)
		test_fail("operation %d: %u", (int)op, reply.error);
}

uint32_t wait_in(struct test_child *peer, unsigned slot, uint32_t timeout)
{
	const struct object_request r = {.op = OBJECT_WAIT, .mask = 1u << slot,
					 .timeout = timeout};

	return ask(peer, &r).result;
}

void freeze(struct test_child *peer)
{
	siginfo_t info;

	test_require(kill(peer->pid, SIGSTOP) == 0, "SIGSTOP");
	test_require(waitid(P_PID, (id_t)peer->pid, &info, WSTOPPED) == 0, "waitid");
}
