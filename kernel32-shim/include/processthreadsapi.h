/* SPDX-License-Identifier: MIT */
/*
 * processthreadsapi.h - processes, threads, thread-local storage, their tokens
 */
#ifndef NPFS_W32_PROCESSTHREADSAPI_H
#define NPFS_W32_PROCESSTHREADSAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

typedef struct _PROCESS_INFORMATION {
	HANDLE hProcess;
	HANDLE hThread;
	DWORD dwProcessId;
	DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

typedef struct _STARTUPINFOA {
	DWORD cb;
	LPSTR lpReserved;
	LPSTR lpDesktop;
	LPSTR lpTitle;
	DWORD dwX;
	DWORD dwY;
	DWORD dwXSize;
	DWORD dwYSize;
	DWORD dwXCountChars;
	DWORD dwYCountChars;
	DWORD dwFillAttribute;
	DWORD dwFlags;
	WORD wShowWindow;
	WORD cbReserved2;
	LPBYTE lpReserved2;
	HANDLE hStdInput;
	HANDLE hStdOutput;
	HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
	DWORD cb;
	LPWSTR lpReserved;
	LPWSTR lpDesktop;
	LPWSTR lpTitle;
	DWORD dwX;
	DWORD dwY;
	DWORD dwXSize;
	DWORD dwYSize;
	DWORD dwXCountChars;
	DWORD dwYCountChars;
	DWORD dwFillAttribute;
	DWORD dwFlags;
	WORD wShowWindow;
	WORD cbReserved2;
	LPBYTE lpReserved2;
	HANDLE hStdInput;
	HANDLE hStdOutput;
	HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef NPFS_W32_AW(STARTUPINFO) STARTUPINFO, *LPSTARTUPINFO;

typedef struct _PROC_THREAD_ATTRIBUTE_LIST *PPROC_THREAD_ATTRIBUTE_LIST,
	*LPPROC_THREAD_ATTRIBUTE_LIST;

WINBASEAPI BOOL WINAPI InitializeProcThreadAttributeList(
	LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList, DWORD dwAttributeCount, DWORD dwFlags,
	PSIZE_T lpSize);
WINBASEAPI BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
						 DWORD dwFlags, DWORD_PTR Attribute,
						 PVOID lpValue, SIZE_T cbSize,
						 PVOID lpPreviousValue, PSIZE_T lpReturnSize);
WINBASEAPI VOID WINAPI
DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList);

/* Processes */

WINBASEAPI BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
				      LPSECURITY_ATTRIBUTES lpProcessAttributes,
				      LPSECURITY_ATTRIBUTES lpThreadAttributes,
				      BOOL bInheritHandles, DWORD dwCreationFlags,
				      LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
				      LPSTARTUPINFOA lpStartupInfo,
				      LPPROCESS_INFORMATION lpProcessInformation);
WINBASEAPI BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
				      LPSECURITY_ATTRIBUTES lpProcessAttributes,
				      LPSECURITY_ATTRIBUTES lpThreadAttributes,
				      BOOL bInheritHandles, DWORD dwCreationFlags,
				      LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
				      LPSTARTUPINFOW lpStartupInfo,
				      LPPROCESS_INFORMATION lpProcessInformation);
#define CreateProcess NPFS_W32_AW(CreateProcess)
WINBASEAPI HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle,
				     DWORD dwProcessId);
WINBASEAPI VOID WINAPI ExitProcess(UINT uExitCode) DECLSPEC_NORETURN;
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);
WINBASEAPI BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
WINBASEAPI HANDLE WINAPI GetCurrentProcess(VOID);
WINBASEAPI DWORD WINAPI GetCurrentProcessId(VOID);
WINBASEAPI DWORD WINAPI GetProcessId(HANDLE Process);
WINBASEAPI BOOL WINAPI ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId);
WINBASEAPI BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime,
				       LPFILETIME lpExitTime, LPFILETIME lpKernelTime,
				       LPFILETIME lpUserTime);
WINBASEAPI DWORD WINAPI GetPriorityClass(HANDLE hProcess);
WINBASEAPI BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
WINBASEAPI BOOL WINAPI GetProcessHandleCount(HANDLE hProcess, PDWORD pdwHandleCount);
WINBASEAPI VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
WINBASEAPI VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);
#define GetStartupInfo NPFS_W32_AW(GetStartupInfo)
WINBASEAPI VOID WINAPI FlushProcessWriteBuffers(VOID);
WINBASEAPI BOOL WINAPI IsProcessorFeaturePresent(DWORD ProcessorFeature);

/* Threads */

WINBASEAPI HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes,
				      SIZE_T dwStackSize,
				      LPTHREAD_START_ROUTINE lpStartAddress,
				      LPVOID lpParameter, DWORD dwCreationFlags,
				      LPDWORD lpThreadId);
WINBASEAPI HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle,
				    DWORD dwThreadId);
WINBASEAPI VOID WINAPI ExitThread(DWORD dwExitCode) DECLSPEC_NORETURN;
WINBASEAPI BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);
WINBASEAPI BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
WINBASEAPI HANDLE WINAPI GetCurrentThread(VOID);
WINBASEAPI DWORD WINAPI GetCurrentThreadId(VOID);
WINBASEAPI DWORD WINAPI GetThreadId(HANDLE Thread);
WINBASEAPI DWORD WINAPI GetProcessIdOfThread(HANDLE Thread);
WINBASEAPI DWORD WINAPI SuspendThread(HANDLE hThread);
WINBASEAPI DWORD WINAPI ResumeThread(HANDLE hThread);
WINBASEAPI int WINAPI GetThreadPriority(HANDLE hThread);
WINBASEAPI BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
WINBASEAPI BOOL WINAPI GetThreadPriorityBoost(HANDLE hThread,
					      PBOOL pDisablePriorityBoost);
WINBASEAPI BOOL WINAPI SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
WINBASEAPI DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread,
						  DWORD_PTR dwThreadAffinityMask);
WINBASEAPI BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess,
					      PDWORD_PTR lpProcessAffinityMask,
					      PDWORD_PTR lpSystemAffinityMask);
WINBASEAPI BOOL WINAPI SetProcessAffinityMask(HANDLE hProcess,
					      DWORD_PTR dwProcessAffinityMask);
WINBASEAPI BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime,
				      LPFILETIME lpExitTime, LPFILETIME lpKernelTime,
				      LPFILETIME lpUserTime);
WINBASEAPI HRESULT WINAPI SetThreadDescription(HANDLE hThread,
					       PCWSTR lpThreadDescription);
WINBASEAPI HRESULT WINAPI GetThreadDescription(HANDLE hThread,
					       PWSTR *ppszThreadDescription);
WINBASEAPI BOOL WINAPI SwitchToThread(VOID);
WINBASEAPI DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
WINBASEAPI DWORD WINAPI GetCurrentProcessorNumber(VOID);

/* Thread-local storage */

WINBASEAPI DWORD WINAPI TlsAlloc(VOID);
WINBASEAPI BOOL WINAPI TlsFree(DWORD dwTlsIndex);
WINBASEAPI LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
WINBASEAPI BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);

/* Tokens */

WINADVAPI BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess,
				       PHANDLE TokenHandle);
WINADVAPI BOOL WINAPI OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess,
				      BOOL OpenAsSelf, PHANDLE TokenHandle);
WINADVAPI BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token);

NPFS_W32_END

#endif
