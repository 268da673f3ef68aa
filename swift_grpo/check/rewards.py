"""Rewards: are they registered, of the right form, weighted, and will they accept their parameters?"""

import re
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from grpo_rewards import settings
from grpo_rewards.contract import NotInstalled, RewardError

from swift_grpo.check.plugins import Plugins, shown, suggestion
from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.formats.command_line import Command, path_of

MS_SWIFTS_OWN = {"accuracy", "cosine", "toolbench"}  # that read the column `solution`
TEXTS_ONLY = {"accuracy", "cosine"}  # whose golds have to be texts: rewards/orm.py MathAccuracy does re.search on them
NO_GRPO = {"math"}  # rewards/orm.py: called with infer_requests and ground_truths, which GRPO does not give
# arguments that ms-swift hands to every reward besides the rows' columns (rl_core/grpo_algorithm.py)
GIVEN = set(
    "self completions messages trainer_state response_token_ids finish_reason is_truncated request_id"
    " prompt_id images videos audios"
    " rollout_infos add_eos".split()
)
REPOSITORY = "plugin/plugin.py"
TRLS = {"prompts": "messages", "completion_ids": "response_token_ids"}  # argument of TRL's rewards -> ms-swift's
# what an exception of a first call says -> what helps
FIRST_CALLS = (
    (
        r"multiple values for argument|takes \d+ positional arguments? but",
        "write self first: def __call__(self, completions, **kwargs)",
    ),
    (
        r"string ind(ex|ices)|'str' object has no attribute '(get|items)'",
        "a completion is text here, not TRL's list of messages: use it as it is",
    ),
    (r"^KeyError: '[A-Z][A-Z0-9_]+'$", "set it in the environment"),
    (
        r"^KeyError",
        "of the rows' columns the question and the answer become `messages`; the others, and solution, come as lists",
    ),
    (r"^ModuleNotFoundError", "install the package, or leave the reward out"),
    (r"^returns", "return a list with one number for each completion; None leaves one out"),
)
TEXTS = re.compile(
    r"NoneType|^(ValueError|IndexError|JSONDecodeError|AssertionError|ZeroDivisionError)"
)  # may be the made-up text's


def check_rewards(
    command: Command, known: dict[str, Any], plugins: Plugins, servers: list[Command]
) -> Iterator[Problem]:
    """Names, weights and forms of the rewards of a GRPO run, and their parameters."""
    if not command.grpo:
        return
    names, models = command.values("reward_funcs"), command.values("reward_model")
    gym = _gym(command, servers)
    if not names and not models and not gym and not command.given("teacher_model", "teacher_model_server"):
        missing = Problem(
            "no reward is named (--reward_funcs)", "add --reward_funcs math_accuracy r1_format, or --reward_model"
        )
        if gym is not None:
            yield missing
        elif command.true("vllm_server_pass_dataset"):
            yield skipped(
                "whether a reward has to be named: the rollout server says if it has a gym, and is not checked here"
            )
        else:
            yield warning(f"{missing.what}: right only if the rollout server has --use_gym_env true", missing.fix)
    yield from _registered(command, known, plugins, names)
    yield from _forms(known, plugins, names)
    yield from _first_calls(plugins, names)
    yield from _weights(command, names, models, gym)
    yield from _models(command, models, set(known["reward_model_plugins"]) | plugins.registered("rm_plugins"), plugins)
    if any(_is_ours(path) for path in plugins.paths):
        yield from _parameters(command, plugins)


def _gym(command: Command, servers: list[Command]) -> bool | None:
    """Whether the environment pays: no reward function is needed then. None where a server that is not in this launch decides.

    rlhf_trainers/rollout_mixin.py: the trainer's own flag, else in server mode what the server says, else --gym_env.
    """
    if command.flags.get("use_gym_env") is not None:
        return command.true("use_gym_env")
    if command.vllm == "server" and not servers:
        return None
    return any(c.given("gym_env") or c.true("use_gym_env") for c in [command, *servers])


def catalogue(command: Command) -> set[str]:
    """The names of `grpo_rewards`, with the sections of the file that GRPO_REWARDS names."""
    file = command.environ.get(settings.VARIABLE, "")
    try:
        return set(settings.load("")) | set(settings.sections(file) if file else {})
    except (RewardError, OSError, ValueError):  # reported by _parameters
        return set(settings.load(""))


def _registered(command: Command, known: dict[str, Any], plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    registered = set(known["rewards"]) | set(plugins.rewards)
    if any(_is_ours(path) for path in plugins.paths) and not plugins.complete:
        registered |= catalogue(command)
    for name in dict.fromkeys(names):
        if name in registered or (plugins.paths and not plugins.complete):  # of one that fails nothing is known
            continue
        ours = name in catalogue(command)
        own = " ".join(sorted(registered - set(known["rewards"])) or sorted(registered))
        if " " in name or "," in name:
            yield Problem(
                f"--reward_funcs {name!r} is one word",
                f"write several apart: {name.replace(',', ' ')}; in YAML a list"
                f" [{', '.join(name.replace(',', ' ').split())}]",
            )
        elif ours and not any(_is_ours(path) for path in plugins.paths):
            yield Problem(
                f"the reward {name} is not registered: it comes with a plugin", f"add --external_plugins {REPOSITORY}"
            )
        elif gone := sorted({module for one in plugins.loaded for module in one["absent"]}):
            yield Problem(
                f"the reward {name} is not registered: {' '.join(plugins.paths)} imports {', '.join(gone)}, which ms-swift 4 does"
                " not have, and registers elsewhere where that fails",
                "from swift.rewards import ORM, orms, without try",
            )
        elif plugins.paths:
            hint = suggestion(name, sorted(registered))
            yield Problem(
                f"the reward {name} is not registered, neither by ms-swift nor by {' '.join(plugins.paths)}",
                f"{hint}use one of {own}, or register it in the plugin: orms['{name}'] = YourClass",
            )
        else:
            hint = suggestion(name, [*known["rewards"], *catalogue(command)])
            yield Problem(
                f"the reward {name} is not registered",
                f"{hint}use one of {', '.join(known['rewards'])}, or register it in a file given to --external_plugins",
            )


def _forms(known: dict[str, Any], plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    own = plugins.rewards
    for name, count in Counter(names).items():
        if count > 1:
            yield warning(
                f"the reward {name} is named {count} times: both would share one column of the log",
                "name it once, with a weight in --reward_weights",
            )
        if name in NO_GRPO and name not in own:
            needs = ", ".join(known["reward_needs"].get(name, []))
            yield Problem(
                f"the reward {name} has no interface of GRPO: it wants {needs} (rewards/orm.py)",
                "use accuracy, or math_accuracy of plugin/plugin.py",
            )
    classes = {
        name: own[name]["class"] if name in own else known["reward_classes"].get(name, name)
        for name in dict.fromkeys(names)
    }
    for column, count in Counter(classes.values()).items():
        if count > 1 and column:
            same = [name for name, c in classes.items() if c == column]
            yield warning(
                f"the rewards {', '.join(same)} are of one class, {column}: they share a column of the log",
                "give each a class of its own name",
            )
    for name in sorted(own.keys() & set(known["rewards"])):
        yield warning(f"a plugin replaces ms-swift's own reward {name} in silence", "register it under another name")
    for name in dict.fromkeys(names):
        if name in own:
            yield from _form(name, own[name])


def _form(name: str, facts: dict) -> Iterator[Problem]:
    if facts["kind"] != "class":
        kind = "a function" if facts["kind"] == "function" else f"an instance of {facts['class']}"
        yield Problem(
            f"the reward {name} is {kind}; ms-swift builds it as orms['{name}'](args=args)",
            "register a class that inherits from ORM"
            if facts["kind"] == "function"
            else f"register the class itself: orms['{name}'] = {facts['class']}, without ()",
        )
        return
    if not facts["builds"]:
        yield Problem(
            f"the reward {name}: {facts['class']}.__init__ takes no `args`, and ms-swift builds it with args=args",
            "write def __init__(self, args=None, **kwargs)",
        )
    if facts.get("inherited"):
        yield Problem(
            f"the reward {name}: {facts['class']} has no __call__",
            "write def __call__(self, completions, **kwargs), which returns a list",
        )
    elif "completions" not in facts["takes"] and not facts["any"]:
        yield Problem(
            f"the reward {name}: {facts['class']}.__call__ takes no `completions`",
            "write def __call__(self, completions, **kwargs)",
        )
    elif trls := TRLS.keys() & set(facts["needs"]):
        other = ", ".join(f"{theirs}: {TRLS[theirs]}" for theirs in sorted(trls))
        yield Problem(
            f"the reward {name} asks for {', '.join(sorted(trls))}, an argument of TRL that ms-swift does not give",
            f"take what ms-swift gives ({other})",
        )
    elif not facts["any"]:
        yield Problem(
            f"the reward {name}: {facts['class']}.__call__ takes no **kwargs, and ms-swift hands every column on",
            "write def __call__(self, completions, **kwargs)",
        )
    if facts.get("async") and not facts.get("coroutine") and not facts.get("inherited"):
        yield Problem(
            f"the reward {name}: {facts['class']} is an AsyncORM, and its __call__ is not async",
            "write async def __call__, or inherit from ORM",
        )
    elif facts.get("coroutine") and not facts.get("async"):
        yield Problem(
            f"the reward {name}: __call__ of {facts['class']} is async, and it inherits from ORM",
            "inherit from AsyncORM",
        )


def _first_calls(plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    """What became of each reward of a plugin on two made-up completions and the first row (probe.py)."""
    for name in dict.fromkeys(names):
        call, facts = plugins.calls.get(name, {}), plugins.rewards.get(name)
        if not call or facts is None or any(True for _ in _form(name, facts)):
            continue
        if why := call.get("skipped"):
            yield skipped(f"a first call of the reward {name}: {why}")
            continue
        said = f"{call['kind']}: {call['error']}" if call["kind"] else call["error"]
        fix = next((fix for pattern, fix in FIRST_CALLS if re.search(pattern, said)), "fix the line")
        end = f"ends with {said}" if call["kind"] else said
        place = f"{shown(call['file'])}, line {call['line']}"
        if TEXTS.search(said) and call.get("built"):
            yield warning(
                f"the reward {name} {end} ({place}) on a made-up completion: one that is not as expected ends the run",
                fix,
            )
        else:
            yield Problem(f"the reward {name} {end} ({place}), built and called once as ms-swift does", fix)


def _weights(command: Command, names: list[str], models: list[str], gym: bool | None) -> Iterator[Problem]:
    weights, count = command.flags.get("reward_weights"), len(names) + len(models) + bool(gym)
    if not weights or not count or (gym is None and len(weights) == count + 1):
        return
    if len(weights) != count and not any("," in weight for weight in weights):
        good = (weights + ["1"] * count)[:count]
        yield Problem(
            f"--reward_weights has {len(weights)} values for {count} rewards",
            f"give one weight a reward, in their order, {count} in all: --reward_weights {' '.join(good)}",
        )
    try:
        numbers = [float(weight) for weight in weights]
    except ValueError:  # reported by the flag check
        return
    taught = any(name in command.flags for name in ("teacher_model", "teacher_model_server"))  # learns without a reward
    if not any(numbers) and not taught:
        yield Problem(
            "--reward_weights are all 0: every advantage is 0 and nothing is learned",
            "give at least one a weight above 0, such as 1",
        )
    if any(number != number for number in numbers):
        yield Problem("--reward_weights holds nan: every advantage becomes nan", "give numbers, such as 1")


def _models(command: Command, models: list[str], registered: set[str], plugins: Plugins) -> Iterator[Problem]:
    named = command.flags.get("reward_model_plugin", [])
    for name in named:
        if plugins.paths and plugins.complete and name not in registered:
            yield Problem(
                f"--reward_model_plugin {name} is none that is registered (rlhf_trainers/grpo_trainer.py: rm_plugin is not"
                " implemented)",
                f"use {' or '.join(sorted(registered))}, or register it in rm_plugins",
            )
    if named and len(named) != len(models):
        yield Problem(
            f"--reward_model_plugin names {len(named)} for {len(models)} reward models"
            " (rlhf_trainers/grpo_trainer.py:2245)",
            f"give one for each of --reward_model, as many as there are: {len(models)}",
        )


# ---- parameters of the repository's rewards
def _is_ours(path: str) -> bool:
    try:
        return "settings.load(" in path_of(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _parameters(command: Command, plugins: Plugins) -> Iterator[Problem]:
    """Mistakes in the parameters of the rewards of `grpo_rewards` that this run asks for. Rewards of other plugins are not checked."""
    file = command.environ.get(settings.VARIABLE, "")
    elsewhere: list[str] = []
    for path in plugins.paths:
        if _is_ours(path):
            break
        elsewhere += _registered_in(path)
    late = [
        p
        for p in plugins.paths[plugins.paths.index(next(filter(_is_ours, plugins.paths))) + 1 :]
        if "register_reward(" in _source(p)
    ]
    for path in late:
        yield Problem(f"{path} registers a reward too late", f"name it before {REPOSITORY} in --external_plugins")
    try:
        rewards = settings.load(file, elsewhere)
    except RewardError as error:
        yield Problem(str(error), f"mend the file that {settings.VARIABLE} names")
        return
    except (OSError, ValueError, RecursionError) as error:
        yield Problem(
            f"the file {file} that {settings.VARIABLE} names cannot be read ({error})", "mend it, or unset the variable"
        )
        return
    for name in dict.fromkeys(command.values("reward_funcs")):
        if name not in rewards:
            continue
        read = {flag for alternatives in rewards[name][0].flags.values() for flag in alternatives}
        args = {flag: _number(values[-1]) for flag, values in command.flags.items() if flag in read and values}
        length = command.whole("max_completion_length") or 512
        try:
            settings.build(*rewards[name], SimpleNamespace(**{"max_completion_length": length, **args}))
        except NotInstalled as error:
            yield Problem(str(error), "or leave it out of --reward_funcs")
        except RewardError as error:
            yield Problem(str(error), f"set it by its flag, or in the file that {settings.VARIABLE} names")


def _source(path: str) -> str:
    try:
        return path_of(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _registered_in(path: str) -> list[str]:
    return re.findall(r"""(?:orms\[|register_reward\()\s*["']([\w.-]+)["']""", _source(path))


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def need_solution(names: list[str], environ: dict[str, str]) -> list[str]:
    """Those of the rewards that read the column `solution`.

    >>> need_solution(["r1_format", "math_accuracy", "cosine"], {})
    ['cosine', 'math_accuracy']
    """
    try:
        ours = settings.load(environ.get(settings.VARIABLE, ""))
    except (RewardError, OSError, ValueError, RecursionError):  # reported by _parameters
        ours = settings.load("")
    return sorted(n for n in set(names) if n in MS_SWIFTS_OWN or (n in ours and "solution" in ours[n][0].needs))


def columns_needed(command: Command, plugins: Plugins) -> dict[str, str]:
    """Column -> the reward that cannot do without it, beside those that ms-swift gives."""
    needed: dict[str, str] = {}
    try:
        ours = settings.load(command.environ.get(settings.VARIABLE, ""))
    except (RewardError, OSError, ValueError, RecursionError):  # reported by _parameters
        ours = settings.load("")
    for name in command.values("reward_funcs"):
        facts = plugins.rewards.get(name)
        if facts and facts["kind"] == "class" and name not in ours:
            for column in facts["needs"]:
                if column not in GIVEN | TRLS.keys():
                    needed.setdefault(column, name)
        elif name in ours and any(_is_ours(path) for path in plugins.paths):
            for column in ours[name][0].needs:
                needed.setdefault(column, name)
        elif name in MS_SWIFTS_OWN and not facts:
            needed.setdefault("solution", name)
    return {column: name for column, name in needed.items() if column not in GIVEN}
