"""What a person or a program sees of a check."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from swift_grpo.check import full
from swift_grpo.check.preflight import CHECKS, Report, check_launch, without
from swift_grpo.check.problem import SKIPPED
from swift_grpo.check.rule import RULES, Rule, found, nearest, rules
from swift_grpo.check.shell import read_scripts
from swift_grpo.printable import printable

rules(Rule("command/value-unknown", SKIPPED, "what hangs on {listed}: not known without running the script"))


@dataclass(frozen=True)
class Asked:
    """How to check: rules and subjects to leave out, --strict, --dry-run, --full, --json, and whether to print estimates."""

    no_check: list[str] = field(default_factory=list)
    strict: bool = False
    dry: bool = False
    full: bool = False
    as_json: bool = False
    facts: bool = False


def catalogue() -> list[Rule]:
    """All rules by subject, in the order of CHECKS."""
    return sorted(RULES.values(), key=lambda rule: list(CHECKS).index(rule.subject))


def listed() -> str:
    """Id, severity and message of all rules, one a line, below their subjects."""
    lines, before = [], ""
    for rule in catalogue():
        if rule.subject != before:
            lines += ["", f"{rule.subject}: {CHECKS[rule.subject]}"]
        before = rule.subject
        lines.append(f"  {rule.id:<44} {rule.severity:<8} {rule.message}")
    return "\n".join(lines).strip()


def explained(id: str) -> str:
    """What a rule says, its fix, its reason, its severity, and how to leave it out. Raises ValueError for an unknown one."""
    if id not in RULES:
        raise ValueError(_unknown(id, ()))
    rule = RULES[id]
    severity = f"{rule.severity}{', on a --dry-run a warning' if rule.machine else ''}"
    parts = {
        "severity": severity,
        "message": rule.message,
        "fix": rule.fix,
        "why": rule.why,
        "leave out": f"--no-check {id}",
    }
    return "\n".join([id, *(f"  {name:<11}{text}" for name, text in parts.items() if text)])


def _unknown(name: str, subjects: Iterable[str]) -> str:
    near = ", ".join(nearest(name, subjects))
    return f"there is no rule {name}; {f'nearest: {near}; ' if near else ''}swift-grpo check --list has all"


def check_or_exit(commands: list[list[str]], device: str, asked: Asked) -> None:
    """Print problems on stderr and estimates on stdout; exit code 2 with an error."""
    for name in asked.no_check:
        if name not in CHECKS and name not in RULES:
            print(f"swift-grpo: --no-check {name}: {_unknown(name, CHECKS)}", file=sys.stderr)
            sys.exit(2)
    if device not in {"gpu", "cpu"}:
        print(f"swift-grpo: --device {device} is not known; use gpu or cpu", file=sys.stderr)
        sys.exit(2)
    script = read_scripts(commands, dict(os.environ))
    report = Report(list(script.problems), [])
    try:
        for launch in script.launches:
            one = check_launch(
                launch, dict(os.environ), device, no_check=asked.no_check, strict=asked.strict, dry=asked.dry
            )
            report.facts += [fact for fact in one.facts if fact not in report.facts]
            report.problems += [problem for problem in one.problems if problem not in report.problems]
    except RuntimeError as error:
        print(f"swift-grpo: ms-swift cannot be asked for its flags ({error}); run scripts/setup.sh", file=sys.stderr)
        sys.exit(2)
    if script.unknown:  # what is said of a value that is not known is not said
        report.problems = [p for p in report.problems if not any(one in p.what for one in script.unknown)]
        report.problems.append(found("command/value-unknown", listed=", ".join(sorted(script.unknown))))
    if asked.full and not report.failed:
        report.problems += full.build(commands, dict(os.environ))
    report.problems = without(report.problems, asked.no_check)
    show(report, asked)
    if report.failed:
        sys.exit(2)


def show(report: Report, asked: Asked) -> None:
    if asked.as_json:
        rows = [
            {"severity": p.severity, "id": p.id, "check": p.check, "what": p.what, "fix": p.fix}
            for p in report.problems
        ]
        print(json.dumps({"problems": rows, "estimates": report.facts}, ensure_ascii=False))
        return
    if asked.facts and report.facts:
        # the commands of a dry run stand alone on stdout, to be pasted
        print("\n".join(printable(f"# {fact}") for fact in report.facts), file=sys.stderr if asked.dry else sys.stdout)
    for problem in report.problems:
        if problem.severity != SKIPPED or asked.facts:
            print(printable(f"swift-grpo: {problem} [{problem.id}]"), file=sys.stderr)
