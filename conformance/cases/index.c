/* SPDX-License-Identifier: MIT */
/* The registry of the suite, made from cases/tables.def. */
#include "conformance/cases/roles.h"
#include "conformance/harness.h"

#define TABLE(area, table) extern const struct conf_case table[];
#define ROLE(function)
#include "conformance/cases/tables.def"
#undef TABLE
#undef ROLE

const struct conf_table conf_tables[] = {
#define TABLE(area, table) {#area, table},
#define ROLE(function)
#include "conformance/cases/tables.def"
#undef TABLE
#undef ROLE
	{NULL, NULL},
};

const struct conf_role conf_roles[] = {
#define TABLE(area, table)
#define ROLE(function) {#function, function},
#include "conformance/cases/tables.def"
#undef TABLE
#undef ROLE
	{NULL, NULL},
};
