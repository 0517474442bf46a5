/* SPDX-License-Identifier: MIT */
/*
 * Threads that belong to the library or to a layer on it, not to the program
 *
 * What a thread hands down to the ones it makes is its signal mask and its credentials;
 * either would surprise here: a helper thread that takes the program's signals, or one
 * that goes on as a client after its maker has reverted.
 */
#include <pthread.h>
#include <signal.h>

#include <npfs/security.h>

static int start(const pthread_attr_t *attr, void *(*run)(void *), void *arg,
		 pthread_t *threadp)
{
	sigset_t all, saved;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	npfs_identity_pause();
	r = pthread_create(threadp, attr, run, arg);
	npfs_identity_resume();
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return r;
}

int npfs_thread_start(void *(*run)(void *), void *arg, size_t stack, pthread_t *threadp)
{
	pthread_attr_t attr;
	pthread_t detached;
	int r = pthread_attr_init(&attr);

	if (r)
		return r;
	if (!threadp) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		threadp = &detached;
	}
	if (stack)
		r = pthread_attr_setstacksize(&attr, stack);
	if (!r)
		r = start(&attr, run, arg, threadp);
	pthread_attr_destroy(&attr);
	return r;
}
