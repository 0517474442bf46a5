/* SPDX-License-Identifier: MIT */
/*
 * What a process holds, counted before and after
 */
#pragma once

struct test_leak {
	int n_fds;
	int n_threads;
	int n_shared_maps; /* of memfds */
	int n_children;
};

void test_leak_begin(struct test_leak *leak);
void test_leak_end(const struct test_leak *leak);
int test_count_fds(int pid);
