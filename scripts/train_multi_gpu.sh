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

# ---- the server's cards: tensor parallel x data parallel
TENSOR=$(flag_value vllm_tensor_parallel_size 1)
[[ $TENSOR =~ ^[1-9][0-9]*$ ]] || fail "--vllm_tensor_parallel_size $TENSOR is not a positive number"
((VLLM_GPUS % TENSOR == 0)) ||
  fail "VLLM_GPUS=$VLLM_GPUS cards cannot be shared out by --vllm_tensor_parallel_size $TENSOR; use VLLM_GPUS=$TENSOR or a multiple"

# ---- whose flags: what describes the model goes to both; --vllm_* to the server, but for those that name the server
SHARED='model|model_type|model_revision|use_hf|torch_dtype|rope_scaling|max_model_len'
SHARED+='|template|template_backend|agent_template|use_chat_template|response_prefix|enable_thinking|add_non_thinking_prefix'
SHARED+='|multi_turn_scheduler|max_turns|gym_env'
flags_named "$SHARED"
MODEL_FLAGS=("${MATCHING[@]}")
flags_named 'vllm_mode|vllm_server_.*'
CLIENT_FLAGS=("${MATCHING[@]}")
FLAGS=("${OTHERS[@]}")
flags_named 'vllm_.*'
SERVER_FLAGS=("${MATCHING[@]}")
FLAGS=("${OTHERS[@]}")

ROLLOUT=(
  env "${SERVER_ENV[@]}"
  swift rollout
  --model "$MODEL"
  --torch_dtype "$DTYPE"
  --host "$SERVER_HOST"
  --port "$SERVER_PORT"
  --vllm_data_parallel_size $((VLLM_GPUS / TENSOR))
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
