/* SPDX-License-Identifier: MIT */
/*
 * The rows, and what a report says in the unit of one.
 */
#include "bench/measure.h"

const struct np_measure np_measures[NP_N_MEASURES] = {
	[NP_ROUND_TRIP_64] = {"roundtrip_64", NP_TASK_ROUND_TRIP, 64, 0, NP_METRIC_TIME, false},
	[NP_ROUND_TRIP_64_CPU] = {"roundtrip_64_cpu", NP_TASK_ROUND_TRIP, 64, 0, NP_METRIC_CPU,
				  true},
	[NP_ROUND_TRIP_4096] = {"roundtrip_4096", NP_TASK_ROUND_TRIP, 4096, 0, NP_METRIC_TIME,
				false},
	[NP_ONE_WAY_16] = {"oneway_16", NP_TASK_ONE_WAY, 16, 0, NP_METRIC_RATE, false},
	[NP_ONE_WAY_64] = {"oneway_64", NP_TASK_ONE_WAY, 64, 0, NP_METRIC_RATE, false},
	[NP_ONE_WAY_64_CPU] = {"oneway_64_cpu", NP_TASK_ONE_WAY, 64, 0, NP_METRIC_CPU, true},
	[NP_ONE_WAY_1024] = {"oneway_1024", NP_TASK_ONE_WAY, 1024, 0, NP_METRIC_SPEED, false},
	[NP_ONE_WAY_4096] = {"oneway_4096", NP_TASK_ONE_WAY, 4096, 0, NP_METRIC_SPEED, false},
	[NP_ONE_WAY_65536] = {"oneway_65536", NP_TASK_ONE_WAY, 65536, 0, NP_METRIC_SPEED, false},
	[NP_ONE_WAY_1048576] = {"oneway_1048576", NP_TASK_ONE_WAY, 1048576, 0, NP_METRIC_SPEED,
				false},
	[NP_PEEK_64] = {"peek_64", NP_TASK_PEEK, 64, 0, NP_METRIC_TIME, false},
	[NP_PACED_1000_P50] = {"paced_1000_p50", NP_TASK_PACED, 64, 1000, NP_METRIC_P50, false},
	[NP_PACED_1000_P99] = {"paced_1000_p99", NP_TASK_PACED, 64, 1000, NP_METRIC_P99, true},
	[NP_PACED_20000_P50] = {"paced_20000_p50", NP_TASK_PACED, 64, 20000, NP_METRIC_P50,
				false},
	[NP_PACED_20000_P99] = {"paced_20000_p99", NP_TASK_PACED, 64, 20000, NP_METRIC_P99,
				true},
	[NP_PACED_20000_P999] = {"paced_20000_p999", NP_TASK_PACED, 64, 20000, NP_METRIC_P999,
				 true},
};

const char *np_measure_unit(const struct np_measure *measure)
{
	switch (measure->metric) {
	case NP_METRIC_RATE:
		return "msg/s";
	case NP_METRIC_SPEED:
		return "MB/s";
	case NP_METRIC_CPU:
		return "s/M";
	default:
		return "us";
	}
}

double np_measure_value(const struct np_measure *measure, const struct np_report *report)
{
	double ops = (double)report->ops, ns = (double)report->ns;
	double messages = (double)report->messages;

	switch (measure->metric) {
	case NP_METRIC_TIME:
		return ns / 1e3 / ops;
	case NP_METRIC_RATE:
		return ops * 1e9 / ns;
	case NP_METRIC_SPEED:
		return ops * measure->size * 1e3 / ns;
	case NP_METRIC_CPU: /* of a round trip both messages count */
		return (double)report->cpu_ns / 1e3 /
		       (measure->kind == NP_TASK_ONE_WAY ? messages : 2 * messages);
	case NP_METRIC_P50:
		return (double)report->late_ns[NP_PART_500] / 1e3;
	case NP_METRIC_P99:
		return (double)report->late_ns[NP_PART_990] / 1e3;
	case NP_METRIC_P999:
		return (double)report->late_ns[NP_PART_999] / 1e3;
	}
	return 0;
}

bool np_measure_is_cost(const struct np_measure *measure)
{
	return measure->metric != NP_METRIC_RATE && measure->metric != NP_METRIC_SPEED;
}

bool np_measure_is_better(const struct np_measure *measure, double a, double b)
{
	return np_measure_is_cost(measure) ? a < b : a > b;
}
