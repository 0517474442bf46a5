/* SPDX-License-Identifier: MIT */
/* Parcels: descriptors and bytes on their way to another process. See npfs/parcel.h. */
#include <npfs/parcel.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/fd.h"

void npfs_parcel_init(struct npfs_parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	for (unsigned i = 0; i < NPFS_PARCEL_FDS; i++)
		parcel->fds[i] = -1;
}

npfs_status npfs_parcel_add_fd(struct npfs_parcel *parcel, int fd)
{
	int copy;

	if (parcel->n_fds == NPFS_PARCEL_FDS)
		return STATUS_BUFFER_OVERFLOW;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return errno == EMFILE ? STATUS_TOO_MANY_OPENED_FILES :
					 STATUS_INVALID_HANDLE;
	parcel->fds[parcel->n_fds++] = copy;
	return STATUS_SUCCESS;
}

npfs_status npfs_parcel_set_body(struct npfs_parcel *parcel, const void *body, uint32_t len)
{
	void *copy = NULL;

	if (len > NPFS_PARCEL_BODY_MAX)
		return STATUS_BUFFER_OVERFLOW;
	if (len) {
		copy = malloc(len);
		if (!copy)
			return STATUS_INSUFFICIENT_RESOURCES;
		memcpy(copy, body, len);
	}
	free(parcel->body);
	parcel->body = copy;
	parcel->len = len;
	return STATUS_SUCCESS;
}

void npfs_parcel_free(struct npfs_parcel *parcel)
{
	if (!parcel)
		return;
	for (unsigned i = 0; i < parcel->n_fds && i < NPFS_PARCEL_FDS; i++)
		parcel->fds[i] = np_fd_close(parcel->fds[i]);
	free(parcel->body);
	npfs_parcel_init(parcel);
}
