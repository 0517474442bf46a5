/* SPDX-License-Identifier: MIT */
/* Small services: lists, disguised pointers, case of text, names of threads, folders. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#define W(text) ((const WCHAR *)u##text)

/* -------------------------------------------------------------------- lists */

struct item {
	SLIST_ENTRY entry;
	_Atomic int n_owners;
};

enum {
	N_ITEMS = 64,
	N_THREADS = 4,
	N_ROUNDS = 2000,
};

static SLIST_HEADER list;
static struct item items[N_ITEMS];

START_TEST(the_last_pushed_is_the_first_popped)
{
	InitializeSListHead(&list);
	ck_assert_ptr_null(InterlockedPopEntrySList(&list));
	ck_assert_ptr_null(InterlockedPushEntrySList(&list, &items[0].entry));
	ck_assert_ptr_eq(InterlockedPushEntrySList(&list, &items[1].entry), &items[0].entry);
	ck_assert_uint_eq(QueryDepthSList(&list), 2);
	ck_assert_ptr_eq(InterlockedPopEntrySList(&list), &items[1].entry);
	ck_assert_uint_eq(QueryDepthSList(&list), 1);
	InterlockedPushEntrySList(&list, &items[2].entry);
	ck_assert_ptr_eq(InterlockedFlushSList(&list), &items[2].entry);
	ck_assert_ptr_eq(items[2].entry.Next, &items[0].entry);
	ck_assert_ptr_null(items[0].entry.Next);
	ck_assert_uint_eq(QueryDepthSList(&list), 0);
	ck_assert_ptr_null(InterlockedFlushSList(&list));
}
END_TEST

/* Whoever has popped an entry has it alone. */
static void *pop_and_push(void *user)
{
	long bad = 0;

	(void)user;
	for (int i = 0; i < N_ROUNDS; i++) {
		struct item *item = (struct item *)(void *)InterlockedPopEntrySList(&list);

		if (!item)
			continue;
		bad += item->n_owners++ != 0;
		item->entry.Next = NULL;
		bad += --item->n_owners != 0;
		InterlockedPushEntrySList(&list, &item->entry);
	}
	return (void *)bad;
}

START_TEST(no_entry_is_popped_twice_or_lost)
{
	pthread_t threads[N_THREADS];
	void *bad;

	InitializeSListHead(&list);
	for (int i = 0; i < N_ITEMS; i++)
		InterlockedPushEntrySList(&list, &items[i].entry);
	for (int i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, pop_and_push, NULL), 0);
	for (int i = 0; i < N_THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
	ck_assert_uint_eq(QueryDepthSList(&list), N_ITEMS);
	for (int i = 0; i < N_ITEMS; i++)
		ck_assert_ptr_nonnull(InterlockedPopEntrySList(&list));
	ck_assert_ptr_null(InterlockedPopEntrySList(&list));
}
END_TEST

/* --------------------------------------------------------------------- text */

START_TEST(case_changes_in_text_and_in_characters)
{
	char narrow[] = "aZ\xc3\xa4";
	WCHAR wide[] = {'a', 'Z', 0xe4, 0};

	ck_assert_str_eq(CharUpperA(narrow), "AZ\xc3\xa4");
	ck_assert_str_eq(CharLowerA(narrow), "az\xc3\xa4");
	ck_assert_int_eq(lstrcmpW(CharUpperW(wide), W("AZ\u00c4")), 0);
	ck_assert_int_eq(lstrcmpW(CharLowerW(wide), W("az\u00e4")), 0);
	ck_assert_uint_eq((ULONG_PTR)CharUpperA((LPSTR)(ULONG_PTR)'q'), 'Q');
	ck_assert_uint_eq((ULONG_PTR)CharLowerA((LPSTR)(ULONG_PTR)'Q'), 'q');
	ck_assert_uint_eq((ULONG_PTR)CharUpperW((LPWSTR)(ULONG_PTR)0xe4), 0xc4);
	ck_assert_uint_eq((ULONG_PTR)CharLowerW((LPWSTR)(ULONG_PTR)0xc4), 0xe4);
}
END_TEST

START_TEST(steps_are_whole_characters)
{
	const char *narrow = "a\xe2\x82\xac.";
	const WCHAR *wide = W("ab");

	ck_assert_ptr_eq(CharNextA(narrow), narrow + 1);
	ck_assert_ptr_eq(CharNextA(narrow + 1), narrow + 4);
	ck_assert_ptr_eq(CharNextA(narrow + 5), narrow + 5);
	ck_assert_ptr_eq(CharNextW(wide), wide + 1);
	ck_assert_ptr_eq(CharNextW(wide + 2), wide + 2);
}
END_TEST

/* ----------------------------------------------------------------- the rest */

START_TEST(a_disguised_pointer_comes_back)
{
	static const ULONG_PTR values[] = {0, 1, 0x7fff12345678, ~(ULONG_PTR)0};
	int n_changed = 0;

	for (size_t i = 0; i < ARRAYSIZE(values); i++) {
		PVOID p = (PVOID)values[i], hidden = EncodePointer(p);

		n_changed += hidden != p;
		ck_assert_ptr_eq(DecodePointer(hidden), p);
	}
	ck_assert_int_ge(n_changed, 3);
}
END_TEST

START_TEST(a_tone_has_a_frequency)
{
	ck_assert(!Beep(36, 1));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!Beep(32768, 1));
}
END_TEST

START_TEST(a_thread_has_a_description)
{
	PWSTR text = NULL;
	char name[32] = "";
	FILE *comm;

	ck_assert_int_eq(GetThreadDescription(GetCurrentThread(), &text), S_OK);
	ck_assert_uint_eq(text[0], 0);
	LocalFree(text);
	ck_assert_int_eq(SetThreadDescription(GetCurrentThread(), W("a name of 17 char")),
			 S_OK);
	ck_assert_int_eq(GetThreadDescription(GetCurrentThread(), &text), S_OK);
	ck_assert_int_eq(lstrcmpW(text, W("a name of 17 char")), 0);
	LocalFree(text);
	comm = fopen("/proc/thread-self/comm", "r");
	ck_assert_ptr_nonnull(comm);
	ck_assert_ptr_nonnull(fgets(name, sizeof(name), comm));
	fclose(comm);
	ck_assert_str_eq(name, "a name of 17 ch\n");
	ck_assert_int_eq(SetThreadDescription(GetCurrentThread(), NULL), S_OK);
	ck_assert_int_eq(GetThreadDescription((HANDLE)0x1234, &text),
			 HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE));
	ck_assert(!IsThreadAFiber());
}
END_TEST

START_TEST(folders_come_in_both_forms)
{
	char narrow[MAX_PATH];
	WCHAR wide[MAX_PATH];
	UINT n = GetSystemDirectoryA(narrow, sizeof(narrow));

	ck_assert_uint_eq(n, strlen(narrow));
	ck_assert_int_eq(access(narrow, X_OK), 0);
	ck_assert_uint_eq(GetSystemDirectoryW(wide, MAX_PATH), n);
	ck_assert_uint_eq(wide[n], 0);
	ck_assert_uint_eq(GetSystemDirectoryA(narrow, n), n + 1);
	ck_assert_uint_eq(GetSystemDirectoryW(NULL, 0), n + 1);
	n = GetWindowsDirectoryA(narrow, sizeof(narrow));
	ck_assert_int_eq(access(narrow, X_OK), 0);
	ck_assert_uint_eq(GetWindowsDirectoryW(wide, MAX_PATH), n);
}
END_TEST

START_TEST(local_times_are_as_far_as_the_zone)
{
	const FILETIME utc = {0x12345678, 0x01d00000}, early = {5, 0};
	const FILETIME bad = {0, 0x80000000};
	ULARGE_INTEGER a, b;
	FILETIME local, back;

	setenv("TZ", "XYZ-2", 1); /* two hours east */
	ck_assert(FileTimeToLocalFileTime(&utc, &local));
	a.LowPart = utc.dwLowDateTime;
	a.HighPart = utc.dwHighDateTime;
	b.LowPart = local.dwLowDateTime;
	b.HighPart = local.dwHighDateTime;
	ck_assert_uint_eq(b.QuadPart - a.QuadPart, 72000000000);
	ck_assert(LocalFileTimeToFileTime(&local, &back));
	ck_assert_int_eq(CompareFileTime(&back, &utc), 0);
	ck_assert(!LocalFileTimeToFileTime(&early, &back));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!FileTimeToLocalFileTime(&bad, &local));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_odds");
	TCase *tc = tcase_create("odds");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_last_pushed_is_the_first_popped);
	tcase_add_test(tc, no_entry_is_popped_twice_or_lost);
	tcase_add_test(tc, case_changes_in_text_and_in_characters);
	tcase_add_test(tc, steps_are_whole_characters);
	tcase_add_test(tc, a_disguised_pointer_comes_back);
	tcase_add_test(tc, a_tone_has_a_frequency);
	tcase_add_test(tc, a_thread_has_a_description);
	tcase_add_test(tc, folders_come_in_both_forms);
	tcase_add_test(tc, local_times_are_as_far_as_the_zone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
