#!/usr/bin/env bash
# Merges a LoRA checkpoint into its base model, and pushes the result only with PUSH.
#
#   bash scripts/export.sh output/train_single_gpu/v0-20260101-120000/checkpoint-250
#   OUTPUT_DIR=merged bash scripts/export.sh CHECKPOINT
#   PUSH=my-org/my-model bash scripts/export.sh CHECKPOINT --hub_private_repo true
#
# Hardware   a CPU with memory for the model in bf16 (2 bytes per parameter); minutes, most of it reading and writing
# Variables
#   OUTPUT_DIR  (the checkpoint's folder with -merged)
#   PUSH        hub id to push to; the token comes from your hub login (off)
#   GPUS        the card (0)
#   DEVICE      gpu or cpu (gpu)
# Flags      --dry-run, --no-check ID, --strict, and any flag of `swift export`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
on_cpu 1

CHECKPOINT=${FLAGS[0]:-}
[[ -n $CHECKPOINT && $CHECKPOINT != --* ]] ||
  fail "name the checkpoint first: bash scripts/export.sh output/…/checkpoint-100"
[[ -f $CHECKPOINT/adapter_config.json ]] ||
  fail "$CHECKPOINT is not a LoRA checkpoint (it has no adapter_config.json); a full checkpoint needs no merging"
FLAGS=("${FLAGS[@]:1}")
OUTPUT_DIR=${OUTPUT_DIR:-$CHECKPOINT-merged}
[[ ! -e $OUTPUT_DIR ]] || fail "$OUTPUT_DIR exists already; remove it, or name another: OUTPUT_DIR=…"

PUSH_FLAGS=()
if [[ -n ${PUSH:-} ]]; then PUSH_FLAGS=(--push_to_hub true --hub_model_id "$PUSH"); fi

EXPORT=(
  env "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=${GPUS:-${CUDA_VISIBLE_DEVICES:-0}}}"
  swift export
  --adapters "$CHECKPOINT"
  --merge_lora true
  --output_dir "$OUTPUT_DIR"
  "${PUSH_FLAGS[@]}" "${FLAGS[@]}"
)
LOGS=$(dirname "$CHECKPOINT")/launches # ms-swift makes OUTPUT_DIR itself and refuses one that exists
launch "${EXPORT[@]}"
