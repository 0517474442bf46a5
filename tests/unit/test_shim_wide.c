/* SPDX-License-Identifier: MIT */
/*
 * Wide forms: what a W function is told reaches the same file, object or setting as what its
 * A form is told, in characters that have more than one byte there and two units here.
 *
 * Both forms share a core, so the rules are tested with the narrow ones; here it is the names
 * that count. A broker of the test's own holds the named objects.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <windows.h>

#include "tests/lib/broker.h"

#define W(text) ((WCHAR *)(uintptr_t)u##text)

#define FAILS(call, error)                                \
	do {                                              \
		SetLastError(0);                          \
		ck_assert(!(call));                       \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

static struct test_broker broker;
static char dir[48];
static WCHAR wide_dir[48];

static void setup(void)
{
	test_broker_start(&broker);
	test_dir_make(dir, sizeof(dir));
	ck_assert_int_gt(MultiByteToWideChar(CP_UTF8, 0, dir, -1, wide_dir, 48), 0);
}

static void teardown(void)
{
	test_dir_remove(dir);
	test_broker_stop(&broker);
}

/* A name in the folder, in one of four buffers. */
static WCHAR *in_dir(const WCHAR *name)
{
	static WCHAR paths[4][96];
	static unsigned i;
	WCHAR *path = paths[i++ % 4];

	lstrcpyW(path, wide_dir);
	lstrcatW(path, W("/"));
	return lstrcatW(path, name);
}

static bool is_there(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static HANDLE make_file(const WCHAR *name)
{
	HANDLE h = CreateFileW(in_dir(name), GENERIC_READ | GENERIC_WRITE, 0, NULL,
			       CREATE_NEW, 0, NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

/* -------------------------------------------------------------------- files */

START_TEST(files_are_copied_moved_and_deleted)
{
	CloseHandle(make_file(W("\u00e4\U0001f600")));
	ck_assert(is_there("\u00e4\U0001f600"));
	ck_assert(CopyFileW(in_dir(W("\u00e4\U0001f600")), in_dir(W("\u00f6")), TRUE));
	FAILS(CopyFileW(in_dir(W("\u00e4\U0001f600")), in_dir(W("\u00f6")), TRUE),
	      ERROR_FILE_EXISTS);
	ck_assert(is_there("\u00f6"));
	FAILS(MoveFileW(in_dir(W("\u00e4\U0001f600")), in_dir(W("\u00f6"))),
	      ERROR_ALREADY_EXISTS);
	ck_assert(MoveFileW(in_dir(W("\u00e4\U0001f600")), in_dir(W("a"))));
	ck_assert(is_there("a") && !is_there("\u00e4\U0001f600"));
	ck_assert(MoveFileExW(in_dir(W("a")), in_dir(W("\u00f6")),
			      MOVEFILE_REPLACE_EXISTING));
	ck_assert(!is_there("a"));
	ck_assert(DeleteFileW(in_dir(W("\u00f6"))));
	ck_assert(!is_there("\u00f6"));
	FAILS(DeleteFileW(in_dir(W("\u00f6"))), ERROR_FILE_NOT_FOUND);
	FAILS(MoveFileExW(in_dir(W("\u00f6")), in_dir(W("a")), 0), ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(attributes_are_asked_for_and_set)
{
	WIN32_FILE_ATTRIBUTE_DATA data;
	HANDLE h = make_file(W("\u00e4"));
	DWORD n;

	ck_assert(WriteFile(h, "12345", 5, &n, NULL));
	CloseHandle(h);
	ck_assert(SetFileAttributesW(in_dir(W("\u00e4")), FILE_ATTRIBUTE_READONLY));
	ck_assert_uint_eq(GetFileAttributesW(in_dir(W("\u00e4"))) & FILE_ATTRIBUTE_READONLY,
			  FILE_ATTRIBUTE_READONLY);
	ck_assert(GetFileAttributesExW(in_dir(W("\u00e4")), GetFileExInfoStandard, &data));
	ck_assert_uint_eq(data.nFileSizeLow, 5);
	ck_assert_uint_eq(data.dwFileAttributes & FILE_ATTRIBUTE_READONLY,
			  FILE_ATTRIBUTE_READONLY);
	FAILS(GetFileAttributesExW(in_dir(W("\u00e4")), GetFileExMaxInfoLevel, &data),
	      ERROR_INVALID_PARAMETER);
	ck_assert(SetFileAttributesW(in_dir(W("\u00e4")), FILE_ATTRIBUTE_NORMAL));
	ck_assert_uint_eq(GetFileAttributesW(in_dir(W("\u00e4"))) & FILE_ATTRIBUTE_READONLY, 0);
	ck_assert(DeleteFileW(in_dir(W("\u00e4"))));
	SetLastError(0);
	ck_assert_uint_eq(GetFileAttributesW(in_dir(W("\u00e4"))), INVALID_FILE_ATTRIBUTES);
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
	FAILS(SetFileAttributesW(in_dir(W("\u00e4")), FILE_ATTRIBUTE_NORMAL),
	      ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_file_is_found_and_named_for_a_while)
{
	WIN32_FIND_DATAW found;
	WCHAR name[MAX_PATH];
	HANDLE h;

	CloseHandle(make_file(W("a\u00e4b.txt")));
	h = FindFirstFileExW(in_dir(W("*\u00e4*.t?t")), FindExInfoStandard, &found,
			     FindExSearchNameMatch, NULL, 0);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert_int_eq(lstrcmpW(found.cFileName, W("a\u00e4b.txt")), 0);
	FAILS(FindNextFileW(h, &found), ERROR_NO_MORE_FILES);
	ck_assert(FindClose(h));
	SetLastError(0);
	ck_assert_ptr_eq(FindFirstFileExW(in_dir(W("none*")), FindExInfoBasic, &found,
					  FindExSearchNameMatch, NULL, 0),
			 INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
	ck_assert(DeleteFileW(in_dir(W("a\u00e4b.txt"))));

	ck_assert_uint_ne(GetTempFileNameW(wide_dir, W("\u00e4bc"), 0, name), 0);
	ck_assert_uint_ne(GetFileAttributesW(name), INVALID_FILE_ATTRIBUTES);
	ck_assert(DeleteFileW(name));
	ck_assert_uint_eq(GetTempFileNameW(wide_dir, W("abc"), 0x1234, name), 0x1234);
	ck_assert_uint_eq(GetFileAttributesW(name), INVALID_FILE_ATTRIBUTES);
	FAILS(GetTempFileNameW(in_dir(W("none")), W("abc"), 0, name), ERROR_DIRECTORY);
}
END_TEST

/* Positions of 32 and of 64 bits, and the end where the position is. */
START_TEST(a_file_ends_where_its_position_is_put)
{
	HANDLE h = make_file(W("file"));
	LARGE_INTEGER size;
	LONG high = 1;

	ck_assert_uint_eq(SetFilePointer(h, 100, NULL, FILE_BEGIN), 100);
	ck_assert(SetEndOfFile(h));
	ck_assert(GetFileSizeEx(h, &size));
	ck_assert_int_eq(size.QuadPart, 100);
	ck_assert_uint_eq(SetFilePointer(h, -60, NULL, FILE_END), 40);
	ck_assert_uint_eq(SetFilePointer(h, 2, NULL, FILE_CURRENT), 42);
	ck_assert(SetEndOfFile(h));
	ck_assert_uint_eq(GetFileSize(h, NULL), 42);
	SetLastError(77);
	ck_assert_uint_eq(SetFilePointer(h, 8, &high, FILE_BEGIN), 8);
	ck_assert_int_eq(high, 1);
	SetLastError(0);
	ck_assert_uint_eq(SetFilePointer(h, -1, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER);
	ck_assert_uint_eq(GetLastError(), ERROR_NEGATIVE_SEEK);
	SetLastError(0);
	ck_assert_uint_eq(SetFilePointer(h, 0, NULL, 3), INVALID_SET_FILE_POINTER);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	CloseHandle(h);
	FAILS(SetEndOfFile(h), ERROR_INVALID_HANDLE);
	h = CreateFileW(in_dir(W("file")), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	FAILS(SetEndOfFile(h), ERROR_ACCESS_DENIED);
	CloseHandle(h);
	ck_assert(DeleteFileW(in_dir(W("file"))));
}
END_TEST

/* -------------------------------------------------------------- the process */

START_TEST(the_directory_is_set_and_told)
{
	WCHAR was[MAX_PATH], is[MAX_PATH];
	char narrow[MAX_PATH];
	DWORD n;

	ck_assert_uint_gt(GetCurrentDirectoryW(MAX_PATH, was), 0);
	ck_assert(CreateDirectoryW(in_dir(W("\u00e4")), NULL));
	ck_assert(SetCurrentDirectoryW(in_dir(W("\u00e4"))));
	n = GetCurrentDirectoryW(MAX_PATH, is);
	ck_assert_int_eq(lstrcmpW(is, in_dir(W("\u00e4"))), 0);
	ck_assert_int_eq(lstrlenW(is), (int)n);
	/* Too small: as much as is needed, the zero among it. */
	ck_assert_uint_eq(GetCurrentDirectoryW(n, is), n + 1);
	ck_assert(SetCurrentDirectoryA(dir));
	ck_assert_uint_eq(GetCurrentDirectoryA(MAX_PATH, narrow), strlen(dir));
	ck_assert_str_eq(narrow, dir);
	FAILS(SetCurrentDirectoryA("none"), ERROR_FILE_NOT_FOUND);
	FAILS(SetCurrentDirectoryW(W("")), ERROR_INVALID_NAME);
	FAILS(SetCurrentDirectoryW(NULL), ERROR_INVALID_NAME);
	ck_assert(SetCurrentDirectoryW(was));
	ck_assert(RemoveDirectoryW(in_dir(W("\u00e4"))));
}
END_TEST

START_TEST(a_variable_has_both_forms)
{
	WCHAR wide[8];
	char narrow[8];

	ck_assert(SetEnvironmentVariableW(W("NPFS_\u00c4"), W("\u00e4\U0001f600")));
	ck_assert_uint_eq(GetEnvironmentVariableW(W("NPFS_\u00c4"), wide, 8), 3);
	ck_assert_int_eq(lstrcmpW(wide, W("\u00e4\U0001f600")), 0);
	ck_assert_uint_eq(GetEnvironmentVariableW(W("NPFS_\u00c4"), wide, 3), 4);
	ck_assert_uint_eq(GetEnvironmentVariableW(W("NPFS_\u00c4"), NULL, 0), 4);
	ck_assert_uint_eq(GetEnvironmentVariableA("NPFS_\u00c4", narrow, 8), 6);
	ck_assert_str_eq(narrow, "\u00e4\U0001f600");
	ck_assert(SetEnvironmentVariableW(W("NPFS_\u00c4"), NULL));
	FAILS(GetEnvironmentVariableW(W("NPFS_\u00c4"), wide, 8), ERROR_ENVVAR_NOT_FOUND);
	FAILS(SetEnvironmentVariableW(W("NPFS_\u00c4"), NULL), ERROR_ENVVAR_NOT_FOUND);
	FAILS(SetEnvironmentVariableW(W("A=B"), W("c")), ERROR_INVALID_PARAMETER);
	FAILS(SetEnvironmentVariableW(NULL, W("c")), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_process_is_started_with_wide_text)
{
	WCHAR line[] = u"sh -c \"exit 9\"", directory[MAX_PATH];
	STARTUPINFOW own, info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	DWORD code;

	ck_assert_int_eq(lstrcmpiW(GetCommandLineW(), W("")), 1);
	GetStartupInfoW(&own);
	ck_assert_uint_eq(own.cb, sizeof(own));
	lstrcpyW(directory, wide_dir);
	ck_assert(CreateProcessW(W("/bin/sh"), line, NULL, NULL, FALSE, 0, NULL, directory,
				 &info, &process));
	ck_assert_uint_eq(WaitForSingleObject(process.hProcess, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeProcess(process.hProcess, &code));
	ck_assert_uint_eq(code, 9);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	FAILS(CreateProcessW(W("/none\u00e4"), line, NULL, NULL, FALSE, 0, NULL, NULL, &info,
			     &process),
	      ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(modules_have_wide_names)
{
	HMODULE kernel = GetModuleHandleW(W("Kernel32.dll")), libc;

	ck_assert_ptr_nonnull(kernel);
	ck_assert_ptr_eq(kernel, GetModuleHandleA("KERNEL32"));
	ck_assert_ptr_nonnull(GetModuleHandleW(NULL));
	libc = LoadLibraryW(W("libc.so.6"));
	ck_assert_ptr_nonnull(libc);
	ck_assert_ptr_eq(GetModuleHandleW(W("libc.so.6")), libc);
	ck_assert(FreeLibrary(libc));
	FAILS(LoadLibraryW(W("\u00e4")), ERROR_MOD_NOT_FOUND);
	FAILS(LoadLibraryW(NULL), ERROR_INVALID_PARAMETER);
	FAILS(GetModuleHandleW(W("\u00e4")), ERROR_MOD_NOT_FOUND);
}
END_TEST

START_TEST(the_system_tells_names_in_units)
{
	OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
	WCHAR wide[256];
	char narrow[256];
	DWORD n = 256, m = 256;

	ck_assert(GetComputerNameW(wide, &n));
	ck_assert_int_eq(lstrlenW(wide), (int)n);
	ck_assert(GetComputerNameA(narrow, &m));
	ck_assert_uint_le(m, MAX_COMPUTERNAME_LENGTH);
	n = 0;
	FAILS(GetComputerNameW(wide, &n), ERROR_BUFFER_OVERFLOW);
	ck_assert_uint_gt(n, 1);
	n = m = 256;
	ck_assert(GetComputerNameExW(ComputerNameDnsHostname, wide, &n));
	ck_assert(GetComputerNameExA(ComputerNameDnsHostname, narrow, &m));
	ck_assert_uint_eq(m, strlen(narrow));
	ck_assert_ptr_null(strchr(narrow, '.'));
	n = 0;
	FAILS(GetComputerNameExW(ComputerNameDnsHostname, NULL, &n), ERROR_MORE_DATA);
	ck_assert_uint_eq(n, m + 1);
	m = 0;
	FAILS(GetComputerNameExA(ComputerNameMax, NULL, &m), ERROR_INVALID_PARAMETER);
	/* These count the zero when the name fits. */
	n = m = 256;
	ck_assert(GetUserNameW(wide, &n));
	ck_assert_int_eq(lstrlenW(wide) + 1, (int)n);
	n = 1;
	FAILS(GetUserNameW(wide, &n), ERROR_INSUFFICIENT_BUFFER);
	ck_assert(GetVersionExW(&version));
	ck_assert_uint_eq(version.dwMajorVersion, GetVersion() & 0xff);
	version.dwOSVersionInfoSize = 4;
	FAILS(GetVersionExW(&version), ERROR_INSUFFICIENT_BUFFER);
}
END_TEST

/* ------------------------------------------------------------------- objects */

/* One handle under each of two names and two rights; the second is the first again. */
static void ck_same(HANDLE made, HANDLE opened, bool is_new)
{
	ck_assert_ptr_nonnull(made);
	ck_assert_ptr_nonnull(opened);
	ck_assert_ptr_ne(made, opened);
	ck_assert_uint_eq(GetLastError() == ERROR_ALREADY_EXISTS, !is_new);
	CloseHandle(opened);
}

START_TEST(mutexes_have_wide_names)
{
	HANDLE made = CreateMutexW(NULL, TRUE, W("\u00e4 mutex"));

	ck_assert_uint_eq(GetLastError(), 0);
	ck_same(made, CreateMutexExW(NULL, W("\u00e4 mutex"), 0, SYNCHRONIZE), false);
	ck_same(made, CreateMutexExA(NULL, "\u00e4 mutex", 0, MUTEX_ALL_ACCESS), false);
	SetLastError(0);
	ck_same(made, OpenMutexW(SYNCHRONIZE, FALSE, W("\u00e4 mutex")), true);
	FAILS(OpenMutexW(SYNCHRONIZE, FALSE, W("\u00c4 mutex")), ERROR_FILE_NOT_FOUND);
	FAILS(CreateMutexExW(NULL, NULL, 2, SYNCHRONIZE), ERROR_INVALID_PARAMETER);
	ck_assert(ReleaseMutex(made));
	CloseHandle(made);
	made = CreateMutexExA(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
	ck_assert(ReleaseMutex(made));
	FAILS(ReleaseMutex(made), ERROR_NOT_OWNER);
	CloseHandle(made);
}
END_TEST

START_TEST(semaphores_have_wide_names)
{
	HANDLE made = CreateSemaphoreW(NULL, 1, 2, W("\u00e4 semaphore")), again;

	again = CreateSemaphoreExW(NULL, 0, 9, W("\u00e4 semaphore"), 0, SYNCHRONIZE);
	ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_EXISTS);
	/* It was opened with that right alone. */
	FAILS(ReleaseSemaphore(again, 1, NULL), ERROR_ACCESS_DENIED);
	CloseHandle(again);
	again = CreateSemaphoreExA(NULL, 0, 9, "\u00e4 semaphore", 0, SEMAPHORE_ALL_ACCESS);
	ck_same(made, again, false);
	SetLastError(0);
	ck_same(made, OpenSemaphoreW(SYNCHRONIZE, FALSE, W("\u00e4 semaphore")), true);
	FAILS(OpenSemaphoreW(SYNCHRONIZE, FALSE, W("none")), ERROR_FILE_NOT_FOUND);
	FAILS(CreateSemaphoreExW(NULL, 0, 1, NULL, 1, SYNCHRONIZE), ERROR_INVALID_PARAMETER);
	FAILS(CreateSemaphoreW(NULL, 3, 2, NULL), ERROR_INVALID_PARAMETER);
	FAILS(CreateMutexW(NULL, FALSE, W("\u00e4 semaphore")), ERROR_INVALID_HANDLE);
	CloseHandle(made);
}
END_TEST

START_TEST(events_and_timers_have_wide_names)
{
	HANDLE event = CreateEventExW(NULL, W("\u00e4 event"), CREATE_EVENT_MANUAL_RESET,
				      EVENT_ALL_ACCESS);
	HANDLE timer = CreateWaitableTimerW(NULL, TRUE, W("\u00e4 timer")), again;
	LARGE_INTEGER due = {.QuadPart = -1};

	again = CreateEventExW(NULL, W("\u00e4 event"), 0, EVENT_MODIFY_STATE);
	ck_same(event, again, false);
	again = CreateWaitableTimerExW(NULL, W("\u00e4 timer"), 0, TIMER_ALL_ACCESS);
	ck_same(timer, again, false);
	again = CreateWaitableTimerExA(NULL, "\u00e4 timer", 0, SYNCHRONIZE);
	ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_EXISTS);
	FAILS(SetWaitableTimerEx(again, &due, 0, NULL, NULL, NULL, 0), ERROR_ACCESS_DENIED);
	CloseHandle(again);
	SetLastError(0);
	ck_same(timer, OpenWaitableTimerW(TIMER_MODIFY_STATE, FALSE, W("\u00e4 timer")), true);
	FAILS(OpenWaitableTimerW(SYNCHRONIZE, FALSE, W("\u00e4 event")), ERROR_INVALID_HANDLE);
	ck_assert(SetWaitableTimerEx(timer, &due, 0, NULL, NULL, NULL, 50));
	ck_assert_uint_eq(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
	FAILS(SetWaitableTimerEx(timer, &due, -1, NULL, NULL, NULL, 0),
	      ERROR_INVALID_PARAMETER);
	FAILS(CreateWaitableTimerExW(NULL, NULL, 0x10, TIMER_ALL_ACCESS),
	      ERROR_INVALID_PARAMETER);
	CloseHandle(event);
	CloseHandle(timer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_wide");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, files_are_copied_moved_and_deleted);
	tcase_add_test(tc, attributes_are_asked_for_and_set);
	tcase_add_test(tc, a_file_is_found_and_named_for_a_while);
	tcase_add_test(tc, a_file_ends_where_its_position_is_put);
	tcase_add_test(tc, the_directory_is_set_and_told);
	tcase_add_test(tc, a_variable_has_both_forms);
	tcase_add_test(tc, a_process_is_started_with_wide_text);
	tcase_add_test(tc, modules_have_wide_names);
	tcase_add_test(tc, the_system_tells_names_in_units);
	tcase_add_test(tc, mutexes_have_wide_names);
	tcase_add_test(tc, semaphores_have_wide_names);
	tcase_add_test(tc, events_and_timers_have_wide_names);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
