/* SPDX-License-Identifier: MIT */
/*
 * The rows of the personality table that the Win32 face needs, looked up once
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

struct rules {
	const char *personality; /* whose values these are */
	bool offset_must_be_zero;
	bool overflow_sends_packet;
	bool overlapped_io;
	bool control_fails_late;
	bool identity_queries;
	bool first_instance_flag;
	bool anonymous_name;
	bool reject_remote_flag;
	bool colon_name;
	int64_t path_max; /* units; negative: no limit */
	DWORD server_error;
	DWORD wait_bad_name_error;
	DWORD wait_no_pipe_error;
	DWORD open_no_pipe_error;
};

/* rules_get() - the values for the process's personality; never NULL */
const struct rules *rules_get(void);
