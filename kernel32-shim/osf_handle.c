/* SPDX-License-Identifier: MIT */
/*
 * Bridges: one thread each. The model is in osf_handle.h.
 *
 * The thread is the only one that touches the end. It looks for bytes with a peek, which
 * does not wait, and reads no more than is there; while there is nothing it sleeps until the
 * program writes or until the next look, from LOOK_MIN_MS to LOOK_MAX_MS. What was read
 * stays in `to_program` until the socket has room, and meanwhile nothing is read.
 *
 * A bridge is found again by the number of the program's socket, which dup() does not
 * change. In the child of a fork there are no bridges; a descriptor the child has still leads
 * to the parent's.
 */
#include "kernel32-shim/osf_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <npfs/npfs.h>

#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/object.h"
#include "kernel32-shim/pipe_object.h"

enum {
	BUFFER = 65536,
	STACK = 256 * 1024,
	LOOK_MIN_MS = 1,
	LOOK_MAX_MS = 8,
	EXIT_WAIT_S = 60, /* for bytes that a peer does not take */
};

struct bridge {
	struct object_link all; /* in the list; bridges lock */
	HANDLE handle;          /* closed at the end */
	ino_t program_side;
	struct object *object;  /* counted and held open */
	struct npfs_end *end;   /* borrowed from object */
	int fd;                 /* owned */
	bool is_writing;        /* has taken bytes that are not written yet; bridges lock */
	bool can_write;         /* bridges lock: the peer takes bytes */
	bool can_read;
	uint32_t n_to_program;
	uint32_t at;
	char to_program[BUFFER];
	char to_end[BUFFER];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t quiet; /* some bridge has written what it had, or is gone */
	struct object_link all;
} bridges = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.quiet = PTHREAD_COND_INITIALIZER,
	.all = {&bridges.all, &bridges.all},
};

static void bridges_lock(void)
{
	pthread_mutex_lock(&bridges.lock);
}

static void bridges_unlock(void)
{
	pthread_mutex_unlock(&bridges.lock);
}

static void bridges_after_fork_child(void)
{
	while (!object_link_is_empty(&bridges.all)) {
		struct bridge *bridge = object_container(bridges.all.next, struct bridge, all);

		close(bridge->fd);
		object_link_remove(&bridge->all);
	}
	pthread_mutex_unlock(&bridges.lock);
}

__attribute__((constructor)) static void bridges_survive_fork(void)
{
	pthread_atfork(bridges_lock, bridges_unlock, bridges_after_fork_child);
}

/* Lock. */
static bool bridge_is_quiet(const struct bridge *bridge)
{
	int n = 0;

	if (bridge->is_writing)
		return false;
	return !bridge->can_write || ioctl(bridge->fd, FIONREAD, &n) < 0 || n == 0;
}

static bool all_are_quiet(void)
{
	for (struct object_link *l = bridges.all.next; l != &bridges.all; l = l->next)
		if (!bridge_is_quiet(object_container(l, struct bridge, all)))
			return false;
	return true;
}

/* What the program has written reaches the pipe although its process ends. */
__attribute__((destructor)) static void bridges_drain(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += EXIT_WAIT_S;
	bridges_lock();
	while (!all_are_quiet())
		if (pthread_cond_timedwait(&bridges.quiet, &bridges.lock, &until) != 0)
			break;
	bridges_unlock();
}

static void bridge_destroy(struct bridge *bridge)
{
	HANDLE handle = bridge->handle;

	/* Bytes that nobody has taken would make the program's read() fail. */
	shutdown(bridge->fd, SHUT_RDWR);
	while (recv(bridge->fd, bridge->to_end, BUFFER, MSG_DONTWAIT) > 0)
		;
	bridges_lock();
	object_link_remove(&bridge->all);
	close(bridge->fd);
	pthread_cond_broadcast(&bridges.quiet);
	bridges_unlock();
	object_release(bridge->object);
	object_unref(bridge->object);
	free(bridge);
	if (handle)
		handle_close(handle);
}

/* from the end to the program */

/* Nothing more will come: the program reads to the end. */
static void stop_reading(struct bridge *bridge)
{
	bridge->can_read = false;
	shutdown(bridge->fd, SHUT_WR);
}

/* Read what is there. Return: whether there was something. */
static bool take_from_end(struct bridge *bridge)
{
	struct npfs_peek peek = {0};
	uint32_t n = 0;
	npfs_status status = npfs_end_peek(bridge->end, NULL, 0, &peek);

	if (npfs_status_is_error(status)) {
		stop_reading(bridge);
		return false;
	}
	if (!peek.available && !peek.n_messages)
		return false;
	status = npfs_end_read(bridge->end, bridge->to_program, BUFFER, NULL, &n);
	if (status != STATUS_SUCCESS && status != STATUS_BUFFER_OVERFLOW &&
	    status != STATUS_PIPE_EMPTY)
		stop_reading(bridge);
	bridge->n_to_program = n;
	bridge->at = 0;
	return n > 0;
}

static void give_to_program(struct bridge *bridge)
{
	ssize_t n = send(bridge->fd, bridge->to_program + bridge->at,
			 bridge->n_to_program - bridge->at, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		bridge->at += (uint32_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		bridge->at = bridge->n_to_program; /* nobody reads it any more */
	if (bridge->at == bridge->n_to_program)
		bridge->at = bridge->n_to_program = 0;
}

/* from the program to the end */

static bool write_all(struct bridge *bridge, const char *data, uint32_t len)
{
	struct timespec pause = {.tv_nsec = LOOK_MAX_MS * 1000000};

	while (len > 0) {
		uint32_t done = 0;

		if (npfs_end_write(bridge->end, data, len, NULL, &done) != STATUS_SUCCESS)
			return false;
		data += done;
		len -= done;
		/* A no-wait end has no room, and tells nobody when it has. */
		if (len > 0)
			nanosleep(&pause, NULL);
	}
	return true;
}

/* Return: false: every copy of the descriptor is closed. */
static bool take_from_program(struct bridge *bridge)
{
	bool can_write = true;
	ssize_t n;

	bridges_lock();
	n = recv(bridge->fd, bridge->to_end, BUFFER, MSG_DONTWAIT);
	bridge->is_writing = n > 0;
	bridges_unlock();
	if (n == 0)
		return false;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	can_write = write_all(bridge, bridge->to_end, (uint32_t)n);
	if (!can_write)
		shutdown(bridge->fd, SHUT_RD);
	bridges_lock();
	bridge->is_writing = false;
	bridge->can_write = can_write;
	pthread_cond_broadcast(&bridges.quiet);
	bridges_unlock();
	return true;
}

static void *bridge_main(void *user)
{
	struct bridge *bridge = user;
	int look = LOOK_MIN_MS;
	bool is_open = true;

	while (is_open) {
		struct pollfd p = {.fd = bridge->fd, .events = bridge->can_write ? POLLIN : 0};
		int wait = -1;

		if (!bridge->n_to_program && bridge->can_read) {
			if (take_from_end(bridge))
				look = LOOK_MIN_MS;
			else
				look = look < LOOK_MAX_MS ? look * 2 : LOOK_MAX_MS;
			wait = look;
		}
		if (bridge->n_to_program) {
			p.events |= POLLOUT;
			wait = -1;
		}
		if (poll(&p, 1, wait) < 0)
			continue;
		if (p.revents & POLLOUT)
			give_to_program(bridge);
		if (p.revents & POLLIN)
			is_open = take_from_program(bridge);
		else if (p.revents & (POLLHUP | POLLERR))
			is_open = bridge->can_write && take_from_program(bridge);
	}
	bridge_destroy(bridge);
	return NULL;
}

/* life */

static struct bridge *bridge_new(struct object *o, HANDLE h, const int sides[2])
{
	struct bridge *bridge;
	struct stat st;

	if (fstat(sides[0], &st) < 0)
		return NULL;
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return NULL;
	bridge->handle = h;
	bridge->program_side = st.st_ino;
	bridge->object = object_ref(o);
	bridge->end = pipe_from_object(o)->end;
	bridge->fd = sides[1];
	bridge->can_read = bridge->can_write = true;
	object_hold(o);
	bridges_lock();
	object_link_push_back(&bridges.all, &bridge->all);
	bridges_unlock();
	return bridge;
}

/* Above the standard descriptors, whichever of these are free. */
static bool make_sides(int sides[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sides) < 0)
		return false;
	if (fd_lift(&sides[0]) && fd_lift(&sides[1]))
		return true;
	close(sides[0]);
	close(sides[1]);
	return false;
}

int osf_bridge_open(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_PIPE, NULL);
	struct bridge *bridge = NULL;
	int sides[2], error = EMFILE;

	if (!o || !pipe_from_object(o)->end) {
		object_unref(o);
		errno = EBADF;
		return -1;
	}
	if (make_sides(sides)) {
		bridge = bridge_new(o, h, sides);
		error = ENOMEM;
		if (!bridge)
			close(sides[1]);
		else if (npfs_thread_start(bridge_main, bridge, STACK, NULL) != 0) {
			bridge->handle = NULL; /* stays the caller's */
			bridge_destroy(bridge);
			bridge = NULL;
		}
		if (!bridge)
			close(sides[0]);
	}
	object_unref(o);
	if (bridge)
		return sides[0];
	errno = error;
	return -1;
}

HANDLE osf_bridge_handle(int fd)
{
	HANDLE h = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return NULL;
	bridges_lock();
	for (struct object_link *l = bridges.all.next; l != &bridges.all && !h; l = l->next) {
		struct bridge *bridge = object_container(l, struct bridge, all);

		if (bridge->program_side == st.st_ino)
			h = bridge->handle;
	}
	bridges_unlock();
	return h;
}
