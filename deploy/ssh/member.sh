#!/bin/sh
# member.sh NUMBER [ADDRESS]: starts a member on its host, and again at its last address after a loss. The driver runs it.
# It prints the member's address, as the member does.
set -eu
number=$1
port=0
[ $# -lt 2 ] || port=${2##*:} # the agents' addresses stay

login=$(grep '^[^#]' "$TOWN_HOSTS" | sed -n "$((number + 1))p") # user@host, or a host of ~/.ssh/config
host=${login#*@}

# ssh passes one text to the shell of the host, so what may have spaces or quotes in it is quoted for that shell.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

# exec: the member's parent is then the ssh server's process for this login. When ssh ends here, for whatever reason, so
# does that process, and the member notices it: no member is left.
# The options end ssh after 15 s without the network. The host notices by ClientAliveInterval of its ssh server.
# GOMAXPROCS of the driver's environment is passed on: members that share the cores of a host should have their part.
exec ssh -o BatchMode=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -- "$login" \
	"exec ${GOMAXPROCS:+env GOMAXPROCS=$(quoted "$GOMAXPROCS") }$(quoted "$TOWN") member --listen=tcp://0.0.0.0:$port --host=$(quoted "$host")"
