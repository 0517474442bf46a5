/* SPDX-License-Identifier: MIT */
/*
 * Time, the machine, versions and names.
 *
 * The version told is that of Windows NT 4.0, which the book's programs were written for;
 * the library has a version of its own.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/account.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

#define TICKS_TO_1970 INT64_C(116444736000000000)
#define TICKS_PER_S   INT64_C(10000000)
#define TICKS_PER_MS  INT64_C(10000)

#define WINDOWS_FOLDER "/usr"
#define SYSTEM_FOLDER  "/usr/bin"

enum {
	VERSION_MAJOR = 4,
	VERSION_MINOR = 0,
	VERSION_BUILD = 1381,
};

/* clocks */

ULONGLONG WINAPI GetTickCount64(VOID)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (ULONGLONG)ts.tv_sec * 1000 + (ULONGLONG)ts.tv_nsec / 1000000;
}

DWORD WINAPI GetTickCount(VOID)
{
	return (DWORD)GetTickCount64();
}

static FILETIME filetime_of(int64_t ticks)
{
	return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static int64_t ticks_of(const FILETIME *ft)
{
	return (int64_t)((uint64_t)ft->dwHighDateTime << 32 | ft->dwLowDateTime);
}

VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME ft)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	*ft = filetime_of(TICKS_TO_1970 + ts.tv_sec * TICKS_PER_S + ts.tv_nsec / 100);
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME ft)
{
	GetSystemTimePreciseAsFileTime(ft);
}

static void systemtime_fill(LPSYSTEMTIME st, const struct tm *tm, int64_t milliseconds)
{
	st->wYear = (WORD)(tm->tm_year + 1900);
	st->wMonth = (WORD)(tm->tm_mon + 1);
	st->wDayOfWeek = (WORD)tm->tm_wday;
	st->wDay = (WORD)tm->tm_mday;
	st->wHour = (WORD)tm->tm_hour;
	st->wMinute = (WORD)tm->tm_min;
	st->wSecond = (WORD)tm->tm_sec;
	st->wMilliseconds = (WORD)milliseconds;
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME st)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	systemtime_fill(st, &tm, ts.tv_nsec / 1000000);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME st)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	systemtime_fill(st, &tm, ts.tv_nsec / 1000000);
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *ft, LPSYSTEMTIME st)
{
	int64_t ticks = ticks_of(ft);
	time_t seconds;
	struct tm tm;

	if (ticks < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	seconds = ticks / TICKS_PER_S - TICKS_TO_1970 / TICKS_PER_S;
	if (!gmtime_r(&seconds, &tm))
		return thread_fail(ERROR_INVALID_PARAMETER);
	systemtime_fill(st, &tm, ticks % TICKS_PER_S / TICKS_PER_MS);
	return TRUE;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool systemtime_is_valid(const SYSTEMTIME *st)
{
	static const WORD days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	WORD last;

	if (st->wYear < 1601 || st->wYear > 30827 || st->wMonth < 1 || st->wMonth > 12)
		return false;
	last = (WORD)(days[st->wMonth - 1] + (st->wMonth == 2 && is_leap(st->wYear)));
	return st->wDay >= 1 && st->wDay <= last && st->wHour < 24 && st->wMinute < 60 &&
	       st->wSecond < 60 && st->wMilliseconds < 1000;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *st, LPFILETIME ft)
{
	struct tm tm = {
		.tm_year = st->wYear - 1900,
		.tm_mon = st->wMonth - 1,
		.tm_mday = st->wDay,
		.tm_hour = st->wHour,
		.tm_min = st->wMinute,
		.tm_sec = st->wSecond,
	};

	if (!systemtime_is_valid(st))
		return thread_fail(ERROR_INVALID_PARAMETER);
	*ft = filetime_of(TICKS_TO_1970 + (int64_t)timegm(&tm) * TICKS_PER_S +
			  st->wMilliseconds * TICKS_PER_MS);
	return TRUE;
}

static void wide_name(WCHAR *out, size_t cap, const char *name)
{
	bool invalid = false;
	size_t n = text_to_wide(name, strlen(name), out, cap - 1, &invalid);

	out[n < cap ? n : cap - 1] = 0;
}

/* Only the bias is told; the rules of changing it are the C library's business. */
DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION info)
{
	time_t now = time(NULL);
	struct tm tm;

	tzset();
	localtime_r(&now, &tm);
	memset(info, 0, sizeof(*info));
	info->Bias = (LONG)(timezone / 60);
	wide_name(info->StandardName, 32, tzname[0]);
	wide_name(info->DaylightName, 32, tzname[1]);
	info->DaylightBias = daylight ? -60 : 0;
	if (!daylight)
		return TIME_ZONE_ID_UNKNOWN;
	return tm.tm_isdst > 0 ? TIME_ZONE_ID_DAYLIGHT : TIME_ZONE_ID_STANDARD;
}

/* As on Windows the offset of this moment counts, whatever moment the argument means. */
static int64_t ticks_east(void)
{
	time_t now = time(NULL);
	struct tm tm;

	tzset();
	localtime_r(&now, &tm);
	return (int64_t)tm.tm_gmtoff * TICKS_PER_S;
}

static BOOL shift_time(const FILETIME *from, int64_t by, LPFILETIME to)
{
	int64_t ticks = ticks_of(from);

	if (ticks < 0 || __builtin_add_overflow(ticks, by, &ticks) || ticks < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*to = filetime_of(ticks);
	return TRUE;
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *ft, LPFILETIME local)
{
	return shift_time(ft, ticks_east(), local);
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, LPFILETIME ft)
{
	return shift_time(local, -ticks_east(), ft);
}

/* the machine */

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO info)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(info, 0, sizeof(*info));
#if defined(__x86_64__)
	info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
	info->dwProcessorType = 8664;
#else
	info->wProcessorArchitecture = 12;
#endif
	info->dwPageSize = (DWORD)sysconf(_SC_PAGESIZE);
	info->lpMinimumApplicationAddress = (LPVOID)(uintptr_t)0x10000; /* NOLINT */
	info->lpMaximumApplicationAddress =
		(LPVOID)(uintptr_t)0x7ffffffeffff; /* NOLINT */
	info->dwNumberOfProcessors = n_cpus > 0 ? (DWORD)n_cpus : 1;
	info->dwActiveProcessorMask =
		info->dwNumberOfProcessors >= 64
			? ~(DWORD_PTR)0
			: ((DWORD_PTR)1 << info->dwNumberOfProcessors) - 1;
	info->dwAllocationGranularity = 0x10000;
	info->wProcessorLevel = 6;
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO info)
{
	GetSystemInfo(info);
}

BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX status)
{
	struct sysinfo si;

	if (status->dwLength != sizeof(*status))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (sysinfo(&si) < 0)
		return thread_fail(ERROR_GEN_FAILURE);
	status->ullTotalPhys = (DWORDLONG)si.totalram * si.mem_unit;
	status->ullAvailPhys = (DWORDLONG)(si.freeram + si.bufferram) * si.mem_unit;
	status->ullTotalPageFile =
		status->ullTotalPhys + (DWORDLONG)si.totalswap * si.mem_unit;
	status->ullAvailPageFile =
		status->ullAvailPhys + (DWORDLONG)si.freeswap * si.mem_unit;
	status->ullTotalVirtual = status->ullAvailVirtual = 0x7fffffff0000;
	status->ullAvailExtendedVirtual = 0;
	status->dwMemoryLoad =
		status->ullTotalPhys
			? (DWORD)(100 - status->ullAvailPhys * 100 / status->ullTotalPhys)
			: 0;
	return TRUE;
}

VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS status)
{
	MEMORYSTATUSEX ex = {.dwLength = sizeof(ex)};

	memset(status, 0, sizeof(*status));
	status->dwLength = sizeof(*status);
	if (!GlobalMemoryStatusEx(&ex))
		return;
	status->dwMemoryLoad = ex.dwMemoryLoad;
	status->dwTotalPhys = ex.ullTotalPhys;
	status->dwAvailPhys = ex.ullAvailPhys;
	status->dwTotalPageFile = ex.ullTotalPageFile;
	status->dwAvailPageFile = ex.ullAvailPageFile;
	status->dwTotalVirtual = ex.ullTotalVirtual;
	status->dwAvailVirtual = ex.ullAvailVirtual;
}

DWORD WINAPI GetVersion(VOID)
{
	return VERSION_MAJOR | VERSION_MINOR << 8 | (DWORD)VERSION_BUILD << 16;
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA info)
{
	if (info->dwOSVersionInfoSize < sizeof(*info))
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	info->dwMajorVersion = VERSION_MAJOR;
	info->dwMinorVersion = VERSION_MINOR;
	info->dwBuildNumber = VERSION_BUILD;
	info->dwPlatformId = VER_PLATFORM_WIN32_NT;
	info->szCSDVersion[0] = '\0';
	return TRUE;
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW info)
{
	if (info->dwOSVersionInfoSize < sizeof(*info))
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	info->dwMajorVersion = VERSION_MAJOR;
	info->dwMinorVersion = VERSION_MINOR;
	info->dwBuildNumber = VERSION_BUILD;
	info->dwPlatformId = VER_PLATFORM_WIN32_NT;
	info->szCSDVersion[0] = 0;
	return TRUE;
}

/* names */

/*
 * Give a name of *sizep units room; *sizep becomes the length without the terminator, or
 * with it when it did not fit (@error then).
 */
static BOOL give_name(const char *name, LPSTR buffer, LPDWORD sizep, DWORD error)
{
	DWORD len = (DWORD)strlen(name);

	if (!buffer || *sizep < len + 1) {
		*sizep = len + 1;
		return thread_fail(error);
	}
	memcpy(buffer, name, len + 1);
	*sizep = len;
	return TRUE;
}

static BOOL give_name_wide(const char *name, LPWSTR buffer, LPDWORD sizep, DWORD error)
{
	bool invalid = false;
	size_t len = text_to_wide(name, strlen(name), NULL, 0, &invalid);

	if (!buffer || *sizep < len + 1) {
		*sizep = (DWORD)len + 1;
		return thread_fail(error);
	}
	text_to_wide(name, strlen(name), buffer, len, &invalid);
	buffer[len] = 0;
	*sizep = (DWORD)len;
	return TRUE;
}

/* The NetBIOS form: the first label, at most fifteen characters, in capitals. */
static void computer_name(char *name, bool netbios)
{
	gethostname(name, HOST_NAME_MAX);
	name[HOST_NAME_MAX] = '\0';
	if (!netbios)
		return;
	name[strcspn(name, ".")] = '\0';
	name[MAX_COMPUTERNAME_LENGTH] = '\0';
	for (char *p = name; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
}

BOOL WINAPI GetComputerNameA(LPSTR buffer, LPDWORD sizep)
{
	char name[HOST_NAME_MAX + 1];

	computer_name(name, true);
	return give_name(name, buffer, sizep, ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD sizep)
{
	char name[HOST_NAME_MAX + 1];

	computer_name(name, true);
	return give_name_wide(name, buffer, sizep, ERROR_BUFFER_OVERFLOW);
}

/* Which part of the host's name a format asks for; false for no format. */
static bool computer_name_part(COMPUTER_NAME_FORMAT format, char *name)
{
	char *dot;

	if ((unsigned)format >= ComputerNameMax)
		return false;
	computer_name(name, format == ComputerNameNetBIOS ||
				    format == ComputerNamePhysicalNetBIOS);
	dot = strchr(name, '.');
	switch (format) {
	case ComputerNameDnsHostname:
	case ComputerNamePhysicalDnsHostname:
		if (dot)
			*dot = '\0';
		break;
	case ComputerNameDnsDomain:
	case ComputerNamePhysicalDnsDomain:
		memmove(name, dot ? dot + 1 : "", strlen(dot ? dot + 1 : "") + 1);
		break;
	default:
		break;
	}
	return true;
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT format, LPSTR buffer, LPDWORD sizep)
{
	char name[HOST_NAME_MAX + 1];

	if (!computer_name_part(format, name))
		return thread_fail(ERROR_INVALID_PARAMETER);
	return give_name(name, buffer, sizep, ERROR_MORE_DATA);
}

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT format, LPWSTR buffer, LPDWORD sizep)
{
	char name[HOST_NAME_MAX + 1];

	if (!computer_name_part(format, name))
		return thread_fail(ERROR_INVALID_PARAMETER);
	return give_name_wide(name, buffer, sizep, ERROR_MORE_DATA);
}

/* These two count the terminator also when the name fits. */
BOOL WINAPI GetUserNameA(LPSTR buffer, LPDWORD sizep)
{
	char *name = account_user_name(geteuid());
	BOOL ok;

	if (!name)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = give_name(name, buffer, sizep, ERROR_INSUFFICIENT_BUFFER);
	*sizep += ok ? 1 : 0;
	free(name);
	return ok;
}

BOOL WINAPI GetUserNameW(LPWSTR buffer, LPDWORD sizep)
{
	char *name = account_user_name(geteuid());
	BOOL ok;

	if (!name)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = give_name_wide(name, buffer, sizep, ERROR_INSUFFICIENT_BUFFER);
	*sizep += ok ? 1 : 0;
	free(name);
	return ok;
}

/* folders: where the system's programs are, in the form that comes back from every call */

static UINT give_folder(const char *folder, LPSTR buffer, UINT size)
{
	UINT len = (UINT)strlen(folder);

	if (!buffer || size <= len)
		return len + 1;
	memcpy(buffer, folder, len + 1);
	return len;
}

static UINT give_folder_wide(const char *folder, LPWSTR buffer, UINT size)
{
	UINT len = (UINT)strlen(folder), i;

	if (!buffer || size <= len)
		return len + 1;
	for (i = 0; i <= len; i++)
		buffer[i] = (BYTE)folder[i];
	return len;
}

UINT WINAPI GetSystemDirectoryA(LPSTR buffer, UINT size)
{
	return give_folder(SYSTEM_FOLDER, buffer, size);
}

UINT WINAPI GetSystemDirectoryW(LPWSTR buffer, UINT size)
{
	return give_folder_wide(SYSTEM_FOLDER, buffer, size);
}

UINT WINAPI GetWindowsDirectoryA(LPSTR buffer, UINT size)
{
	return give_folder(WINDOWS_FOLDER, buffer, size);
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR buffer, UINT size)
{
	return give_folder_wide(WINDOWS_FOLDER, buffer, size);
}
