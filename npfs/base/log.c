/* SPDX-License-Identifier: MIT */
/*
 * The log sink. A line is formatted into a buffer on the stack and given to the sink as a
 * whole; the standard-error sink writes it with one call, so lines of several threads and
 * processes do not mix. Lines longer than the buffer are cut. errno is preserved.
 *
 * The sink and its level are set up at start, before other threads log.
 */
#include "npfs/base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_CAP 1024

/* Debug masks are known once this bit is set beside them. */
#define MASKS_KNOWN 0x80000000u

static const struct {
	const char *name;
	unsigned mask;
} mask_names[] = {
	{"err", NP_DEBUG_ERR},   {"io", NP_DEBUG_IO},   {"conn", NP_DEBUG_CONN},
	{"name", NP_DEBUG_NAME}, {"all", NP_DEBUG_ALL},
};

static void sink_stderr(enum np_log_level level, const char *line, void *user);

static _Atomic unsigned debug_masks;
static _Atomic int log_level = NP_LOG_INFO;
static np_log_sink_fn log_sink = sink_stderr; /* written at start only */
static void *log_user;                        /* borrowed from whoever set the sink */

static void sink_stderr(enum np_log_level level, const char *line, void *user)
{
	char out[LINE_CAP + 16];
	ssize_t written;
	int n;

	(void)level;
	(void)user;
	n = snprintf(out, sizeof(out), "npfs: %s\n", line);
	if (n <= 0)
		return;
	/* Nobody is left to tell when standard error itself fails. */
	written = write(STDERR_FILENO, out, np_min_size((size_t)n, sizeof(out) - 1));
	(void)written;
}

static void sink_syslog(enum np_log_level level, const char *line, void *user)
{
	(void)user;
	syslog((int)level, "%s", line);
}

/* Logs one line; see np_log(). */
void np_logv(enum np_log_level level, const char *fmt, va_list ap)
{
	char line[LINE_CAP];
	int saved = errno;

	if ((int)level <= atomic_load_explicit(&log_level, memory_order_relaxed) ||
	    (level == NP_LOG_DEBUG && np_debug_is_on(NP_DEBUG_ALL))) {
		if (vsnprintf(line, sizeof(line), fmt, ap) >= 0)
			log_sink(level, line, log_user);
	}
	errno = saved;
}

/**
 * np_log() - log one line
 * @level:	how bad it is
 * @fmt:	printf format, without a newline at the end
 *
 * Dropped when @level is above the level in force, except that debug lines pass while a
 * debug mask is on. May be called from any thread. errno is preserved.
 */
void np_log(enum np_log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	np_logv(level, fmt, ap);
	va_end(ap);
}

/* Lets lines up to @level pass. The start value is NP_LOG_INFO. */
void np_log_set_level(enum np_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

/* Sends lines to @sink; NULL restores standard error. Call it before threads start. */
void np_log_set_sink(np_log_sink_fn sink, void *user)
{
	log_sink = sink ? sink : sink_stderr;
	log_user = user;
}

/* Sends lines to syslog as @ident, which must stay valid. */
void np_log_use_syslog(const char *ident)
{
	openlog(ident, LOG_PID, LOG_DAEMON);
	np_log_set_sink(sink_syslog, NULL);
}

/* Sends lines to standard error. */
void np_log_use_stderr(void)
{
	np_log_set_sink(NULL, NULL);
}

/*
 * The masks named in the comma list @list; unknown names count for nothing, NULL is
 * none.
 */
unsigned np_debug_parse(const char *list)
{
	unsigned masks = 0;

	while (list && *list) {
		size_t len = strcspn(list, ",");
		size_t i;

		for (i = 0; i < NP_ARRAY_LEN(mask_names); i++) {
			if (strlen(mask_names[i].name) == len &&
			    memcmp(mask_names[i].name, list, len) == 0)
				masks |= mask_names[i].mask;
		}
		list += len;
		if (*list == ',')
			list++;
	}
	return masks;
}

/* Sets the masks, whatever the environment says. */
void np_debug_set(unsigned masks)
{
	atomic_store_explicit(&debug_masks, (masks & NP_DEBUG_ALL) | MASKS_KNOWN,
			      memory_order_relaxed);
}

/* Is any of the bits of @mask on? */
bool np_debug_is_on(unsigned mask)
{
	unsigned masks = atomic_load_explicit(&debug_masks, memory_order_relaxed);

	if (NP_UNLIKELY(!(masks & MASKS_KNOWN))) {
		/* Two threads may both come here; they store the same value. */
		np_debug_set(np_debug_parse(secure_getenv("NPFS_DEBUG")));
		masks = atomic_load_explicit(&debug_masks, memory_order_relaxed);
	}
	return (masks & mask & NP_DEBUG_ALL) != 0;
}
