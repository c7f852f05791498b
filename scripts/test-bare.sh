#!/bin/sh
# The two commands on bare Debian systems that lack this and that, as a newcomer has them.
#
#   test-bare.sh short    what they say when something is missing, and make demo: CI runs it
#   test-bare.sh all      make test there, too: with stdin closed, on a terminal, offline, stopped in the middle
#   test-bare.sh in SYSTEM online|offline COMMAND…   run a command there, in the tree as it was last put there
#
# Needs Linux, root, debootstrap, unshare, ip and the network. The systems are made once, in
# .build/bare, and come from the mirror in DEBIAN_MIRROR.
set -eu
cd "$(dirname "$0")/.."
form=${1:-short}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
bare=$PWD/.build/bare
out=$bare/out
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
	[ "$(cat "$bare/$1.made" 2>/dev/null)" != "$*" ] || return 0
	echo "test-bare: making the system \"$1\""
	made=$* name=$1 base=$2
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
		# As the installer writes it; debootstrap does not.
		printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n' "$(uname -n)" >"$bare/$name/etc/hosts"
	} >"$bare/$name.log" 2>&1 </dev/null || { tail -n 20 "$bare/$name.log" >&2; exit 1; }
	echo "$made" >"$bare/$name.made"
}

# enter SYSTEM NETWORK USER GOROOT COMMAND…: run a command in the tree there. NETWORK is online or offline,
# GOROOT may be none. Its output is shown, and kept in $out; its status is in $status.
enter() {
	system=$1 network=$2 user=$3 root=$4
	shift 4
	mkdir -p "$bare/$system/usr/local/go"
	cp /etc/resolv.conf "$bare/$system/etc/resolv.conf"
	# Of the environment only what leads to the network.
	for v in $(env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\|PIP_[A-Z_]*\|SSL_CERT_[A-Z]*\|GOPROXY\|GOSUMDB\)=.*/\1/p'); do
		eval "set -- \"$v=\$$v\" \"\$@\""
	done
	status=0
	# shellcheck disable=SC2016 # for the inner shells
	unshare --mount $([ "$network" = online ] || echo --net) sh -c '
		root=$1 go=$2 user=$3 tree=$4 network=$5
		shift 5
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev" # for terminals
		mount --rbind /etc/ssl "$root/etc/ssl" # a machine may have certificates of its own
		[ -z "$go" ] || mount --bind "$go" "$root/usr/local/go"
		[ "$network" = online ] || ip link set lo up
		exec chroot --userspec="$user" "$root" env -i HOME="${tree%/*}" PATH=/usr/local/go/bin:/usr/bin:/bin \
			sh -c '\''cd "$1"; shift; exec env "$@"'\'' sh "$tree" "$@"
	' sh "$bare/$system" "$root" "$user" "$tree" "$network" "$@" >"$out" 2>&1 </dev/null || status=$?
	sed 's/^/    /' "$out"
}

# expect WHAT STATUS PATTERN…: what the last command did: 0 or 1, and one line for each pattern, of the summary if there is
# one; a pattern may begin with another number of lines, as in "2 times "
expect() {
	what=$1 wanted=$2
	shift 2
	ok=yes
	[ "$wanted" = 0 ] && [ "$status" != 0 ] && ok=''
	[ "$wanted" = 1 ] && [ "$status" = 0 ] && ok=''
	tr -d '\r' <"$out" | awk '/^== what was run/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' >"$bare/end"
	for pattern; do
		times=1
		case $pattern in [0-9]' times '*) times=${pattern%% *} pattern=${pattern#* times } ;; esac
		n=$(grep -c -e "$pattern" "$bare/end") || true
		[ "$n" = "$times" ] || { echo "test-bare: $n lines, not $times, match: $pattern"; ok=''; }
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

if [ "$form" = in ]; then
	out=$(mktemp)
	trap 'rm "$out"' EXIT
	system=$2 network=$3
	shift 3
	enter "$system" "$network" 1000:1000 "$goroot" "$@"
	exit "$status"
fi

system nothing '' make ca-certificates
system python nothing python3-minimal
system compiler python gcc
system all compiler libc6-dev python3 python3-venv # and no git
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
middle=$(cd / && GOTOOLCHAIN=go1.24.0 go env GOROOT)
enter all offline 1000:1000 "$middle" make demo
expect 'demo with a Go that would have to fetch a newer one, offline' 1 'this Go is 1.24.0, older than [0-9.]*: install it'

echo '== a tree that cannot be written to'
enter all online 1001:1001 "$goroot" make demo
expect 'demo in a tree of somebody else' 1 'cannot write to .*\.build'
enter all online 1001:1001 "$goroot" make test
expect 'test in a tree of somebody else' 1 'cannot write to .*\.build'

echo '== all that is needed, not root, a path with spaces and umlauts, no git'
enter all offline 1000:1000 "$goroot" make demo
expect 'the first demo without a network' 1 'needs the network'
enter all online 1000:1000 "$goroot" make demo
expect 'demo' 0 'Both directions worked with both codecs'
enter all offline 1000:1000 "$goroot" sh interop/python/env.sh --find
expect 'an interpreter with several names is listed once' 0 '^3\.11 /'
enter all offline 1000:1000 "$goroot" make demo
expect 'demo once more, without a network' 0 'Both directions worked with both codecs'

if [ "$form" = all ]; then
	enter all online 1000:1000 "$middle" make demo
	expect 'demo with a Go that fetches a newer one' 0 'Both directions worked with both codecs'

	echo '== all tests'
	enter all online 1000:1000 "$goroot" sh -c 'exec make test <&-'
	expect 'test, without Docker, with stdin closed' 0 '^all passed, [1-9][0-9]* left out$' '^Pythons: 3\.11$' '^format: ok'
	# Its stdin is a terminal, on which nobody types.
	enter all offline 1000:1000 "$goroot" sh -c 'mkfifo "$HOME/typed"; SHELL=/bin/sh script -qec "make test" /dev/null <>"$HOME/typed"'
	expect 'test once more, without a network, on a terminal' 0 '^all passed, [1-9][0-9]* left out$'
	enter all offline 1000:1000 "$goroot" sh -c '
		make test >"$HOME/log" 2>&1 &
		until [ "$(grep -c "^\(Python| \)\{0,1\}ok  " "$HOME/log")" -ge 5 ]; do sleep 0.1; done
		kill $!
		wait $! && echo "exit code 0"
		ls -d /tmp/aiomas.* .build/test.lock 2>/dev/null && echo "files are left"
		for p in /proc/[0-9]*; do
			[ "$p" = "/proc/$$" ] || case $(readlink "$p/cwd") in "$PWD"*) tr "\0" " " <"$p/cmdline"; echo "is left" ;; esac
		done
		echo stopped'
	grep -q 'left$\|exit code' "$out" && status=1
	expect 'test that is stopped in the middle' 0 '^stopped$'
	echo 'package main; func broken() { return 1 }' >"$bare/all$tree/examples/server/broken.go"
	enter all offline 1000:1000 "$goroot" make test
	expect 'test of what does not compile' 1 '^FAILED$' '^unit tests (-race): FAILED' '^unit tests (386, .*): FAILED' '2 times ^  FAILED: .*examples/server: .*broken.go.*too many return values'
fi

echo
cat "$bare/results"
[ -z "$failed" ] || { echo 'test-bare: FAILED' >&2; exit 1; }
