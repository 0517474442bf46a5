/* SPDX-License-Identifier: MIT */
/*
 * Instances: making, moving between states, ending
 *
 * np_instance_apply() is the only place that changes a state; it keeps the pipe's queue
 * of listening instances and the prepared channel in step with it.
 */
#include "npfs/core/instance.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "npfs/base/err.h"
#include "npfs/core/pipe.h"
#include "npfs/core/waiter.h"

/**
 * np_instance_new() - make a disconnected instance of @pipe for @owner
 * @instancep:	the instance, linked to both
 * @id:		its number
 * @pipe:	borrowed
 * @owner:	borrowed
 *
 * Return: 0 or -ENOMEM.
 */
int np_instance_new(struct np_instance **instancep, uint64_t id, struct np_pipe *pipe,
		    struct np_owner *owner)
{
	struct np_instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return np_err(-ENOMEM);
	instance->id = id;
	instance->pipe = pipe;
	instance->owner = owner;
	instance->state = NP_STATE_DISCONNECTED;
	np_list_init(&instance->listen_link);
	np_list_push_back(&pipe->instances, &instance->pipe_link);
	np_list_push_back(&owner->instances, &instance->owner_link);
	pipe->n_instances++;
	pipe->n_servers++;
	owner->n_instances++;
	*instancep = instance;
	return 0;
}

/* np_instance_free() - unlink and release; no channel may be left in it. Return: NULL */
struct np_instance *np_instance_free(struct np_instance *instance)
{
	if (!instance)
		return NULL;
	assert(!instance->channel && !np_list_is_linked(&instance->listen_link));
	np_instance_disown(instance);
	instance->pipe->n_instances--;
	np_list_remove(&instance->pipe_link);
	free(instance);
	return NULL;
}

/* np_instance_disown() - its server end is gone. Twice is harmless */
void np_instance_disown(struct np_instance *instance)
{
	if (!instance->owner)
		return;
	instance->pipe->n_servers--;
	instance->owner->n_instances--;
	instance->owner = NULL;
	np_list_remove(&instance->owner_link);
}

/**
 * np_instance_apply() - let an event happen to an instance
 * @instance:	the instance
 * @event:	what happens
 * @done_list:	receives woken waiters and a channel that became void
 *
 * Return: the transition that was made; its status answers the event.
 */
const struct np_transition *np_instance_apply(struct np_instance *instance,
					      enum np_event event,
					      struct np_list *done_list)
{
	const struct np_transition *t = np_state_find(instance->state, event);
	struct np_pipe *pipe = instance->pipe;

	if (t->next != instance->state) {
		if (instance->state == NP_STATE_LISTENING) {
			np_list_remove(&instance->listen_link);
			pipe->n_listening--;
		}
		if (t->next == NP_STATE_LISTENING) {
			np_list_push_back(&pipe->listening, &instance->listen_link);
			pipe->n_listening++;
		}
		instance->state = t->next;
		if (t->next != NP_STATE_CONNECTED && t->next != NP_STATE_CLOSING)
			instance->is_watched = false;
	}
	if ((t->actions & NP_ACT_DETACH) && instance->channel)
		np_done_push(done_list, np_take_ptr(instance->channel), STATUS_SUCCESS);
	if (t->actions & NP_ACT_WAKE)
		np_pipe_wake(pipe, done_list, STATUS_SUCCESS);
	return t;
}
