"""Facts of the prompts over the whole run: how often each came, how it was solved, and what its text contains."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from swift_grpo.rollouts.facts.turns import turns
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_SAYS_ANSWER = re.compile(
    r"answer|solution|result|correct|hint|gold|key|target|####|boxed|reference|expected", re.IGNORECASE
)
_NEAR = 40  # characters before the gold in which a word announces it
_OPENED, _CLOSED = "<|im_start|>", "<|im_end|>"
_EDGE_OF_EPOCH = 0.1
_EDGE = 12  # characters by which prompts begin and end alike
_MARK = re.compile(r"<\||<start_of_turn>|\[INST\]|<\uff5c")  # of a chat template
# The same mark without special tokens.
_ROLES = (re.compile(r"(?:system|user)\n"), re.compile(r"\n(?:assistant|model)\s*"))
_MIXED_SHOWN = 12  # groups whose prompts are compared as texts


@dataclass(frozen=True)
class Prompts:
    """Arrays over the training prompts: `visits` (number of its steps), `least` and `most` (its solved share in the
    worst and the best of them, NaN if unknown), `last` (a rollout's id). `again`: for every group in the log's order,
    whether its prompt came before in the same epoch, with its step and a rollout of it."""

    visits: np.ndarray
    least: np.ndarray
    most: np.ndarray
    last: np.ndarray
    again: np.ndarray
    again_steps: np.ndarray
    again_ids: np.ndarray


def prompts(index: Index) -> Prompts:
    rows = index.query(
        """SELECT count(*), min(solved), max(solved), max(last) FROM (
                SELECT prompt_hash, step, avg(solved::INTEGER) AS solved, max(id) AS last FROM train
                GROUP BY prompt_hash, step)
            GROUP BY prompt_hash"""
    )
    table = np.array(rows, dtype=float).reshape(-1, 4)
    groups = index.query("SELECT prompt_hash, step, id, file FROM train WHERE member = 0 ORDER BY id")
    hashes, steps, ids, files = np.array(groups, dtype=np.int64).reshape(-1, 4).T
    again = _again(hashes, _epochs(index, steps), files)
    return Prompts(table[:, 0], table[:, 1], table[:, 2], table[:, 3], again, steps, ids)


def mixed(index: Index) -> tuple[float, int, list[tuple[int, int]]]:
    """The share of groups whose members answer different questions, the number of groups, and (step, rollout) of some.

    In dialogues of several turns a member's prompt holds its own earlier turns; only the first question is the same.
    """
    groups = index.query("SELECT count(DISTINCT group_id) FROM train WHERE member > 0")[0][0]
    rows = index.query(
        """SELECT any_value(step), min(id), arg_min(id, prompt_hash), arg_max(id, prompt_hash) FROM train
           GROUP BY group_id HAVING min(prompt_hash) <> max(prompt_hash) ORDER BY group_id"""
    )
    shown = [rows[k] for k in np.unique(np.linspace(0, len(rows) - 1, min(_MIXED_SHOWN, len(rows))).astype(int))]
    texts = {text.id: _question(text.prompt) for text in index.texts(one for row in shown for one in row[2:])}
    differ = [row for row in shown if not _same(texts.get(row[2], ""), texts.get(row[3], ""))]
    share = len(rows) * len(differ) / max(1, len(shown)) / max(1, groups)
    return share, groups, [(row[0], row[1]) for row in differ]


def _question(prompt: str) -> str:
    return next((text for role, text in turns(prompt) if role in ("user", "")), "").strip()


def _same(one: str, other: str) -> bool:
    """Whether two questions are equal, or one continues the other."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short)


def _epochs(index: Index, steps: np.ndarray) -> np.ndarray | None:
    """The epoch of each group, a fraction, by its place in the data. None if logging.jsonl has no epochs."""
    epochs = [(e.step, e.values["epoch"]) for e in index.events if e.kind == "train" and e.values.get("epoch", 0) > 0]
    if not epochs or not len(steps):
        return None
    last, value = epochs[-1]
    done = int((steps <= last).sum())
    size = done / value  # groups of an epoch
    return np.arange(len(steps)) / size + 1e-9 if size >= 1 else None


def _again(hashes: np.ndarray, epochs: np.ndarray | None, files: np.ndarray) -> np.ndarray:
    """Whether a group's prompt came before in its epoch; without epochs, two or more visits above the median prompt.

    A resumed run may order its data differently, so an epoch ends with its file. The end of an epoch is only
    approximate: a prompt in its first or last tenth may belong to the epoch before or after.
    """
    again = np.zeros(len(hashes), dtype=bool)
    if epochs is None:
        seen: Counter = Counter()
        visits = np.empty(len(hashes))
        for k, one in enumerate(hashes.tolist()):
            seen[one] += 1
            visits[k] = seen[one]
        usual = np.median(list(seen.values())) if seen else 0
        return visits > usual + 1
    last_seen: dict[tuple[int, int], float] = {}
    for k, (one, epoch, file) in enumerate(zip(hashes.tolist(), epochs.tolist(), files.tolist(), strict=True)):
        before = last_seen.get((one, file), -1.0)
        last_seen[one, file] = epoch
        certain = (
            epochs[-1] < 1 or (before % 1 >= _EDGE_OF_EPOCH and epoch % 1 <= 1 - _EDGE_OF_EPOCH) or epoch - before < 0.5
        )
        again[k] = before >= 0 and int(before) == int(epoch) and certain
    return again


def one_of_each(texts: list[RolloutText]) -> list[RolloutText]:
    """A rollout of each prompt."""
    return list({text.prompt: text for text in texts}.values())


def leaks(texts: list[RolloutText]) -> np.ndarray:
    """Whether each prompt contains its gold after a word that announces the answer. The gold must be a whole number or
    text, not part of another."""
    flags = np.zeros(len(texts), dtype=bool)
    for k, text in enumerate(texts):
        gold = gold_value(text.solution)
        if not gold:
            continue
        for match in re.finditer(rf"(?<![\w.]){re.escape(gold)}(?!\w|\.\d)", text.prompt):
            before = text.prompt[max(0, match.start() - _NEAR) : match.start()].rpartition("\n\n")[2]
            said = list(_SAYS_ANSWER.finditer(before))
            if said and len(before) - said[-1].end() <= 16:
                flags[k] = True
    return flags


def gold_value(solution: str | None) -> str:
    """The text of a gold to search for: the contents of its box, the text after ####, else the whole if it is short."""
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
    """Whether each prompt lacks its beginning or its end: the edge that most prompts share, a chat template's mark, or
    the beginning or end of a sentence, in long prompts where short ones have it."""
    listed = [text.prompt for text in texts]
    start, end = _shared(listed), _shared([one[::-1] for one in listed])[::-1]
    if not any(map(_MARK.search, listed)):  # without a template the edge would be part of the question
        start = _usual(re.match(_ROLES[0], one) for one in listed) or start
        end = _usual(re.search(_ROLES[1].pattern + r"\Z", one) for one in listed) or end
    flags = np.array([not (one.startswith(start) and one.endswith(end)) for one in listed])
    if any(_CLOSED in one for one in listed):
        torn = np.array([_torn(one) for one in listed])
        flags |= torn if torn.mean() < 0.5 else False  # most logs lack the assistant's turn
    return flags | _mid_sentence(listed, flags)


def _usual(matches: Iterable[re.Match | None]) -> str:
    """The text of at least half of the matches."""
    listed = [match[0] if match else "" for match in matches]
    said, count = Counter(listed).most_common(1)[0]
    return said if count >= 0.5 * len(listed) else ""


def _shared(listed: list[str]) -> str:
    """The first 12 characters of at least half of the texts; "" if there are none."""
    common, count = Counter(one[:_EDGE] for one in listed).most_common(1)[0]
    return common if count >= 0.5 * len(listed) else ""


def _torn(prompt: str) -> bool:
    """Whether a ChatML mark is closed before any is opened, or the last one opened is not the assistant's."""
    first, last = prompt.find(_OPENED), prompt.rfind(_OPENED)
    closed = prompt.find(_CLOSED)
    return 0 <= closed < (first if first >= 0 else len(prompt)) or not prompt[last + len(_OPENED) :].startswith(
        "assistant"
    )


def _mid_sentence(listed: list[str], known: np.ndarray) -> np.ndarray:
    """Whether each long prompt begins with a small letter or ends in a word, apart from what all prompts share, if
    hardly any short one does."""
    whole = [one for one, cut in zip(listed, known, strict=True) if not cut]
    flags = np.zeros(len(listed), dtype=bool)
    if len(whole) < 8:
        return flags
    head, tail = len(_common(whole)), len(_common([one[::-1] for one in whole]))
    cores = [one[head : len(one) - tail].strip() for one in listed]
    sizes = np.array([len(one) for one in cores])
    longer = sizes >= 0.9 * sizes.max()
    for broken in (
        np.array([one[:1].islower() for one in cores]),
        np.array([one[-1:].isalnum() or one[-1:] in ",-" for one in cores]),
    ):
        if broken[~longer].mean() < 0.1 if (~longer).sum() >= 8 else False:
            flags |= broken & longer
    return flags & ~known


def _common(listed: list[str]) -> str:
    """The common beginning of all texts, which the first and the last in alphabetical order share."""
    first, last = min(listed), max(listed)
    return first[
        : next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    ]
