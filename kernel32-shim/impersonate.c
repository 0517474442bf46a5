/* SPDX-License-Identifier: MIT */
/*
 * Putting identities on and off: ImpersonateNamedPipeClient and its relatives
 *
 * What each of them does for the thread is said in <npfs/security.h>.
 */
#include <windows.h>

#include <npfs/aio.h>
#include <npfs/security.h>

#include "kernel32-shim/handle_table.h"
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

/* Puts @identity on the calling thread, NULL takes off. */
static npfs_status dress_self(struct npfs_identity *identity)
{
	if (identity)
		return npfs_thread_impersonate(identity);
	npfs_thread_revert();
	return STATUS_SUCCESS;
}

/* The thread that a handle with @right names, which need not be the caller. */
static BOOL dress_thread(HANDLE h, DWORD right, struct npfs_identity *identity)
{
	struct thread *t = thread_get(h, right);
	DWORD error;

	if (!t)
		return FALSE;
	if (t->process)
		error = ERROR_NOT_SUPPORTED; /* of another process */
	else if (!t->self)
		error = ERROR_NOT_ENOUGH_MEMORY;
	else
		error = npfs_status_to_win32(npfs_thread_set_identity(t->self, identity));
	object_unref(&t->object);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread)
{
	struct npfs_identity *process = NULL, *nobody;
	npfs_status status = npfs_identity_process(&process);
	BOOL ok;

	if (status != STATUS_SUCCESS)
		return answer(status);
	nobody = token_copy(process, SecurityAnonymous, NPFS_IDENTITY_ANONYMOUS);
	npfs_identity_unref(process);
	ok = nobody ? dress_thread(thread, THREAD_IMPERSONATE, nobody) :
		      thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	npfs_identity_unref(nobody);
	return ok;
}

BOOL WINAPI SetThreadToken(PHANDLE threadp, HANDLE h)
{
	struct npfs_identity *identity = NULL;
	struct token *token = NULL;
	BOOL ok;

	if (h) {
		token = token_get(h, TOKEN_IMPERSONATE);
		if (!token)
			return FALSE;
		identity = token->identity;
	}
	if (token && token->type != TokenImpersonation)
		ok = answer(STATUS_BAD_TOKEN_TYPE);
	else if (threadp)
		ok = dress_thread(*threadp, THREAD_SET_THREAD_TOKEN, identity);
	else
		ok = answer(dress_self(identity));
	if (token)
		object_unref(&token->object);
	return ok;
}
