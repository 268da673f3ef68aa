"""Findings as text, JSON or Markdown."""

import re
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.printable import clean
from swift_grpo.rollouts.diagnosis import Finding
from swift_grpo.rollouts.diagnosis_summary import verdict

_STYLES = {"critical": "bold red", "warn": "yellow", "info": "cyan", "skipped": "dim"}
FORMATS = ("text", "json", "md")


def since(finding: Finding) -> str:
    """When a finding began and ended."""
    over = f" to {finding.ended}" if finding.ended is not None else ""
    return f"step {finding.began}{over}"


def print_findings(console: Console, findings: list[Finding], places: dict[int, str]) -> None:
    """Prints findings. `places` maps rollout ids to STEP:GROUP:I."""
    for finding in _made(findings):
        style = _STYLES[finding.severity]
        console.print(
            Text.assemble((f"{finding.severity:<8} ", style), (f"{finding.check}: {clean(finding.title)}", "bold"))
        )
        follows = [("follows from", finding.follows_from)] if finding.follows_from else []
        shown = [places[one] for one in finding.rollouts if one in places]
        rows = [("since", since(finding))] if finding.began is not None else []
        rows += [("evidence", finding.evidence), ("threshold", finding.threshold), ("fix", finding.fix), *follows]
        rows += [("look at", "  ".join(f"inspect show {where}" for where in shown))] if shown else []
        grid = Table.grid(padding=(0, 1))
        for name, value in rows:
            grid.add_row(" " * 8, Text(name, style="dim"), Text(clean(value)))
        console.print(grid)
    for title, checks in _skipped(findings).items():
        console.print(Text.assemble(("skipped  ", _STYLES["skipped"]), f"{clean(title)}: {', '.join(checks)}"))
    console.print(verdict(findings), style="bold")


def markdown(findings: list[Finding], places: dict[int, str]) -> str:
    """Findings as a Markdown document. Text from the log is in code spans."""
    lines = [f"**{verdict(findings)}**", ""]
    for finding in _made(findings):
        lines.append(f"- **{finding.severity}** `{finding.check}` {_escape(finding.title)}")
        shown = ", ".join(f"`{places[one]}`" for one in finding.rollouts if one in places)
        lines += [f"  - since: {since(finding)}"] if finding.began is not None else []
        lines += [f"  - evidence: {_escape(finding.evidence)}", f"  - threshold: {_escape(finding.threshold)}"]
        lines += [f"  - fix: {_escape(finding.fix)}", f"  - look at: {shown or 'none'}"]
    for title, checks in _skipped(findings).items():
        lines.append(f"- **skipped** {_escape(title)}: {', '.join(f'`{check}`' for check in checks)}")
    return "\n".join(lines)


def _made(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity != "skipped"]


def _skipped(findings: list[Finding]) -> dict[str, list[str]]:
    """Skipped checks by the data that they need; a short log lacks the same steps for dozens of series."""
    checks: dict[str, list[str]] = {}
    for finding in findings:
        if finding.severity == "skipped":
            checks.setdefault(re.sub(" with `[^`]*`", "", finding.title), []).append(finding.check)
    return checks


def _escape(text: str) -> str:
    text = clean(text)
    for character in "\\`*_{}[]<>#|":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def as_json(findings: list[Finding], places: dict[int, str]) -> list[dict]:
    return [asdict(f) | {"look_at": [places[one] for one in f.rollouts if one in places]} for f in findings]
