/* SPDX-License-Identifier: MIT */
/*
 * The log of changes to the names
 */
#include "npfs/core/changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void drop_oldest(struct np_changes *changes)
{
	struct np_change *change = &changes->ring[changes->first % NP_CHANGES_MAX];

	free(change->name);
	change->name = NULL;
	changes->first++;
}

static void drop_all(struct np_changes *changes)
{
	while (changes->first < changes->next)
		drop_oldest(changes);
}

/* np_changes_init() - an empty log; @first is not 0, and unlike that of another broker */
void np_changes_init(struct np_changes *changes, uint64_t first)
{
	memset(changes, 0, sizeof(*changes));
	changes->first = changes->next = first;
}

void np_changes_fini(struct np_changes *changes)
{
	drop_all(changes);
}

void np_changes_subscribe(struct np_changes *changes)
{
	changes->n_subscribers++;
}

void np_changes_unsubscribe(struct np_changes *changes)
{
	assert(changes->n_subscribers > 0);
	if (--changes->n_subscribers > 0)
		return;
	drop_all(changes);
	changes->first = ++changes->next;
}

/*
 * np_changes_add() - something has happened to a name
 *
 * Names that are not told (they begin with a unit 0) do not change for anybody. Without
 * memory the log is emptied: everybody has missed something.
 */
void np_changes_add(struct np_changes *changes, enum np_change_action action,
		    const uint16_t *name, size_t name_len)
{
	struct np_change *change;
	uint16_t *copy;

	if (!changes->n_subscribers || !name_len || !name[0])
		return;
	copy = malloc(name_len * sizeof(*copy));
	if (!copy) {
		drop_all(changes);
		changes->first = ++changes->next;
		return;
	}
	memcpy(copy, name, name_len * sizeof(*copy));
	if (changes->next - changes->first == NP_CHANGES_MAX)
		drop_oldest(changes);
	change = &changes->ring[changes->next++ % NP_CHANGES_MAX];
	change->action = action;
	change->name = copy;
	change->name_len = name_len;
}
