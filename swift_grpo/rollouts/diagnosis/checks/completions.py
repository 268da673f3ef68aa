"""What the completions say."""

import re
from dataclasses import replace

import numpy as np

from swift_grpo.printable import clean
from swift_grpo.rollouts.diagnosis.case import SHORT, SURE, Case, Signal, number
from swift_grpo.rollouts.diagnosis.measures import gain, level, weighed, worst_of
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.step_table import LOOP, TINY

TOKENS = 5  # of a completion, on average: less than a short thought
COMMON = 0.3  # of the completions
_ASKS = re.compile(r"\bthink|reason|step by step|explain|<answer>|\\boxed|思考|推理|步骤", re.IGNORECASE)
_PAID = 4.0  # standard errors of an advantage


def too_short(case: Case, warn: float) -> Signal | None:
    """From the start: what becomes short later is `length_collapse`."""
    asked = False
    if case.index.rows:
        found = level("tiny", where=f"chars < {TINY}")(case, warn)
        asked = any(_ASKS.search(text.prompt) for text in case.facts.read.texts)
    else:
        shape = case.shape("completions/mean_length", fewest=SHORT)
        share = float(shape.means[0] < TOKENS)
        found = Signal(share, share, f"completions/mean_length: {case.course(shape)}", case.step(0))
    if found.began is None or found.began > case.facts.steps[0] + 0.2 * np.ptp(case.facts.steps):
        return None
    return replace(found, at_most="critical" if asked else "warn")


gibberish = worst_of(level("text/gibberish", text=True), level("text/salad", text=True))
strange_words = gain("text/strange", high=2.0)
repetition = worst_of(level("text/loops", text=True), level("ends_in_loop", where=f"tail_repeats >= {LOOP}"))
language_mixing = level("text/foreign", text=True)


def boilerplate(case: Case, warn: float) -> Signal | None:
    found = gain("text/phrase", high=2.0)(case, warn)
    said, has = case.facts.read.phrase
    paid = case.facts.read.favoured(has)
    more = f"; its completions have {number(paid[0])} more advantage than the others (±{number(SURE * paid[1])})"
    found = replace(found, evidence=f"“{said}”: {found.evidence}{more}")
    favoured, outcome = paid[0] > _PAID * paid[1], case.outcome(found.began)[0]
    if favoured and outcome != "gained":  # the reward may be for it
        return found
    if not favoured and outcome == "rising":
        return replace(found, at_most="info")
    return weighed(case, found, warn)


prompt_echo = gain("text/echo")
several_answers = level("several_answers", where="answers > 1")


def same_answer(case: Case, warn: float) -> Signal | None:
    if not any(case.facts.read.grades):
        raise Missing("a `solution` that our grader can read, and a right answer")
    found = gain("text/same_answer", high=COMMON)(case, warn)
    return replace(found, said={"answer": clean(case.facts.read.same_answer[0])[:40]})


refusal = level("text/refusal", text=True)
symbols = gain("text/symbols", high=0.5)
runs_on = level("text/runs_on", text=True)


def open_thought(case: Case, warn: float) -> Signal | None:
    """If the thoughts that end lead to fewer right answers too, both follow from a collapse of the policy."""
    found = level("open_thought", where="thought_chars = chars AND chars > 0")(case, warn)
    ended = "avg(solved::INTEGER) FILTER (thought_chars < chars AND thought_chars > 0"
    sql = f"SELECT {ended} AND step < {found.began}), {ended} AND step >= {found.began}) FROM train"
    before, after = case.index.query(sql)[0]
    if before and after is not None and after < 0.5 * before:
        case.proven |= {(cause, "open_thought") for cause in ("policy_collapse", "reward_collapse")}
    return found


empty = level("empty", where="chars = 0")
