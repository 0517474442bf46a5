/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of pipes through the Win32 functions, against a real broker: asking by
 * handle and by name, changing, what each needs, and that a change is enforced.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aclapi.h>
#include <sddl.h>
#include <windows.h>

#include "kernel32-shim/account.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"

#define PIPE  "\\\\.\\pipe\\security"
#define QUOTA 512u
#define NO_SACL                                                                          \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |                       \
	 DACL_SECURITY_INFORMATION)

static struct test_broker broker;
static struct test_leak leak;

static HANDLE create(const char *sddl, DWORD more)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa)};
	HANDLE h;

	if (sddl)
		ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
			sddl, SDDL_REVISION_1, &sa.lpSecurityDescriptor, NULL));
	h = CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX | more, 0, PIPE_UNLIMITED_INSTANCES,
			     QUOTA, QUOTA, 0, sddl ? &sa : NULL);
	ck_assert_msg(h != INVALID_HANDLE_VALUE, "%u", GetLastError());
	LocalFree(sa.lpSecurityDescriptor);
	return h;
}

static HANDLE connect_with(DWORD access)
{
	return CreateFileA(PIPE, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void setup(void)
{
	HANDLE h;

	test_broker_start(&broker);
	h = create(NULL, 0);
	ck_assert(CloseHandle(h));
	test_leak_begin(&leak);
}

static void teardown(void)
{
	test_leak_end(&leak);
	test_broker_stop(&broker);
}

/* The parts as text, for LocalFree(). */
static char *text_of(PSECURITY_DESCRIPTOR sd, SECURITY_INFORMATION information)
{
	char *text = NULL;

	ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
		sd, SDDL_REVISION_1, information, &text, NULL));
	return text;
}

static void has_text(HANDLE h, SECURITY_INFORMATION information, const char *wanted)
{
	char room[512] __attribute__((aligned(8)));
	DWORD needed = 0;
	char *text;

	ck_assert_msg(
		GetKernelObjectSecurity(h, information, room, sizeof(room), &needed),
		"%u", GetLastError());
	ck_assert(IsValidSecurityDescriptor(room));
	text = text_of(room, information);
	ck_assert_str_eq(text, wanted);
	LocalFree(text);
}

START_TEST(what_was_given_is_told)
{
	char own[64], wanted[160];
	HANDLE h = create("D:P(D;;FW;;;AN)(A;;FA;;;WD)", 0);
	HANDLE c = connect_with(GENERIC_READ | GENERIC_WRITE);

	ck_assert(c != INVALID_HANDLE_VALUE);
	has_text(h, DACL_SECURITY_INFORMATION, "D:P(D;;FW;;;AN)(A;;FA;;;WD)");
	has_text(c, DACL_SECURITY_INFORMATION, "D:P(D;;FW;;;AN)(A;;FA;;;WD)");
	snprintf(own, sizeof(own), "O:S-1-22-1-%u", (unsigned)geteuid());
	has_text(h, OWNER_SECURITY_INFORMATION, own);
	snprintf(wanted, sizeof(wanted), "%sG:S-1-22-2-%uD:P(D;;FW;;;AN)(A;;FA;;;WD)",
		 own, (unsigned)getegid());
	has_text(c, NO_SACL, wanted);
	ck_assert(CloseHandle(c));
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(the_size_needed_is_told)
{
	char room[512] __attribute__((aligned(8)));
	HANDLE h = create("D:(A;;FA;;;WD)", 0);
	DWORD needed = 0, again = 0;

	ck_assert(!GetKernelObjectSecurity(h, NO_SACL, NULL, 0, &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_gt(needed, sizeof(SECURITY_DESCRIPTOR_RELATIVE));
	ck_assert(!GetKernelObjectSecurity(h, NO_SACL, room, needed - 1, &again));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(again, needed);
	ck_assert(GetKernelObjectSecurity(h, NO_SACL, room, needed, &again));
	ck_assert_uint_eq(GetSecurityDescriptorLength(room), needed);
	ck_assert(!GetKernelObjectSecurity(h, NO_SACL, room, sizeof(room), NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_NOACCESS);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(a_change_is_seen_and_enforced)
{
	HANDLE h = create("D:(A;;FA;;;WD)", WRITE_DAC), second;
	PSECURITY_DESCRIPTOR sd = NULL;
	HANDLE c;

	second = create(NULL, 0);
	c = connect_with(GENERIC_READ | GENERIC_WRITE);
	ck_assert(c != INVALID_HANDLE_VALUE);
	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;FR;;;WD)",
								       1, &sd, NULL));
	ck_assert_msg(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, sd), "%u",
		      GetLastError());
	LocalFree(sd);
	has_text(second, DACL_SECURITY_INFORMATION, "D:(A;;FR;;;WD)");
	has_text(c, DACL_SECURITY_INFORMATION, "D:(A;;FR;;;WD)");
	ck_assert(CloseHandle(c));
	c = connect_with(GENERIC_READ | GENERIC_WRITE);
	ck_assert(c == INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	c = connect_with(GENERIC_READ);
	ck_assert(c != INVALID_HANDLE_VALUE);
	ck_assert(CloseHandle(c));
	ck_assert(CloseHandle(second));
	ck_assert(CloseHandle(h));
}
END_TEST

/* The entry point and the rights it needs; what the handle has is all others. */
START_TEST(each_part_needs_its_right)
{
	static const struct {
		SECURITY_INFORMATION information;
		DWORD right;
	} rows[] = {
		{OWNER_SECURITY_INFORMATION, WRITE_OWNER},
		{GROUP_SECURITY_INFORMATION, WRITE_OWNER},
		{DACL_SECURITY_INFORMATION, WRITE_DAC},
	};
	char room[512] __attribute__((aligned(8)));
	HANDLE h = create("D:(A;;FA;;;WD)", WRITE_DAC | WRITE_OWNER);
	HANDLE more = create(NULL, 0), even_more = create(NULL, 0), c, without;
	DWORD needed;

	ck_assert(GetKernelObjectSecurity(h, NO_SACL, room, sizeof(room), &needed));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		DWORD others = (WRITE_DAC | WRITE_OWNER | GENERIC_READ) & ~rows[i].right;

		without = connect_with(others);
		ck_assert(without != INVALID_HANDLE_VALUE);
		ck_assert(!SetKernelObjectSecurity(without, rows[i].information, room));
		ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
		ck_assert(CloseHandle(without));
		ck_assert_msg(SetKernelObjectSecurity(h, rows[i].information, room),
			      "row %zu: %u", i, GetLastError());
		ck_assert(CloseHandle(more));
		more = even_more;
		even_more = create(NULL, 0);
	}
	c = connect_with(WRITE_DAC);
	ck_assert(c != INVALID_HANDLE_VALUE);
	ck_assert(!GetKernelObjectSecurity(c, NO_SACL, room, sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(!GetKernelObjectSecurity(h, SACL_SECURITY_INFORMATION, room,
					   sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(c));
	ck_assert(CloseHandle(even_more));
	ck_assert(CloseHandle(more));
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(parts_are_told_with_pointers_to_them)
{
	HANDLE h = create("D:(D;;FW;;;AN)(A;;FA;;;WD)", WRITE_DAC);
	PSID owner = NULL, group = NULL;
	PACL dacl = NULL, sacl = (PACL)&broker, changed = NULL;
	PSECURITY_DESCRIPTOR sd = NULL;
	EXPLICIT_ACCESS_A entry;
	DWORD own[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

	ck_assert_uint_eq(GetSecurityInfo(h, SE_KERNEL_OBJECT, NO_SACL, &owner, &group,
					  &dacl, &sacl, &sd),
			  ERROR_SUCCESS);
	account_user_sid(geteuid(), own);
	ck_assert(EqualSid(owner, own));
	ck_assert(IsValidSid(group) && !sacl);
	ck_assert_uint_eq(dacl->AceCount, 2);

	/* One more entry, as programs do it. */
	BuildExplicitAccessWithNameA(&entry, (char[]){"SYSTEM"}, GENERIC_READ,
				     DENY_ACCESS, NO_INHERITANCE);
	ck_assert_uint_eq(SetEntriesInAclA(1, &entry, dacl, &changed), ERROR_SUCCESS);
	ck_assert_uint_eq(SetSecurityInfo(h, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
					  NULL, NULL, changed, NULL),
			  ERROR_SUCCESS);
	LocalFree(changed);
	LocalFree(sd);
	has_text(h, DACL_SECURITY_INFORMATION, "D:(D;;GR;;;SY)(D;;FW;;;AN)(A;;FA;;;WD)");
	ck_assert_uint_eq(SetSecurityInfo(h, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION,
					  NULL, NULL, NULL, NULL),
			  ERROR_SUCCESS);
	has_text(h, DACL_SECURITY_INFORMATION, "D:NO_ACCESS_CONTROL");
	ck_assert_uint_eq(GetSecurityInfo(h, SE_KERNEL_OBJECT, NO_SACL, &owner, NULL,
					  NULL, NULL, NULL),
			  ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(GetSecurityInfo(h, SE_UNKNOWN_OBJECT_TYPE, NO_SACL, NULL, NULL,
					  NULL, NULL, &sd),
			  ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(
		GetSecurityInfo(h, SE_SERVICE, NO_SACL, NULL, NULL, NULL, NULL, &sd),
		ERROR_NOT_SUPPORTED);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(a_name_leads_to_the_descriptor)
{
	HANDLE h = create("D:(A;;FA;;;WD)", 0), second = create(NULL, 0);
	char room[512] __attribute__((aligned(8)));
	char name[] = PIPE;
	PSECURITY_DESCRIPTOR sd = NULL;
	PACL dacl = NULL;
	DWORD needed;
	char *text;

	ck_assert_uint_eq(GetNamedSecurityInfoA(name, SE_FILE_OBJECT,
						DACL_SECURITY_INFORMATION, NULL, NULL,
						&dacl, NULL, &sd),
			  ERROR_SUCCESS);
	text = text_of(sd, DACL_SECURITY_INFORMATION);
	ck_assert_str_eq(text, "D:(A;;FA;;;WD)");
	ck_assert_ptr_nonnull(dacl);
	LocalFree(text);
	LocalFree(sd);
	ck_assert(GetFileSecurityA(name, DACL_SECURITY_INFORMATION, room, sizeof(room),
				   &needed));
	ck_assert(CloseHandle(second));
	ck_assert(CloseHandle(h));

	h = create("D:(A;;FA;;;WD)", 0);
	ck_assert_uint_eq(SetNamedSecurityInfoA(name, SE_FILE_OBJECT,
						DACL_SECURITY_INFORMATION, NULL, NULL,
						NULL, NULL),
			  ERROR_SUCCESS);
	has_text(h, DACL_SECURITY_INFORMATION, "D:NO_ACCESS_CONTROL");
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(GetNamedSecurityInfoA(name, SE_FILE_OBJECT,
						DACL_SECURITY_INFORMATION, NULL, NULL,
						&dacl, NULL, &sd),
			  ERROR_FILE_NOT_FOUND);
	ck_assert_uint_eq(GetNamedSecurityInfoA(NULL, SE_FILE_OBJECT, NO_SACL, NULL, NULL,
						NULL, NULL, &sd),
			  ERROR_INVALID_PARAMETER);
	ck_assert(!GetFileSecurityA(NULL, NO_SACL, room, sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_duplicate_has_the_rights_it_was_given)
{
	HANDLE h = create("D:(A;;FA;;;WD)", WRITE_DAC), less = NULL;
	char room[512] __attribute__((aligned(8)));
	DWORD needed;

	ck_assert(GetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, room,
					  sizeof(room), &needed));
	ck_assert(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &less,
				  READ_CONTROL | SYNCHRONIZE, FALSE, 0));
	has_text(less, DACL_SECURITY_INFORMATION, "D:(A;;FA;;;WD)");
	ck_assert(!SetKernelObjectSecurity(less, DACL_SECURITY_INFORMATION, room));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(less));
	ck_assert(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &less,
				  WRITE_DAC, FALSE, 0));
	ck_assert(SetKernelObjectSecurity(less, DACL_SECURITY_INFORMATION, room));
	ck_assert(!GetKernelObjectSecurity(less, DACL_SECURITY_INFORMATION, room,
					   sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(less));
	ck_assert(CloseHandle(h));
}
END_TEST

/* Sets a short and a long DACL in turns. */
struct changer {
	HANDLE pipe;
	PSECURITY_DESCRIPTOR sds[2];
	unsigned n_failed;
};

#define N_CHANGES 300u

static DWORD WINAPI change(LPVOID argument)
{
	struct changer *changer = argument;

	for (unsigned i = 0; i < N_CHANGES; i++)
		if (!SetKernelObjectSecurity(changer->pipe, DACL_SECURITY_INFORMATION,
					     changer->sds[i % 2]))
			changer->n_failed++;
	return 0;
}

START_TEST(a_descriptor_is_told_whole_while_it_changes)
{
	char texts[2][2048] = {"D:(A;;FA;;;WD)", "D:"};
	struct changer changer = {.pipe = create("D:(A;;FA;;;WD)", WRITE_DAC)};
	HANDLE thread;
	unsigned n_told = 0;

	for (unsigned i = 0; i < 40; i++)
		strcat(texts[1], "(A;;FA;;;S-1-22-1-12345)");
	for (unsigned i = 0; i < 2; i++)
		ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
			texts[i], 1, &changer.sds[i], NULL));
	thread = CreateThread(NULL, 0, change, &changer, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	do {
		PSECURITY_DESCRIPTOR sd = NULL;
		char *text;
		bool ok;

		if (GetSecurityInfo(changer.pipe, SE_KERNEL_OBJECT,
				    DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL,
				    &sd) != ERROR_SUCCESS)
			ck_abort_msg("not told");
		text = text_of(sd, DACL_SECURITY_INFORMATION);
		ok = strcmp(text, texts[0]) == 0 || strcmp(text, texts[1]) == 0;
		if (!ok)
			ck_abort_msg("%s", text);
		LocalFree(text);
		LocalFree(sd);
		n_told++;
	} while (WaitForSingleObject(thread, 0) == WAIT_TIMEOUT);
	ck_assert_uint_eq(changer.n_failed, 0);
	ck_assert_uint_gt(n_told, 0);
	ck_assert(CloseHandle(thread));
	for (unsigned i = 0; i < 2; i++)
		LocalFree(changer.sds[i]);
	ck_assert(CloseHandle(changer.pipe));
}
END_TEST

START_TEST(wrong_input_changes_nothing)
{
	static DWORD lying[8]; /* a list of a size it does not have */
	HANDLE h = create("D:(A;;FA;;;WD)", WRITE_DAC | WRITE_OWNER);
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	SECURITY_DESCRIPTOR sd;
	char room[512] __attribute__((aligned(8)));
	ACL *acl = (ACL *)(void *)lying;
	DWORD needed;

	ck_assert(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	acl->AclRevision = ACL_REVISION;
	acl->AclSize = 12;
	acl->AceCount = 3;
	sd.Dacl = acl;
	sd.Control = SE_DACL_PRESENT;
	ck_assert(!SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
	ck_assert(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(!SetKernelObjectSecurity(h, OWNER_SECURITY_INFORMATION, &sd));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_OWNER);
	ck_assert(!SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_NOACCESS);
	has_text(h, DACL_SECURITY_INFORMATION, "D:(A;;FA;;;WD)");

	ck_assert(!GetKernelObjectSecurity(port, NO_SACL, room, sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	ck_assert(!GetKernelObjectSecurity(NULL, NO_SACL, room, sizeof(room), &needed));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!SetKernelObjectSecurity((HANDLE)(uintptr_t)0x7654, NO_SACL, &sd));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(CloseHandle(port));
	ck_assert(CloseHandle(h));
}
END_TEST

/* Events, mutexes, semaphores, timers: with a name and without. */
struct sync_kind {
	const char *all; /* rights, as text */
	HANDLE (*make)(SECURITY_ATTRIBUTES *sa, const char *name);
	HANDLE (*open)(DWORD access, const char *name);
	const char *name; /* NULL: none */
};

static HANDLE make_event(SECURITY_ATTRIBUTES *sa, const char *name)
{
	return CreateEventA(sa, TRUE, TRUE, name);
}

static HANDLE open_event(DWORD access, const char *name)
{
	return OpenEventA(access, FALSE, name);
}

static HANDLE make_mutex(SECURITY_ATTRIBUTES *sa, const char *name)
{
	return CreateMutexA(sa, FALSE, name);
}

static HANDLE open_mutex(DWORD access, const char *name)
{
	return OpenMutexA(access, FALSE, name);
}

static HANDLE make_semaphore(SECURITY_ATTRIBUTES *sa, const char *name)
{
	return CreateSemaphoreA(sa, 1, 1, name);
}

static HANDLE open_semaphore(DWORD access, const char *name)
{
	return OpenSemaphoreA(access, FALSE, name);
}

static HANDLE make_timer(SECURITY_ATTRIBUTES *sa, const char *name)
{
	return CreateWaitableTimerA(sa, TRUE, name);
}

static HANDLE open_timer(DWORD access, const char *name)
{
	return OpenWaitableTimerA(access, FALSE, name);
}

static const struct sync_kind kinds[] = {
	{"0x1f0003", make_event, open_event, NULL},
	{"0x1f0001", make_mutex, open_mutex, NULL},
	{"0x1f0003", make_semaphore, open_semaphore, NULL},
	{"0x1f0003", make_timer, open_timer, NULL},
	{"0x1f0003", make_event, open_event, "guarded"},
	{"0x1f0001", make_mutex, open_mutex, "guarded"},
	{"0x1f0003", make_semaphore, open_semaphore, "guarded"},
	{"0x1f0003", make_timer, open_timer, "guarded"},
};

static HANDLE make_with(const struct sync_kind *kind, const char *text)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, FALSE};
	HANDLE h;

	if (text)
		ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
			text, SDDL_REVISION_1, &sa.lpSecurityDescriptor, NULL));
	h = kind->make(&sa, kind->name);
	ck_assert_msg(h != NULL, "%u", GetLastError());
	LocalFree(sa.lpSecurityDescriptor);
	return h;
}

static void set_text(HANDLE h, SECURITY_INFORMATION information, const char *text,
		     DWORD error)
{
	PSECURITY_DESCRIPTOR sd = NULL;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		text, SDDL_REVISION_1, &sd, NULL));
	SetLastError(0);
	ck_assert(SetKernelObjectSecurity(h, information, sd) == (error == 0));
	ck_assert_uint_eq(GetLastError(), error);
	LocalFree(sd);
}

/* It is what it was made as: a timer that was never set, the others free or signaled. */
static void works(const struct sync_kind *kind, HANDLE h)
{
	bool is_timer = kind->make == make_timer;

	ck_assert_uint_eq(WaitForSingleObject(h, 0),
			  is_timer ? WAIT_TIMEOUT : WAIT_OBJECT_0);
	if (kind->make == make_mutex)
		ck_assert(ReleaseMutex(h));
	if (kind->make == make_semaphore)
		ck_assert(ReleaseSemaphore(h, 1, NULL));
}

START_TEST(an_object_has_the_descriptor_it_was_made_with)
{
	const struct sync_kind *kind = &kinds[_i];
	HANDLE h = make_with(kind, "D:P(A;;GA;;;WD)");
	char wanted[64], own[64];
	PSECURITY_DESCRIPTOR sd = NULL;
	PACL dacl = NULL;

	snprintf(wanted, sizeof(wanted), "D:P(A;;%s;;;WD)", kind->all);
	snprintf(own, sizeof(own), "O:S-1-22-1-%u", (unsigned)geteuid());
	has_text(h, DACL_SECURITY_INFORMATION, wanted);
	has_text(h, OWNER_SECURITY_INFORMATION, own);
	ck_assert_uint_eq(GetSecurityInfo(h, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION,
					  NULL, NULL, &dacl, NULL, &sd),
			  0);
	ck_assert(dacl && dacl->AceCount == 1);
	LocalFree(sd);
	works(kind, h);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(an_object_without_one_is_its_makers)
{
	const struct sync_kind *kind = &kinds[_i];
	HANDLE h = make_with(kind, NULL);
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "D:(A;;%s;;;S-1-22-1-%u)(A;;%s;;;SY)", kind->all,
		 (unsigned)geteuid(), kind->all);
	has_text(h, DACL_SECURITY_INFORMATION, wanted);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(a_change_of_an_object_is_enforced)
{
	const struct sync_kind *kind = &kinds[_i];
	HANDLE h = make_with(kind, "D:(A;;GA;;;WD)"), less = NULL;

	set_text(h, DACL_SECURITY_INFORMATION, "D:(A;;0x100000;;;WD)", 0);
	has_text(h, DACL_SECURITY_INFORMATION, "D:(A;;0x100000;;;WD)");
	works(kind, h);
	ck_assert(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &less,
				  READ_CONTROL | SYNCHRONIZE, FALSE, 0));
	has_text(less, DACL_SECURITY_INFORMATION, "D:(A;;0x100000;;;WD)");
	set_text(less, DACL_SECURITY_INFORMATION, "D:", ERROR_ACCESS_DENIED);
	set_text(less, OWNER_SECURITY_INFORMATION, "O:SY", ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(less));
	if (kind->name) {
		ck_assert(!kind->open(DELETE, kind->name));
		ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
		less = kind->open(SYNCHRONIZE, kind->name);
		ck_assert(less != NULL);
		set_text(less, DACL_SECURITY_INFORMATION, "D:", ERROR_ACCESS_DENIED);
		ck_assert(CloseHandle(less));
	}
	set_text(h, DACL_SECURITY_INFORMATION, "D:NO_ACCESS_CONTROL", 0);
	has_text(h, DACL_SECURITY_INFORMATION, "D:NO_ACCESS_CONTROL");
	set_text(h, OWNER_SECURITY_INFORMATION, "D:", ERROR_INVALID_OWNER);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(processes_threads_and_tokens_are_their_users)
{
	char wanted[128];
	HANDLE hs[4], other = NULL;

	snprintf(wanted, sizeof(wanted), "D:(A;;GA;;;S-1-22-1-%u)(A;;GA;;;SY)",
		 (unsigned)geteuid());
	hs[0] = GetCurrentProcess();
	hs[1] = GetCurrentThread();
	ck_assert(OpenProcessToken(hs[0], TOKEN_QUERY | READ_CONTROL | WRITE_DAC, &hs[2]));
	hs[3] = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)getppid());
	ck_assert_msg(hs[3] != NULL, "%u", GetLastError());
	for (unsigned i = 0; i < 4; i++) {
		has_text(hs[i], DACL_SECURITY_INFORMATION, wanted);
		set_text(hs[i], DACL_SECURITY_INFORMATION, "D:", ERROR_NOT_SUPPORTED);
	}
	ck_assert(DuplicateHandle(hs[0], hs[2], hs[0], &other, TOKEN_QUERY, FALSE, 0));
	ck_assert(!GetKernelObjectSecurity(other, DACL_SECURITY_INFORMATION, NULL, 0,
					   &(DWORD){0}));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(other));
	ck_assert(CloseHandle(hs[3]));
	ck_assert(CloseHandle(hs[2]));
}
END_TEST

START_TEST(an_object_is_not_made_with_a_bad_descriptor)
{
	SECURITY_DESCRIPTOR sd = {.Revision = 9};
	SECURITY_ATTRIBUTES sa = {sizeof(sa), &sd, FALSE};

	ck_assert(!kinds[_i].make(&sa, kinds[_i].name));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("security");
	TCase *tc = tcase_create("win32");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_given_is_told);
	tcase_add_test(tc, the_size_needed_is_told);
	tcase_add_test(tc, a_change_is_seen_and_enforced);
	tcase_add_test(tc, each_part_needs_its_right);
	tcase_add_test(tc, parts_are_told_with_pointers_to_them);
	tcase_add_test(tc, a_name_leads_to_the_descriptor);
	tcase_add_test(tc, a_duplicate_has_the_rights_it_was_given);
	tcase_add_test(tc, a_descriptor_is_told_whole_while_it_changes);
	tcase_add_test(tc, wrong_input_changes_nothing);
	tcase_add_loop_test(tc, an_object_has_the_descriptor_it_was_made_with, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(tc, an_object_without_one_is_its_makers, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(tc, a_change_of_an_object_is_enforced, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tc, processes_threads_and_tokens_are_their_users);
	tcase_add_loop_test(tc, an_object_is_not_made_with_a_bad_descriptor, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
