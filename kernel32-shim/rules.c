/* SPDX-License-Identifier: MIT */
/*
 * Rows of the personality table, cached
 *
 * The personality changes at most a few times in a process's life, and a table of values
 * that was published is never taken back, so readers need no lock.
 *
 * A program that defined _WIN32_WINNT of at least 0x0500 before it included <windows.h>
 * carries npfs_kernel32_winnt_target and gets the personality `modern`.
 */
#include "kernel32-shim/rules.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <npfs/npfs.h>

#define WINNT_MODERN 0x0500

__attribute__((weak)) extern int npfs_kernel32_winnt_target;

static struct rules fallback;
static struct rules *_Atomic current;

static void load(struct rules *rules, const char *personality)
{
	rules->personality = personality;
	rules->offset_must_be_zero = npfs_rule("offset_must_be_zero") > 0;
	rules->overflow_sends_packet = npfs_rule("overflow_sends_packet") > 0;
	rules->overlapped_io = npfs_rule("overlapped_io") > 0;
	rules->control_fails_late = npfs_rule("control_fails_late") > 0;
	rules->identity_queries = npfs_rule("identity_queries") > 0;
	rules->first_instance_flag = npfs_rule("first_instance_flag") > 0;
	rules->reject_remote_flag = npfs_rule("reject_remote_flag") > 0;
	rules->anonymous_name = npfs_rule("anonymous_name") > 0;
	rules->colon_name = npfs_rule("colon_name") > 0;
	rules->path_max = npfs_rule("path_max");
	rules->server_error = (DWORD)npfs_rule("server_error");
	rules->wait_bad_name_error = (DWORD)npfs_rule("wait_bad_name_error");
	rules->wait_no_pipe_error = (DWORD)npfs_rule("wait_no_pipe_error");
	rules->open_no_pipe_error = (DWORD)npfs_rule("open_no_pipe_error");
}

const struct rules *rules_get(void)
{
	const char *personality = npfs_personality_get();
	struct rules *rules = atomic_load_explicit(&current, memory_order_acquire);

	if (rules && rules->personality == personality)
		return rules;
	rules = malloc(sizeof(*rules));
	if (!rules) {
		load(&fallback, personality);
		return &fallback;
	}
	load(rules, personality);
	atomic_store_explicit(&current, rules, memory_order_release);
	return rules;
}

__attribute__((constructor)) static void rules_set_up(void)
{
	if (&npfs_kernel32_winnt_target && npfs_kernel32_winnt_target >= WINNT_MODERN)
		npfs_personality_set("modern");
}
