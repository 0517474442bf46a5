/* SPDX-License-Identifier: MIT */
/*
 * Every state and every event of core/state.c against the table of npfs-semantics
 * 3.1-3.3.
 *
 * The table here is written out a second time, by hand and in another shape (one line per
 * cell), and the one found is printed, so that a difference is seen by reading.
 */
#include "npfs/core/state.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct cell {
	enum np_state state;
	enum np_event event;
	enum np_state next;
	npfs_status status;
	npfs_status listens;
	uint32_t actions;
};

#define G           NP_STATE_GONE
#define D           NP_STATE_DISCONNECTED
#define L           NP_STATE_LISTENING
#define C           NP_STATE_CONNECTED
#define X           NP_STATE_CLOSING
#define STAY_PENDED STATUS_PENDING

static const struct cell cells[] = {
	{D, NP_EVENT_LISTEN, L, STATUS_PENDING, STAY_PENDED, NP_ACT_WAKE},
	{D, NP_EVENT_LISTEN_NOWAIT, L, STATUS_PIPE_LISTENING, STAY_PENDED, NP_ACT_WAKE},
	{D, NP_EVENT_OPEN, D, STATUS_PIPE_NOT_AVAILABLE, STAY_PENDED, 0},
	{D, NP_EVENT_DISCONNECT, D, STATUS_PIPE_DISCONNECTED, STAY_PENDED, 0},
	{D, NP_EVENT_CLIENT_CLOSE, D, STATUS_SUCCESS, STAY_PENDED, 0},
	{D, NP_EVENT_SERVER_CLOSE, G, STATUS_SUCCESS, STAY_PENDED, 0},

	{L, NP_EVENT_LISTEN, L, STATUS_PENDING, STAY_PENDED, 0},
	{L, NP_EVENT_LISTEN_NOWAIT, L, STATUS_PIPE_LISTENING, STAY_PENDED, 0},
	{L, NP_EVENT_OPEN, C, STATUS_SUCCESS, STATUS_SUCCESS, 0},
	{L, NP_EVENT_DISCONNECT, D, STATUS_SUCCESS, STATUS_PIPE_DISCONNECTED,
	 NP_ACT_DETACH},
	{L, NP_EVENT_CLIENT_CLOSE, L, STATUS_SUCCESS, STAY_PENDED, 0},
	{L, NP_EVENT_SERVER_CLOSE, G, STATUS_SUCCESS, STATUS_PIPE_BROKEN, NP_ACT_DETACH},

	{C, NP_EVENT_LISTEN, C, STATUS_PIPE_CONNECTED, STAY_PENDED, 0},
	{C, NP_EVENT_LISTEN_NOWAIT, C, STATUS_PIPE_CONNECTED, STAY_PENDED, 0},
	{C, NP_EVENT_OPEN, C, STATUS_PIPE_NOT_AVAILABLE, STAY_PENDED, 0},
	{C, NP_EVENT_DISCONNECT, D, STATUS_SUCCESS, STAY_PENDED, NP_ACT_DETACH},
	{C, NP_EVENT_CLIENT_CLOSE, X, STATUS_SUCCESS, STAY_PENDED, 0},
	{C, NP_EVENT_SERVER_CLOSE, X, STATUS_SUCCESS, STAY_PENDED, 0},

	{X, NP_EVENT_LISTEN, X, STATUS_PIPE_CLOSING, STAY_PENDED, 0},
	{X, NP_EVENT_LISTEN_NOWAIT, X, STATUS_PIPE_CLOSING, STAY_PENDED, 0},
	{X, NP_EVENT_OPEN, X, STATUS_PIPE_NOT_AVAILABLE, STAY_PENDED, 0},
	{X, NP_EVENT_DISCONNECT, D, STATUS_SUCCESS, STAY_PENDED, NP_ACT_DETACH},
	{X, NP_EVENT_CLIENT_CLOSE, G, STATUS_SUCCESS, STAY_PENDED, 0},
	{X, NP_EVENT_SERVER_CLOSE, G, STATUS_SUCCESS, STAY_PENDED, 0},

	{G, NP_EVENT_LISTEN, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
	{G, NP_EVENT_LISTEN_NOWAIT, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
	{G, NP_EVENT_OPEN, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
	{G, NP_EVENT_DISCONNECT, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
	{G, NP_EVENT_CLIENT_CLOSE, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
	{G, NP_EVENT_SERVER_CLOSE, G, STATUS_INVALID_HANDLE, STAY_PENDED, 0},
};

START_TEST(the_table_is_the_documented_one)
{
	bool seen[NP_STATE_COUNT][NP_EVENT_COUNT] = {{false}};
	size_t i;
	int s, e;

	printf("%-14s %-14s %-14s %-10s %-10s\n", "state", "event", "next", "status",
	       "listens");
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		const struct cell *want = &cells[i];
		const struct np_transition *found =
			np_state_find(want->state, want->event);

		printf("%-14s %-14s %-14s %08x   %08x\n", np_state_name(want->state),
		       np_event_name(want->event), np_state_name(found->next),
		       found->status, found->listens);
		ck_assert_int_eq(found->next, want->next);
		ck_assert_uint_eq(found->status, want->status);
		ck_assert_uint_eq(found->listens, want->listens);
		ck_assert_uint_eq(found->actions, want->actions);
		ck_assert(!seen[want->state][want->event]);
		seen[want->state][want->event] = true;
	}
	for (s = 0; s < NP_STATE_COUNT; s++)
		for (e = 0; e < NP_EVENT_COUNT; e++)
			ck_assert_msg(seen[s][e], "no expectation for %s, %s",
				      np_state_name((enum np_state)s),
				      np_event_name((enum np_event)e));
}
END_TEST

START_TEST(a_prepared_channel_never_survives_listening)
{
	int e;

	for (e = 0; e < NP_EVENT_COUNT; e++) {
		const struct np_transition *t = np_state_find(L, (enum np_event)e);

		if (t->next != L && t->next != C)
			ck_assert(t->actions & NP_ACT_DETACH);
	}
}
END_TEST

START_TEST(waiters_wake_exactly_when_an_instance_begins_to_listen)
{
	int s, e;

	for (s = 0; s < NP_STATE_COUNT; s++) {
		for (e = 0; e < NP_EVENT_COUNT; e++) {
			const struct np_transition *t =
				np_state_find((enum np_state)s, (enum np_event)e);
			bool begins = t->next == L && s != L;

			ck_assert_int_eq(begins, (t->actions & NP_ACT_WAKE) != 0);
		}
	}
}
END_TEST

START_TEST(states_have_the_numbers_and_words_of_the_reference)
{
	ck_assert_int_eq(D, 1);
	ck_assert_int_eq(L, 2);
	ck_assert_int_eq(C, 3);
	ck_assert_int_eq(X, 4);
	ck_assert_str_eq(np_state_name(D), "disconnected");
	ck_assert_str_eq(np_state_name(X), "closing");
	ck_assert_str_eq(np_state_name((enum np_state)99), "(unknown)");
	ck_assert_str_eq(np_event_name((enum np_event)99), "(unknown)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state");
	TCase *tc = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, the_table_is_the_documented_one);
	tcase_add_test(tc, a_prepared_channel_never_survives_listening);
	tcase_add_test(tc, waiters_wake_exactly_when_an_instance_begins_to_listen);
	tcase_add_test(tc, states_have_the_numbers_and_words_of_the_reference);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
