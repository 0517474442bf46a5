/* SPDX-License-Identifier: MIT */
/*
 * Vocabulary of the cases: connected pairs, overlapped requests, calls that block.
 *
 * The notation of the list of cases maps to flags: "M/M q5000 ov" is pair_new(PAIR_MM |
 * PAIR_OV, 5000, 5000). Everything here fails the case on its own when a step that is
 * only preparation goes wrong.
 */
#pragma once

#include "conformance/harness.h"

enum {
	PAIR_B = 0, /* byte type */
	PAIR_MESSAGE_TYPE = 0x1,
	PAIR_S_MESSAGE_READ = 0x2,
	PAIR_C_MESSAGE_READ = 0x4,
	PAIR_MB = PAIR_MESSAGE_TYPE, /* message type, byte reads on both ends */
	PAIR_MM = PAIR_MESSAGE_TYPE | PAIR_S_MESSAGE_READ | PAIR_C_MESSAGE_READ,
	PAIR_S_NOWAIT = 0x8,
	PAIR_C_NOWAIT = 0x10,
	PAIR_NOWAIT = PAIR_S_NOWAIT | PAIR_C_NOWAIT,
	PAIR_S_OV = 0x20,
	PAIR_C_OV = 0x40,
	PAIR_OV = PAIR_S_OV | PAIR_C_OV,
	PAIR_INBOUND = 0x80,   /* client writes, server reads */
	PAIR_OUTBOUND = 0x100, /* server writes, client reads */
};

#define CLIENT_BOTH (GENERIC_READ | GENERIC_WRITE)

struct pair {
	const char *name;
	HANDLE s, c;
};

/*
 * A server instance; all refusals come back as from CreateNamedPipeA. server_new is the
 * short form: 4096-byte quotas, default timeout, no security attributes.
 */
HANDLE server_new(const char *name, DWORD open_mode, DWORD pipe_mode,
		  DWORD max_instances);
HANDLE server_new_full(const char *name, DWORD open_mode, DWORD pipe_mode,
		       DWORD max_instances, DWORD out_quota, DWORD in_quota,
		       DWORD timeout);

/* A client end, as from CreateFileA with OPEN_EXISTING and share mode 0. */
HANDLE client_open(const char *name, DWORD access, DWORD flags);

/* The modes of the flags set on the ends that have them (client modes, NOWAIT). */
struct pair pair_new(unsigned flags, DWORD out_quota, DWORD in_quota);
/* The same for a server handle made by somebody else. */
HANDLE pair_client(const char *name, unsigned flags);
void pair_close(struct pair *p);

/* FILE_READ/WRITE through the handle; a failure or a short count fails the case. */
#define WRITE_ALL(h, data, len) pipes_write_all(__FILE__, __LINE__, (h), (data), (len))
void pipes_write_all(const char *file, int line, HANDLE h, const void *data, DWORD len);

/* ReadFile (synchronous, or overlapped and waited for) gives exactly this. */
#define EXPECT_READS(h, cap, wanted, len)                                                \
	pipes_expect_read(__FILE__, __LINE__, (h), (cap), 0, (wanted), (len))
/* … FALSE with this error after these bytes (ERROR_MORE_DATA), or none. */
#define EXPECT_READ_FAILS(h, cap, error, wanted, len)                                    \
	pipes_expect_read(__FILE__, __LINE__, (h), (cap), (error), (wanted), (len))
void pipes_expect_read(const char *file, int line, HANDLE h, DWORD cap, DWORD error,
		       const void *wanted, DWORD len);
#define EXPECT_WRITE_FAILS(h, len, error)                                                \
	pipes_expect_write_fails(__FILE__, __LINE__, (h), (len), (error))
void pipes_expect_write_fails(const char *file, int line, HANDLE h, DWORD len,
			      DWORD error);

/* PeekNamedPipe without a buffer: unread bytes. */
#define EXPECT_AVAILABLE(h, n) pipes_expect_available(__FILE__, __LINE__, (h), (n))
void pipes_expect_available(const char *file, int line, HANDLE h, DWORD n);
/* ... looked at until it is so, where nothing tells that another process's end was seen. */
#define EXPECT_SOON_AVAILABLE(h, n)                                                      \
	pipes_expect_soon_available(__FILE__, __LINE__, (h), (n))
void pipes_expect_soon_available(const char *file, int line, HANDLE h, DWORD n);

/* Bytes that differ from their neighbours, for payloads. */
void pattern_fill(void *buf, size_t len, unsigned seed);

/* ---- overlapped requests ---- */

/*
 * One overlapped call with a manual-reset event of its own. What the call returned is
 * kept in returned, error (last error, 0 after TRUE) and n (*lpNumberOfBytes…). The
 * event may be left out by setting ov.hEvent to NULL after request_init.
 */
struct request {
	OVERLAPPED ov;
	HANDLE h;
	HANDLE event; /* owned */
	BOOL returned;
	DWORD error;
	DWORD n;
	bool is_transact; /* some implementations leave Internal alone until it ends */
};

void request_init(struct request *r);
void request_read(struct request *r, HANDLE h, void *buf, DWORD len);
void request_write(struct request *r, HANDLE h, const void *buf, DWORD len);
void request_connect(struct request *r, HANDLE s);
void request_transact(struct request *r, HANDLE h, const void *out, DWORD out_len,
		      void *in, DWORD in_len);

/* The call that was just made answered FALSE 997. */
#define EXPECT_PENDS(r) request_expect_pends(__FILE__, __LINE__, (r))
void request_expect_pends(const char *file, int line, struct request *r);
/* It is pending, and still is after a bounded watch. */
#define EXPECT_STILL_PENDING(r) request_expect_pending(__FILE__, __LINE__, (r))
void request_expect_pending(const char *file, int line, struct request *r);
/*
 * It ends (or has ended at once) with this error (0: success) and this count. Immediate
 * errors count too.
 */
#define EXPECT_DONE(r, error, n)                                                         \
	request_expect_done(__FILE__, __LINE__, (r), (error), (n))
void request_expect_done(const char *file, int line, struct request *r, DWORD error,
			 DWORD n);
/* The call answered at once: TRUE with n bytes, or FALSE with this error. */
#define EXPECT_AT_ONCE(r, error, n)                                                      \
	request_expect_at_once(__FILE__, __LINE__, (r), (error), (n))
void request_expect_at_once(const char *file, int line, struct request *r, DWORD error,
			    DWORD n);

/* ---- calls that block ---- */

/*
 * A call in a thread of its own. The thread sets "started" right before the call;
 * EXPECT_BLOCKED waits for that and then watches for CONF_WATCH_MS that it has not come
 * back, which is the only timed proof in the suite.
 */
struct blocked {
	HANDLE thread, started; /* owned */
	void (*call)(struct blocked *b);
	HANDLE h;
	const char *name;
	void *buf;
	const void *out;
	DWORD len, out_len, timeout;
	BOOL returned;
	DWORD error;
	DWORD n;
};

void blocked_read(struct blocked *b, HANDLE h, void *buf, DWORD len);
void blocked_write(struct blocked *b, HANDLE h, const void *buf, DWORD len);
void blocked_flush(struct blocked *b, HANDLE h);
void blocked_connect(struct blocked *b, HANDLE s);
void blocked_wait_pipe(struct blocked *b, const char *name, DWORD timeout);
void blocked_transact(struct blocked *b, HANDLE h, const void *out, DWORD out_len,
		      void *in, DWORD in_len);
void blocked_call(struct blocked *b, const char *name, const void *out, DWORD out_len,
		  void *in, DWORD in_len, DWORD timeout);
/* Any other call: fn fills returned, error and n. The fields above are free for its use. */
void blocked_start(struct blocked *b, void (*fn)(struct blocked *b));

#define EXPECT_BLOCKED(b) blocked_expect(__FILE__, __LINE__, (b))
void blocked_expect(const char *file, int line, struct blocked *b);
/* It comes back with TRUE (error 0) and n bytes, or FALSE and this error. */
#define EXPECT_RETURNS(b, error, n)                                                      \
	blocked_expect_returns(__FILE__, __LINE__, (b), (error), (n))
void blocked_expect_returns(const char *file, int line, struct blocked *b, DWORD error,
			    DWORD n);

/* ---- signals ---- */

#define EXPECT_SIGNALED(h)                                                               \
	EXPECT_EQ(WaitForSingleObject((h), CONF_SOON_MS), WAIT_OBJECT_0)
#define EXPECT_NOT_SIGNALED(h) EXPECT_EQ(WaitForSingleObject((h), 0), WAIT_TIMEOUT)

/* A manual-reset event; fails the case when there is none. */
HANDLE case_event_new(BOOL is_set);
