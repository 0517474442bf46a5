/* SPDX-License-Identifier: MIT */
/*
 * The name space of shared objects: names, the two lives of an object, holders' numbers
 */
#include <check.h>
#include <stdlib.h>

#include "npfs/core/object.h"
#include "tests/lib/name.h"

static struct np_objects objects;
static struct np_object_owner one, two;
static int body;

static void setup(void)
{
	np_objects_init(&objects, 1);
	np_object_owner_init(&one);
	np_object_owner_init(&two);
}

static void teardown(void)
{
	np_objects_fini(&objects);
}

static struct np_object *make(const char *text, uint32_t session)
{
	const struct np_object_params params = {
		.type = NP_OBJECT_EVENT,
		.limit = 1,
		.sd = "descriptor",
		.sd_len = 10,
		.body = &body,
	};
	struct test_name name = test_name(text);
	struct np_object *object = NULL;

	ck_assert_uint_eq(np_objects_create(&objects, session, name.units, name.len, &params,
					    &object),
			  STATUS_SUCCESS);
	return object;
}

static npfs_status resolve(const char *text, uint32_t session, uint32_t type,
			   struct np_object **objectp)
{
	struct test_name name = test_name(text);

	return np_objects_resolve(&objects, session, name.units, name.len, type, objectp);
}

static struct np_object *find(const char *text, uint32_t session)
{
	struct np_object *object = NULL;

	ck_assert_uint_eq(resolve(text, session, NP_OBJECT_EVENT, &object), STATUS_SUCCESS);
	return object;
}

static struct np_holder *open_by(struct np_object *object, struct np_object_owner *owner)
{
	struct np_holder *holder = NULL;

	ck_assert_uint_eq(np_object_open(object, owner, &holder), STATUS_SUCCESS);
	return holder;
}

static void leave(struct np_holder *holder, bool ends)
{
	void *gone = NULL;

	ck_assert(np_holder_leave(&objects, holder, &gone) == ends);
	ck_assert_ptr_eq(gone, ends ? &body : NULL);
}

START_TEST(names_are_per_session)
{
	struct np_object *local = make("x", 3), *global = make("Global\\x", 3);

	ck_assert_ptr_ne(local, global);
	ck_assert_ptr_eq(find("x", 3), local);
	ck_assert_ptr_eq(find("Local\\x", 3), local);
	ck_assert_ptr_null(find("x", 4));
	ck_assert_ptr_eq(find("Global\\x", 4), global);
	/* In session 0 the two are one. */
	ck_assert_ptr_eq(find("x", 0), global);
	ck_assert_ptr_eq(find("Local\\x", 0), global);
	ck_assert_ptr_null(find("X", 3));
	ck_assert_ptr_eq(np_object_drop(&objects, local), &body);
	ck_assert_ptr_eq(np_object_drop(&objects, global), &body);
	ck_assert_ptr_null(find("x", 3));
}
END_TEST

START_TEST(bad_names_are_refused)
{
	struct np_object *object = NULL;
	uint16_t units[NP_OBJECT_NAME_MAX + 8];

	ck_assert_uint_eq(resolve("a\\b", 0, NP_OBJECT_EVENT, &object),
			  STATUS_OBJECT_PATH_NOT_FOUND);
	ck_assert_uint_eq(resolve("global\\b", 0, NP_OBJECT_EVENT, &object),
			  STATUS_OBJECT_PATH_NOT_FOUND);
	ck_assert_uint_eq(resolve("Global\\", 0, NP_OBJECT_EVENT, &object),
			  STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(resolve("", 0, NP_OBJECT_EVENT, &object),
			  STATUS_OBJECT_NAME_INVALID);
	for (size_t i = 0; i < NP_OBJECT_NAME_MAX + 8; i++)
		units[i] = 'n';
	ck_assert_uint_eq(np_objects_resolve(&objects, 0, units, NP_OBJECT_NAME_MAX,
					     NP_OBJECT_EVENT, &object),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_objects_resolve(&objects, 0, units, NP_OBJECT_NAME_MAX + 1,
					     NP_OBJECT_EVENT, &object),
			  STATUS_NAME_TOO_LONG);
	/* The prefix does not count. */
	for (size_t i = 0; i < 6; i++)
		units[i] = (unsigned char)"Local\\"[i];
	ck_assert_uint_eq(np_objects_resolve(&objects, 0, units, NP_OBJECT_NAME_MAX + 6,
					     NP_OBJECT_EVENT, &object),
			  STATUS_SUCCESS);
}
END_TEST

START_TEST(a_name_has_one_kind)
{
	struct np_object *object = make("x", 0), *found = NULL;

	ck_assert_uint_eq(resolve("x", 0, NP_OBJECT_MUTEX, &found),
			  STATUS_OBJECT_TYPE_MISMATCH);
	ck_assert_ptr_null(found);
	np_object_drop(&objects, object);
}
END_TEST

START_TEST(the_name_goes_with_the_last_open)
{
	struct np_object *object = make("x", 0);
	struct np_holder *first = open_by(object, &one), *second = open_by(object, &two);

	ck_assert_ptr_eq(open_by(object, &one), first);
	ck_assert_uint_eq(first->n_opens, 2);
	ck_assert_uint_ne(first->number, second->number);
	np_holder_close(&objects, first, 9);
	ck_assert_ptr_eq(find("x", 0), object);
	np_holder_close(&objects, second, 1);
	ck_assert_ptr_null(find("x", 0));
	/* It stays for those who still use it, and the name is free for another. */
	ck_assert_ptr_eq(np_objects_find(&objects, object->id), object);
	np_object_drop(&objects, make("x", 0));
	leave(first, false);
	leave(second, true);
	ck_assert_ptr_null(np_object_owner_first(&one));
	ck_assert_uint_eq(one.n_holders, 0);
}
END_TEST

START_TEST(a_parcel_on_its_way_keeps_it)
{
	struct np_object *object = make("x", 0);
	struct np_holder *holder = open_by(object, &one);
	void *gone = NULL;

	np_object_lend(object);
	np_object_lend(object);
	leave(holder, false);
	ck_assert_ptr_eq(find("x", 0), object);
	ck_assert(!np_object_lent_end(&objects, object, &gone));
	ck_assert(np_object_lent_end(&objects, object, &gone));
	ck_assert_ptr_eq(gone, &body);
	ck_assert_ptr_null(find("x", 0));
}
END_TEST

START_TEST(numbers_are_given_out_again)
{
	static struct np_object_owner many[NP_OBJECT_HOLDERS + 1];
	struct np_object *object = make("", 0);
	struct np_holder *holder = NULL;

	for (uint32_t i = 0; i < NP_OBJECT_HOLDERS; i++) {
		np_object_owner_init(&many[i]);
		ck_assert_uint_eq(open_by(object, &many[i])->number, i + 1);
	}
	np_object_owner_init(&many[NP_OBJECT_HOLDERS]);
	ck_assert_uint_eq(np_object_open(object, &many[NP_OBJECT_HOLDERS], &holder),
			  STATUS_INSUFFICIENT_RESOURCES);
	leave(np_object_owner_first(&many[70]), false);
	ck_assert_uint_eq(open_by(object, &many[NP_OBJECT_HOLDERS])->number, 71);
	for (uint32_t i = 0; i < NP_OBJECT_HOLDERS; i++)
		if (np_object_owner_first(&many[i]))
			leave(np_object_owner_first(&many[i]), false);
	leave(np_object_owner_first(&many[NP_OBJECT_HOLDERS]), true);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	static const struct {
		uint32_t type, flags, initial, limit;
		bool ok;
	} rows[] = {
		{NP_OBJECT_EVENT, 0, 0, 1, true},
		{NP_OBJECT_EVENT, NP_OBJECT_MANUAL, 1, 1, true},
		{NP_OBJECT_EVENT, 2, 0, 1, false},
		{NP_OBJECT_EVENT, 0, 2, 1, false},
		{NP_OBJECT_EVENT, 0, 0, 2, false},
		{NP_OBJECT_MUTEX, 0, 1, 1, true},
		{NP_OBJECT_MUTEX, NP_OBJECT_MANUAL, 0, 1, false},
		{NP_OBJECT_SEMAPHORE, 0, 0, 0, false},
		{NP_OBJECT_SEMAPHORE, 0, 5, 5, true},
		{NP_OBJECT_SEMAPHORE, 0, 6, 5, false},
		{NP_OBJECT_SEMAPHORE, 0, 0, 0x80000000u, false},
		{NP_OBJECT_TIMER, NP_OBJECT_MANUAL, 0, 1, true},
		{0, 0, 0, 1, false},
		{5, 0, 0, 1, false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(np_object_check_params(rows[i].type, rows[i].flags,
							 rows[i].initial, rows[i].limit),
				  rows[i].ok ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("object");
	TCase *tc = tcase_create("names");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, names_are_per_session);
	tcase_add_test(tc, bad_names_are_refused);
	tcase_add_test(tc, a_name_has_one_kind);
	tcase_add_test(tc, the_name_goes_with_the_last_open);
	tcase_add_test(tc, a_parcel_on_its_way_keeps_it);
	tcase_add_test(tc, numbers_are_given_out_again);
	tcase_add_test(tc, what_cannot_be_is_refused);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
