/* SPDX-License-Identifier: MIT */
/*
 * The named pipe calls
 *
 * Arguments are checked in the order of npfs-semantics.md section 2.1 and turned into the
 * library's terms; what a call means is decided there.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/npfs.h>

#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/pipe_path.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/token.h"

#define OPEN_MODE_BITS                                                                    \
	(PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_OVERLAPPED |           \
	 FILE_FLAG_FIRST_PIPE_INSTANCE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)
#define PIPE_MODE_BITS                                                                    \
	(PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE |                       \
	 PIPE_REJECT_REMOTE_CLIENTS)

#define NT_FILE_OPEN_IF	     3u
#define NT_FILE_CREATE	     2u
#define NT_TICKS_PER_MS	     10000
#define DEFAULT_TIMEOUT_MS   50
#define ANSI_PATH_MAX	     260u /* units the A calls have room for, terminator included */
#define CREATE_PIPE_QUOTA    4096u
#define CREATE_PIPE_TIMEOUT  (INT64_C(-120) * 1000 * NT_TICKS_PER_MS)
#define ATTRIBUTES	     (FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES)
#define CREATE_PIPE_READ     (SYNCHRONIZE | READ_CONTROL | ATTRIBUTES | FILE_READ_EA | FILE_READ_DATA)
#define CREATE_PIPE_WRITE                                                                 \
	(SYNCHRONIZE | READ_CONTROL | ATTRIBUTES | FILE_WRITE_EA | FILE_APPEND_DATA |     \
	 FILE_WRITE_DATA)

static HANDLE fail_handle(DWORD error)
{
	thread_fail(error);
	return INVALID_HANDLE_VALUE;
}

static BOOL answer(npfs_status status)
{
	return status == STATUS_SUCCESS ? TRUE : thread_fail(npfs_status_to_win32(status));
}

static int64_t timeout_from_ms(DWORD ms)
{
	return ms == NMPWAIT_WAIT_FOREVER ? INT64_MIN : (int64_t)ms * -NT_TICKS_PER_MS;
}

/* creating */

static DWORD check_create_modes(DWORD open_mode, DWORD pipe_mode)
{
	const struct rules *rules = rules_get();

	if (!(open_mode & PIPE_ACCESS_DUPLEX) || (open_mode & ~OPEN_MODE_BITS))
		return ERROR_INVALID_PARAMETER;
	if (pipe_mode & ~(DWORD)PIPE_MODE_BITS)
		return ERROR_INVALID_PARAMETER;
	if ((pipe_mode & PIPE_REJECT_REMOTE_CLIENTS) && !rules->reject_remote_flag)
		return ERROR_INVALID_PARAMETER;
	if (open_mode & ACCESS_SYSTEM_SECURITY)
		return ERROR_PRIVILEGE_NOT_HELD;
	return ERROR_SUCCESS;
}

static void fill_create_params(struct npfs_create_params *params, DWORD open_mode,
			       DWORD pipe_mode, DWORD max_instances)
{
	bool first = open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE &&
		     rules_get()->first_instance_flag;

	params->size = sizeof(*params);
	params->flags = open_mode & FILE_FLAG_OVERLAPPED ? 0 : NPFS_SYNCHRONOUS;
	params->access = SYNCHRONIZE | (open_mode & (WRITE_DAC | WRITE_OWNER));
	if (open_mode & PIPE_ACCESS_INBOUND) {
		params->access |= GENERIC_READ;
		params->share |= FILE_SHARE_WRITE;
	}
	if (open_mode & PIPE_ACCESS_OUTBOUND) {
		params->access |= GENERIC_WRITE;
		params->share |= FILE_SHARE_READ;
	}
	params->disposition = first ? NT_FILE_CREATE : NT_FILE_OPEN_IF;
	params->type = pipe_mode & PIPE_TYPE_MESSAGE ? NPFS_TYPE_MESSAGE : NPFS_TYPE_BYTE;
	if (pipe_mode & PIPE_REJECT_REMOTE_CLIENTS)
		params->type |= NPFS_TYPE_REJECT_REMOTE;
	params->read_mode = pipe_mode & PIPE_READMODE_MESSAGE ? NPFS_MODE_MESSAGE :
								NPFS_MODE_BYTE;
	params->completion_mode = pipe_mode & PIPE_NOWAIT ? NPFS_MODE_NOWAIT :
							    NPFS_MODE_WAIT;
	params->max_instances = max_instances == PIPE_UNLIMITED_INSTANCES ?
					NPFS_UNLIMITED_INSTANCES : max_instances;
}

static HANDLE create_pipe(const uint16_t *name, size_t name_len,
			  const struct npfs_create_params *params,
			  const SECURITY_ATTRIBUTES *sa)
{
	struct npfs_create_params params_here = *params;
	struct pipe_object *pipe;
	struct npfs_end *end;
	npfs_status status;
	uint32_t access;
	HANDLE h;

	if (sa && sa->bInheritHandle)
		params_here.flags |= NPFS_INHERITABLE;
	status = npfs_pipe_create(name, name_len, &params_here, &end, NULL);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	access = npfs_end_access(end);
	pipe = pipe_object_new(end, true, params->flags & NPFS_SYNCHRONOUS);
	if (!pipe)
		return fail_handle(ERROR_NOT_ENOUGH_MEMORY);
	h = handle_new_take(&pipe->object, access,
			    sa && sa->bInheritHandle ? HANDLE_INHERIT : 0);
	if (!h)
		return INVALID_HANDLE_VALUE;
	thread_last_error = ERROR_SUCCESS;
	return h;
}

/* The name in a path that a pipe can be created with, or the error. */
static DWORD check_create_path(const struct pipe_path *path)
{
	if (path->parts.path_class != NPFS_PATH_PIPE || !path->parts.name_len)
		return ERROR_INVALID_NAME;
	if (!rules_get()->colon_name) {
		const uint16_t *name = pipe_path_name(path);

		for (size_t i = 0; i < path->parts.name_len; i++)
			if (name[i] == ':')
				return ERROR_INVALID_NAME;
	}
	return ERROR_SUCCESS;
}

static HANDLE create_at(const struct pipe_path *path, struct npfs_create_params *params,
			const SECURITY_ATTRIBUTES *sa)
{
	void *descriptor = NULL;
	npfs_status status;
	HANDLE h;

	status = securitydesc_flatten(sa, &descriptor, &params->descriptor_len);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	params->descriptor = descriptor;
	h = create_pipe(pipe_path_name(path), path->parts.name_len, params, sa);
	free(descriptor);
	return h;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
			       DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
			       DWORD nDefaultTimeOut,
			       LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
	struct npfs_create_params params = { 0 };
	struct pipe_path path;
	npfs_status status;
	DWORD error;
	HANDLE h;

	if (rules_get()->server_error)
		return fail_handle(rules_get()->server_error);
	if (!nMaxInstances || nMaxInstances > PIPE_UNLIMITED_INSTANCES)
		return fail_handle(ERROR_INVALID_PARAMETER);
	if (!lpName || !lpName[0])
		return fail_handle(ERROR_PATH_NOT_FOUND);
	if (rules_get()->path_max >= 0 &&
	    text_wide_len(lpName) > (size_t)rules_get()->path_max)
		return fail_handle(ERROR_FILENAME_EXCED_RANGE);
	error = check_create_modes(dwOpenMode, dwPipeMode);
	if (error)
		return fail_handle(error);
	status = pipe_path_dos(lpName, &path);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	error = check_create_path(&path);
	if (error) {
		pipe_path_fini(&path);
		return fail_handle(error);
	}
	fill_create_params(&params, dwOpenMode, dwPipeMode, nMaxInstances);
	params.inbound_quota = nInBufferSize;
	params.outbound_quota = nOutBufferSize;
	params.default_timeout = timeout_from_ms(nDefaultTimeOut ? nDefaultTimeOut :
								   DEFAULT_TIMEOUT_MS);
	h = create_at(&path, &params, lpSecurityAttributes);
	pipe_path_fini(&path);
	return h;
}

/* The wide form of a name the A calls take; NULL with the last error set. */
static WCHAR *ansi_name(const char *name)
{
	WCHAR *wide = text_wide_from_utf8(name, strlen(name));

	if (!wide) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	if (text_wide_len(wide) >= ANSI_PATH_MAX) {
		free(wide);
		thread_fail(ERROR_FILENAME_EXCED_RANGE);
		return NULL;
	}
	return wide;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
			       DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
			       DWORD nDefaultTimeOut,
			       LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
	WCHAR *wide = NULL;
	HANDLE h;

	if (lpName) {
		wide = ansi_name(lpName);
		if (!wide)
			return INVALID_HANDLE_VALUE;
	}
	h = CreateNamedPipeW(wide, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize,
			     nInBufferSize, nDefaultTimeOut, lpSecurityAttributes);
	free(wide);
	return h;
}

/* connecting */

static npfs_status connect_pipe(struct pipe_object *pipe, OVERLAPPED *overlapped)
{
	struct overlapped_request *request;
	struct object *event;
	npfs_status status;

	if (!pipe->end)
		return STATUS_ILLEGAL_FUNCTION;
	if (overlapped && !pipe->is_sync) {
		status = overlapped_begin(pipe, overlapped, NULL, &request);
		if (status != STATUS_SUCCESS)
			return status;
		status = npfs_end_listen(pipe->end, &request->op);
		return overlapped_end(request, status, 0);
	}
	object_reset(&pipe->object);
	if (overlapped) {
		status = overlapped_sync_begin(overlapped, &event);
		if (status != STATUS_SUCCESS)
			return status;
		status = npfs_end_listen(pipe->end, NULL);
		overlapped_sync_end(pipe, overlapped, event, status, 0);
		return status;
	}
	status = npfs_end_listen(pipe->end, NULL);
	if (!npfs_status_is_error(status))
		object_signal(&pipe->object);
	return status;
}

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;

	if (rules_get()->server_error)
		return thread_fail(rules_get()->server_error);
	pipe = pipe_pin(hNamedPipe, NULL, &pin);
	if (!pipe)
		return FALSE;
	status = connect_pipe(pipe, lpOverlapped);
	handle_unpin(&pin);
	return answer(status);
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;

	if (rules_get()->server_error)
		return thread_fail(rules_get()->server_error);
	pipe = pipe_pin(hNamedPipe, NULL, &pin);
	if (!pipe)
		return FALSE;
	status = pipe->end ? npfs_end_disconnect(pipe->end) : STATUS_PIPE_DISCONNECTED;
	handle_unpin(&pin);
	return answer(status);
}

/* waiting */

static BOOL wait_for(const struct pipe_path *path, DWORD timeout)
{
	npfs_status status;

	if (path->parts.path_class == NPFS_PATH_REMOTE_PIPE)
		return thread_fail(ERROR_BAD_NETPATH);
	overlapped_thread_blocks();
	status = npfs_pipe_wait(pipe_path_name(path), path->parts.name_len,
				timeout_from_ms(timeout),
				timeout == NMPWAIT_USE_DEFAULT_WAIT ? NPFS_WAIT_USE_DEFAULT :
								      0);
	overlapped_thread_goes_on();
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return thread_fail(rules_get()->wait_no_pipe_error);
	return answer(status);
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut)
{
	struct pipe_path path;
	npfs_status status = pipe_path_wait(lpNamedPipeName, &path);
	BOOL r;

	if (status == STATUS_OBJECT_PATH_SYNTAX_BAD)
		return thread_fail(rules_get()->wait_bad_name_error);
	if (status != STATUS_SUCCESS)
		return thread_fail(npfs_status_to_win32(status));
	r = wait_for(&path, nTimeOut);
	pipe_path_fini(&path);
	return r;
}

BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut)
{
	WCHAR *wide;
	BOOL r;

	if (!lpNamedPipeName)
		return WaitNamedPipeW(NULL, nTimeOut);
	wide = text_wide_from_utf8(lpNamedPipeName, strlen(lpNamedPipeName));
	if (!wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	r = WaitNamedPipeW(wide, nTimeOut);
	free(wide);
	return r;
}

/* transacting */

static npfs_status transact(struct pipe_object *pipe, uint32_t access, void *in, DWORD in_len,
			    void *out, DWORD out_len, OVERLAPPED *overlapped,
			    uint32_t *donep)
{
	struct overlapped_request *request;
	struct object *event;
	npfs_status status;

	if (!(access & FILE_READ_DATA) || !(access & FILE_WRITE_DATA))
		return STATUS_ACCESS_DENIED;
	if (!pipe->end)
		return STATUS_PIPE_DISCONNECTED;
	if ((in_len && !in) || (out_len && !out))
		return STATUS_ACCESS_VIOLATION;
	if (overlapped && !rules_get()->overlapped_io)
		return STATUS_INVALID_PARAMETER;
	if (overlapped && !pipe->is_sync) {
		status = overlapped_begin(pipe, overlapped, NULL, &request);
		if (status != STATUS_SUCCESS)
			return status;
		status = npfs_end_transact(pipe->end, in, in_len, out, out_len, &request->op,
					   donep);
		if (rules_get()->control_fails_late)
			return overlapped_end_late(request, status, *donep);
		return overlapped_end(request, status, *donep);
	}
	object_reset(&pipe->object);
	if (overlapped) {
		status = overlapped_sync_begin(overlapped, &event);
		if (status != STATUS_SUCCESS)
			return status;
		status = npfs_end_transact(pipe->end, in, in_len, out, out_len, NULL, donep);
		overlapped_sync_end(pipe, overlapped, event, status, *donep);
		return status;
	}
	status = npfs_end_transact(pipe->end, in, in_len, out, out_len, NULL, donep);
	if (!npfs_status_is_error(status))
		object_signal(&pipe->object);
	return status;
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
			      LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
			      LPOVERLAPPED lpOverlapped)
{
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;
	uint32_t access, done = 0;

	if (lpBytesRead)
		*lpBytesRead = 0;
	pipe = pipe_pin(hNamedPipe, &access, &pin);
	if (!pipe)
		return FALSE;
	status = transact(pipe, access, lpInBuffer, nInBufferSize, lpOutBuffer,
			  nOutBufferSize, lpOverlapped, &done);
	handle_unpin(&pin);
	if (lpBytesRead && (status == STATUS_SUCCESS ||
			    (status == STATUS_BUFFER_OVERFLOW && !lpOverlapped)))
		*lpBytesRead = done;
	return answer(status);
}

/* The client end for one call: waits once when everybody is busy. */
static HANDLE open_for_call(LPCWSTR name, DWORD timeout)
{
	HANDLE h = CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
			       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
			       NULL);

	if (h != INVALID_HANDLE_VALUE || thread_last_error != ERROR_PIPE_BUSY ||
	    timeout == NMPWAIT_NOWAIT)
		return h;
	if (!WaitNamedPipeW(name, timeout))
		return INVALID_HANDLE_VALUE;
	return CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
			   FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
			   LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
			   DWORD nTimeOut)
{
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
	HANDLE h = open_for_call(lpNamedPipeName, nTimeOut);
	DWORD error;
	BOOL r;

	if (h == INVALID_HANDLE_VALUE)
		return FALSE;
	r = SetNamedPipeHandleState(h, &mode, NULL, NULL) &&
	    TransactNamedPipe(h, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize,
			      lpBytesRead, NULL);
	error = thread_last_error;
	handle_close(h);
	return r ? TRUE : thread_fail(error);
}

BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
			   LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
			   DWORD nTimeOut)
{
	WCHAR *wide;
	BOOL r;

	if (!lpNamedPipeName)
		return thread_fail(ERROR_PATH_NOT_FOUND);
	wide = text_wide_from_utf8(lpNamedPipeName, strlen(lpNamedPipeName));
	if (!wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	r = CallNamedPipeW(wide, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize,
			   lpBytesRead, nTimeOut);
	free(wide);
	return r;
}

/* peeking */

BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize,
			  LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail,
			  LPDWORD lpBytesLeftThisMessage)
{
	struct npfs_peek peek = { 0 };
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;
	uint32_t access;

	pipe = pipe_pin(hNamedPipe, &access, &pin);
	if (!pipe)
		return FALSE;
	if (!(access & FILE_READ_DATA))
		status = STATUS_ACCESS_DENIED;
	else if (!pipe->end)
		status = STATUS_INVALID_PARAMETER;
	else if (nBufferSize && !lpBuffer)
		status = STATUS_ACCESS_VIOLATION;
	else
		status = npfs_end_peek(pipe->end, lpBuffer, nBufferSize, &peek);
	handle_unpin(&pin);
	if (status != STATUS_SUCCESS && status != STATUS_BUFFER_OVERFLOW)
		return answer(status);
	if (lpBytesRead)
		*lpBytesRead = peek.copied;
	if (lpTotalBytesAvail)
		*lpTotalBytesAvail = peek.available;
	if (lpBytesLeftThisMessage)
		*lpBytesLeftThisMessage = peek.message_len - peek.copied;
	return TRUE;
}

/* modes and information */

/* The end behind a handle that carries @needed; NULL with the last error set. */
static struct pipe_object *pin_for(HANDLE h, uint32_t needed, struct handle_pin *pin)
{
	uint32_t access;
	struct pipe_object *pipe = pipe_pin(h, &access, pin);

	if (!pipe)
		return NULL;
	if (pipe->end && (access & needed) == needed)
		return pipe;
	thread_fail(pipe->end ? ERROR_ACCESS_DENIED : ERROR_INVALID_PARAMETER);
	handle_unpin(pin);
	return NULL;
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode,
				    LPDWORD lpMaxCollectionCount,
				    LPDWORD lpCollectDataTimeout)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pin_for(hNamedPipe, lpMode ? FILE_WRITE_ATTRIBUTES : 0,
					   &pin);
	npfs_status status = STATUS_SUCCESS;

	if (!pipe)
		return FALSE;
	if (lpMode && (*lpMode & ~(DWORD)(PIPE_NOWAIT | PIPE_READMODE_MESSAGE)))
		status = STATUS_INVALID_PARAMETER;
	else if (lpMode)
		status = npfs_end_set_modes(
			pipe->end,
			*lpMode & PIPE_READMODE_MESSAGE ? NPFS_MODE_MESSAGE : NPFS_MODE_BYTE,
			*lpMode & PIPE_NOWAIT ? NPFS_MODE_NOWAIT : NPFS_MODE_WAIT);
	if (status == STATUS_SUCCESS && (lpMaxCollectionCount || lpCollectDataTimeout))
		status = STATUS_INVALID_PARAMETER;
	handle_unpin(&pin);
	return answer(status);
}

static npfs_status get_state(struct pipe_object *pipe, LPDWORD lpState,
			     LPDWORD lpCurInstances)
{
	uint32_t read_mode, completion_mode;
	struct npfs_end_info info;
	npfs_status status = STATUS_SUCCESS;

	if (lpState)
		status = npfs_end_get_modes(pipe->end, &read_mode, &completion_mode);
	if (status == STATUS_SUCCESS && lpCurInstances)
		status = npfs_end_query(pipe->end, &info);
	if (status != STATUS_SUCCESS)
		return status;
	if (lpState)
		*lpState = (read_mode == NPFS_MODE_MESSAGE ? PIPE_READMODE_MESSAGE : 0) |
			   (completion_mode == NPFS_MODE_NOWAIT ? PIPE_NOWAIT : 0);
	if (lpCurInstances)
		*lpCurInstances = info.current_instances < PIPE_UNLIMITED_INSTANCES ?
					  info.current_instances : PIPE_UNLIMITED_INSTANCES;
	return STATUS_SUCCESS;
}

/* The name of the client's user; owned. */
static npfs_status client_user(struct pipe_object *pipe, char **userp)
{
	struct npfs_identity *identity = NULL;
	npfs_status status = npfs_end_client_identity(pipe->end, &identity);

	if (status != STATUS_SUCCESS)
		return status;
	if (npfs_identity_look(identity)->flags & NPFS_IDENTITY_ANONYMOUS)
		status = STATUS_CANT_OPEN_ANONYMOUS;
	else
		*userp = token_user_name(identity);
	npfs_identity_unref(identity);
	return status == STATUS_SUCCESS && !*userp ? STATUS_NO_MEMORY : status;
}

/* @userp: NULL, or for the client's user, which the caller frees. */
static BOOL get_handle_state(HANDLE h, LPDWORD lpState, LPDWORD lpCurInstances,
			     bool wants_collection, char **userp)
{
	struct handle_pin pin;
	struct pipe_object *pipe =
		pin_for(h, lpState || lpCurInstances ? FILE_READ_ATTRIBUTES : 0, &pin);
	npfs_status status = STATUS_SUCCESS;

	if (!pipe)
		return FALSE;
	if (wants_collection)
		status = STATUS_INVALID_PARAMETER;
	else if (userp)
		status = client_user(pipe, userp);
	if (status == STATUS_SUCCESS)
		status = get_state(pipe, lpState, lpCurInstances);
	handle_unpin(&pin);
	return answer(status);
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState,
				     LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
				     LPDWORD lpCollectDataTimeout, LPWSTR lpUserName,
				     DWORD nMaxUserNameSize)
{
	bool wants_user = lpUserName && nMaxUserNameSize, is_invalid = false;
	char *user = NULL;
	DWORD error = 0;
	size_t n;

	if (!get_handle_state(hNamedPipe, lpState, lpCurInstances,
			      lpMaxCollectionCount || lpCollectDataTimeout,
			      wants_user ? &user : NULL)) {
		free(user);
		return FALSE;
	}
	if (user) {
		n = text_to_wide(user, strlen(user), lpUserName, nMaxUserNameSize - 1,
				 &is_invalid);
		if (n < nMaxUserNameSize)
			lpUserName[n] = 0;
		else
			error = ERROR_INSUFFICIENT_BUFFER;
		free(user);
	}
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState,
				     LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
				     LPDWORD lpCollectDataTimeout, LPSTR lpUserName,
				     DWORD nMaxUserNameSize)
{
	bool wants_user = lpUserName && nMaxUserNameSize;
	char *user = NULL;
	DWORD error = 0;

	if (!get_handle_state(hNamedPipe, lpState, lpCurInstances,
			      lpMaxCollectionCount || lpCollectDataTimeout,
			      wants_user ? &user : NULL)) {
		free(user);
		return FALSE;
	}
	if (user) {
		if (strlen(user) < nMaxUserNameSize)
			memcpy(lpUserName, user, strlen(user) + 1);
		else
			error = ERROR_INSUFFICIENT_BUFFER;
		free(user);
	}
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
			     LPDWORD lpInBufferSize, LPDWORD lpMaxInstances)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pin_for(hNamedPipe, FILE_READ_ATTRIBUTES, &pin);
	struct npfs_end_info info;
	npfs_status status;

	if (!pipe)
		return FALSE;
	status = npfs_end_query(pipe->end, &info);
	handle_unpin(&pin);
	if (status != STATUS_SUCCESS)
		return answer(status);
	if (lpFlags)
		*lpFlags = (info.side == NPFS_SIDE_SERVER ? PIPE_SERVER_END :
							    PIPE_CLIENT_END) |
			   (info.type == NPFS_TYPE_MESSAGE ? PIPE_TYPE_MESSAGE :
							     PIPE_TYPE_BYTE);
	if (lpOutBufferSize)
		*lpOutBufferSize = info.outbound_quota;
	if (lpInBufferSize)
		*lpInBufferSize = info.inbound_quota;
	if (lpMaxInstances)
		*lpMaxInstances = info.max_instances > PIPE_UNLIMITED_INSTANCES ?
					  PIPE_UNLIMITED_INSTANCES : info.max_instances;
	return TRUE;
}

/* identities */

typedef npfs_status (*identity_fn)(struct npfs_end *end, struct npfs_peer *peerp);

static BOOL ask_identity(HANDLE h, identity_fn ask, struct npfs_peer *peerp, const void *out)
{
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;

	if (!rules_get()->identity_queries)
		return thread_fail(ERROR_CALL_NOT_IMPLEMENTED);
	pipe = pin_for(h, 0, &pin);
	if (!pipe)
		return FALSE;
	status = out ? ask(pipe->end, peerp) : STATUS_BUFFER_TOO_SMALL;
	handle_unpin(&pin);
	return answer(status);
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
	struct npfs_peer peer;

	if (!ask_identity(Pipe, npfs_end_client, &peer, ClientProcessId))
		return FALSE;
	*ClientProcessId = peer.pid;
	return TRUE;
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId)
{
	struct npfs_peer peer;

	if (!ask_identity(Pipe, npfs_end_client, &peer, ClientSessionId))
		return FALSE;
	*ClientSessionId = peer.session;
	return TRUE;
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
	struct npfs_peer peer;

	if (!ask_identity(Pipe, npfs_end_server, &peer, ServerProcessId))
		return FALSE;
	*ServerProcessId = peer.pid;
	return TRUE;
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId)
{
	struct npfs_peer peer;

	if (!ask_identity(Pipe, npfs_end_server, &peer, ServerSessionId))
		return FALSE;
	*ServerSessionId = peer.session;
	return TRUE;
}

/* Every client is on this computer until there is a redirector. */
static BOOL client_computer(HANDLE h, const void *out)
{
	struct npfs_peer peer;

	if (!ask_identity(h, npfs_end_client, &peer, out))
		return FALSE;
	return thread_fail(ERROR_PIPE_LOCAL);
}

BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR ClientComputerName,
					    ULONG ClientComputerNameLength)
{
	(void)ClientComputerNameLength;
	return client_computer(Pipe, ClientComputerName);
}

BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName,
					    ULONG ClientComputerNameLength)
{
	(void)ClientComputerNameLength;
	return client_computer(Pipe, ClientComputerName);
}

/* anonymous pipes */

static HANDLE open_write_end(const uint16_t *name, size_t name_len,
			     const SECURITY_ATTRIBUTES *sa)
{
	struct npfs_open_params params = {
		.size = sizeof(params),
		.flags = NPFS_SYNCHRONOUS | (sa && sa->bInheritHandle ? NPFS_INHERITABLE : 0),
		.access = CREATE_PIPE_WRITE,
	};
	struct pipe_object *pipe;
	struct npfs_end *end;
	npfs_status status = npfs_pipe_open(name, name_len, &params, &end);
	HANDLE h;

	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	pipe = pipe_object_new(end, false, true);
	if (!pipe)
		return fail_handle(ERROR_NOT_ENOUGH_MEMORY);
	h = handle_new_take(&pipe->object, CREATE_PIPE_WRITE,
			    sa && sa->bInheritHandle ? HANDLE_INHERIT : 0);
	return h ? h : INVALID_HANDLE_VALUE;
}

/*
 * A name nobody else uses: process and serial number, as before Windows 7 (7.8). Since then
 * anonymous pipes have none. A unit 0 in front comes to the same: no path can say it, and
 * the broker tells such a name to nobody.
 */
static size_t unique_name(uint16_t *name, size_t cap)
{
	static _Atomic unsigned serial;
	char text[64];
	int n = snprintf(text, sizeof(text), "Win32Pipes.%08x.%08x", (unsigned)getpid(),
			 atomic_fetch_add(&serial, 1));
	size_t len = 0;

	if (!rules_get()->anonymous_name)
		name[len++] = 0;
	for (int i = 0; i < n && len < cap; i++)
		name[len++] = (uint16_t)text[i];
	return len;
}

BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
		       LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize)
{
	struct npfs_create_params params = {
		.size = sizeof(params),
		.flags = NPFS_SYNCHRONOUS,
		.access = CREATE_PIPE_READ,
		.share = FILE_SHARE_WRITE,
		.disposition = NT_FILE_CREATE,
		.max_instances = 1,
		.inbound_quota = nSize ? nSize : CREATE_PIPE_QUOTA,
		.outbound_quota = nSize ? nSize : CREATE_PIPE_QUOTA,
		.default_timeout = CREATE_PIPE_TIMEOUT,
	};
	void *descriptor = NULL;
	uint16_t name[64];
	size_t name_len = unique_name(name, 64);
	npfs_status status;
	HANDLE r, w;

	status = securitydesc_flatten(lpPipeAttributes, &descriptor, &params.descriptor_len);
	if (status != STATUS_SUCCESS)
		return answer(status);
	params.descriptor = descriptor;
	r = create_pipe(name, name_len, &params, lpPipeAttributes);
	free(descriptor);
	if (r == INVALID_HANDLE_VALUE)
		return FALSE;
	w = open_write_end(name, name_len, lpPipeAttributes);
	if (w == INVALID_HANDLE_VALUE) {
		handle_close(r);
		return FALSE;
	}
	*hReadPipe = r;
	*hWritePipe = w;
	return TRUE;
}
