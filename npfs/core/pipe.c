/* SPDX-License-Identifier: MIT */
/*
 * Pipes: making, waking who waits for them, ending
 */
#include "npfs/core/pipe.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/err.h"
#include "npfs/base/upcase.h"
#include "npfs/core/waiter.h"
#include "npfs/nt/pipe.h"

/*
 * np_pipe_key_new() - @name in upper case, in memory the caller frees; NULL without
 * memory
 */
uint16_t *np_pipe_key_new(const uint16_t *name, size_t name_len)
{
	uint16_t *key = reallocarray(NULL, name_len + 1, sizeof(*key));
	size_t i;

	if (!key)
		return NULL;
	for (i = 0; i < name_len; i++)
		key[i] = np_upcase16(name[i]);
	key[name_len] = 0;
	return key;
}

/**
 * np_pipe_new() - make a pipe without instances
 * @pipep:	the pipe, owned by the caller
 * @name:	its name, copied
 * @name_len:	in units
 * @sd:		its descriptor, copied; NULL for none
 * @sd_len:	in bytes
 *
 * Return: 0 or -ENOMEM.
 */
int np_pipe_new(struct np_pipe **pipep, const uint16_t *name, size_t name_len,
		const void *sd, size_t sd_len)
{
	struct np_pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe)
		return np_err(-ENOMEM);
	np_list_init(&pipe->link);
	np_list_init(&pipe->instances);
	np_list_init(&pipe->listening);
	np_list_init(&pipe->waiters);
	pipe->name_len = name_len;
	pipe->key = np_pipe_key_new(name, name_len);
	pipe->name = reallocarray(NULL, name_len + 1, sizeof(*pipe->name));
	if (sd_len > 0)
		pipe->sd = malloc(sd_len);
	if (!pipe->key || !pipe->name || (sd_len > 0 && !pipe->sd)) {
		np_pipe_free(pipe);
		return np_err(-ENOMEM);
	}
	memcpy(pipe->name, name, name_len * sizeof(*name));
	pipe->name[name_len] = 0;
	if (pipe->sd)
		memcpy(pipe->sd, sd, sd_len);
	pipe->sd_len = sd_len;
	*pipep = pipe;
	return 0;
}

/* np_pipe_free() - release a pipe that has no instances and no waiters. Return: NULL */
struct np_pipe *np_pipe_free(struct np_pipe *pipe)
{
	if (!pipe)
		return NULL;
	assert(np_list_is_empty(&pipe->instances) && np_list_is_empty(&pipe->waiters));
	np_list_remove(&pipe->link);
	free(pipe->name);
	free(pipe->key);
	if (pipe->heir && pipe->leaves_client) {
		pipe->heir->sd = np_take_ptr(pipe->sd);
		pipe->heir->sd_len = pipe->sd_len;
	}
	free(pipe->sd);
	free(pipe);
	return NULL;
}

/* np_pipe_wake() - end the waits of all of the pipe's waiters, first come first */
void np_pipe_wake(struct np_pipe *pipe, struct np_list *done_list, npfs_status status)
{
	struct np_list *node;

	while ((node = np_list_first(&pipe->waiters)) != NULL)
		np_waiter_finish(np_list_entry(node, struct np_waiter, link), done_list,
				 status);
}

/*
 * np_pipe_config_from_share() - the direction of a pipe from its server's share mode
 *
 * The share mode says what the client may do, so sharing only reads is an outbound pipe.
 */
uint32_t np_pipe_config_from_share(uint32_t share)
{
	if (share == FILE_SHARE_READ)
		return FILE_PIPE_OUTBOUND;
	if (share == FILE_SHARE_WRITE)
		return FILE_PIPE_INBOUND;
	return FILE_PIPE_FULL_DUPLEX;
}
