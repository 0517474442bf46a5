/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of pipes: asking for them and changing them.
 *
 * A descriptor belongs to the name: both ends of all instances see the same one and may
 * change it, each with the rights that end was granted when it was made (npfs-semantics
 * 9.1, 9.2). The broker checks these rights, keeps the descriptor and enforces it at every
 * open and every further instance; nothing of it is in shared memory.
 *
 * Threads and fork: as in <npfs/pipe.h>.
 *
 * Sources: npfs-semantics.md section 9; [MS-DTYP] 2.4.6, 2.4.7.
 *
 * Since: 0.1
 */
#ifndef NPFS_SECURITY_H
#define NPFS_SECURITY_H

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

#ifdef __cplusplus
}
#endif
#endif
