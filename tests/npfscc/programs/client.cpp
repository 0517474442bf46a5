/* SPDX-License-Identifier: MIT */
/*
 * A client as the documentation of Windows shows it: open, wait and open again while all
 * instances are busy, set the read mode, write a message, read the answer in as many reads
 * as it takes. (A small buffer, so that it takes several.)
 */
#include <windows.h>
#include <stdio.h>
#include <conio.h>
#include <tchar.h>

#define SMALL 16

int _tmain(int argc, TCHAR *argv[])
{
	LPCTSTR pszPipe = TEXT("\\\\.\\pipe\\docsample");
	LPCTSTR pszMessage = TEXT("a message by default");
	TCHAR chBuf[SMALL + 1];
	HANDLE hPipe;
	BOOL fOk = FALSE;
	DWORD cbRead, cbToWrite, cbWritten, dwMode;

	if (argc > 1)
		pszPipe = argv[1];
	if (argc > 2)
		pszMessage = argv[2];
	while (1) {
		hPipe = CreateFile(pszPipe, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				   OPEN_EXISTING, 0, NULL);
		if (hPipe != INVALID_HANDLE_VALUE)
			break;
		if (GetLastError() != ERROR_PIPE_BUSY) {
			_tprintf(TEXT("CreateFile: %d\n"), GetLastError());
			return -1;
		}
		if (!WaitNamedPipe(pszPipe, 20000)) {
			printf("all instances stayed busy\n");
			return -1;
		}
	}
	dwMode = PIPE_READMODE_MESSAGE;
	fOk = SetNamedPipeHandleState(hPipe, &dwMode, NULL, NULL);
	if (!fOk) {
		_tprintf(TEXT("SetNamedPipeHandleState: %d\n"), GetLastError());
		return -1;
	}
	cbToWrite = (lstrlen(pszMessage) + 1) * sizeof(TCHAR);
	fOk = WriteFile(hPipe, pszMessage, cbToWrite, &cbWritten, NULL);
	if (!fOk) {
		_tprintf(TEXT("WriteFile: %d\n"), GetLastError());
		return -1;
	}
	do {
		fOk = ReadFile(hPipe, chBuf, SMALL * sizeof(TCHAR), &cbRead, NULL);
		if (!fOk && GetLastError() != ERROR_MORE_DATA)
			break;
		chBuf[cbRead / sizeof(TCHAR)] = 0;
		_tprintf(TEXT("%s"), chBuf);
	} while (!fOk);
	if (!fOk) {
		_tprintf(TEXT("ReadFile: %d\n"), GetLastError());
		return -1;
	}
	_tprintf(TEXT("\n"));
	CloseHandle(hPipe);
	return 0;
}
