/* SPDX-License-Identifier: MIT */
/*
 * Impersonation: whose context the server gets, from when on, and at which level
 * (npfs-semantics 9.3, 9.4).
 *
 * The main thread is the client. What the server does runs in a thread of its own each time,
 * so that the two never share a thread token.
 */
#include "conformance/cases/security/tools.h"

/* What a server thread saw: the token's level and privileges. */
struct view {
	DWORD error; /* of ImpersonateNamedPipeClient */
	DWORD token_error;
	int level;
	unsigned n_privileges, n_enabled;
};

union privileges {
	TOKEN_PRIVILEGES list;
	unsigned char room[2048];
};

static void privileges_count(HANDLE token, unsigned *allp, unsigned *enabledp)
{
	static union privileges p;
	DWORD n;

	EXPECT_TRUE(
		API_SEC(GetTokenInformation)(token, TokenPrivileges, &p, sizeof(p), &n));
	*allp = p.list.PrivilegeCount;
	*enabledp = 0;
	for (DWORD i = 0; i < p.list.PrivilegeCount; i++)
		*enabledp +=
			(p.list.Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
}

static void view_call(struct blocked *b)
{
	struct view *v = b->buf;
	SECURITY_IMPERSONATION_LEVEL level;
	HANDLE token;
	DWORD n;

	memset(v, 0, sizeof(*v));
	b->returned = TRUE;
	if (!API_SEC(ImpersonateNamedPipeClient)(b->h)) {
		v->error = GetLastError();
		return;
	}
	if (!API_SEC(OpenThreadToken)(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
		v->token_error = GetLastError();
		become_self();
		return;
	}
	become_self();
	EXPECT_TRUE(API_SEC(GetTokenInformation)(token, TokenImpersonationLevel, &level,
						 sizeof(level), &n));
	v->level = (int)level;
	privileges_count(token, &v->n_privileges, &v->n_enabled);
	CloseHandle(token);
}

static struct view view_of(HANDLE s)
{
	struct blocked b;
	struct view v;

	api_sec_need("ImpersonateNamedPipeClient");
	b.h = s;
	b.buf = &v;
	blocked_start(&b, view_call);
	EXPECT_EQ(WaitForSingleObject(b.thread, CONF_SOON_MS), WAIT_OBJECT_0);
	return v;
}

/* The context is there, and its token can be opened. */
static struct view view_good(HANDLE s)
{
	struct view v = view_of(s);

	EXPECT_ERROR(v.error, 0);
	EXPECT_ERROR(v.token_error, 0);
	return v;
}

/* A message server with a client that asks for this quality of service (0: nothing). */
static void connect_with(HANDLE *sp, HANDLE *cp, DWORD qos)
{
	const char *name = case_pipe_name();

	EXPECT_HANDLE(*sp, server_with(name, NULL, 0, 1));
	EXPECT_HANDLE(*cp, client_open(name, CLIENT_BOTH, qos));
}

static BOOL user_name_query(HANDLE s)
{
	char user[128];

	return GetNamedPipeHandleStateA(s, NULL, NULL, NULL, NULL, user, sizeof(user));
}

/* ---- the client's thread token ---- */

/*
 * From here on this thread has a token of its own, a copy of the process's token; all its
 * privileges are disabled or enabled.
 */
static HANDLE own_thread_token(void)
{
	HANDLE token;

	EXPECT_TRUE(API_SEC(ImpersonateSelf)(SecurityImpersonation));
	EXPECT_TRUE(API_SEC(OpenThreadToken)(
		GetCurrentThread(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, TRUE, &token));
	return token;
}

static void privileges_disable(HANDLE token)
{
	unsigned n, n_enabled;

	EXPECT_TRUE(API_SEC(AdjustTokenPrivileges)(token, TRUE, NULL, 0, NULL, NULL));
	privileges_count(token, &n, &n_enabled);
	if (n == 0)
		SKIP("needs a user with at least one privilege");
	EXPECT_EQ(n_enabled, 0);
}

static void privileges_enable(HANDLE token)
{
	static union privileges p;
	DWORD n;

	EXPECT_TRUE(
		API_SEC(GetTokenInformation)(token, TokenPrivileges, &p, sizeof(p), &n));
	for (DWORD i = 0; i < p.list.PrivilegeCount; i++)
		p.list.Privileges[i].Attributes = SE_PRIVILEGE_ENABLED;
	EXPECT_TRUE(API_SEC(AdjustTokenPrivileges)(token, FALSE, &p.list, 0, NULL, NULL));
}

#define STATIC_CONTEXT  (SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION)
#define DYNAMIC_CONTEXT (STATIC_CONTEXT | SECURITY_CONTEXT_TRACKING)

static void message_pass(HANDLE from, HANDLE to)
{
	WRITE_ALL(from, "x", 1);
	EXPECT_READS(to, 10, "x", 1);
}

/* ---- cases ---- */

static void before_a_read_there_is_no_context(void)
{
	HANDLE s, c;

	connect_with(&s, &c, 0);
	WRITE_ALL(c, "x", 1);
	EXPECT_ERROR(view_of(s).error, ERROR_CANNOT_IMPERSONATE);
	EXPECT_READS(s, 10, "x", 1);
	EXPECT_EQ(view_good(s).level, SecurityImpersonation);
}

static void part_of_a_message_brings_its_context(void)
{
	char part[1];
	HANDLE s, c;
	DWORD n;

	connect_with(&s, &c, 0);
	WRITE_ALL(c, "abc", 3);
	EXPECT_FAILS(ReadFile(s, part, 1, &n, NULL), ERROR_MORE_DATA);
	view_good(s);
}

static void pended_read_brings_the_context(void)
{
	struct blocked read;
	char buf[8];
	HANDLE s, c;

	connect_with(&s, &c, 0);
	blocked_read(&read, s, buf, sizeof(buf));
	EXPECT_BLOCKED(&read);
	WRITE_ALL(c, "x", 1);
	EXPECT_RETURNS(&read, 0, 1);
	view_good(s);
}

static void dynamic_default_is_effective_only(void)
{
	HANDLE token = own_thread_token();
	HANDLE s, c;

	privileges_disable(token);
	connect_with(&s, &c, 0);
	message_pass(c, s);
	EXPECT_EQ(view_good(s).n_privileges, 0);
	privileges_enable(token);
	EXPECT_EQ(view_good(s).n_privileges, 0);
	message_pass(c, s);
	EXPECT_THAT(view_good(s).n_privileges > 0);
}

static void static_context_does_not_follow(void)
{
	HANDLE token = own_thread_token();
	HANDLE s, c;

	privileges_disable(token);
	connect_with(&s, &c, STATIC_CONTEXT);
	EXPECT_EQ(view_good(s).n_enabled, 0);
	privileges_enable(token);
	message_pass(c, s);
	EXPECT_EQ(view_good(s).n_enabled, 0);
}

static void static_context_lists_disabled_privileges(void)
{
	HANDLE token = own_thread_token();
	HANDLE s, c;

	privileges_disable(token);
	connect_with(&s, &c, STATIC_CONTEXT);
	EXPECT_THAT(view_good(s).n_privileges > 0);
	CloseHandle(s);
	CloseHandle(c);
	connect_with(&s, &c, STATIC_CONTEXT | SECURITY_EFFECTIVE_ONLY);
	EXPECT_EQ(view_good(s).n_privileges, 0);
}

static void dynamic_context_follows_with_the_message_read(void)
{
	HANDLE token = own_thread_token();
	HANDLE s, c;

	privileges_disable(token);
	connect_with(&s, &c, DYNAMIC_CONTEXT);
	message_pass(c, s);
	EXPECT_EQ(view_good(s).n_enabled, 0);
	privileges_enable(token);
	WRITE_ALL(c, "x", 1);
	EXPECT_EQ(view_good(s).n_enabled, 0);
	EXPECT_READS(s, 10, "x", 1);
	EXPECT_THAT(view_good(s).n_enabled > 0);
}

/* The client opens with a restricted thread token, writes, reverts, and writes again. */
static struct view view_after_revert(DWORD qos)
{
	HANDLE token = own_thread_token();
	HANDLE s, c;

	privileges_disable(token);
	connect_with(&s, &c, qos);
	message_pass(c, s);
	EXPECT_EQ(view_good(s).n_enabled, 0);
	become_self();
	message_pass(c, s);
	return view_good(s);
}

static void static_context_survives_a_revert(void)
{
	EXPECT_EQ(view_after_revert(STATIC_CONTEXT).n_enabled, 0);
}

static void dynamic_context_shows_the_process_after_a_revert(void)
{
	unsigned n, n_enabled;
	HANDLE token;

	EXPECT_TRUE(API_SEC(OpenProcessToken)(GetCurrentProcess(), TOKEN_QUERY, &token));
	privileges_count(token, &n, &n_enabled);
	if (n_enabled == 0)
		SKIP("needs a process with at least one privilege enabled");
	EXPECT_EQ(view_after_revert(DYNAMIC_CONTEXT).n_enabled, n_enabled);
}

static void context_outlives_the_client(void)
{
	HANDLE s, c;

	connect_with(&s, &c, 0);
	message_pass(c, s);
	CloseHandle(c);
	view_good(s);
}

static void client_end_cannot_impersonate(void)
{
	HANDLE s, c;

	connect_with(&s, &c, STATIC_CONTEXT);
	EXPECT_ERROR(view_of(c).error, ERROR_INVALID_FUNCTION);
}

static void disconnect_forgets_the_context(void)
{
	HANDLE s, c;

	connect_with(&s, &c, STATIC_CONTEXT);
	message_pass(c, s);
	view_good(s);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_ERROR(view_of(s).error, ERROR_CANNOT_IMPERSONATE);
}

static void listening_server_has_no_context(void)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_with(case_pipe_name(), NULL, 0, 1));
	EXPECT_ERROR(view_of(s).error, ERROR_CANNOT_IMPERSONATE);
}

/* Opens a pipe of ours as the client of b->h; b->error is what that gave. */
static void open_as_client_call(struct blocked *b)
{
	HANDLE c;

	b->returned = TRUE;
	b->error = 0;
	if (!API_SEC(ImpersonateNamedPipeClient)(b->h)) {
		b->n = GetLastError();
		return;
	}
	c = client_open(b->name, CLIENT_BOTH, 0);
	b->n = c == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	become_self();
}

static DWORD open_as_client_of(HANDLE s)
{
	const char *name = case_pipe_name();
	struct blocked b;
	HANDLE target;

	api_sec_need("ImpersonateNamedPipeClient");
	EXPECT_HANDLE(target, server_with(name, NULL, 0, 1));
	b.h = s;
	b.name = name;
	blocked_start(&b, open_as_client_call);
	EXPECT_EQ(WaitForSingleObject(b.thread, CONF_SOON_MS), WAIT_OBJECT_0);
	return b.n;
}

static void identification_level_opens_the_token_and_nothing_else(void)
{
	DWORD error;
	HANDLE s, c;

	connect_with(&s, &c, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION);
	EXPECT_EQ(view_good(s).level, SecurityIdentification);
	error = open_as_client_of(s);
	if (error != ERROR_BAD_IMPERSONATION_LEVEL)
		EXPECT_ERROR(error, ERROR_ACCESS_DENIED);
}

static void impersonation_level_opens_as_the_client(void)
{
	HANDLE s, c;

	connect_with(&s, &c, STATIC_CONTEXT);
	EXPECT_EQ(view_good(s).level, SecurityImpersonation);
	EXPECT_ERROR(open_as_client_of(s), 0);
}

static void asked_level_is_there_right_after_connecting(void)
{
	static const DWORD levels[] = {SECURITY_IDENTIFICATION, SECURITY_IMPERSONATION,
				       SECURITY_DELEGATION};

	for (int i = 0; i < 3; i++) {
		HANDLE s, c;

		connect_with(&s, &c, SECURITY_SQOS_PRESENT | levels[i]);
		EXPECT_ERROR(view_of(s).error, 0);
		EXPECT_TRUE(user_name_query(s));
		CloseHandle(c);
		CloseHandle(s);
	}
}

static void anonymous_level_has_no_user_name(void)
{
	HANDLE s, c;

	connect_with(&s, &c, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS);
	EXPECT_ERROR(view_of(s).error, 0);
	EXPECT_EQ(user_name_query(s), FALSE);
}

static void without_flags_nothing_is_there_right_after_connecting(void)
{
	HANDLE s, c;

	connect_with(&s, &c, 0);
	EXPECT_ERROR(view_of(s).error, ERROR_CANNOT_IMPERSONATE);
	EXPECT_FAILS(user_name_query(s), ERROR_CANNOT_IMPERSONATE);
	message_pass(c, s);
	EXPECT_TRUE(user_name_query(s));
}

const struct conf_case security_impersonate_cases[] = {
	CASE("287", before_a_read_there_is_no_context, "T", "9.4",
	     "no SQOS flags: ImpersonateNamedPipeClient before any read fails with 1368"),
	CASE("9.4", part_of_a_message_brings_its_context, "R", "9.4",
	     "reading part of a message is enough"),
	CASE("9.4", pended_read_brings_the_context, "R", "9.4",
	     "a write to a pended read brings the context at once"),
	CASE("288", dynamic_default_is_effective_only, "T", "9.4",
	     "no SQOS flags, all privileges disabled: the token has none; after they are enabled "
	     "and another message is read it has some"),
	CASE("289", static_context_does_not_follow, "T", "9.4",
	     "SQOS_PRESENT|IMPERSONATION: later changes of the client's token are not seen"),
	CASE("9.4", static_context_lists_disabled_privileges, "T D", "9.4",
	     "without EFFECTIVE_ONLY disabled privileges are listed, with it they are not"),
	CASE("290", dynamic_context_follows_with_the_message_read, "T", "9.4",
	     "with CONTEXT_TRACKING they are seen once the next message is read"),
	CASE("291", static_context_survives_a_revert, "T", "9.4",
	     "the client reverts between writes: a static context keeps the old token"),
	CASE("291", dynamic_context_shows_the_process_after_a_revert, "T", "9.4",
	     "the client reverts between writes: a dynamic context shows the process token"),
	CASE("292", context_outlives_the_client, "T", "9.4",
	     "after the client closed, impersonation still works"),
	CASE("293", client_end_cannot_impersonate, "R", "9.3",
	     "ImpersonateNamedPipeClient of a client end fails with 1"),
	CASE("294", disconnect_forgets_the_context, "R", "9.4",
	     "after DisconnectNamedPipe impersonation fails with 1368"),
	CASE("294", listening_server_has_no_context, "R", "3.2",
	     "so does that of an instance nobody has opened"),
	CASE("300", identification_level_opens_the_token_and_nothing_else, "D", "9.4",
	     "level Identification: the token can be opened, a pipe cannot (5 or 1346)"),
	CASE("300", impersonation_level_opens_as_the_client, "D", "9.4",
	     "level Impersonation by the same user: a pipe can be opened as the client"),
	CASE("308", asked_level_is_there_right_after_connecting, "N", "9.4",
	     "levels Identification, Impersonation, Delegation: impersonation and the user name "
	     "work right after connecting"),
	CASE("309", anonymous_level_has_no_user_name, "N", "9.4",
	     "level Anonymous: impersonation works right after connecting, the user name fails"),
	CASE("310", without_flags_nothing_is_there_right_after_connecting, "T N", "9.4",
	     "no SQOS flags, nothing written: impersonation and the user name fail with 1368"),
	CASE_END
};
