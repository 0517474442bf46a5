/* SPDX-License-Identifier: MIT */
/*
 * Following a lane from outside (model: tap_lane.h)
 */
#include "npfs/client/tap_lane.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

/* Records of one look, at most; who writes more between two looks is not followed. */
#define WALK_MAX 16384u

/* How often counters are loaded that change under the eyes. */
#define LOOKS_MAX 64u

struct record {
	uint64_t start, end;
	uint32_t len;
	uint32_t gone; /* bytes that were withdrawn, of a withdrawn one */
	bool has_cell;
	bool is_stalled;
	bool is_withdrawn;
	bool is_doubtful; /* completed or withdrawn, nobody knows any more */
	uint8_t cell;
	uint16_t tag;
};

struct walk {
	struct record *records; /* owned: WALK_MAX */
	unsigned n;
	uint64_t pos;
	uint64_t n_gone, gone; /* of doubtful ones: withdrawn, as it turned out */
};

static uint64_t record_size(uint32_t len)
{
	return 8 + (((uint64_t)len + 7) & ~UINT64_C(7));
}

static struct np_tap_seen load(const struct np_tap_lane *lane)
{
	struct np_shm_lane *shm = lane->shm;
	struct np_tap_seen seen;

	/* heads before tails: what was read had been written */
	seen.head = atomic_load_explicit(&shm->head, memory_order_acquire);
	seen.r_entries = atomic_load_explicit(&shm->r_entries, memory_order_acquire);
	seen.r_bytes = atomic_load_explicit(&shm->r_bytes, memory_order_acquire);
	seen.tail = atomic_load_explicit(&shm->tail, memory_order_acquire);
	seen.w_entries = atomic_load_explicit(&shm->w_entries, memory_order_acquire);
	seen.w_bytes = atomic_load_explicit(&shm->w_bytes, memory_order_acquire);
	return seen;
}

/* Counters that belong together. Return: false when they never stood still. */
static bool load_stable(const struct np_tap_lane *lane, struct np_tap_seen *seenp)
{
	struct np_tap_seen last = load(lane);
	unsigned i;

	for (i = 0; i < LOOKS_MAX; i++) {
		*seenp = load(lane);
		if (memcmp(seenp, &last, sizeof(last)) == 0)
			return true;
		last = *seenp;
	}
	return false;
}

/**
 * np_tap_lane_init() - begin to follow
 * @lane:	written
 * @map:	the channel
 * @index:	which lane of it
 * @layout:	by the quotas that the broker told
 * @from_start:	the connection is new; else what was written until now is not told
 */
void np_tap_lane_init(struct np_tap_lane *lane, void *map, enum np_lane_index index,
		      const struct np_shm_layout *layout, bool from_start)
{
	memset(lane, 0, sizeof(*lane));
	lane->shm = np_shm_lane(map, index);
	lane->ring.base = (uint8_t *)map + layout->ring_offset[index];
	lane->ring.mask = layout->ring_size[index] - 1;
	if (from_start)
		return;
	lane->is_lost = true;
	lane->seen = load(lane);
	lane->told = lane->seen.w_entries;
	lane->told_bytes = lane->seen.w_bytes;
	lane->r_told = lane->seen.r_entries;
	lane->r_bytes_told = lane->seen.r_bytes;
}

/* np_tap_lane_see() - load what np_tap_lane_tell() will tell. Return: is it news? */
bool np_tap_lane_see(struct np_tap_lane *lane)
{
	struct np_tap_seen last = lane->seen;

	lane->seen = load(lane);
	return memcmp(&lane->seen, &last, sizeof(last)) != 0;
}

/* What became of the write that the cell is of? */
static void ask_cell(const struct np_tap_lane *lane, struct record *record)
{
	uint64_t cell =
		atomic_load_explicit(&lane->shm->cell[record->cell], memory_order_acquire);
	uint32_t limit = (uint32_t)(cell & NP_CELL_OFFSET_MASK);

	record->is_stalled = false;
	if ((uint16_t)(cell >> 32) != record->tag) {
		record->is_doubtful = true;
	} else if (cell & NP_CELL_WITHDRAWN) {
		record->is_withdrawn = true;
		record->gone = record->len - np_min_u32(limit, record->len);
	} else {
		record->is_stalled = true;
	}
}

/* Where the record behind a withdrawn one begins. */
static uint64_t end_of_withdrawn(const struct np_tap_lane *lane, uint64_t start, uint64_t end)
{
	uint64_t stream =
		atomic_load_explicit(&lane->shm->w_stream_end, memory_order_acquire);

	return stream > start && stream < end && !(stream & 7) ? stream : end;
}

/* Walks on to @tail. Return: false when there is something that cannot be. */
static bool walk_to(const struct np_tap_lane *lane, struct walk *walk, uint64_t tail)
{
	if ((tail & 7) || tail - walk->pos > np_ring_size(&lane->ring))
		return tail < walk->pos && walk->pos - tail <= UINT32_MAX + UINT64_C(16);
	while (walk->pos < tail) {
		uint64_t header = np_ring_get_header(&lane->ring, walk->pos);
		uint8_t flags = (uint8_t)(header >> 32);
		struct record record = {
			.start = walk->pos,
			.len = (uint32_t)header,
			.cell = (uint8_t)(header >> 40) % NP_SHM_CELLS,
			.tag = (uint16_t)(header >> 48),
		};
		uint64_t end = record.start + record_size(record.len);

		record.has_cell = flags & NP_REC_CELL && !(flags & NP_REC_SKIP);
		if (record.has_cell)
			ask_cell(lane, &record);
		else if (end > tail)
			return false;
		if (record.is_withdrawn)
			end = end_of_withdrawn(lane, record.start, end);
		walk->pos = record.end = end;
		if (flags & NP_REC_SKIP)
			continue;
		if (walk->n == WALK_MAX)
			return false;
		walk->records[walk->n++] = record;
	}
	return true;
}

/*
 * Did the walk come by where the reader is, with what the reader has counted? Of doubtful
 * records that are behind the reader the counters say what became of them.
 */
static bool walk_fits(const struct np_tap_lane *lane, struct walk *walk,
		      const struct np_tap_seen *now)
{
	uint64_t ord = lane->ord, bytes = lane->ord_bytes;
	uint64_t doubtful = 0, doubtful_bytes = 0, rest = 0;
	unsigned i;

	/* the reader is further back, at what was told */
	if (now->head < lane->pos)
		return now->r_entries <= ord && now->r_bytes <= bytes;
	for (i = 0; i < walk->n && walk->records[i].end <= now->head; i++) {
		const struct record *record = &walk->records[i];

		ord += !record->is_withdrawn;
		bytes += record->len - record->gone;
		doubtful += record->is_doubtful;
		doubtful_bytes += record->is_doubtful ? record->len : 0;
	}
	if (i < walk->n && walk->records[i].start < now->head) {
		/* only one that goes through the ring in pieces has the head in its middle */
		if (!walk->records[i].has_cell || doubtful > 0)
			return false;
	}
	if (i < walk->n)
		rest = walk->records[i].len;
	if (now->r_entries > ord || ord - now->r_entries > doubtful ||
	    now->r_bytes > bytes + rest || now->r_bytes + doubtful_bytes < bytes)
		return false;
	walk->n_gone = ord - now->r_entries;
	walk->gone = doubtful > 0 && now->r_bytes < bytes ? bytes - now->r_bytes : 0;
	return true;
}

static void add_stalled(struct np_tap_lane *lane, const struct record *record)
{
	if (lane->n_stalled == NP_SHM_CELLS)
		return;
	lane->stalled[lane->n_stalled++] = (struct np_tap_stalled){
		.start = record->start,
		.len = record->len,
		.cell = record->cell,
		.tag = record->tag,
	};
}

static void withdraw(struct np_tap_lane *lane, uint64_t n, uint64_t gone,
		     np_tap_tell_fn *tell, void *user)
{
	lane->ord -= np_min_u64(n, lane->ord);
	lane->ord_bytes -= np_min_u64(gone, lane->ord_bytes);
	lane->told -= np_min_u64(n, lane->told);
	lane->told_bytes -= np_min_u64(gone, lane->told_bytes);
	tell(user, NPFS_TRACE_WITHDREW, gone, n, NULL, 0);
}

/* What became of writes that had not completed when they were told? */
static void ask_stalled(struct np_tap_lane *lane, np_tap_tell_fn *tell, void *user)
{
	unsigned i, n = 0;

	for (i = 0; i < lane->n_stalled; i++) {
		struct np_tap_stalled *old = &lane->stalled[i];
		struct record record = {
			.start = old->start,
			.len = old->len,
			.cell = old->cell,
			.tag = old->tag,
		};
		uint64_t end = record.start + record_size(record.len);

		ask_cell(lane, &record);
		if (record.is_withdrawn) {
			if (lane->pos == end)
				lane->pos = end_of_withdrawn(lane, record.start, end);
			withdraw(lane, 1, record.gone, tell, user);
		} else if (record.is_doubtful && lane->pos == end && lane->waits) {
			/* was it withdrawn before all of it lay there? */
			lane->is_lost = true;
		} else if (record.is_stalled && end > lane->seen.head) {
			lane->stalled[n++] = *old;
		}
	}
	lane->n_stalled = n;
}

/* Tells a write, unless it was told before. */
static void tell_record(struct np_tap_lane *lane, const struct record *record, size_t data_len,
			np_tap_tell_fn *tell, void *user)
{
	uint8_t data[NPFS_TRACE_DATA_MAX];
	uint64_t n = np_min_u64(record->len, np_min_u64(data_len, sizeof(data)));
	uint64_t at = record->start + 8;
	bool is_new = false;

	if (lane->ord >= lane->told) {
		lane->told++;
		lane->told_bytes += record->len;
		is_new = true;
	}
	lane->ord++;
	lane->ord_bytes += record->len;
	if (!is_new && record->is_withdrawn) {
		/* told in a sum that it is not in any more */
		lane->ord--;
		lane->ord_bytes -= record->gone;
	}
	if (!is_new)
		return;
	n = np_min_u64(n, lane->seen.tail > at ? lane->seen.tail - at : 0);
	np_ring_get(&lane->ring, at, data, n);
	lane->n_empty += record->len == 0;
	tell(user, NPFS_TRACE_WROTE, record->len, 1, data, (size_t)n);
	if (record->is_withdrawn)
		withdraw(lane, 1, record->gone, tell, user);
	else if (record->is_stalled)
		add_stalled(lane, record);
}

/* Tells the writes behind `pos`. Return: false when the place is lost. */
static bool follow(struct np_tap_lane *lane, size_t data_len, np_tap_tell_fn *tell, void *user)
{
	struct walk walk = {.pos = lane->pos};
	struct np_tap_seen now;
	unsigned i, n_tries = 0;
	bool is_good;

	if (lane->seen.tail == lane->pos)
		return true;
	walk.records = malloc(WALK_MAX * sizeof(*walk.records));
	if (!walk.records)
		return false;
	for (;;) {
		is_good = walk_to(lane, &walk, lane->seen.tail) && load_stable(lane, &now);
		if (!is_good || now.head <= lane->seen.tail || ++n_tries == LOOKS_MAX)
			break;
		/* the reader has got further: it must be caught up with to be checked by */
		lane->seen = now;
	}
	if (is_good && walk_fits(lane, &walk, &now)) {
		lane->pos = walk.pos;
		lane->waits = walk.pos > lane->seen.tail;
		for (i = 0; i < walk.n; i++)
			tell_record(lane, &walk.records[i], data_len, tell, user);
		if (walk.n_gone > 0 || walk.gone > 0)
			withdraw(lane, walk.n_gone, walk.gone, tell, user);
	} else {
		is_good = false;
	}
	free(walk.records);
	return is_good;
}

/* Does all from the reader's head on fit the counters? Then so many bytes are before it. */
static bool is_place(const struct np_tap_lane *lane, const struct np_tap_seen *now,
		     uint64_t *ord_bytesp)
{
	struct walk walk = {.pos = now->head};
	uint64_t n = 0, bytes = 0, first = 0;
	struct np_tap_seen after;
	bool is_good;
	unsigned i;

	walk.records = malloc(WALK_MAX * sizeof(*walk.records));
	if (!walk.records)
		return false;
	is_good = walk_to(lane, &walk, now->tail);
	for (i = 0; i < walk.n; i++) {
		n += !walk.records[i].is_withdrawn;
		bytes += walk.records[i].len - walk.records[i].gone;
		first = i == 0 ? walk.records[i].len : first;
	}
	free(walk.records);
	/* nothing is laid over what has not been read */
	if (!is_good || now->w_entries - now->r_entries != n || bytes > now->w_bytes ||
	    !load_stable(lane, &after) || after.head != now->head)
		return false;
	*ord_bytesp = now->w_bytes - bytes;
	return now->r_bytes >= *ord_bytesp && now->r_bytes - *ord_bytesp <= first;
}

/* Looks for a place to go on from. */
static void find_place(struct np_tap_lane *lane)
{
	struct np_tap_seen now;
	uint64_t ord_bytes;

	if (!load_stable(lane, &now) || now.head > now.tail)
		return;
	ord_bytes = now.r_bytes;
	if (now.head != now.tail && !is_place(lane, &now, &ord_bytes))
		return;
	lane->pos = now.head;
	lane->ord = now.r_entries;
	lane->ord_bytes = ord_bytes;
	lane->waits = false;
	lane->n_stalled = 0;
	lane->is_lost = false;
}

/* Tells the sum of what was written since. */
static void tell_sum(struct np_tap_lane *lane, np_tap_tell_fn *tell, void *user)
{
	uint64_t n = lane->seen.w_entries - np_min_u64(lane->told, lane->seen.w_entries);
	uint64_t bytes = lane->seen.w_bytes - np_min_u64(lane->told_bytes, lane->seen.w_bytes);

	uint64_t n_gone = lane->told - np_min_u64(lane->told, lane->seen.w_entries);
	uint64_t gone = lane->told_bytes - np_min_u64(lane->told_bytes, lane->seen.w_bytes);

	if (n > 0 || bytes > 0)
		tell(user, NPFS_TRACE_UNSEEN, bytes, n, NULL, 0);
	if (n_gone > 0 || gone > 0)
		tell(user, NPFS_TRACE_WITHDREW, gone, n_gone, NULL, 0);
	lane->told = lane->seen.w_entries;
	lane->told_bytes = lane->seen.w_bytes;
}

static void tell_reads(struct np_tap_lane *lane, const struct np_tap_seen *seen,
		       np_tap_tell_fn *tell, void *user)
{
	uint64_t n = seen->r_entries - lane->r_told;
	uint64_t bytes = seen->r_bytes - lane->r_bytes_told;

	/* the bytes are counted first: that their write is at its end may come to light later */
	if (bytes == 0 && n > 0 && lane->n_empty == 0) {
		lane->r_told = seen->r_entries;
		return;
	}
	if (bytes == 0 && n == 0)
		return;
	lane->r_told = seen->r_entries;
	lane->r_bytes_told = seen->r_bytes;
	lane->n_empty -= np_min_u64(n, lane->n_empty);
	tell(user, NPFS_TRACE_READ, bytes, n, NULL, 0);
}

/**
 * np_tap_lane_tell() - tell what np_tap_lane_see() saw: writes, then reads
 * @lane:	of what was seen
 * @data_len:	first bytes of a write to be told
 * @tell:	called for each
 * @user:	handed to it
 */
void np_tap_lane_tell(struct np_tap_lane *lane, size_t data_len, np_tap_tell_fn *tell,
		      void *user)
{
	struct np_tap_seen seen = lane->seen;

	if (!lane->is_lost)
		ask_stalled(lane, tell, user);
	if (!lane->is_lost)
		lane->is_lost = !follow(lane, data_len, tell, user);
	/* what was told in a sum may have been withdrawn since */
	if (lane->is_lost || lane->told > lane->seen.w_entries ||
	    lane->told_bytes > lane->seen.w_bytes) {
		tell_sum(lane, tell, user);
		find_place(lane);
	}
	tell_reads(lane, &seen, tell, user);
}
