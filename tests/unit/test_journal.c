/* SPDX-License-Identifier: MIT */
/*
 * The journal: what was added is read again; what was not written to its end, changed, or
 * made by somebody else is not
 *
 * A broker that does not listen has a volume of some pipes and instances; the journal is
 * its, in a folder of the test.
 */
#include "npfs/broker/journal.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/broker/broker.h"
#include "tests/lib/broker.h"
#include "tests/lib/name.h"

#define OWNER_UID 4711u
#define MOST	  64
#define FILE_MOST (1u << 20)

/* What a reader was told, in one line each. */
static struct {
	char lines[MOST][160];
	unsigned n;
	int answer; /* of the reader to the pipe records */
} heard;

static char dir[64];
static struct np_options options;
static struct np_broker broker;
static struct np_owner owner;

/* the reader */

static char *line(void)
{
	ck_assert_uint_lt(heard.n, MOST);
	return heard.lines[heard.n++];
}

static int hear_head(void *user, const struct np_journal_head *head)
{
	ck_assert_ptr_eq(user, &broker);
	snprintf(line(), sizeof(heard.lines[0]), "head %d %llu",
		 memcmp(&head->secret, &broker.secret, sizeof(head->secret)),
		 (unsigned long long)head->next_id);
	return 0;
}

static int hear_pipe(void *user, const struct np_journal_pipe *record,
		     const uint16_t *name, const void *sd)
{
	char text[TEST_NAME_MAX + 1] = "";
	unsigned i;

	(void)user;
	for (i = 0; i < record->name_len / 2 && i < TEST_NAME_MAX; i++)
		text[i] = (char)name[i];
	snprintf(line(), sizeof(heard.lines[0]),
		 "pipe %llu %s type=%u config=%u max=%u rules=%s timeout=%lld remote=%u "
		 "payer=%d sd=%.*s",
		 (unsigned long long)record->serial, text, record->type, record->config,
		 record->max_instances, record->rules == NP_PIPE_RULES ? "all" : "other",
		 (long long)record->default_timeout,
		 record->rejects_remote, (int)record->payer, (int)record->sd_len,
		 (const char *)sd);
	return heard.answer;
}

static int hear_descriptor(void *user, uint64_t serial, const void *sd, size_t sd_len)
{
	(void)user;
	snprintf(line(), sizeof(heard.lines[0]), "descriptor %llu %.*s",
		 (unsigned long long)serial, (int)(sd_len < 20 ? sd_len : 20),
		 (const char *)sd);
	return 0;
}

static int hear_instance(void *user, const struct np_journal_instance *record)
{
	(void)user;
	snprintf(line(), sizeof(heard.lines[0]),
		 "instance %llu of %llu %u:%llu:%u:%u access=%x quotas=%u,%u",
		 (unsigned long long)record->id, (unsigned long long)record->serial,
		 record->pid, (unsigned long long)record->born, record->uid,
		 record->session, record->access, record->inbound_quota,
		 record->outbound_quota);
	return 0;
}

static void hear_gone(void *user, uint64_t id)
{
	(void)user;
	snprintf(line(), sizeof(heard.lines[0]), "gone %llu", (unsigned long long)id);
}

static const struct np_journal_reader reader = {
	.head = hear_head,
	.pipe = hear_pipe,
	.descriptor = hear_descriptor,
	.instance = hear_instance,
	.gone = hear_gone,
};

static int read_again(void)
{
	memset(&heard.lines, 0, sizeof(heard.lines));
	heard.n = 0;
	return np_journal_read(&broker.journal, &reader, &broker);
}

/* the volume */

static struct np_pipe *add_pipe(const char *text, const char *sd)
{
	struct test_name name = test_name(text);
	struct np_pipe *pipe = NULL;

	ck_assert_int_eq(np_pipe_new(&pipe, name.units, name.len, sd, strlen(sd)), 0);
	pipe->type = 1;
	pipe->config = 2;
	pipe->max_instances = 7;
	pipe->rules = NP_PIPE_RULES;
	pipe->default_timeout = -500000;
	pipe->rejects_remote = true;
	ck_assert_int_eq(np_volume_restore_pipe(&broker.volume, pipe,
						broker.volume.next_serial),
			 0);
	return pipe;
}

static struct np_instance *add_instance(struct np_pipe *pipe)
{
	struct np_instance *instance = NULL;

	ck_assert_int_eq(np_volume_restore_instance(&broker.volume, &owner, pipe,
						    broker.volume.next_id, &instance),
			 0);
	instance->granted_access = 0x12019f;
	instance->inbound_quota = 1000;
	instance->outbound_quota = 2000;
	return instance;
}

/* One of each kind, as requests would have it: a pipe, its instance, what changes later. */
static void write_some(void)
{
	struct np_pipe *pipe;
	struct np_instance *instance;

	np_journal_rewrite(&broker);
	pipe = add_pipe("first", "old descriptor");
	np_journal_add_pipe(&broker, pipe);
	instance = add_instance(pipe);
	np_journal_add_instance(&broker, instance);
	np_journal_commit(&broker);
	free(pipe->sd);
	pipe->sd = strdup("new");
	pipe->sd_len = 3;
	np_journal_add_descriptor(&broker, pipe->serial);
	np_journal_add_gone(&broker, instance->id);
	np_journal_commit(&broker);
}

static void setup(void)
{
	memset(&heard, 0, sizeof(heard));
	test_dir_make(dir, sizeof(dir));
	snprintf(options.place.path, sizeof(options.place.path), "%s/sock", dir);
	np_limit_values_init(&options.limits);
	np_log_set_level(NP_LOG_ERROR);
	ck_assert_int_eq(np_broker_init(&broker, &options), 0);
	np_owner_init(&owner, 1234, 5);
	owner.uid = OWNER_UID;
	owner.born = 99;
	broker.volume.next_id = 10;
}

static void teardown(void)
{
	np_volume_drop_owner(&broker.volume, &owner);
	np_volume_restore_end(&broker.volume);
	np_broker_fini(&broker);
	test_dir_remove(dir);
}

/* the file */

static size_t load(uint8_t *data)
{
	int fd = open(broker.journal.path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, data, FILE_MOST);
	ck_assert_int_gt(n, 0);
	close(fd);
	return (size_t)n;
}

static void store(const uint8_t *data, size_t len)
{
	int fd = open(broker.journal.path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* The form of a record on disk, which the next version has to know, too. */
struct record {
	uint32_t len;
	uint32_t kind;
	uint64_t sum;
};

static void sum(uint8_t *at)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);
	struct record record;
	uint32_t i;

	memcpy(&record, at, sizeof(record));
	value ^= record.kind;
	for (i = sizeof(record); i < record.len; i++)
		value = (value ^ at[i]) * UINT64_C(0x100000001b3);
	record.sum = value;
	memcpy(at, &record, sizeof(record));
}

static size_t record_len(const uint8_t *at)
{
	struct record record;

	memcpy(&record, at, sizeof(record));
	return record.len;
}

/* Puts @value at byte @at of the record number @n of the file and makes its sum right. */
static void change(unsigned n, size_t at, uint32_t value)
{
	static uint8_t data[FILE_MOST];
	size_t len = load(data), pos = 0;

	while (n-- > 0)
		pos += record_len(data + pos);
	memcpy(data + pos + at, &value, sizeof(value));
	sum(data + pos);
	store(data, len);
}

START_TEST(what_was_added_is_read_in_its_order)
{
	static const char *const want[] = {
		"head 0 10",
		("pipe 1 first type=1 config=2 max=7 rules=all timeout=-500000 remote=1 "
		 "payer=-1 sd=old descriptor"),
		"instance 10 of 1 1234:99:4711:5 access=12019f quotas=1000,2000",
		"descriptor 1 new",
		"gone 10",
	};
	unsigned i;

	write_some();
	ck_assert_int_eq(read_again(), 0);
	ck_assert_uint_eq(heard.n, 5);
	for (i = 0; i < 5; i++)
		ck_assert_str_eq(heard.lines[i], want[i]);
}
END_TEST

START_TEST(written_anew_it_says_what_there_is)
{
	struct np_instance *instance, *orphan;
	struct np_owner passer;
	uint32_t state;

	write_some();
	np_owner_init(&passer, 77, 0);
	passer.is_transient = true;
	orphan = add_instance(add_pipe("second", ""));
	orphan->is_watched = true;
	ck_assert_uint_eq(np_volume_close(&broker.volume, &owner, orphan->id, &state),
			  STATUS_SUCCESS);
	ck_assert_int_eq(np_volume_restore_instance(&broker.volume, &passer, orphan->pipe,
						    broker.volume.next_id, &instance),
			 0);
	np_journal_rewrite(&broker);
	ck_assert_int_eq(read_again(), 0);
	/* neither the instance without a server nor the one whose owner is not recorded */
	ck_assert_uint_eq(heard.n, 4);
	ck_assert_str_eq(heard.lines[0], "head 0 13");
	ck_assert_ptr_nonnull(strstr(heard.lines[1], "pipe 1 first"));
	ck_assert_ptr_nonnull(strstr(heard.lines[1], "sd=new"));
	ck_assert_ptr_nonnull(strstr(heard.lines[2], "instance 10 of 1"));
	ck_assert_ptr_nonnull(strstr(heard.lines[3], "pipe 2 second"));
	np_volume_drop_owner(&broker.volume, &passer);
	np_volume_client_gone(&broker.volume, orphan->id);
}
END_TEST

START_TEST(a_descriptor_of_a_pipe_that_is_gone_is_no_record)
{
	np_journal_rewrite(&broker);
	np_journal_add_descriptor(&broker, 3);
	ck_assert_uint_eq(broker.journal.len, 0);
}
END_TEST

/* Whatever is cut off: what is read is how it begins, and nothing else. */
START_TEST(a_file_that_ends_anywhere_is_a_shorter_one)
{
	static uint8_t data[FILE_MOST];
	char want[MOST][160];
	size_t len, cut, end = 0;
	unsigned n_whole = 0, i;

	write_some();
	ck_assert_int_eq(read_again(), 0);
	memcpy(want, heard.lines, sizeof(want));
	len = load(data);
	for (cut = 0; cut < len; cut++) {
		int r;

		if (cut == end + record_len(data + end)) {
			end = cut;
			n_whole++;
		}
		store(data, cut);
		r = read_again();
		ck_assert_int_eq(r, n_whole ? 0 : -EPROTO);
		ck_assert_uint_eq(heard.n, n_whole);
		for (i = 0; i < n_whole; i++)
			ck_assert_str_eq(heard.lines[i], want[i]);
	}
}
END_TEST

START_TEST(a_byte_that_changed_ends_it_there)
{
	static uint8_t data[FILE_MOST];
	char want[MOST][160];
	size_t len, at, end = 0;
	unsigned n_whole = 0, i;

	write_some();
	ck_assert_int_eq(read_again(), 0);
	memcpy(want, heard.lines, sizeof(want));
	len = load(data);
	for (at = 0; at < len; at++) {
		int r;

		if (at == end + record_len(data + end)) {
			end = at;
			n_whole++;
		}
		data[at] ^= 0x40;
		store(data, len);
		r = read_again();
		data[at] ^= 0x40;
		ck_assert_int_eq(r, n_whole ? 0 : -EPROTO);
		ck_assert_uint_eq(heard.n, n_whole);
		for (i = 0; i < n_whole; i++)
			ck_assert_str_eq(heard.lines[i], want[i]);
	}
}
END_TEST

/* Records whose sums are right, but that no broker writes. */
static const struct {
	const char *what;
	unsigned record;
	size_t at;
	uint32_t value;
	unsigned n_heard;
} lies[] = {
	{ "another magic", 0, 16, 1, 0 },
	{ "another boot", 0, 24, 0x30303030, 0 },
	{ "no head at the beginning", 0, 4, 5, 0 },
	{ "a head in the middle", 1, 4, 1, 1 },
	{ "a kind that is none", 1, 4, 99, 1 },
	{ "a pipe as an instance", 1, 4, 4, 1 },
	{ "a pipe as a gone", 1, 4, 5, 1 },
	{ "a name of odd length", 1, 16 + 40, 9, 1 },
	{ "a name longer than the record", 1, 16 + 40, 800, 1 },
	{ "a name longer than any", 1, 16 + 40, 0xfffffff0, 1 },
	{ "a descriptor longer than the record", 1, 16 + 44, 800, 1 },
	{ "a descriptor longer than any", 1, 16 + 44, 0xfffffff9, 1 },
	{ "an instance as a pipe", 2, 4, 2, 2 },
	{ "a new descriptor longer than the record", 3, 16 + 8, 9, 3 },
	{ "a new descriptor longer than any", 3, 16 + 12, 1, 3 },
	{ "a gone as an instance", 4, 4, 4, 4 },
	{ "a gone as a descriptor", 4, 4, 3, 4 },
};

START_TEST(records_that_lie_are_refused)
{
	write_some();
	change(lies[_i].record, lies[_i].at, lies[_i].value);
	ck_assert_msg(read_again() == -EPROTO, "%s", lies[_i].what);
	ck_assert_msg(heard.n == lies[_i].n_heard, "%s: %u records", lies[_i].what,
		      heard.n);
}
END_TEST

START_TEST(a_reader_can_stop)
{
	write_some();
	heard.answer = -ECANCELED;
	ck_assert_int_eq(read_again(), -ECANCELED);
	ck_assert_uint_eq(heard.n, 2);
}
END_TEST

/* whose file it is */

START_TEST(no_file_is_no_journal)
{
	ck_assert_int_eq(read_again(), -ENOENT);
}
END_TEST

START_TEST(a_file_that_others_may_read_or_write_is_not_ours)
{
	static const mode_t modes[] = { 0604, 0602, 0640, 0620, 0610 };

	write_some();
	ck_assert_int_eq(chmod(broker.journal.path, modes[_i]), 0);
	ck_assert_int_eq(read_again(), -EPERM);
	ck_assert_int_eq(chmod(broker.journal.path, 0600), 0);
	ck_assert_int_eq(read_again(), 0);
}
END_TEST

START_TEST(a_file_with_another_name_is_not_ours)
{
	char other[128];

	write_some();
	snprintf(other, sizeof(other), "%s/other", dir);
	ck_assert_int_eq(link(broker.journal.path, other), 0);
	ck_assert_int_eq(read_again(), -EPERM);
	ck_assert_int_eq(unlink(broker.journal.path), 0);
	ck_assert_int_eq(symlink("other", broker.journal.path), 0);
	ck_assert_int_eq(read_again(), -ELOOP);
	ck_assert_int_eq(unlink(other), 0);
}
END_TEST

START_TEST(what_is_no_file_is_not_ours)
{
	ck_assert_int_eq(mkfifo(broker.journal.path, 0600), 0);
	ck_assert_int_eq(read_again(), -EPERM);
	ck_assert_int_eq(unlink(broker.journal.path), 0);
	ck_assert_int_eq(mkdir(broker.journal.path, 0700), 0);
	ck_assert_int_eq(read_again(), -EPERM);
	ck_assert_int_eq(rmdir(broker.journal.path), 0);
}
END_TEST

START_TEST(it_stays_for_the_next_one_or_goes)
{
	char path[sizeof(broker.journal.path)];

	write_some();
	memcpy(path, broker.journal.path, sizeof(path));
	np_journal_fini(&broker.journal, true);
	ck_assert_int_eq(access(path, F_OK), 0);
	np_journal_fini(&broker.journal, true);
	/* after that there is to be none */
	np_journal_add_gone(&broker, 10);
	np_journal_commit(&broker);
	ck_assert_int_eq(broker.journal.fd, -1);
	ck_assert_uint_eq(broker.journal.len, 0);

	np_journal_init(&broker.journal, options.place.path);
	np_journal_rewrite(&broker);
	np_journal_fini(&broker.journal, false);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* growing and failing */

START_TEST(it_does_not_grow_with_its_history)
{
	struct np_pipe *pipe;
	struct stat st;
	unsigned i;

	write_some();
	pipe = np_volume_find_serial(&broker.volume, 1);
	pipe->sd = realloc(pipe->sd, 4096);
	ck_assert_ptr_nonnull(pipe->sd);
	memset(pipe->sd, 'd', 4096);
	pipe->sd_len = 4096;
	for (i = 0; i < 1000; i++) {
		np_journal_add_descriptor(&broker, pipe->serial);
		np_journal_commit(&broker);
	}
	ck_assert_int_eq(stat(broker.journal.path, &st), 0);
	ck_assert_int_lt(st.st_size, 300 * 1024);
	ck_assert_uint_eq(broker.journal.size, (uint64_t)st.st_size);
}
END_TEST

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(without_room_there_is_none_and_later_one_again)
{
	struct rlimit limit;
	char path[300];

	signal(SIGXFSZ, SIG_IGN);
	write_some();
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit_files(64);
	np_journal_add_pipe(&broker, add_pipe("second", "x"));
	np_journal_commit(&broker);
	/* half of one would be false */
	ck_assert_int_eq(access(broker.journal.path, F_OK), -1);
	snprintf(path, sizeof(path), "%s.new", broker.journal.path);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(broker.journal.fd, -1);
	limit_files(limit.rlim_cur);

	/* not tried with each request, and nothing is kept for later */
	broker.journal.retry_ns = INT64_MAX;
	np_journal_add_gone(&broker, 10);
	np_journal_commit(&broker);
	ck_assert_uint_eq(broker.journal.len, 0);
	ck_assert_int_eq(broker.journal.fd, -1);

	broker.journal.retry_ns = 1;
	np_journal_commit(&broker);
	ck_assert_int_eq(read_again(), 0);
	ck_assert_uint_eq(heard.n, 4);
	ck_assert_ptr_nonnull(strstr(heard.lines[3], "pipe 2 second"));
}
END_TEST

START_TEST(a_folder_in_its_place_is_no_failure)
{
	char path[300];

	snprintf(path, sizeof(path), "%s.new", broker.journal.path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	np_journal_rewrite(&broker);
	ck_assert_int_eq(broker.journal.fd, -1);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkdir(broker.journal.path, 0700), 0);
	np_journal_rewrite(&broker);
	ck_assert_int_eq(broker.journal.fd, -1);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(broker.journal.path), 0);
}
END_TEST

static Suite *journal_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_was_added_is_read_in_its_order);
	tcase_add_test(tcase, written_anew_it_says_what_there_is);
	tcase_add_test(tcase, a_descriptor_of_a_pipe_that_is_gone_is_no_record);
	tcase_add_test(tcase, a_file_that_ends_anywhere_is_a_shorter_one);
	tcase_add_test(tcase, a_byte_that_changed_ends_it_there);
	tcase_add_loop_test(tcase, records_that_lie_are_refused, 0,
			    (int)NP_ARRAY_LEN(lies));
	tcase_add_test(tcase, a_reader_can_stop);
	tcase_add_test(tcase, no_file_is_no_journal);
	tcase_add_loop_test(tcase, a_file_that_others_may_read_or_write_is_not_ours, 0, 5);
	tcase_add_test(tcase, a_file_with_another_name_is_not_ours);
	tcase_add_test(tcase, what_is_no_file_is_not_ours);
	tcase_add_test(tcase, it_stays_for_the_next_one_or_goes);
	tcase_add_test(tcase, it_does_not_grow_with_its_history);
	tcase_add_test(tcase, without_room_there_is_none_and_later_one_again);
	tcase_add_test(tcase, a_folder_in_its_place_is_no_failure);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(journal_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
