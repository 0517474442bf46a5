/* SPDX-License-Identifier: MIT */
/*
 * Entries with a condition: as text, and as they admit ([MS-DTYP] 2.4.4.17, 2.5.1.1).
 */
#include "conformance/cases/security/tools.h"

#include <sddl.h>

static PSECURITY_DESCRIPTOR from_text(const char *text, ULONG *lenp)
{
	PSECURITY_DESCRIPTOR sd = NULL;

	EXPECT_TRUE(API_SEC(ConvertStringSecurityDescriptorToSecurityDescriptorA)(
		text, SDDL_REVISION_1, &sd, lenp));
	return sd;
}

static void conditions_go_through_text_and_back(void)
{
	static const char *const texts[] = {
		"D:(XA;;FR;;;WD;(Member_of {SID(WD)}))",
		"D:(XD;;FR;;;WD;(@User.Title == \"PM\"))",
		"D:(XA;;FA;;;WD;((@User.Level > 3) && (Not_Member_of {SID(AN), SID(BG)})))",
		"D:(XA;;FR;;;WD;(Exists @Resource.Secret))(A;;FW;;;BA)",
	};
	PSECURITY_DESCRIPTOR sd, again;
	ULONG len = 0, again_len = 0;
	char *text = NULL;
	unsigned i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sd = from_text(texts[i], &len);
		EXPECT_TRUE(API_SEC(ConvertSecurityDescriptorToStringSecurityDescriptorA)(
			sd, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
		again = from_text(text, &again_len);
		EXPECT_EQ(again_len, len);
		EXPECT_MEM(again, sd, len);
		LocalFree(text);
		LocalFree(again);
		LocalFree(sd);
	}
}

/* Whether this process may open a pipe with that descriptor for reading. */
static DWORD open_error(const char *sddl)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa)};
	const char *name = case_pipe_name();
	DWORD error = 0;
	HANDLE s, c;

	sa.lpSecurityDescriptor = from_text(sddl, NULL);
	EXPECT_HANDLE(s, CreateNamedPipeA(name, PIPE_ACCESS_OUTBOUND, 0, 1, 64, 64, 0, &sa));
	LocalFree(sa.lpSecurityDescriptor);
	c = client_open(name, GENERIC_READ, 0);
	if (c == INVALID_HANDLE_VALUE)
		error = GetLastError();
	else
		CloseHandle(c);
	CloseHandle(s);
	return error;
}

static void an_entry_counts_when_its_condition_is_true(void)
{
	EXPECT_ERROR(open_error("D:(XA;;GA;;;WD;(Member_of {SID(WD)}))"), 0);
	EXPECT_ERROR(open_error("D:(XA;;GA;;;WD;(Member_of {SID(AN)}))"),
		     ERROR_ACCESS_DENIED);
	EXPECT_ERROR(open_error("D:(XA;;GA;;;WD;(Not_Member_of {SID(AN)}))"), 0);
}

static void a_denying_entry_needs_its_condition_too(void)
{
	EXPECT_ERROR(open_error("D:(XD;;GA;;;WD;(Member_of {SID(WD)}))(A;;GA;;;WD)"),
		     ERROR_ACCESS_DENIED);
	EXPECT_ERROR(open_error("D:(XD;;GA;;;WD;(Member_of {SID(AN)}))(A;;GA;;;WD)"), 0);
}

static void what_is_unknown_does_not_allow_and_denies(void)
{
	EXPECT_ERROR(open_error("D:(XA;;GA;;;WD;(@User.NpfsNoSuchClaim == 1))"),
		     ERROR_ACCESS_DENIED);
	EXPECT_ERROR(open_error("D:(XD;;GA;;;WD;(@User.NpfsNoSuchClaim == 1))(A;;GA;;;WD)"),
		     ERROR_ACCESS_DENIED);
}

const struct conf_case security_condition_cases[] = {
	CASE("9.2", conditions_go_through_text_and_back, "D", "[MS-DTYP] 2.4.4.17",
	     "conditional entries as SDDL: what was read is written so that it reads the same"),
	CASE("9.2", an_entry_counts_when_its_condition_is_true, "D", "[MS-DTYP] 2.4.4.17",
	     "an allowing entry admits when its condition is true"),
	CASE("9.2", a_denying_entry_needs_its_condition_too, "D", "[MS-DTYP] 2.4.4.17",
	     "a denying entry denies when its condition is true"),
	CASE("9.2", what_is_unknown_does_not_allow_and_denies, "D", "[MS-DTYP] 2.4.4.17",
	     "a condition about an attribute that nobody has: allows nothing, denies"),
	CASE_END
};
