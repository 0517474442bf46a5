/* SPDX-License-Identifier: MIT */
/*
 * Names of pipes on other computers, as far as they can be seen without one: they are always
 * the pipe file system, never files (npfs-semantics 1.5; article Q226394).
 */
#include "conformance/pipes.h"

#define NOWHERE "\\\\conf-no-such-host.invalid\\pipe\\x"

static void unknown_server_is_53_for_an_open(void)
{
	EXPECT_NO_HANDLE(client_open(NOWHERE, CLIENT_BOTH, 0), ERROR_BAD_NETPATH);
}

static void unknown_server_is_53_for_a_wait(void)
{
	EXPECT_FAILS(WaitNamedPipeA(NOWHERE, 100), ERROR_BAD_NETPATH);
}

const struct conf_case remote_names_cases[] = {
	CASE("1.5", unknown_server_is_53_for_an_open, "R", "1.5",
	     "opening a pipe of an unknown server fails with 53"),
	CASE("1.5", unknown_server_is_53_for_a_wait, "R", "1.5",
	     "waiting for a pipe of an unknown server fails with 53"),
	CASE_END};
