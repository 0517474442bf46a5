/* SPDX-License-Identifier: MIT */
/*
 * The tables of npfs-semantics.md 3.2, 3.3 and 3.4, walked in full between two processes
 *
 * First the two tables of states: a row is a call, a column is a state of the end that
 * makes it, the cell is the Win32 error, or one of the words below. Every cell is tried
 * on a pipe of its own, with nothing queued unless the column says so.
 *
 * Then the table of events: what a disconnect, the close of either end or a cancel does
 * to what is queued and to what is under way at either end. Last, the race for a listening
 * instance (6.1).
 *
 * Impersonation is left out: it has no entry point yet.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "tests/integ/peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"

#define PIPE	     "\\\\.\\pipe\\states"
#define QUOTA	     256u
#define READ_WRITE   (GENERIC_READ | GENERIC_WRITE)
#define MESSAGE_MODE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Cells that are no error. */
#define OK   0u
#define PEND ERROR_IO_PENDING

static struct test_broker broker;
static struct test_leak leak;
static struct peer server, client;

static void setup(void)
{
	test_leak_begin(&leak);
	test_broker_start(&broker);
	peer_start(&server);
	peer_start(&client);
}

static void teardown(void)
{
	peer_stop(&server);
	peer_stop(&client);
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

/* ---------------------------------------------------------------- calls */

static struct peer_reply ask(struct peer *peer, enum peer_op op, uint32_t len, uint32_t value)
{
	struct peer_request request = {.op = op, .len = len, .value = value};

	return peer_call(peer, &request);
}

/* An overlapped call; its request is left under way when the answer is PEND. */
static uint32_t start(struct peer *peer, enum peer_op op, uint32_t len)
{
	struct peer_request request = {.op = op, .how = PEER_START, .len = len, .value = 's'};

	return peer_call(peer, &request).error;
}

static void create(uint32_t pipe_mode)
{
	struct peer_request request = {
		.op = PEER_CREATE, .len = QUOTA, .name = PIPE,
		.value = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, .extra = pipe_mode
	};
	struct peer_reply reply = peer_call(&server, &request);

	ck_assert_msg(reply.ok, "CreateNamedPipe: %u", reply.error);
}

static void open_client(void)
{
	struct peer_request request = {
		.op = PEER_OPEN, .name = PIPE, .value = READ_WRITE,
		.extra = FILE_FLAG_OVERLAPPED
	};
	struct peer_reply reply = peer_call(&client, &request);

	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
}

static void close_end(struct peer *peer)
{
	ck_assert(ask(peer, PEER_CLOSE, 0, 0).ok);
}

static void disconnect(void)
{
	ck_assert(ask(&server, PEER_DISCONNECT, 0, 0).ok);
}

static void write_some(struct peer *peer, uint32_t len)
{
	struct peer_reply reply = ask(peer, PEER_WRITE, len, 'q');

	ck_assert_msg(reply.ok, "WriteFile: %u", reply.error);
	ck_assert_uint_eq(reply.count, len);
}

/* ---------------------------------------------------------------- 3.2 */

enum server_state {
	S_DISCONNECTED,
	S_LISTENING,
	S_CONNECTED,
	S_CONNECTED_DATA, /* 8 bytes each way are unread */
	S_CLOSING,
	S_CLOSING_DATA, /* 8 bytes for the server */
	N_SERVER_STATES
};

static const char *const server_state_names[] = {
	"disconnected", "listening", "connected", "connected with data", "closing",
	"closing with data",
};

/* How a call of a row is made. */
enum way {
	NOW,	  /* the answer comes at once */
	START,	  /* overlapped: it may be left under way */
	BLOCK,	  /* at once, but PEND means: in a thread, which sleeps in it */
	MODE_FIRST, /* START, after the end was set to PIPE_NOWAIT */
};

static const struct server_row {
	const char *what;
	enum peer_op op;
	enum way way;
	uint32_t len;
	uint32_t value;
	uint32_t cells[N_SERVER_STATES];
} server_rows[] = {
	/* what, call, way, length, value, { disconnected, listening, connected, same with
	 * data, closing, same with data } */
	{ "connect", PEER_CONNECT, START, 0, 0, { PEND, PEND, 535, 535, 232, 232 } },
	{ "connect, no wait", PEER_CONNECT, MODE_FIRST, 0, 0, { 536, 536, 535, 535, 232, 232 } },
	{ "disconnect", PEER_DISCONNECT, NOW, 0, 0, { 233, OK, OK, OK, OK, OK } },
	{ "read", PEER_READ, START, 16, 0, { 233, 536, PEND, OK, 109, OK } },
	{ "read of nothing", PEER_READ, START, 0, 0, { 233, 536, PEND, 234, 109, 234 } },
	{ "read, no wait", PEER_READ, MODE_FIRST, 16, 0, { 233, 536, 232, OK, 109, OK } },
	{ "write", PEER_WRITE, START, 4, 0, { 233, 536, OK, OK, 232, 232 } },
	{ "write of nothing", PEER_WRITE, START, 0, 0, { 233, 536, OK, OK, 232, 232 } },
	{ "write too much", PEER_WRITE, START, QUOTA + 1, 0, { 233, 536, PEND, PEND, 232, 232 } },
	{ "flush", PEER_FLUSH, BLOCK, 0, 0, { OK, OK, OK, PEND, OK, OK } },
	{ "peek", PEER_PEEK, NOW, 0, 0, { 230, 230, OK, OK, 109, OK } },
	{ "set mode", PEER_SET_MODE, NOW, 0, PIPE_READMODE_MESSAGE, { OK, OK, OK, OK, OK, OK } },
	{ "get state", PEER_GET_STATE, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "get instances", PEER_GET_COUNT, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "get info", PEER_GET_INFO, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "get size", PEER_SIZE, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "get file type", PEER_FILE_TYPE, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "client process", PEER_CLIENT_PID, NOW, 0, 0, { 1168, 1168, OK, OK, OK, OK } },
	{ "client session", PEER_CLIENT_SESSION, NOW, 0, 0, { 1168, 1168, OK, OK, OK, OK } },
	{ "server process", PEER_SERVER_PID, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "server session", PEER_SERVER_SESSION, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
	{ "close", PEER_CLOSE, NOW, 0, 0, { OK, OK, OK, OK, OK, OK } },
};

static void enter_server_state(enum server_state state)
{
	create(MESSAGE_MODE);
	if (state == S_LISTENING)
		return;
	open_client();
	if (state == S_CONNECTED_DATA || state == S_CLOSING_DATA)
		write_some(&client, 8);
	if (state == S_CONNECTED_DATA)
		write_some(&server, 8);
	if (state == S_CLOSING || state == S_CLOSING_DATA)
		close_end(&client);
	if (state == S_DISCONNECTED) {
		disconnect();
		close_end(&client);
	}
}

/* Makes the call; the reply's error is the cell. What it leaves under way, a close ends. */
static struct peer_reply try_cell(struct peer *peer, enum peer_op op, enum way way,
				  uint32_t len, uint32_t value)
{
	struct peer_request request = {.op = op, .len = len, .value = value};

	if (way == MODE_FIRST)
		ask(peer, PEER_SET_MODE, 0, PIPE_NOWAIT | PIPE_READMODE_MESSAGE);
	if (way == START || way == MODE_FIRST)
		request.how = PEER_START;
	return peer_call(peer, &request);
}

/* Whether a flush ended after the other end began to read what it waited for. */
static bool flush_waited(struct peer *peer, struct peer_reply *reply)
{
	struct peer_request request = {.op = PEER_FLUSH};
	struct peer *other = peer == &server ? &client : &server;
	struct peer_reply read;
	int64_t read_ns;

	peer_begin(peer, &request);
	read_ns = peer_now_ns();
	read = ask(other, PEER_READ, 64, 0);
	*reply = peer_end(peer, 0);
	return read.ok && reply->when_ns > read_ns;
}

static void check_cell(struct peer *peer, const char *what, const char *state,
		       const struct peer_reply *reply, uint32_t cell)
{
	ck_assert_msg(reply->error == cell, "%s, %s %s: %u instead of %u",
		      peer == &server ? "server" : "client", state, what, reply->error, cell);
	ck_assert_msg(reply->ok == (cell == OK), "%s, %s %s: result against the error %u",
		      peer == &server ? "server" : "client", state, what, cell);
}

START_TEST(server_end_answers_as_the_table_says)
{
	const struct server_row *row = &server_rows[_i];
	struct peer_reply reply;
	enum server_state state;

	for (state = 0; state < N_SERVER_STATES; state++) {
		enter_server_state(state);
		if (row->way == BLOCK && row->cells[state] == PEND) {
			ck_assert_msg(flush_waited(&server, &reply), "%s did not wait",
				      row->what);
			ck_assert(reply.ok);
		} else {
			reply = try_cell(&server, row->op,
					 row->way, row->len, row->value);
			check_cell(&server, row->what, server_state_names[state], &reply,
				   row->cells[state]);
		}
		if (state == S_CONNECTED || state == S_CONNECTED_DATA)
			close_end(&client);
		if (row->op != PEER_CLOSE)
			close_end(&server);
	}
}
END_TEST

/* Which states WaitNamedPipe and CreateFile find an instance in. */
START_TEST(only_a_listening_instance_is_found)
{
	struct peer_request wait = {.op = PEER_WAIT, .name = PIPE, .value = 1};
	struct peer_request again = {
		.op = PEER_OPEN, .name = PIPE, .value = READ_WRITE, .slot = 1
	};
	struct peer_reply reply;
	enum server_state state;

	for (state = 0; state < N_SERVER_STATES; state++) {
		enter_server_state(state);
		reply = peer_call(&client, &wait);
		ck_assert_uint_eq(reply.error, state == S_LISTENING ? OK : ERROR_SEM_TIMEOUT);
		reply = peer_call(&client, &again);
		ck_assert_uint_eq(reply.error, state == S_LISTENING ? OK : ERROR_PIPE_BUSY);
		if (state == S_LISTENING)
			ck_assert(peer_call(&client, &(struct peer_request){
							     .op = PEER_CLOSE, .slot = 1 })
					  .ok);
		if (state == S_CONNECTED || state == S_CONNECTED_DATA)
			close_end(&client);
		close_end(&server);
	}
}
END_TEST

/* ---------------------------------------------------------------- 3.3 */

enum client_state {
	C_CONNECTED,
	C_CONNECTED_DATA,
	C_CLOSING,
	C_CLOSING_DATA,
	C_DETACHED,
	N_CLIENT_STATES
};

static const char *const client_state_names[] = {
	"connected", "connected with data", "closing", "closing with data", "detached",
};

static const struct client_row {
	const char *what;
	enum peer_op op;
	enum way way;
	uint32_t len;
	uint32_t value;
	uint32_t cells[N_CLIENT_STATES];
} client_rows[] = {
	{ "connect", PEER_CONNECT, START, 0, 0, { 1, 1, 1, 1, 1 } },
	{ "disconnect", PEER_DISCONNECT, NOW, 0, 0, { 1, 1, 1, 1, 233 } },
	{ "read", PEER_READ, START, 16, 0, { PEND, OK, 109, OK, 233 } },
	{ "read of nothing", PEER_READ, START, 0, 0, { PEND, OK, 109, OK, 233 } },
	{ "read, no wait", PEER_READ, MODE_FIRST, 16, 0, { 232, OK, 109, OK, 233 } },
	{ "write", PEER_WRITE, START, 4, 0, { OK, OK, 232, 232, 233 } },
	{ "write of nothing", PEER_WRITE, START, 0, 0, { OK, OK, 232, 232, 233 } },
	{ "write too much", PEER_WRITE, START, QUOTA + 1, 0, { PEND, PEND, 232, 232, 233 } },
	{ "flush", PEER_FLUSH, BLOCK, 0, 0, { OK, PEND, OK, OK, 233 } },
	{ "peek", PEER_PEEK, NOW, 0, 0, { OK, OK, 109, OK, 233 } },
	{ "set mode", PEER_SET_MODE, NOW, 0, PIPE_READMODE_MESSAGE, { OK, OK, OK, OK, 233 } },
	{ "get state", PEER_GET_STATE, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "get instances", PEER_GET_COUNT, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "get info", PEER_GET_INFO, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "get file type", PEER_FILE_TYPE, NOW, 0, 0, { OK, OK, OK, OK, OK } },
	{ "client process", PEER_CLIENT_PID, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "client session", PEER_CLIENT_SESSION, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "server process", PEER_SERVER_PID, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "server session", PEER_SERVER_SESSION, NOW, 0, 0, { OK, OK, OK, OK, 233 } },
	{ "close", PEER_CLOSE, NOW, 0, 0, { OK, OK, OK, OK, OK } },
};

static void enter_client_state(enum client_state state)
{
	create(MESSAGE_MODE);
	open_client();
	if (state == C_CONNECTED_DATA || state == C_CLOSING_DATA)
		write_some(&server, 8);
	if (state == C_CONNECTED_DATA)
		write_some(&client, 8);
	if (state == C_CLOSING || state == C_CLOSING_DATA)
		close_end(&server);
	if (state == C_DETACHED)
		disconnect();
}

static bool has_server(enum client_state state)
{
	return state != C_CLOSING && state != C_CLOSING_DATA;
}

START_TEST(client_end_answers_as_the_table_says)
{
	const struct client_row *row = &client_rows[_i];
	struct peer_reply reply;
	enum client_state state;

	for (state = 0; state < N_CLIENT_STATES; state++) {
		enter_client_state(state);
		if (row->way == BLOCK && row->cells[state] == PEND) {
			ck_assert_msg(flush_waited(&client, &reply), "%s did not wait",
				      row->what);
			ck_assert(reply.ok);
		} else {
			reply = try_cell(&client, row->op,
					 row->way, row->len, row->value);
			check_cell(&client, row->what, client_state_names[state], &reply,
				   row->cells[state]);
			if (row->op == PEER_GET_COUNT && reply.ok)
				ck_assert_uint_eq(reply.value, has_server(state) ? 1 : 0);
		}
		if (row->op != PEER_CLOSE)
			close_end(&client);
		if (has_server(state))
			close_end(&server);
	}
}
END_TEST

/* A detached client stays so, whatever the server does afterwards. */
START_TEST(detached_client_stays_detached)
{
	create(MESSAGE_MODE);
	open_client();
	disconnect();
	ck_assert_uint_eq(ask(&client, PEER_READ, 8, 0).error, ERROR_PIPE_NOT_CONNECTED);
	ck_assert_uint_eq(start(&server, PEER_CONNECT, 0), ERROR_IO_PENDING);
	ck_assert_uint_eq(ask(&client, PEER_READ, 8, 0).error, ERROR_PIPE_NOT_CONNECTED);
	close_end(&server);
	ck_assert_uint_eq(ask(&client, PEER_READ, 8, 0).error, ERROR_PIPE_NOT_CONNECTED);
	ck_assert_uint_eq(ask(&client, PEER_WRITE, 8, 0).error, ERROR_PIPE_NOT_CONNECTED);
	close_end(&client);
}
END_TEST

/* The four rows above that need message mode at the client's end: transactions. */
START_TEST(transaction_answers_as_the_tables_say)
{
	enum server_state s;
	enum client_state c;
	struct peer_reply reply;
	static const uint32_t server_cells[] = { 230, 230, PEND, 231, 230, 230 };
	static const uint32_t client_cells[] = { PEND, 231, 230, 230, 233 };

	for (s = 0; s < N_SERVER_STATES; s++) {
		struct peer_request cancel = {.op = PEER_CANCEL};
		uint32_t error;

		enter_server_state(s);
		error = start(&server, PEER_TRANSACT, 4);
		/* A refusal comes at once or through the request (section 5.1). */
		if (error == ERROR_IO_PENDING) {
			peer_call(&server, &cancel);
			error = ask(&server, PEER_FINISH, 0, 0).error;
			if (error == ERROR_OPERATION_ABORTED)
				error = PEND;
		}
		ck_assert_msg(error == server_cells[s], "server, %s transact: %u instead of %u",
			      server_state_names[s], error, server_cells[s]);
		if (s == S_CONNECTED || s == S_CONNECTED_DATA)
			close_end(&client);
		close_end(&server);
	}
	for (c = 0; c < N_CLIENT_STATES; c++) {
		uint32_t error;

		create(MESSAGE_MODE);
		open_client();
		reply = ask(&client, PEER_SET_MODE, 0, PIPE_READMODE_MESSAGE);
		ck_assert(reply.ok);
		if (c == C_CONNECTED_DATA || c == C_CLOSING_DATA)
			write_some(&server, 8);
		if (!has_server(c))
			close_end(&server);
		if (c == C_DETACHED)
			disconnect();
		error = start(&client, PEER_TRANSACT, 4);
		if (error == ERROR_IO_PENDING) {
			ask(&client, PEER_CANCEL, 0, 0);
			error = ask(&client, PEER_FINISH, 0, 0).error;
			if (error == ERROR_OPERATION_ABORTED)
				error = PEND;
		}
		ck_assert_msg(error == client_cells[c], "client, %s transact: %u instead of %u",
			      client_state_names[c], error, client_cells[c]);
		close_end(&client);
		if (has_server(c))
			close_end(&server);
	}
}
END_TEST

/* ---------------------------------------------------------------- 3.4 */

enum event {
	E_DISCONNECT,
	E_DISCONNECT_CLOSING, /* the client has closed before */
	E_SERVER_CLOSES,
	E_CLIENT_CLOSES,
	N_EVENTS
};

static const char *const event_names[] = {
	"disconnect", "disconnect of a closing pipe", "server closes", "client closes",
};

/* Cells of the data columns. */
#define LOST	0u
#define KEPT	1u
#define OMITTED UINT32_MAX

static const struct {
	uint32_t to_client, to_server;	     /* unread data */
	uint32_t server_read, client_read;   /* under way */
	uint32_t server_write, client_write; /* with more than the quota */
	uint32_t server_flush, client_flush;
	uint32_t listen;
} events[N_EVENTS] = {
	[E_DISCONNECT] = { LOST, LOST, 233, 233, 233, 233, 233, 233, OMITTED },
	[E_DISCONNECT_CLOSING] = { OMITTED, LOST, OMITTED, OMITTED, 109, OMITTED, 109, OMITTED,
				   OMITTED },
	[E_SERVER_CLOSES] = { KEPT, LOST, 109, 109, OMITTED, 109, OMITTED, 109, 109 },
	[E_CLIENT_CLOSES] = { LOST, KEPT, 109, 109, 109, OMITTED, 109, OMITTED, OMITTED },
};

static void happen(enum event event)
{
	switch (event) {
	case E_DISCONNECT_CLOSING:
		close_end(&client);
		disconnect();
		break;
	case E_DISCONNECT:
		disconnect();
		break;
	case E_SERVER_CLOSES:
		close_end(&server);
		break;
	case E_CLIENT_CLOSES:
	default:
		close_end(&client);
		break;
	}
}

static void tidy(enum event event)
{
	if (event != E_SERVER_CLOSES)
		close_end(&server);
	if (event == E_SERVER_CLOSES || event == E_DISCONNECT)
		close_end(&client);
}

/* One request under way at @peer when the event happens. */
static void check_request(enum event event, struct peer *peer, enum peer_op op, uint32_t len,
			  uint32_t cell)
{
	const char *who = peer == &server ? "server" : "client";
	struct peer_reply reply;

	if (cell == OMITTED)
		return;
	create(MESSAGE_MODE);
	open_client();
	ck_assert_uint_eq(start(peer, op, len), ERROR_IO_PENDING);
	happen(event);
	reply = ask(peer, PEER_FINISH, 0, 0);
	ck_assert_msg(!reply.ok && reply.error == cell, "%s, %s's request %d: %u instead of %u",
		      event_names[event], who, (int)op, reply.error, cell);
	ck_assert_uint_eq(reply.count, 0);
	tidy(event);
}

static void check_flush(enum event event, struct peer *peer, uint32_t cell)
{
	struct peer_request flush = {.op = PEER_FLUSH};
	struct peer_reply reply;

	if (cell == OMITTED)
		return;
	create(MESSAGE_MODE);
	open_client();
	write_some(peer, 8);
	peer_begin(peer, &flush);
	happen(event);
	reply = peer_end(peer, 0);
	ck_assert_msg(!reply.ok && reply.error == cell, "%s, flush: %u instead of %u",
		      event_names[event], reply.error, cell);
	tidy(event);
}

/* 8 bytes unread in each direction; the reader is the end that is still there. */
static void check_data(enum event event, struct peer *reader, uint32_t cell)
{
	struct peer *writer = reader == &server ? &client : &server;
	uint32_t last_error = event < E_SERVER_CLOSES ? ERROR_PIPE_NOT_CONNECTED :
							ERROR_BROKEN_PIPE;
	struct peer_reply reply;

	if (cell == OMITTED)
		return;
	create(MESSAGE_MODE);
	open_client();
	write_some(writer, 8);
	write_some(reader, 8);
	happen(event);
	reply = ask(reader, PEER_READ, 16, 0);
	if (cell == KEPT) {
		ck_assert_msg(reply.ok, "%s: %u", event_names[event], reply.error);
		ck_assert_uint_eq(reply.count, 8);
		ck_assert_uint_eq(reply.data[7], 'q');
		reply = ask(reader, PEER_READ, 16, 0);
	} else if ((reader == &server && event == E_SERVER_CLOSES) ||
		   (reader == &client && event == E_CLIENT_CLOSES)) {
		last_error = ERROR_INVALID_HANDLE; /* lost with the handle */
	}
	ck_assert_msg(reply.error == last_error, "%s: %u", event_names[event], reply.error);
	tidy(event);
}

START_TEST(event_does_to_data_and_requests_what_the_table_says)
{
	enum event event = (enum event)_i;

	check_data(event, &client, events[event].to_client);
	check_data(event, &server, events[event].to_server);
	check_request(event, &server, PEER_READ, 16, events[event].server_read);
	check_request(event, &client, PEER_READ, 16, events[event].client_read);
	check_request(event, &server, PEER_WRITE, 2 * QUOTA, events[event].server_write);
	check_request(event, &client, PEER_WRITE, 2 * QUOTA, events[event].client_write);
	check_flush(event, &server, events[event].server_flush);
	check_flush(event, &client, events[event].client_flush);
	if (events[event].listen != OMITTED) {
		create(MESSAGE_MODE);
		ck_assert_uint_eq(start(&server, PEER_CONNECT, 0), ERROR_IO_PENDING);
		happen(event);
		ck_assert_uint_eq(ask(&server, PEER_FINISH, 0, 0).error, events[event].listen);
	}
}
END_TEST

START_TEST(disconnect_ends_a_listen)
{
	create(MESSAGE_MODE);
	ck_assert_uint_eq(start(&server, PEER_CONNECT, 0), ERROR_IO_PENDING);
	disconnect();
	ck_assert_uint_eq(ask(&server, PEER_FINISH, 0, 0).error, ERROR_PIPE_NOT_CONNECTED);
	close_end(&server);
}
END_TEST

/* The closer's own pended write stays readable for the other end (3.4, section 12). */
static void check_closers_write(struct peer *closer, struct peer *reader)
{
	struct peer_reply reply;

	create(MESSAGE_MODE);
	open_client();
	ck_assert_uint_eq(start(closer, PEER_WRITE, 2 * QUOTA), ERROR_IO_PENDING);
	close_end(closer);
	/* The client starts in byte mode, where no boundary cuts the read short. */
	reply = ask(reader, PEER_READ, 4 * QUOTA, 0);
	ck_assert_msg(reply.ok, "%u", reply.error);
	ck_assert_uint_eq(reply.count, 2 * QUOTA);
	ck_assert(ask(closer, PEER_FINISH, 0, 0).ok);
	ck_assert_uint_eq(ask(reader, PEER_READ, 8, 0).error, ERROR_BROKEN_PIPE);
	close_end(reader);
}

START_TEST(write_under_way_when_its_end_closes_stays_readable)
{
	check_closers_write(&server, &client);
	check_closers_write(&client, &server);
}
END_TEST

START_TEST(write_under_way_ends_when_the_reader_closes_too)
{
	create(MESSAGE_MODE);
	open_client();
	ck_assert_uint_eq(start(&server, PEER_WRITE, 2 * QUOTA), ERROR_IO_PENDING);
	close_end(&server);
	close_end(&client);
	ck_assert_uint_eq(ask(&server, PEER_FINISH, 0, 0).error, ERROR_BROKEN_PIPE);
}
END_TEST

static void check_cancels(struct peer *peer, struct peer *other)
{
	struct peer_request flush = {.op = PEER_FLUSH, .slot = 0};
	struct peer_reply reply;

	create(PIPE_TYPE_BYTE);
	open_client();
	ck_assert_uint_eq(start(peer, PEER_READ, 8), ERROR_IO_PENDING);
	ck_assert(ask(peer, PEER_CANCEL, 0, 0).ok);
	reply = ask(peer, PEER_FINISH, 0, 0);
	ck_assert_uint_eq(reply.error, ERROR_OPERATION_ABORTED);
	ck_assert_uint_eq(reply.count, 0);
	ck_assert_uint_eq(ask(peer, PEER_CANCEL, 0, 0).error, ERROR_NOT_FOUND);

	/* A part was read; the rest is withdrawn, and the writer gets no count. */
	ck_assert_uint_eq(start(peer, PEER_WRITE, 2 * QUOTA), ERROR_IO_PENDING);
	ck_assert_uint_eq(ask(other, PEER_READ, 10, 0).count, 10);
	peer_begin(peer, &flush);
	ck_assert(ask(peer, PEER_CANCEL, 0, 1).ok);
	reply = ask(peer, PEER_FINISH, 0, 0);
	ck_assert_uint_eq(reply.error, ERROR_OPERATION_ABORTED);
	ck_assert_uint_eq(reply.count, 0);
	reply = peer_end(peer, 0);
	ck_assert_msg(reply.ok, "flush behind a withdrawn write: %u", reply.error);
	reply = ask(other, PEER_PEEK, 0, 0);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.value, 0);
	write_some(peer, 3);
	ck_assert_uint_eq(ask(other, PEER_READ, 8, 0).count, 3);
	close_end(&client);
	close_end(&server);
}

START_TEST(cancel_withdraws_what_was_under_way)
{
	check_cancels(&server, &client);
	check_cancels(&client, &server);
}
END_TEST

START_TEST(cancelled_transaction_leaves_its_message)
{
	create(MESSAGE_MODE);
	open_client();
	ck_assert(ask(&client, PEER_SET_MODE, 0, PIPE_READMODE_MESSAGE).ok);
	ck_assert_uint_eq(start(&client, PEER_TRANSACT, 6), ERROR_IO_PENDING);
	ck_assert(ask(&client, PEER_CANCEL, 0, 0).ok);
	ck_assert_uint_eq(ask(&client, PEER_FINISH, 0, 0).error, ERROR_OPERATION_ABORTED);
	ck_assert_uint_eq(ask(&server, PEER_READ, 16, 0).count, 6);
	close_end(&client);
	close_end(&server);
}
END_TEST

/* ---------------------------------------------------------------- 6.1 */

/*
 * Eight clients fight for two instances: a wait reserves nothing, so CreateFile may find
 * all busy again, and that is the only thing that may go wrong.
 */
START_TEST(racing_clients_connect_or_find_it_busy)
{
	enum { N_CLIENTS = 8, N_INSTANCES = 2, N_ROUNDS = 50 };
	struct peer_request serve = {
		.op = PEER_SERVE, .slot = N_INSTANCES, .value = N_CLIENTS * N_ROUNDS, .name = PIPE
	};
	struct peer_request race = {.op = PEER_RACE, .value = N_ROUNDS, .name = PIPE};
	struct peer_request wait = {.op = PEER_WAIT, .value = 1000, .name = PIPE};
	struct peer racers[N_CLIENTS];
	struct peer_reply reply;
	unsigned i, n_busy = 0;

	peer_send(&server, &serve);
	while ((reply = peer_call(&client, &wait)).error == ERROR_FILE_NOT_FOUND)
		;
	ck_assert_uint_eq(reply.error, OK);
	for (i = 0; i < N_CLIENTS; i++) {
		peer_start(&racers[i]);
		peer_send(&racers[i], &race);
	}
	for (i = 0; i < N_CLIENTS; i++) {
		reply = peer_hear(&racers[i]);
		ck_assert_msg(reply.ok, "client %u after %u rounds: %u", i, reply.count,
			      reply.error);
		ck_assert_uint_eq(reply.count, N_ROUNDS);
		n_busy += reply.value;
		peer_stop(&racers[i]);
	}
	reply = peer_hear(&server);
	ck_assert_msg(reply.ok, "server: %u", reply.error);
	printf("race: %d connections, %u times busy\n", N_CLIENTS * N_ROUNDS, n_busy);
}
END_TEST

static Suite *states_suite(void)
{
	Suite *s = suite_create("states");
	TCase *tables = tcase_create("tables");
	TCase *requests = tcase_create("requests");
	TCase *race = tcase_create("race");

	tcase_set_timeout(tables, 60);
	tcase_add_checked_fixture(tables, setup, teardown);
	tcase_add_loop_test(tables, server_end_answers_as_the_table_says, 0,
			    N_ROWS(server_rows));
	tcase_add_test(tables, only_a_listening_instance_is_found);
	tcase_add_loop_test(tables, client_end_answers_as_the_table_says, 0,
			    N_ROWS(client_rows));
	tcase_add_test(tables, detached_client_stays_detached);
	tcase_add_test(tables, transaction_answers_as_the_tables_say);
	suite_add_tcase(s, tables);
	tcase_set_timeout(requests, 60);
	tcase_add_checked_fixture(requests, setup, teardown);
	tcase_add_loop_test(requests, event_does_to_data_and_requests_what_the_table_says, 0,
			    N_EVENTS);
	tcase_add_test(requests, disconnect_ends_a_listen);
	tcase_add_test(requests, write_under_way_when_its_end_closes_stays_readable);
	tcase_add_test(requests, write_under_way_ends_when_the_reader_closes_too);
	tcase_add_test(requests, cancel_withdraws_what_was_under_way);
	tcase_add_test(requests, cancelled_transaction_leaves_its_message);
	suite_add_tcase(s, requests);
	tcase_set_timeout(race, 120);
	tcase_add_checked_fixture(race, setup, teardown);
	tcase_add_test(race, racing_clients_connect_or_find_it_busy);
	suite_add_tcase(s, race);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(states_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
