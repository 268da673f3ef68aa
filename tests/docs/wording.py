"""Words to avoid, and better ones: the table in CONTRIBUTING.md, and what test_wording.py looks for."""

from typing import NamedTuple

from tests.docs.markdown import row


class Word(NamedTuple):
    avoid: str
    better: str
    pattern: str


WORDS = (
    Word("is no flag", "is not a flag", r"(?<!there )\b(is|are|was|were) no (?!longer|more|less|fewer|doubt)\w"),
    Word("is none", "is not one, has none", r"(?<!there )\b(is|are) none\b"),
    Word("told by, told ahead", "reported by, known before", r"\btold (by|ahead)\b"),
    Word(
        "so often, so many",
        "how many times, this many",
        r"\b(at most|only|after|by) so (often|many)\b|\(so often|\bso often\b",
    ),
    Word("by another hand", "independently written", r"\banother hand\b|\bother hands\b|\bby hand of\b"),
    Word("made anew", "rebuilt", r"\banew\b"),
    Word("mend", "fix", r"\bmend(s|ed|ing)?\b"),
    Word("cure, treat, treatment, remedy", "fix", r"\b(cure|cures|remedy|remedies|treatment|treats it|treat it)\b"),
    Word("ill, illness", "faulty, fault", r"\b(ill|illness|illnesses)\b"),
    Word("in silence", "silently", r"\bin silence\b"),
    Word("whoever", "anyone who", r"\bwhoever\b"),
    Word("hangs on", "depends on", r"\bhangs? on (?!to)"),
)


def table() -> str:
    return "| not | but |\n| --- | --- |\n" + "".join(row(word.avoid, word.better) for word in WORDS)
