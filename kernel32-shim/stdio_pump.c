/* SPDX-License-Identifier: MIT */
/*
 * Pumps: their threads. The model is in stdio_pump.h.
 *
 * An output pump is one thread. An input pump is two: one sleeps in a read of the end, the
 * other one looks whether the child is still there, and then ends that read. Between the
 * reader's last look at `is_over` and its sleep there is a moment in which nothing can be
 * cancelled, so the other one tries again until the reader is done.
 *
 * The list is there for fork(): the child of a fork must not hold the kernel pipes open.
 */
#include "kernel32-shim/stdio_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <npfs/npfs.h>

#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/object.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/wait.h"

enum {
	OUTPUT_BUFFER = 65536,
	INPUT_BUFFER = 4096, /* the least a kernel pipe can hold */
	STACK = 256 * 1024,
};

/* A no-wait end has nothing, or no room: look again after this. */
#define NOWAIT_PAUSE_NS INT64_C(5000000)

enum pump_state {
	PUMP_WAITS,
	PUMP_RUNS,
	PUMP_QUITS,
};

struct stdio_pump {
	struct object_link all; /* in the list; pumps lock */
	struct object *object;  /* counted and held open */
	struct npfs_end *end;   /* borrowed from object */
	bool is_input;
	int fd;                 /* owned: the kernel pipe's own side */
	int done_fd;            /* owned: an eventfd, the reader is done; input only */
	_Atomic uint32_t state; /* futex: enum pump_state */
	_Atomic bool is_over;   /* input: the child is gone */
	struct npfs_thread *reader; /* counted; before the reader's first read */
};

static struct {
	pthread_mutex_t lock;
	struct object_link all;
} pumps = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&pumps.all, &pumps.all},
};

static void pumps_lock(void)
{
	pthread_mutex_lock(&pumps.lock);
}

static void pumps_unlock(void)
{
	pthread_mutex_unlock(&pumps.lock);
}

static void pumps_after_fork_child(void)
{
	while (!object_link_is_empty(&pumps.all)) {
		struct stdio_pump *pump =
			object_container(pumps.all.next, struct stdio_pump, all);

		close(pump->fd);
		if (pump->done_fd >= 0)
			close(pump->done_fd);
		object_link_remove(&pump->all);
	}
	pthread_mutex_unlock(&pumps.lock);
}

__attribute__((constructor)) static void pumps_survive_fork(void)
{
	pthread_atfork(pumps_lock, pumps_unlock, pumps_after_fork_child);
}

static void pump_destroy(struct stdio_pump *pump)
{
	pumps_lock();
	object_link_remove(&pump->all);
	close(pump->fd);
	if (pump->done_fd >= 0)
		close(pump->done_fd);
	pumps_unlock();
	npfs_thread_unref(pump->reader);
	object_release(pump->object);
	object_unref(pump->object);
	free(pump);
}

/* A moment, for what no event tells. */
static void pause_briefly(struct stdio_pump *pump)
{
	wait_futex_sleep(&pump->state, PUMP_RUNS, wait_now_ns() + NOWAIT_PAUSE_NS);
}

/* output */

static bool write_to_end(struct stdio_pump *pump, const char *data, uint32_t len)
{
	while (len > 0) {
		uint32_t done = 0;

		if (npfs_end_write(pump->end, data, len, NULL, &done) != STATUS_SUCCESS)
			return false;
		data += done;
		len -= done;
		if (len > 0)
			pause_briefly(pump);
	}
	return true;
}

static void pump_out(struct stdio_pump *pump)
{
	char *buffer = malloc(OUTPUT_BUFFER);
	ssize_t n;

	while (buffer) {
		n = read(pump->fd, buffer, OUTPUT_BUFFER);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_to_end(pump, buffer, (uint32_t)n))
			break;
	}
	free(buffer);
}

/* input */

static bool write_to_fd(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void read_from_end(struct stdio_pump *pump)
{
	char buffer[INPUT_BUFFER];

	while (!atomic_load(&pump->is_over)) {
		uint32_t n = 0;
		npfs_status status =
			npfs_end_read(pump->end, buffer, sizeof(buffer), NULL, &n);

		if (status == STATUS_PIPE_EMPTY)
			pause_briefly(pump);
		else if (status != STATUS_SUCCESS && status != STATUS_BUFFER_OVERFLOW)
			break;
		else if (!write_to_fd(pump->fd, buffer, n))
			break;
	}
}

static void *reader_main(void *user)
{
	struct stdio_pump *pump = user;
	const uint64_t one = 1;
	uint32_t state;

	pump->reader = npfs_thread_self();
	/* Says that the identity is there; the other thread waits for it. */
	(void)!write(pump->done_fd, &one, sizeof(one));
	while ((state = atomic_load(&pump->state)) == PUMP_WAITS)
		wait_futex_sleep(&pump->state, PUMP_WAITS, WAIT_NEVER);
	if (state == PUMP_RUNS && pump->reader)
		read_from_end(pump);
	(void)!write(pump->done_fd, &one, sizeof(one));
	return NULL;
}

static void take_done(struct stdio_pump *pump)
{
	uint64_t count;

	while (read(pump->done_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

/* Wait until the reader is done, or nobody reads the kernel pipe any more. */
static void pump_in(struct stdio_pump *pump)
{
	struct pollfd fds[2] = {
		{.fd = pump->done_fd, .events = POLLIN},
		{.fd = pump->fd},
	};

	while (!(fds[0].revents & POLLIN)) {
		int n = poll(fds, atomic_load(&pump->is_over) ? 1 : 2,
			     atomic_load(&pump->is_over) ? 1 : -1);

		if (n > 0 && (fds[1].revents & POLLERR))
			atomic_store(&pump->is_over, true);
		if (atomic_load(&pump->is_over) && pump->reader)
			npfs_thread_cancel(pump->reader);
		fds[1].revents = 0;
	}
}

/* both */

static void *pump_main(void *user)
{
	struct stdio_pump *pump = user;
	pthread_t reader;
	bool has_reader = false;

	if (pump->is_input) {
		has_reader = npfs_thread_start(reader_main, pump, STACK, &reader) == 0;
		if (has_reader)
			take_done(pump);
	}
	while (atomic_load(&pump->state) == PUMP_WAITS)
		wait_futex_sleep(&pump->state, PUMP_WAITS, WAIT_NEVER);
	if (atomic_load(&pump->state) == PUMP_RUNS) {
		if (!pump->is_input)
			pump_out(pump);
		else if (has_reader)
			pump_in(pump);
	}
	if (has_reader)
		pthread_join(reader, NULL);
	pump_destroy(pump);
	return NULL;
}

DWORD stdio_pump_new(struct object *o, bool is_input, struct stdio_pump **pumpp,
		     int *child_fdp)
{
	struct pipe_object *pipe = pipe_from_object(o);
	struct stdio_pump *pump;
	int sides[2], r;

	if (pipe->kind != PIPE_KIND_END)
		return ERROR_INVALID_HANDLE;
	pump = calloc(1, sizeof(*pump));
	if (!pump)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (pipe2(sides, O_CLOEXEC) < 0) {
		free(pump);
		return ERROR_TOO_MANY_OPEN_FILES;
	}
	/* The reader says two things, which must not be taken for one. */
	pump->done_fd = is_input ? eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE) : -1;
	if (!fd_lift(&sides[0]) || !fd_lift(&sides[1]) ||
	    (is_input && pump->done_fd < 0)) {
		close(sides[0]);
		close(sides[1]);
		if (pump->done_fd >= 0)
			close(pump->done_fd);
		free(pump);
		return ERROR_TOO_MANY_OPEN_FILES;
	}
	/* Reading ahead as little as can be. */
	if (is_input)
		fcntl(sides[1], F_SETPIPE_SZ, INPUT_BUFFER);
	pump->fd = sides[is_input ? 1 : 0];
	pump->object = object_ref(o);
	pump->end = pipe->end;
	pump->is_input = is_input;
	object_hold(o);
	pumps_lock();
	object_link_push_back(&pumps.all, &pump->all);
	pumps_unlock();
	r = npfs_thread_start(pump_main, pump, STACK, NULL);
	if (r != 0) {
		pump_destroy(pump);
		close(sides[is_input ? 0 : 1]);
		return ERROR_NO_SYSTEM_RESOURCES;
	}
	*pumpp = pump;
	*child_fdp = sides[is_input ? 0 : 1];
	return 0;
}

static void pump_set(struct stdio_pump *pump, enum pump_state state)
{
	if (!pump)
		return;
	/* Afterwards it may be gone: no look at it but the kernel's. */
	atomic_store(&pump->state, state);
	wait_futex_wake(&pump->state, INT32_MAX);
}

void stdio_pump_start(struct stdio_pump *pump)
{
	pump_set(pump, PUMP_RUNS);
}

void stdio_pump_free(struct stdio_pump *pump)
{
	pump_set(pump, PUMP_QUITS);
}
