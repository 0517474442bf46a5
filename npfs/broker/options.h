/* SPDX-License-Identifier: MIT */
/*
 * The command line of npfsd
 */
#pragma once

#include <stdbool.h>

#include "npfs/base/log.h"
#include "npfs/broker/limits.h"
#include "npfs/proto/place.h"

struct np_options {
	struct np_place place; /* where to listen */
	bool is_foreground;
	bool serves_all;  /* every user's processes, not only our user's and root's */
	bool removes_dir; /* the socket's directory goes with the socket */
	bool uses_syslog;
	enum np_log_level log_level;
	int ready_fd;         /* gets one byte when the broker listens, or -1; owned */
	unsigned idle_exit;   /* seconds without a client before it leaves; 0: never */
	unsigned claim_time;  /* seconds others wait for who must claim (recovery.h) */
	unsigned socket_mode; /* permissions of the socket file */
	uint32_t administrators_gid;  /* NP_SEC_NO_GID: none */
	uint32_t local_service_uid;   /* NP_SEC_NO_UID: none */
	uint32_t network_service_uid; /* NP_SEC_NO_UID: none */
	struct np_limit_values limits;
};

enum np_options_result {
	NP_OPTIONS_RUN,
	NP_OPTIONS_EXIT_OK, /* --help or --version was answered */
	NP_OPTIONS_EXIT_USAGE,
};

enum np_options_result np_options_parse(struct np_options *options, int argc,
					char **argv);
