#!/usr/bin/env bash
# GRPO on all parameters of a 7B model: the last card serves rollouts with vLLM, the others train with DeepSpeed ZeRO-2.
#
# Hardware   8 cards of 80 GB; any number from 2 on (the batch arithmetic follows)
# Memory     ZeRO-2 keeps all weights on each training card: about 15 GB of bf16 weights, 15 GB of gradients,
#            and 91 GB of optimizer state shared among the training cards, plus activations (estimated)
# Duration   not measured yet
#
# Start it
#   bash scripts/train_multi_gpu.sh
#   MODEL=Qwen/Qwen2.5-1.5B-Instruct GPUS=0,1,2,3 bash scripts/train_multi_gpu.sh --num_generations 6
#   DEVICE=cpu GPUS=0,1,2 MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/train_multi_gpu.sh --max_steps 5
#
# Variables  MODEL  SFT (begin at this cold start: OUTPUT_DIR of sft_cold_start.sh)  DATASET  CONFIG (hyperparameters; configs/train_multi_gpu.yaml)  OUTPUT_DIR  GPUS (cards, e.g. 0,1,2)  VLLM_GPUS (how many of them serve; 1)  DEVICE (gpu, cpu)
#            EVAL (a prepared set: each checkpoint is evaluated on it beside the run)  EVAL_GPUS (the cards for that)
#            RESUME (auto: go on from the last complete checkpoint; or a checkpoint)  RESTARTS (so often it goes on by itself after a crash)
# Flags      --help, --compact (short output), --stall-timeout=SECONDS (without progress; 600), --dry-run (prints the exact commands), and any flag of `swift rlhf`, which wins over the recipe's.
#            --vllm_* flags go to `swift rollout`, those that describe the model to both.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

from_cold_start
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
DATASET=${DATASET:-AI-MO/NuminaMath-TIR#5000}
OUTPUT_DIR=${OUTPUT_DIR:-output/train_multi_gpu}
VLLM_GPUS=${VLLM_GPUS:-1}
CONFIG=${CONFIG:-$ROOT/configs/train_multi_gpu.yaml}

# ---- cards: the last VLLM_GPUS serve, the others train
mapfile -t CARDS < <(visible_cards)
if [[ ${#CARDS[@]} -eq 0 && ($DEVICE == cpu || ${#DRY_RUN[@]} -gt 0) ]]; then CARDS=(0 1 2 3 4 5 6 7); fi
[[ $VLLM_GPUS =~ ^[1-9][0-9]*$ ]] || fail "VLLM_GPUS=$VLLM_GPUS is not a positive number"
RANKS=$((${#CARDS[@]} - VLLM_GPUS))
((RANKS >= 1)) || fail "${#CARDS[@]} visible card(s), but $VLLM_GPUS for vLLM and at least 1 for training are needed; name more in GPUS, or use scripts/train_single_gpu.sh"
on_cpu "$RANKS" # the server waits while they train
TRAIN_ENV=("CUDA_VISIBLE_DEVICES=$(comma_list "${CARDS[@]:0:RANKS}")")
SERVER_ENV=("CUDA_VISIBLE_DEVICES=$(comma_list "${CARDS[@]:RANKS}")")
if [[ $DEVICE == cpu ]]; then
  TRAIN_ENV=("${DEVICE_ENV[@]}")
  SERVER_ENV=("${DEVICE_ENV[@]}")
  DEVICE_FLAGS+=(--ddp_backend gloo)
fi

# ---- batch: completions a step = ranks x batch x accumulation, a multiple of G, at least the 14 of the eight-card run
ACCUMULATION=$(swift-grpo accumulation --ranks "$RANKS" --at-least 14 -- "$CONFIG" "${FLAGS[@]}")

# ---- ports, free at this moment; ms-swift's defaults collide with a second job on the machine
read -r SERVER_PORT SYNC_PORT MASTER_PORT < <(swift-grpo free-ports 3)

SERVER_HOST=$(flag_value vllm_server_host 127.0.0.1) # whoever reaches this server can overwrite the weights
SERVER_PORT=$(flag_value vllm_server_port "$SERVER_PORT")
server_cards "$VLLM_GPUS" # the server's cards: tensor parallel x data parallel
whose_flags

ROLLOUT=(
  env "${SERVER_ENV[@]}" "WEIGHT_SYNC_ADDRESS=$SERVER_HOST:$SYNC_PORT"
  swift rollout
  --model "$MODEL"
  --torch_dtype "$DTYPE"
  --host "$SERVER_HOST"
  --port "$SERVER_PORT"
  --vllm_data_parallel_size "$COPIES"
  --vllm_gpu_memory_utilization 0.7
  --vllm_max_model_len 8192
  --external_plugins "$ROOT/plugin/weight_sync.py" # a weight sync that fails ends the run
  "${MODEL_FLAGS[@]}" "${SERVER_FLAGS[@]}"
)
TRAIN=(
  env "${TRAIN_ENV[@]}" "NPROC_PER_NODE=$RANKS" "MASTER_PORT=$MASTER_PORT"
  swift rlhf "$CONFIG"
  --rlhf_type grpo
  --model "$MODEL"
  --dataset "$DATASET"
  --system "$ROOT/prompts/r1.txt"
  --external_plugins "$ROOT/plugin/plugin.py"
  --gradient_accumulation_steps "$ACCUMULATION"
  --use_vllm true
  --vllm_mode server
  --vllm_server_host "$SERVER_HOST"
  --vllm_server_port "$SERVER_PORT"
  --vllm_server_group_port "$SYNC_PORT"
  --output_dir "$OUTPUT_DIR"
  "${DEVICE_FLAGS[@]}" "${CLIENT_FLAGS[@]}" "${FLAGS[@]}"
)
launch "${ROLLOUT[@]}" :: "${TRAIN[@]}"
