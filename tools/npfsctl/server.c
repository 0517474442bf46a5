/* SPDX-License-Identifier: MIT */
/*
 * Taking clients (model: server.h)
 */
#include "tools/npfsctl/server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define GENERIC_READ  0x80000000u
#define GENERIC_WRITE 0x40000000u
#define SHARE_BOTH    3u
#define MAKE_NAME     2u /* FILE_CREATE */
#define ADD_INSTANCE  1u /* FILE_OPEN */
#define MAKE_OR_ADD   3u /* FILE_OPEN_IF */

#define QUOTA		65536u
#define DEFAULT_TIMEOUT (-50 * 10000) /* 50 ms, as Windows has it */

/* What the threads of a server share. */
struct crew {
	struct ctl_server *server;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t n_busy; /* clients that are being served */
	int code;	 /* the worst of theirs */
};

struct job {
	struct crew *crew;
	struct npfs_end *end; /* owned */
};

static npfs_status create(const struct ctl_server *server, uint32_t disposition,
			  struct npfs_end **endp)
{
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = SHARE_BOTH,
		.disposition = disposition,
		.type = server->type,
		.read_mode = server->type == NPFS_TYPE_MESSAGE ? NPFS_MODE_MESSAGE :
								 NPFS_MODE_BYTE,
		.max_instances = server->max_instances,
		.inbound_quota = QUOTA,
		.outbound_quota = QUOTA,
		.default_timeout = DEFAULT_TIMEOUT,
	};

	return npfs_pipe_create(server->name.units, server->name.len, &params, endp, NULL);
}

static void *job_main(void *arg)
{
	struct job *job = arg;
	struct crew *crew = job->crew;
	int code = crew->server->serve(job->end, crew->server->user);

	npfs_end_free(job->end);
	free(job);
	pthread_mutex_lock(&crew->lock);
	crew->n_busy--;
	if (code > crew->code)
		crew->code = code;
	pthread_cond_signal(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Has @end, which is taken in any case, served in a thread. Return: exit code. */
static int job_start(struct crew *crew, struct npfs_end *end)
{
	struct job *job = malloc(sizeof(*job));
	pthread_attr_t attr;
	pthread_t thread;
	int r = ENOMEM;

	if (job) {
		*job = (struct job){.crew = crew, .end = end};
		pthread_mutex_lock(&crew->lock);
		crew->n_busy++;
		pthread_mutex_unlock(&crew->lock);
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		r = pthread_create(&thread, &attr, job_main, job);
		pthread_attr_destroy(&attr);
		if (r == 0)
			return CTL_OK;
		pthread_mutex_lock(&crew->lock);
		crew->n_busy--;
		pthread_mutex_unlock(&crew->lock);
	}
	free(job);
	npfs_end_free(end);
	errno = r;
	return ctl_complain_errno("thread");
}

/*
 * Another instance; waits for a client to go when there are as many as there may be. The name
 * may have gone with the last one.
 */
static npfs_status create_next(struct crew *crew, struct npfs_end **endp)
{
	npfs_status status;

	pthread_mutex_lock(&crew->lock);
	while (crew->n_busy >= crew->server->max_instances)
		pthread_cond_wait(&crew->changed, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	status = create(crew->server, ADD_INSTANCE, endp);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		status = create(crew->server, MAKE_OR_ADD, endp);
	return status;
}

/* Takes one client on @end. Return: exit code; the end is taken in any case. */
static int take_client(struct crew *crew, struct npfs_end *end)
{
	npfs_status status = npfs_end_listen(end, NULL);

	/* one that came and went already is served like the others: there may be data */
	if (status == STATUS_SUCCESS || status == STATUS_PIPE_CONNECTED ||
	    status == STATUS_PIPE_CLOSING)
		return job_start(crew, end);
	npfs_end_free(end);
	return ctl_complain(crew->server->name.text, status);
}

/* As many clients as were asked for. Return: exit code. */
static int take_clients(struct crew *crew, struct npfs_end *end)
{
	const struct ctl_server *server = crew->server;
	npfs_status status;
	uint64_t n = 0;
	int code;

	for (;;) {
		code = take_client(crew, end);
		n++;
		if (code != CTL_OK || (server->n_clients > 0 && n >= server->n_clients))
			return code;
		status = create_next(crew, &end);
		if (status != STATUS_SUCCESS)
			return ctl_complain(server->name.text, status);
	}
}

/**
 * ctl_server_run() - serve
 * @server:	borrowed
 *
 * Return: exit code: the worst that serving a client has returned, or what kept it from
 * going on.
 */
int ctl_server_run(struct ctl_server *server)
{
	struct crew crew = {.server = server};
	struct npfs_end *end;
	npfs_status status;
	int code;

	status = create(server, MAKE_NAME, &end);
	if (status == STATUS_ACCESS_DENIED || status == STATUS_INSTANCE_NOT_AVAILABLE) {
		ctl_warn("%s: there is a pipe of this name already", server->name.text);
		return CTL_DENIED;
	}
	if (status != STATUS_SUCCESS)
		return ctl_complain(server->name.text, status);
	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.changed, NULL);
	code = take_clients(&crew, end);
	pthread_mutex_lock(&crew.lock);
	while (crew.n_busy > 0)
		pthread_cond_wait(&crew.changed, &crew.lock);
	if (code == CTL_OK)
		code = crew.code;
	pthread_mutex_unlock(&crew.lock);
	return code;
}
