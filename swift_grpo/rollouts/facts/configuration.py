"""The settings that a run was started with, and how the settings of two runs differ."""

import re

from swift_grpo.formats.run_files import Run
from swift_grpo.printable import printable

# Names of args.json -> titles in the views, the most important first.
SHOWN = {
    "model": "model", "tuner_type": "tuner", "learning_rate": "lr", "beta": "beta", "num_generations": "G", "loss_type": "loss",
    "temperature": "temperature", "max_completion_length": "completion", "max_length": "max_length", "reward_funcs": "rewards",
    "reward_weights": "weights", "per_device_train_batch_size": "batch", "gradient_accumulation_steps": "accumulation",
    "global_world_size": "ranks", "vllm_mode": "vLLM", "epsilon": "epsilon", "epsilon_high": "epsilon high",
    "num_iterations": "iterations", "scale_rewards": "scale", "seed": "seed", "dataset": "data",
}  # fmt: skip
_BRIEF = (
    "model",
    "learning_rate",
    "beta",
    "num_generations",
    "max_completion_length",
    "reward_funcs",
    "reward_weights",
)
# Names of settings that differ between any two runs without effect: places, and objects that ms-swift writes as text.
_NOISE = re.compile(
    "(.*_)?(output|dir|port|host|timeout|path|resume|hub|save|client|project)(_.*)?|(local_|global_)?rank|report_to|"
    "run_name|training_args|model_info|model_meta|model_suffix|template_meta|swift_version"
)
_TOLD_APART = re.compile("(.*_)?seed|(val_|cached_)?dataset|_val_dataset_exists")  # elsewhere: seed and data
_LONGEST = 60


def settings(run: Run) -> dict[str, str]:
    """Title -> value of the settings in args.json; {} without it."""
    return {title: text(run.args[name]) for name, title in SHOWN.items() if run.args.get(name) not in (None, [], "")}


def brief(run: Run) -> str:
    """The run's model, learning rate, beta, G, length and rewards on one line; '' without args.json."""
    known = settings(run)
    return " · ".join(f"{SHOWN[name]} {known[SHOWN[name]]}" for name in _BRIEF if SHOWN[name] in known)


def differences(one: Run, other: Run) -> dict[str, tuple[str, str]]:
    """Name in args.json -> both values, the most important first. Paths, ports and names are left out."""
    names = [name for name in in_order({*one.args, *other.args}) if name in SHOWN or not _NOISE.fullmatch(name)]
    pairs = {name: (one.args.get(name), other.args.get(name)) for name in names}
    return {name: (text(a), text(b)) for name, (a, b) in pairs.items() if a != b and bool(one.args and other.args)}


def in_order(names: set[str]) -> list[str]:
    """Names of args.json, the most important first."""
    return [*(name for name in SHOWN if name in names), *sorted(names - set(SHOWN))]


def deciding(args: dict) -> dict[str, str]:
    """The settings in args.json that make a run another run, at full length; without seeds, data and places."""
    kept = [name for name in in_order({*args}) if not _NOISE.fullmatch(name) and not _TOLD_APART.fullmatch(name)]
    kept = [
        name for name in kept if not (name.startswith("ref_model") and args[name] == args.get(name[4:]))
    ]  # follows beta
    return {name: text(args[name], longest=10_000) for name in kept if args[name] not in (None, [], "", {})}


def text(value: object, longest: int = _LONGEST) -> str:
    """A setting in few characters: a path by its end, a list by its parts.

    >>> text(1e-06), text(["a", "b"]), text("/very/long/" + "x" * 60 + "/model-7b"), text(None)
    ('1e-06', 'a, b', '…/model-7b', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, list):
        value = ", ".join(text(one, longest) for one in value)
    value = printable(f"{value:g}" if isinstance(value, float) else str(value))
    if len(value) <= longest:
        return value
    return f"…/{value.rsplit('/', 1)[-1]}"[:longest] if "/" in value else value[: longest - 1] + "…"
