"""Access to a run's rollouts: numbers by SQL, text by id."""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from swift_grpo.formats.cache import cache_folder
from swift_grpo.formats.events import columns as logging_columns
from swift_grpo.formats.run_files import Run, find_run
from swift_grpo.rollouts.index import sql, store
from swift_grpo.rollouts.index.accuracy_name import by_name, may_be
from swift_grpo.rollouts.reading.rollout_text import RolloutText, read_texts
from swift_grpo.rollouts.reading.trajectories import Trajectories, Turns, foreign

_CLOSE_SECONDS = 10.0


class Index:
    """A run's sidecar, open for reading. Create it with `open_index`; `close` or `with` frees it.

    `accuracy_name` is the reward class that pays for right answers: the chosen one, else the one that agrees with our
    grader, else by its name, else the only one if it has two values; None if there is none. `knows_right`: whether
    `solved` has values, because there is an accuracy reward, or a total of a few values and no class.

    `db` is a DuckDB connection that reads only the sidecar. `query` and `dicts` use a new cursor each time, because
    DuckDB 2 refuses a second statement before all rows of the first one are fetched. Views:

    rollouts  one row per completion: id, file, line (counted from 0), line_offset and line_length (bytes), i (place in
              the line), step (-1: none), is_eval, duplicate (written before, or repeated after a resume), group_id
              and member (-1 for a duplicate), prompt_hash, completion_hash, reward, advantage, entropy, chars, bytes
              (UTF-8), thought_chars, answers (number of `<answer>` after the thought), tail_repeats (how often the last
              24 characters occur in the last 1000), solved (the accuracy reward is above half of its highest value),
              reward_<Class> …  A missing reward is NULL.
    counted   rollouts without duplicates; train: counted without evaluations
    groups    one row per group of counted: group_id, step, is_eval, prompt_hash, n, reward_mean, reward_std (n - 1),
              solved (share), chars, first_id, zero_std (as ms-swift counts it), flat (two or more with one and the same
              reward: no gradient), outcome (right, wrong, mixed, unknown); train_groups: groups without evaluations
    steps     one row per step of logging.jsonl: step, and its keys with every character except letters, digits and _
              replaced by _ (`completions/mean_length` is completions_mean_length)
    """

    def __init__(self, run: Run, on_progress: store.Progress | None = None) -> None:
        self.run = run
        self._folder = cache_folder(*run.logs)
        self._manifest = store.update(run, self._folder, on_progress)
        self._events_size = -1
        self._chosen: str | None = None
        self._cursors: set[Any] = set()
        self.turns = [Trajectories(log) for log in run.logs]  # of the logs, by their place
        import duckdb  # after the update, because helper processes read meanwhile

        self.db = duckdb.connect(
            config={
                "memory_limit": "96MB",
                "threads": 2,
                "temp_directory": str(self._folder),
                "preserve_insertion_order": False,
            }
        )
        self.db.execute(f"SET allowed_directories = [{sql.literal(str(self._folder))}]")
        self.db.execute("SET enable_external_access = false; SET lock_configuration = true")
        self._open_views()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Waits for queries of other threads, such as a closed view's check for new steps."""
        import duckdb

        end = time.monotonic() + _CLOSE_SECONDS
        while self._cursors and time.monotonic() < end:  # a thread between its query and its rows would lose them
            time.sleep(0.02)
        while True:
            try:
                return self.db.close()
            except duckdb.ResourceInUseException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    @property
    def folder(self) -> Path:
        """The sidecar's folder."""
        return self._folder

    @property
    def reward_names(self) -> list[str]:
        """Reward classes, in the log's order; the column of `X` is "reward_X" (see `reward_column`)."""
        return list(self._manifest.reward_names)

    def reward_column(self, name: str) -> str:
        """The column of a reward class in `rollouts`, as a quoted SQL identifier."""
        return sql.quoted(self._columns[name])

    def use_accuracy(self, name: str) -> None:
        """Chooses the reward class that tells right from wrong. Raises ValueError if the log has none of that name."""
        if name not in self.reward_names:
            raise ValueError(f"--accuracy {name}: the log has {', '.join(self.reward_names) or 'no rewards'}")
        self._chosen = name
        self._open_views()

    def _accuracy_name(self) -> str | None:
        names = self.reward_names
        named = self._chosen or self._manifest.accuracy or by_name(names)
        if named or len(names) != 1 or not may_be(names[0]):
            return named
        values = self.query("SELECT count(DISTINCT r0) FROM stored WHERE NOT isnan(r0)")[0][0]
        return names[0] if values <= 2 else None

    @property
    def accuracy_is_open(self) -> bool:
        """Whether to run our grader (`facts.accuracy`): once there are rewards, and again each time the log has
        doubled, until it finds one; not where one is chosen."""
        kept = self._manifest
        decided = self._chosen or kept.accuracy or not self.reward_names
        return not decided and self.rows >= max(1, 2 * kept.asked_at)

    def keep_accuracy(self, name: str) -> None:
        """Stores in the cache which reward our grader agrees with, "" for none, and updates the views."""
        self._manifest.accuracy, self._manifest.asked_at = name, self.rows
        store.keep_accuracy(self._folder, name, self.rows)
        if name and name != self.accuracy_name:
            self._open_views()

    @property
    def unreadable(self) -> int:
        """Number of lines that could not be read."""
        return sum(log.unreadable for log in self._manifest.logs)

    @property
    def unreadable_lines(self) -> list[tuple[str, int]]:
        """File and line, counted from 1, of the first unreadable lines."""
        return [(log.path, line) for log in self._manifest.logs for line in log.unreadable_lines]

    def need_rows(self) -> None:
        """Raises ValueError where the log has lines but none can be read: it is not a log of completions."""
        if self.unreadable and not self.rows:
            raise ValueError(
                f"{self.unreadable_lines[0][0]}: none of its {self.unreadable:,} lines can be read as completions; it begins "
                f"with {self.run.beginning()!r}"
            )

    @property
    def duplicates(self) -> int:
        """Number of completions that the log repeats, or that a resumed run repeated."""
        return self.query("SELECT count(*) FROM rollouts WHERE duplicate")[0][0]

    @property
    def resumed_after(self) -> list[int]:
        """The steps after which a resumed run continued."""
        folders = [last for last in self.run.last_steps if last is not None]
        return sorted(
            {*folders, *(step - 1 for log in self._manifest.logs for _, step in log.place.get("restarts", []))}
        )

    @property
    def rows(self) -> int:
        """Number of completions in the log, duplicates included."""
        return self._manifest.rows

    @property
    def bytes_read(self) -> int:
        """Bytes of the logs that are indexed; a line without its newline is not."""
        return sum(log.read for log in self._manifest.logs)

    def texts(self, ids: Iterable[int]) -> list[RolloutText]:
        """The texts of rollouts, in the order of `ids`; skips unknown ids. Takes about 1 ms a line of the log."""
        wanted = [int(one) for one in ids]
        rows = {row["id"]: row for row in self.dicts(f"SELECT * FROM rollouts WHERE id IN ({sql.numbers(wanted)})")}
        found = [rows[one] for one in wanted if one in rows]
        return read_texts(self.run.logs, found, self._columns, self._turns_of_line)

    def _turns_of_line(self, row: dict) -> Turns:
        if self.run.steps:
            return foreign(self.run.logs[row["file"]], row["line_offset"], row["line_length"])
        return self.turns[row["file"]].of_line(row["line"], row["step"])

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        with self.db.cursor() as cursor:
            self._cursors.add(cursor)
            try:
                yield cursor
            finally:
                self._cursors.discard(cursor)

    def query(self, sql: str, parameters: list | None = None) -> list[tuple]:
        """All rows of a query, on its own cursor, so it is safe from several threads."""
        with self._cursor() as cursor:
            return cursor.execute(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: list | None = None) -> list[dict]:
        """All rows of a query as dicts."""
        with self._cursor() as cursor:
            cursor.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def refresh(self) -> bool:
        """Reads what was appended since. Returns whether there was anything; the views then show it."""
        self.run.catch_up()
        before = (self._manifest.parts, self._events_size)
        self._manifest = store.update(self.run, self._folder)
        if (self._manifest.parts, self._size_of_events()) == before:
            return False
        self._open_views()
        return True

    def _size_of_events(self) -> int:
        files = (log.parent / "logging.jsonl" for log in self.run.logs)
        return sum(file.stat().st_size for file in files if file.is_file())

    def _open_views(self) -> None:
        self.kept: dict[str, Any] = {}  # facts computed from the current views
        self._columns = sql.column_names(self._manifest.reward_names)
        self.db.execute(f"CREATE OR REPLACE VIEW stored AS {self._stored()}")
        self.accuracy_name = self._accuracy_name()
        few = "SELECT count(DISTINCT reward) BETWEEN 1 AND 4 FROM stored WHERE NOT isnan(reward)"
        self.knows_right = bool(self.accuracy_name) or (not self.reward_names and bool(self.query(few)[0][0]))
        self.db.execute(f"CREATE OR REPLACE VIEW rollouts AS {self._rollouts()}")
        for view in sql.VIEWS:
            self.db.execute(view)
        self._load_steps()

    def _stored(self) -> str:
        parts = [str(self._folder / part["name"]) for part in self._manifest.parts]
        if not parts:
            return sql.EMPTY
        return f"SELECT * FROM read_parquet([{', '.join(map(sql.literal, parts))}], union_by_name = true)"

    def _rollouts(self) -> str:
        again = [f"(file = {k} AND step > {last})" for k, last in enumerate(self.run.last_steps) if last is not None]
        for k, log in enumerate(self._manifest.logs):
            restarts = log.place.get("restarts", [])
            again += [f"(file = {k} AND line < {line} AND step >= {step})" for line, step in restarts]
        done_again = " OR ".join(again)
        names = self._manifest.reward_names
        rewards = [f"{sql.or_null(f'r{k}')} AS {sql.quoted(self._columns[name])}" for k, name in enumerate(names)]
        accuracy = f"r{names.index(self.accuracy_name)}" if self.accuracy_name else "reward"
        top = self._top(accuracy) if self.knows_right else None
        solved = (
            "NULL::BOOLEAN" if top is None else f"CASE WHEN isnan({accuracy}) THEN NULL ELSE {accuracy} > {top} END"
        )
        return f"""
            SELECT id, file::INTEGER AS file, line, line_offset, line_length, i, step, is_eval,
                   duplicate{f" OR {done_again}" if done_again else ""} AS duplicate, group_id, member, prompt_hash,
                   completion_hash, {sql.or_null("reward")} AS reward, {sql.or_null("advantage")} AS advantage,
                   {sql.or_null("entropy")} AS entropy, chars, bytes, thought_chars, answers, tail_repeats,
                   {solved} AS solved{"".join(", " + reward for reward in rewards)}
            FROM stored"""

    def _top(self, column: str) -> float | None:
        """Half of the column's highest value; None if it never pays."""
        query = f"SELECT max({column}) FILTER (NOT isnan({column}) AND NOT isinf({column})) FROM stored"
        top = self.query(query)[0][0]
        return None if top is None else max(float(top) / 2, 0.0)

    def _load_steps(self) -> None:
        self._events_size = self._size_of_events()
        self.events = self.run.events()
        table = logging_columns(self.events)
        import numpy as np

        names, arrays = {}, {}
        for name, values in table.items():
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)
            if plain.lower() not in names:  # of two keys with the same column name the first one counts
                names[plain.lower()] = plain
                kind = np.int32 if name == "step" else np.float64
                arrays[plain] = np.array([np.nan if v is None else v for v in values], dtype=kind)
        select = ", ".join(
            f"{sql.or_null(sql.quoted(n)) if n != 'step' else 'step'} AS {sql.quoted(n)}" for n in arrays
        )
        self.db.register("logged", arrays)
        self.db.execute(f"CREATE OR REPLACE TABLE steps AS SELECT {select} FROM logged ORDER BY step")
        self.db.unregister("logged")


def open_index(path: Path | str | None = None, *, on_progress: store.Progress | None = None) -> Index:
    """Indexes a run, or what is new in it, and opens it. `path` is as in `run.find_run`.

    `on_progress(bytes done, bytes to do)` is called after each part. Raises ValueError if there is no log, or if none
    of its lines can be read.
    """
    index = Index(find_run(path), on_progress)
    index.need_rows()
    return index
