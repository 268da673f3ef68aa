"""Rows of a dataset: columns, conversations, golds, questions, and their lengths in tokens."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.rows import prompt_of
from swift_grpo.formats.turns import ASSISTANTS, TEXTS, USERS, is_pair, media_of, standard, unpacked

GOLDS_READ = 300  # of a set, by the grader: up to a millisecond each
CONVERSATIONS = ("messages", "conversation", "conversations")
# dataset/preprocessor/core.py ResponsePreprocessor
QUESTIONS = "query prompt input instruction question problem".split()
RESPONSES = "response answer output targets target answer_key answers text completion content".split()
ROLES = {"system", "user", "tool_call", "tool_response", "tool", "assistant"}
GOLDS = "answer gold target label response ground_truth final_answer expected_answer answer_text".split()
TESTS = "verification_info input_output public_test_cases test_list test_cases".split()  # grpo_rewards/code_rows.py
ALPACA = {"instruction", "input"}  # AlpacaPreprocessor joins them
PART, DELETES = "a content has a part", "ms-swift deletes such rows"
MEDIA = ("images", "image", "videos", "video", "audios", "audio")
MEDIA_READ = 200  # rows whose files are looked for
SHORTEST_READ = 20  # prompts that are read to judge all
IN_TAGS = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)  # rewards/orm.py MathAccuracy takes what is inside
PROSE = 6  # words, without a digit or LaTeX
NUMBER = re.compile(r"[-+]?[\d\s,.]+(/\d+)?%?")
LATEX = re.compile(r"\$|\\boxed|\\\(|\\\[")


def of_all(id: str, message: str, fix: str, why: str) -> tuple[Rule, Rule]:
    """Two rules: an error for a fault of every row, a warning for a fault of some rows."""
    return Rule(id, ERROR, message, fix, why), Rule(id.replace("/", "/some-"), WARNING, message, fix, why)


DATASET, TO_TEXT = "the dataset {name}", "write the final answer alone into `solution`"
BARE = (
    "{count} of {total} golds (`solution`) of the dataset {name} are bare, such as {example!r}: ms-swift's accuracy scores 0"
    " even for the same answer"
)
IN_MATH = "write them between $…$ or in \\boxed{{}}, or use math_accuracy of plugin/plugin.py"
RENAME = """--columns '{{"{old}": "{new}"}}'"""
rules(
    Rule("data/absent-column", ERROR, "--columns renames {absent}, which the dataset {name} does not have (it has {has}): it is"
         " silently left out", "name a column that is there", why="dataset/preprocessor/core.py safe_rename_columns"),
    Rule("data/one-column", ERROR, DATASET + " has one column, named {column!r}: its cells are not separated by commas",
         "write it with a comma as separator (delimiter), or as JSON Lines", why="datasets reads a CSV with commas"),
    Rule("data/no-prompt", ERROR, DATASET + " has no column with the prompt (it has {has})",
         """name one `messages` or `query`, or map it: --columns '{{"your_column": "query"}}'{hint}""",
         why="dataset/preprocessor/core.py: rows without `messages` are deleted"),
    Rule("data/several-questions", ERROR, DATASET + " has several columns for the question ({columns}), and ms-swift takes none of them"
         " (dataset/preprocessor/core.py safe_rename_columns): no row asks anything", "say which one it is: " + RENAME,
         why="of several columns with one meaning safe_rename_columns takes none"),
    *of_all("data/silent-rows", "{count} of {total} rows of the dataset {name} have no text in `{new}` (the first is row {first}): they"
            " ask nothing", "fill it in, remove the rows, or name another column: " + RENAME,
            why="dataset/preprocessor/core.py: a row without a question is deleted"),
    Rule("data/conversations-as-question", ERROR, "the column `{column}` of the dataset {name} holds conversations, and ms-swift"
         " takes it for the question's text: the run ends with KeyError 'type' when the first row is encoded", "{fix}",
         why="dataset/preprocessor/core.py ResponsePreprocessor makes a text of `query`"),
    Rule("data/missing-media", WARNING, "{count} of {total} files that the first rows of the dataset {name} name are not there, such"
         " as {path} in row {row}: such a row cannot be encoded",
         "write paths from {here}, or set ROOT_IMAGE_DIR to the folder that holds them", why="template/vision_utils.py load_file"),
    *of_all("data/broken-conversations", "{which} of the dataset {name}: {fault} (the first is row {first}); {end}",
            """write {column} as a list such as [{{"role": "user", "content": "text"}}]""",
            why="dataset/preprocessor/core.py MessagesPreprocessor"),
    Rule("data/two-systems", ERROR, "{count} rows of the dataset {name} have two system messages: ms-swift takes the first, and the"
         " second breaks the turns", "merge them into one, and remove the other", why="template/template_inputs.py"),
    Rule("data/own-system", WARNING, "{count} rows of the dataset {name} have a system message of their own: it silently wins over"
         " --system", "remove it from the data, or drop --system: one of them", why="template/base.py: the row's system comes first"),
    Rule("data/missing-column", ERROR, DATASET + " has no column `{column}`, which the reward {reward} needs{where}", "{fix}",
         why="a reward gets the rows' columns as keyword arguments"),
    Rule("data/empty-golds", ERROR, "every `solution` of the dataset {name} is empty", "fill in the gold answers",
         why="without a gold no completion is right"),
    Rule("data/missing-golds", WARNING, "{count} of {total} golds (`solution`) of the dataset {name} are empty ({share:.0f}%; the"
         " first in row {first}): these rows pay nothing", "fill them in, or remove the rows", why="without a gold nothing is right"),
    Rule("data/golds-not-text", ERROR, DATASET + " has {count} of {total} values of `solution` that are not text ({kinds}): the"
         " reward {reward} ends in a TypeError at the first such row (row {first})", "{csv}write all of them as text (strings) in"
         " JSON Lines, remove the rows where one is missing, or use math_accuracy of plugin/plugin.py",
         why="rewards/orm.py MathAccuracy does re.search on them"),
    Rule("data/prose-golds", ERROR, "every gold (`solution`) of the dataset {name} is prose, such as {example!r}: no answer equals it"
         " to the letter, so every completion earns 0",
         TO_TEXT + ", or use a reward that compares texts, such as levenshtein or llm_judge", why="a judgment: six words, no digit"),
    Rule("data/mute-golds", ERROR, BARE, IN_MATH, why="rewards/orm.py: math_verify.parse can read none of them"),
    Rule("data/bare-golds", WARNING, BARE, IN_MATH, why="rewards/orm.py: math_verify.parse reads LaTeX and numbers"),
    *of_all("data/unreadable-golds", "{count} of {total} golds (`solution`) of the dataset {name} cannot be read by the grader, such as"
            " {example!r} in row {first}: these rows pay nothing", "`swift-grpo data audit {name}` lists them, `swift-grpo data"
            " prepare {name} --gold plain --drop unreadable` leaves them out", why="the reward of such a row is None at every step"),
    *of_all("data/unreadable-tests", "{count} of {total} values of `tests` of the dataset {name} cannot be read, the first in row {first}"
            " ({reason}): the reward code_tests pays nothing for these rows", "write them as docs/code.md says, or remove the rows",
            why="the reward of such a row is None at every step"),
    Rule("data/repeated-questions", WARNING, DATASET + " has only {distinct} distinct questions in {total} rows (identical ones"
         " repeat)", "remove the duplicates, so that each question is there once", why="a judgment: less than half are distinct"),
    *of_all("data/long-prompts", "{which} {total} prompts of the dataset {name} are longer than --max_length {limit} (one has {longest}"
            " tokens or more): {end}", "use --max_length {longest} or more{delete}", why="template/base.py: truncation_strategy"),
)  # fmt: skip


@dataclass(frozen=True)
class Wants:
    """What the rewards need from the rows: columns, each with the reward that needs it; rewards that end at a gold that
    is not text; whether the grader has to read the golds."""

    columns: dict[str, str]
    texts_only: set[str]
    graded: bool


def look_at(given: list[dict], name: str, command: Command, wants: Wants, training: bool) -> Iterator[Problem]:
    """Columns, conversations, golds and questions of the rows that were read."""
    rows = [named(row, command.columns) for row in given]
    names = {key for row in rows for key in row}
    there = {key.lower() for row in given for key in row}
    if absent := [key for key in command.columns if key.lower() not in there]:
        yield found("data/absent-column", absent=", ".join(absent), name=name, has=", ".join(sorted(names)))
    if len(names) == 1 and ((only := next(iter(names))).count(";") or only.count("\t")):
        yield found("data/one-column", name=name, column=only)
        return
    conversation = next((column for column in CONVERSATIONS if column in names), "")
    questions = [column for column in QUESTIONS if column in names]
    broken = False
    if conversation:
        problems = list(_conversations(rows, conversation, name, command))
        broken = any(problem.id == "data/broken-conversations" for problem in problems)
        yield from problems
    elif questions:
        yield from _question_columns(rows, questions, name)
    else:
        heading = any(not re.fullmatch(r"\w[\w .-]{0,40}", column) for column in names)
        hint = "; is its first line a header that names the columns, such as query,solution?" if heading else ""
        yield found("data/no-prompt", name=name, has=", ".join(sorted(names)), hint=hint)
        return
    left = names - _lost(names, questions, conversation)
    yield from _needed(rows, left, names, name, wants)
    if "solution" in wants.columns and "solution" in left:
        yield from _golds([row.get("solution") for row in rows], name, wants)
    if wants.columns.get("tests") == "code_tests" and "tests" in left:
        yield from _unreadable_tests([row.get("tests") for row in rows], name)
    yield from _media(rows, conversation, name, command)
    if training and not broken:
        yield from _questions(rows, name, command)


def _lost(names: set[str], questions: list[str], conversation: str) -> set[str]:
    """The columns that become turns. Of several with one meaning ms-swift takes none (safe_rename_columns); `solution`
    stays a column too."""
    if conversation:
        return set()
    responses = names & {*RESPONSES, "solution"}
    lost = {*questions} if len(questions) == 1 or names >= ALPACA else {"query"}
    lost |= responses if len(responses) == 1 else {"response"}
    return (lost | ({"output"} if names >= ALPACA else set())) - {"solution"}


def _question_columns(rows: list[dict], questions: list[str], name: str) -> Iterator[Problem]:
    """Questions that are conversations, and several columns that may hold the question."""
    column = questions[0]
    if "query" not in questions and len(questions) > 1 and not set(questions) >= ALPACA:
        yield found("data/several-questions", name=name, columns=", ".join(questions), old=column, new="query")
    asked = [row.get(column) for row in rows if len(questions) == 1]
    mute = [n for n, value in enumerate(asked, start=1) if not (isinstance(value, str | list) and str(value).strip())]
    if mute:
        id = "data/silent-rows" if len(mute) == len(rows) else "data/some-silent-rows"
        counts = {"count": len(mute), "total": len(rows), "first": mute[0]}
        yield found(id, **counts, name=name, old="your_column", new=column)
    if any(isinstance(unpacked(row.get(column)), list) for row in rows):
        path = next(_nested(rows), "")
        made = f"{_prepared(name, path, 'solution')}: it makes `messages` of `{column}`"
        fix = made if path else f"""name it so: --columns '{{"{column}": "messages"}}'"""
        yield found("data/conversations-as-question", column=column, name=name, fix=fix)


def _nested(rows: list[dict]) -> Iterator[str]:
    """Paths to golds inside a column, such as verl's reward_model.ground_truth."""
    for column, value in rows[0].items() if rows else ():
        inside = value if isinstance(value, dict) else {}
        yield from (f"{column}.{key}" for key in ("solution", *GOLDS) if inside.get(key) not in (None, ""))


def _prepared(name: str, path: str, column: str) -> str:
    return f"""write rows: swift-grpo data prepare {name} --columns '{{"{path}": "{column}"}}' -o rows.jsonl"""


def _media(rows: list[dict], conversation: str, name: str, command: Command) -> Iterator[Problem]:
    """Images and other files that rows name and that are not there."""
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
        counts = {"count": len(absent), "total": len(files)}
        yield found("data/missing-media", **counts, name=name, row=absent[0][0], path=absent[0][1], here=Path.cwd())


def _conversations(rows: list[dict], column: str, name: str, command: Command) -> Iterator[Problem]:
    """Rows that ms-swift deletes, and conversations that GRPO or SFT cannot use."""
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
        said = {
            "which": "every row" if all_ else f"{len(numbers)} of {len(rows)} rows",
            "first": numbers[0],
            "end": end,
        }
        id = "data/broken-conversations" if all_ else "data/some-broken-conversations"
        yield found(id, **said, name=name, fault=fault, column=column)
    if twice:
        yield found("data/two-systems", count=twice, name=name)
    elif systems and command.given("system"):
        yield found("data/own-system", count=systems, name=name)


def conversation_fault(value: Any, answered: bool = False) -> str:
    """What keeps a value of `messages` from being a conversation, '' if nothing does.

    >>> conversation_fault([{"role": "user", "content": "2+2?"}]), conversation_fault([])
    ('', 'messages is empty')
    >>> conversation_fault('[{"from": "human", "value": "2+2?"}]'), conversation_fault("2+2?")
    ('', 'messages is text, not a list of turns with role and content')
    """
    value = unpacked(value)
    if not isinstance(value, list):
        what = "text" if isinstance(value, str) else "missing" if value is None else type(value).__name__
        return f"messages is {what}, not a list of turns with role and content"
    if not value:
        return "messages is empty"
    turns = []
    for source in value:
        if not isinstance(source, dict):
            return "a turn is not an object with role and content"
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
            return f"the role {role!r} is not one of user, assistant, system, tool"
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


def _needed(rows: list[dict], left: set[str], names: set[str], name: str, wants: Wants) -> Iterator[Problem]:
    """Columns that a reward needs and that are not `left` of `names` when a reward is called."""
    for column, reward in wants.columns.items():
        if column in left:
            continue
        gold = next((c for c in (TESTS if column == "tests" else GOLDS) if c in names), "your_column")
        path = "" if gold in names else next(_nested(rows), "")
        where = f"; it seems to be {path}, inside a column" if path else ""
        if gold in names - left:
            where = f" (`{gold}` becomes the assistant's turn)"
        fix = _prepared(name, path, column) if path else f"""map it: --columns '{{"{gold}": "{column}"}}'"""
        yield found("data/missing-column", name=name, column=column, reward=reward, where=where, fix=fix)


def _golds(golds: list[Any], name: str, wants: Wants) -> Iterator[Problem]:
    """Golds that are empty, or that the rewards cannot read."""
    blank = {n for n, gold in enumerate(golds, 1) if gold is None or (isinstance(gold, str) and not gold.strip())}
    if len(blank) == len(golds):
        yield found("data/empty-golds", name=name)
        return
    total, picky = len(golds), min(wants.texts_only, default="")
    odd = [n for n, gold in enumerate(golds, 1) if picky and not isinstance(gold, str)]
    if odd:
        kinds = Counter("null" if gold is None else type(gold).__name__ for gold in golds)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(4))
        said = {"count": len(odd), "first": odd[0], "kinds": counted, "reward": picky}
        csv = "a CSV has no other golds: " if name.endswith(".csv") else ""
        yield found("data/golds-not-text", name=name, total=total, csv=csv, **said)
    if empty := sorted(blank.difference(odd)):
        share = 100 * len(empty) / total
        yield found("data/missing-golds", name=name, count=len(empty), total=total, share=share, first=empty[0])
    if wants.graded and not odd:
        yield from _unreadable_golds({n: gold for n, gold in enumerate(golds, 1) if n not in blank}, name)
    yield from _bare_golds(golds, name, wants)


def _unreadable_golds(golds: dict[int, Any], name: str) -> Iterator[Problem]:
    """Golds by row that the grader cannot read."""
    from grpo_rewards.grading import accepted_answers

    looked_at = list(golds)[:GOLDS_READ]
    unread = [row for row in looked_at if not accepted_answers(golds[row])]
    if unread:
        id = "data/unreadable-golds" if len(unread) == len(looked_at) else "data/some-unreadable-golds"
        counts = {"count": len(unread), "total": len(looked_at), "first": unread[0]}
        yield found(id, **counts, name=name, example=str(golds[unread[0]])[:60])


def _unreadable_tests(tests: list[Any], name: str) -> Iterator[Problem]:
    from grpo_rewards import code_rows

    faults = {}
    for number, value in enumerate(tests[:GOLDS_READ], start=1):
        try:
            code_rows.read(value)
        except ValueError as error:
            faults[number] = str(error)
    if faults:
        id = "data/unreadable-tests" if len(faults) == len(tests[:GOLDS_READ]) else "data/some-unreadable-tests"
        counts = {"count": len(faults), "total": len(tests[:GOLDS_READ]), "first": min(faults)}
        yield found(id, **counts, name=name, reason=faults[min(faults)])


def _bare_golds(golds: list[Any], name: str, wants: Wants) -> Iterator[Problem]:
    """Golds that no answer equals: prose, and what ms-swift's accuracy cannot read."""
    inner = [match[1] if (match := IN_TAGS.search(g)) else g for g in golds if isinstance(g, str)]
    bare = [g for g in inner if g.strip() and not LATEX.search(g) and not NUMBER.fullmatch(g.strip())]
    mute = [g for g in inner if g.strip() and not re.search(r"[\d\\$]", g)]  # math_verify.parse cannot read them
    prose = [g for g in mute if len(re.findall(r"[^\W_]+", g)) >= PROSE]
    if (wants.graded or "accuracy" in wants.texts_only) and len(prose) == len(golds):
        yield found("data/prose-golds", name=name, example=prose[0][:40])
    elif "accuracy" in wants.texts_only and len(bare) * 2 > len(golds):
        id = "data/mute-golds" if len(mute) == len(golds) and not wants.graded else "data/bare-golds"
        yield found(id, count=len(bare), total=len(golds), name=name, example=bare[0][:40])


def _questions(rows: list[dict], name: str, command: Command) -> Iterator[Problem]:
    """One question many times, and prompts that are longer than --max_length."""
    texts = [asked_text(row) for row in rows]
    gym = any("env_config" in row for row in rows)  # rollout/multi_turn.py: the environment asks
    asked = [(text, str([row.get(column) for column in MEDIA])) for text, row in zip(texts, rows, strict=True) if text]
    distinct = len(set(asked))
    # several traces of one question are meant in SFT
    if len(asked) > 1 and command.grpo and not gym and distinct * 2 <= len(asked):
        yield found("data/repeated-questions", name=name, distinct=distinct, total=len(texts))
    limit = command.whole("max_length")
    if limit and command.grpo:
        yield from _long_prompts(texts, limit, name, command)


def _long_prompts(texts: list[str], limit: int, name: str, command: Command) -> Iterator[Problem]:
    """A text has at most as many tokens as bytes: the tokenizer only counts texts with more bytes than the limit."""
    lengths = token_lengths(texts, command, least=limit)
    long = [length for length in lengths if length > limit]
    if long:
        left_out = command.text("truncation_strategy") == "delete"
        shortest = token_lengths(sorted(texts, key=len)[:SHORTEST_READ], command, least=0)
        all_ = min(shortest, default=0) > limit
        said = {
            "which": "all" if all_ else f"{len(long)} of",
            "end": "they are left out" if left_out else "their beginning is cut off",
            "delete": "" if all_ else ", or --truncation_strategy delete",
        }
        counts = {"total": len(texts), "limit": limit, "longest": max(long)}
        yield found("data/long-prompts" if all_ else "data/some-long-prompts", name=name, **counts, **said)


def token_lengths(texts: list[str], command: Command, least: int) -> list[int]:
    """Tokens of the texts that have more than `least` bytes, by the tokenizer.json of the model.

    Words if it is not here: a word has at least one token, so a text of too many words is too long.
    """
    suspects = sorted((text for text in texts if len(text.encode(errors="replace")) > least), key=len)[-200:]
    path = path_of(command.text("model") or "") / "tokenizer.json"
    words = [len(text.split()) for text in suspects]
    if not suspects or not path.is_file():
        return words
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in suspects]
    except Exception:  # the Rust library raises plain Exception; the model check reports a broken tokenizer
        return words


def asked_text(row: dict) -> str:
    """What a row asks, as one text: all turns before the last answer, '' for a row that asks nothing."""
    return "\n".join(turn["content"] for turn in prompt_of(row) or ())


def question_texts(row: dict, columns: dict[str, str]) -> Iterator[str]:
    """`asked_text` of a row whose columns are still to be renamed; nothing for one that asks nothing."""
    if text := asked_text(named(row, columns)):
        yield text


def named(row: dict, columns: dict[str, str]) -> dict:
    """A row with ms-swift's column names: renamed by --columns, and in small letters if it looks for them."""
    lowered = {key.lower(): new for key, new in columns.items()}
    plain = {key: key.lower() if key.lower() in {*QUESTIONS, *RESPONSES} else key for key in row}
    return {lowered.get(key.lower(), plain[key]): value for key, value in row.items()}
