#!/usr/bin/env bash
# Compiles cpu.txt and gpu.txt of direct.in: the same version of every package in both. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

OPTIONS=(--quiet --universal --python-version 3.11 --no-annotate --custom-compile-command 'bash requirements/compile.sh')
uv pip compile "${OPTIONS[@]}" gpu.in --override <(echo 'setuptools==78.1.1') -o gpu.txt "$@"
uv pip compile "${OPTIONS[@]}" cpu.in --constraint gpu.txt --override cpu-overrides.txt -o cpu.txt \
  --no-emit-package torch --no-emit-package torchvision --no-emit-package torchaudio --no-emit-package torchcodec "$@"
