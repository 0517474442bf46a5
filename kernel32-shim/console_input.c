/* SPDX-License-Identifier: MIT */
/*
 * Key events: ReadConsoleInput and PeekConsoleInput
 *
 * A terminal gives characters, not keys. Each character is told as a key that goes down and
 * comes up: two records with the character, the key that makes it on a keyboard of the
 * United States, and SHIFT or CTRL when that takes one. The sequences of the arrows, Home
 * and End are told as these keys when they arrive whole. Other events (mouse, size) do not
 * come.
 *
 * For the length of a call the terminal is raw and does not echo, as in conio.c; what is
 * typed between calls is edited as a line unless the console's mode says otherwise. Bytes go
 * from the terminal into `kept`, and from there into records:
 *
 *	kept.bytes  [ c h a r a c t e r s ]
 *	               ^ at, and `told`: records of this character that were given already
 */
#include "kernel32-shim/console_input.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

enum {
	KEPT_MAX = 256,
	ESCAPE = 0x1b,
	ARROW_LEN = 3, /* of ESC [ A */
	TORN_MS = 25,  /* how long after its first byte the rest of a character comes */
};

static struct {
	pthread_mutex_t lock;
	unsigned char bytes[KEPT_MAX];
	size_t at;
	size_t end;
	unsigned told;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void kept_lock(void)
{
	pthread_mutex_lock(&kept.lock);
}

static void kept_unlock(void)
{
	pthread_mutex_unlock(&kept.lock);
}

__attribute__((constructor)) static void kept_survives_fork(void)
{
	pthread_atfork(kept_lock, kept_unlock, kept_unlock);
}

size_t console_input_take(void *buffer, size_t len)
{
	size_t n;

	kept_lock();
	n = kept.end - kept.at;
	if (n > len)
		n = len;
	memcpy(buffer, kept.bytes + kept.at, n);
	kept.at += n;
	if (n > 0)
		kept.told = 0;
	kept_unlock();
	return n;
}

size_t console_input_kept(void)
{
	size_t n;

	kept_lock();
	n = kept.end - kept.at;
	kept_unlock();
	return n;
}

void console_input_forget(void)
{
	kept_lock();
	kept.at = kept.end = 0;
	kept.told = 0;
	kept_unlock();
}

/* from the terminal */

/* Bytes into what is kept, if there are any. Lock. Return: false: no more will come. */
static bool kept_fill(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	memmove(kept.bytes, kept.bytes + kept.at, kept.end - kept.at);
	kept.end -= kept.at;
	kept.at = 0;
	if (kept.end == KEPT_MAX)
		return true;
	if (poll(&p, 1, 0) <= 0)
		return true;
	n = read(fd, kept.bytes + kept.end, KEPT_MAX - kept.end);
	if (n > 0)
		kept.end += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool terminal_raw(int fd, struct termios *savedp)
{
	struct termios raw;

	if (tcgetattr(fd, savedp) < 0)
		return false;
	raw = *savedp;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &raw) == 0;
}

/* into records */

/* One character of what is kept. */
struct key {
	size_t len;       /* bytes */
	unsigned n_units; /* 0: a key without a character */
	WCHAR units[2];   /* of the narrow form: the byte */
	WORD code;
	DWORD control;
};

static WORD arrow_of(unsigned char last)
{
	switch (last) {
	case 'A':
		return VK_UP;
	case 'B':
		return VK_DOWN;
	case 'C':
		return VK_RIGHT;
	case 'D':
		return VK_LEFT;
	case 'H':
		return VK_HOME;
	case 'F':
		return VK_END;
	default:
		return 0;
	}
}

static void key_of_character(struct key *key)
{
	WCHAR c = key->units[0];

	if (c == '\n' || c == '\r') {
		key->units[0] = '\r';
		key->code = VK_RETURN;
	} else if (c == 0x7f || c == '\b') {
		key->units[0] = '\b';
		key->code = VK_BACK;
	} else if (c == '\t' || c == ESCAPE || c == ' ' || (c >= '0' && c <= '9')) {
		key->code = c;
	} else if (c >= 1 && c <= 26) {
		key->code = (WORD)(c + 'A' - 1);
		key->control = LEFT_CTRL_PRESSED;
	} else if (c >= 'a' && c <= 'z') {
		key->code = (WORD)(c - 'a' + 'A');
	} else if (c >= 'A' && c <= 'Z') {
		key->code = c;
		key->control = SHIFT_PRESSED;
	}
}

static size_t sequence_len(unsigned char lead)
{
	return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static struct key key_at(const unsigned char *bytes, size_t n, bool is_wide)
{
	struct key key = {.len = 1, .n_units = 1};
	bool invalid = false;

	if (n >= ARROW_LEN && bytes[0] == ESCAPE && bytes[1] == '[' && arrow_of(bytes[2])) {
		key.len = ARROW_LEN;
		key.n_units = 0;
		key.code = arrow_of(bytes[2]);
		return key;
	}
	key.units[0] = bytes[0];
	if (is_wide && bytes[0] >= 0x80) {
		key.len = sequence_len(bytes[0]);
		if (key.len > n)
			key.len = n;
		key.n_units = (unsigned)text_to_wide((const char *)bytes, key.len, key.units,
						     2, &invalid);
		return key;
	}
	key_of_character(&key);
	return key;
}

static void record_fill(const struct key *key, unsigned told, bool is_wide,
			INPUT_RECORD *record)
{
	WCHAR unit = key->n_units ? key->units[told / 2] : 0;

	memset(record, 0, sizeof(*record));
	record->EventType = KEY_EVENT;
	record->Event.KeyEvent.bKeyDown = told % 2 == 0;
	record->Event.KeyEvent.wRepeatCount = 1;
	record->Event.KeyEvent.wVirtualKeyCode = key->code;
	record->Event.KeyEvent.dwControlKeyState = key->control;
	if (is_wide)
		record->Event.KeyEvent.uChar.UnicodeChar = unit;
	else
		record->Event.KeyEvent.uChar.AsciiChar = (CHAR)unit;
}

/* Does what is kept end within a character, or within what may become an arrow? Lock. */
static bool kept_is_torn(void)
{
	const unsigned char *bytes = kept.bytes;
	size_t at = kept.at, left;

	for (; at < kept.end; at += key_at(bytes + at, kept.end - at, true).len) {
		left = kept.end - at;
		if (left < ARROW_LEN && bytes[at] == ESCAPE && (left == 1 || bytes[at + 1] == '['))
			return true;
		if (left < sequence_len(bytes[at]))
			return true;
	}
	return false;
}

/* Up to @max records of what is kept; a look gives nothing up. Lock. */
static DWORD records_of_kept(INPUT_RECORD *records, DWORD max, bool is_wide, bool is_look)
{
	size_t at = kept.at;
	unsigned told = kept.told;
	DWORD n = 0;

	while (at < kept.end && n < max) {
		struct key key = key_at(kept.bytes + at, kept.end - at, is_wide);
		unsigned n_records = key.n_units ? key.n_units * 2 : 2;

		if (told < n_records)
			record_fill(&key, told++, is_wide, &records[n++]);
		if (told >= n_records) {
			at += key.len;
			told = 0;
		}
	}
	if (!is_look) {
		kept.at = at;
		kept.told = told;
	}
	return n;
}

/* The lock is not held while the thread sleeps. */
static DWORD read_records(int fd, INPUT_RECORD *records, DWORD max, bool is_wide,
			  bool is_look, DWORD *np)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct termios saved;
	bool is_there;

	fflush(stdout);
	if (!terminal_raw(fd, &saved))
		return ERROR_INVALID_HANDLE;
	for (;;) {
		kept_lock();
		is_there = kept_fill(fd);
		/* The rest comes at once if it comes at all. */
		while (is_there && kept.end - kept.at < KEPT_MAX && kept_is_torn() &&
		       poll(&p, 1, TORN_MS) > 0)
			is_there = kept_fill(fd);
		*np = records_of_kept(records, max, is_wide, is_look);
		kept_unlock();
		if (*np || is_look || !is_there)
			break;
		poll(&p, 1, -1);
	}
	tcsetattr(fd, TCSANOW, &saved);
	return is_there || *np ? 0 : ERROR_INVALID_HANDLE;
}

static BOOL console_events(HANDLE h, PINPUT_RECORD records, DWORD max, LPDWORD np,
			   bool is_wide, bool is_look)
{
	struct object *o = handle_get(h, OBJECT_CONSOLE, NULL);
	DWORD n = 0, error;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	if (!records || !np || (!max && !is_look)) {
		object_unref(o);
		return thread_fail(ERROR_INVALID_PARAMETER);
	}
	error = read_records(disk_file_fd(o), records, max, is_wide, is_look, &n);
	object_unref(o);
	*np = n;
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI ReadConsoleInputA(HANDLE h, PINPUT_RECORD records, DWORD max, LPDWORD np)
{
	return console_events(h, records, max, np, false, false);
}

BOOL WINAPI ReadConsoleInputW(HANDLE h, PINPUT_RECORD records, DWORD max, LPDWORD np)
{
	return console_events(h, records, max, np, true, false);
}

BOOL WINAPI PeekConsoleInputA(HANDLE h, PINPUT_RECORD records, DWORD max, LPDWORD np)
{
	return console_events(h, records, max, np, false, true);
}

BOOL WINAPI PeekConsoleInputW(HANDLE h, PINPUT_RECORD records, DWORD max, LPDWORD np)
{
	return console_events(h, records, max, np, true, true);
}
