/* SPDX-License-Identifier: MIT */
/*
 * Calls to the broker, one function per request.
 *
 * Everything a program's ends ask of the name space goes through here. A call that is
 * not a wait shares the process's one control connection (conn.h), holds its lock for
 * one round trip and starts the broker when there is none. A wait borrows a connection
 * of its own from a pool, so it delays nobody.
 *
 * Names are UTF-16 units behind the last backslash of `\Device\NamedPipe\`, lengths are
 * in units. All functions may be called from every thread; none may be called from a
 * signal handler. Outputs are written only on STATUS_SUCCESS, except where a function
 * says more.
 *
 * Besides the answers of the operation itself every call may return:
 *
 *	STATUS_UNSUCCESSFUL		no broker, and none could be started
 *	STATUS_NOT_SUPPORTED		no broker, and NPFS_NO_AUTOSTART forbids one
 *	STATUS_REVISION_MISMATCH	the broker speaks another version of the protocol
 *	STATUS_PIPE_BROKEN		the connection broke during the call, which cannot
 *					be made again, or again and again
 *	STATUS_INSUFFICIENT_RESOURCES	memory or descriptors ran out
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/proto/wire.h"

struct np_registered;

/* The name as the pipe's creator spells it. */
struct np_call_name {
	uint16_t *units; /* owned by the caller; NULL: as it was asked for */
	size_t len;
};

/* What NtCreateNamedPipeFile takes; the broker checks all of it. */
struct np_call_create_args {
	uint32_t access; /* desired access of the server end */
	uint32_t share;  /* FILE_SHARE_READ | FILE_SHARE_WRITE: gives the direction */
	uint32_t disposition; /* FILE_OPEN, FILE_CREATE or FILE_OPEN_IF */
	uint32_t options;     /* FILE_SYNCHRONOUS_IO_NONALERT and friends */
	uint32_t type;        /* pipe type and the reject-remote bit */
	uint32_t read_mode;
	uint32_t completion_mode;
	uint32_t max_instances; /* 0xffffffff: unlimited */
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	int64_t default_timeout; /* 100 ns, negative; used when has_timeout */
	bool has_timeout;
	uint32_t rules;  /* np_rules_pack() of the caller's personality */
	const void *sd;  /* borrowed; NULL for the default descriptor */
	uint32_t sd_len; /* bytes */
	struct np_as as; /* np_identity_as() */
	struct np_registered *registered; /* entered on success; NULL: nowhere */
	struct np_call_name *spelling; /* empty, written on success; NULL: it is not wanted */
};

struct np_call_open_args {
	uint32_t access;
	uint32_t rules;	     /* np_rules_pack() of the caller's personality */
	uint32_t flags;	     /* NP_OPEN_REMOTE and SECURITY_SQOS bits, for the server */
	struct np_as as;     /* np_identity_as() */
	uint64_t privileges; /* np_identity_enabled(), for the server */
	struct np_call_name *spelling; /* empty, written on success; NULL: it is not wanted */
};

/* What the broker says of the instance and its pipe. */
struct np_call_info {
	uint64_t instance_id;
	uint32_t information; /* FILE_CREATED or FILE_OPENED */
	uint32_t type;        /* effective pipe type, without the reject-remote bit */
	uint32_t config;      /* FILE_PIPE_INBOUND, _OUTBOUND or _FULL_DUPLEX */
	uint32_t max_instances;
	uint32_t inbound_quota; /* of this instance */
	uint32_t outbound_quota;
	uint32_t granted_access;
	uint32_t server_pid;
	uint32_t server_session;
	uint64_t warrant; /* of a server end: see registry.h */
	bool is_held;		 /* the broker keeps the server's socket: see np_end_attach() */
	struct np_ticket ticket; /* what this end may do, for requests about the descriptor */
};

/* A prepared channel; both descriptors are owned by the caller afterwards. */
struct np_call_channel {
	int shm_fd;  /* sealed memfd, np_shm_size() of the instance's quotas long */
	int sock_fd; /* this end's socket of the pair */
};

/* clang-format off */
#define NP_CALL_CHANNEL_INIT { -1, -1 }
/* clang-format on */

/* What a query by name tells. */
struct np_call_pipe_info {
	uint32_t current_instances;
	uint32_t max_instances;
	uint32_t type;
	uint32_t config;
	uint32_t n_listening;
	uint32_t n_waiters;
	int64_t default_timeout;
};

/* Fired by another thread to end a wait. */
struct np_call_cancel {
	int event_fd; /* owned; -1 when not initialised */
};

/* clang-format off */
#define NP_CALL_CANCEL_INIT { -1 }
/* clang-format on */

/* The broker's counters, for tests and tools. */
struct np_call_stats {
	uint32_t broker_pid;
	uint32_t n_clients;
	uint32_t n_pipes;
	uint32_t n_instances;
	uint32_t n_waiters;
	uint32_t reserved;
	uint64_t n_accepted;
	uint64_t n_dropped;
	uint64_t n_requests;
};

/* One name out of a page of the list. */
struct np_call_list_entry {
	uint32_t current_instances;
	uint32_t max_instances;
	const uint16_t *name; /* borrowed for the length of the callback */
	size_t name_len;
};

/* Return false to end the listing. */
typedef bool (*np_call_list_fn)(const struct np_call_list_entry *entry, void *user);

/* names */
npfs_status np_call_create(const uint16_t *name, size_t name_len,
			   const struct np_call_create_args *args,
			   struct np_call_info *infop, struct np_call_channel *channelp);
npfs_status np_call_open(const uint16_t *name, size_t name_len,
			 const struct np_call_open_args *args, struct np_call_info *infop,
			 struct np_call_channel *channelp);
npfs_status np_call_wait(const uint16_t *name, size_t name_len, int64_t timeout_100ns,
			 bool use_default, uint32_t rules, struct np_call_cancel *cancel);
npfs_status np_call_query_name(const uint16_t *name, size_t name_len,
			       struct np_call_pipe_info *infop);
npfs_status np_call_list(np_call_list_fn fn, void *user);

/* instances; @via is NULL for one that this process holds alone */
struct np_conn_via;
npfs_status np_call_listen(const struct np_conn_via *via, uint64_t instance_id,
			   struct np_call_channel *channelp,
			   struct np_registered *registered);
npfs_status np_call_disconnect(const struct np_conn_via *via, uint64_t instance_id,
			       bool want_reply, uint32_t *previous_statep);
npfs_status np_call_close(const struct np_conn_via *via, uint64_t instance_id,
			  void (*sent)(void *arg), void *arg);
npfs_status np_call_share(uint64_t instance_id, int *fdp);
npfs_status np_call_query(uint64_t instance_id, uint32_t *current_instancesp,
			  uint32_t *max_instancesp);

/* descriptors */
npfs_status np_call_get_security(const struct np_ticket *ticket, uint32_t information,
				 void **sdp, size_t *lenp);
npfs_status np_call_set_security(const struct np_ticket *ticket, uint32_t information,
				 const void *sd, size_t len, const struct np_as *as);

/* contexts */
npfs_status np_call_certify(const struct np_ticket *ticket, const struct np_as *as,
			    uint64_t privileges, void **bytesp, size_t *lenp);
npfs_status np_call_verify(const void *bytes, size_t len);

/* the broker itself */
npfs_status np_call_stats(struct np_call_stats *statsp);

/* cancelling */
int np_call_cancel_init(struct np_call_cancel *cancel);
void np_call_cancel_fini(struct np_call_cancel *cancel);
void np_call_cancel_fire(struct np_call_cancel *cancel);

/* process */
void np_call_fork_child(void);
void np_call_shutdown(void);
