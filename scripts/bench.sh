#!/usr/bin/env bash
# Runs the benchmarks behind the docs' figures again, and shows the last output next to the new one.
#
#   bash scripts/bench.sh --list            all of them: how long each takes, what it needs, its command
#   bash scripts/bench.sh coverage grader   these two; without a name all of them (hours)
#   bash scripts/bench.sh --keep coverage   keep its output for the next comparison
#
# The table is benchmarks/table.tsv; benchmarks/last has the last outputs, each below its commit and load.
# Timings depend on other programs: compare the ratios that a bench prints. Nothing here decides a test.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
PATH=$ROOT/.venv/bin:$PATH
TABLE=benchmarks/table.tsv
LAST=benchmarks/last
TEMPORARY=$(mktemp -d)
trap 'rm -rf "$TEMPORARY"' EXIT
export WORK=$TEMPORARY/work # for the files of a bench; its command may use $WORK

fail() {
  printf 'bench: %s\n' "$*" >&2
  exit 2
}

names() { tail -n +2 "$TABLE" | cut -f 1; }

# beside OLD NEW: both files side by side, no line cut off; `|`, `<` and `>` mark where they differ
beside() {
  local longest
  longest=$(cat "$1" "$2" | awk '{ if (length > n) n = length } END { print n }')
  diff --side-by-side --expand-tabs --width=$((2 * longest + 8)) "$1" "$2"
}

# run NAME: its command, and its output next to the last one
run() {
  local name page takes needs command
  IFS=$'\t' read -r name page takes needs command < <(awk -F '\t' -v name="$1" '$1 == name' "$TABLE")
  printf '── %s, of %s, about %s%s\n$ %s\n' "$name" "$page" "$takes" "${needs/#/, needs }" "$command" | sed 's/, needs -$//'
  rm -rf "$WORK"
  mkdir "$WORK"
  bash -euo pipefail -c "$command" >"$TEMPORARY/new" || return 1
  if [[ ! -f $LAST/$name.txt ]]; then
    cat "$TEMPORARY/new"
    echo "bench: $name has no last figures to compare with; --keep keeps these"
  else
    tail -n +2 "$LAST/$name.txt" >"$TEMPORARY/old"
    echo "last: $(head -n 1 "$LAST/$name.txt")"
    beside "$TEMPORARY/old" "$TEMPORARY/new" && echo "bench: $name is as it was" || echo "bench: $name printed something else"
  fi
  if $KEEP; then
    {
      echo "commit $(git rev-parse --short HEAD), $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)"
      cat "$TEMPORARY/new"
    } >"$LAST/$name.txt"
  fi
}

KEEP=false
ASKED=()
for word in "$@"; do
  case $word in
    -h | --help)
      awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
      exit 0
      ;;
    --list)
      awk -F '\t' '{ printf "%-22s %-25s %-13s %-32s %s\n", $1, $2, $3, $4, $5 }' "$TABLE"
      exit 0
      ;;
    --keep) KEEP=true ;;
    *)
      names | grep -qxF -- "$word" || fail "there is no $word; see: bash scripts/bench.sh --list"
      ASKED+=("$word")
      ;;
  esac
done
if [[ ${#ASKED[@]} -eq 0 ]]; then mapfile -t ASKED < <(names); fi

FAILED=()
for name in "${ASKED[@]}"; do
  run "$name" || FAILED+=("$name")
done
[[ ${#FAILED[@]} -eq 0 ]] || fail "these did not run to their end: ${FAILED[*]}"
