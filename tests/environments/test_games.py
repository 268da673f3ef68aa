"""The environments' own rules, without ms-swift."""

import asyncio
import subprocess
import sys
import threading
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from grpo_environments import gym_question
from grpo_environments.guess_number import GuessNumber, last_number, rows
from grpo_environments.gym_question import GymQuestion
from grpo_rewards.gym_tasks import GymRow

from tests.conftest import ROOT

RIGHT, WRONG = "<answer>7</answer>", "<answer>8</answer>"
GYM = GymRow("chain_sum", 1, 0, {}, "7", {}).text


def turns(text: str) -> list[dict]:
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]


def test_whoever_halves_the_range_finds_the_number_in_five_turns_and_is_paid_1():
    for row in rows({}, seed=3, n=200):
        game, low, high = GuessNumber(row["env_config"]), row["env_config"]["low"], row["env_config"]["high"]
        for _turn in range(5):
            said, paid, done = game.guess(str(guess := (low + high) // 2))
            low, high = (guess + 1, high) if said == "Higher." else (low, guess - 1)
            if done:
                break
        assert (paid, done) == (1.0, True)


def test_a_wasted_turn_costs_a_tenth_and_only_the_turn_that_finds_it_pays():
    game = GuessNumber({"low": 1, "high": 100, "number": 60})
    said = [game.guess(text) for text in ("50", "50", "40", "101", "I pass", "70", "60.5")]
    assert {(paid, done) for _, paid, done in said} == {(0.0, False)}
    assert game.guess("so it is <answer>60</answer>")[1:] == (pytest.approx(0.5), True)  # 50 again, 40, 101, pass, 60.5
    for _ in range(20):
        game.guess("I pass")
    assert game.guess("60")[1:] == (0.0, True)


@pytest.mark.parametrize("text", ["", "\0", "9" * 100_000, "1," * 50_000, "<think>" * 1000, "\u0661\u0662", "-", "²"])
def test_no_text_of_a_model_breaks_the_game(text):
    said, paid, done = GuessNumber({"low": 1, "high": 9, "number": 5}).guess(text)
    assert (len(said) < 40, paid, done) == (True, 0.0, False)


def test_the_last_number_counts():
    assert last_number("Not 40 but 45.") == 45 and last_number("1, 2 and 3") == 3 and last_number("3,5") == 5


@pytest.mark.parametrize(
    "config",
    [{}, {"low": 1, "high": 9}, {"low": 1, "high": 9, "number": 12}, {"low": 9, "high": 1, "seed": 1},
     {"low": 1.0, "high": 9, "seed": 1}, {"low": True, "high": 9, "seed": 1}, {"low": "1", "high": 9, "number": 3}],
)  # fmt: skip
def test_a_config_that_is_no_game_is_refused(config):
    with pytest.raises(ValueError, match="env_config of guess_number"):
        GuessNumber(config)


def test_a_seed_draws_the_same_number_for_the_whole_group_and_columns_of_other_rows_are_none():
    config = {"name": "guess_number", "low": 1, "high": 1000, "seed": 4, "number": None, "board": None}
    assert len({GuessNumber(config).number for _ in range(8)}) == 1
    assert GuessNumber({**config, "seed": 5}).number != GuessNumber(config).number


def play(gym: str, *texts: str) -> list[tuple]:
    async def go() -> list[tuple]:
        question = GymQuestion({})
        asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "3 + 4 ="}]
        seen = [await question.reset(SimpleNamespace(data_dict={"gym": gym}, messages=asked))]
        seen += [await question.step(turns(text)) for text in texts]
        await question.close()
        return seen

    return asyncio.run(go())


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("reasoning_gym"), reason="reasoning-gym: pip install -r requirements/gym.txt")
def test_a_question_may_be_tried_again_for_a_tenth_less():
    start, first, second, third = play(GYM, WRONG, "no answer", RIGHT)
    assert start == ("3 + 4 =", {}, "")
    assert first[1:3] == second[1:3] == (0.0, False)
    assert third[1:3] == (pytest.approx(0.8), True)


def test_the_best_try_is_paid(monkeypatch):
    scores = iter([0.5, 0.25, 1.0])
    monkeypatch.setattr(gym_question, "reasoning_gym", lambda texts, rows: [next(scores)])
    assert [paid for _, paid, *_ in play(GYM, "a", "b", "c")[1:]] == pytest.approx([0.5, 0.0, 0.3])


def test_a_row_that_cannot_be_scored_is_no_wrong_answer():
    with pytest.raises(ValueError, match="the row cannot be scored"):
        play("", RIGHT)


def test_scoring_does_not_hold_the_event_loop(monkeypatch):
    beaten = threading.Event()
    monkeypatch.setattr(gym_question, "reasoning_gym", lambda texts, rows: [float(beaten.wait(60))])

    async def go():
        played = asyncio.create_task(GymQuestion({}).step(turns(RIGHT)))
        await asyncio.sleep(0.01)  # the step is waiting for its score now
        beaten.set()
        return await played

    assert asyncio.run(go())[1] == 1.0


def test_environments_import_neither_torch_nor_swift():
    heavy = ("torch", "swift", "sympy", "numpy", "reasoning_gym")
    names = "grpo_environments.guess_number, grpo_environments.gym_question"
    code = f"import sys, {names}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "plugin", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
