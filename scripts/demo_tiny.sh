#!/usr/bin/env bash
# The demo without a pre-trained model, which scripts/demo.sh runs if the package index does not have one.
#
# A random 0.4 M-parameter Qwen2 learns a format from traces with guessed answers (scripts/sft_cold_start.sh), then
# learns to be right from the reward alone (scripts/train_multi_gpu.sh: vLLM server, two training ranks, ZeRO-2).
#
#   bash scripts/demo_tiny.sh
#   SEED=2 OUTPUT_DIR=output/demo_tiny-2 bash scripts/demo_tiny.sh
#
# Hardware   2 cores, 8 GB of memory, 8 GB of disk
# Duration   10 to 15 minutes on 2 cores, after 2 to 4 for the set-up
# Variables
#   SEED        seed of the questions and the run (1)
#   OUTPUT_DIR  (output/demo_tiny)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/demo.sh"
SEED=${SEED:-1}
OUTPUT_DIR=${OUTPUT_DIR:-output/demo_tiny}
DATA=$OUTPUT_DIR/data
MODEL_FLAGS=(--model_type qwen2 --template qwen2_5 --system "$ROOT/prompts/demo.txt")
ANSWERS=("${MODEL_FLAGS[@]}" --max_new_tokens 32)
TINY=("${MODEL_FLAGS[@]}" --seed "$SEED" --report_to none)
# The same on every CPU, as measured: a model this small gains nothing from bfloat16 or a second thread.
export DTYPE=${DTYPE:-float32} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
begin "$@"
on_cpu 1
mkdir -p "$OUTPUT_DIR"

stage "1/6 data and a random base model (10 s)"
swift-grpo demo-data "$DATA" --seed "$SEED" 2>"$OUTPUT_DIR/data.log"

stage "2/6 held-out accuracy of the base model (20 s)"
measure base "$DATA/base"

stage "3/6 cold start: the format, by swift sft (2 to 3 minutes)"
DEVICE=cpu MODEL=$DATA/base DATASET=$DATA/cold_start.jsonl OUTPUT_DIR=$OUTPUT_DIR/sft \
  bash "$ROOT/scripts/sft_cold_start.sh" --compact "${TINY[@]}" \
  --max_length 128 --num_train_epochs 3 --learning_rate 2e-3 --warmup_ratio 0.05 \
  --per_device_train_batch_size 32 --gradient_accumulation_steps 1 --gradient_checkpointing false \
  --dataset_num_proc 1 --dataloader_num_workers 0

stage "4/6 held-out accuracy after the cold start (20 s)"
COLD=$(swift-grpo last-checkpoint "$OUTPUT_DIR/sft")
measure cold_start "$COLD"

stage "5/6 GRPO: vLLM server, two training ranks, ZeRO-2, 160 steps (5 to 10 minutes)"
DEVICE=cpu GPUS=0,1,2 MODEL=$COLD DATASET=$DATA/train.jsonl OUTPUT_DIR=$OUTPUT_DIR/grpo \
  bash "$ROOT/scripts/train_multi_gpu.sh" --compact "${TINY[@]}" \
  --vllm_max_model_len 128 --max_length 64 --max_completion_length 32 \
  --num_generations 4 --per_device_train_batch_size 64 --gradient_accumulation_steps 1 --max_steps 160 \
  --learning_rate 8e-4 --lr_scheduler_type cosine --beta 0 --temperature 1 \
  --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0 --save_steps 160 --save_only_model true

stage "6/6 held-out accuracy after GRPO (20 s)"
measure grpo "$(swift-grpo last-checkpoint "$OUTPUT_DIR/grpo")"

stage "the story"
swift-grpo story "$OUTPUT_DIR/grpo" "$DATA/held_out.jsonl" \
  "random model=$OUTPUT_DIR/base.jsonl" "cold start=$OUTPUT_DIR/cold_start.jsonl" "GRPO=$OUTPUT_DIR/grpo.jsonl"
