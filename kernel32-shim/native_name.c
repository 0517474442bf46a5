/* SPDX-License-Identifier: MIT */
/*
 * Reading OBJECT_ATTRIBUTES
 *
 * What the object manager has here, written as it is spelled there:
 *
 *	\Device\NamedPipe		the pipe file system
 *	\??\PIPE, \DosDevices\PIPE,	links to it
 *	\GLOBAL??\PIPE
 *	\??\UNC\...			other computers
 *	\??\...				anything else a DOS path can say
 */
#include "kernel32-shim/native_name.h"

#include <stdlib.h>
#include <string.h>

#include <npfs/name.h>

#define BYTES(len) ((len) * sizeof(uint16_t))

struct units {
	const uint16_t *at;
	size_t len;
};

enum target {
	TARGET_PIPES,
	TARGET_NETWORK,
	TARGET_DOS,
};

static const struct {
	const char *text;
	enum target target;
} prefixes[] = {
	{"\\Device\\NamedPipe", TARGET_PIPES},
	{"\\??\\PIPE", TARGET_PIPES},
	{"\\DosDevices\\PIPE", TARGET_PIPES},
	{"\\GLOBAL??\\PIPE", TARGET_PIPES},
	{"\\??\\GLOBALROOT\\Device\\NamedPipe", TARGET_PIPES},
	{"\\??\\UNC", TARGET_NETWORK},
	{"\\DosDevices\\UNC", TARGET_NETWORK},
	{"\\??", TARGET_DOS},
	{"\\DosDevices", TARGET_DOS},
};

/* Does the name begin with these components? With another case: *is_other_casep. */
static bool begins_with(const struct units *name, const char *text, bool *is_other_casep)
{
	size_t len = strlen(text);

	*is_other_casep = false;
	if (name->len < len || (name->len > len && name->at[len] != '\\'))
		return false;
	for (size_t i = 0; i < len; i++) {
		uint16_t unit = (unsigned char)text[i];

		if (npfs_upcase16(name->at[i]) != npfs_upcase16(unit))
			return false;
		*is_other_casep |= name->at[i] != unit;
	}
	return true;
}

/* What is behind the device: nothing, its separator alone, or that and a name. */
static npfs_status pipe_place(struct units rest, struct place *placep)
{
	if (!rest.len) {
		placep->kind = PLACE_DEVICE;
		return STATUS_SUCCESS;
	}
	if (rest.len == 1) {
		placep->kind = PLACE_ROOT;
		return STATUS_SUCCESS;
	}
	if (rest.len - 1 > NPFS_NAME_MAX)
		return STATUS_OBJECT_NAME_INVALID;
	placep->kind = PLACE_NAME;
	placep->name = rest.at + 1;
	placep->name_len = rest.len - 1;
	return STATUS_SUCCESS;
}

/* \??\C:\x is what \\?\C:\x is among DOS paths. */
static npfs_status dos_place(struct units rest, struct native_name *namep)
{
	static const uint16_t prefix[] = {'\\', '\\', '?'};

	if (rest.len < 2)
		return STATUS_OBJECT_TYPE_MISMATCH; /* the directory of links itself */
	namep->path = malloc(sizeof(prefix) + BYTES(rest.len + 1));
	if (!namep->path)
		return STATUS_NO_MEMORY;
	memcpy(namep->path, prefix, sizeof(prefix));
	memcpy(namep->path + 3, rest.at, BYTES(rest.len));
	namep->path[3 + rest.len] = 0;
	namep->place.kind = PLACE_FILE;
	namep->place.name = namep->path;
	namep->place.name_len = 3 + rest.len;
	return STATUS_SUCCESS;
}

static npfs_status target_place(enum target target, struct units rest,
				struct native_name *namep)
{
	switch (target) {
	case TARGET_PIPES:
		return pipe_place(rest, &namep->place);
	case TARGET_NETWORK:
		return STATUS_BAD_NETWORK_PATH;
	case TARGET_DOS:
		break;
	}
	return dos_place(rest, namep);
}

static npfs_status read_absolute(struct units name, bool ignores_case,
				 struct native_name *namep)
{
	bool is_other_case;

	if (!name.len || name.at[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i].text);

		if (!begins_with(&name, prefixes[i].text, &is_other_case))
			continue;
		if (is_other_case && !ignores_case)
			return (npfs_status)npfs_rule("case_miss_status");
		return target_place(prefixes[i].target,
				    (struct units){name.at + len, name.len - len}, namep);
	}
	return begins_with(&name, "\\Device", &is_other_case)
		       ? STATUS_OBJECT_NAME_NOT_FOUND
		       : STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Relative to the device nothing but the device itself can be opened. */
static npfs_status read_relative(struct units name, struct object *root,
				 struct native_name *namep)
{
	struct pipe_object *pipe = file_pipe(root);
	struct place *place = &namep->place;

	if (!pipe)
		return STATUS_NOT_SUPPORTED;
	switch (pipe->kind) {
	case PIPE_KIND_DEVICE:
		place->kind = PLACE_DEVICE;
		return name.len ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
	case PIPE_KIND_END:
		place->kind = PLACE_END;
		place->end = pipe;
		return name.len ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
	case PIPE_KIND_ROOT:
		break;
	}
	if (name.len && name.at[0] == '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (name.len > NPFS_NAME_MAX)
		return STATUS_OBJECT_NAME_INVALID;
	place->kind = name.len ? PLACE_NAME : PLACE_UNNAMED;
	place->name = name.at;
	place->name_len = name.len;
	return STATUS_SUCCESS;
}

static npfs_status read_name(const OBJECT_ATTRIBUTES *attributes,
			     struct native_name *namep)
{
	const UNICODE_STRING *string = attributes->ObjectName;
	struct units name = {NULL, 0};
	struct object *root;
	npfs_status status;

	if (string && string->Length % sizeof(uint16_t))
		return STATUS_OBJECT_NAME_INVALID;
	if (string && string->Length) {
		name.at = (const uint16_t *)string->Buffer;
		name.len = string->Length / sizeof(uint16_t);
		if (!name.at)
			return STATUS_ACCESS_VIOLATION;
	}
	if (!attributes->RootDirectory)
		return read_absolute(name, attributes->Attributes & OBJ_CASE_INSENSITIVE,
				     namep);
	status = file_pin(attributes->RootDirectory, NULL, &namep->pin, &root);
	if (status != STATUS_SUCCESS) {
		namep->pin.slot = NULL;
		return status;
	}
	return read_relative(name, root, namep);
}

npfs_status native_name_read(const OBJECT_ATTRIBUTES *attributes,
			     struct native_name *namep)
{
	npfs_status status;

	memset(namep, 0, sizeof(*namep));
	if (!attributes || attributes->Length != sizeof(*attributes))
		return STATUS_INVALID_PARAMETER;
	status = read_name(attributes, namep);
	if (status != STATUS_SUCCESS)
		native_name_fini(namep);
	return status;
}

void native_name_fini(struct native_name *name)
{
	handle_unpin(&name->pin);
	free(name->path);
	name->path = NULL;
}
