"""That each command of a launch is a `swift` command, and that its configuration can be read."""

from typing import Any

from swift_grpo.check.problem import WARNING, Problem, skipped
from swift_grpo.formats.command_line import (
    ASSIGNMENT,
    CONFIG_SUFFIXES,
    ROUTES,
    Command,
    path_of,
    read_config,
    start_of,
    take,
    words_of,
)


def read_command(
    argv: list[str], environ: dict[str, str], device: str, known: dict[str, Any]
) -> tuple[Command | None, list[Problem]]:
    """`[env A=B …] swift KIND [config.yaml] --flags` as a Command, and what keeps it from being one."""
    start = start_of(argv)
    if start is None:
        shown = " ".join([word for word in argv if word != "env" and not ASSIGNMENT.fullmatch(word)][:3]) or "nothing"
        return None, [Problem(f"{shown} is no swift command", "give `swift rlhf …`, `swift sft …` or another")]
    kind, assigned, rest = start.kind, start.assigned, list(start.rest)
    if start.megatron:
        return None, [
            skipped(f"`megatron {kind}`: the flags, memory and cards of Megatron's trainer are not checked here")
        ]
    if kind not in ROUTES:
        good = "write `megatron rlhf …`" if kind == "megatron" else f"use one of {', '.join(ROUTES)}"
        return None, [Problem(f"`swift {kind}` is not a subcommand (cli/main.py)", good)]
    command = Command(kind, {}, environ | assigned, known["flags"].get(kind, {}), assigned=assigned, device=device)
    problems: list[Problem] = []
    if start.direct and not start.launched:  # one process, whatever the variables say
        ranks = [name for name in ("NPROC_PER_NODE", "NNODES") if command.environ.pop(name, None) is not None]
        if ranks:
            what = f"`python -m swift.cli.{kind}` starts one process, and does not read {' and '.join(ranks)}"
            problems.append(Problem(what, f"start `swift {kind}`, or torchrun -m swift.cli.{kind}", WARNING))
    flagged = [
        n for n, word in enumerate(rest) if word.partition("=")[0] == "--config" and "config" not in command.specs
    ]
    if flagged:
        at, (_, equals, name) = flagged[0], rest[flagged[0]].partition("=")
        name = name or "".join(rest[at + 1 : at + 2])
        rest = [name, *rest[:at], *rest[at + (1 if equals else 2) :]]
        what = f"--config is no flag of `swift {kind}`: the configuration stands first, without a flag"
        problems.append(Problem(what, f"write swift {kind} {name}, and the other flags behind it"))
    if rest and rest[0].endswith(CONFIG_SUFFIXES):
        command.config_file = rest.pop(0)
        try:
            command.config, twice = read_config(path_of(command.config_file))
        except (OSError, ValueError) as error:
            return command, [Problem(str(error), "name a YAML file of flags and values, one `flag: value` a line")]
        problems += [
            Problem(
                f"`{one.key}` stands twice in {command.config_file} (lines {one.first} and {one.again}),"
                " and the last wins in silence",
                f"keep it once: remove line {one.first} or {one.again}",
            )
            for one in twice
        ]
        if start.direct:
            what = f"swift.cli.{kind} reads no configuration: {command.config_file} is left over (cli/main.py reads it)"
            problems.append(Problem(what, f"start `swift {kind} {command.config_file}`"))
        for name, value in _mapping(command.config.pop("ENV", None)).items():
            if command.environ.setdefault(str(name), str(value)) == str(value):
                assigned.setdefault(str(name), str(value))
        rest = [*words_of(command.config), *rest]
    take(command, rest)
    return command, problems


def _mapping(value: Any) -> dict:
    return value if isinstance(value, dict) else {}
