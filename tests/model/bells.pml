/* SPDX-License-Identifier: MIT */
/*
 * Bells: the protocol by which an end sleeps until its peer did something, as a model
 *
 * One lane, a writing side W and a reading side R. Each is one process with two threads that
 * make calls and the engine's thread. A side is for synchronous I/O (it keeps its lock while
 * it sleeps on the futex word in the shared memory) or not (calls sleep on a word of their
 * own process, and the engine, rung on the socket, does the work). Either side may be killed
 * between any two steps.
 *
 *	-DSYNC_W=0|1 -DSYNC_R=0|1	what kind of end each side is
 *	-DDEATH=0|1|2			nobody, W or R is killed, at any moment
 *	-DMORE=0|1			how many calls a thread makes besides the first
 *	-DMODEL_BUG=1|2|3		leaves something out that is needed (the model must
 *					find that: 1 no look between announcing and sleeping,
 *					2 announces before it takes the futex word's value,
 *					3 the engine arms before it empties the socket)
 *
 * What is checked: whenever nothing can happen any more, every thread of a living side has
 * made its calls (so nobody sleeps although what it waits for is there, or for the dead);
 * nothing is read that was not written, the ring never holds more than fits.
 *
 * A thread is at a place, and each step takes it to the next one:
 *
 *	place	the one access to shared memory or to the kernel	in the code
 *	CALL	takes the lock; empties the socket if there was		np_end_lock(),
 *		an event, else as LOOK					np_end_refresh(): is_gone()
 *	LOOK	moves what can be moved, else a request is begun	npfs_end_read(), _write(),
 *									np_request_start()
 *	LOAD	the futex word's value (shared: synchronous ends only)	np_wake_block(): seq
 *	ARM	sets its bit in its bell				np_wake_arm()
 *	DRAIN	empties the socket, sees its end			np_end_refresh()
 *	PUMP	moves one entry for the requests in flight		np_end_pump()
 *	RING	takes the peer's bits out of its bell			np_wake_if_armed(),
 *									np_wake_peer()
 *	COUNT	changes the peer's futex word				np_wake_peer(): seq
 *	WAKE	wakes who sleeps on it					np_futex_wake()
 *	SEND	a packet into the peer's socket				np_wake_peer(): send()
 *	SLEEP	sleeps if the word is still what was loaded		np_futex_wait()
 *	WOKEN	takes the lock again (not synchronous), loads		np_wake_block(), again
 *	WAIT	an event of the engine's					epoll_wait()
 *	TRY	takes the lock, empties the socket; or, synchronous and	np_end_look():
 *		locked, leaves word					lock_at_once()
 *	COUNT_SELF, WAKE_SELF	wakes the thread that holds the lock	np_wake_self()
 *
 * A step may do more than that access, which changes nothing of what can happen:
 *
 * - What only the holder of the side's lock looks at (lock, event, gone, pending, order, got,
 *   finished) takes no steps of its own. Giving the lock belongs to the step before, taking it
 *   to the step after.
 * - A look at the peer's counter that finds something stays true until the own counter moves,
 *   so looking and moving are one step.
 * - A word of the own process and who sleeps on it (`wake`) are changed in one step: whether
 *   a thread is woken or does not fall asleep is the same.
 * - The memory of who was killed is of no interest any more, and is made the same for all.
 * - The threads of a side are alike; the one that locks first is called the first.
 *
 * `make model-check` runs it (tests/model/run), with -E, because the threads of a dead side
 * never end. What was searched to its end, and how large it is, says doc/reliability.md.
 *
 * The model is sequentially consistent; the fences that make the code so are the pair in
 * np_wake_if_armed() and np_wake_arm(). Not in the model: spinning (a look more before LOAD),
 * the lookout (looks instead of a ring, and arms when it closes), more than one lane.
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
#ifndef MORE
#define MORE 0
#endif
#ifndef MODEL_BUG
#define MODEL_BUG 0
#endif

#define W 0
#define R 1
#define CALLS (1 + MORE)
#define ROOM 1		/* entries the ring holds */
#define FUTEX 1
#define SOCK 2
#define PEER(s) (1 - (s))
#define IS_SYNC(s) ((s) == W && SYNC_W || (s) == R && SYNC_R)

/* threads: those that make calls, then the engines */
#define THREAD(s, i) (2 * (s) + (i))
#define ENGINE(s) (4 + (s))
#define IS_ENGINE(t) ((t) >= 4)

/* places */
#define CALL 0
#define LOOK 1
#define LOAD 2
#define ARM 3
#define DRAIN 4
#define PUMP 5
#define RING 6
#define COUNT 7
#define WAKE 8
#define SEND 9
#define SLEEP 10
#define WOKEN 11
#define WAIT 12
#define TRY 13
#define COUNT_SELF 14
#define WAKE_SELF 15
#define OVER 16

byte place[6];
bit is_sending[6]; /* after WAKE there is SEND */
bit is_direct[6];  /* RING is for a move of LOOK, not of PUMP */

/* shared memory */
byte tail, head;
byte armed[2];
bit fresh[4];	 /* the futex word is still what this thread loaded: seq, or wake */

/* the kernel */
bit asleep[4];	 /* on the futex word of their side: seq, or wake */
bit packet[2];	 /* a ring lies in this side's socket */
bit edge[2];	 /* epoll has something to report */
bit dead[2];	 /* the socket of this side's peer shows the end */

/* one process's memory */
bit lock[2];
bit event[2];
bit gone[2];	 /* the peer's end was seen */
bit pending[4];
bit got[4];	 /* moved, and not finished yet */
bit second_first[2]; /* both are pending, and the second one's request is older */
bit finished[4];
bit begun[2];	 /* the first thread has had the lock */
byte left[4];	 /* calls to make */

inline reset_word(s)
{
	fresh[THREAD(s, 0)] = 0;
	fresh[THREAD(s, 1)] = 0
}

inline wake_all(s)
{
	asleep[THREAD(s, 0)] = 0;
	asleep[THREAD(s, 1)] = 0
}

#define MAY(s) ((s) == R && head < tail || (s) == W && tail - head < ROOM)

/* What the peer's death means: a reader reads what is left, a writer fails. */
#define ENDED(s) (gone[s] && ((s) == W || head == tail))

#define IN_FLIGHT(t) (pending[t] && !got[t])
#define SOMETHING(s) (pending[THREAD(s, 0)] || pending[THREAD(s, 1)])

inline move(s)
{
	if
	:: s == R -> assert(head < tail); head++
	:: else -> assert(tail - head < ROOM); tail++
	fi
}

inline drain(s)
{
	event[s] = 0;
	packet[s] = 0;
	gone[s] = gone[s] || dead[PEER(s)]
}

inline finish(s, x)
{
	pending[x] = 0;
	got[x] = 0;
	finished[x] = 1;
	second_first[s] = 0;
	if
	:: !IS_SYNC(s) -> reset_word(s); wake_all(s)
	:: else
	fi
}

/* The call is over. */
inline leave(s, t)
{
	finished[t] = 0;
	fresh[t] = 0;
	is_direct[t] = 0;
	left[t]--;
	lock[s] = 0;
	place[t] = (left[t] -> CALL : OVER)
}

/* After the look: who made a call sleeps or has what it wanted, the engine waits. */
inline after_pump(s, t)
{
	if
#if MODEL_BUG == 3
	:: IS_ENGINE(t) -> place[t] = LOOK
#else
	:: IS_ENGINE(t) -> lock[s] = 0; place[t] = WAIT
#endif
	:: !IS_ENGINE(t) && finished[t] -> leave(s, t)
	:: !IS_ENGINE(t) && !finished[t] ->
		place[t] = SLEEP;
		if
		:: !IS_SYNC(s) -> lock[s] = 0
		:: else
		fi
	fi
}

inline after_ring(s, t)
{
	is_sending[t] = 0;
	if
	:: is_direct[t] -> leave(s, t)
	:: else ->
		if
		:: got[THREAD(s, 0)] -> finish(s, THREAD(s, 0))
		:: else
		fi;
		if
		:: got[THREAD(s, 1)] -> finish(s, THREAD(s, 1))
		:: else
		fi;
		after_pump(s, t)
	fi
}

/* To the look after arming; the socket is emptied if there was an event. */
inline go_to_pump(s, t)
{
	place[t] = (event[s] -> DRAIN : PUMP)
}

inline look(s, t)
{
	if
	:: ENDED(s) -> left[t] = 1; leave(s, t)
	:: !ENDED(s) && !SOMETHING(s) && MAY(s) ->
		move(s);
		is_direct[t] = 1;
		place[t] = RING
	:: !ENDED(s) && (SOMETHING(s) || !MAY(s)) ->
		second_first[s] = (t == THREAD(s, 0) && pending[THREAD(s, 1)]);
		pending[t] = 1;
		if
		:: IS_SYNC(s) -> place[t] = (MODEL_BUG == 2 -> ARM : LOAD)
		:: else -> fresh[t] = (MODEL_BUG != 2); place[t] = ARM
		fi
	fi
}

inline pump(s, t)
{
	if
	:: IN_FLIGHT(THREAD(s, 1)) && (second_first[s] || !IN_FLIGHT(THREAD(s, 0))) ->
		x = THREAD(s, 1)
	:: IN_FLIGHT(THREAD(s, 0)) && !(second_first[s] && IN_FLIGHT(THREAD(s, 1))) ->
		x = THREAD(s, 0)
	:: else -> x = 9
	fi;
	if
	:: x != 9 && ENDED(s) -> finish(s, x) /* and looks for the other one */
	:: x != 9 && !ENDED(s) && MAY(s) -> move(s); got[x] = 1
	:: x == 9 || !ENDED(s) && !MAY(s) ->
		if
		:: got[THREAD(s, 0)] || got[THREAD(s, 1)] -> place[t] = RING
		:: else -> after_pump(s, t)
		fi
	fi;
	x = 0
}

/* What both kinds of threads do. */
#define HERE(p) (place[t] == (p) && !dead[s])

inline common(s, t)
{
	if
	:: atomic { HERE(ARM) ->
		armed[s] = armed[s] | (IS_SYNC(s) && !IS_ENGINE(t) -> FUTEX : SOCK);
#if MODEL_BUG == 1
		if
		:: !IS_ENGINE(t) -> after_pump(s, t)
		:: else -> go_to_pump(s, t)
		fi
#elif MODEL_BUG == 2
		if
		:: !IS_ENGINE(t) ->
			fresh[t] = !IS_SYNC(s);
			place[t] = (IS_SYNC(s) -> LOAD : PUMP)
		:: else -> go_to_pump(s, t)
		fi
#else
		go_to_pump(s, t)
#endif
		}
	:: atomic { HERE(DRAIN) -> drain(s); place[t] = PUMP }
	:: atomic { HERE(PUMP) -> pump(s, t) }
	:: atomic { HERE(RING) ->
		x = armed[PEER(s)];
		armed[PEER(s)] = 0;
		is_sending[t] = ((x & SOCK) != 0);
		if
		:: x & FUTEX -> place[t] = COUNT
		:: !(x & FUTEX) && (x & SOCK) -> place[t] = SEND
		:: x == 0 -> after_ring(s, t)
		fi;
		x = 0
		}
	:: atomic { HERE(COUNT) -> reset_word(PEER(s)); place[t] = WAKE }
	:: atomic { HERE(WAKE) ->
		wake_all(PEER(s));
		if
		:: is_sending[t] -> place[t] = SEND
		:: else -> after_ring(s, t)
		fi
		}
	:: atomic { HERE(SEND) ->
		if
		:: !dead[PEER(s)] -> packet[PEER(s)] = 1; edge[PEER(s)] = 1
		:: else
		fi;
		after_ring(s, t)
		}
	fi
}

proctype caller(byte s, t)
{
	byte x;

end:
	do
	:: atomic { HERE(CALL) && !lock[s] && (t == THREAD(s, 0) || begun[s]) ->
		lock[s] = 1;
		begun[s] = 1;
		if
		:: event[s] -> drain(s); place[t] = LOOK
		:: else -> look(s, t)
		fi
		}
	:: atomic { HERE(LOOK) -> look(s, t) }
	:: atomic { HERE(LOAD) -> fresh[t] = 1; place[t] = ARM;
#if MODEL_BUG == 2
		go_to_pump(s, t)
#endif
		}
	:: atomic { HERE(SLEEP) -> asleep[t] = fresh[t]; fresh[t] = 0; place[t] = WOKEN }
	:: atomic { HERE(WOKEN) && !asleep[t] && (IS_SYNC(s) || !lock[s]) ->
		lock[s] = 1;
		fresh[t] = (MODEL_BUG != 2);
		place[t] = ARM
		}
	:: common(s, t)
	:: atomic { place[t] == OVER || dead[s] -> break }
	od
}

proctype engine(byte s, t)
{
	byte x;

end:
	do
	:: atomic { HERE(WAIT) && edge[s] -> edge[s] = 0; place[t] = TRY }
	:: atomic { HERE(TRY) && !lock[s] ->
		lock[s] = 1;
#if MODEL_BUG == 3
		if
		:: SOMETHING(s) -> armed[s] = armed[s] | SOCK
		:: else
		fi;
		place[t] = PUMP
#else
		drain(s);
		place[t] = (SOMETHING(s) -> ARM : PUMP)
#endif
		}
#if MODEL_BUG == 3
	:: atomic { HERE(LOOK) -> drain(s); edge[s] = 0; lock[s] = 0; place[t] = WAIT }
#endif
	:: atomic { HERE(TRY) && lock[s] && IS_SYNC(s) ->
		/* a thread in a call holds it: that looks itself */
		event[s] = 1;
		place[t] = COUNT_SELF
		}
	:: atomic { HERE(COUNT_SELF) -> reset_word(s); place[t] = WAKE_SELF }
	:: atomic { HERE(WAKE_SELF) -> wake_all(s); place[t] = WAIT }
	:: common(s, t)
	:: atomic { dead[s] -> break }
	od
}

/* The kernel closes the socket of a process that was killed: its peer sees the end. */
proctype killer(byte s)
{
	atomic {
		dead[s] = 1;
		edge[PEER(s)] = 1;
		place[THREAD(s, 0)] = OVER;
		place[THREAD(s, 1)] = OVER;
		place[ENGINE(s)] = OVER;
		is_sending[THREAD(s, 0)] = 0;
		is_sending[THREAD(s, 1)] = 0;
		is_sending[ENGINE(s)] = 0;
		is_direct[THREAD(s, 0)] = 0;
		is_direct[THREAD(s, 1)] = 0;
		reset_word(s);
		wake_all(s);
		packet[s] = 0;
		edge[s] = 0;
		lock[s] = 0;
		event[s] = 0;
		gone[s] = 0;
		pending[THREAD(s, 0)] = 0;
		pending[THREAD(s, 1)] = 0;
		got[THREAD(s, 0)] = 0;
		got[THREAD(s, 1)] = 0;
		second_first[s] = 0;
		finished[THREAD(s, 0)] = 0;
		finished[THREAD(s, 1)] = 0;
		begun[s] = 0;
		left[THREAD(s, 0)] = 0;
		left[THREAD(s, 1)] = 0
	}
}

/* When nobody can do anything any more, whoever lives must have made all its calls. */
proctype judge()
{
	timeout;
	assert(left[THREAD(W, 0)] == 0 && left[THREAD(W, 1)] == 0);
	assert(left[THREAD(R, 0)] == 0 && left[THREAD(R, 1)] == 0)
}

init {
	byte t;

	atomic {
		for (t : 0 .. 3) {
			left[t] = CALLS
		}
		place[ENGINE(W)] = WAIT;
		place[ENGINE(R)] = WAIT;
		run caller(W, THREAD(W, 0));
		run caller(W, THREAD(W, 1));
		run caller(R, THREAD(R, 0));
		run caller(R, THREAD(R, 1));
		run engine(W, ENGINE(W));
		run engine(R, ENGINE(R));
		run judge();
		if
		:: DEATH == 1 -> run killer(W)
		:: DEATH == 2 -> run killer(R)
		:: DEATH == 0 -> skip
		fi
	}
}
