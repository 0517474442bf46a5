/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping npfsd for a test
 */
#include "tests/lib/broker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/fail.h"
#include "tests/lib/proc.h"

#ifndef TEST_NPFSD
#error "the build defines TEST_NPFSD, the npfsd of the build tree"
#endif

#define OPTIONS_MAX 16

/* test_npfsd_path() - the program under test */
const char *test_npfsd_path(void)
{
	const char *path = getenv("NPFSD");

	return path && *path ? path : TEST_NPFSD;
}

/* test_dir_make() - a fresh directory of our own; its path goes into @dir */
void test_dir_make(char *dir, size_t cap)
{
	const char *base = getenv("TMPDIR");
	int n;

	/* A socket's path is short; a long temporary directory is no use here. */
	if (!base || strlen(base) > 24)
		base = "/tmp";
	n = snprintf(dir, cap, "%s/npfs-test-XXXXXX", base);
	test_require(n > 0 && (size_t)n < cap && mkdtemp(dir), "mkdtemp");
}

/* test_dir_remove() - remove the directory; fails when something was left in it */
void test_dir_remove(const char *dir)
{
	if (rmdir(dir) < 0)
		test_fail("%s: %s", dir, strerror(errno));
}

static void broker_exec(const struct test_broker *broker, const char *const *options,
			int ready_fd)
{
	const char *argv[OPTIONS_MAX + 8];
	char ready_option[32];
	int n = 0;

	snprintf(ready_option, sizeof(ready_option), "--ready-fd=%d", ready_fd);
	argv[n++] = "npfsd";
	argv[n++] = "--foreground";
	argv[n++] = "--socket";
	argv[n++] = broker->path;
	argv[n++] = ready_option;
	argv[n++] = "--remove-dir";
	while (options && *options && n < OPTIONS_MAX)
		argv[n++] = *options++;
	argv[n] = NULL;
	fcntl(ready_fd, F_SETFD, 0);
	/* A test that fails does not stop its broker: that tidies up by itself. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execv(test_npfsd_path(), (char *const *)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", test_npfsd_path(), strerror(errno));
	_exit(127);
}

/* Says what became of an npfsd that does not say that it is ready. */
static void launch_failed(const struct test_broker *broker, bool has_said)
{
	char path[64], comm[32] = "";
	int status = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)broker->pid);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(comm, sizeof(comm), file))
			comm[0] = '\0';
		fclose(file);
	}
	comm[strcspn(comm, "\n")] = '\0';
	if (!has_said)
		kill(broker->pid, SIGKILL);
	test_require(waitpid(broker->pid, &status, 0) == broker->pid, "waitpid");
	test_fail("npfsd (%s) did not start: %s, process \"%s\", status 0x%x",
		  test_npfsd_path(), has_said ? "it ended" : "it hangs", comm,
		  (unsigned)status);
}

static void broker_launch(struct test_broker *broker, const char *const *options)
{
	char byte = 0;
	int fds[2];

	test_require(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
	fflush(NULL);
	broker->pid = fork();
	test_require(broker->pid >= 0, "fork");
	if (broker->pid == 0)
		broker_exec(broker, options, fds[1]);
	close(fds[1]);
	broker->pid_fd = test_pid_open(broker->pid);
	if (!test_fd_wait(fds[0], TEST_DEADLINE_MS))
		launch_failed(broker, false);
	if (read(fds[0], &byte, 1) != 1)
		launch_failed(broker, true);
	close(fds[0]);
}

/* test_broker_start_with() - start npfsd with more options (a list ended by NULL) */
void test_broker_start_with(struct test_broker *broker, const char *const *options)
{
	int n;

	test_dir_make(broker->dir, sizeof(broker->dir));
	n = snprintf(broker->path, sizeof(broker->path), "%s/sock", broker->dir);
	test_require(n > 0 && (size_t)n < sizeof(broker->path), "path");
	broker_launch(broker, options);
	setenv("NPFS_SOCKET", broker->path, 1);
	setenv("NPFS_NO_AUTOSTART", "1", 1);
}

/* test_broker_start() - start npfsd and point this process and its children to it */
void test_broker_start(struct test_broker *broker)
{
	test_broker_start_with(broker, NULL);
}

/*
 * test_broker_wait() - wait until npfsd has ended. Return: exit status, or 128 +
 * signal
 */
int test_broker_wait(struct test_broker *broker)
{
	int status = 0;

	if (!test_fd_wait(broker->pid_fd, TEST_DEADLINE_MS)) {
		kill(broker->pid, SIGKILL);
		test_fail("npfsd did not end");
	}
	test_require(waitpid(broker->pid, &status, 0) == broker->pid, "waitpid");
	close(broker->pid_fd);
	broker->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ends that the test still has open would be claimed from the next broker. */
static void forget(const struct test_broker *broker)
{
	char path[sizeof(broker->path) + 16];

	snprintf(path, sizeof(path), "%s.state", broker->path);
	if (unlink(path) == 0)
		test_dir_remove(broker->dir);
}

/* test_broker_stop() - end npfsd in good order; it must leave nothing behind */
void test_broker_stop(struct test_broker *broker)
{
	int status;

	test_require(kill(broker->pid, SIGTERM) == 0, "kill");
	status = test_broker_wait(broker);
	if (status != 0)
		test_fail("npfsd ended with %d", status);
	forget(broker);
	if (access(broker->dir, F_OK) == 0)
		test_fail("npfsd left something in %s", broker->dir);
	unsetenv("NPFS_SOCKET");
	unsetenv("NPFS_NO_AUTOSTART");
}

/* test_broker_kill() - end npfsd the hard way; its socket file stays */
void test_broker_kill(struct test_broker *broker)
{
	test_require(kill(broker->pid, SIGKILL) == 0, "kill");
	if (test_broker_wait(broker) != 128 + SIGKILL)
		test_fail("npfsd ended before it was killed");
}

/*
 * test_broker_restart() - start npfsd again in the place of one that has ended
 *
 * It has all the patience there is with those who must come back: on a machine that is busy
 * that takes them more than the usual second.
 */
void test_broker_restart(struct test_broker *broker)
{
	static const char *const options[] = {"--claim-time=60", NULL};

	broker_launch(broker, options);
}

/* test_broker_restart_hasty() - the same, but waits for those who must come back for no
 * longer than any npfsd */
void test_broker_restart_hasty(struct test_broker *broker)
{
	broker_launch(broker, NULL);
}
