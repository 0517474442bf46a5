/* SPDX-License-Identifier: MIT */
/*
 * A program that copies its standard input to its standard output through handles, as the
 * documentation of Windows shows it, and says at the end which end of input it met: a pipe
 * that is at its end is an error, a file gives zero bytes.
 */
#include <windows.h>
#include <stdio.h>

#define BUFFER_BYTES 4096

int main(void)
{
	CHAR chBuf[BUFFER_BYTES];
	DWORD dwRead, dwWritten;
	HANDLE hStdin, hStdout;
	BOOL bSuccess;

	hStdout = GetStdHandle(STD_OUTPUT_HANDLE);
	hStdin = GetStdHandle(STD_INPUT_HANDLE);
	if ((hStdout == INVALID_HANDLE_VALUE) || (hStdin == INVALID_HANDLE_VALUE))
		ExitProcess(1);
	for (;;) {
		SetLastError(0);
		bSuccess = ReadFile(hStdin, chBuf, BUFFER_BYTES, &dwRead, NULL);
		if (!bSuccess || dwRead == 0)
			break;
		bSuccess = WriteFile(hStdout, chBuf, dwRead, &dwWritten, NULL);
		if (!bSuccess)
			ExitProcess(2);
	}
	wsprintfA(chBuf, "%s %lu %lu\n", bSuccess ? "TRUE" : "FALSE", dwRead, GetLastError());
	WriteFile(hStdout, chBuf, lstrlenA(chBuf), &dwWritten, NULL);
	return 0;
}
