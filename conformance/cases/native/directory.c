/* SPDX-License-Identifier: MIT */
/*
 * NtQueryDirectoryFile on the root directory (npfs-semantics 7.10).
 */
#include "conformance/cases/native/calls.h"

static HANDLE root_open(void)
{
	HANDLE h;

	EXPECT_STATUS(native_open(NULL, "\\Device\\NamedPipe\\",
				  FILE_LIST_DIRECTORY | SYNCHRONIZE, NATIVE_SYNC_NONALERT,
				  &h),
		      NT_SUCCESS_CODE);
	return h;
}

struct list_call {
	HANDLE h;
	int class;
	const char *pattern;
	BOOLEAN is_single, restarts;
	unsigned char *buf;
	ULONG len;
	iosb_t iosb; /* result */
};

static uint32_t list(struct list_call *c)
{
	const iosb_t untouched = IOSB_UNTOUCHED;
	UNICODE_STRING us;

	if (c->pattern) {
		us.Buffer = (WCHAR *)(uintptr_t)case_wide(c->pattern);
		us.Length = us.MaximumLength = (USHORT)(strlen(c->pattern) * 2);
	}
	c->iosb = untouched;
	return (uint32_t)NT(NtQueryDirectoryFile)(c->h, NULL, NULL, NULL, &c->iosb, c->buf,
						  c->len, c->class, c->is_single,
						  c->pattern ? &us : NULL, c->restarts);
}

static uint32_t u32_at(const unsigned char *buf, size_t at)
{
	uint32_t value;

	memcpy(&value, buf + at, sizeof(value));
	return value;
}

static void each_class_has_its_layout(void)
{
	static const struct {
		int class;
		size_t len_at, name_at;
	} rows[] = {
		{CLASS_DIRECTORY, 60, 64},
		{CLASS_FULL_DIRECTORY, 60, 68},
		{CLASS_BOTH_DIRECTORY, 60, 94},
		{CLASS_NAMES, 8, 12},
	};
	const char *name = case_pipe_name(), *tail = case_name_tail(name);
	unsigned char buf[1024];
	HANDLE a, b;

	EXPECT_HANDLE(a, server_new(name, PIPE_ACCESS_DUPLEX, 0, 7));
	EXPECT_HANDLE(b, server_new(name, PIPE_ACCESS_DUPLEX, 0, 7));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list_call c = {.h = root_open(),
				      .class = rows[i].class,
				      .pattern = tail,
				      .buf = buf,
				      .len = sizeof(buf)};

		EXPECT_STATUS(list(&c), NT_SUCCESS_CODE);
		EXPECT_EQ(u32_at(buf, 0), 0);
		EXPECT_EQ(u32_at(buf, rows[i].len_at), strlen(tail) * 2);
		EXPECT_MEM(buf + rows[i].name_at, case_wide(tail), strlen(tail) * 2);
		EXPECT_EQ(c.iosb.Information, rows[i].name_at + strlen(tail) * 2);
		if (rows[i].class != CLASS_NAMES) {
			EXPECT_EQ(u32_at(buf, 40), 2); /* end of file: instances */
			EXPECT_EQ(u32_at(buf, 48), 7); /* allocation: the most there may be */
			EXPECT_HEX(u32_at(buf, 56), FILE_ATTRIBUTE_NORMAL);
		}
		EXPECT_STATUS(list(&c), NT_NO_MORE_FILES);
		CloseHandle(c.h);
	}
	CloseHandle(a);
	CloseHandle(b);
}

static void other_classes_are_invalid(void)
{
	unsigned char buf[1024];
	struct list_call c = {
		.h = root_open(), .class = CLASS_STANDARD, .buf = buf, .len = sizeof(buf)};

	EXPECT_STATUS(list(&c), NT_INVALID_INFO_CLASS);
}

static void no_match_is_no_such_file(void)
{
	unsigned char buf[1024];
	struct list_call c = {.h = root_open(),
			      .class = CLASS_NAMES,
			      .pattern = case_name_tail(case_pipe_name()),
			      .buf = buf,
			      .len = sizeof(buf)};

	EXPECT_STATUS(list(&c), NT_NO_SUCH_FILE);
}

static void single_entries_and_a_restart(void)
{
	const char *name = case_pipe_name();
	const char *pattern = case_join(case_name_tail(name), "-*");
	unsigned char buf[1024];
	struct list_call c = {.h = root_open(),
			      .class = CLASS_NAMES,
			      .pattern = pattern,
			      .is_single = TRUE,
			      .buf = buf,
			      .len = sizeof(buf)};
	uint32_t first_len;
	HANDLE a, b;

	EXPECT_HANDLE(a, server_new(case_join(name, "-1"), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_HANDLE(b, server_new(case_join(name, "-two"), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_STATUS(list(&c), NT_SUCCESS_CODE);
	EXPECT_EQ(u32_at(buf, 0), 0);
	first_len = u32_at(buf, 8);
	EXPECT_STATUS(list(&c), NT_SUCCESS_CODE);
	EXPECT_THAT(u32_at(buf, 8) != first_len);
	EXPECT_STATUS(list(&c), NT_NO_MORE_FILES);
	c.restarts = TRUE;
	c.is_single = FALSE;
	EXPECT_STATUS(list(&c), NT_SUCCESS_CODE);
	EXPECT_EQ(u32_at(buf, 8), first_len);
	EXPECT_EQ(u32_at(buf, 0) % 8, 0);
	EXPECT_THAT(u32_at(buf, 0) >= 12 + first_len);
	EXPECT_EQ(u32_at(buf, u32_at(buf, 0)), 0);
	CloseHandle(a);
	CloseHandle(b);
}

static void short_buffer_cuts_the_first_entry(void)
{
	const char *name = case_pipe_name(), *tail = case_name_tail(name);
	unsigned char buf[1024];
	struct list_call c = {.h = root_open(),
			      .class = CLASS_NAMES,
			      .pattern = tail,
			      .buf = buf,
			      .len = 16};
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_STATUS(list(&c), NT_BUFFER_OVERFLOW);
	EXPECT_EQ(u32_at(buf, 8), strlen(tail) * 2);
	CloseHandle(s);
}

static void device_and_ends_have_no_entries(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	unsigned char buf[1024];
	struct list_call c = {.class = CLASS_NAMES, .buf = buf, .len = sizeof(buf)};

	EXPECT_STATUS(native_open(NULL, "\\Device\\NamedPipe",
				  FILE_LIST_DIRECTORY | SYNCHRONIZE, NATIVE_SYNC_NONALERT,
				  &c.h),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(list(&c), NT_INVALID_PARAMETER);
	c.h = p.s;
	EXPECT_STATUS(list(&c), NT_INVALID_PARAMETER);
}

const struct conf_case native_directory_cases[] = {
	CASE("7.10", each_class_has_its_layout, "R", "7.10",
	     "the four classes tell name, instances and limit, then NO_MORE_FILES"),
	CASE("7.10", other_classes_are_invalid, "R", "7.10",
	     "any other class is INVALID_INFO_CLASS"),
	CASE("7.10", no_match_is_no_such_file, "R", "7.10",
	     "a pattern without a match is NO_SUCH_FILE"),
	CASE("7.10", single_entries_and_a_restart, "R", "7.10",
	     "one entry at a time, then all again after a restart, linked by offsets"),
	CASE("7.10", short_buffer_cuts_the_first_entry, "R", "7.10",
	     "a first entry that does not fit is BUFFER_OVERFLOW with the whole length"),
	CASE("1.6", device_and_ends_have_no_entries, "R", "1.6",
	     "the device and ends of pipes cannot be listed"),
	CASE_END};
