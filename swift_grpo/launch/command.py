"""The commands of a run as lists of words."""

import shlex
from pathlib import Path


def split_commands(words: list[str]) -> list[list[str]]:
    """Words separated by `::` as a list of commands; the last is the trainer."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "::":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def show(command: list[str]) -> str:
    """The command as a person would paste it: one flag with its values a line."""
    lines: list[list[str]] = [[]]
    for word in command:
        if word.startswith("--"):
            lines.append([])
        lines[-1].append(word)
    return " \\\n    ".join(shlex.join(line) for line in lines)


def option(command: list[str], name: str) -> str:
    """The value after the flag `name`."""
    return command[command.index(name) + 1]


def title(command: list[str]) -> str:
    """`swift rlhf` for a swift command, else the program's name.

    >>> title(["env", "A=1", "swift", "rlhf", "x.yaml"]), title(["/usr/bin/python3", "-c", "1"])
    ('swift rlhf', 'python3')
    """
    if "swift" in command:
        return " ".join(command[command.index("swift") :][:2])
    return Path(command[0]).name


def output_dir(command: list[str]) -> Path | None:
    """`--output_dir` of a training command, None if it names none; the last one wins, as argparse has it.

    >>> output_dir(["swift", "rlhf", "--output_dir", "a", "--output_dir=b"])
    PosixPath('b')
    """
    found = None
    for word, following in zip(command, [*command[1:], ""], strict=True):
        if word == "--output_dir":
            found = following
        elif word.startswith("--output_dir="):
            found = word.partition("=")[2]
    return Path(found) if found else None
