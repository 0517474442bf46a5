/* SPDX-License-Identifier: MIT */
/*
 * Packing and checking of packets: what is proper passes, everything next to it does not
 */
#include "npfs/proto/wire.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(8) uint8_t packet[NP_WIRE_PACKET_MAX + 64];

static size_t pack_open(size_t name_len)
{
	static uint8_t name[NP_WIRE_NAME_MAX];
	const struct np_req_open fixed = {.access = 1, .rules = 2, .flags = 3};

	memset(name, 'n', sizeof(name));
	return np_wire_pack_request(packet, sizeof(packet), NP_OP_OPEN, 77, 0, &fixed,
				    name, name_len, NULL, 0);
}

static int check(size_t len)
{
	struct np_wire_msg msg;

	return np_wire_check_request(packet, len, 0, false, &msg);
}

static struct np_wire_header *header(void)
{
	return (struct np_wire_header *)(void *)packet;
}

START_TEST(a_request_comes_out_as_it_went_in)
{
	struct np_wire_msg msg;
	size_t len = pack_open(10);

	ck_assert_uint_eq(len, 32 + sizeof(struct np_req_open) + 10);
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, false, &msg), 0);
	ck_assert_uint_eq(msg.header.op, NP_OP_OPEN);
	ck_assert_uint_eq(msg.header.tag, 77);
	ck_assert_uint_eq(msg.header.name_len, 10);
	ck_assert_uint_eq(msg.fixed.req.open.access, 1);
	ck_assert_uint_eq(msg.fixed.req.open.rules, 2);
	ck_assert_uint_eq(msg.fixed.req.open.flags, 3);
	ck_assert_mem_eq(msg.name, "nnnnnnnnnn", 10);
	ck_assert_uint_eq((uintptr_t)msg.name % 8, 0);
}
END_TEST

START_TEST(every_other_length_is_refused)
{
	size_t len = pack_open(10), i;

	for (i = 0; i < len + 40; i++)
		if (i != len)
			ck_assert_int_eq(check(i), -EPROTO);
}
END_TEST

START_TEST(every_damaged_header_field_is_refused)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} damages[] = {
		{offsetof(struct np_wire_header, magic), 0xff},
		{offsetof(struct np_wire_header, version), 9},
		{offsetof(struct np_wire_header, op), 0},
		{offsetof(struct np_wire_header, op), NP_OP_LAST + 1},
		{offsetof(struct np_wire_header, op), 0xff},
		{offsetof(struct np_wire_header, op), NP_OP_HELLO},
		{offsetof(struct np_wire_header, total_len), 0},
		{offsetof(struct np_wire_header, status), 1},
		{offsetof(struct np_wire_header, flags), NP_REQ_NO_REPLY},
		{offsetof(struct np_wire_header, flags), 0x80},
		{offsetof(struct np_wire_header, name_len), 9},
		{offsetof(struct np_wire_header, name_len), 12},
		{offsetof(struct np_wire_header, name_len) + 3, 0xff},
		{offsetof(struct np_wire_header, extra_len), 1},
		{offsetof(struct np_wire_header, extra_len) + 3, 0xff},
	};
	size_t i;

	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		size_t len = pack_open(10);

		ck_assert_int_eq(check(len), 0);
		packet[damages[i].offset] = damages[i].value;
		ck_assert_msg(check(len) == -EPROTO, "damage %zu was not noticed", i);
	}
}
END_TEST

START_TEST(lengths_that_wrap_are_refused)
{
	size_t len = pack_open(10);

	header()->name_len = 0xfffffff6;
	header()->extra_len = 20;
	ck_assert_int_eq(check(len), -EPROTO);
	header()->name_len = 20;
	header()->extra_len = 0xfffffff6;
	ck_assert_int_eq(check(len), -EPROTO);
}
END_TEST

START_TEST(an_odd_name_is_refused)
{
	size_t len = pack_open(10) + 1;

	header()->name_len = 11;
	header()->total_len = (uint32_t)len;
	ck_assert_int_eq(check(len), -EPROTO);
}
END_TEST

START_TEST(the_longest_name_passes_and_a_longer_one_is_not_built)
{
	size_t len = pack_open(NP_WIRE_NAME_MAX);

	ck_assert_uint_gt(len, NP_WIRE_NAME_MAX);
	ck_assert_int_eq(check(len), 0);
	ck_assert_uint_eq(pack_open(NP_WIRE_NAME_MAX + 1), 0);
}
END_TEST

START_TEST(the_largest_create_fits_a_packet_and_the_limits_hold)
{
	static uint8_t bytes[NP_WIRE_EXTRA_MAX + 2];
	const struct np_req_create fixed = {.access = 1};
	struct np_wire_msg msg;
	size_t len;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_CREATE, 1, 0, &fixed,
				   bytes, NP_WIRE_NAME_MAX, bytes, NP_WIRE_EXTRA_MAX);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(len, NP_WIRE_PACKET_MAX);
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, false, &msg), 0);
	ck_assert_ptr_eq(msg.extra, (const uint8_t *)msg.name + NP_WIRE_NAME_MAX);
	ck_assert_uint_eq(np_wire_pack_request(packet, sizeof(packet), NP_OP_CREATE, 1, 0,
					       &fixed, bytes, 2, bytes,
					       NP_WIRE_EXTRA_MAX + 1),
			  0);
	ck_assert_uint_eq(np_wire_pack_request(packet, 100, NP_OP_CREATE, 1, 0, &fixed,
					       bytes, 60, NULL, 0),
			  0);
}
END_TEST

START_TEST(descriptors_nobody_asked_for_are_refused)
{
	struct np_wire_msg msg;
	size_t len = pack_open(2);

	ck_assert_int_eq(np_wire_check_request(packet, len, 1, false, &msg), -EPROTO);
}
END_TEST

START_TEST(hello_comes_first_and_only_first)
{
	const struct np_req_hello fixed = {.version = NP_WIRE_VERSION};
	struct np_wire_msg msg;
	size_t len;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_HELLO, 5, 0, &fixed,
				   NULL, 0, NULL, 0);
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, true, &msg), 0);
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, false, &msg), -EPROTO);
	len = pack_open(2);
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, true, &msg), -EPROTO);
}
END_TEST

START_TEST(a_hello_of_another_version_is_told_apart_from_garbage)
{
	const struct np_req_hello fixed = {.version = 2};
	struct np_wire_msg msg;
	size_t len;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_HELLO, 5, 0, &fixed,
				   NULL, 0, NULL, 0);
	header()->version = 2;
	ck_assert_int_eq(np_wire_check_request(packet, len, 0, true, &msg),
			 -EPROTONOSUPPORT);
	ck_assert_uint_eq(msg.header.tag, 5);
	/* whatever that version's hello looks like */
	header()->total_len = (uint32_t)len + 24;
	ck_assert_int_eq(np_wire_check_request(packet, len + 24, 0, true, &msg),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(np_wire_check_request(packet, len + 24, 0, false, &msg),
			 -EPROTO);
}
END_TEST

START_TEST(replies_are_matched_by_operation_tag_and_descriptors)
{
	const struct np_rep_create fixed = {.instance_id = 42};
	struct np_wire_msg msg;
	size_t len;

	len = np_wire_pack_reply(packet, sizeof(packet), NP_OP_CREATE, 9, 0, &fixed, NULL,
				 0);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 2, NP_OP_CREATE, 9, &msg), 0);
	ck_assert_uint_eq(msg.fixed.rep.create.instance_id, 42);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 2, NP_OP_CREATE, 8, &msg),
			 -EPROTO);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 2, NP_OP_LISTEN, 9, &msg),
			 -EPROTO);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 1, NP_OP_CREATE, 9, &msg),
			 -EPROTO);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 0, NP_OP_CREATE, 9, &msg),
			 -EPROTO);
	ck_assert_int_eq(np_wire_check_reply(packet, len - 8, 2, NP_OP_CREATE, 9, &msg),
			 -EPROTO);
	/* a refusal brings no descriptors */
	len = np_wire_pack_reply(packet, sizeof(packet), NP_OP_CREATE, 9, 0xc0000022,
				 &fixed, NULL, 0);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 0, NP_OP_CREATE, 9, &msg), 0);
	ck_assert_uint_eq(msg.header.status, 0xc0000022);
	ck_assert_int_eq(np_wire_check_reply(packet, len, 2, NP_OP_CREATE, 9, &msg),
			 -EPROTO);
}
END_TEST

START_TEST(every_operation_has_a_name_and_no_other_number_has)
{
	static const unsigned listed[] = {
#define NP_OP(number, NAME, name, flags, fds_in, fds_out) (number),
#include "npfs/proto/wire.def"
	};
	unsigned op, n = 0;

	for (op = 0; op < 300; op++) {
		const struct np_op_info *info = np_op_find(op);

		if (!info) {
			ck_assert_str_eq(np_op_name(op), "(unknown)");
			continue;
		}
		ck_assert_str_eq(np_op_name(op), info->name);
		ck_assert_uint_eq(info->req_len % 8, 0);
		n++;
	}
	ck_assert_uint_eq(n, NP_ARRAY_LEN(listed));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc = tcase_create("packets");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, a_request_comes_out_as_it_went_in);
	tcase_add_test(tc, every_other_length_is_refused);
	tcase_add_test(tc, every_damaged_header_field_is_refused);
	tcase_add_test(tc, lengths_that_wrap_are_refused);
	tcase_add_test(tc, an_odd_name_is_refused);
	tcase_add_test(tc, the_longest_name_passes_and_a_longer_one_is_not_built);
	tcase_add_test(tc, the_largest_create_fits_a_packet_and_the_limits_hold);
	tcase_add_test(tc, descriptors_nobody_asked_for_are_refused);
	tcase_add_test(tc, hello_comes_first_and_only_first);
	tcase_add_test(tc, a_hello_of_another_version_is_told_apart_from_garbage);
	tcase_add_test(tc, replies_are_matched_by_operation_tag_and_descriptors);
	tcase_add_test(tc, every_operation_has_a_name_and_no_other_number_has);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
