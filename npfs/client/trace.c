/* SPDX-License-Identifier: MIT */
/*
 * Traces on standard error, with NPFS_TRACE=io: one line for every transfer and every
 * change of a connection
 *
 *	npfs: 1234 client \jim write 14 bytes "This is a test"
 */
#include <stdio.h>
#include <unistd.h>

#include <npfs/text.h>

#include "npfs/client/end.h"

#define BYTES_SHOWN 48u
#define NAME_SHOWN  128u

bool np_trace_io;

static void name_text(const struct npfs_end *end, char *text, size_t cap)
{
	size_t n = npfs_utf16_to_utf8(end->name, end->name_len, text, cap - 1);

	text[n < cap ? n : cap - 1] = '\0';
}

static void data_text(const uint8_t *data, uint32_t len, char *text)
{
	uint32_t shown = len < BYTES_SHOWN ? len : BYTES_SHOWN;
	char *at = text;

	*at++ = '"';
	for (uint32_t i = 0; i < shown; i++) {
		if (data[i] == '"' || data[i] == '\\')
			at += sprintf(at, "\\%c", data[i]);
		else if (data[i] >= 0x20 && data[i] < 0x7f)
			*at++ = (char)data[i];
		else
			at += sprintf(at, "\\x%02x", data[i]);
	}
	*at++ = '"';
	*at = '\0';
}

void np_trace_data(const struct npfs_end *end, const char *verb, const void *data,
		   uint32_t len)
{
	char name[NAME_SHOWN], text[BYTES_SHOWN * 4 + 3] = "";

	name_text(end, name, sizeof(name));
	if (data)
		data_text(data, len, text);
	fprintf(stderr, "npfs: %d %s \\%s %s %u bytes%s%s%s\n", (int)getpid(),
		end->is_server ? "server" : "client", name, verb, len, data ? " " : "",
		text, len > BYTES_SHOWN ? "..." : "");
}

void np_trace_event(const struct npfs_end *end, const char *what)
{
	char name[NAME_SHOWN];

	if (!np_trace_io)
		return;
	name_text(end, name, sizeof(name));
	fprintf(stderr, "npfs: %d %s \\%s %s\n", (int)getpid(),
		end->is_server ? "server" : "client", name, what);
}
