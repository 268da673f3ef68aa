"""Are the data sets there, can they be read, and have they what the run needs?"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from swift_grpo.check import known_flags
from swift_grpo.check.batch import prompts_per_generation
from swift_grpo.check.hub import HUB_ID, Lookup
from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.check.resume import check_steps_left
from swift_grpo.check.row_checks import Wants, look_at, named, question_texts
from swift_grpo.check.system_prompt import check_asked
from swift_grpo.check.tables import SUFFIXES, Source, Table, exists, parse, read_table
from swift_grpo.check.tokens import token_lengths
from swift_grpo.formats.command_line import Command


class DataCheck:
    """The data of one command; `tables` are kept for the checks that compare them."""

    def __init__(self, command: Command, lookup: Lookup, wants: Wants) -> None:
        self.command, self.lookup, self.wants = command, lookup, wants
        self.tables: dict[str, Table] = {}
        self.registered: set[str] = set()  # by plugins: "*" is a name that is not known here

    def rows(self) -> int | None:
        """Rows to train on in all, None if nobody counted them."""
        given = self._given()
        return None if given is None else given - self._split_off(given)

    def read(self) -> list[dict]:
        """The rows that were read to train on, under the names that ms-swift gives their columns."""
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
            yield Problem("no dataset is named", "set DATASET, or add --dataset")
        for given in filter(None, dict.fromkeys(command.flags.get("dataset", []))):
            yield from self._one(given, "DATASET")
        for given in filter(None, dict.fromkeys(command.flags.get("val_dataset", []))):
            yield from self._one(given, "--val_dataset", training=False)
        yield from self._together()
        yield from self._few()
        yield from check_steps_left(command, self.rows())
        yield from check_asked(command, known_flags.known(), self.read())

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
        if not exists(source.name):
            yield from self._absent(source, what)
            return
        try:
            table = read_table(source)
        except (OSError, ValueError, KeyError, OverflowError, RecursionError) as error:
            kinds = "fix the file: JSON Lines (.jsonl), a JSON list (.json), CSV or parquet, in UTF-8; its ending says which"
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
        if self.command.grpo and source.name.endswith(".txt"):
            yield Problem(
                f"the dataset {source.name}: ms-swift takes each line of a .txt for an assistant's text, so that no row asks"
                " anything (dataset/loader.py)",
                "rename it to .jsonl if its lines are JSON objects, or write JSON Lines",
            )
        elif table.unreadable:
            yield _unreadable(source.name, table)
        elif not table.rows and table.count == 0:
            yield Problem(
                f"the dataset {source.name} has no rows: it is empty", "give DATASET a file with at least one"
            )
        elif table.rows:
            yield from look_at(table, source.name, self.command, self.wants, training)

    def _absent(self, source: Source, what: str) -> Iterator[Problem]:
        name = source.name
        if self.registered & {name, "*"}:
            yield skipped(f"the rows of the dataset {name}: a plugin registers it, or may")
            return
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
        have, where, larger = None, "", "a larger set"
        if held and len(held) == len(command.values("val_dataset")) and all(t.count is not None for t in held):
            have, where = sum(t.count or 0 for t in held), f"validation set {' '.join(command.values('val_dataset'))}"
        elif (given := self._given()) and (have := self._split_off(given)):
            where = f"share of {given} rows that --split_dataset_ratio {command.text('split_dataset_ratio')} takes"
            wanted = math.ceil(100 * (batch or 1) * command.ranks // (group or 1) / given) / 100
            larger = f"--split_dataset_ratio {wanted:g}" if wanted < 1 else "more rows"
        if group and batch and have is not None and have < (want := batch * command.ranks // group):
            yield Problem(
                f"evaluation needs {want} prompts at a time, and the {where} has {have} rows (rlhf_trainers/grpo_trainer.py:126)",
                f"use a smaller --per_device_eval_batch_size {group * max(1, have // max(1, command.ranks))}, or {larger}",
            )


def _clean(error: Exception, name: str) -> str:
    return " ".join(str(error).replace(f"{name}: ", "").split())[:200]


def _unreadable(name: str, table: Table) -> Problem:
    first = table.unreadable[0]
    whole = "" if table.rows else "; is it JSON Lines, with double quotes, in UTF-8?"
    return Problem(
        f"the dataset {name} cannot be read: line {first.position} is no JSON object"
        f" ({first.reason}){'' if len(table.unreadable) == 1 else f', nor {len(table.unreadable) - 1} others'}",
        f"fix line {first.position}: one whole JSON object a line, strings in double quotes, no comma behind"
        f" it, UTF-8{whole}",
    )


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
                    need = max(lengths) + (command.whole("max_completion_length") or 512)
                    yield Problem(
                        f"a prompt of the dataset {given} has {max(lengths)} tokens or more, which leave no room"
                        f" in --vllm_max_model_len {window}"
                        f"{'' if holder is command else ' of the rollout server'}",
                        "use a larger one, such as"
                        f" {max(need, (limit or 0) + (command.whole('max_completion_length') or 512))}, or a"
                        " smaller --max_length",
                    )
                    break
