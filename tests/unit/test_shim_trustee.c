/* SPDX-License-Identifier: MIT */
/*
 * Trustees in both forms, lists for auditing, and descriptors of pipes by wide names: the
 * halves of pairs whose other half test_shim_security and the integration tests have.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>
#include <windows.h>

#include "tests/lib/broker.h"

#define W(text) ((WCHAR *)(uintptr_t)u##text)
#define PIPE	  "\\\\.\\pipe\\of a descriptor"
#define WIDE_PIPE W("\\\\.\\pipe\\of a descriptor")

#define FAILS(call, error)                                \
	do {                                              \
		SetLastError(0);                          \
		ck_assert(!(call));                       \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

static SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};

static PSECURITY_DESCRIPTOR sd_from(const WCHAR *text)
{
	PSECURITY_DESCRIPTOR sd = NULL;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorW(text, 1, &sd, NULL));
	return sd;
}

START_TEST(trustees_are_built_in_both_forms)
{
	TRUSTEE_A narrow;
	TRUSTEE_W wide;
	char name[] = "Everyone";

	BuildTrusteeWithNameA(&narrow, name);
	ck_assert_ptr_eq(GetTrusteeNameA(&narrow), name);
	ck_assert_int_eq(GetTrusteeFormA(&narrow), TRUSTEE_IS_NAME);
	BuildTrusteeWithNameW(&wide, W("Everyone"));
	ck_assert_int_eq(GetTrusteeFormW(&wide), TRUSTEE_IS_NAME);
	ck_assert_int_eq(GetTrusteeTypeW(&wide), TRUSTEE_IS_UNKNOWN);
	BuildTrusteeWithSidA(&narrow, &everyone);
	ck_assert_int_eq(GetTrusteeFormA(&narrow), TRUSTEE_IS_SID);
	ck_assert_ptr_eq(GetTrusteeNameA(&narrow), (LPSTR)(void *)&everyone);
	BuildTrusteeWithSidW(&wide, &everyone);
	ck_assert_int_eq(GetTrusteeFormW(&wide), TRUSTEE_IS_SID);
	ck_assert_int_eq(GetTrusteeFormW(NULL), TRUSTEE_BAD_FORM);
	ck_assert_int_eq(GetTrusteeTypeW(NULL), TRUSTEE_IS_UNKNOWN);
	ck_assert_ptr_null(GetTrusteeNameA(NULL));
}
END_TEST

START_TEST(a_list_is_asked_in_both_forms)
{
	PSECURITY_DESCRIPTOR sd = sd_from(W("O:SYG:BAD:(D;;GW;;;AN)(A;;GR;;;WD)"));
	EXPLICIT_ACCESS_W *entries = NULL;
	BOOL present, defaulted = TRUE;
	ACCESS_MASK rights = 0;
	PSID owner = NULL;
	TRUSTEE_W trustee;
	PACL dacl = NULL;
	ULONG n = 0;

	ck_assert(GetSecurityDescriptorOwner(sd, &owner, &defaulted));
	ck_assert(!defaulted);
	ck_assert(IsWellKnownSid(owner, WinLocalSystemSid));
	ck_assert(GetSecurityDescriptorDacl(sd, &present, &dacl, &defaulted));
	ck_assert_uint_eq(GetExplicitEntriesFromAclW(dacl, &n, &entries), ERROR_SUCCESS);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(entries[1].grfAccessMode, GRANT_ACCESS);
	ck_assert(EqualSid(entries[1].Trustee.ptstrName, &everyone));
	LocalFree(entries);
	BuildTrusteeWithNameW(&trustee, W("Everyone"));
	ck_assert_uint_eq(GetEffectiveRightsFromAclW(dacl, &trustee, &rights), ERROR_SUCCESS);
	ck_assert_uint_eq(rights, GENERIC_READ);
	ck_assert_uint_eq(GetEffectiveRightsFromAclW(dacl, NULL, &rights),
			  ERROR_INVALID_PARAMETER);
	LocalFree(sd);
}
END_TEST

START_TEST(auditing_has_a_list_of_its_own)
{
	union {
		ACL acl;
		char bytes[128];
	} list;
	ACL_REVISION_INFORMATION revision = {ACL_REVISION_DS};
	SYSTEM_AUDIT_ACE *ace = NULL;
	BOOL present = TRUE, defaulted = TRUE;
	SECURITY_DESCRIPTOR sd;
	PACL sacl = &list.acl;

	ck_assert(InitializeAcl(&list.acl, sizeof(list), ACL_REVISION));
	ck_assert(AddAuditAccessAce(&list.acl, ACL_REVISION, GENERIC_WRITE, &everyone, TRUE,
				    FALSE));
	ck_assert(AddAuditAccessAce(&list.acl, ACL_REVISION, GENERIC_READ, &everyone, TRUE, TRUE));
	ck_assert(GetAce(&list.acl, 1, (LPVOID *)&ace));
	ck_assert_uint_eq(ace->Header.AceType, SYSTEM_AUDIT_ACE_TYPE);
	ck_assert_uint_eq(ace->Header.AceFlags,
			  SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG);
	ck_assert_uint_eq(ace->Mask, GENERIC_READ);
	FAILS(AddAuditAccessAce(&list.acl, 9, GENERIC_READ, &everyone, TRUE, TRUE),
	      ERROR_REVISION_MISMATCH);
	FAILS(AddAuditAccessAce(&list.acl, ACL_REVISION, GENERIC_READ, NULL, TRUE, TRUE),
	      ERROR_INVALID_SID);

	ck_assert(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(GetSecurityDescriptorSacl(&sd, &present, &sacl, &defaulted));
	ck_assert(!present);
	ck_assert(SetSecurityDescriptorSacl(&sd, TRUE, &list.acl, FALSE));
	ck_assert(GetSecurityDescriptorSacl(&sd, &present, &sacl, &defaulted));
	ck_assert(present && !defaulted);
	ck_assert_ptr_eq(sacl, &list.acl);

	ck_assert(SetAclInformation(&list.acl, &revision, sizeof(revision),
				    AclRevisionInformation));
	ck_assert_uint_eq(list.acl.AclRevision, ACL_REVISION_DS);
	revision.AclRevision = ACL_REVISION;
	FAILS(SetAclInformation(&list.acl, &revision, sizeof(revision), AclRevisionInformation),
	      ERROR_INVALID_PARAMETER);
	FAILS(SetAclInformation(&list.acl, &revision, 1, AclRevisionInformation),
	      ERROR_INSUFFICIENT_BUFFER);
	FAILS(SetAclInformation(&list.acl, &revision, sizeof(revision), AclSizeInformation),
	      ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(what_a_program_may_be_told_about_accounts)
{
	WCHAR text[128];
	DWORD n = 128, language;
	HANDLE token;

	ck_assert(LookupPrivilegeDisplayNameW(NULL, W("SeDebugPrivilege"), text, &n, &language));
	ck_assert_int_eq(lstrlenW(text), (int)n);
	ck_assert_uint_gt(n, 0);
	n = 1;
	FAILS(LookupPrivilegeDisplayNameW(NULL, W("SeDebugPrivilege"), text, &n, &language),
	      ERROR_INSUFFICIENT_BUFFER);
	FAILS(LookupPrivilegeDisplayNameW(NULL, W("SeNone"), text, &n, &language),
	      ERROR_NO_SUCH_PRIVILEGE);
	/* Passwords are PAM's, and nobody is logged on by a pipe's library. */
	FAILS(LogonUserW(W("user"), NULL, W("secret"), LOGON32_LOGON_NETWORK,
			 LOGON32_PROVIDER_DEFAULT, &token),
	      ERROR_NOT_SUPPORTED);
}
END_TEST

/* ------------------------------------------------------------- by name */

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* Asking and setting by name are a client that comes and goes. The last one came: the next. */
static void serve_next(HANDLE server, OVERLAPPED *connecting)
{
	ck_assert_uint_eq(WaitForSingleObject(connecting->hEvent, INFINITE), WAIT_OBJECT_0);
	ck_assert(DisconnectNamedPipe(server));
	FAILS(ConnectNamedPipe(server, connecting), ERROR_IO_PENDING);
}

static HANDLE server_new(void)
{
	HANDLE h = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | WRITE_DAC, 0,
				    1, 512, 512, 0, NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

static void ck_dacl(HANDLE server, const WCHAR *wanted)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	WCHAR *text = NULL;

	ck_assert_uint_eq(GetSecurityInfo(server, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION,
					  NULL, NULL, NULL, NULL, &sd),
			  ERROR_SUCCESS);
	ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorW(
		sd, 1, DACL_SECURITY_INFORMATION, &text, NULL));
	ck_assert_int_eq(lstrcmpW(text, wanted), 0);
	LocalFree(text);
	LocalFree(sd);
}

static PACL dacl_of(PSECURITY_DESCRIPTOR sd)
{
	BOOL present, defaulted;
	PACL dacl = NULL;

	ck_assert(GetSecurityDescriptorDacl(sd, &present, &dacl, &defaulted));
	return dacl;
}

START_TEST(a_pipes_descriptor_is_reached_by_its_wide_name)
{
	PSECURITY_DESCRIPTOR first = sd_from(W("D:(A;;FA;;;WD)(A;;FR;;;AN)"));
	PSECURITY_DESCRIPTOR second = sd_from(W("D:(A;;FA;;;WD)(A;;FW;;;AN)")), got = NULL;
	OVERLAPPED connecting = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	HANDLE server = server_new();
	char bytes[512];
	DWORD needed = 0;
	PACL dacl = NULL;
	PSID owner = NULL;

	FAILS(ConnectNamedPipe(server, &connecting), ERROR_IO_PENDING);
	ck_assert_uint_eq(SetNamedSecurityInfoW(WIDE_PIPE, SE_FILE_OBJECT,
						DACL_SECURITY_INFORMATION, NULL, NULL,
						dacl_of(first), NULL),
			  ERROR_SUCCESS);
	ck_dacl(server, W("D:(A;;FA;;;WD)(A;;FR;;;AN)"));
	serve_next(server, &connecting);
	ck_assert(SetFileSecurityW(WIDE_PIPE, DACL_SECURITY_INFORMATION, second));
	ck_dacl(server, W("D:(A;;FA;;;WD)(A;;FW;;;AN)"));
	serve_next(server, &connecting);
	ck_assert(SetFileSecurityA(PIPE, DACL_SECURITY_INFORMATION, first));
	ck_dacl(server, W("D:(A;;FA;;;WD)(A;;FR;;;AN)"));
	serve_next(server, &connecting);
	ck_assert_uint_eq(GetNamedSecurityInfoW(WIDE_PIPE, SE_FILE_OBJECT,
						OWNER_SECURITY_INFORMATION |
							DACL_SECURITY_INFORMATION,
						&owner, NULL, &dacl, NULL, &got),
			  ERROR_SUCCESS);
	ck_assert(IsValidSid(owner));
	ck_assert_uint_eq(dacl->AceCount, 2);
	LocalFree(got);
	serve_next(server, &connecting);
	ck_assert(GetFileSecurityW(WIDE_PIPE, DACL_SECURITY_INFORMATION, bytes, sizeof(bytes),
				   &needed));
	ck_assert(IsValidSecurityDescriptor(bytes));
	ck_assert_uint_eq(WaitForSingleObject(connecting.hEvent, INFINITE), WAIT_OBJECT_0);
	/* Nobody listens now. */
	FAILS(GetFileSecurityW(WIDE_PIPE, DACL_SECURITY_INFORMATION, bytes, sizeof(bytes),
			       &needed),
	      ERROR_PIPE_BUSY);
	CloseHandle(server);
	FAILS(SetFileSecurityW(WIDE_PIPE, DACL_SECURITY_INFORMATION, first),
	      ERROR_FILE_NOT_FOUND);
	FAILS(SetFileSecurityA(NULL, DACL_SECURITY_INFORMATION, first), ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(GetNamedSecurityInfoW(NULL, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
						NULL, NULL, NULL, NULL, &got),
			  ERROR_INVALID_PARAMETER);
	CloseHandle(connecting.hEvent);
	LocalFree(first);
	LocalFree(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_trustee");
	TCase *tc = tcase_create("lists"), *names = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, trustees_are_built_in_both_forms);
	tcase_add_test(tc, a_list_is_asked_in_both_forms);
	tcase_add_test(tc, auditing_has_a_list_of_its_own);
	tcase_add_test(tc, what_a_program_may_be_told_about_accounts);
	suite_add_tcase(suite, tc);
	tcase_set_timeout(names, 60);
	tcase_add_checked_fixture(names, setup, teardown);
	tcase_add_test(names, a_pipes_descriptor_is_reached_by_its_wide_name);
	suite_add_tcase(suite, names);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
