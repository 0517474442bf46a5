/* SPDX-License-Identifier: MIT */
/*
 * Opening the client end: busy, direction, dispositions, names that Win32 changed
 * (npfs-semantics 1.5, 6.2, 6.3).
 */
#include "conformance/native.h"
#include "conformance/pipes.h"

static HANDLE server_of(DWORD open_mode, const char **namep)
{
	HANDLE s;

	*namep = case_pipe_name();
	EXPECT_HANDLE(s, server_new(*namep, open_mode, 0, 4));
	return s;
}

static HANDLE open_how(const char *name, DWORD access, DWORD disposition)
{
	return CreateFileA(name, access, 0, NULL, disposition, 0, NULL);
}

static void busy_means_nobody_listens(void)
{
	struct pair p = pair_new(PAIR_S_OV, 64, 64);
	struct request r;
	HANDLE c;

	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	CloseHandle(p.c);
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	request_init(&r);
	request_connect(&r, p.s);
	EXPECT_PENDS(&r);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_DONE(&r, 0, 0);
	CloseHandle(c);
}

static void inbound_pipe_cannot_be_read_by_clients(void)
{
	const char *name;
	HANDLE s = server_of(PIPE_ACCESS_INBOUND, &name), c;

	EXPECT_NO_HANDLE(client_open(name, GENERIC_READ, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	WRITE_ALL(c, "in", 2);
	EXPECT_READS(s, 8, "in", 2);
	EXPECT_READ_FAILS(c, 1, ERROR_ACCESS_DENIED, NULL, 0);
}

static void outbound_pipe_cannot_be_written_by_clients(void)
{
	const char *name;
	HANDLE s = server_of(PIPE_ACCESS_OUTBOUND, &name), c;

	EXPECT_NO_HANDLE(client_open(name, GENERIC_WRITE, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	WRITE_ALL(s, "out", 3);
	EXPECT_READS(c, 8, "out", 3);
	EXPECT_WRITE_FAILS(c, 1, ERROR_ACCESS_DENIED);
}

static void client_of_a_duplex_pipe_may_take_less(void)
{
	const char *name;
	HANDLE s = server_of(PIPE_ACCESS_DUPLEX, &name), c;

	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	WRITE_ALL(s, "less", 4);
	EXPECT_READS(c, 8, "less", 4);
	EXPECT_WRITE_FAILS(c, 1, ERROR_ACCESS_DENIED);
}

static void maximum_allowed_fails_on_a_one_way_pipe(void)
{
	const char *name;

	server_of(PIPE_ACCESS_INBOUND, &name);
	EXPECT_NO_HANDLE(client_open(name, MAXIMUM_ALLOWED, 0), ERROR_ACCESS_DENIED);
}

static void direction_is_checked_before_busy(void)
{
	const char *name;
	HANDLE c;

	server_of(PIPE_ACCESS_INBOUND, &name);
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	EXPECT_NO_HANDLE(client_open(name, GENERIC_WRITE, 0), ERROR_PIPE_BUSY);
	EXPECT_NO_HANDLE(client_open(name, GENERIC_READ, 0), ERROR_ACCESS_DENIED);
	CloseHandle(c);
}

static void disposition_is_ignored_on_a_listening_pipe(void)
{
	static const DWORD dispositions[] = {CREATE_ALWAYS, TRUNCATE_EXISTING,
					     OPEN_ALWAYS, CREATE_NEW};

	for (size_t i = 0; i < sizeof(dispositions) / sizeof(dispositions[0]); i++) {
		const char *name;
		HANDLE s = server_of(PIPE_ACCESS_DUPLEX, &name), c;

		conf_note("disposition %lu", (unsigned long)dispositions[i]);
		EXPECT_HANDLE(c, open_how(name, CLIENT_BOTH, dispositions[i]));
		WRITE_ALL(c, "d", 1);
		EXPECT_READS(s, 1, "d", 1);
	}
}

static void no_disposition_creates_a_pipe(void)
{
	static const DWORD dispositions[] = {OPEN_ALWAYS, CREATE_ALWAYS, CREATE_NEW};

	for (size_t i = 0; i < sizeof(dispositions) / sizeof(dispositions[0]); i++) {
		const char *name = case_pipe_name();

		conf_note("disposition %lu", (unsigned long)dispositions[i]);
		EXPECT_NO_HANDLE(open_how(name, CLIENT_BOTH, dispositions[i]),
				 ERROR_FILE_NOT_FOUND);
		EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	}
}

static void share_mode_is_ignored(void)
{
	const char *name;
	HANDLE s = server_of(PIPE_ACCESS_DUPLEX, &name), c, d;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_HANDLE(d, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
	CloseHandle(d);
	CloseHandle(s);
}

static void access_0_grants_attributes_and_synchronize(void)
{
	const char *name;
	HANDLE c;

	native_need();
	server_of(PIPE_ACCESS_DUPLEX, &name);
	EXPECT_HANDLE(c, client_open(name, 0, 0));
	EXPECT_HEX(native_granted_access(c), SYNCHRONIZE | FILE_READ_ATTRIBUTES);
}

static void all_access_is_granted(void)
{
	const char *name;
	HANDLE c;

	native_need();
	server_of(PIPE_ACCESS_DUPLEX, &name);
	EXPECT_HANDLE(c, client_open(name, FILE_ALL_ACCESS, 0));
	EXPECT_HEX(native_granted_access(c), 0x1F01FF);
}

static void client_is_overlapped_or_not_by_its_own_choice(void)
{
	const char *name;
	struct request r;
	char buf[8];
	HANDLE s = server_of(PIPE_ACCESS_DUPLEX, &name), c;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, FILE_FLAG_OVERLAPPED));
	request_init(&r);
	request_read(&r, c, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	WRITE_ALL(s, "ov", 2);
	EXPECT_DONE(&r, 0, 2);
}

static void sqos_flags_are_accepted(void)
{
	static const DWORD flags[] = {
		SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
		SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
		SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION,
		SECURITY_SQOS_PRESENT | SECURITY_DELEGATION,
		SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION |
			SECURITY_CONTEXT_TRACKING,
		SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION | SECURITY_EFFECTIVE_ONLY,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *name;
		HANDLE s = server_of(PIPE_ACCESS_DUPLEX, &name), c;

		conf_note("flags 0x%lX", (unsigned long)flags[i]);
		EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, flags[i]));
		WRITE_ALL(c, "q", 1);
		EXPECT_READS(s, 1, "q", 1);
	}
}

static void doubled_separator_confuses_the_wait(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	const char *doubled = case_join("\\\\.\\pipe\\\\", tail);
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(doubled, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_FAILS(WaitNamedPipeA(doubled, 10), ERROR_FILE_NOT_FOUND);
	EXPECT_TRUE(WaitNamedPipeA(case_join("\\\\.\\pipe\\", tail), 10));
	EXPECT_HANDLE(c, client_open(doubled, CLIENT_BOTH, 0));
	CloseHandle(c);
	CloseHandle(s);
}

static void trailing_dot_confuses_the_wait(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_join(name, "."), PIPE_ACCESS_DUPLEX, 0, 1));
	EXPECT_FAILS(WaitNamedPipeA(case_join(name, "."), 10), ERROR_FILE_NOT_FOUND);
	EXPECT_TRUE(WaitNamedPipeA(name, 10));
	CloseHandle(s);
}

const struct conf_case open_open_cases[] = {
	CASE("243", busy_means_nobody_listens, "T", "6.3",
	     "231 when all are connected, or lost their client, or do not listen again"),
	CASE("244", inbound_pipe_cannot_be_read_by_clients, "TN", "6.2",
	     "opening an inbound pipe for reading fails with 5"),
	CASE("245", outbound_pipe_cannot_be_written_by_clients, "T", "6.2",
	     "opening an outbound pipe for writing fails with 5"),
	CASE("6.2", client_of_a_duplex_pipe_may_take_less, "D", "6.2",
	     "a client may open with fewer rights than the pipe permits"),
	CASE("246", maximum_allowed_fails_on_a_one_way_pipe, "R", "6.2",
	     "MAXIMUM_ALLOWED fails with 5 on a one-way pipe"),
	CASE("247", direction_is_checked_before_busy, "R", "6.2",
	     "the wrong direction is 5 even when the pipe is busy"),
	CASE("248", disposition_is_ignored_on_a_listening_pipe, "R", "6.2",
	     "every disposition opens a listening pipe"),
	CASE("249", no_disposition_creates_a_pipe, "R", "6.2",
	     "without a pipe every disposition fails with 2 and creates nothing"),
	CASE("250", share_mode_is_ignored, "T", "6.2",
	     "share mode 0 does not keep a second client away"),
	CASE("251", access_0_grants_attributes_and_synchronize, "T", "6.2",
	     "access 0 is granted SYNCHRONIZE and FILE_READ_ATTRIBUTES"),
	CASE("252", all_access_is_granted, "T", "6.2",
	     "FILE_ALL_ACCESS is granted in full"),
	CASE("6.2", client_is_overlapped_or_not_by_its_own_choice, "D", "6.2",
	     "the client's overlapped flag is its own"),
	CASE("Q101378", sqos_flags_are_accepted, "K", "6.2",
	     "CreateFile accepts the security quality of service flags"),
	CASE("301", doubled_separator_confuses_the_wait, "RF", "1.5",
	     "WaitNamedPipe does not normalise a doubled separator, the others do"),
	CASE("302", trailing_dot_confuses_the_wait, "R", "1.5",
	     "WaitNamedPipe does not strip a trailing dot, the others do"),
	CASE_END};
