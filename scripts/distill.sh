#!/usr/bin/env bash
# Traces worth copying: a teacher answers each prompt n times, the grader and chosen rewards reject, the best few stay.
# What comes out is what scripts/sft_cold_start.sh reads, so that a policy starts with the format and some of the skill.
#
# Hardware   none for a teacher behind URL; else cards that hold the teacher, COPIES × TENSOR_PARALLEL of them
# Memory     a teacher of 7B in bf16: 15 GB of weights a copy, the rest of the card is vLLM's cache (estimated)
# Duration   not measured yet on a GPU
#
# Start it
#   URL=https://api.deepseek.com/v1 MODEL=deepseek-reasoner DATASET=gsm8k.jsonl bash scripts/distill.sh --wrap-answer
#   MODEL=Qwen/Qwen2.5-7B-Instruct COPIES=8 DATASET=gsm8k.jsonl bash scripts/distill.sh -- --vllm_max_model_len 4096
#   MODEL=$(swift-grpo last-checkpoint output/train_single_gpu) DATASET=gsm8k.jsonl bash scripts/distill.sh   # STaR: the model itself
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/distill.sh -- --model_type qwen2 --template qwen2_5
# and then
#   DATASET=output/distill/traces.jsonl bash scripts/sft_cold_start.sh
#   SFT=output/sft_cold_start bash scripts/train_multi_gpu.sh
#
# Killed, the same command goes on: samples are kept in OUTPUT_DIR/samples, and nothing is sampled twice.
#
# Variables  MODEL (the teacher)  URL (where it is served; its key is in OPENAI_API_KEY)  DATASET (rows with solution)  N (samples; 4)
#            BEST (traces a prompt; 1)  REQUIRE (rewards and the least they must pay)  SYSTEM (the teacher's prompt)
#            OUTPUT_DIR  GPUS  COPIES  TENSOR_PARALLEL  DEVICE
# Flags      --help, --dry-run (prints the exact command), any option of `swift-grpo data distill`, which wins over the recipe's,
#            --require NAME=LEAST …, and after -- any flag of `swift deploy`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"

[[ -n ${MODEL:-} ]] || fail "name the teacher: MODEL=Qwen/Qwen2.5-7B-Instruct, and URL=… where somebody serves it (see --help)"
[[ -n ${DATASET:-} ]] || fail "name the prompts: DATASET=gsm8k.jsonl (rows with messages and solution; swift-grpo data prepare)"
OUTPUT_DIR=${OUTPUT_DIR:-output/distill}
REQUIRE=${REQUIRE:-math_accuracy=1 r1_format=1}

# ---- the teacher: a hub id, a model's folder, or a LoRA checkpoint, which names its base itself
TEACHER=(--model "$MODEL")
if [[ -n ${URL:-} ]]; then TEACHER+=(--url "$URL"); fi

# ---- whose flags: what follows -- is for swift deploy
OWN=()
DEPLOY=()
for word in "${FLAGS[@]}"; do
  if [[ $word == -- || ${#DEPLOY[@]} -gt 0 ]]; then DEPLOY+=("$word"); else OWN+=("$word"); fi
done
FLAGS=("${OWN[@]}")

# ---- --require A=1 B=1 takes several words; the command takes them as one
flags_named require
if [[ ${#MATCHING[@]} -gt 0 ]]; then
  REQUIRE=${MATCHING[*]//--require=/ }
  REQUIRE=${REQUIRE//--require/ }
fi

DISTILL=(
  swift-grpo data distill "$DATASET"
  "${TEACHER[@]}"
  --system "${SYSTEM:-$ROOT/prompts/r1.txt}"
  --n "${N:-4}"
  --temperature 0.6 --top-p 0.95 --max-tokens 8192 # as DeepSeek-R1 was evaluated
  --require "$REQUIRE"
  --best "${BEST:-1}"
  --samples "$OUTPUT_DIR/samples"
  --output "$OUTPUT_DIR/traces.jsonl"
  --device "$DEVICE" --copies "${COPIES:-1}" --tensor-parallel "${TENSOR_PARALLEL:-1}"
  "${OTHERS[@]}" "${DEPLOY[@]}"
)
if [[ ${#DRY_RUN[@]} -gt 0 ]]; then
  printf '%q ' "${DISTILL[@]}"
  echo
  exit
fi
exec "${DISTILL[@]}"
