/* SPDX-License-Identifier: MIT */
/*
 * Bells: the protocol by which an end sleeps until its peer did something, as a model
 *
 * One lane, W writes and R reads. Each side is one process with two threads that make calls
 * and the engine's thread; the protocol is the one of npfs/proto/shm.h and of
 * np_wake_block(), np_wake_peer(), np_end_rearm() and the engine's handler, step by step:
 * every access to shared memory is a step of its own.
 *
 * A side is for synchronous I/O (it keeps its lock while it sleeps on the futex word in
 * the shared memory) or not (calls sleep on a word of their own process, and the engine,
 * rung on the socket, does the work). Either side may be killed between any two steps. What
 * only the holder of a side's lock looks at needs no steps of its own.
 *
 *	-DSYNC_W=0|1 -DSYNC_R=0|1	what kind of end each side is
 *	-DDEATH=0|1|2			nobody, W or R is killed, at any moment
 *	-DMODEL_BUG=1|2|3		leaves something out that is needed (the model must
 *					find that: 1 no look between announcing and sleeping,
 *					2 announces before it takes the futex word's value,
 *					3 the engine arms before it empties the socket)
 *
 * What is checked: whenever nothing can happen any more, every thread of a living side has
 * made its calls (so nobody sleeps although what it waits for is there, or for the dead);
 * nothing is read that was not written, the ring never holds more than fits.
 *
 * `make model-check` runs it (tests/model/run), with -E, because the threads of a dead side
 * never end. What was searched to its end, and how large it is, says doc/reliability.md.
 *
 * The model is sequentially consistent; the fences that make the code so are the pair in
 * np_wake_if_armed() and np_wake_arm().
 */

#ifndef SYNC_W
#define SYNC_W 1
#endif
#ifndef SYNC_R
#define SYNC_R 1
#endif
#ifndef DEATH
#define DEATH 0
#endif
#ifndef MODEL_BUG
#define MODEL_BUG 0
#endif

#define W 0
#define R 1
#define CALLS(i) (DEATH == 0 && SYNC_W && SYNC_R -> 2 - (i) : 1) /* by thread i of a side */
#define ROOM 1		/* entries the ring holds */
#define FUTEX 1
#define SOCK 2
#define PEER(s) (1 - (s))
#define IS_SYNC(s) ((s) == W && SYNC_W || (s) == R && SYNC_R)
/* slots of sleepers: two threads a side */
#define SLOT(s, i) (2 * (s) + (i))

/* shared memory */
byte tail, head;
byte armed[2];
bool fresh[4];	 /* the futex word is still what this sleeper loaded: seq, or wake */

/* the kernel */
bool asleep[4];	 /* on the futex word of their side: seq, or wake */
bool packet[2];	 /* a ring lies in this side's socket */
bool edge[2];	 /* epoll has something to report */
bool dead[2];	 /* the socket of this side's peer shows the end */

/* one process's memory */
bool lock[2];
bool event[2];
bool gone[2];	 /* the peer's end was seen */
bool pending[4];
byte order[2];	 /* which of the two came first, 1 + i; 0: nobody or one */
bool finished[4];

byte left[2] = 2; /* threads that have calls to make */

inline take(s)
{
	atomic { !lock[s] -> lock[s] = true }
}

inline give(s)
{
	lock[s] = false
}

inline increment(s)
{
	d_step { fresh[SLOT(s, 0)] = false; fresh[SLOT(s, 1)] = false }
}

inline futex_wake(s)
{
	d_step { asleep[SLOT(s, 0)] = false; asleep[SLOT(s, 1)] = false }
}

/* np_wake_peer(): publish, then look */
inline ring_peer(s)
{
	d_step { old = armed[PEER(s)]; armed[PEER(s)] = 0 }
	if
	:: old & FUTEX -> increment(PEER(s)); futex_wake(PEER(s))
	:: else
	fi;
	if
	:: old & SOCK ->
		d_step { packet[PEER(s)] = true; edge[PEER(s)] = true; old = 0 }
	:: else -> old = 0
	fi
}

/* Is there something to read, or room to write? */
#define MAY(s) ((s) == R && head < tail || (s) == W && tail - head < ROOM)

inline move(s)
{
	if
	:: s == R -> assert(head < tail); head++
	:: else -> assert(tail - head < ROOM); tail++
	fi
}

/* np_end_refresh(): empty the socket, see the end */
inline refresh(s)
{
	d_step {
		if
		:: event[s] ->
			event[s] = false;
			packet[s] = false;
			if
			:: dead[PEER(s)] -> gone[s] = true
			:: else
			fi
		:: else
		fi
	}
}

/* What the peer's death means: a reader reads what is left, a writer fails. */
#define ENDED(s) (gone[s] && ((s) == W || head == tail))

inline finish(slot, s)
{
	d_step {
		pending[slot] = false;
		finished[slot] = true;
		if
		:: !IS_SYNC(s) ->
			fresh[SLOT(s, 0)] = false;
			fresh[SLOT(s, 1)] = false;
			asleep[SLOT(s, 0)] = false;
			asleep[SLOT(s, 1)] = false
		:: else
		fi
	}
}

/* np_end_pump(): requests in flight, first come first */
inline pump_one(s, i)
{
	if
	:: atomic { pending[SLOT(s, i)] && !ENDED(s) && MAY(s) -> move(s) }
		ring_peer(s);
		finish(SLOT(s, i), s)
	:: atomic { pending[SLOT(s, i)] && ENDED(s) -> finish(SLOT(s, i), s) }
	:: atomic { !pending[SLOT(s, i)] || !ENDED(s) && !MAY(s) -> skip }
	fi
}

inline pump(s)
{
	if
	:: order[s] == 2 -> pump_one(s, 1); pump_one(s, 0)
	:: else -> pump_one(s, 0); pump_one(s, 1)
	fi
}

#define SOMETHING(s) (pending[SLOT(s, 0)] || pending[SLOT(s, 1)])

/* np_request_start() */
inline start(s, i)
{
	d_step {
		finished[SLOT(s, i)] = false;
		order[s] = (pending[SLOT(s, 1 - i)] -> 2 - i : 1 + i);
		pending[SLOT(s, i)] = true
	}
}

/* A call that finds nothing: np_wake_block(). */
inline block(s, i)
{
	start(s, i);
	do
	:: finished[SLOT(s, i)] -> break
	:: else ->
#if MODEL_BUG == 2
		armed[s] = armed[s] | (IS_SYNC(s) -> FUTEX : SOCK);
#endif
		fresh[SLOT(s, i)] = true;
#if MODEL_BUG != 2
		armed[s] = armed[s] | (IS_SYNC(s) -> FUTEX : SOCK);
#endif
#if MODEL_BUG != 1
		refresh(s);
		pump(s);
#endif
		if
		:: finished[SLOT(s, i)] -> break
		:: else
		fi;
		if
		:: !IS_SYNC(s) -> give(s)
		:: else
		fi;
		d_step {
			if
			:: fresh[SLOT(s, i)] -> asleep[SLOT(s, i)] = true
			:: else
			fi;
			fresh[SLOT(s, i)] = false
		}
		!asleep[SLOT(s, i)];
		if
		:: !IS_SYNC(s) -> take(s)
		:: else
		fi
	od;
	fresh[SLOT(s, i)] = false
}

proctype caller(byte s, i) provided (!dead[s])
{
	byte n, old;

	do
	:: n == CALLS(i) -> break
	:: else ->
		atomic { take(s); refresh(s) }
		if
		:: atomic { ENDED(s) -> n = CALLS(i) }
		:: atomic { !ENDED(s) && !SOMETHING(s) && MAY(s) -> move(s) }
			ring_peer(s);
			n++
		:: atomic { !ENDED(s) && (SOMETHING(s) || !MAY(s)) -> skip }
			block(s, i);
			n++
		fi;
		give(s)
	od;
	left[s]--
}

proctype engine(byte s) provided (!dead[s])
{
	byte old;

end:
	do
	:: edge[s] ->
		edge[s] = false;
		if
		:: IS_SYNC(s) ->
			if
			:: atomic { !lock[s] -> lock[s] = true }
			:: atomic { lock[s] ->
				/* a thread in a call holds it: that looks itself */
				event[s] = true }
				increment(s);
				futex_wake(s);
				goto end
			fi
		:: else -> take(s)
		fi;
#if MODEL_BUG == 3
		if
		:: SOMETHING(s) -> armed[s] = armed[s] | SOCK
		:: else
		fi;
		pump(s);
		event[s] = true;
		d_step { packet[s] = false; edge[s] = false };
		refresh(s);
#else
		event[s] = true;
		refresh(s);
		pump(s);
		if
		:: SOMETHING(s) && !IS_SYNC(s) -> armed[s] = armed[s] | SOCK
		:: else
		fi;
		refresh(s);
		pump(s);
#endif
		give(s)
	od
}

/* The kernel closes the socket of a process that was killed: its peer sees the end. */
proctype killer(byte s)
{
	atomic { dead[s] = true; edge[PEER(s)] = true }
}

/* When nobody can do anything any more, whoever lives must have made all its calls. */
proctype judge()
{
	timeout;
	assert(dead[W] || left[W] == 0);
	assert(dead[R] || left[R] == 0)
}

init {
	atomic {
		run caller(W, 0);
		run caller(W, 1);
		run caller(R, 0);
		run caller(R, 1);
		run engine(W);
		run engine(R);
		run judge();
		if
		:: DEATH == 1 -> run killer(W)
		:: DEATH == 2 -> run killer(R)
		:: DEATH == 0 -> skip
		fi
	}
}
