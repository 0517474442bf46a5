/* SPDX-License-Identifier: MIT */
/*
 * Shared objects, asked for what they cannot do: calls of another kind of object, in the child
 * of a fork, parcels that are none.
 */
#include <npfs/npfs.h>
#include <npfs/object.h>

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/sec/sd_change.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

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

static npfs_status try_new(enum npfs_object_type type, uint32_t flags, uint32_t initial,
			   uint32_t limit, struct npfs_object **objectp)
{
	const struct npfs_object_params params = {
		.size = sizeof(params),
		.type = type,
		.flags = flags,
		.initial = initial,
		.limit = limit,
		.access = GENERIC_ALL,
	};

	return npfs_object_create(NULL, 0, &params, objectp);
}

static struct npfs_object *new_of(enum npfs_object_type type)
{
	struct npfs_object *object = NULL;

	IS(try_new(type, 0, 0, 1, &object), STATUS_SUCCESS);
	return object;
}

START_TEST(calls_of_another_kind_are_refused)
{
	struct npfs_object *mutex = new_of(NPFS_OBJECT_MUTEX);
	struct npfs_object *event = new_of(NPFS_OBJECT_EVENT);
	struct npfs_object *semaphore = new_of(NPFS_OBJECT_SEMAPHORE);
	uint32_t previous = 77;

	IS(npfs_object_set(mutex), STATUS_INVALID_HANDLE);
	IS(npfs_object_reset(mutex), STATUS_INVALID_HANDLE);
	IS(npfs_object_pulse(mutex), STATUS_INVALID_HANDLE);
	IS(npfs_object_release_semaphore(event, 1, &previous), STATUS_INVALID_HANDLE);
	IS(npfs_object_release_semaphore(mutex, 1, &previous), STATUS_INVALID_HANDLE);
	IS(npfs_object_release_mutex(event, false), STATUS_INVALID_HANDLE);
	IS(npfs_object_release_mutex(semaphore, false), STATUS_INVALID_HANDLE);
	IS(npfs_object_release_mutex(mutex, false), STATUS_MUTANT_NOT_OWNED);
	IS(npfs_object_set_timer(event, 0, 0), STATUS_INVALID_HANDLE);
	IS(previous, 77);
	npfs_object_close(mutex);
	npfs_object_close(event);
	npfs_object_close(semaphore);
}
END_TEST

START_TEST(what_is_none_is_not_made)
{
	const struct npfs_object_params short_one = {.size = sizeof(short_one) - 1,
						     .type = NPFS_OBJECT_EVENT};
	struct test_name name = test_name("nobody made it");
	struct npfs_object *object = NULL;

	IS(npfs_object_create(NULL, 0, &short_one, &object), STATUS_INVALID_PARAMETER);
	IS(try_new(NPFS_OBJECT_SEMAPHORE, 0, 2, 1, &object), STATUS_INVALID_PARAMETER);
	IS(try_new(NPFS_OBJECT_SEMAPHORE, 0, 0, 0, &object), STATUS_INVALID_PARAMETER);
	IS(npfs_object_open(name.units, name.len, NPFS_OBJECT_EVENT, GENERIC_ALL, &object),
	   STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_ptr_null(object);
}
END_TEST

/* In the child: the number of the first answer that is not the one there is to be, or 0. */
static int without_a_page(struct npfs_object *object)
{
	struct npfs_object_want wants[2] = {{.object = object, .taker = NPFS_TAKE_POLL},
					    {.object = object, .taker = NPFS_TAKE_POLL}};
	struct npfs_parcel parcel;
	uint32_t n = 0, changes = 77;
	uint8_t sd[64];
	int at = 0;

#define NEXT_IS(call, wanted)                                                             \
	do {                                                                              \
		at++;                                                                     \
		if ((call) != (wanted))                                                   \
			return at;                                                        \
	} while (0)
	NEXT_IS(npfs_object_set(object), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_reset(object), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_pulse(object), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_release_semaphore(object, 1, &n), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_release_mutex(object, false), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_set_timer(object, 1, 0), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_due(object, &changes), 0);
	NEXT_IS(changes, 77u);
	NEXT_IS(npfs_object_is_ready(wants), false);
	NEXT_IS(npfs_object_take(wants, 1), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_take(wants, 2), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_wait_begin(object, true, &n), NPFS_WAIT_UNCOUNTED);
	npfs_object_wait_end(object);
	NEXT_IS(npfs_object_generation(object), 0u);
	NEXT_IS(npfs_object_on_change(object, NULL, NULL), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_export(object, GENERIC_ALL, &parcel), STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_get_security(object, NP_SD_PART_DACL, sd, sizeof(sd), &n),
		STATUS_INVALID_HANDLE);
	NEXT_IS(npfs_object_set_security(object, NP_SD_PART_DACL, sd, sizeof(sd)),
		STATUS_INVALID_HANDLE);
#undef NEXT_IS
	npfs_object_unname(object);
	npfs_object_close(object);
	return 0;
}

static int forked_run(int sock, void *arg)
{
	(void)sock;
	return without_a_page(arg);
}

/* The parent's is the parent's: the child can do nothing with it, and does nothing to it. */
START_TEST(the_child_of_a_fork_has_none)
{
	static const enum npfs_object_type types[] = {NPFS_OBJECT_EVENT, NPFS_OBJECT_MUTEX,
						      NPFS_OBJECT_SEMAPHORE,
						      NPFS_OBJECT_TIMER};
	struct npfs_object *object = new_of(types[_i]);
	struct npfs_object_want want = {.object = object, .taker = NPFS_TAKE_POLL};
	struct npfs_parcel parcel;
	struct test_child child;

	test_child_start(&child, forked_run, object);
	ck_assert_int_eq(test_child_wait(&child), 0);
	IS(npfs_object_export(object, GENERIC_ALL, &parcel), STATUS_SUCCESS);
	npfs_parcel_free(&parcel);
	IS(npfs_object_take(&want, 1),
	   types[_i] == NPFS_OBJECT_MUTEX ? STATUS_SUCCESS : STATUS_TIMEOUT);
	npfs_object_close(object);
}
END_TEST

START_TEST(a_parcel_that_is_none_is_refused)
{
	struct npfs_object *object = new_of(NPFS_OBJECT_EVENT), *other = NULL;
	struct npfs_parcel parcel;
	uint8_t *body;

	IS(npfs_object_export(object, GENERIC_ALL, &parcel), STATUS_SUCCESS);
	body = parcel.body;
	parcel.kind = NPFS_PARCEL_USER;
	IS(npfs_object_import(&parcel, &other), STATUS_INVALID_PARAMETER);
	parcel.kind = NPFS_PARCEL_OBJECT;
	parcel.len--;
	IS(npfs_object_import(&parcel, &other), STATUS_INVALID_PARAMETER);
	parcel.len++;
	for (uint32_t i = 0; i < parcel.len; i++) {
		body[i] ^= 0x10;
		ck_assert_uint_ne(npfs_object_import(&parcel, &other), STATUS_SUCCESS);
		body[i] ^= 0x10;
	}
	ck_assert_ptr_null(other);
	IS(npfs_object_import(&parcel, &other), STATUS_SUCCESS);
	npfs_object_close(other);
	npfs_parcel_free(&parcel);
	npfs_object_close(object);
}
END_TEST

/* It keeps the object, and after the last holder and the last parcel there is none. */
START_TEST(a_parcel_keeps_the_object)
{
	struct npfs_object *object = new_of(NPFS_OBJECT_EVENT), *again = NULL;
	struct npfs_object_want want;
	struct npfs_parcel parcel;

	IS(npfs_object_set(object), STATUS_SUCCESS);
	IS(npfs_object_export(object, SYNCHRONIZE, &parcel), STATUS_SUCCESS);
	npfs_object_close(object);
	IS(npfs_object_import(&parcel, &again), STATUS_SUCCESS);
	want = (struct npfs_object_want){.object = again, .taker = NPFS_TAKE_POLL};
	IS(npfs_object_take(&want, 1), STATUS_SUCCESS);
	npfs_object_close(again);
	npfs_parcel_free(&parcel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("object_calls");
	TCase *tcase = tcase_create("object_calls");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, calls_of_another_kind_are_refused);
	tcase_add_test(tcase, what_is_none_is_not_made);
	tcase_add_loop_test(tcase, the_child_of_a_fork_has_none, 0, 4);
	tcase_add_test(tcase, a_parcel_that_is_none_is_refused);
	tcase_add_test(tcase, a_parcel_keeps_the_object);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
