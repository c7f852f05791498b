#!/bin/sh
# The two commands on bare Debian systems that lack this and that, as a newcomer has them.
#
#   test-bare.sh short    what they say when something is missing, and make demo: CI runs it
#   test-bare.sh all      make test there, too
#
# Needs Linux, root, debootstrap, unshare, ip and the network. The systems are made once, in
# .build/bare, and come from the mirror in DEBIAN_MIRROR.
set -eu
cd "$(dirname "$0")/.."
form=${1:-short}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
bare=$PWD/.build/bare
goroot=$(go env GOROOT)
tree='/home/new comer/Größe & Maß'
failed=''

[ "$(id -u)" = 0 ] || { echo 'test-bare: only root can make such systems' >&2; exit 1; }
for program in debootstrap unshare ip; do
	command -v $program >/dev/null || { echo "test-bare: $program is missing: apt install debootstrap util-linux iproute2" >&2; exit 1; }
done
mkdir -p "$bare"

# system NAME BASE PACKAGE…: a root file system with more packages than that of BASE, which may be none
system() {
	[ ! -e "$bare/$1.made" ] || return 0
	echo "test-bare: making the system \"$1\""
	name=$1
	base=$2
	shift 2
	rm -rf "${bare:?}/$name"
	{
		if [ -z "$base" ]; then
			debootstrap --variant=minbase --include="$(echo "$@" | tr ' ' ',')" bookworm "$bare/$name" "$mirror"
		else
			cp -a "$bare/$base" "$bare/$name"
			cp /etc/resolv.conf "$bare/$name/etc/resolv.conf"
			DEBIAN_FRONTEND=noninteractive chroot "$bare/$name" apt-get install -y --no-install-recommends "$@"
		fi
	} >"$bare/$name.log" 2>&1 </dev/null || { tail -n 20 "$bare/$name.log" >&2; exit 1; }
	touch "$bare/$name.made"
}

# enter SYSTEM NETWORK USER GOROOT COMMAND…: run a command in the tree there. NETWORK is online or offline,
# GOROOT may be none. Its output is shown, and kept in $bare/out; its status is in $status.
enter() {
	system=$1 network=$2 user=$3 root=$4
	shift 4
	mkdir -p "$bare/$system/usr/local/go"
	cp /etc/resolv.conf "$bare/$system/etc/resolv.conf"
	status=0
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount $([ "$network" = online ] || echo --net) sh -c '
		root=$1 go=$2 user=$3 tree=$4 network=$5
		shift 5
		mount -t proc proc "$root/proc"
		mount --rbind /etc/ssl "$root/etc/ssl" # a machine may have certificates of its own
		[ -z "$go" ] || mount --bind "$go" "$root/usr/local/go"
		[ "$network" = online ] || ip link set lo up
		exec chroot --userspec="$user" "$root" env -u GOTOOLCHAIN -u GOFLAGS -u GOROOT -u PYENV_ROOT -u VIRTUAL_ENV -u CI HOME="${tree%/*}" TMPDIR=/tmp \
			PATH=/usr/local/go/bin:/usr/bin:/bin sh -c '\''cd "$1"; shift; exec "$@"'\'' sh "$tree" "$@"
	' sh "$bare/$system" "$root" "$user" "$tree" "$network" "$@" >"$bare/out" 2>&1 </dev/null || status=$?
	sed 's/^/    /' "$bare/out"
}

# expect WHAT STATUS PATTERN…: what the last command did: 0 or 1, and a line for each pattern
expect() {
	what=$1 wanted=$2
	shift 2
	ok=yes
	[ "$wanted" = 0 ] && [ "$status" != 0 ] && ok=''
	[ "$wanted" = 1 ] && [ "$status" = 0 ] && ok=''
	for pattern; do
		n=$(grep -c -e "$pattern" "$bare/out") || true
		[ "$n" = 1 ] || { echo "test-bare: $n lines, not one, match: $pattern"; ok=''; }
	done
	if [ -n "$ok" ]; then
		echo "ok: $what" | tee -a "$bare/results"
	else
		echo "FAILED: $what" | tee -a "$bare/results"
		failed=yes
	fi
}

# fill SYSTEM: put the tree there, without what make has made
fill() {
	rm -rf "${bare:?}/$1/home/new comer"
	mkdir -p "$bare/$1$tree"
	tar -c --exclude=./.build --exclude=./.git --exclude=.venv . | tar -x -C "$bare/$1$tree"
	chown -R 1000:1000 "$bare/$1/home/new comer"
}

system nothing '' make ca-certificates
system python nothing python3-minimal
system compiler python gcc
system all compiler libc6-dev python3 python3-venv git
: >"$bare/results"
for s in nothing python compiler all; do fill $s; done

echo '== nothing but make'
enter nothing online 1000:1000 '' make demo
expect 'demo on nothing' 1 'demo: Go is missing: install Go [0-9.]* or newer' 'no Python 3.8 or newer found.*apt install python3 python3-venv'
enter nothing online 1000:1000 '' make test
expect 'test on nothing' 1 'test: Go is missing' 'gcc is missing: .*apt install gcc libc6-dev' 'apt install python3 python3-venv' 'nothing was run'

echo '== Go, and a Python without venv'
enter python online 1000:1000 "$goroot" make demo
expect 'demo without venv' 1 'apt install python3-venv'
enter python online 1000:1000 "$goroot" make test
expect 'test without gcc and venv' 1 'gcc is missing' 'apt install python3-venv' 'nothing was run'
enter compiler online 1000:1000 "$goroot" make test
expect 'test without the headers of C' 1 "headers of C's library are missing: .*apt install libc6-dev"

echo '== an old Go'
old=$(cd / && GOTOOLCHAIN=go1.20.14 go env GOROOT)
enter all online 1000:1000 "$old" make demo
expect 'demo with an old Go' 1 'this Go is 1.20.14, older than [0-9.]*: install it from https://go.dev/dl'
enter all online 1000:1000 "$old" make test
expect 'test with an old Go' 1 'this Go is 1.20.14, older than' 'nothing was run'

echo '== a tree that cannot be written to'
enter all online 1001:1001 "$goroot" make demo
expect 'demo in a tree of somebody else' 1 'cannot write to .*\.build'
enter all online 1001:1001 "$goroot" make test
expect 'test in a tree of somebody else' 1 'cannot write to .*\.build'

echo '== all that is needed, not root, a path with spaces and umlauts'
enter all offline 1000:1000 "$goroot" make demo
expect 'the first demo without a network' 1 'needs the network'
enter all online 1000:1000 "$goroot" make demo
expect 'demo' 0 'Both directions worked with both codecs'
enter all offline 1000:1000 "$goroot" make demo
expect 'demo once more, without a network' 0 'Both directions worked with both codecs'

if [ "$form" = all ]; then
	echo '== all tests'
	enter all online 1000:1000 "$goroot" make test
	expect 'test, without Docker' 0 '^all passed, [1-9][0-9]* left out$'
	enter all offline 1000:1000 "$goroot" make test
	expect 'test once more, without a network' 0 '^all passed, [1-9][0-9]* left out$'
	echo 'package main; func broken() { return 1 }' >"$bare/all$tree/examples/server/broken.go"
	enter all offline 1000:1000 "$goroot" make test
	expect 'test of what does not compile' 1 '^FAILED$' '^unit tests (-race): FAILED'
fi

echo
cat "$bare/results"
[ -z "$failed" ] || { echo 'test-bare: FAILED' >&2; exit 1; }
