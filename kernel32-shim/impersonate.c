/* SPDX-License-Identifier: MIT */
/*
 * Putting identities on and off: ImpersonateNamedPipeClient and its relatives
 *
 * What each of them does for the thread is said in <npfs/security.h>.
 */
#include <windows.h>

#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/token.h"

static BOOL answer(npfs_status status)
{
	return status == STATUS_SUCCESS ? TRUE : thread_fail(npfs_status_to_win32(status));
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE h)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(h, NULL, &pin);
	npfs_status status;

	if (!pipe)
		return FALSE;
	status = pipe->kind == PIPE_KIND_END ? npfs_end_impersonate(pipe->end) :
					       STATUS_ILLEGAL_FUNCTION;
	handle_unpin(&pin);
	return answer(status);
}

BOOL WINAPI RevertToSelf(VOID)
{
	npfs_thread_revert();
	return TRUE;
}

/* Wears a copy of @identity. */
static BOOL wear_copy(struct npfs_identity *identity, uint32_t level, uint32_t flags)
{
	struct npfs_identity *copy = token_copy(identity, level, flags);
	npfs_status status;

	if (!copy)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	status = npfs_thread_impersonate(copy);
	npfs_identity_unref(copy);
	return answer(status);
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level)
{
	struct npfs_identity *process = NULL;
	npfs_status status;
	BOOL ok;

	if ((unsigned)level > SecurityDelegation)
		return thread_fail(ERROR_INVALID_PARAMETER);
	status = npfs_identity_process(&process);
	if (status != STATUS_SUCCESS)
		return answer(status);
	ok = wear_copy(process, (uint32_t)level,
		       level == SecurityAnonymous ? NPFS_IDENTITY_ANONYMOUS : 0);
	npfs_identity_unref(process);
	return ok;
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread)
{
	struct npfs_identity *process = NULL;
	npfs_status status;
	struct object *o = handle_get(thread, OBJECT_THREAD, NULL);
	bool is_own = o && thread_from_object(o) == thread_self();
	BOOL ok;

	object_unref(o);
	if (!is_own)
		return thread_fail(o ? ERROR_NOT_SUPPORTED : ERROR_INVALID_HANDLE);
	status = npfs_identity_process(&process);
	if (status != STATUS_SUCCESS)
		return answer(status);
	ok = wear_copy(process, SecurityAnonymous, NPFS_IDENTITY_ANONYMOUS);
	npfs_identity_unref(process);
	return ok;
}

BOOL WINAPI ImpersonateLoggedOnUser(HANDLE h)
{
	struct token *token = token_get(h, TOKEN_QUERY);
	BOOL ok;

	if (!token)
		return FALSE;
	if (token->type == TokenPrimary)
		ok = wear_copy(token->identity, SecurityImpersonation,
			       npfs_identity_look(token->identity)->flags);
	else
		ok = answer(npfs_thread_impersonate(token->identity));
	object_unref(&token->object);
	return ok;
}
