/* SPDX-License-Identifier: MIT */
/*
 * Nothing is left: each request for memory, descriptors, mappings or threads that a call
 * makes is refused in turn
 *
 * Every operation has a row: what must be there before, the call itself, what takes its
 * effect back, what takes away what was there. The call is made with its first request
 * refused, then with its second, until it makes no further one. Each time it either does
 * what it should all the same or fails with the error of an exhausted system; then nothing
 * has changed, which the same call shows by succeeding now, and descriptors, threads and
 * mappings are counted. A second walk interrupts every call that a signal may interrupt:
 * nothing of that may be seen.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include "npfs/client/call.h"
#include "tests/fault/inject.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"

#define PIPE	   "\\\\.\\pipe\\exhausted"
#define OTHER	   "\\\\.\\pipe\\exhausted other"
#define QUOTA	   512u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)
#define ASYNC	   FILE_FLAG_OVERLAPPED
#define TYPE	   (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
#define N_MOST	   400u /* requests of one call */

struct row {
	const char *name;
	void (*before)(void);
	BOOL (*act)(void);
	void (*undo)(void);
	void (*after)(void);
};

static struct test_broker broker;
static HANDLE server, client, made, made_too;
static HANDLE events[2];
static OVERLAPPED overlapped;
static char large[8 * QUOTA];
static char room[sizeof(large)];

/* what there is before */

static HANDLE create(const char *name)
{
	HANDLE h = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | ASYNC, TYPE,
				    PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);

	return h == INVALID_HANDLE_VALUE ? NULL : h;
}

static HANDLE open_client(DWORD flags)
{
	HANDLE h = CreateFileA(PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);

	return h == INVALID_HANDLE_VALUE ? NULL : h;
}

static void nothing(void)
{
}

static void one_server(void)
{
	server = create(PIPE);
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
	made = create(PIPE);
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

/* A request that has begun counts as done. */
static BOOL begun(BOOL ok)
{
	return ok || GetLastError() == ERROR_IO_PENDING;
}

static BOOL act_listen(void)
{
	return begun(ConnectNamedPipe(server, &overlapped));
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

	return begun(WriteFile(client, "letter", 6, NULL, &overlapped)) &&
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
	return begun(WriteFile(client, large, sizeof(large), NULL, &overlapped));
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
	return begun(ReadFile(client, room, sizeof(room), NULL, &overlapped));
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
	return begun(TransactNamedPipe(client, large, 6, room, sizeof(room), NULL,
				       &overlapped));
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

static const struct row rows[] = {
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

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void setup(void)
{
	test_broker_start(&broker);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)i;
}

static void teardown(void)
{
	np_call_shutdown();
	test_broker_stop(&broker);
}

static bool is_of_exhaustion(DWORD error)
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
 * A client that has no memory for what it got from the broker has come and gone for the
 * server: the one thing that an open which fails may leave.
 */
static void serve_again(const struct row *row)
{
	if (row->act != act_open && row->act != act_open_overlapped)
		return;
	if (WaitNamedPipeA(PIPE, 1))
		return;
	ck_assert(DisconnectNamedPipe(server));
	ck_assert(begun(ConnectNamedPipe(server, &overlapped)));
	undo_cancel();
}

/* Connections that the library keeps for the next call are no leak. */
static void begin(struct test_leak *leak)
{
	np_call_shutdown();
	test_leak_begin(leak);
}

static void end(const struct test_leak *leak)
{
	np_call_shutdown();
	test_leak_end(leak);
}

/* The row once, with the @n-th request refused. Return: whether there was an @n-th. */
static bool walk(const struct row *row, unsigned n)
{
	struct test_leak leak;
	DWORD error;
	bool fired;
	BOOL ok;

	begin(&leak);
	row->before();
	SetLastError(0);
	inject_arm(n);
	ok = row->act();
	error = GetLastError();
	fired = inject_disarm();
	if (!ok) {
		ck_assert_msg(fired && is_of_exhaustion(error),
			      "%s: error %u after %s failed (request %u, from %p)",
			      row->name, error, inject_name(), n, inject_caller());
		serve_again(row);
		ck_assert_msg(row->act(), "%s: %u at the second try, after %s failed "
			      "(request %u, from %p)", row->name, GetLastError(),
			      inject_name(), n, inject_caller());
	}
	row->undo();
	if (getenv("NPFS_TEST_VERBOSE"))
		fprintf(stderr, "%s %u: %s: %s %u\n", row->name, n,
			fired ? inject_name() : "-", ok ? "done" : "refused", error);
	row->after();
	end(&leak);
	return fired;
}

START_TEST(a_refusal_changes_nothing)
{
	const struct row *row = &rows[_i];
	unsigned n = 1;

	/* What a process makes once is made: it stays. */
	row->before();
	ck_assert_msg(row->act(), "%s: %u", row->name, GetLastError());
	row->undo();
	row->after();
	while (walk(row, n))
		ck_assert_uint_lt(n++, N_MOST);
}
END_TEST

/* The table of descriptors has room for @n more. */
static void limit_descriptors(unsigned n)
{
	struct rlimit limit;
	int fds[64], lowest;

	/* The table has gaps: the limit is behind the @n-th free place. */
	ck_assert_uint_lt(n, sizeof(fds) / sizeof(fds[0]));
	for (unsigned i = 0; i <= n; i++) {
		fds[i] = dup(STDERR_FILENO);
		ck_assert_int_ge(fds[i], 0);
	}
	lowest = fds[n];
	for (unsigned i = 0; i <= n; i++)
		close(fds[i]);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void unlimit_descriptors(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What the process has made before is there still, whatever the call that failed wanted. */
START_TEST(a_full_table_of_descriptors_costs_nothing)
{
	const struct row *row = &rows[_i];
	HANDLE bystander = create(OTHER), guest;
	DWORD error;
	BOOL ok;

	ck_assert_ptr_nonnull(bystander);
	row->before();
	ck_assert_msg(row->act(), "%s: %u", row->name, GetLastError());
	row->undo();
	row->after();
	for (unsigned n = 0, is_enough = 0; !is_enough; n++) {
		row->before();
		SetLastError(0);
		limit_descriptors(n);
		ok = row->act();
		error = GetLastError();
		unlimit_descriptors();
		is_enough = ok;
		if (!ok) {
			ck_assert_msg(is_of_exhaustion(error),
				      "%s: error %u with %u descriptors", row->name, error,
				      n);
			ck_assert_msg(row->act(), "%s: %u at the second try after %u "
				      "descriptors", row->name, GetLastError(), n);
		}
		row->undo();
		row->after();
		guest = CreateFileA(OTHER, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		ck_assert_msg(guest != INVALID_HANDLE_VALUE,
			      "%s: a pipe is gone (%u) with %u descriptors", row->name,
			      GetLastError(), n);
		CloseHandle(guest);
		ck_assert(DisconnectNamedPipe(bystander));
		ck_assert(begun(ConnectNamedPipe(bystander, &(OVERLAPPED){.hEvent = NULL})));
		ck_assert(CancelIo(bystander));
	}
	CloseHandle(bystander);
}
END_TEST

START_TEST(an_interruption_is_not_seen)
{
	const struct row *row = &rows[_i];
	BOOL ok;

	for (int i = 0; i < 3; i++) {
		row->before();
		inject_interrupts(true);
		ok = row->act();
		inject_interrupts(false);
		ck_assert_msg(ok, "%s: error %u", row->name, GetLastError());
		row->undo();
		row->after();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exhaustion");
	TCase *tc = tcase_create("rows");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_refusal_changes_nothing, 0, N_ROWS);
	tcase_add_loop_test(tc, a_full_table_of_descriptors_costs_nothing, 0, N_ROWS);
	tcase_add_loop_test(tc, an_interruption_is_not_seen, 0, N_ROWS);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
