#!/usr/bin/env bash
# Everything that CI runs: linters, types, fast and slow tests, then the recipes for real on this CPU.
#
#   bash scripts/test.sh           25 minutes on 2 cores, 4 minutes more for the first set-up
#   bash scripts/test.sh fast      linters, types, and tests marked neither slow nor e2e; a minute
#   bash scripts/test.sh -k NAME   other words go to pytest
#
# It first installs what is missing into .venv: the locked set, and the extras that some tests need. Tests that cannot
# run here are SKIPPED with the reason. All parts run, whatever fails; the last line names the parts that failed.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
  exit 0
fi

# ---- what the tests need
source scripts/lib/home.sh
bash scripts/setup.sh "$(cut -d " " -f 1 .venv/installed 2>/dev/null || echo cpu)"
PATH=$ROOT/.venv/bin:$PATH
unset PYTHONDONTWRITEBYTECODE # the tests start a thousand Pythons, and each would compile what it imports

# install_extra LOCK: in addition to the locked set; the stamp is a copy of what was installed
install_extra() {
  local stamp=.venv/${1##*/}
  if ! cmp -s "$1" "$stamp"; then
    echo "test: installing $1"
    if pip install --disable-pip-version-check --no-deps --retries 2 --quiet --quiet -r "$1"; then
      cp "$1" "$stamp"
    else
      echo "test: $1 cannot be installed here (pip's message is above); tests that need it are SKIPPED"
    fi
  fi
}
for lock in requirements/eval.txt requirements/gym.txt requirements/instructions.txt; do
  [[ ! -f $lock ]] || install_extra "$lock"
done

# pip has no browser and no bubblewrap. Only a CI machine gets them, from the system's packages.
for package in chromium bubblewrap; do
  command -v "${package/bubblewrap/bwrap}" >/dev/null && continue
  if [[ ${CI:-} == true && $EUID == 0 && -x $(command -v apt-get) ]]; then
    (apt-get update && apt-get install -y --no-install-recommends "$package") >/dev/null 2>&1 ||
      echo "test: $package cannot be installed here; tests that need it are SKIPPED"
  fi
done

# ---- the parts
trap 'exit 130' INT # Ctrl-C ends all parts, not only the one that runs
FAILED=()
part() { # part NAME WORDS…
  "${@:2}" || FAILED+=("$1")
}
end() {
  if [[ ${#FAILED[@]} -gt 0 ]]; then
    printf 'test: FAILED: %s\n' "${FAILED[*]}"
    exit 1
  fi
  echo "test: nothing failed"
  exit
}

mapfile -t SHELL_FILES < <(git ls-files --cached --others --exclude-standard '*.sh' '*.slurm' .ci/run)
part ruff ruff check .
part format ruff format --check .
part mypy mypy
part shellcheck shellcheck "${SHELL_FILES[@]}"
part typos typos
part shfmt shfmt -d "${SHELL_FILES[@]}"
if [[ $# -gt 0 && $1 != fast ]]; then
  part pytest pytest "$@"
  end
fi
part fast pytest -n 2 --dist loadgroup -m "not slow and not e2e"
[[ ${1:-} != fast ]] || end
part slow pytest -n 3 --dist loadgroup -m "slow and not e2e" # more than cores: part of it waits
part e2e pytest -n 2 --dist loadfile -m e2e                  # a file's tests share runs
end
