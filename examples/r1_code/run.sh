#!/usr/bin/env bash
# Python programs from raw rows to a report card: a model writes programs, a sandbox runs their tests, GRPO pays for them.
#
# Hardware   1 card of 80 GB, and cores for the programs: a step runs 128 of them
# Memory     24 GB of weights, gradients and optimizer for 1.5B, 24 GB for vLLM, the rest activations (estimated)
# Duration   not measured yet on a GPU; tiny/ runs on a CPU
#
# Start it
#   bash examples/r1_code/run.sh
#   SET=taco OUTPUT_DIR=output/taco bash examples/r1_code/run.sh --max_steps 200
#   bash examples/r1_code/tiny/run.sh     # the same stages with a tiny model on a CPU
#
# Variables
#   MODEL        hub id or folder (Qwen/Qwen2.5-1.5B-Instruct)
#   SET          preset of `data prepare` (verifiable-coding)
#   DATA         folder with train.jsonl and test.jsonl in the form of SET (from the hub, with HumanEval and LiveCodeBench)
#   ROWS         rows of SET to begin with (10000)
#   TRACES       traces of a cold start (none: an instruct model writes programs)
#   SYSTEM       the system prompt (prompts/r1_code.txt)
#   CONFIG       hyperparameters of the GRPO stage (config.yaml)
#   OUTPUT_DIR   (output/r1_code)
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
OUT=${OUTPUT_DIR:-output/r1_code}
PROMPT=${SYSTEM:-$ROOT/prompts/r1_code.txt}
SET=${SET:-verifiable-coding}
SETS=$OUT/data
REWARDS=code_tests,code_format
TESTS=(humaneval livecodebench)
AGAINST=(--against humaneval --against mbpp --against livecodebench)
if [[ -n ${DATA:-} ]]; then TESTS=("$SET") AGAINST=(--against "$SET=$DATA/test.jsonl"); fi
ANSWERS=(--n 4 --temperature 0.6 --top-p 0.95 --max-tokens 2048 --rewards "$REWARDS" "${EVAL_FLAGS[@]}" -- "${MODEL_FLAGS[@]}")
new_folder "$OUT"

# evaluated NAME MODEL: right is a program that passes all tests of its question
evaluated() {
  MODEL=$2 DATASET=$(printf "$SETS/test_%s.jsonl " "${TESTS[@]}") SYSTEM=$PROMPT OUTPUT_DIR=$OUT/$1 \
    bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"
}

stage "1/5 data: tests that can be read, an audit that runs the reference programs, no test questions"
mapfile -t FROM < <(raw train)
swift-grpo data prepare "$SET" "${FROM[@]}" --drop duplicates --shuffle -n "${ROWS:-10000}" -o "$SETS/prepared.jsonl"
swift-grpo data audit "$SETS/prepared.jsonl" --system "$PROMPT" --page "$OUT/audit.html"
swift-grpo data decontaminate "$SETS/prepared.jsonl" "${AGAINST[@]}" -o "$SETS/train.jsonl"
mapfile -t FROM < <(raw test)
for test in "${TESTS[@]}"; do swift-grpo data prepare "$test" "${FROM[@]}" -o "$SETS/test_$test.jsonl"; done

if [[ -n ${TRACES:-} ]]; then
  stage "2/5 cold start: programs, from the traces"
  CONFIG='' MODEL=$MODEL DATASET=$TRACES OUTPUT_DIR=$OUT/cold_start \
    bash "$ROOT/scripts/sft_cold_start.sh" --compact --system "$PROMPT" "${MODEL_FLAGS[@]}" "${SFT_FLAGS[@]}"
  MODEL=$(swift-grpo last-checkpoint "$OUT/cold_start")
fi

stage "3/5 before: the model as it is, on the test sets"
evaluated before "$MODEL"

stage "4/5 GRPO: the share of the tests that a program passes, and a little for its form"
CONFIG=${CONFIG:-$HERE/config.yaml} MODEL=$MODEL DATASET=$SETS/train.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$PROMPT" "${MODEL_FLAGS[@]}" "${FLAGS[@]}"

stage "5/5 after: the same questions, and the report card"
evaluated after "$OUT/grpo"
swift-grpo report-card "$OUT/grpo" --before "$OUT/before" --after "$OUT/after" -o "$OUT/report_card"
