"""The report card's page in a real browser: it draws itself, asks nobody, and shows hostile text as text."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from swift_grpo.evaluation.report_card_views import page
from tests.evaluation import conftest
from tests.evaluation.test_report_card import NASTY, made, trained  # noqa: F401  a fixture

pytestmark = pytest.mark.slow


def test_the_page_draws_itself_and_asks_nobody(trained, evaluated, tmp_path, monkeypatch, visit):  # noqa: F811
    elsewhere = ThreadPoolExecutor(1)  # the browser's event loop is running in this thread
    before = elsewhere.submit(evaluated, "before", 0.5).result()
    play = conftest.player
    monkeypatch.setattr(conftest, "player", lambda skill: lambda p, s: NASTY + play(skill)(p, s))
    after = elsewhere.submit(evaluated, "after", 1.1).result()
    target = tmp_path / "card.html"
    target.write_text(page(made(trained, before, after)), encoding="utf-8")
    opened = visit(f"file://{target}")
    view = opened.page
    expect(view.locator("#verdicts")).to_contain_text("After is")
    expect(view.locator("#stages article")).to_have_count(2)
    expect(view.locator("#files tbody tr")).to_have_count(1)
    expect(view.locator("#measures tbody tr")).to_have_count(4)  # mean, maj, pass, tokens
    expect(view.locator("#chart-grid svg[role=img] .curve").first).to_be_attached()
    view.locator("#chart-grid svg[role=img]").first.hover()
    expect(view.locator("#chart-grid .at").first).to_contain_text("step")
    expect(view.locator("#pairs .member .body").nth(1)).to_contain_text("onerror=alert(1)")
    expect(view.locator("#unknown")).to_be_hidden()
    view.click("#theme")
    expect(view.locator("html")).to_have_attribute("data-theme", "light")
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert opened.faults == []
