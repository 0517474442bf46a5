/* SPDX-License-Identifier: MIT */
/* Handles given to another process. The model is in deposit.h. */
#include "kernel32-shim/deposit.h"

#include <npfs/parcel.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/transfer.h"

DWORD deposit_put(struct process *target, struct object *o, DWORD access, uint32_t flags,
		  HANDLE *hp)
{
	struct npfs_parcel parcel;
	npfs_status status;
	uint32_t ticket;
	DWORD error = transfer_pack(o, access, &parcel);

	if (error)
		return error;
	status = npfs_parcel_deposit(&parcel, (uint32_t)process_pid(target), access, flags,
				     &ticket);
	npfs_parcel_free(&parcel);
	if (status != STATUS_SUCCESS)
		return npfs_status_to_win32(status);
	*hp = handle_of_ticket(ticket);
	return 0;
}

bool deposit_fetch(HANDLE h)
{
	struct npfs_parcel parcel;
	struct object *o;
	uint32_t ticket, access, flags;
	bool is_there;

	if (!handle_ticket(h, &ticket) ||
	    npfs_parcel_collect(ticket, &parcel, &access, &flags) != STATUS_SUCCESS)
		return false;
	o = transfer_unpack(&parcel);
	npfs_parcel_free(&parcel);
	if (!o)
		return false;
	is_there = handle_install(h, o, access, flags);
	object_release(o);
	object_unref(o);
	return is_there;
}
