/* SPDX-License-Identifier: MIT */
/*
 * Where a program begins that has no int main() of its own.
 *
 * This is the one object of libnpfs-entry.a. The linker takes it when nothing else defines
 * main, which is so when a program begins at wmain, or at a main or wmain that gives nothing
 * back: npfscc calls the latter npfs_void_main and npfs_void_wmain, because C++ does not
 * allow a main without a result. Which of them is there is known through weak references to
 * each name the two languages give them, so one object serves both, and 16-bit wchar_t,
 * char16_t and uint16_t alike.
 *
 * The arguments of wmain are those of main as UTF-16. A program whose entry gives nothing
 * back ends with 0.
 */
#include <stdio.h>
#include <stdlib.h>

#include <windows.h>

typedef int wide_entry(int argc, WCHAR **argv, WCHAR **envp);
typedef void void_wide_entry(int argc, WCHAR **argv, WCHAR **envp);
typedef void void_entry(int argc, char **argv, char **envp);

/* C: whatever the parameters. C++: the parameters are in the name. */
#define WEAK(symbol) __asm__(symbol) __attribute__((weak))

extern wide_entry wmain_c WEAK("wmain");
extern wide_entry wmain_none WEAK("_Z5wmainv");
extern wide_entry wmain_w WEAK("_Z5wmainiPPw");
extern wide_entry wmain_we WEAK("_Z5wmainiPPwS0_");
extern wide_entry wmain_kw WEAK("_Z5wmainiPPKw");
extern wide_entry wmain_u WEAK("_Z5wmainiPPDs");
extern wide_entry wmain_ue WEAK("_Z5wmainiPPDsS0_");
extern wide_entry wmain_t WEAK("_Z5wmainiPPt");
extern wide_entry wmain_te WEAK("_Z5wmainiPPtS0_");

extern void_wide_entry void_wmain_c WEAK("npfs_void_wmain");
extern void_wide_entry void_wmain_none WEAK("_Z15npfs_void_wmainv");
extern void_wide_entry void_wmain_w WEAK("_Z15npfs_void_wmainiPPw");
extern void_wide_entry void_wmain_we WEAK("_Z15npfs_void_wmainiPPwS0_");
extern void_wide_entry void_wmain_u WEAK("_Z15npfs_void_wmainiPPDs");
extern void_wide_entry void_wmain_t WEAK("_Z15npfs_void_wmainiPPt");

extern void_entry void_main_c WEAK("npfs_void_main");
extern void_entry void_main_none WEAK("_Z14npfs_void_mainv");
extern void_entry void_main_n WEAK("_Z14npfs_void_mainiPPc");
extern void_entry void_main_ne WEAK("_Z14npfs_void_mainiPPcS0_");
extern void_entry void_main_kn WEAK("_Z14npfs_void_mainiPPKc");

static wide_entry *find_wide(void)
{
	wide_entry *const all[] = {wmain_c,  wmain_none, wmain_w, wmain_we, wmain_kw,
				   wmain_u,  wmain_ue,	 wmain_t, wmain_te};
	size_t i;

	for (i = 0; i < ARRAYSIZE(all); i++)
		if (all[i])
			return all[i];
	return NULL;
}

static void_wide_entry *find_void_wide(void)
{
	void_wide_entry *const all[] = {void_wmain_c,  void_wmain_none, void_wmain_w,
					void_wmain_we, void_wmain_u,	void_wmain_t};
	size_t i;

	for (i = 0; i < ARRAYSIZE(all); i++)
		if (all[i])
			return all[i];
	return NULL;
}

static void_entry *find_void(void)
{
	void_entry *const all[] = {void_main_c, void_main_none, void_main_n, void_main_ne,
				   void_main_kn};
	size_t i;

	for (i = 0; i < ARRAYSIZE(all); i++)
		if (all[i])
			return all[i];
	return NULL;
}

/* A list of strings as UTF-16, in memory that lives as long as the program. */
static WCHAR **widen(char **list)
{
	WCHAR **wide;
	size_t n = 0, i;

	while (list[n])
		n++;
	wide = calloc(n + 1, sizeof(*wide));
	if (!wide)
		return NULL;
	for (i = 0; i < n; i++) {
		int len = MultiByteToWideChar(CP_ACP, 0, list[i], -1, NULL, 0);

		wide[i] = len > 0 ? calloc((size_t)len, sizeof(WCHAR)) : NULL;
		if (!wide[i])
			goto out_free;
		MultiByteToWideChar(CP_ACP, 0, list[i], -1, wide[i], len);
	}
	return wide;

out_free:
	while (i > 0)
		free(wide[--i]);
	free(wide);
	return NULL;
}

int main(int argc, char **argv, char **envp)
{
	wide_entry *wide = find_wide();
	void_wide_entry *void_wide = find_void_wide();
	void_entry *plain = find_void();
	WCHAR **wide_argv, **wide_envp;

	if (plain) {
		plain(argc, argv, envp);
		return 0;
	}
	if (!wide && !void_wide) {
		fprintf(stderr, "%s: neither main nor wmain in this program\n", argv[0]);
		return 127;
	}
	wide_argv = widen(argv);
	wide_envp = widen(envp);
	if (!wide_argv || !wide_envp) {
		fprintf(stderr, "%s: no memory for the arguments\n", argv[0]);
		return 127;
	}
	if (void_wide) {
		void_wide(argc, wide_argv, wide_envp);
		return 0;
	}
	return wide(argc, wide_argv, wide_envp);
}
