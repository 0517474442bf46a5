/* SPDX-License-Identifier: MIT */
/*
 * Making and opening pipe files, for both faces; NtCreateNamedPipeFile, NtCreateFile and
 * NtOpenFile (npfs-semantics 1.6, 2.2, 6.2, 8.1)
 *
 * The I/O manager's checks come first and are here; those of the file system are the
 * broker's, in its order.
 *
 * A pipe without a name, made with an empty name relative to the root, has one for the
 * broker: a unit 0, which no path can say and which no listing tells, and a number that is hard to
 * guess. Its client end is opened relative to the server's handle.
 */
#include "kernel32-shim/access_map.h"
#include "kernel32-shim/native.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "kernel32-shim/default_security.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/native_name.h"
#include "kernel32-shim/text.h"

#define SHARE_BITS   (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define PIPE_SHARE   (FILE_SHARE_READ | FILE_SHARE_WRITE)
#define PIPE_OPTIONS                                                                      \
	(NATIVE_SYNC_OPTIONS | FILE_WRITE_THROUGH | FILE_NON_DIRECTORY_FILE |            \
	 FILE_SEQUENTIAL_ONLY)
#define KEPT_OPTIONS (NATIVE_SYNC_OPTIONS | FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY)

/* the core */

/* A handle could not be made: what the table's last error means. */
static npfs_status status_without_handle(void)
{
	return thread_last_error == ERROR_NOT_ENOUGH_MEMORY ? STATUS_NO_MEMORY
							    : STATUS_INSUFFICIENT_RESOURCES;
}

static npfs_status give_handle(struct pipe_object *pipe, uint32_t access,
			       const struct file_wish *wish, HANDLE *hp)
{
	HANDLE h;

	pipe->is_sync = wish->options & NATIVE_SYNC_OPTIONS;
	pipe->is_alertable = wish->options & FILE_SYNCHRONOUS_IO_ALERT;
	pipe->options = wish->options & KEPT_OPTIONS;
	h = handle_new_take(&pipe->object, access, wish->handle_flags);
	if (!h)
		return status_without_handle();
	*hp = h;
	return STATUS_SUCCESS;
}

/* Flags of the library's calls. An alertable file is waited for here, not there. */
static uint32_t end_flags(const struct file_wish *wish)
{
	return (wish->options & FILE_SYNCHRONOUS_IO_NONALERT ? NPFS_SYNCHRONOUS : 0) |
	       (wish->handle_flags & HANDLE_INHERIT ? NPFS_INHERITABLE : 0);
}

static npfs_status give_end(struct npfs_end *end, bool is_server,
			    const struct file_wish *wish, HANDLE *hp)
{
	struct pipe_object *pipe;
	uint32_t access = npfs_end_access(end);

	pipe = pipe_object_new(end, is_server, wish->options & NATIVE_SYNC_OPTIONS);
	return pipe ? give_handle(pipe, access, wish, hp) : STATUS_NO_MEMORY;
}

static npfs_status open_end(const struct place *place, const struct file_wish *wish,
			    HANDLE *hp)
{
	const struct npfs_open_params params = {
		.size = sizeof(params),
		.flags = end_flags(wish),
		.access = wish->access,
		.sqos = wish->sqos,
	};
	struct npfs_end *end;
	npfs_status status;

	if (place->kind == PLACE_END && !place->end->is_server)
		return STATUS_ILLEGAL_FUNCTION;
	if (place->kind == PLACE_END)
		status = npfs_pipe_open_again(place->end->end, &params, &end);
	else
		status = npfs_pipe_open(place->name, place->name_len, &params, &end);
	return status == STATUS_SUCCESS ? give_end(end, false, wish, hp) : status;
}

/* What general rights mean for a file; the device and the root grant everything. */
static uint32_t plain_access(uint32_t access)
{
	return access_map_granting(access, &access_file_map) & 0x01ffffff;
}

static npfs_status open_plain(enum pipe_kind kind, const struct file_wish *wish,
			      HANDLE *hp)
{
	struct pipe_object *pipe = pipe_object_new_plain(kind);

	return pipe ? give_handle(pipe, plain_access(wish->access), wish, hp)
		    : STATUS_NO_MEMORY;
}

npfs_status file_open(const struct place *place, const struct file_wish *wish, HANDLE *hp)
{
	switch (place->kind) {
	case PLACE_NAME:
	case PLACE_END:
		return open_end(place, wish, hp);
	case PLACE_DEVICE:
		return open_plain(PIPE_KIND_DEVICE, wish, hp);
	case PLACE_ROOT:
	case PLACE_UNNAMED: /* the root itself */
		return open_plain(PIPE_KIND_ROOT, wish, hp);
	case PLACE_FILE:
		break;
	}
	return STATUS_INVALID_PARAMETER;
}

size_t native_unnamed(uint16_t *name)
{
	static _Atomic uint32_t serial;
	char text[NATIVE_UNNAMED_MAX];
	uint64_t salt = 0;
	size_t len = 0;
	int n;

	(void)!getrandom(&salt, sizeof(salt), 0);
	n = snprintf(text, sizeof(text), "unnamed.%08x.%08x.%016llx", (unsigned)getpid(),
		     (unsigned)atomic_fetch_add(&serial, 1), (unsigned long long)salt);
	name[len++] = 0;
	for (int i = 0; i < n && len < NATIVE_UNNAMED_MAX; i++)
		name[len++] = (uint16_t)text[i];
	return len;
}

bool native_is_unnamed(const uint16_t *name, size_t len)
{
	return len && !name[0];
}

static npfs_status create_end(const uint16_t *name, size_t name_len,
			      const struct file_wish *wish,
			      const struct npfs_create_params *params, HANDLE *hp,
			      ULONG *informationp)
{
	struct npfs_create_params all = *params;
	uint32_t information;
	struct npfs_end *end;
	npfs_status status;

	all.access = wish->access;
	all.flags = end_flags(wish);
	status = npfs_pipe_create(name, name_len, &all, &end, &information);
	if (status == STATUS_SUCCESS)
		status = give_end(end, true, wish, hp);
	if (status == STATUS_SUCCESS && informationp)
		*informationp = information;
	return status;
}

npfs_status file_create_pipe(const struct place *place, const struct file_wish *wish,
			     const struct npfs_create_params *params, HANDLE *hp,
			     ULONG *informationp)
{
	uint16_t name[NATIVE_UNNAMED_MAX];

	switch (place->kind) {
	case PLACE_NAME:
		if (place->name_len == 1 && place->name[0] == '\\' &&
		    npfs_rule("separator_name") == 0)
			return STATUS_OBJECT_NAME_INVALID;
		return create_end(place->name, place->name_len, wish, params, hp,
				  informationp);
	case PLACE_UNNAMED:
		if (params->disposition == FILE_OPEN)
			return STATUS_OBJECT_NAME_NOT_FOUND;
		return create_end(name, native_unnamed(name), wish, params, hp,
				  informationp);
	case PLACE_DEVICE:
	case PLACE_ROOT:
	case PLACE_END:
		return STATUS_OBJECT_NAME_INVALID;
	case PLACE_FILE:
		break;
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

/* the native face */

/* Where results go must be there; on failure the handle is NULL. */
static npfs_status check_results(PHANDLE hp, PIO_STATUS_BLOCK result)
{
	if (!native_can_write(hp, sizeof(*hp)) || !native_can_write(result, sizeof(*result)))
		return STATUS_ACCESS_VIOLATION;
	*hp = NULL;
	memset(result, 0, sizeof(*result));
	return STATUS_SUCCESS;
}

static npfs_status check_options(ULONG access, ULONG options)
{
	ULONG sync = options & NATIVE_SYNC_OPTIONS;

	if (sync == NATIVE_SYNC_OPTIONS || (sync && !(access & SYNCHRONIZE)))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/* The quality of service as CreateFile's flags say it. */
static uint32_t sqos_of(const OBJECT_ATTRIBUTES *attributes)
{
	const SECURITY_QUALITY_OF_SERVICE *sqos = attributes->SecurityQualityOfService;

	if (!sqos)
		return 0;
	return SECURITY_SQOS_PRESENT | ((uint32_t)sqos->ImpersonationLevel & 3u) << 16 |
	       (sqos->ContextTrackingMode ? SECURITY_CONTEXT_TRACKING : 0) |
	       (sqos->EffectiveOnly ? SECURITY_EFFECTIVE_ONLY : 0);
}

static struct file_wish wish_of(ULONG access, ULONG options,
				const OBJECT_ATTRIBUTES *attributes)
{
	return (struct file_wish){
		.access = access,
		.options = options,
		.sqos = sqos_of(attributes),
		.handle_flags = attributes->Attributes & OBJ_INHERIT ? HANDLE_INHERIT : 0,
	};
}

static npfs_status answer_create(npfs_status status, HANDLE h, ULONG information,
				 PHANDLE hp, PIO_STATUS_BLOCK result)
{
	if (status != STATUS_SUCCESS)
		return status;
	result->Status = (NTSTATUS)STATUS_SUCCESS;
	result->Information = information;
	*hp = h;
	return STATUS_SUCCESS;
}

/* The descriptor in the attributes goes along in its self-relative form. */
static npfs_status create_described(const struct native_name *name,
				    const OBJECT_ATTRIBUTES *attributes,
				    const struct file_wish *wish,
				    struct npfs_create_params *params, HANDLE *hp,
				    ULONG *informationp)
{
	SECURITY_ATTRIBUTES sa = {
		.nLength = sizeof(sa),
		.lpSecurityDescriptor = attributes->SecurityDescriptor,
	};
	void *descriptor = NULL;
	npfs_status status;

	status = default_security_flatten(&sa, true, &descriptor, &params->descriptor_len);
	if (status != STATUS_SUCCESS)
		return status;
	params->descriptor = descriptor;
	status = file_create_pipe(&name->place, wish, params, hp, informationp);
	free(descriptor);
	return status;
}

static npfs_status check_pipe_arguments(ULONG access, ULONG share, ULONG disposition,
					ULONG options, ULONG type, ULONG read_mode,
					ULONG completion_mode)
{
	if (type > (FILE_PIPE_MESSAGE_TYPE | FILE_PIPE_REJECT_REMOTE_CLIENTS) ||
	    read_mode > FILE_PIPE_MESSAGE_MODE ||
	    completion_mode > FILE_PIPE_COMPLETE_OPERATION)
		return STATUS_INVALID_PARAMETER;
	if ((type & FILE_PIPE_REJECT_REMOTE_CLIENTS) && npfs_rule("reject_remote_flag") == 0)
		return STATUS_INVALID_PARAMETER;
	if (share & ~(ULONG)PIPE_SHARE)
		return STATUS_INVALID_PARAMETER;
	if (disposition < FILE_OPEN || disposition > FILE_OPEN_IF)
		return STATUS_INVALID_PARAMETER;
	if (options & ~(ULONG)PIPE_OPTIONS)
		return STATUS_INVALID_PARAMETER;
	return check_options(access, options);
}

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess,
				     POBJECT_ATTRIBUTES ObjectAttributes,
				     PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess,
				     ULONG CreateDisposition, ULONG CreateOptions,
				     ULONG NamedPipeType, ULONG ReadMode,
				     ULONG CompletionMode, ULONG MaximumInstances,
				     ULONG InboundQuota, ULONG OutboundQuota,
				     PLARGE_INTEGER DefaultTimeout)
{
	struct npfs_create_params params = {
		.size = sizeof(params),
		.share = ShareAccess,
		.disposition = CreateDisposition,
		.type = NamedPipeType,
		.read_mode = ReadMode,
		.completion_mode = CompletionMode,
		.max_instances = MaximumInstances,
		.inbound_quota = InboundQuota,
		.outbound_quota = OutboundQuota,
		.default_timeout = DefaultTimeout ? DefaultTimeout->QuadPart : 0,
	};
	struct native_name name;
	struct file_wish wish;
	ULONG information = 0;
	npfs_status status;
	HANDLE h = NULL;

	status = check_results(FileHandle, IoStatusBlock);
	if (status == STATUS_SUCCESS)
		status = check_pipe_arguments(DesiredAccess, ShareAccess,
					      CreateDisposition, CreateOptions,
					      NamedPipeType, ReadMode, CompletionMode);
	if (status == STATUS_SUCCESS)
		status = native_name_read(ObjectAttributes, &name);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	wish = wish_of(DesiredAccess, CreateOptions, ObjectAttributes);
	status = create_described(&name, ObjectAttributes, &wish, &params, &h,
				  &information);
	native_name_fini(&name);
	return (NTSTATUS)answer_create(status, h, information, FileHandle, IoStatusBlock);
}

/* A file of the host's, by the disposition that CreateFile has for the native one. */
static npfs_status open_host_file(const struct place *place, const struct file_wish *wish,
				  ULONG share, ULONG disposition, HANDLE *hp,
				  ULONG *informationp)
{
	static const DWORD dispositions[] = {
		[FILE_SUPERSEDE] = CREATE_ALWAYS, [FILE_OPEN] = OPEN_EXISTING,
		[FILE_CREATE] = CREATE_NEW,	  [FILE_OPEN_IF] = OPEN_ALWAYS,
		[FILE_OVERWRITE] = TRUNCATE_EXISTING,
		[FILE_OVERWRITE_IF] = CREATE_ALWAYS,
	};
	DWORD flags = wish->options & FILE_DIRECTORY_FILE ? FILE_FLAG_BACKUP_SEMANTICS : 0;
	char *text = text_utf8_from_wide((const WCHAR *)place->name, place->name_len);
	DWORD information = 0;
	struct object *o;
	npfs_status status;
	HANDLE h;

	if (!text)
		return STATUS_NO_MEMORY;
	status = disk_file_open(text, wish->access, share, dispositions[disposition], flags,
				&o, &information);
	free(text);
	if (status != STATUS_SUCCESS)
		return status;
	h = handle_new_take(o, plain_access(wish->access), wish->handle_flags);
	if (!h)
		return status_without_handle();
	*hp = h;
	*informationp = information;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
			    POBJECT_ATTRIBUTES ObjectAttributes,
			    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
			    ULONG FileAttributes, ULONG ShareAccess,
			    ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
			    ULONG EaLength)
{
	struct native_name name;
	struct file_wish wish;
	ULONG information = FILE_OPENED;
	npfs_status status;
	HANDLE h = NULL;

	(void)AllocationSize;
	(void)FileAttributes;
	(void)EaBuffer;
	(void)EaLength;
	status = check_results(FileHandle, IoStatusBlock);
	if (status == STATUS_SUCCESS)
		status = check_options(DesiredAccess, CreateOptions);
	if (status == STATUS_SUCCESS && ((ShareAccess & ~(ULONG)SHARE_BITS) ||
					 CreateDisposition > FILE_MAXIMUM_DISPOSITION))
		status = STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS)
		status = native_name_read(ObjectAttributes, &name);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	wish = wish_of(DesiredAccess, CreateOptions, ObjectAttributes);
	if (name.place.kind == PLACE_FILE)
		status = open_host_file(&name.place, &wish, ShareAccess,
					CreateDisposition, &h, &information);
	else
		status = file_open(&name.place, &wish, &h);
	native_name_fini(&name);
	return (NTSTATUS)answer_create(status, h, information, FileHandle, IoStatusBlock);
}

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
			  POBJECT_ATTRIBUTES ObjectAttributes,
			  PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess,
			  ULONG OpenOptions)
{
	return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL,
			    0, ShareAccess, FILE_OPEN, OpenOptions, NULL, 0);
}
