/* SPDX-License-Identifier: MIT */
/*
 * Taps (model: tap.h)
 */
#include "npfs/client/tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/base/macro.h"
#include "npfs/ring/ring.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

/* Is it memory that keeps its size, and is that @size? */
static bool is_sealed(int fd, size_t size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
	       st.st_size >= 0 && (size_t)st.st_size == size;
}

/**
 * np_tap_open_fd() - look into a channel
 * @fd:		of its memory; borrowed
 * @inbound_quota: as the broker told
 * @outbound_quota: likewise
 * @tapp:	owned by the caller
 *
 * Return: STATUS_SUCCESS; STATUS_NOT_FOUND: it is no such memory; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_tap_open_fd(int fd, uint32_t inbound_quota, uint32_t outbound_quota,
			   struct npfs_tap **tapp)
{
	struct npfs_tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return STATUS_INSUFFICIENT_RESOURCES;
	tap->quota[NP_LANE_INBOUND] = inbound_quota;
	tap->quota[NP_LANE_OUTBOUND] = outbound_quota;
	np_shm_layout(inbound_quota, outbound_quota, &tap->layout);
	tap->map_size = tap->layout.size;
	if (!is_sealed(fd, tap->map_size)) {
		free(tap);
		return STATUS_NOT_FOUND;
	}
	tap->map = mmap(NULL, tap->map_size, PROT_READ, MAP_SHARED, fd, 0);
	if (tap->map == MAP_FAILED) {
		free(tap);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*tapp = tap;
	return STATUS_SUCCESS;
}

/* What one process has of an instance's channels. */
struct search {
	const struct npfs_inspect_instance *instance;
	struct npfs_tap *tap; /* owned: the best so far, or NULL */
	npfs_status status;   /* why there is none */
};

/* Takes the channel behind @fd if it is one of the instance's. Return: look no further. */
static bool take_channel(struct search *search, int fd)
{
	const struct npfs_inspect_instance *instance = search->instance;
	struct npfs_tap *tap = NULL;
	struct np_shm_header header;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    header.magic != NP_SHM_MAGIC || header.instance_id != instance->id)
		return false;
	if (np_tap_open_fd(fd, instance->inbound_quota, instance->outbound_quota, &tap) !=
	    STATUS_SUCCESS)
		return false;
	/* of a client that was disconnected the old one may still be there */
	if (search->tap && np_tap_flags(tap) != 0) {
		npfs_tap_close(tap);
		return false;
	}
	npfs_tap_close(search->tap);
	search->tap = tap;
	return np_tap_flags(tap) == 0;
}

/* Is the link one to memory, not to something that opening would disturb? */
static bool is_memfd(int dir_fd, const char *name)
{
	static const char wanted[] = "/memfd:npfs";
	char target[64];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

	return n >= (ssize_t)sizeof(wanted) - 1 &&
	       memcmp(target, wanted, sizeof(wanted) - 1) == 0;
}

/* Looks through a folder of links to what the process has open, or mapped. */
static bool search_folder(struct search *search, uint32_t pid, const char *folder)
{
	struct dirent *entry;
	bool is_done = false;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, folder);
	dir = opendir(path);
	if (!dir) {
		if (errno == EACCES || errno == EPERM)
			search->status = STATUS_ACCESS_DENIED;
		return false;
	}
	while (!is_done && (entry = readdir(dir)) != NULL) {
		NP_CLEANUP_FD int fd = -1;

		if (!is_memfd(dirfd(dir), entry->d_name))
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		is_done = fd >= 0 && take_channel(search, fd);
	}
	closedir(dir);
	return is_done;
}

npfs_status npfs_tap_open(const struct npfs_inspect_instance *instance, struct npfs_tap **tapp)
{
	struct search search = {.instance = instance, .status = STATUS_NOT_FOUND};

	if (instance->client_pid == 0 && instance->state != NPFS_STATE_CONNECTED)
		return STATUS_PIPE_LISTENING;
	if (!(instance->server_pid != 0 && search_folder(&search, instance->server_pid, "fd")) &&
	    !(instance->client_pid != 0 && search_folder(&search, instance->client_pid, "fd")) &&
	    instance->server_pid != 0 && !search.tap)
		search_folder(&search, instance->server_pid, "map_files");
	if (!search.tap)
		return search.status;
	*tapp = search.tap;
	return STATUS_SUCCESS;
}

/* np_tap_flags() - NPFS_TAP_: which ends are not there any more */
uint32_t np_tap_flags(const struct npfs_tap *tap)
{
	uint32_t server = atomic_load_explicit(&np_shm_bell(tap->map, NP_SIDE_SERVER)->state,
					       memory_order_acquire);
	uint32_t client = atomic_load_explicit(&np_shm_bell(tap->map, NP_SIDE_CLIENT)->state,
					       memory_order_acquire);

	return (server == NP_SHM_CLOSED ? NPFS_TAP_SERVER_CLOSED : 0) |
	       (server == NP_SHM_DETACHED ? NPFS_TAP_DISCONNECTED : 0) |
	       (client == NP_SHM_CLOSED ? NPFS_TAP_CLIENT_CLOSED : 0);
}

static void count_lane(const struct npfs_tap *tap, enum np_lane_index index,
		       struct npfs_tap_lane *lanep)
{
	struct np_tap_lane lane;

	np_tap_lane_init(&lane, tap->map, index, &tap->layout, true);
	np_tap_lane_see(&lane);
	*lanep = (struct npfs_tap_lane){
		.written = lane.seen.w_bytes,
		.n_writes = lane.seen.w_entries,
		.read = np_min_u64(lane.seen.r_bytes, lane.seen.w_bytes),
		.n_read = np_min_u64(lane.seen.r_entries, lane.seen.w_entries),
		.quota = tap->quota[index],
	};
	lanep->queued = lanep->written - lanep->read;
	lanep->n_queued = lanep->n_writes - lanep->n_read;
	lanep->used = (uint32_t)np_min_u64(lanep->queued, lanep->quota);
}

npfs_status npfs_tap_count(const struct npfs_tap *tap, struct npfs_tap_counts *countsp)
{
	if (countsp->size != sizeof(*countsp))
		return STATUS_INVALID_PARAMETER;
	countsp->flags = np_tap_flags(tap);
	count_lane(tap, NP_LANE_INBOUND, &countsp->inbound);
	count_lane(tap, NP_LANE_OUTBOUND, &countsp->outbound);
	return STATUS_SUCCESS;
}

void npfs_tap_close(struct npfs_tap *tap)
{
	if (!tap)
		return;
	munmap(tap->map, tap->map_size);
	free(tap);
}
