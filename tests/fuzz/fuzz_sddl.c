/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: descriptors as text, and descriptors as the shim takes them from a program
 *
 * The input is one descriptor in two readings, each in memory of exactly its length:
 *
 *	as text		UTF-16 units from bytes, one byte each
 *	as bytes	self-relative, with a length that is known
 *
 * What must hold: text is refused with one of the documented errors, or gives a descriptor
 * that is well formed within its own length, whose written form reads back as the same
 * bytes. Bytes are refused, or written as text that reads back; what the text reads as is
 * written the same way again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>
#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/sddl_text.h"
#include "kernel32-shim/text.h"

#define ALL_PARTS                                                                        \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |                       \
	 DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* In memory of exactly their length. */
static DWORD read_units(const WCHAR *text, size_t len, void **sdp, uint32_t *sd_lenp)
{
	WCHAR *units = must(malloc(len * sizeof(*units) + (len == 0)));
	DWORD err;

	if (len > 0)
		memcpy(units, text, len * sizeof(*units));
	err = sddl_read(units, len, sdp, sd_lenp);
	free(units);
	return err;
}

/* The text of a well-formed descriptor; NULL when an entry has no text. */
static WCHAR *write_text(const void *sd, size_t *lenp)
{
	struct securitydesc_parts parts;
	WCHAR *text = NULL;
	DWORD err;
	bool ok;

	ok = securitydesc_parts_get(sd, &parts);
	assert(ok);
	err = sddl_write(&parts, ALL_PARTS, &text, lenp);
	assert(err == 0 || err == ERROR_INVALID_ACL);
	return err ? NULL : text;
}

static void check_text(const uint8_t *data, size_t size)
{
	void *sd = NULL, *again = NULL;
	uint32_t len = 0, again_len = 0;
	size_t text_len = 0;
	WCHAR *text = must(malloc(size * sizeof(*text) + (size == 0)));
	DWORD err;

	for (size_t i = 0; i < size; i++)
		text[i] = data[i];
	err = read_units(text, size, &sd, &len);
	free(text);
	if (err) {
		assert(err == ERROR_INVALID_PARAMETER || err == ERROR_INVALID_SID ||
		       err == ERROR_INVALID_ACL);
		return;
	}
	assert(securitydesc_is_valid_relative(sd, len));
	text = must(write_text(sd, &text_len));
	err = read_units(text, text_len, &again, &again_len);
	assert(err == 0 && again_len == len && memcmp(sd, again, len) == 0);
	free(text);
	heap_process_free(sd);
	heap_process_free(again);
}

static void check_bytes(const uint8_t *data, size_t size)
{
	uint8_t *bytes = must(malloc(size + (size == 0)));
	WCHAR *text = NULL, *text_again;
	size_t len = 0, len_again = 0;
	uint32_t sd_len;
	void *sd = NULL;
	DWORD err;

	memcpy(bytes, data, size);
	if (securitydesc_is_valid_relative(bytes, (uint32_t)size)) {
		assert(GetSecurityDescriptorLength(bytes) >=
		       sizeof(SECURITY_DESCRIPTOR_RELATIVE));
		text = write_text(bytes, &len);
	}
	free(bytes);
	if (!text)
		return;
	err = read_units(text, len, &sd, &sd_len);
	/* An identifier without parts has a text that is not one to read. */
	if (err == 0) {
		text_again = must(write_text(sd, &len_again));
		assert(len == len_again && 
		       memcmp(text, text_again, len * sizeof(*text)) == 0);
		free(text_again);
		heap_process_free(sd);
	} else {
		assert(err == ERROR_INVALID_SID || err == ERROR_INVALID_ACL);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text(data, size);
	check_bytes(data, size);
	return 0;
}
