/* SPDX-License-Identifier: MIT */
/*
 * Named events, mutexes, semaphores and waitable timers, between two processes.
 *
 * Not pipes, but what servers of pipes synchronise by; the rules are those of the calls'
 * documentation, and the section is the call. The helper has one object at a time and does
 * with it what it is told, line by line; nothing here depends on who comes first: a state is
 * either set before the wait, or the wait has a deadline that is far away.
 */
#include <stdlib.h>

#include "conformance/cases/overlapped/api.h"
#include "conformance/cases/roles.h"

#define NOT_NOW 0

/* ---- the helper ---- */

static HANDLE open_named(const char *kind, const char *name)
{
	if (strcmp(kind, "event") == 0)
		return API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name);
	if (strcmp(kind, "mutex") == 0)
		return API(OpenMutexA)(MUTEX_ALL_ACCESS, FALSE, name);
	if (strcmp(kind, "semaphore") == 0)
		return API(OpenSemaphoreA)(SEMAPHORE_ALL_ACCESS, FALSE, name);
	return API(OpenWaitableTimerA)(TIMER_ALL_ACCESS, FALSE, name);
}

static BOOL do_with(HANDLE h, const char *what)
{
	LARGE_INTEGER due;

	if (strcmp(what, "set") == 0)
		return API(SetEvent)(h);
	if (strcmp(what, "reset") == 0)
		return API(ResetEvent)(h);
	if (strcmp(what, "release") == 0)
		return API(ReleaseMutex)(h);
	if (strcmp(what, "post") == 0)
		return API(ReleaseSemaphore)(h, 1, NULL);
	if (strcmp(what, "close") == 0)
		return CloseHandle(h);
	due.QuadPart = -10000; /* "arm": a millisecond */
	return API(SetWaitableTimer)(h, &due, 0, NULL, NULL, FALSE);
}

/* Lines in: "open KIND NAME", "handle HEX", "own NAME" (a new mutex), "wait MS", or what
 * do_with() knows. A line out each: "ok", "exists", the wait's result, "error N". */
int role_object_user(int argc, char **argv)
{
	HANDLE h = NULL;
	char line[200], kind[16], name[160];
	BOOL ok;

	(void)argc;
	(void)argv;
	while (role_hear(line, sizeof(line))) {
		SetLastError(ERROR_SUCCESS);
		if (strncmp(line, "wait ", 5) == 0) {
			role_say("%lu", (unsigned long)WaitForSingleObject(
						h, (DWORD)strtoul(line + 5, NULL, 10)));
			continue;
		}
		if (sscanf(line, "open %15s %159s", kind, name) == 2) {
			h = open_named(kind, name);
			ok = h != NULL;
		} else if (strncmp(line, "handle ", 7) == 0) {
			h = (HANDLE)(uintptr_t)strtoull(line + 7, NULL, 16);
			ok = TRUE;
		} else if (sscanf(line, "own %159s", name) == 1) {
			h = API(CreateMutexA)(NULL, TRUE, name);
			ok = h != NULL;
		} else {
			ok = do_with(h, line);
		}
		if (!ok)
			role_say("error %lu", (unsigned long)GetLastError());
		else
			role_say(GetLastError() == ERROR_ALREADY_EXISTS ? "exists" : "ok");
	}
	return 0;
}

static struct helper *user(void)
{
	return helper_start(NULL, "role_object_user", NULL);
}

#define TELL(helper, wanted, ...)                                                         \
	do {                                                                              \
		char tell_[200];                                                          \
		snprintf(tell_, sizeof(tell_), __VA_ARGS__);                              \
		helper_tell(helper, tell_);                                               \
		EXPECT_HELPER_SAYS(helper, wanted);                                       \
	} while (0)

static struct helper *user_of(const char *kind, const char *name)
{
	struct helper *other = user();

	TELL(other, "ok", "open %s %s", kind, name);
	return other;
}

/* A name without a pipe's prefix. */
static const char *new_name(void)
{
	return case_name_tail(case_pipe_name());
}

/* These calls answer NULL, not INVALID_HANDLE_VALUE. */
#define EXPECT_MADE(var, call)                                                            \
	do {                                                                              \
		SetLastError(CONF_UNTOUCHED_ERROR);                                       \
		(var) = (call);                                                           \
		EXPECT_THAT((var) != NULL);                                               \
	} while (0)
#define EXPECT_NOT_MADE(call, error) EXPECT_FAILS((call) != NULL, error)

static DWORD wait_for(HANDLE h, DWORD ms)
{
	return WaitForSingleObject(h, ms);
}

/* ---- events ---- */

static HANDLE new_event(const char *name, BOOL is_manual, BOOL is_set)
{
	HANDLE h;

	EXPECT_MADE(h, API(CreateEventA)(NULL, is_manual, is_set, name));
	EXPECT_ERROR(GetLastError(), ERROR_SUCCESS);
	return h;
}

static void set_here_releases_one_wait_there(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE);
	struct helper *other = user_of("event", name);

	TELL(other, "258", "wait %d", NOT_NOW);
	EXPECT_TRUE(API(SetEvent)(h));
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	TELL(other, "258", "wait %d", NOT_NOW);
}

static void set_there_releases_a_wait_here(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE);
	struct helper *other = user_of("event", name);

	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	helper_tell(other, "set");
	EXPECT_EQ(wait_for(h, CONF_SOON_MS), WAIT_OBJECT_0);
	EXPECT_HELPER_SAYS(other, "ok");
	TELL(other, "258", "wait %d", NOT_NOW);
}

static void manual_reset_event_stays_set_for_all(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, TRUE, FALSE);
	struct helper *first = user_of("event", name), *second = user_of("event", name);
	char line[32];

	snprintf(line, sizeof(line), "wait %d", CONF_SOON_MS);
	helper_tell(first, line);
	helper_tell(second, line);
	EXPECT_TRUE(API(SetEvent)(h));
	EXPECT_HELPER_SAYS(first, "0");
	EXPECT_HELPER_SAYS(second, "0");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
	TELL(first, "ok", "reset");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	TELL(second, "258", "wait %d", NOT_NOW);
}

static void rights_of_an_open_are_kept_apart(void)
{
	const char *name = new_name();
	HANDLE sets, waits;

	new_event(name, FALSE, FALSE);
	EXPECT_MADE(waits, API(OpenEventA)(SYNCHRONIZE, FALSE, name));
	EXPECT_FAILS(API(SetEvent)(waits), ERROR_ACCESS_DENIED);
	EXPECT_MADE(sets, API(OpenEventA)(EVENT_MODIFY_STATE, FALSE, name));
	EXPECT_TRUE(API(SetEvent)(sets));
	SetLastError(CONF_UNTOUCHED_ERROR);
	EXPECT_EQ(wait_for(sets, NOT_NOW), WAIT_FAILED);
	EXPECT_ERROR(GetLastError(), ERROR_ACCESS_DENIED);
	EXPECT_EQ(wait_for(waits, NOT_NOW), WAIT_OBJECT_0);
}

/* ---- names ---- */

static void second_create_opens_and_says_183(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE), again;

	EXPECT_MADE(again, API(CreateEventA)(NULL, TRUE, TRUE, name));
	EXPECT_ERROR(GetLastError(), ERROR_ALREADY_EXISTS);
	EXPECT_EQ(wait_for(again, NOT_NOW), WAIT_TIMEOUT); /* not set by that */
	EXPECT_TRUE(API(SetEvent)(h));
	EXPECT_EQ(wait_for(again, NOT_NOW), WAIT_OBJECT_0);
	EXPECT_EQ(wait_for(again, NOT_NOW), WAIT_TIMEOUT); /* nor made a manual one */
}

static void missing_name_is_2(void)
{
	const char *name = new_name();

	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name), ERROR_FILE_NOT_FOUND);
	EXPECT_NOT_MADE(API(OpenMutexA)(MUTEX_ALL_ACCESS, FALSE, name), ERROR_FILE_NOT_FOUND);
	EXPECT_NOT_MADE(API(OpenSemaphoreA)(SEMAPHORE_ALL_ACCESS, FALSE, name),
			ERROR_FILE_NOT_FOUND);
	EXPECT_NOT_MADE(API(OpenWaitableTimerA)(TIMER_ALL_ACCESS, FALSE, name),
			ERROR_FILE_NOT_FOUND);
}

static void open_without_a_name_is_87(void)
{
	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, NULL),
			ERROR_INVALID_PARAMETER);
	EXPECT_NOT_MADE(API(OpenMutexA)(MUTEX_ALL_ACCESS, FALSE, NULL),
			ERROR_INVALID_PARAMETER);
	EXPECT_NOT_MADE(API(OpenSemaphoreA)(SEMAPHORE_ALL_ACCESS, FALSE, NULL),
			ERROR_INVALID_PARAMETER);
}

static void name_of_another_kind_is_6(void)
{
	const char *name = new_name();
	HANDLE h;

	EXPECT_MADE(h, API(CreateMutexA)(NULL, FALSE, name));
	EXPECT_NOT_MADE(API(CreateEventA)(NULL, FALSE, FALSE, name), ERROR_INVALID_HANDLE);
	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name), ERROR_INVALID_HANDLE);
	EXPECT_NOT_MADE(API(CreateSemaphoreA)(NULL, 0, 1, name), ERROR_INVALID_HANDLE);
	EXPECT_NOT_MADE(API(OpenSemaphoreA)(SEMAPHORE_ALL_ACCESS, FALSE, name),
			ERROR_INVALID_HANDLE);
	EXPECT_NOT_MADE(API(CreateWaitableTimerA)(NULL, FALSE, name), ERROR_INVALID_HANDLE);
	EXPECT_NOT_MADE(API(OpenWaitableTimerA)(TIMER_ALL_ACCESS, FALSE, name),
			ERROR_INVALID_HANDLE);
}

static void names_differ_by_case(void)
{
	const char *tail = new_name();
	HANDLE small = new_event(case_join("case-a-", tail), FALSE, FALSE), large;

	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, case_join("case-A-", tail)),
			ERROR_FILE_NOT_FOUND);
	large = new_event(case_join("case-A-", tail), FALSE, FALSE);
	EXPECT_TRUE(API(SetEvent)(large));
	EXPECT_EQ(wait_for(small, NOT_NOW), WAIT_TIMEOUT);
}

static void local_prefix_is_the_same_name(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE);
	struct helper *other = user_of("event", case_join("Local\\", name));

	TELL(other, "ok", "set");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
}

static void global_prefix_is_found_by_others(void)
{
	const char *name = case_join("Global\\", new_name());
	HANDLE h = new_event(name, FALSE, FALSE);
	struct helper *other = user_of("event", name);

	TELL(other, "ok", "set");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
}

static void backslash_in_a_name_is_3(void)
{
	const char *name = case_join(new_name(), "\\x");

	EXPECT_NOT_MADE(API(CreateEventA)(NULL, FALSE, FALSE, name), ERROR_PATH_NOT_FOUND);
	EXPECT_NOT_MADE(API(CreateMutexA)(NULL, FALSE, name), ERROR_PATH_NOT_FOUND);
	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name), ERROR_PATH_NOT_FOUND);
}

static void name_goes_with_the_last_handle(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE), opened;
	struct helper *other = user_of("event", name);

	EXPECT_TRUE(CloseHandle(h));
	EXPECT_MADE(opened, API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name));
	EXPECT_TRUE(CloseHandle(opened));
	TELL(other, "ok", "close");
	EXPECT_NOT_MADE(API(OpenEventA)(EVENT_ALL_ACCESS, FALSE, name), ERROR_FILE_NOT_FOUND);
}

static void wide_and_narrow_names_are_one(void)
{
	const char *name = new_name();
	HANDLE h = new_event(name, FALSE, FALSE), wide;

	EXPECT_MADE(wide, API(OpenEventW)(EVENT_ALL_ACCESS, FALSE, case_wide(name)));
	EXPECT_TRUE(API(SetEvent)(wide));
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
}

static void object_without_a_name_works_where_it_is_duplicated_to(void)
{
	struct helper *other = user();
	HANDLE h = new_event(NULL, FALSE, FALSE);

	TELL(other, "ok", "handle %llx",
	     (unsigned long long)(uintptr_t)late_duplicate_into(helper_pid(other), h));
	TELL(other, "ok", "set");
	EXPECT_EQ(wait_for(h, CONF_SOON_MS), WAIT_OBJECT_0);
	EXPECT_TRUE(API(SetEvent)(h));
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
}

/* ---- mutexes ---- */

static HANDLE new_mutex(const char *name, BOOL is_mine)
{
	HANDLE h;

	EXPECT_MADE(h, API(CreateMutexA)(NULL, is_mine, name));
	EXPECT_ERROR(GetLastError(), ERROR_SUCCESS);
	return h;
}

static void mutex_has_one_owner_of_all(void)
{
	const char *name = new_name();
	HANDLE h = new_mutex(name, TRUE);
	struct helper *other = user_of("mutex", name);

	TELL(other, "258", "wait %d", NOT_NOW);
	TELL(other, "error 288", "release");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0); /* once more */
	EXPECT_TRUE(API(ReleaseMutex)(h));
	TELL(other, "258", "wait %d", NOT_NOW);
	EXPECT_TRUE(API(ReleaseMutex)(h));
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	EXPECT_FAILS(API(ReleaseMutex)(h), ERROR_NOT_OWNER);
	TELL(other, "ok", "release");
	EXPECT_EQ(wait_for(h, CONF_SOON_MS), WAIT_OBJECT_0);
}

static void owner_of_an_existing_mutex_stays(void)
{
	const char *name = new_name();
	HANDLE h = new_mutex(name, FALSE);
	struct helper *other = user();

	TELL(other, "exists", "own %s", name);
	TELL(other, "error 288", "release");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
}

/* What a wait says after the owner is gone, and that it owns. */
static void expect_abandoned(HANDLE h)
{
	EXPECT_HEX(wait_for(h, CONF_SOON_MS), WAIT_ABANDONED);
	EXPECT_TRUE(API(ReleaseMutex)(h));
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
	EXPECT_TRUE(API(ReleaseMutex)(h));
	EXPECT_FAILS(API(ReleaseMutex)(h), ERROR_NOT_OWNER);
}

static void killed_owner_abandons(void)
{
	const char *name = new_name();
	HANDLE h = new_mutex(name, FALSE);
	struct helper *other = user_of("mutex", name);

	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	helper_kill(other);
	expect_abandoned(h);
}

static void owner_that_exits_abandons(void)
{
	const char *name = new_name();
	HANDLE h = new_mutex(name, FALSE);
	struct helper *other = user_of("mutex", name);

	TELL(other, "0", "wait %d", CONF_SOON_MS);
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(helper_finish(other), 0);
	expect_abandoned(h);
}

static void mutex_outlives_the_process_that_made_it(void)
{
	const char *name = new_name();
	struct helper *other = user();
	HANDLE h;

	TELL(other, "ok", "own %s", name);
	EXPECT_MADE(h, API(OpenMutexA)(MUTEX_ALL_ACCESS, FALSE, name));
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	helper_kill(other);
	expect_abandoned(h);
}

/* ---- semaphores ---- */

static void semaphore_counts_for_all(void)
{
	const char *name = new_name();
	struct helper *other;
	LONG before = -1;
	HANDLE h;

	EXPECT_MADE(h, API(CreateSemaphoreA)(NULL, 1, 2, name));
	other = user_of("semaphore", name);
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	TELL(other, "ok", "post");
	EXPECT_TRUE(API(ReleaseSemaphore)(h, 1, &before));
	EXPECT_EQ(before, 1);
	TELL(other, "error 298", "post");
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_OBJECT_0);
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
}

static void too_many_posts_change_nothing(void)
{
	HANDLE h;

	EXPECT_MADE(h, API(CreateSemaphoreA)(NULL, 0, 2, new_name()));
	EXPECT_FAILS(API(ReleaseSemaphore)(h, 3, NULL), ERROR_TOO_MANY_POSTS);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	EXPECT_TRUE(API(ReleaseSemaphore)(h, 2, NULL));
	EXPECT_FAILS(API(ReleaseSemaphore)(h, 1, NULL), ERROR_TOO_MANY_POSTS);
}

static void senseless_counts_are_87(void)
{
	const char *name = new_name();

	EXPECT_NOT_MADE(API(CreateSemaphoreA)(NULL, -1, 1, name), ERROR_INVALID_PARAMETER);
	EXPECT_NOT_MADE(API(CreateSemaphoreA)(NULL, 0, 0, name), ERROR_INVALID_PARAMETER);
	EXPECT_NOT_MADE(API(CreateSemaphoreA)(NULL, 3, 2, name), ERROR_INVALID_PARAMETER);
	EXPECT_NOT_MADE(API(OpenSemaphoreA)(SEMAPHORE_ALL_ACCESS, FALSE, name),
			ERROR_FILE_NOT_FOUND);
}

/* ---- timers ---- */

static void timer_armed_there_releases_a_wait_here(void)
{
	const char *name = new_name();
	struct helper *other;
	HANDLE h;

	EXPECT_MADE(h, API(CreateWaitableTimerA)(NULL, FALSE, name));
	other = user_of("timer", name);
	EXPECT_EQ(wait_for(h, NOT_NOW), WAIT_TIMEOUT);
	TELL(other, "ok", "arm");
	EXPECT_EQ(wait_for(h, CONF_SOON_MS), WAIT_OBJECT_0);
	TELL(other, "258", "wait %d", NOT_NOW);
}

static void cancelled_timer_stays_as_it_is(void)
{
	const char *name = new_name();
	LARGE_INTEGER hour = {.QuadPart = -36000000000LL}, past = {.QuadPart = -1};
	struct helper *other;
	HANDLE h;

	EXPECT_MADE(h, API(CreateWaitableTimerA)(NULL, TRUE, name));
	other = user_of("timer", name);
	EXPECT_TRUE(API(SetWaitableTimer)(h, &past, 0, NULL, NULL, FALSE));
	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_TRUE(API(CancelWaitableTimer)(h));
	TELL(other, "0", "wait %d", NOT_NOW);
	EXPECT_TRUE(API(SetWaitableTimer)(h, &hour, 0, NULL, NULL, FALSE));
	TELL(other, "258", "wait %d", NOT_NOW);
}

/* ---- several at once ---- */

static void wait_for_all_takes_when_all_are_there(void)
{
	const char *event_name = new_name(), *semaphore_name = new_name();
	HANDLE all[2] = {new_event(event_name, FALSE, FALSE), NULL};
	struct helper *event, *semaphore;

	EXPECT_MADE(all[1], API(CreateSemaphoreA)(NULL, 0, 1, semaphore_name));
	event = user_of("event", event_name);
	semaphore = user_of("semaphore", semaphore_name);
	TELL(event, "ok", "set");
	EXPECT_EQ(WaitForMultipleObjects(2, all, TRUE, NOT_NOW), WAIT_TIMEOUT);
	/* the one that was there has not been taken */
	TELL(event, "0", "wait %d", NOT_NOW);
	TELL(event, "ok", "set");
	helper_tell(semaphore, "post");
	EXPECT_EQ(WaitForMultipleObjects(2, all, TRUE, CONF_SOON_MS), WAIT_OBJECT_0);
	EXPECT_HELPER_SAYS(semaphore, "ok");
	TELL(event, "258", "wait %d", NOT_NOW);
	TELL(semaphore, "258", "wait %d", NOT_NOW);
}

static void wait_for_any_tells_of_an_abandoned_one(void)
{
	const char *name = new_name();
	HANDLE any[2] = {new_event(new_name(), FALSE, FALSE), new_mutex(name, FALSE)};
	struct helper *other = user_of("mutex", name);

	TELL(other, "0", "wait %d", CONF_SOON_MS);
	EXPECT_EQ(WaitForMultipleObjects(2, any, FALSE, NOT_NOW), WAIT_TIMEOUT);
	helper_kill(other);
	EXPECT_HEX(WaitForMultipleObjects(2, any, FALSE, CONF_SOON_MS), WAIT_ABANDONED_0 + 1);
	EXPECT_TRUE(API(ReleaseMutex)(any[1]));
}

const struct conf_case objects_named_cases[] = {
	CASE("event", set_here_releases_one_wait_there, "D", "SetEvent",
	     "an auto-reset event set here releases one wait of another process"),
	CASE("event", set_there_releases_a_wait_here, "D", "SetEvent",
	     "and the other way round"),
	CASE("event", manual_reset_event_stays_set_for_all, "D", "SetEvent",
	     "a manual-reset event releases all, until it is reset by any of them"),
	CASE("event", rights_of_an_open_are_kept_apart, "D", "OpenEvent",
	     "SetEvent without EVENT_MODIFY_STATE and a wait without SYNCHRONIZE fail with 5"),
	CASE("name", second_create_opens_and_says_183, "D", "CreateEvent",
	     "creating a name that exists opens it: 183, its parameters are ignored"),
	CASE("name", missing_name_is_2, "D", "OpenEvent", "opening a missing name fails with 2"),
	CASE("name", open_without_a_name_is_87, "W", "OpenEvent",
	     "opening without a name fails with 87"),
	CASE("name", name_of_another_kind_is_6, "D", "CreateMutex",
	     "a name of another kind of object fails with 6"),
	CASE("name", names_differ_by_case, "D", "CreateEvent", "names differ by case"),
	CASE("name", local_prefix_is_the_same_name, "D", "CreateEvent",
	     "Local\\ and no prefix name the same object"),
	CASE("name", global_prefix_is_found_by_others, "D", "CreateEvent",
	     "another process finds a name with Global\\"),
	CASE("name", backslash_in_a_name_is_3, "D", "CreateEvent",
	     "a backslash in a name fails with 3"),
	CASE("name", name_goes_with_the_last_handle, "D", "CreateEvent",
	     "an object lives as long as any process has a handle"),
	CASE("name", wide_and_narrow_names_are_one, "D", "OpenEvent",
	     "a name is the same through both forms of a call"),
	CASE("name", object_without_a_name_works_where_it_is_duplicated_to, "D",
	     "DuplicateHandle", "a duplicate in another process is the same event"),
	CASE("mutex", mutex_has_one_owner_of_all, "D", "CreateMutex",
	     "a mutex has one owner of all processes, who may own it several times"),
	CASE("mutex", owner_of_an_existing_mutex_stays, "D", "CreateMutex",
	     "asking for ownership of a mutex that exists does not give it"),
	CASE("mutex", killed_owner_abandons, "D", "WaitForSingleObject",
	     "the mutex of a killed process: WAIT_ABANDONED, and it is owned"),
	CASE("mutex", owner_that_exits_abandons, "D", "WaitForSingleObject",
	     "so is that of one that exits, however often it owned it"),
	CASE("mutex", mutex_outlives_the_process_that_made_it, "D", "CreateMutex",
	     "a mutex stays when its maker is killed, abandoned"),
	CASE("semaphore", semaphore_counts_for_all, "D", "ReleaseSemaphore",
	     "one count for all processes; over the maximum 298"),
	CASE("semaphore", too_many_posts_change_nothing, "D", "ReleaseSemaphore",
	     "a release over the maximum changes nothing"),
	CASE("semaphore", senseless_counts_are_87, "D", "CreateSemaphore",
	     "negative, zero or too high counts fail with 87"),
	CASE("timer", timer_armed_there_releases_a_wait_here, "D", "SetWaitableTimer",
	     "a timer that another process has set releases a wait here, once"),
	CASE("timer", cancelled_timer_stays_as_it_is, "D", "CancelWaitableTimer",
	     "cancelling leaves a timer signaled, setting it does not"),
	CASE("wait", wait_for_all_takes_when_all_are_there, "D", "WaitForMultipleObjects",
	     "a wait for all takes nothing before all are there"),
	CASE("wait", wait_for_any_tells_of_an_abandoned_one, "D", "WaitForMultipleObjects",
	     "a wait for any: WAIT_ABANDONED_0 and the index of the mutex"),
	CASE_END
};
