#!/bin/sh
# Runs every fuzz target of every module for the given time, or those whose
# package and name match a regular expression: fuzz.sh 10s [json]
#
# It ends with the sum of the executions, and fails if a target did. The corpora
# that grow are in Go's cache, as those of go test -fuzz.
#
# Up to Go 1.26 the engine now and then takes the end of its own time for a failure
# (go.dev/issue/75804). Such a run counts, and its line says so, if it says nothing
# else and has written no input.
set -eu
cd "$(dirname "$0")/.."
time=$1 pattern=${2:-.}
build=$PWD/.build/fuzz
mkdir -p "$build"
log=$build/log
total=0 targets=0 failed=

# inputs lists what lies in testdata/fuzz for target $1.
inputs() { ls "testdata/fuzz/$1" 2>/dev/null || true; }

# ended_late tells that "context deadline exceeded" is all that the log has against
# target $1. An input that fails has lines of its own there, also when the time is
# over before it is minimised.
ended_late() {
	[ "$(grep -v '^fuzz: elapsed: ' "$log" | sed '1s/ ([0-9.]*s)$//')" = "--- FAIL: $1
    context deadline exceeded
FAIL" ]
}

for dir in $(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n 1 dirname | sort -u); do
	names=$(sed -n 's/^func \(Fuzz[^(]*\)(.*/\1/p' "$dir"/*_test.go | while read -r name; do
		echo "$dir $name" | grep -Eq -- "$pattern" && echo "$name" || true
	done)
	[ -n "$names" ] || continue
	cd "$dir"
	package=$(go list .)
	# go test -fuzz follows the coverage of the standard library too, and after each
	# execution looks at all of it. Without that there are four times as many.
	go test -c -gcflags=all=-d=libfuzzer -gcflags=std= -o "$build/test" .
	for name in $names; do
		ok=yes note= before=$(inputs "$name")
		"$build/test" -test.run='^$' -test.fuzz="^$name\$" -test.fuzztime="$time" -test.fuzzminimizetime=1000x \
			-test.fuzzcachedir="$(go env GOCACHE)/fuzz/$package" >"$log" 2>&1 || ok=no
		if [ $ok = no ] && ended_late "$name" && [ "$(inputs "$name")" = "$before" ]; then
			ok=yes note=' (no input failed; go.dev/issue/75804)'
		fi
		n=$(sed -n 's/.*execs: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
		printf '%12d  %s %s%s\n' "${n:-0}" "$dir" "$name" "$note"
		if [ $ok = no ]; then
			sed 's/^/    /' "$log"
			failed="$failed $dir:$name"
		fi
		total=$((total + ${n:-0})) targets=$((targets + 1))
	done
	cd - >/dev/null
done
echo "$total executions in $targets targets"
if [ -n "$failed" ]; then
	echo "failed:$failed; each wrote what it failed for to testdata/fuzz in its package" >&2
	exit 1
fi
