/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tells about a process in /proc
 */
#pragma once

#include <stdint.h>

/* np_session_of() - audit session of process @pid, which stands for Windows' session number;
 * 0 when it has none or cannot be asked */
uint32_t np_session_of(uint32_t pid);

/* np_process_born() - when a process was started, in the kernel's ticks; 0: it is not there */
uint64_t np_process_born(uint32_t pid);
