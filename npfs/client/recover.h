/* SPDX-License-Identifier: MIT */
/*
 * Recovering from the death of the broker
 *
 * The program need not call anything: when the main connection breaks, or an end that
 * listens sees that nobody can come any more, a thread of the library's is started. It makes
 * the main connection anew, which claims what this process has (conn.c), starts a broker if
 * that is allowed, and otherwise tries until there is one. Then it has the ends fetch their
 * new channels, and ends. A process without anything to claim does nothing until it needs a
 * broker.
 *
 * It is a thread of its own because both things may take long, and the engine must not stand
 * still meanwhile.
 */
#pragma once

/* np_recover_kick() - the broker may be gone; returns at once. Under any lock but those of
 * the connections and the registry */
void np_recover_kick(void);

/* np_recover_fork_child() - there is no such thread here */
void np_recover_fork_child(void);
