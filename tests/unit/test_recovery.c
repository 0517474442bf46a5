/* SPDX-License-Identifier: MIT */
/*
 * Recovery: what the next broker has of the one before, and until when
 *
 * The brokers here do not listen; the first one's death is that it is taken down as one
 * that was killed, so that its journal stays. The processes that own instances are this
 * one, children of it, and numbers that nobody has.
 */
#include "npfs/broker/recovery.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/procfs.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/token.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define NO_PID 0x7ffffff0u /* above every limit of process numbers */

static char dir[64];
static struct np_options options;
static struct np_broker broker;
static struct np_seal_secret secret; /* of the first broker */

static void broker_begin(void)
{
	ck_assert_int_eq(np_broker_init(&broker, &options), 0);
}

/* The broker goes and nothing that is left says that it meant to. */
static void broker_killed(void)
{
	np_journal_fini(&broker.journal, true);
	np_broker_fini(&broker);
}

static void setup(void)
{
	test_dir_make(dir, sizeof(dir));
	snprintf(options.place.path, sizeof(options.place.path), "%s/sock", dir);
	np_limit_values_init(&options.limits);
	options.claim_time = 60;
	np_log_set_level(NP_LOG_ERROR);
	broker_begin();
	secret = broker.secret;
	np_journal_rewrite(&broker);
}

static void teardown(void)
{
	char path[sizeof(options.place.path) + 16];

	broker_killed();
	snprintf(path, sizeof(path), "%s" NP_JOURNAL_SUFFIX, options.place.path);
	unlink(path);
	test_dir_remove(dir);
}

/* An owner as the first broker would record it. */
static void own(struct np_owner *owner, uint32_t pid)
{
	np_owner_init(owner, pid, 0);
	owner->uid = getuid();
	owner->born = np_process_born(pid);
}

static struct np_pipe *add_pipe(const char *text, bool is_paid)
{
	struct test_name name = test_name(text);
	struct np_token *token = NULL;
	struct np_pipe *pipe = NULL;
	struct np_user *user = NULL;

	ck_assert_int_eq(np_pipe_new(&pipe, name.units, name.len, "sd", 2), 0);
	pipe->max_instances = 3;
	if (is_paid) {
		ck_assert_int_eq(np_user_get(&broker.limits, getuid(), &user), 0);
		ck_assert_int_eq(np_token_new(&token, &broker.limits, user,
					      4 * name.len + 2),
				 0);
		pipe->token = &token->done;
		np_token_watch(token, pipe);
	}
	ck_assert_int_eq(np_volume_restore_pipe(&broker.volume, pipe,
						broker.volume.next_serial),
			 0);
	np_journal_add_pipe(&broker, pipe);
	np_journal_commit(&broker);
	return pipe;
}

static uint64_t add_instance(struct np_pipe *pipe, struct np_owner *owner)
{
	struct np_instance *instance = NULL;

	ck_assert_int_eq(np_volume_restore_instance(&broker.volume, owner, pipe,
						    broker.volume.next_id, &instance),
			 0);
	instance->granted_access = 0x120089;
	instance->inbound_quota = 11;
	instance->outbound_quota = 22;
	np_journal_add_instance(&broker, instance);
	np_journal_commit(&broker);
	return instance->id;
}

/* The first broker is killed, the second begins. */
static void next_broker(struct np_owner *owner)
{
	np_journal_fini(&broker.journal, true);
	np_volume_drop_owner(&broker.volume, owner);
	np_broker_settle(&broker);
	np_broker_fini(&broker);
	broker_begin();
	np_recovery_begin(&broker);
}

static uint64_t used(enum np_limit limit)
{
	struct np_user *user = NULL;
	uint64_t n;

	ck_assert_int_eq(np_user_get(&broker.limits, getuid(), &user), 0);
	n = user->used[limit];
	np_user_put(&broker.limits, user);
	return n;
}

static size_t n_instances(void)
{
	return np_map_len(&broker.volume.by_id);
}

static bool has_name(const char *text)
{
	struct test_name name = test_name(text);

	return np_volume_find_pipe(&broker.volume, name.units, name.len) != NULL;
}

static void client_of(struct np_client *client, const struct np_owner *owner)
{
	memset(client, 0, sizeof(*client));
	client->broker = &broker;
	client->pid = owner->pid;
	client->uid = owner->uid;
	client->fd = -1;
	np_owner_init(&client->owner, owner->pid, 0);
	client->owner.uid = owner->uid;
	client->owner.born = owner->born;
	np_object_owner_init(&client->objects);
	client->objects.who = &client->owner;
}

/* As np_client_drop() does: what it has is charged to its user until then. */
static void client_leaves(struct np_client *client)
{
	struct np_user *user = NULL;

	ck_assert_int_eq(np_user_get(&broker.limits, client->uid, &user), 0);
	np_user_refund(user, NP_LIMIT_INSTANCES, client->owner.n_instances);
	np_volume_drop_owner(&broker.volume, &client->owner);
	np_user_put(&broker.limits, user);
	np_broker_settle(&broker);
}

START_TEST(names_limits_and_owners_are_there_again)
{
	struct np_instance *instance;
	struct np_owner owner;
	uint64_t id, next_id;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("One\\pipe", true), &owner);
	next_id = broker.volume.next_id;
	next_broker(&owner);

	ck_assert(has_name("ONE\\PIPE"));
	instance = np_volume_find_instance(&broker.volume, id);
	ck_assert_ptr_nonnull(instance);
	ck_assert_uint_eq(instance->granted_access, 0x120089);
	ck_assert_uint_eq(instance->inbound_quota, 11);
	ck_assert_uint_eq(instance->outbound_quota, 22);
	ck_assert_uint_eq(instance->pipe->max_instances, 3);
	ck_assert_uint_eq(instance->pipe->sd_len, 2);
	ck_assert_mem_eq(instance->pipe->sd, "sd", 2);
	ck_assert_uint_eq(instance->owner->pid, (uint32_t)getpid());
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 1);
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 1);
	ck_assert_uint_eq(used(NP_LIMIT_NAME_BYTES), 4 * 8 + 2);
	ck_assert_mem_eq(&broker.secret, &secret, sizeof(secret));
	ck_assert_uint_ge(broker.volume.next_id, next_id);
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	ck_assert(broker.recovery.is_holding);
}
END_TEST

START_TEST(who_owns_it_claims_it)
{
	struct np_client client;
	struct np_owner owner;
	uint64_t id;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("p", true), &owner);
	next_broker(&owner);
	client_of(&client, &owner);
	ck_assert_uint_eq(np_recovery_claim(&client, id, np_seal_warrant(&secret, id)),
			  STATUS_SUCCESS);
	ck_assert_ptr_eq(np_volume_find_instance(&broker.volume, id)->owner,
			 &client.owner);
	/* it is not there a second time */
	ck_assert_uint_ne(np_recovery_claim(&client, id, np_seal_warrant(&secret, id)),
			  STATUS_SUCCESS);
	np_recovery_claimed(&client);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
	ck_assert(!broker.recovery.is_holding);
	ck_assert(!np_timer_is_armed(&broker.recovery.give_up_timer));
	ck_assert_uint_eq(n_instances(), 1);
	/* nobody is expected a second time */
	np_recovery_claimed(&client);
	client_leaves(&client);
}
END_TEST

START_TEST(nobody_else_claims_it)
{
	struct np_client client;
	struct np_owner owner;
	uint64_t id, warrant;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("p", false), &owner);
	next_broker(&owner);
	warrant = np_seal_warrant(&secret, id);

	client_of(&client, &owner);
	ck_assert_uint_eq(np_recovery_claim(&client, id, warrant ^ 1),
			  STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(np_recovery_claim(&client, id + 1,
					    np_seal_warrant(&secret, id + 1)),
			  STATUS_INVALID_HANDLE);
	client.pid++;
	ck_assert_uint_eq(np_recovery_claim(&client, id, warrant), STATUS_INVALID_HANDLE);
	client.pid--;
	client.uid++;
	ck_assert_uint_eq(np_recovery_claim(&client, id, warrant), STATUS_INVALID_HANDLE);
	client.uid--;
	client.owner.born++;
	ck_assert_uint_eq(np_recovery_claim(&client, id, warrant), STATUS_INVALID_HANDLE);
	np_recovery_claimed(&client);
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	client.owner.born--;
	ck_assert_uint_eq(np_recovery_claim(&client, id, warrant), STATUS_SUCCESS);
	client_leaves(&client);
}
END_TEST

/* The account of a user who has nothing stays as long as somebody may look at it. */
START_TEST(who_claims_all_and_leaves_without_saying_so_is_forgotten)
{
	struct np_client client;
	struct np_owner owner;
	uint64_t id;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("p", false), &owner);
	next_broker(&owner);
	client_of(&client, &owner);
	ck_assert_uint_eq(np_recovery_claim(&client, id, np_seal_warrant(&secret, id)),
			  STATUS_SUCCESS);
	client_leaves(&client);
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	np_recovery_fini(&broker);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
	ck_assert_uint_eq(np_map_len(&broker.limits.users), 0);
}
END_TEST

START_TEST(what_is_not_claimed_is_closed_with_the_end_of_claims)
{
	struct np_client client;
	struct np_owner owner;
	struct np_pipe *pipe;
	uint64_t id;

	own(&owner, (uint32_t)getpid());
	pipe = add_pipe("kept", true);
	id = add_instance(pipe, &owner);
	add_instance(pipe, &owner);
	add_instance(add_pipe("dropped", true), &owner);
	next_broker(&owner);
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 3);
	client_of(&client, &owner);
	ck_assert_uint_eq(np_recovery_claim(&client, id, np_seal_warrant(&secret, id)),
			  STATUS_SUCCESS);
	np_recovery_claimed(&client);
	ck_assert_uint_eq(n_instances(), 1);
	ck_assert(has_name("kept"));
	ck_assert(!has_name("dropped"));
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 1);
	/* what was claimed is charged still */
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 1);
	client_leaves(&client);
}
END_TEST

START_TEST(the_dead_own_nothing)
{
	struct np_owner owner;

	own(&owner, NO_PID);
	owner.born = 12345;
	add_instance(add_pipe("p", true), &owner);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 0);
	ck_assert(!has_name("p"));
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 0);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
	ck_assert(!broker.recovery.is_holding);
}
END_TEST

START_TEST(a_number_that_another_process_has_now_is_not_the_owner)
{
	struct np_owner owner;

	own(&owner, (uint32_t)getpid());
	owner.born++;
	add_instance(add_pipe("p", true), &owner);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 0);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
}
END_TEST

START_TEST(who_dies_before_it_claims_has_closed)
{
	struct np_owner owner;
	int64_t deadline;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (;;)
			pause();
	}
	own(&owner, (uint32_t)pid);
	add_instance(add_pipe("p", true), &owner);
	next_broker(&owner);
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	deadline = np_clock_now_ns() + TEST_DEADLINE_MS * (NP_NS_PER_SEC / 1000);
	while (np_recovery_is_expecting(&broker.recovery)) {
		ck_assert_int_lt(np_clock_now_ns(), deadline);
		ck_assert_int_ge(np_loop_run_once(&broker.loop, deadline), 0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!has_name("p"));
	ck_assert(!broker.recovery.is_holding);
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 0);
}
END_TEST

START_TEST(after_the_claim_time_nobody_is_held_up)
{
	struct np_owner owner;
	int64_t deadline;

	own(&owner, (uint32_t)getpid());
	add_instance(add_pipe("p", true), &owner);
	options.claim_time = 0;
	next_broker(&owner);
	deadline = np_clock_now_ns() + TEST_DEADLINE_MS * (NP_NS_PER_SEC / 1000);
	while (broker.recovery.is_holding) {
		ck_assert_int_lt(np_clock_now_ns(), deadline);
		ck_assert_int_ge(np_loop_run_once(&broker.loop, deadline), 0);
	}
	/* it is still there, for who is late */
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	ck_assert_uint_eq(n_instances(), 1);
	/* but not for ever */
	broker.recovery.give_up_timer.fn(&broker.loop, &broker.recovery.give_up_timer,
					 broker.recovery.give_up_timer.user);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
	ck_assert_uint_eq(n_instances(), 0);
}
END_TEST

START_TEST(what_went_before_the_death_does_not_come_back)
{
	struct np_owner owner;
	struct np_pipe *pipe;
	uint64_t id;
	uint32_t state;

	own(&owner, (uint32_t)getpid());
	pipe = add_pipe("two lives", true);
	id = add_instance(pipe, &owner);
	ck_assert_uint_eq(np_volume_close(&broker.volume, &owner, id, &state),
			  STATUS_SUCCESS);
	np_journal_add_gone(&broker, id);
	np_broker_settle(&broker);
	ck_assert(!has_name("two lives"));
	/* the same name again, as another pipe */
	id = add_instance(add_pipe("two lives", true), &owner);
	/* nobody knows this one */
	np_journal_add_gone(&broker, id + 100);
	np_journal_commit(&broker);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 1);
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, id));
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 1);
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 1);
}
END_TEST

/* An instance that is held by several processes is none for the journal any more. */
START_TEST(who_joins_a_pipe_of_shared_instances_is_there_again)
{
	struct np_owner owner, holders;
	struct np_pipe *pipe;
	uint64_t shared, joined, other;

	own(&owner, (uint32_t)getpid());
	own(&holders, (uint32_t)getpid());
	holders.is_transient = true;
	pipe = add_pipe("heir", true);
	shared = add_instance(pipe, &owner);
	ck_assert_uint_eq(np_volume_move(&broker.volume, &owner, shared, &holders),
			  STATUS_SUCCESS);
	np_journal_add_gone(&broker, shared);
	joined = add_instance(pipe, &owner);
	other = add_instance(add_pipe("other", true), &owner);
	np_volume_drop_owner(&broker.volume, &holders);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 2);
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, joined));
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, other));
	ck_assert_uint_eq(used(NP_LIMIT_INSTANCES), 2);
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 2);
}
END_TEST

START_TEST(a_name_of_shared_instances_can_be_made_again)
{
	struct np_owner owner, holders;
	uint64_t again, other;

	own(&owner, (uint32_t)getpid());
	own(&holders, (uint32_t)getpid());
	holders.is_transient = true;
	add_instance(add_pipe("heir", true), &holders);
	np_journal_rewrite(&broker);
	np_volume_drop_owner(&broker.volume, &holders);
	np_broker_settle(&broker);
	ck_assert(!has_name("heir"));
	again = add_instance(add_pipe("heir", true), &owner);
	other = add_instance(add_pipe("other", true), &owner);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 2);
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, again));
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, other));
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 2);
}
END_TEST

START_TEST(a_name_of_shared_instances_alone_does_not_come_back)
{
	struct np_owner owner;

	own(&owner, (uint32_t)getpid());
	owner.is_transient = true;
	add_instance(add_pipe("heir", true), &owner);
	np_journal_rewrite(&broker);
	next_broker(&owner);
	ck_assert(!has_name("heir"));
	ck_assert_uint_eq(used(NP_LIMIT_PIPES), 0);
	ck_assert(!np_recovery_is_expecting(&broker.recovery));
}
END_TEST

/* Tickets are made of such a number and of a secret that stays the same. */
START_TEST(the_number_of_a_pipe_that_went_is_not_used_again)
{
	struct np_owner owner;
	uint32_t state;
	uint64_t id, serial;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("gone", true), &owner);
	serial = broker.volume.next_serial;
	ck_assert_uint_eq(np_volume_close(&broker.volume, &owner, id, &state),
			  STATUS_SUCCESS);
	np_broker_settle(&broker);
	np_journal_rewrite(&broker);
	next_broker(&owner);
	ck_assert_uint_ge(broker.volume.next_serial, serial);
}
END_TEST

/* A connection ends in the moment in which the journal is to be written anew. */
START_TEST(who_left_while_the_journal_was_written_anew_has_nothing)
{
	struct np_client *client;
	struct np_owner nobody;
	struct np_list *node;
	int fds[2];

	own(&nobody, (uint32_t)getpid());
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_int_eq(np_client_accept(&broker, fds[0]), 0);
	node = np_list_first(&broker.clients);
	ck_assert_ptr_nonnull(node);
	client = np_list_entry(node, struct np_client, link);
	add_instance(add_pipe("p", true), &client->owner);
	np_user_charge(client->user, NP_LIMIT_INSTANCES, 1);
	broker.journal.size = UINT64_C(1) << 30;
	np_client_drop(client, NP_CLIENT_LEFT, "left");
	np_broker_settle(&broker);
	close(fds[1]);
	ck_assert_uint_lt(broker.journal.size, UINT64_C(1) << 30);
	next_broker(&nobody);
	ck_assert_uint_eq(n_instances(), 0);
	ck_assert(!has_name("p"));
}
END_TEST

START_TEST(the_descriptor_is_the_last_one)
{
	struct np_owner owner;
	struct np_pipe *pipe;
	uint64_t serial;

	own(&owner, (uint32_t)getpid());
	pipe = add_pipe("p", true);
	serial = pipe->serial;
	add_instance(pipe, &owner);
	free(pipe->sd);
	pipe->sd = strdup("another");
	pipe->sd_len = 7;
	np_journal_add_descriptor(&broker, serial);
	np_journal_commit(&broker);
	next_broker(&owner);
	pipe = np_volume_find_serial(&broker.volume, serial);
	ck_assert_ptr_nonnull(pipe);
	ck_assert_uint_eq(pipe->sd_len, 7);
	ck_assert_mem_eq(pipe->sd, "another", 7);
}
END_TEST

START_TEST(a_third_broker_has_it_from_the_second)
{
	struct np_owner owner;
	uint64_t id;

	own(&owner, (uint32_t)getpid());
	id = add_instance(add_pipe("p", true), &owner);
	next_broker(&owner);
	np_journal_fini(&broker.journal, true);
	np_broker_fini(&broker);
	broker_begin();
	np_recovery_begin(&broker);
	ck_assert_ptr_nonnull(np_volume_find_instance(&broker.volume, id));
	ck_assert(np_recovery_is_expecting(&broker.recovery));
	ck_assert_mem_eq(&broker.secret, &secret, sizeof(secret));
}
END_TEST

START_TEST(without_a_journal_there_is_nothing)
{
	struct np_owner owner;

	own(&owner, (uint32_t)getpid());
	add_instance(add_pipe("p", true), &owner);
	ck_assert_int_eq(unlink(broker.journal.path), 0);
	next_broker(&owner);
	ck_assert_uint_eq(n_instances(), 0);
	ck_assert(!has_name("p"));
	ck_assert(!broker.recovery.is_holding);
	np_journal_rewrite(&broker);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recovery");
	TCase *tcase = tcase_create("recovery");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_limits_and_owners_are_there_again);
	tcase_add_test(tcase, who_owns_it_claims_it);
	tcase_add_test(tcase, nobody_else_claims_it);
	tcase_add_test(tcase, who_claims_all_and_leaves_without_saying_so_is_forgotten);
	tcase_add_test(tcase, what_is_not_claimed_is_closed_with_the_end_of_claims);
	tcase_add_test(tcase, the_dead_own_nothing);
	tcase_add_test(tcase, a_number_that_another_process_has_now_is_not_the_owner);
	tcase_add_test(tcase, who_dies_before_it_claims_has_closed);
	tcase_add_test(tcase, after_the_claim_time_nobody_is_held_up);
	tcase_add_test(tcase, what_went_before_the_death_does_not_come_back);
	tcase_add_test(tcase, who_joins_a_pipe_of_shared_instances_is_there_again);
	tcase_add_test(tcase, a_name_of_shared_instances_can_be_made_again);
	tcase_add_test(tcase, a_name_of_shared_instances_alone_does_not_come_back);
	tcase_add_test(tcase, the_number_of_a_pipe_that_went_is_not_used_again);
	tcase_add_test(tcase, who_left_while_the_journal_was_written_anew_has_nothing);
	tcase_add_test(tcase, the_descriptor_is_the_last_one);
	tcase_add_test(tcase, a_third_broker_has_it_from_the_second);
	tcase_add_test(tcase, without_a_journal_there_is_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
