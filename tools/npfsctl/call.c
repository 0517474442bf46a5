/* SPDX-License-Identifier: MIT */
/*
 * npfsctl call: one message there, one back, as CallNamedPipe does it
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/link.h"

/* Decodes hexadecimal digits in place. Return: bytes, or -1. */
static ssize_t decode_hex(char *text)
{
	size_t len = strlen(text), i;

	if (len % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != len)
		return -1;
	for (i = 0; i < len / 2; i++) {
		const char pair[] = {text[2 * i], text[2 * i + 1], 0};

		text[i] = (char)strtoul(pair, NULL, 16);
	}
	return (ssize_t)(len / 2);
}

/* The answer to @data in a buffer that the caller frees. */
static npfs_status transact(struct npfs_end *end, const void *data, size_t len,
			    uint8_t **answerp, size_t *answer_lenp)
{
	uint8_t first[4096], *rest = NULL;
	size_t cap = 0, rest_len = 0;
	npfs_status status;
	uint32_t done;

	status = npfs_end_transact(end, data, (uint32_t)len, first, sizeof(first), NULL, &done);
	if (status == STATUS_BUFFER_OVERFLOW)
		status = ctl_end_read(end, &rest, &cap, &rest_len);
	if (status == STATUS_SUCCESS) {
		*answerp = malloc(done + rest_len + 1);
		if (*answerp) {
			memcpy(*answerp, first, done);
			if (rest_len > 0)
				memcpy(*answerp + done, rest, rest_len);
			*answer_lenp = done + rest_len;
		} else {
			status = STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	free(rest);
	return status;
}

static int call(const struct ctl_name *name, const void *data, size_t len, int64_t timeout,
		bool is_hex)
{
	struct npfs_end *end;
	uint8_t *answer = NULL;
	size_t answer_len = 0;
	npfs_status status;
	int r;

	status = ctl_open(name->units, name->len, CTL_OPEN_READ | CTL_OPEN_WRITE, timeout,
			  &end);
	if (status != STATUS_SUCCESS)
		return ctl_complain(name->text, status);
	status = transact(end, data, len, &answer, &answer_len);
	npfs_end_free(end);
	if (status == STATUS_INVALID_PIPE_STATE) {
		ctl_warn("%s: a call needs a duplex pipe of messages", name->text);
		return CTL_FAILED;
	}
	if (status != STATUS_SUCCESS)
		return ctl_complain(name->text, status);
	r = ctl_frame_write(is_hex ? CTL_FRAME_HEX : CTL_FRAME_LINES, STDOUT_FILENO, answer,
			    answer_len);
	free(answer);
	if (r < 0) {
		errno = -r;
		return ctl_complain_errno("standard output");
	}
	return CTL_OK;
}

int ctl_call(int argc, char **argv)
{
	static const struct option options[] = {
		{"timeout", required_argument, NULL, 't'},
		{"hex", no_argument, NULL, 'x'},
		{NULL, 0, NULL, 0},
	};
	struct ctl_name name;
	bool is_hex = false;
	int64_t timeout = 1;
	int option, code;
	ssize_t len;
	char *data;

	while ((option = getopt_long(argc, argv, "t:x", options, NULL)) != -1) {
		switch (option) {
		case 't':
			if (!ctl_parse_seconds(optarg, &timeout))
				return CTL_USAGE;
			break;
		case 'x':
			is_hex = true;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind != 2)
		return ctl_usage();
	data = argv[optind + 1];
	len = is_hex ? decode_hex(data) : (ssize_t)strlen(data);
	if (len < 0) {
		ctl_warn("not a hexadecimal number");
		return CTL_USAGE;
	}
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	code = call(&name, data, (size_t)len, timeout, is_hex);
	ctl_name_fini(&name);
	return code;
}
