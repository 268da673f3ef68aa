"""The page of a comparison in a real browser: offline, whatever the texts hold, by mouse and by keyboard."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from swift_grpo.evaluation.page.diff_page import page
from tests.evaluation import conftest
from tests.evaluation.test_diff import compared

pytestmark = pytest.mark.slow

NASTY = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e\u2028"


@pytest.fixture
def opened(evaluated, tmp_path, monkeypatch, visit):
    """The page of two models, one of which says nasty things."""
    elsewhere = ThreadPoolExecutor(1)  # the browser's event loop is running in this thread
    weak = elsewhere.submit(evaluated, "weak", 0.5).result()
    play = conftest.player
    monkeypatch.setattr(conftest, "player", lambda skill: lambda p, s: NASTY + play(skill)(p, s))
    target = tmp_path / "page.html"
    target.write_text(page(compared(weak, elsewhere.submit(evaluated, "strong", 1.1).result())), encoding="utf-8")
    return visit(f"file://{target}")


def test_the_page_shows_the_comparison_and_asks_nobody(opened):
    view = opened.page
    expect(view.locator("#trust")).to_contain_text("better in mean@4")
    expect(view.locator("#measures tbody tr")).to_have_count(4)  # mean, maj, pass, tokens
    expect(view.locator(".chart")).to_have_count(2)
    expect(view.locator("#list li")).to_have_count(40)
    expect(view.locator("#group .member")).to_have_count(8)
    expect(view.locator("#group .body").last).to_contain_text("onerror=alert(1)")
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert opened.faults == []


def test_filters_and_points_choose_questions(opened):
    view = opened.page
    view.select_option("#f-kind", "gained")
    shown = view.locator("#list li").count()
    assert 0 < shown < 40
    expect(view.locator("#list .ok").first).to_have_text("solved by B")
    view.click("button[type=reset]")
    view.locator(".chart circle").first.focus()
    view.keyboard.press("Enter")
    expect(view.locator("#f-place")).to_be_visible()
    view.click("#f-place")
    view.fill("#f-text", "Say 7 of")
    expect(view.locator("#list li")).to_have_count(1)
    view.click("#list a")
    expect(view.locator("#group .prompt")).to_have_text("Say 7 of 40")
    view.click("#theme")
    expect(view.locator("html")).to_have_attribute("data-theme", "light")
    assert opened.faults == []
