"""Prompts and golds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.case import Case, Signal
from swift_grpo.rollouts.diagnosis.measures import level, share_of, wilson
from swift_grpo.rollouts.facts import prompts
from swift_grpo.rollouts.facts.accuracy import need_accuracy
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.reading.rollout_text import RolloutText

VISITS, FEWEST_PROMPTS = 3, 12


def _of_prompts(case: Case, judge: Callable[[list[RolloutText]], np.ndarray], what: str) -> Signal | None:
    texts = prompts.one_of_each([text for text in case.facts.read.texts if text.prompt.strip()])
    if len(texts) < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} different prompts (the sample has {len(texts)})")
    flags = judge(texts)
    if not flags.any():
        return None
    found = [text for text, flag in zip(texts, flags, strict=True) if flag]
    share, least = share_of(flags)
    said = f"{len(found)} of {len(texts)} sampled prompts {what}"
    return Signal(share, least, said, min(text.step for text in found), ids=[text.id for text in found[-3:]])


def answer_leak(case: Case, _: float) -> Signal | None:
    if not any(text.solution for text in case.facts.read.texts):
        raise Missing("`solution` in completions.jsonl (a dataset column of that name writes it)")
    return _of_prompts(case, prompts.leaks, "name their gold as the answer")


def prompt_cut(case: Case, _: float) -> Signal | None:
    return _of_prompts(case, prompts.cuts, "lack the beginning or the end that the others have")


def mixed_groups(case: Case, _: float) -> Signal | None:
    share, groups, shown = case.facts.mixed
    if groups < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} groups of two or more completions")
    if not share:
        return None
    said = (
        f"{share:.0%} of {groups:,} groups hold completions of different prompts; groups: {case.index.run.group_rule}"
    )
    return Signal(share, wilson(share, groups), said, shown[0][0], ids=[one for _, one in shown[:3]])


def other_prompt(case: Case, warn: float) -> Signal | None:
    if not any(case.facts.read.texts):
        raise Missing("completions.jsonl (--log_completions true writes it)")
    return level("text/other_prompt", text=True)(case, warn)


def duplicate_prompts(case: Case, _: float) -> Signal | None:
    again = case.facts.prompts.again
    if case.facts.mixed[0] > 0:
        raise Missing("groups of one prompt each")
    if case.index.run.args.get("dynamic_sample"):
        raise Missing("batches as in the data (--dynamic_sample true replaces some)")
    if len(again) < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} groups")
    if not again.any():
        return None
    share, least = share_of(again)
    began, ids = case.facts.prompts.again_steps[again][0], case.facts.prompts.again_ids[again][-3:]
    said = f"{again.sum():,} of {len(again):,} groups are of a prompt that came before in the same epoch"
    return Signal(share, least, said, int(began), ids=ids.astype(int).tolist())


def dead_prompts(case: Case, _: float) -> Signal | None:
    return _always(case, lambda facts: facts.most == 0, "were never solved once")


def saturated_prompts(case: Case, _: float) -> Signal | None:
    found = _always(case, lambda facts: facts.least == 1, "were solved by all completions, from the first time on")
    return found and replace(found, at_most="warn")  # only time is lost


def _always(case: Case, holds: Callable[[prompts.Prompts], np.ndarray], what: str) -> Signal | None:
    """The share of prompts that came back and for which `holds` is true."""
    facts = case.facts.prompts
    known = (facts.visits >= VISITS) & np.isfinite(facts.most)
    if not np.isfinite(facts.most).any():
        raise Missing(need_accuracy(case.index))
    if known.sum() < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} prompts that come back in {VISITS} or more steps (there are {known.sum()})")
    flags = known & holds(facts)
    if not flags.any():
        return None
    share, least = share_of(flags[known])
    said = f"{flags.sum()} of {known.sum()} prompts that came in {VISITS} or more steps {what}"
    return Signal(share, least, said, case.step(0), ids=np.sort(facts.last[flags])[-3:].astype(int).tolist())
