/* SPDX-License-Identifier: MIT */
/*
 * A lane in one process, held against the model
 *
 * Both halves of a lane lie over private memory. Every operation is given to the lane and
 * to the model (lane_model.h); then both halves are pumped until nothing moves, and all
 * that a program could see must agree: statuses, counts, bytes, peeks, free quota.
 *
 * The halves are pumped only as the contracts in lane.h promise: a half is looked at
 * again when the other one said that its bell has to be rung. A bell that is not rung
 * shows as an operation which does not complete.
 *
 * The first disagreement is kept in lane_rig.error and ends the run: later operations do
 * nothing. So a failing list of operations can be shortened by machine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/core/lane.h"
#include "tests/unit/lane_model.h"

enum lane_verb {
	LANE_WRITE = 1,    /* n bytes */
	LANE_NOWAIT,       /* n bytes, never stalls */
	LANE_TRANSACT,     /* n bytes outside the quota */
	LANE_READ,         /* n bytes, pended when there is nothing */
	LANE_READ_NOWAIT,  /* n bytes, not pended */
	LANE_CANCEL_WRITE, /* the n-th stalled one, modulo */
	LANE_CANCEL_READ,  /* the n-th pended one, modulo */
	LANE_FLUSH,
	LANE_PEEK, /* n bytes */
	LANE_MODE, /* n: 1 message mode, 0 byte mode */
	LANE_CUT,  /* the writer's process dies */
	LANE_N_VERBS,
};

struct lane_step {
	enum lane_verb verb;
	uint32_t n;
};

struct lane_shape {
	uint32_t quota;
	bool is_message;
	bool is_message_mode;
	bool uses_plain; /* try the fast functions first, as the library does */
};

struct rig_write {
	struct np_lane_write op;
	uint8_t *data; /* owned */
	uint32_t len;
	uint32_t done;
	npfs_status status;
};

struct rig_read {
	struct np_lane_read op;
	uint8_t *buf; /* owned */
	uint32_t len;
	uint32_t done;
	npfs_status status;
};

struct rig_flush {
	struct np_lane_flush op;
	npfs_status status;
};

struct lane_rig {
	struct lane_shape shape;
	void *memory; /* owned: lane, then ring */
	size_t ring_size;
	struct np_lane_writer w;
	struct np_lane_reader r;
	bool read_bell, write_bell;
	bool is_cut;
	uint32_t withdrawn, n_withdrawn; /* that may still lie in the ring */
	struct lane_model *m;            /* owned */

	struct rig_write *writes[LANE_MODEL_OPS];  /* owned */
	struct rig_read *reads[LANE_MODEL_OPS];    /* owned */
	struct rig_flush *flushes[LANE_MODEL_OPS]; /* owned */
	uint32_t n_writes, n_reads, n_flushes;

	/* of the last step */
	npfs_status status;
	uint32_t count;
	struct np_lane_peek peek;

	char error[256]; /* empty: all agrees */
};

struct lane_rig *lane_rig_new(const struct lane_shape *shape);
struct lane_rig *lane_rig_free(struct lane_rig *rig);

/* False: disagreement now or before, see error. */
bool lane_rig_step(struct lane_rig *rig, const struct lane_step *step);

/* A step as text: the form in which a failing list is printed. */
void lane_step_text(const struct lane_step *step, char *buf, size_t cap);
