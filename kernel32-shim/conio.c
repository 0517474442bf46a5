/* SPDX-License-Identifier: MIT */
/*
 * Single keys.
 *
 * _getch reads one byte from standard input.  When that is a terminal, it is in raw mode,
 * without echo, for the length of the read and no longer, so a program that dies between
 * keys leaves a sane terminal.  When it is a file or a pipe, the byte is simply the next
 * one, and its end is -1.  Reading goes past stdio: mixing both loses what stdio
 * buffered, so what stdio holds already is taken first.
 */
#include <conio.h>
#include <npfs_crt.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "kernel32-shim/console_input.h"

static pthread_mutex_t keyboard = PTHREAD_MUTEX_INITIALIZER;
static int pushed_back = -1; /* keyboard lock */

/* Bytes that stdio has read from standard input and not given out. */
static bool stdio_holds_input(void)
{
	return stdin->_IO_read_ptr < stdin->_IO_read_end;
}

static int read_byte(void)
{
	unsigned char byte;
	ssize_t n;

	if (console_input_take(&byte, 1) == 1)
		return byte;
	for (;;) {
		n = read(STDIN_FILENO, &byte, 1);
		if (n == 1)
			return byte;
		if (n == 0)
			return -1;
		if (errno == EAGAIN) {
			struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
}

/* One byte from the terminal, which is raw meanwhile. */
static int read_key(const struct termios *saved, bool echo)
{
	struct termios raw = *saved;
	int key;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	key = read_byte();
	tcsetattr(STDIN_FILENO, TCSANOW, saved);
	if (echo && key >= 0)
		_putch(key);
	return key;
}

static int next_key(bool echo)
{
	struct termios saved;
	int key;

	fflush(stdout);
	pthread_mutex_lock(&keyboard);
	if (pushed_back >= 0) {
		key = pushed_back;
		pushed_back = -1;
	} else if (stdio_holds_input()) {
		key = getchar();
	} else if (tcgetattr(STDIN_FILENO, &saved) == 0) {
		key = read_key(&saved, echo);
	} else {
		key = read_byte();
	}
	pthread_mutex_unlock(&keyboard);
	return key;
}

int _getch(void)
{
	return next_key(false);
}

int _getche(void)
{
	return next_key(true);
}

int _ungetch(int key)
{
	int result = -1;

	pthread_mutex_lock(&keyboard);
	if (pushed_back < 0 && key >= 0)
		result = pushed_back = key;
	pthread_mutex_unlock(&keyboard);
	return result;
}

/* The end of a file or pipe counts as a key: _getch would not wait for it. */
int _kbhit(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	struct termios saved, raw;
	bool is_terminal, hit;

	pthread_mutex_lock(&keyboard);
	if (pushed_back >= 0 || stdio_holds_input() || console_input_kept() > 0) {
		pthread_mutex_unlock(&keyboard);
		return 1;
	}
	is_terminal = tcgetattr(STDIN_FILENO, &saved) == 0;
	if (is_terminal) {
		raw = saved;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	hit = poll(&p, 1, 0) > 0;
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	pthread_mutex_unlock(&keyboard);
	return hit;
}

int _putch(int character)
{
	int result = putchar(character);

	fflush(stdout);
	return result == EOF ? EOF : character;
}

int _cputs(const char *text)
{
	int result = fputs(text, stdout);

	fflush(stdout);
	return result == EOF ? -1 : 0;
}

int _cprintf(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = npfs_vprintf(format, args);
	va_end(args);
	fflush(stdout);
	return n;
}
