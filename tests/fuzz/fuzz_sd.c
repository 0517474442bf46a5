/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: descriptors as a hostile creator sends them, and access checks against them
 *
 * The input is a token and a request, then the descriptor:
 *
 *	u8	bit 0: remote; bits 1..7: the uid, so that 0 is among them
 *	u8	the only group
 *	u32	desired access
 *	...	the descriptor, in memory of exactly its length
 *
 * What must hold for every descriptor: what is taken is assigned and can be read again,
 * with a DACL of the same bytes; the check grants nothing but what was asked, refuses the
 * rest, and comes to the same for every way of asking.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/nt/access.h"
#include "npfs/sec/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct np_acl *acl)
{
	struct np_acl_cursor cursor = {0};
	char text[NP_SID_TEXT_MAX];
	struct np_sid again;
	struct np_ace ace;
	unsigned n = 0;

	while (np_acl_next(acl, &cursor, &ace)) {
		n++;
		if (ace.kind == NP_ACE_OTHER)
			continue;
		assert(np_sid_format(&ace.sid, text, sizeof(text)) > 0);
		assert(np_sid_parse(text, &again));
		assert(np_sid_is_equal(&ace.sid, &again));
	}
	assert(n == acl->n_aces && cursor.offset <= acl->len + NP_ACL_FIXED_LEN);
}

static void check_access(const struct np_sd *sd, const struct np_sec_token *token,
			 uint32_t desired)
{
	uint32_t wanted = np_access_map_file(desired) & ~MAXIMUM_ALLOWED;
	struct np_access access, most;
	npfs_status status;

	status = np_access_check(sd, token, desired & ~MAXIMUM_ALLOWED, &access);
	assert((access.granted | access.refused) == wanted);
	assert((access.granted & access.refused) == 0);
	assert((status == STATUS_SUCCESS) == (access.refused == 0));
	status = np_access_check(sd, token, desired | MAXIMUM_ALLOWED, &most);
	assert((access.granted & ~most.granted) == 0);
	assert(most.refused == access.refused);
	if (!sd->has_dacl)
		assert((access.refused & ~ACCESS_SYSTEM_SECURITY) == 0);
	assert(status == STATUS_SUCCESS || most.refused || most.granted == 0);
}

static void check_assigned(const uint8_t *bytes, size_t len, const struct np_sd *sd,
			   const struct np_sec_token *token)
{
	void *assigned = NULL;
	size_t assigned_len = 0;
	struct np_sd again;
	npfs_status status;

	status = np_sd_assign(bytes, len, token, &assigned, &assigned_len);
	if (status != STATUS_SUCCESS) {
		assert(status == STATUS_INVALID_OWNER && sd->has_owner);
		return;
	}
	status = np_sd_decode(assigned, assigned_len, &again);
	assert(status == STATUS_SUCCESS);
	assert(again.has_owner && again.has_group);
	assert(again.has_dacl == sd->has_dacl && again.has_sacl == sd->has_sacl);
	if (sd->has_dacl)
		assert(again.dacl.len == sd->dacl.len &&
		       memcmp(again.dacl.bytes, sd->dacl.bytes, sd->dacl.len) == 0);
	if (sd->has_owner)
		assert(np_sid_is_equal(&again.owner, &sd->owner));
	free(assigned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_sec_token token;
	struct np_access access;
	npfs_status status;
	struct np_sd sd;
	uint32_t desired, gid;
	uint8_t *bytes;

	if (size < 6)
		return 0;
	gid = data[1];
	np_sec_token_init(&token, data[0] >> 1, gid, &gid, 1, 7, data[0] & 1);
	desired = np_sec_get32(data + 2);
	data += 6;
	size -= 6;
	bytes = malloc(size + (size == 0));
	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	status = np_sd_decode(bytes, size, &sd);
	assert(np_access_check_bytes(bytes, size, &token, 0, &access) == status);
	if (status == STATUS_SUCCESS) {
		if (sd.has_dacl)
			walk(&sd.dacl);
		if (sd.has_sacl)
			walk(&sd.sacl);
		check_access(&sd, &token, desired);
		check_assigned(bytes, size, &sd, &token);
	} else {
		assert(status == STATUS_INVALID_SECURITY_DESCR ||
		       status == STATUS_INVALID_ACL || status == STATUS_INVALID_SID);
		assert(access.granted == 0);
	}
	free(bytes);
	return 0;
}
