/* SPDX-License-Identifier: MIT */
/*
 * Telling whoever started the broker that it listens
 */
#pragma once

void np_notify_parent(int fd);
void np_notify_ready(int ready_fd);
