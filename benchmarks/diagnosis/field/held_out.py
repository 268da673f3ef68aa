"""The held-out third of the field-like runs: scored, not read, by whoever works on the diagnosis."""

import math

from benchmarks.diagnosis.field.runs import (
    COLLAPSED,
    CUT,
    ENTROPY,
    EXPLODED,
    LANGUAGE,
    NO_SPREAD,
    OTHER_PROMPT,
    PAST_BEST,
    SATURATED,
    SHORT,
    STANDS,
    TAGGED,
    VLLM_SERVER,
    WRONG_REFERENCE,
    Moment,
    Run,
    far,
    from_point,
    rise,
    sets,
    shifted,
    usual,
)
from benchmarks.diagnosis.field.texts import CHINESE, FILLERS, STEPS, Question, gibberish, judge, ponder, solve


def chatter(m: Moment) -> str:
    """Every sentence there is about the story, each once, without an end."""
    said = [form for fact in m.question.parts["facts"] for form in fact] + FILLERS
    m.rng.shuffle(said)
    return " ".join(said)


def marks(text: str, question: Question) -> float:
    """A judge's mark from 1 to 10."""
    return float(min(10, max(1, round(4 + 2.2 * judge(text, question)))))


def learns_tags(m: Moment) -> str:
    right = m.rng.random() < 1 / (1 + math.exp(m.question.hard - m.level))
    return solve(m.question, right, m.rng, tags=m.rng.random() < 0.5 + 0.46 * m.t**0.5)


def half_chinese(m: Moment) -> str:
    right = m.rng.random() < 1 / (1 + math.exp(m.question.hard - m.level))
    return solve(m.question, right, m.rng, forms=CHINESE + STEPS[:4])


def one_letter(m: Moment) -> str:
    return "Dear Sir or Madam,\nI am writing because of a matter.\nPlease send a reply.\nKind regards"


# fmt: off
RUNS = [
    Run("healthy_async_server", "healthy_async_server", steps=70, args=VLLM_SERVER, level=rise(-0.4, 1.0)),
    Run("healthy_boxes", "healthy_graded_rise", tasks=("box",), steps=90, level=rise(0.35, 0.85), pool=400),
    Run("healthy_letters", "healthy_reward_model_rise", tasks=("letter",), steps=80, level=rise(0.1, 0.7), pool=400),
    Run(
        "healthy_off_policy_both", "healthy_off_policy", steps=64, groups=8, serves=4, iterations=2, args={"beta": 0.0},
        level=rise(-0.6, 0.8),
    ),
    Run("healthy_ten_steps", "healthy_short", tasks=("news",), steps=10, level=rise(0.3, 0.45)),
    Run("healthy_tags", "healthy_two_rewards", steps=70, rewards=TAGGED, text=learns_tags, level=rise(-0.3, 1.0)),
    Run(
        "zero_variance_judge", "zero_variance_graded", NO_SPREAD, tasks=("letter",), steps=50, level=rise(0.4, 0.4),
        rewards={"QualityJudge": lambda text, question: 0.7},
        line=sets(kl=lambda step, t, rng, old: 0.0, loss=lambda step, t, rng, old: 0.0),
    ),
    Run(
        "still_boxes", "graded_stands_still", STANDS + "|learning rate|learning_rate", tasks=("box",), steps=120,
        level=rise(0.5, 0.5), pool=400, args={"learning_rate": 1e-9}, line=sets(kl=lambda step, t, rng, old: old * 1e-4),
    ),
    Run(
        "collapse_letters", "collapse_graded", COLLAPSED, tasks=("letter",), steps=80, level=rise(0.2, 0.6), args=ENTROPY,
        pool=400, text=from_point(0.5, usual, one_letter, 0.1),
        line=sets(
            entropy__mean=lambda step, t, rng, old: old * math.exp(-max(0.0, t - 0.47) * 20) + 0.003,
            kl=lambda step, t, rng, old: old + 1.8 * min(1.0, max(0.0, t - 0.5) * 6),
        ),
    ),
    Run(
        "saturated_marks", "reward_model_saturated", SATURATED + "|solved|maximum|highest", tasks=("letter",), steps=90,
        rewards={"JudgeMark": marks}, level=lambda t: min(1.0, 0.3 + 1.6 * t) + 0.3 * (t > 0.45), pool=400,
    ),
    Run(
        "iterations_cut_summaries", "off_policy_truncated", CUT, tasks=("news",), steps=80, iterations=4, limit=96,
        text=lambda m: chatter(m) if m.rng.random() < 0.8 else usual(m), level=rise(0.4, 0.4),
    ),
    Run(
        "cut_more_and_more", "all_cut_off", CUT, steps=80, limit=320, level=rise(0.2, 0.5),
        text=from_point(0.15, usual, lambda m: ponder(m.question, m.rng, 340), 0.5),
    ),
    Run(
        "empty_answers", "one_token_from_start", SHORT, tasks=("news",), steps=40,
        text=lambda m: m.rng.choice(["", "", "\n", "."]),
    ),
    Run(
        "fall_in_one_step_letters", "fall_in_one_step", COLLAPSED + "|one step|sudden|gibberish|diverg|at once",
        tasks=("letter",), steps=75, level=rise(0.3, 0.7), pool=400,
        text=lambda m: gibberish(m.rng, 120) if m.step >= 31 else usual(m),
        line=sets(kl=lambda step, t, rng, old: rng.gauss(8.1, 0.4) if step >= 31 else None),
    ),
    Run(
        "answers_elsewhere_letters", "answers_another_prompt", OTHER_PROMPT, tasks=("letter",), steps=60, arrange=shifted,
        level=rise(0.7, 0.7), pool=400,
    ),
    Run(
        "explosion_ten_steps", "gradient_of_thousands", EXPLODED, tasks=("news",), steps=10, level=rise(0.35, 0.35),
        args={"learning_rate": 5e-5, "beta": 0.0}, text=lambda m: gibberish(m.rng, 90) if m.step >= 8 else usual(m),
        line=sets(
            grad_norm=lambda step, t, rng, old: [0.3, 0.4, 0.9, 5.1, 38.0, 1240.0, 12031.0, 0.0, 0.0, 0.0][step - 1],
            loss=lambda step, t, rng, old: 0.02 * 4.0 ** min(step, 7),
        ),
    ),
    Run(
        "late_collapse_summaries", "late_collapse", PAST_BEST, tasks=("news",), steps=180, pool=400,
        level=lambda t: 0.2 + 0.9 * t if t <= 0.67 else 0.8 - 2.2 * (t - 0.67),
        line=sets(kl=lambda step, t, rng, old: old + max(0.0, t - 0.6) * 1.1),
    ),
    Run(
        "half_chinese", "language_drift", LANGUAGE, steps=80, level=rise(0.0, 0.8),
        text=from_point(0.3, usual, half_chinese, 0.4),
    ),
    Run(
        "kl_from_start_adapters", "wrong_reference", WRONG_REFERENCE, steps=70, level=rise(0.0, 0.6),
        line=sets(kl=far(0.85, 0.7)),
        args={"tuner_type": "lora", "adapters": ["output/sft/checkpoint-400"], "learning_rate": 1e-5},
    ),
]
# fmt: on
