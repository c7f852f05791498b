#!/bin/sh
# Base images for the Dockerfile beside this file.
#
#   image.sh [3.x]   make ready an image with that Python; prints its name
#
# Without a version it is the image that BASE_IMAGE names, if that is set, else any that is
# at hand: python:3.12-slim, or Debian's own Python. Where no registry can be reached, images
# are made here: Debian with its Python by debootstrap (as root), and on top of that any
# other Python that is installed on this machine. What exists is used again.
#
# The wheels that the Dockerfile installs come to wheels/3.x/, since a container may have no network.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
suite=bookworm
debian_python=3.11 # what the suite has
debian=aiomas-go-base:$suite-py$debian_python
pull_seconds=120

main() {
	docker info >/dev/null 2>&1 || fail "no Docker daemon answers"
	mkdir -p "$here/wheels"
	echo '*' >"$here/wheels/.gitignore"
	exec 9>"$here/wheels/.lock"
	! command -v flock >/dev/null || flock 9 # two at once would make everything twice

	version=${1:-}
	if [ -n "$version" ]; then
		official=python:$version-slim
	elif [ -n "${BASE_IMAGE:-}" ]; then
		have "$BASE_IMAGE" || pull "$BASE_IMAGE" || fail "cannot pull $BASE_IMAGE"
		official=$BASE_IMAGE
	else
		official=python:3.12-slim
	fi
	if have "$official" || { ! have_made && pull "$official"; }; then
		image=$official
	else
		make_image
	fi
	make_wheels
	echo "$image"
}

fail() {
	printf 'image.sh: %s\n' "$*" >&2
	exit 1
}

say() {
	printf 'image.sh: %s\n' "$*" >&2
}

# run COMMAND... shows what it says only if it fails.
run() {
	"$@" >"$here/wheels/.log" 2>&1 </dev/null 9>&- || {
		tail -n 20 "$here/wheels/.log" >&2
		fail "failed: $*"
	}
}

have() {
	docker image inspect "$1" >/dev/null 2>&1
}

have_made() {
	have "aiomas-go-base:$suite-py${version:-$debian_python}"
}

pull() {
	limit=''
	! command -v timeout >/dev/null || limit="timeout $pull_seconds"
	$limit docker pull --quiet "$1" >/dev/null 2>&1 </dev/null 9>&-
}

# --- making images ---------------------------------------------------------

make_image() {
	: "${version:=$debian_python}"
	image=aiomas-go-base:$suite-py$version
	have "$debian" || make_debian
	have "$image" || make_python
}

make_debian() {
	command -v debootstrap >/dev/null || fail "no registry can be reached, and there is no debootstrap to make an image: apt install debootstrap"
	[ "$(id -u)" = 0 ] || fail "no registry can be reached, and only root can make an image"
	say "making $debian"
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	trap 'exit 1' HUP INT TERM
	# The libraries are those that a Python copied in by make_python needs.
	run debootstrap --variant=minbase --include=python3,python3-pip,libbz2-1.0,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3,zlib1g \
		"$suite" "$root/root"
	rm -rf "$root/root/var/cache/apt" "$root/root/var/lib/apt/lists" "$root/root/usr/share/doc" "$root/root/usr/share/locale"
	tar -C "$root/root" --numeric-owner -c . | docker import - "$debian" >/dev/null
	rm -rf "$root"
	trap - EXIT
}

# Copy a Python of this machine, without what was installed into it.
make_python() {
	python=$(host_python "$version")
	[ -n "$python" ] || fail "no registry can be reached, and there is no Python $version here to make an image with"
	say "making $image from $python"
	prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
	[ "$prefix" != /usr ] || fail "cannot copy a Python out of /usr; install one with pyenv"
	container=$(docker create \
		--env PATH=/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --env LD_LIBRARY_PATH=/opt/python/lib \
		"$debian" sh -c 'ln -sf "$0" /opt/python/bin/python3 && python3 -m ensurepip && python3 -c "import bz2, ctypes, lzma, sqlite3, ssl, zlib"' \
		"python$version")
	trap 'docker rm -f "$container" >/dev/null' EXIT
	trap 'exit 1' HUP INT TERM
	(
		cd "$prefix"
		# shellcheck disable=SC2046 # none, or several files
		tar -c --dereference --owner=0 --group=0 --transform='s,^,opt/python/,' \
			--exclude=site-packages --exclude=__pycache__ --exclude='config-3*' --exclude="lib/python$version/test" \
			--exclude=idlelib --exclude=turtledemo --exclude='*.a' \
			"bin/python$version" "lib/python$version" $(ls lib/libpython* 2>/dev/null)
	) | docker cp - "$container:/"
	run docker start -a "$container"
	docker commit --change 'CMD ["python3"]' "$container" "$image" >/dev/null
	docker rm "$container" >/dev/null
	trap - EXIT
}

host_python() {
	"$here/env.sh" --find 2>/dev/null | sed -n "s/^$1 //p"
}

# --- wheels ----------------------------------------------------------------

# They are made by a Python of the same version on this machine, or else in the image,
# which then gets the network of this machine.
make_wheels() {
	version=$(docker run --rm --entrypoint python3 "$image" -c 'import sys; print("%d.%d" % sys.version_info[:2])' </dev/null 9>&-)
	wheels=wheels/$version
	stamp=$here/$wheels/stamp
	sum=$(cat "$here"/requirements*.txt "$here"/aiomas_*/pyproject.toml "$here"/aiomas_*/src/*/*.py | cksum)
	[ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
	say "making the wheels for Python $version"
	rm -rf "${here:?}/$wheels"
	cd "$here"
	python=$(host_python "$version")
	# Two environments: aiomas as it is, and with aiomas_compat on the newest libraries.
	for what in '-r requirements-blosc.txt' './aiomas_compat[mpb] ./aiomas_fast'; do
		# shellcheck disable=SC2086 # an option and its argument, or two packages
		set -- -m pip wheel --disable-pip-version-check --no-input --use-pep517 $what -w "$wheels"
		if [ -n "$python" ]; then
			run "$python" "$@"
		else
			run docker run --rm --network host --entrypoint python3 -v "$here:/srv/aiomas" -w /srv/aiomas "$image" "$@"
		fi
	done
	echo "$sum" >"$stamp"
}

main "$@"
