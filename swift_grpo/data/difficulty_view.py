"""Difficulty on one screen."""

from pathlib import Path
from typing import Any

from swift_grpo.data.difficulty import Chosen, PassRate, histogram
from swift_grpo.data.from_run import Savings
from swift_grpo.printable import printable

_BAR = 40


def facts(
    rates: dict[str, PassRate | None], chosen: Chosen, savings: Savings | None, unknown: int, files: list[Path]
) -> dict[str, Any]:
    """All results as plain values. The mean pass rate has its interval over prompts (swift_grpo.stats)."""
    measured = [one for one in rates.values() if one is not None]
    found: dict[str, Any] = {
        "rows": chosen.kept + len(chosen.dropped),
        "prompts": len(measured),
        "gold_unreadable": len(rates) - len(measured),
        "histogram": dict(histogram(measured)),
        "kept": chosen.kept,
        "strata": [len(stratum) for stratum in chosen.strata],
        "dropped": chosen.reasons,
        "files": [str(path) for path in files],
    }
    if measured:
        from swift_grpo.stats import of_questions

        mean = of_questions([one.rate for one in measured], sum(one.n for one in measured))
        found |= {"mean": mean.value, "low": mean.low, "high": mean.high, "samples": mean.samples}
    if savings:
        found |= {"run": vars(savings), "prompts_of_other_rows": unknown}
    return found


def show(found: dict[str, Any], savings: Savings | None) -> None:
    if "mean" in found:
        interval = f"[{found['low']:.3f}, {found['high']:.3f}]"
        print(f"pass rate {found['mean']:.3f} {interval}, {found['prompts']:,} prompts, {found['samples']:,} samples")
    most = max(found["histogram"].values(), default=0)
    for name, count in found["histogram"].items():
        print(f"  {name:>8} {count:>7,} {'█' * round(_BAR * count / most) if most else ''}".rstrip())
    if found["gold_unreadable"]:
        print(f"{found['gold_unreadable']:,} golds cannot be read: swift-grpo data audit lists them")
    if savings:
        print(*savings.lines(), sep="\n")
        if found["prompts_of_other_rows"]:
            print(f"{found['prompts_of_other_rows']:,} prompts of the run are not in this file")
    why = "".join(f", {count:,} {reason}" for reason, count in found["dropped"].items())
    print(f"{found['kept']:,} of {found['rows']:,} rows kept{why}")
    if len(found["strata"]) > 1:
        print("strata, easiest first: " + ", ".join(f"{count:,}" for count in found["strata"]))
    for path in found["files"]:
        print(printable(path))
