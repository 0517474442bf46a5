/* SPDX-License-Identifier: MIT */
/*
 * Taking turns (model: turns.h)
 */
#include "npfs/broker/turns.h"

#include "npfs/base/macro.h"

void np_turns_init(struct np_turns *turns)
{
	np_list_init(&turns->users);
}

void np_turn_user_init(struct np_turn_user *user)
{
	np_list_init(&user->link);
	np_list_init(&user->ready);
	user->n_served = 0;
}

void np_turn_init(struct np_turn *turn, struct np_turn_user *user)
{
	np_list_init(&turn->link);
	turn->user = user;
}

/* np_turns_add() - something can be read; a user who comes is the last. Twice is harmless */
void np_turns_add(struct np_turns *turns, struct np_turn *turn)
{
	struct np_turn_user *user = turn->user;

	if (np_list_is_linked(&turn->link))
		return;
	np_list_push_back(&user->ready, &turn->link);
	if (np_list_is_linked(&user->link))
		return;
	user->n_served = 0;
	np_list_push_back(&turns->users, &user->link);
}

/* np_turns_remove() - nothing can be read, or nobody is there. Twice is harmless */
void np_turns_remove(struct np_turn *turn)
{
	if (!np_list_is_linked(&turn->link))
		return;
	np_list_remove(&turn->link);
	if (np_list_is_empty(&turn->user->ready))
		np_list_remove(&turn->user->link);
}

/*
 * np_turns_next() - whose request is to be served now; NULL: nobody's
 * @per_turn: requests of one user in a row; 0 is taken for 1
 */
struct np_turn *np_turns_next(struct np_turns *turns, uint64_t per_turn)
{
	struct np_turn_user *user;
	struct np_list *served;

	if (np_list_is_empty(&turns->users))
		return NULL;
	user = np_list_entry(turns->users.next, struct np_turn_user, link);
	if (user->n_served > 0 && user->n_served >= per_turn) {
		user->n_served = 0;
		served = user->ready.next;
		np_list_remove(served);
		np_list_push_back(&user->ready, served);
		np_list_remove(&user->link);
		np_list_push_back(&turns->users, &user->link);
		user = np_list_entry(turns->users.next, struct np_turn_user, link);
	}
	user->n_served++;
	return np_list_entry(user->ready.next, struct np_turn, link);
}
