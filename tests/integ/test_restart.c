/* SPDX-License-Identifier: MIT */
/*
 * The broker is killed, and another one takes its place
 *
 * Server and client are processes of their own (peer.h), and none of them is told. What had
 * been said before is as it was; what is under way goes on; the name never was free.
 *
 * In most tests the test itself starts the next broker, so that it can look at the gap. In
 * those with "by itself" the programs start it.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "npfs/client/call.h"
#include "npfs/proto/place.h"
#include "npfs/proto/wire.h"
#include "tests/integ/peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"

#define PIPE	     "\\\\.\\pipe\\restart"
#define OTHER_PIPE   "\\\\.\\pipe\\restart other"
#define QUOTA	     512u
#define MESSAGE_MODE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
#define SERVER_MODE  (PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED)
#define FIRST_MODE   (SERVER_MODE | FILE_FLAG_FIRST_PIPE_INSTANCE)
#define READ_WRITE   (GENERIC_READ | GENERIC_WRITE)
#define N_BROKERS    5
#define NS_PER_MS    1000000

static struct test_broker broker;
static struct test_leak leak;
static struct peer server, client, third;

static void setup(void)
{
	/* however long it takes this machine to start the next one */
	setenv("NPFS_BROKER_WAIT", "100", 1);
	test_leak_begin(&leak);
	test_broker_start(&broker);
	peer_start(&server);
	peer_start(&client);
	peer_start(&third);
}

static void teardown(void)
{
	peer_stop_if_there(&server);
	peer_stop_if_there(&client);
	peer_stop_if_there(&third);
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

static void replace_broker(void)
{
	test_broker_kill(&broker);
	test_broker_restart(&broker);
}

/* ---- calls ---- */

static struct peer_reply ask(struct peer *peer, enum peer_op op, unsigned slot)
{
	struct peer_request request = {.op = op, .slot = slot, .len = PEER_DATA_MAX,
				       .value = 'r'};

	return peer_call(peer, &request);
}

static struct peer_reply create_in(struct peer *peer, unsigned slot, uint32_t open_mode,
				   uint32_t pipe_mode)
{
	struct peer_request request = {.op = PEER_CREATE, .slot = slot, .len = QUOTA,
				       .value = open_mode, .extra = pipe_mode, .name = PIPE};

	return peer_call(peer, &request);
}

static struct peer_reply open_in(struct peer *peer, unsigned slot)
{
	struct peer_request request = {.op = PEER_OPEN, .slot = slot, .value = READ_WRITE,
				       .extra = FILE_FLAG_OVERLAPPED, .name = PIPE};

	return peer_call(peer, &request);
}

static uint32_t start(struct peer *peer, enum peer_op op)
{
	struct peer_request request = {.op = op, .how = PEER_START, .len = PEER_DATA_MAX};

	return peer_call(peer, &request).error;
}

static void write_byte(struct peer *peer, unsigned slot, char byte)
{
	struct peer_request request = {.op = PEER_WRITE, .slot = slot, .len = 16,
				       .value = (unsigned char)byte};
	struct peer_reply reply = peer_call(peer, &request);

	ck_assert_msg(reply.ok, "WriteFile: %u", reply.error);
}

static void read_byte(struct peer *peer, unsigned slot, char byte)
{
	struct peer_reply reply = ask(peer, PEER_READ, slot);

	ck_assert_msg(reply.ok, "ReadFile: %u", reply.error);
	ck_assert_uint_eq(reply.count, 16);
	ck_assert_int_eq(reply.data[0], byte);
	ck_assert_int_eq(reply.data[15], byte);
}

static void exchange(char byte)
{
	write_byte(&client, 0, byte);
	read_byte(&server, 0, byte);
	write_byte(&server, 0, (char)(byte + 1));
	read_byte(&client, 0, (char)(byte + 1));
}

static void serve_in(unsigned slot)
{
	struct peer_reply reply = create_in(&server, slot, SERVER_MODE, MESSAGE_MODE);

	ck_assert_msg(reply.ok, "CreateNamedPipe: %u", reply.error);
}

static void join(void)
{
	struct peer_reply reply;

	reply = open_in(&client, 0);
	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
	reply = ask(&server, PEER_CONNECT, 0);
	ck_assert(reply.ok || reply.error == ERROR_PIPE_CONNECTED);
}

/* ---- what is connected ---- */

START_TEST(connected_ends_go_on_without_a_broker_and_with_the_next)
{
	serve_in(0);
	join();
	exchange('a');
	write_byte(&client, 0, 'q');
	test_broker_kill(&broker);
	read_byte(&server, 0, 'q');
	exchange('c');
	write_byte(&server, 0, 'p');
	test_broker_restart(&broker);
	read_byte(&client, 0, 'p');
	exchange('e');
	ck_assert_uint_eq(ask(&server, PEER_GET_COUNT, 0).value, 1);
	ck_assert_uint_eq(ask(&client, PEER_GET_COUNT, 0).value, 1);
}
END_TEST

START_TEST(a_connected_instance_is_busy_and_serves_the_next_client_later)
{
	serve_in(0);
	join();
	replace_broker();
	ck_assert_uint_eq(open_in(&third, 0).error, ERROR_PIPE_BUSY);
	ck_assert(ask(&client, PEER_CLOSE, 0).ok);
	ck_assert(ask(&server, PEER_DISCONNECT, 0).ok);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	ck_assert(open_in(&client, 0).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	exchange('a');
}
END_TEST

START_TEST(a_read_under_way_is_not_disturbed)
{
	serve_in(0);
	join();
	ck_assert_uint_eq(start(&server, PEER_READ), ERROR_IO_PENDING);
	replace_broker();
	write_byte(&client, 0, 'u');
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
}
END_TEST

START_TEST(a_disconnect_while_there_is_no_broker_is_as_good)
{
	serve_in(0);
	join();
	test_broker_kill(&broker);
	ck_assert(ask(&server, PEER_DISCONNECT, 0).ok);
	ck_assert_uint_eq(ask(&client, PEER_READ, 0).error, ERROR_PIPE_NOT_CONNECTED);
	test_broker_restart(&broker);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	ck_assert(open_in(&third, 0).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
}
END_TEST

/* ---- who listens ---- */

START_TEST(an_instance_that_listens_is_there_again)
{
	int i;

	serve_in(0);
	for (i = 0; i < N_BROKERS; i++)
		replace_broker();
	join();
	exchange('a');
}
END_TEST

START_TEST(a_listen_under_way_stays_under_way)
{
	int i;

	serve_in(0);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	for (i = 0; i < N_BROKERS; i++)
		replace_broker();
	ck_assert(open_in(&client, 0).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	exchange('a');
}
END_TEST

START_TEST(a_thread_that_listens_sleeps_on)
{
	struct peer_request connect = {.op = PEER_CONNECT, .how = PEER_THREAD};
	int i;

	ck_assert(create_in(&server, 0, PIPE_ACCESS_DUPLEX, MESSAGE_MODE).ok);
	peer_begin(&server, &connect);
	for (i = 0; i < N_BROKERS; i++)
		replace_broker();
	ck_assert(open_in(&client, 0).ok);
	ck_assert(peer_end(&server, 0).ok);
	exchange('a');
}
END_TEST

START_TEST(a_listen_without_a_broker_can_be_cancelled)
{
	struct peer_request cancel = {.op = PEER_CANCEL};

	serve_in(0);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	test_broker_kill(&broker);
	ck_assert(peer_call(&server, &cancel).ok);
	ck_assert_uint_eq(ask(&server, PEER_FINISH, 0).error, ERROR_OPERATION_ABORTED);
	ck_assert(ask(&server, PEER_CLOSE, 0).ok);
	test_broker_restart(&broker);
	ck_assert_uint_eq(open_in(&client, 0).error, ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(instances_keep_their_number_and_their_order)
{
	unsigned slot;

	for (slot = 0; slot < 4; slot++)
		serve_in(slot);
	replace_broker();
	ck_assert_uint_eq(ask(&server, PEER_GET_COUNT, 0).value, 4);
	for (slot = 0; slot < 4; slot++)
		ck_assert(open_in(&client, slot).ok);
	ck_assert_uint_eq(open_in(&client, 4).error, ERROR_PIPE_BUSY);
	for (slot = 0; slot < 4; slot++) {
		write_byte(&client, slot, (char)('a' + slot));
		read_byte(&server, slot, (char)('a' + slot));
	}
}
END_TEST

START_TEST(what_is_closed_in_the_gap_is_gone)
{
	serve_in(0);
	serve_in(1);
	test_broker_kill(&broker);
	ck_assert(ask(&server, PEER_CLOSE, 1).ok);
	test_broker_restart(&broker);
	ck_assert(open_in(&client, 0).ok);
	ck_assert_uint_eq(open_in(&client, 1).error, ERROR_PIPE_BUSY);
	ck_assert_uint_eq(ask(&server, PEER_GET_COUNT, 0).value, 1);
}
END_TEST

START_TEST(a_server_that_dies_in_the_gap_leaves_no_name)
{
	serve_in(0);
	test_broker_kill(&broker);
	peer_kill(&server);
	test_broker_restart(&broker);
	ck_assert_uint_eq(open_in(&client, 0).error, ERROR_FILE_NOT_FOUND);
	ck_assert(create_in(&client, 0, FIRST_MODE, MESSAGE_MODE).ok);
}
END_TEST

/* ---- nobody takes what is not theirs ---- */

/* Q: is the name free while its owner cannot say that it is his? */
START_TEST(the_name_of_a_stopped_server_stays_its_own)
{
	struct peer_request wait = {.op = PEER_WAIT, .value = TEST_DEADLINE_MS, .name = PIPE};
	struct peer_reply reply;

	serve_in(0);
	ck_assert_int_eq(kill(server.child.pid, SIGSTOP), 0);
	test_broker_kill(&broker);
	test_broker_restart_hasty(&broker);
	reply = create_in(&third, 0, FIRST_MODE, MESSAGE_MODE);
	ck_assert_uint_eq(reply.error, ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(open_in(&client, 0).error, ERROR_PIPE_BUSY);
	ck_assert_int_eq(kill(server.child.pid, SIGCONT), 0);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	/* it claims what it has in its own time */
	ck_assert(peer_call(&client, &wait).ok);
	ck_assert(open_in(&client, 0).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	exchange('a');
}
END_TEST

/* Asks for the other pipe by its name, and opens it. */
static void use_other_pipe(struct peer *owner, struct peer *visitor, unsigned slot)
{
	struct peer_request create = {.op = PEER_CREATE, .slot = slot, .len = QUOTA,
				      .value = SERVER_MODE, .extra = MESSAGE_MODE,
				      .name = OTHER_PIPE};
	struct peer_request open = {.op = PEER_OPEN, .slot = slot + 4, .value = READ_WRITE,
				    .extra = FILE_FLAG_OVERLAPPED, .name = OTHER_PIPE};
	struct peer_request wait = {.op = PEER_WAIT, .value = TEST_DEADLINE_MS,
				    .name = OTHER_PIPE};
	struct peer_reply reply = peer_call(owner, &create);

	ck_assert_msg(reply.ok, "CreateNamedPipe: %u", reply.error);
	ck_assert(peer_call(visitor, &wait).ok);
	reply = peer_call(visitor, &open);
	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
}

/* The next broker has more patience with the stopped server than the test with its calls. */
START_TEST(a_missing_server_holds_up_only_what_depends_on_it)
{
	struct peer_request open = {.op = PEER_OPEN, .how = PEER_THREAD, .value = READ_WRITE,
				    .extra = FILE_FLAG_OVERLAPPED, .name = PIPE};
	struct peer_request wait = {.op = PEER_WAIT, .value = 1, .name = OTHER_PIPE};
	struct peer_reply reply;

	serve_in(0);
	use_other_pipe(&third, &third, 0);
	ck_assert_int_eq(kill(server.child.pid, SIGSTOP), 0);
	test_broker_kill(&broker);
	test_broker_restart(&broker);
	peer_begin(&client, &open);
	ck_assert_uint_eq(peer_call(&third, &wait).error, ERROR_SEM_TIMEOUT);
	use_other_pipe(&third, &third, 1);
	ck_assert_int_eq(kill(server.child.pid, SIGCONT), 0);
	reply = peer_end(&client, 0);
	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
}
END_TEST

/* Sends one request as a process that the journal does not name. Return: its status. */
static npfs_status raw_claim(uint64_t id, uint64_t warrant)
{
	const struct np_req_hello hello = {.version = NP_WIRE_VERSION};
	const struct np_req_claim claim = {.instance_id = id, .warrant = warrant,
					   .flags = NP_CLAIM_LISTENS};
	static uint64_t packet[512];
	struct np_wire_msg msg;
	size_t len;
	ssize_t n;
	int fd = -1;

	ck_assert_int_eq(np_place_connect(broker.path, &fd), 0);
	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_HELLO, 1, 0, &hello, NULL,
				   0, NULL, 0);
	ck_assert_int_eq(send(fd, packet, len, MSG_NOSIGNAL), (ssize_t)len);
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	ck_assert_int_gt(recv(fd, packet, sizeof(packet), 0), 0);
	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_CLAIM, 2, 0, &claim, NULL,
				   0, NULL, 0);
	ck_assert_int_eq(send(fd, packet, len, MSG_NOSIGNAL), (ssize_t)len);
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	n = recv(fd, packet, sizeof(packet), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(np_wire_check_reply(packet, (size_t)n, 0, NP_OP_CLAIM, 2, &msg), 0);
	close(fd);
	return msg.header.status;
}

START_TEST(who_knows_the_warrant_but_is_not_the_owner_claims_nothing)
{
	struct np_call_create_args args = {
		.access = GENERIC_READ | GENERIC_WRITE, .share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = 2, .max_instances = 1, .inbound_quota = 16,
		.outbound_quota = 16, .default_timeout = -1, .has_timeout = true,
	};
	struct test_name name = test_name("warrant");
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	struct np_call_info info;
	int status = 0;
	pid_t pid;

	ck_assert_uint_eq(np_call_create(name.units, name.len, &args, &info, &channel),
			  STATUS_SUCCESS);
	replace_broker();
	/* the test has not come back yet, so everything is still to be claimed */
	pid = fork();
	if (pid == 0)
		_exit(raw_claim(info.instance_id, info.warrant) == STATUS_INVALID_HANDLE ?
		      0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(raw_claim(info.instance_id, info.warrant + 1),
			  STATUS_INVALID_HANDLE);
	ck_assert_uint_eq(raw_claim(info.instance_id + 1, info.warrant),
			  STATUS_INVALID_HANDLE);
	close(channel.shm_fd);
	close(channel.sock_fd);
	np_call_shutdown();
}
END_TEST

START_TEST(a_journal_that_is_no_journal_is_not_used)
{
	char path[sizeof(broker.path) + 16];
	FILE *file;

	serve_in(0);
	test_broker_kill(&broker);
	peer_kill(&server);
	snprintf(path, sizeof(path), "%s.state", broker.path);
	ck_assert_int_eq(access(path, F_OK), 0);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 4096; i++)
		fputc(i * 7, file);
	fclose(file);
	test_broker_restart(&broker);
	ck_assert_uint_eq(open_in(&client, 0).error, ERROR_FILE_NOT_FOUND);
	ck_assert(create_in(&client, 0, FIRST_MODE, MESSAGE_MODE).ok);
}
END_TEST

START_TEST(a_journal_that_others_could_have_written_is_not_used)
{
	char path[sizeof(broker.path) + 16];
	struct peer_reply reply;

	serve_in(0);
	test_broker_kill(&broker);
	snprintf(path, sizeof(path), "%s.state", broker.path);
	ck_assert_int_eq(chmod(path, 0666), 0);
	test_broker_restart(&broker);
	ck_assert_uint_eq(open_in(&client, 0).error, ERROR_FILE_NOT_FOUND);
	/* the server hears that its instance is no more */
	reply = ask(&server, PEER_CONNECT, 0);
	ck_assert(reply.error == ERROR_BROKEN_PIPE || reply.error == ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(a_torn_last_record_is_the_end_of_the_journal)
{
	char path[sizeof(broker.path) + 16];
	struct stat st;

	serve_in(0);
	serve_in(1);
	test_broker_kill(&broker);
	snprintf(path, sizeof(path), "%s.state", broker.path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size - 4), 0);
	test_broker_restart(&broker);
	ck_assert(open_in(&client, 0).ok);
	ck_assert_uint_eq(open_in(&client, 1).error, ERROR_PIPE_BUSY);
}
END_TEST

/* ---- calls in the middle of which there is another broker ---- */

START_TEST(a_wait_goes_on_and_keeps_its_time)
{
	struct peer_request wait = {.op = PEER_WAIT, .how = PEER_THREAD, .value = 1500,
				    .name = PIPE};
	struct peer_reply reply;
	int64_t began;

	serve_in(0);
	join();
	began = peer_now_ns();
	peer_begin(&third, &wait);
	replace_broker();
	reply = peer_end(&third, 0);
	ck_assert_uint_eq(reply.error, ERROR_SEM_TIMEOUT);
	ck_assert_int_ge(reply.when_ns - began, 1500 * (int64_t)NS_PER_MS);

	wait.value = NMPWAIT_WAIT_FOREVER;
	peer_begin(&third, &wait);
	replace_broker();
	ck_assert(ask(&server, PEER_DISCONNECT, 0).ok);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	ck_assert(peer_end(&third, 0).ok);
	ck_assert(open_in(&third, 1).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
}
END_TEST

/* A broker that stands still is killed while a request lies in its socket. */
static void kill_in_call(struct peer *peer, struct peer_request *request,
			 struct peer_reply *replyp)
{
	request->how = PEER_THREAD;
	ck_assert_int_eq(kill(broker.pid, SIGSTOP), 0);
	peer_begin(peer, request);
	replace_broker();
	*replyp = peer_end(peer, request->slot);
}

START_TEST(a_call_whose_broker_dies_is_made_again)
{
	struct peer_request create = {.op = PEER_CREATE, .len = QUOTA, .value = FIRST_MODE,
				      .extra = MESSAGE_MODE, .name = PIPE};
	struct peer_request open = {.op = PEER_OPEN, .value = READ_WRITE,
				    .extra = FILE_FLAG_OVERLAPPED, .name = PIPE};
	struct peer_reply reply;

	/* so that there is a connection */
	ck_assert_uint_eq(open_in(&server, 7).error, ERROR_FILE_NOT_FOUND);
	kill_in_call(&server, &create, &reply);
	ck_assert_msg(reply.ok, "CreateNamedPipe: %u", reply.error);
	ck_assert_uint_eq(open_in(&third, 7).error, 0);
	ck_assert(ask(&third, PEER_CLOSE, 7).ok);
	ck_assert(ask(&server, PEER_DISCONNECT, 0).ok);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	ck_assert_uint_eq(ask(&client, PEER_WAIT, 0).ok, 0);
	kill_in_call(&client, &open, &reply);
	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	exchange('a');
}
END_TEST

/* ---- by itself ---- */

static void kill_started_broker(void)
{
	struct np_call_stats stats = {0};
	int pid_fd;

	ck_assert_uint_eq(np_call_stats(&stats), STATUS_SUCCESS);
	pid_fd = test_pid_open((pid_t)stats.broker_pid);
	ck_assert_int_ge(pid_fd, 0);
	ck_assert_int_eq(kill((pid_t)stats.broker_pid, SIGKILL), 0);
	ck_assert(test_fd_wait(pid_fd, TEST_DEADLINE_MS));
	close(pid_fd);
}

/* Nobody calls anything: who listens has the broker started that brings him clients. */
START_TEST(a_listening_program_starts_the_next_broker_by_itself)
{
	char dir[64], path[80];
	struct peer own, other;
	struct peer_request request;
	struct peer_reply reply;
	int i;

	test_dir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	setenv("NPFS_SOCKET", path, 1);
	setenv("NPFSD", test_npfsd_path(), 1);
	unsetenv("NPFS_NO_AUTOSTART");
	peer_start(&own);
	setenv("NPFS_NO_AUTOSTART", "1", 1);
	peer_start(&other);

	request = (struct peer_request){.op = PEER_CREATE, .len = QUOTA,
					.value = SERVER_MODE, .extra = MESSAGE_MODE,
					.name = PIPE};
	ck_assert(peer_call(&own, &request).ok);
	for (i = 0; i < 3; i++) {
		int64_t end = test_now_ms() + TEST_DEADLINE_MS;

		kill_started_broker();
		request = (struct peer_request){.op = PEER_OPEN, .value = READ_WRITE,
						.extra = FILE_FLAG_OVERLAPPED,
						.name = PIPE};
		/* this one may start nothing; it sees that there is a broker again, and
		 * for a moment perhaps that the name is kept for its owner */
		do {
			reply = peer_call(&other, &request);
		} while (!reply.ok && test_now_ms() < end);
		ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
		ck_assert(ask(&other, PEER_CLOSE, 0).ok);
		ck_assert(ask(&own, PEER_DISCONNECT, 0).ok);
		ck_assert_uint_eq(start(&own, PEER_CONNECT), ERROR_IO_PENDING);
		request = (struct peer_request){.op = PEER_CANCEL};
		ck_assert(peer_call(&own, &request).ok);
		ck_assert_uint_eq(ask(&own, PEER_FINISH, 0).error, ERROR_OPERATION_ABORTED);
	}
	peer_stop(&other);
	peer_stop(&own);
	kill_started_broker();
	np_call_shutdown();
	snprintf(path, sizeof(path), "%s/sock.state", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/sock", dir);
	unlink(path);
	test_dir_remove(dir);
	setenv("NPFS_SOCKET", broker.path, 1);
}
END_TEST

/* A new binary takes the place of the old one in good order: the same thing. */
START_TEST(a_broker_that_is_told_to_leave_is_followed_as_well)
{
	serve_in(0);
	ck_assert_uint_eq(start(&server, PEER_CONNECT), ERROR_IO_PENDING);
	ck_assert_int_eq(kill(broker.pid, SIGTERM), 0);
	ck_assert_int_eq(test_broker_wait(&broker), 0);
	test_broker_restart(&broker);
	ck_assert(open_in(&client, 0).ok);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	exchange('a');
}
END_TEST

static Suite *restart_suite(void)
{
	Suite *suite = suite_create("restart");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, connected_ends_go_on_without_a_broker_and_with_the_next);
	tcase_add_test(tcase, a_connected_instance_is_busy_and_serves_the_next_client_later);
	tcase_add_test(tcase, a_read_under_way_is_not_disturbed);
	tcase_add_test(tcase, a_disconnect_while_there_is_no_broker_is_as_good);
	tcase_add_test(tcase, an_instance_that_listens_is_there_again);
	tcase_add_test(tcase, a_listen_under_way_stays_under_way);
	tcase_add_test(tcase, a_thread_that_listens_sleeps_on);
	tcase_add_test(tcase, a_listen_without_a_broker_can_be_cancelled);
	tcase_add_test(tcase, instances_keep_their_number_and_their_order);
	tcase_add_test(tcase, what_is_closed_in_the_gap_is_gone);
	tcase_add_test(tcase, a_server_that_dies_in_the_gap_leaves_no_name);
	tcase_add_test(tcase, the_name_of_a_stopped_server_stays_its_own);
	tcase_add_test(tcase, a_missing_server_holds_up_only_what_depends_on_it);
	tcase_add_test(tcase, who_knows_the_warrant_but_is_not_the_owner_claims_nothing);
	tcase_add_test(tcase, a_journal_that_is_no_journal_is_not_used);
	tcase_add_test(tcase, a_journal_that_others_could_have_written_is_not_used);
	tcase_add_test(tcase, a_torn_last_record_is_the_end_of_the_journal);
	tcase_add_test(tcase, a_wait_goes_on_and_keeps_its_time);
	tcase_add_test(tcase, a_call_whose_broker_dies_is_made_again);
	tcase_add_test(tcase, a_listening_program_starts_the_next_broker_by_itself);
	tcase_add_test(tcase, a_broker_that_is_told_to_leave_is_followed_as_well);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(restart_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
