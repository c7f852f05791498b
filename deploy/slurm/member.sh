#!/bin/sh
# member.sh NUMBER [ADDRESS]: starts a member as a job step on its node, and again at its last address after a loss.
# The driver runs it. It prints the member's address, as the member does.
set -eu
number=$1
port=0
[ $# -lt 2 ] || port=${2##*:} # the same node and the same port: the agents' addresses stay

# Members are spread over the nodes of the job in turn.
nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
# shellcheck disable=SC2086 # a list
set -- $nodes
shift $((number % $#))
node=$1

# --export=ALL is the default of a job that was submitted without --export; --unbuffered passes the address on at once.
# srun passes SIGTERM on to the member, and kills it when it is killed itself.
exec srun --nodes=1 --ntasks=1 --exact --nodelist="$node" --unbuffered --export=ALL --kill-on-bad-exit=1 \
	"$TOWN" member --listen="tcp://0.0.0.0:$port" --host="$node"
