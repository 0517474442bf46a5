/* SPDX-License-Identifier: MIT */
/*
 * Parsing of the command line
 */
#include "npfs/broker/options.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npfs/broker/recovery.h"
#include "npfs/sec/token.h"

#ifndef PACKAGE_VERSION
#error "the build defines PACKAGE_VERSION"
#endif

static const char usage_text[] =
	"Usage: npfsd [OPTION]...\n"
	"Broker of Windows named pipes: knows names and instances, connects the ends.\n"
	"\n"
	"  -f, --foreground         stay in the foreground, log to standard error\n"
	"  -s, --socket=PATH        listen at PATH instead of the default place\n"
	"      --ready-fd=FD        write one byte to FD when listening, then close it\n"
	"      --idle-exit=SECONDS  leave after so long without a client (0: never)\n"
	"      --claim-time=SECONDS wait so long for programs that a broker before\n"
	"                           this one served (default: 1)\n"
	"      --limit=NAME=VALUE   change a limit: connections, instances,\n"
	"                           client-instances, pipes, name-bytes, waiters,\n"
	"                           objects, object-opens, deposits\n"
	"      --administrators=GROUP   the group that is Administrators\n"
	"      --local-service=USER     the user that is LocalService\n"
	"      --network-service=USER   the user that is NetworkService\n"
	"      --all-users          serve every user's processes (for root: always)\n"
	"      --remove-dir         remove the socket's directory on exit if empty\n"
	"      --syslog             log to syslog\n"
	"      --log-level=LEVEL    error, warning, notice, info or debug\n"
	"  -V, --version            print the version\n"
	"  -h, --help               print this text\n"
	"\n"
	"Without --socket: $NPFS_SOCKET; for root " NP_PLACE_MACHINE_SOCKET ";\n"
	"for others $XDG_RUNTIME_DIR/npfs/npfsd.sock or /tmp/npfs-<uid>/npfsd.sock.\n";

enum {
	OPTION_READY_FD = 256,
	OPTION_IDLE_EXIT,
	OPTION_CLAIM_TIME,
	OPTION_LIMIT,
	OPTION_ADMINISTRATORS,
	OPTION_LOCAL_SERVICE,
	OPTION_NETWORK_SERVICE,
	OPTION_ALL_USERS,
	OPTION_REMOVE_DIR,
	OPTION_SYSLOG,
	OPTION_LOG_LEVEL,
};

static const struct option long_options[] = {
	{"foreground", no_argument, NULL, 'f'},
	{"socket", required_argument, NULL, 's'},
	{"ready-fd", required_argument, NULL, OPTION_READY_FD},
	{"idle-exit", required_argument, NULL, OPTION_IDLE_EXIT},
	{"claim-time", required_argument, NULL, OPTION_CLAIM_TIME},
	{"limit", required_argument, NULL, OPTION_LIMIT},
	{"administrators", required_argument, NULL, OPTION_ADMINISTRATORS},
	{"local-service", required_argument, NULL, OPTION_LOCAL_SERVICE},
	{"network-service", required_argument, NULL, OPTION_NETWORK_SERVICE},
	{"all-users", no_argument, NULL, OPTION_ALL_USERS},
	{"remove-dir", no_argument, NULL, OPTION_REMOVE_DIR},
	{"syslog", no_argument, NULL, OPTION_SYSLOG},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool parse_number(const char *text, unsigned long max, unsigned long *valuep)
{
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*valuep = strtoul(text, &end, 10);
	return errno == 0 && !*end && *valuep <= max;
}

static bool parse_level(const char *text, enum np_log_level *levelp)
{
	static const struct {
		const char *name;
		enum np_log_level level;
	} levels[] = {
		{"error", NP_LOG_ERROR},   {"warning", NP_LOG_WARNING},
		{"notice", NP_LOG_NOTICE}, {"info", NP_LOG_INFO},
		{"debug", NP_LOG_DEBUG},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(levels); i++) {
		if (strcmp(levels[i].name, text) == 0) {
			*levelp = levels[i].level;
			return true;
		}
	}
	return false;
}

/* A path of the command line, made absolute: the daemon leaves the working directory. */
static bool parse_socket(const char *text, struct np_place *place)
{
	char cwd[NP_PLACE_PATH_MAX] = "";
	int n;

	memset(place, 0, sizeof(*place));
	if (text[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return false;
	n = snprintf(place->path, sizeof(place->path), "%s%s%s", cwd, cwd[0] ? "/" : "",
		     text);
	return *text && n > 0 && (size_t)n < sizeof(place->path);
}

/* A group by name or number. */
static bool parse_group(const char *text, uint32_t *gidp)
{
	const struct group *group = getgrnam(text);
	unsigned long value;

	if (group)
		*gidp = group->gr_gid;
	else if (parse_number(text, UINT32_MAX - 1, &value))
		*gidp = (uint32_t)value;
	else
		return false;
	return true;
}

/* A user by name or number. */
static bool parse_user(const char *text, uint32_t *uidp)
{
	const struct passwd *user = getpwnam(text);
	unsigned long value;

	if (user)
		*uidp = user->pw_uid;
	else if (parse_number(text, UINT32_MAX - 1, &value))
		*uidp = (uint32_t)value;
	else
		return false;
	return true;
}

static enum np_options_result usage_error(const char *what, const char *value)
{
	fprintf(stderr, "npfsd: %s: %s\n", what, value);
	fprintf(stderr, "Try 'npfsd --help'.\n");
	return NP_OPTIONS_EXIT_USAGE;
}

/* The place when the command line names none. Return: whether there is one. */
static bool place_default(struct np_options *options)
{
	int r = 0;

	if (np_place_from_env(&options->place, &r))
		return r == 0;
	if (geteuid() == 0) {
		strcpy(options->place.path, NP_PLACE_MACHINE_SOCKET);
		return true;
	}
	return np_place_user(&options->place) == 0;
}

/**
 * np_options_parse() - read the command line
 * @options:	all fields are written
 * @argc:	of main()
 * @argv:	of main()
 *
 * Return: whether to run, or how to exit; messages have been printed.
 */
enum np_options_result np_options_parse(struct np_options *options, int argc, char **argv)
{
	bool has_socket = false;
	unsigned long value;
	int c;

	memset(options, 0, sizeof(*options));
	options->log_level = NP_LOG_NOTICE;
	options->ready_fd = -1;
	options->claim_time = NP_CLAIM_TIME_DEFAULT;
	options->serves_all = geteuid() == 0;
	options->administrators_gid = NP_SEC_NO_GID;
	options->local_service_uid = NP_SEC_NO_UID;
	options->network_service_uid = NP_SEC_NO_UID;
	np_limit_values_init(&options->limits);

	while ((c = getopt_long(argc, argv, "fs:Vh", long_options, NULL)) >= 0) {
		switch (c) {
		case 'f':
			options->is_foreground = true;
			break;
		case 's':
			if (!parse_socket(optarg, &options->place))
				return usage_error("not a path a socket can have",
						   optarg);
			has_socket = true;
			break;
		case OPTION_READY_FD:
			if (!parse_number(optarg, 1 << 20, &value))
				return usage_error("not a descriptor", optarg);
			options->ready_fd = (int)value;
			break;
		case OPTION_IDLE_EXIT:
			if (!parse_number(optarg, 1 << 30, &value))
				return usage_error("not a number of seconds", optarg);
			options->idle_exit = (unsigned)value;
			break;
		case OPTION_CLAIM_TIME:
			if (!parse_number(optarg, NP_CLAIM_TIME_MAX, &value))
				return usage_error("not a number of seconds up to 60",
						   optarg);
			options->claim_time = (unsigned)value;
			break;
		case OPTION_LIMIT:
			if (!np_limit_values_set(&options->limits, optarg))
				return usage_error("not a limit and its value", optarg);
			break;
		case OPTION_ADMINISTRATORS:
			if (!parse_group(optarg, &options->administrators_gid))
				return usage_error("no such group", optarg);
			break;
		case OPTION_LOCAL_SERVICE:
			if (!parse_user(optarg, &options->local_service_uid))
				return usage_error("no such user", optarg);
			break;
		case OPTION_NETWORK_SERVICE:
			if (!parse_user(optarg, &options->network_service_uid))
				return usage_error("no such user", optarg);
			break;
		case OPTION_ALL_USERS:
			options->serves_all = true;
			break;
		case OPTION_REMOVE_DIR:
			options->removes_dir = true;
			break;
		case OPTION_SYSLOG:
			options->uses_syslog = true;
			break;
		case OPTION_LOG_LEVEL:
			if (!parse_level(optarg, &options->log_level))
				return usage_error("not a log level", optarg);
			break;
		case 'V':
			printf("npfsd %s\n", PACKAGE_VERSION);
			return NP_OPTIONS_EXIT_OK;
		case 'h':
			fputs(usage_text, stdout);
			return NP_OPTIONS_EXIT_OK;
		default:
			fprintf(stderr, "Try 'npfsd --help'.\n");
			return NP_OPTIONS_EXIT_USAGE;
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	if (!has_socket && !place_default(options)) {
		fprintf(stderr, "npfsd: no place to listen; use --socket\n");
		return NP_OPTIONS_EXIT_USAGE;
	}
	/*
	 * Elsewhere even root's broker is its own: whoever wants it otherwise changes
	 * the mode.
	 */
	options->socket_mode =
		strcmp(options->place.path, NP_PLACE_MACHINE_SOCKET) == 0 ? 0666 : 0600;
	return NP_OPTIONS_RUN;
}
