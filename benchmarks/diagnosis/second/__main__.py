"""`python -m benchmarks.diagnosis.second FOLDER [--seed N …] [--kinds a,b]`: writes runs and `FOLDER/manifest.jsonl`.

A line of the manifest: the run's folder below FOLDER, its kind, severity (null: healthy), seed, the accepted names of the
catalogue (none: healthy), its steps and the first step of the illness.
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

from benchmarks.diagnosis.first.run import SEVERITIES
from benchmarks.diagnosis.second.simulation import Scribe, Trial
from benchmarks.diagnosis.second.sorts import Sort, load

SEEDS = (1, 2)


def write(folder: Path, sort: Sort, severity: str | None, seed: int, *, steps: int | None = None) -> dict:
    """Writes one run, cut to `steps` if given, and gives its line of the manifest."""
    run = Trial(sort.name, severity, seed)
    sort.plant(run)
    run.settings.steps = steps or run.settings.steps
    name = "t" + hashlib.sha256(f"anew/{sort.name}/{severity}/{seed}".encode()).hexdigest()[:8]
    target = folder / "runs" / name
    shutil.rmtree(target, ignore_errors=True)
    Scribe(run, target).write()
    return {
        "run": f"runs/{name}",
        "kind": sort.name,
        "severity": severity,
        "seed": seed,
        "accepted": list(sort.accepted),
        "steps": run.settings.steps,
        "first_step": run.first_step,
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis.second", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--kinds", type=lambda text: text.split(","))
    options = parser.parse_args(argv)
    sorts = load()
    options.folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (options.folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for name in options.kinds or sorts:
            for severity in SEVERITIES if sorts[name].accepted else (None,):
                for seed in options.seed:
                    manifest.write(json.dumps(write(options.folder, sorts[name], severity, seed)) + "\n")
                    count += 1
    print(f"{count} runs in {options.folder}/runs, what is in them in {options.folder}/manifest.jsonl")


if __name__ == "__main__":
    main()
