"""What a person or a program sees of a check."""

import json
import os
import sys
from dataclasses import dataclass, field

from swift_grpo.check.preflight import CHECKS, Report, check_launch
from swift_grpo.check.problem import SKIPPED, skipped
from swift_grpo.check.shell import read_scripts
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
    script = read_scripts(commands, dict(os.environ))
    report = Report(list(script.problems), [])
    try:
        for launch in script.launches:
            found = check_launch(
                launch, dict(os.environ), device, no_check=asked.no_check, strict=asked.strict, dry=asked.dry
            )
            report.facts += [fact for fact in found.facts if fact not in report.facts]
            report.problems += [problem for problem in found.problems if problem not in report.problems]
    except RuntimeError as error:
        print(f"swift-grpo: ms-swift cannot be asked for its flags ({error}); run scripts/setup.sh", file=sys.stderr)
        sys.exit(2)
    if script.unknown:  # what is said of a value that is not known is not said
        listed = ", ".join(sorted(script.unknown))
        report.problems = [p for p in report.problems if not any(one in p.what for one in script.unknown)]
        report.problems.append(skipped(f"what hangs on {listed}: not known without running the script"))
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
