/* SPDX-License-Identifier: MIT */
/*
 * Shared objects in a holder's process (contract: npfs/object.h, format: proto/object.h)
 *
 * All state is in the word of the mapping; the steps are those of core/object_word.h, each
 * one compare-and-swap. What is kept beside it never changes after the object was made,
 * except the number of opens, which is atomic, and the on_change function, which has a
 * lock of its own that is held while it runs.
 *
 * The eventfd is watched by the engine from the first time on_change is set with somebody
 * to call. It is never read: each addition is an edge for every process that watches.
 *
 * Several objects are taken together in three steps. Those that can run out are claimed in
 * the order of their ids; those that are only looked at (latches) are looked at twice, and
 * must not have changed between: at the moment of the second look everything was there.
 * Then the claims are made takes. A failure lets the claims go and rings for each.
 */
#include "npfs/client/object.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <npfs/object.h>

#include "npfs/base/clock.h"
#include "npfs/base/fd.h"
#include "npfs/base/list.h"
#include "npfs/client/conn.h"
#include "npfs/client/engine.h"
#include "npfs/client/identity.h"
#include "npfs/client/process.h"
#include "npfs/core/object.h"
#include "npfs/nt/pipe.h"

static_assert((uint32_t)NPFS_OBJECT_EVENT == NP_OBJECT_EVENT, "one numbering");
static_assert((uint32_t)NPFS_OBJECT_MUTEX == NP_OBJECT_MUTEX, "one numbering");
static_assert((uint32_t)NPFS_OBJECT_SEMAPHORE == NP_OBJECT_SEMAPHORE, "one numbering");
static_assert((uint32_t)NPFS_OBJECT_TIMER == NP_OBJECT_TIMER, "one numbering");
static_assert(NPFS_OBJECT_MANUAL == NP_OBJECT_MANUAL, "one numbering");
static_assert((int)NPFS_TAKE_POLL == NP_WORD_POLLER, "one numbering");
static_assert((int)NPFS_TAKE_BEGIN == NP_WORD_NEWCOMER, "one numbering");
static_assert((int)NPFS_TAKE_WAITING == NP_WORD_WAITER, "one numbering");

/* Looks again after another process's claim; a claim lasts some instructions. */
#define CLAIM_TRIES 200
/* Objects in one take at most: those of one wait. */
#define TAKE_MAX 64u
/* A setter that was killed in the middle of arming a timer is not waited for longer. */
#define SETTER_TRIES 1000

struct npfs_object {
	struct np_watch watch;
	_Atomic uint32_t refs;	/* the caller's, and the engine's while it calls */
	struct np_list link;	/* in objects.all */
	uint64_t epoch;		/* the round of claims that it was part of */
	struct np_object_page *page; /* owned mapping; NULL in the child of a fork */
	int mem_fd;		/* owned: of the page, for the next broker */
	int event_fd;		/* owned */
	struct npfs_object_info info;
	enum np_word_shape shape;
	uint32_t holder; /* this process's number in the word */
	uint64_t cookie[2];
	bool is_named;
	_Atomic uint32_t n_opens; /* the broker counts for us */
	pthread_mutex_t call_lock; /* of the next two, held while fn runs */
	void (*fn)(void *arg);
	void *arg;
	bool is_watched; /* call_lock */
};

/* Every object of the process, for the child of a fork to find. */
static struct {
	pthread_mutex_t lock;
	struct np_list all;
} objects = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = NP_LIST_INIT(objects.all),
};

/* life */

static void object_unref(struct npfs_object *object)
{
	if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (object->page)
		munmap(object->page, NP_OBJECT_PAGE_SIZE);
	np_fd_close(object->mem_fd);
	np_fd_close(object->event_fd);
	pthread_mutex_destroy(&object->call_lock);
	free(object);
}

static struct npfs_object *object_from_watch(struct np_watch *watch)
{
	return np_container_of(watch, struct npfs_object, watch);
}

static void watch_ref(struct np_watch *watch)
{
	atomic_fetch_add_explicit(&object_from_watch(watch)->refs, 1,
				  memory_order_relaxed);
}

static void watch_unref(struct np_watch *watch)
{
	object_unref(object_from_watch(watch));
}

static void watch_on_event(struct np_watch *watch)
{
	struct npfs_object *object = object_from_watch(watch);

	pthread_mutex_lock(&object->call_lock);
	if (object->fn)
		object->fn(object->arg);
	pthread_mutex_unlock(&object->call_lock);
}

/* np_object_fork_child() has seen to it. */
static void watch_fork_child(struct np_watch *watch)
{
	(void)watch;
}

static const struct np_watch_ops watch_ops = {
	.ref = watch_ref,
	.unref = watch_unref,
	.on_event = watch_on_event,
	.fork_child = watch_fork_child,
};

void np_object_fork_prepare(void)
{
	pthread_mutex_lock(&objects.lock);
}

void np_object_fork_parent(void)
{
	pthread_mutex_unlock(&objects.lock);
}

void np_object_fork_child(void)
{
	struct np_list *pos;

	np_list_for_each(pos, &objects.all) {
		struct npfs_object *object = np_list_entry(pos, struct npfs_object, link);

		object->page = NULL; /* the mapping did not come along */
		object->mem_fd = np_fd_close(object->mem_fd);
		object->event_fd = np_fd_close(object->event_fd);
		object->fn = NULL;
		pthread_mutex_init(&object->call_lock, NULL);
	}
	pthread_mutex_unlock(&objects.lock); /* taken before the fork, by this thread */
}

static void object_unlist(struct npfs_object *object)
{
	pthread_mutex_lock(&objects.lock);
	np_list_remove(&object->link);
	pthread_mutex_unlock(&objects.lock);
}

/* claiming */

bool np_object_any(void)
{
	struct np_list *node;
	bool any = false;

	pthread_mutex_lock(&objects.lock);
	np_list_for_each (node, &objects.all) {
		any = np_list_entry(node, struct npfs_object, link)->page != NULL;
		if (any)
			break;
	}
	pthread_mutex_unlock(&objects.lock);
	return any;
}

/*
 * Under the lock. Who was part of the round is at the end of the list. Those of a process
 * that forked this one are nothing to claim.
 */
static struct npfs_object *next_of_round(uint64_t epoch)
{
	struct np_list *node;

	while ((node = np_list_first(&objects.all)) != NULL) {
		struct npfs_object *object = np_list_entry(node, struct npfs_object, link);

		if (object->epoch == epoch)
			return NULL;
		object->epoch = epoch;
		np_list_remove(&object->link);
		np_list_push_back(&objects.all, &object->link);
		if (object->page)
			return object;
	}
	return NULL;
}

bool np_object_next_claim(uint64_t epoch, struct np_object_claim *claimp)
{
	struct npfs_object *object;

	pthread_mutex_lock(&objects.lock);
	object = next_of_round(epoch);
	if (object) {
		atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
		*claimp = (struct np_object_claim){
			.object = object,
			.id = object->info.id,
			.cookie = {object->cookie[0], object->cookie[1]},
			.holder = object->holder,
			.n_opens = atomic_load(&object->n_opens),
			.fds = {object->mem_fd, object->event_fd},
		};
	}
	pthread_mutex_unlock(&objects.lock);
	return object != NULL;
}

void np_object_end_claim(struct np_object_claim *claim)
{
	object_unref(claim->object);
}

static npfs_status page_map(int fd, struct np_object_page **pagep)
{
	struct np_object_page *page;
	size_t size;

	if (np_memfd_check(fd, &size) < 0 || size != NP_OBJECT_PAGE_SIZE)
		return STATUS_PIPE_BROKEN;
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (page->magic != NP_OBJECT_MAGIC || page->version != NP_OBJECT_VERSION ||
	    madvise(page, size, MADV_DONTFORK) < 0) {
		munmap(page, size);
		return STATUS_PIPE_BROKEN;
	}
	*pagep = page;
	return STATUS_SUCCESS;
}

/* Opens that are closed; with fixed.stays the process remains a holder. */
struct closing {
	struct npfs_object *object; /* borrowed; NULL: none was made of it */
	struct np_req_object_close fixed;
};

/*
 * In the same step in which the broker is told. A connection that ends later than this is
 * followed by one over which nothing is claimed that was closed here.
 */
static void closing_begins(void *arg)
{
	struct closing *closing = arg;
	struct npfs_object *object = closing->object;

	if (!object)
		return;
	closing->fixed.n_opens = atomic_exchange(&object->n_opens, 0);
	if (!closing->fixed.stays)
		object_unlist(object);
}

/* Tells the broker. A broker that is gone hears what is left. */
static void tell_closed(struct closing *closing, bool waits)
{
	const struct np_conn_request request = {
		.op = NP_OP_OBJECT_CLOSE,
		.flags = waits ? 0 : NP_REQ_NO_REPLY,
		.fixed = &closing->fixed,
		.begins = closing_begins,
		.arg = closing,
	};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;

	if (np_conn_call(&request, &reply) == STATUS_SUCCESS)
		np_conn_reply_fini(&reply);
}

static bool reply_is_sound(const struct np_rep_object_create *rep)
{
	return np_object_check_params(rep->type, rep->flags, 0, rep->limit) ==
		       STATUS_SUCCESS &&
	       rep->holder >= 1 && rep->holder <= NP_OBJECT_HOLDERS;
}

/* The object of a reply, listed. */
static npfs_status object_new(struct np_conn_reply *reply, bool is_named,
			      struct npfs_object **objectp)
{
	const struct np_rep_object_create *rep = &reply->rep.object_create;
	struct npfs_object *object;
	npfs_status status;

	if (!reply_is_sound(rep))
		return STATUS_PIPE_BROKEN;
	object = calloc(1, sizeof(*object));
	if (!object)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = page_map(reply->fds[0], &object->page);
	if (status != STATUS_SUCCESS) {
		free(object);
		return status;
	}
	object->watch.ops = &watch_ops;
	object->mem_fd = np_take_fd(reply->fds[0]);
	object->event_fd = object->watch.fd = np_take_fd(reply->fds[1]);
	object->info = (struct npfs_object_info){
		.id = rep->id,
		.type = rep->type,
		.flags = rep->flags,
		.limit = rep->limit,
		.granted_access = rep->granted_access,
		.existed = rep->information != FILE_CREATED,
	};
	object->shape = np_object_shape(rep->type, rep->flags);
	object->holder = rep->holder;
	memcpy(object->cookie, rep->cookie, sizeof(object->cookie));
	object->is_named = is_named;
	atomic_init(&object->refs, 1);
	atomic_init(&object->n_opens, 1);
	pthread_mutex_init(&object->call_lock, NULL);
	pthread_mutex_lock(&objects.lock);
	np_list_push_back(&objects.all, &object->link);
	pthread_mutex_unlock(&objects.lock);
	*objectp = object;
	return STATUS_SUCCESS;
}

struct landing {
	struct npfs_object *object;
	npfs_status status;
	bool is_named;
};

static void object_landed(void *arg, struct np_conn_reply *reply)
{
	struct landing *landing = arg;

	landing->status = object_new(reply, landing->is_named, &landing->object);
}

static npfs_status request_once(struct np_conn_request *request, bool is_named,
				struct npfs_object **objectp)
{
	struct landing landing = {.status = STATUS_UNSUCCESSFUL, .is_named = is_named};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status;

	np_process_init();
	request->landed = object_landed;
	request->arg = &landing;
	status = np_conn_call(request, &reply);
	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status == STATUS_SUCCESS) {
		status = landing.status;
		*objectp = landing.object;
		if (status != STATUS_SUCCESS)
			tell_closed(&(struct closing){
					    .fixed = {.id = reply.rep.object_create.id,
						      .n_opens = 1}},
				    false);
	}
	np_conn_reply_fini(&reply);
	return status;
}

/* As whom the calling thread is; @as lies in the request. */
static npfs_status request_as(struct np_conn_request *request, struct np_as *as,
			      bool is_named, struct npfs_object **objectp)
{
	npfs_status status;

	do {
		status = np_identity_as(as);
		if (status == STATUS_SUCCESS)
			status = request_once(request, is_named, objectp);
	} while (np_identity_is_stale(status, as));
	return status;
}

npfs_status npfs_object_create(const uint16_t *name, size_t name_len,
			       const struct npfs_object_params *params,
			       struct npfs_object **objectp)
{
	struct np_req_object_create fixed = {
		.type = params->type,
		.flags = params->flags,
		.initial = params->initial,
		.limit = params->limit,
		.access = params->access,
	};
	struct np_conn_request request = {
		.op = NP_OP_OBJECT_CREATE,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
		.extra = params->descriptor,
		.extra_len = params->descriptor ? params->descriptor_len : 0,
	};

	if (params->size != sizeof(*params))
		return STATUS_INVALID_PARAMETER;
	return request_as(&request, &fixed.as, name_len > 0, objectp);
}

npfs_status npfs_object_open(const uint16_t *name, size_t name_len,
			     enum npfs_object_type type, uint32_t access,
			     struct npfs_object **objectp)
{
	struct np_req_object_open fixed = {.type = type, .access = access};
	struct np_conn_request request = {
		.op = NP_OP_OBJECT_OPEN,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};

	return request_as(&request, &fixed.as, true, objectp);
}

void npfs_object_get_info(const struct npfs_object *object,
			  struct npfs_object_info *infop)
{
	*infop = object->info;
}

/* Nobody calls back any more. */
static void object_hush(struct npfs_object *object)
{
	bool is_watched;

	pthread_mutex_lock(&object->call_lock);
	object->fn = NULL;
	is_watched = object->is_watched;
	object->is_watched = false;
	pthread_mutex_unlock(&object->call_lock);
	if (is_watched)
		np_engine_remove(&object->watch);
}

void npfs_object_absorb(struct npfs_object *object, struct npfs_object *same)
{
	atomic_fetch_add(&object->n_opens, atomic_load(&same->n_opens));
	if (same->is_named)
		object->is_named = true;
	object_hush(same);
	object_unlist(same);
	object_unref(same);
}

void npfs_object_unname(struct npfs_object *object)
{
	struct closing closing = {
		.object = object,
		.fixed = {.id = object->info.id, .stays = 1},
	};

	if (object->page && atomic_load(&object->n_opens) > 0)
		tell_closed(&closing, object->is_named);
}

void npfs_object_close(struct npfs_object *object)
{
	struct closing closing = {.object = object};

	if (!object)
		return;
	object_hush(object);
	closing.fixed.id = object->info.id;
	if (object->page)
		tell_closed(&closing,
			    atomic_load(&object->n_opens) > 0 && object->is_named);
	else
		object_unlist(object);
	object_unref(object);
}

npfs_status npfs_object_on_change(struct npfs_object *object, void (*fn)(void *arg),
				  void *arg)
{
	npfs_status status = STATUS_SUCCESS;

	if (!object->page)
		return STATUS_INVALID_HANDLE;
	pthread_mutex_lock(&object->call_lock);
	object->fn = fn;
	object->arg = arg;
	if (fn && !object->is_watched) {
		if (np_engine_add(&object->watch) < 0)
			status = STATUS_INSUFFICIENT_RESOURCES;
		else
			object->is_watched = true;
	}
	pthread_mutex_unlock(&object->call_lock);
	return status;
}

/* the bell */

void npfs_object_ring(struct npfs_object *object)
{
	const uint64_t one = 1;

	if (!object->page)
		return;
	/* Partner: npfs_object_arm(). */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&object->page->armed, memory_order_relaxed) &&
	    atomic_exchange(&object->page->armed, 0)) {
		ssize_t n = write(object->event_fd, &one, sizeof(one));

		/* It is full only when somebody fills it, and then it is readable. */
		(void)n;
	}
}

void npfs_object_arm(struct npfs_object *object)
{
	if (!object->page)
		return;
	atomic_store(&object->page->armed, 1);
	/* Partner: npfs_object_ring(). */
	atomic_thread_fence(memory_order_seq_cst);
}

/* the word */

static uint64_t word_load(const struct npfs_object *object)
{
	return atomic_load_explicit(&object->page->word, memory_order_acquire);
}

/* Puts @next in the place of *@wordp, which is loaded anew when somebody was faster. */
static bool word_swap(struct npfs_object *object, uint64_t *wordp, uint64_t next)
{
	return atomic_compare_exchange_weak_explicit(&object->page->word, wordp, next,
						     memory_order_acq_rel,
						     memory_order_acquire);
}

/* Is it only a claim, which ends soon, that keeps it from being there? */
static bool is_claimed(const struct npfs_object *object, uint64_t word)
{
	return object->shape != NP_WORD_LATCH && np_word_claimer(word) != 0;
}

static npfs_status word_give(struct npfs_object *object, uint32_t limit, uint32_t n,
			     uint32_t *previousp)
{
	uint64_t word = word_load(object), next;

	do {
		if (!np_word_give(object->shape, word, limit, n, &next, previousp))
			return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
	} while (!word_swap(object, &word, next));
	return STATUS_SUCCESS;
}

npfs_status npfs_object_set(struct npfs_object *object)
{
	uint32_t previous;

	if (!object->page || object->shape == NP_WORD_MUTEX)
		return STATUS_INVALID_HANDLE;
	/* More than signaled it cannot be. */
	word_give(object, 1, 1, &previous);
	return STATUS_SUCCESS;
}

npfs_status npfs_object_reset(struct npfs_object *object)
{
	uint64_t word;

	if (!object->page || object->shape == NP_WORD_MUTEX)
		return STATUS_INVALID_HANDLE;
	word = word_load(object);
	while (!word_swap(object, &word, np_word_reset(object->shape, word)))
		;
	return STATUS_SUCCESS;
}

npfs_status npfs_object_pulse(struct npfs_object *object)
{
	uint64_t word;

	if (!object->page || object->shape == NP_WORD_MUTEX)
		return STATUS_INVALID_HANDLE;
	word = word_load(object);
	while (!word_swap(object, &word, np_word_pulse(object->shape, word)))
		;
	return STATUS_SUCCESS;
}

npfs_status npfs_object_release_semaphore(struct npfs_object *object, uint32_t n,
					  uint32_t *previousp)
{
	uint32_t previous;
	npfs_status status;

	if (!object->page || object->info.type != NPFS_OBJECT_SEMAPHORE)
		return STATUS_INVALID_HANDLE;
	status = word_give(object, object->info.limit, n, &previous);
	if (status == STATUS_SUCCESS && previousp)
		*previousp = previous;
	return status;
}

npfs_status npfs_object_release_mutex(struct npfs_object *object, bool abandoned)
{
	uint64_t word, next;

	if (!object->page || object->shape != NP_WORD_MUTEX)
		return STATUS_INVALID_HANDLE;
	word = word_load(object);
	do {
		if (!np_word_release(word, object->holder, abandoned, &next))
			return STATUS_MUTANT_NOT_OWNED;
	} while (!word_swap(object, &word, next));
	return STATUS_SUCCESS;
}

/* timers */

/* A timer whose time has come is signaled by whoever looks first. */
static void timer_advance(struct npfs_object *object)
{
	struct np_object_page *page = object->page;
	int64_t due = atomic_load_explicit(&page->due_ns, memory_order_acquire);
	int64_t period, next = 0, now;
	uint32_t previous;

	if (object->info.type != NPFS_OBJECT_TIMER || due <= 0)
		return;
	now = np_clock_now_ns();
	if (now < due)
		return;
	period = atomic_load_explicit(&page->period_ns, memory_order_acquire);
	if (period > 0 && period < INT64_MAX - now)
		next = due + ((now - due) / period + 1) * period;
	if (atomic_compare_exchange_strong(&page->due_ns, &due, next))
		word_give(object, 1, 1, &previous);
}

npfs_status npfs_object_set_timer(struct npfs_object *object, int64_t due_ns,
				  int64_t period_ns)
{
	struct np_object_page *page = object->page;
	uint32_t seq;

	if (!page || object->info.type != NPFS_OBJECT_TIMER)
		return STATUS_INVALID_HANDLE;
	seq = atomic_load(&page->timer_seq);
	for (int i = 0; i < SETTER_TRIES; i++) {
		if (seq & 1u)
			sched_yield();
		else if (atomic_compare_exchange_weak(&page->timer_seq, &seq, seq + 1))
			break;
		seq = atomic_load(&page->timer_seq);
	}
	atomic_store(&page->due_ns, 0);
	atomic_store(&page->period_ns, period_ns);
	if (due_ns > 0)
		npfs_object_reset(object);
	atomic_store(&page->due_ns, due_ns);
	atomic_store(&page->timer_seq, (seq | 1u) + 1);
	return STATUS_SUCCESS;
}

int64_t npfs_object_due(struct npfs_object *object, uint32_t *changesp)
{
	if (!object->page)
		return 0;
	if (changesp)
		*changesp = atomic_load(&object->page->timer_seq) / 2;
	return atomic_load(&object->page->due_ns);
}

/* taking one */

bool npfs_object_is_ready(const struct npfs_object_want *want)
{
	if (!want->object->page)
		return false;
	timer_advance(want->object);
	return np_word_can_take(want->object->shape, word_load(want->object),
				(enum np_word_taker)want->taker, want->since);
}

/* The holder's own record of its waiters, which the broker reads when it dies. */
static void waiting_less(struct npfs_object *object)
{
	atomic_fetch_sub(&object->page->waiting[object->holder - 1], 1);
}

static npfs_status take_one(const struct npfs_object_want *want)
{
	struct npfs_object *object = want->object;
	bool abandoned = false;
	uint64_t word, next;
	int tries = 0;

	if (!object->page)
		return STATUS_INVALID_HANDLE;
	timer_advance(object);
	word = word_load(object);
	do {
		while (!np_word_take(object->shape, word, (enum np_word_taker)want->taker,
				     want->since, object->holder, &next, &abandoned)) {
			if (!is_claimed(object, word) || tries++ == CLAIM_TRIES)
				return STATUS_TIMEOUT;
			sched_yield();
			word = word_load(object);
		}
	} while (!word_swap(object, &word, next));
	if (want->taker != NPFS_TAKE_POLL && object->shape != NP_WORD_LATCH)
		waiting_less(object);
	return abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

/* taking several */

static int compare_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct npfs_object_want *const *)a)->object->info.id;
	uint64_t y = (*(const struct npfs_object_want *const *)b)->object->info.id;

	return (x > y) - (x < y);
}

/* Claims @object, or finds that it is not there. */
static bool claim(struct npfs_object *object)
{
	uint64_t word, next;
	int tries = 0;

	timer_advance(object);
	word = word_load(object);
	do {
		while (!np_word_claim(object->shape, word, object->holder, &next)) {
			if (!is_claimed(object, word) || tries++ == CLAIM_TRIES)
				return false;
			sched_yield();
			word = word_load(object);
		}
	} while (!word_swap(object, &word, next));
	return true;
}

static void let_go(struct npfs_object *object)
{
	uint64_t word = word_load(object), next;

	do {
		if (!np_word_let_go(object->shape, word, object->holder, &next))
			return;
	} while (!word_swap(object, &word, next));
	npfs_object_ring(object);
}

static bool commit(struct npfs_object *object)
{
	uint64_t word = word_load(object), next;
	bool abandoned;

	do {
		if (!np_word_commit(object->shape, word, object->holder, &next,
				    &abandoned))
			return false;
	} while (!word_swap(object, &word, next));
	return abandoned;
}

/* Latches are all signaled at one moment: the second look finds the words of the first. */
static bool latches_are_ready(const struct npfs_object_want *const *wants, unsigned n)
{
	uint64_t seen[TAKE_MAX];

	for (unsigned i = 0; i < n; i++) {
		struct npfs_object *object = wants[i]->object;

		if (object->shape != NP_WORD_LATCH)
			continue;
		timer_advance(object);
		seen[i] = word_load(object);
		if (!np_word_can_take(object->shape, seen[i],
				      (enum np_word_taker)wants[i]->taker,
				      wants[i]->since))
			return false;
	}
	for (unsigned i = 0; i < n; i++)
		if (wants[i]->object->shape == NP_WORD_LATCH &&
		    word_load(wants[i]->object) != seen[i])
			return false;
	return true;
}

static npfs_status take_all(const struct npfs_object_want *wants, unsigned n)
{
	const struct npfs_object_want *sorted[TAKE_MAX];
	bool abandoned = false, failed = false;
	unsigned i, n_claimed;

	if (n > TAKE_MAX)
		return STATUS_INVALID_PARAMETER;
	for (i = 0; i < n; i++) {
		if (!wants[i].object->page)
			return STATUS_INVALID_HANDLE;
		if (!npfs_object_is_ready(&wants[i]) &&
		    !is_claimed(wants[i].object, word_load(wants[i].object)))
			return STATUS_TIMEOUT;
		sorted[i] = &wants[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_id);
	for (n_claimed = 0; n_claimed < n && !failed; n_claimed++)
		if (sorted[n_claimed]->object->shape != NP_WORD_LATCH &&
		    !claim(sorted[n_claimed]->object))
			break;
	failed = n_claimed < n || !latches_are_ready(sorted, n);
	for (i = 0; i < n_claimed; i++) {
		if (sorted[i]->object->shape == NP_WORD_LATCH)
			continue;
		if (failed)
			let_go(sorted[i]->object);
		else
			abandoned |= commit(sorted[i]->object);
	}
	if (failed)
		return STATUS_TIMEOUT;
	return abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

npfs_status npfs_object_take(const struct npfs_object_want *wants, unsigned n)
{
	return n == 1 ? take_one(wants) : take_all(wants, n);
}

/* waiting */

enum npfs_wait_begun npfs_object_wait_begin(struct npfs_object *object, bool alone,
					    uint32_t *sincep)
{
	_Atomic uint32_t *waiting;
	uint64_t word, next;

	*sincep = 0;
	if (!object->page)
		return NPFS_WAIT_UNCOUNTED;
	npfs_object_arm(object);
	word = word_load(object);
	*sincep = np_word_aux(word);
	if (!alone || object->shape == NP_WORD_LATCH)
		return NPFS_WAIT_UNCOUNTED;
	/* In this order: who dies between leaves a count too low, which mends itself. */
	waiting = &object->page->waiting[object->holder - 1];
	atomic_fetch_add(waiting, 1);
	do {
		bool is_there = np_word_can_take(object->shape, word, NP_WORD_POLLER, 0);

		if (is_there || !np_word_join(object->shape, word, &next)) {
			atomic_fetch_sub(waiting, 1);
			return is_there ? NPFS_WAIT_NEEDLESS : NPFS_WAIT_UNCOUNTED;
		}
	} while (!word_swap(object, &word, next));
	return NPFS_WAIT_COUNTED;
}

void npfs_object_wait_end(struct npfs_object *object)
{
	uint64_t word, next;

	if (!object->page)
		return;
	word = word_load(object);
	do {
		next = np_word_leave(object->shape, word, object->info.limit, 1);
	} while (!word_swap(object, &word, next));
	waiting_less(object);
	/* What was kept for this thread is for the others. */
	if (np_word_can_take(object->shape, next, NP_WORD_WAITER, 0))
		npfs_object_ring(object);
}

uint32_t npfs_object_generation(struct npfs_object *object)
{
	return object->page ? np_word_aux(word_load(object)) : 0;
}

/* parcels */

#define PARCEL_MAGIC   0x6c637062u /* "bpcl" */
#define PARCEL_VERSION 2u

struct parcel_body {
	uint32_t magic;
	uint32_t version;
	struct np_loan loan;
};

npfs_status npfs_object_export(struct npfs_object *object, uint32_t access,
			       struct npfs_parcel *parcelp)
{
	const struct np_req_object_lend fixed = {.id = object->info.id, .access = access};
	const struct np_conn_request request = {.op = NP_OP_OBJECT_LEND, .fixed = &fixed};
	struct parcel_body body = {.magic = PARCEL_MAGIC, .version = PARCEL_VERSION};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	struct npfs_parcel parcel;
	npfs_status status;

	if (!object->page)
		return STATUS_INVALID_HANDLE;
	npfs_parcel_init(&parcel);
	parcel.kind = NPFS_PARCEL_OBJECT;
	status = np_conn_call(&request, &reply);
	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status == STATUS_SUCCESS) {
		body.loan = reply.rep.object_lend.loan;
		status = npfs_parcel_set_body(&parcel, &body, sizeof(body));
	}
	if (status == STATUS_SUCCESS)
		status = npfs_parcel_add_fd(&parcel, reply.fds[0]);
	np_conn_reply_fini(&reply);
	if (status == STATUS_SUCCESS)
		*parcelp = parcel;
	else
		npfs_parcel_free(&parcel);
	return status;
}

npfs_status npfs_object_import(const struct npfs_parcel *parcel,
			       struct npfs_object **objectp)
{
	struct np_req_object_join fixed;
	struct np_conn_request request = {.op = NP_OP_OBJECT_JOIN, .fixed = &fixed};
	struct parcel_body body;

	if (parcel->kind != NPFS_PARCEL_OBJECT || parcel->len != sizeof(body))
		return STATUS_INVALID_PARAMETER;
	memcpy(&body, parcel->body, sizeof(body));
	if (body.magic != PARCEL_MAGIC || body.version != PARCEL_VERSION)
		return STATUS_INVALID_PARAMETER;
	fixed.loan = body.loan;
	return request_once(&request, true, objectp);
}
