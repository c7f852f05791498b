#!/bin/sh
# The tests of interop/python/aiomas_compat and aiomas_fast on every Python found, twice on
# the oldest and the newest: with the newest msgpack, and with the one from 2019 that aiomas
# can do with. With AIOMAS_FULL twice on each.
#
# The environments come from env.sh, or from the variables AIOMAS_PYTHONS and
# AIOMAS_COMPAT_PYTHONS ("3.8=/path/to/python,…"). The last line says what was run.
set -eu
cd "$(dirname "$0")/../interop/python"

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'exit 1' HUP INT TERM

# environments VARIABLE OPTION…: lines "3.x interpreter"
environments() {
	list=$1
	shift
	if [ -n "$list" ]; then
		printf '%s\n' "$list" | tr ',' '\n' | sed 's/=/ /'
	else
		./env.sh "$@" --all
	fi
}

old=$(environments "${AIOMAS_PYTHONS:-}")
new=$(environments "${AIOMAS_COMPAT_PYTHONS:-}" --compat)

# run LOG PYTHON PATH: the tests, and in LOG-package what they say
run() {
	for package in aiomas_compat aiomas_fast; do
		(cd $package && PYTHONPATH=$3 PYTHONDONTWRITEBYTECODE=1 "$2" -m pytest -q -p no:cacheprovider) >"$1-$package" 2>&1 || echo FAILED >>"$1-$package"
	done
}

# outcome WHAT LOG: say how they ended
outcome() {
	for package in aiomas_compat aiomas_fast; do
		case $(tail -n 1 "$2-$package") in
		FAILED) cat "$2-$package"; echo "$package, $1: FAILED" ;;
		*) echo "$package, $1: $(tail -n 1 "$2-$package")" ;;
		esac
	done
}

if [ -z "${AIOMAS_FULL:-}" ]; then
	old=$(printf '%s\n' "$old" | sed -n '1p;$p' | uniq)
fi

say_msgpack='import msgpack; print("msgpack", ".".join(map(str, msgpack.version)))'
passed=''
failed=''
while read -r version python; do
	before=$(printf '%s\n' "$old" | sed -n "s/^$version //p")
	path=''
	[ -z "$before" ] || path=$("$before" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
	run "$logs/new" "$python" '' </dev/null &
	[ -z "$path" ] || run "$logs/old" "$python" "$path" </dev/null
	wait
	outcome "Python $version, $("$python" -c "$say_msgpack")" "$logs/new"
	[ -z "$path" ] || outcome "Python $version, $(PYTHONPATH=$path "$python" -c "$say_msgpack")" "$logs/old"
	case $(tail -qn 1 "$logs"/*) in
	*FAILED*) failed="$failed $version" ;;
	*) passed="$passed $version" ;;
	esac
	rm -f "$logs"/*
done <<EOF
$new
EOF

if [ -n "$failed" ]; then
	echo "failed on$failed"
	exit 1
fi
echo "Python$passed"
