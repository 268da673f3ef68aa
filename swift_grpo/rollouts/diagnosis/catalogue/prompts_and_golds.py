"""Prompts and golds."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import Case, Signal, level, share_of, wilson
from swift_grpo.rollouts.facts import prompts
from swift_grpo.rollouts.facts.accuracy import need_accuracy
from swift_grpo.rollouts.facts.run_facts import Missing

VISITS, FEWEST_PROMPTS = 3, 12
_DAPO = "DAPO (arXiv 2503.14476), section 3.2: a group without variance has no gradient"


def _of_prompts(case: Case, judge, what: str) -> Signal | None:
    texts = prompts.one_of_each([text for text in case.facts.read.texts if text.prompt.strip()])
    if len(texts) < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} different prompts (the sample has {len(texts)})")
    flags = judge(texts)
    if not flags.any():
        return None
    found = [text for text, flag in zip(texts, flags, strict=True) if flag]
    share, least = share_of(flags)
    began = min(text.step for text in found)
    return Signal(
        share, least, f"{len(found)} of {len(texts)} sampled prompts {what}", began, ids=[t.id for t in found[-3:]]
    )


def leak(case: Case, _: float) -> Signal | None:
    if not any(text.solution for text in case.facts.read.texts):
        raise Missing("`solution` in completions.jsonl (a dataset column of that name writes it)")
    return _of_prompts(case, prompts.leaks, "name their gold as the answer")


def cut_off(case: Case, _: float) -> Signal | None:
    return _of_prompts(case, prompts.cuts, "lack the beginning or the end that the others have")


def mixed(case: Case, _: float) -> Signal | None:
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


def duplicates(case: Case, _: float) -> Signal | None:
    facts = case.facts.prompts
    if case.facts.mixed[0] > 0:
        raise Missing("groups of one prompt each")
    if case.index.run.args.get("dynamic_sample"):
        raise Missing("batches as they stand in the data (--dynamic_sample true takes others for some)")
    if len(facts.again) < FEWEST_PROMPTS:
        raise Missing(f"{FEWEST_PROMPTS} groups")
    share, least = share_of(facts.again)
    if not facts.again.any():
        return None
    places = np.flatnonzero(facts.again)
    began = int(facts.again_steps[places[0]])
    said = f"{len(places):,} of {len(facts.again):,} groups are of a prompt that came before in the same epoch"
    return Signal(share, least, said, began, ids=[int(one) for one in facts.again_ids[places[-3:]]])


def _outcomes(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    facts = case.facts.prompts
    known = (facts.visits >= VISITS) & np.isfinite(facts.most)
    if not np.isfinite(facts.most).any():
        raise Missing(need_accuracy(case.index))
    if known.sum() < FEWEST_PROMPTS:
        raise Missing(
            f"{FEWEST_PROMPTS} prompts that come back in {VISITS} or more steps (there are {int(known.sum())})"
        )
    return facts.most[known], facts.least[known], facts.last[known]


def dead(case: Case, _: float) -> Signal | None:
    most, _, ids = _outcomes(case)
    return _always(case, most == 0, ids, "were never solved once")


def saturated(case: Case, _: float) -> Signal | None:
    _, least, ids = _outcomes(case)
    found = _always(case, least == 1, ids, "were solved by all completions, from the first time on")
    return found and replace(found, at_most="warn")  # time is lost, nothing else


def _always(case: Case, flags: np.ndarray, ids: np.ndarray, what: str) -> Signal | None:
    if not flags.any():
        return None
    share, least = share_of(flags)
    said = f"{int(flags.sum())} of {len(flags)} prompts that came in {VISITS} or more steps {what}"
    return Signal(share, least, said, case.step(0), ids=[int(one) for one in np.sort(ids[flags])[-3:]])


ILLNESSES = [
    Illness(
        "answer_leak", "The gold stands in the prompt, and the prompt says that it is the answer.", leak, 0.02, 0.2,
        "{value:.0%} of the prompts name their own answer",
        "the gold within 16 characters after a word such as answer, solution, hint, ####; warn from 2%, critical from 20% of the "
        "prompts; what is rewarded is then copying",
        "take it out of the prompt's column: `swift-grpo data audit`, --columns",
        ("zero_variance_right", "saturated_prompts", "prompt_echo", "length_collapse", "plateau"),
    ),
    Illness(
        "prompt_cut", "Prompts whose beginning or end was cut off.", cut_off, 0.03, 0.25,
        "{value:.0%} of the prompts are cut off",
        "the edge of 12 characters that half of the prompts share is missing; warn from 3%, critical from 25% of the prompts",
        "--max_length up, or --truncation_strategy delete instead of left",
        ("stuck", "dead_prompts", "policy_collapse"),
    ),
    Illness(
        "duplicate_prompts", "Prompts that stand in the data several times.", duplicates, 0.05, 0.3,
        "{value:.0%} of the groups repeat a prompt of the same epoch",
        "warn from 5%, critical from 30% of the groups; epochs by logging.jsonl",
        "take the copies out: `swift-grpo data prepare FILE --drop duplicates`; `swift-grpo data audit FILE` lists them",
        ("saturated_prompts", "plateau"),
    ),
    Illness(
        "mixed_groups", "Groups whose members answer different prompts: advantages compare what cannot be compared.",
        mixed, 0.02, 0.2,
        "{value:.0%} of the groups hold different prompts",
        "warn from 2%, critical from 20% of the groups; talks of several turns with one first question do not count",
        "`inspect show` at these groups; the sampler of a patched trainer, its sharding over ranks, or a --num_generations that "
        "is not what was trained with (Search-R1 issue 88)",
        ("stuck", "policy_collapse", "reward_collapse", "verifier_disagreement", "duplicate_prompts", "diversity_loss",
        "other_prompt", "advantages_wrong"),
    ),
    Illness(
        "other_prompt", "Completions that answer another prompt of their batch: texts and prompts are shifted.",
        other_prompt, 0.05, 0.3,
        "{value:.0%} of the completions answer another prompt of their step",
        "of the numbers and words that tell a prompt from the others of its step, 60% of another's and at most a third of its "
        "own; less the same share among prompts of another step; warn from 5%, critical from 30% of the completions",
        "`inspect show` at these groups; the order in which the rollout server gives its answers back: ms-swift and vLLM as "
        "pinned, no patch of the sampler (TRL issue 3098)",
        ("stuck", "policy_collapse", "reward_collapse", "verifier_disagreement", "reward_constant", "same_answer", "prompt_echo",
        "one_component", "format_without_accuracy", "reward_without_accuracy"),
    ),
    Illness(
        "dead_prompts", "Prompts that come back and are never solved.", dead, 0.12, 0.3,
        "{value:.0%} of the prompts have never been solved",
        f"warn from 12%, critical from 30%; {_DAPO}, over epochs",
        "remove these prompts or check their golds (`swift-grpo inspect prompts`), --num_generations up",
        ("zero_variance_wrong", "plateau"),
    ),
    Illness(
        "saturated_prompts", "Prompts that come back and have always been solved by every completion.", saturated, 0.25, 0.5,
        "{value:.0%} of the prompts were solved by every completion, always",
        f"warn from 25%, critical from 50%; {_DAPO}, over epochs",
        "remove these prompts (`swift-grpo inspect prompts`), --dynamic_sample true",
        ("zero_variance_right", "plateau"),
    ),
]  # fmt: skip
