/* SPDX-License-Identifier: MIT */
/*
 * Calls that an implementation may lack, with their declared types: API(SleepEx)(0, TRUE)
 * calls the function, or skips the case with its name as the reason (late.h). Only the type
 * of the name is used, so nothing is linked.
 */
#pragma once

#include "conformance/late.h"

/* A security call. */
static inline late_fn api_sec_need(const char *name)
{
	return late_need("advapi32.dll", name);
}

#define API(name)     ((__typeof__(&name))late_need("kernel32.dll", #name))
#define API_SEC(name) ((__typeof__(&name))api_sec_need(#name))
