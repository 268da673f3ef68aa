"""The system prompt: is it the intended text, and does it ask for what the rewards pay for?"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.model_type import template_of
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem
from swift_grpo.check.reward_needs import MENTIONS, prompt_for
from swift_grpo.check.rows import asked_text, token_lengths
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.weights import nearest
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.rows import prompt_of
from swift_grpo.shipped import PROMPTS

TEXT_SUFFIXES = (".md", ".prompt", ".jinja", ".text", ".rst", ".j2", ".tpl", ".yaml", ".json")
EMPTY_THOUGHT = re.compile(r"\s*(?:<think>\s*)?</think>\s*")  # Qwen3's, DeepSeek-V3.1's
ASKED_FOR = MENTIONS | {"format": ("<think>", "<answer>")}  # what a reward pays for and a prompt has to mention

TXT = "arguments/base_args/template_args.py:159 reads a file that ends in .txt; anything else is the prompt itself"
PAYS = "the reward {reward} pays for {tags}, and "
ONE_THAT_ASKS = "use one that does, such as --system prompts/{file}.txt, or another reward for the format"
rules(
    Rule("prompt/empty-flag", WARNING, "--system is an empty text (a variable that was not set?): the model is told nothing",
         "give a file such as prompts/r1.txt, or leave --system out for the template's own", why="an empty text is a prompt too"),
    Rule("prompt/not-txt", ERROR, "--system {value}: only a file that ends in .txt is read, so the model would be told `{value}`",
         "rename it to {renamed}", why=TXT),
    Rule("prompt/not-there", ERROR, "the system prompt file {path} is not there{only}",
         "give --system a file that exists, relative to {here}{hint}", why=TXT),
    Rule("prompt/folder", ERROR, "the system prompt {path} is a folder", "give --system a file in it", why=TXT),
    Rule("prompt/unreadable", ERROR, "the system prompt file {path} cannot be read ({error})",
         "make it readable UTF-8 text, or give --system another", why=TXT),
    Rule("prompt/empty-file", WARNING, "the system prompt {value} is empty",
         "write the text of the prompt into it, or drop --system", why="an empty text is a prompt too"),
    Rule("prompt/too-long", ERROR, "the system prompt {value} has {tokens} tokens or more, and --max_length {limit} holds it and the"
         " question", "use a shorter one, or --max_length {larger}", why="template/base.py cuts off the beginning"),
    Rule("prompt/empty-thought", ADVICE, "every completion begins with an empty thought, which the template writes when thinking is"
         " off: {reward} pays {what}", "use --enable_thinking true, or --response_prefix ''",
         why="template/base.py decode_generate_ids puts the prefix back before rewards see the completion"),
    Rule("prompt/empty-unasked", ERROR, PAYS + "the system prompt {name} is empty: nothing asks for {missing}", ONE_THAT_ASKS,
         why="a model rarely writes a tag that no prompt mentions: the reward stays 0"),
    Rule("prompt/unasked", WARNING, PAYS + "{where} for {missing}", ONE_THAT_ASKS,
         why="a model rarely writes a tag that no prompt mentions: the reward stays 0"),
)  # fmt: skip


def check_prompt(command: Command) -> Iterator[Problem]:
    """Whether --system is a text, or a file that is read."""
    value = command.text("system") if command.given("system") else None
    tagged = command.grpo and ASKED_FOR.keys() & set(command.values("reward_funcs"))  # reported by check_asked
    if command.flags.get("system") == [""] and not tagged:
        yield found("prompt/empty-flag")
    if not value:
        return
    path, text = path_of(value), value
    if value.endswith(".txt"):
        problem, text = _read(path)
        if problem:
            yield problem
            return
    elif _names_a_file(value):
        renamed = path.with_suffix(".txt")
        yield found("prompt/not-txt", value=value, renamed=renamed) if path.exists() else _absent(path)
        return
    limit = command.whole("max_length") or 0
    if not text.strip():
        if not tagged:
            yield found("prompt/empty-file", value=value)
    elif command.grpo and limit and (tokens := max(token_lengths([text], command, least=limit), default=0)) >= limit:
        shown = value if len(value) < 80 else ""
        yield found("prompt/too-long", value=shown, tokens=tokens, limit=limit, larger=tokens + 512)


def _absent(path: Path) -> Problem:
    named = next((file for file in (path.with_suffix(".txt"), PROMPTS / f"{path}.txt") if file.is_file()), None)
    near = str(named) if named else nearest(path.name, path.parent if path.parent.is_dir() else Path())
    hint = f"; did you mean {near}?" if near else ""
    only = ", and the model would be told its name: only a file that ends in .txt is read"
    return found("prompt/not-there", path=path, only="" if path.suffix == ".txt" else only, here=Path.cwd(), hint=hint)


def _read(path: Path) -> tuple[Problem | None, str]:
    if path.is_dir():
        return found("prompt/folder", path=path), ""
    if not path.is_file():
        return _absent(path), ""
    try:
        return None, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return found("prompt/unreadable", path=path, error=error), ""


def _names_a_file(value: str) -> bool:
    """Whether a prompt that is not a .txt looks like the name of a file."""
    if len(value.split()) != 1 or len(value) > 4096 or value.endswith(".txt"):
        return False
    path = path_of(value)
    without = any(folder.joinpath(f"{path}.txt").is_file() for folder in (Path(), PROMPTS))
    return path.suffix.lower() in TEXT_SUFFIXES or path.is_file() or "/" in value.strip("/") or without


def _told(command: Command) -> str | None:
    """The system prompt's text, '' without one, None if it cannot be read, which check_prompt reports."""
    value = command.text("system") or ""
    if _names_a_file(value):
        return None
    return value if not value.endswith(".txt") else None if (read := _read(path_of(value)))[0] else read[1]


def check_asked(command: Command, known: dict[str, Any], rows: list[dict]) -> Iterator[Problem]:
    """Rewards for tags that neither the system prompt nor any of `rows` (perhaps empty) mentions, and thoughts that the
    template writes."""
    told = _told(command)
    if not command.grpo or told is None:
        return
    thinks, written = _template_writes(command, known)
    rewards = [name for name in command.values("reward_funcs") if name in ASKED_FOR]
    thoughts = [name for name in rewards if "<think>" in ASKED_FOR[name]]
    if thoughts and EMPTY_THOUGHT.fullmatch(written):
        alone = "for an answer without a thought" if thoughts[0] == "format" else "only for a second one after it"
        yield found("prompt/empty-thought", reward=thoughts[0], what=alone)
    texts = {asked_text(row) + ("" if _own_system(row) else told) for row in rows} or {told}
    for reward in rewards:
        tags = [tag for tag in ASKED_FOR[reward] if not (tag == "<think>" and thinks)]
        missing = [tag for tag in tags if not any(tag in text for text in texts)]
        if missing and (rows or "system" in command.flags):
            empty = "system" in command.flags and not told.strip()
            where = "the system prompt does not ask" if told else "neither a system prompt nor a row asks"
            said = {"tags": " and ".join(tags), "missing": " or ".join(missing), "file": prompt_for(reward)}
            said |= {"name": (command.text("system") or "--system").strip(), "where": where}
            yield found("prompt/empty-unasked" if empty else "prompt/unasked", reward=reward, **said)
            return  # one prompt that asks for it all


def _own_system(row: dict) -> bool:
    return any(turn["role"] == "system" for turn in prompt_of(row) or ())


def _template_writes(command: Command, known: dict[str, Any]) -> tuple[bool, str]:
    """Whether the model thinks without being asked, and what the template writes before each completion; ms-swift puts
    it back before rewards see it (template/base.py _get_response_prefix, decode_generate_ids)."""
    thinking, opens, empty = known["templates"].get(template_of(command, known), [False, "", ""])
    enabled = command.true("enable_thinking") if command.given("enable_thinking") else thinking and not empty
    own = command.text("response_prefix") if "response_prefix" in command.flags else None
    written = (own or "").replace("\\n", "\n") if own is not None else opens if enabled else empty
    return bool((thinking and enabled) or ("<think>" in written and "</think>" not in written)), written
