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
 */
#include "bench/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define WORKER_BATCH_NS  500000u
#define WORKER_BATCH_MAX 65536u
#define WORKER_ALIGN     4096u

enum message_command {
	MESSAGE_DATA, /* count it */
	MESSAGE_MARK, /* answer it and go on */
	MESSAGE_LAST, /* answer it and end the task */
};

/* The first bytes of a message. The seal is the last eight. */
struct message {
	uint64_t number;
	uint32_t command;
	uint32_t size;
};

static_assert(sizeof(struct message) + sizeof(uint64_t) <= NP_TASK_SIZE_MIN,
	      "the shortest message holds head and seal");

struct worker {
	const struct np_carrier *carrier;
	void *end;             /* owned, from attach() */
	int control_fd;        /* borrowed */
	unsigned char *buffer; /* owned, NP_CARRIER_MAX bytes */
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

static uint64_t message_seal(const struct message *head)
{
	return (head->number * 0x9e3779b97f4a7c15u) ^ ((uint64_t)head->command << 32) ^
	       head->size;
}

static int worker_send(struct worker *w, enum message_command command)
{
	struct message head = {w->sent, command, w->size};
	uint64_t seal = message_seal(&head);

	memcpy(w->buffer, &head, sizeof(head));
	memcpy(w->buffer + w->size - sizeof(seal), &seal, sizeof(seal));
	w->sent++;
	return w->carrier->send(w->end, w->buffer, w->size);
}

static int worker_recv(struct worker *w, enum message_command *commandp)
{
	struct message head;
	uint64_t seal;
	int r = w->carrier->recv(w->end, w->buffer, w->size);

	if (r < 0)
		return r;
	memcpy(&head, w->buffer, sizeof(head));
	memcpy(&seal, w->buffer + w->size - sizeof(seal), sizeof(seal));
	if (head.number != w->received || head.size != w->size ||
	    seal != message_seal(&head)) {
		fprintf(stderr,
			"npfs-bench: %s: message %llu of %u bytes wanted, found %llu of %u\n",
			w->carrier->name, (unsigned long long)w->received, w->size,
			(unsigned long long)head.number, head.size);
		return -EBADMSG;
	}
	w->received++;
	*commandp = (enum message_command)head.command;
	return 0;
}

/* Send one message and wait for its answer, which repeats the command. */
static int worker_trip(struct worker *w, enum message_command command)
{
	enum message_command answer;
	int r = worker_send(w, command);

	if (r == 0)
		r = worker_recv(w, &answer);
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

static int worker_lead(struct worker *w, const struct np_task *task,
		       struct np_report *report)
{
	uint32_t batch = 1;
	int r = worker_leg(w, task, task->warm_ns, MESSAGE_MARK, &batch, report);

	if (r == 0)
		r = worker_leg(w, task, task->slice_ns, MESSAGE_LAST, &batch, report);
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
		    (task->kind == NP_TASK_ROUND_TRIP || command != MESSAGE_DATA))
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
	if (task->size < NP_TASK_SIZE_MIN || task->size > NP_CARRIER_MAX)
		return -EINVAL;
	return 0;
}

static int worker_serve(struct worker *w, enum np_side side)
{
	struct np_task task;
	int r;

	for (;;) {
		struct np_report report = {0};

		r = worker_next(w, &task);
		if (r < 0 || task.kind == NP_TASK_QUIT)
			return r;
		w->size = task.size;
		w->sent = 0;
		w->received = 0;
		r = np_place_apply((enum np_place)task.place, side);
		if (r == 0 && side == NP_SIDE_ACTIVE)
			r = worker_lead(w, &task, &report);
		else if (r == 0)
			r = worker_follow(w, &task, &report);
		np_place_restore();
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

	w.buffer = aligned_alloc(WORKER_ALIGN, NP_CARRIER_MAX);
	if (!w.buffer) {
		ready.status = -ENOMEM;
		worker_report(&w, &ready);
		return EXIT_FAILURE;
	}
	memset(w.buffer, side == NP_SIDE_ACTIVE ? 0xa5 : 0x5a, NP_CARRIER_MAX);

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
