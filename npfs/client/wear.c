/* SPDX-License-Identifier: MIT */
/*
 * Putting identities on and off, on the thread itself (model: wear.h)
 */
#include "npfs/client/wear.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "npfs/client/identity.h"
#include "npfs/client/thread.h"

struct np_order {
	_Atomic uint32_t refs;
	struct npfs_identity *identity; /* counted; NULL: nothing */
	struct npfs_identity *lower;	/* counted; what it is for a thread that cannot be it */
	bool is_ours;			/* it is what the process is anyway */
	uint32_t *room;			/* owned: for the groups the thread has */
	uint32_t n_room;

	struct npfs_identity *old; /* counted: what came off */
	uint32_t *old_gids;	   /* owned */
	struct np_order *next;	   /* among those carried out */
};

/* Initial-exec: a handler must not be the first who touches it, which could allocate. */
static _Thread_local struct np_worn worn __attribute__((tls_model("initial-exec")));

static struct np_lock lock;

static _Atomic uint32_t n_changed;    /* threads with changed credentials */
static _Atomic int dumpable = -1;     /* as it was before the first of them */

/* In a busy section. */
void np_wear_lock(void)
{
	np_lock_take(&lock);
}

void np_wear_unlock(void)
{
	np_lock_give(&lock);
}

/* orders */

/* @identity with another level. */
static npfs_status lowered(struct npfs_identity *identity, struct npfs_identity **lowerp)
{
	struct npfs_identity_info info = identity->info;

	info.level = NPFS_LEVEL_IDENTIFICATION;
	return npfs_identity_new(&info, npfs_identity_privileges(identity),
				 npfs_identity_enabled(identity), lowerp);
}

/* np_order_new() - an order to wear @identity (NULL: nothing) with @room for groups */
npfs_status np_order_new(struct npfs_identity *identity, uint32_t room,
			 struct np_order **orderp)
{
	npfs_status status = STATUS_SUCCESS;
	struct np_order *order = calloc(1, sizeof(*order));

	if (!order)
		return STATUS_INSUFFICIENT_RESOURCES;
	atomic_init(&order->refs, 1);
	if (identity) {
		order->identity = npfs_identity_ref(identity);
		order->is_ours = np_identity_is_ours(&identity->info);
		order->n_room = room;
		order->room = reallocarray(NULL, (size_t)room + 1, sizeof(*order->room));
		if (identity->info.level > NPFS_LEVEL_IDENTIFICATION)
			status = lowered(identity, &order->lower);
		if (!order->room)
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	if (status == STATUS_SUCCESS)
		*orderp = order;
	else
		np_order_unref(order);
	return status;
}

struct np_order *np_order_ref(struct np_order *order)
{
	atomic_fetch_add_explicit(&order->refs, 1, memory_order_relaxed);
	return order;
}

/* Not in a handler. */
void np_order_unref(struct np_order *order)
{
	if (!order ||
	    atomic_fetch_sub_explicit(&order->refs, 1, memory_order_acq_rel) != 1)
		return;
	npfs_identity_unref(order->identity);
	npfs_identity_unref(order->lower);
	npfs_identity_unref(order->old);
	free(order->room);
	free(order->old_gids);
	free(order);
}

/* What a thread is to wear by it; borrowed. */
struct npfs_identity *np_order_identity(const struct np_order *order)
{
	return order->identity;
}

/* A list of those carried out. */
void np_orders_free(struct np_order *done)
{
	while (done) {
		struct np_order *next = done->next;

		np_order_unref(done);
		done = next;
	}
}

/* carrying out: system calls and pointers only */

/*
 * The kernel forbids to dump or trace a process in which a thread has changed its user. That
 * is right as long as there is one.
 */
static void dumpable_note(void)
{
	int expected = -1;

	atomic_compare_exchange_strong(&dumpable, &expected, prctl(PR_GET_DUMPABLE));
	atomic_fetch_add(&n_changed, 1);
}

static void dumpable_settle(void)
{
	if (atomic_fetch_sub(&n_changed, 1) == 1 && atomic_load(&dumpable) == 1)
		prctl(PR_SET_DUMPABLE, 1);
}

/*
 * Has the kernel make the calling thread what @order says; in a pause at its end. Return:
 * whether it is now.
 */
static bool kernel_assume(struct np_order *order)
{
	const struct npfs_identity_info *info = &order->identity->info;

	if (order->is_ours)
		return true;
	if (!np_credentials_save(&worn.before, order->room, order->n_room) ||
	    !np_credentials_may_become(&worn.before, info))
		return false;
	dumpable_note();
	if (worn.n_pauses == 0 && !np_credentials_become(&worn.before, info)) {
		dumpable_settle();
		return false;
	}
	order->room = NULL; /* it is worn.before.gids now */
	worn.has_changed = true;
	return true;
}

static void take_off(struct np_order *order)
{
	worn.can_act = false;
	if (!worn.has_changed)
		return;
	if (worn.n_pauses == 0)
		np_credentials_restore(&worn.before);
	worn.has_changed = false;
	order->old_gids = np_take_ptr(worn.before.gids);
	dumpable_settle();
}

/* In a busy section. Once for each order. */
static void carry_out(struct np_order *order, struct np_wearer *self)
{
	struct npfs_identity *identity = order->identity;

	take_off(order);
	if (identity && identity->info.level != NPFS_LEVEL_IDENTIFICATION)
		worn.can_act = kernel_assume(order);
	if (!worn.can_act && order->lower)
		identity = order->lower;
	np_wear_lock();
	order->old = worn.identity;
	worn.identity = identity ? npfs_identity_ref(identity) : NULL;
	self->worn = worn.identity;
	np_wear_unlock();
}

static struct np_order *order_next(struct np_wearer *self)
{
	struct np_order *order;

	if (!atomic_load(&self->order))
		return NULL;
	np_wear_lock();
	order = atomic_load(&self->order);
	if (order)
		np_order_ref(order);
	np_wear_unlock();
	return order;
}

/* It leaves the mailbox, where it is only now that it can be seen in what the thread wears. */
static void order_finish(struct np_wearer *self, struct np_order *order)
{
	np_wear_lock();
	if (atomic_load(&self->order) == order) {
		atomic_store(&self->order, NULL);
		atomic_fetch_sub(&order->refs, 1); /* not the last: the caller has one */
	}
	order->next = self->done;
	self->done = order;
	np_wear_unlock();
}

/*
 * np_wear_carry_out_all() - carry out what is in the mailbox; in a busy section
 *
 * Return: whether there was anything.
 */
bool np_wear_carry_out_all(struct np_wearer *self, bool is_handler)
{
	struct np_order *order, *done;
	bool any = false;

	while ((order = order_next(self))) {
		carry_out(order, self);
		order_finish(self, order);
		any = true;
	}
	if (any) {
		atomic_fetch_add(&self->news, 1);
		np_futex_wake(&self->news, INT32_MAX, false);
	}
	if (is_handler || !any)
		return any;
	np_wear_lock();
	done = np_take_ptr(self->done);
	np_wear_unlock();
	np_orders_free(done);
	return any;
}

/* sections */

/* np_wear_enter() - look at what the calling thread wears; handlers keep off until
 * np_wear_leave() */
struct np_worn *np_wear_enter(void)
{
	struct npfs_thread *self = np_thread_peek();

	if (atomic_fetch_add_explicit(&worn.n_sections, 1, memory_order_relaxed) == 0) {
		atomic_signal_fence(memory_order_seq_cst);
		if (self)
			np_wear_carry_out_all(&self->wearer, false);
	}
	return &worn;
}

void np_wear_leave(void)
{
	struct npfs_thread *self = np_thread_peek();

	if (self && atomic_load_explicit(&worn.n_sections, memory_order_relaxed) == 1)
		np_wear_carry_out_all(&self->wearer, false);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_fetch_sub_explicit(&worn.n_sections, 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	/* A handler that came between the two has left its order where it was. */
	np_wear_settle();
}

/* np_wear_settle() - carry out what the calling thread was told to wear, if it was */
void np_wear_settle(void)
{
	struct npfs_thread *self = np_thread_peek();

	if (!self || !atomic_load(&self->wearer.order) ||
	    atomic_load_explicit(&worn.n_sections, memory_order_relaxed) > 0)
		return;
	np_wear_enter();
	np_wear_leave();
}

/* np_wear_interrupt() - in a handler, on the thread whose wearer that is: an order has come */
void np_wear_interrupt(struct np_wearer *self)
{
	if (atomic_fetch_add_explicit(&worn.n_sections, 1, memory_order_relaxed) == 0)
		np_wear_carry_out_all(self, true);
	atomic_fetch_sub_explicit(&worn.n_sections, 1, memory_order_relaxed);
}

/* np_wear_is_paused() - is the calling thread the process for the moment? */
bool np_wear_is_paused(void)
{
	return worn.n_pauses > 0;
}

/* the public face */

/* The calling thread's own order. It is later than those in the mailbox. */
static void wear(struct np_wearer *self, struct np_order *order)
{
	np_wear_enter();
	carry_out(order, self);
	np_wear_leave();
	np_order_unref(order);
}

/* What takes off needs no memory: a thread is not to be kept from going back. */
void npfs_thread_revert(void)
{
	struct npfs_thread *self = np_thread_peek();
	struct np_order nothing = {.identity = NULL};

	if (!self)
		return;
	np_wear_enter();
	carry_out(&nothing, &self->wearer);
	np_wear_leave();
	npfs_identity_unref(nothing.old);
	free(nothing.old_gids);
}

npfs_status npfs_thread_impersonate(struct npfs_identity *identity)
{
	struct npfs_thread *self = np_thread_get();
	struct np_order *order = NULL;
	npfs_status status = STATUS_INSUFFICIENT_RESOURCES;
	uint32_t room;

	atomic_store(&np_identity_varies, true);
	npfs_identity_pause();
	room = np_credentials_n_gids();
	npfs_identity_resume();
	if (self)
		status = np_order_new(identity, room, &order);
	if (status != STATUS_SUCCESS) {
		npfs_thread_revert();
		return status;
	}
	wear(&self->wearer, order);
	return STATUS_SUCCESS;
}

struct npfs_identity *npfs_thread_identity(void)
{
	struct np_worn *w = np_wear_enter();
	struct npfs_identity *identity = w->identity ? npfs_identity_ref(w->identity) : NULL;

	np_wear_leave();
	return identity;
}

npfs_status npfs_thread_may_act(void)
{
	struct np_worn *w = np_wear_enter();
	bool may = !w->identity || w->can_act;

	np_wear_leave();
	return may ? STATUS_SUCCESS : STATUS_BAD_IMPERSONATION_LEVEL;
}

void npfs_identity_pause(void)
{
	struct np_worn *w = np_wear_enter();

	if (w->n_pauses++ == 0 && w->has_changed)
		np_credentials_restore(&w->before);
	np_wear_leave();
}

void npfs_identity_resume(void)
{
	struct np_worn *w = np_wear_enter();

	if (--w->n_pauses == 0 && w->has_changed &&
	    !np_credentials_become(&w->before, &w->identity->info))
		np_credentials_stuck("resume");
	np_wear_leave();
}

/* the life of a thread */

/* np_wearer_begin() - the calling thread can be told what to wear from now on */
void np_wearer_begin(struct np_wearer *wearer)
{
	np_wear_enter();
	np_wear_lock();
	wearer->tid = gettid();
	np_wear_unlock();
	np_wear_leave();
}

/* np_wearer_wears() - does the thread, the calling one, wear anything? */
bool np_wearer_wears(const struct np_wearer *wearer)
{
	return worn.identity || atomic_load(&wearer->order);
}

/* np_wearer_end() - the calling thread, whose wearer that is, ends */
void np_wearer_end(struct np_wearer *wearer)
{
	struct np_order nothing = {.identity = NULL};
	struct np_order *order, *done;

	np_wear_enter();
	np_wear_lock();
	wearer->tid = 0;
	order = atomic_exchange(&wearer->order, NULL);
	done = np_take_ptr(wearer->done);
	np_wear_unlock();
	carry_out(&nothing, wearer);
	atomic_fetch_add(&wearer->news, 1);
	np_futex_wake(&wearer->news, INT32_MAX, false);
	np_wear_leave();
	npfs_identity_unref(nothing.old);
	free(nothing.old_gids);
	np_order_unref(order);
	np_orders_free(done);
}

/* np_wear_fork_child() - in the child of a fork: only the thread that forked is here */
void np_wear_fork_child(struct np_wearer *self)
{
	atomic_store(&lock.word, 0);
	if (self)
		self->tid = gettid();
	atomic_store(&n_changed, worn.has_changed);
	np_wear_settle();
}
