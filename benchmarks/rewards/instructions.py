"""The verdicts of the reward `instructions` beside those of IFEval's own code, and the time of each check on hostile texts.

`python -m benchmarks.rewards.instructions --reference DIR [--each 4] [--seed 0]` takes the 541 rows of IFEval and the code
from DIR: a clone of github.com/josejg/instruction_following_eval, Google's code as a package, with `langdetect`,
`immutabledict` and nltk's `punkt_tab` to import. For each instruction it makes texts that follow it and texts that miss it.
With `--record FILE` it writes some cases and verdicts for tests/rewards/test_instructions.py. Without DIR it measures only
the time.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grpo_rewards.instruction_checks import CHECKS
from grpo_rewards.instructions import read

ROOT = Path(__file__).resolve().parents[2]
# a remark on the weather and a walk, in the languages that IFEval asks for
LANGUAGES = json.loads(Path(__file__).with_name("languages.json").read_text(encoding="utf-8"))
HOSTILE = [
    "[",
    "<",
    "<<",
    "*",
    "\n",
    " ",
    "a",
    "A",
    ". ",
    "a.",
    "p.",
    '"',
    "'",
    "1",
    "-",
    "\n-",
    "\n\n",
    "_",
    "é",
    "中",
    "\ud83d",
    "\x00",
    "{",
    "Section 1",
]


def prose() -> list[str]:
    """Paragraphs of the committed docs, without tables and code."""
    found = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = re.sub(r"(?s)```.*?```|<!--.*?-->", "", page.read_text(encoding="utf-8"))
        found += [part.strip() for part in text.split("\n\n") if len(part) > 80 and not re.match(r"\s*[|#]", part)]
    return found


def answers(rng: random.Random, kind: str, a: dict[str, Any], pool: list[str]) -> Iterator[str]:
    """Texts near the border of an instruction, and prose of any kind."""
    some = rng.sample(pool, rng.randint(1, 4))
    text = "\n\n".join(some)
    sentence = re.split(r"(?<=\.)\s", some[0])[0]
    yield text
    for _ in range(3):
        yield changed(rng, kind, a, text if rng.random() < 0.6 else sentence, some)


def changed(rng: random.Random, kind: str, a: dict[str, Any], text: str, some: list[str]) -> str:
    def near(number: int) -> int:
        return max(0, number + rng.choice([-1, -1, 0, 0, 1]))

    case = rng.choice([str, str.upper, str.lower])
    words = re.findall(r"\w+[.,]?", " ".join(some)) * 40
    match kind.split(":")[1]:
        case "existence" | "forbidden_words":
            for word in rng.sample(next(iter(a.values())), rng.randint(0, len(next(iter(a.values()))))):
                text = f"{text} {rng.choice(['', 'un', '(', '*'])}{case(word)}{rng.choice(['', 's', '.', ',', '*'])}"
            return text
        case "frequency":
            return f"{text}\n" + rng.choice([" ", ", ", "-", ""]).join([case(a["keyword"])] * near(a["frequency"]))
        case "letter_frequency":
            return " ".join(re.sub(re.escape(a["letter"]), "", text, flags=re.I).split()[:60]) + case(
                a["letter"]
            ) * near(a["let_frequency"])
        case "response_language":
            code = a["language"] if rng.random() < 0.7 else rng.choice(list(LANGUAGES))
            return LANGUAGES.get(code, text) + rng.choice(["", "\n\n**OK**", " Wikipedia."])
        case "number_sentences":
            ends = [". ", "! ", "? ", ".\n", '." ', "...\n\n", ".) ", ":\n1. "]
            starts = [
                "Dr. Smith said so",
                "We left at 5 p.m. and came back",
                "It costs $3.50",
                "See e.g. the U.S. law",
                *(s.strip(". ") for s in " ".join(some).split(". ") if s),
            ]
            return "".join(rng.choice(starts) + rng.choice(ends) for _ in range(near(a["num_sentences"])))
        case "number_paragraphs":
            return (
                rng.choice(["", "***\n"])
                + rng.choice(["\n***\n", "***", "\n\n* * *\n\n", " *** "]).join(
                    ["one part"] * near(a["num_paragraphs"])
                )
                + rng.choice(["", "\n***"])
            )
        case "number_words":
            return " ".join(words[: near(a["num_words"])]) + rng.choice(["", "!", " — 'tis"])
        case "nth_paragraph_first_word":
            parts = ["Some words here, and more."] * near(a["num_paragraphs"])
            if len(parts) >= a["nth_paragraph"]:
                parts[a["nth_paragraph"] - 1] = (
                    rng.choice(["", '"', "'", "**"])
                    + case(a["first_word"])
                    + rng.choice([" is", ", is", "'s", ": is", "s"])
                )
            return "\n\n".join(parts)
        case "number_placeholders":
            return f"{text} " + rng.choice([" ", "", "\n", "["]).join(
                [rng.choice(["[name]", "[]", "[a [b]]", "[x\ny]"])] * near(a["num_placeholders"])
            )
        case "postscript":
            return (
                f"{text}\n\n"
                + case(rng.choice(["P.S.", "P.P.S", "P.P.S.", "P. S.", "PS", "P.S", "p. p. s."]))
                + rng.choice([" Bye", ""])
            )
        case "number_bullet_lists":
            return f"{text}\n" + "\n".join(
                [rng.choice(["* one", "- one", "  * one", "*one", "** one", "-one", "*", "+ one"])]
                * near(a["num_bullets"])
            )
        case "constrained_response":
            return rng.choice(
                ["My answer is yes.", "my answer is no.", "My answer is maybe", "I say: My answer is no."]
            )
        case "number_highlighted_sections":
            return f"{text}\n" + rng.choice(["\n", " "]).join(
                [rng.choice(["*one*", "**one**", "* *", "***", "* one", "*a\nb*", "****"])] * near(a["num_highlights"])
            )
        case "multiple_sections":
            name = rng.choice([a["section_spliter"]] * 3 + [a["section_spliter"].lower()])
            return "\n".join(
                f"{name}{rng.choice([' ', '', '  ', ' #'])}{n}\n{text[:80]}"
                for n in range(1, near(a["num_sections"]) + 1)
            )
        case "json_format":
            body = rng.choice(
                ['{"a": [1, 2]}', '{"a": "é\\n"}', "{'a': 1}", '{"a": 1,}', '[{"b": null}]', '"text"', "12", "NaN"]
            )
            return rng.choice(
                ["{}", "```json\n{}\n```", "```\n{}\n```", "```JSON\n{}```", "Here: {}", "```json {}", "~~~{}~~~"]
            ).replace("{}", body)
        case "title":
            titles = ["<<A Title>>", "<< >>", "<A>", "<<A\nB>>", "<<<A>>>", ">>A<<", "<<A>", "<<>> <<B>>"]
            return text.replace(" ", rng.choice(["\n", " "]) + rng.choice(titles) + rng.choice(["\n", " "]), 1)
        case "two_responses":
            marks = ["******", "\n******\n", "*****", "*******", "\n***\n***\n"]
            return (
                rng.choice(["", "******"])
                + rng.choice(marks).join(
                    rng.choice([["one", "two"], ["one", "one "], ["a", "b", "c"], ["a", "", "b"], ["a"]])
                )
                + rng.choice(["", "******"])
            )
        case "repeat_prompt":
            return (
                rng.choice(["", " ", '"', "Sure. "])
                + case(a["prompt_to_repeat"])[: rng.choice([10_000, -1])]
                + f"\n{text}"
            )
        case "end_checker":
            return f"{text} {case(a['end_phrase'])}" + rng.choice(["", "\n", '"', ".", "**", " \n "])
        case "quotation":
            return rng.choice(['"', "“", "'", '""', ""]) + text + rng.choice(['"', "”", '".', ' "\n'])
        case "capital_word_frequency":
            return f"{text.lower()} " + rng.choice([" ", ", ", "\n", "; "]).join(
                [rng.choice(["BIG", "I", "A.I.", "COVID-19", "*KEY*", "DON'T", "U.S.", "R2D2", "Big"])]
                * near(a["capital_frequency"])
            )
        case "english_capital" | "english_lowercase":
            return rng.choice([case, case, str.swapcase])(
                rng.choice([text, LANGUAGES["en"], LANGUAGES["de"], LANGUAGES["fr"], "1 2 3"])
            )
        case "no_comma":
            return text.replace(",", rng.choice(["", "", ",", "，", ";"]))  # noqa: RUF001
    return text


def reference(folder: Path) -> Any:
    """IFEval's verdict on a text: kind, arguments, text -> whether it follows; the exception's name if it raises."""
    sys.path.insert(0, str(folder))
    import langdetect
    from instruction_following_eval.instructions_registry import INSTRUCTION_DICT

    langdetect.DetectorFactory.seed = 0

    def verdict(kind: str, arguments: dict[str, Any], text: str) -> Any:
        check = INSTRUCTION_DICT[kind](kind)
        check.build_description(**arguments)
        return bool(text.strip() and check.check_following(text))

    return verdict


def compare(folder: Path, each: int, seed: int, record: Path | None) -> None:
    rng, pool, verdict = random.Random(seed), prose(), reference(folder)
    total, same, follows = Counter(), Counter(), Counter()
    shown: dict[str, list[str]] = {}
    kept = []
    spent, length = 0.0, 0
    rows = (folder / "instruction_following_eval/data/input_data.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, rows):
        for kind, a in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            ((_, check),) = read([kind], [a])
            for _ in range(max(1, each // 4)):
                for text in map(str.strip, answers(rng, kind, a, pool)):
                    theirs, begun = verdict(kind, a, text), time.process_time()
                    ours = bool(text and check(text))
                    spent += time.process_time() - begun
                    length += len(text)
                    total[kind] += 1
                    same[kind] += theirs == ours
                    follows[kind] += theirs
                    if theirs != ours:
                        shown.setdefault(kind, []).append(f"theirs {theirs}: {a} {text[-150:]!r}")
                    if len(text) < 500:
                        kept.append({"kind": kind, "kwargs": a, "text": text, "reference": theirs, "ours": ours})
    print(
        f"{total.total():,} pairs of {len(total)} kinds, {follows.total():,} followed; verdicts equal: {same.total():,}"
    )
    print(f"{1000 * spent / total.total():.2f} ms a pair, {length / total.total():,.0f} characters on average")
    for kind in sorted(total):
        print(f"{kind:<46}{total[kind]:>5} pairs{follows[kind]:>5} followed{total[kind] - same[kind]:>5} differ")
        for line in rng.sample(shown.get(kind, []), min(3, len(shown.get(kind, [])))):
            print(f"    {line}")
    if record:
        rng.shuffle(kept)
        few: Counter[tuple] = Counter()
        with record.open("w", encoding="utf-8") as file:
            for one in kept:
                few[one["kind"], one["reference"]] += 1
                if few[one["kind"], one["reference"]] <= 6:
                    file.write(json.dumps({k: v for k, v in one.items() if k != "ours"}, ensure_ascii=False) + "\n")


def hostile(characters: int = 1_000_000) -> None:
    """The slowest text of a megabyte for each check."""
    arguments = {
        "keywords": ["a" * 199 + "b"],
        "forbidden_words": ["a" * 199 + "b"],
        "keyword": "a" * 199 + "b",
        "letter": "a",
        "language": "de",
        "relation": "at least",
        "let_relation": "at least",
        "capital_relation": "at least",
        "first_word": "a",
        "end_phrase": "a",
        "postscript_marker": "P.S.",
        "section_spliter": "Section",
        "prompt_to_repeat": "a" * 9999,
    }
    numbers = "frequency let_frequency capital_frequency nth_paragraph "
    numbers += "num_sentences num_paragraphs num_words num_placeholders num_bullets num_highlights num_sections"
    arguments |= dict.fromkeys(numbers.split(), 3)
    slowest = []
    for kind in CHECKS:
        ((_, check),) = read([kind], [arguments])
        for piece in HOSTILE:
            text = (piece * (characters // len(piece))).strip() or "x"
            begun = time.process_time()
            check(text)
            slowest.append((time.process_time() - begun, kind, piece))
    slowest.sort(reverse=True)
    print(
        f"{len(slowest)} checks of {characters:,} characters; the slowest:",
        *(f"{s:.2f} s {k} {p!r}" for s, k, p in slowest[:5]),
        sep="\n    ",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.reference:
        compare(options.reference, options.each, options.seed, options.record)
    hostile()


if __name__ == "__main__":
    main()
