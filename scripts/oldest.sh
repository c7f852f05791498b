#!/bin/sh
# With the oldest Go that the modules ask for, not with the one at hand; the go command downloads it once.
#
#   oldest.sh all     everything is compiled and looked at by vet, and tested: make test-oldest
#   oldest.sh short   without the tests: CI runs those of the core in make test, on 32 bits
set -eu
cd "$(dirname "$0")/.."

. scripts/modules.sh
asked=$(for m in . $libraries $programs $others; do sed -n 's/^go //p' "$m/go.mod"; done | sort -u)
case $asked in
*[!0-9.]*)
	echo 'the modules ask for different versions of Go:' >&2
	for m in . $libraries $programs $others; do grep -H '^go ' "$m/go.mod" >&2; done
	exit 1
	;;
esac
export GOTOOLCHAIN="go$asked"
go version

for m in . $libraries $programs $others; do
	echo "vet $m"
	go -C "$m" vet ./...
done
[ "${1:-all}" = all ] || exit 0
for m in . $libraries $programs; do
	echo "test $m"
	go -C "$m" test ./...
done
