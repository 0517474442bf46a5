/* SPDX-License-Identifier: MIT */
/*
 * What the runner (harness.c) and the process of a case (expect.c) agree on: the marks of
 * result lines, the exit codes, and the names of the personalities. A case's output may
 * contain anything else; lines without a mark are ignored.
 *
 *	@@pass
 *	@@fail <tab> file:line <tab> expected <tab> got
 *	@@skip <tab> reason
 *	@@note <tab> text
 */
#pragma once

#include "conformance/harness.h"

#define CONF_MARK_PASS "@@pass"
#define CONF_MARK_FAIL "@@fail"
#define CONF_MARK_SKIP "@@skip"
#define CONF_MARK_NOTE "@@note"

enum {
	CONF_EXIT_PASS = 0,
	CONF_EXIT_FAIL = 1,
	CONF_EXIT_SKIP = 77,
};

/* Runs one case in this process and ends the process. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void conf_run_case(const struct conf_case *c);

/* The bit of a personality's name, 0 for a name nobody has. */
unsigned conf_personality_bit(const char *name);
