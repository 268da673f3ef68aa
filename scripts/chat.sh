#!/usr/bin/env bash
# Asks a checkpoint one question and shows its thought and its answer separately.
#
#   bash scripts/chat.sh output/train_single_gpu/v0-20260101-120000/checkpoint-250
#   bash scripts/chat.sh Qwen/Qwen2.5-7B-Instruct "What is 17 * 23?"
#   DEVICE=cpu bash scripts/chat.sh path/to/checkpoint "Which is larger, 3 or 5?" --system prompts/demo.txt
#
# The first argument is a checkpoint (LoRA or full) or a model; the second, if it is not a flag, the question.
# Hardware   1 card that holds the model in bf16; about a minute, most of it loading
# Variables
#   GPUS    the card (0)
#   DEVICE  gpu or cpu (gpu)
# Flags    --dry-run, and any flag of `swift infer`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
on_cpu 1

CHECKPOINT=${FLAGS[0]:-}
[[ -n $CHECKPOINT && $CHECKPOINT != --* ]] ||
  fail "name the checkpoint first: bash scripts/chat.sh output/…/checkpoint-100"
FLAGS=("${FLAGS[@]:1}")
QUESTION="How many r's are in strawberry?"
if [[ ${#FLAGS[@]} -gt 0 && ${FLAGS[0]} != --* ]]; then
  QUESTION=${FLAGS[0]}
  FLAGS=("${FLAGS[@]:1}")
fi

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
swift-grpo question "$QUESTION" >"$WORK/question.jsonl"

if [[ -f $CHECKPOINT/adapter_config.json ]]; then MODEL_FLAGS=(--adapters "$CHECKPOINT"); else MODEL_FLAGS=(--model "$CHECKPOINT"); fi
if [[ $DEVICE == cpu ]]; then DEVICE_FLAGS=(--device_map cpu); fi
INFER=(
  env "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=${GPUS:-${CUDA_VISIBLE_DEVICES:-0}}}"
  swift infer
  "${MODEL_FLAGS[@]}"
  --system "$ROOT/prompts/r1.txt"
  --val_dataset "$WORK/question.jsonl"
  --result_path "$WORK/answer.jsonl"
  --max_new_tokens 2048
  --temperature 0
  "${DEVICE_FLAGS[@]}" "${FLAGS[@]}"
)
echo "chat: loading $CHECKPOINT (half a minute, more for a large model)"
swift-grpo launch --compact --device "$DEVICE" --logs "$WORK/launches" "${DRY_RUN[@]}" -- "${INFER[@]}"
[[ ${#DRY_RUN[@]} -gt 0 ]] || swift-grpo thought-and-answer "$WORK/answer.jsonl"
