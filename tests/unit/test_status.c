/* SPDX-License-Identifier: MIT */
/*
 * The status table: the rows of the semantics, their order, and the way from errno.
 */
#include "npfs/nt/status.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/nt/fsctl.h"

/* npfs-semantics, section 0.3, written down a second time on purpose */
static const struct {
	uint32_t status;
	uint32_t win32;
} documented[] = {
	{0x00000000, 0},    {0x00000103, 997},  {0x80000005, 234},  {0x80000006, 18},
	{0xC0000002, 1},    {0xC0000003, 87},   {0xC0000004, 24},   {0xC0000005, 998},
	{0xC0000008, 6},    {0xC000000D, 87},   {0xC000000F, 2},    {0xC0000010, 1},
	{0xC0000017, 8},    {0xC0000022, 5},    {0xC0000023, 122},  {0xC0000024, 6},
	{0xC0000033, 123},  {0xC0000034, 2},    {0xC0000035, 183},  {0xC0000039, 161},
	{0xC000003A, 3},    {0xC000003B, 161},  {0xC0000044, 1816}, {0xC0000061, 1314},
	{0xC000009A, 1450}, {0xC00000A5, 1346}, {0xC00000AB, 231},  {0xC00000AC, 231},
	{0xC00000AD, 230},  {0xC00000AE, 231},  {0xC00000AF, 1},    {0xC00000B0, 233},
	{0xC00000B1, 232},  {0xC00000B2, 535},  {0xC00000B3, 536},  {0xC00000B4, 230},
	{0xC00000B5, 121},  {0xC00000BB, 50},   {0xC00000BE, 53},   {0xC00000D9, 232},
	{0xC00000E8, 1784}, {0xC000010D, 1368}, {0xC0000120, 995},  {0xC000014B, 109},
	{0xC0000225, 1168}, {0xC00000C1, 56},   {0x00000102, 258},
};

static const struct {
	npfs_status status;
	const char *name;
} listed[] = {
#define NP_STATUS(name, value, win32, text) {value, #name},
#include "npfs/nt/status.def"
#undef NP_STATUS
};

START_TEST(documented_statuses_map_to_their_win32_errors)
{
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(documented); i++)
		ck_assert_msg(
			npfs_status_to_win32(documented[i].status) == documented[i].win32,
			"0x%08x gives %u instead of %u", documented[i].status,
			npfs_status_to_win32(documented[i].status), documented[i].win32);
}
END_TEST

START_TEST(rows_ascend_and_all_are_found)
{
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(listed); i++) {
		const char *name = npfs_status_name(listed[i].status);

		if (i > 0)
			ck_assert_msg(listed[i - 1].status < listed[i].status,
				      "%s is out of order", listed[i].name);
		ck_assert_ptr_nonnull(name);
		ck_assert_int_eq(strncmp(name, "STATUS_", 7), 0);
		ck_assert_str_eq(name + 7, listed[i].name);
		ck_assert_str_ne(npfs_status_text(listed[i].status), "unknown status");
		ck_assert_uint_ne(npfs_status_to_win32(listed[i].status), 317);
	}
}
END_TEST

START_TEST(unknown_statuses_have_no_name_and_error_317)
{
	static const npfs_status unknown[] = {1, 0x7fffffff, 0xC0000000, 0xFFFFFFFF};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(unknown); i++) {
		ck_assert_ptr_null(npfs_status_name(unknown[i]));
		ck_assert_str_eq(npfs_status_text(unknown[i]), "unknown status");
		ck_assert_uint_eq(npfs_status_to_win32(unknown[i]), 317);
	}
}
END_TEST

START_TEST(severity_is_in_the_top_bits)
{
	ck_assert(np_status_is_success(STATUS_SUCCESS));
	ck_assert(np_status_is_success(STATUS_PENDING));
	ck_assert(np_status_is_warning(STATUS_BUFFER_OVERFLOW));
	ck_assert(!np_status_is_success(STATUS_BUFFER_OVERFLOW));
	ck_assert(!npfs_status_is_error(STATUS_BUFFER_OVERFLOW));
	ck_assert(npfs_status_is_error(STATUS_PIPE_EMPTY));
	ck_assert(np_status_is_error(STATUS_PIPE_EMPTY));
	ck_assert(!npfs_status_is_success(STATUS_PIPE_EMPTY));
	ck_assert(npfs_status_is_success(STATUS_TIMEOUT));
}
END_TEST

START_TEST(errno_gives_one_status_whatever_its_sign)
{
	int err;

	ck_assert_uint_eq(npfs_status_from_errno(0), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_status_from_errno(EACCES), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(npfs_status_from_errno(-ENOENT), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(npfs_status_from_errno(-ENOMEM), STATUS_NO_MEMORY);
	ck_assert_uint_eq(npfs_status_from_errno(ENFILE), STATUS_TOO_MANY_OPENED_FILES);
	ck_assert_uint_eq(npfs_status_from_errno(ETIMEDOUT), STATUS_IO_TIMEOUT);
	ck_assert_uint_eq(npfs_status_from_errno(EBADF), STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(npfs_status_from_errno(4000), STATUS_UNSUCCESSFUL);
	ck_assert_uint_eq(npfs_status_from_errno(INT_MIN), STATUS_UNSUCCESSFUL);
	for (err = 1; err < 200; err++) {
		npfs_status status = npfs_status_from_errno(err);

		ck_assert_uint_eq(npfs_status_from_errno(-err), status);
		ck_assert(!npfs_status_is_success(status));
		ck_assert_ptr_nonnull(npfs_status_name(status));
	}
}
END_TEST

START_TEST(generic_rights_map_to_file_rights)
{
	ck_assert_uint_eq(np_access_map_file(GENERIC_READ), 0x00120089);
	ck_assert_uint_eq(np_access_map_file(GENERIC_WRITE), 0x00120116);
	ck_assert_uint_eq(np_access_map_file(GENERIC_READ | GENERIC_WRITE), 0x0012019f);
	ck_assert_uint_eq(np_access_map_file(GENERIC_EXECUTE), 0x001200a0);
	ck_assert_uint_eq(np_access_map_file(GENERIC_ALL), 0x001f01ff);
	ck_assert_uint_eq(np_access_map_file(MAXIMUM_ALLOWED | WRITE_DAC),
			  MAXIMUM_ALLOWED | WRITE_DAC);
}
END_TEST

START_TEST(control_codes_carry_their_demanded_access)
{
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_PEEK), FILE_READ_DATA);
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_TRANSCEIVE),
			  FILE_READ_DATA | FILE_WRITE_DATA);
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_FLUSH), FILE_WRITE_DATA);
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_SILO_ARRIVAL), FILE_WRITE_DATA);
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_WAIT), 0);
	ck_assert_uint_eq(np_fsctl_access(FSCTL_PIPE_LISTEN), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = tcase_create("status");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, documented_statuses_map_to_their_win32_errors);
	tcase_add_test(tc, rows_ascend_and_all_are_found);
	tcase_add_test(tc, unknown_statuses_have_no_name_and_error_317);
	tcase_add_test(tc, severity_is_in_the_top_bits);
	tcase_add_test(tc, errno_gives_one_status_whatever_its_sign);
	tcase_add_test(tc, generic_rights_map_to_file_rights);
	tcase_add_test(tc, control_codes_carry_their_demanded_access);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
