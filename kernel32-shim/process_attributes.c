/* SPDX-License-Identifier: MIT */
/* Lists of attributes.  What each means is in process_attributes.h. */
#include "kernel32-shim/process_attributes.h"

#include <stdbool.h>
#include <stdint.h>

#include "kernel32-shim/process_create.h"
#include "kernel32-shim/thread.h"

#define LIST_MAGIC 0x7473696c72747461u /* "attrlist" */

struct attribute {
	DWORD_PTR number;
	SIZE_T size;
	const void *value; /* the program's */
};

struct _PROC_THREAD_ATTRIBUTE_LIST {
	uint64_t magic;
	DWORD n, n_max;
	struct attribute attribute[];
};

/* The sizes that an attribute's value may have: one, or any multiple of it. */
static const struct kind {
	DWORD_PTR number;
	SIZE_T unit;
	SIZE_T most; /* units; 0: no limit */
} kinds[] = {
	{PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, sizeof(HANDLE), 1},
	{PROC_THREAD_ATTRIBUTE_HANDLE_LIST, sizeof(HANDLE), 0},
	{PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, sizeof(USHORT), 1},
	{PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, sizeof(DWORD), 4},
};

static const struct kind *kind_of(DWORD_PTR number)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].number == number)
			return &kinds[i];
	return NULL;
}

static const struct attribute *find(const struct _PROC_THREAD_ATTRIBUTE_LIST *list,
				    DWORD_PTR number)
{
	for (DWORD i = 0; i < list->n; i++)
		if (list->attribute[i].number == number)
			return &list->attribute[i];
	return NULL;
}

BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
					      DWORD dwAttributeCount, DWORD dwFlags,
					      PSIZE_T lpSize)
{
	SIZE_T needed = sizeof(*lpAttributeList) +
			dwAttributeCount * sizeof(struct attribute);
	bool fits;

	if (dwFlags || !lpSize)
		return thread_fail(ERROR_INVALID_PARAMETER);
	fits = lpAttributeList && *lpSize >= needed;
	*lpSize = needed;
	if (!fits)
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	lpAttributeList->magic = LIST_MAGIC;
	lpAttributeList->n = 0;
	lpAttributeList->n_max = dwAttributeCount;
	return TRUE;
}

BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList,
				      DWORD dwFlags, DWORD_PTR Attribute, PVOID lpValue,
				      SIZE_T cbSize, PVOID lpPreviousValue,
				      PSIZE_T lpReturnSize)
{
	const struct kind *kind = kind_of(Attribute);

	if (dwFlags || lpPreviousValue || lpReturnSize || !lpAttributeList ||
	    lpAttributeList->magic != LIST_MAGIC)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!kind)
		return thread_fail(ERROR_NOT_SUPPORTED);
	if (!cbSize || cbSize % kind->unit || (kind->most && cbSize / kind->unit > kind->most))
		return thread_fail(ERROR_BAD_LENGTH);
	if (find(lpAttributeList, Attribute))
		return thread_fail(ERROR_OBJECT_NAME_EXISTS);
	if (lpAttributeList->n == lpAttributeList->n_max)
		return thread_fail(ERROR_GEN_FAILURE);
	lpAttributeList->attribute[lpAttributeList->n++] = (struct attribute){
		.number = Attribute,
		.size = cbSize,
		.value = lpValue,
	};
	return TRUE;
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList)
{
	lpAttributeList->magic = 0;
}

static DWORD check_parent(HANDLE h)
{
	DWORD pid = GetProcessId(h);

	if (!pid)
		return ERROR_INVALID_HANDLE;
	return pid == GetCurrentProcessId() ? 0 : ERROR_NOT_SUPPORTED;
}

DWORD process_attributes_apply(const struct _PROC_THREAD_ATTRIBUTE_LIST *list,
			       struct process_request *request)
{
	const struct attribute *handles, *parent;

	if (!list)
		return 0;
	if (list->magic != LIST_MAGIC)
		return ERROR_INVALID_PARAMETER;
	handles = find(list, PROC_THREAD_ATTRIBUTE_HANDLE_LIST);
	if (handles) {
		request->handles = handles->value;
		request->n_handles = handles->size / sizeof(HANDLE);
	}
	parent = find(list, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS);
	return parent ? check_parent(*(const HANDLE *)parent->value) : 0;
}
