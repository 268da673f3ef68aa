"""scripts/evaluate.sh and the variables EVAL and EVAL_GPUS of the recipes: the exact command, and what is refused."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"DATASET": "a.jsonl b.jsonl"}, "eval run org/model --data a.jsonl --data b.jsonl"),
        ({"DATASET": "a.jsonl", "GPUS": "0,1,2,3"}, "--copies 4 --tensor-parallel 1"),
        ({"DATASET": "a.jsonl", "TENSOR_PARALLEL": "8"}, "--copies 1 --tensor-parallel 8"),
        ({"DATASET": "a.jsonl", "GPUS": "4,5,6,7", "TENSOR_PARALLEL": "2"}, "--copies 2 --tensor-parallel 2"),
        ({"DATASET": "a.jsonl", "GPUS": "0,1", "DEVICE": "cpu"}, "--copies 1"),
        ({"DATASET": "a.jsonl", "URL": "http://127.0.0.1:1/v1", "GPUS": "0,1"}, "--url http://127.0.0.1:1/v1"),
        ({"BENCHMARKS": "aime24,gsm8k"}, "eval benchmark org/model --on aime24\\,gsm8k"),
        ({"BENCHMARKS": "gsm8k", "GPUS": "0,1", "TENSOR_PARALLEL": "2"}, "--device gpu --tensor-parallel 2"),
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
        ("evaluate", {"MODEL": "m"}, "name questions"),
        ("evaluate", {"MODEL": "m", "DATASET": "a", "PARALLEL": "tensor"}, "PARALLEL=tensor is no longer read"),
        ("evaluate", {"MODEL": "m", "DATASET": "a", "NUM_GPUS": "8"}, "name the cards, GPUS="),
        ("evaluate", {"MODEL": "m", "DATASET": "a", "GPUS": "0,0"}, "GPUS=0,0 names card 0 twice"),
        ("evaluate", {"MODEL": "m", "DATASET": "a", "GPUS": "0,1,2", "TENSOR_PARALLEL": "2"}, "cannot be shared out"),
        ("evaluate", {"MODEL": "m", "BENCHMARKS": "gsm8k", "GPUS": "0,1"}, "evalscope asks one server"),
        ("train_single_gpu", {"EVAL": "none.jsonl"}, "EVAL=none.jsonl is not there"),
        ("train_single_gpu", {"EVAL": "/dev/null"}, "is not there"),
        ("train_single_gpu", {"EVAL": __file__}, "needs a card that the run leaves free"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(script, name, variables, message):
    done = script(name, **variables)
    assert (done.returncode, message in done.stderr, len(done.stderr.splitlines())) == (2, True, 1), done.stderr


def test_flags_of_the_training_recipes_are_refused(script):
    done = script("evaluate", "--no-check", "model", MODEL="m", DATASET="a")
    assert done.returncode == 2 and "--no-check=model is a flag of the training recipes" in done.stderr
