#!/bin/sh
# build.sh DIR: builds the programs of the image: a static program with two names, town and aiomas.
set -eu
mkdir -p "$1"
out=$(CDPATH='' cd -- "$1" && pwd)
cd "$(dirname "$0")"
# Without pcap files, which aiomas decode reads and no member needs, it is a quarter smaller.
CGO_ENABLED=0 go build -tags aiomas_nopcap -trimpath -buildvcs=false -ldflags='-s -w' -o "$out/town" ./town
ln -sf town "$out/aiomas"
