/* SPDX-License-Identifier: MIT */
/*
 * Conditions of entries: whether they hold
 *
 * A condition is given as text, read, and put into two descriptors: in one it allows, in
 * the other it denies what a later entry allows. What the access check makes of the two
 * tells which of the three values the condition has. The caller is uid 1001 in the groups
 * 100 and 27. Bytes that are no condition are made by hand.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/sddl_text.h"
#include "kernel32-shim/text.h"
#include "npfs/sec/check.h"
#include "npfs/sec/condition.h"

#define N_RANDOM 20000

#define BOB   "SID(S-1-22-1-1001)"
#define USERS "SID(S-1-22-2-100)"
#define WHEEL "SID(S-1-22-2-27)"
#define ALICE "SID(S-1-22-1-1000)"

/* The attributes of the resource. */
#define ATTRIBUTES                                                                           \
	"S:(RA;;;;;WD;(\"n\",TI,0x0,5))(RA;;;;;WD;(\"neg\",TI,0x0,-5))"                      \
	"(RA;;;;;WD;(\"zero\",TI,0x0,0))(RA;;;;;WD;(\"big\",TU,0x0,18446744073709551615))"   \
	"(RA;;;;;WD;(\"ns\",TU,0x0,1,2,3))(RA;;;;;WD;(\"s\",TS,0x0,\"Secret\"))"             \
	"(RA;;;;;WD;(\"cs\",TS,0x2,\"Secret\"))(RA;;;;;WD;(\"ss\",TS,0x0,\"a\",\"b\",\"\"))" \
	"(RA;;;;;WD;(\"empty\",TS,0x0,\"\"))(RA;;;;;WD;(\"none\",TS,0x0))"                   \
	"(RA;;;;;WD;(\"off\",TI,0x10,1))(RA;IO;;;;WD;(\"passed\",TI,0x0,1))"                 \
	"(RA;;;;;WD;(\"who\",TD,0x0,BA,S-1-22-1-1001))(RA;;;;;WD;(\"x\",TX,0x0,#00ff))"      \
	"(RA;;;;;WD;(\"yes\",TB,0x0,1))(RA;;;;;WD;(\"no\",TB,0x0,0))"                        \
	"(RA;;;;;WD;(\"n\",TI,0x0,6))"

static const struct {
	const char *text;
	enum np_truth truth;
} rows[] = {
	/* groups */
	{"Member_of " USERS, NP_TRUTH_TRUE},
	{"Member_of {" USERS ", " WHEEL "}", NP_TRUTH_TRUE},
	{"Member_of {" USERS ", " ALICE "}", NP_TRUTH_FALSE},
	{"Member_of {" BOB ", SID(WD), SID(AU)}", NP_TRUTH_TRUE},
	{"Member_of SID(BA)", NP_TRUTH_FALSE},
	{"Member_of SID(SY)", NP_TRUTH_FALSE},
	{"Member_of_Any {" ALICE ", " USERS "}", NP_TRUTH_TRUE},
	{"Member_of_Any {" ALICE ", SID(BA)}", NP_TRUTH_FALSE},
	{"Not_Member_of {" USERS ", " ALICE "}", NP_TRUTH_TRUE},
	{"Not_Member_of " USERS, NP_TRUTH_FALSE},
	{"Not_Member_of_Any {" ALICE ", " USERS "}", NP_TRUTH_FALSE},
	{"Not_Member_of_Any {" ALICE ", SID(BA)}", NP_TRUTH_TRUE},
	{"Device_Member_of SID(WD)", NP_TRUTH_UNKNOWN},
	{"Device_Member_of_Any SID(WD)", NP_TRUTH_UNKNOWN},
	{"Not_Device_Member_of SID(BA)", NP_TRUTH_UNKNOWN},
	{"Not_Device_Member_of_Any SID(BA)", NP_TRUTH_UNKNOWN},
	/* what there is */
	{"Exists @Resource.n", NP_TRUTH_TRUE},
	{"Exists @RESOURCE.N", NP_TRUTH_TRUE},
	{"Exists @Resource.nn", NP_TRUTH_FALSE},
	{"Exists @Resource.none", NP_TRUTH_FALSE},
	{"Exists @Resource.off", NP_TRUTH_FALSE},
	{"Exists @Resource.passed", NP_TRUTH_FALSE},
	{"Exists @User.n", NP_TRUTH_FALSE},
	{"Exists @Device.n", NP_TRUTH_FALSE},
	{"Exists n", NP_TRUTH_FALSE},
	{"Not_Exists @Resource.n", NP_TRUTH_FALSE},
	{"Not_Exists @User.n", NP_TRUTH_TRUE},
	/* by themselves */
	{"@Resource.n", NP_TRUTH_TRUE},
	{"@Resource.zero", NP_TRUTH_FALSE},
	{"@Resource.yes", NP_TRUTH_TRUE},
	{"@Resource.no", NP_TRUTH_FALSE},
	{"@Resource.s", NP_TRUTH_TRUE},
	{"@Resource.empty", NP_TRUTH_FALSE},
	{"@Resource.ns", NP_TRUTH_UNKNOWN},
	{"@Resource.who", NP_TRUTH_UNKNOWN},
	{"@Resource.x", NP_TRUTH_UNKNOWN},
	{"@Resource.absent", NP_TRUTH_UNKNOWN},
	{"@User.a", NP_TRUTH_UNKNOWN},
	{"a", NP_TRUTH_UNKNOWN},
	{"!@Resource.zero", NP_TRUTH_TRUE},
	{"!@User.a", NP_TRUTH_UNKNOWN},
	/* numbers; the first attribute of a name is meant */
	{"@Resource.n == 5", NP_TRUTH_TRUE},
	{"@Resource.n == 0x5", NP_TRUTH_TRUE},
	{"@Resource.n == {5}", NP_TRUTH_TRUE},
	{"@Resource.n == 6", NP_TRUTH_FALSE},
	{"@Resource.n != 6", NP_TRUTH_TRUE},
	{"@Resource.n != 5", NP_TRUTH_FALSE},
	{"@Resource.n < 6", NP_TRUTH_TRUE},
	{"@Resource.n < 5", NP_TRUTH_FALSE},
	{"@Resource.n <= 5", NP_TRUTH_TRUE},
	{"@Resource.n > -5", NP_TRUTH_TRUE},
	{"@Resource.n >= 6", NP_TRUTH_FALSE},
	{"@Resource.neg < 0", NP_TRUTH_TRUE},
	{"@Resource.neg == -5", NP_TRUTH_TRUE},
	{"@Resource.neg < -4", NP_TRUTH_TRUE},
	{"@Resource.neg < @Resource.n", NP_TRUTH_TRUE},
	{"@Resource.big > 9223372036854775807", NP_TRUTH_TRUE},
	{"@Resource.big == -1", NP_TRUTH_FALSE},
	{"@Resource.yes == 1", NP_TRUTH_TRUE},
	/* texts */
	{"@Resource.s == \"SECRET\"", NP_TRUTH_TRUE},
	{"@Resource.s == \"Secre\"", NP_TRUTH_FALSE},
	{"@Resource.cs == \"SECRET\"", NP_TRUTH_FALSE},
	{"@Resource.cs == \"Secret\"", NP_TRUTH_TRUE},
	{"@Resource.s == @Resource.cs", NP_TRUTH_TRUE},
	{"@Resource.s > \"secreT\"", NP_TRUTH_FALSE},
	{"@Resource.s > \"Sea\"", NP_TRUTH_TRUE},
	{"@Resource.s < \"Secrets\"", NP_TRUTH_TRUE},
	{"@Resource.x == #00FF", NP_TRUTH_TRUE},
	{"@Resource.x < #0100", NP_TRUTH_TRUE},
	{"@Resource.x < #00ff00", NP_TRUTH_TRUE},
	/* sets */
	{"@Resource.ns == {3, 2, 1}", NP_TRUTH_TRUE},
	{"@Resource.ns == {1, 2}", NP_TRUTH_FALSE},
	{"@Resource.ns == {1, 2, 3, 4}", NP_TRUTH_FALSE},
	{"@Resource.ns == 1", NP_TRUTH_FALSE},
	{"@Resource.ns != {1, 2, 3}", NP_TRUTH_FALSE},
	{"@Resource.ns Contains 2", NP_TRUTH_TRUE},
	{"@Resource.ns Contains {2, 3}", NP_TRUTH_TRUE},
	{"@Resource.ns Contains {3, 4}", NP_TRUTH_FALSE},
	{"@Resource.ns Not_Contains {3, 4}", NP_TRUTH_TRUE},
	{"@Resource.ns Any_of {3, 4}", NP_TRUTH_TRUE},
	{"@Resource.ns Any_of {4, 5}", NP_TRUTH_FALSE},
	{"@Resource.ns Not_Any_of {4, 5}", NP_TRUTH_TRUE},
	{"@Resource.ns < 4", NP_TRUTH_UNKNOWN},
	{"@Resource.ss Contains {\"B\", \"\"}", NP_TRUTH_TRUE},
	{"@Resource.ss Any_of {\"x\", \"y\"}", NP_TRUTH_FALSE},
	{"@Resource.who Contains SID(BA)", NP_TRUTH_TRUE},
	{"@Resource.who Contains {SID(BA), SID(SY)}", NP_TRUTH_FALSE},
	{"@Resource.who Any_of {SID(BA), SID(SY)}", NP_TRUTH_TRUE},
	{"@Resource.who > SID(BA)", NP_TRUTH_UNKNOWN},
	/* of two kinds, and what is not there */
	{"@Resource.n == \"5\"", NP_TRUTH_UNKNOWN},
	{"@Resource.n != \"5\"", NP_TRUTH_UNKNOWN},
	{"@Resource.s Contains 1", NP_TRUTH_UNKNOWN},
	{"@Resource.ns Any_of {1, \"b\"}", NP_TRUTH_UNKNOWN},
	{"@Resource.absent == 1", NP_TRUTH_UNKNOWN},
	{"@Resource.absent != 1", NP_TRUTH_UNKNOWN},
	{"@Resource.n == @Resource.absent", NP_TRUTH_UNKNOWN},
	{"@Resource.none Not_Contains \"a\"", NP_TRUTH_UNKNOWN},
	{"@User.a == 1", NP_TRUTH_UNKNOWN},
	{"@User.a != @Device.a", NP_TRUTH_UNKNOWN},
	/* together */
	{"@Resource.yes && @Resource.n == 5", NP_TRUTH_TRUE},
	{"@Resource.yes && @Resource.no", NP_TRUTH_FALSE},
	{"@Resource.yes && @User.a", NP_TRUTH_UNKNOWN},
	{"@User.a && @Resource.yes", NP_TRUTH_UNKNOWN},
	{"@Resource.no && @User.a", NP_TRUTH_FALSE},
	{"@User.a && @Resource.no", NP_TRUTH_FALSE},
	{"@User.a && @User.b", NP_TRUTH_UNKNOWN},
	{"@Resource.no || @Resource.no", NP_TRUTH_FALSE},
	{"@Resource.no || @Resource.yes", NP_TRUTH_TRUE},
	{"@Resource.yes || @User.a", NP_TRUTH_TRUE},
	{"@User.a || @Resource.yes", NP_TRUTH_TRUE},
	{"@Resource.no || @User.a", NP_TRUTH_UNKNOWN},
	{"@User.a || @User.b", NP_TRUTH_UNKNOWN},
	{"!(@Resource.no && @User.a)", NP_TRUTH_TRUE},
	{"@Resource.no && @Resource.no || @Resource.yes", NP_TRUTH_TRUE},
	{"@Resource.no && (@Resource.no || @Resource.yes)", NP_TRUTH_FALSE},
	{"@Resource.yes || @Resource.no && @Resource.no", NP_TRUTH_TRUE},
	{"(Member_of " USERS ") && (@Resource.s == \"secret\") && !(Member_of SID(BA))",
	 NP_TRUTH_TRUE},
};

static struct np_sec_token token;
static uint32_t gids[] = {27, 100};

static void setup(void)
{
	np_sec_token_init(&token, 1001, 100, gids, 2, NP_SEC_NO_GID, false);
}

static void *descriptor(const char *text, uint32_t *lenp)
{
	WCHAR *wide = text_wide_from_utf8(text, strlen(text));
	void *sd = NULL;

	if (!wide || sddl_read(wide, text_wide_len(wide), &sd, lenp) != 0)
		ck_abort_msg("not read: %s", text);
	free(wide);
	return sd;
}

static bool is_admitted(const void *sd, size_t len)
{
	uint8_t *exact = malloc(len);
	struct np_access access;
	npfs_status status;

	if (!exact)
		ck_abort_msg("no memory");
	memcpy(exact, sd, len);
	status = np_access_check_bytes(exact, len, &token, FILE_READ_DATA, &access);
	free(exact);
	if (status != STATUS_SUCCESS && status != STATUS_ACCESS_DENIED)
		ck_abort_msg("status %#x", status);
	return status == STATUS_SUCCESS;
}

/* @before, the condition in its parentheses, @behind, and the attributes. */
static bool text_admits(const char *before, const char *condition, const char *behind)
{
	char text[4096];
	uint32_t len;
	void *sd;
	bool is;

	snprintf(text, sizeof(text), "%s(%s))%s%s", before, condition, behind,
		 ATTRIBUTES);
	sd = descriptor(text, &len);
	is = is_admitted(sd, len);
	heap_process_free(sd);
	return is;
}

static enum np_truth truth_of(bool allows, bool denies)
{
	if (allows && !denies)
		ck_abort_msg("true for one and false for the other");
	return allows ? NP_TRUTH_TRUE : denies ? NP_TRUTH_UNKNOWN : NP_TRUTH_FALSE;
}

START_TEST(each_row_comes_out_as_the_table_says)
{
	bool allows = text_admits("D:(XA;;FR;;;WD;", rows[_i].text, "");
	bool denies = !text_admits("D:(XD;;FR;;;WD;", rows[_i].text, "(A;;FR;;;WD)");

	/* A condition that is true denies, too. */
	ck_assert_msg(truth_of(allows, denies) == rows[_i].truth, "%s", rows[_i].text);
}
END_TEST

/* An anonymous caller is in no group. */
START_TEST(who_is_nobody_is_in_no_group)
{
	np_sec_token_set_anonymous(&token);
	ck_assert(!text_admits("D:(XA;;FR;;;AN;", "Member_of SID(WD)", ""));
	ck_assert(text_admits("D:(XA;;FR;;;AN;", "Member_of SID(AN)", ""));
	ck_assert(text_admits("D:(XA;;FR;;;AN;", "Not_Member_of SID(WD)", ""));
}
END_TEST

/* An entry of another identity is passed over, whatever its condition. */
START_TEST(a_condition_is_asked_of_those_the_entry_is_for)
{
	ck_assert(!text_admits("D:(XA;;FR;;;SY;", "@Resource.yes", ""));
	ck_assert(text_admits("D:(XD;;FR;;;SY;", "@Resource.yes", "(A;;FR;;;WD)"));
	ck_assert(text_admits("D:(XD;IO;FR;;;WD;", "@Resource.yes", "(A;;FR;;;WD)"));
	ck_assert(text_admits("D:(XA;;GR;;;WD;", "@Resource.yes", ""));
}
END_TEST

static struct np_condition_check check_without_attributes(struct np_sd *sd)
{
	memset(sd, 0, sizeof(*sd));
	return (struct np_condition_check){&token, sd, NP_CONDITION_STEPS};
}

/* In memory of exactly its length. */
static enum np_truth evaluate(const void *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct np_condition_check check;
	enum np_truth truth;
	struct np_sd sd;

	if (!exact)
		ck_abort_msg("no memory");
	memcpy(exact, bytes, len);
	check = check_without_attributes(&sd);
	truth = np_condition_evaluate(&check, exact, len);
	free(exact);
	return truth;
}

#define BYTES(text)                                                                      \
	{                                                                                \
		text, sizeof(text) - 1                                                   \
	}
#define SYSTEM_SID "\x51\x0c\0\0\0\x01\x01\0\0\0\0\0\x05\x12\0\0\0"
#define LOCAL_A    "\xf8\x02\0\0\0a\0"
#define FALSE_     LOCAL_A "\x87"
#define TRUE_      LOCAL_A "\x8d"

START_TEST(bytes_that_are_no_condition_are_unknown)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		BYTES(""),
		BYTES("art"),
		BYTES("artx"),
		BYTES("artx\0\0\0\0"),
		BYTES("xtra" TRUE_),
		BYTES("artx" TRUE_ "\0\0\0\0"),
		BYTES("artx" TRUE_ "\0\0\x01"),
		BYTES("artx" TRUE_ TRUE_),
		BYTES("artx" TRUE_ "\xa0"),
		BYTES("artx\xa0"),
		BYTES("artx\xa2"),
		BYTES("artx\x80"),
		BYTES("artx\x87"),
		BYTES("artx\x89"),
		BYTES("artx" TRUE_ "\x87"),
		BYTES("artx" TRUE_ "\x89"),
		BYTES("artx" TRUE_ "\xff"),
		BYTES("artx" TRUE_ "\xa3"),
		BYTES("artx" TRUE_ "\x94"),
		BYTES("artx\xf8\x03\0\0\0a\0\x8d"),
		BYTES("artx\xf8\xff\xff\xff\xff"),
		BYTES("artx\xf8\x02\0\0"),
		BYTES("artx" SYSTEM_SID),
		BYTES("artx" SYSTEM_SID "\x8a"),
		BYTES("artx\x51\x0c\0\0\0\x01\x01\0\0\0\0\0\x05\x12\0\0\x89"),
		BYTES("artx\x51\x0c\0\0\0\x01\x02\0\0\0\0\0\x05\x12\0\0\0\x89"),
		BYTES("artx\x51\x0c\0\0\0\x02\x01\0\0\0\0\0\x05\x12\0\0\0\x89"),
		BYTES("artx\x50\0\0\0\0\x89"),
		BYTES("artx\x50\x11\0\0\0" SYSTEM_SID),
		BYTES("artx\x50\x12\0\0\0" SYSTEM_SID "\x89"),
		BYTES("artx\x50\x05\0\0\0\x50\0\0\0\0\x89"),
		BYTES("artx\x04\0\0\0\0\0\0\0\0\x03\x89"),
		BYTES("artx\x04\0\0\0\0\0\0\0\0\x03\x02\x04\0\0\0\0\0\0\0\0\x03\x02\x80"),
		BYTES("artx\x10\x01\0\0\0a\x87"),
	};

	ck_assert_int_eq(evaluate("artx" TRUE_, 12), NP_TRUTH_TRUE);
	ck_assert_int_eq(evaluate("artx" FALSE_, 12), NP_TRUTH_FALSE);
	ck_assert_int_eq(evaluate("artx" TRUE_ "\0\0\0", 15), NP_TRUTH_TRUE);
	ck_assert_int_eq(evaluate("artx" SYSTEM_SID "\x89", 22), NP_TRUTH_FALSE);
	ck_assert_int_eq(evaluate("artx" SYSTEM_SID "\x90", 22), NP_TRUTH_TRUE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(evaluate(bad[i].bytes, bad[i].len) == NP_TRUTH_UNKNOWN,
			      "row %zu", i);
}
END_TEST

/* Operands at a time, and steps for all conditions together. */
START_TEST(what_takes_too_much_is_unknown)
{
	struct np_condition_check check;
	uint8_t bytes[4 + 8 * (NP_CONDITION_DEPTH + 1) + NP_CONDITION_DEPTH];
	uint8_t *at = mempcpy(bytes, "artx", 4);
	struct np_sd sd;

	for (unsigned n = NP_CONDITION_DEPTH; n <= NP_CONDITION_DEPTH + 1; n++) {
		at = bytes + 4;
		for (unsigned i = 0; i < n; i++)
			at = mempcpy(at, TRUE_, 8);
		memset(at, 0xa0, n - 1);
		ck_assert_int_eq(evaluate(bytes, (size_t)(at - bytes) + n - 1),
				 n == NP_CONDITION_DEPTH ? NP_TRUTH_TRUE
							 : NP_TRUTH_UNKNOWN);
	}
	check = check_without_attributes(&sd);
	check.n_steps = 3;
	ck_assert_int_eq(np_condition_evaluate(&check, (const uint8_t *)"artx" TRUE_, 12),
			 NP_TRUTH_TRUE);
	ck_assert_int_eq(np_condition_evaluate(&check, (const uint8_t *)"artx" TRUE_, 12),
			 NP_TRUTH_UNKNOWN);
}
END_TEST

/* Attributes that lie about their sizes are not there. */
START_TEST(an_attribute_that_lies_is_absent)
{
	static const char text[] = "D:(XA;;FR;;;WD;(Exists @Resource.a))"
				   "S:(RA;;;;;WD;(\"a\",TS,0x0,\"b\"))";
	unsigned seed = 7, n_present = 0;
	uint32_t len;
	uint8_t *sd = descriptor(text, &len), *changed = malloc(len);

	if (!changed)
		ck_abort_msg("no memory");
	ck_assert(is_admitted(sd, len));
	for (unsigned round = 0; round < N_RANDOM; round++) {
		struct np_access access;
		npfs_status status;

		memcpy(changed, sd, len);
		for (unsigned n = 0; n < 3; n++)
			changed[(unsigned)rand_r(&seed) % len] =
				(uint8_t)((unsigned)rand_r(&seed) >> 7);
		status = np_access_check_bytes(changed, len, &token, FILE_READ_DATA,
					       &access);
		n_present += status == STATUS_SUCCESS;
	}
	ck_assert_uint_gt(n_present, 0);
	ck_assert_uint_lt(n_present, N_RANDOM);
	free(changed);
	heap_process_free(sd);
}
END_TEST

/* The most expensive descriptor that fits: its check ends soon. */
START_TEST(a_check_ends)
{
	enum { N_VALUES = 1500, N_RELATIONS = 600 };
	char *text = malloc(64 + 16 * N_VALUES + 64 * N_RELATIONS), *at;
	uint32_t len;
	void *sd;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, "D:(XD;;FR;;;WD;(@Resource.a != @Resource.a");
	for (unsigned i = 0; i < N_RELATIONS; i++)
		at = stpcpy(at, " || @Resource.a != @Resource.a");
	at = stpcpy(at, "))(A;;FR;;;WD)S:(RA;;;;;WD;(\"a\",TI,0x0");
	for (unsigned i = 0; i < N_VALUES; i++)
		at += sprintf(at, ",%u", i);
	strcpy(at, "))");
	sd = descriptor(text, &len);
	ck_assert(!is_admitted(sd, len));
	heap_process_free(sd);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("condition");
	TCase *tc = tcase_create("truth");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, each_row_comes_out_as_the_table_says, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, who_is_nobody_is_in_no_group);
	tcase_add_test(tc, a_condition_is_asked_of_those_the_entry_is_for);
	tcase_add_test(tc, bytes_that_are_no_condition_are_unknown);
	tcase_add_test(tc, what_takes_too_much_is_unknown);
	tcase_add_test(tc, an_attribute_that_lies_is_absent);
	tcase_add_test(tc, a_check_ends);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
