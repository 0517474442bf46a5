/* SPDX-License-Identifier: MIT */
/*
 * Tokens as objects behind handles
 *
 * A token is an identity of libnpfs (<npfs/security.h>) and what Windows says about it
 * besides: whether it is a process's or a thread's, and numbers by which tokens are told
 * apart. What a thread wears is its identity; a token opened from the thread shares it, so
 * privileges that are changed through the token change for the thread.
 *
 * In bytes a token's user is S-1-22-1-uid, its groups S-1-22-2-gid and the well-known ones
 * that the broker finds in it, too: programs that put their own identifier into a descriptor
 * are let in by it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include <npfs/security.h>

#include "kernel32-shim/object.h"

struct token {
	struct object object; /* first */
	struct npfs_identity *identity; /* counted */
	TOKEN_TYPE type;
	uint64_t id;		       /* LUID */
	_Atomic uint64_t modified_id;  /* LUID */
};

/* A LUID nobody has had in this process. */
uint64_t token_luid(void);

/* token_new() - a token of @identity, of which it becomes another owner; NULL without memory */
struct token *token_new(struct npfs_identity *identity, TOKEN_TYPE type);

/*
 * token_get() - the token behind a handle, counted
 * Return: NULL, and the last error says ERROR_INVALID_HANDLE, or ERROR_ACCESS_DENIED when
 * the handle has not all of @access.
 */
struct token *token_get(HANDLE h, DWORD access);

/*
 * token_copy() - an identity like @identity at another level
 * @flags: those it has, as npfs_identity_info.flags
 * Return: NULL without memory.
 */
struct npfs_identity *token_copy(struct npfs_identity *identity, uint32_t level,
				 uint32_t flags);

/* token_n_privileges() - how many there are in a set of numbers */
unsigned token_n_privileges(uint64_t set);

/* token_privileges_write() - those of @set, enabled or not; there is room */
void token_privileges_write(TOKEN_PRIVILEGES *p, uint64_t set, uint64_t enabled);

void token_luid_write(LUID *luid, uint64_t number);

/* token_user_name() - the account's name in UTF-8, the number without one; owned; NULL
 * without memory */
char *token_user_name(const struct npfs_identity *identity);

static inline struct token *token_from_object(struct object *o)
{
	return (struct token *)(void *)o;
}
