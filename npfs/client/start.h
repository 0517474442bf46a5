/* SPDX-License-Identifier: MIT */
/*
 * Reaching the broker, and starting it when it is the user's own and not there
 *
 * The path is chosen as proto/place.h says. A machine-wide broker is never started from
 * here; at $NPFS_SOCKET and at the user's own place one is, unless NPFS_NO_AUTOSTART is
 * set to something other than 0. Who has the lock file beside the socket starts it, the others
 * wait until it listens, so that twenty of them get one broker. Nobody depends on the one who
 * has the lock: when he stands still there is another lock, and the socket has one owner.
 */
#pragma once

#include "npfs/base/macro.h"

int np_start_connect_only(int *fdp) NP_MUST_CHECK;
int np_start_connect(int *fdp) NP_MUST_CHECK;
