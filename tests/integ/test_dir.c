/* SPDX-License-Identifier: MIT */
/*
 * Listing: the names a real broker has, by the library's call and by FindFirstFile, and
 * ordinary directories by the latter.
 */
#include <npfs/dir.h>
#include <npfs/npfs.h>

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static struct npfs_end *server(const char *text, uint32_t max_instances)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = 3, /* FILE_OPEN_IF */
		.max_instances = max_instances,
		.default_timeout = -500000,
	};
	struct test_name name = test_name(text);
	struct npfs_end *end;

	ck_assert_uint_eq(npfs_pipe_create(name.units, name.len, &params, &end, NULL),
			  STATUS_SUCCESS);
	return end;
}

static struct npfs_dir *listing(const char *text)
{
	struct test_name pattern = test_name(text);
	struct npfs_dir *dir;

	ck_assert_uint_eq(npfs_dir_open(pattern.units, pattern.len, &dir),
			  STATUS_SUCCESS);
	return dir;
}

static void expect_next(struct npfs_dir *dir, const char *text, uint32_t current,
			uint32_t most)
{
	struct test_name name = test_name(text);
	struct npfs_dir_entry entry;

	ck_assert_uint_eq(npfs_dir_next(dir, &entry), STATUS_SUCCESS);
	ck_assert_uint_eq(entry.name_len, name.len);
	ck_assert_mem_eq(entry.name, name.units, name.len * sizeof(*name.units));
	ck_assert_uint_eq(entry.current_instances, current);
	ck_assert_uint_eq(entry.max_instances, most);
}

static void expect_end(struct npfs_dir *dir, npfs_status status)
{
	struct npfs_dir_entry entry;

	ck_assert_uint_eq(npfs_dir_next(dir, &entry), status);
	ck_assert_uint_eq(npfs_dir_next(dir, &entry), status);
}

/* the library */

START_TEST(each_pipe_is_listed_once_with_its_counts)
{
	struct npfs_end *a = server("One", 4), *b = server("one", 4);
	struct npfs_end *c = server("Two\\Below", NPFS_UNLIMITED_INSTANCES);
	struct npfs_dir *dir = listing("");

	expect_next(dir, "One", 2, 4);
	expect_next(dir, "Two\\Below", 1, NPFS_UNLIMITED_INSTANCES);
	expect_end(dir, STATUS_NO_MORE_FILES);
	npfs_dir_close(dir);
	npfs_end_free(a);
	npfs_end_free(b);
	npfs_end_free(c);
	dir = listing("*");
	expect_end(dir, STATUS_NO_SUCH_FILE);
	npfs_dir_close(dir);
}
END_TEST

START_TEST(a_pattern_selects_without_regard_to_case)
{
	struct npfs_end *a = server("Alpha.x", 1), *b = server("beta", 1);
	struct npfs_end *c = server("alps", 1);
	struct npfs_dir *dir = listing("AL*");

	expect_next(dir, "Alpha.x", 1, 1);
	expect_next(dir, "alps", 1, 1);
	expect_end(dir, STATUS_NO_MORE_FILES);
	npfs_dir_rewind(dir);
	expect_next(dir, "Alpha.x", 1, 1);
	npfs_dir_close(dir);
	dir = listing("gamma");
	expect_end(dir, STATUS_NO_SUCH_FILE);
	npfs_dir_close(dir);
	npfs_end_free(a);
	npfs_end_free(b);
	npfs_end_free(c);
}
END_TEST

enum { N_MANY = 400, LONG_NAME = 200 };

static void long_name(char *text, int i)
{
	memset(text, 'x', LONG_NAME);
	text[LONG_NAME] = '\0';
	text[snprintf(text, LONG_NAME, "%04d", i)] = 'x';
}

/* The names fill several pages; half of them go while they are listed. */
START_TEST(names_that_stay_are_seen_once_over_many_pages)
{
	static struct npfs_end *ends[N_MANY];
	static unsigned seen[N_MANY];
	struct npfs_dir_entry entry;
	char text[LONG_NAME + 1];
	struct npfs_dir *dir;
	npfs_status status;
	unsigned n = 0;
	int i;

	for (i = 0; i < N_MANY; i++) {
		long_name(text, i);
		ends[i] = server(text, 1);
	}
	dir = listing("*");
	while ((status = npfs_dir_next(dir, &entry)) == STATUS_SUCCESS) {
		ck_assert_uint_eq(entry.name_len, LONG_NAME);
		ck_assert_uint_eq(entry.index, ++n);
		i = (entry.name[0] - '0') * 1000 + (entry.name[1] - '0') * 100 +
		    (entry.name[2] - '0') * 10 + (entry.name[3] - '0');
		ck_assert_int_lt(i, N_MANY);
		seen[i]++;
		if (n == 10)
			for (i = 1; i < N_MANY; i += 2) {
				npfs_end_free(ends[i]);
				ends[i] = NULL;
			}
	}
	ck_assert_uint_eq(status, STATUS_NO_MORE_FILES);
	for (i = 0; i < N_MANY; i += 2) {
		ck_assert_uint_eq(seen[i], 1);
		npfs_end_free(ends[i]);
	}
	for (i = 1; i < N_MANY; i += 2)
		ck_assert_uint_le(seen[i], 1);
	npfs_dir_close(dir);
}
END_TEST

START_TEST(a_pattern_that_is_too_long_is_refused)
{
	static uint16_t pattern[NPFS_PATTERN_MAX + 1];
	struct npfs_dir *dir;

	ck_assert_uint_eq(npfs_dir_open(pattern, NPFS_PATTERN_MAX + 1, &dir),
			  STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(npfs_dir_open(pattern, NPFS_PATTERN_MAX, &dir), STATUS_SUCCESS);
	npfs_dir_close(dir);
	npfs_dir_close(NULL);
}
END_TEST

static int list_in_child(int sock, void *arg)
{
	(void)sock;
	expect_next(arg, "second", 1, 1);
	expect_end(arg, STATUS_NO_MORE_FILES);
	return 0;
}

START_TEST(the_child_of_a_fork_may_go_on_with_a_listing)
{
	struct npfs_end *a = server("first", 1), *b = server("second", 1);
	struct npfs_dir *dir = listing("*");
	struct test_child child;

	expect_next(dir, "first", 1, 1);
	test_child_start(&child, list_in_child, dir);
	ck_assert_int_eq(test_child_wait(&child), 0);
	expect_next(dir, "second", 1, 1);
	npfs_dir_close(dir);
	npfs_end_free(a);
	npfs_end_free(b);
}
END_TEST

/* FindFirstFile on pipes */

START_TEST(find_gives_pipes_as_files_of_their_instances)
{
	struct npfs_end *a = server("Found", 4), *b = server("Found", 4);
	struct npfs_end *c = server("a\\b.c", 1);
	WIN32_FIND_DATAA data;
	WIN32_FIND_DATAW wide;
	HANDLE h = FindFirstFileA("\\\\.\\pipe\\*", &data);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert_str_eq(data.cFileName, "Found");
	ck_assert_uint_eq(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert_uint_eq(data.nFileSizeLow, 2);
	ck_assert_uint_eq(data.nFileSizeHigh, 0);
	ck_assert_uint_eq(data.ftLastWriteTime.dwLowDateTime, 0);
	ck_assert_uint_eq(data.ftCreationTime.dwHighDateTime, 0);
	ck_assert_str_eq(data.cAlternateFileName, "");
	ck_assert(FindNextFileW(h, &wide));
	ck_assert_uint_eq(wide.cFileName[1], '\\');
	ck_assert_uint_eq(wide.cFileName[5], 0);
	ck_assert_uint_eq(wide.nFileSizeLow, 1);
	ck_assert(!FindNextFileA(h, &data));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_FILES);
	ck_assert(FindClose(h));
	ck_assert(!FindClose(h));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	npfs_end_free(a);
	npfs_end_free(b);
	npfs_end_free(c);
}
END_TEST

static void expect_first(const char *path, const char *name)
{
	WIN32_FIND_DATAA data;
	HANDLE h = FindFirstFileA(path, &data);

	ck_assert_msg(h != INVALID_HANDLE_VALUE, "%s: error %u", path, GetLastError());
	ck_assert_str_eq(data.cFileName, name);
	ck_assert(FindClose(h));
}

static void expect_no_first(const char *path, DWORD error)
{
	uint32_t n_handles = handle_count();
	WIN32_FIND_DATAA data;

	ck_assert_ptr_eq(FindFirstFileA(path, &data), INVALID_HANDLE_VALUE);
	ck_assert_msg(GetLastError() == error, "%s: error %u", path ? path : "NULL",
		      GetLastError());
	ck_assert_uint_eq(handle_count(), n_handles);
}

START_TEST(find_takes_dos_patterns_for_pipes)
{
	struct npfs_end *a = server("plain", 1), *b = server("with.dot", 1);

	expect_first("\\\\.\\PIPE\\P*", "plain");
	expect_first("\\\\.\\pipe\\*.*", "plain");
	expect_first("\\\\.\\pipe\\*.", "plain");
	expect_first("\\\\.\\pipe\\w*.d??", "with.dot");
	expect_first("\\\\.\\pipe\\WITH.dot", "with.dot");
	expect_first("//./pipe/plai?", "plain");
	expect_no_first("\\\\.\\pipe\\w*.", ERROR_FILE_NOT_FOUND);
	expect_no_first("\\\\.\\pipe\\none*", ERROR_FILE_NOT_FOUND);
	expect_no_first("\\\\.\\pipe\\", ERROR_FILE_NOT_FOUND);
	expect_no_first("\\\\.\\pipe\\sub\\*", ERROR_PATH_NOT_FOUND);
	expect_no_first("\\\\elsewhere\\pipe\\*", ERROR_BAD_NETPATH);
	npfs_end_free(a);
	npfs_end_free(b);
}
END_TEST

/* A name longer than MAX_PATH is cut, between characters, and terminated. */
START_TEST(find_cuts_long_names)
{
	struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = 3,
		.max_instances = 1,
		.default_timeout = -500000,
	};
	WIN32_FIND_DATAA data;
	WIN32_FIND_DATAW wide;
	struct npfs_end *end;
	uint16_t name[300];
	HANDLE h;

	for (int i = 0; i < 300; i++)
		name[i] = i % 2 ? 0xdc00 : 0xd83d; /* pairs; the 259th unit begins one */
	ck_assert_uint_eq(npfs_pipe_create(name, 300, &params, &end, NULL),
			  STATUS_SUCCESS);
	h = FindFirstFileW((const WCHAR *)u"\\\\.\\pipe\\*", &wide);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert(FindClose(h));
	ck_assert_uint_eq(wide.cFileName[257], 0xdc00);
	ck_assert_uint_eq(wide.cFileName[258], 0);
	h = FindFirstFileA("\\\\.\\pipe\\*", &data);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert(FindClose(h));
	ck_assert_uint_eq(strlen(data.cFileName), 256); /* 64 characters of 4 bytes */
	npfs_end_free(end);
}
END_TEST

START_TEST(find_refuses_bad_parameters)
{
	WIN32_FIND_DATAA data;
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	expect_no_first(NULL, ERROR_PATH_NOT_FOUND);
	expect_no_first("", ERROR_PATH_NOT_FOUND);
	ck_assert_ptr_eq(FindFirstFileExA("\\\\.\\pipe\\*", FindExInfoMaxInfoLevel, &data,
					  FindExSearchNameMatch, NULL, 0),
			 INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_eq(FindFirstFileExA("\\\\.\\pipe\\*", FindExInfoBasic, &data,
					  FindExSearchMaxSearchOp, NULL, 0),
			 INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_eq(FindFirstFileExA("\\\\.\\pipe\\*", FindExInfoBasic, &data,
					  FindExSearchLimitToDevices, NULL, 0),
			 INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	ck_assert_ptr_eq(FindFirstFileExA("\\\\.\\pipe\\*", FindExInfoBasic, &data,
					  FindExSearchNameMatch, NULL, 0x80000000u),
			 INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!FindNextFileA(event, &data));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!FindNextFileA(INVALID_HANDLE_VALUE, &data));
	ck_assert(!FindClose(event));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!FindClose(INVALID_HANDLE_VALUE));
	ck_assert(CloseHandle(event));
}
END_TEST

/* FindFirstFile on directories */

static void touch(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static unsigned count_found(const char *path, DWORD flags)
{
	WIN32_FIND_DATAA data;
	unsigned n = 0;
	HANDLE h = FindFirstFileExA(path, FindExInfoBasic, &data, FindExSearchNameMatch,
				    NULL, flags);

	if (h == INVALID_HANDLE_VALUE) {
		ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
		return 0;
	}
	do
		n++;
	while (FindNextFileA(h, &data));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_FILES);
	ck_assert(FindClose(h));
	return n;
}

START_TEST(find_lists_directories)
{
	static const char *const files[] = {"One.TXT", "two.txt", "three"};
	char dir[48], path[256], windows[256];
	WIN32_FIND_DATAA data;
	HANDLE h;

	test_dir_make(dir, sizeof(dir));
	for (int i = 0; i < 3; i++)
		touch(dir, files[i], i == 0 ? "12345" : "");
	snprintf(path, sizeof(path), "%s/sub", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);

	snprintf(path, sizeof(path), "%s/*", dir);
	ck_assert_uint_eq(count_found(path, 0), 6); /* with . and .. */
	snprintf(path, sizeof(path), "%s/*.txt", dir);
	ck_assert_uint_eq(count_found(path, 0), 2);
	ck_assert_uint_eq(count_found(path, FIND_FIRST_EX_CASE_SENSITIVE), 1);
	snprintf(path, sizeof(path), "%s/none*", dir);
	ck_assert_uint_eq(count_found(path, 0), 0);

	/* the Windows way to say it */
	snprintf(windows, sizeof(windows), "C:%s\\one*", dir);
	for (char *p = windows; *p; p++)
		if (*p == '/')
			*p = '\\';
	h = FindFirstFileA(windows, &data);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert_str_eq(data.cFileName, "One.TXT");
	ck_assert_uint_eq(data.nFileSizeLow, 5);
	ck_assert_uint_eq(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	ck_assert_uint_ne(data.ftLastWriteTime.dwHighDateTime, 0);
	ck_assert(FindClose(h));

	/* without a wildcard: that one file */
	snprintf(path, sizeof(path), "%s/sub", dir);
	h = FindFirstFileA(path, &data);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert_str_eq(data.cFileName, "sub");
	ck_assert_uint_eq(data.dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
	ck_assert(!FindNextFileA(h, &data));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_FILES);
	ck_assert(FindClose(h));

	snprintf(path, sizeof(path), "%s/missing", dir);
	expect_no_first(path, ERROR_FILE_NOT_FOUND);
	snprintf(path, sizeof(path), "%s/missing/*", dir);
	expect_no_first(path, ERROR_PATH_NOT_FOUND);
	snprintf(path, sizeof(path), "%s/two.txt/*", dir);
	expect_no_first(path, ERROR_DIRECTORY);
	snprintf(path, sizeof(path), "%s/", dir);
	expect_no_first(path, ERROR_FILE_NOT_FOUND);
	expect_first("NUL", "NUL");
	snprintf(path, sizeof(path), "%s/sub", dir);
	ck_assert_int_eq(rmdir(path), 0);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		ck_assert_int_eq(unlink(path), 0);
	}
	test_dir_remove(dir);
}
END_TEST

/* watching */

static struct npfs_dir_watch *watch_open(void)
{
	struct npfs_dir_watch *watch;

	ck_assert_uint_eq(npfs_dir_watch_open(&watch), STATUS_SUCCESS);
	return watch;
}

static void expect_change(struct npfs_dir_watch *watch, uint32_t action, const char *text)
{
	struct test_name name = test_name(text);
	struct npfs_dir_change change;

	ck_assert_uint_eq(npfs_dir_watch_next(watch, &change), STATUS_SUCCESS);
	ck_assert_uint_eq(change.action, action);
	ck_assert_uint_eq(change.name_len, name.len);
	ck_assert_mem_eq(change.name, name.units, name.len * sizeof(*name.units));
}

START_TEST(a_watch_tells_what_happens_in_its_order)
{
	struct npfs_dir_watch *watch = watch_open();
	struct npfs_end *a = server("Watched", 2), *b = server("watched", 2);
	struct npfs_end *c = server("other", 1);

	npfs_end_free(b);
	npfs_end_free(a);
	npfs_end_free(c);
	expect_change(watch, NPFS_DIR_ADDED, "Watched");
	expect_change(watch, NPFS_DIR_INSTANCES, "Watched");
	expect_change(watch, NPFS_DIR_ADDED, "other");
	expect_change(watch, NPFS_DIR_INSTANCES, "Watched");
	expect_change(watch, NPFS_DIR_REMOVED, "Watched");
	expect_change(watch, NPFS_DIR_REMOVED, "other");
	npfs_dir_watch_close(watch);
}
END_TEST

START_TEST(each_watch_has_its_own_place)
{
	struct npfs_dir_watch *early = watch_open(), *late;
	struct npfs_end *a = server("one", 1), *b;

	expect_change(early, NPFS_DIR_ADDED, "one");
	late = watch_open();
	b = server("two", 1);
	expect_change(late, NPFS_DIR_ADDED, "two");
	expect_change(early, NPFS_DIR_ADDED, "two");
	npfs_dir_watch_close(early);
	npfs_end_free(a);
	expect_change(late, NPFS_DIR_REMOVED, "one");
	npfs_dir_watch_close(late);
	npfs_end_free(b);
}
END_TEST

/* The log holds a few hundred changes. */
START_TEST(who_falls_behind_is_told_so_and_goes_on)
{
	struct npfs_dir_watch *watch = watch_open();
	struct npfs_dir_change change;
	struct npfs_end *end;

	for (int i = 0; i < 200; i++)
		npfs_end_free(server("busy", 1));
	ck_assert_uint_eq(npfs_dir_watch_next(watch, &change), STATUS_NOTIFY_ENUM_DIR);
	end = server("after", 1);
	expect_change(watch, NPFS_DIR_ADDED, "after");
	npfs_end_free(end);
	npfs_dir_watch_close(watch);
}
END_TEST

static void *cancel_main(void *arg)
{
	npfs_dir_watch_cancel(arg);
	return NULL;
}

START_TEST(cancelling_ends_a_watch_for_good)
{
	struct npfs_dir_watch *watch = watch_open();
	struct npfs_dir_change change;
	struct npfs_end *end;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_main, watch), 0);
	ck_assert_uint_eq(npfs_dir_watch_next(watch, &change), STATUS_CANCELLED);
	pthread_join(thread, NULL);
	end = server("unseen", 1);
	ck_assert_uint_eq(npfs_dir_watch_next(watch, &change), STATUS_CANCELLED);
	npfs_end_free(end);
	npfs_dir_watch_close(watch);
}
END_TEST

/* What another process's end takes along is told, too. */
START_TEST(the_end_of_a_process_is_a_change)
{
	struct npfs_dir_watch *watch = watch_open();
	pid_t pid = fork();

	if (pid == 0) {
		server("mortal", 1);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	expect_change(watch, NPFS_DIR_ADDED, "mortal");
	expect_change(watch, NPFS_DIR_REMOVED, "mortal");
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	npfs_dir_watch_close(watch);
}
END_TEST

/* Whether the thread @task of this process has SIGUSR1 blocked. */
static bool blocks_usr1(const char *task)
{
	char path[64], line[128];
	unsigned long long blocked = 0;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/status", task);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "SigBlk: %llx", &blocked) == 1;
	fclose(file);
	ck_assert(found);
	return blocked >> (SIGUSR1 - 1) & 1;
}

/* The library's own threads take no signal from the program. */
START_TEST(a_watch_takes_no_signals)
{
	HANDLE root = CreateFileA("\\\\.\\pipe\\", FILE_LIST_DIRECTORY, FILE_SHARE_READ, NULL,
				  OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	OVERLAPPED o = {.hEvent = NULL};
	union {
		FILE_NOTIFY_INFORMATION first;
		char room[256];
	} changes;
	unsigned n_threads = 0, n_blocking = 0;
	struct dirent *entry;
	DIR *tasks;
	DWORD n;

	ck_assert_ptr_ne(root, INVALID_HANDLE_VALUE);
	ck_assert(ReadDirectoryChangesW(root, &changes, sizeof(changes), FALSE,
					FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &o, NULL));
	tasks = opendir("/proc/self/task");
	ck_assert_ptr_nonnull(tasks);
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		n_threads++;
		n_blocking += blocks_usr1(entry->d_name);
	}
	closedir(tasks);
	ck_assert_uint_ge(n_threads, 2);
	ck_assert_uint_eq(n_blocking, n_threads - 1); /* all but this one */
	CancelIo(root);
	ck_assert(!GetOverlappedResult(root, &o, &n, TRUE));
	CloseHandle(root);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dir");
	TCase *tcase = tcase_create("dir");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, each_pipe_is_listed_once_with_its_counts);
	tcase_add_test(tcase, a_pattern_selects_without_regard_to_case);
	tcase_add_test(tcase, names_that_stay_are_seen_once_over_many_pages);
	tcase_add_test(tcase, a_pattern_that_is_too_long_is_refused);
	tcase_add_test(tcase, the_child_of_a_fork_may_go_on_with_a_listing);
	tcase_add_test(tcase, find_gives_pipes_as_files_of_their_instances);
	tcase_add_test(tcase, find_takes_dos_patterns_for_pipes);
	tcase_add_test(tcase, find_cuts_long_names);
	tcase_add_test(tcase, find_refuses_bad_parameters);
	tcase_add_test(tcase, find_lists_directories);
	tcase_add_test(tcase, a_watch_tells_what_happens_in_its_order);
	tcase_add_test(tcase, each_watch_has_its_own_place);
	tcase_add_test(tcase, who_falls_behind_is_told_so_and_goes_on);
	tcase_add_test(tcase, cancelling_ends_a_watch_for_good);
	tcase_add_test(tcase, the_end_of_a_process_is_a_change);
	tcase_add_test(tcase, a_watch_takes_no_signals);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
