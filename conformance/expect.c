/* SPDX-License-Identifier: MIT */
/*
 * The inside of a case's process: expectations, names, personality, helpers.
 *
 * The result travels to the runner as lines on standard output: a mark "@@", a word, a
 * tab, and fields separated by tabs. The first fail or skip line ends the process; a
 * process that ends without having said anything has crashed. Expectations may be used
 * from any thread of the case: whoever comes first decides.
 */
#include "conformance/harness.h"

#include "conformance/platform.h"
#include "conformance/protocol.h"

#include <stdarg.h>
#include <stdlib.h>

static LONG result_is_said;

static const struct {
	DWORD code;
	const char *name;
} error_names[] = {
	{0, "ERROR_SUCCESS"},
	{1, "ERROR_INVALID_FUNCTION"},
	{2, "ERROR_FILE_NOT_FOUND"},
	{3, "ERROR_PATH_NOT_FOUND"},
	{5, "ERROR_ACCESS_DENIED"},
	{6, "ERROR_INVALID_HANDLE"},
	{8, "ERROR_NOT_ENOUGH_MEMORY"},
	{18, "ERROR_NO_MORE_FILES"},
	{24, "ERROR_BAD_LENGTH"},
	{50, "ERROR_NOT_SUPPORTED"},
	{53, "ERROR_BAD_NETPATH"},
	{56, "ERROR_TOO_MANY_CMDS"},
	{87, "ERROR_INVALID_PARAMETER"},
	{109, "ERROR_BROKEN_PIPE"},
	{120, "ERROR_CALL_NOT_IMPLEMENTED"},
	{121, "ERROR_SEM_TIMEOUT"},
	{122, "ERROR_INSUFFICIENT_BUFFER"},
	{123, "ERROR_INVALID_NAME"},
	{161, "ERROR_BAD_PATHNAME"},
	{183, "ERROR_ALREADY_EXISTS"},
	{206, "ERROR_FILENAME_EXCED_RANGE"},
	{229, "ERROR_PIPE_LOCAL"},
	{230, "ERROR_BAD_PIPE"},
	{231, "ERROR_PIPE_BUSY"},
	{232, "ERROR_NO_DATA"},
	{233, "ERROR_PIPE_NOT_CONNECTED"},
	{234, "ERROR_MORE_DATA"},
	{258, "WAIT_TIMEOUT"},
	{535, "ERROR_PIPE_CONNECTED"},
	{536, "ERROR_PIPE_LISTENING"},
	{995, "ERROR_OPERATION_ABORTED"},
	{996, "ERROR_IO_INCOMPLETE"},
	{997, "ERROR_IO_PENDING"},
	{998, "ERROR_NOACCESS"},
	{1168, "ERROR_NOT_FOUND"},
	{1314, "ERROR_PRIVILEGE_NOT_HELD"},
	{1346, "ERROR_BAD_IMPERSONATION_LEVEL"},
	{1347, "ERROR_CANT_OPEN_ANONYMOUS"},
	{1368, "ERROR_CANNOT_IMPERSONATE"},
	{1450, "ERROR_NO_SYSTEM_RESOURCES"},
	{1784, "ERROR_INVALID_USER_BUFFER"},
	{1816, "ERROR_NOT_ENOUGH_QUOTA"},
	{CONF_UNTOUCHED_ERROR, "last error left untouched"},
};

static const struct {
	uint32_t code;
	const char *name;
} status_names[] = {
	{0x00000000, "SUCCESS"},
	{0x000000C0, "USER_APC"},
	{0x00000102, "TIMEOUT"},
	{0x00000103, "PENDING"},
	{0x80000005, "BUFFER_OVERFLOW"},
	{0x80000006, "NO_MORE_FILES"},
	{0x8000000A, "HANDLES_CLOSED"},
	{0xC0000002, "NOT_IMPLEMENTED"},
	{0xC0000003, "INVALID_INFO_CLASS"},
	{0xC0000004, "INFO_LENGTH_MISMATCH"},
	{0xC0000005, "ACCESS_VIOLATION"},
	{0xC0000008, "INVALID_HANDLE"},
	{0xC000000D, "INVALID_PARAMETER"},
	{0xC000000F, "NO_SUCH_FILE"},
	{0xC0000010, "INVALID_DEVICE_REQUEST"},
	{0xC0000022, "ACCESS_DENIED"},
	{0xC0000023, "BUFFER_TOO_SMALL"},
	{0xC0000024, "OBJECT_TYPE_MISMATCH"},
	{0xC0000033, "OBJECT_NAME_INVALID"},
	{0xC0000034, "OBJECT_NAME_NOT_FOUND"},
	{0xC0000035, "OBJECT_NAME_COLLISION"},
	{0xC0000039, "OBJECT_PATH_INVALID"},
	{0xC000003A, "OBJECT_PATH_NOT_FOUND"},
	{0xC000003B, "OBJECT_PATH_SYNTAX_BAD"},
	{0xC0000061, "PRIVILEGE_NOT_HELD"},
	{0xC00000AB, "INSTANCE_NOT_AVAILABLE"},
	{0xC00000AC, "PIPE_NOT_AVAILABLE"},
	{0xC00000AD, "INVALID_PIPE_STATE"},
	{0xC00000AE, "PIPE_BUSY"},
	{0xC00000AF, "ILLEGAL_FUNCTION"},
	{0xC00000B0, "PIPE_DISCONNECTED"},
	{0xC00000B1, "PIPE_CLOSING"},
	{0xC00000B2, "PIPE_CONNECTED"},
	{0xC00000B3, "PIPE_LISTENING"},
	{0xC00000B4, "INVALID_READ_MODE"},
	{0xC00000B5, "IO_TIMEOUT"},
	{0xC00000BB, "NOT_SUPPORTED"},
	{0xC00000D9, "PIPE_EMPTY"},
	{0xC0000120, "CANCELLED"},
	{0xC000014B, "PIPE_BROKEN"},
	{0xC0000225, "NOT_FOUND"},
};

/* A few buffers in turn, so that two texts fit into one message. */
static char *text_slot(void)
{
	static char slots[8][96];
	static LONG next;

	return slots[(ULONG)InterlockedIncrement(&next) % 8];
}

const char *conf_error_text(DWORD error)
{
	char *slot = text_slot();
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
		if (error_names[i].code == error)
			name = error_names[i].name;
	if (error == CONF_UNTOUCHED_ERROR)
		snprintf(slot, 96, "(%s)", name);
	else
		snprintf(slot, 96, "%lu%s%s", (unsigned long)error, name ? " " : "",
			 name ? name : "");
	return slot;
}

const char *conf_status_text(uint32_t status)
{
	char *slot = text_slot();
	const char *name = "";

	for (size_t i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++)
		if (status_names[i].code == status)
			name = status_names[i].name;
	snprintf(slot, 96, "0x%08lX %s", (unsigned long)status, name);
	return slot;
}

/* Result lines are one line each and have fixed fields, whatever the texts contain. */
static void field_print(const char *text)
{
	for (; *text; text++)
		putchar(*text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text);
}

/* True for the first caller only; everybody else waits for the end of the process. */
static void result_begin(void)
{
	if (InterlockedExchange(&result_is_said, 1) != 0)
		WaitForSingleObject(GetCurrentProcess(), INFINITE);
}

void conf_fail(const char *file, int line, const char *expected, const char *got_format,
	       ...)
{
	const char *base = strstr(file, "conformance/");
	char got[512];
	va_list args;

	va_start(args, got_format);
	vsnprintf(got, sizeof(got), got_format, args);
	va_end(args);
	result_begin();
	printf("\n" CONF_MARK_FAIL "\t");
	field_print(base ? base : file);
	printf(":%d\t", line);
	field_print(expected);
	printf("\t");
	field_print(got);
	printf("\n");
	platform_exit(CONF_EXIT_FAIL);
}

void conf_skip(const char *reason)
{
	result_begin();
	printf("\n" CONF_MARK_SKIP "\t");
	field_print(reason);
	printf("\n");
	platform_exit(CONF_EXIT_SKIP);
}

void conf_note(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("\n" CONF_MARK_NOTE "\t");
	field_print(text);
	printf("\n");
	fflush(stdout);
}

void conf_run_case(const struct conf_case *c)
{
	c->run();
	result_begin();
	printf("\n" CONF_MARK_PASS "\n");
	platform_exit(CONF_EXIT_PASS);
}

/* ---- expectations ---- */

void conf_check_true(const char *file, int line, const char *call, int result)
{
	DWORD error = GetLastError();
	char expected[512];

	if (result)
		return;
	snprintf(expected, sizeof(expected), "%s is TRUE", call);
	conf_fail(file, line, expected, "FALSE, error %s", conf_error_text(error));
}

void conf_check_fails(const char *file, int line, const char *call, int result,
		      DWORD error)
{
	DWORD got = GetLastError();
	char expected[512];

	if (!result && got == error)
		return;
	snprintf(expected, sizeof(expected), "%s is FALSE with %s", call,
		 conf_error_text(error));
	if (result)
		conf_fail(file, line, expected, "TRUE");
	conf_fail(file, line, expected, "FALSE with %s", conf_error_text(got));
}

void conf_check_handle(const char *file, int line, const char *call, HANDLE h)
{
	DWORD error = GetLastError();
	char expected[512];

	if (h && h != INVALID_HANDLE_VALUE)
		return;
	snprintf(expected, sizeof(expected), "%s is a handle", call);
	conf_fail(file, line, expected, "%s with %s", h ? "INVALID_HANDLE_VALUE" : "NULL",
		  conf_error_text(error));
}

void conf_check_no_handle(const char *file, int line, const char *call, HANDLE h,
			  DWORD error)
{
	DWORD got = GetLastError();
	char expected[512];

	if (h == INVALID_HANDLE_VALUE && got == error)
		return;
	snprintf(expected, sizeof(expected), "%s is INVALID_HANDLE_VALUE with %s", call,
		 conf_error_text(error));
	if (h == INVALID_HANDLE_VALUE)
		conf_fail(file, line, expected, "INVALID_HANDLE_VALUE with %s",
			  conf_error_text(got));
	conf_fail(file, line, expected, "%s", h ? "a handle" : "NULL");
}

void conf_check_eq(const char *file, int line, const char *expr, unsigned long long got,
		   unsigned long long wanted, bool as_hex)
{
	char expected[512];

	if (got == wanted)
		return;
	snprintf(expected, sizeof(expected), as_hex ? "%s is 0x%llX" : "%s is %llu", expr,
		 wanted);
	conf_fail(file, line, expected, as_hex ? "0x%llX" : "%llu", got);
}

void conf_check_error(const char *file, int line, const char *expr, DWORD got,
		      DWORD wanted)
{
	char expected[512];

	if (got == wanted)
		return;
	snprintf(expected, sizeof(expected), "%s is %s", expr, conf_error_text(wanted));
	conf_fail(file, line, expected, "%s", conf_error_text(got));
}

void conf_check_status(const char *file, int line, const char *expr, uint32_t got,
		       uint32_t wanted)
{
	char expected[512];

	if (got == wanted)
		return;
	snprintf(expected, sizeof(expected), "%s is %s", expr, conf_status_text(wanted));
	conf_fail(file, line, expected, "%s", conf_status_text(got));
}

void conf_check_mem(const char *file, int line, const char *expr, const void *got,
		    const void *wanted, size_t len)
{
	const unsigned char *g = got, *w = wanted;
	char expected[512];
	size_t i = 0;

	while (i < len && g[i] == w[i])
		i++;
	if (i == len)
		return;
	snprintf(expected, sizeof(expected), "%s: byte %lu of %lu is 0x%02X", expr,
		 (unsigned long)i, (unsigned long)len, w[i]);
	conf_fail(file, line, expected, "0x%02X", g[i]);
}

void conf_check_str(const char *file, int line, const char *expr, const char *got,
		    const char *wanted)
{
	char expected[512];

	if (strcmp(got, wanted) == 0)
		return;
	snprintf(expected, sizeof(expected), "%s is \"%s\"", expr, wanted);
	conf_fail(file, line, expected, "\"%s\"", got);
}

void conf_check_that(const char *file, int line, const char *condition, bool holds)
{
	DWORD error = GetLastError();

	if (!holds)
		conf_fail(file, line, condition, "it is not so (last error %s)",
			  conf_error_text(error));
}

/* ---- surroundings ---- */

unsigned personality(void)
{
	const char *name = getenv("NPFS_PERSONALITY");

	if (!platform_has_personalities())
		return P_MODERN;
	return name && *name ? conf_personality_bit(name) : P_BOOK;
}

/* Storage for the names a case makes; never freed, the process is short. */
static void *case_keep(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		conf_fail(__FILE__, __LINE__, "memory", "none");
	return p;
}

const char *case_pipe_name(void)
{
	static LONG counter;
	char *name = case_keep(64);

	snprintf(name, 64, "\\\\.\\pipe\\conf-%lu-%ld",
		 (unsigned long)GetCurrentProcessId(),
		 (long)InterlockedIncrement(&counter));
	return name;
}

const char *case_name_tail(const char *pipe_name)
{
	return pipe_name + strlen("\\\\.\\pipe\\");
}

const char *case_join(const char *a, const char *b)
{
	size_t cap = strlen(a) + strlen(b) + 1;
	char *joined = case_keep(cap);

	snprintf(joined, cap, "%s%s", a, b);
	return joined;
}

const WCHAR *case_wide(const char *ascii)
{
	size_t len = strlen(ascii);
	WCHAR *wide = case_keep((len + 1) * sizeof(*wide));

	for (size_t i = 0; i < len; i++)
		wide[i] = (WCHAR)(unsigned char)ascii[i];
	return wide;
}

/* ---- helpers ---- */

struct helper {
	struct platform_helper *process;
	const char *role;
	DWORD pid; /* kept after its end */
	char line[1024];
};

struct helper *helper_start(const char *role_personality, const char *role, ...)
{
	struct helper *h = case_keep(sizeof(*h));
	const char *argv[16] = {"", "--role", role};
	size_t n = 3;
	va_list args;

	va_start(args, role);
	do {
		if (n == sizeof(argv) / sizeof(argv[0]))
			conf_fail(__FILE__, __LINE__, "at most twelve arguments", "more");
		argv[n] = va_arg(args, const char *);
	} while (argv[n++]);
	va_end(args);
	h->role = role;
	fflush(stdout);
	h->process = platform_helper_start(argv, role_personality);
	if (!h->process)
		conf_fail(__FILE__, __LINE__, "a helper process starts",
			  "it does not (%s)", role);
	h->pid = (DWORD)platform_helper_pid(h->process);
	return h;
}

const char *helper_line(struct helper *h)
{
	if (!platform_helper_read(h->process, h->line, sizeof(h->line)))
		conf_fail(__FILE__, __LINE__, "a line from the helper", "its end (%s)",
			  h->role);
	return h->line;
}

void helper_tell(struct helper *h, const char *line)
{
	if (!platform_helper_write(h->process, line) ||
	    !platform_helper_write(h->process, "\n"))
		conf_fail(__FILE__, __LINE__, "the helper takes a line",
			  "it is gone (%s)", h->role);
}

DWORD helper_pid(const struct helper *h)
{
	return h->pid;
}

int helper_finish(struct helper *h)
{
	int code = platform_helper_finish(h->process);

	h->process = NULL;
	return code;
}

void helper_kill(struct helper *h)
{
	platform_helper_kill(h->process);
	h->process = NULL;
}

void role_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

bool role_hear(char *line, size_t cap)
{
	if (!fgets(line, (int)cap, stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}
