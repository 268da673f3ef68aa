# shellcheck shell=bash disable=SC2034  # the scripts that source this read its variables
# Shared by the recipes: --help, flags, lists, cards, DEVICE=cpu, resuming. Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$ROOT/.venv/bin:$PATH
source "$ROOT/scripts/lib/home.sh"
DEVICE=${DEVICE:-gpu}
DRY_RUN=()      # --dry-run, if given
LAUNCH_FLAGS=() # the caller's flags for `swift-grpo launch`
FLAGS=()        # all others, for ms-swift
SERVER_FLAGS=()
TRAIN_FLAGS=()
BESIDE=() # servers that a recipe adds to its own, each with `::` behind it
DEVICE_ENV=()
DEVICE_FLAGS=()

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

# header: the comment at the head of a script is its --help; `# + FILE` includes a file of lib/.
header() {
  awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0" |
    sed -e "/^+ training/{r $ROOT/scripts/lib/training.txt" -e 'd}'
}

# parse_flags "$@": prints --help; the launcher's flags go to DRY_RUN and LAUNCH_FLAGS, the others to FLAGS.
parse_flags() {
  while (($#)); do
    case $1 in
      -h | --help)
        header
        exit 0
        ;;
      --dry-run) DRY_RUN=(--dry-run) ;;
      --compact | --strict | --stop-critical | --no-check=* | --stall-timeout=* | --meet-within=*) LAUNCH_FLAGS+=("$1") ;;
      --no-check | --stall-timeout | --meet-within)
        [[ -n ${2:-} && $2 != --* ]] || fail "$1 needs a value, such as --no-check output or --stall-timeout 600"
        LAUNCH_FLAGS+=("$1=$2")
        shift
        ;;
      # "$(swift-grpo last-checkpoint …)" without a checkpoint is empty: ms-swift would start from step 0
      --resume_from_checkpoint=) fail "--resume_from_checkpoint names no checkpoint" ;;
      --resume_from_checkpoint)
        [[ -n ${2:-} ]] || fail "--resume_from_checkpoint names no checkpoint"
        FLAGS+=("$1")
        ;;
      *) FLAGS+=("$1") ;;
    esac
    shift
  done
  command -v swift-grpo >/dev/null || fail "there is no .venv here with swift-grpo and ms-swift; run: bash scripts/setup.sh"
  case $DEVICE in
    gpu) DTYPE=bfloat16 ;;
    cpu) ;;
    *) fail "DEVICE=$DEVICE is not known; use DEVICE=gpu or DEVICE=cpu" ;;
  esac
}

# renamed OLD ADVICE: refuses a variable that an earlier version read.
renamed() {
  [[ -z ${!1:-} ]] || fail "$1=${!1} is no longer read; $2"
}

# list_of NAME TEXT: the words of a text into the array NAME, separated by blanks; the name of a file is one word.
list_of() {
  local -n list=$1
  if [[ -e ${2%%#*} ]]; then list=("$2"); else read -rd '' -a list <<<"$2" || true; fi
}

# comma_list A B C -> A,B,C
comma_list() {
  local IFS=,
  printf '%s' "$*"
}

# take COMMAND…: sets what a command of `swift-grpo` prints for scripts: NAME=VALUE, and NAME+=WORD of an array.
take() {
  local words word
  mapfile -d '' words < <(swift-grpo "$@")
  wait $! || exit 2
  for word in "${words[@]}"; do
    if [[ ${word%%=*} == *+ ]]; then
      local -n array=${word%%+=*}
      array+=("${word#*=}")
    else
      printf -v "${word%%=*}" %s "${word#*=}"
    fi
  done
}

# on_cpu PROCESSES: with DEVICE=cpu, sets DEVICE_ENV, DEVICE_FLAGS and DTYPE so that this many processes compute at once
# without a card (swift_grpo/cpu/settings.py).
on_cpu() {
  if [[ $DEVICE == cpu ]]; then take cpu-settings "$1"; fi
}

# work_out WORDS: sets cards, batch, ports, and the flags of server and trainer (swift_grpo/commands/layout.py).
work_out() {
  take work-out --device "$DEVICE" "${DRY_RUN[@]}" "$@"
}

# from_cold_start: with SFT (OUTPUT_DIR of scripts/sft_cold_start.sh, or a checkpoint), MODEL is its newest checkpoint.
from_cold_start() {
  [[ -n ${SFT:-} ]] || return 0
  [[ -z ${MODEL:-} ]] || fail "MODEL and SFT both name the model to begin with; give one of them"
  MODEL=$SFT
  [[ -f $SFT/config.json || -f $SFT/adapter_config.json ]] || MODEL=$(swift-grpo last-checkpoint "$SFT") || exit 2
  [[ ! -f $MODEL/adapter_config.json ]] ||
    fail "$MODEL is a LoRA checkpoint; merge it first: bash scripts/export.sh $MODEL, then SFT=<the merged folder>"
}

# watch_checkpoints: evaluates each checkpoint on EVAL, on the cards EVAL_GPUS, while the run goes on. The watcher waits
# for our PID, which the launcher keeps (exec). The subshell re-parents it, because the launcher stops its children.
watch_checkpoints() {
  [[ -f $EVAL ]] || fail "EVAL=$EVAL is not there; it is a prepared set (swift-grpo data prepare)"
  [[ $DEVICE == cpu || -n ${EVAL_GPUS:-} ]] || fail "EVAL=$EVAL needs a card that the run leaves free: EVAL_GPUS=7"
  mkdir -p "$OUTPUT_DIR"
  (GPUS=${EVAL_GPUS:-} swift-grpo eval watch "$OUTPUT_DIR" --data "$EVAL" --device "$DEVICE" --until $$ \
    </dev/null >>"$OUTPUT_DIR/watch.log" 2>&1 &)
}

# resume_flags: --resume_from_checkpoint from RESUME (auto: the last complete checkpoint, if any) into RESUME_FLAGS.
resume_flags() {
  local checkpoint=${RESUME:-}
  RESUME_FLAGS=()
  if [[ $checkpoint == auto ]]; then
    if ! compgen -G "$OUTPUT_DIR/*/checkpoint-*" >/dev/null && ! compgen -G "$OUTPUT_DIR/checkpoint-*" >/dev/null; then
      printf 'swift-grpo: RESUME=auto: no checkpoint below %s yet, starting from step 0\n' "$OUTPUT_DIR" >&2
      return 0
    fi
    checkpoint=$(swift-grpo last-checkpoint --to-resume "$OUTPUT_DIR") || exit 2
  fi
  [[ -n $checkpoint ]] || return 0
  [[ -d $checkpoint ]] || fail "RESUME=$checkpoint is not there; use RESUME=auto or a checkpoint's folder"
  RESUME_FLAGS=(--resume_from_checkpoint "$checkpoint")
}

# run COMMAND…: becomes the command, or prints it with --dry-run.
run() {
  ((${#LAUNCH_FLAGS[@]} == 0)) || fail "${LAUNCH_FLAGS[0]} is a flag of the training recipes"
  ((${#DRY_RUN[@]})) || exec "$@"
  printf '%q ' "$@"
  echo
}

# launch COMMAND... [:: COMMAND...]: checks the commands, then runs them; all but the last are servers. A recipe's function
# `beside` names further ones in BESIDE.
# Logs go to LOGS, below OUTPUT_DIR unless set.
launch() {
  export -n ALERT # it may hold a token: in no command line, and not in the environment of what the run starts
  if [[ -n ${CURRICULUM:-} ]]; then
    [[ $CURRICULUM =~ ^[1-9][0-9]*$ ]] || fail "CURRICULUM=$CURRICULUM is not a number of steps"
    LAUNCH_FLAGS+=(--curriculum "$CURRICULUM")
    RESUME=${RESUME:-auto} # its checkpoints and stages are in OUTPUT_DIR
  fi
  resume_flags
  if declare -F beside >/dev/null; then beside; fi
  if [[ -n ${EVAL:-} && ${#DRY_RUN[@]} -eq 0 ]]; then
    watch_checkpoints
  fi
  SWIFT_GRPO_ALERT=${ALERT:-} exec swift-grpo launch --device "$DEVICE" --logs "${LOGS:-$OUTPUT_DIR/launches}" "${DRY_RUN[@]}" \
    --restarts "${RESTARTS:-0}" "${LAUNCH_FLAGS[@]}" -- "${BESIDE[@]}" "$@" "${RESUME_FLAGS[@]}"
}
