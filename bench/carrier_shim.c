/* SPDX-License-Identifier: MIT */
/*
 * The carrier this project is about: a named pipe, opened, read and written by Win32 calls
 * only. The passive side is the server, and the quotas are those of a usual one. Carriers
 * made of it:
 *
 *	shim		message type and mode, synchronous handles
 *	shim-byte	byte type, synchronous handles
 *	shim-event	messages; both handles overlapped, each call with an event and its
 *			result awaited
 *	shim-port	the same with a completion port for each side
 *	shim-nospin	as shim, with NPFS_SPIN=0 in both processes
 *	shim-transact	as shim, but a round trip is one TransactNamedPipe
 *
 * Handles may not be carried through a fork, so the workers are programs of their own.
 */
#include <windows.h>

#include "bench/carrier.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SHIM_QUOTA     65536
#define SHIM_PREFIX    "\\\\.\\pipe\\"
#define SHIM_NAME_SIZE 256

enum shim_style {
	SHIM_SYNC,
	SHIM_BYTE,
	SHIM_EVENT,
	SHIM_PORT,
};

struct shim_end {
	HANDLE pipe; /* owned */
	HANDLE done; /* owned: the event or the port; NULL when synchronous */
	enum np_side side;
	enum shim_style style;
	OVERLAPPED overlapped;
};

/* Say what went wrong in Windows' words; the caller only learns that something did. */
static int shim_error(const char *call)
{
	fprintf(stderr, "npfs-bench: shim: %s: error %lu\n", call,
		(unsigned long)GetLastError());
	return -EIO;
}

static bool shim_is_overlapped(enum shim_style style)
{
	return style == SHIM_EVENT || style == SHIM_PORT;
}

static HANDLE shim_create(const char *name, enum shim_style style)
{
	DWORD type = style == SHIM_BYTE ? PIPE_TYPE_BYTE :
					  PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;

	return CreateNamedPipeA(name,
				PIPE_ACCESS_DUPLEX |
					(shim_is_overlapped(style) ? FILE_FLAG_OVERLAPPED : 0),
				type | PIPE_WAIT, 1, SHIM_QUOTA, SHIM_QUOTA, 0, NULL);
}

static HANDLE shim_open(const char *name, enum shim_style style)
{
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
	HANDLE h = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			       shim_is_overlapped(style) ? FILE_FLAG_OVERLAPPED : 0, NULL);

	if (h == INVALID_HANDLE_VALUE || style == SHIM_BYTE ||
	    SetNamedPipeHandleState(h, &mode, NULL, NULL))
		return h;
	CloseHandle(h);
	return INVALID_HANDLE_VALUE;
}

static void shim_detach(void *shared)
{
	struct shim_end *end = shared;

	if (end->pipe != INVALID_HANDLE_VALUE)
		CloseHandle(end->pipe);
	if (end->done)
		CloseHandle(end->done);
	free(end);
}

static int shim_attach_style(const char *name, enum np_side side, enum shim_style style,
			     void **endp)
{
	char path[SHIM_NAME_SIZE];
	struct shim_end *end;

	if (snprintf(path, sizeof(path), SHIM_PREFIX "%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	end = calloc(1, sizeof(*end));
	if (!end)
		return -ENOMEM;
	end->side = side;
	end->style = style;
	end->pipe = side == NP_SIDE_PASSIVE ? shim_create(path, style) :
					      shim_open(path, style);
	if (end->pipe == INVALID_HANDLE_VALUE) {
		shim_detach(end);
		return shim_error(side == NP_SIDE_PASSIVE ? "CreateNamedPipe"
							  : "CreateFile");
	}
	if (style == SHIM_EVENT)
		end->done = CreateEventA(NULL, TRUE, FALSE, NULL);
	if (style == SHIM_PORT)
		end->done = CreateIoCompletionPort(end->pipe, NULL, 0, 1);
	if (shim_is_overlapped(style) && !end->done) {
		shim_detach(end);
		return shim_error("CreateEvent or CreateIoCompletionPort");
	}
	*endp = end;
	return 0;
}

static int shim_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	(void)shared;
	return shim_attach_style(name, side, SHIM_SYNC, endp);
}

static int shim_attach_byte(void *shared, const char *name, enum np_side side, void **endp)
{
	(void)shared;
	return shim_attach_style(name, side, SHIM_BYTE, endp);
}

static int shim_attach_event(void *shared, const char *name, enum np_side side,
			     void **endp)
{
	(void)shared;
	return shim_attach_style(name, side, SHIM_EVENT, endp);
}

static int shim_attach_port(void *shared, const char *name, enum np_side side, void **endp)
{
	(void)shared;
	return shim_attach_style(name, side, SHIM_PORT, endp);
}

/* The count of a request that was just issued with the end's OVERLAPPED. */
static int shim_result(struct shim_end *end, BOOL ok, DWORD *np, const char *call)
{
	OVERLAPPED *overlapped = &end->overlapped;
	ULONG_PTR key;

	if (!ok && GetLastError() != ERROR_IO_PENDING)
		return shim_error(call);
	if (end->style == SHIM_EVENT)
		ok = GetOverlappedResult(end->pipe, overlapped, np, TRUE);
	else
		ok = GetQueuedCompletionStatus(end->done, np, &key, &overlapped, INFINITE);
	return ok ? 0 : shim_error(call);
}

static OVERLAPPED *shim_overlapped(struct shim_end *end)
{
	if (!shim_is_overlapped(end->style))
		return NULL;
	end->overlapped.hEvent = end->style == SHIM_EVENT ? end->done : NULL;
	return &end->overlapped;
}

static int shim_join(void *shared)
{
	struct shim_end *end = shared;
	OVERLAPPED *overlapped = shim_overlapped(end);
	DWORD n;

	if (end->side == NP_SIDE_ACTIVE || ConnectNamedPipe(end->pipe, overlapped) ||
	    GetLastError() == ERROR_PIPE_CONNECTED)
		return 0;
	return overlapped ? shim_result(end, FALSE, &n, "ConnectNamedPipe") :
			    shim_error("ConnectNamedPipe");
}

static int shim_send(void *shared, const void *data, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	if (!WriteFile(end->pipe, data, (DWORD)len, &n, NULL))
		return shim_error("WriteFile");
	return n == len ? 0 : -EMSGSIZE;
}

/* Bytes have no ends: what is there may be less. */
static int shim_recv_bytes(HANDLE pipe, void *data, size_t len)
{
	size_t have = 0;
	DWORD n;

	while (have < len) {
		if (!ReadFile(pipe, (char *)data + have, (DWORD)(len - have), &n, NULL))
			return shim_error("ReadFile");
		have += n;
	}
	return 0;
}

static int shim_recv(void *shared, void *data, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	if (end->style == SHIM_BYTE)
		return shim_recv_bytes(end->pipe, data, len);
	if (!ReadFile(end->pipe, data, (DWORD)len, &n, NULL))
		return shim_error("ReadFile");
	return n == len ? 0 : -EMSGSIZE;
}

static int shim_send_overlapped(void *shared, const void *data, size_t len)
{
	struct shim_end *end = shared;
	DWORD n;
	BOOL ok = WriteFile(end->pipe, data, (DWORD)len, NULL, shim_overlapped(end));
	int r = shim_result(end, ok, &n, "WriteFile");

	return r < 0 || n == len ? r : -EMSGSIZE;
}

static int shim_recv_overlapped(void *shared, void *data, size_t len)
{
	struct shim_end *end = shared;
	DWORD n;
	BOOL ok = ReadFile(end->pipe, data, (DWORD)len, NULL, shim_overlapped(end));
	int r = shim_result(end, ok, &n, "ReadFile");

	return r < 0 || n == len ? r : -EMSGSIZE;
}

static int shim_trip(void *shared, const void *data, void *answer, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	/* Windows declares the message it sends without const. */
	if (!TransactNamedPipe(end->pipe, (void *)(uintptr_t)data, (DWORD)len, answer,
			       (DWORD)len, &n, NULL))
		return shim_error("TransactNamedPipe");
	return n == len ? 0 : -EMSGSIZE;
}

static int shim_peek(void *shared, void *data, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	if (!PeekNamedPipe(end->pipe, data, (DWORD)len, &n, NULL, NULL))
		return shim_error("PeekNamedPipe");
	return n == len;
}

#define SHIM_CALLS(attach_, send_, recv_)                                                 \
	.execs = true, .attach = (attach_), .join = shim_join, .send = (send_),           \
	.recv = (recv_), .detach = shim_detach
#define SHIM_SYNC_CALLS(attach_) SHIM_CALLS(attach_, shim_send, shim_recv)
#define SHIM_OVERLAPPED_CALLS(attach_)                                                    \
	SHIM_CALLS(attach_, shim_send_overlapped, shim_recv_overlapped)

const struct np_carrier np_carrier_shim = {
	.name = "shim",
	.text = "message pipe through the Win32 calls, two programs",
	.spins = true,
	SHIM_SYNC_CALLS(shim_attach),
	.peek = shim_peek,
};

const struct np_carrier np_carrier_shim_transact = {
	.name = "shim-transact",
	.text = "message pipe, a TransactNamedPipe for each round trip",
	.spins = true,
	SHIM_SYNC_CALLS(shim_attach),
	.trip = shim_trip,
};

const struct np_carrier np_carrier_shim_nospin = {
	.name = "shim-nospin",
	.text = "the same with NPFS_SPIN=0",
	.spin_env = "0",
	SHIM_SYNC_CALLS(shim_attach),
};

const struct np_carrier np_carrier_shim_byte = {
	.name = "shim-byte",
	.text = "byte pipe through the Win32 calls",
	.spins = true,
	SHIM_SYNC_CALLS(shim_attach_byte),
};

const struct np_carrier np_carrier_shim_event = {
	.name = "shim-event",
	.text = "message pipe, overlapped calls with events",
	.spins = true,
	SHIM_OVERLAPPED_CALLS(shim_attach_event),
};

const struct np_carrier np_carrier_shim_port = {
	.name = "shim-port",
	.text = "message pipe, overlapped calls with completion ports",
	.spins = true,
	SHIM_OVERLAPPED_CALLS(shim_attach_port),
};
