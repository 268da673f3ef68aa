#!/usr/bin/env bash
# SmolLM2-135M-Instruct learns to call a calculator for sums that it cannot do, on a CPU.
#
# Hardware   2 cores, 8 GB of memory, 1.5 GB of disk
# Duration   20 minutes on 2 cores
#
# Start it
#   bash examples/smollm2/calculator/run.sh
#   SEED=2 OUTPUT_DIR=output/smollm2_calculator-2 bash examples/smollm2/calculator/run.sh
#
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  folder for rows, evaluations and run (output/smollm2_calculator)
#   MODEL       a model's folder (output/small_model, created if missing)
#   EVAL_FLAGS  more flags for `swift-grpo eval`, such as "--n 1"
# Flags      --help, and any flag of `swift rlhf` for the GRPO stage
set -euo pipefail
export DEVICE=${DEVICE:-cpu}
source "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh"
parse_flags "$@"

SEED=${SEED:-1}
OUT=${OUTPUT_DIR:-output/smollm2_calculator}
PROMPT=$ROOT/prompts/demo.txt # the cold start teaches the form of a call, not the prompt
new_folder "$OUT"

# evaluated NAME MODEL FLAGS…: 2 answers to each of 100 held-out questions, as sampled in training
evaluated() {
  MODEL=$2 DATASET=$OUT/held_out.jsonl SYSTEM=$PROMPT OUTPUT_DIR=$OUT/$1 \
    bash "$ROOT/scripts/evaluate.sh" --n 2 --temperature 0.8 --max-tokens 48 "${EVAL_FLAGS[@]}" "${@:3}" \
    -- --vllm_max_model_len 256
}

stage "1/5 the model, and rows"
[[ -n ${MODEL:-} ]] || bash "$ROOT/scripts/small_model.sh" "${MODEL:=output/small_model}"
python "$HERE/rows.py" "$OUT" "$SEED"

stage "2/5 cold start: how a call is written (5 minutes)"
MODEL=$MODEL DATASET=$OUT/cold_start.jsonl OUTPUT_DIR=$OUT/sft \
  bash "$ROOT/scripts/sft_cold_start.sh" --compact --system "$PROMPT" --seed "$SEED" --report_to none \
  --max_length 160 --num_train_epochs 2 --learning_rate 5e-5 --per_device_train_batch_size 16 \
  --gradient_accumulation_steps 1 --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0
COLD=$(swift-grpo last-checkpoint "$OUT/sft")

stage "3/5 before: held-out questions without the tool and with it"
evaluated before_alone "$COLD"
evaluated before "$COLD" --tools calculator

stage "4/5 GRPO with the calculator"
CONFIG=$HERE/config.yaml MODEL=$COLD DATASET=$OUT/train.jsonl OUTPUT_DIR=$OUT/grpo TOOLS=calculator \
  bash "$ROOT/scripts/train_multi_turn.sh" --compact --system "$PROMPT" --seed "$SEED" "${FLAGS[@]}"

stage "5/5 after: the same questions, paired"
TRAINED=$(swift-grpo last-checkpoint "$OUT/grpo")
evaluated after_alone "$TRAINED"
evaluated after "$TRAINED" --tools calculator
swift-grpo eval diff "$OUT/before" "$OUT/after"
swift-grpo eval diff "$OUT/after_alone" "$OUT/after"
