/* SPDX-License-Identifier: MIT */
/* What a handle says of an ordinary file: information, times, name, volume; old numbers. */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <windows.h>
#include <shlwapi.h>
#include <winioctl.h>

#include "tests/lib/broker.h"

static char folder[64], path[80];

static void setup(void)
{
	FILE *file;

	test_dir_make(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("12345", file);
	fclose(file);
}

static void teardown(void)
{
	char link[90];

	snprintf(link, sizeof(link), "%s/link", folder);
	unlink(link);
	unlink(path);
	test_dir_remove(folder);
}

static HANDLE open_file(DWORD access)
{
	HANDLE h = CreateFileA(path, access, 0, NULL, OPEN_EXISTING, 0, NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

static HANDLE open_folder(void)
{
	HANDLE h = CreateFileA(folder, 0, 0, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
			       NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

/* Fails with this error, which was not there before. */
#define FAILS(call, error)                              \
	do {                                            \
		SetLastError(0xdead);                   \
		ck_assert(!(call));                     \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

START_TEST(a_file_says_what_stat_says)
{
	BY_HANDLE_FILE_INFORMATION info;
	HANDLE h = open_file(GENERIC_READ);
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(GetFileInformationByHandle(h, &info));
	ck_assert_uint_eq(info.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert_uint_eq(info.nFileSizeLow, 5);
	ck_assert_uint_eq(info.nFileSizeHigh, 0);
	ck_assert_uint_eq(info.nNumberOfLinks, 1);
	ck_assert_uint_eq((uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow, st.st_ino);
	CloseHandle(h);
	h = open_folder();
	ck_assert(GetFileInformationByHandle(h, &info));
	ck_assert_uint_eq(info.dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
	ck_assert_uint_eq(info.nFileSizeLow, 0);
	CloseHandle(h);
	FAILS(GetFileInformationByHandle(h, &info), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(every_class_has_its_answer_and_its_length)
{
	HANDLE h = open_file(GENERIC_READ), d = open_folder();
	FILE_STANDARD_INFO standard;
	FILE_BASIC_INFO basic;
	union {
		FILE_NAME_INFO info;
		char room[512];
	} name;
	WCHAR wide[128];

	ck_assert(GetFileInformationByHandleEx(h, FileStandardInfo, &standard,
					       sizeof(standard)));
	ck_assert_int_eq(standard.EndOfFile.QuadPart, 5);
	ck_assert_uint_eq(standard.NumberOfLinks, 1);
	ck_assert(!standard.Directory);
	ck_assert(!standard.DeletePending);
	ck_assert(GetFileInformationByHandleEx(d, FileStandardInfo, &standard,
					       sizeof(standard)));
	ck_assert(standard.Directory);
	ck_assert(GetFileInformationByHandleEx(h, FileBasicInfo, &basic, sizeof(basic)));
	ck_assert_uint_eq(basic.FileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert_int_gt(basic.LastWriteTime.QuadPart, 0);
	ck_assert(GetFileInformationByHandleEx(h, FileNameInfo, &name, sizeof(name)));
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, ARRAYSIZE(wide));
	ck_assert_uint_eq(name.info.FileNameLength, strlen(path) * 2);
	ck_assert_mem_eq((char *)&name + offsetof(FILE_NAME_INFO, FileName), wide,
			 strlen(path) * 2);

	FAILS(GetFileInformationByHandleEx(h, FileStandardInfo, &standard,
					   sizeof(standard) - 1), ERROR_BAD_LENGTH);
	FAILS(GetFileInformationByHandleEx(h, FileBasicInfo, &basic, sizeof(basic) - 1),
	      ERROR_BAD_LENGTH);
	FAILS(GetFileInformationByHandleEx(h, FileNameInfo, &name, 4), ERROR_BAD_LENGTH);
	FAILS(GetFileInformationByHandleEx(h, FileNameInfo, &name, 10), ERROR_MORE_DATA);
	ck_assert_uint_eq(name.info.FileNameLength, strlen(path) * 2);
	FAILS(GetFileInformationByHandleEx(h, FileStreamInfo, &name, sizeof(name)),
	      ERROR_INVALID_PARAMETER);
	CloseHandle(h);
	CloseHandle(d);
}
END_TEST

START_TEST(times_are_set_and_read_back)
{
	const FILETIME written = {0xd53e8000, 0x019db1de}; /* 1970-01-01 00:00:00 */
	const FILETIME accessed = {0x12345600, 0x01d00000};
	const FILETIME none = {0, 0}, never = {0xffffffff, 0xffffffff},
		       bad = {0, 0x80000000};
	HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE), r;
	FILETIME got[3];
	struct stat st;

	ck_assert(SetFileTime(h, NULL, &accessed, &written));
	ck_assert(GetFileTime(h, &got[0], &got[1], &got[2]));
	ck_assert_int_eq(CompareFileTime(&got[1], &accessed), 0);
	ck_assert_int_eq(CompareFileTime(&got[2], &written), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, 0);
	ck_assert(SetFileTime(h, &none, &none, &never));
	ck_assert(GetFileTime(h, NULL, &got[1], &got[2]));
	ck_assert_int_eq(CompareFileTime(&got[1], &accessed), 0);
	ck_assert_int_eq(CompareFileTime(&got[2], &written), 0);
	FAILS(SetFileTime(h, NULL, NULL, &bad), ERROR_INVALID_PARAMETER);
	r = open_file(GENERIC_READ);
	FAILS(SetFileTime(r, NULL, NULL, &written), ERROR_ACCESS_DENIED);
	CloseHandle(r);
	r = open_file(FILE_WRITE_ATTRIBUTES);
	ck_assert(SetFileTime(r, NULL, NULL, &accessed));
	ck_assert(GetFileTime(h, NULL, NULL, &got[2]));
	ck_assert_int_eq(CompareFileTime(&got[2], &accessed), 0);
	CloseHandle(r);
	CloseHandle(h);
}
END_TEST

START_TEST(the_final_name_is_the_whole_name)
{
	char link[90], got[PATH_MAX], real[PATH_MAX];
	WCHAR wide[PATH_MAX];
	HANDLE h;
	DWORD n;

	ck_assert_ptr_nonnull(realpath(path, real));
	snprintf(link, sizeof(link), "%s/link", folder);
	ck_assert_int_eq(symlink("file", link), 0);
	h = CreateFileA(link, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	n = GetFinalPathNameByHandleA(h, got, sizeof(got), FILE_NAME_NORMALIZED);
	ck_assert_uint_eq(n, strlen(real));
	ck_assert_str_eq(got, real);
	ck_assert_uint_eq(GetFinalPathNameByHandleA(h, got, n, 0), n + 1);
	ck_assert_uint_eq(GetFinalPathNameByHandleW(h, wide, n + 1, 0), n);
	ck_assert_uint_eq(GetFinalPathNameByHandleW(h, NULL, 0, 0), n + 1);
	ck_assert_uint_eq(wide[n], 0);
	CloseHandle(h);
	FAILS(GetFinalPathNameByHandleA(h, got, sizeof(got), 0), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(a_volume_has_a_file_system)
{
	char label[32], system[32];
	WCHAR wide[32], wide_path[80];
	DWORD serial, length, flags, serial_w;
	HANDLE h = open_file(GENERIC_READ);

	ck_assert(GetVolumeInformationA(path, label, sizeof(label), &serial, &length, &flags,
					system, sizeof(system)));
	ck_assert_str_ne(system, "");
	ck_assert_uint_gt(length, 0);
	ck_assert(flags & FILE_CASE_SENSITIVE_SEARCH);
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide_path, ARRAYSIZE(wide_path));
	ck_assert(GetVolumeInformationW(wide_path, NULL, 0, &serial_w, NULL, NULL, wide, 32));
	ck_assert_uint_eq(serial_w, serial);
	ck_assert(GetVolumeInformationByHandleW(h, NULL, 0, &serial_w, NULL, NULL, wide, 32));
	ck_assert_uint_eq(serial_w, serial);
	ck_assert_uint_eq(lstrlenW(wide), strlen(system));
	FAILS(GetVolumeInformationA(path, NULL, 0, NULL, NULL, NULL, system, 1),
	      ERROR_BAD_LENGTH);
	ck_assert(GetVolumeInformationA(NULL, NULL, 0, NULL, NULL, NULL, NULL, 0));
	CloseHandle(h);
}
END_TEST

START_TEST(a_path_is_there_or_not)
{
	WCHAR wide[80];

	ck_assert(PathFileExistsA(path));
	ck_assert(PathFileExistsA(folder));
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, ARRAYSIZE(wide));
	ck_assert(PathFileExistsW(wide));
	unlink(path);
	ck_assert(!PathFileExistsA(path));
	ck_assert(!PathFileExistsW(wide));
	ck_assert(!PathFileExistsA(NULL));
}
END_TEST

START_TEST(create_file_2_is_create_file)
{
	CREATEFILE2_EXTENDED_PARAMETERS more = {
		.dwSize = sizeof(more),
		.dwFileFlags = FILE_FLAG_BACKUP_SEMANTICS,
	};
	WCHAR wide[80];
	HANDLE h;

	MultiByteToWideChar(CP_UTF8, 0, folder, -1, wide, ARRAYSIZE(wide));
	FAILS(CreateFile2(wide, GENERIC_READ, 0, OPEN_EXISTING, NULL) != INVALID_HANDLE_VALUE,
	      ERROR_ACCESS_DENIED);
	h = CreateFile2(wide, GENERIC_READ, 0, OPEN_EXISTING, &more);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	CloseHandle(h);
	more.dwSize = 4;
	FAILS(CreateFile2(wide, GENERIC_READ, 0, OPEN_EXISTING, &more) !=
		      INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(numbers_from_before_handles_are_handles)
{
	char text[8] = "";
	HFILE f;

	ck_assert_int_eq(_lopen("/no/such/file", OF_READ), HFILE_ERROR);
	ck_assert_uint_eq(GetLastError(), ERROR_PATH_NOT_FOUND);
	f = _lopen(path, OF_READ);
	ck_assert_int_ne(f, HFILE_ERROR);
	ck_assert_int_eq(_llseek(f, 2, FILE_BEGIN), 2);
	ck_assert_uint_eq(_lread(f, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "345");
	ck_assert_uint_eq(_lwrite(f, "x", 1), (UINT)HFILE_ERROR);
	ck_assert_int_eq(_lclose(f), 0);
	ck_assert_int_eq(_lclose(f), HFILE_ERROR);
	f = _lopen(path, OF_READWRITE);
	ck_assert_uint_eq(_lwrite(f, "ab", 2), 2);
	ck_assert_uint_eq(_lwrite(f, NULL, 0), 0); /* cuts */
	ck_assert_int_eq(_llseek(f, 0, FILE_END), 2);
	_lclose(f);
	f = _lcreat(path, 0);
	ck_assert_int_eq(_llseek(f, 0, FILE_END), 0);
	_lclose(f);
	ck_assert_uint_eq(SetHandleCount(400), 400);
}
END_TEST

START_TEST(controls_of_a_device_are_refused)
{
	HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE);
	DWORD n = 7;

	FAILS(DeviceIoControl(h, CTL_CODE(FILE_DEVICE_DISK, 1, METHOD_BUFFERED, 0), NULL, 0,
			      NULL, 0, &n, NULL), ERROR_INVALID_FUNCTION);
	ck_assert_uint_eq(n, 0);
	FAILS(DeviceIoControl(h, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL, NULL),
	      ERROR_INVALID_FUNCTION);
	CloseHandle(h);
	FAILS(DeviceIoControl(h, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL, NULL),
	      ERROR_INVALID_HANDLE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_file_info");
	TCase *tc = tcase_create("disk");
	SRunner *sr;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_says_what_stat_says);
	tcase_add_test(tc, every_class_has_its_answer_and_its_length);
	tcase_add_test(tc, times_are_set_and_read_back);
	tcase_add_test(tc, the_final_name_is_the_whole_name);
	tcase_add_test(tc, a_volume_has_a_file_system);
	tcase_add_test(tc, a_path_is_there_or_not);
	tcase_add_test(tc, create_file_2_is_create_file);
	tcase_add_test(tc, numbers_from_before_handles_are_handles);
	tcase_add_test(tc, controls_of_a_device_are_refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
