/* SPDX-License-Identifier: MIT */
/*
 * The audit session of a process, which stands for Windows' session number
 */
#pragma once

#include <stdint.h>

/* np_session_of() - session of process @pid; 0 when it has none or cannot be asked */
uint32_t np_session_of(uint32_t pid);
