/* SPDX-License-Identifier: MIT */
/*
 * The access check as a table: a descriptor, a token, what is asked, what comes of it.
 *
 * Descriptors are built from a row of entries, owner uid 1000. Tokens: alice (1000) is
 * the owner and in groups 100 and 27, bob (1001) is in 100, carol (1002) in 200, remote
 * is bob from another machine, admin is carol with group 200 made Administrators, root
 * is uid 0.
 */
#include "npfs/sec/check.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"

#define R    FILE_GENERIC_READ
#define W    FILE_GENERIC_WRITE
#define RW   (FILE_GENERIC_READ | FILE_GENERIC_WRITE)
#define ALL  FILE_ALL_ACCESS
#define MAKE FILE_CREATE_PIPE_INSTANCE

#define N_ACES_MAX 4

#define ALICE    "S-1-22-1-1000"
#define BOB      "S-1-22-1-1001"
#define USERS    "S-1-22-2-100"
#define WHEEL    "S-1-22-2-27"
#define EVERYONE "S-1-1-0"
#define SYSTEM   "S-1-5-18"
#define ADMINS   "S-1-5-32-544"
#define OWNER    "S-1-3-4"

/* Entries by name. */
/* clang-format off */
#define ALLOW(sid, mask)          {NP_ACE_TYPE_ALLOWED, 0, mask, sid, false}
#define DENY(sid, mask)           {NP_ACE_TYPE_DENIED, 0, mask, sid, false}
#define FLAGGED(type, flags, ...) {NP_ACE_TYPE_##type, flags, __VA_ARGS__, false}
#define OBJECT(type, sid, mask)   {NP_ACE_TYPE_##type##_OBJECT, 0, mask, sid, true}
#define END                       {0, 0, 0, NULL, false}
/* clang-format on */

struct entry {
	uint8_t type;
	uint8_t flags;
	uint32_t mask;
	const char *sid; /* NULL behind the last one */
	bool has_object_type;
};

enum dacl { NO_DACL, NULL_DACL, DACL };

struct descriptor {
	const char *name;
	enum dacl dacl;
	struct entry entries[N_ACES_MAX];
};

enum person { ALICE_, BOB_, CAROL_, REMOTE_, ADMIN_, ROOT_, N_PERSONS };

static const char *const person_names[N_PERSONS] = {"alice",  "bob",   "carol",
						    "remote", "admin", "root"};

static struct np_sec_token persons[N_PERSONS];
static uint32_t alice_gids[] = {100, 27};

static void setup(void)
{
	np_sec_token_init(&persons[ALICE_], 1000, 1000, alice_gids, 2, 200, false);
	np_sec_token_init(&persons[BOB_], 1001, 100, NULL, 0, 200, false);
	np_sec_token_init(&persons[CAROL_], 1002, 200, NULL, 0, NP_SEC_NO_GID, false);
	np_sec_token_init(&persons[REMOTE_], 1001, 100, NULL, 0, 200, true);
	np_sec_token_init(&persons[ADMIN_], 1002, 200, NULL, 0, 200, false);
	np_sec_token_init(&persons[ROOT_], 0, 0, NULL, 0, 200, false);
}

static size_t entry_encode(uint8_t *bytes, const struct entry *entry)
{
	struct np_sid sid;
	size_t len;

	ck_assert(np_sid_parse(entry->sid, &sid));
	len = np_ace_encode(bytes, entry->type, entry->mask, &sid);
	bytes[1] = entry->flags;
	if (entry->has_object_type) {
		memmove(bytes + 28, bytes + 8, len - 8);
		memset(bytes + 8, 0, 20);
		np_sec_put32(bytes + 8, NP_ACE_OBJECT_TYPE_PRESENT);
		len += 20;
		np_sec_put16(bytes + 2, (uint16_t)len);
	}
	return len;
}

static size_t descriptor_encode(uint8_t *bytes, const struct descriptor *d)
{
	const struct np_sid owner = np_sid_of_uid(1000);
	uint16_t control = NP_SD_SELF_RELATIVE;
	size_t at = NP_SD_FIXED_LEN, dacl_at;
	unsigned n = 0;

	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	np_sec_put32(bytes + 4, (uint32_t)at);
	at += np_sid_encode(&owner, bytes + at);
	if (d->dacl != NO_DACL)
		control |= NP_SD_DACL_PRESENT;
	np_sec_put16(bytes + 2, control);
	if (d->dacl != DACL)
		return at;
	dacl_at = at;
	np_sec_put32(bytes + 16, (uint32_t)at);
	at += NP_ACL_FIXED_LEN;
	while (n < N_ACES_MAX && d->entries[n].sid)
		at += entry_encode(bytes + at, &d->entries[n++]);
	np_acl_encode_header(bytes + dacl_at, at - dacl_at, n);
	return at;
}

static const struct descriptor none = {"no DACL", NO_DACL, {END}};
static const struct descriptor null = {"NULL DACL", NULL_DACL, {END}};
static const struct descriptor empty = {"empty DACL", DACL, {END}};
static const struct descriptor world_read = {"world reads", DACL, {ALLOW(EVERYONE, R)}};
static const struct descriptor for_alice = {"for alice", DACL, {ALLOW(ALICE, ALL)}};
static const struct descriptor for_users = {"for a group", DACL, {ALLOW(USERS, RW)}};
static const struct descriptor without_make = {
	"all but more instances", DACL, {ALLOW(EVERYONE, RW & ~MAKE)}};
static const struct descriptor deny_first = {
	"deny bob, allow all", DACL, {DENY(BOB, W), ALLOW(EVERYONE, RW)}};
static const struct descriptor deny_last = {
	"allow all, deny bob", DACL, {ALLOW(EVERYONE, RW), DENY(BOB, W)}};
static const struct descriptor deny_group = {
	"deny a group, allow its member", DACL, {DENY(USERS, R), ALLOW(BOB, RW)}};
static const struct descriptor two_halves = {
	"read here, write there", DACL, {ALLOW(USERS, R), ALLOW(BOB, W)}};
static const struct descriptor generic = {
	"generic rights", DACL, {ALLOW(BOB, GENERIC_READ), ALLOW(WHEEL, GENERIC_ALL)}};
static const struct descriptor deny_generic = {
	"generic denial", DACL, {DENY(BOB, GENERIC_WRITE), ALLOW(EVERYONE, GENERIC_ALL)}};
static const struct descriptor inherit_only = {
	"to be inherited only",
	DACL,
	{FLAGGED(DENIED, NP_ACE_FLAG_INHERIT_ONLY | 3, ALL, EVERYONE),
	 FLAGGED(ALLOWED, NP_ACE_FLAG_INHERIT_ONLY | 3, ALL, BOB), ALLOW(BOB, R)}};
static const struct descriptor inherited = {
	"inherited", DACL, {FLAGGED(ALLOWED, 0x10 | 3, R, BOB)}};
static const struct descriptor owner_rights = {
	"the owner may delete", DACL, {ALLOW(OWNER, DELETE), ALLOW(EVERYONE, R)}};
static const struct descriptor owner_denied = {
	"the owner may not delete", DACL, {DENY(OWNER, DELETE), ALLOW(EVERYONE, ALL)}};
static const struct descriptor owner_inherit_only = {
	"the owner's rights are inherited only",
	DACL,
	{FLAGGED(ALLOWED, NP_ACE_FLAG_INHERIT_ONLY, DELETE, OWNER)}};
static const struct descriptor local_only = {
	"not over the network", DACL, {DENY("S-1-5-2", ALL), ALLOW(EVERYONE, RW)}};
static const struct descriptor interactive = {
	"interactive", DACL, {ALLOW("S-1-5-4", RW)}};
static const struct descriptor system_only = {
	"for the system", DACL, {ALLOW(SYSTEM, ALL)}};
static const struct descriptor admins_only = {"for admins", DACL, {ALLOW(ADMINS, ALL)}};
static const struct descriptor anonymous_only = {
	"for nobody in particular", DACL, {ALLOW("S-1-5-7", ALL)}};
static const struct descriptor audit = {
	"audited", DACL, {FLAGGED(ALLOWED, 0, R, EVERYONE), {2, 0xc0, ALL, BOB, false}}};
static const struct descriptor unknown = {
	"a type nobody knows", DACL, {{0x30, 0, ALL, BOB, false}, ALLOW(BOB, R)}};
static const struct descriptor conditional = {
	"conditions",
	DACL,
	{{NP_ACE_TYPE_DENIED_CALLBACK, 0, FILE_WRITE_DATA, BOB, false},
	 {NP_ACE_TYPE_ALLOWED_CALLBACK, 0, DELETE, BOB, false},
	 ALLOW(BOB, RW)}};
static const struct descriptor objects = {"objects",
					  DACL,
					  {OBJECT(DENIED, BOB, FILE_WRITE_DATA),
					   OBJECT(ALLOWED, BOB, DELETE), ALLOW(BOB, RW)}};

static const struct {
	const struct descriptor *descriptor;
	enum person who;
	uint32_t desired;
	npfs_status status;
	uint32_t granted;
} rows[] = {
	/* the three kinds of DACL */
	{&none, BOB_, RW, STATUS_SUCCESS, RW},
	{&none, BOB_, MAXIMUM_ALLOWED, STATUS_SUCCESS, ALL},
	{&null, BOB_, RW | WRITE_DAC | WRITE_OWNER, STATUS_SUCCESS,
	 RW | WRITE_DAC | WRITE_OWNER},
	{&null, REMOTE_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&null, BOB_, MAXIMUM_ALLOWED, STATUS_SUCCESS, ALL},
	{&empty, BOB_, R, STATUS_ACCESS_DENIED, 0},
	{&empty, BOB_, SYNCHRONIZE, STATUS_ACCESS_DENIED, 0},
	{&empty, BOB_, 0, STATUS_SUCCESS, 0},
	{&empty, BOB_, MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED, 0},
	{&empty, ROOT_, R, STATUS_ACCESS_DENIED, 0},
	{&empty, ROOT_, GENERIC_READ | GENERIC_WRITE, STATUS_ACCESS_DENIED, 0},
	{&empty, ADMIN_, SYNCHRONIZE, STATUS_ACCESS_DENIED, 0},
	{&empty, ALICE_, FILE_READ_DATA, STATUS_ACCESS_DENIED, 0},
	/* the owner's own */
	{&empty, ALICE_, READ_CONTROL | WRITE_DAC, STATUS_SUCCESS,
	 READ_CONTROL | WRITE_DAC},
	{&empty, ALICE_, WRITE_OWNER, STATUS_ACCESS_DENIED, 0},
	{&empty, ALICE_, MAXIMUM_ALLOWED, STATUS_SUCCESS, READ_CONTROL | WRITE_DAC},
	{&empty, BOB_, READ_CONTROL, STATUS_ACCESS_DENIED, 0},
	{&owner_rights, ALICE_, WRITE_DAC, STATUS_ACCESS_DENIED, 0},
	{&owner_rights, ALICE_, DELETE | R, STATUS_SUCCESS, DELETE | R},
	{&owner_rights, BOB_, DELETE, STATUS_ACCESS_DENIED, 0},
	{&owner_denied, ALICE_, DELETE, STATUS_ACCESS_DENIED, 0},
	{&owner_denied, ALICE_, WRITE_DAC, STATUS_SUCCESS, WRITE_DAC},
	{&owner_denied, BOB_, DELETE, STATUS_SUCCESS, DELETE},
	{&owner_inherit_only, ALICE_, WRITE_DAC, STATUS_SUCCESS, WRITE_DAC},
	{&owner_inherit_only, ALICE_, DELETE, STATUS_ACCESS_DENIED, 0},
	/* users and groups */
	{&world_read, BOB_, GENERIC_READ, STATUS_SUCCESS, R},
	{&world_read, BOB_, GENERIC_READ | GENERIC_WRITE, STATUS_ACCESS_DENIED, R},
	{&world_read, REMOTE_, R, STATUS_SUCCESS, R},
	{&world_read, CAROL_, MAXIMUM_ALLOWED, STATUS_SUCCESS, R},
	{&world_read, CAROL_, MAXIMUM_ALLOWED | FILE_READ_DATA, STATUS_SUCCESS, R},
	{&world_read, CAROL_, MAXIMUM_ALLOWED | FILE_WRITE_DATA, STATUS_ACCESS_DENIED, R},
	{&for_alice, ALICE_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&for_alice, BOB_, R, STATUS_ACCESS_DENIED, 0},
	{&for_alice, ROOT_, R, STATUS_ACCESS_DENIED, 0},
	{&for_users, ALICE_, RW, STATUS_SUCCESS, RW},
	{&for_users, BOB_, RW, STATUS_SUCCESS, RW},
	{&for_users, CAROL_, RW, STATUS_ACCESS_DENIED, 0},
	{&for_users, BOB_, RW | DELETE, STATUS_ACCESS_DENIED, RW},
	{&two_halves, BOB_, RW, STATUS_SUCCESS, RW},
	{&two_halves, ALICE_, RW, STATUS_ACCESS_DENIED, R | (W & READ_CONTROL)},
	/* the right to add instances, which is the right to append */
	{&without_make, BOB_, RW & ~MAKE, STATUS_SUCCESS, RW & ~MAKE},
	{&without_make, BOB_, GENERIC_WRITE, STATUS_ACCESS_DENIED, W & ~MAKE},
	{&without_make, BOB_, R | MAKE, STATUS_ACCESS_DENIED, R},
	{&without_make, ALICE_, R | MAKE, STATUS_ACCESS_DENIED, R},
	{&for_users, BOB_, R | MAKE, STATUS_SUCCESS, R | MAKE},
	/* the order of entries */
	{&deny_first, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&deny_first, BOB_, FILE_READ_DATA, STATUS_SUCCESS, FILE_READ_DATA},
	{&deny_first, BOB_, MAXIMUM_ALLOWED, STATUS_SUCCESS, RW & ~W},
	{&deny_first, CAROL_, RW, STATUS_SUCCESS, RW},
	{&deny_last, BOB_, RW, STATUS_SUCCESS, RW},
	{&deny_last, BOB_, MAXIMUM_ALLOWED, STATUS_SUCCESS, RW},
	{&deny_group, BOB_, FILE_READ_DATA, STATUS_ACCESS_DENIED, 0},
	{&deny_group, BOB_, FILE_WRITE_DATA, STATUS_SUCCESS, FILE_WRITE_DATA},
	/* generic rights in entries */
	{&generic, BOB_, R, STATUS_SUCCESS, R},
	{&generic, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&generic, ALICE_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&deny_generic, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&deny_generic, BOB_, FILE_READ_DATA, STATUS_SUCCESS, FILE_READ_DATA},
	{&deny_generic, CAROL_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	/* inheritance */
	{&inherit_only, BOB_, R, STATUS_SUCCESS, R},
	{&inherit_only, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&inherited, BOB_, R, STATUS_SUCCESS, R},
	/* where the caller is */
	{&local_only, BOB_, RW, STATUS_SUCCESS, RW},
	{&local_only, REMOTE_, R, STATUS_ACCESS_DENIED, 0},
	{&interactive, BOB_, RW, STATUS_SUCCESS, RW},
	{&interactive, REMOTE_, RW, STATUS_ACCESS_DENIED, 0},
	/* the system, administrators, nobody */
	{&system_only, ROOT_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&system_only, ADMIN_, R, STATUS_ACCESS_DENIED, 0},
	{&system_only, BOB_, R, STATUS_ACCESS_DENIED, 0},
	{&admins_only, ROOT_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&admins_only, ADMIN_, GENERIC_ALL, STATUS_SUCCESS, ALL},
	{&admins_only, CAROL_, R, STATUS_ACCESS_DENIED, 0},
	{&anonymous_only, BOB_, R, STATUS_ACCESS_DENIED, 0},
	{&anonymous_only, ROOT_, R, STATUS_ACCESS_DENIED, 0},
	/* privileges */
	{&empty, ROOT_, WRITE_OWNER, STATUS_SUCCESS, WRITE_OWNER},
	{&empty, ADMIN_, WRITE_OWNER, STATUS_ACCESS_DENIED, 0},
	{&empty, ROOT_, ACCESS_SYSTEM_SECURITY, STATUS_SUCCESS, ACCESS_SYSTEM_SECURITY},
	{&null, BOB_, ACCESS_SYSTEM_SECURITY, STATUS_PRIVILEGE_NOT_HELD, 0},
	{&world_read, BOB_, R | ACCESS_SYSTEM_SECURITY, STATUS_PRIVILEGE_NOT_HELD, R},
	{&world_read, BOB_, W | ACCESS_SYSTEM_SECURITY, STATUS_ACCESS_DENIED, W &R},
	{&world_read, ROOT_, MAXIMUM_ALLOWED, STATUS_SUCCESS, R},
	/* entries that are none of ours */
	{&audit, BOB_, R, STATUS_SUCCESS, R},
	{&audit, BOB_, W, STATUS_ACCESS_DENIED, W &R},
	{&unknown, BOB_, R, STATUS_SUCCESS, R},
	{&unknown, BOB_, DELETE, STATUS_ACCESS_DENIED, 0},
	{&conditional, BOB_, DELETE, STATUS_ACCESS_DENIED, 0},
	{&conditional, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&conditional, BOB_, R, STATUS_SUCCESS, R},
	{&objects, BOB_, DELETE, STATUS_ACCESS_DENIED, 0},
	{&objects, BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED, 0},
	{&objects, BOB_, R, STATUS_SUCCESS, R},
};

START_TEST(each_row_comes_out_as_the_table_says)
{
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		const struct np_sec_token *token = &persons[rows[i].who];
		struct np_access access = {.granted = 0xdead};
		uint8_t bytes[512];
		size_t len = descriptor_encode(bytes, rows[i].descriptor);
		uint8_t *exact = malloc(len);
		npfs_status status;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, bytes, len);
		status = np_access_check_bytes(exact, len, token, rows[i].desired,
					       &access);
		ck_assert_msg(status == rows[i].status &&
				      access.granted == rows[i].granted,
			      "row %zu: %s, %s asks %#x: %#x granted %#x", i,
			      rows[i].descriptor->name, person_names[rows[i].who],
			      rows[i].desired, status, access.granted);
		ck_assert_msg((access.refused == 0) ==
				      (status == STATUS_SUCCESS ||
				       rows[i].desired == MAXIMUM_ALLOWED),
			      "row %zu: refused %#x", i, access.refused);
		free(exact);
	}
}
END_TEST

/* npfs-semantics 9.1: the default descriptor, made by alice. */
START_TEST(the_default_descriptor_admits_readers_and_the_privileged)
{
	static const struct {
		enum person who;
		uint32_t desired;
		npfs_status status;
	} default_rows[] = {
		{ALICE_, GENERIC_ALL, STATUS_SUCCESS},
		{ALICE_, RW | MAKE | WRITE_OWNER, STATUS_SUCCESS},
		{BOB_, GENERIC_READ, STATUS_SUCCESS},
		{BOB_, GENERIC_READ | GENERIC_WRITE, STATUS_ACCESS_DENIED},
		{BOB_, FILE_WRITE_DATA, STATUS_ACCESS_DENIED},
		{BOB_, R | MAKE, STATUS_ACCESS_DENIED},
		{REMOTE_, GENERIC_READ, STATUS_SUCCESS},
		{REMOTE_, GENERIC_WRITE, STATUS_ACCESS_DENIED},
		{CAROL_, WRITE_DAC, STATUS_ACCESS_DENIED},
		{ADMIN_, GENERIC_ALL, STATUS_SUCCESS},
		{ROOT_, GENERIC_ALL, STATUS_SUCCESS},
	};
	void *bytes;
	size_t len, i;

	ck_assert_uint_eq(np_sd_assign(NULL, 0, &persons[ALICE_], &bytes, &len),
			  STATUS_SUCCESS);
	for (i = 0; i < NP_ARRAY_LEN(default_rows); i++) {
		struct np_access access;

		ck_assert_msg(np_access_check_bytes(bytes, len,
						    &persons[default_rows[i].who],
						    default_rows[i].desired,
						    &access) == default_rows[i].status,
			      "%s asks %#x", person_names[default_rows[i].who],
			      default_rows[i].desired);
	}
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("check");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, each_row_comes_out_as_the_table_says);
	tcase_add_test(tcase, the_default_descriptor_admits_readers_and_the_privileged);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
