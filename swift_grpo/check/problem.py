"""A mistake found before anything heavy starts."""

from dataclasses import dataclass

ERROR, WARNING, ADVICE, SKIPPED = "error", "warning", "advice", "SKIPPED"
SEVERITIES = (ERROR, WARNING, ADVICE, SKIPPED)


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and how to fix it; printed as one line. `id` is its rule, SUBJECT/NAME. `machine`: another
    machine may not have it, so a dry run makes a warning of it."""

    what: str
    fix: str
    severity: str = ERROR
    id: str = ""
    machine: bool = False

    @property
    def check(self) -> str:
        """The subject of the rule."""
        return self.id.partition("/")[0]

    def __str__(self) -> str:
        label = "" if self.severity == ERROR else f"{self.severity}: "
        return label + " ".join(f"{self.what}; {self.fix}".split()) if self.fix else label + " ".join(self.what.split())
