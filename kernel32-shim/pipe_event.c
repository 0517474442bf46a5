/* SPDX-License-Identifier: MIT */
/*
 * Events of pipe ends (model: pipe_event.h)
 *
 * The library has the reference to the event, as the argument of its callback. The object's own
 * pointer is only compared with, never followed.
 */
#include "kernel32-shim/pipe_event.h"

#include <string.h>

#include <winternl.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/pipe_object.h"

enum { ENTRY_READ, ENTRY_WRITE, N_ENTRIES };

/* Under the end's lock. */
static void tell(void *event)
{
	object_signal(event);
}

npfs_status pipe_event_assign(struct pipe_object *pipe, const void *in, uint32_t in_len)
{
	FILE_PIPE_ASSIGN_EVENT_BUFFER request;
	struct object *event = NULL;
	uint32_t access = 0;
	npfs_status status;
	void *old = NULL;

	if (in_len < sizeof(request))
		return STATUS_INVALID_PARAMETER;
	memcpy(&request, in, sizeof(request));
	if (request.EventHandle) {
		event = handle_get(request.EventHandle, OBJECT_EVENT, &access);
		if (!event)
			return STATUS_INVALID_HANDLE;
		if (!(access & EVENT_MODIFY_STATE)) {
			object_unref(event);
			return STATUS_ACCESS_DENIED;
		}
	}
	status = npfs_end_on_change(pipe->end, event ? tell : NULL, event, &old);
	if (status != STATUS_SUCCESS) {
		object_unref(event);
		return status;
	}
	atomic_store(&pipe->event_key, request.KeyValue);
	atomic_store(&pipe->event, event);
	object_unref(old);
	return STATUS_SUCCESS;
}

static npfs_status fill(struct pipe_object *pipe, FILE_PIPE_EVENT_BUFFER *entries)
{
	struct npfs_peek peek = {.n_messages = 0};
	struct npfs_end_info info;
	npfs_status status = npfs_end_query(pipe->end, &info);

	if (status != STATUS_SUCCESS)
		return status;
	/* without the right to read, and without a connection, there are no messages */
	if (npfs_status_is_error(npfs_end_peek(pipe->end, NULL, 0, &peek)))
		peek.n_messages = 0;
	for (unsigned i = 0; i < N_ENTRIES; i++)
		entries[i] = (FILE_PIPE_EVENT_BUFFER){
			.NamedPipeState = info.state,
			.EntryType = i,
			.ByteCount = i == ENTRY_READ ? info.read_available
						     : info.write_quota_available,
			.KeyValue = atomic_load(&pipe->event_key),
			.NumberRequests = i == ENTRY_READ ? peek.n_messages : 0,
		};
	return STATUS_SUCCESS;
}

npfs_status pipe_event_query(struct pipe_object *pipe, const void *in, uint32_t in_len,
			     void *out, uint32_t out_len, uint32_t *donep)
{
	FILE_PIPE_EVENT_BUFFER entries[N_ENTRIES];
	struct handle_pin pin;
	struct object *event;
	npfs_status status;
	uint32_t len;
	HANDLE h;

	if (in_len < sizeof(h))
		return STATUS_INVALID_PARAMETER;
	memcpy(&h, in, sizeof(h));
	event = handle_pin(h, OBJECT_EVENT, NULL, &pin);
	if (!event)
		return STATUS_INVALID_HANDLE;
	status = atomic_load(&pipe->event) == event ? STATUS_SUCCESS : STATUS_NOT_FOUND;
	handle_unpin(&pin);
	if (status == STATUS_SUCCESS)
		status = fill(pipe, entries);
	if (status != STATUS_SUCCESS)
		return status;
	len = out_len < sizeof(entries) ? out_len - out_len % (uint32_t)sizeof(entries[0])
					: (uint32_t)sizeof(entries);
	if (len)
		memcpy(out, entries, len);
	*donep = len;
	return len == sizeof(entries) ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

void pipe_event_free(struct pipe_object *pipe)
{
	void *old = NULL;

	if (!atomic_load(&pipe->event))
		return;
	npfs_end_on_change(pipe->end, NULL, NULL, &old);
	object_unref(old);
}
