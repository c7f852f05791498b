# Sourced by scripts, after needs.sh: one at a time in this tree, and nothing is left, also when it is stopped.
#
#   alone NAME        end if it runs here already. TMPDIR is then a directory of our own. It goes with us, as do
#                     containers and networks with the label aiomas-go.run=$AIOMAS_TEST_RUN. What one that was killed
#                     has left goes now.
#   attend COMMAND…   run it, and end it when we are asked to end
child=''

alone() {
	lock=$PWD/.build/$1.lock
	own=$(mktemp -d "${TMPDIR:-/tmp}/aiomas.XXXXXX") || exit 1
	# What a link says is there at once with it. That it leads nowhere does not matter.
	until ln -s "$$ $own" "$lock" 2>/dev/null; do
		other=$(readlink "$lock") || { [ -w "${lock%/*}" ] && continue || exit 1; }
		if runs "${other%% *}" "$1"; then
			rmdir "$own"
			lack "it runs here already, as process ${other%% *}" 'wait for it, or take a copy of your own'
			exit 1
		fi
		sweep "${other#* }"
		rm -f "$lock"
	done
	trap 'sweep "$own"; rm -f "$lock"' EXIT
	attentive
	TMPDIR=$own
	AIOMAS_TEST_RUN=${own##*/}
	export TMPDIR AIOMAS_TEST_RUN
}

# runs PID NAME: that process lives, and is one of this script
runs() {
	kill -0 "$1" 2>/dev/null || return 1
	[ ! -r "/proc/$1/cmdline" ] || tr '\0' '\n' <"/proc/$1/cmdline" | grep -q "$2\\.sh\$"
}

# sweep DIRECTORY: remove it, and the containers that were started with it
sweep() {
	chmod -R u+w "$1" 2>/dev/null # caches of modules are read-only
	rm -rf "$1"
	if command -v docker >/dev/null; then
		docker ps -aq --filter "label=aiomas-go.run=${1##*/}" 2>/dev/null | while read -r c; do docker rm -fv "$c"; done >/dev/null 2>&1
		docker network ls -q --filter "label=aiomas-go.run=${1##*/}" 2>/dev/null | while read -r n; do docker network rm "$n"; done >/dev/null 2>&1
	fi
	true
}

# attentive: this shell ends when it is asked to, and what it attends with it
attentive() {
	trap 'stop; exit 130' INT
	trap 'stop; exit 143' TERM HUP
}

stop() {
	for c in $child; do kill "$c" 2>/dev/null; done
	for c in $child; do wait "$c"; done
}

attend() {
	# A shell handles signals while it waits, but not while a command runs.
	"$@" &
	child="$child $!"
	wait $!
	attended=$?
	child=${child% *}
	return $attended
}
