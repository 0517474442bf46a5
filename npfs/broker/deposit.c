/* SPDX-License-Identifier: MIT */
/* Deposits and those they wait for. The model is in deposit.h. */
#include "npfs/broker/deposit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"

/* A process for which something waits. */
struct np_deposit_target {
	struct np_broker *broker; /* borrowed */
	uint32_t pid;
	int pid_fd; /* owned; in the loop */
	struct np_list deposits; /* struct np_deposit, owned */
};

void np_deposits_init(struct np_deposits *deposits)
{
	np_map_init(&deposits->targets);
	if (getrandom(&deposits->next_ticket, sizeof(deposits->next_ticket),
		      GRND_NONBLOCK) < 0)
		deposits->next_ticket = (uint32_t)getpid();
}

/* Close what is in it and give the budget back. */
static void deposit_drop(struct np_broker *broker, struct np_deposit *deposit)
{
	np_list_remove(&deposit->link);
	for (unsigned i = 0; i < deposit->n_fds; i++)
		np_fd_close(deposit->fds[i]);
	np_user_refund(deposit->user, NP_LIMIT_DEPOSITS, deposit->n_fds + 1);
	np_user_put(&broker->limits, deposit->user);
	free(deposit);
}

static void target_free(struct np_deposit_target *target)
{
	struct np_broker *broker = target->broker;
	struct np_list *node;

	while ((node = np_list_first(&target->deposits)) != NULL)
		deposit_drop(broker, np_list_entry(node, struct np_deposit, link));
	np_map_remove_u64(&broker->deposits.targets, target->pid);
	np_loop_del(&broker->loop, target->pid_fd);
	np_fd_close(target->pid_fd);
	free(target);
	np_broker_client_gone(broker);
}

/* np_deposit_free() - it was collected; with the last one its target is forgotten */
void np_deposit_free(struct np_broker *broker, struct np_deposit *deposit)
{
	struct np_deposit_target *target = deposit->target;

	deposit_drop(broker, deposit);
	if (np_list_is_empty(&target->deposits))
		target_free(target);
}

/* np_deposits_fini() - drop everything */
void np_deposits_fini(struct np_broker *broker)
{
	struct np_map_iter iter = NP_MAP_ITER_INIT;
	void *value;

	while (np_map_next(&broker->deposits.targets, &iter, NULL, NULL, &value))
		target_free(value);
	np_map_fini(&broker->deposits.targets);
}

static bool has_ended(int pid_fd)
{
	struct pollfd fd = {.fd = pid_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static void target_on_event(struct np_loop *loop, int fd, uint32_t events, void *user)
{
	struct np_deposit_target *target = user;

	(void)loop;
	(void)events;
	if (has_ended(fd))
		target_free(target);
}

/*
 * The user of the process behind @pid_fd, which has this number as long as it runs. A
 * process that guards itself against its own user counts as root's.
 */
static npfs_status target_check(uint32_t pid, int pid_fd, uint32_t uid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	if (stat(path, &st) < 0 || has_ended(pid_fd))
		return STATUS_PROCESS_IS_TERMINATING;
	return st.st_uid == uid ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static npfs_status target_new(struct np_broker *broker, uint32_t pid, int pid_fd,
			      struct np_deposit_target **targetp)
{
	struct np_deposit_target *target = calloc(1, sizeof(*target));

	if (!target)
		return STATUS_INSUFFICIENT_RESOURCES;
	target->broker = broker;
	target->pid = pid;
	target->pid_fd = pid_fd;
	np_list_init(&target->deposits);
	if (np_map_put_u64(&broker->deposits.targets, pid, target) < 0) {
		free(target);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (np_loop_add(&broker->loop, pid_fd, EPOLLIN, target_on_event, target) < 0) {
		np_map_remove_u64(&broker->deposits.targets, pid);
		free(target);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*targetp = target;
	return STATUS_SUCCESS;
}

/* The target of this number, when it is the client's user's; made if need be. */
static npfs_status target_get(struct np_client *client, uint32_t pid,
			      struct np_deposit_target **targetp)
{
	struct np_broker *broker = client->broker;
	struct np_deposit_target *target;
	NP_CLEANUP_FD int pid_fd = -1;
	npfs_status status;

	target = np_map_get_u64(&broker->deposits.targets, pid);
	if (target && has_ended(target->pid_fd)) {
		target_free(target);
		target = NULL;
	}
	if (!target) {
		pid_fd = pid ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;
		if (pid_fd < 0)
			return pid && errno == EMFILE ? STATUS_INSUFFICIENT_RESOURCES
						      : STATUS_INVALID_CID;
	}
	status = target_check(pid, target ? target->pid_fd : pid_fd, client->uid);
	if (status == STATUS_SUCCESS && !target)
		status = target_new(broker, pid, pid_fd, &target);
	if (status != STATUS_SUCCESS)
		return status;
	np_take_fd(pid_fd);
	*targetp = target;
	return STATUS_SUCCESS;
}

/**
 * np_deposit_put() - leave a parcel for another process
 * @client:	who leaves it
 * @request:	for whom, and what it says of the parcel
 * @body:	borrowed
 * @len:	bytes
 * @fds:	taken on success: set to -1
 * @n_fds:	at most NP_WIRE_FDS_MAX
 * @ticketp:	receives its number
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_CID: no such process; STATUS_PROCESS_IS_TERMINATING;
 * STATUS_ACCESS_DENIED: another user's; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_deposit_put(struct np_client *client, const struct np_req_deposit *request,
			   const void *body, size_t len, int *fds, unsigned n_fds,
			   uint32_t *ticketp)
{
	struct np_broker *broker = client->broker;
	struct np_deposit_target *target = NULL;
	struct np_deposit *deposit;
	npfs_status status;

	if (!np_user_can_charge(&broker->limits, client->user, NP_LIMIT_DEPOSITS, n_fds + 1))
		return STATUS_INSUFFICIENT_RESOURCES;
	deposit = malloc(sizeof(*deposit) + len);
	if (!deposit)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = target_get(client, request->pid, &target);
	if (status != STATUS_SUCCESS) {
		free(deposit);
		return status;
	}
	np_list_init(&deposit->link);
	deposit->target = target;
	deposit->user = client->user;
	deposit->ticket = broker->deposits.next_ticket++ & NP_TICKET_MASK;
	deposit->kind = request->kind;
	deposit->access = request->access;
	deposit->flags = request->flags;
	deposit->n_fds = n_fds;
	for (unsigned i = 0; i < n_fds; i++)
		deposit->fds[i] = np_take_fd(fds[i]);
	deposit->len = len;
	if (len > 0)
		memcpy(deposit->body, body, len);
	np_user_charge(client->user, NP_LIMIT_DEPOSITS, n_fds + 1);
	np_list_push_back(&target->deposits, &deposit->link);
	*ticketp = deposit->ticket;
	return STATUS_SUCCESS;
}

/* np_deposit_take() - what waits for @pid under @ticket, or NULL; it stays the broker's */
struct np_deposit *np_deposit_take(struct np_broker *broker, uint32_t pid, uint32_t ticket)
{
	struct np_deposit_target *target = np_map_get_u64(&broker->deposits.targets, pid);
	struct np_list *node;

	if (!target)
		return NULL;
	np_list_for_each (node, &target->deposits) {
		struct np_deposit *deposit =
			np_list_entry(node, struct np_deposit, link);

		if (deposit->ticket == ticket)
			return deposit;
	}
	return NULL;
}
