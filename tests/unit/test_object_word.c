/* SPDX-License-Identifier: MIT */
/*
 * The word of a shared object, step by step, and against a plain model
 *
 * The model is what Windows does: a signal is handed to a waiter at the moment it is
 * given, the first to wait comes first. The word does not hand over, it keeps the signal
 * for the waiters. Seen from outside both are the same: what a poll finds, what a release
 * says was there before, and how many waiters have been released when they have all
 * looked.
 */
#include <check.h>
#include <stdlib.h>

#include "npfs/core/object_word.h"

/* ck_assert() costs a system call; the random tests ask too often for that. */
#define require(truth)                                                                   \
	do {                                                                             \
		if (!(truth))                                                            \
			ck_abort_msg("not so: %s", #truth);                              \
	} while (0)

#define HOLDER 5u
#define OTHER  6u

static uint64_t give(enum np_word_shape shape, uint64_t word, uint32_t limit)
{
	uint32_t previous;
	uint64_t next = word;

	np_word_give(shape, word, limit, 1, &next, &previous);
	return next;
}

static bool polls(enum np_word_shape shape, uint64_t *wordp)
{
	bool abandoned;

	return np_word_take(shape, *wordp, NP_WORD_POLLER, 0, HOLDER, wordp, &abandoned);
}

static bool waiter_takes(enum np_word_shape shape, uint64_t *wordp)
{
	bool abandoned;

	return np_word_take(shape, *wordp, NP_WORD_WAITER, 0, HOLDER, wordp, &abandoned);
}

START_TEST(an_event_is_set_once)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 0, 0);

	ck_assert(!polls(NP_WORD_COUNTED, &word));
	word = give(NP_WORD_COUNTED, word, 1);
	word = give(NP_WORD_COUNTED, word, 1);
	ck_assert(polls(NP_WORD_COUNTED, &word));
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	word = give(NP_WORD_COUNTED, word, 1);
	word = np_word_reset(NP_WORD_COUNTED, word);
	ck_assert(!polls(NP_WORD_COUNTED, &word));
}
END_TEST

START_TEST(what_waiters_are_due_is_kept_for_them)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 0, 0);

	ck_assert(np_word_join(NP_WORD_COUNTED, word, &word));
	ck_assert(np_word_join(NP_WORD_COUNTED, word, &word));
	word = give(NP_WORD_COUNTED, word, 1);
	word = give(NP_WORD_COUNTED, word, 1);
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	word = np_word_reset(NP_WORD_COUNTED, word);
	ck_assert(waiter_takes(NP_WORD_COUNTED, &word));
	/* Who begins to wait stands behind. */
	ck_assert(np_word_join(NP_WORD_COUNTED, word, &word));
	ck_assert(!np_word_can_take(NP_WORD_COUNTED, word, NP_WORD_NEWCOMER, 0));
	ck_assert(waiter_takes(NP_WORD_COUNTED, &word));
	ck_assert(!waiter_takes(NP_WORD_COUNTED, &word));
	ck_assert_uint_eq(np_word_aux(word), 1);
	word = give(NP_WORD_COUNTED, word, 1);
	/* Leaving gives it to everybody. */
	word = np_word_leave(NP_WORD_COUNTED, word, 1, 1);
	ck_assert(polls(NP_WORD_COUNTED, &word));
}
END_TEST

START_TEST(what_nobody_is_due_any_more_is_not_kept)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 0, 0);

	for (unsigned i = 0; i < 3; i++)
		ck_assert(np_word_join(NP_WORD_COUNTED, word, &word));
	for (unsigned i = 0; i < 3; i++)
		word = give(NP_WORD_COUNTED, word, 1);
	ck_assert_uint_eq(np_word_value(word), 3);
	word = np_word_bury(NP_WORD_COUNTED, word, 1, HOLDER, 3);
	ck_assert_uint_eq(np_word_value(word), 1);
	ck_assert_uint_eq(np_word_aux(word), 0);
}
END_TEST

START_TEST(a_latch_releases_those_who_waited)
{
	uint64_t word = np_word_first(NP_WORD_LATCH, 0, 0);
	uint32_t since = np_word_aux(word);

	ck_assert(!np_word_can_take(NP_WORD_LATCH, word, NP_WORD_WAITER, since));
	word = np_word_reset(NP_WORD_LATCH, give(NP_WORD_LATCH, word, 1));
	ck_assert(np_word_can_take(NP_WORD_LATCH, word, NP_WORD_WAITER, since));
	ck_assert(!np_word_can_take(NP_WORD_LATCH, word, NP_WORD_POLLER, since));
	since = np_word_aux(word);
	ck_assert(!np_word_can_take(NP_WORD_LATCH, word, NP_WORD_WAITER, since));
	word = np_word_pulse(NP_WORD_LATCH, word);
	ck_assert(np_word_can_take(NP_WORD_LATCH, word, NP_WORD_WAITER, since));
	ck_assert(!np_word_can_take(NP_WORD_LATCH, word, NP_WORD_POLLER, 0));
	/* The count of the generations goes round. */
	word = np_word_make(0, NP_WORD_AUX_MAX, 0);
	word = give(NP_WORD_LATCH, word, 1);
	ck_assert_uint_eq(np_word_aux(word), 0);
	ck_assert_uint_eq(np_word_claimer(word), 0);
}
END_TEST

START_TEST(a_pulse_is_for_waiters_only)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 1, 0);

	word = np_word_pulse(NP_WORD_COUNTED, word);
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	ck_assert(np_word_join(NP_WORD_COUNTED, word, &word));
	word = np_word_pulse(NP_WORD_COUNTED, word);
	word = np_word_pulse(NP_WORD_COUNTED, word);
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	ck_assert(waiter_takes(NP_WORD_COUNTED, &word));
	ck_assert_uint_eq(np_word_value(word), 0);
}
END_TEST

START_TEST(a_mutex_has_one_owner)
{
	uint64_t word = np_word_first(NP_WORD_MUTEX, 1, HOLDER);
	bool abandoned;

	ck_assert(!np_word_take(NP_WORD_MUTEX, word, NP_WORD_POLLER, 0, OTHER, &word,
				&abandoned));
	ck_assert(!np_word_release(word, OTHER, false, &word));
	ck_assert(np_word_release(word, HOLDER, false, &word));
	ck_assert(!np_word_release(word, HOLDER, false, &word));
	ck_assert(np_word_take(NP_WORD_MUTEX, word, NP_WORD_POLLER, 0, OTHER, &word,
			       &abandoned));
	ck_assert(!abandoned);
	ck_assert_uint_eq(np_word_owner(word), OTHER);
	/* Somebody else's end is nothing to it; its owner's is. */
	ck_assert(np_word_bury(NP_WORD_MUTEX, word, 1, HOLDER, 0) == word);
	word = np_word_bury(NP_WORD_MUTEX, word, 1, OTHER, 0);
	ck_assert(np_word_take(NP_WORD_MUTEX, word, NP_WORD_POLLER, 0, HOLDER, &word,
			       &abandoned));
	ck_assert(abandoned);
	ck_assert(np_word_release(word, HOLDER, false, &word));
	ck_assert(np_word_take(NP_WORD_MUTEX, word, NP_WORD_POLLER, 0, HOLDER, &word,
			       &abandoned));
	ck_assert(!abandoned);
}
END_TEST

/* What may happen to an auto-reset event while somebody has claimed it, and then. */
static const struct claim_row {
	const char *steps; /* s: set, r: reset, p: pulse */
	bool commits;
	uint32_t units; /* afterwards */
} claim_rows[] = {
	{"", true, 0},	 {"", false, 1},   {"s", true, 0},   {"s", false, 1},
	{"r", true, 0},	 {"r", false, 0},  {"rs", true, 0},  {"rs", false, 1},
	{"sr", true, 0}, {"sr", false, 0}, {"rsr", true, 0}, {"rsr", false, 0},
	{"p", true, 0},	 {"p", false, 0},
};

START_TEST(a_claim_is_taken_or_let_go)
{
	const struct claim_row *row = &claim_rows[_i];
	uint64_t word = np_word_first(NP_WORD_COUNTED, 1, 0);
	bool abandoned;

	ck_assert(np_word_claim(NP_WORD_COUNTED, word, HOLDER, &word));
	ck_assert(!np_word_claim(NP_WORD_COUNTED, word, OTHER, &word));
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	for (const char *p = row->steps; *p; p++) {
		if (*p == 's')
			word = give(NP_WORD_COUNTED, word, 1);
		else if (*p == 'r')
			word = np_word_reset(NP_WORD_COUNTED, word);
		else
			word = np_word_pulse(NP_WORD_COUNTED, word);
	}
	ck_assert(!np_word_commit(NP_WORD_COUNTED, word, OTHER, &word, &abandoned));
	if (row->commits)
		ck_assert(np_word_commit(NP_WORD_COUNTED, word, HOLDER, &word, &abandoned));
	else
		ck_assert(np_word_let_go(NP_WORD_COUNTED, word, HOLDER, &word));
	ck_assert_uint_eq(np_word_value(word), row->units);
	ck_assert_uint_eq(np_word_claimer(word), 0);
}
END_TEST

START_TEST(a_dead_claimer_lets_go)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 1, 0);

	ck_assert(np_word_claim(NP_WORD_COUNTED, word, HOLDER, &word));
	ck_assert(np_word_bury(NP_WORD_COUNTED, word, 1, OTHER, 0) == word);
	word = np_word_bury(NP_WORD_COUNTED, word, 1, HOLDER, 0);
	ck_assert(polls(NP_WORD_COUNTED, &word));
	word = np_word_first(NP_WORD_MUTEX, 0, 0);
	ck_assert(np_word_claim(NP_WORD_MUTEX, word, HOLDER, &word));
	word = np_word_bury(NP_WORD_MUTEX, word, 1, HOLDER, 0);
	ck_assert(polls(NP_WORD_MUTEX, &word));
}
END_TEST

START_TEST(a_claim_leaves_the_other_units)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 2, 0);
	uint32_t previous;

	ck_assert(np_word_claim(NP_WORD_COUNTED, word, HOLDER, &word));
	/* The claimed one still counts against the maximum. */
	ck_assert(!np_word_give(NP_WORD_COUNTED, word, 2, 1, &word, &previous));
	ck_assert(polls(NP_WORD_COUNTED, &word));
	ck_assert(!polls(NP_WORD_COUNTED, &word));
	ck_assert(np_word_let_go(NP_WORD_COUNTED, word, HOLDER, &word));
	ck_assert(polls(NP_WORD_COUNTED, &word));
}
END_TEST

START_TEST(a_release_beyond_the_maximum_adds_nothing)
{
	uint64_t word = np_word_first(NP_WORD_COUNTED, 1, 0), before = word;
	uint32_t previous;

	ck_assert(!np_word_give(NP_WORD_COUNTED, word, 3, 3, &word, &previous));
	ck_assert(word == before);
	ck_assert(np_word_give(NP_WORD_COUNTED, word, 3, 2, &word, &previous));
	ck_assert_uint_eq(previous, 1);
	ck_assert(!np_word_give(NP_WORD_COUNTED, word, NP_WORD_UNITS_MAX,
				NP_WORD_UNITS_MAX, &word, &previous));
}
END_TEST

/* Waiters beyond what the word counts wait uncounted. */
START_TEST(waiters_do_not_overflow)
{
	uint64_t word = np_word_make(0, NP_WORD_AUX_MAX, 0);

	ck_assert(!np_word_join(NP_WORD_COUNTED, word, &word));
	ck_assert(!np_word_join(NP_WORD_LATCH, 0, &word));
	word = np_word_leave(NP_WORD_COUNTED, np_word_make(0, 1, 0), 1, 7);
	ck_assert_uint_eq(np_word_aux(word), 0);
}
END_TEST

/* A counted object as Windows keeps it. */
struct model {
	uint32_t limit, count, n_waiting, n_released;
};

static bool model_give(struct model *m, uint32_t n)
{
	if (n > m->limit - m->count)
		return false;
	for (; n > 0; n--) {
		if (m->n_waiting > 0) {
			m->n_waiting--;
			m->n_released++;
		} else {
			m->count++;
		}
	}
	return true;
}

START_TEST(random_steps_agree_with_the_model)
{
	unsigned seed = (unsigned)_i + 1;
	struct model m = {.limit = _i % 3 ? 1 : 4};
	uint64_t word = np_word_first(NP_WORD_COUNTED, 0, 0), next;
	uint32_t n_counted = 0; /* waiters in the word, released ones that have not looked */

	for (unsigned step = 0; step < 20000; step++) {
		uint32_t previous = 0, n = (uint32_t)rand_r(&seed) % m.limit + 1;
		bool ok;

		switch (rand_r(&seed) % 6) {
		case 0:
			ok = np_word_give(NP_WORD_COUNTED, word, m.limit, n, &next, &previous);
			require(previous == m.count);
			if (ok)
				word = next;
			require(ok == model_give(&m, n));
			break;
		case 1:
			ok = polls(NP_WORD_COUNTED, &word);
			require(ok == (m.count > 0));
			m.count -= ok;
			break;
		case 2: /* a wait begins: only when a poll has failed */
			if (m.count > 0)
				break;
			require(np_word_join(NP_WORD_COUNTED, word, &word));
			require(!np_word_can_take(NP_WORD_COUNTED, word, NP_WORD_NEWCOMER,
						    0));
			m.n_waiting++;
			n_counted++;
			break;
		case 3: /* a waiter looks */
			if (n_counted == 0)
				break;
			ok = waiter_takes(NP_WORD_COUNTED, &word);
			require(ok == (m.n_released > 0));
			m.n_released -= ok;
			n_counted -= ok;
			break;
		case 4: /* one that was not released gives up, after its last look */
			if (m.n_waiting == 0 || m.n_released > 0)
				break;
			word = np_word_leave(NP_WORD_COUNTED, word, m.limit, 1);
			m.n_waiting--;
			n_counted--;
			break;
		default:
			if (m.limit > 1)
				break;
			word = np_word_reset(NP_WORD_COUNTED, word);
			m.count = 0;
		}
		require(np_word_aux(word) == n_counted);
	}
}
END_TEST

START_TEST(any_word_means_something)
{
	static const enum np_word_shape shapes[] = {NP_WORD_COUNTED, NP_WORD_LATCH,
						    NP_WORD_MUTEX};
	unsigned seed = 7;

	for (unsigned i = 0; i < 200000; i++) {
		enum np_word_shape shape = shapes[i % 3];
		uint64_t word = (uint64_t)rand_r(&seed) << 33 ^ (uint64_t)rand_r(&seed) << 16 ^
				(uint64_t)rand_r(&seed);
		uint32_t limit = (uint32_t)rand_r(&seed) % NP_WORD_UNITS_MAX + 1, previous = 0;
		uint64_t next = word;
		bool abandoned;

		if (i % 4 == 0)
			word |= (uint64_t)HOLDER << 48;
		if (shape != NP_WORD_MUTEX) {
			if (np_word_give(shape, word, limit, 1, &next, &previous))
				require(previous <= limit);
			next = np_word_pulse(shape, np_word_reset(shape, word));
		} else {
			np_word_release(word, HOLDER, true, &next);
		}
		if (shape != NP_WORD_LATCH) {
			np_word_claim(shape, word, HOLDER, &next);
			np_word_commit(shape, word, HOLDER, &next, &abandoned);
		}
		np_word_take(shape, word, NP_WORD_NEWCOMER, 3, HOLDER, &next, &abandoned);
		next = np_word_bury(shape, word, limit, HOLDER, (uint32_t)rand_r(&seed));
		require(shape == NP_WORD_LATCH || np_word_claimer(next) != HOLDER);
		require(shape != NP_WORD_MUTEX || np_word_owner(next) != HOLDER ||
			  (np_word_value(next) & NP_WORD_FREE));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("object_word");
	TCase *tc = tcase_create("word");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, an_event_is_set_once);
	tcase_add_test(tc, what_waiters_are_due_is_kept_for_them);
	tcase_add_test(tc, what_nobody_is_due_any_more_is_not_kept);
	tcase_add_test(tc, a_latch_releases_those_who_waited);
	tcase_add_test(tc, a_pulse_is_for_waiters_only);
	tcase_add_test(tc, a_mutex_has_one_owner);
	tcase_add_loop_test(tc, a_claim_is_taken_or_let_go, 0,
			    (int)(sizeof(claim_rows) / sizeof(claim_rows[0])));
	tcase_add_test(tc, a_dead_claimer_lets_go);
	tcase_add_test(tc, a_claim_leaves_the_other_units);
	tcase_add_test(tc, a_release_beyond_the_maximum_adds_nothing);
	tcase_add_test(tc, waiters_do_not_overflow);
	tcase_add_loop_test(tc, random_steps_agree_with_the_model, 0, 12);
	tcase_add_test(tc, any_word_means_something);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
