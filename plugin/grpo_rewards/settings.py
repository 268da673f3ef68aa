"""Parameters of rewards, and further instances of one: a YAML file named by the environment variable GRPO_REWARDS.

    target_length:            # parameters of a reward
      ideal: 200
    short_thought:            # another reward, logged as ShortThought
      reward: target_length
      ideal: 50

ms-swift refuses flags that it does not know, so they cannot be flags. Its own (`--cosine_max_len` and the like) set the
parameters that they name; the file comes before them.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grpo_rewards.contract import REGISTRY, Reward, Rewarder, RewardError, camel_case

VARIABLE = "GRPO_REWARDS"


def load(path: str | None = None) -> dict[str, tuple[Reward, dict[str, Any]]]:
    """Every reward by name, with the parameters that the file gives it. Raises RewardError naming file, section and key."""
    import grpo_rewards.catalogue  # noqa: F401  registers them

    rewards: dict[str, tuple[Reward, dict[str, Any]]] = {name: (reward, {}) for name, reward in REGISTRY.items()}
    path = path if path is not None else os.environ.get(VARIABLE)
    if not path:
        return rewards
    for name, section in _read(Path(path)).items():
        parameters = dict(section or {})
        base = parameters.pop("reward", name)
        if base not in REGISTRY:
            raise RewardError(
                f"{path}: section {name}: there is no reward {base}; there are {', '.join(sorted(REGISTRY))}"
            )
        if base != name and name in REGISTRY:
            raise RewardError(f"{path}: section {name}: the name is a reward's own; choose another")
        reward = REGISTRY[base] if base == name else replace(REGISTRY[base], name=name, column=camel_case(name))
        unknown = sorted(parameters.keys() - reward.parameters.keys())
        if unknown:
            known = ", ".join(reward.parameters) or "no parameters"
            raise RewardError(f"{path}: section {name}: {base} has no `{unknown[0]}`; it has {known}")
        rewards[name] = (reward, parameters)
    return rewards


def build(reward: Reward, parameters: Mapping[str, Any], args: Any = None) -> Rewarder:
    """The reward with its parameters: from the file, else from ms-swift's arguments, else its own defaults."""
    flags = {name: getattr(args, flag, None) for name, flag in reward.flags.items()}
    given = {name: value for name, value in flags.items() if value is not None}
    return Rewarder(reward, **{**given, **parameters})


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        sections = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RewardError(f"{VARIABLE}={path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(sections, dict) or not all(isinstance(s, dict | type(None)) for s in sections.values()):
        raise RewardError(f"{VARIABLE}={path} is not a mapping of rewards to their parameters")
    return {str(name): section for name, section in sections.items()}
