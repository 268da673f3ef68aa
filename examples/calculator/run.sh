#!/usr/bin/env bash
# A model that cannot add learns to call a calculator: a random 0.4 M-parameter Qwen2 on a CPU.
#
# The cold start teaches two forms, a guessed sum and a call, but neither addition nor when to call. GRPO with the
# calculator, whose only reward is a right answer, teaches the rest.
#
# Hardware   2 cores, 8 GB of memory
# Duration   12 minutes on 2 cores
#
# Start it
#   bash examples/calculator/run.sh
#   SEED=2 OUTPUT_DIR=output/calculator-2 bash examples/calculator/run.sh
#   bash examples/calculator/run.sh --max_steps 2
#
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  folder for rows, evaluations and run (output/calculator)
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
export DEVICE=${DEVICE:-cpu} DTYPE=${DTYPE:-float32} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
parse_flags "$@"

SEED=${SEED:-1}
OUT=${OUTPUT_DIR:-output/calculator}
PROMPT=$ROOT/prompts/demo.txt # neither the tool nor the form of a call is in it: the cold start teaches them
new_folder "$OUT"

# evaluated NAME MODEL FLAGS…: 4 answers to each of 100 held-out questions, as sampled in training
evaluated() {
  MODEL=$2 DATASET=$OUT/held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/$1 \
    bash "$ROOT/scripts/evaluate.sh" --n 4 --temperature 1 --max-tokens 40 "${@:3}" -- --vllm_max_model_len 256
}

stage "1/5 rows, and a random model"
python "$HERE/rows.py" "$OUT" "$SEED"

stage "2/5 cold start: the forms, by swift sft (5 minutes)"
MODEL=$OUT/base DATASET=$OUT/cold_start.jsonl OUTPUT_DIR=$OUT/sft \
  bash "$ROOT/scripts/sft_cold_start.sh" --compact --system "$PROMPT" --seed "$SEED" --report_to none \
  --max_length 160 --num_train_epochs 3 --learning_rate 3e-3 --per_device_train_batch_size 32 \
  --gradient_accumulation_steps 1 --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0
COLD=$(swift-grpo last-checkpoint "$OUT/sft")

stage "3/5 before: held-out questions without the tool and with it"
evaluated before_alone "$COLD"
evaluated before "$COLD" --tools calculator

stage "4/5 GRPO with the calculator (3 minutes)"
CONFIG=$HERE/config.yaml MODEL=$COLD DATASET=$OUT/train.jsonl OUTPUT_DIR=$OUT/grpo TOOLS=calculator \
  bash "$ROOT/scripts/train_multi_turn.sh" --compact --system "$PROMPT" --seed "$SEED" "${FLAGS[@]}"

stage "5/5 after: the same questions, paired"
TRAINED=$(swift-grpo last-checkpoint "$OUT/grpo")
evaluated after_alone "$TRAINED"
evaluated after "$TRAINED" --tools calculator
swift-grpo eval diff "$OUT/before" "$OUT/after"
swift-grpo eval diff "$OUT/after_alone" "$OUT/after"
