"""scripts/evaluate.sh and the variables EVAL and EVAL_GPUS of the recipes: the exact command, and what is refused."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"DATASET": "a.jsonl b.jsonl"}, "eval run org/model --data a.jsonl --data b.jsonl"),
        ({"DATASET": "a.jsonl", "PARALLEL": "data", "NUM_GPUS": "8"}, "--copies 8"),
        ({"DATASET": "a.jsonl", "PARALLEL": "tensor", "NUM_GPUS": "8"}, "--tensor-parallel 8"),
        ({"DATASET": "a.jsonl", "URL": "http://127.0.0.1:1/v1", "NUM_GPUS": "8"}, "--url http://127.0.0.1:1/v1"),
        ({"BENCHMARKS": "aime24,gsm8k"}, "eval benchmark org/model --on aime24\\,gsm8k"),
    ],
)
def test_the_command(script, variables, part):
    done = script(
        "evaluate", "--dry-run", "--n", "8", "--", "--vllm_max_model_len", "9", MODEL="org/model", **variables
    )
    assert done.returncode == 0, done.stderr
    assert part in done.stdout
    assert done.stdout.strip().endswith("--n 8 -- --vllm_max_model_len 9")


@pytest.mark.parametrize(
    ("name", "variables", "message"),
    [
        ("evaluate", {"DATASET": "a.jsonl"}, "name the model"),
        ("evaluate", {"MODEL": "m"}, "name the questions"),
        ("evaluate", {"MODEL": "m", "DATASET": "a", "PARALLEL": "both"}, "PARALLEL=both is not known"),
        ("evaluate", {"MODEL": "m", "BENCHMARKS": "gsm8k", "NUM_GPUS": "8"}, "evalscope asks one server"),
        ("train_single_gpu", {"EVAL": "none.jsonl"}, "EVAL=none.jsonl is not there"),
        ("train_single_gpu", {"EVAL": "/dev/null"}, "is not there"),
        ("train_single_gpu", {"EVAL": __file__}, "needs a card that the run leaves free"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(script, name, variables, message):
    done = script(name, **variables)
    assert (done.returncode, message in done.stderr, len(done.stderr.splitlines())) == (2, True, 1), done.stderr
