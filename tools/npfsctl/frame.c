/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing framed messages (model: frame.h)
 */
#include "tools/npfsctl/frame.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one read() asks for, and the longest raw message. */
#define CHUNK 32768u

#define PREFIX_LEN 4u

void ctl_reader_init(struct ctl_reader *reader, enum ctl_framing framing, int fd, int stop_fd)
{
	memset(reader, 0, sizeof(*reader));
	reader->framing = framing;
	reader->fd = fd;
	reader->stop_fd = stop_fd;
}

void ctl_reader_fini(struct ctl_reader *reader)
{
	free(reader->buf);
	free(reader->message);
	reader->buf = NULL;
	reader->message = NULL;
}

/* Makes room for a chunk behind what is there. */
static int make_room(struct ctl_reader *reader)
{
	size_t len = reader->end - reader->begin;
	size_t cap = reader->cap;
	uint8_t *buf;

	if (reader->begin > 0) {
		memmove(reader->buf, reader->buf + reader->begin, len);
		reader->begin = 0;
		reader->end = len;
	}
	if (cap - len >= CHUNK)
		return 0;
	if (len > CTL_FRAME_MAX + PREFIX_LEN)
		return -EMSGSIZE;
	cap = 2 * cap + CHUNK;
	buf = realloc(reader->buf, cap);
	if (!buf)
		return -ENOMEM;
	reader->buf = buf;
	reader->cap = cap;
	return 0;
}

/* Return: bytes read, 0 at the end or when stopped, -errno. */
static int fill(struct ctl_reader *reader)
{
	struct pollfd fds[2] = {
		{.fd = reader->fd, .events = POLLIN},
		{.fd = reader->stop_fd, .events = POLLIN},
	};
	ssize_t n;
	int r;

	r = make_room(reader);
	if (r < 0)
		return r;
	do
		r = poll(fds, 2, -1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (fds[1].revents)
		return 0;
	do
		n = read(reader->fd, reader->buf + reader->end, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	reader->end += (size_t)n;
	return (int)n;
}

/* A line, the last one perhaps without a newline. */
static int next_line(struct ctl_reader *reader, const uint8_t **linep, size_t *lenp)
{
	size_t seen = 0;

	for (;;) {
		size_t len = reader->end - reader->begin;
		const uint8_t *start = reader->buf + reader->begin;
		const uint8_t *newline =
			len > seen ? memchr(start + seen, '\n', len - seen) : NULL;
		int r;

		if (newline) {
			*linep = start;
			*lenp = (size_t)(newline - start);
			reader->begin += *lenp + 1;
			return 1;
		}
		seen = len;
		r = fill(reader);
		if (r < 0)
			return r;
		if (r == 0) {
			*linep = reader->buf + reader->begin;
			*lenp = len;
			reader->begin = reader->end;
			return len > 0;
		}
	}
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int next_hex(struct ctl_reader *reader, const void **messagep, size_t *lenp)
{
	const uint8_t *line;
	size_t len, i, n = 0;
	int r = next_line(reader, &line, &len);
	int high = -1;

	if (r <= 0)
		return r;
	free(reader->message);
	reader->message = malloc(len / 2 + 1);
	if (!reader->message)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		int value = digit(line[i]);

		if (isspace(line[i]) && high < 0)
			continue;
		if (value < 0)
			return -EILSEQ;
		if (high < 0) {
			high = value;
			continue;
		}
		reader->message[n++] = (uint8_t)(high << 4 | value);
		high = -1;
	}
	if (high >= 0)
		return -EILSEQ;
	*messagep = reader->message;
	*lenp = n;
	return 1;
}

/* Has @reader so many bytes? Return: 1, 0 at the end, -errno. */
static int have(struct ctl_reader *reader, size_t len)
{
	while (reader->end - reader->begin < len) {
		int r = fill(reader);

		if (r <= 0)
			return r;
	}
	return 1;
}

static int next_length(struct ctl_reader *reader, const void **messagep, size_t *lenp)
{
	const uint8_t *p;
	size_t len;
	int r;

	r = have(reader, PREFIX_LEN);
	if (r <= 0)
		return r == 0 && reader->end > reader->begin ? -EPROTO : r;
	p = reader->buf + reader->begin;
	len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > CTL_FRAME_MAX)
		return -EMSGSIZE;
	r = have(reader, PREFIX_LEN + len);
	if (r <= 0)
		return r == 0 ? -EPROTO : r;
	*messagep = reader->buf + reader->begin + PREFIX_LEN;
	*lenp = len;
	reader->begin += PREFIX_LEN + len;
	return 1;
}

/*
 * ctl_reader_next() - the next message
 * @messagep: borrowed until the next call
 *
 * Blocks. Return: 1; 0 when there is no more, or the reader was stopped; -errno: -EILSEQ for
 * what is no hexadecimal number, -EPROTO for a message that is cut, -EMSGSIZE for one that
 * is too long.
 */
int ctl_reader_next(struct ctl_reader *reader, const void **messagep, size_t *lenp)
{
	const uint8_t *line;
	int r;

	switch (reader->framing) {
	case CTL_FRAME_LINES:
		r = next_line(reader, &line, lenp);
		*messagep = line;
		return r;
	case CTL_FRAME_HEX:
		return next_hex(reader, messagep, lenp);
	case CTL_FRAME_LENGTH:
		return next_length(reader, messagep, lenp);
	default:
		reader->begin = reader->end = 0;
		r = fill(reader);
		*messagep = reader->buf;
		*lenp = r > 0 ? (size_t)r : 0;
		return r > 0 ? 1 : r;
	}
}

static int write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_hex(int fd, const uint8_t *message, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * len + 1);
	size_t i;
	int r;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[message[i] >> 4];
		text[2 * i + 1] = digits[message[i] & 15];
	}
	text[2 * len] = '\n';
	r = write_all(fd, text, 2 * len + 1);
	free(text);
	return r;
}

/* ctl_frame_write() - write a message. Blocks. Return: 0 or -errno */
int ctl_frame_write(enum ctl_framing framing, int fd, const void *message, size_t len)
{
	const uint8_t prefix[PREFIX_LEN] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16),
					    (uint8_t)(len >> 8), (uint8_t)len};
	int r;

	switch (framing) {
	case CTL_FRAME_HEX:
		return write_hex(fd, message, len);
	case CTL_FRAME_LINES:
		r = write_all(fd, message, len);
		return r < 0 ? r : write_all(fd, "\n", 1);
	case CTL_FRAME_LENGTH:
		r = write_all(fd, prefix, sizeof(prefix));
		return r < 0 ? r : write_all(fd, message, len);
	default:
		return write_all(fd, message, len);
	}
}
