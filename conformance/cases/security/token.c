/* SPDX-License-Identifier: MIT */
/*
 * What servers ask of tokens to protect things of their own: access checks, memberships,
 * defaults of what is made, tokens of other threads (npfs-semantics 9.4; [MS-DTYP] 2.5.3).
 */
#include "conformance/cases/security/tools.h"

#define DOOR_OPEN  0x1u
#define DOOR_CLOSE 0x2u
#define DOOR_PAINT 0x4u
#define DOOR_ALL   (STANDARD_RIGHTS_REQUIRED | DOOR_OPEN | DOOR_CLOSE | DOOR_PAINT)

static GENERIC_MAPPING door_mapping = {STANDARD_RIGHTS_READ | DOOR_OPEN,
				       STANDARD_RIGHTS_WRITE | DOOR_PAINT,
				       STANDARD_RIGHTS_EXECUTE | DOOR_CLOSE, DOOR_ALL};

/* S-1-5-7: nobody who says who he is. */
static const unsigned char sid_anonymous[] = {1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0};

/* A token of this user that access can be checked with. */
static HANDLE impersonation_token(SECURITY_IMPERSONATION_LEVEL level)
{
	HANDLE process, token;

	EXPECT_TRUE(
		API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_DUPLICATE, &process));
	EXPECT_TRUE(API_SEC(DuplicateTokenEx)(process, TOKEN_ALL_ACCESS, NULL, level,
					      TokenImpersonation, &token));
	CloseHandle(process);
	return token;
}

/* A descriptor of a door that is owned by @owner. */
static void door_init(struct descriptor *d, const void *owner)
{
	descriptor_empty(d);
	EXPECT_TRUE(API_SEC(SetSecurityDescriptorOwner)(&d->sd, (void *)(uintptr_t)owner,
							FALSE));
	EXPECT_TRUE(API_SEC(SetSecurityDescriptorGroup)(&d->sd, (void *)(uintptr_t)owner,
							FALSE));
}

static void door_deny(struct descriptor *d, const void *sid, DWORD rights)
{
	EXPECT_TRUE(API_SEC(AddAccessDeniedAce)(&d->dacl.acl, ACL_REVISION, rights,
						(void *)(uintptr_t)sid));
}

struct verdict {
	BOOL answered;
	DWORD error; /* of the call, or why it is no */
	BOOL is_yes;
	DWORD granted;
};

static struct verdict check(struct descriptor *d, HANDLE token, DWORD desired)
{
	struct verdict v = {FALSE, 0, FALSE, 0x5a5a};
	union {
		PRIVILEGE_SET set;
		unsigned char room[256];
	} privileges;
	DWORD size = sizeof(privileges);

	SetLastError(CONF_UNTOUCHED_ERROR);
	v.answered = API_SEC(AccessCheck)(&d->sd, token, desired, &door_mapping,
					  &privileges.set, &size, &v.granted, &v.is_yes);
	v.error = GetLastError();
	return v;
}

#define EXPECT_YES(d, token, desired)                                                    \
	do {                                                                             \
		struct verdict v_ = check((d), (token), (desired));                      \
		EXPECT_THAT(v_.answered && v_.is_yes);                                   \
		EXPECT_EQ(v_.granted, (desired));                                        \
	} while (0)

#define EXPECT_NO(d, token, desired)                                                     \
	do {                                                                             \
		struct verdict v_ = check((d), (token), (desired));                      \
		EXPECT_THAT(v_.answered && !v_.is_yes);                                  \
		EXPECT_ERROR(v_.error, ERROR_ACCESS_DENIED);                             \
		EXPECT_EQ(v_.granted, 0);                                                \
	} while (0)

static void access_check_goes_through_the_entries(void)
{
	HANDLE token = impersonation_token(SecurityIdentification);
	struct descriptor d;

	door_init(&d, sid_anonymous);
	door_deny(&d, sid_everyone, DOOR_PAINT);
	descriptor_allow(&d, own_sid(), DOOR_OPEN | DOOR_PAINT);
	descriptor_allow(&d, sid_anonymous, DOOR_CLOSE);
	EXPECT_YES(&d, token, DOOR_OPEN);
	EXPECT_NO(&d, token, DOOR_PAINT);
	EXPECT_NO(&d, token, DOOR_OPEN | DOOR_PAINT);
	EXPECT_NO(&d, token, DOOR_CLOSE);
	EXPECT_NO(&d, token, READ_CONTROL);
}

static void access_check_maps_generic_entries(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;

	door_init(&d, sid_anonymous);
	descriptor_allow(&d, sid_everyone, GENERIC_READ);
	EXPECT_YES(&d, token, DOOR_OPEN);
	EXPECT_YES(&d, token, READ_CONTROL);
	EXPECT_NO(&d, token, DOOR_CLOSE);
	descriptor_allow(&d, sid_everyone, GENERIC_ALL);
	EXPECT_YES(&d, token, DOOR_ALL);
}

static void access_check_of_a_null_and_an_empty_dacl(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;

	door_init(&d, sid_anonymous);
	EXPECT_NO(&d, token, DOOR_OPEN);
	EXPECT_TRUE(API_SEC(SetSecurityDescriptorDacl)(&d.sd, TRUE, NULL, FALSE));
	EXPECT_YES(&d, token, DOOR_ALL);
}

static void owner_may_read_and_change_the_descriptor(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;

	door_init(&d, own_sid());
	EXPECT_YES(&d, token, READ_CONTROL | WRITE_DAC);
	EXPECT_NO(&d, token, READ_CONTROL | DOOR_OPEN);
	EXPECT_NO(&d, token, DELETE);
}

static void maximum_allowed_is_what_the_entries_give(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;
	struct verdict v;

	door_init(&d, sid_anonymous);
	v = check(&d, token, MAXIMUM_ALLOWED);
	EXPECT_THAT(v.answered && !v.is_yes);
	EXPECT_ERROR(v.error, ERROR_ACCESS_DENIED);
	descriptor_allow(&d, sid_everyone, DOOR_OPEN | DOOR_CLOSE);
	v = check(&d, token, MAXIMUM_ALLOWED);
	EXPECT_THAT(v.answered && v.is_yes);
	EXPECT_EQ(v.granted & DOOR_ALL & ~(DWORD)WRITE_OWNER, DOOR_OPEN | DOOR_CLOSE);
	EXPECT_THAT(!check(&d, token, MAXIMUM_ALLOWED | DOOR_PAINT).is_yes);
}

static void generic_rights_must_be_mapped_first(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;
	struct verdict v;
	DWORD mask = GENERIC_READ | DOOR_PAINT;

	door_init(&d, sid_anonymous);
	descriptor_allow(&d, sid_everyone, DOOR_ALL);
	v = check(&d, token, mask);
	EXPECT_EQ(v.answered, FALSE);
	EXPECT_ERROR(v.error, ERROR_GENERIC_NOT_MAPPED);
	API_SEC(MapGenericMask)(&mask, &door_mapping);
	EXPECT_EQ(mask, STANDARD_RIGHTS_READ | DOOR_OPEN | DOOR_PAINT);
	EXPECT_YES(&d, token, mask);
}

static void access_check_wants_an_impersonation_token(void)
{
	struct descriptor d;
	struct verdict v;
	HANDLE process;

	door_init(&d, own_sid());
	EXPECT_TRUE(API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_QUERY, &process));
	v = check(&d, process, READ_CONTROL);
	EXPECT_EQ(v.answered, FALSE);
	EXPECT_ERROR(v.error, ERROR_NO_IMPERSONATION_TOKEN);
	v = check(&d, impersonation_token(SecurityAnonymous), READ_CONTROL);
	EXPECT_EQ(v.answered, FALSE);
	EXPECT_ERROR(v.error, ERROR_BAD_IMPERSONATION_LEVEL);
}

static void access_check_wants_owner_and_group(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;
	struct verdict v;

	descriptor_null_dacl(&d);
	v = check(&d, token, DOOR_OPEN);
	EXPECT_EQ(v.answered, FALSE);
	EXPECT_ERROR(v.error, ERROR_INVALID_SECURITY_DESCR);
}

static void access_check_says_how_much_room_it_wants(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;
	PRIVILEGE_SET set;
	DWORD size = 0, granted = 0;
	BOOL is_yes = FALSE;

	door_init(&d, own_sid());
	EXPECT_FAILS(API_SEC(AccessCheck)(&d.sd, token, READ_CONTROL, &door_mapping, &set,
					  &size, &granted, &is_yes),
		     ERROR_INSUFFICIENT_BUFFER);
	EXPECT_EQ(size, sizeof(PRIVILEGE_SET));
	EXPECT_TRUE(API_SEC(AccessCheck)(&d.sd, token, READ_CONTROL, &door_mapping, &set,
					 &size, &granted, &is_yes));
	EXPECT_EQ(set.PrivilegeCount, 0);
	EXPECT_THAT(is_yes);
}

static void the_sacl_is_a_matter_of_the_privilege(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct descriptor d;
	struct verdict v;

	door_init(&d, own_sid());
	descriptor_allow(&d, sid_everyone, DOOR_ALL);
	EXPECT_TRUE(API_SEC(AdjustTokenPrivileges)(token, TRUE, NULL, 0, NULL, NULL));
	v = check(&d, token, ACCESS_SYSTEM_SECURITY);
	EXPECT_THAT(v.answered && !v.is_yes);
	EXPECT_ERROR(v.error, ERROR_PRIVILEGE_NOT_HELD);
}

static void access_masks_are_compared(void)
{
	EXPECT_TRUE(API_SEC(AreAllAccessesGranted)(DOOR_ALL, DOOR_OPEN | DOOR_CLOSE));
	EXPECT_EQ(API_SEC(AreAllAccessesGranted)(DOOR_OPEN, DOOR_OPEN | DOOR_CLOSE), FALSE);
	EXPECT_TRUE(API_SEC(AreAnyAccessesGranted)(DOOR_OPEN, DOOR_OPEN | DOOR_CLOSE));
	EXPECT_EQ(API_SEC(AreAnyAccessesGranted)(DOOR_OPEN, DOOR_CLOSE), FALSE);
}

static void membership_of_the_caller(void)
{
	BOOL is_member = FALSE;

	EXPECT_TRUE(API_SEC(CheckTokenMembership)(NULL, (void *)(uintptr_t)sid_everyone,
						  &is_member));
	EXPECT_THAT(is_member);
	EXPECT_TRUE(API_SEC(CheckTokenMembership)(NULL, (void *)(uintptr_t)own_sid(),
						  &is_member));
	EXPECT_THAT(is_member);
	EXPECT_TRUE(API_SEC(CheckTokenMembership)(NULL, (void *)(uintptr_t)sid_anonymous,
						  &is_member));
	EXPECT_THAT(!is_member);
}

static void ordinary_tokens_are_not_restricted(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);

	EXPECT_EQ(API_SEC(IsTokenRestricted)(token), FALSE);
}

/* The DACL of the token, copied out. */
static union dacl {
	TOKEN_DEFAULT_DACL info;
	unsigned char room[1024];
} dacl_of(HANDLE token)
{
	union dacl d;
	DWORD n;

	EXPECT_TRUE(API_SEC(GetTokenInformation)(token, TokenDefaultDacl, &d, sizeof(d),
						 &n));
	d.info.DefaultDacl = (PACL)(void *)(d.room + sizeof(d.info));
	return d;
}

static void told_default_dacl_is_the_tokens(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	TOKEN_DEFAULT_DACL told;
	struct descriptor d;
	union dacl seen;

	descriptor_empty(&d);
	descriptor_allow(&d, sid_everyone, GENERIC_READ);
	told.DefaultDacl = &d.dacl.acl;
	EXPECT_TRUE(API_SEC(SetTokenInformation)(token, TokenDefaultDacl, &told,
						 sizeof(told)));
	seen = dacl_of(token);
	EXPECT_EQ(((ACL *)(void *)(seen.room + sizeof(seen.info)))->AceCount, 1);
}

static void told_owner_must_be_in_the_token(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	TOKEN_OWNER owner;

	owner.Owner = (void *)(uintptr_t)sid_anonymous;
	EXPECT_FAILS(API_SEC(SetTokenInformation)(token, TokenOwner, &owner, sizeof(owner)),
		     ERROR_INVALID_OWNER);
	owner.Owner = (void *)(uintptr_t)own_sid();
	EXPECT_TRUE(API_SEC(SetTokenInformation)(token, TokenOwner, &owner, sizeof(owner)));
}

static void told_group_must_be_in_the_token(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	TOKEN_PRIMARY_GROUP group;

	group.PrimaryGroup = (void *)(uintptr_t)sid_anonymous;
	EXPECT_FAILS(API_SEC(SetTokenInformation)(token, TokenPrimaryGroup, &group,
						  sizeof(group)),
		     ERROR_INVALID_PRIMARY_GROUP);
	group.PrimaryGroup = (void *)(uintptr_t)sid_everyone;
	EXPECT_TRUE(API_SEC(SetTokenInformation)(token, TokenPrimaryGroup, &group,
						 sizeof(group)));
}

static void what_a_token_is_cannot_be_told(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	TOKEN_USER user = {{(void *)(uintptr_t)sid_everyone, 0}};

	EXPECT_FAILS(API_SEC(SetTokenInformation)(token, TokenUser, &user, sizeof(user)),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(API_SEC(SetTokenInformation)(token, TokenOwner, &user, 1),
		     ERROR_BAD_LENGTH);
}

/* ---- tokens of other threads ---- */

/* A thread that puts a token on, says so, waits, takes it off. */
struct wearer {
	HANDLE thread, is_on, go_on;
	BOOL ok;
	DWORD error; /* of what it tried at its start */
};

static DWORD WINAPI wearer_main(void *arg)
{
	struct wearer *w = arg;

	w->ok = API_SEC(ImpersonateSelf)(SecurityIdentification);
	SetEvent(w->is_on);
	WaitForSingleObject(w->go_on, CONF_SOON_MS);
	return 0;
}

static void token_of_another_thread_can_be_opened(void)
{
	SECURITY_IMPERSONATION_LEVEL level;
	struct wearer w = {0};
	HANDLE token;
	DWORD n;

	api_sec_need("ImpersonateSelf");
	w.is_on = CreateEventA(NULL, TRUE, FALSE, NULL);
	w.go_on = CreateEventA(NULL, TRUE, FALSE, NULL);
	w.thread = CreateThread(NULL, 0, wearer_main, &w, 0, NULL);
	EXPECT_EQ(WaitForSingleObject(w.is_on, CONF_SOON_MS), WAIT_OBJECT_0);
	EXPECT_TRUE(w.ok);
	EXPECT_TRUE(API_SEC(OpenThreadToken)(w.thread, TOKEN_QUERY, TRUE, &token));
	EXPECT_TRUE(API_SEC(GetTokenInformation)(token, TokenImpersonationLevel, &level,
						 sizeof(level), &n));
	EXPECT_EQ((int)level, SecurityIdentification);
	EXPECT_FAILS(API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &token),
		     ERROR_NO_TOKEN);
	SetEvent(w.go_on);
	EXPECT_EQ(WaitForSingleObject(w.thread, CONF_SOON_MS), WAIT_OBJECT_0);
	CloseHandle(w.thread);
	CloseHandle(w.is_on);
	CloseHandle(w.go_on);
}

static DWORD WINAPI look_at_own_token(void *arg)
{
	struct wearer *w = arg;
	HANDLE token;

	w->ok = API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
	w->error = w->ok ? 0 : GetLastError();
	return 0;
}

static void suspended_thread_begins_with_the_token_it_was_given(void)
{
	HANDLE token = impersonation_token(SecurityImpersonation);
	struct wearer w = {0};

	api_sec_need("SetThreadToken");
	w.thread = CreateThread(NULL, 0, look_at_own_token, &w, CREATE_SUSPENDED, NULL);
	EXPECT_THAT(w.thread != NULL);
	EXPECT_TRUE(API_SEC(SetThreadToken)(&w.thread, token));
	ResumeThread(w.thread);
	EXPECT_EQ(WaitForSingleObject(w.thread, CONF_SOON_MS), WAIT_OBJECT_0);
	EXPECT_ERROR(w.error, 0);
	EXPECT_FAILS(API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &token),
		     ERROR_NO_TOKEN);
	CloseHandle(w.thread);
}

const struct conf_case security_token_cases[] = {
	CASE("9.2", access_check_goes_through_the_entries, "D", "9.2",
	     "AccessCheck: a right is decided by the first entry that names it"),
	CASE("9.2", access_check_maps_generic_entries, "D", "9.2",
	     "AccessCheck: generic rights in entries mean what the mapping says"),
	CASE("9.1", access_check_of_a_null_and_an_empty_dacl, "D", "9.1",
	     "AccessCheck: a NULL DACL grants everything, an empty one nothing"),
	CASE("9.2", owner_may_read_and_change_the_descriptor, "D", "9.2",
	     "AccessCheck: the owner has READ_CONTROL and WRITE_DAC, and nothing more"),
	CASE("9.2", maximum_allowed_is_what_the_entries_give, "D", "9.2",
	     "AccessCheck with MAXIMUM_ALLOWED: all that would be granted; nothing is 5"),
	CASE("9.2", generic_rights_must_be_mapped_first, "D", "9.2",
	     "AccessCheck with a generic right fails with 1360; MapGenericMask maps"),
	CASE("9.4", access_check_wants_an_impersonation_token, "D", "9.4",
	     "AccessCheck with a primary token fails with 1309, at level Anonymous with 1346"),
	CASE("9.1", access_check_wants_owner_and_group, "D", "9.1",
	     "AccessCheck with a descriptor without owner and group fails with 1338"),
	CASE("9.2", access_check_says_how_much_room_it_wants, "D", "9.2",
	     "AccessCheck without room for the privileges fails with 122 and tells the size"),
	CASE("9.2", the_sacl_is_a_matter_of_the_privilege, "D", "9.2",
	     "AccessCheck for ACCESS_SYSTEM_SECURITY without the privilege: no, 1314"),
	CASE("9.2", access_masks_are_compared, "D", "9.2",
	     "AreAllAccessesGranted and AreAnyAccessesGranted"),
	CASE("9.4", membership_of_the_caller, "D", "9.4",
	     "CheckTokenMembership without a token asks about the caller"),
	CASE("9.4", ordinary_tokens_are_not_restricted, "D", "9.4",
	     "IsTokenRestricted of an ordinary token is FALSE"),
	CASE("9.1", told_default_dacl_is_the_tokens, "D", "9.1",
	     "SetTokenInformation(TokenDefaultDacl) is seen by GetTokenInformation"),
	CASE("9.1", told_owner_must_be_in_the_token, "D", "9.1",
	     "SetTokenInformation(TokenOwner) with a stranger fails with 1307"),
	CASE("9.1", told_group_must_be_in_the_token, "D", "9.1",
	     "SetTokenInformation(TokenPrimaryGroup) with a stranger fails with 1308"),
	CASE("9.1", what_a_token_is_cannot_be_told, "D", "9.1",
	     "SetTokenInformation of the user fails with 87, of a part of a value with 24"),
	CASE("9.3", token_of_another_thread_can_be_opened, "D", "9.3",
	     "OpenThreadToken of a thread that impersonates, by another thread"),
	CASE("9.3", suspended_thread_begins_with_the_token_it_was_given, "D", "9.3",
	     "SetThreadToken of a suspended thread: it begins with the token"),
	CASE_END
};
