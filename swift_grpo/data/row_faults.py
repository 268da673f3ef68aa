"""Faults of a prepared row, by name. The audit counts them; `prepare --drop NAME` leaves such rows out."""

import re
from collections.abc import Callable

from swift_grpo.data.gold_kinds import readable
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_hash, prompt_of, question_of

Check = Callable[[Row], str]
_PROOF = re.compile(r"\s*(?:\(?[a-d1-9][).]\s*)?(?:prove|show) that\b", re.IGNORECASE)


def unreadable(row: Row) -> str:
    """A gold for which math_accuracy is None, or that does not equal itself. Such a row teaches nothing."""
    return "" if row.get("tests") or readable(row.get("solution")) else "the grader cannot read the gold"


def told(row: Row) -> str:
    r"""The question contains the gold in a box, after `####` or after "the answer is".

    >>> told({"query": "Say \\boxed{7}.", "solution": "7"}), told({"query": "7 apples and 0 pears?", "solution": "7"})
    ('the prompt contains the gold', '')
    """
    gold, question = row.get("solution"), question_of(row) or ""
    if not isinstance(gold, str) or not gold or gold not in question:
        return ""
    marked = rf"(?:\\boxed\s*\{{|####|<answer>|\banswer(?: is|:| =))\s*\$?{re.escape(gold)}(?![\w.,]?\w)"
    return "the prompt contains the gold" if re.search(marked, question) else ""


def proof(row: Row) -> str:
    """A question without an answer to compare.

    >>> proof({"query": "Prove that 2 is even.", "solution": "2k"})
    'it asks for a proof'
    """
    return "it asks for a proof" if _PROOF.match(question_of(row) or "") else ""


def duplicates() -> Check:
    """The second and later rows of one prompt. Memory: about 100 bytes per prompt."""
    seen: set[bytes] = set()

    def duplicate(row: Row) -> str:
        digest = bytes.fromhex(prompt_hash(prompt_of(row) or []))
        if digest in seen:
            return "the same prompt as an earlier row"
        seen.add(digest)
        return ""

    return duplicate


CHECKS: dict[str, Callable[[], Check]] = {
    "unreadable": lambda: unreadable,
    "told": lambda: told,
    "proofs": lambda: proof,
    "duplicates": duplicates,
}


NEAR = "near"  # needs all rows at once: prepare asks near_duplicates first


def checks(names: tuple[str, ...]) -> list[Check]:
    """New checks of these names, without `near`. Raises ValueError for an unknown name."""
    unknown = [name for name in names if name not in CHECKS and name != NEAR]
    if unknown:
        raise ValueError(f"--drop {unknown[0]}: use {', '.join([*CHECKS, NEAR])}")
    return [CHECKS[name]() for name in names if name != NEAR]
