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

/* Where a signal that was sent to a thread is. */
enum np_signal_place {
	NP_SIGNAL_TAKEN,  /* the thread has it, or is gone, or nobody can tell */
	NP_SIGNAL_COMING, /* the thread runs and takes it next */
	NP_SIGNAL_HELD,	  /* the thread blocks it, or is in the kernel and takes it before it
			   * does anything else */
};

/* np_signal_place() - where signal @sig of thread @tid is, if it has been sent */
enum np_signal_place np_signal_place(uint32_t tid, int sig);
