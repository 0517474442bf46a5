/* SPDX-License-Identifier: MIT */
/*
 * Command lines: from one string to arguments and back, and to the program it means
 *
 * A Windows process is started with one string; a POSIX process with a list. The rules by
 * which a string is taken apart are those of the Microsoft C run-time's documentation
 * ("Parsing C command-line arguments") and of CommandLineToArgvW:
 *
 *	- space and tab separate arguments, except between double quotes
 *	- the first argument, the program's name, knows no backslash rule: a quote begins
 *	  and ends a part in which blanks do not separate, everything else is itself
 *	- 2n backslashes and a quote: n backslashes, and the quote is a quote
 *	- 2n + 1 backslashes and a quote: n backslashes and a quote that is a character
 *	- other backslashes are themselves
 *	- two quotes in a row inside a quoted part: one quote that is a character; the C
 *	  run-time stays inside the quoted part, CommandLineToArgvW leaves it
 *
 * Text is UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

enum command_line_rules {
	COMMAND_LINE_CRT,   /* what a program's main() gets */
	COMMAND_LINE_SHELL, /* CommandLineToArgvW */
};

/**
 * command_line_split() - take a command line apart
 * @argcp: receives the number of arguments; may be NULL
 *
 * Return: a list that ends with NULL, strings included one block to be freed; NULL when
 * memory is short. An empty or blank line begins with an empty argument.
 */
char **command_line_split(const char *line, enum command_line_rules rules, int *argcp);

/* Room that command_line_append() needs for one argument, at most. */
size_t command_line_room(const char *argument);

/*
 * Write one argument in the way that both rules take apart again, without a terminator.
 * Returns where it ends.
 */
char *command_line_append(char *out, const char *argument, bool is_first);

/**
 * command_line_find_program() - the file that a command line or an application name means
 * @application: the file, relative to the current directory; NULL: the line's beginning
 * @line: used without @application. Its first token when that is quoted, else what the
 * beginning up to each blank means, the shortest first, until one is a file
 * @search_path: directories with colons between, for a token without a directory; may be
 * NULL
 * @pathp: receives the POSIX path, to be freed
 * @lenp: receives how much of @line named it, without quotes; may be NULL
 *
 * A name without a directory is looked for where the calling program lies, in the current
 * directory and in @search_path. A name that is no file is tried with ".exe" behind it, if
 * it has no extension, and without it, if that is its extension.
 *
 * Return: 0; ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND (the directory is not there),
 * ERROR_ACCESS_DENIED (not executable), ERROR_BAD_EXE_FORMAT (no program of this machine),
 * ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD command_line_find_program(const char *application, const char *line,
				const char *search_path, char **pathp, size_t *lenp);
