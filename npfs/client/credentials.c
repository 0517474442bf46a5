/* SPDX-License-Identifier: MIT */
/*
 * Changing what the kernel takes the calling thread for (model: credentials.h)
 *
 * A thread that became half of somebody, or cannot get back, must not go on: it would do with
 * one user's rights what another one asked for. Becoming is undone where it fails; where
 * undoing fails the process ends.
 */
#include "npfs/client/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <npfs/security.h>

#define CAP_WORDS NP_ARRAY_LEN(((struct np_credentials *)0)->caps)

/* np_credentials_stuck() - say what could not be undone, and end the process */
NP_NORETURN void np_credentials_stuck(const char *what)
{
	static const char text[] = "npfs: a thread cannot get back to its own user: ";
	const struct iovec parts[] = {
		{(void *)(uintptr_t)text, sizeof(text) - 1},
		{(void *)(uintptr_t)what, strlen(what)},
		{(void *)(uintptr_t) "\n", 1},
	};

	if (writev(STDERR_FILENO, parts, NP_ARRAY_LEN(parts)) < 0)
		abort(); /* without a word */
	abort();
}

static int caps_get(struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, caps) < 0 ? -1 : 0;
}

static int caps_set(const struct __user_cap_data_struct *caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, caps) < 0 ? -1 : 0;
}

static bool has_cap(const struct np_credentials *c, unsigned cap)
{
	return c->caps[cap / 32].effective & 1u << cap % 32;
}

/* np_credentials_n_gids() - in how many supplementary groups the calling thread is */
uint32_t np_credentials_n_gids(void)
{
	long n = syscall(SYS_getgroups, 0, NULL);

	return n < 0 ? NP_CREDENTIALS_GIDS_MAX : (uint32_t)n;
}

/**
 * np_credentials_save() - remember what the calling thread is
 * @gids:	for its groups, @room of them; @c->gids is this
 *
 * Return: false: too little room.
 */
bool np_credentials_save(struct np_credentials *c, uint32_t *gids, uint32_t room)
{
	long n = syscall(SYS_getgroups, (int)room, gids);

	/* Asked for none the kernel answers how many there are. */
	if (n < 0 || (uint32_t)n > room || caps_get(c->caps) < 0)
		return false;
	c->uid = (uint32_t)syscall(SYS_geteuid);
	c->gid = (uint32_t)syscall(SYS_getegid);
	c->n_gids = (uint32_t)n;
	c->gids = gids;
	return true;
}

/* np_credentials_may_become() - may a thread that is @c become that? */
bool np_credentials_may_become(const struct np_credentials *c,
			       const struct npfs_identity_info *info)
{
	return has_cap(c, CAP_SETUID) && has_cap(c, CAP_SETGID) &&
	       !(info->flags & NPFS_IDENTITY_SOME_GROUPS) &&
	       (info->uid != 0 || c->uid == 0);
}

/**
 * np_credentials_restore() - the way back
 *
 * The capabilities come first, they are needed for the rest; changing the user may take them
 * or give more of them, so they are set once more.
 */
void np_credentials_restore(const struct np_credentials *before)
{
	if (caps_set(before->caps) < 0)
		np_credentials_stuck("capset");
	if (syscall(SYS_setresuid, -1, before->uid, -1) < 0)
		np_credentials_stuck("setresuid");
	if (caps_set(before->caps) < 0)
		np_credentials_stuck("capset");
	if (syscall(SYS_setresgid, -1, before->gid, -1) < 0)
		np_credentials_stuck("setresgid");
	if (syscall(SYS_setgroups, before->n_gids, before->gids) < 0)
		np_credentials_stuck("setgroups");
}

/**
 * np_credentials_become() - the way there, for a thread that may
 * @before:	what it is
 *
 * Return: false: it still is what it was.
 */
bool np_credentials_become(const struct np_credentials *before,
			   const struct npfs_identity_info *info)
{
	bool is_nobody = info->flags & NPFS_IDENTITY_ANONYMOUS;
	uint32_t uid = is_nobody ? NP_CREDENTIALS_NOBODY : info->uid;
	uint32_t gid = is_nobody ? NP_CREDENTIALS_NOBODY : info->gid;
	struct __user_cap_data_struct caps[CAP_WORDS];
	unsigned i;

	if (syscall(SYS_setgroups, is_nobody ? 0 : info->n_gids, info->gids) < 0)
		return false;
	if (syscall(SYS_setresgid, -1, gid, -1) < 0 ||
	    syscall(SYS_setresuid, -1, uid, -1) < 0)
		goto back;
	if (uid == 0)
		return true;
	memcpy(caps, before->caps, sizeof(caps));
	for (i = 0; i < CAP_WORDS; i++)
		caps[i].effective = 0;
	if (caps_set(caps) == 0)
		return true;
back:
	np_credentials_restore(before);
	return false;
}
