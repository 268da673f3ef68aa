#!/usr/bin/env bash
# Compiles cpu.txt and gpu.txt of direct.in, the same version of every package in both, and eval.txt of eval.in. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

OPTIONS=(--quiet --universal --python-version 3.11 --no-annotate --custom-compile-command 'bash requirements/compile.sh')
uv pip compile "${OPTIONS[@]}" gpu.in --override <(echo 'setuptools==78.1.1') -o gpu.txt "$@"
uv pip compile "${OPTIONS[@]}" cpu.in --constraint gpu.txt --override cpu-overrides.txt -o cpu.txt \
  --no-emit-package torch --no-emit-package torchvision --no-emit-package torchaudio --no-emit-package torchcodec "$@"
# The extra: what it adds to the lock, or needs on more platforms, installed beside it with --no-deps.
{
  echo '# bash requirements/compile.sh wrote this: pip install --no-deps -r requirements/eval.txt'
  uv pip compile "${OPTIONS[@]}" eval.in --constraint cpu.txt --override cpu-overrides.txt "$@" | grep -vxFf cpu.txt
} >eval.txt.new
mv eval.txt.new eval.txt
