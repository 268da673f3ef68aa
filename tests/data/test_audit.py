"""The audit finds each illness that is planted, lists it, and says how to mend it; its page holds no foreign markup."""

import json
import re
import shutil

import pytest

from swift_grpo.data.near_duplicates import near_duplicates
from tests.conftest import DATA
from tests.data.conftest import read_jsonl, write_jsonl
from tests.rollouts.page.conftest import BROWSERS

STORY = "A farmer has {} sheep and sells half of them at the market in the old town on a sunny day in May. How many are left?"
HEALTHY = [
    {"messages": [{"role": "user", "content": f"What is {i} plus {i + 1}?"}], "solution": str(2 * i + 1)}
    for i in range(20)
]
ILL = {
    "unreadable": {"query": "What?", "solution": "\\frac{1"},
    "no_gold": {"query": "What then?", "solution": None},
    "no_prompt": {"solution": "1"},
    "told": {"query": "Show why the answer is 42 here.", "solution": "42"},
    "proofs": {"query": "Prove that there are infinitely many primes.", "solution": "x", "id": "a"},
    "duplicates": {"query": "What is 3 plus 4?", "solution": "7"},
    "contradictions": {"query": "What is 3 plus 4?", "solution": "8"},
    "duplicate_ids": {"query": "Another one, please?", "solution": "8", "id": 7},
    "scripts": {"query": "求一个整数", "solution": "5"},
    "near": {"query": STORY.format(12), "solution": "6"},
}


@pytest.fixture
def ill(tmp_path):
    base = [*HEALTHY, {"query": STORY.format(10), "solution": "5", "id": 7}]
    path = write_jsonl(tmp_path / "ill.jsonl", [*base, *ILL.values()])
    with path.open("a") as file:
        file.write('{"half": \n')
    return path


def findings(data, *arguments) -> dict[str, dict]:
    return {one["check"]: one for one in json.loads(data("audit", *arguments, "--json").stdout)["advice"]}


def test_each_illness_is_found_with_its_row_and_a_command(data, ill):
    found = findings(data, ill)
    assert set(found) >= {*ILL, "unreadable_rows", "mixed", "all"}
    first = len(HEALTHY) + 2
    rows = {name: first + i for i, name in enumerate(ILL)}
    for name in set(ILL) - {"scripts"}:
        assert rows[name] in [row for row, _ in found[name]["examples"]], name
    for one in found.values():
        assert re.match(r"(DATASET=\S+ bash scripts/|swift-grpo data |jq )", one["command"]), one


def test_what_the_advice_says_mends_it(data, ill, tmp_path):
    command = findings(data, ill)["all"]["command"].split()
    assert command[:2] == ["swift-grpo", "data"]
    data(*command[2:])
    left = findings(data, tmp_path / "ill.clean.jsonl")
    assert not {"unreadable", "told", "proofs", "duplicates", "contradictions", "near", "no_prompt", "no_gold"} & set(
        left
    )


def test_a_healthy_set_has_nothing_to_mend_but_what_could_not_be_checked(data, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", HEALTHY)
    found = findings(data, path)
    assert {name: one["severity"] for name, one in found.items()} == {"too_long": "skipped"}
    shown = data("audit", path).stdout
    assert "integer 100.0%" in shown
    assert "SKIPPED" in shown


def test_tokens_are_counted_by_the_model(data, tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    rows = [*HEALTHY, {"query": "word " * 100, "solution": "1"}]
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    found = findings(data, path, "--tokenizer", tmp_path, "--max-length", 50)
    assert (found["too_long"]["count"], found["too_long"]["severity"]) == (1, "bad")
    assert "--max_length 164" in found["too_long"]["command"]
    assert "--tokenizer" in data("audit", path, "--tokenizer", tmp_path / "none", code=2).stderr


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        (["--rewards", "r1_format"], 0),  # the recipe's prompt speaks of the tags
        (["--rewards", "r1_format", "--system", ""], 20),
        (["--rewards", "xml_strict"], 20),
        (["--rewards", "integer_modulo"], 0),
        (["--rewards", "levenshtein"], 0),
    ],
)
def test_prompts_that_a_reward_does_not_fit(data, tmp_path, flags, count):
    path = write_jsonl(tmp_path / "a.jsonl", HEALTHY)
    found = findings(data, path, *flags)
    assert found.get(f"misfit:{flags[1]}", {"count": 0})["count"] == count
    assert found.get("unfit", {"count": 0})["count"] == count


def test_an_unknown_reward_is_one_line(data, tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", HEALTHY)
    assert "math_accuracy" in data("audit", path, "--rewards", "best", code=2).stderr


@pytest.mark.slow
def test_near_duplicates_are_found_among_many_and_by_two_processes():
    texts = [
        f"Question {i} is about {i * 7919 % 1000} things, {i % 13} people and the number {i * 31}." for i in range(9000)
    ]
    texts[8500], texts[8999] = STORY.format(10), STORY.format(12)
    found = {(one.other, one.text) for one in near_duplicates(texts)}
    assert (8500, 8999) in found
    assert near_duplicates(["too short", "too short"]) == []


def test_the_page_escapes_whatever_the_data_holds(data, tmp_path, chromium_or_none):
    hostile = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e\x00 Prove that &lt;"
    rows = [{"query": f"Prove that {hostile} {i}", "solution": hostile, hostile: i} for i in range(3)]
    path = write_jsonl(tmp_path / "a<b>.jsonl", rows)
    data("audit", path, "--page", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "<script" not in text
    assert "<img" not in text
    assert "U+202E" in text
    if chromium_or_none is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH; the page's text was checked")
    tab = chromium_or_none.new_page()
    requests, faults = [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: faults.append(message.text))
    tab.goto((tmp_path / "page.html").as_uri())
    assert tab.title() == "Audit of a<b>.jsonl"
    assert tab.locator("article.finding").count() > 2
    assert (len(requests), faults) == (1, [])


@pytest.fixture(scope="module")
def chromium_or_none():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("preset", "file", "share"),
    [
        ("gsm8k", "gsm8k_test", 1.0),
        ("gsm8k", "gsm8k_train", 1.0),
        ("aime24", "aime24_test", 1.0),
        ("math500", "math500_test", 0.99),
    ],
)
def test_golds_of_the_real_sets_are_readable(data, tmp_path, preset, file, share):
    data("prepare", preset, "--from", DATA / f"{file}.jsonl", "-o", "out.jsonl")
    rows = len(read_jsonl(tmp_path / "out.jsonl"))
    unreadable = findings(data, "out.jsonl", "--no-near").get("unreadable", {"count": 0, "examples": []})
    assert unreadable["count"] <= (1 - share) * rows, unreadable["examples"]
