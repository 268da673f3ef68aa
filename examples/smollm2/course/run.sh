#!/usr/bin/env bash
# The GRPO exercise of the Hugging Face course on a CPU: SmolLM2-135M-Instruct, LoRA, a reward for length.
#
# Hardware   2 cores, 6 GB of memory, 1 GB of disk
# Duration   6 minutes on two cores with native bfloat16
#
# Start it
#   bash examples/smollm2/course/run.sh
#   SEED=2 OUTPUT_DIR=output/course-2 bash examples/smollm2/course/run.sh
#   bash examples/smollm2/course/run.sh --max_steps 2
#
# Variables
#   SEED        seed of the prompts and the run (1)
#   OUTPUT_DIR  folder for prompts, run and card (output/smollm2_course)
#   MODEL       a model's folder (output/small_model, created if missing)
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
export DEVICE=${DEVICE:-cpu}
source "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh"
parse_flags "$@"

SEED=${SEED:-1}
OUT=${OUTPUT_DIR:-output/smollm2_course}
SYSTEM="You are a helpful AI assistant named SmolLM, trained by Hugging Face" # the model's own
new_folder "$OUT"

stage "1/3 the model and the prompts"
[[ -n ${MODEL:-} ]] || bash "$ROOT/scripts/small_model.sh" "${MODEL:=output/small_model}"
python "$HERE/prompts.py" "$OUT/train.jsonl" "$OUT/held_out.jsonl" "$SEED"

stage "2/3 GRPO: 20 tokens earn the most; 8 held-out prompts are answered before and after"
CONFIG=$HERE/config.yaml MODEL=$MODEL DATASET=$OUT/train.jsonl OUTPUT_DIR=$OUT/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$SYSTEM" --seed "$SEED" \
  --val_dataset "$OUT/held_out.jsonl" --eval_strategy steps --eval_steps 20 --eval_on_start true --per_device_eval_batch_size 64 \
  "${FLAGS[@]}"

stage "3/3 what changed"
swift-grpo inspect summary "$OUT/grpo"
swift-grpo report-card "$OUT/grpo" -o "$OUT/report_card"
