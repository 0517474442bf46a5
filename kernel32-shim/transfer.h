/* SPDX-License-Identifier: MIT */
/*
 * Objects on their way to another process
 *
 * An object is packed into a parcel (npfs/parcel.h) by its own kind, and made again from
 * the parcel in the process that gets it: the same thing with one owner more, not a copy.
 * The parcel travels over exec (process_block.h) or through the broker (deposit.h). What
 * its kind cannot pack stays where it is: thread pools, completion ports, threads.
 *
 *	kind			made by			made again by
 *	NPFS_PARCEL_OBJECT	events, mutexes ...	sync_object.h
 *	TRANSFER_PIPE		pipe_object.c		pipe_object.c
 *	TRANSFER_FILE		file_disk.c		file_disk.c
 *	TRANSFER_PROCESS	process.c		process.c
 */
#pragma once

#include <windows.h>

#include <npfs/parcel.h>

#include "kernel32-shim/object.h"

enum transfer_kind {
	TRANSFER_PIPE = NPFS_PARCEL_USER,
	TRANSFER_FILE,
	TRANSFER_PROCESS,
};

/**
 * transfer_pack() - pack an object
 * @access: of the handle that the receiver gets
 * @parcelp: receives a parcel that the caller frees
 *
 * Return: 0; ERROR_NOT_SUPPORTED: this kind cannot leave the process; what packing it met.
 */
DWORD transfer_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp);

/**
 * transfer_unpack() - the object in a parcel
 * @parcel: borrowed; what is kept of its descriptors is duplicated
 *
 * Return: counted and held open, so that the caller makes a handle and then calls
 * object_release() and object_unref(); NULL when it is nothing that can be made here.
 */
struct object *transfer_unpack(const struct npfs_parcel *parcel);
