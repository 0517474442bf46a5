/* SPDX-License-Identifier: MIT */
/*
 * npfsctl: every sub-command as a script would use it, against a broker of the test's own
 *
 * A case is a piece of shell, its output and its exit code. What it starts in the background
 * it waits for by `npfsctl wait -c`, and it all ends by itself; a case that does not is ended
 * with its whole process group.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/proc.h"

#define OUTPUT_MAX 65536

/* The time of a case, which starts a handful of programs, one after the other. */
#define SCRIPT_DEADLINE_MS (6 * TEST_DEADLINE_MS)

static struct test_broker broker;
static char output[OUTPUT_MAX]; /* of the last script: both streams */

static void setup(void)
{
	char path[4096];

	test_broker_start(&broker);
	snprintf(path, sizeof(path), "%s/tools/npfsctl:%s", TEST_BUILDDIR, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("DIR", broker.dir, 1);
	setenv("NPFSD", test_npfsd_path(), 1);
	setenv("LC_ALL", "C.UTF-8", 1);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static pid_t start(const char *script, int out)
{
	pid_t pid = fork();

	test_require(pid >= 0, "fork");
	if (pid == 0) {
		setpgid(0, 0);
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
		dup2(out, 1);
		dup2(out, 2);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Runs a script to its end. Return: exit code; what it and all it started wrote is in `output`. */
static int run(const char *script)
{
	int64_t deadline = test_now_ms() + SCRIPT_DEADLINE_MS;
	size_t len = 0;
	int fds[2], status;
	pid_t pid;

	test_require(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
	pid = start(script, fds[1]);
	close(fds[1]);
	for (;;) {
		int64_t left = deadline - test_now_ms();
		ssize_t n;

		if (left <= 0 || !test_fd_wait(fds[0], (int)left)) {
			output[len] = 0;
			kill(-pid, SIGKILL);
			test_fail("does not end: %s\nso far: %s", script, output);
		}
		n = read(fds[0], output + len, sizeof(output) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	output[len] = 0;
	close(fds[0]);
	test_require(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect(const char *script, int code, const char *text)
{
	int r = run(script);

	if (r != code || strcmp(output, text) != 0)
		test_fail("%s\nended with %d instead of %d and said\n%sinstead of\n%s", script, r,
			  code, output, text);
}

/* The output has this in it somewhere. */
static void expect_part(const char *script, int code, const char *part)
{
	int r = run(script);

	if (r != code || !strstr(output, part))
		test_fail("%s\nended with %d instead of %d and said\n%swithout\n%s", script, r,
			  code, output, part);
}

START_TEST(wrong_arguments_are_2)
{
	static const char *const scripts[] = {
		"npfsctl",
		"npfsctl nonsense",
		"npfsctl list -z",
		"npfsctl list a b",
		"npfsctl call x",
		"npfsctl call -x x 4g",
		"npfsctl call -x x 414",
		"npfsctl call -t now x y",
		"npfsctl call -t -1 x y",
		"npfsctl call '\\\\.\\pipe\\' y",
		"npfsctl call '\\\\other\\pipe\\x' y",
		"npfsctl call '' y",
		"npfsctl cat",
		"npfsctl cat -r -w x",
		"npfsctl cat -n 0 x",
		"npfsctl cat -n -1 x",
		"npfsctl stat",
		"npfsctl stat -z x",
		"npfsctl acl",
		"npfsctl acl -u",
		"npfsctl doctor",
		"npfsctl doctor -z x",
		"npfsctl top -z",
		"npfsctl top a b",
		"npfsctl top -n 0",
		"npfsctl top -d 0",
		"npfsctl top -d 1e9",
		"npfsctl trace -z",
		"npfsctl trace a b",
		"npfsctl trace -n x",
		"npfsctl trace -d 100000",
		"npfsctl wait",
		"npfsctl wait a b",
		"npfsctl serve",
		"npfsctl serve --echo --exec true x",
		"npfsctl serve -n 2 x",
		"npfsctl relay x",
		"npfsctl relay x tcp:10.0.0.1:80",
		"npfsctl relay x tcp:127.0.0.1:99999",
		"npfsctl relay x unix:",
		"npfsctl relay x file:y",
		"npfsctl broker",
		"npfsctl broker dance",
		"npfsctl broker -z status",
	};
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (run(scripts[i]) != 2 || !*output)
			test_fail("%s: not refused: %s", scripts[i], output);
}
END_TEST

START_TEST(help_and_version_go_to_standard_output)
{
	expect_part("npfsctl --help 2> /dev/null", 0, "usage: npfsctl COMMAND");
	expect_part("npfsctl call --help 2> /dev/null", 0, "usage: npfsctl call");
	expect_part("npfsctl --version 2> /dev/null", 0, "npfsctl ");
}
END_TEST

START_TEST(a_name_that_is_not_there_is_3)
{
	expect_part("npfsctl call nobody hello", 3, "error 2");
	expect_part("npfsctl cat nobody", 3, "error 2");
	expect_part("npfsctl wait nobody", 3, "error 2");
	expect("npfsctl list nobody", 3, "");
	expect("npfsctl list", 0, "");
	expect("npfsctl list -j", 0, "[]\n");
}
END_TEST

START_TEST(without_a_broker_it_is_6_and_none_is_started)
{
	expect_part("NPFS_NO_AUTOSTART=; NPFS_SOCKET=$DIR/other; export NPFS_SOCKET\n"
		    "unset NPFS_NO_AUTOSTART\n"
		    "npfsctl list; test $? = 6 || exit 1\n"
		    "npfsctl wait x; test $? = 6 || exit 1\n"
		    "npfsctl trace x; test $? = 6 || exit 1\n"
		    "npfsctl top -b -n 1; test $? = 6 || exit 1\n"
		    "npfsctl broker stop; test $? = 6 || exit 1\n"
		    "npfsctl broker -q status; test $? = 6 || exit 1\n"
		    "test ! -e $DIR/other",
		    0, "no broker is running");
}
END_TEST

START_TEST(a_call_brings_one_message_there_and_one_back)
{
	expect("npfsctl serve --echo -n 3 ctl-call & npfsctl wait -c ctl-call\n"
	       "npfsctl call ctl-call 'hello, world' || exit 1\n"
	       "npfsctl call -x //./pipe/CTL-Call 00ff41 || exit 1\n"
	       "npfsctl call '\\\\.\\pipe\\ctl-call' '' || exit 1\n"
	       "wait $!",
	       0, "hello, world\n00ff41\n\n");
}
END_TEST

START_TEST(an_answer_may_be_long)
{
	expect("npfsctl serve --echo -n 1 ctl-long & npfsctl wait -c ctl-long\n"
	       "npfsctl call ctl-long \"$(seq 6000)\" > $DIR/got; wait $!\n"
	       "seq 6000 | cmp - $DIR/got && wc -c < $DIR/got; rm $DIR/got",
	       0, "28893\n");
}
END_TEST

START_TEST(cat_carries_lines_hex_and_prefixed_messages)
{
	expect("npfsctl serve --echo -n 4 ctl-cat & npfsctl wait -c ctl-cat\n"
	       "printf 'one\\ntwo\\n\\nfour' | npfsctl cat -l -n 4 ctl-cat || exit 1\n"
	       "printf '61 62\\n\\n0aFF\\n' | npfsctl cat -x -n 3 ctl-cat || exit 1\n"
	       "printf '\\0\\0\\0\\3abc\\0\\0\\0\\0' | npfsctl cat -p -n 2 ctl-cat | od -An -c\n"
	       "printf 'raw\\n' | npfsctl cat -n 1 ctl-cat || exit 1\n"
	       "wait $!",
	       0,
	       "one\ntwo\n\nfour\n"
	       "6162\n\n0aff\n"
	       "  \\0  \\0  \\0 003   a   b   c  \\0  \\0  \\0  \\0\n"
	       "raw\n");
}
END_TEST

START_TEST(input_that_is_no_message_is_1)
{
	expect_part("npfsctl serve --echo -n 2 ctl-bad & npfsctl wait -c ctl-bad\n"
		    "echo xyz | npfsctl cat -x ctl-bad; test $? = 1 || exit 2\n"
		    "printf '\\0\\0\\0\\9a' | npfsctl cat -p ctl-bad; test $? = 1 || exit 2\n"
		    "wait $!",
		    0, "input:");
}
END_TEST

START_TEST(cat_goes_one_way_only_when_asked)
{
	expect("npfsctl serve -l -n 1 --exec \"cat > $DIR/got\" ctl-in & npfsctl wait -c ctl-in\n"
	       "seq 3 | npfsctl cat -l -w ctl-in || exit 1\n"
	       "wait $!; cat $DIR/got; rm $DIR/got\n"
	       "npfsctl serve -l -n 1 --exec 'seq 4 6' ctl-out & npfsctl wait -c ctl-out\n"
	       "npfsctl cat -r -l ctl-out || exit 1\n"
	       "wait $!",
	       0, "1\n2\n3\n4\n5\n6\n");
}
END_TEST

START_TEST(big_data_arrives_whole_both_ways)
{
	expect("head -c 3000000 /dev/urandom > $DIR/in\n"
	       "npfsctl serve -b -n 1 --exec \"cat > $DIR/out\" ctl-big1 & npfsctl wait -c ctl-big1\n"
	       "npfsctl cat -w ctl-big1 < $DIR/in; wait $!; cmp $DIR/in $DIR/out && echo there\n"
	       "npfsctl serve -b -n 1 --exec \"cat $DIR/in\" ctl-big2 & npfsctl wait -c ctl-big2\n"
	       "npfsctl cat -r ctl-big2 > $DIR/out; wait $!; cmp $DIR/in $DIR/out && echo back\n"
	       "rm $DIR/in $DIR/out",
	       0, "there\nback\n");
}
END_TEST

START_TEST(a_program_is_told_its_client_and_sees_the_end)
{
	expect("npfsctl serve -l -n 1 --exec 'echo \"$NPFS_CLIENT_PID\"; cat > /dev/null; "
	       "echo over >&2' ctl-pid & npfsctl wait -c ctl-pid\n"
	       "npfsctl cat -l -n 1 ctl-pid > $DIR/said &\n"
	       "client=$!; wait; test \"$(cat $DIR/said)\" = $client && echo told; rm $DIR/said",
	       0, "over\ntold\n");
}
END_TEST

START_TEST(standard_streams_serve_one_client)
{
	expect("echo from the server | npfsctl serve -l ctl-std & npfsctl wait -c ctl-std\n"
	       "npfsctl cat -l -r ctl-std; wait $!",
	       0, "from the server\n");
}
END_TEST

START_TEST(a_taken_name_is_4_and_a_busy_one_5)
{
	expect_part("mkfifo $DIR/hold\n"
		    "npfsctl serve --echo -c 1 -n 1 ctl-busy & server=$!\n"
		    "npfsctl wait -c ctl-busy\n"
		    "npfsctl serve --echo ctl-busy; test $? = 4 || exit 1\n"
		    "npfsctl cat -l ctl-busy < $DIR/hold > $DIR/said & exec 3> $DIR/hold\n"
		    "echo here >&3; until grep -qs here $DIR/said; do npfsctl list > /dev/null; done\n"
		    "npfsctl wait -t 0 ctl-busy; test $? = 5 || exit 1\n"
		    "npfsctl call -t 0 ctl-busy x; test $? = 5 || exit 1\n"
		    "npfsctl call -t 0.02 ctl-busy x; test $? = 5 || exit 1\n"
		    "npfsctl list ctl-b*\n"
		    "kill $server; exec 3>&-; wait; rm $DIR/hold $DIR/said",
		    0, "ctl-busy                                         1         1\n");
}
END_TEST

START_TEST(a_wait_for_a_name_ends_when_it_comes_or_the_time_is_over)
{
	expect_part("npfsctl wait -c -t 0.05 ctl-later; test $? = 5 || exit 1\n"
		    "npfsctl wait -c ctl-later & waiter=$!\n"
		    "npfsctl serve --echo -n 1 ctl-later &\n"
		    "wait $waiter || exit 1\n"
		    "npfsctl call ctl-later x; wait",
		    0, "x\n");
}
END_TEST

START_TEST(a_relay_leads_a_socket_to_a_pipe)
{
	expect("npfsctl serve --echo -b -n 2 ctl-relay & npfsctl wait -c ctl-relay\n"
	       "mkfifo $DIR/ready\n"
	       "npfsctl relay -n 1 ctl-relay unix:$DIR/u > $DIR/ready & read line < $DIR/ready\n"
	       "echo \"${line%unix*}\"\n"
	       "npfsctl serve -b -n 1 --exec 'head -c 3' ctl-front > /dev/null & \n"
	       "npfsctl wait -c ctl-front; echo abc | npfsctl cat -n 1 ctl-front; echo\n"
	       "npfsctl relay -s -n 1 ctl-back unix:$DIR/u & npfsctl wait -c ctl-back\n"
	       "echo through three | npfsctl cat -n 1 ctl-back\n"
	       "echo by stdio | npfsctl cat -n 1 ctl-relay\n"
	       "wait; rm $DIR/ready; test ! -e $DIR/u",
	       0, "listening on \nabc\nthrough three\nby stdio\n");
}
END_TEST

START_TEST(a_relay_keeps_messages_when_asked)
{
	expect("npfsctl serve --echo -n 1 ctl-m & npfsctl wait -c ctl-m\n"
	       "mkfifo $DIR/ready\n"
	       "npfsctl relay -l -n 1 ctl-m tcp:127.0.0.1:0 > $DIR/ready & read line < $DIR/ready\n"
	       "npfsctl relay -l -s -n 1 ctl-n \"${line#listening on }\" & npfsctl wait -c ctl-n\n"
	       "npfsctl call ctl-n 'one message'\n"
	       "wait; rm $DIR/ready",
	       0, "one message\n");
}
END_TEST

START_TEST(a_relay_whose_pipe_is_not_there_closes_the_connection)
{
	expect_part("mkfifo $DIR/ready\n"
		    "npfsctl relay -n 1 ctl-no unix:$DIR/u > $DIR/ready & read line < $DIR/ready\n"
		    "npfsctl relay -s -n 1 ctl-x unix:$DIR/u & npfsctl wait -c ctl-x\n"
		    "npfsctl cat -r ctl-x; echo $?\n"
		    "wait; rm $DIR/ready; test ! -e $DIR/u",
		    0, "ctl-no: the name does not exist");
}
END_TEST

START_TEST(a_listing_has_the_columns_of_pipelist)
{
	expect("npfsctl serve -b --echo -c 7 'ctl <x>' & one=$!\n"
	       "npfsctl serve -b --echo 'ctl\\sub \"q\"' & two=$!\n"
	       "npfsctl wait -c 'ctl <x>'; npfsctl wait -c 'ctl\\sub \"q\"'\n"
	       "npfsctl list 'CTL <*' | cat\n"
	       "npfsctl list -j 'ctl?sub*'\n"
	       "kill $one $two; wait",
	       0,
	       "NAME                                     INSTANCES       MAX\n"
	       "ctl <x>                                          1         7\n"
	       "[{\"name\": \"ctl\\\\sub \\\"q\\\"\", \"instances\": 1, \"max_instances\": -1}]\n");
}
END_TEST

START_TEST(a_listing_that_watches_tells_what_comes_and_goes)
{
	expect("mkfifo $DIR/w; npfsctl list -w 'ctl-w*' > $DIR/w & lister=$!\n"
	       "exec 3< $DIR/w\n"
	       /* only when it shows a first change is it known to watch */
	       "npfsctl serve -b --echo ctl-w1 & first=$!\n"
	       "until read line <&3; do :; done\n"
	       "case $line in NAME*) read line <&3;; esac\n"
	       "kill $first; wait $first 2> /dev/null\n"
	       "until test \"$line\" = 'removed   ctl-w1'; do read line <&3; done\n"
	       "npfsctl serve -b --echo -n 1 ctl-w2 &\n"
	       "read line <&3; echo \"$line\"\n"
	       "npfsctl wait -c ctl-w2; echo x | npfsctl cat -n 1 ctl-w2; wait $!\n"
	       "read line <&3; echo \"$line\"\n"
	       "kill $lister; wait; exec 3<&-; rm $DIR/w",
	       0, "added     ctl-w2\nx\nremoved   ctl-w2\n");
}
END_TEST

START_TEST(stat_acl_and_doctor_look_and_leave_all_as_it_is)
{
	expect("npfsctl serve --echo -c 1 -n 1 ctl-look & server=$!; npfsctl wait -c ctl-look\n"
	       "npfsctl stat ctl-look | sed \"s/ $server ([^)]*) */ PID /\"\n"
	       "npfsctl stat -j ctl-look | grep -o '\"state\".*server_pid\": ' \n"
	       "npfsctl acl ctl-look | sed -n 's/^you *may/you/p'\n"
	       "npfsctl doctor ctl-look | grep free\n"
	       "npfsctl stat ctl-none 2> /dev/null; test $? = 3 || exit 1\n"
	       "npfsctl acl ctl-none 2> /dev/null; test $? = 3 || exit 1\n"
	       "npfsctl doctor ctl-loop > $DIR/said; test $? = 3 || exit 1\n"
	       "grep 'there is ctl' $DIR/said; rm $DIR/said\n"
	       "npfsctl doctor 'ctl-look\\below' > /dev/null; test $? = 1 || exit 1\n"
	       "npfsctl call ctl-look done; wait",
	       0,
	       "name         ctl-look\n"
	       "instances    1 of 1\n"
	       "type         message\n"
	       "direction    duplex\n"
	       "free         1\n"
	       "waiters      0\n"
	       "time-out     0.05 s\n"
	       "remote       accepted\n"
	       "STATE         SERVER                       CLIENT                       QUOTAS "
	       "(IN, OUT)\n"
	       "listening     PID -                            65536 65536\n"
	       "\"state\": \"listening\", \"server_pid\": \n"
	       "you: everything\n"
	       "good   you may open it, and an instance is free\n"
	       "       there is ctl-look\n"
	       "done\n");
}
END_TEST

/* Takes times and processes out of what trace prints. */
#define NO_TIMES                                                                         \
	"sed -E 's/^[0-9:]+\\.[0-9]{6} //; s/#[0-9]+ //; s/[0-9]+ \\(([^)]*)\\)/PID/g'"

START_TEST(trace_tells_an_exchange_line_by_line)
{
	/* when it has printed its first line it traces; when it has told nine events it ends */
	expect("mkfifo $DIR/t; npfsctl trace -n 9 -d 8 'ctl-t*' > $DIR/t & tracer=$!\n"
	       "exec 3< $DIR/t; read line <&3; echo \"$line\"\n"
	       "npfsctl serve --echo -c 1 -n 1 ctl-traced & server=$!; npfsctl wait -c ctl-traced\n"
	       "npfsctl call ctl-traced 'one two three'; wait $server\n"
	       "npfsctl call ctl-traced gone 2> /dev/null\n"
	       "cat <&3 | " NO_TIMES "; exec 3<&-; wait; rm $DIR/t",
	       0,
	       "TIME            PIPE, INSTANCE, EVENT\n"
	       "one two three\n"
	       "ctl-traced created by PID\n"
	       "ctl-traced opened by PID, server PID\n"
	       "ctl-traced client wrote 13 bytes \"one two \"...\n"
	       "ctl-traced server read 13 bytes\n"
	       "ctl-traced server wrote 13 bytes \"one two \"...\n"
	       "ctl-traced client read 13 bytes\n"
	       "ctl-traced client closed\n"
	       "ctl-traced server closed\n"
	       "ctl-traced refused to PID: the name does not exist\n");
}
END_TEST

START_TEST(trace_tells_json_and_the_data_as_digits)
{
	/* the line of the connection that is there already says that it traces */
	expect("mkfifo $DIR/t $DIR/in\n"
	       "npfsctl serve --echo -c 1 -n 1 ctl-j & npfsctl wait -c ctl-j\n"
	       "npfsctl cat -l -n 2 ctl-j < $DIR/in > $DIR/out & exec 4> $DIR/in\n"
	       "echo here >&4; until grep -qs here $DIR/out; do npfsctl list > /dev/null; done\n"
	       "npfsctl trace -j -n 2 ctl-j > $DIR/t & exec 3< $DIR/t\n"
	       "read line <&3; echo \"$line\" | grep -o '^{\"event\": \"found\"'\n"
	       "echo Ab >&4; read line <&3\n"
	       "echo \"$line\" | sed -E 's/\"time\": [0-9.]+, //; s/(pid|uid|id)\": [0-9]+/\\1\": N/g'\n"
	       "exec 3<&- 4>&-; wait; rm $DIR/t $DIR/in $DIR/out",
	       0,
	       "{\"event\": \"found\"\n"
	       "{\"event\": \"wrote\", \"name\": \"ctl-j\", \"id\": N, \"server_pid\": N, "
	       "\"server_uid\": N, \"client_pid\": N, \"client_uid\": N, \"status\": 0, "
	       "\"by\": \"client\", \"bytes\": 2, \"count\": 1, \"data\": \"4162\"}\n");
}
END_TEST

START_TEST(stat_and_top_tell_what_is_queued)
{
	/* the server's program reads nothing until it is told to end */
	expect("mkfifo $DIR/gate\n"
	       "npfsctl serve -b -c 1 -n 1 --exec 'cat '$DIR/gate ctl-full > /dev/null &\n"
	       "npfsctl wait -c ctl-full\n"
	       "head -c 300000 /dev/zero | npfsctl cat -w ctl-full 2> /dev/null &\n"
	       "until npfsctl stat ctl-full | grep -q '65536 of the quota of 65536'; do :; done\n"
	       "npfsctl stat ctl-full | grep -c ' bytes in '\n"
	       "npfsctl stat -j ctl-full | grep -o '\"quota_used\": 65536'\n"
	       "npfsctl top -b -n 1 -d 0.05 'ctl-f*' | sed -n 's/^ctl-full .* [0-9]*k$/much/p'\n"
	       ": > $DIR/gate; wait; rm $DIR/gate",
	       0, "2\n\"quota_used\": 65536\nmuch\n");
}
END_TEST

START_TEST(top_shows_tables_one_after_the_other)
{
	expect("npfsctl serve -b --echo 'ctl-one' & one=$!; npfsctl wait -c ctl-one\n"
	       "npfsctl top -b -n 2 -d 0.05 'ctl-*' | sed 's/^npfs .*/HEAD/'\n"
	       "kill $one; wait",
	       0,
	       "HEAD\n"
	       "NAME                          INST  CONN  FREE  WAIT  IN/s OUT/s MSG/s QUEUE\n"
	       "ctl-one                          1     0     1     0     0     0     0     0\n"
	       "\n"
	       "HEAD\n"
	       "NAME                          INST  CONN  FREE  WAIT  IN/s OUT/s MSG/s QUEUE\n"
	       "ctl-one                          1     0     1     0     0     0     0     0\n");
}
END_TEST

START_TEST(doctor_says_who_keeps_a_pipe_busy)
{
	expect("mkfifo $DIR/hold\n"
	       "npfsctl serve --echo -c 1 -n 1 ctl-held & npfsctl wait -c ctl-held\n"
	       "npfsctl cat -l ctl-held < $DIR/hold > $DIR/said & client=$!; exec 3> $DIR/hold\n"
	       "echo here >&3; until grep -qs here $DIR/said; do npfsctl list > /dev/null; done\n"
	       "npfsctl doctor ctl-held > $DIR/said; test $? = 5 || exit 1\n"
	       "grep -q \"client $client (\" $DIR/said && echo found\n"
	       "npfsctl wait -t inf ctl-held 2> /dev/null & waiter=$!\n"
	       "until npfsctl stat ctl-held | grep \"^waits *$waiter \" > /dev/null; do :; done\n"
	       "npfsctl stat ctl-held | grep ^waiters; kill $client; exec 3>&-\n"
	       "wait 2> /dev/null; rm $DIR/hold $DIR/said",
	       0, "found\nwaiters      1\n");
}
END_TEST

/* What the manual page shows, and what it prints. */
static const char *const examples[] = {
	"heLLo\n",
	"good   a broker answers\n"
	"good   the name exists\n"
	"good   you may open it, and an instance is free\n"
	"[{\"name\": \"example\", \"instances\": 1, \"max_instances\": 1}]\n"
	"hello\n",
	"hello\n",
	"TIME            PIPE, INSTANCE, EVENT\n"
	"hello\n"
	"client wrote 5 bytes \"hello\"\n",
};

START_TEST(the_examples_of_the_manual_page_work)
{
	char script[2048];

	/* the lines of the example with this number, without what the page says about them */
	snprintf(script, sizeof(script),
		 "mkdir $DIR/e; broker_dir=$DIR; DIR=$DIR/e\n"
		 "awk '/^\\.Sh/ { is_examples = /EXAMPLES/ }\n"
		 "/^\\.Ed/ { shows = 0 }\n"
		 "is_examples && shows { print; n_lines++ }\n"
		 "/^\\.Bd/ && is_examples { shows = ++n == %d }\n"
		 "END { exit n_lines == 0 }' ${top_srcdir:-.}/doc/man/npfsctl.1 > $DIR/script\n"
		 "test $? = 0 || exit 2\n"
		 ". $DIR/script || exit 3\n"
		 "wait; rm -r $broker_dir/e",
		 _i + 1);
	expect(script, 0, examples[_i]);
}
END_TEST

/* The session has a broker of its own, and ends with 1 when a command ends otherwise than it says. */
START_TEST(the_session_of_the_documents_can_be_made)
{
	char script[512];

	snprintf(script, sizeof(script),
		 "unset NPFS_NO_AUTOSTART; TMPDIR=$DIR; export TMPDIR\n"
		 "${top_srcdir:-.}/doc/npfsctl-session %s > $DIR/session || exit 1\n"
		 "for c in $(npfsctl --help | sed -n 's/^  \\([a-z]*\\) .*/\\1/p'); do\n"
		 "grep -q \"npfsctl $c\" $DIR/session || echo \"$c is not in it\"; done\n"
		 "rm $DIR/session",
		 TEST_BUILDDIR);
	expect(script, 0, "");
}
END_TEST

START_TEST(completions_know_all_sub_commands)
{
	expect("c=${top_srcdir:-.}/tools/completions\n"
	       "for i in $(npfsctl --help | sed -n 's/^  \\([a-z]*\\) .*/\\1/p'); do\n"
	       "grep -q \"[ ']$i \" $c/npfsctl || echo \"bash: $i\"\n"
	       "grep -q \"'$i\\[\" $c/_npfsctl || echo \"zsh: $i\"\n"
	       "grep -q \"commands.* $i\" $c/npfsctl.fish || echo \"fish: $i\"\n"
	       "done",
	       0, "");
}
END_TEST

/*
 * What each shell makes of four lines: a sub-command, an option, a verb, the name of a pipe.
 * Zsh completes only at a terminal: its own functions are replaced by ones that print what
 * they are given.
 */
static const struct {
	const char *shell;
	const char *script; /* $c is the folder */
} completions[] = {
	{"bash",
	 "bash -c 'try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _npfsctl\n"
	 "echo \"${COMPREPLY[*]}\"; }\n"
	 ". $c/npfsctl; try npfsctl tr; try npfsctl top --b; try npfsctl broker st\n"
	 "try npfsctl stat ctl-c'\n"},
	{"zsh",
	 "zsh -f -c 'try() { wanted=$1; shift; words=(\"$@\"); CURRENT=$#; . $c/_npfsctl }\n"
	 "show() { print -l -- \"$@\" | grep -e \"^$wanted\" | tr \"\\n\" \" \" | sed \"s/ $//\"; print }\n"
	 "_values() { shift; show \"${@%%\\[*}\" }\n"
	 "_arguments() { local last=${@[-1]}\n"
	 "case $last in *_npfsctl_names) [[ $wanted = -* ]] || { _npfsctl_names; return } ;;\n"
	 "*:\\(*) [[ $wanted = -* ]] || { show ${=${${last#*\\(}%\\)}}; return } ;; esac\n"
	 "show \"${@%%\\[*}\" }\n"
	 "compadd() { show \"${(@P)2}\" }\n"
	 "try tr npfsctl tr; try --b npfsctl top --b; try st npfsctl broker st\n"
	 "try ctl-c npfsctl stat ctl-c'\n"},
	{"fish",
	 "HOME=$DIR XDG_CONFIG_HOME=$DIR XDG_DATA_HOME=$DIR XDG_CACHE_HOME=$DIR fish -c '\n"
	 "source $c/npfsctl.fish\n"
	 "for i in \"npfsctl tr\" \"npfsctl top --b\" \"npfsctl broker st\" \"npfsctl stat ctl-c\"\n"
	 "string join -- \" \" (complete -C $i); end'; rm -rf $DIR/fish\n"},
};

START_TEST(each_shell_completes)
{
	char script[2048];

	snprintf(script, sizeof(script), "command -v %s", completions[_i].shell);
	if (run(script) != 0) {
		fprintf(stderr, "skipped: there is no %s to try its completion\n",
			completions[_i].shell);
		return;
	}
	snprintf(script, sizeof(script),
		 "export c=${top_srcdir:-.}/tools/completions\n"
		 "npfsctl serve --echo ctl-completed & npfsctl wait -c ctl-completed\n"
		 "%skill $!; wait",
		 completions[_i].script);
	expect(script, 0, "trace\n--batch\nstatus stop\nctl-completed\n");
}
END_TEST

START_TEST(the_broker_tells_of_itself_and_is_replaced)
{
	/* a broker of this case's own: it is ended and started by the tool */
	expect_part("unset NPFS_NO_AUTOSTART; mkdir $DIR/b; NPFS_SOCKET=$DIR/b/sock\n"
		    "export NPFS_SOCKET\n"
		    "npfsctl broker restart > /dev/null; npfsctl serve --echo -n 1 ctl-own &\n"
		    "until npfsctl wait -c ctl-own 2> /dev/null; do :; done\n"
		    "one=$(npfsctl broker status | sed -n 's/process *//p')\n"
		    "npfsctl broker restart > /dev/null || exit 1\n"
		    "npfsctl wait -c ctl-own\n"
		    "two=$(npfsctl broker status | sed -n 's/process *//p')\n"
		    "test \"$one\" != \"$two\" || exit 2\n"
		    "npfsctl call ctl-own 'still there' || exit 3\n"
		    "wait; npfsctl broker restart > /dev/null\n"
		    /* somebody who keeps a broker from leaving and starts none */
		    "npfsctl serve --echo ctl-stay & stayer=$!\n"
		    "until npfsctl wait -c ctl-stay 2> /dev/null; do :; done\n"
		    "NPFS_NO_AUTOSTART=1; export NPFS_NO_AUTOSTART\n"
		    "npfsctl serve --echo ctl-stay2 & second=$!; npfsctl wait -c ctl-stay2\n"
		    "kill $stayer; npfsctl broker -q status || exit 4\n"
		    "npfsctl broker stop || exit 5\n"
		    "npfsctl broker -q status; test $? = 6 || exit 6\n"
		    "kill $second; wait\n"
		    "rm -rf $DIR/b",
		    0, "still there\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("npfsctl");
	TCase *tcase = tcase_create("npfsctl");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tcase, SCRIPT_DEADLINE_MS / 1000 + 20);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, wrong_arguments_are_2);
	tcase_add_test(tcase, help_and_version_go_to_standard_output);
	tcase_add_test(tcase, a_name_that_is_not_there_is_3);
	tcase_add_test(tcase, without_a_broker_it_is_6_and_none_is_started);
	tcase_add_test(tcase, a_call_brings_one_message_there_and_one_back);
	tcase_add_test(tcase, an_answer_may_be_long);
	tcase_add_test(tcase, cat_carries_lines_hex_and_prefixed_messages);
	tcase_add_test(tcase, input_that_is_no_message_is_1);
	tcase_add_test(tcase, cat_goes_one_way_only_when_asked);
	tcase_add_test(tcase, big_data_arrives_whole_both_ways);
	tcase_add_test(tcase, a_program_is_told_its_client_and_sees_the_end);
	tcase_add_test(tcase, standard_streams_serve_one_client);
	tcase_add_test(tcase, a_taken_name_is_4_and_a_busy_one_5);
	tcase_add_test(tcase, a_wait_for_a_name_ends_when_it_comes_or_the_time_is_over);
	tcase_add_test(tcase, a_relay_leads_a_socket_to_a_pipe);
	tcase_add_test(tcase, a_relay_keeps_messages_when_asked);
	tcase_add_test(tcase, a_relay_whose_pipe_is_not_there_closes_the_connection);
	tcase_add_test(tcase, a_listing_has_the_columns_of_pipelist);
	tcase_add_test(tcase, a_listing_that_watches_tells_what_comes_and_goes);
	tcase_add_test(tcase, stat_acl_and_doctor_look_and_leave_all_as_it_is);
	tcase_add_test(tcase, trace_tells_an_exchange_line_by_line);
	tcase_add_test(tcase, trace_tells_json_and_the_data_as_digits);
	tcase_add_test(tcase, stat_and_top_tell_what_is_queued);
	tcase_add_test(tcase, top_shows_tables_one_after_the_other);
	tcase_add_test(tcase, doctor_says_who_keeps_a_pipe_busy);
	tcase_add_loop_test(tcase, the_examples_of_the_manual_page_work, 0,
			    sizeof(examples) / sizeof(*examples));
	tcase_add_test(tcase, the_session_of_the_documents_can_be_made);
	tcase_add_test(tcase, completions_know_all_sub_commands);
	tcase_add_loop_test(tcase, each_shell_completes, 0,
			    sizeof(completions) / sizeof(completions[0]));
	tcase_add_test(tcase, the_broker_tells_of_itself_and_is_replaced);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
