/* SPDX-License-Identifier: MIT */
/*
 * Pumps: an end of a named pipe as a standard descriptor of a child
 *
 * A program that knows nothing of us reads and writes descriptors 0, 1 and 2. When one of
 * these shall be an end of ours, the child gets a pipe of the kernel, and hidden threads of
 * the parent carry the bytes between that and the end:
 *
 *	child writes -> kernel pipe -> pump -> end	standard output, standard error
 *	child reads  <- kernel pipe <- pump <- end	standard input
 *
 * Who holds what open. A pump holds the end open like a handle. It lets go when the last
 * process that has the kernel pipe's other side is gone; bytes come first. So the rule of
 * the documentation holds as it stands: the parent closes its own copy of the child's end,
 * and its ReadFile answers ERROR_BROKEN_PIPE after the last byte of the last writer. The
 * other way round, when everything was read and the peer has closed, the child reads its
 * end of file; when the reader has gone, the child's write gets EPIPE and SIGPIPE.
 *
 * What differs from Windows: the input pump reads ahead, up to what the kernel pipe holds
 * (a page), and what it read ahead is gone with the child. Pumps end with the parent.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

struct object;
struct stdio_pump;

/**
 * stdio_pump_new() - a pump that does not run yet
 * @pipe: an object of type OBJECT_PIPE; held open and counted by the pump
 * @is_input: the child reads what comes out of @pipe; else it writes
 * @child_fdp: receives the child's side, close-on-exec, 3 or higher; the caller's
 *
 * Return: 0 or a Win32 error; ERROR_INVALID_HANDLE for the pipe device itself.
 */
DWORD stdio_pump_new(struct object *pipe, bool is_input, struct stdio_pump **pumpp,
		     int *child_fdp);

/* Let it run. It goes by itself. NULL is harmless. */
void stdio_pump_start(struct stdio_pump *pump);

/* Give up one that was not started. NULL is harmless. */
void stdio_pump_free(struct stdio_pump *pump);
