/* SPDX-License-Identifier: MIT */
/* Packing and unpacking by kind. The model is in transfer.h. */
#include "kernel32-shim/transfer.h"

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/sync_object.h"

DWORD transfer_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp)
{
	return o->ops->pack ? o->ops->pack(o, access, parcelp) : ERROR_NOT_SUPPORTED;
}

static struct object *process_unpack(const struct npfs_parcel *parcel)
{
	struct process *p;

	if (parcel->n_fds != 1 || process_open_pidfd(parcel->fds[0], &p) != 0)
		return NULL;
	return &p->object;
}

static struct object *held(struct object *o)
{
	if (o)
		object_hold(o);
	return o;
}

struct object *transfer_unpack(const struct npfs_parcel *parcel)
{
	switch (parcel->kind) {
	case NPFS_PARCEL_OBJECT:
		return held(sync_object_unpack(parcel));
	case TRANSFER_PIPE:
		return held(pipe_object_unpack(parcel));
	case TRANSFER_FILE:
		return held(disk_file_unpack(parcel));
	case TRANSFER_PROCESS:
		return process_unpack(parcel);
	default:
		return NULL;
	}
}
