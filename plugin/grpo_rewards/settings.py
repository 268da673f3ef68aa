"""Parameters of rewards, and further instances of a reward, from the YAML file that the variable GRPO_REWARDS names.

    target_length:            # parameters of a reward
      ideal: 200
    short_thought:            # another reward, logged as ShortThought
      reward: target_length
      ideal: 50

The section `grader` holds the grader's options (`options`).

ms-swift refuses flags that it does not know, so parameters cannot be flags. Its own flags (`--cosine_max_len` and the
like) set the parameters that they name; the file overrides them.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grpo_rewards import options
from grpo_rewards.contract import REGISTRY, Reward, RewardError, camel_case
from grpo_rewards.parameters import check_given
from grpo_rewards.rewarder import Rewarder

VARIABLE = "GRPO_REWARDS"


def load(path: str | None = None, elsewhere: Collection[str] = ()) -> dict[str, tuple[Reward, dict[str, Any]]]:
    """Every reward by name, with its parameters from the file. Raises RewardError with file, section and key.

    Skips sections on the rewards `elsewhere`, which are known by name only.
    """
    import grpo_rewards.catalogue  # noqa: F401  registers them

    rewards: dict[str, tuple[Reward, dict[str, Any]]] = {name: (reward, {}) for name, reward in REGISTRY.items()}
    path = path if path is not None else os.environ.get(VARIABLE)
    if not path:
        return rewards
    for name, section in sections(path).items():
        if name == options.SECTION:
            try:
                options.from_section(section)
            except RewardError as error:
                raise RewardError(f"{path}: section {name}: {error}") from None
            continue
        parameters = dict(section or {})
        base = parameters.pop("reward", name)
        if base in list(elsewhere):
            continue
        if not isinstance(base, str) or base not in REGISTRY:
            raise RewardError(
                f"{path}: section {name}: there is no reward {base}; there are {', '.join(sorted(REGISTRY))}"
            )
        if base != name and name in REGISTRY:
            raise RewardError(f"{path}: section {name}: the name is a reward's own; choose another")
        reward = REGISTRY[base] if base == name else replace(REGISTRY[base], name=name, column=camel_case(name))
        try:
            check_given(reward, parameters)
        except RewardError as error:
            raise RewardError(f"{path}: section {name}: {error}") from None
        same = [other for other, (known, _) in rewards.items() if other != name and known.column == reward.column]
        if same:
            raise RewardError(
                f"{path}: section {name}: would be logged as {reward.column}, as {same[0]} is; choose another name"
            )
        rewards[name] = (reward, parameters)
    return rewards


def build(reward: Reward, parameters: Mapping[str, Any], args: Any = None) -> Rewarder:
    """The reward with its parameters: from the file, else from ms-swift's arguments, else its defaults."""
    set_by_flags = {name: _first(args, flags) for name, flags in reward.flags.items()}
    given = {name: value for name, value in set_by_flags.items() if value is not None}
    return Rewarder(reward, **{**given, **parameters})


def _first(args: Any, flags: Sequence[str]) -> Any:
    """The value of the first flag that is set, or None."""
    return next((value for value in (getattr(args, flag, None) for flag in flags) if value is not None), None)


def sections(path: str) -> dict[str, dict[str, Any] | None]:
    """The sections of a file of parameters. Raises RewardError where it is not such a file."""
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RewardError(f"{VARIABLE}={path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not all(isinstance(s, dict | type(None)) for s in content.values()):
        raise RewardError(f"{VARIABLE}={path} is not a mapping of rewards to their parameters")
    return {str(name): section for name, section in content.items()}
