/* SPDX-License-Identifier: MIT */
/*
 * Lists and their entries between bytes and values (formats and rules: acl.h)
 */
#include "npfs/sec/acl.h"

#define GUID_LEN 16u

/* What the bytes of a type look like behind the header. */
static bool type_has_object(uint8_t type)
{
	return type == NP_ACE_TYPE_ALLOWED_OBJECT || type == NP_ACE_TYPE_DENIED_OBJECT ||
	       type == NP_ACE_TYPE_ALLOWED_CALLBACK_OBJECT ||
	       type == NP_ACE_TYPE_DENIED_CALLBACK_OBJECT;
}

static bool type_is_conditional(uint8_t type)
{
	return type == NP_ACE_TYPE_ALLOWED_CALLBACK ||
	       type == NP_ACE_TYPE_DENIED_CALLBACK ||
	       type == NP_ACE_TYPE_ALLOWED_CALLBACK_OBJECT ||
	       type == NP_ACE_TYPE_DENIED_CALLBACK_OBJECT;
}

static enum np_ace_kind type_kind(uint8_t type)
{
	switch (type) {
	case NP_ACE_TYPE_ALLOWED:
	case NP_ACE_TYPE_ALLOWED_OBJECT:
	case NP_ACE_TYPE_ALLOWED_CALLBACK:
	case NP_ACE_TYPE_ALLOWED_CALLBACK_OBJECT:
		return NP_ACE_ALLOW;
	case NP_ACE_TYPE_DENIED:
	case NP_ACE_TYPE_DENIED_OBJECT:
	case NP_ACE_TYPE_DENIED_CALLBACK:
	case NP_ACE_TYPE_DENIED_CALLBACK_OBJECT:
		return NP_ACE_DENY;
	default:
		return NP_ACE_OTHER;
	}
}

/*
 * Reads the entry at @b, which may use @room bytes. Return: its size; 0 when it is not
 * well formed.
 */
static size_t ace_decode(const uint8_t *b, size_t room, struct np_ace *acep)
{
	struct np_ace ace = {.kind = NP_ACE_OTHER};
	size_t at = NP_ACE_FIXED_LEN;
	size_t len;

	if (room < NP_ACE_HEADER_LEN)
		return 0;
	len = np_sec_get16(b + 2);
	if (len < NP_ACE_HEADER_LEN || len > room || len % 4 != 0)
		return 0;
	ace.type = b[0];
	ace.flags = b[1];
	ace.kind = type_kind(ace.type);
	if (ace.kind != NP_ACE_OTHER) {
		if (len < NP_ACE_FIXED_LEN)
			return 0;
		ace.mask = np_sec_get32(b + NP_ACE_HEADER_LEN);
		if (type_has_object(ace.type)) {
			uint32_t flags;

			if (len < at + 4)
				return 0;
			flags = np_sec_get32(b + at);
			at += 4;
			if (flags & NP_ACE_OBJECT_TYPE_PRESENT)
				at += GUID_LEN;
			if (flags & NP_ACE_OBJECT_INHERITED_TYPE_PRESENT)
				at += GUID_LEN;
			if (ace.kind == NP_ACE_ALLOW &&
			    (flags & NP_ACE_OBJECT_TYPE_PRESENT))
				ace.mask = 0;
		}
		if (at > len || !np_sid_decode(b + at, len - at, &ace.sid))
			return 0;
		ace.is_conditional = type_is_conditional(ace.type);
		ace.condition = b + at + np_sid_len(&ace.sid);
		ace.condition_len = len - at - np_sid_len(&ace.sid);
	}
	ace.bytes = b;
	ace.len = len;
	*acep = ace;
	return len;
}

/**
 * np_acl_decode() - check a list
 * @bytes:	where it begins; of any alignment, borrowed by the result
 * @room:	bytes that may be read there
 * @aclp:	the list
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_ACL when it or an entry is not well formed or
 * does not end within what holds it. Nothing beyond @room is read.
 */
npfs_status np_acl_decode(const void *bytes, size_t room, struct np_acl *aclp)
{
	struct np_acl acl = {.bytes = bytes};
	size_t at = NP_ACL_FIXED_LEN;
	unsigned i;

	if (room < NP_ACL_FIXED_LEN)
		return STATUS_INVALID_ACL;
	acl.len = np_sec_get16(acl.bytes + 2);
	acl.n_aces = np_sec_get16(acl.bytes + 4);
	if (acl.bytes[0] < NP_ACL_REVISION_MIN || acl.bytes[0] > NP_ACL_REVISION_MAX ||
	    acl.len < NP_ACL_FIXED_LEN || acl.len > room || acl.len % 4 != 0)
		return STATUS_INVALID_ACL;
	for (i = 0; i < acl.n_aces; i++) {
		struct np_ace ace;
		size_t len = ace_decode(acl.bytes + at, acl.len - at, &ace);

		if (len == 0)
			return STATUS_INVALID_ACL;
		at += len;
	}
	*aclp = acl;
	return STATUS_SUCCESS;
}

/**
 * np_acl_next() - the next entry
 * @acl:	from np_acl_decode()
 * @cursor:	moved on; begins as {0}
 * @acep:	the entry, a copy
 *
 * Return: false behind the last one.
 */
bool np_acl_next(const struct np_acl *acl, struct np_acl_cursor *cursor,
		 struct np_ace *acep)
{
	size_t len;

	if (cursor->n_seen == acl->n_aces)
		return false;
	if (cursor->n_seen == 0)
		cursor->offset = NP_ACL_FIXED_LEN;
	len = ace_decode(acl->bytes + cursor->offset, acl->len - cursor->offset, acep);
	if (len == 0)
		return false;
	cursor->offset += len;
	cursor->n_seen++;
	return true;
}

/*
 * np_acl_encode_header() - begin a list of @n_aces entries that takes @len bytes in all
 *
 * Return: the bytes written; the entries follow.
 */
size_t np_acl_encode_header(void *bytes, size_t len, unsigned n_aces)
{
	uint8_t *b = bytes;

	b[0] = NP_ACL_REVISION_MIN;
	b[1] = 0;
	np_sec_put16(b + 2, (uint16_t)len);
	np_sec_put16(b + 4, (uint16_t)n_aces);
	np_sec_put16(b + 6, 0);
	return NP_ACL_FIXED_LEN;
}

/* np_ace_encode() - write an entry without flags. Return: the bytes written */
size_t np_ace_encode(void *bytes, uint8_t type, uint32_t mask, const struct np_sid *sid)
{
	uint8_t *b = bytes;

	b[0] = type;
	b[1] = 0;
	np_sec_put16(b + 2, (uint16_t)np_ace_len(sid));
	np_sec_put32(b + NP_ACE_HEADER_LEN, mask);
	np_sid_encode(sid, b + NP_ACE_FIXED_LEN);
	return np_ace_len(sid);
}
