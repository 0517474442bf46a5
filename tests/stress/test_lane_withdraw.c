/* SPDX-License-Identifier: MIT */
/*
 * A message longer than the ring is withdrawn while somebody reads it
 *
 * Two threads, one lane. In each round the writer queues a long message, lets a random
 * part of it stream through, withdraws it and sends a short one; the reader takes pieces
 * of random size, by reads that look, by reads that are pended and by peeks, until it has
 * the short one. They wait for each other between rounds only, so the withdrawal meets
 * the reader everywhere: before the first byte, in the middle of a copy, between two
 * looks at the tail, in the read that is in transfer.
 *
 * What must hold: the lane is never at its end ("broken"); what is read of the long
 * message is its beginning; a message that was withdrawn is not read whole; the short one
 * is read whole and last.
 *
 * NPFS_TEST_ROUNDS and NPFS_TEST_SEED pick other numbers than the usual ones.
 */
#include "npfs/core/lane.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define QUOTA     64u
#define RING_SIZE (64u * 1024)
#define LONGEST   (1024u * 1024)
#define SHORT_LEN 12u
#define MAGIC     0x5af7e12au /* its first byte is none of the pattern's */

#define CERTAIN_EVERY 8u /* rounds */

struct rounds {
	bool is_message_mode;
	uint32_t n_rounds;
	void *memory;            /* owned */
	struct np_lane_writer w; /* the writer's thread */
	struct np_lane_reader r; /* the reader's thread */
	uint8_t *data;           /* owned: the pattern of every long message */
	uint64_t w_random, r_random;
	_Atomic uint32_t finished; /* rounds the reader has finished */
	_Atomic uint32_t begun;    /* rounds the writer has begun */
	/* of the present round, by the writer before it sends the short message */
	_Atomic bool was_withdrawn;
	uint32_t long_len;
	uint32_t n_withdrawn; /* the writer's thread */
};

static uint32_t rnd(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 24);
}

static uint32_t number_of(const char *variable, uint32_t usual)
{
	const char *text = getenv(variable);

	return text ? (uint32_t)strtoul(text, NULL, 0) : usual;
}

/* writer */

static void pump_writer(struct rounds *p)
{
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);

	np_lane_writer_pump(&p->w, &writes, &flushes);
	while (np_list_pop_front(&writes))
		continue;
}

static bool is_stalled(const struct rounds *p)
{
	return !np_list_is_empty(&p->w.stalled);
}

/* Every so often it is withdrawn before it is pumped: then no reader is fast enough. */
static void write_long(struct rounds *p, uint32_t round)
{
	struct np_lane_write op;
	uint32_t done, n = round % CERTAIN_EVERY ? rnd(&p->w_random) % 40 : 0;
	bool was_withdrawn = false;

	p->long_len = RING_SIZE + rnd(&p->w_random) % (LONGEST - RING_SIZE);
	ck_assert_uint_eq(np_lane_write(&p->w, &op, p->data, p->long_len, 0, &done),
			  STATUS_PENDING);
	for (uint32_t i = 0; i < n && op.status == STATUS_PENDING; i++) {
		pump_writer(p);
		if (i % 4 == 3)
			sched_yield();
	}
	if (op.status == STATUS_PENDING && np_lane_writer_cancel(&p->w, &op)) {
		was_withdrawn = true;
		p->n_withdrawn++;
	}
	while (!was_withdrawn && is_stalled(p))
		pump_writer(p);
	atomic_store(&p->was_withdrawn, was_withdrawn);
}

static void write_short(struct rounds *p, uint32_t round)
{
	uint32_t data[SHORT_LEN / 4] = {MAGIC, round, ~round};
	struct np_lane_write op;
	uint32_t done;

	np_lane_write(&p->w, &op, data, SHORT_LEN, 0, &done);
	/* what stalls stays where it is: until the reader has it */
	while (atomic_load(&p->finished) == round) {
		pump_writer(p);
		sched_yield();
	}
	while (is_stalled(p))
		pump_writer(p);
}

static void *writer_main(void *arg)
{
	struct rounds *p = arg;

	for (uint32_t round = 0; round < p->n_rounds; round++) {
		atomic_store(&p->begun, round + 1);
		write_long(p, round);
		write_short(p, round);
	}
	return NULL;
}

/* reader */

struct reading {
	struct rounds *p;
	uint32_t round;
	uint32_t n_long; /* bytes of the long message that were read */
	uint8_t last[SHORT_LEN];
	uint32_t n_last; /* of `last`, bytes that are not of the long message */
	uint8_t buf[8192];
	struct np_lane_read op; /* with `buf` */
	bool is_pending;
	bool ended;
};

static bool is_pattern(const struct reading *at, const uint8_t *data, uint32_t n)
{
	return n <= LONGEST - at->n_long &&
	       memcmp(data, at->p->data + at->n_long, n) == 0;
}

/* The short message begins where the bytes are not the long one's any more. */
static void take(struct reading *at, const uint8_t *data, uint32_t n)
{
	uint32_t i = 0;

	if (!at->n_last) {
		while (i < n && is_pattern(at, data + i, 1)) {
			at->n_long++;
			i++;
		}
	}
	ck_assert_uint_le(at->n_last + (n - i), SHORT_LEN);
	memcpy(at->last + at->n_last, data + i, n - i);
	at->n_last += n - i;
}

static void check_short(struct reading *at)
{
	uint32_t wanted[SHORT_LEN / 4] = {MAGIC, at->round, ~at->round};

	ck_assert_mem_eq(at->last, wanted, SHORT_LEN);
	if (atomic_load(&at->p->was_withdrawn))
		ck_assert_uint_lt(at->n_long, at->p->long_len);
	else
		ck_assert_uint_eq(at->n_long, at->p->long_len);
	at->ended = true;
}

static void took(struct reading *at, npfs_status status, const uint8_t *data, uint32_t n)
{
	ck_assert(status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW);
	take(at, data, n);
	if (at->n_last == SHORT_LEN)
		check_short(at);
}

static void pump_reader(struct reading *at)
{
	struct np_list reads = NP_LIST_INIT(reads);

	np_lane_reader_pump(&at->p->r, &reads);
	if (np_list_is_empty(&reads))
		return;
	np_list_pop_front(&reads);
	at->is_pending = false;
	took(at, at->op.status, at->buf, at->op.done);
}

static void read_once(struct reading *at)
{
	struct rounds *p = at->p;
	uint32_t done = 0, len = 1 + rnd(&p->r_random) % sizeof(at->buf);
	npfs_status status;

	if (rnd(&p->r_random) % 8 == 0) {
		struct np_lane_peek peek;

		np_lane_peek(&p->r, at->buf, 100, &peek);
		ck_assert_uint_le(peek.copied, 100);
	}
	status = np_lane_read(&p->r, &at->op, at->buf, len, &done);
	if (status == STATUS_PENDING) {
		at->is_pending = true;
	} else if (status != STATUS_PIPE_EMPTY) {
		took(at, status, at->buf, done);
	} else if (rnd(&p->r_random) % 4 == 0) {
		np_lane_read_pend(&p->r, &at->op, at->buf, len);
		at->is_pending = true;
	}
}

static void *reader_main(void *arg)
{
	struct rounds *p = arg;
	struct reading *at = calloc(1, sizeof(*at));

	for (uint32_t round = 0; round < p->n_rounds; round++) {
		*at = (struct reading){.p = p, .round = round};
		while (atomic_load(&p->begun) <= round)
			sched_yield();
		while (!at->ended) {
			if (at->is_pending)
				pump_reader(at);
			else
				read_once(at);
			ck_assert_msg(!p->r.is_broken, "round %u, %u bytes were read",
				      round, at->n_long);
			if (rnd(&p->r_random) % 8 == 0)
				sched_yield();
		}
		ck_assert(!at->is_pending);
		atomic_store(&p->finished, round + 1);
	}
	free(at);
	return NULL;
}

static void run(bool is_message, bool is_message_mode)
{
	struct rounds *p = calloc(1, sizeof(*p));
	uint32_t seed = number_of("NPFS_TEST_SEED", 1);
	struct np_shm_layout layout;
	pthread_t writer, reader;

	ck_assert_ptr_nonnull(p);
	np_shm_layout(QUOTA, QUOTA, &layout);
	ck_assert_uint_eq(layout.ring_size[0], RING_SIZE);
	p->is_message_mode = is_message_mode;
	p->n_rounds = number_of("NPFS_TEST_ROUNDS", 400);
	p->w_random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	p->r_random = seed * UINT64_C(0xbf58476d1ce4e5b9) | 1;
	p->memory = aligned_alloc(4096, 4096 + RING_SIZE);
	p->data = malloc(LONGEST);
	ck_assert(p->memory && p->data);
	memset(p->memory, 0, 4096 + RING_SIZE);
	for (uint32_t i = 0; i < LONGEST; i++)
		p->data[i] = (uint8_t)(i * 7 + (i >> 8)) & 0x0f;
	np_lane_writer_init(&p->w, p->memory, (char *)p->memory + 4096, RING_SIZE, QUOTA,
			    is_message);
	np_lane_reader_init(&p->r, p->memory, (char *)p->memory + 4096, RING_SIZE, QUOTA,
			    is_message);
	p->r.is_message_mode = is_message_mode;
	ck_assert_int_eq(pthread_create(&writer, NULL, writer_main, p), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, reader_main, p), 0);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	ck_assert_uint_ge(p->n_withdrawn, (p->n_rounds + CERTAIN_EVERY - 1) / CERTAIN_EVERY);
	np_lane_writer_fini(&p->w);
	free(p->memory);
	free(p->data);
	free(p);
}

START_TEST(withdrawn_under_a_message_reader)
{
	run(true, true);
}
END_TEST

START_TEST(withdrawn_under_a_byte_reader_of_messages)
{
	run(true, false);
}
END_TEST

START_TEST(withdrawn_under_a_byte_reader)
{
	run(false, false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane withdraw");
	TCase *tcase = tcase_create("lane withdraw");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, withdrawn_under_a_message_reader);
	tcase_add_test(tcase, withdrawn_under_a_byte_reader_of_messages);
	tcase_add_test(tcase, withdrawn_under_a_byte_reader);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
