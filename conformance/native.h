/* SPDX-License-Identifier: MIT */
/*
 * The native calls a few cases cannot do without, found at run time.
 *
 * native_need() gives the table or skips the case, so an implementation without a native
 * layer still builds and runs the suite. Structures and numbers that SDK headers do not
 * agree on are declared here under names of our own (npfs-semantics 8).
 */
#pragma once

#include "conformance/harness.h"

#include <winternl.h>

struct native_pipe_info {
	uint32_t read_mode, completion_mode;
};

struct native_local_info {
	uint32_t type, configuration, max_instances, current_instances;
	uint32_t inbound_quota, read_available, outbound_quota, write_quota_available;
	uint32_t state, end;
};

struct native_peek {
	uint32_t state, read_available, n_messages, message_len;
	unsigned char data[64];
};

struct native_basic_object {
	uint32_t attributes, granted_access, handle_count, pointer_count, reserved[10];
};

struct native_name_info {
	uint32_t len; /* bytes */
	uint16_t name[256];
};

enum {
	NATIVE_OPEN = 1,
	NATIVE_CREATE = 2,
	NATIVE_OPEN_IF = 3,
	NATIVE_OVERWRITE = 4,
	NATIVE_OVERWRITE_IF = 5,

	NATIVE_SYNC_ALERT = 0x10,
	NATIVE_SYNC_NONALERT = 0x20,

	NATIVE_CASE_INSENSITIVE = 0x40,

	NATIVE_FSCTL_DISCONNECT = 0x00110004,
	NATIVE_FSCTL_LISTEN = 0x00110008,
	NATIVE_FSCTL_PEEK = 0x0011400C,
	NATIVE_FSCTL_WAIT = 0x00110018,
	NATIVE_FSCTL_IMPERSONATE = 0x0011001C,

	NATIVE_CLASS_NAME = 9,
	NATIVE_CLASS_COMPLETION = 30,
	NATIVE_CLASS_PIPE = 23,
	NATIVE_CLASS_PIPE_LOCAL = 24,
};

#define NT_SUCCESS_CODE           0x00000000u
#define NT_BUFFER_OVERFLOW        0x80000005u
#define NT_NOT_IMPLEMENTED        0xC0000002u
#define NT_INVALID_INFO_CLASS     0xC0000003u
#define NT_INFO_LENGTH_MISMATCH   0xC0000004u
#define NT_ACCESS_VIOLATION       0xC0000005u
#define NT_INVALID_HANDLE         0xC0000008u
#define NT_INVALID_PARAMETER      0xC000000Du
#define NT_ACCESS_DENIED          0xC0000022u
#define NT_OBJECT_TYPE_MISMATCH   0xC0000024u
#define NT_OBJECT_NAME_INVALID    0xC0000033u
#define NT_OBJECT_NAME_NOT_FOUND  0xC0000034u
#define NT_OBJECT_PATH_INVALID    0xC0000039u
#define NT_OBJECT_PATH_SYNTAX_BAD 0xC000003Bu
#define NT_INSTANCE_NOT_AVAILABLE 0xC00000ABu
#define NT_PIPE_NOT_AVAILABLE     0xC00000ACu
#define NT_ILLEGAL_FUNCTION       0xC00000AFu
#define NT_PIPE_DISCONNECTED      0xC00000B0u
#define NT_NOT_SUPPORTED          0xC00000BBu
#define NT_CANCELLED              0xC0000120u
#define NT_PIPE_BROKEN            0xC000014Bu
#define NT_PENDING                0x00000103u

typedef void(WINAPI *native_apc)(void *context, IO_STATUS_BLOCK *iosb, ULONG reserved);

struct native {
	LONG(WINAPI *create_named_pipe)
	(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG share,
	 ULONG disposition, ULONG options, ULONG type, ULONG read_mode,
	 ULONG completion_mode, ULONG max_instances, ULONG in_quota, ULONG out_quota,
	 LARGE_INTEGER *timeout);
	LONG(WINAPI *create_file)
	(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *,
	 ULONG attributes, ULONG share, ULONG disposition, ULONG options, void *ea,
	 ULONG ea_len);
	LONG(WINAPI *fs_control)
	(HANDLE, HANDLE event, native_apc, void *context, IO_STATUS_BLOCK *, ULONG code,
	 void *in, ULONG in_len, void *out, ULONG out_len);
	LONG(WINAPI *read)
	(HANDLE, HANDLE event, native_apc, void *context, IO_STATUS_BLOCK *, void *buf,
	 ULONG len, LARGE_INTEGER *offset, ULONG *key);
	LONG(WINAPI *query_file)
	(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, int file_class);
	LONG(WINAPI *set_file)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, int file_class);
	LONG(WINAPI *query_object)(HANDLE, int object_class, void *, ULONG, ULONG *);
	LONG(WINAPI *queue_apc)(HANDLE thread, native_apc, void *, void *, void *);
};

/* The table; skips the case when the implementation lacks one of the calls. */
const struct native *native_need(void);

/* How native_create asks: fill with native_create_default and change what matters. */
struct native_create {
	HANDLE root;
	const char *name; /* full NT name, or relative to root */
	ULONG attributes; /* of the object: NATIVE_CASE_INSENSITIVE */
	ULONG access, share, disposition, options;
	ULONG type, read_mode, completion_mode, max_instances, in_quota, out_quota;
	LONGLONG timeout;
	HANDLE h;             /* result */
	IO_STATUS_BLOCK iosb; /* result */
};

/* Duplex, byte, one instance, FILE_CREATE, relative time-out of one second, synchronous. */
void native_create_default(struct native_create *c, const char *name);
uint32_t native_create(struct native_create *c);

/* An open of an existing object; the result handle goes to *hp. */
uint32_t native_open(HANDLE root, const char *name, ULONG access, ULONG options,
		     HANDLE *hp);

/* "\Device\NamedPipe\" and the tail of a name from case_pipe_name(). */
const char *native_pipe_name(const char *pipe_name);

/* FSCTL, waited for when it pends. */
uint32_t native_fsctl(HANDLE h, ULONG code, void *in, ULONG in_len, void *out,
		      ULONG out_len);

uint32_t native_local_info(HANDLE h, struct native_local_info *info);
uint32_t native_granted_access(HANDLE h);
