/* SPDX-License-Identifier: MIT */
/*
 * Starting and ending the bench's children.
 *
 * A child asks the kernel to be killed when its parent dies, and looks afterwards whether
 * that had already happened; so even a killed bench leaves no process. The broker's
 * folder is removed with whatever the broker left in it.
 */
#include "bench/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROKER_READY_MS 10000
#define BROKER_LEAVE_MS 3000

#define EXIT_NOT_EXECUTED 127

static void child_prepare(pid_t parent, int keep_fd, const char *spin_env)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_NOT_EXECUTED);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	if (keep_fd >= 0 && fcntl(keep_fd, F_SETFD, 0) < 0)
		_exit(EXIT_NOT_EXECUTED);
	if (spin_env)
		setenv("NPFS_SPIN", spin_env, 1);
	else
		unsetenv("NPFS_SPIN");
}

int np_proc_spawn(char *const argv[], int (*child)(void *arg), void *arg, int keep_fd,
		  const char *spin_env, pid_t *pidp)
{
	pid_t parent = getpid(), pid;

	/* Nothing that is still buffered may be written twice. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		child_prepare(parent, keep_fd, spin_env);
		if (!argv)
			_exit(child(arg));
		execv(argv[0], argv);
		fprintf(stderr, "npfs-bench: %s: %s\n", argv[0], strerror(errno));
		_exit(EXIT_NOT_EXECUTED);
	}
	*pidp = pid;
	return 0;
}

/* Return: true when the process has ended within the time. */
static bool proc_wait(pid_t pid, int timeout_ms)
{
	struct pollfd pfd = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int n;

	if (pfd.fd < 0)
		return false;
	do
		n = poll(&pfd, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	close(pfd.fd);
	return n == 1;
}

bool np_proc_end(pid_t *pidp, int timeout_ms)
{
	pid_t pid = *pidp;
	int status = 0;

	if (pid <= 0)
		return true;
	if (timeout_ms < 0 || !proc_wait(pid, timeout_ms))
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*pidp = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int folder_make(struct np_broker *broker)
{
	const char *tmp = getenv("TMPDIR");
	int n;

	if (!tmp || !*tmp)
		tmp = "/tmp";
	n = snprintf(broker->folder, sizeof(broker->folder), "%s/npfs-bench-XXXXXX", tmp);
	if (n < 0 || (size_t)n >= sizeof(broker->folder)) {
		broker->folder[0] = '\0';
		return -ENAMETOOLONG;
	}
	if (!mkdtemp(broker->folder)) {
		int r = -errno;

		broker->folder[0] = '\0';
		return r;
	}
	snprintf(broker->socket, sizeof(broker->socket), "%s/npfsd.sock", broker->folder);
	return 0;
}

static void folder_remove(struct np_broker *broker)
{
	DIR *dir;
	const struct dirent *entry;

	if (!broker->folder[0])
		return;
	dir = opendir(broker->folder);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	if (rmdir(broker->folder) < 0)
		fprintf(stderr, "npfs-bench: %s: %s\n", broker->folder, strerror(errno));
	broker->folder[0] = '\0';
}

double np_proc_memory_kib(pid_t pid)
{
	char path[64], line[128];
	double kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %lf", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Wait for the byte that says the broker listens. Its death closes the pipe. */
static int broker_await(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	char byte;
	int n = poll(&pfd, 1, BROKER_READY_MS);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	return read(fd, &byte, 1) == 1 ? 0 : -ECONNREFUSED;
}

static int broker_spawn(struct np_broker *broker, const char *program)
{
	char number[16];
	char *argv[] = {(char *)program,
			(char *)"--foreground",
			(char *)"--socket",
			broker->socket,
			(char *)"--ready-fd",
			number,
			(char *)"--limit",
			(char *)"instances=1048576",
			(char *)"--limit",
			(char *)"client-instances=1048576",
			NULL};
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	snprintf(number, sizeof(number), "%d", fds[1]);
	r = np_proc_spawn(argv, NULL, NULL, fds[1], NULL, &broker->pid);
	close(fds[1]);
	if (r == 0)
		r = broker_await(fds[0]);
	close(fds[0]);
	return r;
}

int np_broker_start(struct np_broker *broker, const char *program)
{
	int r = folder_make(broker);

	if (r == 0)
		r = broker_spawn(broker, program);
	if (r == 0 && setenv("NPFS_SOCKET", broker->socket, 1) < 0)
		r = -errno;
	if (r < 0)
		np_broker_stop(broker);
	return r;
}

void np_broker_stop(struct np_broker *broker)
{
	if (broker->pid > 0)
		kill(broker->pid, SIGTERM);
	np_proc_end(&broker->pid, BROKER_LEAVE_MS);
	folder_remove(broker);
}

static char *program_if(char *path)
{
	struct stat st;

	if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *path_join(const char *folder, size_t folder_len, const char *name)
{
	char *path;

	if (asprintf(&path, "%.*s/%s", (int)folder_len, folder, name) < 0)
		return NULL;
	return path;
}

static char *find_in_build(void)
{
	static const char *const places[] = {"npfsd", "../npfsd", "../npfs/npfsd",
					     "../npfs/broker/npfsd"};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *found = NULL;

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	for (size_t i = 0; !found && i < sizeof(places) / sizeof(places[0]); i++)
		found = program_if(path_join(self, (size_t)(slash - self), places[i]));
	return found;
}

static char *find_in_path(void)
{
	const char *path = getenv("PATH");
	char *found = NULL;

	while (!found && path && *path) {
		size_t len = strcspn(path, ":");

		if (len > 0)
			found = program_if(path_join(path, len, "npfsd"));
		path += len;
		path += *path == ':';
	}
	return found;
}

char *np_broker_find(const char *wish)
{
	char *found;

	if (!wish || !*wish)
		wish = getenv("NPFSD");
	if (wish && *wish)
		return program_if(strdup(wish));
	found = find_in_build();
	return found ? found : find_in_path();
}
