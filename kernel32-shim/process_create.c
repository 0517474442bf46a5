/* SPDX-License-Identifier: MIT */
/*
 * CreateProcess: from a Windows request to fork and exec
 *
 * The parent prepares everything that can fail or takes memory, then forks. The child runs
 * only calls that are safe after a fork of a program with threads, and ends in exec:
 *
 *	parent				child
 *	prepare arguments, environment,
 *	block (process_block.h), stdio
 *	fork				descriptors, signals, session, directory
 *	pidfd, page.pid, object	<------	"p": ready, or what went wrong
 *	"g" ------------------------->	exec
 *	end of the socket, or why not <-
 *
 * A child made with CREATE_SUSPENDED gets its "g" from ResumeThread. If the parent ends
 * before, so does the child. That its program cannot be executed shows in its exit code
 * then, since CreateProcess has long returned.
 *
 * Descriptors. The child keeps 0, 1 and 2, the block, and what the block lists; all others
 * are closed, also those the program opened without close-on-exec. The lock makes sure that
 * no other child of this process, made here or by fork(), holds a copy of the socket while
 * its end means something.
 *
 * Signals. Handlers become the default, as exec wants it; what is ignored stays ignored;
 * the mask is the one that this process was started with.
 *
 * What has no meaning here is accepted and changes nothing: windows, desktops, priority
 * classes (kept and told), CREATE_NEW_CONSOLE, CREATE_BREAKAWAY_FROM_JOB,
 * CREATE_DEFAULT_ERROR_MODE. DETACHED_PROCESS and CREATE_NO_WINDOW start a session without
 * a terminal and put the null device where the terminal was. Debugging and extended startup
 * information are refused with ERROR_NOT_SUPPORTED.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/parcel.h>
#include <npfs/security.h>
#include <npfs/status.h>

#include "kernel32-shim/command_line.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/process_block.h"
#include "kernel32-shim/processenv.h"
#include "kernel32-shim/stdio_pump.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/transfer.h"

/* What the caller wants, in UTF-8. */
struct request {
	char *application; /* owned, or NULL */
	char *line;        /* owned, or NULL */
	char *directory;   /* owned, or NULL */
	char *title;       /* owned, or NULL */
	char *desktop;     /* owned, or NULL */
	char *environment; /* owned: strings and an empty one; NULL: the caller's own */
	const STARTUPINFOW *info; /* borrowed; its texts are not looked at */
	const SECURITY_ATTRIBUTES *process_sa, *thread_sa; /* borrowed */
	bool inherits;
	DWORD flags;
};

/* What becomes of it. */
struct creation {
	char *path;        /* owned: the program, absolute */
	char *line;        /* owned: what GetCommandLine will say */
	char *directory;   /* owned: POSIX, or NULL */
	char **argv;       /* owned */
	char **envp;       /* owned */
	char *env_text;    /* owned: what envp points into */
	char variable[48]; /* NPFS_CHILD=, in envp */
	struct process_startup startup;
	struct process_block *block; /* owned */
	int block_fd;                /* owned, or -1 */
	struct process_page *page;   /* owned mapping, or NULL */
	int std_fds[3]; /* owned: becomes 0, 1, 2; -1: the parent's own stays */
	struct stdio_pump *pumps[3]; /* owned until they are started */
	int *keep; /* owned: descriptors that stay, sorted */
	size_t n_keep;
};

/* What the child says when it cannot go on. */
struct failure {
	uint32_t win32_error;
};

static pthread_mutex_t creation_lock = PTHREAD_MUTEX_INITIALIZER;
static sigset_t first_mask;

static void creation_before_fork(void)
{
	pthread_mutex_lock(&creation_lock);
}

static void creation_after_fork(void)
{
	pthread_mutex_unlock(&creation_lock);
}

__attribute__((constructor)) static void creation_set_up(void)
{
	sigprocmask(SIG_SETMASK, NULL, &first_mask);
	pthread_atfork(creation_before_fork, creation_after_fork, creation_after_fork);
}

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
static char *line_of(const struct request *request, size_t program_len)
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

static DWORD prepare_program(struct creation *c, const struct request *request)
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

static DWORD prepare_directory(struct creation *c, const struct request *request)
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

static DWORD prepare_environment(struct creation *c, const struct request *request)
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

/* standard handles */

static DWORD errno_error(int error)
{
	return npfs_status_to_win32(npfs_status_from_errno(error));
}

/* A copy of a descriptor that is in nobody's way; -1 and errno. */
static int lifted(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static DWORD std_null(struct creation *c, int i)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno_error(errno);
	c->std_fds[i] = lifted(fd);
	close(fd);
	return c->std_fds[i] < 0 ? errno_error(errno) : 0;
}

/* An end of ours behind a descriptor: a pump, the same one for one object written to. */
static DWORD std_pump(struct creation *c, int i, HANDLE *handles, struct object *o)
{
	struct stdio_pump *pump;
	DWORD error;

	if (i == 2 && c->pumps[1] && handles[1] == handles[2]) {
		c->std_fds[2] = lifted(c->std_fds[1]);
		return c->std_fds[2] < 0 ? errno_error(errno) : 0;
	}
	error = stdio_pump_new(o, i == 0, &pump, &c->std_fds[i]);
	if (error)
		return error;
	c->pumps[i] = pump;
	return 0;
}

static DWORD std_object(struct creation *c, int i, HANDLE *handles, struct object *o)
{
	if (o->ops->type == OBJECT_PIPE)
		return std_pump(c, i, handles, o);
	if (!disk_file_is(o))
		return std_null(c, i);
	c->std_fds[i] = lifted(disk_file_fd(o));
	return c->std_fds[i] < 0 ? errno_error(errno) : 0;
}

/* Should the child have the terminal that is behind a descriptor of ours? */
static bool loses_terminal(const struct request *request, int fd)
{
	return (request->flags & (DETACHED_PROCESS | CREATE_NO_WINDOW)) && isatty(fd);
}

static DWORD prepare_std_one(struct creation *c, const struct request *request, int i,
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
	is_inherited = o && request->inherits && (flags & HANDLE_INHERIT);
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

static DWORD prepare_std(struct creation *c, const struct request *request)
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

	if (inheritance->error || !o->ops->pack)
		return;
	error = transfer_pack(o, &parcel);
	if (error == ERROR_NOT_SUPPORTED)
		return;
	if (!error && !process_block_add(inheritance->block, &handle, &parcel)) {
		npfs_parcel_free(&parcel);
		error = ERROR_NOT_ENOUGH_MEMORY;
	}
	inheritance->error = error;
}

static DWORD prepare_block(struct creation *c, const struct request *request)
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

static int compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static DWORD prepare_keep(struct creation *c)
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

static DWORD prepare(struct creation *c, const struct request *request)
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

static void creation_fini(struct creation *c)
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

/* the child, between fork and exec: no memory, no locks */

_Noreturn static void child_fail(const struct creation *c, int gate, DWORD error)
{
	const struct failure failure = {error};

	atomic_store(&c->page->code, error);
	atomic_store(&c->page->has_code, 1);
	(void)!send(gate, &failure, sizeof(failure), MSG_NOSIGNAL);
	_exit((int)error);
}

static DWORD child_exec_error(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ERROR_FILE_NOT_FOUND;
	case EACCES:
	case EPERM:
	case ETXTBSY:
		return ERROR_ACCESS_DENIED;
	case ENOEXEC:
	case ELIBBAD:
		return ERROR_BAD_EXE_FORMAT;
	case E2BIG:
		return ERROR_FILENAME_EXCED_RANGE;
	default:
		return ERROR_NOT_ENOUGH_MEMORY;
	}
}

static void child_close_between(int first, int last)
{
	if (first > last ||
	    syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
	if (last == INT_MAX)
		last = (int)sysconf(_SC_OPEN_MAX) - 1;
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

static void child_descriptors(const struct creation *c, int gate)
{
	int next = STDERR_FILENO + 1;

	for (int i = 0; i < 3; i++) {
		if (c->std_fds[i] >= 0)
			dup2(c->std_fds[i], i);
		else
			fcntl(i, F_SETFD, 0);
	}
	for (size_t i = 0; i < c->n_keep; i++) {
		child_close_between(next, c->keep[i] - 1);
		next = c->keep[i] + 1;
		if (c->keep[i] != gate)
			fcntl(c->keep[i], F_SETFD, 0);
	}
	child_close_between(next, INT_MAX);
}

static void child_signals(void)
{
	struct sigaction action;

	for (int i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &action) < 0 || action.sa_handler == SIG_DFL ||
		    action.sa_handler == SIG_IGN)
			continue;
		memset(&action, 0, sizeof(action));
		action.sa_handler = SIG_DFL;
		sigaction(i, &action, NULL);
	}
}

/* As the documentation has it, a new group does not hear Ctrl+C. */
static void child_session(DWORD flags)
{
	if (flags & (DETACHED_PROCESS | CREATE_NO_WINDOW))
		setsid();
	else if (flags & CREATE_NEW_PROCESS_GROUP)
		setpgid(0, 0);
	if (flags & CREATE_NEW_PROCESS_GROUP)
		signal(SIGINT, SIG_IGN);
}

_Noreturn static void child_run(const struct creation *c, DWORD flags, int gate)
{
	const char ready = 'p';
	char go;

	child_signals();
	child_descriptors(c, gate);
	child_session(flags);
	if (c->directory && chdir(c->directory) < 0)
		child_fail(c, gate, ERROR_DIRECTORY);
	if (send(gate, &ready, 1, MSG_NOSIGNAL) != 1 || recv(gate, &go, 1, 0) != 1)
		_exit(1);
	sigprocmask(SIG_SETMASK, &first_mask, NULL);
	execve(c->path, c->argv, c->envp);
	child_fail(c, gate, child_exec_error(errno));
}

/* the parent */

/* Fork with every signal blocked, so that no handler of the program runs in the child. */
static pid_t fork_child(struct creation *c, DWORD flags, int gate, int child_gate)
{
	sigset_t all, saved;
	pid_t pid;

	c->keep[c->n_keep++] = child_gate;
	qsort(c->keep, c->n_keep, sizeof(*c->keep), compare_fds);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	npfs_identity_pause(); /* the child is not what this thread wears */
	pid = _Fork();
	if (pid == 0) {
		close(gate);
		child_run(c, flags, child_gate);
	}
	npfs_identity_resume();
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return pid;
}

/* What the child says next: 0 and a byte, 0 at its end, or its Win32 error. */
static DWORD hear(int gate, bool *is_endp)
{
	struct failure failure;
	ssize_t n;

	do {
		n = recv(gate, &failure, sizeof(failure), 0);
	} while (n < 0 && errno == EINTR);
	*is_endp = n <= 0;
	return n == (ssize_t)sizeof(failure) ? failure.win32_error : 0;
}

static void abandon(pid_t pid, int gate)
{
	close(gate);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The lock is held. On success *processp is counted and held open. */
static DWORD start_locked(struct creation *c, const struct request *request,
			  struct process **processp)
{
	int sockets[2], pidfd;
	struct process *p;
	bool is_end;
	DWORD error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return errno_error(errno);
	/* The gate of the child must not be one of its standard descriptors. */
	if (sockets[1] <= STDERR_FILENO) {
		int fd = lifted(sockets[1]);

		close(sockets[1]);
		sockets[1] = fd;
	}
	pid = sockets[1] < 0 ? -1 : fork_child(c, request->flags, sockets[0], sockets[1]);
	if (sockets[1] >= 0)
		close(sockets[1]);
	if (pid < 0) {
		close(sockets[0]);
		return ERROR_NO_SYSTEM_RESOURCES;
	}
	error = hear(sockets[0], &is_end);
	if (!error && is_end)
		error = ERROR_NO_SYSTEM_RESOURCES;
	pidfd = error ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (!error && pidfd < 0)
		error = ERROR_TOO_MANY_OPEN_FILES;
	if (!error) {
		atomic_store(&c->page->pid, (uint32_t)pid);
		error = process_adopt_child(pid, pidfd, c->block_fd, c->page, &p);
	}
	if (error) {
		if (pidfd >= 0)
			close(pidfd);
		abandon(pid, sockets[0]);
		return error;
	}
	c->block_fd = -1;
	c->page = NULL;
	atomic_store(&p->priority_class, c->startup.priority_class);
	atomic_store(&p->suspend, 1);
	atomic_store(&p->gate, sockets[0]);
	*processp = p;
	return 0;
}

/* Let it go, and wait until it is the other program. */
static DWORD begin_locked(struct process *p)
{
	int gate = atomic_exchange(&p->gate, -1);
	const char go = 'g';
	DWORD error = 0;
	bool is_end;

	atomic_store(&p->suspend, 0);
	if (send(gate, &go, 1, MSG_NOSIGNAL) == 1)
		error = hear(gate, &is_end);
	close(gate);
	return error;
}

static DWORD start(struct creation *c, const struct request *request,
		   struct process **processp)
{
	struct process *p = NULL;
	DWORD error;

	pthread_mutex_lock(&creation_lock);
	error = start_locked(c, request, &p);
	if (!error && !(request->flags & CREATE_SUSPENDED)) {
		error = begin_locked(p);
		if (error) {
			object_release(&p->object);
			object_unref(&p->object);
		}
	}
	pthread_mutex_unlock(&creation_lock);
	if (!error)
		*processp = p;
	return error;
}

/* The program has its process: handles for it. @p is taken. */
static DWORD give(const struct request *request, struct process *p,
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

static DWORD create(const struct request *request, PROCESS_INFORMATION *out)
{
	const DWORD refused = DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS |
			      EXTENDED_STARTUPINFO_PRESENT;
	struct creation c = {.block_fd = -1, .std_fds = {-1, -1, -1}};
	struct process *p = NULL;
	DWORD error;

	if ((request->flags & DETACHED_PROCESS) && (request->flags & CREATE_NEW_CONSOLE))
		return ERROR_INVALID_PARAMETER;
	if (request->flags & refused)
		return ERROR_NOT_SUPPORTED;
	error = prepare(&c, request);
	if (!error)
		error = start(&c, request, &p);
	for (int i = 0; i < 3 && !error; i++) {
		stdio_pump_start(c.pumps[i]);
		c.pumps[i] = NULL;
	}
	if (!error)
		error = give(request, p, out);
	creation_fini(&c);
	return error;
}

/* the two forms */

static void request_fini(struct request *request)
{
	free(request->application);
	free(request->line);
	free(request->directory);
	free(request->title);
	free(request->desktop);
	free(request->environment);
}

/* A copy, NULL for NULL. */
static char *copy_text(const char *text, bool *failedp)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		*failedp = true;
	return copy;
}

static char *convert_text(const WCHAR *text, bool *failedp)
{
	bool failed = false;
	char *utf8 = text_utf8_from_wide_z(text, &failed);

	if (failed)
		*failedp = true;
	return utf8;
}

/* A block of strings that ends with an empty one, in UTF-8; NULL for NULL. */
static char *copy_environment(const void *block, bool is_wide, bool *failedp)
{
	const WCHAR *wide = block;
	const char *text = block;
	size_t len = 0;
	char *copy;

	if (!block)
		return NULL;
	if (is_wide) {
		while (wide[len])
			len += text_wide_len(wide + len) + 1;
		/* The conversion's own terminator is the empty string. */
		copy = text_utf8_from_wide(wide, len);
	} else {
		while (text[len])
			len += strlen(text + len) + 1;
		copy = malloc(len + 1);
		if (copy) {
			memcpy(copy, text, len);
			copy[len] = '\0';
		}
	}
	if (!copy)
		*failedp = true;
	return copy;
}

static BOOL create_and_fini(struct request *request, bool failed,
			    PROCESS_INFORMATION *out)
{
	DWORD error = failed ? ERROR_NOT_ENOUGH_MEMORY : create(request, out);

	request_fini(request);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI CreateProcessA(LPCSTR application, LPSTR line, LPSECURITY_ATTRIBUTES process_sa,
			   LPSECURITY_ATTRIBUTES thread_sa, BOOL inherits, DWORD flags,
			   LPVOID environment, LPCSTR directory, LPSTARTUPINFOA info,
			   LPPROCESS_INFORMATION out)
{
	bool failed = false;
	STARTUPINFOW wide;
	struct request request = {
		.info = &wide,
		.process_sa = process_sa,
		.thread_sa = thread_sa,
		.inherits = inherits,
		.flags = flags,
	};

	if (!info || !out)
		return thread_fail(ERROR_INVALID_PARAMETER);
	/* Both forms have the same layout; only the texts differ. */
	static_assert(sizeof(wide) == sizeof(*info), "the forms differ in text only");
	memcpy(&wide, info, sizeof(wide));
	request.application = copy_text(application, &failed);
	request.line = copy_text(line, &failed);
	request.directory = copy_text(directory, &failed);
	request.title = copy_text(info->lpTitle, &failed);
	request.desktop = copy_text(info->lpDesktop, &failed);
	request.environment = copy_environment(
		environment, flags & CREATE_UNICODE_ENVIRONMENT, &failed);
	return create_and_fini(&request, failed, out);
}

BOOL WINAPI CreateProcessW(LPCWSTR application, LPWSTR line,
			   LPSECURITY_ATTRIBUTES process_sa,
			   LPSECURITY_ATTRIBUTES thread_sa, BOOL inherits, DWORD flags,
			   LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW info,
			   LPPROCESS_INFORMATION out)
{
	bool failed = false;
	struct request request = {
		.info = info,
		.process_sa = process_sa,
		.thread_sa = thread_sa,
		.inherits = inherits,
		.flags = flags,
	};

	if (!info || !out)
		return thread_fail(ERROR_INVALID_PARAMETER);
	request.application = convert_text(application, &failed);
	request.line = convert_text(line, &failed);
	request.directory = convert_text(directory, &failed);
	request.title = convert_text(info->lpTitle, &failed);
	request.desktop = convert_text(info->lpDesktop, &failed);
	request.environment = copy_environment(
		environment, flags & CREATE_UNICODE_ENVIRONMENT, &failed);
	return create_and_fini(&request, failed, out);
}
