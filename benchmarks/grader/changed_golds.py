"""Every gold of the real data sets, changed by one token or only restyled: `python -m benchmarks.grader.changed_golds [--list]`.

A change of a sign, a digit, an operator, a bracket or a unit makes another answer, nearly always; what is paid all the same is
listed, for a person to judge. A restyling is the same answer; what is refused is listed. The data lie beside the checkout
(or in SWIFT_GRPO_DATA), see tests/rewards/grading/test_identity.py.
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator

from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.grading import accepted_answers, judge_texts

from tests.rewards.grading.test_identity import golds as golds_of

AT_LEAST = 50_000
DATA_SETS = ("gsm8k_train", "gsm8k_test", "math500_test", "aime24_test")
_TOKEN = re.compile(
    r"\d|[+-]|\\(?:sqrt|frac|pi|cdot|le|ge|sin|cos|cup|infty)(?![A-Za-z])|[()\[\]<>]|\^|\b(?:cm|m|ft)\b|[a-z](?![a-z])"
)
_SWAPS = {
    "+": ["-"], "-": ["+"], "(": ["["], ")": ["]"], "[": ["("], "]": [")"], "<": [">", "\\le "], ">": ["<", "\\ge "],
    "\\sin": ["\\cos"], "\\cos": ["\\sin"], "\\le": ["\\ge", "<"], "\\ge": ["\\le", ">"], "\\pi": ["e "], "\\cup": ["\\cap"],
    "\\cdot": ["+"], "^": [""], "\\sqrt": [""], "\\infty": ["1"], "cm": ["m"], "m": ["cm"], "ft": ["m"], "\\frac": [],
}  # fmt: skip
_STYLES = [
    ("\\dfrac", lambda s: s.replace("\\frac", "\\dfrac")),
    ("\\tfrac", lambda s: s.replace("\\frac", "\\tfrac")),
    ("\\left \\right", lambda s: re.sub(r"(?<!\\left)\(", r"\\left(", re.sub(r"(?<!\\right)\)", r"\\right)", s))),
    ("dollars", lambda s: f"${s}$"),
    ("\\( \\)", lambda s: f"\\({s}\\)"),
    ("spaces at operators", lambda s: re.sub(r"(?<=[\w})])([+=<>])(?=[\w\\({])", r" \1 ", s)),
    ("spaces after commas", lambda s: s if "\\!" in s else re.sub(r"(?<=\D),(?=\S)|,(?=\D)", ", ", s)),
    ("no spaces after commas", lambda s: re.sub(r",\s+(?!\d{3}(?!\d))", ",", s)),
    ("a full stop", lambda s: s + "."),
    ("\\displaystyle", lambda s: "\\displaystyle " + s),
    ("braced subscripts", lambda s: re.sub(r"(?<=[A-Za-z])_(\w)(?![\w}])", r"_{\1}", s)),
    ("braced powers", lambda s: re.sub(r"\^(\w)", r"^{\1}", s)),
    ("\\le for \\leq", lambda s: re.sub(r"\\(le|ge)(?![a-zA-Z])", r"\\\1q", s)),
    ("bold", lambda s: f"\\mathbf{{{s}}}" if re.fullmatch(r"-?\d+", s) else s),
    ("a point and a zero", lambda s: s + ".0" if re.fullmatch(r"-?\d+", s) else s),
    ("thousands", lambda s: f"{int(s):,}" if re.fullmatch(r"-?\d{4,15}", s) else s),
    ("plus in front", lambda s: "+" + s if re.fullmatch(r"\d+", s) else s),
    ("x =", lambda s: "x = " + s if re.fullmatch(r"-?\d+|\\frac\{\d+\}\{\d+\}", s) else s),
]


def mutants(gold: str, draw: random.Random) -> Iterator[str]:
    """One-token changes of a gold."""
    for token in _TOKEN.finditer(gold):
        swaps = _SWAPS.get(token[0])
        if token[0].isdigit():
            yield gold[: token.end()] + draw.choice("123456789") + gold[token.end() :]
            swaps = [digit for digit in draw.sample("0123456789", 6) if digit != token[0]]
        elif swaps is None:
            swaps = draw.sample("abcxyz".replace(token[0], ""), 2)
        for swap in swaps:
            yield gold[: token.start()] + swap + gold[token.end() :]
    yield f"-{gold}" if not gold.startswith("-") else gold[1:]
    yield from (f"{gold}0", f"{gold}^2", f"2{gold}" if not gold[:1].isdigit() else f"1{gold}")


def restyled(gold: str) -> Iterator[tuple[str, str]]:
    """The gold in other styles, each with the style's name; only those that change it."""
    for name, style in _STYLES:
        if (text := style(gold)) != gold:
            yield name, text


def _paid(pairs: list[tuple[str, str]]) -> list[bool]:
    verdicts = judge_texts([answer for answer, _ in pairs], [(gold,) for _, gold in pairs])
    return [verdict[0] is Verdict.RIGHT for verdict in verdicts]


def main() -> None:
    golds = sorted({text for name in DATA_SETS for gold in golds_of(name) for text in accepted_answers(gold)})
    draw = random.Random(1)
    changed: dict[tuple[str, str], None] = {}
    while len(changed) < AT_LEAST:
        before = len(changed)
        changed.update(((mutant, gold), None) for gold in golds for mutant in mutants(gold, draw) if mutant != gold)
        if len(changed) - before < 100:
            break
    pairs = list(changed)
    paid = [pair for pair, right in zip(pairs, _paid(pairs), strict=True) if right]
    print(
        f"{len(golds)} golds, {len(pairs)} one-token changes, {len(paid)} paid (1 in {len(pairs) // max(1, len(paid))})"
    )
    styles = [(name, text, gold) for gold in golds for name, text in restyled(gold)]
    refused = [style for style, right in zip(styles, _paid([style[1:] for style in styles]), strict=True) if not right]
    print(f"{len(styles)} restylings, {len(refused)} refused (1 in {len(styles) // max(1, len(refused))})")
    for name, count in Counter(name for name, *_ in refused).items():
        print(f"  {name}: {count}")
    if "--list" in sys.argv:
        for answer, gold in paid:
            print(f"paid     {gold!r} <- {answer!r}")
        for name, text, gold in refused:
            print(f"refused  {gold!r} <- {text!r} ({name})")


if __name__ == "__main__":
    main()
