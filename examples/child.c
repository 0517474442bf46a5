/* SPDX-License-Identifier: MIT */
/*
 * A child process whose standard input and output are pipes of its parent.
 *
 * Two anonymous pipes; the ends for the child are inheritable, the parent's are not (else the
 * child would hold its own input open and never see its end). After CreateProcess the parent
 * closes its copies of the child's ends: then ReadFile ends with ERROR_BROKEN_PIPE when the
 * child has gone, and the child's input ends when the parent closes its end.
 *
 * usage: child text...; runs itself as the child, which answers each byte in capitals.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void fail(const char *what)
{
	printf("%s failed, error %lu\n", what, GetLastError());
	ExitProcess(1);
}

/* The child: standard input to standard output. */
static int run_child(void)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	char buffer[512];
	DWORD length, written, i;

	while (ReadFile(in, buffer, sizeof(buffer), &length, NULL) && length > 0) {
		for (i = 0; i < length; i++)
			buffer[i] = (char)toupper((unsigned char)buffer[i]);
		if (!WriteFile(out, buffer, length, &written, NULL))
			return 1;
	}
	return 7;
}

/* A pipe of which the child gets one end. */
static void make_pipe(HANDLE *read_end, HANDLE *write_end, HANDLE *parents_end)
{
	SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};

	if (!CreatePipe(read_end, write_end, &inheritable, 0))
		fail("CreatePipe");
	if (!SetHandleInformation(*parents_end, HANDLE_FLAG_INHERIT, 0))
		fail("SetHandleInformation");
}

int main(int argc, char **argv)
{
	HANDLE child_in, to_child, from_child, child_out;
	char path[MAX_PATH], command[MAX_PATH + 16], buffer[64];
	PROCESS_INFORMATION process;
	STARTUPINFO startup;
	DWORD length, code;
	int i;

	if (argc == 2 && strcmp(argv[1], "/child") == 0)
		return run_child();

	make_pipe(&child_in, &to_child, &to_child);
	make_pipe(&from_child, &child_out, &from_child);

	ZeroMemory(&startup, sizeof(startup));
	startup.cb = sizeof(startup);
	startup.dwFlags = STARTF_USESTDHANDLES;
	startup.hStdInput = child_in;
	startup.hStdOutput = child_out;
	startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	if (!GetModuleFileName(NULL, path, sizeof(path)))
		fail("GetModuleFileName");
	snprintf(command, sizeof(command), "\"%s\" /child", path);
	if (!CreateProcess(path, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
		fail("CreateProcess");
	CloseHandle(process.hThread);
	CloseHandle(child_in);
	CloseHandle(child_out);

	for (i = 1; i < argc; i++)
		if (!WriteFile(to_child, argv[i], (DWORD)strlen(argv[i]), &length, NULL))
			fail("WriteFile");
	CloseHandle(to_child);

	while (ReadFile(from_child, buffer, sizeof(buffer), &length, NULL) && length > 0)
		fwrite(buffer, 1, length, stdout);
	if (GetLastError() != ERROR_BROKEN_PIPE)
		fail("ReadFile");
	WaitForSingleObject(process.hProcess, INFINITE);
	GetExitCodeProcess(process.hProcess, &code);
	printf("\nthe child ended with %lu\n", code);
	CloseHandle(from_child);
	CloseHandle(process.hProcess);
	return 0;
}
