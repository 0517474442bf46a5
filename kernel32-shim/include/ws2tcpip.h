/* SPDX-License-Identifier: MIT */
/*
 * ws2tcpip.h - addresses, names and IPv6, over the POSIX headers
 */
#ifndef NPFS_W32_WS2TCPIP_H
#define NPFS_W32_WS2TCPIP_H

#include "winsock2.h"
#include <netinet/tcp.h>

typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR;
typedef struct addrinfo ADDRINFOA, *PADDRINFOA;

#define InetPtonA    inet_pton
#define InetNtopA    inet_ntop
#define GetAddrInfoA getaddrinfo

#endif
