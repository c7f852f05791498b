#!/bin/sh
# The full form of the reliability tests, whose tables docs/reliability.md has.
#
#   reliability.sh faults      everything that can be made go wrong
#   reliability.sh load        everything that there can be much of
#   reliability.sh soak 10m    mixed load for that time
#   reliability.sh docs        put the last table of each into docs/reliability.md
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build

# run NAME ARGUMENTS…: go test, which prints its result and writes the table
run() {
	export AIOMAS_TABLE="$PWD/.build/reliability-$1.md"
	shift
	rm -f "$AIOMAS_TABLE"
	# In the package's own directory, where go test shows what a passing test prints.
	cd interop/tests/reliability
	go test -count=1 "$@"
}

case ${1:-} in
faults) AIOMAS_FULL=1 run faults -race -timeout 60m -skip 'TestLoad|TestSoak' ;;
load) AIOMAS_FULL=1 run load -timeout 30m -run TestLoad ;;
soak) AIOMAS_SOAK=${2:?how long, for example 10m} run soak -timeout 24h -run TestSoak ;;
docs)
	# Each table is between the lines <!-- NAME --> and <!-- end -->.
	awk '
		/^<!-- end -->$/ { skip = 0 }
		!skip { print }
		/^<!-- (faults|load|soak) -->$/ {
			file = ".build/reliability-" $2 ".md"
			while ((getline line <file) > 0) { print line; skip = 1 }
		}' docs/reliability.md >.build/reliability.md
	cat .build/reliability.md >docs/reliability.md ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
