"""That each command of a launch is a `swift` command, and that its configuration can be read."""

from typing import Any

from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
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

rules(
    Rule("command/not-swift", ERROR, "{shown} is not a swift command", "give `swift rlhf …`, `swift sft …` or another",
         why="the preflight only knows ms-swift's commands"),
    Rule("command/megatron", SKIPPED, "`megatron {kind}`: the flags, memory and cards of Megatron's trainer are not checked here",
         why="the preflight only knows ms-swift's own trainers"),
    Rule("command/not-a-subcommand", ERROR, "`swift {kind}` is not a subcommand (cli/main.py)", "{fix}", why="cli/main.py ROUTE_MAPPING"),
    Rule("command/ranks-not-read", WARNING, "`python -m swift.cli.{kind}` starts one process, and does not read {names}",
         "start `swift {kind}`, or torchrun -m swift.cli.{kind}", why="cli/main.py reads them, and starts torchrun"),
    Rule("command/config-flag", ERROR, "--config is not a flag of `swift {kind}`: the configuration comes first, without a flag",
         "write swift {kind} {name}, and the other flags after it", why="cli/main.py parse_yaml_args only looks at the first word"),
    Rule("command/unreadable-config", ERROR, "{error}", "name a YAML file of flags and values, one `flag: value` per line",
         why="cli/main.py parse_yaml_args"),
    Rule("command/key-twice", ERROR, "`{key}` is twice in {file} (lines {first} and {again}), and the last silently wins",
         "keep it once: remove line {first} or {again}", why="yaml.safe_load keeps the last"),
    Rule("command/config-not-read", ERROR, "swift.cli.{kind} reads no configuration: {file} is left over (cli/main.py reads it)",
         "start `swift {kind} {file}`", why="cli/main.py turns a configuration into flags before it starts swift.cli"),
)  # fmt: skip


def read_command(
    argv: list[str], environ: dict[str, str], device: str, known: dict[str, Any]
) -> tuple[Command | None, list[Problem]]:
    """`[env A=B …] swift KIND [config.yaml] --flags` as a Command, and the problems that keep it from being one."""
    start = start_of(argv)
    if start is None:
        shown = " ".join([word for word in argv if word != "env" and not ASSIGNMENT.fullmatch(word)][:3]) or "nothing"
        return None, [found("command/not-swift", shown=shown)]
    kind, assigned, rest = start.kind, start.assigned, list(start.rest)
    if start.megatron:
        return None, [found("command/megatron", kind=kind)]
    if kind not in ROUTES:
        fix = "write `megatron rlhf …`" if kind == "megatron" else f"use one of {', '.join(ROUTES)}"
        return None, [found("command/not-a-subcommand", kind=kind, fix=fix)]
    command = Command(kind, {}, environ | assigned, known["flags"].get(kind, {}), assigned=assigned, device=device)
    problems: list[Problem] = []
    if start.direct and not start.launched:  # one process, whatever the variables say
        ranks = [name for name in ("NPROC_PER_NODE", "NNODES") if command.environ.pop(name, None) is not None]
        if ranks:
            problems.append(found("command/ranks-not-read", kind=kind, names=" and ".join(ranks)))
    flagged = [n for n, word in enumerate(rest) if word.partition("=")[0] == "--config"]
    if flagged and "config" not in command.specs:
        at, (_, equals, name) = flagged[0], rest[flagged[0]].partition("=")
        name = name or "".join(rest[at + 1 : at + 2])
        rest = [name, *rest[:at], *rest[at + (1 if equals else 2) :]]
        problems.append(found("command/config-flag", kind=kind, name=name))
    if rest and rest[0].endswith(CONFIG_SUFFIXES):
        file = command.config_file = rest.pop(0)
        try:
            command.config, twice = read_config(path_of(file))
        except (OSError, ValueError) as error:
            return command, [*problems, found("command/unreadable-config", error=error)]
        for one in twice:
            problems.append(found("command/key-twice", key=one.key, file=file, first=one.first, again=one.again))
        if start.direct:
            problems.append(found("command/config-not-read", kind=kind, file=file))
        for name, value in _mapping(command.config.pop("ENV", None)).items():
            if command.environ.setdefault(str(name), str(value)) == str(value):
                assigned.setdefault(str(name), str(value))
        rest = [*words_of(command.config), *rest]
    take(command, rest)
    return command, problems


def _mapping(value: Any) -> dict:
    return value if isinstance(value, dict) else {}
