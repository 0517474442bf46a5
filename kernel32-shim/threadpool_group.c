/* SPDX-License-Identifier: MIT */
/*
 * Cleanup groups: closing many objects at once.
 *
 * A member is in its group's list until it is destroyed, closed or not, so that closing
 * the members also waits for the callbacks of those the program has closed itself. The
 * program's reference keeps the group, and each member's.
 */
#include <stdlib.h>

#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"

struct _TP_CLEANUP_GROUP {
	unsigned refs;
	struct object_link members; /* struct tp_object */
};

static struct tp_object *member_from_link(struct object_link *link)
{
	return object_container(link, struct tp_object, member);
}

static void group_unref(PTP_CLEANUP_GROUP group)
{
	if (--group->refs == 0)
		free(group);
}

void tp_group_join(struct tp_object *o, PTP_CLEANUP_GROUP group)
{
	o->group = group;
	group->refs++;
	object_link_push_back(&group->members, &o->member);
}

void tp_group_leave(struct tp_object *o)
{
	PTP_CLEANUP_GROUP group = o->group;

	if (!group)
		return;
	object_link_remove(&o->member);
	o->group = NULL;
	group_unref(group);
}

PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID)
{
	PTP_CLEANUP_GROUP group = calloc(1, sizeof(*group));

	if (!group) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	group->refs = 1;
	object_link_init(&group->members);
	return group;
}

VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg)
{
	tp_lock();
	group_unref(ptpcg);
	tp_unlock();
}

static bool has_callbacks(const struct tp_object *o)
{
	return o->n_pending || o->n_running || (o->ops->is_busy && o->ops->is_busy(o));
}

VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg,
					       BOOL fCancelPendingCallbacks,
					       PVOID pvCleanupContext)
{
	struct object_link leaving;

	object_link_init(&leaving);
	tp_lock();
	while (!object_link_is_empty(&ptpcg->members)) {
		struct tp_object *o = member_from_link(ptpcg->members.next);

		tp_object_ref(o);
		tp_group_leave(o);
		object_link_push_back(&leaving, &o->member);
	}
	/* First stop them all, so that none starts while another is waited for. */
	for (struct object_link *l = leaving.next; l != &leaving; l = l->next) {
		struct tp_object *o = member_from_link(l);

		tp_object_close_locked(o);
		if (fCancelPendingCallbacks)
			tp_cancel(o);
	}
	while (!object_link_is_empty(&leaving)) {
		struct tp_object *o = member_from_link(leaving.next);

		while (has_callbacks(o))
			tp_wait_change();
		object_link_remove(&o->member);
		if (fCancelPendingCallbacks && o->on_group_cancel) {
			tp_unlock();
			o->on_group_cancel(o->context, pvCleanupContext);
			tp_lock();
		}
		tp_object_unref(o);
	}
	tp_unlock();
}
