/* SPDX-License-Identifier: MIT */
/*
 * Conditions of entries, between text and bytes ([MS-DTYP] 2.5.1.1 and 2.4.4.17)
 *
 *	condition	and || and ...
 *	and		term && term ...
 *	term		!term, (condition), an attribute, or a relation
 *	relation	attribute == value or {value, ...} or @attribute
 *			(also != Contains Not_Contains Any_of Not_Any_of; < <= > >= with one value)
 *			Exists attribute, Not_Exists attribute
 *			Member_of SID(...) or {SID(...), ...}
 *			(also with Not_ and Device_ before and _Any behind)
 *	attribute	@User.name, @Resource.name, @Device.name, or a local name
 *	value		a number, "text", #hexadecimal octets, SID(...)
 *
 * Words are taken in either case. In names a unit may be written as % and four hexadecimal
 * digits; one that could not stand for itself is written so. A text cannot have a quotation
 * mark or a zero in it: bytes that do have no text.
 *
 * In bytes (npfs/sec/condition.h has the format for those who evaluate it) the operands
 * stand before their operator, so the order of operands is the same in both forms; that is
 * what both directions rest on. Numbers become 64 bits wide, and keep sign and base.
 *
 * Every part of an and or an or that is not an attribute by itself is written in
 * parentheses, but for the first one of a row of the same kind, and so is what a ! is for.
 * What is nested deeper than SDDL_CONDITION_DEPTH in that form is refused both ways; so
 * what was read can be written, and reads as the same bytes.
 */
#pragma once

#include <windows.h>

#include "kernel32-shim/sddl_bytes.h"
#include "kernel32-shim/sddl_out.h"
#include "kernel32-shim/sddl_run.h"

#define SDDL_CONDITION_DEPTH 64u

/* The first four bytes of a condition. */
#define SDDL_CONDITION_MAGIC     "artx"
#define SDDL_CONDITION_MAGIC_LEN 4u

enum sddl_token {
	SDDL_TOKEN_PADDING = 0x00,
	SDDL_TOKEN_INT8 = 0x01,
	SDDL_TOKEN_INT64 = 0x04,
	SDDL_TOKEN_STRING = 0x10,
	SDDL_TOKEN_OCTETS = 0x18,
	SDDL_TOKEN_SET = 0x50,
	SDDL_TOKEN_SID = 0x51,
	SDDL_TOKEN_LESS = 0x82,
	SDDL_TOKEN_GREATER_EQUAL = 0x85,
	SDDL_TOKEN_AND = 0xa0,
	SDDL_TOKEN_OR = 0xa1,
	SDDL_TOKEN_NOT = 0xa2,
	SDDL_TOKEN_LOCAL = 0xf8,
	SDDL_TOKEN_USER = 0xf9,
	SDDL_TOKEN_RESOURCE = 0xfa,
	SDDL_TOKEN_DEVICE = 0xfb,
};

/* Behind a number's 64 bits: how it was written. */
enum sddl_sign { SDDL_SIGN_PLUS = 1, SDDL_SIGN_MINUS, SDDL_SIGN_NONE };
enum sddl_base { SDDL_BASE_8 = 1, SDDL_BASE_10, SDDL_BASE_16 };

/* What can be part of an and, an or, a not. */
enum sddl_term_kind {
	SDDL_TERM_ATTRIBUTE,
	SDDL_TERM_RELATION,
	SDDL_TERM_AND,
	SDDL_TERM_OR,
	SDDL_TERM_NOT,
};

struct sddl_term {
	enum sddl_term_kind kind;
	unsigned depth; /* of parentheses, when it is written */
};

/* Operators by their words. */
struct sddl_operator {
	char word[28]; /* as written; "" ends a table */
	BYTE token;
};

extern const struct sddl_operator sddl_condition_members[]; /* before groups */
extern const struct sddl_operator sddl_condition_exists[];  /* before an attribute */
extern const struct sddl_operator sddl_condition_relations[];
extern const struct sddl_operator sddl_condition_scopes[]; /* of attributes */

/* Is this one of < <= > >=, which compare single values? */
static inline bool sddl_is_order(BYTE token)
{
	return token >= SDDL_TOKEN_LESS && token <= SDDL_TOKEN_GREATER_EQUAL;
}

/* Is a term written in parentheses where it is a part of @whole? */
static inline bool sddl_term_is_enclosed(const struct sddl_term *term,
					 enum sddl_term_kind whole, bool is_first)
{
	return term->kind != SDDL_TERM_ATTRIBUTE && !(is_first && term->kind == whole);
}

/* sddl_term_join() - the term that two become; @whole is SDDL_TERM_AND or SDDL_TERM_OR */
struct sddl_term sddl_term_join(const struct sddl_term *first,
				const struct sddl_term *second,
				enum sddl_term_kind whole);

/**
 * sddl_condition_read() - a condition from text, in its parentheses
 * @run: stands at the parenthesis; moved behind its counterpart
 * @to: receives the magic and the program, not filled up
 *
 * Return: 0, ERROR_INVALID_ACL, ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD sddl_condition_read(struct sddl_run *run, struct sddl_bytes *to);

/**
 * sddl_condition_write() - a condition as text, in parentheses
 * @bytes: behind the identifier of the entry, @len of them
 *
 * Return: false for bytes that are no condition or have no text.
 */
bool sddl_condition_write(struct sddl_out *out, const uint8_t *bytes, size_t len);

/* names, which claims have, too */

/* sddl_name_read() - the units of a name up to the first that cannot be in one; @is_scoped:
 * more units can. Each is appended to @to. Return: 0; ERROR_INVALID_ACL for no name. */
DWORD sddl_name_read(struct sddl_run *run, bool is_scoped, struct sddl_bytes *to);

/* sddl_name_write() - a name of @len bytes of UTF-16; false for none, half a unit, or a zero
 * in it */
bool sddl_name_write(struct sddl_out *out, const uint8_t *name, size_t len,
		     bool is_scoped);

/* sddl_quoted_read() - a text in quotation marks; its units are appended to @to */
DWORD sddl_quoted_read(struct sddl_run *run, struct sddl_bytes *to);
bool sddl_quoted_write(struct sddl_out *out, const uint8_t *text, size_t len);

/* sddl_octets_read() - pairs of hexadecimal digits, as many as stand here */
DWORD sddl_octets_read(struct sddl_run *run, struct sddl_bytes *to);
void sddl_octets_write(struct sddl_out *out, const uint8_t *octets, size_t len);
