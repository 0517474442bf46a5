/* SPDX-License-Identifier: MIT */
/*
 * Reaching the broker, and starting it when it is the user's own and not there
 *
 * The path is chosen as proto/place.h says. A machine-wide broker is never started from
 * here; at $NPFS_SOCKET and at the user's own place one is, unless NPFS_NO_AUTOSTART is
 * set to something other than 0. Starters queue at a lock file beside the socket and
 * look again when they have it, so that twenty of them get one broker.
 */
#pragma once

#include "npfs/base/macro.h"

int np_start_connect_only(int *fdp) NP_MUST_CHECK;
int np_start_connect(int *fdp) NP_MUST_CHECK;
