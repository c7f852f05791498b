#!/bin/sh
# Makes a release of all modules here: sets the version that they ask of each other, writes the changelog's section, and
# tags it. It pushes nothing; its last lines say what to push.
#
#   release.sh VERSION             v0.1.0, v0.2.0-rc.1
#   release.sh --dry-run VERSION   in a copy, and show what it did
#
# The command line is installed with `go install`, which takes no module with a replace directive: the release has none
# there, and the commit after it has it again.
set -eu
cd "$(dirname "$0")/.."
. scripts/modules.sh
module=github.com/aiomas-go/aiomas-go

fail() {
	echo "release: $*" >&2
	exit 1
}

if [ "${1:-}" = --dry-run ]; then
	copy=$(mktemp -d)
	trap 'rm -rf "$copy"' EXIT
	git clone -q . "$copy/tree"
	sh "$copy/tree/scripts/release.sh" "${2:-}"
	git -C "$copy/tree" log -2 --stat --patch --format='%n== %s %d'
	exit
fi

version=${1:-}
echo "$version" | grep -Eq '^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$' ||
	fail "\"$version\" is no version: v0.1.0, v0.2.0-rc.1"
case $version in
v[01].*) ;;
*) fail "from v2 on, the paths of the modules have to end with the major version" ;;
esac
[ -z "$(git status --porcelain)" ] || fail 'commit first'
! git rev-parse -q --verify "refs/tags/$version" >/dev/null || fail "there is a tag $version"
grep -q '^## Unreleased$' CHANGELOG.md || fail 'CHANGELOG.md has no section "Unreleased"'

# edit SED-SCRIPT FILE
edit() {
	sed "$1" "$2" >"$2.new" && mv "$2.new" "$2"
}

for m in $libraries $programs $others; do
	go mod edit -require="$module@$version" "$m/go.mod"
	for l in $libraries; do
		! grep -q "	$module/$l v" "$m/go.mod" || go mod edit -require="$module/$l@$version" "$m/go.mod"
	done
done
for m in $programs; do
	for l in '' $libraries; do
		go mod edit -dropreplace="$module${l:+/$l}" "$m/go.mod"
	done
done
edit "s/^## Unreleased\$/## Unreleased\\
\\
## $version, $(date -u +%Y-%m-%d)/" CHANGELOG.md
git add -A
git commit -qm "Release $version"
tags=$version
git tag -a "$version" -m "$version"
for m in $libraries $programs; do
	git tag -a "$m/$version" -m "$version"
	tags="$tags $m/$version"
done

for m in $programs; do
	top=$(echo "$m" | sed 's|[^/]*|..|g')
	go mod edit -replace="$module=$top" "$m/go.mod"
	for l in $libraries; do
		! grep -q "	$module/$l v" "$m/go.mod" || go mod edit -replace="$module/$l=$top/$l" "$m/go.mod"
	done
done
git add -A
git commit -qm "After $version: the programs are those of the tree again"
echo "release: tagged $tags"
echo "release: now push them together: git push --atomic origin HEAD $tags"
