/* SPDX-License-Identifier: MIT */
/*
 * What programs ask of the system besides: blocks that could move, pages, once and barriers,
 * time, versions and numbers, modules, the environment, counted text.
 *
 * It is linked with the shared library, because that is what modules find functions in.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>

#define W(text) ((WCHAR *)(uintptr_t)u##text)

#define FAILS(call, error)                                \
	do {                                              \
		SetLastError(0);                          \
		ck_assert(!(call));                       \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

/* ------------------------------------------------------------------- memory */

START_TEST(blocks_are_locked_measured_and_grow)
{
	char *p = LocalAlloc(LPTR, 100), *q;
	HGLOBAL g = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 10);

	ck_assert_ptr_nonnull(p);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(p[i], 0);
	ck_assert_uint_eq(LocalSize(p), 100);
	ck_assert_uint_eq(LocalFlags(p), 0);
	ck_assert_ptr_eq(LocalLock(p), p);
	ck_assert_ptr_eq(LocalHandle(p), p);
	LocalUnlock(p);
	memset(p, 'x', 100);
	q = LocalReAlloc(p, 200, LMEM_MOVEABLE | LMEM_ZEROINIT);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q[99], 'x');
	ck_assert_int_eq(q[100], 0);
	ck_assert_int_eq(q[199], 0);
	ck_assert_uint_eq(LocalSize(q), 200);
	ck_assert_ptr_null(LocalFree(q));
	ck_assert_ptr_null(LocalFree(NULL));

	ck_assert_ptr_nonnull(g);
	p = GlobalLock(g);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p[9], 0);
	ck_assert_ptr_eq(GlobalHandle(p), g);
	GlobalUnlock(g);
	ck_assert_uint_eq(GlobalSize(g), 10);
	ck_assert_uint_eq(GlobalFlags(g), 0);
	g = GlobalReAlloc(g, 1000, GMEM_MOVEABLE);
	ck_assert_uint_eq(GlobalSize(g), 1000);
	ck_assert_ptr_null(GlobalFree(g));
}
END_TEST

START_TEST(pages_have_the_protection_they_were_given)
{
	MEMORY_BASIC_INFORMATION info;
	DWORD old = 77;
	char *p = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	ck_assert_ptr_nonnull(p);
	p[0] = p[8191] = 1;
	ck_assert(VirtualLock(p, 4096));
	ck_assert(VirtualUnlock(p, 4096));
	ck_assert(!IsBadWritePtr(p, 8192));
	ck_assert(VirtualProtect(p, 4096, PAGE_READONLY, &old));
	ck_assert_uint_eq(old, PAGE_READWRITE);
	ck_assert(!IsBadReadPtr(p, 4096));
	ck_assert(IsBadWritePtr(p, 1));
	ck_assert(!IsBadWritePtr(p + 4096, 1));
	ck_assert_uint_eq(VirtualQuery(p, &info, sizeof(info)), sizeof(info));
	ck_assert_ptr_eq(info.BaseAddress, p);
	ck_assert_uint_eq(info.Protect, PAGE_READONLY);
	ck_assert_uint_eq(info.State, MEM_COMMIT);
	ck_assert(VirtualProtect(p, 4096, PAGE_NOACCESS, &old));
	ck_assert_uint_eq(old, PAGE_READONLY);
	ck_assert(IsBadReadPtr(p, 1));
	ck_assert(IsBadStringPtrA(p, 10));
	ck_assert(IsBadStringPtrW((WCHAR *)(void *)p, 10));
	ck_assert(VirtualFree(p, 0, MEM_RELEASE));
	ck_assert(IsBadReadPtr(NULL, 1));
	ck_assert(!IsBadStringPtrA("text", 10));
	ck_assert(!IsBadStringPtrW(W("text"), 10));
	FAILS(VirtualProtect(p, 0, PAGE_READONLY, NULL), ERROR_NOACCESS);
}
END_TEST

START_TEST(the_system_has_memory)
{
	MEMORYSTATUSEX ex = {.dwLength = sizeof(ex)};
	MEMORYSTATUS status;

	ck_assert(GlobalMemoryStatusEx(&ex));
	ck_assert_uint_gt(ex.ullTotalPhys, 0);
	ck_assert_uint_le(ex.ullAvailPhys, ex.ullTotalPhys);
	ck_assert_uint_le(ex.dwMemoryLoad, 100);
	GlobalMemoryStatus(&status);
	ck_assert_uint_eq(status.dwLength, sizeof(status));
	ck_assert_uint_eq(status.dwTotalPhys, ex.ullTotalPhys);
	ex.dwLength = 8;
	FAILS(GlobalMemoryStatusEx(&ex), ERROR_INVALID_PARAMETER);
}
END_TEST

/* ------------------------------------------------------------- once, barriers */

START_TEST(initialisation_has_two_halves)
{
	INIT_ONCE once;
	void *context = NULL;
	BOOL pending;

	InitOnceInitialize(&once);
	ck_assert(InitOnceBeginInitialize(&once, 0, &pending, &context));
	ck_assert(pending);
	/* It has failed: the next one tries. */
	ck_assert(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, NULL));
	ck_assert(InitOnceBeginInitialize(&once, 0, &pending, &context));
	ck_assert(pending);
	ck_assert(InitOnceComplete(&once, 0, (void *)0x1000));
	ck_assert(InitOnceBeginInitialize(&once, 0, &pending, &context));
	ck_assert(!pending);
	ck_assert_ptr_eq(context, (void *)0x1000);
	context = NULL;
	ck_assert(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
	ck_assert_ptr_eq(context, (void *)0x1000);
}
END_TEST

enum { PARTNERS = 4, ROUNDS = 50 };

static SYNCHRONIZATION_BARRIER barrier;
static LONG n_last, n_arrived;

static DWORD WINAPI meet(void *unused)
{
	(void)unused;
	for (LONG i = 0; i < ROUNDS; i++) {
		InterlockedIncrement(&n_arrived);
		if (EnterSynchronizationBarrier(&barrier, 0))
			InterlockedIncrement(&n_last);
		/* Everybody has come as often. */
		if (InterlockedCompareExchange(&n_arrived, 0, 0) < (i + 1) * PARTNERS)
			return 1;
	}
	return 0;
}

START_TEST(a_barrier_opens_when_all_are_there)
{
	HANDLE threads[PARTNERS];

	n_last = n_arrived = 0;
	ck_assert(InitializeSynchronizationBarrier(&barrier, PARTNERS, -1));
	for (int i = 0; i < PARTNERS; i++)
		threads[i] = CreateThread(NULL, 0, meet, NULL, 0, NULL);
	ck_assert_uint_eq(WaitForMultipleObjects(PARTNERS, threads, TRUE, INFINITE),
			  WAIT_OBJECT_0);
	for (int i = 0; i < PARTNERS; i++) {
		DWORD code = 77;

		ck_assert(GetExitCodeThread(threads[i], &code));
		ck_assert_uint_eq(code, 0);
		CloseHandle(threads[i]);
	}
	ck_assert_int_eq(n_last, ROUNDS);
	ck_assert(DeleteSynchronizationBarrier(&barrier));
	FAILS(InitializeSynchronizationBarrier(&barrier, 0, -1), ERROR_INVALID_PARAMETER);
}
END_TEST

/* --------------------------------------------------------------------- time */

START_TEST(times_have_two_forms)
{
	SYSTEMTIME s = {.wYear = 2000, .wMonth = 2, .wDay = 29, .wHour = 12, .wMinute = 34,
			.wSecond = 56, .wMilliseconds = 789}, back;
	LARGE_INTEGER before, after, per_second;
	TIME_ZONE_INFORMATION zone;
	FILETIME f, precise;
	ULARGE_INTEGER u;

	ck_assert(SystemTimeToFileTime(&s, &f));
	u.u.LowPart = f.dwLowDateTime;
	u.u.HighPart = f.dwHighDateTime;
	ck_assert_uint_eq(u.QuadPart, 125963012967890000ull);
	ck_assert(FileTimeToSystemTime(&f, &back));
	s.wDayOfWeek = 2;
	ck_assert_mem_eq(&s, &back, sizeof(s));
	s.wDay = 30;
	FAILS(SystemTimeToFileTime(&s, &f), ERROR_INVALID_PARAMETER);
	s.wMonth = 13;
	FAILS(SystemTimeToFileTime(&s, &f), ERROR_INVALID_PARAMETER);
	f.dwHighDateTime = 0x80000000u;
	FAILS(FileTimeToSystemTime(&f, &back), ERROR_INVALID_PARAMETER);

	GetSystemTimeAsFileTime(&f);
	GetSystemTimePreciseAsFileTime(&precise);
	ck_assert_uint_ge(precise.dwHighDateTime, f.dwHighDateTime);
	GetSystemTime(&s);
	ck_assert_uint_ge(s.wYear, 2020);
	GetLocalTime(&back);
	ck_assert_uint_ge(back.wYear, 2020);
	ck_assert_uint_ne(GetTimeZoneInformation(&zone), TIME_ZONE_ID_INVALID);

	ck_assert(QueryPerformanceFrequency(&per_second));
	ck_assert_int_gt(per_second.QuadPart, 0);
	ck_assert(QueryPerformanceCounter(&before));
	ck_assert(QueryPerformanceCounter(&after));
	ck_assert_int_ge(after.QuadPart, before.QuadPart);
}
END_TEST

/* --------------------------------------------------------------- the process */

START_TEST(processes_and_threads_answer)
{
	FILETIME made, ended, kernel, user;
	OSVERSIONINFOA version = {.dwOSVersionInfoSize = sizeof(version)};
	SYSTEM_INFO info, native;
	DWORD n = 0, session = 77;
	BOOL disabled = TRUE;

	GetSystemInfo(&info);
	GetNativeSystemInfo(&native);
	ck_assert_uint_eq(info.dwPageSize, 4096);
	ck_assert_uint_ge(info.dwNumberOfProcessors, 1);
	ck_assert_uint_eq(info.dwNumberOfProcessors, native.dwNumberOfProcessors);
	ck_assert(GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user));
	ck_assert_uint_gt(made.dwHighDateTime, 0);
	ck_assert(GetProcessHandleCount(GetCurrentProcess(), &n));
	ck_assert(ProcessIdToSessionId(GetCurrentProcessId(), &session));
	FAILS(ProcessIdToSessionId(0x7ffffffe, &session), ERROR_INVALID_PARAMETER);
	ck_assert(GetVersionExA(&version));
	ck_assert_uint_eq(version.dwMajorVersion, GetVersion() & 0xff);
	version.dwOSVersionInfoSize = 3;
	ck_assert(!GetVersionExA(&version));
	ck_assert(IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
	FlushProcessWriteBuffers();
	GetCurrentProcessorNumber();

	ck_assert(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL));
	ck_assert_int_eq(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_ABOVE_NORMAL);
	FAILS(SetThreadPriority(GetCurrentThread(), 3), ERROR_INVALID_PARAMETER);
	ck_assert(SetThreadPriorityBoost(GetCurrentThread(), FALSE));
	ck_assert(GetThreadPriorityBoost(GetCurrentThread(), &disabled));
	ck_assert(!disabled);
	SetErrorMode(SEM_FAILCRITICALERRORS);
	ck_assert_uint_eq(GetErrorMode(), SEM_FAILCRITICALERRORS);
	ck_assert_uint_eq(SetErrorMode(0), SEM_FAILCRITICALERRORS);
}
END_TEST

START_TEST(modules_are_counted_and_found)
{
	HMODULE kernel = NULL, again = NULL, libc;

	ck_assert(GetModuleHandleExA(0, "kernel32", &kernel));
	ck_assert(GetModuleHandleExW(0, W("KERNEL32.DLL"), &again));
	ck_assert_ptr_eq(kernel, again);
	ck_assert_ptr_nonnull((void *)(uintptr_t)GetProcAddress(kernel, "CreateNamedPipeW"));
	FAILS(GetProcAddress(kernel, "NoSuchFunctionAtAll"), ERROR_PROC_NOT_FOUND);
	ck_assert(FreeLibrary(kernel));
	ck_assert(FreeLibrary(again));
	libc = LoadLibraryExA("libc.so.6", NULL, 0);
	ck_assert_ptr_nonnull(libc);
	ck_assert(DisableThreadLibraryCalls(libc));
	ck_assert_ptr_nonnull((void *)(uintptr_t)GetProcAddress(libc, "getpid"));
	ck_assert(FreeLibrary(libc));
	FAILS(LoadLibraryExW(W("no_such_library_at_all"), NULL, 0), ERROR_MOD_NOT_FOUND);
	FAILS(GetModuleHandleExA(0, "no_such_library_at_all", &kernel), ERROR_MOD_NOT_FOUND);
}
END_TEST

START_TEST(the_environment_is_expanded_and_listed)
{
	WCHAR wide[32];
	char text[32];
	bool found = false;
	LPWCH wide_block;
	LPCH block;

	ck_assert(SetEnvironmentVariableA("NPFS_TEST_A", "one"));
	ck_assert_uint_eq(ExpandEnvironmentStringsA("<%NPFS_TEST_A%>%none_such%", text, 32), 17);
	ck_assert_str_eq(text, "<one>%none_such%");
	ck_assert_uint_eq(ExpandEnvironmentStringsA("%NPFS_TEST_A%", text, 2), 4);
	ck_assert_uint_eq(ExpandEnvironmentStringsW(W("%npfs_test_a%"), wide, 32), 4);
	ck_assert_int_eq(lstrcmpW(wide, W("one")), 0);
	/* The case of a name does not matter, unless two names differ in nothing else. */
	ck_assert(SetEnvironmentVariableA("Npfs_Test_A", "one"));
	ck_assert_str_eq(getenv("NPFS_TEST_A"), "one");
	ck_assert_ptr_null(getenv("Npfs_Test_A"));
	ck_assert_int_eq(setenv("npfs_test_a", "two", 1), 0);
	ck_assert_uint_eq(GetEnvironmentVariableA("npfs_test_a", text, 32), 3);
	ck_assert_str_eq(text, "two");
	ck_assert_uint_eq(GetEnvironmentVariableA("NPFS_TEST_A", text, 32), 3);
	ck_assert_str_eq(text, "one");
	ck_assert(SetEnvironmentVariableA("npfs_test_a", NULL));
	block = GetEnvironmentStringsA();
	for (char *at = block; *at; at += strlen(at) + 1)
		found |= strcmp(at, "NPFS_TEST_A=one") == 0;
	ck_assert(found);
	ck_assert(FreeEnvironmentStringsA(block));
	found = false;
	wide_block = GetEnvironmentStringsW();
	for (WCHAR *at = wide_block; *at; at += lstrlenW(at) + 1)
		found |= lstrcmpW(at, W("NPFS_TEST_A=one")) == 0;
	ck_assert(found);
	ck_assert(FreeEnvironmentStringsW(wide_block));
	ck_assert(SetEnvironmentVariableA("NPFS_TEST_A", NULL));
	FAILS(GetEnvironmentVariableA("NPFS_TEST_A", text, 32), ERROR_ENVVAR_NOT_FOUND);
}
END_TEST

/* ------------------------------------------------------------------ text */

START_TEST(counted_text_keeps_to_its_room)
{
	WCHAR room[4];
	UNICODE_STRING s = {.Buffer = room, .MaximumLength = sizeof(room)}, t, made;
	ANSI_STRING narrow;

	RtlInitUnicodeString(&t, W("ab"));
	ck_assert_uint_eq(t.Length, 4);
	RtlCopyUnicodeString(&s, &t);
	ck_assert_uint_eq(s.Length, 4);
	ck_assert_int_eq(RtlAppendUnicodeToString(&s, W("c")), 0);
	ck_assert_uint_eq(s.Length, 6);
	ck_assert_uint_eq((ULONG)RtlAppendUnicodeStringToString(&s, &t),
			  (ULONG)STATUS_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(s.Length, 6);
	RtlInitUnicodeString(&t, W("ABC"));
	ck_assert_int_eq(RtlCompareUnicodeString(&s, &t, TRUE), 0);
	ck_assert_int_gt(RtlCompareUnicodeString(&s, &t, FALSE), 0);
	ck_assert_int_eq(RtlUpcaseUnicodeString(&made, &s, TRUE), 0);
	ck_assert(RtlEqualUnicodeString(&made, &t, FALSE));
	RtlFreeUnicodeString(&made);
	ck_assert_ptr_null(made.Buffer);
	ck_assert_uint_eq(RtlUpcaseUnicodeChar(0xe4), 0xc4);
	ck_assert(RtlCreateUnicodeString(&made, W("xyz")));
	ck_assert_int_eq(RtlUnicodeStringToAnsiString(&narrow, &made, TRUE), 0);
	ck_assert_str_eq(narrow.Buffer, "xyz");
	RtlFreeUnicodeString(&made);
	ck_assert_int_eq(RtlAnsiStringToUnicodeString(&made, &narrow, TRUE), 0);
	ck_assert_uint_eq(made.Length, 6);
	RtlFreeAnsiString(&narrow);
	RtlFreeUnicodeString(&made);
	RtlInitAnsiString(&narrow, "four");
	ck_assert_uint_eq(narrow.Length, 4);
	ck_assert_int_eq(RtlInitUnicodeStringEx(&t, NULL), 0);
	ck_assert_uint_eq(t.Length, 0);
	ck_assert_uint_eq(RtlNtStatusToDosErrorNoTeb(STATUS_PIPE_BROKEN), ERROR_BROKEN_PIPE);
}
END_TEST

START_TEST(text_is_compared_as_asked)
{
	ck_assert_int_eq(CompareStringA(LOCALE_USER_DEFAULT, NORM_IGNORECASE, "aBc", -1, "AbC",
					-1),
			 CSTR_EQUAL);
	ck_assert_int_ne(CompareStringA(LOCALE_USER_DEFAULT, 0, "abc", -1, "abd", -1),
			 CSTR_EQUAL);
	ck_assert_int_eq(CompareStringW(LOCALE_USER_DEFAULT, 0, W("abcd"), 3, W("abc"), -1),
			 CSTR_EQUAL);
	FAILS(CompareStringA(LOCALE_USER_DEFAULT, 0, NULL, -1, "a", -1),
	      ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(GetOEMCP(), GetACP());
	ck_assert_uint_eq(GetUserDefaultLCID(), GetSystemDefaultLCID());
	ck_assert_uint_eq(GetUserDefaultLangID(), GetSystemDefaultLangID());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_system");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, blocks_are_locked_measured_and_grow);
	tcase_add_test(tc, pages_have_the_protection_they_were_given);
	tcase_add_test(tc, the_system_has_memory);
	tcase_add_test(tc, initialisation_has_two_halves);
	tcase_add_test(tc, a_barrier_opens_when_all_are_there);
	tcase_add_test(tc, times_have_two_forms);
	tcase_add_test(tc, processes_and_threads_answer);
	tcase_add_test(tc, modules_are_counted_and_found);
	tcase_add_test(tc, the_environment_is_expanded_and_listed);
	tcase_add_test(tc, counted_text_keeps_to_its_room);
	tcase_add_test(tc, text_is_compared_as_asked);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
