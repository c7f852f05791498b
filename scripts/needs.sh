# Sourced by scripts: what they need, told before anything else, in one line for each
# thing that is missing. The working directory is the repository.
#
#   writable                  end if .build cannot be made
#   need go | gcc | python    say what is missing of it; $lacking is then yes
#   need_all                  end if anything is missing
lacking=''

# lack WHAT CURE
lack() {
	printf '%s: %s: %s\n' "$(basename "$0" .sh)" "$1" "$2" >&2
	lacking=yes
}

need() {
	case $1 in
	go) need_go ;;
	gcc)
		# The race detector links with C, which takes the headers too.
		if ! command -v "$(go env CC 2>/dev/null || echo gcc)" >/dev/null; then
			lack 'gcc is missing' 'on Debian and Ubuntu: apt install gcc libc6-dev'
		elif ! echo '#include <stdlib.h>' | "$(go env CC 2>/dev/null || echo gcc)" -E - >/dev/null 2>&1; then
			lack "the headers of C's library are missing" 'on Debian and Ubuntu: apt install libc6-dev'
		fi
		;;
	python) sh interop/python/env.sh --find >/dev/null || lacking=yes ;;
	esac
}

need_go() {
	oldest=$(sed -n 's/^go //p' go.mod)
	if ! command -v go >/dev/null; then
		lack 'Go is missing' "install Go $oldest or newer from https://go.dev/dl"
		return
	fi
	# The version that works here; the go command of Go 1.21 and newer fetches the one that go.mod asks for.
	if go env GOVERSION >/dev/null 2>&1; then
		found=$(go env GOVERSION)
	else
		found=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
	fi
	if [ "$(printf '%s\n' "$oldest" "${found#go}" | sort -V | head -n 1)" != "$oldest" ]; then
		case $found in devel*) return ;; esac
		lack "this Go is ${found#go}, older than $oldest" 'install it from https://go.dev/dl'
	fi
}

# writable: the tree can be written to, and .build is there
writable() {
	mkdir -p .build 2>/dev/null && [ -w .build ] || {
		lack "cannot write to $PWD/.build" 'take a copy of your own'
		exit 1
	}
}

need_all() {
	[ -z "$lacking" ] || exit 1
}
