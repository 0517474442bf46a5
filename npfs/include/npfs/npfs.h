/* SPDX-License-Identifier: MIT */
/*
 * Windows named pipes on POSIX: the whole public API of libnpfs.
 *
 * The name space is held by a broker, npfsd: the one at $NPFS_SOCKET, else the machine's,
 * else the user's own, which the library starts when it is not there.
 *
 * Since: 0.1
 */
#ifndef NPFS_NPFS_H
#define NPFS_NPFS_H

#include <npfs/aio.h>
#include <npfs/dir.h>
#include <npfs/inspect.h>
#include <npfs/name.h>
#include <npfs/object.h>
#include <npfs/pipe.h>
#include <npfs/security.h>
#include <npfs/status.h>
#include <npfs/text.h>
#include <npfs/tracing.h>

#ifdef __cplusplus
extern "C" {
#endif

/* npfs_version() - the library's version, as text; never freed */
NPFS_EXPORT const char *npfs_version(void);

#ifdef __cplusplus
}
#endif
#endif
