/* SPDX-License-Identifier: MIT */
/*
 * Processors and control groups.  What is promised is in cpus.h.
 */
#include "npfs/base/cpus.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "npfs/base/macro.h"

#define LINE_ROOM 1024
#define PATH_ROOM 2048

static bool read_line(const char *folder, const char *name, char *line, size_t room)
{
	char path[PATH_ROOM];
	FILE *f;
	bool ok;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(line, (int)room, f) != NULL;
	fclose(f);
	return ok;
}

static uint32_t in_thousandths(int64_t quota, int64_t period)
{
	if (quota <= 0 || period <= 0 || quota > INT64_MAX / 1000 ||
	    quota * 1000 / period >= NP_CPUS_NO_QUOTA)
		return NP_CPUS_NO_QUOTA;
	return (uint32_t)(quota * 1000 / period);
}

/* "max 100000" or "150000 100000" in one file; or, in version 1, in two. */
static uint32_t quota_of(const char *folder)
{
	int64_t quota = -1, period = -1;
	char line[LINE_ROOM];

	if (read_line(folder, "cpu.max", line, sizeof(line))) {
		sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period);
		return in_thousandths(quota, period);
	}
	if (read_line(folder, "cpu.cfs_quota_us", line, sizeof(line)))
		sscanf(line, "%" SCNd64, &quota);
	if (quota > 0 && read_line(folder, "cpu.cfs_period_us", line, sizeof(line)))
		sscanf(line, "%" SCNd64, &period);
	return in_thousandths(quota, period);
}

/* The group and all above it; @path begins with a slash and is eaten up. */
static uint32_t quota_up(const char *mount, const char *sub, char *path)
{
	uint32_t least = NP_CPUS_NO_QUOTA;
	char folder[PATH_ROOM];
	char *slash = path;

	while (slash) {
		if (snprintf(folder, sizeof(folder), "%s%s%s", mount, sub, path) <
		    (int)sizeof(folder))
			least = np_min_u32(least, quota_of(folder));
		slash = strrchr(path, '/');
		if (slash)
			*slash = 0;
	}
	return least;
}

/* Is "cpu" one of the names between the commas? */
static bool names_cpu(const char *names)
{
	size_t len;

	for (; *names; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		if (len == 3 && !memcmp(names, "cpu", 3))
			return true;
	}
	return false;
}

/* A line is "number:controllers:path"; version 2 has number 0 and no controllers. */
uint32_t np_cpus_quota(const char *mount, const char *list)
{
	uint32_t least = NP_CPUS_NO_QUOTA;
	char line[LINE_ROOM];
	FILE *f = fopen(list, "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;
		const char *sub = "";

		if (!path || path[1] != '/')
			continue;
		*path++ = 0;
		names++;
		path[strcspn(path, "\n")] = 0;
		if (*names && !names_cpu(names))
			continue;
		if (*names)
			sub = "/cpu";
		least = np_min_u32(least, quota_up(mount, sub, path));
	}
	if (f)
		fclose(f);
	return least;
}

bool np_cpus_are_several(void)
{
	cpu_set_t cpus;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) < 2)
		return false;
	return np_cpus_quota("/sys/fs/cgroup", "/proc/self/cgroup") >= 2000;
}
