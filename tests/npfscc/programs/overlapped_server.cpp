/* SPDX-License-Identifier: MIT */
/*
 * A server with one thread, several instances and an event for each, as the documentation
 * of Windows shows it: WaitForMultipleObjects tells which instance has something done, and
 * a small machine of states what to do next.
 */
#include <windows.h>
#include <stdio.h>
#include <tchar.h>
#include <strsafe.h>

#define AT_CONNECT 0
#define AT_READ	 1
#define AT_WRITE	 2
#define INSTANCES	 4
#define BUFFER_BYTES	 512

typedef struct {
	OVERLAPPED ovRequest;
	HANDLE hEnd;
	TCHAR chRequest[BUFFER_BYTES / sizeof(TCHAR)];
	DWORD cbRead;
	TCHAR chReply[BUFFER_BYTES / sizeof(TCHAR)];
	DWORD cbToWrite;
	DWORD dwStep;
	BOOL fUnderWay;
} SESSION, *LPSESSION;

static SESSION Sessions[INSTANCES];
static HANDLE hDone[INSTANCES];

static BOOL BeginConnect(HANDLE hPipe, LPOVERLAPPED lpo)
{
	BOOL fConnected = ConnectNamedPipe(hPipe, lpo);

	/* With an OVERLAPPED it gives zero back, whatever happened. */
	if (fConnected) {
		printf("ConnectNamedPipe: %d\n", GetLastError());
		return FALSE;
	}
	switch (GetLastError()) {
	case ERROR_IO_PENDING:
		return TRUE;
	case ERROR_PIPE_CONNECTED:
		if (SetEvent(lpo->hEvent))
			return FALSE;
		/* falls through */
	default:
		printf("ConnectNamedPipe: %d\n", GetLastError());
		return FALSE;
	}
}

static VOID NextClient(DWORD i)
{
	if (!DisconnectNamedPipe(Sessions[i].hEnd))
		printf("DisconnectNamedPipe: %d\n", GetLastError());
	Sessions[i].fUnderWay = BeginConnect(Sessions[i].hEnd, &Sessions[i].ovRequest);
	Sessions[i].dwStep = Sessions[i].fUnderWay ? AT_CONNECT : AT_READ;
}

static VOID MakeAnswer(LPSESSION pipe)
{
	pipe->chRequest[pipe->cbRead / sizeof(TCHAR)] = 0;
	StringCchPrintf(pipe->chReply, BUFFER_BYTES / sizeof(TCHAR), TEXT("heard: %s"),
			pipe->chRequest);
	pipe->cbToWrite = (lstrlen(pipe->chReply) + 1) * sizeof(TCHAR);
}

int _tmain(int argc, TCHAR **argv)
{
	LPCTSTR pszPipe = argc > 1 ? argv[1] : TEXT("\\\\.\\pipe\\docsample");
	DWORD i, dwWait, cbDone, dwErr;
	BOOL fOk;

	for (i = 0; i < INSTANCES; i++) {
		/* Set from the beginning, so that each instance is looked at once. */
		hDone[i] = CreateEvent(NULL, TRUE, TRUE, NULL);
		if (hDone[i] == NULL) {
			printf("CreateEvent: %d\n", GetLastError());
			return 0;
		}
		Sessions[i].ovRequest.hEvent = hDone[i];
		Sessions[i].ovRequest.Offset = 0;
		Sessions[i].ovRequest.OffsetHigh = 0;
		Sessions[i].hEnd = CreateNamedPipe(pszPipe,
			PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
			INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 5000, NULL);
		if (Sessions[i].hEnd == INVALID_HANDLE_VALUE) {
			printf("CreateNamedPipe: %d\n", GetLastError());
			return 0;
		}
		Sessions[i].fUnderWay = BeginConnect(Sessions[i].hEnd, &Sessions[i].ovRequest);
		Sessions[i].dwStep = Sessions[i].fUnderWay ? AT_CONNECT : AT_READ;
	}
	_tprintf(TEXT("Awaiting a client on %s\n"), pszPipe);
	fflush(stdout);

	while (1) {
		dwWait = WaitForMultipleObjects(INSTANCES, hDone, FALSE, INFINITE);
		i = dwWait - WAIT_OBJECT_0;
		if (i > INSTANCES - 1) {
			printf("Index out of range: %lu, error %lu.\n", i, GetLastError());
			return 0;
		}
		if (Sessions[i].fUnderWay) {
			fOk = GetOverlappedResult(Sessions[i].hEnd, &Sessions[i].ovRequest, &cbDone,
						       FALSE);
			switch (Sessions[i].dwStep) {
			case AT_CONNECT:
				if (!fOk) {
					printf("Error %d.\n", GetLastError());
					return 0;
				}
				Sessions[i].dwStep = AT_READ;
				break;
			case AT_READ:
				if (!fOk || cbDone == 0) {
					NextClient(i);
					continue;
				}
				Sessions[i].cbRead = cbDone;
				Sessions[i].dwStep = AT_WRITE;
				break;
			case AT_WRITE:
				if (!fOk || cbDone != Sessions[i].cbToWrite) {
					NextClient(i);
					continue;
				}
				Sessions[i].dwStep = AT_READ;
				break;
			default:
				printf("no such step\n");
				return 0;
			}
		}
		switch (Sessions[i].dwStep) {
		case AT_READ:
			fOk = ReadFile(Sessions[i].hEnd, Sessions[i].chRequest,
					    BUFFER_BYTES - sizeof(TCHAR), &Sessions[i].cbRead,
					    &Sessions[i].ovRequest);
			if (fOk && Sessions[i].cbRead != 0) {
				Sessions[i].fUnderWay = FALSE;
				Sessions[i].dwStep = AT_WRITE;
				continue;
			}
			dwErr = GetLastError();
			if (!fOk && dwErr == ERROR_IO_PENDING) {
				Sessions[i].fUnderWay = TRUE;
				continue;
			}
			NextClient(i);
			break;
		case AT_WRITE:
			MakeAnswer(&Sessions[i]);
			fOk = WriteFile(Sessions[i].hEnd, Sessions[i].chReply, Sessions[i].cbToWrite,
					     &cbDone, &Sessions[i].ovRequest);
			if (fOk && cbDone == Sessions[i].cbToWrite) {
				Sessions[i].fUnderWay = FALSE;
				Sessions[i].dwStep = AT_READ;
				continue;
			}
			dwErr = GetLastError();
			if (!fOk && dwErr == ERROR_IO_PENDING) {
				Sessions[i].fUnderWay = TRUE;
				continue;
			}
			NextClient(i);
			break;
		default:
			printf("no such step\n");
			return 0;
		}
	}
}
