/* SPDX-License-Identifier: MIT */
/*
 * What ntdll has beside pipes: events with their state before, ports, waits, alerts, opens
 * by name, changes of the name space, controls that no device takes.
 *
 * That the native calls on pipes do as the documentation says is seen in the conformance
 * suite; here are those that it does not reach.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <winioctl.h>

#include "tests/lib/broker.h"

#define W(text)		    ((WCHAR *)(uintptr_t)u##text)
#define IS(call, wanted)    ck_assert_uint_eq((ULONG)(call), (ULONG)(wanted))
#define NO_TIME(name)	    LARGE_INTEGER name = {.QuadPart = 0}
#define MANY		    64

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static OBJECT_ATTRIBUTES named(UNICODE_STRING *string, const WCHAR *name, ULONG flags)
{
	OBJECT_ATTRIBUTES attributes;

	RtlInitUnicodeString(string, name);
	InitializeObjectAttributes(&attributes, string, flags, NULL, NULL);
	return attributes;
}

static HANDLE event_new(EVENT_TYPE type, BOOLEAN is_set)
{
	HANDLE h;

	IS(NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, type, is_set), STATUS_SUCCESS);
	return h;
}

/* ------------------------------------------------------------------- events */

START_TEST(a_change_tells_the_state_before_it)
{
	HANDLE h = event_new(NotificationEvent, FALSE);
	EVENT_BASIC_INFORMATION info;
	LONG was = 7;

	IS(NtSetEvent(h, &was), STATUS_SUCCESS);
	ck_assert_int_eq(was, 0);
	IS(NtPulseEvent(h, &was), STATUS_SUCCESS);
	ck_assert_int_eq(was, 1);
	IS(NtQueryEvent(h, EventBasicInformation, &info, sizeof(info), NULL), STATUS_SUCCESS);
	ck_assert_int_eq(info.EventState, 0);
	IS(NtSetEvent(h, NULL), STATUS_SUCCESS);
	IS(NtClearEvent(h), STATUS_SUCCESS);
	IS(NtQueryEvent(h, EventBasicInformation, &info, sizeof(info), NULL), STATUS_SUCCESS);
	ck_assert_int_eq(info.EventState, 0);
	IS(NtClose(h), STATUS_SUCCESS);
	IS(NtPulseEvent(h, NULL), STATUS_INVALID_HANDLE);
	IS(NtClearEvent(NULL), STATUS_INVALID_HANDLE);
	h = CreateMutexA(NULL, FALSE, NULL);
	IS(NtClearEvent(h), STATUS_OBJECT_TYPE_MISMATCH);
	CloseHandle(h);
}
END_TEST

START_TEST(an_event_is_opened_where_win32_keeps_its_names)
{
	HANDLE made = CreateEventA(NULL, TRUE, FALSE, "a native one"), h = (HANDLE)1;
	HANDLE mutex = CreateMutexA(NULL, FALSE, "a mutex");
	UNICODE_STRING s;
	OBJECT_ATTRIBUTES a = named(&s, W("\\BaseNamedObjects\\a native one"), 0);

	IS(NtOpenEvent(&h, EVENT_MODIFY_STATE, &a), STATUS_SUCCESS);
	IS(NtSetEvent(h, NULL), STATUS_SUCCESS);
	ck_assert_uint_eq(WaitForSingleObject(made, 0), WAIT_OBJECT_0);
	NtClose(h);
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_SUCCESS);
	IS(NtClearEvent(h), STATUS_ACCESS_DENIED);
	NtClose(h);
	a = named(&s, W("\\BaseNamedObjects\\none"), 0);
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_ptr_null(h);
	a = named(&s, W("\\BaseNamedObjects\\a mutex"), 0);
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_OBJECT_TYPE_MISMATCH);
	a = named(&s, W("a native one"), 0);
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_OBJECT_PATH_SYNTAX_BAD);
	a = named(&s, W("\\Elsewhere\\a native one"), 0);
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_OBJECT_PATH_NOT_FOUND);
	IS(NtOpenEvent(&h, SYNCHRONIZE, NULL), STATUS_OBJECT_PATH_SYNTAX_BAD);
	a.Length = 3;
	IS(NtOpenEvent(&h, SYNCHRONIZE, &a), STATUS_INVALID_PARAMETER);
	CloseHandle(made);
	CloseHandle(mutex);
}
END_TEST

/* -------------------------------------------------------------------- ports */

START_TEST(a_port_tells_its_depth_and_gives_several)
{
	FILE_IO_COMPLETION_INFORMATION got[4];
	IO_COMPLETION_BASIC_INFORMATION info;
	NO_TIME(now);
	HANDLE port, event = event_new(NotificationEvent, TRUE);
	ULONG n = 77;

	IS(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0), STATUS_SUCCESS);
	IS(NtRemoveIoCompletionEx(port, got, 4, &n, &now, FALSE), STATUS_TIMEOUT);
	ck_assert_uint_eq(n, 0);
	for (ULONG_PTR i = 1; i <= 3; i++)
		IS(NtSetIoCompletion(port, i, 10 * i, STATUS_PIPE_BROKEN, 100 * i),
		   STATUS_SUCCESS);
	IS(NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, sizeof(info), &n),
	   STATUS_SUCCESS);
	ck_assert_int_eq(info.Depth, 3);
	ck_assert_uint_eq(n, sizeof(info));
	IS(NtRemoveIoCompletionEx(port, got, 2, &n, &now, FALSE), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_eq(got[1].KeyContext, (PVOID)2);
	ck_assert_ptr_eq(got[1].ApcContext, (PVOID)20);
	IS(got[1].IoStatusBlock.Status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(got[1].IoStatusBlock.Information, 200);
	IS(NtRemoveIoCompletionEx(port, got, 4, &n, NULL, FALSE), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 1);

	IS(NtRemoveIoCompletionEx(port, got, 0, &n, &now, FALSE), STATUS_INVALID_PARAMETER);
	IS(NtRemoveIoCompletionEx(port, NULL, 1, &n, &now, FALSE), STATUS_ACCESS_VIOLATION);
	IS(NtRemoveIoCompletionEx(event, got, 1, &n, &now, FALSE), STATUS_OBJECT_TYPE_MISMATCH);
	IS(NtQueryIoCompletion(port, 1, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS);
	IS(NtQueryIoCompletion(port, IoCompletionBasicInformation, &info, 3, NULL),
	   STATUS_INFO_LENGTH_MISMATCH);
	IS(NtQueryIoCompletion(event, IoCompletionBasicInformation, &info, sizeof(info), NULL),
	   STATUS_OBJECT_TYPE_MISMATCH);
	NtClose(port);
	NtClose(event);
}
END_TEST

/* ------------------------------------------------------------- waits, alerts */

static unsigned n_alerts;

static VOID NTAPI alerted(PVOID a, PVOID b, PVOID c)
{
	if (a == (PVOID)1 && b == (PVOID)2 && c == (PVOID)3)
		n_alerts++;
}

static void alert_self(void)
{
	IS(NtQueueApcThread(GetCurrentThread(), alerted, (PVOID)1, (PVOID)2, (PVOID)3),
	   STATUS_SUCCESS);
}

START_TEST(routines_run_where_the_thread_lets_them)
{
	LARGE_INTEGER soon = {.QuadPart = -10}, never = {.QuadPart = INT64_MIN};
	NO_TIME(now);

	n_alerts = 0;
	IS(NtDelayExecution(FALSE, &soon), STATUS_SUCCESS);
	IS(NtDelayExecution(FALSE, &now), STATUS_SUCCESS);
	alert_self();
	IS(NtDelayExecution(FALSE, &soon), STATUS_SUCCESS);
	ck_assert_uint_eq(n_alerts, 0);
	IS(NtDelayExecution(TRUE, &never), STATUS_USER_APC);
	ck_assert_uint_eq(n_alerts, 1);
	alert_self();
	alert_self();
	IS(NtTestAlert(), STATUS_SUCCESS);
	ck_assert_uint_eq(n_alerts, 3);
	IS(NtTestAlert(), STATUS_SUCCESS);
	ck_assert_uint_eq(n_alerts, 3);
	IS(NtDelayExecution(FALSE, NULL), STATUS_ACCESS_VIOLATION);
}
END_TEST

START_TEST(several_are_waited_for_by_number)
{
	HANDLE set = event_new(SynchronizationEvent, TRUE);
	HANDLE clear = event_new(NotificationEvent, FALSE);
	HANDLE both[2] = {clear, set}, twice[2] = {set, set}, wrong[2] = {set, NULL};
	NO_TIME(now);

	IS(NtWaitForMultipleObjects(2, both, WaitAll, FALSE, &now), STATUS_TIMEOUT);
	IS(NtWaitForMultipleObjects(2, both, WaitAny, FALSE, NULL), STATUS_WAIT_0 + 1);
	IS(NtWaitForMultipleObjects(2, both, WaitAny, FALSE, &now), STATUS_TIMEOUT);
	IS(NtSetEvent(set, NULL), STATUS_SUCCESS);
	IS(NtSetEvent(clear, NULL), STATUS_SUCCESS);
	IS(NtWaitForMultipleObjects(2, both, WaitAll, FALSE, NULL), STATUS_WAIT_0);
	alert_self();
	IS(NtClearEvent(clear), STATUS_SUCCESS);
	IS(NtWaitForMultipleObjects(2, both, WaitAny, TRUE, NULL), STATUS_USER_APC);
	IS(NtWaitForMultipleObjects(0, both, WaitAny, FALSE, &now), STATUS_INVALID_PARAMETER_1);
	IS(NtWaitForMultipleObjects(MANY + 1, both, WaitAny, FALSE, &now),
	   STATUS_INVALID_PARAMETER_1);
	IS(NtWaitForMultipleObjects(2, both, 7, FALSE, &now), STATUS_INVALID_PARAMETER_3);
	IS(NtWaitForMultipleObjects(2, twice, WaitAll, FALSE, &now),
	   STATUS_INVALID_PARAMETER_MIX);
	IS(NtWaitForMultipleObjects(2, wrong, WaitAny, FALSE, &now), STATUS_INVALID_HANDLE);
	NtClose(set);
	NtClose(clear);
}
END_TEST

/* -------------------------------------------------------------------- files */

static HANDLE open_native(const WCHAR *name, ACCESS_MASK access, ULONG options,
			  NTSTATUS wanted)
{
	UNICODE_STRING s;
	OBJECT_ATTRIBUTES a = named(&s, name, OBJ_CASE_INSENSITIVE);
	IO_STATUS_BLOCK block;
	HANDLE h = NULL;

	IS(NtOpenFile(&h, access, &a, &block, FILE_SHARE_READ | FILE_SHARE_WRITE, options),
	   wanted);
	return h;
}

START_TEST(what_is_opened_takes_no_control_of_a_device)
{
	HANDLE server = CreateNamedPipeA("\\\\.\\pipe\\Opened", PIPE_ACCESS_DUPLEX, 0, 1, 512,
					 512, 0, NULL), client;
	IO_STATUS_BLOCK block;
	DWORD n;

	ck_assert_ptr_ne(server, INVALID_HANDLE_VALUE);
	client = open_native(W("\\??\\pipe\\opened"), GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
			     FILE_SYNCHRONOUS_IO_NONALERT, STATUS_SUCCESS);
	ck_assert(WriteFile(client, "x", 1, &n, NULL));
	/* A code that takes any right, one that takes the right to write, one of no device. */
	IS(NtDeviceIoControlFile(client, NULL, NULL, NULL, &block,
				 CTL_CODE(FILE_DEVICE_NETWORK, 1, METHOD_BUFFERED,
					  FILE_ANY_ACCESS), NULL, 0, NULL, 0),
	   STATUS_INVALID_DEVICE_REQUEST);
	IS(NtDeviceIoControlFile(NULL, NULL, NULL, NULL, &block, 0, NULL, 0, NULL, 0),
	   STATUS_INVALID_HANDLE);
	IS(NtDeviceIoControlFile(client, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0),
	   STATUS_ACCESS_VIOLATION);
	NtClose(client);
	/* The one instance has had its client. */
	open_native(W("\\??\\pipe\\opened"), GENERIC_READ, 0, STATUS_PIPE_NOT_AVAILABLE);
	open_native(W("\\??\\pipe\\none"), GENERIC_READ, 0, STATUS_OBJECT_NAME_NOT_FOUND);
	CloseHandle(server);
}
END_TEST

START_TEST(changes_of_names_are_told_by_status)
{
	HANDLE root = open_native(W("\\??\\pipe\\"), FILE_LIST_DIRECTORY | SYNCHRONIZE,
				  FILE_DIRECTORY_FILE, STATUS_SUCCESS);
	HANDLE event = event_new(NotificationEvent, FALSE), pipe;
	IO_STATUS_BLOCK block = {.Information = 0};
	union {
		FILE_NOTIFY_INFORMATION info;
		char bytes[1024];
	} changes;

	IS(NtNotifyChangeDirectoryFile(root, event, NULL, NULL, &block, &changes,
				       sizeof(changes), FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
	   STATUS_PENDING);
	pipe = CreateNamedPipeA("\\\\.\\pipe\\Told", PIPE_ACCESS_DUPLEX, 0, 1, 512, 512, 0, NULL);
	ck_assert_uint_eq(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
	IS(block.Status, STATUS_SUCCESS);
	ck_assert_uint_ge(block.Information, 12 + 8);
	ck_assert_uint_eq(changes.info.Action, FILE_ACTION_ADDED);
	ck_assert_uint_eq(changes.info.FileNameLength, 8);
	ck_assert_mem_eq(changes.info.FileName, W("Told"), 8);
	IS(NtNotifyChangeDirectoryFile(pipe, event, NULL, NULL, &block, &changes,
				       sizeof(changes), FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
	   STATUS_INVALID_DEVICE_REQUEST);
	IS(NtNotifyChangeDirectoryFile(NULL, event, NULL, NULL, &block, &changes,
				       sizeof(changes), FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
	   STATUS_INVALID_HANDLE);
	IS(NtNotifyChangeDirectoryFile(root, event, NULL, NULL, NULL, &changes,
				       sizeof(changes), FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
	   STATUS_ACCESS_VIOLATION);
	CloseHandle(pipe);
	NtClose(root);
	NtClose(event);
}
END_TEST

static void ck_native(const WCHAR *dos, const WCHAR *wanted, const WCHAR *wanted_part)
{
	UNICODE_STRING name;
	PWSTR part = NULL;

	ck_assert(RtlDosPathNameToNtPathName_U(dos, &name, &part, NULL));
	ck_assert_int_eq(lstrcmpW(name.Buffer, wanted), 0);
	ck_assert_uint_eq(name.Length, lstrlenW(wanted) * sizeof(WCHAR));
	if (wanted_part)
		ck_assert_int_eq(lstrcmpW(part, wanted_part), 0);
	else
		ck_assert_ptr_null(part);
	RtlFreeUnicodeString(&name);
}

START_TEST(names_of_dos_are_translated)
{
	UNICODE_STRING name;

	ck_native(W("\\\\.\\pipe\\a\\b"), W("\\??\\pipe\\a\\b"), W("b"));
	ck_native(W("\\\\?\\pipe\\a"), W("\\??\\pipe\\a"), W("a"));
	ck_native(W("\\\\.\\pipe\\"), W("\\??\\pipe\\"), NULL);
	ck_native(W("\\\\server\\pipe\\a"), W("\\??\\UNC\\server\\pipe\\a"), W("a"));
	ck_assert(!RtlDosPathNameToNtPathName_U(W(""), &name, NULL, NULL));
	ck_assert(!RtlDosPathNameToNtPathName_U(NULL, &name, NULL, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_ntdll");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_change_tells_the_state_before_it);
	tcase_add_test(tc, an_event_is_opened_where_win32_keeps_its_names);
	tcase_add_test(tc, a_port_tells_its_depth_and_gives_several);
	tcase_add_test(tc, routines_run_where_the_thread_lets_them);
	tcase_add_test(tc, several_are_waited_for_by_number);
	tcase_add_test(tc, what_is_opened_takes_no_control_of_a_device);
	tcase_add_test(tc, changes_of_names_are_told_by_status);
	tcase_add_test(tc, names_of_dos_are_translated);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
