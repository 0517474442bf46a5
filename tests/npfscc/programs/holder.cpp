/* SPDX-License-Identifier: MIT */
/*
 * A client that says nothing and stays until its standard input ends, so that the name it
 * has opened stays too: a server that makes its next instance only after the last client
 * has connected leaves moments in which, without such a client, there is no pipe at all.
 */
#include <windows.h>
#include <stdio.h>
#include <tchar.h>

int _tmain(int argc, TCHAR *argv[])
{
	HANDLE hPipe;

	if (argc < 2)
		return 2;
	hPipe = CreateFile(argv[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	if (hPipe == INVALID_HANDLE_VALUE) {
		_tprintf(TEXT("CreateFile: %d\n"), GetLastError());
		return 1;
	}
	printf("held\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	CloseHandle(hPipe);
	return 0;
}
