#!/usr/bin/env bash
# The stages of examples/r1_code with a random 0.4 M-parameter model, on a CPU.
#
# Hardware   2 cores, 8 GB of memory, and bubblewrap or Landlock
# Duration   5 minutes on 2 cores
#
# Start it
#   bash examples/r1_code/tiny/run.sh
#   SEED=2 OUTPUT_DIR=output/r1_code_tiny-2 bash examples/r1_code/tiny/run.sh
#
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  raw/ has the rows and the model, run/ what examples/r1_code/run.sh writes (output/r1_code_tiny)
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
export DEVICE=${DEVICE:-cpu} DTYPE=${DTYPE:-float32} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
source "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh"
parse_flags "$@"

SEED=${SEED:-1}
OUT=${OUTPUT_DIR:-output/r1_code_tiny}
new_folder "$OUT"
stage "questions, traces with guesses, and a random model"
python "$HERE/rows.py" "$OUT/raw" "$SEED"

export MODEL=$OUT/raw/base DATA=$OUT/raw TRACES=$OUT/raw/traces.jsonl OUTPUT_DIR=$OUT/run CONFIG=$HERE/config.yaml
MODEL_FLAGS="--model_type qwen2 --template qwen2_5 ${MODEL_FLAGS[*]}" SYSTEM='Answer with ```python.' \
  EVAL_FLAGS="--temperature 1 --top-p 1 --max-tokens 24 ${EVAL_FLAGS[*]}" \
  SFT_FLAGS="--seed $SEED --max_length 128 --num_train_epochs 3 --learning_rate 3e-3 --per_device_train_batch_size 32 \
  --gradient_accumulation_steps 1 --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0 \
  --report_to none ${SFT_FLAGS[*]}" bash "$HERE/../run.sh" --seed "$SEED" "${FLAGS[@]}"
