/* SPDX-License-Identifier: MIT */
/*
 * nulldacl: a server that everybody may open (section 20.2.2 of the book).
 *
 * A pipe made with a NULL SECURITY_ATTRIBUTES pointer gets a default descriptor that grants
 * its creator full access and others only reading. A descriptor whose DACL is present and
 * NULL grants everybody everything. Building one takes two calls; the descriptor then goes
 * to CreateNamedPipe inside a SECURITY_ATTRIBUTES structure.
 *
 * The server serves one client, prints what it got and answers with the same bytes.
 */
#include <windows.h>

#include <stdio.h>

#define PIPE_NAME "\\\\.\\pipe\\nulldacl"

int main(void)
{
	SECURITY_ATTRIBUTES sa;
	SECURITY_DESCRIPTOR sd;
	HANDLE pipe;
	DWORD n_read, n_written;
	char buffer[256];
	int result = 1;

	/* A descriptor with nothing in it. */
	if (!InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION)) {
		printf("InitializeSecurityDescriptor failed with error %u\n", GetLastError());
		return 1;
	}

	/* A DACL that is present and NULL: no list, so no restriction. */
	if (!SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE)) {
		printf("SetSecurityDescriptorDacl failed with error %u\n", GetLastError());
		return 1;
	}

	sa.nLength = sizeof(SECURITY_ATTRIBUTES);
	sa.lpSecurityDescriptor = &sd;
	sa.bInheritHandle = TRUE;

	pipe = CreateNamedPipeA(PIPE_NAME, PIPE_ACCESS_DUPLEX,
				PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 0, 0, 1000, &sa);
	if (pipe == INVALID_HANDLE_VALUE) {
		printf("CreateNamedPipe failed with error %u\n", GetLastError());
		return 1;
	}
	printf("Server is now running\n");

	/* A client that was faster than this call is connected all the same. */
	if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
		printf("ConnectNamedPipe failed with error %u\n", GetLastError());
		goto out_close;
	}
	if (!ReadFile(pipe, buffer, sizeof(buffer), &n_read, NULL)) {
		printf("ReadFile failed with error %u\n", GetLastError());
		goto out_close;
	}
	printf("Received \"%.*s\"\n", (int)n_read, buffer);
	if (!WriteFile(pipe, buffer, n_read, &n_written, NULL)) {
		printf("WriteFile failed with error %u\n", GetLastError());
		goto out_close;
	}
	/* DisconnectNamedPipe throws away what the client has not read yet. */
	if (!FlushFileBuffers(pipe)) {
		printf("FlushFileBuffers failed with error %u\n", GetLastError());
		goto out_close;
	}
	if (!DisconnectNamedPipe(pipe)) {
		printf("DisconnectNamedPipe failed with error %u\n", GetLastError());
		goto out_close;
	}
	result = 0;
out_close:
	CloseHandle(pipe);
	return result;
}
