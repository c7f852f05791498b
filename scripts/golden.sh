#!/bin/sh
# make golden: captures again what real Python writes and reads, for the tests: the
# frames of aiomas with the oldest Python found, the chunks of blosc with the newest,
# and tracebacks with each. As long as none of them is new, no file changes.
set -eu
cd "$(dirname "$0")/../interop/python"
pythons=$(sh env.sh --blosc --all .venv/blosc) # lines like "3.8 interpreter"
oldest=$(echo "$pythons" | head -n 1 | cut -d ' ' -f 2-)
newest=$(echo "$pythons" | tail -n 1 | cut -d ' ' -f 2-)

"$oldest" capture.py
"$newest" capture_blosc.py
echo "$pythons" | while read -r _ python; do
	"$python" capture_tracebacks.py ../../internal/traceback/testdata </dev/null
done
