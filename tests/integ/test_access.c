/* SPDX-License-Identifier: MIT */
/*
 * Who gets in: one user makes a pipe with a descriptor, another one opens it or adds an
 * instance, and a real broker decides.
 *
 * Each row runs as two processes that have become users of the row for good, with groups
 * of their own. That takes root; for anybody else the test is skipped. The table is
 * printed as it comes out.
 */
#include <npfs/npfs.h>

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/sec/sd.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define N_ACES_MAX   4
#define EXIT_SKIPPED 77

#define R   FILE_GENERIC_READ
#define W   FILE_GENERIC_WRITE
#define RW  (FILE_GENERIC_READ | FILE_GENERIC_WRITE)
#define ALL FILE_ALL_ACCESS
#define GRW (GENERIC_READ | GENERIC_WRITE)

/* Users that need not have an account; the kernel knows numbers only. */
struct person {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t gids[2];
	size_t n_gids;
};

static const struct person alice = {"alice", 61001, 61001, {61100}, 1};
static const struct person bob = {"bob", 61002, 61002, {61100, 61200}, 2};
static const struct person carol = {"carol", 61003, 61200, {0}, 0};
static const struct person root = {"root", 0, 0, {0}, 0};

#define ALICE    "S-1-22-1-61001"
#define BOB      "S-1-22-1-61002"
#define TEAM     "S-1-22-2-61100"
#define GUILD    "S-1-22-2-61200"
#define EVERYONE "S-1-1-0"

struct entry {
	uint8_t type;
	uint32_t mask;
	const char *sid; /* NULL behind the last one */
};

/* clang-format off */
#define ALLOW(sid, mask) {NP_ACE_TYPE_ALLOWED, mask, sid}
#define DENY(sid, mask)  {NP_ACE_TYPE_DENIED, mask, sid}
/* clang-format on */

enum dacl { DEFAULT, NO_DACL, NULL_DACL, DACL };

struct descriptor {
	const char *text;
	enum dacl dacl;
	struct entry entries[N_ACES_MAX];
	const char *owner;
};

enum verb { OPEN, ADD };

struct row {
	const struct person *creator;
	const struct descriptor *descriptor;
	const struct person *caller;
	enum verb verb;
	uint32_t access;
	npfs_status status;
};

static const struct descriptor by_default = {"default", DEFAULT, {{0}}, NULL};
static const struct descriptor no_dacl = {"no DACL", NO_DACL, {{0}}, NULL};
static const struct descriptor null_dacl = {"NULL DACL", NULL_DACL, {{0}}, NULL};
static const struct descriptor empty = {"empty DACL", DACL, {{0}}, NULL};
static const struct descriptor alice_only = {
	"alice: all", DACL, {ALLOW(ALICE, ALL)}, NULL};
static const struct descriptor team = {"team: rw", DACL, {ALLOW(TEAM, RW)}, NULL};
static const struct descriptor guild_denied = {
	"deny guild w; all: rw",
	DACL,
	{DENY(GUILD, FILE_WRITE_DATA), ALLOW(EVERYONE, RW)},
	NULL};
static const struct descriptor guild_denied_late = {
	"all: rw; deny guild w",
	DACL,
	{ALLOW(EVERYONE, RW), DENY(GUILD, FILE_WRITE_DATA)},
	NULL};
static const struct descriptor no_add = {
	"all: rw but add",
	DACL,
	{ALLOW(EVERYONE, RW & ~FILE_CREATE_PIPE_INSTANCE)},
	NULL};
static const struct descriptor readers = {"all: r", DACL, {ALLOW(EVERYONE, R)}, NULL};
static const struct descriptor owned_by_bob = {
	"owner bob; all: r", DACL, {ALLOW(EVERYONE, R)}, BOB};

static const struct row rows[] = {
	{&alice, &by_default, &alice, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &by_default, &alice, ADD, GRW, STATUS_SUCCESS},
	{&alice, &by_default, &bob, OPEN, GENERIC_READ, STATUS_SUCCESS},
	{&alice, &by_default, &bob, OPEN, GRW, STATUS_ACCESS_DENIED},
	{&alice, &by_default, &bob, OPEN, MAXIMUM_ALLOWED, STATUS_SUCCESS},
	{&alice, &by_default, &bob, ADD, GRW, STATUS_ACCESS_DENIED},
	{&alice, &by_default, &bob, ADD, GENERIC_READ, STATUS_ACCESS_DENIED},
	{&alice, &by_default, &bob, OPEN, WRITE_DAC | R, STATUS_ACCESS_DENIED},
	{&alice, &by_default, &root, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &by_default, &root, ADD, GRW, STATUS_SUCCESS},
	{&root, &by_default, &alice, OPEN, GRW, STATUS_ACCESS_DENIED},
	{&root, &by_default, &alice, OPEN, GENERIC_READ, STATUS_SUCCESS},
	{&alice, &no_dacl, &bob, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &null_dacl, &bob, OPEN, GRW | WRITE_DAC, STATUS_SUCCESS},
	{&alice, &null_dacl, &carol, ADD, GRW, STATUS_SUCCESS},
	{&alice, &null_dacl, &bob, OPEN, R | ACCESS_SYSTEM_SECURITY,
	 STATUS_PRIVILEGE_NOT_HELD},
	{&alice, &empty, &alice, OPEN, GRW, STATUS_ACCESS_DENIED},
	{&alice, &empty, &alice, OPEN, READ_CONTROL, STATUS_SUCCESS},
	{&alice, &empty, &alice, ADD, GRW, STATUS_ACCESS_DENIED},
	{&alice, &empty, &root, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED},
	{&alice, &alice_only, &alice, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &alice_only, &bob, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED},
	{&alice, &alice_only, &root, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED},
	{&alice, &team, &bob, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &team, &bob, ADD, GRW, STATUS_SUCCESS},
	{&alice, &team, &carol, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED},
	{&alice, &guild_denied, &alice, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &guild_denied, &bob, OPEN, GRW, STATUS_ACCESS_DENIED},
	{&alice, &guild_denied, &carol, OPEN, GRW, STATUS_ACCESS_DENIED},
	{&alice, &guild_denied, &carol, OPEN, GENERIC_READ, STATUS_SUCCESS},
	{&alice, &guild_denied_late, &carol, OPEN, GRW, STATUS_SUCCESS},
	{&alice, &no_add, &bob, OPEN, GENERIC_WRITE, STATUS_SUCCESS},
	{&alice, &no_add, &alice, ADD, GRW, STATUS_ACCESS_DENIED},
	{&alice, &readers, &bob, OPEN, MAXIMUM_ALLOWED | FILE_WRITE_DATA,
	 STATUS_ACCESS_DENIED},
	{&bob, &owned_by_bob, &bob, OPEN, R | WRITE_DAC, STATUS_SUCCESS},
	{&root, &owned_by_bob, &bob, OPEN, R | WRITE_DAC, STATUS_SUCCESS},
};

static struct test_broker broker;

static size_t descriptor_encode(uint8_t *bytes, const struct descriptor *d)
{
	uint16_t control = NP_SD_SELF_RELATIVE;
	size_t at = NP_SD_FIXED_LEN, dacl_at;
	struct np_sid sid;
	unsigned n = 0;

	if (d->dacl == DEFAULT)
		return 0;
	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	if (d->dacl != NO_DACL)
		control |= NP_SD_DACL_PRESENT;
	np_sec_put16(bytes + 2, control);
	if (d->owner && np_sid_parse(d->owner, &sid)) {
		np_sec_put32(bytes + 4, (uint32_t)at);
		at += np_sid_encode(&sid, bytes + at);
	}
	if (d->dacl != DACL)
		return at;
	dacl_at = at;
	np_sec_put32(bytes + 16, (uint32_t)at);
	at += NP_ACL_FIXED_LEN;
	for (; n < N_ACES_MAX && d->entries[n].sid; n++)
		if (np_sid_parse(d->entries[n].sid, &sid))
			at += np_ace_encode(bytes + at, d->entries[n].type,
					    d->entries[n].mask, &sid);
	np_acl_encode_header(bytes + dacl_at, at - dacl_at, n);
	return at;
}

/* This process becomes @person for good. */
static int become(const struct person *person)
{
	if (setgroups(person->n_gids, person->gids) < 0 ||
	    setresgid(person->gid, person->gid, person->gid) < 0 ||
	    setresuid(person->uid, person->uid, person->uid) < 0)
		return -1;
	return 0;
}

static npfs_status create(const struct descriptor *d, uint32_t access,
			  struct npfs_end **endp)
{
	uint8_t bytes[512];
	size_t len = descriptor_encode(bytes, d);
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = access | SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.max_instances = 4,
		.default_timeout = -500000,
		.descriptor = len > 0 ? bytes : NULL,
		.descriptor_len = (uint32_t)len,
	};
	struct test_name name = test_name("guarded");

	return npfs_pipe_create(name.units, name.len, &params, endp, NULL);
}

/* The creator's process: makes the pipe and keeps it until told. */
static int creator_run(int sock, void *arg)
{
	const struct row *row = arg;
	struct npfs_end *end = NULL;

	if (become(row->creator) < 0 ||
	    create(row->descriptor, GRW, &end) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'r');
	test_expect(sock, 'q');
	npfs_end_free(end);
	return 0;
}

/* The caller's process: its exit status is 0 when the status is the row's. */
static int caller_run(int sock, void *arg)
{
	const struct row *row = arg;
	const struct npfs_open_params params = {.size = sizeof(params),
						.access = row->access};
	struct test_name name = test_name("guarded");
	struct npfs_end *end = NULL;
	npfs_status status;

	(void)sock;
	if (become(row->caller) < 0)
		return 2;
	if (row->verb == OPEN)
		status = npfs_pipe_open(name.units, name.len, &params, &end);
	else
		status = create(&by_default, row->access, &end);
	npfs_end_free(end);
	if (status != row->status)
		fprintf(stderr, "status %#x\n", status);
	return status != row->status;
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

START_TEST(each_caller_gets_what_the_descriptor_says)
{
	const struct row *row = &rows[_i];
	struct test_child creator, caller;
	struct test_leak leak;
	int result;

	test_leak_begin(&leak);
	test_child_start(&creator, creator_run, (void *)(uintptr_t)row);
	test_expect(creator.sock, 'r');
	test_child_start(&caller, caller_run, (void *)(uintptr_t)row);
	result = test_child_wait(&caller);
	printf("%-6s creates (%s), %-5s %s %#010x: %s%s\n", row->creator->name,
	       row->descriptor->text, row->caller->name,
	       row->verb == OPEN ? "opens with" : "adds with ", row->access,
	       row->status == STATUS_SUCCESS ? "granted" : "refused",
	       result == 0 ? "" : " was expected");
	fflush(stdout);
	ck_assert_int_eq(result, 0);
	test_say(creator.sock, 'q');
	ck_assert_int_eq(test_child_wait(&creator), 0);
	test_leak_end(&leak);
}
END_TEST

/* What comes with a create and is no descriptor, or an owner that cannot be given. */
static int spoilt_run(int sock, void *arg)
{
	struct test_name name = test_name("spoilt");
	struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GRW | SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.max_instances = 4,
		.default_timeout = -500000,
	};
	struct npfs_end *end = NULL;
	uint8_t bytes[512];
	size_t len;

	(void)sock;
	(void)arg;
	if (become(&alice) < 0)
		return 1;
	len = descriptor_encode(bytes, &owned_by_bob);
	params.descriptor = bytes;
	params.descriptor_len = (uint32_t)len;
	if (npfs_pipe_create(name.units, name.len, &params, &end, NULL) !=
	    STATUS_INVALID_OWNER)
		return 2;
	bytes[NP_SD_FIXED_LEN + 1] = 16;
	if (npfs_pipe_create(name.units, name.len, &params, &end, NULL) !=
	    STATUS_INVALID_SID)
		return 3;
	len = descriptor_encode(bytes, &readers);
	params.descriptor_len = (uint32_t)len - 4;
	if (npfs_pipe_create(name.units, name.len, &params, &end, NULL) !=
	    STATUS_INVALID_ACL)
		return 4;
	params.descriptor_len = NP_SD_FIXED_LEN - 1;
	if (npfs_pipe_create(name.units, name.len, &params, &end, NULL) !=
	    STATUS_INVALID_SECURITY_DESCR)
		return 5;
	params.descriptor_len = (uint32_t)len;
	if (npfs_pipe_create(name.units, name.len, &params, &end, NULL) != STATUS_SUCCESS)
		return 6;
	npfs_end_free(end);
	return 0;
}

START_TEST(a_spoilt_descriptor_makes_no_pipe)
{
	struct test_child child;

	test_child_start(&child, spoilt_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("access");
	TCase *tcase = tcase_create("access");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		printf("skipped: becoming several users takes root\n");
		return EXIT_SKIPPED;
	}
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_caller_gets_what_the_descriptor_says, 0,
			    NP_ARRAY_LEN(rows));
	tcase_add_test(tcase, a_spoilt_descriptor_makes_no_pipe);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
