"""The offline page in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.rollouts.hostile import HOSTILE


@pytest.fixture(scope="module")
def hostile_page(page_of, hostile_run):
    return page_of(hostile_run).as_uri()


@pytest.fixture(scope="module")
def healthy_page(page_of, healthy_run):
    return page_of(healthy_run).as_uri()


def listed(first: int, last: int, total: int) -> str:
    return f"{first}\u2013{last} of {total}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_texts_run_nothing(visit, hostile_page, scheme):
    visited = visit(hostile_page, color_scheme=scheme)
    page = visited.page
    for name in ("1:0", "2:1"):
        page.evaluate(f"location.hash = '#g={name}'")
        expect(page.locator(".group-head h3")).to_contain_text(f"Step {name[0]}")
        page.keyboard.press("t")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.wait_for_timeout(50)
    assert page.evaluate("window.__pwned") is None
    assert visited.faults == [] and visited.requests == [hostile_page]
    assert page.locator("main img, main a[href^=javascript], main style, main script").count() == 0
    shown = page.locator("#members .body").all_text_contents()
    assert [HOSTILE[k] in shown[k] for k in (0, 1, 2, 3, 6)] == [True] * 5


def test_hidden_characters_are_shown_and_long_texts_say_their_size(visit, hostile_page):
    page = visit(hostile_page + "#g=1:0").page
    shown = page.locator("#m4 .body")
    codes = shown.locator(".code").all_text_contents()
    assert codes == [
        "U+202E",
        "U+202C",
        "U+200B",
        "U+FEFF",
        "U+2028",
        "U+2029",
        "U+0000",
        "U+001B",
        "U+0007",
        "U+D800",
        "U+2066",
    ]
    assert "994,025 of 1,000,025 characters left out" in page.locator("#m5").inner_text()
    assert page.locator("#m5 mark.answer").inner_text() == "7"


def test_the_policy_stops_what_is_not_the_pages_own(visit, hostile_page):
    visited = visit(hostile_page)
    visited.page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.__pwned = 1'; document.body.append(s);"
        "const i = document.createElement('img'); i.src = 'https://example.org/x.png'; document.body.append(i)"
    )
    visited.page.wait_for_timeout(100)
    assert visited.page.evaluate("window.__pwned") is None
    violations = [fault for fault in visited.faults if "Content Security Policy" in fault]
    assert {part for part in ("script-src", "img-src") for fault in violations if part in fault} == {
        "script-src",
        "img-src",
    }


def test_a_deep_link_opens_its_completion(visit, healthy_page):
    page = visit(healthy_page + "#g=17:3:5").page
    assert page.locator(".group-head h3").inner_text() == "Step 17, group 3"
    assert page.locator(".member.target h4 a").inner_text() == "#5"
    assert page.locator(".member.target").is_visible()
    assert page.locator("#list [aria-current=true] .g").inner_text() == "17:3"
    box = page.locator(".member.target").bounding_box()
    assert 0 <= box["y"] < 900
    page.evaluate("location.hash = '#g=999:0'")
    expect(page.locator("#group")).to_contain_text("inspect show 999:0")


def test_keyboard(visit, healthy_page):
    page = visit(healthy_page).page
    heading = page.locator(".group-head h3")
    for key, step in (("j", 1), ("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        expect(heading).to_have_text(f"Step 1, group {step}")
        assert page.url.endswith(f"#g=1:{step}")
    assert not page.locator("details.thought").first.evaluate("one => one.open")
    page.keyboard.press("t")
    assert page.locator("details.thought").first.evaluate("one => one.open")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("(no. 13)")
    expect(page.locator("#page-at")).to_have_text(listed(1, 6, 6))
    page.keyboard.press("Escape")
    expect(page.locator("#page-at")).to_have_text(listed(1, 50, 288))


def test_filters_and_pages(visit, healthy_page):
    page = visit(healthy_page).page
    expect(page.locator("#page-at")).to_have_text(listed(1, 50, 288))
    page.click("#page-on")
    expect(page.locator("#page-at")).to_have_text(listed(51, 100, 288))
    page.select_option("#f-outcome", "right")
    expect(page.locator("#page-at")).not_to_contain_text("288")
    assert page.locator("#list .no").all_text_contents() == [""] * page.locator("#list li").count()
    page.click("#filters button[type=reset]")
    expect(page.locator("#page-at")).to_have_text(listed(1, 50, 288))


def test_a_click_on_a_chart_or_a_cell_shows_its_groups(visit, healthy_page):
    page = visit(healthy_page).page
    page.locator(".chart >> nth=0 >> svg[role=img]").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#page-at")).to_have_text(listed(1, 8, 8))
    assert page.locator(".group-head h3").inner_text() == "Step 35, group 0"
    page.locator("#heat rect.cell").first.click()
    expect(page.locator("#page-at")).to_have_text(listed(1, 1, 1))


def test_every_chart_has_its_numbers_behind_it(visit, healthy_page):
    page = visit(healthy_page).page
    assert page.locator(".chart").count() == 13
    for details in page.locator(".chart details.data").all():
        details.locator("summary").click()
        expect(details.locator("tbody tr").nth(35)).to_be_attached()


def test_light_dark_and_print(visit, healthy_page):
    page = visit(healthy_page, color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.keyboard.press("d")
    light = page.evaluate(ground)
    assert dark == "rgb(20, 23, 27)" and light == "rgb(250, 250, 250)"
    page.emulate_media(media="print")
    assert not page.locator("#side").is_visible() and page.locator("#members").is_visible()
    assert len(page.pdf()) > 10_000
