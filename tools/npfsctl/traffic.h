/* SPDX-License-Identifier: MIT */
/*
 * Traffic: how much goes through the pipes, name by name
 *
 * A sample walks the names and looks into each connection, whose tap it keeps from sample to
 * sample. Rates are the differences between two samples; of a connection that is new, what went
 * through it since it was made counts once the first sample has been taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/tracing.h>

struct traffic_pipe {
	uint16_t *name; /* owned */
	size_t name_len;
	uint32_t n_instances, max_instances;
	uint32_t n_listening, n_waiters, n_connected;
	uint32_t n_hidden; /* connections that could not be looked into */
	uint64_t in, out;	  /* bytes since the last sample: written by clients, servers */
	uint64_t n_writes;	  /* likewise, of both */
	uint64_t queued;	  /* bytes */
};

struct traffic_tap;

struct traffic {
	const uint16_t *pattern; /* borrowed */
	size_t pattern_len;
	struct traffic_pipe *pipes; /* owned */
	size_t n_pipes;
	struct traffic_tap *taps; /* owned; ordered by instance */
	size_t n_taps;
	size_t n_sorted; /* of them, those of earlier samples */
	unsigned n_samples;
};

npfs_status ctl_traffic_sample(struct traffic *traffic);
void ctl_traffic_fini(struct traffic *traffic);
