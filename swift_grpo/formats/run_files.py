"""Finds a run's files: one `vN-<time>` folder, or a chain of them that resumed one another."""

import contextlib
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from swift_grpo.formats.events import Event, read_events
from swift_grpo.formats.foreign_logs import Steps, scalars_alone, steps_below, steps_of

LOG, SCALARS = "completions.jsonl", "logging.jsonl"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Run:
    """One training run. `logs` are its completions.jsonl, oldest first; a resumed run has several.

    `last_steps[k]` is the last step of `logs[k]` that counts, because a resumed run repeats the steps after its
    checkpoint. None if every step counts.
    """

    root: Path
    logs: list[Path]
    last_steps: list[int | None] = field(default_factory=lambda: [None])
    steps: Steps | None = None  # the files that the log was converted from

    def catch_up(self) -> None:
        """Convert new files, if the log is converted."""
        if self.steps:
            self.steps.convert()

    @cached_property
    def args(self) -> dict:
        """The newest folder's args.json, {} if there is none or it cannot be read."""
        return read_args(self.logs[-1].parent)

    def beginning(self, most: int = 60) -> str:
        """The first characters of the newest log, for a message."""
        with self.logs[-1].open("rb") as file:
            return file.read(most).decode(errors="replace")

    def events(self) -> list[Event]:
        """The events of logging.jsonl that count, over all folders in order; [] if there is none."""
        found = []
        for log, last in zip(self.logs, self.last_steps, strict=True):
            events = read_events(log.with_name(SCALARS))
            found += [event for event in events if last is None or event.step <= last]
        return found

    def launches(self) -> list[dict]:
        """run.json of the starts that made the run's folders, oldest first: for each vN-TIME the last launch before TIME;
        {} where none is found. Of several machines the first one's."""
        found = []
        for folder in dict.fromkeys(log.parent for log in self.logs):
            begun: list[dict] = [{}]
            for path in folder.parent.glob("launches/*/run.json"):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                    one = json.loads(path.read_bytes())
                    if not re.search(r"-node\d+", path.parent.name) and _moment(one) <= folder.name.partition("-")[2]:
                        begun.append(one)
            found.append(max(begun, key=_moment))
        return found

    @property
    def group_size(self) -> int | None:
        """G, completions of one prompt in a step; None if args.json does not have it."""
        size = self.args.get("num_generations")
        return size if isinstance(size, int) and size > 0 else None

    @property
    def first_step(self) -> int:
        """1, or the step after the checkpoint that the oldest log's folder resumed from."""
        resumed = _CHECKPOINT.fullmatch(_resume_path(self.logs[0].parent).name)
        return int(resumed[1]) + 1 if resumed else 1

    @property
    def group_rule(self) -> str:
        """How completions are grouped, in words."""
        return f"num_generations={self.group_size} from args.json" if self.group_size else "by prompt"


def find_run(path: Path | str | None = None) -> Run:
    """The run at a path: a vN folder, a completions.jsonl, the newest run in a folder, or TRL's or verl's folder.

    None means the newest run below ./output. The folders that the newest one resumed from (`resume_from_checkpoint` in
    args.json) belong to the run. A run without completions counts if its scalars have a reward. Raises ValueError if
    there is no log.
    """
    path = Path("output" if path is None else path)
    if path.suffix == ".parquet":
        raise ValueError(f"{path}: name the output folder of TRL that has completions/ in it")
    among = steps_of(path.parent) if path.is_file() and re.fullmatch(r"\d+\.jsonl", path.name) else None
    if among and len(among.files()) > 1:
        raise ValueError(f"{path} is one step of verl's; name its folder")
    if path.is_file() and path.suffix == ".json":
        raise ValueError(
            f"{path}: not a {LOG} but a file of another kind, such as a table of wandb; name the run's folder"
        )
    if path.is_file() and path.name == SCALARS and not path.with_name(LOG).exists():
        path = path.parent
    if path.is_file():
        return Run(path.resolve().parent, [path.resolve()])
    if (path / LOG).is_file():
        return Run(path.resolve(), [(path / LOG).resolve()])
    found = list(path.glob(f"**/{LOG}")) if path.is_dir() else []
    steps = None
    if not found and path.is_dir():
        steps = steps_of(path) or steps_below(path) or scalars_alone(path)
    if steps:
        root = steps.folder.parent if steps.folder.name == "completions" else steps.folder
        return Run(root.resolve(), [steps.convert()], steps=steps)
    if not found:
        tables = path.is_dir() and next(path.glob("**/*.table.json"), None)
        raise ValueError(
            f"{path}: no {LOG} there or below"
            + (f"; {tables.name} is a table of wandb, which is not read" if tables else "")
            + "; --log_completions true makes ms-swift write it"
        )
    newest = max(found, key=lambda log: log.stat().st_mtime).resolve()
    return chain(newest)


def chain(log: Path) -> Run:
    """The run whose newest log this is, with the folders that it resumed from."""
    logs: list[Path] = [log]
    last_steps: list[int | None] = [None]
    while resumed := _resumed_from(logs[0].parent):
        older, step = resumed
        if older in logs:
            break
        logs.insert(0, older)
        last_steps.insert(0, step)
    return Run(logs[-1].parent, logs, last_steps)


def _resumed_from(folder: Path) -> tuple[Path, int] | None:
    """The log and the step that a run folder resumed from, None if it did not resume."""
    checkpoint = _resume_path(folder)
    step = _CHECKPOINT.fullmatch(checkpoint.name)
    if not step:
        return None
    for older in (checkpoint.parent / LOG, folder.parent / checkpoint.parent.name / LOG):  # the second: a moved run
        if older.is_file() and older.parent.resolve() != folder:
            return older.resolve(), int(step[1])
    return None


def _moment(launch: dict) -> str:
    """When a launch began, as in the name of a vN folder; "" for none.

    >>> _moment({"started": "2026-01-02T03:04:05+0000"}), _moment({})
    ('20260102-030405', '')
    """
    return re.sub("[-:]", "", launch["started"][:19]).replace("T", "-") if launch else ""


def _resume_path(folder: Path) -> Path:
    return Path(str(read_args(folder).get("resume_from_checkpoint") or ""))


def read_args(folder: Path) -> dict:
    """args.json of a run folder, {} if it is missing or unreadable."""
    try:
        args = json.loads((folder / "args.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return args if isinstance(args, dict) else {}
