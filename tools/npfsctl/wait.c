/* SPDX-License-Identifier: MIT */
/*
 * npfsctl wait: until an instance of a name is free
 *
 * With -c a name that is not there yet is waited for, too; the names are watched meanwhile.
 */
#include <getopt.h>
#include <pthread.h>
#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "tools/npfsctl/ctl.h"

/* Ends a watch when the time is over. */
struct alarm {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct timespec deadline; /* CLOCK_MONOTONIC */
	struct npfs_dir_watch *watch;
	bool is_over;
};

static void *alarm_main(void *arg)
{
	struct alarm *alarm = arg;
	int r = 0;

	pthread_mutex_lock(&alarm->lock);
	while (!alarm->is_over && r == 0)
		r = pthread_cond_timedwait(&alarm->changed, &alarm->lock, &alarm->deadline);
	if (!alarm->is_over)
		npfs_dir_watch_cancel(alarm->watch);
	pthread_mutex_unlock(&alarm->lock);
	return NULL;
}

static struct timespec deadline_after(int64_t timeout)
{
	struct timespec ts;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ns = ts.tv_nsec + -timeout % 10000000 * 100;
	ts.tv_sec += (time_t)(-timeout / 10000000 + ns / 1000000000);
	ts.tv_nsec = (long)(ns % 1000000000);
	return ts;
}

static int64_t time_left(const struct timespec *deadline)
{
	struct timespec now;
	int64_t left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (int64_t)(deadline->tv_sec - now.tv_sec) * 10000000 +
	       (deadline->tv_nsec - now.tv_nsec) / 100;
	return left > 0 ? -left : 0;
}

static int alarm_start(struct alarm *alarm)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&alarm->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&alarm->changed, &attr);
	pthread_condattr_destroy(&attr);
	return pthread_create(&alarm->thread, NULL, alarm_main, alarm);
}

static void alarm_stop(struct alarm *alarm)
{
	pthread_mutex_lock(&alarm->lock);
	alarm->is_over = true;
	pthread_cond_signal(&alarm->changed);
	pthread_mutex_unlock(&alarm->lock);
	pthread_join(alarm->thread, NULL);
}

/* Until the name is there and free. The watch began before the first look. */
static npfs_status wait_for_name(const struct ctl_name *name, struct npfs_dir_watch *watch,
				 int64_t timeout, const struct timespec *deadline)
{
	struct npfs_dir_change change;
	npfs_status status;

	for (;;) {
		status = npfs_pipe_wait(name->units, name->len,
					timeout == INT64_MIN ? timeout : time_left(deadline),
					0);
		if (status != STATUS_OBJECT_NAME_NOT_FOUND)
			return status;
		status = npfs_dir_watch_next(watch, &change);
		if (status == STATUS_CANCELLED)
			return STATUS_IO_TIMEOUT;
		if (status != STATUS_SUCCESS && status != STATUS_NOTIFY_ENUM_DIR)
			return status;
	}
}

static npfs_status wait_for_creation(const struct ctl_name *name, int64_t timeout)
{
	struct alarm alarm = {.is_over = false};
	bool has_alarm = timeout != INT64_MIN;
	npfs_status status;

	status = npfs_dir_watch_open(&alarm.watch);
	if (status != STATUS_SUCCESS)
		return status;
	if (has_alarm)
		alarm.deadline = deadline_after(timeout);
	if (has_alarm && alarm_start(&alarm) != 0) {
		npfs_dir_watch_close(alarm.watch);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = wait_for_name(name, alarm.watch, timeout, &alarm.deadline);
	if (has_alarm)
		alarm_stop(&alarm);
	npfs_dir_watch_close(alarm.watch);
	return status;
}

int ctl_wait(int argc, char **argv)
{
	static const struct option options[] = {
		{"create", no_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	bool for_creation = false, has_timeout = false;
	int64_t timeout = INT64_MIN;
	struct ctl_name name;
	npfs_status status;
	int option, code = CTL_OK;

	while ((option = getopt_long(argc, argv, "ct:", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			for_creation = true;
			break;
		case 't':
			if (!ctl_parse_seconds(optarg, &timeout))
				return CTL_USAGE;
			has_timeout = true;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind != 1)
		return ctl_usage();
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	if (for_creation)
		status = wait_for_creation(&name, timeout);
	else
		status = npfs_pipe_wait(name.units, name.len, timeout,
					has_timeout ? 0 : NPFS_WAIT_USE_DEFAULT);
	if (status != STATUS_SUCCESS)
		code = ctl_complain(name.text, status);
	ctl_name_fini(&name);
	return code;
}
