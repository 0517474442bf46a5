/* SPDX-License-Identifier: MIT */
/*
 * Finding and calling the native layer (native.h). Names are ASCII in the cases and are
 * widened here; every call goes through the table, nothing is linked.
 */
#include "conformance/native.h"

#include "conformance/late.h"
#include "conformance/pipes.h"

static struct native table; /* what was found */

const struct native *native_need(void)
{
	static const struct {
		const char *name;
		size_t offset;
	} calls[] = {
		{"NtCreateNamedPipeFile", offsetof(struct native, create_named_pipe)},
		{"NtCreateFile", offsetof(struct native, create_file)},
		{"NtFsControlFile", offsetof(struct native, fs_control)},
		{"NtReadFile", offsetof(struct native, read)},
		{"NtQueryInformationFile", offsetof(struct native, query_file)},
		{"NtSetInformationFile", offsetof(struct native, set_file)},
		{"NtQueryObject", offsetof(struct native, query_object)},
		{"NtQueueApcThread", offsetof(struct native, queue_apc)},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		late_fn found = late_need("ntdll.dll", calls[i].name);

		memcpy((char *)&table + calls[i].offset, &found, sizeof(found));
	}
	return &table;
}

static void string_init(UNICODE_STRING *us, const char *ascii)
{
	size_t len = strlen(ascii);

	us->Buffer = (WCHAR *)(uintptr_t)case_wide(ascii);
	us->Length = (USHORT)(len * sizeof(WCHAR));
	us->MaximumLength = (USHORT)(us->Length + sizeof(WCHAR));
}

static void attributes_init(OBJECT_ATTRIBUTES *oa, UNICODE_STRING *us, HANDLE root,
			    const char *name, ULONG flags)
{
	string_init(us, name);
	memset(oa, 0, sizeof(*oa));
	oa->Length = sizeof(*oa);
	oa->RootDirectory = root;
	oa->ObjectName = us;
	oa->Attributes = flags;
}

void native_create_default(struct native_create *c, const char *name)
{
	memset(c, 0, sizeof(*c));
	c->name = name;
	c->attributes = NATIVE_CASE_INSENSITIVE;
	c->access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE;
	c->share = FILE_SHARE_READ | FILE_SHARE_WRITE;
	c->disposition = NATIVE_CREATE;
	c->options = NATIVE_SYNC_NONALERT;
	c->max_instances = 1;
	c->in_quota = c->out_quota = 4096;
	c->timeout = -10000000;
}

uint32_t native_create(struct native_create *c)
{
	const struct native *nt = native_need();
	OBJECT_ATTRIBUTES oa;
	LARGE_INTEGER timeout;
	UNICODE_STRING us;

	attributes_init(&oa, &us, c->root, c->name, c->attributes);
	timeout.QuadPart = c->timeout;
	c->h = INVALID_HANDLE_VALUE;
	memset(&c->iosb, 0, sizeof(c->iosb));
	return (uint32_t)nt->create_named_pipe(
		&c->h, c->access, &oa, &c->iosb, c->share, c->disposition, c->options,
		c->type, c->read_mode, c->completion_mode, c->max_instances, c->in_quota,
		c->out_quota, &timeout);
}

uint32_t native_open(HANDLE root, const char *name, ULONG access, ULONG options,
		     HANDLE *hp)
{
	const struct native *nt = native_need();
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	UNICODE_STRING us;

	attributes_init(&oa, &us, root, name, NATIVE_CASE_INSENSITIVE);
	return (uint32_t)nt->create_file(hp, access, &oa, &iosb, NULL, 0,
					 FILE_SHARE_READ | FILE_SHARE_WRITE, NATIVE_OPEN,
					 options, NULL, 0);
}

const char *native_pipe_name(const char *pipe_name)
{
	return case_join("\\Device\\NamedPipe\\", case_name_tail(pipe_name));
}

uint32_t native_fsctl(HANDLE h, ULONG code, void *in, ULONG in_len, void *out,
		      ULONG out_len)
{
	const struct native *nt = native_need();
	HANDLE event = case_event_new(FALSE);
	IO_STATUS_BLOCK iosb;
	uint32_t status;

	memset(&iosb, 0, sizeof(iosb));
	status = (uint32_t)nt->fs_control(h, event, NULL, NULL, &iosb, code, in, in_len,
					  out, out_len);
	if (status == NT_PENDING) {
		EXPECT_SIGNALED(event);
		status = (uint32_t)iosb.Status;
	}
	CloseHandle(event);
	return status;
}

uint32_t native_local_info(HANDLE h, struct native_local_info *info)
{
	IO_STATUS_BLOCK iosb;

	return (uint32_t)native_need()->query_file(h, &iosb, info, sizeof(*info),
						   NATIVE_CLASS_PIPE_LOCAL);
}

uint32_t native_granted_access(HANDLE h)
{
	struct native_basic_object info;

	EXPECT_STATUS(native_need()->query_object(h, 0, &info, sizeof(info), NULL),
		      NT_SUCCESS_CODE);
	return info.granted_access;
}
