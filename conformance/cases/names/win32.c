/* SPDX-License-Identifier: MIT */
/*
 * Names as CreateNamedPipe and CreateFile take them: what is a pipe name, how it is
 * normalised, what a name that is none gives (npfs-semantics 1.1 to 1.3 and 1.5).
 * WaitNamedPipe has rules of its own and its own file.
 */
#include "conformance/pipes.h"
#include "conformance/platform.h"

#include <stdlib.h>

#define DUPLEX_BYTE PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4

static HANDLE server_at(const char *name)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, DUPLEX_BYTE));
	return s;
}

/* A client of this spelling reaches exactly this server. */
static void expect_reaches(const char *spelling, HANDLE s)
{
	HANDLE c;

	EXPECT_HANDLE(c, client_open(spelling, CLIENT_BOTH, 0));
	WRITE_ALL(c, spelling, 1);
	EXPECT_AVAILABLE(s, 1);
	CloseHandle(c);
	EXPECT_READS(s, 1, spelling, 1);
	EXPECT_TRUE(DisconnectNamedPipe(s));
}

static void create_of_no_pipe_name_is_123(void)
{
	EXPECT_NO_HANDLE(server_new("not a named pipe", DUPLEX_BYTE), ERROR_INVALID_NAME);
}

static void create_of_null_is_3(void)
{
	EXPECT_NO_HANDLE(server_new(NULL, DUPLEX_BYTE), ERROR_PATH_NOT_FOUND);
}

static void create_of_null_wide_is_3(void)
{
	EXPECT_NO_HANDLE(CreateNamedPipeW(NULL, DUPLEX_BYTE, 0, 0, 0, NULL),
			 ERROR_PATH_NOT_FOUND);
}

static void create_of_empty_is_3(void)
{
	EXPECT_NO_HANDLE(server_new("", DUPLEX_BYTE), ERROR_PATH_NOT_FOUND);
}

static void open_of_empty_is_3(void)
{
	EXPECT_NO_HANDLE(client_open("", CLIENT_BOTH, 0), ERROR_PATH_NOT_FOUND);
}

static void open_of_null_is_3(void)
{
	EXPECT_NO_HANDLE(client_open(NULL, CLIENT_BOTH, 0), ERROR_PATH_NOT_FOUND);
}

static void open_without_pipe_is_2(void)
{
	EXPECT_NO_HANDLE(client_open(case_pipe_name(), CLIENT_BOTH, 0),
			 ERROR_FILE_NOT_FOUND);
}

static void create_of_disk_path_is_123(void)
{
	EXPECT_NO_HANDLE(server_new("C:\\conf-no-such-folder\\x", DUPLEX_BYTE),
			 ERROR_INVALID_NAME);
}

static void create_of_mailslot_path_is_123(void)
{
	EXPECT_NO_HANDLE(server_new("\\\\.\\mailslot\\conf-x", DUPLEX_BYTE),
			 ERROR_INVALID_NAME);
}

static void create_of_device_is_123(void)
{
	EXPECT_NO_HANDLE(server_new("\\\\.\\pipe", DUPLEX_BYTE), ERROR_INVALID_NAME);
}

static void create_of_root_is_123(void)
{
	EXPECT_NO_HANDLE(server_new("\\\\.\\pipe\\", DUPLEX_BYTE), ERROR_INVALID_NAME);
}

static void create_on_other_server_is_123(void)
{
	EXPECT_NO_HANDLE(server_new(case_join("\\\\conf-other\\pipe\\",
					      case_name_tail(case_pipe_name())),
				    DUPLEX_BYTE),
			 ERROR_INVALID_NAME);
}

static void create_by_raw_prefix_works(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join("\\\\?\\pipe\\", case_name_tail(name)));

	expect_reaches(name, s);
}

static void open_by_raw_prefix_works(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(name);

	expect_reaches(case_join("\\\\?\\pipe\\", case_name_tail(name)), s);
}

static void case_of_name_is_ignored(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	HANDLE s = server_at(case_join("\\\\.\\pipe\\Foo", tail));

	expect_reaches(case_join("\\\\.\\PIPE\\fOO", tail), s);
}

static void case_of_prefix_is_ignored_at_create(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join("\\\\.\\PiPe\\", case_name_tail(name)));

	expect_reaches(name, s);
}

static void names_compare_beyond_ascii(void)
{
	/* a with diaeresis and Cyrillic zhe, small and capital; German sharp s stays itself */
	static const uint16_t small[] = {0xE4, 0x436, 0xDF, 0};
	static const uint16_t capital[] = {0xC4, 0x416, 0xDF, 0};
	const char *name = case_pipe_name();
	WCHAR a[80], b[80];
	size_t n = strlen(name);
	HANDLE s, c;

	memcpy(a, case_wide(name), n * sizeof(WCHAR));
	memcpy(b, case_wide(name), n * sizeof(WCHAR));
	memcpy(a + n, small, sizeof(small));
	memcpy(b + n, capital, sizeof(capital));
	EXPECT_HANDLE(s, CreateNamedPipeW(a, DUPLEX_BYTE, 512, 512, 0, NULL));
	EXPECT_HANDLE(c, CreateFileW(b, CLIENT_BOTH, 0, NULL, OPEN_EXISTING, 0, NULL));
	CloseHandle(c);
	CloseHandle(s);
}

static void special_characters_are_legal(void)
{
	const char *name = case_join(case_pipe_name(), "<>*?|\"/b");

	expect_reaches(name, server_at(name));
}

static void trailing_separator_is_another_name(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join(name, "\\"));

	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	expect_reaches(case_join(name, "\\"), s);
}

static void forward_slashes_in_prefix_are_separators(void)
{
	const char *name = case_pipe_name();

	expect_reaches(name, server_at(case_join("//./pipe/", case_name_tail(name))));
}

static void mixed_slashes_in_prefix_are_separators(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(name);

	expect_reaches(case_join("/\\./pipe/", case_name_tail(name)), s);
	CloseHandle(s);
	s = server_at(case_join("\\\\.\\pipe/", case_name_tail(name)));
	expect_reaches(name, s);
}

static void slashed_question_prefix_is_not_raw(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	HANDLE s = server_at(case_join(case_join("//?/pipe/", tail), "/b"));

	expect_reaches(case_join(case_join("\\\\.\\pipe\\", tail), "\\b"), s);
}

static void forward_slash_in_name_is_backslash(void)
{
	const char *name = case_pipe_name();

	expect_reaches(case_join(name, "\\b"), server_at(case_join(name, "/b")));
}

static void forward_slash_in_raw_name_stays(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	const char *raw = case_join(case_join("\\\\?\\pipe\\", tail), "/b");
	HANDLE s = server_at(raw);

	EXPECT_NO_HANDLE(client_open(case_join(case_join("\\\\.\\pipe\\", tail), "\\b"),
				     CLIENT_BOTH, 0),
			 ERROR_FILE_NOT_FOUND);
	expect_reaches(raw, s);
}

static void trailing_dots_and_blanks_are_removed(void)
{
	const char *name = case_pipe_name();
	const char *tail = case_name_tail(name);
	HANDLE s = server_at(case_join(name, ". . "));

	expect_reaches(name, s);
	EXPECT_NO_HANDLE(client_open(case_join(case_join("\\\\?\\pipe\\", tail), ". . "),
				     CLIENT_BOTH, 0),
			 ERROR_FILE_NOT_FOUND);
}

static void trailing_dot_in_raw_name_stays(void)
{
	const char *name = case_pipe_name();
	const char *raw =
		case_join(case_join("\\\\?\\pipe\\", case_name_tail(name)), ".");
	HANDLE s = server_at(raw);

	EXPECT_NO_HANDLE(client_open(case_join(name, "."), CLIENT_BOTH, 0),
			 ERROR_FILE_NOT_FOUND);
	expect_reaches(raw, s);
}

static void dot_dot_is_resolved(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join("\\\\.\\pipe\\a\\..\\", case_name_tail(name)));

	expect_reaches(name, s);
}

static void single_dot_is_resolved(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join("\\\\.\\pipe\\.\\", case_name_tail(name)));

	expect_reaches(name, s);
}

static void separators_collapse(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join("\\\\.\\pipe\\\\\\", case_name_tail(name)));

	expect_reaches(name, s);
}

/* case_pipe_name() followed by letters up to a total length. */
static char *long_name(size_t total)
{
	const char *name = case_pipe_name();
	size_t n = strlen(name);
	char *text = malloc(total + 1);

	if (!text)
		conf_fail(__FILE__, __LINE__, "memory", "none");
	memcpy(text, name, n);
	memset(text + n, 'n', total - n);
	text[total] = '\0';
	return text;
}

static void name_of_256_characters_works(void)
{
	const char *name = long_name(256);

	expect_reaches(name, server_at(name));
}

static void ansi_name_of_300_characters_is_206(void)
{
	EXPECT_NO_HANDLE(server_new(long_name(300), DUPLEX_BYTE),
			 ERROR_FILENAME_EXCED_RANGE);
}

static void wide_name_of_300_characters_works(void)
{
	const WCHAR *name = case_wide(long_name(300));
	HANDLE s, c;

	EXPECT_HANDLE(s, CreateNamedPipeW(name, DUPLEX_BYTE, 512, 512, 0, NULL));
	EXPECT_HANDLE(c, CreateFileW(name, CLIENT_BOTH, 0, NULL, OPEN_EXISTING, 0, NULL));
	CloseHandle(c);
	CloseHandle(s);
}

static void parent_of_a_pipe_is_no_pipe(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(case_join(name, "\\pipe"));

	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	CloseHandle(s);
}

static void create_below_a_pipe_is_123(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(name);

	EXPECT_NO_HANDLE(server_new(case_join(name, "\\bar"), DUPLEX_BYTE),
			 ERROR_INVALID_NAME);
	CloseHandle(s);
	CloseHandle(server_at(case_join(name, "\\bar")));
}

static void create_above_a_pipe_works(void)
{
	const char *name = case_pipe_name();
	HANDLE child = server_at(case_join(name, "\\bar"));
	HANDLE parent = server_at(name);

	expect_reaches(name, parent);
	expect_reaches(case_join(name, "\\bar"), child);
}

static void open_below_a_pipe_is_123(void)
{
	const char *name = case_pipe_name();
	HANDLE s = server_at(name);

	EXPECT_NO_HANDLE(client_open(case_join(name, "\\bar"), CLIENT_BOTH, 0),
			 ERROR_INVALID_NAME);
	CloseHandle(s);
	EXPECT_NO_HANDLE(client_open(case_join(name, "\\bar"), CLIENT_BOTH, 0),
			 ERROR_FILE_NOT_FOUND);
}

static void nested_name_needs_no_parents(void)
{
	const char *name = case_join(case_pipe_name(), "\\b\\c");

	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	expect_reaches(name, server_at(name));
}

static void peek_on_a_disk_file_is_1(void)
{
	char path[512];
	DWORD got = 0;
	HANDLE f;

	EXPECT_THAT(platform_temp_file(path, sizeof(path)));
	f = CreateFileA(path, CLIENT_BOTH, 0, NULL, OPEN_EXISTING, 0, NULL);
	SetLastError(CONF_UNTOUCHED_ERROR);
	if (!PeekNamedPipe(f, NULL, 0, NULL, NULL, NULL))
		got = GetLastError();
	CloseHandle(f);
	platform_remove(path);
	EXPECT_ERROR(got, ERROR_INVALID_FUNCTION);
}

static void nt_prefix_is_taken_as_it_is(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	const WCHAR *name = case_wide(case_join("\\??\\pipe\\", tail));
	HANDLE s, c;

	EXPECT_HANDLE(s, CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, 0, 1, 64, 64, 0, NULL));
	EXPECT_HANDLE(c, CreateFileW(name, CLIENT_BOTH, 0, NULL, OPEN_EXISTING, 0, NULL));
	CloseHandle(c);
	EXPECT_NO_HANDLE(client_open(case_join("\\\\.\\pipe\\", tail), CLIENT_BOTH, 0),
			 ERROR_PIPE_BUSY);
}

static void reserved_characters_of_files_are_legal(void)
{
	static const char *const marks[] = {":",  "*", "?", "<",  ">", "|", "\"", "%",
					    "~1", "$", "!", "@", "#", "&", "=", "+"};
	const char *tail = case_name_tail(case_pipe_name());

	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *name = case_join(case_join("\\\\.\\pipe\\", marks[i]), tail);
		HANDLE s, c;

		EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
		EXPECT_TRUE(WaitNamedPipeA(name, 1000));
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
		CloseHandle(c);
		CloseHandle(s);
	}
}

static void device_names_are_no_names_here(void)
{
	static const char *const words[] = {"con", "nul", "com1", "prn", "aux", "lpt1"};
	const char *tail = case_name_tail(case_pipe_name());

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *name = case_join(
			case_join(case_join("\\\\.\\pipe\\", tail), "\\"), words[i]);
		HANDLE s, c;

		EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
		CloseHandle(c);
		CloseHandle(s);
	}
}

const struct conf_case names_win32_cases[] = {
	CASE("1.1", nt_prefix_is_taken_as_it_is, "T", "1.1",
	     "\\\\??\\\\pipe\\\\name passed to the wide entries is the pipe of that name"),
	CASE("1.2", reserved_characters_of_files_are_legal, "T", "1.2",
	     "characters that no file name may have are legal in a pipe's"),
	CASE("1.2", device_names_are_no_names_here, "I", "1.2",
	     "DOS device names are ordinary parts of a pipe's name"),
	CASE("1", create_of_no_pipe_name_is_123, "T", "1.5",
	     "CreateNamedPipe of a string that is no pipe name fails with 123"),
	CASE("2", create_of_null_is_3, "T", "1.5", "CreateNamedPipe(NULL) fails with 3"),
	CASE("2", create_of_null_wide_is_3, "T", "1.5",
	     "CreateNamedPipeW(NULL) fails with 3 and INVALID_HANDLE_VALUE"),
	CASE("3", create_of_empty_is_3, "R", "1.5", "CreateNamedPipe(\"\") fails with 3"),
	CASE("4", open_of_empty_is_3, "T", "1.5", "CreateFile(\"\") fails with 3"),
	CASE("1.5", open_of_null_is_3, "I", "1.5", "CreateFile(NULL) fails with 3"),
	CASE_FOR(P_ENGINE | P_W95, "5", open_without_pipe_is_2, "T", "1.5",
		 "opening a name without a pipe fails with 2"),
	CASE("1.5", create_of_disk_path_is_123, "R", "1.5",
	     "CreateNamedPipe of a disk path fails with 123"),
	CASE("1.5", create_of_mailslot_path_is_123, "R", "1.5",
	     "CreateNamedPipe of a mailslot path fails with 123"),
	CASE("1.5", create_of_device_is_123, "T", "1.5",
	     "CreateNamedPipe of \\\\.\\pipe fails with 123"),
	CASE("1.5", create_of_root_is_123, "T", "1.5",
	     "CreateNamedPipe of \\\\.\\pipe\\ fails with 123"),
	CASE("1.5", create_on_other_server_is_123, "DI", "1.5",
	     "CreateNamedPipe with a server name other than . fails with 123"),
	CASE("1.5", create_by_raw_prefix_works, "T", "1.1",
	     "CreateNamedPipe accepts the raw prefix \\\\?\\pipe\\"),
	CASE("1.5", open_by_raw_prefix_works, "T", "1.1",
	     "CreateFile accepts the raw prefix \\\\?\\pipe\\"),
	CASE("6", case_of_name_is_ignored, "T", "1.2",
	     "a pipe is found by a name that differs in case"),
	CASE("7", case_of_prefix_is_ignored_at_create, "T", "1.1",
	     "the word pipe in the prefix may have any case"),
	CASE("1.2", names_compare_beyond_ascii, "TR", "1.2",
	     "names compare by the simple upper case of each UTF-16 unit"),
	CASE("8", special_characters_are_legal, "T", "1.2",
	     "a name may contain < > * ? | and quotation marks"),
	CASE("9", trailing_separator_is_another_name, "T", "1.2",
	     "a name with a trailing backslash is another name"),
	CASE("10", forward_slashes_in_prefix_are_separators, "T", "1.1",
	     "//./pipe/x is \\\\.\\pipe\\x"),
	CASE("10", mixed_slashes_in_prefix_are_separators, "T", "1.1",
	     "slashes and backslashes may be mixed in the prefix"),
	CASE("10", slashed_question_prefix_is_not_raw, "T", "1.1",
	     "//?/pipe/ is not the raw prefix: the rest is normalised"),
	CASE("11", forward_slash_in_name_is_backslash, "T", "1.1",
	     "in the \\\\.\\ form a slash in the name becomes a backslash"),
	CASE("12", forward_slash_in_raw_name_stays, "T", "1.1",
	     "behind \\\\?\\ a slash in the name stays a slash"),
	CASE("13", trailing_dots_and_blanks_are_removed, "T", "1.1",
	     "trailing dots and blanks of a \\\\.\\ name are removed"),
	CASE("13", trailing_dot_in_raw_name_stays, "T", "1.1",
	     "behind \\\\?\\ a trailing dot stays"),
	CASE("14", dot_dot_is_resolved, "T", "1.1", "a\\..\\b names b"),
	CASE("1.1", single_dot_is_resolved, "T", "1.1", ".\\b names b"),
	CASE("1.1", separators_collapse, "T", "1.1", "runs of separators collapse"),
	CASE("1.2", name_of_256_characters_works, "DB", "1.2",
	     "a name of 256 characters works"),
	CASE("23", ansi_name_of_300_characters_is_206, "R", "1.2",
	     "CreateNamedPipeA with a name of 300 characters fails with 206"),
	CASE("1.2", wide_name_of_300_characters_works, "I", "1.2",
	     "CreateNamedPipeW with a name of 300 characters works"),
	CASE("25", parent_of_a_pipe_is_no_pipe, "T", "1.3",
	     "the leading part of a pipe's name is not a pipe: open fails with 2"),
	CASE_FOR(P_ENGINE, "26", create_below_a_pipe_is_123, "KR", "1.3",
		 "a pipe cannot serve as a directory: create below it fails with 123"),
	CASE_FOR(
		P_ENGINE, "27", create_above_a_pipe_works, "R", "1.3",
		"the rule is one-way: a pipe above an existing one can be made, both work"),
	CASE_FOR(P_ENGINE, "28", open_below_a_pipe_is_123, "R", "1.3",
		 "opening below an existing pipe fails with 123, without it with 2"),
	CASE_FOR(P_ENGINE, "29", nested_name_needs_no_parents, "T", "1.3",
		 "a name with inner backslashes needs no parents"),
	CASE("45", peek_on_a_disk_file_is_1, "T", "1.6",
	     "PeekNamedPipe on a disk file fails with 1"),
	CASE_END};
