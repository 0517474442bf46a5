/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: the mailbox (model: share.h)
 *
 * What a holder needs descriptors for, and what is not the same for the whole life of an end,
 * lies in one packet of a socket pair that all holders have: the channel, and the receiver's
 * ring and bell. Looking at it (MSG_PEEK) gives a holder descriptors of its own.
 *
 * A packet is replaced by putting the new one behind it, saying in the page that the new one
 * counts, and taking the old one off. Who is killed in between leaves one too many; each has
 * a serial number that is never given out twice, and those that do not count are taken off by
 * whoever finds them in front. All of this is under the page's lock.
 */
#include "npfs/client/share.h"

#include <string.h>
#include <sys/socket.h>

#include "npfs/base/fd.h"
#include "npfs/base/fdpass.h"
#include "npfs/client/end.h"

enum {
	AT_SOCK,
	AT_SHM,
	AT_RING,
	AT_BELL,
	N_FDS,
};

/* What the descriptors of a packet are: those of the channel first, if it has them. */
struct packet {
	uint32_t magic;
	uint32_t version;
	uint64_t generation;
	uint32_t serial;
	uint16_t has_channel;
	uint16_t has_ring;
};

static void init(struct np_mail *mail)
{
	const struct np_call_channel none = NP_CALL_CHANNEL_INIT;

	mail->generation = 0;
	mail->channel = none;
	mail->ring_fd = -1;
	mail->bell_fd = -1;
}

/* np_mail_close() - close what a look gave; twice is harmless */
void np_mail_close(struct np_mail *mail)
{
	mail->channel.sock_fd = np_fd_close(mail->channel.sock_fd);
	mail->channel.shm_fd = np_fd_close(mail->channel.shm_fd);
	mail->ring_fd = np_fd_close(mail->ring_fd);
	mail->bell_fd = np_fd_close(mail->bell_fd);
}

static void close_fds(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fds[i] = np_fd_close(fds[i]);
}

/* The packet in front, left there or taken. Return: false: there is none. */
static bool receive(struct np_share *share, struct packet *packet, int *fds, unsigned *n_fdsp,
		    int flags)
{
	ssize_t n;

	*n_fdsp = 0;
	n = np_fdpass_recv(share->mail_in, packet, sizeof(*packet), fds, N_FDS, n_fdsp,
			   MSG_DONTWAIT | flags);
	if (n <= 0)
		return false;
	if (n != sizeof(*packet) || packet->magic != NP_SHARE_MAGIC ||
	    packet->version != NP_SHARE_VERSION ||
	    *n_fdsp != (packet->has_channel ? 2u : 0u) + (packet->has_ring ? 2u : 0u)) {
		close_fds(fds, *n_fdsp);
		*n_fdsp = 0;
		packet->serial = 0;
	}
	return true;
}

/*
 * np_mail_look() - what the packet says; false: there is none that counts
 * @mailp: written in any case; the caller closes what is in it
 */
bool np_mail_look(struct np_share *share, struct np_mail *mailp)
{
	int fds[N_FDS] = { -1, -1, -1, -1 };
	struct packet packet;
	unsigned n_fds, at = 0;

	init(mailp);
	while (receive(share, &packet, fds, &n_fds, MSG_PEEK)) {
		if (packet.serial && packet.serial == share->page->mail)
			break;
		close_fds(fds, n_fds);
		if (!receive(share, &packet, fds, &n_fds, 0))
			return false;
		close_fds(fds, n_fds);
		n_fds = 0;
	}
	if (!n_fds)
		return false;
	mailp->generation = packet.generation;
	if (packet.has_channel) {
		mailp->channel.sock_fd = fds[at++];
		mailp->channel.shm_fd = fds[at++];
	}
	if (packet.has_ring) {
		mailp->ring_fd = fds[at++];
		mailp->bell_fd = fds[at++];
	}
	return true;
}

/*
 * np_mail_post() - have the others find @mail from now on
 * @mail: everything in it stays the caller's
 *
 * Return: false when it could not be posted: the old one counts.
 */
bool np_mail_post(struct np_share *share, const struct np_mail *mail)
{
	struct np_share_page *page = share->page;
	struct np_mail old;
	struct packet packet = {
		.magic = NP_SHARE_MAGIC,
		.version = NP_SHARE_VERSION,
		.generation = mail->generation,
		.has_channel = mail->channel.sock_fd >= 0,
		.has_ring = mail->ring_fd >= 0,
	};
	int fds[N_FDS];
	unsigned n = 0;

	if (packet.has_channel) {
		fds[n++] = mail->channel.sock_fd;
		fds[n++] = mail->channel.shm_fd;
	}
	if (packet.has_ring) {
		fds[n++] = mail->ring_fd;
		fds[n++] = mail->bell_fd;
	}
	if (++page->mail_last == 0)
		page->mail_last = 1;
	packet.serial = page->mail_last;
	if (np_fdpass_send(share->mail_out, &packet, sizeof(packet), fds, n, MSG_DONTWAIT) < 0)
		return false;
	page->mail = packet.serial;
	np_mail_look(share, &old); /* takes off what does not count any more */
	np_mail_close(&old);
	return true;
}

/* Without the channel the others find the end disconnected; it can listen again. */
static void post_without_channel(struct np_share *share, struct np_mail *mail)
{
	const struct np_call_channel none = NP_CALL_CHANNEL_INIT;
	struct np_mail old;

	mail->channel = none;
	if (np_mail_post(share, mail))
		return;
	share->page->mail = 0; /* not even the old one, which keeps the old channel open */
	np_mail_look(share, &old);
	np_mail_close(&old);
}

/*
 * np_share_new_channel() - the end has another channel, or none
 * @channel: borrowed; NULL: none
 *
 * Under the lock. Whatever others had in flight was on the old one and is over.
 */
void np_share_new_channel(struct npfs_end *end, const struct np_call_channel *channel)
{
	const struct np_call_channel none = NP_CALL_CHANNEL_INIT;
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	struct np_mail old, now;

	np_mail_look(share, &old);
	now = old;
	now.channel = channel ? *channel : none;
	now.generation = page->generation + 1;
	page->generation++;
	share->generation = page->generation;
	share->is_stale = false;
	page->turn[NP_DIR_IN] = NP_SHARE_NOBODY;
	page->turn[NP_DIR_OUT] = NP_SHARE_NOBODY;
	page->queue[NP_DIR_IN].n = 0;
	page->queue[NP_DIR_OUT].n = 0;
	page->has_client = false;
	page->is_gone = false;
	page->is_in_doubt = false;
	page->notes.len = 0;
	if (!np_mail_post(share, &now))
		post_without_channel(share, &now);
	np_mail_close(&old);
	share->rings = true;
}
