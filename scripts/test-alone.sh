#!/bin/sh
# Tests alone.sh, by which make test leaves nothing: with a script of the same name in a tree of its own.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/größe & maß/.build" "$work/tmp"
cp needs.sh alone.sh "$work"
cat >"$work/größe & maß/test.sh" <<'T'
. ../needs.sh
. ../alone.sh
alone test
echo left >"$TMPDIR/file"
sleeper() { attentive; attend sh -c 'echo $$ >>"$1"; exec sleep 300' sh "$TMPDIR/pids"; }
sleeper &
child=$!
attend sh -c 'echo $$ >>"$1"; exec sleep 300' sh "$TMPDIR/pids"
T

fail() {
	echo "test-alone: $*" >&2
	exit 1
}

# eventually CONDITION…
eventually() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "not within a minute: $*"
		sleep 0.1
	done
}

two_sleep() { [ "$(cat "$work"/tmp/*/pids 2>/dev/null | wc -l)" -eq 2 ]; }
ended() { for p in $pids; do ! kill -0 "$p" 2>/dev/null || return 1; done; }
swept() { [ -z "$(ls "$work/tmp")$(ls "$work/größe & maß/.build")" ]; }

start() {
	(cd "$work/größe & maß" && TMPDIR=$work/tmp exec sh test.sh 2>/dev/null) &
	script=$!
	eventually two_sleep
	pids=$(cat "$work"/tmp/*/pids)
}

# SIGHUP is ignored under nohup, SIGINT by what a script starts in the background.
start
! (cd "$work/größe & maß" && TMPDIR=$work/tmp sh test.sh) 2>"$work/said" || fail 'two run at once'
grep -q "it runs here already, as process $script" "$work/said" || fail "the second one says: $(cat "$work/said")"
kill "$script"
! { wait "$script"; } 2>/dev/null || fail 'exit code 0 after SIGTERM'
eventually ended
swept || fail "left: $(ls "$work/tmp" "$work/größe & maß/.build")"

start
kill -KILL $script $pids
{ wait "$script"; } 2>/dev/null || true
first=$(ls "$work/tmp")
rm "$work/tmp/$first/pids" # two_sleep counts
start
[ "$(ls "$work/tmp")" != "$first" ] && [ "$(ls "$work/tmp" | wc -l)" -eq 1 ] || fail "a run that was killed has left $first"
kill "$script"
{ wait "$script"; } 2>/dev/null || true
swept || fail 'something is left'
echo 'nothing is left'
