/* SPDX-License-Identifier: MIT */
/*
 * The identities that have a name of their own ([MS-DTYP] 2.4.2.4 and 2.5.1.1)
 *
 * One table for everything that goes by name: the number programs give to
 * CreateWellKnownSid(), the two letters of the text form of descriptors, the account's
 * name and domain. Three kinds of rows:
 *
 *	fixed		the same on every machine; all parts are in the table
 *	of the machine	the machine's own domain (machine_sid.h) and a number in it
 *	of a domain	a number in a domain that the caller names
 *
 * A machine that runs npfs is a member of no Windows domain: an identity of a domain
 * exists only where a program names the domain, so its two letters mean nothing here and
 * are refused, as Windows refuses them outside of a domain.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

/* No number for CreateWellKnownSid(). */
#define KNOWN_SID_NO_TYPE (-1)

#define KNOWN_SID_SUBS_MAX 6

enum known_sid_kind {
	KNOWN_SID_FIXED,
	KNOWN_SID_OF_MACHINE,
	KNOWN_SID_OF_DOMAIN,
};

struct known_sid {
	int type; /* WELL_KNOWN_SID_TYPE or KNOWN_SID_NO_TYPE */
	enum known_sid_kind kind;
	const char *alias; /* two capital letters; NULL: none */
	const char *name;  /* NULL: the account has none here */
	const char *domain;
	SID_NAME_USE use;
	uint8_t authority;
	uint8_t n_subs;
	DWORD subs[KNOWN_SID_SUBS_MAX]; /* only the number in it, of a domain */
};

/* known_sid_at() - row @i; NULL behind the last one */
const struct known_sid *known_sid_at(size_t i);

/* known_sid_by_type(), known_sid_by_alias() - look a row up; NULL when there is none.
 * Letters in either case. */
const struct known_sid *known_sid_by_type(int type);
const struct known_sid *known_sid_by_alias(WCHAR first, WCHAR second);

/* known_sid_find() - the row of a valid identifier: a fixed one, or one of the machine's
 * own domain; NULL when it has none */
const struct known_sid *known_sid_find(const void *sid);

/* known_sid_len() - bytes of the identifier in @domain; @domain matters only to rows of a
 * domain, and NULL stands for the machine's own */
DWORD known_sid_len(const struct known_sid *known, const void *domain);

/* known_sid_write() - write known_sid_len() bytes */
void known_sid_write(const struct known_sid *known, const void *domain, void *sid);
