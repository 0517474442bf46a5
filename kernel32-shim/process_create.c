/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a request for a process.  The model is in process_create.h.
 *
 * What has no meaning here is accepted and changes nothing: windows, desktops, priority
 * classes (kept and told), CREATE_NEW_CONSOLE, CREATE_BREAKAWAY_FROM_JOB,
 * CREATE_DEFAULT_ERROR_MODE. DETACHED_PROCESS and CREATE_NO_WINDOW start a session without
 * a terminal and put the null device where the terminal was. Debugging is refused with
 * ERROR_NOT_SUPPORTED.
 */
#include "kernel32-shim/process_create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <npfs/parcel.h>
#include <npfs/status.h>

#include "kernel32-shim/command_line.h"
#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/processenv.h"
#include "kernel32-shim/stdio_pump.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/transfer.h"

/* program and arguments */

static char *absolute(char *path)
{
	char *cwd, *whole = NULL;

	if (path[0] == '/')
		return path;
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&whole, "%s/%s", cwd, path) < 0)
		whole = NULL;
	free(cwd);
	free(path);
	return whole;
}

/* The line as it was given; where it named the program with blanks, that in quotes. */
static char *line_of(const struct process_request *request, size_t program_len)
{
	const char *given = request->line;
	char *line = NULL;

	if (!given || !*given) {
		line = malloc(command_line_room(request->application));
		if (line)
			*command_line_append(line, request->application, true) = '\0';
	} else if (program_len > 0 && *given != '"' &&
		   strcspn(given, " \t") < program_len) {
		if (asprintf(&line, "\"%.*s\"%s", (int)program_len, given,
			     given + program_len) < 0)
			return NULL;
	} else {
		line = strdup(given);
	}
	return line;
}

static DWORD prepare_program(struct process_creation *c, const struct process_request *request)
{
	char *search_path = NULL;
	size_t program_len = 0;
	DWORD error;

	if (!request->application && (!request->line || !*request->line))
		return ERROR_INVALID_PARAMETER;
	if (!request->application)
		search_path = environment_get("PATH");
	error = command_line_find_program(request->application, request->line,
					  search_path, &c->path, &program_len);
	free(search_path);
	if (error)
		return error;
	c->path = absolute(c->path);
	c->line = line_of(request, program_len);
	c->argv = c->line ? command_line_split(c->line, COMMAND_LINE_CRT, NULL) : NULL;
	return c->path && c->argv ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD prepare_directory(struct process_creation *c, const struct process_request *request)
{
	struct stat st;

	if (!request->directory)
		return 0;
	c->directory = disk_file_posix_path(request->directory);
	if (!c->directory)
		return ERROR_NOT_ENOUGH_MEMORY;
	return stat(c->directory, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : ERROR_DIRECTORY;
}

/* the environment */

/* What a child needs to find the same broker, whatever its environment is. */
static const char *const passed_on[] = {"NPFS_SOCKET", "NPFS_NO_AUTOSTART",
					"XDG_RUNTIME_DIR"};

#define N_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static bool block_has(const char *block, const char *name)
{
	size_t len = strlen(name);

	for (; *block; block += strlen(block) + 1)
		if (strncmp(block, name, len) == 0 && block[len] == '=')
			return true;
	return false;
}

/* The given block with what is missing of passed_on[] behind; to be freed. */
static char *environment_complete(const char *block)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (const char *e = block; *e; e += strlen(e) + 1)
		fwrite(e, 1, strlen(e) + 1, out);
	for (size_t i = 0; i < N_PASSED_ON; i++) {
		char *value = block_has(block, passed_on[i]) ?
				      NULL : environment_get(passed_on[i]);

		if (value)
			fprintf(out, "%s=%s%c", passed_on[i], value, '\0');
		free(value);
	}
	fputc('\0', out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static DWORD prepare_environment(struct process_creation *c, const struct process_request *request)
{
	size_t n = 0;
	char *e;

	c->env_text = request->environment ? environment_complete(request->environment)
					   : GetEnvironmentStringsA();
	if (!c->env_text)
		return ERROR_NOT_ENOUGH_MEMORY;
	for (e = c->env_text; *e; e += strlen(e) + 1)
		n++;
	c->envp = calloc(n + 2, sizeof(*c->envp));
	if (!c->envp)
		return ERROR_NOT_ENOUGH_MEMORY;
	n = 0;
	/* The directories of drives (=C:=...) mean nothing here. */
	for (e = c->env_text; *e; e += strlen(e) + 1)
		if (*e != '=' && strncmp(e, PROCESS_BLOCK_VARIABLE "=",
					 sizeof(PROCESS_BLOCK_VARIABLE)) != 0)
			c->envp[n++] = e;
	c->envp[n] = c->variable;
	return 0;
}

/* A list of handles says which of those that can be inherited are. */
static bool is_listed(const struct process_request *request, HANDLE h)
{
	if (!request->handles)
		return true;
	for (size_t i = 0; i < request->n_handles; i++)
		if (request->handles[i] == h)
			return true;
	return false;
}

/* What is listed can be inherited, and something is inherited at all. */
static DWORD check_list(const struct process_request *request)
{
	uint32_t flags;

	if (request->handles && !request->inherits)
		return ERROR_INVALID_PARAMETER;
	for (size_t i = 0; request->handles && i < request->n_handles; i++)
		if (handle_get_flags(request->handles[i], &flags) != STATUS_SUCCESS ||
		    !(flags & HANDLE_INHERIT))
			return ERROR_INVALID_PARAMETER;
	return 0;
}

/* standard handles */

DWORD process_errno_error(int error)
{
	return npfs_status_to_win32(npfs_status_from_errno(error));
}

static DWORD std_null(struct process_creation *c, int i)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return process_errno_error(errno);
	c->std_fds[i] = fd_lifted(fd);
	close(fd);
	return c->std_fds[i] < 0 ? process_errno_error(errno) : 0;
}

/* An end of ours behind a descriptor: a pump, the same one for one object written to. */
static DWORD std_pump(struct process_creation *c, int i, HANDLE *handles, struct object *o)
{
	struct stdio_pump *pump;
	DWORD error;

	if (i == 2 && c->pumps[1] && handles[1] == handles[2]) {
		c->std_fds[2] = fd_lifted(c->std_fds[1]);
		return c->std_fds[2] < 0 ? process_errno_error(errno) : 0;
	}
	error = stdio_pump_new(o, i == 0, &pump, &c->std_fds[i]);
	if (error)
		return error;
	c->pumps[i] = pump;
	return 0;
}

static DWORD std_object(struct process_creation *c, int i, HANDLE *handles, struct object *o)
{
	if (o->ops->type == OBJECT_PIPE)
		return std_pump(c, i, handles, o);
	if (!disk_file_is(o))
		return std_null(c, i);
	c->std_fds[i] = fd_lifted(disk_file_fd(o));
	return c->std_fds[i] < 0 ? process_errno_error(errno) : 0;
}

/* Should the child have the terminal that is behind a descriptor of ours? */
static bool loses_terminal(const struct process_request *request, int fd)
{
	return (request->flags & (DETACHED_PROCESS | CREATE_NO_WINDOW)) && isatty(fd);
}

static DWORD prepare_std_one(struct process_creation *c, const struct process_request *request, int i,
			     HANDLE *handles, bool is_given)
{
	struct object *o = NULL;
	uint32_t flags = 0;
	bool is_inherited;
	DWORD error;

	if (is_given)
		o = handle_get(handles[i], OBJECT_ANY, NULL);
	if (o)
		handle_get_flags(handles[i], &flags);
	is_inherited = o && request->inherits && (flags & HANDLE_INHERIT) &&
		       is_listed(request, handles[i]);
	c->startup.std_value[i] = is_given ? (uint32_t)(uintptr_t)handles[i] : 0;
	c->startup.std_kind[i] = PROCESS_STD_DESCRIPTOR;
	if (!is_given && !loses_terminal(request, i)) {
		error = 0;
	} else if (!o || loses_terminal(request, disk_file_is(o) ? disk_file_fd(o) : -1)) {
		if (is_given && !o)
			c->startup.std_kind[i] = PROCESS_STD_NONE;
		error = std_null(c, i);
	} else if (!is_inherited && (request->info->dwFlags & STARTF_USESTDHANDLES) &&
		   o->ops->type != OBJECT_CONSOLE) {
		/* Given, and not inheritable: the child gets a number and no handle. */
		c->startup.std_kind[i] = PROCESS_STD_NONE;
		error = std_null(c, i);
	} else {
		/* What a pump reads, nobody else can: that child reads its descriptor. */
		if (is_inherited && !(i == 0 && o->ops->type == OBJECT_PIPE))
			c->startup.std_kind[i] = PROCESS_STD_INHERITED;
		error = std_object(c, i, handles, o);
	}
	object_unref(o);
	return error;
}

static DWORD prepare_std(struct process_creation *c, const struct process_request *request)
{
	bool is_given[3] = {true, true, true};
	HANDLE handles[3];
	DWORD error = 0;

	if (request->info->dwFlags & STARTF_USESTDHANDLES) {
		handles[0] = request->info->hStdInput;
		handles[1] = request->info->hStdOutput;
		handles[2] = request->info->hStdError;
	} else {
		for (int i = 0; i < 3; i++)
			is_given[i] = standard_peek(i, &handles[i]);
	}
	for (int i = 0; i < 3 && !error; i++)
		error = prepare_std_one(c, request, i, handles, is_given[i]);
	return error;
}

/* inherited handles */

struct inheritance {
	const struct process_request *request;
	struct process_block *block;
	DWORD error;
};

/* What cannot leave this process is not there in the child. */
static void inherit_one(HANDLE h, struct object *o, uint32_t access, uint32_t flags,
			void *user)
{
	const struct process_handle handle = {(uint32_t)(uintptr_t)h, access, flags};
	struct inheritance *inheritance = user;
	struct npfs_parcel parcel;
	DWORD error;

	if (inheritance->error || !o->ops->pack || !is_listed(inheritance->request, h))
		return;
	error = transfer_pack(o, access, &parcel);
	if (error == ERROR_NOT_SUPPORTED)
		return;
	if (!error && !process_block_add(inheritance->block, &handle, &parcel)) {
		npfs_parcel_free(&parcel);
		error = ERROR_NOT_ENOUGH_MEMORY;
	}
	inheritance->error = error;
}

static DWORD prepare_block(struct process_creation *c, const struct process_request *request)
{
	struct inheritance inheritance = {0};
	const STARTUPINFOW *info = request->info;
	const uint32_t numbers[9] = {
		info->dwFlags, info->dwX, info->dwY, info->dwXSize, info->dwYSize,
		info->dwXCountChars, info->dwYCountChars, info->dwFillAttribute,
		info->wShowWindow,
	};
	const DWORD classes = NORMAL_PRIORITY_CLASS | IDLE_PRIORITY_CLASS |
			      HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS |
			      BELOW_NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS;
	DWORD class = request->flags & classes;
	DWORD error;

	/* One class, or the parent's when that is a lower one, or normal. */
	if (!class || (class & (class - 1))) {
		class = GetPriorityClass(GetCurrentProcess());
		if (class != IDLE_PRIORITY_CLASS && class != BELOW_NORMAL_PRIORITY_CLASS)
			class = NORMAL_PRIORITY_CLASS;
	}
	memcpy(c->startup.numbers, numbers, sizeof(numbers));
	c->startup.priority_class = class;
	c->startup.command_line = c->line;
	c->startup.title = request->title;
	c->startup.desktop = request->desktop;
	c->block = process_block_new(&c->startup);
	if (!c->block)
		return ERROR_NOT_ENOUGH_MEMORY;
	inheritance.request = request;
	inheritance.block = c->block;
	if (request->inherits)
		handle_for_each_inheritable(inherit_one, &inheritance);
	if (inheritance.error)
		return inheritance.error;
	error = process_block_finish(c->block, &c->block_fd, &c->page);
	if (!error)
		snprintf(c->variable, sizeof(c->variable), "%s=%d",
			 PROCESS_BLOCK_VARIABLE, c->block_fd);
	return error;
}

static DWORD prepare_keep(struct process_creation *c)
{
	size_t n;
	const int *fds = process_block_fds(c->block, &n);

	c->keep = calloc(n + 2, sizeof(*c->keep)); /* and the block's, and the gate */
	if (!c->keep)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (n > 0)
		memcpy(c->keep, fds, n * sizeof(*fds));
	c->keep[n] = c->block_fd;
	c->n_keep = n + 1;
	return 0;
}

static DWORD prepare(struct process_creation *c, const struct process_request *request)
{
	DWORD error = prepare_directory(c, request);

	if (!error)
		error = prepare_program(c, request);
	if (!error)
		error = prepare_environment(c, request);
	if (!error)
		error = prepare_std(c, request);
	if (!error)
		error = prepare_block(c, request);
	if (!error)
		error = prepare_keep(c);
	return error;
}

static void creation_fini(struct process_creation *c)
{
	for (int i = 0; i < 3; i++) {
		stdio_pump_free(c->pumps[i]);
		if (c->std_fds[i] >= 0)
			close(c->std_fds[i]);
	}
	if (c->page)
		munmap(c->page, PROCESS_PAGE_SIZE);
	if (c->block_fd >= 0)
		close(c->block_fd);
	process_block_free(c->block);
	free(c->keep);
	free(c->envp);
	free(c->env_text);
	free(c->argv);
	free(c->directory);
	free(c->line);
	free(c->path);
}

/* The program has its process: handles for it. @p is taken. */
static DWORD give(const struct process_request *request, struct process *p,
		  PROCESS_INFORMATION *out)
{
	struct thread *t = thread_new_foreign((DWORD)p->pid, &p->object);
	DWORD error = t ? 0 : ERROR_NOT_ENOUGH_MEMORY;

	memset(out, 0, sizeof(*out));
	if (t) {
		process_set_thread(p, t);
		out->hProcess = handle_new(&p->object, PROCESS_ALL_ACCESS,
					   request->process_sa &&
							   request->process_sa->bInheritHandle ?
						   HANDLE_INHERIT : 0);
		out->hThread = !out->hProcess ?
				       NULL :
				       handle_new(&t->object, THREAD_ALL_ACCESS,
						  request->thread_sa &&
								  request->thread_sa->bInheritHandle ?
							  HANDLE_INHERIT : 0);
		if (!out->hThread) {
			error = thread_last_error;
			if (out->hProcess)
				handle_close(out->hProcess);
		}
		object_unref(&t->object);
	}
	if (error) {
		process_terminate(p, error);
		memset(out, 0, sizeof(*out));
	} else {
		out->dwProcessId = out->dwThreadId = (DWORD)p->pid;
	}
	object_release(&p->object);
	object_unref(&p->object);
	return error;
}

DWORD process_create(const struct process_request *request, PROCESS_INFORMATION *out)
{
	const DWORD refused = DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS;
	struct process_creation c = {.block_fd = -1, .std_fds = {-1, -1, -1}};
	struct process *p = NULL;
	DWORD error;

	if ((request->flags & DETACHED_PROCESS) && (request->flags & CREATE_NEW_CONSOLE))
		return ERROR_INVALID_PARAMETER;
	if (request->flags & refused)
		return ERROR_NOT_SUPPORTED;
	error = check_list(request);
	if (!error)
		error = prepare(&c, request);
	if (!error)
		error = process_start(&c, request, &p);
	for (int i = 0; i < 3 && !error; i++) {
		stdio_pump_start(c.pumps[i]);
		c.pumps[i] = NULL;
	}
	if (!error)
		error = give(request, p, out);
	creation_fini(&c);
	return error;
}
