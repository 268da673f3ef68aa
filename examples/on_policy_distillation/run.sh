#!/usr/bin/env bash
# A model's cold start learns from what GRPO made of it, without a reward: on-policy distillation on a CPU.
#
# The teacher is the GRPO model of scripts/demo_tiny.sh, and the student is that demo's cold start, which guesses one of
# two numbers. The student answers, and the teacher says how probable it finds each token of the answer.
#
# Hardware   2 cores, 8 GB of memory
# Duration   3 minutes on 2 cores, after the demo
#
# Start it
#   bash scripts/demo_tiny.sh && bash examples/on_policy_distillation/run.sh
#   TEACHER_GPUS=0 bash examples/on_policy_distillation/run.sh     # the teacher has a server of its own
#
# Variables
#   DEMO          OUTPUT_DIR of scripts/demo_tiny.sh (output/demo_tiny)
#   SEED          (1)
#   TEACHER_GPUS  any word: the teacher is in `swift deploy` (in the trainer)
#   OUTPUT_DIR    (output/on_policy_distillation)
# Flags      --help, and any flag of `swift rlhf` for the distillation
set -euo pipefail
export DEVICE=cpu DTYPE=${DTYPE:-float32} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/demo.sh"
parse_flags "$@"
on_cpu 1

HERE=$ROOT/examples/on_policy_distillation
DEMO=${DEMO:-output/demo_tiny}
DATA=$DEMO/data
OUTPUT_DIR=${OUTPUT_DIR:-output/on_policy_distillation}
MODEL_FLAGS=(--model_type qwen2 --template qwen2_5 --system "$ROOT/prompts/demo.txt")
ANSWERS=("${MODEL_FLAGS[@]}" --max_new_tokens 32)
[[ ! -e $OUTPUT_DIR ]] || fail "$OUTPUT_DIR exists already; remove it, or name another: OUTPUT_DIR=…"
[[ -f $DATA/held_out.jsonl ]] || fail "$DATA has no held_out.jsonl; run bash scripts/demo_tiny.sh first, or name its DEMO=…"
mkdir -p "$OUTPUT_DIR"
COLD=$(swift-grpo last-checkpoint "$DEMO/sft")
TAUGHT=$(swift-grpo last-checkpoint "$DEMO/grpo")

stage "1/3 before: held-out accuracy of the teacher and of the student (40 s)"
measure teacher "$TAUGHT"
measure student "$COLD"

stage "2/3 on-policy distillation: the student's answers, the teacher's probabilities, no gold (1 minute)"
if [[ -z ${TEACHER_GPUS:-} ]]; then FLAGS=(--teacher_model_type qwen2 "${FLAGS[@]}"); fi
MODEL=$COLD TEACHER=$TAUGHT TEACHER_FLAGS="${MODEL_FLAGS[*]:0:4} --vllm_max_model_len 128" DATASET=$DATA/train.jsonl \
  CONFIG=$HERE/config.yaml OUTPUT_DIR=$OUTPUT_DIR/distilled bash "$ROOT/scripts/distill_on_policy.sh" --compact \
  "${MODEL_FLAGS[@]}" --seed "${SEED:-1}" "${FLAGS[@]}"

stage "3/3 after: the same questions (20 s)"
measure distilled "$(swift-grpo last-checkpoint "$OUTPUT_DIR/distilled")"
