#!/bin/sh
# All tests: make test. Ends with what was run, and what was left out and why.
# Under CI (CI=true) a missing Python or container engine is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1

build=.build
summary=$build/summary.txt
mkdir -p "$build"
rm -f "$build"/compatibility.md "$build"/status
: >"$summary"
failed=''

step() { printf '\n== %s\n' "$1"; }

# result NAME STATUS DETAIL: a line of the summary
result() {
	if [ "$2" -eq 0 ]; then
		printf '%s: ok%s\n' "$1" "${3:+ ($3)}" >>"$summary"
	else
		printf '%s: FAILED\n' "$1" >>"$summary"
		failed=yes
	fi
}

left_out() {
	printf '%s: left out: %s\n' "$1" "$2" | tee -a "$summary"
	[ "${CI:-}" != true ] || failed=yes
}

go build -o "$build/testsum" ./internal/testsum || exit 1

# gotest NAME MODULE ARGUMENTS…: go test, summarised
gotest() {
	name=$1
	module=$2
	shift 2
	{ go -C "$module" test -json "$@" 2>&1 || echo failed >$build/status; } |
		$build/testsum -name "$name" -append $summary || failed=yes
	[ ! -e $build/status ] || failed=yes
	rm -f $build/status
}

step 'format and vet'
unformatted=$(gofmt -l $(git ls-files --cached --others --exclude-standard '*.go'))
[ -z "$unformatted" ] || printf 'gofmt: %s\n' "$unformatted"
[ -z "$unformatted" ] && go vet ./... && go -C interop/tests vet ./... && go -C otel vet ./... && go -C codec/ndarray/gonum vet ./... && go -C cmd/aiomas vet ./...
result 'format and vet' $?

step 'builds'
platforms='linux/amd64 linux/arm64 linux/386 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64'
status=0
for p in $platforms; do
	echo "$p"
	CGO_ENABLED=0 GOOS=${p%/*} GOARCH=${p#*/} go build ./... || status=1
done
result 'builds without cgo' $status "$platforms"

step 'unit tests, with the race detector'
gotest 'unit tests (-race)' . -race ./...
# With the race detector all system calls are those that it hears of; see
# internal/frame/nowait_linux.go.
gotest 'connections, as they ship' . ./aiomas/... ./internal/frame

gotest 'OpenTelemetry module' otel -race ./...
gotest 'gonum module' codec/ndarray/gonum -race ./...
gotest 'command line' cmd/aiomas -race ./...

if [ "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" = linux/amd64 ]; then
	step 'unit tests on 32 bits'
	CGO_ENABLED=0 GOARCH=386 gotest 'unit tests (386)' . ./...
fi

step 'Pythons'
if pythons=$(sh interop/python/env.sh --all); then
	AIOMAS_PYTHONS=$(printf '%s\n' "$pythons" | sed 's/ /=/' | paste -sd, -)
	export AIOMAS_PYTHONS
	echo "$AIOMAS_PYTHONS" | tr ',' '\n'
	n=$(printf '%s\n' "$pythons" | wc -l)
	printf 'Pythons: %s\n' "$(printf '%s\n' "$pythons" | cut -d ' ' -f 1 | paste -sd' ' -)" >>"$summary"
	if [ "${CI:-}" = true ] && [ "$n" -lt 4 ]; then
		left_out 'tests against more Pythons' "only $n found, CI wants four"
	fi
	if compat=$(sh interop/python/env.sh --compat --all); then
		AIOMAS_COMPAT_PYTHONS=$(printf '%s\n' "$compat" | sed 's/ /=/' | paste -sd, -)
		export AIOMAS_COMPAT_PYTHONS
		step 'aiomas_compat and aiomas_fast'
		sh scripts/test-compat.sh >"$build/compat.txt" 2>&1
		status=$?
		cat "$build/compat.txt"
		result 'aiomas_compat, aiomas_fast' $status "$(tail -n 1 "$build/compat.txt")"
	else
		left_out 'aiomas_compat, aiomas_fast' 'its environments could not be made, see above'
	fi
	step 'against real Python'
	COMPATIBILITY=$(pwd)/$build/compatibility.md
	export COMPATIBILITY
	rm -f "$COMPATIBILITY"
	gotest 'against real Python (-race)' interop/tests -race -timeout 20m ./...
	# Without the race detector, which knows no more than 8128 goroutines.
	step 'load and soak'
	gotest 'load, and a soak of 5 s' interop/tests -count=1 -timeout 20m -run '^(TestLoad|TestSoak)' ./reliability
else
	left_out 'against real Python' 'no usable Python, see above'
fi

if [ -s $build/compatibility.md ]; then
	printf '\n== the matrix: Go calls Python, Python calls Go\n'
	cat $build/compatibility.md
fi
printf '\n== what was run, and what was left out\n'
cat "$summary"
if [ -n "$failed" ]; then
	echo 'FAILED'
	exit 1
fi
echo 'all passed'
