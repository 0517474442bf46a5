/* SPDX-License-Identifier: MIT */
/*
 * Watching the names with ReadDirectoryChangesW (npfs-semantics 7.9, 7.10). Other programs'
 * pipes come and go meanwhile, so a case looks for its own.
 */
#include "conformance/late.h"
#include "conformance/pipes.h"

typedef BOOL(WINAPI *read_changes_fn)(HANDLE, void *, DWORD, BOOL, DWORD, DWORD *,
				      OVERLAPPED *, LPOVERLAPPED_COMPLETION_ROUTINE);

#define NAMES FILE_NOTIFY_CHANGE_FILE_NAME
#define SIZES FILE_NOTIFY_CHANGE_SIZE

static read_changes_fn read_changes(void)
{
	return (read_changes_fn)late_need("kernel32.dll", "ReadDirectoryChangesW");
}

static HANDLE root_open(DWORD access, DWORD flags)
{
	HANDLE h;

	EXPECT_HANDLE(h, CreateFileA("\\\\.\\pipe\\", access, FILE_SHARE_READ | FILE_SHARE_WRITE,
				     NULL, OPEN_EXISTING,
				     FILE_FLAG_BACKUP_SEMANTICS | flags, NULL));
	return h;
}

struct watch {
	HANDLE h;
	DWORD filter;
	struct request r;
	union {
		unsigned char bytes[4096];
		uint32_t align;
	} buf;
};

static void watch_start(struct watch *w)
{
	request_init(&w->r);
	w->r.h = w->h;
	memset(&w->buf, 0, sizeof(w->buf));
	EXPECT_TRUE(read_changes()(w->h, &w->buf, sizeof(w->buf), FALSE, w->filter, NULL,
				   &w->r.ov, NULL));
}

static void watch_open(struct watch *w, DWORD filter)
{
	w->h = root_open(FILE_LIST_DIRECTORY, FILE_FLAG_OVERLAPPED);
	w->filter = filter;
	watch_start(w);
}

/* Is this among the changes that have come? */
static bool has_change(const struct watch *w, DWORD n, DWORD action, const char *tail)
{
	size_t at = 0;

	while (n >= 12) {
		const unsigned char *p = w->buf.bytes + at;
		uint32_t head[3];

		memcpy(head, p, sizeof(head));
		if (head[1] == action && head[2] == strlen(tail) * 2 &&
		    memcmp(p + 12, case_wide(tail), head[2]) == 0)
			return true;
		if (!head[0])
			return false;
		at += head[0];
	}
	return false;
}

/* Waits until this change is told; asks again after those of others. */
static void expect_change(struct watch *w, DWORD action, const char *tail)
{
	for (int i = 0; i < 1000; i++) {
		DWORD n = 0;

		EXPECT_SIGNALED(w->r.ov.hEvent);
		EXPECT_TRUE(GetOverlappedResult(w->h, &w->r.ov, &n, FALSE));
		if (has_change(w, n, action, tail))
			return;
		watch_start(w);
	}
	conf_fail(__FILE__, __LINE__, "the change", "a thousand others");
}

static void new_and_gone_names_are_told(void)
{
	const char *name = case_pipe_name();
	struct watch w;
	HANDLE s;

	watch_open(&w, NAMES);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	expect_change(&w, FILE_ACTION_ADDED, case_name_tail(name));
	CloseHandle(s);
	watch_start(&w);
	expect_change(&w, FILE_ACTION_REMOVED, case_name_tail(name));
}

static void further_instances_are_changes_of_size(void)
{
	const char *name = case_pipe_name();
	struct watch w;
	HANDLE a, b;

	EXPECT_HANDLE(a, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	watch_open(&w, SIZES);
	EXPECT_HANDLE(b, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	expect_change(&w, FILE_ACTION_MODIFIED, case_name_tail(name));
	CloseHandle(b);
	watch_start(&w);
	expect_change(&w, FILE_ACTION_MODIFIED, case_name_tail(name));
	CloseHandle(a);
}

static void changes_between_calls_are_kept(void)
{
	const char *name = case_pipe_name();
	const char *other = case_join(name, "-other");
	struct watch w;
	HANDLE s, t;

	watch_open(&w, NAMES);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	expect_change(&w, FILE_ACTION_ADDED, case_name_tail(name));
	EXPECT_HANDLE(t, server_new(other, PIPE_ACCESS_DUPLEX, 0, 1));
	CloseHandle(t);
	watch_start(&w);
	expect_change(&w, FILE_ACTION_ADDED, case_name_tail(other));
	if (!has_change(&w, (DWORD)w.r.ov.InternalHigh, FILE_ACTION_REMOVED,
			case_name_tail(other))) {
		watch_start(&w);
		expect_change(&w, FILE_ACTION_REMOVED, case_name_tail(other));
	}
	CloseHandle(s);
}

static void cancel_ends_a_watch(void)
{
	struct watch w;
	DWORD n;

	watch_open(&w, FILE_NOTIFY_CHANGE_SECURITY); /* which never happens here */
	EXPECT_NOT_SIGNALED(w.r.ov.hEvent);
	EXPECT_TRUE(CancelIo(w.h));
	EXPECT_SIGNALED(w.r.ov.hEvent);
	EXPECT_FAILS(GetOverlappedResult(w.h, &w.r.ov, &n, FALSE), ERROR_OPERATION_ABORTED);
}

static void close_ends_a_watch(void)
{
	struct watch w;

	watch_open(&w, FILE_NOTIFY_CHANGE_SECURITY);
	CloseHandle(w.h);
	EXPECT_SIGNALED(w.r.ov.hEvent);
	EXPECT_STATUS(w.r.ov.Internal, 0x0000010B);
}

static void watch_asks_for_a_right_and_a_filter(void)
{
	HANDLE h = root_open(FILE_READ_ATTRIBUTES, 0);
	uint32_t buf[64];
	DWORD n;

	EXPECT_FAILS(read_changes()(h, buf, sizeof(buf), FALSE, NAMES, &n, NULL, NULL),
		     ERROR_ACCESS_DENIED);
	h = root_open(FILE_LIST_DIRECTORY, 0);
	EXPECT_FAILS(read_changes()(h, buf, sizeof(buf), FALSE, 0, &n, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
}

static void watch_on_an_end_is_1(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	uint32_t buf[64];
	DWORD n;

	EXPECT_FAILS(read_changes()(p.s, buf, sizeof(buf), FALSE, NAMES, &n, NULL, NULL),
		     ERROR_INVALID_FUNCTION);
}

struct blocked_watch {
	HANDLE h, started;
	uint32_t buf[1024];
	DWORD n;
	BOOL returned;
};

static DWORD WINAPI blocked_watch_main(void *arg)
{
	struct blocked_watch *b = arg;

	SetEvent(b->started);
	b->returned = read_changes()(b->h, b->buf, sizeof(b->buf), FALSE, NAMES, &b->n, NULL,
				     NULL);
	return 0;
}

static void synchronous_watch_blocks_until_something_comes(void)
{
	struct blocked_watch b = {.h = root_open(FILE_LIST_DIRECTORY, 0)};
	HANDLE thread, s;
	DWORD id;

	read_changes();
	b.started = case_event_new(FALSE);
	EXPECT_HANDLE(thread, CreateThread(NULL, 0, blocked_watch_main, &b, 0, &id));
	EXPECT_SIGNALED(b.started);
	/* The watch begins at some moment after that: until it does, names come and go. */
	for (int i = 0; i < 1000 && WaitForSingleObject(thread, 10) == WAIT_TIMEOUT; i++) {
		EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1));
		CloseHandle(s);
	}
	EXPECT_SIGNALED(thread);
	EXPECT_THAT(b.returned);
	EXPECT_THAT(b.n >= 12);
}

const struct conf_case dir_notify_cases[] = {
	CASE("7.10", new_and_gone_names_are_told, "R", "7.10",
	     "a watch of the root tells new names and names that go"),
	CASE("7.10", further_instances_are_changes_of_size, "R", "7.10",
	     "another number of instances is a change of size"),
	CASE("7.10", changes_between_calls_are_kept, "D", "7.10",
	     "what happens between two calls on one handle is told by the second"),
	CASE("7.10", cancel_ends_a_watch, "D", "5.7", "CancelIo ends a watch with 995"),
	CASE("7.10", close_ends_a_watch, "D", "5.11",
	     "closing the handle ends a watch with NOTIFY_CLEANUP"),
	CASE("7.10", watch_asks_for_a_right_and_a_filter, "D", "7.10",
	     "without FILE_LIST_DIRECTORY 5, without a filter 87"),
	CASE("7.9", watch_on_an_end_is_1, "R", "7.9", "a watch of a pipe end fails with 1"),
	CASE("7.10", synchronous_watch_blocks_until_something_comes, "D", "7.10",
	     "on a synchronous handle the call returns when something has changed"),
	CASE_END};
