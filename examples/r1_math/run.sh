#!/usr/bin/env bash
# Competition mathematics with all parameters of a 7B model on 8 cards: DAPO, or any other method of variants/.
#
# Hardware   8 cards of 80 GB: seven train, one generates; at least 4 for a model of 7B
# Memory     as scripts/train_multi_gpu.sh
# Duration   not measured yet on a GPU; README.md has results on a CPU
#
# Start it
#   bash examples/r1_math/run.sh
#   VARIANT=gspo bash examples/r1_math/run.sh --max_steps 300
#   DATA=sets bash examples/r1_math/run.sh     # sets/train.jsonl with `problem` and `solution`, sets/test.jsonl
#   the tiny model of `swift-grpo demo-data` on a CPU: README.md
#
# Variables
#   VARIANT      a file of variants/ (dapo)
#   MODEL        hub id or folder (Qwen/Qwen2.5-7B-Instruct)
#   SET          preset of `data prepare` (deepscaler)
#   TEST         preset of the test questions (math500)
#   DATA         folder with train.jsonl and test.jsonl in NuminaMath-TIR's form (SET and TEST, from the hub)
#   OUTPUT_DIR   (output/r1_math_ and the variant)
#   GPUS         cards: 0,1,2,3 (all to train; one to evaluate)
#   SERVE_GPUS   those of them that run vLLM during training (the last one)
#   DEVICE       gpu or cpu (gpu)
#   MODEL_FLAGS  flags for every command that loads the model
#   EVAL_FLAGS   more flags for `swift-grpo eval`
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
parse_flags "$@"

MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
VARIANT=${VARIANT:-dapo}
OUT=${OUTPUT_DIR:-output/r1_math_$VARIANT}
SETS=$OUT/data
if [[ -n ${DATA:-} ]]; then SET=numinamath-tir TEST=numinamath-tir; fi
ANSWERS=(--n 4 --temperature 0.6 --top-p 0.95 --max-tokens 6144 "${EVAL_FLAGS[@]}" -- "${MODEL_FLAGS[@]}")
[[ -f $HERE/variants/$VARIANT.yaml ]] ||
  fail "VARIANT=$VARIANT is not one of $(basename -s .yaml "$HERE"/variants/*.yaml | paste -sd ' ')"
mapfile -t VARIANT_FLAGS < <(swift-grpo config-flags "$HERE/variants/$VARIANT.yaml")
new_folder "$OUT"

stage "1/4 data: problems whose gold can be read, no proofs, no duplicates, no test problems"
mapfile -t FROM < <(raw train)
swift-grpo data prepare "${SET:-deepscaler}" "${FROM[@]}" --drop unreadable --drop proofs --drop duplicates --shuffle \
  -o "$SETS/prepared.jsonl"
mapfile -t FROM < <(raw test)
swift-grpo data prepare "${TEST:-math500}" "${FROM[@]}" -o "$SETS/test.jsonl"
swift-grpo data decontaminate "$SETS/prepared.jsonl" --against "test=$SETS/test.jsonl" -o "$SETS/train.jsonl"

stage "2/4 before: the model as it is, on the test set"
MODEL=$MODEL DATASET=$SETS/test.jsonl SYSTEM=$ROOT/prompts/r1.txt OUTPUT_DIR=$OUT/before \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"

stage "3/4 GRPO by $VARIANT: vLLM on the last card, DeepSpeed ZeRO-2 on the others"
CONFIG=$HERE/config.yaml MODEL=$MODEL DATASET=$SETS/train.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_multi_gpu.sh" --compact "${VARIANT_FLAGS[@]}" "${MODEL_FLAGS[@]}" "${FLAGS[@]}"

stage "4/4 after: the same questions, and the report card"
MODEL=$OUT/grpo DATASET=$SETS/test.jsonl SYSTEM=$ROOT/prompts/r1.txt OUTPUT_DIR=$OUT/after \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"
swift-grpo report-card "$OUT/grpo" --before "$OUT/before" --after "$OUT/after" -o "$OUT/report_card"
