"""The turns of rollouts, by line: from trajectories.jsonl beside a log, or from the log of another trainer itself."""

import threading
from pathlib import Path

from swift_grpo.formats.records import columns_of, loads
from swift_grpo.formats.trajectories import FILE, Trajectory, of_messages, of_text, trajectory
from swift_grpo.rollouts.reading.scan import LONGEST_LINE, lines_of

Turns = list[Trajectory | None]


class Trajectories:
    """trajectories.jsonl beside a log. Its lines are found once, when the first is wanted, and those that were added
    when it has grown. Safe from several threads."""

    def __init__(self, log: Path) -> None:
        self.path = log.with_name(FILE)
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._places: list[tuple[int, int]] = []  # offset and length of each line that is not empty
        self._inode, self._size, self._end, self._unreadable = -1, 0, 0, 0
        self._held: tuple[int, str, Turns] = (-1, "", [])  # the last line that was read: its number, step, elements

    @property
    def lines(self) -> tuple[int, int]:
        """Number of whole lines, and of those that are certainly unreadable."""
        with self._lock:
            self._find_lines()
            return len(self._places), self._unreadable

    def of_line(self, line: int, step: int) -> Turns:
        """The trajectories of the completions of a line of the log, counted from 0; None for one without turns, [] where
        the file has no readable line of that step there."""
        with self._lock:
            self._find_lines()
            if line >= len(self._places):
                return []
            if self._held[0] != line:
                self._held = (line, *self._read(line))
            return self._held[2] if self._held[1] == str(step) else []

    def _find_lines(self) -> None:
        try:
            stat = self.path.stat()
            if stat.st_ino != self._inode or stat.st_size < self._size:
                self._forget()
            if stat.st_size == self._size:
                return
            for offset, length, line in lines_of(self.path, self._end, stat.st_size):
                self._end = offset + length
                if line.strip():
                    self._places.append((offset, length))
                    self._unreadable += not (line.startswith(b"{") and line.rstrip().endswith(b"}"))
            self._inode, self._size = stat.st_ino, stat.st_size
        except OSError:
            self._forget()

    def _read(self, line: int) -> tuple[str, Turns]:
        offset, length = self._places[line]
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                value = loads(file.read(length)) if length <= LONGEST_LINE else None
        except (OSError, ValueError):
            return "", []
        step, found = (value.get("step"), value.get("trajectories")) if isinstance(value, dict) else (None, None)
        if not isinstance(step, (str, int)) or not isinstance(found, list):
            return "", []
        return str(step), [trajectory(one) for one in found]


def foreign(log: Path, offset: int, length: int) -> Turns:
    """The same for a line of TRL's or verl's log, the bytes [offset, offset + length); None for a text without turns."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            columns, _ = columns_of(loads(file.read(length)))
    except (OSError, ValueError):
        return []
    found = next((columns[key] for key in ("completion", "output", "response") if key in columns), [])
    return [of_messages(one) if isinstance(one, list) else of_text(one) for one in found]
