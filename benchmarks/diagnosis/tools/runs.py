"""Run folders of multi-turn training with tools, written without a look at the diagnosis.

As in diagnosis/field, texts come first: rewards are computed from the texts, and the log's figures from the rewards.
Beside completions.jsonl stands trajectories.jsonl, a line a line.
`python -m benchmarks.diagnosis.tools.runs FOLDER [--held-out]` writes a folder a run and the index.json that
`python -m benchmarks.diagnosis.field.score FOLDER` reads. The held-out third is in held_out.py. Somebody who works on the
diagnosis scores it and does not read it.
"""

import argparse
import importlib
import json
from dataclasses import replace
from pathlib import Path

from benchmarks.diagnosis.field.runs import Run, chat, lines, simulate, table, write_swift
from benchmarks.diagnosis.tools.policies import ToolRun


def write(run: Run, folder: Path) -> None:
    """The run as its trainer leaves it, with trajectories.jsonl."""
    folder.mkdir(parents=True)
    events = simulate(run)
    write_swift(run, folder, events)
    if not isinstance(run, ToolRun):
        return
    completions, trajectories = [], []
    for step, rows, _ in events:
        played = [row["text"] for row in rows]
        columns = table(run, step, rows)
        asked = [replace(row["question"], text=row["text"].asked or row["question"].text) for row in rows]
        columns["prompt"] = [chat(run, one) + text.earlier for one, text in zip(asked, played, strict=True)]
        if any(one.asked for one in played):
            columns.pop("solution", None)  # the environment knows it
        if all(one.trajectory for one in played):
            columns["num_turns"] = [one.trajectory["num_turns"] for one in played]
        completions.append(columns)
        trajectories.append({"step": str(step), "trajectories": [one.trajectory for one in played]})
    lines(folder / "completions.jsonl", completions)
    lines(folder / "trajectories.jsonl", trajectories)
    if run.torn:
        written = (folder / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()
        written[len(written) // 3] = "\x00" * 80
        written[-1] = written[-1][: len(written[-1]) // 2]
        (folder / "trajectories.jsonl").write_text("\n".join(written), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", action="store_true", help="write the held-out third as well")
    options = parser.parse_args()
    index = []
    for part in ("open", "held_out")[: 1 + options.held_out]:
        for run in importlib.import_module(f"benchmarks.diagnosis.tools.{part}").RUNS:
            write(run, options.folder / run.name)
            accepted, must_not = run.accepted.split("|") if run.accepted else [], ["critical"] if run.healthy else []
            entry = {"name": run.name, "healthy": run.healthy, "kind": run.kind, "accepted": accepted}
            index.append(entry | {"must_not": must_not, "held_out": part == "held_out"})
    (options.folder / "index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main()
