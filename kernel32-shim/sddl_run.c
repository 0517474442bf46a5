/* SPDX-License-Identifier: MIT */
/* Reading text unit by unit.  See sddl_run.h. */
#include "kernel32-shim/sddl_run.h"

#include <string.h>

size_t sddl_run_len(const struct sddl_run *run)
{
	return (size_t)(run->end - run->at);
}

static bool is_blank(WCHAR c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void sddl_skip_blanks(struct sddl_run *run)
{
	while (run->at < run->end && is_blank(*run->at))
		run->at++;
}

void sddl_drop_blanks_behind(struct sddl_run *run)
{
	while (run->at < run->end && is_blank(run->end[-1]))
		run->end--;
}

static WCHAR capital(WCHAR c)
{
	return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c;
}

bool sddl_take_word(struct sddl_run *run, const char *word)
{
	size_t len = strlen(word);

	if (sddl_run_len(run) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (capital(run->at[i]) != (WCHAR)word[i])
			return false;
	run->at += len;
	return true;
}

bool sddl_take_code(struct sddl_run *run, const struct sddl_name *names, DWORD *valuep)
{
	struct sddl_run rest = *run;

	for (; names->code[0]; names++) {
		struct sddl_run behind = *run;

		if (!sddl_take_word(&behind, names->code) || behind.at <= rest.at)
			continue;
		rest = behind;
		*valuep = names->value;
	}
	if (rest.at == run->at)
		return false;
	*run = rest;
	return true;
}

unsigned sddl_digit(WCHAR c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = capital(c);
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
}

bool sddl_take_number(struct sddl_run *run, uint64_t max, bool octal, uint64_t *valuep)
{
	struct sddl_run rest = *run;
	uint64_t value = 0;
	const WCHAR *first;
	unsigned base = 10;

	if (sddl_take_word(&rest, "0X"))
		base = 16;
	else if (octal && rest.at < rest.end && *rest.at == '0')
		base = 8;
	for (first = rest.at; rest.at < rest.end; rest.at++) {
		unsigned digit = sddl_digit(*rest.at);

		if (digit >= base)
			break;
		if (digit > max || value > (max - digit) / base)
			return false;
		value = value * base + digit;
	}
	/* An 8 or 9 in an octal number does not begin another number. */
	if (rest.at == first || (rest.at < rest.end && sddl_digit(*rest.at) < 10))
		return false;
	*run = rest;
	*valuep = value;
	return true;
}

bool sddl_take_digits(struct sddl_run *run, unsigned n, uint64_t *valuep)
{
	uint64_t value = 0;

	if (sddl_run_len(run) < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		unsigned digit = sddl_digit(*run->at++);

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*valuep = value;
	return true;
}
