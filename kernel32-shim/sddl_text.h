/* SPDX-License-Identifier: MIT */
/*
 * The text form of identifiers and descriptors ([MS-DTYP] 2.5.1)
 *
 *	O:owner  G:group  D:flags(entry)(entry)...  S:flags(entry)(entry)...
 *
 *	owner	S-1-authority-number..., or two letters (known_sid.h)
 *	flags	P protected, AR inheritance asked for, AI inherited, or NO_ACCESS_CONTROL
 *		for a list that is present and null
 *	entry	type;flags;rights;object GUID;inherited object GUID;identifier
 *
 * The parts come in any order, each at most once; an empty text is a descriptor without
 * any. Codes are taken in either case. Blanks may stand before a part and before every
 * field of an entry, and behind an identifier; nowhere else. Rights are any sequence of
 * codes and numbers (decimal, 0 octal, 0x hexadecimal), which add up.
 *
 * Entries for kinds of objects keep their GUIDs, and the list gets the revision for them.
 * Conditional entries (XA, XD, XU, ZA) and attributes of the resource (RA) have a seventh
 * field (sddl_condition.h, sddl_claim.h). A policy (SP) is kept and means nothing here, as on
 * a machine that knows no such policy; so is a label (ML).
 *
 * Written text is the canonical one of Windows: owner, group, DACL, SACL; codes in
 * ascending order of their bits (OICINPIOIDSAFA, CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR); the
 * code of a whole set of rights where it is exactly that set (FA, FR, FW, FX, KA, KR, KW);
 * 0x and digits as soon as one bit has no code; letters for every identity that has some.
 * What is written reads back as the same bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/securitydesc.h"

/* sddl_read_sid() - an identifier from text, all @len units of it
 * @sid: receives at most SECURITY_MAX_SID_SIZE bytes
 * Return: 0 or ERROR_INVALID_SID */
DWORD sddl_read_sid(const WCHAR *text, size_t len, void *sid);

/**
 * sddl_read() - a descriptor from text
 * @text: @len units, borrowed; need not be terminated
 * @sdp: self-relative; a block of the process heap that the caller frees
 * @lenp: its bytes
 *
 * Return: 0; ERROR_INVALID_PARAMETER for text that is no sequence of parts,
 * ERROR_INVALID_SID for an owner or group, ERROR_INVALID_ACL for anything wrong inside a
 * list, ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD sddl_read(const WCHAR *text, size_t len, void **sdp, uint32_t *lenp);

/* sddl_write_sid() - a valid identifier as S-1-... and digits; @text has room for
 * SECURITY_MAX_SID_STRING_CHARACTERS. Return: the length without the terminator */
size_t sddl_write_sid(const void *sid, char *text);

/**
 * sddl_write() - a descriptor as text
 * @parts: valid ones; borrowed
 * @information: which of them; LABEL_SECURITY_INFORMATION without
 * SACL_SECURITY_INFORMATION writes only the labels of the SACL
 * @textp: terminated units; to be freed with free()
 * @lenp: without the terminator
 *
 * Return: 0; ERROR_INVALID_ACL for an entry that has no text here,
 * ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD sddl_write(const struct securitydesc_parts *parts, SECURITY_INFORMATION information,
		 WCHAR **textp, size_t *lenp);
