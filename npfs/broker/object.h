/* SPDX-License-Identifier: MIT */
/*
 * Shared synchronisation objects as the broker keeps them
 *
 * The model (core/object.h) knows names and holders. What it calls the body is here: the
 * mapping that all holders have, the eventfd, the secret by which a parcel proves itself,
 * and who pays. The broker maps the page too, for one purpose: when a holder ends,
 * however it ends, it takes that holder out of the word and rings.
 *
 * A loan is a parcel on its way: the object stays, with its name, as long as anybody has
 * the loan's descriptor open. It is the writing end of a pipe; the broker watches the
 * reading end for the hang-up.
 *
 * A broker that leaves in good order or is killed buries nobody: those who hold something go
 * on with it, and claim it from the next broker, to which they give the mapping and the
 * eventfd. Which memfd it is the journal says. Who of the holders did not come, that broker
 * buries when it has the mapping.
 *
 * Whoever makes an object pays for it as long as it is there, whoever holds one or lends
 * one for that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/core/object.h"
#include "npfs/sec/token.h"

struct np_broker;
struct np_client;
struct np_journal_object;
struct np_limits;
struct np_user;

struct np_object_body {
	int mem_fd;			/* owned */
	int event_fd;			/* owned */
	struct np_object_page *page;	/* owned mapping; shared with all holders. NULL, as are
					 * the descriptors, until one of those who held it
					 * with the broker before has claimed it */
	uint64_t page_dev;		/* which memfd that is */
	uint64_t page_ino;
	enum np_word_shape shape;
	uint32_t limit;
	uint64_t cookie[2];
	struct np_limits *limits;	/* borrowed */
	struct np_user *user;		/* borrowed; stays because it is charged */
	uint64_t name_bytes;
};

int np_object_body_new(struct np_object_body **bodyp, struct np_limits *limits,
		       struct np_user *user, const struct np_object_params *params,
		       uint64_t name_bytes) NP_MUST_CHECK;
int np_object_body_restore(struct np_object_body **bodyp, struct np_limits *limits,
			   struct np_user *user,
			   const struct np_journal_object *record) NP_MUST_CHECK;
int np_object_body_adopt(const struct np_object *object, int *mem_fdp,
			 int *event_fdp) NP_MUST_CHECK;
struct np_object_body *np_object_body_free(struct np_object_body *body);
void np_object_body_start(struct np_object_body *body, uint32_t initial, uint32_t owner);

/* holders */
void np_object_leave(struct np_broker *broker, struct np_user *user,
		     struct np_holder *holder);
void np_object_leave_all(struct np_client *client);

/* loans */
int np_object_loan_new(struct np_client *client, struct np_object *object,
		       int *fdp) NP_MUST_CHECK;
void np_object_loans_fini(struct np_broker *broker);

/* rights */
uint32_t np_object_access_map(uint32_t type, uint32_t access);
npfs_status np_object_sd_new(const void *given, size_t given_len, uint32_t type,
			     const struct np_sec_token *token, void **sdp,
			     size_t *sd_lenp) NP_MUST_CHECK;
npfs_status np_object_sd_change(struct np_object *object, uint32_t parts,
				const void *given, size_t given_len,
				const struct np_sec_token *token) NP_MUST_CHECK;
