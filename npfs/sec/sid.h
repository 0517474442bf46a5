/* SPDX-License-Identifier: MIT */
/*
 * Security identifiers: reading, writing, comparing, text
 *
 * In bytes, as descriptors hold them ([MS-DTYP] 2.4.2.2):
 *
 *	0	u8	revision, 1
 *	1	u8	number of sub-authorities, 0 to 15
 *	2	u8[6]	authority, most significant byte first
 *	8	u32[]	sub-authorities, least significant byte first
 *
 * Bytes from elsewhere are decoded into a struct np_sid, a copy that is valid by
 * construction; everything else works on such copies. Users and groups of Unix are
 * S-1-22-1-uid and S-1-22-2-gid, as in Samba.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"

#define NP_SID_REVISION      1u
#define NP_SID_SUBS_MAX      15u
#define NP_SID_FIXED_LEN     8u
#define NP_SID_LEN_MAX       (NP_SID_FIXED_LEN + 4u * NP_SID_SUBS_MAX)
#define NP_SID_AUTHORITY_MAX UINT64_C(0xffffffffffff)

/* "S-1-", an authority of 14 characters, fifteen times "-4294967295", the terminator. */
#define NP_SID_TEXT_MAX 192u

/* Authorities. */
#define NP_SID_AUTHORITY_WORLD   UINT64_C(1)
#define NP_SID_AUTHORITY_CREATOR UINT64_C(3)
#define NP_SID_AUTHORITY_NT      UINT64_C(5)
#define NP_SID_AUTHORITY_UNIX    UINT64_C(22)

/* The first sub-authority below NP_SID_AUTHORITY_UNIX. */
#define NP_SID_UNIX_USER  1u
#define NP_SID_UNIX_GROUP 2u

struct np_sid {
	uint64_t authority; /* 48 bits */
	uint32_t n_subs;
	uint32_t subs[NP_SID_SUBS_MAX]; /* those beyond n_subs are 0 */
};

/* An identity that is the same on every machine, as an initialiser. */
/* clang-format off */
#define NP_SID_1(authority, a)    {(authority), 1, {(a)}}
#define NP_SID_2(authority, a, b) {(authority), 2, {(a), (b)}}
/* clang-format on */

extern const struct np_sid np_sid_everyone;
extern const struct np_sid np_sid_owner_rights;
extern const struct np_sid np_sid_network;
extern const struct np_sid np_sid_interactive;
extern const struct np_sid np_sid_anonymous;
extern const struct np_sid np_sid_authenticated;
extern const struct np_sid np_sid_system;
extern const struct np_sid np_sid_local_service;
extern const struct np_sid np_sid_network_service;
extern const struct np_sid np_sid_administrators;

/* bytes */
bool np_sid_decode(const void *bytes, size_t room, struct np_sid *sidp) NP_MUST_CHECK;
size_t np_sid_encode(const struct np_sid *sid, void *bytes);

/* text */
bool np_sid_parse(const char *text, struct np_sid *sidp) NP_MUST_CHECK;
size_t np_sid_format(const struct np_sid *sid, char *text, size_t room);

/* values */
bool np_sid_is_equal(const struct np_sid *a, const struct np_sid *b);
struct np_sid np_sid_of_uid(uint32_t uid);
struct np_sid np_sid_of_gid(uint32_t gid);

/* The numbers in descriptors: least significant byte first, of any alignment. */
static inline uint16_t np_sec_get16(const uint8_t *b)
{
	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t np_sec_get32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t np_sec_get64(const uint8_t *b)
{
	return np_sec_get32(b) | (uint64_t)np_sec_get32(b + 4) << 32;
}

static inline void np_sec_put16(uint8_t *b, uint16_t value)
{
	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static inline void np_sec_put32(uint8_t *b, uint32_t value)
{
	np_sec_put16(b, (uint16_t)value);
	np_sec_put16(b + 2, (uint16_t)(value >> 16));
}

/* Bytes np_sid_encode() writes. */
static inline size_t np_sid_len(const struct np_sid *sid)
{
	return NP_SID_FIXED_LEN + 4 * (size_t)sid->n_subs;
}
