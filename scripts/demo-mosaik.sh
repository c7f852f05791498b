#!/bin/sh
# make demo-mosaik: simulators in Go and in Python in one mosaik, whose run is drawn.
#
#   demo-mosaik.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
. scripts/needs.sh
need go
[ -n "${1:-}" ] || need python
need_all
writable

build=$PWD/.build
python=$(sh interop/python/env.sh --for mosaik ${1:+--python "$1"} "$build/mosaik-venv")
go build -o "$build/" ./examples/mosaik/battery ./examples/mosaik/controller ./mosaik/check/mosaik-check
rm -f "$build/mosaik.jsonl"

echo "Go:     $(go version)"
echo "Python: $("$python" -c 'import sys, mosaik; print(sys.version.split()[0], "with mosaik", mosaik.__version__)')"
printf '\n== two houses for two days: the sun in Python, batteries and controllers in Go\n'
"$python" -W ignore examples/mosaik/scenario.py "$build" "$build/mosaik.jsonl"
printf '\n== do the Go programs keep the rules?\n'
for program in battery controller; do
	printf '%-11s' "$program"
	"$build/mosaik-check" -remote "$build/$program" '%(addr)s' 2>/dev/null
done
echo
"$build/mosaik-check" plot -o "$build/mosaik.html" "$build/mosaik.jsonl"
