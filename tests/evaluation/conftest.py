"""Evaluations to compare: a model that a stub of a hosted API plays, with its own chance to be right on each question."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from swift_grpo.evaluation import evaluate
from swift_grpo.formats.samples import SamplingParameters
from tests.sampling.conftest import hosted  # noqa: F401  a fixture


def question_set(path: Path, count: int = 40) -> Path:
    """`count` questions whose gold is their own number, each a little harder than the one before."""
    rows = [
        {"messages": [{"role": "user", "content": f"Say {i} of {count}"}], "solution": str(i)} for i in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def player(skill: float) -> Callable[[str, int], str]:
    """Answers by seed alone: right with a chance of `skill` less the question's hardness; now and then no answer at all."""

    def completion_of(prompt: str, seed: int) -> str:
        chance = random.Random(f"{skill} {prompt} {seed}")
        _, number, _, count = prompt.split()
        if chance.random() < 0.05:
            return "<think>hm"
        right = chance.random() < skill - 0.6 * int(number) / int(count)
        return f"<think>{seed}</think><answer>{number if right else int(number) + chance.choice((1, 2, 3))}</answer>"

    return completion_of


@pytest.fixture
def evaluated(hosted, tmp_path):  # noqa: F811
    """Evaluates a model of some skill on a set; the folder."""

    def run(name: str, skill: float, n: int = 4, seed: int = 0, sets: dict[str, Path] | None = None, **more) -> Path:
        hosted.stub.text = player(skill)
        sets = sets or {"set": question_set(tmp_path / "set.jsonl")}
        evaluate.evaluate(hosted.model, sets, SamplingParameters(n=n, seed=seed, **more), tmp_path / name, quiet=True)
        return tmp_path / name

    return run
