/* SPDX-License-Identifier: MIT */
/*
 * What a conformance case sees of the harness.
 *
 * A case is a function without arguments that drives the implementation under test
 * through <windows.h> alone and says with the EXPECT_… macros what must be true. It runs
 * in a process of its own, so the first expectation that does not hold ends that
 * process: nothing has to be cleaned up by hand, and a crash or a hang costs one case.
 *
 *	static void connect_before_server_asks(void)
 *	{
 *		…
 *		EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_CONNECTED);
 *	}
 *
 *	const struct conf_case listen_sync_cases[] = {
 *		CASE("79", connect_before_server_asks, "T", "3.2", "…what is true…"),
 *		CASE_END
 *	};
 *
 * The table is then named in cases/tables.def. There are no constructors and no linker
 * sections: what is not in that file is not in the suite.
 *
 * Rules for cases: only names of <windows.h> and of this folder; every pipe name from
 * case_pipe_name(); no sleeping (events with deadlines; EXPECT_BLOCKED and
 * EXPECT_STILL_PENDING contain the only bounded waits); functions that an implementation
 * may lack are looked up at run time and answered with SKIP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

/* Personalities, as a set: what an implementation imitates (kb-restrictions, D). */
enum {
	P_BOOK = 1,
	P_MODERN = 2, /* Windows itself and Wine are this one */
	P_NT4 = 4,
	P_W95 = 8,
	P_LANMAN = 16,

	P_DEFAULT = P_BOOK | P_MODERN,
	P_ENGINE =
		P_BOOK | P_MODERN | P_NT4, /* all that can create pipes through Win32 */
};

/* How long what must happen may take, and how long "it stays blocked" is watched. */
#define CONF_SOON_MS  20000
#define CONF_WATCH_MS 50

struct conf_case {
	const char *id;   /* number in the list of cases, or the article, or a row name */
	const char *name; /* unique in its area; says what is true */
	const char
		*evidence;   /* tag of the claim: T N F R D K B C W I, several together */
	const char *section; /* where the rule is written down */
	const char *what;    /* the rule in one sentence */
	const char *file;
	int line;
	unsigned personalities;
	void (*run)(void);
};

#define CASE_FOR(set, id, fn, evidence, section, what)                                   \
	{                                                                                \
		id, #fn, evidence, section, what, __FILE__, __LINE__, set, fn            \
	}
#define CASE(id, fn, evidence, section, what)                                            \
	CASE_FOR(P_DEFAULT, id, fn, evidence, section, what)
#define CASE_END                                                                         \
	{                                                                                \
		NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL                           \
	}

/* ---- outcome ---- */

/* Ends the case as failed. Never returns. */
#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 4, 5)))
#endif
void conf_fail(const char *file, int line, const char *expected, const char *got_format,
	       ...);

/* Ends the case as skipped: the implementation lacks something the case needs. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void conf_skip(const char *reason);

#define SKIP(reason) conf_skip(reason)

/* A line of explanation, shown with the result when the case fails. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void conf_note(const char *format, ...);

/* ---- expectations ---- */

#define CONF_UNTOUCHED_ERROR 0xdeadbeefu

/* The call returns nonzero. */
#define EXPECT_TRUE(call)                                                                \
	do {                                                                             \
		SetLastError(CONF_UNTOUCHED_ERROR);                                      \
		conf_check_true(__FILE__, __LINE__, #call, (call) ? 1 : 0);              \
	} while (0)

/* The call returns zero and leaves this last error. */
#define EXPECT_FAILS(call, error)                                                        \
	do {                                                                             \
		SetLastError(CONF_UNTOUCHED_ERROR);                                      \
		conf_check_fails(__FILE__, __LINE__, #call, (call) ? 1 : 0, (error));    \
	} while (0)

/* The call returns a handle; it is stored in var. */
#define EXPECT_HANDLE(var, call)                                                         \
	do {                                                                             \
		SetLastError(CONF_UNTOUCHED_ERROR);                                      \
		(var) = (call);                                                          \
		conf_check_handle(__FILE__, __LINE__, #call, (var));                     \
	} while (0)

/* The call returns INVALID_HANDLE_VALUE (not NULL) and leaves this last error. */
#define EXPECT_NO_HANDLE(call, error)                                                    \
	do {                                                                             \
		HANDLE conf_h_;                                                          \
		SetLastError(CONF_UNTOUCHED_ERROR);                                      \
		conf_h_ = (call);                                                        \
		conf_check_no_handle(__FILE__, __LINE__, #call, conf_h_, (error));       \
	} while (0)

#define EXPECT_EQ(expr, wanted)                                                          \
	conf_check_eq(__FILE__, __LINE__, #expr, (unsigned long long)(expr),             \
		      (unsigned long long)(wanted), false)
#define EXPECT_HEX(expr, wanted)                                                         \
	conf_check_eq(__FILE__, __LINE__, #expr, (unsigned long long)(expr),             \
		      (unsigned long long)(wanted), true)
#define EXPECT_ERROR(expr, wanted) /* both are Win32 error codes */                      \
	conf_check_error(__FILE__, __LINE__, #expr, (expr), (wanted))
#define EXPECT_STATUS(expr, wanted) /* both are NTSTATUS values */                       \
	conf_check_status(__FILE__, __LINE__, #expr, (uint32_t)(expr), (uint32_t)(wanted))
#define EXPECT_MEM(got, wanted, len)                                                     \
	conf_check_mem(__FILE__, __LINE__, #got, (got), (wanted), (len))
#define EXPECT_STR(got, wanted) conf_check_str(__FILE__, __LINE__, #got, (got), (wanted))
#define EXPECT_THAT(condition)                                                           \
	conf_check_that(__FILE__, __LINE__, #condition, (condition) ? true : false)

void conf_check_true(const char *file, int line, const char *call, int result);
void conf_check_fails(const char *file, int line, const char *call, int result,
		      DWORD error);
void conf_check_handle(const char *file, int line, const char *call, HANDLE h);
void conf_check_no_handle(const char *file, int line, const char *call, HANDLE h,
			  DWORD error);
void conf_check_eq(const char *file, int line, const char *expr, unsigned long long got,
		   unsigned long long wanted, bool as_hex);
void conf_check_error(const char *file, int line, const char *expr, DWORD got,
		      DWORD wanted);
void conf_check_status(const char *file, int line, const char *expr, uint32_t got,
		       uint32_t wanted);
void conf_check_mem(const char *file, int line, const char *expr, const void *got,
		    const void *wanted, size_t len);
void conf_check_str(const char *file, int line, const char *expr, const char *got,
		    const char *wanted);
void conf_check_that(const char *file, int line, const char *condition, bool holds);

/* Readable forms, "231 ERROR_PIPE_BUSY" and "0xC00000AB INSTANCE_NOT_AVAILABLE". */
const char *conf_error_text(DWORD error);
const char *conf_status_text(uint32_t status);

/* ---- the surroundings of a case ---- */

/* The one personality this process runs under. */
unsigned personality(void);

/* A pipe name nobody else has, "\\.\pipe\conf-PID-N"; lives as long as the process. */
const char *case_pipe_name(void);

/* The part of such a name behind "\\.\pipe\". */
const char *case_name_tail(const char *pipe_name);

/*
 * Joins two strings in storage that lives as long as the process; for names built from
 * other names.
 */
const char *case_join(const char *a, const char *b);

/* ASCII text as UTF-16, for the wide entry points; lives as long as the process. */
const WCHAR *case_wide(const char *ascii);

/* ---- helper processes ---- */

/*
 * A helper is this very program in another process, running a named role (a function from
 * cases/tables.def). It talks in lines over its standard input and output. A helper ends
 * when its input ends, at the latest when the case does.
 */
struct helper;

/*
 * role_personality: NULL for the case's own, or one of book modern nt4 w95 lanman (which
 * Windows and Wine ignore). The arguments end with NULL. Fails the case when the process
 * cannot be started.
 */
struct helper *helper_start(const char *role_personality, const char *role, ...);
/* Waits for one line (without its end); fails the case at the end of the output. */
const char *helper_line(struct helper *h);
void helper_tell(struct helper *h, const char *line);
DWORD helper_pid(const struct helper *h);
/* Closes the helper's input, waits for its end; returns its exit code. */
int helper_finish(struct helper *h);
/* Ends it at once and waits until it is gone. */
void helper_kill(struct helper *h);

#define EXPECT_HELPER_SAYS(h, wanted)                                                    \
	conf_check_str(__FILE__, __LINE__, "line from the helper", helper_line(h),       \
		       (wanted))

/* For roles: one line out (flushed), one line in (false at the end of the input). */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void role_say(const char *format, ...);
bool role_hear(char *line, size_t cap);

struct conf_role {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* ---- registry, filled from cases/tables.def by cases/index.c ---- */

struct conf_table {
	const char *area;
	const struct conf_case *cases;
};

extern const struct conf_table conf_tables[]; /* ends with a NULL area */
extern const struct conf_role conf_roles[];   /* ends with a NULL name */
