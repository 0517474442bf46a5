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

/* A pipe. Of one that the caller may not look into, only the first four are told. */
struct npfs_inspect {
	uint32_t size; /* sizeof(struct npfs_inspect) */
	uint32_t flags; /* NPFS_INSPECT_ */
	uint32_t current_instances;
	uint32_t max_instances; /* NPFS_UNLIMITED_INSTANCES */
	uint32_t type;		/* NPFS_TYPE_ */
	uint32_t config;	/* NPFS_CONFIG_ */
	uint32_t n_listening;	/* instances that are free */
	uint32_t n_waiters;	/* who wait for one */
	int64_t default_timeout; /* 100 ns, negative */
};

#define NPFS_INSPECT_WHOLE	    0x1u /* all is told */
#define NPFS_INSPECT_REJECTS_REMOTE 0x2u
#define NPFS_INSPECT_OLD_RULES	    0x4u /* its clients hold the name, as on Windows NT 4 */

/*
 * npfs_inspect_pipe() - what is this pipe?
 * @name, @name_len: borrowed
 * @infop: size is set by the caller; the rest is written with STATUS_SUCCESS
 *
 * Whoever may read the descriptor, has an instance of it or is an administrator is told all.
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_INVALID_PARAMETER: size; and as
 * npfs_broker_query(). Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_inspect_pipe(const uint16_t *name, size_t name_len,
					  struct npfs_inspect *infop);

/* One instance. Processes are told as the broker sees their numbers. */
struct npfs_inspect_instance {
	uint64_t id;
	uint32_t state; /* NPFS_STATE_; that the client has closed the broker does not hear */
	uint32_t server_pid; /* 0: the server end is gone, only its client holds the name */
	uint32_t server_session;
	uint32_t server_uid;
	uint32_t client_pid; /* 0: none, or it came while there was another broker */
	uint32_t client_uid;
	uint32_t inbound_quota;  /* bytes */
	uint32_t outbound_quota; /* bytes */
};

/* Who waits for an instance. */
struct npfs_inspect_waiter {
	uint32_t pid;
	uint32_t uid;
};

/*
 * npfs_inspect_instances(), npfs_inspect_waiters() - tell them one by one
 * @fn: called for each, in the calling thread and under no lock; returns false to end. What it
 *	is handed is borrowed for the call
 * @user: handed to @fn
 *
 * Oldest first. No snapshot: what comes and goes meanwhile is told or not. Nothing is told to
 * whom npfs_inspect_pipe() does not tell all.
 * Return: as npfs_inspect_pipe(). Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_inspect_instances(
	const uint16_t *name, size_t name_len,
	bool (*fn)(const struct npfs_inspect_instance *instance, void *user), void *user);
NPFS_EXPORT npfs_status npfs_inspect_waiters(
	const uint16_t *name, size_t name_len,
	bool (*fn)(const struct npfs_inspect_waiter *waiter, void *user), void *user);

/*
 * npfs_inspect_security() - the descriptor of a pipe, without opening it
 * @sd: @size bytes for a self-relative descriptor; may be NULL with @size 0
 * @neededp: bytes it takes, with STATUS_SUCCESS and STATUS_BUFFER_TOO_SMALL
 *
 * Owner, group and DACL; a SACL is not told.
 * Return: as npfs_inspect_pipe(); STATUS_ACCESS_DENIED: the caller is not told;
 * STATUS_BUFFER_TOO_SMALL. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_inspect_security(const uint16_t *name, size_t name_len, void *sd,
					      uint32_t size, uint32_t *neededp);

/*
 * npfs_inspect_open() - what would npfs_pipe_open() be answered now?
 * @access: rights it would ask for
 * @allowedp: the most that the descriptor gives to the caller, whatever is asked for; written
 *	with every answer about a pipe that is there
 *
 * Opens nothing, and is not put on record when the answer is no. By the time of an open the
 * answer may be another one.
 * Return: as npfs_pipe_open(). Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_inspect_open(const uint16_t *name, size_t name_len,
					  uint32_t access, uint32_t *allowedp);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_INSPECT_H */
