/* SPDX-License-Identifier: MIT */
/*
 * NPFS_TRACE=io: a line on standard error for each transfer and each change of a connection.
 *
 * The variable is read when the library is loaded, so the program starts itself again with it.
 */
#include <npfs/npfs.h>
#include <npfs/pipe.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"

static struct test_broker broker;
static int real_stderr, captured;

static void setup(void)
{
	test_broker_start(&broker);
	captured = memfd_create("stderr", MFD_CLOEXEC);
	real_stderr = dup(STDERR_FILENO);
	ck_assert(captured >= 0 && real_stderr >= 0);
	ck_assert_int_eq(dup2(captured, STDERR_FILENO), STDERR_FILENO);
}

/* Standard error is what it was again. Return: what was written to it, of this buffer */
static const char *written(void)
{
	static char text[4096];
	ssize_t n;

	ck_assert_int_eq(dup2(real_stderr, STDERR_FILENO), STDERR_FILENO);
	n = pread(captured, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

static void teardown(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(captured);
	test_broker_stop(&broker);
}

static void pair_new(struct npfs_end **serverp, struct npfs_end **clientp)
{
	static const struct npfs_open_params open_params = {
		.size = sizeof(open_params),
		.access = GENERIC_READ | GENERIC_WRITE,
	};
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.type = NPFS_TYPE_MESSAGE,
		.read_mode = NPFS_MODE_MESSAGE,
		.max_instances = 1,
		.inbound_quota = 4096,
		.outbound_quota = 4096,
		.default_timeout = -500000,
	};
	struct test_name name = test_name("traced");

	ck_assert_uint_eq(npfs_pipe_create(name.units, name.len, &params, serverp, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_pipe_open(name.units, name.len, &open_params, clientp),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_listen(*serverp, NULL), STATUS_PIPE_CONNECTED);
}

/* Is there a line of this process with the rest? */
static void ck_assert_line(const char *text, const char *rest)
{
	char line[512];

	snprintf(line, sizeof(line), "npfs: %d %s\n", (int)getpid(), rest);
	ck_assert_msg(strstr(text, line), "no line \"%s\" in:\n%s", rest, text);
}

START_TEST(transfers_and_changes_have_a_line_each)
{
	struct npfs_end *server = NULL, *client = NULL;
	char buf[64], many[60];
	const char *text;
	uint32_t n;

	memset(many, 'm', sizeof(many));
	pair_new(&server, &client);
	ck_assert_uint_eq(npfs_end_write(client, "a \"b\" \\ \x01\xff", 10, NULL, &n),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(server, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 10);
	ck_assert_uint_eq(npfs_end_write(server, many, sizeof(many), NULL, &n),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(client, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, sizeof(many));
	ck_assert_uint_eq(npfs_end_disconnect(server), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(client, buf, sizeof(buf), NULL, &n),
			  STATUS_PIPE_DISCONNECTED);
	text = written();
	ck_assert_line(text, "client \\traced connected");
	ck_assert_line(text, "server \\traced client connected");
	ck_assert_line(text, "client \\traced write 10 bytes "
			     "\"a \\\"b\\\" \\\\ \\x01\\xff\"");
	ck_assert_line(text, "server \\traced read 10 bytes \"a \\\"b\\\" \\\\ \\x01\\xff\"");
	/* forty-eight bytes of it, then dots */
	ck_assert_line(text, "server \\traced write 60 bytes "
			     "\"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\"...");
	ck_assert_line(text, "server \\traced disconnected its client");
	ck_assert_line(text, "client \\traced disconnected by the server");
	npfs_end_free(client);
	npfs_end_free(server);
}
END_TEST

START_TEST(the_end_of_the_peer_has_a_line)
{
	struct npfs_end *server = NULL, *client = NULL;
	char buf[8];
	uint32_t n;

	pair_new(&server, &client);
	npfs_end_free(client);
	ck_assert_uint_eq(npfs_end_read(server, buf, sizeof(buf), NULL, &n),
			  STATUS_PIPE_BROKEN);
	ck_assert_line(written(), "server \\traced peer closed");
	npfs_end_free(server);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("trace_io");
	TCase *tcase = tcase_create("trace_io");
	SRunner *runner;
	int failed;

	(void)argc;
	if (!getenv("NPFS_TRACE")) {
		setenv("NPFS_TRACE", "io", 1);
		execv("/proc/self/exe", argv);
		perror("/proc/self/exe");
		return EXIT_FAILURE;
	}
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, transfers_and_changes_have_a_line_each);
	tcase_add_test(tcase, the_end_of_the_peer_has_a_line);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
