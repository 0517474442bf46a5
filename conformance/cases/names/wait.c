/* SPDX-License-Identifier: MIT */
/*
 * Names as WaitNamedPipe takes them: only two literal prefixes, no normalisation behind
 * them (npfs-semantics 1.5, article Q180222).
 */
#include "conformance/pipes.h"

#define DUPLEX_BYTE PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4

static const char *const bad_names[] = {
	"bogus",        "",
	"C:\\conf\\x",  "\\\\.\\mailslot\\conf-x",
	"\\\\.\\pipe",  "\\pipe\\conf-x",
	"pipe\\x",      "\\\\.\\pipes\\x",
	"\\\\.pipe\\x", "\\\\conf\\file\\x",
};

static void expect_all_bad(DWORD error)
{
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		conf_note("name \"%s\"", bad_names[i]);
		EXPECT_FAILS(WaitNamedPipeA(bad_names[i], 1), error);
		EXPECT_FAILS(WaitNamedPipeA(bad_names[i], NMPWAIT_WAIT_FOREVER), error);
	}
}

static void wait_of_bogus_name_is_161(void)
{
	EXPECT_FAILS(WaitNamedPipeA("bogus", 10), ERROR_BAD_PATHNAME);
}

static void wait_of_bogus_wide_name_is_161(void)
{
	EXPECT_FAILS(WaitNamedPipeW(case_wide("bogus"), 10), ERROR_BAD_PATHNAME);
}

static void wait_of_every_malformed_name_is_161(void)
{
	expect_all_bad(ERROR_BAD_PATHNAME);
}

static void wait_of_every_malformed_name_is_253(void)
{
	expect_all_bad(253);
}

static void wait_of_null_is_161(void)
{
	EXPECT_FAILS(WaitNamedPipeA(NULL, 10), ERROR_BAD_PATHNAME);
}

static void wait_of_raw_prefix_is_161(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, DUPLEX_BYTE));
	EXPECT_FAILS(WaitNamedPipeA(case_join("\\\\?\\pipe\\", case_name_tail(name)), 10),
		     ERROR_BAD_PATHNAME);
	CloseHandle(s);
}

static void wait_of_root_is_87(void)
{
	EXPECT_FAILS(WaitNamedPipeA("\\\\.\\pipe\\", 10), ERROR_INVALID_PARAMETER);
}

static void wait_takes_slashes_in_prefix(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, DUPLEX_BYTE));
	EXPECT_TRUE(WaitNamedPipeA(case_join("//./PIPE/", case_name_tail(name)), 10));
	CloseHandle(s);
}

const struct conf_case names_wait_cases[] = {
	CASE_FOR(P_ENGINE, "30", wait_of_bogus_name_is_161, "KR", "1.5",
		 "WaitNamedPipe of a name without a pipe prefix fails with 161"),
	CASE_FOR(P_ENGINE, "30", wait_of_bogus_wide_name_is_161, "KR", "1.5",
		 "WaitNamedPipeW of a name without a pipe prefix fails with 161"),
	CASE_FOR(P_ENGINE, "30", wait_of_every_malformed_name_is_161, "KR", "1.5",
		 "every malformed name gives 161, at once, whatever the time-out"),
	CASE("1.5", wait_of_null_is_161, "I", "1.5",
	     "WaitNamedPipe(NULL) fails with 161"),
	CASE("31", wait_of_raw_prefix_is_161, "RF", "1.5",
	     "WaitNamedPipe refuses the raw prefix with 161 even when the pipe listens"),
	CASE("32", wait_of_root_is_87, "R", "1.5",
	     "WaitNamedPipe of the prefix alone fails with 87"),
	CASE_FOR(P_W95, "33", wait_of_every_malformed_name_is_253, "K", "1.5",
		 "Windows 95 answers 253 where NT answers 161"),
	CASE_FOR(P_ENGINE, "1.5", wait_takes_slashes_in_prefix, "R", "1.5",
		 "WaitNamedPipe takes slashes for backslashes, and pipe in any case"),
	CASE_END};
