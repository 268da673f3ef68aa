"""Pass rates of prompts from a run's own completions.jsonl, and what a filter would have saved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swift_grpo.data.difficulty import Keep, PassRate
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_hash, prompt_of

if TYPE_CHECKING:
    from swift_grpo.rollouts.index import Index

_PROBES = 20  # prompts that are used to find the chat template


@dataclass(frozen=True)
class Savings:
    """How many groups of a run taught nothing, and how many completions and characters a filter would have saved.

    Duplicates and evaluation are not counted. The rates come from the whole run, so a filter made from its first half
    would have saved less.
    """

    groups: int
    all_right: int
    all_wrong: int
    completions: int
    filtered: int
    chars: int
    filtered_chars: int

    def lines(self) -> list[str]:
        flat = self.all_right + self.all_wrong
        right, wrong = _share(self.all_right, self.groups), _share(self.all_wrong, self.groups)
        return [
            f"{flat:,} of {self.groups:,} groups are all right ({right}) or all wrong ({wrong}): accuracy teaches nothing",
            f"without the dropped prompts the run would have generated {self.filtered:,} fewer completions "
            f"({_share(self.filtered, self.completions)}; {_share(self.filtered_chars, self.chars)} of the characters)",
        ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "0%"


def rates_of(index: "Index", rows: Iterable[Row], steps: range | None = None) -> tuple[dict[str, PassRate | None], int]:
    """prompt_hash -> pass rate of the rows that the run has visited, and how many of its prompts are in no row.

    The log's accuracy reward decides what is right. `steps`: only these count. Raises ValueError without such a reward.
    """
    by_log = _by_log(index, steps)
    texts = [text.prompt for text in index.texts(first for _, _, first in by_log.values())]
    names = match(texts, rows)
    rates: dict[str, PassRate | None] = {}
    for (right, n, _), name in zip(by_log.values(), names, strict=True):
        before = rates.get(name) if name else None
        if name:
            rates[name] = PassRate(right + (before.right if before else 0), n + (before.n if before else 0))
    return rates, names.count(None)


def _by_log(index: "Index", steps: range | None = None) -> dict[int, tuple[int, int, int]]:
    """The log's hash of a prompt -> right answers, graded answers, the first rollout."""
    from swift_grpo.rollouts.facts.accuracy import settle_accuracy

    settle_accuracy(index)
    if not index.accuracy_name:
        raise ValueError("the run logs no accuracy reward: measure with --model, or train with math_accuracy")
    among = f"AND step BETWEEN {steps.start} AND {steps.stop - 1}" if steps else ""
    found = index.query(
        f"""SELECT prompt_hash, sum(solved::INTEGER), count(solved), min(id) FROM train
            WHERE solved IS NOT NULL {among} GROUP BY prompt_hash ORDER BY min(id)"""
    )
    return {hashed: (int(right), int(n), int(first)) for hashed, right, n, first in found}


def match(prompts: list[str], rows: Iterable[Row]) -> list[str | None]:
    """The prompt_hash of the row that each prompt of a log asks, None if no row fits.

    The text before and after the question is found by searching a few prompts for the rows' questions. The rest is then
    compared as a whole, so that a question that is part of another one is not confused with it.

    >>> rows = [{"query": "1+1?"}, {"query": "What is 1+1?"}]
    >>> prompts = ["<s>user: What is 1+1? bot:", "<s>user: 1+1? bot:", "<s>user: 2+2? bot:"]
    >>> match(prompts, rows) == [prompt_hash(prompt_of(row)) for row in reversed(rows)] + [None]
    True
    """
    questions: dict[str, str] = {}
    for row in rows:
        if turns := prompt_of(row):
            questions.setdefault(turns[-1]["content"].strip(), prompt_hash(turns))
    frames: Counter[tuple[str, str]] = Counter()
    for prompt in prompts[:: max(1, len(prompts) // _PROBES)]:
        for question in questions:
            if question in prompt:
                before, _, after = prompt.rpartition(question)
                frames[before, after] += 1
    found: list[str | None] = []
    for prompt in prompts:
        inner = (
            prompt[len(before) : len(prompt) - len(after)].strip()
            for (before, after), _ in frames.most_common()
            if prompt.startswith(before) and prompt.endswith(after)
        )
        found.append(next((questions[text] for text in inner if text in questions), None))
    return found


def savings(index: "Index", keep: Keep) -> Savings:
    """What the filter `keep` would have saved, over all prompts of the run, including those of other files."""
    outside = {h for h, (right, n, _) in _by_log(index).items() if not keep.low <= right / n <= keep.high}
    groups, all_right, all_wrong = index.query(
        """SELECT count(*), count(*) FILTER (solved = 1), count(*) FILTER (solved = 0)
           FROM train_groups WHERE n > 1 AND solved IS NOT NULL"""
    )[0]
    totals = index.query("SELECT prompt_hash, count(*), sum(chars) FROM train GROUP BY prompt_hash")
    gone = [(n, chars) for hashed, n, chars in totals if hashed in outside]
    return Savings(
        groups,
        all_right,
        all_wrong,
        sum(n for _, n, _ in totals),
        sum(n for n, _ in gone),
        int(sum(chars for _, _, chars in totals)),
        int(sum(chars for _, chars in gone)),
    )
