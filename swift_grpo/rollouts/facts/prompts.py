"""Facts of the prompts over the whole run: how often each came, how it was solved, and what stands in it."""

import os
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from swift_grpo.rollouts.facts.numbers import TRAIN
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.texts import RolloutText

_SAYS_ANSWER = re.compile(
    r"answer|solution|result|correct|hint|gold|key|target|####|boxed|reference|expected", re.IGNORECASE
)
_NEAR = 40  # characters before the gold in which a word says what it is
_EDGE = 12  # characters by which prompts begin and end alike


@dataclass(frozen=True)
class Prompts:
    """Arrays along the prompts of training: `visits` (steps it came in), `least` and `most` (its solved share in the worst
    and the best of them, NaN if unknown), `last` (a rollout's id). `again`: of every group in order of the log, whether its prompt
    had come before in the same epoch; None where the log does not tell epochs and every prompt came about as often."""

    visits: np.ndarray
    least: np.ndarray
    most: np.ndarray
    last: np.ndarray
    again: np.ndarray
    again_steps: np.ndarray
    again_ids: np.ndarray


def prompts(index: Index) -> Prompts:
    rows = index.query(
        f"""SELECT count(*), min(solved), max(solved), max(last) FROM (
                SELECT prompt_hash, step, avg(solved::INTEGER) AS solved, max(id) AS last FROM rollouts
                WHERE {TRAIN} GROUP BY prompt_hash, step)
            GROUP BY prompt_hash"""
    )
    table = np.array(rows, dtype=float).reshape(-1, 4)
    groups = index.query("SELECT prompt_hash, step, first_id FROM groups WHERE NOT is_eval ORDER BY first_id")
    hashes, steps, ids = np.array(groups, dtype=np.int64).reshape(-1, 3).T
    again = _again(hashes, _epochs(index, steps))
    return Prompts(table[:, 0], table[:, 1], table[:, 2], table[:, 3], again, steps, ids)


def _epochs(index: Index, steps: np.ndarray) -> np.ndarray | None:
    """The epoch each group belongs to, by its place in the data: groups a step, times the epochs that logging.jsonl
    counts. None where it counts none."""
    epochs = [(e.step, e.values["epoch"]) for e in index.events if e.kind == "train" and e.values.get("epoch", 0) > 0]
    if not epochs or not len(steps):
        return None
    last, value = epochs[-1]
    done = int((steps <= last).sum())
    size = done / value  # groups of an epoch
    return np.floor(np.arange(len(steps)) / max(size, 1.0) + 1e-9).astype(int) if size >= 1 else None


def _again(hashes: np.ndarray, epochs: np.ndarray | None) -> np.ndarray:
    """Whether a group's prompt had come before in its epoch; without epochs, more often than the median prompt and once more."""
    if epochs is None:
        seen: Counter = Counter()
        visits = np.empty(len(hashes))
        for k, one in enumerate(hashes.tolist()):
            seen[one] += 1
            visits[k] = seen[one]
        usual = np.median(list(seen.values())) if seen else 0
        return visits > usual + 1
    pairs = np.stack([epochs, hashes], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    again = np.ones(len(hashes), dtype=bool)
    again[first] = False
    return again


def one_of_each(texts: list[RolloutText]) -> list[RolloutText]:
    """A rollout of each prompt."""
    return list({text.prompt: text for text in texts}.values())


def leaks(texts: list[RolloutText]) -> np.ndarray:
    """Of each prompt whether its gold stands in it where a word says that it is the answer. A gold is a number or a text
    of its own, not a part of another; where the word stands before other values as well, it says nothing."""
    flags = np.zeros(len(texts), dtype=bool)
    contexts: list[str | None] = [None] * len(texts)
    for k, text in enumerate(texts):
        gold = gold_value(text.solution)
        if not gold:
            continue
        for match in re.finditer(rf"(?<![\w.]){re.escape(gold)}(?!\w|\.\d)", text.prompt):
            before = text.prompt[max(0, match.start() - _NEAR) : match.start()].rpartition("\n\n")[2]
            said = list(_SAYS_ANSWER.finditer(before))
            if said and len(before) - said[-1].end() <= 16:
                flags[k], contexts[k] = True, before[said[-1].start() :].strip().lower()
    return flags


def gold_value(solution: str | None) -> str:
    """What a gold states, as it would stand in a text: the box's contents, what follows ####, else all of a short one."""
    if not solution:
        return ""
    text = solution.rpartition("####")[2].strip()
    if "<answer>" in text:
        text = text.partition("<answer>")[2].partition("</answer>")[0].strip()
    if "\\boxed{" in text:
        text = text.rpartition("\\boxed{")[2].partition("}")[0]
    text = text.strip("$ .")
    return text if 0 < len(text) <= 60 else ""


def cuts(texts: list[RolloutText]) -> np.ndarray:
    """Of each prompt whether its beginning or its end is missing: it lacks the edge that most prompts share, or, where a
    chat template's marks stand in it, a mark is closed that was never opened."""
    prompts_ = [text.prompt for text in texts]
    flags = np.zeros(len(texts), dtype=bool)
    for edge in (_shared(prompts_), _shared([p[::-1] for p in prompts_])[::-1]):
        if len(edge) >= 4:
            at_start = sum(p.startswith(edge) for p in prompts_) >= sum(p.endswith(edge) for p in prompts_)
            flags |= np.array([not (p.startswith(edge) if at_start else p.endswith(edge)) for p in prompts_])
    if any("<|im_end|>" in p for p in prompts_):
        flags |= np.array([p.find("<|im_end|>") < (p.find("<|im_start|>") % (len(p) + 1)) for p in prompts_])
    return flags


def _shared(listed: list[str]) -> str:
    """The first 12 characters that half of the texts or more begin with, "" if there are none."""
    if len(listed) < 4:
        return ""
    edge = os.path.commonprefix(listed)[:_EDGE]
    if len(edge) == _EDGE:
        return edge
    common, count = Counter(one[:_EDGE] for one in listed).most_common(1)[0]
    return common if count >= 0.5 * len(listed) else ""
