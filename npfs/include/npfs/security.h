/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of pipes, and acting as the client of one.
 *
 * Descriptors.
 *
 * A descriptor belongs to the name: both ends of all instances see the same one and may
 * change it, each with the rights that end was granted when it was made (npfs-semantics
 * 9.1, 9.2). The broker checks these rights, keeps the descriptor and enforces it at every
 * open and every further instance; nothing of it is in shared memory.
 *
 * Identities. The broker tells a server who its client is, and the kernel told the broker. A
 * thread can wear an identity: then the kernel and the broker take it for that one. What it
 * takes, and what happens without it, is said at npfs_end_impersonate(). Other threads
 * of the process never change.
 *
 * Threads and fork: as in <npfs/pipe.h>. In the child of a fork the one thread there is
 * wears what it wore before.
 *
 * Sources: npfs-semantics.md section 9; [MS-DTYP] 2.4.6, 2.4.7.
 *
 * Since: 0.1
 */
#ifndef NPFS_SECURITY_H
#define NPFS_SECURITY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/pipe.h>
#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parts of a descriptor, as SECURITY_INFORMATION has them. */
#define NPFS_SECURITY_OWNER 0x1u /* to get: READ_CONTROL, to set: WRITE_OWNER */
#define NPFS_SECURITY_GROUP 0x2u /* to get: READ_CONTROL, to set: WRITE_OWNER */
#define NPFS_SECURITY_DACL  0x4u /* to get: READ_CONTROL, to set: WRITE_DAC */
#define NPFS_SECURITY_SACL  0x8u /* ACCESS_SYSTEM_SECURITY */

/*
 * npfs_end_get_security() - parts of the descriptor of the end's pipe
 * @information: NPFS_SECURITY_ bits; those of Windows that are not listed mean nothing
 * @sd: @size bytes for a self-relative descriptor; may be NULL with @size 0
 * @neededp: bytes the parts take, with STATUS_SUCCESS and STATUS_BUFFER_TOO_SMALL
 *
 * A client end has the descriptor also after its server closed. Waits for the broker.
 * Return: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_ACCESS_DENIED: the end was not
 * granted the right; STATUS_PIPE_DISCONNECTED: detached client, or the broker was started
 * anew since; STATUS_INVALID_HANDLE; STATUS_INSUFFICIENT_RESOURCES; STATUS_UNSUCCESSFUL.
 */
NPFS_EXPORT npfs_status npfs_end_get_security(struct npfs_end *end, uint32_t information,
					      void *sd, uint32_t size, uint32_t *neededp);

/*
 * npfs_end_set_security() - replace parts of the descriptor of the end's pipe
 * @information: NPFS_SECURITY_ bits
 * @sd: self-relative, borrowed
 * @len: bytes
 *
 * Holds for opens and instances from then on; ends that exist keep what they were granted.
 * A DACL that @sd does not have is taken away, and then everybody is admitted. Waits for
 * the broker.
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED, STATUS_PIPE_DISCONNECTED,
 * STATUS_INVALID_HANDLE as above; STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_SID,
 * STATUS_INVALID_ACL: malformed; STATUS_INVALID_OWNER: none, or one the caller may not
 * appoint; STATUS_INVALID_PRIMARY_GROUP: none; STATUS_NOT_SUPPORTED: an integrity label;
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_end_set_security(struct npfs_end *end, uint32_t information,
					      const void *sd, uint32_t len);

/* Levels of impersonation, as SECURITY_IMPERSONATION_LEVEL has them. */
#define NPFS_LEVEL_ANONYMOUS	  0u
#define NPFS_LEVEL_IDENTIFICATION 1u
#define NPFS_LEVEL_IMPERSONATION  2u
#define NPFS_LEVEL_DELEGATION	  3u

/* flags of struct npfs_identity_info */
#define NPFS_IDENTITY_ANONYMOUS	     0x1u /* nobody; uid, gid and groups mean nothing */
#define NPFS_IDENTITY_REMOTE	     0x2u /* came over the network */
#define NPFS_IDENTITY_EFFECTIVE_ONLY 0x4u /* privileges not enabled are left out */
#define NPFS_IDENTITY_SOME_GROUPS    0x8u /* not all groups are known */
#define NPFS_IDENTITY_PROCESS	     0x10u /* what this process is itself */

/* Who somebody is, and how much of it may be used. */
struct npfs_identity_info {
	uint32_t size; /* sizeof(struct npfs_identity_info) */
	uint32_t flags;
	uint32_t level; /* NPFS_LEVEL_ */
	uint32_t uid;
	uint32_t gid;
	uint32_t pid;     /* of the process it was learned from; 0: none */
	uint32_t session; /* of that process */
	uint32_t n_gids;
	const uint32_t *gids; /* supplementary groups, ascending */
};

struct npfs_identity;
struct npfs_thread;

/* npfs_identity_ref() - another owner; returns @identity. Any thread, never blocks */
NPFS_EXPORT struct npfs_identity *npfs_identity_ref(struct npfs_identity *identity);

/* npfs_identity_unref() - one owner less; NULL is harmless. Any thread, never blocks */
NPFS_EXPORT void npfs_identity_unref(struct npfs_identity *identity);

/*
 * npfs_identity_process() - what this process is, by its effective ids
 * @identityp: the caller owns it; level impersonation
 *
 * The answer is that of the process also in a thread that impersonates. Never blocks.
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_identity_process(struct npfs_identity **identityp);

/*
 * npfs_identity_new() - an identity made up by the caller
 * @info: borrowed, copied; groups are put in order
 * @privileges: those it has, by their numbers (SeSecurityPrivilege is bit 8)
 * @enabled: those of them that are enabled
 *
 * To wear it takes what it takes with any other. Never blocks.
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: size, level; STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_identity_new(const struct npfs_identity_info *info,
					  uint64_t privileges, uint64_t enabled,
					  struct npfs_identity **identityp);

/*
 * npfs_identity_look() - what is in an identity
 * Return: borrowed, valid as long as the identity. Never blocks.
 */
NPFS_EXPORT const struct npfs_identity_info *
npfs_identity_look(const struct npfs_identity *identity);

/*
 * npfs_identity_privileges(), npfs_identity_enabled() - which it has, which are enabled
 * npfs_identity_adjust() - it has only those in @privileges left, and those in @enabled
 * enabled
 *
 * A mark for programs and for servers that impersonate later; the broker decides by users
 * and groups, not by these. Any thread, never blocks.
 */
NPFS_EXPORT uint64_t npfs_identity_privileges(const struct npfs_identity *identity);
NPFS_EXPORT uint64_t npfs_identity_enabled(const struct npfs_identity *identity);
NPFS_EXPORT void npfs_identity_adjust(struct npfs_identity *identity, uint64_t privileges,
				      uint64_t enabled);

/*
 * npfs_identity_set_defaults() - what somebody with this identity makes belongs to whom, when
 * nobody says
 * @sd: self-relative, borrowed: owner, group and DACL count; NULL with @len 0: nothing is said
 *
 * For layers that make things; this one does not look at it. Any thread, never blocks.
 * Return: STATUS_SUCCESS; STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_SID,
 * STATUS_INVALID_ACL: malformed; STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_identity_set_defaults(struct npfs_identity *identity,
						   const void *sd, uint32_t len);

/*
 * npfs_identity_get_defaults() - what npfs_identity_set_defaults() was told
 * @sd: @size bytes; may be NULL with @size 0
 * @neededp: bytes it takes, 0 when nothing was said
 *
 * Any thread, never blocks. Return: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL.
 */
NPFS_EXPORT npfs_status npfs_identity_get_defaults(struct npfs_identity *identity, void *sd,
						   uint32_t size, uint32_t *neededp);

/*
 * npfs_identity_is_member() - is this identifier one of the identity's?
 * @sid: in bytes, borrowed
 * @len: of @sid
 *
 * Its user, its groups and the well-known ones, as the broker finds them; but for the group
 * that the broker was told is Administrators and for the services, which only it knows. False
 * for bytes that are no identifier. Any thread, never blocks.
 */
NPFS_EXPORT bool npfs_identity_is_member(const struct npfs_identity *identity,
					 const void *sid, uint32_t len);

/* What the generic rights stand for on one kind of object. */
struct npfs_access_mapping {
	uint32_t read, write, execute, all;
};

/*
 * npfs_access_check() - may that identity have this access to something with this descriptor?
 * @sd: self-relative, borrowed
 * @len: of @sd
 * @desired: rights; MAXIMUM_ALLOWED asks for all there are
 * @mapping: borrowed
 * @grantedp: the rights granted, written with STATUS_SUCCESS
 * @usedp: the privileges that it took, by their numbers as bits; likewise; may be NULL
 *
 * The broker's check, [MS-DTYP] 2.5.3.2, for things that the caller protects himself. Of the
 * privileges those that are enabled count: SeSecurityPrivilege, SeTakeOwnershipPrivilege. Any
 * thread, never blocks.
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED; STATUS_PRIVILEGE_NOT_HELD: only that for
 * ACCESS_SYSTEM_SECURITY is missing; STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_SID,
 * STATUS_INVALID_ACL: malformed.
 */
NPFS_EXPORT npfs_status npfs_access_check(const void *sd, uint32_t len,
					  const struct npfs_identity *identity,
					  uint32_t desired,
					  const struct npfs_access_mapping *mapping,
					  uint32_t *grantedp, uint64_t *usedp);

/*
 * npfs_end_client_identity() - who the client of a server end is (section 9.4)
 * @identityp: the caller owns it; its level is that which the client allows
 *
 * As the kernel told the broker when the client opened. Without SECURITY_SQOS_PRESENT, or
 * with SECURITY_CONTEXT_TRACKING, there is none before something was read, and then it is what
 * the client's thread was at the write that was read last; that asks the broker once for each
 * change.
 * Return: STATUS_SUCCESS; STATUS_ILLEGAL_FUNCTION: client end; STATUS_CANNOT_IMPERSONATE:
 * not there, not yet, or nothing the broker knows of; STATUS_INSUFFICIENT_RESOURCES.
 */
NPFS_EXPORT npfs_status npfs_end_client_identity(struct npfs_end *end,
						 struct npfs_identity **identityp);

/*
 * npfs_end_impersonate() - the calling thread goes on as the client (section 9.3)
 *
 * With CAP_SETUID and CAP_SETGID this thread, and no other, has the client's user and groups
 * until npfs_thread_revert(): for files and everything the kernel checks by effective ids.
 * A server without these capabilities, that is not the same user with the same groups,
 * gets the level lowered to identification: it learns who the client is and cannot act as
 * it. The same holds for a client in more groups than the protocol carries, and for uid 0
 * when the server is not uid 0 itself. Opens and creates of this thread are made as the
 * client from then on; at identification level they are refused.
 *
 * Return: as npfs_end_client_identity().
 */
NPFS_EXPORT npfs_status npfs_end_impersonate(struct npfs_end *end);

/*
 * npfs_thread_impersonate() - the calling thread goes on as @identity
 * @identity: borrowed; the thread becomes another owner
 *
 * A thread that wears one already changes to the new one. As npfs_end_impersonate().
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES, then the thread is what its
 * process is.
 */
NPFS_EXPORT npfs_status npfs_thread_impersonate(struct npfs_identity *identity);

/* npfs_thread_revert() - the calling thread is what its process is. Never fails */
NPFS_EXPORT void npfs_thread_revert(void);

/*
 * npfs_thread_set_identity() - another thread of this process goes on as @identity
 * @thread: of npfs_thread_self() (<npfs/aio.h>)
 * @identity: borrowed; NULL: as what its process is
 *
 * As if that thread had called npfs_thread_impersonate(), or npfs_thread_revert(): when this
 * returns, whatever it opens from then on it opens as @identity, through this library or by
 * a system call. It is told by a real-time signal, the highest that is free; a call it is in is
 * made again where the kernel does that (SA_RESTART), and others, such as poll(), end
 * with EINTR once. A thread that blocks the signal goes on as @identity when it next calls the
 * library or unblocks it, and so does every thread of a program that has handlers for all of
 * them. Of several that tell one thread the last one counts. Waits for the thread, not in a
 * signal handler.
 *
 * Return: STATUS_SUCCESS; STATUS_THREAD_IS_TERMINATING: it has ended;
 * STATUS_INSUFFICIENT_RESOURCES: nothing has changed. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_thread_set_identity(struct npfs_thread *thread,
						 struct npfs_identity *identity);

/*
 * npfs_thread_get_identity() - what another thread of this process wears, or has been told to
 * @thread: of npfs_thread_self()
 *
 * Any thread, does not wait for @thread. Return: counted, the caller owns it; NULL: it is what
 * its process is, or has ended. Since: 0.1
 */
NPFS_EXPORT struct npfs_identity *npfs_thread_get_identity(struct npfs_thread *thread);

/*
 * npfs_thread_identity() - what the calling thread wears
 * Return: counted, the caller owns it; NULL: it is what its process is.
 */
NPFS_EXPORT struct npfs_identity *npfs_thread_identity(void);

/*
 * npfs_thread_may_act() - can the calling thread reach for things as what it wears?
 *
 * For layers that open other things than pipes: without this they would be opened as what
 * the process is. Never blocks.
 * Return: STATUS_SUCCESS, also for a thread that wears nothing; STATUS_BAD_IMPERSONATION_LEVEL:
 * it knows who that is and cannot be it.
 */
NPFS_EXPORT npfs_status npfs_thread_may_act(void);

/*
 * npfs_identity_pause(), npfs_identity_resume() - be the process for a moment
 *
 * Around the making of a thread or a process, which would inherit the calling thread's
 * credentials. In pairs, on one thread; cheap for a thread that wears nothing.
 */
NPFS_EXPORT void npfs_identity_pause(void);
NPFS_EXPORT void npfs_identity_resume(void);

/*
 * npfs_thread_start() - a thread that takes nothing of the calling one along
 * @run:     what it does; borrowed code
 * @arg:     handed to @run; owned by whom the two agree on
 * @stack:   bytes of stack; 0: what the system gives
 * @threadp: for pthread_join(), which is then owed; NULL: the thread is detached
 *
 * For layers that have threads of their own: the new one has every signal blocked, so the
 * program's handlers do not run on it, and it is what the process is, whatever the calling
 * thread wears. pthread_create() would hand both down. Never blocks. In the child of a
 * fork the thread does not exist.
 *
 * Return: 0; EAGAIN, EINVAL, ENOMEM: as pthread_attr_setstacksize() and pthread_create(),
 * nothing was started. Since: 0.1
 */
NPFS_EXPORT int npfs_thread_start(void *(*run)(void *), void *arg, size_t stack,
				  pthread_t *threadp);

#ifdef __cplusplus
}
#endif
#endif
