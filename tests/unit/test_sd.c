/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: what is well formed, what is not and how that is answered, and what a new
 * pipe gets. A sample with every part is spoilt in one place at a time; each attempt
 * lies in memory of exactly its length, so that a sanitizer sees a byte read too many.
 */
#include "npfs/sec/sd.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/sec/check.h"

/* Where the parts of the sample are. */
#define OWNER_AT   20u /* S-1-22-1-1000: 16 bytes */
#define GROUP_AT   36u /* S-1-22-2-100: 16 bytes */
#define SACL_AT    52u /* 8 + one audit entry of 20 */
#define DACL_AT    80u /* 8 + allow Everyone, 20 + deny user, 24 */
#define SAMPLE_LEN 132u

static uint8_t sample[SAMPLE_LEN];

static void sample_make(void)
{
	const struct np_sid owner = np_sid_of_uid(1000), group = np_sid_of_gid(100);
	size_t at;

	memset(sample, 0, sizeof(sample));
	sample[0] = NP_SD_REVISION;
	np_sec_put16(sample + 2,
		     NP_SD_SELF_RELATIVE | NP_SD_DACL_PRESENT | NP_SD_SACL_PRESENT);
	np_sec_put32(sample + 4, OWNER_AT);
	np_sec_put32(sample + 8, GROUP_AT);
	np_sec_put32(sample + 12, SACL_AT);
	np_sec_put32(sample + 16, DACL_AT);
	ck_assert_uint_eq(np_sid_encode(&owner, sample + OWNER_AT), GROUP_AT - OWNER_AT);
	ck_assert_uint_eq(np_sid_encode(&group, sample + GROUP_AT), SACL_AT - GROUP_AT);
	at = SACL_AT + np_acl_encode_header(sample + SACL_AT, DACL_AT - SACL_AT, 1);
	at += np_ace_encode(sample + at, 2, FILE_ALL_ACCESS, &np_sid_everyone);
	ck_assert_uint_eq(at, DACL_AT);
	at += np_acl_encode_header(sample + DACL_AT, SAMPLE_LEN - DACL_AT, 2);
	at += np_ace_encode(sample + at, NP_ACE_TYPE_ALLOWED, FILE_GENERIC_READ,
			    &np_sid_everyone);
	at += np_ace_encode(sample + at, NP_ACE_TYPE_DENIED, DELETE, &owner);
	ck_assert_uint_eq(at, SAMPLE_LEN);
}

static npfs_status decode(const uint8_t *bytes, size_t len, struct np_sd *sdp)
{
	uint8_t *exact = malloc(len + (len == 0));
	npfs_status status;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, len);
	status = np_sd_decode(exact, len, sdp);
	free(exact);
	return status;
}

START_TEST(a_whole_descriptor_is_taken_apart)
{
	const struct np_sid owner = np_sid_of_uid(1000), group = np_sid_of_gid(100);
	struct np_acl_cursor cursor = {0};
	struct np_ace ace;
	struct np_sd sd;

	ck_assert_uint_eq(np_sd_decode(sample, sizeof(sample), &sd), STATUS_SUCCESS);
	ck_assert(sd.has_owner && sd.has_group && sd.has_dacl && sd.has_sacl);
	ck_assert(np_sid_is_equal(&sd.owner, &owner));
	ck_assert(np_sid_is_equal(&sd.group, &group));
	ck_assert_uint_eq(sd.sacl.n_aces, 1);
	ck_assert(np_acl_next(&sd.dacl, &cursor, &ace));
	ck_assert_int_eq(ace.kind, NP_ACE_ALLOW);
	ck_assert_uint_eq(ace.mask, FILE_GENERIC_READ);
	ck_assert(np_sid_is_equal(&ace.sid, &np_sid_everyone));
	ck_assert(np_acl_next(&sd.dacl, &cursor, &ace));
	ck_assert_int_eq(ace.kind, NP_ACE_DENY);
	ck_assert(np_sid_is_equal(&ace.sid, &owner));
	ck_assert(!np_acl_next(&sd.dacl, &cursor, &ace));
	cursor = (struct np_acl_cursor){0};
	ck_assert(np_acl_next(&sd.sacl, &cursor, &ace));
	ck_assert_int_eq(ace.kind, NP_ACE_OTHER);
}
END_TEST

START_TEST(every_length_but_the_whole_is_refused)
{
	struct np_sd sd;
	size_t len;

	for (len = 0; len < SAMPLE_LEN; len++)
		ck_assert_msg(decode(sample, len, &sd) != STATUS_SUCCESS, "%zu", len);
	ck_assert_uint_eq(decode(sample, SAMPLE_LEN, &sd), STATUS_SUCCESS);
}
END_TEST

START_TEST(what_is_spoilt_is_refused_by_its_name)
{
	enum size { BYTE, SHORT, LONG };
	static const struct {
		const char *what;
		unsigned at;
		enum size size;
		uint32_t value;
		npfs_status status;
	} rows[] = {
		{"revision 0", 0, BYTE, 0, STATUS_INVALID_SECURITY_DESCR},
		{"revision 2", 0, BYTE, 2, STATUS_INVALID_SECURITY_DESCR},
		{"the manager's byte", 1, BYTE, 0xff, STATUS_SUCCESS},
		{"absolute", 2, SHORT, NP_SD_DACL_PRESENT, STATUS_INVALID_SECURITY_DESCR},
		{"owner missing", 4, LONG, 0, STATUS_SUCCESS},
		{"owner in the header", 4, LONG, 4, STATUS_INVALID_SECURITY_DESCR},
		{"owner at the header's last word", 4, LONG, 16,
		 STATUS_INVALID_SECURITY_DESCR},
		{"owner unaligned", 4, LONG, OWNER_AT + 2, STATUS_INVALID_SECURITY_DESCR},
		{"owner at the end", 4, LONG, SAMPLE_LEN, STATUS_INVALID_SECURITY_DESCR},
		{"owner beyond the end", 4, LONG, SAMPLE_LEN + 4,
		 STATUS_INVALID_SECURITY_DESCR},
		{"owner at the last address", 4, LONG, 0xfffffffc,
		 STATUS_INVALID_SECURITY_DESCR},
		{"owner cut by the end", 4, LONG, SAMPLE_LEN - 4, STATUS_INVALID_SID},
		{"owner where the group is", 4, LONG, GROUP_AT, STATUS_SUCCESS},
		{"owner's revision", OWNER_AT, BYTE, 2, STATUS_INVALID_SID},
		{"owner with 16 parts", OWNER_AT + 1, BYTE, 16, STATUS_INVALID_SID},
		{"owner with 255 parts", OWNER_AT + 1, BYTE, 255, STATUS_INVALID_SID},
		{"owner with no parts", OWNER_AT + 1, BYTE, 0, STATUS_SUCCESS},
		{"group missing", 8, LONG, 0, STATUS_SUCCESS},
		{"group unaligned", 8, LONG, GROUP_AT + 1, STATUS_INVALID_SECURITY_DESCR},
		{"group beyond the end", 8, LONG, 0x80000000,
		 STATUS_INVALID_SECURITY_DESCR},
		{"group's revision", GROUP_AT, BYTE, 0, STATUS_INVALID_SID},
		{"SACL NULL", 12, LONG, 0, STATUS_SUCCESS},
		{"SACL in the header", 12, LONG, 8, STATUS_INVALID_SECURITY_DESCR},
		{"SACL cut by the end", 12, LONG, SAMPLE_LEN - 4, STATUS_INVALID_ACL},
		{"SACL's entry too long", SACL_AT + 10, SHORT, 24, STATUS_INVALID_ACL},
		{"DACL NULL", 16, LONG, 0, STATUS_SUCCESS},
		{"DACL unaligned", 16, LONG, DACL_AT + 2, STATUS_INVALID_SECURITY_DESCR},
		{"DACL at the end", 16, LONG, SAMPLE_LEN, STATUS_INVALID_SECURITY_DESCR},
		{"DACL's revision 1", DACL_AT, BYTE, 1, STATUS_INVALID_ACL},
		{"DACL's revision 5", DACL_AT, BYTE, 5, STATUS_INVALID_ACL},
		{"DACL's revision 4", DACL_AT, BYTE, 4, STATUS_SUCCESS},
		{"DACL shorter than its head", DACL_AT + 2, SHORT, 4, STATUS_INVALID_ACL},
		{"DACL of 0 bytes", DACL_AT + 2, SHORT, 0, STATUS_INVALID_ACL},
		{"DACL of an odd size", DACL_AT + 2, SHORT, 51, STATUS_INVALID_ACL},
		{"DACL longer than there is", DACL_AT + 2, SHORT, 56, STATUS_INVALID_ACL},
		{"DACL of 65532 bytes", DACL_AT + 2, SHORT, 65532, STATUS_INVALID_ACL},
		{"DACL too short for its entries", DACL_AT + 2, SHORT, 48,
		 STATUS_INVALID_ACL},
		{"DACL with one entry too many", DACL_AT + 4, SHORT, 3,
		 STATUS_INVALID_ACL},
		{"DACL with 65535 entries", DACL_AT + 4, SHORT, 65535,
		 STATUS_INVALID_ACL},
		{"DACL with room behind its entries", DACL_AT + 4, SHORT, 1,
		 STATUS_SUCCESS},
		{"entry of 0 bytes", DACL_AT + 10, SHORT, 0, STATUS_INVALID_ACL},
		{"entry of 4 bytes", DACL_AT + 10, SHORT, 4, STATUS_INVALID_ACL},
		{"entry without identifier", DACL_AT + 10, SHORT, 8, STATUS_INVALID_ACL},
		{"entry that cuts its identifier", DACL_AT + 10, SHORT, 16,
		 STATUS_INVALID_ACL},
		{"entry of an odd size", DACL_AT + 10, SHORT, 22, STATUS_INVALID_ACL},
		{"entry over the end", DACL_AT + 10, SHORT, 48, STATUS_INVALID_ACL},
		{"entry's identifier's revision", DACL_AT + 16, BYTE, 3,
		 STATUS_INVALID_ACL},
		{"entry's identifier with 16 parts", DACL_AT + 17, BYTE, 16,
		 STATUS_INVALID_ACL},
		{"entry of a type nobody knows", DACL_AT + 8, BYTE, 0x7f, STATUS_SUCCESS},
		{"entry for objects, too short for one", DACL_AT + 8, BYTE,
		 NP_ACE_TYPE_ALLOWED_OBJECT, STATUS_INVALID_ACL},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		struct np_sd sd;

		sample_make();
		if (rows[i].size == BYTE)
			sample[rows[i].at] = (uint8_t)rows[i].value;
		else if (rows[i].size == SHORT)
			np_sec_put16(sample + rows[i].at, (uint16_t)rows[i].value);
		else
			np_sec_put32(sample + rows[i].at, rows[i].value);
		ck_assert_msg(decode(sample, SAMPLE_LEN, &sd) == rows[i].status,
			      "%s: %#x instead of %#x", rows[i].what,
			      decode(sample, SAMPLE_LEN, &sd), rows[i].status);
	}
}
END_TEST

START_TEST(lists_that_are_not_announced_are_not_looked_at)
{
	struct np_sd sd;

	np_sec_put16(sample + 2, NP_SD_SELF_RELATIVE);
	np_sec_put32(sample + 12, 0xffffffff);
	np_sec_put32(sample + 16, 3);
	ck_assert_uint_eq(decode(sample, SAMPLE_LEN, &sd), STATUS_SUCCESS);
	ck_assert(!sd.has_dacl && !sd.has_sacl);
}
END_TEST

/* Decodes what a pipe gets, which must be well formed and hold owner and group. */
static void assigned(const void *given, size_t len, const struct np_sec_token *token,
		     void **bytesp, struct np_sd *sdp)
{
	size_t assigned_len = 0;

	ck_assert_uint_eq(np_sd_assign(given, len, token, bytesp, &assigned_len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(*bytesp, assigned_len, sdp), STATUS_SUCCESS);
	ck_assert(sdp->has_owner && sdp->has_group);
}

START_TEST(a_pipe_without_descriptor_gets_the_default)
{
	static const struct {
		const char *sid;
		uint32_t mask;
	} rows[] = {
		{"S-1-5-18", FILE_ALL_ACCESS},      {"S-1-5-32-544", FILE_ALL_ACCESS},
		{"S-1-22-1-1000", FILE_ALL_ACCESS}, {"S-1-1-0", FILE_GENERIC_READ},
		{"S-1-5-7", FILE_GENERIC_READ},
	};
	const struct np_sid owner = np_sid_of_uid(1000), group = np_sid_of_gid(100);
	struct np_acl_cursor cursor = {0};
	struct np_sec_token token;
	struct np_ace ace;
	struct np_sd sd;
	void *bytes;
	size_t i;

	np_sec_token_init(&token, 1000, 100, NULL, 0, NP_SEC_NO_GID, false);
	assigned(NULL, 0, &token, &bytes, &sd);
	ck_assert(np_sid_is_equal(&sd.owner, &owner));
	ck_assert(np_sid_is_equal(&sd.group, &group));
	ck_assert(sd.has_dacl && !sd.has_sacl);
	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		struct np_sid sid;

		ck_assert(np_sid_parse(rows[i].sid, &sid));
		ck_assert(np_acl_next(&sd.dacl, &cursor, &ace));
		ck_assert_int_eq(ace.kind, NP_ACE_ALLOW);
		ck_assert_uint_eq(ace.mask, rows[i].mask);
		ck_assert_msg(np_sid_is_equal(&ace.sid, &sid), "%s", rows[i].sid);
	}
	ck_assert(!np_acl_next(&sd.dacl, &cursor, &ace));
	free(bytes);
}
END_TEST

START_TEST(what_is_given_is_kept_and_what_is_missing_is_added)
{
	const struct np_sid self = np_sid_of_uid(1000), group = np_sid_of_gid(50);
	struct np_sec_token token;
	struct np_sd sd;
	void *bytes;

	np_sec_token_init(&token, 1000, 50, NULL, 0, NP_SEC_NO_GID, false);
	np_sec_put32(sample + 4, 0);
	np_sec_put32(sample + 8, 0);
	assigned(sample, SAMPLE_LEN, &token, &bytes, &sd);
	ck_assert(np_sid_is_equal(&sd.owner, &self));
	ck_assert(np_sid_is_equal(&sd.group, &group));
	ck_assert_uint_eq(sd.dacl.len, SAMPLE_LEN - DACL_AT);
	ck_assert_mem_eq(sd.dacl.bytes, sample + DACL_AT, SAMPLE_LEN - DACL_AT);
	ck_assert_uint_eq(sd.sacl.len, DACL_AT - SACL_AT);
	ck_assert_mem_eq(sd.sacl.bytes, sample + SACL_AT, DACL_AT - SACL_AT);
	free(bytes);

	sample_make();
	assigned(sample, SAMPLE_LEN, &token, &bytes, &sd);
	ck_assert(np_sid_is_equal(&sd.owner, &self));
	ck_assert(!np_sid_is_equal(&sd.group, &group));
	ck_assert(!(sd.control & (NP_SD_OWNER_DEFAULTED | NP_SD_GROUP_DEFAULTED)));
	free(bytes);
}
END_TEST

START_TEST(a_null_dacl_and_none_stay_what_they_are)
{
	struct np_sec_token token;
	struct np_sd sd;
	void *bytes;

	np_sec_token_init(&token, 1000, 100, NULL, 0, NP_SEC_NO_GID, false);
	np_sec_put32(sample + 16, 0);
	assigned(sample, SAMPLE_LEN, &token, &bytes, &sd);
	ck_assert(!sd.has_dacl && (sd.control & NP_SD_DACL_PRESENT));
	free(bytes);
	np_sec_put16(sample + 2, NP_SD_SELF_RELATIVE);
	assigned(sample, SAMPLE_LEN, &token, &bytes, &sd);
	ck_assert(!sd.has_dacl && !(sd.control & NP_SD_DACL_PRESENT));
	free(bytes);
}
END_TEST

START_TEST(a_failed_assignment_leaves_its_outputs)
{
	struct np_sec_token token;
	void *bytes = sample;
	size_t len = 7;

	np_sec_token_init(&token, 1001, 100, NULL, 0, NP_SEC_NO_GID, false);
	ck_assert_uint_eq(np_sd_assign(sample, SAMPLE_LEN, &token, &bytes, &len),
			  STATUS_INVALID_OWNER);
	ck_assert_uint_eq(np_sd_assign(sample, SAMPLE_LEN - 1, &token, &bytes, &len),
			  STATUS_INVALID_ACL);
	sample[OWNER_AT] = 0;
	ck_assert_uint_eq(np_sd_assign(sample, SAMPLE_LEN, &token, &bytes, &len),
			  STATUS_INVALID_SID);
	ck_assert_uint_eq(np_sd_assign(sample, 19, &token, &bytes, &len),
			  STATUS_INVALID_SECURITY_DESCR);
	ck_assert_ptr_eq(bytes, sample);
	ck_assert_uint_eq(len, 7);
}
END_TEST

START_TEST(bytes_that_cannot_be_read_admit_nobody)
{
	struct np_access access = {.granted = 1};
	struct np_sec_token token;

	np_sec_token_init(&token, 0, 0, NULL, 0, NP_SEC_NO_GID, false);
	ck_assert_uint_eq(
		np_access_check_bytes(sample, 10, &token, GENERIC_READ, &access),
		STATUS_INVALID_SECURITY_DESCR);
	ck_assert_uint_eq(access.granted, 0);
	ck_assert_uint_eq(access.refused, FILE_GENERIC_READ);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sd");
	TCase *tcase = tcase_create("sd");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, sample_make, NULL);
	tcase_add_test(tcase, a_whole_descriptor_is_taken_apart);
	tcase_add_test(tcase, every_length_but_the_whole_is_refused);
	tcase_add_test(tcase, what_is_spoilt_is_refused_by_its_name);
	tcase_add_test(tcase, lists_that_are_not_announced_are_not_looked_at);
	tcase_add_test(tcase, a_pipe_without_descriptor_gets_the_default);
	tcase_add_test(tcase, what_is_given_is_kept_and_what_is_missing_is_added);
	tcase_add_test(tcase, a_null_dacl_and_none_stay_what_they_are);
	tcase_add_test(tcase, a_failed_assignment_leaves_its_outputs);
	tcase_add_test(tcase, bytes_that_cannot_be_read_admit_nobody);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
