/* SPDX-License-Identifier: MIT */
/*
 * Looking at the name space from outside (contract: <npfs/inspect.h>)
 */
#include <npfs/inspect.h>

#include "npfs/client/call.h"
#include "npfs/client/process.h"

npfs_status npfs_broker_query(struct npfs_broker_info *infop)
{
	struct np_call_stats stats;
	npfs_status status;

	if (infop->size != sizeof(*infop))
		return STATUS_INVALID_PARAMETER;
	np_process_init();
	status = np_call_stats(&stats);
	if (status != STATUS_SUCCESS)
		return status;
	infop->pid = stats.broker_pid;
	infop->n_clients = stats.n_clients;
	infop->n_pipes = stats.n_pipes;
	infop->n_instances = stats.n_instances;
	infop->n_waiters = stats.n_waiters;
	infop->n_accepted = stats.n_accepted;
	infop->n_dropped = stats.n_dropped;
	infop->n_requests = stats.n_requests;
	return STATUS_SUCCESS;
}
