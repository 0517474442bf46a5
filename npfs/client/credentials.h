/* SPDX-License-Identifier: MIT */
/*
 * What the kernel takes the calling thread for, and changing that
 *
 * By system calls of this thread alone; the C library's wrappers change all threads. Only the
 * effective ids, the supplementary groups and the effective capabilities move. Real and saved
 * ids stay, so the other user can neither signal nor trace the thread, and the permitted
 * capabilities stay for the way back.
 *
 * Everything here may be called in a signal handler, and in the child of a fork.
 */
#pragma once

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/macro.h"

struct npfs_identity_info;

/* What a thread was before it became somebody else. */
struct np_credentials {
	uint32_t uid;
	uint32_t gid;
	uint32_t n_gids;
	uint32_t *gids; /* owned by whom the room is */
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
};

/* The most groups that a thread can be in. */
#define NP_CREDENTIALS_GIDS_MAX 65536u

uint32_t np_credentials_n_gids(void);
bool np_credentials_save(struct np_credentials *c, uint32_t *gids, uint32_t room) NP_MUST_CHECK;
bool np_credentials_may_become(const struct np_credentials *c,
			       const struct npfs_identity_info *info);
bool np_credentials_become(const struct np_credentials *before,
			   const struct npfs_identity_info *info) NP_MUST_CHECK;
void np_credentials_restore(const struct np_credentials *before);
NP_NORETURN void np_credentials_stuck(const char *what);

/* The ids of nobody to the kernel: the overflow ids, which own nothing by convention. */
#define NP_CREDENTIALS_NOBODY 65534u
