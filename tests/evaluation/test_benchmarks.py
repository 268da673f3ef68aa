"""evalscope's rows regraded: subsets kept apart, disagreements listed, settings beside the published ones."""

import importlib.util
import json
from pathlib import Path

import orjson
import pytest

from swift_grpo.evaluation import benchmarks, diff, regrade
from swift_grpo.formats.samples import SamplingParameters
from tests.evaluation.test_evaluate import run

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("evalscope") is None,
    reason="needs the extra: pip install --no-deps -r requirements/eval.txt",
)
SETTINGS = SamplingParameters(1, 0.6, 0.95, 64)


def written(work: Path, subset: str, answers: list[tuple[str, str, float | None]], n: int = 2) -> None:
    """What evalscope writes for a subset: (text, gold, its verdict) of each sample, `n` a question."""
    for kind in ("predictions", "reviews"):
        (work / kind / "model").mkdir(parents=True, exist_ok=True)
    predictions, reviews = [], []
    for index, (text, gold, verdict) in enumerate(answers):
        messages = [{"role": "user", "content": f"{subset} {index // n}?"}, {"role": "assistant", "content": text}]
        choice = {"stop_reason": "max_tokens" if text.endswith("…") else "stop"}
        output = {"choices": [choice], "usage": {"output_tokens": len(text)}}
        predictions.append({"index": index, "model_output": output})
        score = {"value": {} if verdict is None else {"accuracy": verdict}, "main_score_name": "accuracy"}
        place = {"score": score, "group_id": index // n, "generation_index": index % n}
        reviews.append({"index": index, "target": [gold], "messages": messages, "sample_score": place})
    for kind, rows in (("predictions", predictions), ("reviews", reviews)):
        lines = b"".join(orjson.dumps(row) + b"\n" for row in reversed(rows))
        (work / kind / "model" / f"math_500_{subset}.jsonl").write_bytes(lines + b'{"torn')


@pytest.fixture
def work(tmp_path):
    written(tmp_path / "w", "Level 1", [("\\boxed{2}", "2", 1.0), ("\\boxed{3}", "2", 0.0)])
    written(
        tmp_path / "w",
        "Level 2",
        [("\\boxed{0.5}", "1/2", 0.0), ("so it is…", "1/2", 0.0), ("5", "5", None), ("5", "5", 1.0)],
    )
    return tmp_path / "w"


def test_both_verdicts_side_by_side(work, tmp_path):
    (summary,) = regrade.regrade("m", {"math_500": work}, tmp_path / "out", SETTINGS, False)
    numbers = summary["numbers"]
    assert (numbers["questions"], numbers["samples"]) == (3, 6)  # numbers begin anew in each subset
    assert numbers["measures"]["mean@2"]["value"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert numbers["measures"][regrade.THEIRS]["value"] == pytest.approx((0.5 + 0 + 1) / 3)
    listed = [json.loads(line) for line in (tmp_path / "out/disagreements.jsonl").read_text().splitlines()]
    assert [(one["answer"], one["ours"], one["evalscope"]) for one in listed] == [("0.5", 1.0, 0.0), ("5", 1.0, None)]
    table = (tmp_path / "out/benchmarks.md").read_text()
    assert "disagree on 2 of 6" in table
    assert (
        "| DeepSeek-R1-Distill-Qwen-1.5B | math_500 | open-r1 | 0.831 | n 2, theirs 4; max_tokens 64, theirs 32768"
        in table
    )


def test_two_benchmark_runs_can_be_compared(work, tmp_path):
    for name in ("a", "b"):
        regrade.regrade(name, {"math_500": work}, tmp_path / name, SETTINGS, False)
    (a,), (b,) = (diff.load(tmp_path / name).values() for name in ("a", "b"))
    found = diff.compare(a, b)
    assert found.measures["mean@2"].value == 0
    assert len(a.texts()) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--on", "aime99"], "there are aime24"),
        (["--on", ""], "there are aime24"),
        (["--on", "aime24", "--local", "aime24"], "is not NAME=FILE"),
        (["--on", "math_500", "--local", "math_500=SET"], "no column `answer`"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(tmp_path, arguments, message):
    (tmp_path / "set.jsonl").write_text('{"problem": "?"}\n')
    words = [word.replace("SET", str(tmp_path / "set.jsonl")) for word in arguments]
    done = run("benchmark", "m", "--url", "http://127.0.0.1:9/v1", *words, "-o", tmp_path / "out")
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_evalscope_knows_what_it_is_asked(tmp_path):
    """The task's keys and values are evalscope's own; a local copy has the layout that it reads."""
    from evalscope import TaskConfig
    from evalscope.api.registry import get_benchmark

    from swift_grpo.sampling.models import Endpoint

    for name in benchmarks.BENCHMARKS:
        endpoint = Endpoint("http://127.0.0.1:9/v1", "m")
        task = benchmarks.task_config(name, endpoint, tmp_path, None, SETTINGS, 2, 0, 8)
        config = TaskConfig(**task)
        assert (config.repeats, config.generation_config.temperature) == (2, 0.6)
        assert config.generation_config.seed is None
        assert get_benchmark(name, config) is not None
