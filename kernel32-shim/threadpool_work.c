/* SPDX-License-Identifier: MIT */
/*
 * Work of the thread pool: callbacks the program submits itself, as often as it likes, or
 * once without an object it would have to keep.
 */
#include <stdlib.h>

#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"

struct _TP_WORK {
	struct tp_object base; /* first */
	PTP_WORK_CALLBACK callback;
};

static struct _TP_WORK *work_from_base(struct tp_object *o)
{
	return (struct _TP_WORK *)(void *)o;
}

static void work_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		     const struct tp_call *call)
{
	struct _TP_WORK *work = work_from_base(o);

	(void)call;
	work->callback(instance, o->context, work);
}

static void work_destroy(struct tp_object *o)
{
	free(work_from_base(o));
}

static const struct tp_ops work_ops = {
	.run = work_run,
	.destroy = work_destroy,
};

PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv,
				     PTP_CALLBACK_ENVIRON pcbe)
{
	struct _TP_WORK *work;

	if (!pfnwk) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	work = calloc(1, sizeof(*work));
	if (!work) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	work->callback = pfnwk;
	if (tp_object_init(&work->base, &work_ops, pv, pcbe))
		return work;
	free(work);
	return NULL;
}

VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk)
{
	tp_lock();
	tp_submit(&pwk->base);
	tp_unlock();
}

VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks)
{
	tp_wait_callbacks(&pwk->base, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk)
{
	tp_object_close(&pwk->base);
}

/* one callback without an object the program sees */

struct simple {
	struct tp_object base; /* first */
	PTP_SIMPLE_CALLBACK callback;
};

static void simple_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		       const struct tp_call *call)
{
	(void)call;
	((struct simple *)(void *)o)->callback(instance, o->context);
}

static void simple_destroy(struct tp_object *o)
{
	free((struct simple *)(void *)o);
}

static const struct tp_ops simple_ops = {
	.run = simple_run,
	.destroy = simple_destroy,
};

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv,
					PTP_CALLBACK_ENVIRON pcbe)
{
	struct simple *simple;

	if (!pfns)
		return thread_fail(ERROR_INVALID_PARAMETER);
	simple = calloc(1, sizeof(*simple));
	if (!simple)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	simple->callback = pfns;
	if (!tp_object_init(&simple->base, &simple_ops, pv, pcbe)) {
		free(simple);
		return FALSE;
	}
	tp_lock();
	tp_submit(&simple->base);
	tp_object_close_locked(&simple->base);
	tp_unlock();
	return TRUE;
}
