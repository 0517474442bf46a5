/* SPDX-License-Identifier: MIT */
/*
 * Conditions as text (grammar: sddl_condition.h)
 *
 * Operands are written where they are met. For each one on the stack it is known where its
 * text begins; the text of the one above begins where it ends. So an operator is put
 * between the last two, or before the last one.
 */
#include "kernel32-shim/sddl_condition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel32-shim/securitydesc.h"

/* Operands at a time: nesting is bounded, and each level has one that waits. */
#define STACK_MAX (2 * SDDL_CONDITION_DEPTH)

enum part_kind { PART_TERM, PART_VALUE, PART_SET };

struct part {
	enum part_kind kind;
	size_t begin; /* of its text */
	struct sddl_term term;
	bool is_scoped; /* of an attribute */
	bool is_sids;   /* of values: nothing else */
};

struct writer {
	struct sddl_out *out;
	const uint8_t *bytes; /* not written yet */
	size_t len;
	unsigned depth;
	struct part stack[STACK_MAX];
};

static uint32_t get32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint64_t get64(const uint8_t *b)
{
	return get32(b) | (uint64_t)get32(b + 4) << 32;
}

static const struct sddl_operator *operator_find(const struct sddl_operator *operators,
						 BYTE token)
{
	for (; operators->word[0]; operators++)
		if (operators->token == token)
			return operators;
	return NULL;
}

/* What follows a token: a length and that many bytes. Steps over all of it. */
static bool take_block(const uint8_t **bytesp, size_t *lenp, const uint8_t **blockp,
		       size_t *block_lenp)
{
	if (*lenp < 5 || get32(*bytesp + 1) > *lenp - 5)
		return false;
	*block_lenp = get32(*bytesp + 1);
	*blockp = *bytesp + 5;
	*bytesp += 5 + *block_lenp;
	*lenp -= 5 + *block_lenp;
	return true;
}

static bool put_number(struct sddl_out *out, const uint8_t *bytes)
{
	uint64_t value = get64(bytes);
	bool is_negative = value >> 63;
	BYTE sign = bytes[8], base = bytes[9];
	char digits[32];

	if (sign < SDDL_SIGN_PLUS || sign > SDDL_SIGN_NONE || base < SDDL_BASE_8 ||
	    base > SDDL_BASE_16)
		return false;
	if (is_negative || (sign == SDDL_SIGN_MINUS && value == 0))
		sddl_put(out, "-");
	else if (sign == SDDL_SIGN_PLUS)
		sddl_put(out, "+");
	if (is_negative)
		value = 0 - value;
	if (base == SDDL_BASE_16)
		snprintf(digits, sizeof(digits), "0x%" PRIx64, value);
	else if (base == SDDL_BASE_8)
		snprintf(digits, sizeof(digits), "0%" PRIo64, value);
	else
		snprintf(digits, sizeof(digits), "%" PRIu64, value);
	sddl_put(out, digits);
	return true;
}

static bool put_sid_literal(struct sddl_out *out, const uint8_t *bytes, size_t len)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

	if (len < offsetof(SID, SubAuthority) || len > sizeof(sid))
		return false;
	memcpy(sid, bytes, len);
	if (!securitydesc_sid_is_valid(sid) || securitydesc_sid_len(sid) != len)
		return false;
	sddl_put(out, "SID(");
	sddl_put_sid(out, sid);
	sddl_put(out, ")");
	return true;
}

/* Writes the literal that stands here and steps over it. */
static bool put_literal(struct sddl_out *out, const uint8_t **bytesp, size_t *lenp,
			bool *is_sidp)
{
	const uint8_t *block;
	size_t block_len;
	BYTE token = **bytesp;

	*is_sidp = token == SDDL_TOKEN_SID;
	if (token >= SDDL_TOKEN_INT8 && token <= SDDL_TOKEN_INT64) {
		if (*lenp < 11 || !put_number(out, *bytesp + 1))
			return false;
		*bytesp += 11;
		*lenp -= 11;
		return true;
	}
	if (!take_block(bytesp, lenp, &block, &block_len))
		return false;
	switch (token) {
	case SDDL_TOKEN_STRING:
		return sddl_quoted_write(out, block, block_len);
	case SDDL_TOKEN_OCTETS:
		sddl_put(out, "#");
		sddl_octets_write(out, block, block_len);
		return true;
	case SDDL_TOKEN_SID:
		return put_sid_literal(out, block, block_len);
	default:
		return false;
	}
}

static bool put_set(struct writer *w, struct part *part)
{
	const uint8_t *block;
	size_t block_len;
	bool is_sid;

	if (!take_block(&w->bytes, &w->len, &block, &block_len) || block_len == 0)
		return false;
	part->kind = PART_SET;
	part->is_sids = true;
	sddl_put(w->out, "{");
	while (block_len > 0) {
		if (!put_literal(w->out, &block, &block_len, &is_sid))
			return false;
		part->is_sids = part->is_sids && is_sid;
		sddl_put(w->out, block_len > 0 ? ", " : "}");
	}
	return true;
}

static bool put_attribute(struct writer *w, BYTE token, struct part *part)
{
	const struct sddl_operator *scope = operator_find(sddl_condition_scopes, token);
	const uint8_t *name;
	size_t len;

	if (!take_block(&w->bytes, &w->len, &name, &len))
		return false;
	part->kind = PART_TERM;
	part->term = (struct sddl_term){SDDL_TERM_ATTRIBUTE, 0};
	part->is_scoped = scope != NULL;
	if (scope)
		sddl_put(w->out, scope->word);
	return sddl_name_write(w->out, name, len, part->is_scoped);
}

static bool put_operand(struct writer *w)
{
	struct part part = {.kind = PART_VALUE, .begin = w->out->len};
	BYTE token = w->bytes[0];
	bool ok;

	if (w->depth == STACK_MAX)
		return false;
	if (token >= SDDL_TOKEN_LOCAL && token <= SDDL_TOKEN_DEVICE)
		ok = put_attribute(w, token, &part);
	else if (token == SDDL_TOKEN_SET)
		ok = put_set(w, &part);
	else
		ok = put_literal(w->out, &w->bytes, &w->len, &part.is_sids);
	w->stack[w->depth++] = part;
	return ok;
}

static bool is_attribute(const struct part *part)
{
	return part->kind == PART_TERM && part->term.kind == SDDL_TERM_ATTRIBUTE;
}

/* Puts an operator between the last two. */
static void put_between(struct writer *w, const char *word)
{
	size_t at = w->stack[w->depth - 1].begin;

	sddl_insert(w->out, at, " ");
	sddl_insert(w->out, at, word);
	sddl_insert(w->out, at, " ");
	w->depth--;
}

static bool put_relation(struct writer *w, const struct sddl_operator *relation)
{
	struct part *left, *right;

	if (w->depth < 2)
		return false;
	left = &w->stack[w->depth - 2];
	right = &w->stack[w->depth - 1];
	if (!is_attribute(left) ||
	    (right->kind == PART_TERM && !(is_attribute(right) && right->is_scoped)) ||
	    (right->kind == PART_SET && sddl_is_order(relation->token)))
		return false;
	put_between(w, relation->word);
	left->term.kind = SDDL_TERM_RELATION;
	return true;
}

static bool put_and_or(struct writer *w, BYTE token)
{
	enum sddl_term_kind whole =
		token == SDDL_TOKEN_AND ? SDDL_TERM_AND : SDDL_TERM_OR;
	struct part *left, *right;

	if (w->depth < 2)
		return false;
	left = &w->stack[w->depth - 2];
	right = &w->stack[w->depth - 1];
	if (left->kind != PART_TERM || right->kind != PART_TERM)
		return false;
	if (sddl_term_is_enclosed(&right->term, whole, false)) {
		sddl_insert(w->out, right->begin, "(");
		sddl_put(w->out, ")");
	}
	if (sddl_term_is_enclosed(&left->term, whole, true)) {
		sddl_insert(w->out, right->begin, ")");
		sddl_insert(w->out, left->begin, "(");
		right->begin += 2;
	}
	left->term = sddl_term_join(&left->term, &right->term, whole);
	put_between(w, token == SDDL_TOKEN_AND ? "&&" : "||");
	return left->term.depth <= SDDL_CONDITION_DEPTH;
}

/* An operator before the last operand. */
static bool put_before(struct writer *w, BYTE token)
{
	const struct sddl_operator *word = operator_find(sddl_condition_members, token);
	struct part *part;

	if (w->depth < 1)
		return false;
	part = &w->stack[w->depth - 1];
	if (token == SDDL_TOKEN_NOT) {
		if (part->kind != PART_TERM || part->term.depth == SDDL_CONDITION_DEPTH)
			return false;
		sddl_insert(w->out, part->begin, "!(");
		sddl_put(w->out, ")");
		part->term = (struct sddl_term){SDDL_TERM_NOT, part->term.depth + 1};
		return true;
	}
	if (word && (part->kind == PART_TERM || !part->is_sids))
		return false;
	if (!word) {
		word = operator_find(sddl_condition_exists, token);
		if (!word || !is_attribute(part))
			return false;
	}
	sddl_insert(w->out, part->begin, " ");
	sddl_insert(w->out, part->begin, word->word);
	part->kind = PART_TERM;
	part->term = (struct sddl_term){SDDL_TERM_RELATION, 0};
	return true;
}

static bool put_one(struct writer *w)
{
	BYTE token = w->bytes[0];
	const struct sddl_operator *relation;

	/* Operators are between the literals and the attributes. */
	if (token < 0x80 || token >= SDDL_TOKEN_LOCAL)
		return put_operand(w);
	w->bytes++;
	w->len--;
	relation = operator_find(sddl_condition_relations, token);
	if (relation)
		return put_relation(w, relation);
	if (token == SDDL_TOKEN_AND || token == SDDL_TOKEN_OR)
		return put_and_or(w, token);
	return put_before(w, token);
}

bool sddl_condition_write(struct sddl_out *out, const uint8_t *bytes, size_t len)
{
	struct writer w = {.out = out};

	if (len < SDDL_CONDITION_MAGIC_LEN ||
	    memcmp(bytes, SDDL_CONDITION_MAGIC, SDDL_CONDITION_MAGIC_LEN) != 0)
		return false;
	w.bytes = bytes + SDDL_CONDITION_MAGIC_LEN;
	w.len = len - SDDL_CONDITION_MAGIC_LEN;
	sddl_put(out, "(");
	while (w.len > 0 && w.bytes[0] != SDDL_TOKEN_PADDING)
		if (!put_one(&w))
			return false;
	for (size_t i = 0; i < w.len; i++)
		if (i == 3 || w.bytes[i] != SDDL_TOKEN_PADDING)
			return false;
	sddl_put(out, ")");
	return w.depth == 1 && w.stack[0].kind == PART_TERM;
}
