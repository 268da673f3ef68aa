#!/usr/bin/env bash
# The whole AIMO notebook: 100 problems with an answer of 0 to 999, QLoRA on R1-Distill-Qwen-1.5B for 80 steps, its
# rewards before and after.
#
# Hardware   1 card of 16 GB, as the notebook's T4
# Memory     about 1.5 GB of 4-bit weights; LoRA of rank 32 below 1 GB; the rest is activations (estimated)
# Duration   not measured yet on a GPU; README.md has results on a CPU
#
# Start it
#   bash examples/r1_aimo/run.sh
#   DATA=sets bash examples/r1_aimo/run.sh --max_steps 200     # sets/train.jsonl with `problem` and `solution`
#   the tiny model of `swift-grpo demo-data` on a CPU: README.md
#
# Variables
#   MODEL        hub id or folder (deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B)
#   DATA         folder with train.jsonl in NuminaMath-TIR's form (from the hub)
#   OUTPUT_DIR   (output/r1_aimo)
#   GPUS         the card (0)
#   DEVICE       gpu or cpu (gpu)
#   MODEL_FLAGS  flags for every command that loads the model
#   EVAL_FLAGS   more flags for `swift-grpo eval`
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
parse_flags "$@"

MODEL=${MODEL:-deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B}
OUT=${OUTPUT_DIR:-output/r1_aimo}
PROMPT=$ROOT/prompts/r1_boxed_modulo.txt
SETS=$OUT/data
REWARDS=integer_modulo,boxed_format,levenshtein
ANSWERS=(--n 4 --temperature 0.6 --top-p 0.95 --max-tokens 2048 --rewards "$REWARDS" "${EVAL_FLAGS[@]}" -- "${MODEL_FLAGS[@]}")
QUANTISATION=(--quant_method bnb --quant_bits 4 --bnb_4bit_quant_type nf4 --bnb_4bit_use_double_quant false)
QUANTISATION+=(--bnb_4bit_compute_dtype float16)
if [[ $DEVICE == cpu ]]; then QUANTISATION=(); fi # NF4 and fp16 need CUDA
new_folder "$OUT"

stage "1/4 data: 100 problems with an integer of 0 to 999 in the box, 90 to train on; the prompt asks for it modulo 1000"
mapfile -t FROM < <(raw train)
swift-grpo data prepare aimo "${FROM[@]}" -n 100 -o "$SETS/filtered.jsonl"
for part in filtered filtered.held_out; do # Levenshtein compares with the worked solution
  swift-grpo data prepare "$SETS/$part.jsonl" --columns '{"source_solution": "solution"}' --gold plain \
    -o "$SETS/${part/filtered/aimo}.jsonl"
done

stage "2/4 before: the notebook's rewards, on the held-out problems"
MODEL=$MODEL DATASET=$SETS/aimo.held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/before \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"

stage "3/4 GRPO: 4-bit NF4 and LoRA on q, k and v, 80 steps of one group of 4"
CONFIG=$HERE/config.yaml MODEL=$MODEL DATASET=$SETS/aimo.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$PROMPT" "${QUANTISATION[@]}" "${MODEL_FLAGS[@]}" "${FLAGS[@]}"

stage "4/4 after: the same with the adapter loaded, and the report card"
MODEL=$OUT/grpo DATASET=$SETS/aimo.held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/after \
  bash "$ROOT/scripts/evaluate.sh" "${ANSWERS[@]}"
swift-grpo report-card "$OUT/grpo" --before "$OUT/before" --after "$OUT/after" -o "$OUT/report_card"
