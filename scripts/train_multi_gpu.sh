#!/usr/bin/env bash
# GRPO on all parameters of a 7B model on several cards: vLLM serves rollouts on the last one, the others train with
# DeepSpeed ZeRO-2. Or on several machines: the last one serves, the others train.
#
# Hardware   8 cards of 80 GB; at least 4 for 7B, at least 2 for 3B (the batch arithmetic follows). Machines: equal
#            numbers of cards, one network, and one folder that all share (OUTPUT_DIR)
# Memory     52 GB on each of 7 training cards (estimated): 15 GB of bf16 weights, 15 GB of the reference model, 15 GB
#            as a seventh of gradients and optimizer (ZeRO-2 shards both), the rest for activations
# Duration   not measured yet
#
# Start it
#   bash scripts/train_multi_gpu.sh
#   MODEL=Qwen/Qwen2.5-1.5B-Instruct GPUS=0,1,2,3 SERVE_GPUS=2,3 bash scripts/train_multi_gpu.sh
#   VLLM=colocate GPUS=0,1,2,3 bash scripts/train_multi_gpu.sh --num_generations 8
#   NODES="10.0.0.1 10.0.0.2 10.0.0.3" bash scripts/train_multi_gpu.sh    # the same line on each machine
#   DEVICE=cpu GPUS=0,1,2 MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/train_multi_gpu.sh --max_steps 5
#
# Variables
#   MODEL            hub id or folder (Qwen/Qwen2.5-7B-Instruct)
#   SFT              begin with this cold start instead: OUTPUT_DIR of sft_cold_start.sh, or a checkpoint
#   DATASET          hub ids or files, separated by blanks (AI-MO/NuminaMath-TIR#5000)
#   PLUGIN           Python files with rewards or tools of your own, separated by blanks; the server loads them too
#   CONFIG           hyperparameters (configs/train_multi_gpu.yaml)
#   OUTPUT_DIR       (output/train_multi_gpu)
#   GPUS             cards that this run may use: 0,1,2,3 (all)
#   SERVE_GPUS       those of them that run vLLM (the last one; with NODES all cards of a machine that serves)
#   TENSOR_PARALLEL  cards that share one copy of the model in vLLM (1); --vllm_tensor_parallel_size N wins over it
#   VLLM             colocate: vLLM runs in the training processes, on all cards, and there is no server (off)
# Variables for several machines; docs/several_machines.md says what is exposed, and how to restrict it
#   NODES            an IPv4 address of each machine, on the network that joins them, separated by blanks
#   NODE             the number of this one, from 0 (found by its address)
#   SERVERS          how many of the last machines serve (1)
#   PORT             the first of five ports that are used on every machine (29500)
#   SWIFT_GRPO_RUN   a shared token that identifies the run; and --meet-within SECONDS: wait for the others (600)
# + training: scripts/lib/training.txt, what every training recipe takes
# With a server, --vllm_* flags go to `swift rollout`, flags of the model to both, all others to `swift rlhf`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
renamed VLLM_GPUS "name the cards that serve, SERVE_GPUS=2,3; the other GPUS train"
renamed MEET_WITHIN "give it as a flag: --meet-within ${MEET_WITHIN:-}"

from_cold_start
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
list_of DATASETS "${DATASET:-AI-MO/NuminaMath-TIR#5000}"
list_of PLUGINS "${PLUGIN:-}"
OUTPUT_DIR=${OUTPUT_DIR:-output/train_multi_gpu}
CONFIG=${CONFIG:-$ROOT/configs/train_multi_gpu.yaml}

# ---- cards, batch and free ports; flags of the server and of the trainer
[[ ${VLLM:-colocate} == colocate ]] ||
  fail "VLLM=$VLLM is not known; leave it unset (a server on SERVE_GPUS) or use VLLM=colocate"
[[ -z ${VLLM:-} || -z ${NODES:-}${SERVE_GPUS:-} ]] ||
  fail "VLLM=colocate generates on all cards of one machine; leave SERVE_GPUS and NODES out"
read -ra HOSTS <<<"${NODES:-one}"
work_out --machines "${#HOSTS[@]}" --servers "${SERVERS:-1}" ${VLLM:+--colocate} -- "$CONFIG" "${FLAGS[@]}"

# ---- this machine, or those of NODES
# shellcheck disable=SC2153  # work_out sets HOST and others
SERVER_HOSTS=("$HOST")
STARTED=("$HOST") # servers that this command starts
NETWORK=()        # variables of every command
RANKS_OF_ALL=()   # variables of the trainer
if [[ -n ${NODES:-} ]]; then source "$ROOT/scripts/lib/machines.sh"; fi
HERE_RANKS=$(wc -w <<<"${TRAINING//,/ }")
on_cpu $((HERE_RANKS ? HERE_RANKS : 1)) # the server waits while they train
if [[ $DEVICE == cpu ]]; then DEVICE_FLAGS+=(--ddp_backend gloo); fi

# ---- generation
if [[ -n ${VLLM:-} ]]; then
  STARTED=()
  GENERATION=(
    --vllm_mode colocate
    --vllm_tensor_parallel_size "$TENSOR_PARALLEL"
    --vllm_gpu_memory_utilization 0.4
    --vllm_max_model_len 8192 # prompt and completion together
    --sleep_level 1           # vLLM leaves the cards to the trainer during the gradient step
    --offload_optimizer true  # and the trainer leaves memory to vLLM; --offload_model only helps with ZeRO-3
  )
else
  GENERATION=(
    --vllm_mode server
    --vllm_server_host "${SERVER_HOSTS[@]}"
    --vllm_server_port "${SERVER_HOSTS[@]/*/$SERVER_PORT}" # the same on each
    --vllm_server_group_port "${SERVER_HOSTS[@]/*/$SYNC_PORT}"
  )
fi
ROLLOUTS=()
for host in "${STARTED[@]}"; do
  ROLLOUTS+=(
    env "${NETWORK[@]}" "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=$SERVING}"
    ${NODES:+"VLLM_HOST_IP=$host"} "WEIGHT_SYNC_ADDRESS=$host:$SYNC_PORT"
    swift rollout
    --model "$MODEL"
    --torch_dtype "$DTYPE"
    --host "$host" # anyone who reaches this server can overwrite the weights
    --port "$SERVER_PORT"
    --vllm_data_parallel_size "$COPIES"
    --vllm_tensor_parallel_size "$TENSOR_PARALLEL"
    --vllm_gpu_memory_utilization 0.7
    --vllm_max_model_len 8192
    --external_plugins "$ROOT/plugin/weight_sync.py" "${PLUGINS[@]}" # a weight sync that fails ends the run
    "${SERVER_FLAGS[@]}"
    ::
  )
done
TRAIN=(
  env "${NETWORK[@]}" "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=$TRAINING}"
  "${RANKS_OF_ALL[@]}" "NPROC_PER_NODE=$HERE_RANKS" "MASTER_PORT=$MASTER_PORT"
  swift rlhf "$CONFIG"
  --rlhf_type grpo
  --model "$MODEL"
  --dataset "${DATASETS[@]}"
  --system "$ROOT/prompts/r1.txt"
  --external_plugins "$ROOT/plugin/plugin.py" "${PLUGINS[@]}"
  --gradient_accumulation_steps "$ACCUMULATION"
  --use_vllm true
  "${GENERATION[@]}"
  --output_dir "$OUTPUT_DIR"
  "${DEVICE_FLAGS[@]}" "${TRAIN_FLAGS[@]}"
)
if ((HERE_RANKS == 0)); then TRAIN=(); fi
launch "${ROLLOUTS[@]}" "${TRAIN[@]}"
