/* SPDX-License-Identifier: MIT */
/*
 * The library by itself, without the Win32 names: ends as they are asked about, objects that
 * several waiters share, parcels, identities, driving, patterns. One process, which is both
 * sides; a broker of the test's own.
 */
#include <npfs/aio.h>
#include <npfs/dir.h>
#include <npfs/npfs.h>
#include <npfs/object.h>
#include <npfs/pipe.h>
#include <npfs/security.h>
#include <npfs/share.h>

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

#define IS(call, wanted) ck_assert_uint_eq((call), (wanted))

/* --------------------------------------------------------------------- ends */

static struct npfs_end *server_new(const char *text, uint32_t n_instances)
{
	struct test_name name = test_name(text);
	struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.type = NPFS_TYPE_MESSAGE,
		.read_mode = NPFS_MODE_MESSAGE,
		.max_instances = n_instances,
		.inbound_quota = 4096,
		.outbound_quota = 2048,
		.default_timeout = -500000,
	};
	struct npfs_end *end = NULL;

	IS(npfs_pipe_create(name.units, name.len, &params, &end, NULL), STATUS_SUCCESS);
	return end;
}

static const struct npfs_open_params both_ways = {
	.size = sizeof(both_ways),
	.access = GENERIC_READ | GENERIC_WRITE,
};

static struct npfs_end *client_new(const char *text)
{
	struct test_name name = test_name(text);
	struct npfs_end *end = NULL;

	IS(npfs_pipe_open(name.units, name.len, &both_ways, &end), STATUS_SUCCESS);
	return end;
}

START_TEST(an_end_knows_what_it_is)
{
	struct npfs_end *server = server_new("Shaped", 3), *client = client_new("SHAPED");
	struct test_name spelled = test_name("Shaped");
	struct npfs_end_info shape;
	struct npfs_peer peer;
	const uint16_t *name;
	size_t len;

	npfs_end_shape(server, &shape);
	IS(shape.type, NPFS_TYPE_MESSAGE);
	IS(shape.config, NPFS_CONFIG_FULL_DUPLEX);
	IS(shape.max_instances, 3);
	IS(shape.inbound_quota, 4096);
	IS(shape.outbound_quota, 2048);
	IS(shape.side, NPFS_SIDE_SERVER);
	IS(shape.state, 0);
	npfs_end_shape(client, &shape);
	IS(shape.side, NPFS_SIDE_CLIENT);
	/* The creator's spelling, whatever the client wrote. */
	IS(npfs_end_name(client, &name, &len), STATUS_SUCCESS);
	IS(len, spelled.len);
	ck_assert_mem_eq(name, spelled.units, len * sizeof(*name));
	IS(npfs_end_server(client, &peer), STATUS_SUCCESS);
	IS(peer.pid, (uint32_t)getpid());
	IS(npfs_end_client(server, &peer), STATUS_SUCCESS);
	IS(peer.pid, (uint32_t)getpid());
	ck_assert(npfs_end_access(server) & FILE_WRITE_DATA);
	npfs_end_narrow(server, FILE_READ_DATA | SYNCHRONIZE);
	IS(npfs_end_access(server) & (FILE_READ_DATA | FILE_WRITE_DATA), FILE_READ_DATA);
	IS(npfs_end_write(server, "x", 1, NULL, &(uint32_t){0}), STATUS_ACCESS_DENIED);
	ck_assert(!npfs_end_is_tied(server));
	IS(npfs_end_disconnect(server), STATUS_SUCCESS);
	IS(npfs_end_name(client, &name, &len), STATUS_PIPE_DISCONNECTED);
	npfs_end_close(client);
	npfs_end_close(client);
	IS(npfs_end_read(client, &(char){0}, 1, NULL, &(uint32_t){0}), STATUS_INVALID_HANDLE);
	npfs_end_free(client);
	npfs_end_free(server);
	npfs_end_free(NULL);
}
END_TEST

START_TEST(what_can_be_done_at_once_is_done)
{
	struct npfs_end *server = server_new("at once", 2), *client = client_new("at once");
	struct npfs_end *second = NULL, *again = NULL;
	uint32_t n = 77, unread = 77;
	char text[8];

	IS(npfs_end_read_now(server, text, sizeof(text), &n), STATUS_PENDING);
	/* The first exchange tells who writes; after it there is nothing unusual. */
	IS(npfs_end_write(client, "first", 5, NULL, &n), STATUS_SUCCESS);
	IS(npfs_end_read(server, text, sizeof(text), NULL, &n), STATUS_SUCCESS);
	/* The library's own thread may look at the end for a moment. */
	while (npfs_end_write_now(client, "abc", 3, &n) == STATUS_PENDING)
		sched_yield();
	IS(n, 3);
	while (npfs_end_read_now(server, text, sizeof(text), &n) == STATUS_PENDING)
		sched_yield();
	IS(n, 3);
	ck_assert_mem_eq(text, "abc", 3);
	IS(npfs_end_write(client, "de", 2, NULL, &n), STATUS_SUCCESS);
	IS(npfs_end_unread(server, &unread), STATUS_SUCCESS);
	IS(unread, 2);
	/* More than there is room for is not done at once. */
	IS(npfs_end_write_now(client, (char[8192]){0}, 8192, &n), STATUS_PENDING);

	/* To the same pipe without its name. */
	IS(npfs_pipe_open_again(server, &both_ways, &again), STATUS_PIPE_NOT_AVAILABLE);
	second = server_new("at once", 2);
	IS(npfs_pipe_open_again(server, &both_ways, &again), STATUS_SUCCESS);
	IS(npfs_pipe_open_again(client, &both_ways, &again), STATUS_ILLEGAL_FUNCTION);
	npfs_end_free(again);
	npfs_end_free(second);
	npfs_end_free(client);
	npfs_end_free(server);
}
END_TEST

struct done {
	struct npfs_op op;
	_Atomic uint32_t state;
};

static void completed(struct npfs_op *op)
{
	struct done *done = op->user;

	atomic_store(&done->state, 1);
	npfs_drive_kick();
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

START_TEST(a_thread_drives_what_it_waits_for)
{
	struct npfs_end *server = server_new("driven", 1), *client = client_new("driven");
	struct done read = {.state = 0};
	uint32_t n, word = 0;
	char text[8];

	npfs_op_init(&read.op, completed, &read);
	IS(npfs_end_read(server, text, sizeof(text), &read.op, &n), STATUS_PENDING);
	while (!npfs_drive_begin())
		sched_yield();
	/* What is there already, until the deadline counts; a word that has changed counts first. */
	while (npfs_drive(&word, 0, now_ns() - 1))
		;
	ck_assert(npfs_drive(&word, 1, INT64_MAX));
	IS(npfs_end_write(client, "xy", 2, NULL, &n), STATUS_SUCCESS);
	while (atomic_load(&read.state) == 0)
		ck_assert(npfs_drive((const uint32_t *)(const void *)&read.state, 0, INT64_MAX));
	npfs_drive_end();
	IS(read.op.status, STATUS_SUCCESS);
	IS(read.op.information, 2);
	npfs_end_free(client);
	npfs_end_free(server);
}
END_TEST

/* ------------------------------------------------------------------ objects */

static struct npfs_object *object_new(enum npfs_object_type type, uint32_t flags,
				      uint32_t initial, uint32_t limit, const char *text)
{
	struct test_name name = test_name(text);
	struct npfs_object_params params = {
		.size = sizeof(params),
		.type = type,
		.flags = flags,
		.initial = initial,
		.limit = limit,
		.access = 0x1f0003,
	};
	struct npfs_object *object = NULL;

	IS(npfs_object_create(name.units, name.len, &params, &object), STATUS_SUCCESS);
	return object;
}

static npfs_status take(struct npfs_object *object)
{
	struct npfs_object_want want = {.object = object, .taker = NPFS_TAKE_POLL};
	bool is_ready = npfs_object_is_ready(&want);
	npfs_status status = npfs_object_take(&want, 1);

	IS(is_ready, status != STATUS_TIMEOUT);
	return status;
}

START_TEST(events_and_semaphores_are_taken)
{
	struct npfs_object *event = object_new(NPFS_OBJECT_EVENT, NPFS_OBJECT_MANUAL, 1, 1, "");
	struct npfs_object *semaphore = object_new(NPFS_OBJECT_SEMAPHORE, 0, 1, 3, "");
	uint32_t before, previous = 77;

	IS(take(event), STATUS_SUCCESS);
	IS(take(event), STATUS_SUCCESS);
	IS(npfs_object_reset(event), STATUS_SUCCESS);
	IS(take(event), STATUS_TIMEOUT);
	before = npfs_object_generation(event);
	IS(npfs_object_pulse(event), STATUS_SUCCESS);
	IS(take(event), STATUS_TIMEOUT);
	/* It was there for those who waited. */
	ck_assert_uint_ne(npfs_object_generation(event), before);

	IS(take(semaphore), STATUS_SUCCESS);
	IS(take(semaphore), STATUS_TIMEOUT);
	IS(npfs_object_release_semaphore(semaphore, 2, &previous), STATUS_SUCCESS);
	IS(previous, 0);
	IS(npfs_object_release_semaphore(semaphore, 2, &previous),
	   STATUS_SEMAPHORE_LIMIT_EXCEEDED);
	IS(npfs_object_release_semaphore(semaphore, 1, &previous), STATUS_SUCCESS);
	IS(previous, 2);
	npfs_object_close(event);
	npfs_object_close(semaphore);
	npfs_object_close(NULL);
}
END_TEST

static _Atomic unsigned n_changes;

static void look_again(void *arg)
{
	atomic_fetch_add((_Atomic unsigned *)arg, 1);
}

START_TEST(who_waits_is_counted_and_told)
{
	struct npfs_object *object = object_new(NPFS_OBJECT_EVENT, 0, 0, 1, "told"), *same;
	struct npfs_object_want want = {.object = object, .taker = NPFS_TAKE_BEGIN};
	struct npfs_object_info info, info_of_same;
	uint32_t since;

	atomic_store(&n_changes, 0);
	npfs_object_get_info(object, &info);
	ck_assert(!info.existed);
	IS(info.type, NPFS_OBJECT_EVENT);
	IS(npfs_object_on_change(object, look_again, &n_changes), STATUS_SUCCESS);
	IS(npfs_object_wait_begin(object, true, &since), NPFS_WAIT_COUNTED);
	want.since = since;
	IS(npfs_object_take(&want, 1), STATUS_TIMEOUT);
	npfs_object_wait_end(object);
	IS(npfs_object_wait_begin(object, true, &since), NPFS_WAIT_COUNTED);
	IS(npfs_object_set(object), STATUS_SUCCESS);
	npfs_object_arm(object);
	npfs_object_ring(object);
	want.since = since;
	IS(npfs_object_take(&want, 1), STATUS_SUCCESS);
	IS(npfs_object_on_change(object, NULL, NULL), STATUS_SUCCESS);

	/* Two opens of one object become one. */
	same = object_new(NPFS_OBJECT_EVENT, 0, 0, 1, "told");
	npfs_object_get_info(same, &info_of_same);
	ck_assert(info_of_same.existed);
	ck_assert_uint_eq(info.id, info_of_same.id);
	npfs_object_absorb(object, same);
	/* Its name goes while it is in use. */
	npfs_object_unname(object);
	same = object_new(NPFS_OBJECT_EVENT, 0, 0, 1, "told");
	npfs_object_get_info(same, &info_of_same);
	ck_assert(!info_of_same.existed);
	IS(npfs_object_set(object), STATUS_SUCCESS);
	IS(take(same), STATUS_TIMEOUT);
	IS(take(object), STATUS_SUCCESS);
	npfs_object_close(same);
	npfs_object_close(object);
}
END_TEST

START_TEST(a_timer_expires_when_it_is_looked_at)
{
	struct npfs_object *timer = object_new(NPFS_OBJECT_TIMER, NPFS_OBJECT_MANUAL, 0, 1, "");
	uint32_t changes = 0, later = 0;
	int64_t due = now_ns() + INT64_C(3600) * 1000000000;

	IS(npfs_object_due(timer, &changes), 0);
	IS(npfs_object_set_timer(timer, due, 0), STATUS_SUCCESS);
	ck_assert_int_eq(npfs_object_due(timer, &later), due);
	ck_assert_uint_ne(changes, later);
	IS(take(timer), STATUS_TIMEOUT);
	IS(npfs_object_set_timer(timer, now_ns() - 1, 0), STATUS_SUCCESS);
	IS(take(timer), STATUS_SUCCESS);
	IS(npfs_object_due(timer, NULL), 0);
	/* Setting it takes the signal away; disarming leaves it as it is. */
	IS(npfs_object_set_timer(timer, due, 0), STATUS_SUCCESS);
	IS(take(timer), STATUS_TIMEOUT);
	IS(npfs_object_set_timer(timer, 0, 0), STATUS_SUCCESS);
	IS(npfs_object_due(timer, NULL), 0);
	npfs_object_close(timer);
}
END_TEST

/* ------------------------------------------------------------------ parcels */

START_TEST(a_parcel_is_left_and_collected_once)
{
	struct npfs_parcel parcel, got;
	uint32_t ticket = 0, access = 0, flags = 0;
	int ends[2];
	char byte = 0;

	npfs_parcel_init(&parcel);
	IS(parcel.kind, NPFS_PARCEL_NONE);
	parcel.kind = NPFS_PARCEL_USER + 1;
	ck_assert_int_eq(pipe(ends), 0);
	IS(npfs_parcel_add_fd(&parcel, ends[1]), STATUS_SUCCESS);
	IS(npfs_parcel_add_fd(&parcel, -1), STATUS_INVALID_HANDLE);
	IS(npfs_parcel_set_body(&parcel, "body", 4), STATUS_SUCCESS);
	IS(npfs_parcel_set_body(&parcel, "body", NPFS_PARCEL_BODY_MAX + 1), STATUS_BUFFER_OVERFLOW);
	IS(npfs_parcel_deposit(&parcel, (uint32_t)getpid(), 7, 9, &ticket), STATUS_SUCCESS);
	npfs_parcel_free(&parcel);
	IS(parcel.n_fds, 0);
	IS(npfs_parcel_collect(ticket + 1, &got, &access, &flags), STATUS_NOT_FOUND);
	IS(npfs_parcel_collect(ticket, &got, &access, &flags), STATUS_SUCCESS);
	IS(access, 7);
	IS(flags, 9);
	IS(got.kind, NPFS_PARCEL_USER + 1);
	IS(got.len, 4);
	ck_assert_mem_eq(got.body, "body", 4);
	IS(got.n_fds, 1);
	ck_assert_int_eq(write(got.fds[0], "z", 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'z');
	npfs_parcel_free(&got);
	IS(npfs_parcel_collect(ticket, &got, &access, &flags), STATUS_NOT_FOUND);
	IS(npfs_parcel_deposit(&parcel, 0x7ffffffe, 0, 0, &ticket), STATUS_INVALID_CID);
	for (unsigned i = 0; i < NPFS_PARCEL_FDS; i++)
		IS(npfs_parcel_add_fd(&parcel, ends[0]), STATUS_SUCCESS);
	IS(npfs_parcel_add_fd(&parcel, ends[0]), STATUS_BUFFER_OVERFLOW);
	npfs_parcel_free(&parcel);
	npfs_parcel_free(NULL);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* --------------------------------------------------------------- identities */

/* S-1-1-0, Everyone, and S-1-5-18, who is somebody else. */
static const uint8_t everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
static const uint8_t local_system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

START_TEST(an_identity_has_members_and_privileges)
{
	/* Self-relative, nothing but a DACL: Everyone may read, 0x1200a9. */
	static const uint8_t sd[] = {
		1, 0, 4,  0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0,    0, 20, 0, 0, 0, 2, 0, 28, 0,
		1, 0, 0,  0,    0, 0, 20, 0, 0xa9, 0, 0x12, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
	};
	const struct npfs_access_mapping mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};
	struct npfs_identity *self = NULL, *again;
	uint32_t granted = 0, needed = 77;
	uint8_t copy[sizeof(sd)];
	uint64_t used = 77;

	IS(npfs_identity_process(&self), STATUS_SUCCESS);
	IS(npfs_identity_look(self)->uid, (uint32_t)geteuid());
	IS(npfs_identity_look(self)->level, NPFS_LEVEL_IMPERSONATION);
	again = npfs_identity_ref(self);
	ck_assert_ptr_eq(again, self);
	npfs_identity_unref(again);
	ck_assert(npfs_identity_is_member(self, everyone, sizeof(everyone)));
	ck_assert(!npfs_identity_is_member(self, everyone, sizeof(everyone) - 1));
	ck_assert(npfs_identity_is_member(self, local_system, sizeof(local_system)) ==
		  (geteuid() == 0));

	IS(npfs_access_check(sd, sizeof(sd), self, 0x120089, &mapping, &granted, &used),
	   STATUS_SUCCESS);
	IS(granted, 0x120089);
	ck_assert_uint_eq(used, 0);
	IS(npfs_access_check(sd, sizeof(sd), self, MAXIMUM_ALLOWED, &mapping, &granted, NULL),
	   STATUS_SUCCESS);
	IS(granted & 0x1200a9, 0x1200a9);
	IS(npfs_access_check(sd, sizeof(sd), self, FILE_WRITE_DATA, &mapping, &granted, NULL),
	   STATUS_ACCESS_DENIED);
	IS(npfs_access_check(sd, 7, self, FILE_READ_DATA, &mapping, &granted, NULL),
	   STATUS_INVALID_SECURITY_DESCR);

	IS(npfs_identity_get_defaults(self, NULL, 0, &needed), STATUS_SUCCESS);
	IS(needed, 0);
	IS(npfs_identity_set_defaults(self, sd, sizeof(sd)), STATUS_SUCCESS);
	IS(npfs_identity_get_defaults(self, NULL, 0, &needed), STATUS_BUFFER_TOO_SMALL);
	IS(needed, sizeof(sd));
	IS(npfs_identity_get_defaults(self, copy, sizeof(copy), &needed), STATUS_SUCCESS);
	ck_assert_mem_eq(copy, sd, sizeof(sd));
	IS(npfs_identity_set_defaults(self, sd, 7), STATUS_INVALID_SECURITY_DESCR);

	npfs_identity_adjust(self, 0x300, 0x100);
	ck_assert_uint_eq(npfs_identity_privileges(self) & ~UINT64_C(0x300), 0);
	ck_assert_uint_eq(npfs_identity_enabled(self) & ~UINT64_C(0x100), 0);
	npfs_identity_unref(self);
	npfs_identity_unref(NULL);
}
END_TEST

static void *answer(void *arg)
{
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	return sigismember(&blocked, SIGTERM) == 1 ? arg : NULL;
}

START_TEST(a_thread_of_a_layer_has_no_signals)
{
	pthread_t thread;
	void *result = NULL;

	ck_assert_int_eq(npfs_thread_start(answer, &thread, 0, &thread), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, &thread);
	ck_assert_int_eq(npfs_thread_start(answer, NULL, 1, &thread), EINVAL);
}
END_TEST

/* ------------------------------------------------------- what needs no broker */

static bool matches(const char *pattern, const char *text, uint32_t flags)
{
	struct test_name p = test_name(pattern), name = test_name(text);

	return npfs_pattern_match(p.units, p.len, name.units, name.len, flags);
}

START_TEST(patterns_are_those_of_the_file_system)
{
	static const struct {
		const char *dos, *pattern;
	} rows[] = {
		{"*.*", "*"}, {"a?", "a>"}, {"*.", "<"}, {"a.*", "a\"*"}, {"a*.b", "a<.b"},
		{"plain", "plain"},
	};
	uint16_t out[16];

	ck_assert(matches("*", "any", 0) && matches("A?c", "abC", 0));
	ck_assert(!matches("A?c", "abC", NPFS_MATCH_CASE));
	ck_assert(matches("a>", "a", 0) && matches("<.c", "a.b.c", 0));
	ck_assert(!matches("", "a", 0) && matches("", "", 0));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_name dos = test_name(rows[i].dos);
		struct test_name pattern = test_name(rows[i].pattern);
		size_t n = npfs_pattern_from_dos(dos.units, dos.len, out);

		IS(n, pattern.len);
		ck_assert_mem_eq(out, pattern.units, n * sizeof(*out));
		IS(npfs_pattern_is(dos.units, dos.len), strpbrk(rows[i].dos, "*?") != NULL);
	}
	ck_assert(!npfs_pattern_is(NULL, 0));
}
END_TEST

START_TEST(the_rules_are_those_of_the_personality)
{
	ck_assert_ptr_nonnull(strchr(npfs_version(), '.'));
	IS(npfs_personality_set("nt4"), STATUS_SUCCESS);
	ck_assert_str_eq(npfs_personality_get(), "nt4");
	IS(npfs_personality_set("none"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_str_eq(npfs_personality_get(), "nt4");
	ck_assert_int_eq(npfs_rule("no such row"), -1);
	ck_assert_int_eq(npfs_rule("reject_remote_flag"), 0);
	IS(npfs_personality_set("modern"), STATUS_SUCCESS);
	ck_assert_int_ne(npfs_rule("reject_remote_flag"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("library");
	TCase *tc = tcase_create("broker"), *alone = tcase_create("alone");
	SRunner *runner;
	int n_failed;

	unsetenv("NPFS_PERSONALITY");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_end_knows_what_it_is);
	tcase_add_test(tc, what_can_be_done_at_once_is_done);
	tcase_add_test(tc, a_thread_drives_what_it_waits_for);
	tcase_add_test(tc, events_and_semaphores_are_taken);
	tcase_add_test(tc, who_waits_is_counted_and_told);
	tcase_add_test(tc, a_timer_expires_when_it_is_looked_at);
	tcase_add_test(tc, a_parcel_is_left_and_collected_once);
	suite_add_tcase(suite, tc);
	tcase_add_test(alone, an_identity_has_members_and_privileges);
	tcase_add_test(alone, a_thread_of_a_layer_has_no_signals);
	tcase_add_test(alone, patterns_are_those_of_the_file_system);
	tcase_add_test(alone, the_rules_are_those_of_the_personality);
	suite_add_tcase(suite, alone);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
