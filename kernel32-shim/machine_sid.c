/* SPDX-License-Identifier: MIT */
/* Making the machine's domain.  See machine_sid.h. */
#include "kernel32-shim/machine_sid.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define N_PARTS 3

static pthread_once_t once = PTHREAD_ONCE_INIT;
static DWORD machine[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

/* What tells this installation from others; at least one byte. */
static size_t machine_text(char *text, size_t room)
{
	static const char *const paths[] = {"/etc/machine-id",
					    "/var/lib/dbus/machine-id"};
	ssize_t n = 0;

	for (size_t i = 0; n <= 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (fd < 0)
			continue;
		n = read(fd, text, room);
		close(fd);
	}
	if (n > 0)
		return (size_t)n;
	if (gethostname(text, room) != 0)
		text[0] = '\0';
	text[room - 1] = '\0';
	return strlen(text) + 1;
}

/* One of several digests of the same text: FNV-1a, stirred until every bit counts. */
static uint32_t digest(const char *text, size_t len, uint64_t seed)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 31) * UINT64_C(0x7fb5d329728ea185);
	h = (h ^ h >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return (uint32_t)(h >> 32);
}

static void machine_make(void)
{
	SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
	char text[HOST_NAME_MAX + 1];
	size_t len = machine_text(text, sizeof(text));

	InitializeSid(machine, &nt, 1 + N_PARTS);
	*GetSidSubAuthority(machine, 0) = SECURITY_NT_NON_UNIQUE;
	for (DWORD i = 0; i < N_PARTS; i++)
		*GetSidSubAuthority(machine, 1 + i) = digest(text, len, i + 1);
}

const SID *machine_sid(void)
{
	pthread_once(&once, machine_make);
	return (const SID *)machine;
}
