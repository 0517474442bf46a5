/* SPDX-License-Identifier: MIT */
/*
 * What a writer sees of a lane: quota, stalled writes, no-wait, withdrawal, flush
 *
 * Tables; the numbers in the names are those of npfs-semantics section 11.
 */
#include "tests/unit/lane_table.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

static const struct lane_case quota_cases[] = {
	{"139-143: a pended read takes its part, the rest counts, stalled writes follow",
	 BYTE(5000),
	 {{LANE_READ, 1000, PEND, 0},
	  {LANE_WRITE, 4000, OK, 4000},
	  {R_IS, 0, OK, 1000},
	  {BYTES, 0, OK, 3000},
	  {QUOTA, 0, OK, 2000},
	  {LANE_WRITE, 5000, PEND, 0},
	  {BYTES, 0, OK, 8000},
	  {QUOTA, 0, OK, 0},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_READ, 3000, OK, 3000},
	  {W_IS, 1, OK, 5000},
	  {W_IS, 2, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {W_IS, 2, OK, 1}}},
	{"144: quota + 2000 pends until its unread rest is granted",
	 BYTE(5000),
	 {{LANE_WRITE, 7000, PEND, 0},
	  {BYTES, 0, OK, 7000},
	  {LANE_READ, 1999, OK, 1999},
	  {W_IS, 0, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {W_IS, 0, OK, 7000}}},
	{"145: without quota every write pends until it is read",
	 BYTE(0),
	 {{LANE_WRITE, 1, PEND, 0},
	  {LANE_WRITE, 2, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {W_IS, 0, OK, 1},
	  {W_IS, 1, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {W_IS, 1, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {W_IS, 1, OK, 2}}},
	{"139 for messages, 167",
	 MSG_M(5000),
	 {{LANE_READ, 1000, PEND, 0},
	  {LANE_WRITE, 4000, OK, 4000},
	  {R_IS, 0, MORE, 1000},
	  {ENTRIES, 0, OK, 1},
	  {FIRST, 0, OK, 3000},
	  {LANE_READ, 4000, OK, 3000}}},
	{"exactly the quota is granted, one byte more is not",
	 MSG_M(64),
	 {{LANE_WRITE, 64, OK, 64},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_READ, 100, OK, 64},
	  {W_IS, 1, OK, 1}}},
	{"169: an empty message completes behind stalled data and keeps its place",
	 MSG_M(10),
	 {{LANE_WRITE, 20, PEND, 0},
	  {LANE_WRITE, 0, OK, 0},
	  {LANE_WRITE, 5, PEND, 0},
	  {ENTRIES, 0, OK, 3},
	  {LANE_READ, 100, OK, 20},
	  {LANE_READ, 100, OK, 0},
	  {LANE_READ, 100, OK, 5}}},
	{"256: a transact does not count and does not wait",
	 MSG_M(10),
	 {{LANE_WRITE, 20, PEND, 0},
	  {LANE_TRANSACT, 30, OK, 30},
	  {W_IS, 0, PEND, 0},
	  {QUOTA, 0, OK, 0},
	  {LANE_READ, 100, OK, 20},
	  {QUOTA, 0, OK, 10},
	  {LANE_READ, 100, OK, 30}}},
	{"267, 268: free quota, lowered by pended reads",
	 BYTE(200),
	 {{QUOTA, 0, OK, 200},
	  {LANE_READ, 50, PEND, 0},
	  {QUOTA, 0, OK, 150},
	  {LANE_READ, 1000, PEND, 0},
	  {QUOTA, 0, OK, 0},
	  {LANE_CANCEL_READ, 1, GONE, 0},
	  {QUOTA, 0, OK, 150},
	  {LANE_WRITE, 60, OK, 60},
	  {QUOTA, 0, OK, 190}}},
	{"282: a lone writer fills the quota and no more",
	 BYTE(32792),
	 {{LANE_WRITE, 32768, OK, 32768},
	  {QUOTA, 0, OK, 24},
	  {LANE_WRITE, 24, OK, 24},
	  {LANE_WRITE, 1, PEND, 0}}},
};

static const struct lane_case nowait_cases[] = {
	{"182, 183", BYTE(512), {{LANE_NOWAIT, 513, OK, 0}, {LANE_NOWAIT, 512, OK, 512}}},
	{"182, 183 for messages",
	 MSG_M(512),
	 {{LANE_NOWAIT, 513, OK, 0}, {LANE_NOWAIT, 512, OK, 512}}},
	{"184",
	 BYTE(512),
	 {{LANE_READ, 32768, PEND, 0}, {LANE_NOWAIT, 513, OK, 513}, {R_IS, 0, OK, 513}}},
	{"184 for messages",
	 MSG_M(512),
	 {{LANE_READ, 32768, PEND, 0}, {LANE_NOWAIT, 513, OK, 513}, {R_IS, 0, OK, 513}}},
	{"185",
	 BYTE(512),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_NOWAIT, 513, OK, 513},
	  {R_IS, 0, OK, 1},
	  {LANE_READ, 1000, OK, 512}}},
	{"185 for messages",
	 MSG_M(512),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_NOWAIT, 513, OK, 513},
	  {R_IS, 0, MORE, 1},
	  {LANE_READ, 1000, OK, 512}}},
	{"186: a byte pipe serves the pended read and keeps nothing",
	 BYTE(512),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_NOWAIT, 514, OK, 1},
	  {R_IS, 0, OK, 1},
	  {BYTES, 0, OK, 0}}},
	{"187: a message pipe leaves the read alone",
	 MSG_M(512),
	 {{LANE_READ, 1, PEND, 0},
	  {LANE_NOWAIT, 514, OK, 0},
	  {R_IS, 0, PEND, 0},
	  {LANE_WRITE, 1, OK, 1},
	  {R_IS, 0, OK, 1}}},
	{"181: a read that may not wait",
	 BYTE(512),
	 {{LANE_READ_NOWAIT, 10, EMPTY, 0},
	  {LANE_WRITE, 3, OK, 3},
	  {LANE_READ_NOWAIT, 10, OK, 3}}},
	{"193", BYTE(0), {{LANE_NOWAIT, 1, OK, 0}, {BYTES, 0, OK, 0}}},
	{"193 for messages", MSG_M(0), {{LANE_NOWAIT, 1, OK, 0}, {ENTRIES, 0, OK, 0}}},
	{"194: an empty message on a full queue is queued",
	 MSG_M(10),
	 {{LANE_WRITE, 10, OK, 10},
	  {LANE_NOWAIT, 0, OK, 0},
	  {ENTRIES, 0, OK, 2},
	  {LANE_WRITE, 5, PEND, 0},
	  {LANE_NOWAIT, 0, OK, 0},
	  {ENTRIES, 0, OK, 4}}},
	{"no partial buffering with data queued",
	 BYTE(10),
	 {{LANE_WRITE, 4, OK, 4},
	  {LANE_NOWAIT, 7, OK, 0},
	  {LANE_NOWAIT, 6, OK, 6},
	  {LANE_NOWAIT, 1, OK, 0}}},
	{"no room in the ring is no reason to refuse",
	 MSG_M(5000),
	 {{LANE_TRANSACT, 65530, OK, 65530},
	  {LANE_TRANSACT, 95600, OK, 95600},
	  {LANE_NOWAIT, 0, OK, 0},
	  {LANE_NOWAIT, 4000, OK, 4000},
	  {LANE_WRITE, 1000, OK, 1000},
	  {LANE_NOWAIT, 1, OK, 0},
	  {LANE_READ, 70000, OK, 65530},
	  {LANE_READ, 100000, OK, 95600},
	  {LANE_READ, 10, OK, 0},
	  {LANE_READ, 5000, OK, 4000},
	  {LANE_READ, 5000, OK, 1000}}},
};

static const struct lane_case cancel_cases[] = {
	{"148: the first of two stalled writes is withdrawn",
	 BYTE(0),
	 {{LANE_WRITE, 10, PEND, 0},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {BYTES, 0, OK, 1},
	  {LANE_READ, 10, OK, 1},
	  {W_IS, 1, OK, 1}}},
	{"149: the same after a part was read",
	 BYTE(0),
	 {{LANE_WRITE, 20, PEND, 0},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_READ, 10, OK, 10},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {W_IS, 0, GONE, 0},
	  {BYTES, 0, OK, 1},
	  {LANE_READ, 10, OK, 1},
	  {W_IS, 1, OK, 1}}},
	{"148: what is withdrawn makes room for the next",
	 BYTE(100),
	 {{LANE_WRITE, 200, PEND, 0},
	  {LANE_WRITE, 100, PEND, 0},
	  {LANE_WRITE, 1, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {W_IS, 1, OK, 100},
	  {W_IS, 2, PEND, 0},
	  {BYTES, 0, OK, 101}}},
	{"150: a flush behind a withdrawn write",
	 BYTE(0),
	 {{LANE_WRITE, 1, PEND, 0},
	  {LANE_FLUSH, 0, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {F_IS, 0, OK, 0},
	  {BYTES, 0, OK, 0}}},
	{"a message withdrawn after a part was read leaves the next one whole",
	 MSG_M(0),
	 {{LANE_WRITE, 20, PEND, 0},
	  {LANE_WRITE, 7, PEND, 0},
	  {LANE_READ, 5, MORE, 5},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {FIRST, 0, OK, 7},
	  {LANE_READ, 20, OK, 7}}},
	{"bytes that pended reads were given stay given",
	 BYTE(0),
	 {{LANE_READ, 5, PEND, 0},
	  {LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 25, PEND, 0},
	  {R_IS, 0, OK, 5},
	  {R_IS, 1, OK, 5},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {BYTES, 0, OK, 0},
	  {QUOTA, 0, OK, 0},
	  {LANE_READ, 5, PEND, 0},
	  {LANE_WRITE, 5, OK, 5}}},
	{"longer than the ring, withdrawn unread",
	 MSG_M(100),
	 {{LANE_WRITE, 300000, PEND, 0},
	  {LANE_WRITE, 3, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {W_IS, 1, OK, 3},
	  {LANE_READ, 10, OK, 3}}},
	{"longer than the ring, withdrawn after some, later ones whole",
	 BYTE(100),
	 {{LANE_WRITE, 300000, PEND, 0},
	  {LANE_READ, 100000, OK, 100000},
	  {LANE_READ, 13, OK, 13},
	  {LANE_WRITE, 50, PEND, 0},
	  {LANE_WRITE, 200000, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {W_IS, 1, OK, 50},
	  {LANE_READ, 50, OK, 50},
	  {LANE_READ, 150000, OK, 150000},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {LANE_WRITE, 9, OK, 9},
	  {LANE_READ, 10, OK, 9}}},
	{"two that are longer than the ring are withdrawn around a short one",
	 BYTE(0),
	 {{LANE_WRITE, 100000, PEND, 0},
	  {LANE_READ, 100, OK, 100},
	  {LANE_WRITE, 8, PEND, 0},
	  {LANE_WRITE, 100000, PEND, 0},
	  {LANE_CANCEL_WRITE, 0, GONE, 0},
	  {LANE_CANCEL_WRITE, 1, GONE, 0},
	  {BYTES, 0, OK, 8},
	  {LANE_READ, 100, OK, 8},
	  {W_IS, 1, OK, 8}}},
};

static const struct lane_case flush_cases[] = {
	{"152: nothing written",
	 BYTE(10),
	 {{LANE_READ, 10, PEND, 0}, {LANE_FLUSH, 0, OK, 0}}},
	{"153: until all that was queued before is read",
	 BYTE(10),
	 {{LANE_WRITE, 4, OK, 4},
	  {LANE_FLUSH, 0, PEND, 0},
	  {LANE_WRITE, 2, OK, 2},
	  {LANE_FLUSH, 0, PEND, 0},
	  {LANE_READ, 3, OK, 3},
	  {F_IS, 0, PEND, 0},
	  {LANE_READ, 1, OK, 1},
	  {F_IS, 0, OK, 0},
	  {F_IS, 1, PEND, 0},
	  {LANE_READ, 10, OK, 2},
	  {F_IS, 1, OK, 0}}},
	{"an empty message is waited for",
	 MSG_M(10),
	 {{LANE_WRITE, 0, OK, 0},
	  {LANE_FLUSH, 0, PEND, 0},
	  {LANE_READ, 10, OK, 0},
	  {F_IS, 0, OK, 0}}},
	{"316: after the reader took everything",
	 BYTE(10),
	 {{LANE_WRITE, 4, OK, 4}, {LANE_READ, 4, OK, 4}, {LANE_FLUSH, 0, OK, 0}}},
};

START_TEST(quota_follows_the_table)
{
	lane_case_run(&quota_cases[_i]);
}
END_TEST

START_TEST(nowait_writes_follow_the_table)
{
	lane_case_run(&nowait_cases[_i]);
}
END_TEST

START_TEST(withdrawn_writes_follow_the_table)
{
	lane_case_run(&cancel_cases[_i]);
}
END_TEST

START_TEST(flushes_follow_the_table)
{
	lane_case_run(&flush_cases[_i]);
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

START_TEST(more_stalled_writes_than_cells_complete_in_order)
{
	struct lane_shape shape = MSG_M(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	const uint32_t n = NP_SHM_CELLS * 3 + 5;

	for (uint32_t i = 0; i < n; i++)
		step(rig, LANE_WRITE, i % 7 + 1, PEND, 0);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_eq(rig->writes[i]->status, STATUS_PENDING);
		step(rig, LANE_READ, 100, OK, i % 7 + 1);
		ck_assert_uint_eq(rig->writes[i]->status, STATUS_SUCCESS);
	}
	lane_rig_free(rig);
}
END_TEST

START_TEST(more_withdrawn_writes_than_cells_leave_the_rest_whole)
{
	struct lane_shape shape = MSG_M(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	const uint32_t n = NP_SHM_CELLS * 2 + 9;

	step(rig, LANE_WRITE, 3, PEND, 0);
	for (uint32_t i = 0; i < n; i++)
		step(rig, LANE_WRITE, 40, PEND, 0);
	step(rig, LANE_WRITE, 5, PEND, 0);
	for (uint32_t i = 0; i < n; i++)
		step(rig, LANE_CANCEL_WRITE, 1, GONE, 0);
	step(rig, LANE_READ, 100, OK, 3);
	step(rig, LANE_READ, 100, OK, 5);
	lane_rig_free(rig);
}
END_TEST

/* The ring is full of bytes with their headers long before the quota is. */
START_TEST(single_bytes_reach_the_quota)
{
	enum { QUOTA_BYTES = 70000 };
	const size_t ring = 1024 * 1024;
	struct np_shm_layout layout;
	void *memory = aligned_alloc(4096, 4096 + ring);
	struct np_lane_writer w;
	struct np_lane_reader r;
	struct np_lane_write op;
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);
	uint32_t n = 0, got, done;
	uint8_t byte;

	ck_assert_ptr_nonnull(memory);
	np_shm_layout(QUOTA_BYTES, QUOTA_BYTES, &layout);
	ck_assert_uint_eq(layout.ring_size[0], ring);
	memset(memory, 0, 4096 + ring);
	np_lane_writer_init(&w, memory, (char *)memory + 4096, ring, QUOTA_BYTES, false);
	np_lane_reader_init(&r, memory, (char *)memory + 4096, ring, QUOTA_BYTES, false);
	for (; n < QUOTA_BYTES; n++) {
		byte = (uint8_t)(n * 7);
		ck_assert_uint_eq(np_lane_write(&w, &op, &byte, 1, 0, &done),
				  STATUS_SUCCESS);
	}
	ck_assert_uint_eq(np_lane_write(&w, &op, &byte, 1, 0, &done), STATUS_PENDING);
	ck_assert(np_lane_writer_cancel(&w, &op));
	for (got = 0; got < QUOTA_BYTES; got++) {
		np_lane_writer_pump(&w, &writes, &flushes);
		ck_assert_uint_eq(np_lane_read(&r, NULL, &byte, 1, &done),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(byte, (uint8_t)(got * 7));
	}
	ck_assert_uint_eq(np_lane_read(&r, NULL, &byte, 1, &done), STATUS_PIPE_EMPTY);
	np_lane_writer_fini(&w);
	free(memory);
}
END_TEST

/* A withdrawal after the reader has read to the end, and one that the reader has promised
 * reads for, before the reader itself has moved. */
START_TEST(withdrawal_comes_too_late_when_all_is_read_or_promised)
{
	struct lane_shape shape = BYTE(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_write op;
	struct np_lane_read read;
	uint32_t done;
	char buf[8];

	ck_assert_uint_eq(np_lane_write(&rig->w, &op, "abc", 3, 0, &done),
			  STATUS_PENDING);
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 8, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 3);
	ck_assert(!np_lane_writer_cancel(&rig->w, &op));
	np_lane_writer_pump(&rig->w, &writes, &flushes);
	ck_assert_ptr_eq(np_list_pop_front(&writes), &op.link);
	ck_assert_uint_eq(op.status, STATUS_SUCCESS);

	/* promised in part: that part arrives, the rest is gone */
	np_lane_read_pend(&rig->r, &read, buf, 4);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, "defghi", 6, 0, &done),
			  STATUS_PENDING);
	ck_assert(np_lane_writer_cancel(&rig->w, &op));
	np_lane_reader_pump(&rig->r, &reads);
	ck_assert_ptr_eq(np_list_pop_front(&reads), &read.link);
	ck_assert_uint_eq(read.done, 4);
	ck_assert_mem_eq(buf, "defg", 4);
	np_lane_writer_pump(&rig->w, &writes, &flushes);
	ck_assert(np_lane_writer_is_drained(&rig->w));
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, 8, &done), STATUS_PIPE_EMPTY);
	lane_rig_free(rig);
}
END_TEST

/* Promised more than the ring holds, and withdrawn before the reader moved. */
START_TEST(accounts_stay_right_when_a_promised_write_is_withdrawn)
{
	enum { LEN = 80000 };
	struct lane_shape shape = BYTE(64);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_lane_flush flush;
	struct np_lane_write op;
	struct np_lane_read read;
	uint8_t *data = calloc(1, LEN), *buf = malloc(LEN);
	uint32_t done;
	bool was_withdrawn;

	ck_assert(data && buf);
	np_lane_read_pend(&rig->r, &read, buf, LEN);
	ck_assert_uint_eq(np_lane_write(&rig->w, &op, data, LEN, 0, &done),
			  STATUS_PENDING);
	was_withdrawn = np_lane_writer_cancel(&rig->w, &op);
	for (int i = 0; i < 8; i++) {
		np_lane_reader_pump(&rig->r, &reads);
		np_lane_writer_pump(&rig->w, &writes, &flushes);
	}
	ck_assert_ptr_eq(np_list_pop_front(&reads), &read.link);
	ck_assert(was_withdrawn ? read.done > 0 : read.done == LEN);
	ck_assert_uint_eq(np_lane_quota_available(&rig->w), 64);
	ck_assert_uint_eq(np_lane_write(&rig->w, NULL, data, 64, NP_WRITE_NOWAIT, &done),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(done, 64);
	ck_assert(!np_lane_writer_is_drained(&rig->w));
	ck_assert_uint_eq(np_lane_flush(&rig->w, &flush), STATUS_PENDING);
	ck_assert_uint_eq(np_lane_write(&rig->w, NULL, data, 1, NP_WRITE_NOWAIT, &done),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(np_lane_read(&rig->r, NULL, buf, LEN, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 64);
	np_lane_writer_pump(&rig->w, &writes, &flushes);
	ck_assert_ptr_eq(np_list_pop_front(&flushes), &flush.link);
	free(data);
	free(buf);
	lane_rig_free(rig);
}
END_TEST

START_TEST(failing_ends_everything_with_its_status)
{
	struct lane_shape shape = MSG_M(0);
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);
	struct np_lane_write ops[2];
	struct np_lane_flush flush;
	uint32_t done;

	np_lane_write(&rig->w, &ops[0], "a", 1, 0, &done);
	np_lane_write(&rig->w, NULL, "t", 1, NP_WRITE_UNCHARGED, &done);
	np_lane_write(&rig->w, &ops[1], "b", 1, 0, &done);
	ck_assert_uint_eq(np_lane_flush(&rig->w, &flush), STATUS_PENDING);
	np_lane_writer_fail(&rig->w, STATUS_PIPE_BROKEN, &writes, &flushes);
	ck_assert_ptr_eq(np_list_pop_front(&writes), &ops[0].link);
	ck_assert_ptr_eq(np_list_pop_front(&writes), &ops[1].link);
	ck_assert_ptr_null(np_list_pop_front(&writes));
	ck_assert_ptr_eq(np_list_pop_front(&flushes), &flush.link);
	ck_assert_uint_eq(ops[0].status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(ops[1].status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(flush.status, STATUS_PIPE_BROKEN);
	lane_rig_free(rig);
}
END_TEST

START_TEST(what_is_laid_is_nobodys_until_it_is_granted)
{
	struct lane_shape shape = MSG_M(100);
	struct lane_rig *rig = lane_rig_new(&shape);
	uint8_t data[100], buf[100];
	uint32_t done;

	memset(data, 'a', sizeof(data));
	ck_assert(np_lane_write_plain(&rig->w, data, 60));
	memset(data, 'b', sizeof(data));
	ck_assert(!np_lane_write_plain(&rig->w, data, 41));
	ck_assert(np_lane_write_lay(&rig->w, data, 41));
	ck_assert(!np_lane_write_laid(&rig->w, 41));
	memset(data, 'c', sizeof(data)); /* it was copied */
	ck_assert(np_lane_read_plain(&rig->r, buf, sizeof(buf), &done));
	ck_assert_uint_eq(done, 60);
	ck_assert(!np_lane_reader_has_data(&rig->r));
	ck_assert(np_lane_write_laid(&rig->w, 41));
	ck_assert(np_lane_read_plain(&rig->r, buf, sizeof(buf), &done));
	ck_assert_uint_eq(done, 41);
	for (uint32_t i = 0; i < done; i++)
		ck_assert_uint_eq(buf[i], 'b');
	/* longer than the quota: never granted, so not laid */
	ck_assert(!np_lane_write_lay(&rig->w, data, 101));
	lane_rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_write");
	TCase *tcase = tcase_create("tables");
	SRunner *runner;
	int n_failed;

	tcase_add_loop_test(tcase, quota_follows_the_table, 0, NP_ARRAY_LEN(quota_cases));
	tcase_add_loop_test(tcase, nowait_writes_follow_the_table, 0,
			    NP_ARRAY_LEN(nowait_cases));
	tcase_add_loop_test(tcase, withdrawn_writes_follow_the_table, 0,
			    NP_ARRAY_LEN(cancel_cases));
	tcase_add_loop_test(tcase, flushes_follow_the_table, 0,
			    NP_ARRAY_LEN(flush_cases));
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("limits");
	tcase_add_test(tcase, more_stalled_writes_than_cells_complete_in_order);
	tcase_add_test(tcase, more_withdrawn_writes_than_cells_leave_the_rest_whole);
	tcase_add_test(tcase, single_bytes_reach_the_quota);
	tcase_add_test(tcase, withdrawal_comes_too_late_when_all_is_read_or_promised);
	tcase_add_test(tcase, accounts_stay_right_when_a_promised_write_is_withdrawn);
	tcase_add_test(tcase, failing_ends_everything_with_its_status);
	tcase_add_test(tcase, what_is_laid_is_nobodys_until_it_is_granted);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
