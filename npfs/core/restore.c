/* SPDX-License-Identifier: MIT */
/*
 * A volume takes over what another one had: names, their parameters, instances, numbers
 *
 * Only what outlives its keeper is taken over. A prepared channel does not, so no restored
 * instance listens: it is CONNECTED, with a client or without, and its server lets it
 * listen when it is there. Nobody waits in a volume that is being restored, so nobody is
 * woken.
 *
 * Records come in the order in which they were made: pipes by their serial numbers, an
 * instance after its pipe. Not of every instance is there a record: one that several processes
 * hold cannot be claimed. So a pipe whose last instance went stays for those who may come to
 * it, until another pipe has its name, or to the end.
 */
#include <assert.h>
#include <errno.h>

#include "npfs/base/err.h"
#include "npfs/core/volume.h"

/**
 * np_volume_restore_pipe() - a pipe exists again
 * @volume:	the name space
 * @pipe:	complete but for its serial number and its instances; the volume's on success
 * @serial:	its number
 *
 * A pipe of that name without an instance is gone: nothing else could make room for this one.
 *
 * Return: 0; -EEXIST when the name or the number is not new; -ENOMEM.
 */
int np_volume_restore_pipe(struct np_volume *volume, struct np_pipe *pipe, uint64_t serial)
{
	struct np_pipe *earlier =
		np_map_get(&volume->by_name, pipe->key, pipe->name_len * sizeof(*pipe->key));

	if (serial < volume->next_serial || (earlier && earlier->n_instances > 0))
		return np_err(-EEXIST);
	if (earlier)
		np_volume_remove_pipe(volume, earlier);
	return np_volume_add_pipe(volume, pipe, serial);
}

/**
 * np_volume_restore_instance() - an instance exists again
 * @volume:	the name space
 * @owner:	who answers for it
 * @pipe:	restored
 * @id:		its number
 * @instancep:	the instance, CONNECTED, without access and quotas; borrowed from the volume
 *
 * Return: 0; -EEXIST when the number is not new; -ENOMEM.
 */
int np_volume_restore_instance(struct np_volume *volume, struct np_owner *owner,
			       struct np_pipe *pipe, uint64_t id,
			       struct np_instance **instancep)
{
	struct np_instance *instance = NULL;
	int r;

	if (np_map_get_u64(&volume->by_id, id))
		return np_err(-EEXIST);
	r = np_instance_new(&instance, id, pipe, owner);
	if (r < 0)
		return r;
	r = np_map_put_u64(&volume->by_id, id, instance);
	if (r < 0) {
		np_instance_free(instance);
		return r;
	}
	np_instance_apply(instance, NP_EVENT_LISTEN, &volume->done);
	np_instance_apply(instance, NP_EVENT_OPEN, &volume->done);
	assert(instance->state == NP_STATE_CONNECTED);
	if (volume->next_id <= id)
		volume->next_id = id + 1;
	*instancep = instance;
	return 0;
}

/* np_volume_restore_gone() - an instance that existed again is gone; its pipe stays */
void np_volume_restore_gone(struct np_volume *volume, struct np_instance *instance)
{
	np_map_remove_u64(&volume->by_id, instance->id);
	np_instance_free(instance);
}

/* np_volume_restore_end() - all records have come: names without an instance go */
void np_volume_restore_end(struct np_volume *volume)
{
	struct np_list *node, *next;

	np_list_for_each_safe (node, next, &volume->pipes) {
		struct np_pipe *pipe = np_list_entry(node, struct np_pipe, link);

		if (pipe->n_instances == 0)
			np_volume_remove_pipe(volume, pipe);
	}
}
