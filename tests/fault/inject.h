/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail: the n-th request for memory or for something of the kernel's, in turn
 *
 * The program is linked so that its calls of malloc(), mmap(), socket() and so on come
 * here first (--wrap). What a thread has armed concerns the calls of that thread only, so
 * that the n-th call is the same one each time; other threads go on undisturbed. A page
 * concerns all calls of a program that was started with INJECT_ENV, and also those that move
 * bytes. A call that is made to fail does nothing else, and sets the error of an exhausted
 * system.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* The number of the inherited descriptor of the page: at the start of a program. */
#define INJECT_ENV "NPFS_TEST_INJECT"

/* In memory that two processes share: one arms, the other's calls count. */
struct inject_page {
	_Atomic(unsigned) left; /* calls until one fails; 0: none does */
	_Atomic(bool) has_failed;
	char name[32]; /* of the call that failed last */
};

/* The @n-th call from now fails, counted from 1. */
void inject_arm(unsigned n);
/* Return: whether it came to that; then no further call fails. */
bool inject_disarm(void);
/* The name of the call that failed last, and from where it was made. */
const char *inject_name(void);
void *inject_caller(void);

/* Calls that a signal may interrupt: every other one is, while @is_on. */
void inject_interrupts(bool is_on);

/* For the process that shares the page: the @n-th of its calls from now fails. */
void inject_page_arm(struct inject_page *page, unsigned n);
/* Return: whether it came to that. */
bool inject_page_disarm(struct inject_page *page);
