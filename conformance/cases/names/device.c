/* SPDX-License-Identifier: MIT */
/*
 * The device \\.\pipe and its root directory \\.\pipe\ as handles (npfs-semantics 1.6).
 */
#include "conformance/late.h"
#include "conformance/native.h"
#include "conformance/pipes.h"

static HANDLE device_open(const char *name, DWORD access)
{
	HANDLE h;

	EXPECT_HANDLE(h, CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE,
				     NULL, OPEN_EXISTING, 0, NULL));
	return h;
}

static void device_can_be_opened(void)
{
	HANDLE h = device_open("\\\\.\\pipe", GENERIC_READ);

	EXPECT_EQ(GetFileType(h), FILE_TYPE_PIPE);
	CloseHandle(h);
}

static void device_has_no_file_name(void)
{
	const struct native *nt = native_need();
	HANDLE h = device_open("\\\\.\\pipe", GENERIC_READ);
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;

	EXPECT_STATUS(nt->query_file(h, &iosb, &info, sizeof(info), NATIVE_CLASS_NAME),
		      NT_INVALID_PARAMETER);
}

static void root_can_be_opened_with_all_access(void)
{
	CloseHandle(device_open("\\\\.\\pipe\\", FILE_ALL_ACCESS));
}

static void read_on_device_is_87(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);
	char byte = 0;
	DWORD n;

	EXPECT_FAILS(ReadFile(h, &byte, 1, &n, NULL), ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(WriteFile(h, &byte, 1, &n, NULL), ERROR_INVALID_PARAMETER);
}

static void read_on_root_is_87(void)
{
	HANDLE h = device_open("\\\\.\\pipe\\", CLIENT_BOTH);
	char byte = 0;
	DWORD n;

	EXPECT_FAILS(ReadFile(h, &byte, 1, &n, NULL), ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(WriteFile(h, &byte, 1, &n, NULL), ERROR_INVALID_PARAMETER);
}

static void peek_on_device_is_87(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);

	EXPECT_FAILS(PeekNamedPipe(h, NULL, 0, NULL, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
}

static void connect_on_device_is_1(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);

	EXPECT_FAILS(ConnectNamedPipe(h, NULL), ERROR_INVALID_FUNCTION);
}

static void impersonate_on_device_is_1(void)
{
	BOOL(WINAPI * call)
	(HANDLE) = (BOOL(WINAPI *)(HANDLE))late_need("advapi32.dll",
						     "ImpersonateNamedPipeClient");

	EXPECT_FAILS(call(device_open("\\\\.\\pipe", CLIENT_BOTH)),
		     ERROR_INVALID_FUNCTION);
}

static void listen_on_device_is_illegal(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);

	EXPECT_STATUS(native_fsctl(h, NATIVE_FSCTL_LISTEN, NULL, 0, NULL, 0),
		      NT_ILLEGAL_FUNCTION);
}

static void disconnect_on_device_is_233(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);

	EXPECT_FAILS(DisconnectNamedPipe(h), ERROR_PIPE_NOT_CONNECTED);
}

/* FILE_PIPE_WAIT_FOR_BUFFER for an ASCII name, the pipe's own time-out. */
static uint32_t fsctl_wait(HANDLE h, const char *name)
{
	struct {
		int64_t timeout;
		uint32_t name_len;
		uint8_t has_timeout, pad;
		uint16_t name[128];
	} request = {0};
	size_t len = strlen(name);

	request.name_len = (uint32_t)(len * 2);
	memcpy(request.name, case_wide(name), len * 2);
	return native_fsctl(h, NATIVE_FSCTL_WAIT, &request, (ULONG)(14 + len * 2), NULL,
			    0);
}

static void wait_control_on_device_is_illegal(void)
{
	HANDLE h = device_open("\\\\.\\pipe", CLIENT_BOTH);

	EXPECT_STATUS(fsctl_wait(h, case_name_tail(case_pipe_name())),
		      NT_ILLEGAL_FUNCTION);
}

static void wait_control_on_root_finds_nothing(void)
{
	HANDLE h = device_open("\\\\.\\pipe\\", CLIENT_BOTH);

	EXPECT_STATUS(fsctl_wait(h, case_name_tail(case_pipe_name())),
		      NT_OBJECT_NAME_NOT_FOUND);
}

static void wait_control_on_root_finds_a_listener(void)
{
	const char *name = case_pipe_name();
	HANDLE h = device_open("\\\\.\\pipe\\", CLIENT_BOTH), s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_STATUS(fsctl_wait(h, case_name_tail(name)), NT_SUCCESS_CODE);
	CloseHandle(s);
}

const struct conf_case names_device_cases[] = {
	CASE("34", device_can_be_opened, "T", "1.6",
	     "\\\\.\\pipe opens the device, whose file type is pipe"),
	CASE("34", device_has_no_file_name, "T", "1.6",
	     "the name query on the device handle is INVALID_PARAMETER"),
	CASE("35", root_can_be_opened_with_all_access, "T", "1.6",
	     "\\\\.\\pipe\\ opens the root directory with every access"),
	CASE("36", read_on_device_is_87, "T", "1.6",
	     "I/O on the device handle fails with 87"),
	CASE("1.6", read_on_root_is_87, "T", "1.6",
	     "I/O on the root handle fails with 87"),
	CASE("1.6", peek_on_device_is_87, "T", "1.6", "peek on the device fails with 87"),
	CASE("37", connect_on_device_is_1, "T", "1.6",
	     "connect on the device fails with 1"),
	CASE("37", impersonate_on_device_is_1, "T", "1.6",
	     "impersonate on the device fails with 1"),
	CASE("37", listen_on_device_is_illegal, "T", "1.6",
	     "FSCTL_PIPE_LISTEN on the device is ILLEGAL_FUNCTION"),
	CASE("38", disconnect_on_device_is_233, "T", "1.6",
	     "disconnect on the device fails with 233"),
	CASE("39", wait_control_on_device_is_illegal, "T", "1.6",
	     "FSCTL_PIPE_WAIT on the device is ILLEGAL_FUNCTION"),
	CASE("39", wait_control_on_root_finds_nothing, "T", "1.6",
	     "FSCTL_PIPE_WAIT on the root answers NAME_NOT_FOUND for a missing pipe"),
	CASE("39", wait_control_on_root_finds_a_listener, "T", "1.6",
	     "FSCTL_PIPE_WAIT on the root succeeds for a listening pipe"),
	CASE_END};
