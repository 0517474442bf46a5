/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: becoming one, travelling, arriving (model: share.h)
 *
 * A private end becomes shared under its own lock. A thread that sleeps in a call on a
 * synchronous end has that lock for as long as it sleeps; so what is needed is made first,
 * put down as an offer (npfs_end.share_offer), and whoever has the lock installs it: the
 * sleeper, which is woken for that, or the exporting thread itself.
 */
#include "npfs/client/share.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/procfs.h"
#include "npfs/client/end.h"
#include "npfs/client/process.h"
#include "npfs/client/share_tie.h"

/* What a parcel's bytes start with; the name follows. */
struct body {
	uint32_t magic;
	uint32_t version;
	uint32_t is_server;
	uint32_t is_sync;
	uint32_t access;
	uint32_t name_len; /* units */
	uint32_t client_pid; /* of a client end: who opened it */
	uint32_t client_session;
	uint32_t is_dynamic;
	struct np_share_mark mark;
	struct np_call_info info;
};

/* The descriptors of a parcel, in this order. */
enum {
	FD_PAGE,
	FD_EVENT,
	FD_MAIL_IN,
	FD_MAIL_OUT,
	FD_COUNT,
	FD_INSTANCE = FD_COUNT, /* server ends only */
	FD_COUNT_SERVER, /* and one more when it has a mark */
};

static_assert(FD_COUNT_SERVER + 1 <= NPFS_PARCEL_FDS, "an end fits a parcel");

/* being watched: the event descriptor */

static struct np_share *share_of(struct np_watch *watch)
{
	return np_container_of(watch, struct np_share, watch);
}

static void event_ref(struct np_watch *watch)
{
	np_end_ref(share_of(watch)->end);
}

static void event_unref(struct np_watch *watch)
{
	np_end_unref(share_of(watch)->end);
}

static void event_on_event(struct np_watch *watch)
{
	np_end_look(share_of(watch)->end);
}

static void event_fork_child(struct np_watch *watch)
{
	np_end_fork_child(share_of(watch)->end);
}

static const struct np_watch_ops event_ops = {
	.ref = event_ref,
	.unref = event_unref,
	.on_event = event_on_event,
	.fork_child = event_fork_child,
};

/* making */

static struct np_share *share_alloc(struct npfs_end *end)
{
	struct np_share *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	share->end = end;
	share->page_fd = -1;
	share->event_fd = -1;
	share->mail_in = -1;
	share->mail_out = -1;
	share->instance_fd = -1;
	share->bell_fd = -1;
	share->watch.ops = &event_ops;
	share->watch.fd = -1;
	np_list_init(&share->waiting[NP_DIR_IN]);
	np_list_init(&share->waiting[NP_DIR_OUT]);
	np_share_sent_init(share);
	return share;
}

/* np_share_close_all() - close the descriptors; twice is harmless */
void np_share_close_all(struct np_share *share)
{
	share->page_fd = np_fd_close(share->page_fd);
	share->event_fd = np_fd_close(share->event_fd);
	share->mail_in = np_fd_close(share->mail_in);
	share->mail_out = np_fd_close(share->mail_out);
	share->instance_fd = np_fd_close(share->instance_fd);
	share->bell_fd = np_fd_close(share->bell_fd);
}

/* np_share_free() - release; nobody uses the end any more. NULL is harmless */
void np_share_free(struct np_share *share)
{
	if (!share)
		return;
	if (share->watch.fd >= 0)
		np_engine_remove(&share->watch);
	np_share_forget_others(share);
	np_share_stop_sending(share);
	np_share_close_all(share);
	np_share_drop_ring(share);
	if (share->page)
		munmap(share->page, sizeof(*share->page));
	free(share);
}

/* np_share_fork_child() - in the child of a fork: everything here is the parent's */
void np_share_fork_child(struct np_share *share)
{
	share->watch.fd = -1;
	share->page = NULL;
	share->ring = NULL;
	share->has_left = true;
	np_share_close_all(share);
}

static int map_page(struct np_share *share)
{
	void *map = mmap(NULL, sizeof(*share->page), PROT_READ | PROT_WRITE, MAP_SHARED,
			 share->page_fd, 0);
	int r;

	if (map == MAP_FAILED)
		return np_err(-errno);
	if (madvise(map, sizeof(*share->page), MADV_DONTFORK) < 0) {
		r = np_err(-errno);
		munmap(map, sizeof(*share->page));
		return r;
	}
	share->page = map;
	return 0;
}

static int page_init(struct np_share_page *page)
{
	pthread_mutexattr_t attr;
	int r;

	page->turn[NP_DIR_IN] = NP_SHARE_NOBODY;
	page->turn[NP_DIR_OUT] = NP_SHARE_NOBODY;
	r = pthread_mutexattr_init(&attr);
	if (r)
		return np_err(-r);
	r = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!r)
		r = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (!r)
		r = pthread_mutex_init(&page->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	page->magic = NP_SHARE_MAGIC;
	page->version = NP_SHARE_VERSION;
	return r ? np_err(-r) : 0;
}

/* Without the lock: a child must not wait for a call that its parent sleeps in. */
static bool claim_slot(struct np_share *share)
{
	struct np_share_page *page = share->page;
	uint32_t pid = (uint32_t)getpid();

	for (uint32_t i = 0; i < NPFS_SHARE_HOLDERS; i++) {
		uint32_t expected = NP_SLOT_FREE;

		if (!atomic_compare_exchange_strong(&page->slot[i].state, &expected,
						    NP_SLOT_CLAIMED))
			continue;
		atomic_store(&page->slot[i].born, np_process_born(pid));
		atomic_store(&page->slot[i].pid, pid);
		atomic_store(&page->slot[i].state, NP_SLOT_USED);
		atomic_fetch_add(&page->n_changes, 1);
		share->slot = i;
		return true;
	}
	return false;
}

static int watch_event(struct np_share *share)
{
	int r;

	share->watch.fd = share->event_fd;
	r = np_engine_add(&share->watch);
	if (r < 0)
		share->watch.fd = -1;
	return r;
}

static int share_new(struct npfs_end *end, struct np_share **sharep)
{
	struct np_share *share = share_alloc(end);
	int mail[2];
	int r;

	if (!share)
		return np_err(-ENOMEM);
	r = np_memfd_new("npfs-share", sizeof(*share->page), &share->page_fd);
	if (r == 0)
		r = map_page(share);
	if (r == 0)
		r = page_init(share->page);
	if (r < 0)
		goto out;
	r = np_err(-EMFILE);
	share->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (share->event_fd < 0)
		goto out;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, mail) < 0)
		goto out;
	share->mail_in = mail[0];
	share->mail_out = mail[1];
	claim_slot(share);
	share->n_changes = atomic_load(&share->page->n_changes);
	r = watch_event(share);
	if (r < 0)
		goto out;
	*sharep = share;
	return 0;

out:
	np_share_free(share);
	return r;
}

/* The engine counts on it that nobody else sleeps on an exclusive descriptor. */
static void watch_as_one_of_several(struct npfs_end *end)
{
	if (end->sock < 0)
		return;
	np_engine_remove(&end->watch);
	end->watch.is_exclusive = false;
	/* an end that nobody watches is as good as broken */
	end->is_watched = np_engine_add(&end->watch) == 0;
	if (!end->is_watched)
		atomic_store(&end->gone, true);
}

/*
 * np_share_install() - make a private end shared, if somebody offered what that takes
 *
 * The caller has the end's lock, and has the shared one afterwards.
 */
void np_share_install(struct npfs_end *end)
{
	struct np_share *share = atomic_exchange(&end->share_offer, NULL);
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	struct np_share_page *page;

	if (!share)
		return;
	page = share->page;
	np_lock_take(&share->local);
	pthread_mutex_lock(&page->lock);
	page->state = end->state;
	atomic_store_explicit(&end->share, share, memory_order_release);
	channel.sock_fd = end->sock;
	channel.shm_fd = atomic_load(&end->shm_fd);
	np_share_new_channel(end, end->map && channel.shm_fd >= 0 ? &channel : NULL);
	np_share_keep_hello(end);
	np_share_lend_notes(end);
	np_share_flights_begin(end);
	if (end->tie && !np_share_install_tie(end))
		atomic_store(&page->is_tied, true); /* nobody can be told, but it is */
	share->rings = false; /* there are no others yet */
	watch_as_one_of_several(end);
	np_share_store(end);
	atomic_store(&page->is_busy, true);
	np_end_drop_memfd(end);
	atomic_store_explicit(&end->lock.word, NP_LOCK_MOVED, memory_order_release);
	np_futex_wake(&end->lock.word, INT_MAX, false);
}

/* Wait until the end is shared, by this thread or by the one that has the lock. */
static void have_installed(struct npfs_end *end)
{
	struct np_list done = NP_LIST_INIT(done);

	np_wake_self(end);
	if (!np_end_lock_private(end))
		return;
	np_share_install(end);
	np_end_refresh(end, &done);
	np_end_unlock(end, &done);
}

/* The end's lock may be held for long; it is not while one channel takes another's place. */
static bool has_memfd(struct npfs_end *end)
{
	bool has;

	np_lock_take(&end->switch_lock);
	has = atomic_load(&end->shm_fd) >= 0;
	np_lock_give(&end->switch_lock);
	return has;
}

/*
 * A broker that dies in the middle of this has forgotten the instance already, and the next
 * one does not know it. An end that is connected goes on for its connection, as a shared end
 * does whose broker dies later: with a connection to nobody.
 */
static npfs_status share_instance(struct npfs_end *end, struct np_share *share)
{
	uint32_t state = atomic_load(&end->state);
	npfs_status status = np_call_share(end->info.instance_id, &share->instance_fd);
	int fds[2];

	if (status != STATUS_INVALID_HANDLE ||
	    (state != NP_END_CONNECTED && state != NP_END_CLOSING))
		return status;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	np_fd_close(fds[1]);
	share->instance_fd = fds[0];
	return STATUS_SUCCESS;
}

static npfs_status become_shared(struct npfs_end *end)
{
	uint32_t state = atomic_load(&end->state);
	struct np_share *share;
	npfs_status status;
	int r;

	if (state >= NP_END_LINGERING)
		return STATUS_INVALID_HANDLE;
	if (state <= NP_END_CLOSING && !has_memfd(end))
		return STATUS_INSUFFICIENT_RESOURCES;
	r = share_new(end, &share);
	if (r < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (end->tie && np_tie_open(end->tie, share) < 0) {
		np_share_free(share);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (end->is_server) {
		np_end_look(end);
		status = share_instance(end, share);
		if (status != STATUS_SUCCESS) {
			np_share_free(share);
			return status;
		}
		/* a broker that was replaced meanwhile may have given it another channel */
		np_end_look(end);
		np_registry_remove(&end->registered);
	}
	atomic_store(&end->share_offer, share);
	have_installed(end);
	return STATUS_SUCCESS;
}

static unsigned n_descriptors(bool is_server)
{
	return is_server ? FD_COUNT_SERVER : FD_COUNT;
}

static npfs_status pack(struct npfs_end *end, struct npfs_parcel *parcel)
{
	struct np_share *share = end->share;
	const int fds[FD_COUNT_SERVER] = {
		[FD_PAGE] = share->page_fd,
		[FD_EVENT] = share->event_fd,
		[FD_MAIL_IN] = share->mail_in,
		[FD_MAIL_OUT] = share->mail_out,
		[FD_INSTANCE] = share->instance_fd,
	};
	size_t name_bytes = end->name_len * sizeof(*end->name);
	NP_CLEANUP_FREE char *bytes = calloc(1, sizeof(struct body) + name_bytes);
	npfs_status status = STATUS_SUCCESS;
	struct body body;

	if (!bytes)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (unsigned i = 0; i < n_descriptors(end->is_server); i++)
		if (status == STATUS_SUCCESS)
			status = npfs_parcel_add_fd(parcel, fds[i]);
	if (status != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	memset(&body, 0, sizeof(body));
	body.magic = NP_SHARE_MAGIC;
	body.version = NP_SHARE_VERSION;
	body.is_server = end->is_server;
	body.is_sync = end->is_sync;
	body.access = end->access;
	body.name_len = (uint32_t)end->name_len;
	body.info = end->info;
	if (!end->is_server) {
		body.client_pid = end->client.pid;
		body.client_session = end->client.session;
		body.is_dynamic = end->is_dynamic;
	}
	np_share_send(share, parcel, &body.mark);
	memcpy(bytes, &body, sizeof(body));
	memcpy(bytes + sizeof(body), end->name, name_bytes);
	parcel->kind = NPFS_PARCEL_END;
	status = npfs_parcel_set_body(parcel, bytes, (uint32_t)(sizeof(body) + name_bytes));
	return status == STATUS_SUCCESS ? status : STATUS_INSUFFICIENT_RESOURCES;
}

npfs_status npfs_end_export(struct npfs_end *end, struct npfs_parcel *parcel)
{
	npfs_status status = STATUS_SUCCESS;

	npfs_parcel_init(parcel);
	np_lock_take(&end->export_lock);
	if (!end->share)
		status = become_shared(end);
	else if (atomic_load(&end->state) >= NP_END_LINGERING)
		status = STATUS_INVALID_HANDLE;
	if (status == STATUS_SUCCESS)
		status = pack(end, parcel);
	np_lock_give(&end->export_lock);
	if (status != STATUS_SUCCESS)
		npfs_parcel_free(parcel);
	return status;
}

/* arriving */

static int take_descriptors(struct np_share *share, const struct npfs_parcel *parcel)
{
	int *places[FD_COUNT_SERVER] = {
		[FD_PAGE] = &share->page_fd,
		[FD_EVENT] = &share->event_fd,
		[FD_MAIL_IN] = &share->mail_in,
		[FD_MAIL_OUT] = &share->mail_out,
		[FD_INSTANCE] = &share->instance_fd,
	};

	for (unsigned i = 0; i < n_descriptors(share->end->is_server); i++) {
		*places[i] = fcntl(parcel->fds[i], F_DUPFD_CLOEXEC, 0);
		if (*places[i] < 0)
			return np_err(-errno);
	}
	return 0;
}

static int check_page(struct np_share *share)
{
	size_t size;
	int r = np_memfd_check(share->page_fd, &size);

	if (r < 0)
		return r;
	if (size != sizeof(*share->page))
		return np_err(-EPROTO);
	r = map_page(share);
	if (r < 0)
		return r;
	return share->page->magic == NP_SHARE_MAGIC &&
			       share->page->version == NP_SHARE_VERSION ?
		       0 : np_err(-EPROTO);
}

/* np_share_give_up_slot() - this process does not hold the end any more */
void np_share_give_up_slot(struct np_share *share)
{
	np_share_forget_sender(share->page, share->slot);
	np_share_slot_free(share->page, share->slot);
	share->has_left = true;
	if (share->watch.fd >= 0)
		np_engine_remove(&share->watch);
	share->watch.fd = -1;
	np_share_forget_others(share);
	np_share_stop_sending(share);
}

/* The descriptor has been rung before: from watch_event() on the engine looks at the end, and
 * has to find it shared. */
static npfs_status join(struct npfs_end *end, const struct npfs_parcel *parcel,
			const struct np_share_mark *mark)
{
	struct np_share *share = share_alloc(end);
	int r;

	if (!share)
		return STATUS_INSUFFICIENT_RESOURCES;
	r = take_descriptors(share, parcel);
	if (r == 0)
		r = check_page(share);
	if (r < 0) {
		np_share_free(share);
		return r == -EPROTO || r == -EPERM || r == -EINVAL || r == -EBADF ?
			       STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (!claim_slot(share)) {
		np_share_free(share);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	atomic_store(&end->share, share);
	atomic_store(&end->lock.word, NP_LOCK_MOVED);
	if (watch_event(share) < 0) {
		np_share_give_up_slot(share);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	np_share_receive(share->page, mark);
	np_share_ring(share);
	return STATUS_SUCCESS;
}

npfs_status npfs_end_import(const struct npfs_parcel *parcel, struct npfs_end **endp)
{
	NP_CLEANUP_FREE uint16_t *name = NULL;
	struct npfs_end *end;
	struct body body;
	npfs_status status;

	np_process_init();
	if (parcel->kind != NPFS_PARCEL_END || parcel->len < sizeof(body))
		return STATUS_INVALID_PARAMETER;
	memcpy(&body, parcel->body, sizeof(body));
	if (body.magic != NP_SHARE_MAGIC || body.version != NP_SHARE_VERSION ||
	    parcel->len - sizeof(body) != (uint64_t)body.name_len * sizeof(*name) ||
	    parcel->n_fds != n_descriptors(body.is_server) + (body.mark.word != 0))
		return STATUS_INVALID_PARAMETER;
	name = malloc(body.name_len * sizeof(*name) + 1);
	if (!name)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(name, (const char *)parcel->body + sizeof(body),
	       body.name_len * sizeof(*name));
	status = np_end_new(name, body.name_len, body.is_server, body.is_sync, &end);
	if (status != STATUS_SUCCESS)
		return status;
	end->info = body.info;
	end->access = body.access;
	end->client.pid = body.client_pid;
	end->client.session = body.client_session;
	end->is_dynamic = body.is_dynamic;
	status = join(end, parcel, &body.mark);
	if (status != STATUS_SUCCESS) {
		np_end_unref(end);
		return status;
	}
	*endp = end;
	return STATUS_SUCCESS;
}
