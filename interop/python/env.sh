#!/bin/sh
# Virtual environments with real aiomas.
#
#   env.sh [--python PYTHON] [--blosc] DIR   make or refresh one in DIR; prints its interpreter
#   env.sh [--blosc] --all [DIR]             make one in DIR/3.x for each usable Python; prints "3.x interpreter" lines
#   env.sh --find                            print a line "3.x interpreter" for each usable Python
#
# With --compat instead of --blosc it has aiomas_compat and aiomas_fast, the newest msgpack,
# blosc and arrow at the time that it was made, pytest, and uvloop if there is a wheel of it.
# With --agents it has blosc, NumPy and, on Python 3.8, creamas. With --for NAME it has what
# NAME-requirements.txt lists, and no aiomas but in cbor: mosaik, mosaik-old, mosaik-demo,
# cbor.
#
# DIR of --all is .venv beside this file by default, .venv/compat with --compat and so on. Without --python it is the
# first python3 on the PATH if that is usable, else the newest that --find finds.
# An environment that is up to date is left alone, so calling this often is cheap,
# and calling it twice at once is safe.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
oldest=8 # Python 3.8

main() {
	python='' blosc='' compat='' agents='' named='' mode=one dir=''
	while [ $# -gt 0 ]; do
		case $1 in
		--python) [ $# -gt 1 ] || usage; python=$2; shift ;;
		--blosc) blosc=yes ;;
		--compat) compat=yes ;;
		--agents) agents=yes ;;
		--for) [ $# -gt 1 ] || usage; named=$2; shift ;;
		--find) mode='find' ;;
		--all) mode=all ;;
		-*) usage ;;
		*) [ -z "$dir" ] || usage; dir=$1 ;;
		esac
		shift
	done
	requirements=$here/requirements${blosc:+-blosc}.txt
	[ -z "$agents" ] || named=agents
	[ -z "$named" ] || requirements=$here/$named-requirements.txt
	case $mode in
	find) find_pythons ;;
	all) prepare_all "${dir:-$here/.venv${compat:+/compat}${named:+/$named}}" ;;
	one) [ -n "$dir" ] || usage
		[ -n "$python" ] || python=$(default_python)
		prepare "$python" "$dir" ;;
	esac
}

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed '/^set/,$d' >&2
	exit 2
}

fail() {
	printf 'env.sh: %s\n' "$*" >&2
	exit 1
}

# --- finding Pythons -------------------------------------------------------

# Everything that may be a Python, one path a line.
candidates() {
	old_ifs=$IFS; IFS=:
	for d in $PATH; do
		for p in "${d:-.}"/python3 "${d:-.}"/python3.[0-9] "${d:-.}"/python3.[0-9][0-9]; do
			[ ! -x "$p" ] || printf '%s\n' "$p"
		done
	done
	IFS=$old_ifs
	root=${PYENV_ROOT:-}
	[ -n "$root" ] || root=$(pyenv root 2>/dev/null) || root=$HOME/.pyenv
	for p in "$root"/versions/*/bin/python; do
		[ ! -x "$p" ] || printf '%s\n' "$p"
	done
}

# "minor patch yes|no interpreter" for one candidate; the word tells whether it can
# make virtual environments. Nothing for what is no CPython 3, like the shims of pyenv
# for versions that are not switched on.
probe() {
	"$1" -c '
import importlib.util as u, os, platform, sys
def has(name): return u.find_spec(name) is not None
v = sys.version_info
if v[0] == 3 and v[3] == "final" and platform.python_implementation() == "CPython":
    usable = (has("venv") and has("ensurepip")) or has("virtualenv")
    print(v[1], v[2], "yes" if usable else "no", sys.executable if usable else os.path.realpath(sys.executable))
' 2>/dev/null </dev/null || true
}

probe_all() {
	candidates | awk '!seen[$0]++' | while IFS= read -r p; do probe "$p"; done |
		awk -v oldest=$oldest '$1 >= oldest' | awk '!seen[$0]++'
}

find_pythons() {
	found=$(probe_all)
	# Of each minor version the newest patch, the first one on the PATH if there are several.
	usable=$(printf '%s\n' "$found" | awk '$3 == "yes" { print NR, $0 }' | sort -k2,2n -k3,3nr -k1,1n |
		awk '!seen[$2]++ { minor = $2; sub(/^[0-9]+ [0-9]+ [0-9]+ yes /, ""); print "3." minor " " $0 }')
	if [ -n "$usable" ]; then
		printf '%s\n' "$usable"
	elif [ -n "$found" ]; then
		fail "no Python here can make virtual environments, as the modules venv and ensurepip are missing ($(
			printf '%s\n' "$found" | cut -d ' ' -f 4- | paste -sd, - | sed 's/,/, /g')). On Debian and Ubuntu: apt install python3-venv"
	else
		fail "no Python 3.$oldest or newer found on the PATH or in pyenv. On Debian and Ubuntu: apt install python3 python3-venv"
	fi
}

default_python() {
	first=$(command -v python3 || true)
	if [ -n "$first" ]; then
		case $(probe "$first") in
		[0-7]\ *) ;;
		*\ yes\ *) printf '%s\n' "$first"; return ;;
		esac
	fi
	found=$(find_pythons)
	printf '%s\n' "$found" | tail -n 1 | cut -d ' ' -f 2-
}

# --- making environments ---------------------------------------------------

prepare_all() {
	found=$(find_pythons)
	printf '%s\n' "$found" | while read -r version p; do
		made=$(prepare "$p" "$1/$version" </dev/null) || exit 1
		printf '%s %s\n' "$version" "$made"
	done
}

# prepare PYTHON DIR
prepare() {
	is=$("$1" -c 'import sys; print(sys.version_info >= (3, '$oldest'), sys.version.split()[0], sys.base_prefix)') ||
		fail "$1 is not a Python"
	case $is in
	False*) fail "$1 is Python ${is#* }, older than 3.$oldest" ;;
	esac
	if [ -n "$compat" ]; then
		stamp="$is $(cat "$here"/aiomas_*/pyproject.toml "$here"/aiomas_*/src/*/*.py | cksum) aiomas_compat aiomas_fast"
	else
		stamp="$is $(cat "$here"/requirements*.txt | cksum) $(basename "$requirements")"
		[ -z "$named" ] || stamp="$is $(cksum <"$requirements") $(basename "$requirements")"
	fi
	mkdir -p "$(dirname "$2")"
	dir=$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd)/$(basename "$2")
	if ! up_to_date; then
		lock
		up_to_date || make_env "$1"
		unlock
	fi
	printf '%s\n' "$dir/bin/python"
}

up_to_date() {
	[ -x "$dir/bin/python" ] && [ "$(cat "$dir/stamp" 2>/dev/null)" = "$stamp" ]
}

make_env() {
	base=$1
	echo "env.sh: installing ${named:-aiomas} for $("$base" -V 2>&1) in $dir" >&2
	rm -rf "$dir"
	mkdir -p "$dir"
	log=$dir/install.log
	if ! { "$base" -m venv "$dir" || "$base" -m virtualenv "$dir"; } >"$log" 2>&1; then
		cat "$log" >&2
		fail "$base cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"
	fi
	if [ -n "$compat" ]; then
		set -- "$here/aiomas_compat[mpb,test]" "$here/aiomas_fast[test]"
	else
		set -- -r "$requirements"
	fi
	if ! "$dir/bin/python" -m pip install --disable-pip-version-check --no-input "$@" >"$log" 2>&1; then
		cat "$log" >&2
		fail "pip could not install $* for $base, see above; it needs the network the first time"
	fi
	if [ -n "$compat" ]; then
		# A test runs with it where there is one.
		"$dir/bin/python" -m pip install --disable-pip-version-check --no-input --only-binary :all: uvloop >>"$log" 2>&1 || true
	fi
	printf '%s\n' "$stamp" >"$dir/stamp"
}

# One process at a time works on an environment. A lock whose owner died is taken over.
lock() {
	until mkdir "$dir.lock" 2>/dev/null; do
		owner=$(cat "$dir.lock/pid" 2>/dev/null || true)
		if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
			rm -rf "$dir.lock"
		else
			sleep 1
		fi
	done
	echo $$ >"$dir.lock/pid"
	trap 'rm -rf "$dir.lock"' EXIT
	trap 'exit 1' HUP INT TERM
}

unlock() {
	rm -rf "$dir.lock"
	trap - EXIT HUP INT TERM
}

main "$@"
