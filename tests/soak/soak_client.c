/* SPDX-License-Identifier: MIT */
/*
 * A client: connection after connection, each in a way of its own (model: soak.h)
 *
 * What a connection is like is thrown: the pipe (half of the time one of a few, so that clients
 * have to wait for each other), overlapped calls or not, no-wait or not, in which mode it
 * reads, with how long a buffer. It never writes while something has still to come, so neither
 * side waits for the other to make room.
 */
#include "tests/soak/soak.h"

#include <string.h>
#include <unistd.h>

#include "tests/fault/payload.h"
#include "tests/lib/proc.h"

#define NOWAIT_DEADLINE_MS (TEST_DEADLINE_MS / 2) /* before the test gives up */
#define HOT_PIPES     4u
#define MESSAGES_MOST 24u
#define ANSWERS_MOST  6u
#define READ_WRITE    (GENERIC_READ | GENERIC_WRITE)

struct client {
	unsigned number;
	struct payload_random random;
	HANDLE event;
	/* the connection */
	HANDLE h;
	unsigned pipe;
	uint32_t serial;
	bool was_ready;	    /* the server had all its pipes, before the open */
	uint32_t kills;	    /* of the server, before the open */
	uint32_t n_sent, n_heard;
	bool is_overlapped;
	bool is_nowait;
	bool reads_messages;
	int64_t waits_since_ms; /* who does not wait, for the same thing; 0: for nothing */
	struct soak_inbox inbox;
};

/* 0 to @n - 1 */
static unsigned throw(struct client *client, unsigned n)
{
	return (unsigned)(payload_random(&client->random) >> 33) % n;
}

static bool is_server_killed(const struct client *client)
{
	return !client->was_ready ||
	       atomic_load(&soak_board->kills[soak_server_of(client->pipe)]) !=
		       client->kills;
}

/* A call failed: that can only be a server that was killed. Return: false */
static bool torn(struct client *client, const char *what)
{
	DWORD error = GetLastError();

	if (!is_server_killed(client) ||
	    (error != ERROR_BROKEN_PIPE && error != ERROR_NO_DATA &&
	     error != ERROR_PIPE_NOT_CONNECTED && error != ERROR_BAD_PIPE))
		test_fail("client %u, pipe %u, connection %u: %s: Win32 error %u",
			  client->number, client->pipe, client->serial, what,
			  (unsigned)error);
	return false;
}

/* There is no event to wait for; what never comes is told from what takes its time. */
static void come_again(struct client *client, const char *what)
{
	int64_t now = test_now_ms();

	if (!client->waits_since_ms)
		client->waits_since_ms = now;
	if (now - client->waits_since_ms > NOWAIT_DEADLINE_MS)
		test_fail("client %u, pipe %u, connection %u (%u sent, %u heard; server %s): "
			  "%s comes to nothing",
			  client->number, client->pipe, client->serial, client->n_sent,
			  client->n_heard, is_server_killed(client) ? "killed" : "alive",
			  what);
	Sleep(1);
}

/* Waits for an overlapped call as for any other. */
static BOOL finish(struct client *client, BOOL ok, OVERLAPPED *o, DWORD *np)
{
	if (!ok && GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_MORE_DATA)
		return FALSE;
	return GetOverlappedResult(client->h, o, np, TRUE);
}

static BOOL write_once(struct client *client, const unsigned char *bytes, DWORD len,
		       DWORD *np)
{
	OVERLAPPED o = {.hEvent = client->event};

	if (client->is_overlapped)
		return finish(client, WriteFile(client->h, bytes, len, NULL, &o), &o, np);
	return WriteFile(client->h, bytes, len, np, NULL);
}

/* All of it; who does not wait tries until there is room. */
static bool write_all(struct client *client, const unsigned char *bytes, DWORD len)
{
	DWORD n;

	while (len) {
		if (!write_once(client, bytes, len, &n))
			return torn(client, "WriteFile");
		if (n > len || (n < len && !client->is_nowait))
			test_fail("%u of %u bytes written", (unsigned)n, (unsigned)len);
		bytes += n;
		len -= n;
		if (n == 0)
			come_again(client, "WriteFile");
		else
			client->waits_since_ms = 0;
	}
	return true;
}

static void make_message(struct client *client, unsigned char *message, enum soak_op op,
			 uint32_t count)
{
	struct soak_head head = {
		.len = (uint32_t)sizeof(head) +
		       throw(client, throw(client, 4) ? 256 : SOAK_MOST - sizeof(head)),
		.op = op,
		.client = client->number,
		.serial = client->serial,
		.number = client->n_sent++,
		.count = count,
	};

	soak_make(message, head);
}

/* Sometimes in two pieces, which a message pipe carries as two messages. */
static bool say(struct client *client, enum soak_op op, uint32_t count)
{
	unsigned char message[SOAK_MOST];
	uint32_t len, first;

	make_message(client, message, op, count);
	memcpy(&len, message, sizeof(len));
	first = throw(client, 8) ? len : 1 + throw(client, len - 1);
	return write_all(client, message, first) &&
	       write_all(client, message + first, len - first);
}

/* Reads once into the inbox. Return: false: see GetLastError() */
static bool read_some(struct client *client)
{
	unsigned char bytes[SOAK_MOST];
	DWORD len = throw(client, 3) ? sizeof(bytes) : 1 + throw(client, sizeof(bytes)), n = 0;
	OVERLAPPED o = {.hEvent = client->event};
	BOOL ok;

	if (client->is_overlapped)
		ok = finish(client, ReadFile(client->h, bytes, len, NULL, &o), &o, &n);
	else
		ok = ReadFile(client->h, bytes, len, &n, NULL);
	if (!ok && client->is_nowait && GetLastError() == ERROR_NO_DATA) {
		come_again(client, "ReadFile");
		return true;
	}
	if (!ok && (GetLastError() != ERROR_MORE_DATA || !client->reads_messages))
		return false;
	client->waits_since_ms = 0;
	soak_inbox_put(&client->inbox, bytes, n);
	soak_step(SOAK_SERVERS + client->number, n);
	return true;
}

static bool hear(struct client *client, uint32_t count)
{
	struct soak_head head;

	while (count) {
		if (!soak_inbox_take(&client->inbox, &head)) {
			if (!read_some(client))
				return torn(client, "ReadFile");
			continue;
		}
		if (head.op != SOAK_ANSWER || head.client != client->number ||
		    head.serial != client->serial || head.number != client->n_heard)
			test_fail("answer %u of connection %u of client %u instead of %u of "
				  "%u of %u",
				  head.number, head.serial, head.client, client->n_heard,
				  client->serial, client->number);
		client->n_heard++;
		count--;
	}
	if (client->inbox.len)
		test_fail("%u bytes more than was asked for", client->inbox.len);
	return true;
}

static bool transact(struct client *client)
{
	unsigned char message[SOAK_MOST], answer[SOAK_MOST];
	OVERLAPPED o = {.hEvent = client->event};
	uint32_t len;
	DWORD n = 0;
	BOOL ok;

	make_message(client, message, SOAK_ASK, 1);
	memcpy(&len, message, sizeof(len));
	if (client->is_overlapped)
		ok = finish(client,
			    TransactNamedPipe(client->h, message, len, answer,
					      sizeof(answer), NULL, &o),
			    &o, &n);
	else
		ok = TransactNamedPipe(client->h, message, len, answer, sizeof(answer), &n,
				       NULL);
	if (!ok)
		return torn(client, "TransactNamedPipe");
	soak_inbox_put(&client->inbox, answer, n);
	soak_step(SOAK_SERVERS + client->number, n);
	return hear(client, 1);
}

/* A read for which nothing comes is taken back; nothing was lost with it. */
static bool cancel(struct client *client)
{
	OVERLAPPED o = {.hEvent = client->event};
	unsigned char byte;
	DWORD n;

	if (ReadFile(client->h, &byte, 1, NULL, &o))
		test_fail("client %u reads what it did not ask for", client->number);
	if (GetLastError() != ERROR_IO_PENDING)
		return torn(client, "ReadFile to cancel");
	soak_must(CancelIoEx(client->h, &o) || GetLastError() == ERROR_NOT_FOUND,
		  "CancelIoEx");
	if (GetOverlappedResult(client->h, &o, &n, TRUE))
		test_fail("client %u has read what it did not ask for", client->number);
	if (GetLastError() != ERROR_OPERATION_ABORTED)
		return torn(client, "a read that was cancelled");
	atomic_fetch_add(&soak_board->n_cancels, 1);
	return true;
}

static bool peek(struct client *client)
{
	DWORD n_available;

	if (!PeekNamedPipe(client->h, NULL, 0, NULL, &n_available, NULL))
		return torn(client, "PeekNamedPipe");
	if (n_available)
		test_fail("%u bytes that were not asked for", (unsigned)n_available);
	return true;
}

static bool flush(struct client *client)
{
	return FlushFileBuffers(client->h) || torn(client, "FlushFileBuffers");
}

static bool ask(struct client *client)
{
	uint32_t count = throw(client, 4) ? 1 : throw(client, ANSWERS_MOST + 1);

	return say(client, SOAK_ASK, count) && hear(client, count);
}

/* One thing or another. Return: is the connection still there? */
static bool talk(struct client *client)
{
	switch (throw(client, 12)) {
	case 0:
		return say(client, SOAK_ASK, 0) && say(client, SOAK_ASK, 0);
	case 1:
		return say(client, SOAK_ASK, 0) && flush(client);
	case 2:
		return peek(client);
	case 3:
	case 4:
		return client->is_overlapped ? cancel(client) : ask(client);
	case 5:
	case 6:
		return client->reads_messages && !client->is_nowait ? transact(client) :
								      ask(client);
	default:
		return ask(client);
	}
}

/* The server ends the connection, as it was asked to; nothing that it said before it closes is
 * lost. */
static bool be_left(struct client *client, enum soak_op op, DWORD error)
{
	uint32_t count = op == SOAK_LEAVE ? throw(client, ANSWERS_MOST + 1) : 0;

	if (!say(client, op, count) || !hear(client, count))
		return false;
	while (read_some(client))
		if (client->inbox.len)
			test_fail("%u bytes more than was asked for", client->inbox.len);
	if (GetLastError() != error)
		return torn(client, "the last ReadFile");
	return true;
}

/* In good order: the server will see everything. */
static void say_farewell(struct client *client)
{
	unsigned at = client->serial % SOAK_FAREWELLS;

	atomic_store(&soak_board->farewell[client->number][at],
		     SOAK_FAREWELL(client->serial, client->n_sent));
}

static bool set_modes(struct client *client)
{
	DWORD mode = client->is_nowait ? PIPE_NOWAIT : PIPE_WAIT;

	mode |= client->reads_messages ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE;
	return SetNamedPipeHandleState(client->h, &mode, NULL, NULL) ||
	       torn(client, "SetNamedPipeHandleState");
}

static void be_connected(struct client *client)
{
	unsigned n = throw(client, MESSAGES_MOST + 1), end = throw(client, 8);
	bool goes_on = set_modes(client);

	while (goes_on && n-- > 0)
		goes_on = talk(client);
	if (goes_on && end == 0)
		goes_on = be_left(client, SOAK_DISCONNECT, ERROR_PIPE_NOT_CONNECTED);
	else if (goes_on && end == 1)
		goes_on = be_left(client, SOAK_LEAVE, ERROR_BROKEN_PIPE);
	else if (goes_on)
		say_farewell(client);
	if (!goes_on)
		atomic_fetch_add(&soak_board->n_torn, 1);
	CloseHandle(client->h);
	atomic_fetch_add(&soak_board->n_connections, 1);
}

/* No instance is free, or the server was killed and its names with it. */
static void be_refused(struct client *client, const char *name)
{
	if (GetLastError() == ERROR_PIPE_BUSY &&
	    (WaitNamedPipeA(name, 1000) || GetLastError() == ERROR_SEM_TIMEOUT))
		return;
	if (GetLastError() != ERROR_FILE_NOT_FOUND || !is_server_killed(client))
		test_fail("client %u: %s cannot be opened: Win32 error %u", client->number,
			  name, (unsigned)GetLastError());
}

static void connect_once(struct client *client)
{
	char name[40];
	unsigned server;

	client->pipe = throw(client, 2) ? throw(client, SOAK_PIPES) : throw(client, HOT_PIPES);
	server = soak_server_of(client->pipe);
	client->serial = atomic_fetch_add(&soak_board->serial[client->number], 1) + 1;
	client->n_sent = client->n_heard = 0;
	client->inbox.len = 0;
	client->waits_since_ms = 0;
	client->is_overlapped = throw(client, 2);
	/* without waiting only what fits can be written */
	client->is_nowait = !client->is_overlapped && throw(client, 4) == 0 &&
			    soak_quota_of(client->pipe) >= SOAK_MOST;
	client->reads_messages = soak_is_message(client->pipe) && throw(client, 4);
	client->kills = atomic_load(&soak_board->kills[server]);
	client->was_ready = atomic_load(&soak_board->is_ready[server]);
	soak_pipe_name(client->pipe, name);
	client->h = CreateFileA(name, READ_WRITE, 0, NULL, OPEN_EXISTING,
				client->is_overlapped ? FILE_FLAG_OVERLAPPED : 0, NULL);
	if (client->h == INVALID_HANDLE_VALUE)
		be_refused(client, name);
	else
		be_connected(client);
	soak_step(SOAK_SERVERS + client->number, 0);
}

/* soak_client() - until it is told to stop */
int soak_client(int sock, void *arg)
{
	static struct client client;

	client.number = *(unsigned *)arg;
	client.random = payload_seed((uint64_t)getpid() << 8 | client.number);
	client.event = CreateEventA(NULL, TRUE, FALSE, NULL);
	soak_must(client.event != NULL, "CreateEvent");
	test_say(sock, 'r');
	while (!atomic_load(&soak_board->must_stop)) {
		if (atomic_load(&soak_board->must_pause)) {
			test_say(sock, 'q');
			test_expect(sock, 'g');
		}
		connect_once(&client);
	}
	CloseHandle(client.event);
	return 0;
}
