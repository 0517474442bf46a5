/* SPDX-License-Identifier: MIT */
/*
 * Framing: how messages lie in a stream of bytes, on a descriptor
 *
 *	raw	what one read() gives is a message; what a message holds is written as it is
 *	lines	a message per line, without its newline
 *	hex	a message per line, as hexadecimal digits; blanks between them are allowed
 *	length	32 bits, most significant byte first, then so many bytes
 *
 * A reader has one descriptor and remembers what it read too much. It can be stopped by
 * another thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_framing {
	CTL_FRAME_RAW,
	CTL_FRAME_LINES,
	CTL_FRAME_HEX,
	CTL_FRAME_LENGTH,
};

/* No message that is read is longer. */
#define CTL_FRAME_MAX (16u * 1024 * 1024)

struct ctl_reader {
	enum ctl_framing framing;
	int fd;	     /* borrowed */
	int stop_fd; /* borrowed: readable when there is nothing more to be read; or -1 */
	uint8_t *buf; /* owned */
	size_t cap;
	size_t begin, end; /* what is in it */
	uint8_t *message;  /* owned: decoded hex */
};

void ctl_reader_init(struct ctl_reader *reader, enum ctl_framing framing, int fd, int stop_fd);
void ctl_reader_fini(struct ctl_reader *reader);
int ctl_reader_next(struct ctl_reader *reader, const void **messagep, size_t *lenp);
int ctl_frame_write(enum ctl_framing framing, int fd, const void *message, size_t len);
