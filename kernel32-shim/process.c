/* SPDX-License-Identifier: MIT */
/* Processes. The model is in process.h. */
#include "kernel32-shim/process.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <npfs/aio.h>
#include <npfs/parcel.h>

#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/transfer.h"

/* <linux/pidfd.h> of Linux 6.15; its first 64 bytes never change. */
struct pidfd_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ids[8];
	int32_t exit_code;
};

#define PIDFD_GET_INFO_CALL _IOWR(0xff, 11, struct pidfd_info)
#define PIDFD_INFO_HAS_EXIT (UINT64_C(1) << 3)
#define WAITID_PIDFD        ((idtype_t)3) /* P_PIDFD, for C libraries without it */

static_assert(sizeof(struct pidfd_info) == 64, "part of the kernel's interface");
static_assert(sizeof(struct process_page) <= PROCESS_PAGE_SIZE, "it is one page");

static struct {
	pthread_mutex_t lock;
	struct object_link all; /* of those that have not ended */
} processes = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&processes.all, &processes.all},
};

static struct process_page *own_page; /* written before main, or never */

static void processes_lock(void)
{
	pthread_mutex_lock(&processes.lock);
}

static void processes_unlock(void)
{
	pthread_mutex_unlock(&processes.lock);
}

/* A child of a fork is another process: the code that it exits with is not on the page. */
static void processes_after_fork_child(void)
{
	own_page = NULL;
	pthread_mutex_unlock(&processes.lock);
}

static void note_exit(int status, void *unused)
{
	(void)unused;
	process_note_exit((DWORD)status);
}

__attribute__((constructor)) static void processes_set_up(void)
{
	pthread_atfork(processes_lock, processes_unlock, processes_after_fork_child);
	on_exit(note_exit, NULL);
}

/* objects */

static void process_destroy(struct object *o)
{
	struct process *p = process_from_object(o);
	int gate = atomic_load(&p->gate);

	pthread_mutex_lock(&processes.lock);
	object_link_remove(&p->all);
	pthread_mutex_unlock(&processes.lock);
	if (p->page)
		munmap(p->page, PROCESS_PAGE_SIZE);
	if (p->page_fd >= 0)
		close(p->page_fd);
	if (gate >= 0)
		close(gate);
	close(p->pidfd);
	free(p);
}

/* A process of somebody else's need not be watched when nobody asks for it any more. */
static void process_closed(struct object *o)
{
	struct process *p = process_from_object(o);
	struct npfs_watch *watch = NULL;

	if (p->is_child)
		return;
	processes_lock();
	watch = p->watch;
	p->watch = NULL;
	object_link_remove(&p->all);
	processes_unlock();
	npfs_watch_free(watch);
}

static DWORD process_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp)
{
	const struct process *p = process_from_object(o);
	int own = p->pidfd < 0 ? (int)syscall(SYS_pidfd_open, getpid(), 0) : -1;
	npfs_status status;

	(void)access;
	npfs_parcel_init(parcelp);
	parcelp->kind = TRANSFER_PROCESS;
	status = npfs_parcel_add_fd(parcelp, p->pidfd < 0 ? own : p->pidfd);
	if (own >= 0)
		close(own);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

static const struct object_ops process_ops = {
	.type = OBJECT_PROCESS,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "process",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = process_closed,
	.destroy = process_destroy,
	.pack = process_pack,
};

static const struct object_ops self_ops = {
	.type = OBJECT_PROCESS,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "process",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_nothing,
	.pack = process_pack,
};

static struct process self = {
	.object = {
		.ops = &self_ops,
		.refs = 1,
		.waiters = {&self.object.waiters, &self.object.waiters},
	},
	.pidfd = -1,
	.page_fd = -1,
	.gate = -1,
	.exit_code = STILL_ACTIVE,
	.priority_class = NORMAL_PRIORITY_CLASS,
	.all = {&self.all, &self.all},
};

struct object *process_self(void)
{
	return &self.object;
}

pid_t process_pid(const struct process *process)
{
	return process->pid ? process->pid : getpid();
}

/* the end of a process */

/* The code for an end by a signal. */
static DWORD code_of_signal(int signal_number)
{
	const DWORD control_c_exit = 0xc000013a, illegal_instruction = 0xc000001d,
		    integer_divide_by_zero = 0xc0000094, access_violation = 0xc0000005,
		    abort_code = 3;

	switch (signal_number) {
	case SIGINT:
	case SIGQUIT:
		return control_c_exit;
	case SIGSEGV:
	case SIGBUS:
		return access_violation;
	case SIGILL:
		return illegal_instruction;
	case SIGFPE:
		return integer_divide_by_zero;
	case SIGABRT:
		return abort_code;
	default:
		return 128u + (DWORD)signal_number;
	}
}

static DWORD code_of_kill(const struct process *p, int signal_number)
{
	if (signal_number == SIGKILL && p->page && atomic_load(&p->page->is_terminated))
		return atomic_load(&p->page->terminate_code);
	return code_of_signal(signal_number);
}

static DWORD code_of_exit(const struct process *p, DWORD low_bits)
{
	DWORD code;

	if (!p->page || !atomic_load(&p->page->has_code))
		return low_bits;
	code = atomic_load(&p->page->code);
	return (code & 0xff) == low_bits ? code : low_bits;
}

/* Nobody told us how it ended. */
static DWORD code_of_page(const struct process *p)
{
	if (!p->page)
		return 0;
	if (atomic_load(&p->page->has_code))
		return atomic_load(&p->page->code);
	return atomic_load(&p->page->is_terminated) ?
		       atomic_load(&p->page->terminate_code) : 0;
}

/* Reap it when it is our child, and find its code. */
static DWORD find_exit_code(const struct process *p)
{
	struct pidfd_info info = {.mask = PIDFD_INFO_HAS_EXIT};
	siginfo_t si = {0};

	if (p->is_child &&
	    waitid(WAITID_PIDFD, (id_t)p->pidfd, &si, WEXITED | WNOHANG) == 0 &&
	    si.si_pid != 0)
		return si.si_code == CLD_EXITED ? code_of_exit(p, (DWORD)si.si_status)
						: code_of_kill(p, si.si_status);
	if (ioctl(p->pidfd, PIDFD_GET_INFO_CALL, &info) == 0 &&
	    (info.mask & PIDFD_INFO_HAS_EXIT)) {
		int status = info.exit_code;

		return WIFEXITED(status) ? code_of_exit(p, (DWORD)WEXITSTATUS(status))
					 : code_of_kill(p, WTERMSIG(status));
	}
	return code_of_page(p);
}

static bool pidfd_has_ended(int pidfd)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) > 0;
}

/* Once for each process; whoever comes second waits for the first. */
static void process_note_end(struct process *p)
{
	struct npfs_watch *watch = NULL;
	struct thread *t = NULL;

	processes_lock();
	if (!atomic_load(&p->has_ended)) {
		atomic_store(&p->exit_code, find_exit_code(p));
		atomic_store(&p->has_ended, true);
		watch = p->watch;
		p->watch = NULL;
		t = p->main_thread;
		p->main_thread = NULL;
		object_link_remove(&p->all);
	}
	processes_unlock();
	if (t) {
		atomic_store(&t->exit_code, atomic_load(&p->exit_code));
		object_signal(&t->object);
		object_unref(&t->object);
	}
	object_signal(&p->object);
	npfs_watch_free(watch);
}

static void process_on_event(void *user)
{
	struct process *p = user;

	if (pidfd_has_ended(p->pidfd))
		process_note_end(p);
}

static void process_unwatched(void *user)
{
	struct process *p = user;

	object_unref(&p->object);
}

DWORD process_exit_code(struct process *p)
{
	if (p != &self && !atomic_load(&p->has_ended) && pidfd_has_ended(p->pidfd))
		process_note_end(p);
	return atomic_load(&p->has_ended) ? atomic_load(&p->exit_code) : STILL_ACTIVE;
}

void process_set_thread(struct process *p, struct thread *t)
{
	bool has_ended;

	processes_lock();
	has_ended = atomic_load(&p->has_ended);
	if (!has_ended) {
		object_ref(&t->object);
		p->main_thread = t;
	}
	processes_unlock();
	if (!has_ended)
		return;
	atomic_store(&t->exit_code, atomic_load(&p->exit_code));
	object_signal(&t->object);
}

/* making them */

/* @pidfd, @page_fd and @page are taken on success. */
static DWORD process_new(pid_t pid, int pidfd, int page_fd, struct process_page *page,
			 bool is_child, struct process **processp)
{
	struct process *p = calloc(1, sizeof(*p));
	npfs_status status;

	if (!p)
		return ERROR_NOT_ENOUGH_MEMORY;
	object_init(&p->object, &process_ops, false);
	object_link_init(&p->all);
	p->pid = pid;
	p->pidfd = pidfd;
	p->page_fd = page_fd;
	p->page = page;
	p->is_child = is_child;
	atomic_init(&p->exit_code, STILL_ACTIVE);
	atomic_init(&p->priority_class, NORMAL_PRIORITY_CLASS);
	atomic_init(&p->gate, -1);
	object_hold(&p->object);
	object_ref(&p->object); /* the watch's */
	/* Under the lock, so that an end told at once finds the watch in its place. */
	processes_lock();
	status = npfs_watch_new(pidfd, process_on_event, process_unwatched, p, &p->watch);
	if (status == STATUS_SUCCESS)
		object_link_push_back(&processes.all, &p->all);
	processes_unlock();
	if (status != STATUS_SUCCESS) {
		free(p);
		return npfs_status_to_win32(status);
	}
	*processp = p;
	return 0;
}

DWORD process_adopt_child(pid_t pid, int pidfd, int page_fd, struct process_page *page,
			  struct process **processp)
{
	return process_new(pid, pidfd, page_fd, page, true, processp);
}

/* The page in the memfd @fd, when it is one of @pid's. */
static struct process_page *page_map(int fd, pid_t pid)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_SEAL;
	struct process_page *page;
	struct stat st;

	if ((fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) < 0 ||
	    st.st_size < (off_t)PROCESS_PAGE_SIZE)
		return NULL;
	page = mmap(NULL, PROCESS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (page->magic == PROCESS_PAGE_MAGIC &&
	    atomic_load(&page->pid) == (uint32_t)pid)
		return page;
	munmap(page, PROCESS_PAGE_SIZE);
	return NULL;
}

/* The page of another process, as it keeps it open; none is no error. */
static struct process_page *page_find(pid_t pid, int *fdp)
{
	const char wanted[] = "/memfd:" PROCESS_MEMFD_NAME;
	struct process_page *page = NULL;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && !page && (entry = readdir(dir)) != NULL) {
		char target[sizeof(wanted)];
		int fd;

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) !=
			    (ssize_t)sizeof(target) - 1 ||
		    memcmp(target, wanted, sizeof(wanted) - 1) != 0)
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		page = page_map(fd, pid);
		if (page)
			*fdp = fd;
		else
			close(fd);
	}
	if (dir)
		closedir(dir);
	return page;
}

/* One that is known already, counted and held open; NULL. */
static struct process *process_find(pid_t pid)
{
	struct process *found = NULL;

	processes_lock();
	for (struct object_link *l = processes.all.next; l != &processes.all; l = l->next) {
		struct process *p = object_container(l, struct process, all);

		/* A child stays itself without handles, another process does not. */
		if (p->pid != pid || pidfd_has_ended(p->pidfd))
			continue;
		if (p->is_child)
			object_hold(&p->object);
		if (p->is_child || object_hold_if_open(&p->object)) {
			object_ref(&p->object);
			found = p;
			break;
		}
	}
	processes_unlock();
	return found;
}

/* @pidfd is taken, also on failure. */
static DWORD process_open_take(pid_t pid, int pidfd, struct process **processp)
{
	struct process_page *page;
	int page_fd = -1;
	DWORD error;

	*processp = process_find(pid);
	if (*processp) {
		close(pidfd);
		return 0;
	}
	if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0 && errno == EPERM) {
		close(pidfd);
		return ERROR_ACCESS_DENIED;
	}
	page = page_find(pid, &page_fd);
	error = process_new(pid, pidfd, page_fd, page, false, processp);
	if (error) {
		if (page) {
			munmap(page, PROCESS_PAGE_SIZE);
			close(page_fd);
		}
		close(pidfd);
	}
	return error;
}

DWORD process_open(pid_t pid, struct process **processp)
{
	int pidfd;

	if (pid == getpid()) {
		object_hold(&self.object);
		*processp = process_from_object(object_ref(&self.object));
		return 0;
	}
	pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (pidfd < 0)
		return pid > 0 && (errno == EMFILE || errno == ENFILE) ?
			       ERROR_TOO_MANY_OPEN_FILES : ERROR_INVALID_PARAMETER;
	return process_open_take(pid, pidfd, processp);
}

/* The number that a pidfd stands for; 0 when it has ended and was reaped. */
static pid_t pidfd_number(int pidfd)
{
	char path[64], line[128];
	int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	if (file)
		fclose(file);
	return pid > 0 ? pid : 0;
}

DWORD process_open_pidfd(int pidfd, struct process **processp)
{
	pid_t pid = pidfd_number(pidfd);
	int copy;

	if (pid == 0)
		return ERROR_INVALID_PARAMETER;
	if (pid == getpid()) {
		object_hold(&self.object);
		*processp = process_from_object(object_ref(&self.object));
		return 0;
	}
	copy = fd_lifted(pidfd);
	return copy < 0 ? ERROR_TOO_MANY_OPEN_FILES
			: process_open_take(pid, copy, processp);
}

/* ending them */

void process_page_adopt(struct process_page *page, int fd)
{
	own_page = page;
	self.page = page;
	self.page_fd = fd;
}

void process_note_exit(DWORD code)
{
	if (!own_page)
		return;
	atomic_store(&own_page->code, code);
	atomic_store(&own_page->has_code, 1);
}

DWORD process_terminate(struct process *p, DWORD code)
{
	uint32_t no = 0;

	if (p == &self) {
		process_note_exit(code);
		_exit((int)code);
	}
	process_exit_code(p);
	if (atomic_load(&p->has_ended))
		return ERROR_ACCESS_DENIED;
	/* The first who wants its end says with which code; the kill comes after that. */
	if (p->page && !atomic_load(&p->page->is_terminated)) {
		atomic_compare_exchange_strong(&p->page->terminate_code, &no, code);
		atomic_store(&p->page->is_terminated, 1);
	}
	if (syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0) == 0)
		return 0;
	return errno == EPERM || errno == ESRCH ? ERROR_ACCESS_DENIED
						: ERROR_INVALID_PARAMETER;
}

/* suspended children */

int process_suspend(struct process *p)
{
	if (atomic_load(&p->gate) < 0)
		return -1;
	return atomic_fetch_add(&p->suspend, 1);
}

int process_resume(struct process *p)
{
	int old = atomic_load(&p->suspend), gate;

	do {
		if (old == 0)
			return 0;
	} while (!atomic_compare_exchange_weak(&p->suspend, &old, old - 1));
	if (old > 1)
		return old;
	gate = atomic_exchange(&p->gate, -1);
	if (gate >= 0) {
		const char go = 'g';

		(void)!send(gate, &go, 1, MSG_NOSIGNAL);
		close(gate);
	}
	return old;
}
