/* SPDX-License-Identifier: MIT */
/*
 * Controls by number: DeviceIoControl and GetNamedPipeAttribute
 *
 * The control codes of the pipe file system go where the native call takes them
 * (native_control.c), whichever of the two faces they come in by; that is what kernel32 does
 * on Windows, by the code's device type. No file here has controls of a device: every other
 * code is refused with ERROR_INVALID_FUNCTION (npfs-semantics 7.9).
 */
#include <string.h>

#include <windows.h>
#include <winioctl.h>
#include <winternl.h>

#include "kernel32-shim/native.h"
#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/thread.h"

/* The first argument of GetNamedPipeAttribute. */
enum {
	OF_PIPE,
	OF_CONNECTION,
	OF_HANDLE,
};

static bool is_of_file_system(DWORD code)
{
	DWORD device = code >> 16;

	return device == FILE_DEVICE_NAMED_PIPE || device == FILE_DEVICE_FILE_SYSTEM;
}

static npfs_status run(HANDLE h, const struct control *control, OVERLAPPED *overlapped,
		       uint32_t *donep)
{
	struct overlapped_notice notice;
	IO_STATUS_BLOCK block;

	*donep = 0;
	if (!is_of_file_system(control->code))
		return (npfs_status)NtDeviceIoControlFile(h, NULL, NULL, NULL, &block,
							  control->code, NULL, 0, NULL, 0);
	if (!overlapped)
		return handle_control(h, control, NULL, donep);
	if (!rules_get()->overlapped_io)
		return STATUS_INVALID_PARAMETER;
	overlapped->Internal = STATUS_PENDING;
	notice = overlapped_notice_of(overlapped);
	return handle_control(h, control, &notice, donep);
}

BOOL WINAPI DeviceIoControl(HANDLE h, DWORD code, LPVOID in, DWORD in_len, LPVOID out,
			    DWORD out_len, LPDWORD donep, LPOVERLAPPED overlapped)
{
	const struct control control = {
		.code = code,
		.in = in,
		.in_len = in_len,
		.out = out,
		.out_len = out_len,
	};
	npfs_status status;
	uint32_t done;

	status = run(h, &control, overlapped, &done);
	if (donep)
		*donep = npfs_status_is_error(status) ? 0 : done;
	return native_answer(status);
}

BOOL WINAPI GetNamedPipeAttribute(HANDLE h, DWORD type, PSTR name, PVOID value,
				  PSIZE_T lenp)
{
	static const uint32_t codes[] = {
		[OF_PIPE] = FSCTL_PIPE_GET_PIPE_ATTRIBUTE,
		[OF_CONNECTION] = FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE,
		[OF_HANDLE] = FSCTL_PIPE_GET_HANDLE_ATTRIBUTE,
	};
	struct control control;
	npfs_status status;
	uint32_t done;

	if (type >= ARRAYSIZE(codes) || !name || !lenp || *lenp > UINT32_MAX)
		return thread_fail(ERROR_INVALID_PARAMETER);
	control = (struct control){
		.code = codes[type],
		.in = name,
		.in_len = (uint32_t)strlen(name) + 1,
		.out = value,
		.out_len = (uint32_t)*lenp,
	};
	status = handle_control(h, &control, NULL, &done);
	if (status == STATUS_SUCCESS)
		*lenp = done;
	return native_answer(status);
}
