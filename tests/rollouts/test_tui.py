"""The full screen, driven by its keys."""

import asyncio
import json
from pathlib import Path

import pytest
from textual.widgets import DataTable, Static

from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.terminal.tui import Help, Rollouts
from tests.rollouts.synthetic import STEPS, Run


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with open_index(Run().write(tmp_path_factory.mktemp("out") / "v0-1")) as opened:
            yield opened


def drive(index, play) -> None:
    async def run() -> None:
        app = Rollouts(index)
        async with app.run_test(size=(140, 45)) as pilot:
            await pilot.pause()
            await play(app, pilot)

    asyncio.run(run())


def shown(app, selector: str) -> str:
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as capture:
        console.print(app.query_one(selector, Static).content)
    return capture.get()


def test_it_opens_on_the_last_step_and_walks_over_steps_and_groups(index):
    async def play(app, pilot):
        assert f"step {STEPS} of {STEPS}" in shown(app, "#where")
        first = shown(app, "#group")
        assert "gold" in first and "reward" in first
        await pilot.press("down")
        assert shown(app, "#group") != first
        await pilot.press("left")
        assert f"step {STEPS - 1} of" in shown(app, "#where")
        await pilot.press("home", "left")
        assert "step 1 of" in shown(app, "#where")
        await pilot.press("end", "right")
        assert f"step {STEPS} of" in shown(app, "#where")

    drive(index, play)


def test_filter_curve_thoughts_and_help(index):
    async def play(app, pilot):
        groups = app.query_one(DataTable).row_count
        await pilot.press("f")
        assert "mixed" in shown(app, "#where")
        assert app.query_one(DataTable).row_count <= groups
        assert "reward" in shown(app, "#plot")
        await pilot.press("m")
        assert "solved" in shown(app, "#plot")
        assert "[thought," in shown(app, "#group")
        await pilot.press("t")
        assert "[thought," not in shown(app, "#group")
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        await pilot.press("x")
        assert not isinstance(app.screen, Help)

    drive(index, play)


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def write(**columns) -> Path:
        path = tmp_path / "completions.jsonl"
        path.write_text(json.dumps(columns) + "\n" if columns else "")
        return path

    return write


def test_a_completion_is_neither_markup_nor_orders_to_the_terminal(log):
    hostile = "[bold red]x[/] [@click=app.quit]y[/] \x1b[2J\u202e <answer>1</answer>"
    path = log(step=["1", "1"], prompt=["[b]?", "[b]?"], completion=[hostile, "2"], Reward=[1.0, 0.0])

    async def play(app, pilot):
        text = shown(app, "#group")
        assert "[bold red]x[/] [@click=app.quit]y[/]" in text
        assert "\x1b[2J" not in text and "\u202e" not in text

    with open_index(path) as index:
        drive(index, play)


def test_an_empty_log(log):
    async def play(app, pilot):
        assert "no completions yet" in shown(app, "#where")
        await pilot.press("right", "f", "m", "t")

    with open_index(log()) as index:
        drive(index, play)
