/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of open objects: KernelObjectSecurity and SecurityInfo by handle
 *
 * The library is asked until the answer fits: between the question how long a descriptor
 * is and the question for it, another process may have changed it.
 */
#include "kernel32-shim/object_security.h"

#include <stdlib.h>
#include <string.h>

#include <aclapi.h>

#include <npfs/npfs.h>
#include <npfs/security.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/heap.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

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

/* The pipe end behind a handle that has @rights, counted. */
static DWORD end_get(HANDLE h, uint32_t rights, struct pipe_object **pipep)
{
	uint32_t access = 0;
	struct object *o = handle_get(h, OBJECT_ANY, &access);
	DWORD err = 0;

	if (!o)
		return ERROR_INVALID_HANDLE;
	*pipep = pipe_from_object(o);
	if (o->ops->type != OBJECT_PIPE || (*pipep)->kind != PIPE_KIND_END)
		err = ERROR_NOT_SUPPORTED;
	else if (rights & ~access)
		err = ERROR_ACCESS_DENIED;
	if (err)
		object_unref(o);
	return err;
}

static npfs_status end_descriptor(struct npfs_end *end, SECURITY_INFORMATION information,
				  void **sdp, uint32_t *lenp)
{
	uint32_t room = SD_ROOM_AT_FIRST;
	npfs_status status;

	for (;;) {
		void *sd = heap_process_alloc(room, true);

		if (!sd)
			return STATUS_NO_MEMORY;
		status = npfs_end_get_security(end, information & PARTS, sd, room, lenp);
		if (status == STATUS_SUCCESS)
			*sdp = sd;
		else
			heap_process_free(sd);
		if (status != STATUS_BUFFER_TOO_SMALL)
			return status;
		room = *lenp;
	}
}

DWORD object_security_get(HANDLE h, SECURITY_INFORMATION information, void **sdp,
			  uint32_t *lenp)
{
	struct pipe_object *pipe;
	npfs_status status;
	DWORD err;

	err = end_get(h, rights_to_get(information), &pipe);
	if (err)
		return err;
	status = end_descriptor(pipe->end, information, sdp, lenp);
	object_unref(&pipe->object);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
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

static npfs_status end_change(struct npfs_end *end, SECURITY_INFORMATION information,
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
	status = npfs_end_set_security(end, information & PARTS, bytes, len);
	free(bytes);
	return status;
}

DWORD object_security_set(HANDLE h, SECURITY_INFORMATION information,
			  PSECURITY_DESCRIPTOR sd)
{
	struct pipe_object *pipe;
	npfs_status status;
	DWORD err;

	err = end_get(h, rights_to_set(information), &pipe);
	if (err)
		return err;
	status = end_change(pipe->end, information, sd);
	object_unref(&pipe->object);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
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

/* An open pipe is a file and a kernel object. */
static bool type_is_of_pipes(SE_OBJECT_TYPE type)
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
	if (!type_is_of_pipes(type))
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
	if (!type_is_of_pipes(type))
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
