/* SPDX-License-Identifier: MIT */
/*
 * Change notification on the root directory (npfs-semantics 7.10): NtNotifyChangeDirectoryFile
 * and ReadDirectoryChangesW.
 *
 * The first call on a file says what is watched, and from then on changes are kept for the
 * file between its calls. A thread of its own waits for them; it ends with the file.
 */
#pragma once

#include <stdbool.h>

struct directory_notify;
struct npfs_op;
struct pipe_object;

/* directory_notify_close() - the last handle of the root file is gone */
void directory_notify_close(struct pipe_object *root);

/* directory_notify_free() - the file is gone; NULL is harmless */
void directory_notify_free(struct directory_notify *notify);

/* directory_notify_cancel() - as npfs_end_cancel(), for the calls that wait on a root */
unsigned directory_notify_cancel(struct pipe_object *root,
				 bool (*match)(const struct npfs_op *op, void *arg),
				 void *arg);
