/* SPDX-License-Identifier: MIT */
/*
 * The registry's list (model: registry.h)
 *
 * Who was part of a round moves to the end of the list, so the next one is at its beginning
 * and the last one at its end: a round over 10,000 instances is 10,000 steps.
 */
#include "npfs/client/registry.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "npfs/base/fd.h"
#include "npfs/client/end.h"

/* How long a broker takes to die, from one descriptor's end to the other's. */
#define DYING_MS 200

static struct {
	pthread_mutex_t lock;
	struct np_list list; /* np_registered.link */
	uint64_t epoch;
	uint64_t look;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER, .list = NP_LIST_INIT(registry.list)};

void np_registry_lock(void)
{
	pthread_mutex_lock(&registry.lock);
}

void np_registry_unlock(void)
{
	pthread_mutex_unlock(&registry.lock);
}

static void drop_next(struct np_registered *reg)
{
	if (!reg->has_next)
		return;
	reg->has_next = false;
	reg->next.shm_fd = np_fd_close(reg->next.shm_fd);
	reg->next.sock_fd = np_fd_close(reg->next.sock_fd);
}

static void set_sock(struct np_registered *reg, int sock)
{
	reg->sock = sock;
	reg->listens = sock >= 0;
	reg->is_orphan = false;
	drop_next(reg);
}

/* np_registry_enter() - an instance was made; it listens on @sock */
void np_registry_enter(struct np_registered *reg, uint64_t id, uint64_t warrant, int sock)
{
	np_registry_lock();
	reg->id = id;
	reg->warrant = warrant;
	reg->epoch = registry.epoch;
	reg->is_lost = false;
	set_sock(reg, sock);
	if (!reg->is_entered) {
		reg->is_entered = true;
		np_list_init(&reg->link);
		np_list_push_back(&registry.list, &reg->link);
	}
	np_registry_unlock();
}

/* np_registry_listens() - it listens again, on @sock */
void np_registry_listens(struct np_registered *reg, int sock)
{
	np_registry_lock();
	if (reg->is_entered)
		set_sock(reg, sock);
	np_registry_unlock();
}

/* np_registry_remove() - this process does not answer for it any more. Twice is harmless */
void np_registry_remove(struct np_registered *reg)
{
	np_registry_lock();
	if (reg->is_entered) {
		set_sock(reg, -1);
		np_list_remove(&reg->link);
		reg->is_entered = false;
	}
	np_registry_unlock();
}

/* np_registry_forget_sock() - @sock will be closed; nothing when it is not the one known */
void np_registry_forget_sock(struct np_registered *reg, int sock)
{
	np_registry_lock();
	if (reg->is_entered && reg->sock == sock)
		set_sock(reg, -1);
	np_registry_unlock();
}

/* np_registry_take_next() - is there another channel to listen on? The caller's then */
bool np_registry_take_next(struct np_registered *reg, struct np_call_channel *channelp)
{
	bool has_next;

	np_registry_lock();
	has_next = reg->is_entered && reg->has_next;
	if (has_next) {
		*channelp = reg->next;
		reg->has_next = false;
		reg->is_orphan = false;
	}
	np_registry_unlock();
	return has_next;
}

/*
 * np_registry_orphan() - the end has seen that nobody can come over the channel of @sock
 *
 * Return: whether there may be another one; false when the instance is lost.
 */
bool np_registry_orphan(struct np_registered *reg, int sock)
{
	bool may_return;

	np_registry_lock();
	may_return = reg->is_entered && !reg->is_lost;
	if (may_return && reg->sock == sock)
		reg->is_orphan = true;
	np_registry_unlock();
	return may_return;
}

bool np_registry_is_empty(void)
{
	bool is_empty;

	np_registry_lock();
	is_empty = np_list_is_empty(&registry.list);
	np_registry_unlock();
	return is_empty;
}

/* claiming */

/* np_registry_begin_round() - everything is to be claimed. Return: the round's number */
uint64_t np_registry_begin_round(void)
{
	uint64_t epoch;

	np_registry_lock();
	epoch = ++registry.epoch;
	np_registry_unlock();
	return epoch;
}

/* What is to be seen on the socket: 1: a packet, 0: the end, -1: neither. */
static int peek(int sock)
{
	char byte;
	ssize_t n;

	do {
		n = recv(sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 1;
	return n == 0 || errno != EAGAIN ? 0 : -1;
}

/* Is nobody there at the other end of the channel, and was nobody? */
static bool has_dead_channel(const struct np_registered *reg)
{
	struct pollfd pfd = {.fd = reg->sock, .events = POLLIN};
	int seen;

	if (!reg->listens || reg->sock < 0)
		return false;
	seen = peek(reg->sock);
	if (seen < 0 && poll(&pfd, 1, DYING_MS) > 0)
		seen = peek(reg->sock);
	return seen == 0;
}

/* np_registry_next_claim() - one that was not in round @epoch yet. Return: is there one? */
bool np_registry_next_claim(uint64_t epoch, struct np_registry_claim *claimp)
{
	struct np_list *node;
	bool found = false;

	np_registry_lock();
	node = np_list_first(&registry.list);
	if (node) {
		struct np_registered *reg =
			np_list_entry(node, struct np_registered, link);

		found = reg->epoch != epoch;
		if (found) {
			reg->epoch = epoch;
			np_list_remove(&reg->link);
			np_list_push_back(&registry.list, &reg->link);
			claimp->id = reg->id;
			claimp->warrant = reg->warrant;
			claimp->listens = has_dead_channel(reg);
		}
	}
	np_registry_unlock();
	return found;
}

/* From the end of the list: the one that was claimed last is there. */
static struct np_registered *find(uint64_t id)
{
	struct np_list *node;

	for (node = registry.list.prev; node != &registry.list; node = node->prev) {
		struct np_registered *reg =
			np_list_entry(node, struct np_registered, link);

		if (reg->id == id)
			return reg;
	}
	return NULL;
}

/**
 * np_registry_answer() - what the broker said about an instance
 * @id:		which; nothing happens when it has left the registry meanwhile
 * @status:	STATUS_INVALID_HANDLE: it is lost
 * @channel:	another channel for it, or one without descriptors; taken in any case
 */
void np_registry_answer(uint64_t id, npfs_status status, struct np_call_channel *channel)
{
	struct np_registered *reg;

	np_registry_lock();
	reg = find(id);
	if (reg && status == STATUS_INVALID_HANDLE)
		reg->is_lost = true;
	if (reg && reg->listens && channel->sock_fd >= 0) {
		set_sock(reg, channel->sock_fd);
		reg->next.shm_fd = np_take_fd(channel->shm_fd);
		reg->next.sock_fd = np_take_fd(channel->sock_fd);
		reg->has_next = true;
	}
	np_registry_unlock();
	channel->shm_fd = np_fd_close(channel->shm_fd);
	channel->sock_fd = np_fd_close(channel->sock_fd);
}

/* np_registry_find_orphan() - an instance that has no channel to listen on, or 0 */
uint64_t np_registry_find_orphan(void)
{
	struct np_list *node;
	uint64_t id = 0;

	np_registry_lock();
	np_list_for_each (node, &registry.list) {
		struct np_registered *reg =
			np_list_entry(node, struct np_registered, link);

		if (reg->is_orphan && reg->listens && !reg->has_next && !reg->is_lost) {
			id = reg->id;
			break;
		}
	}
	np_registry_unlock();
	return id;
}

/* np_registry_begin_looks() - Return: the number of a new round */
uint64_t np_registry_begin_looks(void)
{
	uint64_t look;

	np_registry_lock();
	look = ++registry.look;
	np_registry_unlock();
	return look;
}

/**
 * np_registry_ends() - ends that should look at what has become of them
 * @look:	a round; those that were in it already are left out, the others are now
 * @ends:	counted references
 * @cap:	how many
 *
 * Return: how many there are.
 */
unsigned np_registry_ends(uint64_t look, struct npfs_end **ends, unsigned cap)
{
	struct np_list *node;
	unsigned n = 0;

	np_registry_lock();
	np_list_for_each (node, &registry.list) {
		struct np_registered *reg =
			np_list_entry(node, struct np_registered, link);

		if (reg->look == look || (!reg->has_next && !reg->is_lost))
			continue;
		if (n == cap)
			break;
		reg->look = look;
		np_end_ref(reg->end);
		ends[n++] = reg->end;
	}
	np_registry_unlock();
	return n;
}

void np_registry_fork_prepare(void)
{
	np_registry_lock();
}

void np_registry_fork_parent(void)
{
	np_registry_unlock();
}

/* np_registry_fork_child() - what was entered is the parent's */
void np_registry_fork_child(void)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&registry.list)) != NULL) {
		struct np_registered *reg =
			np_list_entry(node, struct np_registered, link);

		set_sock(reg, -1);
		reg->is_entered = false;
	}
	np_registry_unlock();
}
