# shellcheck shell=bash disable=SC2034  # the scripts that source this read its variables
# Shared by the recipes: --help, --dry-run, the environment, cards, DEVICE=cpu. Sourced, never run.
# Sets ROOT, FLAGS (the caller's ms-swift flags), DRY_RUN, COMPACT, DEVICE, DEVICE_ENV, DEVICE_FLAGS, DTYPE.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$ROOT/.venv/bin:$PATH
source "$ROOT/scripts/lib/home.sh"
DEVICE=${DEVICE:-gpu}
DRY_RUN=()
COMPACT=()
SUPERVISION=()
FLAGS=()
DEVICE_ENV=()
DEVICE_FLAGS=()

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

# The comment at the head of a script is its --help.
header() {
  awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
}

# parse_flags "$@": takes what is for the launcher (--help, --dry-run, --compact, --stall-timeout=, --no-check=, --strict), keeps
# everything else for ms-swift.
parse_flags() {
  local flag before
  for flag in "$@"; do
    case $flag in
      -h | --help)
        header
        exit 0
        ;;
      --dry-run) DRY_RUN=(--dry-run) ;;
      --compact) COMPACT=(--compact) ;;
      --stall-timeout=* | --no-check=* | --strict) SUPERVISION+=("$flag") ;;
      --resume_from_checkpoint=) fail "--resume_from_checkpoint names no checkpoint" ;;
      *) FLAGS+=("$flag") ;;
    esac
    # "$(swift-grpo last-checkpoint …)" without a checkpoint: ms-swift would start from step 0
    [[ -n $flag || ${before:-} != --resume_from_checkpoint ]] || fail "--resume_from_checkpoint names no checkpoint"
    before=$flag
  done
  command -v swift-grpo >/dev/null || fail "ms-swift is not installed here; run: bash scripts/setup.sh"
  case $DEVICE in
    gpu) DTYPE=bfloat16 ;;
    cpu) ;;
    *) fail "DEVICE=$DEVICE is not known; use DEVICE=gpu or DEVICE=cpu" ;;
  esac
}

# on_cpu PROCESSES: with DEVICE=cpu, what lets that many processes compute side by side without a card, into DEVICE_ENV,
# DEVICE_FLAGS and DTYPE. site/ bridges what ms-swift and vLLM assume of a GPU (swift_grpo/cpu/bridges.py); VLLM_PLUGINS keeps
# out ms-swift's vLLM plugin, which imports torchvision. Threads that wait spin for a moment (GOMP_SPINCOUNT) and then sleep:
# one that spins on takes the core from the one it waits for, and on a busy machine two threads then take several times as long as one.
on_cpu() {
  local threads settings
  [[ $DEVICE == cpu ]] || return 0
  settings=$(swift-grpo cpu-settings "$1") || exit 2
  read -r threads DTYPE <<<"$settings"
  DEVICE_ENV=("PYTHONPATH=$ROOT/swift_grpo/cpu/site${PYTHONPATH:+:$PYTHONPATH}" VLLM_PLUGINS=none VLLM_CPU_KVCACHE_SPACE=1
    "OMP_NUM_THREADS=$threads" OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=20000 CUDA_VISIBLE_DEVICES=)
  # Weights stay float32, so that small updates are not rounded away; with bfloat16 the products are (autocast).
  DEVICE_FLAGS=(--use_cpu true --torch_dtype float32 --fp16 false --bf16 "$([[ $DTYPE == bfloat16 ]] && echo true || echo false)")
}

# visible_cards: GPUS, or CUDA_VISIBLE_DEVICES, or what nvidia-smi lists, one a line.
visible_cards() {
  local cards=${GPUS:-${CUDA_VISIBLE_DEVICES:-}}
  if [[ -z $cards ]] && command -v nvidia-smi >/dev/null; then
    cards=$(nvidia-smi --query-gpu=index --format=csv,noheader | paste -sd, -)
  fi
  tr ',' '\n' <<<"$cards" | sed '/^ *$/d; s/ //g'
}

# from_cold_start: with SFT (OUTPUT_DIR of scripts/sft_cold_start.sh, or a checkpoint), MODEL is its newest checkpoint.
from_cold_start() {
  [[ -n ${SFT:-} ]] || return 0
  [[ -z ${MODEL:-} ]] || fail "MODEL and SFT both say where to begin; give one of them"
  if [[ -f $SFT/config.json || -f $SFT/adapter_config.json ]]; then MODEL=$SFT; else MODEL=$(swift-grpo last-checkpoint "$SFT") || exit 2; fi
  [[ ! -f $MODEL/adapter_config.json ]] || fail "$MODEL is a LoRA checkpoint; merge it first: bash scripts/export.sh $MODEL, then SFT=<the merged folder>"
}

# comma_list A B C -> A,B,C
comma_list() {
  local IFS=,
  printf '%s' "$*"
}

# flags_named PATTERN: those of the caller's flags whose name matches, with their values, into MATCHING; the rest into OTHERS.
flags_named() {
  local word matching=false
  MATCHING=()
  OTHERS=()
  for word in "${FLAGS[@]}"; do
    if [[ $word == --* ]]; then
      if [[ ${word%%=*} =~ ^--($1)$ ]]; then matching=true; else matching=false; fi
    fi
    if $matching; then MATCHING+=("$word"); else OTHERS+=("$word"); fi
  done
}

# whose_flags: the caller's flags by whom they are for. What describes the model goes to both (MODEL_FLAGS), --vllm_* to the server
# (SERVER_FLAGS), but for those that name the server (CLIENT_FLAGS); the rest stays in FLAGS, for the trainer.
whose_flags() {
  local shared='model|model_type|model_revision|use_hf|torch_dtype|rope_scaling|max_model_len'
  shared+='|template|template_backend|agent_template|use_chat_template|response_prefix|enable_thinking|add_non_thinking_prefix'
  shared+='|multi_turn_scheduler|max_turns|gym_env'
  flags_named "$shared"
  MODEL_FLAGS=("${MATCHING[@]}")
  flags_named 'vllm_mode|vllm_server_.*'
  CLIENT_FLAGS=("${MATCHING[@]}")
  FLAGS=("${OTHERS[@]}")
  flags_named 'vllm_.*'
  SERVER_FLAGS=("${MATCHING[@]}")
  FLAGS=("${OTHERS[@]}")
}

# server_cards CARDS: how many copies of the model CARDS cards hold, into COPIES: cards = tensor parallel x data parallel.
server_cards() {
  local tensor
  tensor=$(flag_value vllm_tensor_parallel_size 1)
  [[ $tensor =~ ^[1-9][0-9]*$ ]] || fail "--vllm_tensor_parallel_size $tensor is not a positive number"
  (($1 % tensor == 0)) ||
    fail "VLLM_GPUS=$1 cards cannot be shared out by --vllm_tensor_parallel_size $tensor; use VLLM_GPUS=$tensor or a multiple"
  COPIES=$(($1 / tensor))
}

# watch_checkpoints: evaluates each checkpoint on EVAL, on the cards EVAL_GPUS, beside the run and no longer than it. This shell
# becomes the launcher by exec, whose id the watch waits for; the subshell gives it away, since the launcher stops all its children.
watch_checkpoints() {
  [[ -f $EVAL ]] || fail "EVAL=$EVAL is not there; it is a prepared set (swift-grpo data prepare)"
  [[ $DEVICE == cpu || -n ${EVAL_GPUS:-} ]] || fail "EVAL=$EVAL needs a card that the run leaves free: EVAL_GPUS=7"
  mkdir -p "$OUTPUT_DIR"
  (GPUS=${EVAL_GPUS:-} swift-grpo eval watch "$OUTPUT_DIR" --data "$EVAL" --device "$DEVICE" --until $$ \
    </dev/null >>"$OUTPUT_DIR/watch.log" 2>&1 &)
}

# flag_value NAME DEFAULT: the last value that the caller gives to --NAME, else DEFAULT.
flag_value() {
  local word value=$2 taken=false
  for word in "${FLAGS[@]}"; do
    if $taken; then value=$word; fi
    taken=false
    case $word in
      "--$1") taken=true ;;
      "--$1="*) value=${word#*=} ;;
    esac
  done
  printf '%s' "$value"
}

# resume_flags: --resume_from_checkpoint from RESUME (auto: the last complete checkpoint, if there is any) into RESUME_FLAGS.
resume_flags() {
  local checkpoint
  RESUME_FLAGS=()
  case ${RESUME:-} in
    '') return 0 ;;
    auto)
      if ! compgen -G "$OUTPUT_DIR/*/checkpoint-*" >/dev/null && ! compgen -G "$OUTPUT_DIR/checkpoint-*" >/dev/null; then
        printf 'swift-grpo: RESUME=auto: no checkpoint below %s yet, starting from step 0\n' "$OUTPUT_DIR" >&2
        return 0
      fi
      checkpoint=$(swift-grpo last-checkpoint --to-resume "$OUTPUT_DIR") || exit 2
      ;;
    *)
      checkpoint=$RESUME
      [[ -d $checkpoint ]] || fail "RESUME=$checkpoint is not there; use RESUME=auto or a checkpoint's folder"
      ;;
  esac
  RESUME_FLAGS=(--resume_from_checkpoint "$checkpoint")
}

# launch COMMAND... [:: COMMAND...]: checks the commands, then runs them; all but the last are rollout servers.
# Logs go to LOGS, below OUTPUT_DIR unless set.
launch() {
  resume_flags
  if [[ -n ${EVAL:-} && ${#DRY_RUN[@]} -eq 0 ]]; then
    watch_checkpoints
  fi
  exec swift-grpo launch --device "$DEVICE" --logs "${LOGS:-$OUTPUT_DIR/launches}" "${DRY_RUN[@]}" "${COMPACT[@]}" \
    --restarts "${RESTARTS:-0}" "${SUPERVISION[@]}" -- "$@" "${RESUME_FLAGS[@]}"
}
