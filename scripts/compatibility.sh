#!/bin/sh
# Runs the whole matrix, without the short form of make test, and writes docs/compatibility.md: make compatibility.
set -eu
cd "$(dirname "$0")/.."
pythons=$(sh interop/python/env.sh --all | sed 's/ /=/' | paste -sd, -)
mkdir -p .build
table=$(pwd)/.build/compatibility.md
AIOMAS_FULL=1 AIOMAS_PYTHONS=$pythons COMPATIBILITY=$table go -C interop/tests test -count=1 -timeout 2h -run '^TestMatrix$' .
cat - "$table" >docs/compatibility.md <<'E'
# Compatibility

Written by `make compatibility`, from a run of the tests. Each cell has two marks: Go calls Python, and Python calls Go,
with every row of the [conformance service](conformance.md). The Python ends run in containers, one for each version.

* plain: aiomas 2.0.1 as it is, with msgpack 0.6.2.
* compat: aiomas 2.0.1 with [aiomas_compat](../interop/python/aiomas_compat/README.md), and the newest msgpack, blosc
  and arrow that the Python can have.
* fast: the same with [aiomas_fast](../interop/python/aiomas_fast/README.md).

✓ passed, ✗ failed, – skipped, · not run.

E
