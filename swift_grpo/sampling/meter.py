"""The progress line on stderr: rewritten in place on a terminal, printed from time to time in a log."""

import sys
import time
from typing import Any

_TERMINAL_SECONDS, _LOG_SECONDS = 1.0, 15.0


class Meter:
    """Shows how many of `wanted` are done, how fast, and how long the rest takes."""

    def __init__(self, wanted: int, quiet: bool = False) -> None:
        self.wanted, self.quiet = wanted, quiet
        self.begun = self.shown = time.monotonic()
        self.trouble = ""  # the current failure
        self.terminal = sys.stderr.isatty()

    def show(self, summary: Any) -> None:
        now = time.monotonic()
        if self.quiet or now - self.shown < (_TERMINAL_SECONDS if self.terminal else _LOG_SECONDS):
            return
        self.shown = now
        line = progress_line(summary.new, self.wanted, now - self.begun, summary.completion_tokens, summary.retries)
        print(
            f"\r\033[K{line}" if self.terminal else line, end="" if self.terminal else "\n", file=sys.stderr, flush=True
        )

    def end(self) -> None:
        if self.terminal and not self.quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def progress_line(done: int, wanted: int, seconds: float, tokens: int, retries: int) -> str:
    """
    >>> progress_line(30, 90, 10.0, 6000, 2)
    'swift-grpo: 30/90 samples, 3.0/s, 600 tokens/s, 0:20 left, 2 repeated'
    """
    parts = [f"swift-grpo: {done:,}/{wanted:,} samples"]
    if done:
        left = int(seconds / done * (wanted - done))
        clock = (
            f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}" if left >= 3600 else f"{left // 60}:{left % 60:02}"
        )
        parts += [f"{done / seconds:,.1f}/s", f"{tokens / seconds:,.0f} tokens/s", f"{clock} left"]
    return ", ".join(parts + ([f"{retries:,} repeated"] if retries else []))
