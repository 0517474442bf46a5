/* SPDX-License-Identifier: MIT */
/*
 * The carrier this project is about: a named pipe of message type, opened, read and
 * written by Win32 calls only. The passive side is the server. Both handles are
 * synchronous, both read in message mode, and the quotas are those of a usual server.
 *
 * Two carriers are made of it: with the library's own choice of spinning, and with
 * NPFS_SPIN=0 in both processes. Handles may not be carried through a fork, so the
 * workers are programs of their own.
 */
#include <windows.h>

#include "bench/carrier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHIM_QUOTA     65536
#define SHIM_PREFIX    "\\\\.\\pipe\\"
#define SHIM_NAME_SIZE 256

struct shim_end {
	HANDLE pipe; /* owned */
	enum np_side side;
};

/* Say what went wrong in Windows' words; the caller only learns that something did. */
static int shim_error(const char *call)
{
	fprintf(stderr, "npfs-bench: shim: %s: error %lu\n", call,
		(unsigned long)GetLastError());
	return -EIO;
}

static HANDLE shim_create(const char *name)
{
	return CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX,
				PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1,
				SHIM_QUOTA, SHIM_QUOTA, 0, NULL);
}

static HANDLE shim_open(const char *name)
{
	return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
			   NULL);
}

static int shim_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
	char path[SHIM_NAME_SIZE];
	struct shim_end *end;

	(void)shared;
	if (snprintf(path, sizeof(path), SHIM_PREFIX "%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	end = calloc(1, sizeof(*end));
	if (!end)
		return -ENOMEM;
	end->side = side;
	end->pipe = side == NP_SIDE_PASSIVE ? shim_create(path) : shim_open(path);
	if (end->pipe == INVALID_HANDLE_VALUE) {
		free(end);
		return shim_error(side == NP_SIDE_PASSIVE ? "CreateNamedPipe"
							  : "CreateFile");
	}
	if (side == NP_SIDE_ACTIVE &&
	    !SetNamedPipeHandleState(end->pipe, &mode, NULL, NULL)) {
		int r = shim_error("SetNamedPipeHandleState");

		CloseHandle(end->pipe);
		free(end);
		return r;
	}
	*endp = end;
	return 0;
}

static int shim_join(void *shared)
{
	const struct shim_end *end = shared;

	if (end->side == NP_SIDE_ACTIVE || ConnectNamedPipe(end->pipe, NULL) ||
	    GetLastError() == ERROR_PIPE_CONNECTED)
		return 0;
	return shim_error("ConnectNamedPipe");
}

static int shim_send(void *shared, const void *data, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	if (!WriteFile(end->pipe, data, (DWORD)len, &n, NULL))
		return shim_error("WriteFile");
	return n == len ? 0 : -EMSGSIZE;
}

static int shim_recv(void *shared, void *data, size_t len)
{
	const struct shim_end *end = shared;
	DWORD n;

	if (!ReadFile(end->pipe, data, (DWORD)len, &n, NULL))
		return shim_error("ReadFile");
	return n == len ? 0 : -EMSGSIZE;
}

static void shim_detach(void *shared)
{
	struct shim_end *end = shared;

	CloseHandle(end->pipe);
	free(end);
}

const struct np_carrier np_carrier_shim = {
	.name = "shim",
	.text = "message pipe through the Win32 calls, two programs",
	.spins = true,
	.execs = true,
	.attach = shim_attach,
	.join = shim_join,
	.send = shim_send,
	.recv = shim_recv,
	.detach = shim_detach,
};

const struct np_carrier np_carrier_shim_nospin = {
	.name = "shim-nospin",
	.text = "the same with NPFS_SPIN=0",
	.execs = true,
	.spin_env = "0",
	.attach = shim_attach,
	.join = shim_join,
	.send = shim_send,
	.recv = shim_recv,
	.detach = shim_detach,
};
