#!/bin/sh
# make demo: Go and real Python aiomas call each other, first services, then
# agents, for each codec.
#
#   demo.sh [PYTHON]
#
# Each line says who printed it.
set -eu
cd "$(dirname "$0")/.."
build=.build
mkdir -p "$build"

command -v go >/dev/null || { echo 'demo: Go is missing: install it from https://go.dev/dl' >&2; exit 1; }
python=$(sh interop/python/env.sh ${1:+--python "$1"} "$build/demo-venv")
go build -o "$build/" ./examples/client ./examples/server ./examples/agents

pids=''
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done' EXIT
trap 'exit 1' HUP INT TERM

# foreground NAME COMMAND…: run a client, its lines labelled as they come.
foreground() {
	name=$1
	shift
	{ "$@" 2>&1 && echo ok >"$build/demo.status" || echo failed >"$build/demo.status"; } |
		while IFS= read -r line; do printf '%-17s| %s\n' "$name" "$line"; done
	[ "$(cat "$build/demo.status")" = ok ] || { echo "demo: the $name failed" >&2; exit 1; }
}

# background NAME COMMAND…: start a service, its output to a labelled log as it
# comes, and wait for its "ready" line. Its address is then in $address.
background() {
	name=$1
	shift
	out=$build/demo.fifo
	rm -f "$out" "$build/demo.ready"
	mkfifo "$out"
	"$@" >"$out" 2>&1 &
	service=$!
	pids="$pids $service"
	{
		while IFS= read -r line; do
			case $line in 'ready '*) printf '%s\n' "${line#ready }" >"$build/demo.ready.new"; mv "$build/demo.ready.new" "$build/demo.ready" ;; esac
			printf '%-17s| %s\n' "$name" "$line"
		done
	} <"$out" &
	labeller=$!
	tries=0
	until [ -s "$build/demo.ready" ]; do
		kill -0 "$service" 2>/dev/null || { echo "demo: the $name did not start" >&2; exit 1; }
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || { echo "demo: the $name is not ready after 30 s" >&2; exit 1; }
		sleep 0.1
	done
	address=$(cat "$build/demo.ready")
}

finish() {
	kill -INT "$service"
	wait "$service" || true
	wait "$labeller"
}

echo "Go:     $(go version)"
echo "Python: $("$python" -c 'import sys, aiomas; print(sys.version.split()[0], "with aiomas", aiomas.__version__)')"

for codec in json msgpack; do
	flag=''
	[ "$codec" = json ] || flag=-msgpack
	printf '\n== Go calls Python, codec %s\n' "$codec"
	background 'Python service' "$python" -u interop/python/demo_service.py --listen tcp://127.0.0.1:0 --codec "$codec"
	foreground 'Go client' "$build/client" --connect "$address" $flag
	finish
	printf '\n== Python calls Go, codec %s\n' "$codec"
	background 'Go service' "$build/server" --listen tcp://127.0.0.1:0 $flag
	foreground 'Python client' "$python" -u interop/python/demo_client.py --connect "$address" --codec "$codec"
	finish
	printf '\n== A Go agent calls a Python agent, codec %s\n' "$codec"
	background 'Python callee' "$python" -u interop/python/demo_agents.py --codec "$codec"
	foreground 'Go caller' "$build/agents" --call "$address" $flag
	finish
	printf '\n== A Python agent calls a Go agent, codec %s\n' "$codec"
	background 'Go callee' "$build/agents" $flag
	foreground 'Python caller' "$python" -u interop/python/demo_agents.py --call "$address" --codec "$codec"
	finish
done
rm -f "$build/demo.fifo" "$build/demo.ready" "$build/demo.status"
echo
echo 'Both directions worked with both codecs.'
