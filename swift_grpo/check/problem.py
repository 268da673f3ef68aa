"""A mistake found before anything heavy starts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and how to mend it; printed as one line."""

    what: str
    fix: str

    def __str__(self) -> str:
        return " ".join(f"{self.what}; {self.fix}".split())
