"""A run in the terminal: accuracy before and after, reward curve, completions of the first and the last step."""

import os
import sys
from pathlib import Path

from swift_grpo.evaluation.infer_accuracy import Accuracy, read_jsonl
from swift_grpo.formats.events import read_events, reward_classes
from swift_grpo.formats.records import Record, parse_line
from swift_grpo.printable import printable


def newest_run(output_dir: Path) -> Path:
    """The `vN-<time>` folder of `output_dir` that was written last. Raises ValueError if there is none."""
    runs = sorted(output_dir.glob("v*-*/args.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise ValueError(f"no run in {output_dir}: there is no v*-*/args.json below it")
    return runs[-1].parent


def accuracy_table(stages: dict[str, Accuracy]) -> str:
    """One line per stage: accuracy, its 95% interval drawn on a scale from 0 to 1, and what was left out."""
    width = max(len(name) for name in stages)
    lines = [f"{'':{width}}  accuracy  95% interval    0        0.5         1"]
    for name, measured in stages.items():
        value = measured.estimate
        low, high, middle = (round(20 * x) for x in (value.low, value.high, value.value))
        scale = "".join("●" if i == middle else "─" if low <= i <= high else "·" for i in range(21))
        lines.append(
            f"{name:{width}}  {value.value:8.3f}  {value.low:.3f} to {value.high:.3f}  {scale}  {measured.left_out}"
        )
    return "\n".join(line.rstrip() for line in lines)


def reward_curve(run: Path, colour: bool = True) -> str:
    """The mean of each reward by step, as a plot for a terminal; in colour if the terminal has colours."""
    import plotext

    steps, curves = reward_history(run / "logging.jsonl")
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(76, 16)
    for marker, (name, values) in zip("●x+*o", curves.items(), strict=False):
        plotext.plot(steps, values, label=name, marker=marker)
    plotext.xticks(steps[:: max(1, len(steps) // 5)])
    plotext.xlabel("step")
    drawn = plotext.build()
    return drawn if colour and sys.stdout.isatty() and not os.environ.get("NO_COLOR") else plotext.uncolorize(drawn)


def reward_history(logging: Path) -> tuple[list[int], dict[str, list[float]]]:
    """The steps, and the mean of each reward at each step, from ms-swift's `logging.jsonl`."""
    events = [event for event in read_events(logging) if event.has_reward]
    names = reward_classes(events)
    return [event.step for event in events], {
        name: [event.values.get(f"rewards/{name}/mean", float("nan")) for event in events] for name in names
    }


def first_and_last(run: Path, count: int = 3) -> dict[str, list[str]]:
    """`count` completions of the first and of the last step in `completions.jsonl`, as one line each."""
    with (run / "completions.jsonl").open("rb") as file:
        lines = [line for line in file if line.strip()]
    return {f"step {line.step}": _samples(line, count) for line in map(parse_line, (lines[0], lines[-1]))}


def followed(run: Path, watched: Path) -> list[str]:
    """The answers of the run's evaluations to the question in `watched`: one line per step, with the first answer.

    The question must not be a training row, because its completions are found by its text. Raises ValueError if the log
    has none.
    """
    from grpo_rewards.grading import grade_batch

    (row,) = read_jsonl(watched, "messages", "solution")
    question, gold = row["messages"][-1]["content"], row["solution"]
    lines = [f"{question}  (gold {gold}; the first of the answers at each step, and how many were right)"]
    with (run / "completions.jsonl").open("rb") as file:
        for record in (parse_line(raw) for raw in file if question.encode() in raw):
            answers = [c for p, c in zip(record.prompts, record.completions, strict=True) if question in p]
            right = sum(score == 1 for score in grade_batch(answers, [gold] * len(answers)))
            line = f"step {record.step:>4}   {right} of {len(answers)}   {printable(answers[0])}"
            lines += (
                [line] if line != lines[-1] else []
            )  # ms-swift writes the last step's evaluation again when it ends
    if len(lines) == 1:
        raise ValueError(f"{run / 'completions.jsonl'} has no completion of {question!r}, the question of {watched}")
    return lines


def _samples(line: Record, count: int) -> list[str]:
    """Completions of different prompts if possible, since those of one group look alike."""
    by_prompt = {prompt: i for i, prompt in reversed(list(enumerate(line.prompts)))}
    indices = sorted(by_prompt.values())[:count] or range(count)
    golds = line.solutions or ["?"] * len(line.completions)
    return [f"gold {golds[i]:>3}   {printable(line.completions[i])}" for i in indices]
