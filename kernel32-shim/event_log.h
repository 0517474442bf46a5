/* SPDX-License-Identifier: MIT */
/*
 * What ReportEvent writes.
 */
#pragma once

#include <stddef.h>

#include <windows.h>

/*
 * One line for an event: source, number and category, the strings, the data in hexadecimal.
 * Control characters in the strings are blanks. Cut at @cap, with a zero at the end.
 */
void event_log_line(const char *source, WORD category, DWORD id, const char *const *strings,
		    size_t n_strings, const void *data, size_t data_len, char *to, size_t cap);

/* The priority of syslog(3) for a type of event. */
int event_log_priority(WORD type);
