/* SPDX-License-Identifier: MIT */
/*
 * Reading, connecting to and listening on addresses (model: address.h)
 */
#include "tools/npfsctl/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/npfsctl/ctl.h"

#define BACKLOG 64

static bool parse_unix(const char *path, struct ctl_address *address)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(un.sun_path))
		return false;
	memcpy(un.sun_path, path, len + 1);
	memcpy(&address->name, &un, sizeof(un));
	address->name_len = sizeof(un);
	address->kind = CTL_ADDRESS_UNIX;
	return true;
}

static bool parse_port(const char *text, in_port_t *portp)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 65535 || text[0] == '-')
		return false;
	*portp = htons((uint16_t)value);
	return true;
}

static bool parse_tcp(const char *text, struct ctl_address *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	const char *colon = strrchr(text, ':');
	char host[16];
	in_port_t port;

	if (!colon || !parse_port(colon + 1, &port) || (size_t)(colon - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = 0;
	address->kind = CTL_ADDRESS_TCP;
	if (strcmp(host, "[::1]") == 0) {
		in6.sin6_port = port;
		memcpy(&address->name, &in6, sizeof(in6));
		address->name_len = sizeof(in6);
		return true;
	}
	if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
		      &in.sin_addr) != 1 ||
	    ntohl(in.sin_addr.s_addr) >> 24 != 127)
		return false;
	in.sin_port = port;
	memcpy(&address->name, &in, sizeof(in));
	address->name_len = sizeof(in);
	return true;
}

/* ctl_address_parse() - read an argument; complains by itself */
bool ctl_address_parse(const char *text, struct ctl_address *addressp)
{
	memset(addressp, 0, sizeof(*addressp));
	if (strcmp(text, "stdio") == 0) {
		addressp->kind = CTL_ADDRESS_STDIO;
		return true;
	}
	if (strncmp(text, "unix:", 5) == 0 && parse_unix(text + 5, addressp))
		return true;
	if (strncmp(text, "tcp:", 4) == 0 && parse_tcp(text + 4, addressp))
		return true;
	ctl_warn("%s: not unix:PATH, tcp:HOST:PORT on this computer or stdio", text);
	return false;
}

/* ctl_address_connect() - Return: descriptor, owned by the caller, or -1 with errno */
int ctl_address_connect(const struct ctl_address *address)
{
	int fd = socket(address->name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -1;
	do
		r = connect(fd, (const struct sockaddr *)&address->name, address->name_len);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* Says where, so that who waits for the socket, or asked for any port, knows. */
static void announce(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	char host[INET6_ADDRSTRLEN];
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	struct sockaddr_un un;

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return;
	if (name.ss_family == AF_UNIX) {
		memcpy(&un, &name, sizeof(un));
		printf("listening on unix:%s\n", un.sun_path);
	} else if (name.ss_family == AF_INET) {
		memcpy(&in, &name, sizeof(in));
		printf("listening on tcp:%s:%u\n",
		       inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host)),
		       ntohs(in.sin_port));
	} else {
		memcpy(&in6, &name, sizeof(in6));
		printf("listening on tcp:[::1]:%u\n", ntohs(in6.sin6_port));
	}
	fflush(stdout);
}

/*
 * ctl_address_listen() - listen, and say where on standard output
 *
 * A Unix socket is for its user only.
 * Return: descriptor, owned by the caller, or -1 with errno.
 */
int ctl_address_listen(const struct ctl_address *address)
{
	int fd = socket(address->name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;
	mode_t mask;
	int r;

	if (fd < 0)
		return -1;
	if (address->kind == CTL_ADDRESS_TCP)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&address->name, address->name_len);
	umask(mask);
	if (r == 0)
		r = listen(fd, BACKLOG);
	if (r < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	announce(fd);
	return fd;
}
