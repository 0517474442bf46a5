/* SPDX-License-Identifier: MIT */
/*
 * Control codes of the pipe file system: NtFsControlFile and what is made of it
 * (npfs-semantics 1.6, 8.2, 8.3)
 *
 * The access a code asks for is part of its number and is checked first, as the I/O manager
 * does. Then the file decides:
 *
 *				end		root			device
 *	LISTEN			runs		ILLEGAL_FUNCTION	ILLEGAL_FUNCTION
 *	DISCONNECT		runs		PIPE_DISCONNECTED	PIPE_DISCONNECTED
 *	TRANSCEIVE		runs		PIPE_DISCONNECTED	PIPE_DISCONNECTED
 *	IMPERSONATE		runs		ILLEGAL_FUNCTION	ILLEGAL_FUNCTION
 *	WAIT			ILLEGAL_…	runs			ILLEGAL_FUNCTION
 *	PEEK, GET_…_ATTRIBUTE,
 *	QUERY_CLIENT_PROCESS	runs		INVALID_PARAMETER	INVALID_PARAMETER
 *	FLUSH			runs		INVALID_PARAMETER	INVALID_PARAMETER
 *	SET_CLIENT_PROCESS	ACCESS_DENIED	NOT_SUPPORTED		NOT_SUPPORTED
 *	all others		NOT_SUPPORTED	NOT_SUPPORTED		NOT_SUPPORTED
 *
 * "All others" are what today's systems refuse (ASSIGN_EVENT, QUERY_EVENT), what only the
 * system itself sends (the internal reads and writes), and what is not documented.
 *
 * WAIT is answered when it is over, also on an asynchronous root.
 */
#include "kernel32-shim/native.h"

#include <string.h>

#include <winioctl.h>

#include "kernel32-shim/native_wait.h"
#include "kernel32-shim/rules.h"

#define PEEK_HEADER	 ((uint32_t)offsetof(FILE_PIPE_PEEK_BUFFER, Data))
#define WAIT_HEADER	 ((uint32_t)offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name))
#define WAIT_NAME_MAX	 0xfffdu /* bytes */

/* Of a control code: FILE_READ_ACCESS, FILE_WRITE_ACCESS. */
static unsigned access_of_code(uint32_t code)
{
	return code >> 14 & 3u;
}

static npfs_status check_access(uint32_t code, uint32_t access)
{
	unsigned wanted = access_of_code(code);

	if ((wanted & FILE_READ_ACCESS) && !(access & FILE_READ_DATA))
		return STATUS_ACCESS_DENIED;
	if ((wanted & FILE_WRITE_ACCESS) && !(access & FILE_WRITE_DATA))
		return STATUS_ACCESS_DENIED;
	return STATUS_SUCCESS;
}

static npfs_status check_buffers(const struct control *control)
{
	return (control->in_len && !control->in) || (control->out_len && !control->out)
		       ? STATUS_ACCESS_VIOLATION
		       : STATUS_SUCCESS;
}

/* on ends */

static npfs_status run_listen(struct pipe_object *pipe, void *args, struct npfs_op *op,
			      uint32_t *donep)
{
	(void)args;
	(void)donep;
	return npfs_end_listen(pipe->end, op);
}

static npfs_status run_disconnect(struct pipe_object *pipe, void *args,
				  struct npfs_op *op, uint32_t *donep)
{
	(void)args;
	(void)op;
	(void)donep;
	return npfs_end_disconnect(pipe->end);
}

static npfs_status run_impersonate(struct pipe_object *pipe, void *args,
				   struct npfs_op *op, uint32_t *donep)
{
	(void)args;
	(void)op;
	(void)donep;
	return npfs_end_impersonate(pipe->end);
}

static npfs_status run_transceive(struct pipe_object *pipe, void *args,
				  struct npfs_op *op, uint32_t *donep)
{
	const struct control *control = args;

	return npfs_end_transact(pipe->end, control->in, control->in_len, control->out,
				 control->out_len, op, donep);
}

static npfs_status run_flush(struct pipe_object *pipe, void *args, struct npfs_op *op,
			     uint32_t *donep)
{
	(void)args;
	(void)donep;
	return npfs_end_flush(pipe->end, op);
}

static npfs_status run_peek(struct pipe_object *pipe, void *args, struct npfs_op *op,
			    uint32_t *donep)
{
	const struct control *control = args;
	FILE_PIPE_PEEK_BUFFER header;
	struct npfs_peek peek;
	npfs_status status;

	(void)op;
	if (control->out_len < PEEK_HEADER)
		return STATUS_INVALID_PARAMETER;
	status = file_peek(&pipe->object, FILE_READ_DATA,
			   (char *)control->out + PEEK_HEADER,
			   control->out_len - PEEK_HEADER, &peek);
	if (npfs_status_is_error(status))
		return status;
	header.NamedPipeState = peek.state;
	header.ReadDataAvailable = peek.available;
	header.NumberOfMessages = peek.n_messages;
	header.MessageLength = peek.message_len;
	memcpy(control->out, &header, PEEK_HEADER);
	*donep = PEEK_HEADER + peek.copied;
	return status;
}

/* attributes */

enum attribute {
	ATTRIBUTE_CLIENT_PROCESS,
	ATTRIBUTE_CLIENT_SESSION,
	ATTRIBUTE_CLIENT_COMPUTER,
	ATTRIBUTE_SERVER_PROCESS,
	ATTRIBUTE_SERVER_SESSION,
	ATTRIBUTE_UNKNOWN,
};

static enum attribute attribute_of(uint32_t code, const struct control *control)
{
	static const struct {
		uint32_t code;
		enum attribute attribute;
		const char *name;
	} known[] = {
		{FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, ATTRIBUTE_CLIENT_PROCESS,
		 "ClientProcessId"},
		{FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, ATTRIBUTE_CLIENT_SESSION,
		 "ClientSessionId"},
		{FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, ATTRIBUTE_CLIENT_COMPUTER,
		 "ClientComputerName"},
		{FSCTL_PIPE_GET_PIPE_ATTRIBUTE, ATTRIBUTE_SERVER_PROCESS,
		 "ServerProcessId"},
		{FSCTL_PIPE_GET_PIPE_ATTRIBUTE, ATTRIBUTE_SERVER_SESSION,
		 "ServerSessionId"},
	};
	const char *name = control->in;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code &&
		    control->in_len == strlen(known[i].name) + 1 &&
		    memcmp(name, known[i].name, control->in_len) == 0)
			return known[i].attribute;
	return ATTRIBUTE_UNKNOWN;
}

static npfs_status run_attribute(struct pipe_object *pipe, void *args, struct npfs_op *op,
				 uint32_t *donep)
{
	const struct control *control = args;
	enum attribute attribute = attribute_of(control->code, control);
	bool is_servers = attribute == ATTRIBUTE_SERVER_PROCESS ||
			  attribute == ATTRIBUTE_SERVER_SESSION;
	struct npfs_peer peer;
	npfs_status status;
	uint32_t value;

	(void)op;
	if (!control->in_len || ((const char *)control->in)[control->in_len - 1])
		return STATUS_INVALID_PARAMETER;
	status = is_servers ? npfs_end_server(pipe->end, &peer)
			    : npfs_end_client(pipe->end, &peer);
	if (status != STATUS_SUCCESS)
		return status;
	/* Every client is on this computer, and those have no such name. */
	if (attribute == ATTRIBUTE_UNKNOWN || attribute == ATTRIBUTE_CLIENT_COMPUTER)
		return STATUS_NOT_FOUND;
	if (control->out_len < sizeof(value))
		return STATUS_BUFFER_TOO_SMALL;
	value = attribute == ATTRIBUTE_CLIENT_PROCESS ||
				attribute == ATTRIBUTE_SERVER_PROCESS
			? peer.pid
			: peer.session;
	memcpy(control->out, &value, sizeof(value));
	*donep = sizeof(value);
	return STATUS_SUCCESS;
}

/* The process is told by its number; local clients have no session object. */
static npfs_status run_client_process(struct pipe_object *pipe, void *args,
				      struct npfs_op *op, uint32_t *donep)
{
	const struct control *control = args;
	FILE_PIPE_CLIENT_PROCESS_BUFFER answer = {NULL, NULL};
	struct npfs_peer peer = {0};
	npfs_status status;

	(void)op;
	if (control->out_len < sizeof(answer))
		return STATUS_INVALID_PARAMETER;
	status = npfs_end_client(pipe->end, &peer);
	if (status != STATUS_SUCCESS)
		return status;
	answer.ClientProcess = ULongToPtr(peer.pid);
	memcpy(control->out, &answer, sizeof(answer));
	*donep = sizeof(answer);
	return STATUS_SUCCESS;
}

/* waiting */

static npfs_status run_wait(struct pipe_object *pipe, void *args, struct npfs_op *op,
			    uint32_t *donep)
{
	const struct control *control = args;
	FILE_PIPE_WAIT_FOR_BUFFER request;
	const uint16_t *name;
	npfs_status status;
	int64_t timeout;

	(void)pipe;
	(void)op;
	(void)donep;
	if (control->in_len < sizeof(request))
		return STATUS_INVALID_PARAMETER;
	memcpy(&request, control->in, sizeof(request));
	if (request.NameLength > WAIT_NAME_MAX || request.NameLength % sizeof(*name) ||
	    request.NameLength > control->in_len - WAIT_HEADER)
		return STATUS_INVALID_PARAMETER;
	name = (const void *)((const char *)control->in + WAIT_HEADER);
	timeout = native_relative(request.Timeout.QuadPart);
	overlapped_thread_blocks();
	status = npfs_pipe_wait(name, request.NameLength / sizeof(*name),
				timeout ? timeout : -1,
				request.TimeoutSpecified ? 0 : NPFS_WAIT_USE_DEFAULT);
	overlapped_thread_goes_on();
	return status;
}

npfs_status file_peek(struct object *o, uint32_t access, void *buf, uint32_t len,
		      struct npfs_peek *peekp)
{
	struct pipe_object *pipe = file_pipe(o);
	npfs_status status = check_access(FSCTL_PIPE_PEEK, access);

	if (status != STATUS_SUCCESS)
		return status;
	if (!pipe)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!pipe->end)
		return STATUS_INVALID_PARAMETER;
	if (len && !buf)
		return STATUS_ACCESS_VIOLATION;
	return npfs_end_peek(pipe->end, buf, len, peekp);
}

/* which is which */

static npfs_status control_end(struct pipe_object *pipe, const struct control *control,
			       const struct overlapped_notice *notice, uint32_t *donep)
{
	unsigned late = rules_get()->control_fails_late ? REQUEST_LATE : 0;
	struct control args = *control;
	request_fn run;
	unsigned flags = 0;

	switch (control->code) {
	case FSCTL_PIPE_LISTEN:
		run = run_listen;
		break;
	case FSCTL_PIPE_DISCONNECT:
		run = run_disconnect;
		break;
	case FSCTL_PIPE_TRANSCEIVE:
		run = run_transceive;
		flags = late;
		break;
	case FSCTL_PIPE_PEEK:
		run = run_peek;
		flags = late;
		break;
	case FSCTL_PIPE_FLUSH:
		run = run_flush;
		break;
	case FSCTL_PIPE_IMPERSONATE:
		run = run_impersonate;
		break;
	case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
	case FSCTL_PIPE_GET_PIPE_ATTRIBUTE:
		run = run_attribute;
		break;
	case FSCTL_PIPE_QUERY_CLIENT_PROCESS:
		run = run_client_process;
		break;
	case FSCTL_PIPE_SET_CLIENT_PROCESS:
		return STATUS_ACCESS_DENIED;
	case FSCTL_PIPE_WAIT:
		return STATUS_ILLEGAL_FUNCTION;
	default:
		return STATUS_NOT_SUPPORTED;
	}
	return request_run(pipe, notice, flags, run, &args, donep);
}

static npfs_status control_plain(struct pipe_object *pipe, const struct control *control,
				 const struct overlapped_notice *notice, uint32_t *donep)
{
	struct control args = *control;

	switch (control->code) {
	case FSCTL_PIPE_LISTEN:
	case FSCTL_PIPE_IMPERSONATE:
		return STATUS_ILLEGAL_FUNCTION;
	case FSCTL_PIPE_DISCONNECT:
	case FSCTL_PIPE_TRANSCEIVE:
		return STATUS_PIPE_DISCONNECTED;
	case FSCTL_PIPE_PEEK:
	case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
	case FSCTL_PIPE_GET_PIPE_ATTRIBUTE:
	case FSCTL_PIPE_QUERY_CLIENT_PROCESS:
	case FSCTL_PIPE_FLUSH:
		return STATUS_INVALID_PARAMETER;
	case FSCTL_PIPE_WAIT:
		if (pipe->kind != PIPE_KIND_ROOT)
			return STATUS_ILLEGAL_FUNCTION;
		return request_run(pipe, notice, 0, run_wait, &args, donep);
	default:
		return STATUS_NOT_SUPPORTED;
	}
}

npfs_status file_control(struct object *o, uint32_t access, const struct control *control,
			 const struct overlapped_notice *notice, uint32_t *donep)
{
	struct pipe_object *pipe = file_pipe(o);
	npfs_status status = check_access(control->code, access);

	*donep = 0;
	if (status != STATUS_SUCCESS)
		return status;
	if (!pipe)
		return STATUS_INVALID_DEVICE_REQUEST;
	status = check_buffers(control);
	if (status != STATUS_SUCCESS)
		return status;
	return pipe->end ? control_end(pipe, control, notice, donep)
			 : control_plain(pipe, control, notice, donep);
}

npfs_status handle_control(HANDLE h, const struct control *control,
			   const struct overlapped_notice *notice, uint32_t *donep)
{
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	*donep = 0;
	status = file_pin(h, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return status;
	status = file_control(o, access, control, notice, donep);
	handle_unpin(&pin);
	return status;
}

/* the native face */

NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event,
			       PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
			       PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode,
			       PVOID InputBuffer, ULONG InputBufferLength,
			       PVOID OutputBuffer, ULONG OutputBufferLength)
{
	struct overlapped_notice notice =
		native_notice(Event, ApcRoutine, ApcContext, IoStatusBlock);
	const struct control control = {
		.code = FsControlCode,
		.in = InputBuffer,
		.in_len = InputBufferLength,
		.out = OutputBuffer,
		.out_len = OutputBufferLength,
	};
	uint32_t done;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	return (NTSTATUS)handle_control(FileHandle, &control, &notice, &done);
}

/* The pipe file system has no device controls (8.5); nor has any file here. */
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event,
				     PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
				     PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode,
				     PVOID InputBuffer, ULONG InputBufferLength,
				     PVOID OutputBuffer, ULONG OutputBufferLength)
{
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	(void)Event;
	(void)ApcRoutine;
	(void)ApcContext;
	(void)InputBuffer;
	(void)InputBufferLength;
	(void)OutputBuffer;
	(void)OutputBufferLength;
	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = file_pin(FileHandle, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = check_access(IoControlCode, access);
	handle_unpin(&pin);
	return (NTSTATUS)(status == STATUS_SUCCESS ? STATUS_INVALID_DEVICE_REQUEST : status);
}
