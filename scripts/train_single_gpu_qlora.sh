#!/usr/bin/env bash
# GRPO with QLoRA on one small card: DeepSeek-R1-Distill-Qwen-1.5B in 4 bits, 80 steps.
#
# The settings that we would choose today for the card of the Kaggle notebook. The notebook's are in examples/r1_aimo;
# configs/train_single_gpu_qlora.yaml says what differs and why.
#
# Hardware   1 card of 16 GB. The original ran on a T4: add --torch_dtype float16 --bnb_4bit_compute_dtype float16 there
# Memory     about 1.5 GB of 4-bit weights; LoRA of rank 32 and its optimizer below 1 GB; activations (estimated)
# Duration   not measured yet
#
# Start it
#   bash scripts/train_single_gpu_qlora.sh
#   DATASET=problems.jsonl bash scripts/train_single_gpu_qlora.sh --max_steps 200
#   GPUS=1 bash scripts/train_single_gpu_qlora.sh --num_generations 8 --per_device_train_batch_size 8
#
# Variables
#   MODEL       hub id or folder (deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B)
#   SFT         begin with this cold start instead: OUTPUT_DIR of sft_cold_start.sh, or a checkpoint
#   DATASET     hub ids or files, separated by blanks (AI-MO/NuminaMath-TIR#1000)
#   PLUGIN      Python files with rewards of your own, separated by blanks
#   CONFIG      hyperparameters (configs/train_single_gpu_qlora.yaml)
#   OUTPUT_DIR  (output/train_single_gpu_qlora)
#   GPUS        the card (0)
# + training: scripts/lib/training.txt, what every training recipe takes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

from_cold_start
MODEL=${MODEL:-deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B}
list_of DATASETS "${DATASET:-AI-MO/NuminaMath-TIR#1000}"
list_of PLUGINS "${PLUGIN:-}"
OUTPUT_DIR=${OUTPUT_DIR:-output/train_single_gpu_qlora}
CONFIG=${CONFIG:-$ROOT/configs/train_single_gpu_qlora.yaml}
[[ $DEVICE == gpu ]] || fail "4-bit NF4 needs CUDA; on a CPU use: DEVICE=cpu bash scripts/train_single_gpu.sh"

TRAIN=(
  env "CUDA_VISIBLE_DEVICES=${GPUS:-${CUDA_VISIBLE_DEVICES:-0}}"
  swift rlhf "$CONFIG"
  --rlhf_type grpo
  --model "$MODEL"
  --dataset "${DATASETS[@]}"
  --system "$ROOT/prompts/r1.txt"
  --external_plugins "$ROOT/plugin/plugin.py" "${PLUGINS[@]}"
  --output_dir "$OUTPUT_DIR"
  "${FLAGS[@]}"
)
launch "${TRAIN[@]}"
