/* SPDX-License-Identifier: MIT */
/*
 * Windows paths to pipe names.
 *
 * The first units decide how a path is read (`s` is a slash or a backslash):
 *
 *	\\?\rest  \??\rest	raw: rest is taken as it stands
 *	ss.srest  ss?srest	device: rest is normalised (\\?\ with a slash is not raw)
 *	ss.	  ss?		device, rest is empty
 *	ssserver...		network: what follows server and share is normalised
 *	otherwise		a file, or the bare name of a DOS device
 *
 * Both device forms end as a device path, `keyword\more`:
 *
 *	pipe			the device		pipe\		its root directory
 *	pipe\name		a pipe			UNC\server\...	network
 *	X:\more			a file			anything else	another device
 *
 * Normalising writes components one after another into the output and takes them back for
 * "..". What is written never outgrows what was read, so a buffer of the path's length is
 * enough. Nothing at or before the beginning of the rest is ever taken back.
 *
 * Waiting has a reader of its own that knows two literal prefixes and nothing else.
 */
#include <npfs/name.h>

#include <stdbool.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/base/upcase.h"

/* The wait request counts the name in bytes and cannot say more than 0xfffd. */
#define WAIT_NAME_MAX (0xfffd / 2)

/* Output under construction. */
struct path_out {
	uint16_t *units; /* borrowed from the caller */
	size_t cap;
	size_t len;
	bool is_full; /* something did not fit */
};

static bool is_sep(uint16_t c)
{
	return c == '\\' || c == '/';
}

static bool is_letter(uint16_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Are the @len units at @s the ASCII text @word, which is in capitals? */
static bool is_word(const uint16_t *s, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!word[i] || np_upcase16(s[i]) != (unsigned char)word[i])
			return false;
	return !word[len];
}

/* Units before the next separator. */
static size_t component_len(const uint16_t *s, size_t len)
{
	size_t n = 0;

	while (n < len && !is_sep(s[n]))
		n++;
	return n;
}

/* Units before the next backslash. */
static size_t keyword_len(const uint16_t *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] != '\\')
		n++;
	return n;
}

static void out_append(struct path_out *out, const uint16_t *units, size_t n)
{
	if (n > out->cap - out->len) {
		out->is_full = true;
		return;
	}
	if (n > 0)
		memcpy(out->units + out->len, units, n * sizeof(*units));
	out->len += n;
}

static void out_append_sep(struct path_out *out)
{
	static const uint16_t sep = '\\';

	out_append(out, &sep, 1);
}

/* Takes back a backslash at the end, but nothing before @root. */
static void out_drop_sep(struct path_out *out, size_t root)
{
	if (out->len > root && out->units[out->len - 1] == '\\')
		out->len--;
}

/* Takes back the last component, which ends in a backslash, but nothing before @root. */
static void out_drop_component(struct path_out *out, size_t root)
{
	out_drop_sep(out, root);
	while (out->len > root && out->units[out->len - 1] != '\\')
		out->len--;
}

/* Appends @s by the rules of DOS paths. The output so far is the root of the path. */
static void out_append_normalised(struct path_out *out, const uint16_t *s, size_t len)
{
	size_t root = out->len;
	size_t pos = 0;

	while (pos < len && !out->is_full) {
		const uint16_t *comp = s + pos;
		size_t n = component_len(comp, len - pos);
		bool is_last = pos + n == len;

		if (n == 0) {
			/* another separator of a run */
		} else if (n == 1 && comp[0] == '.') {
			if (is_last)
				out_drop_sep(out, root);
		} else if (n == 2 && comp[0] == '.' && comp[1] == '.') {
			out_drop_component(out, root);
			if (is_last)
				out_drop_sep(out, root);
		} else if (is_last) {
			out_append(out, comp, n);
		} else {
			/* One dot at the end goes; several are part of the name. */
			bool has_dot = comp[n - 1] == '.' && comp[n - 2] != '.';

			out_append(out, comp, has_dot ? n - 1 : n);
			out_append_sep(out);
		}
		pos += n + 1;
	}
	while (out->len > root &&
	       (out->units[out->len - 1] == '.' || out->units[out->len - 1] == ' '))
		out->len--;
}

static npfs_status path_finish(const struct path_out *out, const struct npfs_path *path,
			       struct npfs_path *resultp)
{
	if (out->is_full)
		return STATUS_BUFFER_TOO_SMALL;
	if ((path->path_class == NPFS_PATH_PIPE ||
	     path->path_class == NPFS_PATH_REMOTE_PIPE) &&
	    path->name_len > NPFS_NAME_MAX)
		return STATUS_OBJECT_NAME_INVALID;
	*resultp = *path;
	return STATUS_SUCCESS;
}

/* Judges `server\share\more`, found in the output at @off. */
static npfs_status path_judge_network(const struct path_out *out, size_t off,
				      struct npfs_path *resultp)
{
	struct npfs_path path = {.path_class = NPFS_PATH_FILE};
	const uint16_t *s = out->units + off;
	size_t len = out->len - off;
	size_t server_len, share_len;

	if (out->is_full)
		return STATUS_BUFFER_TOO_SMALL;
	server_len = keyword_len(s, len);
	if (server_len > 0 && server_len < len) {
		const uint16_t *share = s + server_len + 1;
		size_t after = len - server_len - 1;

		share_len = keyword_len(share, after);
		if (is_word(share, share_len, "PIPE")) {
			path.path_class = NPFS_PATH_REMOTE_PIPE;
			path.server_off = off;
			path.server_len = server_len;
			path.name_off =
				off + server_len + 1 + np_min_size(share_len + 1, after);
			path.name_len = out->len - path.name_off;
		}
	}
	return path_finish(out, &path, resultp);
}

/* Judges the device path that is the whole output. */
static npfs_status path_judge_device(const struct path_out *out,
				     struct npfs_path *resultp)
{
	struct npfs_path path = {.path_class = NPFS_PATH_DEVICE_OTHER};
	const uint16_t *s = out->units;
	size_t len = out->len;
	size_t key_len;

	if (out->is_full)
		return STATUS_BUFFER_TOO_SMALL;
	key_len = keyword_len(s, len);
	if (is_word(s, key_len, "UNC") && key_len < len)
		return path_judge_network(out, key_len + 1, resultp);
	path.name_len = len;
	if (is_word(s, key_len, "PIPE")) {
		path.name_off = np_min_size(key_len + 1, len);
		path.name_len = len - path.name_off;
		if (path.name_len > 0)
			path.path_class = NPFS_PATH_PIPE;
		else if (key_len < len)
			path.path_class = NPFS_PATH_PIPE_ROOT;
		else
			path.path_class = NPFS_PATH_PIPE_DEVICE;
	} else if (key_len == 2 && key_len < len && is_letter(s[0]) && s[1] == ':') {
		path.path_class = NPFS_PATH_FILE;
		path.name_len = 0;
	}
	return path_finish(out, &path, resultp);
}

/* Reads `server s share s rest`, after the two separators at the beginning. */
static npfs_status path_parse_network(const uint16_t *s, size_t len, struct path_out *out,
				      struct npfs_path *resultp)
{
	size_t i;

	/* Server and share are the root, which ".." does not leave. */
	for (i = 0; i < 2; i++) {
		size_t n = component_len(s, len);

		out_append(out, s, n);
		s += n;
		len -= n;
		if (len == 0)
			break;
		out_append_sep(out);
		if (n == 0)
			break;
		while (len > 0 && is_sep(*s)) {
			s++;
			len--;
		}
	}
	out_append_normalised(out, s, len);
	return path_judge_network(out, 0, resultp);
}

/*
 * Is the whole path the name of a DOS device, such as NUL? Blanks, dots and colons at its
 * end do not count. Return: length of the name, 0 when it is none.
 */
static size_t dos_device_len(const uint16_t *s, size_t len)
{
	static const char *const words[] = {"CON", "PRN",    "AUX",
					    "NUL", "CONIN$", "CONOUT$"};
	size_t i;

	while (len > 0 && (s[len - 1] == '.' || s[len - 1] == ' ' || s[len - 1] == ':'))
		len--;
	for (i = 0; i < NP_ARRAY_LEN(words); i++)
		if (is_word(s, len, words[i]))
			return len;
	if (len == 4 && s[3] >= '1' && s[3] <= '9' &&
	    (is_word(s, 3, "COM") || is_word(s, 3, "LPT")))
		return len;
	return 0;
}

static npfs_status path_parse_plain(const uint16_t *s, size_t len, struct path_out *out,
				    struct npfs_path *resultp)
{
	struct npfs_path path = {.path_class = NPFS_PATH_FILE};
	size_t device_len = dos_device_len(s, len);

	if (device_len > 0) {
		out_append(out, s, device_len);
		path.path_class = NPFS_PATH_DEVICE_OTHER;
		path.name_len = out->len;
	}
	return path_finish(out, &path, resultp);
}

/* \\?\ or \??\, in exactly these units */
static bool is_raw(const uint16_t *s, size_t len)
{
	return len >= 4 && s[0] == '\\' && (s[1] == '\\' || s[1] == '?') && s[2] == '?' &&
	       s[3] == '\\';
}

/* ss.s or ss?s, or the same without the last separator at the end of the path */
static bool is_device(const uint16_t *s, size_t len)
{
	return len >= 3 && is_sep(s[0]) && is_sep(s[1]) && (s[2] == '.' || s[2] == '?') &&
	       (len == 3 || is_sep(s[3]));
}

npfs_status npfs_path_parse_dos(const uint16_t *path, size_t len, uint16_t *out,
				size_t out_cap, struct npfs_path *resultp)
{
	struct path_out o = {.units = out, .cap = out_cap};

	if (len == 0) {
		*resultp = (struct npfs_path){.path_class = NPFS_PATH_INVALID_EMPTY};
		return STATUS_OBJECT_PATH_NOT_FOUND;
	}
	if (is_raw(path, len)) {
		out_append(&o, path + 4, len - 4);
		return path_judge_device(&o, resultp);
	}
	if (is_device(path, len)) {
		size_t prefix = np_min_size(4, len);

		out_append_normalised(&o, path + prefix, len - prefix);
		return path_judge_device(&o, resultp);
	}
	if (len >= 2 && is_sep(path[0]) && is_sep(path[1]))
		return path_parse_network(path + 2, len - 2, &o, resultp);
	return path_parse_plain(path, len, &o, resultp);
}

npfs_status npfs_path_parse_wait(const uint16_t *path, size_t len, uint16_t *out,
				 size_t out_cap, struct npfs_path *resultp)
{
	struct npfs_path result = {.path_class = NPFS_PATH_PIPE};
	size_t server_len, name_off, i;

	if (len < 2 || !is_sep(path[0]) || !is_sep(path[1]))
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	server_len = component_len(path + 2, len - 2);
	name_off = 2 + server_len + 1 + 4 + 1;
	/* The keyword must have a separator on either side. */
	if (server_len == 0 || len < name_off || is_word(path + 2, server_len, "?") ||
	    !is_word(path + 2 + server_len + 1, 4, "PIPE") || !is_sep(path[name_off - 1]))
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (len == name_off || len - name_off > WAIT_NAME_MAX)
		return STATUS_INVALID_PARAMETER;
	if (len - 2 > out_cap)
		return STATUS_BUFFER_TOO_SMALL;
	for (i = 2; i < len; i++)
		out[i - 2] = path[i] == '/' ? '\\' : path[i];
	result.name_off = name_off - 2;
	result.name_len = len - name_off;
	if (server_len != 1 || path[2] != '.') {
		result.path_class = NPFS_PATH_REMOTE_PIPE;
		result.server_len = server_len;
	}
	*resultp = result;
	return STATUS_SUCCESS;
}
