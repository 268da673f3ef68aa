# shellcheck shell=bash disable=SC2034,SC2154  # set by and for scripts/train_multi_gpu.sh, which sources this
# Settings for several machines (NODES, now HOSTS): the same ports on each, and the part of this one.

((${#HOSTS[@]} >= 2)) ||
  fail "NODES names one machine; name all of them by their addresses, NODES=\"10.0.0.1 10.0.0.2\", or leave NODES out"
MASTER_PORT=${PORT:-29500}
[[ $MASTER_PORT =~ ^[1-9][0-9]{3,4}$ && $MASTER_PORT -le 65531 ]] ||
  fail "PORT=$MASTER_PORT is not a port from 1000 to 65531"
SERVER_PORT=$((MASTER_PORT + 2))
SYNC_PORT=$((MASTER_PORT + 3))

# ---- which machine this is
if ((${#DRY_RUN[@]})); then
  NODE=${NODE:-0} INTERFACE=${INTERFACE:-eth0} # stand-ins: the machines may be others than this one
else
  HERE=$(swift-grpo this-node ${NODE:+--index "$NODE"} -- "${HOSTS[@]}") || exit 2
  read -r NODE INTERFACE <<<"$HERE"
fi
NETWORK=("NCCL_SOCKET_IFNAME=$INTERFACE" "GLOO_SOCKET_IFNAME=$INTERFACE")
LAUNCH_FLAGS=(--nodes "$(comma_list "${HOSTS[@]}")" --node "$NODE" --meet-at $((MASTER_PORT + 1)) "${LAUNCH_FLAGS[@]}")

# ---- its part: the last SERVERS serve, and train on the cards that SERVE_GPUS leaves; the others train on all cards
FIRST_SERVER=$((${#HOSTS[@]} - ${SERVERS:-1}))
TRAINERS=$([[ -n $TRAINING ]] && echo "${#HOSTS[@]}" || echo "$FIRST_SERVER")
SERVER_HOSTS=("${HOSTS[@]:FIRST_SERVER}")
STARTED=("${SERVER_HOSTS[@]}") # a dry run shows and checks all servers and the first trainer
if ((${#DRY_RUN[@]} == 0)); then
  STARTED=()
  if ((NODE >= FIRST_SERVER)); then STARTED=("${HOSTS[NODE]}"); fi
fi
if ((NODE < FIRST_SERVER)); then TRAINING=$CARDS; fi
RANKS_OF_ALL=("NNODES=$TRAINERS" "NODE_RANK=$NODE" "SWIFT_GRPO_RANKS=$RANKS" "MASTER_ADDR=${HOSTS[0]}")
if [[ -z $TRAINING ]]; then RESUME=; fi
((NODE == 0)) || EVAL= # one machine evaluates
