/* SPDX-License-Identifier: MIT */
/*
 * The journal: what the next broker has to know if this one is killed
 *
 * A broker that dies takes the name space with it, but not the programs that made it. They
 * tell the next broker which instances are theirs; what those are, it must not learn from
 * them: a name's descriptor, its limits and who owns an instance come from here.
 *
 * The journal is a file beside the socket, `<socket>.state`, the broker's own, mode 0600.
 * It begins with the secret of the seals, so that tickets (seal.h) hold on, and goes on
 * with records, each written before the request is answered that it is about:
 *
 *	HEAD		secret, the numbers to go on with, and the boot it belongs to
 *	PIPE		a name came: parameters, who pays, name, descriptor
 *	DESCRIPTOR	it has another descriptor
 *	INSTANCE	an instance came: of which pipe, whose
 *	GONE		the instance will not be claimed by anybody any more
 *
 * A write that did not end is the end of the journal: the sum of that record is wrong, and
 * its request was not answered. A name goes with its last instance, so there is no record
 * of that. States are not recorded: who listened says so. When there is much more history
 * than there are things, the file is written anew and renamed.
 *
 * The kernel keeps what was written when the writer is killed, and with a crash of the
 * machine there is nobody left to claim anything; so nothing is ever synchronized.
 *
 * No room for the file is no failure of a request. The journal is then removed, because half
 * of one would be false, and tried again later; a broker that dies meanwhile is forgotten
 * with all its names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"
#include "npfs/broker/seal.h"
#include "npfs/proto/place.h"

struct np_broker;
struct np_client;
struct np_instance;
struct np_pipe;

#define NP_JOURNAL_SUFFIX ".state"

struct np_journal {
	char path[NP_PLACE_PATH_MAX + 16]; /* "": there is to be none */
	int fd;			/* owned; -1 while there is no file */
	uint64_t size;		/* of the file */
	uint64_t size_anew;	/* of the file when it was last written anew */
	int64_t retry_ns;	/* after a failure: not before this time */
	uint8_t *buf;		/* owned: records that are not written yet */
	size_t len;
	size_t cap;
	bool has_failed; /* a record is missing: write it anew */
};

/* What the head of a journal says. */
struct np_journal_head {
	struct np_seal_secret secret;
	uint64_t next_id;
	uint64_t next_serial;
};

/* Records of a journal in their order; what they point to is borrowed for the call. */
struct np_journal_pipe {
	uint64_t serial;
	uint32_t type;
	uint32_t config;
	uint32_t max_instances;
	uint32_t rules;
	int64_t default_timeout;
	uint32_t rejects_remote;
	uint32_t payer; /* a user; UINT32_MAX: nobody */
	uint32_t name_len; /* bytes; first behind the record */
	uint32_t sd_len;   /* bytes; behind the name, 8-byte aligned */
};

struct np_journal_instance {
	uint64_t id;
	uint64_t serial; /* of the pipe */
	uint64_t born;	 /* np_process_born() of its owner */
	uint32_t pid;
	uint32_t uid;
	uint32_t session;
	uint32_t access;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
};

/* Return: 0, or -errno to stop. */
struct np_journal_reader {
	int (*head)(void *user, const struct np_journal_head *head);
	int (*pipe)(void *user, const struct np_journal_pipe *record,
		    const uint16_t *name, const void *sd);
	int (*descriptor)(void *user, uint64_t serial, const void *sd, size_t sd_len);
	int (*instance)(void *user, const struct np_journal_instance *record);
	void (*gone)(void *user, uint64_t id);
};

void np_journal_init(struct np_journal *journal, const char *socket_path);
void np_journal_fini(struct np_journal *journal, bool stays);
int np_journal_read(const struct np_journal *journal,
		    const struct np_journal_reader *reader, void *user) NP_MUST_CHECK;

/* records; they are written by the commit */
void np_journal_add_pipe(struct np_broker *broker, const struct np_pipe *pipe);
void np_journal_add_descriptor(struct np_broker *broker, uint64_t serial);
void np_journal_add_instance(struct np_broker *broker, const struct np_instance *instance);
void np_journal_add_gone(struct np_broker *broker, uint64_t id);
void np_journal_commit(struct np_broker *broker);
void np_journal_rewrite(struct np_broker *broker);
