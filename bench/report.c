/* SPDX-License-Identifier: MIT */
/*
 * The two forms of the result. Both name the machine: a figure without it is worth
 * nothing.
 */
#include "bench/report.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#define CPU_MODEL_SIZE 128

/* The model of the first CPU, or "unknown". */
static void cpu_model(char model[CPU_MODEL_SIZE])
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	char line[512];

	snprintf(model, CPU_MODEL_SIZE, "unknown");
	while (in && fgets(line, sizeof(line), in)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) == 0 && colon && colon[1] == ' ') {
			snprintf(model, CPU_MODEL_SIZE, "%.*s",
				 (int)strcspn(colon + 2, "\n"), colon + 2);
			break;
		}
	}
	if (in)
		fclose(in);
}

void np_report_head(FILE *out, const struct np_conditions *conditions)
{
	char model[CPU_MODEL_SIZE];
	struct utsname system;

	cpu_model(model);
	if (uname(&system) < 0)
		memset(&system, 0, sizeof(system));
	fprintf(out, "# %s, %u CPUs, %s %s %s\n", model, conditions->n_cpus,
		system.sysname, system.release, system.machine);
	fprintf(out,
		"# %u interleaved rounds after one of warm-up, %u ms for each figure\n",
		conditions->rounds, conditions->slice_ms);
	fprintf(out,
		"# sleepers are measured on one CPU and on two, the better counts\n");
	fprintf(out, "# name median min max unit\n");
}

/* Four figures are more than the spread allows. */
static int digits_of(double value)
{
	if (value >= 1000)
		return 0;
	if (value >= 100)
		return 1;
	return value >= 10 ? 2 : 3;
}

void np_report_figure(FILE *out, const struct np_figure *figure)
{
	double median = np_series_median(&figure->series);
	int digits = digits_of(median);

	if (figure->series.n == 0)
		return;
	fprintf(out, "%-36s %12.*f %12.*f %12.*f %s\n", figure->name, digits, median,
		digits, np_series_min(&figure->series), digits,
		np_series_max(&figure->series), figure->unit);
	fflush(out);
}

bool np_report_target(FILE *out, const struct np_figure *figure)
{
	double median = np_series_median(&figure->series);
	bool met = median >= figure->target;

	if (figure->series.n == 0 || figure->target <= 0)
		return true;
	fprintf(out, "target %-36s at least %.2f found %.2f %s: %s\n", figure->name,
		figure->target, median, figure->unit, met ? "met" : "missed");
	return met;
}

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)(unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void json_figure(FILE *out, const struct np_figure *figure)
{
	fprintf(out, "    { \"name\": ");
	json_string(out, figure->name);
	fprintf(out, ", \"unit\": ");
	json_string(out, figure->unit);
	fprintf(out, ",\n      \"median\": %.17g, \"min\": %.17g, \"max\": %.17g,\n",
		np_series_median(&figure->series), np_series_min(&figure->series),
		np_series_max(&figure->series));
	if (figure->target > 0)
		fprintf(out, "      \"target\": %.17g,\n", figure->target);
	fprintf(out, "      \"samples\": [");
	for (size_t i = 0; i < figure->series.n; i++)
		fprintf(out, "%s%.17g", i ? ", " : "", figure->series.sample[i]);
	fprintf(out, "] }");
}

int np_report_json(const char *path, const struct np_conditions *conditions,
		   const struct np_figure *figures, size_t n_figures)
{
	FILE *out = fopen(path, "we");
	char model[CPU_MODEL_SIZE];
	struct utsname system;
	bool first = true, bad;

	if (!out)
		return -errno;
	cpu_model(model);
	if (uname(&system) < 0)
		memset(&system, 0, sizeof(system));
	fprintf(out, "{\n  \"machine\": { \"cpu\": ");
	json_string(out, model);
	fprintf(out, ", \"cpus\": %u, \"system\": ", conditions->n_cpus);
	json_string(out, system.sysname);
	fprintf(out, ", \"release\": ");
	json_string(out, system.release);
	fprintf(out, ", \"architecture\": ");
	json_string(out, system.machine);
	fprintf(out, " },\n  \"rounds\": %u,\n  \"slice_ms\": %u,\n  \"figures\": [\n",
		conditions->rounds, conditions->slice_ms);
	for (size_t i = 0; i < n_figures; i++) {
		if (figures[i].series.n == 0)
			continue;
		fputs(first ? "" : ",\n", out);
		json_figure(out, &figures[i]);
		first = false;
	}
	fprintf(out, "\n  ]\n}\n");
	bad = ferror(out);
	if (fclose(out) != 0 || bad)
		return -EIO;
	return 0;
}
