r"""Finds the final answer in a completion, in time linear in its length.

The thought never counts. After it, the first of these that is there holds the answer: `<answer>…</answer>`, `\boxed{…}`,
`#### 72`, "the answer is …", a last line that is nothing but mathematics. The last one wins; several in one statement
("\boxed{5} or \boxed{6}") are one answer that lists them, which equals neither.
"""

import re

OPEN, CLOSE = "<answer>", "</answer>"
_BOXED = re.compile(r"\\boxed\s*\{|\\boxed\s+(\\?\w+)")
_BRACE = re.compile(r"[{}]")
_NEW_START = re.compile(
    r"\n\s*\n|\b(?:wait|no|not|actually|instead|correct(?:ion|ed|ing)?|sorry|rather|hmm|however|mistake|oops|so|therefore|thus|hence|final)\b",
    re.IGNORECASE,
)
_GAP = 60  # characters between two boxes of one statement
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_SAID = re.compile(r"(?:final\s+answer|answer|result)\s*(?:is|:|=|are)\s*:?\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"\.(?=\s|$)|\n|;|, (?:which|because|since|so|as)\b")
_NUMBER_IN_TEXT = re.compile(r"(?:\\?\$|€|£)?\s?-?\d[\d,]*(?:\.\d+)?(?:/\d+)?\s?(?:\\?%)?")
_MAX_BOXES = 20
_PROSE = re.compile(r"(?<![\\{A-Za-z])[A-Za-z]{2,}")


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
    text = after_thought(completion, think_opened)
    if OPEN in text:
        answers = set(answer_blocks(text))
        if len(answers) > 1:
            return None
        if answers:
            return _inside(answers.pop())
    if OPEN in text or "\\boxed" in text:
        return marked(text)
    return marked(text) or last_line(text)


def _inside(block: str) -> str:
    """What an `<answer>` block says, which may be a sentence."""
    if "\\boxed" not in block and "####" not in block and len(_PROSE.findall(block[:300])) <= 3:
        return block
    return marked(block) or last_line(block) or only_number(block[-300:]) or block


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
    tail = text[-2000:]
    said = list(_SAID.finditer(tail))
    if not said:
        return None
    rest = tail[said[-1].end() :]
    end = _SENTENCE_END.search(rest)
    answer = rest[: end.start()] if end else rest
    if len(_PROSE.findall(answer)) > 3:
        return only_number(answer)
    return answer.strip(" *:") or None


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
    depth = 1
    for brace in _BRACE.finditer(text, match.end()):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return text[match.end() : brace.start()].strip(), brace.end()
    return None, len(text)


def _same_statement(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return len(gap) <= _GAP and not _NEW_START.search(gap)


def last_line(text: str) -> str | None:
    """A last line that is an answer: short mathematics, or an equation, whose right side it then is.

    A number in a sentence is none: it may be an echo of the question.

    >>> last_line("Two and two.\\n4"), last_line("48 + 24 = 72."), last_line("She has 18 of them."), last_line("Is it 3?")
    ('4', '72', None, None)
    """
    lines = text.rstrip().rsplit("\n", 1)
    line = lines[-1].strip(" *`")[-300:]
    if not line or line.endswith("?"):
        return None
    if (
        len(_PROSE.findall(line)) <= 1
        and "=" not in line
        and any(c.isdigit() or c == "\\" for c in line)
        and len(line) <= 100
    ):
        return line
    if len(line) == 1:
        return line
    if "=" in line:
        right = line.rsplit("=", 1)[1].strip(" .$")
        if right and len(_PROSE.findall(right)) <= 2:
            return right
    return None


def only_number(sentence: str) -> str | None:
    """The number in a sentence that has one; None if it has several."""
    numbers = [n.strip().rstrip(",") for n in _NUMBER_IN_TEXT.findall(sentence)]
    return numbers[0] if len(set(numbers)) == 1 else None
