"""What runs around the trainer: preflight, launch, data, evaluation, rollout inspection.

For programs and notebooks: `open_run` (a log as data), `grade` (the grader's verdict on a completion),
`register_reward` (your own reward). Each is imported on first use, so `import swift_grpo` is fast.

>>> from swift_grpo import grade
>>> grade("<think>70 + 2</think><answer>72.0</answer>", "72")
1.0
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grpo_rewards import grade
    from grpo_rewards.contract import register_reward

    from swift_grpo.rollouts.open_run import OpenRun, open_run

__version__ = "0.2.0"
__all__ = ["OpenRun", "__version__", "grade", "open_run", "register_reward"]

_PLACES = {
    "OpenRun": "swift_grpo.rollouts.open_run",
    "grade": "grpo_rewards",
    "open_run": "swift_grpo.rollouts.open_run",
    "register_reward": "grpo_rewards.contract",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
