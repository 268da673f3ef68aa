"""The page of several runs: what its data hold, and the page in a real browser."""

import json
import math
import re

import pytest

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.evaluation.page import runs_page
from swift_grpo.evaluation.page.runs_page import data, page
from swift_grpo.evaluation.runs.groups import Group
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.formats.run_files import find_run
from tests.rollouts.hostile import HOSTILE, write_hostile

NASTY = HOSTILE[2] + HOSTILE[4]


class Small(Run):
    """Few steps of two prompts, the same with every seed."""

    steps, prompts, group = 6, 2, 4

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.questions = [(20, k) for k in range(11, 99)]


class Shorter(Small):
    steps = 3


class WithoutAccuracy(Small):
    """Its only reward has five values and does not follow the answers."""

    reward_names = ("Style",)

    def rewards(self, t, text, right, formatted):
        return {"Style": self.rng.randint(0, 4) / 4}


class Hostile(Run):
    """The run of tests/rollouts/hostile.py."""


class Other(Small):
    def prompt(self, question):
        return f"another {question}"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    """A summary of a run, which is written once, with an outcome of the caller's choice."""
    folders = tmp_path_factory.mktemp("runs")

    def summed(kind=Small, name="run", seed=1, value=0.5, **changes) -> RunSummary:
        folder = folders / f"{kind.__name__}-{seed}" / "v0-20260101-000000"
        if not folder.exists():
            folder.parent.mkdir()
            write_hostile(folder) if kind is Hostile else kind(seed).write(folder)
        known = {"settings": {"learning_rate": "1e-06"}, "data": "", "code": "", "versions": {}, "training": None}
        known |= {"outcome": Outcome("solved", value, value - 0.1, value + 0.1, "training", 4), "findings": []}
        known |= {"steps": 6, "of_steps": 6, "seconds": 12.0, "seed": seed, "state": "ended", "cause": "finished"}
        run = find_run(folder)
        return RunSummary(name=name, folder=run.root, run=run, **(known | changes))

    return summed


def group(name, *runs) -> Group:
    return Group(name, {}, list(runs))


def curve(shown, chart, **wanted):
    """The first series of a chart that has these values."""
    series = next(one for one in shown["curves"]["charts"] if one["id"] == chart)["series"]
    return next(one for one in series if wanted.items() <= one.items())


def test_groups_of_unequal_numbers_of_runs(summary):
    three = [summary(seed=seed, name=f"a{seed}") for seed in (1, 2, 3)]
    shown = data([group("a", *three), group("b", summary(seed=4, name="b", settings={"learning_rate": "2e-06"}))])
    mean, alone = (curve(shown, "solved", group=k) for k in (0, 1))
    runs = [
        one["values"]
        for one in next(c for c in shown["curves"]["charts"] if c["id"] == "solved")["series"]
        if "thin" in one
    ]
    assert len(runs) == 3
    assert mean["values"] == pytest.approx([sum(at) / 3 for at in zip(*runs, strict=True)], abs=1e-4)
    assert mean["low"] == list(map(min, zip(*runs, strict=True)))
    assert mean["high"] == list(map(max, zip(*runs, strict=True)))
    assert "low" not in alone
    assert [run["differs"] for run in shown["runs"]] == ["learning_rate=1e-06"] * 3 + ["learning_rate=2e-06"]
    assert {row["rates"][0][1] for row in shown["prompts"]["rows"]} == {12}  # of three runs, four completions each
    apart = [runs_page._apart(row["rates"])[0] for row in shown["prompts"]["rows"]]
    assert apart == sorted(apart, reverse=True)


def test_runs_of_different_lengths(summary):
    long, short = summary(name="long"), summary(Shorter, "short", seed=2, steps=3)
    shown = data([group("both", long, short)])
    assert shown["curves"]["steps"] == [1, 2, 3, 4, 5, 6]
    mean = curve(shown, "solved", group=0)
    assert mean["values"][3:] == curve(shown, "solved", thin=True)["values"][3:]  # of the one that goes on


def test_a_run_without_accuracy_and_outcome(summary):
    plain = summary(WithoutAccuracy, "plain", outcome=None, seconds=math.inf, of_steps=None)
    shown = data([group("judged", summary()), group("plain", plain)])
    assert shown["groups"][1]["outcome"] is None
    assert shown["runs"][1]["seconds"] is None
    row = shown["prompts"]["rows"][0]
    assert row["rates"][1] == [0, 0]
    assert row["apart"] == 0
    assert row["runs"][1]["members"][0]["text"]["head"]
    assert shown["verdicts"][0].startswith("No verdict: plain")


@pytest.mark.slow
def test_nan_and_hostile_texts_are_text(summary, monkeypatch):
    monkeypatch.setattr(runs_page, "_COMPLETIONS", 8)
    hostile = summary(
        Hostile, name=NASTY, value=math.nan, cause=NASTY, findings=[("warn", "kl_blowup", NASTY)], steps=3
    )
    text = page([group(NASTY, hostile), group("b", summary(Hostile, name="b", seed=2, steps=3))])
    assert text.count("</script>") == 2
    assert "\u2028" not in text
    shown = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert shown["runs"][0]["outcome"]["value"] is None
    assert shown["runs"][0]["findings"][0][2] == NASTY
    long = next(one for row in shown["prompts"]["rows"] for one in row["runs"][0]["members"] if one["text"].get("out"))
    assert len(long["text"]["head"] + long["text"]["tail"]) == 2000
    assert len(text) < 300_000  # of texts of a million characters


def test_texts_stop_at_the_budget_and_curves_are_averaged(summary, monkeypatch):
    monkeypatch.setattr(runs_page, "_PROMPT_BYTES", 20_000)
    monkeypatch.setattr(runs_page, "_MOST_VALUES", 60)
    shown = data([group("a", summary(seed=1)), group("b", summary(seed=2))])
    assert 0 < len(shown["prompts"]["rows"]) < shown["prompts"]["in_common"] == 12
    assert len(json.dumps(shown["prompts"])) < 22_000
    assert sum(len(s["values"]) for c in shown["curves"]["charts"] for s in c["series"]) <= 70
    assert shown["curves"]["stretch"] == 3
    assert shown["curves"]["steps"] == [2, 5]


def test_no_prompt_in_common(summary):
    shown = data([group("a", summary()), group("b", summary(Other))])
    assert shown["prompts"] == {"in_common": 0, "rows": []}


def test_a_long_name_gives_way_to_the_first_runs(summary):
    two = group("beta=0, " * 10, summary(name="x"), summary(name="y", seed=2))
    shown = data([two, group("beta=1", summary(name="z", seed=3))])
    assert [one["name"] for one in shown["groups"]] == ["x and 1 more", "beta=1"]


@pytest.mark.slow
def test_the_page_in_a_browser(summary, tmp_path, visit):
    from playwright.sync_api import expect

    runs = [
        summary(seed=k, name=f"run {k}", value=k / 10, steps=4 + k, findings=[("critical", "nan", NASTY)] * (k % 2))
        for k in (1, 2, 3)
    ]
    target = tmp_path / "runs.html"
    target.write_text(page([group(NASTY, *runs[:2]), group("b", runs[2])]), encoding="utf-8")
    opened = visit(f"file://{target}")
    view = opened.page
    expect(view.locator("#trust p").first).not_to_be_empty()
    names = view.locator("#tables > div:nth-child(2) tbody td:first-child")
    expect(names).to_have_text(["run 1", "run 2", "run 3"])
    outcome = view.locator("#tables > div:nth-child(2) th button").nth(5)
    outcome.focus()
    view.keyboard.press("Enter")
    view.keyboard.press("Enter")
    expect(names).to_have_text(["run 3", "run 2", "run 1"])
    expect(view.locator("#chart-solved .band")).to_have_count(1)
    expect(view.locator("#chart-solved .thin")).to_have_count(2)
    expect(view.locator("#chart-solved .legend li")).to_have_count(2)
    view.select_option("#measure", "solved")
    expect(view.locator("#chart-reward")).to_be_hidden()
    view.locator("#chart-solved svg[role=img]").focus()
    view.keyboard.press("ArrowRight")
    expect(view.locator("#chart-solved .at")).to_have_text("step 1")
    expect(view.locator("#curves-note")).to_contain_text("is not an interval of the mean. run 1 ends at step 5")
    expect(view.locator("#finding-list .pill.critical")).to_have_count(2)
    expect(view.locator("#list li")).to_have_count(12)
    view.keyboard.press("/")
    view.keyboard.type("(no. 3)")
    expect(view.locator("#list li")).to_have_count(1)
    expect(view.locator("#group mark.hit").first).to_have_text("(no. 3)")
    expect(view.locator("#ends > div")).to_have_count(3)
    expect(view.locator("#ends .member")).to_have_count(12)
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert opened.faults == []
