/* SPDX-License-Identifier: MIT */
/*
 * A child that does what its arguments say, and how a test of processes starts it
 * 
 * The child is the test's own program again, with a first argument that says so, or a program
 * of the system that knows nothing of the library. What a child has to say it writes into a
 * file or a pipe that was made its standard output.
 * 
 * Each test has a broker and a folder of its own, and nothing may be left behind it: set both
 * of process_setup() and process_teardown() as its fixture.
 */
#pragma once

#include <check.h>
#include <limits.h>
#include <stdbool.h>

#include <windows.h>

#include "tests/lib/proc.h"

#define CHILD	   "--as-a-child"
#define TIMEOUT	   ((DWORD)TEST_DEADLINE_MS)
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* the folder of a test, gone after it; files in it that process_teardown() knows go too */
extern char process_dir[48];

/* this program's path; after process_setup() */
extern char process_program[PATH_MAX];

/* The child: what is done with the arguments behind CHILD. Return: its exit code. */
int process_child_main(int argc, char **argv);

void process_setup(void);
void process_teardown(void);

/* A command line for the child; borrowed until the next call. */
__attribute__((format(printf, 1, 2))) const char *child_line(const char *format, ...);

/* A process that runs; the thread's handle is closed when @threadp is NULL. */
HANDLE start_with(const char *line, STARTUPINFOA *info, BOOL inherits, DWORD flags,
		  HANDLE *threadp);
HANDLE start(const char *line);

/* Its exit code when it has ended; closes the handle. */
DWORD code_of(HANDLE process);

/* What it writes to its standard output until it ends with 0; borrowed likewise. */
const char *output_of(const char *line, DWORD flags, void *environment,
		      const char *directory);

/* A new file in the folder whose handle is inherited. */
HANDLE inheritable_file(const char *name);
void rewind_file(HANDLE file);

void anonymous_pipe(HANDLE *readp, HANDLE *writep, bool inherits_read, bool inherits_write);

/* A child that waits to be told something, and the pipe to tell it over, which tell_text()
 * closes. */
HANDLE start_listener(const char *line, HANDLE *tellp);
void tell_text(HANDLE to, const char *text);

/* A handle for @process to what @h is; its number there. */
HANDLE give(HANDLE process, HANDLE h, DWORD access, DWORD options);

/* What main() does: the child's part, or @suite, which is made in the parent only. */
int process_main(int argc, char **argv, Suite *(*suite)(void));

/* A case of a suite with the fixture, in which each test has a minute. */
TCase *process_case(Suite *suite, const char *name);
