"""Trajectories on the page, in a real browser, and what the server answers for them."""

import json
import shutil

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page import serve
from tests.rollouts.test_trajectory_views import hostile_file
from tests.rollouts.tools_run import LONG, write_tools_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_tools_run(tmp_path_factory.mktemp("runs") / "tools")


@pytest.fixture(scope="module")
def address(page_of, run):
    return page_of(run).as_uri()


def test_turns_are_shown_and_calls_are_folded(visit, address):
    visited = visit(address + "#g=2:0")
    page = visited.page
    member = page.locator("#m1")
    assert [one.split(" · ")[0] for one in member.locator(".said > .sub, .told > summary").all_inner_texts()] == [
        "assistant", "tool", "assistant", "tool", "assistant",
    ]  # fmt: skip
    calls = member.locator("details.call")
    assert calls.count() == 2 and not calls.nth(0).evaluate("one => one.open")
    said = calls.nth(0).locator("summary").inner_text()
    assert said.startswith("calculator ✗ error: wrong arguments") and "calculator takes expression" in said
    assert "failed" in calls.nth(0).get_attribute("class") and "failed" not in calls.nth(1).get_attribute("class")
    assert calls.nth(0).locator("strong").evaluate("one => getComputedStyle(one).color") == "rgb(213, 94, 0)"
    assert calls.nth(1).locator("summary").inner_text().startswith('calculator {"expression": "17 * 24"} → 408 · 0.012')
    expect(calls.nth(1).locator(".text").first).not_to_be_visible()
    calls.nth(1).locator("summary").click()
    assert calls.nth(1).locator(".text").all_inner_texts() == ['{"expression": "17 * 24"}', "408"]
    assert member.locator("mark.answer").all_inner_texts() == ["408"]
    counts = member.locator(".turns > .sub").inner_text()
    assert "3 turns · 2 calls, 1 error" in counts and "66 tokens sampled, 27 masked" in counts
    assert page.locator("#m3 .turns > .sub strong").inner_text() == "stopped by max_turns"
    assert "different prompts" not in page.locator("#group").inner_text()
    assert page.locator("#group > .turn summary").all_inner_texts() == ["system, 39 characters", "user, 20 characters"]
    assert visited.faults == []


def test_t_unfolds_calls_and_results_with_the_thoughts(visit, address):
    page = visit(address + "#g=2:1").page
    folds = page.locator("#m1 details")
    assert folds.count() == 5 and not any(one.evaluate("one => one.open") for one in folds.all())
    page.keyboard.press("t")
    assert all(one.evaluate("one => one.open") for one in folds.all())
    text = page.locator("#m1 .turns").inner_text()
    assert "while True:\n    pass" in text and "stopped after 10 s" in text and "39 squared is 1521" in text
    assert "<think>A loop.</think>" in text and "result cut" in text
    page.keyboard.press("t")
    assert not any(one.evaluate("one => one.open") for one in folds.all())


def test_an_environments_observations_are_open(visit, address):
    page = visit(address + "#g=3:1").page
    expect(page.locator("#m2 .told").first).to_contain_text("40 is too low.")
    assert "rewards of the steps 0, 0, 0, 1" in page.locator("#m2").inner_text()
    assert page.locator("#m3 .said").count() == 0 and "<answer>44</answer>" in page.locator("#m3 .body").inner_text()


def test_a_search_finds_arguments_results_and_errors(visit, address):
    page = visit(address + "#g=2:1").page
    for text in ("38 squared is 1444", "over the time limit", "39 * 40", "is too low"):
        page.fill("#f-text", text)
        expect(page.locator("#page-at")).to_have_text("1\u20132 of 2")
        page.fill("#f-text", "no such text")
        expect(page.locator("#page-at")).to_have_text("no group")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.fill("#f-text", "38 squared is 1444")
    expect(page.locator("#m1 mark.hit")).to_have_text("38 squared is 1444")


def test_hostile_trajectories_run_nothing(visit, page_of, run, tmp_path):
    hostile_file(shutil.copytree(run, tmp_path / "hostile"))
    address = page_of(tmp_path / "hostile").as_uri()
    visited = visit(address)
    page = visited.page
    for name in ("1:0", "1:1", "2:1", "3:0"):
        page.evaluate(f"location.hash = '#g={name}'")
        expect(page.locator(".group-head h3")).to_contain_text(f"Step {name[0]}")
        page.keyboard.press("t")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.locator("#members .said, #members .told").count() > 8
    assert page.evaluate("window.__pwned") is None
    assert visited.faults == [] and visited.requests == [address]
    assert page.locator("#members script, #members b b").count() == 0
    assert "<script>window.__pwned = 1</script>" in page.locator("#members").inner_text()


def test_the_server_has_the_whole_turns(run):
    with open_index(run) as index:
        state = serve.State(index)
        state.renew(changed=True)
        client = TestClient(serve.application(state, "t", 1), base_url="http://127.0.0.1:1")
        client.get("/?token=t")
        members = client.get("/api/group?g=2:1").json()["members"]
        whole = client.get(f"/api/text?id={members[1]['id']}").json()["trajectory"]
        found = client.get("/api/groups", params={"text": "SQUARED IS 1444"}).json()
    assert whole["turns"][-1]["parts"][-1]["result"] == {"head": LONG} and whole["ended"] is False
    assert [row["g"] for row in found["rows"]] == ["1:1", "2:1"]


def test_formulas_in_turns_are_set(visit, page_of, run, tmp_path):
    pytest.importorskip("latex2mathml")
    said = shutil.copytree(run, tmp_path / "said")
    text = (said / "trajectories.jsonl").read_text().replace("The tool says 408.", "The tool says $x^2$.")
    (said / "trajectories.jsonl").write_text(text)
    page = visit(page_of(said).as_uri() + "#g=1:0").page
    assert page.locator("#m1 .said math").count() == 1 and page.locator("#m0 math").count() == 0


def test_long_turns_are_cut_and_come_whole_on_demand(visit, page_of, run, tmp_path):
    long = shutil.copytree(run, tmp_path / "long")
    lines = [json.loads(one) for one in (long / "trajectories.jsonl").read_text().splitlines()]
    lines[0]["trajectories"][0]["turns"][1]["text"] = "x" * 50_000
    (long / "trajectories.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    page = visit(page_of(long).as_uri() + "#g=1:0").page
    page.keyboard.press("t")
    assert "48,800 of 50,000 characters left out" in page.locator("#m0").inner_text()
    with open_index(long) as index:
        assert len(serve.whole(index, 0)["trajectory"]["turns"][1]["parts"][0]["head"]) == 50_000
