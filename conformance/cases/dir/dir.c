/* SPDX-License-Identifier: MIT */
/* Enumerating the names with FindFirstFile (npfs-semantics 7.10). */
#include "conformance/late.h"
#include "conformance/pipes.h"

struct finder {
	HANDLE(WINAPI *first)(const char *, WIN32_FIND_DATAA *);
	BOOL(WINAPI *next)(HANDLE, WIN32_FIND_DATAA *);
	BOOL(WINAPI *close)(HANDLE);
};

static struct finder finder_need(void)
{
	struct finder f;

	f.first = (HANDLE(WINAPI *)(const char *, WIN32_FIND_DATAA *))late_need(
		"kernel32.dll", "FindFirstFileA");
	f.next = (BOOL(WINAPI *)(HANDLE, WIN32_FIND_DATAA *))late_need("kernel32.dll",
								       "FindNextFileA");
	f.close = (BOOL(WINAPI *)(HANDLE))late_need("kernel32.dll", "FindClose");
	return f;
}

/* How often this tail of a name is listed; the last entry of it goes to *entry. */
static unsigned count_listed(const char *tail, WIN32_FIND_DATAA *entry)
{
	struct finder f = finder_need();
	WIN32_FIND_DATAA data;
	unsigned n = 0;
	HANDLE h;

	h = f.first("\\\\.\\pipe\\*", &data);
	if (h == INVALID_HANDLE_VALUE) { /* nobody else has a pipe either */
		EXPECT_ERROR(GetLastError(), ERROR_FILE_NOT_FOUND);
		return 0;
	}
	do {
		if (strcmp(data.cFileName, tail) == 0) {
			*entry = data;
			n++;
		}
	} while (f.next(h, &data));
	EXPECT_ERROR(GetLastError(), ERROR_NO_MORE_FILES);
	EXPECT_TRUE(f.close(h));
	return n;
}

static void each_pipe_is_listed_once(void)
{
	const char *name = case_pipe_name();
	WIN32_FIND_DATAA data;
	HANDLE a, b;

	EXPECT_HANDLE(a, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HANDLE(b, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 1);
	EXPECT_EQ(data.nFileSizeLow, 2);
	EXPECT_HEX(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL);
	CloseHandle(a);
	CloseHandle(b);
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 0);
}

static void listed_name_keeps_its_backslashes_and_case(void)
{
	const char *name = case_join(case_pipe_name(), "\\Sub\\Name");
	WIN32_FIND_DATAA data;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 1);
	EXPECT_EQ(data.nFileSizeLow, 1);
	CloseHandle(s);
}

static void no_match_is_2(void)
{
	struct finder f = finder_need();
	WIN32_FIND_DATAA data;

	EXPECT_NO_HANDLE(f.first(case_join(case_pipe_name(), "*"), &data),
			 ERROR_FILE_NOT_FOUND);
}

static void pattern_selects(void)
{
	const char *name = case_pipe_name();
	struct finder f = finder_need();
	WIN32_FIND_DATAA data;
	HANDLE a, b, h;

	EXPECT_HANDLE(a, server_new(case_join(name, "-one"), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(b, server_new(case_join(name, "-two"), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(h, f.first(case_join(name, "-T*"), &data));
	EXPECT_STR(data.cFileName, case_name_tail(case_join(name, "-two")));
	EXPECT_FAILS(f.next(h, &data), ERROR_NO_MORE_FILES);
	EXPECT_TRUE(f.close(h));
	CloseHandle(a);
	CloseHandle(b);
}

static void listing_follows_the_instances(void)
{
	const char *name = case_pipe_name();
	WIN32_FIND_DATAA data;
	HANDLE a, b, c;

	EXPECT_EQ(count_listed(case_name_tail(name), &data), 0);
	EXPECT_HANDLE(a, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HANDLE(b, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(b);
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 1);
	EXPECT_EQ(data.nFileSizeLow, 1);
	CloseHandle(a);
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 0);
	CloseHandle(c);
}

static void listing_has_no_times(void)
{
	const char *name = case_pipe_name();
	WIN32_FIND_DATAA data;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_EQ(count_listed(case_name_tail(name), &data), 1);
	EXPECT_EQ(data.ftCreationTime.dwLowDateTime | data.ftCreationTime.dwHighDateTime, 0);
	EXPECT_EQ(data.ftLastAccessTime.dwLowDateTime |
			  data.ftLastAccessTime.dwHighDateTime,
		  0);
	EXPECT_EQ(data.ftLastWriteTime.dwLowDateTime | data.ftLastWriteTime.dwHighDateTime,
		  0);
	EXPECT_EQ(data.nFileSizeHigh, 0);
	CloseHandle(s);
}

static void anonymous_pipes_have_no_name(void)
{
	bool is_named = (personality() & P_NT4) != 0;
	struct finder f = finder_need();
	WIN32_FIND_DATAA data;
	unsigned n_found = 0;
	HANDLE r, w, h;
	char own[32];

	EXPECT_TRUE(CreatePipe(&r, &w, NULL, 0));
	snprintf(own, sizeof(own), "Win32Pipes.%08lx.",
		 (unsigned long)GetCurrentProcessId());
	h = f.first("\\\\.\\pipe\\*", &data);
	if (h == INVALID_HANDLE_VALUE) { /* nobody else has a pipe either */
		EXPECT_ERROR(GetLastError(), ERROR_FILE_NOT_FOUND);
	} else {
		do {
			n_found += strncmp(data.cFileName, own, strlen(own)) == 0;
		} while (f.next(h, &data));
		EXPECT_TRUE(f.close(h));
	}
	EXPECT_EQ(n_found, is_named ? 1 : 0);
	WRITE_ALL(w, "through", 7);
	EXPECT_READS(r, 8, "through", 7);
}

const struct conf_case dir_dir_cases[] = {
	CASE_FOR(P_ENGINE, "7.8", anonymous_pipes_have_no_name, "RI", "7.8",
		 "the pipe of CreatePipe is not listed; on NT 4 it is, as Win32Pipes.…"),
	CASE("7.10", listing_follows_the_instances, "R", "7.10",
	     "a listed pipe's size is its instances; without server it is not listed"),
	CASE("7.10", listing_has_no_times, "R", "7.10", "a listed pipe's times are 0"),
	CASE("283", each_pipe_is_listed_once, "R", "7.10",
	     "a pipe of two instances is listed once, with size 2"),
	CASE("7.10", listed_name_keeps_its_backslashes_and_case, "RC", "7.10",
	     "a listed name has the creator's spelling, backslashes included"),
	CASE("7.10", no_match_is_2, "R", "7.10", "a pattern without match fails with 2"),
	CASE("7.10", pattern_selects, "R", "7.10", "patterns match without case"),
	CASE_END};
