/* SPDX-License-Identifier: MIT */
/*
 * The terminal as a screen (model: screen.h), with the sequences that all terminals of today
 * know
 */
#include "tools/npfsctl/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define REST  "\033[J"

static struct termios before;
static volatile sig_atomic_t is_on;
static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Leaves, and dies of the signal. */
static void on_signal(int number)
{
	ctl_screen_end();
	signal(number, SIG_DFL);
	raise(number);
}

/* Changes of the size end a poll(). */
static void on_resize(int number)
{
	(void)number;
}

static void catch_signals(void)
{
	struct sigaction resize = {.sa_handler = on_resize};
	struct sigaction death = {.sa_handler = on_signal};
	size_t i;

	sigaction(SIGWINCH, &resize, NULL);
	for (i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		sigaction(deadly[i], &death, NULL);
}

/* ctl_screen_begin() - Return: false: the standard streams are no terminal */
bool ctl_screen_begin(void)
{
	struct termios raw;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return false;
	is_on = 1;
	catch_signals();
	fputs(ENTER, stdout);
	return true;
}

/* ctl_screen_end() - also in a handler of signals; twice is once */
void ctl_screen_end(void)
{
	if (!is_on)
		return;
	is_on = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	if (write(STDOUT_FILENO, LEAVE, strlen(LEAVE)) < 0)
		return; /* there is no terminal any more */
}

struct screen_size ctl_screen_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return (struct screen_size){.rows = 24, .columns = 80};
	return (struct screen_size){.rows = size.ws_row, .columns = size.ws_col};
}

/* ctl_screen_home() - what is printed from here on overwrites, each line to its end */
void ctl_screen_home(void)
{
	fputs(HOME REST, stdout);
}

/* ctl_screen_rest() - show it */
void ctl_screen_rest(void)
{
	fflush(stdout);
}

/* ctl_screen_key() - wait for a key. Return: it; 0 when there was none; -1 at the end of input */
int ctl_screen_key(int timeout_ms)
{
	struct pollfd pollfd = {.fd = STDIN_FILENO, .events = POLLIN};
	int r = poll(&pollfd, 1, timeout_ms);
	unsigned char key;

	if (r <= 0)
		return 0;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : -1;
}
