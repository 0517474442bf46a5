/* SPDX-License-Identifier: MIT */
/* Command lines. The rules are in command_line.h. */
#include "kernel32-shim/command_line.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <shellapi.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/heap.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* taking apart */

/* The program's name; returns what follows it, without the blanks between. */
static const char *split_program(const char *line, enum command_line_rules rules,
				 char **outp)
{
	bool is_quoted = false;
	char *out = *outp;

	if (rules == COMMAND_LINE_SHELL && *line == '"') {
		for (line++; *line && *line != '"'; line++)
			*out++ = *line;
		if (*line)
			line++;
	} else if (rules == COMMAND_LINE_SHELL) {
		while (*line && (unsigned char)*line > ' ')
			*out++ = *line++;
	} else {
		for (; *line && (is_quoted || !is_blank(*line)); line++) {
			if (*line == '"')
				is_quoted = !is_quoted;
			else
				*out++ = *line;
		}
	}
	*out++ = '\0';
	*outp = out;
	while (is_blank(*line) || (rules == COMMAND_LINE_SHELL && *line &&
				   (unsigned char)*line <= ' '))
		line++;
	return line;
}

/* One argument after the first; returns what follows it, without the blanks between. */
static const char *split_argument(const char *line, enum command_line_rules rules,
				  char **outp)
{
	bool is_quoted = false;
	char *out = *outp;

	while (*line && (is_quoted || !is_blank(*line))) {
		size_t n = strspn(line, "\\");

		line += n;
		if (*line != '"') {
			memset(out, '\\', n);
			out += n;
			if (n == 0)
				*out++ = *line++;
			continue;
		}
		memset(out, '\\', n / 2);
		out += n / 2;
		line++;
		if (n % 2 == 1) {
			*out++ = '"';
		} else if (is_quoted && *line == '"') {
			*out++ = '"';
			line++;
			is_quoted = rules == COMMAND_LINE_CRT;
		} else {
			is_quoted = !is_quoted;
		}
	}
	*out++ = '\0';
	*outp = out;
	while (is_blank(*line))
		line++;
	return line;
}

char **command_line_split(const char *line, enum command_line_rules rules, int *argcp)
{
	/* Each argument but the last takes a blank away and gives a terminator. */
	size_t len = strlen(line), n_max = len / 2 + 2;
	char **argv = malloc((n_max + 1) * sizeof(*argv) + len + 2);
	char *out;
	int argc = 0;

	if (!argv)
		return NULL;
	out = (char *)(argv + n_max + 1);
	argv[argc++] = out;
	line = split_program(line, rules, &out);
	while (*line) {
		argv[argc++] = out;
		line = split_argument(line, rules, &out);
	}
	argv[argc] = NULL;
	if (argcp)
		*argcp = argc;
	return argv;
}

/* Everything one block that the program gives to LocalFree. */
static LPWSTR *argv_wide(char **argv, int argc)
{
	size_t head = ((size_t)argc + 1) * sizeof(LPWSTR), n_units = 0;
	bool invalid = false;
	LPWSTR *wide;
	WCHAR *out;

	for (int i = 0; i < argc; i++)
		n_units += text_to_wide(argv[i], strlen(argv[i]), NULL, 0, &invalid) + 1;
	wide = heap_process_alloc(head + n_units * sizeof(WCHAR), false);
	if (!wide)
		return NULL;
	out = (WCHAR *)(void *)((char *)wide + head);
	for (int i = 0; i < argc; i++) {
		size_t n = text_to_wide(argv[i], strlen(argv[i]), out, n_units, &invalid);

		wide[i] = out;
		out[n] = 0;
		out += n + 1;
		n_units -= n + 1;
	}
	wide[argc] = NULL;
	return wide;
}

LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR line, int *argcp)
{
	char program[PATH_MAX];
	LPWSTR *wide = NULL;
	char **argv = NULL;
	char *utf8 = NULL;
	bool failed = false;
	int argc = 0;

	if (!line || !argcp) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!*line) {
		ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
		char *only[] = {program, NULL};

		program[n < 0 ? 0 : n] = '\0';
		argc = 1;
		wide = argv_wide(only, argc);
	} else {
		utf8 = text_utf8_from_wide_z(line, &failed);
		if (utf8)
			argv = command_line_split(utf8, COMMAND_LINE_SHELL, &argc);
		if (argv)
			wide = argv_wide(argv, argc);
	}
	free(argv);
	free(utf8);
	if (wide)
		*argcp = argc;
	else
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return wide;
}

/* putting together */

size_t command_line_room(const char *argument)
{
	return strlen(argument) * 2 + 3;
}

/*
 * Backslashes are themselves except in front of a quote, where each is doubled. A quote in
 * the program's name cannot be written at all; it is left out.
 */
char *command_line_append(char *out, const char *argument, bool is_first)
{
	size_t n_backslashes = 0;

	if (*argument && !strpbrk(argument, " \t\""))
		return stpcpy(out, argument);
	*out++ = '"';
	for (; *argument; argument++) {
		if (is_first && *argument == '"')
			continue;
		if (*argument == '"')
			for (size_t i = 0; i < n_backslashes + 1; i++)
				*out++ = '\\';
		n_backslashes = *argument == '\\' ? n_backslashes + 1 : 0;
		*out++ = *argument;
	}
	while (!is_first && n_backslashes-- > 0)
		*out++ = '\\';
	*out++ = '"';
	return out;
}

/* finding the program */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static const char *extension_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');

	return dot ? dot : "";
}

/* A copy of the first @len bytes of @text and @more. NULL: no memory, said in *@failedp. */
static char *joined(const char *text, size_t len, const char *more, bool *failedp)
{
	size_t more_len = strlen(more);
	char *all = malloc(len + more_len + 1);

	if (!all) {
		*failedp = true;
		return NULL;
	}
	memcpy(all, text, len);
	memcpy(all + len, more, more_len + 1);
	return all;
}

/* The file of this name, or with .exe, or without it; to be freed. NULL: there is none, or
 * *@failedp is set. */
static char *existing_file(const char *path, bool *failedp)
{
	const char *extension = extension_of(path);
	char *other = NULL;

	if (is_file(path))
		return joined(path, strlen(path), "", failedp);
	if (!*extension)
		other = joined(path, strlen(path), ".exe", failedp);
	else if (strcasecmp(extension, ".exe") == 0)
		other = joined(path, (size_t)(extension - path), "", failedp);
	if (other && is_file(other))
		return other;
	free(other);
	return NULL;
}

/* In one of the directories that @directories lists; a file there, to be freed. */
static char *search(const char *directories, const char *name, bool *failedp)
{
	while (directories && *directories && !*failedp) {
		size_t len = strcspn(directories, ":");
		char *dir = len ? joined(directories, len, "/", failedp) :
				  joined("./", 2, "", failedp);
		char *path = dir ? joined(dir, strlen(dir), name, failedp) : NULL;
		char *found = path ? existing_file(path, failedp) : NULL;

		free(path);
		free(dir);
		if (found)
			return found;
		directories += len;
		directories += *directories == ':';
	}
	return NULL;
}

/* What a token of @len bytes names; to be freed. NULL: no file, *posixp says where it was
 * looked for; or *@failedp is set. */
static char *resolve(const char *token, size_t len, const char *search_path, char **posixp,
		     bool *failedp)
{
	char program[PATH_MAX], *name = joined(token, len, "", failedp), *found = NULL, *slash;
	ssize_t n;

	*posixp = name ? disk_file_posix_path(name) : NULL;
	free(name);
	if (!*posixp)
		*failedp = true;
	if (!*posixp || !**posixp)
		return NULL;
	if (strchr(*posixp, '/'))
		return existing_file(*posixp, failedp);
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[n < 0 ? 0 : n] = '\0';
	slash = strrchr(program, '/');
	if (slash) {
		*slash = '\0';
		found = search(slash == program ? "/" : program, *posixp, failedp);
	}
	if (!found)
		found = search(".", *posixp, failedp);
	return found ? found : search(search_path, *posixp, failedp);
}

/* Which part is missing decides between the two answers. */
static DWORD not_found(const char *posix)
{
	const char *slash = posix ? strrchr(posix, '/') : NULL;
	char *parent;
	DWORD error;

	if (!slash || slash == posix)
		return ERROR_FILE_NOT_FOUND;
	parent = strndup(posix, (size_t)(slash - posix));
	if (!parent)
		return ERROR_NOT_ENOUGH_MEMORY;
	error = access(parent, F_OK) == 0 ? ERROR_FILE_NOT_FOUND : ERROR_PATH_NOT_FOUND;
	free(parent);
	return error;
}

/* A program of this machine's, or a script that names its interpreter? */
static DWORD check_format(const char *path)
{
	unsigned char head[EI_NIDENT];
	ssize_t n;
	int fd;

	if (access(path, X_OK) < 0)
		return ERROR_ACCESS_DENIED;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) /* executable and not readable: exec will tell */
		return 0;
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n >= 2 && head[0] == '#' && head[1] == '!')
		return 0;
	return n == sizeof(head) && memcmp(head, ELFMAG, SELFMAG) == 0 ?
		       0 : ERROR_BAD_EXE_FORMAT;
}

static DWORD finish(char *found, char **pathp)
{
	DWORD error = check_format(found);

	if (error)
		free(found);
	else
		*pathp = found;
	return error;
}

DWORD command_line_find_program(const char *application, const char *line,
				const char *search_path, char **pathp, size_t *lenp)
{
	char *posix = NULL, *found = NULL;
	DWORD error = ERROR_FILE_NOT_FOUND;
	bool failed = false;
	size_t len = 0;

	if (lenp)
		*lenp = 0;
	if (application) {
		posix = disk_file_posix_path(application);
		failed = !posix;
		found = posix && *posix ? existing_file(posix, &failed) : NULL;
		error = failed ? ERROR_NOT_ENOUGH_MEMORY : found ? 0 : not_found(posix);
		free(posix);
		return found ? finish(found, pathp) : error;
	}
	if (*line == '"') {
		line++;
		len = strcspn(line, "\"");
		found = resolve(line, len, search_path, &posix, &failed);
		error = not_found(posix);
		free(posix);
	} else {
		while (!found && !failed && line[len]) {
			len += strspn(line + len, " \t");
			len += strcspn(line + len, " \t");
			found = resolve(line, len, search_path, &posix, &failed);
			if (!found)
				error = not_found(posix);
			free(posix);
		}
	}
	if (!found)
		return failed ? ERROR_NOT_ENOUGH_MEMORY : error;
	if (lenp)
		*lenp = len;
	return finish(found, pathp);
}
