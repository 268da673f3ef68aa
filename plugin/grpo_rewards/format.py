"""Format rewards: does a completion have the form that its prompt asks for? All take linear time.

Some chat templates write the beginning of a completion. ms-swift puts it back before the rewards run
(`decode_generate_ids` in swift/template/base.py); TRL and verl do not. `written_by_the_policy` accepts both.
"""

import re

from grpo_rewards.contract import register_reward
from grpo_rewards.extract import after_thought, last_boxes

_R1_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_XML_TAGS = ("<reasoning>", "</reasoning>", "<answer>", "</answer>")
_TEMPLATE = frozenset(("reasoning process here", "answer here", "your answer here"))  # what the prompts show
_EMPTY_THOUGHT = r"\A\s*+(?:<think>\s*+)?+</think>\s*+"  # of Qwen3 and DeepSeek-V3.1 with thinking off
_FULL_THOUGHT = 20  # characters


def written_by_the_policy(completion: str) -> str:
    """The completion without an empty thought at its start, and with the `<think>` that its template wrote.

    Templates of hybrid models write an empty thought where thinking is off. An empty thought by the policy is dropped
    too. A thought that is closed but not opened was opened by the template.

    >>> written_by_the_policy("<think>\\n\\n</think>\\n\\n<answer>4</answer>"), written_by_the_policy("2 + 2</think>4")
    ('<answer>4</answer>', '<think>2 + 2</think>4')
    """
    text = re.sub(_EMPTY_THOUGHT, "", completion)
    opened = text == completion and "<think>" not in text and "</think>" in text
    return "<think>" + text if opened else text


def _parts(completion: str, tags: tuple[str, str, str, str]) -> tuple[str, str] | None:
    """Thought and answer where the four tags occur once each, in order, with only blanks around them; else None."""
    text = written_by_the_policy(completion)
    if any(text.count(tag) != 1 for tag in tags):
        return None
    before, _, rest = text.partition(tags[0])
    thought, _, rest = rest.partition(tags[1])
    between, _, rest = rest.partition(tags[2])
    answer, closed, after = rest.partition(tags[3])
    return None if not closed or before.strip() or between.strip() or after.strip() else (thought, answer)


def _says_something(part: str) -> bool:
    """Whether a thought or an answer has a letter or a digit of any script and is not the prompt's own example.

    >>> _says_something("7"), _says_something("…"), _says_something(" answer here ")
    (True, False, False)
    """
    return any(map(str.isalnum, part)) and part.strip(" .…[]").lower() not in _TEMPLATE


@register_reward("r1_format", column="R1Format")
def r1_format(completion: str) -> float:
    r"""1 for `<think>…</think><answer>…</answer>`, each tag once, a letter or digit in each part, nothing else; else 0.

    DeepSeek-R1 (arXiv 2501.12948), section 2.2.2. Unlike ms-swift's `format`, it accepts a trailing newline and rejects
    doubled and nested tags.

    A thought that the template opened counts, an empty one does not.

    >>> r1_format("<think>2 + 2</think>\n<answer>4</answer>\n"), r1_format("2 + 2</think><answer>4</answer>")
    (1.0, 1.0)
    >>> r1_format("<think>a</think><answer>4</answer><answer>5</answer>"), r1_format("<think></think><answer>4</answer>")
    (0.0, 0.0)
    """
    parts = _parts(completion, _R1_TAGS)
    return float(bool(parts and all(map(_says_something, parts))))


register_reward("r1_format_prefilled", column="R1FormatPrefilled")(r1_format)  # older configs name it


@register_reward("think_format")
def think_format(completion: str) -> float:
    """1 for exactly one `<think>…</think>` at the start, followed by text; else 0.

    TRL's `think_format_reward`, which also pays for an empty thought and for no text after it.

    >>> think_format("<think>a</think> so 4"), think_format("<think>a</think>"), think_format("<think> </think> so 4")
    (1.0, 0.0, 0.0)
    >>> think_format("a</think> so 4")  # the template opened it
    1.0
    """
    text = written_by_the_policy(completion)
    if text.count("<think>") != 1 or text.count("</think>") != 1:
        return 0.0
    before, _, rest = text.partition("<think>")
    thought, closed, after = rest.partition("</think>")
    return float(bool(closed and not before.strip() and _says_something(thought) and _says_something(after)))


@register_reward("boxed_format")
def boxed_format(completion: str) -> float:
    r"""1 for `<think>…</think>` and then a `\boxed{…}` that closes, nested braces included; else 0.

    The Kaggle notebook's regex stops at the first closing brace.

    >>> boxed_format("<think>a</think> \\boxed{\\frac{1}{2}}"), boxed_format("<think>a \\boxed{1}</think>")
    (1.0, 0.0)
    """
    return float(think_format(completion) == 1.0 and any(map(_says_something, last_boxes(after_thought(completion)))))


@register_reward("graded_format")
def graded_format(completion: str) -> float:
    """1 for R1's format with more than 20 characters of thought, 0.5 for a shorter one, 0 for an empty one or filler.

    The HF LLM course's reward pays 0.5 for the tags alone. Filler is dots, or a few characters repeated.

    >>> graded_format("<think>ab</think><answer>4</answer>")
    0.5
    >>> graded_format("<think>a thought that is long</think><answer>4</answer>")
    1.0
    >>> graded_format("<think>......</think><answer>4</answer>"), graded_format(f"<think>{50 * 'a'}</think><answer>4</answer>")
    (0.0, 0.0)
    """
    parts = _parts(completion, _R1_TAGS)
    if parts is None or not all(map(_says_something, parts)):
        return 0.0
    thought = parts[0].strip()
    if len(thought) <= _FULL_THOUGHT:
        return 0.5
    return float(len({thought[i : i + 3] for i in range(len(thought) - 2)}) >= _FULL_THOUGHT // 2)


@register_reward("tag_count")
def tag_count(completion: str) -> float:
    """0.25 for each of R1's four tags that occurs once; tags of an empty thought do not count (open-r1's `tag_count_reward`).

    >>> tag_count("<think>a</think><answer>4"), tag_count("a</think><answer>4"), tag_count("<think></think><answer>4")
    (0.75, 0.75, 0.25)
    """
    text = written_by_the_policy(completion)
    return sum(0.25 for tag in _R1_TAGS if text.count(tag) == 1)


@register_reward("xml_strict", range=(0.0, 0.5))
def xml_strict(completion: str) -> float:
    r"""0.5 for exactly `<reasoning>\n…\n</reasoning>\n<answer>\n…\n</answer>\n` (GSM8K demo, strict format); else 0.

    The demo's regex has no DOTALL, so reasoning of several lines earns nothing there. The last newline may be missing.

    >>> xml_strict("<reasoning>\na\nb\n</reasoning>\n<answer>\n4\n</answer>\n")
    0.5
    >>> xml_strict("<reasoning>a</reasoning><answer>4</answer>")
    0.0
    """
    parts = _parts(completion, _XML_TAGS)
    text = written_by_the_policy(completion).removesuffix("\n")
    exact = parts and f"<reasoning>{parts[0]}</reasoning>\n<answer>{parts[1]}</answer>" == text
    lines = parts and all(part.startswith("\n") and part.endswith("\n") and _says_something(part) for part in parts)
    return 0.5 if exact and lines else 0.0


@register_reward("xml_soft", range=(0.0, 0.5))
def xml_soft(completion: str) -> float:
    """0.5 for the tags of `xml_strict` in order, once each, with any line breaks (GSM8K demo, soft format); else 0.

    >>> xml_soft("<reasoning>a</reasoning> <answer>4</answer>")
    0.5
    """
    parts = _parts(completion, _XML_TAGS)
    return 0.5 if parts and all(map(_says_something, parts)) else 0.0


@register_reward("xml_count", range=(-1.0, 0.5))
def xml_count(completion: str) -> float:
    r"""0.125 for each tag of `xml_strict` that occurs once, on its own line, minus 0.001 for each character after `</answer>`.

    At least -1; the penalty of the GSM8K demo's `xmlcount_reward_func` has no bound.

    >>> xml_count("<reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>\n"), xml_count("<reasoning>\na")
    (0.5, 0.125)
    """
    lines = ("<reasoning>\n", "\n</reasoning>\n", "\n<answer>\n", "\n</answer>")
    score = sum(0.125 for line in lines if completion.count(line) == 1)
    after = completion.rpartition("</answer>")[2].strip() if "</answer>" in completion else ""
    return max(-1.0, score - 0.001 * len(after))


@register_reward("xml_integer", range=(0.0, 0.5))
def xml_integer(completion: str) -> float:
    """0.5 if the one `<answer>` holds only an integer in digits (the GSM8K demo's `int_reward_func`); else 0.

    >>> xml_integer("<reasoning>a</reasoning><answer>\\n42\\n</answer>"), xml_integer("<answer>4.2</answer>")
    (0.5, 0.0)
    """
    if completion.count("<answer>") != 1 or completion.count("</answer>") != 1:
        return 0.0
    answer, closed, _ = completion.partition("<answer>")[2].partition("</answer>")
    digits = answer.strip().removeprefix("-")
    return 0.5 if closed and digits.isascii() and digits.isdigit() else 0.0
