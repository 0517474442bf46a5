/* SPDX-License-Identifier: MIT */
/*
 * Looking at the name space from outside: for tools, not for programs that use pipes.
 *
 * Nothing here takes an instance, wakes a server or changes what anybody sees.
 *
 * Threads. Every function may be called from every thread. They wait for the broker, not for
 * other programs. In the child of a fork they go on to work.
 *
 * Structs that the caller hands over begin with their size.
 *
 * Since: 0.1
 */
#ifndef NPFS_INSPECT_H
#define NPFS_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The broker and its counters. */
struct npfs_broker_info {
	uint32_t size;	      /* sizeof(struct npfs_broker_info) */
	uint32_t pid;	      /* of its process */
	uint32_t n_clients;   /* connections */
	uint32_t n_pipes;     /* names */
	uint32_t n_instances; /* with a server end */
	uint32_t n_waiters;   /* who wait for an instance */
	uint64_t n_accepted;  /* connections since it started */
	uint64_t n_dropped;   /* of them, dropped for misbehaviour, or refused */
	uint64_t n_requests;  /* since it started */
};

/*
 * npfs_broker_query() - which broker is it, and how is it?
 * @infop: size is set by the caller; the rest is written with STATUS_SUCCESS
 *
 * Starts a broker where that is allowed: see NPFS_NO_AUTOSTART in npfs(7).
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: size; STATUS_UNSUCCESSFUL,
 * STATUS_NOT_SUPPORTED, STATUS_REVISION_MISMATCH: no broker to be had; STATUS_PIPE_BROKEN: it
 * left meanwhile; STATUS_INSUFFICIENT_RESOURCES. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_broker_query(struct npfs_broker_info *infop);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_INSPECT_H */
