/* SPDX-License-Identifier: MIT */
/*
 * How the helpers of the tests fail: a message and an abort, which every test runner sees
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define test_fail(...)                                                                   \
	do {                                                                             \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                          \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		abort();                                                                 \
	} while (0)

/* Fails with the text of errno unless @ok. */
#define test_require(ok, what)                                                           \
	do {                                                                             \
		if (!(ok))                                                               \
			test_fail("%s: %s", (what), strerror(errno));                    \
	} while (0)
