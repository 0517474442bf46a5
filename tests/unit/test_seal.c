/* SPDX-License-Identifier: MIT */
/*
 * Seals: the hash is SipHash-2-4, and a ticket fits as it was made and not otherwise.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/broker/seal.h"

/* The authors' test: key 00 01 .. 0f, input the first n of 00 01 02 .. */
START_TEST(hash_is_the_published_one)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} known[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31)},
		{1, UINT64_C(0x74f839c593dc67fd)},
		{8, UINT64_C(0x93f5f5799a932462)},
		{15, UINT64_C(0xa129ca6149be45e5)},
	};
	const struct np_seal_secret secret = {
		{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	uint8_t input[16];
	unsigned i;

	for (i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
	for (i = 0; i < NP_ARRAY_LEN(known); i++)
		ck_assert_uint_eq(np_seal_hash(&secret, input, known[i].len),
				  known[i].hash);
}
END_TEST

START_TEST(a_ticket_fits_only_as_it_was_made)
{
	struct np_seal_secret ours, theirs;
	struct np_ticket ticket, bent;
	unsigned bit;

	ck_assert_int_eq(np_seal_init(&ours), 0);
	ck_assert_int_eq(np_seal_init(&theirs), 0);
	ticket = np_seal_ticket(&ours, 7, 9, 0x12019f);
	ck_assert(np_seal_fits(&ours, &ticket));
	ck_assert(!np_seal_fits(&theirs, &ticket));
	for (bit = 0; bit < 8 * sizeof(ticket); bit++) {
		bent = ticket;
		((uint8_t *)&bent)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!np_seal_fits(&ours, &bent), "bit %u", bit);
	}
}
END_TEST

START_TEST(a_loan_fits_only_as_it_was_made)
{
	struct np_loan loan = {.id = 7, .cookie = {1, 2}, .access = 0x100000};
	struct np_seal_secret ours, theirs;
	struct np_loan bent;
	unsigned bit;

	ck_assert_int_eq(np_seal_init(&ours), 0);
	ck_assert_int_eq(np_seal_init(&theirs), 0);
	np_seal_loan(&ours, &loan);
	ck_assert(np_seal_fits_loan(&ours, &loan));
	ck_assert(!np_seal_fits_loan(&theirs, &loan));
	for (bit = 0; bit < 8 * sizeof(loan); bit++) {
		bent = loan;
		((uint8_t *)&bent)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!np_seal_fits_loan(&ours, &bent), "bit %u", bit);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seal");
	TCase *tcase = tcase_create("seal");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, hash_is_the_published_one);
	tcase_add_test(tcase, a_ticket_fits_only_as_it_was_made);
	tcase_add_test(tcase, a_loan_fits_only_as_it_was_made);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
