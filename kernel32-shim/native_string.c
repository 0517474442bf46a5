/* SPDX-License-Identifier: MIT */
/*
 * The string and code calls of ntdll that programs with native names cannot do without
 *
 * Counted strings: Length and MaximumLength are bytes, Length without a terminator. What
 * these allocate comes from the process heap and is given back with RtlFreeUnicodeString()
 * or RtlFreeAnsiString(). ANSI is UTF-8.
 */
#include <string.h>

#include <windows.h>
#include <winternl.h>

#include <npfs/name.h>
#include <npfs/npfs.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/text.h"

/* The longest counted strings: a terminator has room behind them. */
#define UNITS_MAX 0x7ffeu
#define BYTES_MAX 0xfffeu

ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status)
{
	return npfs_status_to_win32((npfs_status)Status);
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
	return RtlNtStatusToDosErrorNoTeb(Status);
}

/* making */

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString,
				      PCWSTR SourceString)
{
	size_t len = SourceString ? text_wide_len(SourceString) : 0;

	memset(DestinationString, 0, sizeof(*DestinationString));
	if (len > UNITS_MAX)
		return (NTSTATUS)STATUS_NAME_TOO_LONG;
	if (!SourceString)
		return (NTSTATUS)STATUS_SUCCESS;
	DestinationString->Buffer = (PWSTR)(uintptr_t)SourceString;
	DestinationString->Length = (USHORT)(len * sizeof(WCHAR));
	DestinationString->MaximumLength = (USHORT)((len + 1) * sizeof(WCHAR));
	return (NTSTATUS)STATUS_SUCCESS;
}

/* What is too long is cut, which is all this call can do. */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
	if (RtlInitUnicodeStringEx(DestinationString, SourceString) ==
	    (NTSTATUS)STATUS_SUCCESS)
		return;
	DestinationString->Buffer = (PWSTR)(uintptr_t)SourceString;
	DestinationString->Length = UNITS_MAX * sizeof(WCHAR);
	DestinationString->MaximumLength = (UNITS_MAX + 1) * (USHORT)sizeof(WCHAR);
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
	size_t len = SourceString ? strlen(SourceString) : 0;

	if (len > BYTES_MAX)
		len = BYTES_MAX;
	DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
	DestinationString->Length = (USHORT)len;
	DestinationString->MaximumLength = SourceString ? (USHORT)(len + 1) : 0;
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING DestinationString,
				     PCWSTR SourceString)
{
	size_t bytes = (text_wide_len(SourceString) + 1) * sizeof(WCHAR);
	WCHAR *copy;

	if (bytes > BYTES_MAX)
		return FALSE;
	copy = heap_process_alloc(bytes, false);
	if (!copy)
		return FALSE;
	memcpy(copy, SourceString, bytes);
	DestinationString->Buffer = copy;
	DestinationString->Length = (USHORT)(bytes - sizeof(WCHAR));
	DestinationString->MaximumLength = (USHORT)bytes;
	return TRUE;
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
	if (UnicodeString->Buffer)
		heap_process_free(UnicodeString->Buffer);
	memset(UnicodeString, 0, sizeof(*UnicodeString));
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
	if (AnsiString->Buffer)
		heap_process_free(AnsiString->Buffer);
	memset(AnsiString, 0, sizeof(*AnsiString));
}

/* copying */

/* A terminator goes where there is room for it. */
static void terminate(PUNICODE_STRING string)
{
	if ((size_t)string->Length + sizeof(WCHAR) <= string->MaximumLength)
		string->Buffer[string->Length / sizeof(WCHAR)] = 0;
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString,
				PCUNICODE_STRING SourceString)
{
	USHORT len = SourceString ? SourceString->Length : 0;

	if (len > DestinationString->MaximumLength)
		len = DestinationString->MaximumLength;
	if (len)
		memmove(DestinationString->Buffer, SourceString->Buffer, len);
	DestinationString->Length = len;
	terminate(DestinationString);
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination,
					      PCUNICODE_STRING Source)
{
	if ((size_t)Destination->Length + Source->Length > Destination->MaximumLength)
		return (NTSTATUS)STATUS_BUFFER_TOO_SMALL;
	if (Source->Length)
		memmove((char *)Destination->Buffer + Destination->Length, Source->Buffer,
			Source->Length);
	Destination->Length = (USHORT)(Destination->Length + Source->Length);
	terminate(Destination);
	return (NTSTATUS)STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
	UNICODE_STRING source;
	NTSTATUS status;

	if (!Source)
		return (NTSTATUS)STATUS_SUCCESS;
	status = RtlInitUnicodeStringEx(&source, Source);
	return status == (NTSTATUS)STATUS_SUCCESS
		       ? RtlAppendUnicodeStringToString(Destination, &source)
		       : status;
}

/* converting */

/* Room for @bytes, which the caller has or wants to be given. */
static npfs_status room_for(void **bufferp, USHORT *maximump, size_t bytes, bool allocates)
{
	if (bytes > BYTES_MAX)
		return STATUS_INVALID_PARAMETER_2;
	if (!allocates)
		return *maximump < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	*bufferp = heap_process_alloc(bytes, true);
	*maximump = (USHORT)bytes;
	return *bufferp ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
					    PCANSI_STRING SourceString,
					    BOOLEAN AllocateDestinationString)
{
	bool is_invalid = false;
	size_t units = text_to_wide(SourceString->Buffer, SourceString->Length, NULL, 0,
				    &is_invalid);
	void *buffer = DestinationString->Buffer;
	npfs_status status = room_for(&buffer, &DestinationString->MaximumLength,
				      (units + 1) * sizeof(WCHAR),
				      AllocateDestinationString);

	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	DestinationString->Buffer = buffer;
	DestinationString->Length = (USHORT)(units * sizeof(WCHAR));
	text_to_wide(SourceString->Buffer, SourceString->Length, buffer, units, &is_invalid);
	terminate(DestinationString);
	return (NTSTATUS)STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString,
					    PCUNICODE_STRING SourceString,
					    BOOLEAN AllocateDestinationString)
{
	size_t n = SourceString->Length / sizeof(WCHAR);
	bool is_invalid = false;
	size_t bytes = text_to_utf8(SourceString->Buffer, n, NULL, 0, &is_invalid);
	void *buffer = DestinationString->Buffer;
	npfs_status status = room_for(&buffer, &DestinationString->MaximumLength, bytes + 1,
				      AllocateDestinationString);

	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	DestinationString->Buffer = buffer;
	DestinationString->Length = (USHORT)bytes;
	text_to_utf8(SourceString->Buffer, n, buffer, bytes, &is_invalid);
	DestinationString->Buffer[bytes] = '\0';
	return (NTSTATUS)STATUS_SUCCESS;
}

/* comparing; upper case is that of pipe names */

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
	return (WCHAR)npfs_upcase16((uint16_t)SourceCharacter);
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString,
				      PCUNICODE_STRING SourceString,
				      BOOLEAN AllocateDestinationString)
{
	void *buffer = DestinationString->Buffer;
	npfs_status status = room_for(&buffer, &DestinationString->MaximumLength,
				      SourceString->Length, AllocateDestinationString);

	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	DestinationString->Buffer = buffer;
	DestinationString->Length = SourceString->Length;
	for (size_t i = 0; i < SourceString->Length / sizeof(WCHAR); i++)
		DestinationString->Buffer[i] = RtlUpcaseUnicodeChar(SourceString->Buffer[i]);
	return (NTSTATUS)STATUS_SUCCESS;
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
				   BOOLEAN CaseInSensitive)
{
	size_t n1 = String1->Length / sizeof(WCHAR), n2 = String2->Length / sizeof(WCHAR);

	for (size_t i = 0; i < n1 && i < n2; i++) {
		WCHAR a = String1->Buffer[i], b = String2->Buffer[i];

		if (CaseInSensitive) {
			a = RtlUpcaseUnicodeChar(a);
			b = RtlUpcaseUnicodeChar(b);
		}
		if (a != b)
			return (LONG)(uint16_t)a - (LONG)(uint16_t)b;
	}
	return (LONG)n1 - (LONG)n2;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
				    BOOLEAN CaseInSensitive)
{
	return String1->Length == String2->Length &&
	       RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}
