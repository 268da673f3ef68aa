#!/usr/bin/env bash
# GRPO with tools: Qwen2.5-7B-Instruct calls a calculator and Python while it answers competition problems.
#
# It adds a scheduler, tools and rewards to scripts/train_single_gpu.sh, or with several GPUS to
# scripts/train_multi_gpu.sh, where the server runs the tools. docs/tools.md has the details.
#
# Hardware   1 card of 80 GB; with several GPUS the last one runs vLLM
# Memory     54 GB (estimated): 15 GB of bf16 weights; the rest is activations and logits of 4 sequences
# Duration   not measured yet
#
# Start it
#   bash scripts/train_multi_turn.sh
#   GPUS=0,1,2,3 bash scripts/train_multi_turn.sh
#   PLUGIN=my_tools.py TOOLS="my_search calculator" bash scripts/train_multi_turn.sh
#   DEVICE=cpu MODEL=path/to/tiny DATASET=rows.jsonl bash scripts/train_multi_turn.sh --max_steps 5
#
# Variables
#   MODEL         hub id or folder (Qwen/Qwen2.5-7B-Instruct)
#   DATASET       hub ids or files, separated by blanks (AI-MO/NuminaMath-TIR#1000)
#   PLUGIN        Python files with tools or rewards of your own, separated by blanks; server and trainer load them
#   TOOLS         names of the tools that the run offers, separated by blanks (calculator, python, and PLUGIN's;
#                 run_python, which needs a sandbox, by name only)
#   TOOL_SECONDS  time limit of a call (10)
#   TOOL_TOKENS   tokens of a result; the rest is cut off (256)
#   MAX_TURNS     generations of a trajectory (4)
#   CONFIG        hyperparameters (configs/train_multi_turn.yaml)
#   OUTPUT_DIR    (output/train_multi_turn)
#   GPUS          the cards (0)
#   VLLM, SERVE_GPUS, TENSOR_PARALLEL, NODES and others: see the two recipes
# + training: scripts/lib/training.txt, what every training recipe takes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/recipe.sh"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then parse_flags "$@"; fi

MAX_TURNS=${MAX_TURNS:-4}
TURNS=(
  --system "$ROOT/prompts/tools.txt" # {tools} in it becomes the tools' descriptions
  --multi_turn_scheduler tools
  --max_turns "$MAX_TURNS"
  --stop_words '</tool_call>' # a turn ends with its call, and the result continues it
)
export PLUGIN="$ROOT/plugin/tools.py${PLUGIN:+ $PLUGIN}"
export CONFIG=${CONFIG:-$ROOT/configs/train_multi_turn.yaml}
export OUTPUT_DIR=${OUTPUT_DIR:-output/train_multi_turn}

RECIPE=train_single_gpu.sh
if [[ ${GPUS:-} == *,* || -n ${NODES:-} ]]; then RECIPE=train_multi_gpu.sh; fi
if [[ $RECIPE == train_multi_gpu.sh || -n ${VLLM:-} ]]; then TURNS+=(--vllm_max_model_len 8192); fi
exec bash "$ROOT/scripts/$RECIPE" "${TURNS[@]}" "$@"
