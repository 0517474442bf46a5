/* SPDX-License-Identifier: MIT */
/*
 * Coverage: counters of processes that leave by _exit()
 *
 * Included before every file of a coverage build (configure --enable-coverage), and of no
 * other. gcov writes a process's counters when exit() runs; children of tests leave by
 * _exit(), and programs go on as others by exec. What is killed loses what it counted.
 */
#ifndef NPFS_TESTS_COVERAGE_FLUSH_H
#define NPFS_TESTS_COVERAGE_FLUSH_H

#include <stdlib.h>
#include <unistd.h>

void __gcov_dump(void);

/* A macro that names itself is not expanded again: the second _exit is the function. */
#define _exit(status) (__gcov_dump(), _exit(status))

#endif /* NPFS_TESTS_COVERAGE_FLUSH_H */
