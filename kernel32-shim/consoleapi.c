/* SPDX-License-Identifier: MIT */
/*
 * Consoles: what a terminal can do of what a console window could.
 *
 * Input modes map to the terminal's: line input is canonical mode, echo is echo,
 * processed input is its signals.  The state the terminal had before the first change is
 * put back when the process exits.
 *
 * Control events are signals: Ctrl+C is SIGINT, Ctrl+Break SIGQUIT, closing SIGHUP and
 * SIGTERM.  As long as a handler is registered, a hidden thread waits for them and calls
 * the handlers, the last registered first, until one says that it took care; if none
 * does, the process ends by that signal.
 *
 * The child of a fork gives no terminal its state back that the parent has changed, and
 * has no handlers: its signals do what they did before the parent had any.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/security.h>

#include "kernel32-shim/console_input.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* A console held open for a call.  NULL and ERROR_INVALID_HANDLE for what is none. */
static struct object *console_get(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_CONSOLE, NULL);

	if (!o)
		thread_last_error = ERROR_INVALID_HANDLE;
	return o;
}

static BOOL console_end(struct object *o, DWORD error)
{
	object_unref(o);
	return error ? thread_fail(error) : TRUE;
}

/* modes */

static struct {
	pthread_mutex_t lock;
	bool saved;
	int fd;
	struct termios before;
	DWORD output_mode;
} console = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.output_mode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT |
		       ENABLE_VIRTUAL_TERMINAL_PROCESSING,
};

static void console_restore(void)
{
	pthread_mutex_lock(&console.lock);
	if (console.saved)
		tcsetattr(console.fd, TCSANOW, &console.before);
	pthread_mutex_unlock(&console.lock);
}

/* Standard input is the input side; every other console handle is asked about output. */
static bool console_is_input(const struct object *o)
{
	return disk_file_fd(o) == STDIN_FILENO;
}

static DWORD input_mode_of(const struct termios *t)
{
	DWORD mode = ENABLE_EXTENDED_FLAGS | ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE;

	if (t->c_lflag & ISIG)
		mode |= ENABLE_PROCESSED_INPUT;
	if (t->c_lflag & ICANON)
		mode |= ENABLE_LINE_INPUT;
	if (t->c_lflag & ECHO)
		mode |= ENABLE_ECHO_INPUT;
	return mode;
}

BOOL WINAPI GetConsoleMode(HANDLE h, LPDWORD modep)
{
	struct object *o = console_get(h);
	struct termios t;
	DWORD error = 0;

	if (!o)
		return FALSE;
	if (!console_is_input(o))
		*modep = console.output_mode;
	else if (tcgetattr(disk_file_fd(o), &t) == 0)
		*modep = input_mode_of(&t);
	else
		error = ERROR_INVALID_HANDLE;
	return console_end(o, error);
}

static DWORD input_mode_set(int fd, DWORD mode)
{
	static bool restores;
	struct termios t;
	DWORD error = 0;

	if ((mode & ENABLE_ECHO_INPUT) && !(mode & ENABLE_LINE_INPUT))
		return ERROR_INVALID_PARAMETER;
	pthread_mutex_lock(&console.lock);
	if (tcgetattr(fd, &t) < 0) {
		pthread_mutex_unlock(&console.lock);
		return ERROR_INVALID_HANDLE;
	}
	if (!console.saved) {
		console.before = t;
		console.fd = fd;
		console.saved = true;
		if (!restores)
			restores = atexit(console_restore) == 0;
	}
	t.c_lflag &= ~(tcflag_t)(ISIG | ICANON | ECHO);
	if (mode & ENABLE_PROCESSED_INPUT)
		t.c_lflag |= ISIG;
	if (mode & ENABLE_LINE_INPUT)
		t.c_lflag |= ICANON;
	if (mode & ENABLE_ECHO_INPUT)
		t.c_lflag |= ECHO;
	if (!(mode & ENABLE_LINE_INPUT)) {
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
	}
	if (tcsetattr(fd, TCSANOW, &t) < 0)
		error = ERROR_INVALID_HANDLE;
	pthread_mutex_unlock(&console.lock);
	return error;
}

BOOL WINAPI SetConsoleMode(HANDLE h, DWORD mode)
{
	const DWORD output_modes = 0x1f;
	struct object *o = console_get(h);
	DWORD error = 0;

	if (!o)
		return FALSE;
	if (console_is_input(o))
		error = input_mode_set(disk_file_fd(o), mode);
	else if (mode & ~output_modes)
		error = ERROR_INVALID_PARAMETER;
	else
		console.output_mode = mode;
	return console_end(o, error);
}

/* code pages: the terminal speaks UTF-8; the numbers are kept for the program */

static _Atomic UINT input_cp = CP_UTF8, output_cp = CP_UTF8;

UINT WINAPI GetConsoleCP(VOID)
{
	return atomic_load(&input_cp);
}

UINT WINAPI GetConsoleOutputCP(VOID)
{
	return atomic_load(&output_cp);
}

BOOL WINAPI SetConsoleCP(UINT cp)
{
	if (!IsValidCodePage(cp))
		return thread_fail(ERROR_INVALID_PARAMETER);
	atomic_store(&input_cp, cp);
	return TRUE;
}

BOOL WINAPI SetConsoleOutputCP(UINT cp)
{
	if (!IsValidCodePage(cp))
		return thread_fail(ERROR_INVALID_PARAMETER);
	atomic_store(&output_cp, cp);
	return TRUE;
}

/* A terminal comes with the process or not at all. */
BOOL WINAPI AllocConsole(VOID)
{
	return thread_fail(ERROR_ACCESS_DENIED);
}

BOOL WINAPI FreeConsole(VOID)
{
	return TRUE;
}

/* text */

BOOL WINAPI WriteConsoleA(HANDLE h, const VOID *buffer, DWORD n, LPDWORD donep,
			  LPVOID reserved)
{
	struct object *o = console_get(h);
	npfs_status status;
	DWORD done;

	(void)reserved;
	if (!o)
		return FALSE;
	status = disk_file_write(o, buffer, n, NULL, &done);
	if (donep)
		*donep = done;
	return console_end(o,
			   status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status));
}

BOOL WINAPI WriteConsoleW(HANDLE h, const VOID *buffer, DWORD n, LPDWORD donep,
			  LPVOID reserved)
{
	char *utf8 = text_utf8_from_wide(buffer, n);
	BOOL ok;

	if (!utf8)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = WriteConsoleA(h, utf8, (DWORD)strlen(utf8), NULL, reserved);
	free(utf8);
	if (donep)
		*donep = ok ? n : 0;
	return ok;
}

BOOL WINAPI ReadConsoleA(HANDLE h, LPVOID buffer, DWORD n, LPDWORD donep,
			 PCONSOLE_READCONSOLE_CONTROL control)
{
	struct object *o = console_get(h);
	npfs_status status = STATUS_SUCCESS;
	DWORD done;

	(void)control;
	if (!o)
		return FALSE;
	fflush(stdout);
	done = (DWORD)console_input_take(buffer, n);
	if (!done)
		status = disk_file_read(o, buffer, n, NULL, &done);
	if (donep)
		*donep = done;
	return console_end(o,
			   status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status));
}

/* How many bytes the character beginning with this byte has. */
static DWORD utf8_sequence_len(unsigned char lead)
{
	return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Whole characters only, so that none is torn between two reads. */
BOOL WINAPI ReadConsoleW(HANDLE h, LPVOID buffer, DWORD n, LPDWORD donep,
			 PCONSOLE_READCONSOLE_CONTROL control)
{
	WCHAR *out = buffer;
	DWORD n_out = 0;
	bool invalid = false;

	while (n_out < n) {
		char bytes[4];
		DWORD done, len;

		if (!ReadConsoleA(h, bytes, 1, &done, control))
			return FALSE;
		if (done == 0)
			break;
		len = utf8_sequence_len((unsigned char)bytes[0]);
		for (DWORD i = 1; i < len; i++)
			if (!ReadConsoleA(h, bytes + i, 1, &done, control) || done == 0) {
				len = i;
				break;
			}
		n_out +=
			(DWORD)text_to_wide(bytes, len, out + n_out, n - n_out, &invalid);
		if (n_out > n)
			n_out = n;
		if (bytes[0] == '\n')
			break;
	}
	if (donep)
		*donep = n_out;
	return TRUE;
}

BOOL WINAPI FlushConsoleInputBuffer(HANDLE h)
{
	struct object *o = console_get(h);

	if (!o)
		return FALSE;
	console_input_forget();
	return console_end(
		o, tcflush(disk_file_fd(o), TCIFLUSH) == 0 ? 0 : ERROR_INVALID_HANDLE);
}

BOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE h, LPDWORD np)
{
	struct object *o = console_get(h);
	int n = 0;

	if (!o)
		return FALSE;
	if (ioctl(disk_file_fd(o), FIONREAD, &n) < 0)
		return console_end(o, ERROR_INVALID_HANDLE);
	*np = (DWORD)n + (DWORD)console_input_kept();
	return console_end(o, 0);
}

/* the screen */

BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE h, PCONSOLE_SCREEN_BUFFER_INFO info)
{
	struct object *o = console_get(h);
	struct winsize size;

	if (!o)
		return FALSE;
	if (ioctl(disk_file_fd(o), TIOCGWINSZ, &size) < 0)
		return console_end(o, ERROR_INVALID_HANDLE);
	memset(info, 0, sizeof(*info));
	info->dwSize.X = info->dwMaximumWindowSize.X = (SHORT)size.ws_col;
	info->dwSize.Y = info->dwMaximumWindowSize.Y = (SHORT)size.ws_row;
	info->srWindow.Right = (SHORT)(size.ws_col - 1);
	info->srWindow.Bottom = (SHORT)(size.ws_row - 1);
	info->wAttributes = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE;
	return console_end(o, 0);
}

/* Send a control sequence to a console. */
static BOOL console_sequence(HANDLE h, const char *sequence, int len)
{
	return WriteConsoleA(h, sequence, (DWORD)len, NULL, NULL);
}

/* Windows counts blue, green, red from the low bit, a terminal from the high. */
static int ansi_colour(WORD attributes)
{
	return (attributes & FOREGROUND_RED ? 1 : 0) |
	       (attributes & FOREGROUND_GREEN ? 2 : 0) |
	       (attributes & FOREGROUND_BLUE ? 4 : 0);
}

BOOL WINAPI SetConsoleTextAttribute(HANDLE h, WORD attributes)
{
	WORD background = attributes >> 4;
	char sequence[32];
	int len = snprintf(
		sequence, sizeof(sequence), "\033[%d;%dm",
		(attributes & FOREGROUND_INTENSITY ? 90 : 30) + ansi_colour(attributes),
		(background & FOREGROUND_INTENSITY ? 100 : 40) + ansi_colour(background));

	return console_sequence(h, sequence, len);
}

BOOL WINAPI SetConsoleCursorPosition(HANDLE h, COORD position)
{
	char sequence[32];
	int len;

	if (position.X < 0 || position.Y < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	len = snprintf(sequence, sizeof(sequence), "\033[%d;%dH", position.Y + 1,
		       position.X + 1);
	return console_sequence(h, sequence, len);
}

static _Atomic bool cursor_is_hidden;

BOOL WINAPI GetConsoleCursorInfo(HANDLE h, PCONSOLE_CURSOR_INFO info)
{
	struct object *o = console_get(h);

	if (!o)
		return FALSE;
	info->dwSize = 25;
	info->bVisible = !atomic_load(&cursor_is_hidden);
	return console_end(o, 0);
}

BOOL WINAPI SetConsoleCursorInfo(HANDLE h, const CONSOLE_CURSOR_INFO *info)
{
	if (info->dwSize < 1 || info->dwSize > 100)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!console_sequence(h, info->bVisible ? "\033[?25h" : "\033[?25l", 6))
		return FALSE;
	atomic_store(&cursor_is_hidden, !info->bVisible);
	return TRUE;
}

static char *title; /* console.lock; owned */

BOOL WINAPI SetConsoleTitleA(LPCSTR text)
{
	char *copy = strdup(text);

	if (!copy)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	pthread_mutex_lock(&console.lock);
	free(title);
	title = copy;
	pthread_mutex_unlock(&console.lock);
	if (isatty(STDOUT_FILENO)) {
		printf("\033]0;%s\007", text);
		fflush(stdout);
	}
	return TRUE;
}

BOOL WINAPI SetConsoleTitleW(LPCWSTR text)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(text, &failed);
	BOOL ok = utf8 ? SetConsoleTitleA(utf8) : thread_fail(ERROR_NOT_ENOUGH_MEMORY);

	free(utf8);
	return ok;
}

DWORD WINAPI GetConsoleTitleA(LPSTR buffer, DWORD size)
{
	DWORD len;

	pthread_mutex_lock(&console.lock);
	len = title ? (DWORD)strlen(title) : 0;
	if (size > 0)
		snprintf(buffer, size, "%s", title ? title : "");
	pthread_mutex_unlock(&console.lock);
	return len;
}

DWORD WINAPI GetConsoleTitleW(LPWSTR buffer, DWORD size)
{
	bool invalid = false;
	size_t len;

	pthread_mutex_lock(&console.lock);
	len = text_to_wide(title ? title : "", title ? strlen(title) : 0, buffer,
			   size ? size - 1 : 0, &invalid);
	pthread_mutex_unlock(&console.lock);
	if (size > 0)
		buffer[len < size ? len : size - 1] = 0;
	return (DWORD)len;
}

/* control events */

enum { N_CTRL_HANDLERS = 64 };

static const int ctrl_signals[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};

#define N_CTRL_SIGNALS (sizeof(ctrl_signals) / sizeof(ctrl_signals[0]))

static struct {
	pthread_mutex_t lock;
	PHANDLER_ROUTINE handlers[N_CTRL_HANDLERS]; /* lock */
	unsigned n_handlers;                        /* lock */
	bool has_thread;                            /* lock */
	struct sigaction before[NSIG];              /* lock; what to go back to */
	sem_t arrived;
	_Atomic uint64_t pending; /* one bit a signal; set by the signal handler */
} ctrl = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void ctrl_on_signal(int signal_number)
{
	int saved = errno;

	atomic_fetch_or(&ctrl.pending, UINT64_C(1) << signal_number);
	sem_post(&ctrl.arrived);
	errno = saved;
}

static DWORD ctrl_event_of(int signal_number)
{
	switch (signal_number) {
	case SIGINT:
		return CTRL_C_EVENT;
	case SIGQUIT:
		return CTRL_BREAK_EVENT;
	default:
		return CTRL_CLOSE_EVENT;
	}
}

static void ctrl_deliver(int signal_number)
{
	DWORD event = ctrl_event_of(signal_number);
	PHANDLER_ROUTINE handlers[N_CTRL_HANDLERS];
	struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t just_this;
	unsigned n;

	pthread_mutex_lock(&ctrl.lock);
	n = ctrl.n_handlers;
	memcpy(handlers, ctrl.handlers, n * sizeof(handlers[0]));
	pthread_mutex_unlock(&ctrl.lock);
	while (n > 0)
		if (handlers[--n](event))
			return;
	/* Nobody took it: end as without handlers, with output written. */
	fflush(NULL);
	console_restore();
	sigaction(signal_number, &by_default, NULL);
	sigemptyset(&just_this);
	sigaddset(&just_this, signal_number);
	pthread_sigmask(SIG_UNBLOCK, &just_this, NULL);
	kill(getpid(), signal_number);
}

static DWORD WINAPI ctrl_thread(LPVOID user)
{
	(void)user;
	for (;;) {
		uint64_t pending;

		while (sem_wait(&ctrl.arrived) < 0)
			;
		pending = atomic_exchange(&ctrl.pending, 0);
		for (size_t i = 0; i < N_CTRL_SIGNALS; i++)
			if (pending & UINT64_C(1) << ctrl_signals[i])
				ctrl_deliver(ctrl_signals[i]);
	}
	return 0;
}

static void *ctrl_thread_main(void *user)
{
	ctrl_thread(user);
	return NULL;
}

/* The first handler starts the thread and takes the signals.  Lock held. */
static bool ctrl_start(void)
{
	struct sigaction action = {.sa_handler = ctrl_on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	if (!ctrl.has_thread) {
		if (sem_init(&ctrl.arrived, 0, 0) < 0)
			return false;
		if (npfs_thread_start(ctrl_thread_main, NULL, 0, NULL)) {
			sem_destroy(&ctrl.arrived);
			return false;
		}
		ctrl.has_thread = true;
	}
	for (size_t i = 0; i < N_CTRL_SIGNALS; i++)
		sigaction(ctrl_signals[i], &action, &ctrl.before[ctrl_signals[i]]);
	return true;
}

static void ctrl_stop(void)
{
	for (size_t i = 0; i < N_CTRL_SIGNALS; i++)
		sigaction(ctrl_signals[i], &ctrl.before[ctrl_signals[i]], NULL);
}

static DWORD ctrl_add(PHANDLER_ROUTINE handler)
{
	if (ctrl.n_handlers == N_CTRL_HANDLERS)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (ctrl.n_handlers == 0 && !ctrl_start())
		return ERROR_NO_SYSTEM_RESOURCES;
	ctrl.handlers[ctrl.n_handlers++] = handler;
	return 0;
}

static DWORD ctrl_remove(PHANDLER_ROUTINE handler)
{
	unsigned i = ctrl.n_handlers;

	while (i > 0 && ctrl.handlers[i - 1] != handler)
		i--;
	if (i == 0)
		return ERROR_INVALID_PARAMETER;
	memmove(&ctrl.handlers[i - 1], &ctrl.handlers[i],
		(ctrl.n_handlers - i) * sizeof(ctrl.handlers[0]));
	if (--ctrl.n_handlers == 0)
		ctrl_stop();
	return 0;
}

/* NULL with TRUE makes the process deaf to Ctrl+C, and its children too. */
static DWORD ctrl_ignore(bool ignore)
{
	struct sigaction action = {.sa_handler = ignore ? SIG_IGN : SIG_DFL};

	if (!ignore && ctrl.n_handlers > 0) {
		action.sa_handler = ctrl_on_signal;
		action.sa_flags = SA_RESTART;
	}
	sigemptyset(&action.sa_mask);
	return sigaction(SIGINT, &action, NULL) < 0 ? ERROR_INVALID_PARAMETER : 0;
}

/* fork */

static void console_before_fork(void)
{
	pthread_mutex_lock(&ctrl.lock);
	pthread_mutex_lock(&console.lock);
}

static void console_after_fork_parent(void)
{
	pthread_mutex_unlock(&console.lock);
	pthread_mutex_unlock(&ctrl.lock);
}

/* The thread that calls the handlers is the parent's. */
static void console_after_fork_child(void)
{
	struct sigaction action;

	for (size_t i = 0; i < N_CTRL_SIGNALS; i++)
		if (sigaction(ctrl_signals[i], NULL, &action) == 0 &&
		    action.sa_handler == ctrl_on_signal)
			sigaction(ctrl_signals[i], &ctrl.before[ctrl_signals[i]], NULL);
	ctrl.n_handlers = 0;
	ctrl.has_thread = false;
	atomic_store(&ctrl.pending, 0);
	console.saved = false;
	console_after_fork_parent();
}

__attribute__((constructor)) static void console_survives_fork(void)
{
	pthread_atfork(console_before_fork, console_after_fork_parent,
		       console_after_fork_child);
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add)
{
	DWORD error;

	pthread_mutex_lock(&ctrl.lock);
	if (!handler)
		error = ctrl_ignore(add);
	else
		error = add ? ctrl_add(handler) : ctrl_remove(handler);
	pthread_mutex_unlock(&ctrl.lock);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD group)
{
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (kill(group ? -(pid_t)group : 0, event == CTRL_C_EVENT ? SIGINT : SIGQUIT) < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	return TRUE;
}
