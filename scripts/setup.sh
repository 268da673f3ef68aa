#!/usr/bin/env bash
# Makes .venv and installs the locked set: ms-swift, vLLM, DeepSpeed and what they need, then this project.
#
#   bash scripts/setup.sh          gpu if nvidia-smi works, else cpu
#   bash scripts/setup.sh cpu
#   bash scripts/setup.sh gpu
#
# Needs Python 3.11 or 3.12 (PYTHON=path names one) and 8 GB of disk for cpu, 25 GB for gpu. About 4 minutes for cpu,
# mostly downloads; seconds when there is nothing to do.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 2
}

case ${1:-} in
  -h | --help)
    awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$0"
    exit 0
    ;;
  cpu | gpu) KIND=$1 ;;
  '') if nvidia-smi >/dev/null 2>&1; then KIND=gpu; else KIND=cpu; fi ;;
  *) fail "'$1' is not a kind of machine; use cpu or gpu" ;;
esac

# ---- nothing to do?
LOCK=requirements/$KIND.txt
STAMP=.venv/installed
digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
LOCKED="$KIND $(digest "$LOCK") $ROOT"
WANTED="$LOCKED $(digest pyproject.toml setup.py)"
INSTALLED=$(cat "$STAMP" 2>/dev/null || true)
if [[ -x .venv/bin/swift-grpo && $INSTALLED == "$WANTED" ]]; then
  echo "setup: .venv is up to date ($KIND)"
  exit 0
fi

# ---- a Python that all packages support
PYTHON=${PYTHON:-}
for candidate in python3.11 python3.12 python3; do
  if [[ -z $PYTHON ]] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})' 2>/dev/null; then
    PYTHON=$candidate
  fi
done
[[ -n $PYTHON ]] || fail "Python 3.11 or 3.12 is needed (vLLM 0.32 has no build for others here);" \
  "install one, or name it: PYTHON=/path/to/python3.11 bash scripts/setup.sh"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})' 2>/dev/null ||
  fail "PYTHON=$PYTHON is not Python 3.11 or 3.12"

# ---- disk
if [[ $KIND == cpu ]]; then NEEDED_GB=8; else NEEDED_GB=25; fi
FREE_GB=$(($(df --output=avail -k . | tail -n 1) / 1024 / 1024))
[[ -d .venv ]] || ((FREE_GB >= NEEDED_GB)) ||
  fail "$FREE_GB GB free in $ROOT, $NEEDED_GB GB are needed for $KIND; free some, or clone to a larger disk"

# ---- install
if [[ ! -x .venv/bin/python ]]; then
  rm -rf .venv
  INSTALLED=
  "$PYTHON" -m venv .venv || fail "python -m venv failed; on Debian: apt install python3-venv"
fi
rm -f "$STAMP"
pip_install() {
  .venv/bin/pip install --disable-pip-version-check --no-deps --retries 2 --quiet --quiet "$@" ||
    fail "pip could not install the $KIND set (its message is above);" \
      "check the network or the index in 'pip config list', then run this again"
}
if [[ $INSTALLED != "$LOCKED "* ]]; then # else pyproject.toml alone has changed
  if [[ $KIND == cpu ]] && ! .venv/bin/python -c 'import torch, sys; sys.exit(torch.__version__ != "2.13.0+cpu")' 2>/dev/null; then
    echo "setup: installing torch for CPU (half a minute)"
    # +cpu keeps pip from the CUDA build, several GB larger. If no configured index has it, PyTorch's does.
    .venv/bin/pip install --disable-pip-version-check --no-deps --quiet torch==2.13.0+cpu 2>/dev/null ||
      pip_install --index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu
  fi
  echo "setup: installing $(grep -c '==' "$LOCK") locked packages (2 to 4 minutes for cpu, longer for gpu)"
  pip_install -r "$LOCK"
fi
pip_install --no-build-isolation --editable .
printf '%s\n' "$WANTED" >"$STAMP"
echo "setup: done. Next: bash scripts/demo.sh, or bash scripts/train_single_gpu.sh --help"
