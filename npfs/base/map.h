/* SPDX-License-Identifier: MIT */
/*
 * Hash map from byte strings or 64-bit numbers to pointers.
 *
 * Chained buckets, doubled when the entries outnumber them. Keys are copied; values are
 * borrowed and never touched. A number and a byte string are different keys, even when
 * their bytes agree. Each map has a hash seed of its own, so that somebody who picks the
 * keys cannot pick their buckets.
 *
 * An allocation failure leaves the map as it was. Failure to grow is no failure: the map
 * goes on with longer chains.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"

struct np_map_entry;

struct np_map {
	struct np_map_entry **buckets; /* owned; NULL until the first put */
	size_t n_buckets;              /* 0 or a power of two */
	size_t n_entries;
	uint64_t seed;
};

/* clang-format off */
#define NP_MAP_INIT { NULL, 0, 0, 0 }
/* clang-format on */

/*
 * Cursor for np_map_next(). Valid while nothing is put; removing the last answer is
 * fine.
 */
struct np_map_iter {
	size_t bucket;
	struct np_map_entry *next; /* borrowed from the map */
};

/* clang-format off */
#define NP_MAP_ITER_INIT { 0, NULL }
/* clang-format on */

void np_map_init(struct np_map *map);
void np_map_fini(struct np_map *map);

int np_map_put(struct np_map *map, const void *key, size_t key_len,
	       void *value) NP_MUST_CHECK;
void *np_map_get(const struct np_map *map, const void *key, size_t key_len);
void *np_map_remove(struct np_map *map, const void *key, size_t key_len);

int np_map_put_u64(struct np_map *map, uint64_t key, void *value) NP_MUST_CHECK;
void *np_map_get_u64(const struct np_map *map, uint64_t key);
void *np_map_remove_u64(struct np_map *map, uint64_t key);

bool np_map_next(const struct np_map *map, struct np_map_iter *iter, const void **keyp,
		 size_t *key_lenp, void **valuep);

static inline size_t np_map_len(const struct np_map *map)
{
	return map->n_entries;
}
