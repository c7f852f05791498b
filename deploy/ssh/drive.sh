#!/bin/sh
# drive.sh HOSTS [FLAG…]: the town on the hosts of a file, a member on each line. A host may be there more than once.
#
#   TOWN=/opt/town deploy/ssh/drive.sh hosts --steps=600
#
# TOWN is the program, here and on the hosts, which must accept keys without a password (BatchMode).
set -eu
[ $# -ge 1 ] || { echo 'usage: drive.sh HOSTS [FLAG…]' >&2; exit 2; }
TOWN_HOSTS=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
: "${TOWN:=town}"
export TOWN TOWN_HOSTS
members=$(grep -c '^[^#]' "$TOWN_HOSTS")
cd "$(dirname "$0")"
exec "$TOWN" drive --start=./member.sh --members="$members" "$@"
