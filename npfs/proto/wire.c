/* SPDX-License-Identifier: MIT */
/*
 * Packing and checking of packets (format: wire.h)
 *
 * Checking is complete: a packet that passes has exactly the length its header promises,
 * with a header, a fixed part and a tail that its operation allows, no surplus byte, no
 * descriptor nobody asked for, and zero in everything reserved in the header. What the
 * fields of the fixed part mean is the business of the operation. The header and the
 * fixed part are copied before they are looked at; the packet's memory is the caller's
 * own, so names and extra bytes may stay where they are.
 */
#include "npfs/proto/wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* clang-format off */
#define NP_OP(number, NAME, name, flags, fds_in, fds_out)                                  \
	static_assert(sizeof(struct np_req_##name) % 8 == 0, "requests keep names aligned"); \
	static_assert(sizeof(struct np_rep_##name) % 8 == 0, "replies keep extras aligned"); \
	static_assert((number) <= NP_OP_LAST, "NP_OP_LAST is the largest number");
#include "npfs/proto/wire.def"
/* clang-format on */

static_assert(sizeof(struct np_wire_header) == 32, "the header is part of the protocol");
static_assert(sizeof(struct np_wire_header) + sizeof(union np_wire_req) +
			      NP_WIRE_NAME_MAX + NP_WIRE_EXTRA_MAX <=
		      NP_WIRE_PACKET_MAX,
	      "the largest request fits a packet");
static_assert(sizeof(struct np_channel_hello) == 64, "part of the protocol");
static_assert(sizeof(struct np_channel_memfd) == 16, "part of the protocol");

static const struct np_op_info op_table[NP_OP_LAST + 1] = {
#define NP_OP(number, NAME, name_, flags_, fds_in, fds_out)                              \
	[number] = {                                                                     \
		.name = #NAME,                                                           \
		.req_len = sizeof(struct np_req_##name_),                                \
		.rep_len = sizeof(struct np_rep_##name_),                                \
		.flags = (flags_),                                                       \
		.n_fds_in = (fds_in),                                                    \
		.n_fds_out = (fds_out),                                                  \
	},
#include "npfs/proto/wire.def"
};

/* np_op_find() - the properties of operation @op, or NULL when there is none */
const struct np_op_info *np_op_find(unsigned op)
{
	if (op >= NP_ARRAY_LEN(op_table) || !op_table[op].name)
		return NULL;
	return &op_table[op];
}

/* np_op_name() - the name of operation @op for traces; never NULL */
const char *np_op_name(unsigned op)
{
	const struct np_op_info *info = np_op_find(op);

	return info ? info->name : "(unknown)";
}

/* Splits the packet into its parts. Return: whether the lengths add up exactly. */
static bool packet_split(const void *packet, size_t len, size_t fixed_len, void *fixed,
			 struct np_wire_msg *msg)
{
	const struct np_wire_header *hdr = &msg->header;
	const uint8_t *p = packet;

	if (hdr->name_len > NP_WIRE_NAME_MAX || hdr->extra_len > NP_WIRE_PACKET_MAX)
		return false;
	if (len != sizeof(*hdr) + fixed_len + hdr->name_len + hdr->extra_len)
		return false;
	p += sizeof(*hdr);
	memcpy(fixed, p, fixed_len);
	p += fixed_len;
	msg->name = p;
	msg->extra = p + hdr->name_len;
	return true;
}

static bool fds_are_right(const struct np_op_info *info, unsigned expected, unsigned n_fds)
{
	return info->flags & NP_OPF_FDS ? n_fds <= expected : n_fds == expected;
}

/**
 * np_wire_check_request() - decide whether a packet is a proper request
 * @packet:	the packet, aligned to 8
 * @len:	its length as received
 * @n_fds:	number of descriptors that came with it
 * @is_first:	nothing has been received on this connection before
 * @msgp:	the parts; on -EPROTONOSUPPORT only the header is valid
 *
 * Return: 0; -EPROTONOSUPPORT for a HELLO of another version, which deserves an answer;
 * -EPROTO for everything else that is not a request.
 */
int np_wire_check_request(const void *packet, size_t len, unsigned n_fds, bool is_first,
			  struct np_wire_msg *msgp)
{
	const struct np_op_info *info;
	struct np_wire_msg msg;

	memset(&msg, 0, sizeof(msg));
	if (len < sizeof(msg.header) || len > NP_WIRE_PACKET_MAX)
		return -EPROTO;
	memcpy(&msg.header, packet, sizeof(msg.header));
	if (msg.header.magic != NP_WIRE_MAGIC || msg.header.total_len != len)
		return -EPROTO;
	if (is_first != (msg.header.op == NP_OP_HELLO))
		return -EPROTO;
	if (msg.header.version != NP_WIRE_VERSION) {
		if (!is_first)
			return -EPROTO;
		*msgp = msg;
		return -EPROTONOSUPPORT;
	}

	info = np_op_find(msg.header.op);
	if (!info || !fds_are_right(info, info->n_fds_in, n_fds) || msg.header.status != 0)
		return -EPROTO;
	if (msg.header.flags & ~NP_REQ_FLAGS)
		return -EPROTO;
	if ((msg.header.flags & NP_REQ_NO_REPLY) && !(info->flags & NP_OPF_QUIET))
		return -EPROTO;
	if (msg.header.name_len > 0 && !(info->flags & NP_OPF_NAME))
		return -EPROTO;
	if (msg.header.extra_len > 0 && !(info->flags & NP_OPF_EXTRA))
		return -EPROTO;
	if (msg.header.name_len % 2 != 0 || msg.header.extra_len > NP_WIRE_EXTRA_MAX)
		return -EPROTO;
	if (!packet_split(packet, len, info->req_len, &msg.fixed.req, &msg))
		return -EPROTO;
	*msgp = msg;
	return 0;
}

/**
 * np_wire_check_reply() - decide whether a packet is the reply that is waited for
 * @packet:	the packet, aligned to 8
 * @len:	its length as received
 * @n_fds:	number of descriptors that came with it
 * @op:		operation of the request
 * @tag:	tag of the request
 * @msgp:	the parts, written on success; the status is in the header
 *
 * A HELLO may be answered by a broker of another version; then only the header is valid,
 * and its status is the answer.
 *
 * Return: 0; -EPROTONOSUPPORT for the answer of another version; -EPROTO.
 */
int np_wire_check_reply(const void *packet, size_t len, unsigned n_fds, unsigned op,
			uint32_t tag, struct np_wire_msg *msgp)
{
	const struct np_op_info *info = np_op_find(op);
	struct np_wire_msg msg;

	memset(&msg, 0, sizeof(msg));
	if (!info || len < sizeof(msg.header) || len > NP_WIRE_PACKET_MAX)
		return -EPROTO;
	memcpy(&msg.header, packet, sizeof(msg.header));
	if (msg.header.magic != NP_WIRE_MAGIC || msg.header.total_len != len)
		return -EPROTO;
	if (msg.header.op != op || msg.header.tag != tag)
		return -EPROTO;
	if (msg.header.version != NP_WIRE_VERSION) {
		if (op != NP_OP_HELLO)
			return -EPROTO;
		*msgp = msg;
		return -EPROTONOSUPPORT;
	}
	if (!fds_are_right(info, msg.header.status == 0 ? info->n_fds_out : 0, n_fds))
		return -EPROTO;
	if (!packet_split(packet, len, info->rep_len, &msg.fixed.rep, &msg))
		return -EPROTO;
	*msgp = msg;
	return 0;
}

/* Writes one packet; 0 when it does not fit. */
static size_t packet_write(void *packet, size_t cap, struct np_wire_header *hdr,
			   const void *fixed, size_t fixed_len, const void *name,
			   const void *extra)
{
	size_t len = sizeof(*hdr) + fixed_len + hdr->name_len + hdr->extra_len;
	uint8_t *p = packet;

	if (len > cap || len > NP_WIRE_PACKET_MAX)
		return 0;
	hdr->magic = NP_WIRE_MAGIC;
	hdr->version = NP_WIRE_VERSION;
	hdr->total_len = (uint32_t)len;
	memcpy(p, hdr, sizeof(*hdr));
	p += sizeof(*hdr);
	memcpy(p, fixed, fixed_len);
	p += fixed_len;
	if (hdr->name_len > 0)
		memcpy(p, name, hdr->name_len);
	p += hdr->name_len;
	if (hdr->extra_len > 0)
		memcpy(p, extra, hdr->extra_len);
	return len;
}

/**
 * np_wire_pack_request() - build a request
 * @packet:	room for it
 * @cap:	size of the room; NP_WIRE_PACKET_MAX is always enough
 * @op:		operation, one of the list
 * @tag:	comes back in the reply
 * @flags:	NP_REQ_
 * @fixed:	struct np_req_<op>
 * @name:	UTF-16 units; may be NULL with @name_len 0
 * @name_len:	in bytes
 * @extra:	may be NULL with @extra_len 0
 * @extra_len:	in bytes
 *
 * Return: length of the packet; 0 when name or extra are longer than the protocol allows.
 */
size_t np_wire_pack_request(void *packet, size_t cap, unsigned op, uint32_t tag,
			    uint32_t flags, const void *fixed, const void *name,
			    size_t name_len, const void *extra, size_t extra_len)
{
	const struct np_op_info *info = np_op_find(op);
	struct np_wire_header hdr = {.op = (uint16_t)op, .tag = tag, .flags = flags};

	assert(info);
	if (name_len > NP_WIRE_NAME_MAX || extra_len > NP_WIRE_EXTRA_MAX)
		return 0;
	hdr.name_len = (uint32_t)name_len;
	hdr.extra_len = (uint32_t)extra_len;
	return packet_write(packet, cap, &hdr, fixed, info->req_len, name, extra);
}

/**
 * np_wire_pack_reply() - build a reply
 * @packet:	room for it
 * @cap:	size of the room
 * @op:		operation of the request
 * @tag:	tag of the request
 * @status:	the answer
 * @fixed:	struct np_rep_<op>
 * @extra:	may be NULL with @extra_len 0
 * @extra_len:	in bytes
 *
 * Return: length of the packet; 0 when it does not fit.
 */
size_t np_wire_pack_reply(void *packet, size_t cap, unsigned op, uint32_t tag,
			  uint32_t status, const void *fixed, const void *extra,
			  size_t extra_len)
{
	const struct np_op_info *info = np_op_find(op);
	struct np_wire_header hdr = {.op = (uint16_t)op, .tag = tag, .status = status};

	assert(info);
	if (extra_len > NP_WIRE_PACKET_MAX)
		return 0;
	hdr.extra_len = (uint32_t)extra_len;
	return packet_write(packet, cap, &hdr, fixed, info->rep_len, NULL, extra);
}
