"""`python -m benchmarks.diagnosis.second.measures FOLDER [--kinds a,b]`: measures of what was written.

Each run gives figures for its first, middle and last third, behind a line that names what does not reconcile and, in a healthy
run, what does not look healthy. They share no code with what made the runs.
"""

import argparse
import json
import re
from collections import Counter
from math import isnan
from pathlib import Path
from statistics import fmean, median, stdev

FINAL = re.compile(r"<answer>(.*?)</answer>|\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}|^Answer: *(\S+)$", re.S | re.M)
PLAIN = re.compile(r"[A-Za-z\d\s.,:;!?'\"()<>/=+*$\\{}^_\[\]`|#&%-]|[\u4e00-\u9fff\u3001\u3002\uff01-\uff1f]")
# What no healthy run goes over in any third.
LIMITS = {
    "none": 0.02,
    "repeated": 0.1,
    "odd": 0.01,
    "stock": 0.35,
    "empty": 0.0,
    "cut": 0.1,
    "grad": 8.0,
    "time": 3.0,
    "kl": 0.25,
    "clip_ratio": 0.02,
    "rollout_correction": 0.01,
    "disagree": 0.0,
    "wrong/right length": 1.5,
}
COLUMNS = ("step", "prompt", "completion", "advantages", "solution", "entropy")


def logs(run: Path) -> tuple[list[dict], list[dict], dict]:
    """`(tables, rows, args)` of a run over its version folders, without the repeated last line and the summaries."""
    tables, rows, args = [], [], {}
    for folder in sorted(run.iterdir(), key=lambda path: int(path.name[1:].split("-")[0])):
        args = json.loads((folder / "args.json").read_text(encoding="utf-8"))
        read = [
            [json.loads(line) for line in (folder / f"{name}.jsonl").read_bytes().split(b"\n")[:-1]]
            for name in ("completions", "logging")
        ]
        kept = [row for row in read[1] if "global_step/max_steps" in row and "train_runtime" not in row]
        tables += read[0][: len(kept)]
        rows += kept
    return tables, rows, args


def unreconciled(tables: list[dict], rows: list[dict], args: dict) -> list[str]:
    """What does not follow from the texts' rewards; empty when all does."""
    size, weights, wrong = args["num_generations"], args["reward_weights"], []
    if len(tables) != len(rows):
        wrong.append(f"{len(tables)} tables, {len(rows)} rows")
    for table, row in zip(tables, rows, strict=False):
        mark = "eval_" if "eval_loss" in row else ""
        names = [name for name in table if name not in COLUMNS]
        fresh = "reward" in row and not mark and args["logging_steps"] == 1
        totals = []
        for values in zip(*(table[name] for name in names), strict=True):
            totals.append(sum(v * w for v, w in zip(values, weights or [1] * len(names), strict=True) if not isnan(v)))
        for at in range(0, len(totals), size):
            group, given = totals[at : at + size], table["advantages"][at : at + size]
            spread = stdev(group) + 1e-4
            if any(abs((total - fmean(group)) / spread - a) > 2e-2 for total, a in zip(group, given, strict=True)):
                wrong.append(f"advantages of a group at {row['global_step/max_steps']}")
        for name in names if fresh else ():
            seen = [value for value in table[name] if not isnan(value)]
            if seen and abs(row[f"rewards/{name}/mean"] - fmean(seen)) > 1e-4:
                wrong.append(f"{name} at {row['global_step/max_steps']}")
        if fresh and abs(row["reward"] - fmean(totals)) > 1e-3:
            wrong.append(f"reward at {row['global_step/max_steps']}")
    return wrong


def bare(answer: str) -> str:
    return re.sub(r"[\s$(),]|\.0$", "", answer.replace("dfrac", "frac"))


def final(text: str) -> str:
    found = [next(filter(None, groups), "") for groups in FINAL.findall(text)]
    return bare(found[-1]) if found else ""


def repeated(text: str) -> float:
    """The share of four-word sequences that stand there before."""
    words = text.split()
    grams = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def third(tables: list[dict], rows: list[dict], size: int) -> dict[str, float]:
    """Figures of a stretch of a run."""
    texts = [text for table in tables for text in table["completion"]]
    name = next(name for name in tables[0] if name not in COLUMNS)
    paid = [value for table in tables for value in table[name]]
    groups = [
        table["completion"][at : at + size] for table in tables for at in range(0, len(table["completion"]), size)
    ]
    sentences = Counter(line for text in texts for line in set(re.split(r"(?<=[.!?。])\s*", text)) if len(line) > 45)
    prompts = [prompt for table in tables for prompt in table["prompt"][::size]]
    out = {
        "paid": fmean([value for value in paid if not isnan(value)] or [0.0]),
        "none": fmean(map(isnan, paid)),
        "words": fmean(len(text.split()) for text in texts),
        "chars": fmean(map(len, texts)),
        "distinct": fmean(len(set(group)) / len(group) for group in groups),
        "repeated": fmean(map(repeated, texts)),
        "odd": fmean(1 - len(PLAIN.findall(text)) / len(text) for text in texts if text.strip()),
        "han": fmean(len(re.findall(r"[\u4e00-\u9fff]", text)) / max(1, len(text)) for text in texts),
        "stock": max(sentences.values(), default=0) / len(texts),
        "empty": fmean(not text.strip() for text in texts),
        "prompts": len(set(prompts)) / len(prompts),
        "flat": fmean(row["frac_reward_zero_std"] for row in rows if "frac_reward_zero_std" in row),
        "cut": fmean(row["completions/clipped_ratio"] for row in rows if "completions/clipped_ratio" in row),
        "grad": max(row["grad_norm"] for row in rows) / (median(row["grad_norm"] for row in rows) or 1.0),
        "time": max(row["step_time"] for row in rows) / median(row["step_time"] for row in rows),
    }
    for key in ("kl", "entropy/mean", "clip_ratio/region_mean", "rollout_correction/kl"):
        seen = [row[key] for row in rows if key in row]
        if seen:
            out[key.split("/")[0]] = fmean(seen)
    if "solution" in tables[0]:
        right = [
            final(text) == bare(gold)
            for table in tables
            for text, gold in zip(table["completion"], table["solution"], strict=True)
        ]
        out["right"] = fmean(right)
        out["disagree"] = fmean(a != (p > 0.5) for a, p in zip(right, paid, strict=True))
        lengths = [[len(t) for t, ok in zip(texts, right, strict=True) if ok == side] for side in (True, False)]
        out["wrong/right length"] = fmean(lengths[1] or [0]) / fmean(lengths[0] or [1])
    return out


def thirds(run: Path) -> tuple[list[str], list[dict]]:
    tables, rows, args = logs(run)
    wrong = unreconciled(tables, rows, args)
    train = [(t, r) for t, r in zip(tables, rows, strict=False) if "eval_loss" not in r]
    cut = len(train) // 3
    parts = (train[:cut], train[cut : 2 * cut], train[2 * cut :])
    return wrong, [third([t for t, _ in part], [r for _, r in part], args["num_generations"]) for part in parts]


def unsound(parts: list[dict]) -> list[str]:
    """What a healthy run should not show; empty when all is well."""
    found = [key for part in parts for key, most in LIMITS.items() if part.get(key, 0.0) > most]
    if parts[-1]["paid"] <= parts[0]["paid"] + 0.05:
        found.append("paid does not rise")
    if min(part["distinct"] for part in parts) < 0.6:
        found.append("distinct")
    if parts[-1]["words"] > 1.3 * parts[0]["words"] and parts[-1]["paid"] < parts[0]["paid"] + 0.1:
        found.append("words for nothing")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", type=lambda text: text.split(","))
    options = parser.parse_args()
    for line in (options.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if options.kinds and entry["kind"] not in options.kinds:
            continue
        wrong, parts = thirds(options.folder / entry["run"])
        wrong += [] if entry["accepted"] else unsound(parts)
        print(
            entry["kind"],
            entry["severity"],
            entry["seed"],
            "steps",
            entry["steps"],
            "from",
            entry["first_step"],
            *wrong[:2],
        )
        print("   ", "  ".join(f"{key} {'/'.join(f'{part[key]:.3g}' for part in parts)}" for key in parts[0]))


if __name__ == "__main__":
    main()
