#!/usr/bin/env bash
# Tries the ranges of pyproject.toml at both ends: the oldest and the newest releases that they allow of every package of the extras
# that stand without ms-swift, each with the fast tests of what the extras are for. Ten minutes. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ENVIRONMENT=$(mktemp -d)
trap 'rm -rf "$ENVIRONMENT"' EXIT
TOOLS=(pytest hypothesis pandas playwright pytest-timeout) # what the tests import beside
WITH_MS_SWIFT=( # they need what the extra `train` or requirements/eval.txt brings
  tests/data/test_difficulty.py::test_bad_input_is_one_line_and_code_2
  tests/evaluation/test_benchmarks.py
  tests/rewards/test_contract.py::test_a_group_spread_over_ranks_and_a_failure_on_one_of_them
  tests/sampling/test_servers.py::test_mistakes_are_found_before_a_server_is_started
)

for end in lowest-direct highest; do
  uv venv --quiet --clear --python 3.11 "$ENVIRONMENT"
  # The tools by themselves: the oldest of them are not asked for.
  uv pip install --quiet --python "$ENVIRONMENT/bin/python" --resolution "$end" -r pyproject.toml --extra rewards --extra eval --extra inspect
  uv pip install --quiet --python "$ENVIRONMENT/bin/python" "${TOOLS[@]}"
  uv pip install --quiet --python "$ENVIRONMENT/bin/python" --no-deps -e . # editable: leaves no build/ behind
  echo "── $end: $(uv pip freeze --quiet --python "$ENVIRONMENT/bin/python" | tr '\n' ' ')"
  PYTHONPATH=$PWD:$PWD/plugin "$ENVIRONMENT/bin/python" -m pytest -q --maxfail 5 -p no:cacheprovider -m "not slow and not e2e" \
    tests/{rollouts,data,evaluation,sampling,rewards} "${WITH_MS_SWIFT[@]/#/--deselect=}"
done
