/* SPDX-License-Identifier: MIT */
/*
 * Clients on other computers: the limit of 49, null sessions, long messages, and that a
 * local client meets none of it
 */
#include "npfs/core/remote.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "tests/lib/name.h"

static struct np_volume volume;
static struct np_owner owner;
static struct np_remote_session session;
static struct np_remote_policy policy;

static void settle(void)
{
	struct np_done *done;

	while ((done = np_done_pop(&volume.done)) != NULL)
		if (done->kind == NP_DONE_CHANNEL)
			free(done);
}

static void use(const char *personality, bool is_anonymous)
{
	np_remote_session_fini(&session);
	np_remote_session_init(&session, is_anonymous);
	policy.personality = np_personality_find(personality);
	ck_assert_ptr_nonnull(policy.personality);
}

static void setup(void)
{
	np_volume_init(&volume);
	np_owner_init(&owner, 100, 1);
	policy = (struct np_remote_policy){.restricts_null_sessions = true};
	np_remote_session_init(&session, false);
	use("book", false);
}

static void teardown(void)
{
	np_volume_drop_owner(&volume, &owner);
	settle();
	np_volume_fini(&volume);
	np_remote_session_fini(&session);
}

static void create(const char *text, uint32_t type)
{
	struct np_req_create req = {
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.type = type,
		.max_instances = FILE_PIPE_UNLIMITED_INSTANCES,
		.default_timeout = -500000,
		.has_timeout = 1,
	};
	struct test_name name = test_name(text);
	struct np_done *channel = malloc(sizeof(*channel));
	struct np_instance *instance;
	uint32_t information;

	ck_assert_ptr_nonnull(channel);
	np_done_init(channel, NP_DONE_CHANNEL);
	ck_assert_uint_eq(np_volume_create(&volume, &owner, &req, name.units, name.len, NULL,
					   0, channel, NULL, &instance, &information),
			  STATUS_SUCCESS);
	settle();
}

static npfs_status open_remote(const char *text, struct np_remote_open *open)
{
	struct np_req_open req = {.access = GENERIC_READ | GENERIC_WRITE};
	struct test_name name = test_name(text);
	npfs_status status = np_remote_open(&volume, &policy, &session, &req, name.units,
					    name.len, open);

	if (status == STATUS_SUCCESS)
		free(open->open.channel);
	return status;
}

static npfs_status try_open(const char *text)
{
	struct np_remote_open open;

	return open_remote(text, &open);
}

static void close_remote(const char *text)
{
	struct test_name name = test_name(text);

	np_remote_closed(&session, name.units, name.len);
}

/* Opens pipes p0, p1, ... until one is refused. Return: how many were opened. */
static unsigned open_until_refused(unsigned limit, npfs_status *statusp)
{
	char text[16];
	unsigned n;

	for (n = 0; n < limit; n++) {
		snprintf(text, sizeof(text), "p%u", n);
		create(text, 0);
		*statusp = try_open(text);
		if (*statusp != STATUS_SUCCESS)
			break;
	}
	return n;
}

START_TEST(fiftieth_distinct_pipe_is_refused)
{
	npfs_status status;

	ck_assert_uint_eq(open_until_refused(60, &status), 49);
	ck_assert_uint_eq(status, STATUS_TOO_MANY_COMMANDS);
	ck_assert_uint_eq(npfs_status_to_win32(status), 56);
}
END_TEST

START_TEST(further_instance_of_an_open_pipe_is_free)
{
	npfs_status status;

	open_until_refused(60, &status);
	create("P7", 0);
	ck_assert_uint_eq(try_open("p7"), STATUS_SUCCESS);
	close_remote("P7");
	ck_assert_uint_eq(try_open("p49"), STATUS_TOO_MANY_COMMANDS);
}
END_TEST

START_TEST(closing_one_frees_a_place)
{
	npfs_status status;

	open_until_refused(60, &status);
	close_remote("p3");
	ck_assert_uint_eq(try_open("p49"), STATUS_SUCCESS);
	create("q", 0);
	ck_assert_uint_eq(try_open("q"), STATUS_TOO_MANY_COMMANDS);
}
END_TEST

START_TEST(refused_open_takes_no_place)
{
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(try_open("nobody"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(session.n_pipes, 0);
}
END_TEST

START_TEST(modern_has_no_such_limit)
{
	npfs_status status;

	use("modern", false);
	ck_assert_uint_eq(open_until_refused(60, &status), 60);
}
END_TEST

START_TEST(local_clients_are_not_counted)
{
	struct np_req_open req = {.access = GENERIC_READ | GENERIC_WRITE};
	struct test_name name = test_name("local");
	struct np_volume_open open;

	for (unsigned i = 0; i < 60; i++) {
		create("local", 0);
		ck_assert_uint_eq(np_volume_open(&volume, &req, name.units, name.len, &open),
				  STATUS_SUCCESS);
		free(open.channel);
	}
}
END_TEST

START_TEST(null_session_needs_the_list)
{
	struct test_name listed = test_name("ORDERS");
	const uint16_t *names[] = {listed.units};
	const size_t lens[] = {listed.len};

	use("book", true);
	create("dept\\orders", 0);
	create("other", 0);
	ck_assert_uint_eq(try_open("dept\\orders"), STATUS_ACCESS_DENIED);
	policy.listed = names;
	policy.listed_len = lens;
	policy.n_listed = 1;
	ck_assert_uint_eq(try_open("other"), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(try_open("dept\\orders"), STATUS_SUCCESS);
}
END_TEST

START_TEST(null_session_list_can_be_turned_off)
{
	use("book", true);
	policy.restricts_null_sessions = false;
	create("other", 0);
	ck_assert_uint_eq(try_open("other"), STATUS_SUCCESS);
}
END_TEST

START_TEST(known_identity_needs_no_list)
{
	create("other", 0);
	ck_assert_uint_eq(try_open("other"), STATUS_SUCCESS);
}
END_TEST

START_TEST(pipe_that_rejects_remote_clients_refuses)
{
	create("mine", FILE_PIPE_REJECT_REMOTE_CLIENTS);
	ck_assert_uint_eq(try_open("mine"), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(session.n_pipes, 0);
}
END_TEST

START_TEST(message_pipe_is_opened_in_message_mode)
{
	struct np_remote_open open;

	create("m", FILE_PIPE_MESSAGE_TYPE);
	create("b", FILE_PIPE_BYTE_STREAM_TYPE);
	ck_assert_uint_eq(open_remote("m", &open), STATUS_SUCCESS);
	ck_assert(open.is_message_mode);
	ck_assert_uint_eq(open_remote("b", &open), STATUS_SUCCESS);
	ck_assert(!open.is_message_mode);
}
END_TEST

START_TEST(message_over_65535_bytes_is_refused)
{
	const uint32_t message = FILE_PIPE_MESSAGE_TYPE, byte = FILE_PIPE_BYTE_STREAM_TYPE;

	ck_assert_uint_eq(np_remote_check_write(&policy, message, 65534), STATUS_SUCCESS);
	ck_assert_uint_eq(np_remote_check_write(&policy, message, 65535), STATUS_SUCCESS);
	ck_assert_uint_eq(np_remote_check_write(&policy, message, 65536),
			  STATUS_BUFFER_OVERFLOW);
	ck_assert_uint_eq(np_remote_check_write(&policy, byte, 1 << 20), STATUS_SUCCESS);
	use("modern", false);
	ck_assert_uint_eq(np_remote_check_write(&policy, message, 1 << 20), STATUS_SUCCESS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("remote");
	TCase *tc = tcase_create("remote");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fiftieth_distinct_pipe_is_refused);
	tcase_add_test(tc, further_instance_of_an_open_pipe_is_free);
	tcase_add_test(tc, closing_one_frees_a_place);
	tcase_add_test(tc, refused_open_takes_no_place);
	tcase_add_test(tc, modern_has_no_such_limit);
	tcase_add_test(tc, local_clients_are_not_counted);
	tcase_add_test(tc, null_session_needs_the_list);
	tcase_add_test(tc, null_session_list_can_be_turned_off);
	tcase_add_test(tc, known_identity_needs_no_list);
	tcase_add_test(tc, pipe_that_rejects_remote_clients_refuses);
	tcase_add_test(tc, message_pipe_is_opened_in_message_mode);
	tcase_add_test(tc, message_over_65535_bytes_is_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
