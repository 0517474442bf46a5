/* SPDX-License-Identifier: MIT */
/*
 * Shared objects when the broker is killed or leaves, and another one takes its place
 *
 * The holders are peers (object_peer.h), and nobody tells them. A name, its rights and its
 * number of handles are what they were, a mutex stays its owner's, and whoever dies while
 * there is no broker is buried by the next one.
 *
 * The last tests talk to the broker themselves, as a holder that does not tell the truth.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/proto/object.h"
#include "npfs/proto/place.h"
#include "npfs/proto/wire.h"
#include "tests/integ/object_peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"

#define NAME	"npfs object that comes back"
#define OTHER	"npfs other object"
#define LONG_MS ((uint32_t)TEST_DEADLINE_MS)
#define N_PEERS 3u

static struct test_broker broker;
static struct test_leak leak;
static struct test_child peers[N_PEERS];
static struct test_child *const a = &peers[0], *const b = &peers[1], *const c = &peers[2];

static void setup(void)
{
	/* however long it takes this machine to start the next one */
	setenv("NPFS_BROKER_WAIT", "100", 1);
	test_leak_begin(&leak);
	test_broker_start(&broker);
	for (unsigned i = 0; i < N_PEERS; i++)
		object_peer_start(&peers[i]);
}

static void teardown(void)
{
	for (unsigned i = 0; i < N_PEERS; i++)
		object_peer_stop(&peers[i]);
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

static void replace_broker(void)
{
	test_broker_kill(&broker);
	test_broker_restart(&broker);
}

static void must_create(struct test_child *peer, enum object_kind kind, int x, int y, int z)
{
	struct object_reply reply = create_in(peer, 0, kind, NAME, x, y, z);

	ck_assert_msg(reply.result && reply.error == 0, "create: %u", reply.error);
}

static void must_open(struct test_child *peer, enum object_kind kind)
{
	struct object_reply reply = open_in(peer, 0, kind, NAME, 0);

	ck_assert_msg(reply.result, "open: %u", reply.error);
}

static void begin_wait(struct test_child *peer, unsigned worker)
{
	const struct object_request r = {.op = OBJECT_WAIT, .worker = worker, .mask = 1,
					 .timeout = LONG_MS};

	begin(peer, &r);
}

/* ---- what is there again ---- */

START_TEST(a_name_is_the_same_object_for_who_comes_later)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	begin_wait(a, 1);
	replace_broker();
	ck_assert_uint_eq(create_in(c, 0, OBJECT_KIND_EVENT, NAME, TRUE, TRUE, 0).error,
			  ERROR_ALREADY_EXISTS);
	/* its kind and its state are those of before */
	must(c, OBJECT_SET, 0);
	ck_assert_uint_eq(end(a, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
	begin_wait(c, 1);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
}
END_TEST

START_TEST(every_kind_comes_back_as_what_it_is)
{
	const struct object_request post = {.op = OBJECT_POST, .slot = 1, .a = 1};

	create_in(a, 0, OBJECT_KIND_EVENT, "ev", TRUE, TRUE, 0);
	create_in(a, 1, OBJECT_KIND_SEMAPHORE, "sem", 0, 2, 3);
	create_in(a, 2, OBJECT_KIND_MUTEX, "mut", TRUE, 0, 0);
	create_in(a, 3, OBJECT_KIND_TIMER, "tim", TRUE, 0, 0);
	replace_broker();
	ck_assert_uint_eq(open_in(b, 4, OBJECT_KIND_SEMAPHORE, "ev", 0).error,
			  ERROR_INVALID_HANDLE);
	ck_assert(open_in(b, 0, OBJECT_KIND_EVENT, "ev", 0).result);
	ck_assert(open_in(b, 1, OBJECT_KIND_SEMAPHORE, "sem", 0).result);
	ck_assert(open_in(b, 2, OBJECT_KIND_MUTEX, "mut", 0).result);
	ck_assert(open_in(b, 3, OBJECT_KIND_TIMER, "tim", 0).result);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_int_eq(ask(b, &post).value, 2);
	ck_assert_uint_eq(ask(b, &post).error, ERROR_TOO_MANY_POSTS);
	ck_assert_uint_eq(wait_in(b, 2, 0), WAIT_TIMEOUT);
	must(a, OBJECT_RELEASE, 2);
	ck_assert_uint_eq(wait_in(b, 2, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 3, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(rights_are_what_they_were)
{
	struct object_request r = {.op = OBJECT_CREATE, .kind = OBJECT_KIND_EVENT, .a = TRUE,
				   .list = OBJECT_LIST_WAIT_ONLY};

	snprintf(r.name, sizeof(r.name), "%s", NAME);
	ck_assert(ask(a, &r).result);
	replace_broker();
	ck_assert_uint_eq(open_in(b, 0, OBJECT_KIND_EVENT, NAME, EVENT_MODIFY_STATE).error,
			  ERROR_ACCESS_DENIED);
	ck_assert(open_in(b, 0, OBJECT_KIND_EVENT, NAME, SYNCHRONIZE).result);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(it_is_so_time_after_time)
{
	must_create(a, OBJECT_KIND_SEMAPHORE, 0, 0, 1000);
	must_open(b, OBJECT_KIND_SEMAPHORE);
	for (int i = 0; i < 5; i++) {
		replace_broker();
		must_open(c, OBJECT_KIND_SEMAPHORE);
		ck_assert(ask(c, &(struct object_request){.op = OBJECT_POST, .a = 1}).result);
		ck_assert_uint_eq(wait_in(b, 0, LONG_MS), WAIT_OBJECT_0);
		must(c, OBJECT_SHUT, 0);
	}
	must(a, OBJECT_SHUT, 0);
	must(b, OBJECT_SHUT, 0);
	ck_assert_uint_eq(open_in(c, 0, OBJECT_KIND_SEMAPHORE, NAME, 0).error,
			  ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_broker_that_leaves_buries_nobody)
{
	must_create(a, OBJECT_KIND_MUTEX, TRUE, 0, 0);
	must_open(b, OBJECT_KIND_MUTEX);
	ck_assert_int_eq(kill(broker.pid, SIGTERM), 0);
	test_broker_wait(&broker);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	test_broker_restart(&broker);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	must_open(c, OBJECT_KIND_MUTEX);
	must(a, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(wait_in(c, 0, LONG_MS), WAIT_OBJECT_0);
}
END_TEST

/* ---- who dies, closes or stands still in the gap ---- */

START_TEST(a_mutex_is_abandoned_when_its_owner_dies_later)
{
	must_create(a, OBJECT_KIND_MUTEX, TRUE, 0, 0);
	must_open(b, OBJECT_KIND_MUTEX);
	begin_wait(b, 1);
	replace_broker();
	/* the next broker has heard of a when it answers */
	ck_assert_uint_eq(create_in(c, 0, OBJECT_KIND_MUTEX, NAME, 0, 0, 0).error,
			  ERROR_ALREADY_EXISTS);
	test_child_kill(a, SIGKILL);
	ck_assert_uint_eq(end(b, 1).result, WAIT_ABANDONED_0);
}
END_TEST

START_TEST(a_mutex_is_abandoned_when_its_owner_died_in_the_gap)
{
	must_create(a, OBJECT_KIND_MUTEX, TRUE, 0, 0);
	must_open(b, OBJECT_KIND_MUTEX);
	begin_wait(b, 1);
	test_broker_kill(&broker);
	test_child_kill(a, SIGKILL);
	test_broker_restart(&broker);
	ck_assert_uint_eq(end(b, 1).result, WAIT_ABANDONED_0);
}
END_TEST

START_TEST(a_waiter_that_died_in_the_gap_keeps_nothing)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	must_open(b, OBJECT_KIND_EVENT);
	begin_wait(b, 1);
	test_broker_kill(&broker);
	test_child_kill(b, SIGKILL);
	must(a, OBJECT_SET, 0);
	test_broker_restart(&broker);
	must_open(c, OBJECT_KIND_EVENT);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(what_is_closed_in_the_gap_is_gone)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	create_in(a, 1, OBJECT_KIND_EVENT, OTHER, FALSE, FALSE, 0);
	ck_assert(open_in(a, 2, OBJECT_KIND_EVENT, OTHER, 0).result);
	must_open(b, OBJECT_KIND_EVENT);
	test_broker_kill(&broker);
	must(a, OBJECT_SHUT, 0);
	must(a, OBJECT_SHUT, 1);
	must(b, OBJECT_SHUT, 0);
	test_broker_restart(&broker);
	ck_assert_uint_eq(open_in(c, 0, OBJECT_KIND_EVENT, NAME, 0).error,
			  ERROR_FILE_NOT_FOUND);
	/* one of two handles is left of the other one, and no more */
	ck_assert(open_in(c, 0, OBJECT_KIND_EVENT, OTHER, 0).result);
	must(c, OBJECT_SHUT, 0);
	must(a, OBJECT_SHUT, 2);
	ck_assert_uint_eq(open_in(c, 0, OBJECT_KIND_EVENT, OTHER, 0).error,
			  ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_name_nobody_holds_any_more_is_free)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	must_open(b, OBJECT_KIND_EVENT);
	test_broker_kill(&broker);
	test_child_kill(a, SIGKILL);
	test_child_kill(b, SIGKILL);
	test_broker_restart(&broker);
	ck_assert_uint_eq(create_in(c, 0, OBJECT_KIND_MUTEX, NAME, 0, 0, 0).error, 0);
}
END_TEST

START_TEST(the_name_of_a_stopped_holder_stays_its_own)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	freeze(a);
	test_broker_kill(&broker);
	test_broker_restart_hasty(&broker);
	ck_assert_uint_eq(create_in(c, 0, OBJECT_KIND_EVENT, NAME, 0, 0, 0).error,
			  ERROR_NO_SYSTEM_RESOURCES);
	ck_assert_int_eq(kill(a->pid, SIGCONT), 0);
	/* whatever it asks, it claims first */
	create_in(a, 1, OBJECT_KIND_EVENT, OTHER, 0, 0, 0);
	ck_assert_uint_eq(create_in(c, 0, OBJECT_KIND_EVENT, NAME, 0, 0, 0).error,
			  ERROR_ALREADY_EXISTS);
	must(c, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_parcel_arrives_while_somebody_holds_what_is_in_it)
{
	must_create(a, OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	replace_broker();
	send_parcel_on(a, &(struct object_request){.op = OBJECT_PACK}, b,
		       &(struct object_request){.op = OBJECT_UNPACK});
	replace_broker();
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 0, LONG_MS), WAIT_OBJECT_0);
}
END_TEST

/* ---- a holder that does not tell the truth ---- */

static int raw_connect(void)
{
	const struct np_req_hello hello = {.version = NP_WIRE_VERSION};
	static uint64_t packet[512];
	int fd = -1;
	size_t len;

	ck_assert_int_eq(np_place_connect(broker.path, &fd), 0);
	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_HELLO, 1, 0, &hello, NULL,
				   0, NULL, 0);
	ck_assert_int_eq(np_fdpass_send(fd, packet, len, NULL, 0, 0), 0);
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	ck_assert_int_gt(read(fd, packet, sizeof(packet)), 0);
	return fd;
}

/* Return: the status; @fds_out: two, or NULL. */
static npfs_status raw_ask(int fd, unsigned op, const void *fixed,
			   const struct test_name *name, const int *fds, unsigned n_fds,
			   union np_wire_rep *repp, int *fds_out)
{
	static uint64_t packet[512];
	int got[NP_WIRE_FDS_MAX];
	struct np_wire_msg msg;
	unsigned n_got = 0;
	size_t len;
	ssize_t n;

	len = np_wire_pack_request(packet, sizeof(packet), op, 2, 0, fixed,
				   name ? name->units : NULL, name ? 2 * name->len : 0, NULL,
				   0);
	ck_assert_int_eq(np_fdpass_send(fd, packet, len, fds, n_fds, 0), 0);
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	n = np_fdpass_recv(fd, packet, sizeof(packet), got, NP_WIRE_FDS_MAX, &n_got, 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(np_wire_check_reply(packet, (size_t)n, n_got, op, 2, &msg), 0);
	if (repp)
		*repp = msg.fixed.rep;
	if (fds_out && n_got == 2)
		memcpy(fds_out, got, 2 * sizeof(int));
	return msg.header.status;
}

START_TEST(a_claim_is_judged)
{
	const struct np_req_object_create create = {.type = NP_OBJECT_EVENT, .limit = 1,
						    .access = GENERIC_ALL};
	const struct np_req_object_open open = {.type = NP_OBJECT_EVENT,
						.access = SYNCHRONIZE};
	struct test_name name = test_name("object of the test's own");
	struct np_req_object_claim claim, false_claim;
	int fd = raw_connect(), fds[2] = {-1, -1}, wrong[2] = {-1, -1}, ends[2];
	union np_wire_rep rep;

	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CREATE, &create, &name, NULL, 0, &rep, fds),
			  STATUS_SUCCESS);
	claim = (struct np_req_object_claim){
		.id = rep.object_create.id,
		.cookie = {rep.object_create.cookie[0], rep.object_create.cookie[1]},
		.holder = rep.object_create.holder,
		.n_opens = 1,
	};
	/* nothing is to be claimed from the broker that gave it */
	false_claim = claim;
	false_claim.id++;
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &false_claim, NULL, fds, 2, NULL,
				  NULL), STATUS_INVALID_HANDLE);
	replace_broker();
	close(fd);
	fd = raw_connect();
	false_claim = claim;
	false_claim.cookie[1]++;
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &false_claim, NULL, fds, 2, NULL,
				  NULL), STATUS_INVALID_HANDLE);
	false_claim = claim;
	false_claim.holder++;
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &false_claim, NULL, fds, 2, NULL,
				  NULL), STATUS_INVALID_HANDLE);
	/* another page like it, and what is no eventfd and would block */
	ck_assert_int_eq(np_memfd_new("other", NP_OBJECT_PAGE_SIZE, &wrong[0]), 0);
	wrong[1] = fds[1];
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &claim, NULL, wrong, 2, NULL, NULL),
			  STATUS_INVALID_HANDLE);
	close(wrong[0]);
	ck_assert_int_eq(pipe(ends), 0);
	wrong[0] = fds[0];
	wrong[1] = ends[1];
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &claim, NULL, wrong, 2, NULL, NULL),
			  STATUS_INVALID_HANDLE);
	close(ends[0]);
	close(ends[1]);
	/* who is another process has no part in it */
	if (fork() == 0) {
		int other = raw_connect();

		_exit(raw_ask(other, NP_OP_OBJECT_CLAIM, &claim, NULL, fds, 2, NULL, NULL) ==
				      STATUS_INVALID_HANDLE ? 0 : 1);
	}
	int status = -1;
	ck_assert_int_ge(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	/* and in the end the truth */
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CLAIM, &claim, NULL, fds, 2, NULL, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(raw_ask(fd, NP_OP_CLAIM,
				  &(struct np_req_claim){.flags = NP_CLAIM_LAST}, NULL, NULL,
				  0, NULL, NULL), STATUS_SUCCESS);
	close(fds[0]);
	close(fds[1]);
	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_OPEN, &open, &name, NULL, 0, NULL, fds),
			  STATUS_SUCCESS);
	close(fds[0]);
	close(fds[1]);
	close(fd);
}
END_TEST

/* Whoever holds an object has its eventfd, and may fill it and let it block. */
START_TEST(a_full_bell_holds_up_no_broker)
{
	const struct np_req_object_create create = {.type = NP_OBJECT_EVENT, .limit = 1,
						    .access = GENERIC_ALL};
	struct test_name name = test_name("object with a full bell");
	const uint64_t all = UINT64_MAX - 1;
	int fd = raw_connect(), fds[2] = {-1, -1};
	union np_wire_rep rep;

	ck_assert_uint_eq(raw_ask(fd, NP_OP_OBJECT_CREATE, &create, &name, NULL, 0, &rep, fds),
			  STATUS_SUCCESS);
	ck_assert_int_eq(write(fds[1], &all, sizeof(all)), (ssize_t)sizeof(all));
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, 0), 0);
	close(fd);
	ck_assert_uint_eq(open_in(a, 0, OBJECT_KIND_EVENT, OTHER, 0).error,
			  ERROR_FILE_NOT_FOUND);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("object_restart");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_name_is_the_same_object_for_who_comes_later);
	tcase_add_test(tcase, every_kind_comes_back_as_what_it_is);
	tcase_add_test(tcase, rights_are_what_they_were);
	tcase_add_test(tcase, it_is_so_time_after_time);
	tcase_add_test(tcase, a_broker_that_leaves_buries_nobody);
	tcase_add_test(tcase, a_mutex_is_abandoned_when_its_owner_dies_later);
	tcase_add_test(tcase, a_mutex_is_abandoned_when_its_owner_died_in_the_gap);
	tcase_add_test(tcase, a_waiter_that_died_in_the_gap_keeps_nothing);
	tcase_add_test(tcase, what_is_closed_in_the_gap_is_gone);
	tcase_add_test(tcase, a_name_nobody_holds_any_more_is_free);
	tcase_add_test(tcase, the_name_of_a_stopped_holder_stays_its_own);
	tcase_add_test(tcase, a_parcel_arrives_while_somebody_holds_what_is_in_it);
	tcase_add_test(tcase, a_claim_is_judged);
	tcase_add_test(tcase, a_full_bell_holds_up_no_broker);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
