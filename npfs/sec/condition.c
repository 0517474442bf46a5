/* SPDX-License-Identifier: MIT */
/*
 * Conditions, evaluated on a stack (format and rules: condition.h)
 *
 * A literal, a set and an attribute of the resource are all a row of values of one kind;
 * relations walk such rows and need not know where the values lie. A row is looked at as a
 * whole before it is pushed, so a walk over it cannot fail.
 */
#include "npfs/sec/condition.h"

#include <string.h>

#include "npfs/base/upcase.h"
#include "npfs/sec/claim.h"

#define MAGIC     "artx"
#define MAGIC_LEN 4u

enum token {
	TOKEN_PADDING = 0x00,
	TOKEN_INT8 = 0x01,
	TOKEN_INT64 = 0x04,
	TOKEN_STRING = 0x10,
	TOKEN_OCTETS = 0x18,
	TOKEN_SET = 0x50,
	TOKEN_SID = 0x51,
	TOKEN_EQUAL = 0x80,
	TOKEN_UNEQUAL = 0x81,
	TOKEN_LESS = 0x82,
	TOKEN_LESS_EQUAL = 0x83,
	TOKEN_GREATER = 0x84,
	TOKEN_GREATER_EQUAL = 0x85,
	TOKEN_CONTAINS = 0x86,
	TOKEN_EXISTS = 0x87,
	TOKEN_ANY_OF = 0x88,
	TOKEN_MEMBER_OF = 0x89,
	TOKEN_DEVICE_MEMBER_OF = 0x8a,
	TOKEN_MEMBER_OF_ANY = 0x8b,
	TOKEN_DEVICE_MEMBER_OF_ANY = 0x8c,
	TOKEN_NOT_EXISTS = 0x8d,
	TOKEN_NOT_CONTAINS = 0x8e,
	TOKEN_NOT_ANY_OF = 0x8f,
	TOKEN_NOT_MEMBER_OF = 0x90,
	TOKEN_NOT_DEVICE_MEMBER_OF = 0x91,
	TOKEN_NOT_MEMBER_OF_ANY = 0x92,
	TOKEN_NOT_DEVICE_MEMBER_OF_ANY = 0x93,
	TOKEN_AND = 0xa0,
	TOKEN_OR = 0xa1,
	TOKEN_NOT = 0xa2,
	TOKEN_LOCAL = 0xf8,
	TOKEN_USER = 0xf9,
	TOKEN_RESOURCE = 0xfa,
	TOKEN_DEVICE = 0xfb,
};

/* A literal's number: the value, the sign and the base it was written with. */
#define NUMBER_LEN 10u

enum operand_kind { OPERAND_TRUTH, OPERAND_LITERAL, OPERAND_ABSENT, OPERAND_CLAIM };

struct operand {
	enum operand_kind kind;
	enum np_truth truth;     /* of OPERAND_TRUTH */
	enum np_value_kind type; /* of all values, when there are some */
	unsigned n_values;
	const uint8_t *bytes; /* OPERAND_LITERAL: one token or several */
	size_t len;
	struct np_claim claim; /* OPERAND_CLAIM */
};

/* A place in a row of values; starts as {0}. */
struct place {
	size_t at;
	unsigned n_seen;
};

struct machine {
	struct np_condition_check *check;
	const uint8_t *bytes; /* those not run yet */
	size_t len;
	unsigned depth;
	struct operand stack[NP_CONDITION_DEPTH];
};

static bool take_steps(struct np_condition_check *check, size_t n)
{
	if (n > check->n_steps) {
		check->n_steps = 0;
		return false;
	}
	check->n_steps -= (unsigned)n;
	return true;
}

static enum np_truth truth_of(bool holds)
{
	return holds ? NP_TRUTH_TRUE : NP_TRUTH_FALSE;
}

static enum np_truth truth_not(enum np_truth truth)
{
	return truth == NP_TRUTH_UNKNOWN ? truth : truth_of(truth == NP_TRUTH_FALSE);
}

static enum np_truth truth_and(enum np_truth a, enum np_truth b)
{
	if (a == NP_TRUTH_FALSE || b == NP_TRUTH_FALSE)
		return NP_TRUTH_FALSE;
	return a == NP_TRUTH_TRUE && b == NP_TRUTH_TRUE ? NP_TRUTH_TRUE
							: NP_TRUTH_UNKNOWN;
}

static enum np_truth truth_or(enum np_truth a, enum np_truth b)
{
	return truth_not(truth_and(truth_not(a), truth_not(b)));
}

/* operands in bytes */

/* What follows a token: a length and that many bytes. */
static bool block_at(const uint8_t *bytes, size_t len, const uint8_t **blockp,
		     size_t *block_lenp)
{
	if (len < 5 || np_sec_get32(bytes + 1) > len - 5)
		return false;
	*blockp = bytes + 5;
	*block_lenp = np_sec_get32(bytes + 1);
	return true;
}

/* Reads one literal. Return: its bytes with its token, 0 when it is none. */
static size_t literal_decode(const uint8_t *bytes, size_t len, struct np_value *valuep)
{
	struct np_value value = {.kind = NP_VALUE_OCTETS};
	struct np_sid sid;

	if (len == 0)
		return 0;
	if (bytes[0] >= TOKEN_INT8 && bytes[0] <= TOKEN_INT64) {
		if (len < 1 + NUMBER_LEN)
			return 0;
		value.kind = NP_VALUE_NUMBER;
		value.number = np_sec_get64(bytes + 1);
		value.is_negative = value.number >> 63;
		*valuep = value;
		return 1 + NUMBER_LEN;
	}
	if (!block_at(bytes, len, &value.bytes, &value.len))
		return 0;
	switch (bytes[0]) {
	case TOKEN_STRING:
		value.kind = NP_VALUE_STRING;
		if (value.len % 2 != 0)
			return 0;
		break;
	case TOKEN_OCTETS:
		break;
	case TOKEN_SID:
		value.kind = NP_VALUE_SID;
		if (!np_sid_decode(value.bytes, value.len, &sid) ||
		    np_sid_len(&sid) != value.len)
			return 0;
		break;
	default:
		return 0;
	}
	*valuep = value;
	return 5 + value.len;
}

/* The next value of a row. Return: false behind the last one. */
static bool value_next(const struct operand *operand, struct place *place,
		       struct np_value *valuep)
{
	if (place->n_seen == operand->n_values)
		return false;
	if (operand->kind == OPERAND_CLAIM)
		np_claim_value(&operand->claim, place->n_seen, valuep);
	else
		place->at += literal_decode(operand->bytes + place->at,
					    operand->len - place->at, valuep);
	place->n_seen++;
	return true;
}

/* A row of literals that fills @len bytes. */
static bool row_decode(struct np_condition_check *check, const uint8_t *bytes, size_t len,
		       struct operand *operand)
{
	struct np_value value;
	size_t at = 0, n;

	*operand = (struct operand){.kind = OPERAND_LITERAL, .bytes = bytes, .len = len};
	while (at < len) {
		n = literal_decode(bytes + at, len - at, &value);
		if (n == 0 || !take_steps(check, 1))
			return false;
		if (operand->n_values++ == 0)
			operand->type = value.kind;
		if (operand->type != value.kind)
			return false;
		at += n;
	}
	return true;
}

/* Looks for an attribute of the resource; one that is not there is absent. */
static bool resource_find(struct np_condition_check *check, const uint8_t *name,
			  size_t len, struct operand *operand)
{
	struct np_acl_cursor cursor = {0};
	struct np_ace ace;

	*operand = (struct operand){.kind = OPERAND_ABSENT};
	while (check->sd->has_sacl && np_acl_next(&check->sd->sacl, &cursor, &ace)) {
		if (!take_steps(check, 1 + ace.len / 8))
			return false;
		if (ace.type != NP_ACE_TYPE_RESOURCE_ATTRIBUTE ||
		    (ace.flags & NP_ACE_FLAG_INHERIT_ONLY) ||
		    !np_claim_decode(ace.bytes, ace.len, &operand->claim) ||
		    !np_claim_is_named(&operand->claim, name, len))
			continue;
		if (!take_steps(check, operand->claim.n_values))
			return false;
		if (operand->claim.n_values > 0)
			operand->kind = OPERAND_CLAIM;
		operand->type = operand->claim.kind;
		operand->n_values = operand->claim.n_values;
		return true;
	}
	return true;
}

/* relations */

static bool is_attribute(const struct operand *operand)
{
	return operand->kind == OPERAND_ABSENT || operand->kind == OPERAND_CLAIM;
}

static bool is_case_sensitive(const struct operand *operand)
{
	return operand->kind == OPERAND_CLAIM && operand->claim.is_case_sensitive;
}

static int bytes_compare(const struct np_value *a, const struct np_value *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int r = len ? memcmp(a->bytes, b->bytes, len) : 0;

	return r ? r : (a->len > b->len) - (a->len < b->len);
}

static int string_compare(const struct np_value *a, const struct np_value *b,
			  bool is_sensitive)
{
	size_t len = a->len < b->len ? a->len : b->len;

	for (size_t i = 0; i < len; i += 2) {
		uint16_t x = np_sec_get16(a->bytes + i), y = np_sec_get16(b->bytes + i);

		if (!is_sensitive) {
			x = np_upcase16(x);
			y = np_upcase16(y);
		}
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a->len > b->len) - (a->len < b->len);
}

static int number_compare(const struct np_value *a, const struct np_value *b)
{
	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Compares values of one kind; false when the steps are used up. */
static bool value_compare(struct np_condition_check *check, const struct np_value *a,
			  const struct np_value *b, bool is_sensitive, int *orderp)
{
	if (!take_steps(check, 1 + (a->len < b->len ? a->len : b->len) / 8))
		return false;
	if (a->kind == NP_VALUE_NUMBER)
		*orderp = number_compare(a, b);
	else if (a->kind == NP_VALUE_STRING)
		*orderp = string_compare(a, b, is_sensitive);
	else
		*orderp = bytes_compare(a, b);
	return true;
}

static enum np_truth has_value(struct np_condition_check *check,
			       const struct operand *set, const struct np_value *value,
			       bool is_sensitive)
{
	struct place place = {0};
	struct np_value member;
	int order;

	while (value_next(set, &place, &member)) {
		if (!value_compare(check, &member, value, is_sensitive, &order))
			return NP_TRUTH_UNKNOWN;
		if (order == 0)
			return NP_TRUTH_TRUE;
	}
	return NP_TRUTH_FALSE;
}

/* Is every value of @part, or with @any one of them, in @set? */
static enum np_truth set_has(struct np_condition_check *check, const struct operand *set,
			     const struct operand *part, bool any)
{
	bool is_sensitive = is_case_sensitive(set) || is_case_sensitive(part);
	struct place place = {0};
	struct np_value value;
	enum np_truth truth;

	while (value_next(part, &place, &value)) {
		truth = has_value(check, set, &value, is_sensitive);
		if (truth == NP_TRUTH_UNKNOWN || (truth == NP_TRUTH_TRUE) == any)
			return truth;
	}
	return truth_of(!any);
}

/* Sets are equal when each has the other's values. */
static enum np_truth is_equal(struct np_condition_check *check, const struct operand *a,
			      const struct operand *b)
{
	enum np_truth truth = set_has(check, a, b, false);

	return truth == NP_TRUTH_TRUE ? set_has(check, b, a, false) : truth;
}

static enum np_truth is_ordered(struct np_condition_check *check, enum token relation,
				const struct operand *a, const struct operand *b)
{
	bool is_sensitive = is_case_sensitive(a) || is_case_sensitive(b);
	struct place a_place = {0}, b_place = {0};
	struct np_value left, right;
	int order;

	if (a->n_values != 1 || b->n_values != 1 || a->type == NP_VALUE_SID ||
	    !value_next(a, &a_place, &left) || !value_next(b, &b_place, &right) ||
	    !value_compare(check, &left, &right, is_sensitive, &order))
		return NP_TRUTH_UNKNOWN;
	switch (relation) {
	case TOKEN_LESS:
		return truth_of(order < 0);
	case TOKEN_LESS_EQUAL:
		return truth_of(order <= 0);
	case TOKEN_GREATER:
		return truth_of(order > 0);
	default:
		return truth_of(order >= 0);
	}
}

static enum np_truth relate(struct np_condition_check *check, enum token relation,
			    const struct operand *a, const struct operand *b)
{
	if (!is_attribute(a) || b->kind == OPERAND_TRUTH || a->n_values == 0 ||
	    b->n_values == 0 || a->type != b->type)
		return NP_TRUTH_UNKNOWN;
	switch (relation) {
	case TOKEN_EQUAL:
		return is_equal(check, a, b);
	case TOKEN_UNEQUAL:
		return truth_not(is_equal(check, a, b));
	case TOKEN_CONTAINS:
		return set_has(check, a, b, false);
	case TOKEN_NOT_CONTAINS:
		return truth_not(set_has(check, a, b, false));
	case TOKEN_ANY_OF:
		return set_has(check, a, b, true);
	case TOKEN_NOT_ANY_OF:
		return truth_not(set_has(check, a, b, true));
	default:
		return is_ordered(check, relation, a, b);
	}
}

static enum np_truth is_member(struct np_condition_check *check,
			       const struct operand *groups, bool any)
{
	struct place place = {0};
	struct np_value value;
	struct np_sid sid;

	if (groups->kind != OPERAND_LITERAL || groups->n_values == 0 ||
	    groups->type != NP_VALUE_SID)
		return NP_TRUTH_UNKNOWN;
	while (value_next(groups, &place, &value)) {
		if (!take_steps(check, 1) || !np_sid_decode(value.bytes, value.len, &sid))
			return NP_TRUTH_UNKNOWN;
		if (np_sec_token_has(check->token, &sid) == any)
			return truth_of(any);
	}
	return truth_of(!any);
}

/* An attribute by itself: a number that is not 0, a text that is not empty. */
static enum np_truth truth_of_operand(const struct operand *operand)
{
	struct place place = {0};
	struct np_value value;

	if (operand->kind == OPERAND_TRUTH)
		return operand->truth;
	if (operand->kind != OPERAND_CLAIM || operand->n_values != 1 ||
	    !value_next(operand, &place, &value))
		return NP_TRUTH_UNKNOWN;
	if (value.kind == NP_VALUE_NUMBER)
		return truth_of(value.number != 0);
	return value.kind == NP_VALUE_STRING ? truth_of(value.len > 0) : NP_TRUTH_UNKNOWN;
}

/* the machine */

static bool push(struct machine *m, const struct operand *operand)
{
	if (m->depth == NP_CONDITION_DEPTH)
		return false;
	m->stack[m->depth++] = *operand;
	return true;
}

static bool push_truth(struct machine *m, enum np_truth truth)
{
	return push(m, &(struct operand){.kind = OPERAND_TRUTH, .truth = truth});
}

/* Pushes the operand that stands here and steps over it. */
static bool run_operand(struct machine *m)
{
	const uint8_t *block = NULL;
	size_t block_len = 0, len;
	struct operand operand;
	struct np_value value;

	len = literal_decode(m->bytes, m->len, &value);
	if (len > 0) {
		if (!row_decode(m->check, m->bytes, len, &operand))
			return false;
	} else if (!block_at(m->bytes, m->len, &block, &block_len)) {
		return false;
	} else {
		len = 5 + block_len;
		switch (m->bytes[0]) {
		case TOKEN_SET:
			if (!row_decode(m->check, block, block_len, &operand))
				return false;
			break;
		case TOKEN_RESOURCE:
			if (!resource_find(m->check, block, block_len, &operand))
				return false;
			break;
		case TOKEN_LOCAL:
		case TOKEN_USER:
		case TOKEN_DEVICE:
			operand = (struct operand){.kind = OPERAND_ABSENT};
			break;
		default:
			return false;
		}
	}
	m->bytes += len;
	m->len -= len;
	return push(m, &operand);
}

static bool is_binary(enum token token)
{
	return (token >= TOKEN_EQUAL && token <= TOKEN_CONTAINS) ||
	       token == TOKEN_ANY_OF || token == TOKEN_NOT_CONTAINS ||
	       token == TOKEN_NOT_ANY_OF || token == TOKEN_AND || token == TOKEN_OR;
}

static bool is_unary(enum token token)
{
	return (token >= TOKEN_EQUAL && token <= TOKEN_NOT_DEVICE_MEMBER_OF_ANY &&
		!is_binary(token)) ||
	       token == TOKEN_NOT;
}

static bool run_binary(struct machine *m, enum token token)
{
	const struct operand *a, *b;
	enum np_truth truth;

	if (m->depth < 2)
		return false;
	a = &m->stack[m->depth - 2];
	b = &m->stack[m->depth - 1];
	if (token == TOKEN_AND)
		truth = truth_and(truth_of_operand(a), truth_of_operand(b));
	else if (token == TOKEN_OR)
		truth = truth_or(truth_of_operand(a), truth_of_operand(b));
	else
		truth = relate(m->check, token, a, b);
	m->depth -= 2;
	return push_truth(m, truth);
}

static bool run_unary(struct machine *m, enum token token)
{
	const struct operand *operand;
	enum np_truth truth = NP_TRUTH_UNKNOWN;

	if (m->depth < 1)
		return false;
	operand = &m->stack[m->depth - 1];
	switch (token) {
	case TOKEN_NOT:
		truth = truth_not(truth_of_operand(operand));
		break;
	case TOKEN_EXISTS:
	case TOKEN_NOT_EXISTS:
		if (is_attribute(operand))
			truth = truth_of((operand->kind == OPERAND_CLAIM) ==
					 (token == TOKEN_EXISTS));
		break;
	case TOKEN_MEMBER_OF:
	case TOKEN_MEMBER_OF_ANY:
		truth = is_member(m->check, operand, token == TOKEN_MEMBER_OF_ANY);
		break;
	case TOKEN_NOT_MEMBER_OF:
	case TOKEN_NOT_MEMBER_OF_ANY:
		truth = truth_not(
			is_member(m->check, operand, token == TOKEN_NOT_MEMBER_OF_ANY));
		break;
	default: /* of the device, which nothing is known of */
		break;
	}
	m->depth--;
	return push_truth(m, truth);
}

static bool run_one(struct machine *m)
{
	enum token token = m->bytes[0];

	if (!is_binary(token) && !is_unary(token))
		return run_operand(m);
	m->bytes++;
	m->len--;
	return is_binary(token) ? run_binary(m, token) : run_unary(m, token);
}

/* Only zeros may follow the first one that stands where a token should. */
static bool is_padding(const struct machine *m)
{
	if (m->len > 3)
		return false;
	for (size_t i = 0; i < m->len; i++)
		if (m->bytes[i] != TOKEN_PADDING)
			return false;
	return true;
}

/**
 * np_condition_evaluate() - does a condition hold?
 * @check:	the access check it is part of; its steps are counted
 * @bytes:	what stands behind the identifier of the entry, borrowed
 * @len:	in bytes
 *
 * Return: NP_TRUTH_UNKNOWN also for what is not a condition.
 */
enum np_truth np_condition_evaluate(struct np_condition_check *check,
				    const uint8_t *bytes, size_t len)
{
	struct machine m;

	if (len < MAGIC_LEN || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return NP_TRUTH_UNKNOWN;
	m.check = check;
	m.bytes = bytes + MAGIC_LEN;
	m.len = len - MAGIC_LEN;
	m.depth = 0;
	while (m.len > 0 && m.bytes[0] != TOKEN_PADDING)
		if (!take_steps(check, 1) || !run_one(&m))
			return NP_TRUTH_UNKNOWN;
	if (!is_padding(&m) || m.depth != 1)
		return NP_TRUTH_UNKNOWN;
	return truth_of_operand(&m.stack[0]);
}
