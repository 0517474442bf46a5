/* SPDX-License-Identifier: MIT */
/* The codes of the text form of descriptors.  See sddl_names.h. */
#include "kernel32-shim/sddl_names.h"

#define SDDL_CRITICAL_ACE 0x20

/* Rights in an object of a directory service, which have the codes of the low bits. */
#define DS_CREATE_CHILD   0x1
#define DS_DELETE_CHILD   0x2
#define DS_LIST           0x4
#define DS_SELF           0x8
#define DS_READ_PROP      0x10
#define DS_WRITE_PROP     0x20
#define DS_DELETE_TREE    0x40
#define DS_LIST_OBJECT    0x80
#define DS_CONTROL_ACCESS 0x100

/* Rights in a key of the registry, as whole sets. */
#define KEY_SET_ALL   0xf003f
#define KEY_SET_READ  0x20019
#define KEY_SET_WRITE 0x20006

const struct sddl_name sddl_ace_types[] = {
	{"A", ACCESS_ALLOWED_ACE_TYPE},          {"D", ACCESS_DENIED_ACE_TYPE},
	{"OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE},  {"OD", ACCESS_DENIED_OBJECT_ACE_TYPE},
	{"AU", SYSTEM_AUDIT_ACE_TYPE},           {"AL", SYSTEM_ALARM_ACE_TYPE},
	{"OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE},    {"OL", SYSTEM_ALARM_OBJECT_ACE_TYPE},
	{"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE}, {"RA", SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE},
	{"SP", SYSTEM_SCOPED_POLICY_ID_ACE_TYPE}, {"XA", ACCESS_ALLOWED_CALLBACK_ACE_TYPE},
	{"XD", ACCESS_DENIED_CALLBACK_ACE_TYPE}, {"XU", SYSTEM_AUDIT_CALLBACK_ACE_TYPE},
	{"ZA", ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE}, {"", 0},
};

bool sddl_ace_has_more(BYTE type)
{
	return type == SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE ||
	       (type >= ACCESS_ALLOWED_CALLBACK_ACE_TYPE &&
		type <= SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE);
}

const struct sddl_name sddl_ace_flags[] = {
	{"OI", OBJECT_INHERIT_ACE},
	{"CI", CONTAINER_INHERIT_ACE},
	{"NP", NO_PROPAGATE_INHERIT_ACE},
	{"IO", INHERIT_ONLY_ACE},
	{"ID", INHERITED_ACE},
	{"CR", SDDL_CRITICAL_ACE},
	{"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
	{"FA", FAILED_ACCESS_ACE_FLAG},
	{"", 0},
};

const struct sddl_name sddl_right_sets[] = {
	{"FA", FILE_ALL_ACCESS},
	{"FR", FILE_GENERIC_READ},
	{"FW", FILE_GENERIC_WRITE},
	{"FX", FILE_GENERIC_EXECUTE},
	{"KA", KEY_SET_ALL},
	{"KR", KEY_SET_READ},
	{"KW", KEY_SET_WRITE},
	{"KX", KEY_SET_READ},
	{"", 0},
};

const struct sddl_name sddl_rights[] = {
	{"CC", DS_CREATE_CHILD}, {"DC", DS_DELETE_CHILD}, {"LC", DS_LIST},
	{"SW", DS_SELF},         {"RP", DS_READ_PROP},    {"WP", DS_WRITE_PROP},
	{"DT", DS_DELETE_TREE},  {"LO", DS_LIST_OBJECT},  {"CR", DS_CONTROL_ACCESS},
	{"SD", DELETE},          {"RC", READ_CONTROL},    {"WD", WRITE_DAC},
	{"WO", WRITE_OWNER},     {"GA", GENERIC_ALL},     {"GX", GENERIC_EXECUTE},
	{"GW", GENERIC_WRITE},   {"GR", GENERIC_READ},    {"", 0},
};

const struct sddl_name sddl_label_rights[] = {
	{"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
	{"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
	{"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
	{"", 0},
};
