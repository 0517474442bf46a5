/* SPDX-License-Identifier: MIT */
/*
 * Process-wide set-up
 *
 * The personality is a copy of a row of core/personality.def that never changes after it
 * was published: setting it publishes another copy, readers keep what they loaded. $NPFS_
 * PERSONALITY wins over the call, $NPFS_RULES ("rule=value,...") over both.
 */
#include "npfs/client/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <npfs/npfs.h>

#include "npfs/base/log.h"
#include "npfs/base/procfs.h"
#include "npfs/client/call.h"
#include "npfs/client/end.h"
#include "npfs/client/engine.h"
#include "npfs/client/identity.h"
#include "npfs/client/object.h"
#include "npfs/client/recover.h"
#include "npfs/client/registry.h"
#include "npfs/client/thread.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_once_t personality_once = PTHREAD_ONCE_INIT;
static const struct np_personality *_Atomic current;

static void fork_prepare(void)
{
	np_object_fork_prepare();
	np_engine_fork_prepare();
	np_registry_fork_prepare();
}

static void fork_parent(void)
{
	np_registry_fork_parent();
	np_engine_fork_parent();
	np_object_fork_parent();
}

static void fork_child(void)
{
	np_registry_fork_child();
	np_recover_fork_child();
	np_object_fork_child();
	np_engine_fork_child();
	np_call_fork_child();
	np_identity_fork_child();
	np_thread_fork_child();
}

static uint32_t session; /* children of a fork are in the same one */

static void process_set_up(void)
{
	const char *trace = getenv("NPFS_TRACE");

	session = np_session_of((uint32_t)getpid());
	np_trace_io = trace && (!strcmp(trace, "io") || !strcmp(trace, "all"));
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

void np_process_init(void)
{
	pthread_once(&once, process_set_up);
}

/*
 * Early, so that at a fork the engine's lock is taken after the locks of those who stand on
 * this library and call it with them held.
 */
__attribute__((constructor(101))) static void process_load(void)
{
	np_process_init();
}

uint32_t np_process_session(void)
{
	np_process_init();
	return session;
}

/* A copy of @base with $NPFS_RULES applied; @base itself when there is nothing to apply. */
static const struct np_personality *with_rules(const struct np_personality *base)
{
	const char *rules = getenv("NPFS_RULES");
	struct np_personality *copy;

	if (!rules)
		return base;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return base;
	*copy = *base;
	if (np_personality_apply(copy, rules) < 0) {
		np_log(NP_LOG_WARNING, "NPFS_RULES is not understood: %s", rules);
		free(copy);
		return base;
	}
	return copy;
}

static void personality_set_up(void)
{
	const char *name = getenv("NPFS_PERSONALITY");
	const struct np_personality *found = NULL;

	if (name) {
		found = np_personality_find(name);
		if (!found)
			np_log(NP_LOG_WARNING, "no personality is called %s", name);
	}
	atomic_store(&current, with_rules(found ? found : np_personality_default()));
}

const struct np_personality *np_personality(void)
{
	const struct np_personality *p =
		atomic_load_explicit(&current, memory_order_acquire);

	if (p)
		return p;
	pthread_once(&personality_once, personality_set_up);
	return atomic_load_explicit(&current, memory_order_acquire);
}

npfs_status npfs_personality_set(const char *name)
{
	const struct np_personality *found = np_personality_find(name);

	if (!found)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	np_personality();
	if (!getenv("NPFS_PERSONALITY"))
		atomic_store(&current, with_rules(found));
	return STATUS_SUCCESS;
}

const char *npfs_personality_get(void)
{
	return np_personality()->name;
}

int64_t npfs_rule(const char *row)
{
	enum np_rule rule = np_rule_find(row);

	return rule == NP_RULE_COUNT ? -1 : np_rule(rule);
}

void np_rule_fired(enum np_rule rule)
{
	const struct np_rule_info *info = np_rule_info(rule);

	np_debug(NP_DEBUG_NAME, "restriction %s (%s) applies; to lift it: %s", info->name,
		 info->source, info->lift);
}

const char *npfs_version(void)
{
	return NPFS_VERSION;
}
