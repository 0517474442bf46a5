/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of a shared object (contract: <npfs/object.h>)
 *
 * The broker keeps it, and decides by what this process was granted; in the child of a fork
 * the broker knows nothing of the parent's objects.
 */
#include <npfs/object.h>

#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/conn.h"
#include "npfs/client/identity.h"

/* Sends the request as whom the calling thread is. */
static npfs_status call(const struct npfs_object *object, unsigned op,
			uint32_t information, const void *sd, uint32_t len,
			struct np_conn_reply *reply)
{
	struct np_req_object_get_security fixed = {.information = information};
	const struct np_conn_request request = {
		.op = op,
		.fixed = &fixed,
		.extra = sd,
		.extra_len = len,
	};
	struct npfs_object_info info;

	npfs_object_get_info(object, &info);
	fixed.id = info.id;
	return np_identity_call(&request, &fixed.as, reply);
}

npfs_status npfs_object_get_security(struct npfs_object *object, uint32_t information,
				     void *sd, uint32_t size, uint32_t *neededp)
{
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status =
		call(object, NP_OP_OBJECT_GET_SECURITY, information, NULL, 0, &reply);

	if (status == STATUS_SUCCESS) {
		*neededp = (uint32_t)reply.extra_len;
		if (reply.extra_len > size)
			status = STATUS_BUFFER_TOO_SMALL;
		else
			memcpy(sd, reply.extra, reply.extra_len);
	}
	np_conn_reply_fini(&reply);
	return status;
}

npfs_status npfs_object_set_security(struct npfs_object *object, uint32_t information,
				     const void *sd, uint32_t len)
{
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status;

	if (len > NP_WIRE_EXTRA_MAX)
		return STATUS_INVALID_SECURITY_DESCR;
	status = call(object, NP_OP_OBJECT_SET_SECURITY, information, sd, len, &reply);
	np_conn_reply_fini(&reply);
	return status;
}
