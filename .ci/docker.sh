#!/bin/sh
# Make sure that a Docker daemon runs on this machine, for the tests that need containers.
#
#   docker.sh           start one if there is none; installs what is missing, as root on Debian and its like
#   docker.sh --check   only say whether there is one
#
# The daemon that it starts stays; its log is /var/log/aiomas-go-dockerd.log. Exit code 0: a daemon answers.
set -eu

log=/var/log/aiomas-go-dockerd.log
wait_seconds=60

main() {
	running && return
	[ "${1:-}" != --check ] || fail "no Docker daemon answers: $(docker info 2>&1 | tail -n 1); as root, sh .ci/docker.sh starts one"
	[ "$(id -u)" = 0 ] || fail "no Docker daemon answers $(id -un): only root can start one, and who uses it has to be in the group docker"

	exec 9>/run/aiomas-go-docker.lock
	flock 9 # two at once would fight for the daemon
	running && return

	install_missing
	start
}

fail() {
	printf 'docker.sh: %s\n' "$*" >&2
	exit 1
}

running() {
	command -v docker >/dev/null && docker info >/dev/null 2>&1
}

install_missing() {
	missing=''
	command -v dockerd >/dev/null && command -v docker >/dev/null || missing=docker.io
	command -v iptables >/dev/null || missing="$missing iptables"
	command -v debootstrap >/dev/null || missing="$missing debootstrap"
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || fail "no apt-get here to install$missing; install Docker by hand"
	echo "docker.sh: installing $missing" >&2
	export DEBIAN_FRONTEND=noninteractive
	{
		apt-get update
		# shellcheck disable=SC2086 # a list of packages
		apt-get install -y --no-install-recommends $missing ca-certificates
	} >"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		fail "apt-get could not install $missing"
	}
}

# Try the daemon as it comes, then without what the kernel of a small virtual machine or
# of an outer container may not offer.
start() {
	if [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null && running; then
		return
	fi
	: >"$log"
	for options in '' '--iptables=false' '--storage-driver=vfs' '--iptables=false --storage-driver=vfs'; do
		start_with "$options" && return
	done
	tail -n 20 "$log" >&2
	fail "dockerd does not start; its log is $log"
}

start_with() {
	echo "== dockerd $1" >>"$log"
	# It outlives us, and must not keep our lock or anybody's pipe open.
	# shellcheck disable=SC2086 # a list of options
	setsid dockerd $1 >>"$log" 2>&1 </dev/null 9>&- &
	pid=$!
	deadline=$(($(date +%s) + wait_seconds))
	until running; do
		kill -0 "$pid" 2>/dev/null || return 1
		if [ "$(date +%s)" -ge "$deadline" ]; then
			kill "$pid"
			wait "$pid" 2>/dev/null || true
			return 1
		fi
		sleep 0.2
	done
	echo "docker.sh: started dockerd${1:+ with $1}" >&2
}

main "$@"
