/* SPDX-License-Identifier: MIT */
/*
 * The runner of the conformance suite.
 *
 * For every case and every personality asked for, the program starts itself again with
 * --run, waits for the end or a deadline, and reads the result lines of protocol.h. It
 * prints TAP and, on request, a JSON file for conformance/report. A list of known
 * differences turns a listed failure into "known"; it also turns a listed case that
 * passes into an error, so the list can only shrink by hand and never rot.
 *
 * The runner itself uses no function of the implementation under test.
 */
#include "conformance/harness.h"

#include "conformance/platform.h"
#include "conformance/protocol.h"

#include <stdlib.h>

#define CASE_DEADLINE_MS 60000
#define OUTPUT_CAP       262144

enum verdict {
	VERDICT_PASS,
	VERDICT_SKIP,
	VERDICT_KNOWN,  /* fails, and the list says so */
	VERDICT_AGREES, /* passes, but the list says it fails: an error */
	VERDICT_FAIL,
};

static const char *const verdict_words[] = {"pass", "skip", "known", "agrees", "fail"};

/* One case under one personality, over all repetitions; the worst verdict is kept. */
struct result {
	const struct conf_table *table;
	const struct conf_case *c;
	const char *personality;
	enum verdict verdict;
	unsigned long long duration_ms;
	unsigned runs, failures;
	char *where, *expected, *got, *notes; /* owned, may be NULL */
};

/* One line of a list of known differences. */
struct known {
	char *name, *personality, *reason; /* owned for the life of the program */
	bool is_used;
};

struct options {
	const char *filters[16];
	unsigned n_filters;
	const char *personalities[8];
	unsigned n_personalities;
	const char *implementation;
	const char *json;
	unsigned repeat;
	unsigned deadline_ms;
	bool is_list;
};

static struct known *known_list;
static size_t n_known;

static const struct {
	const char *name;
	unsigned bit;
} personality_names[] = {
	{"book", P_BOOK}, {"modern", P_MODERN}, {"nt4", P_NT4},
	{"w95", P_W95},   {"lanman", P_LANMAN}, {"windows", P_MODERN},
};

unsigned conf_personality_bit(const char *name)
{
	for (size_t i = 0; i < sizeof(personality_names) / sizeof(personality_names[0]);
	     i++)
		if (strcmp(personality_names[i].name, name) == 0)
			return personality_names[i].bit;
	return 0;
}

/* '*' any text, '?' one character. */
static bool glob_matches(const char *glob, const char *text)
{
	for (; *glob; glob++, text++) {
		if (*glob == '*') {
			for (const char *rest = text;; rest++) {
				if (glob_matches(glob + 1, rest))
					return true;
				if (!*rest)
					return false;
			}
		}
		if (!*text || (*glob != '?' && *glob != *text))
			return false;
	}
	return *text == '\0';
}

static void full_name(const struct conf_table *table, const struct conf_case *c,
		      char *out, size_t cap)
{
	snprintf(out, cap, "%s/%s", table->area, c->name);
}

static bool is_selected(const struct options *opt, const struct conf_table *table,
			const struct conf_case *c)
{
	char name[160];

	full_name(table, c, name, sizeof(name));
	if (opt->n_filters == 0)
		return true;
	for (unsigned i = 0; i < opt->n_filters; i++)
		if (glob_matches(opt->filters[i], name) ||
		    strcmp(opt->filters[i], c->id) == 0)
			return true;
	return false;
}

static char *text_copy(const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = malloc(n);

	if (copy)
		memcpy(copy, text, n);
	return copy;
}

static void text_set(char **slot, const char *text)
{
	free(*slot);
	*slot = text_copy(text);
}

static void text_append_line(char **slot, const char *text)
{
	size_t old = *slot ? strlen(*slot) : 0;
	char *joined = malloc(old + strlen(text) + 3);

	if (!joined)
		return;
	sprintf(joined, "%s%s%s", *slot ? *slot : "", old ? "; " : "", text);
	free(*slot);
	*slot = joined;
}

/* ---- known differences ---- */

static bool known_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[1024];

	if (!f) {
		fprintf(stderr, "conformance: cannot read %s\n", path);
		return false;
	}
	while (fgets(line, sizeof(line), f)) {
		struct known *grown, *k;
		char *tab1, *tab2;

		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		tab1 = strchr(line, '\t');
		tab2 = tab1 ? strchr(tab1 + 1, '\t') : NULL;
		if (!tab2 || !tab2[1]) {
			fprintf(stderr,
				"conformance: %s: not name, personality, reason: %s\n",
				path, line);
			fclose(f);
			return false;
		}
		*tab1 = *tab2 = '\0';
		grown = realloc(known_list, (n_known + 1) * sizeof(*grown));
		if (!grown)
			break;
		known_list = grown;
		k = &known_list[n_known++];
		k->name = text_copy(line);
		k->personality = text_copy(tab1 + 1);
		k->reason = text_copy(tab2 + 1);
		k->is_used = false;
		if (!k->name || !k->personality || !k->reason) {
			fclose(f);
			return false;
		}
	}
	fclose(f);
	return true;
}

static struct known *known_find(const char *name, const char *personality_name)
{
	for (size_t i = 0; i < n_known; i++)
		if (strcmp(known_list[i].name, name) == 0 &&
		    (strcmp(known_list[i].personality, "*") == 0 ||
		     strcmp(known_list[i].personality, personality_name) == 0))
			return &known_list[i];
	return NULL;
}

/* ---- one run ---- */

/* Takes one tab-separated field off the front of *restp; "" at the end. */
static const char *field_take(char **restp)
{
	char *start = *restp;
	char *tab = strchr(start, '\t');

	if (tab) {
		*tab = '\0';
		*restp = tab + 1;
	} else {
		*restp = start + strlen(start);
	}
	return start;
}

static bool has_mark(const char *line, const char *mark)
{
	size_t n = strlen(mark);

	return strncmp(line, mark, n) == 0 && (line[n] == '\t' || line[n] == '\0');
}

static void result_fail(struct result *r, const char *where, const char *expected,
			const char *got)
{
	text_set(&r->where, where);
	text_set(&r->expected, expected);
	text_set(&r->got, got);
}

/* Reads what the case said; returns its verdict before the list of known differences. */
static enum verdict output_judge(struct result *r, char *out,
				 enum platform_outcome outcome, int code)
{
	enum verdict verdict = VERDICT_FAIL;
	bool has_result = false;
	char text[96];

	for (char *line = out, *next; line && *line; line = next) {
		char *end = strchr(line, '\n');

		next = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (has_mark(line, CONF_MARK_NOTE)) {
			field_take(&line);
			text_append_line(&r->notes, line);
		} else if (has_mark(line, CONF_MARK_PASS)) {
			verdict = VERDICT_PASS;
			has_result = true;
		} else if (has_mark(line, CONF_MARK_SKIP)) {
			field_take(&line);
			result_fail(r, "", "", line);
			verdict = VERDICT_SKIP;
			has_result = true;
		} else if (has_mark(line, CONF_MARK_FAIL)) {
			const char *where, *expected;

			field_take(&line);
			where = field_take(&line);
			expected = field_take(&line);
			result_fail(r, where, expected, line);
			verdict = VERDICT_FAIL;
			has_result = true;
		}
	}
	if (outcome == PLATFORM_EXITED && has_result)
		return verdict;
	if (outcome == PLATFORM_TIMED_OUT)
		snprintf(text, sizeof(text), "timeout");
	else if (outcome == PLATFORM_CRASHED)
		snprintf(text, sizeof(text), "crash (0x%X)", (unsigned)code);
	else if (outcome == PLATFORM_NOT_STARTED)
		snprintf(text, sizeof(text), "the process did not start");
	else
		snprintf(text, sizeof(text), "exit code %d without a result", code);
	if (!has_result || verdict != VERDICT_FAIL)
		result_fail(r, "", "the case ends with a result", text);
	return VERDICT_FAIL;
}

static void tap_print_failure(const struct result *r)
{
	printf("  ---\n  id: \"%s\"\n  what: %s\n  evidence: %s\n  section: \"%s\"\n",
	       r->c->id, r->c->what, r->c->evidence, r->c->section);
	printf("  expected: %s\n  got: %s\n", r->expected ? r->expected : "",
	       r->got ? r->got : "");
	if (r->where && *r->where)
		printf("  at: %s\n", r->where);
	if (r->notes)
		printf("  notes: %s\n", r->notes);
	printf("  ...\n");
}

static enum verdict result_run(const struct options *opt, struct result *r,
			       unsigned number)
{
	static char out[OUTPUT_CAP];
	const char *argv[] = {"", "--run", NULL, NULL};
	unsigned long long start = platform_now_ms();
	enum platform_outcome outcome;
	enum verdict verdict;
	struct known *known;
	char name[160];
	int code;

	full_name(r->table, r->c, name, sizeof(name));
	argv[2] = name;
	outcome = platform_run(argv, platform_has_personalities() ? r->personality : NULL,
			       opt->deadline_ms, out, sizeof(out), &code);
	free(r->notes);
	r->notes = NULL;
	verdict = output_judge(r, out, outcome, code);
	r->duration_ms = platform_now_ms() - start;
	r->runs++;
	r->failures += verdict == VERDICT_FAIL;
	known = known_find(name, r->personality);
	if (known) {
		known->is_used = true;
		if (verdict == VERDICT_FAIL)
			verdict = VERDICT_KNOWN;
		else if (verdict == VERDICT_PASS)
			verdict = VERDICT_AGREES;
	}
	if (verdict > r->verdict || r->runs == 1)
		r->verdict = verdict;
	printf("%s %u - %s [%s] %s", verdict >= VERDICT_AGREES ? "not ok" : "ok", number,
	       name, r->c->id, r->personality);
	if (verdict == VERDICT_SKIP)
		printf(" # SKIP %s", r->got);
	else if (verdict == VERDICT_KNOWN)
		printf(" # known: %s", known->reason);
	else if (verdict == VERDICT_AGREES)
		printf(" # passes, but is listed as known to differ: %s", known->reason);
	printf("\n");
	if (verdict == VERDICT_FAIL || verdict == VERDICT_KNOWN)
		tap_print_failure(r);
	fflush(stdout);
	return verdict;
}

/* ---- results as JSON ---- */

static void json_string(FILE *f, const char *text)
{
	fputc('"', f);
	for (const unsigned char *p = (const unsigned char *)(text ? text : ""); *p;
	     p++) {
		if (*p == '"' || *p == '\\')
			fprintf(f, "\\%c", *p);
		else if (*p < 0x20 || *p >= 0x7F)
			fprintf(f, "\\u%04x", *p);
		else
			fputc(*p, f);
	}
	fputc('"', f);
}

static void json_member(FILE *f, const char *key, const char *text, const char *after)
{
	fprintf(f, "\"%s\": ", key);
	json_string(f, text);
	fputs(after, f);
}

static bool json_write(const struct options *opt, const struct result *results, size_t n)
{
	FILE *f = fopen(opt->json, "w");

	if (!f) {
		fprintf(stderr, "conformance: cannot write %s\n", opt->json);
		return false;
	}
	fprintf(f, "{\"format\": 1, ");
	json_member(f, "implementation", opt->implementation, ",\n\"results\": [\n");
	for (size_t i = 0; i < n; i++) {
		const struct result *r = &results[i];
		char name[160], at[256];
		const char *base = strstr(r->c->file, "conformance/");
		const struct known *k;

		full_name(r->table, r->c, name, sizeof(name));
		k = known_find(name, r->personality);
		snprintf(at, sizeof(at), "%s:%d", base ? base : r->c->file, r->c->line);
		fprintf(f, "{");
		json_member(f, "id", r->c->id, ", ");
		json_member(f, "area", r->table->area, ", ");
		json_member(f, "name", r->c->name, ", ");
		json_member(f, "evidence", r->c->evidence, ", ");
		json_member(f, "section", r->c->section, ", ");
		json_member(f, "what", r->c->what, ", ");
		json_member(f, "implementation", opt->implementation, ", ");
		json_member(f, "personality", r->personality, ", ");
		json_member(f, "result", verdict_words[r->verdict], ", ");
		json_member(f, "expected", r->expected, ", ");
		json_member(f, "got", r->got, ", ");
		json_member(f, "at", r->where && *r->where ? r->where : at, ", ");
		json_member(f, "notes", r->notes, ", ");
		json_member(f, "known", k ? k->reason : "", ", ");
		fprintf(f, "\"runs\": %u, \"failures\": %u, \"duration_ms\": %llu}%s\n",
			r->runs, r->failures, r->duration_ms, i + 1 < n ? "," : "");
	}
	fprintf(f, "]}\n");
	return fclose(f) == 0;
}

/* ---- the whole ---- */

/* Calls back for every selected case under every personality it is meant for. */
static size_t results_collect(const struct options *opt, struct result *results)
{
	size_t n = 0;

	for (unsigned p = 0; p < opt->n_personalities; p++) {
		unsigned bit = conf_personality_bit(opt->personalities[p]);

		for (const struct conf_table *t = conf_tables; t->area; t++)
			for (const struct conf_case *c = t->cases; c->id; c++) {
				if (!(c->personalities & bit) || !is_selected(opt, t, c))
					continue;
				if (results) {
					memset(&results[n], 0, sizeof(results[n]));
					results[n].table = t;
					results[n].c = c;
					results[n].personality = opt->personalities[p];
				}
				n++;
			}
	}
	return n;
}

static bool tables_are_sound(void)
{
	for (const struct conf_table *t = conf_tables; t->area; t++)
		for (const struct conf_case *c = t->cases; c->id; c++)
			for (const struct conf_table *u = t; u->area; u++)
				for (const struct conf_case *d = u == t ? c + 1
									: u->cases;
				     d->id; d++)
					if (strcmp(t->area, u->area) == 0 &&
					    strcmp(c->name, d->name) == 0) {
						fprintf(stderr,
							"conformance: two cases %s/%s\n",
							t->area, c->name);
						return false;
					}
	return true;
}

static int suite_run(const struct options *opt)
{
	size_t n = results_collect(opt, NULL);
	struct result *results = calloc(n ? n : 1, sizeof(*results));
	unsigned counts[5] = {0};
	unsigned number = 0;
	bool ok = true;

	if (!results)
		return 2;
	results_collect(opt, results);
	printf("TAP version 13\n1..%lu\n", (unsigned long)n * opt->repeat);
	for (unsigned round = 0; round < opt->repeat; round++)
		for (size_t i = 0; i < n; i++)
			counts[result_run(opt, &results[i], ++number)]++;
	printf("# %s: %u passed, %u failed, %u known, %u listed but passing, %u skipped\n",
	       opt->implementation, counts[VERDICT_PASS], counts[VERDICT_FAIL],
	       counts[VERDICT_KNOWN], counts[VERDICT_AGREES], counts[VERDICT_SKIP]);
	if (opt->n_filters == 0)
		for (size_t i = 0; i < n_known; i++)
			if (!known_list[i].is_used &&
			    strcmp(known_list[i].personality, "*") == 0) {
				printf("# listed as known, but no such case: %s\n",
				       known_list[i].name);
				ok = false;
			}
	if (opt->json && !json_write(opt, results, n))
		ok = false;
	if (counts[VERDICT_FAIL] || counts[VERDICT_AGREES] || n == 0)
		ok = false;
	for (size_t i = 0; i < n; i++) {
		free(results[i].where);
		free(results[i].expected);
		free(results[i].got);
		free(results[i].notes);
	}
	free(results);
	return ok ? 0 : 1;
}

static int suite_list(const struct options *opt)
{
	for (const struct conf_table *t = conf_tables; t->area; t++)
		for (const struct conf_case *c = t->cases; c->id; c++) {
			if (!is_selected(opt, t, c))
				continue;
			printf("%s/%s\t%s\t%s\t%s\t", t->area, c->name, c->id,
			       c->evidence, c->section);
			for (unsigned bit = 1; bit <= P_LANMAN; bit <<= 1)
				if (c->personalities & bit)
					printf("%s ", personality_names[bit == 1   ? 0
									: bit == 2 ? 1
									: bit == 4 ? 2
									: bit == 8 ? 3
										   : 4]
							      .name);
			printf("\t%s\n", c->what);
		}
	return 0;
}

static int case_run_here(const char *name)
{
	char full[160];

	for (const struct conf_table *t = conf_tables; t->area; t++)
		for (const struct conf_case *c = t->cases; c->id; c++) {
			full_name(t, c, full, sizeof(full));
			if (strcmp(full, name) == 0)
				conf_run_case(c);
		}
	fprintf(stderr, "conformance: no case %s\n", name);
	return 2;
}

static int role_run_here(int argc, char **argv)
{
	for (const struct conf_role *r = conf_roles; argc > 0 && r->name; r++)
		if (strcmp(r->name, argv[0]) == 0)
			platform_exit(r->run(argc, argv));
	fprintf(stderr, "conformance: no role %s\n", argc > 0 ? argv[0] : "");
	return 2;
}

static int usage(void)
{
	fputs("usage: conformance [--list] [--filter GLOB|NUMBER]… [--personality P[,P]…]\n"
	      "                   [--implementation NAME] [--known FILE] [--json FILE]\n"
	      "                   [--repeat N] [--deadline SECONDS]\n"
	      "       conformance --run AREA/NAME      (one case in this process)\n",
	      stderr);
	return 2;
}

/* Splits a comma list of personalities; the text must outlive the options. */
static bool personalities_take(struct options *opt, char *list)
{
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (!conf_personality_bit(word) || opt->n_personalities == 8) {
			fprintf(stderr, "conformance: no personality %s\n", word);
			return false;
		}
		opt->personalities[opt->n_personalities++] = word;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options opt = {.repeat = 1, .deadline_ms = CASE_DEADLINE_MS};

	platform_init(argv[0]);
	if (argc > 2 && strcmp(argv[1], "--run") == 0)
		return case_run_here(argv[2]);
	if (argc > 2 && strcmp(argv[1], "--role") == 0)
		return role_run_here(argc - 2, argv + 2);
	opt.implementation = platform_implementation();
	for (int i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc;

		if (strcmp(argv[i], "--list") == 0)
			opt.is_list = true;
		else if (!has_value)
			return usage();
		else if (strcmp(argv[i], "--filter") == 0 && opt.n_filters < 16)
			opt.filters[opt.n_filters++] = argv[++i];
		else if (strcmp(argv[i], "--personality") == 0) {
			if (!personalities_take(&opt, argv[++i]))
				return 2;
		} else if (strcmp(argv[i], "--implementation") == 0)
			opt.implementation = argv[++i];
		else if (strcmp(argv[i], "--known") == 0) {
			if (!known_read(argv[++i]))
				return 2;
		} else if (strcmp(argv[i], "--json") == 0)
			opt.json = argv[++i];
		else if (strcmp(argv[i], "--repeat") == 0)
			opt.repeat = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--deadline") == 0)
			opt.deadline_ms = (unsigned)strtoul(argv[++i], NULL, 10) * 1000;
		else
			return usage();
	}
	if (opt.n_personalities == 0) {
		const char *from_env = getenv("NPFS_PERSONALITY");

		opt.personalities[opt.n_personalities++] =
			!platform_has_personalities()                ? "windows"
			: from_env && conf_personality_bit(from_env) ? from_env
								     : "book";
	}
	if (!tables_are_sound())
		return 2;
	return opt.is_list ? suite_list(&opt) : suite_run(&opt);
}
