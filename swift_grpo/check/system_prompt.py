"""The system prompt: is it the text that is meant, and does it ask for what the rewards pay?"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.model_type import template_of
from swift_grpo.check.problem import Problem, advice, warning
from swift_grpo.check.reward_needs import MENTIONS, prompt_for
from swift_grpo.check.row_checks import asked_text
from swift_grpo.check.tokens import token_lengths
from swift_grpo.check.weights import nearest
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.rows import prompt_of
from swift_grpo.shipped import PROMPTS

TEXT_SUFFIXES = (".md", ".prompt", ".jinja", ".text", ".rst", ".j2", ".tpl", ".yaml", ".json")
EMPTY_THOUGHT = re.compile(r"\s*(?:<think>\s*)?</think>\s*")  # Qwen3's, DeepSeek-V3.1's
ASKED_FOR = MENTIONS | {"format": ("<think>", "<answer>")}  # what a reward pays for and a prompt has to speak of


def check_prompt(command: Command) -> Iterator[Problem]:
    """Only a file that ends in .txt is read (arguments/base_args/template_args.py:159); anything else is the prompt itself."""
    value = command.text("system") if command.given("system") else None
    text, tagged = value, ASKED_FOR.keys() & set(command.values("reward_funcs"))
    if command.flags.get("system") == [""] and not (command.grpo and tagged):  # else reported by check_asked
        yield warning(
            "--system is an empty text (a variable that was not set?): the model is told nothing",
            "give a file such as prompts/r1.txt, or leave --system out for the template's own",
        )
    if not value:
        return
    path = path_of(value)
    if value.endswith(".txt"):
        problem, text = _read(path)
        if problem:
            yield problem
            return
    elif _names_a_file(value):
        if path.exists():
            yield Problem(
                f"--system {value}: only a file that ends in .txt is read, so the model would be told `{value}`",
                f"rename it to {path.with_suffix('.txt')}",
            )
        else:
            yield _absent(path)
        return
    if text is not None and not text.strip():
        if not (command.grpo and tagged):
            what = f"the system prompt {value} is empty"
            yield warning(what, "write the text of the prompt into it, or drop --system")
    elif command.grpo and text:
        yield from _long(command, value, text)


def _long(command: Command, value: str, text: str) -> Iterator[Problem]:
    """The prompt takes its tokens from --max_length, and what is cut off is the beginning (template/base.py)."""
    limit = command.whole("max_length")
    lengths = token_lengths([text], command, least=limit or 0) if limit else []
    if limit and lengths and lengths[0] >= limit:
        yield Problem(
            f"the system prompt {value if len(value) < 80 else ''} has {lengths[0]} tokens or more, and --max_length {limit}"
            " holds it and the question",
            f"use a shorter one, or --max_length {lengths[0] + 512}",
        )


def _absent(path: Path) -> Problem:
    named = next((file for file in (path.with_suffix(".txt"), PROMPTS / f"{path}.txt") if file.is_file()), None)
    near = str(named) if named else nearest(path.name, path.parent if path.parent.is_dir() else Path())
    hint = f"; did you mean {near}?" if near else ""
    only = (
        "" if path.suffix == ".txt" else ", and the model would be told its name: only a file that ends in .txt is read"
    )
    return Problem(
        f"the system prompt file {path} is not there{only}",
        f"give --system a file that exists, relative to {Path.cwd()}{hint}",
    )


def _read(path: Path) -> tuple[Problem | None, str]:
    if path.is_dir():
        return Problem(f"the system prompt {path} is a folder", "give --system a file in it"), ""
    if not path.is_file():
        return _absent(path), ""
    try:
        return None, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"the system prompt file {path} cannot be read ({error})"
        return Problem(what, "make it readable UTF-8 text, or give --system another"), ""


def _names_a_file(value: str) -> bool:
    """Whether a prompt that is no .txt looks like the name of a file."""
    if len(value.split()) != 1 or len(value) > 4096 or value.endswith(".txt"):
        return False
    path = path_of(value)
    without = any(folder.joinpath(f"{path}.txt").is_file() for folder in (Path(), PROMPTS))
    return path.suffix.lower() in TEXT_SUFFIXES or path.is_file() or "/" in value.strip("/") or without


def _told(command: Command) -> str | None:
    """The system prompt's text, '' without one, None if it cannot be read, which check_prompt says."""
    value = command.text("system") or ""
    if _names_a_file(value):
        return None
    return value if not value.endswith(".txt") else None if (read := _read(path_of(value)))[0] else read[1]


def check_asked(command: Command, known: dict[str, Any], rows: list[dict]) -> Iterator[Problem]:
    """Rewards for tags that neither the system prompt nor any of `rows`, which may be none, speaks of; and thoughts that the
    template writes."""
    told = _told(command)
    if not command.grpo or told is None:
        return
    thinks, written = _template_writes(command, known)
    rewards = [name for name in command.values("reward_funcs") if name in ASKED_FOR]
    thoughts = [name for name in rewards if "<think>" in ASKED_FOR[name]]
    if thoughts and EMPTY_THOUGHT.fullmatch(written):
        yield advice(
            f"every completion begins with an empty thought, which the template writes where thinking is off: {thoughts[0]}"
            f" pays {'for an answer without a thought' if thoughts[0] == 'format' else 'only for a second one behind it'}",
            "use --enable_thinking true, or --response_prefix ''",
        )
    texts = {asked_text(row) + ("" if _own_system(row) else told) for row in rows} or {told}
    for reward in rewards:
        tags = [tag for tag in ASKED_FOR[reward] if not (tag == "<think>" and thinks)]
        missing = [tag for tag in tags if not any(tag in text for text in texts)]
        if not missing or not (rows or "system" in command.flags):
            continue
        fix = f"use one that does, such as --system prompts/{prompt_for(reward)}.txt, or another reward for the format"
        what = f"the reward {reward} pays for {' and '.join(tags)}, and "
        if "system" in command.flags and not told.strip():
            name = (command.text("system") or "--system").strip()
            yield Problem(f"{what}the system prompt {name} is empty: nobody asks for {' or '.join(missing)}", fix)
        else:
            where = "the system prompt does not ask" if told else "neither a system prompt nor a row asks"
            yield warning(f"{what}{where} for {' or '.join(missing)}", fix)
        return


def _own_system(row: dict) -> bool:
    return any(turn["role"] == "system" for turn in prompt_of(row) or ())


def _template_writes(command: Command, known: dict[str, Any]) -> tuple[bool, str]:
    """Whether the model will think without being asked, and what the template writes before each completion, which ms-swift
    puts back before rewards see it (template/base.py _get_response_prefix, decode_generate_ids)."""
    thinking, opens, empty = known["templates"].get(template_of(command, known), [False, "", ""])
    enabled = command.true("enable_thinking") if command.given("enable_thinking") else thinking and not empty
    own = command.text("response_prefix") if "response_prefix" in command.flags else None
    written = (own or "").replace("\\n", "\n") if own is not None else opens if enabled else empty
    return bool((thinking and enabled) or ("<think>" in written and "</think>" not in written)), written
