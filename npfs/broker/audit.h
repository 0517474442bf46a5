/* SPDX-License-Identifier: MIT */
/*
 * The record of refusals: one line each, for people and for programs
 *
 *	audit: open refused pid=77 uid=1001 gid=100 exe="/usr/bin/x" pipe="name"
 *	asked=0x0012019f granted=0x00120089
 *
 * on one line. What a client can choose is in quotes, with \xNN for a quote, a backslash
 * and every byte that is not printable ASCII, and cut after NP_AUDIT_TEXT_MAX characters.
 * The executable is what /proc shows at the time, a hint; pid, uid and gid are the
 * kernel's word.
 *
 * Somebody who is refused all the time must not fill the disk: after NP_AUDIT_BURST lines
 * there are NP_AUDIT_PER_SEC lines in a second, and the first line that is written again
 * ends in suppressed=N. Connections that are refused are counted the same way, on a record
 * of their own.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NP_AUDIT_BURST    20u
#define NP_AUDIT_PER_SEC  5u
#define NP_AUDIT_TEXT_MAX 256u

/* All zero is a record with nothing on it. */
struct np_audit {
	int64_t full_ns; /* when the whole burst is to be had again; in the past: it is */
	uint64_t n_suppressed; /* since the last line */
};

/* What is put on record; everything borrowed. */
struct np_audit_entry {
	const char *verb;
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
	const uint16_t *name;
	size_t name_len; /* in units */
	uint32_t asked;
	uint32_t granted;
};

void np_audit_connection(struct np_audit *audit, const char *why, int64_t now_ns);
void np_audit_refusal(struct np_audit *audit, const struct np_audit_entry *entry,
		      int64_t now_ns);
