"""The textual app, driven by keys."""

import pytest
from rich.text import Text
from textual.widgets import Static

from benchmarks.diagnosis.own.illnesses import NotANumber
from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.tui.app import Inspector
from swift_grpo.rollouts.tui.content import member_text
from swift_grpo.rollouts.tui.dialogs import Ask, Choose, Help
from tests.rollouts.hostile import append_step, write_hostile


@pytest.fixture
def anyio_backend():
    return "asyncio"


pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def shown(app: Inspector) -> str:
    content = app.query_one("#texts", Static).content
    assert isinstance(content, Text)
    return content.plain


async def test_steps_and_groups_by_keys(healthy_run):
    with open_index(healthy_run) as index:
        app = Inspector(index)
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.pause()
            assert app.step == 36 and app.group == "36:0" and "gold" in shown(app)
            await pilot.press("j", "down", "k")
            assert app.group == "36:1"
            await pilot.press("p", "left", "n")
            assert app.step == 35 and app.group == "35:0"
            await pilot.press("home", "p")
            assert app.step == 1
            await pilot.press("end")
            assert app.step == 36
            await pilot.press("g", "1", "7", "enter")
            await pilot.pause()
            assert app.step == 17


async def test_thoughts_fold_and_unfold(healthy_run):
    with open_index(healthy_run) as index:
        app = Inspector(index)
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "[thought, " in shown(app) and "<think>" not in shown(app)
            await pilot.press("t")
            assert "[thought, " not in shown(app) and shown(app).count("<think>") > 4


async def test_the_filter_leaves_only_its_groups(healthy_run):
    with open_index(healthy_run) as index:
        app = Inspector(index)
        async with app.run_test() as pilot:
            for outcome in ("mixed", "right", "wrong"):
                await pilot.press("f")
                steps = set()
                for _ in range(6):
                    steps.add(app.step)
                    names = [key.value for key in app.table.rows]
                    rows = index.query(f"SELECT DISTINCT outcome FROM browse WHERE name IN ({str(names)[1:-1]})")
                    assert names and rows == [(outcome,)]
                    await pilot.press("p")
                assert len(steps) > 1
            await pilot.press("f", "end")
            assert app.table.row_count == 8


async def test_every_curve_is_drawn_at_any_size(healthy_run):
    with open_index(healthy_run) as index:
        app = Inspector(index)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            titles = set()
            for _ in range(12):
                titles.add(app.query_one("#plot", Static).content.plain.split("\n")[0])
                await pilot.press("c")
            assert len(titles) == 12
            for size in ((30, 10), (80, 24), (200, 60)):
                await pilot.resize_terminal(*size)
                await pilot.pause()


async def test_help_and_question_hold_the_other_keys_back(healthy_run):
    with open_index(healthy_run) as index:
        app = Inspector(index)
        async with app.run_test() as pilot:
            await pilot.press("question_mark")
            assert isinstance(app.screen, Help)
            await pilot.press("p", "left", "f")
            assert app.step == 36 and app.filter == "any"
            await pilot.press("escape", "g", "home", "escape")
            await pilot.pause()
            assert not isinstance(app.screen, Help | Ask) and app.step == 36


async def test_hostile_texts_drive_nothing(hostile_run):
    with open_index(hostile_run) as index:
        app = Inspector(index)
        async with app.run_test(size=(140, 50)) as pilot:
            await pilot.press("t", "n", "p", "j", "c", "c")
            text = shown(app)
            screen = app.export_screenshot()
    assert "<script>window.__pwned = 1</script>" in text and "\\u202e" in text and "\\x1b[31m" in text
    assert not any(
        (ord(character) < 32 and character != "\n") or character in "\u202e\u200b\ufeff" for character in text
    )
    assert "994,025 of 1,000,025 characters left out" in text and len(text) < 60_000
    assert "<script" not in screen.split("<style>")[0] and "window.__pwned = 1</script>" not in screen


async def test_markup_is_text(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    append_step(run, 1, ("[bold]A[/bold]", "[/]"), prompt="[red]x[/red] [@click=app.quit]y[/] [/nothing]")
    with open_index(run) as index:
        app = Inspector(index)
        async with app.run_test(size=(140, 50)) as pilot:
            await pilot.press("c", "c", "j")
            assert "[red]x[/red] [@click=app.quit]y[/] [/nothing]" in shown(app) and "[bold]A[/bold] 0" in shown(app)
        member = member_text(index.texts([0])[0], True, False)
    assert not any("@click" in str(span.style) or span.style == "red" for span in member.spans)


async def test_it_follows_the_log(tmp_path):
    run = write_hostile(tmp_path / "run")
    with open_index(run) as index:
        app = Inspector(index)
        async with app.run_test() as pilot:
            assert app.step == 3
            append_step(run, 4)
            app.follow()
            await app.workers.wait_for_complete()
            assert app.step == 4
            await pilot.press("p")
            append_step(run, 5)
            app.follow()
            await app.workers.wait_for_complete()
            assert app.step == 3 and app.curves["steps"][-1] == 5


async def test_an_empty_log(tmp_path):
    (tmp_path / "completions.jsonl").write_text("")
    with open_index(tmp_path) as index:
        app = Inspector(index)
        async with app.run_test() as pilot:
            await pilot.press("n", "p", "j", "f", "c", "t", "home", "end", "g", "3", "enter")
            assert app.step is None and "no " in shown(app)


async def test_a_completion_is_in_sight_on_a_small_terminal(tmp_path):
    run = Run()
    system = "You are careful. " * 60
    run.prompt = lambda question: f"<|im_start|>system\n{system}<|im_end|>\n" + Run.prompt(run, question)
    with open_index(run.write(tmp_path / "run")) as index:
        app = Inspector(index)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            lines = app.export_screenshot()
            assert "[system\u00a0prompt" in lines.replace("&#160;", "\u00a0") and "You&#160;are" not in lines
            assert "&lt;answer&gt;" in lines
            await pilot.press("t")
            assert "You are careful." in shown(app)


async def test_findings_lead_to_their_rollouts(tmp_path):
    with open_index(NotANumber().write(tmp_path / "run")) as index:
        app = Inspector(index)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("i")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert isinstance(app.screen, Choose) and app.screen.entries[0][1].plain.startswith("critical nan")
            where = app.screen.entries[0][0]
            await pilot.press("enter")
            await pilot.pause()
            assert app.group == where.rsplit(":", 1)[0]


async def test_search_leads_to_its_match(healthy_run):
    with open_index(healthy_run) as index:
        text = index.texts([64 * 6 + 20])[0]
        app = Inspector(index)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("slash")
            app.screen.query_one("Input").value = text.completion[40:80].upper()
            await pilot.press("enter")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert isinstance(app.screen, Choose) and len(app.screen.entries) == 1
            await pilot.press("enter")
            await pilot.pause()
            assert app.group == "7:2" and app.step == 7
