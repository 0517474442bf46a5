/* SPDX-License-Identifier: MIT */
/*
 * Messages, and what a server makes of a connection (model: soak.h)
 */
#include "tests/soak/soak.h"

#include <string.h>

#include "tests/fault/payload.h"

#define SUM_AT offsetof(struct soak_head, sum)

static uint64_t seed_of(const struct soak_head *head)
{
	return (uint64_t)head->client << 56 ^ (uint64_t)head->serial << 24 ^
	       (uint64_t)head->op << 20 ^ head->number;
}

static uint64_t sum_of(const unsigned char *message, const struct soak_head *head)
{
	uint64_t sum = payload_sum(message, SUM_AT, seed_of(head));

	return payload_sum(message + sizeof(*head), head->len - (uint32_t)sizeof(*head),
			   sum);
}

/* soak_make() - a message of head.len bytes, whose sum is made here */
void soak_make(unsigned char *message, struct soak_head head)
{
	memcpy(message, &head, sizeof(head));
	payload_fill(message + sizeof(head), head.len - (uint32_t)sizeof(head),
		     seed_of(&head));
	head.sum = sum_of(message, &head);
	memcpy(message + SUM_AT, &head.sum, sizeof(head.sum));
}

/* soak_inbox_put() - what was read; whole messages are taken before more is put in */
void soak_inbox_put(struct soak_inbox *inbox, const unsigned char *bytes, uint32_t len)
{
	if (len > sizeof(inbox->bytes) - inbox->len)
		test_fail("more than was sent: %u bytes behind %u", len, inbox->len);
	memcpy(inbox->bytes + inbox->len, bytes, len);
	inbox->len += len;
}

/* soak_inbox_take() - the head of the next whole message, which is checked and taken out */
bool soak_inbox_take(struct soak_inbox *inbox, struct soak_head *headp)
{
	if (inbox->len < sizeof(*headp))
		return false;
	memcpy(headp, inbox->bytes, sizeof(*headp));
	if (headp->len < sizeof(*headp) || headp->len > SOAK_MOST)
		test_fail("a message says that it has %u bytes", headp->len);
	if (inbox->len < headp->len)
		return false;
	if (headp->sum != sum_of(inbox->bytes, headp))
		test_fail("message %u of connection %u of client %u is not what was sent",
			  headp->number, headp->serial, headp->client);
	inbox->len -= headp->len;
	memmove(inbox->bytes, inbox->bytes + headp->len, inbox->len);
	return true;
}

/* soak_session_begin() - a client is there */
void soak_session_begin(struct soak_session *session, unsigned server)
{
	memset(session, 0, offsetof(struct soak_session, inbox));
	session->inbox.len = 0;
	session->server = server;
	session->has_begun = true;
	atomic_fetch_add(&soak_board->n_sessions[server], 1);
}

void soak_session_put(struct soak_session *session, const unsigned char *bytes,
		      uint32_t len)
{
	soak_inbox_put(&session->inbox, bytes, len);
	soak_step(session->server, len);
}

static void hear(struct soak_session *session, const struct soak_head *head)
{
	if (!session->is_known) {
		session->is_known = true;
		session->client = head->client;
		session->serial = head->serial;
	}
	if (head->op > SOAK_LEAVE || head->client >= SOAK_CLIENTS ||
	    head->client != session->client || head->serial != session->serial ||
	    head->number != session->n_received)
		test_fail("message %u of connection %u of client %u instead of message %u of "
			  "connection %u of client %u",
			  head->number, head->serial, head->client, session->n_received,
			  session->serial, session->client);
	session->n_received++;
	session->n_owed = head->count;
	session->owed_len = head->len;
	session->then = (enum soak_op)head->op;
}

/*
 * soak_session_answer() - the next message to be written
 *
 * Return: its length; 0: none is owed, and session->then says what to do.
 */
uint32_t soak_session_answer(struct soak_session *session, unsigned char *answer)
{
	struct soak_head head;

	while (session->n_owed == 0) {
		if (session->then != SOAK_ASK ||
		    !soak_inbox_take(&session->inbox, &head))
			return 0;
		hear(session, &head);
	}
	head = (struct soak_head){
		.len = session->owed_len,
		.op = SOAK_ANSWER,
		.client = session->client,
		.serial = session->serial,
		.number = session->n_answered++,
	};
	session->n_owed--;
	soak_make(answer, head);
	return head.len;
}

/* soak_session_client_closed() - everything was read: is that everything? */
void soak_session_client_closed(struct soak_session *session)
{
	uint64_t farewell;

	if (!session->is_known)
		return;
	farewell = atomic_load(&soak_board->farewell[session->client][session->serial %
								      SOAK_FAREWELLS]);
	if (farewell >> 32 != session->serial)
		return; /* it was killed, or was here long ago */
	if (farewell != SOAK_FAREWELL(session->serial, session->n_received) ||
	    session->inbox.len != 0)
		test_fail("client %u sent %u messages on connection %u, %u and %u bytes came",
			  session->client, (unsigned)farewell, session->serial,
			  session->n_received, session->inbox.len);
	atomic_fetch_add(&soak_board->n_farewells, 1);
}

/* soak_session_end() - the instance is disconnected or closed */
void soak_session_end(struct soak_session *session)
{
	if (session->has_begun)
		atomic_fetch_sub(&soak_board->n_sessions[session->server], 1);
	session->has_begun = false;
}
