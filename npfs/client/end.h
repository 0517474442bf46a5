/* SPDX-License-Identifier: MIT */
/*
 * One end of an instance, as the process that holds it sees it
 *
 * States and what moves between them:
 *
 *	LISTENING	server end, channel mapped; the broker's hello on the socket makes it
 *			CONNECTED. When the broker dies the channel is dead until there is
 *			another one (registry.h)
 *	CONNECTED	the peer's bell saying CLOSED, or the socket's end, makes it CLOSING;
 *			for a client the server's bell saying DETACHED makes it DETACHED
 *	CLOSING		the peer is gone, what it left can be read
 *	DISCONNECTED	server end without a channel; listening again makes it LISTENING
 *	DETACHED	client end, for ever
 *	CLOSED		the last handle is gone; LINGERING while writes are still unread
 *	FORKED		belongs to the process that this one was forked from
 *
 * Locking. `lock` protects everything below it in the struct. An end for synchronous I/O
 * holds it for a whole call, asleep too: that is the file object lock of npfs-semantics.md
 * section 5.8. Other ends hold it for moments and give it up to sleep. The engine takes
 * the lock when that is free or the end is asynchronous; a synchronous end in a call it
 * just wakes, through `event` and the bells, under `map_lock`, which guards the mapping
 * against being unmapped meanwhile.
 *
 * Being watched. The engine watches an end from its first use on: a read, a write, a flush, a
 * peek or a listen. What only asks for something or closes looks at the socket itself. Until
 * then `event` stays set, so no call takes the fast way past a peer that died unseen.
 *
 * An end that several processes hold has another lock and more states to follow: share.h.
 *
 * Completions are collected on a np_done list under the lock and run after it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/aio.h>
#include <npfs/pipe.h>

#include "npfs/base/list.h"
#include "npfs/client/call.h"
#include "npfs/client/engine.h"
#include "npfs/client/lock.h"
#include "npfs/client/registry.h"
#include "npfs/client/share.h"
#include "npfs/core/lane.h"
#include "npfs/proto/wire.h"

enum np_end_state {
	NP_END_LISTENING,
	NP_END_CONNECTED,
	NP_END_CLOSING,
	NP_END_DISCONNECTED,
	NP_END_DETACHED,
	NP_END_LINGERING,
	NP_END_CLOSED,
	NP_END_FORKED,
};

enum np_request_kind {
	NP_REQUEST_NONE,
	NP_REQUEST_LISTEN,
	NP_REQUEST_READ, /* a transact's reply too */
	NP_REQUEST_WRITE,
	NP_REQUEST_FLUSH,
};

/* What npfs_op.reserved holds. */
struct np_request {
	struct np_list link; /* in np_end.ops while in flight, or on a done list */
	struct npfs_op *op;  /* the public face; NULL: a thread blocks in the call */
	enum np_request_kind kind;
	bool is_done;
	bool is_waiting; /* of a shared end: in np_share.waiting, not in the lane */
	bool is_alone;	 /* a write that its caller does not wait for; allocated, in no list */
	bool is_told;	 /* of a shared end: its packet is made, share_tie.h */
	uint16_t flight; /* likewise: number of its entry in the page, plus 1; 0: none */
	npfs_status status;
	uint32_t information;
	unsigned flags; /* of a write that waits: NP_WRITE_ */
	struct np_list turn_link; /* in np_share.waiting */
	union {
		struct np_lane_read read;
		struct np_lane_write write;
		struct np_lane_flush flush;
	};
};

static_assert(sizeof(struct np_request) <= sizeof(((struct npfs_op *)0)->reserved),
	      "an operation fits its public face");

struct np_tie;

struct npfs_end {
	struct np_lock lock;
	_Atomic uint32_t state; /* enum np_end_state; changed under the lock */
	bool is_server;
	bool is_sync;
	bool is_nowait;
	uint32_t access; /* granted */

	/* the channel; mapped in LISTENING, CONNECTED, CLOSING and LINGERING */
	struct np_shm_bell *mine, *peers;
	struct np_lane_reader in;
	struct np_lane_writer out;
	void *map; /* owned */
	size_t map_size;
	void *wall; /* owned: lanes the client has no right to, map_size long; or NULL */
	int sock; /* owned; -1 without a channel */
	_Atomic int shm_fd; /* owned; -1: closed after mapping, the end cannot become shared */
	bool is_inheritable; /* keep `shm_fd` in any case */

	struct np_share *_Atomic share;	      /* owned; NULL: held by this process alone */
	struct np_share *_Atomic share_offer; /* owned; to be installed by who has the lock */
	struct np_share *orphan_share;	      /* owned: the parent's, after a fork */
	struct np_lock export_lock;	      /* one export at a time */
	struct np_lock switch_lock;	      /* while one channel takes another's place; last of all */
	struct np_tie *_Atomic tie;	      /* counted; NULL: not tied by this process */

	/* see wake.c */
	uint32_t spin;	       /* how long it has lately paid to spin */
	uint32_t spin_misses;  /* near misses since the last trial */
	uint32_t spin_patience; /* so many are let pass before the next */

	struct np_list ops; /* of np_request, oldest first */
	struct np_list orphans; /* of np_request: the parent's, after a fork; never looked at */
	void (*on_block)(void *arg, bool begins); /* asked for by the owner; NULL: nobody is told */
	void *on_block_arg;

	/* what the broker said */
	struct np_call_info info;
	struct npfs_peer client;
	bool has_client;
	bool is_dynamic; /* its context comes with what it writes; of both ends */
	bool has_peeked; /* something of this client's was seen by a peek */
	struct npfs_identity *identity; /* counted: the client's; NULL at a client end */
	struct npfs_identity *context;	/* counted: as context.h has it; or NULL */
	uint64_t context_seal;		/* of the note that it was made from */
	uint64_t connection;		/* the client's; 0 at a client end */
	uint32_t open_flags;		/* NP_OPEN_ */
	void *hello; /* owned: the packet that said so, of a server end; NULL without memory */
	size_t hello_len;
	uint16_t *name; /* owned; for traces */
	size_t name_len;

	unsigned n_rings; /* at most so many doorbells lie unread in the socket */
	_Atomic bool gone; /* the socket's other end is closed; set under the lock */
	bool is_settled;   /* the broker keeps no copy of the channel's sockets any more */
	bool is_watched;   /* by the engine; until then `event` stays set */

	/* written by the engine without the lock */
	_Atomic bool event;    /* somebody should look at the socket */
	_Atomic uint32_t wake; /* process-private futex word of listening sleepers */
	struct np_lock map_lock;

	_Atomic uint32_t refs; /* the owner, the engine while it looks, lingering */
	struct np_watch watch; /* of `sock` */
	struct np_registered registered; /* of a server end */
};

/* lifetime: end.c */
npfs_status np_end_new(const uint16_t *name, size_t name_len, bool is_server,
		       bool is_sync, struct npfs_end **endp);
void np_end_ref(struct npfs_end *end);
void np_end_unref(struct npfs_end *end);

/* channel: end.c */
npfs_status np_end_attach(struct npfs_end *end, struct np_call_channel *channel);
npfs_status np_end_wall(struct npfs_end *end, uint32_t granted) NP_MUST_CHECK;
void np_end_detach(struct npfs_end *end);
void np_end_say(struct npfs_end *end, enum np_shm_state state);
bool np_end_watch(struct npfs_end *end);
void np_end_refresh(struct npfs_end *end, struct np_list *done);
void np_end_glance(struct npfs_end *end, struct np_list *done);
void np_end_pump(struct npfs_end *end, struct np_list *done);
void np_end_rearm(struct npfs_end *end, struct np_list *done);
void np_end_look(struct npfs_end *end);
void np_end_drop_memfd(struct npfs_end *end);
void np_end_fork_child(struct npfs_end *end);
bool np_end_take_hello(struct npfs_end *end, const void *packet, size_t len,
		       uint32_t *grantedp);
void np_end_stop_lingering(struct npfs_end *end, struct np_list *done);
void np_end_finish_listens(struct npfs_end *end, npfs_status status, struct np_list *done);
void np_end_fail_writes(struct npfs_end *end, npfs_status status, struct np_list *done);
void np_end_fail_all(struct npfs_end *end, npfs_status status, struct np_list *done);
void np_end_fail_all_but_writes(struct npfs_end *end, npfs_status status,
				struct np_list *done);

/* locking; unlock runs what is on the done list */
void np_end_lock(struct npfs_end *end);
bool np_end_lock_private(struct npfs_end *end);
void np_end_unlock(struct npfs_end *end, struct np_list *done);
void np_end_unlock_leaving(struct npfs_end *end);

/*
 * np_end_unlock_plain() - unlock an end whose own lock was free and was taken with
 * np_lock_try(): so this process alone holds it, and nothing is on a done list
 */
static inline void np_end_unlock_plain(struct npfs_end *end)
{
	if (NP_LIKELY(np_list_is_empty(&end->out.stalled)))
		np_lock_give(&end->lock);
	else
		np_end_unlock_leaving(end);
}

/* operations: end.c */
void np_request_start(struct npfs_end *end, struct np_request *o, struct npfs_op *op,
		 enum np_request_kind kind);
void np_request_finish(struct npfs_end *end, struct np_request *o, npfs_status status,
		  uint32_t information, struct np_list *done);
void np_request_cancel(struct npfs_end *end, struct np_request *o, struct np_list *done);
npfs_status np_request_settle(struct npfs_end *end, struct np_request *o, uint32_t bits,
			 struct np_list *done);

/* sleeping and waking: wake.c */
void np_wake_peer(struct npfs_end *end, uint32_t bits);
void np_wake_self(struct npfs_end *end);
void np_wake_arm(struct npfs_end *end, uint32_t bits);
void np_wake_look_out(struct npfs_end *end, uint32_t bits);
bool np_wake_has_news(struct npfs_end *end);
bool np_wake_may_spin(void);
bool np_wake_spin_pays(const struct npfs_end *end);
bool np_wake_spin_read(struct npfs_end *end);
bool np_wake_spin_write(struct npfs_end *end);
npfs_status np_wake_block(struct npfs_end *end, struct np_request *o, uint32_t bits,
			  struct np_list *done);

/* Publish-then-look: the fence's partner is in np_wake_arm(). */
static inline void np_wake_if_armed(struct npfs_end *end, uint32_t bits)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (NP_UNLIKELY(atomic_load_explicit(&end->peers->armed, memory_order_relaxed) &
			bits))
		np_wake_peer(end, bits);
}

/* The state in which reads and writes need no second look. */
static inline bool np_end_is_plainly_connected(struct npfs_end *end)
{
	return atomic_load_explicit(&end->state, memory_order_relaxed) ==
		       NP_END_CONNECTED &&
	       atomic_load_explicit(&end->peers->state, memory_order_acquire) ==
		       NP_SHM_OPEN &&
	       !atomic_load_explicit(&end->gone, memory_order_relaxed) &&
	       !atomic_load_explicit(&end->event, memory_order_relaxed);
}

/* Over which connection the broker is asked about a server end; under the lock. */
static inline const struct np_conn_via *np_end_via(struct npfs_end *end,
						   struct np_conn_via *via)
{
	struct np_share *share = end->share;

	if (NP_LIKELY(!share))
		return NULL;
	via->fd = share->instance_fd;
	via->tag = ++share->page->tag;
	return via;
}

/* traces: trace.c */
extern bool np_trace_io;
void np_trace_data(const struct npfs_end *end, const char *verb, const void *data,
		   uint32_t len);
void np_trace_event(const struct npfs_end *end, const char *what);
