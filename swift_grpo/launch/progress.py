"""Turns a trainer's output into short progress lines."""

import ast
import re
import time
from collections.abc import Callable

STEP = re.compile(rb"\{'loss': .*'global_step/max_steps': .*\}")
SECONDS_BETWEEN_LINES = 5
OF_A_STEP = {
    "frac_reward_zero_std": "no gradient in",
    "teacher_kl": "teacher_kl",
    "completions/mean_length": "tokens",
    "train_speed(s/it)": "seconds a step",
}


class CompactOutput:
    """Turns chunks of ms-swift's output into short progress lines, one every few seconds.

    `servers` returns the last known state of each rollout server, such as "healthy" or "busy".
    """

    def __init__(self, servers: Callable[[], list[str]] = list) -> None:
        self._servers = servers
        self._rest = b""
        self._printed = 0.0

    def feed(self, chunk: bytes) -> bytes:
        """The lines to print for the next chunk of output."""
        *lines, self._rest = re.split(rb"[\r\n]", self._rest + chunk)
        shown = []
        for line in lines:
            if (found := STEP.search(line)) and (text := summary(found[0].decode(errors="replace"))):
                now = time.monotonic()
                if now - self._printed >= SECONDS_BETWEEN_LINES or text.startswith("  step 1/"):
                    self._printed = now
                    states = self._servers()
                    shown.append(f"{text}{'  server ' if states else ''}{', '.join(states)}\n".encode())
        return b"".join(shown)


def summary(event: str) -> str:
    """One log event of ms-swift (a Python dict as text, read as a literal) as one short line; '' for another text.

    GRPO's loss has no information (it is 0 by construction if a batch is used once). So with a reward the line has the
    share of groups without a gradient, and the length, instead of the loss.

    >>> summary("{'loss': '0.0', 'reward': '1.5', 'rewards/R1Format/mean': '1', 'frac_reward_zero_std': '0.25', "
    ...     "'completions/mean_length': '31.5', 'global_step/max_steps': '7/40'}")
    '  step 7/40  reward 1.5  R1Format 1  no gradient in 0.25  tokens 31.5'
    >>> summary("{'loss': '0.1', 'token_acc': '0.9', 'global_step/max_steps': '7/40'}")
    '  step 7/40  loss 0.1  token_acc 0.9'
    """
    try:
        values = ast.literal_eval(event)
    except (ValueError, SyntaxError):
        return ""
    parts = [f"step {values['global_step/max_steps']}"]
    shown = ("reward",) if "reward" in values else ("loss", "token_acc")
    parts += [f"{name} {values[name]}" for name in shown if name in values]
    parts += [f"{key.split('/')[1]} {value}" for key, value in values.items() if re.fullmatch(r"rewards/.+/mean", key)]
    without = "frac_reward_zero_std" if "teacher_kl" in values else ""  # the gradient may be the teacher's
    parts += [f"{title} {values[key]}" for key, title in OF_A_STEP.items() if key in values and key != without]
    parts += [f"{values['remaining_time']} left"] if "remaining_time" in values else []
    return "  " + "  ".join(parts)
