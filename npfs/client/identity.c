/* SPDX-License-Identifier: MIT */
/*
 * Making identities, and putting them on and off (model: identity.h)
 *
 * A thread that could put on half of an identity, or could not put it off again, must not
 * go on: it would do with one user's rights what another one asked for. Putting on is
 * undone step by step; where undoing fails the process ends.
 */
#include "npfs/client/identity.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/client/conn.h"
#include "npfs/client/process.h"

/* Who is nobody to the kernel: the overflow ids, which own nothing by convention. */
#define NOBODY 65534u

/* Privileges by their numbers. */
#define PRIVILEGE(number)      (UINT64_C(1) << (number))
#define PRIVILEGES_OF_ALL      PRIVILEGE(23) /* SeChangeNotify */
#define PRIVILEGES_OF_ROOT                                                               \
	(PRIVILEGES_OF_ALL | PRIVILEGE(3) | PRIVILEGE(5) | PRIVILEGE(7) | PRIVILEGE(8) |  \
	 PRIVILEGE(9) | PRIVILEGE(10) | PRIVILEGE(14) | PRIVILEGE(17) | PRIVILEGE(18) |   \
	 PRIVILEGE(19) | PRIVILEGE(20) | PRIVILEGE(29) | PRIVILEGE(30))
#define PRIVILEGES_BY_DEFAULT  (PRIVILEGE(23) | PRIVILEGE(29) | PRIVILEGE(30))

/* What a thread was before it put an identity on. */
struct credentials {
	uint32_t uid;
	uint32_t gid;
	int n_gids;
	uint32_t *gids; /* owned */
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
};

/* What the calling thread wears. */
static _Thread_local struct {
	struct npfs_identity *identity; /* counted, or NULL */
	bool has_changed;		/* the kernel's credentials are not the process's */
	bool can_act;			/* what the thread does is done as the identity */
	unsigned n_pauses;
	struct credentials before; /* while has_changed, paused or not */
} worn;

/* The process's own identity; made once, its privileges can be changed. */
static struct {
	struct np_lock lock;
	struct npfs_identity *identity; /* counted */
} own;

_Atomic bool np_identity_varies;

static _Atomic uint32_t n_changed; /* threads with changed credentials */
static _Atomic int dumpable = -1;  /* as it was before the first of them */

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
	long n = syscall(SYS_getgroups, 0, NULL);

	gids = n < 0 ? NULL : reallocarray(NULL, (size_t)n + 1, sizeof(*gids));
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
		info.uid = info.gid = NOBODY;
		info.n_gids = 0;
	} else {
		privileges = privileges_of(info.uid);
	}
	if (npfs_identity_new(&info, privileges, hello->privileges, &identity) !=
	    STATUS_SUCCESS)
		return NULL;
	return identity;
}

/* the kernel's side */

static _Noreturn void stuck(const char *what)
{
	fprintf(stderr, "npfs: a thread cannot get back to its own user: %s: %s\n", what,
		strerror(errno));
	abort();
}

static int caps_get(struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, caps) < 0 ? -1 : 0;
}

static int caps_set(const struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, caps) < 0 ? -1 : 0;
}

static bool has_cap(const struct credentials *c, unsigned cap)
{
	return c->caps[cap / 32].effective & 1u << cap % 32;
}

/* Remembers what the calling thread is. Return: false without memory. */
static bool credentials_save(struct credentials *c)
{
	c->uid = geteuid();
	c->gid = getegid();
	c->n_gids = groups_get(&c->gids);
	if (c->n_gids < 0)
		return false;
	if (caps_get(c->caps) == 0)
		return true;
	free(np_take_ptr(c->gids));
	return false;
}

/*
 * The way back. The capabilities come first, they are needed for the rest; changing the
 * user may take them or give more of them, so they are set once more at the end.
 */
static void credentials_restore(const struct credentials *c)
{
	if (caps_set(c->caps) < 0)
		stuck("capset");
	if (syscall(SYS_setresuid, -1, c->uid, -1) < 0)
		stuck("setresuid");
	if (caps_set(c->caps) < 0)
		stuck("capset");
	if (syscall(SYS_setresgid, -1, c->gid, -1) < 0)
		stuck("setresgid");
	if (syscall(SYS_setgroups, c->n_gids, c->gids) < 0)
		stuck("setgroups");
}

/* The way there, for a thread that may. Return: 0; -1: it is what it was. */
static int credentials_assume(const struct credentials *before,
			      const struct npfs_identity_info *info)
{
	bool is_nobody = info->flags & NPFS_IDENTITY_ANONYMOUS;
	uint32_t uid = is_nobody ? NOBODY : info->uid;
	uint32_t gid = is_nobody ? NOBODY : info->gid;
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	unsigned i;

	if (syscall(SYS_setgroups, is_nobody ? 0 : info->n_gids, info->gids) < 0)
		return -1;
	if (syscall(SYS_setresgid, -1, gid, -1) < 0 ||
	    syscall(SYS_setresuid, -1, uid, -1) < 0)
		goto back;
	if (uid == 0)
		return 0;
	memcpy(caps, before->caps, sizeof(caps));
	for (i = 0; i < NP_ARRAY_LEN(caps); i++)
		caps[i].effective = 0;
	if (caps_set(caps) == 0)
		return 0;
back:
	credentials_restore(before);
	return -1;
}

/* Is this what the process is anyway? */
static bool is_ours(const struct npfs_identity_info *info)
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

/* May a thread with these capabilities become that? */
static bool may_assume(const struct credentials *before,
		       const struct npfs_identity_info *info)
{
	return has_cap(before, CAP_SETUID) && has_cap(before, CAP_SETGID) &&
	       !(info->flags & NPFS_IDENTITY_SOME_GROUPS) &&
	       (info->uid != 0 || before->uid == 0);
}

/*
 * The kernel forbids to dump or trace a process in which a thread has changed its user. That
 * is right as long as there is one.
 */
static void dumpable_note(void)
{
	int expected = -1;

	atomic_compare_exchange_strong(&dumpable, &expected, prctl(PR_GET_DUMPABLE));
	atomic_fetch_add(&n_changed, 1);
}

static void dumpable_settle(void)
{
	if (atomic_fetch_sub(&n_changed, 1) == 1 && atomic_load(&dumpable) == 1)
		prctl(PR_SET_DUMPABLE, 1);
}

/* Has the kernel make the calling thread what @info is. Return: whether it is now. */
static bool kernel_assume(const struct npfs_identity_info *info)
{
	if (is_ours(info))
		return true;
	if (!credentials_save(&worn.before))
		return false;
	if (may_assume(&worn.before, info)) {
		dumpable_note();
		if (credentials_assume(&worn.before, info) == 0) {
			worn.has_changed = true;
			return true;
		}
		dumpable_settle();
	}
	free(np_take_ptr(worn.before.gids));
	return false;
}

void npfs_thread_revert(void)
{
	if (worn.has_changed) {
		if (worn.n_pauses == 0)
			credentials_restore(&worn.before);
		worn.has_changed = false;
		free(np_take_ptr(worn.before.gids));
		dumpable_settle();
	}
	worn.can_act = false;
	npfs_identity_unref(np_take_ptr(worn.identity));
}

/* @identity with another level. */
static npfs_status lowered(struct npfs_identity *identity, uint32_t level,
			   struct npfs_identity **lowerp)
{
	struct npfs_identity_info info = identity->info;

	info.level = level;
	return npfs_identity_new(&info, npfs_identity_privileges(identity),
				 npfs_identity_enabled(identity), lowerp);
}

npfs_status npfs_thread_impersonate(struct npfs_identity *identity)
{
	struct npfs_identity *lower = NULL;
	npfs_status status = STATUS_SUCCESS;

	atomic_store(&np_identity_varies, true);
	npfs_identity_ref(identity); /* it may be the one that is worn */
	npfs_thread_revert();
	if (identity->info.level != NPFS_LEVEL_IDENTIFICATION)
		worn.can_act = kernel_assume(&identity->info);
	if (!worn.can_act && identity->info.level > NPFS_LEVEL_IDENTIFICATION) {
		status = lowered(identity, NPFS_LEVEL_IDENTIFICATION, &lower);
		npfs_identity_unref(identity);
		identity = lower;
	}
	worn.identity = identity;
	return status;
}

struct npfs_identity *npfs_thread_identity(void)
{
	return worn.identity ? npfs_identity_ref(worn.identity) : NULL;
}

npfs_status npfs_thread_may_act(void)
{
	return worn.identity && !worn.can_act ? STATUS_BAD_IMPERSONATION_LEVEL :
						STATUS_SUCCESS;
}

void npfs_identity_pause(void)
{
	if (worn.n_pauses++ == 0 && worn.has_changed)
		credentials_restore(&worn.before);
}

void npfs_identity_resume(void)
{
	if (--worn.n_pauses == 0 && worn.has_changed &&
	    credentials_assume(&worn.before, &worn.identity->info) < 0)
		stuck("resume");
}

/* the broker's side */

/* Connects as what the calling thread wears. Under the identity's lock. */
static npfs_status connect_as(struct npfs_identity *identity)
{
	if (identity->fd >= 0)
		return STATUS_SUCCESS;
	return np_conn_side_open(&identity->fd, identity->key);
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
	struct npfs_identity *identity = worn.identity;
	npfs_status status = STATUS_SUCCESS;
	struct np_as as = {.flags = 0};

	if (identity && identity->info.flags & NPFS_IDENTITY_ANONYMOUS &&
	    identity->info.level != NPFS_LEVEL_IDENTIFICATION) {
		as.flags = NP_AS_ANONYMOUS;
	} else if (identity && !worn.can_act) {
		return STATUS_BAD_IMPERSONATION_LEVEL;
	} else if (worn.has_changed) {
		np_lock_take(&identity->lock);
		status = connect_as(identity);
		memcpy(as.key, identity->key, sizeof(as.key));
		np_lock_give(&identity->lock);
	}
	if (status == STATUS_SUCCESS)
		*asp = as;
	return status;
}

/*
 * np_identity_is_stale() - was the request refused because the broker does not know the
 * key?
 *
 * Then it was started anew since; the next np_identity_as() connects to it.
 */
bool np_identity_is_stale(npfs_status status)
{
	struct npfs_identity *identity = worn.identity;

	if (status != STATUS_NO_IMPERSONATION_TOKEN || !identity)
		return false;
	np_lock_take(&identity->lock);
	identity->fd = np_fd_close(identity->fd);
	np_lock_give(&identity->lock);
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
	} while (np_identity_is_stale(status));
	return status;
}

/* np_identity_enabled() - the privileges that are enabled in what the thread is */
uint64_t np_identity_enabled(void)
{
	struct npfs_identity *process = NULL;
	uint64_t enabled;

	if (worn.identity)
		return npfs_identity_enabled(worn.identity);
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
	struct npfs_identity *process = NULL;
	uint64_t mark = 1;

	if (worn.identity)
		return mark_of(worn.identity);
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
	atomic_store(&n_changed, worn.has_changed);
}
