"""Rewards: are they registered, of the right form, weighted, and will they accept their parameters?"""

import re
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from grpo_rewards import settings
from grpo_rewards.contract import NotInstalled, RewardError

from swift_grpo.check.plugins import Plugins, shown, suggestion
from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command

MS_SWIFTS_OWN = {"accuracy", "cosine", "toolbench"}  # that read the column `solution`
TEXTS_ONLY = {"accuracy", "cosine"}  # whose golds have to be texts: rewards/orm.py MathAccuracy does re.search on them
NO_GRPO = {"math"}  # rewards/orm.py: called with infer_requests and ground_truths, which GRPO does not give
# arguments that ms-swift gives to every reward besides the rows' columns (rl_core/grpo_algorithm.py)
GIVEN = set(
    "self completions messages trainer_state response_token_ids finish_reason is_truncated request_id prompt_id images videos"
    " audios rollout_infos add_eos".split()
)
TRLS = {"prompts": "messages", "completion_ids": "response_token_ids"}  # argument of TRL's rewards -> ms-swift's
# what an exception of a first call says -> the fix
FIRST_CALLS = {
    r"multiple values for argument|takes \d+ positional arguments? but": "write self first: def __call__(self, completions, **kwargs)",
    r"string ind(ex|ices)|'str' object has no attribute '(get|items)'": "a completion is text here, not TRL's list of messages: use it"
    " as it is",
    r"^KeyError: '[A-Z][A-Z0-9_]+'$": "set it in the environment",
    r"^KeyError": "of the rows' columns the question and the answer become `messages`; the others, and solution, come as lists",
    r"^ModuleNotFoundError": "install the package, or leave the reward out",
    r"^returns": "return a list with one number for each completion; None leaves one out",
    r"": "fix the line",
}  # fmt: skip
# may be the made-up text's
TEXTS = re.compile(r"NoneType|^(ValueError|IndexError|JSONDecodeError|AssertionError|ZeroDivisionError)")

CALL, ITS_CALL = "write def __call__(self, completions, **kwargs)", "the reward {name}: {owner}.__call__ takes no "
GRPO = "rl_core/grpo_algorithm.py: reward_func(completions, trainer_state=…, **columns)"
BUILT = "rlhf_trainers/grpo_trainer.py: orms[name](args=args)"
rules(
    Rule("rewards/none-named", ERROR, "no reward is named (--reward_funcs)",
         "add --reward_funcs math_accuracy r1_format, or --reward_model", why="rlhf_trainers/grpo_trainer.py: no reward, no advantage"),
    Rule("rewards/none-named-here", WARNING, "no reward is named (--reward_funcs): right only if the rollout server has --use_gym_env"
         " true", "add --reward_funcs math_accuracy r1_format, or --reward_model", why="rlhf_trainers/rollout_mixin.py asks the server"),
    Rule("rewards/server-decides", SKIPPED, "whether a reward has to be named: the rollout server says if it has a gym, and is not"
         " checked here", why="rlhf_trainers/rollout_mixin.py asks the server"),
    Rule("rewards/one-word", ERROR, "--reward_funcs {name!r} is one word", "separate them with blanks: {words}; in YAML a list [{listed}]",
         why="each word is looked up as it is"),
    Rule("rewards/without-plugin", ERROR, "the reward {name} is not registered: it comes with a plugin",
         "add --external_plugins plugin/plugin.py", why="rlhf_trainers/grpo_trainer.py: orms has no such key"),
    Rule("rewards/registered-elsewhere", ERROR, "the reward {name} is not registered: {paths} imports {modules}, which ms-swift 4 does"
         " not have, and registers elsewhere where that fails", "from swift.rewards import ORM, orms, without try",
         why="the orms of another module are not ms-swift's"),
    Rule("rewards/not-registered", ERROR, "the reward {name} is not registered{by}", "{hint}use one of {names}, or register it in"
         " {where}", why="rlhf_trainers/grpo_trainer.py: orms has no such key"),
    Rule("rewards/named-twice", WARNING, "the reward {name} is named {count} times: both would share one column of the log",
         "name it once, with a weight in --reward_weights", why="rlhf_trainers/grpo_trainer.py logs rewards by their class's name"),
    Rule("rewards/not-for-grpo", ERROR, "the reward {name} does not have the interface of GRPO: it needs {needs} (rewards/orm.py)",
         "use accuracy, or math_accuracy of plugin/plugin.py", why="rewards/orm.py: GRPO gives completions and columns"),
    Rule("rewards/same-class", WARNING, "the rewards {names} are of one class, {owner}: they share a column of the log",
         "give each a class of its own name", why="rlhf_trainers/grpo_trainer.py logs rewards by their class's name"),
    Rule("rewards/replaces-own", WARNING, "a plugin silently replaces ms-swift's own reward {name}", "register it under another name",
         why="orms is a dict: the last one wins"),
    Rule("rewards/function", ERROR, "the reward {name} is a function; ms-swift builds it as orms['{name}'](args=args)",
         "register a class that inherits from ORM", why=BUILT),
    Rule("rewards/instance", ERROR, "the reward {name} is an instance of {owner}; ms-swift builds it as orms['{name}'](args=args)",
         "register the class itself: orms['{name}'] = {owner}, without ()", why=BUILT),
    Rule("rewards/no-args", ERROR, "the reward {name}: {owner}.__init__ takes no `args`, and ms-swift builds it with args=args",
         "write def __init__(self, args=None, **kwargs)", why=BUILT),
    Rule("rewards/no-call", ERROR, "the reward {name}: {owner} has no __call__", CALL + ", which returns a list", why=GRPO),
    Rule("rewards/no-completions", ERROR, ITS_CALL + "`completions`", CALL, why=GRPO),
    Rule("rewards/arguments-of-trl", ERROR, "the reward {name} asks for {arguments}, an argument of TRL that ms-swift does not give",
         "take what ms-swift gives ({others})", why=GRPO),
    Rule("rewards/no-kwargs", ERROR, ITS_CALL + "**kwargs, and ms-swift passes every column", CALL, why=GRPO),
    Rule("rewards/not-async", ERROR, "the reward {name}: {owner} is an AsyncORM, and its __call__ is not async",
         "write async def __call__, or inherit from ORM", why="an AsyncORM is awaited"),
    Rule("rewards/async", ERROR, "the reward {name}: __call__ of {owner} is async, and it inherits from ORM",
         "inherit from AsyncORM", why="an ORM is not awaited"),
    Rule("rewards/not-called", SKIPPED, "a first call of the reward {name}: {reason}", why="check/probe.py calls a reward once, without"
         " torch, network, other programs or files to write"),
    Rule("rewards/fails-on-odd-text", WARNING, "the reward {name} {end} ({place}) on a made-up completion: an unexpected text"
         " ends the run", "{fix}", why="a model writes anything"),
    Rule("rewards/fails", ERROR, "the reward {name} {end} ({place}), built and called once as ms-swift does", "{fix}",
         why="an exception in a reward ends the run"),
    Rule("rewards/weight-count", ERROR, "--reward_weights has {given} values for {count} rewards{gym}",
         "give one weight per reward, in their order, {count} in all: --reward_weights {weights}", why="rlhf_trainers/grpo_trainer.py"),
    Rule("rewards/zero-weights", ERROR, "--reward_weights are all 0: every advantage is 0 and nothing is learned",
         "give at least one a weight above 0, such as 1", why="the sum of the weighted rewards is 0"),
    Rule("rewards/nan-weights", ERROR, "--reward_weights holds nan: every advantage becomes nan", "give numbers, such as 1",
         why="nan times anything is nan"),
    Rule("rewards/unknown-model-plugin", ERROR, "--reward_model_plugin {name} is not registered (rlhf_trainers/grpo_trainer.py:"
         " rm_plugin is not implemented)", "use {names}, or register it in rm_plugins", why="rlhf_trainers/grpo_trainer.py"),
    Rule("rewards/model-plugin-count", ERROR, "--reward_model_plugin names {given} for {count} reward models"
         " (rlhf_trainers/grpo_trainer.py:2245)", "give one for each of --reward_model: {count}",
         why="rlhf_trainers/grpo_trainer.py:2245"),
    Rule("rewards/too-late", ERROR, "{path} registers a reward too late", "name it before plugin/plugin.py in --external_plugins",
         why="plugin/plugin.py gives ms-swift what is registered when it is loaded"),
    Rule("rewards/bad-parameters", ERROR, "{error}", "fix the file that {variable} names", why="grpo_rewards/settings.py"),
    Rule("rewards/unreadable-parameters", ERROR, "the file {file} that {variable} names cannot be read ({error})",
         "fix it, or unset the variable", why="grpo_rewards/settings.py"),
    Rule("rewards/missing-package", ERROR, "{error}", "or leave it out of --reward_funcs", why="the reward needs a package that is not"
         " installed"),
    Rule("rewards/bad-parameter", ERROR, "{error}", "set it by its flag, or in the file that {variable} names",
         why="a reward checks its parameters when it is built, before the first step"),
)  # fmt: skip


def check_rewards(
    command: Command, known: dict[str, Any], plugins: Plugins, servers: list[Command]
) -> Iterator[Problem]:
    """Names, weights and forms of the rewards of a GRPO run, and their parameters."""
    if not command.grpo:
        return
    names, models = command.values("reward_funcs"), command.values("reward_model")
    gym = gym_pays(command, servers)
    if not names and not models and not gym and not command.given("teacher_model", "teacher_model_server"):
        asks = "rewards/server-decides" if command.true("vllm_server_pass_dataset") else "rewards/none-named-here"
        yield found(asks if gym is None else "rewards/none-named")
    yield from _registered(command, known, plugins, names)
    yield from _forms(known, plugins, names)
    yield from _first_calls(plugins, names)
    yield from _weights(command, names, models, gym)
    yield from _models(command, models, set(known["reward_model_plugins"]) | plugins.registered("rm_plugins"), plugins)
    if plugins.ours is not None:
        yield from _parameters(command, plugins, plugins.ours)


def gym_pays(command: Command, servers: list[Command]) -> bool | None:
    """Whether the environment pays, so no reward function is needed. None if a server outside this launch decides.

    rlhf_trainers/rollout_mixin.py: never without vLLM (_prepare_vllm returns before it reads the flag); then the trainer's
    own flag, else in server mode what the server says, else --gym_env.
    """
    if not command.vllm:
        return False
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
    except (RewardError, OSError, ValueError, RecursionError):  # reported by _parameters
        return set(settings.load(""))


def _registered(command: Command, known: dict[str, Any], plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    own, paths = sorted(plugins.rewards.keys() - set(known["rewards"])), " ".join(plugins.paths)
    for name in dict.fromkeys(names):
        if name in known["rewards"] or name in plugins.rewards or (paths and not plugins.complete):
            continue  # nothing is known of a plugin that fails
        if " " in name or "," in name:
            words = name.replace(",", " ")
            yield found("rewards/one-word", name=name, words=words, listed=", ".join(words.split()))
        elif plugins.ours is None and name in catalogue(command):
            yield found("rewards/without-plugin", name=name)
        elif gone := sorted({module for one in plugins.loaded for module in one["absent"]}):
            yield found("rewards/registered-elsewhere", name=name, paths=paths, modules=", ".join(gone))
        elif paths:
            registered = sorted(own or plugins.rewards.keys() | set(known["rewards"]))
            hint = suggestion(name, sorted({*known["rewards"], *plugins.rewards}))
            said = {"by": f", neither by ms-swift nor by {paths}", "where": f"the plugin: orms['{name}'] = YourClass"}
            yield found("rewards/not-registered", name=name, hint=hint, names=" ".join(registered), **said)
        else:
            hint = suggestion(name, [*known["rewards"], *catalogue(command)])
            said = {"names": ", ".join(known["rewards"]), "where": "a file given to --external_plugins"}
            yield found("rewards/not-registered", name=name, by="", hint=hint, **said)


def _forms(known: dict[str, Any], plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    own = plugins.rewards
    for name, count in Counter(names).items():
        if count > 1:
            yield found("rewards/named-twice", name=name, count=count)
        if name in NO_GRPO and name not in own:
            yield found("rewards/not-for-grpo", name=name, needs=", ".join(known["reward_needs"].get(name, [])))
    classes = {n: own[n]["class"] if n in own else known["reward_classes"].get(n, n) for n in dict.fromkeys(names)}
    for column, count in Counter(classes.values()).items():
        if count > 1 and column:
            same = ", ".join(name for name, c in classes.items() if c == column)
            yield found("rewards/same-class", names=same, owner=column)
    for name in sorted(own.keys() & set(known["rewards"])):
        yield found("rewards/replaces-own", name=name)
    for name in dict.fromkeys(names):
        if name in own:
            yield from _form(name, own[name])


def _form(name: str, facts: dict) -> Iterator[Problem]:
    said = {"name": name, "owner": facts["class"]}
    if facts["kind"] != "class":
        yield found("rewards/function" if facts["kind"] == "function" else "rewards/instance", **said)
        return
    if not facts["builds"]:
        yield found("rewards/no-args", **said)
    if facts.get("inherited"):
        yield found("rewards/no-call", **said)
        return
    if trls := sorted(TRLS.keys() & set(facts["needs"])):
        others = ", ".join(f"{theirs}: {TRLS[theirs]}" for theirs in trls)
        yield found("rewards/arguments-of-trl", **said, arguments=", ".join(trls), others=others)
    if not facts["any"]:
        yield found("rewards/no-kwargs" if "completions" in facts["takes"] else "rewards/no-completions", **said)
    if facts.get("async") and not facts.get("coroutine"):
        yield found("rewards/not-async", **said)
    elif facts.get("coroutine") and not facts.get("async"):
        yield found("rewards/async", **said)


def _first_calls(plugins: Plugins, names: list[str]) -> Iterator[Problem]:
    """The result of each plugin's reward on two made-up completions and the first row (probe.py)."""
    for name in dict.fromkeys(names):
        call, facts = plugins.calls.get(name, {}), plugins.rewards.get(name)
        if not call or facts is None or any(True for _ in _form(name, facts)):
            continue
        if why := call.get("skipped"):
            yield found("rewards/not-called", name=name, reason=why)
            continue
        error = f"{call['kind']}: {call['error']}" if call["kind"] else call["error"]
        odd = TEXTS.search(error) and call.get("built")
        said = {
            "end": f"ends with {error}" if call["kind"] else error,
            "place": f"{shown(call['file'])}, line {call['line']}",
            "fix": next(fix for pattern, fix in FIRST_CALLS.items() if re.search(pattern, error)),
        }
        yield found("rewards/fails-on-odd-text" if odd else "rewards/fails", name=name, **said)


def _weights(command: Command, names: list[str], models: list[str], gym: bool | None) -> Iterator[Problem]:
    weights, count = command.flags.get("reward_weights"), len(names) + len(models) + bool(gym)
    if not weights or not count or (gym is None and len(weights) == count + 1):
        return
    if len(weights) != count and not any("," in weight for weight in weights):
        good = " ".join((weights + ["1"] * count)[:count])
        last = ", of which the environment's (gym_reward) is the last" if gym else ""
        yield found("rewards/weight-count", given=len(weights), count=count, weights=good, gym=last)
    try:
        numbers = [float(weight) for weight in weights]
    except ValueError:  # reported by the flag check
        return
    taught = any(name in command.flags for name in ("teacher_model", "teacher_model_server"))  # learns without a reward
    if not any(numbers) and not taught:
        yield found("rewards/zero-weights")
    if any(number != number for number in numbers):
        yield found("rewards/nan-weights")


def _models(command: Command, models: list[str], registered: set[str], plugins: Plugins) -> Iterator[Problem]:
    named = command.flags.get("reward_model_plugin", [])
    for name in named:
        if plugins.paths and plugins.complete and name not in registered:
            yield found("rewards/unknown-model-plugin", name=name, names=" or ".join(sorted(registered)))
    if named and len(named) != len(models):
        yield found("rewards/model-plugin-count", given=len(named), count=len(models))


def _parameters(command: Command, plugins: Plugins, ours: int) -> Iterator[Problem]:
    """Mistakes in the parameters of this run's rewards of `grpo_rewards`, which the plugin number `ours` registers.
    Rewards of other plugins are not checked."""
    file = command.environ.get(settings.VARIABLE, "")
    said = {"variable": settings.VARIABLE, "file": file}
    for path, one in zip(plugins.paths[ours + 1 :], plugins.loaded[ours + 1 :], strict=False):
        if one["rewards"]:
            yield found("rewards/too-late", path=path)
    try:
        rewards = settings.load(
            file, [name for one in plugins.loaded[:ours] for name in (*one["orms"], *one["rewards"])]
        )
    except RewardError as error:
        yield found("rewards/bad-parameters", error=error, **said)
        return
    except (OSError, ValueError, RecursionError) as error:
        yield found("rewards/unreadable-parameters", error=error, **said)
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
            yield found("rewards/missing-package", error=error)
        except RewardError as error:
            yield found("rewards/bad-parameter", error=error, **said)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _ours(environ: dict[str, str]) -> dict[str, tuple]:
    """The rewards of `grpo_rewards`, with those of the file that GRPO_REWARDS names."""
    try:
        return settings.load(environ.get(settings.VARIABLE, ""))
    except (RewardError, OSError, ValueError, RecursionError):  # reported by _parameters
        return settings.load("")


def columns_needed(command: Command, plugins: Plugins) -> dict[str, str]:
    """Column -> the reward that needs it, without the columns that ms-swift gives."""
    needed: dict[str, str] = {}
    ours = _ours(command.environ)
    for name in command.values("reward_funcs"):
        facts = plugins.rewards.get(name)
        if facts and facts["kind"] == "class" and name not in ours:
            for column in facts["needs"]:
                if column not in GIVEN | TRLS.keys():
                    needed.setdefault(column, name)
        elif name in ours and plugins.ours is not None:
            for column in ours[name][0].needs:
                needed.setdefault(column, name)
        elif name in MS_SWIFTS_OWN and not facts:
            needed.setdefault("solution", name)
    return {column: name for column, name in needed.items() if column not in GIVEN}


def takers(command: Command, plugins: Plugins, column: str) -> list[str]:
    """The rewards of `grpo_rewards` that this run names and that take a column, needed or not."""
    ours = _ours(command.environ) if command.grpo and plugins.ours is not None else {}
    named = [name for name in dict.fromkeys(command.values("reward_funcs")) if name in ours]
    return [name for name in named if any(argument.name == column for argument in ours[name][0].columns)]
