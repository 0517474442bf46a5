/* SPDX-License-Identifier: MIT */
/*
 * npfsctl acl: the descriptor of a pipe, as text and readable, and what it gives to somebody
 *
 * The text is that of the Win32 layer, which knows the language of descriptors and the names
 * of accounts.
 */
#include <windows.h>

#include <sddl.h>

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/inspect.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/text.h"

#define PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)
#define GROUPS_MAX 1024

static const struct npfs_access_mapping file_mapping = {
	.read = 0x00120089,
	.write = 0x00120116,
	.execute = 0x001200a0,
	.all = 0x001f01ff,
};

/* Prints an identifier, and the account behind it if there is one. */
static void print_sid(PSID sid)
{
	char name[256], domain[256];
	DWORD name_len = sizeof(name), domain_len = sizeof(domain);
	SID_NAME_USE use;
	LPSTR text;

	if (!ConvertSidToStringSidA(sid, &text)) {
		printf("?");
		return;
	}
	if (LookupAccountSidA(NULL, sid, name, &name_len, domain, &domain_len, &use))
		printf("%s%s%s (%s)", domain, *domain ? "\\" : "", name, text);
	else
		printf("%s", text);
	LocalFree(text);
}

static void print_entry(ACE_HEADER *header)
{
	/* allowed and denied entries have the same shape */
	ACCESS_ALLOWED_ACE *entry = (ACCESS_ALLOWED_ACE *)(void *)header;
	bool allows = header->AceType == ACCESS_ALLOWED_ACE_TYPE;
	char rights[512];

	if (!allows && header->AceType != ACCESS_DENIED_ACE_TYPE) {
		printf("other        an entry of type %u\n", header->AceType);
		return;
	}
	printf("%s%s%s        ", ctl_colour(allows ? CTL_GREEN : CTL_RED),
	       allows ? "allow" : "deny ", ctl_colour(CTL_PLAIN));
	print_sid(&entry->SidStart);
	ctl_rights_text(entry->Mask, rights, sizeof(rights));
	printf(": %s%s\n", rights,
	       header->AceFlags & INHERIT_ONLY_ACE ? " (for what inherits it only)" : "");
}

static void print_dacl(PSECURITY_DESCRIPTOR sd)
{
	BOOL is_there, is_default;
	void *entry;
	PACL acl;
	DWORD i;

	if (!GetSecurityDescriptorDacl(sd, &is_there, &acl, &is_default) || !is_there || !acl) {
		printf("allow        everybody: everything (there is no list)\n");
		return;
	}
	if (acl->AceCount == 0)
		printf("deny         everybody (the list is empty)\n");
	for (i = 0; i < acl->AceCount; i++)
		if (GetAce(acl, i, &entry))
			print_entry(entry);
}

static void print_descriptor(PSECURITY_DESCRIPTOR sd)
{
	BOOL is_default;
	PSID sid = NULL;
	LPSTR text;

	if (ConvertSecurityDescriptorToStringSecurityDescriptorA(sd, SDDL_REVISION_1, PARTS, &text,
								 NULL)) {
		printf("sddl         %s\n", text);
		LocalFree(text);
	}
	if (GetSecurityDescriptorOwner(sd, &sid, &is_default) && sid) {
		printf("owner        ");
		print_sid(sid);
		printf("\n");
	}
	if (GetSecurityDescriptorGroup(sd, &sid, &is_default) && sid) {
		printf("group        ");
		print_sid(sid);
		printf("\n");
	}
	print_dacl(sd);
}

/* An identity for a user of this system, by name or number. */
static struct npfs_identity *identity_of(const char *text)
{
	struct npfs_identity_info info = {.size = sizeof(info), .level = 2};
	const struct passwd *user = getpwnam(text);
	struct npfs_identity *identity;
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;
	uint64_t number;

	if (!user && text[0] >= '1' && text[0] <= '9' &&
	    ctl_parse_number(text, 0xfffffffe, &number))
		user = getpwuid((uid_t)number);
	if (!user || getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0) {
		ctl_warn("%s: no such user, or one in too many groups", text);
		return NULL;
	}
	info.uid = user->pw_uid;
	info.gid = user->pw_gid;
	info.gids = groups;
	info.n_gids = (uint32_t)n;
	return npfs_identity_new(&info, 0, 0, &identity) == STATUS_SUCCESS ? identity : NULL;
}

/* What the descriptor gives @identity. Return: exit code: 0 when it may open the pipe. */
static int print_rights(const void *sd, uint32_t len, const struct npfs_identity *identity,
			const char *who)
{
	uint32_t granted = 0;
	char rights[512];

	if (npfs_access_check(sd, len, identity, MAXIMUM_ALLOWED, &file_mapping, &granted,
			      NULL) != STATUS_SUCCESS)
		granted = 0;
	ctl_rights_text(granted, rights, sizeof(rights));
	printf("%-12s may: %s\n", who, rights);
	return granted & (FILE_READ_DATA | FILE_WRITE_DATA) ? CTL_OK : CTL_DENIED;
}

static int check_user(const void *sd, uint32_t len, const char *user)
{
	struct npfs_identity *identity = NULL;
	int code;

	if (user)
		identity = identity_of(user);
	else if (npfs_identity_process(&identity) != STATUS_SUCCESS)
		identity = NULL;
	if (!identity)
		return CTL_FAILED;
	code = print_rights(sd, len, identity, user ? user : "you");
	npfs_identity_unref(identity);
	return user ? code : CTL_OK;
}

static int print_acl(const struct ctl_name *name, const char *user)
{
	npfs_status status;
	uint32_t len = 0;
	void *sd;
	int code;

	status = npfs_inspect_security(name->units, name->len, NULL, 0, &len);
	if (status != STATUS_BUFFER_TOO_SMALL)
		return ctl_complain(name->text, status);
	sd = malloc(len);
	if (!sd)
		return ctl_complain(name->text, STATUS_INSUFFICIENT_RESOURCES);
	status = npfs_inspect_security(name->units, name->len, sd, len, &len);
	if (status == STATUS_SUCCESS) {
		print_descriptor(sd);
		code = check_user(sd, len, user);
	} else {
		code = ctl_complain(name->text, status);
	}
	free(sd);
	return code;
}

int ctl_acl(int argc, char **argv)
{
	static const struct option options[] = {
		{"user", required_argument, NULL, 'u'},
		{NULL, 0, NULL, 0},
	};
	const char *user = NULL;
	struct ctl_name name;
	int option, code;

	while ((option = getopt_long(argc, argv, "u:", options, NULL)) != -1) {
		if (option != 'u')
			return ctl_usage();
		user = optarg;
	}
	if (argc - optind != 1)
		return ctl_usage();
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	code = print_acl(&name, user);
	ctl_name_fini(&name);
	return code;
}
