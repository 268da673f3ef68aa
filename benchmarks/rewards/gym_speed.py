"""Scores a second of the reward reasoning_gym, by task and through its workers: `python -m benchmarks.rewards.gym_speed`."""

import json
import random
import time

from grpo_rewards import gym, gym_scorer, pool
from grpo_rewards.gym_tasks import LEFT_OUT
from reasoning_gym.factory import DATASETS

from swift_grpo.data.gym_source import open_tasks


def main() -> None:
    kept = sorted(DATASETS.keys() - LEFT_OUT.keys())
    rows = [row for row in open_tasks(f"gym:{','.join(kept)}", {}, 5, 900)[0] if row["solution"]]
    speeds: dict[str, list[float]] = {}
    for row in rows:
        texts = [row["solution"], "xyzzy", "1 2"]
        for text in texts:
            gym_scorer.scorer({"gym": row["gym"], "answer": text})()  # what is imported late
        begun = time.process_time()
        for text in texts * 3:
            gym_scorer.scorer({"gym": row["gym"], "answer": text})()
        speeds.setdefault(json.loads(row["gym"])["task"], []).append(9 / (time.process_time() - begun))
    means = sorted((sum(values) / len(values), task) for task, values in speeds.items())
    print(f"{len(means)} tasks: median {means[len(means) // 2][0]:,.0f} scores a second;", end=" ")
    print("slowest", ", ".join(f"{task} {speed:,.0f}" for speed, task in means[:5]))
    columns = [row["gym"] for row in rows]
    for _ in range(2):  # the tasks are made in the first round
        answers = [f"<answer>{random.random()}</answer>" for _ in rows]
        begun = time.perf_counter()
        gym.reasoning_gym(answers, columns)
        seconds = time.perf_counter() - begun
    print(f"all tasks through {pool._pool.size} workers: {len(rows) / seconds:,.0f} scores a second")


if __name__ == "__main__":
    main()
