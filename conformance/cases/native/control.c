/* SPDX-License-Identifier: MIT */
/*
 * Control codes on every kind of file: what is refused and how, the attributes, and the
 * rules of requests on the way through NtFsControlFile (npfs-semantics 1.6, 5.1, 8.2, 8.3).
 */
#include "conformance/cases/native/calls.h"

static HANDLE root_open(void)
{
	HANDLE h;

	EXPECT_STATUS(native_open(NULL, "\\Device\\NamedPipe\\", FILE_ALL_ACCESS,
				  NATIVE_SYNC_NONALERT, &h),
		      NT_SUCCESS_CODE);
	return h;
}

static HANDLE device_open(void)
{
	HANDLE h;

	EXPECT_STATUS(native_open(NULL, "\\Device\\NamedPipe", FILE_ALL_ACCESS,
				  NATIVE_SYNC_NONALERT, &h),
		      NT_SUCCESS_CODE);
	return h;
}

static uint32_t control(HANDLE h, ULONG code)
{
	char buf[64] = {0};

	return native_fsctl(h, code, NULL, 0, buf, sizeof(buf));
}

static void events_are_not_supported(void)
{
	HANDLE root = root_open(), device = device_open();

	EXPECT_STATUS(control(root, FSCTL_ASSIGN_EVENT), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(root, FSCTL_QUERY_EVENT), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(root, FSCTL_SET_CLIENT_PROCESS), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(device, FSCTL_ASSIGN_EVENT), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(device, FSCTL_QUERY_EVENT), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(device, FSCTL_SET_CLIENT_PROCESS), NT_NOT_SUPPORTED);
}

static void root_refuses_what_is_for_ends(void)
{
	HANDLE root = root_open();

	EXPECT_STATUS(control(root, NATIVE_FSCTL_PEEK), NT_INVALID_PARAMETER);
	EXPECT_STATUS(control(root, FSCTL_GET_CONNECTION_ATTRIBUTE), NT_INVALID_PARAMETER);
	EXPECT_STATUS(control(root, NATIVE_FSCTL_DISCONNECT), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(control(root, FSCTL_TRANSCEIVE), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(control(root, NATIVE_FSCTL_LISTEN), NT_ILLEGAL_FUNCTION);
	EXPECT_STATUS(control(root, NATIVE_FSCTL_IMPERSONATE), NT_ILLEGAL_FUNCTION);
	EXPECT_STATUS(control(root, FSCTL_QUERY_CLIENT_PROCESS), NT_INVALID_PARAMETER);
}

static void device_refuses_what_is_for_ends(void)
{
	HANDLE device = device_open();

	EXPECT_STATUS(control(device, NATIVE_FSCTL_PEEK), NT_INVALID_PARAMETER);
	EXPECT_STATUS(control(device, FSCTL_GET_CONNECTION_ATTRIBUTE),
		      NT_INVALID_PARAMETER);
	EXPECT_STATUS(control(device, NATIVE_FSCTL_DISCONNECT), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(control(device, FSCTL_TRANSCEIVE), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(control(device, NATIVE_FSCTL_IMPERSONATE), NT_ILLEGAL_FUNCTION);
	EXPECT_STATUS(control(device, FSCTL_QUERY_CLIENT_PROCESS), NT_INVALID_PARAMETER);
}

static void unknown_codes_are_not_supported(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	native_need();
	EXPECT_STATUS(control(p.s, 0x001100F0), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(p.c, 0x001100F0), NT_NOT_SUPPORTED);
	EXPECT_STATUS(control(p.s, FSCTL_ASSIGN_EVENT), NT_NOT_SUPPORTED);
}

static void controls_of_other_files_are_invalid(void)
{
	HANDLE nul, event = case_event_new(FALSE);
	char buf[64];

	EXPECT_HANDLE(nul, CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL,
				       OPEN_EXISTING, 0, NULL));
	EXPECT_STATUS(native_fsctl(nul, NATIVE_FSCTL_PEEK, NULL, 0, buf, sizeof(buf)),
		      NT_INVALID_DEVICE_REQUEST);
	EXPECT_STATUS(native_fsctl(event, NATIVE_FSCTL_PEEK, NULL, 0, buf, sizeof(buf)),
		      NT_OBJECT_TYPE_MISMATCH);
}

static void peek_needs_read_access(void)
{
	const char *name = case_pipe_name();
	struct native_peek peek;
	HANDLE s, c;

	native_need();
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	EXPECT_STATUS(native_fsctl(c, NATIVE_FSCTL_PEEK, NULL, 0, &peek, sizeof(peek)),
		      NT_ACCESS_DENIED);
	CloseHandle(s);
}

static void peek_needs_room_for_its_header(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct native_peek peek;

	EXPECT_STATUS(native_fsctl(p.c, NATIVE_FSCTL_PEEK, NULL, 0, &peek, 15),
		      NT_INVALID_PARAMETER);
}

static void transceive_needs_both_rights(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	native_need();
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0));
	EXPECT_STATUS(control(c, FSCTL_TRANSCEIVE), NT_ACCESS_DENIED);
	CloseHandle(s);
}

static void transceive_sends_and_receives(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 64, 64);
	const struct native *nt = native_need();
	HANDLE event = case_event_new(FALSE);
	iosb_t iosb = IOSB_UNTOUCHED;
	char out[] = "ask", in[16];

	EXPECT_STATUS(nt->fs_control(p.c, event, NULL, NULL, &iosb, FSCTL_TRANSCEIVE, out, 3,
				     in, sizeof(in)),
		      NT_PENDING);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	EXPECT_READS(p.s, 16, "ask", 3);
	WRITE_ALL(p.s, "reply", 5);
	EXPECT_SIGNALED(event);
	EXPECT_STATUS(iosb.Status, NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 5);
	EXPECT_MEM(in, "reply", 5);
}

static uint32_t get_attribute(HANDLE h, ULONG code, const char *name, ULONG *valuep)
{
	return native_fsctl(h, code, (void *)(uintptr_t)name, (ULONG)strlen(name) + 1, valuep,
			    sizeof(*valuep));
}

static void connection_attributes_name_the_client(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG pid = 0, session = 0;

	EXPECT_STATUS(get_attribute(p.s, FSCTL_GET_CONNECTION_ATTRIBUTE, "ClientProcessId",
				    &pid),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(pid, GetCurrentProcessId());
	EXPECT_STATUS(get_attribute(p.s, FSCTL_GET_CONNECTION_ATTRIBUTE, "ClientSessionId",
				    &session),
		      NT_SUCCESS_CODE);
}

static void connection_attributes_need_a_connection(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG pid;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_STATUS(get_attribute(p.s, FSCTL_GET_CONNECTION_ATTRIBUTE, "ClientProcessId",
				    &pid),
		      NT_NOT_FOUND);
	EXPECT_STATUS(get_attribute(p.c, FSCTL_GET_CONNECTION_ATTRIBUTE, "ClientProcessId",
				    &pid),
		      NT_PIPE_DISCONNECTED);
}

static void pipe_attributes_name_the_server(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG pid = 0;

	EXPECT_STATUS(get_attribute(p.c, FSCTL_GET_PIPE_ATTRIBUTE, "ServerProcessId", &pid),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(pid, GetCurrentProcessId());
}

static void client_process_needs_room(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char buf[64];

	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_CLIENT_PROCESS, NULL, 0, buf, 4),
		      NT_INVALID_PARAMETER);
}

static void client_process_is_told_while_there_is_one(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char buf[64];

	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_CLIENT_PROCESS, NULL, 0, buf, sizeof(buf)),
		      NT_SUCCESS_CODE);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_STATUS(native_fsctl(p.c, FSCTL_QUERY_CLIENT_PROCESS, NULL, 0, buf, sizeof(buf)),
		      NT_PIPE_DISCONNECTED);
}

static void client_process_is_not_set_by_programs(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	uint64_t buf[2] = {0, 0};

	EXPECT_STATUS(native_fsctl(p.c, FSCTL_SET_CLIENT_PROCESS, buf, sizeof(buf), NULL, 0),
		      NT_ACCESS_DENIED);
}

/* FILE_PIPE_WAIT_FOR_BUFFER */
struct wait_request {
	int64_t timeout;
	uint32_t name_len;
	uint8_t has_timeout, pad;
	uint16_t name[128];
};

static ULONG wait_fill(struct wait_request *w, const char *name, unsigned ms)
{
	size_t len = strlen(name);

	memset(w, 0, sizeof(*w));
	w->timeout = -(int64_t)ms * 10000;
	w->has_timeout = 1;
	w->name_len = (uint32_t)(len * 2);
	memcpy(w->name, case_wide(name), len * 2);
	return (ULONG)(14 + len * 2);
}

static void wait_control_times_out(void)
{
	const char *name = case_pipe_name();
	struct pair p = {0};
	struct wait_request w;
	HANDLE root = root_open();
	ULONG len = wait_fill(&w, case_name_tail(name), 20);

	EXPECT_HANDLE(p.s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(p.c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_STATUS(native_fsctl(root, NATIVE_FSCTL_WAIT, &w, len, NULL, 0),
		      NT_IO_TIMEOUT);
}

static void wait_control_checks_its_lengths(void)
{
	struct wait_request w;
	HANDLE root = root_open();
	ULONG len = wait_fill(&w, case_name_tail(case_pipe_name()), 20);

	EXPECT_STATUS(native_fsctl(root, NATIVE_FSCTL_WAIT, &w, 15, NULL, 0),
		      NT_INVALID_PARAMETER);
	EXPECT_STATUS(native_fsctl(root, NATIVE_FSCTL_WAIT, &w, len - 2, NULL, 0),
		      NT_INVALID_PARAMETER);
	w.name_len = 0xFFFE;
	EXPECT_STATUS(native_fsctl(root, NATIVE_FSCTL_WAIT, &w, sizeof(w), NULL, 0),
		      NT_INVALID_PARAMETER);
}

static void wait_control_on_an_end_is_illegal(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct wait_request w;
	ULONG len = wait_fill(&w, "x", 20);

	EXPECT_STATUS(native_fsctl(p.s, NATIVE_FSCTL_WAIT, &w, len, NULL, 0),
		      NT_ILLEGAL_FUNCTION);
}

/* ---- the way of a request ---- */

static HANDLE overlapped_server(const char *name)
{
	struct native_create c;

	native_create_default(&c, native_pipe_name(name));
	c.options = 0;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	return c.h;
}

static void one_client_completes_every_listen(void)
{
	const struct native *nt = native_need();
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), events[2], c;
	iosb_t iosbs[2] = {IOSB_UNTOUCHED, IOSB_UNTOUCHED};

	for (int i = 0; i < 2; i++) {
		events[i] = case_event_new(TRUE);
		EXPECT_STATUS(nt->fs_control(s, events[i], NULL, NULL, &iosbs[i],
					     NATIVE_FSCTL_LISTEN, NULL, 0, NULL, 0),
			      NT_PENDING);
		EXPECT_NOT_SIGNALED(events[i]);
		EXPECT_IOSB_UNTOUCHED(&iosbs[i]);
	}
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	for (int i = 0; i < 2; i++) {
		EXPECT_SIGNALED(events[i]);
		EXPECT_STATUS(iosbs[i].Status, NT_SUCCESS_CODE);
		EXPECT_EQ(iosbs[i].Information, 0);
	}
}

static void failed_listen_leaves_its_block(void)
{
	const struct native *nt = native_need();
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), event = case_event_new(TRUE), c;
	iosb_t iosb = IOSB_UNTOUCHED;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_STATUS(nt->fs_control(s, event, NULL, NULL, &iosb, NATIVE_FSCTL_LISTEN, NULL,
				     0, NULL, 0),
		      NT_PIPE_CONNECTED);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	EXPECT_NOT_SIGNALED(event);
}

static void bad_event_touches_nothing(void)
{
	const struct native *nt = native_need();
	HANDLE s = overlapped_server(case_pipe_name());
	iosb_t iosb = IOSB_UNTOUCHED;

	EXPECT_STATUS(nt->fs_control(s, (HANDLE)(uintptr_t)0xdead0, NULL, NULL, &iosb,
				     NATIVE_FSCTL_LISTEN, NULL, 0, NULL, 0),
		      NT_INVALID_HANDLE);
	EXPECT_IOSB_UNTOUCHED(&iosb);
}

const struct conf_case native_control_cases[] = {
	CASE("8.3", events_are_not_supported, "T", "1.6",
	     "ASSIGN_EVENT, QUERY_EVENT, SET_CLIENT_PROCESS are NOT_SUPPORTED on device and "
	     "root"),
	CASE("1.6", root_refuses_what_is_for_ends, "T", "1.6",
	     "each control of an end has its own refusal on the root"),
	CASE("1.6", device_refuses_what_is_for_ends, "T", "1.6",
	     "each control of an end has its own refusal on the device"),
	CASE("8.2", unknown_codes_are_not_supported, "RT", "8.2",
	     "an unknown control on an end is NOT_SUPPORTED"),
	CASE("1.6", controls_of_other_files_are_invalid, "T", "1.6",
	     "a pipe control on another file is INVALID_DEVICE_REQUEST, on no file a type "
	     "mismatch"),
	CASE("8.2", peek_needs_read_access, "D", "8.2",
	     "PEEK without FILE_READ_DATA is ACCESS_DENIED"),
	CASE("8.3", peek_needs_room_for_its_header, "R", "8.3",
	     "PEEK into less than 16 bytes is INVALID_PARAMETER"),
	CASE("8.2", transceive_needs_both_rights, "D", "8.2",
	     "TRANSCEIVE without FILE_WRITE_DATA is ACCESS_DENIED"),
	CASE("8.3", transceive_sends_and_receives, "T", "7.2",
	     "TRANSCEIVE pends, and its block is written when the reply is there"),
	CASE("8.3", connection_attributes_name_the_client, "T", "8.3",
	     "ClientProcessId and ClientSessionId are attributes of the connection"),
	CASE("8.3", connection_attributes_need_a_connection, "T", "8.3",
	     "without a client NOT_FOUND, on a detached client PIPE_DISCONNECTED"),
	CASE("8.3", pipe_attributes_name_the_server, "I", "8.3",
	     "ServerProcessId is an attribute of the pipe"),
	CASE("8.3", client_process_needs_room, "R", "8.3",
	     "QUERY_CLIENT_PROCESS into too little is INVALID_PARAMETER"),
	CASE("8.3", client_process_is_told_while_there_is_one, "R", "8.3",
	     "QUERY_CLIENT_PROCESS succeeds, and on a detached client is PIPE_DISCONNECTED"),
	CASE("8.3", client_process_is_not_set_by_programs, "R", "8.3",
	     "SET_CLIENT_PROCESS is for the system's own callers"),
	CASE("6.1", wait_control_times_out, "T", "6.1",
	     "WAIT for a busy pipe ends with IO_TIMEOUT"),
	CASE("6.1", wait_control_checks_its_lengths, "R", "6.1",
	     "WAIT with a short buffer or a name beyond it is INVALID_PARAMETER"),
	CASE("6.1", wait_control_on_an_end_is_illegal, "R", "6.1",
	     "WAIT on anything but the root is ILLEGAL_FUNCTION"),
	CASE("7.1", one_client_completes_every_listen, "R", "7.1",
	     "any number of listens pend on one instance, and one client completes all"),
	CASE("5.1", failed_listen_leaves_its_block, "T", "5.1",
	     "a control that fails at once resets the event and leaves the block alone"),
	CASE("5.1", bad_event_touches_nothing, "T", "5.1",
	     "a bad event is INVALID_HANDLE, and the block is untouched"),
	CASE_END};
