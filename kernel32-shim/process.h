/* SPDX-License-Identifier: MIT */
/*
 * Processes, as objects to wait for, ask and end
 *
 * One struct process stands for one process of the machine, this one or another, however
 * many handles there are to it; a list keeps those that have not ended, by number. The
 * kernel tells the end through a pidfd, which the library's hidden thread watches. A child
 * is reaped then, whoever still holds a handle: no zombie stays. The watch owns a
 * reference, so this happens without any handle too.
 *
 * Exit codes. The kernel keeps 8 bits of what Windows keeps 32 of. So a child made by
 * CreateProcess shares a page with its parent (struct process_page): the child's library
 * writes the whole code there when the process exits, whoever terminates a process writes
 * the code he wants before he sends the kill. The page lies in a memfd called
 * "npfs-process" that the child keeps open, where OpenProcess of a third process finds it
 * under /proc. What is known of the end, the first that applies:
 *
 *	killed with SIGKILL by TerminateProcess		its code
 *	exited, and the page has a code whose low 8
 *	bits are the kernel's				the page's
 *	exited						the kernel's 8 bits
 *	ended by a signal				what Windows says for that: an
 *							access violation is 0xC0000005,
 *							Ctrl+C 0xC000013A, abort() 3;
 *							128 + the signal for others
 *	the program reaped its child itself, or the
 *	process is no child: as far as the kernel's
 *	PIDFD_GET_INFO tells, the same; else the
 *	page's; else					0
 *
 * The peer of the page is a process of the same user; what it writes is a number.
 *
 * fork(): a child of a fork has no watches. Processes it has handles to are never seen to
 * end there; it opens them again.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <windows.h>

#include "kernel32-shim/object.h"

struct npfs_watch;
struct thread;

#define PROCESS_PAGE_SIZE  4096u
#define PROCESS_PAGE_MAGIC 0x7072706eu /* "nprp" */
#define PROCESS_MEMFD_NAME "npfs-process"

/* What two processes share. All numbers are loaded once and may be anything. */
struct process_page {
	uint32_t magic;
	_Atomic uint32_t pid;      /* whose page it is; the parent writes it, once */
	_Atomic uint32_t has_code; /* 1: code is there; written by the process itself */
	_Atomic uint32_t code;
	_Atomic uint32_t is_terminated; /* 1: somebody sends a kill for terminate_code */
	_Atomic uint32_t terminate_code;
};

struct process {
	struct object object; /* first; signaled when the process has ended */
	pid_t pid;            /* 0: this process */
	int pidfd;            /* owned; -1 for this process */
	int page_fd;          /* owned, or -1 */
	struct process_page *page; /* owned mapping, or NULL */
	bool is_child;             /* this process made it and reaps it */
	_Atomic bool has_ended;    /* after exit_code */
	_Atomic DWORD exit_code;
	_Atomic DWORD priority_class;
	_Atomic int gate;           /* owned: a child made suspended waits at it; or -1 */
	_Atomic int suspend;        /* suspend count of its first thread */
	struct npfs_watch *watch;   /* owned; NULL once it ended */
	struct thread *main_thread; /* counted; the first thread's object, or NULL */
	struct object_link all;     /* processes lock */
};

static inline struct process *process_from_object(struct object *o)
{
	return (struct process *)(void *)o;
}

/* This process.  Borrowed; never signaled from inside. */
struct object *process_self(void);

/* The number of a process as the kernel has it. */
pid_t process_pid(const struct process *process);

/**
 * process_adopt_child() - an object for a child just made
 * @pidfd, @page_fd: taken on success
 * @page: mapped from @page_fd; taken on success
 * @processp: receives it, counted and held open (object_release())
 *
 * Return: 0 or a Win32 error; then nothing was taken.
 */
DWORD process_adopt_child(pid_t pid, int pidfd, int page_fd, struct process_page *page,
			  struct process **processp);

/**
 * process_open() - the object for a process that is there
 * @processp: receives it, counted and held open until the caller made his handle
 *
 * Return: 0; ERROR_INVALID_PARAMETER: no process has this number; ERROR_ACCESS_DENIED:
 * not one this user may signal; ERROR_NOT_ENOUGH_MEMORY; ERROR_TOO_MANY_OPEN_FILES.
 */
DWORD process_open(pid_t pid, struct process **processp);

/* As process_open() of the process behind a pidfd, which stays the caller's. */
DWORD process_open_pidfd(int pidfd, struct process **processp);

/* The object of its first thread, which ends with it; counted by the process until then. */
void process_set_thread(struct process *process, struct thread *thread);

/* STILL_ACTIVE while it runs. */
DWORD process_exit_code(struct process *process);

/* End it. 0 or a Win32 error. Does not return for this process. */
DWORD process_terminate(struct process *process, DWORD code);

/*
 * The first thread of a child made with CREATE_SUSPENDED: change its suspend count by one.
 * Return: the count before; -1: it has begun, and cannot be stopped any more.
 */
int process_suspend(struct process *process);
int process_resume(struct process *process);

/*
 * This process's own page: note the code that it exits with. The page stays mapped for
 * the life of the process.
 */
void process_page_adopt(struct process_page *page, int fd);
void process_note_exit(DWORD code);
