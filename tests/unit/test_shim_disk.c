/* SPDX-License-Identifier: MIT */
/* Ordinary files, devices, POSIX pipes behind file objects; how paths are read. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/thread.h"

static char folder[] = "/tmp/test_shim_disk.XXXXXX";
static char path[sizeof(folder) + 16];

static void make_folder(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void remove_folder(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static struct object *open_file(DWORD access, DWORD disposition)
{
	struct object *o = NULL;

	ck_assert_uint_eq(disk_file_open(path, access, 0, disposition, 0, &o, NULL),
			  STATUS_SUCCESS);
	return o;
}

static npfs_status try_open(const char *name, DWORD access, DWORD disposition,
			    DWORD flags, DWORD *informationp)
{
	struct object *o = NULL;
	npfs_status status =
		disk_file_open(name, access, 0, disposition, flags, &o, informationp);

	object_unref(o);
	return status;
}

START_TEST(windows_paths_become_posix_paths)
{
	static const char *const pairs[][2] = {
		{"/a/b\\c", "/a/b\\c"},
		{"C:\\dir\\x", "/dir/x"},
		{"c:x", "x"},
		{"\\\\?\\C:\\x", "/x"},
		{"a\\b", "a/b"},
		{"NUL", "/dev/null"},
		{"\\\\.\\nul", "/dev/null"},
		{"conin$", "/dev/tty"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *posix = disk_file_posix_path(pairs[i][0]);

		ck_assert_str_eq(posix, pairs[i][1]);
		free(posix);
	}
}
END_TEST

START_TEST(dispositions_do_what_they_say)
{
	const DWORD rw = GENERIC_READ | GENERIC_WRITE;
	DWORD information = 0;

	ck_assert_uint_eq(try_open(path, rw, OPEN_EXISTING, 0, NULL),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(try_open(path, rw, TRUNCATE_EXISTING, 0, NULL),
			  STATUS_OBJECT_NAME_NOT_FOUND);
	ck_assert_uint_eq(try_open(path, rw, CREATE_NEW, 0, &information),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(information, DISK_FILE_CREATED);
	ck_assert_uint_eq(try_open(path, rw, CREATE_NEW, 0, NULL),
			  STATUS_OBJECT_NAME_COLLISION);
	ck_assert_uint_eq(try_open(path, rw, OPEN_ALWAYS, 0, &information),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(information, DISK_FILE_OPENED);
	ck_assert_uint_eq(try_open(path, rw, CREATE_ALWAYS, 0, &information),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(information, DISK_FILE_OVERWRITTEN);
	ck_assert_uint_eq(try_open(path, GENERIC_READ, TRUNCATE_EXISTING, 0, NULL),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(try_open(path, rw, 0, 0, NULL), STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(try_open(path, rw, 6, 0, NULL), STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(try_open("/no/such/path", rw, OPEN_EXISTING, 0, NULL),
			  STATUS_OBJECT_PATH_NOT_FOUND);
	ck_assert_uint_eq(try_open("", rw, OPEN_EXISTING, 0, NULL),
			  STATUS_OBJECT_PATH_NOT_FOUND);
	ck_assert_uint_eq(try_open(folder, GENERIC_READ, OPEN_EXISTING, 0, NULL),
			  STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(try_open(folder, GENERIC_READ, OPEN_EXISTING,
				   FILE_FLAG_BACKUP_SEMANTICS, NULL),
			  STATUS_SUCCESS);
}
END_TEST

START_TEST(transfers_move_the_position)
{
	struct object *o = open_file(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
	OVERLAPPED ov = {.Offset = 2};
	int64_t now;
	char text[8] = "";
	DWORD done;

	ck_assert_uint_eq(disk_file_write(o, "abcdef", 6, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 6);
	ck_assert_uint_eq(disk_file_read(o, text, 4, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(disk_file_read(o, text, 2, &ov, &done), STATUS_SUCCESS);
	ck_assert_str_eq(text, "cd");
	ck_assert_uint_eq(disk_file_read(o, text, 8, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 2);
	ov.Offset = 6;
	ck_assert_uint_eq(disk_file_read(o, text, 1, &ov, &done), STATUS_END_OF_FILE);
	ov.Offset = ov.OffsetHigh = 0xffffffff;
	ck_assert_uint_eq(disk_file_read(o, text, 1, &ov, &done),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(disk_file_write(o, "gh", 2, &ov, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_seek(o, 0, FILE_CURRENT, &now), STATUS_SUCCESS);
	ck_assert_int_eq(now, 8);
	ck_assert_uint_eq(disk_file_seek(o, -1, FILE_BEGIN, &now),
			  STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(disk_file_seek(o, 3, FILE_BEGIN, &now), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_truncate(o), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_size(o, &now), STATUS_SUCCESS);
	ck_assert_int_eq(now, 3);
	ck_assert_uint_eq(disk_file_flush(o), STATUS_SUCCESS);
	object_unref(o);
}
END_TEST

START_TEST(access_decides_what_can_be_done)
{
	struct object *w = open_file(GENERIC_WRITE, CREATE_ALWAYS);
	struct object *r = open_file(GENERIC_READ, OPEN_EXISTING);
	struct object *a = open_file(FILE_APPEND_DATA, OPEN_EXISTING);
	struct object *q = open_file(0, OPEN_EXISTING);
	OVERLAPPED start = {.Offset = 0};
	int64_t size;
	char c;
	DWORD done;

	ck_assert_uint_eq(disk_file_write(w, "12", 2, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_read(w, &c, 1, NULL, &done), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(disk_file_write(r, "x", 1, NULL, &done), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(disk_file_write(a, "3", 1, &start, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_read(q, &c, 1, NULL, &done), STATUS_ACCESS_DENIED);
	ck_assert_uint_eq(disk_file_size(q, &size), STATUS_SUCCESS);
	ck_assert_int_eq(size, 3);
	object_unref(w);
	object_unref(r);
	object_unref(a);
	object_unref(q);
}
END_TEST

START_TEST(null_device_swallows_and_has_no_end)
{
	struct object *o = NULL;
	int64_t size;
	char c;
	DWORD done;

	ck_assert_uint_eq(disk_file_open("nul", GENERIC_READ | GENERIC_WRITE, 0,
					 OPEN_EXISTING, 0, &o, NULL),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_type(o), FILE_TYPE_CHAR);
	ck_assert_uint_eq(disk_file_write(o, "abc", 3, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 3);
	ck_assert_uint_eq(disk_file_read(o, &c, 1, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(disk_file_size(o, &size), STATUS_INVALID_DEVICE_REQUEST);
	object_unref(o);
}
END_TEST

START_TEST(posix_pipe_tells_its_end_without_a_signal)
{
	struct object *r = NULL, *w = NULL;
	char text[4];
	DWORD done;
	int fd[2];

	ck_assert_int_eq(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_uint_eq(disk_file_borrow(fd[0], &r), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_borrow(fd[1], &w), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_type(r), FILE_TYPE_PIPE);
	ck_assert_uint_eq(disk_file_write(w, "abc", 3, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(disk_file_read(r, text, 4, NULL, &done), STATUS_SUCCESS);
	ck_assert_uint_eq(done, 3);
	close(fd[0]);
	ck_assert_uint_eq(disk_file_write(w, "abc", 3, NULL, &done), STATUS_PIPE_CLOSING);
	close(fd[1]);
	object_unref(r);
	object_unref(w);
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	ck_assert_uint_eq(disk_file_borrow(fd[0], &r), STATUS_SUCCESS);
	close(fd[1]);
	ck_assert_uint_eq(disk_file_read(r, text, 4, NULL, &done), STATUS_PIPE_BROKEN);
	close(fd[0]);
	object_unref(r);
}
END_TEST

START_TEST(standard_handles_wrap_the_descriptors)
{
	HANDLE h = GetStdHandle(STD_OUTPUT_HANDLE);
	DWORD mode;

	ck_assert_ptr_nonnull(h);
	ck_assert_ptr_eq(GetStdHandle(STD_OUTPUT_HANDLE), h);
	ck_assert_ptr_eq(GetStdHandle(1), INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	if (!isatty(STDOUT_FILENO)) {
		ck_assert(!GetConsoleMode(h, &mode));
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	}
	ck_assert(SetStdHandle(STD_OUTPUT_HANDLE, NULL));
	ck_assert_ptr_null(GetStdHandle(STD_OUTPUT_HANDLE));
	ck_assert(!SetStdHandle(5, NULL));
	ck_assert(CloseHandle(h));
	ck_assert_int_ge(fcntl(STDOUT_FILENO, F_GETFD), 0);
}
END_TEST

START_TEST(delete_on_close_removes_the_file)
{
	struct object *o = NULL;

	/* As with CreateFile, which asks for DELETE by itself then. */
	ck_assert_uint_eq(disk_file_open(path, GENERIC_WRITE, 0, CREATE_NEW,
					 FILE_FLAG_DELETE_ON_CLOSE, &o, NULL),
			  STATUS_SUCCESS);
	object_hold(o);
	ck_assert_int_eq(access(path, F_OK), 0);
	object_release(o);
	ck_assert_int_ne(access(path, F_OK), 0);
	object_unref(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_disk");
	TCase *tc = tcase_create("disk");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, make_folder, remove_folder);
	tcase_add_test(tc, windows_paths_become_posix_paths);
	tcase_add_test(tc, dispositions_do_what_they_say);
	tcase_add_test(tc, transfers_move_the_position);
	tcase_add_test(tc, access_decides_what_can_be_done);
	tcase_add_test(tc, null_device_swallows_and_has_no_end);
	tcase_add_test(tc, posix_pipe_tells_its_end_without_a_signal);
	tcase_add_test(tc, standard_handles_wrap_the_descriptors);
	tcase_add_test(tc, delete_on_close_removes_the_file);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
