/* SPDX-License-Identifier: MIT */
/*
 * What remains and what breaks when an end is closed, with nothing or with something in
 * flight (npfs-semantics 3.2 to 3.4, 5.11).
 */
#include "conformance/late.h"
#include "conformance/native.h"
#include "conformance/pipes.h"

#define TEXT12     "twelve bytes"
#define TEXT12_LEN 12

static const char *const bytes =
	"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

/* A pair in which the server wrote twelve bytes and closed. */
static HANDLE closing_client(unsigned flags)
{
	struct pair p = pair_new(flags, 64, 64);

	WRITE_ALL(p.s, TEXT12, TEXT12_LEN);
	EXPECT_TRUE(CloseHandle(p.s));
	return p.c;
}

static void written_data_survives_the_close(void)
{
	HANDLE c = closing_client(PAIR_B);

	EXPECT_AVAILABLE(c, TEXT12_LEN);
	EXPECT_READS(c, 64, TEXT12, TEXT12_LEN);
	EXPECT_READ_FAILS(c, 64, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_READ_FAILS(c, 64, ERROR_BROKEN_PIPE, NULL, 0);
}

static void written_data_survives_the_client_too(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	WRITE_ALL(p.c, TEXT12, TEXT12_LEN);
	CloseHandle(p.c);
	EXPECT_AVAILABLE(p.s, TEXT12_LEN);
	EXPECT_READS(p.s, 5, TEXT12, 5);
	EXPECT_READS(p.s, 64, &TEXT12[5], TEXT12_LEN - 5);
	EXPECT_READ_FAILS(p.s, 64, ERROR_BROKEN_PIPE, NULL, 0);
}

static void closing_state_is_4(void)
{
	HANDLE c = closing_client(PAIR_B);
	struct native_peek peek;

	EXPECT_STATUS(native_fsctl(c, NATIVE_FSCTL_PEEK, NULL, 0, &peek, 16 + 64),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(peek.state, 4);
	EXPECT_EQ(peek.read_available, TEXT12_LEN);
}

static void zero_read_of_closing_byte_end_works(void)
{
	HANDLE c = closing_client(PAIR_B);

	EXPECT_READS(c, 0, NULL, 0);
	EXPECT_AVAILABLE(c, TEXT12_LEN);
}

static void zero_read_of_closing_message_end_is_234(void)
{
	HANDLE c = closing_client(PAIR_MM);

	EXPECT_READ_FAILS(c, 0, ERROR_MORE_DATA, NULL, 0);
	EXPECT_READS(c, 64, TEXT12, TEXT12_LEN);
}

static void drained_closing_end(void)
{
	DWORD n = 0xC1, avail = 0xC2, left = 0xC3;
	HANDLE c = closing_client(PAIR_B);
	char buf[4] = "abc";

	EXPECT_READS(c, 64, TEXT12, TEXT12_LEN);
	EXPECT_READ_FAILS(c, 0, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_FAILS(PeekNamedPipe(c, buf, 3, &n, &avail, &left), ERROR_BROKEN_PIPE);
	EXPECT_EQ(n, 0xC1);
	EXPECT_EQ(avail, 0xC2);
	EXPECT_EQ(left, 0xC3);
	EXPECT_MEM(buf, "abc", 3);
	EXPECT_WRITE_FAILS(c, 1, ERROR_NO_DATA);
	EXPECT_WRITE_FAILS(c, 0, ERROR_NO_DATA);
}

static void empty_message_survives_the_close(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	WRITE_ALL(p.s, "", 0);
	CloseHandle(p.s);
	EXPECT_READS(p.c, 16, NULL, 0);
	EXPECT_READ_FAILS(p.c, 16, ERROR_BROKEN_PIPE, NULL, 0);
}

static void mode_can_be_set_after_the_client_closed(void)
{
	struct pair p = pair_new(PAIR_MB, 64, 64);
	DWORD mode = PIPE_READMODE_MESSAGE, state = 0;

	CloseHandle(p.c);
	EXPECT_TRUE(SetNamedPipeHandleState(p.s, &mode, NULL, NULL));
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_MESSAGE);
}

/* ---- the other end closes ---- */

static void expect_close_breaks_write(bool is_server_writer)
{
	struct pair p = pair_new(PAIR_OV, 16, 16);
	struct request r;

	request_init(&r);
	request_write(&r, is_server_writer ? p.s : p.c, bytes, 40);
	EXPECT_STILL_PENDING(&r);
	CloseHandle(is_server_writer ? p.c : p.s);
	EXPECT_DONE(&r, ERROR_BROKEN_PIPE, 0);
}

static void client_close_breaks_a_pended_write(void)
{
	expect_close_breaks_write(true);
}

static void server_close_breaks_a_pended_write(void)
{
	expect_close_breaks_write(false);
}

static void expect_close_breaks_flush(bool is_server_flush)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE mine = is_server_flush ? p.s : p.c;
	struct blocked b;

	WRITE_ALL(mine, bytes, 10);
	blocked_flush(&b, mine);
	EXPECT_BLOCKED(&b);
	CloseHandle(is_server_flush ? p.c : p.s);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
}

static void client_close_breaks_a_flush(void)
{
	expect_close_breaks_flush(true);
}

static void server_close_breaks_a_flush(void)
{
	expect_close_breaks_flush(false);
}

static void expect_close_breaks_read(bool is_server_reader)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	struct request r;
	char buf[8];

	request_init(&r);
	request_read(&r, is_server_reader ? p.s : p.c, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	CloseHandle(is_server_reader ? p.c : p.s);
	EXPECT_DONE(&r, ERROR_BROKEN_PIPE, 0);
	EXPECT_STATUS(r.ov.Internal, NT_PIPE_BROKEN);
	EXPECT_EQ(r.ov.InternalHigh, 0);
}

static void client_close_breaks_a_pended_read(void)
{
	expect_close_breaks_read(true);
}

static void server_close_breaks_a_pended_read(void)
{
	expect_close_breaks_read(false);
}

static void close_breaks_a_synchronous_read(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct blocked b;
	char buf[8];

	blocked_read(&b, p.c, buf, sizeof(buf));
	EXPECT_BLOCKED(&b);
	CloseHandle(p.s);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
}

static void disconnect_ends_pended_writes_of_both_ends(void)
{
	struct pair p = pair_new(PAIR_OV, 16, 16);
	struct request s, c;

	request_init(&s);
	request_write(&s, p.s, bytes, 40);
	EXPECT_STILL_PENDING(&s);
	request_init(&c);
	request_write(&c, p.c, bytes, 40);
	EXPECT_STILL_PENDING(&c);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_DONE(&s, ERROR_PIPE_NOT_CONNECTED, 0);
	EXPECT_DONE(&c, ERROR_PIPE_NOT_CONNECTED, 0);
}

static void disconnect_ends_pended_reads_of_both_ends(void)
{
	struct pair p = pair_new(PAIR_OV, 16, 16);
	struct request s, c;
	char a[8], b[8];

	request_init(&s);
	request_read(&s, p.s, a, sizeof(a));
	EXPECT_STILL_PENDING(&s);
	request_init(&c);
	request_read(&c, p.c, b, sizeof(b));
	EXPECT_STILL_PENDING(&c);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_DONE(&s, ERROR_PIPE_NOT_CONNECTED, 0);
	EXPECT_DONE(&c, ERROR_PIPE_NOT_CONNECTED, 0);
}

static void disconnect_ends_a_clients_flush(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct blocked b;

	WRITE_ALL(p.c, bytes, 10);
	blocked_flush(&b, p.c);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_RETURNS(&b, ERROR_PIPE_NOT_CONNECTED, 0);
}

static void disconnect_ends_a_servers_flush(void)
{
	struct pair p = pair_new(PAIR_S_OV, 64, 64);
	struct blocked b;

	WRITE_ALL(p.s, bytes, 10);
	blocked_flush(&b, p.s);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_RETURNS(&b, ERROR_PIPE_NOT_CONNECTED, 0);
}

/* ---- completion routines and ports ---- */

struct routine_call {
	LONG n_calls;
	DWORD error, n;
	OVERLAPPED *ov;
};

static struct routine_call last_call;

static void CALLBACK routine(DWORD error, DWORD n, OVERLAPPED *ov)
{
	last_call.n_calls++;
	last_call.error = error;
	last_call.n = n;
	last_call.ov = ov;
}

static void close_delivers_the_completion_routine(void)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	OVERLAPPED ov;
	char buf[8];

	memset(&ov, 0, sizeof(ov));
	EXPECT_THAT(late_read_file_ex(p.c, buf, sizeof(buf), &ov, routine));
	EXPECT_EQ(last_call.n_calls, 0);
	CloseHandle(p.s);
	EXPECT_EQ(late_wait_alertable(case_event_new(FALSE), CONF_SOON_MS),
		  WAIT_IO_COMPLETION);
	EXPECT_EQ(last_call.n_calls, 1);
	EXPECT_ERROR(last_call.error, ERROR_BROKEN_PIPE);
	EXPECT_EQ(last_call.n, 0);
	EXPECT_THAT(last_call.ov == &ov);
}

static void own_close_completes_a_pended_read_with_a_packet(void)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	OVERLAPPED ov, *got = NULL;
	ULONG_PTR key = 0;
	DWORD n = 0xCC;
	HANDLE port;
	char buf[8];

	EXPECT_HANDLE(port, late_port_for(p.s, 77));
	memset(&ov, 0, sizeof(ov));
	EXPECT_FAILS(ReadFile(p.s, buf, sizeof(buf), NULL, &ov), ERROR_IO_PENDING);
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_EQ(late_get_packet(port, &n, &key, &got, CONF_SOON_MS), FALSE);
	EXPECT_ERROR(GetLastError(), ERROR_BROKEN_PIPE);
	EXPECT_THAT(got == &ov);
	EXPECT_EQ(key, 77);
	EXPECT_EQ(n, 0);
	EXPECT_STATUS(ov.Internal, NT_PIPE_BROKEN);
}

static void immediate_failure_queues_no_packet(void)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	OVERLAPPED ov, *got = NULL;
	ULONG_PTR key = 0;
	HANDLE port;
	char buf[8];
	DWORD n;

	EXPECT_HANDLE(port, late_port_for(p.s, 77));
	CloseHandle(p.c);
	memset(&ov, 0, sizeof(ov));
	EXPECT_FAILS(ReadFile(p.s, buf, sizeof(buf), NULL, &ov), ERROR_BROKEN_PIPE);
	EXPECT_FAILS(WriteFile(p.s, buf, sizeof(buf), NULL, &ov), ERROR_NO_DATA);
	EXPECT_EQ(late_get_packet(port, &n, &key, &got, CONF_WATCH_MS), FALSE);
	EXPECT_ERROR(GetLastError(), WAIT_TIMEOUT);
	EXPECT_THAT(got == NULL);
}

/* ---- a closing server or client asked for other things ---- */

static void flush_of_a_closing_end_works(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64), q = pair_new(PAIR_B, 64, 64);

	CloseHandle(p.c);
	EXPECT_TRUE(FlushFileBuffers(p.s));
	CloseHandle(q.s);
	EXPECT_TRUE(FlushFileBuffers(q.c));
}

static void transact_on_a_closing_end_is_230(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64), q = pair_new(PAIR_MM, 64, 64);
	char buf[8];
	DWORD n;

	CloseHandle(p.c);
	EXPECT_FAILS(TransactNamedPipe(p.s, buf, 1, buf, 8, &n, NULL), ERROR_BAD_PIPE);
	CloseHandle(q.s);
	EXPECT_FAILS(TransactNamedPipe(q.c, buf, 1, buf, 8, &n, NULL), ERROR_BAD_PIPE);
}

static void closing_client_has_its_name(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct native_name_info info;
	IO_STATUS_BLOCK iosb;

	CloseHandle(p.s);
	EXPECT_STATUS(native_need()->query_file(p.c, &iosb, &info, sizeof(info),
						NATIVE_CLASS_NAME),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(info.len, (strlen(case_name_tail(p.name)) + 1) * 2);
	EXPECT_MEM(info.name + 1, case_wide(case_name_tail(p.name)), info.len - 2);
}

static void unread_data_of_the_other_direction_is_lost(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	WRITE_ALL(p.c, bytes, 10);
	CloseHandle(p.s);
	EXPECT_FAILS(PeekNamedPipe(p.c, NULL, 0, NULL, NULL, NULL), ERROR_BROKEN_PIPE);
}

static void closers_own_pended_write_stays_readable(void)
{
	struct pair p = pair_new(PAIR_OV, 16, 16);
	struct request r;

	request_init(&r);
	request_write(&r, p.s, bytes, 40);
	EXPECT_STILL_PENDING(&r);
	CloseHandle(p.s);
	EXPECT_AVAILABLE(p.c, 40);
	EXPECT_READS(p.c, 64, bytes, 40);
	EXPECT_READ_FAILS(p.c, 64, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_SIGNALED(r.event);
}

static void thread_exit_cancels_its_read_main(struct blocked *b)
{
	struct request *r = b->buf;
	static char buf[8];

	request_read(r, b->h, buf, sizeof(buf));
	b->returned = TRUE;
	b->error = 0;
}

static void thread_exit_cancels_its_read(void)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	struct blocked b;
	struct request r;

	request_init(&r);
	b.h = p.s;
	b.buf = &r;
	blocked_start(&b, thread_exit_cancels_its_read_main);
	EXPECT_RETURNS(&b, 0, 0);
	EXPECT_PENDS(&r);
	EXPECT_DONE(&r, ERROR_OPERATION_ABORTED, 0);
}

static void thread_exit_withdraws_its_write_main(struct blocked *b)
{
	request_write(b->buf, b->h, bytes, 20);
	b->returned = TRUE;
	b->error = 0;
}

static void thread_exit_withdraws_its_write(void)
{
	struct pair p = pair_new(PAIR_OV, 8, 8);
	struct blocked b;
	struct request r;

	request_init(&r);
	b.h = p.s;
	b.buf = &r;
	blocked_start(&b, thread_exit_withdraws_its_write_main);
	EXPECT_RETURNS(&b, 0, 0);
	EXPECT_PENDS(&r);
	EXPECT_DONE(&r, ERROR_OPERATION_ABORTED, 0);
	EXPECT_AVAILABLE(p.c, 0);
	WRITE_ALL(p.s, "next", 4);
	EXPECT_READS(p.c, 16, "next", 4);
}

static void close_of_one_duplicate_changes_nothing(void)
{
	struct pair p = pair_new(PAIR_OV, 64, 64);
	HANDLE copy = late_duplicate(p.s);
	struct request r;
	char buf[8];

	EXPECT_THAT(copy != NULL);
	request_init(&r);
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_PENDS(&r);
	EXPECT_TRUE(CloseHandle(p.s));
	r.h = copy;
	EXPECT_STILL_PENDING(&r);
	WRITE_ALL(p.c, "still", 5);
	EXPECT_DONE(&r, 0, 5);
	EXPECT_MEM(buf, "still", 5);
	EXPECT_TRUE(CloseHandle(copy));
	EXPECT_READ_FAILS(p.c, 8, ERROR_BROKEN_PIPE, NULL, 0);
}

const struct conf_case io_close_cases[] = {
	CASE("109", written_data_survives_the_close, "T", "3.4",
	     "data written before the server closed is read in full, then 109"),
	CASE("109", written_data_survives_the_client_too, "T", "3.4",
	     "data written before the client closed is read in full, then 109"),
	CASE("109", closing_state_is_4, "T", "3.2",
	     "peek on a closing pipe with data reports state 4"),
	CASE("110", zero_read_of_closing_byte_end_works, "T", "4.4",
	     "a zero-length byte read on a closing pipe with data succeeds"),
	CASE("111", zero_read_of_closing_message_end_is_234, "T", "4.4",
	     "a zero-length message read on a closing pipe with data is 234"),
	CASE("112", drained_closing_end, "T", "3.3",
	     "drained: reads 109, peek 109 with outputs untouched, writes 232"),
	CASE("113", empty_message_survives_the_close, "T", "3.4",
	     "an empty message is read before the end shows"),
	CASE("114", mode_can_be_set_after_the_client_closed, "T", "3.2",
	     "the mode of a server can be set after its client closed"),
	CASE("115", client_close_breaks_a_pended_write, "T", "3.4",
	     "closing the client ends the server's pended write with 109"),
	CASE("116", client_close_breaks_a_flush, "T", "3.4",
	     "closing the client ends the server's flush with 109"),
	CASE("117", server_close_breaks_a_pended_write, "T", "3.4",
	     "closing the server ends the client's pended write with 109"),
	CASE("117", server_close_breaks_a_flush, "T", "3.4",
	     "closing the server ends the client's flush with 109"),
	CASE("118", disconnect_ends_pended_writes_of_both_ends, "T", "3.4",
	     "a disconnect ends pended writes of both ends with 233"),
	CASE("118", disconnect_ends_pended_reads_of_both_ends, "T", "3.4",
	     "a disconnect ends pended reads of both ends with 233"),
	CASE("118", disconnect_ends_a_clients_flush, "T", "3.4",
	     "a disconnect ends the client's flush with 233"),
	CASE("118", disconnect_ends_a_servers_flush, "T", "3.4",
	     "a disconnect ends the server's flush with 233"),
	CASE("119", server_close_breaks_a_pended_read, "T", "3.4",
	     "closing the server ends the client's pended read with 109 and 0 bytes"),
	CASE("119", client_close_breaks_a_pended_read, "T", "3.4",
	     "closing the client ends the server's pended read with 109 and 0 bytes"),
	CASE("119", close_breaks_a_synchronous_read, "T", "3.4",
	     "closing the server ends a blocked synchronous read with 109"),
	CASE("119", close_delivers_the_completion_routine, "T", "5.6",
	     "the completion routine of the broken read is delivered"),
	CASE("120", own_close_completes_a_pended_read_with_a_packet, "T", "5.11",
	     "closing the last handle queues a packet for its own pended read"),
	CASE("121", immediate_failure_queues_no_packet, "T", "5.1",
	     "immediate failures on a dead pipe queue no packet"),
	CASE("122", flush_of_a_closing_end_works, "T", "3.2",
	     "flush on a closing pipe works"),
	CASE("123", transact_on_a_closing_end_is_230, "T", "3.2",
	     "transact on a closing pipe is 230"),
	CASE("124", closing_client_has_its_name, "T", "3.3",
	     "the name of a client end can be queried after the server closed"),
	CASE("125", unread_data_of_the_other_direction_is_lost, "R", "3.4",
	     "data the closer has not read is lost; the writer's peek is 109"),
	CASE("3.4", closers_own_pended_write_stays_readable, "R", "3.4",
	     "a write pended when its own end closes stays readable in full"),
	CASE("127", thread_exit_cancels_its_read, "R", "3.4",
	     "a thread that exits cancels the reads it started"),
	CASE("127", thread_exit_withdraws_its_write, "R", "3.4",
	     "a thread that exits withdraws the bytes of its pended write"),
	CASE("220", close_of_one_duplicate_changes_nothing, "T", "5.11",
	     "closing one of two handles leaves requests and the connection alone"),
	CASE_END};
