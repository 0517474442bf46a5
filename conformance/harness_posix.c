/* SPDX-License-Identifier: MIT */
/*
 * The host side of the harness for an implementation that is a library on Linux.
 *
 * A case runs as the leader of its own process group; helpers stay in that group. When
 * the leader is gone (or late) the whole group is killed before the leader is reaped, so
 * its number cannot have been given to anybody else. All descriptors are close-on-exec;
 * a child gets exactly its three standard streams.
 */
#include "conformance/platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define SELF "/proc/self/exe"

struct platform_helper {
	pid_t pid;
	int to;     /* its standard input */
	FILE *from; /* its standard output */
};

static char self_path[4096];

void platform_init(const char *argv0)
{
	ssize_t n = readlink(SELF, self_path, sizeof(self_path) - 1);

	if (n < 0)
		snprintf(self_path, sizeof(self_path), "%s", argv0);
	else
		self_path[n] = '\0';
	signal(SIGPIPE, SIG_IGN);
}

unsigned long long platform_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000 +
	       (unsigned long long)t.tv_nsec / 1000000;
}

const char *platform_implementation(void)
{
	return "shim";
}

bool platform_has_personalities(void)
{
	return true;
}

void platform_exit(int code)
{
	fflush(stdout);
	_exit(code);
}

void (*platform_find(const char *module, const char *name))(void)
{
	void *found = dlsym(RTLD_DEFAULT, name);
	void (*call)(void);

	(void)module; /* one library holds all of them */
	memcpy(&call, &found, sizeof(call));
	return call;
}

bool platform_temp_file(char *path, size_t cap)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	snprintf(path, cap, "%s/conformance-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void platform_remove(const char *path)
{
	unlink(path);
}

/* The environment with NPFS_PERSONALITY replaced; the array is malloc'ed, the strings are not
 * copied, except the last one, which is kept in assignment. */
static char **environment_with(const char *personality, char *assignment, size_t cap)
{
	static const char key[] = "NPFS_PERSONALITY=";
	size_t n = 0;
	char **env;

	for (char **e = environ; *e; e++)
		n++;
	env = malloc((n + 2) * sizeof(*env));
	if (!env)
		return NULL;
	n = 0;
	for (char **e = environ; *e; e++)
		if (!personality || strncmp(*e, key, sizeof(key) - 1) != 0)
			env[n++] = *e;
	if (personality) {
		snprintf(assignment, cap, "%s%s", key, personality);
		env[n++] = assignment;
	}
	env[n] = NULL;
	return env;
}

/* Starts this program again; in and out become its streams 0 and 1 (-1: /dev/null, as is). */
static pid_t self_spawn(const char **argv, const char *personality, int in, int out,
			bool own_group)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults;
	char assignment[64];
	char **env = environment_with(personality, assignment, sizeof(assignment));
	const char **copy;
	size_t n = 0;
	pid_t pid = -1;
	int err;

	while (argv[n])
		n++;
	copy = malloc((n + 1) * sizeof(*copy));
	if (!env || !copy) {
		free(env);
		free(copy);
		return -1;
	}
	memcpy(copy, argv, (n + 1) * sizeof(*copy));
	copy[0] = self_path;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, (short)(POSIX_SPAWN_SETSIGDEF |
						(own_group ? POSIX_SPAWN_SETPGROUP : 0)));
	err = posix_spawn(&pid, self_path, &actions, &attr, (char *const *)copy, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(copy);
	free(env);
	return err ? -1 : pid;
}

/* Appends what is readable now; false at the end of the stream. Excess is thrown away. */
static bool output_drain(int fd, char *out, size_t cap, size_t *lenp)
{
	char excess[512];

	for (;;) {
		bool is_full = *lenp + 1 >= cap;
		ssize_t n = is_full ? read(fd, excess, sizeof(excess))
				    : read(fd, out + *lenp, cap - 1 - *lenp);

		if (n == 0)
			return false;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (!is_full)
			*lenp += (size_t)n;
	}
}

enum platform_outcome platform_run(const char **argv, const char *personality,
				   unsigned deadline_ms, char *out, size_t cap,
				   int *codep)
{
	unsigned long long end = platform_now_ms() + deadline_ms;
	enum platform_outcome outcome = PLATFORM_TIMED_OUT;
	struct pollfd fds[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}};
	int status = 0;
	size_t len = 0;
	int pipefd[2];
	pid_t pid;

	*codep = -1;
	out[0] = '\0';
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return PLATFORM_NOT_STARTED;
	fcntl(pipefd[0], F_SETFL, O_NONBLOCK);
	pid = self_spawn(argv, personality, -1, pipefd[1], true);
	close(pipefd[1]);
	if (pid < 0) {
		close(pipefd[0]);
		return PLATFORM_NOT_STARTED;
	}
	fds[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	fds[1].fd = pipefd[0];
	for (;;) {
		unsigned long long now = platform_now_ms();

		if (now >= end || poll(fds, 2, (int)(end - now)) == 0)
			break;
		if (fds[1].fd >= 0 && fds[1].revents &&
		    !output_drain(pipefd[0], out, cap, &len))
			fds[1].fd = -1;
		if (fds[0].revents || (fds[0].fd < 0 && fds[1].fd < 0)) {
			outcome = PLATFORM_EXITED;
			break;
		}
	}
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	output_drain(pipefd[0], out, cap, &len);
	out[len] = '\0';
	close(pipefd[0]);
	if (fds[0].fd >= 0)
		close(fds[0].fd);
	if (outcome == PLATFORM_TIMED_OUT)
		return outcome;
	if (WIFSIGNALED(status)) {
		*codep = WTERMSIG(status);
		return PLATFORM_CRASHED;
	}
	*codep = WEXITSTATUS(status);
	return outcome;
}

struct platform_helper *platform_helper_start(const char **argv, const char *personality)
{
	struct platform_helper *h = calloc(1, sizeof(*h));
	int in[2] = {-1, -1}, out[2] = {-1, -1};

	if (!h)
		return NULL;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		goto out_pipes;
	h->from = fdopen(out[0], "r");
	if (!h->from)
		goto out_pipes;
	h->to = in[1];
	h->pid = self_spawn(argv, personality, in[0], out[1], false);
	if (h->pid < 0)
		goto out_file;
	close(in[0]);
	close(out[1]);
	return h;

out_file:
	fclose(h->from);
	out[0] = -1;
out_pipes:
	for (int i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (out[i] >= 0)
			close(out[i]);
	}
	free(h);
	return NULL;
}

unsigned long platform_helper_pid(const struct platform_helper *h)
{
	return (unsigned long)h->pid;
}

bool platform_helper_read(struct platform_helper *h, char *line, size_t cap)
{
	if (!fgets(line, (int)cap, h->from))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

bool platform_helper_write(struct platform_helper *h, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(h->to, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

int platform_helper_finish(struct platform_helper *h)
{
	int status = -1;

	close(h->to);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	fclose(h->from);
	free(h);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void platform_helper_kill(struct platform_helper *h)
{
	kill(h->pid, SIGKILL);
	platform_helper_finish(h);
}
