/* SPDX-License-Identifier: MIT */
/*
 * A process that has a valid client end and means harm
 *
 * It opens the pipe as anybody may, and then does to what it was given whatever a process
 * can do: writes over the mapping, at random and field by field, while the server works in
 * it; shortens it, floods the doorbell or shuts it down, sends descriptors and forged
 * introductions through it, goes on in a channel that it was thrown out of, and talks
 * nonsense to the broker. Meanwhile
 *
 *	the server	makes calls that must not wait for its client, and each must return;
 *			what they answer is free, but who the client is may not change
 *	two bystanders	exchange messages through the same broker; each must be right, and
 *			how many there are with and without an attack is printed
 *
 * NPFS_TEST_RUNS is the number of connections for each kind of attack. The build with
 * sanitizers makes a step outside of the mapping visible.
 */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <windows.h>

#include "npfs/base/fdpass.h"
#include "npfs/client/call.h"
#include "npfs/core/personality.h"
#include "npfs/proto/place.h"
#include "npfs/proto/shm.h"
#include "npfs/proto/wire.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define RUNS_DEFAULT 6u
#define STEPS	     60u
#define QUOTA	     2048u
#define PIPE	     "\\\\.\\pipe\\hostile"
#define CALM_PIPE    "\\\\.\\pipe\\calm"
#define READ_WRITE   (GENERIC_READ | GENERIC_WRITE)
#define MESSAGE_MODE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

enum attack {
	NOTHING, /* for the comparison */
	SCRIBBLE,
	FIELDS,
	WIPE,
	RESIZE,
	FLOOD,
	SHUT,
	DESCRIPTORS,
	FORGED_HELLO,
	OLD_CHANNEL,
	BROKER_NONSENSE,
	N_ATTACKS,
};

static const char *const attack_names[N_ATTACKS] = {
	"nothing",     "scribble", "fields",	   "wipe",	   "resize",
	"flood",       "shut",	   "descriptors", "forged hello", "old channel",
	"broker nonsense",
};

/* Shared memory of the test. */
struct board {
	_Atomic bool must_stop;
	_Atomic uint32_t victim_steps;
	_Atomic uint64_t calm_rounds;
	_Atomic int32_t attacker; /* its process number */
	_Atomic bool is_served;	  /* the connection is over for the server */
};

static struct test_broker broker;
static struct test_leak leak;
static struct board *board;

/* ---- numbers ---- */

static uint64_t random_state = 1;

static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned n_runs(void)
{
	const char *text = getenv("NPFS_TEST_RUNS");
	unsigned long n = text ? strtoul(text, NULL, 10) : RUNS_DEFAULT;

	return n ? (unsigned)n : RUNS_DEFAULT;
}

/* ---- the victim ---- */

/* One call that must return whatever the client does. */
static void victim_step(HANDLE h, HANDLE event)
{
	OVERLAPPED o = {.hEvent = event};
	char buf[3 * QUOTA];
	DWORD n, a, b, c, mode = PIPE_NOWAIT;
	BOOL pends = FALSE;

	memset(buf, 'v', sizeof(buf));
	switch (rnd() % 7) {
	case 0:
		PeekNamedPipe(h, buf, sizeof(buf), &n, &a, &b);
		return;
	case 1:
		GetNamedPipeInfo(h, &n, &a, &b, &c);
		GetNamedPipeHandleStateA(h, &n, &a, NULL, NULL, NULL, 0);
		return;
	case 2:
		pends = !ReadFile(h, buf, (DWORD)(rnd() % sizeof(buf)), NULL, &o);
		break;
	case 3:
		pends = !WriteFile(h, buf, (DWORD)(rnd() % sizeof(buf)), NULL, &o);
		break;
	case 4:
		mode = PIPE_NOWAIT | PIPE_READMODE_MESSAGE;
		/* refused while something of an earlier write is under way: then the
		 * read would pend */
		if (!SetNamedPipeHandleState(h, &mode, NULL, NULL))
			return;
		ReadFile(h, buf, sizeof(buf), &n, &o);
		WriteFile(h, buf, 16, &n, &o);
		mode = PIPE_WAIT | PIPE_READMODE_MESSAGE;
		SetNamedPipeHandleState(h, &mode, NULL, NULL);
		return;
	case 5:
		pends = !WriteFile(h, buf, 8, NULL, &o);
		break;
	default:
		if (GetNamedPipeClientProcessId(h, &n) &&
		    n != (DWORD)atomic_load(&board->attacker))
			test_fail("the client says that it is process %u", (unsigned)n);
		return;
	}
	/* a call that failed at once leaves nothing to wait for */
	if (pends && GetLastError() != ERROR_IO_PENDING)
		return;
	CancelIoEx(h, &o);
	GetOverlappedResult(h, &o, &n, TRUE);
}

static int victim(int sock, void *arg)
{
	HANDLE h = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				    MESSAGE_MODE, 4, QUOTA, QUOTA, 0, NULL);
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	OVERLAPPED o = {.hEvent = event};
	DWORD n;

	(void)arg;
	random_state = 77;
	if (h == INVALID_HANDLE_VALUE)
		return 1;
	test_say(sock, 'r');
	while (!atomic_load(&board->must_stop)) {
		ResetEvent(event);
		if (!ConnectNamedPipe(h, &o) && GetLastError() == ERROR_IO_PENDING &&
		    !GetOverlappedResult(h, &o, &n, TRUE))
			return 2;
		for (unsigned i = 0; i < STEPS; i++) {
			victim_step(h, event);
			atomic_fetch_add(&board->victim_steps, 1);
		}
		if (!DisconnectNamedPipe(h))
			return 3;
		atomic_store(&board->is_served, true);
	}
	CloseHandle(h);
	CloseHandle(event);
	return 0;
}

/* ---- the bystanders ---- */

static int calm_server(int sock, void *arg)
{
	HANDLE h = CreateNamedPipeA(CALM_PIPE, PIPE_ACCESS_DUPLEX, MESSAGE_MODE, 1, QUOTA,
				    QUOTA, 0, NULL);
	char buf[64];
	DWORD n;

	(void)arg;
	if (h == INVALID_HANDLE_VALUE)
		return 1;
	test_say(sock, 'r');
	if (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
		return 2;
	while (ReadFile(h, buf, sizeof(buf), &n, NULL))
		if (!WriteFile(h, buf, n, &n, NULL))
			return 3;
	CloseHandle(h);
	return 0;
}

static int calm_client(int sock, void *arg)
{
	HANDLE h = CreateFileA(CALM_PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	char sent[32], got[64];
	uint64_t i;
	DWORD n;

	(void)arg;
	if (h == INVALID_HANDLE_VALUE)
		return 1;
	test_say(sock, 'r');
	for (i = 0; !atomic_load(&board->must_stop); i++) {
		memset(sent, (int)i, sizeof(sent));
		if (!WriteFile(h, sent, sizeof(sent), &n, NULL) ||
		    !ReadFile(h, got, sizeof(got), &n, NULL))
			return 2;
		if (n != sizeof(sent) || memcmp(sent, got, n) != 0)
			return 3;
		atomic_fetch_add(&board->calm_rounds, 1);
	}
	CloseHandle(h);
	return 0;
}

/* ---- the attacker ---- */

struct channel {
	struct np_call_channel fds;
	volatile uint8_t *map;
	size_t size;
};

static void channel_open(struct channel *channel)
{
	const struct np_call_open_args args = {
		.access = GENERIC_READ | GENERIC_WRITE,
		.rules = np_rules_pack(np_personality_default()),
	};
	struct test_name name = test_name("hostile");
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct np_call_info info;
	npfs_status status;
	struct stat st;
	void *map;

	do {
		status = np_call_open(name.units, name.len, &args, &info, &channel->fds);
		if (status == STATUS_PIPE_NOT_AVAILABLE)
			np_call_wait(name.units, name.len, -10000000, false, args.rules, NULL);
	} while (status == STATUS_PIPE_NOT_AVAILABLE && test_now_ms() < end);
	if (status != STATUS_SUCCESS)
		test_fail("the attacker is not let in: 0x%08x", status);
	test_require(fstat(channel->fds.shm_fd, &st) == 0, "fstat");
	channel->size = (size_t)st.st_size;
	map = mmap(NULL, channel->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   channel->fds.shm_fd, 0);
	test_require(map != MAP_FAILED, "mmap");
	channel->map = map;
}

static void channel_close(struct channel *channel)
{
	if (!channel->map)
		return;
	munmap((void *)(uintptr_t)channel->map, channel->size);
	channel->map = NULL;
	close(channel->fds.shm_fd);
	close(channel->fds.sock_fd);
}

static void put(struct channel *channel, size_t offset, uint64_t value)
{
	memcpy((void *)(uintptr_t)(channel->map + offset), &value, sizeof(value));
}

static uint64_t get(const struct channel *channel, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const void *)(uintptr_t)(channel->map + offset), sizeof(value));
	return value;
}

static void scribble(struct channel *channel)
{
	for (int i = 0; i < 64; i++)
		channel->map[rnd() % channel->size] = (uint8_t)rnd();
	/* where it hurts: the words of the bells and the lanes */
	for (int i = 0; i < 8; i++)
		channel->map[rnd() % 4096] = (uint8_t)rnd();
}

static void attack_field(struct channel *channel)
{
	size_t offset = (size_t)(rnd() % (4096 / 8)) * 8;
	const uint64_t now = get(channel, offset);
	const uint64_t values[] = {
		0, 1, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 31, UINT32_MAX, now + 1,
		now - 1, now + QUOTA, now - QUOTA, now + 8, ~now, now << 32, rnd(),
	};

	put(channel, offset, values[rnd() % (sizeof(values) / sizeof(values[0]))]);
}

static void wipe(struct channel *channel)
{
	static const uint8_t bytes[] = {0, 0xff, 0x80, 1};

	memset((void *)(uintptr_t)channel->map, bytes[rnd() % sizeof(bytes)], channel->size);
}

/* The seals must hold; a hole reads as zeros, which is one more way to wipe. */
static void resize(struct channel *channel)
{
	int fd = channel->fds.shm_fd;

	if (ftruncate(fd, 0) == 0 || ftruncate(fd, (off_t)channel->size * 2) == 0)
		test_fail("the mapping can be resized");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0)
		test_fail("the mapping can be sealed");
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      (off_t)channel->size) < 0 && errno != EPERM)
		test_fail("punching a hole: %s", strerror(errno));
}

static void flood(const struct channel *channel)
{
	static const char rubbish[8192];

	for (int i = 0; i < 64; i++)
		if (send(channel->fds.sock_fd, rubbish, rnd() % sizeof(rubbish) + 1,
			 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return;
}

static void send_descriptors(const struct channel *channel)
{
	int fds[4] = {channel->fds.shm_fd, channel->fds.sock_fd, channel->fds.shm_fd, 0};
	int r = np_fdpass_send(channel->fds.sock_fd, "x", 1, fds, 4,
			       MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)r; /* a full socket is as good */
}

static void forge_hello(const struct channel *channel)
{
	const struct np_channel_hello hello = {
		.magic = NP_CHANNEL_MAGIC,
		.version = NP_CHANNEL_VERSION,
		.client_pid = 1,
		.granted_access = UINT32_MAX,
	};

	send(channel->fds.sock_fd, &hello, sizeof(hello), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A packet that begins like a request, or does not even do that. */
static void nonsense(void)
{
	static uint64_t packet[1024];
	struct np_wire_header header = {
		.magic = NP_WIRE_MAGIC,
		.version = NP_WIRE_VERSION,
		.op = (uint16_t)(rnd() % (NP_OP_LAST + 2)),
		.tag = (uint32_t)rnd(),
		.flags = rnd() % 8 == 0,
	};
	const struct np_req_hello hello = {.version = NP_WIRE_VERSION};
	size_t len = 0;
	int fd = -1;

	if (np_place_connect(broker.path, &fd) < 0)
		return;
	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_HELLO, 1, 0, &hello, NULL, 0,
				   NULL, 0);
	if (rnd() % 4 > 0)
		send(fd, packet, len, MSG_NOSIGNAL);
	for (int i = 0; i < 16; i++) {
		const struct np_op_info *info = np_op_find(header.op);

		for (size_t k = 0; k < sizeof(packet) / 8; k++)
			packet[k] = rnd() % 4 ? rnd() % 4 : rnd();
		header.name_len = (uint32_t)(rnd() % 64) * 2;
		header.extra_len = (uint32_t)(rnd() % 64);
		len = sizeof(header) + (info ? info->req_len : 8) + header.name_len +
		      header.extra_len;
		if (rnd() % 8 == 0)
			len = rnd() % sizeof(packet);
		header.total_len = (uint32_t)len;
		memcpy(packet, &header, sizeof(header));
		if (send(fd, packet, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		header.op = (uint16_t)(rnd() % (NP_OP_LAST + 2));
	}
	close(fd);
}

static void attack_once(enum attack attack, struct channel *channel, struct channel *old)
{
	switch (attack) {
	case SCRIBBLE:
		scribble(channel);
		return;
	case FIELDS:
		attack_field(channel);
		return;
	case WIPE:
		wipe(channel);
		return;
	case RESIZE:
		resize(channel);
		return;
	case FLOOD:
		flood(channel);
		return;
	case SHUT:
		shutdown(channel->fds.sock_fd, rnd() % 2 ? SHUT_WR : SHUT_RD);
		return;
	case DESCRIPTORS:
		send_descriptors(channel);
		return;
	case FORGED_HELLO:
		forge_hello(channel);
		return;
	case OLD_CHANNEL:
		if (old->map) {
			scribble(old);
			forge_hello(old);
		}
		return;
	case BROKER_NONSENSE:
		nonsense();
		return;
	case NOTHING:
	case N_ATTACKS:
		return;
	}
}

/* Connects again and again, and does harm until the server has thrown it out. */
static int attacker(int sock, void *arg)
{
	const enum attack attack = *(const enum attack *)arg;
	struct channel channel = {.map = NULL}, old = {.map = NULL};
	unsigned runs = n_runs();
	bool is_served;

	random_state = 4711 + attack;
	atomic_store(&board->attacker, getpid());
	test_say(sock, 'r');
	while (runs-- > 0) {
		atomic_store(&board->is_served, false);
		channel_open(&channel);
		do {
			attack_once(attack, &channel, &old);
			is_served = atomic_load(&board->is_served);
		} while (!is_served);
		channel_close(&old);
		if (attack == OLD_CHANNEL)
			old = channel;
		else
			channel_close(&channel);
	}
	channel_close(&old);
	np_call_shutdown();
	return 0;
}

/* ---- the test ---- */

static struct test_child victim_child, calm_server_child, calm_client_child;

static void start(struct test_child *child, test_child_fn fn, void *arg)
{
	test_child_start(child, fn, arg);
	test_expect(child->sock, 'r');
}

static void setup(void)
{
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	test_require(board != MAP_FAILED, "mmap");
	test_leak_begin(&leak);
	test_broker_start(&broker);
	start(&victim_child, victim, NULL);
	start(&calm_server_child, calm_server, NULL);
	start(&calm_client_child, calm_client, NULL);
}

static void teardown(void)
{
	struct channel last = {.map = NULL};

	atomic_store(&board->must_stop, true);
	/* the victim waits for a client */
	atomic_store(&board->attacker, getpid());
	channel_open(&last);
	ck_assert_int_eq(test_child_wait(&victim_child), 0);
	channel_close(&last);
	ck_assert_int_eq(test_child_wait(&calm_client_child), 0);
	ck_assert_int_eq(test_child_wait(&calm_server_child), 0);
	np_call_shutdown();
	test_broker_stop(&broker);
	test_leak_end(&leak);
	munmap(board, sizeof(*board));
}

/* Waits for the attacker; nobody may stand still or be gone meanwhile. */
static void watch_over(struct test_child *child)
{
	uint32_t steps = atomic_load(&board->victim_steps);
	uint64_t rounds = atomic_load(&board->calm_rounds);
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	while (!test_fd_wait(child->pid_fd, 100)) {
		if (test_fd_wait(victim_child.pid_fd, 0))
			ck_abort_msg("the server ended with %d",
				     test_child_wait(&victim_child));
		if (atomic_load(&board->victim_steps) != steps &&
		    atomic_load(&board->calm_rounds) != rounds) {
			steps = atomic_load(&board->victim_steps);
			rounds = atomic_load(&board->calm_rounds);
			end = test_now_ms() + TEST_DEADLINE_MS;
		}
		if (test_now_ms() > end) {
			test_child_kill(child, SIGKILL);
			ck_abort_msg("somebody stands still");
		}
	}
	ck_assert_int_eq(test_child_wait(child), 0);
}

START_TEST(harm_stays_with_its_connection)
{
	enum attack attack = (enum attack)_i;
	uint64_t rounds = atomic_load(&board->calm_rounds);
	int64_t began = test_now_ms(), took;
	struct test_child child;

	start(&child, attacker, &attack);
	watch_over(&child);
	took = test_now_ms() - began;
	/* A short attack on a machine that is busy may be over before they had a turn. */
	while (atomic_load(&board->calm_rounds) == rounds &&
	       test_now_ms() < began + took + TEST_DEADLINE_MS)
		sched_yield();
	rounds = atomic_load(&board->calm_rounds) - rounds;
	printf("%s: %u connections, bystanders %llu round trips in %lld ms\n",
	       attack_names[attack], n_runs(), (unsigned long long)rounds, (long long)took);
	ck_assert_uint_gt(rounds, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostile");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60 + n_runs());
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, harm_stays_with_its_connection, 0, N_ATTACKS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
