/* SPDX-License-Identifier: MIT */
/*
 * The two halves of a lane in two threads that do not wait for each other
 *
 * A writer sends numbered messages, some longer than the ring, and withdraws some of
 * those that stall; a reader takes them in pieces of random size, by reads that look and
 * by reads that are pended, and takes some of those back. What was received is kept and
 * judged afterwards: messages in order, each byte once, every completed write whole, no
 * withdrawn write whole.
 *
 * A message starts with its number, its length and a check of both; the bytes behind
 * follow from number and place. NPFS_TEST_SEED picks other random choices.
 */
#include "npfs/core/lane.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define N_MESSAGES 4000u
#define AT_ONCE    8u
#define READS      40u /* more than can be announced */
#define HEADER     16u
#define LONGEST    200000u
#define LOG_SIZE   (N_MESSAGES * 4096u + 64u * LONGEST)
#define N_LONG     40u

struct shape {
	uint32_t quota;
	bool is_message;
	bool is_message_mode;
	bool withdraws;
};

struct outgoing {
	struct np_lane_write op;
	uint8_t *data; /* owned, LONGEST bytes */
	uint32_t seq;
	bool is_used;
};

struct incoming {
	struct np_lane_read op;
	uint8_t *buf; /* owned, LONGEST bytes */
	bool is_used;
};

struct lane_pair {
	struct shape shape;
	void *memory;            /* owned */
	struct np_lane_writer w; /* the writer's thread */
	struct np_lane_reader r; /* the reader's thread */
	uint64_t w_random, r_random;
	_Atomic bool is_done; /* the writer has nothing more to send */
	_Atomic bool has_withdrawn;

	/* the writer's thread, until it is joined */
	uint32_t lens[N_MESSAGES];
	bool was_withdrawn[N_MESSAGES];

	/* the reader's thread, until it is joined */
	uint8_t *log; /* owned */
	size_t log_len;
	bool overflowed;
};

static uint32_t rnd(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 24);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
	x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return x ^ x >> 33;
}

static uint8_t byte_of(uint32_t seq, uint32_t i)
{
	return (uint8_t)(mix(((uint64_t)seq << 32 | i) + 7) >> 5);
}

static void header_of(uint8_t out[HEADER], uint32_t seq, uint32_t len)
{
	uint64_t check = mix((uint64_t)seq << 32 | len);

	memcpy(out, &seq, 4);
	memcpy(out + 4, &len, 4);
	memcpy(out + 8, &check, 8);
}

static void fill_message(uint8_t *out, uint32_t seq, uint32_t len)
{
	header_of(out, seq, len);
	for (uint32_t i = HEADER; i < len; i++)
		out[i] = byte_of(seq, i);
}

/* writer */

static uint32_t pick_len(struct lane_pair *p, uint32_t seq)
{
	if (seq % (N_MESSAGES / N_LONG) == 3)
		return 60000 + rnd(&p->w_random) % (LONGEST - 60000);
	return HEADER + rnd(&p->w_random) % (p->shape.quota ? 3000 : 600);
}

static void send_next(struct lane_pair *p, struct outgoing *o, uint32_t seq)
{
	uint32_t len = pick_len(p, seq), done;

	p->lens[seq] = len;
	fill_message(o->data, seq, len);
	if (rnd(&p->w_random) % 4 == 0 && len < UINT16_MAX &&
	    np_lane_write_plain(&p->w, o->data, len))
		return;
	if (p->shape.is_message && rnd(&p->w_random) % 16 == 0) {
		ck_assert_uint_eq(np_lane_write(&p->w, NULL, o->data, len,
						NP_WRITE_UNCHARGED, &done),
				  STATUS_SUCCESS);
		return;
	}
	o->seq = seq;
	o->is_used =
		np_lane_write(&p->w, &o->op, o->data, len, 0, &done) == STATUS_PENDING;
	if (!o->is_used)
		memset(o->data, 0xdd, len);
}

static bool pump_writer(struct lane_pair *p)
{
	struct np_list writes = NP_LIST_INIT(writes), flushes = NP_LIST_INIT(flushes);
	struct np_list *node;

	np_lane_writer_pump(&p->w, &writes, &flushes);
	while ((node = np_list_pop_front(&writes))) {
		struct outgoing *o = np_container_of(node, struct outgoing, op.link);

		ck_assert_uint_eq(o->op.status, STATUS_SUCCESS);
		memset(o->data, 0xdd, o->op.len);
		o->is_used = false;
	}
	return !np_list_is_empty(&p->w.stalled);
}

static void *writer_main(void *arg)
{
	struct lane_pair *p = arg;
	struct outgoing out[AT_ONCE] = {0};
	uint32_t seq = 0;
	bool is_busy = false;

	for (unsigned i = 0; i < AT_ONCE; i++)
		out[i].data = malloc(LONGEST);
	while (seq < N_MESSAGES || is_busy) {
		struct outgoing *o = &out[rnd(&p->w_random) % AT_ONCE];

		if (!o->is_used && seq < N_MESSAGES) {
			send_next(p, o, seq++);
		} else if (o->is_used && p->shape.withdraws &&
			   rnd(&p->w_random) % 8 == 0 &&
			   np_lane_writer_cancel(&p->w, &o->op)) {
			p->was_withdrawn[o->seq] = true;
			atomic_store(&p->has_withdrawn, true);
			memset(o->data, 0xcc, o->op.len);
			o->is_used = false;
		}
		is_busy = pump_writer(p);
		if (is_busy && rnd(&p->w_random) % 4 == 0)
			sched_yield();
	}
	for (unsigned i = 0; i < AT_ONCE; i++)
		free(out[i].data);
	atomic_store(&p->is_done, true);
	return NULL;
}

/* reader */

static void keep(struct lane_pair *p, const uint8_t *data, uint32_t n)
{
	if (LOG_SIZE - p->log_len < n) {
		p->overflowed = true;
		return;
	}
	memcpy(p->log + p->log_len, data, n);
	p->log_len += n;
}

static uint32_t pump_reader(struct lane_pair *p)
{
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_list *node;
	uint32_t n = 0;

	np_lane_reader_pump(&p->r, &reads);
	while ((node = np_list_pop_front(&reads))) {
		struct incoming *in = np_container_of(node, struct incoming, op.link);

		keep(p, in->buf, in->op.done);
		in->is_used = false;
		n++;
	}
	return n;
}

static uint32_t pick_read_len(struct lane_pair *p)
{
	switch (rnd(&p->r_random) % 8) {
	case 0:
		return 1 + rnd(&p->r_random) % 16;
	case 1:
		return 1 + rnd(&p->r_random) % LONGEST;
	default:
		return 1 + rnd(&p->r_random) % 3000;
	}
}

/* Takes back the last read that is pended: taking back another would reorder the log when
 * that one has bytes. */
static void take_back(struct lane_pair *p)
{
	struct np_list *node = np_list_last(&p->r.pending);
	struct incoming *in;

	if (!node)
		return;
	in = np_container_of(node, struct incoming, op.link);
	np_lane_reader_cancel(&p->r, &in->op);
	keep(p, in->buf, in->op.done);
	in->is_used = false;
}

static void *reader_main(void *arg)
{
	struct lane_pair *p = arg;
	struct incoming in[READS] = {0};

	for (unsigned i = 0; i < READS; i++)
		in[i].buf = malloc(LONGEST);
	/* Nobody reads until something stalled and was withdrawn: where the threads take
	 * turns a reader may else come to each of them first. */
	while (p->shape.withdraws && !atomic_load(&p->has_withdrawn))
		sched_yield();
	for (;;) {
		bool was_done = atomic_load(&p->is_done);
		struct incoming *i = &in[rnd(&p->r_random) % READS];
		npfs_status status = STATUS_PIPE_EMPTY;
		uint32_t len = pick_read_len(p), done = 0;

		if (!i->is_used) {
			status = np_lane_read(&p->r, &i->op, i->buf, len, &done);
			if (status == STATUS_PENDING)
				i->is_used = true;
			else if (status != STATUS_PIPE_EMPTY)
				keep(p, i->buf, done);
		}
		if (status == STATUS_PIPE_EMPTY && was_done &&
		    !np_lane_reader_has_data(&p->r))
			break;
		if (status == STATUS_PIPE_EMPTY && !i->is_used &&
		    rnd(&p->r_random) % 2 == 0) {
			np_lane_read_pend(&p->r, &i->op, i->buf, len);
			i->is_used = true;
		}
		if (rnd(&p->r_random) % 64 == 0)
			take_back(p);
		if (rnd(&p->r_random) % 32 == 0) {
			struct np_lane_peek peek;
			uint8_t some[100];

			np_lane_peek(&p->r, some, sizeof(some), &peek);
			ck_assert_uint_le(peek.copied, sizeof(some));
		}
		ck_assert(!p->r.is_broken);
		if (!pump_reader(p) && rnd(&p->r_random) % 4 == 0)
			sched_yield();
	}
	pump_reader(p);
	while (!np_list_is_empty(&p->r.pending))
		take_back(p);
	for (unsigned i = 0; i < READS; i++)
		free(in[i].buf);
	return NULL;
}

/* judging */

static bool is_header(const struct lane_pair *p, size_t at, uint32_t first,
		      uint32_t *seqp)
{
	uint8_t want[HEADER];
	uint32_t seq;

	if (p->log_len - at < HEADER)
		return false;
	memcpy(&seq, p->log + at, 4);
	if (seq < first || seq >= N_MESSAGES)
		return false;
	header_of(want, seq, p->lens[seq]);
	*seqp = seq;
	return !memcmp(want, p->log + at, HEADER);
}

static uint32_t matching(const struct lane_pair *p, size_t at, uint32_t seq)
{
	uint32_t n = HEADER;

	while (n < p->lens[seq] && at + n < p->log_len &&
	       p->log[at + n] == byte_of(seq, n))
		n++;
	return n;
}

/*
 * A withdrawn message may have left less than its header: up to the next header there are
 * only beginnings of withdrawn messages. False: there is something else.
 */
static bool skip_scraps(const struct lane_pair *p, size_t *atp, uint32_t first)
{
	size_t from = *atp, to = *atp;
	uint32_t end = N_MESSAGES;

	while (to < p->log_len && !is_header(p, to, first, &end))
		to++;
	while (from < to) {
		uint8_t want[HEADER];
		size_t n = 0;

		for (uint32_t seq = first; seq < end && !n; seq++) {
			if (!p->was_withdrawn[seq])
				continue;
			header_of(want, seq, p->lens[seq]);
			while (n < HEADER && from + n < to && p->log[from + n] == want[n])
				n++;
			first = n ? seq + 1 : first;
		}
		if (!n)
			return false;
		from += n;
	}
	*atp = to;
	return true;
}

/*
 * Steps behind the @*np bytes at @at that look like message @seq. The last of them may be the
 * first ones of what came next; @*np is then as many as are the message's own.
 */
static size_t skip_part(const struct lane_pair *p, size_t at, uint32_t *np, uint32_t seq)
{
	uint32_t n = *np;

	for (uint32_t back = 0; back < HEADER && n - back >= HEADER; back++) {
		size_t to = at + n - back;

		if (skip_scraps(p, &to, seq + 1)) {
			*np = n - back;
			return to;
		}
	}
	ck_abort_msg("bytes of no message at %zu of %zu, behind message %u", at + n,
		     p->log_len, seq);
	return p->log_len;
}

static void judge(const struct lane_pair *p)
{
	static bool is_whole[N_MESSAGES];
	uint32_t next = 0, n_withdrawn = 0;
	size_t at = 0;

	memset(is_whole, 0, sizeof(is_whole));
	ck_assert(!p->overflowed);
	ck_assert_msg(skip_scraps(p, &at, 0), "the first bytes are of no message");
	while (at < p->log_len) {
		uint32_t seq, n;
		size_t behind;

		ck_assert_msg(is_header(p, at, next, &seq), "no message at %zu of %zu",
			      at, p->log_len);
		n = matching(p, at, seq);
		behind = skip_part(p, at, &n, seq);
		is_whole[seq] = n == p->lens[seq];
		ck_assert_msg(is_whole[seq] || p->was_withdrawn[seq],
			      "message %u of %u: %u bytes are there", seq, p->lens[seq],
			      n);
		next = seq + 1;
		at = behind;
	}
	for (uint32_t i = 0; i < N_MESSAGES; i++) {
		n_withdrawn += p->was_withdrawn[i];
		ck_assert_msg(is_whole[i] != p->was_withdrawn[i], "message %u of %u: %s",
			      i, p->lens[i],
			      is_whole[i] ? "withdrawn, and yet read"
					  : "written, not read");
	}
	ck_assert(p->shape.withdraws == (n_withdrawn != 0));
}

static struct lane_pair *pair_new(const struct shape *shape, uint64_t seed)
{
	struct lane_pair *p = calloc(1, sizeof(*p));
	struct np_shm_layout layout;
	size_t size;

	ck_assert_ptr_nonnull(p);
	np_shm_layout(shape->quota, shape->quota, &layout);
	size = 4096 + layout.ring_size[0];
	p->shape = *shape;
	p->memory = aligned_alloc(4096, size);
	p->log = malloc(LOG_SIZE);
	ck_assert(p->memory && p->log);
	memset(p->memory, 0, size);
	np_lane_writer_init(&p->w, p->memory, (char *)p->memory + 4096,
			    layout.ring_size[0], shape->quota, shape->is_message);
	np_lane_reader_init(&p->r, p->memory, (char *)p->memory + 4096,
			    layout.ring_size[0], shape->quota, shape->is_message);
	p->r.is_message_mode = shape->is_message_mode;
	p->w_random = mix(seed) | 1;
	p->r_random = mix(seed + 1000) | 1;
	return p;
}

static void pair_free(struct lane_pair *p)
{
	np_lane_writer_fini(&p->w);
	free(p->memory);
	free(p->log);
	free(p);
}

static const struct shape shapes[] = {
	{0, false, false, false},    {64, false, false, true},
	{5000, false, false, false}, {5000, false, false, true},
	{0, true, true, true},       {5000, true, true, false},
	{5000, true, true, true},    {70000, true, false, true},
};

START_TEST(every_byte_arrives_once_and_in_order)
{
	const char *text = getenv("NPFS_TEST_SEED");
	uint64_t seed = text && *text ? strtoull(text, NULL, 0) : 1;
	struct lane_pair *p = pair_new(&shapes[_i], seed);
	pthread_t writer, reader;

	ck_assert_int_eq(pthread_create(&writer, NULL, writer_main, p), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, reader_main, p), 0);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	judge(p);
	pair_free(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_threads");
	TCase *tcase = tcase_create("threads");
	SRunner *runner;
	int n_failed;

	tcase_add_loop_test(tcase, every_byte_arrives_once_and_in_order, 0,
			    NP_ARRAY_LEN(shapes));
	tcase_set_timeout(tcase, 300);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
