"""Runs rewards over completions that are there already: a data set with completions, or a log that ms-swift wrote."""

import ast
import asyncio
import importlib.util
import inspect
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grpo_rewards import settings
from grpo_rewards.contract import MissingParameter, NotInstalled, Reward, RewardError

from swift_grpo.check import probe
from swift_grpo.formats.records import columns_of, loads
from swift_grpo.formats.run_files import read_args
from swift_grpo.printable import one_line

BATCH = 256
LIGHT = {*probe.CLASSES, *probe.REGISTRIES}  # names of ms-swift that a reward needs to be registered
ORMS: dict[str, type] = {}  # what plugins put into ms-swift's `orms`
ODDEST = 3
COMPLETION_COLUMNS = ("completion", "response", "output")


@dataclass
class Scores:
    """What a reward paid: one value a completion, and the microseconds that a completion cost."""

    name: str
    values: list[float | None] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""

    @property
    def paid(self) -> list[float]:
        return [value for value in self.values if value is not None]

    def summary(self) -> dict[str, Any]:
        paid = self.paid
        return {
            "reward": self.name,
            "n": len(self.values),
            "none": len(self.values) - len(paid),
            "mean": sum(paid) / len(paid) if paid else None,
            "min": min(paid, default=None),
            "max": max(paid, default=None),
            "microseconds": 1e6 * self.seconds / len(self.values) if self.values else None,
            "skipped": self.skipped or None,
        }

    def oddest(self) -> list[int]:
        """The completions that stand farthest from the mean, and those left out first of all."""
        left_out = [i for i, value in enumerate(self.values) if value is None]
        mean = sum(self.paid) / max(1, len(self.paid))
        distances = [(-abs(value - mean), i) for i, value in enumerate(self.values) if value not in (None, mean)]
        return [*left_out, *(i for _, i in sorted(distances))][:ODDEST]


def score(rows: Sequence[dict[str, Any]], names: Sequence[str], flags: dict[str, Any]) -> list[Scores]:
    """Each reward over all rows. A reward whose column no row has, or whose parameter nobody gave, is skipped with the reason.

    `flags` are ms-swift's, such as {"cosine_max_len": 2048}. Raises RewardError for an unknown reward or a wrong parameter.
    """
    rewards = settings.load()
    unknown = [name for name in names if name not in rewards and name not in ORMS]
    if unknown:
        raise RewardError(f"there is no reward {unknown[0]}; there are {', '.join(sorted([*rewards, *ORMS]))}")
    return [
        _score_class(rows, name, flags) if name in ORMS else _score(rows, name, *rewards[name], flags) for name in names
    ]


def _score_class(rows: Sequence[dict[str, Any]], name: str, flags: dict) -> Scores:
    """A class of ms-swift's `orms`, built and called as ms-swift does. Raises RewardError for what it raises."""
    kind, state = ORMS[name], SimpleNamespace(global_step=0, max_steps=1, epoch=0.0)
    try:
        reward = kind(args=probe.Arguments(flags))
        return _over(rows, name, lambda texts, columns: reward(texts, trainer_state=state, **columns))
    except Exception as error:
        raise RewardError(f"the reward {name}: {_where(error, Path(inspect.getfile(kind)))}") from None


def _score(rows: Sequence[dict[str, Any]], name: str, reward: Reward, parameters: dict, flags: dict) -> Scores:
    rewarder, skipped = None, ""
    try:
        rewarder = settings.build(reward, parameters, SimpleNamespace(**flags))
    except (MissingParameter, NotInstalled) as error:
        skipped = str(error)
    missing = [column for column in reward.needs if all(row.get(column) is None for row in rows)]
    if missing:
        hint = "; give the model by --tokenizer" if missing[0] == "response_token_ids" else ""
        skipped = f"no row has `{missing[0]}`{hint}"
    if rewarder is None or skipped:
        return Scores(name, skipped=skipped)
    pay = rewarder.ask if reward.is_async else rewarder
    whole_groups = any(column.name == "group_tokens" for column in reward.columns)
    return _over(rows, name, lambda texts, columns: pay(texts, **columns), len(rows) if whole_groups else BATCH)


def _over(
    rows: Sequence[dict[str, Any]], name: str, pay: Callable[[list[str], dict], Any], size: int = BATCH
) -> Scores:
    """What is paid for all rows, `size` at a time; `pay` takes completions and columns, and may be asynchronous."""
    scores = Scores(name)
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        columns = {key: [row.get(key) for row in batch] for key in {k for row in batch for k in row} - {"completion"}}
        begun = time.perf_counter()
        paid = pay([row["completion"] for row in batch], columns)
        scores.values += list(asyncio.run(paid) if inspect.iscoroutine(paid) else paid)
        scores.seconds += time.perf_counter() - begun
    return scores


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of a JSONL file, each with `completion`, and the number of lines that could not be read.

    A row is one completion (`completion`, `response`, `output`, or the last assistant turn of `messages`), or a line of
    ms-swift's completions.jsonl, which holds parallel lists. Raises ValueError if no line has a completion.
    """
    rows, unreadable = [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows += _rows(loads(line), number)
            except (ValueError, RecursionError):
                unreadable += 1
    if not rows:
        raise ValueError(f"{path} has no completions: each line needs `completion`, `response`, `output` or `messages`")
    return rows, unreadable


def read_flags(path: Path) -> dict[str, Any]:
    """The flags of the run that wrote a log: `args.json` beside it; none where it is not there or cannot be read."""
    return read_args(path.parent)


def flag_of(text: str) -> tuple[str, Any]:
    """A flag of ms-swift as the command line gives it. Raises RewardError for one that no reward reads.

    >>> flag_of("cosine_max_len=2048")
    ('cosine_max_len', 2048)
    """
    name, _, value = text.removeprefix("--").partition("=")
    read = {flag for reward, _ in settings.load().values() for flags in reward.flags.values() for flag in flags}
    if name not in read or not value:
        raise RewardError(f"--flag {text} is not NAME=VALUE with a name of {', '.join(sorted(read))}")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def count_tokens(rows: Sequence[dict[str, Any]], tokenizer: str) -> None:
    """Gives each row `response_token_ids` by the tokenizer of a model, a folder or a hub id, where it has none.

    Raises ValueError if there is no such tokenizer.
    """
    encoder = tokenizer_of(tokenizer)
    bare = [row for row in rows if row.get("response_token_ids") is None]
    texts = [row["completion"].encode("utf-8", "replace").decode() for row in bare]  # half a surrogate pair is no text
    for row, encoding in zip(bare, encoder.encode_batch(texts, add_special_tokens=False), strict=True):
        row["response_token_ids"] = encoding.ids


def tokenizer_of(name: str) -> Any:
    """The tokenizer of a model, a folder or a hub id, as the library tokenizers has it. Raises ValueError if there is none."""
    from tokenizers import Tokenizer

    folder = Path(name)
    try:
        return (
            Tokenizer.from_file(str(folder / "tokenizer.json")) if folder.is_dir() else Tokenizer.from_pretrained(name)
        )
    except Exception as error:  # the library raises nothing more specific
        raise ValueError(f"--tokenizer {name} cannot be read: {error}") from None


def _rows(line: Any, number: int) -> list[dict[str, Any]]:
    if not isinstance(line, dict):
        raise ValueError("no object")
    if isinstance(line.get("completion"), list):
        columns, _ = columns_of(line)
        rows = [{key: column[i] for key, column in columns.items()} for i in range(len(columns["completion"]))]
        for row in rows:  # a prompt that comes again in another line is another group
            row["prompt_id"] = f"{number} {row.get('prompt')}"
    else:
        rows = [line]
    return [{**row, "completion": _completion(row), "messages": _messages(row)} for row in rows]


def _completion(row: dict[str, Any]) -> str:
    turns = [
        m.get("content") for m in row.get("messages") or [] if isinstance(m, dict) and m.get("role") == "assistant"
    ]
    for text in (*(row.get(column) for column in COMPLETION_COLUMNS), *reversed(turns)):
        if isinstance(text, str):
            return text
    raise ValueError("no completion")


def _messages(row: dict[str, Any]) -> list | None:
    messages = row.get("messages")
    if isinstance(messages, list) and messages and all(isinstance(message, dict) for message in messages):
        return messages
    prompt = next((row[c] for c in ("prompt", "query", "question") if isinstance(row.get(c), str)), None)
    return None if prompt is None else [{"role": "user", "content": prompt}]


def load_plugins(paths: Iterable[Path]) -> None:
    """Import each of some files: see `load_plugin`."""
    for path in paths:
        load_plugin(path)


def load_plugin(path: Path) -> None:
    """Import a file that registers rewards, by `register_reward` or in `orms`. It is the user's own code, and runs as such.

    ms-swift takes half a minute to import: where the file wants no more of it than what rewards are made of, a stand-in does.
    """
    spec = importlib.util.spec_from_file_location(f"rewards_of_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise RewardError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        tree = ast.walk(ast.parse(path.read_bytes()))
        of_swift = [
            node for node in tree if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "swift"
        ]
        if {alias.name for node in of_swift for alias in node.names} <= LIGHT and "swift" not in sys.modules:
            sys.meta_path.insert(0, probe.Finder({"swift"}))
        spec.loader.exec_module(module)
    except Exception as error:
        raise RewardError(_where(error, path)) from None
    held = getattr(sys.modules.get("swift.rewards"), "orms", {})
    ORMS.update({name: kind for name, kind in held.items() if not kind.__module__.startswith("swift.")})


def _where(error: Exception, path: Path) -> str:
    """What was raised, behind the last line of the file that it came through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}{f', line {lines[-1]}' if lines else ''}: {type(error).__name__}: {error}"


def names_of(text: str) -> list[str]:
    """Reward names from the command line; `all` is every one that needs no server.

    >>> names_of("math_accuracy, r1_format")
    ['math_accuracy', 'r1_format']
    """
    if text == "all":
        return [name for name, (reward, _) in sorted(settings.load().items()) if not reward.is_async]
    return [name.strip() for name in text.split(",") if name.strip()]


def verdicts(rows: Sequence[dict[str, Any]]) -> list[str | None]:
    """The grader's verdict on each row; None for one without a `solution`."""
    from grpo_rewards.grading import judge_batch

    graded = [at for at, row in enumerate(rows) if "solution" in row]
    judged = judge_batch([rows[at]["completion"] for at in graded], [rows[at]["solution"] for at in graded])
    found = dict(zip(graded, (verdict.value for verdict in judged), strict=True))
    return [found.get(at) for at in range(len(rows))]


def reasons(given: Sequence[str | None]) -> dict[str, list[int]]:
    """Each of these verdicts with the rows (from 0) that got it; the most frequent first.

    >>> reasons(["wrong", "right", None, "right"])
    {'right': [1, 3], 'wrong': [0]}
    """
    found: dict[str, list[int]] = {}
    for at, verdict in enumerate(given):
        if verdict:
            found.setdefault(verdict, []).append(at)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def for_a_program(scores: Sequence[Scores], given: Sequence[str | None]) -> dict[str, Any]:
    """What `--json` prints: each reward over all rows, how often each verdict was given, and every row (from 1) by itself."""
    named = {one.name: one.values for one in scores if not one.skipped}
    return {
        "rewards": [one.summary() for one in scores],
        "why": {verdict: len(members) for verdict, members in reasons(given).items()},
        "rows": [
            {"row": at + 1, "verdict": verdict, "values": {name: values[at] for name, values in named.items()}}
            for at, verdict in enumerate(given)
        ],
    }


def unscored(scores: Sequence[Scores]) -> str:
    """Why no reward has a value for any row, '' where one has."""
    if any(one.paid for one in scores):
        return ""
    return "no row could be scored: " + "; ".join(
        f"{one.name}: {one.skipped or 'None for each row (--why counts the reasons)'}" for one in scores
    )


def show_reasons(found: dict[str, list[int]], rows: Sequence[dict[str, Any]], console: Any) -> None:
    """How often the grader gave each reason, with one example of each."""
    from grpo_rewards.extract import final_answer
    from rich.table import Table
    from rich.text import Text

    if not found:
        console.print(Text("no row has a `solution`: nothing to grade"))
        return
    table = Table("verdict", "n", "example: row", "answer", "gold", box=None, header_style="bold")
    for reason, members in found.items():
        row = rows[members[0]]
        answer, gold = one_line(str(final_answer(row["completion"])), 40), one_line(str(row["solution"]), 40)
        table.add_row(reason, str(len(members)), str(members[0] + 1), Text(answer), Text(gold))
    console.print(table)


def show(scores: Sequence[Scores], rows: Sequence[dict[str, Any]], console: Any) -> None:
    """A table, and under it the completions that scored oddest, with what the grader takes for their answer."""
    from grpo_rewards.extract import final_answer
    from rich.table import Table
    from rich.text import Text

    table = Table("reward", "mean", "min", "max", "None", "µs each", box=None, header_style="bold")
    for one in scores:
        facts = one.summary()
        if one.skipped:
            continue
        numbers = ["-" if facts[key] is None else f"{facts[key]:.3f}" for key in ("mean", "min", "max")]
        table.add_row(Text(one.name), *numbers, str(facts["none"]), f"{facts['microseconds']:.0f}")
    console.print(table)
    for one in scores:
        if one.skipped:
            console.print(Text(f"{one.name}: SKIPPED, {one.skipped}"))
    for one in scores:
        for i in one.oddest():
            value = "None" if one.values[i] is None else f"{one.values[i]:.3f}"
            row = rows[i]
            answer = f"answer {one_line(str(final_answer(row['completion'])), 60)}  gold {one_line(str(row.get('solution')), 60)}"
            console.print(Text(f"\n{one.name} {value}  row {i + 1}  {answer}", style="bold"))
            console.print(Text("  " + one_line(str(row["completion"][-300:]), 300)))
