/* SPDX-License-Identifier: MIT */
/*
 * What a handle of a process, a thread, a port or a token may do: what it was opened or
 * duplicated for, and nothing else. The calls say in their documentation which right they
 * need; what they are called for here is harmless should they do it all the same.
 */
#include "conformance/cases/overlapped/api.h"
#include "conformance/pipes.h"

/* A handle of the same object with these rights alone. */
static HANDLE with_rights(HANDLE h, DWORD access)
{
	HANDLE self = GetCurrentProcess(), copy = NULL;

	EXPECT_TRUE(API(DuplicateHandle)(self, h, self, &copy, access, FALSE, 0));
	return copy;
}

static void expect_no_wait(HANDLE h)
{
	SetLastError(CONF_UNTOUCHED_ERROR);
	EXPECT_EQ(WaitForSingleObject(h, 0), WAIT_FAILED);
	EXPECT_ERROR(GetLastError(), ERROR_ACCESS_DENIED);
}

/* ---- processes ---- */

static void opened_process_does_what_was_asked_for(void)
{
	DWORD id = GetCurrentProcessId(), code;
	HANDLE asks = API(OpenProcess)(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
	HANDLE waits = API(OpenProcess)(SYNCHRONIZE, FALSE, id), copy;

	EXPECT_TRUE(API(GetExitCodeProcess)(asks, &code));
	EXPECT_EQ(code, STILL_ACTIVE);
	EXPECT_FAILS(API(TerminateProcess)(asks, 1), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(SetPriorityClass)(asks, NORMAL_PRIORITY_CLASS), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(DuplicateHandle)(asks, asks, GetCurrentProcess(), &copy, 0, FALSE,
					  DUPLICATE_SAME_ACCESS),
		     ERROR_ACCESS_DENIED);
	expect_no_wait(asks);
	EXPECT_FAILS(API(GetExitCodeProcess)(waits, &code), ERROR_ACCESS_DENIED);
	EXPECT_EQ(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
}

static void duplicate_of_a_process_has_its_own_rights(void)
{
	HANDLE reads = with_rights(GetCurrentProcess(), GENERIC_READ);
	HANDLE waits = with_rights(GetCurrentProcess(), SYNCHRONIZE);
	DWORD code;

	EXPECT_TRUE(API(GetExitCodeProcess)(reads, &code));
	EXPECT_FAILS(API(TerminateProcess)(reads, 1), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(SetPriorityClass)(reads, NORMAL_PRIORITY_CLASS), ERROR_ACCESS_DENIED);
	expect_no_wait(reads);
	EXPECT_FAILS(API(TerminateProcess)(waits, 1), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(GetExitCodeProcess)(waits, &code), ERROR_ACCESS_DENIED);
	EXPECT_EQ(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
}

/* ---- threads ---- */

static VOID CALLBACK nothing(ULONG_PTR arg)
{
	(void)arg;
}

static void expect_no_change(HANDLE thread)
{
	EXPECT_FAILS(API(SetThreadPriority)(thread, THREAD_PRIORITY_NORMAL),
		     ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(SuspendThread)(thread) != (DWORD)-1, ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(ResumeThread)(thread) != (DWORD)-1, ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(TerminateThread)(thread, 1), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(QueueUserAPC)(nothing, thread, 0), ERROR_ACCESS_DENIED);
}

static void duplicate_of_a_thread_has_its_own_rights(void)
{
	HANDLE asks = with_rights(GetCurrentThread(), THREAD_QUERY_LIMITED_INFORMATION);
	HANDLE reads = with_rights(GetCurrentThread(), GENERIC_READ);
	HANDLE waits = with_rights(GetCurrentThread(), SYNCHRONIZE);
	HANDLE calls = with_rights(GetCurrentThread(), THREAD_SET_CONTEXT);
	DWORD code;

	EXPECT_TRUE(API(GetExitCodeThread)(asks, &code));
	EXPECT_EQ(code, STILL_ACTIVE);
	EXPECT_EQ(API(GetThreadId)(asks), GetCurrentThreadId());
	expect_no_change(asks);
	expect_no_wait(asks);
	EXPECT_TRUE(API(GetExitCodeThread)(reads, &code));
	expect_no_change(reads);
	EXPECT_FAILS(API(GetExitCodeThread)(waits, &code), ERROR_ACCESS_DENIED);
	EXPECT_EQ(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
	EXPECT_FAILS(API(GetExitCodeThread)(calls, &code), ERROR_ACCESS_DENIED);
	EXPECT_TRUE(API(QueueUserAPC)(nothing, calls, 0));
}

static void opened_thread_does_what_was_asked_for(void)
{
	HANDLE waits = API(OpenThread)(SYNCHRONIZE, FALSE, GetCurrentThreadId());
	HANDLE changes = API(OpenThread)(THREAD_SET_INFORMATION, FALSE, GetCurrentThreadId());

	expect_no_change(waits);
	EXPECT_EQ(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
	EXPECT_TRUE(API(SetThreadPriority)(changes, THREAD_PRIORITY_NORMAL));
	expect_no_wait(changes);
}

/* ---- ports ---- */

static void duplicate_of_a_port_has_its_own_rights(void)
{
	struct pair p = pair_new(PAIR_OV, 100, 100);
	HANDLE port = API(CreateIoCompletionPort)(INVALID_HANDLE_VALUE, NULL, 0, 0);
	HANDLE asks = with_rights(port, GENERIC_READ), posts = with_rights(port, GENERIC_WRITE);
	OVERLAPPED *ov;
	ULONG_PTR key;
	DWORD n;

	EXPECT_FAILS(API(PostQueuedCompletionStatus)(asks, 1, 2, NULL), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(GetQueuedCompletionStatus)(asks, &n, &key, &ov, 0),
		     ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API(CreateIoCompletionPort)(p.s, asks, 3, 0) != NULL,
		     ERROR_ACCESS_DENIED);
	EXPECT_TRUE(API(PostQueuedCompletionStatus)(posts, 1, 2, NULL));
	EXPECT_TRUE(API(GetQueuedCompletionStatus)(posts, &n, &key, &ov, CONF_SOON_MS));
	EXPECT_EQ(n, 1);
	EXPECT_EQ(key, 2);
	EXPECT_THAT(API(CreateIoCompletionPort)(p.s, posts, 3, 0) == posts);
}

/* ---- tokens ---- */

static void duplicate_of_a_token_has_its_own_rights(void)
{
	HANDLE token = NULL, copies, reads;
	TOKEN_STATISTICS statistics;
	DWORD needed;

	EXPECT_TRUE(API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
	copies = with_rights(token, TOKEN_DUPLICATE);
	reads = with_rights(token, GENERIC_READ);
	EXPECT_FAILS(API_SEC(GetTokenInformation)(copies, TokenStatistics, &statistics,
						  sizeof(statistics), &needed),
		     ERROR_ACCESS_DENIED);
	EXPECT_TRUE(API_SEC(GetTokenInformation)(reads, TokenStatistics, &statistics,
						 sizeof(statistics), &needed));
	EXPECT_FAILS(API_SEC(AdjustTokenPrivileges)(reads, TRUE, NULL, 0, NULL, NULL),
		     ERROR_ACCESS_DENIED);
}

const struct conf_case objects_rights_cases[] = {
	CASE("rights", opened_process_does_what_was_asked_for, "D", "OpenProcess",
	     "a handle of a process does what it was opened for, other calls fail with 5"),
	CASE("rights", duplicate_of_a_process_has_its_own_rights, "D", "DuplicateHandle",
	     "so does a duplicate with fewer rights, general ones too"),
	CASE("rights", duplicate_of_a_thread_has_its_own_rights, "D", "DuplicateHandle",
	     "the same of a thread"),
	CASE("rights", opened_thread_does_what_was_asked_for, "D", "OpenThread",
	     "a handle of a thread does what it was opened for"),
	CASE("rights", duplicate_of_a_port_has_its_own_rights, "D", "DuplicateHandle",
	     "of a completion port without the right to modify it: posting, waiting and "
	     "associating fail with 5"),
	CASE("rights", duplicate_of_a_token_has_its_own_rights, "D", "DuplicateHandle",
	     "of a token with TOKEN_DUPLICATE only: asking fails with 5"),
	CASE_END
};
