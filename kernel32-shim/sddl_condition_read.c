/* SPDX-License-Identifier: MIT */
/*
 * Conditions from text (grammar: sddl_condition.h)
 *
 * Operands are put where they are met and operators behind them, so nothing is kept but how
 * deep the text is. An opening parenthesis or a ! is one level of recursion.
 */
#include "kernel32-shim/sddl_condition.h"

#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/sddl_text.h"

/* More than any text has that was written here: a ! is two levels. */
#define LEVELS_MAX 256u

struct reader {
	struct sddl_run *run;
	struct sddl_bytes *to;
	unsigned level;
};

static DWORD put_token(struct reader *r, BYTE token)
{
	return sddl_bytes_append(r->to, &token, 1);
}

/* A word that does not go on. */
static bool take_whole_word(struct sddl_run *run, const char *word)
{
	struct sddl_run behind = *run;
	char last = word[strlen(word) - 1];
	bool is_letters = last != '=' && last != '<' && last != '>';

	/* In capitals, as words are compared. */
	for (; *word; word++) {
		char unit[2] = {*word, 0};

		if (*word >= 'a' && *word <= 'z')
			unit[0] = (char)(*word - 'a' + 'A');
		if (!sddl_take_word(&behind, unit))
			return false;
	}
	if (is_letters && last != '.' && behind.at < behind.end &&
	    (*behind.at == '_' || *behind.at == ':' || *behind.at == '/' ||
	     *behind.at == '.' || *behind.at == '%' || *behind.at > 0xa0 ||
	     (*behind.at >= '0' && *behind.at <= '9') ||
	     ((*behind.at | 0x20) >= 'a' && (*behind.at | 0x20) <= 'z')))
		return false;
	*run = behind;
	return true;
}

static bool take_operator(struct sddl_run *run, const struct sddl_operator *operators,
			  BYTE *tokenp)
{
	for (; operators->word[0]; operators++) {
		if (!take_whole_word(run, operators->word))
			continue;
		*tokenp = operators->token;
		return true;
	}
	return false;
}

/* A token with a length; the length is written when what follows is there. */
static DWORD block_begin(struct reader *r, BYTE token, size_t *atp)
{
	DWORD err = put_token(r, token);

	*atp = r->to->len;
	return err ? err : sddl_bytes_append(r->to, NULL, 4);
}

static void block_end(struct reader *r, size_t at)
{
	uint32_t len = (uint32_t)(r->to->len - at - 4);

	memcpy(r->to->bytes + at, &len, sizeof(len));
}

static DWORD read_attribute(struct reader *r, bool is_local_too)
{
	BYTE token = SDDL_TOKEN_LOCAL;
	size_t at;
	DWORD err;

	if (!take_operator(r->run, sddl_condition_scopes, &token) && !is_local_too)
		return ERROR_INVALID_ACL;
	err = block_begin(r, token, &at);
	if (!err)
		err = sddl_name_read(r->run, token != SDDL_TOKEN_LOCAL, r->to);
	if (!err)
		block_end(r, at);
	return err;
}

static DWORD read_number(struct reader *r)
{
	BYTE sign = SDDL_SIGN_NONE, base = SDDL_BASE_10;
	uint64_t value, max = INT64_MAX;
	const WCHAR *at;
	DWORD err;

	if (sddl_take_word(r->run, "+")) {
		sign = SDDL_SIGN_PLUS;
	} else if (sddl_take_word(r->run, "-")) {
		sign = SDDL_SIGN_MINUS;
		max++;
	}
	at = r->run->at;
	if (sddl_run_len(r->run) >= 2 && at[0] == '0') {
		if (at[1] == 'x' || at[1] == 'X')
			base = SDDL_BASE_16;
		else if (sddl_digit(at[1]) < 10)
			base = SDDL_BASE_8;
	}
	if (!sddl_take_number(r->run, max, true, &value))
		return ERROR_INVALID_ACL;
	if (sign == SDDL_SIGN_MINUS)
		value = 0 - value;
	err = put_token(r, SDDL_TOKEN_INT64);
	if (!err)
		err = sddl_bytes_append(r->to, &value, sizeof(value));
	if (!err)
		err = sddl_bytes_append(r->to, &sign, 1);
	return err ? err : sddl_bytes_append(r->to, &base, 1);
}

/* An identifier behind "SID(". */
static DWORD read_sid(struct reader *r)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	struct sddl_run text = *r->run;
	size_t at;
	DWORD err;

	while (r->run->at < r->run->end && *r->run->at != ')')
		r->run->at++;
	text.end = r->run->at;
	sddl_skip_blanks(&text);
	sddl_drop_blanks_behind(&text);
	if (sddl_read_sid(text.at, sddl_run_len(&text), sid) != 0 ||
	    !sddl_take_word(r->run, ")"))
		return ERROR_INVALID_ACL;
	err = block_begin(r, SDDL_TOKEN_SID, &at);
	if (!err)
		err = sddl_bytes_append(r->to, sid, securitydesc_sid_len(sid));
	if (!err)
		block_end(r, at);
	return err;
}

/* One value; @sids_only: an identifier. */
static DWORD read_value(struct reader *r, bool sids_only)
{
	struct sddl_run *run = r->run;
	size_t at;
	DWORD err;

	if (sddl_take_word(run, "SID("))
		return read_sid(r);
	if (sids_only || run->at == run->end)
		return ERROR_INVALID_ACL;
	if (*run->at == '"') {
		err = block_begin(r, SDDL_TOKEN_STRING, &at);
		if (!err)
			err = sddl_quoted_read(run, r->to);
	} else if (sddl_take_word(run, "#")) {
		err = block_begin(r, SDDL_TOKEN_OCTETS, &at);
		if (!err)
			err = sddl_octets_read(run, r->to);
	} else {
		return read_number(r);
	}
	if (!err)
		block_end(r, at);
	return err;
}

/* One value, or several in braces. */
static DWORD read_values(struct reader *r, bool sids_only, bool single_only)
{
	size_t at;
	DWORD err;

	if (!sddl_take_word(r->run, "{"))
		return read_value(r, sids_only);
	if (single_only)
		return ERROR_INVALID_ACL;
	err = block_begin(r, SDDL_TOKEN_SET, &at);
	do {
		sddl_skip_blanks(r->run);
		if (!err)
			err = read_value(r, sids_only);
		sddl_skip_blanks(r->run);
	} while (!err && sddl_take_word(r->run, ","));
	if (!err && !sddl_take_word(r->run, "}"))
		err = ERROR_INVALID_ACL;
	if (!err)
		block_end(r, at);
	return err;
}

/* A relation, or an attribute by itself. */
static DWORD read_relation(struct reader *r, struct sddl_term *termp)
{
	BYTE token;
	DWORD err;

	*termp = (struct sddl_term){SDDL_TERM_RELATION, 0};
	if (take_operator(r->run, sddl_condition_members, &token)) {
		sddl_skip_blanks(r->run);
		err = read_values(r, true, false);
		return err ? err : put_token(r, token);
	}
	if (take_operator(r->run, sddl_condition_exists, &token)) {
		sddl_skip_blanks(r->run);
		err = read_attribute(r, true);
		return err ? err : put_token(r, token);
	}
	err = read_attribute(r, true);
	sddl_skip_blanks(r->run);
	if (err)
		return err;
	if (!take_operator(r->run, sddl_condition_relations, &token)) {
		termp->kind = SDDL_TERM_ATTRIBUTE;
		return 0;
	}
	sddl_skip_blanks(r->run);
	if (r->run->at < r->run->end && *r->run->at == '@')
		err = read_attribute(r, false);
	else
		err = read_values(r, false, sddl_is_order(token));
	return err ? err : put_token(r, token);
}

static DWORD read_condition(struct reader *r, struct sddl_term *termp);

/* What one or more ! and a parenthesis may stand before. */
static DWORD read_term(struct reader *r, struct sddl_term *termp)
{
	DWORD err;

	if (r->level == LEVELS_MAX)
		return ERROR_INVALID_ACL;
	r->level++;
	sddl_skip_blanks(r->run);
	if (sddl_take_word(r->run, "!")) {
		err = read_term(r, termp);
		*termp = (struct sddl_term){SDDL_TERM_NOT, termp->depth + 1};
		if (!err && termp->depth > SDDL_CONDITION_DEPTH)
			err = ERROR_INVALID_ACL;
		if (!err)
			err = put_token(r, SDDL_TOKEN_NOT);
	} else if (sddl_take_word(r->run, "(")) {
		err = read_condition(r, termp);
		if (!err && !sddl_take_word(r->run, ")"))
			err = ERROR_INVALID_ACL;
	} else {
		err = read_relation(r, termp);
	}
	r->level--;
	sddl_skip_blanks(r->run);
	return err;
}

static DWORD join(struct reader *r, struct sddl_term *termp,
		  const struct sddl_term *second, enum sddl_term_kind whole)
{
	*termp = sddl_term_join(termp, second, whole);
	if (termp->depth > SDDL_CONDITION_DEPTH)
		return ERROR_INVALID_ACL;
	return put_token(r, whole == SDDL_TERM_AND ? SDDL_TOKEN_AND : SDDL_TOKEN_OR);
}

static DWORD read_and(struct reader *r, struct sddl_term *termp)
{
	struct sddl_term second = {SDDL_TERM_RELATION, 0};
	DWORD err = read_term(r, termp);

	while (!err && sddl_take_word(r->run, "&&")) {
		err = read_term(r, &second);
		if (!err)
			err = join(r, termp, &second, SDDL_TERM_AND);
	}
	return err;
}

/* Up to what can be no part of it. */
static DWORD read_condition(struct reader *r, struct sddl_term *termp)
{
	struct sddl_term second = {SDDL_TERM_RELATION, 0};
	DWORD err = read_and(r, termp);

	while (!err && sddl_take_word(r->run, "||")) {
		err = read_and(r, &second);
		if (!err)
			err = join(r, termp, &second, SDDL_TERM_OR);
	}
	return err;
}

DWORD sddl_condition_read(struct sddl_run *run, struct sddl_bytes *to)
{
	struct reader r = {.run = run, .to = to};
	struct sddl_term term = {SDDL_TERM_RELATION, 0};
	DWORD err;

	if (!sddl_take_word(run, "("))
		return ERROR_INVALID_ACL;
	err = sddl_bytes_append(to, SDDL_CONDITION_MAGIC, SDDL_CONDITION_MAGIC_LEN);
	if (!err)
		err = read_condition(&r, &term);
	if (!err && !sddl_take_word(run, ")"))
		err = ERROR_INVALID_ACL;
	return err;
}
