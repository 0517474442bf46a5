/* SPDX-License-Identifier: MIT */
/*
 * Tracing: what others do with their pipes. For tools, not for programs that use pipes.
 *
 * Two things. A *tap* is a look into the shared memory of one connection: how much was
 * written and read, and what lies in the queues. A *trace* follows all connections of the
 * names that fit a pattern: who opens, writes, reads, disconnects, closes.
 *
 * Who is traced does nothing for it and notices nothing; while nobody traces it costs nothing.
 * The trace looks by itself, NPFS_TRACE_INTERVAL apart. So
 *
 *	counts and sizes	are exact: they come from the counters of the connection
 *	each write		is told by itself with its first bytes, as long as not more than
 *				a ring of it (64 KiB at least) is written between two looks. What was
 *				written beyond that is told as one sum (NPFS_TRACE_UNSEEN)
 *	reads			are told as one sum for each look
 *	times			of opens and of what the server does are those of the broker; of
 *				data, those of the look
 *	order			in one direction it is the order of the writes; between the
 *				directions, what one look finds is told client's data first
 *
 * Who may. Root, administrators, the user of the server's process, and of a connection also the
 * user of its client. What others do is not told.
 *
 * The memory that is looked into belongs to programs that may lie; whatever they write there,
 * only what is told of this connection can be wrong.
 *
 * Threads. A tap or a trace is used by one thread at a time. fork(): the child may go on with
 * a tap; a trace is the parent's, the child may only close it.
 *
 * Since: 0.1
 */
#ifndef NPFS_TRACING_H
#define NPFS_TRACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/inspect.h>
#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds between two looks. */
#define NPFS_TRACE_INTERVAL 10

/* First bytes of a write that are told, at most. */
#define NPFS_TRACE_DATA_MAX 4096

/* One direction of a connection. */
struct npfs_tap_lane {
	uint64_t written;  /* bytes, since the connection was made; withdrawn ones do not count */
	uint64_t n_writes; /* likewise */
	uint64_t read;	   /* bytes */
	uint64_t n_read;   /* writes of which the last byte was read */
	uint64_t queued;   /* bytes that can be read */
	uint64_t n_queued; /* writes of which they are */
	uint32_t quota;	   /* bytes */
	uint32_t used;	   /* of the quota; not more than the quota */
};

struct npfs_tap_counts {
	uint32_t size; /* sizeof(struct npfs_tap_counts) */
	uint32_t flags; /* NPFS_TAP_ */
	struct npfs_tap_lane inbound;  /* what the client writes */
	struct npfs_tap_lane outbound; /* what the server writes */
};

#define NPFS_TAP_SERVER_CLOSED 0x1u
#define NPFS_TAP_CLIENT_CLOSED 0x2u
#define NPFS_TAP_DISCONNECTED  0x4u

struct npfs_tap;

/*
 * npfs_tap_open() - look into the connection of an instance
 * @instance: as npfs_inspect_instances() told it
 * @tapp: written with STATUS_SUCCESS: to be closed by the caller
 *
 * The memory is found among the descriptors of the two processes (/proc): the kernel lets
 * those look who may read that process. A process with many connections keeps no descriptor
 * of their memory; then only root finds it.
 * Return: STATUS_SUCCESS; STATUS_PIPE_LISTENING: there is no client; STATUS_ACCESS_DENIED;
 * STATUS_NOT_FOUND: no process has it any more; STATUS_INSUFFICIENT_RESOURCES. Does not
 * block. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_tap_open(const struct npfs_inspect_instance *instance,
				      struct npfs_tap **tapp);

/*
 * npfs_tap_count() - how much has gone through, and what is queued
 * @countsp: size is set by the caller; the rest is written with STATUS_SUCCESS
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: size. Does not block. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_tap_count(const struct npfs_tap *tap,
				       struct npfs_tap_counts *countsp);

/* npfs_tap_close() - look no more; NULL is allowed. Since: 0.1 */
NPFS_EXPORT void npfs_tap_close(struct npfs_tap *tap);

/* What is told. */
enum npfs_trace_kind {
	NPFS_TRACE_CREATED = 1,	 /* the server made the instance */
	NPFS_TRACE_LISTENS = 2,	 /* the server lets it listen again */
	NPFS_TRACE_OPENED = 3,	 /* a client has come */
	NPFS_TRACE_REFUSED = 4,	 /* a client did not get in: status; instance and server 0 */
	NPFS_TRACE_DISCONNECTED = 5, /* by the server */
	NPFS_TRACE_CLOSED = 6,	     /* the server's end, or with `by_client` the client's */
	NPFS_TRACE_FOUND = 7,	     /* a connection that was there before the trace */
	NPFS_TRACE_HIDDEN = 8,	     /* likewise, but its data cannot be looked at: status */
	NPFS_TRACE_WROTE = 9,	     /* bytes; data: the first of them */
	NPFS_TRACE_WITHDREW = 10,    /* bytes of writes that will not be read: cancelled */
	NPFS_TRACE_READ = 11,	     /* bytes; count: how many writes were read to their end */
	NPFS_TRACE_UNSEEN = 12,	     /* count, bytes: of writes that went by too fast */
	NPFS_TRACE_MISSED = 14,	     /* of events before this some were missed; no instance */
	NPFS_TRACE_DIED = 15,	     /* the client's process has ended and had not closed; another
				      * process that it shared the end with goes on */
};

struct npfs_trace_event {
	uint32_t size; /* sizeof(struct npfs_trace_event) */
	uint32_t kind; /* enum npfs_trace_kind */
	uint64_t instance;
	int64_t time_ns; /* since 1970, UTC */
	uint32_t server_pid;
	uint32_t server_uid;
	uint32_t client_pid; /* 0: none */
	uint32_t client_uid;
	npfs_status status;
	bool by_client; /* of data and CLOSED: who did it */
	uint64_t bytes;
	uint64_t count;
	size_t name_len;      /* units */
	const uint16_t *name; /* as its creator spells it; borrowed until the next call */
	size_t data_len;
	const void *data; /* likewise */
};

struct npfs_trace;

/*
 * npfs_trace_open() - begin to trace
 * @pattern, @pattern_len: which names (<npfs/dir.h>); borrowed for the call; of length 0: all
 * @data_len: first bytes of a write to be told, up to NPFS_TRACE_DATA_MAX
 * @tracep: written with STATUS_SUCCESS: to be closed by the caller
 *
 * Connections that are there are found, as npfs_tap_open() finds them, and followed from here.
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: length; STATUS_ACCESS_DENIED: the pattern is
 * the name of a pipe that the caller may not trace; and as npfs_broker_query(). Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_trace_open(const uint16_t *pattern, size_t pattern_len,
					size_t data_len, struct npfs_trace **tracep);

/*
 * npfs_trace_next() - the next event
 * @timeout: 100 ns, negative; 0 looks once; INT64_MIN waits for ever
 * @eventp: size is set by the caller; the rest is written with STATUS_SUCCESS
 *
 * When the broker was replaced the trace goes on with the next one.
 * Return: STATUS_SUCCESS; STATUS_IO_TIMEOUT; STATUS_INVALID_PARAMETER: size; and as
 * npfs_broker_query(). Blocks as long as it is told to. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_trace_next(struct npfs_trace *trace, int64_t timeout,
					struct npfs_trace_event *eventp);

/* npfs_trace_close() - trace no more; NULL is allowed. Since: 0.1 */
NPFS_EXPORT void npfs_trace_close(struct npfs_trace *trace);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_TRACING_H */
