"""The swift commands of a shell script, or of a line in quotes, as far as they can be read without running anything."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from swift_grpo.check.problem import ERROR, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import path_of, start_of

PIECE = re.compile(
    r"""(?P<joined>\\\n) | (?P<blank>[ \t\r]+) | (?P<end>\n|;;?|&&|\|\|?|&(?!>)|\)) | (?P<redirect>\d?[<>]+[&\d]*|&>+)
    | '(?P<single>[^']*)' | "(?P<double>(?:\\.|[^"\\])*)" | \\(?P<escaped>.) | (?P<run>\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`)
    | (?P<variable>\$\{[^}]*\}|\$\w+|\$[@*#?$!]) | (?P<text>[^\s\\'"$`;&|<>()]+|.)""",
    re.VERBOSE | re.DOTALL,
)
VARIABLE = re.compile(r"\$\{?(\w+)(?:\[[@*]\])?(?::?[-=](.*?))?\}?$", re.DOTALL)
ASSIGNED = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL)
HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(.*?)\n\s*\2(?=\n|$)", re.DOTALL)
SHELLS = {"bash", "sh", "zsh", "sbatch", "source", ".", "nohup", "env", "sudo", "time"}
KEYWORDS = set("if then else elif do while until ! { ( time exec eval local export declare".split())
SCRIPTS = (".sh", ".bash", ".slurm", ".sbatch")
rules(
    Rule("command/script-not-there", ERROR, "the script {name} is not there", "name one that is, from {here}", why="bash does not find it"),
    Rule("command/windows-line-ends", ERROR, "the script {name} has the line ends of Windows: bash reads the mark after a backslash"
         " as a word", "rewrite it with those of Linux: sed -i 's/\\r$//' {name}", why="a backslash joins lines before a newline alone"),
    Rule("command/none-in-script", ERROR, "no swift command is in {name!r}", "name a script that has one; a recipe has --dry-run",
         why="a script is read without running it"),
    Rule("command/cut-off", ERROR, "line {line}: {word} and what follows belong to no command: {reason} ends the command of line {before}",
         "let every line but the last end in a backslash, with nothing after it and no comment between", why="bash"),
)  # fmt: skip


@dataclass
class Line:
    """One command of a script: its words as bash makes them, and where it begins."""

    words: list[str]
    number: int
    unknown: set[str] = field(default_factory=set)  # expansions that are not known here, as they stand
    exported: dict[str, str] = field(default_factory=dict)  # variables that the script has exported before


def script_of(words: list[str]) -> str | None:
    """The text of a script: a file, or a command in quotes. None if the words are an ordinary command."""
    if start_of(words):
        return None
    assigned = [match for word in words[:-1] if (match := ASSIGNED.fullmatch(word))]
    named = [word for word in words if not word.startswith("-") and (word == words[-1] or not ASSIGNED.fullmatch(word))]
    shell = [named.pop(0) for _ in named[:-1] if named[0] in SHELLS]
    alone = shell or (named and named[0].endswith(SCRIPTS)) or len(words) == len(assigned) + 1
    if len(named) == 1 and re.search(r"\s", named[0].strip()):  # bash -c "…", or a line in quotes
        text = named[0]
    elif named and alone and path_of(named[0]).is_file():
        text = path_of(named[0]).read_bytes().decode(errors="replace")  # the line ends as they are
    else:
        return None
    return "".join(f"export {match[1]}={shlex.quote(match[3])}; " for match in assigned) + text


def lines_of(text: str, environ: dict[str, str]) -> Iterator[Line]:
    """The commands of a script in order, with the values of variables that it or the environment sets."""
    held: dict[str, list[str]] = {name: [value] for name, value in environ.items()}
    text = HERE.sub(lambda match: "\n" * match[0].count("\n"), text)
    line, word, at, array = Line([], 1), None, 0, ""
    exported: set[str] = set()

    def close() -> None:
        nonlocal word
        if word is not None:
            if not line.words:
                line.number = 1 + text.count("\n", 0, begun)
            line.words.append(word)
            if (match := ASSIGNED.fullmatch(word)) and word != f"{match[1]}=${match[1]}":
                held[match[1]] = [match[3]]
            if line.words[0] == "export":
                exported.add(word.partition("=")[0])
            line.exported = {name: held[name][0] for name in exported if held.get(name)}
        word = None

    begun = 0
    while at < len(text):
        if text[at] == "#" and word is None:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            continue
        match = PIECE.match(text, at)
        assert match is not None and match.lastgroup  # `.` matches anything
        kind, value, start, at = match.lastgroup, match[match.lastgroup], at, match.end()
        if word is None:
            begun = start
        if kind in ("joined", "blank", "redirect") or (kind == "end" and array and value == "\n"):
            close()
            if kind == "redirect":
                at = re.compile(r"[ \t]*[^\s;&|]*").match(text, at).end()  # type: ignore[union-attr]
        elif kind == "end":
            close()
            if array:
                held[array] = [*held.get(array, []), *line.words]
                line.words, array = [], ""
                continue
            yield from _finished(line)
            line = Line([], 1)
        elif kind == "text" and value == "(" and word and (assigned := ASSIGNED.fullmatch(word)) and not assigned[3]:
            array, word = assigned[1], None
            if not assigned[2]:
                held.pop(array, None)
        elif kind in ("single", "escaped", "text"):
            word = (word or "") + value
        elif kind == "double":
            whole = VARIABLE.fullmatch(value) if "[@]" in value or "[*]" in value else None
            if whole and whole[1] in held:
                for one in held[whole[1]]:
                    word = (word or "") + one
                    close()
            else:
                plain = re.sub(r"\\([\\\"$`])|\\\n", r"\1", value)
                expanded = "".join(
                    " ".join(_expanded(one, held, line)) if number % 2 else one
                    for number, one in enumerate(re.split(r"(\$\{[^}]*\}|\$\w+|\$\([^()]*\))", plain))
                )
                word = (word or "") + expanded
        else:
            parts = _expanded(value, held, line)
            for number, part in enumerate(" ".join(parts).split()):
                if number:
                    close()
                word = (word or "") + part
    close()
    yield from _finished(line)


def _expanded(value: str, held: dict[str, list[str]], line: Line) -> list[str]:
    match = VARIABLE.fullmatch(value)
    if match and match[1] in held:
        return held[match[1]]
    if match and match[2] is not None and "$" not in match[2]:
        return [match[2]]
    line.unknown.add(value)
    return [value]


def _finished(line: Line) -> Iterator[Line]:
    while line.words and line.words[0] in KEYWORDS:
        line.words.pop(0)
    if not all(ASSIGNED.fullmatch(word) for word in line.words):
        yield line


@dataclass
class Script:
    """Lists of commands to check together, problems of the script itself, and what is not known of it."""

    launches: list[list[list[str]]]
    problems: list[Problem] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


def read_scripts(commands: list[list[str]], environ: dict[str, str]) -> Script:
    """Commands, each of which may be a script or a line in quotes. Trainers of one script run in turn, each with all
    servers."""
    script, all_, scripted = Script([]), [], False
    for words in commands:
        text = script_of(words)
        if text is None and len(words) == 1 and words[0].endswith(SCRIPTS):
            script.problems.append(found("command/script-not-there", name=words[0], here=Path.cwd()))
        elif text is None:
            all_.append(words)
        else:
            scripted = True
            if "\\\r\n" in text:
                script.problems.append(found("command/windows-line-ends", name=words[-1]))
            read = list(_commands(script, text.replace("\r\n", "\n"), environ))
            all_ += read
            if not read:
                script.problems.append(found("command/none-in-script", name=words[-1][:60]))
    servers = [words for words in all_ if (start := start_of(words)) and start.kind in ("rollout", "deploy")]
    others = [words for words in all_ if words not in servers]
    if not scripted:
        script.launches = [all_] if all_ else []
    else:  # servers without a trainer are examples, or run on machines of their own
        script.launches = [[*servers, words] for words in others] or [[words] for words in servers]
    return script


def _commands(script: Script, text: str, environ: dict[str, str]) -> Iterator[list[str]]:
    """The swift commands of a script's text; words after one that ends too early are added to it."""
    before: Line | None = None
    for line in lines_of(text, environ):
        if before and (problem := cut_off(line, before, text)):
            script.problems.append(problem)
            before.words += line.words  # as it was meant
            before.number = line.number
        elif start_of(line.words):
            before = line
            script.unknown |= line.unknown
            line.words = [*(f"{name}={value}" for name, value in line.exported.items()), *line.words]
            yield line.words
        else:
            before = None


def cut_off(line: Line, before: Line, text: str) -> Problem | None:
    """A command that begins with a flag: what follows a command that ended too early."""
    if not re.match(r"--?[A-Za-z]", line.words[0]):
        return None
    rows = text.splitlines()[before.number - 1 : line.number - 1]
    last = rows[-1] if rows else ""
    if re.match(r"\s*#", last) or re.search(r"\s#.*\\\s*$", last):
        why = "the comment before it"
    elif re.search(r"\\[ \t]+$", last):
        why = "the blank after a backslash"
    else:
        why = "a line without a backslash at its end" if last.strip() else "the empty line before it"
    return found("command/cut-off", line=line.number, word=line.words[0], reason=why, before=before.number)
