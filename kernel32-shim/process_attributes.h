/* SPDX-License-Identifier: MIT */
/*
 * Lists of attributes for CreateProcess
 *
 * The program owns the memory of a list, which is as large as InitializeProcThreadAttributeList
 * says, and everything that an attribute's value points to, until the list is deleted: the
 * list keeps the pointers, and they are followed when a process is created.
 *
 *	attribute		here
 *	HANDLE_LIST		of the handles that can be inherited only these are
 *	PARENT_PROCESS		this process itself; CreateProcess refuses another one with
 *				ERROR_NOT_SUPPORTED, since a Linux process has the parent that
 *				forked it
 *	MITIGATION_POLICY	accepted, and without meaning
 *	PREFERRED_NODE		likewise
 *	others			refused by UpdateProcThreadAttribute with ERROR_NOT_SUPPORTED
 */
#pragma once

#include <windows.h>

struct process_request;

/*
 * process_attributes_apply() - have a request follow a list
 * @list: borrowed for as long as the request is used; NULL: nothing is asked for
 *
 * Return: 0; ERROR_INVALID_PARAMETER: it was not initialised; ERROR_INVALID_HANDLE: of the
 * parent; ERROR_NOT_SUPPORTED: another parent.
 */
DWORD process_attributes_apply(const struct _PROC_THREAD_ATTRIBUTE_LIST *list,
			       struct process_request *request);
