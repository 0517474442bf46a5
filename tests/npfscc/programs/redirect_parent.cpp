/* SPDX-License-Identifier: MIT */
/*
 * A program that starts another with pipes as its standard input and output, as the
 * documentation of Windows shows it: inheritable pipes, the parent's ends taken out with
 * SetHandleInformation, a file written into the one and the other copied to the output.
 */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>
#include <strsafe.h>

#define CHUNK 4096

/* The two pipes as this program has them, and as the child gets them. */
static HANDLE hToChild, hChildInput, hFromChild, hChildOutput;

static void Leave(LPCTSTR pszWhat)
{
	DWORD dwError = GetLastError();
	LPTSTR pszText = NULL, pszLine;
	size_t cch;

	FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
		      FORMAT_MESSAGE_IGNORE_INSERTS,
		      NULL, dwError, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
		      (LPTSTR)&pszText, 0, NULL);
	cch = lstrlen(pszText) + lstrlen(pszWhat) + 32;
	pszLine = (LPTSTR)LocalAlloc(LMEM_ZEROINIT, cch * sizeof(TCHAR));
	StringCchPrintf(pszLine, LocalSize(pszLine) / sizeof(TCHAR), TEXT("%s (%lu): %s"), pszWhat,
			dwError, pszText);
	_tprintf(TEXT("%s"), pszLine);
	LocalFree(pszText);
	LocalFree(pszLine);
	ExitProcess(1);
}

static void MakePipes(void)
{
	SECURITY_ATTRIBUTES sa;

	sa.nLength = sizeof(sa);
	sa.bInheritHandle = TRUE;
	sa.lpSecurityDescriptor = NULL;
	if (!CreatePipe(&hFromChild, &hChildOutput, &sa, 0) ||
	    !CreatePipe(&hChildInput, &hToChild, &sa, 0))
		Leave(TEXT("CreatePipe"));
	/* The child shall not have the ends of this program. */
	if (!SetHandleInformation(hFromChild, HANDLE_FLAG_INHERIT, 0) ||
	    !SetHandleInformation(hToChild, HANDLE_FLAG_INHERIT, 0))
		Leave(TEXT("SetHandleInformation"));
}

static void StartChild(LPCTSTR pszProgram)
{
	TCHAR szCommand[MAX_PATH];
	PROCESS_INFORMATION pi;
	STARTUPINFO si;

	StringCchCopy(szCommand, MAX_PATH, pszProgram);
	ZeroMemory(&pi, sizeof(pi));
	ZeroMemory(&si, sizeof(si));
	si.cb = sizeof(si);
	si.dwFlags |= STARTF_USESTDHANDLES;
	si.hStdInput = hChildInput;
	si.hStdOutput = hChildOutput;
	si.hStdError = hChildOutput;
	if (!CreateProcess(NULL, szCommand, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi))
		Leave(TEXT("CreateProcess"));
	CloseHandle(pi.hThread);
	CloseHandle(pi.hProcess);
	/* As long as these are open here, the child's output has no end. */
	CloseHandle(hChildInput);
	CloseHandle(hChildOutput);
}

static void Copy(HANDLE hFrom, HANDLE hTo)
{
	BYTE bChunk[CHUNK];
	DWORD cbRead, cbWritten;

	while (ReadFile(hFrom, bChunk, CHUNK, &cbRead, NULL) && cbRead != 0)
		if (!WriteFile(hTo, bChunk, cbRead, &cbWritten, NULL))
			Leave(TEXT("WriteFile"));
}

int _tmain(int argc, TCHAR *argv[])
{
	HANDLE hFile;

	if (argc != 3)
		return 2;
	MakePipes();
	StartChild(argv[1]);
	hFile = CreateFile(argv[2], GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_READONLY,
			   NULL);
	if (hFile == INVALID_HANDLE_VALUE)
		Leave(argv[2]);
	Copy(hFile, hToChild);
	if (!CloseHandle(hToChild))
		Leave(TEXT("CloseHandle"));
	Copy(hFromChild, GetStdHandle(STD_OUTPUT_HANDLE));
	if (GetLastError() != ERROR_BROKEN_PIPE)
		Leave(TEXT("ReadFile"));
	return 0;
}
