/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading the journal (model: journal.h)
 */
#include "npfs/broker/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/object.h"
#include "npfs/broker/token.h"

#define JOURNAL_MAGIC	UINT64_C(0x316c6e6a7366706e) /* "npfsjnl1" */
#define BOOT_ID_LEN	40
#define RETRY_NS	NP_NS_PER_SEC

/* Written anew when it is longer than this and than four times what it then was. */
#define SIZE_LEAST (256u * 1024)

/* No broker has more to say, whatever its limits are: a larger file is not a journal. */
#define SIZE_MOST (UINT64_C(1) << 32)

enum kind {
	KIND_HEAD = 1,
	KIND_PIPE = 2,
	KIND_DESCRIPTOR = 3,
	KIND_INSTANCE = 4,
	KIND_GONE = 5,
	KIND_OBJECT = 6,
	KIND_OBJECT_DESCRIPTOR = 7,
	KIND_HOLDER = 8,
	KIND_LEFT = 9,
};

struct record {
	uint32_t len; /* with this header, a multiple of 8 */
	uint32_t kind;
	uint64_t sum; /* of what follows the header */
};

struct head_record {
	uint64_t magic;
	char boot_id[BOOT_ID_LEN];
	uint64_t secret[2];
	uint64_t next_id;
	uint64_t next_serial;
};

struct descriptor_record {
	uint64_t serial;
	uint64_t sd_len;
};

struct left_record {
	uint64_t object;
	uint64_t number;
};

/* A sum against writes that did not end, not against people: only the broker writes here. */
static uint64_t sum_of(uint32_t kind, const uint8_t *p, size_t len)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ kind;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static void boot_id(char id[BOOT_ID_LEN])
{
	NP_CLEANUP_FD int fd =
		open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(id, 0, BOOT_ID_LEN);
	if (fd >= 0 && read(fd, id, BOOT_ID_LEN - 1) < 0)
		memset(id, 0, BOOT_ID_LEN);
}

/* np_journal_init() - for the broker at @socket_path; nothing is opened yet */
void np_journal_init(struct np_journal *journal, const char *socket_path)
{
	memset(journal, 0, sizeof(*journal));
	journal->fd = -1;
	snprintf(journal->path, sizeof(journal->path), "%s" NP_JOURNAL_SUFFIX, socket_path);
}

/* np_journal_fini() - release; @stays: for the next broker, else the file goes. Twice is
 * harmless */
void np_journal_fini(struct np_journal *journal, bool stays)
{
	if (journal->fd >= 0 && !stays)
		unlink(journal->path);
	journal->fd = np_fd_close(journal->fd);
	free(np_take_ptr(journal->buf));
	journal->len = journal->cap = 0;
	journal->path[0] = '\0';
}

/* writing */

/* Room for @len more bytes, zeroed; NULL without memory. */
static uint8_t *buf_extend(struct np_journal *journal, size_t len)
{
	uint8_t *at;

	if (journal->cap - journal->len < len) {
		size_t cap = NP_ALIGN_UP(journal->len + len, 65536);
		uint8_t *buf = realloc(journal->buf, cap);

		if (!buf)
			return NULL;
		journal->buf = buf;
		journal->cap = cap;
	}
	at = journal->buf + journal->len;
	memset(at, 0, len);
	journal->len += len;
	return at;
}

static void add(struct np_journal *journal, enum kind kind, const void *fixed,
		size_t fixed_len, const void *name, size_t name_len, const void *sd,
		size_t sd_len)
{
	size_t name_room = NP_ALIGN_UP(name_len, 8), sd_room = NP_ALIGN_UP(sd_len, 8);
	size_t len = sizeof(struct record) + fixed_len + name_room + sd_room;
	struct record record = { .len = (uint32_t)len, .kind = kind };
	uint8_t *at;

	if (!journal->path[0])
		return;
	at = buf_extend(journal, len);
	if (!at) {
		journal->has_failed = true;
		return;
	}
	memcpy(at + sizeof(record), fixed, fixed_len);
	if (name_len > 0)
		memcpy(at + sizeof(record) + fixed_len, name, name_len);
	if (sd_len > 0)
		memcpy(at + sizeof(record) + fixed_len + name_room, sd, sd_len);
	record.sum = sum_of(kind, at + sizeof(record), len - sizeof(record));
	memcpy(at, &record, sizeof(record));
}

static void add_head(struct np_broker *broker)
{
	struct head_record head = {
		.magic = JOURNAL_MAGIC,
		.secret = { broker->secret.key[0], broker->secret.key[1] },
		.next_id = broker->volume.next_id,
		.next_serial = broker->volume.next_serial,
	};

	boot_id(head.boot_id);
	add(&broker->journal, KIND_HEAD, &head, sizeof(head), NULL, 0, NULL, 0);
}

/* np_journal_add_pipe() - a name came */
void np_journal_add_pipe(struct np_broker *broker, const struct np_pipe *pipe)
{
	const struct np_token *token =
		pipe->token ? np_container_of(pipe->token, struct np_token, done) : NULL;
	const struct np_journal_pipe record = {
		.serial = pipe->serial,
		.type = pipe->type,
		.config = pipe->config,
		.max_instances = pipe->max_instances,
		.rules = pipe->rules,
		.default_timeout = pipe->default_timeout,
		.rejects_remote = pipe->rejects_remote,
		.payer = token ? token->user->uid : UINT32_MAX,
		.name_len = (uint32_t)(pipe->name_len * sizeof(*pipe->name)),
		.sd_len = (uint32_t)pipe->sd_len,
	};

	add(&broker->journal, KIND_PIPE, &record, sizeof(record), pipe->name,
	    record.name_len, pipe->sd, pipe->sd_len);
}

/* np_journal_add_descriptor() - the pipe of this number, if it is there, has another one */
void np_journal_add_descriptor(struct np_broker *broker, uint64_t serial)
{
	const struct np_pipe *pipe = np_volume_find_serial(&broker->volume, serial);
	struct descriptor_record record = { .serial = serial };

	if (!pipe)
		return;
	record.sd_len = pipe->sd_len;
	add(&broker->journal, KIND_DESCRIPTOR, &record, sizeof(record), NULL, 0, pipe->sd,
	    pipe->sd_len);
}

/* np_journal_add_instance() - an instance came, of a pipe that is known */
void np_journal_add_instance(struct np_broker *broker, const struct np_instance *instance)
{
	const struct np_owner *owner = instance->owner;
	const struct np_journal_instance record = {
		.id = instance->id,
		.serial = instance->pipe->serial,
		.born = owner->born,
		.pid = owner->pid,
		.uid = owner->uid,
		.session = owner->session,
		.access = instance->granted_access,
		.inbound_quota = instance->inbound_quota,
		.outbound_quota = instance->outbound_quota,
	};

	add(&broker->journal, KIND_INSTANCE, &record, sizeof(record), NULL, 0, NULL, 0);
}

/* np_journal_add_gone() - nobody will claim the instance of this number */
void np_journal_add_gone(struct np_broker *broker, uint64_t id)
{
	add(&broker->journal, KIND_GONE, &id, sizeof(id), NULL, 0, NULL, 0);
}

/* np_journal_add_object() - an object came; who holds it follows */
void np_journal_add_object(struct np_broker *broker, const struct np_object *object)
{
	const struct np_object_body *body = object->body;
	const struct np_journal_object record = {
		.id = object->id,
		.cookie = { body->cookie[0], body->cookie[1] },
		.page_dev = body->page_dev,
		.page_ino = body->page_ino,
		.type = object->type,
		.flags = object->flags,
		.limit = object->limit,
		.payer = body->user->uid,
		.key_len = (uint32_t)object->key_len,
		.sd_len = (uint32_t)object->sd_len,
	};

	add(&broker->journal, KIND_OBJECT, &record, sizeof(record), object->key,
	    object->key_len, object->sd, object->sd_len);
}

/* np_journal_add_object_descriptor() - the object has another one */
void np_journal_add_object_descriptor(struct np_broker *broker,
				      const struct np_object *object)
{
	const struct descriptor_record record = { .serial = object->id,
						  .sd_len = object->sd_len };

	add(&broker->journal, KIND_OBJECT_DESCRIPTOR, &record, sizeof(record), NULL, 0,
	    object->sd, object->sd_len);
}

/* np_journal_add_holder() - a process holds an object that is known, with so many opens */
void np_journal_add_holder(struct np_broker *broker, const struct np_holder *holder)
{
	const struct np_owner *who = holder->owner->who;
	const struct np_journal_holder record = {
		.object = holder->object->id,
		.born = who->born,
		.pid = who->pid,
		.uid = who->uid,
		.session = who->session,
		.number = holder->number,
		.n_opens = holder->n_opens,
		.granted = holder->granted,
	};

	add(&broker->journal, KIND_HOLDER, &record, sizeof(record), NULL, 0, NULL, 0);
}

/* np_journal_add_left() - and does not any more */
void np_journal_add_left(struct np_broker *broker, const struct np_holder *holder)
{
	const struct left_record record = { .object = holder->object->id,
					    .number = holder->number };

	add(&broker->journal, KIND_LEFT, &record, sizeof(record), NULL, 0, NULL, 0);
}

/* An object that only a parcel keeps cannot be claimed. */
static void add_objects(struct np_broker *broker)
{
	struct np_map_iter iter = NP_MAP_ITER_INIT;
	struct np_list *node;
	const void *key;
	size_t key_len;
	void *value;

	while (np_map_next(&broker->objects.by_id, &iter, &key, &key_len, &value)) {
		const struct np_object *object = value;

		if (object->n_holders == 0)
			continue;
		np_journal_add_object(broker, object);
		np_list_for_each (node, &object->holders)
			np_journal_add_holder(broker, np_list_entry(node, struct np_holder,
								    object_link));
	}
}

/* What there is and can be claimed. */
static void add_everything(struct np_broker *broker)
{
	struct np_list *p, *i;

	add_head(broker);
	add_objects(broker);
	np_list_for_each (p, &broker->volume.pipes) {
		const struct np_pipe *pipe = np_list_entry(p, struct np_pipe, link);

		np_journal_add_pipe(broker, pipe);
		np_list_for_each (i, &pipe->instances) {
			const struct np_instance *instance =
				np_list_entry(i, struct np_instance, pipe_link);

			if (instance->owner && !instance->owner->is_transient)
				np_journal_add_instance(broker, instance);
		}
	}
}

/* Appends what is in the buffer. Return: 0 or -errno. */
static int flush(struct np_journal *journal, int fd)
{
	size_t done = 0;

	while (done < journal->len) {
		ssize_t n = write(fd, journal->buf + done, journal->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return np_err(n < 0 ? -errno : -EIO);
		done += (size_t)n;
	}
	journal->size += done;
	journal->len = 0;
	return 0;
}

static int write_anew(struct np_broker *broker)
{
	struct np_journal *journal = &broker->journal;
	char path[sizeof(journal->path) + 4];
	NP_CLEANUP_FD int fd = -1;
	int r;

	journal->len = 0;
	journal->size = 0;
	journal->has_failed = false;
	add_everything(broker);
	if (journal->has_failed)
		return np_err(-ENOMEM);
	snprintf(path, sizeof(path), "%s.new", journal->path);
	if (unlink(path) < 0 && errno != ENOENT)
		return np_err(-errno);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return np_err(-errno);
	r = flush(journal, fd);
	if (r == 0 && rename(path, journal->path) < 0)
		r = np_err(-errno);
	if (r < 0) {
		unlink(path);
		return r;
	}
	np_fd_close(journal->fd);
	journal->fd = np_take_fd(fd);
	journal->size_anew = journal->size;
	return 0;
}

/*
 * np_journal_rewrite() - write the journal anew from what the broker knows
 *
 * A failure leaves none, and it is tried again after a while.
 */
void np_journal_rewrite(struct np_broker *broker)
{
	struct np_journal *journal = &broker->journal;
	int r = write_anew(broker);

	if (r == 0)
		return;
	np_log(NP_LOG_WARNING, "no journal at %s (%s): names will not outlive this broker",
	       journal->path, strerror(-r));
	if (journal->fd >= 0)
		unlink(journal->path);
	journal->fd = np_fd_close(journal->fd);
	journal->len = 0;
	journal->has_failed = true;
	journal->retry_ns = np_clock_now_ns() + RETRY_NS;
}

/* np_journal_commit() - write the records that were added, before anybody hears of it */
void np_journal_commit(struct np_broker *broker)
{
	struct np_journal *journal = &broker->journal;

	if (!journal->path[0] || (journal->len == 0 && !journal->has_failed))
		return;
	if (journal->retry_ns > np_clock_now_ns()) {
		journal->len = 0;
		return;
	}
	journal->retry_ns = 0;
	if (journal->fd < 0 || journal->has_failed ||
	    (journal->size > SIZE_LEAST && journal->size / 4 > journal->size_anew) ||
	    flush(journal, journal->fd) < 0)
		np_journal_rewrite(broker);
}

/* reading */

static int read_all(const char *path, uint8_t **datap, size_t *lenp)
{
	NP_CLEANUP_FD int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	NP_CLEANUP_FREE uint8_t *data = NULL;
	size_t len = 0;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : np_err(-errno);
	if (fstat(fd, &st) < 0)
		return np_err(-errno);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) ||
	    st.st_nlink != 1 || (uint64_t)st.st_size > SIZE_MOST)
		return np_err(-EPERM);
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return np_err(-ENOMEM);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return np_err(-errno);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*datap = np_take_ptr(data);
	*lenp = len;
	return 0;
}

static int read_head(const uint8_t *body, size_t len,
		     const struct np_journal_reader *reader, void *user)
{
	struct np_journal_head head;
	struct head_record record;
	char id[BOOT_ID_LEN];

	if (len != sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	boot_id(id);
	if (record.magic != JOURNAL_MAGIC || memcmp(id, record.boot_id, sizeof(id)) != 0)
		return -EPROTO;
	head.secret.key[0] = record.secret[0];
	head.secret.key[1] = record.secret[1];
	head.next_id = record.next_id;
	head.next_serial = record.next_serial;
	return reader->head(user, &head);
}

static int read_pipe(const uint8_t *body, size_t len,
		     const struct np_journal_reader *reader, void *user)
{
	struct np_journal_pipe record;
	size_t name_room;

	if (len < sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	name_room = NP_ALIGN_UP((size_t)record.name_len, 8);
	if (record.name_len > NP_WIRE_NAME_MAX || record.name_len % 2 != 0 ||
	    record.sd_len > NP_WIRE_EXTRA_MAX ||
	    len != sizeof(record) + name_room + NP_ALIGN_UP((size_t)record.sd_len, 8))
		return -EPROTO;
	body += sizeof(record);
	return reader->pipe(user, &record, (const uint16_t *)(const void *)body,
			    body + name_room);
}

typedef int (*descriptor_fn)(void *user, uint64_t number, const void *sd, size_t sd_len);

static int read_descriptor(const uint8_t *body, size_t len, descriptor_fn fn, void *user)
{
	struct descriptor_record record;

	if (len < sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	if (record.sd_len > NP_WIRE_EXTRA_MAX ||
	    len != sizeof(record) + NP_ALIGN_UP((size_t)record.sd_len, 8))
		return -EPROTO;
	return fn(user, record.serial, body + sizeof(record), (size_t)record.sd_len);
}

static int read_instance(const uint8_t *body, size_t len,
			 const struct np_journal_reader *reader, void *user)
{
	struct np_journal_instance record;

	if (len != sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	return reader->instance(user, &record);
}

static int read_gone(const uint8_t *body, size_t len,
		     const struct np_journal_reader *reader, void *user)
{
	uint64_t id;

	if (len != sizeof(id))
		return -EPROTO;
	memcpy(&id, body, sizeof(id));
	reader->gone(user, id);
	return 0;
}

static int read_object(const uint8_t *body, size_t len,
		       const struct np_journal_reader *reader, void *user)
{
	struct np_journal_object record;
	size_t key_room;

	if (len < sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	key_room = NP_ALIGN_UP((size_t)record.key_len, 8);
	if (record.key_len > NP_WIRE_NAME_MAX || record.sd_len > NP_WIRE_EXTRA_MAX ||
	    len != sizeof(record) + key_room + NP_ALIGN_UP((size_t)record.sd_len, 8))
		return -EPROTO;
	body += sizeof(record);
	return reader->object(user, &record, body, body + key_room);
}

static int read_holder(const uint8_t *body, size_t len,
		       const struct np_journal_reader *reader, void *user)
{
	struct np_journal_holder record;

	if (len != sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	return reader->holder(user, &record);
}

static int read_left(const uint8_t *body, size_t len,
		     const struct np_journal_reader *reader, void *user)
{
	struct left_record record;

	if (len != sizeof(record))
		return -EPROTO;
	memcpy(&record, body, sizeof(record));
	reader->left(user, record.object, (uint32_t)record.number);
	return 0;
}

static int read_record(uint32_t kind, const uint8_t *body, size_t len, bool is_first,
		       const struct np_journal_reader *reader, void *user)
{
	if (is_first != (kind == KIND_HEAD))
		return -EPROTO;
	switch (kind) {
	case KIND_HEAD:
		return read_head(body, len, reader, user);
	case KIND_PIPE:
		return read_pipe(body, len, reader, user);
	case KIND_DESCRIPTOR:
		return read_descriptor(body, len, reader->descriptor, user);
	case KIND_INSTANCE:
		return read_instance(body, len, reader, user);
	case KIND_GONE:
		return read_gone(body, len, reader, user);
	case KIND_OBJECT:
		return read_object(body, len, reader, user);
	case KIND_OBJECT_DESCRIPTOR:
		return read_descriptor(body, len, reader->object_descriptor, user);
	case KIND_HOLDER:
		return read_holder(body, len, reader, user);
	case KIND_LEFT:
		return read_left(body, len, reader, user);
	default:
		return -EPROTO;
	}
}

/**
 * np_journal_read() - read what a broker before this one has left
 * @journal:	initialised
 * @reader:	called for each record
 * @user:	its first argument
 *
 * Return: 0, also after a record that was not written to its end, which is the last; -ENOENT
 * when there is none; -EPERM for a file that is not the broker's own; -EPROTO for one that
 * is no journal of this boot; another errno, also of @reader.
 */
int np_journal_read(const struct np_journal *journal,
		    const struct np_journal_reader *reader, void *user)
{
	NP_CLEANUP_FREE uint8_t *data = NULL;
	size_t len = 0, at = 0;
	int r = read_all(journal->path, &data, &len);

	if (r < 0)
		return r;
	while (len - at >= sizeof(struct record)) {
		struct record record;
		size_t body_len;

		memcpy(&record, data + at, sizeof(record));
		if (record.len < sizeof(record) || record.len % 8 != 0 ||
		    record.len > len - at)
			break;
		body_len = record.len - sizeof(record);
		if (sum_of(record.kind, data + at + sizeof(record), body_len) != record.sum)
			break;
		r = read_record(record.kind, data + at + sizeof(record), body_len, at == 0,
				reader, user);
		if (r < 0)
			return r;
		at += record.len;
	}
	return at > 0 ? 0 : np_err(-EPROTO);
}
