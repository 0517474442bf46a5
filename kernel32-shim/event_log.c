/* SPDX-License-Identifier: MIT */
/*
 * The event log, as far as programs write it: to syslog.
 *
 * There are no message files, so an event is its number and its strings:
 *
 *	<source> event 1001 category 2: first string; second string; data 0a0b
 *
 * The identifier's upper bits (severity, facility) are left out of the number. Types become
 * priorities: error, warning, information; what audits goes to the facility for
 * authorization. A source is memory behind a list, so that a wrong handle is known.
 */
#include "kernel32-shim/event_log.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

struct event_source {
	struct event_source *next;
	char name[]; /* UTF-8 */
};

enum { LINE_MAX_LEN = 8192 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event_source *sources; /* under the lock */

static void sources_lock(void)
{
	pthread_mutex_lock(&lock);
}

static void sources_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void sources_survive_fork(void)
{
	pthread_atfork(sources_lock, sources_unlock, sources_unlock);
}

int event_log_priority(WORD type)
{
	switch (type) {
	case EVENTLOG_ERROR_TYPE:
		return LOG_USER | LOG_ERR;
	case EVENTLOG_WARNING_TYPE:
		return LOG_USER | LOG_WARNING;
	case EVENTLOG_AUDIT_SUCCESS:
		return LOG_AUTH | LOG_NOTICE;
	case EVENTLOG_AUDIT_FAILURE:
		return LOG_AUTH | LOG_WARNING;
	default:
		return LOG_USER | LOG_INFO;
	}
}

static size_t add(char *to, size_t cap, size_t len, const char *text)
{
	while (*text && len + 1 < cap) {
		to[len++] = (unsigned char)*text < 0x20 ? ' ' : *text;
		text++;
	}
	to[len] = 0;
	return len;
}

void event_log_line(const char *source, WORD category, DWORD id, const char *const *strings,
		    size_t n_strings, const void *data, size_t data_len, char *to, size_t cap)
{
	char part[64];
	size_t len, i;

	len = add(to, cap, 0, source);
	snprintf(part, sizeof(part), " event %u", id & 0xffff);
	len = add(to, cap, len, part);
	if (category) {
		snprintf(part, sizeof(part), " category %u", category);
		len = add(to, cap, len, part);
	}
	for (i = 0; i < n_strings; i++) {
		len = add(to, cap, len, i ? "; " : ": ");
		len = add(to, cap, len, strings[i] ? strings[i] : "");
	}
	if (data_len)
		len = add(to, cap, len, n_strings ? "; data " : ": data ");
	for (i = 0; i < data_len; i++) {
		snprintf(part, sizeof(part), "%02x", ((const unsigned char *)data)[i]);
		len = add(to, cap, len, part);
	}
}

HANDLE WINAPI RegisterEventSourceA(LPCSTR server, LPCSTR name)
{
	struct event_source *source;

	if (server && *server) {
		thread_fail(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	if (!name || !*name) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	source = malloc(sizeof(*source) + strlen(name) + 1);
	if (!source) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	memcpy(source->name, name, strlen(name) + 1);
	pthread_mutex_lock(&lock);
	source->next = sources;
	sources = source;
	pthread_mutex_unlock(&lock);
	return source;
}

HANDLE WINAPI RegisterEventSourceW(LPCWSTR server, LPCWSTR name)
{
	bool failed = false;
	char *server_text = text_utf8_from_wide_z(server, &failed);
	char *name_text = text_utf8_from_wide_z(name, &failed);
	HANDLE h = NULL;

	if (failed)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		h = RegisterEventSourceA(server_text, name_text);
	free(server_text);
	free(name_text);
	return h;
}

BOOL WINAPI DeregisterEventSource(HANDLE h)
{
	struct event_source **at, *source = NULL;

	pthread_mutex_lock(&lock);
	for (at = &sources; *at; at = &(*at)->next) {
		if (*at == h) {
			source = *at;
			*at = source->next;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	free(source);
	return source ? TRUE : thread_fail(ERROR_INVALID_HANDLE);
}

/* The SID is not written: syslog says who the sender is. */
BOOL WINAPI ReportEventA(HANDLE h, WORD type, WORD category, DWORD id, PSID sid,
			 WORD n_strings, DWORD data_len, LPCSTR *strings, LPVOID data)
{
	char *line = malloc(LINE_MAX_LEN);
	struct event_source *source;
	bool is_known = false;

	(void)sid;
	if (!line)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	pthread_mutex_lock(&lock);
	for (source = sources; source; source = source->next) {
		if (source == h) {
			event_log_line(source->name, category, id, strings,
				       strings ? n_strings : 0, data, data ? data_len : 0, line,
				       LINE_MAX_LEN);
			is_known = true;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	if (is_known)
		syslog(event_log_priority(type), "%s", line);
	free(line);
	return is_known ? TRUE : thread_fail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI ReportEventW(HANDLE h, WORD type, WORD category, DWORD id, PSID sid,
			 WORD n_strings, DWORD data_len, LPCWSTR *strings, LPVOID data)
{
	char **texts = calloc(n_strings ? n_strings : 1, sizeof(*texts));
	bool failed = !texts;
	BOOL result = FALSE;
	WORD i;

	for (i = 0; !failed && strings && i < n_strings; i++)
		texts[i] = text_utf8_from_wide_z(strings[i], &failed);
	if (failed)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		result = ReportEventA(h, type, category, id, sid, strings ? n_strings : 0,
				      data_len, (LPCSTR *)texts, data);
	for (i = 0; texts && i < n_strings; i++)
		free(texts[i]);
	free(texts);
	return result;
}
