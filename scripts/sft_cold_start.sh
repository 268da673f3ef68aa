#!/usr/bin/env bash
# Supervised fine-tuning on traces in the target format, so that GRPO does not spend its first 100 steps on finding it.
#
# Hardware   1 card of 48 GB for a 1.5B model, all parameters, or several (DDP: a copy on each);
#            with --tuner_type lora 1 card of 80 GB for a 7B model
# Memory     37 GB for 1.5B (estimated): 12 GB of weights, gradients and optimizer (8 bytes per parameter), 20 GB of
#            logits, the rest mostly activations
# Duration   not measured yet
#
# Start it
#   DATASET=traces.jsonl bash scripts/sft_cold_start.sh
#   GPUS=0,1,2,3 DATASET=traces.jsonl bash scripts/sft_cold_start.sh
#   MODEL=Qwen/Qwen2.5-7B DATASET=traces.jsonl bash scripts/sft_cold_start.sh --tuner_type lora
#   DEVICE=cpu MODEL=path/to/tiny DATASET=traces.jsonl bash scripts/sft_cold_start.sh --max_steps 20
#
# Variables
#   MODEL       hub id or folder (Qwen/Qwen2.5-1.5B)
#   DATASET     files of traces, separated by blanks: a user's turn, then <think>…</think><answer>…</answer>
#   CONFIG      hyperparameters (configs/sft_cold_start.yaml)
#   OUTPUT_DIR  (output/sft_cold_start)
#   GPUS        cards, each with a copy of the model (0)
# + training: scripts/lib/training.txt, what every training recipe takes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

MODEL=${MODEL:-Qwen/Qwen2.5-1.5B}
[[ -n ${DATASET:-} ]] || fail "name the traces, rows of messages: DATASET=traces.jsonl bash scripts/sft_cold_start.sh"
list_of TRACES "$DATASET"
OUTPUT_DIR=${OUTPUT_DIR:-output/sft_cold_start}
CONFIG=${CONFIG:-$ROOT/configs/sft_cold_start.yaml}

# ---- cards: one, or a copy of the model on each (without NPROC_PER_NODE ms-swift spreads one copy over all)
CARDS=${GPUS:-${CUDA_VISIBLE_DEVICES:-0}}
RANKS=$(wc -w <<<"${CARDS//,/ }")
on_cpu "$RANKS"
TRAIN_ENV=("${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=$CARDS}")
if ((RANKS > 1)); then
  TRAIN_ENV+=("NPROC_PER_NODE=$RANKS" "MASTER_PORT=$(swift-grpo free-ports)")
  if [[ $DEVICE == cpu ]]; then DEVICE_FLAGS+=(--ddp_backend gloo); fi
fi

# ---- packing, as open-r1 trains: several traces fill one row of max_length; only flash-attention separates them
PACKING=()
if [[ $DEVICE == gpu ]] && python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("flash_attn") is None)'; then
  PACKING=(--packing true --attn_impl flash_attn)
fi

TRAIN=(
  env "${TRAIN_ENV[@]}"
  swift sft "$CONFIG"
  --model "$MODEL"
  --dataset "${TRACES[@]}"
  --system "$ROOT/prompts/r1.txt"
  --output_dir "$OUTPUT_DIR"
  "${PACKING[@]}" "${DEVICE_FLAGS[@]}" "${FLAGS[@]}"
)
launch "${TRAIN[@]}"
