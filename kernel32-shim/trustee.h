/* SPDX-License-Identifier: MIT */
/*
 * Trustees: whom an entry is about, as programs name them
 *
 * The A and W shapes differ in what the pointer of a name points to and in nothing else.
 */
#pragma once

#include <stdbool.h>

#include <aclapi.h>
#include <windows.h>

/**
 * trustee_sid() - the identifier of a trustee
 * @trustee: of the A or, with @is_wide, the W shape; borrowed
 * @sid: receives at most SECURITY_MAX_SID_SIZE bytes
 *
 * A name is looked up as by LookupAccountName; CURRENT_USER is the thread's user.
 *
 * Return: 0; ERROR_INVALID_PARAMETER for a trustee of several or of no form;
 * ERROR_NOT_SUPPORTED for one with objects; ERROR_INVALID_SID; ERROR_NONE_MAPPED for an
 * unknown name; ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD trustee_sid(const void *trustee, bool is_wide, void *sid);
