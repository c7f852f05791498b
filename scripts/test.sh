#!/bin/sh
# All tests: make test. Ends with what was run, and what was left out and why.
# Without an engine for containers their tests are left out; under CI (CI=true) that is a failure.
# What would take too long has a short form, which is told as left out too. AIOMAS_FULL=1 has the whole: make test-full.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/needs.sh
. scripts/alone.sh
. scripts/modules.sh

need go
need gcc
need python
if [ -n "$lacking" ]; then
	echo 'test: nothing was run. The tests of the Go code alone: go test ./...' >&2
	exit 1
fi

full=${AIOMAS_FULL:-}
limit=30m
[ -z "$full" ] || limit=5h
build=.build
writable
alone test
rm -f "$build/compatibility.md"

step() { printf '\n== %s\n' "$1"; }

# There are two lanes, which run at the same time: the tests of the Go code, and those with Python, which wait a lot.
# Each has a summary of its own, and a file that says that it has failed.
lane() {
	summary=$TMPDIR/$1.summary
	failure=$TMPDIR/$1.failed
	: >"$summary"
	attentive
}

# broken NAME WHY: lines of the summary
broken() {
	printf '%s: FAILED\n  FAILED: %s\n' "$1" "$2" | tee -a "$summary"
	: >"$failure"
}

left_out() {
	printf '%s: left out: %s\n' "$1" "$2" | tee -a "$summary"
}

# lacking NAME WHAT: the same, of what must be there under CI
lacking() {
	left_out "$@"
	[ "${CI:-}" != true ] || : >"$failure"
}

# finish: say what was run, and end
finish() {
	printf '\n== what was run, and what was left out\n'
	cat "$TMPDIR"/*.summary | tee "$build/summary.txt"
	if [ -n "$(ls "$TMPDIR"/*.failed 2>/dev/null)" ]; then
		echo FAILED
		exit 1
	fi
	echo "all passed, $(grep -c 'left out: ' "$build/summary.txt") left out"
	exit 0
}

# run NAME COMMAND…: run it, with a line of the summary, and say now and then that it still runs
run() {
	name=$1
	shift
	attend "$build/testsum" -name "$name" -append "$summary" -plain "$@" || : >"$failure"
}

# gotest NAME MODULE ARGUMENTS…: the same for go test
gotest() {
	name=$1
	module=$2
	shift 2
	attend "$build/testsum" -name "$name" -append "$summary" go -C "$module" test -json -timeout $limit "$@" || : >"$failure"
}

with_python() {
	step 'Pythons'
	if ! pythons=$(sh interop/python/env.sh --all); then
		broken 'environments with real aiomas' 'see above'
		return
	fi
	AIOMAS_PYTHONS=$(printf '%s\n' "$pythons" | sed 's/ /=/' | paste -sd, -)
	export AIOMAS_PYTHONS
	echo "$AIOMAS_PYTHONS" | tr ',' '\n'
	n=$(printf '%s\n' "$pythons" | wc -l)
	printf 'Pythons: %s\n' "$(printf '%s\n' "$pythons" | cut -d ' ' -f 1 | paste -sd' ' -)" >>"$summary"
	if [ "${CI:-}" = true ] && [ "$n" -lt 4 ]; then
		lacking 'tests against more Pythons' "only $n found, CI wants four"
	fi
	if compat=$(sh interop/python/env.sh --compat --all); then
		AIOMAS_COMPAT_PYTHONS=$(printf '%s\n' "$compat" | sed 's/ /=/' | paste -sd, -)
		export AIOMAS_COMPAT_PYTHONS
		step 'aiomas_compat and aiomas_fast'
		run 'aiomas_compat and aiomas_fast' sh scripts/test-compat.sh
		[ -n "$full" ] || [ "$n" -lt 3 ] || left_out 'aiomas_compat and aiomas_fast' 'the msgpack of 2019 on Pythons between the oldest and the newest'
	else
		broken 'environments with aiomas_compat and aiomas_fast' 'see above'
	fi
	step 'against real Python'
	COMPATIBILITY=$(pwd)/$build/compatibility.md
	export COMPATIBILITY
	gotest 'against real Python (-race)' interop/tests -race ./...
	step 'files for engines'
	# Without the race detector: what is tested are programs in containers.
	gotest 'files for engines' deploy -count=1 ./...
	# Without the race detector, which knows no more than 8128 goroutines.
	step 'load and soak'
	gotest 'load, and a soak of 5 s' interop/tests -count=1 -run '^(TestLoad|TestSoak)' ./reliability
}

echo 'test: compiling; the first time takes some minutes before tests run'
lane 1-go
attend go build -buildvcs=false -o "$build/testsum" ./internal/testsum || { broken 'builds' 'internal/testsum does not compile, see above'; finish; }

mkfifo "$TMPDIR/python"
# No awk: Debian's reads no line before it has read many.
while IFS= read -r line; do printf 'Python| %s\n' "$line"; done <"$TMPDIR/python" &
labels=$!
{ lane 2-python && with_python; } >"$TMPDIR/python" 2>&1 &
child=$!

step 'format and vet'
# All files but those of environments, caches and the like, whose names begin with a dot.
run 'format' sh -c '
	files=$(find . -name ".?*" -prune -o -name "*.go" -print)
	[ -n "$files" ] || { echo "no file found"; exit 1; }
	bad=$(printf "%s\n" "$files" | tr "\n" "\0" | xargs -0 gofmt -l) && [ -z "$bad" ] || { echo "gofmt: $bad"; exit 1; }'
run 'scripts leave nothing' sh scripts/test-alone.sh
for module in . $libraries $programs interop/tests deploy examples/opentelemetry; do
	run "vet $module" go -C "$module" vet ./...
done

step 'builds without cgo'
# go list compiles all packages, but links no programs; one that has all codecs shows that they can be.
# Each system and each architecture comes once. The tests on 32 bits, below, compile for linux/386.
for p in linux/amd64 linux/arm64 darwin/arm64 windows/amd64 ${full:+linux/386 darwin/amd64 windows/arm64}; do
	run "builds for $p" env CGO_ENABLED=0 "GOOS=${p%/*}" "GOARCH=${p#*/}" sh -c \
		'go list -export ./... >/dev/null && go build -buildvcs=false -o /dev/null ./interop/peer'
done
[ -n "$full" ] || left_out builds 'darwin/amd64 and windows/arm64'

step 'unit tests, with the race detector'
gotest 'unit tests (-race)' . -race ./...
gotest 'connections, as they ship' . ./aiomas/... ./internal/conversation ./internal/frame
# Without inline handling and system calls that the scheduler does not hear of: which
# faults are theirs?
skip='^(Fuzz|TestHostile|TestBombs|TestTLS)'
[ -z "$full" ] || skip='^$'
gotest 'connections, plain (-race)' . -race -tags aiomas_plain -skip "$skip" ./aiomas ./internal/conversation ./internal/frame
[ -n "$full" ] || left_out 'connections, plain (-race)' 'hostile peers, TLS and fuzz seeds, which the two runs before have'
for module in $libraries $programs examples/opentelemetry; do
	gotest "module $module (-race)" "$module" -race ./...
done
gotest 'systems of many agents, small ones' bench ./internal/scale

# Without the race detector, in which some sizes are smaller: on 32 bits where this machine runs such programs.
if [ "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" = linux/amd64 ]; then
	step 'unit tests on 32 bits'
	export CGO_ENABLED=0 GOARCH=386
	# CI does it with the oldest Go that will do; nowhere else must one have two.
	[ "${CI:-}" != true ] || export GOTOOLCHAIN="go$oldest"
	gotest "unit tests (386, $(go env GOVERSION))" . ./...
else
	step 'unit tests'
	gotest 'unit tests' . ./...
fi

wait "$child"
child=''
wait "$labels"

if [ -s "$build/compatibility.md" ]; then
	printf '\n== the matrix: Go calls Python, Python calls Go\n'
	cat "$build/compatibility.md"
fi
finish
