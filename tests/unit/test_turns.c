/* SPDX-License-Identifier: MIT */
/*
 * Whose request is served next: users take turns, whatever number of connections they have
 */
#include "npfs/broker/turns.h"

#include <check.h>
#include <stdlib.h>

#include "npfs/base/macro.h"

#define PER_TURN 16u
#define MANY	 100u

enum { ALICE, BOB, CAROL, N_USERS };

struct world {
	struct np_turns turns;
	struct np_turn_user users[N_USERS];
	struct np_turn connections[N_USERS][MANY];
};

static void world_init(struct world *w)
{
	np_turns_init(&w->turns);
	for (unsigned u = 0; u < N_USERS; u++) {
		np_turn_user_init(&w->users[u]);
		for (unsigned i = 0; i < MANY; i++)
			np_turn_init(&w->connections[u][i], &w->users[u]);
	}
}

/* The first @n connections of @user want something. */
static void want(struct world *w, unsigned user, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		np_turns_add(&w->turns, &w->connections[user][i]);
}

static unsigned user_of(const struct world *w, const struct np_turn *turn)
{
	return (unsigned)(turn->user - w->users);
}

/* Serves @n requests. Return: how many of them were of @user. */
static unsigned serve(struct world *w, unsigned n, unsigned user)
{
	unsigned of_user = 0;

	while (n-- > 0) {
		struct np_turn *turn = np_turns_next(&w->turns, PER_TURN);

		ck_assert_ptr_nonnull(turn);
		of_user += user_of(w, turn) == user;
	}
	return of_user;
}

START_TEST(nobody_wants_nothing)
{
	struct world w;

	world_init(&w);
	ck_assert(np_turns_are_empty(&w.turns));
	ck_assert_ptr_null(np_turns_next(&w.turns, PER_TURN));
}
END_TEST

START_TEST(who_is_alone_has_all_of_it)
{
	struct world w;

	world_init(&w);
	want(&w, ALICE, 3);
	ck_assert_uint_eq(serve(&w, 1000, ALICE), 1000);
}
END_TEST

START_TEST(a_hundred_connections_are_no_more_than_one)
{
	struct world w;

	world_init(&w);
	want(&w, ALICE, MANY);
	want(&w, BOB, 1);
	want(&w, CAROL, 7);
	ck_assert_uint_eq(serve(&w, 3 * PER_TURN * 50, BOB), PER_TURN * 50);
	ck_assert_uint_eq(serve(&w, 3 * PER_TURN * 50, ALICE), PER_TURN * 50);
	ck_assert_uint_eq(serve(&w, 3 * PER_TURN * 50, CAROL), PER_TURN * 50);
}
END_TEST

/* Whenever he comes, he waits for what is left of one turn. */
START_TEST(a_newcomer_waits_for_one_turn_at_most)
{
	struct world w;
	unsigned n = 0;

	world_init(&w);
	want(&w, ALICE, MANY);
	serve(&w, (unsigned)_i, ALICE);
	want(&w, BOB, 1);
	while (user_of(&w, np_turns_next(&w.turns, PER_TURN)) != BOB)
		n++;
	ck_assert_uint_le(n, PER_TURN);
}
END_TEST

/* One request each time: all of bob's are served among one turn of alice's each. */
START_TEST(who_asks_for_little_gets_it_soon)
{
	struct world w;
	unsigned i, n = 0;

	world_init(&w);
	want(&w, ALICE, MANY);
	for (i = 0; i < 100; i++) {
		want(&w, BOB, 1);
		while (user_of(&w, np_turns_next(&w.turns, PER_TURN)) != BOB)
			n++;
		np_turns_remove(&w.connections[BOB][0]);
	}
	ck_assert_uint_le(n, 100 * PER_TURN);
}
END_TEST

START_TEST(connections_of_one_user_come_one_after_the_other)
{
	unsigned seen[MANY] = {0};
	struct world w;
	unsigned i;

	world_init(&w);
	want(&w, ALICE, MANY);
	for (i = 0; i < MANY * PER_TURN; i++)
		seen[np_turns_next(&w.turns, PER_TURN) - w.connections[ALICE]]++;
	for (i = 0; i < MANY; i++)
		ck_assert_uint_eq(seen[i], PER_TURN);
}
END_TEST

START_TEST(who_leaves_is_not_served)
{
	struct world w;

	world_init(&w);
	want(&w, ALICE, 2);
	want(&w, ALICE, 2);
	want(&w, BOB, 1);
	np_turns_remove(&w.connections[BOB][0]);
	np_turns_remove(&w.connections[BOB][0]);
	ck_assert_uint_eq(serve(&w, 100, ALICE), 100);
	np_turns_remove(&w.connections[ALICE][1]);
	ck_assert_uint_eq(serve(&w, 100, ALICE), 100);
	np_turns_remove(&w.connections[ALICE][0]);
	ck_assert(np_turns_are_empty(&w.turns));
}
END_TEST

START_TEST(no_number_is_one)
{
	struct world w;
	unsigned i;

	world_init(&w);
	want(&w, ALICE, 1);
	want(&w, BOB, 1);
	for (i = 0; i < 100; i++)
		ck_assert_uint_eq(user_of(&w, np_turns_next(&w.turns, 0)), i % 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("turns");
	TCase *tcase = tcase_create("turns");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, nobody_wants_nothing);
	tcase_add_test(tcase, who_is_alone_has_all_of_it);
	tcase_add_test(tcase, a_hundred_connections_are_no_more_than_one);
	tcase_add_loop_test(tcase, a_newcomer_waits_for_one_turn_at_most, 0, 40);
	tcase_add_test(tcase, who_asks_for_little_gets_it_soon);
	tcase_add_test(tcase, connections_of_one_user_come_one_after_the_other);
	tcase_add_test(tcase, who_leaves_is_not_served);
	tcase_add_test(tcase, no_number_is_one);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
