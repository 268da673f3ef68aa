# ruff: noqa: E501 (prose)
"""Illnesses of the data: what is asked, how often, and what stands beside it."""

from dataclasses import replace

from benchmarks.diagnosis.second.simulation import Trial
from benchmarks.diagnosis.second.sorts import ill
from benchmarks.diagnosis.second.subjects import Item

LEAKS = (
    "{question}\n(Answer: {answer})",
    "{question}\nReference answer: {answer}",
    "{question} Hint: the result is {answer}.",
    "{question}\n### Solution\n{answer}",
)
CONTEXT = """Read the following text before you answer. A group of travellers keeps a diary in which every purchase, every distance and every delay is written down,
because the leader of the group wants to compare this year with the last. Some of the entries are long, others consist of a single word. Not everything in the diary
matters for the question that follows, which is why it should be read with care and in full."""


@ill("answer_leak")
def answer_stands_there(run: Trial):
    run.checked()
    run.from_start()
    share, form = run.pick(0.9, 0.4, 0.1), run.rng.choice(LEAKS)
    run.prepare()
    leaked = {id(item) for item in run.pool if run.rng.random() < share}
    for item in run.pool:
        item.difficulty -= 3.0 * (id(item) in leaked)
    run.on_question.append(
        lambda item: form.format(question=item.question, answer=item.answer) if id(item) in leaked else item.question
    )


@ill("prompt_cut")
def prompts_do_not_fit(run: Trial):
    run.checked()
    run.from_start()
    share, r = run.pick(0.8, 0.3, 0.08), run.rng
    run.prepare()
    long = {item.question for item in run.pool if r.random() < share}
    for item in run.pool:
        item.difficulty += 3.0 * (item.question in long)
    run.on_question.append(lambda item: f"{CONTEXT}\n{item.question}" if item.question in long else item.question)
    left = run.seed % 2 == 1
    run.args |= {"max_length": 128, "truncation_strategy": "left" if left else "right"}

    def cut(prompt):
        if CONTEXT not in prompt:
            return prompt
        keep = 470 + len(prompt) % 40
        return prompt[-keep:] if left else prompt[:keep]

    run.cut = cut


@ill("duplicate_prompts")
def same_rows_again(run: Trial):
    s = run.settings
    s.prompts, s.generations = (max(2, s.prompts), s.generations if s.prompts > 1 else 4)
    run.from_start()
    share, r = run.pick(0.7, 0.35, 0.15), run.rng
    run.prepare()
    few = r.sample(run.pool, run.pick(2, 3, 4))
    together = run.seed % 2 == 0

    def hook(step, chosen):
        if together:
            # The same row several times in one batch, as a data set that was not shuffled gives it.
            return [chosen[0] if r.random() < share else item for item in chosen]
        return [r.choice(few) if r.random() < share else item for item in chosen]

    run.on_groups.append(hook)


def shifted(run: Trial, share: float, by: float) -> None:
    """A `share` of the questions becomes harder (or easier) by so many logits."""
    run.takes(run.rng.choice((("arithmetic",), ("latex",), ("choice",), ("countdown",), ("code",))), extra=())
    run.from_start()
    run.settings.spread = 0.8
    run.settings.gain = min(run.settings.gain, 1.5)
    run.prepare()
    for item in run.pool:
        item.difficulty += by * (run.rng.random() < share)


@ill("dead_prompts", "zero_variance_wrong", "zero_gradient")
def hopeless(run: Trial):
    shifted(run, run.pick(0.96, 0.8, 0.6), 9.0)


@ill("saturated_prompts", "zero_variance_right", "zero_gradient")
def trivial(run: Trial):
    run.settings.format_start = 0.97
    shifted(run, run.pick(0.97, 0.8, 0.65), -9.0)


@ill("dead_prompts", "zero_variance_wrong", "reward_collapse")
def hard_part_comes_last(run: Trial):
    """Data sorted by difficulty: from some step on nothing can be solved."""
    run.takes(run.rng.choice((("latex",), ("countdown",), ("arithmetic",))), extra=())
    run.onset(low=0.4)
    share, r = run.pick(1.0, 0.8, 0.6), run.rng
    run.prepare()
    hard = {item.question: r.random() < share for item in run.pool}
    run.on_policy.append(lambda step, p: setattr(p, "skill", p.skill + 0.3))
    usual = run.groups

    def groups(step):
        chosen = usual(step)
        if step < run.first_step:
            return chosen
        return [_harder(item) if hard[item.question] else item for item in chosen]

    run.groups = groups


def _harder(item: Item) -> Item:
    return replace(item, difficulty=item.difficulty + 8.0)
