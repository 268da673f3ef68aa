"""The settings that a run was started with, and how the settings of two runs differ."""

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
# Words in the names of settings that differ between any two runs without effect.
_NOISE = ("output", "logging_dir", "run_name", "port", "host", "rank", "time", "path", "resume", "hub", "save")
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
    names = [*SHOWN, *sorted({*one.args, *other.args} - set(SHOWN))]
    pairs = {name: (one.args.get(name), other.args.get(name)) for name in names}
    decides = {name: pair for name, pair in pairs.items() if name in SHOWN or not any(word in name for word in _NOISE)}
    return {name: (text(a), text(b)) for name, (a, b) in decides.items() if a != b and bool(one.args and other.args)}


def text(value: object) -> str:
    """A setting in few characters: a path by its end, a list by its parts.

    >>> text(1e-06), text(["a", "b"]), text("/very/long/" + "x" * 60 + "/model-7b"), text(None)
    ('1e-06', 'a, b', '…/model-7b', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, list):
        value = ", ".join(text(one) for one in value)
    value = printable(f"{value:g}" if isinstance(value, float) else str(value))
    if len(value) <= _LONGEST:
        return value
    return f"…/{value.rsplit('/', 1)[-1]}"[:_LONGEST] if "/" in value else value[: _LONGEST - 1] + "…"
