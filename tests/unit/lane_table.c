/* SPDX-License-Identifier: MIT */
/*
 * Running a table, once through the plain functions and once without them
 */
#include "tests/unit/lane_table.h"

#include "npfs/base/macro.h"

static void answer_of(struct lane_rig *rig, const struct lane_row *row,
		      npfs_status *statusp, uint32_t *countp)
{
	struct np_lane_peek peek;

	np_lane_peek(&rig->r, NULL, 0, &peek);
	*statusp = STATUS_SUCCESS;
	*countp = 0;
	switch (row->what) {
	case W_IS:
		ck_assert_uint_lt(row->n, rig->n_writes);
		*statusp = rig->writes[row->n]->status;
		*countp = rig->writes[row->n]->done;
		break;
	case R_IS:
		ck_assert_uint_lt(row->n, rig->n_reads);
		*statusp = rig->reads[row->n]->status;
		*countp = rig->reads[row->n]->done;
		break;
	case F_IS:
		ck_assert_uint_lt(row->n, rig->n_flushes);
		*statusp = rig->flushes[row->n]->status;
		break;
	case QUOTA:
		*countp = np_lane_quota_available(&rig->w);
		break;
	case BYTES:
		*countp = peek.bytes;
		break;
	case ENTRIES:
		*countp = peek.entries;
		break;
	case FIRST:
		*countp = peek.message_len;
		break;
	default:
		*statusp = rig->status;
		*countp = rig->count;
		break;
	}
}

static void run_shape(const struct lane_case *c, const struct lane_shape *shape)
{
	struct lane_rig *rig = lane_rig_new(shape);

	for (unsigned i = 0; i < NP_ARRAY_LEN(c->rows) && c->rows[i].what; i++) {
		const struct lane_row *row = &c->rows[i];
		npfs_status status;
		uint32_t count;

		if (row->what < LANE_N_VERBS) {
			struct lane_step step = {(enum lane_verb)row->what, row->n};

			ck_assert_msg(lane_rig_step(rig, &step), "%s, row %u: %s",
				      c->name, i, rig->error);
		}
		answer_of(rig, row, &status, &count);
		ck_assert_msg(status == row->status && count == row->count,
			      "%s, row %u: 0x%x/%u instead of 0x%x/%u", c->name, i,
			      status, count, row->status, row->count);
	}
	lane_rig_free(rig);
}

void lane_case_run(const struct lane_case *c)
{
	struct lane_shape shape = c->shape;

	run_shape(c, &shape);
	shape.uses_plain = true;
	run_shape(c, &shape);
}
