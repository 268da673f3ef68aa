#!/usr/bin/env bash
# GRPO with LoRA on one card: Qwen2.5-7B-Instruct on a thousand competition problems.
#
# Hardware   1 card of 40 GB; of 80 GB with VLLM=colocate
# Memory     28 GB (estimated): 15 GB of bf16 weights; adapters and their optimizer below 1 GB; the rest is activations
#            and logits. With VLLM=colocate vLLM has its own copy of the weights and a cache
# Duration   not measured yet
#
# Start it
#   bash scripts/train_single_gpu.sh
#   VLLM=colocate bash scripts/train_single_gpu.sh --vllm_gpu_memory_utilization 0.4
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/train_single_gpu.sh --max_steps 5
#
# Variables
#   MODEL       hub id or folder (Qwen/Qwen2.5-7B-Instruct)
#   SFT         begin with this cold start instead: OUTPUT_DIR of sft_cold_start.sh, or a checkpoint
#   DATASET     hub ids or files, separated by blanks (AI-MO/NuminaMath-TIR#1000)
#   PLUGIN      Python files with rewards of your own, separated by blanks
#   CONFIG      hyperparameters (configs/train_single_gpu.yaml)
#   OUTPUT_DIR  (output/train_single_gpu)
#   GPUS        the card (0)
#   VLLM        colocate: vLLM generates, on the same card (off: transformers generates)
# + training: scripts/lib/training.txt, what every training recipe takes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
on_cpu 1

from_cold_start
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
list_of DATASETS "${DATASET:-AI-MO/NuminaMath-TIR#1000}"
list_of PLUGINS "${PLUGIN:-}"
OUTPUT_DIR=${OUTPUT_DIR:-output/train_single_gpu}
CONFIG=${CONFIG:-$ROOT/configs/train_single_gpu.yaml}
ROLLOUT_FLAGS=()

case ${VLLM:-} in
  '') ;;
  colocate)
    ROLLOUT_FLAGS=(
      --use_vllm true
      --vllm_mode colocate
      --vllm_gpu_memory_utilization 0.4
      --vllm_max_model_len 4096 # prompt and completion together
      --vllm_enable_lora true   # only the adapter is synced, not the 15 GB of weights
      --vllm_max_lora_rank 8
      --sleep_level 1 # vLLM leaves the card to the trainer during the gradient step
    )
    ;;
  *) fail "VLLM=$VLLM is not known; leave it unset (transformers generates) or use VLLM=colocate" ;;
esac

TRAIN=(
  env "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=${GPUS:-${CUDA_VISIBLE_DEVICES:-0}}}"
  swift rlhf "$CONFIG"
  --rlhf_type grpo
  --model "$MODEL"
  --dataset "${DATASETS[@]}"
  --system "$ROOT/prompts/r1.txt"
  --external_plugins "$ROOT/plugin/plugin.py" "${PLUGINS[@]}"
  --output_dir "$OUTPUT_DIR"
  "${ROLLOUT_FLAGS[@]}" "${DEVICE_FLAGS[@]}" "${FLAGS[@]}"
)
launch "${TRAIN[@]}"
