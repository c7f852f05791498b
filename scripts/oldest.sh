#!/bin/sh
# Everything with the oldest Go that the modules ask for, not with the one at hand: make test-oldest.
# The go command downloads it once.
set -eu
cd "$(dirname "$0")/.."

# Modules that are kept beside the code, but not with it, like environments, have names with dots.
modules=$(find . -name '.?*' -prune -o -name go.mod -print | sort)
asked=$(for m in $modules; do sed -n 's/^go //p' "$m"; done | sort -u)
case $asked in
*[!0-9.]*)
	echo 'the modules ask for different versions of Go:' >&2
	grep '^go ' $modules >&2
	exit 1
	;;
esac
export GOTOOLCHAIN="go$asked"
go version

for m in $modules; do
	m=$(dirname "$m")
	echo "vet $m"
	go -C "$m" vet ./...
done
for m in . otel nats codec/ndarray/gonum cmd/aiomas; do
	echo "test $m"
	go -C "$m" test ./...
done
