/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of open objects: KernelObjectSecurity and SecurityInfo by handle
 *
 * The library is asked until the answer fits: between the question how long a descriptor
 * is and the question for it, another process may have changed it.
 */
#include "kernel32-shim/object_security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aclapi.h>

#include <npfs/npfs.h>
#include <npfs/object.h>
#include <npfs/security.h>

#include "kernel32-shim/default_security.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/heap.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/token.h"

#define PARTS                                                                            \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |                       \
	 DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

/* Most descriptors fit at once. */
#define SD_ROOM_AT_FIRST 512u

/* The rights a handle needs (npfs-semantics 9.2). */
static uint32_t rights_to_get(SECURITY_INFORMATION information)
{
	return (information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
			       DACL_SECURITY_INFORMATION)
			? READ_CONTROL
			: 0) |
	       (information & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

static uint32_t rights_to_set(SECURITY_INFORMATION information)
{
	return (information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)
			? WRITE_OWNER
			: 0) |
	       (information & DACL_SECURITY_INFORMATION ? WRITE_DAC : 0) |
	       (information & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

/* The object behind a handle that has @rights, counted. */
static DWORD object_get(HANDLE h, uint32_t rights, struct object **op)
{
	uint32_t access = 0;
	struct object *o = handle_get(h, OBJECT_ANY, &access);

	if (!o)
		return ERROR_INVALID_HANDLE;
	if (rights & ~access) {
		object_unref(o);
		return ERROR_ACCESS_DENIED;
	}
	*op = o;
	return 0;
}

static bool is_sync(const struct object *o)
{
	return o->ops->type == OBJECT_EVENT || o->ops->type == OBJECT_MUTEX ||
	       o->ops->type == OBJECT_SEMAPHORE || o->ops->type == OBJECT_TIMER;
}

/* Whose descriptor the library is asked about: one of the two. */
struct owner_of_sd {
	struct npfs_end *end;
	struct npfs_object *object;
};

/* Return: 0; ERROR_NOT_SUPPORTED: the library keeps none for this kind. */
static DWORD owner_get(struct object *o, struct owner_of_sd *ownerp)
{
	*ownerp = (struct owner_of_sd){NULL, NULL};
	if (is_sync(o))
		return sync_object_share(o, &ownerp->object);
	if (o->ops->type != OBJECT_PIPE || pipe_from_object(o)->kind != PIPE_KIND_END)
		return ERROR_NOT_SUPPORTED;
	ownerp->end = pipe_from_object(o)->end;
	return 0;
}

static npfs_status ask(const struct owner_of_sd *owner, SECURITY_INFORMATION information,
		       void *sd, uint32_t room, uint32_t *lenp)
{
	if (owner->end)
		return npfs_end_get_security(owner->end, information, sd, room, lenp);
	return npfs_object_get_security(owner->object, information, sd, room, lenp);
}

static npfs_status kept_descriptor(const struct owner_of_sd *owner,
				   SECURITY_INFORMATION information, void **sdp,
				   uint32_t *lenp)
{
	uint32_t room = SD_ROOM_AT_FIRST;
	npfs_status status;

	for (;;) {
		void *sd = heap_process_alloc(room, true);

		if (!sd)
			return STATUS_NO_MEMORY;
		status = ask(owner, information & PARTS, sd, room, lenp);
		if (status == STATUS_SUCCESS)
			*sdp = sd;
		else
			heap_process_free(sd);
		if (status != STATUS_BUFFER_TOO_SMALL)
			return status;
		room = *lenp;
	}
}

/* What a descriptor says that nobody keeps: who the thing belongs to may do everything. */
static DWORD derived_descriptor(uid_t uid, gid_t gid, SECURITY_INFORMATION information,
				void **sdp, uint32_t *lenp)
{
	SID_IDENTIFIER_AUTHORITY unix_authority = {{0, 0, 0, 0, 0, 22}};
	SID_IDENTIFIER_AUTHORITY nt_authority = {SECURITY_NT_AUTHORITY};
	DWORD owner[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD group[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD system[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD room[DEFAULT_DACL_ROOM / sizeof(DWORD)];
	struct securitydesc_parts parts = {.control = SE_SELF_RELATIVE};
	ACL *dacl = (ACL *)(void *)room;

	InitializeSid(owner, &unix_authority, 2);
	*GetSidSubAuthority(owner, 0) = 1;
	*GetSidSubAuthority(owner, 1) = uid;
	InitializeSid(group, &unix_authority, 2);
	*GetSidSubAuthority(group, 0) = 2;
	*GetSidSubAuthority(group, 1) = gid;
	InitializeSid(system, &nt_authority, 1);
	*GetSidSubAuthority(system, 0) = SECURITY_LOCAL_SYSTEM_RID;
	InitializeAcl(dacl, sizeof(room), ACL_REVISION);
	AddAccessAllowedAce(dacl, ACL_REVISION, GENERIC_ALL, owner);
	AddAccessAllowedAce(dacl, ACL_REVISION, GENERIC_ALL, system);
	dacl->AclSize = (WORD)(sizeof(*dacl) +
			       2 * offsetof(ACCESS_ALLOWED_ACE, SidStart) +
			       GetLengthSid(owner) + GetLengthSid(system));
	if (information & OWNER_SECURITY_INFORMATION)
		parts.owner = (SID *)(void *)owner;
	if (information & GROUP_SECURITY_INFORMATION)
		parts.group = (SID *)(void *)group;
	if (information & DACL_SECURITY_INFORMATION) {
		parts.control |= SE_DACL_PRESENT;
		parts.dacl = dacl;
	}
	*lenp = securitydesc_relative_len(&parts);
	*sdp = heap_process_alloc(*lenp, true);
	if (!*sdp)
		return ERROR_NOT_ENOUGH_MEMORY;
	securitydesc_relative_write(&parts, *sdp);
	return 0;
}

/* Of a process, a thread, a token. */
static DWORD object_descriptor(struct object *o, SECURITY_INFORMATION information,
			       void **sdp, uint32_t *lenp)
{
	const struct npfs_identity_info *who;
	char path[32];
	struct stat st;

	switch (o->ops->type) {
	case OBJECT_TOKEN:
		who = npfs_identity_look(token_from_object(o)->identity);
		return derived_descriptor(who->uid, who->gid, information, sdp, lenp);
	case OBJECT_PROCESS:
		snprintf(path, sizeof(path), "/proc/%d",
			 (int)process_pid(process_from_object(o)));
		if (stat(path, &st) < 0)
			return ERROR_ACCESS_DENIED;
		return derived_descriptor(st.st_uid, st.st_gid, information, sdp, lenp);
	case OBJECT_THREAD:
		return derived_descriptor(getuid(), getgid(), information, sdp, lenp);
	default:
		return ERROR_NOT_SUPPORTED;
	}
}

DWORD object_security_get(HANDLE h, SECURITY_INFORMATION information, void **sdp,
			  uint32_t *lenp)
{
	struct owner_of_sd owner;
	npfs_status status;
	struct object *o;
	DWORD err;

	err = object_get(h, rights_to_get(information), &o);
	if (err)
		return err;
	err = owner_get(o, &owner);
	if (err == ERROR_NOT_SUPPORTED) {
		err = object_descriptor(o, information, sdp, lenp);
	} else if (!err) {
		status = kept_descriptor(&owner, information, sdp, lenp);
		err = status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
	}
	object_unref(o);
	return err;
}

/* What the information asks for beside the descriptor: shall inheritance end here? */
static WORD protection(WORD control, SECURITY_INFORMATION information)
{
	unsigned c = control;

	if (information & PROTECTED_DACL_SECURITY_INFORMATION)
		c |= SE_DACL_PROTECTED;
	if (information & UNPROTECTED_DACL_SECURITY_INFORMATION)
		c &= ~(unsigned)SE_DACL_PROTECTED;
	if (information & PROTECTED_SACL_SECURITY_INFORMATION)
		c |= SE_SACL_PROTECTED;
	if (information & UNPROTECTED_SACL_SECURITY_INFORMATION)
		c &= ~(unsigned)SE_SACL_PROTECTED;
	return (WORD)c;
}

static npfs_status change(const struct owner_of_sd *owner, SECURITY_INFORMATION information,
			  PSECURITY_DESCRIPTOR sd)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .lpSecurityDescriptor = sd};
	void *bytes = NULL;
	npfs_status status;
	uint32_t len = 0;
	SECURITY_DESCRIPTOR_RELATIVE *relative;

	status = securitydesc_flatten(&sa, &bytes, &len);
	if (status != STATUS_SUCCESS)
		return status;
	relative = bytes;
	relative->Control = protection(relative->Control, information);
	if (owner->end)
		status = npfs_end_set_security(owner->end, information & PARTS, bytes, len);
	else
		status = npfs_object_set_security(owner->object, information & PARTS, bytes,
						  len);
	free(bytes);
	return status;
}

DWORD object_security_set(HANDLE h, SECURITY_INFORMATION information,
			  PSECURITY_DESCRIPTOR sd)
{
	struct owner_of_sd owner;
	npfs_status status;
	struct object *o;
	DWORD err;

	err = object_get(h, rights_to_set(information), &o);
	if (err)
		return err;
	err = owner_get(o, &owner);
	if (!err) {
		status = change(&owner, information, sd);
		err = status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
	}
	object_unref(o);
	return err;
}

/* Needed is told also when it fits; a size of nothing asks for it. */
BOOL WINAPI GetKernelObjectSecurity(HANDLE h, SECURITY_INFORMATION information,
				    PSECURITY_DESCRIPTOR sd, DWORD room, LPDWORD neededp)
{
	void *found = NULL;
	uint32_t len = 0;
	DWORD err;

	if (!neededp)
		return thread_fail(ERROR_NOACCESS);
	err = object_security_get(h, information, &found, &len);
	if (err)
		return thread_fail(err);
	*neededp = len;
	if (sd && room >= len)
		memcpy(sd, found, len);
	else
		err = ERROR_INSUFFICIENT_BUFFER;
	heap_process_free(found);
	return err ? thread_fail(err) : TRUE;
}

BOOL WINAPI SetKernelObjectSecurity(HANDLE h, SECURITY_INFORMATION information,
				    PSECURITY_DESCRIPTOR sd)
{
	DWORD err = sd ? object_security_set(h, information, sd) : ERROR_NOACCESS;

	return err ? thread_fail(err) : TRUE;
}

/* An open pipe is a file and a kernel object; what else has a descriptor is the latter. */
static bool type_is_known(SE_OBJECT_TYPE type)
{
	return type == SE_KERNEL_OBJECT || type == SE_FILE_OBJECT;
}

DWORD WINAPI GetSecurityInfo(HANDLE h, SE_OBJECT_TYPE type,
			     SECURITY_INFORMATION information, PSID *ownerp, PSID *groupp,
			     PACL *daclp, PACL *saclp, PSECURITY_DESCRIPTOR *sdp)
{
	struct securitydesc_parts parts = {0};
	void *sd = NULL;
	uint32_t len;
	DWORD err;

	if (type == SE_UNKNOWN_OBJECT_TYPE || !sdp)
		return ERROR_INVALID_PARAMETER;
	if (!type_is_known(type))
		return ERROR_NOT_SUPPORTED;
	err = object_security_get(h, information, &sd, &len);
	if (err)
		return err;
	if (!securitydesc_is_valid_relative(sd, len) ||
	    !securitydesc_parts_get(sd, &parts)) {
		heap_process_free(sd);
		return ERROR_INVALID_SECURITY_DESCR;
	}
	if (ownerp)
		*ownerp = parts.owner;
	if (groupp)
		*groupp = parts.group;
	if (daclp)
		*daclp = parts.dacl;
	if (saclp)
		*saclp = parts.sacl;
	*sdp = sd;
	return 0;
}

DWORD WINAPI SetSecurityInfo(HANDLE h, SE_OBJECT_TYPE type,
			     SECURITY_INFORMATION information, PSID owner, PSID group,
			     PACL dacl, PACL sacl)
{
	SECURITY_DESCRIPTOR sd = {.Revision = SECURITY_DESCRIPTOR_REVISION};

	if (type == SE_UNKNOWN_OBJECT_TYPE)
		return ERROR_INVALID_PARAMETER;
	if (!type_is_known(type))
		return ERROR_NOT_SUPPORTED;
	if (information & OWNER_SECURITY_INFORMATION)
		sd.Owner = owner;
	if (information & GROUP_SECURITY_INFORMATION)
		sd.Group = group;
	if (information & DACL_SECURITY_INFORMATION) {
		sd.Control |= SE_DACL_PRESENT;
		sd.Dacl = dacl;
	}
	if (information & SACL_SECURITY_INFORMATION) {
		sd.Control |= SE_SACL_PRESENT;
		sd.Sacl = sacl;
	}
	return object_security_set(h, information, &sd);
}
