/* SPDX-License-Identifier: MIT */
/*
 * Security descriptors as bytes, [MS-DTYP] 2.4: identifiers, lists, and the two forms of
 * a descriptor, of which the self-relative one travels.
 *
 * Everything here checks what it reads against a length, when there is one: a descriptor
 * handed over by the program is trusted as far as its own counts reach, as on Windows;
 * one that came as bytes (securitydesc_is_valid_relative) is not trusted at all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include <npfs/status.h>

/* Bytes of an identifier or a list that has been found valid. */
uint32_t securitydesc_sid_len(const void *sid);
bool securitydesc_sid_is_valid(const void *sid);
bool securitydesc_acl_is_valid(const ACL *acl);

/* Entries for one kind of object have u32 flags and up to two GUIDs behind the mask. */
bool securitydesc_ace_has_object(BYTE type);

/*
 * Where the identifier of an entry is, from its beginning; 0 for an entry of a type that
 * has none, and for one whose identifier is not wholly inside its size. Reads AceSize bytes
 * at most.
 */
uint32_t securitydesc_ace_sid_at(const ACE_HEADER *ace);

/* The parts of a descriptor of either form; NULL for a part it does not have. */
struct securitydesc_parts {
	SECURITY_DESCRIPTOR_CONTROL control;
	SID *owner;
	SID *group;
	ACL *sacl; /* NULL with SE_SACL_PRESENT: a list that is present and null */
	ACL *dacl;
};

/* False for a descriptor of an unknown revision or with invalid parts. */
bool securitydesc_parts_get(const void *sd, struct securitydesc_parts *parts);

/* Is this a self-relative descriptor wholly inside @len bytes? */
bool securitydesc_is_valid_relative(const void *bytes, uint32_t len);

/* How long the self-relative form is; write it (to that many bytes, four-byte aligned). */
uint32_t securitydesc_relative_len(const struct securitydesc_parts *parts);
void securitydesc_relative_write(const struct securitydesc_parts *parts, void *bytes);

/**
 * securitydesc_flatten() - the self-relative bytes of a SECURITY_ATTRIBUTES' descriptor
 * @sa: may be NULL
 * @bytesp: receives the bytes, to be freed by the caller; NULL when @sa names no
 * descriptor, which asks for the default one
 *
 * Return: STATUS_SUCCESS, STATUS_INVALID_SECURITY_DESCR, STATUS_NO_MEMORY.
 */
npfs_status securitydesc_flatten(const SECURITY_ATTRIBUTES *sa, void **bytesp,
				 uint32_t *lenp);
