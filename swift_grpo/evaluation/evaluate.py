"""Evaluates a model on sets of questions: samples answers, grades them and writes a folder.

OUTPUT/samples-<set>.jsonl       the samples; a second run resumes from them
OUTPUT/<name>/grades.jsonl       one line per question: gold, and each sample's verdict, reason and answer
OUTPUT/<name>/summary.json, .md  the numbers, the settings and the versions
"""

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swift_grpo.evaluation import grades, set_summary
from swift_grpo.evaluation.grades import Question
from swift_grpo.formats.run_files import read_args
from swift_grpo.formats.samples import SamplingParameters, read_samples
from swift_grpo.sampling.models import Hosted, Model
from swift_grpo.sampling.sampler import sample
from swift_grpo.sampling.servers import Served


@dataclass(frozen=True)
class Rewards:
    """Further rewards to run over the samples, their ms-swift flags, and a tokenizer for those that count tokens."""

    names: tuple[str, ...] = ()
    flags: tuple[tuple[str, Any], ...] = ()
    tokenizer: str = ""


def evaluate(
    model: Model,
    sets: dict[str, Path],
    parameters: SamplingParameters,
    folder: Path,
    rewards: Rewards = Rewards(),
    prefilled: bool = False,
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """The summary of each set; `sets` maps a name to a file. Existing samples are graded again and not sampled again.

    `prefilled`: the chat template writes the first `<think>`. Raises SamplingError, ValueError for a set that cannot be
    read or graded, OSError.
    """
    rows = {name: read_set(path) for name, path in sets.items()}
    drawn = sample([row for part in rows.values() for row in part], model, parameters, folder, quiet=quiet)
    if not quiet:
        print(f"swift-grpo: {drawn}", file=sys.stderr)
    found = []
    for name, part in rows.items():
        questions = grades.grade(
            part,
            read_samples(drawn.path),
            parameters.n,
            rewards.names,
            dict(rewards.flags),
            rewards.tokenizer,
            prefilled,
        )
        made = made_with(model.name, name, str(sets[name]), parameters, prefilled, questions)
        made |= {"samples": drawn.path.name, "failed": drawn.failed}
        found.append(write(folder / name, questions, made))
    return found


def write(folder: Path, questions: Sequence[Question], made: dict[str, Any]) -> dict[str, Any]:
    """Write grades and summary of one set into `folder`, and return the summary."""
    whole = made | {"numbers": set_summary.summarize(questions)}
    folder.mkdir(parents=True, exist_ok=True)
    grades.write(folder / "grades.jsonl", questions)
    (folder / "summary.md").write_text(set_summary.markdown(whole), encoding="utf-8")
    part = folder / "summary.json.part"  # so that summary.json is always complete
    part.write_text(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    part.replace(folder / "summary.json")
    return whole


def made_with(
    model: str, name: str, data: str, parameters: SamplingParameters, prefilled: bool, questions: Sequence[Question]
) -> dict[str, Any]:
    """The part of a summary on how it was made: the set's `name` and `data`, sampling, grader and versions."""
    from swift_grpo.launch.record import versions

    return {
        "model": model,
        "set": name,
        "data": data,
        "prompts": grades.questions_hash(questions),
        "parameters": {"n": parameters.n, **parameters.of_the_set(), "prefilled": prefilled},
        "grader": grades.grader_hash(),
        "versions": versions(),
    }


def read_set(path: Path) -> list[dict[str, Any]]:
    """The rows of a prepared set. Raises ValueError if a line cannot be read, or if no row has a gold or tests."""
    from swift_grpo.formats.rows import read_rows

    rows = read_rows(path)
    found = list(rows)
    if rows.unreadable:
        raise ValueError(f"{rows.complaint()}; fix or remove them: an evaluation leaves no question out silently")
    if not any(row.get(column) is not None for row in found for column in ("solution", "tests")):
        raise ValueError(
            f"{path} has no golds in the column `solution`, nor `tests`; `swift-grpo data prepare` writes such sets"
        )
    return found


def names_of(paths: Sequence[Path]) -> dict[str, Path]:
    """Set name -> file, named after the file. Raises ValueError for two equal names.

    >>> names_of([Path("data/gsm8k.jsonl")])
    {'gsm8k': PosixPath('data/gsm8k.jsonl')}
    """
    named = {path.name.split(".")[0]: path for path in paths}
    if len(named) < len(paths):
        raise ValueError("--data has two sets with the same name, and each needs its own folder; rename one")
    return named


def model_of(model: str, urls: Sequence[str] = (), served: Served | None = None) -> Model:
    """The model that MODEL names: with URLs a hosted one; else a hub id, or a model, adapter, run or output folder.

    `served` says how it is served. A run stands for its newest checkpoint; an adapter is served on the base that it
    names. Raises ValueError for any other folder.
    """
    if urls:
        return Hosted(model, tuple(urls))
    how, folder = served or Served(model), Path(model)
    if not folder.is_dir():
        if model.startswith((".", "/", "~")) or model.count("/") > 1:
            raise ValueError(f"{model} does not exist")
        return replace(how, model=model)
    if not any((folder / name).is_file() for name in ("config.json", "adapter_config.json")):
        from swift_grpo.launch.checkpoints import last_checkpoint

        folder = last_checkpoint(folder)
    if not (folder / "adapter_config.json").is_file():
        return replace(how, model=str(folder))
    base = json.loads((folder / "adapter_config.json").read_bytes()).get("base_model_name_or_path")
    if not base:
        raise ValueError(f"{folder}/adapter_config.json names no base model; merge it: bash scripts/export.sh {folder}")
    return replace(how, model=base, adapter=str(folder))


def trained_with(model: Model) -> dict[str, Any]:
    """`system` and `max_tokens` of the training that wrote a checkpoint, from its `args.json`; None if it has none.
    The system prompt is passed explicitly and recorded: `swift deploy` would use it without saying so, and a base model
    would be asked without it.
    """
    folder = Path(str(getattr(model, "adapter", None) or getattr(model, "model", "")))
    args = read_args(folder)
    system, longest = args.get("system"), args.get("max_completion_length")
    if isinstance(system, str):
        with contextlib.suppress(OSError, ValueError):  # the text may not be a valid file name
            system = Path(system).read_text(encoding="utf-8") if Path(system).is_file() else system
    return {
        "system": system if isinstance(system, str) and system else None,
        "max_tokens": longest if isinstance(longest, int) and longest > 0 else None,
    }


def trained_tools(checkpoint: Path) -> dict[str, Any]:
    """The sampler's parameters for the tools of a training with the scheduler `tools`; {} for another.

    Loads the run's own files that register tools. The variable TOOLS names some of them, as in training.
    """
    from grpo_tools.registry import offered

    from swift_grpo.evaluation.user_rewards import load_plugins

    args = read_args(checkpoint)
    if args.get("multi_turn_scheduler") != "tools":
        return {}
    for file in map(Path, args.get("external_plugins") or []):
        loaded = getattr(sys.modules.get(f"rewards_of_{file.stem}"), "__file__", "") == str(file)
        if not loaded and not (file.parent / "grpo_tools").is_dir():  # else it is one of the project's own
            load_plugins([file])
    return {"tools": ",".join(offered()), "max_turns": args.get("max_turns") or 4}
