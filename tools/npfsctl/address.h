/* SPDX-License-Identifier: MIT */
/*
 * Addresses of byte streams: unix:PATH, tcp:HOST:PORT on this computer, stdio
 *
 * TCP is for this computer only: whoever can reach the port acts as the user of npfsctl, and
 * there is nothing that would ask who that is.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

enum ctl_address_kind {
	CTL_ADDRESS_UNIX,
	CTL_ADDRESS_TCP,
	CTL_ADDRESS_STDIO,
};

struct ctl_address {
	enum ctl_address_kind kind;
	struct sockaddr_storage name;
	socklen_t name_len;
};

bool ctl_address_parse(const char *text, struct ctl_address *addressp);
int ctl_address_connect(const struct ctl_address *address);
int ctl_address_listen(const struct ctl_address *address);
