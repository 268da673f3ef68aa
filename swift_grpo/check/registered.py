"""Names that ms-swift looks up in a registry, which a plugin may have added to."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from swift_grpo.check.flags import REGISTRIES, _no_choice
from swift_grpo.check.plugins import Plugins, collect
from swift_grpo.check.problem import WARNING, Problem, skipped
from swift_grpo.formats.command_line import Command

# flag -> the names that ms-swift has (known_flags), its registry, and what refuses another
LOOKED_UP = {
    "multi_turn_scheduler": ("multi_turn_schedulers", "multi_turns", REGISTRIES["multi_turn_scheduler"][1]),
    "optimizer": ("optimizers", "optimizers_map", REGISTRIES["optimizer"][1]),
    "callbacks": ("callbacks", "callbacks_map", REGISTRIES["callbacks"][1]),
    "tuner_type": ("tuners", "tuners_map", REGISTRIES["tuner_type"][1]),
    "gym_env": ("gym_envs", "envs", "rollout/multi_turn.py: envs[...], at the first rollout"),
    "agent_template": (
        "agent_templates",
        "agent_template_map",
        "agent_template/mapping.py, at the first row with tools",
    ),
    "loss_scale": ("loss_scales", "loss_scale_map", "loss_scale/mapping.py"),
}


def check_registered(command: Command, known: dict[str, Any], plugins: Plugins, rows: list[dict]) -> Iterator[Problem]:
    """Values that neither ms-swift nor a plugin of the command registers. Without a plugin the flag check says most of them.
    The agent template is looked up for `rows` with tools alone: without such a row another name is a warning."""
    collect(plugins)
    for flag, (listed, registry, why) in LOOKED_UP.items():
        if flag not in command.specs or (flag in REGISTRIES and not plugins.paths):
            continue
        own = plugins.registered(registry)
        for value in command.flags.get(flag, []):
            for name in value.split("+") if flag == "loss_scale" else [value]:
                if name in own or name in known[listed] or name in ("None", ""):
                    continue
                if not plugins.complete or "*" in own:
                    yield skipped(
                        f"whether --{flag} {name} is registered: not all that the plugins register is known here"
                    )
                else:
                    by = f", nor does {' '.join(plugins.paths)} register it" if plugins.paths else ""
                    found = _no_choice(command, flag, name, [*sorted(own), *known[listed]], f"{why}{by}")
                    unused = flag == "agent_template" and not any(row.get("tools") for row in rows)
                    yield replace(found, severity=WARNING) if unused else found
