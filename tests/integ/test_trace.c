/* SPDX-License-Identifier: MIT */
/*
 * Tracing: what is told of an exchange between two processes, to whom, and that it is off again
 * afterwards and disturbs nobody
 */
#include <npfs/npfs.h>

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/client/conn.h"
#include "npfs/nt/access.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define STRANGER     61004 /* a user that need not have an account */
#define EXIT_SKIPPED 77
#define N_LOOKS	     10
#define TEXT_MAX     4096

static struct test_broker broker;

static void setup(void)
{
	test_broker_start_with(&broker, (const char *const[]){"--all-users", NULL});
	ck_assert_int_eq(chmod(broker.dir, 0711), 0);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static struct npfs_end *server(const char *text)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = 3,
		.disposition = 3,
		.type = NPFS_TYPE_MESSAGE,
		.max_instances = 3,
		.inbound_quota = 100,
		.outbound_quota = 200,
		.default_timeout = -700000,
	};
	struct test_name name = test_name(text);
	struct npfs_end *end;

	ck_assert_uint_eq(npfs_pipe_create(name.units, name.len, &params, &end, NULL),
			  STATUS_SUCCESS);
	return end;
}

static npfs_status try_client(const char *text, struct npfs_end **endp)
{
	const struct npfs_open_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
	};
	struct test_name name = test_name(text);

	return npfs_pipe_open(name.units, name.len, &params, endp);
}

static struct npfs_end *client(const char *text)
{
	struct npfs_end *end = NULL;

	test_require(try_client(text, &end) == STATUS_SUCCESS, "open");
	return end;
}

static struct npfs_trace *trace(const char *pattern)
{
	struct test_name name = test_name(pattern);
	struct npfs_trace *trace;

	ck_assert_uint_eq(npfs_trace_open(name.units, name.len, 8, &trace), STATUS_SUCCESS);
	return trace;
}

static void write_text(struct npfs_end *end, const char *text)
{
	uint32_t n = 0;

	test_require(npfs_end_write(end, text, (uint32_t)strlen(text), NULL, &n) ==
			     STATUS_SUCCESS,
		     "write");
}

static void read_text(struct npfs_end *end, uint32_t len)
{
	char buf[256];
	uint32_t n = 0;
	npfs_status status = npfs_end_read(end, buf, len, NULL, &n);

	test_require(status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW, "read");
}

/* What was told, one line per event: "who does-what bytes count data". */
static char told[TEXT_MAX];

static const char *verb_of(const struct npfs_trace_event *event)
{
	static const char *const verbs[] = {
		[NPFS_TRACE_CREATED] = "created",   [NPFS_TRACE_LISTENS] = "listens",
		[NPFS_TRACE_OPENED] = "opened",	    [NPFS_TRACE_REFUSED] = "refused",
		[NPFS_TRACE_DISCONNECTED] = "disconnected", [NPFS_TRACE_CLOSED] = "closed",
		[NPFS_TRACE_FOUND] = "found",	    [NPFS_TRACE_HIDDEN] = "hidden",
		[NPFS_TRACE_WROTE] = "wrote",	    [NPFS_TRACE_WITHDREW] = "withdrew",
		[NPFS_TRACE_READ] = "read",	    [NPFS_TRACE_UNSEEN] = "unseen",
		[NPFS_TRACE_MISSED] = "missed",	    [NPFS_TRACE_DIED] = "died",
	};

	return verbs[event->kind];
}

static void add_line(const struct npfs_trace_event *event)
{
	size_t len = strlen(told);

	len += (size_t)snprintf(told + len, sizeof(told) - len, "%s %s",
				event->by_client ? "client" : "server", verb_of(event));
	if (event->kind >= NPFS_TRACE_WROTE && event->kind < NPFS_TRACE_MISSED)
		len += (size_t)snprintf(told + len, sizeof(told) - len, " %u",
					(unsigned)event->bytes);
	if (event->data_len > 0)
		len += (size_t)snprintf(told + len, sizeof(told) - len, " %.*s",
					(int)event->data_len, (const char *)event->data);
	ck_assert_uint_lt(len + 2, sizeof(told));
	memcpy(told + len, "\n", 2);
}

/* Takes events until the last one of @lines has come. */
static void expect(struct npfs_trace *trace, const char *lines)
{
	struct npfs_trace_event event = {.size = sizeof(event)};
	int64_t deadline = test_now_ms() + TEST_DEADLINE_MS;

	told[0] = 0;
	while (strlen(told) < strlen(lines) && test_now_ms() < deadline) {
		npfs_status status = npfs_trace_next(trace, -10000000, &event);

		if (status == STATUS_IO_TIMEOUT)
			continue;
		ck_assert_uint_eq(status, STATUS_SUCCESS);
		add_line(&event);
	}
	ck_assert_str_eq(told, lines);
}

/* Nothing more is there to be told. */
static void expect_nothing(struct npfs_trace *trace)
{
	struct npfs_trace_event event = {.size = sizeof(event)};

	ck_assert_uint_eq(npfs_trace_next(trace, 0, &event), STATUS_IO_TIMEOUT);
}

static int client_main(int sock, void *arg)
{
	struct npfs_end *end;

	(void)arg;
	test_expect(sock, 'o');
	end = client("talk");
	write_text(end, "a question");
	test_say(sock, 'w');
	test_expect(sock, 'r');
	read_text(end, 3);
	read_text(end, 50);
	test_say(sock, 'd');
	test_expect(sock, 'c');
	npfs_end_free(end);
	test_say(sock, 'x');
	return 0;
}

START_TEST(an_exchange_of_two_processes_is_told_step_by_step)
{
	struct npfs_trace *tracer = trace("TA*");
	struct npfs_end *end = server("Talk"), *other = server("other");
	struct npfs_trace_event event = {.size = sizeof(event)};
	struct test_child child;

	test_child_start(&child, client_main, NULL);
	expect(tracer, "server created\n");
	test_say(child.sock, 'o');
	test_expect(child.sock, 'w');
	ck_assert_uint_eq(npfs_trace_next(tracer, -10000000, &event), STATUS_SUCCESS);
	ck_assert_uint_eq(event.kind, NPFS_TRACE_OPENED);
	ck_assert_uint_eq(event.server_pid, (uint32_t)getpid());
	ck_assert_uint_eq(event.client_pid, (uint32_t)child.pid);
	ck_assert_uint_eq(event.client_uid, getuid());
	ck_assert_uint_eq(event.name_len, 4);
	ck_assert_uint_eq(event.name[0], 'T');
	expect(tracer, "client wrote 10 a questi\n");
	expect_nothing(tracer);
	read_text(end, 50);
	write_text(end, "answer");
	expect(tracer, "server read 10\nserver wrote 6 answer\n");
	test_say(child.sock, 'r');
	test_expect(child.sock, 'd');
	expect(tracer, "client read 6\n");
	test_say(child.sock, 'c');
	test_expect(child.sock, 'x');
	expect(tracer, "client closed\n");
	ck_assert_uint_eq(npfs_end_disconnect(end), STATUS_SUCCESS);
	expect(tracer, "server disconnected\n");
	npfs_end_free(end);
	expect(tracer, "server closed\n");
	npfs_end_free(other);
	expect_nothing(tracer);
	npfs_trace_close(tracer);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

START_TEST(what_is_over_before_anybody_looks_is_told)
{
	struct npfs_trace *tracer = trace("");
	struct npfs_end *end = server("brief"), *there = client("brief"), *none;

	write_text(there, "hello");
	read_text(end, 50);
	write_text(end, "bye");
	npfs_end_free(end);
	read_text(there, 50);
	npfs_end_free(there);
	ck_assert_uint_eq(try_client("brief", &none), STATUS_OBJECT_NAME_NOT_FOUND);
	expect(tracer, "server created\nserver opened\n"
		       "client wrote 5 hello\nserver read 5\nserver wrote 3 bye\nclient read 3\n"
		       "client closed\nserver closed\nserver refused\n");
	expect_nothing(tracer);
	npfs_trace_close(tracer);
}
END_TEST

START_TEST(a_connection_that_is_there_is_found_and_followed)
{
	struct npfs_end *end = server("early"), *there = client("early");
	struct npfs_trace *tracer;

	write_text(there, "before");
	tracer = trace("early");
	expect(tracer, "server found\n");
	expect_nothing(tracer);
	read_text(end, 4);
	expect(tracer, "server read 4\n");
	write_text(there, "after");
	expect(tracer, "client wrote 5 after\n");
	npfs_trace_close(tracer);
	npfs_end_free(there);
	npfs_end_free(end);
}
END_TEST

static int victim_main(int sock, void *arg)
{
	struct npfs_end *end = client("victim");

	(void)arg;
	write_text(end, "last words");
	test_say(sock, 'w');
	test_expect(sock, 'n'); /* never said */
	npfs_end_free(end);
	return 1;
}

/* _i: the trace begins after the open, or before */
START_TEST(a_client_that_is_killed_is_told)
{
	struct npfs_end *end = server("victim");
	struct npfs_trace *tracer = _i ? trace("victim") : NULL;
	struct test_child child;

	test_child_start(&child, victim_main, NULL);
	test_expect(child.sock, 'w');
	if (!tracer)
		tracer = trace("victim");
	expect(tracer, _i ? "server opened\nclient wrote 10 last wor\n" : "server found\n");
	expect_nothing(tracer);
	ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
	expect(tracer, "client died\n");
	expect_nothing(tracer);
	read_text(end, 50);
	npfs_end_free(end);
	expect(tracer, "server read 10\nserver closed\n");
	expect_nothing(tracer);
	npfs_trace_close(tracer);
	test_child_wait(&child);
}
END_TEST

static void count_completion(struct npfs_op *op)
{
	atomic_fetch_add((_Atomic int *)op->user, 1);
}

/* Until the operation that counts there has completed. */
static void await(_Atomic int *np)
{
	int64_t deadline = test_now_ms() + TEST_DEADLINE_MS;

	while (atomic_load(np) == 0) {
		test_require(test_now_ms() < deadline, "a completion");
		sched_yield();
	}
}

START_TEST(cancelled_and_empty_writes_are_told)
{
	struct npfs_trace *tracer = trace("odd");
	struct npfs_end *end = server("odd"), *there = client("odd");
	char big[150];
	_Atomic int n_done = 0;
	struct npfs_op op;
	uint32_t n = 0;

	memset(big, 'b', sizeof(big));
	write_text(there, "");
	npfs_op_init(&op, count_completion, &n_done);
	ck_assert_uint_eq(npfs_end_write(there, big, sizeof(big), &op, &n), STATUS_PENDING);
	expect(tracer, "server created\nserver opened\nclient wrote 0\nclient wrote 150 bbbbbbbb\n");
	ck_assert_uint_eq(npfs_end_cancel(there, NULL, NULL), 1);
	ck_assert_int_eq(atomic_load(&n_done), 1);
	expect(tracer, "client withdrew 150\n");
	read_text(end, 10);
	expect(tracer, "server read 0\n");
	npfs_trace_close(tracer);
	npfs_end_free(there);
	npfs_end_free(end);
}
END_TEST

/* Of the broker, when it has done with the requests before. */
static int n_descriptors(pid_t pid)
{
	struct npfs_broker_info info = {.size = sizeof(info)};
	char path[40];
	int n = 0;
	DIR *dir;

	ck_assert_uint_eq(npfs_broker_query(&info), STATUS_SUCCESS);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

START_TEST(it_costs_the_broker_nothing_before_and_afterwards)
{
	struct npfs_end *a = server("cost"), *b = server("cost"), *c = server("cost");
	struct npfs_end *x = client("cost"), *y, *z;
	int before = n_descriptors(broker.pid), n;
	struct npfs_trace *one = trace("cost"), *two = trace("cost");

	/* a listening instance costs one: it is given away with the open */
	y = client("cost");
	n = n_descriptors(broker.pid);
	ck_assert_int_eq(n, before);
	npfs_trace_close(one);
	ck_assert_int_eq(n_descriptors(broker.pid), before);
	npfs_trace_close(two);
	ck_assert_int_eq(n_descriptors(broker.pid), before - 1);
	z = client("cost");
	ck_assert_int_eq(n_descriptors(broker.pid), before - 2);
	npfs_end_free(x);
	npfs_end_free(y);
	npfs_end_free(z);
	npfs_end_free(a);
	npfs_end_free(b);
	npfs_end_free(c);
}
END_TEST

static bool take_instance(const struct npfs_inspect_instance *instance, void *user)
{
	*(struct npfs_inspect_instance *)user = *instance;
	return true;
}

static struct npfs_inspect_instance instance_of(const char *text)
{
	struct npfs_inspect_instance instance = {.id = 0};
	struct test_name name = test_name(text);

	ck_assert_uint_eq(npfs_inspect_instances(name.units, name.len, take_instance, &instance),
			  STATUS_SUCCESS);
	return instance;
}

START_TEST(nobody_is_woken_and_no_instance_taken)
{
	struct npfs_end *end = server("calm"), *there;
	struct npfs_inspect_instance instance;
	struct npfs_tap_counts counts = {.size = sizeof(counts)};
	_Atomic int n_listened = 0, n_read = 0;
	struct npfs_op listen, read;
	struct npfs_trace *tracer;
	struct npfs_tap *tap;
	char buf[8];
	uint32_t n;
	int i;

	npfs_op_init(&listen, count_completion, &n_listened);
	ck_assert_uint_eq(npfs_end_listen(end, &listen), STATUS_PENDING);
	for (i = 0; i < N_LOOKS; i++) {
		tracer = trace("calm");
		expect_nothing(tracer);
		npfs_trace_close(tracer);
		instance = instance_of("calm");
		ck_assert_uint_eq(npfs_tap_open(&instance, &tap), STATUS_PIPE_LISTENING);
	}
	ck_assert_int_eq(atomic_load(&n_listened), 0);
	there = client("calm");
	await(&n_listened);
	npfs_op_init(&read, count_completion, &n_read);
	ck_assert_uint_eq(npfs_end_read(end, buf, sizeof(buf), &read, &n), STATUS_PENDING);
	instance = instance_of("calm");
	for (i = 0; i < N_LOOKS; i++) {
		tracer = trace("calm");
		expect(tracer, "server found\n");
		expect_nothing(tracer);
		npfs_trace_close(tracer);
		ck_assert_uint_eq(npfs_tap_open(&instance, &tap), STATUS_SUCCESS);
		ck_assert_uint_eq(npfs_tap_count(tap, &counts), STATUS_SUCCESS);
		npfs_tap_close(tap);
	}
	ck_assert_int_eq(atomic_load(&n_read), 0);
	write_text(there, "x");
	await(&n_read);
	npfs_end_free(there);
	npfs_end_free(end);
}
END_TEST

START_TEST(counts_and_queues_are_told)
{
	struct npfs_end *end = server("count"), *there = client("count");
	struct npfs_inspect_instance instance = instance_of("count");
	struct npfs_tap_counts counts = {.size = sizeof(counts)};
	struct npfs_tap *tap;

	write_text(there, "12345");
	write_text(there, "678");
	read_text(end, 5);
	write_text(end, "back");
	ck_assert_uint_eq(npfs_tap_open(&instance, &tap), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_tap_count(tap, &counts), STATUS_SUCCESS);
	ck_assert_uint_eq(counts.flags, 0);
	ck_assert_uint_eq(counts.inbound.written, 8);
	ck_assert_uint_eq(counts.inbound.n_writes, 2);
	ck_assert_uint_eq(counts.inbound.read, 5);
	ck_assert_uint_eq(counts.inbound.n_read, 1);
	ck_assert_uint_eq(counts.inbound.queued, 3);
	ck_assert_uint_eq(counts.inbound.n_queued, 1);
	ck_assert_uint_eq(counts.inbound.used, 3);
	ck_assert_uint_eq(counts.inbound.quota, 100);
	ck_assert_uint_eq(counts.outbound.queued, 4);
	ck_assert_uint_eq(counts.outbound.quota, 200);
	npfs_end_free(there);
	ck_assert_uint_eq(npfs_tap_count(tap, &counts), STATUS_SUCCESS);
	ck_assert_uint_eq(counts.flags, NPFS_TAP_CLIENT_CLOSED);
	counts.size = 3;
	ck_assert_uint_eq(npfs_tap_count(tap, &counts), STATUS_INVALID_PARAMETER);
	npfs_tap_close(tap);
	npfs_tap_close(NULL);
	npfs_end_free(end);
}
END_TEST

START_TEST(wrong_sizes_are_refused)
{
	static const uint16_t star[] = {'*'};
	struct npfs_trace_event event = {.size = 1};
	struct npfs_trace *tracer;

	ck_assert_uint_eq(npfs_trace_open(star, 1, NPFS_TRACE_DATA_MAX + 1, &tracer),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(npfs_trace_open(star, NPFS_PATTERN_MAX + 1, 0, &tracer),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(npfs_trace_open(star, 1, 0, &tracer), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_trace_next(tracer, 0, &event), STATUS_INVALID_PARAMETER);
	event.size = sizeof(event);
	ck_assert_uint_eq(npfs_trace_next(tracer, 1, &event), STATUS_INVALID_PARAMETER);
	npfs_trace_close(tracer);
	npfs_trace_close(NULL);
}
END_TEST

START_TEST(it_goes_on_with_the_next_broker)
{
	struct npfs_end *end = server("again"), *there;
	struct npfs_trace *tracer = trace("again");

	test_broker_kill(&broker);
	test_broker_restart(&broker);
	/* two requests: that the broker has gone, and to the next one */
	expect(tracer, "server missed\n");
	there = client("again");
	write_text(there, "hello");
	expect(tracer, "server opened\nclient wrote 5 hello\n");
	npfs_trace_close(tracer);
	npfs_end_free(there);
	npfs_end_free(end);
}
END_TEST

/* The memory of the only connection this process has, to be written to. */
static uint8_t *own_channel(size_t *lenp)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	uint8_t *map = MAP_FAILED;
	char path[300], target[64];
	struct stat st;

	test_require(dir != NULL, "opendir");
	while (map == MAP_FAILED && (entry = readdir(dir)) != NULL) {
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = 0;
		if (strncmp(target, "/memfd:npfs", 11) != 0)
			continue;
		fd = open(path, O_RDWR | O_CLOEXEC);
		test_require(fd >= 0 && fstat(fd, &st) == 0, "open");
		*lenp = (size_t)st.st_size;
		map = mmap(NULL, *lenp, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	closedir(dir);
	test_require(map != MAP_FAILED, "a channel of this process");
	return map;
}

/* Writes whatever it likes over its own connection, until it is killed. */
static int scribbler_main(int sock, void *arg)
{
	struct npfs_end *end = client("scribble");
	size_t len = 0, i;
	uint8_t *map;
	uint32_t x = 1;

	(void)arg;
	write_text(end, "before");
	map = own_channel(&len);
	test_say(sock, 's');
	for (;;) {
		x = x * 1664525u + 1013904223u;
		/* the header stays: it is found by that */
		i = 64 + (x >> 4) % 4032;
		if (x & 1)
			i = 4096 + (x >> 4) % (len - 4096);
		map[i] = (uint8_t)(x >> 24);
	}
	return 0;
}

START_TEST(a_client_that_scribbles_is_told_of_wrongly_and_harms_nobody)
{
	struct npfs_end *bad = server("scribble"), *end = server("good"), *there;
	struct npfs_trace *tracer = trace("*"), *late;
	struct npfs_trace_event event = {.size = sizeof(event)};
	struct npfs_tap_counts counts = {.size = sizeof(counts)};
	struct npfs_inspect_instance instance;
	unsigned n_good = 0, n_events = 0, i;
	struct npfs_tap *tap;
	struct test_child child;

	test_child_start(&child, scribbler_main, NULL);
	test_expect(child.sock, 's');
	there = client("good");
	late = trace("scribble");
	for (i = 0; i < 5 * N_LOOKS; i++) {
		write_text(there, "right");
		read_text(end, 5);
		instance = instance_of("scribble");
		if (npfs_tap_open(&instance, &tap) == STATUS_SUCCESS) {
			ck_assert_uint_eq(npfs_tap_count(tap, &counts), STATUS_SUCCESS);
			ck_assert_uint_le(counts.inbound.used, 100);
			npfs_tap_close(tap);
		}
		/* each look may find lies of the bad one, and finds the truth of the other */
		while (n_good <= i) {
			ck_assert_uint_lt(n_events++, 1000000);
			if (npfs_trace_next(tracer, 0, &event) != STATUS_SUCCESS ||
			    event.name_len != 4 || event.kind != NPFS_TRACE_WROTE)
				continue;
			ck_assert_uint_eq(event.bytes, 5);
			ck_assert_mem_eq(event.data, "right", 5);
			n_good++;
		}
		npfs_trace_next(late, 0, &event);
	}
	test_child_kill(&child, SIGKILL);
	npfs_trace_close(tracer);
	npfs_trace_close(late);
	npfs_end_free(there);
	npfs_end_free(end);
	npfs_end_free(bad);
}
END_TEST

/* Requests 50 to 52 as no library makes them: each is answered, and the broker goes on. */
START_TEST(wrong_requests_of_onlookers_are_answered)
{
	static const uint16_t name[] = {'a', 's', 'k'};
	struct np_req_inspect inspect = {.part = 9};
	struct np_req_probe probe = {.as = {.flags = 0x80}};
	struct np_req_trace wanted = {.flags = 0x40};
	struct np_conn_request requests[] = {
		{.op = NP_OP_INSPECT, .fixed = &inspect},
		{.op = NP_OP_PROBE, .fixed = &probe},
		{.op = NP_OP_TRACE, .fixed = &wanted},
	};
	struct npfs_end *end = server("ask");
	unsigned i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 3; i++) {
			struct np_conn_reply reply = NP_CONN_REPLY_INIT;
			struct np_conn_request request = requests[i];

			request.name = round ? name : NULL;
			request.name_len = round ? sizeof(name) : 0;
			ck_assert_uint_eq(np_conn_call(&request, &reply), STATUS_SUCCESS);
			ck_assert_uint_eq(reply.status, STATUS_INVALID_PARAMETER);
			np_conn_reply_fini(&reply);
		}
		inspect = (struct np_req_inspect){.part = 1, .reserved = round};
		inspect.reserved = 1;
		probe.as.flags = 0;
		probe.as.reserved = 7;
		wanted = (struct np_req_trace){.reserved = 3};
	}
	/* a cursor of another broker, or from nowhere, has missed something */
	for (i = 0; i < 2; i++) {
		struct np_conn_reply reply = NP_CONN_REPLY_INIT;

		wanted = (struct np_req_trace){.cursor = i ? UINT64_MAX : 1};
		ck_assert_uint_eq(np_conn_call(&requests[2], &reply), STATUS_SUCCESS);
		ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
		ck_assert_uint_eq(reply.rep.trace.has_missed, 1);
		np_conn_reply_fini(&reply);
	}
	npfs_end_free(end);
}
END_TEST

#define AGREE(truth)                                                                     \
	do {                                                                             \
		if (!(truth)) {                                                          \
			fprintf(stderr, "not true: %s\n", #truth);                       \
			return 1;                                                        \
		}                                                                        \
	} while (0)

static int stranger_main(int sock, void *arg)
{
	struct test_name name = test_name("private"), all = test_name("*");
	struct npfs_trace_event event = {.size = sizeof(event)};
	struct npfs_inspect_instance instance;
	struct npfs_trace *tracer;
	struct npfs_end *end;
	struct npfs_tap *tap;

	(void)arg;
	if (setgroups(0, NULL) < 0 || setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
	    setresuid(STRANGER, STRANGER, STRANGER) < 0) {
		test_say(sock, 's');
		return EXIT_SKIPPED;
	}
	AGREE(npfs_trace_open(name.units, name.len, 8, &tracer) == STATUS_ACCESS_DENIED);
	instance = instance_of("private");
	AGREE(instance.client_pid != 0);
	AGREE(npfs_tap_open(&instance, &tap) == STATUS_ACCESS_DENIED);
	AGREE(npfs_trace_open(all.units, all.len, 8, &tracer) == STATUS_SUCCESS);
	test_say(sock, 'r');
	test_expect(sock, 'w');
	/* of what the others have is told that it is there, as stat tells, and no more */
	AGREE(npfs_trace_next(tracer, 0, &event) == STATUS_SUCCESS);
	AGREE(event.kind == NPFS_TRACE_HIDDEN && event.status == STATUS_ACCESS_DENIED);
	AGREE(npfs_trace_next(tracer, 0, &event) == STATUS_IO_TIMEOUT);
	/* what this user does is told */
	AGREE(try_client("nobody", &end) == STATUS_OBJECT_NAME_NOT_FOUND);
	AGREE(npfs_trace_next(tracer, 0, &event) == STATUS_SUCCESS);
	AGREE(event.kind == NPFS_TRACE_REFUSED && event.client_uid == STRANGER);
	npfs_trace_close(tracer);
	return 0;
}

START_TEST(a_stranger_is_told_nothing_of_others)
{
	struct npfs_end *end = server("private"), *there = client("private"), *more;
	struct test_child child;
	int code;

	test_child_start(&child, stranger_main, NULL);
	if (test_hear(child.sock) == 'r') {
		write_text(there, "secret");
		more = server("private");
		npfs_end_free(more);
		test_say(child.sock, 'w');
	}
	code = test_child_wait(&child);
	if (code == EXIT_SKIPPED)
		fprintf(stderr, "skipped: only root can be another user\n");
	else
		ck_assert_int_eq(code, 0);
	npfs_end_free(there);
	npfs_end_free(end);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace");
	TCase *tcase = tcase_create("trace");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_exchange_of_two_processes_is_told_step_by_step);
	tcase_add_test(tcase, what_is_over_before_anybody_looks_is_told);
	tcase_add_test(tcase, a_connection_that_is_there_is_found_and_followed);
	tcase_add_loop_test(tcase, a_client_that_is_killed_is_told, 0, 2);
	tcase_add_test(tcase, cancelled_and_empty_writes_are_told);
	tcase_add_test(tcase, it_costs_the_broker_nothing_before_and_afterwards);
	tcase_add_test(tcase, nobody_is_woken_and_no_instance_taken);
	tcase_add_test(tcase, counts_and_queues_are_told);
	tcase_add_test(tcase, wrong_sizes_are_refused);
	tcase_add_test(tcase, it_goes_on_with_the_next_broker);
	tcase_add_test(tcase, a_client_that_scribbles_is_told_of_wrongly_and_harms_nobody);
	tcase_add_test(tcase, wrong_requests_of_onlookers_are_answered);
	tcase_add_test(tcase, a_stranger_is_told_nothing_of_others);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
