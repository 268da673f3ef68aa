"""The system prompt."""

from ..base import *  # noqa: F403

CASES = []
add = adder("prompt file", CASES)
add("prompt-other-format", "warning", grpo(system="boxed.txt"), ["boxed.txt|prompt|system|format"], "format|<answer>|<think>|r1", "the prompt asks for a box, `format` pays <think> and <answer>", files=F({"boxed.txt": "Please reason step by step, and put your final answer within \\boxed{}.\n"}))
add("prompt-latin1", "error", grpo(system="latin.txt"), "latin.txt", "utf-8|utf8", "template_args.py:161 reads UTF-8: UnicodeDecodeError", files=F({"latin.txt": "Denke Schritt für Schritt.\n".encode("latin-1")}))
