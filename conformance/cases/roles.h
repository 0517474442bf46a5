/* SPDX-License-Identifier: MIT */
/* Prototypes of the roles of helper processes, one per ROLE of cases/tables.def. */
#pragma once

#define TABLE(area, table)
#define ROLE(function) int function(int argc, char **argv);
#include "conformance/cases/tables.def"
#undef TABLE
#undef ROLE
