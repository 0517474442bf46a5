/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of a pipe: whom it admits, who may add instances, who sees a change
 * (npfs-semantics 9.1, 9.2).
 */
#include "conformance/cases/security/tools.h"

/* The group of the object's descriptor is this SID. */
static void group_is(HANDLE h, const unsigned char *sid, size_t len)
{
	union {
		SECURITY_DESCRIPTOR sd;
		unsigned char room[512];
	} d;
	BOOL is_default;
	PSID group = NULL;
	DWORD n;

	EXPECT_TRUE(API_SEC(GetKernelObjectSecurity)(h, GROUP_SECURITY_INFORMATION, &d,
						     sizeof(d), &n));
	EXPECT_TRUE(API_SEC(GetSecurityDescriptorGroup)(&d, &group, &is_default));
	EXPECT_THAT(group != NULL);
	EXPECT_MEM(group, sid, len);
}

static BOOL group_query(HANDLE h)
{
	unsigned char room[512];
	DWORD n;

	return API_SEC(GetKernelObjectSecurity)(h, GROUP_SECURITY_INFORMATION, room,
						sizeof(room), &n);
}

static BOOL group_set(HANDLE h, const unsigned char *sid)
{
	SECURITY_DESCRIPTOR sd;

	EXPECT_TRUE(
		API_SEC(InitializeSecurityDescriptor)(&sd, SECURITY_DESCRIPTOR_REVISION));
	EXPECT_TRUE(
		API_SEC(SetSecurityDescriptorGroup)(&sd, (void *)(uintptr_t)sid, FALSE));
	SetLastError(CONF_UNTOUCHED_ERROR);
	return API_SEC(SetKernelObjectSecurity)(h, GROUP_SECURITY_INFORMATION, &sd);
}

/* Entries of the object's DACL. */
static unsigned n_entries(HANDLE h)
{
	union {
		SECURITY_DESCRIPTOR sd;
		unsigned char room[1024];
	} d;
	BOOL is_present = FALSE, is_default;
	PACL dacl = NULL;
	DWORD n;

	EXPECT_TRUE(API_SEC(GetKernelObjectSecurity)(h, DACL_SECURITY_INFORMATION, &d,
						     sizeof(d), &n));
	EXPECT_TRUE(
		API_SEC(GetSecurityDescriptorDacl)(&d, &is_present, &dacl, &is_default));
	EXPECT_THAT(is_present && dacl);
	return dacl->AceCount;
}

static void instance_without_the_right_to_add_one_is_5(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s;

	descriptor_empty(&d);
	descriptor_allow(&d, sid_everyone, DUPLEX_RIGHTS & ~CREATE_RIGHT);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 4));
	EXPECT_NO_HANDLE(server_with(name, NULL, 0, 4), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(server_with(name, &d, 0, 4), ERROR_ACCESS_DENIED);
}

static void instance_with_the_right_to_add_one_works(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s, second;

	descriptor_empty(&d);
	descriptor_allow(&d, sid_everyone, DUPLEX_RIGHTS);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 4));
	EXPECT_HANDLE(second, server_with(name, NULL, 0, 4));
}

static void a_change_is_seen_by_all(void)
{
	const char *name = case_pipe_name();
	HANDLE first, second, c;

	EXPECT_HANDLE(first, server_with(name, NULL, WRITE_OWNER, 4));
	EXPECT_HANDLE(second, server_with(name, NULL, 0, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TRUE(group_set(first, sid_everyone));
	group_is(first, sid_everyone, sizeof(sid_everyone));
	group_is(second, sid_everyone, sizeof(sid_everyone));
	group_is(c, sid_everyone, sizeof(sid_everyone));
	EXPECT_TRUE(group_set(first, sid_users));
	group_is(c, sid_users, sizeof(sid_users));
}

static void a_change_needs_write_owner(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_with(name, NULL, 0, 4));
	EXPECT_FAILS(group_set(s, sid_everyone), ERROR_ACCESS_DENIED);
}

static void the_descriptor_outlives_the_server_end(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_with(name, NULL, WRITE_OWNER, 1));
	EXPECT_TRUE(group_set(s, sid_everyone));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(s);
	group_is(c, sid_everyone, sizeof(sid_everyone));
}

static void after_a_disconnect_only_the_server_end_has_it(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_with(name, NULL, WRITE_OWNER, 1));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_FAILS(group_query(c), ERROR_PIPE_NOT_CONNECTED);
	EXPECT_TRUE(group_set(s, sid_everyone));
	group_is(s, sid_everyone, sizeof(sid_everyone));
}

static void the_descriptor_of_a_later_instance_is_ignored(void)
{
	const char *name = case_pipe_name();
	struct descriptor first, later;
	HANDLE s, second;

	descriptor_empty(&first);
	descriptor_allow(&first, sid_everyone, ALL_RIGHTS);
	descriptor_empty(&later);
	descriptor_allow(&later, own_sid(), ALL_RIGHTS);
	descriptor_allow(&later, sid_users, ALL_RIGHTS);
	EXPECT_HANDLE(s, server_with(name, &first, 0, 4));
	EXPECT_HANDLE(second, server_with(name, &later, 0, 4));
	EXPECT_EQ(n_entries(s), 1);
	EXPECT_EQ(n_entries(second), 1);
}

static void an_empty_dacl_admits_nobody(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s;

	descriptor_empty(&d);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 4));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, GENERIC_READ, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(server_with(name, NULL, 0, 4), ERROR_ACCESS_DENIED);
}

static void a_null_dacl_admits_everybody(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s, c;

	descriptor_null_dacl(&d);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH | WRITE_DAC | WRITE_OWNER, 0));
}

static void a_null_dacl_admits_another_user(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s, c;

	descriptor_null_dacl(&d);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 4));
	become_other_user();
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	become_self();
}

static void a_refused_open_is_5_even_when_all_are_busy(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s, c;

	descriptor_empty(&d);
	descriptor_allow(&d, sid_everyone, FILE_GENERIC_READ);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, GENERIC_READ, 0), ERROR_PIPE_BUSY);
}

static void a_refused_open_does_not_use_the_instance(void)
{
	const char *name = case_pipe_name();
	struct request connect;
	struct descriptor d;
	HANDLE s, c;

	descriptor_empty(&d);
	descriptor_allow(&d, sid_everyone, FILE_GENERIC_READ);
	EXPECT_HANDLE(s, server_with(name, &d, FILE_FLAG_OVERLAPPED, 1));
	request_init(&connect);
	request_connect(&connect, s);
	EXPECT_PENDS(&connect);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, GENERIC_WRITE, 0), ERROR_ACCESS_DENIED);
	EXPECT_STILL_PENDING(&connect);
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_DONE(&connect, 0, 0);
}

static void default_descriptor_lets_another_user_read_only(void)
{
	const char *name = case_pipe_name();
	struct request connect;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_with(name, NULL, FILE_FLAG_OVERLAPPED, 1));
	request_init(&connect);
	request_connect(&connect, s);
	EXPECT_PENDS(&connect);
	become_other_user();
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	become_self();
	EXPECT_STILL_PENDING(&connect);
	become_other_user();
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	become_self();
	EXPECT_DONE(&connect, 0, 0);
}

static void descriptor_for_the_owner_refuses_another_user(void)
{
	const char *name = case_pipe_name();
	struct request connect;
	struct descriptor d;
	HANDLE s, c;

	descriptor_empty(&d);
	descriptor_allow(&d, own_sid(), ALL_RIGHTS);
	EXPECT_HANDLE(s, server_with(name, &d, FILE_FLAG_OVERLAPPED, 1));
	request_init(&connect);
	request_connect(&connect, s);
	EXPECT_PENDS(&connect);
	become_other_user();
	for (int i = 0; i < 3; i++)
		EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(client_open(name, GENERIC_READ, 0), ERROR_ACCESS_DENIED);
	become_self();
	EXPECT_STILL_PENDING(&connect);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_DONE(&connect, 0, 0);
}

static void descriptor_for_the_owner_refuses_the_anonymous_caller(void)
{
	const char *name = case_pipe_name();
	struct descriptor d;
	HANDLE s, c;

	descriptor_empty(&d);
	descriptor_allow(&d, own_sid(), ALL_RIGHTS);
	EXPECT_HANDLE(s, server_with(name, &d, 0, 1));
	if (!API_SEC(ImpersonateAnonymousToken)(GetCurrentThread()))
		SKIP("the implementation has no anonymous token");
	c = client_open(name, CLIENT_BOTH, 0);
	EXPECT_ERROR(c == INVALID_HANDLE_VALUE ? GetLastError() : 0, ERROR_ACCESS_DENIED);
	become_self();
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
}

static void write_and_transact_of_a_reading_client_are_5(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_MESSAGE;
	char request[] = "abc";
	char reply[8];
	HANDLE s, c;
	DWORD n;

	EXPECT_HANDLE(s, server_with(name, NULL, 0, 4));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0));
	EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	EXPECT_FAILS(WriteFile(c, "x", 1, &n, NULL), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(TransactNamedPipe(c, request, 3, reply, sizeof(reply), &n, NULL),
		     ERROR_ACCESS_DENIED);
	EXPECT_AVAILABLE(s, 0);
}

static void flush_of_a_reading_client_is_5(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_with(name, NULL, 0, 4));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_FAILS(FlushFileBuffers(c), ERROR_ACCESS_DENIED);
}

static void read_and_peek_of_a_writing_client_are_5(void)
{
	const char *name = case_pipe_name();
	char buf[8];
	HANDLE s, c;
	DWORD n;

	EXPECT_HANDLE(s, server_with(name, NULL, 0, 4));
	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	WRITE_ALL(s, "x", 1);
	EXPECT_FAILS(ReadFile(c, buf, sizeof(buf), &n, NULL), ERROR_ACCESS_DENIED);
	EXPECT_FAILS(PeekNamedPipe(c, NULL, 0, NULL, &n, NULL), ERROR_ACCESS_DENIED);
}

const struct conf_case security_descriptor_cases[] = {
	CASE("295", instance_without_the_right_to_add_one_is_5, "R F", "9.2",
	     "a further instance by the owner whom the descriptor does not grant 0x4: 5"),
	CASE("295", instance_with_the_right_to_add_one_works, "R", "9.2",
	     "a further instance with that right works"),
	CASE("296", a_change_is_seen_by_all, "T", "9.1",
	     "the group set through one handle is seen by all instances and the client"),
	CASE("9.2", a_change_needs_write_owner, "D", "9.2",
	     "setting the group through a handle without WRITE_OWNER fails with 5"),
	CASE("297", the_descriptor_outlives_the_server_end, "T", "9.1",
	     "after the server closed, the client can still query the descriptor"),
	CASE("297", after_a_disconnect_only_the_server_end_has_it, "T", "9.1",
	     "after DisconnectNamedPipe: the client's query fails with 233, the server queries "
	     "and sets"),
	CASE("298", the_descriptor_of_a_later_instance_is_ignored, "R", "9.1",
	     "an explicit descriptor on a later instance is ignored"),
	CASE("299", an_empty_dacl_admits_nobody, "I", "9.1",
	     "an empty DACL: the creator's own client and further instance get 5"),
	CASE("299", a_null_dacl_admits_everybody, "D", "9.1",
	     "a NULL DACL: any right is granted"),
	CASE("299", a_null_dacl_admits_another_user, "D", "9.1",
	     "a NULL DACL: another user may open for reading and writing"),
	CASE("9.2", a_refused_open_is_5_even_when_all_are_busy, "R", "6.2",
	     "a caller without the right gets 5 and not 231 when all instances are busy"),
	CASE("9.2", a_refused_open_does_not_use_the_instance, "R N", "6.2",
	     "a refused open leaves the pended connect pended"),
	CASE("311", default_descriptor_lets_another_user_read_only, "N", "9.1",
	     "default descriptor: another user may read; reading and writing is 5, and the "
	     "pended connect stays pended"),
	CASE("312", descriptor_for_the_owner_refuses_another_user, "N", "9.1",
	     "descriptor for the owner only: another user gets 5, again and again; the owner's "
	     "client then connects"),
	CASE("9.1", descriptor_for_the_owner_refuses_the_anonymous_caller, "I", "9.1",
	     "descriptor for the owner only: the anonymous caller gets 5"),
	CASE("9.2", write_and_transact_of_a_reading_client_are_5, "R D", "9.2",
	     "WriteFile and TransactNamedPipe of a client without write access fail with 5"),
	CASE("9.2", flush_of_a_reading_client_is_5, "R D", "9.2",
	     "FlushFileBuffers of a client without write access fails with 5"),
	CASE("9.2", read_and_peek_of_a_writing_client_are_5, "R D", "9.2",
	     "ReadFile and PeekNamedPipe of a client without read access fail with 5"),
	CASE_END
};
