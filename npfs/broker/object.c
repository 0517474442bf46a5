/* SPDX-License-Identifier: MIT */
/* Bodies, holders' ends, loans and rights of shared objects (model: object.h) */
#include "npfs/broker/object.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/nt/access.h"
#include "npfs/proto/wire.h"
#include "npfs/sec/sd_change.h"

/* bodies */

/* Which memfd the mapping is. Return: 0 or -errno. */
static int page_identify(int fd, uint64_t *devp, uint64_t *inop)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return np_err(-errno);
	*devp = st.st_dev;
	*inop = st.st_ino;
	return 0;
}

static int page_new(struct np_object_body *body)
{
	void *page;
	int r;

	r = np_memfd_new("npfs-object", NP_OBJECT_PAGE_SIZE, &body->mem_fd);
	if (r == 0)
		r = page_identify(body->mem_fd, &body->page_dev, &body->page_ino);
	if (r < 0)
		return r;
	page = mmap(NULL, NP_OBJECT_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    body->mem_fd, 0);
	if (page == MAP_FAILED)
		return np_err(-errno);
	body->page = page;
	body->page->magic = NP_OBJECT_MAGIC;
	body->page->version = NP_OBJECT_VERSION;
	return 0;
}

static void body_charge(struct np_object_body *body, struct np_limits *limits,
			struct np_user *user, uint64_t name_bytes)
{
	body->limits = limits;
	body->user = user;
	body->name_bytes = name_bytes;
	np_user_charge(user, NP_LIMIT_OBJECTS, 1);
	np_user_charge(user, NP_LIMIT_NAME_BYTES, name_bytes);
}

/**
 * np_object_body_new() - make what holders share, and charge a user for it
 * @bodyp:	owned by the caller
 * @limits, @user: borrowed
 * @params:	of the object, borrowed for the call
 * @name_bytes:	memory its name and its descriptor take
 *
 * Return: 0; -EDQUOT when the user has no more room; -ENOMEM, -EMFILE, another errno.
 */
int np_object_body_new(struct np_object_body **bodyp, struct np_limits *limits,
		       struct np_user *user, const struct np_object_params *params,
		       uint64_t name_bytes)
{
	struct np_object_body *body;
	int r;

	if (!np_user_can_charge(limits, user, NP_LIMIT_OBJECTS, 1) ||
	    !np_user_can_charge(limits, user, NP_LIMIT_NAME_BYTES, name_bytes))
		return np_err(-EDQUOT);
	body = calloc(1, sizeof(*body));
	if (!body)
		return np_err(-ENOMEM);
	body->mem_fd = -1;
	body->shape = np_object_shape(params->type, params->flags);
	body->limit = params->limit;
	body->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = body->event_fd < 0 ? np_err(-errno) : page_new(body);
	if (r == 0 && getrandom(body->cookie, sizeof(body->cookie), 0) !=
			      (ssize_t)sizeof(body->cookie))
		r = np_err(-EIO);
	if (r < 0) {
		np_object_body_free(body);
		return r;
	}
	body_charge(body, limits, user, name_bytes);
	*bodyp = body;
	return 0;
}

/**
 * np_object_body_restore() - what is known of a body before a holder has brought it
 * @bodyp:	owned by the caller
 * @limits, @user: borrowed; who is over a limit that was lowered keeps what there is
 * @record:	of the journal
 *
 * Return: 0 or -ENOMEM.
 */
int np_object_body_restore(struct np_object_body **bodyp, struct np_limits *limits,
			   struct np_user *user, const struct np_journal_object *record)
{
	struct np_object_body *body = calloc(1, sizeof(*body));

	if (!body)
		return np_err(-ENOMEM);
	body->mem_fd = -1;
	body->event_fd = -1;
	body->shape = np_object_shape(record->type, record->flags);
	body->limit = record->limit;
	body->cookie[0] = record->cookie[0];
	body->cookie[1] = record->cookie[1];
	body->page_dev = record->page_dev;
	body->page_ino = record->page_ino;
	body_charge(body, limits, user, (uint64_t)record->key_len + record->sd_len);
	*bodyp = body;
	return 0;
}

/* np_object_body_free() - release, and refund the user. Return: NULL */
struct np_object_body *np_object_body_free(struct np_object_body *body)
{
	if (!body)
		return NULL;
	if (body->page)
		munmap(body->page, NP_OBJECT_PAGE_SIZE);
	np_fd_close(body->mem_fd);
	np_fd_close(body->event_fd);
	if (body->user) {
		np_user_refund(body->user, NP_LIMIT_OBJECTS, 1);
		np_user_refund(body->user, NP_LIMIT_NAME_BYTES, body->name_bytes);
		np_user_put(body->limits, body->user);
	}
	free(body);
	return NULL;
}

/* np_object_body_start() - the first state; @owner of a mutex or 0. Nobody has it mapped */
void np_object_body_start(struct np_object_body *body, uint32_t initial, uint32_t owner)
{
	atomic_store(&body->page->word, np_word_first(body->shape, initial, owner));
}

/*
 * Whoever holds the object can fill the eventfd and make it one that blocks. It is full only
 * when somebody fills it, and then it is readable anyhow.
 */
static void ring(const struct np_object_body *body)
{
	struct pollfd pfd = {.fd = body->event_fd, .events = POLLOUT};
	const uint64_t one = 1;
	ssize_t n;

	if (poll(&pfd, 1, 0) <= 0 || np_fd_set_nonblock(body->event_fd) < 0)
		return;
	n = write(body->event_fd, &one, sizeof(one));
	(void)n;
}

/* Takes a holder that has ended out of the word. */
static void bury(struct np_object_body *body, uint32_t holder)
{
	struct np_object_page *page = body->page;
	uint32_t n_waiting = atomic_exchange(&page->waiting[holder - 1], 0);
	uint64_t word = atomic_load(&page->word);

	while (!atomic_compare_exchange_weak(&page->word, &word,
					     np_word_bury(body->shape, word, body->limit,
							  holder, n_waiting)))
		;
	atomic_store(&page->armed, 0);
	ring(body);
}

/* Is anything of a holder of this number in the page? */
static bool is_buried(const struct np_object_body *body, uint32_t number)
{
	uint64_t word = atomic_load(&body->page->word);

	return atomic_load(&body->page->waiting[number - 1]) == 0 &&
	       np_word_claimer(word) != number &&
	       (body->shape != NP_WORD_MUTEX || np_word_owner(word) != number);
}

static bool is_eventfd(int fd)
{
	static const char what[] = "anon_inode:[eventfd]";
	char path[32], text[sizeof(what)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, text, sizeof(text)) == (ssize_t)sizeof(what) - 1 &&
	       memcmp(text, what, sizeof(what) - 1) == 0;
}

/**
 * np_object_body_adopt() - take what a holder brought
 * @object:	its body has no page yet
 * @mem_fdp, @event_fdp: taken on success
 *
 * Who died while there was no broker is buried.
 *
 * Return: 0; -EBADF when these are not the descriptors of the object; another errno.
 */
int np_object_body_adopt(const struct np_object *object, int *mem_fdp, int *event_fdp)
{
	struct np_object_body *body = object->body;
	uint64_t dev = 0, ino = 0;
	uint32_t number;
	size_t size;
	void *page;

	if (np_memfd_check(*mem_fdp, &size) < 0 || size != NP_OBJECT_PAGE_SIZE ||
	    page_identify(*mem_fdp, &dev, &ino) < 0 || dev != body->page_dev ||
	    ino != body->page_ino || !is_eventfd(*event_fdp))
		return np_err(-EBADF);
	page = mmap(NULL, NP_OBJECT_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *mem_fdp,
		    0);
	if (page == MAP_FAILED)
		return np_err(-errno);
	body->page = page;
	body->mem_fd = np_take_fd(*mem_fdp);
	body->event_fd = np_take_fd(*event_fdp);
	for (number = 1; number <= NP_OBJECT_HOLDERS; number++)
		if (!np_object_has_number(object, number) && !is_buried(body, number))
			bury(body, number);
	return 0;
}

/* holders */

/*
 * np_object_leave() - a process is no holder any more; @holder is gone afterwards
 * @user:	who pays for it
 *
 * The journal is to be committed.
 */
void np_object_leave(struct np_broker *broker, struct np_user *user,
		     struct np_holder *holder)
{
	struct np_object_body *body = holder->object->body;
	void *gone;

	np_journal_add_left(broker, holder);
	if (body->page && !broker->is_leaving)
		bury(body, holder->number);
	np_user_refund(user, NP_LIMIT_OBJECT_OPENS, 1);
	if (np_holder_leave(&broker->objects, holder, &gone))
		np_object_body_free(gone);
}

/* np_object_leave_all() - @client goes */
void np_object_leave_all(struct np_client *client)
{
	struct np_holder *holder;

	while ((holder = np_object_owner_first(&client->objects)) != NULL)
		np_object_leave(client->broker, client->user, holder);
}

/* loans */

struct loan {
	struct np_list link;	  /* in np_broker.loans, owned */
	struct np_broker *broker; /* borrowed */
	struct np_object *object; /* borrowed: stays because it is lent */
	struct np_user *user;	  /* borrowed: stays because it is charged */
	int fd;			  /* owned */
};

static void loan_free(struct loan *loan)
{
	struct np_broker *broker = loan->broker;
	void *gone;

	np_loop_del(&broker->loop, loan->fd);
	np_fd_close(loan->fd);
	np_list_remove(&loan->link);
	if (np_object_lent_end(&broker->objects, loan->object, &gone))
		np_object_body_free(gone);
	np_user_refund(loan->user, NP_LIMIT_OBJECT_OPENS, 1);
	np_user_put(&broker->limits, loan->user);
	free(loan);
}

static void loan_on_event(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	(void)loop;
	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR))
		loan_free(user);
}

/**
 * np_object_loan_new() - keep @object for a parcel
 * @client:	pays
 * @fdp:	goes into the parcel; owned by the caller
 *
 * Return: 0; -EDQUOT; -ENOMEM, -EMFILE, another errno.
 */
int np_object_loan_new(struct np_client *client, struct np_object *object, int *fdp)
{
	struct np_broker *broker = client->broker;
	struct loan *loan;
	int fds[2], r;

	if (!np_user_can_charge(&broker->limits, client->user, NP_LIMIT_OBJECT_OPENS, 1))
		return np_err(-EDQUOT);
	loan = calloc(1, sizeof(*loan));
	if (!loan)
		return np_err(-ENOMEM);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		r = np_err(-errno);
		goto out_loan;
	}
	r = np_loop_add(&broker->loop, fds[0], 0, loan_on_event, loan);
	if (r < 0)
		goto out_fds;
	loan->broker = broker;
	loan->object = object;
	loan->user = client->user;
	loan->fd = fds[0];
	np_user_charge(client->user, NP_LIMIT_OBJECT_OPENS, 1);
	np_object_lend(object);
	np_list_push_back(&broker->loans, &loan->link);
	*fdp = fds[1];
	return 0;

out_fds:
	np_fd_close(fds[0]);
	np_fd_close(fds[1]);
out_loan:
	free(loan);
	return r;
}

/* np_object_loans_fini() - the broker goes */
void np_object_loans_fini(struct np_broker *broker)
{
	struct np_list *node;

	while ((node = np_list_first(&broker->loans)) != NULL)
		loan_free(np_list_entry(node, struct loan, link));
}

/* rights */

#define QUERY_STATE  0x1u
#define MODIFY_STATE 0x2u

static uint32_t access_all(uint32_t type)
{
	uint32_t all = STANDARD_RIGHTS_ALL | QUERY_STATE;

	return type == NP_OBJECT_MUTEX ? all : all | MODIFY_STATE;
}

/*
 * np_object_access_map() - the generic rights replaced by those of this kind of object
 *
 * Synchronization Object Security and Access Rights in the Windows documentation.
 */
uint32_t np_object_access_map(uint32_t type, uint32_t access)
{
	uint32_t mapped =
		access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);

	if (access & GENERIC_READ)
		mapped |= READ_CONTROL | QUERY_STATE;
	if (access & GENERIC_WRITE)
		mapped |= READ_CONTROL | (type == NP_OBJECT_MUTEX ? 0 : MODIFY_STATE);
	if (access & GENERIC_EXECUTE)
		mapped |= READ_CONTROL | SYNCHRONIZE;
	if (access & GENERIC_ALL)
		mapped |= access_all(type);
	return mapped;
}

/* The generic rights in the entries of a well-formed list mean those of the object. */
static void acl_map(uint8_t *acl, uint32_t type)
{
	unsigned n_aces = np_sec_get16(acl + 4);
	uint8_t *ace = acl + NP_ACL_FIXED_LEN;

	for (; n_aces > 0; n_aces--) {
		switch (ace[0]) {
		case NP_ACE_TYPE_ALLOWED:
		case NP_ACE_TYPE_DENIED:
		case NP_ACE_TYPE_ALLOWED_OBJECT:
		case NP_ACE_TYPE_DENIED_OBJECT:
		case NP_ACE_TYPE_ALLOWED_CALLBACK:
		case NP_ACE_TYPE_DENIED_CALLBACK:
		case NP_ACE_TYPE_ALLOWED_CALLBACK_OBJECT:
		case NP_ACE_TYPE_DENIED_CALLBACK_OBJECT:
			np_sec_put32(ace + 4,
				     np_object_access_map(type, np_sec_get32(ace + 4)));
			break;
		}
		ace += np_sec_get16(ace + 2);
	}
}

/* The same for the DACL of a complete descriptor, whose parts share no bytes. */
static void dacl_map(void *sd, uint32_t type)
{
	uint32_t at = np_sec_get32((uint8_t *)sd + 16);

	if (at)
		acl_map((uint8_t *)sd + at, type);
}

/* What a token's default list comes to: the creator and the system may do everything. */
static size_t default_sd_encode(const struct np_sid *owner, uint32_t type, uint8_t *bytes)
{
	size_t acl_len = NP_ACL_FIXED_LEN + np_ace_len(owner) + np_ace_len(&np_sid_system);
	uint8_t *at = bytes + NP_SD_FIXED_LEN;

	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	np_sec_put16(bytes + 2,
		     NP_SD_SELF_RELATIVE | NP_SD_DACL_PRESENT | NP_SD_DACL_DEFAULTED);
	np_sec_put32(bytes + 16, NP_SD_FIXED_LEN);
	at += np_acl_encode_header(at, acl_len, 2);
	at += np_ace_encode(at, NP_ACE_TYPE_ALLOWED, access_all(type), owner);
	np_ace_encode(at, NP_ACE_TYPE_ALLOWED, access_all(type), &np_sid_system);
	return NP_SD_FIXED_LEN + acl_len;
}

/**
 * np_object_sd_new() - the descriptor a new object gets
 * @given:	what its creator gave, borrowed; NULL for nothing
 * @token:	the creator
 * @sdp:	self-relative, complete, without generic rights; to be freed by the caller
 *
 * Return: as np_sd_assign().
 */
npfs_status np_object_sd_new(const void *given, size_t given_len, uint32_t type,
			     const struct np_sec_token *token, void **sdp, size_t *sd_lenp)
{
	uint8_t def[NP_SD_FIXED_LEN + NP_ACL_FIXED_LEN +
		    2 * (NP_ACE_FIXED_LEN + NP_SID_LEN_MAX)];
	struct np_sid owner = np_sid_of_uid(token->uid);
	npfs_status status;
	void *sd;

	if (!given) {
		given_len = default_sd_encode(&owner, type, def);
		given = def;
	}
	status = np_sd_assign(given, given_len, token, &sd, sd_lenp);
	if (status != STATUS_SUCCESS)
		return status;
	dacl_map(sd, type);
	*sdp = sd;
	return STATUS_SUCCESS;
}

/* The user of an object pays for @len bytes of descriptor in place of what there is. */
static bool sd_resize(struct np_object *object, size_t len)
{
	struct np_object_body *body = object->body;
	uint64_t more = len > object->sd_len ? len - object->sd_len : 0;
	uint64_t less = len < object->sd_len ? object->sd_len - len : 0;

	if (len > NP_WIRE_EXTRA_MAX ||
	    (more && !np_user_can_charge(body->limits, body->user, NP_LIMIT_NAME_BYTES, more)))
		return false;
	if (more)
		np_user_charge(body->user, NP_LIMIT_NAME_BYTES, more);
	if (less)
		np_user_refund(body->user, NP_LIMIT_NAME_BYTES, less);
	body->name_bytes = body->name_bytes + more - less;
	return true;
}

/**
 * np_object_sd_change() - replace parts of an object's descriptor
 * @object:	has one; what was opened stays as it is
 * @parts:	NP_SD_PART_ bits
 * @given:	self-relative, borrowed
 * @token:	who changes it
 *
 * Return: as np_sd_change(); STATUS_INSUFFICIENT_RESOURCES also when who made the object
 * has no room for more bytes.
 */
npfs_status np_object_sd_change(struct np_object *object, uint32_t parts, const void *given,
				size_t given_len, const struct np_sec_token *token)
{
	NP_CLEANUP_FREE void *changed = NULL;
	npfs_status status;
	size_t len = 0;

	status = np_sd_change(object->sd, object->sd_len, parts, given, given_len, token,
			      &changed, &len);
	if (status != STATUS_SUCCESS)
		return status;
	if (!sd_resize(object, len))
		return STATUS_INSUFFICIENT_RESOURCES;
	dacl_map(changed, object->type);
	free(object->sd);
	object->sd = np_take_ptr(changed);
	object->sd_len = len;
	return STATUS_SUCCESS;
}
