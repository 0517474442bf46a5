/* SPDX-License-Identifier: MIT */
/*
 * Looking at pipes from outside: what is told, to whom, and that nobody notices
 */
#include <npfs/npfs.h>

#include <check.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/nt/access.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define STRANGER     61004 /* a user that need not have an account */
#define EXIT_SKIPPED 77
#define N_LOOKS	     20

/* Admits S-1-5-18 and nobody else. */
static const uint8_t system_only[48] = {
	1,    0,    4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 28, 0,
	1,    0,    0, 0,    0, 0, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

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

static struct npfs_end *server(const char *text, uint32_t max_instances, const void *sd,
			       uint32_t sd_len)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = 3,
		.disposition = 3,
		.type = NPFS_TYPE_MESSAGE | NPFS_TYPE_REJECT_REMOTE,
		.max_instances = max_instances,
		.inbound_quota = 100,
		.outbound_quota = 200,
		.default_timeout = -700000,
		.descriptor = sd,
		.descriptor_len = sd_len,
	};
	struct test_name name = test_name(text);
	struct npfs_end *end;

	ck_assert_uint_eq(npfs_pipe_create(name.units, name.len, &params, &end, NULL),
			  STATUS_SUCCESS);
	return end;
}

static struct npfs_end *client(const char *text)
{
	const struct npfs_open_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
	};
	struct test_name name = test_name(text);
	struct npfs_end *end;

	ck_assert_uint_eq(npfs_pipe_open(name.units, name.len, &params, &end), STATUS_SUCCESS);
	return end;
}

static npfs_status look(const char *text, struct npfs_inspect *infop)
{
	struct test_name name = test_name(text);

	memset(infop, 0, sizeof(*infop));
	infop->size = sizeof(*infop);
	return npfs_inspect_pipe(name.units, name.len, infop);
}

static npfs_status probe(const char *text, uint32_t access, uint32_t *allowedp)
{
	struct test_name name = test_name(text);

	*allowedp = 0;
	return npfs_inspect_open(name.units, name.len, access, allowedp);
}

#define INSTANCES_MAX 8

struct seen {
	struct npfs_inspect_instance instances[INSTANCES_MAX];
	unsigned n, n_most;
};

static bool see(const struct npfs_inspect_instance *instance, void *user)
{
	struct seen *seen = user;

	seen->instances[seen->n++] = *instance;
	return seen->n < seen->n_most;
}

static struct seen instances_of(const char *text, unsigned n_most)
{
	struct test_name name = test_name(text);
	struct seen seen = {.n_most = n_most};

	ck_assert_uint_eq(npfs_inspect_instances(name.units, name.len, see, &seen),
			  STATUS_SUCCESS);
	return seen;
}

static bool count_waiter(const struct npfs_inspect_waiter *waiter, void *user)
{
	unsigned *np = user;

	ck_assert_uint_eq(waiter->pid, (uint32_t)getpid());
	ck_assert_uint_eq(waiter->uid, getuid());
	(*np)++;
	return true;
}

START_TEST(a_pipe_and_its_instances_are_told)
{
	struct npfs_end *a = server("Seen", 5, NULL, 0), *b = server("seen", 5, NULL, 0);
	struct npfs_end *c = client("SEEN");
	struct npfs_inspect info;
	struct seen seen;

	ck_assert_uint_eq(look("seen", &info), STATUS_SUCCESS);
	ck_assert_uint_eq(info.flags, NPFS_INSPECT_WHOLE | NPFS_INSPECT_REJECTS_REMOTE);
	ck_assert_uint_eq(info.current_instances, 2);
	ck_assert_uint_eq(info.max_instances, 5);
	ck_assert_uint_eq(info.type, NPFS_TYPE_MESSAGE);
	ck_assert_uint_eq(info.config, NPFS_CONFIG_FULL_DUPLEX);
	ck_assert_uint_eq(info.n_listening, 1);
	ck_assert_uint_eq(info.n_waiters, 0);
	ck_assert_int_eq(info.default_timeout, -700000);
	seen = instances_of("seen", INSTANCES_MAX);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_uint_eq(seen.instances[0].state, NPFS_STATE_CONNECTED);
	ck_assert_uint_eq(seen.instances[0].server_pid, (uint32_t)getpid());
	ck_assert_uint_eq(seen.instances[0].client_pid, (uint32_t)getpid());
	ck_assert_uint_eq(seen.instances[0].client_uid, getuid());
	ck_assert_uint_eq(seen.instances[0].inbound_quota, 100);
	ck_assert_uint_eq(seen.instances[0].outbound_quota, 200);
	ck_assert_uint_eq(seen.instances[1].state, NPFS_STATE_LISTENING);
	ck_assert_uint_eq(seen.instances[1].server_uid, getuid());
	ck_assert_uint_eq(seen.instances[1].client_pid, 0);
	ck_assert_uint_eq(instances_of("seen", 1).n, 1);
	npfs_end_free(c);
	ck_assert_uint_eq(npfs_end_disconnect(a), STATUS_SUCCESS);
	seen = instances_of("seen", INSTANCES_MAX);
	ck_assert_uint_eq(seen.instances[0].client_pid, 0);
	npfs_end_free(a);
	npfs_end_free(b);
	ck_assert_uint_eq(look("seen", &info), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(wrong_sizes_and_names_are_refused)
{
	struct npfs_inspect info = {.size = 4};
	struct npfs_broker_info whole = {.size = 4};
	struct test_name name = test_name("none");
	uint32_t needed = 77;

	ck_assert_uint_eq(npfs_inspect_pipe(name.units, name.len, &info),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(npfs_broker_query(&whole), STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(npfs_inspect_security(name.units, name.len, NULL, 0, &needed),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(needed, 77);
	ck_assert_uint_eq(probe("none", GENERIC_READ, &needed), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(look("", &info), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

static void count_completion(struct npfs_op *op)
{
	atomic_fetch_add((_Atomic int *)op->user, 1);
}

START_TEST(looking_takes_no_instance_and_wakes_no_server)
{
	struct npfs_end *end = server("calm", 1, NULL, 0), *there;
	struct test_name name = test_name("calm");
	struct npfs_inspect info;
	uint32_t allowed, needed;
	uint8_t sd[512];
	_Atomic int n_completed = 0;
	struct npfs_op op;
	int i;

	npfs_op_init(&op, count_completion, &n_completed);
	ck_assert_uint_eq(npfs_end_listen(end, &op), STATUS_PENDING);
	for (i = 0; i < N_LOOKS; i++) {
		ck_assert_uint_eq(look("calm", &info), STATUS_SUCCESS);
		ck_assert_uint_eq(info.n_listening, 1);
		ck_assert_uint_eq(instances_of("calm", INSTANCES_MAX).instances[0].state,
				  NPFS_STATE_LISTENING);
		ck_assert_uint_eq(probe("calm", GENERIC_READ | GENERIC_WRITE, &allowed),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(
			npfs_inspect_security(name.units, name.len, sd, sizeof(sd), &needed),
			STATUS_SUCCESS);
	}
	ck_assert_int_eq(atomic_load(&n_completed), 0);
	there = client("calm");
	ck_assert_uint_eq(probe("calm", GENERIC_READ, &allowed), STATUS_PIPE_NOT_AVAILABLE);
	npfs_end_free(there);
	npfs_end_free(end);
	ck_assert_int_eq(atomic_load(&n_completed), 1);
}
END_TEST

START_TEST(the_descriptor_is_the_one_that_an_end_has)
{
	struct npfs_end *end = server("guarded", 1, NULL, 0);
	struct test_name name = test_name("guarded");
	uint8_t by_name[512], by_end[512];
	uint32_t len = 0, end_len = 0;

	ck_assert_uint_eq(npfs_inspect_security(name.units, name.len, NULL, 0, &len),
			  STATUS_BUFFER_TOO_SMALL);
	ck_assert_uint_eq(npfs_inspect_security(name.units, name.len, by_name,
						sizeof(by_name), &len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_get_security(end,
						NPFS_SECURITY_OWNER | NPFS_SECURITY_GROUP |
							NPFS_SECURITY_DACL,
						by_end, sizeof(by_end), &end_len),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(len, end_len);
	ck_assert_mem_eq(by_name, by_end, len);
	npfs_end_free(end);
}
END_TEST

static void *wait_main(void *arg)
{
	struct test_name name = test_name("queue");

	*(npfs_status *)arg = npfs_pipe_wait(name.units, name.len, INT64_MIN, 0);
	return NULL;
}

START_TEST(who_waits_is_told)
{
	struct npfs_end *end = server("queue", 1, NULL, 0), *there = client("queue");
	struct test_name name = test_name("queue");
	npfs_status status = STATUS_PENDING;
	struct npfs_inspect info;
	pthread_t thread;
	unsigned n = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_main, &status), 0);
	do
		ck_assert_uint_eq(look("queue", &info), STATUS_SUCCESS);
	while (info.n_waiters == 0);
	ck_assert_uint_eq(npfs_inspect_waiters(name.units, name.len, count_waiter, &n),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(n, 1);
	npfs_end_free(there);
	npfs_end_free(end);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(status, STATUS_OBJECT_NAME_NOT_FOUND);
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
	struct test_name hidden = test_name("hidden"), open = test_name("open");
	struct seen seen = {.n_most = INSTANCES_MAX};
	struct npfs_inspect info;
	uint32_t len = 0, allowed;

	(void)sock;
	(void)arg;
	if (setgroups(0, NULL) < 0 || setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
	    setresuid(STRANGER, STRANGER, STRANGER) < 0)
		return EXIT_SKIPPED;
	AGREE(look("hidden", &info) == STATUS_SUCCESS);
	AGREE(info.flags == 0 && info.current_instances == 1 && info.max_instances == 3);
	AGREE(info.type == 0 && info.n_listening == 0 && info.default_timeout == 0);
	AGREE(npfs_inspect_instances(hidden.units, hidden.len, see, &seen) == STATUS_SUCCESS);
	AGREE(seen.n == 0);
	AGREE(npfs_inspect_security(hidden.units, hidden.len, NULL, 0, &len) ==
	      STATUS_ACCESS_DENIED);
	AGREE(probe("hidden", GENERIC_READ, &allowed) == STATUS_ACCESS_DENIED && allowed == 0);
	/* the default descriptor lets everybody read, also itself */
	AGREE(look("open", &info) == STATUS_SUCCESS && (info.flags & NPFS_INSPECT_WHOLE));
	AGREE(npfs_inspect_security(open.units, open.len, NULL, 0, &len) ==
	      STATUS_BUFFER_TOO_SMALL);
	AGREE(probe("open", GENERIC_READ, &allowed) == STATUS_SUCCESS);
	AGREE(allowed == FILE_GENERIC_READ);
	AGREE(probe("open", GENERIC_WRITE, &allowed) == STATUS_ACCESS_DENIED);
	AGREE(allowed == FILE_GENERIC_READ);
	return 0;
}

START_TEST(a_stranger_is_told_what_a_listing_tells)
{
	struct npfs_end *hidden = server("hidden", 3, system_only, sizeof(system_only));
	struct npfs_end *open = server("open", 3, NULL, 0);
	struct test_child child;
	int code;

	test_child_start(&child, stranger_main, NULL);
	code = test_child_wait(&child);
	if (code == EXIT_SKIPPED)
		fprintf(stderr, "skipped: only root can be another user\n");
	else
		ck_assert_int_eq(code, 0);
	npfs_end_free(hidden);
	npfs_end_free(open);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *tcase = tcase_create("inspect");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_pipe_and_its_instances_are_told);
	tcase_add_test(tcase, wrong_sizes_and_names_are_refused);
	tcase_add_test(tcase, looking_takes_no_instance_and_wakes_no_server);
	tcase_add_test(tcase, the_descriptor_is_the_one_that_an_end_has);
	tcase_add_test(tcase, who_waits_is_told);
	tcase_add_test(tcase, a_stranger_is_told_what_a_listing_tells);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
