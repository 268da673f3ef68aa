"""Turns raw sets into ms-swift rows `{messages, solution or tests, …}`: read, shape, drop, shuffle, split, write."""

import contextlib
import hashlib
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from swift_grpo.data import code_sets, game_source, gym_source, order, remote
from swift_grpo.data.golds import RULES
from swift_grpo.data.presets import PRESETS, prompt_text
from swift_grpo.data.progress import ticking
from swift_grpo.formats import manifest
from swift_grpo.formats.outputs import json_line, whole_files
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import (
    Rows,
    at,
    from_iterable,
    messages_of,
    prompt_columns,
    prompt_of,
    question_of,
    read_rows,
)
from swift_grpo.formats.turns import media_of

_VERL_GOLD = "reward_model.ground_truth"  # the gold in verl's rows
Check = Callable[[Row], str]  # row -> why it is dropped, "" if it is kept


@dataclass(frozen=True)
class Plan:
    """What is done to each row and to the whole set. `columns` renames the source's columns first. `config` is for a
    source `gym:…` or `env:…`, which also uses `seed` and `n`."""

    question: str | None = None
    answer: str = "solution"
    gold: str = "auto"
    traces: str | None = None
    system: str = ""
    suffix: str = ""
    sft: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    shuffle: bool = False
    seed: int = 42
    n: int | None = None
    share: float | None = None
    config: dict[str, Any] = field(default_factory=dict)


@dataclass
class Prepared:
    """How many rows each stage left, why rows were dropped, and the files that were written."""

    counts: dict[str, int]
    dropped: dict[str, int]
    files: list[Path]
    complaint: str


def plan_for(source: str, **given: Any) -> Plan:
    """The plan of a preset, or the default one, with the given fields replaced (None counts as not given)."""
    preset = PRESETS.get(source)
    known = {"gold": "plain"} if source.startswith((gym_source.PREFIX, game_source.PREFIX)) else {}
    if preset:
        known = {key: getattr(preset, key) for key in ("question", "answer", "gold", "traces", "share")}
        known["system"] = preset.prompt
    plan = Plan(**known | {key: value for key, value in given.items() if value is not None})
    if plan.gold not in RULES:
        raise ValueError(f"--gold {plan.gold}: there are {', '.join(RULES)}")
    if plan.share is not None and not 0 < plan.share < 1:
        raise ValueError(f"--split {plan.share}: give a share between 0 and 1, such as 0.9")
    return plan


def open_source(
    source: str, file: Path | None = None, split: str | None = None, plan: Plan | None = None
) -> tuple[Rows, Callable[[], dict]]:
    """The rows of a preset, a hub's set, a file, `gym:…` or `env:…`, and a function that then describes the source.

    `file` replaces a preset's place on the hub. Raises ValueError for any other source.
    """
    for makers in (gym_source, game_source):
        if source.startswith(makers.PREFIX) and not file:
            plan = plan or Plan()
            return makers.open_tasks(source, plan.config, plan.seed, plan.n)
    if plan and plan.config:
        raise ValueError(f"--config is for gym:TASK and env:NAME, and {source} is neither")
    if file or Path(source).exists():
        path = file or Path(source)
        return read_rows(path), lambda: manifest.describe(path)
    preset = PRESETS.get(source)
    if preset:
        hf = remote.uses_hf()
        identifier, subset, split = (preset.hf if hf else preset.ms), preset.subset, split or preset.split
    elif found := remote.parse(source):
        hf, identifier, subset = found
        split = split or "train"
    else:
        raise ValueError(f"{source} is not a file, a hub id (OWNER/NAME) or a preset ({', '.join(PRESETS)})")
    digest = hashlib.sha256()
    rows = from_iterable(identifier, _hashed(remote.rows(identifier, subset, split, hf), digest))
    where = {"hub": "huggingface" if hf else "modelscope", "id": identifier, "subset": subset, "split": split}
    return rows, lambda: where | {"rows_sha256": digest.hexdigest()}


def _hashed(rows: Iterable[Row], digest: Any) -> Iterator[Row]:
    for row in rows:
        digest.update(json_line(row))
        yield row


def shape(row: Row, plan: Plan, system: str) -> tuple[Row | None, str]:
    """One row in ms-swift's form, or why it cannot be one. A column whose name is taken becomes `source_NAME`."""
    row = _renamed(row, plan.columns) if plan.columns else row
    try:
        row = code_sets.standard(row)
    except ValueError as error:
        return None, str(error)
    # its tests or checks judge an answer; `solution`, if there is one, is a program
    coded = bool(row.get("tests") or row.get("instruction_id_list"))
    own = plan.question if plan.question and messages_of(row.get(plan.question)) else None
    asked = (own,) if own else prompt_columns(row)
    column = asked[0] if asked else None
    messages = prompt_of({"messages": row[own]} if own else row)
    if column is None or messages is None:
        return None, f"no question in `{plan.question or 'messages'}`"
    gold = (
        row.get("solution") if coded else RULES[plan.gold](at(row, plan.answer if plan.answer in row else _VERL_GOLD))
    )
    if gold is None and not plan.sft and not coded:
        return None, f"no gold in `{plan.answer}` by the rule {plan.gold}"
    if plan.sft:
        trace = row.get(plan.traces) if plan.traces else _last_answer(row.get(column))
        if not isinstance(trace, str) or not trace.strip():
            return None, f"no trace in `{plan.traces or column}`"
        said = f"```python\n{trace.strip()}\n```" if coded and plan.traces == "solution" else trace
        messages = [*messages, {"role": "assistant", "content": said}]
    if plan.suffix:
        last = max(i for i, turn in enumerate(messages) if turn["role"] != "assistant")
        messages[last] = messages[last] | {"content": f"{messages[last]['content']}\n{plan.suffix}"}
    if system:
        messages = [{"role": "system", "content": system}, *(turn for turn in messages if turn["role"] != "system")]
    told = {*asked, plan.traces if plan.sft else column} | ({"solution"} if coded else set())
    told |= {plan.answer} if row.get(plan.answer) == gold else set()
    extra = {f"source_{n}" if n in ("messages", "solution") else n: v for n, v in row.items() if n not in told}
    extra = media_of(row[column]) | extra
    return {"messages": messages} | ({} if coded and gold is None else {"solution": gold}) | extra, ""


def _renamed(row: Row, columns: dict[str, str]) -> Row:
    """The row with columns renamed; paths such as `reward_model.ground_truth` work too. A column that already has
    the new name becomes `source_NAME`."""
    named = {new: value for name, new in columns.items() if (value := at(row, name)) is not None}
    return named | {f"source_{n}" if n in named else n: value for n, value in row.items() if n not in columns}


def _near(file: Path, plan: Plan) -> dict[int, str]:
    """Row position -> why the row is dropped, from a separate pass over the source."""
    from swift_grpo.data.near_duplicates import near_duplicates

    if not file.is_file():
        raise ValueError("--drop near reads its source twice: prepare the hub's set without it, then prepare that file")
    places: list[int] = []

    def questions() -> Iterator[str]:
        rows = read_rows(file)
        for row in ticking(rows, f"sketch {rows.name}"):
            shaped, _ = shape(row, plan, "")
            if shaped:
                places.append(rows.position)
                yield question_of(shaped) or ""

    return {places[one.text]: "nearly the same prompt as an earlier row" for one in near_duplicates(questions())}


def _last_answer(conversation: Any) -> str | None:
    turns = messages_of(conversation)
    return turns[-1]["content"] if turns and turns[-1]["role"] == "assistant" else None


def prepare(source: str, output: Path, plan: Plan, file: Path | None = None, split: str | None = None) -> Prepared:
    """Write `output`, NAME.dropped.jsonl with the dropped rows, NAME.held_out.jsonl with a share, and manifests.

    Streams the source in one pass. Memory: one row, 8 bytes per row with a share, and that of `order.shuffled`. Raises
    ValueError if nothing can be read or nothing is left, and OSError.
    """
    from swift_grpo.data.row_faults import NEAR, checks

    tests = checks(plan.drop)
    near = _near(file or Path(source), plan) if NEAR in plan.drop else {}
    rows, described = open_source(source, file, split, plan)
    dropped: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    targets = [output, *([beside(output, "held_out")] if plan.share else []), beside(output, "dropped")]
    with whole_files(targets, may_be_empty=targets[-1:]) as files, contextlib.ExitStack() as stack:
        if near:
            tests.append(lambda row: near.get(rows.position, ""))
        kept = _shaped(ticking(rows, f"prepare {rows.name}"), plan, tests, files[-1], dropped)
        if plan.shuffle:
            kept = order.shuffled(kept, plan.seed, output.parent)
        kept = islice(kept, plan.n)
        if plan.share:
            spool = stack.enter_context(tempfile.TemporaryFile(dir=output.parent))
            counts["output"], counts["held_out"] = _divide(kept, spool, plan, *files[:2])
        else:
            for line in kept:
                files[0].write(line[16:])
                counts["output"] += 1
        if not counts["output"]:
            raise ValueError(_nothing(rows, dropped))
    stages = {"read": rows.read + rows.unreadable, "unreadable": rows.unreadable, "dropped": dropped.total(), **counts}
    written = manifest.write_all(
        targets,
        sources=[described()],
        counts=stages,
        parameters={"source": Path(source).name if Path(source).exists() else source, **asdict(plan)},
        made_by="swift-grpo data prepare",
        dropped=dict(sorted(dropped.items())),
        unreadable=[asdict(one) for one in rows.listed],
    )
    return Prepared(stages, dict(dropped), written, rows.complaint())


def beside(output: Path, what: str) -> Path:
    """The path of a file that belongs to another.

    >>> beside(Path("data/train.jsonl"), "held_out").as_posix()
    'data/train.held_out.jsonl'
    """
    return output.with_name(f"{output.stem}.{what}{output.suffix or '.jsonl'}")


def _shaped(rows: Iterable[Row], plan: Plan, tests: list[Check], drops: BinaryIO, dropped: Counter) -> Iterator[bytes]:
    """The rows as lines, each with a prefix of 16 digits that decides its side of the split."""
    system = prompt_text(plan.system)
    for number, raw in enumerate(rows):
        if not number and (absent := [name for name in plan.columns if name not in raw and at(raw, name) is None]):
            raise ValueError(f"--columns names `{absent[0]}`; the first row has {', '.join(raw)}")
        row, why = shape(raw, plan, system)
        why = why or next((reason for test in tests if row and (reason := test(row))), "")
        if row is None or why:
            dropped[why] += 1
            drops.write(json_line({"dropped": why, **(row or raw)}))
        else:
            digits = order.key(plan.seed, question_of(row) or "") if plan.share else b"0" * 16
            yield digits + json_line(row)


def _divide(lines: Iterable[bytes], spool: BinaryIO, plan: Plan, first: BinaryIO, rest: BinaryIO) -> tuple[int, int]:
    """Write the lines into two files by their digits; equal questions go to the same file. Returns both counts."""
    keys = array("Q")
    for line in lines:
        keys.append(int(line[:16], 16))
        spool.write(line[16:])
    spool.seek(0)
    bound = order.first_part(keys, plan.share or 0.0) if keys else 0
    for key, line in zip(keys, spool, strict=True):
        (first if key < bound else rest).write(line)
    below = sum(key < bound for key in keys)
    return below, len(keys) - below


def _nothing(rows: Rows, dropped: Counter) -> str:
    if not rows.read:
        return rows.complaint() or f"{rows.name} is empty"
    why, count = dropped.most_common(1)[0] if dropped else ("-n 0", rows.read)
    columns = f"the columns are {', '.join(map(str, rows.columns))}"
    return f"""{rows.name}: no row is left; {count} of {rows.read}: {why}; {columns}; name them, --columns '{{"YOURS": "question", "THEIRS": "solution"}}', or the rule, --gold"""  # noqa: E501
