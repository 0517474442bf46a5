/* SPDX-License-Identifier: MIT */
/*
 * A server: makes the name, takes clients, gives each a thread
 *
 * The first instance must make the name: a server beside another one's would get some of its
 * clients. When it has served as many clients as it was asked to, it waits for those that
 * are still there and ends.
 */
#pragma once

#include <stdint.h>

#include <npfs/npfs.h>

#include "tools/npfsctl/ctl.h"

struct ctl_server {
	struct ctl_name name;
	uint32_t type; /* NPFS_TYPE_ */
	uint32_t max_instances;
	uint64_t n_clients; /* 0: without end */
	/* Serves a client to its end; the end is borrowed. In a thread of its own. */
	int (*serve)(struct npfs_end *end, void *user);
	void *user;
};

int ctl_server_run(struct ctl_server *server);
