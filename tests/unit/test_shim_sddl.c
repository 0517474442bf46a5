/* SPDX-License-Identifier: MIT */
/*
 * The text form of identifiers and descriptors: what is read, what is written, what is
 * refused and with which error, and that nothing is read behind the end of the text.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>
#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/machine_sid.h"
#include "kernel32-shim/sddl_names.h"
#include "kernel32-shim/sddl_text.h"
#include "kernel32-shim/text.h"

#define ALL_PARTS                                                                        \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |                       \
	 DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)
#define N_RANDOM 20000

/* Reads from units that end where their memory ends. */
static DWORD read_exactly(const char *text, void **sdp, uint32_t *lenp)
{
	WCHAR *wide = text_wide_from_utf8(text, strlen(text));
	size_t len = text_wide_len(wide);
	WCHAR *exact = malloc(len ? len * sizeof(*exact) : 1);
	DWORD err;

	if (!wide || !exact)
		ck_abort_msg("no memory");
	memcpy(exact, wide, len * sizeof(*exact));
	err = sddl_read(exact, len, sdp, lenp);
	free(exact);
	free(wide);
	return err;
}

static char *write_all(void *sd)
{
	ULONG len = 0;
	char *text = NULL;

	if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(
		    sd, SDDL_REVISION_1, ALL_PARTS, &text, &len) ||
	    len != strlen(text) + 1)
		ck_abort_msg("not written");
	return text;
}

static const struct {
	const char *text;
	const char *written; /* NULL: the same */
} good[] = {
	{"", NULL},
	{" ", ""},
	{"O:SY", NULL},
	{"G:BA", NULL},
	{"O:SYG:BA", NULL},
	{"G:BAO:SY", "O:SYG:BA"},
	{"O: SY G: BA ", "O:SYG:BA"},
	{"O:S-1-5-18G:S-1-5-32-544", "O:SYG:BA"},
	{"O:S-1-22-1-1000G:S-1-22-2-100", NULL},
	{"O:S-1-0x123456789abc-7", NULL},
	{"O:S-1-0xD-0x10D:", "O:S-1-13-16D:"},
	{"O:S-1-4294967296-1", "O:S-1-0x000100000000-1"},
	{"D:", NULL},
	{"S:", NULL},
	{"D:P", NULL},
	{"D:AR", NULL},
	{"D:AI", NULL},
	{"D:PAI", NULL},
	{"D:PARAI", NULL},
	{"D:AIARP", "D:PARAI"},
	{"S:PARAI", NULL},
	{"D:AIS:P", NULL},
	{"D:NO_ACCESS_CONTROL", NULL},
	{"D:PNO_ACCESS_CONTROL", NULL},
	{"S:NO_ACCESS_CONTROL", NULL},
	{"S:D:", "D:S:"},
	{"D:(A;;GA;;;WD)", NULL},
	{"d:(a;;ga;;;wd)", "D:(A;;GA;;;WD)"},
	{"D:(D;;GA;;;WD)", NULL},
	{"D:(D;;GA;;;AN)(A;;GRGW;;;WD)(A;;FA;;;BA)",
	 "D:(D;;GA;;;AN)(A;;GWGR;;;WD)(A;;FA;;;BA)"},
	{"D:(A;;GAGRGWGX;;;WD)", "D:(A;;GAGXGWGR;;;WD)"},
	{"D:(A;NP;GAGXGWGR;;;SU)(A;IOID;CCDC;;;SU)(D;OICI;0xffffffff;;;S-1-5-21-93-23-45)",
	 NULL},
	{"S:(AU;OICINPIOIDSAFA;CCDCLCSWRPRC;;;SU)(AU;NPSA;0x12019f;;;SU)", NULL},
	{"D:(A;FASAIDIONPCIOI;GA;;;WD)", "D:(A;OICINPIOIDSAFA;GA;;;WD)"},
	{"D:(A;CR;GA;;;WD)", NULL},
	{"D:(A;;RCSDWDWO;;;WD)", "D:(A;;SDRCWDWO;;;WD)"},
	{"D:(A;;RPWPCCDCLCSWLODTCR;;;WD)", "D:(A;;CCDCLCSWRPWPDTLOCR;;;WD)"},
	{"D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR;;;WD)", NULL},
	{"D:(A;;FA;;;WD)", NULL},
	{"D:(A;;FR;;;WD)", NULL},
	{"D:(A;;FW;;;WD)", NULL},
	{"D:(A;;FX;;;WD)", NULL},
	{"D:(A;;FRFW;;;WD)", "D:(A;;0x12019f;;;WD)"},
	{"D:(A;;FAFRFWFX;;;WD)", "D:(A;;FA;;;WD)"},
	{"D:(A;;KA;;;WD)", NULL},
	{"D:(A;;KR;;;WD)", NULL},
	{"D:(A;;KW;;;WD)", NULL},
	{"D:(A;;KX;;;WD)", "D:(A;;KR;;;WD)"},
	{"D:(A;;;;;WD)", NULL},
	{"D:(A;;0;;;WD)", "D:(A;;;;;WD)"},
	{"D:(A;;1;;;WD)", "D:(A;;CC;;;WD)"},
	{"D:(A;;0x1f01ff;;;WD)", "D:(A;;FA;;;WD)"},
	{"D:(A;;0X40000000;;;WD)", "D:(A;;GW;;;WD)"},
	{"D:(A;;020000000000;;;WD)", "D:(A;;GR;;;WD)"},
	{"D:(A;;4294967295;;;WD)", "D:(A;;0xffffffff;;;WD)"},
	{"D:(A;;GR0x100000;;;WD)", "D:(A;;0x80100000;;;WD)"},
	{"D:(A;;0x100000GR;;;WD)", "D:(A;;0x80100000;;;WD)"},
	{"D:(A;;0x1fA;;;WD)", "D:(A;;DCSWRPWPDTLOCR;;;WD)"},
	{" D:(D;;GA;;;WD)", "D:(D;;GA;;;WD)"},
	{"D: (D;;GA;;;WD)", "D:(D;;GA;;;WD)"},
	{"D:( D;;GA;;;WD)", "D:(D;;GA;;;WD)"},
	{"D:(D; ;GA;;;WD)", "D:(D;;GA;;;WD)"},
	{"D:(D;; GA;;;WD)", "D:(D;;GA;;;WD)"},
	{"D:(D;;GA; ;;WD)", "D:(D;;GA;;;WD)"},
	{"D:(D;;GA;; ;WD)", "D:(D;;GA;;;WD)"},
	{"D:(D;;GA;;; WD)", "D:(D;;GA;;;WD)"},
	{"D:(D;;GA;;;WD )", "D:(D;;GA;;;WD)"},
	{"D:(D;;GA;;;WD) (A;;GR;;;BA) S:", "D:(D;;GA;;;WD)(A;;GR;;;BA)S:"},
	{"D:(A;;GA;;;S-1-1-0)(A;;GA;;;S-1-3-4)", "D:(A;;GA;;;WD)(A;;GA;;;OW)"},
	{"D:(A;;GA;;;s-1-5-0x12)", "D:(A;;GA;;;SY)"},
	{"D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)", NULL},
	{"D:(OD;;CR;;bf967aba-0de6-11d0-a285-00aa003049e2;PS)", NULL},
	{"D:(OA;CI;RP;AB721A53-1E2F-11D0-9819-00AA0040529B;bf967aba-0de6-11d0-a285-00aa003049e2;AU)",
	 "D:(OA;CI;RP;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;AU)"},
	{"D:(OA;;CR;;;WD)", NULL},
	{"S:(OU;SA;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)(OL;FA;CR;;;WD)(AL;SA;GA;;;WD)",
	 NULL},
	{"S:(ML;;NW;;;LW)", NULL},
	{"S:(ML;;NRNWNX;;;HI)", "S:(ML;;NWNRNX;;;HI)"},
	{"S:(ML;;0x17;;;ME)", "S:(ML;;0x17;;;ME)"},
	{"O:SYG:SYD:P(D;;GA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;IU)S:AI(AU;SAFA;SDWDWO;;;WD)",
	 NULL},
	{"O:LAG:BUD:(A;;GA;;;LA)(A;;GR;;;LG)", NULL},
	{"D:(A;;FRFW;;;RC)", "D:(A;;0x12019f;;;RC)"},
	{"S:(SP;;;;;S-1-17-1)", NULL},
	/* conditions */
	{"D:(XA;;FX;;;WD;(@User.Title==\"PM\"))", "D:(XA;;FX;;;WD;(@User.Title == \"PM\"))"},
	{"D:(XD;;FX;;;WD;(Member_of {SID(BA)}))", NULL},
	{"D:(xa;;fx;;;wd;(MEMBER_OF{sid(ba),SID( SY )}))",
	 "D:(XA;;FX;;;WD;(Member_of {SID(BA), SID(SY)}))"},
	{"D:(XA;;FX;;;WD;(Member_of SID(S-1-22-2-100)))", NULL},
	{"D:(XA;;FX;;;WD;(Not_Member_of {SID(BA)}))(A;;GA;;;WD)", NULL},
	{"D:(XA;;FX;;;WD;(Member_of_Any {SID(BA), SID(BO)}))", NULL},
	{"D:(XA;;FX;;;WD;(Not_Member_of_Any {SID(BA), SID(BO)}))", NULL},
	{"D:(XA;;FX;;;WD;(Device_Member_of {SID(BA)}))", NULL},
	{"D:(XA;;FX;;;WD;(Device_Member_of_Any {SID(BA)}))", NULL},
	{"D:(XA;;FX;;;WD;(Not_Device_Member_of {SID(BA)}))", NULL},
	{"D:(XA;;FX;;;WD;(Not_Device_Member_of_Any {SID(BA)}))", NULL},
	{"D:(XA;;FX;;;WD;(Exists @Resource.a))", NULL},
	{"D:(XA;;FX;;;WD;(Not_Exists a))", NULL},
	{"D:(XA;;FX;;;WD;(a))", NULL},
	{"D:(XA;;FX;;;WD;( a ) )", "D:(XA;;FX;;;WD;(a))"},
	{"D:(XA;;FX;;;WD;((((a)))))", "D:(XA;;FX;;;WD;(a))"},
	{"D:(XA;;FX;;;WD;(!a))", "D:(XA;;FX;;;WD;(!(a)))"},
	{"D:(XA;;FX;;;WD;(!!a))", "D:(XA;;FX;;;WD;(!(!(a))))"},
	{"D:(XA;;FX;;;WD;(!a == 1))", "D:(XA;;FX;;;WD;(!(a == 1)))"},
	{"D:(XA;;FX;;;WD;(a && b))", NULL},
	{"D:(XA;;FX;;;WD;(a&&b||c))", "D:(XA;;FX;;;WD;((a && b) || c))"},
	{"D:(XA;;FX;;;WD;(a||b&&c))", "D:(XA;;FX;;;WD;(a || (b && c)))"},
	{"D:(XA;;FX;;;WD;((a||b)&&c))", "D:(XA;;FX;;;WD;((a || b) && c))"},
	{"D:(XA;;FX;;;WD;(a && b && c || d || e))",
	 "D:(XA;;FX;;;WD;((a && b && c) || d || e))"},
	{"D:(XA;;FX;;;WD;(a && (b && c)))", NULL},
	{"D:(XA;;FX;;;WD;(a == 1 && !(b != 2)))",
	 "D:(XA;;FX;;;WD;((a == 1) && (!(b != 2))))"},
	{"D:(XA;;FX;;;WD;(a == {1, 2, \"x\", #00ff, SID(BA)}))", NULL},
	{"D:(XA;;FX;;;WD;(a == #))", NULL},
	{"D:(XA;;FX;;;WD;(a == \"\"))", NULL},
	{"D:(XA;;FX;;;WD;(a == \"(;)&&||,{}\"))", NULL},
	{"D:(XA;;FX;;;WD;(a == \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"))", NULL},
	{"D:(XA;;FX;;;WD;(a == +1))", NULL},
	{"D:(XA;;FX;;;WD;(a == -1))", NULL},
	{"D:(XA;;FX;;;WD;(a == -0))", NULL},
	{"D:(XA;;FX;;;WD;(a == 017))", NULL},
	{"D:(XA;;FX;;;WD;(a == 00))", NULL},
	{"D:(XA;;FX;;;WD;(a == -0X1f))", "D:(XA;;FX;;;WD;(a == -0x1f))"},
	{"D:(XA;;FX;;;WD;(a == 9223372036854775807))", NULL},
	{"D:(XA;;FX;;;WD;(a == -9223372036854775808))", NULL},
	{"D:(XA;;FX;;;WD;(a < 1))", NULL},
	{"D:(XA;;FX;;;WD;(a <= 1))", NULL},
	{"D:(XA;;FX;;;WD;(a>1))", "D:(XA;;FX;;;WD;(a > 1))"},
	{"D:(XA;;FX;;;WD;(a>=1))", "D:(XA;;FX;;;WD;(a >= 1))"},
	{"D:(XA;;FX;;;WD;(a != @Device.b))", NULL},
	{"D:(XA;;FX;;;WD;(@USER.a contains {1}))", "D:(XA;;FX;;;WD;(@User.a Contains {1}))"},
	{"D:(XA;;FX;;;WD;(@Resource.a Any_of @User.b))", NULL},
	{"D:(XA;;FX;;;WD;(@Resource.a Not_Contains \"b\"))", NULL},
	{"D:(XA;;FX;;;WD;(@Resource.a Not_Any_of {\"b\"}))", NULL},
	{"D:(XA;;FX;;;WD;(@User.a#$'*+-;?@[\\]^`{}~:./_ == 1))", NULL},
	{"D:(XA;;FX;;;WD;(@User.%0020%0041%0022 == 1))",
	 "D:(XA;;FX;;;WD;(@User.%0020A%0022 == 1))"},
	{"D:(XA;;FX;;;WD;(\xc3\xa4:b/c.d_1 == 1))", NULL},
	{"D:(XA;;FX;;;WD;(%0045xists == 1))", NULL},
	{"D:(XA;;FX;;;WD;(Contains Contains 1))", NULL},
	{"D:(XA;;FX;;;WD;(Existsnot && Member_ofs))", NULL},
	{"D:(ZA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD;(a))", NULL},
	{"S:(XU;SA;FX;;;WD;(a))", NULL},
	/* attributes */
	{"S:(RA;;;;;WD;(\"a\",TI,0,1))", "S:(RA;;;;;WD;(\"a\",TI,0x0,1))"},
	{"S:(RA;CI;;;;WD;(\"Secrecy\",TU,0x3,3,18446744073709551615))", NULL},
	{"S:(RA;;;;;WD;( \"a\" , TI , 0x0 , -1 , 0x10 ))", "S:(RA;;;;;WD;(\"a\",TI,0x0,-1,16))"},
	{"S:(RA;;;;;WD;(\"a\",TI,0x0,-9223372036854775808))", NULL},
	{"S:(RA;;;;;WD;(\"Project\",TS,0x0,\"Windows\",\"S,(Q)L\",\"\"))", NULL},
	{"S:(RA;;;;;WD;(\"a\",TD,0x0,SID(BA),S-1-22-1-7))",
	 "S:(RA;;;;;WD;(\"a\",TD,0x0,BA,S-1-22-1-7))"},
	{"S:(RA;;;;;WD;(\"a\",TX,0x0,#00ff,0a,#))", "S:(RA;;;;;WD;(\"a\",TX,0x0,#00ff,#0a,#))"},
	{"S:(RA;;;;;WD;(\"a\",TB,0x0,0,1))", NULL},
	{"S:(RA;;;;;WD;(\"%0022a%0020b\",TB,0x0))(ML;;NW;;;LW)", NULL},
	{"S:(RA;;0x1;;;WD;(\"a\",TB,0x0,1))", "S:(RA;;CC;;;WD;(\"a\",TB,0x0,1))"},
};

START_TEST(text_reads_and_is_written_canonically)
{
	const char *expected = good[_i].written ? good[_i].written : good[_i].text;
	void *sd = NULL, *again = NULL;
	uint32_t len = 0, again_len = 0;
	char *text;

	ck_assert_msg(read_exactly(good[_i].text, &sd, &len) == 0, "%s", good[_i].text);
	ck_assert(securitydesc_is_valid_relative(sd, len));
	ck_assert(IsValidSecurityDescriptor(sd));
	ck_assert_uint_eq(GetSecurityDescriptorLength(sd), len);
	text = write_all(sd);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(read_exactly(text, &again, &again_len), 0);
	ck_assert_uint_eq(again_len, len);
	ck_assert_mem_eq(again, sd, len);
	LocalFree(text);
	LocalFree(sd);
	LocalFree(again);
}
END_TEST

static const struct {
	const char *text;
	DWORD error;
} bad[] = {
	{"X:", ERROR_INVALID_PARAMETER},
	{"D", ERROR_INVALID_PARAMETER},
	{":", ERROR_INVALID_PARAMETER},
	{"ERROR:(D;;GA;;;WD)", ERROR_INVALID_PARAMETER},
	{"D:D:", ERROR_INVALID_PARAMETER},
	{"S:S:", ERROR_INVALID_PARAMETER},
	{"O:SYO:SY", ERROR_INVALID_PARAMETER},
	{"G:SYG:SY", ERROR_INVALID_PARAMETER},
	{"D:(A;;GA;;;WD)X", ERROR_INVALID_PARAMETER},
	{"D:(A;;GA;;;WD))", ERROR_INVALID_PARAMETER},
	{"D:Q", ERROR_INVALID_PARAMETER},
	{"D:NO_ACCESS", ERROR_INVALID_PARAMETER},
	{"O:", ERROR_INVALID_SID},
	{"O:G:BA", ERROR_INVALID_SID},
	{"O::", ERROR_INVALID_SID},
	{"O:XX", ERROR_INVALID_SID},
	{"O:DA", ERROR_INVALID_SID},
	{"O:SYSTEM", ERROR_INVALID_SID},
	{"O:S-1-5", ERROR_INVALID_SID},
	{"O:S-1-5-", ERROR_INVALID_SID},
	{"O:S-2-5-18", ERROR_INVALID_SID},
	{"O:S-1-5-4294967296", ERROR_INVALID_SID},
	{"O:S-1-281474976710656-1", ERROR_INVALID_SID},
	{"O:S-1-5--18", ERROR_INVALID_SID},
	{"O:S-1-5-+18", ERROR_INVALID_SID},
	{"O:S-1-5-0x", ERROR_INVALID_SID},
	{"O:S-1-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", ERROR_INVALID_SID},
	{"D:NO_ACCESS_CONTROL(A;;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(", ERROR_INVALID_ACL},
	{"D:()", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;WD", ERROR_INVALID_ACL},
	{"D:(A;;GA;;)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;WD;)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;WDANDSUCH)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;W\xc3\x84)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;DA)", ERROR_INVALID_ACL},
	{"D:(A;;GA;;;Nonexistent account)", ERROR_INVALID_ACL},
	{"D:(D ;;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(Z;;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(;;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;XX;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;O;GA;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;GA ;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;G;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;ROB;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;0x;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;0x1FFFFFFFF;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;-1;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;08;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;NW;;;WD)", ERROR_INVALID_ACL},
	{"D:(A;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)", ERROR_INVALID_ACL},
	{"D:(OA;;CR;ab721a53;;WD)", ERROR_INVALID_ACL},
	{"D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529;;WD)", ERROR_INVALID_ACL},
	{"D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529bb;;WD)", ERROR_INVALID_ACL},
	{"D:(OA;;CR;gb721a53-1e2f-11d0-9819-00aa0040529b;;WD)", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD)", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;)", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;())", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;a)", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a)", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a);)", ERROR_INVALID_ACL},
	{"D:(A;;FX;;;WD;(a))", ERROR_INVALID_ACL},
	{"D:(OD;;FX;;;WD;(a))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a b))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a &&))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(&& a))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a & b))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a = 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == ))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == b))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == {}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == {1,}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == {1 2}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == {1, {2}}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a < {1}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == 9223372036854775808))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == -9223372036854775809))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == 1x))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == 08))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == \"b))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == #abc))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == SID(XX)))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a == SID(BA))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(1 == ))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(\"a\" == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(@ == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(@User. == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(@Other.a == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a%00 == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(a%0000 == 1))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Exists))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Exists 5 == 5))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Member_of BA))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Member_of {1}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Member_of {}))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Member_of @User.a))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(Member_ofSID(BA)))", ERROR_INVALID_ACL},
	{"D:(XA;;FX;;;WD;(!))", ERROR_INVALID_ACL},
	{"D:(ZD;;FX;;;WD;(a))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD)", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;())", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\"))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TI))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"\",TI,0))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TQ,0,1))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(a,TI,0,1))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a b\",TI,0,1))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TI,0,1,))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TI,0,\"b\"))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TI,0,9223372036854775808))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TU,0,-1))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TB,0,2))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TS,0,b))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TD,0,XX))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TX,0,#1))", ERROR_INVALID_ACL},
	{"S:(RA;;;;;WD;(\"a\",TI,0x100000000,1))", ERROR_INVALID_ACL},
};

START_TEST(garbage_is_refused_with_the_documented_error)
{
	PSECURITY_DESCRIPTOR sd = (PSECURITY_DESCRIPTOR)&bad;
	void *none = NULL;
	uint32_t len = 77;

	ck_assert_msg(read_exactly(bad[_i].text, &none, &len) == bad[_i].error, "%s",
		      bad[_i].text);
	ck_assert(!none && len == 77);
	SetLastError(0);
	ck_assert(!ConvertStringSecurityDescriptorToSecurityDescriptorA(
		bad[_i].text, SDDL_REVISION_1, &sd, NULL));
	ck_assert_uint_eq(GetLastError(), bad[_i].error);
	ck_assert(sd == (PSECURITY_DESCRIPTOR)&bad);
}
END_TEST

START_TEST(arguments_are_checked_first)
{
	PSECURITY_DESCRIPTOR sd = NULL;
	char *text = NULL;
	PSID sid = NULL;
	SECURITY_DESCRIPTOR absolute;
	DWORD junk[4] = {0x00000f02, 0, 0, 0};

	ck_assert(!ConvertStringSecurityDescriptorToSecurityDescriptorA(NULL, 1, &sd,
									NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 1, NULL,
									NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 0xdeadbeef,
									&sd, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_UNKNOWN_REVISION);
	ck_assert(!ConvertStringSecurityDescriptorToSecurityDescriptorW(NULL, 1, &sd,
									NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);

	ck_assert(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(!ConvertSecurityDescriptorToStringSecurityDescriptorA(NULL, 1, 15,
									&text, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertSecurityDescriptorToStringSecurityDescriptorA(&absolute, 2, 15,
									&text, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_UNKNOWN_REVISION);
	absolute.Revision = 9;
	ck_assert(!ConvertSecurityDescriptorToStringSecurityDescriptorA(&absolute, 1, 15,
									&text, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SECURITY_DESCR);

	ck_assert(!ConvertStringSidToSidA(NULL, &sid));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertStringSidToSidA("WD", NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertStringSidToSidA("WDandmore", &sid));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert(!ConvertStringSidToSidA("", &sid));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert(!ConvertSidToStringSidA(NULL, &text));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!ConvertSidToStringSidA(junk, &text));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
	ck_assert(!text && !sid && !sd);
}
END_TEST

START_TEST(both_forms_of_characters_say_the_same)
{
	static const WCHAR wide[] = {'O', ':', 'S', 'Y', 'D', ':', '(', 'A', ';', ';',
				     'G', 'A', ';', ';', ';', 'W', 'D', ')', 0};
	static const WCHAR sid_text[] = {'S', '-', '1', '-', '5', '-', '1', '8', 0};
	PSECURITY_DESCRIPTOR sd = NULL;
	LPWSTR text = NULL;
	ULONG len = 0;
	PSID sid = NULL;

	ck_assert(
		ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, 1, &sd, &len));
	ck_assert_uint_eq(len, GetSecurityDescriptorLength(sd));
	ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorW(sd, 1, ALL_PARTS,
								       &text, &len));
	ck_assert_uint_eq(len, sizeof(wide) / sizeof(wide[0]));
	ck_assert_mem_eq(text, wide, sizeof(wide));
	LocalFree(text);
	LocalFree(sd);
	ck_assert(ConvertStringSidToSidW(sid_text, &sid));
	ck_assert(IsWellKnownSid(sid, WinLocalSystemSid));
	ck_assert(ConvertSidToStringSidW(sid, &text));
	ck_assert_mem_eq(text, sid_text, sizeof(sid_text));
	LocalFree(text);
	LocalFree(sid);
}
END_TEST

START_TEST(only_the_parts_asked_for_are_written)
{
	static const struct {
		SECURITY_INFORMATION information;
		const char *text;
	} rows[] = {
		{0, ""},
		{OWNER_SECURITY_INFORMATION, "O:SY"},
		{GROUP_SECURITY_INFORMATION, "G:BA"},
		{DACL_SECURITY_INFORMATION, "D:P(A;;GA;;;WD)"},
		{SACL_SECURITY_INFORMATION, "S:(ML;;NW;;;LW)(AU;SA;GA;;;WD)"},
		{LABEL_SECURITY_INFORMATION, "S:(ML;;NW;;;LW)"},
		{OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
		 "O:SYD:P(A;;GA;;;WD)"},
	};
	PSECURITY_DESCRIPTOR sd = NULL;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		"O:SYG:BAD:P(A;;GA;;;WD)S:(ML;;NW;;;LW)(AU;SA;GA;;;WD)", 1, &sd, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;

		ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
			sd, 1, rows[i].information, &text, NULL));
		ck_assert_str_eq(text, rows[i].text);
		LocalFree(text);
	}
	LocalFree(sd);
}
END_TEST

START_TEST(control_bits_follow_the_flags)
{
	static const struct {
		const char *text;
		WORD control;
	} rows[] = {
		{"", 0},
		{"O:SYG:SY", 0},
		{"D:", SE_DACL_PRESENT},
		{"D:NO_ACCESS_CONTROL", SE_DACL_PRESENT},
		{"D:P", SE_DACL_PRESENT | SE_DACL_PROTECTED},
		{"D:AR", SE_DACL_PRESENT | SE_DACL_AUTO_INHERIT_REQ},
		{"D:AI", SE_DACL_PRESENT | SE_DACL_AUTO_INHERITED},
		{"S:P", SE_SACL_PRESENT | SE_SACL_PROTECTED},
		{"S:AR", SE_SACL_PRESENT | SE_SACL_AUTO_INHERIT_REQ},
		{"S:AI", SE_SACL_PRESENT | SE_SACL_AUTO_INHERITED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PSECURITY_DESCRIPTOR sd = NULL;
		WORD control = 0;
		DWORD revision = 0;

		ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
			rows[i].text, 1, &sd, NULL));
		ck_assert(GetSecurityDescriptorControl(sd, &control, &revision));
		ck_assert_uint_eq(control, rows[i].control | SE_SELF_RELATIVE);
		ck_assert_uint_eq(revision, SECURITY_DESCRIPTOR_REVISION);
		LocalFree(sd);
	}
}
END_TEST

START_TEST(a_null_an_empty_and_an_absent_dacl_differ)
{
	static const char *const texts[] = {"D:NO_ACCESS_CONTROL", "D:", "O:SY"};
	PSECURITY_DESCRIPTOR sd = NULL;
	BOOL present, defaulted;
	PACL dacl;

	for (size_t i = 0; i < 3; i++) {
		ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
			texts[i], 1, &sd, NULL));
		dacl = NULL;
		ck_assert(GetSecurityDescriptorDacl(sd, &present, &dacl, &defaulted));
		ck_assert_int_eq(present, i != 2);
		ck_assert((dacl != NULL) == (i == 1));
		if (dacl)
			ck_assert_uint_eq(dacl->AceCount, 0);
		LocalFree(sd);
	}
}
END_TEST

START_TEST(every_alias_reads_and_is_written)
{
	char text[64], sid_text[SECURITY_MAX_SID_STRING_CHARACTERS];
	size_t n = 0;

	for (size_t i = 0; known_sid_at(i); i++) {
		const struct known_sid *known = known_sid_at(i);
		DWORD bytes[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
		PSID sid = NULL;
		char *written;
		void *sd;
		uint32_t len;

		if (!known->alias)
			continue;
		if (known->kind == KNOWN_SID_OF_DOMAIN) {
			ck_assert(!ConvertStringSidToSidA(known->alias, &sid));
			ck_assert_uint_eq(GetLastError(), ERROR_INVALID_SID);
			continue;
		}
		n++;
		ck_assert(ConvertStringSidToSidA(known->alias, &sid));
		known_sid_write(known, NULL, bytes);
		ck_assert(EqualSid(sid, bytes));
		ck_assert_ptr_eq(known_sid_find(bytes), known);
		sddl_write_sid(bytes, sid_text);
		snprintf(text, sizeof(text), "O:%.50s", sid_text);
		ck_assert_uint_eq(read_exactly(text, &sd, &len), 0);
		written = write_all(sd);
		ck_assert_str_eq(written + 2, known->alias);
		LocalFree(written);
		LocalFree(sd);
		LocalFree(sid);
	}
	ck_assert_uint_ge(n, 45);
}
END_TEST

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

START_TEST(no_two_identities_share_a_name)
{
	const struct known_sid *a, *b;

	for (size_t i = 0; (a = known_sid_at(i)); i++)
		for (size_t k = i + 1; (b = known_sid_at(k)); k++)
			if ((a->type == b->type && a->type != KNOWN_SID_NO_TYPE) ||
			    is_same(a->alias, b->alias) || is_same(a->name, b->name))
				ck_abort_msg("rows %zu and %zu", i, k);
}
END_TEST

START_TEST(the_machine_has_a_domain_of_its_own)
{
	const SID *machine = machine_sid();
	char *text = NULL;

	ck_assert(IsValidSid((PSID)machine));
	ck_assert_ptr_eq(machine, machine_sid());
	ck_assert(ConvertSidToStringSidA((PSID)machine, &text));
	ck_assert_int_eq(strncmp(text, "S-1-5-21-", 9), 0);
	ck_assert_uint_eq(machine->SubAuthorityCount, 4);
	LocalFree(text);
}
END_TEST

START_TEST(an_entry_of_no_known_type_is_not_written)
{
	struct {
		ACL acl;
		ACCESS_ALLOWED_ACE ace;
		DWORD rest[2];
	} list = {.acl = {ACL_REVISION, 0, sizeof(list), 1, 0}};
	SECURITY_DESCRIPTOR sd;
	SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
	char *text = NULL;

	list.ace.Header.AceSize = sizeof(list) - sizeof(ACL);
	memcpy(&list.ace.SidStart, &everyone, sizeof(everyone));
	ck_assert(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	ck_assert(SetSecurityDescriptorDacl(&sd, TRUE, &list.acl, FALSE));
	for (unsigned type = 0; type < 256; type++) {
		bool known = false;

		list.ace.Header.AceType = (BYTE)type;
		/* Those that have more behind the identifier have nothing here. */
		for (size_t i = 0; sddl_ace_types[i].code[0]; i++)
			known |= sddl_ace_types[i].value == type &&
				 !sddl_ace_has_more((BYTE)type);
		if (securitydesc_ace_has_object((BYTE)type))
			continue; /* this entry has no room for flags */
		ck_assert_int_eq(ConvertSecurityDescriptorToStringSecurityDescriptorA(
					 &sd, 1, ALL_PARTS, &text, NULL),
				 known);
		if (known)
			LocalFree(text);
		else
			ck_assert_uint_eq(GetLastError(), ERROR_INVALID_ACL);
	}
}
END_TEST

/* A list holds 64 KiB; one more entry is an error and not a list that lies. */
START_TEST(a_list_has_an_end)
{
	static const char ace[] = "(A;;GA;;;WD)";
	size_t n = (0xfffc - sizeof(ACL)) / 20;
	char *text = malloc(3 + (n + 1) * (sizeof(ace) - 1)), *at = text;
	void *sd = NULL;
	uint32_t len = 0;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(at, "D:");
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, ace);
	ck_assert_uint_eq(read_exactly(text, &sd, &len), 0);
	ck_assert(securitydesc_is_valid_relative(sd, len));
	LocalFree(sd);
	strcpy(at, ace);
	ck_assert_uint_eq(read_exactly(text, &sd, &len), ERROR_INVALID_ACL);
	free(text);
}
END_TEST

/* "(" and "!" as deep as can be, and one more. */
START_TEST(a_condition_is_only_so_deep)
{
	static const char *const opens[] = {"(a||(b&&", "!", "(", "(a&&"};
	static const char *const closes[] = {"))", "", ")", ")"};
	static const unsigned most[] = {32, 64, 255, 65};
	char text[8192];

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned more = 0; more < 2; more++) {
			void *sd = NULL, *again = NULL;
			uint32_t len = 0, again_len = 0;
			char *at = stpcpy(text, "D:(XA;;GA;;;WD;("), *written;
			DWORD err;

			for (unsigned n = 0; n < most[i] + more; n++)
				at = stpcpy(at, opens[i]);
			at = stpcpy(at, "c");
			for (unsigned n = 0; n < most[i] + more; n++)
				at = stpcpy(at, closes[i]);
			strcpy(at, "))");
			err = read_exactly(text, &sd, &len);
			ck_assert_msg(err == (more ? ERROR_INVALID_ACL : 0), "%s", text);
			if (err)
				continue;
			written = write_all(sd);
			ck_assert_uint_eq(read_exactly(written, &again, &again_len), 0);
			ck_assert_uint_eq(again_len, len);
			ck_assert_mem_eq(again, sd, len);
			LocalFree(written);
			LocalFree(sd);
			LocalFree(again);
		}
	}
}
END_TEST

/* A row of one kind is not deep, however long it is. */
START_TEST(a_condition_may_be_long)
{
	enum { N = 2000 };
	char *text = malloc(64 + 8 * N), *at, *written;
	void *sd = NULL, *again = NULL;
	uint32_t len = 0, again_len = 0;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, "D:(XA;;GA;;;WD;(a");
	for (unsigned i = 0; i < N; i++)
		at = stpcpy(at, " && ab");
	strcpy(at, "))");
	ck_assert_uint_eq(read_exactly(text, &sd, &len), 0);
	written = write_all(sd);
	ck_assert_str_eq(written, text);
	ck_assert_uint_eq(read_exactly(written, &again, &again_len), 0);
	ck_assert_mem_eq(again, sd, len);
	LocalFree(written);
	LocalFree(sd);
	LocalFree(again);
	free(text);
	/* What does not fit a list is refused. */
	text = malloc(40000);
	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, "D:(XA;;GA;;;WD;(a == \"");
	memset(at, 'x', 33000);
	strcpy(at + 33000, "\"))");
	ck_assert_uint_eq(read_exactly(text, &sd, &len), ERROR_INVALID_ACL);
	free(text);
}
END_TEST

/* Random text of the grammar's own pieces: either refused, or it means what it says. */
START_TEST(random_text_never_means_two_things)
{
	static const char *const pieces[] = {
		"O:",
		"G:",
		"D:",
		"S:",
		"(",
		")",
		";",
		";",
		";;;",
		"A",
		"D",
		"AU",
		"OA",
		"ML",
		"P",
		"AI",
		"AR",
		"NO_ACCESS_CONTROL",
		"CI",
		"OI",
		"GA",
		"GR",
		"FA",
		"CC",
		"KR",
		"0x1f01ff",
		"12",
		"017",
		"SY",
		"WD",
		"BA",
		"S-1-5-32-",
		"544",
		"S-1-22-1-0",
		"-",
		"ab721a53-1e2f-11d0-9819-00aa0040529b",
		" ",
		":",
		"x",
		"NW",
		"(A;;GA;;;WD)",
		"(D;CI;FR;;;AN)",
		"(AU;SAFA;GW;;;WD)",
		"(XA;;GA;;;WD;(",
		"(RA;;;;;WD;(\"a\",TS,0",
		"@User.a",
		"==",
		"&&",
		"!",
		"{1,\"b\"}",
		"Member_of",
		"SID(BA)",
		",\"b\"",
		"))",
	};
	unsigned seed = 20, n_read = 0;

	for (unsigned round = 0; round < N_RANDOM; round++) {
		char text[512] = "";
		unsigned n = (unsigned)rand_r(&seed) % 9;
		void *sd = NULL, *again = NULL;
		uint32_t len, again_len;
		char *written;
		DWORD err;

		for (unsigned i = 0; i < n; i++)
			strcat(text, pieces[(unsigned)rand_r(&seed) %
					    (sizeof(pieces) / sizeof(pieces[0]))]);
		err = read_exactly(text, &sd, &len);
		if (err) {
			if (err != ERROR_INVALID_PARAMETER && err != ERROR_INVALID_SID &&
			    err != ERROR_INVALID_ACL)
				ck_abort_msg("%s: error %u", text, (unsigned)err);
			continue;
		}
		n_read++;
		written = write_all(sd);
		if (!securitydesc_is_valid_relative(sd, len) ||
		    read_exactly(written, &again, &again_len) != 0 || again_len != len ||
		    memcmp(again, sd, len) != 0)
			ck_abort_msg("%s", text);
		LocalFree(written);
		LocalFree(again);
		LocalFree(sd);
	}
	ck_assert_uint_gt(n_read, N_RANDOM / 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_sddl");
	TCase *tc = tcase_create("text");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, text_reads_and_is_written_canonically, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, garbage_is_refused_with_the_documented_error, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, arguments_are_checked_first);
	tcase_add_test(tc, both_forms_of_characters_say_the_same);
	tcase_add_test(tc, only_the_parts_asked_for_are_written);
	tcase_add_test(tc, control_bits_follow_the_flags);
	tcase_add_test(tc, a_null_an_empty_and_an_absent_dacl_differ);
	tcase_add_test(tc, every_alias_reads_and_is_written);
	tcase_add_test(tc, no_two_identities_share_a_name);
	tcase_add_test(tc, the_machine_has_a_domain_of_its_own);
	tcase_add_test(tc, an_entry_of_no_known_type_is_not_written);
	tcase_add_test(tc, a_list_has_an_end);
	tcase_add_test(tc, a_condition_is_only_so_deep);
	tcase_add_test(tc, a_condition_may_be_long);
	tcase_add_test(tc, random_text_never_means_two_things);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
