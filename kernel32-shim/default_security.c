/* SPDX-License-Identifier: MIT */
/* What is made without a descriptor.  The table is in default_security.h. */
#include "kernel32-shim/default_security.h"

#include <stdlib.h>
#include <string.h>

#include <npfs/pipe.h>

/* Values of the rule default_sd. */
enum pipe_default {
	PIPE_DEFAULT_NONE,
	PIPE_DEFAULT_TOKEN,
	PIPE_DEFAULT_EVERYONE_READS,
};

#define SID_ROOM 32u

/* what a token was told */

void default_security_get(struct npfs_identity *identity, struct default_security *defaults)
{
	uint32_t len = 0, again = 0;

	memset(defaults, 0, sizeof(*defaults));
	npfs_identity_get_defaults(identity, NULL, 0, &len);
	if (len == 0)
		return;
	defaults->bytes = malloc(len);
	if (!defaults->bytes ||
	    npfs_identity_get_defaults(identity, defaults->bytes, len, &again) !=
		    STATUS_SUCCESS ||
	    again == 0 || !securitydesc_parts_get(defaults->bytes, &defaults->parts)) {
		default_security_release(defaults);
		return;
	}
	defaults->has_dacl = defaults->parts.control & SE_DACL_PRESENT;
}

void default_security_release(struct default_security *defaults)
{
	free(defaults->bytes);
	memset(defaults, 0, sizeof(*defaults));
}

/* The bytes of these parts, to be freed by the caller; NULL without memory. */
static void *write_parts(struct securitydesc_parts *parts, bool has_dacl, uint32_t *lenp)
{
	void *bytes;

	parts->control = (SECURITY_DESCRIPTOR_CONTROL)(
		(parts->control & ~SE_DACL_PRESENT) | (has_dacl ? SE_DACL_PRESENT : 0));
	*lenp = securitydesc_relative_len(parts);
	bytes = malloc(*lenp);
	if (bytes)
		securitydesc_relative_write(parts, bytes);
	return bytes;
}

DWORD default_security_set(struct npfs_identity *identity,
			   const struct default_security *defaults)
{
	struct securitydesc_parts parts = defaults->parts;
	npfs_status status;
	uint32_t len = 0;
	void *bytes = write_parts(&parts, defaults->has_dacl, &len);

	if (!bytes)
		return ERROR_NOT_ENOUGH_MEMORY;
	status = npfs_identity_set_defaults(identity, bytes, len);
	free(bytes);
	return npfs_status_to_win32(status);
}

/* lists */

static void sid_write(uint8_t *sid, unsigned authority, unsigned n, uint32_t s0, uint32_t s1)
{
	const uint32_t subs[2] = {s0, s1};

	memset(sid, 0, SID_ROOM);
	sid[0] = SID_REVISION;
	sid[1] = (uint8_t)n;
	sid[7] = (uint8_t)authority;
	memcpy(sid + 8, subs, 4 * n);
}

static void user_write(uint8_t *sid, const struct npfs_identity *identity)
{
	const struct npfs_identity_info *info = npfs_identity_look(identity);

	if (info->flags & NPFS_IDENTITY_ANONYMOUS)
		sid_write(sid, 5, 1, 7, 0);
	else
		sid_write(sid, 22, 2, 1, info->uid);
}

/* Ends a list where its entries end. */
static void list_close(ACL *dacl)
{
	void *end = NULL;

	FindFirstFreeAce(dacl, &end);
	dacl->AclSize = (WORD)((uint8_t *)end - (uint8_t *)dacl);
}

void default_dacl_of_token(const struct npfs_identity *identity, ACL *dacl)
{
	uint64_t sid[SID_ROOM / 8];

	InitializeAcl(dacl, DEFAULT_DACL_ROOM, ACL_REVISION);
	user_write((uint8_t *)sid, identity);
	AddAccessAllowedAce(dacl, ACL_REVISION, GENERIC_ALL, sid);
	sid_write((uint8_t *)sid, 5, 1, 18, 0);
	AddAccessAllowedAce(dacl, ACL_REVISION, GENERIC_ALL, sid);
	list_close(dacl);
}

/* That of a pipe of newer systems: everybody may read. */
static void default_dacl_of_pipe(PSID owner, ACL *dacl)
{
	uint64_t sid[SID_ROOM / 8];

	InitializeAcl(dacl, DEFAULT_DACL_ROOM, ACL_REVISION);
	sid_write((uint8_t *)sid, 5, 1, 18, 0);
	AddAccessAllowedAce(dacl, ACL_REVISION, FILE_ALL_ACCESS, sid);
	sid_write((uint8_t *)sid, 5, 2, 32, 544);
	AddAccessAllowedAce(dacl, ACL_REVISION, FILE_ALL_ACCESS, sid);
	AddAccessAllowedAce(dacl, ACL_REVISION, FILE_ALL_ACCESS, owner);
	sid_write((uint8_t *)sid, 1, 1, 0, 0);
	AddAccessAllowedAce(dacl, ACL_REVISION, FILE_GENERIC_READ, sid);
	sid_write((uint8_t *)sid, 5, 1, 7, 0);
	AddAccessAllowedAce(dacl, ACL_REVISION, FILE_GENERIC_READ, sid);
	list_close(dacl);
}

/* something new */

static struct npfs_identity *maker(void)
{
	struct npfs_identity *identity = npfs_thread_identity();

	if (!identity)
		npfs_identity_process(&identity);
	return identity;
}

static enum pipe_default pipe_default(void)
{
	return (enum pipe_default)npfs_rule("default_sd");
}

/* Puts what is missing into @parts; @room is for a list. Return: whether it has a DACL. */
static bool complete(struct securitydesc_parts *parts, bool is_given, bool is_pipe,
		     const struct npfs_identity *identity,
		     const struct default_security *defaults, ACL *room)
{
	enum pipe_default rule = is_pipe ? pipe_default() : PIPE_DEFAULT_TOKEN;
	bool has_dacl = parts->control & SE_DACL_PRESENT;
	uint64_t user[SID_ROOM / 8];

	if (!parts->owner)
		parts->owner = defaults->parts.owner;
	if (!parts->group)
		parts->group = defaults->parts.group;
	if (is_given)
		return has_dacl;
	if (rule == PIPE_DEFAULT_NONE) {
		parts->dacl = NULL;
	} else if (rule == PIPE_DEFAULT_TOKEN && defaults->has_dacl) {
		parts->dacl = defaults->parts.dacl;
	} else if (rule == PIPE_DEFAULT_TOKEN) {
		default_dacl_of_token(identity, room);
		parts->dacl = room;
	} else {
		user_write((uint8_t *)user, identity);
		default_dacl_of_pipe(parts->owner ? parts->owner : (PSID)user, room);
		parts->dacl = room;
	}
	return true;
}

/* Return: as securitydesc_flatten(). */
static npfs_status flatten_as(struct npfs_identity *identity,
			      const struct default_security *defaults,
			      const SECURITY_ATTRIBUTES *sa, bool is_pipe, void **bytesp,
			      uint32_t *lenp)
{
	bool is_given = sa && sa->lpSecurityDescriptor;
	struct securitydesc_parts parts;
	uint64_t room[DEFAULT_DACL_ROOM / 8];
	bool has_dacl;

	memset(&parts, 0, sizeof(parts));
	if (is_given && !securitydesc_parts_get(sa->lpSecurityDescriptor, &parts))
		return STATUS_INVALID_SECURITY_DESCR;
	has_dacl = complete(&parts, is_given, is_pipe, identity, defaults,
			    (ACL *)(void *)room);
	*bytesp = write_parts(&parts, has_dacl, lenp);
	return *bytesp ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

npfs_status default_security_flatten(const SECURITY_ATTRIBUTES *sa, bool is_pipe,
				     void **bytesp, uint32_t *lenp)
{
	bool is_given = sa && sa->lpSecurityDescriptor;
	struct npfs_identity *identity = maker();
	struct default_security defaults;
	bool is_brokers;
	npfs_status status;

	*bytesp = NULL;
	*lenp = 0;
	if (!identity)
		return STATUS_NO_MEMORY;
	default_security_get(identity, &defaults);
	is_brokers = is_given || !is_pipe || pipe_default() == PIPE_DEFAULT_EVERYONE_READS;
	if (is_brokers && !defaults.bytes)
		status = securitydesc_flatten(sa, bytesp, lenp);
	else
		status = flatten_as(identity, &defaults, sa, is_pipe, bytesp, lenp);
	default_security_release(&defaults);
	npfs_identity_unref(identity);
	return status;
}
