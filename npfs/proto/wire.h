/* SPDX-License-Identifier: MIT */
/*
 * The protocol between a client and the broker
 *
 * A connection is a SOCK_SEQPACKET socket; one packet is one request or one reply:
 *
 *	struct np_wire_header	32 bytes
 *	fixed part		struct np_req_<op> or struct np_rep_<op>, a multiple of 8
 *	name			header.name_len bytes of UTF-16 units, no terminator
 *	extra			header.extra_len bytes, meaning per operation
 *
 * Numbers are in the machine's byte order: both sides run on one kernel. The first
 * request is HELLO; the first five fields of the header keep their place in every
 * version, so that two versions that do not understand each other can at least say so.
 * Replies carry the tag of their request and come in the order of the requests.
 *
 * A packet that breaks a rule of this page is a protocol error: its sender is dropped and
 * nobody else notices. What a rule leaves open (a name nobody has, an access that is
 * denied, a read mode that does not exist) is answered with a status.
 *
 * The channel: on a successful CREATE and LISTEN the server receives {memfd, its socket
 * of a new pair}; on a successful OPEN the client receives its socket of that pair. Each
 * end then finds one packet from the broker on its own socket, which its peer cannot
 * have written:
 *
 *	client's socket	queued before the server ever holds the other end:
 *			struct np_channel_memfd, with the memfd
 *	server's socket	queued before the client ever holds the other end:
 *			struct np_channel_hello, who the client is
 *
 * So the broker keeps one descriptor for a listening instance and none for a connected
 * one, and 10,000 instances fit a limit of 20,000 descriptors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"

#define NP_WIRE_MAGIC   0x7366706eu /* "npfs" */
#define NP_WIRE_VERSION 1u

/* A longer NT name does not exist: 65532 bytes with the backslash that is not sent. */
#define NP_WIRE_NAME_MAX 65532u
/*
 * A self-relative descriptor: two ACLs of at most 64 KiB would not fit, one large one
 * does.
 */
#define NP_WIRE_EXTRA_MAX 65536u
/* The largest packet of any operation, with room for the fixed part. */
#define NP_WIRE_PACKET_MAX (131072u + 1024u)

/* Descriptors that come with one packet, at most. */
#define NP_WIRE_FDS_MAX 8u

/* np_wire_header.flags of a request */
#define NP_REQ_NO_REPLY 0x1u
#define NP_REQ_FLAGS    0x1u

/* Properties of an operation, in wire.def. */
#define NP_OPF_FIRST  0x01u
#define NP_OPF_NAME   0x02u
#define NP_OPF_EXTRA  0x04u
#define NP_OPF_QUIET  0x08u
#define NP_OPF_BLOCKS 0x10u
#define NP_OPF_INSTANCE 0x20u
#define NP_OPF_FDS 0x40u

enum np_op {
#define NP_OP(number, NAME, name, flags, fds_in, fds_out) NP_OP_##NAME = (number),
#include "npfs/proto/wire.def"
};

/* Room in the tables; the largest number an operation can have. */
#define NP_OP_LAST 63

/* flags of np_req_open */
#define NP_OPEN_REMOTE    0x00000001u /* the client stands for one on another machine */
#define NP_OPEN_SQOS_MASK 0x001f0000u /* the SECURITY_SQOS bits, handed to the server */
#define NP_OPEN_FLAGS     (NP_OPEN_REMOTE | NP_OPEN_SQOS_MASK)

/* What they mean: the level and two flags; without NP_SQOS_PRESENT none of them is given. */
#define NP_SQOS_PRESENT	       0x00100000u
#define NP_SQOS_EFFECTIVE_ONLY 0x00080000u
#define NP_SQOS_DYNAMIC	       0x00040000u
#define NP_SQOS_LEVEL_SHIFT    16
#define NP_SQOS_LEVEL_MASK     0x3u

struct np_wire_header {
	uint32_t magic;
	uint16_t version;
	uint16_t op;
	uint32_t tag;
	uint32_t total_len; /* the whole packet */
	uint32_t status;    /* replies; 0 in requests */
	uint32_t flags;     /* requests; 0 in replies */
	uint32_t name_len;  /* bytes */
	uint32_t extra_len; /* bytes */
};

/*
 * What a handle may do, sealed by the broker: it goes out with the reply that made the end,
 * stays with the end wherever that goes, and comes back in requests about the pipe's
 * descriptor. Only this broker can make one, so it need not remember whom it gave it to.
 */
struct np_ticket {
	uint64_t serial; /* of the pipe */
	uint64_t connection; /* a client end's; of a server end 0 */
	uint32_t access; /* granted to the end */
	uint32_t reserved;
	uint64_t seal; /* over the fields before */
};

/*
 * As whom a request is made. A key is the secret of a connection: to have it is to hold
 * that connection, and whoever connected it is who the kernel says it was.
 */
struct np_as {
	uint64_t key[2]; /* of another connection, or 0: of this one */
	uint32_t flags;	 /* NP_AS_ */
	uint32_t reserved;
};

#define NP_AS_ANONYMOUS 0x1u /* as nobody: less than any caller is */
#define NP_AS_FLAGS	NP_AS_ANONYMOUS

struct np_req_hello {
	uint32_t version;
	uint32_t reserved;
};

struct np_rep_hello {
	uint32_t version;
	uint32_t pid;	 /* of the broker */
	uint64_t key[2]; /* of this connection, for struct np_as */
};

struct np_req_create {
	uint32_t access;
	uint32_t share;
	uint32_t disposition;
	uint32_t options;
	uint32_t type;
	uint32_t read_mode;
	uint32_t completion_mode;
	uint32_t max_instances;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	int64_t default_timeout;
	uint32_t has_timeout; /* 0 or 1 */
	uint32_t rules;       /* bits of the caller's personality; the model knows them */
	struct np_as as;
};

/* flags of np_rep_create */
#define NP_REP_HELD 0x1u /* an open: the broker keeps a copy of the server's socket */

struct np_rep_create {
	uint64_t instance_id;
	uint32_t information;
	uint32_t type;
	uint32_t config;
	uint32_t max_instances;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t granted_access;
	uint32_t server_pid;
	uint32_t server_session;
	uint32_t flags; /* NP_REP_ */
	struct np_ticket ticket;
	uint64_t warrant; /* of the server's end: what it takes to claim the instance */
};

struct np_req_open {
	uint32_t access;
	uint32_t rules;
	uint32_t flags; /* NP_OPEN_ */
	uint32_t reserved;
	struct np_as as;
	uint64_t privileges; /* the caller says it has enabled; handed to the server */
};

#define np_rep_open np_rep_create

struct np_req_listen {
	uint64_t instance_id;
};

struct np_rep_listen {
	uint32_t previous_state;
	uint32_t reserved;
};

#define np_req_disconnect np_req_listen
#define np_rep_disconnect np_rep_listen
#define np_req_close      np_req_listen
#define np_rep_close      np_rep_listen

/* With instance_id 0 by name, else without a name. */
struct np_req_query {
	uint64_t instance_id;
};

/*
 * An instance that is gone is no error: its pipe counts 0 instances for whoever holds
 * it.
 */
struct np_rep_query {
	uint32_t current_instances;
	uint32_t max_instances;
	uint32_t type;
	uint32_t config;
	uint32_t state; /* of the instance; 0 by name and for one that is gone */
	uint32_t n_listening;
	uint32_t n_waiters;
	uint32_t reserved;
	int64_t default_timeout;
};

struct np_req_wait {
	int64_t timeout; /* 100 ns, negative: relative; INT64_MIN: for ever */
	uint32_t use_default;
	uint32_t rules;
};

struct np_rep_wait {
	uint64_t reserved;
};

struct np_req_list {
	uint64_t after; /* 0, or the cursor of the page before */
};

/* extra: n_entries times struct np_wire_list_entry and its name, padded to 8. */
struct np_rep_list {
	uint64_t cursor; /* 0: that was the last page */
	uint32_t n_entries;
	uint32_t reserved;
};

struct np_wire_list_entry {
	uint32_t current_instances;
	uint32_t max_instances;
	uint32_t name_len; /* bytes */
	uint32_t reserved;
};

/* Changes to the names from this cursor on; 0 asks for the cursor behind the last one. */
struct np_req_watch {
	uint64_t cursor;
};

/* extra: n_entries times struct np_wire_change and its name, padded to 8. */
struct np_rep_watch {
	uint64_t cursor;
	uint32_t n_entries;
	uint32_t has_missed; /* 1: there were changes that are not told */
};

struct np_wire_change {
	uint32_t action;   /* 1 added, 2 removed, 3 other number of instances */
	uint32_t name_len; /* bytes */
};

struct np_req_stats {
	uint64_t reserved;
};

struct np_rep_stats {
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

struct np_req_get_security {
	struct np_ticket ticket;
	uint32_t information; /* OWNER_SECURITY_INFORMATION and friends */
	uint32_t reserved;
};

/* extra: the parts asked for, as a self-relative descriptor. */
struct np_rep_get_security {
	uint64_t reserved;
};

/* extra: a self-relative descriptor; the parts asked for are taken from it. */
struct np_req_set_security {
	struct np_ticket ticket;
	struct np_as as;
	uint32_t information;
	uint32_t reserved;
};

#define np_rep_set_security np_rep_get_security

/*
 * The caller writes on the client end that has the ticket and wants that the server can learn
 * as whom. extra of the reply: a struct np_channel_hello with its groups, sealed.
 */
struct np_req_certify {
	struct np_ticket ticket;
	struct np_as as;
	uint64_t privileges; /* the caller says it has enabled */
};

#define np_rep_certify np_rep_get_security

/* extra: what CERTIFY gave out. Did this broker? */
struct np_req_verify {
	uint64_t reserved;
};

#define np_rep_verify np_rep_get_security

/* Types and flags: proto/object.h. Without a name the object has none. */
struct np_req_object_create {
	uint32_t type;
	uint32_t flags;
	uint32_t initial; /* 1: signaled, owned by the caller; of a semaphore its count */
	uint32_t limit;   /* of a semaphore; otherwise 1 */
	uint32_t access;
	uint32_t reserved;
	struct np_as as;
};

/* With two descriptors: the mapping and the eventfd. */
struct np_rep_object_create {
	uint64_t id;
	uint64_t cookie[2]; /* whoever knows it may join */
	uint32_t information; /* FILE_CREATED or FILE_OPENED */
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	uint32_t granted_access;
	uint32_t holder; /* the caller's number in the object's word */
};

struct np_req_object_open {
	uint32_t type;
	uint32_t access;
	struct np_as as;
};

#define np_rep_object_open np_rep_object_create

struct np_req_object_close {
	uint64_t id;
	uint32_t n_opens; /* how many opens are closed */
	uint32_t stays;   /* 1: the caller goes on as a holder, without a name */
};

struct np_rep_object_close {
	uint64_t reserved;
};

struct np_req_object_lend {
	uint64_t id;
	uint32_t access; /* at most what the caller was granted goes */
	uint32_t reserved;
};

/*
 * With which rights somebody may join: what the broker said of them, and believes when it
 * is told. The cookie is sealed, too: without it nobody joins.
 */
struct np_loan {
	uint64_t id;
	uint64_t cookie[2];
	uint32_t access;
	uint32_t reserved;
	uint64_t seal; /* over the fields before */
};

/* With one descriptor; as long as a copy of it is open, the object and its name stay. */
struct np_rep_object_lend {
	struct np_loan loan;
};

struct np_req_object_join {
	struct np_loan loan;
};

#define np_rep_object_join np_rep_object_create

/* About an object that the caller holds. The parts are those of GET_SECURITY. */
struct np_req_object_get_security {
	uint64_t id;
	struct np_as as;
	uint32_t information;
	uint32_t reserved;
};

#define np_rep_object_get_security np_rep_get_security

/* extra: a self-relative descriptor; the parts asked for are taken from it. */
#define np_req_object_set_security np_req_object_get_security
#define np_rep_object_set_security np_rep_get_security

/*
 * The caller held this object with the broker before this one. With the mapping and the
 * eventfd, of which this broker has copies when one holder has claimed it.
 */
struct np_req_object_claim {
	uint64_t id;
	uint64_t cookie[2];
	uint32_t holder;  /* its number */
	uint32_t n_opens; /* some of those that it has; added up over its claims */
};

#define np_rep_object_claim np_rep_object_close

/*
 * The instance gets a connection of its own, which comes with the reply. Requests about the
 * instance go over that one from now on, and the instance lives as long as it: whoever holds
 * a copy of the descriptor holds the instance.
 */
#define np_req_share np_req_listen
#define np_rep_share np_rep_listen

/* With the parcel's descriptors; extra: its bytes. For process @pid of the same user. */
struct np_req_deposit {
	uint32_t pid;
	uint32_t kind;
	uint32_t access;
	uint32_t flags;
};

/*
 * What a process had with the broker before this one: an instance, shown by its warrant,
 * or that it has named them all. Two descriptors come back for one that listens: the memfd
 * and the server's socket.
 */
struct np_req_claim {
	uint64_t instance_id;
	uint64_t warrant;
	uint32_t flags; /* NP_CLAIM_ */
	uint32_t reserved;
};

#define NP_CLAIM_LISTENS 0x1u /* it listened, and is to listen again */
#define NP_CLAIM_LAST	 0x2u /* there are no more; the rest of the request means nothing */
#define NP_CLAIM_FLAGS	 0x3u

struct np_rep_claim {
	uint64_t reserved;
};

#define NP_TICKET_MASK 0x7fffffu

struct np_rep_deposit {
	uint32_t ticket; /* within NP_TICKET_MASK */
	uint32_t reserved;
};

struct np_req_collect {
	uint32_t ticket;
	uint32_t reserved;
};

struct np_rep_collect {
	uint32_t kind;
	uint32_t access;
	uint32_t flags;
	uint32_t reserved;
};

/* For tools: a look at a pipe by its name. Nothing is taken and nobody is woken. */
struct np_req_inspect {
	uint32_t part; /* NP_INSPECT_ */
	uint32_t reserved;
	uint64_t after; /* 0, or the cursor of the page before */
	struct np_as as;
};

#define NP_INSPECT_INSTANCES  1u /* extra: struct np_wire_instance */
#define NP_INSPECT_WAITERS    2u /* extra: struct np_wire_waiter */
#define NP_INSPECT_DESCRIPTOR 3u /* extra: a self-relative descriptor */

/*
 * To whoever may not read the pipe's descriptor, has no instance of it and is no
 * administrator, only the two numbers of a listing are told.
 */
struct np_rep_inspect {
	uint32_t current_instances;
	uint32_t max_instances;
	uint32_t flags; /* NP_INSPECTED_ */
	uint32_t type;
	uint32_t config;
	uint32_t n_listening;
	uint32_t n_waiters;
	uint32_t n_entries;
	int64_t default_timeout;
	uint64_t cursor; /* 0: that was the last page */
};

#define NP_INSPECTED_WHOLE	    0x1u /* all is told; else the rest is 0 */
#define NP_INSPECTED_REJECTS_REMOTE 0x2u
#define NP_INSPECTED_OLD_RULES	    0x4u /* its clients hold the name (np_pipe_heeds_clients()) */

struct np_wire_instance {
	uint64_t id;
	uint32_t state;
	uint32_t server_pid; /* 0 and no uid: the server end is gone */
	uint32_t server_session;
	uint32_t server_uid;
	uint32_t client_pid; /* 0: no client, or not known since the broker is another one */
	uint32_t client_uid;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
};

struct np_wire_waiter {
	uint32_t pid;
	uint32_t uid;
};

/* What would an open be answered? */
struct np_req_probe {
	uint32_t access;
	uint32_t rules;
	struct np_as as;
};

struct np_rep_probe {
	uint32_t allowed; /* what the descriptor gives the caller at most */
	uint32_t reserved;
};

/*
 * For tools: what has happened to instances from this cursor on, as far as the caller may know;
 * 0 asks for the cursor behind the last event. Whoever asked is a subscriber until it asks to
 * stop, or leaves; without one nothing is recorded. With the name of a pipe that is there: is
 * refused to who may not trace any instance of it.
 */
struct np_req_trace {
	uint64_t cursor;
	uint32_t flags; /* NP_TRACE_ */
	uint32_t reserved;
	struct np_as as;
};

#define NP_TRACE_STOP  0x1u
#define NP_TRACE_FLAGS NP_TRACE_STOP

/* extra: n_entries times struct np_wire_trace and its name, padded to 8. */
struct np_rep_trace {
	uint64_t cursor;
	uint32_t n_entries;
	uint32_t has_missed; /* 1: there were events that are not told */
};

enum np_trace_kind {
	NP_TRACE_CREATED = 1,
	NP_TRACE_LISTENS = 2, /* again */
	NP_TRACE_OPENED = 3,
	NP_TRACE_REFUSED = 4, /* an open; only name, client and status are known */
	NP_TRACE_DISCONNECTED = 5,
	NP_TRACE_CLOSED = 6, /* the server's end */
};

struct np_wire_trace {
	uint32_t kind;
	uint32_t name_len; /* bytes */
	uint64_t instance_id;
	int64_t time_ns; /* CLOCK_REALTIME */
	uint32_t server_pid;
	uint32_t server_uid;
	uint32_t client_pid; /* 0: none */
	uint32_t client_uid;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t type;
	uint32_t status;
	uint32_t has_memfd; /* 1: the next of the reply's descriptors is the channel's memfd, read-only */
	uint32_t reserved;
};

#define NP_CHANNEL_MAGIC   0x6e6e6863u /* "chnn" */
#define NP_CHANNEL_VERSION 1u

/*
 * Who a client is. Behind it the client's supplementary groups, n_gids times a 32-bit number.
 *
 * It is the first packet on the server's socket once a client is there, from the broker. The
 * same with a seal says who the client's thread was at a later write; that one comes through
 * the ring (NP_REC_CONTEXT) and counts when the connection is this one and the broker knows
 * its seal (VERIFY).
 */
struct np_channel_hello {
	uint32_t magic;
	uint32_t version;
	uint32_t client_pid;
	uint32_t client_uid;
	uint32_t client_gid;
	uint32_t client_session;
	uint32_t granted_access;
	uint32_t flags; /* NP_OPEN_, NP_HELLO_ */
	uint32_t n_gids;
	uint32_t reserved;
	uint64_t privileges; /* what the client said it has enabled; nobody has checked it */
	uint64_t connection; /* a number of the broker's that no other connection has */
	uint64_t seal;	     /* over all of it, the groups too, with 0 in this place; or 0 */
};

/* A client in more groups than this cannot be impersonated; nobody gets half an identity. */
#define NP_HELLO_GIDS_MAX 1000u

/* np_channel_hello.flags besides those of the open */
#define NP_HELLO_SOME_GROUPS 0x80000000u /* there are more groups than the packet has */
#define NP_HELLO_ANONYMOUS   0x40000000u /* the client was nobody when it opened */

/* The first packet on the client's socket; the memfd comes with it. From the broker. */
struct np_channel_memfd {
	uint32_t magic;
	uint32_t version;
	uint64_t instance_id;
};

union np_wire_req {
#define NP_OP(number, NAME, name, flags, fds_in, fds_out) struct np_req_##name name;
#include "npfs/proto/wire.def"
};

union np_wire_rep {
#define NP_OP(number, NAME, name, flags, fds_in, fds_out) struct np_rep_##name name;
#include "npfs/proto/wire.def"
};

struct np_op_info {
	const char *name; /* NULL: there is no such operation */
	uint16_t req_len;
	uint16_t rep_len;
	uint8_t flags; /* NP_OPF_ */
	uint8_t n_fds_in;
	uint8_t n_fds_out;
};

/* A request or reply that was found to be well formed. */
struct np_wire_msg {
	struct np_wire_header header; /* a copy */
	union {
		union np_wire_req req; /* a copy */
		union np_wire_rep rep; /* a copy */
	} fixed;
	const void *name;  /* borrowed from the packet; aligned for its units */
	const void *extra; /* borrowed from the packet */
};

const struct np_op_info *np_op_find(unsigned op);
const char *np_op_name(unsigned op);

int np_wire_check_request(const void *packet, size_t len, unsigned n_fds, bool is_first,
			  struct np_wire_msg *msgp) NP_MUST_CHECK;
int np_wire_check_reply(const void *packet, size_t len, unsigned n_fds, unsigned op,
			uint32_t tag, struct np_wire_msg *msgp) NP_MUST_CHECK;

size_t np_wire_pack_request(void *packet, size_t cap, unsigned op, uint32_t tag,
			    uint32_t flags, const void *fixed, const void *name,
			    size_t name_len, const void *extra, size_t extra_len);
size_t np_wire_pack_reply(void *packet, size_t cap, unsigned op, uint32_t tag,
			  uint32_t status, const void *fixed, const void *extra,
			  size_t extra_len);
