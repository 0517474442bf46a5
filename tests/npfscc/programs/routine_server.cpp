/* SPDX-License-Identifier: MIT */
/*
 * A server whose reads and writes end in completion routines, as the documentation of
 * Windows shows it: the OVERLAPPED is the first member of what belongs to one client, the
 * routines hand it to each other, and the main thread only waits alertably for connections.
 */
#include <windows.h>
#include <stdio.h>
#include <tchar.h>
#include <strsafe.h>

#define BUFFER_BYTES 512

typedef struct {
	OVERLAPPED ovRequest;
	HANDLE hEnd;
	TCHAR chRequest[BUFFER_BYTES / sizeof(TCHAR)];
	DWORD cbRead;
	TCHAR chReply[BUFFER_BYTES / sizeof(TCHAR)];
	DWORD cbToWrite;
} SESSION, *LPSESSION;

VOID LetGo(LPSESSION);
BOOL NewInstance(LPOVERLAPPED);
BOOL BeginConnect(HANDLE, LPOVERLAPPED);
VOID MakeAnswer(LPSESSION);
VOID WINAPI WriteIsDone(DWORD, DWORD, LPOVERLAPPED);
VOID WINAPI ReadIsDone(DWORD, DWORD, LPOVERLAPPED);

static HANDLE hPipe;
static LPCTSTR pszPipe = TEXT("\\\\.\\pipe\\docsample");

int _tmain(int argc, TCHAR *argv[])
{
	HANDLE hClientCame;
	OVERLAPPED ovConnect;
	LPSESSION lpSession;
	DWORD dwWait, cbDone;
	BOOL fOk, fUnderWay;

	if (argc > 1)
		pszPipe = argv[1];
	hClientCame = CreateEvent(NULL, TRUE, TRUE, NULL);
	if (hClientCame == NULL) {
		printf("CreateEvent: %d\n", GetLastError());
		return 0;
	}
	ZeroMemory(&ovConnect, sizeof(ovConnect));
	ovConnect.hEvent = hClientCame;
	fUnderWay = NewInstance(&ovConnect);
	_tprintf(TEXT("Awaiting a client on %s\n"), pszPipe);
	fflush(stdout);

	while (1) {
		/* Until a client connects, or while completion routines want to run. */
		dwWait = WaitForSingleObjectEx(hClientCame, INFINITE, TRUE);
		switch (dwWait) {
		case 0:
			if (fUnderWay) {
				fOk = GetOverlappedResult(hPipe, &ovConnect, &cbDone, FALSE);
				if (!fOk) {
					printf("ConnectNamedPipe (%d)\n", GetLastError());
					return 0;
				}
			}
			lpSession = (LPSESSION)GlobalAlloc(GPTR, sizeof(SESSION));
			if (lpSession == NULL) {
				printf("GlobalAlloc failed (%d)\n", GetLastError());
				return 0;
			}
			lpSession->hEnd = hPipe;
			/* As if a write had just been done: the next is a read. */
			lpSession->cbToWrite = 0;
			WriteIsDone(0, 0, (LPOVERLAPPED)lpSession);
			fUnderWay = NewInstance(&ovConnect);
			break;
		case WAIT_IO_COMPLETION:
			break;
		default:
			printf("WaitForSingleObjectEx (%d)\n", GetLastError());
			return 0;
		}
	}
}

VOID WINAPI WriteIsDone(DWORD dwErr, DWORD cbWritten, LPOVERLAPPED lpRequest)
{
	LPSESSION lpSession = (LPSESSION)lpRequest;
	BOOL fRead = FALSE;

	if (dwErr == 0 && cbWritten == lpSession->cbToWrite)
		fRead = ReadFileEx(lpSession->hEnd, lpSession->chRequest,
				   BUFFER_BYTES - sizeof(TCHAR), (LPOVERLAPPED)lpSession,
				   (LPOVERLAPPED_COMPLETION_ROUTINE)ReadIsDone);
	if (!fRead)
		LetGo(lpSession);
}

VOID WINAPI ReadIsDone(DWORD dwErr, DWORD cbBytesRead, LPOVERLAPPED lpRequest)
{
	LPSESSION lpSession = (LPSESSION)lpRequest;
	BOOL fWrite = FALSE;

	if (dwErr == 0 && cbBytesRead != 0) {
		lpSession->cbRead = cbBytesRead;
		MakeAnswer(lpSession);
		fWrite = WriteFileEx(lpSession->hEnd, lpSession->chReply,
				     lpSession->cbToWrite, (LPOVERLAPPED)lpSession,
				     (LPOVERLAPPED_COMPLETION_ROUTINE)WriteIsDone);
	}
	if (!fWrite)
		LetGo(lpSession);
}

VOID LetGo(LPSESSION lpSession)
{
	if (!DisconnectNamedPipe(lpSession->hEnd))
		printf("DisconnectNamedPipe: %d\n", GetLastError());
	CloseHandle(lpSession->hEnd);
	GlobalFree(lpSession);
}

BOOL NewInstance(LPOVERLAPPED lpovRequest)
{
	hPipe = CreateNamedPipe(pszPipe, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
				PIPE_UNLIMITED_INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 5000, NULL);
	if (hPipe == INVALID_HANDLE_VALUE) {
		printf("CreateNamedPipe: %d\n", GetLastError());
		ExitProcess(3);
	}
	return BeginConnect(hPipe, lpovRequest);
}

BOOL BeginConnect(HANDLE hPipe, LPOVERLAPPED lpo)
{
	BOOL fUnderWay = FALSE;

	if (ConnectNamedPipe(hPipe, lpo)) {
		printf("ConnectNamedPipe: %d\n", GetLastError());
		return FALSE;
	}
	switch (GetLastError()) {
	case ERROR_IO_PENDING:
		fUnderWay = TRUE;
		break;
	case ERROR_PIPE_CONNECTED:
		if (SetEvent(lpo->hEvent))
			break;
	default:
		printf("ConnectNamedPipe: %d\n", GetLastError());
		return FALSE;
	}
	return fUnderWay;
}

VOID MakeAnswer(LPSESSION pipe)
{
	pipe->chRequest[pipe->cbRead / sizeof(TCHAR)] = 0;
	StringCchPrintf(pipe->chReply, BUFFER_BYTES / sizeof(TCHAR), TEXT("heard: %s"),
			pipe->chRequest);
	pipe->cbToWrite = (lstrlen(pipe->chReply) + 1) * sizeof(TCHAR);
}
