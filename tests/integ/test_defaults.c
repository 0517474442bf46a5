/* SPDX-License-Identifier: MIT */
/*
 * What an object gets that is made without a descriptor: the defaults of the token, as they
 * were told with SetTokenInformation (kernel32-shim/default_security.h).
 */
#include <windows.h>

#include <check.h>
#include <sddl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/broker.h"

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* The calling thread wears a token of its own, which is told this DACL. */
static HANDLE dressed(const char *sddl)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	TOKEN_DEFAULT_DACL told = {NULL};
	BOOL is_present = FALSE, is_default;
	HANDLE token = NULL;

	ck_assert(ImpersonateSelf(SecurityImpersonation));
	ck_assert(OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, TRUE, &token));
	if (!sddl)
		return token;
	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		sddl, SDDL_REVISION_1, &sd, NULL));
	ck_assert(GetSecurityDescriptorDacl(sd, &is_present, &told.DefaultDacl,
					    &is_default));
	ck_assert(SetTokenInformation(token, TokenDefaultDacl, &told, sizeof(told)));
	LocalFree(sd);
	return token;
}

/* These parts of the object's descriptor as text, in a buffer of its own. */
static const char *sddl_of(HANDLE h, SECURITY_INFORMATION parts)
{
	static char text[1024];
	unsigned char sd[1024];
	char *found = NULL;
	DWORD n;

	ck_assert(GetKernelObjectSecurity(h, parts, sd, sizeof(sd), &n));
	ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
		sd, SDDL_REVISION_1, parts, &found, NULL));
	snprintf(text, sizeof(text), "%s", found);
	LocalFree(found);
	return text;
}

static HANDLE pipe_new(void)
{
	HANDLE h = CreateNamedPipeA("\\\\.\\pipe\\default", PIPE_ACCESS_DUPLEX, 0, 1, 64, 64,
				    0, NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

/* May nobody open the event @name? */
static bool nobody_can_open(const char *name)
{
	HANDLE h;

	RevertToSelf();
	ck_assert(ImpersonateAnonymousToken(GetCurrentThread()));
	h = OpenEventA(SYNCHRONIZE, FALSE, name);
	if (!h)
		ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	RevertToSelf();
	if (h)
		CloseHandle(h);
	return h != NULL;
}

START_TEST(an_event_gets_the_dacl_that_was_told)
{
	HANDLE token = dressed("D:(A;;GX;;;AN)(A;;GA;;;SY)");
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, "told");

	ck_assert_ptr_nonnull(event);
	ck_assert(nobody_can_open("told"));
	CloseHandle(event);
	CloseHandle(token);
}
END_TEST

START_TEST(a_thread_that_reverted_makes_them_as_before)
{
	HANDLE token = dressed("D:(A;;GX;;;AN)");
	HANDLE event;

	RevertToSelf();
	event = CreateEventA(NULL, TRUE, FALSE, "plain");
	ck_assert_ptr_nonnull(event);
	ck_assert(!nobody_can_open("plain"));
	CloseHandle(event);
	CloseHandle(token);
}
END_TEST

START_TEST(a_given_descriptor_stays_what_it_is)
{
	HANDLE token = dressed("D:(A;;GX;;;AN)");
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, FALSE};
	HANDLE event;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		"D:(A;;GA;;;SY)(A;;GA;;;IU)", SDDL_REVISION_1, &sa.lpSecurityDescriptor,
		NULL));
	event = CreateEventA(&sa, TRUE, FALSE, "given");
	ck_assert_ptr_nonnull(event);
	ck_assert(!nobody_can_open("given"));
	LocalFree(sa.lpSecurityDescriptor);
	CloseHandle(event);
	CloseHandle(token);
}
END_TEST

/* npfs-semantics 9.1: a pipe of newer systems has its own default, NT 4's the token's. */
START_TEST(a_pipe_gets_it_where_the_system_does)
{
	HANDLE token, pipe;
	const char *found;

	if (_i == 1)
		setenv("NPFS_PERSONALITY", "nt4", 1);
	token = dressed("D:(A;;GA;;;WD)");
	pipe = pipe_new();
	found = sddl_of(pipe, DACL_SECURITY_INFORMATION);

	if (_i == 0)
		ck_assert_ptr_nonnull(strstr(found, "FR;;;AN)"));
	else
		ck_assert_str_eq(found, "D:(A;;GA;;;WD)");
	CloseHandle(pipe);
	CloseHandle(token);
	RevertToSelf();
}
END_TEST

START_TEST(owner_and_group_are_those_that_were_told)
{
	HANDLE token = dressed(NULL);
	unsigned char everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
	TOKEN_PRIMARY_GROUP group = {everyone};
	HANDLE pipe, copy = NULL;

	ck_assert(SetTokenInformation(token, TokenPrimaryGroup, &group, sizeof(group)));
	pipe = pipe_new();
	ck_assert_str_eq(sddl_of(pipe, GROUP_SECURITY_INFORMATION), "G:WD");
	ck_assert_ptr_nonnull(strstr(sddl_of(pipe, DACL_SECURITY_INFORMATION), "FR;;;AN)"));
	CloseHandle(pipe);
	/* a copy of the token takes it along */
	ck_assert(DuplicateToken(token, SecurityImpersonation, &copy));
	ck_assert(SetThreadToken(NULL, copy));
	pipe = pipe_new();
	ck_assert_str_eq(sddl_of(pipe, GROUP_SECURITY_INFORMATION), "G:WD");
	CloseHandle(pipe);
	CloseHandle(copy);
	CloseHandle(token);
	RevertToSelf();
}
END_TEST

START_TEST(a_session_is_not_told)
{
	HANDLE token = dressed(NULL);
	DWORD session = 0, n;

	ck_assert(GetTokenInformation(token, TokenSessionId, &session, sizeof(session), &n));
	ck_assert(SetTokenInformation(token, TokenSessionId, &session, sizeof(session)));
	session++;
	ck_assert(!SetTokenInformation(token, TokenSessionId, &session, sizeof(session)));
	ck_assert_uint_eq(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
	CloseHandle(token);
	ck_assert(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert(!SetTokenInformation(token, TokenSessionId, &session, sizeof(session)));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	CloseHandle(token);
	RevertToSelf();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("defaults");
	TCase *tcase = tcase_create("defaults");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_event_gets_the_dacl_that_was_told);
	tcase_add_test(tcase, a_thread_that_reverted_makes_them_as_before);
	tcase_add_test(tcase, a_given_descriptor_stays_what_it_is);
	tcase_add_test(tcase, owner_and_group_are_those_that_were_told);
	tcase_add_test(tcase, a_session_is_not_told);
	tcase_add_loop_test(tcase, a_pipe_gets_it_where_the_system_does, 0, 2);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
