/* SPDX-License-Identifier: MIT */
/*
 * use.c - the names the headers promise, in the ways programs use them
 *
 * Compiles in every dialect of C and C++, in both character builds, and against other
 * people's Windows headers too. The functions are never called.
 */
#include <tchar.h>

#include <aclapi.h>
#include <sddl.h>
#include <strsafe.h>
#include <windows.h>

/* Words of the compiler, wherever programs put them. */
static __declspec(noinline) DWORD WINAPI answer(LPVOID context);
extern __declspec(dllexport) DWORD use_of_names(LPCTSTR name, HANDLE port);
extern __declspec(dllexport) LONG use_of_atoms(void);
extern __declspec(dllexport) BOOL use_of_locks(DWORD milliseconds);
extern __declspec(dllexport) BOOL use_of_security(LPCTSTR text);
extern __declspec(dllexport) BOOL
	use_of_macros(PLIST_ENTRY entry, const OVERLAPPED *request);
extern __declspec(dllexport) HRESULT use_of_strings(LPCTSTR text);

typedef struct tagITEM {
	DWORD number;
	LIST_ENTRY link;
} ITEM, *PITEM;

static CRITICAL_SECTION guard;
static SRWLOCK slim = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static volatile LONG counter;
static volatile LONG64 wide_counter;
static PVOID volatile slot;

static DWORD WINAPI answer(LPVOID context)
{
	UNREFERENCED_PARAMETER(context);
	return 0;
}

static VOID CALLBACK completed(DWORD error, DWORD bytes, LPOVERLAPPED request)
{
	UNREFERENCED_PARAMETER(error);
	UNREFERENCED_PARAMETER(bytes);
	SetEvent(request->hEvent);
}

static BOOL CALLBACK first_time(PINIT_ONCE init, PVOID parameter, PVOID *context)
{
	UNREFERENCED_PARAMETER(init);
	UNREFERENCED_PARAMETER(parameter);
	UNREFERENCED_PARAMETER(context);
	InitializeCriticalSection(&guard);
	return TRUE;
}

DWORD use_of_names(LPCTSTR name, HANDLE port)
{
	static char buffer[512];
	OVERLAPPED request;
	DWORD n = 0;
	DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
	ULONG pid = 0;
	ULONG_PTR key = 0;
	LPOVERLAPPED finished = NULL;
	HANDLE thread;
	HANDLE server = CreateNamedPipe(
		name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
		PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS,
		PIPE_UNLIMITED_INSTANCES, 4096, 4096, NMPWAIT_USE_DEFAULT_WAIT, NULL);
	HANDLE client =
		CreateFile(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			   SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);

	if (server == INVALID_HANDLE_VALUE || client == INVALID_HANDLE_VALUE)
		return GetLastError();
	ZeroMemory(&request, sizeof(request));
	request.Offset = 0;
	request.OffsetHigh = 0;
	request.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
	if (!ConnectNamedPipe(server, &request) && GetLastError() != ERROR_PIPE_CONNECTED)
		return GetLastError();
	SetNamedPipeHandleState(client, &mode, NULL, NULL);
	TransactNamedPipe(client, buffer, 1, buffer, sizeof(buffer), &n, NULL);
	PeekNamedPipe(server, NULL, 0, NULL, &n, NULL);
	CallNamedPipe(name, buffer, 1, buffer, sizeof(buffer), &n, NMPWAIT_NOWAIT);
	WaitNamedPipe(name, NMPWAIT_WAIT_FOREVER);
	GetNamedPipeClientProcessId(server, &pid);
	ReadFileEx(server, buffer, sizeof(buffer), &request, completed);
	CreateIoCompletionPort(server, port, 1, 0);
	GetQueuedCompletionStatus(port, &n, &key, &finished, INFINITE);
	CancelIoEx(server, finished);
	thread = CreateThread(NULL, 0, answer, NULL, CREATE_SUSPENDED, &n);
	ResumeThread(thread);
	if (WaitForSingleObject(thread, INFINITE) == WAIT_FAILED)
		return GetLastError();
	CloseHandle(thread);
	return HasOverlappedIoCompleted(&request) ? ERROR_SUCCESS : ERROR_IO_INCOMPLETE;
}

LONG use_of_atoms(void)
{
	LONG sum = InterlockedIncrement(&counter);

	sum += InterlockedDecrement(&counter);
	sum += InterlockedExchange(&counter, 3);
	sum += InterlockedExchangeAdd(&counter, 4);
	sum += InterlockedCompareExchange(&counter, 1, 7);
	sum += InterlockedAnd(&counter, 0xff);
	sum += InterlockedOr(&counter, 0x10);
	sum += InterlockedXor(&counter, 0x10);
	sum += InterlockedBitTestAndSet(&counter, 5);
	sum += (LONG)InterlockedIncrement64(&wide_counter);
	sum += (LONG)InterlockedCompareExchange64(&wide_counter, 2, 1);
	if (InterlockedCompareExchangePointer(&slot, &sum, NULL) == NULL)
		InterlockedExchangePointer(&slot, NULL);
	MemoryBarrier();
	YieldProcessor();
	return sum;
}

BOOL use_of_locks(DWORD milliseconds)
{
	BOOL slept;

	InitOnceExecuteOnce(&once, first_time, NULL, NULL);
	EnterCriticalSection(&guard);
	slept = SleepConditionVariableCS(&changed, &guard, milliseconds);
	LeaveCriticalSection(&guard);
	AcquireSRWLockExclusive(&slim);
	ReleaseSRWLockExclusive(&slim);
	WakeAllConditionVariable(&changed);
	return slept;
}

BOOL use_of_security(LPCTSTR text)
{
	SECURITY_DESCRIPTOR sd;
	SECURITY_ATTRIBUTES sa;
	PSECURITY_DESCRIPTOR from_text = NULL;
	SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};
	PSID everyone = NULL;
	EXPLICIT_ACCESS entry;
	DWORD n = 0, language = 0;
	BOOL equal = FALSE;
	PACL acl = NULL;

	if (!InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION) ||
	    !SetSecurityDescriptorDacl(&sd, TRUE, (PACL)NULL, FALSE))
		return FALSE;
	sa.nLength = sizeof(sa);
	sa.lpSecurityDescriptor = (LPVOID)&sd;
	sa.bInheritHandle = TRUE;
	if (!AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0,
				      &everyone))
		return FALSE;
	ZeroMemory(&entry, sizeof(entry));
	entry.grfAccessPermissions = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
	entry.grfAccessMode = SET_ACCESS;
	entry.grfInheritance = NO_INHERITANCE;
	entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
	entry.Trustee.ptstrName = (LPTSTR)everyone;
	if (SetEntriesInAcl(1, &entry, NULL, &acl) == ERROR_SUCCESS)
		LocalFree(acl);
	if (LookupPrivilegeDisplayName(NULL, SE_CREATE_SYMBOLIC_LINK_NAME, NULL, &n,
				       &language) ||
	    GetTrusteeForm(&entry.Trustee) != TRUSTEE_IS_SID ||
	    !GetWindowsAccountDomainSid(everyone, NULL, &n) ||
	    !EqualDomainSid(everyone, everyone, &equal))
		return FALSE;
	FreeSid(everyone);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptor(text, SDDL_REVISION_1,
								 &from_text, NULL))
		return FALSE;
	LocalFree(from_text);
	return sa.bInheritHandle;
}

BOOL use_of_macros(PLIST_ENTRY entry, const OVERLAPPED *request)
{
	PITEM item = CONTAINING_RECORD(entry, ITEM, link);
	LARGE_INTEGER due;
	BYTE block[16];

	due.QuadPart = -10000;
	FillMemory(block, sizeof(block), 0xff);
	CopyMemory(block, request, sizeof(block));
	return MAKEWORD(1, 2) == 0x0201 && LOBYTE(0x0201) == 1 &&
	       HIWORD(0x00010002) == 1 && due.LowPart != 0 && item->number == 0 &&
	       RTL_NUMBER_OF(block) == 16 &&
	       HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED) == E_ACCESSDENIED;
}

HRESULT use_of_strings(LPCTSTR text)
{
	TCHAR copy[32];
	size_t length = 0;
	HRESULT hr = StringCchCopy(copy, ARRAYSIZE(copy), text);

	if (SUCCEEDED(hr))
		hr = StringCchCat(copy, ARRAYSIZE(copy), text);
	if (SUCCEEDED(hr))
		hr = StringCchLength(copy, ARRAYSIZE(copy), &length);
	if (SUCCEEDED(hr) && (length != _tcslen(copy) || _tcscmp(copy, _T("x")) == 0))
		hr = E_FAIL;
	return hr;
}
