#!/usr/bin/env bash
# Compiles cpu.txt and gpu.txt of direct.in, the same version of every package in both, and gym.txt, eval.txt and instructions.txt of
# their .in. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

OPTIONS=(--quiet --universal --python-version 3.11 --no-annotate --custom-compile-command 'bash requirements/compile.sh')
uv pip compile "${OPTIONS[@]}" gpu.in --override <(echo 'setuptools==78.1.1') -o gpu.txt "$@"
uv pip compile "${OPTIONS[@]}" cpu.in --constraint gpu.txt --override cpu-overrides.txt -o cpu.txt \
  --no-emit-package torch --no-emit-package torchvision --no-emit-package torchaudio --no-emit-package torchcodec "$@"
# The extras: what each adds to the lock, or needs on more platforms, installed beside it with --no-deps. Each keeps to the versions
# of those before it, so that all can be installed together: gym first, because reasoning-gym pins what it needs.
FIXED=(--constraint cpu.txt)
for extra in gym eval instructions; do
  {
    echo "# bash requirements/compile.sh wrote this: pip install --no-deps -r requirements/$extra.txt"
    uv pip compile "${OPTIONS[@]}" "$extra.in" "${FIXED[@]}" --override cpu-overrides.txt "$@" | grep -vxFf cpu.txt
  } >"$extra.txt.new"
  mv "$extra.txt.new" "$extra.txt"
  FIXED+=(--constraint "$extra.txt")
done
