"""The system prompt: is it the text that is meant, and does it ask for what the rewards pay?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.commandline import Command, path_of
from swift_grpo.check.problem import Problem, advice, warning
from swift_grpo.check.tokens import token_lengths
from swift_grpo.check.weights import nearest

TEXT_SUFFIXES = (".md", ".prompt", ".jinja", ".text", ".rst", ".j2", ".tpl", ".yaml", ".json")
FORMATS = {"format": "<think>", "r1_format": "<think>"}  # reward -> the tag that the prompt must ask for
PREFILLED = {"format": "`format` of ms-swift", "r1_format": "r1_format"}  # pay only what opens <think> itself


def check_prompt(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """Only a file that ends in .txt is read (arguments/base_args/template_args.py:159); anything else is the prompt itself."""
    value = command.text("system") if command.given("system") else None
    text = value
    if command.flags.get("system") == [""]:
        yield warning(
            "--system is an empty text (a variable that was not set?): the model is told nothing",
            "give a file such as prompts/r1.txt, or leave --system out for the template's own",
        )
        return
    if value and len(value.split()) == 1 and len(value) < 4096:
        path = path_of(value)
        if value.endswith(".txt"):
            problem, text = _read(path)
            if problem:
                yield problem
                return
        elif path.suffix.lower() in TEXT_SUFFIXES or path.is_file():
            if not path.exists():
                yield _absent(path)
            else:
                yield warning(
                    f"--system {value}: only a file that ends in .txt is read, so the model would be told `{value}`",
                    f"rename it to {path.with_suffix('.txt')}",
                )
            return
    if value and text is not None and not text.strip():
        yield warning(f"the system prompt {value} is empty", "write the text of the prompt into it, or drop --system")
    elif command.grpo:
        if text:
            yield from _long(command, value or "", text)
        yield from _against_rewards(command, text, known)


def _long(command: Command, value: str, text: str) -> Iterator[Problem]:
    """The prompt takes its tokens from --max_length, and what is cut off is the beginning (template/base.py)."""
    limit = command.whole("max_length")
    lengths = token_lengths([text], command, least=limit or 0) if limit else []
    if limit and lengths and lengths[0] >= limit:
        yield warning(
            f"the system prompt {value if len(value) < 80 else ''} has {lengths[0]} tokens, and --max_length {limit} holds it and"
            " the question",
            f"use a shorter one, or --max_length {lengths[0] + 512}",
        )


def _absent(path: Path) -> Problem:
    near = nearest(path.name, path.parent if path.parent.is_dir() else Path())
    hint = f"; did you mean {near}?" if near else ""
    return Problem(
        f"the system prompt file {path} is not there",
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


def _against_rewards(command: Command, text: str | None, known: dict[str, Any]) -> Iterator[Problem]:
    rewards = command.values("reward_funcs")
    template = command.text("template") if command.given("template") else None
    thinking, prefix = known["templates"].get(template or "", [False, ""])
    own_prefix = command.text("response_prefix") if "response_prefix" in command.flags else None
    opens = (
        own_prefix
        if own_prefix is not None
        else prefix
        if thinking and command.text("enable_thinking") not in ("false", "False")
        else ""
    )
    for reward in rewards:
        if reward in PREFILLED and opens and "<think>" in opens:
            yield warning(
                f"the template {template or '(--response_prefix)'} writes the first <think>, so {reward} pays"
                " 0 for every completion",
                "use the rewards for prefilled thoughts (r1_format_prefilled, math_accuracy_prefilled of"
                " plugin/plugin.py),"
                " or --response_prefix ''",
            )
            return
    for reward in rewards:
        tag = FORMATS.get(reward)
        if tag and text and tag not in text and not opens:
            yield advice(
                f"the reward {reward} pays for {tag}…</think><answer>…</answer>, and the system prompt does"
                f" not ask for {tag}",
                "use a prompt that does, such as prompts/r1.txt, or another format reward",
            )
            return
