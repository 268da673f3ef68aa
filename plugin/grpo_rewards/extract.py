r"""Finds the final answer in a completion, in time linear in its length.

The thought never counts. After it, the first of these that is there holds the answer: `<answer>…</answer>`, `\boxed{…}`,
`#### 72`, "the answer is …", a last line that is mathematics or states one value. The last one wins; several in one statement
("\boxed{5} or \boxed{6}") are one answer that lists them, which equals neither.
"""

import re

from grpo_rewards.answers.brackets import closing_brace
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.sentence import said, stated, words_in

OPEN, CLOSE = "<answer>", "</answer>"
_BOXED = re.compile(r"\\boxed\s*\{|\\boxed\s+(\\?\w+)")
_NEW_START = re.compile(
    r"\n\s*\n|\b(?:wait|no|not|actually|instead|correct(?:ion|ed|ing)?|sorry|rather|hmm|however|mistake|oops|so|therefore|thus|hence|"
    r"final|but)\b",
    re.IGNORECASE,
)
_GAP = 60  # characters between two boxes of one statement
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_CHOICE_LINE = re.compile(r"\(?[A-J]\)?\.?")
_MAX_BOXES = 20
_FEW_WORDS = 3


def after_thought(completion: str, think_opened: bool = False) -> str:
    """The text after the thought: nothing inside `<think>…` counts, and a thought that was cut off leaves nothing.

    With `think_opened` the chat template wrote `<think>` into the prompt, so a completion without `</think>` is all thought.

    >>> after_thought("<think>5?</think><answer>3</answer>")
    '<answer>3</answer>'
    >>> after_thought("<think>it is 3"), after_thought("it is 3", think_opened=True)
    ('', '')
    """
    _, end, text = completion.rpartition("</think>")
    if not end and think_opened:
        return ""
    return "" if "<think>" in text else text  # a thought that is opened again, or never closed


def final_answer(completion: str, think_opened: bool = False) -> str | None:
    r"""The final answer of a completion or of a worked solution, None if it has none.

    >>> final_answer("<think>5?</think> <answer>\\boxed{\\frac{1}{2}}</answer>")
    '\\frac{1}{2}'
    >>> final_answer("<answer>3</answer> or <answer>4</answer>") is None
    True
    >>> final_answer("\\boxed{5} or \\boxed{6}"), final_answer("\\boxed{5}? No, it is \\boxed{6}.")
    ('5, 6', '6')
    >>> final_answer("She sold 48/2 = 24 clips.\n#### 72"), final_answer("So the answer is $x = 5$.")
    ('72', '$x = 5$')
    """
    found = find_answer(completion, think_opened)
    return found if isinstance(found, str) else None


def find_answer(completion: str, think_opened: bool = False) -> str | Verdict:
    """The final answer, or the verdict that says why there is none: NO_ANSWER, SEVERAL_ANSWERS.

    >>> find_answer("<answer>3</answer> or <answer>4</answer>"), find_answer("<think>it is 3")
    (<Verdict.SEVERAL_ANSWERS: 'several answers'>, <Verdict.NO_ANSWER: 'no answer'>)
    """
    text = after_thought(completion, think_opened)
    if OPEN in text:
        answers = set(answer_blocks(text))
        if len(answers) > 1:
            return Verdict.SEVERAL_ANSWERS
        if answers:
            return _inside(answers.pop()) or Verdict.NO_ANSWER
    found = marked(text)
    if not found and OPEN not in text and "\\boxed" not in text:
        found = last_line(text)
    return found or Verdict.NO_ANSWER


def verbatim_answer(completion: str) -> str | None:
    """As `final_answer`, but what one `<answer>` block holds stays as it is, all its lines: a grid is not a sentence.

    >>> [verbatim_answer(text) for text in ("<answer>\\n0 1\\n1 0\\n</answer>", "So it is \\\\boxed{7}.", "<think>7")]
    ['0 1\\n1 0', '7', None]
    """
    blocks = set(answer_blocks(after_thought(completion)))
    if len(blocks) == 1 and "\\boxed" not in (block := blocks.pop()):
        return block or None
    return final_answer(completion)


def _inside(block: str) -> str:
    """What an `<answer>` block says, which may be a sentence."""
    if "\\boxed" in block or "####" in block:
        return marked(block) or block
    words = words_in(block[:300])
    if not words:
        return block
    value = stated(block[-300:]) if words > 1 else None
    if words <= _FEW_WORDS:
        return value if value and "$" in block else block
    return said(block) or value or last_line(block) or block


def answer_blocks(text: str) -> list[str]:
    """What stands in each `<answer>…</answer>`, in time linear in the text: a regex rescans it from every open tag.

    >>> answer_blocks("<answer>3</answer> or <answer> 4 </answer> or <answer>5")
    ['3', '4']
    """
    blocks, position = [], 0
    while (start := text.find(OPEN, position)) >= 0 and (end := text.find(CLOSE, start)) >= 0:
        blocks.append(text[start + len(OPEN) : end].strip())
        position = end + len(CLOSE)
    return blocks


def marked(text: str) -> str | None:
    r"""The answer that a mark points at: boxes, `####`, "the answer is"."""
    if "boxed" in text and (boxes := last_boxes(text)):
        return ", ".join(dict.fromkeys(boxes))
    if "####" in text and (hashes := _HASHES.findall(text)):
        return hashes[-1].strip()
    return said(text)


def last_boxes(text: str) -> list[str]:
    r"""The contents of the boxes of the last statement, in order; a box that does not close ends the search.

    >>> last_boxes("first \\boxed{1}.\n\nSo x is \\boxed{2}, y is \\boxed{\\frac{1}{2}}")
    ['2', '\\frac{1}{2}']
    """
    found: list[tuple[int, int, str]] = []
    end_of_search = len(text)
    while len(found) < _MAX_BOXES:
        start = text.rfind("\\boxed", 0, end_of_search)
        if start < 0:
            break
        match = _BOXED.match(text, start)
        content, end = _content(text, match) if match else (None, start)
        if content is None:
            return [] if not found else [content for _, _, content in reversed(found)]
        if found and (end > found[-1][0] or not _same_statement(text, end, found[-1][0])):
            break  # it encloses the last box, or says something else
        found.append((start, end, content))
        end_of_search = start
    return [content for _, _, content in reversed(found)]


def _content(text: str, match: re.Match) -> tuple[str | None, int]:
    if match.group(1):  # \boxed 5
        return match.group(1), match.end()
    end = closing_brace(text, match.end())
    return (text[match.end() : end].strip(), end + 1) if end >= 0 else (None, len(text))


def _same_statement(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return len(gap) <= _GAP and not _NEW_START.search(gap)


def last_line(text: str) -> str | None:
    """A last line that is an answer: short mathematics, an equation, a choice, or a sentence with one `$…$`.

    A bare number in a sentence is none: it may be an echo of the question.

    >>> last_line("Two and two.\\n4"), last_line("48 + 24 = 72."), last_line("She has 18 of them."), last_line("Is it 3?")
    ('4', '72', None, None)
    >>> last_line("So the diagonal is $4$."), last_line("(B)")
    ('4', '(B)')
    """
    line = text.rstrip().rsplit("\n", 1)[-1].strip(" *`")[-300:]
    if not line or line.endswith("?"):
        return None
    words = words_in(line)
    if "$" in line and words:
        return stated(line)
    if "=" in line:
        return _equation(line, words)
    if words <= 1 and len(line) <= 100 and any(c.isdigit() or c == "\\" for c in line):
        return line
    return line if len(line) == 1 or _CHOICE_LINE.fullmatch(line) else None


def _equation(line: str, words: int) -> str | None:
    """What stands right of the last sign; the whole, where something unknown stands left of it."""
    left, _, right = line.rpartition("=")
    right = right.strip(" .$")
    if not right or words_in(right) > 2:
        return None
    return line.strip(" .") if words == 0 and re.search("[A-Za-z]", left) else right
