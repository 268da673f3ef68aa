"""The commands of a run as lists of words."""

import itertools
import shlex
from pathlib import Path


def split_commands(words: list[str]) -> list[list[str]]:
    """Words separated by `::` as a list of commands; the last is the trainer, empty where another machine trains."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "::":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def show(command: list[str]) -> str:
    """The command as text to paste, one flag with its values per line."""
    lines: list[list[str]] = [[]]
    for word in command:
        if word.startswith("--"):
            lines.append([])
        lines[-1].append(word)
    return " \\\n    ".join(shlex.join(line) for line in lines)


def option(command: list[str], name: str) -> str:
    """The value after the flag `name`."""
    return command[command.index(name) + 1]


def values(command: list[str], name: str) -> list[str]:
    """The values after the last flag `name`; [] without the flag.

    >>> values(["swift", "rlhf", "--a", "1", "2", "--b=3"], "--a"), values(["--b=3"], "--b"), values([], "--c")
    (['1', '2'], ['3'], [])
    """
    found: list[str] = []
    taken = False
    for word in command:
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            taken = flag == name
            if taken:
                found = [value] if equals else []
        elif taken:
            found.append(word)
    return found


def assigned(command: list[str]) -> dict[str, str]:
    """The variables of a command `env A=B … program …`.

    >>> assigned(["env", "A=1", "B=x=y", "swift", "rlhf", "C=2"])
    {'A': '1', 'B': 'x=y'}
    """
    if command[:1] != ["env"]:
        return {}
    words = itertools.takewhile(lambda word: "=" in word, command[1:])
    return dict(word.split("=", 1) for word in words)


def title(command: list[str]) -> str:
    """`swift rlhf` for a swift command, else the program's name.

    >>> title(["env", "A=1", "swift", "rlhf", "x.yaml"]), title(["/usr/bin/python3", "-c", "1"])
    ('swift rlhf', 'python3')
    """
    if "swift" in command:
        return " ".join(command[command.index("swift") :][:2])
    return Path(command[0]).name


def output_dir(command: list[str]) -> Path | None:
    """`--output_dir` of a training command, None without it; the last one wins, as in argparse.

    >>> output_dir(["swift", "rlhf", "--output_dir", "a", "--output_dir=b"])
    PosixPath('b')
    """
    found = None
    for word, following in zip(command, [*command[1:], ""], strict=False):
        if word == "--output_dir":
            found = following
        elif word.startswith("--output_dir="):
            found = word.partition("=")[2]
    return Path(found) if found else None
