#!/usr/bin/env bash
# GSM8K from raw rows to a report card: the model's own accepted answers as a cold start, then GRPO with the rewards of
# the GSM8K demo.
#
# Hardware   1 card of 80 GB
# Memory     24 GB of weights, gradients and optimizer for 1.5B, 24 GB for vLLM, the rest activations (estimated)
# Duration   not measured yet on a GPU; README.md has results on a CPU
#
# Start it
#   bash examples/r1_gsm8k/run.sh
#   DATA=sets OUTPUT_DIR=output/mine bash examples/r1_gsm8k/run.sh --max_steps 200   # sets/train.jsonl, sets/test.jsonl
#   the tiny model of `swift-grpo demo-data` on a CPU: README.md
#
# Variables
#   MODEL        hub id or folder (Qwen/Qwen2.5-1.5B-Instruct)
#   DATA         folder with train.jsonl and test.jsonl in GSM8K's form (from the hub)
#   TRACES       traces of the cold start (the model's own)
#   OUTPUT_DIR   (output/r1_gsm8k)
#   GPUS         the card (0)
#   DEVICE       gpu or cpu (gpu)
#   MODEL_FLAGS  flags for every command that loads the model
#   SFT_FLAGS    more flags for the cold start
#   EVAL_FLAGS   more flags for `swift-grpo eval`
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
parse_flags "$@"

MODEL=${MODEL:-Qwen/Qwen2.5-1.5B-Instruct}
OUT=${OUTPUT_DIR:-output/r1_gsm8k}
PROMPT=$ROOT/prompts/xml.txt
SETS=$OUT/data
REWARDS=xml_correctness,xml_soft,xml_strict
ANSWERS=(--n 4 --temperature 0.6 --top-p 0.95 --max-tokens 200 --rewards "$REWARDS" "${EVAL_FLAGS[@]}" -- "${MODEL_FLAGS[@]}")
new_folder "$OUT"

stage "1/6 data: rows with a readable gold, none of them a test question"
mapfile -t FROM < <(raw train)
swift-grpo data prepare gsm8k "${FROM[@]}" --drop unreadable --drop duplicates --shuffle -o "$SETS/prepared.jsonl"
mapfile -t FROM < <(raw test)
swift-grpo data prepare gsm8k --hub-split test "${FROM[@]}" -o "$SETS/gsm8k_test.jsonl"
swift-grpo data decontaminate "$SETS/prepared.jsonl" --against "gsm8k=$SETS/gsm8k_test.jsonl" -o "$SETS/train.jsonl"

stage "2/6 before: the model as it is, on the test set"
MODEL=$MODEL DATASET=$SETS/gsm8k_test.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/before \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"

if [[ -z ${TRACES:-} ]]; then
  stage "3/6 traces: the model's own answers, the right ones in the format (STaR)"
  MODEL=$MODEL DATASET=$SETS/train.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/distill \
    bash "$ROOT/scripts/distill.sh" --require xml_correctness=2 xml_soft=0.5 --temperature 1 --top-p 1 --max-tokens 200 \
    -- "${MODEL_FLAGS[@]}"
  TRACES=$OUT/distill/traces.jsonl
fi

stage "4/6 cold start: the format, from the traces"
CONFIG=$HERE/cold_start.yaml MODEL=$MODEL DATASET=$TRACES OUTPUT_DIR=$OUT/cold_start \
  bash "$ROOT/scripts/sft_cold_start.sh" --compact --system "$PROMPT" "${MODEL_FLAGS[@]}" "${SFT_FLAGS[@]}"

stage "5/6 GRPO: five rewards, groups of 16"
CONFIG=$HERE/config.yaml MODEL='' SFT=$OUT/cold_start DATASET=$SETS/train.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$PROMPT" "${MODEL_FLAGS[@]}" "${FLAGS[@]}"

stage "6/6 after: the same questions, and the report card"
MODEL=$OUT/grpo DATASET=$SETS/gsm8k_test.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/after \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"
swift-grpo report-card "$OUT/grpo" --before "$OUT/before" --after "$OUT/after" -o "$OUT/report_card"
