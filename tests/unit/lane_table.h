/* SPDX-License-Identifier: MIT */
/*
 * Tables of lane operations with what each must answer
 *
 * A case is a shape and rows. A row is a step, or a question about an earlier one: rows
 * W_IS, R_IS, F_IS ask for the state of the n-th write, read or flush (from 0, in the
 * order made), QUOTA, BYTES, ENTRIES and FIRST for what the other end and a peek see.
 * Everything is held against the model too (lane_rig.h), bytes included.
 */
#pragma once

#include <check.h>

#include "tests/unit/lane_rig.h"

enum lane_question {
	W_IS = LANE_N_VERBS, /* write n: status, bytes reported */
	R_IS,                /* read n: status, bytes copied */
	F_IS,                /* flush n: status */
	QUOTA,               /* count: what the writer sees as free */
	BYTES,               /* count: unread bytes */
	ENTRIES,             /* count: entries */
	FIRST,               /* count: unread bytes of the first entry */
};

struct lane_row {
	int what; /* enum lane_verb or enum lane_question */
	uint32_t n;
	npfs_status status;
	uint32_t count;
};

struct lane_case {
	const char *name; /* with the numbers of npfs-semantics section 11 */
	struct lane_shape shape;
	struct lane_row rows[40]; /* a row of zeroes ends them */
};

void lane_case_run(const struct lane_case *c);

/* Short names for the tables. */
#define OK    STATUS_SUCCESS
#define PEND  STATUS_PENDING
#define MORE  STATUS_BUFFER_OVERFLOW
#define EMPTY STATUS_PIPE_EMPTY
#define GONE  STATUS_CANCELLED
#define BYTE(q)                                                                          \
	{                                                                                \
		.quota = (q)                                                             \
	}
#define MSG_B(q)                                                                         \
	{                                                                                \
		.quota = (q), .is_message = true                                         \
	}
#define MSG_M(q)                                                                         \
	{                                                                                \
		.quota = (q), .is_message = true, .is_message_mode = true                \
	}
