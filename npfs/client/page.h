/* SPDX-License-Identifier: MIT */
/*
 * A page of names as the broker sent it: records of one kind, each with a name behind it
 *
 * What is in a page is checked as it is taken; nothing outside of it is ever touched. What
 * was taken lies in the page and is good until the next one is put in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct np_conn_reply;

struct np_page {
	uint8_t *bytes; /* owned; what is left begins at bytes + used */
	size_t len;
	size_t used;
	uint32_t n_left; /* records */
};

struct np_page_name {
	const uint16_t *units; /* borrowed from the page, not terminated */
	size_t len;            /* units */
};

/* The extra bytes of @reply, which it gives away, are the page now: @n records. */
void np_page_put(struct np_page *page, struct np_conn_reply *reply, uint32_t n);
void np_page_fini(struct np_page *page);
bool np_page_take(struct np_page *page, void *raw, size_t size, const uint32_t *name_len,
		  struct np_page_name *name);
