/* SPDX-License-Identifier: MIT */
/*
 * Arguments: names of pipes, times, numbers; and the clock that times are measured by
 *
 * A name may be written as Windows has it (\\.\pipe\name), with slashes, which a shell
 * leaves alone (//./pipe/name), or without anything in front.
 */
#include "tools/npfsctl/ctl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool has_prefix(const char *text)
{
	return (text[0] == '\\' || text[0] == '/') && text[0] == text[1];
}

/* @text in UTF-16, not looked at yet; complains by itself. */
static bool name_read(const char *text, struct ctl_name *namep)
{
	size_t len = npfs_utf8_to_utf16(text, strlen(text), NULL, 0);
	uint16_t *units = calloc(len + 1, sizeof(*units));

	if (!units) {
		ctl_warn("out of memory");
		return false;
	}
	npfs_utf8_to_utf16(text, strlen(text), units, len);
	*namep = (struct ctl_name){.units = units, .text = text, .len = len};
	return true;
}

/* Takes the name out of a whole path. */
static bool name_from_path(struct ctl_name *name)
{
	uint16_t *parts = calloc(name->len + 1, sizeof(*parts));
	struct npfs_path path;

	if (!parts)
		return false;
	if (npfs_path_parse_dos(name->units, name->len, parts, name->len + 1, &path) !=
		    STATUS_SUCCESS ||
	    path.path_class != NPFS_PATH_PIPE || path.name_len == 0) {
		free(parts);
		return false;
	}
	memcpy(name->units, parts + path.name_off, path.name_len * sizeof(*parts));
	name->len = path.name_len;
	free(parts);
	return true;
}

/*
 * ctl_name_parse() - read an argument that names a pipe; complains by itself
 * Return: whether it does; then ctl_name_fini() is to be called.
 */
bool ctl_name_parse(const char *text, struct ctl_name *namep)
{
	struct ctl_name name;

	if (!name_read(text, &name))
		return false;
	if (name.len == 0 || name.len > NPFS_NAME_MAX ||
	    (has_prefix(text) && !name_from_path(&name))) {
		ctl_warn("%s: not the name of a pipe of this computer", text);
		ctl_name_fini(&name);
		return false;
	}
	*namep = name;
	return true;
}

/*
 * ctl_pattern_parse() - read an argument that is a pattern of names, as DOS has them;
 * complains by itself
 * Return: whether there was memory; then *@patternp is the caller's to free.
 */
bool ctl_pattern_parse(const char *text, uint16_t **patternp, size_t *lenp)
{
	struct ctl_name name;

	if (!name_read(text, &name))
		return false;
	if (has_prefix(text))
		name_from_path(&name);
	*lenp = npfs_pattern_from_dos(name.units, name.len, name.units);
	*patternp = name.units;
	return true;
}

/* ctl_name_fini() - release; twice is harmless */
void ctl_name_fini(struct ctl_name *name)
{
	free(name->units);
	name->units = NULL;
}

/*
 * ctl_parse_seconds() - a time to wait, as the library takes it; "0" does not wait,
 * "inf" waits for ever
 */
bool ctl_parse_seconds(const char *text, int64_t *timeoutp)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end || errno || isnan(value) || value < 0) {
		ctl_warn("%s: not a number of seconds", text);
		return false;
	}
	*timeoutp = value > 1e9 ? INT64_MIN : -(int64_t)(value * 1e7);
	return true;
}

/* ctl_now_ns() - nanoseconds of a clock that nobody sets */
int64_t ctl_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ctl_parse_number() - a number from 1 to @max */
bool ctl_parse_number(const char *text, uint64_t max, uint64_t *valuep)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *end || errno || text[0] == '-' || value < 1 || value > max) {
		ctl_warn("%s: not a number from 1 to %llu", text, (unsigned long long)max);
		return false;
	}
	*valuep = value;
	return true;
}
