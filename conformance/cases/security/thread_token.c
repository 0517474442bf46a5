/* SPDX-License-Identifier: MIT */
/*
 * Tokens of other threads, and what a handle must have been granted for them (npfs-semantics
 * 9.3; SetThreadToken, OpenThreadToken, OpenProcessToken and Thread Security and Access Rights
 * in the Windows documentation).
 */
#include "conformance/cases/security/tools.h"

/* A thread that looks when it is told to, and opens what it is told to. */
struct looker {
	HANDLE thread, go, done;
	const char *pipe; /* NULL: none */
	DWORD token_error, open_error;
	bool end;
};

static DWORD WINAPI looker_main(void *arg)
{
	struct looker *l = arg;
	HANDLE h;

	while (WaitForSingleObject(l->go, CONF_SOON_MS) == WAIT_OBJECT_0 && !l->end) {
		if (API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &h)) {
			l->token_error = 0;
			CloseHandle(h);
		} else {
			l->token_error = GetLastError();
		}
		if (l->pipe) {
			h = client_open(l->pipe, GENERIC_READ, 0);
			l->open_error = h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
			if (h != INVALID_HANDLE_VALUE)
				CloseHandle(h);
		}
		SetEvent(l->done);
	}
	return 0;
}

static void looker_start(struct looker *l, const char *pipe)
{
	memset(l, 0, sizeof(*l));
	api_sec_need("OpenThreadToken");
	api_sec_need("SetThreadToken");
	l->pipe = pipe;
	l->go = CreateEventA(NULL, FALSE, FALSE, NULL);
	l->done = CreateEventA(NULL, FALSE, FALSE, NULL);
	l->thread = CreateThread(NULL, 0, looker_main, l, 0, NULL);
	EXPECT_THAT(l->go && l->done && l->thread);
}

static void looker_look(struct looker *l)
{
	SetEvent(l->go);
	EXPECT_EQ(WaitForSingleObject(l->done, CONF_SOON_MS), WAIT_OBJECT_0);
}

static void looker_end(struct looker *l)
{
	l->end = true;
	SetEvent(l->go);
	EXPECT_EQ(WaitForSingleObject(l->thread, CONF_SOON_MS), WAIT_OBJECT_0);
	CloseHandle(l->thread);
	CloseHandle(l->go);
	CloseHandle(l->done);
}

static HANDLE token_for_threads(SECURITY_IMPERSONATION_LEVEL level, DWORD access)
{
	HANDLE process, token;

	EXPECT_TRUE(
		API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_DUPLICATE, &process));
	EXPECT_TRUE(API_SEC(DuplicateTokenEx)(process, access, NULL, level,
					      TokenImpersonation, &token));
	CloseHandle(process);
	return token;
}

static void running_thread_wears_what_it_is_told(void)
{
	HANDLE token = token_for_threads(SecurityImpersonation, TOKEN_ALL_ACCESS), seen;
	struct looker l;

	looker_start(&l, NULL);
	looker_look(&l);
	EXPECT_ERROR(l.token_error, ERROR_NO_TOKEN);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&l.thread, token));
	EXPECT_TRUE(API_SEC(OpenThreadToken)(l.thread, TOKEN_QUERY, TRUE, &seen));
	CloseHandle(seen);
	EXPECT_FAILS(API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &seen),
		     ERROR_NO_TOKEN);
	looker_look(&l);
	EXPECT_ERROR(l.token_error, 0);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&l.thread, NULL));
	EXPECT_FAILS(API_SEC(OpenThreadToken)(l.thread, TOKEN_QUERY, TRUE, &seen),
		     ERROR_NO_TOKEN);
	looker_look(&l);
	EXPECT_ERROR(l.token_error, ERROR_NO_TOKEN);
	looker_end(&l);
	CloseHandle(token);
}

static void running_thread_told_to_identify_opens_nothing(void)
{
	HANDLE token = token_for_threads(SecurityIdentification, TOKEN_ALL_ACCESS), s;
	const char *name = case_pipe_name();
	struct looker l;

	EXPECT_HANDLE(s, server_with(name, NULL, 0, 4));
	looker_start(&l, name);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&l.thread, token));
	looker_look(&l);
	EXPECT_ERROR(l.open_error, ERROR_BAD_IMPERSONATION_LEVEL);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&l.thread, NULL));
	looker_look(&l);
	EXPECT_ERROR(l.open_error, 0);
	looker_end(&l);
	CloseHandle(token);
}

/* Another handle of the thread, with only these rights. */
static HANDLE handle_with(HANDLE thread, DWORD access)
{
	HANDLE h = NULL;

	EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &h,
				    access, FALSE, 0));
	return h;
}

static void telling_a_thread_takes_its_right(void)
{
	HANDLE token = token_for_threads(SecurityImpersonation, TOKEN_ALL_ACCESS), h;
	struct looker l;

	looker_start(&l, NULL);
	h = handle_with(l.thread, THREAD_QUERY_INFORMATION | SYNCHRONIZE);
	EXPECT_FAILS(API_SEC(SetThreadToken)(&h, token), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(API_SEC(SetThreadToken)(&h, NULL), ERROR_ACCESS_DENIED);
	CloseHandle(h);
	h = handle_with(l.thread, THREAD_SET_THREAD_TOKEN);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&h, token));
	looker_look(&l);
	EXPECT_ERROR(l.token_error, 0);
	CloseHandle(h);
	looker_end(&l);
	CloseHandle(token);
}

static void asking_a_thread_takes_its_right(void)
{
	HANDLE token = token_for_threads(SecurityImpersonation, TOKEN_ALL_ACCESS), h, seen;
	struct looker l;

	looker_start(&l, NULL);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&l.thread, token));
	h = handle_with(l.thread, THREAD_SET_THREAD_TOKEN | SYNCHRONIZE);
	EXPECT_FAILS(API_SEC(OpenThreadToken)(h, TOKEN_QUERY, TRUE, &seen),
		     ERROR_ACCESS_DENIED);
	CloseHandle(h);
	h = handle_with(l.thread, THREAD_QUERY_INFORMATION);
	EXPECT_TRUE(API_SEC(OpenThreadToken)(h, TOKEN_QUERY, TRUE, &seen));
	CloseHandle(seen);
	CloseHandle(h);
	looker_end(&l);
	CloseHandle(token);
}

static void making_a_thread_anonymous_takes_its_right(void)
{
	struct looker l;
	HANDLE h, seen;

	looker_start(&l, NULL);
	api_sec_need("ImpersonateAnonymousToken");
	h = handle_with(l.thread, THREAD_QUERY_INFORMATION);
	EXPECT_FAILS(API_SEC(ImpersonateAnonymousToken)(h), ERROR_ACCESS_DENIED);
	CloseHandle(h);
	h = handle_with(l.thread, THREAD_IMPERSONATE);
	EXPECT_TRUE(API_SEC(ImpersonateAnonymousToken)(h));
	EXPECT_FAILS(API_SEC(OpenThreadToken)(l.thread, TOKEN_QUERY, TRUE, &seen),
		     ERROR_CANT_OPEN_ANONYMOUS);
	CloseHandle(h);
	looker_end(&l);
}

static void asking_a_process_takes_its_right(void)
{
	HANDLE h, token;

	api_sec_need("OpenProcessToken");
	h = OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId());
	EXPECT_THAT(h != NULL);
	EXPECT_FAILS(API_SEC(OpenProcessToken)(h, TOKEN_QUERY, &token), ERROR_ACCESS_DENIED);
	CloseHandle(h);
	h = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
	EXPECT_THAT(h != NULL);
	EXPECT_TRUE(API_SEC(OpenProcessToken)(h, TOKEN_QUERY, &token));
	CloseHandle(token);
	CloseHandle(h);
}

static void only_a_token_to_impersonate_can_be_worn(void)
{
	HANDLE weak = token_for_threads(SecurityImpersonation, TOKEN_QUERY), primary;
	struct looker l;

	looker_start(&l, NULL);
	EXPECT_FAILS(API_SEC(SetThreadToken)(&l.thread, weak), ERROR_ACCESS_DENIED);
	EXPECT_TRUE(API_SEC(OpenProcessToken)(GetCurrentProcess(),
					      TOKEN_IMPERSONATE | TOKEN_QUERY, &primary));
	EXPECT_FAILS(API_SEC(SetThreadToken)(&l.thread, primary), ERROR_BAD_TOKEN_TYPE);
	looker_look(&l);
	EXPECT_ERROR(l.token_error, ERROR_NO_TOKEN);
	looker_end(&l);
	CloseHandle(primary);
	CloseHandle(weak);
}

const struct conf_case security_thread_token_cases[] = {
	CASE("9.3", running_thread_wears_what_it_is_told, "D", "9.3",
	     "SetThreadToken of a thread that runs, and NULL takes it off"),
	CASE("9.3", running_thread_told_to_identify_opens_nothing, "D", "9.3",
	     "SetThreadToken of a thread that runs, level Identification: its open is 1346"),
	CASE("9.3", telling_a_thread_takes_its_right, "D", "9.3",
	     "SetThreadToken through a handle without THREAD_SET_THREAD_TOKEN fails with 5"),
	CASE("9.3", asking_a_thread_takes_its_right, "D", "9.3",
	     "OpenThreadToken through a handle without THREAD_QUERY_INFORMATION fails with 5"),
	CASE("9.3", making_a_thread_anonymous_takes_its_right, "D", "9.3",
	     "ImpersonateAnonymousToken of another thread takes THREAD_IMPERSONATE"),
	CASE("9.3", asking_a_process_takes_its_right, "D", "9.3",
	     "OpenProcessToken through a handle that may not query fails with 5"),
	CASE("9.3", only_a_token_to_impersonate_can_be_worn, "D", "9.3",
	     "SetThreadToken without TOKEN_IMPERSONATE fails with 5, of a primary token with "
	     "1349"),
	CASE_END
};
