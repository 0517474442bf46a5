/* SPDX-License-Identifier: MIT */
/*
 * The machine's own domain
 *
 * Windows gives each installation a random domain, S-1-5-21-a-b-c, for its local accounts.
 * Here it is made from the identifier of the installation (machine-id(5)), or from the
 * host name where there is none, so that it is the same in every process and after every
 * start, and another on another machine. The identifier itself is not to be shown to
 * others; the three numbers are a digest of it that does not tell it.
 *
 * Users and groups of Unix are not in this domain but in S-1-22-1 and S-1-22-2. The only
 * identities made from it are those that are the machine's by definition: its built-in
 * administrator (500) and guest (501), which nobody's token holds.
 */
#pragma once

#include <windows.h>

/* machine_sid() - S-1-5-21-a-b-c; made at the first call, from any thread */
const SID *machine_sid(void);
