/* SPDX-License-Identifier: MIT */
/*
 * Where client and broker meet: socket paths and the locks beside them
 *
 * In this order:
 *
 *	$NPFS_SOCKET			whoever sets it knows why; nothing else is tried
 *	/run/npfs/npfsd.sock		the machine's broker, when somebody listens there
 *	$XDG_RUNTIME_DIR/npfs/npfsd.sock	the user's own broker
 *	<tmpdir>/npfs-<uid>/npfsd.sock	the same, where there is no runtime directory
 *
 * The directory of the user's own broker belongs to the user, is no symbolic link and
 * lets nobody else in; anything else in its place is refused, never used and never
 * repaired. The environment is ignored in a program that runs with more rights than its
 * caller.
 *
 * A lock is a file beside the socket that exists only while somebody wants it: it is
 * created, locked, and removed by its holder before it is unlocked. Whoever locks a file
 * that was removed meanwhile notices (the path leads elsewhere) and begins again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "npfs/base/macro.h"

#define NP_PLACE_MACHINE_DIR    "/run/npfs"
#define NP_PLACE_MACHINE_SOCKET "/run/npfs/npfsd.sock"

/* sizeof(sockaddr_un.sun_path): a longer path cannot be bound. */
#define NP_PLACE_PATH_MAX 108

/* Suffixes of the locks: starting a broker, starting one in the place of somebody who does not
 * get on with it, and taking possession of the socket. */
#define NP_PLACE_START_LOCK   ".start"
#define NP_PLACE_INSTEAD_LOCK ".instead"
#define NP_PLACE_BIND_LOCK    ".bind"

struct np_place {
	char path[NP_PLACE_PATH_MAX];
	char dir[NP_PLACE_PATH_MAX]; /* the user's own directory, or "" */
};

bool np_place_from_env(struct np_place *place, int *errp);
int np_place_user(struct np_place *place) NP_MUST_CHECK;
int np_place_check_dir(const char *dir) NP_MUST_CHECK;

int np_place_connect(const char *path, int *fdp) NP_MUST_CHECK;
int np_place_lock(const char *path, const char *suffix, int *fdp) NP_MUST_CHECK;
int np_place_try_lock(const char *path, const char *suffix, int *fdp) NP_MUST_CHECK;
void np_place_unlock(const char *path, const char *suffix, int fd);
