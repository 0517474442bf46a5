/* SPDX-License-Identifier: MIT */
/*
 * winsock2.h - sockets: the POSIX ones, under the few names that differ
 *
 * A SOCKET is a descriptor. Errors are errno's, and WSAGetLastError gives them as WSAE...
 * values. There are no overlapped sockets.
 */
#ifndef NPFS_W32_WINSOCK2_H
#define NPFS_W32_WINSOCK2_H

#include "windef.h"
#include "winerror.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

NPFS_W32_BEGIN

typedef int SOCKET;
#define INVALID_SOCKET (-1)
#define SOCKET_ERROR   (-1)

#define SD_RECEIVE SHUT_RD
#define SD_SEND    SHUT_WR
#define SD_BOTH    SHUT_RDWR

typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE;
typedef struct in_addr IN_ADDR, *PIN_ADDR;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef struct linger LINGER, *PLINGER, *LPLINGER;

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN  128

typedef struct WSAData {
	WORD wVersion;
	WORD wHighVersion;
	unsigned short iMaxSockets;
	unsigned short iMaxUdpDg;
	char *lpVendorInfo;
	char szDescription[WSADESCRIPTION_LEN + 1];
	char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

NPFS_W32_INLINE int WSAStartup(WORD version, LPWSADATA data)
{
	memset(data, 0, sizeof(*data));
	data->wVersion = version;
	data->wHighVersion = MAKEWORD(2, 2);
	return 0;
}

NPFS_W32_INLINE int WSACleanup(void)
{
	return 0;
}

NPFS_W32_INLINE int WSAGetLastError(void)
{
	switch (errno) {
	case 0:
		return 0;
	case EINTR:
		return WSAEINTR;
	case EBADF:
		return WSAENOTSOCK;
	case EACCES:
		return WSAEACCES;
	case EFAULT:
		return WSAEFAULT;
	case EINVAL:
		return WSAEINVAL;
	case EMFILE:
	case ENFILE:
		return WSAEMFILE;
	case EAGAIN:
		return WSAEWOULDBLOCK;
	case EINPROGRESS:
		return WSAEWOULDBLOCK;
	case EALREADY:
		return WSAEALREADY;
	case ENOTSOCK:
		return WSAENOTSOCK;
	case EDESTADDRREQ:
		return WSAEDESTADDRREQ;
	case EMSGSIZE:
		return WSAEMSGSIZE;
	case EPROTOTYPE:
		return WSAEPROTOTYPE;
	case ENOPROTOOPT:
		return WSAENOPROTOOPT;
	case EPROTONOSUPPORT:
		return WSAEPROTONOSUPPORT;
	case EOPNOTSUPP:
		return WSAEOPNOTSUPP;
	case EAFNOSUPPORT:
		return WSAEAFNOSUPPORT;
	case EADDRINUSE:
		return WSAEADDRINUSE;
	case EADDRNOTAVAIL:
		return WSAEADDRNOTAVAIL;
	case ENETDOWN:
		return WSAENETDOWN;
	case ENETUNREACH:
		return WSAENETUNREACH;
	case ECONNABORTED:
		return WSAECONNABORTED;
	case EPIPE:
	case ECONNRESET:
		return WSAECONNRESET;
	case ENOMEM:
	case ENOBUFS:
		return WSAENOBUFS;
	case EISCONN:
		return WSAEISCONN;
	case ENOTCONN:
		return WSAENOTCONN;
	case ETIMEDOUT:
		return WSAETIMEDOUT;
	case ECONNREFUSED:
		return WSAECONNREFUSED;
	case EHOSTUNREACH:
		return WSAEHOSTUNREACH;
	default:
		return WSASYSNOTREADY;
	}
}

typedef struct pollfd WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;

NPFS_W32_INLINE int WSAPoll(LPWSAPOLLFD fds, ULONG n, INT timeout)
{
	return poll(fds, n, timeout);
}

NPFS_W32_INLINE int closesocket(SOCKET s)
{
	return close(s);
}

NPFS_W32_INLINE int ioctlsocket(SOCKET s, int command, ULONG *argument)
{
	int value = (int)*argument;
	int result = ioctl(s, (unsigned long)(unsigned)command, &value);

	if (result == 0)
		*argument = (ULONG)value;
	return result;
}

NPFS_W32_END

#endif
