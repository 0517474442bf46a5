/* SPDX-License-Identifier: MIT */
/*
 * The measuring loops, the same for every carrier.
 *
 * Every message carries a number, a command and, in its last bytes, a seal made from the
 * number and the length. The receiving side expects the next number, so a carrier that
 * loses, repeats, reorders, cuts or joins messages fails instead of being fast.
 *
 * A task runs in two legs. Each leg ends with a message that asks for an answer, so that
 * the active side knows that everything has arrived:
 *
 *	active		DATA DATA ... MARK	DATA DATA ... LAST
 *	passive			      answer		      answer, done
 *	clock		warm-up		|start		      stop|
 *
 * In a round trip every message is answered with itself. The clock is not asked for at
 * every operation: the loop doubles its batch until one takes about WORKER_BATCH_NS.
 *
 * Paced round trips begin when they are due, and their time is counted from then on: one
 * that had to wait for another counts that too. The active side sleeps until shortly before
 * it is due, and looks at the clock for the rest.
 */
#include "bench/worker.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define WORKER_BATCH_NS  500000u
#define WORKER_BATCH_MAX 65536u
#define WORKER_ALIGN     4096u
#define WORKER_EARLY_NS  80000u /* what a sleep may take too long */
#define WORKER_TIMES_MAX (1u << 20)
#define WORKER_PEEKS     64u

enum message_command {
	MESSAGE_DATA, /* count it */
	MESSAGE_MARK, /* answer it and go on */
	MESSAGE_LAST, /* answer it and end the task */
};

/* The first bytes of a message. The seal is the last eight. */
struct message {
	uint64_t number : 62;
	uint64_t command : 2;
};

static_assert(sizeof(struct message) + sizeof(uint64_t) <= NP_TASK_SIZE_MIN,
	      "the shortest message holds head and seal");

struct worker {
	const struct np_carrier *carrier;
	void *end;             /* owned, from attach() */
	int control_fd;        /* borrowed */
	unsigned char *buffer; /* owned, twice NP_CARRIER_MAX bytes */
	unsigned char *answer; /* borrowed: its second half */
	uint32_t size;         /* of the task's messages */
	uint64_t sent;         /* messages sent in this task */
	uint64_t received;     /* messages received in this task */
};

uint64_t np_worker_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t message_seal(struct message head, uint32_t size)
{
	return (head.number * 0x9e3779b97f4a7c15u) ^ ((uint64_t)head.command << 32) ^ size;
}

/* The next message, in the buffer. */
static void worker_write(struct worker *w, enum message_command command)
{
	struct message head = {w->sent++, command};
	uint64_t seal = message_seal(head, w->size);

	memcpy(w->buffer, &head, sizeof(head));
	memcpy(w->buffer + w->size - sizeof(seal), &seal, sizeof(seal));
}

/* Whether what arrived is the next message. */
static int worker_check(struct worker *w, const unsigned char *bytes,
			enum message_command *commandp)
{
	struct message head;
	uint64_t seal;

	memcpy(&head, bytes, sizeof(head));
	memcpy(&seal, bytes + w->size - sizeof(seal), sizeof(seal));
	if (head.number != w->received || seal != message_seal(head, w->size)) {
		fprintf(stderr,
			"npfs-bench: %s: message %llu of %u bytes wanted, found %llu\n",
			w->carrier->name, (unsigned long long)w->received, w->size,
			(unsigned long long)head.number);
		return -EBADMSG;
	}
	w->received++;
	*commandp = (enum message_command)head.command;
	return 0;
}

static int worker_send(struct worker *w, enum message_command command)
{
	worker_write(w, command);
	return w->carrier->send(w->end, w->buffer, w->size);
}

static int worker_recv(struct worker *w, enum message_command *commandp)
{
	int r = w->carrier->recv(w->end, w->buffer, w->size);

	return r < 0 ? r : worker_check(w, w->buffer, commandp);
}

static int worker_exchange(struct worker *w, enum message_command command,
			   enum message_command *answerp)
{
	int r;

	if (w->carrier->trip) {
		worker_write(w, command);
		r = w->carrier->trip(w->end, w->buffer, w->answer, w->size);
		return r < 0 ? r : worker_check(w, w->answer, answerp);
	}
	r = worker_send(w, command);
	return r < 0 ? r : worker_recv(w, answerp);
}

/* Send one message and wait for its answer, which repeats the command. */
static int worker_trip(struct worker *w, enum message_command command)
{
	enum message_command answer = command;
	int r = worker_exchange(w, command, &answer);

	if (r == 0 && answer != command)
		r = -EBADMSG;
	return r;
}

/*
 * Do operations for at least the given time, then one that is answered. The batch size is
 * kept between the legs, so that the timed one starts with the size the warm-up found.
 */
static int worker_leg(struct worker *w, const struct np_task *task, uint64_t ns,
		      enum message_command end, uint32_t *batch, struct np_report *report)
{
	uint64_t start = np_worker_clock(), before = start, now;
	uint64_t ops = 0;
	int r;

	do {
		for (uint32_t i = 0; i < *batch; i++) {
			if (task->kind == NP_TASK_ROUND_TRIP)
				r = worker_trip(w, MESSAGE_DATA);
			else
				r = worker_send(w, MESSAGE_DATA);
			if (r < 0)
				return r;
		}
		ops += *batch;
		now = np_worker_clock();
		if (now - before < WORKER_BATCH_NS && *batch < WORKER_BATCH_MAX)
			*batch *= 2;
		else if (now - before > 4 * WORKER_BATCH_NS && *batch > 1)
			*batch /= 2;
		before = now;
	} while (now - start < ns);

	r = worker_trip(w, end);
	if (r < 0)
		return r;
	report->ops = ops + 1;
	report->ns = np_worker_clock() - start;
	return 0;
}

static void wait_until(uint64_t due)
{
	uint64_t now = np_worker_clock();

	if (due > now + WORKER_EARLY_NS) {
		uint64_t wake = due - WORKER_EARLY_NS;
		struct timespec at = {(time_t)(wake / 1000000000u), (long)(wake % 1000000000u)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	while (np_worker_clock() < due)
		;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void tell_parts(uint64_t *times, size_t n, struct np_report *report)
{
	static const unsigned int per_mille[NP_N_PARTS] = {500, 990, 999};

	qsort(times, n, sizeof(*times), compare_times);
	for (unsigned int i = 0; i < NP_N_PARTS; i++)
		report->late_ns[i] = times[(n - 1) * per_mille[i] / 1000];
}

static int worker_paced(struct worker *w, const struct np_task *task,
			struct np_report *report)
{
	uint64_t *times = malloc(WORKER_TIMES_MAX * sizeof(*times));
	uint64_t period = 1000000000u / task->rate, start = np_worker_clock(), due = start;
	size_t n = 0;
	int r = 0;

	if (!times)
		return -ENOMEM;
	while (r == 0 && (n == 0 || due - start < task->warm_ns + task->slice_ns) &&
	       n < WORKER_TIMES_MAX) {
		due += period;
		wait_until(due);
		r = worker_trip(w, MESSAGE_DATA);
		if (due - start >= task->warm_ns)
			times[n++] = np_worker_clock() - due;
	}
	report->ops = n;
	report->ns = np_worker_clock() - start;
	if (r == 0)
		r = worker_trip(w, MESSAGE_LAST);
	if (r == 0)
		tell_parts(times, n, report);
	free(times);
	return r;
}

/* Look at a message often, and take it then. */
static int worker_peek(struct worker *w, const struct np_task *task,
		       struct np_report *report)
{
	enum message_command answer;
	uint64_t start, now;
	int r = worker_send(w, MESSAGE_MARK);

	while (r == 0) {
		r = w->carrier->peek(w->end, w->answer, w->size);
		if (r == 0)
			sched_yield();
	}
	start = np_worker_clock();
	do {
		for (uint32_t i = 0; i < WORKER_PEEKS; i++)
			if (r >= 0)
				r = w->carrier->peek(w->end, w->answer, w->size);
		report->ops += WORKER_PEEKS;
		now = np_worker_clock();
	} while (r > 0 && now - start < task->slice_ns);
	report->ns = now - start;
	if (r == 0)
		r = -EBADMSG; /* it was there */
	r = r < 0 ? r : worker_recv(w, &answer);
	return r < 0 ? r : worker_trip(w, MESSAGE_LAST);
}

static int worker_lead(struct worker *w, const struct np_task *task,
		       struct np_report *report)
{
	uint32_t batch = 1;
	int r;

	switch (task->kind) {
	case NP_TASK_PACED:
		r = worker_paced(w, task, report);
		break;
	case NP_TASK_PEEK:
		r = worker_peek(w, task, report);
		break;
	default:
		r = worker_leg(w, task, task->warm_ns, MESSAGE_MARK, &batch, report);
		if (r == 0)
			r = worker_leg(w, task, task->slice_ns, MESSAGE_LAST, &batch,
				       report);
		break;
	}
	report->messages = w->sent;
	return r;
}

static int worker_follow(struct worker *w, const struct np_task *task,
			 struct np_report *report)
{
	enum message_command command;
	int r;

	do {
		r = worker_recv(w, &command);
		if (r == 0 &&
		    (task->kind != NP_TASK_ONE_WAY || command != MESSAGE_DATA))
			r = worker_send(w, command);
	} while (r == 0 && command != MESSAGE_LAST);
	report->messages = w->received;
	return r;
}

static int worker_report(const struct worker *w, const struct np_report *report)
{
	ssize_t n = send(w->control_fd, report, sizeof(*report), MSG_NOSIGNAL);

	return n == (ssize_t)sizeof(*report) ? 0 : -EPIPE;
}

/* Wait for the next task. Return: 0, or -errno when there will be none. */
static int worker_next(const struct worker *w, struct np_task *task)
{
	ssize_t n;

	do
		n = recv(w->control_fd, task, sizeof(*task), 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(*task))
		return -EPIPE;
	if (task->kind == NP_TASK_QUIT)
		return 0;
	if (task->size < NP_TASK_SIZE_MIN || task->size > NP_CARRIER_MAX ||
	    (task->kind == NP_TASK_PACED && task->rate == 0))
		return -EINVAL;
	return 0;
}

static uint64_t cpu_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int worker_serve(struct worker *w, enum np_side side)
{
	struct np_task task;
	int r;

	for (;;) {
		struct np_report report = {0};
		uint64_t cpu;

		r = worker_next(w, &task);
		if (r < 0 || task.kind == NP_TASK_QUIT)
			return r;
		w->size = task.size;
		w->sent = 0;
		w->received = 0;
		cpu = cpu_clock();
		r = np_place_apply((enum np_place)task.place, side);
		if (r == 0 && side == NP_SIDE_ACTIVE)
			r = worker_lead(w, &task, &report);
		else if (r == 0)
			r = worker_follow(w, &task, &report);
		np_place_restore();
		report.cpu_ns = cpu_clock() - cpu;
		report.status = r;
		if (worker_report(w, &report) < 0 || r < 0)
			return r < 0 ? r : -EPIPE;
	}
}

int np_worker_run(const struct np_carrier *carrier, void *shared, const char *name,
		  enum np_side side, int control_fd)
{
	struct worker w = {.carrier = carrier, .control_fd = control_fd};
	struct np_report ready = {0};
	int r;

	w.buffer = aligned_alloc(WORKER_ALIGN, 2 * NP_CARRIER_MAX);
	if (!w.buffer) {
		ready.status = -ENOMEM;
		worker_report(&w, &ready);
		return EXIT_FAILURE;
	}
	w.answer = w.buffer + NP_CARRIER_MAX;
	memset(w.buffer, side == NP_SIDE_ACTIVE ? 0xa5 : 0x5a, 2 * NP_CARRIER_MAX);

	r = carrier->attach(shared, name, side, &w.end);
	ready.status = r;
	if (worker_report(&w, &ready) < 0)
		r = -EPIPE;
	if (r == 0) {
		if (carrier->join)
			r = carrier->join(w.end);
		if (r == 0)
			r = worker_serve(&w, side);
	}
	if (w.end)
		carrier->detach(w.end);
	free(w.buffer);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
