"""Format rewards: does a completion have the shape its prompt asks for?"""

import re

_R1 = re.compile(r"\s*<think>(.+)</think>\s*<answer>(.+)</answer>\s*", re.DOTALL)
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")


def r1_format(completion: str, think_opened: bool = False) -> float:
    r"""1.0 for `<think>…</think><answer>…</answer>`, each tag once, each part non-empty, nothing else around; else 0.0.

    With `think_opened` the chat template wrote the first `<think>` into the prompt. Source: DeepSeek-R1
    (arXiv 2501.12948), section 2.2.2.
    Differs from ms-swift's `format`: a trailing newline is no fault, doubled and nested tags are.

    >>> r1_format("<think>2 + 2</think>\n<answer>4</answer>\n")
    1.0
    >>> r1_format("<think>a</think><answer>4</answer><answer>5</answer>")
    0.0
    """
    if think_opened and not completion.lstrip().startswith("<think>"):
        completion = "<think>" + completion
    if any(completion.count(tag) != 1 for tag in _TAGS):
        return 0.0
    match = _R1.fullmatch(completion)
    return 1.0 if match and all(part.strip() for part in match.groups()) else 0.0
