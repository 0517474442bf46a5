/* SPDX-License-Identifier: MIT */
/*
 * What the security cases share: descriptors with one entry, tokens, another identity.
 *
 * All calls are found at run time; a case whose calls are missing is skipped.
 */
#pragma once

#include "conformance/cases/overlapped/api.h"
#include "conformance/pipes.h"

#include <stdlib.h>

#define ALL_RIGHTS    0x001F01FFu
#define CREATE_RIGHT  0x00000004u /* FILE_CREATE_PIPE_INSTANCE */
#define DUPLEX_RIGHTS 0x0012019Fu /* what a duplex server handle is granted */

/* S-1-1-0 Everyone, S-1-5-11 Authenticated Users. */
static const unsigned char sid_everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
static const unsigned char sid_users[] = {1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0};

/* An absolute descriptor whose DACL has at most two allow entries. */
struct descriptor {
	SECURITY_DESCRIPTOR sd;
	SECURITY_ATTRIBUTES sa;
	union {
		ACL acl;
		unsigned char room[512];
	} dacl;
};

/* An empty DACL: nobody may do anything. */
static inline void descriptor_empty(struct descriptor *d)
{
	memset(d, 0, sizeof(*d));
	EXPECT_TRUE(API_SEC(InitializeSecurityDescriptor)(&d->sd,
							  SECURITY_DESCRIPTOR_REVISION));
	EXPECT_TRUE(API_SEC(InitializeAcl)(&d->dacl.acl, sizeof(d->dacl), ACL_REVISION));
	EXPECT_TRUE(
		API_SEC(SetSecurityDescriptorDacl)(&d->sd, TRUE, &d->dacl.acl, FALSE));
	d->sa.nLength = sizeof(d->sa);
	d->sa.lpSecurityDescriptor = &d->sd;
}

/* A present but NULL DACL: everybody may do everything. */
static inline void descriptor_null_dacl(struct descriptor *d)
{
	descriptor_empty(d);
	EXPECT_TRUE(API_SEC(SetSecurityDescriptorDacl)(&d->sd, TRUE, NULL, FALSE));
}

static inline void descriptor_allow(struct descriptor *d, const void *sid, DWORD rights)
{
	EXPECT_TRUE(API_SEC(AddAccessAllowedAce)(&d->dacl.acl, ACL_REVISION, rights,
						 (void *)(uintptr_t)sid));
}

/* The SID of the user this process runs as; kept for the life of the process. */
static inline const void *own_sid(void)
{
	static union {
		TOKEN_USER user;
		unsigned char room[256];
	} info;
	HANDLE token;
	DWORD n;

	EXPECT_TRUE(API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_QUERY, &token));
	EXPECT_TRUE(
		API_SEC(GetTokenInformation)(token, TokenUser, &info, sizeof(info), &n));
	CloseHandle(token);
	return info.user.User.Sid;
}

/* A duplex message server with a descriptor (or NULL), as from CreateNamedPipeA. */
static inline HANDLE server_with(const char *name, struct descriptor *d, DWORD open_flags,
				 DWORD max_instances)
{
	return CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | open_flags,
				PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, max_instances,
				4096, 4096, 0, d ? &d->sa : NULL);
}

/*
 * This thread becomes another user, told by CONF_OTHER_USER and CONF_OTHER_PASSWORD; skips
 * the case where there is none. RevertToSelf ends it.
 */
static inline void become_other_user(void)
{
	const char *user = getenv("CONF_OTHER_USER");
	const char *password = getenv("CONF_OTHER_PASSWORD");
	HANDLE token;

	if (!user || !password)
		SKIP("needs a second, ordinary user in CONF_OTHER_USER and CONF_OTHER_PASSWORD");
	EXPECT_TRUE(API_SEC(LogonUserA)(user, ".", password, LOGON32_LOGON_INTERACTIVE,
					LOGON32_PROVIDER_DEFAULT, &token));
	EXPECT_TRUE(API_SEC(ImpersonateLoggedOnUser)(token));
	CloseHandle(token);
}

static inline void become_self(void)
{
	EXPECT_TRUE(API_SEC(RevertToSelf)());
}
