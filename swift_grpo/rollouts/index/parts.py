"""Writes placed rows as parquet parts of the sidecar, with their total reward."""

import uuid
from pathlib import Path

import numpy as np

from swift_grpo.rollouts.index.sidecar import Manifest
from swift_grpo.rollouts.index.sql import literal
from swift_grpo.rollouts.reading.scan import Scan

PART_ROWS = 100_000  # a part of fewer rows is rewritten together with the rows that follow it


class PartWriter:
    """Collects rows and writes them as parquet parts of at least PART_ROWS, except the last."""

    def __init__(self, manifest: Manifest, folder: Path, file: int) -> None:
        self.manifest, self.folder, self.file = manifest, folder, file
        self.waiting: list[dict[str, np.ndarray]] = []
        self.rows = 0

    def add(self, part: Scan, columns: dict[str, np.ndarray], weights: list | None) -> None:
        names = self.manifest.reward_names
        names += [name for name in part.rewards if name not in names]
        n = len(columns["line"])
        start = self.manifest.rows
        self.manifest.rows += n
        lines = part.lines
        rows = {key: value for key, value in part.rows.items() if key != "total"}
        self.waiting.append(
            {
                "id": np.arange(start, start + n),
                "file": np.full(n, self.file, dtype=np.int16),
                **columns,
                "line_offset": np.repeat(lines["offset"], lines["count"]),
                "line_length": np.repeat(lines["length"], lines["count"]),
                "reward": total_reward(part, weights),
                **rows,
                **{f"r{names.index(name)}": values for name, values in part.rewards.items()},
            }
        )
        self.rows += n
        if self.rows >= PART_ROWS:
            self.flush()

    def flush(self) -> None:
        """Writes the collected rows. Merges a small last part of the same file, so that there are few parts."""
        if not self.rows:
            return
        parts = self.manifest.parts
        small = parts and parts[-1]["file"] == self.file and parts[-1]["rows"] < PART_ROWS
        before = parts.pop() if small else None
        name = f"part-{uuid.uuid4().hex}.parquet"
        _write_parquet(self.folder / name, self.waiting, self.folder / before["name"] if before else None)
        parts.append({"name": name, "rows": self.rows + (before["rows"] if before else 0), "file": self.file})
        self.waiting, self.rows = [], 0


def total_reward(part: Scan, weights: list | None) -> np.ndarray:
    """The weighted sum of rewards as ms-swift computes it (swift/rl_core/advantage.py, `compute_advantages`).

    In float32, without NaN. The line's own total where it has one; NaN without any reward. Weights count only if there
    is one for each column (two rewards of one class share a column).
    """
    named = part.rows["total"]
    if not part.rewards:
        return named
    columns = list(part.rewards.values())
    use = weights if weights and len(weights) == len(columns) else [1.0] * len(columns)
    total = np.zeros(len(named), dtype=np.float32)
    for column, weight in zip(columns, use, strict=True):
        total += np.nan_to_num(column * np.float32(weight), nan=0.0, posinf=np.inf, neginf=-np.inf)
    return np.where(np.isnan(named), total, named)


def _write_parquet(path: Path, batches: list[dict[str, np.ndarray]], before: Path | None) -> None:
    """Writes batches as one file, after the rows of `before`. A column that a batch lacks is NULL there."""
    import duckdb

    with duckdb.connect(config={"threads": 1, "memory_limit": "64MB"}) as db:
        sources = []
        if before:
            sources.append(f"SELECT * FROM read_parquet({literal(str(before))})")
        for number, batch in enumerate(batches):
            db.register(f"batch{number}", batch)
            sources.append(f"SELECT * FROM batch{number}")
        db.execute(
            f"COPY ({' UNION ALL BY NAME '.join(sources)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
