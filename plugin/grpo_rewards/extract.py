r"""Finds the final answer in a completion, in time linear in its length.

The thought never counts. After it, the answer is in the first of these that exists: `<answer>…</answer>`, `\boxed{…}`,
`#### 72`, "the answer is …", a last line that is mathematics or states one value. Of several the last one wins; several
in one statement ("\boxed{5} or \boxed{6}") are a list, which equals neither.
"""

import functools
import re

from grpo_rewards import options
from grpo_rewards.answers.bracket_matching import closing_brace
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.sentence_answers import announced, stated, stated_in_block, stated_in_script, words_in

OPEN, CLOSE = "<answer>", "</answer>"
_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{|\\boxed[ \t]*(-?\d+(?:\.\d+)?|[A-Za-z])(?!\w)")
_NEW_START = re.compile(
    r"\n\s*\n|\.\s+[A-Z]\w*\s+\w+\s+\w|\b(?:wait|no|not|actually|instead|correct(?:ion|ed|ing)?|sorry|rather|hmm|however|mistake|oops|so|therefore|thus|hence|"
    r"final|but)\b",
    re.IGNORECASE,
)
_GAP = 60  # characters between two boxes of one statement
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_CHOICE_LINE = re.compile(r"\(?[A-J]\)?\.?")
_LETTER = re.compile(r"\(?(?:\\(?:text|mathrm|mathbf|textbf)\s*\{)?\(?[A-J](?:[).}:]|\s*$)")
_DISPLAYED = re.compile(
    r"\\\[(.+?)\\\]\s*$|\$\$(.+?)\$\$\s*$|\\begin\{(equation|align|aligned|gather)(\*?)\}(.+?)\\end\{\3\4\}\s*$",
    re.DOTALL,
)
_ASSIGNED = re.compile(r"\s*\\?[A-Za-z]\w*\s*=[^=]+")
_MINUS = re.compile(r"(?:[$=(]\s*|\w )[-−]$")  # noqa: RUF001
_POWER = re.compile(r"\^(?:\{-?\d+\}|\d)")
_DENIED = re.compile(r"\b(?:not|never|cannot\s+be|n't\s+be)\s*\$?$", re.IGNORECASE)
_END_TOKENS = re.compile(r"(?:\s*(?:<\|[\w-]{2,30}\|>|</s>|<eos>|\[EOS\]|<end_of_turn>))+\s*$")
_FENCE = re.compile(r"```\w*\n(.*?)\n?```", re.DOTALL)
_EQUALS = re.compile(r"(?<=[\d)])\s+equals\s+(?=[-\d(])")
_LAST_SENTENCE = re.compile(r"(?<=[.!])\s+")
_MAX_BOXES = 20
_NAMES = tuple("think thinking thought thoughts reason reasoning reflection scratchpad analysis".split())
_SPOKEN = "<|channel|>final<|message|>"


@functools.cache
def _thought_tags(names: tuple[str, ...]) -> re.Pattern:
    """A mark that opens or (group `end`) closes a thought: `<name>`, `<|begin_of_name|>`, `[THINK]`, `◁think▷`."""
    name = "|".join(map(re.escape, _NAMES + names))
    brackets = (
        (r"<\|?", rf"(?:\w+:)?(?:{name})(?:\s[^<>]{{0,80}})?", r"\|?>"),
        (r"\[", "think", r"\]"),
        ("◁", "think", "▷"),
    )
    # no way back into the blanks: they may be 100,000
    forms = [rf"{opens}\s*+(?P<end{at}>/)?\s*+{inner}\s*{closes}" for at, (opens, inner, closes) in enumerate(brackets)]
    return re.compile("|".join([*forms, rf"<\|(?:begin|start|(?P<end3>end))_(?:of_)?(?:{name})\|>"]), re.IGNORECASE)


def after_thought(completion: str, think_opened: bool = False) -> str:
    """The text after the thought, `<think>…` or a similar tag; empty where the thought is cut off.

    `think_opened`: the chat template wrote `<think>` into the prompt, so text without `</think>` is all thought.

    >>> after_thought("<think>5?</think><answer>3</answer>"), after_thought("[THINK]5?[/THINK] 3")
    ('<answer>3</answer>', ' 3')
    >>> after_thought("<think>it is 3"), after_thought("it is 3", think_opened=True)
    ('', '')
    """
    _, end, text = completion.rpartition("</think>")
    tags = list(_thought_tags(options.current().thought_tags).finditer(text))
    if tags and not tags[-1].lastgroup:
        return ""  # a thought that is opened again, or never closed
    if tags:
        end, text = tags[-1][0], text[tags[-1].end() :]
    if "<|channel|>" in text:  # gpt-oss
        _, end, text = text.rpartition(_SPOKEN)
        text = text if end else ""
    elif text.startswith("analysis") and text[8:9].isalpha():  # the same without special tokens
        text = text.rpartition("assistantfinal")[2] if "assistantfinal" in text else ""
    return text if end or not think_opened else ""


def final_answer(completion: str, think_opened: bool = False) -> str | None:
    r"""The final answer of a completion or of a worked solution; None if it has none.

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
    if text.endswith((">", "]")):
        text = text[:-200] + _END_TOKENS.sub("", text[-200:])
    if OPEN in text:
        answers = set(answer_blocks(text))
        if len(answers) > 1:
            return Verdict.SEVERAL_ANSWERS
        if answers:
            return _inside(answers.pop()) or Verdict.NO_ANSWER
    found = marked(text)
    if not found and OPEN not in text and not _has_box(text) and options.current().free_text:
        found = last_line(text)
    return found or Verdict.NO_ANSWER


def verbatim_answer(completion: str) -> str | None:
    """As `final_answer`, but keeps all lines of an `<answer>` block, which may hold a grid.

    >>> [verbatim_answer(text) for text in ("<answer>\\n0 1\\n1 0\\n</answer>", "So it is \\\\boxed{7}.", "<think>7")]
    ['0 1\\n1 0', '7', None]
    """
    blocks = set(answer_blocks(after_thought(completion)))
    if len(blocks) == 1 and "\\boxed" not in (block := blocks.pop()):
        return block or None
    return final_answer(completion)


def _inside(block: str) -> str:
    """The answer in an `<answer>` block, which may hold a sentence."""
    if "\\boxed" in block or "####" in block:
        return marked(block) or block
    block = _FENCE.sub(r"\1", block).rstrip(" ;,")
    lines = block[:300].split("\n")
    if len(lines) > 1 and all(map(_ASSIGNED.fullmatch, lines)):
        return ", ".join(lines)
    start, last = block[:300], block[-300:]
    if not words_in(start) and start.isascii():
        return block
    found = stated_in_block(last if len(block) > 600 else block)
    return found or (displayed(block) if "\n" in block else None) or block


def answer_blocks(text: str) -> list[str]:
    """The text in each `<answer>…</answer>`. Takes linear time; a regex would rescan the text from every open tag.

    >>> answer_blocks("<answer>3</answer> or <answer> 4 </answer> or <answer>5")
    ['3', '4']
    """
    blocks, position = [], 0
    while (start := text.find(OPEN, position)) >= 0 and (end := text.find(CLOSE, start)) >= 0:
        blocks.append(text[start + len(OPEN) : end].strip())
        position = end + len(CLOSE)
    return blocks


def marked(text: str) -> str | None:
    r"""The answer at a mark: boxes, `####`, "the answer is". A choice named after a box without a letter is added."""
    if "box" in text and (boxes := last_boxes(text)):
        answer = ", ".join(dict.fromkeys(boxes))
        after = text[text.rfind("box") :]
        if "nswer" in after and not _LETTER.match(answer) and options.current().free_text:
            letter = (announced(after) or "").strip("().")
            if len(letter) == 1 and letter in "ABCDEFGHIJ":
                return letter if "," in answer or answer[:1] in "([" or "langle" in answer else f"{letter}, {answer}"
        return answer
    if "####" in text and (hashes := _HASHES.findall(text)):
        return hashes[-1].strip()
    return announced(text) if options.current().free_text else None


def _has_box(text: str) -> bool:
    """Whether a box is opened and has content; `\\boxed{}` and a bare `\\boxed` do not count."""
    return "box" in text and re.search(r"\\f?box(?:ed)?\s*\{(?!\s*\})", text) is not None


def last_boxes(text: str) -> list[str]:
    r"""The contents of the last statement's boxes, in order, with a sign or power outside; empty if it denies them.

    A box that does not close ends the search; an empty one does not count.

    >>> last_boxes("first \\boxed{1}.\n\nSo x is \\boxed{2}, y is \\boxed{\\frac{1}{2}}")
    ['2', '\\frac{1}{2}']
    >>> last_boxes("As asked, in \\boxed{}: \\boxed{14}"), last_boxes("\\fbox{38}")
    (['14'], ['38'])
    """
    found: list[tuple[int, int, str]] = []
    end_of_search, tries = len(text), 0
    while len(found) < _MAX_BOXES and tries < 2 * _MAX_BOXES:
        start = max(text.rfind("\\boxed", 0, end_of_search), text.rfind("\\fbox", 0, end_of_search))
        if start < 0:
            break
        tries += 1
        match = _BOXED.match(text, start)
        content, end = _content(text, match) if match else ("", start)
        if content is None:
            break
        if content:
            if found and (end > found[-1][0] or not _same_statement(text, end, found[-1][0])):
                break  # it encloses the last box, or says something else
            before = text[max(0, start - 12) : start]
            if _DENIED.search(before):
                return []
            power = _POWER.match(text, end)
            content = f"({content}){power[0]}" if power else content
            content = f"-({content})" if _MINUS.search(before) else content
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


def displayed(text: str) -> str | None:
    r"""The value of the last equation of a text that ends in displayed mathematics.

    >>> displayed("We get\n$$\n12\n$$"), displayed("\\begin{align}\nx &= 2+1\\\\\n&= 3\n\\end{align}")
    ('12', '3')
    """
    found = _DISPLAYED.search(text[-1000:])
    if not found:
        return None
    content = (found[1] or found[2] or found[5]).strip(" \n.,")
    content = re.sub(r"\\(?:begin|end)\{aligned\}", "", content)
    rows = [content] if "\\begin" in content else content.replace("&", " ").split("\\\\")
    lines = [line for line in rows if line.strip()]
    if not lines or "\\[" in content or "$$" in content:
        return None
    line = " ".join(lines[-1].split()).strip(" .")
    return _right_side(line, 0) if "=" in line and "\\begin" not in line else line


def last_line(text: str) -> str | None:
    """A last line that is an answer: short mathematics, an equation, a choice, or a sentence that states one `$…$`.

    A bare number in a sentence does not count: it may repeat the question. "1 + 8 equals 9" is an equation.

    >>> last_line("Two and two.\\n4"), last_line("48 + 24 = 72."), last_line("She has 18 of them."), last_line("Is it 3?")
    ('4', '72', None, None)
    >>> last_line("So the diagonal is $4$."), last_line("(B)"), last_line("Let me try $4$."), last_line("1 + 8 equals 9.")
    ('4', '(B)', None, '9')
    """
    text = text.rstrip(" \n`*.…")
    if text.endswith(("$$", "\\]", "}")) and (found := displayed(text)):
        return found
    line = text.rsplit("\n", 1)[-1].strip(" *`")[-300:]
    if not line or line.endswith("?"):
        return None
    line = _EQUALS.sub(" = ", line)
    words = words_in(line)
    if words and ("$" in line or "\\(" in line):
        return (stated_in_script(line) if "$" in line else None) or stated(_LAST_SENTENCE.split(line)[-1])
    if "=" in line:
        return _right_side(line, words)
    if (
        1 <= words <= 8
        and not any(map(str.isdigit, line))
        and (choice := stated(line, loosely=True) or "") in set("ABCDEFGHIJ")
    ):
        return choice
    if words <= 1 and len(line) <= 100 and "box" not in line and any(c.isdigit() or c == "\\" for c in line):
        return line
    return line if len(line) == 1 or _CHOICE_LINE.fullmatch(line) else None


def _right_side(line: str, words: int) -> str | None:
    """The text right of the last sign; the whole text where something unknown is left of it."""
    left, _, right = line.rpartition("=")
    right = right.strip(" .$")
    if not right or words_in(right) > 2:
        return None
    return line.strip(" .") if words == 0 and re.search("[A-Za-z]", left) else right
