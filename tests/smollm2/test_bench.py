"""The benchmark's arithmetic and commands; it runs itself where a person asks for it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.smollm2 import bench
from benchmarks.smollm2.stopwatch import PARTS, Stopwatch


def run_of(*seconds: float, failed: str = "") -> bench.Run:
    steps = [{"seconds": s, "peak_mb": 100 * s, **dict.fromkeys(PARTS, s / 4)} for s in seconds]
    return bench.Run(steps, accuracy=0.5, failed=failed)


def test_a_row_has_the_middle_of_all_seeds_and_says_what_failed():
    runs = {1: run_of(3.0, 1.0), 2: run_of(8.0, failed="Killed")}
    row = bench.row("bare-full", runs, {1: 0.1, 2: 0.2})
    assert row.split() == (
        "bare-full 3.00 [1.00, 8.00] 3 0.75 0.75 0.75 800 0.100 -> 0.500 0.200 -> failed: Killed".split()
    )
    assert "no step was measured" in bench.row("bare-full", {1: bench.Run([], failed="Killed")}, {1: 0.1})


def test_ratios_beside_their_aims():
    found = {"ours-full": [run_of(7.0), run_of(9.0, 8.0)], "bare-full": [run_of(10.0)], "trl-full": []}
    assert bench.ratios(found, "full") == ["full: seconds a step, ours / bare: 0.80 (aim: at most 0.85)"]


@pytest.mark.parametrize("tuning", bench.TUNINGS)
def test_the_same_flags_and_settings_for_all(tuning):
    plan = bench.TUNINGS[tuning]
    commands = [bench.command(kind, plan, 7, Path("m"), Path("d"), Path("o"), "bfloat16")[0] for kind in bench.KINDS]
    ours, bare, trl = commands
    assert ours[2 : ours.index("--external_plugins")] == bare[bare.index("--num_generations") :][:-3]
    settings = json.loads(trl[-1])["settings"]
    flags = dict(zip(bare[3::2], bare[4::2], strict=False))
    assert {name: flags[f"--{name}"] for name in settings} == dict(
        zip(settings, bench.words(settings)[1::2], strict=True)
    )
    assert settings["seed"] == 7
    assert settings["per_device_train_batch_size"] == plan.questions * bench.SAMPLES


def test_a_part_within_another_is_the_outer_ones(tmp_path):
    moments = iter([0.0, 0.0, 5.0, 6.0, 6.0, 6.0, 10.0, 16.0, 16.0])
    watch = Stopwatch(tmp_path / "steps", lambda: next(moments))
    inner = watch.timed("log-probabilities", lambda: None)
    generate, loss = watch.timed("generation", lambda: None), watch.timed("gradient", inner)
    next(moments)
    generate()
    watch.step_ends()
    loss()
    watch.step_ends()
    first, second = [json.loads(line) for line in (tmp_path / "steps").read_text().splitlines()]
    assert (first["seconds"], first["generation"], first["gradient"]) == (None, 5.0, 0.0)
    assert (second["seconds"], second["gradient"], second["log-probabilities"]) == (10.0, 4.0, 0.0)
    assert second["peak_mb"] > 10


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--steps", "2"], "--steps 2 leaves nothing"), (["--model", "tests"], "tests is not a model's folder")],
)
def test_bad_input_is_refused_in_a_line(monkeypatch, capsys, words, said):
    monkeypatch.setattr("sys.argv", ["bench", *words])
    with pytest.raises(SystemExit, match="2"):
        bench.main()
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_process_that_takes_too_long_is_ended():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    assert bench.wait(process, 0.05) is None
    assert process.poll() == -signal.SIGTERM


@pytest.mark.slow
def test_the_recipe_chooses_threads_and_number_format_not_the_tests():
    code = "import sys, benchmarks.smollm2.bench; sys.exit('tests.conftest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=bench.ROOT).returncode == 0
