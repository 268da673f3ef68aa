#!/usr/bin/env bash
# A real language model learns to add on two CPU cores: SmolLM2-135M-Instruct, GRPO by scripts/train_single_gpu.sh.
#
# The model comes from the package index. Without it the demo of a tiny random model (scripts/demo_tiny.sh) runs
# instead.
#
#   bash scripts/demo.sh
#   SEED=2 OUTPUT_DIR=output/demo-2 bash scripts/demo.sh
#
# Hardware   2 cores, 8 GB of memory, 9 GB of disk (8 of them for the set-up)
# Duration   6 minutes on 2 cores with native bfloat16, after 3 to 4 for the set-up
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  folder for data, answers and the run (output/demo)
#   MODEL       folder of another model (output/small_model, created if missing)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/demo.sh"
SEED=${SEED:-1}
OUTPUT_DIR=${OUTPUT_DIR:-output/demo}
DATA=$OUTPUT_DIR/data
PROMPT=$ROOT/prompts/number.txt
ANSWERS=(--system "$PROMPT" --max_new_tokens 16)
begin "$@"

stage "1/4 the model, and sums of two numbers from 1 to 20 (1 minute)"
if [[ -z ${MODEL:-} ]]; then
  MODEL=output/small_model
  if ! bash "$ROOT/scripts/small_model.sh" "$MODEL"; then
    echo "demo: without that model, a tiny random one learns another task (15 minutes)" >&2
    OUTPUT_DIR=$OUTPUT_DIR SEED=$SEED exec bash "$ROOT/scripts/demo_tiny.sh"
  fi
fi
swift-grpo sums "$DATA" --seed "$SEED"
on_cpu 1

stage "2/4 held-out accuracy before (30 s)"
measure before "$MODEL"

stage "3/4 GRPO: 32 steps of 4 questions and 8 answers each (3 to 6 minutes)"
DEVICE=cpu MODEL=$MODEL DATASET=$DATA/train.jsonl OUTPUT_DIR=$OUTPUT_DIR/grpo \
  bash "$ROOT/scripts/train_single_gpu.sh" --compact --system "$PROMPT" --seed "$SEED" --report_to none \
  --tuner_type full --reward_funcs math_accuracy --beta 0 --temperature 0.7 \
  --learning_rate 3e-5 --lr_scheduler_type cosine --warmup_ratio 0 --max_steps 32 \
  --num_generations 8 --per_device_train_batch_size 32 --max_length 48 --max_completion_length 16 \
  --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0 --save_steps 32 --save_only_model true \
  --val_dataset "$DATA/watched.jsonl" --eval_strategy steps --eval_steps 8 --eval_on_start true --per_device_eval_batch_size 8

stage "4/4 held-out accuracy after (30 s)"
measure after "$(swift-grpo last-checkpoint "$OUTPUT_DIR/grpo")"

stage "the story"
swift-grpo story "$OUTPUT_DIR/grpo" "$DATA/held_out.jsonl" --watched "$DATA/watched.jsonl" \
  "before=$OUTPUT_DIR/before.jsonl" "after=$OUTPUT_DIR/after.jsonl"
