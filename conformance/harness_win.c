/* SPDX-License-Identifier: MIT */
/*
 * The host side of the harness for systems with CreateProcess: Windows and Wine.
 *
 * The output of a case is collected through an anonymous pipe that is emptied with
 * PeekNamedPipe, so that a helper which still holds its other end cannot make the runner
 * wait. A case and its helpers live in a job that is terminated afterwards.
 */
#include "conformance/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

struct platform_helper {
	HANDLE process;
	DWORD pid;
	HANDLE to;
	HANDLE from;
	char pending[1024]; /* read but not yet given out */
	size_t n_pending;
};

static char self_path[1024];

void platform_init(const char *argv0)
{
	DWORD n = GetModuleFileNameA(NULL, self_path, sizeof(self_path));

	if (n == 0 || n >= sizeof(self_path))
		snprintf(self_path, sizeof(self_path), "%s", argv0);
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

unsigned long long platform_now_ms(void)
{
	return GetTickCount64();
}

const char *platform_implementation(void)
{
	HMODULE ntdll = GetModuleHandleA("ntdll.dll");

	return ntdll && GetProcAddress(ntdll, "wine_get_version") ? "wine" : "windows";
}

bool platform_has_personalities(void)
{
	return false;
}

void (*platform_find(const char *module, const char *name))(void)
{
	HMODULE m = GetModuleHandleA(module);

	if (!m)
		m = LoadLibraryA(module);
	return m ? (void (*)(void))GetProcAddress(m, name) : NULL;
}

bool platform_temp_file(char *path, size_t cap)
{
	char folder[MAX_PATH + 1], file[MAX_PATH];

	if (!GetTempPathA(sizeof(folder), folder) ||
	    !GetTempFileNameA(folder, "cnf", 0, file))
		return false;
	return snprintf(path, cap, "%s", file) < (int)cap;
}

void platform_remove(const char *path)
{
	DeleteFileA(path);
}

void platform_exit(int code)
{
	fflush(stdout);
	ExitProcess((UINT)code);
}

/*
 * One command line from the arguments. They never contain quotation marks or end with a
 * backslash-quote pair that would need more than plain quoting, which is checked.
 */
static bool command_line(const char **argv, char *out, size_t cap)
{
	size_t len = (size_t)snprintf(out, cap, "\"%s\"", self_path);

	for (size_t i = 1; argv[i]; i++) {
		size_t n = strlen(argv[i]);

		if (strchr(argv[i], '"') || (n > 0 && argv[i][n - 1] == '\\'))
			return false;
		if (len + n + 4 >= cap)
			return false;
		len += (size_t)snprintf(out + len, cap - len, " \"%s\"", argv[i]);
	}
	return true;
}

/* in and out must be inheritable; NULL out means the runner's own streams. */
static bool self_start(const char **argv, const char *personality, HANDLE in, HANDLE out,
		       DWORD flags, PROCESS_INFORMATION *pip)
{
	STARTUPINFOA si;
	char line[4096];
	BOOL ok;

	if (!command_line(argv, line, sizeof(line)))
		return false;
	memset(&si, 0, sizeof(si));
	si.cb = sizeof(si);
	si.dwFlags = STARTF_USESTDHANDLES;
	si.hStdInput = in;
	si.hStdOutput = out;
	si.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	if (personality)
		SetEnvironmentVariableA("NPFS_PERSONALITY", personality);
	ok = CreateProcessA(self_path, line, NULL, NULL, TRUE, flags, NULL, NULL, &si,
			    pip);
	return ok != FALSE;
}

/* An anonymous pipe of which only one end can be inherited. */
static bool channel_new(HANDLE *readp, HANDLE *writep, bool inherit_read)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, TRUE};

	if (!CreatePipe(readp, writep, &sa, 65536))
		return false;
	SetHandleInformation(inherit_read ? *writep : *readp, HANDLE_FLAG_INHERIT, 0);
	return true;
}

static void output_drain(HANDLE from, char *out, size_t cap, size_t *lenp)
{
	char excess[512];
	DWORD avail, n;

	while (PeekNamedPipe(from, NULL, 0, NULL, &avail, NULL) && avail > 0) {
		bool is_full = *lenp + 1 >= cap;
		DWORD room = is_full ? sizeof(excess) : (DWORD)(cap - 1 - *lenp);

		if (!ReadFile(from, is_full ? excess : out + *lenp,
			      avail < room ? avail : room, &n, NULL))
			return;
		if (!is_full)
			*lenp += n;
	}
}

enum platform_outcome platform_run(const char **argv, const char *personality,
				   unsigned deadline_ms, char *out, size_t cap,
				   int *codep)
{
	enum platform_outcome outcome = PLATFORM_EXITED;
	PROCESS_INFORMATION pi;
	HANDLE from, to, job;
	DWORD code = 0;
	size_t len = 0;
	bool started;

	*codep = -1;
	out[0] = '\0';
	if (!channel_new(&from, &to, false))
		return PLATFORM_NOT_STARTED;
	started = self_start(argv, personality, NULL, to, CREATE_SUSPENDED, &pi);
	CloseHandle(to);
	if (!started) {
		CloseHandle(from);
		return PLATFORM_NOT_STARTED;
	}
	job = CreateJobObjectA(NULL, NULL);
	if (job)
		AssignProcessToJobObject(job, pi.hProcess);
	ResumeThread(pi.hThread);
	if (WaitForSingleObject(pi.hProcess, deadline_ms) != WAIT_OBJECT_0)
		outcome = PLATFORM_TIMED_OUT;
	GetExitCodeProcess(pi.hProcess, &code);
	if (job) {
		TerminateJobObject(job, 99);
		CloseHandle(job);
	}
	TerminateProcess(pi.hProcess, 99);
	WaitForSingleObject(pi.hProcess, INFINITE);
	output_drain(from, out, cap, &len);
	out[len] = '\0';
	CloseHandle(from);
	CloseHandle(pi.hThread);
	CloseHandle(pi.hProcess);
	if (outcome == PLATFORM_TIMED_OUT)
		return outcome;
	*codep = (int)code;
	return code >= 0x80000000u ? PLATFORM_CRASHED : outcome;
}

struct platform_helper *platform_helper_start(const char **argv, const char *personality)
{
	struct platform_helper *h = calloc(1, sizeof(*h));
	HANDLE child_in, child_out;
	PROCESS_INFORMATION pi;
	bool started;

	if (!h)
		return NULL;
	if (!channel_new(&child_in, &h->to, true)) {
		free(h);
		return NULL;
	}
	if (!channel_new(&h->from, &child_out, false)) {
		CloseHandle(child_in);
		CloseHandle(h->to);
		free(h);
		return NULL;
	}
	started = self_start(argv, personality, child_in, child_out, 0, &pi);
	CloseHandle(child_in);
	CloseHandle(child_out);
	if (!started) {
		CloseHandle(h->to);
		CloseHandle(h->from);
		free(h);
		return NULL;
	}
	CloseHandle(pi.hThread);
	h->process = pi.hProcess;
	h->pid = pi.dwProcessId;
	return h;
}

unsigned long platform_helper_pid(const struct platform_helper *h)
{
	return h->pid;
}

bool platform_helper_read(struct platform_helper *h, char *line, size_t cap)
{
	for (;;) {
		char *end = memchr(h->pending, '\n', h->n_pending);
		DWORD n = 0;

		if (end) {
			size_t len = (size_t)(end - h->pending);

			snprintf(line, cap, "%.*s", (int)len, h->pending);
			line[strcspn(line, "\r\n")] = '\0';
			h->n_pending -= len + 1;
			memmove(h->pending, end + 1, h->n_pending);
			return true;
		}
		if (h->n_pending == sizeof(h->pending) ||
		    !ReadFile(h->from, h->pending + h->n_pending,
			      (DWORD)(sizeof(h->pending) - h->n_pending), &n, NULL))
			return false;
		h->n_pending += n;
	}
}

bool platform_helper_write(struct platform_helper *h, const char *text)
{
	DWORD n;

	return WriteFile(h->to, text, (DWORD)strlen(text), &n, NULL) != FALSE;
}

int platform_helper_finish(struct platform_helper *h)
{
	DWORD code = (DWORD)-1;

	CloseHandle(h->to);
	WaitForSingleObject(h->process, INFINITE);
	GetExitCodeProcess(h->process, &code);
	CloseHandle(h->process);
	CloseHandle(h->from);
	free(h);
	return (int)code;
}

void platform_helper_kill(struct platform_helper *h)
{
	TerminateProcess(h->process, 98);
	platform_helper_finish(h);
}
