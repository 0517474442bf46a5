/* SPDX-License-Identifier: MIT */
/* Parcels through the broker to another process (npfs/parcel.h, broker/deposit.h) */
#include <npfs/parcel.h>

#include <assert.h>

#include "npfs/base/fd.h"
#include "npfs/client/conn.h"

static_assert(NPFS_PARCEL_FDS == NP_WIRE_FDS_MAX, "a packet takes a parcel");
static_assert(NPFS_PARCEL_BODY_MAX == NP_WIRE_EXTRA_MAX, "a packet takes a parcel");

npfs_status npfs_parcel_deposit(const struct npfs_parcel *parcel, uint32_t pid,
				uint32_t access, uint32_t flags, uint32_t *ticketp)
{
	const struct np_req_deposit fixed = {
		.pid = pid,
		.kind = parcel->kind,
		.access = access,
		.flags = flags,
	};
	const struct np_conn_request request = {
		.op = NP_OP_DEPOSIT,
		.fixed = &fixed,
		.extra = parcel->body,
		.extra_len = parcel->len,
		.fds = parcel->fds,
		.n_fds = parcel->n_fds,
	};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = np_conn_call(&request, &reply);

	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status == STATUS_SUCCESS)
		*ticketp = reply.rep.deposit.ticket;
	np_conn_reply_fini(&reply);
	return status;
}

npfs_status npfs_parcel_collect(uint32_t ticket, struct npfs_parcel *parcelp,
				uint32_t *accessp, uint32_t *flagsp)
{
	const struct np_req_collect fixed = {.ticket = ticket};
	const struct np_conn_request request = {.op = NP_OP_COLLECT, .fixed = &fixed};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = np_conn_call(&request, &reply);

	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status == STATUS_SUCCESS) {
		npfs_parcel_init(parcelp);
		parcelp->kind = reply.rep.collect.kind;
		for (unsigned i = 0; i < NP_WIRE_FDS_MAX && reply.fds[i] >= 0; i++)
			parcelp->fds[parcelp->n_fds++] = np_take_fd(reply.fds[i]);
		parcelp->body = reply.extra;
		parcelp->len = (uint32_t)reply.extra_len;
		reply.extra = NULL;
		*accessp = reply.rep.collect.access;
		*flagsp = reply.rep.collect.flags;
	}
	np_conn_reply_fini(&reply);
	return status;
}
