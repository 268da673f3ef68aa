"""Small run folders with a skill of their own, and a cache folder for their indexes."""

import json
from pathlib import Path

import pytest

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.evaluation import evaluate, grades
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.formats.samples import SamplingParameters


@pytest.fixture(scope="package", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


class Small(Run):
    """A run of 15 steps with 12 completions each, whose answers are right with a chance of `skill`."""

    steps, prompts, group = 15, 3, 4

    def __init__(self, skill: float, seed: int = 1, **settings) -> None:
        super().__init__(seed)
        self.skill, self.args = skill, {"seed": seed, "rlhf_type": "grpo", "max_steps": self.steps, **settings}

    def solve(self, t: float, question: int) -> float:
        return self.skill


def run_folder(output: Path, skill: float = 0.5, seed: int = 1, launch: dict | None = None, **settings) -> Path:
    """Writes OUTPUT/v0-… with the record of its launch beside it, as ended well unless `launch` says otherwise."""
    folder = Small(skill, seed, **settings).write(output / "v0-20260101-100030")
    record = {"started": "2026-01-01T10:00:00+0000", "exit_code": 0, "cause": "finished", "versions": {"torch": "2"}}
    record |= {"data": {"train.jsonl": "aaa"}, "code": {"plugin.py": "bbb"}}
    place = output / "launches/20260101-100000"
    place.mkdir(parents=True)
    (place / "run.json").write_text(json.dumps({k: v for k, v in (record | (launch or {})).items() if v is not None}))
    return folder


def summary(value: float, half: float = 0.05, name: str = "run", measure: str = "solved", **settings) -> RunSummary:
    """A run as `found` returns it, without files."""
    outcome = Outcome(measure, value, value - half, value + half, "training", 8, half / 1.96)
    seed = settings.pop("seed", 1)
    return RunSummary(
        name, Path(name), None, "ended", "finished", 40, 40, 100.0, seed, settings, "d", "c", {}, outcome, outcome
    )


def evaluation(folder: Path, verdicts: list[list[float]], model: str = "checkpoint-15@1", **sampling) -> Path:
    """Writes the evaluation of a set, one list of verdicts per question, as `swift-grpo eval` does; the set's folder."""
    samples = [
        [
            grades.Graded(k, verdict, "right" if verdict else "wrong", "1", None, 9, False)
            for k, verdict in enumerate(one)
        ]
        for one in verdicts
    ]
    questions = [grades.Question(f"q{n}", f"Say {n}", str(n), one) for n, one in enumerate(samples)]
    parameters = SamplingParameters(**{"n": len(verdicts[0]), "temperature": 0.6, **sampling})
    made = evaluate.made_with(model, "set", "set.jsonl", parameters, False, questions)
    evaluate.write(folder / "set", questions, made | {"samples": "samples-set.jsonl", "failed": {}})
    return folder / "set"
