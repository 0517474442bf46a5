/* SPDX-License-Identifier: MIT */
/*
 * What programs ask a pipe that is meant for files of the disk or for devices: information
 * by handle, times, names, the volume, controls by number (npfs-semantics 7.8, 7.9, 8.5).
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/broker.h"

#define NAME "\\\\.\\pipe\\questions"
#define W(text) ((const WCHAR *)u##text)

static struct test_broker broker;
static HANDLE server, client;

static void setup(void)
{
	test_broker_start(&broker);
	server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				  PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 100, 200, 0,
				  NULL);
	ck_assert_ptr_ne(server, INVALID_HANDLE_VALUE);
	client = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
			     NULL);
	ck_assert_ptr_ne(client, INVALID_HANDLE_VALUE);
}

static void teardown(void)
{
	CloseHandle(client);
	CloseHandle(server);
	test_broker_stop(&broker);
}

/* Fails with this error, which was not there before. */
#define FAILS(call, error)                                \
	do {                                              \
		SetLastError(0xdead);                     \
		ck_assert(!(call));                       \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

START_TEST(information_is_that_of_the_end)
{
	BY_HANDLE_FILE_INFORMATION info, other;
	FILE_STANDARD_INFO standard;
	FILE_BASIC_INFO basic;
	union {
		FILE_NAME_INFO info;
		char room[64];
	} name;
	DWORD n;

	ck_assert(WriteFile(client, "12345", 5, &n, NULL));
	ck_assert(GetFileInformationByHandle(server, &info));
	ck_assert_uint_eq(info.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert_uint_eq(info.nFileSizeLow, 5);
	ck_assert_uint_eq(info.nNumberOfLinks, 1);
	ck_assert_uint_eq(info.ftLastWriteTime.dwHighDateTime, 0);
	ck_assert(GetFileInformationByHandle(client, &other));
	ck_assert_uint_eq(other.nFileSizeLow, 0);
	ck_assert(info.nFileIndexLow != other.nFileIndexLow ||
		  info.nFileIndexHigh != other.nFileIndexHigh);
	ck_assert(GetFileInformationByHandleEx(server, FileStandardInfo, &standard,
					       sizeof(standard)));
	ck_assert_int_eq(standard.EndOfFile.QuadPart, 5);
	ck_assert_int_eq(standard.AllocationSize.QuadPart, 300);
	ck_assert(standard.DeletePending);
	ck_assert(GetFileInformationByHandleEx(client, FileBasicInfo, &basic, sizeof(basic)));
	ck_assert_uint_eq(basic.FileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert(GetFileInformationByHandleEx(client, FileNameInfo, &name, sizeof(name)));
	ck_assert_uint_eq(name.info.FileNameLength, 20);
	ck_assert_mem_eq((char *)&name + offsetof(FILE_NAME_INFO, FileName), u"\\questions",
			 20);
	FAILS(GetFileInformationByHandleEx(client, FileNameInfo, &name, 12), ERROR_MORE_DATA);
	FAILS(GetFileInformationByHandleEx(client, FileBasicInfo, &basic, 4),
	      ERROR_BAD_LENGTH);
}
END_TEST

START_TEST(times_are_zero_and_setting_them_is_forgotten)
{
	FILETIME written = {1, 2};

	ck_assert(SetFileTime(client, NULL, NULL, &written));
	ck_assert(GetFileTime(client, NULL, NULL, &written));
	ck_assert_uint_eq(written.dwLowDateTime, 0);
	ck_assert_uint_eq(written.dwHighDateTime, 0);
}
END_TEST

START_TEST(a_pipe_has_names_without_a_drive)
{
	char name[64];

	ck_assert_uint_eq(GetFinalPathNameByHandleA(server, name, sizeof(name),
						    VOLUME_NAME_NT), 27);
	ck_assert_str_eq(name, "\\Device\\NamedPipe\\questions");
	ck_assert_uint_eq(GetFinalPathNameByHandleA(client, name, sizeof(name),
						    VOLUME_NAME_NONE), 10);
	ck_assert_str_eq(name, "\\questions");
	FAILS(GetFinalPathNameByHandleA(client, name, sizeof(name), VOLUME_NAME_DOS),
	      ERROR_PATH_NOT_FOUND);
}
END_TEST

START_TEST(the_volume_is_npfs)
{
	char label[32], system[32];
	WCHAR wide[32];
	DWORD length, flags;

	ck_assert(GetVolumeInformationA("\\\\.\\pipe\\", label, sizeof(label), NULL, &length,
					&flags, system, sizeof(system)));
	ck_assert_str_eq(label, "NamedPipe");
	ck_assert_str_eq(system, "NPFS");
	ck_assert_uint_eq(length, 0xffffffff);
	ck_assert_uint_eq(flags, FILE_CASE_PRESERVED_NAMES);
	ck_assert(GetVolumeInformationByHandleW(client, NULL, 0, NULL, NULL, NULL, wide, 32));
	ck_assert_int_eq(lstrcmpW(wide, W("NPFS")), 0);
}
END_TEST

/* A synchronous call by number does what the call by name does. */
START_TEST(a_control_by_number_is_the_call)
{
	FILE_PIPE_PEEK_BUFFER *peek;
	char room[64];
	OVERLAPPED ov = {0};
	DWORD n = 0;

	ck_assert(WriteFile(server, "abc", 3, &n, &ov));
	ck_assert(DeviceIoControl(client, FSCTL_PIPE_PEEK, NULL, 0, room, sizeof(room), &n,
				  NULL));
	peek = (FILE_PIPE_PEEK_BUFFER *)(void *)room;
	ck_assert_uint_eq(peek->ReadDataAvailable, 3);
	ck_assert_uint_eq(n, offsetof(FILE_PIPE_PEEK_BUFFER, Data) + 3);
	ck_assert_mem_eq(peek->Data, "abc", 3);
	ck_assert(DeviceIoControl(server, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0, &n, NULL));
	FAILS(ReadFile(client, room, 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED);
	CloseHandle(client);
	ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	FAILS(DeviceIoControl(server, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL, &ov),
	      ERROR_IO_PENDING);
	client = CreateFileA(NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	ck_assert_ptr_ne(client, INVALID_HANDLE_VALUE);
	ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
	CloseHandle(ov.hEvent);
	n = 7;
	FAILS(DeviceIoControl(server, CTL_CODE(FILE_DEVICE_DISK, 1, METHOD_BUFFERED, 0), NULL,
			      0, NULL, 0, &n, NULL), ERROR_INVALID_FUNCTION);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(attributes_are_asked_for_by_name)
{
	char client_id[] = "ClientProcessId", server_id[] = "ServerProcessId", no[] = "Nothing";
	ULONG pid = 0;
	SIZE_T n = sizeof(pid);

	ck_assert(GetNamedPipeAttribute(server, 1, client_id, &pid, &n));
	ck_assert_uint_eq(pid, GetCurrentProcessId());
	ck_assert_uint_eq(n, sizeof(pid));
	pid = 0;
	ck_assert(GetNamedPipeAttribute(client, 0, server_id, &pid, &n));
	ck_assert_uint_eq(pid, GetCurrentProcessId());
	FAILS(GetNamedPipeAttribute(server, 1, no, &pid, &n), ERROR_NOT_FOUND);
	FAILS(GetNamedPipeAttribute(server, 3, no, &pid, &n), ERROR_INVALID_PARAMETER);
	n = 2;
	FAILS(GetNamedPipeAttribute(server, 1, client_id, &pid, &n),
	      ERROR_INSUFFICIENT_BUFFER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("questions");
	TCase *tc = tcase_create("pipe");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, information_is_that_of_the_end);
	tcase_add_test(tc, times_are_zero_and_setting_them_is_forgotten);
	tcase_add_test(tc, a_pipe_has_names_without_a_drive);
	tcase_add_test(tc, the_volume_is_npfs);
	tcase_add_test(tc, a_control_by_number_is_the_call);
	tcase_add_test(tc, attributes_are_asked_for_by_name);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
