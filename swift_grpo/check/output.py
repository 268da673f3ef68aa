"""Where the run's output goes: the folder, the disk, the reporters."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.estimate import checkpoint_bytes, gigabytes, steps_of
from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, lacks, rules
from swift_grpo.formats.command_line import Command, path_of

# reporter -> the module that transformers or ms-swift imports (transformers integration_utils.py)
PACKAGES = {
    "wandb": "wandb",
    "swanlab": "swanlab",
    "tensorboard": "tensorboard",
    "mlflow": "mlflow",
    "comet_ml": "comet_ml",
    "neptune": "neptune",
    "clearml": "clearml",
    "codecarbon": "codecarbon",
    "azure_ml": "azureml",
    "dagshub": "dagshub",
    "dvclive": "dvclive",
    "flyte": "flytekit",
    "trackio": "trackio",
    "kubeflow": "kubeflow",
}
DISK = "a checkpoint has about {size}, {count}, and the disk of {folder} has {free} free"
WAYS = "use {ways}, or free some"
rules(
    Rule("output/reporter-missing", ERROR, "--report_to {name}, and the package {package} is not installed",
         "pip install {package}, or use --report_to {instead} (or none)",
         "transformers integration_utils.py: requires the package to be installed", machine=True),
    Rule("output/wandb-login", WARNING, "--report_to wandb without a login asks for a key when the run starts",
         "run `wandb login`, or set WANDB_MODE=offline", "wandb.init asks on the terminal"),
    Rule("output/below-a-file", ERROR, "the output folder {folder} (--output_dir) cannot be made: {file} is a file",
         "name another folder: OUTPUT_DIR=…", "a file cannot hold a folder"),
    Rule("output/not-writable", ERROR, "the output folder {folder} cannot be written ({error})", "name another: OUTPUT_DIR=…",
         "the check tries to make a folder in it", machine=True),
    Rule("output/disk-full", ERROR, DISK, WAYS, "transformers writes a checkpoint before it removes the oldest one", machine=True),
    Rule("output/disk-full-in-time", WARNING, DISK, WAYS, "without --save_total_limit every checkpoint is kept"),
)  # fmt: skip


def check_output(command: Command, known: dict[str, Any], rows: int | None) -> Iterator[Problem]:
    """`rows` of the data; None if they were not counted."""
    if command.trains:
        yield from _reporters(command, known)
        folder = path_of(command.text("output_dir") or "output")
        if problem := _writable(folder):
            yield problem
        else:
            yield from _disk(command, folder, rows)


def _reporters(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    values = command.values("report_to")
    for name in values:
        package = PACKAGES.get(name, name)
        if name in known["reporters"] and lacks(package):
            others = [other for other in values if other != name and other in PACKAGES and not lacks(PACKAGES[other])]
            instead = " ".join(others) or "tensorboard"
            yield found("output/reporter-missing", name=name, package=package, instead=instead)
    if "wandb" in values and not lacks("wandb"):
        offline = command.environ.get("WANDB_MODE", "") in {"offline", "disabled"}
        logged_in = command.environ.get("WANDB_API_KEY") or "api.wandb.ai" in _netrc()
        if not offline and not logged_in:
            yield found("output/wandb-login")


def _netrc() -> str:
    try:
        return (Path.home() / ".netrc").read_text(errors="replace")
    except (OSError, RuntimeError):
        return ""


def _writable(folder: Path) -> Problem | None:
    try:
        nearest = next(parent for parent in [folder.absolute(), *folder.absolute().parents] if parent.exists())
    except (OSError, ValueError, StopIteration) as error:
        return found("output/not-writable", folder=repr(str(folder)[:80]), error=error)
    if not nearest.is_dir():
        return found("output/below-a-file", folder=folder, file=nearest)
    try:
        tempfile.TemporaryDirectory(dir=nearest).cleanup()  # os.access does not see read-only mounts, nor root
    except OSError as error:
        return found("output/not-writable", folder=folder, error=error.strerror)
    return None


def _disk(command: Command, folder: Path, rows: int | None) -> Iterator[Problem]:
    """How many checkpoints are kept, with the one that is written before the oldest is removed."""
    size = checkpoint_bytes(command)
    nearest = next(parent for parent in [folder.absolute(), *folder.absolute().parents] if parent.exists())
    free = shutil.disk_usage(nearest).free
    limit, kept = command.whole("save_total_limit"), kept_at_once(command, steps_of(command, rows))
    need = kept * size
    if need <= free:
        return
    count = (
        f"{kept} of them are kept at most (--save_total_limit {limit} and the one being written)"
        if limit
        else f"{kept} are written and all kept"
    )
    count = f"{count}: {gigabytes(need)}" if kept > 1 else "and one is written"
    fits = int(free // size) - 1
    ways = [f"--save_total_limit {fits}"] if fits >= 1 else []
    ways += [] if command.true("save_only_model") else ["--save_only_model true"]
    ways += ["another --output_dir with more space"]
    id = "output/disk-full-in-time" if limit is None and size * 2 < free else "output/disk-full"
    yield found(id, size=gigabytes(size), count=count, folder=folder, free=gigabytes(free), ways=", ".join(ways))


def kept_at_once(command: Command, steps: int | None) -> int:
    """The most checkpoints that a run of this many steps has on disk at once; 1 if nothing else is known."""
    if command.text("save_strategy") == "no":
        return 0
    limit, saves = command.whole("save_total_limit"), _saves(command, steps)
    return min(limit + 1, saves or limit + 1) if limit else saves or 1


def _saves(command: Command, steps: int | None) -> int | None:
    """How many checkpoints the run writes; None if it is not known."""
    every = command.number("save_steps")
    if (command.text("save_strategy") or "steps") == "epoch":
        return max(1, int(command.number("num_train_epochs") or 1))
    if not steps or not every or every <= 0:
        return None
    every = every if every >= 1 else max(1, every * steps)
    return max(1, int(steps // every))
