/* SPDX-License-Identifier: MIT */
/*
 * Words for numbers
 */
#include "tools/npfsctl/text.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include <npfs/npfs.h>

/* What rights are called, the large ones first. */
static const struct {
	uint32_t rights;
	const char *text;
} right_texts[] = {
	{0x001f01ff, "everything"},
	{0x00120089, "read"},
	{0x00120112, "write"},
	{0x00000001, "read-data"},
	{0x00000002, "write-data"},
	{0x00000004, "create-instance"},
	{0x00000008, "read-ea"},
	{0x00000010, "write-ea"},
	{0x00000020, "execute"},
	{0x00000040, "delete-child"},
	{0x00000080, "read-attributes"},
	{0x00000100, "write-attributes"},
	{0x00010000, "delete"},
	{0x00020000, "read-descriptor"},
	{0x00040000, "write-descriptor"},
	{0x00080000, "write-owner"},
	{0x00100000, "synchronize"},
	{0x01000000, "sacl"},
	{0x10000000, "generic-all"},
	{0x20000000, "generic-execute"},
	{0x40000000, "generic-write"},
	{0x80000000, "generic-read"},
};

const char *ctl_type_text(uint32_t type)
{
	return type == NPFS_TYPE_MESSAGE ? "message" : "byte";
}

const char *ctl_config_text(uint32_t config)
{
	switch (config) {
	case NPFS_CONFIG_INBOUND:
		return "inbound (the client writes)";
	case NPFS_CONFIG_OUTBOUND:
		return "outbound (the server writes)";
	default:
		return "duplex";
	}
}

const char *ctl_state_text(uint32_t state)
{
	switch (state) {
	case NPFS_STATE_DISCONNECTED:
		return "disconnected";
	case NPFS_STATE_LISTENING:
		return "listening";
	case NPFS_STATE_CONNECTED:
		return "connected";
	case NPFS_STATE_CLOSING:
		return "closing";
	default:
		return "unknown";
	}
}

/* ctl_most() - the largest number of instances as PipeList shows it: -1 is no limit */
long long ctl_most(uint32_t max_instances)
{
	return max_instances == NPFS_UNLIMITED_INSTANCES ? -1 : (long long)max_instances;
}

static void append(char *text, size_t cap, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, cap - len, "%s%s", len > 0 ? " " : "", word);
}

/* ctl_rights_text() - a mask as words */
void ctl_rights_text(uint32_t rights, char *text, size_t cap)
{
	uint32_t left = rights;
	char number[16];
	size_t i;

	*text = 0;
	for (i = 0; i < sizeof(right_texts) / sizeof(*right_texts); i++) {
		uint32_t some = right_texts[i].rights;

		/* larger ones overlap; what a word says need not be said again */
		if ((rights & some) != some || !(left & some))
			continue;
		append(text, cap, right_texts[i].text);
		left &= ~some;
	}
	if (left) {
		snprintf(number, sizeof(number), "0x%08x", left);
		append(text, cap, number);
	}
	if (!*text)
		append(text, cap, "nothing");
}

/* Takes the name of a process's program, which it may change, as it is printable. */
static void program_of(uint32_t pid, char *name, size_t cap)
{
	char path[40];
	FILE *file;
	size_t n = 0, i;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	file = fopen(path, "re");
	if (file) {
		n = fread(name, 1, cap - 1, file);
		fclose(file);
	}
	if (n > 0 && name[n - 1] == '\n')
		n--;
	name[n] = 0;
	for (i = 0; i < n; i++)
		if (name[i] < 0x20 || name[i] == 0x7f)
			name[i] = '?';
}

static void append_end(char *text, size_t cap, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, cap - len, "%s)", word);
}

/* ctl_process_text() - a process, its program and its user */
void ctl_process_text(uint32_t pid, uint32_t uid, char *text, size_t cap)
{
	const struct passwd *user = getpwuid(uid);
	char program[20];

	if (pid == 0) {
		snprintf(text, cap, "-");
		return;
	}
	program_of(pid, program, sizeof(program));
	/* one that is gone has no program any more */
	snprintf(text, cap, "%u (%s%s", pid, program, *program ? ", " : "");
	if (user)
		append_end(text, cap, user->pw_name);
	else
		snprintf(program, sizeof(program), "%u", uid);
	if (!user)
		append_end(text, cap, program);
}
