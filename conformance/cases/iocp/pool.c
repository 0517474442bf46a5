/* SPDX-License-Identifier: MIT */
/*
 * Thread pools on pipe handles: BindIoCompletionCallback and the thread-pool I/O objects
 * (npfs-semantics 5.5).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"

static char got[64];

/* What the last callback saw; done is set after it was written. */
static struct {
	HANDLE done;
	DWORD error;
	ULONG_PTR n;
	void *ov;
	void *context;
	LONG calls;
} seen;

static void seen_store(void *context, void *ov, DWORD error, ULONG_PTR n)
{
	seen.context = context;
	seen.ov = ov;
	seen.error = error;
	seen.n = n;
	InterlockedIncrement(&seen.calls);
	SetEvent(seen.done);
}

static void seen_is(void *context, const OVERLAPPED *ov, DWORD error, ULONG_PTR n)
{
	EXPECT_SIGNALED(seen.done);
	ResetEvent(seen.done);
	EXPECT_THAT(seen.context == context);
	EXPECT_THAT(seen.ov == (const void *)ov);
	EXPECT_EQ(seen.error, error);
	EXPECT_EQ(seen.n, n);
}

static void CALLBACK bound(DWORD error, DWORD n, OVERLAPPED *ov)
{
	seen_store(NULL, ov, error, n);
}

static void CALLBACK pool_io(PTP_CALLBACK_INSTANCE instance, void *context, void *ov,
			     ULONG error, ULONG_PTR n, PTP_IO io)
{
	(void)instance;
	(void)io;
	seen_store(context, ov, error, n);
}

static void bind_refusals(void)
{
	struct pair sync = pair_new(PAIR_B, 4096, 4096);
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);

	EXPECT_FAILS(API(BindIoCompletionCallback)(sync.s, bound, 0),
		     ERROR_INVALID_PARAMETER);
	EXPECT_TRUE(API(BindIoCompletionCallback)(p.s, bound, 0));
	EXPECT_FAILS(API(BindIoCompletionCallback)(p.s, bound, 0),
		     ERROR_INVALID_PARAMETER);
}

static void bind_of_a_null_callback_is_87(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);

	EXPECT_FAILS(API(BindIoCompletionCallback)(p.s, NULL, 0),
		     ERROR_INVALID_PARAMETER);
}

static void bound_callback_gets_its_requests(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;

	seen.done = case_event_new(FALSE);
	EXPECT_TRUE(API(BindIoCompletionCallback)(p.s, bound, 0));
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	WRITE_ALL(p.c, "abc", 3);
	seen_is(NULL, &read.ov, 0, 3);
	EXPECT_MEM(got, "abc", 3);
}

static void pool_io_sees_success_and_cancel(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	PTP_IO io;

	seen.done = case_event_new(FALSE);
	EXPECT_TRUE((io = API(CreateThreadpoolIo)(p.s, pool_io, &p, NULL)) != NULL);
	API(StartThreadpoolIo)(io);
	request_init(&read);
	read.ov.hEvent = NULL;
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	WRITE_ALL(p.c, "abc", 3);
	seen_is(&p, &read.ov, 0, 3);
	API(StartThreadpoolIo)(io);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_TRUE(CancelIoEx(p.s, &read.ov));
	seen_is(&p, &read.ov, ERROR_OPERATION_ABORTED, 0);
	EXPECT_EQ(seen.calls, 2);
	API(WaitForThreadpoolIoCallbacks)(io, FALSE);
	API(CloseThreadpoolIo)(io);
}

static void pool_io_of_an_immediate_success_calls_back(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	PTP_IO io;

	seen.done = case_event_new(FALSE);
	EXPECT_TRUE((io = API(CreateThreadpoolIo)(p.s, pool_io, &p, NULL)) != NULL);
	WRITE_ALL(p.c, "abc", 3);
	API(StartThreadpoolIo)(io);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_AT_ONCE(&read, 0, 3);
	seen_is(&p, &read.ov, 0, 3);
	API(WaitForThreadpoolIoCallbacks)(io, FALSE);
	API(CloseThreadpoolIo)(io);
}

static void pool_io_of_an_immediate_failure_does_not(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	PTP_IO io;

	seen.done = case_event_new(FALSE);
	EXPECT_TRUE((io = API(CreateThreadpoolIo)(p.s, pool_io, &p, NULL)) != NULL);
	CloseHandle(p.c);
	API(StartThreadpoolIo)(io);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_ERROR(read.error, ERROR_BROKEN_PIPE);
	API(CancelThreadpoolIo)(io);
	API(WaitForThreadpoolIoCallbacks)(io, FALSE);
	EXPECT_EQ(seen.calls, 0);
	API(CloseThreadpoolIo)(io);
}

/* ---- the native faces, whose callbacks see statuses ---- */

struct native_pool_iosb {
	uintptr_t status;
	uintptr_t information;
};

typedef void(CALLBACK *native_pool_callback)(void *instance, void *context, void *ov,
					     struct native_pool_iosb *iosb, void *io);

typedef LONG(WINAPI *native_pool_alloc)(void **io, HANDLE h, native_pool_callback callback,
					void *context, void *environment);
typedef void(WINAPI *native_pool_call)(void *io);
typedef void(WINAPI *native_pool_wait)(void *io, BOOL cancel);

static void CALLBACK native_pool_io(void *instance, void *context, void *ov,
				    struct native_pool_iosb *iosb, void *io)
{
	(void)instance;
	(void)io;
	seen_store(context, ov, (DWORD)iosb->status, iosb->information);
}

static void native_pool_io_sees_a_status(void)
{
	native_pool_alloc alloc =
		(native_pool_alloc)late_need("ntdll.dll", "TpAllocIoCompletion");
	native_pool_call start =
		(native_pool_call)late_need("ntdll.dll", "TpStartAsyncIoOperation");
	native_pool_wait wait =
		(native_pool_wait)late_need("ntdll.dll", "TpWaitForIoCompletion");
	native_pool_call release =
		(native_pool_call)late_need("ntdll.dll", "TpReleaseIoCompletion");
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	void *io = NULL;

	seen.done = case_event_new(FALSE);
	EXPECT_STATUS(alloc(&io, p.s, native_pool_io, &p, NULL), 0);
	start(io);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_TRUE(CancelIoEx(p.s, &read.ov));
	seen_is(&p, &read.ov, 0xC0000120, 0);
	wait(io, FALSE);
	release(io);
}

const struct conf_case iocp_pool_cases[] = {
	CASE("233", pool_io_sees_success_and_cancel, "T", "5.5",
	     "CreateThreadpoolIo: the callback gets 0 and the count; after a cancel 995"),
	CASE("233", pool_io_of_an_immediate_success_calls_back, "T", "5.5",
	     "a read that succeeds at once still calls back"),
	CASE("233", pool_io_of_an_immediate_failure_does_not, "T", "5.5",
	     "a read that fails at once does not call back; CancelThreadpoolIo makes it good"),
	CASE("233", native_pool_io_sees_a_status, "T", "5.5",
	     "TpAllocIoCompletion: the callback gets STATUS_CANCELLED"),
	CASE("234", bind_refusals, "T", "5.5",
	     "BindIoCompletionCallback: synchronous handle, second call: 87"),
	CASE("234", bind_of_a_null_callback_is_87, "T", "5.5",
	     "BindIoCompletionCallback with a NULL callback: 87"),
	CASE("234", bound_callback_gets_its_requests, "T", "5.5",
	     "the bound callback gets error, count and OVERLAPPED of a completed read"),
	CASE_END
};
