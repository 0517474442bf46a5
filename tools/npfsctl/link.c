/* SPDX-License-Identifier: MIT */
/*
 * Joining ends and descriptors (model: link.h)
 */
#include "tools/npfsctl/link.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/npfsctl/ctl.h"

#define READ_LEN 65536u

#define GENERIC_READ	      0x80000000u
#define GENERIC_WRITE	      0x40000000u
#define FILE_READ_ATTRIBUTES  0x00000080u
#define FILE_WRITE_ATTRIBUTES 0x00000100u
#define SYNCHRONIZE	      0x00100000u

struct sender {
	const struct ctl_link *link;
	int stop_fd; /* owned: an eventfd */
	int code;
};

/**
 * ctl_end_read() - receive one message, however long; of a byte pipe what is there
 * @bufp:	grows; owned by the caller, who frees it
 * @capp:	of *@bufp
 * @lenp:	bytes received
 *
 * Blocks. Return: as npfs_end_read() without STATUS_BUFFER_OVERFLOW.
 */
npfs_status ctl_end_read(struct npfs_end *end, uint8_t **bufp, size_t *capp, size_t *lenp)
{
	npfs_status status;
	uint32_t done;

	*lenp = 0;
	do {
		if (*capp - *lenp < READ_LEN) {
			size_t cap = 2 * *capp + READ_LEN;
			uint8_t *buf = realloc(*bufp, cap);

			if (!buf)
				return STATUS_INSUFFICIENT_RESOURCES;
			*bufp = buf;
			*capp = cap;
		}
		status = npfs_end_read(end, *bufp + *lenp, (uint32_t)(*capp - *lenp), NULL,
				       &done);
		*lenp += done;
	} while (status == STATUS_BUFFER_OVERFLOW);
	return status;
}

/* The peer is gone, or the link is over: that is how every link ends. */
static bool is_end(npfs_status status)
{
	return status == STATUS_PIPE_BROKEN || status == STATUS_PIPE_CLOSING ||
	       status == STATUS_PIPE_DISCONNECTED || status == STATUS_INVALID_HANDLE;
}

/* Sends everything. Return: exit code. */
static int send_all(const struct ctl_link *link, int stop_fd)
{
	struct ctl_reader reader;
	npfs_status status = STATUS_SUCCESS;
	const void *message;
	uint32_t done;
	size_t len;
	int r;

	ctl_reader_init(&reader, link->framing, link->in_fd, stop_fd);
	while ((r = ctl_reader_next(&reader, &message, &len)) > 0) {
		status = npfs_end_write(link->end, message, (uint32_t)len, NULL, &done);
		if (status != STATUS_SUCCESS)
			break;
	}
	ctl_reader_fini(&reader);
	if (r < 0) {
		errno = -r;
		return ctl_complain_errno("input");
	}
	if (status == STATUS_SUCCESS)
		status = npfs_end_flush(link->end, NULL);
	if (status == STATUS_INVALID_HANDLE)
		return CTL_OK;
	return is_end(status) ? CTL_BROKEN :
	       status == STATUS_SUCCESS ? CTL_OK :
					  ctl_complain("write", status);
}

static void *sender_main(void *arg)
{
	struct sender *sender = arg;

	sender->code = send_all(sender->link, sender->stop_fd);
	if (sender->link->closes_at_eof || sender->code == CTL_FAILED)
		npfs_end_close(sender->link->end);
	return NULL;
}

/* Receives until the link is over. Return: exit code. */
static int receive_all(const struct ctl_link *link)
{
	npfs_status status = STATUS_SUCCESS;
	uint8_t *buf = NULL;
	uint64_t n = 0;
	size_t cap = 0, len;
	int r = 0;

	while (r == 0 && (link->n_messages == 0 || n < link->n_messages)) {
		status = ctl_end_read(link->end, &buf, &cap, &len);
		if (status != STATUS_SUCCESS)
			break;
		r = ctl_frame_write(link->framing, link->out_fd, buf, len);
		n++;
	}
	free(buf);
	if (r < 0 && r != -EPIPE && r != -ECONNRESET) {
		errno = -r;
		return ctl_complain_errno("output");
	}
	if (status != STATUS_SUCCESS && !is_end(status))
		return ctl_complain("read", status);
	return r == 0 && link->n_messages > n ? CTL_BROKEN : CTL_OK;
}

static int run_both(const struct ctl_link *link)
{
	struct sender sender = {.link = link};
	pthread_t thread;
	int code, r;

	sender.stop_fd = eventfd(0, EFD_CLOEXEC);
	if (sender.stop_fd < 0)
		return ctl_complain_errno("eventfd");
	r = pthread_create(&thread, NULL, sender_main, &sender);
	if (r != 0) {
		close(sender.stop_fd);
		errno = r;
		return ctl_complain_errno("thread");
	}
	code = receive_all(link);
	if (eventfd_write(sender.stop_fd, 1) < 0)
		ctl_complain_errno("eventfd");
	npfs_end_close(link->end);
	pthread_join(thread, NULL);
	close(sender.stop_fd);
	/* what the peer did not want to hear is no failure once all that was asked for came */
	if (code == CTL_OK && link->n_messages == 0)
		code = sender.code;
	return code;
}

/**
 * ctl_link_run() - carry data until the link is over
 *
 * Blocks. Return: CTL_OK; CTL_BROKEN when the peer went before it had read everything, or
 * before it had sent what was asked for; CTL_FAILED.
 */
int ctl_link_run(const struct ctl_link *link)
{
	int code;

	if (link->out_fd < 0)
		code = send_all(link, -1);
	else if (link->in_fd < 0)
		code = receive_all(link);
	else
		code = run_both(link);
	npfs_end_close(link->end);
	return code;
}

static npfs_status open_once(const uint16_t *name, size_t len, unsigned directions,
			     struct npfs_end **endp)
{
	struct npfs_open_params params = {.size = sizeof(params)};
	struct npfs_end_info info;
	npfs_status status;

	if (directions & CTL_OPEN_READ)
		params.access |= GENERIC_READ | FILE_WRITE_ATTRIBUTES;
	if (directions & CTL_OPEN_WRITE)
		params.access |= GENERIC_WRITE | FILE_READ_ATTRIBUTES;
	status = npfs_pipe_open(name, len, &params, endp);
	if (status != STATUS_SUCCESS)
		return status;
	npfs_end_shape(*endp, &info);
	if (info.type == NPFS_TYPE_MESSAGE && (directions & CTL_OPEN_READ))
		status = npfs_end_set_modes(*endp, NPFS_MODE_MESSAGE, NPFS_MODE_WAIT);
	if (status != STATUS_SUCCESS)
		npfs_end_free(*endp);
	return status;
}

/**
 * ctl_open() - open a pipe as a client, waiting for a free instance
 * @directions:	CTL_OPEN_
 * @timeout:	how long to wait, as npfs_pipe_wait() takes it; 0: not at all; positive: as
 *		long as the pipe's creator said
 *
 * Return: as npfs_pipe_open(); STATUS_PIPE_NOT_AVAILABLE when the time is over.
 */
npfs_status ctl_open(const uint16_t *name, size_t len, unsigned directions, int64_t timeout,
		     struct npfs_end **endp)
{
	uint32_t flags = timeout > 0 ? NPFS_WAIT_USE_DEFAULT : 0;
	int64_t start = ctl_now_ns() / 100;
	npfs_status status;

	for (;;) {
		int64_t left = timeout;

		status = open_once(name, len, directions, endp);
		if (status != STATUS_PIPE_NOT_AVAILABLE || timeout == 0)
			return status;
		if (timeout < 0 && timeout != INT64_MIN) {
			left = timeout + (ctl_now_ns() / 100 - start);
			if (left >= 0)
				return status;
		}
		status = npfs_pipe_wait(name, len, left, flags);
		if (status == STATUS_IO_TIMEOUT)
			return STATUS_PIPE_NOT_AVAILABLE;
		if (status != STATUS_SUCCESS)
			return status;
	}
}

/* ctl_framing_option() - one of the options that say how messages are framed? */
bool ctl_framing_option(int option, enum ctl_framing *framingp)
{
	switch (option) {
	case 'l':
		*framingp = CTL_FRAME_LINES;
		return true;
	case 'x':
		*framingp = CTL_FRAME_HEX;
		return true;
	case 'p':
		*framingp = CTL_FRAME_LENGTH;
		return true;
	default:
		return false;
	}
}
