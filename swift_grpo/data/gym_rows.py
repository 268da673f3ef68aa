"""Writes reasoning-gym rows to stdout: `python -m swift_grpo.data.gym_rows REQUEST`, see `gym_source`."""

import dataclasses
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import reasoning_gym
from grpo_rewards.gym_tasks import LEFT_OUT, GymRow
from reasoning_gym.factory import CURRICULA, DATASETS, create_curriculum

from swift_grpo.data.gym_source import nearest


def rows(weights: dict[str, float], configs: dict[str, dict], seed: int, n: int) -> Iterator[dict[str, Any]]:
    """`n` rows, each of a task drawn by its weight. Raises ValueError, in one line, for any exception of a task."""
    levels = {task: config["level"] for task, config in configs.items() if "level" in config}
    configs = {task: of_level(task, config) if task in levels else config for task, config in configs.items()}
    sets = {task: _dataset(task, configs.get(task, {}), seed, n) for task in weights}
    drawn = random.Random(seed)
    made: Counter[str] = Counter()
    for _ in range(n):
        task = drawn.choices(list(weights), list(weights.values()))[0]
        index = made[task]
        made[task] += 1
        try:
            entry = sets[task][index]
        except Exception as error:  # each task raises its own if a config leaves no question
            raise ValueError(f"gym:{task} cannot make row {index}: {type(error).__name__}: {error}") from None
        answer = str(entry["answer"]).strip()  # the answer to compare with is stripped too
        row = GymRow(task, seed, index, configs.get(task, {}), answer, entry["metadata"])
        question = [{"role": "user", "content": entry["question"]}]
        level = {"level": levels[task]} if levels else {}  # a column is in all rows or in none
        yield {"messages": question, "solution": answer, "gym": row.text, **level}


def of_level(task: str, config: dict[str, Any]) -> dict[str, Any]:
    """A config with `level` as the task's own settings, as reasoning-gym's curriculum has them. Raises ValueError."""
    if task not in CURRICULA:
        raise ValueError(f"gym:{task} has no levels; leave `level` out")
    curriculum = create_curriculum(task)
    highest = max(len(one.levels) for one in curriculum.attributes.values()) - 1
    if config["level"] not in range(highest + 1):
        raise ValueError(f"gym:{task} has levels from 0 to {highest}, not {config['level']}")
    curriculum.set_global_level(config["level"])
    try:
        made = dataclasses.asdict(curriculum.generate_configuration())
        settings = {name: value for name, value in made.items() if name not in ("seed", "size")}
        return json.loads(json.dumps(settings)) | {name: value for name, value in config.items() if name != "level"}
    except TypeError as error:  # in one task they are times of day
        raise ValueError(f"gym:{task}: its levels cannot be written as JSON: {error}") from None


def _dataset(task: str, config: dict[str, Any], seed: int, n: int) -> Any:
    if task not in DATASETS:
        raise ValueError(f"gym:{task} is not a task; {nearest(task, [*DATASETS.keys() - LEFT_OUT.keys()])}")
    known = [field.name for field in dataclasses.fields(DATASETS[task][1]) if field.name not in ("seed", "size")]
    for key in config.keys() - known:
        raise ValueError(f"--config: {task} has no `{key}`; {nearest(key, known)}")
    try:
        return reasoning_gym.create_dataset(task, seed=seed, size=n, **config)
    except Exception as error:  # mostly an AssertionError, with or without a message
        raise ValueError(
            f"--config: {task} refuses {json.dumps(config)}: {str(error) or type(error).__name__}"
        ) from None


def main() -> None:
    output = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the compiler of the task bf prints dots
    try:
        for row in rows(**json.loads(sys.argv[1])):
            output.write(json.dumps(row) + "\n")
    except ValueError as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
