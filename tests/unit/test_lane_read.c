/* SPDX-License-Identifier: MIT */
/*
 * What a reader sees of a lane: modes, parts of messages, pended reads, peek, a dead
 * writer
 *
 * Tables; the numbers in the names are those of npfs-semantics section 11.
 */
#include "tests/unit/lane_table.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

static const struct lane_case read_cases[] = {
	{"129: byte reads go across writes",
	 BYTE(100),
	 {{LANE_WRITE, 11, OK, 11}, {LANE_WRITE, 10, OK, 10}, {LANE_READ, 32, OK, 21}}},
	{"134, 135",
	 BYTE(100),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_READ, 0, OK, 0},
	  {BYTES, 0, OK, 10},
	  {LANE_READ, 4, OK, 4},
	  {LANE_READ, 100, OK, 6}}},
	{"154: a part, then the rest",
	 MSG_M(100),
	 {{LANE_WRITE, 10, OK, 10}, {LANE_READ, 4, MORE, 4}, {LANE_READ, 28, OK, 6}}},
	{"a buffer that fits exactly",
	 MSG_M(100),
	 {{LANE_WRITE, 10, OK, 10}, {LANE_WRITE, 1, OK, 1}, {LANE_READ, 10, OK, 10}}},
	{"157: byte mode ignores boundaries",
	 MSG_B(100),
	 {{LANE_WRITE, 11, OK, 11}, {LANE_WRITE, 10, OK, 10}, {LANE_READ, 32, OK, 21}}},
	{"164: an empty message",
	 MSG_M(100),
	 {{LANE_WRITE, 0, OK, 0},
	  {ENTRIES, 0, OK, 1},
	  {BYTES, 0, OK, 0},
	  {LANE_READ, 10, OK, 0},
	  {LANE_READ, 10, PEND, 0}}},
	{"an empty message alone, byte mode",
	 MSG_B(100),
	 {{LANE_WRITE, 0, OK, 0}, {LANE_READ, 10, OK, 0}, {ENTRIES, 0, OK, 0}}},
	{"178: no bytes wanted, bytes there",
	 MSG_M(100),
	 {{LANE_WRITE, 3, OK, 3}, {LANE_READ, 0, MORE, 0}, {LANE_READ, 3, OK, 3}}},
	{"no bytes wanted, an empty message there: it stays",
	 MSG_M(100),
	 {{LANE_WRITE, 0, OK, 0},
	  {LANE_READ, 0, OK, 0},
	  {ENTRIES, 0, OK, 1},
	  {LANE_READ, 5, OK, 0},
	  {ENTRIES, 0, OK, 0}}},
	{"172: to byte mode in the middle of a message",
	 MSG_M(100),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_WRITE, 3, OK, 3},
	  {LANE_READ, 4, MORE, 4},
	  {LANE_MODE, 0, MORE, 4},
	  {LANE_READ, 100, OK, 9}}},
	{"173: to message mode in the middle of a message",
	 MSG_B(100),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_WRITE, 3, OK, 3},
	  {LANE_READ, 4, OK, 4},
	  {LANE_MODE, 1, OK, 4},
	  {LANE_READ, 100, OK, 6},
	  {LANE_READ, 100, OK, 3}}},
	{"180: an empty message behind is swallowed while there is room",
	 MSG_B(100),
	 {{LANE_WRITE, 1, OK, 1},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_READ, 10, OK, 1},
	  {ENTRIES, 0, OK, 0}}},
	{"180: it is left when there is no room",
	 MSG_B(100),
	 {{LANE_WRITE, 1, OK, 1},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_READ, 1, OK, 1},
	  {ENTRIES, 0, OK, 1}}},
	{"empty messages between others are swallowed",
	 MSG_B(100),
	 {{LANE_WRITE, 0, OK, 0},
	  {LANE_WRITE, 2, OK, 2},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_WRITE, 2, OK, 2},
	  {LANE_READ, 4, OK, 4},
	  {ENTRIES, 0, OK, 0}}},
	{"179: 70000 bytes are one message",
	 MSG_M(100000),
	 {{LANE_WRITE, 70000, OK, 70000},
	  {ENTRIES, 0, OK, 1},
	  {LANE_READ, 69999, MORE, 69999},
	  {LANE_READ, 10, OK, 1}}},
	{"a message longer than the ring",
	 MSG_M(64),
	 {{LANE_WRITE, 1000000, PEND, 0},
	  {LANE_WRITE, 5, PEND, 0},
	  {LANE_READ, 100, MORE, 100},
	  {LANE_READ, 600000, MORE, 600000},
	  {W_IS, 0, PEND, 0},
	  {LANE_READ, 1000000, OK, 399900},
	  {W_IS, 0, OK, 1000000},
	  {W_IS, 1, OK, 5},
	  {LANE_READ, 10, OK, 5}}},
	{"the same in byte mode",
	 MSG_B(64),
	 {{LANE_WRITE, 1000000, PEND, 0},
	  {LANE_READ, 7, OK, 7},
	  {LANE_READ, 999929, OK, 999929},
	  {W_IS, 0, OK, 1000000},
	  {LANE_READ, 100, OK, 64}}},
};

static const struct lane_case pended_cases[] = {
	{"132: an empty write leaves a byte pipe's read pended",
	 BYTE(100),
	 {{LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 0, OK, 0},
	  {R_IS, 0, PEND, 0},
	  {LANE_WRITE, 2, OK, 2},
	  {R_IS, 0, OK, 2}}},
	{"133: a pended read of no bytes",
	 BYTE(100),
	 {{LANE_READ, 0, PEND, 0},
	  {LANE_WRITE, 1, OK, 1},
	  {R_IS, 0, OK, 0},
	  {LANE_READ, 5, OK, 1}}},
	{"146: the second of two pended reads is cancelled",
	 BYTE(100),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_READ, 1, PEND, 0},
	  {LANE_CANCEL_READ, 1, GONE, 0},
	  {LANE_WRITE, 1, OK, 1},
	  {R_IS, 0, OK, 1},
	  {BYTES, 0, OK, 0}}},
	{"the first of two pended reads is cancelled",
	 BYTE(0),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_READ, 3, PEND, 0},
	  {LANE_CANCEL_READ, 0, GONE, 0},
	  {LANE_WRITE, 3, OK, 3},
	  {R_IS, 1, OK, 3}}},
	{"151: any byte satisfies a read",
	 BYTE(100),
	 {{LANE_READ, 2, PEND, 0}, {LANE_WRITE, 1, OK, 1}, {R_IS, 0, OK, 1}}},
	{"163: an empty message completes one read",
	 MSG_M(100),
	 {{LANE_READ, 5, PEND, 0},
	  {LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 0, OK, 0},
	  {R_IS, 0, OK, 0},
	  {R_IS, 1, PEND, 0}}},
	{"165: a pended read of no bytes, message mode",
	 MSG_M(100),
	 {{LANE_READ, 0, PEND, 0},
	  {LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 1, OK, 1},
	  {R_IS, 0, MORE, 0},
	  {R_IS, 1, OK, 1}}},
	{"166: the same, byte mode",
	 MSG_B(100),
	 {{LANE_READ, 0, PEND, 0},
	  {LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 1, OK, 1},
	  {R_IS, 0, OK, 0},
	  {R_IS, 1, OK, 1}}},
	{"168: one message for three reads",
	 MSG_M(0),
	 {{LANE_READ, 10, PEND, 0},
	  {LANE_READ, 10, PEND, 0},
	  {LANE_READ, 10, PEND, 0},
	  {LANE_WRITE, 25, OK, 25},
	  {R_IS, 0, MORE, 10},
	  {R_IS, 1, MORE, 10},
	  {R_IS, 2, OK, 5}}},
	{"one write for two reads, the rest queued",
	 BYTE(3),
	 {{LANE_READ, 2, PEND, 0},
	  {LANE_READ, 2, PEND, 0},
	  {LANE_WRITE, 7, OK, 7},
	  {QUOTA, 0, OK, 0},
	  {LANE_READ, 9, OK, 3}}},
	{"a pended read takes from one write only",
	 BYTE(100),
	 {{LANE_READ, 10, PEND, 0},
	  {LANE_WRITE, 3, OK, 3},
	  {LANE_WRITE, 3, OK, 3},
	  {R_IS, 0, OK, 3},
	  {BYTES, 0, OK, 3}}},
	{"the mode counts that is set when the write comes",
	 MSG_B(100),
	 {{LANE_READ, 2, PEND, 0},
	  {LANE_MODE, 1, PEND, 0},
	  {LANE_WRITE, 5, OK, 5},
	  {R_IS, 0, MORE, 2},
	  {LANE_READ, 9, OK, 3}}},
	{"a transact goes to pended reads too",
	 MSG_M(0),
	 {{LANE_READ, 4, PEND, 0},
	  {LANE_TRANSACT, 6, OK, 6},
	  {R_IS, 0, MORE, 4},
	  {LANE_READ, 9, OK, 2}}},
	{"pended reads longer than the ring take long writes",
	 BYTE(0),
	 {{LANE_READ, 200000, PEND, 0},
	  {LANE_READ, 50, PEND, 0},
	  {LANE_WRITE, 150000, OK, 150000},
	  {R_IS, 0, OK, 150000},
	  {R_IS, 1, PEND, 0},
	  {LANE_WRITE, 50, OK, 50},
	  {R_IS, 1, OK, 50}}},
};

static const struct lane_case peek_cases[] = {
	{"130, 131",
	 BYTE(100),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_PEEK, 4, OK, 4},
	  {LANE_PEEK, 0, OK, 0},
	  {BYTES, 0, OK, 10}}},
	{"a byte pipe shows all writes",
	 BYTE(10),
	 {{LANE_WRITE, 6, OK, 6},
	  {LANE_WRITE, 6, PEND, 0},
	  {LANE_PEEK, 100, OK, 12},
	  {LANE_READ, 4, OK, 4},
	  {LANE_PEEK, 100, OK, 8}}},
	{"155, 177: a message pipe shows the first",
	 MSG_M(100),
	 {{LANE_WRITE, 6, OK, 6},
	  {LANE_WRITE, 7, OK, 7},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_PEEK, 32, OK, 6},
	  {ENTRIES, 0, OK, 3},
	  {BYTES, 0, OK, 13},
	  {FIRST, 0, OK, 6}}},
	{"158, 159: also in byte mode, and its rest",
	 MSG_B(100),
	 {{LANE_WRITE, 6, OK, 6},
	  {LANE_WRITE, 7, OK, 7},
	  {LANE_READ, 2, OK, 2},
	  {LANE_PEEK, 3, OK, 3},
	  {FIRST, 0, OK, 4},
	  {ENTRIES, 0, OK, 2}}},
	{"nothing there", MSG_M(100), {{LANE_PEEK, 10, OK, 0}, {ENTRIES, 0, OK, 0}}},
	{"nothing there, a read is pended",
	 BYTE(100),
	 {{LANE_READ, 10, PEND, 0}, {LANE_PEEK, 10, OK, 0}, {BYTES, 0, OK, 0}}},
	{"an empty message first",
	 MSG_M(100),
	 {{LANE_WRITE, 0, OK, 0},
	  {LANE_WRITE, 7, OK, 7},
	  {LANE_PEEK, 10, OK, 0},
	  {FIRST, 0, OK, 0},
	  {BYTES, 0, OK, 7}}},
	{"over what is withdrawn",
	 BYTE(0),
	 {{LANE_WRITE, 5, PEND, 0},
	  {LANE_WRITE, 6, PEND, 0},
	  {LANE_WRITE, 7, PEND, 0},
	  {LANE_CANCEL_WRITE, 1, GONE, 0},
	  {LANE_PEEK, 100, OK, 12},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {LANE_PEEK, 100, OK, 7}}},
};

static const struct lane_case cut_cases[] = {
	{"what is granted stays, what is not goes",
	 BYTE(10),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_WRITE, 5, PEND, 0},
	  {LANE_CUT, 0, PEND, 0},
	  {LANE_READ_NOWAIT, 100, OK, 10},
	  {LANE_READ_NOWAIT, 100, EMPTY, 0}}},
	{"a stalled write in front goes alone",
	 MSG_M(10),
	 {{LANE_WRITE, 20, PEND, 0},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_TRANSACT, 30, OK, 30},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_CUT, 0, PEND, 0},
	  {ENTRIES, 0, OK, 2},
	  {BYTES, 0, OK, 30},
	  {LANE_READ_NOWAIT, 100, OK, 0},
	  {LANE_READ_NOWAIT, 100, OK, 30},
	  {LANE_READ_NOWAIT, 100, EMPTY, 0}}},
	{"a stalled write that was read in part goes",
	 BYTE(10),
	 {{LANE_WRITE, 30, PEND, 0},
	  {LANE_READ, 5, OK, 5},
	  {LANE_CUT, 0, OK, 5},
	  {LANE_READ_NOWAIT, 100, EMPTY, 0}}},
	{"a stalled write that had completed stays",
	 BYTE(10),
	 {{LANE_WRITE, 30, PEND, 0},
	  {LANE_READ, 20, OK, 20},
	  {W_IS, 0, OK, 30},
	  {LANE_CUT, 0, OK, 20},
	  {LANE_READ_NOWAIT, 100, OK, 10}}},
	{"withdrawn ones before it",
	 MSG_M(10),
	 {{LANE_WRITE, 11, PEND, 0},
	  {LANE_WRITE, 10, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {LANE_CUT, 0, GONE, 0},
	  {LANE_READ_NOWAIT, 100, OK, 10}}},
	{"nothing queued",
	 BYTE(10),
	 {{LANE_CUT, 0, OK, 0}, {LANE_READ_NOWAIT, 1, EMPTY, 0}}},
};

START_TEST(reads_follow_the_table)
{
	lane_case_run(&read_cases[_i]);
}
END_TEST

START_TEST(pended_reads_follow_the_table)
{
	lane_case_run(&pended_cases[_i]);
}
END_TEST

START_TEST(peeks_follow_the_table)
{
	lane_case_run(&peek_cases[_i]);
}
END_TEST

START_TEST(death_of_the_writer_follows_the_table)
{
	lane_case_run(&cut_cases[_i]);
}
END_TEST

static void step(struct lane_rig *rig, enum lane_verb verb, uint32_t n,
		 npfs_status status, uint32_t count)
{
	struct lane_step s = {verb, n};

	ck_assert_msg(lane_rig_step(rig, &s), "%s", rig->error);
	ck_assert_uint_eq(rig->status, status);
	ck_assert_uint_eq(rig->count, count);
}

/* Only NP_SHM_POSTS of them are announced at a time. Free quota is what the announced
 * ones leave, so the quota is small enough for those to take it all. */
START_TEST(more_pended_reads_than_announcements_are_served_in_order)
{
	struct lane_shape shape = BYTE(1);
	struct lane_rig *rig = lane_rig_new(&shape);
	const uint32_t n = NP_SHM_POSTS * 3 + 1;

	for (uint32_t i = 0; i < n; i++)
		step(rig, LANE_READ, i % 5 + 1, PEND, 0);
	for (uint32_t i = 0; i < n; i += 2)
		step(rig, LANE_CANCEL_READ, i / 2, GONE, 0);
	for (uint32_t i = 1; i < n; i += 2) {
		step(rig, LANE_WRITE, i % 5 + 1, OK, i % 5 + 1);
		ck_assert_uint_eq(rig->reads[i]->status, STATUS_SUCCESS);
		ck_assert_uint_eq(rig->reads[i]->done, i % 5 + 1);
	}
	step(rig, LANE_WRITE, 1, OK, 1);
	step(rig, LANE_WRITE, 1, PEND, 0);
	lane_rig_free(rig);
}
END_TEST

/* What was promised to announced reads counts as read, and each read takes what was meant
 * for it, although the reader itself has not moved yet. */
START_TEST(promises_hold_while_the_reader_is_behind)
{
	struct lane_shape shape = BYTE(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_flush flush;
	struct np_lane_write op;
	struct np_lane_read ops[3];
	char buf[3][8];
	uint32_t done = 0;

	for (int i = 0; i < 2; i++)
		np_lane_read_pend(&rig->r, &ops[i], buf[i], 8);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, "one", 3, 0, &done),
			  STATUS_SUCCESS);
	ck_assert(np_lane_writer_is_drained(&rig->w));
	ck_assert_uint_eq(np_lane_flush(&rig->w, &flush), STATUS_SUCCESS);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, "two", 3, 0, &done),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, "three", 5, 0, &done),
			  STATUS_PENDING);
	ck_assert(!np_lane_writer_is_drained(&rig->w));
	np_lane_read_pend(&rig->r, &ops[2], buf[2], 8);
	np_lane_reader_pump(&rig->r, &reads);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(np_list_pop_front(&reads), &ops[i].link);
	ck_assert_uint_eq(ops[0].done, 3);
	ck_assert_uint_eq(ops[1].done, 3);
	ck_assert_uint_eq(ops[2].done, 5);
	ck_assert_mem_eq(buf[0], "one", 3);
	ck_assert_mem_eq(buf[1], "two", 3);
	ck_assert_mem_eq(buf[2], "three", 5);
	lane_rig_free(rig);
}
END_TEST

/* The writer's process dies while a message streams through the ring: its part that was
 * not read is gone, and the read in transfer ends with what it has. */
START_TEST(death_in_the_middle_of_a_long_message_ends_it)
{
	enum { LEN = 200000 };
	struct lane_shape shape = MSG_M(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_write op;
	struct np_lane_read read;
	uint8_t *data = calloc(1, LEN), *buf = malloc(LEN);
	uint32_t done = 0;

	ck_assert(data && buf);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, data, LEN, 0, &done),
			  STATUS_PENDING);
	ck_assert_uint_eq(np_lane_read(&rig->r, &read, buf, LEN, &done), STATUS_PENDING);
	np_lane_reader_cut(&rig->r);
	np_lane_reader_fail(&rig->r, STATUS_PIPE_BROKEN, &reads);
	ck_assert_ptr_eq(np_list_pop_front(&reads), &read.link);
	ck_assert_uint_eq(read.status, STATUS_BUFFER_OVERFLOW);
	ck_assert_uint_gt(read.done, 0);
	ck_assert(!np_lane_reader_has_data(&rig->r));
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, LEN, &done),
			  STATUS_PIPE_EMPTY);
	free(data);
	free(buf);
	lane_rig_free(rig);
}
END_TEST

/* A byte read goes on over the end of an entry, so what follows the first one counts. */
START_TEST(a_write_that_has_not_completed_may_vanish_wherever_it_lies)
{
	struct lane_shape shape = BYTE(100);
	struct lane_rig *rig = lane_rig_new(&shape);
	static const char data[300];
	struct np_lane_write op;
	uint32_t done = 0;
	char buf[400];

	ck_assert(!np_lane_reader_may_vanish(&rig->r));
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, data, 50, 0, &done), STATUS_SUCCESS);
	ck_assert(!np_lane_reader_may_vanish(&rig->r));
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, data, 300, 0, &done),
			  STATUS_PENDING);
	ck_assert(np_lane_reader_may_vanish(&rig->r));
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 10, &done), STATUS_SUCCESS);
	ck_assert(np_lane_reader_may_vanish(&rig->r));
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 239, &done), STATUS_SUCCESS);
	ck_assert(np_lane_reader_may_vanish(&rig->r));
	/* 100 bytes are unread: the write has completed */
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 1, &done), STATUS_SUCCESS);
	ck_assert(!np_lane_reader_may_vanish(&rig->r));
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 400, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 100);
	lane_rig_free(rig);
}
END_TEST

START_TEST(failing_ends_pended_reads_with_its_status)
{
	struct lane_shape shape = BYTE(10);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_read ops[2];
	char buf[2];

	np_lane_read_pend(&rig->r, &ops[0], buf, 1);
	np_lane_read_pend(&rig->r, &ops[1], buf + 1, 1);
	np_lane_reader_fail(&rig->r, STATUS_PIPE_DISCONNECTED, &reads);
	ck_assert_ptr_eq(np_list_pop_front(&reads), &ops[0].link);
	ck_assert_ptr_eq(np_list_pop_front(&reads), &ops[1].link);
	ck_assert_uint_eq(ops[0].status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(ops[1].status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(np_lane_quota_available(&rig->w), 10);
	lane_rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_read");
	TCase *tcase = tcase_create("tables");
	SRunner *runner;
	int n_failed;

	tcase_add_loop_test(tcase, reads_follow_the_table, 0, NP_ARRAY_LEN(read_cases));
	tcase_add_loop_test(tcase, pended_reads_follow_the_table, 0,
			    NP_ARRAY_LEN(pended_cases));
	tcase_add_loop_test(tcase, peeks_follow_the_table, 0, NP_ARRAY_LEN(peek_cases));
	tcase_add_loop_test(tcase, death_of_the_writer_follows_the_table, 0,
			    NP_ARRAY_LEN(cut_cases));
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("limits");
	tcase_add_test(tcase, more_pended_reads_than_announcements_are_served_in_order);
	tcase_add_test(tcase, promises_hold_while_the_reader_is_behind);
	tcase_add_test(tcase, death_in_the_middle_of_a_long_message_ends_it);
	tcase_add_test(tcase,
		       a_write_that_has_not_completed_may_vanish_wherever_it_lies);
	tcase_add_test(tcase, failing_ends_pended_reads_with_its_status);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
