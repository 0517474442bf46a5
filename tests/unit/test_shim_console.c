/* SPDX-License-Identifier: MIT */
/*
 * Consoles, on a pseudo terminal: what one types at the far side arrives as keys and text,
 * and what is written comes out there. The near side is standard input of the test, as a
 * console's input side is; the terminal's state is put back.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <windows.h>
#include <conio.h>

#define W(text) ((const WCHAR *)u##text)

static int other;
static HANDLE in, out;

/* Each test is a process of its own, so the standard descriptors may be given away. */
static void setup(void)
{
	struct winsize size = {.ws_row = 25, .ws_col = 80};
	const char *name;
	int own;

	other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(grantpt(other), 0);
	ck_assert_int_eq(unlockpt(other), 0);
	name = ptsname(other);
	ck_assert_ptr_nonnull(name);
	own = open(name, O_RDWR | O_NOCTTY);
	ck_assert_int_ge(own, 0);
	ck_assert_int_eq(ioctl(own, TIOCSWINSZ, &size), 0);
	ck_assert_int_eq(dup2(own, STDIN_FILENO), STDIN_FILENO);
	close(own);
	in = GetStdHandle(STD_INPUT_HANDLE);
	out = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	ck_assert_ptr_ne(out, INVALID_HANDLE_VALUE);
}

static void teardown(void)
{
	CloseHandle(out);
	close(other);
}

static void type(const char *text)
{
	ck_assert_int_eq(write(other, text, strlen(text)), (ssize_t)strlen(text));
}

/* Exactly @n bytes of what came out at the far side. */
static const char *came_out(size_t n)
{
	static char text[256];
	size_t done = 0;

	while (done < n) {
		ssize_t m = read(other, text + done, n - done);

		ck_assert_int_gt(m, 0);
		done += (size_t)m;
	}
	text[done] = 0;
	return text;
}

static KEY_EVENT_RECORD key(HANDLE h)
{
	INPUT_RECORD record;
	DWORD n = 0;

	ck_assert(ReadConsoleInputW(h, &record, 1, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(record.EventType, KEY_EVENT);
	return record.Event.KeyEvent;
}

/* The next two records are this key going down and coming up. */
static void ck_key(WORD code, WCHAR character, DWORD control)
{
	for (BOOL down = TRUE; down >= FALSE; down--) {
		KEY_EVENT_RECORD got = key(in);

		ck_assert_int_eq(got.bKeyDown, down);
		ck_assert_uint_eq(got.wVirtualKeyCode, code);
		ck_assert_uint_eq(got.uChar.UnicodeChar, character);
		ck_assert_uint_eq(got.dwControlKeyState, control);
		ck_assert_uint_eq(got.wRepeatCount, 1);
	}
}

/* Keys, and no line of them to edit. */
static void set_raw(void)
{
	ck_assert(SetConsoleMode(in, 0));
}

START_TEST(a_character_is_a_key_down_and_up)
{
	set_raw();
	type("aB1\r");
	ck_key('A', 'a', 0);
	ck_key('B', 'B', SHIFT_PRESSED);
	ck_key('1', '1', 0);
	ck_key(VK_RETURN, '\r', 0);
	type("\xc3\xa4\xf0\x9f\x98\x80\x01\x7f\t ");
	ck_key(0, 0xe4, 0);
	ck_key(0, 0xd83d, 0);
	ck_key(0, 0xde00, 0);
	ck_key('A', 1, LEFT_CTRL_PRESSED);
	ck_key(VK_BACK, '\b', 0);
	ck_key(VK_TAB, '\t', 0);
	ck_key(VK_SPACE, ' ', 0);
}
END_TEST

START_TEST(arrows_are_keys_without_a_character)
{
	set_raw();
	type("\033[A\033[D\033[Hx");
	ck_key(VK_UP, 0, 0);
	ck_key(VK_LEFT, 0, 0);
	ck_key(VK_HOME, 0, 0);
	ck_key('X', 'x', 0);
	type("\033");
	ck_key(VK_ESCAPE, 0x1b, 0);
}
END_TEST

START_TEST(a_look_takes_nothing)
{
	INPUT_RECORD records[8];
	DWORD n = 7;
	char byte;

	set_raw();
	ck_assert(PeekConsoleInputA(in, records, 8, &n));
	ck_assert_uint_eq(n, 0);
	type("xyz");
	ck_assert_uint_eq(WaitForSingleObject(in, INFINITE), WAIT_OBJECT_0);
	/* The kernel passes them on in its own time. */
	do
		ck_assert(PeekConsoleInputA(in, records, 8, &n));
	while (n < 6);
	ck_assert_uint_eq(n, 6);
	ck_assert_int_eq(records[0].Event.KeyEvent.uChar.AsciiChar, 'x');
	ck_assert_int_eq(records[4].Event.KeyEvent.uChar.AsciiChar, 'z');
	ck_assert(GetNumberOfConsoleInputEvents(in, &n));
	ck_assert_uint_eq(n, 3);
	/* One record of x, then the rest as text. */
	ck_assert(ReadConsoleInputA(in, records, 2, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert(_kbhit());
	ck_assert_int_eq(_getch(), 'y');
	ck_assert(ReadConsoleA(in, &byte, 1, &n, NULL));
	ck_assert_int_eq(byte, 'z');
	type("q");
	do
		ck_assert(PeekConsoleInputW(in, records, 8, &n));
	while (n < 2);
	ck_assert(FlushConsoleInputBuffer(in));
	ck_assert(GetNumberOfConsoleInputEvents(in, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(the_terminal_is_as_before_after_a_key)
{
	struct termios before, after;

	ck_assert_int_eq(tcgetattr(STDIN_FILENO, &before), 0);
	type("a");
	ck_key('A', 'a', 0);
	ck_assert_int_eq(tcgetattr(STDIN_FILENO, &after), 0);
	ck_assert_uint_eq(before.c_lflag, after.c_lflag);
	ck_assert_uint_eq(before.c_iflag, after.c_iflag);
}
END_TEST

START_TEST(what_is_no_console_has_no_keys)
{
	INPUT_RECORD record;
	HANDLE h = CreateFileA("NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	DWORD n;

	ck_assert(!ReadConsoleInputA(h, &record, 1, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!PeekConsoleInputW(NULL, &record, 1, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!ReadConsoleInputA(in, NULL, 1, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ReadConsoleInputA(in, &record, 0, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!GetConsoleMode(h, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	CloseHandle(h);
}
END_TEST

START_TEST(modes_are_the_terminals)
{
	struct termios t;
	DWORD mode = 0;

	ck_assert(GetConsoleMode(in, &mode));
	ck_assert_uint_eq(mode & 7, ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT |
					    ENABLE_ECHO_INPUT);
	ck_assert(SetConsoleMode(in, ENABLE_PROCESSED_INPUT));
	ck_assert_int_eq(tcgetattr(STDIN_FILENO, &t), 0);
	ck_assert(t.c_lflag & ISIG);
	ck_assert(!(t.c_lflag & (ICANON | ECHO)));
	ck_assert(GetConsoleMode(in, &mode));
	ck_assert_uint_eq(mode & 7, ENABLE_PROCESSED_INPUT);
	ck_assert(!SetConsoleMode(in, ENABLE_ECHO_INPUT));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(GetConsoleMode(out, &mode));
	ck_assert(mode & ENABLE_PROCESSED_OUTPUT);
	ck_assert(SetConsoleMode(out, ENABLE_PROCESSED_OUTPUT));
	ck_assert(GetConsoleMode(out, &mode));
	ck_assert_uint_eq(mode, ENABLE_PROCESSED_OUTPUT);
	ck_assert(!SetConsoleMode(out, 0x8000));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(lines_are_read_in_both_forms)
{
	char narrow[16] = "";
	WCHAR wide[16];
	DWORD n;

	type("one\nz\xc3\xa4h\n");
	ck_assert(ReadConsoleA(in, narrow, sizeof(narrow), &n, NULL));
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(narrow, "one\n", 4);
	ck_assert(ReadConsoleW(in, wide, 16, &n, NULL));
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(wide, u"z\u00e4h\n", 8);
}
END_TEST

START_TEST(text_and_colours_come_out)
{
	const COORD place = {3, 4}, bad = {-1, 0};
	CONSOLE_CURSOR_INFO cursor = {25, FALSE};
	CONSOLE_SCREEN_BUFFER_INFO screen;
	DWORD n;

	ck_assert(WriteConsoleA(out, "abc", 3, &n, NULL));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(came_out(3), "abc");
	ck_assert(WriteConsoleW(out, W("\u00e4"), 1, &n, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(came_out(2), "\xc3\xa4");
	ck_assert(SetConsoleTextAttribute(out, FOREGROUND_RED | FOREGROUND_INTENSITY |
						       BACKGROUND_BLUE));
	ck_assert_str_eq(came_out(8), "\033[91;44m");
	ck_assert(SetConsoleCursorPosition(out, place));
	ck_assert_str_eq(came_out(6), "\033[5;4H");
	ck_assert(!SetConsoleCursorPosition(out, bad));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(SetConsoleCursorInfo(out, &cursor));
	ck_assert_str_eq(came_out(6), "\033[?25l");
	ck_assert(GetConsoleCursorInfo(out, &cursor));
	ck_assert(!cursor.bVisible);
	ck_assert(GetConsoleScreenBufferInfo(out, &screen));
	ck_assert_int_eq(screen.dwSize.X, 80);
	ck_assert_int_eq(screen.srWindow.Bottom, 24);
}
END_TEST

START_TEST(a_title_and_code_pages_are_kept)
{
	char narrow[32];
	WCHAR wide[32];

	ck_assert(SetConsoleTitleA("a title"));
	ck_assert_uint_eq(GetConsoleTitleA(narrow, sizeof(narrow)), 7);
	ck_assert_str_eq(narrow, "a title");
	ck_assert(SetConsoleTitleW(W("z\u00e4h")));
	ck_assert_uint_eq(GetConsoleTitleW(wide, 32), 3);
	ck_assert_int_eq(lstrcmpW(wide, W("z\u00e4h")), 0);
	ck_assert_uint_eq(GetConsoleCP(), CP_UTF8);
	ck_assert(SetConsoleOutputCP(1252));
	ck_assert_uint_eq(GetConsoleOutputCP(), 1252);
	ck_assert(!SetConsoleCP(12345));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!AllocConsole());
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	/* The terminal stays the process's. */
	ck_assert(FreeConsole());
	ck_assert(SetConsoleTitleA("a title"));
}
END_TEST

static HANDLE handled;
static DWORD event_of_handler;

static BOOL WINAPI on_ctrl(DWORD event)
{
	event_of_handler = event;
	SetEvent(handled);
	return TRUE;
}

START_TEST(a_handler_is_called_for_the_signal)
{
	handled = CreateEventA(NULL, FALSE, FALSE, NULL);
	ck_assert(SetConsoleCtrlHandler(on_ctrl, TRUE));
	ck_assert(GenerateConsoleCtrlEvent(CTRL_C_EVENT, GetCurrentProcessId()) ||
		  raise(SIGINT) == 0);
	ck_assert_uint_eq(WaitForSingleObject(handled, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(event_of_handler, CTRL_C_EVENT);
	ck_assert_int_eq(raise(SIGQUIT), 0);
	ck_assert_uint_eq(WaitForSingleObject(handled, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(event_of_handler, CTRL_BREAK_EVENT);
	ck_assert(SetConsoleCtrlHandler(on_ctrl, FALSE));
	ck_assert(!SetConsoleCtrlHandler(on_ctrl, FALSE));
	CloseHandle(handled);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_console");
	TCase *tc = tcase_create("console");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_character_is_a_key_down_and_up);
	tcase_add_test(tc, arrows_are_keys_without_a_character);
	tcase_add_test(tc, a_look_takes_nothing);
	tcase_add_test(tc, the_terminal_is_as_before_after_a_key);
	tcase_add_test(tc, what_is_no_console_has_no_keys);
	tcase_add_test(tc, modes_are_the_terminals);
	tcase_add_test(tc, lines_are_read_in_both_forms);
	tcase_add_test(tc, text_and_colours_come_out);
	tcase_add_test(tc, a_title_and_code_pages_are_kept);
	tcase_add_test(tc, a_handler_is_called_for_the_signal);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	/* The standard descriptors are given away, and a signal is raised. */
	srunner_set_fork_status(sr, CK_FORK);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
