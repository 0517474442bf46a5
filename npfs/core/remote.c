/* SPDX-License-Identifier: MIT */
/*
 * Sessions of remote clients, counted by distinct pipe
 *
 * The articles count connections by pipe, not by instance, and by client computer; a
 * session is that computer's book. A count hangs in the map as the number itself.
 */
#include "npfs/core/remote.h"

#include <assert.h>
#include <stdlib.h>

#include "npfs/base/upcase.h"
#include "npfs/core/pipe.h"
#include "npfs/nt/pipe.h"

void np_remote_session_init(struct np_remote_session *session, bool is_anonymous)
{
	np_map_init(&session->pipes);
	session->n_pipes = 0;
	session->is_anonymous = is_anonymous;
}

void np_remote_session_fini(struct np_remote_session *session)
{
	np_map_fini(&session->pipes);
	session->n_pipes = 0;
}

static uintptr_t count_get(const struct np_remote_session *session, const uint16_t *key,
			   size_t len)
{
	return (uintptr_t)np_map_get(&session->pipes, key, len * sizeof(*key));
}

static int count_put(struct np_remote_session *session, const uint16_t *key, size_t len,
		     uintptr_t n)
{
	return np_map_put(&session->pipes, key, len * sizeof(*key), (void *)n);
}

/* Is the part of the name behind its last backslash on the list of Q126645? */
static bool is_listed(const struct np_remote_policy *policy, const uint16_t *name,
		      size_t name_len)
{
	size_t from = name_len;

	while (from && name[from - 1] != '\\')
		from--;
	for (size_t i = 0; i < policy->n_listed; i++)
		if (np_upcase_equal(policy->listed[i], policy->listed_len[i], name + from,
				    name_len - from))
			return true;
	return false;
}

static npfs_status check_null_session(const struct np_remote_policy *policy,
				      const struct np_remote_session *session,
				      const uint16_t *name, size_t name_len)
{
	if (!session->is_anonymous || !policy->restricts_null_sessions ||
	    !np_rule_get(policy->personality, NP_RULE_NULL_SESSION_LIST))
		return STATUS_SUCCESS;
	return is_listed(policy, name, name_len) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static npfs_status open_counted(struct np_volume *volume,
				const struct np_remote_policy *policy,
				struct np_remote_session *session,
				const struct np_req_open *req, const uint16_t *name,
				const uint16_t *key, size_t name_len,
				struct np_volume_open *openp)
{
	int64_t max = np_rule_get(policy->personality, NP_RULE_REMOTE_PIPES_MAX);
	uintptr_t n = count_get(session, key, name_len);
	struct np_req_open remote = *req;
	npfs_status status;

	if (!n && (int64_t)session->n_pipes >= max)
		return np_rule_status(policy->personality, NP_RULE_REMOTE_PIPES_STATUS);
	if (count_put(session, key, name_len, n + 1) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	session->n_pipes += !n;
	remote.flags |= NP_OPEN_REMOTE;
	status = np_volume_open(volume, &remote, name, name_len, openp);
	if (status != STATUS_SUCCESS)
		np_remote_closed(session, name, name_len);
	return status;
}

npfs_status np_remote_open(struct np_volume *volume, const struct np_remote_policy *policy,
			   struct np_remote_session *session, const struct np_req_open *req,
			   const uint16_t *name, size_t name_len,
			   struct np_remote_open *openp)
{
	npfs_status status = check_null_session(policy, session, name, name_len);
	uint16_t *key;

	if (status != STATUS_SUCCESS)
		return status;
	key = np_pipe_key_new(name, name_len);
	if (!key)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = open_counted(volume, policy, session, req, name, key, name_len,
			      &openp->open);
	free(key);
	if (status != STATUS_SUCCESS)
		return status;
	openp->is_message_mode = openp->open.instance->pipe->type == FILE_PIPE_MESSAGE_TYPE;
	return STATUS_SUCCESS;
}

void np_remote_closed(struct np_remote_session *session, const uint16_t *name,
		      size_t name_len)
{
	uint16_t *key = np_pipe_key_new(name, name_len);
	uintptr_t n;

	if (!key)
		return; /* the place stays taken: too strict is safe */
	n = count_get(session, key, name_len);
	if (n == 1) {
		np_map_remove(&session->pipes, key, name_len * sizeof(*key));
		session->n_pipes--;
	} else if (n > 1) {
		int r = count_put(session, key, name_len, n - 1);

		assert(r == 0); /* replacing a value allocates nothing */
		(void)r;
	}
	free(key);
}

npfs_status np_remote_check_write(const struct np_remote_policy *policy, uint32_t pipe_type,
				  uint64_t len)
{
	int64_t max = np_rule_get(policy->personality, NP_RULE_REMOTE_MESSAGE_MAX);

	if (pipe_type != FILE_PIPE_MESSAGE_TYPE || len <= (uint64_t)max)
		return STATUS_SUCCESS;
	return np_rule_status(policy->personality, NP_RULE_MESSAGE_TOO_LONG_STATUS);
}
