"""Rows of a data set: columns, conversations, golds, questions."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from swift_grpo.check.commandline import Command
from swift_grpo.check.problem import Problem, warning
from swift_grpo.check.tables import Table
from swift_grpo.check.tokens import token_lengths
from swift_grpo.data.rows import messages_of

GOLDS_READ = 300  # of a set, by the grader: up to a millisecond each
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


@dataclass(frozen=True)
class Wants:
    """What the rewards ask of the rows: a column and the reward that needs it; rewards that end at a gold which is no text;
    whether the grader has to read the golds."""

    columns: dict[str, str]
    texts_only: set[str]
    graded: bool


def look_at(table: Table, name: str, command: Command, wants: Wants, training: bool) -> Iterator[Problem]:
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
    yield from _golds(rows, names - lost | ({"solution"} & names), names, name, wants)
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


def _golds(rows: list[dict], columns: set[str], names: set[str], name: str, wants: Wants) -> Iterator[Problem]:
    needs, texts_only = wants.columns, wants.texts_only
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
    elif wants.graded:
        yield from _unreadable_golds(golds, name)
    bare = [
        g for g in golds if isinstance(g, str) and g.strip() and not LATEX.search(g) and not NUMBER.fullmatch(g.strip())
    ]
    if picky and "accuracy" in picky and len(bare) * 2 > len(golds):
        yield warning(
            f"{len(bare)} of {len(golds)} golds (`solution`) of the dataset {name} are bare, such as"
            f" {bare[0][:40]!r}: ms-swift's accuracy scores 0 even for the same answer",
            "write them between $…$ or in \\boxed{}, or use math_accuracy of plugin/plugin.py",
        )


def _unreadable_golds(golds: list[Any], name: str) -> Iterator[Problem]:
    """Golds that the grader makes nothing of: the reward of their rows is None at every step."""
    from grpo_rewards.grading import accepted_answers

    looked_at = golds[:GOLDS_READ]
    unread = [number for number, gold in enumerate(looked_at, start=1) if not accepted_answers(gold)]
    if unread:
        example = str(golds[unread[0] - 1])[:60]
        yield (Problem if len(unread) == len(looked_at) else warning)(
            f"{len(unread)} of {len(looked_at)} golds (`solution`) of the dataset {name} cannot be read by the grader, such as"
            f" {example!r} in row {unread[0]}: these rows pay nothing",
            f"`swift-grpo data audit {name}` lists them, `swift-grpo data prepare {name} --gold plain --drop unreadable` leaves"
            " them out",
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


def question_texts(row: dict, columns: dict[str, str]) -> Iterator[str]:
    """What a row asks, as one text: nothing for a row that asks nothing."""
    renamed = {columns.get(key, key): value for key, value in row.items()}
    for column in (*CONVERSATIONS, *QUESTIONS):
        if column in renamed:
            turns = messages_of(renamed[column])
            yield "\n".join(str(turn.get("content")) for turn in turns if turn.get("role") != "assistant")
            return
