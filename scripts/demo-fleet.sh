#!/bin/sh
# make demo-fleet: 10 members in Go and Python, 10,000 agents, one member killed, and a plot of the steps.
#
#   demo-fleet.sh [PYTHON]
set -eu
cd "$(dirname "$0")/.."
. scripts/needs.sh
need go
[ -n "${1:-}" ] || need python
need_all
build=.build
writable

python=$(sh interop/python/env.sh ${1:+--python "$1"} "$build/demo-venv")
echo 'demo-fleet: compiling; about a minute the first time'
go build -buildvcs=false -o "$build/fleet" ./examples/fleet
PYTHONWARNINGS=ignore exec "$build/fleet" -python "$python" -plot "$build/fleet.svg"
