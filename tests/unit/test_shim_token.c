/* SPDX-License-Identifier: MIT */
/*
 * Tokens and impersonation through the Win32 calls, as one user: what a token says, what can be
 * done with its handles, and what a thread wears.
 */
#include <windows.h>

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static HANDLE process_token(DWORD access)
{
	HANDLE token = NULL;

	ck_assert(OpenProcessToken(GetCurrentProcess(), access, &token));
	return token;
}

/* @class of @token; freed by the caller. Asks for the length first. */
static void *information(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD needed = 0, again = 0;
	void *info;

	SetLastError(0);
	ck_assert(!GetTokenInformation(token, class, NULL, 0, &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_gt(needed, 0);
	info = malloc(needed);
	ck_assert_ptr_nonnull(info);
	memset(info, 0x5a, needed);
	if (needed > 1) {
		ck_assert(!GetTokenInformation(token, class, info, needed - 1, &again));
		ck_assert_uint_eq(*(uint8_t *)info, 0x5a);
	}
	ck_assert(GetTokenInformation(token, class, info, needed, &again));
	ck_assert_uint_eq(again, needed);
	return info;
}

static DWORD number(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD *p = information(token, class);
	DWORD n = *p;

	free(p);
	return n;
}

START_TEST(the_user_is_the_unix_user)
{
	HANDLE token = process_token(TOKEN_QUERY);
	TOKEN_USER *user = information(token, TokenUser);
	TOKEN_OWNER *owner = information(token, TokenOwner);
	TOKEN_PRIMARY_GROUP *group = information(token, TokenPrimaryGroup);

	ck_assert(IsValidSid(user->User.Sid));
	ck_assert_uint_eq(*GetSidSubAuthorityCount(user->User.Sid), 2);
	ck_assert_uint_eq(*GetSidSubAuthority(user->User.Sid, 0), 1);
	ck_assert_uint_eq(*GetSidSubAuthority(user->User.Sid, 1), geteuid());
	ck_assert(EqualSid(user->User.Sid, owner->Owner));
	ck_assert_uint_eq(*GetSidSubAuthority(group->PrimaryGroup, 0), 2);
	ck_assert_uint_eq(*GetSidSubAuthority(group->PrimaryGroup, 1), getegid());
	free(user);
	free(owner);
	free(group);
	CloseHandle(token);
}
END_TEST

START_TEST(each_class_is_well_formed)
{
	HANDLE token = process_token(TOKEN_QUERY | TOKEN_QUERY_SOURCE);
	TOKEN_GROUPS *groups = information(token, TokenGroups);
	TOKEN_STATISTICS *statistics = information(token, TokenStatistics);
	TOKEN_DEFAULT_DACL *dacl = information(token, TokenDefaultDacl);
	TOKEN_PRIVILEGES *privileges = information(token, TokenPrivileges);
	TOKEN_SOURCE *source = information(token, TokenSource);
	TOKEN_MANDATORY_LABEL *label = information(token, TokenIntegrityLevel);
	TOKEN_GROUPS *restricted = information(token, TokenRestrictedSids);
	DWORD i, level;

	for (i = 0; i < groups->GroupCount; i++) {
		ck_assert(IsValidSid(groups->Groups[i].Sid));
		ck_assert(groups->Groups[i].Attributes & SE_GROUP_ENABLED);
	}
	ck_assert_uint_eq(statistics->GroupCount, groups->GroupCount);
	ck_assert_uint_eq(statistics->PrivilegeCount, privileges->PrivilegeCount);
	ck_assert_int_eq(statistics->TokenType, TokenPrimary);
	ck_assert(IsValidAcl(dacl->DefaultDacl));
	ck_assert_uint_eq(dacl->DefaultDacl->AceCount, 2);
	ck_assert_int_eq(memcmp(source->SourceName, "npfs", 5), 0);
	ck_assert(IsValidSid(label->Label.Sid));
	ck_assert_uint_eq(restricted->GroupCount, 0);
	ck_assert_uint_eq(number(token, TokenType), TokenPrimary);
	ck_assert_uint_eq(number(token, TokenElevation), geteuid() == 0);
	ck_assert_uint_eq(number(token, TokenHasRestrictions), 0);
	/* a process's token has no level, and there is no class 0 */
	ck_assert(!GetTokenInformation(token, TokenImpersonationLevel, &level,
				       sizeof(level), &i));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)0, &level,
				       sizeof(level), &i));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	free(groups);
	free(statistics);
	free(dacl);
	free(privileges);
	free(source);
	free(label);
	free(restricted);
	CloseHandle(token);
}
END_TEST

START_TEST(a_handle_does_what_it_was_opened_for)
{
	HANDLE token = process_token(TOKEN_QUERY), copy = NULL;
	TOKEN_SOURCE source;
	DWORD n;

	ck_assert(!DuplicateToken(token, SecurityImpersonation, &copy));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(!AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(!GetTokenInformation(token, TokenSource, &source, sizeof(source), &n));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	CloseHandle(token);
	ck_assert(!GetTokenInformation(token, TokenUser, NULL, 0, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!OpenProcessToken(NULL, TOKEN_QUERY, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(a_copy_has_at_most_the_level_of_its_model)
{
	HANDLE token = process_token(TOKEN_DUPLICATE), first = NULL, second = NULL;

	ck_assert(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityIdentification,
				   TokenImpersonation, &first));
	ck_assert_uint_eq(number(first, TokenImpersonationLevel), SecurityIdentification);
	ck_assert(!DuplicateToken(first, SecurityImpersonation, &second));
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
	ck_assert(!DuplicateTokenEx(first, 0, NULL, SecurityIdentification, TokenPrimary,
				    &second));
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
	ck_assert(DuplicateToken(first, SecurityIdentification, &second));
	CloseHandle(second);
	CloseHandle(first);
	ck_assert(!DuplicateTokenEx(token, 0, NULL, (SECURITY_IMPERSONATION_LEVEL)9,
				    TokenImpersonation, &first));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	CloseHandle(token);
}
END_TEST

START_TEST(a_thread_has_a_token_while_it_impersonates)
{
	HANDLE token = NULL, own = process_token(TOKEN_DUPLICATE), copy = NULL;

	ck_assert(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_TOKEN);
	ck_assert(ImpersonateSelf(SecurityIdentification));
	ck_assert(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(number(token, TokenImpersonationLevel), SecurityIdentification);
	ck_assert_uint_eq(number(token, TokenType), TokenImpersonation);
	CloseHandle(token);
	ck_assert(DuplicateToken(own, SecurityImpersonation, &copy));
	ck_assert(SetThreadToken(NULL, copy));
	ck_assert(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(number(token, TokenImpersonationLevel), SecurityImpersonation);
	CloseHandle(token);
	ck_assert(SetThreadToken(NULL, NULL));
	ck_assert(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_TOKEN);
	/* a process's token is none for a thread */
	CloseHandle(own);
	own = process_token(TOKEN_ALL_ACCESS);
	ck_assert(!SetThreadToken(NULL, own));
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_TOKEN_TYPE);
	ck_assert(ImpersonateLoggedOnUser(own));
	ck_assert(RevertToSelf());
	ck_assert(ImpersonateAnonymousToken(GetCurrentThread()));
	ck_assert(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_CANT_OPEN_ANONYMOUS);
	ck_assert(RevertToSelf());
	ck_assert(RevertToSelf());
	CloseHandle(copy);
	CloseHandle(own);
}
END_TEST

/* Another handle of the calling thread, with only these rights. */
static HANDLE thread_with(DWORD access)
{
	HANDLE h = NULL;

	ck_assert(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
				  GetCurrentProcess(), &h, access, FALSE, 0));
	return h;
}

START_TEST(a_thread_s_token_takes_the_right_of_the_handle)
{
	HANDLE asks = thread_with(THREAD_QUERY_INFORMATION);
	HANDLE tells = thread_with(THREAD_SET_THREAD_TOKEN);
	HANDLE hides = thread_with(THREAD_IMPERSONATE);
	HANDLE own = process_token(TOKEN_DUPLICATE), copy = NULL, token = NULL;

	ck_assert(DuplicateToken(own, SecurityImpersonation, &copy));
	ck_assert(!SetThreadToken(&asks, copy));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(SetThreadToken(&tells, copy));
	ck_assert(!OpenThreadToken(tells, TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(OpenThreadToken(asks, TOKEN_QUERY, TRUE, &token));
	CloseHandle(token);
	ck_assert(!ImpersonateAnonymousToken(tells));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(ImpersonateAnonymousToken(hides));
	ck_assert(!SetThreadToken(&asks, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(SetThreadToken(&tells, NULL));
	ck_assert(!OpenThreadToken(asks, TOKEN_QUERY, TRUE, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_TOKEN);
	CloseHandle(asks);
	CloseHandle(tells);
	CloseHandle(hides);
	CloseHandle(copy);
	CloseHandle(own);
}
END_TEST

static DWORD WINAPI ask_for_token(LPVOID arg)
{
	HANDLE token = NULL;

	(void)arg;
	if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
		return 0;
	return GetLastError();
}

START_TEST(a_new_thread_wears_nothing)
{
	HANDLE thread;
	DWORD code = 0;

	ck_assert(ImpersonateSelf(SecurityIdentification));
	thread = CreateThread(NULL, 0, ask_for_token, NULL, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	ck_assert_uint_eq(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert_uint_eq(code, ERROR_NO_TOKEN);
	CloseHandle(thread);
	ck_assert(RevertToSelf());
}
END_TEST

START_TEST(identification_opens_no_file)
{
	HANDLE file;

	ck_assert(ImpersonateSelf(SecurityIdentification));
	file = CreateFileA("/dev/null", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
			   NULL);
	ck_assert_ptr_eq(file, INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
	ck_assert(RevertToSelf());
	file = CreateFileA("/dev/null", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
			   NULL);
	ck_assert_ptr_ne(file, INVALID_HANDLE_VALUE);
	CloseHandle(file);
}
END_TEST

/* The attributes of one privilege; -1 when it is not there. */
static int attributes_of(HANDLE token, const char *name)
{
	TOKEN_PRIVILEGES *p = information(token, TokenPrivileges);
	int attributes = -1;
	LUID luid;
	DWORD i;

	ck_assert(LookupPrivilegeValueA(NULL, name, &luid));
	for (i = 0; i < p->PrivilegeCount; i++)
		if (p->Privileges[i].Luid.LowPart == luid.LowPart)
			attributes = (int)p->Privileges[i].Attributes;
	free(p);
	return attributes;
}

static void adjust(HANDLE token, const char *name, DWORD attributes, DWORD error)
{
	TOKEN_PRIVILEGES one = {.PrivilegeCount = 1};

	ck_assert(LookupPrivilegeValueA(NULL, name, &one.Privileges[0].Luid));
	one.Privileges[0].Attributes = attributes;
	SetLastError(77);
	ck_assert(AdjustTokenPrivileges(token, FALSE, &one, 0, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), error);
}

START_TEST(privileges_are_enabled_disabled_and_removed)
{
	const char *name = SE_CHANGE_NOTIFY_NAME;
	TOKEN_PRIVILEGES previous;
	PRIVILEGE_SET set = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
	DWORD needed = 0;
	HANDLE token;
	BOOL has;

	ck_assert(ImpersonateSelf(SecurityImpersonation));
	ck_assert(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES,
				  TRUE, &token));
	ck_assert(LookupPrivilegeValueA(NULL, name, &set.Privilege[0].Luid));
	ck_assert_int_eq(attributes_of(token, name), SE_PRIVILEGE_ENABLED);
	ck_assert(PrivilegeCheck(token, &set, &has));
	ck_assert(has);
	adjust(token, name, 0, ERROR_SUCCESS);
	ck_assert_int_eq(attributes_of(token, name), 0);
	ck_assert(PrivilegeCheck(token, &set, &has));
	ck_assert(!has);
	adjust(token, name, SE_PRIVILEGE_ENABLED, ERROR_SUCCESS);
	adjust(token, SE_CREATE_TOKEN_NAME, SE_PRIVILEGE_ENABLED, ERROR_NOT_ALL_ASSIGNED);
	adjust(token, name, SE_PRIVILEGE_REMOVED, ERROR_SUCCESS);
	ck_assert_int_eq(attributes_of(token, name), -1);
	adjust(token, name, SE_PRIVILEGE_ENABLED, ERROR_NOT_ALL_ASSIGNED);
	ck_assert(AdjustTokenPrivileges(token, TRUE, NULL, sizeof(previous), NULL, &needed));
	CloseHandle(token);
	ck_assert(RevertToSelf());
	/* the process's own were not touched */
	token = process_token(TOKEN_QUERY);
	ck_assert_int_eq(attributes_of(token, name), SE_PRIVILEGE_ENABLED);
	CloseHandle(token);
}
END_TEST

START_TEST(what_was_before_is_told)
{
	HANDLE token = process_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
	union {
		TOKEN_PRIVILEGES list;
		uint8_t room[1024];
	} previous, before;
	DWORD needed = 0, n;

	ck_assert(GetTokenInformation(token, TokenPrivileges, &before, sizeof(before), &n));
	ck_assert(!AdjustTokenPrivileges(token, TRUE, NULL, 4, &previous.list, &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_int_eq(attributes_of(token, SE_CHANGE_NOTIFY_NAME), SE_PRIVILEGE_ENABLED);
	ck_assert(AdjustTokenPrivileges(token, TRUE, NULL, sizeof(previous), &previous.list,
					&needed));
	ck_assert_int_eq(attributes_of(token, SE_CHANGE_NOTIFY_NAME), 0);
	ck_assert_uint_ge(previous.list.PrivilegeCount, 1);
	ck_assert(AdjustTokenPrivileges(token, FALSE, &previous.list, 0, NULL, NULL));
	ck_assert_int_eq(attributes_of(token, SE_CHANGE_NOTIFY_NAME), SE_PRIVILEGE_ENABLED);
	CloseHandle(token);
}
END_TEST

START_TEST(membership_is_that_of_user_and_groups)
{
	SID_IDENTIFIER_AUTHORITY world = {{0, 0, 0, 0, 0, 1}}, posix = {{0, 0, 0, 0, 0, 22}};
	PSID everyone = NULL, user = NULL, other = NULL;
	BOOL is_member = FALSE;

	ck_assert(AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, &everyone));
	ck_assert(AllocateAndInitializeSid(&posix, 2, 1, geteuid(), 0, 0, 0, 0, 0, 0, &user));
	ck_assert(AllocateAndInitializeSid(&posix, 2, 1, geteuid() + 1, 0, 0, 0, 0, 0, 0,
					   &other));
	ck_assert(CheckTokenMembership(NULL, everyone, &is_member));
	ck_assert(is_member);
	ck_assert(CheckTokenMembership(NULL, user, &is_member));
	ck_assert(is_member);
	ck_assert(CheckTokenMembership(NULL, other, &is_member));
	ck_assert(!is_member);
	FreeSid(everyone);
	FreeSid(user);
	FreeSid(other);
}
END_TEST

START_TEST(names_and_numbers_of_privileges_fit)
{
	DWORD size = 4;
	char name[64];
	WCHAR wide[64];
	LUID luid, again;

	ck_assert(LookupPrivilegeValueA(NULL, "sedebugprivilege", &luid));
	ck_assert_uint_eq(luid.LowPart, 20);
	ck_assert(!LookupPrivilegeNameA(NULL, &luid, name, &size));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(size, sizeof("SeDebugPrivilege"));
	ck_assert(LookupPrivilegeNameA(NULL, &luid, name, &size));
	ck_assert_str_eq(name, "SeDebugPrivilege");
	size = 64;
	ck_assert(LookupPrivilegeNameW(NULL, &luid, wide, &size));
	ck_assert(LookupPrivilegeValueW(NULL, wide, &again));
	ck_assert_uint_eq(again.LowPart, 20);
	ck_assert(!LookupPrivilegeValueA(NULL, "SeNothing", &luid));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
	ck_assert(AllocateLocallyUniqueId(&luid));
	ck_assert(AllocateLocallyUniqueId(&again));
	ck_assert_uint_ne(luid.LowPart, again.LowPart);
}
END_TEST

START_TEST(what_is_no_pipe_has_no_client)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), token = NULL;

	ck_assert(!ImpersonateNamedPipeClient(event));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!ImpersonateNamedPipeClient(NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!LogonUserA("root", ".", "x", LOGON32_LOGON_INTERACTIVE,
			      LOGON32_PROVIDER_DEFAULT, &token));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	CloseHandle(event);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_token");
	TCase *tcase = tcase_create("shim_token");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, the_user_is_the_unix_user);
	tcase_add_test(tcase, each_class_is_well_formed);
	tcase_add_test(tcase, a_handle_does_what_it_was_opened_for);
	tcase_add_test(tcase, a_copy_has_at_most_the_level_of_its_model);
	tcase_add_test(tcase, a_thread_has_a_token_while_it_impersonates);
	tcase_add_test(tcase, a_new_thread_wears_nothing);
	tcase_add_test(tcase, identification_opens_no_file);
	tcase_add_test(tcase, privileges_are_enabled_disabled_and_removed);
	tcase_add_test(tcase, what_was_before_is_told);
	tcase_add_test(tcase, membership_is_that_of_user_and_groups);
	tcase_add_test(tcase, names_and_numbers_of_privileges_fit);
	tcase_add_test(tcase, a_thread_s_token_takes_the_right_of_the_handle);
	tcase_add_test(tcase, what_is_no_pipe_has_no_client);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
