/* SPDX-License-Identifier: MIT */
/*
 * Making identities, and being known by them to the broker (model: identity.h)
 */
#include "npfs/client/identity.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/client/conn.h"
#include "npfs/client/process.h"
#include "npfs/client/wear.h"

/* Privileges by their numbers. */
#define PRIVILEGE(number)      (UINT64_C(1) << (number))
#define PRIVILEGES_OF_ALL      PRIVILEGE(23) /* SeChangeNotify */
#define PRIVILEGES_OF_ROOT                                                               \
	(PRIVILEGES_OF_ALL | PRIVILEGE(3) | PRIVILEGE(5) | PRIVILEGE(7) | PRIVILEGE(8) |  \
	 PRIVILEGE(9) | PRIVILEGE(10) | PRIVILEGE(14) | PRIVILEGE(17) | PRIVILEGE(18) |   \
	 PRIVILEGE(19) | PRIVILEGE(20) | PRIVILEGE(29) | PRIVILEGE(30))
#define PRIVILEGES_BY_DEFAULT  (PRIVILEGE(23) | PRIVILEGE(29) | PRIVILEGE(30))

/* The process's own identity; made once, its privileges can be changed. */
static struct {
	struct np_lock lock;
	struct npfs_identity *identity; /* counted */
} own;

_Atomic bool np_identity_varies;

static int gid_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* lifetime */

struct npfs_identity *npfs_identity_ref(struct npfs_identity *identity)
{
	atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
	return identity;
}

void npfs_identity_unref(struct npfs_identity *identity)
{
	if (!identity ||
	    atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
		return;
	np_fd_close(identity->fd);
	free(identity->defaults);
	free((void *)(uintptr_t)identity->info.gids);
	free(identity);
}

npfs_status npfs_identity_new(const struct npfs_identity_info *info, uint64_t privileges,
			      uint64_t enabled, struct npfs_identity **identityp)
{
	struct npfs_identity *identity;
	uint32_t *gids;

	if (info->size != sizeof(*info) || info->level > NPFS_LEVEL_DELEGATION)
		return STATUS_INVALID_PARAMETER;
	identity = calloc(1, sizeof(*identity));
	gids = reallocarray(NULL, (size_t)info->n_gids + 1, sizeof(*gids));
	if (!identity || !gids) {
		free(identity);
		free(gids);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (info->n_gids > 0) {
		memcpy(gids, info->gids, info->n_gids * sizeof(*gids));
		qsort(gids, info->n_gids, sizeof(*gids), gid_compare);
	}
	identity->refs = 1;
	identity->info = *info;
	identity->info.gids = gids;
	identity->fd = -1;
	if (info->flags & NPFS_IDENTITY_EFFECTIVE_ONLY)
		privileges &= enabled;
	atomic_init(&identity->privileges, privileges);
	atomic_init(&identity->enabled, enabled & privileges);
	*identityp = identity;
	return STATUS_SUCCESS;
}

const struct npfs_identity_info *npfs_identity_look(const struct npfs_identity *identity)
{
	return &identity->info;
}

uint64_t npfs_identity_enabled(const struct npfs_identity *identity)
{
	return atomic_load(&identity->enabled);
}

uint64_t npfs_identity_privileges(const struct npfs_identity *identity)
{
	return atomic_load(&identity->privileges);
}

void npfs_identity_adjust(struct npfs_identity *identity, uint64_t privileges,
			  uint64_t enabled)
{
	atomic_store(&np_identity_varies, true);
	privileges &= atomic_fetch_and(&identity->privileges, privileges);
	atomic_store(&identity->enabled, enabled & privileges);
}

static uint64_t privileges_of(uint32_t uid)
{
	return uid == 0 ? PRIVILEGES_OF_ROOT : PRIVILEGES_OF_ALL;
}

/* The supplementary groups of the calling thread, @gidsp from malloc(). */
static int groups_get(uint32_t **gidsp)
{
	uint32_t *gids;
	long n = np_credentials_n_gids();

	gids = reallocarray(NULL, (size_t)n + 1, sizeof(*gids));
	if (!gids)
		return -1;
	n = syscall(SYS_getgroups, (int)n, gids);
	if (n < 0) {
		free(gids);
		return -1;
	}
	*gidsp = gids;
	return (int)n;
}

/* The calling thread's, which is the process's in a pause. */
static npfs_status process_identity_new(struct npfs_identity **identityp)
{
	struct npfs_identity_info info = {
		.size = sizeof(info),
		.flags = NPFS_IDENTITY_PROCESS,
		.level = NPFS_LEVEL_IMPERSONATION,
		.uid = geteuid(),
		.gid = getegid(),
		.pid = (uint32_t)getpid(),
		.session = np_process_session(),
	};
	uint32_t *gids = NULL;
	int n = groups_get(&gids);
	npfs_status status;

	if (n < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	info.n_gids = (uint32_t)n;
	info.gids = gids;
	status = npfs_identity_new(&info, privileges_of(info.uid), PRIVILEGES_BY_DEFAULT,
				   identityp);
	free(gids);
	return status;
}

static bool is_same(const struct npfs_identity_info *a, const struct npfs_identity_info *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->n_gids == b->n_gids &&
	       memcmp(a->gids, b->gids, a->n_gids * sizeof(*a->gids)) == 0;
}

/*
 * A process may have changed its user since; then it is another identity, with the
 * privileges of that.
 */
npfs_status npfs_identity_process(struct npfs_identity **identityp)
{
	struct npfs_identity *now = NULL, *old = NULL;
	npfs_status status;

	npfs_identity_pause();
	status = process_identity_new(&now);
	npfs_identity_resume();
	if (status != STATUS_SUCCESS)
		return status;
	np_lock_take(&own.lock);
	if (own.identity && is_same(&own.identity->info, &now->info) &&
	    own.identity->info.pid == now->info.pid) {
		old = now;
	} else {
		old = own.identity;
		own.identity = now;
	}
	*identityp = npfs_identity_ref(own.identity);
	np_lock_give(&own.lock);
	npfs_identity_unref(old);
	return STATUS_SUCCESS;
}

/*
 * np_identity_from_hello() - who the broker says came; NULL without memory
 * @hello:	checked, its groups at @gids of any alignment
 */
struct npfs_identity *np_identity_from_hello(const struct np_channel_hello *hello,
					     const void *gids)
{
	uint32_t sqos = hello->flags & NP_OPEN_SQOS_MASK;
	uint32_t copy[NP_HELLO_GIDS_MAX];
	struct npfs_identity_info info = {
		.size = sizeof(info),
		.level = NPFS_LEVEL_IMPERSONATION,
		.flags = NPFS_IDENTITY_EFFECTIVE_ONLY,
		.uid = hello->client_uid,
		.gid = hello->client_gid,
		.pid = hello->client_pid,
		.session = hello->client_session,
		.n_gids = hello->n_gids,
		.gids = copy,
	};
	struct npfs_identity *identity = NULL;
	uint64_t privileges = 0;

	if (hello->n_gids > NP_HELLO_GIDS_MAX)
		return NULL;
	if (hello->n_gids > 0)
		memcpy(copy, gids, hello->n_gids * sizeof(*copy));
	if (sqos & NP_SQOS_PRESENT) {
		info.level = sqos >> NP_SQOS_LEVEL_SHIFT & NP_SQOS_LEVEL_MASK;
		info.flags = sqos & NP_SQOS_EFFECTIVE_ONLY ? NPFS_IDENTITY_EFFECTIVE_ONLY : 0;
	}
	if (hello->flags & NP_OPEN_REMOTE)
		info.flags |= NPFS_IDENTITY_REMOTE;
	if (hello->flags & NP_HELLO_SOME_GROUPS)
		info.flags |= NPFS_IDENTITY_SOME_GROUPS;
	if (hello->flags & NP_HELLO_ANONYMOUS || info.level == NPFS_LEVEL_ANONYMOUS) {
		info.flags |= NPFS_IDENTITY_ANONYMOUS;
		info.uid = info.gid = NP_CREDENTIALS_NOBODY;
		info.n_gids = 0;
	} else {
		privileges = privileges_of(info.uid);
	}
	if (npfs_identity_new(&info, privileges, hello->privileges, &identity) !=
	    STATUS_SUCCESS)
		return NULL;
	return identity;
}

/* np_identity_is_ours() - is this what the process is anyway? */
bool np_identity_is_ours(const struct npfs_identity_info *info)
{
	struct npfs_identity *process = NULL;
	bool is;

	if (info->flags & (NPFS_IDENTITY_ANONYMOUS | NPFS_IDENTITY_SOME_GROUPS) ||
	    npfs_identity_process(&process) != STATUS_SUCCESS)
		return false;
	is = is_same(info, &process->info);
	npfs_identity_unref(process);
	return is;
}

/* the broker's side */

/* Connects as what the calling thread wears. Under the identity's lock. */
static npfs_status connect_as(struct npfs_identity *identity)
{
	if (identity->fd >= 0)
		return STATUS_SUCCESS;
	return np_conn_side_open(&identity->fd, identity->key);
}

static npfs_status as_worn(const struct np_worn *worn, struct np_as *as)
{
	struct npfs_identity *identity = worn->n_pauses ? NULL : worn->identity;
	npfs_status status = STATUS_SUCCESS;

	if (!identity)
		return STATUS_SUCCESS;
	if (identity->info.flags & NPFS_IDENTITY_ANONYMOUS &&
	    identity->info.level != NPFS_LEVEL_IDENTIFICATION) {
		as->flags = NP_AS_ANONYMOUS;
	} else if (!worn->can_act) {
		status = STATUS_BAD_IMPERSONATION_LEVEL;
	} else if (worn->has_changed) {
		np_lock_take(&identity->lock);
		status = connect_as(identity);
		memcpy(as->key, identity->key, sizeof(as->key));
		np_lock_give(&identity->lock);
	}
	return status;
}

/**
 * np_identity_as() - as whom the calling thread makes requests about names
 * @asp:	for the request
 *
 * Return: STATUS_SUCCESS; STATUS_BAD_IMPERSONATION_LEVEL: the level does not permit it;
 * STATUS_ACCESS_DENIED: the broker does not serve that user; as np_conn_call() otherwise.
 */
npfs_status np_identity_as(struct np_as *asp)
{
	const struct np_worn *worn = np_wear_enter();
	struct np_as as = {.flags = 0};
	npfs_status status = as_worn(worn, &as);

	np_wear_leave();
	if (status == STATUS_SUCCESS)
		*asp = as;
	return status;
}

/*
 * np_identity_is_stale() - was the request refused because the broker does not know the
 * key?
 * @as:		what it was made with
 *
 * Then it was started anew since, or another thread has told this one to be somebody else and
 * the connection of the former identity is gone. The next np_identity_as() knows better.
 */
bool np_identity_is_stale(npfs_status status, const struct np_as *as)
{
	struct npfs_identity *identity;

	if (status != STATUS_NO_IMPERSONATION_TOKEN || !(as->key[0] | as->key[1]))
		return false;
	identity = np_wear_enter()->identity;
	if (identity) {
		np_lock_take(&identity->lock);
		if (memcmp(identity->key, as->key, sizeof(as->key)) == 0)
			identity->fd = np_fd_close(identity->fd);
		np_lock_give(&identity->lock);
	}
	np_wear_leave();
	return true;
}

/**
 * np_identity_call() - a request over the main connection, as whom the calling thread acts
 * @request:	not one that blocks
 * @as:		lies in the request; written
 * @reply:	initialised, the caller's to release; its status stays STATUS_UNSUCCESSFUL without
 *		an answer
 *
 * Return: the answer's status; or why there is none, as np_identity_as() and np_conn_call().
 */
npfs_status np_identity_call(const struct np_conn_request *request, struct np_as *as,
			     struct np_conn_reply *reply)
{
	npfs_status status;

	do {
		np_conn_reply_fini(reply);
		*reply = (struct np_conn_reply)NP_CONN_REPLY_INIT;
		status = np_identity_as(as);
		if (status == STATUS_SUCCESS)
			status = np_conn_call(request, reply);
		if (status == STATUS_SUCCESS)
			status = reply->status;
	} while (np_identity_is_stale(status, as));
	return status;
}

/* np_identity_enabled() - the privileges that are enabled in what the thread is */
uint64_t np_identity_enabled(void)
{
	const struct npfs_identity *identity = np_wear_enter()->identity;
	struct npfs_identity *process = NULL;
	uint64_t enabled = identity ? npfs_identity_enabled(identity) : 0;

	np_wear_leave();
	if (identity)
		return enabled;
	np_lock_take(&own.lock);
	process = own.identity;
	enabled = process ? npfs_identity_enabled(process) : PRIVILEGES_BY_DEFAULT;
	np_lock_give(&own.lock);
	return enabled;
}

static uint64_t mix(uint64_t mark, uint64_t value)
{
	return (mark ^ value) * UINT64_C(0x100000001b3) ^ mark >> 29;
}

static uint64_t mark_of(const struct npfs_identity *identity)
{
	const struct npfs_identity_info *info = &identity->info;
	uint64_t mark = UINT64_C(0xcbf29ce484222325);

	mark = mix(mark, info->flags & NPFS_IDENTITY_ANONYMOUS);
	mark = mix(mark, (uint64_t)info->uid << 32 | info->gid);
	for (uint32_t i = 0; i < info->n_gids; i++)
		mark = mix(mark, info->gids[i]);
	mark = mix(mark, npfs_identity_enabled(identity));
	return mix(mark, info->level == NPFS_LEVEL_IDENTIFICATION) | 1;
}

/*
 * np_identity_mark() - tells apart what the threads of a program are, one after the other
 *
 * The same for the same user, groups and enabled privileges, in every process; never 0. For
 * noticing changes, not for deciding anything.
 */
uint64_t np_identity_mark(void)
{
	const struct npfs_identity *identity = np_wear_enter()->identity;
	struct npfs_identity *process = NULL;
	uint64_t mark = identity ? mark_of(identity) : 1;

	np_wear_leave();
	if (identity)
		return mark;
	np_lock_take(&own.lock);
	process = own.identity ? npfs_identity_ref(own.identity) : NULL;
	np_lock_give(&own.lock);
	if (!process && npfs_identity_process(&process) != STATUS_SUCCESS)
		return mark;
	mark = mark_of(process);
	npfs_identity_unref(process);
	return mark;
}

/* np_identity_fork_child() - in the child of a fork: another thread may have held it */
void np_identity_fork_child(void)
{
	atomic_store(&own.lock.word, 0);
	npfs_identity_unref(np_take_ptr(own.identity)); /* the parent's */
}
