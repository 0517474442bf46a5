/* SPDX-License-Identifier: MIT */
/*
 * Timers of the thread pool: an alarm that submits callbacks.
 *
 * A periodic timer submits one callback for each period that ends, whether the last one
 * has returned or not. A timer counts as set from the call that gave it a due time to the
 * call that took it away, also when it has expired for good.
 */
#include <stdlib.h>

#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"
#include "kernel32-shim/wait.h"

#define NS_PER_MS INT64_C(1000000)

struct _TP_TIMER {
	struct tp_object base; /* first */
	PTP_TIMER_CALLBACK callback;
	struct tp_alarm alarm;
	int64_t period_ns; /* 0: once */
	bool is_set;
};

static struct _TP_TIMER *timer_from_base(struct tp_object *o)
{
	return (struct _TP_TIMER *)(void *)o;
}

static void timer_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		      const struct tp_call *call)
{
	struct _TP_TIMER *timer = timer_from_base(o);

	(void)call;
	timer->callback(instance, o->context, timer);
}

static void timer_disarm(struct tp_object *o)
{
	struct _TP_TIMER *timer = timer_from_base(o);

	tp_alarm_clear(&timer->alarm);
	timer->is_set = false;
}

static void timer_retire(struct tp_object *o)
{
	(void)o;
	tp_alarm_unreserve();
}

static void timer_destroy(struct tp_object *o)
{
	free(timer_from_base(o));
}

static const struct tp_ops timer_ops = {
	.run = timer_run,
	.disarm = timer_disarm,
	.retire = timer_retire,
	.destroy = timer_destroy,
};

static void timer_expire(struct tp_alarm *alarm)
{
	struct _TP_TIMER *timer = object_container(alarm, struct _TP_TIMER, alarm);

	if (timer->period_ns)
		tp_alarm_set(alarm, alarm->due_ns + timer->period_ns);
	tp_submit(&timer->base);
}

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv,
				       PTP_CALLBACK_ENVIRON pcbe)
{
	struct _TP_TIMER *timer;
	bool ok;

	if (!pfnti) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	timer = calloc(1, sizeof(*timer));
	if (!timer) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	timer->callback = pfnti;
	timer->alarm.fire = timer_expire;
	tp_lock();
	ok = tp_alarm_reserve();
	if (ok && !tp_clock_start()) {
		tp_alarm_unreserve();
		ok = false;
	}
	tp_unlock();
	if (!ok) {
		free(timer);
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	if (tp_object_init(&timer->base, &timer_ops, pv, pcbe))
		return timer;
	tp_lock();
	tp_alarm_unreserve();
	tp_unlock();
	free(timer);
	return NULL;
}

BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
				 DWORD msWindowLength)
{
	bool was_set;

	(void)msWindowLength; /* may be late; is not */
	tp_lock();
	was_set = tp_alarm_clear(&pti->alarm);
	pti->is_set = pftDueTime && !pti->base.is_closed && tp_clock_start();
	if (pti->is_set) {
		pti->period_ns = msPeriod * NS_PER_MS;
		tp_alarm_set(&pti->alarm, tp_due_time(pftDueTime));
	}
	tp_unlock();
	return was_set;
}

VOID WINAPI SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
			       DWORD msWindowLength)
{
	SetThreadpoolTimerEx(pti, pftDueTime, msPeriod, msWindowLength);
}

BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti)
{
	bool is_set;

	tp_lock();
	is_set = pti->is_set;
	tp_unlock();
	return is_set;
}

VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks)
{
	tp_wait_callbacks(&pti->base, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti)
{
	tp_object_close(&pti->base);
}
