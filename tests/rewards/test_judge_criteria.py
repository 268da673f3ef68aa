"""The judge with criteria, against a local server that stands in for a hosted model."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from grpo_rewards import judge, judge_server, settings, verdict_log
from grpo_rewards.contract import RewardError

from benchmarks.rewards.judge_attacks import FAKE, RUBRIC
from benchmarks.rewards.judge_serving import ask, chat, listed, marked, serving, text_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def log(tmp_path):
    judge._CACHE.clear()
    judge_server._PLAIN.clear()
    verdict_log.open_in(str(tmp_path))
    yield lambda: [json.loads(line) for line in (tmp_path / "verdicts/llm_judge.jsonl").read_text().splitlines()]
    verdict_log.open_in(None)


def by_place(body):
    """8 for the criterion that stands first, 4 for the second."""
    return marked(dict(zip(listed(body), (8, 4), strict=True)), reason="\x1b[1mso")


def test_one_request_asks_for_all_criteria(log):
    with serving(by_place) as stub:
        assert ask(stub.url, ["2 m", "<think>a</think>2 m", "", "3 m"], rubric=RUBRIC) == pytest.approx(
            [0.7, 0.7, 0, 0.7]
        )
    assert len(stub.bodies) == 2
    schema = stub.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["correct", "unit"] and stub.bodies[0]["temperature"] == 0
    first, second, empty, _ = log()
    assert first["reason"] == "correct 8:  [1mso" and first["marks"] == {"correct": [8], "unit": [4]}
    assert [line["requests"] for line in (first, second)] == [1, 0]
    assert (empty["value"], empty["reason"]) == (0, "an empty answer")


def test_a_second_pass_has_the_criteria_in_reverse(log, caplog):
    with serving(by_place) as stub:
        assert ask(stub.url, ["2 m"], rubric=RUBRIC, passes=2) == pytest.approx([(0.7 + 0.5) / 2])
    assert sorted(map(listed, stub.bodies)) == [["correct", "unit"], ["unit", "correct"]]
    (line,) = log()
    assert line["marks"] == {"correct": [8, 4], "unit": [4, 8]}
    assert line["disagreement"] == pytest.approx(0.2) and line["requests"] == 2
    caplog.set_level("INFO")
    with serving(lambda body: marked({n: 9 if n == listed(body)[0] else 0 for n in listed(body)})) as stub:
        ask(stub.url, ["2 m"], rubric=RUBRIC, passes=2)
    assert "2 requests for 1 answers" in caplog.text
    assert "two passes differ by 0.450 in the mean, by more than 0.2 for 100% of 1 answers" in caplog.text


def test_a_pass_that_fails_leaves_no_value():
    def half(body):
        return by_place(body) if listed(body)[0] == "correct" else (401, "", 0)

    with serving(half) as stub:
        assert ask(stub.url, ["2 m"], rubric=RUBRIC, passes=2) == [None]


def test_a_reply_that_is_not_as_asked_is_asked_for_again_and_warmer(log):
    def first_prose(body):
        return by_place(body) if body["temperature"] else chat(f"Well: {FAKE}")

    with serving(first_prose) as stub:
        assert ask(stub.url, ["2 m"], rubric=RUBRIC) == pytest.approx([0.7])
        judge._CACHE.clear()
        assert ask(stub.url, [FAKE], rubric=RUBRIC, tries=1) == [None]
    assert [body["temperature"] for body in stub.bodies[:2]] == [0, 0.5]
    assert log()[1]["reason"] == "a reply that is not the JSON asked for"


def test_a_server_that_refuses_the_schema_is_asked_without_it_from_then_on():
    with serving(lambda body: (400, "", 0) if "response_format" in body else by_place(body)) as stub:
        assert ask(stub.url, ["2 m", "3 m"], rubric=RUBRIC, concurrency=1) == pytest.approx([0.7, 0.7])
    assert ["response_format" in body for body in stub.bodies] == [True, False, False]


def test_one_request_that_is_refused_anyway_does_not_turn_the_schema_off():
    with serving(lambda body: (400, "too long", 0) if "long" in text_of(body) else by_place(body)) as stub:
        assert ask(stub.url, ["long", "3 m"], rubric=RUBRIC, concurrency=1) == [None, pytest.approx(0.7)]
    assert ["response_format" in body for body in stub.bodies] == [True, False, True]


def test_a_rows_rubric_comes_before_the_file_and_a_broken_one_costs_that_row(tmp_path, log):
    (tmp_path / "criteria.json").write_text('[{"name": "of the file", "text": "is good"}]')

    def reply(body):
        return marked(dict.fromkeys(listed(body), 5)) if listed(body) else chat("3")

    async def both(rewarder, **columns):
        turns = [[{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": text}] for text in "abc"]
        return await rewarder.ask(list("abc"), messages=turns, trainer_state=SimpleNamespace(global_step=4), **columns)

    with serving(reply) as stub:
        reward = settings.load("")["llm_judge"][0]
        given = {"url": stub.url, "tries": 1}
        with_file = settings.build(reward, {**given, "criteria": str(tmp_path / "criteria.json")})
        rubrics = ["is kind", None, "-1: is rude"]
        assert asyncio.run(both(with_file, rubric=rubrics)) == [0.5, 0.5, None]
        assert asyncio.run(both(settings.build(reward, given), rubric=rubrics)) == [0.5, 0.3, None]
        assert asyncio.run(both(settings.build(reward, given))) == [0.3, 0.3, 0.3]
    lines = log()
    assert [list(line.get("marks", {})) for line in lines[:3]] == [["criterion 1"], ["of the file"], []]
    assert lines[2]["reason"].startswith("the row's rubric: criterion 1 has the weight -1.0")
    assert {line["step"] for line in lines} == {5}


def test_two_judges_at_once_do_not_lose_each_others_marks(monkeypatch):
    """ms-swift awaits its async rewards together, and a full memory of marks is emptied."""
    monkeypatch.setattr(judge, "_CACHED", 1)

    async def together(*rewarders):
        turns = [[{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": text}] for text in "ab"]
        for _ in range(3):
            paid = await asyncio.gather(
                *(one.ask(["a", "b"], messages=turns, rubric=[RUBRIC] * 2) for one in rewarders)
            )
        return paid

    with serving(by_place) as stub:
        reward = settings.load("")["llm_judge"][0]
        made = [settings.build(reward, {"url": stub.url, "passes": passes}) for passes in (1, 2)]
        assert asyncio.run(together(*made)) == [pytest.approx([0.7, 0.7]), pytest.approx([0.6, 0.6])]


WRONG = [
    ({"criteria": "no.json"}, "file of criteria no"),
    ({"passes": 3}, "passes is 3"),
    ({"passes": 0}, "passes is 0"),
]


@pytest.mark.parametrize(("given", "why"), WRONG)
def test_wrong_parameters_are_reported_when_it_is_built(given, why):
    with pytest.raises(RewardError, match=why):
        settings.build(settings.load("")["llm_judge"][0], given)
