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
#include "npfs/broker/token.h"
#include "npfs/client/end.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/sec/sd.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"

#define N_ACES_MAX   4

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
static const struct person carol = {"carol", 61003, 61200, {61300}, 1};
static const struct person dave = {"dave", 61004, 61004, {0}, 0};
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

enum verb { OPEN, ADD, SET };

struct row {
	const struct person *creator;
	const struct descriptor *descriptor;
	const struct person *caller;
	enum verb verb;
	uint32_t access; /* SET: the parts; what the caller opens with is in `through` */
	npfs_status status;
	const struct descriptor *change; /* by the creator before, or what SET sets */
	uint32_t through;
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

static const struct descriptor owner_may_not = {
	"owner rights: r; alice: all",
	DACL,
	{ALLOW("S-1-3-4", R), ALLOW(ALICE, RW)},
	NULL};
static const struct descriptor to_bob = {
	"owner bob; all: rw", DACL, {ALLOW(EVERYONE, RW)}, BOB};
static const struct descriptor bob_may_all = {
	"bob: all", DACL, {ALLOW(BOB, ALL), ALLOW(ALICE, ALL)}, NULL};
static const struct descriptor anonymous_only = {
	"anonymous: rw", DACL, {ALLOW("S-1-5-7", RW)}, NULL};
static const struct descriptor service_only = {
	"local service: rw", DACL, {ALLOW("S-1-5-19", RW)}, NULL};
static const struct descriptor administrators = {
	"administrators: rw", DACL, {ALLOW("S-1-5-32-544", RW)}, NULL};

#define PARTS_DACL  NPFS_SECURITY_DACL
#define PARTS_OWNER NPFS_SECURITY_OWNER

/* clang-format off */
static const struct row rows[] = {
	{&alice, &by_default, &alice, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &by_default, &alice, ADD, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &by_default, &bob, OPEN, GENERIC_READ, STATUS_SUCCESS, NULL, 0},
	{&alice, &by_default, &bob, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &by_default, &bob, OPEN, MAXIMUM_ALLOWED, STATUS_SUCCESS, NULL, 0},
	{&alice, &by_default, &bob, ADD, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &by_default, &bob, ADD, GENERIC_READ, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &by_default, &bob, OPEN, WRITE_DAC | R, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &by_default, &root, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &by_default, &root, ADD, GRW, STATUS_SUCCESS, NULL, 0},
	{&root, &by_default, &alice, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&root, &by_default, &alice, OPEN, GENERIC_READ, STATUS_SUCCESS, NULL, 0},
	{&alice, &no_dacl, &bob, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &null_dacl, &bob, OPEN, GRW | WRITE_DAC, STATUS_SUCCESS, NULL, 0},
	{&alice, &null_dacl, &carol, ADD, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &null_dacl, &bob, OPEN, R | ACCESS_SYSTEM_SECURITY,
	 STATUS_PRIVILEGE_NOT_HELD, NULL, 0},
	{&alice, &empty, &alice, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &empty, &alice, OPEN, READ_CONTROL, STATUS_SUCCESS, NULL, 0},
	{&alice, &empty, &alice, ADD, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &empty, &root, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &alice_only, &alice, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &alice_only, &bob, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &alice_only, &root, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &team, &bob, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &team, &bob, ADD, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &team, &carol, OPEN, GENERIC_READ, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &guild_denied, &alice, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &guild_denied, &bob, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &guild_denied, &carol, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &guild_denied, &carol, OPEN, GENERIC_READ, STATUS_SUCCESS, NULL, 0},
	{&alice, &guild_denied_late, &carol, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &no_add, &bob, OPEN, GENERIC_WRITE, STATUS_SUCCESS, NULL, 0},
	{&alice, &no_add, &alice, ADD, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &readers, &bob, OPEN, MAXIMUM_ALLOWED | FILE_WRITE_DATA,
	 STATUS_ACCESS_DENIED, NULL, 0},
	{&bob, &owned_by_bob, &bob, OPEN, R | WRITE_DAC, STATUS_SUCCESS, NULL, 0},
	{&root, &owned_by_bob, &bob, OPEN, R | WRITE_DAC, STATUS_SUCCESS, NULL, 0},
	/* what MAXIMUM_ALLOWED comes to, by asking for more beside it */
	{&alice, &alice_only, &bob, OPEN, MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &alice_only, &alice, OPEN, MAXIMUM_ALLOWED | WRITE_DAC, STATUS_SUCCESS, NULL, 0},
	{&alice, &team, &bob, OPEN, MAXIMUM_ALLOWED | WRITE_DAC, STATUS_ACCESS_DENIED, NULL, 0},
	/* an entry for Owner Rights takes the owner's right to change the DACL away */
	{&alice, &owner_may_not, &alice, OPEN, RW, STATUS_SUCCESS, NULL, 0},
	{&alice, &owner_may_not, &alice, OPEN, WRITE_DAC, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &readers, &alice, OPEN, WRITE_DAC, STATUS_SUCCESS, NULL, 0},
	/* groups and users that were given a meaning on the command line */
	{&alice, &administrators, &carol, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &administrators, &alice, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &service_only, &dave, OPEN, GRW, STATUS_SUCCESS, NULL, 0},
	{&alice, &service_only, &bob, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	{&alice, &anonymous_only, &bob, OPEN, GRW, STATUS_ACCESS_DENIED, NULL, 0},
	/* the creator changes the DACL, then the caller comes */
	{&alice, &by_default, &bob, OPEN, GRW, STATUS_SUCCESS, &null_dacl, 0},
	{&alice, &null_dacl, &bob, OPEN, GRW, STATUS_ACCESS_DENIED, &alice_only, 0},
	{&alice, &by_default, &bob, ADD, GRW, STATUS_SUCCESS, &bob_may_all, 0},
	{&alice, &null_dacl, &bob, ADD, GRW, STATUS_ACCESS_DENIED, &no_add, 0},
	{&alice, &by_default, &carol, OPEN, R, STATUS_ACCESS_DENIED, &empty, 0},
	/* the caller opens, then changes the descriptor through its end */
	{&alice, &bob_may_all, &bob, SET, PARTS_DACL, STATUS_SUCCESS, &empty, ALL},
	{&alice, &bob_may_all, &bob, SET, PARTS_DACL, STATUS_ACCESS_DENIED, &empty, GRW},
	{&alice, &team, &bob, SET, PARTS_DACL, STATUS_ACCESS_DENIED, &null_dacl, GRW},
	{&alice, &bob_may_all, &bob, SET, PARTS_OWNER, STATUS_SUCCESS, &to_bob, ALL},
	{&alice, &bob_may_all, &alice, SET, PARTS_OWNER, STATUS_INVALID_OWNER, &to_bob,
	 ALL},
	{&alice, &bob_may_all, &alice, SET, PARTS_OWNER, STATUS_INVALID_OWNER, &readers,
	 ALL},
	{&alice, &bob_may_all, &root, SET, PARTS_OWNER, STATUS_SUCCESS, &to_bob,
	 WRITE_OWNER},
	{&alice, &bob_may_all, &bob, SET, NPFS_SECURITY_SACL, STATUS_ACCESS_DENIED,
	 &to_bob, ALL},
	{&alice, &null_dacl, &root, SET, NPFS_SECURITY_SACL, STATUS_SUCCESS, &to_bob,
	 ACCESS_SYSTEM_SECURITY},
};
/* clang-format on */

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
		.inbound_quota = 64,
		.outbound_quota = 64,
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

	uint8_t bytes[512];
	size_t len;

	if (become(row->creator) < 0 ||
	    create(row->descriptor, GRW | WRITE_DAC, &end) != STATUS_SUCCESS)
		return 1;
	if (row->change && row->verb != SET) {
		len = descriptor_encode(bytes, row->change);
		if (npfs_end_set_security(end, NPFS_SECURITY_DACL, bytes,
					  (uint32_t)len) != STATUS_SUCCESS)
			return 2;
	}
	test_say(sock, 'r');
	test_expect(sock, 'q');
	npfs_end_free(end);
	return 0;
}

/* Opens, and changes the descriptor through the end. */
static npfs_status set(const struct row *row)
{
	const struct npfs_open_params params = {.size = sizeof(params),
						.access = row->through};
	struct test_name name = test_name("guarded");
	struct npfs_end *end = NULL;
	npfs_status status;
	uint8_t bytes[512];
	size_t len = descriptor_encode(bytes, row->change);

	if (npfs_pipe_open(name.units, name.len, &params, &end) != STATUS_SUCCESS)
		return STATUS_UNSUCCESSFUL;
	status = npfs_end_set_security(end, row->access, bytes, (uint32_t)len);
	npfs_end_free(end);
	return status;
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
	else if (row->verb == ADD)
		status = create(&by_default, row->access, &end);
	else
		status = set(row);
	npfs_end_free(end);
	if (status != row->status)
		fprintf(stderr, "status %#x\n", status);
	return status != row->status;
}

static void setup(void)
{
	static const char *const options[] = {"--all-users", "--administrators=61300",
					      "--local-service=61004", NULL};

	test_broker_start_with(&broker, options);
	ck_assert_int_eq(chmod(broker.dir, 0711), 0);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static const char *part_name(uint32_t part)
{
	switch (part) {
	case NPFS_SECURITY_OWNER:
		return "owner";
	case NPFS_SECURITY_DACL:
		return "DACL";
	default:
		return "SACL";
	}
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
	printf("%-6s creates (%s)", row->creator->name, row->descriptor->text);
	if (row->change && row->verb != SET)
		printf(" and sets (%s)", row->change->text);
	printf(", %-5s ", row->caller->name);
	if (row->verb == SET)
		printf("opens with %#010x and sets %s of (%s)", row->through,
		       part_name(row->access), row->change->text);
	else
		printf("%s with %#010x", row->verb == OPEN ? "opens" : "adds",
		       row->access);
	printf(": %s%s\n", row->status == STATUS_SUCCESS ? "granted" : "refused",
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

#define AGREE(what)                                                                      \
	do {                                                                             \
		if (!(what)) {                                                           \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);       \
			return 1;                                                        \
		}                                                                        \
	} while (0)

/* What the end's descriptor has in it, as the DACL's length; 0 on failure. */
static size_t dacl_len(struct npfs_end *end)
{
	uint32_t needed = 0;
	struct np_sd sd;
	uint8_t bytes[512];

	if (npfs_end_get_security(end, NPFS_SECURITY_DACL, bytes, sizeof(bytes),
				  &needed) != STATUS_SUCCESS ||
	    np_sd_decode(bytes, needed, &sd) != STATUS_SUCCESS || sd.has_owner ||
	    sd.has_group)
		return 0;
	return sd.has_dacl ? sd.dacl.len : 1;
}

/* One user, two ends: what one sets the other one sees, until there is no pipe. */
static int shared_run(int sock, void *arg)
{
	const struct npfs_open_params all = {.size = sizeof(all), .access = ALL};
	const struct npfs_open_params r = {.size = sizeof(r), .access = FILE_READ_DATA};
	const uint32_t parts = NPFS_SECURITY_OWNER | NPFS_SECURITY_GROUP |
			       NPFS_SECURITY_DACL;
	struct test_name name = test_name("guarded");
	struct npfs_end *server = NULL, *again = NULL, *client = NULL, *reader = NULL;
	const size_t by_default_len = 8 + 5 * 8 + 12 + 16 + 16 + 12 + 12;
	uint8_t bytes[512], change[512];
	uint32_t needed = 0;
	struct np_sd sd;
	size_t len;

	(void)sock;
	(void)arg;
	AGREE(become(&alice) == 0);
	AGREE(create(&by_default, GRW | WRITE_DAC, &server) == STATUS_SUCCESS);
	AGREE(create(&by_default, GRW, &again) == STATUS_SUCCESS);
	AGREE(npfs_pipe_open(name.units, name.len, &all, &client) == STATUS_SUCCESS);
	AGREE(npfs_pipe_open(name.units, name.len, &r, &reader) == STATUS_SUCCESS);
	AGREE(dacl_len(server) == by_default_len);
	AGREE(dacl_len(client) == by_default_len);

	/* too small by one: told how much it takes, nothing written */
	AGREE(npfs_end_get_security(server, parts, NULL, 0, &needed) ==
	      STATUS_BUFFER_TOO_SMALL);
	memset(bytes, 0x5a, sizeof(bytes));
	len = needed;
	AGREE(npfs_end_get_security(server, parts, bytes, needed - 1, &needed) ==
	      STATUS_BUFFER_TOO_SMALL);
	AGREE(needed == len && bytes[0] == 0x5a);
	AGREE(npfs_end_get_security(server, parts, bytes, needed, &needed) ==
	      STATUS_SUCCESS);
	AGREE(np_sd_decode(bytes, needed, &sd) == STATUS_SUCCESS);
	AGREE(sd.has_owner && sd.owner.subs[1] == 61001);
	AGREE(sd.has_group && sd.group.subs[0] == NP_SID_UNIX_GROUP);

	/* rights */
	AGREE(npfs_end_get_security(reader, parts, bytes, sizeof(bytes), &needed) ==
	      STATUS_ACCESS_DENIED);
	AGREE(npfs_end_get_security(client, NPFS_SECURITY_SACL, bytes, sizeof(bytes),
				    &needed) == STATUS_ACCESS_DENIED);
	len = descriptor_encode(change, &readers);
	AGREE(npfs_end_set_security(again, NPFS_SECURITY_DACL, change, (uint32_t)len) ==
	      STATUS_ACCESS_DENIED);

	/* what is malformed changes nothing */
	AGREE(npfs_end_set_security(client, NPFS_SECURITY_DACL, change,
				    (uint32_t)len - 1) == STATUS_INVALID_ACL);
	AGREE(npfs_end_set_security(client, NPFS_SECURITY_GROUP, change, (uint32_t)len) ==
	      STATUS_INVALID_PRIMARY_GROUP);
	AGREE(npfs_end_set_security(client, 0x10, change, (uint32_t)len) ==
	      STATUS_NOT_SUPPORTED);
	AGREE(npfs_end_set_security(client, NPFS_SECURITY_DACL, change, 0) ==
	      STATUS_INVALID_SECURITY_DESCR);
	AGREE(dacl_len(server) == by_default_len);

	AGREE(npfs_end_set_security(client, NPFS_SECURITY_DACL, change, (uint32_t)len) ==
	      STATUS_SUCCESS);
	AGREE(dacl_len(server) == 8 + 8 + 12);
	AGREE(dacl_len(again) == 8 + 8 + 12);

	/* the pipe goes; the connected client keeps the descriptor, and may change it */
	npfs_end_free(server);
	npfs_end_free(again);
	AGREE(dacl_len(client) == 8 + 8 + 12);
	len = descriptor_encode(change, &empty);
	AGREE(npfs_end_set_security(client, NPFS_SECURITY_DACL, change, (uint32_t)len) ==
	      STATUS_SUCCESS);
	AGREE(dacl_len(client) == 8);

	/* a new pipe of this name is another one */
	AGREE(create(&by_default, GRW, &server) == STATUS_SUCCESS);
	AGREE(dacl_len(server) == by_default_len);
	AGREE(dacl_len(client) == 8);
	npfs_end_free(server);
	npfs_end_free(client);
	npfs_end_free(reader);
	return 0;
}

START_TEST(all_ends_share_one_descriptor)
{
	struct test_child child;

	test_child_start(&child, shared_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

/* A client that its server threw out has no descriptor; the server still has. */
static int thrown_out_run(int sock, void *arg)
{
	const struct npfs_open_params all = {.size = sizeof(all), .access = ALL};
	struct test_name name = test_name("guarded");
	struct npfs_end *server = NULL, *client = NULL;
	uint8_t bytes[512];
	uint32_t needed = 0;

	(void)sock;
	(void)arg;
	AGREE(create(&by_default, GRW | WRITE_DAC, &server) == STATUS_SUCCESS);
	AGREE(npfs_pipe_open(name.units, name.len, &all, &client) == STATUS_SUCCESS);
	AGREE(npfs_end_disconnect(server) == STATUS_SUCCESS);
	AGREE(npfs_end_get_security(client, NPFS_SECURITY_DACL, bytes, sizeof(bytes),
				    &needed) == STATUS_PIPE_DISCONNECTED);
	AGREE(dacl_len(server) > 0);
	npfs_end_free(client);
	npfs_end_free(server);
	return 0;
}

START_TEST(a_client_thrown_out_has_no_descriptor)
{
	struct test_child child;

	test_child_start(&child, thrown_out_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

/* Opens with @access, then behaves as if it had been granted @taken as well. */
static struct npfs_end *greedy_open(uint32_t access, uint32_t taken)
{
	const struct npfs_open_params params = {.size = sizeof(params), .access = access};
	struct test_name name = test_name("guarded");
	struct npfs_end *end = NULL;

	ck_assert_uint_eq(npfs_pipe_open(name.units, name.len, &params, &end),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(end->access & taken, 0);
	end->access |= taken | FILE_WRITE_ATTRIBUTES;
	ck_assert_uint_eq(npfs_end_set_modes(end, NPFS_MODE_BYTE, NPFS_MODE_NOWAIT),
			  STATUS_SUCCESS);
	return end;
}

/* A duplex server, no-wait. */
static struct npfs_end *patient_server(void)
{
	struct npfs_end *end = NULL;

	ck_assert_uint_eq(create(&by_default, GRW, &end), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_set_modes(end, NPFS_MODE_BYTE, NPFS_MODE_NOWAIT),
			  STATUS_SUCCESS);
	return end;
}

START_TEST(writing_without_the_right_reaches_nobody)
{
	struct npfs_end *server = patient_server();
	struct npfs_end *client = greedy_open(GENERIC_READ, FILE_WRITE_DATA);
	char byte = 0;
	uint32_t n;

	ck_assert_uint_eq(npfs_end_write(client, "x", 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(server, &byte, 1, NULL, &n), STATUS_PIPE_EMPTY);
	/* the direction that was granted works */
	ck_assert_uint_eq(npfs_end_write(server, "y", 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(client, &byte, 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_int_eq(byte, 'y');
	ck_assert_uint_eq(npfs_end_disconnect(server), STATUS_SUCCESS);
	npfs_end_free(client);
	npfs_end_free(server);
}
END_TEST

START_TEST(reading_without_the_right_shows_nothing)
{
	struct npfs_end *server = patient_server();
	struct npfs_end *client = greedy_open(GENERIC_WRITE, FILE_READ_DATA);
	char byte = 0;
	uint32_t n;

	ck_assert_uint_eq(npfs_end_write(server, "x", 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(client, &byte, 1, NULL, &n), STATUS_PIPE_EMPTY);
	ck_assert_uint_eq(npfs_end_write(client, "y", 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(server, &byte, 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_int_eq(byte, 'y');
	npfs_end_free(client);
	npfs_end_free(server);
}
END_TEST

/* Each of many pipes leaves its descriptor; the last ones are remembered. */
static int remembered_run(int sock, void *arg)
{
	const struct npfs_open_params all = {.size = sizeof(all), .access = ALL};
	struct npfs_end *clients[NP_TOKEN_RETIRED_MAX + 1];
	struct test_name name = test_name("guarded");
	uint8_t bytes[512];
	uint32_t needed = 0;
	unsigned i;

	(void)sock;
	(void)arg;
	for (i = 0; i < NP_ARRAY_LEN(clients); i++) {
		struct npfs_end *server = NULL;

		AGREE(create(&by_default, GRW, &server) == STATUS_SUCCESS);
		AGREE(npfs_pipe_open(name.units, name.len, &all, &clients[i]) ==
		      STATUS_SUCCESS);
		npfs_end_free(server);
	}
	AGREE(npfs_end_get_security(clients[0], NPFS_SECURITY_DACL, bytes, sizeof(bytes),
				    &needed) == STATUS_PIPE_DISCONNECTED);
	for (i = 1; i < NP_ARRAY_LEN(clients); i++)
		AGREE(dacl_len(clients[i]) > 1);
	for (i = 0; i < NP_ARRAY_LEN(clients); i++)
		npfs_end_free(clients[i]);
	return 0;
}

START_TEST(descriptors_of_gone_pipes_are_kept_up_to_a_number)
{
	struct test_child child;

	test_child_start(&child, remembered_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

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

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_caller_gets_what_the_descriptor_says, 0,
			    NP_ARRAY_LEN(rows));
	tcase_add_test(tcase, a_spoilt_descriptor_makes_no_pipe);
	tcase_add_test(tcase, all_ends_share_one_descriptor);
	tcase_add_test(tcase, a_client_thrown_out_has_no_descriptor);
	tcase_add_test(tcase, writing_without_the_right_reaches_nobody);
	tcase_add_test(tcase, reading_without_the_right_shows_nothing);
	tcase_add_test(tcase, descriptors_of_gone_pipes_are_kept_up_to_a_number);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
