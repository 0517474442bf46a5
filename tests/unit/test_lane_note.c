/* SPDX-License-Identifier: MIT */
/*
 * Notes in a lane: they come in front of the write they were set for, hold when something
 * behind them is read, and count nowhere.
 */
#include "npfs/core/lane.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define RING_SIZE 65536u
#define QUOTA	  4096u

struct rig {
	void *memory; /* owned: the lane, then the ring */
	struct np_lane_writer w;
	struct np_lane_reader r;
};

static void rig_init(struct rig *rig, uint32_t quota, bool is_message)
{
	memset(rig, 0, sizeof(*rig));
	rig->memory = aligned_alloc(4096, 4096 + RING_SIZE);
	ck_assert_ptr_nonnull(rig->memory);
	memset(rig->memory, 0, 4096 + RING_SIZE);
	np_lane_writer_init(&rig->w, rig->memory, (char *)rig->memory + 4096, RING_SIZE,
			    quota, is_message);
	np_lane_reader_init(&rig->r, rig->memory, (char *)rig->memory + 4096, RING_SIZE,
			    quota, is_message);
	rig->r.is_message_mode = is_message;
	rig->r.keeps_notes = true;
}

static void rig_fini(struct rig *rig)
{
	np_lane_writer_fini(&rig->w);
	np_lane_reader_fini(&rig->r);
	free(rig->memory);
}

/* The note for context @context: @len bytes of that value. */
static void set_note(struct rig *rig, uint8_t context, uint32_t len)
{
	struct np_lane_note *note = malloc(sizeof(*note) + len);

	ck_assert_ptr_nonnull(note);
	note->context = context;
	note->len = len;
	memset(note->bytes, context, len);
	np_lane_writer_set_note(&rig->w, note);
}

static npfs_status put(struct rig *rig, struct np_lane_write *op, uint8_t context,
		       uint32_t len, unsigned flags)
{
	static const uint8_t data[RING_SIZE * 2];
	npfs_status status;
	uint32_t done = 0;

	if (context)
		set_note(rig, context, 300);
	status = np_lane_write(&rig->w, op, data, len, flags, &done);
	np_lane_writer_set_note(&rig->w, NULL);
	return status;
}

/* Reads at most @len bytes. Return: how many. */
static uint32_t get(struct rig *rig, uint32_t len)
{
	static uint8_t buf[RING_SIZE * 2];
	uint32_t done = 0;

	if (!np_lane_read_plain(&rig->r, buf, len, &done))
		np_lane_read(&rig->r, NULL, buf, len, &done);
	return done;
}

static void pump(struct rig *rig)
{
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);

	np_lane_writer_pump(&rig->w, &writes, &flushes);
}

/* In whose context was written what was read last? 0: nobody said */
static unsigned context(const struct rig *rig)
{
	const struct np_lane_notes *notes = rig->r.notes;

	if (!notes || !notes->len)
		return 0;
	ck_assert_uint_eq(notes->len, 300);
	ck_assert_uint_eq(notes->bytes[0], notes->bytes[299]);
	return notes->bytes[0];
}

START_TEST(a_note_holds_from_the_write_it_was_set_for)
{
	struct rig rig;

	rig_init(&rig, QUOTA, _i);
	ck_assert_uint_eq(put(&rig, NULL, 0, 10, NP_WRITE_NOWAIT), STATUS_SUCCESS);
	ck_assert_uint_eq(put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT), STATUS_SUCCESS);
	ck_assert_uint_eq(rig.w.context, 1);
	ck_assert_uint_eq(put(&rig, NULL, 0, 10, NP_WRITE_NOWAIT), STATUS_SUCCESS);
	ck_assert_uint_eq(put(&rig, NULL, 2, 10, NP_WRITE_NOWAIT), STATUS_SUCCESS);
	ck_assert_uint_eq(get(&rig, 10), 10);
	ck_assert_uint_eq(context(&rig), 0);
	ck_assert_uint_eq(get(&rig, 4), 4);
	ck_assert_uint_eq(context(&rig), 1);
	ck_assert_uint_eq(get(&rig, 6), 6);
	ck_assert_uint_eq(get(&rig, 10), 10);
	ck_assert_uint_eq(context(&rig), 1);
	ck_assert_uint_eq(get(&rig, 1), 1);
	ck_assert_uint_eq(context(&rig), 2);
	rig_fini(&rig);
}
END_TEST

START_TEST(a_read_across_writes_ends_in_the_last_ones_context)
{
	struct rig rig;

	rig_init(&rig, QUOTA, false);
	put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT);
	put(&rig, NULL, 2, 10, NP_WRITE_NOWAIT);
	put(&rig, NULL, 3, 10, NP_WRITE_NOWAIT);
	ck_assert_uint_eq(get(&rig, 20), 20);
	ck_assert_uint_eq(context(&rig), 2);
	ck_assert_uint_eq(get(&rig, 20), 10);
	ck_assert_uint_eq(context(&rig), 3);
	rig_fini(&rig);
}
END_TEST

START_TEST(looking_for_data_brings_no_context)
{
	struct np_lane_peek peek;
	struct rig rig;
	uint8_t byte;

	rig_init(&rig, QUOTA, true);
	put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT);
	ck_assert(np_lane_reader_has_data(&rig.r));
	ck_assert_uint_eq(context(&rig), 0);
	ck_assert_uint_eq(get(&rig, 0), 0);
	ck_assert_uint_eq(context(&rig), 0);
	np_lane_peek(&rig.r, &byte, 1, &peek);
	ck_assert_uint_eq(peek.entries, 1);
	ck_assert_uint_eq(peek.bytes, 10);
	np_lane_reader_see_note(&rig.r);
	ck_assert_uint_eq(context(&rig), 1);
	put(&rig, NULL, 2, 10, NP_WRITE_NOWAIT);
	np_lane_peek(&rig.r, &byte, 1, &peek);
	np_lane_reader_see_note(&rig.r);
	ck_assert_uint_eq(context(&rig), 1);
	rig_fini(&rig);
}
END_TEST

START_TEST(an_empty_message_brings_its_context)
{
	struct rig rig;

	rig_init(&rig, QUOTA, true);
	ck_assert_uint_eq(put(&rig, NULL, 1, 0, 0), STATUS_SUCCESS);
	ck_assert_uint_eq(get(&rig, 10), 0);
	ck_assert_uint_eq(context(&rig), 1);
	rig_fini(&rig);
}
END_TEST

START_TEST(a_pended_read_brings_it_too)
{
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_read read;
	struct rig rig;
	uint8_t buf[16];

	rig_init(&rig, QUOTA, true);
	np_lane_read_pend(&rig.r, &read, buf, sizeof(buf));
	put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT);
	np_lane_reader_pump(&rig.r, &reads);
	ck_assert_uint_eq(read.done, 10);
	ck_assert_uint_eq(context(&rig), 1);
	rig_fini(&rig);
}
END_TEST

START_TEST(a_write_without_room_leaves_its_note_behind)
{
	struct rig rig;

	rig_init(&rig, 16, true);
	put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT);
	put(&rig, NULL, 2, 10, NP_WRITE_NOWAIT); /* no room: nothing is written */
	ck_assert_uint_eq(rig.w.context, 1);
	ck_assert_uint_eq(get(&rig, 10), 10);
	put(&rig, NULL, 0, 10, NP_WRITE_NOWAIT);
	ck_assert_uint_eq(get(&rig, 10), 10);
	ck_assert_uint_eq(context(&rig), 1);
	rig_fini(&rig);
}
END_TEST

/* Stalled writes of 20 bytes over a quota of 10: each waits for the one before. */
START_TEST(stalled_writes_keep_their_notes)
{
	struct np_lane_write op[3];
	struct rig rig;
	unsigned i;

	rig_init(&rig, 10, true);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(put(&rig, &op[i], (uint8_t)(i + 1), 20, 0),
				  STATUS_PENDING);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(get(&rig, 20), 20);
		ck_assert_uint_eq(context(&rig), i + 1);
		pump(&rig);
	}
	rig_fini(&rig);
}
END_TEST

/* The first fills the ring, so the others are not begun. */
static void fill(struct rig *rig, struct np_lane_write *op)
{
	rig_init(rig, 10, true);
	ck_assert_uint_eq(put(rig, op, 0, 2 * RING_SIZE, 0), STATUS_PENDING);
}

START_TEST(a_cancelled_write_hands_its_note_to_the_next)
{
	struct np_lane_write op[3];
	struct rig rig;

	fill(&rig, &op[0]);
	ck_assert_uint_eq(put(&rig, &op[1], 1, 20, 0), STATUS_PENDING);
	ck_assert_uint_eq(put(&rig, &op[2], 0, 20, 0), STATUS_PENDING);
	ck_assert(np_lane_writer_cancel(&rig.w, &op[1]));
	ck_assert_uint_eq(rig.w.context, 1);
	ck_assert(np_lane_writer_cancel(&rig.w, &op[0]));
	ck_assert(!np_lane_reader_has_data(&rig.r)); /* steps over the first */
	pump(&rig);
	ck_assert_uint_eq(get(&rig, 20), 20);
	ck_assert_uint_eq(context(&rig), 1);
	rig_fini(&rig);
}
END_TEST

START_TEST(a_note_that_nobody_needs_goes_with_its_write)
{
	struct np_lane_write op[3];
	struct rig rig;

	fill(&rig, &op[0]);
	ck_assert_uint_eq(put(&rig, &op[1], 1, 20, 0), STATUS_PENDING);
	ck_assert_uint_eq(put(&rig, &op[2], 2, 20, 0), STATUS_PENDING);
	ck_assert(np_lane_writer_cancel(&rig.w, &op[1])); /* the next has its own */
	ck_assert_uint_eq(rig.w.context, 2);
	ck_assert(np_lane_writer_cancel(&rig.w, &op[2])); /* there is no next */
	ck_assert_uint_eq(rig.w.context, 0);
	ck_assert(np_lane_writer_cancel(&rig.w, &op[0]));
	ck_assert_uint_eq(get(&rig, 20), 0);
	ck_assert_uint_eq(context(&rig), 0);
	rig_fini(&rig);
}
END_TEST

/* Notes take room in the ring and none of the quota: more than fits is waited for. */
START_TEST(a_ring_full_of_notes_gives_all_of_them)
{
	enum { N = 1000 };
	struct rig rig;
	unsigned i;

	rig_init(&rig, QUOTA, true);
	for (i = 0; i < N; i++)
		ck_assert_uint_eq(put(&rig, NULL, (uint8_t)(1 + i % 255), 1,
				      NP_WRITE_NOWAIT),
				  STATUS_SUCCESS);
	for (i = 0; i < N; i++) {
		pump(&rig);
		ck_assert_uint_eq(get(&rig, 10), 1);
		ck_assert_uint_eq(context(&rig), 1 + i % 255);
	}
	ck_assert(np_lane_writer_is_drained(&rig.w));
	rig_fini(&rig);
}
END_TEST

START_TEST(a_dead_writers_notes_are_noted_again)
{
	struct np_lane_write op[2];
	struct np_lane_debt debt;
	struct rig rig;

	fill(&rig, &op[0]);
	ck_assert_uint_eq(put(&rig, &op[1], 1, 20, 0), STATUS_PENDING);
	np_lane_writer_get_debt(&rig.w, &debt);
	free(op[1].note);
	np_list_init(&rig.w.stalled); /* they were another process's */
	np_lane_writer_withdraw_debt(&rig.w, &debt);
	ck_assert_uint_eq(rig.w.context, 0);
	rig_fini(&rig);
}
END_TEST

/* What a hostile writer puts there. */
static void put_raw(struct rig *rig, uint32_t says, uint32_t has)
{
	uint64_t header = says | (uint64_t)(NP_REC_SKIP | NP_REC_CONTEXT) << 32;
	struct np_shm_lane *shm = rig->memory;

	np_ring_put_header(&rig->w.ring, rig->w.tail, header);
	rig->w.tail += 8 + has;
	atomic_store(&shm->tail, rig->w.tail);
}

START_TEST(a_note_that_cannot_be_ends_the_lane)
{
	static const uint32_t lens[][2] = {
		{NP_LANE_NOTE_MAX + 1, 8192}, {64, 8}, {UINT32_MAX, 8}, {RING_SIZE, 8}};
	struct rig rig;

	rig_init(&rig, QUOTA, true);
	put_raw(&rig, lens[_i][0], lens[_i][1]);
	ck_assert(!np_lane_reader_has_data(&rig.r));
	ck_assert(rig.r.is_broken);
	rig_fini(&rig);
}
END_TEST

START_TEST(who_keeps_no_notes_passes_them_over)
{
	struct rig rig;

	rig_init(&rig, QUOTA, true);
	rig.r.keeps_notes = false;
	put(&rig, NULL, 1, 10, NP_WRITE_NOWAIT);
	ck_assert_uint_eq(get(&rig, 10), 10);
	ck_assert_ptr_null(rig.r.notes);
	rig_fini(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_note");
	TCase *tcase = tcase_create("lane_note");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, a_note_holds_from_the_write_it_was_set_for, 0, 2);
	tcase_add_test(tcase, a_read_across_writes_ends_in_the_last_ones_context);
	tcase_add_test(tcase, looking_for_data_brings_no_context);
	tcase_add_test(tcase, an_empty_message_brings_its_context);
	tcase_add_test(tcase, a_pended_read_brings_it_too);
	tcase_add_test(tcase, a_write_without_room_leaves_its_note_behind);
	tcase_add_test(tcase, stalled_writes_keep_their_notes);
	tcase_add_test(tcase, a_cancelled_write_hands_its_note_to_the_next);
	tcase_add_test(tcase, a_note_that_nobody_needs_goes_with_its_write);
	tcase_add_test(tcase, a_ring_full_of_notes_gives_all_of_them);
	tcase_add_test(tcase, a_dead_writers_notes_are_noted_again);
	tcase_add_loop_test(tcase, a_note_that_cannot_be_ends_the_lane, 0, 4);
	tcase_add_test(tcase, who_keeps_no_notes_passes_them_over);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
