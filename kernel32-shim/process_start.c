/* SPDX-License-Identifier: MIT */
/*
 * The fork of CreateProcess, and the child until exec.  The model is in process_create.h.
 *
 * Descriptors. The child keeps 0, 1 and 2, the block, and what the block lists; all others
 * are closed, also those the program opened without close-on-exec. The lock makes sure that
 * no other child of this process, made here or by fork(), holds a copy of the socket while
 * its end means something.
 *
 * Signals. Handlers become the default, as exec wants it; what is ignored stays ignored;
 * the mask is the one that this process was started with.
 */
#include "kernel32-shim/process_create.h"
#include "kernel32-shim/fd_lift.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <npfs/security.h>

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

/* the child, between fork and exec: no memory, no locks */

_Noreturn static void child_fail(const struct process_creation *c, int gate, DWORD error)
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

static void child_descriptors(const struct process_creation *c, int gate)
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

_Noreturn static void child_run(const struct process_creation *c, DWORD flags, int gate)
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

static int compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Fork with every signal blocked, so that no handler of the program runs in the child. */
static pid_t fork_child(struct process_creation *c, DWORD flags, int gate, int child_gate)
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
static DWORD start_locked(struct process_creation *c, const struct process_request *request,
			  struct process **processp)
{
	int sockets[2], pidfd;
	struct process *p;
	bool is_end;
	DWORD error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return process_errno_error(errno);
	/* The gate of the child must not be one of its standard descriptors. */
	if (sockets[1] <= STDERR_FILENO) {
		int fd = fd_lifted(sockets[1]);

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

DWORD process_start(struct process_creation *c, const struct process_request *request,
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
