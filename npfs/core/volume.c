/* SPDX-License-Identifier: MIT */
/*
 * The requests of the name space, each with its checks in the order npfs-semantics gives
 *
 * The sub-directory rule (section 1.3) needs to know whether some pipe's name is a
 * prefix of a given name that ends before a backslash. Looking each prefix up by itself
 * would cost the square of the name's length, which a hostile name of 32,000 backslashes
 * would make felt. So the volume counts the hashes of all names; one pass over a name
 * computes the hash of every prefix, and only a prefix whose hash is known is looked up.
 *
 * Access checks against the pipe's descriptor have their place in the order, too, but
 * need to know who asks. So the order is cut there: np_volume_resolve_create() and
 * np_volume_resolve_open() make the checks before, and say which pipe it is about; the
 * caller checks the access and passes on the rights that were granted; the request itself
 * makes all the other checks. The model keeps the descriptor and does not read it.
 */
#include "npfs/core/volume.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/clock.h"
#include "npfs/core/personality.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"

/* Create options that mean something on a pipe, and hints that do no harm on it. */
#define CREATE_OPTIONS_SYNC (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)
#define CREATE_OPTIONS_VALID                                                             \
	(CREATE_OPTIONS_SYNC | FILE_WRITE_THROUGH | FILE_NON_DIRECTORY_FILE |            \
	 FILE_SEQUENTIAL_ONLY)

/* FNV-1a over upper-cased units, step by step. */
#define PREFIX_HASH_SEED UINT64_C(0xcbf29ce484222325)

static uint64_t prefix_hash_step(uint64_t hash, uint16_t unit)
{
	return (hash ^ unit) * UINT64_C(0x100000001b3);
}

static uint64_t prefix_hash(const uint16_t *key, size_t len)
{
	uint64_t hash = PREFIX_HASH_SEED;
	size_t i;

	for (i = 0; i < len; i++)
		hash = prefix_hash_step(hash, key[i]);
	return hash;
}

static uintptr_t prefix_count(const struct np_volume *volume, uint64_t hash)
{
	return (uintptr_t)np_map_get_u64(&volume->by_prefix, hash);
}

static int prefix_add(struct np_volume *volume, uint64_t hash)
{
	uintptr_t count = prefix_count(volume, hash) + 1;

	return np_map_put_u64(&volume->by_prefix, hash, (void *)count);
}

static void prefix_remove(struct np_volume *volume, uint64_t hash)
{
	uintptr_t count = prefix_count(volume, hash) - 1;
	int r;

	if (count == 0) {
		np_map_remove_u64(&volume->by_prefix, hash);
		return;
	}
	r = np_map_put_u64(&volume->by_prefix, hash, (void *)count);
	assert(r == 0); /* replacing a value allocates nothing */
	(void)r;
}

static struct np_pipe *pipe_find_key(const struct np_volume *volume, const uint16_t *key,
				     size_t len)
{
	return np_map_get(&volume->by_name, key, len * sizeof(*key));
}

/* Is there a pipe whose name, followed by a backslash, begins @key? */
static bool key_is_below_pipe(const struct np_volume *volume, const uint16_t *key,
			      size_t len)
{
	uint64_t hash = PREFIX_HASH_SEED;
	size_t i;

	for (i = 0; i < len; i++) {
		if (key[i] == '\\' && prefix_count(volume, hash) > 0 &&
		    pipe_find_key(volume, key, i))
			return true;
		hash = prefix_hash_step(hash, key[i]);
	}
	return false;
}

/* What a name leads to. */
struct lookup {
	struct np_pipe *pipe; /* NULL: no such pipe */
	bool is_below; /* no such pipe, and the name of another one is in the way */
};

/* Return: STATUS_SUCCESS or STATUS_INSUFFICIENT_RESOURCES. */
static npfs_status volume_lookup(const struct np_volume *volume, const uint16_t *name,
				 size_t name_len, uint32_t rules, struct lookup *lookupp)
{
	NP_CLEANUP_FREE uint16_t *key = np_pipe_key_new(name, name_len);

	if (!key)
		return STATUS_INSUFFICIENT_RESOURCES;
	lookupp->pipe = pipe_find_key(volume, key, name_len);
	lookupp->is_below = !lookupp->pipe && (rules & NP_RULES_SUBDIRECTORY) &&
			    key_is_below_pipe(volume, key, name_len);
	return STATUS_SUCCESS;
}

/* np_volume_init() - an empty name space */
void np_volume_init(struct np_volume *volume)
{
	np_map_init(&volume->by_name);
	np_map_init(&volume->by_id);
	np_map_init(&volume->by_serial);
	np_map_init(&volume->by_prefix);
	np_list_init(&volume->pipes);
	np_list_init(&volume->done);
	volume->waiters = (struct np_waiter_queue)NP_WAITER_QUEUE_INIT;
	np_changes_init(&volume->changes, 1);
	volume->next_id = 1;
	volume->next_serial = 1;
}

/* np_volume_fini() - release; all owners are dropped, so nothing is left in it */
void np_volume_fini(struct np_volume *volume)
{
	assert(np_list_is_empty(&volume->pipes) && np_list_is_empty(&volume->done));
	np_changes_fini(&volume->changes);
	np_waiter_queue_fini(&volume->waiters);
	np_map_fini(&volume->by_prefix);
	np_map_fini(&volume->by_serial);
	np_map_fini(&volume->by_id);
	np_map_fini(&volume->by_name);
}

/* np_volume_remove_pipe() - release @pipe; whoever waits for it learns that there is none */
void np_volume_remove_pipe(struct np_volume *volume, struct np_pipe *pipe)
{
	np_pipe_wake(pipe, &volume->done, STATUS_OBJECT_NAME_NOT_FOUND);
	if (pipe->token)
		np_done_push(&volume->done, np_take_ptr(pipe->token), STATUS_SUCCESS);
	np_map_remove(&volume->by_name, pipe->key, pipe->name_len * sizeof(*pipe->key));
	prefix_remove(volume, prefix_hash(pipe->key, pipe->name_len));
	np_map_remove_u64(&volume->by_serial, pipe->serial);
	np_pipe_free(pipe);
}

static void volume_remove_instance(struct np_volume *volume, struct np_instance *instance)
{
	np_map_remove_u64(&volume->by_id, instance->id);
	np_instance_free(instance);
}

/*
 * An instance of @pipe has lost an end: what becomes of the name? Without a server nobody
 * finds it any more, whether or not clients hold it.
 */
static void volume_review_pipe(struct np_volume *volume, struct np_pipe *pipe)
{
	struct np_list *node;

	np_changes_add(&volume->changes,
		       pipe->n_servers > 0 ? NP_CHANGE_INSTANCES : NP_CHANGE_REMOVED,
		       pipe->name, pipe->name_len);
	if (pipe->n_servers > 0)
		return;
	if (!(pipe->rules & NP_RULES_NAME_HELD_BY_CLIENT))
		while ((node = np_list_first(&pipe->instances)) != NULL)
			volume_remove_instance(volume,
					       np_list_entry(node, struct np_instance,
							     pipe_link));
	if (pipe->n_instances == 0)
		np_volume_remove_pipe(volume, pipe);
	else
		np_pipe_wake(pipe, &volume->done, STATUS_OBJECT_NAME_NOT_FOUND);
}

/* The server end of @instance is gone, and with it the instance, as a rule. */
static void volume_close_server(struct np_volume *volume, struct np_instance *instance)
{
	struct np_pipe *pipe = instance->pipe;

	if (instance->state == NP_STATE_CONNECTED)
		pipe->leaves_client = true;
	np_instance_apply(instance, NP_EVENT_SERVER_CLOSE, &volume->done);
	if (instance->state == NP_STATE_CLOSING && instance->is_watched &&
	    np_pipe_heeds_clients(pipe))
		np_instance_disown(instance);
	else
		volume_remove_instance(volume, instance);
	volume_review_pipe(volume, pipe);
}

/*
 * np_volume_add_pipe() - enter a pipe of a name that is new, under a number that is greater
 * than all others
 *
 * Return: 0 with the pipe owned by the volume, or -ENOMEM.
 */
int np_volume_add_pipe(struct np_volume *volume, struct np_pipe *pipe, uint64_t serial)
{
	uint64_t hash = prefix_hash(pipe->key, pipe->name_len);
	int r;

	assert(serial >= volume->next_serial);

	r = prefix_add(volume, hash);
	if (r < 0)
		return r;
	r = np_map_put(&volume->by_name, pipe->key, pipe->name_len * sizeof(*pipe->key),
		       pipe);
	if (r < 0)
		goto out_prefix;
	r = np_map_put_u64(&volume->by_serial, serial, pipe);
	if (r < 0)
		goto out_name;
	pipe->serial = serial;
	volume->next_serial = serial + 1;
	np_list_push_back(&volume->pipes, &pipe->link);
	return 0;

out_name:
	np_map_remove(&volume->by_name, pipe->key, pipe->name_len * sizeof(*pipe->key));
out_prefix:
	prefix_remove(volume, hash);
	return r;
}

/* The I/O manager's part of section 2.2: what is refused whatever the name is. */
static npfs_status create_check_arguments(const struct np_req_create *req)
{
	uint32_t valid_type = FILE_PIPE_MESSAGE_TYPE | FILE_PIPE_REJECT_REMOTE_CLIENTS;

	if (req->type & ~valid_type || req->read_mode > FILE_PIPE_MESSAGE_MODE ||
	    req->completion_mode > FILE_PIPE_COMPLETE_OPERATION)
		return STATUS_INVALID_PARAMETER;
	if (req->share & ~(FILE_SHARE_READ | FILE_SHARE_WRITE))
		return STATUS_INVALID_PARAMETER;
	if (req->disposition != FILE_OPEN && req->disposition != FILE_CREATE &&
	    req->disposition != FILE_OPEN_IF)
		return STATUS_INVALID_PARAMETER;
	if (req->options & ~CREATE_OPTIONS_VALID)
		return STATUS_INVALID_PARAMETER;
	if ((req->options & CREATE_OPTIONS_SYNC) == CREATE_OPTIONS_SYNC)
		return STATUS_INVALID_PARAMETER;
	if ((req->options & CREATE_OPTIONS_SYNC) &&
	    !(np_access_map_file(req->access) & (SYNCHRONIZE | MAXIMUM_ALLOWED)))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/* The file system's part when there is no such pipe. */
static npfs_status create_check_new(const struct np_req_create *req)
{
	if (!req->has_timeout || req->default_timeout >= 0)
		return STATUS_INVALID_PARAMETER;
	if (req->max_instances == 0)
		return STATUS_INVALID_PARAMETER;
	if (req->disposition == FILE_OPEN)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (req->share == 0)
		return STATUS_INVALID_PARAMETER;
	if (!(req->type & FILE_PIPE_MESSAGE_TYPE) &&
	    req->read_mode == FILE_PIPE_MESSAGE_MODE)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/*
 * The file system's part when the pipe exists. That a full pipe is reported before a
 * wrong disposition or direction is proven by tests on Windows (case
 * create/first_instance_full).
 */
static npfs_status create_check_existing(const struct np_pipe *pipe,
					 const struct np_req_create *req)
{
	if (np_pipe_count(pipe) >= pipe->max_instances)
		return STATUS_INSTANCE_NOT_AVAILABLE;
	if (req->disposition == FILE_CREATE)
		return STATUS_ACCESS_DENIED;
	if (req->share == 0 || np_pipe_config_from_share(req->share) != pipe->config)
		return STATUS_ACCESS_DENIED;
	if ((req->rules & NP_RULES_TYPE_MUST_MATCH) &&
	    (req->type & FILE_PIPE_MESSAGE_TYPE) != pipe->type)
		return STATUS_ACCESS_DENIED;
	if (req->read_mode == FILE_PIPE_MESSAGE_MODE &&
	    (!(req->type & FILE_PIPE_MESSAGE_TYPE) ||
	     pipe->type != FILE_PIPE_MESSAGE_TYPE))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/**
 * np_volume_resolve_create() - which pipe would an instance be added to?
 * @volume:	the name space
 * @req:	what is asked for
 * @name:	UTF-16 units without a leading backslash
 * @name_len:	in units
 * @pipep:	the pipe; NULL for a name that is new
 *
 * Makes the checks that come before that of access: what is wrong whoever asks, and the
 * name.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_INVALID,
 * STATUS_INSUFFICIENT_RESOURCES as np_volume_create().
 */
npfs_status np_volume_resolve_create(const struct np_volume *volume,
				     const struct np_req_create *req,
				     const uint16_t *name, size_t name_len,
				     struct np_pipe **pipep)
{
	struct lookup lookup;
	npfs_status status;

	status = create_check_arguments(req);
	if (status != STATUS_SUCCESS)
		return status;
	if (name_len == 0)
		return STATUS_OBJECT_NAME_INVALID;
	status = volume_lookup(volume, name, name_len, req->rules, &lookup);
	if (status != STATUS_SUCCESS)
		return status;
	if (lookup.is_below)
		return STATUS_OBJECT_NAME_INVALID;
	*pipep = lookup.pipe;
	return STATUS_SUCCESS;
}

/* The checks of a create, and the pipe they found, NULL for a new one. */
static npfs_status create_check(const struct np_volume *volume,
				const struct np_req_create *req, const uint16_t *name,
				size_t name_len, struct np_pipe **pipep)
{
	npfs_status status = np_volume_resolve_create(volume, req, name, name_len, pipep);

	if (status != STATUS_SUCCESS)
		return status;
	return *pipep ? create_check_existing(*pipep, req) : create_check_new(req);
}

/* The rights a desired access comes to where the descriptor admits everything. */
static uint32_t access_grant(uint32_t desired)
{
	uint32_t granted = np_access_map_file(desired);

	if (granted & MAXIMUM_ALLOWED)
		granted = (granted & ~MAXIMUM_ALLOWED) | FILE_ALL_ACCESS;
	return granted;
}

/**
 * np_volume_check_create() - would np_volume_create() succeed?
 *
 * For callers that have to prepare a channel first: nothing is changed, the answer is
 * that of np_volume_create() as things stand. On STATUS_SUCCESS @typep is the type the
 * instance would have: that of its pipe, not always the one asked for.
 */
npfs_status np_volume_check_create(const struct np_volume *volume,
				   const struct np_req_create *req, const uint16_t *name,
				   size_t name_len, uint32_t *typep)
{
	struct np_pipe *pipe = NULL;
	npfs_status status = create_check(volume, req, name, name_len, &pipe);

	if (status == STATUS_SUCCESS)
		*typep = pipe ? pipe->type : req->type & FILE_PIPE_MESSAGE_TYPE;
	return status;
}

/**
 * np_volume_create() - create an instance, and the pipe with the first one
 * @volume:	the name space
 * @owner:	who answers for the instance
 * @req:	what is asked for; every field is checked
 * @name:	UTF-16 units without a leading backslash
 * @name_len:	in units
 * @sd:		descriptor for a new pipe, copied; NULL for none
 * @sd_len:	in bytes
 * @channel:	prepared channel; held by the model on success
 * @token:	held by the model with a new pipe until it goes; NULL for none
 * @instancep:	the instance, LISTENING; borrowed from the volume
 * @informationp: FILE_CREATED for a new name, else FILE_OPENED
 *
 * Return:
 * STATUS_SUCCESS			waiters for the name have been woken
 * STATUS_INVALID_PARAMETER		an argument that no pipe can have
 * STATUS_OBJECT_NAME_INVALID		empty name, or below an existing pipe
 * STATUS_OBJECT_NAME_NOT_FOUND		FILE_OPEN and no such pipe
 * STATUS_INSTANCE_NOT_AVAILABLE	all instances are in use
 * STATUS_ACCESS_DENIED			FILE_CREATE on an existing name, or another direction
 * STATUS_INSUFFICIENT_RESOURCES	no memory; nothing changed
 */
npfs_status np_volume_create(struct np_volume *volume, struct np_owner *owner,
			     const struct np_req_create *req, const uint16_t *name,
			     size_t name_len, const void *sd, size_t sd_len,
			     struct np_done *channel, struct np_done *token,
			     struct np_instance **instancep, uint32_t *informationp)
{
	struct np_instance *instance = NULL;
	struct np_pipe *pipe = NULL;
	npfs_status status;
	bool is_new;

	status = create_check(volume, req, name, name_len, &pipe);
	if (status != STATUS_SUCCESS)
		return status;

	is_new = !pipe;
	if (is_new) {
		if (np_pipe_new(&pipe, name, name_len, sd, sd_len) < 0)
			return STATUS_INSUFFICIENT_RESOURCES;
		pipe->type = req->type & FILE_PIPE_MESSAGE_TYPE;
		pipe->rules = req->rules & NP_PIPE_RULES;
		pipe->rejects_remote = (req->type & FILE_PIPE_REJECT_REMOTE_CLIENTS) != 0;
		pipe->config = np_pipe_config_from_share(req->share);
		pipe->max_instances = req->max_instances;
		pipe->default_timeout = req->default_timeout;
		if (np_volume_add_pipe(volume, pipe, volume->next_serial) < 0) {
			np_pipe_free(pipe);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	if (np_instance_new(&instance, volume->next_id, pipe, owner) < 0)
		goto out_pipe;
	if (np_map_put_u64(&volume->by_id, instance->id, instance) < 0)
		goto out_instance;
	volume->next_id++;

	instance->granted_access = access_grant(req->access);
	instance->inbound_quota = req->inbound_quota;
	instance->outbound_quota = req->outbound_quota;
	instance->channel = channel;
	if (is_new)
		pipe->token = token;
	np_instance_apply(instance, NP_EVENT_LISTEN, &volume->done);
	np_changes_add(&volume->changes, is_new ? NP_CHANGE_ADDED : NP_CHANGE_INSTANCES,
		       pipe->name, pipe->name_len);
	*instancep = instance;
	*informationp = is_new ? FILE_CREATED : FILE_OPENED;
	return STATUS_SUCCESS;

out_instance:
	np_instance_free(instance);
out_pipe:
	if (is_new)
		np_volume_remove_pipe(volume, pipe);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/**
 * np_volume_resolve_open() - which pipe would be opened?
 * @volume:	the name space
 * @req:	the rules that bear on the name
 * @name:	UTF-16 units without a leading backslash
 * @name_len:	in units
 * @pipep:	the pipe
 *
 * Makes the checks that come before that of access.
 *
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_INSUFFICIENT_RESOURCES as np_volume_open().
 */
npfs_status np_volume_resolve_open(const struct np_volume *volume,
				   const struct np_req_open *req, const uint16_t *name,
				   size_t name_len, struct np_pipe **pipep)
{
	struct lookup lookup;
	npfs_status status;

	if (name_len == 0)
		return STATUS_OBJECT_NAME_INVALID;
	status = volume_lookup(volume, name, name_len, req->rules, &lookup);
	if (status != STATUS_SUCCESS)
		return status;
	if (!lookup.pipe && (req->rules & NP_RULES_TRAILING_SEPARATOR) && name_len > 1 &&
	    name[name_len - 1] == '\\') {
		status = volume_lookup(volume, name, name_len - 1, req->rules, &lookup);
		if (status != STATUS_SUCCESS)
			return status;
	}
	if (lookup.is_below)
		return STATUS_OBJECT_NAME_INVALID;
	if (!lookup.pipe || lookup.pipe->n_servers == 0)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*pipep = lookup.pipe;
	return STATUS_SUCCESS;
}

/**
 * np_volume_open() - connect a client to the instance that has listened longest
 * @volume:	the name space
 * @req:	desired access, rules, NP_OPEN_ flags
 * @name:	UTF-16 units without a leading backslash
 * @name_len:	in units
 * @openp:	the instance, its channel, the granted access
 *
 * Return: in the order of the checks (section 6.2)
 * STATUS_OBJECT_NAME_INVALID		empty name, or below an existing pipe
 * STATUS_OBJECT_NAME_NOT_FOUND		no such pipe, or none with a server
 * STATUS_ACCESS_DENIED			against the pipe's direction, or a remote client
 *					that the pipe rejects; also when all are busy
 * STATUS_PIPE_NOT_AVAILABLE		no instance is listening
 * STATUS_INSUFFICIENT_RESOURCES	no memory
 */
npfs_status np_volume_open(struct np_volume *volume, const struct np_req_open *req,
			   const uint16_t *name, size_t name_len,
			   struct np_volume_open *openp)
{
	uint32_t granted = access_grant(req->access);
	struct np_instance *instance;
	struct np_pipe *pipe = NULL;
	struct np_list *node;
	npfs_status status;

	status = np_volume_resolve_open(volume, req, name, name_len, &pipe);
	if (status != STATUS_SUCCESS)
		return status;
	if ((req->flags & NP_OPEN_REMOTE) && pipe->rejects_remote)
		return STATUS_ACCESS_DENIED;
	if ((granted & FILE_READ_DATA) && pipe->config == FILE_PIPE_INBOUND)
		return STATUS_ACCESS_DENIED;
	if ((granted & FILE_WRITE_DATA) && pipe->config == FILE_PIPE_OUTBOUND)
		return STATUS_ACCESS_DENIED;
	node = np_list_first(&pipe->listening);
	if (!node)
		return STATUS_PIPE_NOT_AVAILABLE;

	instance = np_list_entry(node, struct np_instance, listen_link);
	np_instance_apply(instance, NP_EVENT_OPEN, &volume->done);
	openp->instance = instance;
	openp->channel = np_take_ptr(instance->channel);
	openp->granted_access = granted;
	return STATUS_SUCCESS;
}

/* Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE for a number that is not @owner's. */
static npfs_status instance_find_owned(const struct np_volume *volume,
				       const struct np_owner *owner, uint64_t id,
				       struct np_instance **instancep)
{
	struct np_instance *instance = np_volume_find_instance(volume, id);

	if (!instance || instance->owner != owner)
		return STATUS_INVALID_HANDLE;
	*instancep = instance;
	return STATUS_SUCCESS;
}

/**
 * np_volume_check_listen() - would np_volume_listen() succeed?
 *
 * Return: as np_volume_listen(); on STATUS_SUCCESS @instancep is the instance.
 */
npfs_status np_volume_check_listen(const struct np_volume *volume,
				   const struct np_owner *owner, uint64_t id,
				   struct np_instance **instancep)
{
	npfs_status status = instance_find_owned(volume, owner, id, instancep);

	if (status != STATUS_SUCCESS)
		return status;
	if ((*instancep)->state == NP_STATE_LISTENING)
		return STATUS_PIPE_LISTENING;
	return STATUS_SUCCESS;
}

/**
 * np_volume_listen() - a server's instance listens again, on a fresh channel
 * @volume:	the name space
 * @owner:	its owner
 * @id:		the instance
 * @channel:	prepared channel; held by the model on success
 * @previous_statep: enum np_state before
 *
 * A server disconnects its client by itself, over the channel, and may leave it at that
 * until it listens again. So an instance that is CONNECTED here is disconnected first;
 * its end has already answered for the state it knows.
 *
 * Return: STATUS_SUCCESS with the waiters woken; STATUS_PIPE_LISTENING when it listens
 * already, with nothing changed; STATUS_INVALID_HANDLE when it is not @owner's.
 */
npfs_status np_volume_listen(struct np_volume *volume, struct np_owner *owner,
			     uint64_t id, struct np_done *channel,
			     uint32_t *previous_statep)
{
	struct np_instance *instance = NULL;
	npfs_status status = np_volume_check_listen(volume, owner, id, &instance);

	if (status != STATUS_SUCCESS)
		return status;
	*previous_statep = instance->state;
	if (instance->state != NP_STATE_DISCONNECTED)
		np_instance_apply(instance, NP_EVENT_DISCONNECT, &volume->done);
	instance->channel = channel;
	np_instance_apply(instance, NP_EVENT_LISTEN, &volume->done);
	return STATUS_SUCCESS;
}

/**
 * np_volume_disconnect() - nobody can connect to the instance any more
 * @volume:	the name space
 * @owner:	its owner
 * @id:		the instance
 * @previous_statep: enum np_state before; written on every status but INVALID_HANDLE.
 *		CONNECTED tells a server that thought it was listening that a client had come
 *
 * Return: STATUS_SUCCESS; STATUS_PIPE_DISCONNECTED when it was already;
 * STATUS_INVALID_HANDLE when it is not @owner's.
 */
npfs_status np_volume_disconnect(struct np_volume *volume, struct np_owner *owner,
				 uint64_t id, uint32_t *previous_statep)
{
	struct np_instance *instance = NULL;
	npfs_status status = instance_find_owned(volume, owner, id, &instance);

	if (status != STATUS_SUCCESS)
		return status;
	*previous_statep = instance->state;
	return np_instance_apply(instance, NP_EVENT_DISCONNECT, &volume->done)->status;
}

/**
 * np_volume_close() - the server end is gone
 * @volume:	the name space
 * @owner:	its owner
 * @id:		the instance; nobody's afterwards
 * @previous_statep: enum np_state before
 *
 * The instance no longer counts; with the last one the name goes, and its waiters get
 * STATUS_OBJECT_NAME_NOT_FOUND. A client that is still connected keeps its channel.
 *
 * Of a pipe that heeds its clients, an instance whose client is there and watched stays
 * until np_volume_client_gone(). While such instances are all there is, the name cannot be
 * opened or waited for, but a create joins them (case kb/name_with_an_old_client_open).
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE when it is not @owner's.
 */
npfs_status np_volume_close(struct np_volume *volume, struct np_owner *owner, uint64_t id,
			    uint32_t *previous_statep)
{
	struct np_instance *instance = NULL;
	npfs_status status = instance_find_owned(volume, owner, id, &instance);

	if (status != STATUS_SUCCESS)
		return status;
	*previous_statep = instance->state;
	volume_close_server(volume, instance);
	return STATUS_SUCCESS;
}

/**
 * np_volume_move() - let another owner answer for an instance
 * @volume:	the name space
 * @owner:	its owner
 * @id:		the instance
 * @heir:	its owner from now on; may be @owner
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE when it is not @owner's.
 */
npfs_status np_volume_move(struct np_volume *volume, struct np_owner *owner, uint64_t id,
			   struct np_owner *heir)
{
	struct np_instance *instance = NULL;
	npfs_status status = instance_find_owned(volume, owner, id, &instance);

	if (status != STATUS_SUCCESS)
		return status;
	np_list_remove(&instance->owner_link);
	owner->n_instances--;
	instance->owner = heir;
	np_list_push_back(&heir->instances, &instance->owner_link);
	heir->n_instances++;
	return STATUS_SUCCESS;
}

/* np_volume_drop_owner() - the owner is gone: close all its instances */
void np_volume_drop_owner(struct np_volume *volume, struct np_owner *owner)
{
	struct np_list *node;

	while ((node = np_list_first(&owner->instances)) != NULL)
		volume_close_server(volume, np_list_entry(node, struct np_instance,
							  owner_link));
}

/**
 * np_volume_client_gone() - the client of a watched instance has closed
 * @volume:	the name space
 * @id:		the instance; nothing happens when there is none
 *
 * The instance is CLOSING; or it is gone, and the name with it, if only this client held
 * it.
 */
void np_volume_client_gone(struct np_volume *volume, uint64_t id)
{
	struct np_instance *instance = np_volume_find_instance(volume, id);
	struct np_pipe *pipe;

	if (!instance || !instance->is_watched)
		return;
	pipe = instance->pipe;
	instance->is_watched = false;
	np_instance_apply(instance, NP_EVENT_CLIENT_CLOSE, &volume->done);
	if (instance->state != NP_STATE_GONE)
		return;
	volume_remove_instance(volume, instance);
	volume_review_pipe(volume, pipe);
}

/**
 * np_volume_wait() - wait until an instance of the name listens
 * @volume:	the name space
 * @waiter:	initialised and idle; waits after STATUS_PENDING
 * @req:	how long; a time-out >= 0 has passed already
 * @name:	UTF-16 units without a leading backslash
 * @name_len:	in units
 * @now_ns:	the time, monotonic
 *
 * Waking reserves nothing: whoever opens first has the instance.
 *
 * Return: STATUS_SUCCESS when one listens, STATUS_OBJECT_NAME_NOT_FOUND when there is no
 * such pipe, STATUS_IO_TIMEOUT when there is no time, all at once; STATUS_PENDING when
 * the answer will come over the deferred list, as one of those three;
 * STATUS_INSUFFICIENT_RESOURCES without memory.
 */
npfs_status np_volume_wait(struct np_volume *volume, struct np_waiter *waiter,
			   const struct np_req_wait *req, const uint16_t *name,
			   size_t name_len, int64_t now_ns)
{
	struct lookup lookup;
	int64_t timeout, deadline;
	npfs_status status;

	status = volume_lookup(volume, name, name_len, 0, &lookup);
	if (status != STATUS_SUCCESS)
		return status;
	if (!lookup.pipe || lookup.pipe->n_servers == 0)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (lookup.pipe->n_listening > 0)
		return STATUS_SUCCESS;

	timeout = req->use_default ? lookup.pipe->default_timeout : req->timeout;
	if (timeout >= 0)
		return STATUS_IO_TIMEOUT;
	deadline = np_deadline_from_nt(now_ns, 0, timeout);
	if (np_waiter_start(waiter, &volume->waiters, &lookup.pipe->waiters, deadline) <
	    0)
		return STATUS_INSUFFICIENT_RESOURCES;
	return STATUS_PENDING;
}

/*
 * np_volume_next_deadline() - when np_volume_tick() has something to do, at the
 * earliest
 */
int64_t np_volume_next_deadline(const struct np_volume *volume)
{
	return np_waiter_queue_next(&volume->waiters);
}

/* np_volume_tick() - end the waits whose time has passed with STATUS_IO_TIMEOUT */
void np_volume_tick(struct np_volume *volume, int64_t now_ns)
{
	struct np_waiter *waiter;

	while ((waiter = np_waiter_queue_due(&volume->waiters, now_ns)) != NULL)
		np_waiter_finish(waiter, &volume->done, STATUS_IO_TIMEOUT);
}

/*
 * np_volume_find_pipe() - the pipe of this name in any case, or NULL (also without
 * memory)
 */
struct np_pipe *np_volume_find_pipe(const struct np_volume *volume, const uint16_t *name,
				    size_t name_len)
{
	struct lookup lookup;

	if (volume_lookup(volume, name, name_len, 0, &lookup) != STATUS_SUCCESS)
		return NULL;
	return lookup.pipe;
}

/* np_volume_find_serial() - the pipe with this number in the order of creation, or NULL */
struct np_pipe *np_volume_find_serial(const struct np_volume *volume, uint64_t serial)
{
	return np_map_get_u64(&volume->by_serial, serial);
}

/* np_volume_find_instance() - the instance of this number, or NULL */
struct np_instance *np_volume_find_instance(const struct np_volume *volume, uint64_t id)
{
	return np_map_get_u64(&volume->by_id, id);
}

/*
 * np_volume_next_pipe() - the oldest pipe younger than @after_serial, or NULL
 *
 * Pipes may come and go between two calls; each that stays is seen once.
 */
struct np_pipe *np_volume_next_pipe(const struct np_volume *volume, uint64_t after_serial)
{
	struct np_list *node;

	np_list_for_each (node, &volume->pipes) {
		struct np_pipe *pipe = np_list_entry(node, struct np_pipe, link);

		if (pipe->serial > after_serial)
			return pipe;
	}
	return NULL;
}
