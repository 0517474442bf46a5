/* SPDX-License-Identifier: MIT */
/*
 * Services, as far as a program needs that is one: the dispatcher and the status.
 *
 * There is no service control manager. StartServiceCtrlDispatcher runs the services of its
 * table in the foreground, each ServiceMain in a thread of its own, and returns when all
 * have stopped. So a service starts from a shell or from systemd alike, and what the manager
 * would say comes from signals:
 *
 *	SIGTERM, SIGINT		SERVICE_CONTROL_STOP; SERVICE_CONTROL_SHUTDOWN for a service
 *				that accepts only that. One that accepts neither yet gets it as
 *				soon as it does.
 *	SIGHUP			SERVICE_CONTROL_PARAMCHANGE, where accepted
 *
 * Handlers are called in the dispatcher's thread, one at a time, as on Windows. The status a
 * service reports goes to systemd when that asks for it (NOTIFY_SOCKET, Type=notify): READY
 * with the first service that runs, STOPPING with the last that stops, and more time for
 * whoever is starting or stopping.
 *
 * A ServiceMain that returns without ever having left SERVICE_START_PENDING counts as
 * stopped; nobody else could end the dispatcher then.
 *
 * Locks: `lock` guards the table and the services in it. Handlers run without it.
 *
 * Services are their process's: the child of a fork has no dispatcher, its signals are what
 * they were before there was one, and its copy of the bell is closed.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <windows.h>
#include <winsvc.h>

#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

struct service {
	char *name; /* owned, UTF-8 */
	LPSERVICE_MAIN_FUNCTIONA main_narrow;
	LPSERVICE_MAIN_FUNCTIONW main_wide;
	LPHANDLER_FUNCTION handler;
	LPHANDLER_FUNCTION_EX handler_ex; /* instead */
	void *context;
	HANDLE thread; /* owned */
	SERVICE_STATUS status;
	bool has_returned; /* its ServiceMain did */
	bool stop_wanted;  /* not given yet */
	bool change_wanted;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct service *services; /* NULL: no dispatcher */
static unsigned n_services;
static bool has_told_ready, has_told_stopping;
static int bell = -1; /* eventfd: a signal came or a status changed */

static atomic_bool stop_signaled, change_signaled;
static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
static struct sigaction saved[ARRAYSIZE(signals)]; /* before the dispatcher's; lock */

static void services_lock(void)
{
	pthread_mutex_lock(&lock);
}

static void services_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* -------------------------------------------------------------------- systemd */

/* One datagram, if somebody asked for it. A socket name that begins with @ has no file. */
static void __attribute__((format(printf, 1, 2))) tell_systemd(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[256];
	va_list args;
	size_t len;
	int sock;

	if (!path || (*path != '@' && *path != '/') || strlen(path) >= sizeof(address.sun_path))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = strlen(path);
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = 0;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return;
	sendto(sock, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(sock);
}

/* Under the lock, after a change. */
static void report(const struct service *s)
{
	bool all_stop = true;

	for (unsigned i = 0; i < n_services; i++)
		all_stop &= services[i].status.dwCurrentState == SERVICE_STOPPED ||
			    services[i].status.dwCurrentState == SERVICE_STOP_PENDING;
	switch (s->status.dwCurrentState) {
	case SERVICE_RUNNING:
		if (!has_told_ready)
			tell_systemd("READY=1\nSTATUS=%s runs", s->name);
		has_told_ready = true;
		break;
	case SERVICE_START_PENDING:
	case SERVICE_STOP_PENDING:
		if (s->status.dwWaitHint)
			tell_systemd("EXTEND_TIMEOUT_USEC=%llu",
				     s->status.dwWaitHint * 1000ull);
		break;
	default:
		break;
	}
	if (all_stop && !has_told_stopping) {
		tell_systemd("STOPPING=1");
		has_told_stopping = true;
	}
}

/* -------------------------------------------------------------------- signals */

static void ring(void)
{
	uint64_t one = 1;
	int error = errno;

	if (write(bell, &one, sizeof(one)) < 0)
		errno = error; /* it rings already */
}

static void on_signal(int number)
{
	if (number == SIGHUP)
		atomic_store(&change_signaled, true);
	else
		atomic_store(&stop_signaled, true);
	ring();
}

/* Takes the signals; what was ignored stays so (nohup). Lock. */
static void signals_take(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAYSIZE(signals); i++) {
		sigaction(signals[i], NULL, &saved[i]);
		if (saved[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static void signals_give_back(void)
{
	for (size_t i = 0; i < ARRAYSIZE(signals); i++)
		if (saved[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &saved[i], NULL);
}

/* ----------------------------------------------------------------------- fork */

/* The table itself stays: the thread that forked may be in it. */
static void services_forget(void)
{
	if (services) {
		signals_give_back();
		close(bell);
		bell = -1;
		services = NULL;
		n_services = 0;
		atomic_store(&stop_signaled, false);
		atomic_store(&change_signaled, false);
	}
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void services_survive_fork(void)
{
	pthread_atfork(services_lock, services_unlock, services_forget);
}

/* ------------------------------------------------------------------- services */

static DWORD WINAPI service_thread(LPVOID parameter)
{
	struct service *s = parameter;
	bool failed = false;
	char *narrow[2] = {s->name, NULL};
	WCHAR *wide[2] = {NULL, NULL};

	if (s->main_wide) {
		wide[0] = text_wide_from_utf8(s->name, strlen(s->name));
		failed = !wide[0];
		if (!failed)
			s->main_wide(1, wide);
		free(wide[0]);
	} else {
		s->main_narrow(1, narrow);
	}
	pthread_mutex_lock(&lock);
	s->has_returned = true;
	pthread_mutex_unlock(&lock);
	ring();
	return failed ? ERROR_NOT_ENOUGH_MEMORY : 0;
}

/* Under the lock. */
static bool is_over(const struct service *s)
{
	return s->status.dwCurrentState == SERVICE_STOPPED ||
	       (s->has_returned && s->status.dwCurrentState == SERVICE_START_PENDING);
}

static bool all_over(void)
{
	bool over = true;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < n_services; i++)
		over &= is_over(&services[i]);
	pthread_mutex_unlock(&lock);
	return over;
}

static void call_handler(const struct service *s, DWORD control)
{
	if (s->handler_ex)
		s->handler_ex(control, 0, NULL, s->context);
	else if (s->handler)
		s->handler(control);
}

/* What this service is to be told and accepts; 0 for nothing. */
static DWORD next_control(struct service *s)
{
	DWORD accepted, control = 0;

	pthread_mutex_lock(&lock);
	accepted = s->handler || s->handler_ex ? s->status.dwControlsAccepted : 0;
	if (is_over(s)) {
		s->stop_wanted = false;
		s->change_wanted = false;
	} else if (s->stop_wanted && (accepted & SERVICE_ACCEPT_STOP)) {
		s->stop_wanted = false;
		control = SERVICE_CONTROL_STOP;
	} else if (s->stop_wanted && (accepted & SERVICE_ACCEPT_SHUTDOWN)) {
		s->stop_wanted = false;
		control = SERVICE_CONTROL_SHUTDOWN;
	} else if (s->change_wanted) {
		s->change_wanted = false;
		if (accepted & SERVICE_ACCEPT_PARAMCHANGE)
			control = SERVICE_CONTROL_PARAMCHANGE;
	}
	pthread_mutex_unlock(&lock);
	return control;
}

static void dispatch(void)
{
	struct pollfd pfd = {.fd = bell, .events = POLLIN};
	uint64_t n;
	DWORD control;

	while (!all_over()) {
		if (poll(&pfd, 1, -1) < 0 || read(bell, &n, sizeof(n)) < 0)
			continue;
		pthread_mutex_lock(&lock);
		if (atomic_exchange(&stop_signaled, false))
			for (unsigned i = 0; i < n_services; i++)
				services[i].stop_wanted = true;
		if (atomic_exchange(&change_signaled, false))
			for (unsigned i = 0; i < n_services; i++)
				services[i].change_wanted = true;
		pthread_mutex_unlock(&lock);
		for (unsigned i = 0; i < n_services; i++)
			while ((control = next_control(&services[i])) != 0)
				call_handler(&services[i], control);
	}
}

/* Runs what is in the table, which is the only one. Takes the names over. */
static BOOL run(struct service *table, unsigned n)
{
	DWORD error = 0;
	bool is_child;
	int fd;

	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	pthread_mutex_lock(&lock);
	if (services) {
		pthread_mutex_unlock(&lock);
		close(fd);
		return thread_fail(ERROR_SERVICE_ALREADY_RUNNING);
	}
	bell = fd;
	services = table;
	n_services = n;
	has_told_ready = false;
	has_told_stopping = false;
	atomic_store(&stop_signaled, false);
	atomic_store(&change_signaled, false);
	for (unsigned i = 0; i < n; i++) {
		table[i].status.dwCurrentState = SERVICE_START_PENDING;
		table[i].has_returned = true; /* until its thread is there */
	}
	signals_take();
	pthread_mutex_unlock(&lock);
	for (unsigned i = 0; i < n && !error; i++) {
		pthread_mutex_lock(&lock);
		table[i].has_returned = false;
		pthread_mutex_unlock(&lock);
		table[i].thread = CreateThread(NULL, 0, service_thread, &table[i], 0, NULL);
		if (!table[i].thread) {
			error = GetLastError();
			table[i].has_returned = true;
		}
	}
	dispatch();
	pthread_mutex_lock(&lock);
	is_child = services != table;
	pthread_mutex_unlock(&lock);
	if (is_child)
		return TRUE;
	for (unsigned i = 0; i < n; i++) {
		/* A service may report that it has stopped before its ServiceMain returns. */
		if (table[i].thread) {
			WaitForSingleObject(table[i].thread, INFINITE);
			CloseHandle(table[i].thread);
		}
	}
	pthread_mutex_lock(&lock);
	signals_give_back();
	services = NULL;
	n_services = 0;
	bell = -1;
	pthread_mutex_unlock(&lock);
	close(fd);
	return error ? thread_fail(error) : TRUE;
}

static void table_free(struct service *table, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(table[i].name);
	free(table);
}

/* Runs the @n services of @table, which it takes; one of them may lack its name. */
static BOOL run_and_free(struct service *table, unsigned n)
{
	BOOL result = TRUE;

	for (unsigned i = 0; i < n && result; i++)
		if (!table[i].name)
			result = thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	if (result)
		result = run(table, n);
	table_free(table, n);
	return result;
}

/* Room for @n services. NULL: it cannot be, GetLastError() tells why. */
static struct service *table_new(unsigned n)
{
	struct service *table = n ? calloc(n, sizeof(*table)) : NULL;

	if (!table)
		thread_fail(n ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA);
	return table;
}

BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *entries)
{
	struct service *table;
	unsigned n = 0;

	while (entries && entries[n].lpServiceName && entries[n].lpServiceProc)
		n++;
	table = table_new(n);
	if (!table)
		return FALSE;
	for (unsigned i = 0; i < n; i++) {
		table[i].name = strdup(entries[i].lpServiceName);
		table[i].main_narrow = entries[i].lpServiceProc;
	}
	return run_and_free(table, n);
}

BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *entries)
{
	struct service *table;
	unsigned n = 0;

	while (entries && entries[n].lpServiceName && entries[n].lpServiceProc)
		n++;
	table = table_new(n);
	if (!table)
		return FALSE;
	for (unsigned i = 0; i < n; i++) {
		LPCWSTR name = entries[i].lpServiceName;

		table[i].name = text_utf8_from_wide(name, text_wide_len(name));
		table[i].main_wide = entries[i].lpServiceProc;
	}
	return run_and_free(table, n);
}

/*
 * The only service of a program may call itself what it likes. A handle is the service's
 * place in the table, from 1.
 */
static SERVICE_STATUS_HANDLE register_handler(const char *name, LPHANDLER_FUNCTION handler,
					      LPHANDLER_FUNCTION_EX handler_ex, void *context)
{
	DWORD error = ERROR_SERVICE_NOT_IN_EXE;
	uintptr_t handle = 0;

	if (!name || !*name || (!handler && !handler_ex)) {
		thread_fail(!name || !*name ? ERROR_INVALID_NAME : ERROR_INVALID_PARAMETER);
		return NULL;
	}
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < n_services && !handle; i++) {
		if (n_services > 1 && strcasecmp(services[i].name, name) != 0)
			continue;
		services[i].handler = handler;
		services[i].handler_ex = handler_ex;
		services[i].context = context;
		handle = i + 1;
	}
	pthread_mutex_unlock(&lock);
	if (!handle)
		thread_fail(error);
	return (SERVICE_STATUS_HANDLE)handle; /* NOLINT(performance-no-int-to-ptr) */
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerA(LPCSTR name,
							 LPHANDLER_FUNCTION handler)
{
	return register_handler(name, handler, NULL, NULL);
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExA(LPCSTR name,
							   LPHANDLER_FUNCTION_EX handler,
							   LPVOID context)
{
	return register_handler(name, NULL, handler, context);
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerW(LPCWSTR name,
							 LPHANDLER_FUNCTION handler)
{
	bool failed = false;
	char *text = text_utf8_from_wide_z(name, &failed);
	SERVICE_STATUS_HANDLE h = register_handler(text, handler, NULL, NULL);

	free(text);
	return h;
}

SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExW(LPCWSTR name,
							   LPHANDLER_FUNCTION_EX handler,
							   LPVOID context)
{
	bool failed = false;
	char *text = text_utf8_from_wide_z(name, &failed);
	SERVICE_STATUS_HANDLE h = register_handler(text, NULL, handler, context);

	free(text);
	return h;
}

BOOL WINAPI SetServiceStatus(SERVICE_STATUS_HANDLE handle, LPSERVICE_STATUS status)
{
	uintptr_t i = (uintptr_t)handle;
	DWORD error = 0;

	if (!status || status->dwCurrentState < SERVICE_STOPPED ||
	    status->dwCurrentState > SERVICE_PAUSED)
		return thread_fail(ERROR_INVALID_DATA);
	pthread_mutex_lock(&lock);
	if (i == 0 || i > n_services) {
		error = ERROR_INVALID_HANDLE;
	} else {
		services[i - 1].status = *status;
		report(&services[i - 1]);
		ring();
	}
	pthread_mutex_unlock(&lock);
	return error ? thread_fail(error) : TRUE;
}
