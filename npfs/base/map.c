/* SPDX-License-Identifier: MIT */
/*
 * Chained hash map; the contract is in the header. The full hash is kept in each entry,
 * so that growing does not look at keys and a search rarely compares two that differ.
 *
 * A number is stored as its eight bytes with a flag beside the length, which keeps it
 * apart from an eight-byte string.
 */
#include "npfs/base/map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "npfs/base/err.h"

#define BUCKETS_MIN 16

struct np_map_entry {
	struct np_map_entry *next; /* owned: the rest of the bucket's chain */
	void *value;               /* borrowed */
	uint64_t hash;
	size_t key_len;
	bool is_number;
	unsigned char key[];
};

static uint64_t hash_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	return h;
}

/* Eight bytes a step, each mixed with the seed and what came before. */
static uint64_t hash_bytes(uint64_t seed, const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = seed ^ ((uint64_t)len * UINT64_C(0x9e3779b97f4a7c15));
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_mix(h ^ word) + seed;
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, p, len);
		h = hash_mix(h ^ word) + seed;
	}
	return hash_mix(h);
}

static uint64_t seed_new(const struct np_map *map)
{
	uint64_t seed;

	/* Without the kernel's generator, the address still differs from run to run. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = hash_mix((uint64_t)(uintptr_t)map);
	return seed;
}

/* The link that points to the entry, or to the NULL at the end of its chain. */
static struct np_map_entry **map_find(const struct np_map *map, uint64_t hash,
				      const void *key, size_t key_len, bool is_number)
{
	struct np_map_entry **link = &map->buckets[hash & (map->n_buckets - 1)];

	for (; *link; link = &(*link)->next) {
		const struct np_map_entry *e = *link;

		if (e->hash == hash && e->key_len == key_len &&
		    e->is_number == is_number &&
		    (key_len == 0 || memcmp(e->key, key, key_len) == 0))
			break;
	}
	return link;
}

static int map_grow(struct np_map *map)
{
	size_t n = map->n_buckets ? map->n_buckets * 2 : BUCKETS_MIN;
	struct np_map_entry **buckets;
	size_t i;

	buckets = calloc(n, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < map->n_buckets; i++) {
		struct np_map_entry *e = map->buckets[i];

		while (e) {
			struct np_map_entry *next = e->next;
			struct np_map_entry **head = &buckets[e->hash & (n - 1)];

			e->next = *head;
			*head = e;
			e = next;
		}
	}
	free(map->buckets);
	map->buckets = buckets;
	map->n_buckets = n;
	return 0;
}

static int map_put(struct np_map *map, const void *key, size_t key_len, bool is_number,
		   void *value)
{
	struct np_map_entry **link, *e;
	uint64_t hash;

	if (!map->buckets) {
		map->seed = seed_new(map);
		if (map_grow(map) < 0)
			return np_err(-ENOMEM);
	}
	hash = hash_bytes(map->seed, key, key_len);
	link = map_find(map, hash, key, key_len, is_number);
	if (*link) {
		(*link)->value = value;
		return 0;
	}
	if (key_len > SIZE_MAX / 2)
		return np_err(-ENOMEM);
	e = malloc(sizeof(*e) + key_len);
	if (!e)
		return np_err(-ENOMEM);
	e->value = value;
	e->hash = hash;
	e->key_len = key_len;
	e->is_number = is_number;
	if (key_len > 0)
		memcpy(e->key, key, key_len);
	if (map->n_entries >= map->n_buckets && map_grow(map) == 0)
		link = &map->buckets[hash & (map->n_buckets - 1)];
	e->next = *link;
	*link = e;
	map->n_entries++;
	return 0;
}

static void *map_get(const struct np_map *map, const void *key, size_t key_len,
		     bool is_number)
{
	const struct np_map_entry *e;

	if (!map->buckets)
		return NULL;
	e = *map_find(map, hash_bytes(map->seed, key, key_len), key, key_len, is_number);
	return e ? e->value : NULL;
}

static void *map_remove(struct np_map *map, const void *key, size_t key_len,
			bool is_number)
{
	struct np_map_entry **link, *e;
	void *value;

	if (!map->buckets)
		return NULL;
	link = map_find(map, hash_bytes(map->seed, key, key_len), key, key_len,
			is_number);
	e = *link;
	if (!e)
		return NULL;
	*link = e->next;
	value = e->value;
	free(e);
	map->n_entries--;
	return value;
}

/* Makes an empty map. Takes no memory yet. */
void np_map_init(struct np_map *map)
{
	*map = (struct np_map)NP_MAP_INIT;
}

/* Frees what the map owns; the values are the caller's. The map is empty and usable. */
void np_map_fini(struct np_map *map)
{
	size_t i;

	for (i = 0; i < map->n_buckets; i++) {
		struct np_map_entry *e = map->buckets[i];

		while (e) {
			struct np_map_entry *next = e->next;

			free(e);
			e = next;
		}
	}
	free(map->buckets);
	np_map_init(map);
}

/**
 * np_map_put() - store @value under a byte string
 * @key:	copied; may contain anything, may be empty
 * @key_len:	its length in bytes
 * @value:	borrowed; NULL is stored, but cannot be told from "not there" by get
 *
 * An earlier value of the same key is replaced.
 *
 * Return: 0, or -ENOMEM with the map as it was.
 */
int np_map_put(struct np_map *map, const void *key, size_t key_len, void *value)
{
	return map_put(map, key, key_len, false, value);
}

/* The value stored under a byte string, or NULL. */
void *np_map_get(const struct np_map *map, const void *key, size_t key_len)
{
	return map_get(map, key, key_len, false);
}

/* Forgets a byte string. Return: the value it had, or NULL. */
void *np_map_remove(struct np_map *map, const void *key, size_t key_len)
{
	return map_remove(map, key, key_len, false);
}

/* Like np_map_put(), with a number as key. */
int np_map_put_u64(struct np_map *map, uint64_t key, void *value)
{
	return map_put(map, &key, sizeof(key), true, value);
}

/* Like np_map_get(), with a number as key. */
void *np_map_get_u64(const struct np_map *map, uint64_t key)
{
	return map_get(map, &key, sizeof(key), true);
}

/* Like np_map_remove(), with a number as key. */
void *np_map_remove_u64(struct np_map *map, uint64_t key)
{
	return map_remove(map, &key, sizeof(key), true);
}

/**
 * np_map_next() - walk all entries, in no particular order
 * @iter:	cursor, NP_MAP_ITER_INIT before the first call
 * @keyp:	the key, borrowed until the entry is removed; may be NULL
 * @key_lenp:	its length; 8 for a number, stored in host order; may be NULL
 * @valuep:	the value; may be NULL
 *
 * The entry just returned may be removed before the next call. Putting a new key ends the
 * validity of the cursor.
 *
 * Return: true with an entry, false at the end.
 */
bool np_map_next(const struct np_map *map, struct np_map_iter *iter, const void **keyp,
		 size_t *key_lenp, void **valuep)
{
	const struct np_map_entry *e;

	while (!iter->next && iter->bucket < map->n_buckets)
		iter->next = map->buckets[iter->bucket++];
	e = iter->next;
	if (!e)
		return false;
	iter->next = e->next;
	if (keyp)
		*keyp = e->key;
	if (key_lenp)
		*key_lenp = e->key_len;
	if (valuep)
		*valuep = e->value;
	return true;
}
