/* SPDX-License-Identifier: MIT */
/*
 * Counting through /proc. A thread that was joined and a child that was waited for may
 * be listed a moment longer, so the count after is repeated until it fits or the
 * deadline has come; what does not fit by then is a leak.
 */
#include "tests/lib/leak.h"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include "tests/lib/fail.h"
#include "tests/lib/proc.h"
#include "tests/lib/sanitizer.h"

/* The thread sanitizer starts a thread of its own when it likes. */
#define THREAD_SLACK TEST_IS_TSAN

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			n++;
	closedir(dir);
	return n;
}

/* test_count_fds() - descriptors of a process, -1 when it is gone */
int test_count_fds(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	return count_entries(path);
}

static int count_shared_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	int n = 0;

	test_require(file, "/proc/self/maps");
	while (fgets(line, sizeof(line), file))
		if (strstr(line, "memfd:"))
			n++;
	fclose(file);
	return n;
}

static int count_children(void)
{
	char path[64];
	FILE *file;
	int pid, n = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	if (!file)
		return 0; /* a kernel without this list */
	while (fscanf(file, "%d", &pid) == 1)
		n++;
	fclose(file);
	return n;
}

/* test_leak_begin() - count */
void test_leak_begin(struct test_leak *leak)
{
	leak->n_fds = count_entries("/proc/self/fd");
	leak->n_threads = count_entries("/proc/self/task");
	leak->n_shared_maps = count_shared_maps();
	leak->n_children = count_children();
}

/* test_leak_end() - count again; fails when there is more than at the beginning */
void test_leak_end(const struct test_leak *leak)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	struct test_leak after;

	do {
		test_leak_begin(&after);
		if (after.n_fds <= leak->n_fds &&
		    after.n_threads <= leak->n_threads + THREAD_SLACK &&
		    after.n_shared_maps <= leak->n_shared_maps &&
		    after.n_children <= leak->n_children)
			return;
		sched_yield();
	} while (test_now_ms() < end);
	test_fail(
		"left behind: descriptors %d to %d, threads %d to %d, shared mappings %d to "
		"%d, children %d to %d",
		leak->n_fds, after.n_fds, leak->n_threads, after.n_threads,
		leak->n_shared_maps, after.n_shared_maps, leak->n_children,
		after.n_children);
}
