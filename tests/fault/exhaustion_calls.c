/* SPDX-License-Identifier: MIT */
/*
 * The calls of exhaustion_calls.h, each with what goes before and after it
 */
#include "tests/fault/exhaustion_calls.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>

#include "tests/lib/proc.h"

#define PIPE  "\\\\.\\pipe\\exhausted"
#define QUOTA 512u
#define ASYNC FILE_FLAG_OVERLAPPED
#define TYPE  (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

static HANDLE server, client, made, made_too;
static HANDLE events[2];
static OVERLAPPED overlapped;
static char large[8 * QUOTA];
static char room[sizeof(large)];

/* what there is before */

/* exhaustion_setup() - what large requests carry */
void exhaustion_setup(void)
{
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)i;
}

/* exhaustion_create() - a further server end */
HANDLE exhaustion_create(const char *name)
{
	HANDLE h = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | ASYNC, TYPE,
				    PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);

	return h == INVALID_HANDLE_VALUE ? NULL : h;
}

static HANDLE open_client(DWORD flags)
{
	HANDLE h = CreateFileA(PIPE, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			       flags, NULL);

	return h == INVALID_HANDLE_VALUE ? NULL : h;
}

static void nothing(void)
{
}

static void one_server(void)
{
	server = exhaustion_create(PIPE);
	ck_assert_ptr_nonnull(server);
	events[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
	ck_assert_ptr_nonnull(events[0]);
	overlapped = (OVERLAPPED){.hEvent = events[0]};
}

static void one_pair(void)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	one_server();
	client = open_client(ASYNC);
	ck_assert_ptr_nonnull(client);
	ck_assert(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

static void one_event(void)
{
	events[0] = CreateEventA(NULL, TRUE, FALSE, "exhausted event");
	ck_assert_ptr_nonnull(events[0]);
}

static void close_all(void)
{
	HANDLE *const all[] = {&client, &server, &events[0], &events[1]};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i])
			ck_assert(CloseHandle(*all[i]));
		*all[i] = NULL;
	}
}

static void close_made(void)
{
	ck_assert(CloseHandle(made));
	made = NULL;
	if (made_too)
		ck_assert(CloseHandle(made_too));
	made_too = NULL;
}

/* pipes */

static BOOL act_create(void)
{
	made = exhaustion_create(PIPE);
	return made != NULL;
}

static BOOL act_open(void)
{
	made = open_client(0);
	return made != NULL;
}

static BOOL act_open_overlapped(void)
{
	made = open_client(ASYNC);
	return made != NULL;
}

static BOOL act_anonymous(void)
{
	return CreatePipe(&made, &made_too, NULL, 0);
}

/* exhaustion_begun() - a request that has begun counts as done */
BOOL exhaustion_begun(BOOL ok)
{
	return ok || GetLastError() == ERROR_IO_PENDING;
}

static BOOL act_listen(void)
{
	return exhaustion_begun(ConnectNamedPipe(server, &overlapped));
}

static void undo_cancel(void)
{
	DWORD n;

	CancelIoEx(server, NULL);
	GetOverlappedResult(server, &overlapped, &n, TRUE);
	ResetEvent(events[0]);
}

static BOOL act_listen_again(void)
{
	return ConnectNamedPipe(server, &overlapped) ||
	       GetLastError() == ERROR_PIPE_CONNECTED;
}

static void disconnected_server(void)
{
	one_server();
	ck_assert(DisconnectNamedPipe(server));
}

static void undo_listen(void)
{
	undo_cancel();
	ck_assert(DisconnectNamedPipe(server));
}

static BOOL act_write(void)
{
	DWORD n;

	return exhaustion_begun(WriteFile(client, "letter", 6, NULL, &overlapped)) &&
	       GetOverlappedResult(client, &overlapped, &n, TRUE);
}

static void undo_write(void)
{
	DWORD n;

	overlapped.Internal = 0;
	if (!ReadFile(server, room, sizeof(room), NULL, &overlapped))
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(GetOverlappedResult(server, &overlapped, &n, TRUE));
	ck_assert_uint_eq(n, 6);
	ck_assert_mem_eq(room, "letter", 6);
}

static BOOL act_write_large(void)
{
	return exhaustion_begun(WriteFile(client, large, sizeof(large), NULL, &overlapped));
}

static void undo_write_large(void)
{
	OVERLAPPED read = {.hEvent = NULL};
	DWORD n;

	if (!ReadFile(server, room, sizeof(room), NULL, &read))
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(GetOverlappedResult(server, &read, &n, TRUE));
	ck_assert_uint_eq(n, sizeof(large));
	ck_assert_mem_eq(room, large, sizeof(large));
	ck_assert(GetOverlappedResult(client, &overlapped, &n, TRUE));
	ck_assert_uint_eq(n, sizeof(large));
}

static BOOL act_read(void)
{
	return exhaustion_begun(ReadFile(client, room, sizeof(room), NULL, &overlapped));
}

static void undo_read(void)
{
	OVERLAPPED write = {.hEvent = NULL};
	DWORD n;

	if (!WriteFile(server, "answer", 6, NULL, &write))
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(GetOverlappedResult(client, &overlapped, &n, TRUE));
	ck_assert_uint_eq(n, 6);
	ck_assert_mem_eq(room, "answer", 6);
}

static BOOL act_transact(void)
{
	return exhaustion_begun(TransactNamedPipe(client, large, 6, room, sizeof(room),
						  NULL, &overlapped));
}

static void undo_transact(void)
{
	OVERLAPPED o = {.hEvent = NULL};
	char question[6];
	DWORD n;

	if (!ReadFile(server, question, sizeof(question), NULL, &o))
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(GetOverlappedResult(server, &o, &n, TRUE));
	ck_assert_mem_eq(question, large, 6);
	undo_read();
}

static BOOL act_peek(void)
{
	DWORD n, all, left;

	return PeekNamedPipe(client, room, sizeof(room), &n, &all, &left);
}

static BOOL act_state(void)
{
	DWORD state, instances;

	return GetNamedPipeHandleStateA(client, &state, &instances, NULL, NULL, NULL, 0);
}

static BOOL act_set_state(void)
{
	DWORD mode = PIPE_READMODE_BYTE;

	return SetNamedPipeHandleState(client, &mode, NULL, NULL);
}

static void undo_set_state(void)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	ck_assert(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

static BOOL act_wait(void)
{
	return WaitNamedPipeA(PIPE, 5000);
}

static BOOL act_duplicate(void)
{
	return DuplicateHandle(GetCurrentProcess(), client, GetCurrentProcess(), &made, 0,
			       FALSE, DUPLICATE_SAME_ACCESS);
}

static BOOL act_impersonate(void)
{
	return ImpersonateNamedPipeClient(server);
}

static void undo_impersonate(void)
{
	ck_assert(RevertToSelf());
}

static void pair_that_has_read(void)
{
	one_pair();
	ck_assert(act_write());
	undo_write();
}

/* security */

static BOOL act_get_security(void)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	DWORD error = GetSecurityInfo(server, SE_KERNEL_OBJECT,
				      OWNER_SECURITY_INFORMATION |
					      DACL_SECURITY_INFORMATION,
				      NULL, NULL, NULL, NULL, &sd);

	LocalFree(sd);
	SetLastError(error);
	return error == 0;
}

static BOOL act_sddl(void)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	LPSTR text = NULL;
	BOOL ok = ConvertStringSecurityDescriptorToSecurityDescriptorA(
			  "O:SYG:SYD:(A;;GA;;;WD)(D;;GR;;;AN)", SDDL_REVISION_1, &sd,
			  NULL) &&
		  ConvertSecurityDescriptorToStringSecurityDescriptorA(
			  sd, SDDL_REVISION_1,
			  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text,
			  NULL);
	DWORD error = GetLastError();

	LocalFree(text);
	LocalFree(sd);
	SetLastError(error);
	return ok;
}

static BOOL act_set_security(void)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	BOOL ok = ConvertStringSecurityDescriptorToSecurityDescriptorA(
			  "D:(A;;GA;;;WD)", SDDL_REVISION_1, &sd, NULL) &&
		  SetKernelObjectSecurity(server, DACL_SECURITY_INFORMATION, sd);
	DWORD error = GetLastError();

	LocalFree(sd);
	SetLastError(error);
	return ok;
}

static void guarded_server(void)
{
	server = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | WRITE_DAC | ASYNC, TYPE, 1,
				  QUOTA, QUOTA, 0, NULL);
	ck_assert_ptr_ne(server, INVALID_HANDLE_VALUE);
}

/* closing: never refused */

static BOOL act_close_server(void)
{
	BOOL ok = CloseHandle(server);

	server = NULL;
	return ok;
}

static void undo_close_server(void)
{
	ck_assert_ptr_null(open_client(0));
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static BOOL act_close_client(void)
{
	BOOL ok = CloseHandle(client);

	client = NULL;
	return ok;
}

static void undo_close_client(void)
{
	ck_assert(!WriteFile(server, "", 1, NULL, &overlapped));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_DATA);
}

static BOOL act_disconnect(void)
{
	return DisconnectNamedPipe(server);
}

static void undo_disconnect(void)
{
	DWORD n;

	ck_assert(!PeekNamedPipe(client, NULL, 0, NULL, &n, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_PIPE_NOT_CONNECTED);
}

static BOOL act_close_event(void)
{
	BOOL ok = CloseHandle(events[0]);

	events[0] = NULL;
	return ok;
}

static void undo_close_event(void)
{
	ck_assert_ptr_null(OpenEventA(SYNCHRONIZE, FALSE, "exhausted event"));
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static BOOL act_token(void)
{
	return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &made);
}

/* objects */

static BOOL act_event(void)
{
	made = CreateEventA(NULL, TRUE, FALSE, NULL);
	return made != NULL;
}

static BOOL act_named_event(void)
{
	made = CreateEventA(NULL, TRUE, FALSE, "exhausted");
	return made != NULL;
}

static BOOL act_open_event(void)
{
	made = OpenEventA(EVENT_ALL_ACCESS, FALSE, "exhausted event");
	return made != NULL;
}

static BOOL act_wait_event(void)
{
	return WaitForSingleObject(events[0], 1) == WAIT_TIMEOUT;
}

static BOOL act_mutex(void)
{
	made = CreateMutexA(NULL, FALSE, "exhausted");
	return made != NULL;
}

static BOOL act_timer(void)
{
	made = CreateWaitableTimerA(NULL, TRUE, NULL);
	return made != NULL;
}

static BOOL act_port(void)
{
	made = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	return made != NULL;
}

static BOOL act_associate(void)
{
	made = CreateIoCompletionPort(client, NULL, 1, 0);
	return made != NULL;
}

static DWORD WINAPI thread_main(void *arg)
{
	(void)arg;
	return 0;
}

static BOOL act_thread(void)
{
	made = CreateThread(NULL, 0, thread_main, NULL, 0, NULL);
	return made != NULL;
}

static void undo_thread(void)
{
	ck_assert_uint_eq(WaitForSingleObject(made, TEST_DEADLINE_MS), WAIT_OBJECT_0);
	close_made();
}

/* the root */

static BOOL act_list(void)
{
	WIN32_FIND_DATAA found;

	made = FindFirstFileA("\\\\.\\pipe\\*", &found);
	if (made == INVALID_HANDLE_VALUE)
		made = NULL;
	return made != NULL;
}

static void undo_list(void)
{
	ck_assert(FindClose(made));
	made = NULL;
}

static BOOL act_open_root(void)
{
	made = CreateFileA("\\\\.\\pipe\\", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
			   ASYNC, NULL);
	if (made == INVALID_HANDLE_VALUE)
		made = NULL;
	return made != NULL;
}

static void one_root(void)
{
	ck_assert(act_open_root());
	client = made;
	made = NULL;
	events[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
	overlapped = (OVERLAPPED){.hEvent = events[0]};
}

static BOOL act_watch(void)
{
	return ReadDirectoryChangesW(client, room, sizeof(room), FALSE,
				     FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &overlapped, NULL);
}

static void undo_watch(void)
{
	DWORD n;

	ck_assert(CancelIo(client));
	ck_assert(!GetOverlappedResult(client, &overlapped, &n, TRUE));
}

/* processes */

static BOOL act_process(void)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION out;
	char line[] = "/bin/true";

	if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &out))
		return FALSE;
	made = out.hProcess;
	made_too = out.hThread;
	return TRUE;
}

const struct exhaustion_call exhaustion_calls[] = {
	{"create", nothing, act_create, close_made, nothing},
	{"create a further one", one_server, act_create, close_made, close_all},
	{"open", one_server, act_open, close_made, close_all},
	{"open overlapped", one_server, act_open_overlapped, close_made, close_all},
	{"anonymous", nothing, act_anonymous, close_made, nothing},
	{"connect", one_server, act_listen, undo_cancel, close_all},
	{"connect to whom is there", one_pair, act_listen_again, nothing, close_all},
	{"connect after disconnect", disconnected_server, act_listen, undo_listen,
	 close_all},
	{"write", one_pair, act_write, undo_write, close_all},
	{"write more than the quota", one_pair, act_write_large, undo_write_large,
	 close_all},
	{"read", one_pair, act_read, undo_read, close_all},
	{"transact", one_pair, act_transact, undo_transact, close_all},
	{"peek", one_pair, act_peek, nothing, close_all},
	{"get state", one_pair, act_state, nothing, close_all},
	{"set state", one_pair, act_set_state, undo_set_state, close_all},
	{"wait for an instance", one_server, act_wait, nothing, close_all},
	{"duplicate", one_pair, act_duplicate, close_made, close_all},
	{"impersonate", pair_that_has_read, act_impersonate, undo_impersonate, close_all},
	{"get security", one_server, act_get_security, nothing, close_all},
	{"set security", guarded_server, act_set_security, nothing, close_all},
	{"security as text", nothing, act_sddl, nothing, nothing},
	{"close a server", one_server, act_close_server, undo_close_server, close_all},
	{"close a connected server", one_pair, act_close_server, nothing, close_all},
	{"close a client", one_pair, act_close_client, undo_close_client, close_all},
	{"close an event", one_event, act_close_event, undo_close_event, close_all},
	{"disconnect", one_pair, act_disconnect, undo_disconnect, close_all},
	{"token", nothing, act_token, close_made, nothing},
	{"event", nothing, act_event, close_made, nothing},
	{"named event", nothing, act_named_event, close_made, nothing},
	{"open event", one_event, act_open_event, close_made, close_all},
	{"wait for event", one_event, act_wait_event, nothing, close_all},
	{"mutex", nothing, act_mutex, close_made, nothing},
	{"timer", nothing, act_timer, close_made, nothing},
	{"port", nothing, act_port, close_made, nothing},
	{"associate", one_pair, act_associate, close_made, close_all},
	{"thread", nothing, act_thread, undo_thread, nothing},
	{"list", one_server, act_list, undo_list, close_all},
	{"open the root", nothing, act_open_root, close_made, nothing},
	{"watch", one_root, act_watch, undo_watch, close_all},
	{"process", nothing, act_process, undo_thread, nothing},
};

const unsigned exhaustion_n_calls = sizeof(exhaustion_calls) / sizeof(exhaustion_calls[0]);

/* exhaustion_is_told() - the errors of a system that has no more */
bool exhaustion_is_told(DWORD error)
{
	switch (error) {
	case ERROR_TOO_MANY_OPEN_FILES:
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
	case ERROR_NO_SYSTEM_RESOURCES:
	case ERROR_NOT_ENOUGH_QUOTA:
	case ERROR_COMMITMENT_LIMIT:
		return true;
	default:
		return false;
	}
}

/*
 * exhaustion_serve_again() - the server listens, whatever the first try left
 *
 * A client that has no memory for what it got from the broker has come and gone for the
 * server: the one thing that an open which fails may leave.
 */
void exhaustion_serve_again(const struct exhaustion_call *row)
{
	if (row->act != act_open && row->act != act_open_overlapped)
		return;
	if (WaitNamedPipeA(PIPE, 1))
		return;
	ck_assert(DisconnectNamedPipe(server));
	ck_assert(exhaustion_begun(ConnectNamedPipe(server, &overlapped)));
	undo_cancel();
}
