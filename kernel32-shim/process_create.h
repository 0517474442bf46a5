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
 * Files: process_request.c what the caller wants, from both forms of the call;
 * process_attributes.c the lists of attributes; process_create.c what becomes of it, and the
 * handles; process_start.c the fork and the child.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

#include "kernel32-shim/process.h"
#include "kernel32-shim/process_block.h"

struct stdio_pump;

/* What the caller wants, in UTF-8. */
struct process_request {
	char *application; /* owned, or NULL */
	char *line;        /* owned, or NULL */
	char *directory;   /* owned, or NULL */
	char *title;       /* owned, or NULL */
	char *desktop;     /* owned, or NULL */
	char *environment; /* owned: strings and an empty one; NULL: the caller's own */
	const STARTUPINFOW *info; /* borrowed; its texts are not looked at */
	const SECURITY_ATTRIBUTES *process_sa, *thread_sa; /* borrowed */
	const HANDLE *handles; /* borrowed: those that are inherited; NULL: all that may be */
	size_t n_handles;
	bool inherits;
	DWORD flags;
};

/* What becomes of it. */
struct process_creation {
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

/* process_create() - everything; 0 or a Win32 error */
DWORD process_create(const struct process_request *request, PROCESS_INFORMATION *out);

/* process_start() - fork, and let it go unless it is to be suspended. On success *processp is
 * counted and held open. */
DWORD process_start(struct process_creation *c, const struct process_request *request,
		    struct process **processp);


/* process_errno_error() - the Win32 error of an errno */
DWORD process_errno_error(int error);
