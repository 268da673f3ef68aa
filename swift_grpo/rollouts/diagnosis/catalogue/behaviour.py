"""What the completions say."""

import re
from dataclasses import replace

import numpy as np

from swift_grpo.printable import clean
from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import (
    SHORT,
    SURE,
    Case,
    Signal,
    course,
    gain,
    level,
    number,
    unless_it_pays,
    worst_of,
)
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.step_table import LOOP, TINY

_TOKENS = 5  # of a completion, on average: not even a short thought
_ASKS = re.compile(r"\bthink|reason|step by step|explain|<answer>|\\boxed|思考|推理|步骤", re.IGNORECASE)
_PAID = 4.0  # standard errors of an advantage


def phrase(case: Case, warn: float) -> Signal | None:
    found = gain("text/phrase", high=2.0)(case, warn)
    said, has = case.facts.read.phrase
    paid = case.facts.read.favoured(has)
    more = f"; its completions have {number(paid[0])} more advantage than the others (±{number(SURE * paid[1])})"
    found = replace(found, evidence=f"“{said}”: {found.evidence}{more}")
    favoured, outcome = paid[0] > _PAID * paid[1], case.outcome(found.began)[0]
    if favoured and outcome != "gained":  # it may be what the reward is for
        return found
    if not favoured and outcome == "rising":
        return replace(found, at_most="info")
    return unless_it_pays(lambda case, warn: found)(case, warn)


def same_answer(case: Case, warn: float) -> Signal | None:
    if not any(case.facts.read.grades):
        raise Missing("a `solution` that our grader can read, and a right answer")
    found = gain("text/same_answer", high=0.3)(case, warn)
    return replace(found, said={"answer": clean(case.facts.read.same_answer[0])[:40]})


def too_short(case: Case, warn: float) -> Signal | None:
    """From the start: what becomes short later is `length_collapse`."""
    if case.index.rows:
        found, asked = level("tiny", where=f"chars < {TINY}")(case, warn), False
        asked = any(_ASKS.search(text.prompt) for text in case.facts.read.texts)
    else:
        shape = case.shape("completions/mean_length", fewest=SHORT)
        few = (shape.means < _TOKENS).astype(float)
        asked, said = False, f"completions/mean_length: {course(case, shape)}"
        found = Signal(float(few[0]), float(few[0]), said, case.step(0))
    fifth = case.facts.steps[0] + 0.2 * np.ptp(case.facts.steps)
    if found.began is None or found.began > fifth:
        return None
    return replace(found, at_most="critical" if asked else "warn")


def open_thought(case: Case, warn: float) -> Signal | None:
    """Where the thoughts that do end lead to right answers no more either, both come of what became of the policy."""
    found = level("open_thought", where="thought_chars = chars AND chars > 0")(case, warn)
    ended = "avg(solved::INTEGER) FILTER (thought_chars < chars AND thought_chars > 0"
    sql = f"SELECT {ended} AND step < {found.began}), {ended} AND step >= {found.began}) FROM train"
    before, after = case.index.query(sql)[0]
    if before and after is not None and after < 0.5 * before:
        case.proven |= {(cause, "open_thought") for cause in ("policy_collapse", "reward_collapse")}
    return found


ILLNESSES = [
    Illness(
        "too_short", "Completions of a few letters from the start, though the prompt asks for a thought.", too_short, 0.5, 0.8,
        "{value:.0%} of the completions are a token or a few, from the start",
        f"below {TINY} characters (without texts: {_TOKENS} tokens on average); warn from 50%, critical from 80% of the "
        "completions where the prompt asks to think, reason or box the answer; rule of thumb",
        "the chat template (--template) and its end token; a base model needs an SFT cold start; --max_completion_length, "
        "--temperature 1",
        ("stuck", "symptoms", "diversity_loss", "length_collapse", "same_answer", "policy_collapse", "reward_collapse",
        "zero_variance_right", "verifier_disagreement", "empty"),
    ),
    Illness(
        "gibberish", "Letters or words in no order, as after a weight sync that failed or was done by half.",
        worst_of(level("text/gibberish", text=True), level("text/salad", text=True)), 0.03, 0.3,
        "{value:.0%} of the completions are gibberish",
        "characters above the start's median surprise by 1 bit and 4 median deviations, three scripts and more, or words "
        "whose order is worth "
        "less than a quarter of the run's median (own test against the same words shuffled); warn from 3%, critical from 30%; "
        "ms-swift issues 9114, 9475, 9619",
        "restart the rollout server from the checkpoint; --vllm_enable_lora and --vllm_max_lora_rank as trained, "
        "--log_rollout_offpolicy_metrics true shows the mismatch",
        ("stuck", "policy_side", "text_side", "reward_side"),
    ),
    Illness(
        "strange_words", "Words that no other completion uses turn up in the text.", gain("text/strange", high=2.0), 0.02, 0.15,
        "{value:.0%} more of the words than before stand in no other completion",
        "warn from 2, critical from 15 points more than before, of words that stand once in the sample and not "
        "in the prompt; rule of "
        "thumb",
        "--temperature down, --learning_rate down; restart the rollout server from the checkpoint, "
        "--log_rollout_offpolicy_metrics true shows a mismatch",
        ("stuck", "policy_collapse", "reward_collapse", "boilerplate"),
    ),
    Illness(
        "repetition", "Loops and counters, at the end of completions or inside of them.",
        worst_of(level("text/loops", text=True), level("ends_in_loop", where=f"tail_repeats >= {LOOP}")), 0.03, 0.2,
        "{value:.0%} of the completions run in a loop",
        "400 characters that zlib makes a quarter of, digits set to 0 (no solution of GSM8K or MATH-500 has "
        "such), or the last 24 "
        "characters four times within the last 1000; warn from 3%, critical from 20% of the completions",
        "the reward `repetition`, --repetition_penalty 1.05, --temperature up, --learning_rate down",
        ("length_side", "stuck", "boilerplate", "policy_collapse", "reward_collapse", "diversity_loss", "entropy_collapse",
        "symptoms"),
    ),
    Illness(
        "language_mixing", "Another language than the prompt's, of another script or of the same.",
        level("text/foreign", text=True), 0.04, 0.25,
        "{value:.0%} of the completions are in part in another language",
        "5% of the letters in a script the prompt lacks, or 10% of the function words of another language; warn "
        "from 4%, critical "
        "from 25% of the completions; DeepSeek-R1 (arXiv 2501.12948), section 2.3.2",
        "--reward_funcs language_consistency with a small entry in --reward_weights, an SFT cold start, --beta up",
        ("plateau", "boilerplate"),
    ),
    Illness(
        "boilerplate", "The same words come to stand in the completions of different prompts.", phrase, 0.2, 0.5,
        "{value:.0%} more of the completions share a phrase, whatever the prompt",
        "8 words in a row in completions of three prompts or more; warn from 20, critical from 50 points more "
        "than before; rule of "
        "thumb for reward hacking",
        "see which reward pays for it (`inspect show`), --reward_weights for that one down, --beta up, --temperature up",
        ("reward_without_accuracy", "length_growth", "plateau", "diversity_loss"),
    ),
    Illness(
        "prompt_echo", "The answer is the prompt's own words.", gain("text/echo"), 0.05, 0.3,
        "{value:.0%} of the answers repeat the prompt's words",
        "answers of four or more words that all stand in the prompt, or completions that are more than half the "
        "prompt's; warn from "
        "5, critical from 30 points more than before; rule of thumb for reward hacking",
        "a verifier that reads the whole answer: --external_plugins plugin/plugin.py --reward_funcs math_accuracy",
        ("verifier_disagreement", "reward_without_accuracy", "plateau", "boilerplate"),
    ),
    Illness(
        "several_answers", "More than one `<answer>` in a completion: candidates are listed.",
        level("several_answers", where="answers > 1"), 0.05, 0.3,
        "{value:.0%} of the completions have several <answer> blocks",
        "warn from 5%, critical from 30%; a verifier that takes any or the first block pays for listing candidates",
        "--external_plugins plugin/plugin.py --reward_funcs math_accuracy r1_format: neither pays for two blocks that differ",
        ("verifier_disagreement", "reward_without_accuracy", "plateau"),
    ),
    Illness(
        "same_answer", "One wrong answer to different prompts, such as the example's of the prompt.", same_answer, 0.08, 0.3,
        "{value:.0%} of the completions give one answer to different prompts: {answer}",
        "warn from 8, critical from 30 points more than before, of wrong answers to three prompts or more; from 30% on, at all; "
        "rule of thumb",
        "no example with an answer in the system prompt; see who is paid for it (`inspect show`), "
        "--learning_rate down, --beta up",
        ("plateau", "reward_without_accuracy", "zero_variance_wrong", "policy_collapse", "diversity_loss", "length_collapse"),
    ),
    Illness(
        "refusal", "Completions that refuse to answer.", level("text/refusal", text=True), 0.04, 0.25,
        "{value:.0%} of the completions refuse to answer",
        "such as `I cannot help` in the first or last 400 characters; warn from 4%, critical from 25%; rule of thumb",
        "look at the prompts that get them (`inspect show`): the template, the system prompt; --beta down, an SFT cold start",
        ("plateau", "zero_variance_wrong", "policy_collapse", "length_collapse", "boilerplate", "diversity_loss",
        "reward_collapse"),
    ),
    Illness(
        "symbols", "Pictures, arrows and markup fill the text.", gain("text/symbols", high=0.5), 0.04, 0.2,
        "{value:.0%} more of the characters than before are symbols",
        "warn from 4, critical from 20 points more than before, of characters that are pictures or one of *#_~`|; rule of thumb",
        "see which reward pays for it (`inspect show`), --reward_weights for that one down, --beta up",
        ("plateau", "reward_without_accuracy", "gibberish", "length_growth", "boilerplate"),
    ),
    Illness(
        "runs_on", "The text goes on after its answer, or plays the next turn: the end token is not learned or not seen.",
        level("text/runs_on", text=True), 0.05, 0.3,
        "{value:.0%} of the completions do not stop after their answer",
        "more than 60 characters after `</answer>`, or a mark of the chat template; warn from 5%, critical "
        "from 30%; rule of thumb",
        "the chat template (--template) and its end token, stop words of the rollout server; an SFT cold start",
        ("length_growth", "truncation", "several_answers", "plateau", "slow_steps", "verifier_disagreement"),
    ),
    Illness(
        "open_thought", "Thoughts that are opened and never closed.",
        open_thought, 0.1, 0.4,
        "{value:.0%} of the thoughts never end",
        "warn from 10%, critical from 40% of the completions; an answer inside of a thought is none",
        "a format reward that asks for </think>, --max_completion_length up if they are cut off; is </think> "
        "a token of the template?",
        ("plateau", "verifier_disagreement", "policy_collapse", "reward_collapse", "zero_variance_wrong"),
    ),
    Illness(
        "empty", "Completions without a character.", level("empty", where="chars = 0"), 0.02, 0.2,
        "{value:.0%} of the completions are empty",
        "warn from 2%, critical from 20%",
        "the stop tokens and --max_completion_length; --overlong_filter; the rollout server's log",
        ("length_collapse", "policy_collapse", "stuck"),
    ),
]  # fmt: skip
