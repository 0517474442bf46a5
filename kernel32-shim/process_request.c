/* SPDX-License-Identifier: MIT */
/* What the caller of CreateProcess wants, from both forms.  The model is in process_create.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/process_attributes.h"
#include "kernel32-shim/process_create.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

static void request_fini(struct process_request *request)
{
	free(request->application);
	free(request->line);
	free(request->directory);
	free(request->title);
	free(request->desktop);
	free(request->environment);
}

/* A copy in UTF-8, NULL for NULL. */
typedef char *copy_text_fn(const void *text, bool *failedp);

static char *copy_text(const void *text, bool *failedp)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		*failedp = true;
	return copy;
}

static char *convert_text(const void *text, bool *failedp)
{
	bool failed = false;
	char *utf8 = text_utf8_from_wide_z(text, &failed);

	if (failed)
		*failedp = true;
	return utf8;
}

/*
 * What follows the startup information, if the flags say that something does. Both forms have
 * the same layout; @cb is their first member.
 */
static DWORD request_extend(struct process_request *request, const void *info, DWORD cb)
{
	const STARTUPINFOEXW *extended = info;

	if (!(request->flags & EXTENDED_STARTUPINFO_PRESENT))
		return 0;
	if (cb != sizeof(*extended))
		return ERROR_INVALID_PARAMETER;
	return process_attributes_apply(extended->lpAttributeList, request);
}

/* A block of strings that ends with an empty one, in UTF-8; NULL for NULL. */
static char *copy_environment(const void *block, bool is_wide, bool *failedp)
{
	const WCHAR *wide = block;
	const char *text = block;
	size_t len = 0;
	char *copy;

	if (!block)
		return NULL;
	if (is_wide) {
		while (wide[len])
			len += text_wide_len(wide + len) + 1;
		/* The conversion's own terminator is the empty string. */
		copy = text_utf8_from_wide(wide, len);
	} else {
		while (text[len])
			len += strlen(text + len) + 1;
		copy = malloc(len + 1);
		if (copy) {
			memcpy(copy, text, len);
			copy[len] = '\0';
		}
	}
	if (!copy)
		*failedp = true;
	return copy;
}

/* The texts of a call, in the form that @copy takes. */
struct request_texts {
	const void *application;
	const void *line;
	const void *directory;
	const void *environment;
	copy_text_fn *copy;
};

/* Completes @request with @texts and what is in @info, of either form, and carries it out. */
static BOOL request_create(struct process_request *request,
			   const struct request_texts *texts, const void *info,
			   PROCESS_INFORMATION *out)
{
	bool failed = false;
	STARTUPINFOW wide;
	DWORD error;

	/* Both forms have the same layout; only the texts differ. */
	static_assert(sizeof(STARTUPINFOW) == sizeof(STARTUPINFOA),
		      "the forms differ in text only");
	if (!info || !out)
		return thread_fail(ERROR_INVALID_PARAMETER);
	memcpy(&wide, info, sizeof(wide));
	request->info = &wide;
	error = request_extend(request, info, wide.cb);
	if (error)
		return thread_fail(error);
	request->application = texts->copy(texts->application, &failed);
	request->line = texts->copy(texts->line, &failed);
	request->directory = texts->copy(texts->directory, &failed);
	request->title = texts->copy(wide.lpTitle, &failed);
	request->desktop = texts->copy(wide.lpDesktop, &failed);
	request->environment =
		copy_environment(texts->environment,
				 request->flags & CREATE_UNICODE_ENVIRONMENT, &failed);
	error = failed ? ERROR_NOT_ENOUGH_MEMORY : process_create(request, out);
	request_fini(request);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI CreateProcessA(LPCSTR application, LPSTR line, LPSECURITY_ATTRIBUTES process_sa,
			   LPSECURITY_ATTRIBUTES thread_sa, BOOL inherits, DWORD flags,
			   LPVOID environment, LPCSTR directory, LPSTARTUPINFOA info,
			   LPPROCESS_INFORMATION out)
{
	struct process_request request = {
		.process_sa = process_sa,
		.thread_sa = thread_sa,
		.inherits = inherits,
		.flags = flags,
	};
	const struct request_texts texts = {
		.application = application,
		.line = line,
		.directory = directory,
		.environment = environment,
		.copy = copy_text,
	};

	return request_create(&request, &texts, info, out);
}

BOOL WINAPI CreateProcessW(LPCWSTR application, LPWSTR line,
			   LPSECURITY_ATTRIBUTES process_sa,
			   LPSECURITY_ATTRIBUTES thread_sa, BOOL inherits, DWORD flags,
			   LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW info,
			   LPPROCESS_INFORMATION out)
{
	struct process_request request = {
		.process_sa = process_sa,
		.thread_sa = thread_sa,
		.inherits = inherits,
		.flags = flags,
	};
	const struct request_texts texts = {
		.application = application,
		.line = line,
		.directory = directory,
		.environment = environment,
		.copy = convert_text,
	};

	return request_create(&request, &texts, info, out);
}
