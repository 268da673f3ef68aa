"""The recomputed scalars against logging.jsonl, and what the banner says."""

import json

import pytest

from benchmarks.diagnosis.own.synthetic import STEPS, Run
from swift_grpo.rollouts.facts.trust import steps_per_generation, trust
from swift_grpo.rollouts.index import open_index


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Weighted(Run):
    weights = [1.0, 0.3]  # noqa: RUF012

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": float(right) if self.rng.random() < 0.8 else None, "Format": 0.1 * formatted}


@pytest.mark.parametrize("kind", [Run, Weighted])
def test_every_step_reconciles(tmp_path, kind):
    with open_index(kind().write(tmp_path / "run")) as index:
        found = trust(index)
    assert (found.reconciled, found.of, found.duplicates, found.unreadable) == (STEPS, STEPS, 64, 0)
    assert found.lines[0].startswith(f"{STEPS} of {STEPS} steps reconcile")


def test_a_wrong_number_is_found(tmp_path):
    folder = Run().write(tmp_path / "run")
    log = folder / "logging.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    seventh = json.loads(lines[6])
    seventh["rewards/Format/std"] += 1e-4
    lines[6] = json.dumps(seventh) + "\n"
    log.write_text("".join(lines))
    with open_index(folder) as index:
        found = trust(index)
    assert (found.reconciled, found.of) == (STEPS - 1, STEPS)
    assert found.mismatches[7].startswith("rewards/Format/std")


def test_averaged_steps_are_not_compared(tmp_path):
    run = Run()
    run.args = {"logging_steps": 5}
    folder = run.write(tmp_path / "run")
    lines = [json.loads(line) for line in (folder / "logging.jsonl").read_text().splitlines()]
    kept = [json.dumps(x) + "\n" for x in lines if int(x.get("global_step/max_steps", "1/").split("/")[0]) % 5 == 0]
    (folder / "logging.jsonl").write_text("".join(kept))
    with open_index(folder) as index:
        found = trust(index)
    assert (found.reconciled, found.of) == (0, 0)
    assert "with logging_steps=5 you see one batch in 5" in found.lines


def test_steps_per_generation():
    assert steps_per_generation({}) == 1
    ranks = {"global_world_size": 2, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}
    assert steps_per_generation(ranks | {"generation_batch_size": 32}) == 2
