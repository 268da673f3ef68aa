#!/usr/bin/env bash
# Traces for SFT: a teacher answers each prompt n times, the grader and other rewards filter, the best few are kept.
# scripts/sft_cold_start.sh reads them, so that the policy starts with the format and some skill.
#
# Hardware   none with URL; else cards that hold the teacher
# Memory     a teacher of 7B in bf16: 15 GB of weights per copy, the rest of the card is vLLM's cache (estimated)
# Duration   not measured yet on a GPU
#
# Start it
#   URL=https://api.deepseek.com/v1 MODEL=deepseek-reasoner DATASET=gsm8k.jsonl bash scripts/distill.sh --wrap-answer
#   MODEL=Qwen/Qwen2.5-7B-Instruct GPUS=0,1,2,3 DATASET=gsm8k.jsonl bash scripts/distill.sh -- --vllm_max_model_len 4096
#   MODEL=output/train_single_gpu/v0-…/checkpoint-250 DATASET=gsm8k.jsonl bash scripts/distill.sh    # STaR
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/distill.sh -- --model_type qwen2 --template qwen2_5
# and then
#   DATASET=output/distill/traces.jsonl bash scripts/sft_cold_start.sh
#   SFT=output/sft_cold_start bash scripts/train_multi_gpu.sh
#
# If it is killed, the same command continues: samples are kept in OUTPUT_DIR/samples, and none is taken twice.
#
# Variables
#   MODEL            the teacher: a hub id, a model's folder, or a LoRA checkpoint
#   URL              a server of it, with its key in OPENAI_API_KEY (a server is started here)
#   DATASET          files of rows with `solution`, separated by blanks
#   SYSTEM           the teacher's system prompt, a file or a text (prompts/r1.txt)
#   GPUS             cards that serve: 0,1,2,3 (the first TENSOR_PARALLEL ones)
#   TENSOR_PARALLEL  cards that share one copy of the teacher (1)
#   OUTPUT_DIR       (output/distill)
#   DEVICE           gpu or cpu (gpu)
# Flags
#   --n N                    samples per prompt (4)
#   --best N                 traces kept per prompt (1)
#   --require NAME=LEAST …   rewards and the least that they must pay (math_accuracy=1 r1_format=1)
#   --dry-run                print the exact command and exit
#   any other option of `swift-grpo data distill`, which wins over the recipe's, and after -- any flag of `swift deploy`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
parse_flags "$@"
renamed COPIES "name the cards, GPUS=0,1,2,3: a copy on each, or one for every 2 of them with TENSOR_PARALLEL=2"
for name in N BEST REQUIRE; do renamed "$name" "give it as a flag: --${name,,} ${!name:-}"; done

[[ -n ${MODEL:-} ]] || fail "name the teacher: MODEL=Qwen/Qwen2.5-7B-Instruct, and URL=… of its server (see --help)"
[[ -n ${DATASET:-} ]] || fail "name the prompts: DATASET=gsm8k.jsonl (made by swift-grpo data prepare; see --help)"
OUTPUT_DIR=${OUTPUT_DIR:-output/distill}
list_of PROMPTS "$DATASET"
ALSO=()
for file in "${PROMPTS[@]:1}"; do ALSO+=(--also "$file"); done

# ---- servers of the teacher, without URL
if [[ -n ${URL:-} ]]; then
  SERVERS=(--url "$URL")
else
  work_out --all-serve
  SERVERS=(--copies "$COPIES" --tensor-parallel "$TENSOR_PARALLEL")
fi

# ---- flags after -- are for swift deploy; --require A=1 B=1 becomes one word
OWN=()
REQUIRED=()
for ((i = 0; i < ${#FLAGS[@]}; i++)); do
  word=${FLAGS[i]}
  case $word in
    --) break ;;
    --require=*) REQUIRED+=("${word#*=}") ;;
    --require)
      while [[ ${FLAGS[i + 1]:---} != --* ]]; do REQUIRED+=("${FLAGS[++i]}"); done
      ;;
    *) OWN+=("$word") ;;
  esac
done

DISTILL=(
  swift-grpo data distill "${PROMPTS[0]}" "${ALSO[@]}"
  --model "$MODEL"
  --system "${SYSTEM:-$ROOT/prompts/r1.txt}"
  --n 4
  --temperature 0.6 --top-p 0.95 --max-tokens 8192 # as DeepSeek-R1 was evaluated
  --require "${REQUIRED[*]:-math_accuracy=1 r1_format=1}"
  --best 1
  --samples "$OUTPUT_DIR/samples"
  --output "$OUTPUT_DIR/traces.jsonl"
  --device "$DEVICE" "${SERVERS[@]}"
  "${OWN[@]}" "${FLAGS[@]:i}"
)
run "${DISTILL[@]}"
