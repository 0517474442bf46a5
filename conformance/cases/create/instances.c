/* SPDX-License-Identifier: MIT */
/*
 * Further instances of a name: what is compared with the first one and what is not, in
 * which order, and how long the name lives (npfs-semantics 2.2, 2.3).
 */
#include "conformance/pipes.h"

#define FIRST FILE_FLAG_FIRST_PIPE_INSTANCE

static HANDLE created(const char *name, DWORD open_mode, DWORD pipe_mode,
		      DWORD max_instances)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, open_mode, pipe_mode, max_instances));
	return s;
}

static void limit_is_kept(void)
{
	const char *two = case_pipe_name(), *one = case_pipe_name();

	created(two, PIPE_ACCESS_DUPLEX, 0, 2);
	created(two, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_NO_HANDLE(server_new(two, PIPE_ACCESS_DUPLEX, 0, 2), ERROR_PIPE_BUSY);
	created(one, PIPE_ACCESS_DUPLEX, 0, 1);
	EXPECT_NO_HANDLE(server_new(one, PIPE_ACCESS_DUPLEX, 0, 1), ERROR_PIPE_BUSY);
}

static void closing_an_instance_frees_its_place(void)
{
	const char *name = case_pipe_name();
	HANDLE s = created(name, PIPE_ACCESS_DUPLEX, 0, 2);

	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 2), ERROR_PIPE_BUSY);
	EXPECT_TRUE(CloseHandle(s));
	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 2), ERROR_PIPE_BUSY);
}

static void unlimited_means_more_than_255(void)
{
	const char *name = case_pipe_name();

	for (int i = 0; i < 260; i++)
		created(name, PIPE_ACCESS_DUPLEX, 0, PIPE_UNLIMITED_INSTANCES);
}

static void other_direction_is_5(void)
{
	const char *name = case_pipe_name(), *in = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_INBOUND, 0, 2),
			 ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_OUTBOUND, 0, 2),
			 ERROR_ACCESS_DENIED);
	created(in, PIPE_ACCESS_INBOUND, 0, 2);
	EXPECT_NO_HANDLE(server_new(in, PIPE_ACCESS_OUTBOUND, 0, 2), ERROR_ACCESS_DENIED);
	EXPECT_NO_HANDLE(server_new(in, PIPE_ACCESS_DUPLEX, 0, 2), ERROR_ACCESS_DENIED);
}

static void inbound_then_outbound_is_5(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_INBOUND, 0, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_OUTBOUND, 0, 2),
			 ERROR_ACCESS_DENIED);
}

static void limit_is_checked_before_direction(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 1);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_INBOUND, 0, 1), ERROR_PIPE_BUSY);
}

/* The pair of 56 and 57: a byte pipe, and an instance that asks for everything else. */
static HANDLE second_with_other_parameters(void)
{
	const char *name = case_pipe_name();
	HANDLE second;

	EXPECT_HANDLE(second, server_new_full(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4,
					      1024, 1024, 0));
	EXPECT_HANDLE(second, server_new_full(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE,
					      3, 102, 24, 1234));
	return second;
}

static void other_type_limit_and_quotas_are_accepted(void)
{
	second_with_other_parameters();
}

static void type_and_limit_stay_those_of_the_first(void)
{
	DWORD flags = 0xCC, out = 0, in = 0, max = 0;

	EXPECT_TRUE(GetNamedPipeInfo(second_with_other_parameters(), &flags, &out, &in,
				     &max));
	EXPECT_EQ(flags, PIPE_SERVER_END | PIPE_TYPE_BYTE);
	EXPECT_EQ(max, 4);
	EXPECT_EQ(out, 102);
	EXPECT_EQ(in, 24);
}

static void message_read_on_an_existing_byte_pipe_is_87(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2),
			 ERROR_INVALID_PARAMETER);
}

static void first_instance_flag_on_a_new_name_works(void)
{
	created(case_pipe_name(), PIPE_ACCESS_DUPLEX | FIRST, 0, 1);
}

static void first_instance_flag_on_a_used_name_is_5(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 3);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX | FIRST, 0, 3),
			 ERROR_ACCESS_DENIED);
}

static void first_instance_flag_on_a_full_name_is_231(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 1);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX | FIRST, 0, 1),
			 ERROR_PIPE_BUSY);
}

static void write_owner_on_a_used_name_is_5(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX | WRITE_OWNER, 0, 2),
			 ERROR_ACCESS_DENIED);
}

static void later_limits_are_ignored(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 3);
	created(name, PIPE_ACCESS_DUPLEX, 0, 2);
	created(name, PIPE_ACCESS_DUPLEX, 0, 4);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 3), ERROR_PIPE_BUSY);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 4), ERROR_PIPE_BUSY);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 2), ERROR_PIPE_BUSY);
}

static void first_instance_flag_compares_the_first_limit(void)
{
	const char *name = case_pipe_name();

	created(name, PIPE_ACCESS_DUPLEX, 0, 3);
	EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX | FIRST, 0, 1),
			 ERROR_ACCESS_DENIED);
}

static void name_is_free_while_an_old_client_is_open(void)
{
	const char *name = case_pipe_name();
	HANDLE s = created(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1), c, d;

	EXPECT_HANDLE(c, client_open(name, GENERIC_WRITE, 0));
	CloseHandle(s);
	s = created(name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_MESSAGE, 2);
	EXPECT_HANDLE(d, client_open(name, GENERIC_READ, 0));
	WRITE_ALL(s, "new", 3);
	EXPECT_READS(d, 8, "new", 3);
	EXPECT_WRITE_FAILS(c, 1, ERROR_NO_DATA);
}

static void open_after_the_last_server_closed_is_2(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	CloseHandle(p.s);
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	CloseHandle(p.c);
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
}

static void instances_without_server_do_not_count(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0xCC;

	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 1);
	CloseHandle(p.s);
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, 0);
}

const struct conf_case create_instances_cases[] = {
	CASE("54", limit_is_kept, "T", "2.2",
	     "instances up to the limit work, one more is 231"),
	CASE("2.2", closing_an_instance_frees_its_place, "D", "2.2",
	     "closing an instance makes room for another"),
	CASE("2.1", unlimited_means_more_than_255, "RD", "2.1",
	     "PIPE_UNLIMITED_INSTANCES is no limit of 255"),
	CASE("55", other_direction_is_5, "T", "2.2",
	     "an instance with another direction fails with 5"),
	CASE("305", inbound_then_outbound_is_5, "N", "2.2",
	     "an outbound instance of an inbound pipe fails with 5"),
	CASE("2.2", limit_is_checked_before_direction, "T", "2.2",
	     "on a full pipe another direction gives 231, not 5"),
	CASE("56", other_type_limit_and_quotas_are_accepted, "T", "2.2",
	     "a later instance may ask for other type, limit, quotas and time-out"),
	CASE("57", type_and_limit_stay_those_of_the_first, "R", "2.2",
	     "type and limit belong to the first instance, quotas to each"),
	CASE("58", message_read_on_an_existing_byte_pipe_is_87, "I", "2.2",
	     "message read mode on an existing byte pipe fails with 87"),
	CASE("59", first_instance_flag_on_a_new_name_works, "N", "2.1",
	     "FILE_FLAG_FIRST_PIPE_INSTANCE on a new name works"),
	CASE("59", first_instance_flag_on_a_used_name_is_5, "TN", "2.2",
	     "FILE_FLAG_FIRST_PIPE_INSTANCE with free instances fails with 5"),
	CASE("60", first_instance_flag_on_a_full_name_is_231, "TN", "2.2",
	     "FILE_FLAG_FIRST_PIPE_INSTANCE on a full pipe fails with 231"),
	CASE("61", write_owner_on_a_used_name_is_5, "T", "2.1",
	     "WRITE_OWNER is the same bit as the first-instance flag: 5 on a used name"),
	CASE("303", later_limits_are_ignored, "N", "2.2",
	     "the limit of the first instance holds, whatever later ones ask"),
	CASE("304", first_instance_flag_compares_the_first_limit, "N", "2.2",
	     "limit 1 with the first-instance flag on a pipe of limit 3 fails with 5"),
	CASE("74", name_is_free_while_an_old_client_is_open, "T", "2.3",
	     "a name without server can be made again with everything different"),
	CASE("75", open_after_the_last_server_closed_is_2, "R", "2.3",
	     "a name whose servers are all closed is gone: open fails with 2"),
	CASE("76", instances_without_server_do_not_count, "T", "2.3",
	     "an instance whose server closed no longer counts"),
	CASE_END};
