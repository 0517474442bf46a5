/* SPDX-License-Identifier: MIT */
/* Writing text unit by unit.  See sddl_out.h. */
#include "kernel32-shim/sddl_out.h"

#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/sddl_text.h"

#define ROOM_AT_FIRST 256u

/* Room for @len units before the one at @at. Return: where they go; NULL without. */
static WCHAR *make_room(struct sddl_out *out, size_t at, size_t len)
{
	size_t room = out->room ? out->room : ROOM_AT_FIRST;
	WCHAR *more;

	while (room <= out->len + len)
		room *= 2;
	if (!out->failed && room != out->room) {
		more = realloc(out->units, room * sizeof(*more));
		out->failed = !more;
		out->units = more ? more : out->units;
		out->room = more ? room : out->room;
	}
	if (out->failed)
		return NULL;
	memmove(out->units + at + len, out->units + at,
		(out->len - at) * sizeof(*out->units));
	out->len += len;
	out->units[out->len] = 0;
	return out->units + at;
}

void sddl_insert(struct sddl_out *out, size_t at, const char *ascii)
{
	size_t len = strlen(ascii);
	WCHAR *to = make_room(out, at, len);

	for (size_t i = 0; to && i < len; i++)
		to[i] = (WCHAR)ascii[i];
}

void sddl_put(struct sddl_out *out, const char *ascii)
{
	sddl_insert(out, out->len, ascii);
}

void sddl_put_unit(struct sddl_out *out, WCHAR unit)
{
	WCHAR *to = make_room(out, out->len, 1);

	if (to)
		*to = unit;
}

void sddl_put_sid(struct sddl_out *out, const void *sid)
{
	char digits[SECURITY_MAX_SID_STRING_CHARACTERS];
	const struct known_sid *known = known_sid_find(sid);

	if (known && known->alias) {
		sddl_put(out, known->alias);
	} else {
		sddl_write_sid(sid, digits);
		sddl_put(out, digits);
	}
}
