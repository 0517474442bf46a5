/* SPDX-License-Identifier: MIT */
/*
 * Which system's restrictions apply: the personalities and the rules they differ in.
 *
 * A personality is one value for every rule. All differences are rows of personality.def
 * and nothing else in the tree asks for a personality's name: code that meets a
 * restriction asks for the value of its rule.
 *
 *	book	today's engine with the Knowledge Base restrictions (default)
 *	modern	today's engine
 *	nt4	Windows NT 3.x and 4
 *	w95	Windows 95 and 98: clients only
 *	lanman	LAN Manager 2.x and OS/2
 *
 * The five are constant. A process that wants a single rule changed copies one and
 * applies settings to the copy.
 */
#pragma once

#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"

/* The value of a ..._max rule that limits nothing. */
#define NP_RULE_NO_LIMIT INT64_MAX

/* Values of NP_RULE_DEFAULT_SD. */
#define NP_DEFAULT_SD_NONE           0 /* no protection */
#define NP_DEFAULT_SD_TOKEN          1 /* the default DACL of the creator's token */
#define NP_DEFAULT_SD_EVERYONE_READS 2 /* full for system, administrators and owner */

/*
 * What the broker hears of a caller's personality, in the `rules` of a request. A bit
 * that is set asks for the older behaviour. The numbers are on the wire and never used
 * again.
 */
#define NP_RULES_SUBDIRECTORY         0x01u
#define NP_RULES_TRAILING_SEPARATOR   0x02u
#define NP_RULES_DATALESS_LISTENS     0x04u
#define NP_RULES_TYPE_MUST_MATCH      0x08u
#define NP_RULES_NAME_HELD_BY_CLIENT  0x10u
#define NP_RULES_CLOSED_SERVER_COUNTS 0x20u

enum np_rule {
#define NP_RULE(NAME, name, book, modern, nt4, w95, lanman, wire_bit, source, lift)      \
	NP_RULE_##NAME,
#include "npfs/core/personality.def"
#undef NP_RULE
	NP_RULE_COUNT,
};

struct np_personality {
	const char *name; /* borrowed: static */
	int64_t values[NP_RULE_COUNT];
};

/* What is known of a rule, whatever the personality. */
struct np_rule_info {
	const char *name;
	const char *source; /* article or section */
	const char *lift;   /* one line: how to get rid of the restriction */
	uint32_t wire_bit;
};

const struct np_personality *np_personality_find(const char *name);
const struct np_personality *np_personality_default(void);
const struct np_personality *np_personality_at(unsigned i);
int np_personality_apply(struct np_personality *personality,
			 const char *settings) NP_MUST_CHECK;

const struct np_rule_info *np_rule_info(enum np_rule rule);
enum np_rule np_rule_find(const char *name);
uint32_t np_rules_pack(const struct np_personality *personality);

static inline int64_t np_rule_get(const struct np_personality *personality,
				  enum np_rule rule)
{
	return personality->values[rule];
}

static inline npfs_status np_rule_status(const struct np_personality *personality,
					 enum np_rule rule)
{
	return (npfs_status)personality->values[rule];
}
