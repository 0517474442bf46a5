/* SPDX-License-Identifier: MIT */
/*
 * The intrusive list: order, removal at any time, and the states of a node.
 */
#include "npfs/base/list.h"

#include <check.h>
#include <stdlib.h>

struct item {
	int number;
	struct np_list link;
};

static struct item items[5];

static void items_init(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		items[i].number = i;
		np_list_init(&items[i].link);
	}
}

/* Checks that the list holds exactly the numbers written as digits in @want. */
static void check_order(struct np_list *head, const char *want)
{
	struct np_list *pos;
	size_t i = 0;

	np_list_for_each (pos, head) {
		ck_assert_msg(want[i] != '\0', "more nodes than in \"%s\"", want);
		ck_assert_int_eq(np_list_entry(pos, struct item, link)->number,
				 want[i] - '0');
		ck_assert_ptr_eq(pos->prev->next, pos);
		i++;
	}
	ck_assert_int_eq(want[i], '\0');
	for (pos = head->prev; pos != head; pos = pos->prev)
		ck_assert_int_eq(np_list_entry(pos, struct item, link)->number,
				 want[--i] - '0');
	ck_assert_uint_eq(i, 0);
}

START_TEST(a_new_list_is_empty)
{
	struct np_list head = NP_LIST_INIT(head);

	ck_assert(np_list_is_empty(&head));
	ck_assert_ptr_null(np_list_first(&head));
	ck_assert_ptr_null(np_list_last(&head));
	ck_assert_ptr_null(np_list_pop_front(&head));
	check_order(&head, "");
}
END_TEST

START_TEST(push_keeps_order_at_both_ends)
{
	struct np_list head = NP_LIST_INIT(head);

	items_init();
	np_list_push_back(&head, &items[1].link);
	np_list_push_back(&head, &items[2].link);
	np_list_push_front(&head, &items[0].link);
	check_order(&head, "012");
	ck_assert_ptr_eq(np_list_first(&head), &items[0].link);
	ck_assert_ptr_eq(np_list_last(&head), &items[2].link);
}
END_TEST

START_TEST(push_back_on_a_node_inserts_before_it)
{
	struct np_list head = NP_LIST_INIT(head);

	items_init();
	np_list_push_back(&head, &items[0].link);
	np_list_push_back(&head, &items[2].link);
	np_list_push_back(&items[2].link, &items[1].link);
	check_order(&head, "012");
}
END_TEST

START_TEST(removing_twice_is_harmless)
{
	struct np_list head = NP_LIST_INIT(head);

	items_init();
	np_list_push_back(&head, &items[0].link);
	np_list_push_back(&head, &items[1].link);
	ck_assert(np_list_is_linked(&items[0].link));
	np_list_remove(&items[0].link);
	ck_assert(!np_list_is_linked(&items[0].link));
	np_list_remove(&items[0].link);
	check_order(&head, "1");
	np_list_push_back(&head, &items[0].link);
	check_order(&head, "10");
}
END_TEST

START_TEST(pop_front_takes_the_oldest)
{
	struct np_list head = NP_LIST_INIT(head);

	items_init();
	np_list_push_back(&head, &items[3].link);
	np_list_push_back(&head, &items[4].link);
	ck_assert_ptr_eq(np_list_pop_front(&head), &items[3].link);
	ck_assert(!np_list_is_linked(&items[3].link));
	ck_assert_ptr_eq(np_list_pop_front(&head), &items[4].link);
	ck_assert(np_list_is_empty(&head));
}
END_TEST

START_TEST(safe_walk_survives_removal_of_every_node)
{
	struct np_list head = NP_LIST_INIT(head);
	struct np_list *pos, *tmp;
	int i, n = 0;

	items_init();
	for (i = 0; i < 5; i++)
		np_list_push_back(&head, &items[i].link);
	np_list_for_each_safe (pos, tmp, &head) {
		np_list_remove(pos);
		n++;
	}
	ck_assert_int_eq(n, 5);
	ck_assert(np_list_is_empty(&head));
}
END_TEST

START_TEST(splice_moves_all_in_order)
{
	struct np_list a = NP_LIST_INIT(a), b = NP_LIST_INIT(b);

	items_init();
	np_list_splice_back(&a, &b);
	check_order(&a, "");
	np_list_push_back(&b, &items[2].link);
	np_list_push_back(&b, &items[3].link);
	np_list_splice_back(&a, &b);
	check_order(&a, "23");
	check_order(&b, "");
	np_list_push_back(&b, &items[4].link);
	np_list_splice_back(&a, &b);
	check_order(&a, "234");
	ck_assert(np_list_is_empty(&b));
}
END_TEST

START_TEST(taking_leaves_the_variable_empty)
{
	int number = 7, fd = 3;
	int *p = &number;

	ck_assert_ptr_eq(np_take_ptr(p), &number);
	ck_assert_ptr_null(p);
	ck_assert_int_eq(np_take_fd(fd), 3);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(arithmetic_helpers_round_and_choose)
{
	ck_assert_uint_eq(NP_ALIGN_UP((size_t)0, 8), 0);
	ck_assert_uint_eq(NP_ALIGN_UP((size_t)1, 8), 8);
	ck_assert_uint_eq(NP_ALIGN_UP((size_t)8, 8), 8);
	ck_assert_uint_eq(NP_ALIGN_UP((uint64_t)0x100000001, 4096), 0x100001000);
	ck_assert_uint_eq(NP_ARRAY_LEN(items), 5);
	ck_assert_uint_eq(np_min_u64(1, UINT64_MAX), 1);
	ck_assert_uint_eq(np_max_u64(1, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(np_min_size(2, 3), 2);
	ck_assert_uint_eq(np_max_size(2, 3), 3);
	ck_assert_int_eq(np_min_i64(-1, 1), -1);
	ck_assert_int_eq(np_max_i64(-1, 1), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("list");
	TCase *tc = tcase_create("list");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, a_new_list_is_empty);
	tcase_add_test(tc, push_keeps_order_at_both_ends);
	tcase_add_test(tc, push_back_on_a_node_inserts_before_it);
	tcase_add_test(tc, removing_twice_is_harmless);
	tcase_add_test(tc, pop_front_takes_the_oldest);
	tcase_add_test(tc, safe_walk_survives_removal_of_every_node);
	tcase_add_test(tc, splice_moves_all_in_order);
	tcase_add_test(tc, taking_leaves_the_variable_empty);
	tcase_add_test(tc, arithmetic_helpers_round_and_choose);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
