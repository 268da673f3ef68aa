"""Are the datasets there, can they be read, and do they have what the run needs?"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.check.batch import prompts_per_generation
from swift_grpo.check.hub import HUB_ID, Lookup, uses_hf
from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.resume import check_steps_left
from swift_grpo.check.rows import Wants, look_at, named, question_texts, token_lengths
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.row_files import spread
from swift_grpo.formats.rows import Unreadable, read_rows

ROWS_READ = 2000
COUNTED_BYTES = 200_000_000  # the rows of a larger file are not counted
CELLS = {int: re.compile(r"[+-]?\d{1,18}"), float: re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")}
LFS_POINTER = b"version https://git-lfs"
SUFFIXES = (
    ".jsonl",
    ".json",
    ".csv",
    ".parquet",
    ".txt",
    ".arrow",
)  # dataset/loader.py: datasets has a builder for them

rules(
    Rule("data/not-named", ERROR, "no dataset is named", "set DATASET, or add --dataset", why="arguments/base_args/data_args.py"),
    Rule("data/odd-sample", ERROR, "the dataset {given}: #{sample} is not a whole number (integer) of rows",
         "write #{good}, such as {name}#{good}", why="dataset/dataset_syntax.py: int(…) of what follows #"),
    Rule("data/no-sample", ERROR, "the dataset {given}: #0 takes no row (dataset/dataset_meta.py)",
         "write a positive number after #, at least 1, or leave it out", why="dataset/dataset_meta.py takes that many rows"),
    Rule("data/unreadable", ERROR, "the dataset {name} cannot be read ({error})", "fix the file: JSON Lines (.jsonl), a JSON list"
         " (.json), CSV or parquet, in UTF-8; its extension says which", why="dataset/loader.py chooses the reader by the extension"),
    Rule("data/text-file", ERROR, "the dataset {name}: ms-swift reads each line of a .txt as an assistant's text, so no row asks"
         " anything (dataset/loader.py)", "rename it to .jsonl if its lines are JSON objects, or write JSON Lines",
         why="dataset/loader.py"),
    Rule("data/unreadable-lines", ERROR, "the dataset {name} cannot be read: line {first} is not a JSON object ({reason}){others}",
         "fix line {first}: one whole JSON object a line, strings in double quotes, no comma after it, UTF-8{whole}",
         why="datasets ends at the first line that does not parse"),
    Rule("data/no-rows", ERROR, "the dataset {name} has no rows: it is empty", "give DATASET a file with at least one",
         why="nothing to train on"),
    Rule("data/from-plugin", SKIPPED, "the rows of the dataset {name}: a plugin registers it, or may register it",
         why="a registered dataset is loaded by code"),
    Rule("data/not-there", ERROR, "the dataset {name} is not there", "give {what} a file that exists, or a hub id such as"
         " AI-MO/NuminaMath-TIR", why="ms-swift looks up a missing path on the hub, which has no such id"),
    Rule("data/unconfirmed", SKIPPED, "whether the dataset {name} exists, and its columns: {reason}", why="hubs are asked for one"
         " second in all"),
    Rule("data/not-on-hub", ERROR, "the dataset {name} {reason}", "give {what} a file, correct the id, or set USE_HF=1 for Hugging"
         " Face", why="ms-swift asks ModelScope unless USE_HF=1 or --use_hf true (hub/hub.py)"),
    Rule("data/interleave-count", ERROR, "--interleave_prob has {count} values for {sets} datasets",
         "give one for each: {sets}", why="datasets interleave_datasets: one probability per dataset"),
    Rule("data/interleave-sum", ERROR, "--interleave_prob adds up to {total:g} (numpy: probabilities do not sum to 1)",
         "give shares that add up to 1", why="numpy Generator.choice"),
    Rule("data/evaluated-on-training", WARNING, "--val_dataset {given} is the data that is trained on: the same rows are evaluated",
         "name another set that is held out, or use --split_dataset_ratio 0.01", why="memorised rows look like progress"),
    Rule("data/too-few-rows", ERROR, "a step needs {need} different prompts and the dataset {names} has {rows} rows: the sampler drops"
         " what does not fill a step, and no step is done",
         "use a smaller --gradient_accumulation_steps or --per_device_train_batch_size, or more rows",
         why="rlhf_trainers/utils.py RepeatSampler"),
    Rule("data/too-few-to-evaluate", ERROR, "evaluation needs {want} prompts at a time, and the {where} has {have} rows"
         " (rlhf_trainers/grpo_trainer.py:126)", "use a smaller --per_device_eval_batch_size {smaller}, or {larger}",
         why="rlhf_trainers/grpo_trainer.py:126"),
    Rule("data/prompt-fills-window", ERROR, "a prompt of the dataset {given} has {tokens} tokens or more, which leave no room in"
         " --vllm_max_model_len {window}{where}", "use a larger one, such as {larger}, or a smaller --max_length",
         why="infer_engine.py:246"),
)  # fmt: skip


@dataclass
class Source:
    """A value of --dataset, parsed as by dataset/dataset_syntax.py: `[HF::|MS::]NAME[:subset…][#rows]`."""

    given: str
    name: str = ""
    sample: str | None = None
    hub: str = ""  # hf, ms, or '' for the default


def parse(given: str) -> Source:
    """
    >>> parse("HF::openai/gsm8k:main#500")
    Source(given='HF::openai/gsm8k:main#500', name='openai/gsm8k', sample='500', hub='hf')
    """
    if exists(given):
        return Source(given, given)
    hub, _, rest = given.rpartition("::")
    if exists(rest):
        return Source(given, rest, None, hub.lower())
    name, mark, sample = rest.rpartition("#")
    name, number = (name, sample) if mark else (rest, None)
    return Source(given, name if exists(name) else name.partition(":")[0], number, hub.lower())


def exists(name: str) -> bool:
    """Whether a file or folder exists; False for a name that no file can have."""
    try:
        return path_of(name).exists()
    except (OSError, ValueError):
        return False


@dataclass
class Table:
    """The first rows of a dataset, and what is known of the rest."""

    name: str
    rows: list[dict[str, Any]]
    count: int | None  # all rows, None if they were not counted
    unreadable: list[Unreadable] = field(default_factory=list)


def read_table(source: Source) -> Table:
    """Raises ValueError or OSError if it cannot be read at all."""
    path = Path(source.name)
    if path.is_dir():
        files = sorted(
            p
            for p in path.rglob("*")
            if p.suffix in SUFFIXES and p.is_file() and not p.name.startswith(("dataset_info", "state.json"))
        )
        if not files:
            raise ValueError(
                f"the folder has no data file ({', '.join(SUFFIXES[:4])}): it is empty, or of another kind"
            )
        path = next((file for file in files if "train" in file.name), files[0])
    if path.suffix not in SUFFIXES:
        suffix = f"ends in {path.suffix}" if path.suffix else "has no ending"
        unpack = ": unpack it, such as with gunzip" if path.suffix in {".gz", ".zip", ".zst", ".bz2", ".xz"} else ""
        raise ValueError(
            f"its name {suffix}, for which ms-swift has no reader{unpack}; it reads {', '.join(SUFFIXES[:4])}"
        )
    if path.stat().st_size == 0:
        return Table(source.given, [], 0)
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise ValueError("it is a pointer of git-lfs and not the data: run `git lfs pull` where it came from")
    if path.suffix in {".txt", ".arrow"}:
        return Table(source.given, [], None)
    reader = read_rows(path)
    rows = list(islice(reader, ROWS_READ))
    if path.suffix == ".csv":
        _make_numbers(rows)
    count = reader.read if len(rows) < ROWS_READ else _count(path)
    return Table(source.given, rows, count, list(reader.listed))


def _make_numbers(rows: list[dict[str, Any]]) -> None:
    """Turns CSV columns of numbers alone into numbers, as pandas does, with which `datasets` reads a CSV."""
    for column in rows[0] if rows else ():
        cells = [row[column].strip() for row in rows]
        for kind, pattern in CELLS.items():
            if all(map(pattern.fullmatch, cells)):
                for row, cell in zip(rows, cells, strict=True):
                    row[column] = kind(cell)
                break


def _count(path: Path) -> int | None:
    """The rows of a long file: lines of JSON, or what a parquet file says."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_metadata(path).num_rows
    if path.suffix != ".jsonl" or path.stat().st_size > COUNTED_BYTES or spread(path):
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


class DataCheck:
    """The data of one command; `tables` are kept for the checks that compare them."""

    def __init__(self, command: Command, lookup: Lookup, wants: Wants) -> None:
        self.command, self.lookup, self.wants = command, lookup, wants
        self.tables: dict[str, Table] = {}
        self.registered: set[str] = set()  # by plugins: "*" is a name that is not known here

    def rows(self) -> int | None:
        """How many rows there are to train on; None if they were not counted."""
        given = self._given()
        return None if given is None else given - self._split_off(given)

    def read(self) -> list[dict]:
        """The training rows that were read, with ms-swift's column names."""
        tables = [self.tables[given] for given in self.command.values("dataset") if given in self.tables]
        return [named(row, self.command.columns) for table in tables for row in table.rows]

    def _given(self) -> int | None:
        total = 0
        for given in self.command.values("dataset"):
            table, source = self.tables.get(given), parse(given)
            counted = table.count if table else None
            count = int(source.sample) if source.sample and source.sample.isdigit() else counted
            if count is None:
                return None
            total += count
        return total

    def _split_off(self, rows: int) -> int:
        """Rows that --split_dataset_ratio takes for evaluation (dataset/dataset_meta.py post_process)."""
        share = self.command.number("split_dataset_ratio") or 0
        return max(int(rows * share), 1) if 0 < share < 1 and rows and not self.command.given("val_dataset") else 0

    def problems(self) -> Iterator[Problem]:
        command = self.command
        if not command.trains:
            return
        if not command.given("dataset") and not command.given("cached_dataset"):
            yield found("data/not-named")
        for given in filter(None, dict.fromkeys(command.flags.get("dataset", []))):
            yield from self._one(given, "DATASET")
        for given in filter(None, dict.fromkeys(command.flags.get("val_dataset", []))):
            yield from self._one(given, "--val_dataset", training=False)
        yield from self._together()
        yield from self._few()
        yield from check_steps_left(command, self.rows())

    def _one(self, given: str, what: str, training: bool = True) -> Iterator[Problem]:
        source = parse(given)
        name, sample = source.name, source.sample
        if sample is not None and not re.fullmatch(r"\d+", sample):
            number = re.match(r"(\d+)\s*k", sample.lower())
            yield found(
                "data/odd-sample", given=given, sample=sample, name=name, good=1000 * int(number[1] if number else 1)
            )
        elif sample is not None and int(sample) == 0:
            yield found("data/no-sample", given=given)
        if not exists(name):
            yield from self._absent(source, what)
            return
        try:
            table = self.tables[given] = read_table(source)
        except Exception as error:  # pyarrow has exceptions of its own
            yield found("data/unreadable", name=name, error=_clean(error, name))
        else:
            if self.command.grpo and name.endswith(".txt"):
                yield found("data/text-file", name=name)
            if table.unreadable:
                first, others = table.unreadable[0], len(table.unreadable) - 1
                said = {"others": f", nor {others} others" if others else "", "first": first.position}
                said["whole"] = "" if table.rows else "; is it JSON Lines, with double quotes, in UTF-8?"
                yield found("data/unreadable-lines", name=name, reason=first.reason, **said)
            elif not table.rows and table.count == 0:
                yield found("data/no-rows", name=name)
            if table.rows:
                yield from look_at(table.rows, name, self.command, self.wants, training)

    def _absent(self, source: Source, what: str) -> Iterator[Problem]:
        name = source.name
        if self.registered & {name, "*"}:
            yield found("data/from-plugin", name=name)
        elif not HUB_ID.fullmatch(name) or Path(name).suffix in SUFFIXES or name.startswith(("/", "./", "../", "~")):
            yield found("data/not-there", name=name, what=what)
        else:
            use_hf = {"hf": True, "ms": False}.get(source.hub, uses_hf(self.command))
            answer = self.lookup.ask(name, "dataset", use_hf)
            if answer.reason:
                id = "data/unconfirmed" if answer.unreachable else "data/not-on-hub"
                yield found(id, name=name, reason=answer.reason, what=what)

    def _together(self) -> Iterator[Problem]:
        command = self.command
        sets, shares = command.values("dataset"), command.flags.get("interleave_prob", [])
        if shares and len(shares) != len(sets):
            yield found("data/interleave-count", count=len(shares), sets=len(sets))
        elif shares:
            try:
                total = sum(map(float, shares))
            except ValueError:  # reported by the flag check
                total = 1.0
            if abs(total - 1) > 1e-6:
                yield found("data/interleave-sum", total=total)
        for given in set(sets) & set(command.values("val_dataset")):
            yield found("data/evaluated-on-training", given=given)

    def _few(self) -> Iterator[Problem]:
        command, rows = self.command, self.rows()
        need = prompts_per_generation(command) if command.grpo else None
        if rows and need and rows < need and not command.true("streaming"):
            yield found("data/too-few-rows", need=need, names=", ".join(command.values("dataset")), rows=rows)
        if not command.grpo or not command.evaluates:
            return
        group = command.whole("num_generations_eval") or command.whole("num_generations", 2)
        batch = command.whole("per_device_eval_batch_size")
        held = [self.tables[given] for given in command.values("val_dataset") if given in self.tables]
        have, where, larger = None, "", "a larger set"
        if held and len(held) == len(command.values("val_dataset")) and all(t.count is not None for t in held):
            have, where = sum(t.count or 0 for t in held), f"validation set {' '.join(command.values('val_dataset'))}"
        elif (given := self._given()) and (have := self._split_off(given)):
            where = f"share of {given} rows that --split_dataset_ratio {command.text('split_dataset_ratio')} takes"
            wanted = math.ceil(100 * (batch or 1) * command.ranks // (group or 1) / given) / 100
            larger = f"--split_dataset_ratio {wanted:g}" if wanted < 1 else "more rows"
        if group and batch and have is not None and have < (want := batch * command.ranks // group):
            smaller = group * max(1, have // max(1, command.ranks))
            yield found("data/too-few-to-evaluate", want=want, where=where, have=have, smaller=smaller, larger=larger)


def _clean(error: Exception, name: str) -> str:
    return " ".join(str(error).replace(f"{name}: ", "").split())[:200]


def check_windows(checks: list[DataCheck], servers: list[Command]) -> Iterator[Problem]:
    """Prompts that leave no room for a completion in vLLM's window, its own or the server's (infer_engine.py:246)."""
    for check in checks:
        command = check.command
        holders = [command] if command.vllm == "colocate" else servers if command.vllm == "server" else []
        for holder in holders:
            window = holder.whole("vllm_max_model_len")
            if not window:
                continue
            limit = command.whole("max_length")
            for given, table in check.tables.items():
                texts = [text for row in table.rows for text in question_texts(row, command.columns)]
                lengths = [min(n, limit) if limit else n for n in token_lengths(texts, command, least=window)]
                if lengths and max(lengths) >= window:
                    completion = command.whole("max_completion_length") or 512
                    where = "" if holder is command else " of the rollout server"
                    said = {"tokens": max(lengths), "larger": max(max(lengths), limit or 0) + completion}
                    yield found("data/prompt-fills-window", given=given, window=window, where=where, **said)
                    break
