"""All checks over all commands of a launch. Imports neither torch nor swift; another process imports the plugins."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from swift_grpo.check import known_flags
from swift_grpo.check.batch import check_batch
from swift_grpo.check.cards import check_cards, present_cards
from swift_grpo.check.command import read_command
from swift_grpo.check.contradictions import check_contradictions
from swift_grpo.check.data import DataCheck, check_windows
from swift_grpo.check.environment import check_ports, check_variables
from swift_grpo.check.estimate import checkpoint_bytes, engine, gigabytes, training, workload
from swift_grpo.check.flags import check_flags
from swift_grpo.check.hub import Lookup
from swift_grpo.check.lengths import check_lengths
from swift_grpo.check.memory import check_memory
from swift_grpo.check.model_type import check_type
from swift_grpo.check.output import check_output
from swift_grpo.check.plugins import Plugins, begin, check_plugins, collect
from swift_grpo.check.problem import ERROR, SEVERITIES, SKIPPED, WARNING, Problem
from swift_grpo.check.prompt import check_asked, check_prompt
from swift_grpo.check.ranges import check_ranges
from swift_grpo.check.resume import check_resume
from swift_grpo.check.reward_needs import GRADED
from swift_grpo.check.rewards import TEXTS_ONLY, check_rewards, columns_needed, takers
from swift_grpo.check.rows import Wants
from swift_grpo.check.rubrics import check_rubrics
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import check_server
from swift_grpo.check.teacher import check_teacher
from swift_grpo.check.turns import check_turns
from swift_grpo.check.weights import check_weights
from swift_grpo.formats.command_line import Command

NPU = {"ASCEND_RT_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES", "NPU_VISIBLE_DEVICES"}
# subject, the first half of a rule's id -> what it checks
CHECKS = {
    "command": "whether each is a `swift` command, and its configuration file",
    "flags": "names, types and choices of flags",
    "ranges": "numbers out of range",
    "contradictions": "flags that do not go together",
    "batch": "whole groups in training and evaluation",
    "server": "rollout server against trainer",
    "turns": "several turns: who drives them, whether they end and fit, environments, tools",
    "teacher": "distillation on policy: tokenizers, and the teacher's server",
    "lengths": "prompt and completion against the windows",
    "model": "config, weights, tokenizer, type and template, adapters",
    "plugins": "syntax, imports, names that they or ms-swift register",
    "rewards": "names, forms, weights, parameters, a first call",
    "data": "rows, columns, golds",
    "resume": "the checkpoint to continue from",
    "prompt": "the system prompt, and whether it asks for what the rewards pay for",
    "output": "folder, disk, reporters",
    "environment": "variables of torchrun and CUDA",
    "ports": "ports that are taken or wanted twice",
    "cards": "whether the cards exist, are free, and are not used by two parts of the run",
    "memory": "whether weights, optimizer and vLLM fit",
    "full": "with --full: ms-swift's own arguments",
}
rules(
    Rule("command/check-failed", SKIPPED, "the check `{name}` failed itself ({error}); please report the command"),
    Rule("cards/npu", SKIPPED, "cards and memory: Ascend's NPUs are not checked here, and estimates are for NVIDIA's cards"),
    Rule("cards/none-here", SKIPPED, "cards, and whether the run fits on them: nvidia-smi lists none on this machine"),
)  # fmt: skip


@dataclass
class Launch:
    """The commands of a launch and what its checks share."""

    commands: list[Command]
    known: dict
    lookup: Lookup
    dry: bool = False  # the commands may be for another machine's cards
    cards: list = field(default_factory=list)
    data: list[DataCheck] = field(default_factory=list)
    plugins: list[Plugins] = field(default_factory=list)

    def each(self, check: Callable[[Command], Iterable[Problem]]) -> Iterator[Problem]:
        for command in self.commands:
            yield from check(command)

    def rows(self, command: Command) -> list[dict]:
        """The training rows that were read."""
        return next((check.read() for check in self.data if check.command is command), [])

    @property
    def servers(self) -> list[Command]:
        return [command for command in self.commands if command.kind == "rollout"]


@dataclass
class Report:
    """The problems, the worst first, and the estimates."""

    problems: list[Problem]
    facts: list[str]

    @property
    def failed(self) -> bool:
        return any(problem.severity == ERROR for problem in self.problems)


def check_command(argv: list[str], environ: dict[str, str], device: str) -> list[Problem]:
    """All problems of one command: see `check_launch`."""
    return check_launch([argv], environ, device).problems


def check_launch(
    argvs: list[list[str]],
    environ: dict[str, str],
    device: str = "gpu",
    *,
    no_check: Iterable[str] = (),
    strict: bool = False,
    dry: bool = False,
    guard: bool = True,
) -> Report:
    """All problems of the commands `[env A=B …] swift SUBCOMMAND [config.yaml] --flags` that are started together.

    `environ` is the environment they run in, without their own assignments; `device` is "gpu" or "cpu". `no_check`
    names rules and subjects to leave out, `strict` turns warnings and advice into errors, `dry` skips the cards if
    there are none. A check that fails itself is reported as SKIPPED; without `guard` its exception is raised (tests).
    Takes well below a second; 1 s if a hub does not answer, 15 s for a new ms-swift.
    """
    known = known_flags.known()
    left_out = set(no_check)
    commands, problems = [], []
    for argv in argvs:
        command, said = read_command(argv, environ, device, known)
        problems += _strict(said) if strict else said
        if command is not None:
            commands.append(command)
    broken = any(p.severity == ERROR for p in problems) and any(
        c.config_file and not c.config and not c.flags for c in commands
    )
    if broken or not commands:  # the other problems of a command that cannot be read follow from that
        return Report(without(problems, left_out), [])
    launch = Launch(commands, known, Lookup(dict(environ)), dry)
    launch.plugins = [
        begin(command) if "plugins" not in left_out else Plugins([], complete=False) for command in commands
    ]
    try:
        for name, check in RUN.items():
            if name not in left_out:
                said = _run(name, check, launch, guard)
                problems += _strict(said) if strict else said
        facts = _facts(launch)
    finally:
        for plugins in launch.plugins:
            plugins.stop()
    problems = without(problems, left_out)
    if dry and not strict:
        problems = [replace(p, severity=WARNING) if p.machine and p.severity == ERROR else p for p in problems]
    unique = list({str(problem): problem for problem in problems}.values())
    return Report(sorted(unique, key=lambda problem: SEVERITIES.index(problem.severity)), facts)


def without(problems: Iterable[Problem], left_out: Iterable[str]) -> list[Problem]:
    """The problems whose rule and subject are not left out."""
    return [p for p in problems if not {p.id, p.check} & set(left_out)]


def _strict(problems: Iterable[Problem]) -> list[Problem]:
    return [p if p.severity == SKIPPED else replace(p, severity=ERROR) for p in problems]


def _run(name: str, check: Callable[[Launch], Iterable[Problem]], launch: Launch, guard: bool) -> list[Problem]:
    problems: list[Problem] = []
    try:
        for problem in check(launch):
            problems.append(problem)
    except Exception as error:
        if not guard:
            raise
        problems.append(found("command/check-failed", name=name, error=f"{type(error).__name__}: {error}"))
    return problems


# ---- the checks
def _model(launch: Launch) -> Iterator[Problem]:
    for command, plugins in zip(launch.commands, launch.plugins, strict=True):
        yield from check_weights(command, launch.lookup)
        yield from check_type(command, launch.known, plugins)


def _plugins(launch: Launch) -> Iterator[Problem]:
    for command, plugins in zip(launch.commands, launch.plugins, strict=True):
        yield from check_plugins(command, launch.known, plugins, launch.rows(command))


def _rewards(launch: Launch) -> Iterator[Problem]:
    for command, plugins in zip(launch.commands, launch.plugins, strict=True):
        yield from check_rewards(command, launch.known, plugins, launch.servers)


def _turns(launch: Launch) -> Iterator[Problem]:
    yield from check_turns(list(zip(launch.commands, launch.plugins, strict=True)), launch.known, launch.rows)


def _prompt(launch: Launch) -> Iterator[Problem]:
    for command in launch.commands:
        yield from check_prompt(command)
        yield from check_asked(command, launch.known, launch.rows(command))


def _data(launch: Launch) -> Iterator[Problem]:
    for command, plugins in zip(launch.commands, launch.plugins, strict=True):
        wants = Wants({}, set(), graded=False)
        collect(plugins)
        if command.grpo:
            rewards = set(command.values("reward_funcs"))
            texts_only = TEXTS_ONLY & rewards - set(plugins.rewards)
            wants = Wants(columns_needed(command, plugins), texts_only, bool(GRADED & rewards))
        check = DataCheck(command, launch.lookup, wants)
        check.registered = plugins.registered("DATASET_MAPPING") | ({"*"} if plugins.late else set())
        launch.data.append(check)
        yield from check.problems()
        for table in check.tables.values():
            yield from check_rubrics(table.rows, table.name, command, takers(command, plugins, "rubric"))
    yield from check_windows(launch.data, launch.servers)


def _output(launch: Launch) -> Iterator[Problem]:
    rows = {id(check.command): check.rows() for check in launch.data}
    for command in launch.commands:
        yield from check_output(command, launch.known, rows.get(id(command)))


def _cards(launch: Launch) -> Iterator[Problem]:
    on_gpu = [command for command in launch.commands if not command.on_cpu]
    if any(name in NPU for command in on_gpu for name in command.environ):
        yield found("cards/npu")
        return
    if not on_gpu:
        return
    launch.cards = present_cards(on_gpu[0].environ.get("PATH") or os.environ.get("PATH", ""))
    if launch.dry and not launch.cards:
        yield found("cards/none-here")
    else:
        yield from check_cards(launch.commands, launch.cards)


def _memory(launch: Launch) -> Iterator[Problem]:
    yield from launch.each(lambda command: check_memory(command, launch.cards))


RUN: dict[str, Callable[[Launch], Iterable[Problem]]] = {
    "flags": lambda launch: launch.each(lambda c: check_flags(c, launch.known)),
    "ranges": lambda launch: launch.each(check_ranges),
    "contradictions": lambda launch: launch.each(check_contradictions),
    "batch": lambda launch: launch.each(check_batch),
    "server": lambda launch: check_server(launch.commands),
    "lengths": lambda launch: check_lengths(launch.commands),
    "model": _model,
    "resume": lambda launch: launch.each(check_resume),
    "environment": lambda launch: check_variables(launch.commands),
    "ports": lambda launch: check_ports(launch.commands),
    "cards": _cards,
    "memory": _memory,
    "data": _data,  # these come last: they wait for the import of the plugins
    "prompt": _prompt,
    "plugins": _plugins,
    "rewards": _rewards,
    "turns": _turns,
    "output": _output,
    "teacher": lambda launch: check_teacher(launch.commands, launch.rows),
}


def _facts(launch: Launch) -> list[str]:
    """Estimates: work, memory, disk."""
    rows = {id(check.command): check.rows() for check in launch.data}
    facts = []
    for command in launch.commands:
        try:
            if line := workload(command, rows.get(id(command))):
                facts.append(line)
            if (estimate := training(command)) and not command.on_cpu:
                facts.append(f"estimate, {estimate}")
            if (share := engine(command)) and not command.on_cpu:
                card = min((c.memory for c in launch.cards), default=80) * 1024**3
                facts.append(
                    f"estimate, vLLM of `swift {command.kind}`: {gigabytes(share.taken(card))} of a card of"
                    f" {gigabytes(card)}, weights"
                    f" {gigabytes(share.weights)}, keys and values {gigabytes(max(share.cache(card), 0))}"
                    f" ({max(share.cache(card), 0) / max(share.a_token, 1):,.0f} tokens)"
                )
            if size := checkpoint_bytes(command):
                facts.append(f"estimate, a checkpoint: {gigabytes(size)} on disk")
        except (
            ValueError,
            OverflowError,
            ZeroDivisionError,
        ):  # wrong flags have no estimate: the checks report them
            continue
    return facts
