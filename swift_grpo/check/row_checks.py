"""Rows of a data set: columns, conversations, golds, questions."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swift_grpo.check.problem import Problem, warning
from swift_grpo.check.tables import Table
from swift_grpo.check.tokens import token_lengths
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.rows import prompt_of
from swift_grpo.formats.turns import ASSISTANTS, TEXTS, USERS, is_pair, media_of, standard, unpacked

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
ALPACA = {"instruction", "input"}  # AlpacaPreprocessor joins them
PART, DELETES = "a content has a part", "ms-swift deletes such rows"
MEDIA = ("images", "image", "videos", "video", "audios", "audio")
MEDIA_READ = 200  # rows whose files are looked for
SHORTEST_READ = 20  # of the prompts, which speak for all
IN_TAGS = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)  # rewards/orm.py MathAccuracy takes what is inside
PROSE = 6  # words, without a digit or LaTeX
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
    rows = [named(row, columns) for row in table.rows]
    names = {key for row in rows for key in row}
    there = {key.lower() for row in table.rows for key in row}
    absent = [key for key in columns if key.lower() not in there]
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
    questions = [column for column in QUESTIONS if column in names]
    if not conversation and not questions:
        yield _no_prompt(name, names)
        return
    if not conversation:
        yield from _question_columns(rows, questions, name)
    else:
        faults = list(_conversations(rows, conversation, name, command))
        yield from faults
        if any(fault.severity != "warning" for fault in faults):
            return
    yield from _golds(rows, names - _lost(names, questions, conversation), names, name, wants)
    yield from _media(rows, conversation or "", name, command)
    if training:
        yield from _questions(rows, name, command)


def _lost(names: set[str], questions: list[str], conversation: str | None) -> set[str]:
    """The columns that become turns: of several with one meaning ms-swift takes none (safe_rename_columns), and `solution`
    stays too."""
    if conversation:
        return set()
    responses = names & {*RESPONSES, "solution"}
    lost = {*questions} if len(questions) == 1 or names >= ALPACA else {"query"}
    lost |= responses if len(responses) == 1 else {"response"}
    return (lost | ({"output"} if names >= ALPACA else set())) - {"solution"}


def _question_columns(rows: list[dict], questions: list[str], name: str) -> Iterator[Problem]:
    """Questions that are conversations, and several columns that may hold the question."""
    if "query" not in questions and len(questions) > 1 and not set(questions) >= ALPACA:
        yield Problem(
            f"the dataset {name} has several columns for the question ({', '.join(questions)}), of which ms-swift takes none"
            " (dataset/preprocessor/core.py safe_rename_columns): no row asks anything",
            f"""say which one it is: --columns '{{"{questions[0]}": "query"}}'""",
        )
    column = questions[0]
    asked = [row.get(column) for row in rows if len(questions) == 1]
    mute = [n for n, value in enumerate(asked, start=1) if not (isinstance(value, str | list) and str(value).strip())]
    if mute:
        yield (Problem if len(mute) == len(rows) else warning)(
            f"{len(mute)} of {len(rows)} rows of the dataset {name} have no text in `{column}` (the first is row {mute[0]}): they"
            " ask nothing",
            "fill it in, remove the rows, or name another column: " + f"""--columns '{{"your_column": "{column}"}}'""",
        )
    if any(isinstance(unpacked(row.get(column)), list) for row in rows):
        path = next(_nested(rows), "")
        fix = f"""name it so: --columns '{{"{column}": "messages"}}'"""
        yield Problem(
            f"the column `{column}` of the dataset {name} holds conversations, and ms-swift takes it for the question's text:"
            " the run ends with KeyError 'type' when the first row is encoded",
            f"{_prepared(name, path, 'solution')}: it makes `messages` of `{column}`" if path else fix,
        )


def _nested(rows: list[dict]) -> Iterator[str]:
    """Paths to golds that stand inside a column, such as verl's reward_model.ground_truth."""
    for column, value in rows[0].items() if rows else ():
        inside = value if isinstance(value, dict) else {}
        yield from (f"{column}.{key}" for key in ("solution", *GOLDS) if inside.get(key) not in (None, ""))


def _prepared(name: str, path: str, column: str) -> str:
    return f"""write rows: swift-grpo data prepare {name} --columns '{{"{path}": "{column}"}}' -o rows.jsonl"""


def _media(rows: list[dict], conversation: str, name: str, command: Command) -> Iterator[Problem]:
    """Images and the like that are named and not there (template/vision_utils.py load_file)."""
    root = Path(command.environ.get("ROOT_IMAGE_DIR", ""))
    values = [
        (number, one.get("path") if isinstance(one, dict) and not one.get("bytes") else one)
        for number, row in enumerate(rows[:MEDIA_READ], start=1)
        for some in (*map(row.get, MEDIA), *media_of(row.get(conversation)).values())
        for one in (some if isinstance(some, list) else [some])
    ]
    files = [(n, v) for n, v in values if isinstance(v, str) and not (len(v) > 300 or v.startswith(("http", "data:")))]
    absent = [(number, path) for number, path in files if not path_of(str(root / path)).exists()]
    if absent:
        yield warning(
            f"{len(absent)} of {len(files)} files that the first rows of the dataset {name} name are not there, such as"
            f" {absent[0][1]} in row {absent[0][0]}: such a row cannot be encoded",
            f"write paths from {Path.cwd()}, or set ROOT_IMAGE_DIR to the folder that holds them",
        )


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
        if fault := conversation_fault(value, answered=not command.grpo and command.kind == "sft"):
            faults.setdefault(fault, []).append(number)
            continue
        roles = [turn["role"] for source in unpacked(value) for turn in standard(source)]
        systems += roles.count("system") > 0 or bool(row.get("system") or row.get("system_prompt"))
        twice += roles.count("system") > 1
    for fault, numbers in sorted(faults.items(), key=lambda item: -len(item[1])):
        all_ = len(numbers) == len(rows)
        end = "it has no question then" if "leaves out" in fault else "the run ends at it" if PART in fault else DELETES
        what = f"{'every row' if all_ else f'{len(numbers)} of {len(rows)} rows'} of the dataset {name}: {fault} (the first is row {numbers[0]}); {end}"
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


def conversation_fault(value: Any, answered: bool = False) -> str:
    """What keeps a value of `messages` from being a conversation, '' if nothing does.

    >>> conversation_fault([{"role": "user", "content": "2+2?"}]), conversation_fault([])
    ('', 'messages is empty')
    >>> conversation_fault('[{"from": "human", "value": "2+2?"}]'), conversation_fault("2+2?")
    ('', 'messages is text, not a list of turns with role and content')
    """
    value = unpacked(value)
    if not isinstance(value, list):
        return f"messages is {'text' if isinstance(value, str) else 'missing' if value is None else type(value).__name__}, not a list of turns with role and content"
    if not value:
        return "messages is empty"
    turns = []
    for source in value:
        if not isinstance(source, dict):
            return "a turn is no object with role and content"
        keys = source.keys()
        if is_pair(source):
            if not (keys & {*USERS} and keys & {*ASSISTANTS}):
                return "a turn has one of user (human) and assistant (gpt) without the other"
        elif not keys & {"role", "from"}:
            return "a turn has no role"
        elif not keys & {"content", "value"} and not source.get("tool_calls"):
            others = ", ".join(sorted(str(key) for key in keys - {"role", "from"}))
            return f"a turn has no key `content`{f' (but {others})' if others else ''}"
        turns += standard(source)
    for turn in turns:
        role, content = turn["role"], turn["content"]
        if not isinstance(role, str) or role not in ROLES:
            return f"the role {role!r} is none of user, assistant, system, tool"
        if content is None:
            return "the content of a turn is null, not text"
    for part in (part for source in value for part in _parts(source)):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in TEXTS[1:]:
            return f"{PART} of type {kind}, whose text ms-swift leaves out"
        if not isinstance(kind, str):
            return f"{PART} without a type"
    asked = [turn["content"] for turn in turns if turn["role"] == "user"]
    if not any(content.strip() if isinstance(content, str) else content for content in asked):
        return "no turn of the role user asks anything (content)"
    if answered and turns[-1]["role"] != "assistant":
        return "the last turn is not the role assistant's: there is nothing to learn from"
    return ""


def _parts(turn: dict) -> list:
    content = turn.get("value", turn.get("content"))
    return content if isinstance(content, list) and not any(isinstance(part, int) for part in content) else []


def _golds(rows: list[dict], columns: set[str], names: set[str], name: str, wants: Wants) -> Iterator[Problem]:
    needs, texts_only = wants.columns, wants.texts_only
    for column, reward in needs.items():
        if column not in columns:
            gold = next((c for c in GOLDS if c in names), "your_column")
            lost = f" (`{gold}` becomes the assistant's turn)" if gold in names - columns else ""
            path = "" if gold in names else next(_nested(rows), "")
            yield Problem(
                f"the dataset {name} has no column `{column}`, which the reward {reward} needs"
                + (f"; it seems to stand in {path}, inside a column" if path else lost),
                _prepared(name, path, column) if path else f"""map it: --columns '{{"{gold}": "{column}"}}'""",
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
    picky = sorted(texts_only)
    if picky and (nulls or others):
        kinds = Counter(type(g).__name__ for g in golds)
        counted = ", ".join(f"{count} {'null' if kind == 'NoneType' else kind}" for kind, count in kinds.most_common(4))
        yield Problem(
            f"the dataset {name} has {len(nulls) + len(others)} of {len(golds)} values of `solution` that are"
            f" no text ({counted}):"
            f" the reward {picky[0]} ends in a TypeError at the first such row (row"
            f" {next(n for n, g in enumerate(golds, 1) if not isinstance(g, str))})",
            ("a CSV has no other golds: " if name.endswith(".csv") else "")
            + "write all of them as text (strings) in JSON Lines, remove the rows where one is missing, or use math_accuracy of"
            " plugin/plugin.py",
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
    inner = [found[1] if (found := IN_TAGS.search(g)) else g for g in golds if isinstance(g, str)]
    bare = [g for g in inner if g.strip() and not LATEX.search(g) and not NUMBER.fullmatch(g.strip())]
    mute = [g for g in inner if g.strip() and not re.search(r"[\d\\$]", g)]  # math_verify.parse makes nothing of them
    prose = [g for g in mute if len(re.findall(r"[^\W_]+", g)) >= PROSE]
    if (wants.graded or "accuracy" in picky) and len(prose) == len(golds):
        yield Problem(
            f"every gold (`solution`) of the dataset {name} is prose, such as {prose[0][:40]!r}: no answer equals it to the"
            " letter, so every completion earns 0",
            "write the final answer alone into `solution`, or use a reward that compares texts, such as levenshtein or llm_judge",
        )
    elif "accuracy" in picky and len(bare) * 2 > len(golds):
        yield (Problem if len(mute) == len(golds) and not wants.graded else warning)(
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


def _questions(rows: list[dict], name: str, command: Command) -> Iterator[Problem]:
    """One question many times, and prompts that are longer than --max_length."""
    texts = [asked_text(row) for row in rows]
    gym = any("env_config" in row for row in rows)  # rollout/multi_turn.py: the environment asks
    asked = [(text, str([row.get(column) for column in MEDIA])) for text, row in zip(texts, rows, strict=True) if text]
    if len(asked) > 1 and command.grpo and not gym:  # several traces of one question are meant in SFT
        distinct = len(set(asked))
        if distinct * 2 <= len(asked):
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
        shortest = token_lengths(sorted(texts, key=len)[:SHORTEST_READ], command, least=0)
        all_ = min(shortest, default=0) > limit
        yield (Problem if all_ else warning)(
            f"{'all' if all_ else f'{len(long)} of'} {len(texts)} prompts of the dataset {name} are longer than --max_length"
            f" {limit} (one has {max(long)} tokens or more): "
            + ("they are left out" if delete else "their beginning is cut off"),
            f"use --max_length {max(long)} or more" + ("" if all_ else ", or --truncation_strategy delete"),
        )


def asked_text(row: dict) -> str:
    """What a row asks, as one text: all turns before the last answer, '' for a row that asks nothing."""
    return "\n".join(turn["content"] for turn in prompt_of(row) or ())


def question_texts(row: dict, columns: dict[str, str]) -> Iterator[str]:
    """`asked_text` of a row whose columns are still to be renamed; nothing for one that asks nothing."""
    if text := asked_text(named(row, columns)):
        yield text


def named(row: dict, columns: dict[str, str]) -> dict:
    """A row with its columns named as ms-swift names them: by --columns, and without capitals where it looks for them."""
    lowered = {key.lower(): new for key, new in columns.items()}
    plain = {key: key.lower() if key.lower() in {*QUESTIONS, *RESPONSES} else key for key in row}
    return {lowered.get(key.lower(), plain[key]): value for key, value in row.items()}
