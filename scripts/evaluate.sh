#!/usr/bin/env bash
# Samples a model's answers to sets of questions, grades them, and reports accuracy with intervals.
#
# Hardware   none with URL; else cards that hold the model
# Memory     a model of 7B in bf16: 15 GB of weights per copy, the rest of the card is vLLM's cache (estimated)
# Duration   not measured yet on a GPU
#
# Start it
#   MODEL=output/train_single_gpu DATASET=gsm8k_test.jsonl bash scripts/evaluate.sh      # the run's newest checkpoint
#   MODEL=Qwen/Qwen2.5-7B-Instruct DATASET=math500.jsonl GPUS=0,1,2,3 bash scripts/evaluate.sh --n 8
#   MODEL=Qwen/Qwen3-8B BENCHMARKS=aime24,math_500 bash scripts/evaluate.sh -- --vllm_max_model_len 34816
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/evaluate.sh --max-tokens 32
# and then
#   swift-grpo eval diff output/evaluate/before output/evaluate/after --html diff.html
#
# If it is killed, the same command continues.
#
# Variables
#   MODEL            a hub id, or the folder of a model, an adapter or a run
#   DATASET          files made by `swift-grpo data prepare`, separated by blanks
#   BENCHMARKS       instead of DATASET: names of evalscope's benchmarks, with DeepSeek's settings
#   URL              a server of the model, with its key in OPENAI_API_KEY (a server is started here)
#   SYSTEM           the system prompt, a file or a text (none)
#   GPUS             cards that serve: 0,1,2,3 (the first TENSOR_PARALLEL ones)
#   TENSOR_PARALLEL  cards that share one copy of the model (1)
#   OUTPUT_DIR       (output/evaluate/ and the name of the model)
#   DEVICE           gpu or cpu (gpu)
# Flags
#   --dry-run        print the exact command and exit
#   any option of `swift-grpo eval`, which wins over the recipe's, and after -- any flag of `swift deploy`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
renamed NUM_GPUS "name the cards, GPUS=0,1,2,3: a copy of the model on each, or one on all with TENSOR_PARALLEL=4"
renamed PARALLEL "a copy on each card of GPUS is the default (data parallel); one on all 4 cards is TENSOR_PARALLEL=4"

[[ -n ${MODEL:-} ]] || fail "name the model: MODEL=output/train_single_gpu (see --help)"
[[ -n ${DATASET:-}${BENCHMARKS:-} ]] || fail "name questions: DATASET=gsm8k_test.jsonl or BENCHMARKS=aime24,math_500"

# ---- servers: copies of the model, TENSOR_PARALLEL cards each
if [[ -n ${URL:-} ]]; then
  SERVERS=(--url "$URL")
else
  work_out --all-serve
  SERVERS=(--copies "$COPIES" --tensor-parallel "$TENSOR_PARALLEL")
fi

# ---- questions: prepared sets, or evalscope's benchmarks
if [[ -n ${BENCHMARKS:-} ]]; then
  [[ -n ${URL:-} || $COPIES == 1 ]] ||
    fail "evalscope asks one server, not $COPIES copies: one on all is TENSOR_PARALLEL=$((COPIES * TENSOR_PARALLEL))"
  [[ -n ${URL:-} ]] || SERVERS=(--tensor-parallel "$TENSOR_PARALLEL")
  QUESTIONS=(benchmark "$MODEL" --on "$BENCHMARKS")
else
  QUESTIONS=(run "$MODEL")
  list_of SETS "$DATASET"
  for file in "${SETS[@]}"; do QUESTIONS+=(--data "$file"); done
  if [[ -n ${SYSTEM:-} ]]; then QUESTIONS+=(--system "$SYSTEM"); fi
fi

EVALUATE=(
  swift-grpo eval "${QUESTIONS[@]}"
  --output "${OUTPUT_DIR:-output/evaluate/$(basename "$MODEL")}"
  --device "$DEVICE" "${SERVERS[@]}"
  "${FLAGS[@]}"
)
run "${EVALUATE[@]}"
