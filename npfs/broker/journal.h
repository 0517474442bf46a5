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
 *	OBJECT		a shared object came: parameters, which memfd, secret, key, descriptor
 *	HOLDER		a process holds it: under which number, with how many opens; the last
 *			record about a holder counts
 *	LEFT		and does not any more
 *
 * A write that did not end is the end of the journal: the sum of that record is wrong, and
 * its request was not answered. A name goes with its last instance, an object's with the
 * last open and the object with its last holder, so there are no records of that. States are not recorded: who listened says so. When there is much more history
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
struct np_holder;
struct np_instance;
struct np_object;
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

struct np_journal_object {
	uint64_t id;
	uint64_t cookie[2];
	uint64_t page_dev; /* which memfd the mapping is */
	uint64_t page_ino;
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	uint32_t payer;	  /* a user */
	uint32_t key_len; /* bytes; first behind the record; 0: no name */
	uint32_t sd_len;  /* bytes; behind the key, 8-byte aligned */
};

struct np_journal_holder {
	uint64_t object;
	uint64_t born;
	uint32_t pid;
	uint32_t uid;
	uint32_t session;
	uint32_t number;
	uint32_t n_opens;
	uint32_t granted;
};

/* Return: 0, or -errno to stop. */
struct np_journal_reader {
	int (*head)(void *user, const struct np_journal_head *head);
	int (*pipe)(void *user, const struct np_journal_pipe *record,
		    const uint16_t *name, const void *sd);
	int (*descriptor)(void *user, uint64_t serial, const void *sd, size_t sd_len);
	int (*instance)(void *user, const struct np_journal_instance *record);
	void (*gone)(void *user, uint64_t id);
	int (*object)(void *user, const struct np_journal_object *record, const void *key,
		      const void *sd);
	int (*object_descriptor)(void *user, uint64_t id, const void *sd, size_t sd_len);
	int (*holder)(void *user, const struct np_journal_holder *record);
	void (*left)(void *user, uint64_t object, uint32_t number);
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
void np_journal_add_object(struct np_broker *broker, const struct np_object *object);
void np_journal_add_object_descriptor(struct np_broker *broker,
				      const struct np_object *object);
void np_journal_add_holder(struct np_broker *broker, const struct np_holder *holder);
void np_journal_add_left(struct np_broker *broker, const struct np_holder *holder);
void np_journal_commit(struct np_broker *broker);
void np_journal_rewrite(struct np_broker *broker);
