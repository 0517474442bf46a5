/* SPDX-License-Identifier: MIT */
/*
 * An instance of a server: one call after the other (model: soak.h)
 *
 *	connect -> read -> (write ... ->) read -> ... -> disconnect -> connect
 *
 * soak_instance_try() makes the call that is due, soak_instance_settle() takes its result and
 * says which is due next. Who blocks, or does not wait, calls them in turn; who has
 * overlapped calls uses soak_instance_start(), and settles when the end is reported.
 */
#include "tests/soak/soak.h"

#include <stdio.h>
#include <string.h>

void soak_pipe_name(unsigned pipe, char name[40])
{
	snprintf(name, 40, "\\\\.\\pipe\\soak-%02u", pipe);
}

/* soak_instance_open() - a new handle, and the instance listens from its next call on */
void soak_instance_open(struct soak_instance *instance)
{
	unsigned pipe = instance->pipe;
	DWORD open_mode = PIPE_ACCESS_DUPLEX, pipe_mode = PIPE_TYPE_BYTE;
	char name[40];

	if (instance->is_overlapped)
		open_mode |= FILE_FLAG_OVERLAPPED;
	if (soak_is_message(pipe))
		pipe_mode = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;
	if (soak_kind_of(soak_server_of(pipe)) == SOAK_NOWAIT)
		pipe_mode |= PIPE_NOWAIT;
	soak_pipe_name(pipe, name);
	instance->h = CreateNamedPipeA(name, open_mode, pipe_mode, PIPE_UNLIMITED_INSTANCES,
				       soak_quota_of(pipe), soak_quota_of(pipe), 0, NULL);
	soak_must(instance->h != INVALID_HANDLE_VALUE, "CreateNamedPipe");
	if (instance->port)
		soak_must(CreateIoCompletionPort(instance->h, instance->port,
						 (ULONG_PTR)instance, 0) != NULL,
			  "CreateIoCompletionPort");
	instance->does = SOAK_CONNECT;
}

/*
 * soak_instance_try() - make the call that is due
 *
 * Return: its error, 0 for success; SOAK_PENDING: an overlapped call is under way, or one that
 * does not wait has nothing to do yet. *np: bytes moved.
 */
DWORD soak_instance_try(struct soak_instance *instance, DWORD *np)
{
	OVERLAPPED *o = instance->is_overlapped ? &instance->o : NULL;
	bool is_nowait = soak_kind_of(soak_server_of(instance->pipe)) == SOAK_NOWAIT;
	DWORD error, n = 0;
	BOOL ok;

	if (o && o->hEvent)
		ResetEvent(o->hEvent);
	if (instance->does == SOAK_CONNECT)
		ok = ConnectNamedPipe(instance->h, o);
	else if (instance->does == SOAK_READ)
		ok = ReadFile(instance->h, instance->in, sizeof(instance->in),
			      o ? NULL : &n, o);
	else
		ok = WriteFile(instance->h, instance->out + instance->out_at,
			       instance->out_len - instance->out_at, o ? NULL : &n, o);
	error = ok ? ERROR_SUCCESS : GetLastError();
	*np = n;
	if (!is_nowait)
		return error;
	if (instance->does == SOAK_CONNECT && (!error || error == ERROR_PIPE_LISTENING))
		return SOAK_PENDING;
	if (instance->does == SOAK_READ && error == ERROR_NO_DATA)
		return SOAK_PENDING;
	if (instance->does == SOAK_WRITE && !error && n == 0)
		return SOAK_PENDING;
	return error;
}

/* The client is gone, or must go. */
static void listen_again(struct soak_instance *instance)
{
	soak_must(DisconnectNamedPipe(instance->h), "DisconnectNamedPipe");
	soak_session_end(&instance->session);
	instance->does = SOAK_CONNECT;
}

/* The client reads what it was answered, and that the server has closed. The pipe stays. */
static void leave(struct soak_instance *instance)
{
	HANDLE old = instance->h;

	soak_instance_open(instance);
	CloseHandle(old);
	soak_session_end(&instance->session);
	atomic_fetch_add(&soak_board->n_leaves, 1);
}

static void go_on(struct soak_instance *instance)
{
	instance->out_at = 0;
	instance->out_len = soak_session_answer(&instance->session, instance->out);
	if (instance->out_len) {
		instance->does = SOAK_WRITE;
	} else if (instance->session.then == SOAK_DISCONNECT) {
		listen_again(instance);
		atomic_fetch_add(&soak_board->n_disconnects, 1);
	} else if (instance->session.then == SOAK_LEAVE) {
		leave(instance);
	} else {
		instance->does = SOAK_READ;
	}
}

static void connected(struct soak_instance *instance, DWORD error)
{
	SetLastError(error);
	soak_must(!error || error == ERROR_PIPE_CONNECTED || error == ERROR_NO_DATA,
		  "ConnectNamedPipe");
	soak_session_begin(&instance->session, soak_server_of(instance->pipe));
	if (error == ERROR_NO_DATA) /* came, perhaps wrote, and went */
		instance->does = SOAK_READ;
	else
		go_on(instance);
}

static void has_read(struct soak_instance *instance, DWORD error, DWORD n)
{
	if (!error || error == ERROR_MORE_DATA) {
		soak_session_put(&instance->session, instance->in, n);
		go_on(instance);
		return;
	}
	SetLastError(error);
	soak_must(error == ERROR_BROKEN_PIPE, "ReadFile of a server");
	soak_session_client_closed(&instance->session);
	listen_again(instance);
}

static void has_written(struct soak_instance *instance, DWORD error, DWORD n)
{
	if (!error) {
		instance->out_at += n;
		if (instance->out_at == instance->out_len)
			go_on(instance);
		return;
	}
	/* a client that was not killed reads what it asked for */
	SetLastError(error);
	soak_must(error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA,
		  "WriteFile of a server");
	listen_again(instance);
}

/* soak_instance_settle() - the call has ended so: which is the next? */
void soak_instance_settle(struct soak_instance *instance, DWORD error, DWORD n)
{
	if (instance->does == SOAK_CONNECT)
		connected(instance, error);
	else if (instance->does == SOAK_READ)
		has_read(instance, error, n);
	else
		has_written(instance, error, n);
}

/* soak_instance_start() - an overlapped call whose end will be reported */
void soak_instance_start(struct soak_instance *instance)
{
	for (;;) {
		DWORD n, error = soak_instance_try(instance, &n);

		if (!error || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA)
			return;
		soak_instance_settle(instance, error, 0);
	}
}
