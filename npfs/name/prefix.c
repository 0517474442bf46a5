/* SPDX-License-Identifier: MIT */
/*
 * Name questions. A name is below another when it continues it by a backslash and at
 * least one more unit (the sub-directory rule, KB Q100291). `foo\` is not below `foo`:
 * the two are just different names.
 */
#include "npfs/name/prefix.h"

#include "npfs/base/upcase.h"

/* Do the two names mean the same pipe? */
bool np_name_is_equal(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len)
{
	return np_upcase_equal(a, a_len, b, b_len);
}

/* A hash that equal names share. */
uint64_t np_name_hash(const uint16_t *name, size_t len)
{
	return np_upcase_hash(name, len);
}

/* Does @child continue @parent, at a backslash? An empty @parent has nothing below it. */
bool np_name_is_below(const uint16_t *child, size_t child_len, const uint16_t *parent,
		      size_t parent_len)
{
	if (parent_len == 0 || child_len < parent_len || child_len - parent_len < 2)
		return false;
	return child[parent_len] == '\\' &&
	       np_upcase_equal(child, parent_len, parent, parent_len);
}

/**
 * np_name_parent_len() - the next shorter name that @name is below
 *
 * Called again with its own result, it yields every possible parent, the longest first; a
 * look-up of each answers the sub-directory rule without walking all names.
 *
 * Return: length of that leading part, 0 when there is none.
 */
size_t np_name_parent_len(const uint16_t *name, size_t len)
{
	size_t i;

	/* name[i] is the backslash; something comes before it, something after it. */
	if (len < 3)
		return 0;
	for (i = len - 2; i > 0; i--)
		if (name[i] == '\\')
			return i;
	return 0;
}
