/* SPDX-License-Identifier: MIT */
/*
 * npfsctl: what its sub-commands share
 *
 * A sub-command is a function in a file of its name. It reads its options, does its work
 * over the public library and returns one of the exit codes below, which are documented
 * and kept. Results go to standard output, everything else to standard error; colours only
 * to a terminal. Looking at pipes starts no broker; making one does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <npfs/npfs.h>

/* Exit codes. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,	   /* what none of the others says */
	CTL_USAGE = 2,	   /* wrong arguments */
	CTL_NOT_FOUND = 3, /* no such pipe */
	CTL_DENIED = 4,	   /* access denied */
	CTL_BUSY = 5,	   /* all instances are busy, or the time is over */
	CTL_NO_BROKER = 6, /* there is no broker */
	CTL_BROKEN = 7,	   /* the peer went before all was done */
};

struct ctl_command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *purpose;
	int (*run)(int argc, char **argv); /* argv[0] is the name */
	bool makes_pipes;		   /* may start a broker */
};

/* A name as the library takes it, from an argument in any of the usual forms. */
struct ctl_name {
	uint16_t *units; /* owned; room for more than the name */
	const char *text; /* borrowed: the argument */
	size_t len;
};

/* main.c: what goes wrong */
int ctl_usage(void);
int ctl_complain(const char *what, npfs_status status);
int ctl_complain_errno(const char *what);
int ctl_exit_of(npfs_status status);
void ctl_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* name.c */
bool ctl_name_parse(const char *text, struct ctl_name *namep);
bool ctl_pattern_parse(const char *text, uint16_t **patternp, size_t *lenp);
void ctl_name_fini(struct ctl_name *name);
bool ctl_parse_seconds(const char *text, int64_t *timeoutp);
bool ctl_parse_number(const char *text, uint64_t max, uint64_t *valuep);
int64_t ctl_now_ns(void);

/* print.c */
enum ctl_colour { CTL_PLAIN, CTL_BOLD, CTL_RED, CTL_GREEN, CTL_YELLOW };
void ctl_print_init(void);
const char *ctl_colour(enum ctl_colour colour);
int ctl_print_name(const uint16_t *units, size_t len);
void ctl_print_json(const uint16_t *units, size_t len);
void ctl_print_bytes(const void *data, size_t len);
size_t ctl_columns(const uint16_t *units, size_t len);
bool ctl_flush(void);

/* the sub-commands, one file each */
int ctl_acl(int argc, char **argv);
int ctl_broker(int argc, char **argv);
int ctl_call(int argc, char **argv);
int ctl_cat(int argc, char **argv);
int ctl_doctor(int argc, char **argv);
int ctl_list(int argc, char **argv);
int ctl_relay(int argc, char **argv);
int ctl_serve(int argc, char **argv);
int ctl_stat(int argc, char **argv);
int ctl_top(int argc, char **argv);
int ctl_trace(int argc, char **argv);
int ctl_wait(int argc, char **argv);
