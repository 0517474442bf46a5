/* SPDX-License-Identifier: MIT */
/*
 * The named pipe calls
 *
 * Arguments are checked in the order of npfs-semantics.md section 2.1 and turned into those
 * of the native calls; what a call means is decided below them (native.h).
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>
#include <winioctl.h>

#include <npfs/npfs.h>

#include "kernel32-shim/default_security.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/pipe_path.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/token.h"

#define OPEN_MODE_BITS                                                                    \
	(PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_OVERLAPPED |           \
	 FILE_FLAG_FIRST_PIPE_INSTANCE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)
#define PIPE_MODE_BITS                                                                    \
	(PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE |                       \
	 PIPE_REJECT_REMOTE_CLIENTS)

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
	params->access = SYNCHRONIZE | (open_mode & (WRITE_DAC | WRITE_OWNER));
	if (open_mode & PIPE_ACCESS_INBOUND) {
		params->access |= GENERIC_READ;
		params->share |= FILE_SHARE_WRITE;
	}
	if (open_mode & PIPE_ACCESS_OUTBOUND) {
		params->access |= GENERIC_WRITE;
		params->share |= FILE_SHARE_READ;
	}
	params->disposition = first ? FILE_CREATE : FILE_OPEN_IF;
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
			  const struct npfs_create_params *params, DWORD open_mode,
			  const SECURITY_ATTRIBUTES *sa)
{
	const struct place place = {
		.kind = PLACE_NAME,
		.name = name,
		.name_len = name_len,
	};
	const struct file_wish wish = {
		.access = params->access,
		.options = (open_mode & FILE_FLAG_OVERLAPPED ? 0 :
							       FILE_SYNCHRONOUS_IO_NONALERT) |
			   (open_mode & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
		.handle_flags = sa && sa->bInheritHandle ? HANDLE_INHERIT : 0,
	};
	npfs_status status;
	HANDLE h;

	status = file_create_pipe(&place, &wish, params, &h, NULL);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
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
			DWORD open_mode, const SECURITY_ATTRIBUTES *sa)
{
	void *descriptor = NULL;
	npfs_status status;
	HANDLE h;

	status = default_security_flatten(sa, true, &descriptor, &params->descriptor_len);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	params->descriptor = descriptor;
	h = create_pipe(pipe_path_name(path), path->parts.name_len, params, open_mode,
			sa);
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
	h = create_at(&path, &params, dwOpenMode, lpSecurityAttributes);
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

/* A control without data, waited for inside when there is no OVERLAPPED. */
static npfs_status plain_control(HANDLE h, DWORD code, OVERLAPPED *overlapped)
{
	const struct control control = {.code = code};
	struct overlapped_notice notice;
	uint32_t done;

	if (!overlapped)
		return handle_control(h, &control, NULL, &done);
	overlapped->Internal = STATUS_PENDING;
	notice = overlapped_notice_of(overlapped);
	return handle_control(h, &control, &notice, &done);
}

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
	if (rules_get()->server_error)
		return thread_fail(rules_get()->server_error);
	return native_answer(plain_control(hNamedPipe, FSCTL_PIPE_LISTEN, lpOverlapped));
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
	if (rules_get()->server_error)
		return thread_fail(rules_get()->server_error);
	return native_answer(plain_control(hNamedPipe, FSCTL_PIPE_DISCONNECT, NULL));
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
	return native_answer(status);
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

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
			      LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
			      LPOVERLAPPED lpOverlapped)
{
	const struct control control = {
		.code = FSCTL_PIPE_TRANSCEIVE,
		.in = lpInBuffer,
		.in_len = nInBufferSize,
		.out = lpOutBuffer,
		.out_len = nOutBufferSize,
	};
	struct overlapped_notice notice;
	npfs_status status;
	uint32_t done;

	if (lpBytesRead)
		*lpBytesRead = 0;
	if (lpOverlapped) {
		if (!rules_get()->overlapped_io)
			return thread_fail(ERROR_INVALID_PARAMETER);
		lpOverlapped->Internal = STATUS_PENDING;
		notice = overlapped_notice_of(lpOverlapped);
	}
	status = handle_control(hNamedPipe, &control, lpOverlapped ? &notice : NULL, &done);
	if (lpBytesRead && (status == STATUS_SUCCESS ||
			    (status == STATUS_BUFFER_OVERFLOW && !lpOverlapped)))
		*lpBytesRead = done;
	return native_answer(status);
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
	npfs_status status;
	struct object *o;
	uint32_t access;

	status = file_pin(hNamedPipe, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return native_answer(status);
	status = file_peek(o, access, lpBuffer, nBufferSize, &peek);
	handle_unpin(&pin);
	if (npfs_status_is_error(status))
		return native_answer(status);
	if (lpBytesRead)
		*lpBytesRead = peek.copied;
	if (lpTotalBytesAvail)
		*lpTotalBytesAvail = peek.available;
	if (lpBytesLeftThisMessage)
		*lpBytesLeftThisMessage = peek.message_len - peek.copied;
	return TRUE;
}

/* modes and information */

/* The end behind a handle; NULL with the last error set. */
static struct pipe_object *pin_end(HANDLE h, struct handle_pin *pin)
{
	struct pipe_object *pipe = pipe_pin(h, NULL, pin);

	if (!pipe || pipe->end)
		return pipe;
	thread_fail(ERROR_INVALID_PARAMETER);
	handle_unpin(pin);
	return NULL;
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode,
				    LPDWORD lpMaxCollectionCount,
				    LPDWORD lpCollectDataTimeout)
{
	npfs_status status = STATUS_SUCCESS;
	FILE_PIPE_INFORMATION modes;
	struct handle_pin pin;

	if (lpMode && (*lpMode & ~(DWORD)(PIPE_NOWAIT | PIPE_READMODE_MESSAGE)))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (lpMode) {
		modes.ReadMode = *lpMode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE :
								   FILE_PIPE_BYTE_STREAM_MODE;
		modes.CompletionMode = *lpMode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION :
							       FILE_PIPE_QUEUE_OPERATION;
		status = handle_set(hNamedPipe, FilePipeInformation, &modes, sizeof(modes));
	} else {
		if (!pin_end(hNamedPipe, &pin))
			return FALSE;
		handle_unpin(&pin);
	}
	if (status == STATUS_SUCCESS && (lpMaxCollectionCount || lpCollectDataTimeout))
		status = STATUS_INVALID_PARAMETER;
	return native_answer(status);
}

static npfs_status get_state(HANDLE h, LPDWORD lpState, LPDWORD lpCurInstances)
{
	FILE_PIPE_LOCAL_INFORMATION local = {0};
	FILE_PIPE_INFORMATION modes = {0};
	npfs_status status = STATUS_SUCCESS;
	uint32_t done;

	if (lpState)
		status = handle_query(h, FilePipeInformation, &modes, sizeof(modes), &done);
	if (status == STATUS_SUCCESS && lpCurInstances)
		status = handle_query(h, FilePipeLocalInformation, &local, sizeof(local),
				      &done);
	if (status != STATUS_SUCCESS)
		return status;
	if (lpState)
		*lpState = (modes.ReadMode == FILE_PIPE_MESSAGE_MODE ?
				    PIPE_READMODE_MESSAGE : 0) |
			   (modes.CompletionMode == FILE_PIPE_COMPLETE_OPERATION ?
				    PIPE_NOWAIT : 0);
	if (lpCurInstances)
		*lpCurInstances = local.CurrentInstances < PIPE_UNLIMITED_INSTANCES ?
					  local.CurrentInstances : PIPE_UNLIMITED_INSTANCES;
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
	struct pipe_object *pipe = pin_end(h, &pin);
	npfs_status status = STATUS_SUCCESS;

	if (!pipe)
		return FALSE;
	if (wants_collection)
		status = STATUS_INVALID_PARAMETER;
	else if (userp)
		status = client_user(pipe, userp);
	handle_unpin(&pin);
	if (status == STATUS_SUCCESS)
		status = get_state(h, lpState, lpCurInstances);
	return native_answer(status);
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
	FILE_PIPE_LOCAL_INFORMATION info;
	npfs_status status;
	uint32_t done;

	status = handle_query(hNamedPipe, FilePipeLocalInformation, &info, sizeof(info),
			      &done);
	if (status != STATUS_SUCCESS)
		return native_answer(status);
	if (lpFlags)
		*lpFlags = (info.NamedPipeEnd == FILE_PIPE_SERVER_END ? PIPE_SERVER_END :
									PIPE_CLIENT_END) |
			   (info.NamedPipeType == FILE_PIPE_MESSAGE_TYPE ?
				    PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
	if (lpOutBufferSize)
		*lpOutBufferSize = info.OutboundQuota;
	if (lpInBufferSize)
		*lpInBufferSize = info.InboundQuota;
	if (lpMaxInstances)
		*lpMaxInstances = info.MaximumInstances > PIPE_UNLIMITED_INSTANCES ?
					  PIPE_UNLIMITED_INSTANCES : info.MaximumInstances;
	return TRUE;
}

/* identities: attributes of the connection or of the pipe */

static BOOL ask_attribute(HANDLE h, DWORD code, const char *name, ULONG *valuep)
{
	const struct control control = {
		.code = code,
		.in = name,
		.in_len = (uint32_t)strlen(name) + 1,
		.out = valuep,
		.out_len = sizeof(*valuep),
	};
	struct handle_pin pin;
	uint32_t done;

	if (!rules_get()->identity_queries)
		return thread_fail(ERROR_CALL_NOT_IMPLEMENTED);
	if (!pin_end(h, &pin))
		return FALSE;
	handle_unpin(&pin);
	return native_answer(valuep ? handle_control(h, &control, NULL, &done) :
				      STATUS_BUFFER_TOO_SMALL);
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
	return ask_attribute(Pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, "ClientProcessId",
			     ClientProcessId);
}

BOOL WINAPI GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId)
{
	return ask_attribute(Pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, "ClientSessionId",
			     ClientSessionId);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
	return ask_attribute(Pipe, FSCTL_PIPE_GET_PIPE_ATTRIBUTE, "ServerProcessId",
			     ServerProcessId);
}

BOOL WINAPI GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId)
{
	return ask_attribute(Pipe, FSCTL_PIPE_GET_PIPE_ATTRIBUTE, "ServerSessionId",
			     ServerSessionId);
}

/* Every client is on this computer until there is a redirector. */
static BOOL client_computer(HANDLE h, const void *out)
{
	ULONG pid;

	if (!ask_attribute(h, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, "ClientProcessId",
			   out ? &pid : NULL))
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

/*
 * A name nobody else uses: process and serial number, as before Windows 7 (7.8). Since then
 * anonymous pipes have none.
 */
static size_t unique_name(uint16_t *name, size_t cap)
{
	static _Atomic unsigned serial;
	char text[64];
	size_t len = 0;
	int n;

	if (!rules_get()->anonymous_name)
		return native_unnamed(name);
	n = snprintf(text, sizeof(text), "Win32Pipes.%08x.%08x", (unsigned)getpid(),
		     atomic_fetch_add(&serial, 1));
	for (int i = 0; i < n && len < cap; i++)
		name[len++] = (uint16_t)text[i];
	return len;
}

static npfs_status open_write_end(const struct place *place, struct file_wish *wish,
				  HANDLE *hp)
{
	wish->access = CREATE_PIPE_WRITE;
	return file_open(place, wish, hp);
}

BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
		       LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize)
{
	const SECURITY_ATTRIBUTES *sa = lpPipeAttributes;
	struct npfs_create_params params = {
		.size = sizeof(params),
		.share = FILE_SHARE_WRITE,
		.disposition = FILE_CREATE,
		.max_instances = 1,
		.inbound_quota = nSize ? nSize : CREATE_PIPE_QUOTA,
		.outbound_quota = nSize ? nSize : CREATE_PIPE_QUOTA,
		.default_timeout = CREATE_PIPE_TIMEOUT,
	};
	struct file_wish wish = {
		.access = CREATE_PIPE_READ,
		.options = FILE_SYNCHRONOUS_IO_NONALERT,
		.handle_flags = sa && sa->bInheritHandle ? HANDLE_INHERIT : 0,
	};
	uint16_t name[NATIVE_UNNAMED_MAX];
	struct place place = {.kind = PLACE_NAME, .name = name};
	void *descriptor = NULL;
	npfs_status status;
	HANDLE r, w;

	place.name_len = unique_name(name, NATIVE_UNNAMED_MAX);
	status = default_security_flatten(sa, true, &descriptor, &params.descriptor_len);
	if (status != STATUS_SUCCESS)
		return native_answer(status);
	params.descriptor = descriptor;
	status = file_create_pipe(&place, &wish, &params, &r, NULL);
	free(descriptor);
	if (status != STATUS_SUCCESS)
		return native_answer(status);
	status = open_write_end(&place, &wish, &w);
	if (status != STATUS_SUCCESS) {
		handle_close(r);
		return native_answer(status);
	}
	*hReadPipe = r;
	*hWritePipe = w;
	return TRUE;
}
