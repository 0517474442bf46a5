/* SPDX-License-Identifier: MIT */
/*
 * Starting npfsd
 *
 * The caller is somebody else's program: it may have threads, signal handlers, children
 * of its own and a wait() for all of them. So the child is made by the clone system call
 * without an exit signal (no SIGCHLD, invisible to wait()), in the way of fork: nothing
 * is shared but what is copied. Between clone and exec only async-signal-safe calls are
 * made, on memory prepared beforehand. The child makes the daemon and leaves at once;
 * the daemon is nobody's child, in a session of its own, with the three standard
 * descriptors on /dev/null and a pipe for one byte: "I listen".
 */
#include "npfs/client/start.h"

#include <npfs/security.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/proto/place.h"

#ifndef NPFS_NPFSD_PATH
#error "the build defines NPFS_NPFSD_PATH, the installed place of npfsd"
#endif

#if defined(__SANITIZE_THREAD__)
#define START_USES_FORK
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define START_USES_FORK
#endif
#endif

/* A broker that neither listens nor ends for so long hangs. On a machine that is busy ten
 * seconds are not enough. */
#define READY_TIMEOUT_MS 60000u

/* Who has begun to start a broker is left the time; then somebody else starts one too, of
 * which the second finds the first at the socket. */
#define STARTER_PATIENCE_NS (2 * NP_NS_PER_SEC)

/* There is nothing to wait on that would tell that a broker listens. */
#define LOOK_FIRST_NS 500000
#define LOOK_MOST_NS  8000000

/* How long a broker started here stays without a client; the option's argument. */
#define IDLE_EXIT_SECONDS "10"

/* The descriptor the daemon finds its pipe at. */
#define READY_FD 3

/* The highest signal number plus one; NSIG counts the real-time ones. */
#define SIGNAL_END NSIG

extern char **environ;

static bool autostart_is_forbidden(void)
{
	const char *value = secure_getenv("NPFS_NO_AUTOSTART");

	return value && *value && strcmp(value, "0") != 0;
}

static const char *npfsd_path(void)
{
	const char *value = secure_getenv("NPFSD");

	return value && *value ? value : NPFS_NPFSD_PATH;
}

/*
 * fork() without its handlers and without a signal to the parent when the child ends.
 *
 * The thread sanitizer has locks of its own that only a true fork() takes care of; in a
 * build with it the child is an ordinary one.
 */
#ifdef START_USES_FORK
#define CHILD_WAIT_FLAGS 0
static pid_t clone_quiet(void)
{
	return fork();
}
#else
#define CHILD_WAIT_FLAGS __WCLONE
static pid_t clone_quiet(void)
{
	return (pid_t)syscall(SYS_clone, 0ul, NULL, NULL, NULL, NULL);
}
#endif

static void child_close_from(int first)
{
	struct rlimit limit;
	int fd;

	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 65536)
		limit.rlim_cur = 65536;
	for (fd = first; fd < (int)limit.rlim_cur; fd++)
		close(fd);
}

/* The caller's handlers and ignored signals are none of the daemon's business. */
static void child_reset_signals(void)
{
	struct sigaction action;
	sigset_t none;
	int sig;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	for (sig = 1; sig < SIGNAL_END; sig++)
		sigaction(sig, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becomes the daemon. Only async-signal-safe calls; does not return. */
static NP_NORETURN void child_exec(const char *path, char *const argv[], int ready_fd)
{
	int null_fd, i;

	setsid();
	if (clone_quiet() != 0)
		_exit(0);
	child_reset_signals();
	if (ready_fd != READY_FD && dup2(ready_fd, READY_FD) < 0)
		_exit(127);
	if (fcntl(READY_FD, F_SETFD, 0) < 0)
		_exit(127);
	null_fd = open("/dev/null", O_RDWR);
	if (null_fd < 0)
		_exit(127);
	for (i = 0; i < 3; i++)
		dup2(null_fd, i);
	child_close_from(READY_FD + 1);
	if (chdir("/") < 0)
		_exit(127);
	execve(path, argv, environ);
	_exit(127);
}

/* Waits for the daemon's byte. Return: 0; -ETIMEDOUT; -ENOEXEC when it ended before. */
static int ready_wait(int fd)
{
	int64_t deadline = np_deadline_after_ms(np_clock_now_ns(), READY_TIMEOUT_MS);
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	ssize_t n;
	char byte;
	int r;

	do {
		r = poll(&pfd, 1, np_deadline_poll_ms(np_clock_now_ns(), deadline));
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return np_err(-errno);
	if (r == 0)
		return np_err(-ETIMEDOUT);
	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : np_err(-ENOEXEC);
}

/* Starts a broker for @place and waits until it listens. */
static int broker_spawn(const struct np_place *place)
{
	char idle_option[] = "--idle-exit=" IDLE_EXIT_SECONDS;
	char ready_option[] = "--ready-fd=3";
	char name[] = "npfsd", foreground[] = "--foreground",
	     syslog_option[] = "--syslog";
	char socket_option[] = "--socket", rmdir_option[] = "--remove-dir";
	char path[NP_PLACE_PATH_MAX];
	char *argv[9] = {name,        foreground,   syslog_option,
			 idle_option, ready_option, socket_option,
			 path,        NULL,         NULL};
	NP_CLEANUP_FD int read_fd = -1;
	NP_CLEANUP_FD int write_fd = -1;
	const char *program = npfsd_path();
	sigset_t all, old;
	int fds[2];
	pid_t pid;

	memcpy(path, place->path, sizeof(path));
	if (place->dir[0])
		argv[7] = rmdir_option;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return np_err(-errno);
	read_fd = fds[0];
	/* Above the three standard ones, whatever the caller has closed. */
	write_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, READY_FD);
	np_fd_close(fds[1]);
	if (write_fd < 0)
		return np_err(-errno);

	/* No handler of the caller may run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone_quiet();
	if (pid == 0)
		child_exec(program, argv, write_fd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return np_err(-errno);
	while (waitpid(pid, NULL, CHILD_WAIT_FLAGS) < 0 && errno == EINTR)
		;
	write_fd = np_fd_close(write_fd);
	return ready_wait(read_fd);
}

static bool is_nobody(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED;
}

/* Somebody else may have started one while this one got the lock; or has, in vain. */
static int start_locked(const struct np_place *place, int *fdp)
{
	int r = np_place_connect(place->path, fdp);
	int spawned;

	if (!is_nobody(r))
		return r;
	np_debug(NP_DEBUG_CONN, "starting %s for %s", npfsd_path(), place->path);
	spawned = broker_spawn(place);
	r = np_place_connect(place->path, fdp);
	return is_nobody(r) && spawned < 0 ? spawned : r;
}

/*
 * Connects to @place; starts a broker there when nobody listens.
 *
 * Who starts one may be slow afterwards, or stand still; so the others do not wait for the
 * lock but for the broker.
 */
static int connect_or_start(const struct np_place *place, int *fdp)
{
	const int64_t late_ns = np_clock_now_ns() + STARTER_PATIENCE_NS;
	struct timespec pause = {.tv_nsec = LOOK_FIRST_NS};
	const char *lock = NP_PLACE_START_LOCK;
	int lock_fd = -1;
	int r;

	for (;;) {
		r = np_place_connect(place->path, fdp);
		if (!is_nobody(r))
			return r;
		if (autostart_is_forbidden())
			return np_err(-EOPNOTSUPP);
		r = np_place_try_lock(place->path, lock, &lock_fd);
		if (r != -EWOULDBLOCK)
			break;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		if (pause.tv_nsec < LOOK_MOST_NS)
			pause.tv_nsec *= 2;
		if (np_clock_now_ns() > late_ns)
			lock = NP_PLACE_INSTEAD_LOCK;
	}
	if (r < 0)
		return r;
	r = start_locked(place, fdp);
	np_place_unlock(place->path, lock, lock_fd);
	return r;
}

/**
 * np_start_connect_only() - connect to the broker that np_start_connect() finds, if it is
 * there
 * @fdp:	blocking socket, owned by the caller
 *
 * The user's own place is that of the process, not of what the calling thread wears.
 *
 * Return: 0; -errno.
 */
int np_start_connect_only(int *fdp)
{
	struct np_place place;
	int r;

	if (np_place_from_env(&place, &r))
		return r < 0 ? r : np_place_connect(place.path, fdp);
	r = np_place_connect(NP_PLACE_MACHINE_SOCKET, fdp);
	if (r == 0)
		return 0;
	npfs_identity_pause();
	r = np_place_user(&place);
	npfs_identity_resume();
	return r < 0 ? r : np_place_connect(place.path, fdp);
}

/**
 * np_start_connect() - connect to the broker, wherever it is, starting it if allowed
 * @fdp:	blocking socket, owned by the caller
 *
 * A broker may leave in the moment in which somebody connects; the caller notices when
 * nobody answers, and calls again.
 *
 * Return: 0; -EOPNOTSUPP when there is none and starting is forbidden; another errno.
 */
int np_start_connect(int *fdp)
{
	struct np_place place;
	int r;

	if (np_place_from_env(&place, &r)) {
		if (r < 0)
			return r;
		return connect_or_start(&place, fdp);
	}
	r = np_place_connect(NP_PLACE_MACHINE_SOCKET, fdp);
	if (r == 0)
		return 0;
	r = np_place_user(&place);
	if (r < 0)
		return r;
	return connect_or_start(&place, fdp);
}
