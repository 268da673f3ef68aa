# shellcheck shell=bash disable=SC2034  # the examples that source this read its variables
# Shared by the examples' run.sh: the recipes' functions, a line before each stage, flags for other models and machines.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/recipe.sh"

HERE=$(cd "$(dirname "$0")" && pwd)
export DEVICE

# MODEL_FLAGS: for every command that loads the model; SFT_FLAGS: for the cold start; EVAL_FLAGS: for `swift-grpo eval`.
read -ra MODEL_FLAGS <<<"${MODEL_FLAGS:-}"
read -ra SFT_FLAGS <<<"${SFT_FLAGS:-}"
read -ra EVAL_FLAGS <<<"${EVAL_FLAGS:-}"

stage() { printf -- '---- %s\n' "$*"; }

# raw NAME: --from DATA/NAME.jsonl if DATA is set; else nothing, and the raw sets come from the hub.
raw() { if [[ -n ${DATA:-} ]]; then printf -- '--from\n%s\n' "$DATA/$1.jsonl"; fi; }

# new_folder FOLDER: refuses a folder that exists.
new_folder() {
  [[ ! -e $1 ]] || fail "$1 exists already; remove it, or name another: OUTPUT_DIR=…"
  mkdir -p "$1"
}
