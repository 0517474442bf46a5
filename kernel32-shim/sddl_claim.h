/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a resource, between text and bytes ([MS-DTYP] 2.5.1.1 and 2.4.10.1)
 *
 *	("name",type,flags,value,...)
 *
 *	TI, TU	numbers, with and without sign
 *	TS	"texts"
 *	TD	identifiers; SID(...) around one is taken
 *	TX	octets, #hexadecimal; the # may be missing
 *	TB	0 or 1
 *
 * The name may have units as % and four hexadecimal digits, as in conditions. Flags are a
 * number, written in hexadecimal. A text cannot have a quotation mark or a zero in it: bytes
 * that do have no text.
 *
 * In bytes the structure CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1; what is made here has the
 * name behind the offsets, and then the values in their order, each at a multiple of four.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/sddl_bytes.h"
#include "kernel32-shim/sddl_out.h"
#include "kernel32-shim/sddl_run.h"

/* sddl_claim_read() - Return: 0, ERROR_INVALID_ACL, ERROR_NOT_ENOUGH_MEMORY */
DWORD sddl_claim_read(struct sddl_run *run, struct sddl_bytes *to);

/* sddl_claim_write() - what stands behind the identifier, in parentheses; false for what is
 * not well formed, of a type that has no code, or has no text */
bool sddl_claim_write(struct sddl_out *out, const uint8_t *bytes, size_t len);
