/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of events, mutexes and semaphores: made with one, read back, changed, enforced
 * (Synchronization Object Security and Access Rights in the Windows documentation).
 */
#include "conformance/cases/security/tools.h"

enum kind { EVENT, MUTEX, SEMAPHORE, N_KINDS };

static const DWORD modify_right[] = {EVENT_MODIFY_STATE, MUTANT_QUERY_STATE,
				     SEMAPHORE_MODIFY_STATE};

/* A name that nobody else has. */
static const char *object_name(void)
{
	return strrchr(case_pipe_name(), '\\') + 1;
}

static HANDLE object_new(enum kind kind, const char *name, struct descriptor *d)
{
	switch (kind) {
	case EVENT:
		return CreateEventA(&d->sa, TRUE, TRUE, name);
	case MUTEX:
		return CreateMutexA(&d->sa, FALSE, name);
	default:
		return CreateSemaphoreA(&d->sa, 1, 2, name);
	}
}

static HANDLE object_open(enum kind kind, const char *name, DWORD access)
{
	switch (kind) {
	case EVENT:
		return OpenEventA(access, FALSE, name);
	case MUTEX:
		return OpenMutexA(access, FALSE, name);
	default:
		return OpenSemaphoreA(access, FALSE, name);
	}
}

/* The object cannot be opened so, but with 5. */
static void expect_refused(enum kind kind, const char *name, DWORD access)
{
	HANDLE h;

	SetLastError(CONF_UNTOUCHED_ERROR);
	h = object_open(kind, name, access);
	EXPECT_THAT(h == NULL);
	EXPECT_ERROR(GetLastError(), ERROR_ACCESS_DENIED);
}

static void expect_opens(enum kind kind, const char *name, DWORD access)
{
	HANDLE h = object_open(kind, name, access);

	EXPECT_THAT(h != NULL);
	CloseHandle(h);
}

static void made_with_a_descriptor_has_it(void)
{
	union {
		SECURITY_DESCRIPTOR sd;
		unsigned char room[1024];
	} back;
	BOOL is_present = FALSE, is_default;
	ACCESS_ALLOWED_ACE *ace = NULL;
	struct descriptor d;
	unsigned kind;
	PACL dacl;
	DWORD n;
	HANDLE h;

	for (kind = 0; kind < N_KINDS; kind++) {
		descriptor_empty(&d);
		descriptor_allow(&d, sid_everyone, SYNCHRONIZE | READ_CONTROL);
		h = object_new((enum kind)kind, object_name(), &d);
		EXPECT_THAT(h != NULL);
		EXPECT_TRUE(API_SEC(GetKernelObjectSecurity)(h, DACL_SECURITY_INFORMATION,
							     &back, sizeof(back), &n));
		EXPECT_TRUE(API_SEC(GetSecurityDescriptorDacl)(&back, &is_present, &dacl,
							       &is_default));
		EXPECT_THAT(is_present && dacl);
		EXPECT_EQ(dacl->AceCount, 1);
		EXPECT_TRUE(API_SEC(GetAce)(dacl, 0, (void **)&ace));
		EXPECT_HEX(ace->Mask, SYNCHRONIZE | READ_CONTROL);
		EXPECT_MEM(&ace->SidStart, sid_everyone, sizeof(sid_everyone));
		CloseHandle(h);
	}
}

static void opened_is_what_the_descriptor_admits(void)
{
	struct descriptor d;
	unsigned i;
	HANDLE h;

	for (i = 0; i < N_KINDS; i++) {
		enum kind kind = (enum kind)i;
		const char *name = object_name();

		descriptor_empty(&d);
		descriptor_allow(&d, sid_everyone, SYNCHRONIZE);
		h = object_new(kind, name, &d);
		EXPECT_THAT(h != NULL);
		expect_opens(kind, name, SYNCHRONIZE);
		expect_refused(kind, name, modify_right[i]);
		expect_refused(kind, name, modify_right[i] | SYNCHRONIZE);
		CloseHandle(h);
	}
}

static void the_owner_may_always_change_the_dacl(void)
{
	struct descriptor d, wide;
	unsigned i;
	HANDLE h, other;

	for (i = 0; i < N_KINDS; i++) {
		enum kind kind = (enum kind)i;
		const char *name = object_name();

		descriptor_empty(&d);
		h = object_new(kind, name, &d);
		EXPECT_THAT(h != NULL);
		expect_refused(kind, name, SYNCHRONIZE);
		other = object_open(kind, name, READ_CONTROL | WRITE_DAC);
		EXPECT_THAT(other != NULL);
		descriptor_empty(&wide);
		descriptor_allow(&wide, sid_everyone, SYNCHRONIZE | modify_right[i]);
		EXPECT_TRUE(API_SEC(SetKernelObjectSecurity)(
			other, DACL_SECURITY_INFORMATION, &wide.sd));
		expect_opens(kind, name, SYNCHRONIZE | modify_right[i]);
		CloseHandle(other);
		CloseHandle(h);
	}
}

static void a_change_holds_for_the_next_open(void)
{
	struct descriptor d, none;
	unsigned i;
	HANDLE h, before;

	for (i = 0; i < N_KINDS; i++) {
		enum kind kind = (enum kind)i;
		const char *name = object_name();

		descriptor_empty(&d);
		descriptor_allow(&d, sid_everyone, SYNCHRONIZE);
		h = object_new(kind, name, &d);
		EXPECT_THAT(h != NULL);
		before = object_open(kind, name, SYNCHRONIZE);
		EXPECT_THAT(before != NULL);
		descriptor_empty(&none);
		EXPECT_TRUE(API_SEC(SetKernelObjectSecurity)(h, DACL_SECURITY_INFORMATION,
							     &none.sd));
		expect_refused(kind, name, SYNCHRONIZE);
		EXPECT_EQ(WaitForSingleObject(before, 0), WAIT_OBJECT_0);
		CloseHandle(before);
		CloseHandle(h);
	}
}

static void a_change_takes_write_dac(void)
{
	struct descriptor d;
	unsigned i;
	HANDLE h, weak;

	for (i = 0; i < N_KINDS; i++) {
		enum kind kind = (enum kind)i;
		const char *name = object_name();

		descriptor_null_dacl(&d);
		h = object_new(kind, name, &d);
		EXPECT_THAT(h != NULL);
		weak = object_open(kind, name, READ_CONTROL | SYNCHRONIZE);
		EXPECT_THAT(weak != NULL);
		EXPECT_FAILS(API_SEC(SetKernelObjectSecurity)(
				     weak, DACL_SECURITY_INFORMATION, &d.sd),
			     ERROR_ACCESS_DENIED);
		CloseHandle(weak);
		CloseHandle(h);
	}
}

const struct conf_case security_object_cases[] = {
	CASE("9.1", made_with_a_descriptor_has_it, "D", "9.1",
	     "an event, mutex, semaphore made with a descriptor: its DACL is read back"),
	CASE("9.2", opened_is_what_the_descriptor_admits, "D", "9.2",
	     "an event, mutex, semaphore is opened with what its DACL admits; beyond that: 5"),
	CASE("9.2", the_owner_may_always_change_the_dacl, "D", "9.2",
	     "an empty DACL: the owner opens with WRITE_DAC and lets others in"),
	CASE("9.1", a_change_holds_for_the_next_open, "D", "9.1",
	     "a changed DACL refuses the next open, and handles that exist go on"),
	CASE("9.2", a_change_takes_write_dac, "D", "9.2",
	     "SetKernelObjectSecurity of the DACL through a handle without WRITE_DAC: 5"),
	CASE_END
};
