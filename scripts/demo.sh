#!/bin/sh
# make demo: Go and real Python aiomas call each other, first services, then
# agents, for each codec.
#
#   demo.sh [PYTHON]
#
# Each line says who printed it.
set -eu
cd "$(dirname "$0")/.."
. scripts/needs.sh
need go
[ -n "${1:-}" ] || need python
need_all
build=.build
writable

python=$(sh interop/python/env.sh ${1:+--python "$1"} "$build/demo-venv")
echo 'demo: compiling; about a minute the first time'
# The names of packages as they are compiled become a sign of progress.
{ go build -v -buildvcs=false -o "$build/" ./examples/client ./examples/server ./examples/agents 2>&1 && echo ok >"$build/demo.status" ||
	echo failed >"$build/demo.status"; } |
	{
		n=0
		while IFS= read -r line; do # no awk: Debian's reads no line before it has read many
			case $line in
			*[!A-Za-z0-9_./-]*) printf '%s\n' "$line" ;;
			*) n=$((n + 1)); [ $((n % 50)) -ne 0 ] || echo "demo: $n packages compiled" ;;
			esac
		done
	}
[ "$(cat "$build/demo.status")" = ok ] || { echo 'demo: the Go programs do not compile' >&2; exit 1; }

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
	serving=$1
	name=$1
	shift
	out=$build/demo.fifo
	rm -f "$out" "$build/demo.ready" "$build/demo.ended"
	mkfifo "$out"
	"$@" >"$out" 2>&1 &
	service=$!
	pids="$pids $service"
	{
		while IFS= read -r line; do
			case $line in 'ready '*) printf '%s\n' "${line#ready }" >"$build/demo.ready.new"; mv "$build/demo.ready.new" "$build/demo.ready" ;; esac
			printf '%-17s| %s\n' "$name" "$line"
		done
		echo yes >"$build/demo.ended"
	} <"$out" &
	labeller=$!
	tries=0
	until [ -s "$build/demo.ready" ]; do
		[ ! -e "$build/demo.ended" ] || { echo "demo: the $name did not start" >&2; exit 1; }
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || { echo "demo: the $name is not ready after 30 s" >&2; exit 1; }
		sleep 0.1
	done
	address=$(cat "$build/demo.ready")
}

# finish: end the service, whose output ends with it, within 10 s. SIGINT would not do: a shell
# lets background processes ignore it.
finish() {
	kill -TERM "$service"
	tries=0
	until [ -e "$build/demo.ended" ]; do
		tries=$((tries + 1))
		if [ "$tries" -ge 100 ]; then
			kill -KILL "$service"
			echo "demo: the $serving does not end" >&2
			exit 1
		fi
		sleep 0.1
	done
	wait "$service" || { echo "demo: the $serving ended with an error" >&2; exit 1; }
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
rm -f "$build/demo.fifo" "$build/demo.ready" "$build/demo.ended" "$build/demo.status"
echo
echo 'Both directions worked with both codecs.'
