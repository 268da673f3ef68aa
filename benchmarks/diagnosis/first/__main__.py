"""`python -m benchmarks.diagnosis.first FOLDER [--held-out] [--kinds a,b] [--seeds 1,2,3]`: writes runs with planted illnesses.

Runs go to `FOLDER/runs/<id>/vN-<time>/`, what is true of them to `FOLDER/truth.jsonl`. Seeds 1 and 2 of the open kinds are the
open part; everything else is held out.
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

from benchmarks.diagnosis.first.registry import load
from benchmarks.diagnosis.first.run import SEVERITIES, Run
from benchmarks.diagnosis.first.writer import Writer

OPEN_SEEDS, HELD_OUT_SEEDS = (1, 2), (3,)


def plan(part: str, kinds: list[str] | None, seeds: list[int] | None) -> list[tuple]:
    """The `(kind, severity, seed)` of a part, narrowed to some kinds and seeds; `severity` is None for healthy runs.

    Raises ValueError for a kind that the part does not have.
    """
    chosen = [(kind, OPEN_SEEDS if part == "open" else HELD_OUT_SEEDS) for kind in load("open").values()]
    if part == "held_out":
        chosen += [(kind, OPEN_SEEDS + HELD_OUT_SEEDS) for kind in load("held_out").values()]
    known = {kind.name for kind, _ in chosen}
    unknown = sorted(set(kinds or ()) - known)
    if unknown:
        raise ValueError(f"no kind of the {part} part: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [
        (kind, severity, seed)
        for kind, all_seeds in chosen
        if not kinds or kind.name in kinds
        for severity in (SEVERITIES if kind.ill else (None,))
        for seed in all_seeds
        if not seeds or seed in seeds
    ]


def write(folder: Path, part: str, kind, severity: str | None, seed: int) -> dict:
    """Writes one run and gives the line of truth on it."""
    run = Run(kind.name, severity, seed)
    kind.plant(run)
    name = "r" + hashlib.sha256(f"{kind.name}/{severity}/{seed}".encode()).hexdigest()[:8]
    target = folder / "runs" / name
    shutil.rmtree(target, ignore_errors=True)
    Writer(run, target).write()
    return {
        "run": name,
        "kind": kind.name,
        "healthy": not kind.ill,
        "severity": severity,
        "seed": seed,
        "part": part,
        "steps": run.settings.steps,
        "first_step": run.first_step,
        "says": run.says,
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis.first", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", action="store_const", dest="part", const="held_out", default="open")
    parser.add_argument("--kinds", type=lambda text: text.split(","))
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")])
    options = parser.parse_args(argv)
    try:
        work = plan(options.part, options.kinds, options.seeds)
    except ValueError as error:
        parser.error(str(error))
    options.folder.mkdir(parents=True, exist_ok=True)
    with (options.folder / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for kind, severity, seed in work:
            truth.write(json.dumps(write(options.folder, options.part, kind, severity, seed)) + "\n")
    print(f"{len(work)} runs in {options.folder}/runs, truth in {options.folder}/truth.jsonl")


if __name__ == "__main__":
    main()
