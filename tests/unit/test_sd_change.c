/* SPDX-License-Identifier: MIT */
/*
 * Parts of a descriptor, asked for and replaced: every set of parts, what stays and what goes
 */
#include "npfs/sec/sd_change.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"

#define ALL_PARTS (NP_SD_PART_OWNER | NP_SD_PART_GROUP | NP_SD_PART_DACL | NP_SD_PART_SACL)
#define ROOM	  256u
#define PROTECTED 0x1000u /* of the DACL */

/* A descriptor of user @uid, group @uid, whose lists have one entry with the mask @mask. */
static size_t sd_make(uint8_t *bytes, uint32_t uid, uint32_t mask, uint32_t parts)
{
	const struct np_sid owner = np_sid_of_uid(uid), group = np_sid_of_gid(uid);
	const size_t acl_len = NP_ACL_FIXED_LEN + np_ace_len(&np_sid_everyone);
	uint32_t control = NP_SD_SELF_RELATIVE;
	size_t at = NP_SD_FIXED_LEN;

	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	if (parts & NP_SD_PART_OWNER) {
		np_sec_put32(bytes + 4, (uint32_t)at);
		at += np_sid_encode(&owner, bytes + at);
	}
	if (parts & NP_SD_PART_GROUP) {
		np_sec_put32(bytes + 8, (uint32_t)at);
		at += np_sid_encode(&group, bytes + at);
	}
	if (parts & NP_SD_PART_SACL) {
		control |= NP_SD_SACL_PRESENT;
		np_sec_put32(bytes + 12, (uint32_t)at);
		at += np_acl_encode_header(bytes + at, acl_len, 1);
		at += np_ace_encode(bytes + at, 2, mask, &np_sid_everyone);
	}
	if (parts & NP_SD_PART_DACL) {
		control |= NP_SD_DACL_PRESENT;
		np_sec_put32(bytes + 16, (uint32_t)at);
		at += np_acl_encode_header(bytes + at, acl_len, 1);
		at += np_ace_encode(bytes + at, NP_ACE_TYPE_ALLOWED, mask,
				    &np_sid_everyone);
	}
	np_sec_put16(bytes + 2, (uint16_t)control);
	return at;
}

static uint32_t mask_of(const struct np_acl *acl)
{
	return np_sec_get32(acl->bytes + NP_ACL_FIXED_LEN + NP_ACE_HEADER_LEN);
}

/* Are the parts @parts those of @uid and @mask? */
static void ck_parts(const struct np_sd *sd, uint32_t parts, uint32_t uid, uint32_t mask)
{
	const struct np_sid owner = np_sid_of_uid(uid), group = np_sid_of_gid(uid);

	if (parts & NP_SD_PART_OWNER)
		ck_assert(sd->has_owner && np_sid_is_equal(&sd->owner, &owner));
	if (parts & NP_SD_PART_GROUP)
		ck_assert(sd->has_group && np_sid_is_equal(&sd->group, &group));
	if (parts & NP_SD_PART_DACL)
		ck_assert(sd->has_dacl && mask_of(&sd->dacl) == mask);
	if (parts & NP_SD_PART_SACL)
		ck_assert(sd->has_sacl && mask_of(&sd->sacl) == mask);
}

static struct np_sec_token token_of(uint32_t uid)
{
	struct np_sec_token token;

	np_sec_token_init(&token, uid, uid, NULL, 0, NP_SEC_NO_GID, false);
	return token;
}

START_TEST(what_is_selected_is_there_and_nothing_else)
{
	const uint32_t parts = (uint32_t)_i;
	uint8_t bytes[ROOM];
	size_t len = sd_make(bytes, 1000, FILE_READ_DATA, ALL_PARTS), some_len = 0;
	void *some = NULL;
	struct np_sd sd;

	ck_assert_uint_eq(np_sd_select(bytes, len, parts, &some, &some_len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(some, some_len, &sd), STATUS_SUCCESS);
	ck_parts(&sd, parts, 1000, FILE_READ_DATA);
	ck_assert_uint_eq(sd.has_owner, (parts & NP_SD_PART_OWNER) != 0);
	ck_assert_uint_eq(sd.has_group, (parts & NP_SD_PART_GROUP) != 0);
	ck_assert_uint_eq(sd.has_dacl, (parts & NP_SD_PART_DACL) != 0);
	ck_assert_uint_eq(sd.has_sacl, (parts & NP_SD_PART_SACL) != 0);
	free(some);
}
END_TEST

/* uid 0 may appoint anybody. */
START_TEST(what_is_changed_is_new_and_the_rest_stays)
{
	const uint32_t parts = (uint32_t)_i;
	struct np_sec_token root = token_of(0);
	uint8_t old[ROOM], given[ROOM];
	size_t old_len = sd_make(old, 1000, FILE_READ_DATA, ALL_PARTS);
	size_t given_len = sd_make(given, 2000, FILE_WRITE_DATA, ALL_PARTS), len = 0;
	void *changed = NULL;
	struct np_sd sd;

	ck_assert_uint_eq(np_sd_change(old, old_len, parts, given, given_len, &root,
				       &changed, &len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(changed, len, &sd), STATUS_SUCCESS);
	ck_parts(&sd, parts, 2000, FILE_WRITE_DATA);
	ck_parts(&sd, ALL_PARTS & ~parts, 1000, FILE_READ_DATA);
	free(changed);
}
END_TEST

START_TEST(a_list_that_is_not_given_is_taken_away)
{
	struct np_sec_token root = token_of(0);
	uint8_t old[ROOM], given[ROOM];
	size_t old_len = sd_make(old, 1000, FILE_READ_DATA, ALL_PARTS);
	size_t given_len = sd_make(given, 2000, 0, 0), len = 0;
	void *changed = NULL;
	struct np_sd sd;

	ck_assert_uint_eq(np_sd_change(old, old_len, NP_SD_PART_DACL | NP_SD_PART_SACL,
				       given, given_len, &root, &changed, &len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(changed, len, &sd), STATUS_SUCCESS);
	ck_assert(!sd.has_dacl && !sd.has_sacl);
	ck_parts(&sd, NP_SD_PART_OWNER | NP_SD_PART_GROUP, 1000, 0);
	free(changed);
}
END_TEST

/* Who, what to change, what is given, the answer. */
static const struct {
	uint32_t uid, parts, given_uid, given_parts;
	npfs_status status;
} refusals[] = {
	{1000, NP_SD_PART_OWNER, 1000, NP_SD_PART_OWNER, STATUS_SUCCESS},
	{1000, NP_SD_PART_OWNER, 2000, NP_SD_PART_OWNER, STATUS_INVALID_OWNER},
	{1000, NP_SD_PART_OWNER, 1000, NP_SD_PART_GROUP, STATUS_INVALID_OWNER},
	{0, NP_SD_PART_OWNER, 0, 0, STATUS_INVALID_OWNER},
	{1000, NP_SD_PART_GROUP, 2000, NP_SD_PART_GROUP, STATUS_SUCCESS},
	{1000, NP_SD_PART_GROUP, 1000, NP_SD_PART_OWNER, STATUS_INVALID_PRIMARY_GROUP},
	{0, NP_SD_PART_LABEL, 0, NP_SD_PART_SACL, STATUS_NOT_SUPPORTED},
	{1000, NP_SD_PART_DACL, 2000, ALL_PARTS, STATUS_SUCCESS},
	{1000, 0, 2000, ALL_PARTS, STATUS_SUCCESS},
};

START_TEST(who_may_change_what)
{
	struct np_sec_token token = token_of(refusals[_i].uid);
	uint8_t old[ROOM], given[ROOM];
	size_t old_len = sd_make(old, 1000, FILE_READ_DATA, ALL_PARTS);
	size_t given_len = sd_make(given, refusals[_i].given_uid, FILE_READ_DATA,
				   refusals[_i].given_parts);
	size_t len = 4711;
	void *changed = NULL;

	ck_assert_uint_eq(np_sd_change(old, old_len, refusals[_i].parts, given, given_len,
				       &token, &changed, &len),
			  refusals[_i].status);
	ck_assert_int_eq(changed != NULL, refusals[_i].status == STATUS_SUCCESS);
	if (!changed)
		ck_assert_uint_eq(len, 4711);
	free(changed);
}
END_TEST

START_TEST(protection_is_set_and_taken_back)
{
	struct np_sec_token root = token_of(0);
	uint8_t old[ROOM];
	size_t old_len = sd_make(old, 1000, FILE_READ_DATA, ALL_PARTS);
	size_t first_len = 0, second_len = 0;
	void *first = NULL, *second = NULL;
	struct np_sd sd;

	ck_assert_uint_eq(np_sd_change(old, old_len,
				       NP_SD_PART_DACL | NP_SD_PART_PROTECTED_DACL, old,
				       old_len, &root, &first, &first_len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(first, first_len, &sd), STATUS_SUCCESS);
	ck_assert(sd.control & PROTECTED);
	ck_assert_uint_eq(np_sd_change(first, first_len, NP_SD_PART_UNPROTECTED_DACL, old,
				       old_len, &root, &second, &second_len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(second, second_len, &sd), STATUS_SUCCESS);
	ck_assert(!(sd.control & PROTECTED));
	ck_parts(&sd, ALL_PARTS, 1000, FILE_READ_DATA);
	free(first);
	free(second);
}
END_TEST

/* Every beginning of either descriptor, in memory of exactly its length. */
START_TEST(what_is_cut_off_changes_nothing)
{
	struct np_sec_token root = token_of(0);
	uint8_t whole[ROOM];
	size_t whole_len = sd_make(whole, 1000, FILE_READ_DATA, ALL_PARTS), cut, len = 0;
	void *changed = NULL;
	uint8_t *exact;

	for (cut = 0; cut < whole_len; cut++) {
		exact = malloc(cut + (cut == 0));
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, whole, cut);
		ck_assert_uint_ne(np_sd_change(whole, whole_len, ALL_PARTS, exact, cut,
					       &root, &changed, &len),
				  STATUS_SUCCESS);
		ck_assert_uint_ne(np_sd_change(exact, cut, ALL_PARTS, whole, whole_len,
					       &root, &changed, &len),
				  STATUS_SUCCESS);
		ck_assert_uint_ne(np_sd_select(exact, cut, ALL_PARTS, &changed, &len),
				  STATUS_SUCCESS);
		ck_assert_ptr_null(changed);
		free(exact);
	}
}
END_TEST

START_TEST(each_part_has_its_right)
{
	ck_assert_uint_eq(np_sd_rights_to_get(ALL_PARTS),
			  READ_CONTROL | ACCESS_SYSTEM_SECURITY);
	ck_assert_uint_eq(np_sd_rights_to_get(NP_SD_PART_DACL), READ_CONTROL);
	ck_assert_uint_eq(np_sd_rights_to_get(NP_SD_PART_SACL), ACCESS_SYSTEM_SECURITY);
	ck_assert_uint_eq(np_sd_rights_to_get(0), 0);
	ck_assert_uint_eq(np_sd_rights_to_set(NP_SD_PART_OWNER), WRITE_OWNER);
	ck_assert_uint_eq(np_sd_rights_to_set(NP_SD_PART_GROUP), WRITE_OWNER);
	ck_assert_uint_eq(np_sd_rights_to_set(NP_SD_PART_DACL), WRITE_DAC);
	ck_assert_uint_eq(np_sd_rights_to_set(NP_SD_PART_UNPROTECTED_DACL), WRITE_DAC);
	ck_assert_uint_eq(np_sd_rights_to_set(NP_SD_PART_SACL), ACCESS_SYSTEM_SECURITY);
	ck_assert_uint_eq(np_sd_rights_to_set(0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sd_change");
	TCase *tcase = tcase_create("sd_change");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, what_is_selected_is_there_and_nothing_else, 0,
			    ALL_PARTS + 1);
	tcase_add_loop_test(tcase, what_is_changed_is_new_and_the_rest_stays, 0,
			    ALL_PARTS + 1);
	tcase_add_test(tcase, a_list_that_is_not_given_is_taken_away);
	tcase_add_loop_test(tcase, who_may_change_what, 0, NP_ARRAY_LEN(refusals));
	tcase_add_test(tcase, protection_is_set_and_taken_back);
	tcase_add_test(tcase, what_is_cut_off_changes_nothing);
	tcase_add_test(tcase, each_part_has_its_right);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
