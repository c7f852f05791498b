#!/bin/sh
# Makes a release of the working tree in a copy, installs each module from it alone, as users do, and builds and
# runs what is there to try, and does what the pages of docs/ say. The Python packages are built and tried too.
set -eu
cd "$(dirname "$0")/.."
. scripts/modules.sh
version=v0.999.0
module=github.com/aiomas-go/aiomas-go
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo '== the release'
mkdir "$work/tree"
git ls-files --cached --others --exclude-standard | while IFS= read -r f; do [ ! -e "$f" ] || printf '%s\n' "$f"; done |
	tar -c -T - | tar -x -C "$work/tree"
(
	cd "$work/tree"
	git init -q
	git config user.name test
	git config user.email test@localhost
	git config commit.gpgsign false
	git add -A
	git commit -qm 'the working tree'
	sh scripts/release.sh $version
)

# publish DIRECTORY TAG: put a module into the proxy, without the modules below it
publish() {
	path=$module${1:+/$1}
	at=$work/proxy/$path/@v
	mkdir -p "$at" "$work/out/$path@$version"
	git -C "$work/tree" archive "$2" ${1:+"$1"} | tar -x -C "$work/out/$path@$version" ${1:+--strip-components="$(echo "$1" | tr / '\n' | wc -l)"}
	find "$work/out/$path@$version" -mindepth 2 -name go.mod | while IFS= read -r m; do rm -r "$(dirname "$m")"; done
	cp "$work/out/$path@$version/go.mod" "$at/$version.mod"
	printf '{"Version":"%s","Time":"2026-01-01T00:00:00Z"}' $version >"$at/$version.info"
	echo $version >"$at/list"
	(cd "$work/out" && python3 -c '
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for d, _, files in os.walk(sys.argv[2]):
        for f in files:
            z.write(os.path.join(d, f))' "$at/$version.zip" "$path@$version")
	rm -rf "$work/out"
}
publish '' $version
for m in $libraries $programs; do publish $m $m/$version; done

# What is here already is not fetched again; what is released comes from the proxy only.
GOPROXY="file://$work/proxy,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
GOMODCACHE=$work/cache
GONOSUMDB=$module,$module/*
GOFLAGS=-buildvcs=false
export GOPROXY GOMODCACHE GONOSUMDB GOFLAGS

# user NAME PACKAGE…: a new module that uses the packages
user() {
	mkdir -p "$work/$1"
	cd "$work/$1"
	go mod init -C "$work/$1" example.com/user >/dev/null 2>&1
	echo "== $1"
	shift
	for p; do go get -t "$p@$version" 2>&1 | grep -v '^go: downloading' || true; done
}
(
	user 'the library' $module/aiomas $module/aiomas/agent $module/codec/blosc $module/mosaik
	go run $module/examples/quickstart
)
for m in $libraries; do
	(
		user "$m"
		go get "$module/$m@$version" 2>&1 | grep -v '^go: downloading' || true
		printf 'package main\n\nimport _ "%s"\n\nfunc main() {}\n' "$module/$m" >main.go
		go run .
		# It is for tests, and for who imports nats/embedded.
		if grep nats-server go.mod; then exit 1; fi
		! grep -q '^func Example' "$work/tree/$m"/*_test.go || {
			go get -t "$module/$m@$version" 2>&1 | grep -v '^go: downloading' || true
			go test -v -run Example "$module/$m" | grep '^--- PASS: Example'
		}
	)
done
for m in $programs; do
	echo "== $m"
	GOBIN=$work/bin go install "$module/$m@$version"
	"$work/bin/${m##*/}" --help >/dev/null
done

echo '== the pages, as they stand'
# Their ports are fixed: other trees on this machine wait.
exec 9<"$(go env GOCACHE)"
! command -v flock >/dev/null || flock 9
for page in tutorial production; do
	python3 scripts/run_docs.py docs/$page.md "$work/$page" 9<&-
done
exec 9<&-

echo '== the Python packages'
python=$(sh "$work/tree/interop/python/env.sh" "$work/aiomas")
"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install -q --disable-pip-version-check build
for p in aiomas_compat aiomas_fast; do
	"$work/build/bin/python" -m build --outdir "$work/dist" "$work/tree/interop/python/$p" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	"$python" -m venv "$work/$p"
	"$work/$p/bin/python" -m pip install -q --disable-pip-version-check --find-links "$work/dist" "$work"/dist/$p-*.whl
	(cd / && "$work/$p/bin/python" -c "import aiomas, $p; print('$p', $p.__version__, 'with aiomas', aiomas.__version__)")
	tar -tzf "$work"/dist/$p-*.tar.gz | grep -q /LICENSE
done
(cd / && "$work/aiomas_compat/bin/python" -m aiomas_compat)
ls "$work/dist"
echo 'every module and package can be installed alone'
