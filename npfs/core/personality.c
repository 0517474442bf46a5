/* SPDX-License-Identifier: MIT */
/*
 * The personality table, turned from rows into columns, and look-ups in it.
 */
#include "npfs/core/personality.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "npfs/base/err.h"

static const struct np_personality personalities[] = {
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift) book,
	{"book",
	 {
#include "npfs/core/personality.def"
	 }},
#undef NP_RULE
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift)      \
	modern,
	{"modern",
	 {
#include "npfs/core/personality.def"
	 }},
#undef NP_RULE
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift) nt4,
	{"nt4",
	 {
#include "npfs/core/personality.def"
	 }},
#undef NP_RULE
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift) w95,
	{"w95",
	 {
#include "npfs/core/personality.def"
	 }},
#undef NP_RULE
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift)      \
	lanman,
	{"lanman",
	 {
#include "npfs/core/personality.def"
	 }},
#undef NP_RULE
};

static const struct np_rule_info rule_infos[NP_RULE_COUNT] = {
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift)      \
	{#name, source, lift, wire_bit},
#include "npfs/core/personality.def"
#undef NP_RULE
};

/* The personality called @name, in any case; NULL when there is none, or for NULL. */
const struct np_personality *np_personality_find(const char *name)
{
	size_t i;

	for (i = 0; name && i < NP_ARRAY_LEN(personalities); i++)
		if (strcasecmp(personalities[i].name, name) == 0)
			return &personalities[i];
	return NULL;
}

/* The personality of a program that chooses none. */
const struct np_personality *np_personality_default(void)
{
	return &personalities[0];
}

/* The personality in column @i, NULL beyond the last: for whoever lists them all. */
const struct np_personality *np_personality_at(unsigned i)
{
	return i < NP_ARRAY_LEN(personalities) ? &personalities[i] : NULL;
}

/* Name, source and remedy of a rule. */
const struct np_rule_info *np_rule_info(enum np_rule rule)
{
	return &rule_infos[rule];
}

static enum np_rule rule_find(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < NP_RULE_COUNT; i++)
		if (strlen(rule_infos[i].name) == len &&
		    memcmp(rule_infos[i].name, name, len) == 0)
			return (enum np_rule)i;
	return NP_RULE_COUNT;
}

/* The rule called @name; NP_RULE_COUNT when there is none. */
enum np_rule np_rule_find(const char *name)
{
	return rule_find(name, strlen(name));
}

/**
 * np_personality_apply() - change single rules of a copy
 * @personality:	a copy the caller owns
 * @settings:		"name=value,name=value"; NULL and "" change nothing
 *
 * A value is a number as strtoll() reads it, or "none" for no limit.
 *
 * Return: 0; -ENOENT for a rule that does not exist, -EINVAL for a setting that makes no
 * sense, both with the copy as it was.
 */
int np_personality_apply(struct np_personality *personality, const char *settings)
{
	struct np_personality changed = *personality;

	while (settings && *settings) {
		size_t len = strcspn(settings, ",");
		const char *equals = memchr(settings, '=', len);
		const char *end = settings + len;
		enum np_rule rule;
		int64_t value;
		char *stop;

		if (!equals || equals + 1 == end)
			return np_err(-EINVAL);
		rule = rule_find(settings, (size_t)(equals - settings));
		if (rule == NP_RULE_COUNT)
			return np_err(-ENOENT);
		if ((size_t)(end - equals) == sizeof("=none") - 1 &&
		    memcmp(equals, "=none", sizeof("=none") - 1) == 0) {
			value = NP_RULE_NO_LIMIT;
		} else {
			errno = 0;
			value = strtoll(equals + 1, &stop, 0);
			if (stop != end || errno != 0 || value < 0)
				return np_err(-EINVAL);
		}
		changed.values[rule] = value;
		settings = *end ? end + 1 : end;
	}
	*personality = changed;
	return 0;
}

/* The NP_RULES_ bits by which the broker hears of @personality. */
uint32_t np_rules_pack(const struct np_personality *personality)
{
	uint32_t bits = 0;
	unsigned i;

	for (i = 0; i < NP_RULE_COUNT; i++)
		if (personality->values[i] != 0)
			bits |= rule_infos[i].wire_bit;
	return bits;
}
