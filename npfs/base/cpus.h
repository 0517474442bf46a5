/* SPDX-License-Identifier: MIT */
/*
 * How many processors this process may keep busy at a time.
 *
 * Two things limit it: the affinity mask, and the time that a control group is given in
 * each period. Both are asked for once by whoever wants to know; that they change later is
 * not noticed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NP_CPUS_NO_QUOTA UINT32_MAX

/*
 * np_cpus_quota() - the least quota of the control groups a process is in
 * @mount: where the group file systems are, usually /sys/fs/cgroup; in version 1 the one of
 *         the processor time is its folder "cpu"
 * @list:  the process's groups, usually /proc/self/cgroup
 *
 * A group is limited by those above it too, so all the way up is looked at. What cannot be
 * read limits nothing.
 *
 * Return: thousandths of a processor, or NP_CPUS_NO_QUOTA.
 */
uint32_t np_cpus_quota(const char *mount, const char *list);

/* np_cpus_are_several() - two threads may run at the same time, all the time */
bool np_cpus_are_several(void);
