/* SPDX-License-Identifier: MIT */
/*
 * NtQueryVolumeInformationFile: the pipe file system as a volume (npfs-semantics 8.5)
 *
 * It answers on every file of it and in every state of an end. Of the host's files only
 * the kind of device is told.
 */
#include "kernel32-shim/native.h"

#include <string.h>

#include <winioctl.h>

#include "kernel32-shim/file_disk.h"

#define LABEL	    "NamedPipe"
#define FILE_SYSTEM "NPFS"

/* An answer under way: a fixed part, and perhaps a text behind it. */
struct answer {
	char *buf;
	uint32_t room;
	uint32_t done;
};

/* Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW when the text was cut. */
static npfs_status add_text(struct answer *answer, uint32_t at, const char *text)
{
	npfs_status status = STATUS_SUCCESS;

	answer->done = at;
	for (; *text; text++) {
		uint16_t unit = (unsigned char)*text;

		if (answer->room - answer->done < sizeof(unit)) {
			status = STATUS_BUFFER_OVERFLOW;
			break;
		}
		memcpy(answer->buf + answer->done, &unit, sizeof(unit));
		answer->done += (uint32_t)sizeof(unit);
	}
	return status;
}

static npfs_status fill(struct answer *answer, const void *info, uint32_t len)
{
	if (answer->room < len)
		return STATUS_INFO_LENGTH_MISMATCH;
	memcpy(answer->buf, info, len);
	answer->done = len;
	return STATUS_SUCCESS;
}

static npfs_status query_volume(struct answer *answer)
{
	const FILE_FS_VOLUME_INFORMATION info = {
		.VolumeLabelLength = (ULONG)strlen(LABEL) * 2,
	};

	if (fill(answer, &info, sizeof(info)) != STATUS_SUCCESS)
		return STATUS_INFO_LENGTH_MISMATCH;
	return add_text(answer, offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel), LABEL);
}

static npfs_status query_attribute(struct answer *answer)
{
	const FILE_FS_ATTRIBUTE_INFORMATION info = {
		.FileSystemAttributes = FILE_CASE_PRESERVED_NAMES,
		.MaximumComponentNameLength = -1,
		.FileSystemNameLength = (ULONG)strlen(FILE_SYSTEM) * 2,
	};

	if (fill(answer, &info, sizeof(info)) != STATUS_SUCCESS)
		return STATUS_INFO_LENGTH_MISMATCH;
	return add_text(answer, offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
			FILE_SYSTEM);
}

static npfs_status query_size(struct answer *answer)
{
	const FILE_FS_SIZE_INFORMATION info = {
		.SectorsPerAllocationUnit = 1,
		.BytesPerSector = 1,
	};

	return fill(answer, &info, sizeof(info));
}

static npfs_status query_full_size(struct answer *answer)
{
	const FILE_FS_FULL_SIZE_INFORMATION info = {.BytesPerSector = 0};

	return fill(answer, &info, sizeof(info));
}

static DWORD device_type(struct object *o)
{
	if (file_pipe(o))
		return FILE_DEVICE_NAMED_PIPE;
	return disk_file_type(o) == FILE_TYPE_DISK ? FILE_DEVICE_DISK : FILE_DEVICE_UNKNOWN;
}

static npfs_status query(struct object *o, FS_INFORMATION_CLASS class,
			 struct answer *answer)
{
	FILE_FS_DEVICE_INFORMATION device = {.DeviceType = device_type(o)};

	if (class == FileFsDeviceInformation)
		return fill(answer, &device, sizeof(device));
	if (!file_pipe(o))
		return STATUS_NOT_SUPPORTED;
	switch (class) {
	case FileFsVolumeInformation:
		return query_volume(answer);
	case FileFsSizeInformation:
		return query_size(answer);
	case FileFsAttributeInformation:
		return query_attribute(answer);
	case FileFsFullSizeInformation:
		return query_full_size(answer);
	case FileFsLabelInformation:
	case FileFsDeviceInformation:
	case FileFsControlInformation:
	case FileFsObjectIdInformation:
		break;
	}
	return (int)class > 0 && class <= FileFsObjectIdInformation
		       ? STATUS_INVALID_PARAMETER
		       : STATUS_INVALID_INFO_CLASS;
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE FileHandle,
					    PIO_STATUS_BLOCK IoStatusBlock,
					    PVOID FsInformation, ULONG Length,
					    FS_INFORMATION_CLASS FsInformationClass)
{
	struct answer answer = {.buf = FsInformation, .room = Length};
	struct handle_pin pin;
	npfs_status status;
	struct object *o;

	if (!IoStatusBlock || !FsInformation)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = file_pin(FileHandle, NULL, &pin, &o);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = query(o, FsInformationClass, &answer);
	handle_unpin(&pin);
	if (!npfs_status_is_error(status)) {
		IoStatusBlock->Status = (NTSTATUS)status;
		IoStatusBlock->Information = answer.done;
	}
	return (NTSTATUS)status;
}
