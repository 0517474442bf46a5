/* SPDX-License-Identifier: MIT */
/*
 * The name space through a real broker: the calls of the library, and packets that no
 * library would send
 *
 * Each test has a broker of its own, and after each nothing may be left in the process or
 * in the broker's directory.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/client/call.h"
#include "npfs/core/personality.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/place.h"
#include "npfs/proto/shm.h"
#include "npfs/proto/wire.h"
#include "npfs/sec/sd.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define MS (-INT64_C(10000)) /* a relative native interval of one millisecond */

static struct test_broker broker;
static struct test_leak leak;

static void setup(void)
{
	test_broker_start(&broker);
	test_leak_begin(&leak);
}

static void teardown(void)
{
	np_call_shutdown();
	test_leak_end(&leak);
	test_broker_stop(&broker);
}

/* ---- shorthand for the calls ---- */

struct server {
	struct np_call_info info;
	struct np_call_channel channel;
};

static struct np_call_create_args args_default(void)
{
	return (struct np_call_create_args){
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.options = FILE_SYNCHRONOUS_IO_NONALERT,
		.type = FILE_PIPE_BYTE_STREAM_TYPE,
		.max_instances = FILE_PIPE_UNLIMITED_INSTANCES,
		.inbound_quota = 4096,
		.outbound_quota = 8192,
		.default_timeout = 50 * MS,
		.has_timeout = true,
		.rules = NP_RULES_SUBDIRECTORY,
	};
}

static npfs_status create_with(const char *text, const struct np_call_create_args *args,
			       struct server *server)
{
	struct test_name name = test_name(text);

	return np_call_create(name.units, name.len, args, &server->info,
			      &server->channel);
}

static npfs_status create(const char *text, struct server *server)
{
	struct np_call_create_args args = args_default();

	return create_with(text, &args, server);
}

static void channel_close(struct np_call_channel *channel)
{
	channel->shm_fd = np_fd_close(channel->shm_fd);
	channel->sock_fd = np_fd_close(channel->sock_fd);
}

static void server_close(struct server *server)
{
	ck_assert_uint_eq(np_call_close(NULL, server->info.instance_id, NULL, NULL),
			  STATUS_SUCCESS);
	channel_close(&server->channel);
}

static npfs_status open_with(const char *text, uint32_t access, uint32_t flags,
			     struct server *client)
{
	const struct np_call_open_args args = {
		.access = access,
		.rules = NP_RULES_SUBDIRECTORY,
		.flags = flags,
	};
	struct test_name name = test_name(text);

	return np_call_open(name.units, name.len, &args, &client->info, &client->channel);
}

/* An open whose result does not matter any further: closed again at once. */
static npfs_status try_open(const char *text)
{
	struct server client;
	npfs_status status = open_with(text, GENERIC_READ | GENERIC_WRITE, 0, &client);

	if (status == STATUS_SUCCESS)
		channel_close(&client.channel);
	return status;
}

static npfs_status wait_for(const char *text, int64_t timeout)
{
	struct test_name name = test_name(text);

	return np_call_wait(name.units, name.len, timeout, false, 0, NULL);
}

static npfs_status query_name(const char *text, struct np_call_pipe_info *info)
{
	struct test_name name = test_name(text);

	return np_call_query_name(name.units, name.len, info);
}

/*
 * Nobody is at the other end of the socket any more, or will not be in a moment: the
 * broker closes its copy after it has answered. The kernel says so as the end of the
 * stream, or as a reset when the other end went without reading all that was sent to it.
 */
static bool is_hung_up(int fd)
{
	char byte;
	ssize_t n;

	if (!test_fd_wait(fd, TEST_DEADLINE_MS))
		return false;
	n = recv(fd, &byte, 1, MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* Descriptors of the broker, counted when it has nothing left to do. */
static int broker_fds(void)
{
	struct np_call_stats stats;

	ck_assert_uint_eq(np_call_stats(&stats), STATUS_SUCCESS);
	return test_count_fds(broker.pid);
}

/* Asks the broker until @n threads or processes wait for the name. */
static void await_waiters(const char *text, uint32_t n)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct np_call_pipe_info info = {0};

	do {
		ck_assert_uint_eq(query_name(text, &info), STATUS_SUCCESS);
		ck_assert_msg(test_now_ms() < end, "%u waiters instead of %u",
			      info.n_waiters, n);
	} while (info.n_waiters != n);
}

/* ---- creating and opening ---- */

START_TEST(create_then_open_connects_two_sockets_and_one_memory)
{
	struct server server, client;
	struct np_channel_hello hello;
	struct np_shm_header header;
	unsigned n_fds;
	size_t size;
	char byte;

	ck_assert_uint_eq(create("Foo", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(server.info.information, FILE_CREATED);
	ck_assert_uint_eq(server.info.type, FILE_PIPE_BYTE_STREAM_TYPE);
	ck_assert_uint_eq(server.info.config, FILE_PIPE_FULL_DUPLEX);
	ck_assert_uint_eq(server.info.granted_access, 0x0012019F);
	ck_assert_uint_eq(server.info.server_pid, (uint32_t)getpid());

	ck_assert_uint_eq(open_with("fOO", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(client.info.information, FILE_OPENED);
	ck_assert_uint_eq(client.info.instance_id, server.info.instance_id);
	ck_assert_uint_eq(client.info.inbound_quota, 4096);
	ck_assert_uint_eq(client.info.outbound_quota, 8192);
	ck_assert_uint_eq(client.info.granted_access, FILE_GENERIC_READ);
	ck_assert_uint_eq(client.info.server_pid, (uint32_t)getpid());

	/* the memory is one, sealed, of the right size, with the broker's header */
	ck_assert_int_eq(np_memfd_check(client.channel.shm_fd, &size), 0);
	ck_assert_uint_eq(size, np_shm_size(4096, 8192));
	ck_assert_int_eq(pread(client.channel.shm_fd, &header, sizeof(header), 0),
			 sizeof(header));
	ck_assert_uint_eq(header.magic, NP_SHM_MAGIC);
	ck_assert_uint_eq(header.inbound_quota, 4096);
	ck_assert_int_eq(pwrite(server.channel.shm_fd, "x", 1, 5000), 1);
	ck_assert_int_eq(pread(client.channel.shm_fd, &byte, 1, 5000), 1);
	ck_assert_int_eq(byte, 'x');

	/* the server's first packet says who came, and the socket leads to the client */
	ck_assert_int_eq(np_fdpass_recv(server.channel.sock_fd, &hello, sizeof(hello),
					NULL, 0, &n_fds, MSG_DONTWAIT),
			 sizeof(hello));
	ck_assert_uint_eq(hello.magic, NP_CHANNEL_MAGIC);
	ck_assert_uint_eq(hello.client_pid, (uint32_t)getpid());
	ck_assert_uint_eq(hello.client_uid, getuid());
	ck_assert_uint_eq(hello.client_gid, getgid());
	ck_assert_uint_eq(hello.granted_access, FILE_GENERIC_READ);
	ck_assert_int_eq(send(client.channel.sock_fd, "y", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(recv(server.channel.sock_fd, &byte, 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(byte, 'y');

	channel_close(&client.channel);
	ck_assert(is_hung_up(server.channel.sock_fd));
	server_close(&server);
	ck_assert_uint_eq(try_open("Foo"), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(a_name_of_the_greatest_length_works_and_one_unit_more_does_not)
{
	const struct np_call_open_args open_args = {.access = GENERIC_READ};
	size_t len = NP_WIRE_NAME_MAX / 2;
	uint16_t *name = calloc(len + 1, sizeof(*name));
	struct np_call_create_args args = args_default();
	struct server server, client;
	size_t i;

	ck_assert_ptr_nonnull(name);
	for (i = 0; i < len + 1; i++)
		name[i] = 'n';
	ck_assert_uint_eq(
		np_call_create(name, len + 1, &args, &server.info, &server.channel),
		STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(np_call_create(name, len, &args, &server.info, &server.channel),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(
		np_call_open(name, len, &open_args, &client.info, &client.channel),
		STATUS_SUCCESS);
	channel_close(&client.channel);
	server_close(&server);
	free(name);
}
END_TEST

START_TEST(a_descriptor_of_the_greatest_length_is_accepted)
{
	struct np_call_create_args args = args_default();
	uint8_t *sd = calloc(1, NP_WIRE_EXTRA_MAX + 1);
	struct server server;

	ck_assert_ptr_nonnull(sd);
	/* a whole one without parts; more bytes than it needs are no error */
	sd[0] = NP_SD_REVISION;
	np_sec_put16(sd + 2, NP_SD_SELF_RELATIVE);
	args.sd = sd;
	args.sd_len = NP_WIRE_EXTRA_MAX;
	ck_assert_uint_eq(create_with("sd", &args, &server), STATUS_SUCCESS);
	server_close(&server);
	free(sd);
}
END_TEST

START_TEST(refusals_leave_nothing_behind)
{
	struct np_call_create_args args = args_default();
	struct server server, none;
	struct np_call_pipe_info info;

	args.max_instances = 1;
	ck_assert_uint_eq(create_with("one", &args, &server), STATUS_SUCCESS);
	ck_assert_uint_eq(create_with("one", &args, &none),
			  STATUS_INSTANCE_NOT_AVAILABLE);
	args.disposition = FILE_CREATE;
	ck_assert_uint_eq(create_with("one", &args, &none),
			  STATUS_INSTANCE_NOT_AVAILABLE);
	ck_assert_uint_eq(create("", &none), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(create("ONE\\two", &none), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(try_open("one\\two"), STATUS_OBJECT_NAME_INVALID);
	ck_assert_uint_eq(try_open("two"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(query_name("one", &info), STATUS_SUCCESS);
	ck_assert_uint_eq(info.current_instances, 1);
	ck_assert_uint_eq(info.max_instances, 1);
	server_close(&server);
}
END_TEST

START_TEST(disconnect_and_listen_give_a_fresh_channel)
{
	struct server server, client, next;
	struct np_call_channel fresh;
	uint32_t previous = 0;
	char byte;

	ck_assert_uint_eq(create("again", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_listen(NULL, server.info.instance_id, &fresh, NULL),
			  STATUS_PIPE_LISTENING);
	ck_assert_uint_eq(open_with("again", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("again"), STATUS_PIPE_NOT_AVAILABLE);

	/* a client had come: the reply says so */
	ck_assert_uint_eq(np_call_disconnect(NULL, server.info.instance_id, true, &previous),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(previous, FILE_PIPE_CONNECTED_STATE);
	ck_assert_uint_eq(np_call_disconnect(NULL, server.info.instance_id, true, &previous),
			  STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(previous, FILE_PIPE_DISCONNECTED_STATE);
	ck_assert_uint_eq(try_open("again"), STATUS_PIPE_NOT_AVAILABLE);

	ck_assert_uint_eq(np_call_listen(NULL, server.info.instance_id, &fresh, NULL),
			  STATUS_SUCCESS);
	channel_close(&server.channel);
	server.channel = fresh;
	ck_assert_uint_eq(open_with("again", GENERIC_READ, 0, &next), STATUS_SUCCESS);
	/* the first client's socket is closed at the other end, the second's is not */
	ck_assert(is_hung_up(client.channel.sock_fd));
	ck_assert_int_eq(recv(next.channel.sock_fd, &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);

	/* without a reply, and then straight to listening */
	ck_assert_uint_eq(np_call_disconnect(NULL, server.info.instance_id, false, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_listen(NULL, server.info.instance_id, &fresh, NULL),
			  STATUS_SUCCESS);
	channel_close(&fresh);
	channel_close(&client.channel);
	channel_close(&next.channel);
	server_close(&server);
}
END_TEST

START_TEST(disconnect_of_a_listening_instance_says_that_nobody_came)
{
	struct server server;
	uint32_t previous = 0;

	ck_assert_uint_eq(create("quiet", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_disconnect(NULL, server.info.instance_id, true, &previous),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(previous, FILE_PIPE_LISTENING_STATE);
	/* the broker has let go of the client's socket */
	ck_assert(is_hung_up(server.channel.sock_fd));
	server_close(&server);
}
END_TEST

START_TEST(listen_of_a_connected_instance_disconnects_it_first)
{
	struct server server, client;
	struct np_call_channel fresh;

	ck_assert_uint_eq(create("direct", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("direct", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_listen(NULL, server.info.instance_id, &fresh, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("direct"), STATUS_SUCCESS);
	channel_close(&fresh);
	channel_close(&client.channel);
	server_close(&server);
}
END_TEST

START_TEST(clients_take_the_instance_that_has_listened_longest)
{
	struct server servers[3], client;
	struct np_call_channel fresh;
	int order[] = {0, 1, 2}, i;

	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(create("fifo", &servers[i]), STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_disconnect(NULL, servers[0].info.instance_id, true, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_listen(NULL, servers[0].info.instance_id, &fresh, NULL),
			  STATUS_SUCCESS);
	order[0] = 1;
	order[1] = 2;
	order[2] = 0;
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(open_with("fifo", GENERIC_READ, 0, &client),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(client.info.instance_id,
				  servers[order[i]].info.instance_id);
		channel_close(&client.channel);
	}
	channel_close(&fresh);
	for (i = 0; i < 3; i++)
		server_close(&servers[i]);
}
END_TEST

START_TEST(query_counts_instances_for_both_ends_until_the_server_is_gone)
{
	struct server server, other, client;
	uint32_t current = 99, max = 99;

	ck_assert_uint_eq(create("count", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(create("count", &other), STATUS_SUCCESS);
	ck_assert_uint_eq(other.info.information, FILE_OPENED);
	ck_assert_uint_eq(open_with("count", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(np_call_query(client.info.instance_id, &current, &max),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(current, 2);
	ck_assert_uint_eq(max, FILE_PIPE_UNLIMITED_INSTANCES);
	server_close(&server);
	max = 99;
	ck_assert_uint_eq(np_call_query(client.info.instance_id, &current, &max),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(current, 0);
	ck_assert_uint_eq(max, 99);
	channel_close(&client.channel);
	server_close(&other);
}
END_TEST

static bool count_name(const struct np_call_list_entry *entry, void *user)
{
	size_t *n = user;

	ck_assert_uint_gt(entry->name_len, 0);
	ck_assert_uint_eq(entry->current_instances, 1);
	(*n)++;
	return true;
}

START_TEST(the_list_tells_every_name_over_several_pages)
{
	enum { N = 1200 };
	struct server *servers = calloc(N, sizeof(*servers));
	struct np_call_stats stats;
	char text[200];
	size_t n = 0;
	int i;

	ck_assert_ptr_nonnull(servers);
	memset(text, 'L', sizeof(text));
	for (i = 0; i < N; i++) {
		snprintf(text + 150, sizeof(text) - 150, "%d", i);
		ck_assert_uint_eq(create(text, &servers[i]), STATUS_SUCCESS);
		channel_close(&servers[i].channel);
	}
	ck_assert_uint_eq(np_call_list(count_name, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, N);
	ck_assert_uint_eq(np_call_stats(&stats), STATUS_SUCCESS);
	ck_assert_uint_eq(stats.n_pipes, N);
	ck_assert_uint_eq(stats.n_instances, N);
	ck_assert_uint_eq(stats.broker_pid, (uint32_t)broker.pid);
	for (i = 0; i < N; i++)
		ck_assert_uint_eq(np_call_close(NULL, servers[i].info.instance_id, NULL, NULL),
				  STATUS_SUCCESS);
	n = 0;
	ck_assert_uint_eq(np_call_list(count_name, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 0);
	free(servers);
}
END_TEST

/* ---- waiting ---- */

START_TEST(waits_answer_at_once_when_they_can)
{
	struct server server, client;

	ck_assert_uint_eq(wait_for("nobody", INT64_MIN), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(create("w", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for("W", INT64_MIN), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("w", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(wait_for("w", 0), STATUS_IO_TIMEOUT);
	channel_close(&client.channel);
	server_close(&server);
}
END_TEST

START_TEST(a_wait_times_out_after_its_time_and_not_before)
{
	struct server server, client;
	struct test_name name = test_name("slow");
	int64_t begin;

	ck_assert_uint_eq(create("slow", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("slow", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	begin = test_now_ms();
	ck_assert_uint_eq(wait_for("slow", 100 * MS), STATUS_IO_TIMEOUT);
	ck_assert_int_ge(test_now_ms() - begin, 99);
	begin = test_now_ms();
	ck_assert_uint_eq(np_call_wait(name.units, name.len, 0, true, 0, NULL),
			  STATUS_IO_TIMEOUT);
	ck_assert_int_ge(test_now_ms() - begin, 49);
	channel_close(&client.channel);
	server_close(&server);
}
END_TEST

struct wait_thread {
	pthread_t thread;
	const char *name;
	struct np_call_cancel *cancel;
	npfs_status status;
};

static void *wait_thread_run(void *arg)
{
	struct wait_thread *self = arg;
	struct test_name name = test_name(self->name);

	self->status =
		np_call_wait(name.units, name.len, INT64_MIN, false, 0, self->cancel);
	return NULL;
}

static void wait_threads_start(struct wait_thread *threads, int n, const char *name,
			       struct np_call_cancel *cancel)
{
	int i;

	for (i = 0; i < n; i++) {
		threads[i].name = name;
		threads[i].cancel = cancel;
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, wait_thread_run,
						&threads[i]),
				 0);
	}
	await_waiters(name, (uint32_t)n);
}

static void wait_threads_join(struct wait_thread *threads, int n, npfs_status status)
{
	int i;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
		ck_assert_uint_eq(threads[i].status, status);
	}
}

START_TEST(all_waiters_wake_together_and_nothing_is_reserved)
{
	struct wait_thread threads[6];
	struct server server, second, client;

	ck_assert_uint_eq(create("many", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("many", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	wait_threads_start(threads, 6, "many", NULL);
	/* disconnecting alone wakes nobody */
	ck_assert_uint_eq(np_call_disconnect(NULL, server.info.instance_id, true, NULL),
			  STATUS_SUCCESS);
	await_waiters("many", 6);
	ck_assert_uint_eq(create("MANY", &second), STATUS_SUCCESS);
	wait_threads_join(threads, 6, STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("many"), STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("many"), STATUS_PIPE_NOT_AVAILABLE);
	channel_close(&client.channel);
	server_close(&second);
	server_close(&server);
}
END_TEST

START_TEST(waiters_hear_of_listening_again_and_of_the_end_of_the_name)
{
	struct wait_thread threads[2];
	struct np_call_channel fresh;
	struct server server, client;

	ck_assert_uint_eq(create("end", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("end", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	wait_threads_start(threads, 2, "end", NULL);
	ck_assert_uint_eq(np_call_listen(NULL, server.info.instance_id, &fresh, NULL),
			  STATUS_SUCCESS);
	wait_threads_join(threads, 2, STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("end"), STATUS_SUCCESS);
	wait_threads_start(threads, 2, "end", NULL);
	channel_close(&fresh);
	channel_close(&client.channel);
	server_close(&server);
	wait_threads_join(threads, 2, STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(a_wait_can_be_cancelled)
{
	struct np_call_cancel cancel = NP_CALL_CANCEL_INIT;
	struct wait_thread threads[2];
	struct server server, client;

	ck_assert_int_eq(np_call_cancel_init(&cancel), 0);
	ck_assert_uint_eq(create("cancel", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("cancel", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	wait_threads_start(threads, 2, "cancel", &cancel);
	np_call_cancel_fire(&cancel);
	wait_threads_join(threads, 2, STATUS_CANCELLED);
	await_waiters("cancel", 0);
	np_call_cancel_fini(&cancel);
	channel_close(&client.channel);
	server_close(&server);
}
END_TEST

/* ---- processes that die ---- */

static int serve_until_told(int sock, void *arg)
{
	struct server server;

	if (create(arg, &server) != STATUS_SUCCESS)
		return 1;
	test_say(sock, 'l');
	return test_hear(sock) == 'q' ? 0 : 2;
}

START_TEST(a_killed_server_takes_its_name_with_it)
{
	struct wait_thread thread;
	struct test_child child;
	struct server client;
	char name[] = "mortal";

	test_child_start(&child, serve_until_told, name);
	test_expect(child.sock, 'l');
	ck_assert_uint_eq(open_with(name, GENERIC_READ, 0, &client), STATUS_SUCCESS);
	ck_assert_uint_eq(client.info.server_pid, (uint32_t)child.pid);
	wait_threads_start(&thread, 1, name, NULL);
	test_child_kill(&child, SIGKILL);
	wait_threads_join(&thread, 1, STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(try_open(name), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert(is_hung_up(client.channel.sock_fd));
	channel_close(&client.channel);
}
END_TEST

START_TEST(whoever_saw_the_death_finds_no_name_every_time)
{
	struct test_child child;
	char name[] = "causal";
	int i;

	for (i = 0; i < 100; i++) {
		test_child_start(&child, serve_until_told, name);
		test_expect(child.sock, 'l');
		ck_assert_uint_eq(wait_for(name, 0), STATUS_SUCCESS);
		test_child_kill(&child, SIGKILL);
		ck_assert_uint_eq(try_open(name), STATUS_OBJECT_NAME_NOT_FOUND);
	}
}
END_TEST

START_TEST(of_three_servers_two_live_on)
{
	struct test_child children[3];
	struct np_call_pipe_info info;
	char name[] = "three";
	int i;

	for (i = 0; i < 3; i++) {
		test_child_start(&children[i], serve_until_told, name);
		test_expect(children[i].sock, 'l');
	}
	test_child_kill(&children[0], SIGKILL);
	ck_assert_uint_eq(query_name(name, &info), STATUS_SUCCESS);
	ck_assert_uint_eq(info.current_instances, 2);
	ck_assert_uint_eq(info.n_listening, 2);
	ck_assert_uint_eq(try_open(name), STATUS_SUCCESS);
	ck_assert_uint_eq(try_open(name), STATUS_SUCCESS);
	ck_assert_uint_eq(try_open(name), STATUS_PIPE_NOT_AVAILABLE);
	for (i = 1; i < 3; i++) {
		test_say(children[i].sock, 'q');
		ck_assert_int_eq(test_child_wait(&children[i]), 0);
	}
	ck_assert_uint_eq(try_open(name), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

static int wait_for_ever(int sock, void *arg)
{
	test_say(sock, 'w');
	wait_for(arg, INT64_MIN);
	return 3;
}

START_TEST(a_killed_waiter_is_forgotten)
{
	struct server server, client;
	struct test_child child;
	char name[] = "forget";

	ck_assert_uint_eq(create(name, &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with(name, GENERIC_READ, 0, &client), STATUS_SUCCESS);
	test_child_start(&child, wait_for_ever, name);
	test_expect(child.sock, 'w');
	await_waiters(name, 1);
	test_child_kill(&child, SIGKILL);
	await_waiters(name, 0);
	channel_close(&client.channel);
	server_close(&server);
}
END_TEST

static int use_own_connection(int sock, void *arg)
{
	struct server *parents = arg;
	struct server own;

	(void)sock;
	/* the parent's instance is not this process's to close */
	if (np_call_close(NULL, parents->info.instance_id, NULL, NULL) !=
	    STATUS_INVALID_HANDLE)
		return 1;
	if (np_call_listen(NULL, parents->info.instance_id, &own.channel, NULL) !=
	    STATUS_INVALID_HANDLE)
		return 2;
	if (create("childs", &own) != STATUS_SUCCESS)
		return 3;
	return own.info.server_pid == (uint32_t)getpid() ? 0 : 4;
}

START_TEST(the_child_of_a_fork_has_a_connection_of_its_own)
{
	struct test_child child;
	struct server server;

	ck_assert_uint_eq(create("parents", &server), STATUS_SUCCESS);
	test_child_start(&child, use_own_connection, &server);
	ck_assert_int_eq(test_child_wait(&child), 0);
	ck_assert_uint_eq(try_open("childs"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(try_open("parents"), STATUS_SUCCESS);
	server_close(&server);
}
END_TEST

static int fork_handler_then_idle(int sock, void *arg)
{
	(void)arg;
	np_call_fork_child();
	test_say(sock, 'f');
	return test_hear(sock) == 'q' ? 0 : 1;
}

static int serve_fork_and_die(int sock, void *arg)
{
	struct test_child grandchild;
	struct server server;

	if (create(arg, &server) != STATUS_SUCCESS)
		return 1;
	test_child_start(&grandchild, fork_handler_then_idle, NULL);
	test_expect(grandchild.sock, 'f');
	/* the grandchild holds a copy of this socket too and outlives us */
	np_fdpass_send(sock, "g", 1, &grandchild.sock, 1, 0) == 0 ? (void)0 : _exit(9);
	_exit(0);
}

START_TEST(a_forked_child_does_not_keep_the_parents_names)
{
	struct test_child child;
	char name[] = "orphan", byte;
	unsigned n_fds;
	int to_grandchild = -1;

	test_child_start(&child, serve_fork_and_die, name);
	ck_assert(test_fd_wait(child.sock, TEST_DEADLINE_MS));
	ck_assert_int_eq(
		np_fdpass_recv(child.sock, &byte, 1, &to_grandchild, 1, &n_fds, 0), 1);
	ck_assert_int_eq(byte, 'g');
	ck_assert_int_eq(test_child_wait(&child), 0);
	ck_assert_uint_eq(try_open(name), STATUS_OBJECT_NAME_NOT_FOUND);
	test_say(to_grandchild, 'q');
	np_fd_close(to_grandchild);
}
END_TEST

/* ---- the broker goes ---- */

START_TEST(what_is_not_claimed_is_closed_by_the_next_broker)
{
	struct server server, next;
	uint32_t current = 7;

	ck_assert_uint_eq(create("old", &server), STATUS_SUCCESS);
	test_broker_kill(&broker);
	ck_assert_uint_eq(np_call_close(NULL, server.info.instance_id, NULL, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(create("none", &next), STATUS_NOT_SUPPORTED);
	/* the socket file of the killed one is replaced */
	test_broker_restart(&broker);
	ck_assert_uint_eq(try_open("old"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(np_call_query(server.info.instance_id, &current, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(current, 0);
	ck_assert_uint_eq(create("old", &next), STATUS_SUCCESS);
	server_close(&next);
	channel_close(&server.channel);
}
END_TEST

START_TEST(a_restart_between_two_calls_about_names_is_not_noticed)
{
	struct server server;

	ck_assert_uint_eq(try_open("x"), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(wait_for("x", 0), STATUS_OBJECT_NAME_NOT_FOUND);
	test_broker_kill(&broker);
	test_broker_restart(&broker);
	ck_assert_uint_eq(wait_for("x", 0), STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(create("x", &server), STATUS_SUCCESS);
	server_close(&server);
}
END_TEST

/* ---- packets no library would send ---- */

static int raw_connect(void)
{
	int fd = -1;

	ck_assert_int_eq(np_place_connect(broker.path, &fd), 0);
	return fd;
}

static void raw_send(int fd, const void *packet, size_t len)
{
	ck_assert_int_eq(send(fd, packet, len, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t raw_hello(void *packet, uint16_t version)
{
	const struct np_req_hello fixed = {.version = version};
	size_t len = np_wire_pack_request(packet, NP_WIRE_PACKET_MAX, NP_OP_HELLO, 1, 0,
					  &fixed, NULL, 0, NULL, 0);

	memcpy((char *)packet + offsetof(struct np_wire_header, version), &version,
	       sizeof(version));
	return len;
}

static int raw_connect_hello(void)
{
	uint64_t packet[64];
	int fd = raw_connect();
	struct np_wire_msg msg;
	ssize_t n;

	raw_send(fd, packet, raw_hello(packet, NP_WIRE_VERSION));
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	n = recv(fd, packet, sizeof(packet), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(np_wire_check_reply(packet, (size_t)n, 0, NP_OP_HELLO, 1, &msg),
			 0);
	ck_assert_uint_eq(msg.header.status, STATUS_SUCCESS);
	ck_assert_uint_eq(msg.fixed.rep.hello.pid, (uint32_t)broker.pid);
	return fd;
}

/* The broker hangs up on @fd, whatever it may have answered before. Closes @fd. */
static void expect_dropped(int fd)
{
	uint64_t packet[64];
	ssize_t n;

	do {
		ck_assert_msg(test_fd_wait(fd, TEST_DEADLINE_MS), "not dropped");
		n = recv(fd, packet, sizeof(packet), 0);
	} while (n > 0);
	ck_assert(n == 0 || errno == ECONNRESET);
	close(fd);
}

/* Somebody else is served as if nothing had happened. */
static void expect_unharmed(void)
{
	struct server server;

	ck_assert_uint_eq(create("unharmed", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(try_open("unharmed"), STATUS_SUCCESS);
	server_close(&server);
}

START_TEST(another_version_is_answered_and_dropped)
{
	uint64_t packet[64];
	struct np_wire_header header;
	int fd = raw_connect();
	ssize_t n;

	raw_send(fd, packet, raw_hello(packet, NP_WIRE_VERSION + 1));
	ck_assert(test_fd_wait(fd, TEST_DEADLINE_MS));
	n = recv(fd, packet, sizeof(packet), 0);
	ck_assert_int_ge(n, (ssize_t)sizeof(header));
	memcpy(&header, packet, sizeof(header));
	ck_assert_uint_eq(header.status, STATUS_REVISION_MISMATCH);
	ck_assert_uint_eq(header.version, NP_WIRE_VERSION);
	ck_assert_uint_eq(header.tag, 1);
	expect_dropped(fd);
	expect_unharmed();
}
END_TEST

START_TEST(a_request_before_hello_and_a_second_hello_are_dropped)
{
	const struct np_req_stats fixed = {.reserved = 0};
	uint64_t packet[64];
	int fd = raw_connect();

	raw_send(fd, packet,
		 np_wire_pack_request(packet, sizeof(packet), NP_OP_STATS, 1, 0, &fixed,
				      NULL, 0, NULL, 0));
	expect_dropped(fd);
	fd = raw_connect_hello();
	raw_send(fd, packet, raw_hello(packet, NP_WIRE_VERSION));
	expect_dropped(fd);
	expect_unharmed();
}
END_TEST

START_TEST(garbage_and_half_packets_are_dropped)
{
	const struct np_req_open fixed = {.access = GENERIC_READ};
	const uint16_t name[4] = {'a', 'b', 'c', 'd'};
	uint64_t packet[64], damaged[64];
	unsigned seed = 20;
	size_t len, i;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_OPEN, 7, 0, &fixed, name,
				   sizeof(name), NULL, 0);
	/* every length but the right one; an empty packet reads as the end anyway */
	for (i = 1; i < len; i += 7) {
		int fd = raw_connect_hello();

		raw_send(fd, packet, i);
		expect_dropped(fd);
	}
	for (i = 0; i < 200; i++) {
		int fd = raw_connect_hello();
		size_t j, n = 1 + (size_t)rand_r(&seed) % sizeof(damaged);

		for (j = 0; j < sizeof(damaged); j++)
			((unsigned char *)damaged)[j] = (unsigned char)rand_r(&seed);
		raw_send(fd, damaged, n);
		expect_dropped(fd);
	}
	expect_unharmed();
}
END_TEST

START_TEST(surplus_bytes_descriptors_and_lengths_are_dropped)
{
	const struct np_req_stats fixed = {.reserved = 0};
	uint64_t packet[64];
	struct np_wire_header *header = (void *)packet;
	size_t len;
	int fd;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_STATS, 1, 0, &fixed,
				   NULL, 0, NULL, 0);
	fd = raw_connect_hello();
	raw_send(fd, packet, len + 8);
	expect_dropped(fd);

	fd = raw_connect_hello();
	ck_assert_int_eq(np_fdpass_send(fd, packet, len, &fd, 1, 0), 0);
	expect_dropped(fd);

	header->name_len = 8; /* this operation has no name */
	header->total_len += 8;
	fd = raw_connect_hello();
	raw_send(fd, packet, len + 8);
	expect_dropped(fd);
	expect_unharmed();
}
END_TEST

START_TEST(a_packet_over_the_limit_is_dropped)
{
	size_t len = NP_WIRE_PACKET_MAX + 8;
	uint64_t *packet = calloc(1, len);
	int fd = raw_connect_hello();

	ck_assert_ptr_nonnull(packet);
	raw_send(fd, packet, len);
	expect_dropped(fd);
	free(packet);
	expect_unharmed();
}
END_TEST

START_TEST(who_never_reads_is_dropped_and_costs_nobody_else)
{
	const struct np_req_stats fixed = {.reserved = 0};
	uint64_t packet[64];
	int fd = raw_connect_hello();
	size_t len;
	ssize_t n;
	int i;

	len = np_wire_pack_request(packet, sizeof(packet), NP_OP_STATS, 1, 0, &fixed,
				   NULL, 0, NULL, 0);
	for (i = 0; i < 100000; i++) {
		n = send(fd, packet, len, MSG_NOSIGNAL);
		if (n < 0)
			break;
	}
	ck_assert_int_lt(n, 0);
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	expect_dropped(fd);
	expect_unharmed();
}
END_TEST

START_TEST(a_silent_client_blocks_nobody)
{
	int silent = raw_connect();
	int half = raw_connect_hello();

	expect_unharmed();
	close(silent);
	close(half);
}
END_TEST

START_TEST(unknown_flags_and_both_ways_of_asking_are_refused_with_a_status)
{
	const struct np_req_open open_fixed = {.access = GENERIC_READ,
					       .flags = 0x80000000};
	const struct np_req_query query_fixed = {.instance_id = 1};
	const uint16_t name[2] = {'a', 'b'};
	struct np_wire_msg msg;
	uint64_t packet[64];
	int fd = raw_connect_hello();
	ssize_t n;

	raw_send(fd, packet,
		 np_wire_pack_request(packet, sizeof(packet), NP_OP_OPEN, 5, 0,
				      &open_fixed, name, sizeof(name), NULL, 0));
	n = recv(fd, packet, sizeof(packet), 0);
	ck_assert_int_eq(np_wire_check_reply(packet, (size_t)n, 0, NP_OP_OPEN, 5, &msg),
			 0);
	ck_assert_uint_eq(msg.header.status, STATUS_INVALID_PARAMETER);
	raw_send(fd, packet,
		 np_wire_pack_request(packet, sizeof(packet), NP_OP_QUERY, 6, 0,
				      &query_fixed, name, sizeof(name), NULL, 0));
	n = recv(fd, packet, sizeof(packet), 0);
	ck_assert_int_eq(np_wire_check_reply(packet, (size_t)n, 0, NP_OP_QUERY, 6, &msg),
			 0);
	ck_assert_uint_eq(msg.header.status, STATUS_INVALID_PARAMETER);
	close(fd);
}
END_TEST

START_TEST(thousands_of_names_opened_and_closed_leave_the_broker_as_it_was)
{
	struct server server;
	int before, after, i;

	ck_assert_uint_eq(create("warm", &server), STATUS_SUCCESS);
	server_close(&server);
	before = broker_fds();
	for (i = 0; i < 3000; i++) {
		ck_assert_uint_eq(create("churn", &server), STATUS_SUCCESS);
		ck_assert_uint_eq(try_open("churn"), STATUS_SUCCESS);
		server_close(&server);
	}
	after = broker_fds();
	ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(a_listening_instance_costs_one_descriptor_a_connected_one_none)
{
	struct server servers[20], clients[20];
	int before, i;

	ck_assert_uint_eq(create("warm", &servers[0]), STATUS_SUCCESS);
	server_close(&servers[0]);
	before = broker_fds();
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(create("budget", &servers[i]), STATUS_SUCCESS);
	ck_assert_int_eq(broker_fds(), before + 20);
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(open_with("budget", GENERIC_READ, 0, &clients[i]),
				  STATUS_SUCCESS);
	ck_assert_int_eq(broker_fds(), before);
	for (i = 0; i < 20; i++) {
		channel_close(&clients[i].channel);
		server_close(&servers[i]);
	}
}
END_TEST

/* ---- limits ---- */

static void setup_limits(void)
{
	static const char *const options[] = {
		"--limit=instances=4",   "--limit=pipes=2",   "--limit=name-bytes=100",
		"--limit=connections=6", "--limit=waiters=2", NULL,
	};

	test_broker_start_with(&broker, options);
	test_leak_begin(&leak);
}

START_TEST(instances_are_limited_per_user)
{
	struct server servers[4], none;
	int i;

	for (i = 0; i < 4; i++)
		ck_assert_uint_eq(create("lim", &servers[i]), STATUS_SUCCESS);
	ck_assert_uint_eq(create("lim", &none), STATUS_INSUFFICIENT_RESOURCES);
	server_close(&servers[3]);
	ck_assert_uint_eq(create("lim", &servers[3]), STATUS_SUCCESS);
	for (i = 0; i < 4; i++)
		server_close(&servers[i]);
}
END_TEST

START_TEST(names_and_their_bytes_are_limited_and_refunded)
{
	struct server a, b, none;
	struct np_call_create_args args = args_default();
	uint8_t sd[100] = {NP_SD_REVISION};

	np_sec_put16(sd + 2, NP_SD_SELF_RELATIVE);
	ck_assert_uint_eq(create("a", &a), STATUS_SUCCESS);
	ck_assert_uint_eq(create("b", &b), STATUS_SUCCESS);
	ck_assert_uint_eq(create("c", &none), STATUS_INSUFFICIENT_RESOURCES);
	server_close(&b);
	/* "a" took 4 bytes; "n" with 92 more fits exactly, with 93 it does not */
	args.sd = sd;
	args.sd_len = 93;
	ck_assert_uint_eq(create_with("n", &args, &none), STATUS_INSUFFICIENT_RESOURCES);
	args.sd_len = 92;
	ck_assert_uint_eq(create_with("n", &args, &b), STATUS_SUCCESS);
	server_close(&a);
	server_close(&b);
}
END_TEST

START_TEST(waiters_are_limited_per_user)
{
	struct wait_thread threads[2];
	struct server server, client;

	ck_assert_uint_eq(create("lw", &server), STATUS_SUCCESS);
	ck_assert_uint_eq(open_with("lw", GENERIC_READ, 0, &client), STATUS_SUCCESS);
	wait_threads_start(threads, 2, "lw", NULL);
	ck_assert_uint_eq(wait_for("lw", INT64_MIN), STATUS_INSUFFICIENT_RESOURCES);
	channel_close(&client.channel);
	server_close(&server);
	wait_threads_join(threads, 2, STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(connections_are_limited_per_user)
{
	struct server server;
	int fds[5], fd, i;

	ck_assert_uint_eq(create("lc", &server), STATUS_SUCCESS);
	for (i = 0; i < 5; i++)
		fds[i] = raw_connect_hello();
	fd = raw_connect();
	expect_dropped(fd);
	ck_assert_uint_eq(try_open("lc"), STATUS_SUCCESS);
	for (i = 0; i < 5; i++)
		close(fds[i]);
	server_close(&server);
}
END_TEST

/* ---- descriptors run out ---- */

static int hold_connections(int sock, void *arg)
{
	int *n = arg;
	int i, fd;

	for (i = 0; i < *n; i++)
		if (np_place_connect(broker.path, &fd) < 0)
			return 1;
	test_say(sock, 'h');
	return test_hear(sock) == 'q' ? 0 : 2;
}

START_TEST(the_broker_survives_running_out_of_descriptors)
{
	const struct rlimit limit = {.rlim_cur = 40, .rlim_max = 40};
	struct test_child child;
	int n = 60;

	ck_assert_int_eq(prlimit(broker.pid, RLIMIT_NOFILE, &limit, NULL), 0);
	expect_unharmed();
	test_child_start(&child, hold_connections, &n);
	test_expect(child.sock, 'h');
	/* our connection was there before; a new one is refused, not left hanging */
	ck_assert_uint_eq(try_open("nothing"), STATUS_OBJECT_NAME_NOT_FOUND);
	expect_dropped(raw_connect());
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	close(raw_connect_hello());
	expect_unharmed();
}
END_TEST

static Suite *broker_suite(void)
{
	Suite *suite = suite_create("broker");
	TCase *names = tcase_create("names");
	TCase *waits = tcase_create("waits");
	TCase *death = tcase_create("death");
	TCase *hostile = tcase_create("hostile");
	TCase *limits = tcase_create("limits");

	tcase_add_checked_fixture(names, setup, teardown);
	tcase_set_timeout(names, 60);
	tcase_add_test(names, create_then_open_connects_two_sockets_and_one_memory);
	tcase_add_test(names,
		       a_name_of_the_greatest_length_works_and_one_unit_more_does_not);
	tcase_add_test(names, a_descriptor_of_the_greatest_length_is_accepted);
	tcase_add_test(names, refusals_leave_nothing_behind);
	tcase_add_test(names, disconnect_and_listen_give_a_fresh_channel);
	tcase_add_test(names, disconnect_of_a_listening_instance_says_that_nobody_came);
	tcase_add_test(names, listen_of_a_connected_instance_disconnects_it_first);
	tcase_add_test(names, clients_take_the_instance_that_has_listened_longest);
	tcase_add_test(names,
		       query_counts_instances_for_both_ends_until_the_server_is_gone);
	tcase_add_test(names, the_list_tells_every_name_over_several_pages);
	suite_add_tcase(suite, names);

	tcase_add_checked_fixture(waits, setup, teardown);
	tcase_set_timeout(waits, 60);
	tcase_add_test(waits, waits_answer_at_once_when_they_can);
	tcase_add_test(waits, a_wait_times_out_after_its_time_and_not_before);
	tcase_add_test(waits, all_waiters_wake_together_and_nothing_is_reserved);
	tcase_add_test(waits, waiters_hear_of_listening_again_and_of_the_end_of_the_name);
	tcase_add_test(waits, a_wait_can_be_cancelled);
	suite_add_tcase(suite, waits);

	tcase_add_checked_fixture(death, setup, teardown);
	tcase_set_timeout(death, 60);
	tcase_add_test(death, a_killed_server_takes_its_name_with_it);
	tcase_add_test(death, whoever_saw_the_death_finds_no_name_every_time);
	tcase_add_test(death, of_three_servers_two_live_on);
	tcase_add_test(death, a_killed_waiter_is_forgotten);
	tcase_add_test(death, the_child_of_a_fork_has_a_connection_of_its_own);
	tcase_add_test(death, a_forked_child_does_not_keep_the_parents_names);
	tcase_add_test(death, what_is_not_claimed_is_closed_by_the_next_broker);
	tcase_add_test(death, a_restart_between_two_calls_about_names_is_not_noticed);
	suite_add_tcase(suite, death);

	tcase_add_checked_fixture(hostile, setup, teardown);
	tcase_set_timeout(hostile, 60);
	tcase_add_test(hostile, another_version_is_answered_and_dropped);
	tcase_add_test(hostile, a_request_before_hello_and_a_second_hello_are_dropped);
	tcase_add_test(hostile, garbage_and_half_packets_are_dropped);
	tcase_add_test(hostile, surplus_bytes_descriptors_and_lengths_are_dropped);
	tcase_add_test(hostile, a_packet_over_the_limit_is_dropped);
	tcase_add_test(hostile, who_never_reads_is_dropped_and_costs_nobody_else);
	tcase_add_test(hostile, a_silent_client_blocks_nobody);
	tcase_add_test(hostile,
		       unknown_flags_and_both_ways_of_asking_are_refused_with_a_status);
	tcase_add_test(hostile,
		       thousands_of_names_opened_and_closed_leave_the_broker_as_it_was);
	tcase_add_test(hostile,
		       a_listening_instance_costs_one_descriptor_a_connected_one_none);
	tcase_add_test(hostile, the_broker_survives_running_out_of_descriptors);
	suite_add_tcase(suite, hostile);

	tcase_add_checked_fixture(limits, setup_limits, teardown);
	tcase_set_timeout(limits, 60);
	tcase_add_test(limits, instances_are_limited_per_user);
	tcase_add_test(limits, names_and_their_bytes_are_limited_and_refunded);
	tcase_add_test(limits, waiters_are_limited_per_user);
	tcase_add_test(limits, connections_are_limited_per_user);
	suite_add_tcase(suite, limits);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(broker_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
