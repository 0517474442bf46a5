/* SPDX-License-Identifier: MIT */
/*
 * What a lane should do: npfs-semantics section 4 written down a second time
 *
 * A plain queue in memory, one function per operation, as slow and as literal as
 * possible: entries in order, pended reads in order, quota handed out from the front
 * after every step. It shares nothing with npfs/core but the status values. The rig
 * (lane_rig.h) holds it against a real lane.
 *
 * Writes, reads and flushes are numbered from 0 in the order in which they were made; the
 * bytes of write number i are lane_model_byte(i, 0), lane_model_byte(i, 1), ...
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/status.h>

#define LANE_MODEL_OPS 1024u

enum lane_model_flags {
	LANE_MODEL_NOWAIT = 1,
	LANE_MODEL_TRANSACT = 2,
};

struct lane_model_write {
	npfs_status status;
	uint32_t len;  /* asked for */
	uint32_t done; /* reported */
};

struct lane_model_read {
	npfs_status status;
	uint32_t len;
	uint32_t done;
	uint8_t *buf; /* owned */
};

struct lane_model_entry {
	uint32_t write;
	uint32_t len;
	uint32_t off;
	bool is_charged;
};

/* A flush waits for the entries that were queued when it was made. */
struct lane_model_flush {
	npfs_status status;
	uint32_t last_write;
};

struct lane_model {
	uint32_t quota;
	bool is_message;
	bool is_message_mode;

	struct lane_model_write writes[LANE_MODEL_OPS];
	struct lane_model_read reads[LANE_MODEL_OPS];
	struct lane_model_flush flushes[LANE_MODEL_OPS];
	uint32_t n_writes, n_reads, n_flushes;

	struct lane_model_entry queue[LANE_MODEL_OPS];
	uint32_t n_queued;
	uint32_t pended[LANE_MODEL_OPS]; /* numbers of reads */
	uint32_t n_pended;
};

struct lane_model_peek {
	uint32_t bytes;
	uint32_t entries;
	uint32_t message_len;
	uint32_t copied;
	bool first_did_not_fit;
};

struct lane_model *lane_model_new(uint32_t quota, bool is_message, bool is_message_mode);
struct lane_model *lane_model_free(struct lane_model *m);

uint8_t lane_model_byte(uint32_t write, uint32_t i);

void lane_model_write(struct lane_model *m, uint32_t len, unsigned flags);

/* Reads what is there; false: nothing is, and the read was pended when @may_pend. */
bool lane_model_read(struct lane_model *m, uint32_t len, bool may_pend);

/* Takes an empty entry from the front; false: it is not empty, or there is none. */
bool lane_model_swallow(struct lane_model *m);

void lane_model_flush(struct lane_model *m);
void lane_model_cancel_write(struct lane_model *m, uint32_t write);
void lane_model_cancel_read(struct lane_model *m, uint32_t read);

/* The writing process is gone: what had not completed vanishes. */
void lane_model_cut(struct lane_model *m);

/* @buf has room for @len bytes. */
void lane_model_peek(const struct lane_model *m, uint8_t *buf, uint32_t len,
		     struct lane_model_peek *peekp);
uint32_t lane_model_quota_available(const struct lane_model *m);
uint64_t lane_model_unread(const struct lane_model *m);
