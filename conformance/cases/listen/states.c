/* SPDX-License-Identifier: MIT */
/*
 * The tables of npfs-semantics 3.2 and 3.3: every operation in every state of either end.
 *
 * One case per operation; its row says what comes in each state. Every cell has a pipe of
 * its own, message type and message read mode on overlapped ends, brought into the state
 * first. PENDS stands for a request that is pending and stays so.
 */
#include "conformance/late.h"
#include "conformance/pipes.h"

#define PENDS ERROR_IO_PENDING
#define WORKS 0

enum state {
	DISCONNECTED,
	LISTENING,
	CONNECTED,
	CLOSING_EMPTY,
	CLOSING_WITH_DATA,
	DETACHED, /* a client after its server disconnected it */
	STATES,
};

static const char *const state_names[STATES] = {
	"DISCONNECTED", "LISTENING", "CONNECTED", "CLOSING, drained",
	"CLOSING, 4 bytes unread", "detached"};

/* One end in one state. */
struct subject {
	const char *name;
	HANDLE h;
};

typedef DWORD (*operation)(const struct subject *s);

static struct subject server_in(enum state state)
{
	struct pair p;

	if (state == LISTENING) {
		p.name = case_pipe_name();
		EXPECT_HANDLE(p.s,
			      server_new(p.name,
					 PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
					 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 4));
		return (struct subject){p.name, p.s};
	}
	p = pair_new(PAIR_MM | PAIR_OV, 64, 64);
	if (state == CLOSING_WITH_DATA)
		WRITE_ALL(p.c, "data", 4);
	if (state == DISCONNECTED)
		EXPECT_TRUE(DisconnectNamedPipe(p.s));
	if (state == CLOSING_EMPTY || state == CLOSING_WITH_DATA)
		EXPECT_TRUE(CloseHandle(p.c));
	return (struct subject){p.name, p.s};
}

static struct subject client_in(enum state state)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 64, 64);

	if (state == CLOSING_WITH_DATA)
		WRITE_ALL(p.s, "data", 4);
	if (state == DETACHED)
		EXPECT_TRUE(DisconnectNamedPipe(p.s));
	if (state == CLOSING_EMPTY || state == CLOSING_WITH_DATA)
		EXPECT_TRUE(CloseHandle(p.s));
	return (struct subject){p.name, p.c};
}

static void row(struct subject (*bring)(enum state state), const char *what,
		operation run, const DWORD wanted[STATES], unsigned states)
{
	for (unsigned i = 0; i < STATES; i++) {
		struct subject s;
		char text[128];

		if (!(states & 1u << i))
			continue;
		s = bring((enum state)i);
		snprintf(text, sizeof(text), "%s in %s", what, state_names[i]);
		conf_check_error(__FILE__, __LINE__, text, run(&s), wanted[i]);
	}
}

#define SERVER_STATES                                                                    \
	(1u << DISCONNECTED | 1u << LISTENING | 1u << CONNECTED | 1u << CLOSING_EMPTY |  \
	 1u << CLOSING_WITH_DATA)
#define CLIENT_STATES                                                                    \
	(1u << CONNECTED | 1u << CLOSING_EMPTY | 1u << CLOSING_WITH_DATA | 1u << DETACHED)

#define SERVER_ROW(op, disconnected, listening, connected, drained, data)                \
	static void server_##op##_by_state(void)                                         \
	{                                                                                \
		static const DWORD wanted[STATES] = {disconnected, listening, connected, \
						     drained, data, 0};                  \
                                                                                         \
		row(server_in, #op, op, wanted, SERVER_STATES);                          \
	}

#define CLIENT_ROW(op, connected, drained, data, detached)                               \
	static void client_##op##_by_state(void)                                         \
	{                                                                                \
		static const DWORD wanted[STATES] = {0,       0,    connected,           \
						     drained, data, detached};           \
                                                                                         \
		row(client_in, #op, op, wanted, CLIENT_STATES);                          \
	}

/* ---- operations; each gives 0 or the error ---- */

static DWORD error_of(BOOL returned)
{
	return returned ? WORKS : GetLastError();
}

/* A request that was started: PENDS when it stays, else how it ended. */
static DWORD outcome(struct request *r)
{
	DWORD n;

	if (r->returned)
		return WORKS;
	if (r->error != ERROR_IO_PENDING)
		return r->error;
	if (WaitForSingleObject(r->event, CONF_WATCH_MS) == WAIT_TIMEOUT)
		return PENDS;
	return error_of(GetOverlappedResult(r->h, &r->ov, &n, FALSE));
}

/* Requests that stay pending outlive the operation; the case's process ends them. */
static struct request *request_kept(void)
{
	static struct request kept[2 * STATES];
	static unsigned n_kept;
	struct request *r = &kept[n_kept++ % (2 * STATES)];

	request_init(r);
	return r;
}

static char kept_buf[64];

static DWORD listen_waiting(const struct subject *s)
{
	struct request *r = request_kept();

	request_connect(r, s->h);
	return outcome(r);
}

/* From a handle in WAIT mode only CONNECTED keeps NOWAIT away, and there nothing is queued. */
static DWORD listen_nowait(const struct subject *s)
{
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT;

	if (!SetNamedPipeHandleState(s->h, &mode, NULL, NULL))
		return GetLastError();
	return listen_waiting(s);
}

static DWORD disconnect(const struct subject *s)
{
	return error_of(DisconnectNamedPipe(s->h));
}

static DWORD read_8(const struct subject *s)
{
	struct request *r = request_kept();

	request_read(r, s->h, kept_buf, 8);
	return outcome(r);
}

static DWORD read_0(const struct subject *s)
{
	struct request *r = request_kept();

	request_read(r, s->h, kept_buf, 0);
	return outcome(r);
}

static DWORD write_4(const struct subject *s)
{
	struct request *r = request_kept();

	request_write(r, s->h, "more", 4);
	return outcome(r);
}

static DWORD write_0(const struct subject *s)
{
	struct request *r = request_kept();

	request_write(r, s->h, "", 0);
	return outcome(r);
}

static DWORD flush(const struct subject *s)
{
	return error_of(FlushFileBuffers(s->h));
}

static DWORD peek(const struct subject *s)
{
	DWORD n;

	return error_of(PeekNamedPipe(s->h, kept_buf, 8, &n, NULL, NULL));
}

static DWORD transact(const struct subject *s)
{
	struct request *r = request_kept();

	request_transact(r, s->h, "ask", 3, kept_buf, 8);
	return outcome(r);
}

static DWORD set_state(const struct subject *s)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	return error_of(SetNamedPipeHandleState(s->h, &mode, NULL, NULL));
}

static DWORD get_state(const struct subject *s)
{
	DWORD mode, n;

	return error_of(GetNamedPipeHandleStateA(s->h, &mode, &n, NULL, NULL, NULL, 0));
}

static DWORD get_info(const struct subject *s)
{
	DWORD flags, in, out, max;

	return error_of(GetNamedPipeInfo(s->h, &flags, &out, &in, &max));
}

typedef BOOL(WINAPI *process_fn)(HANDLE, PULONG);

static DWORD client_process(const struct subject *s)
{
	process_fn call =
		(process_fn)late_need("kernel32.dll", "GetNamedPipeClientProcessId");
	ULONG pid;

	return error_of(call(s->h, &pid));
}

static DWORD server_process(const struct subject *s)
{
	process_fn call =
		(process_fn)late_need("kernel32.dll", "GetNamedPipeServerProcessId");
	ULONG pid;

	return error_of(call(s->h, &pid));
}

static DWORD file_type(const struct subject *s)
{
	return GetFileType(s->h) == FILE_TYPE_PIPE ? WORKS : GetLastError();
}

static DWORD wait_for_it(const struct subject *s)
{
	return error_of(WaitNamedPipeA(s->name, 1));
}

static DWORD open_it(const struct subject *s)
{
	HANDLE c = client_open(s->name, CLIENT_BOTH, 0);

	return c == INVALID_HANDLE_VALUE ? GetLastError() : WORKS;
}

static DWORD close_it(const struct subject *s)
{
	return error_of(CloseHandle(s->h));
}

/* ---- the rows ---- */

/*	     operation	     DISCONNECTED LISTENING CONNECTED CLOSING with data */
SERVER_ROW(listen_waiting, PENDS, PENDS, ERROR_PIPE_CONNECTED, ERROR_NO_DATA, ERROR_NO_DATA)
SERVER_ROW(listen_nowait, ERROR_PIPE_LISTENING, ERROR_PIPE_LISTENING, ERROR_PIPE_CONNECTED,
	   ERROR_NO_DATA, ERROR_NO_DATA)
SERVER_ROW(disconnect, ERROR_PIPE_NOT_CONNECTED, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(read_8, ERROR_PIPE_NOT_CONNECTED, ERROR_PIPE_LISTENING, PENDS, ERROR_BROKEN_PIPE,
	   WORKS)
SERVER_ROW(read_0, ERROR_PIPE_NOT_CONNECTED, ERROR_PIPE_LISTENING, PENDS, ERROR_BROKEN_PIPE,
	   ERROR_MORE_DATA)
SERVER_ROW(write_4, ERROR_PIPE_NOT_CONNECTED, ERROR_PIPE_LISTENING, WORKS, ERROR_NO_DATA,
	   ERROR_NO_DATA)
SERVER_ROW(write_0, ERROR_PIPE_NOT_CONNECTED, ERROR_PIPE_LISTENING, WORKS, ERROR_NO_DATA,
	   ERROR_NO_DATA)
SERVER_ROW(flush, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(peek, ERROR_BAD_PIPE, ERROR_BAD_PIPE, WORKS, ERROR_BROKEN_PIPE, WORKS)
SERVER_ROW(transact, ERROR_BAD_PIPE, ERROR_BAD_PIPE, PENDS, ERROR_BAD_PIPE, ERROR_BAD_PIPE)
SERVER_ROW(set_state, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(get_state, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(get_info, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(client_process, ERROR_NOT_FOUND, ERROR_NOT_FOUND, WORKS, WORKS, WORKS)
SERVER_ROW(server_process, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(file_type, WORKS, WORKS, WORKS, WORKS, WORKS)
SERVER_ROW(wait_for_it, ERROR_SEM_TIMEOUT, WORKS, ERROR_SEM_TIMEOUT, ERROR_SEM_TIMEOUT,
	   ERROR_SEM_TIMEOUT)
SERVER_ROW(open_it, ERROR_PIPE_BUSY, WORKS, ERROR_PIPE_BUSY, ERROR_PIPE_BUSY, ERROR_PIPE_BUSY)
SERVER_ROW(close_it, WORKS, WORKS, WORKS, WORKS, WORKS)

/*	   operation	   CONNECTED CLOSING with data detached */
CLIENT_ROW(listen_waiting, ERROR_INVALID_FUNCTION, ERROR_INVALID_FUNCTION,
	   ERROR_INVALID_FUNCTION, ERROR_INVALID_FUNCTION)
CLIENT_ROW(disconnect, ERROR_INVALID_FUNCTION, ERROR_INVALID_FUNCTION,
	   ERROR_INVALID_FUNCTION, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(read_8, PENDS, ERROR_BROKEN_PIPE, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(read_0, PENDS, ERROR_BROKEN_PIPE, ERROR_MORE_DATA, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(write_4, WORKS, ERROR_NO_DATA, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(write_0, WORKS, ERROR_NO_DATA, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(flush, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(peek, WORKS, ERROR_BROKEN_PIPE, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(transact, PENDS, ERROR_BAD_PIPE, ERROR_BAD_PIPE, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(set_state, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(get_state, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(get_info, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(client_process, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(server_process, WORKS, WORKS, WORKS, ERROR_PIPE_NOT_CONNECTED)
CLIENT_ROW(file_type, WORKS, WORKS, WORKS, WORKS)
CLIENT_ROW(close_it, WORKS, WORKS, WORKS, WORKS)

const struct conf_case listen_states_cases[] = {
	CASE("3.2", server_listen_waiting_by_state, "T", "3.2",
	     "ConnectNamedPipe in each state: pends, pends, 535, 232, 232"),
	CASE("3.2", server_listen_nowait_by_state, "T", "3.2",
	     "the same in no-wait mode: 536, 536, 535, 232, 232"),
	CASE("3.2", server_disconnect_by_state, "TR", "3.2",
	     "DisconnectNamedPipe in each state: 233 when disconnected, else it works"),
	CASE("3.2", server_read_8_by_state, "T", "3.2",
	     "a server's read in each state: 233, 536, pends, 109, data"),
	CASE("3.2", server_read_0_by_state, "T", "3.2",
	     "a server's 0-byte message read in each state: 233, 536, pends, 109, 234"),
	CASE("3.2", server_write_4_by_state, "T", "3.2",
	     "a server's write in each state: 233, 536, works, 232, 232"),
	CASE("3.2", server_write_0_by_state, "T", "3.2",
	     "a server's 0-byte write in each state: 233, 536, works, 232, 232"),
	CASE("3.2", server_flush_by_state, "T", "3.2",
	     "a server's flush works in each state when nothing of it is unread"),
	CASE("3.2", server_peek_by_state, "T", "3.2",
	     "a server's peek in each state: 230, 230, works, 109, works"),
	CASE("3.2", server_transact_by_state, "T", "3.2",
	     "a server's transact in each state: 230 but when connected"),
	CASE("3.2", server_set_state_by_state, "T", "3.2",
	     "SetNamedPipeHandleState of a server works in each state"),
	CASE("3.2", server_get_state_by_state, "T", "3.2",
	     "GetNamedPipeHandleState of a server works in each state"),
	CASE("3.2", server_get_info_by_state, "T", "3.2",
	     "GetNamedPipeInfo of a server works in each state"),
	CASE("3.2", server_client_process_by_state, "TI", "3.2",
	     "the client's process at the server: 1168 without client, else known"),
	CASE("3.2", server_server_process_by_state, "T", "3.2",
	     "the server's process at the server is known in each state"),
	CASE("7.9", server_file_type_by_state, "T", "7.9",
	     "GetFileType of a server is pipe in each state"),
	CASE("3.2", server_wait_for_it_by_state, "T", "3.2",
	     "WaitNamedPipe finds an instance that listens and no other"),
	CASE("3.2", server_open_it_by_state, "T", "3.5",
	     "CreateFile connects to an instance that listens; else 231"),
	CASE("7.9", server_close_it_by_state, "D", "7.9",
	     "CloseHandle of a server works in each state"),
	CASE("3.3", client_listen_waiting_by_state, "T", "3.3",
	     "ConnectNamedPipe of a client is 1 in each state"),
	CASE("3.3", client_disconnect_by_state, "TR", "3.3",
	     "DisconnectNamedPipe of a client is 1, of a detached one 233"),
	CASE("3.3", client_read_8_by_state, "T", "3.3",
	     "a client's read in each state: pends, 109, data, 233"),
	CASE("3.3", client_read_0_by_state, "T", "3.3",
	     "a client's 0-byte message read in each state: pends, 109, 234, 233"),
	CASE("3.3", client_write_4_by_state, "T", "3.3",
	     "a client's write in each state: works, 232, 232, 233"),
	CASE("3.3", client_write_0_by_state, "T", "3.3",
	     "a client's 0-byte write in each state: works, 232, 232, 233"),
	CASE("3.3", client_flush_by_state, "T", "3.3",
	     "a client's flush in each state: works until detached, then 233"),
	CASE("3.3", client_peek_by_state, "T", "3.3",
	     "a client's peek in each state: works, 109, works, 233"),
	CASE("3.3", client_transact_by_state, "T", "3.3",
	     "a client's transact in each state: pends, 230, 230, 233"),
	CASE("3.3", client_set_state_by_state, "T", "3.3",
	     "SetNamedPipeHandleState of a client works until detached, then 233"),
	CASE("3.3", client_get_state_by_state, "T", "3.3",
	     "GetNamedPipeHandleState of a client works until detached, then 233"),
	CASE("3.3", client_get_info_by_state, "T", "3.3",
	     "GetNamedPipeInfo of a client works until detached, then 233"),
	CASE("3.3", client_client_process_by_state, "T", "3.3",
	     "the client's process at the client is known until detached, then 233"),
	CASE("3.3", client_server_process_by_state, "T", "3.3",
	     "the server's process at the client is known until detached, then 233"),
	CASE("7.9", client_file_type_by_state, "T", "7.9",
	     "GetFileType of a client is pipe in each state"),
	CASE("7.9", client_close_it_by_state, "D", "7.9",
	     "CloseHandle of a client works in each state"),
	CASE_END};
