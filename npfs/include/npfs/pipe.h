/* SPDX-License-Identifier: MIT */
/*
 * Named pipes: create, open, listen, disconnect, read, write, flush, peek, transact, wait,
 * modes and information.
 *
 * The two ends of a connection may be in one process or in two. Names are UTF-16 units
 * behind `\\.\pipe\` (see <npfs/name.h>), compared without regard to case; lengths of
 * names count units, lengths of data count bytes.
 *
 * Blocking. A function with an `op` parameter blocks when @op is NULL. With an operation
 * it never blocks: it returns the result at once (the operation was not used, nothing
 * will be called), or STATUS_PENDING, and then `op->complete` is called exactly once.
 * An end made with NPFS_SYNCHRONOUS serves one call at a time, others wait their turn,
 * even those that otherwise never block; this is what Windows does with a file object
 * opened for synchronous I/O. Its reads and writes take @op NULL only.
 *
 * Threads. Every function may be called from every thread. npfs_end_free() only when no
 * other call on that end is under way.
 *
 * fork(). The child does not have the parent's ends: every call on one returns
 * STATUS_INVALID_HANDLE there, and the parent is not disturbed. The child may create and
 * open its own.
 *
 * Sources: npfs-semantics.md by section; [MS-FSCC] 2.3 for the operations.
 *
 * Since: 0.1
 */
#ifndef NPFS_PIPE_H
#define NPFS_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct npfs_end;
struct npfs_op;

#define NPFS_TYPE_BYTE		     0u
#define NPFS_TYPE_MESSAGE	     1u
#define NPFS_TYPE_REJECT_REMOTE	     2u /* with one of the two */
#define NPFS_MODE_BYTE		     0u
#define NPFS_MODE_MESSAGE	     1u
#define NPFS_MODE_WAIT		     0u
#define NPFS_MODE_NOWAIT	     1u
#define NPFS_UNLIMITED_INSTANCES     0xffffffffu

#define NPFS_CONFIG_INBOUND	     0u /* client writes, server reads */
#define NPFS_CONFIG_OUTBOUND	     1u
#define NPFS_CONFIG_FULL_DUPLEX	     2u

#define NPFS_STATE_DISCONNECTED	     1u
#define NPFS_STATE_LISTENING	     2u
#define NPFS_STATE_CONNECTED	     3u
#define NPFS_STATE_CLOSING	     4u

#define NPFS_SIDE_CLIENT	     0u
#define NPFS_SIDE_SERVER	     1u

/* flags of struct npfs_create_params and struct npfs_open_params */
#define NPFS_SYNCHRONOUS 0x1u /* one call at a time */
#define NPFS_INHERITABLE 0x2u /* npfs_end_export() is likely; costs a descriptor meanwhile */

/* What npfs_pipe_create() wants, as NtCreateNamedPipeFile has it (section 8.1). */
struct npfs_create_params {
	uint32_t size;		  /* sizeof(struct npfs_create_params) */
	uint32_t flags;
	uint32_t access;	  /* what this end may do: FILE_ or GENERIC_ rights */
	uint32_t share;		  /* FILE_SHARE_READ 1: client reads, FILE_SHARE_WRITE 2 */
	uint32_t disposition;	  /* FILE_OPEN 1, FILE_CREATE 2, FILE_OPEN_IF 3 */
	uint32_t type;		  /* NPFS_TYPE_ */
	uint32_t read_mode;	  /* NPFS_MODE_BYTE or NPFS_MODE_MESSAGE */
	uint32_t completion_mode; /* NPFS_MODE_WAIT or NPFS_MODE_NOWAIT */
	uint32_t max_instances;	  /* 1..; NPFS_UNLIMITED_INSTANCES */
	uint32_t inbound_quota;	  /* bytes */
	uint32_t outbound_quota;  /* bytes */
	int64_t default_timeout;  /* 100 ns, negative */
	const void *descriptor;	  /* borrowed: self-relative security descriptor, or NULL */
	uint32_t descriptor_len;  /* bytes */
};

struct npfs_open_params {
	uint32_t size;	 /* sizeof(struct npfs_open_params) */
	uint32_t flags;
	uint32_t access; /* FILE_ or GENERIC_ rights wanted */
	uint32_t sqos;	 /* the SECURITY_SQOS_PRESENT bits of CreateFile, or 0 */
};

/*
 * npfs_pipe_create() - make an instance; the first one makes the name (section 2)
 * @name, @name_len: borrowed
 * @params: borrowed
 * @endp: the server end, listening; the caller owns it
 * @informationp: 2 when the name was made (FILE_CREATED), 1 otherwise; may be NULL
 *
 * Waits for the broker, not for other programs.
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_INVALID,
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED, STATUS_INSTANCE_NOT_AVAILABLE as in
 * section 2.2; STATUS_INSUFFICIENT_RESOURCES; STATUS_UNSUCCESSFUL: no broker.
 */
NPFS_EXPORT npfs_status npfs_pipe_create(const uint16_t *name, size_t name_len,
					 const struct npfs_create_params *params,
					 struct npfs_end **endp, uint32_t *informationp);

/*
 * npfs_pipe_open() - connect to the instance that has listened longest (section 6.2)
 * @endp: the client end, connected, read mode byte, waiting; the caller owns it
 *
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_OBJECT_NAME_INVALID;
 * STATUS_ACCESS_DENIED; STATUS_PIPE_NOT_AVAILABLE: nobody listens;
 * STATUS_INSUFFICIENT_RESOURCES; STATUS_UNSUCCESSFUL: no broker.
 */
NPFS_EXPORT npfs_status npfs_pipe_open(const uint16_t *name, size_t name_len,
				       const struct npfs_open_params *params,
				       struct npfs_end **endp);

/*
 * npfs_pipe_open_again() - connect to the pipe that the server end @end belongs to
 * (section 1.6, relative opens; ReOpenFile)
 *
 * Return: as npfs_pipe_open(); STATUS_ILLEGAL_FUNCTION: @end is a client end.
 */
NPFS_EXPORT npfs_status npfs_pipe_open_again(struct npfs_end *end,
					     const struct npfs_open_params *params,
					     struct npfs_end **endp);

#define NPFS_WAIT_USE_DEFAULT 1u /* the timeout the pipe was created with */

/*
 * npfs_pipe_wait() - wait until an instance of the name listens (section 6.1)
 * @timeout: 100 ns, negative (relative); INT64_MIN: for ever; ignored with
 *           NPFS_WAIT_USE_DEFAULT
 *
 * Reserves nothing. Blocks; npfs_thread_cancel() ends it.
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND, at once or when the name goes;
 * STATUS_IO_TIMEOUT; STATUS_CANCELLED.
 */
NPFS_EXPORT npfs_status npfs_pipe_wait(const uint16_t *name, size_t name_len,
				       int64_t timeout, uint32_t flags);

/*
 * npfs_end_close() - the last handle is gone (section 3.4, close rows)
 *
 * Requests in flight complete with STATUS_PIPE_BROKEN, except writes, which stay readable
 * for the peer. When another process has the end open, they are cancelled or go on as their
 * npfs_op.on_close says (<npfs/aio.h>). The end stays valid for npfs_end_free() only. Twice is
 * harmless.
 */
NPFS_EXPORT void npfs_end_close(struct npfs_end *end);

/* npfs_end_free() - close if that was not done, and give the end up; NULL is harmless */
NPFS_EXPORT void npfs_end_free(struct npfs_end *end);

/*
 * npfs_end_listen() - wait for a client (ConnectNamedPipe; tables 3.2, 3.3)
 *
 * Return: STATUS_SUCCESS: a client came; STATUS_PENDING; STATUS_PIPE_CONNECTED: one is
 * there; STATUS_PIPE_CLOSING: one was there; STATUS_PIPE_LISTENING: no-wait end;
 * STATUS_ILLEGAL_FUNCTION: client end; STATUS_PIPE_DISCONNECTED: disconnected meanwhile;
 * STATUS_PIPE_BROKEN: closed meanwhile; STATUS_CANCELLED.
 */
NPFS_EXPORT npfs_status npfs_end_listen(struct npfs_end *end, struct npfs_op *op);

/*
 * npfs_end_disconnect() - throw the client out, unread data is lost
 * Return: STATUS_SUCCESS; STATUS_PIPE_DISCONNECTED; STATUS_ILLEGAL_FUNCTION: client end.
 */
NPFS_EXPORT npfs_status npfs_end_disconnect(struct npfs_end *end);

/*
 * npfs_end_read() - read (sections 4.4, 4.6)
 * @buf: with STATUS_PENDING borrowed until the operation completed
 * @donep: bytes read, with STATUS_SUCCESS and STATUS_BUFFER_OVERFLOW; else 0
 *
 * Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW: the message is longer, its rest stays;
 * STATUS_PENDING; STATUS_PIPE_EMPTY: no-wait end; STATUS_PIPE_LISTENING;
 * STATUS_PIPE_DISCONNECTED; STATUS_PIPE_BROKEN: peer closed and nothing is left;
 * STATUS_ACCESS_DENIED; STATUS_CANCELLED.
 */
NPFS_EXPORT npfs_status npfs_end_read(struct npfs_end *end, void *buf, uint32_t len,
				      struct npfs_op *op, uint32_t *donep);

/*
 * npfs_end_write() - write (sections 4.2, 4.3, 4.6)
 * @data: with STATUS_PENDING borrowed until the operation completed
 * @donep: bytes written with STATUS_SUCCESS (a no-wait end may write less); else 0
 *
 * Return: STATUS_SUCCESS; STATUS_PENDING; STATUS_PIPE_LISTENING; STATUS_PIPE_DISCONNECTED;
 * STATUS_PIPE_CLOSING: the peer has closed; STATUS_PIPE_BROKEN: it closed meanwhile;
 * STATUS_ACCESS_DENIED; STATUS_CANCELLED: what was not read of it is withdrawn;
 * STATUS_BUFFER_OVERFLOW: message longer than the personality permits (Q119218), nothing
 * is written.
 */
NPFS_EXPORT npfs_status npfs_end_write(struct npfs_end *end, const void *data, uint32_t len,
				       struct npfs_op *op, uint32_t *donep);

/*
 * npfs_end_read_now(), npfs_end_write_now() - read or write, if all there is to it can be done
 * at once and with nothing unusual
 * @donep: bytes, with STATUS_SUCCESS
 *
 * For callers who need an operation only when it does not end at once. Never waits.
 * Return: STATUS_SUCCESS; STATUS_PENDING: nothing was done, npfs_end_read() or
 * npfs_end_write() says why.
 *
 * Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_end_read_now(struct npfs_end *end, void *buf, uint32_t len,
					  uint32_t *donep);
NPFS_EXPORT npfs_status npfs_end_write_now(struct npfs_end *end, const void *data,
					   uint32_t len, uint32_t *donep);

/*
 * npfs_end_flush() - wait until the peer read what is queued now (section 4.8)
 * Return: STATUS_SUCCESS; STATUS_PENDING; STATUS_PIPE_DISCONNECTED; STATUS_PIPE_BROKEN;
 * STATUS_ACCESS_DENIED; STATUS_CANCELLED.
 */
NPFS_EXPORT npfs_status npfs_end_flush(struct npfs_end *end, struct npfs_op *op);

struct npfs_peek {
	uint32_t state;	      /* NPFS_STATE_ */
	uint32_t available;   /* unread bytes */
	uint32_t n_messages;  /* message type; else 0 */
	uint32_t message_len; /* unread bytes of the first message; byte type 0 */
	uint32_t copied;      /* bytes copied */
};

/*
 * npfs_end_peek() - look at unread data (section 4.7)
 * @buf: @len bytes, may be NULL with @len 0
 *
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW: more of the first message (or, with
 * @len 0, anything) is there; STATUS_INVALID_PIPE_STATE; STATUS_PIPE_DISCONNECTED;
 * STATUS_PIPE_BROKEN; STATUS_ACCESS_DENIED. On failure *peekp is left alone.
 */
NPFS_EXPORT npfs_status npfs_end_peek(struct npfs_end *end, void *buf, uint32_t len,
				      struct npfs_peek *peekp);

/*
 * npfs_end_transact() - send a message and read the next one that comes (section 7.2)
 * @in and @out may be the same memory
 *
 * Return: as npfs_end_read(), and STATUS_INVALID_PIPE_STATE: not connected, not duplex or
 * not in message read mode; STATUS_PIPE_BUSY: something is there to be read, or reads
 * pend. Cancelling it leaves the message sent.
 */
NPFS_EXPORT npfs_status npfs_end_transact(struct npfs_end *end, const void *in,
					  uint32_t in_len, void *out, uint32_t out_len,
					  struct npfs_op *op, uint32_t *donep);

/*
 * npfs_end_get_modes(), npfs_end_set_modes() - section 4.9
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: no such mode, or message mode on a
 * byte pipe; STATUS_PIPE_BUSY: to no-wait with requests in flight;
 * STATUS_PIPE_DISCONNECTED: detached client; STATUS_ACCESS_DENIED.
 */
NPFS_EXPORT npfs_status npfs_end_get_modes(struct npfs_end *end, uint32_t *read_modep,
					   uint32_t *completion_modep);
NPFS_EXPORT npfs_status npfs_end_set_modes(struct npfs_end *end, uint32_t read_mode,
					   uint32_t completion_mode);

/* As FILE_PIPE_LOCAL_INFORMATION, section 8.5. */
struct npfs_end_info {
	uint32_t type;
	uint32_t config;
	uint32_t max_instances;
	uint32_t current_instances;
	uint32_t inbound_quota;
	uint32_t read_available; /* unread bytes in this end's read queue */
	uint32_t outbound_quota;
	uint32_t write_quota_available;
	uint32_t state;
	uint32_t side;
};

/*
 * npfs_end_query() - what the pipe is and how it stands; asks the broker for the count
 * Return: STATUS_SUCCESS; STATUS_PIPE_DISCONNECTED: detached client;
 * STATUS_ACCESS_DENIED: no FILE_READ_ATTRIBUTES.
 */
NPFS_EXPORT npfs_status npfs_end_query(struct npfs_end *end, struct npfs_end_info *infop);

/* npfs_end_unread() - unread bytes in this end's read queue; needs no right */
NPFS_EXPORT npfs_status npfs_end_unread(struct npfs_end *end, uint32_t *bytesp);

/*
 * npfs_end_shape() - what the pipe is, as far as it never changes
 * @infop: type, config, max_instances, the two quotas and side; all else is 0
 *
 * Needs no right, asks nobody and does not wait. Any end, in any state. Since: 0.1
 */
NPFS_EXPORT void npfs_end_shape(const struct npfs_end *end, struct npfs_end_info *infop);

/*
 * npfs_end_name() - the name of the pipe as its creator spells it, without its leading backslash
 * @namep: borrowed from the end, as long as that exists; not terminated
 *
 * Needs no right. An end made under a name that begins with a unit 0 has none to tell:
 * what is returned is that name.
 * Return: STATUS_SUCCESS; STATUS_PIPE_DISCONNECTED: detached client. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_end_name(struct npfs_end *end, const uint16_t **namep,
				      size_t *name_lenp);

struct npfs_peer {
	uint32_t pid;
	uint32_t session;
};

/*
 * npfs_end_client(), npfs_end_server() - who made that end; verified by the broker
 * Return: STATUS_SUCCESS; STATUS_NOT_FOUND: server end without a client;
 * STATUS_PIPE_DISCONNECTED: detached client.
 */
NPFS_EXPORT npfs_status npfs_end_client(struct npfs_end *end, struct npfs_peer *peerp);
NPFS_EXPORT npfs_status npfs_end_server(struct npfs_end *end, struct npfs_peer *peerp);

/* npfs_end_access() - the rights this end was granted */
NPFS_EXPORT uint32_t npfs_end_access(const struct npfs_end *end);

/* npfs_end_narrow() - keep only the rights in @access (CreatePipe, 7.8) */
NPFS_EXPORT void npfs_end_narrow(struct npfs_end *end, uint32_t access);

/*
 * npfs_personality_set(), npfs_personality_get() - which system's restrictions apply
 * @name: "book", "modern", "nt4", "w95", "lanman"
 *
 * For the whole process, from then on. $NPFS_PERSONALITY wins over the call.
 * Return: STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND: no such personality.
 */
NPFS_EXPORT npfs_status npfs_personality_set(const char *name);
NPFS_EXPORT const char *npfs_personality_get(void);

/* npfs_rule() - value of one row of the personality table, by its name; -1: no such row */
NPFS_EXPORT int64_t npfs_rule(const char *row);

#ifdef __cplusplus
}
#endif
#endif
