/* SPDX-License-Identifier: MIT */
/*
 * Turns: whose request is served next
 *
 * Users take turns, not connections: a user with a thousand connections has as much of the
 * broker as one with a single one, when both want it at the same time. Whoever is alone has all
 * of it. A turn is a number of requests (the limit "requests"), in a row from one connection as
 * long as that has any, then from the user's next one. The next turn begins with another.
 *
 *	users		alice	bob	carol		first: whose turn it is
 *	connections	a1 a2	b1	c1 c2 c3	that have something to be read
 *	served		a1 a1 a1 ... | b1 | c1 c1 c2 ... | a2 a2 a2 ...
 *
 * So a request waits for at most one turn of each of the others who want something. A
 * connection is here from when something can be read from it until nothing can.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/list.h"

struct np_turns {
	struct np_list users; /* np_turn_user.link: those with connections here */
};

/* Of a user. */
struct np_turn_user {
	struct np_list link;
	struct np_list ready; /* np_turn.link; first: who is served */
	uint64_t n_served;    /* in this turn */
};

/* Of a connection. */
struct np_turn {
	struct np_list link;
	struct np_turn_user *user; /* borrowed */
};

void np_turns_init(struct np_turns *turns);
void np_turn_user_init(struct np_turn_user *user);
void np_turn_init(struct np_turn *turn, struct np_turn_user *user);

void np_turns_add(struct np_turns *turns, struct np_turn *turn);
void np_turns_remove(struct np_turn *turn);
struct np_turn *np_turns_next(struct np_turns *turns, uint64_t per_turn);

static inline bool np_turns_are_empty(const struct np_turns *turns)
{
	return np_list_is_empty(&turns->users);
}
