"""Several turns: which side drives them, what the scheduler gets, whether it ends and fits, and what its environment pays.

A scheduler of the rollout server drives each trajectory by itself. One of the trainer alone drives all of them in lock step,
in server mode too (rlhf_trainers/rollout_mixin.py:1127).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from swift_grpo.check.model import model_of
from swift_grpo.check.plugins import Plugins
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem
from swift_grpo.check.rewards import gym_pays
from swift_grpo.check.rows import asked_text, token_lengths
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import OF_TURNS
from swift_grpo.formats.command_line import Command

TOOL_TOKENS = 256  # plugin/tools.py: what a tool's answer is cut to
CLASSES = {  # rollout/multi_turn.py multi_turns
    "math_tip_trick": "MathTipsScheduler",
    "thinking_tips_scheduler": "ThinkingModelTipsScheduler",
    "gym_scheduler": "GYMScheduler",
    "openenv_scheduler": "OpenEnvScheduler",
}
TIPS = ("MathTipsScheduler", "ThinkingModelTipsScheduler")  # one tip, so two turns
GYMS = ("GYMScheduler", "OpenEnvScheduler")
UNPASSED = "the trainer does not pass the rows' columns, and the scheduler {name} of the rollout server reads {column}"
PASS = "give --multi_turn_scheduler {name} to the trainer too, or --vllm_server_pass_dataset true"
GROWS = "a trajectory may have {need} tokens before its last turn ({parts})"
rules(
    Rule("turns/lock-step", ADVICE,
         "--multi_turn_scheduler {name} reaches the trainer only, which drives the turns in lock step: each waits for the slowest trajectory",
         "give --multi_turn_scheduler {name} to the rollout server too, with its plugin and --max_turns: it drives each by itself",
         "rlhf_trainers/rollout_mixin.py:1127, rollout/agent_loop.py:109"),
    Rule("turns/no-columns", ERROR, UNPASSED + ": the first rollout ends the run", PASS, "rlhf_trainers/rollout_mixin.py:1633"),
    Rule("turns/columns-not-passed", WARNING, UNPASSED, PASS, "rlhf_trainers/rollout_mixin.py:1633"),
    Rule("turns/plugin-on-one-side", ERROR, "the scheduler {name} is registered by {path}, which does not reach the {side}",
         "add {path} to the --external_plugins of the {side}", "pipelines/infer/rollout.py:579, rlhf_trainers/rollout_mixin.py:1574"),
    Rule("turns/different", WARNING,
         "--{flag} is {there} for the rollout server, which drives the turns, and {here} for the trainer, which does not use it",
         "give both the same --{flag}", "rlhf_trainers/rollout_mixin.py:1127"),
    Rule("turns/endless", ERROR,
         "the scheduler {name} ends a trajectory by --max_turns alone, and it is not given: even a finished answer goes on until the window is full",
         "add --max_turns, such as 3, to the {side}, or write check_finished", "rollout/multi_turn.py:561"),
    Rule("turns/split-padding-free", ERROR,
         "--padding_free does not go with the scheduler {name}, which makes a sample of each turn: NotImplementedError",
         "use --padding_free false, or another scheduler", "rlhf_trainers/rollout_mixin.py:1312"),
    Rule("turns/window-ends-run", WARNING,
         GROWS + "; {flag} is {size}, and a prompt that leaves no room there ends the run",
         "use --vllm_max_model_len {larger}, fewer or shorter turns, or {stop}",
         "infer_engine/infer_engine.py:246"),
    Rule("turns/window-stops-turns", WARNING,
         GROWS + "; {flag} is {size}: a long one stops early (context)",
         "use {flag} {larger}, fewer or shorter turns, or a smaller TOOL_TOKENS",
         "plugin/tools.py stops a trajectory before its window ends"),
    Rule("turns/history-cut", WARNING, GROWS + "; --max_length {size} {end}",
         "use --max_length {need} or more, or leave it out", "template/base.py:1577, with the GRPO trainer's own template"),
    Rule("turns/tool-role", WARNING,
         "the scheduler {name} of {paths} appends turns of role `tool`: at each of them ms-swift 4.6.0 trains two tokens that nobody sampled",
         "append a turn of role `user` with <tool_response>…</tool_response>, as plugin/tools.py does",
         "template/base.py:1019 leaves the separator twice"),
    Rule("turns/tool-role-correction", ERROR,
         "the scheduler {name} of {paths} appends turns of role `tool`: --rollout_importance_sampling_mode {mode} is then silently off",
         "append a turn of role `user` with <tool_response>…</tool_response>, as plugin/tools.py does",
         "rlhf_trainers/utils.py:2113: more tokens are trained than were sampled, so there is no correction"),
    Rule("turns/gym-unpaid", WARNING, "what the environments of {name} pay (total_reward) counts only with {needs}",
         "add {needs} to the trainer", "rlhf_trainers/rollout_mixin.py:390, :410"),
    Rule("turns/gym-no-reward", ERROR, "--use_gym_env (or --gym_env) pays an environment's total_reward, and {nothing}: KeyError at the first reward",
         "use --multi_turn_scheduler gym_scheduler, or remove it", "rl_core/grpo_algorithm.py:105"),
    Rule("turns/no-environment", ERROR,
         "{count} of {total} rows lack what {name} reads (a column env_config: an object{key}): the first of them ends the run",
         "write it in every row{default}", "rollout/multi_turn.py:935, :994"),
    Rule("turns/unknown-environment", ERROR, "the column env_config names {unknown}, and no such environment is registered (envs)",
         "use one of {listed}", "rollout/multi_turn.py:936"),
    Rule("turns/unknown-tool", ERROR, "TOOLS names {unknown}, which no plugin of the {side} registers",
         "use one of {listed}, or name the file with its @register_tool in --external_plugins", "plugin/tools.py"),
    Rule("turns/tool-cannot-run", ERROR, "TOOLS names run_python, and the {side} could not run it here: {error}",
         "install what it asks for, or use the tool python, which needs no sandbox", "plugin/grpo_tools/run_python.py"),
)  # fmt: skip


def side_of(command: Command) -> str:
    return "rollout server" if command.kind == "rollout" else "trainer"


@dataclass
class Loop:
    """A trainer, the server of its rollouts if that is in the launch, and the one of them that drives the turns."""

    trainer: Command
    server: Command | None
    driver: Command
    plugins: Plugins  # the driver's
    rows: list[dict]

    @cached_property
    def name(self) -> str:
        return self.driver.text("multi_turn_scheduler") or ""

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What probe.py reports of it; {} for one of ms-swift's own."""
        return self.plugins.schedulers.get(self.name, {})

    @cached_property
    def base(self) -> str:
        """The class of ms-swift that it is, or that it extends; '' if that is not known."""
        return self.facts.get("base", "") if self.name in self.plugins.schedulers else CLASSES.get(self.name, "")

    @cached_property
    def passes(self) -> bool:
        """Whether the rows' columns reach it."""
        own = self.driver is self.trainer or self.trainer.given("multi_turn_scheduler")
        return own or self.trainer.true("vllm_server_pass_dataset")

    @cached_property
    def configured(self) -> bool:
        """Whether a row says which environment it is for."""
        return any(row.get("env_config") is not None for row in self.rows)

    @cached_property
    def own_tools(self) -> bool:
        return self.name == "tools" and bool(self.plugins.tools)


def check_turns(
    sides: list[tuple[Command, Plugins]], known: dict[str, Any], rows: Callable[[Command], list[dict]]
) -> Iterator[Problem]:
    """What is wrong with the turns of each GRPO run. `rows` gives the training rows that were read. Of a server that
    another launch starts nothing is known, so that little is said then."""
    for command, plugins in sides:
        yield from _tools(command, plugins)
    for trainer, own in sides:
        if not trainer.grpo:
            continue
        servers = [side for side in sides if side[0].kind == "rollout" and trainer.vllm == "server"]
        driving = [side for side in [*servers, (trainer, own)] if side[0].given("multi_turn_scheduler")]
        near = bool(servers) or trainer.vllm != "server"
        loop = Loop(trainer, servers[0][0] if servers else None, *driving[0], rows(trainer)) if driving else None
        if near:
            yield from _pays(trainer, [server for server, _ in servers], loop)
        if loop:
            yield from _tool_turns(loop)
        if loop and near:
            yield from _sides(loop, [*servers, (trainer, own)], set(known["multi_turn_schedulers"]))
            yield from _fits(loop)
            yield from _environments(loop, set(known["gym_envs"]))


def _sides(loop: Loop, sides: list[tuple[Command, Plugins]], known: set[str]) -> Iterator[Problem]:
    if loop.server and loop.driver is loop.trainer:
        yield found("turns/lock-step", name=loop.name)
    for flag in OF_TURNS:
        here, there = loop.trainer.values(flag), loop.driver.values(flag)
        if here and here != there:
            yield found("turns/different", flag=flag, here=" ".join(here), there=" ".join(there) or "not set")
    loaded = [pair for _, plugins in sides for pair in zip(plugins.paths, plugins.loaded, strict=False)]
    paths = {name: path for path, one in loaded for name in one["schedulers"]}
    for command, plugins in sides:
        name = command.text("multi_turn_scheduler") or ""
        if name in paths.keys() - known - plugins.registered("multi_turns") and plugins.complete:
            yield found("turns/plugin-on-one-side", name=name, path=paths[name], side=side_of(command))
    if loop.base == "MultiTurnScheduler" and not loop.driver.given("max_turns") and not loop.facts["ends"]:
        yield found("turns/endless", name=loop.name, side=side_of(loop.driver))
    if loop.base == TIPS[1] and loop.driver is loop.server and loop.trainer.true("padding_free"):
        yield found("turns/split-padding-free", name=loop.name)
    column = "solution" if loop.base in TIPS else "env_config" if loop.base in GYMS and loop.configured else ""
    if not loop.passes and (column or (loop.base not in GYMS and loop.facts.get("columns"))):
        id = "turns/no-columns" if loop.name in CLASSES else "turns/columns-not-passed"
        yield found(id, name=loop.name, column=f"`{column}`" if column else "them (data_dict)")


def _fits(loop: Loop) -> Iterator[Problem]:
    """The longest trajectory against the window and, where the trainer's own template renders it, --max_length."""
    trainer, holder = loop.trainer, loop.server or loop.trainer
    turns, completion = loop.driver.whole("max_turns") or 1, trainer.whole("max_completion_length") or 0
    more = (min(turns, 2) if loop.base in TIPS else turns) - 1
    tool = (loop.driver.variable("TOOL_TOKENS") or TOOL_TOKENS) if loop.own_tools else 0
    between = more * (completion + tool)
    model, limit = model_of(holder), trainer.whole("max_length")
    window = holder.whole("vllm_max_model_len") or (model.positions if model else None)
    named = "--vllm_max_model_len" if holder.given("vllm_max_model_len") else "max_position_embeddings"
    ends, stops, cut = ("turns/window-ends-run", 1), ("turns/window-stops-turns", completion), ("turns/history-cut", 0)
    limits = [(*ends, window, named)]  # rule, what the last turn needs at least, size and flag of the limit
    if loop.own_tools and loop.driver is not trainer:
        limits = [(*stops, window, named)]
    elif loop.own_tools and limit:  # all that it knows there
        limits = [(*stops, limit, "--max_length"), *(limits if limit > (window or limit) else [])]
    elif not loop.server:
        limits.append((*cut, limit, "--max_length"))
    rooms = {id: size - between - last for id, last, size, _ in limits if size}
    if not more or not completion or not rooms:
        return
    texts = [asked_text(row) for row in loop.rows]
    prompt = max(token_lengths(texts, trainer, least=max(min(rooms.values()), 0)), default=0)
    prompt = min(prompt, limit or prompt)
    parts = f"{prompt} of the prompt, " if prompt else ""  # 0: no row was read
    parts += f"{more} x {completion} of --max_completion_length, "
    parts += f"{more} x {tool} of TOOL_TOKENS" if tool else "and what comes between"
    for id, _, size, flag in limits:
        if prompt > rooms.get(id, prompt):
            yield found(
                id, need=prompt + between, larger=prompt + between + completion, parts=parts, flag=flag, size=size,
                stop=f"--max_length {size}: it stops there" if loop.own_tools else "end it in check_finished",
                end="ends the run then" if trainer.text("truncation_strategy") == "delete"
                else "silently cuts off its beginning, the question first",
            )  # fmt: skip


def _tool_turns(loop: Loop) -> Iterator[Problem]:
    if loop.facts.get("tool"):
        mode = loop.trainer.text("rollout_importance_sampling_mode") if loop.trainer.vllm else None
        id = "turns/tool-role-correction" if mode else "turns/tool-role"
        yield found(id, name=loop.name, paths=" ".join(loop.plugins.paths), mode=mode)


# ---- environments
def _pays(trainer: Command, servers: list[Command], loop: Loop | None) -> Iterator[Problem]:
    pays, vllm = gym_pays(trainer, servers), bool(trainer.vllm)
    if loop and loop.base in GYMS and not pays and not (vllm and trainer.given("use_gym_env")):
        yield found("turns/gym-unpaid", name=loop.name, needs="--use_gym_env true" if vllm else "--use_vllm true")
    if pays and (not loop or loop.own_tools or (loop.base in TIPS and not loop.facts)):
        nothing = f"the scheduler {loop.name} has none" if loop else "there is no --multi_turn_scheduler"
        yield found("turns/gym-no-reward", nothing=nothing)


def _environments(loop: Loop, known: set[str]) -> Iterator[Problem]:
    """Rows without an environment: where one row has `env_config`, or a name in it, ms-swift's table has it in all,
    None where it is missing."""
    driver = loop.driver
    if loop.base not in GYMS or loop.name not in CLASSES or (loop.configured and not loop.passes):
        return  # of another nothing is known; the last is reported by _sides
    held = [row.get("env_config") for row in loop.rows]
    names = [one.get("name") if isinstance(one, dict) else None for one in held]
    default = driver.given("gym_env") and (driver.kind != "rollout" or driver.text("use_gym_env") != "false")
    if loop.base == "OpenEnvScheduler" or (default and not any(names)):
        bad = [one for one in held if loop.configured and not isinstance(one, dict)]
        said = {"key": "", "default": ""}
    else:
        bad = [name for name in names if not name]
        said = {"key": " with `name`", "default": "" if any(names) else f", or give the {side_of(driver)} --gym_env"}
    if bad:
        yield found("turns/no-environment", count=len(bad), total=len(held), name=loop.name, **said)
    registered = loop.plugins.registered("envs")
    unknown = ", ".join(sorted({str(name) for name in names if name} - known - registered))
    if unknown and loop.base == "GYMScheduler" and loop.plugins.complete and "*" not in registered:
        yield found("turns/unknown-environment", unknown=unknown, listed=", ".join(sorted(known | registered)))


def _tools(command: Command, plugins: Plugins) -> Iterator[Problem]:
    from grpo_tools.registry import ToolError, offered

    if not plugins.tools or command.text("multi_turn_scheduler") != "tools":
        return
    named = set(command.environ.get("TOOLS", "").split())
    if (unknown := sorted(named - plugins.tools)) and plugins.complete:
        listed = " ".join(sorted(plugins.tools))
        yield found("turns/unknown-tool", unknown=" ".join(unknown), side=side_of(command), listed=listed)
    try:
        offered("run_python" if "run_python" in named else "")
    except ToolError as error:
        yield found("turns/tool-cannot-run", side=side_of(command), error=error)
