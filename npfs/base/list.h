/* SPDX-License-Identifier: MIT */
/*
 * Circular, doubly linked, intrusive list.
 *
 * A head and a node are the same thing. An initialised node that is on no list points to
 * itself; np_list_remove() restores that state, so removing twice is harmless and
 * np_list_is_linked() is always a valid question. A node is on one list at most; the list
 * owns nothing.
 *
 *	np_list_for_each(pos, &head) {
 *		struct thing *t = np_list_entry(pos, struct thing, link);
 *		...
 *	}
 *
 * np_list_for_each() does not survive removal of @pos; np_list_for_each_safe() survives
 * removal of @pos, but not of the node after it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "npfs/base/macro.h"

struct np_list {
	struct np_list *next; /* borrowed: the first node of a head, itself when empty */
	struct np_list *prev; /* borrowed: the last node of a head, itself when empty */
};

/* clang-format off */
#define NP_LIST_INIT(name) { &(name), &(name) }
/* clang-format on */

#define np_list_entry(node, type, member) np_container_of(node, type, member)

#define np_list_for_each(pos, head)                                                      \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

#define np_list_for_each_safe(pos, tmp, head)                                            \
	for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head);                 \
	     (pos) = (tmp), (tmp) = (pos)->next)

static inline void np_list_init(struct np_list *node)
{
	node->next = node;
	node->prev = node;
}

/* For a head: no nodes. */
static inline bool np_list_is_empty(const struct np_list *head)
{
	return head->next == head;
}

/* For a node: on some list. */
static inline bool np_list_is_linked(const struct np_list *node)
{
	return node->next != node;
}

static inline void np_list_insert_between(struct np_list *node, struct np_list *prev,
					  struct np_list *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

/*
 * Appends @node, which is on no list, to @head. With a node as @head: inserts before
 * it.
 */
static inline void np_list_push_back(struct np_list *head, struct np_list *node)
{
	np_list_insert_between(node, head->prev, head);
}

/*
 * Prepends @node, which is on no list, to @head. With a node as @head: inserts after
 * it.
 */
static inline void np_list_push_front(struct np_list *head, struct np_list *node)
{
	np_list_insert_between(node, head, head->next);
}

/* Takes @node off its list, if it is on one. */
static inline void np_list_remove(struct np_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	np_list_init(node);
}

/* The first node, or NULL. */
static inline struct np_list *np_list_first(const struct np_list *head)
{
	return np_list_is_empty(head) ? NULL : head->next;
}

/* The last node, or NULL. */
static inline struct np_list *np_list_last(const struct np_list *head)
{
	return np_list_is_empty(head) ? NULL : head->prev;
}

/* Takes the first node off the list and returns it, or NULL. */
static inline struct np_list *np_list_pop_front(struct np_list *head)
{
	struct np_list *node = np_list_first(head);

	if (node)
		np_list_remove(node);
	return node;
}

/* Moves all nodes of @from, in order, to the end of @to. @from is empty afterwards. */
static inline void np_list_splice_back(struct np_list *to, struct np_list *from)
{
	if (np_list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	np_list_init(from);
}
