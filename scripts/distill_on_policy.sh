#!/usr/bin/env bash
# On-policy distillation: a student of 1.5B answers, and a teacher of 7B says how probable it finds each token of it.
#
# It adds the teacher to scripts/train_single_gpu.sh, or with several GPUS to scripts/train_multi_gpu.sh, which have the
# student's command. docs/distillation.md has the details.
#
# Hardware   1 card of 48 GB; with TEACHER_GPUS 1 of 24 GB for the student, and cards that hold the teacher
# Memory     35 GB (estimated): 15 GB of bf16 weights of the teacher, 3 GB of the student's, the rest is activations
# Duration   not measured yet on a GPU; docs/evidence/distillation.md has results on a CPU
#
# Start it
#   bash scripts/distill_on_policy.sh                                          # the teacher is in the trainer
#   TEACHER_GPUS=1 bash scripts/distill_on_policy.sh                           # it has its own card, and a server
#   GPUS=0,1,2,3 TEACHER_GPUS=4,5,6,7 TEACHER=Qwen/Qwen2.5-72B-Instruct bash scripts/distill_on_policy.sh
#   TEACHERS="m.jsonl=http://a:8000 c.jsonl=http://b:8000" DATASET="m.jsonl c.jsonl" bash scripts/distill_on_policy.sh
#   DEVICE=cpu MODEL=path/to/tiny TEACHER=path/to/other DATASET=rows.jsonl bash scripts/distill_on_policy.sh --max_steps 5
#
# Variables
#   MODEL          the student: hub id or folder (Qwen/Qwen2.5-1.5B-Instruct)
#   TEACHER        hub id or folder, of the same tokenizer (Qwen/Qwen2.5-7B-Instruct)
#   TEACHER_GPUS   cards of a server of the teacher, which share its weights; with DEVICE=cpu any word (in the trainer)
#   TEACHER_FLAGS  more flags of that server, separated by blanks: "--vllm_max_model_len 16384"
#   TEACHER_URL    a teacher that is served already, by the line that this recipe shows with TEACHER_GPUS
#   TEACHERS       several, by tag: "math.jsonl=URL code.jsonl=URL". A tag is the name of a data set in DATASET, or with
#                  --teacher_tag_key COLUMN the value of a column
#   DATASET        hub ids or files, separated by blanks (AI-MO/NuminaMath-TIR#1000)
#   CONFIG         hyperparameters (configs/distill_on_policy.yaml)
#   OUTPUT_DIR     (output/distill_on_policy)
#   GPUS           the student's cards (0)
#   SFT, PLUGIN, VLLM, SERVE_GPUS and others: see the two recipes
# + training: scripts/lib/training.txt, what every training recipe takes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then parse_flags "$@"; fi

GIVEN=(${TEACHER_GPUS:+TEACHER_GPUS} ${TEACHER_URL:+TEACHER_URL} ${TEACHERS:+TEACHERS})
((${#GIVEN[@]} < 2)) || fail "${GIVEN[0]} and ${GIVEN[1]} both say where the teacher is; give one of them"
[[ -z ${NODES:-} || -z ${TEACHER_GPUS:-} ]] ||
  fail "each machine of NODES would start a teacher; start one by itself, and name it in TEACHER_URL"
TEACHER=${TEACHER:-Qwen/Qwen2.5-7B-Instruct}
if [[ -z ${SFT:-} ]]; then MODEL=${MODEL:-Qwen/Qwen2.5-1.5B-Instruct}; fi
CONFIG=${CONFIG:-$ROOT/configs/distill_on_policy.yaml}
OUTPUT_DIR=${OUTPUT_DIR:-output/distill_on_policy}

# ---- where the teacher is
case ${GIVEN[0]:-} in
  '') DISTILLATION=(--teacher_model "$TEACHER") ;;
  TEACHER_GPUS)
    TEACHER_PORT=$(swift-grpo free-ports)
    DISTILLATION=(--teacher_model_server "http://127.0.0.1:$TEACHER_PORT")
    ;;
  TEACHER_URL) DISTILLATION=(--teacher_model_server "$TEACHER_URL") ;;
  TEACHERS)
    list_of TAGGED "$TEACHERS"
    ENTRIES=()
    for one in "${TAGGED[@]}"; do
      [[ $one == ?*=http*://?* ]] || fail "TEACHERS: $one is not TAG=URL, such as math=http://127.0.0.1:8000"
      ENTRIES+=("{\"url\": \"${one#*=}\", \"tags\": [\"${one%%=*}\"]}")
    done
    DISTILLATION=(--teacher_model_server "[$(comma_list "${ENTRIES[@]}")]")
    ;;
esac

# beside: the servers that `launch` of lib/recipe.sh starts before the student's commands
beside() {
  [[ -n ${TEACHER_GPUS:-} ]] || return 0
  local cards=${TEACHER_GPUS//[^,]/}
  list_of SERVED "${TEACHER_FLAGS:-}"
  BESIDE=(
    env "${DEVICE_ENV[@]:-CUDA_VISIBLE_DEVICES=$TEACHER_GPUS}"
    swift deploy
    --model "$TEACHER"
    --torch_dtype "$DTYPE"
    --infer_backend vllm # the only one that returns the probabilities of a prompt's tokens
    --max_logprobs 1
    --host 127.0.0.1
    --port "$TEACHER_PORT"
    --vllm_tensor_parallel_size $((${#cards} + 1))
    --vllm_gpu_memory_utilization 0.8 # the logits of whole prompts need the rest
    --vllm_max_model_len 8192         # prompt, completion and one token
    --verbose false                   # else it logs each text
    "${SERVED[@]}"
    ::
  )
}

RECIPE=train_single_gpu.sh
if [[ ${GPUS:-} == *,* || -n ${NODES:-} ]]; then RECIPE=train_multi_gpu.sh; fi
# shellcheck source=scripts/train_single_gpu.sh
source "$ROOT/scripts/$RECIPE" "${DISTILLATION[@]}" "$@"
