/* SPDX-License-Identifier: MIT */
/*
 * A server with one thread for each client, written as the documentation of Windows shows
 * it: TCHAR text, _tmain, buffers from the process heap, an endless accept loop. Built by
 * npfscc as it stands, as ANSI and as Unicode.
 */
#include <windows.h>
#include <stdio.h>
#include <tchar.h>
#include <strsafe.h>

#define BUFFER_BYTES 512

static DWORD WINAPI ServeClient(LPVOID lpParameter);
static VOID MakeAnswer(LPTSTR pszRequest, LPTSTR pszReply, LPDWORD pcbReply);

int _tmain(int argc, TCHAR *argv[])
{
	LPCTSTR pszPipe = argc > 1 ? argv[1] : TEXT("\\\\.\\pipe\\docsample");
	BOOL fConnected = FALSE;
	DWORD dwThreadId = 0;
	HANDLE hPipe = INVALID_HANDLE_VALUE, hThread = NULL;

	for (;;) {
		hPipe = CreateNamedPipe(
			pszPipe,			/* name */
			PIPE_ACCESS_DUPLEX,		/* both directions */
			PIPE_TYPE_MESSAGE |		/* messages, not bytes */
			PIPE_READMODE_MESSAGE |		/* and read as such */
			PIPE_WAIT,			/* blocking calls */
			PIPE_UNLIMITED_INSTANCES,	/* as many clients as come */
			BUFFER_BYTES,			/* quota outwards */
			BUFFER_BYTES,			/* quota inwards */
			0,				/* default time-out */
			NULL);				/* default security */
		if (hPipe == INVALID_HANDLE_VALUE) {
			_tprintf(TEXT("CreateNamedPipe: %d\n"), GetLastError());
			return -1;
		}
		_tprintf(TEXT("Awaiting a client on %s\n"), pszPipe);
		fflush(stdout);

		fConnected = ConnectNamedPipe(hPipe, NULL) ?
			TRUE : (GetLastError() == ERROR_PIPE_CONNECTED);
		if (!fConnected) {
			CloseHandle(hPipe);
			continue;
		}
		hThread = CreateThread(NULL, 0, ServeClient, (LPVOID)hPipe, 0, &dwThreadId);
		if (hThread == NULL) {
			_tprintf(TEXT("CreateThread: %d\n"), GetLastError());
			return -1;
		}
		CloseHandle(hThread);
	}
}

static DWORD WINAPI ServeClient(LPVOID lpParameter)
{
	HANDLE hHeap = GetProcessHeap();
	TCHAR *pchRequest = (TCHAR *)HeapAlloc(hHeap, 0, BUFFER_BYTES);
	TCHAR *pchReply = (TCHAR *)HeapAlloc(hHeap, 0, BUFFER_BYTES);
	DWORD cbRead = 0, cbReply = 0, cbWritten = 0;
	BOOL fOk = FALSE;
	HANDLE hPipe = (HANDLE)lpParameter;

	if (lpParameter == NULL || pchRequest == NULL || pchReply == NULL) {
		if (pchReply != NULL)
			HeapFree(hHeap, 0, pchReply);
		if (pchRequest != NULL)
			HeapFree(hHeap, 0, pchRequest);
		return (DWORD)-1;
	}
	while (1) {
		fOk = ReadFile(hPipe, pchRequest, BUFFER_BYTES - sizeof(TCHAR), &cbRead, NULL);
		if (!fOk || cbRead == 0) {
			if (GetLastError() != ERROR_BROKEN_PIPE)
				_tprintf(TEXT("ReadFile: %d\n"), GetLastError());
			break;
		}
		pchRequest[cbRead / sizeof(TCHAR)] = 0;
		MakeAnswer(pchRequest, pchReply, &cbReply);
		fOk = WriteFile(hPipe, pchReply, cbReply, &cbWritten, NULL);
		if (!fOk || cbReply != cbWritten) {
			_tprintf(TEXT("WriteFile: %d\n"), GetLastError());
			break;
		}
	}
	/* The client shall be able to read what was written before it is let go. */
	FlushFileBuffers(hPipe);
	DisconnectNamedPipe(hPipe);
	CloseHandle(hPipe);
	HeapFree(hHeap, 0, pchRequest);
	HeapFree(hHeap, 0, pchReply);
	return 1;
}

static VOID MakeAnswer(LPTSTR pszRequest, LPTSTR pszReply, LPDWORD pcbReply)
{
	if (FAILED(StringCchPrintf(pszReply, BUFFER_BYTES / sizeof(TCHAR), TEXT("heard: %s"),
				   pszRequest))) {
		*pcbReply = 0;
		pszReply[0] = 0;
		return;
	}
	*pcbReply = (lstrlen(pszReply) + 1) * sizeof(TCHAR);
}
