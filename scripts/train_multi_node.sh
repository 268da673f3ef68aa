#!/usr/bin/env bash
# GRPO on all parameters of a 7B model on several machines: the last serves rollouts with vLLM, the others train with ZeRO-2.
#
# Run it once on each machine, with the same words: which one it is, it sees by its address. scripts/train.slurm does that on a cluster.
#
# Hardware   2 machines or more, with as many cards of 80 GB each, in one network, and one folder that all share (OUTPUT_DIR)
# Memory     as in scripts/train_multi_gpu.sh, with the optimizer's 91 GB shared among all training cards (estimated)
# Duration   not measured yet
#
# Start it (on each machine)
#   NODES="10.0.0.1 10.0.0.2 10.0.0.3" bash scripts/train_multi_node.sh
#   NODES="10.0.0.1 10.0.0.2" VLLM_GPUS=2 bash scripts/train_multi_node.sh            # all train, 2 cards of the last serve
#   NODES="10.0.0.1 10.0.0.2" SERVERS=2 VLLM_GPUS=1 bash scripts/train_multi_node.sh  # one card of each serves: two servers
#
# Variables  NODES (an IPv4 address of each machine, on the network that joins them)  NODE (which one this is, from 0; by its address)
#            SERVERS (how many of the last machines serve; 1)  VLLM_GPUS (with so many of their cards, and train on the others; all)
#            PORT (29500; it and the next four are used, on every machine)  GPUS (this machine's cards)  DEVICE (gpu, cpu)
#            MODEL  SFT  DATASET  CONFIG  OUTPUT_DIR  EVAL  EVAL_GPUS  RESUME  RESTARTS: as in scripts/train_multi_gpu.sh
#            MEET_WITHIN (seconds that the machines wait for one another; 600)  SWIFT_GRPO_RUN (a word that all say when they meet)
# Flags      --help, --compact, --stall-timeout=SECONDS, --dry-run (the commands of all machines, checked together), and any of ms-swift
#
# Exposed    On the address in NODES, and on no other: the rollout server, where whoever reaches it can overwrite the weights (PORT+2), the
#            weight sync (PORT+3), where the launchers meet (PORT+1). On every address: torchrun (PORT), and the ranks' own ports.
#            Fence it off with a network of its own, or a firewall on each machine: docs/several_machines.md has the rules
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

from_cold_start
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
DATASET=${DATASET:-AI-MO/NuminaMath-TIR#5000}
OUTPUT_DIR=${OUTPUT_DIR:-output/train_multi_node}
CONFIG=${CONFIG:-$ROOT/configs/train_multi_gpu.yaml}
SERVERS=${SERVERS:-1}
PORT=${PORT:-29500}

# ---- machines: the last SERVERS serve, the others train; with VLLM_GPUS all train
read -ra HOSTS <<<"${NODES:-}"
((${#HOSTS[@]} >= 2)) || fail "name the machines by their addresses: NODES=\"10.0.0.1 10.0.0.2\"; for one there is scripts/train_multi_gpu.sh"
[[ $PORT =~ ^[1-9][0-9]{3,4}$ && $PORT -le 65531 ]] || fail "PORT=$PORT is not a port from 1000 to 65531"
[[ $SERVERS =~ ^[1-9][0-9]*$ && $SERVERS -le ${#HOSTS[@]} ]] || fail "SERVERS=$SERVERS is not a number from 1 to the ${#HOSTS[@]} machines of NODES"
[[ ${VLLM_GPUS:-1} =~ ^[1-9][0-9]*$ ]] || fail "VLLM_GPUS=$VLLM_GPUS is not a positive number"
FIRST_SERVER=$((${#HOSTS[@]} - SERVERS))
if [[ -n ${VLLM_GPUS:-} ]]; then TRAINERS=${#HOSTS[@]}; else TRAINERS=$FIRST_SERVER; fi
((TRAINERS >= 1)) || fail "SERVERS=$SERVERS leaves no machine to train; name more in NODES, or let some cards of each serve: VLLM_GPUS=1"

# ---- cards: all of a machine train, or serve, or its last VLLM_GPUS serve
mapfile -t CARDS < <(visible_cards)
if [[ ${#CARDS[@]} -eq 0 && ($DEVICE == cpu || ${#DRY_RUN[@]} -gt 0) ]]; then CARDS=(0 1 2 3 4 5 6 7); fi
SERVING=${VLLM_GPUS:-${#CARDS[@]}}
((${#CARDS[@]} > ${VLLM_GPUS:-0})) || fail "${#CARDS[@]} visible card(s), of which ${VLLM_GPUS:-0} are to serve: none is left to train; name more in GPUS"

# ---- this machine
if ((${#DRY_RUN[@]})); then
  NODE=${NODE:-0} INTERFACE=${INTERFACE:-eth0} # nobody's: the machines may be others than this one
else
  HERE=$(swift-grpo this-node ${NODE:+--index "$NODE"} -- "${HOSTS[@]}") || exit 2
  read -r NODE INTERFACE <<<"$HERE"
fi
RANKS=$((TRAINERS * ${#CARDS[@]} - SERVERS * ${VLLM_GPUS:-0}))
HERE_RANKS=${#CARDS[@]}
if ((NODE >= FIRST_SERVER)); then HERE_RANKS=$((${#CARDS[@]} - SERVING)); fi
on_cpu "$((HERE_RANKS ? HERE_RANKS : 1))"
NETWORK=("NCCL_SOCKET_IFNAME=$INTERFACE" "GLOO_SOCKET_IFNAME=$INTERFACE")
SERVER_ENV=("${NETWORK[@]}" "CUDA_VISIBLE_DEVICES=$(comma_list "${CARDS[@]: -SERVING}")")
TRAIN_ENV=("${NETWORK[@]}" "CUDA_VISIBLE_DEVICES=$(comma_list "${CARDS[@]:0:HERE_RANKS}")")
if [[ $DEVICE == cpu ]]; then
  SERVER_ENV=("${NETWORK[@]}" "${DEVICE_ENV[@]}")
  TRAIN_ENV=("${NETWORK[@]}" "${DEVICE_ENV[@]}")
  DEVICE_FLAGS+=(--ddp_backend gloo)
fi

# ---- batch: completions a step = ranks x batch x accumulation, a multiple of G, at least the 14 of the eight-card run
ACCUMULATION=$(swift-grpo accumulation --ranks "$RANKS" --at-least 14 -- "$CONFIG" "${FLAGS[@]}")

# ---- servers: on each the same two ports, on the address that joins the machines alone
server_cards "$SERVING"
whose_flags
SERVER_HOSTS=("${HOSTS[@]:FIRST_SERVER}")
SERVER_PORTS=()
SYNC_PORTS=()
for _ in "${SERVER_HOSTS[@]}"; do
  SERVER_PORTS+=($((PORT + 2)))
  SYNC_PORTS+=($((PORT + 3)))
done

# rollout ADDRESS: the command of the server there, into ROLLOUT
rollout() {
  ROLLOUT=(
    env "${SERVER_ENV[@]}" "VLLM_HOST_IP=$1" "WEIGHT_SYNC_ADDRESS=$1:$((PORT + 3))"
    swift rollout
    --model "$MODEL"
    --torch_dtype "$DTYPE"
    --host "$1"
    --port $((PORT + 2))
    --vllm_data_parallel_size "$COPIES"
    --vllm_gpu_memory_utilization 0.7
    --vllm_max_model_len 8192
    --external_plugins "$ROOT/plugin/weight_sync.py" # a weight sync that fails ends the run
    "${MODEL_FLAGS[@]}" "${SERVER_FLAGS[@]}"
  )
}

TRAIN=(
  env "${TRAIN_ENV[@]}" "NNODES=$TRAINERS" "NODE_RANK=$NODE" "NPROC_PER_NODE=$HERE_RANKS" "SWIFT_GRPO_RANKS=$RANKS"
  "MASTER_ADDR=${HOSTS[0]}" "MASTER_PORT=$PORT"
  swift rlhf "$CONFIG"
  --rlhf_type grpo
  --model "$MODEL"
  --dataset "$DATASET"
  --system "$ROOT/prompts/r1.txt"
  --external_plugins "$ROOT/plugin/plugin.py"
  --gradient_accumulation_steps "$ACCUMULATION"
  --use_vllm true
  --vllm_mode server
  --vllm_server_host "${SERVER_HOSTS[@]}"
  --vllm_server_port "${SERVER_PORTS[@]}"
  --vllm_server_group_port "${SYNC_PORTS[@]}"
  --output_dir "$OUTPUT_DIR"
  "${DEVICE_FLAGS[@]}" "${CLIENT_FLAGS[@]}" "${FLAGS[@]}"
)

# ---- this machine's part; a dry run shows and checks all servers and the first trainer
COMMANDS=()
for i in "${!HOSTS[@]}"; do
  ((i >= FIRST_SERVER && (i == NODE || ${#DRY_RUN[@]}))) || continue
  rollout "${HOSTS[i]}"
  COMMANDS+=("${ROLLOUT[@]}" ::)
done
if ((NODE < TRAINERS)); then COMMANDS+=("${TRAIN[@]}"); else RESUME=; fi
((NODE == 0)) || EVAL= # one machine evaluates
SUPERVISION+=(--nodes "$(comma_list "${HOSTS[@]}")" --node "$NODE" --meet-at $((PORT + 1)) --meet-within "${MEET_WITHIN:-600}")
launch "${COMMANDS[@]}"
