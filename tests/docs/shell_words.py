"""The commands of a bash block, without running it: enough of bash's grammar for what the docs show, and no more."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

SUBSTITUTION = re.compile(r"[$<]\(([^()]*)\)")
COMMENT = re.compile(r"(^|\s)#.*$")
ENDS = {";", "&&", "||", "|", "&"}
REDIRECTIONS = {">", ">>", "<", ">&", "2>"}
LEFT_OUT = {"…", "..."}  # a page's own "and so on"


@dataclass(frozen=True)
class Shown:
    """One command: the variables set in front of it, and its words."""

    variables: dict[str, str]
    words: list[str]


def commands(text: str) -> Iterator[Shown]:
    """Every command of the text, those in `$(…)` and `<(…)` first."""
    for line in _whole_lines(text):
        while found := SUBSTITUTION.search(line):
            yield from commands(found[1])
            line = line[: found.start()] + "SUBSTITUTED" + line[found.end() :]
        yield from _split(shlex.shlex(line, posix=True, punctuation_chars=";&|<>"))


def _whole_lines(text: str) -> list[str]:
    """Lines without comments; one that ends in a backslash goes on in the next."""
    lines = [_without_comment(line) for line in text.splitlines()]
    return [line for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines() if line.strip()]


def _without_comment(line: str) -> str:
    for found in COMMENT.finditer(line):
        before = line[: found.start()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return before
    return line


def _split(words: shlex.shlex) -> Iterator[Shown]:
    words.whitespace_split, words.commenters = True, ""
    variables: dict[str, str] = {}
    found: list[str] = []
    stream = iter([*words, ";"])
    for word in stream:
        if word in REDIRECTIONS:
            next(stream)
        elif word in ENDS:
            if found:
                yield Shown(variables, found)
            variables, found = {}, []
        elif not found and (assigned := re.fullmatch(r"(\w+)=(.*)", word, re.DOTALL)):
            variables[assigned[1]] = assigned[2]
        elif word not in LEFT_OUT:
            found.append(word)
