/* SPDX-License-Identifier: MIT */
/*
 * Shared objects round a fork(); all else is in npfs/object.h
 */
#pragma once

/* From pthread_atfork(): the list of objects is at rest, and the child has none of them. */
void np_object_fork_prepare(void);
void np_object_fork_parent(void);
void np_object_fork_child(void);
