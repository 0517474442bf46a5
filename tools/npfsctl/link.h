/* SPDX-License-Identifier: MIT */
/*
 * A link: one end of a pipe joined to two descriptors, both ways
 *
 * One thread carries what the descriptor gives to the end; the caller's carries what the end
 * gives to the other descriptor. A pipe cannot be closed in one direction only: when the
 * input is at its end, the link waits until all was read, and then either closes the end or
 * goes on until the peer does, as asked.
 *
 * The link is over when the peer has closed or disconnected, when the asked-for number of
 * messages has come, or at the end of the input. Nothing is known of who the descriptors
 * belong to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/npfs.h>

#include "tools/npfsctl/frame.h"

struct ctl_link {
	struct npfs_end *end; /* borrowed; closed when the link is over */
	int in_fd;	      /* borrowed; -1: nothing is sent */
	int out_fd;	      /* borrowed; -1: nothing is received */
	enum ctl_framing framing;
	bool closes_at_eof;  /* of the input */
	uint64_t n_messages; /* to be received; 0: as many as come */
};

int ctl_link_run(const struct ctl_link *link);

/* a whole message, or what is there of a stream; *bufp grows, owned by the caller */
npfs_status ctl_end_read(struct npfs_end *end, uint8_t **bufp, size_t *capp, size_t *lenp);

/* a client end of @name, in message mode if the pipe has messages */
#define CTL_OPEN_READ  0x1u
#define CTL_OPEN_WRITE 0x2u
npfs_status ctl_open(const uint16_t *name, size_t len, unsigned directions, int64_t timeout,
		     struct npfs_end **endp);

/* one option that says how messages are framed; false: another one */
bool ctl_framing_option(int option, enum ctl_framing *framingp);
#define CTL_FRAMING_OPTIONS                                                              \
	{"lines", no_argument, NULL, 'l'}, {"hex", no_argument, NULL, 'x'},              \
	{                                                                                \
		"prefix", no_argument, NULL, 'p'                                         \
	}
