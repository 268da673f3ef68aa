# shellcheck shell=bash disable=SC2154  # the demos that source this set OUTPUT_DIR, DATA and ANSWERS
# Shared by demo.sh and demo_tiny.sh: set-up, stages, held-out accuracy.
source "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"

# begin FLAGS: --help, the set-up, and a new OUTPUT_DIR.
begin() {
  [[ ${1:-} == -h || ${1:-} == --help || ${1:-} == --dry-run ]] || bash "$ROOT/scripts/setup.sh"
  DEVICE=cpu
  parse_flags "$@"
  ((${#DRY_RUN[@]} == 0)) || fail "the demo has no --dry-run, since each stage needs the output of the one before it;" \
    "this shows its recipe: DEVICE=cpu bash scripts/train_single_gpu.sh --dry-run"
  [[ ! -e $OUTPUT_DIR ]] || fail "$OUTPUT_DIR exists already; remove it, or name another: OUTPUT_DIR=…"
}

stage() { printf '\n── %s\n' "$*"; }

# measure NAME MODEL: greedy answers to the held-out questions, graded by the function that rewards the training
measure() {
  local infer=(
    env "${DEVICE_ENV[@]}"
    swift infer
    --model "$2"
    --val_dataset "$DATA/held_out.jsonl"
    --result_path "$OUTPUT_DIR/$1.jsonl"
    --device_map cpu --torch_dtype "$DTYPE" --max_batch_size 128 --temperature 0
    "${ANSWERS[@]}"
  )
  swift-grpo launch --device cpu --compact --logs "$OUTPUT_DIR/launches" -- "${infer[@]}"
  printf 'held-out accuracy: %s\n' "$(swift-grpo accuracy "$OUTPUT_DIR/$1.jsonl" "$DATA/held_out.jsonl")"
}
