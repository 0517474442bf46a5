/* SPDX-License-Identifier: MIT */
/*
 * Servers that act as their clients, with real users and a real broker.
 *
 * The test process is the server and is root. Clients are processes that have become other
 * users for good. What a thread may do is asked from the kernel: it opens files. That takes
 * root; for anybody else the test is skipped.
 */
#include <npfs/npfs.h>
#include <npfs/object.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/wire.h"
#include "npfs/sec/sd.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"
#include "tests/lib/root.h"

#define GRW	     (GENERIC_READ | GENERIC_WRITE)
#define STATIC(level) (NP_SQOS_PRESENT | (level) << NP_SQOS_LEVEL_SHIFT)

#define N_THREADS 4
#define N_ROUNDS  200

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

/* Files, and who may read them. */
enum file { ROOTS, BOBS, TEAMS, GUILDS, N_FILES };

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
	mode_t mode;
} files[N_FILES] = {
	[ROOTS] = {"roots", 0, 0, 0600},
	[BOBS] = {"bobs", 61002, 61002, 0600},
	[TEAMS] = {"teams", 0, 61100, 0640},
	[GUILDS] = {"guilds", 0, 61200, 0640},
};

static struct test_broker broker;
static char dir[48];

/* People and files */

static void become(const struct person *person)
{
	if (setgroups(person->n_gids, person->gids) < 0 ||
	    setresgid(person->gid, person->gid, person->gid) < 0 ||
	    setresuid(person->uid, person->uid, person->uid) < 0)
		_exit(99);
}

static bool is_in(const struct person *person, gid_t gid)
{
	size_t i;

	for (i = 0; i < person->n_gids; i++)
		if (person->gids[i] == gid)
			return true;
	return person->gid == gid;
}

static bool can_read(enum file file)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, files[file].name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool may_read(const struct person *person, enum file file)
{
	return person->uid == files[file].uid ||
	       ((files[file].mode & 0040) && is_in(person, files[file].gid));
}

/* Is the calling thread @person, as far as files go? Says what is wrong. */
static const char *wrong_as(const struct person *person)
{
	unsigned file;

	if (geteuid() != person->uid || getegid() != person->gid)
		return "ids";
	if (getuid() != 0)
		return "the real user has changed";
	for (file = 0; file < N_FILES; file++)
		if (can_read(file) != may_read(person, file))
			return files[file].name;
	return NULL;
}

static const char *wrong_as_root(void)
{
	unsigned file;

	if (geteuid() != 0 || getegid() != 0)
		return "ids";
	for (file = 0; file < N_FILES; file++)
		if (!can_read(file))
			return files[file].name;
	return NULL;
}

#define ck_assert_is(wrong) ck_assert_ptr_null(wrong)

/* Servers and clients */

static npfs_status server_new(const char *text, const void *sd, size_t sd_len,
			      struct npfs_end **endp)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GRW | SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = 64,
		.outbound_quota = 64,
		.default_timeout = -500000,
		.descriptor = sd,
		.descriptor_len = (uint32_t)sd_len,
	};
	struct test_name name = test_name(text);

	return npfs_pipe_create(name.units, name.len, &params, endp, NULL);
}

/* A descriptor that admits @sid alone. Return: its length. */
static size_t sd_for(uint8_t *bytes, const char *text)
{
	size_t at = NP_SD_FIXED_LEN + NP_ACL_FIXED_LEN;
	struct np_sid sid;

	memset(bytes, 0, NP_SD_FIXED_LEN);
	bytes[0] = NP_SD_REVISION;
	np_sec_put16(bytes + 2, NP_SD_SELF_RELATIVE | NP_SD_DACL_PRESENT);
	np_sec_put32(bytes + 16, NP_SD_FIXED_LEN);
	if (!np_sid_parse(text, &sid))
		return 0;
	at += np_ace_encode(bytes + at, NP_ACE_TYPE_ALLOWED, FILE_ALL_ACCESS, &sid);
	np_acl_encode_header(bytes + NP_SD_FIXED_LEN, at - NP_SD_FIXED_LEN, 1);
	return at;
}

static npfs_status client_open(const char *text, uint32_t sqos, struct npfs_end **endp)
{
	const struct npfs_open_params params = {
		.size = sizeof(params), .access = GRW, .sqos = sqos};
	struct test_name name = test_name(text);

	return npfs_pipe_open(name.units, name.len, &params, endp);
}

/* A client in a process of its own: opens, writes when told ('w'), closes ('c'), ends. */
struct guest {
	const struct person *person;
	uint32_t sqos;
	struct test_child child;
	struct npfs_end *server; /* its server end, here */
};

static int guest_run(int sock, void *arg)
{
	const struct guest *guest = arg;
	struct npfs_end *end = NULL;
	uint32_t n;
	char order;

	become(guest->person);
	if (client_open("served", guest->sqos, &end) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'o');
	while ((order = test_hear(sock)) == 'w') {
		if (npfs_end_write(end, "x", 1, NULL, &n) != STATUS_SUCCESS)
			return 2;
		test_say(sock, 'd');
	}
	npfs_end_free(end);
	test_say(sock, 'c');
	test_expect(sock, 'q');
	return 0;
}

static void guest_connect(struct guest *guest, const struct person *person, uint32_t sqos)
{
	uint8_t sd[128];

	guest->person = person;
	guest->sqos = sqos;
	guest->server = NULL;
	ck_assert_uint_eq(server_new("served", sd, sd_for(sd, "S-1-1-0"), &guest->server),
			  STATUS_SUCCESS);
	test_child_start(&guest->child, guest_run, guest);
	test_expect(guest->child.sock, 'o');
	ck_assert_uint_eq(npfs_end_listen(guest->server, NULL), STATUS_PIPE_CONNECTED);
}

static void guest_write(struct guest *guest)
{
	test_say(guest->child.sock, 'w');
	test_expect(guest->child.sock, 'd');
}

static void guest_close(struct guest *guest)
{
	test_say(guest->child.sock, 'c');
	test_expect(guest->child.sock, 'c');
}

static void guest_end(struct guest *guest)
{
	test_say(guest->child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&guest->child), 0);
	npfs_end_free(guest->server);
}

static void read_one(struct npfs_end *server)
{
	uint32_t n = 0;
	char byte;

	ck_assert_uint_eq(npfs_end_read(server, &byte, 1, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 1);
}

/* What the calling thread wears. */
static uint32_t level_worn(void)
{
	struct npfs_identity *identity = npfs_thread_identity();
	uint32_t level;

	ck_assert_ptr_nonnull(identity);
	level = npfs_identity_look(identity)->level;
	npfs_identity_unref(identity);
	return level;
}

static void setup(void)
{
	static const char *const options[] = {"--all-users", NULL};
	char path[96];
	unsigned i;
	int fd;

	test_dir_make(dir, sizeof(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	for (i = 0; i < N_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fchown(fd, files[i].uid, files[i].gid), 0);
		ck_assert_int_eq(fchmod(fd, files[i].mode), 0);
		close(fd);
	}
	test_broker_start_with(&broker, options);
	ck_assert_int_eq(chmod(broker.dir, 0711), 0);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
}

static void teardown(void)
{
	char path[96];
	unsigned i;

	test_broker_stop(&broker);
	for (i = 0; i < N_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		unlink(path);
	}
	test_dir_remove(dir);
}

/* A thread of the server that never impersonates. */
struct watcher {
	pthread_t thread;
	_Atomic bool stop;
	_Atomic unsigned n_looks;
	const char *wrong;
};

static void *watcher_main(void *arg)
{
	struct watcher *w = arg;

	do {
		if (!w->wrong)
			w->wrong = wrong_as_root();
		atomic_fetch_add(&w->n_looks, 1);
	} while (!atomic_load(&w->stop));
	return NULL;
}

static void watcher_start(struct watcher *w)
{
	w->wrong = NULL;
	atomic_init(&w->stop, false);
	atomic_init(&w->n_looks, 0);
	ck_assert_int_eq(pthread_create(&w->thread, NULL, watcher_main, w), 0);
}

/* Waits until it has looked from beginning to end: of two looks the second did. */
static void watcher_look(struct watcher *w)
{
	unsigned n = atomic_load(&w->n_looks);

	while (atomic_load(&w->n_looks) - n < 2)
		sched_yield();
}

static void watcher_stop(struct watcher *w)
{
	atomic_store(&w->stop, true);
	ck_assert_int_eq(pthread_join(w->thread, NULL), 0);
	ck_assert_is(w->wrong);
}

START_TEST(a_file_the_client_may_not_read_is_not_readable)
{
	static const struct person *const people[] = {&alice, &bob, &carol};
	struct watcher watcher;
	struct guest guest;
	unsigned file;

	guest_connect(&guest, people[_i], STATIC(NPFS_LEVEL_IMPERSONATION));
	watcher_start(&watcher);
	ck_assert_is(wrong_as_root());
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	ck_assert_uint_eq(level_worn(), NPFS_LEVEL_IMPERSONATION);
	ck_assert_uint_eq(npfs_thread_may_act(), STATUS_SUCCESS);
	for (file = 0; file < N_FILES; file++)
		printf("as %-5s %-6s: %s\n", people[_i]->name, files[file].name,
		       can_read(file) ? "readable" : "not readable");
	fflush(stdout);
	ck_assert_is(wrong_as(people[_i]));
	watcher_look(&watcher);
	npfs_thread_revert();
	ck_assert_is(wrong_as_root());
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	watcher_stop(&watcher);
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

/* One of several threads that serve clients of their own at the same time. */
struct servant {
	pthread_t thread;
	struct guest guest;
	unsigned n_rounds;
	const char *wrong;
};

static void *servant_main(void *arg)
{
	struct servant *s = arg;

	for (s->n_rounds = 0; s->n_rounds < N_ROUNDS && !s->wrong; s->n_rounds++) {
		if (npfs_end_impersonate(s->guest.server) != STATUS_SUCCESS)
			s->wrong = "impersonate";
		else
			s->wrong = wrong_as(s->guest.person);
		npfs_thread_revert();
		if (!s->wrong)
			s->wrong = wrong_as_root();
	}
	return NULL;
}

START_TEST(threads_impersonate_different_clients_at_once)
{
	static const struct person *const people[N_THREADS] = {&alice, &bob, &carol, &bob};
	struct servant servants[N_THREADS];
	struct watcher watcher;
	unsigned i;

	memset(servants, 0, sizeof(servants));
	for (i = 0; i < N_THREADS; i++)
		guest_connect(&servants[i].guest, people[i],
			      STATIC(NPFS_LEVEL_IMPERSONATION));
	watcher_start(&watcher);
	for (i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(pthread_create(&servants[i].thread, NULL, servant_main,
						&servants[i]),
				 0);
	for (i = 0; i < N_THREADS; i++) {
		ck_assert_int_eq(pthread_join(servants[i].thread, NULL), 0);
		ck_assert_is(servants[i].wrong);
		ck_assert_uint_eq(servants[i].n_rounds, N_ROUNDS);
	}
	watcher_stop(&watcher);
	for (i = 0; i < N_THREADS; i++) {
		guest_close(&servants[i].guest);
		guest_end(&servants[i].guest);
	}
}
END_TEST

START_TEST(one_identity_can_follow_another)
{
	struct guest first, second;

	guest_connect(&first, &alice, STATIC(NPFS_LEVEL_IMPERSONATION));
	guest_connect(&second, &bob, STATIC(NPFS_LEVEL_DELEGATION));
	ck_assert_uint_eq(npfs_end_impersonate(first.server), STATUS_SUCCESS);
	ck_assert_is(wrong_as(&alice));
	ck_assert_uint_eq(npfs_end_impersonate(second.server), STATUS_SUCCESS);
	ck_assert_is(wrong_as(&bob));
	npfs_identity_pause();
	ck_assert_is(wrong_as_root());
	npfs_identity_pause();
	npfs_identity_resume();
	ck_assert_is(wrong_as_root());
	npfs_identity_resume();
	ck_assert_is(wrong_as(&bob));
	npfs_thread_revert();
	npfs_thread_revert();
	ck_assert_is(wrong_as_root());
	guest_close(&first);
	guest_close(&second);
	guest_end(&first);
	guest_end(&second);
}
END_TEST

static int nothing_run(int sock, void *arg)
{
	(void)sock;
	(void)arg;
	return 0;
}

/*
 * The client cannot reach for the thread that acts as it: neither signal it nor look into it.
 */
static int reach_run(int sock, void *arg)
{
	pid_t tid = *(pid_t *)arg;
	char path[64];

	(void)sock;
	become(&bob);
	if (kill(tid, 0) == 0 || errno != EPERM)
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	if (open(path, O_RDONLY | O_CLOEXEC) >= 0)
		return 2;
	return 0;
}

START_TEST(the_client_cannot_signal_or_trace_its_server)
{
	struct test_child other;
	struct guest guest;
	pid_t tid = (pid_t)syscall(SYS_gettid);

	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_IMPERSONATION));
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	npfs_identity_pause();
	test_child_start(&other, reach_run, &tid);
	npfs_identity_resume();
	ck_assert_is(wrong_as(&bob));
	ck_assert_int_eq(test_child_wait(&other), 0);
	npfs_thread_revert();
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

START_TEST(a_dynamic_context_comes_with_what_is_read)
{
	static const uint32_t sqos[] = {0, STATIC(NPFS_LEVEL_IMPERSONATION) |
						   NP_SQOS_DYNAMIC};
	struct npfs_identity *identity = NULL;
	struct guest guest;

	guest_connect(&guest, &bob, sqos[_i]);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_CANNOT_IMPERSONATE);
	guest_write(&guest);
	ck_assert_uint_eq(npfs_end_client_identity(guest.server, &identity),
			  STATUS_CANNOT_IMPERSONATE);
	ck_assert_is(wrong_as_root());
	read_one(guest.server);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	ck_assert_is(wrong_as(&bob));
	npfs_thread_revert();
	/* it stays when the client goes, and goes with a disconnect */
	guest_close(&guest);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	npfs_thread_revert();
	ck_assert_uint_eq(npfs_end_disconnect(guest.server), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_CANNOT_IMPERSONATE);
	guest_end(&guest);
}
END_TEST

START_TEST(a_peek_brings_the_context)
{
	struct npfs_peek peek;
	struct guest guest;
	char byte;

	guest_connect(&guest, &bob, 0);
	guest_write(&guest);
	ck_assert_uint_eq(npfs_end_peek(guest.server, &byte, 1, &peek), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	npfs_thread_revert();
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

START_TEST(identification_tells_who_and_no_more)
{
	struct npfs_end *target = NULL, *end = NULL;
	struct npfs_identity *identity = NULL;
	const struct npfs_identity_info *info;
	struct guest guest;

	ck_assert_uint_eq(server_new("target", NULL, 0, &target), STATUS_SUCCESS);
	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_IDENTIFICATION));
	ck_assert_uint_eq(npfs_end_client_identity(guest.server, &identity),
			  STATUS_SUCCESS);
	info = npfs_identity_look(identity);
	ck_assert_uint_eq(info->uid, bob.uid);
	ck_assert_uint_eq(info->gid, bob.gid);
	ck_assert_uint_eq(info->n_gids, 2);
	ck_assert_uint_eq(info->gids[0], 61100);
	ck_assert_uint_eq(info->gids[1], 61200);
	ck_assert_uint_eq(info->pid, guest.child.pid);
	npfs_identity_unref(identity);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	ck_assert_uint_eq(level_worn(), NPFS_LEVEL_IDENTIFICATION);
	ck_assert_uint_eq(npfs_thread_may_act(), STATUS_BAD_IMPERSONATION_LEVEL);
	ck_assert_uint_eq(client_open("target", 0, &end), STATUS_BAD_IMPERSONATION_LEVEL);
	ck_assert_uint_eq(server_new("other", NULL, 0, &end),
			  STATUS_BAD_IMPERSONATION_LEVEL);
	npfs_thread_revert();
	ck_assert_uint_eq(client_open("target", 0, &end), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_impersonate(end), STATUS_ILLEGAL_FUNCTION);
	npfs_end_free(end);
	npfs_end_free(target);
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

START_TEST(anonymous_is_nobody)
{
	const struct person nobody = {"nobody", 65534, 65534, {0}, 0};
	struct npfs_end *everyones = NULL, *nobodys = NULL, *end = NULL;
	struct npfs_identity *identity = NULL;
	struct guest guest;
	uint8_t sd[128];

	ck_assert_uint_eq(server_new("everyones", sd, sd_for(sd, "S-1-1-0"), &everyones),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(server_new("nobodys", sd, sd_for(sd, "S-1-5-7"), &nobodys),
			  STATUS_SUCCESS);
	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_ANONYMOUS));
	ck_assert_uint_eq(npfs_end_client_identity(guest.server, &identity),
			  STATUS_SUCCESS);
	ck_assert(npfs_identity_look(identity)->flags & NPFS_IDENTITY_ANONYMOUS);
	ck_assert_uint_ne(npfs_identity_look(identity)->uid, bob.uid);
	npfs_identity_unref(identity);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	ck_assert_is(wrong_as(&nobody));
	ck_assert_uint_eq(client_open("everyones", 0, &end), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(client_open("nobodys", STATIC(NPFS_LEVEL_IMPERSONATION), &end),
			  STATUS_SUCCESS);
	npfs_thread_revert();
	ck_assert_uint_eq(npfs_end_client_identity(nobodys, &identity), STATUS_SUCCESS);
	ck_assert(npfs_identity_look(identity)->flags & NPFS_IDENTITY_ANONYMOUS);
	npfs_identity_unref(identity);
	npfs_end_free(end);
	npfs_end_free(everyones);
	npfs_end_free(nobodys);
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

/* Opens and creates while impersonating are the client's, at the broker too. */
static void check_opens_as_bob(void)
{
	struct npfs_end *target = NULL, *end = NULL, *own = NULL;
	struct npfs_identity *identity = NULL;
	uint32_t needed = 0;
	struct guest guest;
	struct np_sd found;
	uint8_t sd[256];

	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_IMPERSONATION));
	ck_assert_uint_eq(server_new("target", sd, sd_for(sd, "S-1-22-1-61002"), &target),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(client_open("target", 0, &end), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	ck_assert_uint_eq(client_open("target", STATIC(NPFS_LEVEL_IDENTIFICATION), &end),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(server_new("own", NULL, 0, &own), STATUS_SUCCESS);
	npfs_thread_revert();
	ck_assert_uint_eq(npfs_end_client_identity(target, &identity), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_identity_look(identity)->uid, bob.uid);
	ck_assert_uint_eq(npfs_identity_look(identity)->n_gids, 2);
	npfs_identity_unref(identity);
	ck_assert_uint_eq(npfs_end_get_security(own, NPFS_SECURITY_OWNER, sd, sizeof(sd),
						&needed),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_sd_decode(sd, needed, &found), STATUS_SUCCESS);
	ck_assert_uint_eq(found.owner.subs[1], bob.uid);
	npfs_end_free(end);
	npfs_end_free(target);
	npfs_end_free(own);
	guest_close(&guest);
	guest_end(&guest);
}

START_TEST(opens_and_creates_are_made_as_the_client)
{
	check_opens_as_bob();
}
END_TEST

/* The first connection of the process is the process's, whoever needs it first. */
static int first_call_run(int sock, void *arg)
{
	const struct npfs_identity_info info = {
		.size = sizeof(info),
		.level = NPFS_LEVEL_IMPERSONATION,
		.uid = bob.uid,
		.gid = bob.gid,
	};
	struct npfs_identity *identity = NULL;
	struct npfs_end *end = NULL, *client = NULL;
	uint8_t sd[128];
	size_t len = sd_for(sd, "S-1-22-1-0");

	(void)sock;
	(void)arg;
	if (npfs_identity_new(&info, 0, 0, &identity) != STATUS_SUCCESS ||
	    npfs_thread_impersonate(identity) != STATUS_SUCCESS || geteuid() != bob.uid)
		return 1;
	npfs_identity_unref(identity);
	if (server_new("bobs", NULL, 0, &end) != STATUS_SUCCESS)
		return 2;
	npfs_end_free(end);
	npfs_thread_revert();
	/* now as root, over the same connection */
	if (server_new("roots", sd, len, &end) != STATUS_SUCCESS)
		return 3;
	if (client_open("roots", 0, &client) != STATUS_SUCCESS)
		return 4;
	npfs_end_free(client);
	npfs_end_free(end);
	return 0;
}

START_TEST(the_common_connection_is_the_process_s)
{
	struct test_child child;

	test_child_start(&child, first_call_run, NULL);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

START_TEST(a_new_broker_learns_the_identity_again)
{
	struct npfs_end *target = NULL, *end = NULL;
	struct npfs_identity *identity = NULL;
	const struct npfs_identity_info info = {
		.size = sizeof(info),
		.level = NPFS_LEVEL_IMPERSONATION,
		.uid = bob.uid,
		.gid = bob.gid,
	};
	uint8_t sd[128];
	unsigned i;

	ck_assert_uint_eq(npfs_identity_new(&info, 0, 0, &identity), STATUS_SUCCESS);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(server_new("target", sd, sd_for(sd, "S-1-22-1-61002"),
					     &target),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(npfs_thread_impersonate(identity), STATUS_SUCCESS);
		ck_assert_uint_eq(client_open("target", 0, &end), STATUS_SUCCESS);
		npfs_thread_revert();
		npfs_end_free(end);
		npfs_end_free(target);
		if (i > 0)
			break;
		test_broker_kill(&broker);
		test_broker_restart(&broker);
		ck_assert_int_eq(chmod(broker.path, 0666), 0);
	}
	npfs_identity_unref(identity);
}
END_TEST

/* Makes a named event, and opens it by its name. */
static npfs_status event_round(const char *text)
{
	const struct npfs_object_params params = {
		.size = sizeof(params), .type = NPFS_OBJECT_EVENT, .limit = 1, .access = GENERIC_ALL};
	struct npfs_object *object = NULL, *again = NULL;
	struct test_name name = test_name(text);
	npfs_status status;

	status = npfs_object_create(name.units, name.len, &params, &object);
	if (status == STATUS_SUCCESS)
		status = npfs_object_open(name.units, name.len, NPFS_OBJECT_EVENT, GENERIC_ALL,
					  &again);
	npfs_object_close(again);
	npfs_object_close(object);
	return status;
}

/* The first request that the new broker gets as bob creates an object, or opens one. */
START_TEST(a_new_broker_learns_the_identity_by_an_object)
{
	const struct npfs_object_params params = {
		.size = sizeof(params), .type = NPFS_OBJECT_EVENT, .limit = 1, .access = GENERIC_ALL};
	const struct npfs_identity_info info = {
		.size = sizeof(info),
		.level = NPFS_LEVEL_IMPERSONATION,
		.uid = bob.uid,
		.gid = bob.gid,
	};
	struct npfs_object *kept = NULL, *opened = NULL;
	struct npfs_identity *identity = NULL;
	struct test_name name = test_name("kept");

	ck_assert_uint_eq(npfs_identity_new(&info, 0, 0, &identity), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_thread_impersonate(identity), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_object_create(name.units, name.len, &params, &kept),
			  STATUS_SUCCESS);
	test_broker_kill(&broker);
	npfs_thread_revert();
	test_broker_restart(&broker);
	ck_assert_int_eq(chmod(broker.path, 0666), 0);
	ck_assert_uint_eq(npfs_thread_impersonate(identity), STATUS_SUCCESS);
	if (_i == 0)
		ck_assert_uint_eq(npfs_object_open(name.units, name.len, NPFS_OBJECT_EVENT,
						   GENERIC_ALL, &opened),
				  STATUS_SUCCESS);
	else
		ck_assert_uint_eq(event_round("fresh"), STATUS_SUCCESS);
	npfs_thread_revert();
	npfs_object_close(opened);
	npfs_object_close(kept);
	npfs_identity_unref(identity);
}
END_TEST

/* A server that is an ordinary user: it learns who the client is, and cannot be it. */
static int plain_run(int sock, void *arg)
{
	struct npfs_end *server = NULL, *end = NULL;
	uint8_t sd[128];
	uint32_t level;

	(void)arg;
	become(&alice);
	if (server_new("served", sd, sd_for(sd, "S-1-1-0"), &server) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'l');
	test_expect(sock, 'c');
	if (npfs_end_listen(server, NULL) != STATUS_PIPE_CONNECTED ||
	    npfs_end_impersonate(server) != STATUS_SUCCESS)
		return 2;
	level = level_worn();
	if (geteuid() != alice.uid || getuid() != alice.uid)
		return 3;
	test_say(sock, (char)('0' + level));
	if ((client_open("served", 0, &end) == STATUS_BAD_IMPERSONATION_LEVEL) !=
	    (level == NPFS_LEVEL_IDENTIFICATION))
		return 4;
	npfs_thread_revert();
	npfs_end_free(server);
	return 0;
}

static int visitor_run(int sock, void *arg)
{
	const struct person *person = arg;
	struct npfs_end *end = NULL;

	become(person);
	if (client_open("served", STATIC(NPFS_LEVEL_IMPERSONATION), &end) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'o');
	test_expect(sock, 'q');
	npfs_end_free(end);
	return 0;
}

START_TEST(without_the_privilege_the_level_is_identification)
{
	static const struct {
		const struct person *client;
		char level;
	} rows[] = {
		{&alice, '0' + NPFS_LEVEL_IMPERSONATION}, /* the same user */
		{&bob, '0' + NPFS_LEVEL_IDENTIFICATION},
	};
	struct test_child server, visitor;

	test_child_start(&server, plain_run, NULL);
	test_expect(server.sock, 'l');
	test_child_start(&visitor, visitor_run, (void *)(uintptr_t)rows[_i].client);
	test_expect(visitor.sock, 'o');
	test_say(server.sock, 'c');
	test_expect(server.sock, rows[_i].level);
	ck_assert_int_eq(test_child_wait(&server), 0);
	test_say(visitor.sock, 'q');
	ck_assert_int_eq(test_child_wait(&visitor), 0);
}
END_TEST

static void *euid_main(void *arg)
{
	*(uid_t *)arg = geteuid();
	return NULL;
}

START_TEST(what_is_made_in_a_pause_is_the_process_s)
{
	struct test_child child;
	uid_t uid = 1;
	pthread_t thread;
	struct guest guest;

	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_IMPERSONATION));
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	npfs_identity_pause();
	ck_assert_int_eq(pthread_create(&thread, NULL, euid_main, &uid), 0);
	npfs_identity_resume();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(uid, 0);
	ck_assert_is(wrong_as(&bob));
	npfs_identity_pause();
	test_child_start(&child, nothing_run, NULL);
	npfs_identity_resume();
	ck_assert_int_eq(test_child_wait(&child), 0);
	npfs_thread_revert();
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

/*
 * What is asked in a pause is asked as the process; and nothing of it stays with the identity.
 */
START_TEST(a_pause_lends_the_process_s_rights_to_nobody)
{
	const struct npfs_object_params params = {.size = sizeof(params),
						  .type = NPFS_OBJECT_EVENT,
						  .limit = 1};
	struct npfs_object *event = NULL;
	struct npfs_end *roots = NULL, *end = NULL;
	struct guest guest;
	uint8_t sd[128];

	ck_assert_uint_eq(server_new("roots", sd, sd_for(sd, "S-1-22-1-0"), &roots),
			  STATUS_SUCCESS);
	guest_connect(&guest, &bob, STATIC(NPFS_LEVEL_IMPERSONATION));
	ck_assert_uint_eq(npfs_end_impersonate(guest.server), STATUS_SUCCESS);
	npfs_identity_pause();
	ck_assert_uint_eq(npfs_object_create(NULL, 0, &params, &event), STATUS_SUCCESS);
	npfs_identity_resume();
	ck_assert_uint_eq(client_open("roots", 0, &end), STATUS_ACCESS_DENIED);
	npfs_identity_pause();
	ck_assert_uint_eq(client_open("roots", 0, &end), STATUS_SUCCESS);
	npfs_identity_resume();
	npfs_end_free(end);
	npfs_object_close(event);
	ck_assert_uint_eq(client_open("roots", 0, &end), STATUS_ACCESS_DENIED);
	npfs_thread_revert();
	npfs_end_free(roots);
	guest_close(&guest);
	guest_end(&guest);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("impersonate");
	TCase *tcase = tcase_create("impersonate");
	SRunner *runner;
	int failed;

	if (test_lacks_root())
		return TEST_SKIPPED;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_file_the_client_may_not_read_is_not_readable, 0, 3);
	tcase_add_test(tcase, threads_impersonate_different_clients_at_once);
	tcase_add_test(tcase, one_identity_can_follow_another);
	tcase_add_test(tcase, the_client_cannot_signal_or_trace_its_server);
	tcase_add_loop_test(tcase, a_dynamic_context_comes_with_what_is_read, 0, 2);
	tcase_add_test(tcase, a_peek_brings_the_context);
	tcase_add_test(tcase, identification_tells_who_and_no_more);
	tcase_add_test(tcase, anonymous_is_nobody);
	tcase_add_test(tcase, opens_and_creates_are_made_as_the_client);
	tcase_add_test(tcase, the_common_connection_is_the_process_s);
	tcase_add_test(tcase, a_new_broker_learns_the_identity_again);
	tcase_add_loop_test(tcase, a_new_broker_learns_the_identity_by_an_object, 0, 2);
	tcase_add_loop_test(tcase, without_the_privilege_the_level_is_identification, 0, 2);
	tcase_add_test(tcase, what_is_made_in_a_pause_is_the_process_s);
	tcase_add_test(tcase, a_pause_lends_the_process_s_rights_to_nobody);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
