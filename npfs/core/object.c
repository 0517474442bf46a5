/* SPDX-License-Identifier: MIT */
/* Names, holders and lives of shared objects. The model is in object.h. */
#include "npfs/core/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BITS 64u

/* Bytes of the key before the name: the session. */
#define KEY_PREFIX sizeof(uint32_t)

/*
 * np_objects_init() - an empty name space
 * @first_id:	number of the first object, not 0; a random one keeps numbers of different
 *		brokers apart
 */
void np_objects_init(struct np_objects *objects, uint64_t first_id)
{
	np_map_init(&objects->by_name);
	np_map_init(&objects->by_id);
	objects->next_id = first_id;
}

/* np_objects_fini() - release the maps; every object is gone already */
void np_objects_fini(struct np_objects *objects)
{
	assert(np_map_len(&objects->by_id) == 0);
	np_map_fini(&objects->by_name);
	np_map_fini(&objects->by_id);
}

/*
 * np_object_check_params() - may there be an object like this?
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER.
 */
npfs_status np_object_check_params(uint32_t type, uint32_t flags, uint32_t initial,
				   uint32_t limit)
{
	bool ok = false;

	switch (type) {
	case NP_OBJECT_EVENT:
	case NP_OBJECT_TIMER:
		ok = !(flags & ~NP_OBJECT_MANUAL) && initial <= 1 && limit == 1;
		break;
	case NP_OBJECT_MUTEX:
		ok = flags == 0 && initial <= 1 && limit == 1;
		break;
	case NP_OBJECT_SEMAPHORE:
		ok = flags == 0 && limit > 0 && limit <= NP_WORD_UNITS_MAX &&
		     initial <= limit;
		break;
	}
	return ok ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static bool has_prefix(const uint16_t *name, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] != (unsigned char)prefix[i])
			return false;
	return true;
}

/*
 * The key of a name, to be freed by the caller. Return: STATUS_SUCCESS,
 * STATUS_OBJECT_PATH_NOT_FOUND, STATUS_NAME_TOO_LONG, STATUS_OBJECT_NAME_INVALID,
 * STATUS_INSUFFICIENT_RESOURCES.
 */
static npfs_status key_new(uint32_t session, const uint16_t *name, size_t len,
			   uint8_t **keyp, size_t *key_lenp)
{
	uint8_t *key;

	if (has_prefix(name, len, "Global\\")) {
		session = 0;
		name += 7;
		len -= 7;
	} else if (has_prefix(name, len, "Local\\")) {
		name += 6;
		len -= 6;
	}
	for (size_t i = 0; i < len; i++)
		if (name[i] == '\\')
			return STATUS_OBJECT_PATH_NOT_FOUND;
	if (len > NP_OBJECT_NAME_MAX)
		return STATUS_NAME_TOO_LONG;
	if (len == 0)
		return STATUS_OBJECT_NAME_INVALID;
	key = malloc(KEY_PREFIX + len * sizeof(*name));
	if (!key)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(key, &session, KEY_PREFIX);
	memcpy(key + KEY_PREFIX, name, len * sizeof(*name));
	*keyp = key;
	*key_lenp = KEY_PREFIX + len * sizeof(*name);
	return STATUS_SUCCESS;
}

/**
 * np_objects_resolve() - what a name stands for
 * @session:	of who asks
 * @name:	as the program wrote it, with its prefix; may be NULL with @name_len 0
 * @name_len:	in units
 * @type:	the kind that is wanted
 * @objectp:	the object, borrowed; NULL when there is none of that name
 *
 * Return: STATUS_SUCCESS, also without an object; STATUS_OBJECT_PATH_NOT_FOUND: a
 * backslash behind the prefix; STATUS_NAME_TOO_LONG; STATUS_OBJECT_NAME_INVALID: nothing
 * behind the prefix; STATUS_OBJECT_TYPE_MISMATCH: the name is of another kind;
 * STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_objects_resolve(const struct np_objects *objects, uint32_t session,
			       const uint16_t *name, size_t name_len, uint32_t type,
			       struct np_object **objectp)
{
	NP_CLEANUP_FREE uint8_t *key = NULL;
	struct np_object *object;
	npfs_status status;
	size_t key_len;

	status = key_new(session, name, name_len, &key, &key_len);
	if (status != STATUS_SUCCESS)
		return status;
	object = np_map_get(&objects->by_name, key, key_len);
	if (object && object->type != type)
		return STATUS_OBJECT_TYPE_MISMATCH;
	*objectp = object;
	return STATUS_SUCCESS;
}

static void object_free(struct np_object *object)
{
	if (!object)
		return;
	free(object->key);
	free(object->sd);
	free(object);
}

/*
 * An object with this key, taken on success; NULL for none. Return: it, or NULL without
 * memory.
 */
static struct np_object *object_new(struct np_objects *objects, uint64_t id, void *key,
				    size_t key_len, const struct np_object_params *params)
{
	struct np_object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->id = id;
	object->type = params->type;
	object->flags = params->flags;
	object->limit = params->limit;
	object->body = params->body;
	np_list_init(&object->holders);
	if (params->sd) {
		object->sd = malloc(params->sd_len);
		if (!object->sd)
			goto out_object;
		memcpy(object->sd, params->sd, params->sd_len);
		object->sd_len = params->sd_len;
	}
	if (key && np_map_put(&objects->by_name, key, key_len, object) < 0)
		goto out_object;
	if (np_map_put_u64(&objects->by_id, id, object) < 0)
		goto out_name;
	object->key = key;
	object->key_len = key_len;
	return object;

out_name:
	if (key)
		np_map_remove(&objects->by_name, key, key_len);
out_object:
	object_free(object);
	return NULL;
}

/**
 * np_objects_create() - a new object, which nobody holds yet
 * @name, @name_len: of length 0: it has no name; else one that np_objects_resolve() did
 *		not find
 * @params:	well formed, borrowed
 * @objectp:	the object, owned by the name space
 *
 * The caller opens it next, or drops it with np_object_drop().
 *
 * Return: STATUS_SUCCESS; as np_objects_resolve().
 */
npfs_status np_objects_create(struct np_objects *objects, uint32_t session,
			      const uint16_t *name, size_t name_len,
			      const struct np_object_params *params,
			      struct np_object **objectp)
{
	NP_CLEANUP_FREE uint8_t *key = NULL;
	struct np_object *object;
	npfs_status status;
	size_t key_len = 0;

	if (name_len > 0) {
		status = key_new(session, name, name_len, &key, &key_len);
		if (status != STATUS_SUCCESS)
			return status;
	}
	object = object_new(objects, objects->next_id, key, key_len, params);
	if (!object)
		return STATUS_INSUFFICIENT_RESOURCES;
	key = NULL;
	objects->next_id++;
	*objectp = object;
	return STATUS_SUCCESS;
}

/* np_objects_find() - an object by its number, or NULL */
struct np_object *np_objects_find(const struct np_objects *objects, uint64_t id)
{
	return np_map_get_u64(&objects->by_id, id);
}

static void name_drop(struct np_objects *objects, struct np_object *object)
{
	if (!object->key)
		return;
	np_map_remove(&objects->by_name, object->key, object->key_len);
	free(np_take_ptr(object->key));
	object->key_len = 0;
}

/* np_object_drop() - end an object without holders. Return: its body */
void *np_object_drop(struct np_objects *objects, struct np_object *object)
{
	void *body = object->body;

	assert(np_list_is_empty(&object->holders) && object->n_lent == 0);
	name_drop(objects, object);
	np_map_remove_u64(&objects->by_id, object->id);
	object_free(object);
	return body;
}

/* Ends what nobody has any more. Return: whether it ended, with its body. */
static bool object_settle(struct np_objects *objects, struct np_object *object,
			  void **bodyp)
{
	if (object->n_opens == 0)
		name_drop(objects, object);
	if (object->n_holders > 0 || object->n_lent > 0)
		return false;
	*bodyp = np_object_drop(objects, object);
	return true;
}

/* The smallest number that is free; 0 when none is. */
static uint32_t number_take(struct np_object *object)
{
	for (uint32_t i = 0; i < NP_ARRAY_LEN(object->numbers); i++) {
		uint64_t free_bits = ~object->numbers[i];
		uint32_t bit;

		if (!free_bits)
			continue;
		bit = (uint32_t)__builtin_ctzll(free_bits);
		object->numbers[i] |= UINT64_C(1) << bit;
		return i * BITS + bit + 1;
	}
	return 0;
}

static void number_give(struct np_object *object, uint32_t number)
{
	object->numbers[(number - 1) / BITS] &= ~(UINT64_C(1) << (number - 1) % BITS);
}

/* np_object_holder() - @owner as a holder of @object, or NULL */
struct np_holder *np_object_holder(const struct np_object *object,
				   const struct np_object_owner *owner)
{
	struct np_list *pos;

	np_list_for_each(pos, &object->holders) {
		struct np_holder *holder =
			np_list_entry(pos, struct np_holder, object_link);

		if (holder->owner == owner)
			return holder;
	}
	return NULL;
}

/* np_object_owner_first() - some holder of @owner's, or NULL */
struct np_holder *np_object_owner_first(const struct np_object_owner *owner)
{
	struct np_list *node = np_list_first(&owner->holders);

	return node ? np_list_entry(node, struct np_holder, owner_link) : NULL;
}

static struct np_holder *holder_new(struct np_object *object,
				    struct np_object_owner *owner, uint32_t number)
{
	struct np_holder *holder = calloc(1, sizeof(*holder));

	if (!holder)
		return NULL;
	holder->object = object;
	holder->owner = owner;
	holder->number = number;
	np_list_push_back(&object->holders, &holder->object_link);
	np_list_push_back(&owner->holders, &holder->owner_link);
	object->n_holders++;
	owner->n_holders++;
	return holder;
}

/**
 * np_object_open() - one open more
 * @holderp:	@owner as a holder, made when it is none yet
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES without memory, and when
 * NP_OBJECT_HOLDERS others hold it.
 */
npfs_status np_object_open(struct np_object *object, struct np_object_owner *owner,
			   struct np_holder **holderp)
{
	struct np_holder *holder = np_object_holder(object, owner);
	uint32_t number;

	if (object->n_opens == UINT32_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!holder) {
		number = number_take(object);
		if (!number)
			return STATUS_INSUFFICIENT_RESOURCES;
		holder = holder_new(object, owner, number);
		if (!holder) {
			number_give(object, number);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	holder->n_opens++;
	object->n_opens++;
	*holderp = holder;
	return STATUS_SUCCESS;
}

/* np_holder_close() - @n opens of @holder less; the name goes with the last of all */
void np_holder_close(struct np_objects *objects, struct np_holder *holder, uint32_t n)
{
	struct np_object *object = holder->object;

	n = np_min_u32(n, holder->n_opens);
	holder->n_opens -= n;
	object->n_opens -= n;
	if (object->n_opens == 0)
		name_drop(objects, object);
}

/*
 * np_holder_leave() - the holder is none any more
 * @bodyp:	the body, when the object has gone with it
 *
 * What its number means in the object's word was put right before.
 *
 * Return: whether the object has gone.
 */
bool np_holder_leave(struct np_objects *objects, struct np_holder *holder, void **bodyp)
{
	struct np_object *object = holder->object;

	np_holder_close(objects, holder, holder->n_opens);
	number_give(object, holder->number);
	np_list_remove(&holder->object_link);
	np_list_remove(&holder->owner_link);
	object->n_holders--;
	holder->owner->n_holders--;
	free(holder);
	return object_settle(objects, object, bodyp);
}

/**
 * np_objects_restore() - an object as it was with another name space; nobody holds it yet
 * @id:		its number there
 * @key:	its key there, copied; NULL when it had no name
 * @params:	borrowed, believed
 *
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_COLLISION when the number or the name is taken;
 * STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_objects_restore(struct np_objects *objects, uint64_t id, const void *key,
			       size_t key_len, const struct np_object_params *params,
			       struct np_object **objectp)
{
	NP_CLEANUP_FREE void *copy = NULL;
	struct np_object *object;

	if (np_objects_find(objects, id) ||
	    (key && np_map_get(&objects->by_name, key, key_len)))
		return STATUS_OBJECT_NAME_COLLISION;
	if (key) {
		copy = malloc(key_len);
		if (!copy)
			return STATUS_INSUFFICIENT_RESOURCES;
		memcpy(copy, key, key_len);
	}
	object = object_new(objects, id, copy, key ? key_len : 0, params);
	if (!object)
		return STATUS_INSUFFICIENT_RESOURCES;
	copy = NULL;
	*objectp = object;
	return STATUS_SUCCESS;
}

/* np_object_has_number() - is there a holder of this number? */
bool np_object_has_number(const struct np_object *object, uint32_t number)
{
	return object->numbers[(number - 1) / BITS] >> (number - 1) % BITS & 1u;
}

/* np_object_find_number() - the holder of this number, or NULL */
struct np_holder *np_object_find_number(const struct np_object *object, uint32_t number)
{
	struct np_list *pos;

	np_list_for_each(pos, &object->holders) {
		struct np_holder *holder =
			np_list_entry(pos, struct np_holder, object_link);

		if (holder->number == number)
			return holder;
	}
	return NULL;
}

/**
 * np_holder_restore() - @owner held @object under @number, with so many opens
 *
 * For one that is known already these are its new opens and rights.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: no such number, or another owner has
 * it; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_holder_restore(struct np_objects *objects, struct np_object *object,
			      struct np_object_owner *owner, uint32_t number,
			      uint32_t n_opens, uint32_t granted)
{
	struct np_holder *holder;

	if (number < 1 || number > NP_OBJECT_HOLDERS ||
	    n_opens > UINT32_MAX - object->n_opens)
		return STATUS_INVALID_PARAMETER;
	holder = np_object_find_number(object, number);
	if (holder && holder->owner != owner)
		return STATUS_INVALID_PARAMETER;
	if (!holder) {
		holder = holder_new(object, owner, number);
		if (!holder)
			return STATUS_INSUFFICIENT_RESOURCES;
		object->numbers[(number - 1) / BITS] |= UINT64_C(1) << (number - 1) % BITS;
	}
	holder->granted = granted;
	object->n_opens += n_opens;
	object->n_opens -= holder->n_opens;
	holder->n_opens = n_opens;
	if (object->n_opens == 0)
		name_drop(objects, object);
	return STATUS_SUCCESS;
}

/* np_holder_move() - @owner, who does not hold it yet, has come for what was kept for it */
void np_holder_move(struct np_holder *holder, struct np_object_owner *owner)
{
	np_list_remove(&holder->owner_link);
	holder->owner->n_holders--;
	holder->owner = owner;
	np_list_push_back(&owner->holders, &holder->owner_link);
	owner->n_holders++;
	holder->n_unclaimed = holder->n_opens;
}

/* np_holder_claim() - @n_opens of those that came along are still there */
void np_holder_claim(struct np_holder *holder, uint32_t n_opens)
{
	holder->n_unclaimed -= np_min_u32(n_opens, holder->n_unclaimed);
}

/* np_object_lend() - a parcel with it is on its way */
void np_object_lend(struct np_object *object)
{
	object->n_lent++;
	object->n_opens++;
}

/* np_object_lent_end() - it has arrived or was thrown away. As np_holder_leave() */
bool np_object_lent_end(struct np_objects *objects, struct np_object *object,
			void **bodyp)
{
	assert(object->n_lent > 0);
	object->n_lent--;
	object->n_opens--;
	return object_settle(objects, object, bodyp);
}
