#!/bin/sh
# Runs every fuzz target of every module for the given time, or those whose
# package and name match a regular expression: fuzz.sh 10s [json]
#
# It ends with the sum of the executions, and fails if a target did. The corpora
# that grow are in Go's cache, as those of go test -fuzz.
set -eu
cd "$(dirname "$0")/.."
time=$1 pattern=${2:-.}
build=$PWD/.build/fuzz
mkdir -p "$build"
log=$build/log
total=0 targets=0 failed=

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
		ok=yes
		"$build/test" -test.run='^$' -test.fuzz="^$name\$" -test.fuzztime="$time" -test.fuzzminimizetime=1000x \
			-test.fuzzcachedir="$(go env GOCACHE)/fuzz/$package" >"$log" 2>&1 || ok=no
		n=$(sed -n 's/.*execs: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
		printf '%12d  %s %s\n' "${n:-0}" "$dir" "$name"
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
