# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# build.sh: what quickstart, runtests and .ci/run have in common: install what the build
# needs, configure once, build what changed. Sourced, never run; the caller stands in the
# top folder of the sources.
#
# A second call with nothing changed takes about a second: packages are looked for before
# they are asked for, and configure runs only when the build folder has no Makefile.

say()
{
	printf '== %s\n' "$*"
}

die()
{
	printf 'error: %s\n' "$*" >&2
	exit 1
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo > /dev/null; then
		sudo "$@"
	else
		die "need root for: $* (and there is no sudo)"
	fi
}

# need_tool COMMAND PACKAGE...: remembers the packages when the command is not there
missing_packages=()
need_tool()
{
	local command=$1
	shift
	command -v "$command" > /dev/null || missing_packages+=("$@")
}

install_missing()
{
	[ "${#missing_packages[@]}" -gt 0 ] || return 0
	command -v apt-get > /dev/null ||
		die "please install: ${missing_packages[*]} (there is no apt-get to do it with)"
	say "installing ${missing_packages[*]}"
	export DEBIAN_FRONTEND=noninteractive
	as_root apt-get update -q < /dev/null
	as_root apt-get install -q -y --no-install-recommends "${missing_packages[@]}" < /dev/null
	missing_packages=()
}

# What a build with unit tests needs.
install_build_tools()
{
	need_tool gcc build-essential
	need_tool make build-essential
	need_tool autoconf autoconf
	need_tool automake automake
	need_tool libtoolize libtool
	need_tool pkg-config pkg-config
	need_tool xz xz-utils
	if ! { command -v pkg-config > /dev/null && pkg-config --exists check; }; then
		missing_packages+=(check)
	fi
	install_missing
}

# logged LOG WHAT COMMAND...: runs quietly, shows the end of the log when it fails
logged()
{
	local log=$1 what=$2
	shift 2
	if ! "$@" >> "$log" 2>&1 < /dev/null; then
		tail -n 60 "$log" >&2
		die "$what failed; the whole log is $log"
	fi
}

# build_tree FOLDER [CONFIGURE-FLAG...]: an out-of-tree build in FOLDER
build_tree()
{
	local folder=$1 top=$PWD log start=$SECONDS
	shift
	mkdir -p "$folder"
	log=$(cd "$folder" && pwd)/build.log
	: > "$log"
	if [ ! -e configure ] || [ ! -e build-aux/ltmain.sh ]; then
		say 'preparing configure (autoreconf)'
		logged "$log" autoreconf autoreconf -i
	fi
	if [ ! -e "$folder/Makefile" ]; then
		say "configuring in $folder $*"
		(cd "$folder" && logged "$log" configure "$top/configure" -q "$@") || exit 1
	fi
	say "building in $folder"
	logged "$log" make make -C "$folder" -j"$(nproc)" all
	say "built in $((SECONDS - start)) s"
}
