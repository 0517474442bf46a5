/* SPDX-License-Identifier: MIT */
/*
 * Handles, names and types of objects, events, ports, strings, and attributes that lead
 * nowhere (npfs-semantics 0.3, 1.2, 1.6, 7.9).
 */
#include "conformance/cases/native/calls.h"

struct text {
	UNICODE_STRING us;
	uint16_t units[256];
	uint16_t more[64];
};

static HANDLE opened(const char *name)
{
	HANDLE h;

	EXPECT_STATUS(native_open(NULL, name, GENERIC_READ | SYNCHRONIZE,
				  NATIVE_SYNC_NONALERT, &h),
		      NT_SUCCESS_CODE);
	return h;
}

static void expect_object_name(HANDLE h, const char *wanted)
{
	struct text text;

	memset(&text, 0, sizeof(text));
	EXPECT_STATUS(native_need()->query_object(h, 1, &text, sizeof(text), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(text.us.Length, strlen(wanted) * 2);
	EXPECT_MEM(text.us.Buffer, case_wide(wanted), strlen(wanted) * 2);
}

static void device_has_its_object_name(void)
{
	expect_object_name(opened("\\Device\\NamedPipe"), "\\Device\\NamedPipe");
}

static void root_has_its_object_name(void)
{
	expect_object_name(opened("\\Device\\NamedPipe\\"), "\\Device\\NamedPipe\\");
}

static void name_query_tells_how_much_it_needs(void)
{
	const struct native *nt = native_need();
	HANDLE h = opened("\\Device\\NamedPipe");
	struct text text;
	ULONG needed = 0;

	EXPECT_STATUS(nt->query_object(h, 1, &text, 4, &needed), NT_INFO_LENGTH_MISMATCH);
	EXPECT_STATUS(nt->query_object(h, 1, &text, needed, &needed), NT_SUCCESS_CODE);
}

static void type_of_an_end_is_file(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct text text;

	memset(&text, 0, sizeof(text));
	EXPECT_STATUS(native_need()->query_object(p.s, 2, &text, sizeof(text), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(text.us.Length, 8);
	EXPECT_MEM(text.us.Buffer, case_wide("File"), 8);
}

static void closed_handle_is_invalid(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	iosb_t iosb;
	char buf[8];

	EXPECT_STATUS(NT(NtClose)(p.s), NT_SUCCESS_CODE);
	EXPECT_STATUS(native_need()->query_file(p.s, &iosb, buf, 8, NATIVE_CLASS_PIPE),
		      NT_INVALID_HANDLE);
}

static void duplicate_is_the_same_file(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	struct native_pipe_info modes = {0, 0};
	iosb_t iosb;
	HANDLE copy = NULL;

	EXPECT_STATUS(NT(NtDuplicateObject)(GetCurrentProcess(), p.s, GetCurrentProcess(),
					    &copy, 0, 0, DUPLICATE_SAME_ACCESS),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(native_need()->set_file(copy, &iosb, &modes, sizeof(modes),
					      NATIVE_CLASS_PIPE),
		      NT_SUCCESS_CODE);
	modes.read_mode = 7;
	EXPECT_STATUS(native_need()->query_file(p.s, &iosb, &modes, sizeof(modes),
						NATIVE_CLASS_PIPE),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(modes.read_mode, 0);
	EXPECT_HEX(native_granted_access(copy), native_granted_access(p.s));
}

static void security_query_tells_how_much_it_needs(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	ULONG needed = 0;
	char buf[1024];

	EXPECT_STATUS(NT(NtQuerySecurityObject)(p.s, OWNER_SECURITY_INFORMATION, NULL, 0,
						&needed),
		      NT_BUFFER_TOO_SMALL);
	EXPECT_THAT(needed > 20 && needed <= sizeof(buf));
	EXPECT_STATUS(NT(NtQuerySecurityObject)(p.s, OWNER_SECURITY_INFORMATION, buf, needed,
						&needed),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtSetSecurityObject)(p.s, DACL_SECURITY_INFORMATION, buf),
		      NT_ACCESS_DENIED);
}

static void attributes_init(OBJECT_ATTRIBUTES *oa, UNICODE_STRING *us, const char *name)
{
	NT(RtlInitUnicodeString)(us, case_wide(name));
	memset(oa, 0, sizeof(*oa));
	oa->Length = sizeof(*oa);
	oa->ObjectName = us;
	oa->Attributes = NATIVE_CASE_INSENSITIVE;
}

static void pipe_path_is_no_directory_object(void)
{
	OBJECT_ATTRIBUTES oa;
	UNICODE_STRING us;
	HANDLE h;

	attributes_init(&oa, &us, "\\Device\\NamedPipe\\conf-directory");
	EXPECT_STATUS(NT(NtCreateDirectoryObject)(&h, GENERIC_READ, &oa),
		      NT_OBJECT_TYPE_MISMATCH);
}

static uint32_t open_with(OBJECT_ATTRIBUTES *oa)
{
	HANDLE h = INVALID_HANDLE_VALUE;
	iosb_t iosb;
	uint32_t status = (uint32_t)native_need()->create_file(
		&h, GENERIC_READ | SYNCHRONIZE, oa, &iosb, NULL, 0, 3, NATIVE_OPEN,
		NATIVE_SYNC_NONALERT, NULL, 0);

	EXPECT_THAT(h == NULL);
	return status;
}

static void attributes_are_checked(void)
{
	OBJECT_ATTRIBUTES oa;
	UNICODE_STRING us;

	EXPECT_STATUS(open_with(NULL), NT_INVALID_PARAMETER);
	attributes_init(&oa, &us, "\\Device\\NamedPipe\\x");
	oa.Length--;
	EXPECT_STATUS(open_with(&oa), NT_INVALID_PARAMETER);
	attributes_init(&oa, &us, "");
	EXPECT_STATUS(open_with(&oa), NT_OBJECT_PATH_SYNTAX_BAD);
	oa.ObjectName = NULL;
	EXPECT_STATUS(open_with(&oa), NT_OBJECT_PATH_SYNTAX_BAD);
	attributes_init(&oa, &us, "x");
	oa.RootDirectory = (HANDLE)(uintptr_t)0xdead0;
	EXPECT_STATUS(open_with(&oa), NT_INVALID_HANDLE);
}

static void device_path_obeys_the_case_flag(void)
{
	const char *tail = case_name_tail(case_pipe_name());
	OBJECT_ATTRIBUTES oa;
	UNICODE_STRING us;

	attributes_init(&oa, &us, case_join("\\DEVICE\\NAMEDPIPE\\", tail));
	EXPECT_STATUS(open_with(&oa), NT_OBJECT_NAME_NOT_FOUND);
	CloseHandle(opened("\\DEVICE\\namedpipe"));
}

/* ---- events and ports ---- */

static void event_tells_its_state_before(void)
{
	LONG before = 7, state[2] = {7, 7};
	HANDLE h = NULL;

	EXPECT_STATUS(NT(NtCreateEvent)(&h, EVENT_ALL_ACCESS, NULL, 0, FALSE),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtSetEvent)(h, &before), NT_SUCCESS_CODE);
	EXPECT_EQ(before, 0);
	EXPECT_STATUS(NT(NtSetEvent)(h, &before), NT_SUCCESS_CODE);
	EXPECT_EQ(before, 1);
	EXPECT_STATUS(NT(NtQueryEvent)(h, 0, state, sizeof(state), NULL), NT_SUCCESS_CODE);
	EXPECT_EQ(state[0], 0);
	EXPECT_EQ(state[1], 1);
	EXPECT_STATUS(NT(NtResetEvent)(h, &before), NT_SUCCESS_CODE);
	EXPECT_EQ(before, 1);
	EXPECT_NOT_SIGNALED(h);
}

static void event_type_1_is_taken_by_one_wait(void)
{
	LARGE_INTEGER now;
	HANDLE h = NULL;

	now.QuadPart = 0;
	EXPECT_STATUS(NT(NtCreateEvent)(&h, EVENT_ALL_ACCESS, NULL, 1, TRUE),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtWaitForSingleObject)(h, FALSE, &now), NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtWaitForSingleObject)(h, FALSE, &now), NT_TIMEOUT);
	now = relative_ms(1);
	EXPECT_STATUS(NT(NtWaitForSingleObject)(h, FALSE, &now), NT_TIMEOUT);
}

static void port_passes_on_what_was_set(void)
{
	LARGE_INTEGER now;
	ULONG_PTR key = 0, context = 0;
	iosb_t iosb = IOSB_UNTOUCHED;
	HANDLE h = NULL;

	now.QuadPart = 0;
	EXPECT_STATUS(NT(NtCreateIoCompletion)(&h, IO_COMPLETION_ALL_ACCESS, NULL, 0),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtRemoveIoCompletion)(h, &key, &context, &iosb, &now), NT_TIMEOUT);
	EXPECT_STATUS(NT(NtSetIoCompletion)(h, 1, 2, (LONG)NT_CANCELLED,
					    (SIZE_T)0x123456789),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(NT(NtRemoveIoCompletion)(h, &key, &context, &iosb, &now),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(key, 1);
	EXPECT_EQ(context, 2);
	EXPECT_STATUS(iosb.Status, NT_CANCELLED);
	EXPECT_HEX(iosb.Information, 0x123456789);
}

/* ---- strings and codes ---- */

static void statuses_have_their_errors(void)
{
	static const struct {
		uint32_t status;
		ULONG error;
	} rows[] = {
		{0x00000000, 0},   {0x00000103, 997},  {0x80000005, 234},
		{0x80000006, 18},  {0xC0000002, 1},    {0xC0000003, 87},
		{0xC0000004, 24},  {0xC0000005, 998},  {0xC0000008, 6},
		{0xC000000D, 87},  {0xC000000F, 2},    {0xC0000010, 1},
		{0xC0000017, 8},   {0xC0000022, 5},    {0xC0000023, 122},
		{0xC0000024, 6},   {0xC0000033, 123},  {0xC0000034, 2},
		{0xC0000035, 183}, {0xC0000039, 161},  {0xC000003A, 3},
		{0xC000003B, 161}, {0xC0000044, 1816}, {0xC0000061, 1314},
		{0xC000009A, 1450}, {0xC00000A5, 1346}, {0xC00000AB, 231},
		{0xC00000AC, 231}, {0xC00000AD, 230},  {0xC00000AE, 231},
		{0xC00000AF, 1},   {0xC00000B0, 233},  {0xC00000B1, 232},
		{0xC00000B2, 535}, {0xC00000B3, 536},  {0xC00000B4, 230},
		{0xC00000B5, 121}, {0xC00000BB, 50},   {0xC00000BE, 53},
		{0xC00000D9, 232}, {0xC00000E8, 1784}, {0xC000010D, 1368},
		{0xC0000120, 995}, {0xC000014B, 109},  {0xC0000225, 1168},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		conf_note("%s", conf_status_text(rows[i].status));
		EXPECT_ERROR(NT(RtlNtStatusToDosError)((LONG)rows[i].status), rows[i].error);
	}
}

static void strings_are_counted_in_bytes(void)
{
	UNICODE_STRING a, b;

	NT(RtlInitUnicodeString)(&a, case_wide("\\Pipe"));
	EXPECT_EQ(a.Length, 10);
	EXPECT_EQ(a.MaximumLength, 12);
	NT(RtlInitUnicodeString)(&b, case_wide("\\pIPE"));
	EXPECT_THAT(NT(RtlEqualUnicodeString)(&a, &b, TRUE));
	EXPECT_THAT(!NT(RtlEqualUnicodeString)(&a, &b, FALSE));
	NT(RtlInitUnicodeString)(&a, NULL);
	EXPECT_EQ(a.Length, 0);
	EXPECT_EQ(a.MaximumLength, 0);
	EXPECT_THAT(a.Buffer == NULL);
}

const struct conf_case native_objects_cases[] = {
	CASE("44", device_has_its_object_name, "T", "1.6",
	     "the device's object name is its path"),
	CASE("44", root_has_its_object_name, "T", "1.6",
	     "the root's object name ends with its separator"),
	CASE("1.6", name_query_tells_how_much_it_needs, "I", "1.6",
	     "a name query with too little room tells how much it takes"),
	CASE("1.6", type_of_an_end_is_file, "T", "1.6", "the type of a pipe end is File"),
	CASE("8.5", closed_handle_is_invalid, "T", "8.5",
	     "a query on a closed handle is INVALID_HANDLE"),
	CASE("7.9", duplicate_is_the_same_file, "T", "7.9",
	     "a duplicate shares the modes and has the same access"),
	CASE("9.1", security_query_tells_how_much_it_needs, "D", "9.1",
	     "a descriptor query with too little room is BUFFER_TOO_SMALL; setting needs "
	     "WRITE_DAC"),
	CASE("1.6", pipe_path_is_no_directory_object, "T", "1.6",
	     "a directory object on a pipe path is OBJECT_TYPE_MISMATCH"),
	CASE("77", attributes_are_checked, "T", "1.2",
	     "no attributes, a wrong length, no name, a bad root: each has its status"),
	CASE("1.2", device_path_obeys_the_case_flag, "T", "1.2",
	     "with OBJ_CASE_INSENSITIVE the path to the device is found in any case"),
	CASE("8", event_tells_its_state_before, "D", "8",
	     "setting and resetting an event answer with its state before"),
	CASE("8", event_type_1_is_taken_by_one_wait, "D", "8",
	     "an event of type 1 is taken by the wait it satisfies"),
	CASE("5.5", port_passes_on_what_was_set, "D", "5.5",
	     "a packet has key, context, status and the whole of Information"),
	CASE("0.3", statuses_have_their_errors, "T", "0.3",
	     "every status of the table has its Win32 error"),
	CASE("8", strings_are_counted_in_bytes, "D", "8",
	     "counted strings have lengths in bytes, and compare with or without case"),
	CASE_END};
