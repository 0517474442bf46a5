/* SPDX-License-Identifier: MIT */
/*
 * Pairs, requests and blocked calls (pipes.h).
 *
 * A failed expectation ends the process, so nothing here releases what a failing case
 * holds. Reads and writes of the checks work on both kinds of handle: they always pass
 * an OVERLAPPED with an event, which a synchronous handle accepts as well, except where
 * the count of a synchronous call is the point; those cases call ReadFile themselves.
 */
#include "conformance/pipes.h"

#include <stdlib.h>

HANDLE server_new_full(const char *name, DWORD open_mode, DWORD pipe_mode,
		       DWORD max_instances, DWORD out_quota, DWORD in_quota,
		       DWORD timeout)
{
	return CreateNamedPipeA(name, open_mode, pipe_mode, max_instances, out_quota,
				in_quota, timeout, NULL);
}

HANDLE server_new(const char *name, DWORD open_mode, DWORD pipe_mode, DWORD max_instances)
{
	return server_new_full(name, open_mode, pipe_mode, max_instances, 4096, 4096, 0);
}

HANDLE client_open(const char *name, DWORD access, DWORD flags)
{
	return CreateFileA(name, access, 0, NULL, OPEN_EXISTING, flags, NULL);
}

HANDLE pair_client(const char *name, unsigned flags)
{
	DWORD access = flags & PAIR_INBOUND    ? GENERIC_WRITE | FILE_READ_ATTRIBUTES
		       : flags & PAIR_OUTBOUND ? GENERIC_READ | FILE_WRITE_ATTRIBUTES
					       : CLIENT_BOTH;
	DWORD mode = 0;
	HANDLE c;

	EXPECT_HANDLE(c, client_open(name, access,
				     flags & PAIR_C_OV ? FILE_FLAG_OVERLAPPED : 0));
	if (flags & PAIR_C_MESSAGE_READ)
		mode |= PIPE_READMODE_MESSAGE;
	if (flags & PAIR_C_NOWAIT)
		mode |= PIPE_NOWAIT;
	if (mode)
		EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	return c;
}

struct pair pair_new(unsigned flags, DWORD out_quota, DWORD in_quota)
{
	DWORD open_mode = flags & PAIR_INBOUND    ? PIPE_ACCESS_INBOUND
			  : flags & PAIR_OUTBOUND ? PIPE_ACCESS_OUTBOUND
						  : PIPE_ACCESS_DUPLEX;
	DWORD pipe_mode = 0;
	struct pair p;

	if (flags & PAIR_S_OV)
		open_mode |= FILE_FLAG_OVERLAPPED;
	if (flags & PAIR_MESSAGE_TYPE)
		pipe_mode |= PIPE_TYPE_MESSAGE;
	if (flags & PAIR_S_MESSAGE_READ)
		pipe_mode |= PIPE_READMODE_MESSAGE;
	if (flags & PAIR_S_NOWAIT)
		pipe_mode |= PIPE_NOWAIT;
	p.name = case_pipe_name();
	EXPECT_HANDLE(p.s, server_new_full(p.name, open_mode, pipe_mode, 4, out_quota,
					   in_quota, 0));
	p.c = pair_client(p.name, flags);
	return p;
}

void pair_close(struct pair *p)
{
	CloseHandle(p->c);
	CloseHandle(p->s);
	p->c = p->s = INVALID_HANDLE_VALUE;
}

HANDLE case_event_new(BOOL is_set)
{
	HANDLE event;

	EXPECT_HANDLE(event, CreateEventA(NULL, TRUE, is_set, NULL));
	return event;
}

void pattern_fill(void *buf, size_t len, unsigned seed)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)(seed + i * 7 + (i >> 8) * 13);
}

/* ---- plain calls ---- */

void pipes_write_all(const char *file, int line, HANDLE h, const void *data, DWORD len)
{
	struct request r;

	request_init(&r);
	request_write(&r, h, data, len);
	request_expect_done(file, line, &r, 0, len);
	CloseHandle(r.event);
}

void pipes_expect_read(const char *file, int line, HANDLE h, DWORD cap, DWORD error,
		       const void *wanted, DWORD len)
{
	unsigned char *buf = malloc(cap + 1);
	struct request r;

	if (!buf)
		conf_fail(file, line, "memory", "none");
	request_init(&r);
	request_read(&r, h, buf, cap);
	request_expect_done(file, line, &r, error, len);
	if (wanted)
		conf_check_mem(file, line, "data read", buf, wanted, len);
	CloseHandle(r.event);
	free(buf);
}

void pipes_expect_write_fails(const char *file, int line, HANDLE h, DWORD len,
			      DWORD error)
{
	unsigned char *buf = calloc(1, len + 1);
	struct request r;

	if (!buf)
		conf_fail(file, line, "memory", "none");
	request_init(&r);
	request_write(&r, h, buf, len);
	request_expect_done(file, line, &r, error, 0);
	CloseHandle(r.event);
	free(buf);
}

void pipes_expect_available(const char *file, int line, HANDLE h, DWORD n)
{
	DWORD avail = 0xCCCCCCCC;

	SetLastError(CONF_UNTOUCHED_ERROR);
	if (!PeekNamedPipe(h, NULL, 0, NULL, &avail, NULL))
		conf_fail(file, line, "PeekNamedPipe works", "%s",
			  conf_error_text(GetLastError()));
	conf_check_eq(file, line, "bytes available to PeekNamedPipe", avail, n, false);
}

void pipes_expect_soon_available(const char *file, int line, HANDLE h, DWORD n)
{
	DWORD start = GetTickCount(), avail = n;

	while (PeekNamedPipe(h, NULL, 0, NULL, &avail, NULL) && avail != n &&
	       GetTickCount() - start < CONF_SOON_MS)
		Sleep(1);
	pipes_expect_available(file, line, h, n);
}

/* ---- requests ---- */

void request_init(struct request *r)
{
	memset(r, 0, sizeof(*r));
	r->event = case_event_new(FALSE);
	r->ov.hEvent = r->event;
}

/* Everything a request keeps about its call; the call itself is an argument so that last
 * error is read before anything else happens. */
static void request_note(struct request *r, HANDLE h, BOOL returned)
{
	r->error = returned ? 0 : GetLastError();
	r->returned = returned;
	r->h = h;
}

void request_read(struct request *r, HANDLE h, void *buf, DWORD len)
{
	r->n = 0xCCCCCCCC;
	SetLastError(CONF_UNTOUCHED_ERROR);
	request_note(r, h, ReadFile(h, buf, len, &r->n, &r->ov));
}

void request_write(struct request *r, HANDLE h, const void *buf, DWORD len)
{
	r->n = 0xCCCCCCCC;
	SetLastError(CONF_UNTOUCHED_ERROR);
	request_note(r, h, WriteFile(h, buf, len, &r->n, &r->ov));
}

void request_connect(struct request *r, HANDLE s)
{
	r->n = 0;
	SetLastError(CONF_UNTOUCHED_ERROR);
	request_note(r, s, ConnectNamedPipe(s, &r->ov));
}

void request_transact(struct request *r, HANDLE h, const void *out, DWORD out_len,
		      void *in, DWORD in_len)
{
	r->n = 0xCCCCCCCC;
	r->is_transact = true;
	SetLastError(CONF_UNTOUCHED_ERROR);
	request_note(r, h,
		     TransactNamedPipe(h, (void *)(uintptr_t)out, out_len, in, in_len,
				       &r->n, &r->ov));
}

static const char *outcome_text(BOOL returned, DWORD error, DWORD n)
{
	static char text[128];

	if (returned)
		snprintf(text, sizeof(text), "TRUE with %lu bytes", (unsigned long)n);
	else
		snprintf(text, sizeof(text), "FALSE with %s and %lu bytes",
			 conf_error_text(error), (unsigned long)n);
	return text;
}

static void outcome_check(const char *file, int line, BOOL returned, DWORD error, DWORD n,
			  DWORD wanted_error, DWORD wanted_n)
{
	char expected[160];

	if ((returned ? 0 : error) == wanted_error && !returned == (wanted_error != 0) &&
	    n == wanted_n)
		return;
	snprintf(expected, sizeof(expected), "the call ends: %s",
		 outcome_text(wanted_error == 0, wanted_error, wanted_n));
	conf_fail(file, line, expected, "%s", outcome_text(returned, error, n));
}

void request_expect_pends(const char *file, int line, struct request *r)
{
	if (r->returned || r->error != ERROR_IO_PENDING)
		conf_fail(file, line, "the request pends (FALSE, 997 ERROR_IO_PENDING)",
			  "%s", outcome_text(r->returned, r->error, r->n));
}

void request_expect_pending(const char *file, int line, struct request *r)
{
	HANDLE waited = r->ov.hEvent ? r->ov.hEvent : r->h;

	request_expect_pends(file, line, r);
	if (WaitForSingleObject(waited, CONF_WATCH_MS) != WAIT_TIMEOUT)
		conf_fail(file, line, "the request is still pending",
			  "completed, status %s, %lu bytes",
			  conf_status_text((uint32_t)r->ov.Internal),
			  (unsigned long)r->ov.InternalHigh);
	if (!r->is_transact)
		conf_check_status(file, line, "Internal", (uint32_t)r->ov.Internal,
				  0x103);
}

void request_expect_done(const char *file, int line, struct request *r, DWORD error,
			 DWORD n)
{
	HANDLE waited = r->ov.hEvent ? r->ov.hEvent : r->h;
	DWORD got_n = 0;
	BOOL ok;

	/* An immediate error leaves the OVERLAPPED alone, except the warning 234. */
	if (!r->returned && r->error != ERROR_IO_PENDING && r->error != ERROR_MORE_DATA) {
		outcome_check(file, line, FALSE, r->error, 0, error, n);
		return;
	}
	if (WaitForSingleObject(waited, CONF_SOON_MS) != WAIT_OBJECT_0)
		conf_fail(file, line, "the request completes",
			  "still pending after %u ms", CONF_SOON_MS);
	SetLastError(CONF_UNTOUCHED_ERROR);
	ok = GetOverlappedResult(r->h, &r->ov, &got_n, FALSE);
	outcome_check(file, line, ok, ok ? 0 : GetLastError(), got_n, error, n);
}

void request_expect_at_once(const char *file, int line, struct request *r, DWORD error,
			    DWORD n)
{
	if (!r->returned && r->error == ERROR_IO_PENDING)
		conf_fail(file, line, "the call answers at once", "997 ERROR_IO_PENDING");
	request_expect_done(file, line, r, error, n);
}

/* ---- blocked calls ---- */

static DWORD WINAPI blocked_main(void *arg)
{
	struct blocked *b = arg;

	SetEvent(b->started);
	SetLastError(CONF_UNTOUCHED_ERROR);
	b->call(b);
	return 0;
}

void blocked_start(struct blocked *b, void (*fn)(struct blocked *b))
{
	b->call = fn;
	b->returned = FALSE;
	b->error = CONF_UNTOUCHED_ERROR;
	b->n = 0;
	b->started = case_event_new(FALSE);
	EXPECT_HANDLE(b->thread, CreateThread(NULL, 0, blocked_main, b, 0, NULL));
	EXPECT_SIGNALED(b->started);
}

static void blocked_note(struct blocked *b, BOOL returned)
{
	b->error = returned ? 0 : GetLastError();
	b->returned = returned;
}

static void read_call(struct blocked *b)
{
	blocked_note(b, ReadFile(b->h, b->buf, b->len, &b->n, NULL));
}

static void write_call(struct blocked *b)
{
	blocked_note(b, WriteFile(b->h, b->out, b->out_len, &b->n, NULL));
}

static void flush_call(struct blocked *b)
{
	blocked_note(b, FlushFileBuffers(b->h));
}

static void connect_call(struct blocked *b)
{
	blocked_note(b, ConnectNamedPipe(b->h, NULL));
}

static void wait_pipe_call(struct blocked *b)
{
	blocked_note(b, WaitNamedPipeA(b->name, b->timeout));
}

static void transact_call(struct blocked *b)
{
	blocked_note(b, TransactNamedPipe(b->h, (void *)(uintptr_t)b->out, b->out_len,
					  b->buf, b->len, &b->n, NULL));
}

static void call_call(struct blocked *b)
{
	blocked_note(b, CallNamedPipeA(b->name, (void *)(uintptr_t)b->out, b->out_len,
				       b->buf, b->len, &b->n, b->timeout));
}

void blocked_read(struct blocked *b, HANDLE h, void *buf, DWORD len)
{
	b->h = h;
	b->buf = buf;
	b->len = len;
	blocked_start(b, read_call);
}

void blocked_write(struct blocked *b, HANDLE h, const void *buf, DWORD len)
{
	b->h = h;
	b->out = buf;
	b->out_len = len;
	blocked_start(b, write_call);
}

void blocked_flush(struct blocked *b, HANDLE h)
{
	b->h = h;
	blocked_start(b, flush_call);
}

void blocked_connect(struct blocked *b, HANDLE s)
{
	b->h = s;
	blocked_start(b, connect_call);
}

void blocked_wait_pipe(struct blocked *b, const char *name, DWORD timeout)
{
	b->name = name;
	b->timeout = timeout;
	blocked_start(b, wait_pipe_call);
}

void blocked_transact(struct blocked *b, HANDLE h, const void *out, DWORD out_len,
		      void *in, DWORD in_len)
{
	b->h = h;
	b->out = out;
	b->out_len = out_len;
	b->buf = in;
	b->len = in_len;
	blocked_start(b, transact_call);
}

void blocked_call(struct blocked *b, const char *name, const void *out, DWORD out_len,
		  void *in, DWORD in_len, DWORD timeout)
{
	b->name = name;
	b->out = out;
	b->out_len = out_len;
	b->buf = in;
	b->len = in_len;
	b->timeout = timeout;
	blocked_start(b, call_call);
}

void blocked_expect(const char *file, int line, struct blocked *b)
{
	if (WaitForSingleObject(b->thread, CONF_WATCH_MS) != WAIT_TIMEOUT)
		conf_fail(file, line, "the call blocks", "%s",
			  outcome_text(b->returned, b->error, b->n));
}

void blocked_expect_returns(const char *file, int line, struct blocked *b, DWORD error,
			    DWORD n)
{
	if (WaitForSingleObject(b->thread, CONF_SOON_MS) != WAIT_OBJECT_0)
		conf_fail(file, line, "the call returns", "blocked after %u ms",
			  CONF_SOON_MS);
	outcome_check(file, line, b->returned, b->error, b->n, error, n);
	CloseHandle(b->thread);
	CloseHandle(b->started);
}
