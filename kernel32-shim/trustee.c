/* SPDX-License-Identifier: MIT */
/* Trustees, built and understood.  See trustee.h. */
#include "kernel32-shim/trustee.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kernel32-shim/account.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/text.h"

#define CURRENT_USER "CURRENT_USER"

_Static_assert(sizeof(TRUSTEE_A) == sizeof(TRUSTEE_W) &&
		       offsetof(TRUSTEE_A, ptstrName) == offsetof(TRUSTEE_W, ptstrName),
	       "one shape");

static DWORD name_sid(const char *name, void *sid)
{
	struct account account;
	DWORD err;

	if (strcasecmp(name, CURRENT_USER) == 0) {
		account_user_sid(geteuid(), sid);
		return 0;
	}
	err = account_by_name(name, &account);
	if (err)
		return err;
	memcpy(sid, account.sid, securitydesc_sid_len(account.sid));
	account_fini(&account);
	return 0;
}

static DWORD wide_name_sid(const WCHAR *name, void *sid)
{
	char *narrow = text_utf8_from_wide(name, text_wide_len(name));
	DWORD err;

	if (!narrow)
		return ERROR_NOT_ENOUGH_MEMORY;
	err = name_sid(narrow, sid);
	free(narrow);
	return err;
}

DWORD trustee_sid(const void *trustee, bool is_wide, void *sid)
{
	const TRUSTEE_A *t = trustee;
	const void *subject;

	if (!t || !t->ptstrName || t->pMultipleTrustee ||
	    t->MultipleTrusteeOperation != NO_MULTIPLE_TRUSTEE)
		return ERROR_INVALID_PARAMETER;
	subject = t->ptstrName;
	switch (t->TrusteeForm) {
	case TRUSTEE_IS_SID:
		if (!securitydesc_sid_is_valid(subject))
			return ERROR_INVALID_SID;
		memcpy(sid, subject, securitydesc_sid_len(subject));
		return 0;
	case TRUSTEE_IS_NAME:
		return is_wide ? wide_name_sid(subject, sid) : name_sid(subject, sid);
	case TRUSTEE_IS_OBJECTS_AND_SID:
	case TRUSTEE_IS_OBJECTS_AND_NAME:
		return ERROR_NOT_SUPPORTED;
	default:
		return ERROR_INVALID_PARAMETER;
	}
}

VOID WINAPI BuildTrusteeWithSidA(PTRUSTEE_A trustee, PSID sid)
{
	*trustee = (TRUSTEE_A){
		.TrusteeForm = TRUSTEE_IS_SID,
		.TrusteeType = TRUSTEE_IS_UNKNOWN,
		.ptstrName = sid,
	};
}

VOID WINAPI BuildTrusteeWithSidW(PTRUSTEE_W trustee, PSID sid)
{
	*trustee = (TRUSTEE_W){
		.TrusteeForm = TRUSTEE_IS_SID,
		.TrusteeType = TRUSTEE_IS_UNKNOWN,
		.ptstrName = sid,
	};
}

VOID WINAPI BuildTrusteeWithNameA(PTRUSTEE_A trustee, LPSTR name)
{
	*trustee = (TRUSTEE_A){
		.TrusteeForm = TRUSTEE_IS_NAME,
		.TrusteeType = TRUSTEE_IS_UNKNOWN,
		.ptstrName = name,
	};
}

VOID WINAPI BuildTrusteeWithNameW(PTRUSTEE_W trustee, LPWSTR name)
{
	*trustee = (TRUSTEE_W){
		.TrusteeForm = TRUSTEE_IS_NAME,
		.TrusteeType = TRUSTEE_IS_UNKNOWN,
		.ptstrName = name,
	};
}

VOID WINAPI BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A entry, LPSTR name, DWORD mask,
					 ACCESS_MODE mode, DWORD inheritance)
{
	entry->grfAccessPermissions = mask;
	entry->grfAccessMode = mode;
	entry->grfInheritance = inheritance;
	BuildTrusteeWithNameA(&entry->Trustee, name);
}

VOID WINAPI BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W entry, LPWSTR name,
					 DWORD mask, ACCESS_MODE mode, DWORD inheritance)
{
	entry->grfAccessPermissions = mask;
	entry->grfAccessMode = mode;
	entry->grfInheritance = inheritance;
	BuildTrusteeWithNameW(&entry->Trustee, name);
}

TRUSTEE_TYPE WINAPI GetTrusteeTypeA(PTRUSTEE_A trustee)
{
	return trustee ? trustee->TrusteeType : TRUSTEE_IS_UNKNOWN;
}

TRUSTEE_TYPE WINAPI GetTrusteeTypeW(PTRUSTEE_W trustee)
{
	return trustee ? trustee->TrusteeType : TRUSTEE_IS_UNKNOWN;
}

TRUSTEE_FORM WINAPI GetTrusteeFormA(PTRUSTEE_A trustee)
{
	return trustee ? trustee->TrusteeForm : TRUSTEE_BAD_FORM;
}

TRUSTEE_FORM WINAPI GetTrusteeFormW(PTRUSTEE_W trustee)
{
	return trustee ? trustee->TrusteeForm : TRUSTEE_BAD_FORM;
}

LPSTR WINAPI GetTrusteeNameA(PTRUSTEE_A trustee)
{
	return trustee ? trustee->ptstrName : NULL;
}

LPWSTR WINAPI GetTrusteeNameW(PTRUSTEE_W trustee)
{
	return trustee ? trustee->ptstrName : NULL;
}
