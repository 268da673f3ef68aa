"""Are the data sets there, can they be read, and have they what the run needs?"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.check.batch import prompts_per_generation
from swift_grpo.check.commandline import Command, path_of
from swift_grpo.check.hub import HUB_ID, Lookup
from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.data.rows import Unreadable, messages_of, read_rows

ROWS_READ = 2000
COUNTED_BYTES = 200_000_000  # of a file, beyond which its rows are not counted
SUFFIXES = (
    ".jsonl",
    ".json",
    ".csv",
    ".parquet",
    ".txt",
    ".arrow",
)  # dataset/loader.py: those that datasets has a builder for
CONVERSATIONS = ("messages", "conversation", "conversations")
QUESTIONS = (
    "query",
    "prompt",
    "input",
    "instruction",
    "question",
    "problem",
)  # dataset/preprocessor/core.py ResponsePreprocessor
RESPONSES = "response answer output targets target answer_key answers text completion content".split()
ROLES = {"system", "user", "tool_call", "tool_response", "tool", "assistant"}
GOLDS = (
    "answer",
    "gold",
    "target",
    "label",
    "response",
    "ground_truth",
    "final_answer",
    "expected_answer",
    "answer_text",
)
NUMBER = re.compile(r"[-+]?[\d\s,.]+(/\d+)?%?")
LATEX = re.compile(r"\$|\\boxed|\\\(|\\\[")


@dataclass
class Source:
    """A value of --dataset as ms-swift takes it apart (dataset/dataset_syntax.py): `[HF::|MS::]NAME[:subset…][#rows]`."""

    given: str
    name: str = ""
    sample: str | None = None
    hub: str = ""  # hf, ms, or '' for the default


def parse(given: str) -> Source:
    """
    >>> parse("HF::openai/gsm8k:main#500")
    Source(given='HF::openai/gsm8k:main#500', name='openai/gsm8k', sample='500', hub='hf')
    """
    if _exists(given):
        return Source(given, given)
    hub, _, rest = given.rpartition("::")
    if _exists(rest):
        return Source(given, rest, None, hub.lower())
    name, mark, sample = rest.rpartition("#")
    name, number = (name, sample) if mark else (rest, None)
    return Source(given, name if _exists(name) else name.partition(":")[0], number, hub.lower())


def _exists(name: str) -> bool:
    try:
        return path_of(name).exists()
    except (OSError, ValueError):
        return False


@dataclass
class Table:
    """The first rows of a data set and what is known of the rest."""

    name: str
    rows: list[dict[str, Any]]
    count: int | None  # all rows, None if they were not counted
    unreadable: list[Unreadable] = field(default_factory=list)


# ---- reading
def read_table(source: Source) -> Table:
    """Raises ValueError and OSError for what cannot be read at all."""
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
    if path.suffix in {".txt", ".arrow"}:
        return Table(source.given, [], None)
    reader = read_rows(path)
    rows = list(islice(reader, ROWS_READ))
    count = reader.read if len(rows) < ROWS_READ else _count(path)
    return Table(source.given, rows, count, list(reader.listed))


def _count(path: Path) -> int | None:
    """The rows of a long file: lines of JSON, or what a parquet file says."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_metadata(path).num_rows
    if path.suffix != ".jsonl" or path.stat().st_size > COUNTED_BYTES:
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


# ---- the checks
class DataCheck:
    """The data of one command; `tables` are kept for the checks that compare them."""

    def __init__(self, command: Command, lookup: Lookup, needs: dict[str, str], texts_only: set[str]) -> None:
        self.command, self.lookup, self.needs, self.texts_only = command, lookup, needs, texts_only
        self.tables: dict[str, Table] = {}

    def rows(self) -> int | None:
        """Rows to train on in all, None if nobody counted them."""
        total = 0
        for given in self.command.values("dataset"):
            table, source = self.tables.get(given), parse(given)
            if table is None or table.count is None:
                if not (source.sample or "").isdigit():
                    return None
                total += int(source.sample)
            else:
                total += int(source.sample) if (source.sample or "").isdigit() else table.count
        split = self.command.number("split_dataset_ratio") or 0
        return int(total * (1 - split)) if 0 < split < 1 else total

    def problems(self) -> Iterator[Problem]:
        command = self.command
        if not command.trains:
            return
        yield from _columns_flag(command)
        if not command.given("dataset") and not command.given("cached_dataset"):
            yield Problem("no dataset is named", "set DATASET, or add --dataset")
        for given in dict.fromkeys(command.flags.get("dataset", [])):
            yield from self._one(given, "DATASET")
        for given in dict.fromkeys(command.flags.get("val_dataset", [])):
            yield from self._one(given, "--val_dataset", training=False)
        yield from self._together()
        yield from self._few()

    def _one(self, given: str, what: str, training: bool = True) -> Iterator[Problem]:
        source = parse(given)
        if source.sample is not None:
            if not re.fullmatch(r"\d+", source.sample):
                number = re.match(r"(\d+)\s*k", source.sample.lower())
                good = f"{int(number[1]) * 1000}" if number else "1000"
                yield Problem(
                    f"the dataset {given}: #{source.sample} is no whole number (integer) of rows",
                    f"write #{good}, such as {source.name}#{good}",
                )
            elif int(source.sample) == 0:
                yield Problem(
                    f"the dataset {given}: #0 takes no row (dataset/dataset_meta.py)",
                    "write a positive number behind #, at least 1, or leave it out",
                )
        if not _exists(source.name):
            yield from self._absent(source, what)
            return
        try:
            table = read_table(source)
        except (OSError, ValueError, KeyError, OverflowError, RecursionError) as error:
            kinds = "mend the file: JSON Lines (.jsonl), a JSON list (.json), CSV or parquet, in UTF-8; its ending says which"
            yield Problem(f"the dataset {source.name} cannot be read ({_clean(error, source.name)})", kinds)
            return
        except Exception as error:  # pyarrow has exceptions of its own
            yield Problem(
                f"the dataset {source.name} cannot be read ({_clean(error, source.name)}): it is torn, or of"
                " another format than its ending says",
                "copy or download it again, or rename it to its format, such as .jsonl",
            )
            return
        self.tables[given] = table
        if table.unreadable:
            yield _unreadable(source.name, table)
        elif not table.rows and table.count == 0:
            yield Problem(
                f"the dataset {source.name} has no rows: it is empty", "give DATASET a file with at least one"
            )
        elif table.rows:
            yield from look_at(table, source.name, self.command, self.needs, self.texts_only, training)

    def _absent(self, source: Source, what: str) -> Iterator[Problem]:
        name = source.name
        if not HUB_ID.fullmatch(name) or Path(name).suffix in SUFFIXES or name.startswith(("/", "./", "../", "~")):
            yield Problem(
                f"the dataset {name} is not there",
                f"give {what} a file that exists, or a hub id such as AI-MO/NuminaMath-TIR",
            )
            return
        use_hf = self.command.true("use_hf") or self.command.environ.get("USE_HF", "").lower() in {"1", "true"}
        answer = self.lookup.ask(name, "dataset", {"hf": True, "ms": False}.get(source.hub, use_hf))
        if answer.unreachable:
            yield skipped(f"whether the dataset {name} exists, and its columns: {answer.reason}")
        elif answer.reason:
            yield Problem(
                f"the dataset {name} {answer.reason}",
                f"give {what} a file, correct the id, or set USE_HF=1 for Hugging Face",
            )

    def _together(self) -> Iterator[Problem]:
        command = self.command
        sets, shares = command.values("dataset"), command.flags.get("interleave_prob", [])
        if shares and len(shares) != len(sets):
            yield Problem(
                f"--interleave_prob has {len(shares)} values for {len(sets)} data sets",
                f"give one for each, as many as there are: {len(sets)}",
            )
        elif shares:
            try:
                total = sum(map(float, shares))
            except ValueError:
                total = 1.0
            if abs(total - 1) > 1e-6:
                yield Problem(
                    f"--interleave_prob adds up to {total:g} (numpy: probabilities do not sum to 1)",
                    "give shares that add up to 1",
                )
        for given in set(sets) & set(command.values("val_dataset")):
            yield warning(
                f"--val_dataset {given} is the data that is trained on: the same rows are evaluated",
                "name another set that is held out, or use --split_dataset_ratio 0.01",
            )

    def _few(self) -> Iterator[Problem]:
        command, rows = self.command, self.rows()
        need = prompts_per_generation(command) if command.grpo else None
        if rows and need and rows < need and not command.true("streaming"):
            names = ", ".join(command.values("dataset"))
            yield Problem(
                f"a step needs {need} different prompts and the dataset {names} has {rows} rows: the sampler"
                " drops what does not fill a step, and none is done",
                "use a smaller --gradient_accumulation_steps or --per_device_train_batch_size, or more rows",
            )
        if not command.grpo or not command.evaluates:
            return
        group = command.whole("num_generations_eval") or command.whole("num_generations", 2)
        batch = command.whole("per_device_eval_batch_size")
        held = [self.tables[given] for given in command.values("val_dataset") if given in self.tables]
        if (
            group
            and batch
            and held
            and len(held) == len(command.values("val_dataset"))
            and all(t.count is not None for t in held)
        ):
            have, want = sum(t.count or 0 for t in held), batch * command.ranks // group
            if have < want:
                yield Problem(
                    f"evaluation needs {want} prompts at a time, and the validation set"
                    f" {' '.join(command.values('val_dataset'))} has {have} rows"
                    " (rlhf_trainers/grpo_trainer.py:126)",
                    "use a smaller --per_device_eval_batch_size"
                    f" {group * max(1, have // max(1, command.ranks))}, or a larger set",
                )


def _columns_flag(command: Command) -> Iterator[Problem]:
    if not command.given("columns"):
        return
    given = command.text("columns") or ""
    try:
        columns = json.loads(given)
    except (ValueError, RecursionError):
        columns = None
    if not isinstance(columns, dict):
        yield Problem(f"--columns {given} is no JSON object", """write --columns '{"answer": "solution"}'""")


def _clean(error: Exception, name: str) -> str:
    return " ".join(str(error).replace(f"{name}: ", "").split())[:200]


def _unreadable(name: str, table: Table) -> Problem:
    first = table.unreadable[0]
    whole = "" if table.rows else "; is it JSON Lines, with double quotes, in UTF-8?"
    return Problem(
        f"the dataset {name} cannot be read: line {first.position} is no JSON object"
        f" ({first.reason}){'' if len(table.unreadable) == 1 else f', nor {len(table.unreadable) - 1} others'}",
        f"mend line {first.position}: one whole JSON object a line, strings in double quotes, no comma behind"
        f" it, UTF-8{whole}",
    )


# ---- rows
def look_at(
    table: Table, name: str, command: Command, needs: dict[str, str], texts_only: set[str], training: bool
) -> Iterator[Problem]:
    """Columns, conversations, golds and questions of the rows that were read."""
    columns = command.columns
    rows = [{columns.get(key, key): value for key, value in row.items()} for row in table.rows]
    names = {key for row in rows for key in row}
    absent = [key for key in columns if not any(key in row for row in table.rows)]
    if absent:
        yield Problem(
            f"--columns renames {', '.join(absent)}, which the dataset {name} does not have (it has"
            f" {', '.join(sorted(names))}): it is left out in silence",
            "name a column that is there",
        )
    if len(names) == 1 and ((only := next(iter(names))).count(";") or only.count("\t")):
        yield Problem(
            f"the dataset {name} has one column, named {only!r}: its cells are not separated by commas",
            "write it with a comma as separator (delimiter), or as JSON Lines",
        )
        return
    conversation = next((column for column in CONVERSATIONS if column in names), None)
    question = next((column for column in QUESTIONS if column in names), None)
    if not conversation and not question:
        yield _no_prompt(name, names)
        return
    if conversation:
        faults = list(_conversations(rows, conversation, name, command))
        yield from faults
        if any(fault.severity != "warning" for fault in faults):
            return
    lost = set() if conversation else {*QUESTIONS, *RESPONSES}
    yield from _golds(rows, names - lost | ({"solution"} & names), names, name, needs, texts_only)
    if training:
        yield from _questions(rows, conversation or question or "", name, command)


def _no_prompt(name: str, names: set[str]) -> Problem:
    listed = ", ".join(sorted(names))
    heading = any(not re.fullmatch(r"\w[\w .-]{0,40}", column) for column in names)
    hint = "; is its first line a header that names the columns, such as query,solution?" if heading else ""
    return Problem(
        f"the dataset {name} has no column with the prompt (it has {listed})",
        f"""name one `messages` or `query`, or map it: --columns '{{"your_column": "query"}}'{hint}""",
    )


def _conversations(rows: list[dict], column: str, name: str, command: Command) -> Iterator[Problem]:
    """Rows that ms-swift deletes, and conversations that GRPO or SFT cannot use (dataset/preprocessor/core.py)."""
    faults: dict[str, list[int]] = {}
    systems = twice = 0
    for number, row in enumerate(rows, start=1):
        value = row.get(column)
        if fault := conversation_fault(
            value, strict=column == "messages", answered=not command.grpo and command.kind == "sft"
        ):
            faults.setdefault(fault, []).append(number)
            continue
        roles = (
            [turn.get("role", turn.get("from")) for turn in value if isinstance(turn, dict)]
            if isinstance(value, list)
            else []
        )
        systems += roles.count("system") > 0
        twice += roles.count("system") > 1
    for fault, numbers in sorted(faults.items(), key=lambda item: -len(item[1])):
        all_ = len(numbers) == len(rows)
        what = f"{'every row' if all_ else f'{len(numbers)} of {len(rows)} rows'} of the dataset {name}: {fault} (the first is row {numbers[0]}); ms-swift deletes such rows"  # noqa: E501
        fix = f"""write {column} as a list such as [{{"role": "user", "content": "text"}}]"""
        yield Problem(what, fix) if all_ else warning(what, fix)
    if twice:
        yield Problem(
            f"{twice} rows of the dataset {name} have two system messages: ms-swift takes the first, and the"
            " second breaks the turns",
            "merge them into one, and remove the other",
        )
    elif systems and command.given("system"):
        yield warning(
            f"{systems} rows of the dataset {name} have a system message of their own: it wins over --system"
            " in silence",
            "remove it from the data, or drop --system: one of them",
        )


def conversation_fault(value: Any, strict: bool = True, answered: bool = False) -> str:
    """What keeps a value of `messages` from being a conversation, '' if nothing does.

    >>> conversation_fault([{"role": "user", "content": "2+2?"}]), conversation_fault([])
    ('', 'messages is empty')
    """
    if isinstance(value, str) and not strict:
        return ""
    if not isinstance(value, list):
        return f"messages is {'text' if isinstance(value, str) else 'missing' if value is None else type(value).__name__}, not a list of turns with role and content"  # noqa: E501
    if not value:
        return "messages is empty"
    user = False
    for turn in value:
        if not isinstance(turn, dict):
            return "a turn is no object with role and content"
        if not strict and "from" in turn:
            user = user or turn.get("from") in ("human", "user")
            continue
        role, content = turn.get("role"), turn.get("content")
        if "role" not in turn:
            return "a turn has no role"
        if not isinstance(role, str) or role not in ROLES:
            return f"the role {role!r} is none of user, assistant, system, tool"
        if "content" not in turn:
            others = ", ".join(sorted(str(key) for key in turn if key != "role"))
            return f"a turn has no key `content`{f' (but {others})' if others else ''}"
        if content is None:
            return "the content of a turn is null, not text"
        user = user or (role == "user" and (not isinstance(content, str) or bool(content.strip())))
    if not user:
        return "no turn of the role user asks anything (content)"
    last = value[-1]
    if answered and last.get("role", last.get("from")) not in ("assistant", "gpt"):
        return "the last turn is not the role assistant's: there is nothing to learn from"
    return ""


def _golds(
    rows: list[dict], columns: set[str], names: set[str], name: str, needs: dict[str, str], texts_only: set[str]
) -> Iterator[Problem]:
    for column, reward in needs.items():
        if column not in columns:
            gold = next((c for c in GOLDS if c in names), "your_column")
            lost = f" (`{gold}` becomes the assistant's turn)" if gold in RESPONSES and gold in names else ""
            yield Problem(
                f"the dataset {name} has no column `{column}`, which the reward {reward} needs{lost}",
                f"""map it: --columns '{{"{gold}": "{column}"}}'""",
            )
    if "solution" not in needs or "solution" not in columns:
        return
    golds = [row.get("solution") for row in rows]
    empty = [
        number
        for number, gold in enumerate(golds, start=1)
        if gold is None or (isinstance(gold, str) and not gold.strip())
    ]
    if len(empty) == len(golds):
        yield Problem(f"every `solution` of the dataset {name} is empty", "fill in the gold answers")
        return
    nulls, others = [g for g in golds if g is None], [g for g in golds if g is not None and not isinstance(g, str)]
    picky = sorted(texts_only & {needs["solution"], *texts_only})
    if picky and (nulls or others):
        kinds = Counter(type(g).__name__ for g in golds)
        counted = ", ".join(f"{count} {'null' if kind == 'NoneType' else kind}" for kind, count in kinds.most_common(4))
        yield Problem(
            f"the dataset {name} has {len(nulls) + len(others)} of {len(golds)} values of `solution` that are"
            f" no text ({counted}):"
            f" the reward {picky[0]} ends in a TypeError at the first such row (row"
            f" {next(n for n, g in enumerate(golds, 1) if not isinstance(g, str))})",
            "write all of them as text (strings), remove the rows where one is missing, or use math_accuracy"
            " of plugin/plugin.py",
        )
    elif empty:
        share = 100 * len(empty) / len(golds)
        yield warning(
            f"{len(empty)} of {len(golds)} golds (`solution`) of the dataset {name} are empty ({share:.0f}%;"
            f" the first in row {empty[0]}): these rows pay nothing",
            "fill them in, or remove the rows",
        )
    bare = [
        g for g in golds if isinstance(g, str) and g.strip() and not LATEX.search(g) and not NUMBER.fullmatch(g.strip())
    ]
    if picky and "accuracy" in picky and len(bare) * 2 > len(golds):
        yield warning(
            f"{len(bare)} of {len(golds)} golds (`solution`) of the dataset {name} are bare, such as"
            f" {bare[0][:40]!r}: ms-swift's accuracy scores 0 even for the same answer",
            "write them between $…$ or in \\boxed{}, or use math_accuracy of plugin/plugin.py",
        )


def _questions(rows: list[dict], column: str, name: str, command: Command) -> Iterator[Problem]:
    """One question many times, and prompts that are longer than --max_length."""
    texts = []
    for row in rows:
        turns = messages_of(row.get(column))
        texts.append("\n".join(str(turn.get("content")) for turn in turns if turn.get("role") != "assistant"))
    if len(texts) > 1 and command.grpo:  # several traces of one question are meant in SFT
        distinct = len(set(texts))
        if distinct * 2 <= len(texts):
            yield warning(
                f"the dataset {name} has only {distinct} distinct questions in {len(texts)} rows (identical"
                " ones repeat)",
                "remove the duplicates, so that each question is there once",
            )
    limit = command.whole("max_length")
    if limit and command.grpo:
        yield from _long_prompts(texts, limit, name, command)


def _long_prompts(texts: list[str], limit: int, name: str, command: Command) -> Iterator[Problem]:
    """A text has at most as many tokens as bytes: only those with more are counted by the model's tokenizer."""
    lengths = token_lengths(texts, command, least=limit)
    long = [length for length in lengths if length > limit]
    if long:
        delete = command.text("truncation_strategy") == "delete"
        yield (Problem if len(long) == len(texts) and delete else warning)(
            f"{len(long)} of {len(texts)} prompts of the dataset {name} are longer than --max_length {limit}"
            f" (up to {max(long)} tokens): " + ("they are left out" if delete else "their beginning is cut off"),
            f"use --max_length {max(long)}, or --truncation_strategy delete",
        )


def token_lengths(texts: list[str], command: Command, least: int) -> list[int]:
    """Tokens of the texts that have more than `least` bytes, by the tokenizer.json of the model; [] without one."""
    suspects = sorted((text for text in texts if len(text.encode(errors="replace")) > least), key=len)[-200:]
    path = path_of(command.text("model") or "") / "tokenizer.json"
    if not suspects or not path.is_file():
        return []
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in suspects]
    except Exception:  # the Rust library raises plain Exception; a broken tokenizer is told by the model check
        return []


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
                texts = [text for row in table.rows for text in _texts(row, command.columns)]
                lengths = [min(n, limit) if limit else n for n in token_lengths(texts, command, least=window)]
                if lengths and max(lengths) >= window:
                    need = max(lengths) + (command.whole("max_completion_length") or 512)
                    yield Problem(
                        f"prompts of the dataset {given} have up to {max(lengths)} tokens, which leave no room"
                        f" in --vllm_max_model_len {window}"
                        f"{'' if holder is command else ' of the rollout server'}",
                        "use a larger one, such as"
                        f" {max(need, (limit or 0) + (command.whole('max_completion_length') or 512))}, or a"
                        " smaller --max_length",
                    )
                    break


def _texts(row: dict, columns: dict[str, str]) -> Iterator[str]:
    renamed = {columns.get(key, key): value for key, value in row.items()}
    for column in (*CONVERSATIONS, *QUESTIONS):
        if column in renamed:
            turns = messages_of(renamed[column])
            yield "\n".join(str(turn.get("content")) for turn in turns if turn.get("role") != "assistant")
            return
