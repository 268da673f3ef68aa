"""What a person or a program sees of a check."""

import json
import os
import sys
from dataclasses import dataclass, field

from swift_grpo.check.preflight import CHECKS, Report, check_launch
from swift_grpo.check.problem import SKIPPED
from swift_grpo.printable import printable


@dataclass(frozen=True)
class Asked:
    """How to check: checks to leave out, --strict, --dry-run, --full, --json, and whether to print estimates."""

    no_check: list[str] = field(default_factory=list)
    strict: bool = False
    dry: bool = False
    full: bool = False
    as_json: bool = False
    facts: bool = False


def names() -> str:
    """The checks, one a line."""
    return "\n".join(f"{name:<16}{what}" for name, what in CHECKS.items())


def check_or_exit(commands: list[list[str]], device: str, asked: Asked) -> None:
    """Print problems on stderr and estimates on stdout; exit code 2 with an error."""
    if unknown := [name for name in asked.no_check if name not in CHECKS]:
        print(f"swift-grpo: there is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}", file=sys.stderr)
        sys.exit(2)
    if device not in {"gpu", "cpu"}:
        print(f"swift-grpo: --device {device} is not known; use gpu or cpu", file=sys.stderr)
        sys.exit(2)
    try:
        report = check_launch(
            commands, dict(os.environ), device, no_check=asked.no_check, strict=asked.strict, dry=asked.dry
        )
    except RuntimeError as error:
        print(f"swift-grpo: ms-swift cannot be asked for its flags ({error}); run scripts/setup.sh", file=sys.stderr)
        sys.exit(2)
    if asked.full and not report.failed:
        from swift_grpo.check.full import build

        report.problems += build(commands, dict(os.environ))
    show(report, asked)
    if report.failed:
        sys.exit(2)


def show(report: Report, asked: Asked) -> None:
    if asked.as_json:
        rows = [{"severity": p.severity, "check": p.check, "what": p.what, "fix": p.fix} for p in report.problems]
        print(json.dumps({"problems": rows, "estimates": report.facts}, ensure_ascii=False))
        return
    if asked.facts and report.facts:
        # the commands of a dry run stand alone on stdout, to be pasted
        print("\n".join(printable(f"# {fact}") for fact in report.facts), file=sys.stderr if asked.dry else sys.stdout)
    for problem in report.problems:
        if problem.severity != SKIPPED or asked.facts:
            print(printable(f"swift-grpo: {problem}"), file=sys.stderr)
