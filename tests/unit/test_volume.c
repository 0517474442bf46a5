/* SPDX-License-Identifier: MIT */
/*
 * The name space as a pure model: rules, order of checks, queues, waits, with a fake
 * clock
 *
 * A channel here is a bare record; which ones the model has given back is counted.
 */
#include "npfs/core/volume.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/clock.h"
#include "npfs/core/personality.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "tests/lib/name.h"

#define MS (-INT64_C(10000))

static struct np_volume volume;
static struct np_owner owner, other;
static int64_t now_ns;
static unsigned n_channels_back, n_pipes_gone;

/* What waiters were told, in order. */
static struct {
	struct np_waiter *waiter;
	npfs_status status;
} answers[64];
static unsigned n_answers;

static void setup(void)
{
	np_volume_init(&volume);
	np_owner_init(&owner, 100, 1);
	np_owner_init(&other, 200, 2);
	now_ns = 1000000;
	n_channels_back = 0;
	n_pipes_gone = 0;
	n_answers = 0;
}

static void settle(void)
{
	struct np_done *done;

	while ((done = np_done_pop(&volume.done)) != NULL) {
		switch (done->kind) {
		case NP_DONE_WAITER:
			answers[n_answers].waiter =
				np_container_of(done, struct np_waiter, done);
			answers[n_answers++].status = done->status;
			break;
		case NP_DONE_CHANNEL:
			n_channels_back++;
			free(done);
			break;
		case NP_DONE_PIPE:
			n_pipes_gone++;
			break;
		}
	}
}

static void teardown(void)
{
	np_volume_drop_owner(&volume, &owner);
	np_volume_drop_owner(&volume, &other);
	settle();
	np_volume_fini(&volume);
}

static struct np_req_create request(void)
{
	return (struct np_req_create){
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.options = FILE_SYNCHRONOUS_IO_NONALERT,
		.max_instances = 4,
		.inbound_quota = 24,
		.outbound_quota = 102,
		.default_timeout = 50 * MS,
		.has_timeout = 1,
		.rules = NP_RULES_SUBDIRECTORY,
	};
}

static npfs_status create_as(struct np_owner *who, const char *text,
			     const struct np_req_create *req,
			     struct np_instance **instancep, uint32_t *informationp)
{
	struct test_name name = test_name(text);
	struct np_done *channel = malloc(sizeof(*channel));
	npfs_status status, checked;
	uint32_t type;

	ck_assert_ptr_nonnull(channel);
	np_done_init(channel, NP_DONE_CHANNEL);
	checked = np_volume_check_create(&volume, req, name.units, name.len, &type);
	status = np_volume_create(&volume, who, req, name.units, name.len, NULL, 0,
				  channel, NULL, instancep, informationp);
	ck_assert_uint_eq(checked, status);
	if (status == STATUS_SUCCESS)
		ck_assert_uint_eq(type, (*instancep)->pipe->type);
	else
		free(channel);
	settle();
	return status;
}

static npfs_status create_req(const char *text, const struct np_req_create *req)
{
	struct np_instance *instance;
	uint32_t information;

	return create_as(&owner, text, req, &instance, &information);
}

static npfs_status create(const char *text)
{
	struct np_req_create req = request();

	return create_req(text, &req);
}

static struct np_instance *must_create(const char *text)
{
	struct np_req_create req = request();
	struct np_instance *instance = NULL;
	uint32_t information;

	ck_assert_uint_eq(create_as(&owner, text, &req, &instance, &information),
			  STATUS_SUCCESS);
	return instance;
}

static npfs_status open_req(const char *text, const struct np_req_open *req,
			    struct np_volume_open *open)
{
	struct test_name name = test_name(text);
	npfs_status status = np_volume_open(&volume, req, name.units, name.len, open);

	if (status == STATUS_SUCCESS) {
		ck_assert_ptr_nonnull(open->channel);
		ck_assert_ptr_null(open->instance->channel);
		free(open->channel);
	}
	settle();
	return status;
}

static npfs_status open_access(const char *text, uint32_t access)
{
	const struct np_req_open req = {.access = access, .rules = NP_RULES_SUBDIRECTORY};
	struct np_volume_open open;

	return open_req(text, &req, &open);
}

static npfs_status open_any(const char *text)
{
	return open_access(text, GENERIC_READ | GENERIC_WRITE);
}

static uint64_t opened_id(const char *text)
{
	const struct np_req_open req = {.access = GENERIC_READ};
	struct np_volume_open open;

	ck_assert_uint_eq(open_req(text, &req, &open), STATUS_SUCCESS);
	return open.instance->id;
}

static npfs_status listen_id(uint64_t id, uint32_t *previous)
{
	struct np_done *channel = malloc(sizeof(*channel));
	npfs_status status;

	ck_assert_ptr_nonnull(channel);
	np_done_init(channel, NP_DONE_CHANNEL);
	status = np_volume_listen(&volume, &owner, id, channel, previous);
	if (status != STATUS_SUCCESS)
		free(channel);
	settle();
	return status;
}

static npfs_status disconnect_id(uint64_t id)
{
	uint32_t previous;
	npfs_status status = np_volume_disconnect(&volume, &owner, id, &previous);

	settle();
	return status;
}

static npfs_status close_id(uint64_t id)
{
	uint32_t previous;
	npfs_status status = np_volume_close(&volume, &owner, id, &previous);

	settle();
	return status;
}

static npfs_status wait_for(struct np_waiter *waiter, const char *text, int64_t timeout)
{
	struct np_req_wait req = {.timeout = timeout};
	struct test_name name = test_name(text);

	if (timeout == 1)
		req = (struct np_req_wait){.use_default = 1};
	np_waiter_init(waiter);
	return np_volume_wait(&volume, waiter, &req, name.units, name.len, now_ns);
}

static void pass(int64_t ms)
{
	now_ns += ms * NP_NS_PER_MS;
	np_volume_tick(&volume, now_ns);
	settle();
}

/* ---- create: what is refused whatever the name ---- */

START_TEST(arguments_no_pipe_can_have_are_refused_before_the_name_is_looked_at)
{
	struct {
		const char *what;
		struct np_req_create req;
	} cases[] = {
		{"type", request()},
		{"read mode", request()},
		{"completion", request()},
		{"share delete", request()},
		{"supersede", request()},
		{"overwrite", request()},
		{"overwrite if", request()},
		{"directory", request()},
		{"both synchronous", request()},
		{"synchronous without right", request()},
	};
	size_t i;

	cases[0].req.type = 4;
	cases[1].req.read_mode = 2;
	cases[2].req.completion_mode = 2;
	cases[3].req.share |= FILE_SHARE_DELETE;
	cases[4].req.disposition = FILE_SUPERSEDE;
	cases[5].req.disposition = FILE_OVERWRITE;
	cases[6].req.disposition = FILE_OVERWRITE_IF;
	cases[7].req.options = FILE_DIRECTORY_FILE;
	cases[8].req.options = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
	cases[9].req.access = FILE_READ_DATA;
	for (i = 0; i < NP_ARRAY_LEN(cases); i++) {
		/* the empty name would be another error */
		ck_assert_msg(create_req("", &cases[i].req) == STATUS_INVALID_PARAMETER,
			      "%s", cases[i].what);
		ck_assert_uint_eq(create_req("x", &cases[i].req),
				  STATUS_INVALID_PARAMETER);
	}
	ck_assert_uint_eq(np_map_len(&volume.by_name), 0);
}
END_TEST

/* ---- create: a new name ---- */

START_TEST(a_new_name_is_checked_in_the_documented_order)
{
	struct np_req_create req = request();

	ck_assert_uint_eq(create(""), STATUS_OBJECT_NAME_INVALID);

	req.has_timeout = 0;
	req.disposition = FILE_OPEN;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req = request();
	req.default_timeout = 0;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req.default_timeout = 50;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req = request();
	req.max_instances = 0;
	req.disposition = FILE_OPEN;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req = request();
	req.disposition = FILE_OPEN;
	req.share = 0;
	ck_assert_uint_eq(create_req("n", &req), STATUS_OBJECT_NAME_NOT_FOUND);
	req = request();
	req.share = 0;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req = request();
	req.read_mode = FILE_PIPE_MESSAGE_MODE;
	ck_assert_uint_eq(create_req("n", &req), STATUS_INVALID_PARAMETER);
	req.type = FILE_PIPE_MESSAGE_TYPE | FILE_PIPE_REJECT_REMOTE_CLIENTS;
	ck_assert_uint_eq(create_req("n", &req), STATUS_SUCCESS);
}
END_TEST

START_TEST(the_share_mode_gives_the_direction_and_the_access_is_mapped)
{
	static const struct {
		uint32_t access, share, config, granted;
	} cases[] = {
		{GENERIC_READ, FILE_SHARE_WRITE, FILE_PIPE_INBOUND, 0x00120089},
		{GENERIC_WRITE, FILE_SHARE_READ, FILE_PIPE_OUTBOUND, 0x00120116},
		{GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
		 FILE_PIPE_FULL_DUPLEX, 0x0012019F},
		{GENERIC_READ | WRITE_DAC, FILE_SHARE_WRITE, FILE_PIPE_INBOUND,
		 0x00160089},
		{MAXIMUM_ALLOWED, FILE_SHARE_READ, FILE_PIPE_OUTBOUND, 0x001F01FF},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(cases); i++) {
		struct np_req_create req = request();
		struct np_instance *instance;
		uint32_t information;

		req.access = cases[i].access;
		req.share = cases[i].share;
		ck_assert_uint_eq(create_as(&owner, "dir", &req, &instance, &information),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(information, FILE_CREATED);
		ck_assert_uint_eq(instance->state, NP_STATE_LISTENING);
		ck_assert_uint_eq(instance->pipe->config, cases[i].config);
		ck_assert_uint_eq(instance->granted_access, cases[i].granted);
		ck_assert_uint_eq(close_id(instance->id), STATUS_SUCCESS);
	}
}
END_TEST

/* ---- create: an existing name ---- */

START_TEST(a_full_pipe_is_reported_before_anything_else)
{
	struct np_req_create req = request();

	req.max_instances = 1;
	ck_assert_uint_eq(create_req("full", &req), STATUS_SUCCESS);
	ck_assert_uint_eq(create_req("full", &req), STATUS_INSTANCE_NOT_AVAILABLE);
	req.disposition = FILE_CREATE;
	req.share = FILE_SHARE_READ;
	ck_assert_uint_eq(create_req("FULL", &req), STATUS_INSTANCE_NOT_AVAILABLE);
}
END_TEST

START_TEST(with_room_first_instance_and_direction_are_denied)
{
	struct np_req_create req = request();

	must_create("room");
	req.disposition = FILE_CREATE;
	ck_assert_uint_eq(create_req("room", &req), STATUS_ACCESS_DENIED);
	req.disposition = FILE_OPEN;
	req.share = FILE_SHARE_READ;
	ck_assert_uint_eq(create_req("room", &req), STATUS_ACCESS_DENIED);
	req.share = 0;
	ck_assert_uint_eq(create_req("room", &req), STATUS_ACCESS_DENIED);
	req.share = FILE_SHARE_READ | FILE_SHARE_WRITE;
	ck_assert_uint_eq(create_req("room", &req), STATUS_SUCCESS);
}
END_TEST

START_TEST(later_type_maximum_quotas_and_timeout_do_not_matter)
{
	struct np_req_create req = request();
	struct np_instance *instance;
	uint32_t information;

	must_create("first");
	req.type = FILE_PIPE_MESSAGE_TYPE;
	req.max_instances = 3;
	req.inbound_quota = 1;
	req.outbound_quota = 2;
	req.has_timeout = 0;
	ck_assert_uint_eq(create_as(&owner, "first", &req, &instance, &information),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(information, FILE_OPENED);
	ck_assert_uint_eq(instance->pipe->type, FILE_PIPE_BYTE_STREAM_TYPE);
	ck_assert_uint_eq(instance->pipe->max_instances, 4);
	ck_assert_int_eq(instance->pipe->default_timeout, 50 * MS);
	ck_assert_uint_eq(instance->inbound_quota, 1);
	ck_assert_uint_eq(instance->outbound_quota, 2);
	/* unless the personality wants the documented rule */
	req.rules |= NP_RULES_TYPE_MUST_MATCH;
	ck_assert_uint_eq(create_req("first", &req), STATUS_ACCESS_DENIED);
	req.type = FILE_PIPE_BYTE_STREAM_TYPE;
	ck_assert_uint_eq(create_req("first", &req), STATUS_SUCCESS);
}
END_TEST

START_TEST(the_first_maximum_counts_whatever_later_ones_ask_for)
{
	struct np_req_create req = request();
	uint32_t wanted[] = {3, 2, 4}, i;

	for (i = 0; i < 3; i++) {
		req.max_instances = wanted[i];
		ck_assert_uint_eq(create_req("max", &req), STATUS_SUCCESS);
	}
	for (i = 2; i <= 4; i++) {
		req.max_instances = i;
		ck_assert_uint_eq(create_req("max", &req), STATUS_INSTANCE_NOT_AVAILABLE);
	}
}
END_TEST

START_TEST(message_read_mode_on_a_byte_pipe_is_refused)
{
	struct np_req_create req = request();

	must_create("byte");
	req.read_mode = FILE_PIPE_MESSAGE_MODE;
	ck_assert_uint_eq(create_req("byte", &req), STATUS_INVALID_PARAMETER);
	req.type = FILE_PIPE_MESSAGE_TYPE;
	ck_assert_uint_eq(create_req("byte", &req), STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(create_req("message", &req), STATUS_SUCCESS);
	req.type = FILE_PIPE_BYTE_STREAM_TYPE;
	ck_assert_uint_eq(create_req("message", &req), STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- names ---- */

START_TEST(names_compare_without_case_and_by_nothing_else)
{
	must_create("Foo\\Bar/x.");
	ck_assert_uint_eq(open_any("fOO\\bAR/X."), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("foo\\bar\\x."), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(open_any("foo\\bar/x"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(open_any("foo"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(open_any(""), STATUS_OBJECT_NAME_INVALID);
	must_create("t\\");
	ck_assert_uint_eq(open_any("t"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(open_any("t\\"), STATUS_SUCCESS);
	must_create("\\");
	ck_assert_uint_eq(open_any("\\"), STATUS_SUCCESS);
}
END_TEST

START_TEST(below_a_pipe_there_are_no_names_but_above_one_there_are)
{
	struct np_instance *foo = must_create("foo");

	ck_assert_uint_eq(create("FOO\\bar"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(create("foo\\a\\b\\c"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(create("foo\\"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(open_any("foo\\bar"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(create("foobar\\x"), STATUS_SUCCESS);
	ck_assert_uint_eq(create("fo\\x"), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(foo->id), STATUS_SUCCESS);
	ck_assert_uint_eq(create("foo\\bar"), STATUS_SUCCESS);
	/* one way only: the upper name may come later, and both are reached */
	ck_assert_uint_eq(create("foo"), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("foo\\bar"), STATUS_SUCCESS);
	ck_assert_uint_eq(create("foo\\bar"), STATUS_SUCCESS);
	ck_assert_uint_eq(create("foo\\other"), STATUS_OBJECT_NAME_INVALID);
}
END_TEST

START_TEST(the_sub_directory_rule_can_be_lifted)
{
	struct np_req_create req = request();
	struct np_req_open open_request = {.access = GENERIC_READ};
	struct np_volume_open open;

	must_create("foo");
	req.rules = 0;
	ck_assert_uint_eq(open_req("foo\\bar", &open_request, &open),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(create_req("foo\\bar", &req), STATUS_SUCCESS);
	ck_assert_uint_eq(open_req("foo\\bar", &open_request, &open), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_trailing_separator_is_dropped_only_by_the_old_rule)
{
	struct np_req_open req = {.access = GENERIC_READ};
	struct np_volume_open open;

	must_create("foo");
	ck_assert_uint_eq(open_req("foo\\", &req, &open), STATUS_OBJECT_NAME_NOT_FOUND);
	req.rules = NP_RULES_SUBDIRECTORY;
	ck_assert_uint_eq(open_req("foo\\", &req, &open), STATUS_OBJECT_NAME_INVALID);
	req.rules = NP_RULES_SUBDIRECTORY | NP_RULES_TRAILING_SEPARATOR;
	ck_assert_uint_eq(open_req("foo\\", &req, &open), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_name_of_separators_only_is_looked_up_in_no_time)
{
	size_t len = 32766, i;
	uint16_t *name = calloc(len, sizeof(*name));
	struct np_req_create req = request();
	uint32_t type;
	int round;

	ck_assert_ptr_nonnull(name);
	for (i = 0; i < len; i++)
		name[i] = '\\';
	must_create("x");
	/* one pass over the name each; the square of it would take minutes */
	for (round = 0; round < 200; round++)
		ck_assert_uint_eq(np_volume_check_create(&volume, &req, name, len, &type),
				  STATUS_SUCCESS);
	must_create("\\");
	ck_assert_uint_eq(np_volume_check_create(&volume, &req, name, len, &type),
			  STATUS_OBJECT_NAME_INVALID);
	free(name);
}
END_TEST

/* ---- open ---- */

START_TEST(direction_is_checked_before_it_is_seen_that_all_are_busy)
{
	struct np_req_create req = request();

	req.access = GENERIC_READ;
	req.share = FILE_SHARE_WRITE;
	ck_assert_uint_eq(create_req("in", &req), STATUS_SUCCESS);
	ck_assert_uint_eq(open_access("in", GENERIC_READ), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(open_access("in", MAXIMUM_ALLOWED), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(open_access("in", GENERIC_WRITE), STATUS_SUCCESS);
	ck_assert_uint_eq(open_access("in", GENERIC_READ), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(open_access("in", GENERIC_WRITE), STATUS_PIPE_NOT_AVAILABLE);
	req.access = GENERIC_WRITE;
	req.share = FILE_SHARE_READ;
	ck_assert_uint_eq(create_req("out", &req), STATUS_SUCCESS);
	ck_assert_uint_eq(open_access("out", GENERIC_WRITE), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(open_access("out", GENERIC_READ), STATUS_SUCCESS);
}
END_TEST

START_TEST(access_zero_connects_too)
{
	const struct np_req_open req = {.access = SYNCHRONIZE | FILE_READ_ATTRIBUTES};
	struct np_volume_open open;

	must_create("probe");
	ck_assert_uint_eq(open_req("probe", &req, &open), STATUS_SUCCESS);
	ck_assert_uint_eq(open.granted_access, SYNCHRONIZE | FILE_READ_ATTRIBUTES);
	ck_assert_uint_eq(open.instance->state, NP_STATE_CONNECTED);
	ck_assert_uint_eq(open_any("probe"), STATUS_PIPE_NOT_AVAILABLE);
}
END_TEST

START_TEST(remote_clients_are_refused_where_the_pipe_says_so)
{
	struct np_req_create req = request();
	const struct np_req_open remote = {.access = GENERIC_READ,
					   .flags = NP_OPEN_REMOTE};
	struct np_volume_open open;

	req.type = FILE_PIPE_REJECT_REMOTE_CLIENTS;
	ck_assert_uint_eq(create_req("local", &req), STATUS_SUCCESS);
	ck_assert_uint_eq(open_req("local", &remote, &open), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(open_any("local"), STATUS_SUCCESS);
	must_create("any");
	ck_assert_uint_eq(open_req("any", &remote, &open), STATUS_SUCCESS);
}
END_TEST

START_TEST(clients_take_instances_in_the_order_they_began_to_listen)
{
	uint64_t ids[4];
	uint32_t previous;
	int i;

	for (i = 0; i < 4; i++)
		ids[i] = must_create("fifo")->id;
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(opened_id("fifo"), ids[i]);
	ck_assert_uint_eq(disconnect_id(ids[0]), STATUS_SUCCESS);
	ck_assert_uint_eq(disconnect_id(ids[2]), STATUS_SUCCESS);
	ck_assert_uint_eq(listen_id(ids[2], &previous), STATUS_SUCCESS);
	ck_assert_uint_eq(listen_id(ids[0], &previous), STATUS_SUCCESS);
	ck_assert_uint_eq(opened_id("fifo"), ids[3]);
	ck_assert_uint_eq(opened_id("fifo"), ids[2]);
	ck_assert_uint_eq(opened_id("fifo"), ids[0]);
	ck_assert_uint_eq(open_any("fifo"), STATUS_PIPE_NOT_AVAILABLE);
}
END_TEST

/* ---- listen, disconnect, close ---- */

START_TEST(a_disconnected_instance_is_not_connectable_until_it_listens)
{
	struct np_instance *instance = must_create("again");
	uint32_t previous = 99;

	ck_assert_uint_eq(listen_id(instance->id, &previous), STATUS_PIPE_LISTENING);
	ck_assert_uint_eq(previous, 99);
	ck_assert_uint_eq(disconnect_id(instance->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_channels_back, 1);
	ck_assert_uint_eq(open_any("again"), STATUS_PIPE_NOT_AVAILABLE);
	ck_assert_uint_eq(disconnect_id(instance->id), STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(listen_id(instance->id, &previous), STATUS_SUCCESS);
	ck_assert_uint_eq(previous, NP_STATE_DISCONNECTED);
	ck_assert_uint_eq(open_any("again"), STATUS_SUCCESS);
	ck_assert_uint_eq(listen_id(instance->id, &previous), STATUS_SUCCESS);
	ck_assert_uint_eq(previous, NP_STATE_CONNECTED);
}
END_TEST

START_TEST(only_the_owner_can_do_anything_to_an_instance)
{
	struct np_instance *instance = must_create("mine");
	struct np_instance *found = NULL;
	uint32_t previous;

	ck_assert_uint_eq(np_volume_close(&volume, &other, instance->id, &previous),
			  STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(np_volume_disconnect(&volume, &other, instance->id, &previous),
			  STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(np_volume_check_listen(&volume, &other, instance->id, &found),
			  STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(close_id(instance->id + 1), STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(close_id(0), STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(open_any("mine"), STATUS_SUCCESS);
}
END_TEST

START_TEST(the_name_goes_with_the_last_server_end_and_can_be_made_anew)
{
	struct np_instance *a = must_create("life"), *b = must_create("life");
	struct np_req_create req = request();
	uint64_t a_id = a->id;

	ck_assert_uint_eq(open_any("life"), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(a_id), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(a_id), STATUS_INVALID_HANDLE);
	ck_assert_ptr_null(np_volume_find_instance(&volume, a_id));
	ck_assert_uint_eq(open_any("life"), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(b->id), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("life"), STATUS_OBJECT_NAME_NOT_FOUND);
	req.type = FILE_PIPE_MESSAGE_TYPE;
	req.share = FILE_SHARE_READ;
	ck_assert_uint_eq(create_req("life", &req), STATUS_SUCCESS);
}
END_TEST

START_TEST(an_owner_that_goes_takes_its_instances_and_nothing_else)
{
	struct np_req_create req = request();
	struct np_instance *instance;
	struct np_waiter waiter;
	uint32_t information;

	must_create("shared");
	must_create("shared");
	must_create("alone");
	ck_assert_uint_eq(create_as(&other, "shared", &req, &instance, &information),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(owner.n_instances, 3);
	ck_assert_uint_eq(open_any("alone"), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for(&waiter, "alone", INT64_MIN), STATUS_PENDING);
	np_volume_drop_owner(&volume, &owner);
	settle();
	ck_assert_uint_eq(owner.n_instances, 0);
	ck_assert_uint_eq(n_channels_back, 2);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(answers[0].status, STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(open_any("alone"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(opened_id("shared"), instance->id);
	ck_assert_uint_eq(open_any("shared"), STATUS_PIPE_NOT_AVAILABLE);
}
END_TEST

START_TEST(the_token_of_a_new_pipe_comes_back_when_the_name_goes)
{
	struct test_name name = test_name("token");
	struct np_req_create req = request();
	struct np_done tokens[2], *channels[2];
	struct np_instance *instances[2];
	uint32_t information;
	int i;

	for (i = 0; i < 2; i++) {
		np_done_init(&tokens[i], NP_DONE_PIPE);
		channels[i] = malloc(sizeof(*channels[i]));
		ck_assert_ptr_nonnull(channels[i]);
		np_done_init(channels[i], NP_DONE_CHANNEL);
		ck_assert_uint_eq(np_volume_create(&volume, &owner, &req, name.units,
						   name.len, "sd", 2, channels[i],
						   &tokens[i], &instances[i],
						   &information),
				  STATUS_SUCCESS);
		settle();
	}
	ck_assert_ptr_eq(instances[0]->pipe->token, &tokens[0]);
	ck_assert_uint_eq(instances[0]->pipe->sd_len, 2);
	ck_assert_uint_eq(close_id(instances[0]->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_pipes_gone, 0);
	ck_assert_uint_eq(close_id(instances[1]->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_pipes_gone, 1);
}
END_TEST

/* ---- names that clients hold ---- */

static struct np_instance *must_create_held(const char *text, uint32_t rules)
{
	struct np_req_create req = request();
	struct np_instance *instance = NULL;
	uint32_t information;

	req.rules |= rules;
	req.max_instances = 2;
	ck_assert_uint_eq(create_as(&owner, text, &req, &instance, &information),
			  STATUS_SUCCESS);
	return instance;
}

static struct np_instance *open_watched(const char *text)
{
	struct np_instance *instance = np_volume_find_instance(&volume, opened_id(text));

	ck_assert_ptr_nonnull(instance);
	instance->is_watched = true;
	return instance;
}

static void client_gone(uint64_t id)
{
	np_volume_client_gone(&volume, id);
	settle();
}

static npfs_status create_inbound(const char *text)
{
	struct np_req_create req = request();

	req.share = FILE_SHARE_WRITE;
	return create_req(text, &req);
}

START_TEST(a_client_holds_the_name_by_the_old_rules)
{
	struct np_instance *instance = must_create_held("held", NP_PIPE_RULES);
	uint64_t id = instance->id;
	struct np_waiter waiter;

	ck_assert_ptr_eq(open_watched("held"), instance);
	ck_assert_uint_eq(wait_for(&waiter, "held", INT64_MIN), STATUS_PENDING);
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	ck_assert_uint_eq(owner.n_instances, 0);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(answers[0].status, STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(close_id(id), STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(disconnect_id(id), STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(np_pipe_count(instance->pipe), 1);

	ck_assert_uint_eq(open_any("held"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(wait_for(&waiter, "held", INT64_MIN),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(create("held\\below"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(create_inbound("held"), STATUS_ACCESS_DENIED);

	client_gone(id);
	ck_assert_ptr_null(np_volume_find_instance(&volume, id));
	ck_assert_uint_eq(create_inbound("held"), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_create_joins_a_held_name_and_its_limit)
{
	struct np_instance *first = must_create_held("join", NP_PIPE_RULES), *second;
	uint64_t id = first->id;

	open_watched("join");
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	second = must_create("join");
	ck_assert_ptr_eq(second->pipe, first->pipe);
	ck_assert_uint_eq(np_pipe_count(second->pipe), 2);
	ck_assert_uint_eq(create("join"), STATUS_INSTANCE_NOT_AVAILABLE);
	ck_assert_uint_eq(open_any("join"), STATUS_SUCCESS);
	client_gone(id);
	ck_assert_uint_eq(np_pipe_count(second->pipe), 1);
	ck_assert_uint_eq(create("join"), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(second->id), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("join"), STATUS_SUCCESS);
}
END_TEST

START_TEST(whichever_end_goes_last_ends_the_instance)
{
	struct np_instance *instance = must_create_held("last", NP_PIPE_RULES);
	uint64_t id = instance->id;
	uint32_t previous = 0;

	open_watched("last");
	client_gone(id);
	ck_assert_int_eq(instance->state, NP_STATE_CLOSING);
	ck_assert_uint_eq(open_any("last"), STATUS_PIPE_NOT_AVAILABLE);
	client_gone(id); /* told once too often */
	ck_assert_uint_eq(disconnect_id(id), STATUS_SUCCESS);
	ck_assert_uint_eq(listen_id(id, &previous), STATUS_SUCCESS);
	open_watched("last");
	client_gone(id);
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	ck_assert_ptr_null(np_volume_find_instance(&volume, id));
	ck_assert_uint_eq(create_inbound("last"), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_disconnected_client_holds_nothing)
{
	uint64_t id = must_create_held("detached", NP_PIPE_RULES)->id;

	open_watched("detached");
	ck_assert_uint_eq(disconnect_id(id), STATUS_SUCCESS);
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	ck_assert_uint_eq(create_inbound("detached"), STATUS_SUCCESS);
}
END_TEST

START_TEST(an_owner_that_goes_leaves_what_clients_hold)
{
	uint64_t id = must_create_held("owner", NP_PIPE_RULES)->id;

	must_create("owner");
	open_watched("owner");
	np_volume_drop_owner(&volume, &owner);
	settle();
	ck_assert_uint_eq(owner.n_instances, 0);
	ck_assert_uint_eq(n_channels_back, 1);
	ck_assert_uint_eq(open_any("owner"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(create_inbound("owner"), STATUS_ACCESS_DENIED);
	client_gone(id);
	ck_assert_uint_eq(create_inbound("owner"), STATUS_SUCCESS);
}
END_TEST

START_TEST(without_the_rules_or_a_watch_the_server_is_all_that_counts)
{
	uint64_t id = must_create("today")->id;

	open_watched("today");
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	ck_assert_ptr_null(np_volume_find_instance(&volume, id));
	ck_assert_uint_eq(create_inbound("today"), STATUS_SUCCESS);
	id = must_create_held("blind", NP_PIPE_RULES)->id;
	ck_assert_uint_eq(opened_id("blind"), id);
	ck_assert_uint_eq(close_id(id), STATUS_SUCCESS);
	ck_assert_uint_eq(create_inbound("blind"), STATUS_SUCCESS);
}
END_TEST

START_TEST(each_of_the_two_rules_can_be_had_alone)
{
	struct np_instance *a, *b;
	uint64_t a_id;

	a = must_create_held("name only", NP_RULES_NAME_HELD_BY_CLIENT);
	a_id = a->id;
	open_watched("name only");
	ck_assert_uint_eq(close_id(a_id), STATUS_SUCCESS);
	ck_assert_uint_eq(np_pipe_count(a->pipe), 0);
	ck_assert_uint_eq(create_inbound("name only"), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(create("name only"), STATUS_SUCCESS);
	ck_assert_uint_eq(create("name only"), STATUS_SUCCESS);
	ck_assert_uint_eq(create("name only"), STATUS_INSTANCE_NOT_AVAILABLE);
	client_gone(a_id);

	a = must_create_held("count only", NP_RULES_CLOSED_SERVER_COUNTS);
	a_id = a->id;
	b = must_create("count only");
	open_watched("count only");
	ck_assert_uint_eq(close_id(a_id), STATUS_SUCCESS);
	ck_assert_uint_eq(np_pipe_count(b->pipe), 2);
	ck_assert_uint_eq(create("count only"), STATUS_INSTANCE_NOT_AVAILABLE);
	ck_assert_uint_eq(close_id(b->id), STATUS_SUCCESS);
	ck_assert_ptr_null(np_volume_find_instance(&volume, a_id));
	ck_assert_uint_eq(create_inbound("count only"), STATUS_SUCCESS);
	client_gone(a_id);
	ck_assert_uint_eq(open_access("count only", GENERIC_WRITE), STATUS_SUCCESS);
}
END_TEST

/* ---- wait ---- */

START_TEST(a_wait_is_answered_at_once_when_it_can_be)
{
	struct np_waiter waiter;

	ck_assert_uint_eq(wait_for(&waiter, "none", INT64_MIN),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	must_create("one");
	ck_assert_uint_eq(wait_for(&waiter, "ONE", INT64_MIN), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("one"), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for(&waiter, "one", 0), STATUS_IO_TIMEOUT);
	ck_assert_uint_eq(volume.waiters.n_waiters, 0);
}
END_TEST

START_TEST(a_wait_ends_at_its_time_and_the_default_is_the_creators)
{
	struct np_waiter waiters[3];

	must_create("late");
	ck_assert_uint_eq(open_any("late"), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for(&waiters[0], "late", 100 * MS), STATUS_PENDING);
	ck_assert_uint_eq(wait_for(&waiters[1], "late", 1 /* default */), STATUS_PENDING);
	ck_assert_uint_eq(wait_for(&waiters[2], "late", INT64_MIN), STATUS_PENDING);
	ck_assert_int_eq(np_volume_next_deadline(&volume), now_ns + 50 * NP_NS_PER_MS);
	pass(49);
	ck_assert_uint_eq(n_answers, 0);
	pass(1);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_ptr_eq(answers[0].waiter, &waiters[1]);
	ck_assert_uint_eq(answers[0].status, STATUS_IO_TIMEOUT);
	pass(50);
	ck_assert_uint_eq(n_answers, 2);
	ck_assert_ptr_eq(answers[1].waiter, &waiters[0]);
	ck_assert_int_eq(np_volume_next_deadline(&volume), NP_DEADLINE_NEVER);
	pass(1000 * 1000 * 1000);
	ck_assert_uint_eq(n_answers, 2);
	np_waiter_cancel(&waiters[2]);
}
END_TEST

START_TEST(all_waiters_wake_when_one_instance_listens)
{
	struct np_waiter waiters[3];
	struct np_instance *instance = must_create("wake");
	uint32_t previous;
	int i;

	ck_assert_uint_eq(open_any("wake"), STATUS_SUCCESS);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(wait_for(&waiters[i], "wake", 100 * MS),
				  STATUS_PENDING);
	ck_assert_uint_eq(disconnect_id(instance->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_answers, 0);
	ck_assert_uint_eq(listen_id(instance->id, &previous), STATUS_SUCCESS);
	ck_assert_uint_eq(n_answers, 3);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_eq(answers[i].waiter, &waiters[i]);
		ck_assert_uint_eq(answers[i].status, STATUS_SUCCESS);
	}
	ck_assert_uint_eq(open_any("wake"), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("wake"), STATUS_PIPE_NOT_AVAILABLE);
	pass(1000);
	ck_assert_uint_eq(n_answers, 3);
}
END_TEST

START_TEST(a_new_instance_wakes_and_the_end_of_the_name_answers)
{
	struct np_waiter waiter;
	struct np_instance *a = must_create("new"), *b;

	ck_assert_uint_eq(open_any("new"), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for(&waiter, "new", INT64_MIN), STATUS_PENDING);
	b = must_create("new");
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(answers[0].status, STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("new"), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for(&waiter, "new", INT64_MIN), STATUS_PENDING);
	ck_assert_uint_eq(close_id(a->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_answers, 1);
	ck_assert_uint_eq(close_id(b->id), STATUS_SUCCESS);
	ck_assert_uint_eq(n_answers, 2);
	ck_assert_uint_eq(answers[1].status, STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

/* ---- numbers ---- */

START_TEST(listing_goes_by_age_and_stands_changes)
{
	struct np_pipe *pipe;
	struct np_instance *b;
	uint64_t cursor;

	must_create("a");
	b = must_create("b");
	must_create("c");
	pipe = np_volume_next_pipe(&volume, 0);
	ck_assert_uint_eq(pipe->name[0], 'a');
	cursor = pipe->serial;
	ck_assert_uint_eq(close_id(b->id), STATUS_SUCCESS);
	must_create("b");
	pipe = np_volume_next_pipe(&volume, cursor);
	ck_assert_uint_eq(pipe->name[0], 'c');
	pipe = np_volume_pipe_after(&volume, pipe);
	ck_assert_ptr_nonnull(pipe);
	ck_assert_uint_eq(pipe->name[0], 'b');
	ck_assert_ptr_null(np_volume_pipe_after(&volume, pipe));
	ck_assert_ptr_null(np_volume_next_pipe(&volume, pipe->serial));
}
END_TEST

START_TEST(ten_thousand_instances_of_one_name_work)
{
	struct np_req_create req = request();
	struct np_instance *instance;
	uint32_t information;
	int i;

	req.max_instances = FILE_PIPE_UNLIMITED_INSTANCES;
	for (i = 0; i < 10000; i++)
		ck_assert_uint_eq(create_as(&owner, "big", &req, &instance, &information),
				  STATUS_SUCCESS);
	for (i = 0; i < 10000; i++)
		ck_assert_uint_eq(open_any("big"), STATUS_SUCCESS);
	ck_assert_uint_eq(open_any("big"), STATUS_PIPE_NOT_AVAILABLE);
	ck_assert_uint_eq(instance->pipe->n_instances, 10000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("volume");
	TCase *tc = tcase_create("volume");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(
		tc, arguments_no_pipe_can_have_are_refused_before_the_name_is_looked_at);
	tcase_add_test(tc, a_new_name_is_checked_in_the_documented_order);
	tcase_add_test(tc, the_share_mode_gives_the_direction_and_the_access_is_mapped);
	tcase_add_test(tc, a_full_pipe_is_reported_before_anything_else);
	tcase_add_test(tc, with_room_first_instance_and_direction_are_denied);
	tcase_add_test(tc, later_type_maximum_quotas_and_timeout_do_not_matter);
	tcase_add_test(tc, the_first_maximum_counts_whatever_later_ones_ask_for);
	tcase_add_test(tc, message_read_mode_on_a_byte_pipe_is_refused);
	tcase_add_test(tc, names_compare_without_case_and_by_nothing_else);
	tcase_add_test(tc, below_a_pipe_there_are_no_names_but_above_one_there_are);
	tcase_add_test(tc, the_sub_directory_rule_can_be_lifted);
	tcase_add_test(tc, a_trailing_separator_is_dropped_only_by_the_old_rule);
	tcase_add_test(tc, a_name_of_separators_only_is_looked_up_in_no_time);
	tcase_add_test(tc, direction_is_checked_before_it_is_seen_that_all_are_busy);
	tcase_add_test(tc, access_zero_connects_too);
	tcase_add_test(tc, remote_clients_are_refused_where_the_pipe_says_so);
	tcase_add_test(tc, clients_take_instances_in_the_order_they_began_to_listen);
	tcase_add_test(tc, a_disconnected_instance_is_not_connectable_until_it_listens);
	tcase_add_test(tc, only_the_owner_can_do_anything_to_an_instance);
	tcase_add_test(tc, the_name_goes_with_the_last_server_end_and_can_be_made_anew);
	tcase_add_test(tc, an_owner_that_goes_takes_its_instances_and_nothing_else);
	tcase_add_test(tc, the_token_of_a_new_pipe_comes_back_when_the_name_goes);
	tcase_add_test(tc, a_client_holds_the_name_by_the_old_rules);
	tcase_add_test(tc, a_create_joins_a_held_name_and_its_limit);
	tcase_add_test(tc, whichever_end_goes_last_ends_the_instance);
	tcase_add_test(tc, a_disconnected_client_holds_nothing);
	tcase_add_test(tc, an_owner_that_goes_leaves_what_clients_hold);
	tcase_add_test(tc, without_the_rules_or_a_watch_the_server_is_all_that_counts);
	tcase_add_test(tc, each_of_the_two_rules_can_be_had_alone);
	tcase_add_test(tc, a_wait_is_answered_at_once_when_it_can_be);
	tcase_add_test(tc, a_wait_ends_at_its_time_and_the_default_is_the_creators);
	tcase_add_test(tc, all_waiters_wake_when_one_instance_listens);
	tcase_add_test(tc, a_new_instance_wakes_and_the_end_of_the_name_answers);
	tcase_add_test(tc, listing_goes_by_age_and_stands_changes);
	tcase_add_test(tc, ten_thousand_instances_of_one_name_work);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
