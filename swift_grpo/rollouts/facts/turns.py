"""Splits a prompt into the turns of its chat, for the usual chat templates, and a completion into thought and rest."""

import re

from swift_grpo.formats import trajectories
from swift_grpo.rollouts.reading.rollout_text import RolloutText

# Marks that begin a turn, with its role; marks that end one or surround them. ChatML (Qwen), Llama 3, Gemma, DeepSeek.
_BEGIN = re.compile(
    r"<\|im_start\|>(\w+)\n|<\|start_header_id\|>(\w+)<\|end_header_id\|>\n*|<start_of_turn>(\w+)\n|<\uff5c(User|Assistant)\uff5c>"
)
_END = re.compile(
    r"<\|im_end\|>\n?|<\|eot_id\|>|<end_of_turn>\n?|<\|endoftext\|>|<\|begin_of_text\|>|<bos>"
    r"|<\uff5c(?:begin|end)\u2581of\u2581sentence\uff5c>"
)

_MODEL = ("assistant", "model")


def turns(prompt: str) -> list[tuple[str, str]]:
    """Role and text of each turn, in order, without the empty last turn of the assistant.

    A prompt of an unknown template is one turn without a role, and so is text before the first turn of a known one.

    >>> turns("<|im_start|>system\\nBe brief.<|im_end|>\\n<|im_start|>user\\n2 + 2?<|im_end|>\\n<|im_start|>assistant\\n")
    [('system', 'Be brief.'), ('user', '2 + 2?')]
    >>> turns("plain text")
    [('', 'plain text')]
    """
    begins = list(_BEGIN.finditer(prompt))
    if not begins:
        return [("", prompt)]
    found = [("system" if begins[0][4] else "", prompt[: begins[0].start()])]  # DeepSeek's system turn has no mark
    for begin, next_begin in zip(begins, [*begins[1:], None], strict=True):
        role = next(filter(None, begin.groups())).lower()
        found.append((role, prompt[begin.end() : next_begin.start() if next_begin else None]))
    cleaned = [(role, _END.sub("", text)) for role, text in found]
    return [(role, text) for role, text in cleaned if text.strip()]


def task(text: RolloutText) -> str:
    """A rollout's prompt without the turns of its trajectory, which ms-swift logs in it where they are turns of their own.

    Turns of the model that are not the trajectory's, such as worked examples, are a part of the task.
    """
    prompt = trajectories.task(text.prompt)
    turns = text.trajectory.turns if text.trajectory else []
    first = next((turn.text for turn in turns if turn.role == "assistant"), "")
    begins = (one for one in _BEGIN.finditer(prompt) if next(filter(None, one.groups())).lower() in _MODEL)
    start = next((one.end() for one in begins), len(prompt)) if first else len(prompt)
    said = (one.strip() for one in (first, folded(first)[1]))  # a template may leave out the thought
    return prompt[:start] if any(one and prompt[start:].lstrip().startswith(one) for one in said) else prompt


def folded(completion: str) -> tuple[str, str]:
    """The thought with its tags and the space after it, and the rest.

    >>> folded("<think>17 or 5</think>\\n<answer>17</answer>")
    ('<think>17 or 5</think>\\n', '<answer>17</answer>')
    """
    from grpo_rewards.extract import after_thought

    rest = after_thought(completion)
    rest = rest if rest == completion else rest.lstrip()
    return completion[: len(completion) - len(rest)], rest
