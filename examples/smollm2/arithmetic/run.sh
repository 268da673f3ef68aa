#!/usr/bin/env bash
# SmolLM2-135M-Instruct learns to add two numbers of one or two digits on a CPU, from raw task to report card.
#
# Hardware   2 cores, 8 GB of memory, 1.5 GB of disk
# Duration   16 minutes on 2 cores that also do other work
#
# Start it
#   bash examples/smollm2/arithmetic/run.sh
#   SEED=2 OUTPUT_DIR=output/arithmetic-2 bash examples/smollm2/arithmetic/run.sh
#   bash examples/smollm2/arithmetic/run.sh --max_steps 2
#
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  folder for rows, evaluations, run and card (output/smollm2_arithmetic)
#   MODEL       a model's folder (output/small_model, created if missing)
#   EVAL_FLAGS  more flags for `swift-grpo eval`, such as "--n 2"
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
# Needs      pip install --no-deps -r requirements/gym.txt
set -euo pipefail
export DEVICE=${DEVICE:-cpu}
source "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh"
parse_flags "$@"

SEED=${SEED:-1}
OUT=${OUTPUT_DIR:-output/smollm2_arithmetic}
PROMPT=$ROOT/prompts/number.txt
TASK='{"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2, "operators": ["+"],
  "allow_parentheses": false, "allow_negation": false}'
ANSWERS=(--n 4 --temperature 0.7 --top-p 0.9 --max-tokens 24 "${EVAL_FLAGS[@]}" -- --vllm_max_model_len 128) # as in training
new_folder "$OUT"

stage "1/5 the model, and questions that share no pair of numbers"
[[ -n ${MODEL:-} ]] || bash "$ROOT/scripts/small_model.sh" "${MODEL:=output/small_model}"
swift-grpo data prepare gym:basic_arithmetic --config "$TASK" -n 2000 --seed "$SEED" -o "$OUT/prepared.jsonl"
python "$HERE/split.py" "$OUT/prepared.jsonl" "$OUT/train.jsonl" "$OUT/held_out.jsonl" 100 "$SEED"

stage "2/5 before: 4 answers to each of 100 held-out questions"
MODEL=$MODEL DATASET=$OUT/held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/before \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"

stage "3/5 GRPO: the reward is 1 for the right sum, else 0"
CONFIG=$HERE/config.yaml MODEL=$MODEL DATASET=$OUT/train.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$PROMPT" --seed "$SEED" "${FLAGS[@]}"

stage "4/5 after: the same questions, and the card"
MODEL=$OUT/grpo DATASET=$OUT/held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/after \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"
swift-grpo report-card "$OUT/grpo" --before "$OUT/before" --after "$OUT/after" -o "$OUT/report_card"

stage "5/5 what it learned: the grader's reasons in the first and last four steps, right sums in texts, each question"
LOG=$(dirname "$(swift-grpo last-checkpoint "$OUT/grpo")")/completions.jsonl
head -n 4 "$LOG" >"$OUT/first_steps.jsonl"
tail -n 4 "$LOG" >"$OUT/last_steps.jsonl"
for part in first last; do swift-grpo score --why --rewards math_accuracy "$OUT/${part}_steps.jsonl"; done
python "$HERE/stated.py" "$OUT/before" "$OUT/after"
swift-grpo eval diff "$OUT/before" "$OUT/after"
