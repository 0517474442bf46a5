/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of named events, mutexes, semaphores and timers, with two real users: alice makes
 * one, somebody opens it.
 *
 * Takes root to become them; for anybody else the test is skipped.
 */
#include <npfs/npfs.h>
#include <npfs/object.h>

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/sec/sd_change.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"

#define GUILD	     61200u

static struct test_broker broker;

enum { ALICE, BOB, CAROL };

static const struct person {
	const char *name;
	uid_t uid;
	gid_t gid; /* bob and carol are in the guild; it is carol's first group */
	size_t n_guilds;
} people[] = {
	{"alice", 61001, 61001, 0},
	{"bob", 61002, 61002, 1},
	{"carol", 61003, GUILD, 0},
};

/* One entry of a DACL; a text of NULL ends them. */
struct entry {
	uint8_t type;
	uint32_t mask;
	const char *sid;
};

/* clang-format off */
#define ALLOW(mask, sid) {NP_ACE_TYPE_ALLOWED, (mask), (sid)}
#define DENY(mask, sid)  {NP_ACE_TYPE_DENIED, (mask), (sid)}

static const struct row {
	const char *what;
	enum npfs_object_type type;
	bool has_sd;
	struct entry dacl[3];
	unsigned who;
	uint32_t access;
	npfs_status status;
} rows[] = {
	{"default", NPFS_OBJECT_EVENT, false, {{0}}, ALICE, GENERIC_ALL, STATUS_SUCCESS},
	{"default", NPFS_OBJECT_EVENT, false, {{0}}, BOB, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"default", NPFS_OBJECT_MUTEX, false, {{0}}, BOB, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"default", NPFS_OBJECT_SEMAPHORE, false, {{0}}, CAROL, MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED},
	{"nobody", NPFS_OBJECT_EVENT, true, {{0}}, BOB, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"nobody", NPFS_OBJECT_EVENT, true, {{0}}, ALICE, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"nobody, its owner", NPFS_OBJECT_EVENT, true, {{0}}, ALICE, READ_CONTROL | WRITE_DAC, STATUS_SUCCESS},
	{"everyone waits", NPFS_OBJECT_EVENT, true, {ALLOW(SYNCHRONIZE, "S-1-1-0")}, BOB, SYNCHRONIZE, STATUS_SUCCESS},
	{"everyone waits", NPFS_OBJECT_EVENT, true, {ALLOW(SYNCHRONIZE, "S-1-1-0")}, BOB, SYNCHRONIZE | 2, STATUS_ACCESS_DENIED},
	{"everyone executes", NPFS_OBJECT_TIMER, true, {ALLOW(GENERIC_EXECUTE, "S-1-1-0")}, CAROL, SYNCHRONIZE, STATUS_SUCCESS},
	{"bob alone", NPFS_OBJECT_MUTEX, true, {ALLOW(GENERIC_ALL, "S-1-22-1-61002")}, BOB, GENERIC_ALL, STATUS_SUCCESS},
	{"bob alone", NPFS_OBJECT_MUTEX, true, {ALLOW(GENERIC_ALL, "S-1-22-1-61002")}, CAROL, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"the guild", NPFS_OBJECT_SEMAPHORE, true, {ALLOW(GENERIC_ALL, "S-1-22-2-61200")}, BOB, GENERIC_ALL, STATUS_SUCCESS},
	{"the guild", NPFS_OBJECT_SEMAPHORE, true, {ALLOW(GENERIC_ALL, "S-1-22-2-61200")}, CAROL, GENERIC_ALL, STATUS_SUCCESS},
	{"the guild but bob", NPFS_OBJECT_EVENT, true, {DENY(SYNCHRONIZE, "S-1-22-1-61002"), ALLOW(GENERIC_ALL, "S-1-22-2-61200")}, BOB, SYNCHRONIZE, STATUS_ACCESS_DENIED},
	{"the guild but bob", NPFS_OBJECT_EVENT, true, {DENY(SYNCHRONIZE, "S-1-22-1-61002"), ALLOW(GENERIC_ALL, "S-1-22-2-61200")}, CAROL, SYNCHRONIZE, STATUS_SUCCESS},
	{"bob, then no guild", NPFS_OBJECT_EVENT, true, {ALLOW(SYNCHRONIZE, "S-1-22-1-61002"), DENY(GENERIC_ALL, "S-1-22-2-61200")}, BOB, SYNCHRONIZE, STATUS_SUCCESS},
	{"bob waits", NPFS_OBJECT_EVENT, true, {ALLOW(SYNCHRONIZE, "S-1-22-1-61002")}, BOB, MAXIMUM_ALLOWED, STATUS_SUCCESS},
	{"bob waits", NPFS_OBJECT_EVENT, true, {ALLOW(SYNCHRONIZE, "S-1-22-1-61002")}, BOB, ACCESS_SYSTEM_SECURITY, STATUS_PRIVILEGE_NOT_HELD},
};
/* clang-format on */

static void become(const struct person *person)
{
	const gid_t guild = GUILD;

	if (setgroups(person->n_guilds, &guild) < 0 ||
	    setresgid(person->gid, person->gid, person->gid) < 0 ||
	    setresuid(person->uid, person->uid, person->uid) < 0)
		_exit(99);
}

static uint32_t sd_make(uint8_t *bytes, const struct entry *entries)
{
	size_t at = NP_SD_FIXED_LEN + NP_ACL_FIXED_LEN;
	unsigned n = 0;

	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	np_sec_put16(bytes + 2, NP_SD_SELF_RELATIVE | NP_SD_DACL_PRESENT);
	np_sec_put32(bytes + 16, NP_SD_FIXED_LEN);
	for (; entries[n].sid; n++) {
		struct np_sid sid;

		if (!np_sid_parse(entries[n].sid, &sid))
			_exit(98);
		at += np_ace_encode(bytes + at, entries[n].type, entries[n].mask, &sid);
	}
	np_acl_encode_header(bytes + NP_SD_FIXED_LEN, at - NP_SD_FIXED_LEN, n);
	return (uint32_t)at;
}

static int make_run(int sock, void *arg)
{
	const struct row *row = arg;
	struct npfs_object_params params = {
		.size = sizeof(params), .type = row->type, .limit = 1, .access = GENERIC_ALL};
	struct test_name name = test_name("theirs");
	struct npfs_object *object = NULL;
	uint8_t sd[256];

	become(&people[ALICE]);
	if (row->has_sd) {
		params.descriptor = sd;
		params.descriptor_len = sd_make(sd, row->dacl);
	}
	if (npfs_object_create(name.units, name.len, &params, &object) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'm');
	test_expect(sock, 'q');
	npfs_object_close(object);
	return 0;
}

static int open_run(int sock, void *arg)
{
	const struct row *row = arg;
	struct test_name name = test_name("theirs");
	struct npfs_object *object = NULL;
	npfs_status status;

	(void)sock;
	become(&people[row->who]);
	status = npfs_object_open(name.units, name.len, row->type, row->access, &object);
	npfs_object_close(object);
	return status == row->status ? 0 : 1;
}

START_TEST(the_broker_holds_to_the_descriptor)
{
	struct row row = rows[_i];
	struct test_child maker, opener;

	test_child_start(&maker, make_run, &row);
	test_expect(maker.sock, 'm');
	test_child_start(&opener, open_run, &row);
	ck_assert_msg(test_child_wait(&opener) == 0, "%s: %s opens with 0x%08x", row.what,
		      people[row.who].name, row.access);
	printf("alice makes (%s), %s opens with 0x%08x: 0x%08x\n", row.what,
	       people[row.who].name, row.access, row.status);
	fflush(stdout);
	test_say(maker.sock, 'q');
	ck_assert_int_eq(test_child_wait(&maker), 0);
}
END_TEST

/* Everybody may wait; the guild may read the descriptor, too. */
static const struct row shown = {
	"shown to the guild",
	NPFS_OBJECT_EVENT,
	true,
	{ALLOW(SYNCHRONIZE, "S-1-1-0"), ALLOW(READ_CONTROL, "S-1-22-2-61200")},
	BOB,
	SYNCHRONIZE,
	STATUS_SUCCESS,
};

/* What is in alice's parcels, for the others to import, whoever they are. */
static struct post {
	uint32_t len;
	uint8_t body[64];
} *posted;

enum { BARE, READER, WRITER, N_POSTED };

/* The rights that alice lends with each. */
static const uint32_t lent[N_POSTED] = {
	[BARE] = SYNCHRONIZE,
	[READER] = SYNCHRONIZE | READ_CONTROL,
	[WRITER] = SYNCHRONIZE | WRITE_DAC,
};

static void post_office_open(void)
{
	posted = mmap(NULL, N_POSTED * sizeof(*posted), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(posted != MAP_FAILED);
}

static void post_office_close(void)
{
	munmap(posted, N_POSTED * sizeof(*posted));
}

static bool post(struct npfs_object *object, uint32_t access, struct post *to)
{
	struct npfs_parcel parcel;
	bool ok;

	if (npfs_object_export(object, access, &parcel) != STATUS_SUCCESS)
		return false;
	ok = parcel.len <= sizeof(to->body);
	if (ok)
		memcpy(to->body, parcel.body, parcel.len);
	to->len = parcel.len;
	npfs_parcel_free(&parcel);
	return ok;
}

static npfs_status unpack(const struct post *from, struct npfs_object **objectp)
{
	struct npfs_parcel parcel;
	npfs_status status;

	npfs_parcel_init(&parcel);
	parcel.kind = NPFS_PARCEL_OBJECT;
	status = npfs_parcel_set_body(&parcel, from->body, from->len);
	if (status == STATUS_SUCCESS)
		status = npfs_object_import(&parcel, objectp);
	npfs_parcel_free(&parcel);
	return status;
}

/* The status of reading the DACL, and of writing it, for a holder by this parcel only. */
static bool joined_may(const struct post *from, npfs_status reads, npfs_status writes)
{
	struct npfs_object *object = NULL;
	uint32_t needed = 0;
	uint8_t sd[256];
	bool ok;

	ok = unpack(from, &object) == STATUS_SUCCESS &&
	     npfs_object_get_security(object, NP_SD_PART_DACL, sd, sizeof(sd), &needed) ==
		     reads &&
	     npfs_object_set_security(object, NP_SD_PART_DACL, sd,
				      sd_make(sd, shown.dacl)) == writes;
	npfs_object_close(object);
	return ok;
}

/* Makes the object; told to, takes waiting from everybody and gives it to carol. */
static int change_run(int sock, void *arg)
{
	static const struct entry carols[] = {ALLOW(SYNCHRONIZE, "S-1-22-1-61003"), {0}};
	struct npfs_object_params params = {
		.size = sizeof(params), .type = shown.type, .limit = 1, .access = GENERIC_ALL};
	struct test_name name = test_name("theirs");
	struct npfs_object *object = NULL;
	uint8_t sd[256];

	(void)arg;
	become(&people[ALICE]);
	params.descriptor = sd;
	params.descriptor_len = sd_make(sd, shown.dacl);
	if (npfs_object_create(name.units, name.len, &params, &object) != STATUS_SUCCESS)
		return 1;
	for (int i = 0; i < N_POSTED; i++)
		if (!post(object, lent[i], &posted[i]))
			return 3;
	test_say(sock, 'm');
	test_expect(sock, 'c');
	if (npfs_object_set_security(object, NP_SD_PART_DACL, sd, sd_make(sd, carols)) !=
	    STATUS_SUCCESS)
		return 2;
	test_say(sock, 'c');
	test_expect(sock, 'q');
	npfs_object_close(object);
	return 0;
}

/* Bob reads and cannot write; after the change he keeps what he has and gets no more. */
static int bob_run(int sock, void *arg)
{
	struct test_name name = test_name("theirs");
	struct npfs_object *object = NULL, *again = NULL;
	struct npfs_object_want want;
	uint32_t needed = 0;
	uint8_t sd[256];

	(void)arg;
	become(&people[BOB]);
	if (!joined_may(&posted[BARE], STATUS_SUCCESS, STATUS_ACCESS_DENIED))
		return 6;
	if (npfs_object_open(name.units, name.len, shown.type, SYNCHRONIZE | READ_CONTROL,
			     &object) != STATUS_SUCCESS)
		return 1;
	if (npfs_object_get_security(object, NP_SD_PART_DACL, sd, 4, &needed) !=
		    STATUS_BUFFER_TOO_SMALL ||
	    npfs_object_get_security(object, NP_SD_PART_DACL, sd, needed, &needed) !=
		    STATUS_SUCCESS)
		return 2;
	if (npfs_object_get_security(object, NP_SD_PART_SACL, sd, sizeof(sd), &needed) !=
		    STATUS_ACCESS_DENIED ||
	    npfs_object_set_security(object, NP_SD_PART_DACL, sd, needed) !=
		    STATUS_ACCESS_DENIED ||
	    npfs_object_set_security(object, NP_SD_PART_OWNER, sd, needed) !=
		    STATUS_ACCESS_DENIED)
		return 3;
	test_say(sock, 'r');
	test_expect(sock, 'g');
	if (npfs_object_open(name.units, name.len, shown.type, SYNCHRONIZE, &again) !=
	    STATUS_ACCESS_DENIED)
		return 4;
	want = (struct npfs_object_want){.object = object, .taker = NPFS_TAKE_POLL};
	if (npfs_object_take(&want, 1) != STATUS_TIMEOUT ||
	    npfs_object_get_security(object, NP_SD_PART_DACL, sd, sizeof(sd), &needed) !=
		    STATUS_SUCCESS)
		return 5;
	npfs_object_close(object);
	return 0;
}

/* Who was lent one right passes on that one, however much he says. */
static bool borrower_lends_no_more(void)
{
	struct npfs_object *object = NULL, *again = NULL;
	struct npfs_object_info info = {0};
	struct post further;
	bool ok;

	ok = unpack(&posted[READER], &object) == STATUS_SUCCESS &&
	     post(object, UINT32_MAX, &further) &&
	     unpack(&further, &again) == STATUS_SUCCESS;
	if (ok)
		npfs_object_get_info(again, &info);
	npfs_object_close(object);
	npfs_object_close(again);
	return ok && info.granted_access == lent[READER] &&
	       joined_may(&further, STATUS_SUCCESS, STATUS_ACCESS_DENIED);
}

/* Whatever is changed of a parcel, the broker does not take it. */
static bool no_bit_can_be_changed(const struct post *from)
{
	for (uint32_t bit = 0; bit < from->len * 8; bit++) {
		struct npfs_object *object = NULL;
		struct post changed = *from;

		changed.body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (unpack(&changed, &object) == STATUS_SUCCESS) {
			npfs_object_close(object);
			return false;
		}
	}
	return true;
}

/* Carol may wait now, and was never shown the descriptor but as one of the guild. */
static int carol_run(int sock, void *arg)
{
	struct test_name name = test_name("theirs");
	struct npfs_object *object = NULL;
	uint32_t needed;
	uint8_t sd[256];

	(void)sock;
	(void)arg;
	become(&people[CAROL]);
	if (npfs_object_open(name.units, name.len, shown.type, SYNCHRONIZE, &object) !=
	    STATUS_SUCCESS)
		return 1;
	if (npfs_object_get_security(object, NP_SD_PART_DACL, sd, sizeof(sd), &needed) !=
	    STATUS_ACCESS_DENIED)
		return 2;
	npfs_object_close(object);
	if (!joined_may(&posted[BARE], STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED) ||
	    !joined_may(&posted[READER], STATUS_SUCCESS, STATUS_ACCESS_DENIED))
		return 3;
	if (!borrower_lends_no_more())
		return 4;
	return no_bit_can_be_changed(&posted[READER]) ? 0 : 5;
}

START_TEST(a_changed_descriptor_is_enforced)
{
	struct test_child alice, bob, carol;

	post_office_open();
	test_child_start(&alice, change_run, NULL);
	test_expect(alice.sock, 'm');
	test_child_start(&bob, bob_run, NULL);
	test_expect(bob.sock, 'r');
	test_say(alice.sock, 'c');
	test_expect(alice.sock, 'c');
	test_say(bob.sock, 'g');
	ck_assert_int_eq(test_child_wait(&bob), 0);
	test_child_start(&carol, carol_run, NULL);
	ck_assert_int_eq(test_child_wait(&carol), 0);
	test_say(alice.sock, 'q');
	ck_assert_int_eq(test_child_wait(&alice), 0);
	post_office_close();
}
END_TEST

/* The owner may wait, and nobody may do anything else: not even he without an open's rights. */
static const struct entry owners[] = {ALLOW(SYNCHRONIZE, "S-1-3-4"), {0}};

/* Lends the right to change the descriptor. */
static int lend_run(int sock, void *arg)
{
	struct npfs_object_params params = {
		.size = sizeof(params), .type = shown.type, .limit = 1, .access = GENERIC_ALL};
	struct npfs_object *object = NULL;
	uint8_t sd[256];

	(void)arg;
	params.descriptor = sd;
	params.descriptor_len = sd_make(sd, owners);
	if (npfs_object_create(NULL, 0, &params, &object) != STATUS_SUCCESS ||
	    !post(object, lent[WRITER], &posted[WRITER]))
		return 1;
	test_say(sock, 'm');
	test_expect(sock, 'q');
	npfs_object_close(object);
	return 0;
}

/* Changes what it may not read, in the lives of two brokers. */
static int borrow_run(int sock, void *arg)
{
	struct npfs_object *object = NULL;
	uint32_t needed = 0;
	uint8_t sd[256];

	(void)arg;
	if (unpack(&posted[WRITER], &object) != STATUS_SUCCESS)
		return 1;
	for (int life = 0; life < 2; life++) {
		if (npfs_object_get_security(object, NP_SD_PART_DACL, sd, sizeof(sd),
					     &needed) != STATUS_ACCESS_DENIED)
			return 2;
		if (npfs_object_set_security(object, NP_SD_PART_DACL, sd,
					     sd_make(sd, owners)) != STATUS_SUCCESS)
			return 3;
		test_say(sock, 'd');
		test_expect(sock, 'g');
	}
	npfs_object_close(object);
	if (unpack(&posted[WRITER], &object) != STATUS_SUCCESS)
		return 4;
	if (npfs_object_set_security(object, NP_SD_PART_DACL, sd, sd_make(sd, owners)) !=
	    STATUS_SUCCESS)
		return 5;
	npfs_object_close(object);
	return 0;
}

START_TEST(what_was_lent_outlives_the_broker)
{
	struct test_child lender, borrower;

	post_office_open();
	test_child_start(&lender, lend_run, NULL);
	test_expect(lender.sock, 'm');
	test_child_start(&borrower, borrow_run, NULL);
	test_expect(borrower.sock, 'd');
	test_broker_kill(&broker);
	test_broker_restart(&broker);
	test_say(borrower.sock, 'g');
	test_expect(borrower.sock, 'd');
	test_say(borrower.sock, 'g');
	ck_assert_int_eq(test_child_wait(&borrower), 0);
	test_say(lender.sock, 'q');
	ck_assert_int_eq(test_child_wait(&lender), 0);
	post_office_close();
}
END_TEST

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

int main(void)
{
	Suite *suite = suite_create("object_access");
	TCase *tcase = tcase_create("object_access");
	SRunner *runner;
	int failed;

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_broker_holds_to_the_descriptor, 0, NP_ARRAY_LEN(rows));
	tcase_add_test(tcase, a_changed_descriptor_is_enforced);
	tcase_add_test(tcase, what_was_lent_outlives_the_broker);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
