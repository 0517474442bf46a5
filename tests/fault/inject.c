/* SPDX-License-Identifier: MIT */
#include "tests/fault/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

static _Thread_local struct {
	unsigned left; /* calls until one fails; 0: none does */
	bool has_failed;
	bool interrupts;
	bool was_interrupted; /* the last one that could be */
	const char *name;
	void *caller;
} inject;

static struct inject_page *page;

void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);

void inject_arm(unsigned n)
{
	inject.has_failed = false;
	inject.left = n;
}

bool inject_disarm(void)
{
	inject.left = 0;
	return inject.has_failed;
}

const char *inject_name(void)
{
	return inject.name ? inject.name : "nothing";
}

void *inject_caller(void)
{
	return inject.caller;
}

void inject_interrupts(bool is_on)
{
	inject.interrupts = is_on;
	inject.was_interrupted = false;
}

void inject_page_arm(struct inject_page *armed, unsigned n)
{
	atomic_store(&armed->has_failed, false);
	atomic_store(&armed->left, n);
}

bool inject_page_disarm(struct inject_page *armed)
{
	atomic_store(&armed->left, 0);
	return atomic_load(&armed->has_failed);
}

/* The program that a test has started with a page of the test's. */
__attribute__((constructor)) static void begin_with_page(void)
{
	const char *text = getenv(INJECT_ENV);
	void *at;

	if (!text)
		return;
	at = __real_mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED,
			 atoi(text), 0);
	if (at == MAP_FAILED)
		abort();
	page = at;
}

/* Whether this call is the one that the page counts down to. */
static bool fails_by_page(const char *name, int error)
{
	unsigned left;

	if (!page)
		return false;
	left = atomic_load(&page->left);
	do {
		if (left == 0)
			return false;
	} while (!atomic_compare_exchange_weak(&page->left, &left, left - 1));
	if (left != 1)
		return false;
	snprintf(page->name, sizeof(page->name), "%s", name);
	atomic_store(&page->has_failed, true);
	errno = error;
	return true;
}

static bool fails(const char *name, void *caller, int error)
{
	if (fails_by_page(name, error))
		return true;
	if (inject.left == 0 || --inject.left != 0)
		return false;
	inject.has_failed = true;
	inject.name = name;
	inject.caller = caller;
	errno = error;
	return true;
}

static bool is_interrupted(void)
{
	if (!inject.interrupts)
		return false;
	inject.was_interrupted = !inject.was_interrupted;
	if (inject.was_interrupted)
		errno = EINTR;
	return inject.was_interrupted;
}

/* A function of @type, of which the arguments are declared as @params and passed on as
 * @args: it fails with @failure and @error. */
#define WRAP(type, name, params, args, failure, error)                                   \
	type __real_##name params;                                                       \
	type __wrap_##name params;                                                       \
	type __wrap_##name params                                                        \
	{                                                                                \
		if (fails(#name, __builtin_return_address(0), error))                    \
			return failure;                                                  \
		return __real_##name args;                                               \
	}

/* ... that a signal may interrupt as well. */
#define WRAP_SLOW(type, name, params, args, error)                                       \
	type __real_##name params;                                                       \
	type __wrap_##name params;                                                       \
	type __wrap_##name params                                                        \
	{                                                                                \
		if (fails(#name, __builtin_return_address(0), error) ||                  \
		    is_interrupted())                                                    \
			return -1;                                                       \
		return __real_##name args;                                               \
	}

/* ... that waits, which needs nothing. */
#define WRAP_WAIT(type, name, params, args)                                              \
	type __real_##name params;                                                       \
	type __wrap_##name params;                                                       \
	type __wrap_##name params                                                        \
	{                                                                                \
		return is_interrupted() ? -1 : __real_##name args;                       \
	}

/* ... that moves bytes, which needs nothing of a client's but may fail in the broker. */
#define WRAP_MOVE(type, name, params, args, error)                                       \
	type __real_##name params;                                                       \
	type __wrap_##name params;                                                       \
	type __wrap_##name params                                                        \
	{                                                                                \
		if (fails_by_page(#name, error))                         \
			return -1;                                                       \
		return is_interrupted() ? -1 : __real_##name args;                       \
	}

WRAP(void *, malloc, (size_t size), (size), NULL, ENOMEM)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
WRAP(void *, realloc, (void *p, size_t size), (p, size), NULL, ENOMEM)
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size), NULL, ENOMEM)
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size), NULL, ENOMEM)
WRAP(char *, strdup, (const char *s), (s), NULL, ENOMEM)
WRAP(char *, strndup, (const char *s, size_t n), (s, n), NULL, ENOMEM)
WRAP(void *, mmap, (void *at, size_t len, int prot, int flags, int fd, off_t offset),
     (at, len, prot, flags, fd, offset), (void *)-1, ENOMEM)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), -1, EMFILE)
WRAP(int, ftruncate, (int fd, off_t len), (fd, len), -1, ENOSPC)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1,
     EMFILE)
WRAP(int, socketpair, (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds), -1, EMFILE)
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags), -1, EMFILE)
WRAP(int, dup, (int fd), (fd), -1, EMFILE)
WRAP(int, epoll_create1, (int flags), (flags), -1, EMFILE)
WRAP(int, accept4, (int fd, struct sockaddr *addr, socklen_t *lenp, int flags),
     (fd, addr, lenp, flags), -1, EMFILE)
WRAP(int, getsockopt, (int fd, int level, int name, void *valuep, socklen_t *lenp),
     (fd, level, name, valuep, lenp), -1, ENOMEM)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1, ENOSPC)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL, EMFILE)
WRAP(int, pthread_create,
     (pthread_t *threadp, const pthread_attr_t *attr, void *(*run)(void *), void *arg),
     (threadp, attr, run, arg), EAGAIN, EAGAIN)

WRAP_SLOW(int, connect, (int fd, const struct sockaddr *addr, socklen_t len),
	  (fd, addr, len), ENOMEM)
WRAP_SLOW(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags),
	  (fd, msg, flags), ENOBUFS)
WRAP_SLOW(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags),
	  ENOMEM)

WRAP_MOVE(ssize_t, send, (int fd, const void *buf, size_t len, int flags),
	  (fd, buf, len, flags), ENOBUFS)
WRAP_MOVE(ssize_t, recv, (int fd, void *buf, size_t len, int flags),
	  (fd, buf, len, flags), ENOMEM)
WRAP_MOVE(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len), EIO)
WRAP_MOVE(ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len), ENOSPC)
WRAP_WAIT(int, poll, (struct pollfd *fds, nfds_t n, int timeout_ms),
	  (fds, n, timeout_ms))
WRAP_WAIT(int, epoll_wait, (int fd, struct epoll_event *events, int max, int timeout_ms),
	  (fd, events, max, timeout_ms))

/* To files only, where no signal interrupts it. */
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	if (fails_by_page("pwrite", ENOSPC))
		return -1;
	return __real_pwrite(fd, buf, len, at);
}

/* Only what adds needs something. */
int __real_epoll_ctl(int fd, int op, int other, struct epoll_event *event);
int __wrap_epoll_ctl(int fd, int op, int other, struct epoll_event *event);
int __wrap_epoll_ctl(int fd, int op, int other, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD &&
	    fails("epoll_ctl", __builtin_return_address(0), ENOSPC))
		return -1;
	return __real_epoll_ctl(fd, op, other, event);
}

int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	if (cmd == F_DUPFD_CLOEXEC && fails("fcntl", __builtin_return_address(0), EMFILE))
		return -1;
	return __real_fcntl(fd, cmd, arg);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (fails("open", __builtin_return_address(0), EMFILE) || is_interrupted())
		return -1;
	return __real_open(path, flags, mode);
}

/* A wait on a futex is one that a signal ends. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	const int n = number == SYS_futex || number == SYS_epoll_pwait2 ? 6 : 5;
	long a[6] = {0};
	va_list args;

	va_start(args, number);
	for (int i = 0; i < n; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_futex &&
	    ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT ||
	     (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) &&
	    is_interrupted())
		return -1;
	if (number == SYS_pidfd_open &&
	    fails("pidfd_open", __builtin_return_address(0), EMFILE))
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
