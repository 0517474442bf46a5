/* SPDX-License-Identifier: MIT */
/*
 * Writing refusals down (format and limits: audit.h)
 */
#include "npfs/broker/audit.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/log.h"
#include "npfs/base/macro.h"
#include "npfs/base/utf16.h"

/* Room for " suppressed=N". */
#define MORE_MAX 48

/* What one line costs of the burst. */
#define LINE_NS (NP_NS_PER_SEC / NP_AUDIT_PER_SEC)

/* Writes @src so that it can stand between quotes, as far as there is room. */
static void escape(char *dst, size_t cap, const char *src, size_t len)
{
	size_t at = 0, i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)src[i];
		bool is_plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if (at + (is_plain ? 1 : 4) >= cap)
			break;
		if (is_plain)
			dst[at++] = (char)c;
		else
			at += (size_t)snprintf(dst + at, cap - at, "\\x%02x", c);
	}
	dst[at] = '\0';
}

static void escape_name(char *dst, size_t cap, const struct np_audit_entry *entry)
{
	char utf8[3 * NP_AUDIT_TEXT_MAX];
	size_t len = np_min_size(entry->name_len, NP_AUDIT_TEXT_MAX);
	size_t written = 0;

	np_utf16_to_utf8(entry->name, len, utf8, sizeof(utf8), &written);
	escape(dst, cap, utf8, written);
}

static void escape_exe(char *dst, size_t cap, uint32_t pid)
{
	char path[32], target[NP_AUDIT_TEXT_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/exe", pid);
	n = readlink(path, target, sizeof(target));
	escape(dst, cap, target, n > 0 ? (size_t)n : 0);
}

/* Takes a line out of the burst. Return: whether there was one. */
static bool has_line(struct np_audit *audit, int64_t now_ns)
{
	int64_t full_ns = np_max_i64(audit->full_ns, now_ns) + LINE_NS;

	if (full_ns - now_ns > NP_AUDIT_BURST * LINE_NS)
		return false;
	audit->full_ns = full_ns;
	return true;
}

/*
 * Takes a line out of the burst, and what is to be said behind it of those there was none for
 * before into @more. Return: whether there was one.
 */
static bool begin_line(struct np_audit *audit, char *more, size_t cap, int64_t now_ns)
{
	more[0] = '\0';
	if (!has_line(audit, now_ns)) {
		audit->n_suppressed++;
		return false;
	}
	if (audit->n_suppressed > 0)
		snprintf(more, cap, " suppressed=%" PRIu64, audit->n_suppressed);
	audit->n_suppressed = 0;
	return true;
}

/**
 * np_audit_connection() - put on record that a connection was refused
 * @audit:	a record of such
 * @why:	the reason
 * @now_ns:	the time by which lines are counted
 */
void np_audit_connection(struct np_audit *audit, const char *why, int64_t now_ns)
{
	char more[MORE_MAX];

	if (begin_line(audit, more, sizeof(more), now_ns))
		np_log(NP_LOG_NOTICE, "connection refused: %s%s", why, more);
}

/**
 * np_audit_refusal() - put a refusal on record
 * @audit:	the record
 * @entry:	what was refused
 * @now_ns:	the time by which lines are counted
 */
void np_audit_refusal(struct np_audit *audit, const struct np_audit_entry *entry,
		      int64_t now_ns)
{
	char name[NP_AUDIT_TEXT_MAX + 1], exe[NP_AUDIT_TEXT_MAX + 1], more[MORE_MAX];

	if (!begin_line(audit, more, sizeof(more), now_ns))
		return;
	escape_name(name, sizeof(name), entry);
	escape_exe(exe, sizeof(exe), entry->pid);
	np_log(NP_LOG_NOTICE,
	       "audit: %s refused pid=%" PRIu32 " uid=%" PRIu32 " gid=%" PRIu32
	       " exe=\"%s\" pipe=\"%s\" asked=0x%08" PRIx32 " granted=0x%08" PRIx32 "%s",
	       entry->verb, entry->pid, entry->uid, entry->gid, exe, name, entry->asked,
	       entry->granted, more);
}
