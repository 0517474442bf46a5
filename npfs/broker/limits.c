/* SPDX-License-Identifier: MIT */
/*
 * Budgets per user (theory: limits.h)
 */
#include "npfs/broker/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/err.h"

static const struct {
	const char *name;
	uint64_t value;
} limit_infos[NP_LIMIT_COUNT] = {
#define NP_LIMIT_INFO(NAME, name_, value_) [NP_LIMIT_##NAME] = {(name_), (value_)},
	NP_LIMIT_LIST(NP_LIMIT_INFO)
#undef NP_LIMIT_INFO
};

/* np_limit_values_init() - the limits nobody has changed */
void np_limit_values_init(struct np_limit_values *values)
{
	unsigned i;

	for (i = 0; i < NP_LIMIT_COUNT; i++)
		values->max[i] = limit_infos[i].value;
}

/* np_limit_values_set() - change one, "name=value". Return: whether it is a limit */
bool np_limit_values_set(struct np_limit_values *values, const char *setting)
{
	const char *equals = strchr(setting, '=');
	unsigned long long value;
	char *end = NULL;
	unsigned i;

	if (!equals || equals[1] < '0' || equals[1] > '9')
		return false;
	errno = 0;
	value = strtoull(equals + 1, &end, 10);
	if (errno != 0 || *end)
		return false;
	for (i = 0; i < NP_LIMIT_COUNT; i++) {
		const char *name = limit_infos[i].name;
		size_t len = (size_t)(equals - setting);

		if (strlen(name) == len && memcmp(name, setting, len) == 0) {
			values->max[i] = value;
			return true;
		}
	}
	return false;
}

/* np_limits_init() - nobody has used anything yet */
void np_limits_init(struct np_limits *limits, const struct np_limit_values *values)
{
	limits->values = *values;
	np_map_init(&limits->users);
	np_map_init(&limits->retired);
	np_list_init(&limits->retired_all);
}

/* np_limits_fini() - release; everything charged has been refunded */
void np_limits_fini(struct np_limits *limits)
{
	assert(np_map_len(&limits->users) == 0);
	np_map_fini(&limits->users);
	np_map_fini(&limits->retired);
}

/**
 * np_user_get() - the account of a user, made if need be
 * @limits:	the limits
 * @uid:	the user
 * @userp:	borrowed from @limits; stays while something is charged to it, and until
 *		np_user_put()
 *
 * Return: 0 or -ENOMEM.
 */
int np_user_get(struct np_limits *limits, uint32_t uid, struct np_user **userp)
{
	struct np_user *user = np_map_get_u64(&limits->users, uid);
	int r;

	if (!user) {
		user = calloc(1, sizeof(*user));
		if (!user)
			return np_err(-ENOMEM);
		user->uid = uid;
		np_list_init(&user->retired);
		np_turn_user_init(&user->turns);
		r = np_map_put_u64(&limits->users, uid, user);
		if (r < 0) {
			free(user);
			return r;
		}
	}
	*userp = user;
	return 0;
}

/* np_user_put() - forget the user when nothing is charged to it and nobody keeps it */
void np_user_put(struct np_limits *limits, struct np_user *user)
{
	unsigned i;

	if (user->n_keepers > 0)
		return;
	for (i = 0; i < NP_LIMIT_COUNT; i++)
		if (user->used[i] > 0)
			return;
	np_map_remove_u64(&limits->users, user->uid);
	free(user);
}

/* np_user_can_charge() - is there room for @n more under this limit? */
bool np_user_can_charge(const struct np_limits *limits, const struct np_user *user,
			enum np_limit limit, uint64_t n)
{
	uint64_t max = limits->values.max[limit];

	return user->used[limit] <= max && n <= max - user->used[limit];
}

/* np_user_charge() - take @n from the budget; np_user_can_charge() has been asked */
void np_user_charge(struct np_user *user, enum np_limit limit, uint64_t n)
{
	user->used[limit] += n;
}

/* np_user_refund() - give back what was charged */
void np_user_refund(struct np_user *user, enum np_limit limit, uint64_t n)
{
	assert(user->used[limit] >= n);
	user->used[limit] -= n;
}
