"""Finds the final answer in a completion."""

OPEN, CLOSE = "<answer>", "</answer>"


def after_thought(completion: str) -> str:
    """The text after the thought: nothing inside `<think>…` counts, and a thought that was cut off leaves nothing.

    >>> after_thought("<think>5?</think><answer>3</answer>")
    '<answer>3</answer>'
    >>> after_thought("<think>it is 3")
    ''
    """
    text = completion.rsplit("</think>", 1)[-1]
    return "" if "<think>" in text else text  # a thought that is opened again, or never closed


def final_answer(completion: str) -> str | None:
    r"""The last `<answer>`, with the last `\boxed{}` in it unpacked; without one the last `\boxed{}`; None if there is none.

    Two `<answer>` blocks that differ are no final answer: a policy that lists candidates must not be paid.

    >>> final_answer("<think>5?</think> <answer>\\boxed{\\frac{1}{2}}</answer>")
    '\\frac{1}{2}'
    >>> final_answer("<answer>3</answer> or <answer>4</answer>") is None
    True
    """
    text = after_thought(completion)
    answers = set(answer_blocks(text))
    if len(answers) > 1:
        return None
    answer = answers.pop() if answers else None
    boxed = last_boxed(text if answer is None else answer)
    return boxed if boxed is not None else answer


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


def last_boxed(text: str) -> str | None:
    r"""The content of the last `\boxed{…}` with balanced braces, None if there is none.

    >>> last_boxed("so \\boxed{1}, no, \\boxed{\\frac{1}{2}}")
    '\\frac{1}{2}'
    """
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 0, start + len("\\boxed{")
    for position in range(begin - 1, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return text[begin:position].strip()
    return None
