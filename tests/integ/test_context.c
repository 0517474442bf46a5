/* SPDX-License-Identifier: MIT */
/*
 * Clients that are followed: the server sees what the writing thread was, write by write.
 *
 * The test process is root; its threads put other users on, as a service does that acts for
 * its clients, and write as them. For anybody else the tests are skipped.
 */
#include <npfs/npfs.h>

#include <check.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/client/end.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/wire.h"
#include "npfs/sec/sd.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"

#define DYNAMIC                                                                          \
	(NP_SQOS_PRESENT | NP_SQOS_DYNAMIC |                                             \
	 NPFS_LEVEL_IMPERSONATION << NP_SQOS_LEVEL_SHIFT)
#define ALICE  61001u
#define BOB    61002u
#define NOBODY UINT32_MAX

static struct test_broker broker;

struct pair {
	struct npfs_end *server, *client;
};

/* Everybody may do everything. */
static const uint8_t null_dacl[NP_SD_FIXED_LEN] = {
	NP_SD_REVISION, 0, NP_SD_DACL_PRESENT, NP_SD_SELF_RELATIVE >> 8};

static struct npfs_end *server_new(bool is_message, uint32_t quota)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.flags = NPFS_INHERITABLE,
		.type = is_message ? FILE_PIPE_MESSAGE_TYPE : FILE_PIPE_BYTE_STREAM_TYPE,
		.read_mode = is_message ? NPFS_MODE_MESSAGE : 0,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = quota,
		.outbound_quota = quota,
		.default_timeout = -500000,
		.descriptor = null_dacl,
		.descriptor_len = sizeof(null_dacl),
	};
	struct test_name name = test_name("followed");
	struct npfs_end *end = NULL;

	ck_assert_uint_eq(npfs_pipe_create(name.units, name.len, &params, &end, NULL),
			  STATUS_SUCCESS);
	return end;
}

static struct npfs_end *client_open(uint32_t sqos)
{
	const struct npfs_open_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.flags = NPFS_INHERITABLE,
		.sqos = sqos,
	};
	struct test_name name = test_name("followed");
	struct npfs_end *end = NULL;

	ck_assert_uint_eq(npfs_pipe_open(name.units, name.len, &params, &end),
			  STATUS_SUCCESS);
	return end;
}

static struct pair pair_new(bool is_message, uint32_t quota, uint32_t sqos)
{
	struct pair pair = {.server = server_new(is_message, quota)};

	pair.client = client_open(sqos);
	ck_assert_uint_eq(npfs_end_listen(pair.server, NULL), STATUS_PIPE_CONNECTED);
	return pair;
}

static void pair_free(struct pair *pair)
{
	npfs_end_free(pair->client);
	npfs_end_free(pair->server);
}

/* The calling thread goes on as that user: 0 itself, NOBODY anonymous. */
static void become(uint32_t uid, uint32_t level)
{
	const uint32_t group = 61100;
	const struct npfs_identity_info info = {
		.size = sizeof(info),
		.flags = uid == NOBODY ? NPFS_IDENTITY_ANONYMOUS : 0,
		.level = level,
		.uid = uid,
		.gid = uid,
		.n_gids = uid == BOB,
		.gids = &group,
	};
	struct npfs_identity *identity = NULL;

	npfs_thread_revert();
	if (uid == 0)
		return;
	ck_assert_uint_eq(npfs_identity_new(&info, 0, 0, &identity), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_thread_impersonate(identity), STATUS_SUCCESS);
	npfs_identity_unref(identity);
}

static npfs_status write_as(struct npfs_end *end, uint32_t uid)
{
	npfs_status status;
	uint32_t n = 0;

	become(uid, NPFS_LEVEL_IMPERSONATION);
	status = npfs_end_write(end, "four", 4, NULL, &n);
	npfs_thread_revert();
	return status;
}

#define ck_write_as(end, uid) ck_assert_uint_eq(write_as((end), (uid)), STATUS_SUCCESS)

static void read_some(struct npfs_end *server, uint32_t len)
{
	uint32_t n = 0;
	char buf[64];
	npfs_status status = npfs_end_read(server, buf, len, NULL, &n);

	ck_assert(status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW);
	ck_assert_uint_eq(n, len);
}

/* Who the client is, as the server sees it: a user, or NOBODY. */
static uint32_t client_of(struct npfs_end *server)
{
	struct npfs_identity *identity = NULL;
	const struct npfs_identity_info *info;
	uint32_t uid;

	ck_assert_uint_eq(npfs_end_client_identity(server, &identity), STATUS_SUCCESS);
	info = npfs_identity_look(identity);
	uid = info->flags & NPFS_IDENTITY_ANONYMOUS ? NOBODY : info->uid;
	ck_assert_uint_eq(info->level, NPFS_LEVEL_IMPERSONATION);
	if (uid == BOB)
		ck_assert(info->n_gids == 1 && info->gids[0] == 61100);
	npfs_identity_unref(identity);
	return uid;
}

static void setup(void)
{
	static const char *const options[] = {"--all-users", NULL};

	test_broker_start_with(&broker, options);
	ck_assert_int_eq(chmod(broker.dir, 0711), 0);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

START_TEST(each_write_shows_who_made_it)
{
	static const uint32_t users[] = {0, ALICE, ALICE, BOB, NOBODY, 0, BOB};
	struct pair pair = pair_new(_i & 1, 4096, _i & 2 ? DYNAMIC : 0);
	unsigned i;

	for (i = 0; i < NP_ARRAY_LEN(users); i++)
		ck_write_as(pair.client, users[i]);
	for (i = 0; i < NP_ARRAY_LEN(users); i++) {
		read_some(pair.server, 1);
		ck_assert_uint_eq(client_of(pair.server), users[i]);
		read_some(pair.server, 3);
		ck_assert_uint_eq(client_of(pair.server), users[i]);
	}
	pair_free(&pair);
}
END_TEST

START_TEST(a_static_context_does_not_follow)
{
	struct pair pair = pair_new(true, 4096, DYNAMIC & ~NP_SQOS_DYNAMIC);

	ck_write_as(pair.client, BOB);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), 0);
	pair_free(&pair);
}
END_TEST

START_TEST(who_opened_as_another_is_followed_back)
{
	struct pair pair = {.server = server_new(true, 4096)};

	become(ALICE, NPFS_LEVEL_IMPERSONATION);
	pair.client = client_open(0);
	npfs_thread_revert();
	ck_assert_uint_eq(npfs_end_listen(pair.server, NULL), STATUS_PIPE_CONNECTED);
	ck_write_as(pair.client, ALICE);
	ck_write_as(pair.client, 0);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), ALICE);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), 0);
	pair_free(&pair);
}
END_TEST

/* A thread acts as the client of what it read last. */
START_TEST(the_server_acts_as_the_writer)
{
	struct pair pair = pair_new(true, 4096, 0);

	ck_write_as(pair.client, BOB);
	ck_write_as(pair.client, 0);
	read_some(pair.server, 4);
	ck_assert_uint_eq(npfs_end_impersonate(pair.server), STATUS_SUCCESS);
	ck_assert_uint_eq(geteuid(), BOB);
	npfs_thread_revert();
	read_some(pair.server, 4);
	ck_assert_uint_eq(npfs_end_impersonate(pair.server), STATUS_SUCCESS);
	ck_assert_uint_eq(geteuid(), 0);
	npfs_thread_revert();
	pair_free(&pair);
}
END_TEST

START_TEST(the_context_stays_when_the_client_goes)
{
	struct pair pair = pair_new(true, 4096, 0);

	ck_write_as(pair.client, ALICE);
	ck_write_as(pair.client, BOB);
	npfs_end_free(pair.client);
	pair.client = NULL;
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), ALICE);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), BOB);
	pair_free(&pair);
}
END_TEST

/* The next client of the same instance starts from nothing. */
START_TEST(a_disconnect_forgets_it)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct npfs_identity *identity = NULL;

	ck_write_as(pair.client, BOB);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), BOB);
	ck_assert_uint_eq(npfs_end_disconnect(pair.server), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_client_identity(pair.server, &identity),
			  STATUS_CANNOT_IMPERSONATE);
	npfs_end_free(pair.client);
	pair.client = NULL;
	pair_free(&pair);
}
END_TEST

/* An identity that may only be looked at cannot be shown to others. */
START_TEST(a_write_fails_whose_context_cannot_be_had)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct npfs_peek peek;
	uint32_t n = 0;

	become(BOB, NPFS_LEVEL_IDENTIFICATION);
	ck_assert_uint_eq(npfs_end_write(pair.client, "x", 1, NULL, &n),
			  STATUS_BAD_IMPERSONATION_LEVEL);
	npfs_thread_revert();
	ck_assert_uint_eq(npfs_end_peek(pair.server, NULL, 0, &peek), STATUS_SUCCESS);
	ck_assert_uint_eq(peek.available, 0);
	ck_write_as(pair.client, 0);
	pair_free(&pair);
}
END_TEST

static void on_complete(struct npfs_op *op)
{
	atomic_store((_Atomic bool *)op->user, true);
}

START_TEST(a_transact_is_followed_too)
{
	struct pair pair = pair_new(true, 4096, 0);
	_Atomic bool is_done = false;
	struct npfs_op op;
	uint32_t n = 0;
	char buf[8];

	ck_assert_uint_eq(npfs_end_set_modes(pair.client, NPFS_MODE_MESSAGE, 0),
			  STATUS_SUCCESS);
	npfs_op_init(&op, on_complete, &is_done);
	become(BOB, NPFS_LEVEL_IMPERSONATION);
	ck_assert_uint_eq(npfs_end_transact(pair.client, "four", 4, buf, sizeof(buf), &op,
					    &n),
			  STATUS_PENDING);
	npfs_thread_revert();
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), BOB);
	ck_assert_uint_eq(npfs_end_cancel(pair.client, NULL, NULL), 1);
	ck_assert(atomic_load(&is_done));
	pair_free(&pair);
}
END_TEST

/* Asks the broker once for each change, and never when nothing changes. */
START_TEST(the_broker_is_asked_when_the_answer_is_new)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct np_call_stats before, after;
	unsigned i;

	ck_write_as(pair.client, BOB); /* BOB's own connection is made */
	read_some(pair.server, 4);
	become(BOB, NPFS_LEVEL_IMPERSONATION);
	ck_assert_uint_eq(np_call_stats(&before), STATUS_SUCCESS);
	for (i = 0; i < 10; i++) {
		uint32_t n = 0;

		ck_assert_uint_eq(npfs_end_write(pair.client, "four", 4, NULL, &n),
				  STATUS_SUCCESS);
		read_some(pair.server, 4);
	}
	ck_assert_uint_eq(np_call_stats(&after), STATUS_SUCCESS);
	npfs_thread_revert();
	ck_assert_uint_eq(after.n_requests - before.n_requests, 1);
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(client_of(pair.server), BOB);
	ck_assert_uint_eq(np_call_stats(&before), STATUS_SUCCESS);
	ck_assert_uint_eq(before.n_requests - after.n_requests, 2);
	pair_free(&pair);
}
END_TEST

/* What a client that leaves this library out could put there. */

static void put_note(struct npfs_end *end, const void *bytes, uint32_t len)
{
	struct np_lane_note *note = malloc(sizeof(*note) + len);
	struct np_list done = NP_LIST_INIT(done);
	uint32_t n = 0;

	ck_assert_ptr_nonnull(note);
	note->context = 4711;
	note->len = len;
	memcpy(note->bytes, bytes, len);
	np_end_lock(end);
	np_lane_writer_set_note(&end->out, note);
	ck_assert_uint_eq(np_lane_write(&end->out, NULL, "four", 4, NP_WRITE_NOWAIT, &n),
			  STATUS_SUCCESS);
	np_wake_if_armed(end, NP_BELL_READ);
	np_end_unlock(end, &done);
}

static void ck_refused(struct npfs_end *server)
{
	struct npfs_identity *identity = NULL;

	read_some(server, 4);
	ck_assert_uint_eq(npfs_end_client_identity(server, &identity),
			  STATUS_CANNOT_IMPERSONATE);
	ck_assert_uint_eq(npfs_end_impersonate(server), STATUS_CANNOT_IMPERSONATE);
	ck_assert_ptr_null(npfs_thread_identity());
}

static void certify(struct npfs_end *client, void **bytesp, size_t *lenp)
{
	const struct np_as as = {.flags = 0};

	ck_assert_uint_eq(np_call_certify(&client->info.ticket, &as, 0, bytesp, lenp),
			  STATUS_SUCCESS);
}

START_TEST(a_certificate_holds_only_as_it_was_made)
{
	struct pair pair = pair_new(true, 4096, 0);
	NP_CLEANUP_FREE void *bytes = NULL;
	size_t len = 0, at;

	certify(pair.client, &bytes, &len);
	for (at = 0; at < len; at++) {
		((uint8_t *)bytes)[at] ^= 0x10;
		put_note(pair.client, bytes, (uint32_t)len);
		ck_refused(pair.server);
		((uint8_t *)bytes)[at] ^= 0x10;
	}
	for (at = 0; at < len; at++) {
		put_note(pair.client, bytes, (uint32_t)at);
		if (at > 0)
			ck_refused(pair.server);
		else
			read_some(pair.server, 4);
	}
	put_note(pair.client, bytes, (uint32_t)len);
	read_some(pair.server, 4);
	ck_assert_uint_eq(client_of(pair.server), 0);
	pair_free(&pair);
}
END_TEST

/* Somebody else's, who is a client of mine, does not make me him at my own server. */
START_TEST(a_certificate_is_for_one_connection)
{
	struct pair mine = pair_new(true, 4096, 0);
	struct pair other = pair_new(true, 4096, 0);
	NP_CLEANUP_FREE void *bytes = NULL;
	size_t len = 0;

	certify(other.client, &bytes, &len);
	put_note(mine.client, bytes, (uint32_t)len);
	ck_refused(mine.server);
	put_note(other.client, bytes, (uint32_t)len);
	read_some(other.server, 4);
	ck_assert_uint_eq(client_of(other.server), 0);
	pair_free(&mine);
	pair_free(&other);
}
END_TEST

START_TEST(the_broker_certifies_holders_of_client_ends_only)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct np_ticket ticket = pair.client->info.ticket;
	const struct np_as nobody = {.flags = NP_AS_ANONYMOUS};
	const struct np_as stranger = {.key = {1, 2}};
	void *bytes = NULL;
	size_t len = 0;

	ck_assert_uint_eq(np_call_certify(&pair.server->info.ticket, &nobody, 0, &bytes,
					  &len),
			  STATUS_ILLEGAL_FUNCTION);
	ck_assert_uint_eq(np_call_certify(&ticket, &stranger, 0, &bytes, &len),
			  STATUS_NO_IMPERSONATION_TOKEN);
	ticket.connection++;
	ck_assert_uint_eq(np_call_certify(&ticket, &nobody, 0, &bytes, &len),
			  STATUS_CANNOT_IMPERSONATE);
	ck_assert_ptr_null(bytes);
	ck_assert_uint_eq(np_call_verify(NULL, 0), STATUS_CANNOT_IMPERSONATE);
	pair_free(&pair);
}
END_TEST

/* A broker that was started anew knows what the one before said, unless its state is lost. */
START_TEST(only_the_brokers_own_word_counts)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct npfs_identity *identity = NULL;
	char state[128];

	ck_write_as(pair.client, BOB);
	test_broker_kill(&broker);
	if (_i == 1) {
		snprintf(state, sizeof(state), "%s.state", broker.path);
		ck_assert_int_eq(unlink(state), 0);
	}
	test_broker_restart(&broker);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
	ck_assert_uint_eq(write_as(pair.client, ALICE),
			  _i == 1 ? STATUS_CANNOT_IMPERSONATE : STATUS_SUCCESS);
	read_some(pair.server, 4);
	if (_i == 1) {
		ck_assert_uint_eq(npfs_end_client_identity(pair.server, &identity),
				  STATUS_CANNOT_IMPERSONATE);
	} else {
		ck_assert_uint_eq(client_of(pair.server), BOB);
		read_some(pair.server, 4);
		ck_assert_uint_eq(client_of(pair.server), ALICE);
	}
	pair_free(&pair);
}
END_TEST

/* Ends that several processes hold */

/* Another process and another user: writes and reads on a copy of the end. */
struct heir {
	struct npfs_parcel parcel;
	uint32_t uid;
	bool reads;
};

static int heir_run(int sock, void *arg)
{
	const struct heir *heir = arg;
	struct npfs_end *end = NULL;
	uint32_t n = 0;
	char buf[8];

	if (setgroups(0, NULL) < 0 || setresgid(heir->uid, heir->uid, heir->uid) < 0 ||
	    setresuid(heir->uid, heir->uid, heir->uid) < 0)
		return 1;
	if (npfs_end_import(&heir->parcel, &end) != STATUS_SUCCESS)
		return 2;
	while (test_hear(sock) == 'g') {
		if (heir->reads ? npfs_end_read(end, buf, 4, NULL, &n) != STATUS_SUCCESS :
				  npfs_end_write(end, "four", 4, NULL, &n) !=
					  STATUS_SUCCESS)
			return 3;
		test_say(sock, 'd');
	}
	npfs_end_free(end);
	return 0;
}

static void heir_go(struct test_child *child)
{
	test_say(child->sock, 'g');
	test_expect(child->sock, 'd');
}

START_TEST(the_other_holder_of_a_client_end_is_himself)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct heir heir = {.uid = ALICE};
	struct test_child child;
	unsigned i;

	ck_assert_uint_eq(npfs_end_export(pair.client, &heir.parcel), STATUS_SUCCESS);
	test_child_start(&child, heir_run, &heir);
	npfs_parcel_free(&heir.parcel);
	for (i = 0; i < 3; i++) {
		heir_go(&child);
		ck_write_as(pair.client, 0);
		heir_go(&child);
		ck_write_as(pair.client, NOBODY);
		read_some(pair.server, 4);
		ck_assert_uint_eq(client_of(pair.server), ALICE);
		read_some(pair.server, 4);
		ck_assert_uint_eq(client_of(pair.server), 0);
		read_some(pair.server, 4);
		ck_assert_uint_eq(client_of(pair.server), ALICE);
		read_some(pair.server, 4);
		ck_assert_uint_eq(client_of(pair.server), NOBODY);
	}
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	pair_free(&pair);
}
END_TEST

START_TEST(what_one_holder_of_a_server_end_reads_the_other_acts_on)
{
	struct pair pair = pair_new(true, 4096, 0);
	struct heir heir = {.uid = ALICE, .reads = true};
	struct test_child child;

	ck_write_as(pair.client, BOB);
	ck_write_as(pair.client, NOBODY);
	ck_write_as(pair.client, ALICE);
	read_some(pair.server, 4);
	ck_assert_uint_eq(npfs_end_export(pair.server, &heir.parcel), STATUS_SUCCESS);
	ck_assert_uint_eq(client_of(pair.server), BOB);
	test_child_start(&child, heir_run, &heir);
	npfs_parcel_free(&heir.parcel);
	heir_go(&child);
	ck_assert_uint_eq(client_of(pair.server), NOBODY);
	heir_go(&child);
	ck_assert_uint_eq(client_of(pair.server), ALICE);
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	pair_free(&pair);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("context");
	TCase *tcase = tcase_create("context");
	SRunner *runner;
	int failed;

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, each_write_shows_who_made_it, 0, 4);
	tcase_add_test(tcase, a_static_context_does_not_follow);
	tcase_add_test(tcase, who_opened_as_another_is_followed_back);
	tcase_add_test(tcase, the_server_acts_as_the_writer);
	tcase_add_test(tcase, the_context_stays_when_the_client_goes);
	tcase_add_test(tcase, a_disconnect_forgets_it);
	tcase_add_test(tcase, a_write_fails_whose_context_cannot_be_had);
	tcase_add_test(tcase, a_transact_is_followed_too);
	tcase_add_test(tcase, the_broker_is_asked_when_the_answer_is_new);
	tcase_add_test(tcase, a_certificate_holds_only_as_it_was_made);
	tcase_add_test(tcase, a_certificate_is_for_one_connection);
	tcase_add_test(tcase, the_broker_certifies_holders_of_client_ends_only);
	tcase_add_loop_test(tcase, only_the_brokers_own_word_counts, 0, 2);
	tcase_add_test(tcase, the_other_holder_of_a_client_end_is_himself);
	tcase_add_test(tcase, what_one_holder_of_a_server_end_reads_the_other_acts_on);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
