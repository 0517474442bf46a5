/* SPDX-License-Identifier: MIT */
/* Queues of APCs.  The model is in apc.h. */
#include "kernel32-shim/apc.h"

#include <stdlib.h>

#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

struct apc_call {
	struct apc apc;
	apc_fn fn;
	ULONG_PTR a, b, c;
};

bool apc_post_locked(struct thread *t, struct apc *apc)
{
	if (t->ended)
		return false;
	if (!object_link_is_empty(&apc->link))
		return true;
	apc->target = t;
	object_link_push_back(&t->apcs, &apc->link);
	atomic_fetch_add_explicit(&t->n_apcs, 1, memory_order_relaxed);
	wait_alert(t);
	return true;
}

bool apc_post(struct thread *t, struct apc *apc)
{
	bool posted;

	dispatcher_lock();
	posted = apc_post_locked(t, apc);
	dispatcher_unlock();
	return posted;
}

bool apc_withdraw_locked(struct apc *apc)
{
	if (object_link_is_empty(&apc->link))
		return false;
	object_link_remove(&apc->link);
	atomic_fetch_sub_explicit(&apc->target->n_apcs, 1, memory_order_relaxed);
	return true;
}

bool apc_withdraw(struct apc *apc)
{
	bool withdrawn;

	dispatcher_lock();
	withdrawn = apc_withdraw_locked(apc);
	dispatcher_unlock();
	return withdrawn;
}

static struct apc *apc_pop(struct thread *t)
{
	struct apc *apc = NULL;

	dispatcher_lock();
	if (!object_link_is_empty(&t->apcs)) {
		apc = object_container(t->apcs.next, struct apc, link);
		apc_withdraw_locked(apc);
	}
	dispatcher_unlock();
	return apc;
}

bool apc_run_pending(struct thread *self)
{
	struct apc *apc;
	bool ran = false;

	while ((apc = apc_pop(self))) {
		apc->run(apc);
		ran = true;
	}
	return ran;
}

void apc_drop_pending(struct thread *t)
{
	struct apc *apc;

	while ((apc = apc_pop(t)))
		apc->drop(apc);
}

static void apc_call_run(struct apc *apc)
{
	struct apc_call call = *object_container(apc, struct apc_call, apc);

	free(object_container(apc, struct apc_call, apc));
	call.fn(call.a, call.b, call.c);
}

static void apc_call_drop(struct apc *apc)
{
	free(object_container(apc, struct apc_call, apc));
}

npfs_status apc_queue(struct thread *t, apc_fn fn, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
	struct apc_call *call = malloc(sizeof(*call));

	if (!call)
		return STATUS_NO_MEMORY;
	apc_init(&call->apc, apc_call_run, apc_call_drop);
	call->fn = fn;
	call->a = a;
	call->b = b;
	call->c = c;
	if (!apc_post(t, &call->apc)) {
		free(call);
		return STATUS_UNSUCCESSFUL;
	}
	return STATUS_SUCCESS;
}
