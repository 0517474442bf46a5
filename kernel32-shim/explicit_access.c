/* SPDX-License-Identifier: MIT */
/*
 * Lists from what trustees are to have, and back
 *
 * SetEntriesInAcl() works on the entries of the old list one explicit entry at a time, as
 * documented for each mode. Only entries that were not inherited are changed; "the same"
 * below means of the same trustee with the same inheritance flags:
 *
 *	GRANT	what the same allowed entries give is put together with what is granted,
 *		in one allowed entry; the same denied entries lose what is granted
 *	SET	allowed and denied entries of the trustee go, one allowed entry comes
 *	DENY	what the same denied entries deny is put together with what is denied, in
 *		one denied entry
 *	REVOKE	allowed and audit entries of the trustee go
 *	AUDIT	an audit entry comes, or the same one for the same rights gets the other
 *		of the two flags
 *
 * A new denied entry comes before all others, a new allowed entry just before the first
 * allowed one (without one: before what was inherited), an audit entry behind the rest;
 * new entries among themselves keep the order in which they were given.
 *
 * Entries of other types stay as they are, where they are.
 */
#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <windows.h>

#include "kernel32-shim/account.h"
#include "kernel32-shim/heap.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/trustee.h"

#define ACE_FIXED_LEN offsetof(ACCESS_ALLOWED_ACE, SidStart)
#define ACL_LEN_MAX   0xfffcu
#define AUDIT_FLAGS   (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)

_Static_assert(sizeof(EXPLICIT_ACCESS_A) == sizeof(EXPLICIT_ACCESS_W) &&
		       offsetof(EXPLICIT_ACCESS_A, Trustee) ==
			       offsetof(EXPLICIT_ACCESS_W, Trustee),
	       "one shape");

/* An entry of the list that is being made. */
struct draft_ace {
	const ACE_HEADER *raw; /* borrowed: copied as it is; NULL: from what follows */
	bool is_new;
	BYTE type;
	BYTE flags;
	ACCESS_MASK mask;
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
};

struct draft {
	struct draft_ace *aces; /* owned */
	size_t n_aces;
	size_t room;
	BYTE revision;
};

static DWORD draft_insert(struct draft *draft, size_t at, const struct draft_ace *ace)
{
	struct draft_ace *more;

	if (draft->n_aces == draft->room) {
		size_t room = draft->room ? 2 * draft->room : 16;

		more = realloc(draft->aces, room * sizeof(*more));
		if (!more)
			return ERROR_NOT_ENOUGH_MEMORY;
		draft->aces = more;
		draft->room = room;
	}
	memmove(&draft->aces[at + 1], &draft->aces[at],
		(draft->n_aces - at) * sizeof(*draft->aces));
	draft->aces[at] = *ace;
	draft->n_aces++;
	return 0;
}

static void draft_remove(struct draft *draft, size_t at)
{
	draft->n_aces--;
	memmove(&draft->aces[at], &draft->aces[at + 1],
		(draft->n_aces - at) * sizeof(*draft->aces));
}

/* Takes in an entry that exists. */
static DWORD draft_add(struct draft *draft, const ACE_HEADER *header)
{
	const ACCESS_ALLOWED_ACE *simple = (const void *)header;
	struct draft_ace ace = {.type = header->AceType, .flags = header->AceFlags};

	if (header->AceType > SYSTEM_AUDIT_ACE_TYPE) {
		ace.raw = header;
	} else {
		ace.mask = simple->Mask;
		memcpy(ace.sid, &simple->SidStart,
		       securitydesc_sid_len(&simple->SidStart));
	}
	return draft_insert(draft, draft->n_aces, &ace);
}

static DWORD draft_from_acl(struct draft *draft, const ACL *acl)
{
	const char *at = (const char *)(acl + 1);
	DWORD err = 0;

	if (!securitydesc_acl_is_valid(acl))
		return ERROR_INVALID_ACL;
	draft->revision = acl->AclRevision;
	for (unsigned i = 0; i < acl->AceCount && !err; i++) {
		const ACE_HEADER *header = (const void *)at;

		err = draft_add(draft, header);
		at += header->AceSize;
	}
	return err;
}

/* An entry that a mode may change: not inherited, of this type and trustee. */
static bool is_of(const struct draft_ace *ace, BYTE type, const void *sid)
{
	return !ace->raw && !(ace->flags & INHERITED_ACE) && ace->type == type &&
	       EqualSid((PSID)ace->sid, (PSID)sid);
}

static bool is_same(const struct draft_ace *ace, BYTE type,
		    const struct draft_ace *wanted)
{
	return is_of(ace, type, wanted->sid) && ace->flags == wanted->flags;
}

/* Behind the new denied entries. */
static size_t denied_place(const struct draft *draft)
{
	size_t at = 0;

	while (at < draft->n_aces && draft->aces[at].is_new &&
	       draft->aces[at].type == ACCESS_DENIED_ACE_TYPE)
		at++;
	return at;
}

/* Before the first allowed entry that is not new, or else before what was inherited. */
static size_t allowed_place(const struct draft *draft)
{
	size_t inherited = draft->n_aces;

	for (size_t at = draft->n_aces; at-- > 0;)
		if (draft->aces[at].flags & INHERITED_ACE)
			inherited = at;
	for (size_t at = 0; at < inherited; at++)
		if (!draft->aces[at].is_new &&
		    draft->aces[at].type == ACCESS_ALLOWED_ACE_TYPE)
			return at;
	return inherited;
}

static DWORD draft_grant(struct draft *draft, struct draft_ace *ace)
{
	for (size_t i = draft->n_aces; i-- > 0;) {
		struct draft_ace *old = &draft->aces[i];

		if (is_same(old, ACCESS_ALLOWED_ACE_TYPE, ace)) {
			ace->mask |= old->mask;
			draft_remove(draft, i);
		} else if (is_same(old, ACCESS_DENIED_ACE_TYPE, ace)) {
			old->mask &= ~ace->mask;
			if (!old->mask)
				draft_remove(draft, i);
		}
	}
	ace->type = ACCESS_ALLOWED_ACE_TYPE;
	return draft_insert(draft, allowed_place(draft), ace);
}

static DWORD draft_deny(struct draft *draft, struct draft_ace *ace)
{
	for (size_t i = draft->n_aces; i-- > 0;) {
		if (!is_same(&draft->aces[i], ACCESS_DENIED_ACE_TYPE, ace))
			continue;
		ace->mask |= draft->aces[i].mask;
		draft_remove(draft, i);
	}
	ace->type = ACCESS_DENIED_ACE_TYPE;
	return draft_insert(draft, denied_place(draft), ace);
}

static void draft_drop(struct draft *draft, BYTE type, const void *sid)
{
	for (size_t i = draft->n_aces; i-- > 0;)
		if (is_of(&draft->aces[i], type, sid))
			draft_remove(draft, i);
}

static DWORD draft_audit(struct draft *draft, struct draft_ace *ace, BYTE flag)
{
	for (size_t i = 0; i < draft->n_aces; i++) {
		struct draft_ace *old = &draft->aces[i];

		if (!is_of(old, SYSTEM_AUDIT_ACE_TYPE, ace->sid) ||
		    old->mask != ace->mask || (old->flags & ~AUDIT_FLAGS) != ace->flags)
			continue;
		old->flags |= flag;
		return 0;
	}
	ace->type = SYSTEM_AUDIT_ACE_TYPE;
	ace->flags |= flag;
	return draft_insert(draft, draft->n_aces, ace);
}

static DWORD draft_apply(struct draft *draft, const EXPLICIT_ACCESS_A *entry,
			 bool is_wide)
{
	struct draft_ace ace = {
		.is_new = true,
		.flags = (BYTE)(entry->grfInheritance & VALID_INHERIT_FLAGS),
		.mask = entry->grfAccessPermissions,
	};
	DWORD err = trustee_sid(&entry->Trustee, is_wide, ace.sid);

	if (err)
		return err;
	switch (entry->grfAccessMode) {
	case GRANT_ACCESS:
		return draft_grant(draft, &ace);
	case SET_ACCESS:
		draft_drop(draft, ACCESS_ALLOWED_ACE_TYPE, ace.sid);
		draft_drop(draft, ACCESS_DENIED_ACE_TYPE, ace.sid);
		return draft_grant(draft, &ace);
	case DENY_ACCESS:
		return draft_deny(draft, &ace);
	case REVOKE_ACCESS:
		draft_drop(draft, ACCESS_ALLOWED_ACE_TYPE, ace.sid);
		draft_drop(draft, SYSTEM_AUDIT_ACE_TYPE, ace.sid);
		return 0;
	case SET_AUDIT_SUCCESS:
		return draft_audit(draft, &ace, SUCCESSFUL_ACCESS_ACE_FLAG);
	case SET_AUDIT_FAILURE:
		return draft_audit(draft, &ace, FAILED_ACCESS_ACE_FLAG);
	default:
		return ERROR_INVALID_PARAMETER;
	}
}

static size_t ace_len(const struct draft_ace *ace)
{
	return ace->raw ? ace->raw->AceSize
			: ACE_FIXED_LEN + securitydesc_sid_len(ace->sid);
}

static void ace_write(const struct draft_ace *ace, char *to)
{
	ACCESS_ALLOWED_ACE fixed = {
		.Header = {ace->type, ace->flags, (WORD)ace_len(ace)},
		.Mask = ace->mask,
	};

	if (ace->raw) {
		memcpy(to, ace->raw, ace_len(ace));
		return;
	}
	memcpy(to, &fixed, ACE_FIXED_LEN);
	memcpy(to + ACE_FIXED_LEN, ace->sid, securitydesc_sid_len(ace->sid));
}

static DWORD draft_write(const struct draft *draft, PACL *aclp)
{
	ACL header = {.AclRevision = draft->revision};
	size_t len = sizeof(header);
	char *to;

	for (size_t i = 0; i < draft->n_aces; i++)
		len += ace_len(&draft->aces[i]);
	if (len > ACL_LEN_MAX)
		return ERROR_ALLOTTED_SPACE_EXCEEDED;
	*aclp = heap_process_alloc(len, false);
	if (!*aclp)
		return ERROR_NOT_ENOUGH_MEMORY;
	header.AclSize = (WORD)len;
	header.AceCount = (WORD)draft->n_aces;
	to = mempcpy(*aclp, &header, sizeof(header));
	for (size_t i = 0; i < draft->n_aces; i++) {
		ace_write(&draft->aces[i], to);
		to += ace_len(&draft->aces[i]);
	}
	return 0;
}

static DWORD entries_set(ULONG n, const void *entries, bool is_wide, const ACL *old,
			 PACL *aclp)
{
	const EXPLICIT_ACCESS_A *entry = entries;
	struct draft draft = {.revision = ACL_REVISION};
	PACL made = NULL;
	DWORD err = 0;

	if (!aclp || (n > 0 && !entries))
		return ERROR_INVALID_PARAMETER;
	if (old)
		err = draft_from_acl(&draft, old);
	for (ULONG i = 0; i < n && !err; i++)
		err = draft_apply(&draft, &entry[i], is_wide);
	/* Nothing made of nothing is no list, not an empty one. */
	if (!err && (n > 0 || old))
		err = draft_write(&draft, &made);
	free(draft.aces);
	if (!err)
		*aclp = made;
	return err;
}

DWORD WINAPI SetEntriesInAclA(ULONG n, PEXPLICIT_ACCESS_A entries, PACL old, PACL *aclp)
{
	return entries_set(n, entries, false, old, aclp);
}

DWORD WINAPI SetEntriesInAclW(ULONG n, PEXPLICIT_ACCESS_W entries, PACL old, PACL *aclp)
{
	return entries_set(n, entries, true, old, aclp);
}

/* and back */

/* The modes an entry stands for: one, two for an audit of both, none for other types. */
static unsigned ace_modes(const ACE_HEADER *ace, ACCESS_MODE *modes)
{
	unsigned n = 0;

	if (ace->AceType == ACCESS_ALLOWED_ACE_TYPE)
		modes[n++] = GRANT_ACCESS;
	if (ace->AceType == ACCESS_DENIED_ACE_TYPE)
		modes[n++] = DENY_ACCESS;
	if (ace->AceType != SYSTEM_AUDIT_ACE_TYPE)
		return n;
	if (ace->AceFlags & SUCCESSFUL_ACCESS_ACE_FLAG)
		modes[n++] = SET_AUDIT_SUCCESS;
	if (ace->AceFlags & FAILED_ACCESS_ACE_FLAG)
		modes[n++] = SET_AUDIT_FAILURE;
	return n;
}

/*
 * The entries, and behind @entries the identifiers; with NULL both are only counted.
 */
static void entries_list(const ACL *acl, EXPLICIT_ACCESS_A *entries, ULONG *np,
			 size_t *sids_lenp)
{
	const char *at = (const char *)(acl + 1);
	char *sids = entries ? (char *)(entries + *np) : NULL;
	ULONG n = 0;

	*sids_lenp = 0;
	for (unsigned i = 0; i < acl->AceCount; i++) {
		const ACCESS_ALLOWED_ACE *ace = (const void *)at;
		ACCESS_MODE modes[2];
		unsigned n_modes = ace_modes(&ace->Header, modes);
		uint32_t len = n_modes ? securitydesc_sid_len(&ace->SidStart) : 0;

		for (unsigned k = 0; entries && k < n_modes; k++) {
			entries[n + k] = (EXPLICIT_ACCESS_A){
				.grfAccessPermissions = ace->Mask,
				.grfAccessMode = modes[k],
				.grfInheritance =
					ace->Header.AceFlags & VALID_INHERIT_FLAGS,
			};
			BuildTrusteeWithSidA(&entries[n + k].Trustee, sids + *sids_lenp);
		}
		if (sids)
			memcpy(sids + *sids_lenp, &ace->SidStart, len);
		n += n_modes;
		*sids_lenp += len;
		at += ace->Header.AceSize;
	}
	*np = n;
}

static DWORD entries_get(PACL acl, PULONG np, EXPLICIT_ACCESS_A **entriesp)
{
	size_t sids_len;
	ULONG n;

	if (!np || !entriesp)
		return ERROR_INVALID_PARAMETER;
	*np = 0;
	*entriesp = NULL;
	if (!acl)
		return 0;
	if (!securitydesc_acl_is_valid(acl))
		return ERROR_INVALID_ACL;
	entries_list(acl, NULL, &n, &sids_len);
	if (n == 0)
		return 0;
	*entriesp = heap_process_alloc(n * sizeof(**entriesp) + sids_len, false);
	if (!*entriesp)
		return ERROR_NOT_ENOUGH_MEMORY;
	entries_list(acl, *entriesp, &n, &sids_len);
	*np = n;
	return 0;
}

DWORD WINAPI GetExplicitEntriesFromAclA(PACL acl, PULONG np, PEXPLICIT_ACCESS_A *entriesp)
{
	return entries_get(acl, np, entriesp);
}

DWORD WINAPI GetExplicitEntriesFromAclW(PACL acl, PULONG np, PEXPLICIT_ACCESS_W *entriesp)
{
	/* Every trustee is an identifier: the two shapes are the same bytes. */
	return entries_get(acl, np, (EXPLICIT_ACCESS_A **)(void *)entriesp);
}

/* what a list gives */

static DWORD rights_get(PACL acl, const void *trustee, bool is_wide, PACCESS_MASK rightsp)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	ACCESS_MASK allowed = 0, denied = 0;
	const char *at;
	DWORD err;

	if (!acl || !rightsp)
		return ERROR_INVALID_PARAMETER;
	if (!securitydesc_acl_is_valid(acl))
		return ERROR_INVALID_ACL;
	err = trustee_sid(trustee, is_wide, sid);
	if (err)
		return err;
	at = (const char *)(acl + 1);
	for (unsigned i = 0; i < acl->AceCount; i++) {
		const ACCESS_ALLOWED_ACE *ace = (const void *)at;
		BYTE type = ace->Header.AceType;

		at += ace->Header.AceSize;
		if (type > ACCESS_DENIED_ACE_TYPE ||
		    (ace->Header.AceFlags & INHERIT_ONLY_ACE) ||
		    !account_is_member(sid, &ace->SidStart))
			continue;
		if (type == ACCESS_ALLOWED_ACE_TYPE)
			allowed |= ace->Mask & ~denied;
		else
			denied |= ace->Mask & ~allowed;
	}
	*rightsp = allowed;
	return 0;
}

DWORD WINAPI GetEffectiveRightsFromAclA(PACL acl, PTRUSTEE_A trustee,
					PACCESS_MASK rightsp)
{
	return rights_get(acl, trustee, false, rightsp);
}

DWORD WINAPI GetEffectiveRightsFromAclW(PACL acl, PTRUSTEE_W trustee,
					PACCESS_MASK rightsp)
{
	return rights_get(acl, trustee, true, rightsp);
}
