"""The offline page in a real browser."""

import json
import math
import re

import pytest
from playwright.sync_api import expect

from benchmarks.diagnosis.own.synthetic import Run, line_and_metrics
from swift_grpo.formats import evaluations
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page.report_page import report
from tests.rollouts.hostile import HOSTILE

pytestmark = pytest.mark.slow


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
    charts = page.locator("#chart-grid .chart")
    assert charts.count() == 12
    for details in charts.locator("details.data").all():
        details.locator("summary").click()
        expect(details.locator("tbody tr").nth(35)).to_be_attached()
    page.locator("#add").select_option("key learning_rate")
    assert charts.count() == 13 and charts.last.locator("h3").inner_text().startswith("step 36\nlearning_rate")
    bars = page.locator("#bar-grid .chart")
    assert [one.split("\n")[0] for one in bars.locator("h3").all_inner_texts()] == [
        "Rewards",
        "Lengths",
        "Reward by length",
    ]
    shares = [float(text) for text in bars.first.locator("tbody td:nth-child(3)").all_text_contents()]
    assert sum(shares) == pytest.approx(1, abs=0.01)


def test_a_drag_zooms_all_charts_and_one_pointer_reads_all(visit, healthy_page):
    page = visit(healthy_page).page
    at = page.locator("#chart-grid .chart .at")
    first = page.locator("#chart-grid .chart >> nth=0 >> svg[role=img]")
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 50)
    reading = set(at.all_inner_texts())
    assert len(reading) == 1 and reading != {"step 36"}
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 50)
    page.mouse.up()
    page.mouse.move(5, 5)
    last = set(at.all_inner_texts())
    assert len(last) == 1 and last != {"step 36"}
    page.click("#whole")
    assert set(at.all_inner_texts()) == {"step 36"}


def test_smoothing_is_a_moving_mean(visit, healthy_page):
    page = visit(healthy_page).page
    card = page.locator("#chart-grid .chart").first
    card.locator("summary").click()
    values = [float(text) for text in card.locator("tbody td:nth-child(2)").all_text_contents()]
    page.select_option("#smooth", "5")
    smooth = [float(text) for text in card.locator("tbody td:nth-child(2)").all_text_contents()]
    assert smooth[10] == pytest.approx(sum(values[8:13]) / 5, abs=0.01) and smooth[10] != values[10]


def test_groups_are_sorted_and_found_by_their_numbers(visit, healthy_page):
    page = visit(healthy_page).page
    page.select_option("#f-sort", "length")
    page.select_option("#f-way", "down")
    page.wait_for_timeout(400)
    shown = page.evaluate("JSON.parse(document.getElementById('data').textContent).sample.map((g) => [g.chars, g.g])")
    names = page.locator("#list .g").all_inner_texts()
    assert [{g: c for c, g in shown}[name] for name in names] == sorted((c for c, _ in shown), reverse=True)[:50]
    page.select_option("#f-field", "reward")
    page.fill("#f-low", "2")
    expect(page.locator("#page-at")).not_to_contain_text("288")
    assert set(page.locator("#list .mean").all_inner_texts()) == {"2"}


def test_what_was_searched_is_marked(visit, healthy_page):
    page = visit(healthy_page).page
    page.fill("#f-text", "WHAT IS")
    expect(page.locator("#group .turn mark.hit").first).to_have_text("What is")
    page.locator("#f-text").press("Escape")
    expect(page.locator("#group mark.hit")).to_have_count(0)


def test_a_finding_and_its_curve_lead_to_each_other(visit, page_of, blown_up_run):
    visited = visit(page_of(blown_up_run).as_uri())
    page = visited.page
    finding = page.locator("#finding-kl_blowup")
    began = int(re.search(r"step (\d+)", finding.locator("dd").first.inner_text())[1])
    finding.get_by_role("link", name="KL to the reference").click()
    chart = page.locator("#chart-kl")
    expect(chart).to_be_in_viewport()
    mark, plot = (chart.locator(one).bounding_box() for one in (".mark rect", "svg[role=img]"))
    share = (mark["x"] - plot["x"]) / plot["width"]  # the axis takes a little of the left side
    assert share == pytest.approx(began / 40, abs=0.12)
    chart.get_by_role("link", name="kl_blowup").click()
    expect(finding).to_be_in_viewport()
    assert visited.faults == []


def test_a_logarithmic_axis_has_powers_of_ten(visit, page_of, blown_up_run):
    page = visit(page_of(blown_up_run).as_uri()).page
    page.select_option("#axis", "log")
    ticks = [float(one) for one in page.locator("#chart-kl svg[role=img] text[text-anchor=end]").all_text_contents()]
    assert len(ticks) >= 2 and all(round(math.log10(tick), 6) % 1 in (0, 0.30103, 0.69897) for tick in ticks)
    assert "logarithmic" in page.locator("#chart-kl .unit").inner_text()
    assert "logarithmic" not in page.locator("#chart-solved .unit").inner_text()


def test_a_prompt_first_and_last_and_in_another_run(visit, tmp_path, healthy_run):
    runs = [healthy_run, Run(seed=3).write(tmp_path / "other")]
    with open_index(runs[0]) as one, open_index(runs[1]) as other:
        (tmp_path / "report.html").write_text(report(one, [other]))
        (prompt, first, last), *_ = one.query(
            """SELECT prompt_hash, arg_min(name, place), arg_max(name, place) FROM browse GROUP BY prompt_hash HAVING count(*) > 1
               ORDER BY prompt_hash"""
        )
        others = other.query("SELECT count(*) FROM browse WHERE prompt_hash = ?", [prompt])[0][0]
    visited = visit(f"{(tmp_path / 'report.html').as_uri()}#ends={first}")
    columns = visited.page.locator("#ends > div")
    expect(columns).to_have_count(2 + (others > 0))
    shown = columns.locator("h3 a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert sorted(shown) == sorted([f"#g={first}", f"#g={last}"])
    assert visited.faults == []
    visited.page.locator("#heat .label").first.click()
    expect(visited.page.locator("#ends")).to_be_in_viewport()


def test_a_group_that_mixes_prompts_says_so(visit, page_of, tmp_path, healthy_page):
    rows = [{"prompt": f"What is {k} plus 1?", "completion": "2", "solution": "2", "A": 1.0} for k in range(4)]
    line, _ = line_and_metrics(1, rows, ("A",), None, len(rows))
    (tmp_path / "completions.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "args.json").write_text('{"num_generations": 4}')
    said = "The members answer different prompts"
    expect(visit(page_of(tmp_path).as_uri()).page.locator("#group")).to_contain_text(said)
    expect(visit(healthy_page).page.locator("#group")).not_to_contain_text(said)


def test_completions_have_the_graders_reason(visit, healthy_page):
    page = visit(healthy_page).page
    marks, said = (page.locator(f"#members .member > {one}").all_inner_texts() for one in ("h4", ".sub"))
    assert said and all("grader:\xa0" in one for one in said)
    assert ["right" in mark for mark in marks] == ["grader:\xa0right" in one for one in said]


def test_the_checkpoint_to_go_back_to(visit, tmp_path):
    run = Run().write(tmp_path / "v0-1")
    for step in (12, 24, 36):
        (run / f"checkpoint-{step}").mkdir()
    with open_index(run) as index:
        (tmp_path / "report.html").write_text(report(index))
        means = dict(index.query("SELECT step, avg(solved::INTEGER) FROM train GROUP BY step"))
    page = visit((tmp_path / "report.html").as_uri()).page
    rows = [one.split("\t") for one in page.locator("#checkpoints tbody tr").all_inner_texts()]
    near = [sum(means[k] for k in range(step - 4, step + 1)) / 5 for step in (12, 24, 36)]
    assert [float(row[2]) for row in rows] == pytest.approx(near, abs=0.01)
    best = rows[near.index(max(near))][0]
    assert f"To go back to: {best}, the highest solved." in page.locator("#checkpoint-note").inner_text()


def test_evaluations_beside_the_run(visit, tmp_path):
    run = Run().write(tmp_path / "out/grpo/v0-1")
    evaluations.keep(run, "held_out", {"before": {"value": 0.25, "low": 0.125, "high": 0.5}})
    (tmp_path / "out/after/gsm8k").mkdir(parents=True)
    measured = {"mean@4": {"value": 0.75, "low": 0.5, "high": 1}}
    summary = {"set": "<i>gsm8k", "model": "checkpoint-36@1 --template x", "numbers": {"measures": measured}}
    (tmp_path / "out/after/gsm8k/summary.json").write_text(json.dumps(summary))
    (tmp_path / "out/after/broken").mkdir()
    (tmp_path / "out/after/broken/summary.json").write_text("{")
    with open_index(run) as index:
        (tmp_path / "report.html").write_text(report(index))
    rows = visit((tmp_path / "report.html").as_uri()).page.locator("#evaluations tbody tr").all_inner_texts()
    assert rows == [
        "before\t\u2013\theld_out\taccuracy\t0.25\t0.125 to 0.5",
        "after\tcheckpoint-36@1\t<i>gsm8k\tmean@4\t0.75\t0.5 to 1",
    ]


def test_several_runs_are_laid_over_each_other(visit, tmp_path, healthy_run):
    runs = [healthy_run, Run(seed=3).write(tmp_path / "<b>other")]
    (runs[1] / "args.json").write_text(json.dumps(json.loads((runs[1] / "args.json").read_text()) | {"beta": 0.5}))
    with open_index(runs[0]) as one, open_index(runs[1]) as other:
        (tmp_path / "report.html").write_text(report(one, [other]))
        means = [index.query("SELECT avg(reward) FROM train WHERE step = 36")[0][0] for index in (one, other)]
    visited = visit((tmp_path / "report.html").as_uri())
    page = visited.page
    legend = page.locator("#chart-grid .chart >> nth=0 >> .legend li")
    assert [float(one) for one in legend.locator("b").all_inner_texts()] == pytest.approx(means, abs=0.01)
    assert "<b>other" in legend.nth(1).inner_text()
    assert page.locator("#others tbody tr").all_inner_texts() == ["--beta\t0.04\t0.5"]
    assert visited.faults == []


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
