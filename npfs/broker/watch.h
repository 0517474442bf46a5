/* SPDX-License-Identifier: MIT */
/*
 * Clients that wait for something to happen to the names (op_watch.c)
 */
#pragma once

struct np_broker;
struct np_client;

/* np_watch_settle() - answer those for whom there is something; may drop clients */
void np_watch_settle(struct np_broker *broker);

/* np_watch_forget() - @client waits no more; np_watch_end() - nor does it subscribe */
void np_watch_forget(struct np_client *client);
void np_watch_end(struct np_client *client);
