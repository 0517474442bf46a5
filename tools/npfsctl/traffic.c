/* SPDX-License-Identifier: MIT */
/*
 * Samples of traffic (model: traffic.h)
 */
#include "tools/npfsctl/traffic.h"

#include <stdlib.h>
#include <string.h>

#include <npfs/npfs.h>

struct traffic_tap {
	uint64_t instance;
	uint32_t client_pid;
	bool is_seen; /* in the sample that is being taken */
	struct npfs_tap *tap; /* owned; NULL: could not be looked into */
	struct npfs_tap_counts last;
};

static void pipes_clear(struct traffic *traffic)
{
	size_t i;

	for (i = 0; i < traffic->n_pipes; i++)
		free(traffic->pipes[i].name);
	free(traffic->pipes);
	traffic->pipes = NULL;
	traffic->n_pipes = 0;
}

static int compare_taps(const void *a, const void *b)
{
	uint64_t one = ((const struct traffic_tap *)a)->instance;
	uint64_t other = ((const struct traffic_tap *)b)->instance;

	return one < other ? -1 : one > other;
}

/* The tap of a connection. Return: NULL without memory. */
static struct traffic_tap *tap_of(struct traffic *traffic,
				  const struct npfs_inspect_instance *instance)
{
	const struct traffic_tap key = {.instance = instance->id};
	struct traffic_tap *tap = NULL;

	if (traffic->n_sorted > 0)
		tap = bsearch(&key, traffic->taps, traffic->n_sorted, sizeof(key), compare_taps);
	if (tap && tap->client_pid == instance->client_pid && tap->tap) {
		struct npfs_tap_counts now = {.size = sizeof(now)};

		/* another connection of the same instance has other memory */
		if (npfs_tap_count(tap->tap, &now) == STATUS_SUCCESS && now.flags == 0)
			return tap;
	}
	if (!tap) {
		tap = realloc(traffic->taps, (traffic->n_taps + 1) * sizeof(*tap));
		if (!tap)
			return NULL;
		traffic->taps = tap;
		tap += traffic->n_taps++;
		*tap = (struct traffic_tap){.instance = instance->id};
	}
	npfs_tap_close(tap->tap);
	tap->tap = NULL;
	tap->client_pid = instance->client_pid;
	tap->last = (struct npfs_tap_counts){.size = sizeof(tap->last)};
	if (npfs_tap_open(instance, &tap->tap) != STATUS_SUCCESS)
		tap->tap = NULL;
	else if (traffic->n_samples == 0)
		npfs_tap_count(tap->tap, &tap->last);
	return tap;
}

static uint64_t more(uint64_t now, uint64_t last)
{
	return now > last ? now - last : 0;
}

static bool add_instance(const struct npfs_inspect_instance *instance, void *user)
{
	struct traffic *traffic = user;
	struct traffic_pipe *pipe = &traffic->pipes[traffic->n_pipes - 1];
	struct npfs_tap_counts now = {.size = sizeof(now)};
	struct traffic_tap *tap;

	if (instance->state != NPFS_STATE_CONNECTED)
		return true;
	pipe->n_connected++;
	tap = tap_of(traffic, instance);
	if (!tap || !tap->tap || npfs_tap_count(tap->tap, &now) != STATUS_SUCCESS) {
		pipe->n_hidden++;
		return true;
	}
	tap->is_seen = true;
	pipe->in += more(now.inbound.written, tap->last.inbound.written);
	pipe->out += more(now.outbound.written, tap->last.outbound.written);
	pipe->n_writes += more(now.inbound.n_writes, tap->last.inbound.n_writes) +
			  more(now.outbound.n_writes, tap->last.outbound.n_writes);
	pipe->queued += now.inbound.queued + now.outbound.queued;
	tap->last = now;
	return true;
}

static npfs_status add_pipe(struct traffic *traffic, const struct npfs_dir_entry *entry)
{
	struct npfs_inspect info = {.size = sizeof(info)};
	struct traffic_pipe *pipe;

	if (npfs_inspect_pipe(entry->name, entry->name_len, &info) != STATUS_SUCCESS)
		return STATUS_SUCCESS; /* gone meanwhile */
	pipe = realloc(traffic->pipes, (traffic->n_pipes + 1) * sizeof(*pipe));
	if (!pipe)
		return STATUS_INSUFFICIENT_RESOURCES;
	traffic->pipes = pipe;
	pipe += traffic->n_pipes;
	*pipe = (struct traffic_pipe){
		.name = malloc(entry->name_len * sizeof(*pipe->name)),
		.name_len = entry->name_len,
		.n_instances = info.current_instances,
		.max_instances = info.max_instances,
		.n_listening = info.n_listening,
		.n_waiters = info.n_waiters,
	};
	if (!pipe->name)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(pipe->name, entry->name, entry->name_len * sizeof(*pipe->name));
	traffic->n_pipes++;
	npfs_inspect_instances(entry->name, entry->name_len, add_instance, traffic);
	return STATUS_SUCCESS;
}

/* Lets go of connections that are not there any more, orders the others. */
static void tidy(struct traffic *traffic)
{
	size_t i, n = 0;

	for (i = 0; i < traffic->n_taps; i++) {
		struct traffic_tap *tap = &traffic->taps[i];

		if (tap->is_seen)
			traffic->taps[n++] = *tap;
		else
			npfs_tap_close(tap->tap);
	}
	for (i = 0; i < n; i++)
		traffic->taps[i].is_seen = false;
	traffic->n_taps = traffic->n_sorted = n;
	if (n > 0)
		qsort(traffic->taps, n, sizeof(*traffic->taps), compare_taps);
}

/* ctl_traffic_sample() - Return: STATUS_SUCCESS, or why the names cannot be listed */
npfs_status ctl_traffic_sample(struct traffic *traffic)
{
	struct npfs_dir_entry entry;
	struct npfs_dir *dir;
	npfs_status status;

	pipes_clear(traffic);
	status = npfs_dir_open(traffic->pattern, traffic->pattern_len, &dir);
	if (status != STATUS_SUCCESS)
		return status;
	while ((status = npfs_dir_next(dir, &entry)) == STATUS_SUCCESS) {
		status = add_pipe(traffic, &entry);
		if (status != STATUS_SUCCESS)
			break;
	}
	npfs_dir_close(dir);
	tidy(traffic);
	traffic->n_samples++;
	return status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE ? STATUS_SUCCESS :
										 status;
}

/* ctl_traffic_fini() - release; twice is harmless */
void ctl_traffic_fini(struct traffic *traffic)
{
	pipes_clear(traffic);
	while (traffic->n_taps > 0)
		npfs_tap_close(traffic->taps[--traffic->n_taps].tap);
	free(traffic->taps);
	traffic->taps = NULL;
}
