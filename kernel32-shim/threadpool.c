/* SPDX-License-Identifier: MIT */
/*
 * Pools and their workers, callbacks and their instances.
 * The model of objects is in threadpool.h.
 *
 * A pool has a completion port that nobody sees. Its workers wait there, so that one
 * thread serves I/O and everything else, and the one that went idle last is the first to
 * work again. A packet with a key is I/O; one without is a token, and says that there is
 * something in the pool's queues of ready objects, one for each priority. A token means no
 * particular object: the worker that gets it takes the best one there is. The invariant is
 *
 *	tokens in the port >= ready objects
 *
 * and since each object brings a token along when it is made, there always is one to post.
 * Taking pending callbacks back leaves tokens that lead to nothing, which is harmless.
 *
 * Growth. More callbacks than idle workers want more threads. Up to one for each processor
 * they come at once. Beyond that a thread is made only when the queue stands still: an
 * alarm looks every few milliseconds, and if not one callback was begun since, as many
 * threads again as there are come, up to the maximum. So short callbacks run on few
 * threads, and callbacks that wait for each other get as many as they need. Callbacks known
 * to run long do not count. A pool with I/O keeps a thread at the port.
 *
 * Shrinking. A worker that had nothing to do for a while ends, unless it is needed for the
 * minimum, for I/O, or something persistent ran on it.
 */
#include "kernel32-shim/threadpool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/moduleapi.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

#define MAX_THREADS_DEFAULT 500
#define IDLE_MS_DEFAULT     5000 /* a worker without work leaves */
#define STALL_NS            INT64_C(5000000)
#define N_PRIORITIES        3
#define PORT_CONCURRENCY    0x7fffffff /* the pool decides how many run, not the port */

struct tp_token {
	struct port_packet packet;
	struct object_link all; /* of the pool */
	bool is_out;            /* in the port */
	struct tp_token *next;  /* free ones */
};

struct _TP_POOL {
	unsigned refs; /* the program's, and each object's */
	unsigned epoch;
	HANDLE port_handle;  /* owned; NULL until needed */
	struct object *port; /* counted */
	bool is_dying;

	struct object_link ready[N_PRIORITIES]; /* struct tp_object */
	unsigned n_ready;                       /* objects there */
	unsigned n_pending;                     /* their callbacks */
	unsigned n_tokens_out;
	struct object_link tokens;    /* struct tp_token; owned */
	struct tp_token *free_tokens; /* those not in the port */
	unsigned n_surplus;           /* tokens in the port whose objects have gone */

	unsigned min;
	unsigned max;
	unsigned n_workers;
	unsigned n_idle;         /* waiting at the port, or about to */
	unsigned n_long;         /* in callbacks that run long */
	unsigned n_io;           /* objects that complete I/O */
	uint64_t n_taken;        /* packets taken, ever */
	uint64_t n_taken_before; /* at the last look of the alarm */
	struct tp_alarm stall;
	SIZE_T stack_reserve;
	SIZE_T stack_commit;

	struct _TP_POOL *next_retired;
	struct object_link all;
};

struct worker {
	PTP_POOL pool;
	unsigned epoch;
	bool is_persistent;
};

struct _TP_CALLBACK_INSTANCE {
	struct tp_object *object;
	struct worker *worker; /* NULL in threads that are not a pool's */
	DWORD thread_id;
	unsigned epoch;
	bool is_associated;
	bool is_long; /* counted in the pool's n_long */

	/* to do when the callback has returned */
	PCRITICAL_SECTION section;
	HANDLE mutex;
	HANDLE semaphore;
	DWORD semaphore_count;
	HANDLE event;
	HMODULE library;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned n_sleepers;
	unsigned epoch; /* counts forks */
	unsigned n_cpus;
	DWORD idle_ms;
	struct object_link pools;
	struct object_link objects;
	struct tp_object *retired_objects;
	PTP_POOL retired_pools;
} tp = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER,
	.idle_ms = IDLE_MS_DEFAULT,
	.pools = {&tp.pools, &tp.pools},
	.objects = {&tp.objects, &tp.objects},
};

static struct _TP_POOL default_pool = {
	.refs = 1,
	.max = MAX_THREADS_DEFAULT,
};
static pthread_once_t tp_once = PTHREAD_ONCE_INIT;
static __thread struct worker *worker_self;

static void pool_balance(PTP_POOL pool);
static void pool_stalled(struct tp_alarm *alarm);

/* the lock */

void tp_lock(void)
{
	pthread_mutex_lock(&tp.lock);
}

/*
 * Ends the waits of all workers. What is left in the port comes back: tokens, and I/O that
 * nobody waits for any more. Neither way leads here again, so the lock may be held.
 */
static void pool_close_port(PTP_POOL pool)
{
	if (pool->port_handle) {
		handle_set_flags(pool->port_handle, HANDLE_PROTECT_FROM_CLOSE, 0);
		handle_close(pool->port_handle);
	}
	pool->port_handle = NULL;
	object_unref(pool->port);
	pool->port = NULL;
}

static void pool_free(PTP_POOL pool)
{
	pool_close_port(pool);
	while (!object_link_is_empty(&pool->tokens)) {
		struct object_link *link = pool->tokens.next;

		object_link_remove(link);
		free(object_container(link, struct tp_token, all));
	}
	free(pool);
}

void tp_unlock(void)
{
	struct tp_object *objects = tp.retired_objects;
	PTP_POOL pools = tp.retired_pools;

	tp.retired_objects = NULL;
	tp.retired_pools = NULL;
	pthread_mutex_unlock(&tp.lock);
	while (objects) {
		struct tp_object *o = objects;

		objects = o->next_retired;
		if (o->library)
			FreeLibrary(o->library);
		o->ops->destroy(o);
	}
	while (pools) {
		PTP_POOL pool = pools;

		pools = pool->next_retired;
		pool_free(pool);
	}
}

void tp_changed(void)
{
	if (tp.n_sleepers)
		pthread_cond_broadcast(&tp.change);
}

/* What is retired while somebody sleeps here is destroyed by him afterwards, at latest. */
void tp_wait_change(void)
{
	tp.n_sleepers++;
	pthread_cond_wait(&tp.change, &tp.lock);
	tp.n_sleepers--;
}

/* setting up */

static void tp_fork_parent(void)
{
	pthread_mutex_unlock(&tp.lock);
}

static void pool_fork_child(PTP_POOL pool)
{
	pool->port_handle = NULL;
	pool->port = NULL;
	for (int i = 0; i < N_PRIORITIES; i++)
		object_link_init(&pool->ready[i]);
	pool->n_ready = 0;
	pool->n_pending = 0;
	pool->n_tokens_out = 0;
	pool->n_surplus = 0;
	pool->n_workers = 0;
	pool->n_idle = 0;
	pool->n_long = 0;
	pool->free_tokens = NULL;
	for (struct object_link *l = pool->tokens.next; l != &pool->tokens; l = l->next) {
		struct tp_token *token = object_container(l, struct tp_token, all);

		object_link_init(&token->packet.link);
		token->is_out = false;
		token->next = pool->free_tokens;
		pool->free_tokens = token;
	}
}

/*
 * The child has none of the threads. Ports cannot be used again either: they know waiting
 * threads that do not exist.
 */
static void tp_fork_child(void)
{
	pthread_cond_init(&tp.change, NULL);
	tp.n_sleepers = 0;
	tp.epoch++;
	for (struct object_link *l = tp.objects.next; l != &tp.objects; l = l->next) {
		struct tp_object *o = object_container(l, struct tp_object, all);

		if (o->n_pending)
			object_link_init(&o->ready);
		o->refs -= o->n_running + (o->n_pending ? 1 : 0);
		o->n_pending = 0;
		o->n_running = 0;
		o->n_associated = 0;
		/* Objects that only callbacks kept are left as they are: a leak, once. */
	}
	for (struct object_link *l = tp.pools.next; l != &tp.pools; l = l->next)
		pool_fork_child(object_container(l, struct _TP_POOL, all));
	tp_clock_fork_child();
	tp_wait_fork_child();
	pthread_mutex_unlock(&tp.lock);
}

static void pool_init(PTP_POOL pool)
{
	for (int i = 0; i < N_PRIORITIES; i++)
		object_link_init(&pool->ready[i]);
	object_link_init(&pool->tokens);
	pool->stall.fire = pool_stalled;
	object_link_push_back(&tp.pools, &pool->all);
}

static void tp_set_up(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	tp.n_cpus = n > 0 ? (unsigned)n : 1;
	/*
	 * Locks are taken before a fork in the opposite order of registration. Threads are
	 * made under this lock, so theirs must be registered first.
	 */
	thread_self();
	pool_init(&default_pool);
	pthread_atfork(tp_lock, tp_fork_parent, tp_fork_child);
}

/* Take the lock for the first time: by whatever makes pools and objects. */
static void tp_lock_first(void)
{
	pthread_once(&tp_once, tp_set_up);
	tp_lock();
}

/* tokens and ports; lock */

static void token_returned(struct port_packet *packet)
{
	(void)packet; /* its user or its pool's end sees to it, under the lock */
}

static bool pool_add_token(PTP_POOL pool)
{
	struct tp_token *token = calloc(1, sizeof(*token));

	if (!token)
		return false;
	port_packet_init(&token->packet, token_returned);
	object_link_push_back(&pool->tokens, &token->all);
	token->next = pool->free_tokens;
	pool->free_tokens = token;
	return true;
}

static void pool_drop_token(PTP_POOL pool)
{
	struct tp_token *token = pool->free_tokens;

	if (!token) {
		pool->n_surplus++;
		return;
	}
	pool->free_tokens = token->next;
	object_link_remove(&token->all);
	free(token);
}

/* A worker fetched a token. */
static void pool_take_token_back(PTP_POOL pool, struct tp_token *token)
{
	pool->n_tokens_out--;
	token->is_out = false;
	token->next = pool->free_tokens;
	pool->free_tokens = token;
	if (pool->n_surplus) {
		pool->n_surplus--;
		pool_drop_token(pool);
	}
}

HANDLE tp_pool_port(PTP_POOL pool)
{
	HANDLE h;

	if (pool->port_handle)
		return pool->port_handle;
	h = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, PORT_CONCURRENCY);
	if (!h)
		return NULL;
	pool->port = port_from_handle(h);
	if (!pool->port)
		return NULL;
	/* The program cannot close by accident what it was never given. */
	handle_set_flags(h, HANDLE_PROTECT_FROM_CLOSE, HANDLE_PROTECT_FROM_CLOSE);
	pool->port_handle = h;
	return h;
}

/* Restore the invariant between tokens and ready objects. */
static void pool_post_tokens(PTP_POOL pool)
{
	while (pool->n_tokens_out < pool->n_ready && tp_pool_port(pool)) {
		struct tp_token *token = pool->free_tokens;

		token->packet.key = 0;
		token->packet.overlapped = (OVERLAPPED *)(void *)token;
		token->packet.bytes = 0;
		token->packet.status = STATUS_SUCCESS;
		if (port_post_packet(pool->port, &token->packet) != STATUS_SUCCESS)
			return;
		pool->free_tokens = token->next;
		token->is_out = true;
		pool->n_tokens_out++;
	}
}

/* growth; lock */

static DWORD WINAPI worker_main(void *arg);

bool tp_thread_start(LPTHREAD_START_ROUTINE start, void *arg, SIZE_T stack_size)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
	struct thread *thread;
	sigset_t blocked, saved;
	DWORD error;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&blocked, faults[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &saved);
	error = thread_create(start, arg, stack_size, false, &thread);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	if (error)
		return false;
	object_unref(&thread->object);
	return true;
}

static bool pool_grow(PTP_POOL pool)
{
	if (!tp_pool_port(pool) ||
	    !tp_thread_start(worker_main, pool, pool->stack_reserve))
		return false;
	pool->n_workers++;
	pool->n_idle++;
	return true;
}

/* How many workers there should be more. */
static unsigned pool_wanted(const struct _TP_POOL *pool)
{
	unsigned needed = pool->n_pending;

	if (!needed && pool->n_io)
		needed = 1;
	return needed > pool->n_idle ? needed - pool->n_idle : 0;
}

static bool pool_can_grow(const struct _TP_POOL *pool)
{
	return !pool->is_dying && pool->n_workers < pool->max && pool_wanted(pool) > 0;
}

static void pool_balance(PTP_POOL pool)
{
	while (pool_can_grow(pool) && pool->n_workers - pool->n_long < tp.n_cpus)
		if (!pool_grow(pool))
			break;
	if (pool_can_grow(pool) && !pool->stall.index) {
		if (tp_clock_start()) {
			pool->n_taken_before = pool->n_taken;
			tp_alarm_set(&pool->stall, wait_now_ns() + STALL_NS);
		} else {
			pool_grow(pool);
		}
	}
}

/* The alarm: did anything move since the last look? */
static void pool_stalled(struct tp_alarm *alarm)
{
	PTP_POOL pool = object_container(alarm, struct _TP_POOL, stall);
	unsigned n = pool->n_workers ? pool->n_workers : 1;

	pool_post_tokens(pool);
	if (pool->n_taken == pool->n_taken_before)
		while (n-- > 0 && pool_can_grow(pool))
			if (!pool_grow(pool))
				break;
	pool->n_taken_before = pool->n_taken;
	if (pool_can_grow(pool))
		tp_alarm_set(&pool->stall, wait_now_ns() + STALL_NS);
}

/* the queues; lock */

static void pool_push(PTP_POOL pool, struct tp_object *o)
{
	object_link_push_back(&pool->ready[o->priority], &o->ready);
	pool->n_ready++;
	pool_post_tokens(pool);
}

void tp_begin(struct tp_object *o)
{
	tp_object_ref(o);
	o->n_running++;
	o->n_associated++;
}

/* The next callback, begun; NULL when everything was taken back. */
static struct tp_object *pool_pop(PTP_POOL pool, struct tp_call *callp)
{
	struct tp_object *o;
	int i = 0;

	while (i < N_PRIORITIES && object_link_is_empty(&pool->ready[i]))
		i++;
	if (i == N_PRIORITIES)
		return NULL;
	o = object_container(pool->ready[i].next, struct tp_object, ready);
	object_link_remove(&o->ready);
	pool->n_ready--;
	pool->n_pending--;
	tp_begin(o);
	if (o->ops->take)
		o->ops->take(o, callp);
	if (--o->n_pending)
		pool_push(pool, o);
	else
		tp_object_unref(o);
	return o;
}

void tp_submit(struct tp_object *o)
{
	PTP_POOL pool = o->pool;

	pool->n_pending++;
	if (o->n_pending++ == 0) {
		tp_object_ref(o);
		pool_push(pool, o);
	}
	pool_balance(pool);
}

void tp_cancel(struct tp_object *o)
{
	tp_object_ref(o);
	if (o->n_pending) {
		o->pool->n_pending -= o->n_pending;
		o->pool->n_ready--;
		o->n_pending = 0;
		object_link_remove(&o->ready);
		tp_object_unref(o);
	}
	if (o->ops->cancelled)
		o->ops->cancelled(o);
	tp_changed();
	tp_object_unref(o);
}

/* callbacks */

/* The callback has returned, or its thread ends in it. Lock. */
static void instance_finish(struct _TP_CALLBACK_INSTANCE *instance)
{
	struct tp_object *o = instance->object;

	if (instance->is_long)
		o->pool->n_long--;
	if (instance->is_associated)
		o->n_associated--;
	o->n_running--;
	if (o->ops->returned)
		o->ops->returned(o);
	tp_changed();
	tp_object_unref(o);
}

static void after_callback(const struct _TP_CALLBACK_INSTANCE *instance)
{
	if (instance->section)
		LeaveCriticalSection(instance->section);
	if (instance->mutex)
		ReleaseMutex(instance->mutex);
	if (instance->semaphore)
		ReleaseSemaphore(instance->semaphore, (LONG)instance->semaphore_count,
				 NULL);
	if (instance->event)
		SetEvent(instance->event);
	if (instance->library)
		FreeLibrary(instance->library);
}

/* ExitThread in a callback: the pool goes on without this thread. */
static void callback_vanished(void *arg)
{
	struct _TP_CALLBACK_INSTANCE *instance = arg;
	PTP_POOL pool = instance->worker ? instance->worker->pool : NULL;

	tp_lock();
	if (instance->epoch == tp.epoch) {
		if (pool) {
			pool->n_workers--;
			pool_balance(pool);
		}
		instance_finish(instance);
	}
	tp_unlock();
}

void tp_execute(struct tp_object *o, const struct tp_call *call)
{
	struct _TP_CALLBACK_INSTANCE instance = {
		.object = o,
		.worker = worker_self,
		.epoch = tp.epoch,
		.is_associated = true,
		.is_long = o->runs_long && worker_self,
		.thread_id = GetCurrentThreadId(),
	};

	if (instance.is_long)
		o->pool->n_long++;
	if (worker_self && o->keeps_thread)
		worker_self->is_persistent = true;
	tp_unlock();
	pthread_cleanup_push(callback_vanished, &instance);
	o->ops->run(o, &instance, call);
	if (o->finalize)
		o->finalize(&instance, o->context);
	pthread_cleanup_pop(0);
	after_callback(&instance);
	tp_lock();
	if (instance.epoch == tp.epoch)
		instance_finish(&instance);
}

/* workers */

/* Wait for a packet. Drops the lock. Return: 0, or why there is none. */
static DWORD worker_wait(const struct worker *w, OVERLAPPED_ENTRY *entry)
{
	HANDLE port = w->pool->port_handle;
	DWORD idle_ms = tp.idle_ms;
	ULONG got = 0;
	DWORD error = 0;

	tp_unlock();
	if (!GetQueuedCompletionStatusEx(port, entry, 1, &got, idle_ms, w->is_persistent))
		error = GetLastError();
	tp_lock();
	return error;
}

static void worker_serve(struct worker *w, const OVERLAPPED_ENTRY *entry)
{
	PTP_POOL pool = w->pool;
	struct tp_call call = {0};
	struct tp_object *o;

	pool->n_taken++;
	if (entry->lpCompletionKey) {
		o = tp_io_take(entry, &call);
	} else {
		pool_take_token_back(pool,
				     (struct tp_token *)(void *)entry->lpOverlapped);
		o = pool_pop(pool, &call);
	}
	if (!o)
		return;
	pool->n_idle--;
	pool_balance(pool);
	tp_execute(o, &call);
	if (w->epoch == tp.epoch)
		pool->n_idle++;
}

static bool worker_may_leave(const struct worker *w, DWORD error)
{
	const struct _TP_POOL *pool = w->pool;

	if (pool->is_dying)
		return true;
	if (pool->n_io && pool->n_idle == 1)
		return false;
	if (pool->n_workers > pool->max && pool->n_workers > 1)
		return true;
	return error == WAIT_TIMEOUT && pool->n_workers > pool->min &&
	       !w->is_persistent && !pool->n_tokens_out;
}

static DWORD WINAPI worker_main(void *arg)
{
	struct worker w = {.pool = arg};
	PTP_POOL pool = arg;

	worker_self = &w;
	tp_lock();
	w.epoch = tp.epoch;
	for (;;) {
		OVERLAPPED_ENTRY entry;
		DWORD error;

		if (pool->is_dying)
			break;
		error = worker_wait(&w, &entry);
		if (!error)
			worker_serve(&w, &entry);
		if (w.epoch != tp.epoch)
			goto out_unlock; /* forked in a callback: no pool knows this thread */
		if (error != WAIT_IO_COMPLETION && worker_may_leave(&w, error))
			break;
	}
	pool->n_workers--;
	pool->n_idle--;
	if (pool->is_dying && pool->n_workers == 0) {
		pool->next_retired = tp.retired_pools;
		tp.retired_pools = pool;
	} else {
		pool_balance(pool);
	}
out_unlock:
	tp_unlock();
	worker_self = NULL;
	return 0;
}

/* pools */

static void pool_unref(PTP_POOL pool)
{
	if (--pool->refs > 0)
		return;
	pool->is_dying = true;
	tp_alarm_clear(&pool->stall);
	tp_alarm_unreserve();
	object_link_remove(&pool->all);
	if (pool->n_workers) {
		pool_close_port(pool);
		return;
	}
	pool->next_retired = tp.retired_pools;
	tp.retired_pools = pool;
}

PTP_POOL WINAPI CreateThreadpool(PVOID reserved)
{
	PTP_POOL pool;

	if (reserved) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	pool->refs = 1;
	pool->max = MAX_THREADS_DEFAULT;
	tp_lock_first();
	if (!tp_alarm_reserve()) {
		tp_unlock();
		free(pool);
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	pool_init(pool);
	tp_unlock();
	return pool;
}

VOID WINAPI CloseThreadpool(PTP_POOL ptpp)
{
	tp_lock();
	pool_unref(ptpp);
	tp_unlock();
}

VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost)
{
	tp_lock();
	ptpp->max = cthrdMost ? cthrdMost : 1;
	if (ptpp->min > ptpp->max)
		ptpp->min = ptpp->max;
	pool_balance(ptpp);
	tp_unlock();
}

BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic)
{
	DWORD before;
	bool ok = true;

	tp_lock();
	before = ptpp->min;
	while (ok && ptpp->n_workers < cthrdMic)
		ok = pool_grow(ptpp);
	ptpp->min = ok ? cthrdMic : before;
	if (ptpp->max < ptpp->min)
		ptpp->max = ptpp->min;
	tp_unlock();
	return ok ? TRUE : thread_fail(ERROR_NO_SYSTEM_RESOURCES);
}

BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi)
{
	if (!ptpsi || ptpsi->StackCommit > ptpsi->StackReserve)
		return thread_fail(ERROR_INVALID_PARAMETER);
	tp_lock();
	ptpp->stack_reserve = ptpsi->StackReserve;
	ptpp->stack_commit = ptpsi->StackCommit;
	tp_unlock();
	return TRUE;
}

BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL ptpp,
					    PTP_POOL_STACK_INFORMATION ptpsi)
{
	if (!ptpsi)
		return thread_fail(ERROR_INVALID_PARAMETER);
	tp_lock();
	ptpsi->StackReserve = ptpp->stack_reserve;
	ptpsi->StackCommit = ptpp->stack_commit;
	tp_unlock();
	return TRUE;
}

void tp_default_pool_set_maximum(DWORD n)
{
	pthread_once(&tp_once, tp_set_up);
	if (n)
		SetThreadpoolThreadMaximum(&default_pool, n);
}

void tp_set_idle_time(DWORD milliseconds)
{
	tp_lock();
	tp.idle_ms = milliseconds;
	tp_unlock();
}

unsigned tp_pool_n_threads(PTP_POOL pool)
{
	unsigned n;

	tp_lock();
	n = pool ? pool->n_workers : default_pool.n_workers;
	tp_unlock();
	return n;
}

/* objects */

void tp_object_ref(struct tp_object *o)
{
	o->refs++;
}

void tp_object_unref(struct tp_object *o)
{
	if (--o->refs > 0)
		return;
	if (o->ops->retire)
		o->ops->retire(o);
	tp_group_leave(o);
	object_link_remove(&o->all);
	pool_drop_token(o->pool);
	pool_unref(o->pool);
	o->next_retired = tp.retired_objects;
	tp.retired_objects = o;
}

void tp_object_expects_io(struct tp_object *o, bool expects)
{
	if (expects)
		o->pool->n_io++;
	else
		o->pool->n_io--;
	pool_balance(o->pool);
}

/* The default pool is never closed, so its alarm is reserved with its first object. */
static bool default_pool_ready(void)
{
	static bool has_alarm;

	if (!has_alarm)
		has_alarm = tp_alarm_reserve();
	return has_alarm;
}

static unsigned priority_of(const TP_CALLBACK_ENVIRON *environment)
{
	if (!environment || environment->Version < 3 ||
	    (unsigned)environment->CallbackPriority >= N_PRIORITIES)
		return TP_CALLBACK_PRIORITY_NORMAL;
	return environment->CallbackPriority;
}

bool tp_object_init(struct tp_object *o, const struct tp_ops *ops, void *context,
		    const TP_CALLBACK_ENVIRON *environment)
{
	HMODULE library = environment ? (HMODULE)environment->RaceDll : NULL;
	bool ok;

	if (library && !module_hold(library))
		return thread_fail(ERROR_INVALID_PARAMETER);
	o->ops = ops;
	o->refs = 1;
	o->context = context;
	o->library = library;
	o->priority = priority_of(environment);
	object_link_init(&o->ready);
	object_link_init(&o->member);
	tp_lock_first();
	o->pool = environment && environment->Pool ? environment->Pool : &default_pool;
	ok = default_pool_ready() && pool_add_token(o->pool);
	if (ok) {
		o->pool->refs++;
		object_link_push_back(&tp.objects, &o->all);
		if (environment) {
			o->runs_long = environment->u.s.LongFunction;
			o->keeps_thread = environment->u.s.Persistent;
			o->finalize = environment->FinalizationCallback;
			o->on_group_cancel = environment->CleanupGroupCancelCallback;
			if (environment->CleanupGroup)
				tp_group_join(o, environment->CleanupGroup);
		}
	}
	tp_unlock();
	if (!ok && library)
		FreeLibrary(library);
	return ok ? true : thread_fail(ERROR_NOT_ENOUGH_MEMORY);
}

void tp_object_close_locked(struct tp_object *o)
{
	if (o->is_closed)
		return;
	o->is_closed = true;
	if (o->ops->disarm)
		o->ops->disarm(o);
	tp_object_unref(o);
}

void tp_object_close(struct tp_object *o)
{
	tp_lock();
	tp_object_close_locked(o);
	tp_unlock();
}

void tp_wait_callbacks(struct tp_object *o, bool cancel_pending)
{
	tp_lock();
	tp_object_ref(o);
	if (cancel_pending)
		tp_cancel(o);
	while (o->n_pending || o->n_associated || (o->ops->is_busy && o->ops->is_busy(o)))
		tp_wait_change();
	tp_object_unref(o);
	tp_unlock();
}

/* what a callback may say of itself */

static bool is_own(const struct _TP_CALLBACK_INSTANCE *instance)
{
	return instance->thread_id == GetCurrentThreadId();
}

VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt)
{
	if (is_own(pci))
		pci->event = evt;
}

VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem,
						DWORD crel)
{
	if (!is_own(pci))
		return;
	pci->semaphore = sem;
	pci->semaphore_count = crel;
}

VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut)
{
	if (is_own(pci))
		pci->mutex = mut;
}

VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci,
						    PCRITICAL_SECTION pcs)
{
	if (is_own(pci))
		pci->section = pcs;
}

VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod)
{
	if (is_own(pci))
		pci->library = mod;
}

/* TRUE when there is, or can be, a thread for the others. */
BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci)
{
	PTP_POOL pool = pci->object->pool;
	bool ok = false;

	if (!is_own(pci) || !pci->worker)
		return FALSE;
	tp_lock();
	if (!pci->is_long) {
		pci->is_long = true;
		pool->n_long++;
	}
	ok = pool->n_idle > 0 || (pool->n_workers < pool->max && pool_grow(pool));
	pool_balance(pool);
	tp_unlock();
	return ok;
}

VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci)
{
	if (!is_own(pci))
		return;
	tp_lock();
	if (pci->is_associated) {
		pci->is_associated = false;
		pci->object->n_associated--;
		tp_changed();
	}
	tp_unlock();
}
