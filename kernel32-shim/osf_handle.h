/* SPDX-License-Identifier: MIT */
/*
 * Bridges: the end of a named pipe behind an ordinary descriptor
 *
 * _open_osfhandle() of a pipe gives one side of a socket pair; a thread carries bytes
 * between the other side and the end:
 *
 *	program: read(), write(), close() <-> socket pair <-> bridge <-> end
 *
 * The handle belongs to the descriptor: the bridge closes it when every copy of the
 * descriptor is closed and everything that was written has gone out. At the end of the
 * process the bytes under way are waited for, a while. When the peer is gone, read() comes to
 * the end of the file after the last byte, and write() fails with EPIPE.
 *
 * What differs from Windows: bytes are read ahead, so the handle and the descriptor must not
 * both be read from; write() comes back before the peer has the bytes; messages have no
 * borders on the descriptor; what arrives is noticed within some milliseconds, because a
 * synchronous end serves one call at a time, and a read that waits would keep writes out.
 */
#pragma once

#include <windows.h>

/**
 * osf_bridge_open() - a descriptor for the pipe behind a handle
 * @h: taken over on success
 *
 * Return: the descriptor, close-on-exec; -1 with errno: EBADF, EMFILE, ENOMEM.
 */
int osf_bridge_open(HANDLE h);

/* The handle behind a descriptor of a bridge; NULL: it is none. */
HANDLE osf_bridge_handle(int fd);
