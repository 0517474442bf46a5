/* SPDX-License-Identifier: MIT */
/*
 * Log lines and debug masks.
 *
 * A line has a level and goes to one sink for the whole process: standard error (the
 * start value), syslog, or a function. Lines above the level in force are dropped. Debug
 * lines belong to a mask; the environment variable NPFS_DEBUG, a comma list of mask names
 * or "all", turns masks on without a rebuild:
 *
 *	NPFS_DEBUG=err,conn program
 *
 * The variable is read once, at the first question, and is ignored in a program that runs
 * with more rights than its caller (secure_getenv()). Any set mask lets debug lines pass.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "npfs/base/macro.h"

/* The numbers are those of syslog. */
enum np_log_level {
	NP_LOG_ERROR = 3,
	NP_LOG_WARNING = 4,
	NP_LOG_NOTICE = 5,
	NP_LOG_INFO = 6,
	NP_LOG_DEBUG = 7,
};

#define NP_DEBUG_ERR  0x01u /* birth of plumbing errors */
#define NP_DEBUG_IO   0x02u /* reads, writes, wake-ups */
#define NP_DEBUG_CONN 0x04u /* broker connections and requests */
#define NP_DEBUG_NAME 0x08u /* paths, names, restrictions that fire */
#define NP_DEBUG_ALL  0x0fu

/* Receives one finished line without a newline. Runs in whatever thread logs. */
typedef void (*np_log_sink_fn)(enum np_log_level level, const char *line, void *user);

void np_log(enum np_log_level level, const char *fmt, ...) NP_PRINTF(2, 3);
void np_logv(enum np_log_level level, const char *fmt, va_list ap) NP_PRINTF(2, 0);
void np_log_set_level(enum np_log_level level);
void np_log_set_sink(np_log_sink_fn sink, void *user);
void np_log_use_syslog(const char *ident);
void np_log_use_stderr(void);

unsigned np_debug_parse(const char *list);
void np_debug_set(unsigned masks);
bool np_debug_is_on(unsigned mask);

/* A debug line of one mask; the arguments are not evaluated while the mask is off. */
#define np_debug(mask, ...)                                                              \
	do {                                                                             \
		if (NP_UNLIKELY(np_debug_is_on(mask)))                                   \
			np_log(NP_LOG_DEBUG, __VA_ARGS__);                               \
	} while (0)
