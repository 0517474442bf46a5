/* SPDX-License-Identifier: MIT */
/*
 * Names at the native level: opaque strings, their length, relative names and unnamed
 * pipes (npfs-semantics 1.2 and 1.6).
 */
#include "conformance/native.h"
#include "conformance/pipes.h"

#include <stdlib.h>

static HANDLE created(struct native_create *c)
{
	EXPECT_STATUS(native_create(c), NT_SUCCESS_CODE);
	return c->h;
}

static void expect_create(const char *name, uint32_t status)
{
	struct native_create c;

	native_create_default(&c, name);
	EXPECT_STATUS(native_create(&c), status);
	if (status == NT_SUCCESS_CODE)
		CloseHandle(c.h);
}

static void expect_open(HANDLE root, const char *name, uint32_t status)
{
	HANDLE h = NULL;

	EXPECT_STATUS(native_open(root, name, GENERIC_READ | SYNCHRONIZE,
				  NATIVE_SYNC_NONALERT, &h),
		      status);
	if (status == NT_SUCCESS_CODE)
		CloseHandle(h);
}

static void dot_dot_is_not_resolved(void)
{
	const char *wanted = case_name_tail(case_pipe_name());
	const char *full = case_join(
		case_join(native_pipe_name(case_pipe_name()), "\\..\\"), wanted);
	struct native_create c;

	native_create_default(&c, full);
	created(&c);
	expect_open(NULL, case_join("\\Device\\NamedPipe\\", wanted),
		    NT_OBJECT_NAME_NOT_FOUND);
	expect_open(NULL, full, NT_SUCCESS_CODE);
}

static void slash_is_not_backslash(void)
{
	const char *full = native_pipe_name(case_pipe_name());
	struct native_create c;

	native_create_default(&c, case_join(full, "/test"));
	created(&c);
	expect_open(NULL, case_join(full, "\\test"), NT_OBJECT_NAME_NOT_FOUND);
	expect_open(NULL, case_join(full, "/test"), NT_SUCCESS_CODE);
}

static void create_of_device_is_invalid(void)
{
	expect_create("\\Device\\NamedPipe", NT_OBJECT_NAME_INVALID);
}

static void create_of_root_is_invalid(void)
{
	expect_create("\\Device\\NamedPipe\\", NT_OBJECT_NAME_INVALID);
}

static void create_of_double_separator_works(void)
{
	expect_create("\\Device\\NamedPipe\\\\", NT_SUCCESS_CODE);
}

static void all_punctuation_is_legal(void)
{
	expect_create(case_join(native_pipe_name(case_pipe_name()),
				"!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"),
		      NT_SUCCESS_CODE);
}

/* A create with a counted name of this many bytes. */
static uint32_t create_of_length(size_t bytes)
{
	const char *prefix = native_pipe_name(case_pipe_name());
	const struct native *nt = native_need();
	uint16_t *text = malloc(65536);
	LARGE_INTEGER timeout;
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	UNICODE_STRING us;
	uint32_t status;
	HANDLE h;

	if (!text)
		conf_fail(__FILE__, __LINE__, "memory", "none");
	for (size_t i = 0; i < 32768; i++)
		text[i] = 'n';
	memcpy(text, case_wide(prefix), strlen(prefix) * 2);
	us.Buffer = (void *)text;
	us.Length = us.MaximumLength = (USHORT)bytes;
	memset(&oa, 0, sizeof(oa));
	oa.Length = sizeof(oa);
	oa.ObjectName = &us;
	oa.Attributes = NATIVE_CASE_INSENSITIVE;
	timeout.QuadPart = -10000000;
	status = (uint32_t)nt->create_named_pipe(
		&h, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &oa, &iosb, 3,
		NATIVE_CREATE, NATIVE_SYNC_NONALERT, 0, 0, 0, 1, 4096, 4096, &timeout);
	if (status == NT_SUCCESS_CODE)
		CloseHandle(h);
	free(text);
	return status;
}

static void longest_name_is_65532_bytes(void)
{
	EXPECT_STATUS(create_of_length(65532), NT_SUCCESS_CODE);
	EXPECT_STATUS(create_of_length(65534), NT_OBJECT_NAME_INVALID);
}

static void odd_name_length_is_invalid(void)
{
	EXPECT_STATUS(create_of_length(81), NT_OBJECT_NAME_INVALID);
}

static void case_is_ignored_without_the_flag(void)
{
	const char *full = native_pipe_name(case_pipe_name());
	struct native_create c;

	native_create_default(&c, case_join(full, "\\test\\pipe"));
	created(&c);
	native_create_default(&c, case_join(full, "\\TEST\\PIPE"));
	c.attributes = 0;
	c.disposition = NATIVE_OPEN_IF;
	EXPECT_STATUS(native_create(&c), NT_INSTANCE_NOT_AVAILABLE);
}

static HANDLE opened(HANDLE root, const char *name)
{
	HANDLE h;

	EXPECT_STATUS(native_open(root, name, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
				  NATIVE_SYNC_NONALERT, &h),
		      NT_SUCCESS_CODE);
	return h;
}

static void unnamed_create_makes_a_new_pipe_each_time(void)
{
	HANDLE root = opened(NULL, "\\Device\\NamedPipe\\");
	struct native_create a, b;
	HANDLE ca, cb;

	native_create_default(&a, "");
	a.root = root;
	created(&a);
	native_create_default(&b, "");
	b.root = root;
	created(&b);
	ca = opened(a.h, "");
	cb = opened(b.h, "");
	WRITE_ALL(a.h, "a", 1);
	WRITE_ALL(b.h, "b", 1);
	EXPECT_READS(ca, 4, "a", 1);
	EXPECT_READS(cb, 4, "b", 1);
}

static void unnamed_open_finds_nothing(void)
{
	struct native_create c;

	native_create_default(&c, "");
	c.root = opened(NULL, "\\Device\\NamedPipe\\");
	c.disposition = NATIVE_OPEN;
	EXPECT_STATUS(native_create(&c), NT_OBJECT_NAME_NOT_FOUND);
}

static void relative_to_device_is_invalid(void)
{
	struct native_create c;

	native_create_default(&c, "");
	c.root = opened(NULL, "\\Device\\NamedPipe");
	EXPECT_STATUS(native_create(&c), NT_OBJECT_NAME_INVALID);
}

static void relative_to_root_is_a_named_pipe(void)
{
	const char *name = case_pipe_name();
	struct native_create c;
	HANDLE h;

	native_create_default(&c, case_join(case_name_tail(name), "\\pipe"));
	c.root = opened(NULL, "\\Device\\NamedPipe\\");
	created(&c);
	EXPECT_HANDLE(h, client_open(case_join(name, "\\pipe"), CLIENT_BOTH, 0));
	CloseHandle(h);
}

static void relative_to_server_is_its_client(void)
{
	struct native_create c;
	HANDLE client;

	native_create_default(&c, native_pipe_name(case_pipe_name()));
	created(&c);
	expect_open(c.h, "a", NT_OBJECT_NAME_INVALID);
	client = opened(c.h, "");
	WRITE_ALL(client, "x", 1);
	EXPECT_READS(c.h, 4, "x", 1);
	expect_open(c.h, "", NT_PIPE_NOT_AVAILABLE);
}

static void object_name_is_the_nt_name(void)
{
	const char *full = native_pipe_name(case_pipe_name());
	struct {
		UNICODE_STRING us;
		uint16_t text[256];
	} info;
	struct native_create c;

	native_create_default(&c, full);
	created(&c);
	EXPECT_STATUS(native_need()->query_object(c.h, 1, &info, sizeof(info), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(info.us.Length, strlen(full) * 2);
	EXPECT_MEM(info.us.Buffer, case_wide(full), strlen(full) * 2);
}

static void unnamed_pipe_has_no_object_name(void)
{
	struct {
		UNICODE_STRING us;
		uint16_t text[256];
	} info;
	struct native_create c;

	native_create_default(&c, "");
	c.root = opened(NULL, "\\Device\\NamedPipe\\");
	created(&c);
	EXPECT_STATUS(native_need()->query_object(c.h, 1, &info, sizeof(info), NULL),
		      NT_OBJECT_PATH_INVALID);
}

const struct conf_case names_native_cases[] = {
	CASE("15", dot_dot_is_not_resolved, "T", "1.2",
	     "the native layer does not resolve .. in a name"),
	CASE("16", slash_is_not_backslash, "T", "1.2",
	     "natively a/b and a\\b are different names"),
	CASE("17", create_of_device_is_invalid, "T", "1.2",
	     "native create of the device is OBJECT_NAME_INVALID"),
	CASE("18", create_of_root_is_invalid, "T", "1.2",
	     "native create of the root is OBJECT_NAME_INVALID"),
	CASE("19", create_of_double_separator_works, "T", "1.2",
	     "a doubled separator behind the device is a legal name"),
	CASE("20", all_punctuation_is_legal, "T", "1.2",
	     "every ASCII punctuation character is legal in a native name"),
	CASE("21", longest_name_is_65532_bytes, "T", "1.2",
	     "65532 bytes of name work, 65534 are OBJECT_NAME_INVALID"),
	CASE("22", odd_name_length_is_invalid, "T", "1.2",
	     "an odd name length is OBJECT_NAME_INVALID"),
	CASE("24", case_is_ignored_without_the_flag, "T", "1.2",
	     "names compare without case even without OBJ_CASE_INSENSITIVE"),
	CASE("40", unnamed_create_makes_a_new_pipe_each_time, "T", "1.6",
	     "FILE_CREATE of an empty name relative to the root makes independent pipes"),
	CASE("41", unnamed_open_finds_nothing, "T", "1.6",
	     "FILE_OPEN of an empty name relative to the root is NAME_NOT_FOUND"),
	CASE("42", relative_to_device_is_invalid, "T", "1.6",
	     "an empty name relative to the device is OBJECT_NAME_INVALID"),
	CASE("1.6", relative_to_root_is_a_named_pipe, "T", "1.6",
	     "a name relative to the root is reachable by its full name"),
	CASE("43", relative_to_server_is_its_client, "T", "1.6",
	     "an empty name relative to a server handle is its client end, once"),
	CASE("44", object_name_is_the_nt_name, "T", "1.6",
	     "the object name of a server is its native name"),
	CASE("44", unnamed_pipe_has_no_object_name, "T", "1.6",
	     "the object name of an unnamed pipe is OBJECT_PATH_INVALID"),
	CASE_END};
