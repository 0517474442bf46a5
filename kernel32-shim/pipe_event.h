/* SPDX-License-Identifier: MIT */
/*
 * Events of pipe ends: FSCTL_PIPE_ASSIGN_EVENT and FSCTL_PIPE_QUERY_EVENT, which NT 3.x to 5
 * have (npfs-semantics 8.3; the row pipe_events of the personality)
 *
 * An end has one event at most, with a key of the program's. The event is set, and never reset,
 * whenever the other end has changed a queue or the state: it wrote, read, closed,
 * disconnected, its process died, or a client came. What a process does with its own end it
 * knows. The event belongs to the handle's file object in this process: another process that
 * has the same end may assign its own.
 */
#pragma once

#include <stdint.h>

#include <npfs/status.h>

struct pipe_object;

/**
 * pipe_event_assign() - set an event from now on, in place of the one before
 * @in: a FILE_PIPE_ASSIGN_EVENT_BUFFER; a handle of NULL: none any more
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: too short; STATUS_INVALID_HANDLE: no event;
 * STATUS_ACCESS_DENIED: the handle must not set it; and as npfs_end_on_change().
 */
npfs_status pipe_event_assign(struct pipe_object *pipe, const void *in, uint32_t in_len);

/**
 * pipe_event_query() - what can be done on the end now
 * @in: the handle of the event
 * @out: receives two FILE_PIPE_EVENT_BUFFER: what can be read, and what can be written
 * @donep: receives the bytes of those that fitted
 *
 * Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW: one entry or none fitted; STATUS_NOT_FOUND:
 * it is not the event of this end; STATUS_INVALID_PARAMETER, STATUS_INVALID_HANDLE as above;
 * and as npfs_end_query().
 */
npfs_status pipe_event_query(struct pipe_object *pipe, const void *in, uint32_t in_len,
			     void *out, uint32_t out_len, uint32_t *donep);

/* pipe_event_free() - the end goes; it may have none */
void pipe_event_free(struct pipe_object *pipe);
