/* SPDX-License-Identifier: MIT */
/*
 * The name space of synchronisation objects.  The model is in named_objects.h.
 *
 * A record borrows its object: it is taken out before the object can go, by
 * named_object_forget(), or earlier by a lookup that meets an object whose last handle
 * has just been closed.
 */
#include "kernel32-shim/named_objects.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct name_record {
	struct object_link link;
	struct object *object; /* borrowed */
	char name[];
};

static struct {
	pthread_mutex_t lock;
	struct object_link records;
} names = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.records = {&names.records, &names.records},
};

static void names_before_fork(void)
{
	pthread_mutex_lock(&names.lock);
}

static void names_after_fork(void)
{
	pthread_mutex_unlock(&names.lock);
}

__attribute__((constructor)) static void names_survive_fork(void)
{
	pthread_atfork(names_before_fork, names_after_fork, names_after_fork);
}

/* Step over the name space prefix.  0 or the error of the name. */
static DWORD name_check(const char **namep)
{
	const char *name = *namep;

	if (strncmp(name, "Global\\", 7) == 0)
		name += 7;
	else if (strncmp(name, "Local\\", 6) == 0)
		name += 6;
	if (strchr(name, '\\'))
		return ERROR_PATH_NOT_FOUND;
	if (strlen(name) > MAX_PATH)
		return ERROR_FILENAME_EXCED_RANGE;
	*namep = name;
	return 0;
}

/* The open object of a name, held and counted, or NULL.  Lock held. */
static struct object *name_lookup(const char *name)
{
	struct object_link *next;

	for (struct object_link *l = names.records.next; l != &names.records; l = next) {
		struct name_record *record =
			object_container(l, struct name_record, link);

		next = l->next;
		if (strcmp(record->name, name) != 0)
			continue;
		if (object_hold_if_open(record->object))
			return object_ref(record->object);
		object_link_remove(&record->link);
		free(record);
	}
	return NULL;
}

DWORD named_object_add(struct object *o, const char *name, struct object **existingp)
{
	DWORD error = name_check(&name);
	struct name_record *record;
	struct object *existing;

	if (error)
		return error;
	record = malloc(sizeof(*record) + strlen(name) + 1);
	if (!record)
		return ERROR_NOT_ENOUGH_MEMORY;
	strcpy(record->name, name);
	record->object = o;
	pthread_mutex_lock(&names.lock);
	existing = name_lookup(name);
	if (!existing)
		object_link_push_back(&names.records, &record->link);
	pthread_mutex_unlock(&names.lock);
	if (!existing)
		return 0;
	free(record);
	if (existing->ops->type != o->ops->type) {
		object_release(existing);
		object_unref(existing);
		return ERROR_INVALID_HANDLE;
	}
	*existingp = existing;
	return ERROR_ALREADY_EXISTS;
}

DWORD named_object_find(const char *name, enum object_type type, struct object **objp)
{
	DWORD error = name_check(&name);
	struct object *o;

	if (error)
		return error;
	pthread_mutex_lock(&names.lock);
	o = name_lookup(name);
	pthread_mutex_unlock(&names.lock);
	if (!o)
		return ERROR_FILE_NOT_FOUND;
	if (o->ops->type != type) {
		object_release(o);
		object_unref(o);
		return ERROR_INVALID_HANDLE;
	}
	*objp = o;
	return 0;
}

void named_object_forget(struct object *o)
{
	pthread_mutex_lock(&names.lock);
	for (struct object_link *l = names.records.next; l != &names.records;
	     l = l->next) {
		struct name_record *record =
			object_container(l, struct name_record, link);

		if (record->object == o) {
			object_link_remove(&record->link);
			free(record);
			break;
		}
	}
	pthread_mutex_unlock(&names.lock);
}
