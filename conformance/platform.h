/* SPDX-License-Identifier: MIT */
/*
 * What the harness needs from the host besides the implementation under test: a clock,
 * child processes with a deadline, and a way to leave at once.
 *
 * Two files implement it and exactly one is linked: harness_win.c (CreateProcess) for
 * Windows and Wine, harness_posix.c (posix_spawn) for an implementation that is a library
 * on a POSIX system. Nothing else in this folder knows which one it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum platform_outcome {
	PLATFORM_EXITED,    /* code is the exit code */
	PLATFORM_CRASHED,   /* code is the signal or exception */
	PLATFORM_TIMED_OUT, /* killed at the deadline */
	PLATFORM_NOT_STARTED,
};

/* To be called first with main's argv[0]. */
void platform_init(const char *argv0);

/* Milliseconds of a clock that never goes back. */
unsigned long long platform_now_ms(void);

/* "shim", "wine" or "windows": used when --implementation is not given. */
const char *platform_implementation(void);

/* False where every process has the same personality, whatever it asks for. */
bool platform_has_personalities(void);

/* The address of a Win32 or native call by name, NULL when the implementation has none. */
void (*platform_find(const char *module, const char *name))(void);

/* Makes an empty disk file with a new name; false when it cannot. The caller deletes it. */
bool platform_temp_file(char *path, size_t cap);
void platform_remove(const char *path);

/* Flushes standard output and leaves without running exit handlers. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void platform_exit(int code);

/*
 * Runs this program with these arguments (argv[0] is replaced, NULL ends the list) and
 * NPFS_PERSONALITY set, collects at most cap - 1 bytes of its standard output (NUL
 * added), and kills it with everything it started once the deadline is over or the
 * process is gone.
 */
enum platform_outcome platform_run(const char **argv, const char *personality,
				   unsigned deadline_ms, char *out, size_t cap,
				   int *codep);

struct platform_helper;

/* A child with its standard input and output as line channels. NULL when it did not start. */
struct platform_helper *platform_helper_start(const char **argv, const char *personality);
unsigned long platform_helper_pid(const struct platform_helper *h);
/* One line without its end, false at the end of the output. */
bool platform_helper_read(struct platform_helper *h, char *line, size_t cap);
bool platform_helper_write(struct platform_helper *h, const char *text);
/* Closes its input, waits, frees; returns the exit code or -1. */
int platform_helper_finish(struct platform_helper *h);
/* Ends it, waits until it is gone, frees. */
void platform_helper_kill(struct platform_helper *h);
