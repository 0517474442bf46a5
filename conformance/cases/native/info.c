/* SPDX-License-Identifier: MIT */
/*
 * Information classes of files and of the volume (npfs-semantics 8.5).
 */
#include "conformance/cases/native/calls.h"

struct basic_info {
	int64_t times[4];
	uint32_t attributes, pad;
};

struct standard_info {
	int64_t allocation, end_of_file;
	uint32_t n_links;
	uint8_t delete_pending, directory, pad[2];
};

static uint32_t query(HANDLE h, int file_class, void *buf, ULONG len, ULONG_PTR *donep)
{
	iosb_t iosb = IOSB_UNTOUCHED;
	uint32_t status =
		(uint32_t)native_need()->query_file(h, &iosb, buf, len, file_class);

	if (donep)
		*donep = iosb.Information;
	return status;
}

static uint32_t set(HANDLE h, int file_class, const void *buf, ULONG len)
{
	iosb_t iosb;

	return (uint32_t)native_need()->set_file(h, &iosb, (void *)(uintptr_t)buf, len,
						 file_class);
}

static void basic_is_normal_without_times(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct basic_info info;
	ULONG_PTR done;

	memset(&info, 0xCC, sizeof(info));
	EXPECT_STATUS(query(p.c, CLASS_BASIC, &info, sizeof(info), &done), NT_SUCCESS_CODE);
	EXPECT_HEX(info.attributes, FILE_ATTRIBUTE_NORMAL);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(info.times[i], 0);
	EXPECT_EQ(done, 40);
	EXPECT_STATUS(set(p.c, CLASS_BASIC, &info, sizeof(info)), NT_SUCCESS_CODE);
}

static void standard_counts_quotas_and_unread_bytes(void)
{
	struct pair p = pair_new(PAIR_B, 200, 100);
	struct standard_info info;

	WRITE_ALL(p.s, "0123456789", 10);
	EXPECT_STATUS(query(p.c, CLASS_STANDARD, &info, sizeof(info), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(info.allocation, 300);
	EXPECT_EQ(info.end_of_file, 10);
	EXPECT_EQ(info.n_links, 1);
	EXPECT_EQ(info.delete_pending, 1);
	EXPECT_EQ(info.directory, 0);
	EXPECT_STATUS(query(p.s, CLASS_STANDARD, &info, sizeof(info), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(info.end_of_file, 0);
}

static void position_is_what_is_unread(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	int64_t position = -1;

	WRITE_ALL(p.s, "abc", 3);
	EXPECT_STATUS(query(p.c, CLASS_POSITION, &position, sizeof(position), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(position, 3);
}

static void access_and_mode_come_from_the_handle(void)
{
	const char *name = case_pipe_name();
	uint32_t access = 0, mode = 0;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ, 0));
	EXPECT_STATUS(query(c, CLASS_ACCESS, &access, sizeof(access), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_HEX(access, 0x00120089);
	EXPECT_STATUS(query(c, CLASS_MODE, &mode, sizeof(mode), NULL), NT_SUCCESS_CODE);
	EXPECT_HEX(mode & 0x30, NATIVE_SYNC_NONALERT);
	EXPECT_STATUS(query(s, CLASS_MODE, &mode, sizeof(mode), NULL), NT_SUCCESS_CODE);
	EXPECT_HEX(mode & 0x30, 0);
}

static void attributes_of_extension_are_empty(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	uint32_t size = 7;

	EXPECT_STATUS(query(p.s, CLASS_EA, &size, sizeof(size), NULL), NT_SUCCESS_CODE);
	EXPECT_EQ(size, 0);
}

static void all_is_everything_at_once(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	unsigned char buf[1024];
	uint32_t name_len, attributes;
	size_t wanted = (strlen(case_name_tail(p.name)) + 1) * 2;
	ULONG_PTR done;

	EXPECT_STATUS(query(p.s, CLASS_ALL, buf, sizeof(buf), &done), NT_SUCCESS_CODE);
	memcpy(&attributes, buf + 32, 4);
	EXPECT_HEX(attributes, FILE_ATTRIBUTE_NORMAL);
	memcpy(&name_len, buf + 96, 4);
	EXPECT_EQ(name_len, wanted);
	EXPECT_MEM(buf + 102, case_wide(case_name_tail(p.name)), wanted - 2);
	EXPECT_EQ(done, 100 + wanted);
}

static void remote_information_is_invalid(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char buf[16] = {0};

	EXPECT_STATUS(query(p.c, CLASS_PIPE_REMOTE, buf, sizeof(buf), NULL),
		      NT_INVALID_PARAMETER);
}

static void end_of_file_cannot_be_set(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	int64_t end = 0;

	EXPECT_STATUS(set(p.c, CLASS_END_OF_FILE, &end, sizeof(end)), NT_INVALID_PARAMETER);
}

static void short_buffers_are_a_mismatch(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char buf[64] = {0};

	EXPECT_STATUS(query(p.c, CLASS_BASIC, buf, 39, NULL), NT_INFO_LENGTH_MISMATCH);
	EXPECT_STATUS(query(p.c, NATIVE_CLASS_PIPE, buf, 7, NULL), NT_INFO_LENGTH_MISMATCH);
	EXPECT_STATUS(query(p.c, NATIVE_CLASS_PIPE_LOCAL, buf, 39, NULL),
		      NT_INFO_LENGTH_MISMATCH);
	EXPECT_STATUS(set(p.c, NATIVE_CLASS_PIPE, buf, 7), NT_INFO_LENGTH_MISMATCH);
}

static void detached_client_cannot_be_asked(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct native_local_info local;
	struct native_name_info name;
	char buf[16];

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_STATUS(native_local_info(p.c, &local), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(query(p.c, NATIVE_CLASS_PIPE, buf, 8, NULL), NT_PIPE_DISCONNECTED);
	EXPECT_STATUS(query(p.c, NATIVE_CLASS_NAME, &name, sizeof(name), NULL),
		      NT_PIPE_DISCONNECTED);
}

static void notification_flags_are_only_added(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	struct pair sync = pair_new(PAIR_B, 64, 64);
	uint32_t flags = 1;

	EXPECT_STATUS(set(p.s, CLASS_NOTIFICATION, &flags, sizeof(flags)), NT_SUCCESS_CODE);
	flags = 0;
	EXPECT_STATUS(set(p.s, CLASS_NOTIFICATION, &flags, sizeof(flags)), NT_SUCCESS_CODE);
	EXPECT_STATUS(query(p.s, CLASS_NOTIFICATION, &flags, sizeof(flags), NULL),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(flags & 3, 1);
	EXPECT_STATUS(set(sync.s, CLASS_NOTIFICATION, &flags, sizeof(flags)),
		      NT_INVALID_PARAMETER);
}

struct completion_info {
	HANDLE port;
	void *key;
};

static void completion_is_set_once_and_on_asynchronous_files(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	struct pair sync = pair_new(PAIR_B, 64, 64);
	struct completion_info info = {NULL, (void *)(uintptr_t)9};
	struct request r;
	OVERLAPPED *got;
	ULONG_PTR key = 0;
	char buf[8];
	DWORD n;

	EXPECT_STATUS(NT(NtCreateIoCompletion)(&info.port, IO_COMPLETION_ALL_ACCESS, NULL,
					       0),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(set(sync.s, NATIVE_CLASS_COMPLETION, &info, sizeof(info)),
		      NT_INVALID_PARAMETER);
	EXPECT_STATUS(set(p.s, NATIVE_CLASS_COMPLETION, &info, sizeof(info)),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(set(p.s, NATIVE_CLASS_COMPLETION, &info, sizeof(info)),
		      NT_INVALID_PARAMETER);
	request_init(&r);
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_PENDS(&r);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_TRUE(late_get_packet(info.port, &n, &key, &got, CONF_SOON_MS));
	EXPECT_EQ(key, 9);
	EXPECT_THAT(got == &r.ov);
}

static uint32_t volume(HANDLE h, int class, void *buf, ULONG len)
{
	iosb_t iosb;

	return (uint32_t)NT(NtQueryVolumeInformationFile)(h, &iosb, buf, len, class);
}

static void volume_is_a_pipe_device_in_every_state(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	uint32_t device[2] = {0, 0};

	EXPECT_STATUS(volume(p.s, 4, device, sizeof(device)), NT_SUCCESS_CODE);
	EXPECT_EQ(device[0], 0x11);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	device[0] = 0;
	EXPECT_STATUS(volume(p.c, 4, device, sizeof(device)), NT_SUCCESS_CODE);
	EXPECT_EQ(device[0], 0x11);
}

static void volume_has_its_names(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	unsigned char buf[128];
	uint32_t len;

	memset(buf, 0xCC, sizeof(buf));
	EXPECT_STATUS(volume(p.s, 5, buf, sizeof(buf)), NT_SUCCESS_CODE);
	memcpy(&len, buf + 8, 4);
	EXPECT_EQ(len, 8);
	EXPECT_MEM(buf + 12, case_wide("NPFS"), 8);
	EXPECT_STATUS(volume(p.s, 1, buf, sizeof(buf)), NT_SUCCESS_CODE);
	memcpy(&len, buf + 12, 4);
	EXPECT_EQ(len, 18);
	EXPECT_MEM(buf + 18, case_wide("NamedPipe"), 18);
}

const struct conf_case native_info_cases[] = {
	CASE("8.5", basic_is_normal_without_times, "R", "8.5",
	     "basic information is attribute NORMAL and no times; setting it is accepted"),
	CASE("8.5", standard_counts_quotas_and_unread_bytes, "R", "8.5",
	     "standard information: both quotas, my unread bytes, one link, delete pending"),
	CASE("8.5", position_is_what_is_unread, "R", "8.5",
	     "the position is the number of unread bytes"),
	CASE("8.5", access_and_mode_come_from_the_handle, "T", "8.5",
	     "access and mode are those the handle was opened with"),
	CASE("8.5", attributes_of_extension_are_empty, "R", "8.5",
	     "there are no extended attributes"),
	CASE("8.5", all_is_everything_at_once, "R", "8.5",
	     "all information has the parts in their places and the name at the end"),
	CASE("8.5", remote_information_is_invalid, "R", "8.5",
	     "remote information of a local pipe is INVALID_PARAMETER"),
	CASE("7.9", end_of_file_cannot_be_set, "R", "7.9",
	     "setting the end of file is INVALID_PARAMETER"),
	CASE("8.5", short_buffers_are_a_mismatch, "T", "8.5",
	     "a buffer shorter than the structure is INFO_LENGTH_MISMATCH"),
	CASE("3.3", detached_client_cannot_be_asked, "R", "3.3",
	     "a detached client answers PIPE_DISCONNECTED to pipe, local and name queries"),
	CASE("208", notification_flags_are_only_added, "T", "5.5",
	     "notification flags stay; on a synchronous file they are INVALID_PARAMETER"),
	CASE("8.5", completion_is_set_once_and_on_asynchronous_files, "T", "5.5",
	     "a port is set once, on an asynchronous file"),
	CASE("8.5", volume_is_a_pipe_device_in_every_state, "T", "8.5",
	     "the device type is 0x11, for a detached client too"),
	CASE("8.5", volume_has_its_names, "R", "8.5",
	     "the file system is NPFS, the label NamedPipe"),
	CASE_END};
