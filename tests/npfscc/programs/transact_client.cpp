/* SPDX-License-Identifier: MIT */
/*
 * A client that asks with one call, as the documentation of Windows shows it:
 * TransactNamedPipe on an end that reads messages, and what did not fit with ReadFile.
 */
#include <windows.h>
#include <stdio.h>
#include <conio.h>
#include <tchar.h>

#define SMALL 16

int _tmain(int argc, TCHAR *argv[])
{
	LPCTSTR pszPipe = TEXT("\\\\.\\pipe\\docsample");
	LPTSTR pszMessage = (LPTSTR)TEXT("a message by default");
	TCHAR szPart[SMALL + 1];
	HANDLE hPipe;
	BOOL fOk;
	DWORD cbRead, dwMode;

	if (argc > 1)
		pszPipe = argv[1];
	if (argc > 2)
		pszMessage = argv[2];
	for (;;) {
		hPipe = CreateFile(pszPipe, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				   OPEN_EXISTING, 0, NULL);
		if (hPipe != INVALID_HANDLE_VALUE)
			break;
		if (GetLastError() != ERROR_PIPE_BUSY) {
			printf("no pipe\n");
			return 0;
		}
		if (!WaitNamedPipe(pszPipe, 20000)) {
			printf("no pipe\n");
			return 0;
		}
	}
	dwMode = PIPE_READMODE_MESSAGE;
	fOk = SetNamedPipeHandleState(hPipe, &dwMode, NULL, NULL);
	if (!fOk) {
		printf("SetNamedPipeHandleState failed: %lu\n", GetLastError());
		return 0;
	}
	fOk = TransactNamedPipe(hPipe, pszMessage, (lstrlen(pszMessage) + 1) * sizeof(TCHAR),
				     szPart, SMALL * sizeof(TCHAR), &cbRead, NULL);
	if (!fOk && (GetLastError() != ERROR_MORE_DATA)) {
		printf("TransactNamedPipe failed: %lu\n", GetLastError());
		return 0;
	}
	while (1) {
		szPart[cbRead / sizeof(TCHAR)] = 0;
		_tprintf(TEXT("%s"), szPart);
		/* TRUE: the message was read to its end. */
		if (fOk)
			break;
		fOk = ReadFile(hPipe, szPart, SMALL * sizeof(TCHAR), &cbRead, NULL);
		if (!fOk && (GetLastError() != ERROR_MORE_DATA))
			break;
	}
	_tprintf(TEXT("\n"));
	CloseHandle(hPipe);
	return 0;
}
