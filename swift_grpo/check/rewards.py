"""Rewards: are they registered, and will they accept their parameters?"""

import re
from pathlib import Path
from types import SimpleNamespace

from grpo_rewards import settings
from grpo_rewards.contract import RewardError

from swift_grpo.check.problem import Problem

REGISTERED = re.compile(r"""(?:orms\[|register_reward\()\s*["']([\w.-]+)["']""")
MS_SWIFTS_LENGTH = 512  # max_completion_length where it is not given
MS_SWIFTS_OWN = {"accuracy", "cosine", "math"}  # that read the column `solution`


def check_rewards(
    flags: dict[str, list[str]], environ: dict[str, str], built_in: list[str]
) -> tuple[list[str] | None, list[Problem]]:
    """The names that --reward_funcs may take, and what is wrong with the parameters of those that it takes.

    The names are None if a plugin registers them in a way not read here. A plugin is read, not run: it imports ms-swift, and
    what it does is its own affair until the run begins.
    """
    names: list[str] | None = list(built_in)
    problems: list[Problem] = []
    catalogue: list[str] = []
    elsewhere: list[str] = []
    for path in flags.get("external_plugins", []):
        if not Path(path).is_file():
            return None, problems
        source = Path(path).read_text(encoding="utf-8", errors="replace")
        found = REGISTERED.findall(source)
        if "register_reward(" in source and catalogue:
            problems.append(
                Problem(f"{path} registers a reward too late", "name it before plugin/plugin.py in --external_plugins")
            )
        if "settings.load(" in source:
            catalogue, mistakes = _catalogue(flags, environ, elsewhere)
            problems += mistakes
            found += catalogue
        elsewhere += found
        names = names + found if names is not None and found else None
    return names, problems


def _catalogue(
    flags: dict[str, list[str]], environ: dict[str, str], elsewhere: list[str]
) -> tuple[list[str], list[Problem]]:
    """The names of `grpo_rewards`, and the mistakes in the parameters of those that this run asks for.

    `elsewhere` are the rewards of other plugins. The file may set their parameters too, which are not checked here.
    """
    file = environ.get(settings.VARIABLE, "")
    try:
        rewards = settings.load(file, elsewhere)
        sections = settings.sections(file) if file else {}
    except RewardError as error:
        return sorted(settings.load("")), [Problem(str(error), f"mend the file that {settings.VARIABLE} names")]
    problems = []
    for name in flags.get("reward_funcs", []):
        if name not in rewards:
            continue
        read = {flag for alternatives in rewards[name][0].flags.values() for flag in alternatives}
        args = {flag: _number(values[-1]) for flag, values in flags.items() if flag in read and values}
        try:
            settings.build(*rewards[name], SimpleNamespace(**{"max_completion_length": MS_SWIFTS_LENGTH, **args}))
        except RewardError as error:
            problems.append(Problem(str(error), f"set it by its flag, or in the file that {settings.VARIABLE} names"))
    return sorted(rewards.keys() | sections.keys()), problems


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
    except RewardError:  # told by check_rewards
        ours = settings.load("")
    return sorted(n for n in set(names) if n in MS_SWIFTS_OWN or (n in ours and "solution" in ours[n][0].needs))
