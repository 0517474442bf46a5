/* SPDX-License-Identifier: MIT */
/*
 * company.c - the Win32 headers between the C library's, none of which may mind
 *
 * Some headers of the C library come first, some last, and those last must find no word
 * of theirs taken by a macro.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <windows.h>
#include <winternl.h>
#include <winioctl.h>
#include <aclapi.h>
#include <sddl.h>
#include <conio.h>
#include <process.h>
#include <tchar.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#ifdef __cplusplus
#include <algorithm>
#include <string>
#include <vector>
#include <map>
#include <iostream>
#include <limits>
#endif

DWORD company_of_both(const char *name, int fd);

DWORD company_of_both(const char *name, int fd)
{
	struct stat st;
	HANDLE h = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

	if (h == INVALID_HANDLE_VALUE || fstat(fd, &st) != 0)
		return GetLastError();
	return CloseHandle(h) ? (DWORD)strlen(name) : (DWORD)errno;
}
