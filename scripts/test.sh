#!/usr/bin/env bash
# Everything that CI runs: linters, types, fast and slow tests, then the recipes for real on this CPU.
#
#   bash scripts/test.sh           40 minutes on 2 cores, 3 minutes more for the first set-up
#   bash scripts/test.sh fast      linters, types, and all that is marked neither slow nor e2e; under two minutes
#   bash scripts/test.sh -k NAME   any further words go to pytest
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
  exit 0
fi
[[ -f .venv/installed ]] || bash scripts/setup.sh cpu
PATH=$ROOT/.venv/bin:$PATH
mapfile -t SHELL_FILES < <(git ls-files --cached --others --exclude-standard '*.sh' '*.slurm' .ci/run)

ruff check .
ruff format --check .
mypy
shellcheck "${SHELL_FILES[@]}"
shfmt -d "${SHELL_FILES[@]}"
if [[ $# -gt 0 && $1 != fast ]]; then
  exec pytest "$@"
fi
pytest -n 2 --dist loadfile -m "not slow and not e2e"
if [[ ${1:-} == fast ]]; then
  exit
fi
pytest -n 2 --dist loadfile -m "slow and not e2e" # mostly waiting: two at a time, as there are cores
pytest -m e2e                                     # one at a time: each takes both cores
