/* SPDX-License-Identifier: MIT */
/*
 * Identifiers, lists and descriptors as programs build them; accounts, privileges and
 * trustees. Lists and descriptors from random bytes and with lying sizes lie in memory of
 * exactly their length, so that a sanitizer sees a byte read too many.
 */
#include <check.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aclapi.h>
#include <sddl.h>
#include <windows.h>

#include "kernel32-shim/account.h"
#include "kernel32-shim/machine_sid.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/text.h"

#define N_RANDOM 20000

static SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
static SID local_system = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {18}};
static SID anonymous = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {7}};

static PSID sid_from(const char *text)
{
	PSID sid = NULL;

	ck_assert_msg(ConvertStringSidToSidA(text, &sid), "%s", text);
	return sid;
}

static PSECURITY_DESCRIPTOR sd_from(const char *text)
{
	PSECURITY_DESCRIPTOR sd = NULL;

	ck_assert_msg(
		ConvertStringSecurityDescriptorToSecurityDescriptorA(text, 1, &sd, NULL),
		"%s", text);
	return sd;
}

/* A list as text, for LocalFree(). */
static char *acl_text(PACL acl)
{
	SECURITY_DESCRIPTOR sd;
	char *text = NULL;

	ck_assert(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(SetSecurityDescriptorDacl(&sd, TRUE, acl, FALSE));
	ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
		&sd, 1, DACL_SECURITY_INFORMATION, &text, NULL));
	return text;
}

/* identifiers */

START_TEST(identifiers_are_built_and_compared)
{
	SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
	char copy[SECURITY_MAX_SID_SIZE];
	PSID a = NULL, b = NULL;

	ck_assert(AllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &a));
	ck_assert(AllocateAndInitializeSid(&nt, 2, 32, 545, 0, 0, 0, 0, 0, 0, &b));
	ck_assert_uint_eq(GetLengthSid(a), 16);
	ck_assert_uint_eq(GetSidLengthRequired(2), 16);
	ck_assert(IsValidSid(a) && !EqualSid(a, b) && EqualPrefixSid(a, b));
	ck_assert(!EqualPrefixSid(a, &everyone));
	ck_assert_uint_eq(*GetSidSubAuthorityCount(a), 2);
	ck_assert_uint_eq(*GetSidSubAuthority(a, 1), 544);
	ck_assert_mem_eq(GetSidIdentifierAuthority(a), &nt, sizeof(nt));
	ck_assert(!CopySid(15, copy, a));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert(CopySid(sizeof(copy), copy, a) && EqualSid(copy, a));
	ck_assert(!AllocateAndInitializeSid(&nt, 9, 0, 0, 0, 0, 0, 0, 0, 0, &b));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert_ptr_null(FreeSid(a));
	FreeSid(b);
}
END_TEST

START_TEST(an_identifier_with_too_many_parts_is_none)
{
	DWORD bytes[2 + 256] = {0};
	SID *sid = (SID *)(void *)bytes;

	ck_assert(!IsValidSid(NULL));
	sid->Revision = SID_REVISION;
	for (unsigned n = 0; n < 256; n++) {
		sid->SubAuthorityCount = (BYTE)n;
		ck_assert_int_eq(IsValidSid(sid), n <= SID_MAX_SUB_AUTHORITIES);
	}
	sid->SubAuthorityCount = 1;
	for (unsigned revision = 0; revision < 256; revision++) {
		sid->Revision = (BYTE)revision;
		ck_assert_int_eq(IsValidSid(sid), revision == SID_REVISION);
	}
}
END_TEST

START_TEST(well_known_identifiers_have_their_numbers)
{
	static const struct {
		WELL_KNOWN_SID_TYPE type;
		const char *text;
	} rows[] = {
		{WinNullSid, "S-1-0-0"},
		{WinWorldSid, "S-1-1-0"},
		{WinCreatorOwnerSid, "S-1-3-0"},
		{WinCreatorOwnerRightsSid, "S-1-3-4"},
		{WinNtAuthoritySid, "S-1-5"},
		{WinNetworkSid, "S-1-5-2"},
		{WinInteractiveSid, "S-1-5-4"},
		{WinAnonymousSid, "S-1-5-7"},
		{WinAuthenticatedUserSid, "S-1-5-11"},
		{WinLocalSystemSid, "S-1-5-18"},
		{WinLocalServiceSid, "S-1-5-19"},
		{WinNetworkServiceSid, "S-1-5-20"},
		{WinBuiltinDomainSid, "S-1-5-32"},
		{WinBuiltinAdministratorsSid, "S-1-5-32-544"},
		{WinBuiltinRemoteManagementUsersSid, "S-1-5-32-580"},
		{WinNTLMAuthenticationSid, "S-1-5-64-10"},
		{WinWriteRestrictedCodeSid, "S-1-5-33"},
		{WinUserModeDriversSid, "S-1-5-84-0-0-0-0-0"},
		{WinBuiltinAnyPackageSid, "S-1-15-2-1"},
		{WinMediumLabelSid, "S-1-16-8192"},
		{WinAuthenticationServiceAssertedSid, "S-1-18-2"},
	};
	char sid[SECURITY_MAX_SID_SIZE], *text;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		DWORD len = 0;

		ck_assert(!CreateWellKnownSid(rows[i].type, NULL, NULL, &len));
		ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
		ck_assert(CreateWellKnownSid(rows[i].type, NULL, sid, &len));
		ck_assert_uint_eq(len, GetLengthSid(sid));
		ck_assert(ConvertSidToStringSidA(sid, &text));
		ck_assert_str_eq(text, rows[i].text);
		LocalFree(text);
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			ck_assert_int_eq(IsWellKnownSid(sid, rows[k].type), i == k);
	}
}
END_TEST

START_TEST(identities_of_a_domain_need_one)
{
	PSID domain = sid_from("S-1-5-21-1-2-3"), admins = sid_from("S-1-5-21-1-2-3-512");
	DWORD sixteen[2 + 15] = {0};
	char sid[SECURITY_MAX_SID_SIZE], found[SECURITY_MAX_SID_SIZE];
	DWORD len = sizeof(sid);
	BOOL equal = FALSE;

	ck_assert(CreateWellKnownSid(WinAccountDomainAdminsSid, domain, sid, &len));
	ck_assert(EqualSid(sid, admins));
	ck_assert_uint_eq(len, 28);
	ck_assert(IsWellKnownSid(sid, WinAccountDomainAdminsSid));
	ck_assert(!IsWellKnownSid(sid, WinAccountDomainUsersSid));
	len = sizeof(sid);
	ck_assert(CreateWellKnownSid(WinAccountAdministratorSid, NULL, sid, &len));
	ck_assert(EqualPrefixSid(sid, sid) && *GetSidSubAuthority(sid, 4) == 500);
	len = sizeof(found);
	ck_assert(GetWindowsAccountDomainSid(sid, found, &len));
	ck_assert(EqualSid(found, (PSID)machine_sid()));
	ck_assert(EqualDomainSid(admins, domain, &equal) && equal);
	ck_assert(EqualDomainSid(admins, sid, &equal) && !equal);
	ck_assert(!GetWindowsAccountDomainSid(&everyone, found, &len));
	ck_assert_uint_eq(GetLastError(), ERROR_NON_ACCOUNT_SID);
	len = 3;
	ck_assert(!GetWindowsAccountDomainSid(sid, found, &len));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(len, 24);

	/* A domain as long as an identifier can be has no room for a number. */
	((SID *)(void *)sixteen)->Revision = SID_REVISION;
	((SID *)(void *)sixteen)->SubAuthorityCount = SID_MAX_SUB_AUTHORITIES;
	len = sizeof(sid);
	ck_assert(!CreateWellKnownSid(WinAccountDomainAdminsSid, sixteen, sid, &len));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!CreateWellKnownSid((WELL_KNOWN_SID_TYPE)9999, NULL, sid, &len));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	LocalFree(domain);
	LocalFree(admins);
}
END_TEST

/* lists */

START_TEST(entries_are_added_found_and_deleted)
{
	char bytes[256] __attribute__((aligned(8)));
	ACL *acl = (ACL *)(void *)bytes;
	ACL_SIZE_INFORMATION size;
	ACCESS_ALLOWED_ACE *ace;
	char copy[64];
	LPVOID free_ace = NULL;
	char *text;

	ck_assert(InitializeAcl(acl, sizeof(bytes), ACL_REVISION));
	ck_assert(AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, &everyone));
	ck_assert(AddAccessDeniedAceEx(acl, ACL_REVISION, CONTAINER_INHERIT_ACE,
				       GENERIC_ALL, &anonymous));
	ck_assert(AddAuditAccessAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE,
				      GENERIC_WRITE, &everyone, TRUE, FALSE));
	text = acl_text(acl);
	ck_assert_str_eq(text, "D:(A;;GR;;;WD)(D;CI;GA;;;AN)(AU;OISA;GW;;;WD)");
	LocalFree(text);
	ck_assert(GetAclInformation(acl, &size, sizeof(size), AclSizeInformation));
	ck_assert_uint_eq(size.AceCount, 3);
	ck_assert_uint_eq(size.AclBytesInUse, 8 + 3 * 20);
	ck_assert_uint_eq(size.AclBytesInUse + size.AclBytesFree, sizeof(bytes));
	ck_assert(FindFirstFreeAce(acl, &free_ace));
	ck_assert_ptr_eq(free_ace, bytes + size.AclBytesInUse);
	ck_assert(GetAce(acl, 1, (LPVOID *)&ace));
	ck_assert(EqualSid(&ace->SidStart, &anonymous));
	ck_assert(!GetAce(acl, 3, (LPVOID *)&ace));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(DeleteAce(acl, 0));
	ck_assert(GetAce(acl, 1, (LPVOID *)&ace));
	memcpy(copy, ace, ace->Header.AceSize);
	ck_assert(AddAce(acl, ACL_REVISION, 0, copy, ace->Header.AceSize));
	text = acl_text(acl);
	ck_assert_str_eq(text, "D:(AU;OISA;GW;;;WD)(D;CI;GA;;;AN)(AU;OISA;GW;;;WD)");
	LocalFree(text);
}
END_TEST

START_TEST(wrong_entries_are_refused)
{
	char bytes[8 + 20] __attribute__((aligned(8)));
	ACL *acl = (ACL *)(void *)bytes;
	SID bad = {2, 1, {SECURITY_NT_AUTHORITY}, {0}};
	DWORD run[5] = {0x00130000, 0, 0, 0, 0}; /* a size that is no multiple of four */
	GUID guid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

	ck_assert(!InitializeAcl(acl, sizeof(bytes), 1));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!InitializeAcl(acl, 0x10000, ACL_REVISION));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(InitializeAcl(acl, 0xffff, ACL_REVISION) && acl->AclSize == 0xfffc);
	ck_assert(!InitializeAcl(acl, 7, ACL_REVISION));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert(InitializeAcl(acl, sizeof(bytes), ACL_REVISION));
	ck_assert(!AddAccessAllowedAce(acl, ACL_REVISION, 1, &bad));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert(!AddAccessAllowedAce(acl, 9, 1, &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_REVISION_MISMATCH);
	ck_assert(!AddAccessAllowedAceEx(acl, ACL_REVISION, 0x40, 1, &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_FLAGS);
	ck_assert(!AddMandatoryAce(acl, ACL_REVISION, 0, 8, &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!AddAce(acl, ACL_REVISION, 0, run, sizeof(run)));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!AddAccessAllowedObjectAce(acl, ACL_REVISION, 0, 1, &guid, NULL,
					     &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_REVISION_MISMATCH);
	ck_assert(!AddAccessAllowedObjectAce(acl, ACL_REVISION_DS, 0, 1, &guid, NULL,
					     &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED);
	ck_assert(AddAccessAllowedAce(acl, ACL_REVISION, 1, &everyone));
	ck_assert(!AddAccessAllowedAce(acl, ACL_REVISION, 1, &everyone));
	ck_assert_uint_eq(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED);
	ck_assert_uint_eq(acl->AceCount, 1);
}
END_TEST

START_TEST(entries_for_kinds_of_objects_keep_their_guids)
{
	char bytes[256] __attribute__((aligned(8)));
	ACL *acl = (ACL *)(void *)bytes;
	GUID a = {0xab721a53, 0x1e2f, 0x11d0, {0x98, 0x19, 0, 0xaa, 0, 0x40, 0x52, 0x9b}};
	char *text;

	ck_assert(InitializeAcl(acl, sizeof(bytes), ACL_REVISION_DS));
	ck_assert(AddAccessAllowedObjectAce(acl, ACL_REVISION_DS, 0, 0x100, &a, NULL,
					    &everyone));
	ck_assert(AddAccessDeniedObjectAce(acl, ACL_REVISION_DS, 0, 0x100, NULL, &a,
					   &everyone));
	ck_assert(AddAccessDeniedObjectAce(acl, ACL_REVISION_DS, 0, 0x100, NULL, NULL,
					   &everyone));
	text = acl_text(acl);
	ck_assert_str_eq(text, "D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)"
			       "(OD;;CR;;ab721a53-1e2f-11d0-9819-00aa0040529b;WD)"
			       "(D;;CR;;;WD)");
	LocalFree(text);
}
END_TEST

/* What every function says of a list whose counts lie, in memory of its length. */
START_TEST(a_list_that_lies_is_refused_by_everyone)
{
	static const struct {
		size_t at;
		BYTE value;
	} lies[] = {
		{0, 1},                       /* revision of long ago */
		{0, 5},                       /* and of nobody */
		{2, 7},                       /* smaller than its header */
		{2, 30},                      /* no multiple of four */
		{2, 8},                       /* no room for the entry it counts */
		{4, 2},                       /* more entries than there are */
		{4, 255}, {5, 255},  {10, 0}, /* an entry without length */
		{10, 3},  {10, 8},            /* and without identifier */
		{10, 12}, {10, 16},           /* that ends inside its identifier */
		{10, 21}, {10, 24},           /* and behind the list */
		{11, 1},  {16, 0},            /* an identifier of no revision */
		{17, 2},                      /* with more parts than there is room */
		{17, 16}, {17, 255},
	};
	DWORD *bytes = malloc(28);
	ACL *acl = (ACL *)(void *)bytes;
	SECURITY_DESCRIPTOR sd;
	ACL_SIZE_INFORMATION size;
	EXPLICIT_ACCESS_A *entries;
	PACL made = NULL;
	ACCESS_MASK rights;
	TRUSTEE_A trustee;
	LPVOID found;
	ULONG n;

	ck_assert_ptr_nonnull(bytes);
	BuildTrusteeWithSidA(&trustee, &everyone);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		ck_assert(InitializeAcl(acl, 28, ACL_REVISION));
		ck_assert(AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, &everyone));
		ck_assert(IsValidAcl(acl));
		((BYTE *)bytes)[lies[i].at] = lies[i].value;
		ck_assert_msg(!IsValidAcl(acl), "lie %zu", i);
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ACL);
		ck_assert(!GetAce(acl, 0, &found));
		ck_assert(!DeleteAce(acl, 0));
		ck_assert(!FindFirstFreeAce(acl, &found));
		ck_assert(
			!GetAclInformation(acl, &size, sizeof(size), AclSizeInformation));
		ck_assert(!AddAccessAllowedAce(acl, ACL_REVISION, 1, &everyone));
		ck_assert_uint_eq(SetEntriesInAclA(0, NULL, acl, &made),
				  ERROR_INVALID_ACL);
		ck_assert_uint_eq(GetExplicitEntriesFromAclA(acl, &n, &entries),
				  ERROR_INVALID_ACL);
		ck_assert_uint_eq(GetEffectiveRightsFromAclA(acl, &trustee, &rights),
				  ERROR_INVALID_ACL);
		ck_assert(
			InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
		ck_assert(SetSecurityDescriptorDacl(&sd, TRUE, acl, FALSE));
		ck_assert(!IsValidSecurityDescriptor(&sd));
	}
	free(bytes);
}
END_TEST

/* Random lists of random entries: what goes in comes out, and deleting empties them. */
START_TEST(random_lists_are_what_was_added)
{
	unsigned seed = 1;

	for (unsigned round = 0; round < 500; round++) {
		size_t room = 8 + (unsigned)rand_r(&seed) % 1000;
		ACL *acl = malloc(room);
		struct {
			ACCESS_ALLOWED_ACE ace;
			DWORD more[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
		} *wanted = calloc(64, sizeof(*wanted));
		unsigned n = 0;
		bool ok = acl && wanted && InitializeAcl(acl, (DWORD)room, ACL_REVISION);

		while (ok && n < 64) {
			SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
			BYTE subs = (BYTE)((unsigned)rand_r(&seed) % 16);
			ACCESS_ALLOWED_ACE *ace = &wanted[n].ace;
			BOOL added;

			InitializeSid(&ace->SidStart, &nt, subs);
			for (BYTE i = 0; i < subs; i++)
				*GetSidSubAuthority(&ace->SidStart, i) =
					(DWORD)rand_r(&seed);
			ace->Mask = (DWORD)rand_r(&seed);
			added = rand_r(&seed) % 2
					? AddAccessAllowedAce(acl, ACL_REVISION,
							      ace->Mask, &ace->SidStart)
					: AddAccessDeniedAce(acl, ACL_REVISION, ace->Mask,
							     &ace->SidStart);
			if (!added)
				break;
			n++;
		}
		ok = ok && IsValidAcl(acl) && acl->AceCount == n;
		for (unsigned i = 0; ok && i < n; i++) {
			ACCESS_ALLOWED_ACE *ace = NULL;

			ok = GetAce(acl, i, (LPVOID *)&ace) &&
			     ace->Mask == wanted[i].ace.Mask &&
			     EqualSid(&ace->SidStart, &wanted[i].ace.SidStart);
		}
		for (; ok && n > 0; n--)
			ok = DeleteAce(acl, (DWORD)rand_r(&seed) % n) &&
			     IsValidAcl(acl) && acl->AceCount == n - 1;
		free(wanted);
		free(acl);
		ck_assert_msg(ok, "round %u", round);
	}
}
END_TEST

/* descriptors */

START_TEST(both_forms_of_a_descriptor_hold_the_same)
{
	static const char *const texts[] = {
		"O:SYG:BAD:P(A;;GA;;;WD)S:(AU;SA;GA;;;WD)",
		"O:SYD:NO_ACCESS_CONTROL",
		"G:BAD:S:",
		"",
		"D:AI(D;;FA;;;AN)(A;;FA;;;BA)",
		"O:S-1-22-1-1000G:S-1-22-2-100S:NO_ACCESS_CONTROL",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		PSECURITY_DESCRIPTOR relative = sd_from(texts[i]);
		DWORD n_sd = 0, n_dacl = 0, n_sacl = 0, n_owner = 0, n_group = 0,
		      n_back = 0;
		char parts[5][512] __attribute__((aligned(8)));
		char back[512] __attribute__((aligned(8)));
		char *text = NULL;

		ck_assert(!MakeAbsoluteSD(relative, NULL, &n_sd, NULL, &n_dacl, NULL,
					  &n_sacl, NULL, &n_owner, NULL, &n_group));
		ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
		ck_assert_uint_eq(n_sd, sizeof(SECURITY_DESCRIPTOR));
		ck_assert(MakeAbsoluteSD(relative, parts[0], &n_sd,
					 (PACL)(void *)parts[1], &n_dacl,
					 (PACL)(void *)parts[2], &n_sacl, parts[3],
					 &n_owner, parts[4], &n_group));
		ck_assert(!MakeAbsoluteSD(parts[0], parts[0], &n_sd, NULL, &n_dacl, NULL,
					  &n_sacl, NULL, &n_owner, NULL, &n_group));
		ck_assert_uint_eq(GetLastError(), ERROR_BAD_DESCRIPTOR_FORMAT);
		ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
			parts[0], 1, 15, &text, NULL));
		ck_assert_str_eq(text, texts[i]);
		LocalFree(text);
		ck_assert(!MakeSelfRelativeSD(parts[0], NULL, &n_back));
		ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
		ck_assert_uint_eq(n_back, GetSecurityDescriptorLength(relative));
		ck_assert(MakeSelfRelativeSD(parts[0], back, &n_back));
		ck_assert_mem_eq(back, relative, n_back);
		ck_assert(!MakeSelfRelativeSD(relative, back, &n_back));
		ck_assert_uint_eq(GetLastError(), ERROR_BAD_DESCRIPTOR_FORMAT);
		LocalFree(relative);
	}
}
END_TEST

START_TEST(a_self_relative_descriptor_is_not_changed)
{
	PSECURITY_DESCRIPTOR sd = sd_from("D:(A;;GA;;;WD)");
	SECURITY_DESCRIPTOR other;

	ck_assert(!SetSecurityDescriptorOwner(sd, &everyone, FALSE));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
	ck_assert(!SetSecurityDescriptorDacl(sd, TRUE, NULL, FALSE));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
	ck_assert(!InitializeSecurityDescriptor(&other, 2));
	ck_assert_uint_eq(GetLastError(), ERROR_UNKNOWN_REVISION);
	ck_assert(InitializeSecurityDescriptor(&other, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(!SetSecurityDescriptorControl(&other, SE_DACL_PRESENT, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(SetSecurityDescriptorControl(&other, SE_DACL_PROTECTED,
					       SE_DACL_PROTECTED));
	LocalFree(sd);
}
END_TEST

START_TEST(an_offset_that_leads_nowhere_is_found_out)
{
	static const DWORD offsets[] = {1, 2, 3, 4, 16, 19, 21, 22, 23, 25};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		for (size_t part = 0; part < 4; part++) {
			PSECURITY_DESCRIPTOR sd = sd_from("O:SYG:BAD:(A;;GA;;;WD)S:");
			SECURITY_DESCRIPTOR_RELATIVE *relative = sd;
			DWORD *parts[] = {&relative->Owner, &relative->Group,
					  &relative->Dacl, &relative->Sacl};

			ck_assert(IsValidSecurityDescriptor(sd));
			*parts[part] = offsets[i];
			ck_assert(!IsValidSecurityDescriptor(sd));
			ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
			LocalFree(sd);
		}
}
END_TEST

/* Every prefix, and every bit turned over: never a byte read behind the length. */
START_TEST(a_spoilt_descriptor_is_found_out_or_is_one)
{
	PSECURITY_DESCRIPTOR sd =
		sd_from("O:SYG:BAD:(A;;GA;;;WD)(OA;;CR;;;AU)S:(ML;;NW;;;LW)");
	uint32_t len = GetSecurityDescriptorLength(sd);
	unsigned n_refused = 0;

	for (uint32_t n = 0; n < len; n++) {
		void *exact = malloc(n ? n : 1);

		if (!exact)
			ck_abort_msg("no memory");
		memcpy(exact, sd, n);
		if (securitydesc_is_valid_relative(exact, n))
			ck_abort_msg("%u of %u bytes", n, len);
		free(exact);
	}
	for (uint32_t bit = 0; bit < 8 * len; bit++) {
		BYTE *exact = malloc(len);

		if (!exact)
			ck_abort_msg("no memory");
		memcpy(exact, sd, len);
		exact[bit / 8] ^= (BYTE)(1u << bit % 8);
		if (!securitydesc_is_valid_relative(exact, len))
			n_refused++;
		else if (!IsValidSecurityDescriptor(exact))
			ck_abort_msg("bit %u", bit);
		free(exact);
	}
	ck_assert_uint_gt(n_refused, 100);
	LocalFree(sd);
}
END_TEST

START_TEST(random_bytes_are_no_descriptor_or_a_whole_one)
{
	unsigned seed = 7, n_valid = 0;

	for (unsigned round = 0; round < N_RANDOM; round++) {
		uint32_t len = (unsigned)rand_r(&seed) % 120;
		BYTE *exact = malloc(len ? len : 1);

		if (!exact)
			ck_abort_msg("no memory");
		for (uint32_t i = 0; i < len; i++)
			exact[i] =
				(BYTE)((unsigned)rand_r(&seed) % 3 ? 0 : rand_r(&seed));
		if (len >= 20) {
			exact[0] = SECURITY_DESCRIPTOR_REVISION;
			exact[2] = (BYTE)((unsigned)rand_r(&seed) % 32);
			exact[3] |= 0x80;
			for (unsigned i = 0; i < 4; i++) {
				memset(exact + 4 + 4 * i, 0, 4);
				if (rand_r(&seed) % 2)
					exact[4 + 4 * i] =
						(BYTE)(4 *
						       ((unsigned)rand_r(&seed) % 40));
			}
		}
		for (uint32_t i = 20; i + 1 < len; i += 4)
			if (rand_r(&seed) % 2)
				exact[i] = 1 + (BYTE)((unsigned)rand_r(&seed) % 2);
		if (securitydesc_is_valid_relative(exact, len)) {
			n_valid++;
			if (!IsValidSecurityDescriptor(exact))
				ck_abort_msg("round %u", round);
		}
		free(exact);
	}
	ck_assert_uint_gt(n_valid, 50);
}
END_TEST

START_TEST(generic_rights_are_mapped)
{
	GENERIC_MAPPING file = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
				FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
	DWORD mask = GENERIC_READ | 0x40;

	MapGenericMask(&mask, &file);
	ck_assert_uint_eq(mask, FILE_GENERIC_READ | 0x40);
	mask = GENERIC_ALL;
	MapGenericMask(&mask, &file);
	ck_assert_uint_eq(mask, FILE_ALL_ACCESS);
	ck_assert(AreAllAccessesGranted(7, 5) && !AreAllAccessesGranted(5, 7));
	ck_assert(AreAnyAccessesGranted(4, 5) && !AreAnyAccessesGranted(2, 5));
}
END_TEST

/* lists from entries */

/* What SetEntriesInAcl() makes of an old list (or none) and one entry after another. */
static const struct merge {
	const char *old; /* NULL: none */
	struct {
		ACCESS_MODE mode;
		DWORD mask;
		DWORD inheritance;
		const char *trustee;
	} entries[3];
	const char *made;
} merges[] = {
	{NULL, {{GRANT_ACCESS, GENERIC_READ, 0, "WD"}}, "D:(A;;GR;;;WD)"},
	{NULL, {{SET_ACCESS, GENERIC_READ, 0, "WD"}}, "D:(A;;GR;;;WD)"},
	{NULL, {{DENY_ACCESS, GENERIC_READ, 0, "WD"}}, "D:(D;;GR;;;WD)"},
	{NULL, {{REVOKE_ACCESS, 0, 0, "WD"}}, "D:"},
	{NULL, {{SET_AUDIT_SUCCESS, GENERIC_ALL, 0, "WD"}}, "D:(AU;SA;GA;;;WD)"},
	{NULL,
	 {{SET_AUDIT_SUCCESS, GENERIC_ALL, 0, "WD"},
	  {SET_AUDIT_FAILURE, GENERIC_ALL, 0, "WD"}},
	 "D:(AU;SAFA;GA;;;WD)"},
	/* denied before allowed, whatever the order of the entries */
	{NULL,
	 {{GRANT_ACCESS, GENERIC_ALL, 0, "WD"}, {DENY_ACCESS, GENERIC_WRITE, 0, "AN"}},
	 "D:(D;;GW;;;AN)(A;;GA;;;WD)"},
	{"D:(D;;GA;;;NU)(A;;GR;;;BA)",
	 {{DENY_ACCESS, GENERIC_WRITE, 0, "AN"}, {DENY_ACCESS, GENERIC_READ, 0, "BG"}},
	 "D:(D;;GW;;;AN)(D;;GR;;;BG)(D;;GA;;;NU)(A;;GR;;;BA)"},
	{"D:(D;;GA;;;NU)(A;;GR;;;BA)",
	 {{GRANT_ACCESS, GENERIC_WRITE, 0, "SY"}, {GRANT_ACCESS, GENERIC_READ, 0, "BU"}},
	 "D:(D;;GA;;;NU)(A;;GW;;;SY)(A;;GR;;;BU)(A;;GR;;;BA)"},
	/* rights add up in one entry */
	{"D:(A;;GR;;;WD)", {{GRANT_ACCESS, GENERIC_WRITE, 0, "WD"}}, "D:(A;;GWGR;;;WD)"},
	{"D:(D;;GR;;;WD)", {{DENY_ACCESS, GENERIC_WRITE, 0, "WD"}}, "D:(D;;GWGR;;;WD)"},
	/* what is granted is denied no longer */
	{"D:(D;;GWGR;;;WD)(A;;GX;;;WD)",
	 {{GRANT_ACCESS, GENERIC_WRITE, 0, "WD"}},
	 "D:(D;;GR;;;WD)(A;;GXGW;;;WD)"},
	{"D:(D;;GW;;;WD)", {{GRANT_ACCESS, GENERIC_WRITE, 0, "WD"}}, "D:(A;;GW;;;WD)"},
	/* other inheritance is another entry */
	{"D:(A;CI;GR;;;WD)",
	 {{GRANT_ACCESS, GENERIC_WRITE, 0, "WD"}},
	 "D:(A;;GW;;;WD)(A;CI;GR;;;WD)"},
	{NULL,
	 {{GRANT_ACCESS, GENERIC_ALL, SUB_CONTAINERS_AND_OBJECTS_INHERIT, "WD"}},
	 "D:(A;OICI;GA;;;WD)"},
	/* a trustee set anew has nothing else */
	{"D:(D;;GW;;;WD)(A;;GR;;;BA)(A;CI;GX;;;WD)",
	 {{SET_ACCESS, GENERIC_READ, 0, "WD"}},
	 "D:(A;;GR;;;WD)(A;;GR;;;BA)"},
	/* revoking leaves what is denied */
	{"D:(D;;GW;;;WD)(A;;GR;;;BA)(A;;GR;;;WD)(AU;SA;GA;;;WD)",
	 {{REVOKE_ACCESS, 0, 0, "WD"}},
	 "D:(D;;GW;;;WD)(A;;GR;;;BA)"},
	/* inherited entries stay, and stay last */
	{"D:(A;ID;GR;;;WD)",
	 {{SET_ACCESS, GENERIC_WRITE, 0, "WD"}, {DENY_ACCESS, GENERIC_ALL, 0, "AN"}},
	 "D:(D;;GA;;;AN)(A;;GW;;;WD)(A;ID;GR;;;WD)"},
	{"D:(A;ID;GR;;;WD)", {{REVOKE_ACCESS, 0, 0, "WD"}}, "D:(A;ID;GR;;;WD)"},
	/* other types stay */
	{"D:(OA;;CR;;;WD)(A;;GR;;;WD)", {{REVOKE_ACCESS, 0, 0, "WD"}}, "D:(OA;;CR;;;WD)"},
	/* entries see what those before them did */
	{NULL,
	 {{GRANT_ACCESS, GENERIC_READ, 0, "WD"},
	  {GRANT_ACCESS, GENERIC_WRITE, 0, "WD"},
	  {DENY_ACCESS, GENERIC_ALL, 0, "AN"}},
	 "D:(D;;GA;;;AN)(A;;GWGR;;;WD)"},
	{NULL,
	 {{GRANT_ACCESS, GENERIC_READ, 0, "WD"}, {REVOKE_ACCESS, 0, 0, "WD"}},
	 "D:"},
	{"D:", {{0}}, "D:"},
};

START_TEST(entries_are_merged_as_documented)
{
	const struct merge *merge = &merges[_i];
	PSECURITY_DESCRIPTOR sd = merge->old ? sd_from(merge->old) : NULL;
	PACL old = NULL, made = NULL, made_wide = NULL;
	EXPLICIT_ACCESS_A entries[3];
	BOOL present, defaulted;
	ULONG n = 0;
	char *text;

	if (sd)
		ck_assert(GetSecurityDescriptorDacl(sd, &present, &old, &defaulted));
	for (; n < 3 && merge->entries[n].trustee; n++) {
		entries[n].grfAccessMode = merge->entries[n].mode;
		entries[n].grfAccessPermissions = merge->entries[n].mask;
		entries[n].grfInheritance = merge->entries[n].inheritance;
		BuildTrusteeWithSidA(&entries[n].Trustee,
				     sid_from(merge->entries[n].trustee));
	}
	ck_assert_uint_eq(SetEntriesInAclA(n, entries, old, &made), ERROR_SUCCESS);
	ck_assert_uint_eq(
		SetEntriesInAclW(n, (PEXPLICIT_ACCESS_W)(void *)entries, old, &made_wide),
		ERROR_SUCCESS);
	ck_assert(IsValidAcl(made));
	ck_assert_mem_eq(made, made_wide, made->AclSize);
	text = acl_text(made);
	ck_assert_str_eq(text, merge->made);
	LocalFree(text);
	LocalFree(made);
	LocalFree(made_wide);
	for (ULONG i = 0; i < n; i++)
		LocalFree(entries[i].Trustee.ptstrName);
	LocalFree(sd);
}
END_TEST

START_TEST(wrong_entries_make_no_list)
{
	EXPLICIT_ACCESS_A entry;
	TRUSTEE_A other;
	PACL made = (PACL)&entry;
	SID bad = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {0}};

	ck_assert_uint_eq(SetEntriesInAclA(0, NULL, NULL, &made), ERROR_SUCCESS);
	ck_assert_ptr_null(made);
	ck_assert_uint_eq(SetEntriesInAclA(1, NULL, NULL, &made),
			  ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(SetEntriesInAclA(0, NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
	BuildExplicitAccessWithNameA(&entry, (char[]){"no such account here"}, 1,
				     GRANT_ACCESS, 0);
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made), ERROR_NONE_MAPPED);
	BuildTrusteeWithSidA(&entry.Trustee, &bad);
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made), ERROR_INVALID_SID);
	BuildTrusteeWithSidA(&entry.Trustee, &everyone);
	entry.grfAccessMode = NOT_USED_ACCESS;
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made),
			  ERROR_INVALID_PARAMETER);
	entry.grfAccessMode = GRANT_ACCESS;
	entry.Trustee.TrusteeForm = TRUSTEE_BAD_FORM;
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made),
			  ERROR_INVALID_PARAMETER);
	entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
	entry.Trustee.pMultipleTrustee = &other;
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made),
			  ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(made);
}
END_TEST

START_TEST(trustees_by_name_are_found)
{
	static WCHAR wide_name[] = {'E', 'V', 'E', 'R', 'Y', 'O', 'N', 'E', 0};
	EXPLICIT_ACCESS_A entry;
	EXPLICIT_ACCESS_W wide;
	DWORD self[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	ACCESS_ALLOWED_ACE *ace = NULL;
	PACL made = NULL;
	char *text;

	BuildExplicitAccessWithNameA(&entry, (char[]){"CURRENT_USER"}, GENERIC_ALL,
				     GRANT_ACCESS, NO_INHERITANCE);
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, NULL, &made), ERROR_SUCCESS);
	ck_assert(GetAce(made, 0, (LPVOID *)&ace));
	account_user_sid(geteuid(), self);
	ck_assert(EqualSid(&ace->SidStart, self));
	LocalFree(made);
	BuildExplicitAccessWithNameW(&wide, wide_name, GENERIC_READ, DENY_ACCESS,
				     NO_INHERITANCE);
	ck_assert_uint_eq(SetEntriesInAclW(1, &wide, NULL, &made), ERROR_SUCCESS);
	text = acl_text(made);
	ck_assert_str_eq(text, "D:(D;;GR;;;WD)");
	LocalFree(text);
	LocalFree(made);
	ck_assert_ptr_eq(GetTrusteeNameW(&wide.Trustee), wide_name);
	ck_assert_int_eq(GetTrusteeFormA(&entry.Trustee), TRUSTEE_IS_NAME);
	ck_assert_int_eq(GetTrusteeTypeA(&entry.Trustee), TRUSTEE_IS_UNKNOWN);
	ck_assert_int_eq(GetTrusteeFormA(NULL), TRUSTEE_BAD_FORM);
}
END_TEST

START_TEST(a_list_gives_its_entries_back)
{
	PSECURITY_DESCRIPTOR sd =
		sd_from("D:(D;;GW;;;AN)(A;CI;GR;;;WD)(OA;;CR;;;WD)(AU;SAFA;GA;;;SY)");
	EXPLICIT_ACCESS_A *entries = NULL;
	BOOL present, defaulted;
	PACL dacl = NULL;
	ULONG n = 99;

	ck_assert(GetSecurityDescriptorDacl(sd, &present, &dacl, &defaulted));
	ck_assert_uint_eq(GetExplicitEntriesFromAclA(dacl, &n, &entries), ERROR_SUCCESS);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(entries[0].grfAccessMode, DENY_ACCESS);
	ck_assert_uint_eq(entries[0].grfAccessPermissions, GENERIC_WRITE);
	ck_assert(EqualSid(entries[0].Trustee.ptstrName, &anonymous));
	ck_assert_int_eq(entries[1].grfAccessMode, GRANT_ACCESS);
	ck_assert_uint_eq(entries[1].grfInheritance, SUB_CONTAINERS_ONLY_INHERIT);
	ck_assert_int_eq(entries[2].grfAccessMode, SET_AUDIT_SUCCESS);
	ck_assert_int_eq(entries[3].grfAccessMode, SET_AUDIT_FAILURE);
	ck_assert(EqualSid(entries[3].Trustee.ptstrName, &local_system));
	ck_assert_int_eq(entries[3].Trustee.TrusteeForm, TRUSTEE_IS_SID);
	LocalFree(entries);
	LocalFree(sd);
	ck_assert_uint_eq(GetExplicitEntriesFromAclA(NULL, &n, &entries), ERROR_SUCCESS);
	ck_assert(n == 0 && !entries);
	ck_assert_uint_eq(GetExplicitEntriesFromAclA(NULL, NULL, &entries),
			  ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(what_a_list_gives_follows_the_order)
{
	static const struct {
		const char *list;
		const char *trustee;
		ACCESS_MASK rights;
	} rows[] = {
		{"D:", "WD", 0},
		{"D:(A;;0x3;;;WD)", "WD", 3},
		{"D:(A;;0x3;;;WD)", "S-1-22-1-54321", 3},
		{"D:(A;;0x3;;;WD)", "AN", 0},
		{"D:(D;;0x1;;;WD)(A;;0x3;;;WD)", "BA", 2},
		{"D:(A;;0x3;;;WD)(D;;0x1;;;WD)", "BA", 3},
		{"D:(A;;0x3;;;AU)", "S-1-22-1-54321", 3},
		{"D:(A;;0x3;;;AU)", "WD", 0},
		{"D:(A;;0x3;;;SY)(A;;0x4;;;BA)", "S-1-22-1-0", 7},
		{"D:(A;IO;0x3;;;WD)", "WD", 0},
		{"D:(A;;0x3;;;S-1-22-2-0)", "S-1-22-1-0", 3},
		{"D:(A;;0x3;;;S-1-22-2-54321)", "S-1-22-1-0", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PSECURITY_DESCRIPTOR sd = sd_from(rows[i].list);
		PSID sid = sid_from(rows[i].trustee);
		BOOL present, defaulted;
		ACCESS_MASK rights = 99;
		TRUSTEE_A trustee;
		PACL dacl = NULL;

		ck_assert(GetSecurityDescriptorDacl(sd, &present, &dacl, &defaulted));
		BuildTrusteeWithSidA(&trustee, sid);
		ck_assert_uint_eq(GetEffectiveRightsFromAclA(dacl, &trustee, &rights),
				  ERROR_SUCCESS);
		ck_assert_msg(rights == rows[i].rights, "row %zu: 0x%x", i,
			      (unsigned)rights);
		LocalFree(sid);
		LocalFree(sd);
	}
}
END_TEST

/* accounts */

static const struct {
	const char *sid;
	const char *domain;
	const char *name;
	SID_NAME_USE use;
} accounts[] = {
	{"S-1-1-0", "", "Everyone", SidTypeWellKnownGroup},
	{"S-1-3-0", "", "CREATOR OWNER", SidTypeWellKnownGroup},
	{"S-1-5-7", "NT AUTHORITY", "ANONYMOUS LOGON", SidTypeWellKnownGroup},
	{"S-1-5-18", "NT AUTHORITY", "SYSTEM", SidTypeWellKnownGroup},
	{"S-1-5-19", "NT AUTHORITY", "LOCAL SERVICE", SidTypeWellKnownGroup},
	{"S-1-5-32-544", "BUILTIN", "Administrators", SidTypeAlias},
	{"S-1-16-8192", "Mandatory Label", "Medium Mandatory Level", SidTypeLabel},
	{"S-1-22-1-0", "Unix User", "root", SidTypeUser},
	{"S-1-22-2-0", "Unix Group", "root", SidTypeGroup},
};

START_TEST(accounts_have_names_and_names_have_accounts)
{
	char name[64], domain[64], qualified[160], found[SECURITY_MAX_SID_SIZE];
	PSID sid = sid_from(accounts[_i].sid);
	DWORD n_name = 0, n_domain = 0, n_sid = 0;
	SID_NAME_USE use = 0;

	ck_assert(!LookupAccountSidA(NULL, sid, NULL, &n_name, NULL, &n_domain, &use));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n_name, strlen(accounts[_i].name) + 1);
	ck_assert_uint_eq(n_domain, strlen(accounts[_i].domain) + 1);
	n_name--;
	ck_assert(!LookupAccountSidA(NULL, sid, name, &n_name, domain, &n_domain, &use));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n_name, strlen(accounts[_i].name) + 1);
	ck_assert(LookupAccountSidA("", sid, name, &n_name, domain, &n_domain, &use));
	ck_assert_str_eq(name, accounts[_i].name);
	ck_assert_str_eq(domain, accounts[_i].domain);
	ck_assert_uint_eq(n_name, strlen(name));
	ck_assert_uint_eq(n_domain, strlen(domain));
	ck_assert_int_eq(use, accounts[_i].use);

	snprintf(qualified, sizeof(qualified), "%s\\%s", domain, name);
	n_domain = use = 0;
	ck_assert(!LookupAccountNameA(NULL, qualified, NULL, &n_sid, NULL, &n_domain,
				      &use));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n_sid, GetLengthSid(sid));
	ck_assert_uint_eq(n_domain, strlen(domain) + 1);
	ck_assert(LookupAccountNameA(NULL, qualified, found, &n_sid, domain, &n_domain,
				     &use));
	ck_assert(EqualSid(found, sid));
	ck_assert_str_eq(domain, accounts[_i].domain);
	ck_assert_int_eq(use, accounts[_i].use);
	ck_assert_uint_eq(n_sid, GetLengthSid(sid));
	LocalFree(sid);
}
END_TEST

START_TEST(users_of_the_database_are_found)
{
	char machine[64], name[256], domain[64], qualified[400];
	DWORD n_machine = sizeof(machine);
	struct passwd *pw;
	unsigned n = 0;

	ck_assert(GetComputerNameA(machine, &n_machine));
	setpwent();
	while ((pw = getpwent()) && n < 20) {
		DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
		DWORD found[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
		DWORD n_name = sizeof(name), n_domain = sizeof(domain);
		DWORD n_sid = sizeof(found);
		SID_NAME_USE use = 0;

		account_user_sid(pw->pw_uid, sid);
		snprintf(qualified, sizeof(qualified), "%s\\%s",
			 n % 3 == 0   ? machine
			 : n % 3 == 1 ? "."
				      : "Unix User",
			 pw->pw_name);
		ck_assert_msg(LookupAccountNameA(machine, qualified, found, &n_sid,
						 domain, &n_domain, &use),
			      "%s", qualified);
		ck_assert(EqualSid(found, sid));
		ck_assert_int_eq(use, SidTypeUser);
		n_domain = sizeof(domain);
		ck_assert(LookupAccountSidA(".", sid, name, &n_name, domain, &n_domain,
					    &use));
		ck_assert_str_eq(domain, "Unix User");
		n++;
	}
	endpwent();
	ck_assert_uint_gt(n, 1);
}
END_TEST

START_TEST(who_nobody_knows_is_not_mapped)
{
	static const char *const sids[] = {"S-1-22-1-4294900001", "S-1-22-2-4294900001",
					   "S-1-22-3-1", "S-1-5-21-1-2-3-1000",
					   "S-1-99-1"};
	static const char *const names[] = {"no such account here",
					    "Nowhere\\root",
					    "Unix Group\\no such group",
					    "BUILTIN\\root",
					    "NT AUTHORITY\\Everyone",
					    "\\",
					    "root\\"};
	char name[64], domain[64], sid_room[SECURITY_MAX_SID_SIZE];
	DWORD n_name, n_domain, n_sid;
	SID bad = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {0}};
	SID_NAME_USE use;

	for (size_t i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		PSID sid = sid_from(sids[i]);

		n_name = n_domain = sizeof(name);
		ck_assert(!LookupAccountSidA(NULL, sid, name, &n_name, domain, &n_domain,
					     &use));
		ck_assert_uint_eq(GetLastError(), ERROR_NONE_MAPPED);
		LocalFree(sid);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n_sid = n_domain = sizeof(domain);
		ck_assert_msg(!LookupAccountNameA(NULL, names[i], sid_room, &n_sid,
						  domain, &n_domain, &use),
			      "%s", names[i]);
		ck_assert_uint_eq(GetLastError(), ERROR_NONE_MAPPED);
	}
	n_name = n_domain = sizeof(name);
	ck_assert(!LookupAccountSidA(NULL, NULL, name, &n_name, domain, &n_domain, &use));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!LookupAccountSidA(NULL, &bad, name, &n_name, domain, &n_domain, &use));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert(!LookupAccountSidA("some other machine", &everyone, name, &n_name,
				     domain, &n_domain, &use));
	ck_assert_uint_eq(GetLastError(), RPC_S_SERVER_UNAVAILABLE);
}
END_TEST

START_TEST(domains_are_accounts_too)
{
	static const struct {
		const char *name; /* NULL: without a name */
		const char *sid;
		const char *domain;
	} rows[] = {
		{NULL, "S-1-5-32", "BUILTIN"},
		{"", "S-1-5-32", "BUILTIN"},
		{"builtin", "S-1-5-32", "BUILTIN"},
		{"Unix User", "S-1-22-1", "Unix User"},
		{"unix group", "S-1-22-2", "Unix Group"},
	};
	char machine[64], domain[64], sid[SECURITY_MAX_SID_SIZE];
	DWORD n_machine = sizeof(machine), n_sid, n_domain;
	SID_NAME_USE use;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PSID wanted = sid_from(rows[i].sid);

		n_sid = n_domain = sizeof(domain);
		ck_assert(LookupAccountNameA(NULL, rows[i].name, sid, &n_sid, domain,
					     &n_domain, &use));
		ck_assert(EqualSid(sid, wanted));
		ck_assert_str_eq(domain, rows[i].domain);
		ck_assert_int_eq(use, SidTypeDomain);
		LocalFree(wanted);
	}
	ck_assert(GetComputerNameA(machine, &n_machine));
	n_sid = n_domain = sizeof(domain);
	ck_assert(
		LookupAccountNameA(NULL, machine, sid, &n_sid, domain, &n_domain, &use));
	ck_assert(EqualSid(sid, (PSID)machine_sid()));
	ck_assert_int_eq(use, SidTypeDomain);
}
END_TEST

START_TEST(the_wide_forms_count_wide_units)
{
	static const WCHAR name_text[] = {'s', 'y', 's', 't', 'e', 'm', 0};
	static const WCHAR domain_text[] = {'N', 'T', ' ', 'A', 'U', 'T', 'H',
					    'O', 'R', 'I', 'T', 'Y', 0};
	WCHAR name[32], domain[32];
	DWORD n_name = 0, n_domain = 0, n_sid = 0;
	char sid[SECURITY_MAX_SID_SIZE];
	SID_NAME_USE use = 0;

	ck_assert(!LookupAccountNameW(NULL, name_text, NULL, &n_sid, NULL, &n_domain,
				      &use));
	ck_assert_uint_eq(n_domain, 13);
	ck_assert(LookupAccountNameW(NULL, name_text, sid, &n_sid, domain, &n_domain,
				     &use));
	ck_assert_mem_eq(domain, domain_text, sizeof(domain_text));
	ck_assert(EqualSid(sid, &local_system));
	ck_assert(!LookupAccountSidW(NULL, sid, NULL, &n_name, NULL, &n_domain, &use));
	ck_assert_uint_eq(n_name, 7);
	ck_assert_uint_eq(n_domain, 13);
	ck_assert(LookupAccountSidW(NULL, sid, name, &n_name, domain, &n_domain, &use));
	ck_assert_uint_eq(n_name, 6);
	ck_assert_uint_eq(text_wide_len(name), 6);
}
END_TEST

START_TEST(the_user_has_a_name)
{
	struct passwd *pw = getpwuid(geteuid());
	char name[256];
	DWORD len = 0;

	ck_assert(!GetUserNameA(NULL, &len));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert(GetUserNameA(name, &len));
	ck_assert_uint_eq(len, strlen(name) + 1);
	if (pw)
		ck_assert_str_eq(name, pw->pw_name);
}
END_TEST

/* privileges */

START_TEST(privileges_have_numbers_and_names)
{
	static const WCHAR debug[] = {'S', 'e', 'D', 'e', 'b', 'u', 'g', 'P', 'r',
				      'i', 'v', 'i', 'l', 'e', 'g', 'e', 0};
	char name[64], text[128];
	WCHAR wide[64];
	DWORD n, language = 0, n_found = 0;
	LUID luid, again;

	for (DWORD i = 0; i < 64; i++) {
		luid.LowPart = i;
		luid.HighPart = 0;
		n = sizeof(name);
		if (!LookupPrivilegeNameA(NULL, &luid, name, &n)) {
			ck_assert_uint_eq(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
			continue;
		}
		n_found++;
		ck_assert_uint_eq(n, strlen(name));
		ck_assert(LookupPrivilegeValueA(NULL, name, &again));
		ck_assert_uint_eq(again.LowPart, i);
		n = sizeof(text);
		ck_assert(LookupPrivilegeDisplayNameA(NULL, name, text, &n, &language));
		ck_assert_uint_eq(n, strlen(text));
	}
	ck_assert_uint_eq(n_found, 35);
	ck_assert(LookupPrivilegeValueA(NULL, "seimpersonateprivilege", &luid));
	ck_assert_uint_eq(luid.LowPart, 29);
	ck_assert(LookupPrivilegeValueW(NULL, debug, &luid));
	ck_assert_uint_eq(luid.LowPart, 20);
	n = 16;
	ck_assert(!LookupPrivilegeNameW(NULL, &luid, wide, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(n, 17);
	ck_assert(LookupPrivilegeNameW(NULL, &luid, wide, &n));
	ck_assert_uint_eq(n, 16);
	ck_assert_mem_eq(wide, debug, sizeof(debug));
	ck_assert(!LookupPrivilegeValueA(NULL, "SeNothingPrivilege", &luid));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
	luid.LowPart = 20;
	luid.HighPart = 1;
	ck_assert(!LookupPrivilegeNameA(NULL, &luid, name, &n));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_security");
	TCase *tc = tcase_create("security");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, identifiers_are_built_and_compared);
	tcase_add_test(tc, an_identifier_with_too_many_parts_is_none);
	tcase_add_test(tc, well_known_identifiers_have_their_numbers);
	tcase_add_test(tc, identities_of_a_domain_need_one);
	tcase_add_test(tc, entries_are_added_found_and_deleted);
	tcase_add_test(tc, wrong_entries_are_refused);
	tcase_add_test(tc, entries_for_kinds_of_objects_keep_their_guids);
	tcase_add_test(tc, a_list_that_lies_is_refused_by_everyone);
	tcase_add_test(tc, random_lists_are_what_was_added);
	tcase_add_test(tc, both_forms_of_a_descriptor_hold_the_same);
	tcase_add_test(tc, a_self_relative_descriptor_is_not_changed);
	tcase_add_test(tc, an_offset_that_leads_nowhere_is_found_out);
	tcase_add_test(tc, a_spoilt_descriptor_is_found_out_or_is_one);
	tcase_add_test(tc, random_bytes_are_no_descriptor_or_a_whole_one);
	tcase_add_test(tc, generic_rights_are_mapped);
	tcase_add_loop_test(tc, entries_are_merged_as_documented, 0,
			    sizeof(merges) / sizeof(merges[0]));
	tcase_add_test(tc, wrong_entries_make_no_list);
	tcase_add_test(tc, trustees_by_name_are_found);
	tcase_add_test(tc, a_list_gives_its_entries_back);
	tcase_add_test(tc, what_a_list_gives_follows_the_order);
	tcase_add_loop_test(tc, accounts_have_names_and_names_have_accounts, 0,
			    sizeof(accounts) / sizeof(accounts[0]));
	tcase_add_test(tc, users_of_the_database_are_found);
	tcase_add_test(tc, who_nobody_knows_is_not_mapped);
	tcase_add_test(tc, domains_are_accounts_too);
	tcase_add_test(tc, the_wide_forms_count_wide_units);
	tcase_add_test(tc, the_user_has_a_name);
	tcase_add_test(tc, privileges_have_numbers_and_names);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
