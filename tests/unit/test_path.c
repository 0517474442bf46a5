/* SPDX-License-Identifier: MIT */
/*
 * Windows paths: the forms and normalisations of npfs-semantics 1.1, 1.2 and 1.5, the
 * wait reading beside them, and inputs nobody sane writes.
 */
#include <npfs/name.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/base/utf16.h"
#include "npfs/name/prefix.h"

#define EMPTY  NPFS_PATH_INVALID_EMPTY
#define PIPE   NPFS_PATH_PIPE
#define DEVICE NPFS_PATH_PIPE_DEVICE
#define ROOT   NPFS_PATH_PIPE_ROOT
#define REMOTE NPFS_PATH_REMOTE_PIPE
#define OTHER  NPFS_PATH_DEVICE_OTHER
#define FILE_  NPFS_PATH_FILE

struct row {
	const char *path;
	enum npfs_path_class path_class;
	const char *name;
	const char *server;
};

static const struct row dos_rows[] = {
	/* the normal form, in any case and with any slash */
	{"\\\\.\\pipe\\x", PIPE, "x", ""},
	{"\\\\.\\PiPe\\x", PIPE, "x", ""},
	{"//./pipe/x", PIPE, "x", ""},
	{"/\\./pipe/x", PIPE, "x", ""},
	{"\\\\.\\pipe/x", PIPE, "x", ""},
	{"\\\\.\\pipe\\a/b", PIPE, "a\\b", ""},
	{"\\\\.\\pipe\\test\\pipe", PIPE, "test\\pipe", ""},
	{"\\\\.\\pipe\\a<>*?|\"/b", PIPE, "a<>*?|\"\\b", ""},
	{"\\\\.\\pipe\\a:b", PIPE, "a:b", ""},

	/* runs of separators are one */
	{"//.//pipe//x", PIPE, "x", ""},
	{"\\\\.\\pipe\\\\x", PIPE, "x", ""},
	{"\\\\.\\pipe\\a\\\\\\b", PIPE, "a\\b", ""},

	/* dots */
	{"\\\\.\\pipe\\a\\..\\b", PIPE, "b", ""},
	{"\\\\.\\pipe\\.\\b", PIPE, "b", ""},
	{"\\\\.\\pipe\\a\\.\\b", PIPE, "a\\b", ""},
	{"\\\\.\\..\\pipe\\x", PIPE, "x", ""},
	{"\\\\.\\x\\..\\..\\..\\pipe\\x", PIPE, "x", ""},
	{"\\\\.\\pipe\\x\\.", PIPE, "x", ""},
	{"\\\\.\\pipe\\x\\y\\..", PIPE, "x", ""},
	{"\\\\.\\pipe\\x\\..", DEVICE, "", ""},
	{"\\\\.\\pipe\\x\\..\\", ROOT, "", ""},
	{"\\\\.\\pipe\\..", OTHER, "", ""},
	{"\\\\.\\foo/..", OTHER, "", ""},
	{"\\\\.\\pipe\\a.\\b", PIPE, "a\\b", ""},
	{"\\\\.\\pipe\\a..\\b", PIPE, "a..\\b", ""},
	{"\\\\.\\pipe\\...\\b", PIPE, "...\\b", ""},
	{"\\\\.\\pipe\\.a\\..b", PIPE, ".a\\..b", ""},

	/* what ends the path */
	{"\\\\.\\pipe\\x.", PIPE, "x", ""},
	{"\\\\.\\pipe\\x ", PIPE, "x", ""},
	{"\\\\.\\pipe\\x. . ", PIPE, "x", ""},
	{"\\\\.\\pipe\\a .b", PIPE, "a .b", ""},
	{"\\\\.\\pipe\\x\\", PIPE, "x\\", ""},
	{"\\\\.\\pipe\\x\\\\\\", PIPE, "x\\", ""},
	{"\\\\.\\pipe\\...", ROOT, "", ""},
	{"\\\\.\\pipe. .", DEVICE, "", ""},

	/* device and root */
	{"\\\\.\\pipe", DEVICE, "", ""},
	{"\\\\.\\PIPE", DEVICE, "", ""},
	{"\\\\.\\pipe\\", ROOT, "", ""},
	{"//./pipe/", ROOT, "", ""},
	{"\\\\?\\pipe", DEVICE, "", ""},
	{"\\\\?\\pipe\\", ROOT, "", ""},

	/* the raw form keeps everything */
	{"\\\\?\\pipe\\x", PIPE, "x", ""},
	{"\\\\?\\PIPE\\x. . ", PIPE, "x. . ", ""},
	{"\\\\?\\pipe\\a/b", PIPE, "a/b", ""},
	{"\\\\?\\pipe\\a\\..\\b", PIPE, "a\\..\\b", ""},
	{"\\\\?\\pipe\\\\x", PIPE, "\\x", ""},
	{"\\\\?\\pipe\\.", PIPE, ".", ""},
	{"\\??\\pipe\\x.", PIPE, "x.", ""},
	{"\\??\\pipe", DEVICE, "", ""},
	{"\\\\?\\pipe/x", OTHER, "pipe/x", ""},
	/* and is only recognised in exactly these units */
	{"//?/pipe/x.", PIPE, "x", ""},
	{"\\\\?/pipe/a/../b", PIPE, "b", ""},
	{"/\\?\\pipe\\x.", PIPE, "x", ""},
	{"/?\?/pipe/x", FILE_, "", ""},

	/* other computers */
	{"\\\\server\\pipe\\x", REMOTE, "x", "server"},
	{"//server/PIPE/a/b", REMOTE, "a\\b", "server"},
	{"\\\\server\\pipe", REMOTE, "", "server"},
	{"\\\\server\\pipe\\", REMOTE, "", "server"},
	{"\\\\localhost\\pipe\\x.", REMOTE, "x", "localhost"},
	{"\\\\server\\\\pipe\\\\x", REMOTE, "x", "server"},
	{"\\\\server\\pipe\\..\\..\\x", REMOTE, "x", "server"},
	{"\\\\.x\\pipe\\y", REMOTE, "y", ".x"},
	{"\\\\..\\pipe\\y", REMOTE, "y", ".."},
	{"\\\\?x\\pipe\\y", REMOTE, "y", "?x"},
	{"\\\\?\\UNC\\server\\pipe\\x.", REMOTE, "x.", "server"},
	{"\\\\.\\unc\\server\\pipe\\x.", REMOTE, "x", "server"},
	{"\\\\server\\share\\pipe\\x", FILE_, "", ""},
	{"\\\\server\\pipes\\x", FILE_, "", ""},
	{"\\\\server\\pip\\x", FILE_, "", ""},
	{"\\\\server", FILE_, "", ""},
	{"\\\\server\\", FILE_, "", ""},
	{"\\\\", FILE_, "", ""},
	{"\\\\\\pipe\\x", FILE_, "", ""},
	{"\\\\?\\UNC", OTHER, "UNC", ""},
	{"\\\\?\\UNC\\", FILE_, "", ""},

	/* other devices */
	{"\\\\.\\mailslot\\x", OTHER, "mailslot\\x", ""},
	{"\\\\.\\foo. . ", OTHER, "foo", ""},
	{"\\\\.\\foo/", OTHER, "foo\\", ""},
	{"\\\\.\\pipes\\x", OTHER, "pipes\\x", ""},
	{"\\\\.\\pip", OTHER, "pip", ""},
	{"\\\\.\\", OTHER, "", ""},
	{"\\\\.", OTHER, "", ""},
	{"\\\\?", OTHER, "", ""},
	{"\\\\?\\", OTHER, "", ""},
	{"\\\\.\\C:", OTHER, "C:", ""},
	{"NUL", OTHER, "NUL", ""},
	{"nul:", OTHER, "nul", ""},
	{"nul. .", OTHER, "nul", ""},
	{"com1", OTHER, "com1", ""},
	{"CONOUT$", OTHER, "CONOUT$", ""},

	/* files */
	{"\\\\.\\C:\\x", FILE_, "", ""},
	{"\\\\?\\c:\\x", FILE_, "", ""},
	{"C:\\dir\\x", FILE_, "", ""},
	{"not a named pipe", FILE_, "", ""},
	{"\\pipe\\x", FILE_, "", ""},
	{"pipe\\x", FILE_, "", ""},
	{"com0", FILE_, "", ""},
	{"nullity", FILE_, "", ""},
	{"\\", FILE_, "", ""},
	{".", FILE_, "", ""},
};

typedef npfs_status (*parse_fn)(const uint16_t *path, size_t len, uint16_t *out,
				size_t out_cap, struct npfs_path *resultp);

/* Parses @text in blocks of exact size, so that a sanitizer sees each step outside. */
static npfs_status parse(parse_fn fn, const char *text, uint16_t **outp,
			 struct npfs_path *resultp)
{
	size_t len = strlen(text);
	uint16_t *path = malloc(len * sizeof(*path) + !len);
	npfs_status status;

	*outp = malloc(len * sizeof(**outp) + !len);
	ck_assert_ptr_nonnull(path);
	ck_assert_ptr_nonnull(*outp);
	np_utf16_from_utf8(text, len, path, len, NULL);
	status = fn(path, len, *outp, len, resultp);
	free(path);
	return status;
}

static void check_text(const uint16_t *units, size_t off, size_t len, const char *want,
		       const char *path)
{
	char *text = np_utf16_dup_utf8(units + off, len);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strcmp(text, want) == 0, "%s gives \"%s\" instead of \"%s\"", path,
		      text, want);
	free(text);
}

static void check_row(parse_fn fn, const struct row *row)
{
	struct npfs_path path = {.path_class = EMPTY};
	npfs_status status;
	uint16_t *out;

	status = parse(fn, row->path, &out, &path);
	ck_assert_msg(status == STATUS_SUCCESS, "%s: %s", row->path,
		      npfs_status_name(status));
	ck_assert_msg(path.path_class == row->path_class, "%s is of class %d", row->path,
		      (int)path.path_class);
	check_text(out, path.name_off, path.name_len, row->name, row->path);
	check_text(out, path.server_off, path.server_len, row->server, row->path);
	free(out);
}

START_TEST(dos_reading_of_every_form)
{
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(dos_rows); i++)
		check_row(npfs_path_parse_dos, &dos_rows[i]);
}
END_TEST

START_TEST(an_empty_path_is_not_found)
{
	struct npfs_path path = {.path_class = PIPE, .name_len = 7};

	ck_assert_uint_eq(npfs_path_parse_dos(NULL, 0, NULL, 0, &path),
			  STATUS_OBJECT_PATH_NOT_FOUND);
	ck_assert_int_eq(path.path_class, EMPTY);
	ck_assert_uint_eq(path.name_len, 0);
}
END_TEST

START_TEST(wait_reads_two_prefixes_and_the_rest_as_it_stands)
{
	static const struct row rows[] = {
		{"\\\\.\\pipe\\x", PIPE, "x", ""},
		{"\\\\.\\PIPE\\X", PIPE, "X", ""},
		{"//./pipe/a/b", PIPE, "a\\b", ""},
		{"\\\\.\\pipe\\\\x", PIPE, "\\x", ""},
		{"\\\\.\\pipe\\x.", PIPE, "x.", ""},
		{"\\\\.\\pipe\\x. . ", PIPE, "x. . ", ""},
		{"\\\\.\\pipe\\a\\..\\b", PIPE, "a\\..\\b", ""},
		{"\\\\server\\pipe\\x", REMOTE, "x", "server"},
		{"//server/pipe/x/", REMOTE, "x\\", "server"},
		{"\\\\..\\pipe\\x", REMOTE, "x", ".."},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++)
		check_row(npfs_path_parse_wait, &rows[i]);
}
END_TEST

START_TEST(wait_refuses_everything_else)
{
	static const char *const bad[] = {
		"",
		"\\",
		"\\\\",
		"\\\\.",
		"\\\\.\\",
		"\\\\.\\pipe",
		"bogus",
		"not a named pipe",
		"C:\\dir\\x",
		"\\\\.\\mailslot\\x",
		"\\\\?\\pipe\\x",
		"\\??\\pipe\\x",
		"//?/pipe/x",
		"\\\\.\\\\pipe\\x",
		"\\\\\\pipe\\x",
		"\\\\.\\pipes\\x",
		"\\\\.\\pipex",
		"\\pipe\\x",
		"\\\\server\\share\\x",
		"\\\\server\\pipe",
		"\\\\server",
		"x\\\\.\\pipe\\x",
		"\\\\.\\.\\pipe\\x",
		"\\\\.\\UNC\\server\\pipe\\x",
	};
	struct npfs_path path = {.path_class = OTHER};
	uint16_t *out;
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(bad); i++) {
		npfs_status status = parse(npfs_path_parse_wait, bad[i], &out, &path);

		ck_assert_msg(status == STATUS_OBJECT_PATH_SYNTAX_BAD, "%s: 0x%08x",
			      bad[i], status);
		free(out);
	}
	ck_assert_uint_eq(parse(npfs_path_parse_wait, "\\\\.\\pipe\\", &out, &path),
			  STATUS_INVALID_PARAMETER);
	free(out);
	ck_assert_uint_eq(parse(npfs_path_parse_wait, "\\\\server\\pipe\\", &out, &path),
			  STATUS_INVALID_PARAMETER);
	free(out);
	/* A failed reading leaves the result as it was. */
	ck_assert_int_eq(path.path_class, OTHER);
}
END_TEST

/* A path of @prefix and @n times 'x', from malloc(). */
static uint16_t *long_path(const char *prefix, size_t n, size_t *lenp)
{
	size_t prefix_len = strlen(prefix), i;
	uint16_t *path = malloc((prefix_len + n) * sizeof(*path));

	ck_assert_ptr_nonnull(path);
	np_utf16_from_utf8(prefix, prefix_len, path, prefix_len, NULL);
	for (i = 0; i < n; i++)
		path[prefix_len + i] = 'x';
	*lenp = prefix_len + n;
	return path;
}

START_TEST(the_longest_name_is_accepted_and_one_more_is_not)
{
	static const char *const prefixes[] = {"\\\\.\\pipe\\", "\\\\?\\pipe\\",
					       "\\\\s\\pipe\\"};
	static uint16_t out[40000];
	struct npfs_path result;
	size_t i, len;

	for (i = 0; i < NP_ARRAY_LEN(prefixes); i++) {
		uint16_t *path = long_path(prefixes[i], NPFS_NAME_MAX + 1, &len);

		ck_assert_uint_eq(npfs_path_parse_dos(path, len, out, 40000, &result),
				  STATUS_OBJECT_NAME_INVALID);
		ck_assert_uint_eq(npfs_path_parse_dos(path, len - 1, out, 40000, &result),
				  STATUS_SUCCESS);
		ck_assert_uint_eq(result.name_len, NPFS_NAME_MAX);
		/* 65532 bytes of NT name, as the conformance case has it */
		ck_assert_uint_eq((strlen("\\Device\\NamedPipe\\") + result.name_len) * 2,
				  65532);
		free(path);
	}
}
END_TEST

START_TEST(wait_counts_the_name_in_16_bits_of_bytes)
{
	static uint16_t out[40000];
	struct npfs_path result;
	uint16_t *path;
	size_t len;

	path = long_path("\\\\.\\pipe\\", 32767, &len);
	ck_assert_uint_eq(npfs_path_parse_wait(path, len, out, 40000, &result),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(npfs_path_parse_wait(path, len - 1, out, 40000, &result),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(result.name_len, 32766);
	free(path);
}
END_TEST

START_TEST(too_little_room_is_said_and_not_overrun)
{
	static const char text[] = "\\\\.\\pipe\\name";
	uint16_t path[sizeof(text)], *out;
	struct npfs_path result = {.path_class = OTHER};
	size_t len = sizeof(text) - 1, cap;
	npfs_status status;

	np_utf16_from_utf8(text, len, path, len, NULL);
	for (cap = 0; cap <= len; cap++) {
		out = malloc(cap * sizeof(*out) + !cap);
		ck_assert_ptr_nonnull(out);
		status = npfs_path_parse_dos(path, len, out, cap, &result);
		ck_assert_uint_eq(status,
				  cap < 9 ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS);
		ck_assert_int_eq(result.path_class, cap < 9 ? OTHER : PIPE);
		free(out);
	}
	result.path_class = OTHER;
	for (cap = 0; cap < len - 2; cap++) {
		out = malloc(cap * sizeof(*out) + !cap);
		ck_assert_ptr_nonnull(out);
		status = npfs_path_parse_wait(path, len, out, cap, &result);
		ck_assert_uint_eq(status, STATUS_BUFFER_TOO_SMALL);
		ck_assert_int_eq(result.path_class, OTHER);
		free(out);
	}
}
END_TEST

START_TEST(random_paths_stay_inside_their_buffers)
{
	static const char alphabet[] = "\\\\\\//..?? pPiIeExu:NC";
	unsigned state = 11;
	int round;

	for (round = 0; round < 100000; round++) {
		uint16_t *path, *out;
		struct npfs_path r;
		size_t len, cap, i;
		parse_fn fn = round % 2 ? npfs_path_parse_dos : npfs_path_parse_wait;

		state = state * 1103515245u + 12345u;
		len = (state >> 16) % 24;
		cap = state >> 24 & 1 ? len : (state >> 25) % 24;
		path = malloc(len * sizeof(*path) + !len);
		out = malloc(cap * sizeof(*out) + !cap);
		if (!path || !out)
			ck_abort_msg("no memory");
		for (i = 0; i < len; i++) {
			state = state * 1103515245u + 12345u;
			path[i] = (uint16_t)
				alphabet[(state >> 16) % (sizeof(alphabet) - 1)];
		}
		/* Half of them begin like a pipe path. */
		if (state >> 31 && len >= 9)
			np_utf16_from_utf8("\\\\.\\pipe\\", 9, path, 9, NULL);
		r = (struct npfs_path){.path_class = OTHER};
		if (fn(path, len, out, cap, &r) == STATUS_SUCCESS &&
		    (r.name_off > cap || r.name_len > cap - r.name_off ||
		     r.server_off > cap || r.server_len > cap - r.server_off))
			ck_abort_msg("a part lies outside the output in round %d", round);
		/* The length of the path is always room enough. */
		if (cap >= len && len > 0 &&
		    fn(path, len, out, cap, &r) == STATUS_BUFFER_TOO_SMALL)
			ck_abort_msg("room of %zu is not enough in round %d", cap, round);
		free(path);
		free(out);
	}
}
END_TEST

static bool is_below(const char *child, const char *parent)
{
	uint16_t a[32], b[32];
	size_t a_len = np_utf16_from_utf8(child, strlen(child), a, 32, NULL);
	size_t b_len = np_utf16_from_utf8(parent, strlen(parent), b, 32, NULL);

	return np_name_is_below(a, a_len, b, b_len);
}

START_TEST(below_means_longer_by_a_backslash_and_more)
{
	ck_assert(is_below("foo\\bar", "foo"));
	ck_assert(is_below("FOO\\bar", "foo"));
	ck_assert(is_below("a\\b\\c", "a"));
	ck_assert(is_below("a\\b\\c", "a\\b"));
	ck_assert(is_below("foo\\\\", "foo"));
	ck_assert(!is_below("foo", "foo"));
	ck_assert(!is_below("foo\\", "foo"));
	ck_assert(!is_below("foobar", "foo"));
	ck_assert(!is_below("foox\\bar", "foo"));
	ck_assert(!is_below("foo/bar", "foo"));
	ck_assert(!is_below("foo", "foo\\bar"));
	ck_assert(!is_below("bar\\foo", "foo"));
	ck_assert(!is_below("\\foo", ""));
	ck_assert(!is_below("", ""));
}
END_TEST

START_TEST(parents_are_found_from_the_longest_to_none)
{
	static const struct {
		const char *name;
		size_t parent_len;
	} rows[] = {
		{"a\\bb\\c", 4}, {"a\\bb", 1},  {"a", 0},     {"", 0},      {"\\a", 0},
		{"a\\", 0},      {"a\\b\\", 1}, {"a\\\\", 1}, {"\\\\a", 1},
	};
	uint16_t name[16];
	size_t i, len, parent_len;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		len = np_utf16_from_utf8(rows[i].name, strlen(rows[i].name), name, 16,
					 NULL);
		parent_len = np_name_parent_len(name, len);
		ck_assert_msg(parent_len == rows[i].parent_len, "%s: %zu", rows[i].name,
			      parent_len);
		if (parent_len > 0)
			ck_assert(np_name_is_below(name, len, name, parent_len));
	}
}
END_TEST

START_TEST(equal_names_share_a_hash)
{
	static const uint16_t a[] = {'T', 'e', 's', 't', '\\', 0xe9};
	static const uint16_t b[] = {'t', 'E', 'S', 't', '\\', 0xc9};

	ck_assert(np_name_is_equal(a, 6, b, 6));
	ck_assert_uint_eq(np_name_hash(a, 6), np_name_hash(b, 6));
	ck_assert(!np_name_is_equal(a, 5, a, 4));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("path");
	TCase *tc = tcase_create("path");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, dos_reading_of_every_form);
	tcase_add_test(tc, an_empty_path_is_not_found);
	tcase_add_test(tc, wait_reads_two_prefixes_and_the_rest_as_it_stands);
	tcase_add_test(tc, wait_refuses_everything_else);
	tcase_add_test(tc, the_longest_name_is_accepted_and_one_more_is_not);
	tcase_add_test(tc, wait_counts_the_name_in_16_bits_of_bytes);
	tcase_add_test(tc, too_little_room_is_said_and_not_overrun);
	tcase_add_test(tc, random_paths_stay_inside_their_buffers);
	tcase_add_test(tc, below_means_longer_by_a_backslash_and_more);
	tcase_add_test(tc, parents_are_found_from_the_longest_to_none);
	tcase_add_test(tc, equal_names_share_a_hash);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
