/* SPDX-License-Identifier: MIT */
/*
 * What CreateProcess tells the child
 *
 * One memfd goes with the child over exec, its number in the environment variable
 * NPFS_CHILD. Its first page is the one that both share (process.h). What follows is
 * written once by the parent, before the child runs, and read once by the child's
 * library when it is loaded:
 *
 *	block	u32 magic, u32 length of everything, then
 *		bytes command line, bytes title, bytes desktop	(each u32 length, text)
 *		u32 STARTUPINFO: flags, x, y, x size, y size, x chars, y chars, fill, show
 *		u32 priority class
 *		3 times u32 value of a standard handle, u32 enum process_std
 *		u32 number of handles, and for each
 *		    u32 value, access, flags
 *		    u32 kind, number of descriptors, their numbers; bytes body
 *
 * Every descriptor is open in the child under the number that is written there. The
 * library makes them close-on-exec, takes the variable out of the environment and puts
 * each handle at its value before main() runs.
 *
 * Whose it is: the page says the number of the process it was made for. A program that is
 * not linked with the library knows nothing of all this and hands the variable and the
 * descriptors on to its own children; there the number differs, and the library closes
 * the descriptors that nobody asked for. A program that exec's another one in its place
 * (a shell script around the real program) hands it on rightly.
 *
 * The block comes from a process of the same user, who could do to this one what he wants.
 * It is still read with every length checked, so that a stray variable ends in a process
 * without inherited handles and not in a crash.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

struct npfs_parcel;
struct process_page;

#define PROCESS_BLOCK_VARIABLE "NPFS_CHILD"

/* What a standard handle of the child is. */
enum process_std {
	PROCESS_STD_DESCRIPTOR, /* descriptor 0, 1 or 2, behind a handle of the child's own */
	PROCESS_STD_INHERITED,  /* the inherited handle of that value */
	PROCESS_STD_NONE,       /* that value, which is no handle */
};

struct process_startup {
	char *command_line; /* owned, UTF-8 */
	char *title;        /* owned, or NULL */
	char *desktop;      /* owned, or NULL */
	uint32_t numbers[9]; /* flags, x, y, x size, y size, x chars, y chars, fill, show */
	uint32_t priority_class;
	uint32_t std_value[3];
	uint32_t std_kind[3]; /* enum process_std */
};

struct process_handle {
	uint32_t value;
	uint32_t access;
	uint32_t flags;
};

/* writing */

struct process_block;

/* NULL when memory is short. */
struct process_block *process_block_new(const struct process_startup *startup);

/**
 * process_block_add() - one inherited handle more
 * @parcel: its descriptors are taken, none of them below 3 afterwards; its bytes copied
 *
 * Return: whether memory and descriptors sufficed; if not the block is as before, and the
 * parcel is the caller's.
 */
bool process_block_add(struct process_block *block, const struct process_handle *handle,
		       struct npfs_parcel *parcel);

/**
 * process_block_finish() - the memfd to give to the child
 * @fdp: receives it, close-on-exec, 3 or higher
 * @pagep: receives its first page, mapped
 *
 * Return: 0 or a Win32 error.
 */
DWORD process_block_finish(struct process_block *block, int *fdp,
			   struct process_page **pagep);

/* The descriptors that the child keeps, the memfd's not among them. Borrowed. */
const int *process_block_fds(const struct process_block *block, size_t *np);

/* Closes the descriptors too. NULL is harmless. */
void process_block_free(struct process_block *block);

/* reading */

/*
 * What CreateProcess said of this process; NULL when it was started otherwise. Borrowed
 * for the life of the process.
 */
const struct process_startup *process_startup(void);
