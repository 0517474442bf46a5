/* SPDX-License-Identifier: MIT */
/*
 * A pipe: everything that shares one name
 *
 * A pipe lives exactly as long as it has an instance with a server end. Its properties
 * are those the first instance asked for; what later instances ask for is refused or
 * ignored (npfs-semantics section 2.2).
 *
 * By the older rules (sections 2.3 and 10.2), if its first instance was made under them, a
 * pipe also keeps the instances whose server end is gone and whose client is still there:
 * they hold the name, which then leads nowhere, and they are counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/core/done.h"
#include "npfs/core/personality.h"

/*
 * Who gets the descriptor of a pipe that goes. A client end may outlive its pipe, and still
 * has a descriptor then.
 */
struct np_pipe_heir {
	void *sd; /* owned; NULL until the pipe went, and for one that leaves no client */
	size_t sd_len;
	uint64_t serial; /* of the pipe, from the start */
};

struct np_pipe {
	uint64_t serial;        /* order of creation; the cursor of listings */
	struct np_list link;    /* in np_volume.pipes, ordered by serial */
	uint16_t *name;         /* owned: the creator's spelling */
	uint16_t *key;          /* owned: upper case, what names are compared by */
	size_t name_len;        /* of both, in units */
	uint32_t type;          /* FILE_PIPE_MESSAGE_TYPE or FILE_PIPE_BYTE_STREAM_TYPE */
	uint32_t config;        /* FILE_PIPE_INBOUND, _OUTBOUND, _FULL_DUPLEX */
	uint32_t max_instances; /* 0xffffffff: unlimited */
	bool rejects_remote;
	uint32_t rules; /* NP_RULES_ of its creator that concern its end */
	int64_t default_timeout; /* 100 ns, negative */
	void *sd;                /* owned: self-relative descriptor, or NULL for none */
	size_t sd_len;           /* bytes */
	struct np_done
		*token; /* the caller's, returned when the pipe goes; may be NULL */
	struct np_pipe_heir *heir; /* borrowed; may be NULL */
	bool leaves_client; /* a server end was closed while its client was connected */
	struct np_list instances; /* np_instance.pipe_link */
	struct np_list listening; /* np_instance.listen_link, longest listening first */
	struct np_list waiters;   /* np_waiter.link */
	uint32_t n_instances; /* all of them */
	uint32_t n_servers;   /* of them, those that have a server end */
	uint32_t n_listening;
};

/* Of a pipe's creator: what becomes of an instance whose server end goes first. */
#define NP_PIPE_RULES (NP_RULES_NAME_HELD_BY_CLIENT | NP_RULES_CLOSED_SERVER_COUNTS)

/* Does it matter to the pipe when the client of an instance closes? */
static inline bool np_pipe_heeds_clients(const struct np_pipe *pipe)
{
	return pipe->rules != 0;
}

/* The number of instances as programs are told and limits count. */
static inline uint32_t np_pipe_count(const struct np_pipe *pipe)
{
	return pipe->rules & NP_RULES_CLOSED_SERVER_COUNTS ? pipe->n_instances :
							     pipe->n_servers;
}

int np_pipe_new(struct np_pipe **pipep, const uint16_t *name, size_t name_len,
		const void *sd, size_t sd_len) NP_MUST_CHECK;
struct np_pipe *np_pipe_free(struct np_pipe *pipe);
uint16_t *np_pipe_key_new(const uint16_t *name, size_t name_len);
void np_pipe_wake(struct np_pipe *pipe, struct np_list *done_list, npfs_status status);

uint32_t np_pipe_config_from_share(uint32_t share);
