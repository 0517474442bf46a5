/* SPDX-License-Identifier: MIT */
/*
 * DOS wildcards ([MS-FSA] 2.1.4.4). A pattern is a list of elements, each a unit:
 *
 *	*	any units, none included
 *	?	one unit
 *	<	any units, none included, but not the last dot of the name
 *	>	one unit that is no dot; nothing before a dot and at the end of the name
 *	"	a dot; nothing at the end of the name
 *	other	that unit, without regard to case
 *
 * A name matches when it can be cut into pieces that the elements match in order. The
 * matcher keeps the set of all places in the pattern where it can be, and moves the whole
 * set with each unit of the name; so nothing is tried twice and no pattern is slow:
 *
 *	here	places that are possible before the unit; a place that may match nothing
 *		makes the one behind it possible, which is why one ascending pass suffices
 *	next	places that are possible behind it
 *
 * The sets are bit maps on the stack, 4 KiB each. Most patterns have at most a word of
 * places, and only words between the first and the last possible place are looked at.
 */
#include "npfs/name/match.h"

#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/base/upcase.h"

#define WORD_BITS 64
#define N_WORDS   ((NP_MATCH_PATTERN_MAX + 1) / WORD_BITS)

/* One place for each element, and one behind the last. */
struct places {
	uint64_t words[N_WORDS];
	size_t first; /* no word before it has a bit */
	size_t end; /* nor has this one or any behind; words from here on are not valid */
};

static void places_clear(struct places *p)
{
	p->first = 0;
	p->end = 0;
}

/* Additions come in ascending order, give or take one place. */
static void places_add(struct places *p, size_t place)
{
	size_t word = place / WORD_BITS;

	if (p->end == 0) {
		p->first = word;
		p->end = word;
	}
	while (p->end <= word)
		p->words[p->end++] = 0;
	p->words[word] |= UINT64_C(1) << place % WORD_BITS;
}

static bool places_has(const struct places *p, size_t place)
{
	size_t word = place / WORD_BITS;

	return word >= p->first && word < p->end &&
	       (p->words[word] >> place % WORD_BITS & 1);
}

/* What an element does with the unit in front of it. */
struct effect {
	bool skips; /* it may match nothing here */
	bool stays; /* it takes the unit and may take more */
	bool takes; /* it takes the unit and is done */
};

static bool is_equal(uint16_t a, uint16_t b, bool with_case)
{
	return a == b || (!with_case && np_upcase16(a) == np_upcase16(b));
}

static struct effect effect_of(uint16_t element, uint16_t unit, bool is_last_dot,
			       bool with_case)
{
	bool is_dot = unit == '.';

	switch (element) {
	case '*':
		return (struct effect){.skips = true, .stays = true};
	case '<':
		return (struct effect){.skips = true, .stays = !is_last_dot};
	case '?':
		return (struct effect){.takes = true};
	case '>':
		return (struct effect){.skips = is_dot, .takes = !is_dot};
	case '"':
		return (struct effect){.takes = is_dot};
	default:
		return (struct effect){.takes = is_equal(element, unit, with_case)};
	}
}

/* At the end of the name. */
static bool may_be_empty(uint16_t element)
{
	return element == '*' || element == '<' || element == '>' || element == '"';
}

/* Where the last dot is; @len when there is none. */
static size_t last_dot(const uint16_t *name, size_t len)
{
	size_t i = len;

	while (i > 0)
		if (name[--i] == '.')
			return i;
	return len;
}

static void move(const uint16_t *pattern, size_t pattern_len, struct places *here,
		 struct places *next, uint16_t unit, bool is_last_dot, bool with_case)
{
	size_t word;

	places_clear(next);
	for (word = here->first; word < here->end; word++) {
		uint64_t done = 0;

		/* Skipping adds places behind the one looked at, in this word or the next. */
		while (here->words[word] & ~done) {
			unsigned bit =
				(unsigned)__builtin_ctzll(here->words[word] & ~done);
			size_t place = word * WORD_BITS + bit;
			struct effect effect;

			done |= UINT64_C(1) << bit;
			if (place == pattern_len)
				continue;
			effect = effect_of(pattern[place], unit, is_last_dot, with_case);
			if (effect.skips)
				places_add(here, place + 1);
			if (effect.stays)
				places_add(next, place);
			if (effect.takes)
				places_add(next, place + 1);
		}
	}
}

static bool can_end(const uint16_t *pattern, size_t pattern_len, struct places *here)
{
	size_t place;

	for (place = here->first * WORD_BITS; place < pattern_len; place++)
		if (places_has(here, place) && may_be_empty(pattern[place]))
			places_add(here, place + 1);
	return places_has(here, pattern_len);
}

/**
 * np_match() - does the whole name match the pattern?
 * @pattern:	borrowed; may be NULL when @pattern_len is 0
 * @name:	borrowed; may be NULL when @name_len is 0
 * @with_case:	letters match themselves only
 *
 * An empty pattern matches the empty name, and a pattern longer than NP_MATCH_PATTERN_MAX
 * matches nothing.
 */
bool np_match(const uint16_t *pattern, size_t pattern_len, const uint16_t *name,
	      size_t name_len, bool with_case)
{
	struct places sets[2], *here = &sets[0], *next = &sets[1];
	size_t dot, i;

	if (pattern_len > NP_MATCH_PATTERN_MAX)
		return false;
	if (pattern_len == 1 && pattern[0] == '*')
		return true;
	dot = last_dot(name, name_len);
	places_clear(here);
	places_add(here, 0);
	for (i = 0; i < name_len; i++) {
		struct places *swap = here;

		move(pattern, pattern_len, here, next, name[i], i == dot, with_case);
		if (next->end == 0)
			return false;
		here = next;
		next = swap;
	}
	return can_end(pattern, pattern_len, here);
}

/* Is there any element in @text that is more than itself? */
bool np_match_is_pattern(const uint16_t *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == '?' || may_be_empty(text[i]))
			return true;
	return false;
}

/**
 * np_match_from_dos() - the pattern that a DOS program means
 * @dos:	borrowed
 * @out:	room for @len units; may be @dos itself
 *
 * DOS wildcards look at name and extension apart; in a pattern of the kernel that becomes
 *
 *	*.*			everything, dot or no dot
 *	?			>	so that trailing ones match nothing
 *	* before a dot		<	so that it leaves the extension alone
 *	. before * or ?		"	so that a name without extension matches
 *	*. at the end		<	names without extension
 *
 * Return: units in @out.
 */
size_t np_match_from_dos(const uint16_t *dos, size_t len, uint16_t *out)
{
	size_t i;

	if (len == 3 && dos[0] == '*' && dos[1] == '.' && dos[2] == '*') {
		out[0] = '*';
		return 1;
	}
	for (i = 0; i < len; i++) {
		uint16_t behind = i + 1 < len ? dos[i + 1] : 0;

		if (dos[i] == '?')
			out[i] = '>';
		else if (dos[i] == '*' && behind == '.')
			out[i] = '<';
		else if (dos[i] == '.' && (behind == '*' || behind == '?'))
			out[i] = '"';
		else
			out[i] = dos[i];
	}
	if (len >= 2 && out[len - 1] == '.' && out[len - 2] == '<')
		return len - 1;
	return len;
}
