"""The commands `check` and `launch --dry-run`: run the checks and print the result."""

import os
import sys
from collections.abc import Iterable, Sequence

from swift_grpo.check import full as of_swift
from swift_grpo.check.preflight import CHECKS, Report, check_launch, without
from swift_grpo.check.problem import SKIPPED
from swift_grpo.check.rule import DECLARED_IN, RULES, Rule, found, nearest, rules
from swift_grpo.check.shell import read_scripts
from swift_grpo.commands.terminal import print_json
from swift_grpo.printable import printable

rules(Rule("command/value-unknown", SKIPPED, "what depends on {listed}: not known without running the script"))


def catalogue() -> list[Rule]:
    """All rules by subject, in the order of CHECKS."""
    return sorted(RULES.values(), key=lambda rule: list(CHECKS).index(rule.subject))


def listed() -> str:
    """Id, severity and message of all rules, one per line, below their subjects."""
    lines, before = [], ""
    for rule in catalogue():
        if rule.subject != before:
            lines += ["", f"{rule.subject}: {CHECKS[rule.subject]}"]
        before = rule.subject
        lines.append(f"  {rule.id:<44} {rule.severity:<8} {rule.message}")
    return "\n".join(lines).strip()


def explained(id: str) -> str:
    """A rule's severity, message, fix, reason, and how to leave it out. Raises ValueError for an unknown rule."""
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
        "code": f"{DECLARED_IN[id].replace('.', '/')}.py",
    }
    return "\n".join([id, *(f"  {name:<11}{text}" for name, text in parts.items() if text)])


def _unknown(name: str, subjects: Iterable[str]) -> str:
    near = ", ".join(nearest(name, subjects))
    return f"there is no rule {name}; {f'nearest: {near}; ' if near else ''}swift-grpo check --list has all"


def check_or_exit(
    commands: list[list[str]],
    device: str,
    no_check: Sequence[str],
    strict: bool,
    dry: bool = False,
    full: bool = False,
    as_json: bool = False,
    facts: bool = True,
) -> None:
    """Print problems on stderr and, with `facts`, estimates on stdout (stderr if `dry`). Exit code 2 with an error.

    Raises ValueError for an unknown rule or device, and if ms-swift's flags cannot be read.
    """
    for name in no_check:
        if name not in CHECKS and name not in RULES:
            raise ValueError(f"--no-check {name}: {_unknown(name, CHECKS)}")
    if device not in {"gpu", "cpu"}:
        raise ValueError(f"--device {device} is not known; use gpu or cpu")
    script = read_scripts(commands, dict(os.environ))
    report = Report(list(script.problems), [])
    try:
        for launch in script.launches:
            one = check_launch(launch, dict(os.environ), device, no_check=no_check, strict=strict, dry=dry)
            report.facts += [fact for fact in one.facts if fact not in report.facts]
            report.problems += [problem for problem in one.problems if problem not in report.problems]
    except RuntimeError as error:
        raise ValueError(f"ms-swift's flags cannot be read ({error}); run scripts/setup.sh") from None
    if script.unknown:  # problems that name an unknown value are left out
        report.problems = [p for p in report.problems if not any(one in p.what for one in script.unknown)]
        report.problems.append(found("command/value-unknown", listed=", ".join(sorted(script.unknown))))
    if full and not report.failed:
        report.problems += of_swift.build(commands, dict(os.environ))
    report.problems = without(report.problems, no_check)
    if as_json:
        keys = ("severity", "id", "check", "what", "fix")
        rows = [{key: getattr(problem, key) for key in keys} for problem in report.problems]
        print_json({"problems": rows, "estimates": report.facts})
    else:
        # a dry run's stdout has only its commands, to be pasted
        for fact in report.facts if facts else ():
            print(printable(f"# {fact}"), file=sys.stderr if dry else sys.stdout)
        for problem in report.problems:
            if problem.severity != SKIPPED or facts:
                print(printable(f"swift-grpo: {problem} [{problem.id}]"), file=sys.stderr)
    if report.failed:
        sys.exit(2)
