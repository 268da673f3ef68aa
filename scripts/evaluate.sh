#!/usr/bin/env bash
# How good is a model, and how sure is that? Samples its answers to sets of questions, grades them, and gives intervals.
#
# Hardware   none behind URL; else cards that hold the model, NUM_GPUS of them
# Memory     a model of 7B in bf16: 15 GB of weights a copy, the rest of the card is vLLM's cache (estimated)
# Duration   not measured yet on a GPU
#
# Start it
#   MODEL=output/train_single_gpu DATASET=gsm8k_test.jsonl bash scripts/evaluate.sh              # the run's newest checkpoint
#   MODEL=Qwen/Qwen2.5-7B-Instruct DATASET=math500.jsonl PARALLEL=data NUM_GPUS=8 bash scripts/evaluate.sh --n 8
#   MODEL=deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B BENCHMARKS=aime24,math_500 bash scripts/evaluate.sh -- --vllm_max_model_len 34816
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/evaluate.sh --max-tokens 32
# and then
#   swift-grpo eval diff output/evaluate/before output/evaluate/after --html diff.html
#
# Killed, the same command goes on. DATASET is made by `swift-grpo data prepare`; several are separated by spaces.
#
# Variables  MODEL (a hub id, a model's, adapter's or run's folder)  DATASET  BENCHMARKS (instead: evalscope's, with DeepSeek's
#            settings)  URL (where it is served; its key is in OPENAI_API_KEY)  SYSTEM (system prompt: a file or a text)
#            PARALLEL (data: a copy on each card; tensor: one over all)  NUM_GPUS (1)  GPUS (which)  OUTPUT_DIR  DEVICE
# Flags      --help, --dry-run (prints the exact command), any option of `swift-grpo eval`, which wins over the recipe's, and after
#            -- any flag of `swift deploy`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

[[ -n ${MODEL:-} ]] || fail "name the model: MODEL=output/train_single_gpu (see --help)"
[[ -n ${DATASET:-}${BENCHMARKS:-} ]] || fail "name the questions: DATASET=gsm8k_test.jsonl or BENCHMARKS=aime24,math_500"
NUM_GPUS=${NUM_GPUS:-1}

# ---- servers: a copy of the model on each card, or one over all cards
case ${PARALLEL:-data} in
  data) SERVERS=(--copies "$NUM_GPUS") ;;
  tensor) SERVERS=(--tensor-parallel "$NUM_GPUS") ;;
  *) fail "PARALLEL=$PARALLEL is not known; use data (a copy on each card) or tensor (one over all cards)" ;;
esac
if [[ -n ${URL:-} ]]; then SERVERS=(--url "$URL"); fi

# ---- questions: prepared sets, or evalscope's benchmarks
if [[ -n ${BENCHMARKS:-} ]]; then
  [[ ${SERVERS[0]} != --copies || $NUM_GPUS == 1 ]] || fail "evalscope asks one server: PARALLEL=tensor for NUM_GPUS=$NUM_GPUS"
  if [[ ${SERVERS[0]} == --copies ]]; then SERVERS=(); fi
  QUESTIONS=(benchmark "$MODEL" --on "$BENCHMARKS")
else
  QUESTIONS=(run "$MODEL")
  for file in $DATASET; do QUESTIONS+=(--data "$file"); done
  if [[ -n ${SYSTEM:-} ]]; then QUESTIONS+=(--system "$SYSTEM"); fi
fi

EVALUATE=(
  swift-grpo eval "${QUESTIONS[@]}"
  --output "${OUTPUT_DIR:-output/evaluate/$(basename "$MODEL")}"
  --device "$DEVICE" "${SERVERS[@]}"
  "${FLAGS[@]}"
)
if [[ ${#DRY_RUN[@]} -gt 0 ]]; then
  printf '%q ' "${EVALUATE[@]}"
  echo
  exit
fi
exec "${EVALUATE[@]}"
